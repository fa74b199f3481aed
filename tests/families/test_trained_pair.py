"""Two trained agents: answers known by hand, the stored layers, and falsehoods that the checkers must catch."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sympy import Matrix, Rational, eye

from numerics import Interaction, LSAAgent, LSALayer, Prompt
from numerics.training.blocks import block
from numerics.training.train import Training
from proofs_check.evidence.instances import instance_of
from proofs_check.evidence.verdict import Verdict
from proofs_check.families import trained_pair
from proofs_check.families.trained_pair import drifting
from proofs_check.instruments.layers import FullAgent, predict_plateau
from proofs_check.ledger import necessity
from proofs_check.ledger.catalogue import claims
from proofs_check.ledger.runner import run_claims
from tests.families.pairs import pairs, pick
from tests.families.planting import Falsehood, WrongCounterexample, flipped
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_population import POPULATION_OPTIMUM
from theory import SingularError, formulas
from theory.derivation.lines import equation
from theory.language.predicates import Unique
from theory.language.symbols import w_star

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
PLATEAU = {"S_W": [[2, 1], [1, 1]], "S_U": [[1, 0], [0, 3]], "w_star": [1, 2], "u_star": [-1, 5]}
PLATEAU |= {"V31_W": [[-HALF, 0], [1, -HALF]], "V31_U": [[-1, TENTH], [0, -HALF]]}
PLATEAU |= {"K13_W": [[1, 1], [0, 2]], "K13_U": [[HALF, 0], [1, 1]]}
NEAR = {"J_W": [[HALF, 0], [TENTH, HALF]], "J_U": [[HALF, TENTH], [0, -HALF]], "residual": [1, -2], "lam": TENTH}

# Half of what is derived is caught: the judge of the statement, formula, inputs.
JUDGED = [
    (trained_pair.bent_layers_rest_once, "trained-plateau.w", PLATEAU),
    (trained_pair.bent_layers_rest_once, "trained-plateau.u", PLATEAU),
    (trained_pair.leaking_pair_rests_nearby, "trained-plateau.shift", NEAR),
]

STORED = Path(__file__).parents[2] / "book" / "data" / "trained.json"
RUNS = [Training.from_json(run) for run in json.loads(STORED.read_text(encoding="utf-8"))["runs"]]
AIMED = [t for t in RUNS if t.plan.recipe == "target" and t.plan.start == "displaced"]


def pair_of(a: Training, b: Training, seed: int):
    """Two trained layers on fresh prompts with different targets."""
    rng = np.random.default_rng(seed)
    d, n = a.plan.d, a.plan.n
    prompts = [Prompt.from_target(rng.standard_normal((n, d)), rng.standard_normal(d)) for _ in "WU"]
    full = [FullAgent(p, t.layer, formulas) for p, t in zip(prompts, (a, b), strict=True)]
    agents = [LSAAgent.with_layer(p, t.layer) for p, t in zip(prompts, (a, b), strict=True)]
    return full, Interaction(*agents)


def test_the_stored_numbers_are_those_of_two_leaking_agents():
    """The slopes of the ideal moves, what leaks of a turn's slope, and the move that the leaking pair repeats."""
    shown = drifting().inputs
    slope = 1 - shown["eta"] * shown["x"][0, 0] ** 2
    leak = shown["leak"]
    given = {"J_W": [[slope]], "J_U": [[slope]], "lam_W": leak, "lam_U": leak}
    lam = formulas["trained-plateau.slope"].exact(**given)
    assert (slope, lam) == (Fraction(99, 100), Fraction(199, 10000))
    near = {
        "J_W": [[slope]],
        "J_U": [[slope]],
        "residual": [shown["w"][1] - shown["w"][0]],
        "lam": Fraction(199, 10000),
    }
    assert "no state of rest" in trained_pair.leaking_pair_rests_nearby(formulas["trained-plateau.shift"], near)
    assert trained_pair.leaking_pair_rests_nearby(formulas["trained-plateau.shift"], near | {"lam": leak}) is None


def test_nothing_has_a_negative_lipschitz_constant():
    assert trained_pair.leaking_pair_rests_nearby(formulas["trained-plateau.shift"], NEAR | {"lam": -TENTH}) is None


