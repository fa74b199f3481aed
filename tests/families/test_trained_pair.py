"""Trained agents: the stored layers against theory and simulation, and falsehoods that the checkers must catch."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, LSALayer, Prompt
from numerics.training.blocks import block
from numerics.training.plan import Plan, population_optimum
from numerics.training.train import Training
from proofs_check import theorems
from proofs_check.evidence.verdict import Verdict
from proofs_check.families.trained_optimum import displaced_loss, forgetful
from proofs_check.instruments.layers import FullAgent, ideal_plateau, predict_plateau
from proofs_check.instruments.populations import Population
from proofs_check.instruments.rationals import exact_eye, ints
from proofs_check.ledger.catalogue import claims
from proofs_check.ledger.runner import run_claims
from theory import formulas

STORED = Path(__file__).parents[2] / "book" / "data" / "trained.json"
RUNS = [Training.from_json(run) for run in json.loads(STORED.read_text(encoding="utf-8"))["runs"]]
AIMED = [t for t in RUNS if t.plan.recipe == "target" and t.plan.start == "displaced"]
IDS = ("trained-layer", "free-layer-optimum", "trained-plateau")


def pair_of(a: Training, b: Training, seed: int):
    """Two trained layers on fresh prompts with different targets."""
    rng = np.random.default_rng(seed)
    d, n = a.plan.d, a.plan.n
    prompts = [Prompt.from_target(rng.standard_normal((n, d)), rng.standard_normal(d)) for _ in "WU"]
    full = [FullAgent(p, t.layer, formulas) for p, t in zip(prompts, (a, b), strict=True)]
    agents = [LSAAgent.with_layer(p, t.layer) for p, t in zip(prompts, (a, b), strict=True)]
    return full, Interaction(*agents)


class TestStoredLayers:
    def test_three_seeds_in_each_dimension(self) -> None:
        assert sorted((t.plan.d, t.plan.seed) for t in AIMED) == [(d, s) for d in (3, 5) for s in range(3)]

    @pytest.mark.parametrize("training", AIMED, ids=lambda t: f"d{t.plan.d}-{t.plan.seed}")
    def test_they_reach_the_population_optimum(self, training: Training) -> None:
        d, n = training.plan.d, training.plan.n
        V31 = formulas["population-optimum.V31"].exact(Sigma=np.eye(d, dtype=int).tolist(), n=n)
        optimum = LSALayer.from_blocks(np.array(V31.tolist(), dtype=float), np.eye(d))
        assert training.report.distance < 0.05
        np.testing.assert_allclose(block(training.report.optimum, "V31"), block(optimum, "V31"), atol=1e-13)
        assert training.report.learned_step == pytest.approx(n / (n + d + 1), rel=0.05)
        assert training.report.leakage["total"] < 0.05
        # The layer as it was drawn is far from it: what is stored was learned.
        assert np.abs(training.layer.V[0]).max() > 0.05

    @pytest.mark.parametrize("d", [3, 5])
    @pytest.mark.parametrize("seed", [0, 1])
    def test_trained_pairs_rest_where_their_weights_say(self, d: int, seed: int) -> None:
        a, b = [t for t in AIMED if t.plan.d == d][seed : seed + 2]
        full_agents, pair = pair_of(a, b, 10 * d + seed)
        ideal, full = predict_plateau(*full_agents)
        run = pair.simulate(None, 400, keep="last", method="attention")
        scale = np.abs(full.w).max()
        assert np.abs(run.w_last - full.w).max() <= 1e-6 * scale
        assert np.abs(run.u[-1] - full.u).max() <= 1e-6 * scale
        assert full.bound < 1e-6 * scale
        gap = np.abs(run.w_last - ideal.w).max()
        assert 1e-5 * scale < gap
        assert gap <= ideal.bound + 1e-9
        # A bound that says nothing would not be worth stating.
        assert ideal.bound < scale

    def test_a_layer_taught_steps_is_an_exact_gradient_step(self) -> None:
        (taught,) = (t for t in RUNS if t.plan.recipe == "iterate")
        assert taught.report.distance < 1e-6
        rng = np.random.default_rng(0)
        prompt, w = Prompt(rng.standard_normal((9, 3)), rng.standard_normal(9)), rng.standard_normal(3)
        step = LSAAgent(prompt, taught.report.population_step).update(w)
        np.testing.assert_allclose(LSAAgent.with_layer(prompt, taught.layer).update(w), step, atol=1e-6)

    def test_independent_starts_were_forgotten(self) -> None:
        (other,) = (t for t in RUNS if t.plan.start == "independent")
        prompt = Prompt.from_target(np.random.default_rng(0).standard_normal((9, 3)), [1.0, 0.0, -1.0])
        agent = LSAAgent.with_layer(prompt, other.layer)
        near, far = agent.update([0.0, 0.0, 0.0]), agent.update([2.0, -2.0, 2.0])
        assert np.linalg.norm(far - near) < 0.1 * np.linalg.norm([2.0, -2.0, 2.0])


class TestPrediction:
    def test_gradient_steps_have_no_shift(self) -> None:
        layer = LSALayer.gradient_step(2, 0.5)
        prompts = [Prompt.from_target(np.eye(2), [1.0, 0.0]), Prompt.from_target(np.eye(2), [0.0, 1.0])]
        ideal, full = predict_plateau(*(FullAgent(p, layer, formulas) for p in prompts))
        expected = Interaction(*(LSAAgent(p, 0.5) for p in prompts)).equilibrium()
        np.testing.assert_allclose(ideal.w, expected.w, atol=1e-15)
        np.testing.assert_allclose(full.u, expected.u, atol=1e-15)
        assert ideal.bound < 1e-15
        assert ideal.rate == pytest.approx(0.75**2, rel=1e-12)

    def test_too_much_leakage_gives_no_bound(self) -> None:
        V, K = LSALayer.gradient_step(1, 0.5).V.copy(), LSALayer.gradient_step(1, 0.5).K.copy()
        V[2, 2], K[3, 3] = 0.6, 1.0
        prompt = Prompt.from_target([[1.0]], [1.0])
        agent = FullAgent(prompt, LSALayer(V, K), formulas)
        ideal, full = predict_plateau(agent, agent)
        assert ideal.bound == ideal.rate == np.inf
        # One move is 11/10 w + 1/2, at rest at -5 though no run gets there; the full weights know.
        assert full.w == pytest.approx(-5)
        assert full.rate > 1
        assert full.bound < 1e-12

    def test_bound_is_attained_in_one_dimension(self) -> None:
        """Leakage adds a constant: w/2 + 1/2 becomes w/2 + 1/2 + 1/8, and the turn rests an exact 1/4 further."""
        layer = LSALayer(
            ints([0, 0, 0, 0], [0, 0, 0, 0], [Fraction(-1, 2), 0, 0, Fraction(1, 8)], [0, 0, 0, 0]), _key()
        )
        prompt = Prompt(ints([1]), ints(1))
        found = ideal_plateau(*[FullAgent(prompt, layer, formulas)] * 2)
        assert found.w == 1
        assert found.bound == Fraction(1, 4)


def _key():
    return ints([0, 0, 1, 0], [0, 0, 0, -1], [0, 0, 0, 0], [0, 0, 0, 1])


class TestLedger:
    @pytest.mark.parametrize("id_", IDS)
    def test_all_formulas_are_in_the_row(self, id_: str) -> None:
        assert set(theorems[id_].formulas) == {name for name in formulas if name.split(".")[0] == id_}

    @pytest.mark.parametrize(
        "id_", ["training-finds-the-step", "little-leakage-little-shift", "trained-pairs-converge-from-anywhere"]
    )
    def test_counterexamples(self, id_: str) -> None:
        (result,) = run_claims([claims[id_]])
        assert result.verdict is Verdict.REFUTED, result.note


class TestLoss:
    def test_the_forgetful_layer_ignores_the_iterate(self) -> None:
        prompt = Prompt(ints([1, 2], [0, 1], [3, 1]), ints(1, 2, 3))
        layer = forgetful(-exact_eye(2) / 2, 3)
        answers = [LSAAgent.with_layer(prompt, layer).update(w) for w in (ints(0, 0), ints(5, -7))]
        assert (answers[0] == answers[1]).all()
        assert (answers[0] == prompt.moment / 2).all()

    def test_displaced_loss_of_a_layer_that_does_nothing(self) -> None:
        """It stays where it is, so it misses by xi, of mean square d."""
        still = LSALayer(ints(*np.zeros((6, 6), dtype=int).tolist()), ints(*np.zeros((6, 6), dtype=int).tolist()))
        population = Population(1, 2, exact_eye(2), Fraction(1))
        assert displaced_loss(population, still, ints([1, 2], [3, -4])) == 2

    def test_numerics_and_theory_agree_on_the_optimum(self) -> None:
        sigma = ((2.0, 0.5), (0.5, 1.0))
        found = block(population_optimum(Plan(2, 3, covariance=sigma)), "V31")
        derived = formulas["population-optimum.V31"].numpy(Sigma=np.array(sigma), n=3)
        np.testing.assert_allclose(found, derived, rtol=1e-12)
