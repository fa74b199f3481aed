"""Training: what a layer does and its gauge, the plan, and runs of real training where PyTorch is installed.

The tests that need PyTorch are skipped without it; the check script runs this file once with it.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

import numerics
from numerics import LSAAgent, LSALayer, Prompt
from numerics.errors import DimensionMismatchError, DivergenceError, OptionError, ScaleError, ShapeError, StepSizeError
from numerics.training.blocks import block, canonical, distance, leakage, step_of
from numerics.training.plan import Plan, population_optimum
from numerics.training.train import Training, train
from tests.numerics.common import fractions

ROOT = Path(numerics.__file__).parent.parent
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="needs PyTorch, the extra train")
seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int, d: int) -> LSALayer:
    """A layer of small integers, K24 not zero."""
    rng = np.random.default_rng(seed)
    V, K = rng.integers(-5, 6, size=(2, 2 * d + 2, 2 * d + 2))
    K[d, -1] = rng.choice([-3, -1, 2])
    return LSALayer(fractions(V), fractions(K))


def rounded(layer: LSALayer) -> LSALayer:
    return LSALayer(layer.V.astype(float), layer.K.astype(float))


class TestBlocks:
    def test_names_and_places(self) -> None:
        d = 2
        V = np.arange(36.0).reshape(6, 6)
        layer = LSALayer(V, -V)
        assert block(layer, "V31").tolist() == [[18, 19], [24, 25]]
        assert block(layer, "V32").shape == (d, 1)
        assert block(layer, "K24").tolist() == [[-17]]
        assert block(layer, "K43").tolist() == [[-33, -34]]

    @pytest.mark.parametrize("name", ["V51", "W31", "V3", "K130", ""])
    def test_unknown_block(self, name: str) -> None:
        with pytest.raises(ShapeError, match="expected V or K and two digits"):
            block(LSALayer.gradient_step(1, 1.0), name)

    @given(seeds, st.integers(1, 3), st.integers(1, 4))
    def test_canonical_layer_moves_alike_exactly(self, seed: int, d: int, n: int) -> None:
        layer = drawn(seed, d)
        rng = np.random.default_rng(seed + 1)
        prompt = Prompt(fractions(rng.integers(-5, 6, size=(n, d))), fractions(rng.integers(-5, 6, size=n)))
        w = fractions(rng.integers(-5, 6, size=d))
        fixed = canonical(layer)
        left = LSAAgent.with_layer(prompt, layer).update(w)
        assert (left == LSAAgent.with_layer(prompt, fixed).update(w)).all()
        assert block(fixed, "K24")[0, 0] == -1
        assert not fixed.V[: d + 1].any()
        assert not fixed.K[:, : d + 1].any()

    def test_no_gauge_without_labels(self) -> None:
        layer = LSALayer.from_blocks(np.eye(2), np.eye(2), 0.0)
        with pytest.raises(ScaleError, match="K24 is 0"):
            canonical(layer)

    def test_one_layer_at_a_time(self) -> None:
        batch = LSALayer.gradient_step(2, np.array([0.1, 0.2]))
        with pytest.raises(ShapeError, match="one layer at a time"):
            canonical(batch)

    @given(seeds, st.integers(1, 3), st.sampled_from([-4.0, -0.5, 0.25, 8.0]), st.sampled_from([-2.0, 0.125, 16.0]))
    def test_no_gauge_and_no_idle_entry_changes_what_is_reported(self, seed: int, d: int, c: float, own: float) -> None:
        layer, other = rounded(drawn(seed, d)), rounded(drawn(seed + 1, d))
        V, K = layer.V.copy(), layer.K.copy()
        upper, lower, third = slice(0, d + 1), slice(d + 1, None), slice(d + 1, 2 * d + 1)
        V[third, upper] *= c
        K[upper, lower] /= c
        V[third, lower] *= own
        K[lower, lower] /= own
        K[:, upper], V[upper], V[-1] = 100, -100, 50
        K[-1, d + 1], K[d + 1, -1] = K[-1, d + 1] + 3, K[d + 1, -1] - 3
        turned = LSALayer(V, K)
        assert distance(turned, other, 3) == pytest.approx(distance(layer, other, 3), rel=1e-12, abs=1e-12)
        assert distance(turned, layer, 3) < 1e-12
        assert leakage(turned, 3) == pytest.approx(leakage(layer, 3), rel=1e-12)
        assert step_of(turned) == pytest.approx(step_of(layer), rel=1e-12)

    def test_distance_and_leakage_by_hand(self) -> None:
        ideal = LSALayer.gradient_step(2, 0.5)
        assert distance(LSALayer.gradient_step(2, 0.55), ideal, 4) == pytest.approx(0.1)
        V, K = ideal.V.copy(), ideal.K.copy()
        V[3, 2], K[0, 5], K[2, 3] = 0.3, -0.4, 1.2  # V32, K14, K23
        V[3, 3], K[5, 5] = 2.0, 8.0  # the self attention: 2 * 8 / 4
        found = leakage(LSALayer(V, K), 4)
        assert found == pytest.approx(
            {"V32": 0.3, "K14": 0.4, "K23": 1.2, "self": 4.0, "total": np.sqrt(1.69 + 16)}, rel=1e-12
        )
        assert leakage(ideal, 4)["total"] == 0
        assert distance(LSALayer(V, K), ideal, 4) > 4 / np.linalg.norm(np.multiply.outer(0.5 * np.eye(2), np.eye(3)))

    def test_distance_refuses(self) -> None:
        ideal = LSALayer.gradient_step(2, 0.5)
        with pytest.raises(DimensionMismatchError, match="layer has d = 3, other has d = 2"):
            distance(LSALayer.gradient_step(3, 0.5), ideal, 4)
        with pytest.raises(ScaleError, match="moves nothing"):
            distance(ideal, LSALayer(np.zeros((6, 6)), np.zeros((6, 6))), 4)
        with pytest.raises(OptionError, match="n must be an integer >= 1"):
            leakage(ideal, 0)


class TestPlan:
    @pytest.mark.parametrize(
        ("settings", "error", "message"),
        [
            ({"d": 0}, OptionError, "d must be an integer >= 1"),
            ({"n": 1.5}, OptionError, "n must be an integer"),
            ({"recipe": "labels"}, OptionError, "recipe must be one of 'target', 'iterate'"),
            ({"start": "zero"}, OptionError, "start must be one of"),
            ({"seed": -1}, OptionError, "seed must be an integer >= 0"),
            ({"learning_rate": float("nan")}, OptionError, "learning_rate must be finite and > 0"),
            ({"spread": 0}, OptionError, "spread must be finite and > 0"),
            ({"step_size": -1.0}, StepSizeError, "step_size must be finite and > 0"),
            ({"covariance": [[1.0]]}, ShapeError, r"expected a symmetric \(2, 2\) matrix"),
            ({"covariance": [[1.0, 2.0], [0.0, 1.0]]}, ShapeError, "symmetric"),
            ({"covariance": [[1.0, 2.0], [2.0, 1.0]]}, OptionError, "none may be negative"),
        ],
    )
    def test_bad_settings(self, settings: dict, error: type, message: str) -> None:
        with pytest.raises(error, match=message):
            Plan(**{"d": 2, "n": 4, **settings})

    def test_plan_survives_the_file(self) -> None:
        plan = Plan(2, 5, covariance=[[2, 1], [1, 3]], start="independent", seed=7)
        assert Plan(**plan.as_json()) == plan
        np.testing.assert_allclose(plan.root @ plan.root.T, [[2, 1], [1, 3]], rtol=1e-14)

    @pytest.mark.parametrize(("d", "n"), [(1, 1), (1, 7), (3, 9), (5, 15), (8, 2)])
    def test_isotropic_optimum_is_the_known_step(self, d: int, n: int) -> None:
        """The cubature is exact; what is left is rounding of sums of at most 2 d^2 + 2 d + 1 terms."""
        found = population_optimum(Plan(d, n))
        np.testing.assert_allclose(block(found, "V31"), -n / (n + d + 1) * np.eye(d), atol=1e-13)
        assert step_of(found) == pytest.approx(n / (n + d + 1), rel=1e-13)
        assert leakage(found, n)["total"] == 0

    def test_anisotropic_optimum_minimises_the_sampled_loss(self) -> None:
        """The mean of |xi - N S xi|^2 over many prompts is least at N, up to the sampling error of its slope."""
        plan = Plan(2, 3, covariance=((2.0, 0.5), (0.5, 1.0)))
        X = np.random.default_rng(0).standard_normal((200_000, 3, 2)) @ plan.root.T
        S = X.swapaxes(-1, -2) @ X / 3
        N = -block(population_optimum(plan), "V31")
        slopes = (N @ S - np.eye(2)) @ S
        spread = slopes.std(axis=0) / np.sqrt(len(X))
        assert (np.abs(slopes.mean(axis=0)) < 5 * spread).all()
        worse = (1.1 * N @ S - np.eye(2)) @ S
        assert (np.abs(worse.mean(axis=0)).max() > 20 * spread).any()

    def test_singular_covariance_has_no_single_optimum(self) -> None:
        with pytest.raises(ScaleError, match="covariance is singular"):
            population_optimum(Plan(2, 4, covariance=((1.0, 0.0), (0.0, 0.0))))

    def test_taught_step_is_what_the_recipe_iterate_finds(self) -> None:
        assert step_of(population_optimum(Plan(2, 4, recipe="iterate", step_size=0.3))) == pytest.approx(0.3)


class TestWithoutTorch:
    @pytest.mark.slow
    def test_import_does_not_load_it_and_training_names_the_extra(self) -> None:
        code = (
            "import sys; sys.modules['torch'] = None\n"
            "import numerics.training.train as t\n"
            "from numerics import MissingExtraError\n"
            "t.Plan(2, 4)\n"
            "try:\n    t.train(2, 4)\n"
            "except MissingExtraError as error:\n    print(error)\n"
        )
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert "pip install 'biased-equilibrium[train]'" in run.stdout
        code = "import sys, numerics, numerics.training.train; print('torch' in sys.modules)"
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert run.stdout.strip() == "False"

    def test_a_stored_training_is_read_and_judged_anew(self) -> None:
        plan = Plan(2, 6, seed=3)
        layer = population_optimum(plan)
        data = {"plan": plan.as_json(), "V": (2 * layer.V).tolist(), "K": layer.K.tolist(), "loss": [2.0, 1.0]}
        read = Training.from_json(data)
        assert read.plan == plan
        assert read.report.distance == pytest.approx(1.0)
        assert read.report.learned_step == pytest.approx(2 * read.report.population_step)
        assert Training.from_json(read.as_json(points=1)).report.loss.tolist() == [1.5]
        with pytest.raises(OptionError, match="data has no 'V'"):
            Training.from_json({"plan": plan.as_json()})
        with pytest.raises(OptionError, match="the plan has d = 1"):
            Training.from_json(data | {"plan": Plan(1, 6).as_json()})

    def test_unknown_setting(self) -> None:
        with pytest.raises(OptionError, match="unknown setting 'epochs'; known: d, n, recipe"):
            train(2, 4, epochs=3)


@needs_torch
class TestTraining:
    @pytest.mark.parametrize("seed", [0, 1, 2])
    @pytest.mark.slow
    @pytest.mark.many(3)
    def test_three_dimensions_reach_the_optimum(self, seed: int) -> None:
        result = train(3, 9, seed=seed, steps=1000, batch=512)
        report = result.report
        assert report.distance < 0.05
        assert report.learned_step == pytest.approx(9 / 13, rel=0.05)
        assert report.leakage["total"] < 0.05
        assert report.loss[0] > 2 * report.loss[-100:].mean()
        # The least loss is 3 (1 - 9/13) = 12/13; a hundred batches of 512 tell it to about a hundredth.
        assert report.loss[-100:].mean() == pytest.approx(12 / 13, rel=0.03)
        # From random values: before training the layer is nowhere near.
        assert train(3, 9, seed=seed, steps=1, batch=1).report.distance > 0.5

    def test_idle_entries_stay_as_they_were_drawn(self) -> None:
        before, after = (train(2, 4, steps=steps, batch=8).layer for steps in (1, 30))
        d = 2
        for rows in (slice(0, d + 1), slice(2 * d + 1, None)):
            assert (before.V[rows] == after.V[rows]).all()
        assert (before.K[:, : d + 1] == after.K[:, : d + 1]).all()
        assert (before.V[d + 1 : 2 * d + 1] != after.V[d + 1 : 2 * d + 1]).all()
        assert (before.K[:, d + 1 :] != after.K[:, d + 1 :]).all()

    @pytest.mark.slow
    def test_correlated_examples(self) -> None:
        """V31 is no multiple of the identity, and the key is the identity all the same."""
        result = train(2, 4, steps=1000, batch=512, covariance=((2.0, 0.5), (0.5, 1.0)))
        assert result.report.distance < 0.05
        np.testing.assert_allclose(block(result.canonical, "K13"), np.eye(2), atol=0.05)

    @pytest.mark.parametrize("seed", [0, 1])
    @pytest.mark.slow
    @pytest.mark.many(2)
    def test_independent_starts_lead_elsewhere(self, seed: int) -> None:
        """The layers with V31, K13 and K24 alone lose at least 4/3; leaving them pays, along one direction or both."""
        report = train(2, 6, start="independent", seed=seed, steps=800, batch=256).report
        assert report.distance > 0.5
        assert report.leakage["total"] > 0.5
        assert report.loss[-100:].mean() < 0.9 * 4 / 3

    @pytest.mark.slow
    def test_the_recipe_iterate_finds_the_taught_step(self) -> None:
        result = train(2, 4, recipe="iterate", rollout=2, step_size=0.4, steps=600, batch=128)
        assert result.report.distance < 0.01
        assert result.report.learned_step == pytest.approx(0.4, rel=0.01)
        # The taught step can be met exactly: no part of the loss is left over.
        assert result.report.loss[-1] < 1e-3 * result.report.loss[0]

    def test_loss_is_that_of_the_real_layer(self) -> None:
        from numerics.training.state import State, load_torch
        from numerics.training.train import _loss, _prompts

        torch = load_torch()
        for plan in (Plan(2, 3, batch=5), Plan(2, 3, batch=5, recipe="iterate", rollout=3, step_size=0.2)):
            state = State(plan)
            Z, answers, n = _prompts(torch, plan, torch.eye(2, dtype=torch.float64), 0.2, state.random)
            tokens, wanted = Z.numpy(), answers.numpy()
            prompt = Prompt(tokens[:, :2, :3].swapaxes(1, 2), tokens[:, 2, :3])
            iterates = tokens[:, 3:5, 3:].swapaxes(1, 2)
            agent, total = LSAAgent.with_layer(prompt, state.layer()), 0.0
            for k in range(wanted.shape[1]):
                found = agent.update(iterates[:, k], history=iterates[:, :k] if k else None)
                total += np.square(found - wanted[:, k]).sum(axis=1).mean() / wanted.shape[1]
            assert float(_loss(state.V, state.K, Z, answers, n).detach()) == pytest.approx(total, rel=1e-12)
            if plan.recipe == "iterate":
                taught = LSAAgent(prompt, 0.2)
                np.testing.assert_allclose(wanted[:, 1], taught.update(iterates[:, 1]), rtol=1e-12)

    def test_equal_seeds_give_equal_layers(self) -> None:
        first, again, other = (train(2, 4, seed=s, steps=20, batch=16).layer for s in (5, 5, 6))
        assert (first.V == again.V).all()
        assert (first.K == again.K).all()
        assert (first.V != other.V).all()

    def test_threads_do_not_matter_and_are_left_as_they_were(self) -> None:
        import torch

        before = torch.get_num_threads()
        found = []
        try:
            for threads in (1, 2):
                torch.set_num_threads(threads)
                found.append(train(2, 4, steps=5, batch=64).layer.V)
                assert torch.get_num_threads() == threads
        finally:
            torch.set_num_threads(before)
        assert (found[0] == found[1]).all()

    @pytest.mark.parametrize("stop", [1, 17, 30, 39])
    def test_an_interrupted_run_ends_with_the_same_bits(self, stop: int, tmp_path: Path) -> None:
        file = tmp_path / "run.pt"
        settings = {"steps": 40, "batch": 16, "checkpoint": file, "checkpoint_every": 10}

        def interrupt(done: int, _: float) -> None:
            if done == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(2, 4, on_step=interrupt, **settings)
        done: list[int] = []
        resumed = train(2, 4, on_step=lambda step, _: done.append(step), **settings)
        assert done == list(range(stop // 10 * 10 + 1, 41))
        whole = train(2, 4, steps=40, batch=16)
        assert (resumed.layer.V == whole.layer.V).all()
        assert (resumed.layer.K == whole.layer.K).all()
        assert (resumed.report.loss == whole.report.loss).all()
        assert not list(tmp_path.glob("*.part"))
        finished = train(2, 4, on_step=lambda *_: pytest.fail("nothing is left to do"), **settings)
        assert (finished.layer.V == whole.layer.V).all()

    def test_a_checkpoint_of_another_plan_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "run.pt"
        train(2, 4, steps=3, batch=4, checkpoint=file)
        with pytest.raises(OptionError, match="made with seed = 0, not 1"):
            train(2, 4, steps=3, batch=4, seed=1, checkpoint=file)
        file.write_bytes(b"no checkpoint")
        with pytest.raises(OptionError, match="cannot be read"):
            train(2, 4, steps=3, batch=4, checkpoint=file)

    def test_divergence_names_step_and_remedy(self) -> None:
        with pytest.raises(DivergenceError, match="reduce learning_rate or initial_scale") as caught:
            train(2, 4, steps=50, batch=4, initial_scale=1e160)
        assert caught.value.turn == 1

    def test_progress_bar(self, capsys: pytest.CaptureFixture[str]) -> None:
        train(1, 2, steps=2, batch=2, progress=True)
        assert "training" in capsys.readouterr().err
        train(1, 2, steps=2, batch=2)
        assert capsys.readouterr().err == ""