class TestPlateau:
    @given(pairs())
    def test_gradient_steps_give_the_biased_equilibrium(self, g):
        d = g["S_W"].shape[0]
        unit = eye(d)
        blocks = {f"K13_{role}": unit for role in "WU"} | {f"V31_{role}": -g[f"eta_{role}"] * unit for role in "WU"}
        arguments = pick(g, "S_W", "S_U", "w_star", "u_star")
        try:
            expected = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**arguments, **pick(g, "eta_W", "eta_U"))
        except SingularError:
            with pytest.raises(SingularError):
                formulas["trained-plateau.w"].exact(**arguments, **blocks)
            return
        assert formulas["trained-plateau.w"].exact(**arguments, **blocks) == expected + g["w_star"]
        bias = formulas[f"{BIASED_EQUILIBRIUM}.f"].exact(**arguments, **pick(g, "eta_W", "eta_U"))
        assert formulas["trained-plateau.u"].exact(**arguments, **blocks) == bias + g["u_star"]

    def test_by_hand(self):
        """W: w/2 + 1/2, U: u/2 + 1, bent keys: one turn is w/4 + 1, at rest at 4/3."""
        given_ = {"S_W": [[1]], "S_U": [[1]], "V31_W": [[Rational(-1, 4)]], "V31_U": [[Rational(-1, 8)]]}
        given_ |= {"K13_W": [[2]], "K13_U": [[4]]}
        assert formulas["trained-plateau.w"].exact(**given_, w_star=[2], u_star=[8]) == Matrix([Rational(4, 3)])
        assert formulas["trained-plateau.u"].exact(**given_, w_star=[2], u_star=[8]) == Matrix([Rational(5, 3)])

    @given(st.integers(1, 9), st.integers(-9, 9), st.integers(-9, 9))
    def test_the_shift_is_attained_in_one_dimension(self, slope, leak, push):
        """From w -> a w + g to w -> (a + l) w + g + p: the true shift, if l and 1 - a have one sign."""
        a, extra, p = Rational(slope, 20), Rational(leak, 40), Rational(push, 7)
        w0 = 1 / (1 - a)
        residual = extra * w0 + p
        moved = (1 + p) / (1 - a - extra) - w0
        found = formulas["trained-plateau.shift"].exact(J_W=[[a]], J_U=[[1]], residual=[residual], lam=abs(extra))
        assert abs(moved) <= found
        if leak >= 0:
            assert abs(moved) == found

    def test_slope_by_hand(self):
        given_ = {"J_W": [[1, -2], [0, 1]], "J_U": [[2, 0], [1, 1]], "lam_W": 5, "lam_U": 7}
        assert formulas["trained-plateau.slope"].exact(**given_) == 3 * 7 + 5 * 2 + 35


class TestNorms:
    def test_values(self):
        at = formulas["trained-plateau.slope"]
        assert at.numpy(J_W=[[1.0, -2.0], [0.5, 0.0]], J_U=np.eye(2), lam_W=0.0, lam_U=1.0) == 3.0
        batch = np.stack([np.eye(2), -3 * np.eye(2)])
        assert at.numpy(J_W=batch, J_U=np.eye(2), lam_W=0.0, lam_U=1.0).tolist() == [1.0, 3.0]


class TestStoredLayers:
    def test_three_seeds_in_each_dimension(self) -> None:
        assert sorted((t.plan.d, t.plan.seed) for t in AIMED) == [(d, s) for d in (3, 5) for s in range(3)]

    @pytest.mark.parametrize("training", AIMED, ids=lambda t: f"d{t.plan.d}-{t.plan.seed}")
    def test_they_reach_the_population_optimum(self, training: Training) -> None:
        d, n = training.plan.d, training.plan.n
        V31 = formulas[f"{POPULATION_OPTIMUM}.V31"].exact(Sigma=np.eye(d, dtype=int).tolist(), n=n)
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


class TestLedger:
    @pytest.mark.parametrize(
        "id_", ["training-finds-the-step", "little-leakage-little-shift", "trained-pairs-converge-from-anywhere"]
    )
    def test_counterexamples(self, id_: str) -> None:
        (result,) = run_claims([claims[id_]])
        assert result.verdict is Verdict.REFUTED, result.note


def test_a_negative_lipschitz_constant_leaves_the_bound_true():
    """It forces remainder and distance to be zero, and with them what one turn moves."""
    formula = formulas["trained-plateau.shift"]
    line = {"J_W": [[HALF]], "J_U": [[HALF]], "lam": -1, "remainder": [0]}
    at_rest, moved = (instance_of(formula, line | {"residual": [x]}) for x in (0, 1))
    assert all(a.holds(at_rest) for a in formula.assumptions)
    assert necessity._false_conclusion(formula, at_rest) is None
    assert not all(a.holds(moved) for a in formula.assumptions)


def test_the_bound_on_mu_says_that_there_is_an_inverse():
    formula = formulas["trained-plateau.shift"]
    singular = {"J_W": [[1]], "J_U": [[1]], "lam": 0, "residual": [1], "remainder": [0]}
    held = {a.name: necessity._holds(a, instance_of(formula, singular)) for a in formula.assumptions}
    assert held["mu lam below 1"] is False


def nothing_solves_it(unique):
    state, rests = unique.args
    return Unique(state, equation(rests.rhs, rests.rhs + w_star))


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("trained-plateau", "trained-plateau.w", "doubled", lambda e: 2 * e),
    ("trained-plateau", "trained-plateau.unique", "nothing solves it", nothing_solves_it),
    ("trained-plateau", "trained-plateau.u", "flipped sign", flipped),
    ("trained-plateau", "trained-plateau.shift", "a thousandth of the bound", lambda e: e / 1000),
    ("trained-plateau", "trained-plateau.slope", "no leakage", lambda e: 0 * e),
]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # The hypothesis fails and the statement holds all the same.
    (
        "trained-plateau.slope",
        "D_W at most lam_W",
        {"J_W": [[1]], "J_U": [[0]], "D_W": [[1]], "D_U": [[0]], "lam_W": 0, "lam_U": 0},
        "nothing refutes the statement",
    ),
    (
        "trained-plateau.shift",
        "mu lam below 1",
        {"J_W": [[0]], "J_U": [[HALF]], "residual": [0], "lam": 2, "remainder": [0]},
        "nothing refutes the statement",
    ),
]
