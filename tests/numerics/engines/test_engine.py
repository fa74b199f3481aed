"""Every engine gives the states of the full attention layer; which one runs, and into whose memory."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from numerics import DivergenceError, DTypeError, ExactnessError, Interaction, LSAAgent, OptionError, Prompt, ShapeError
from numerics.engines import choice as engine_choice, compiled, kernels
from numerics.errors import MissingExtraError
from tests.numerics.common import run_bound, scalar_pair
from tests.numerics.random_prompts import random_prompts, random_step_sizes
from tests.strategies import pairs, vectors

ENGINES = ("numpy", "numba", "factored")


def one(pair: Interaction, index: int) -> Interaction:
    """One pair of a batch."""
    return Interaction(*(LSAAgent(Prompt(a.prompt.X[index], a.prompt.y[index]), a.step_size[index])
                         for a in (pair.agent_w, pair.agent_u)))  # fmt: skip


def farthest(pair: Interaction, w0: np.ndarray, turns: int, engine: str, keep: str) -> float:
    """Largest distance of an engine's run from the layer's, over the sum of the rounding bounds of both."""
    run = pair.simulate(w0, turns, engine=engine, method="affine", keep=keep)
    real = pair.simulate(w0, turns, method="attention")
    assert run.statistics.engine == engine
    kept = slice(None) if keep == "all" else slice(-1, None)
    w, u = real.w[..., kept, :], real.u[..., kept, :]
    singles = [one(pair, i) for i in range(len(w0))] if pair.batch_shape else [pair]
    shape = (len(singles), -1, pair.d)
    worst = 0.0
    for i, single in enumerate(singles):
        parts = ((run.w, w, real.w, real.u), (run.u, u, real.w, real.u))
        for found, expected, all_w, all_u in parts:
            if expected.shape[-2]:
                bound = 2 * run_bound(single, all_w.reshape(shape)[i], all_u.reshape(shape)[i])
                distance = np.linalg.norm(found.reshape(shape)[i] - expected.reshape(shape)[i], axis=-1).max()
                worst = max(worst, distance / bound if bound else float(distance > 0))
    return worst


@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("region", ["inside", "edge"])
@pytest.mark.filterwarnings("ignore::numerics.errors.DivergenceWarning")
@settings(max_examples=15)
@given(st.data())
def test_small_pairs_of_every_kind(region: str, engine: str, keep: str, data: st.DataObject) -> None:
    pair = data.draw(
        pairs(exact=False, scaled=True, region=region, common_kernel=data.draw(st.sampled_from([None, True])))
    )
    w0 = data.draw(vectors(d=pair.d, exact=False))
    assert farthest(pair, w0, data.draw(st.sampled_from([0, 1, 2, 3, 8, 9, 40])), engine, keep) <= 1


@settings(max_examples=30, deadline=None)
@example(8, 5, 300, 1, "numba", "all")
@example(8, 5, 300, 2, "numba", "last")
@given(
    st.sampled_from([1, 4, 5, 8, 9, 12, 16, 17, 29, 31, 33, 48]), st.integers(1, 5),
    st.sampled_from([1, 2, 5, 100, 300]), st.integers(0, 2**32 - 1),
    st.sampled_from(ENGINES), st.sampled_from(["all", "last"]),
)  # fmt: skip
def test_batches_of_every_width(d: int, size: int, turns: int, seed: int, engine: str, keep: str) -> None:
    """Widths on both sides of the tiles' edges, ranks from 0 to d, n < d, a common kernel or none, scales apart."""
    rng = np.random.default_rng(seed)
    kernel = rng.standard_normal((d, 1)) if d > 1 and rng.random() < 0.3 else None
    drawn = []
    for _ in range(2):
        n = int(rng.integers(1, 2 * d + 1))
        rank = int(rng.integers(0, min(n, d - (kernel is not None)) + 1))
        drawn.append(random_prompts(rng, size, n, d, rank=rank, kernel=kernel, scale=float(2.0 ** rng.integers(-9, 9))))
    pair = Interaction(*(LSAAgent(p, random_step_sizes(rng, p)) for p in drawn))
    assert farthest(pair, rng.standard_normal((size, d)), turns, engine, keep) <= 1


@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.parametrize("name", ["trajectory", "last_states"])
def test_negative_control_a_wrong_kernel_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str, keep: str) -> None:
    pair = scalar_pair(0.5, 0.25)
    right = compiled._kernel

    def swapped(asked: str):
        def run(lo, hi, H_w, H_u, *rest):
            right(asked)(lo, hi, H_u, H_w, *rest)

        return run if asked == name else right(asked)

    assert farthest(pair, np.array([7.0]), 9, "numba", keep) <= 1
    monkeypatch.setattr(compiled, "_kernel", swapped)
    caught = farthest(pair, np.array([7.0]), 9, "numba", keep) > 1e6
    assert caught == (name == ("trajectory" if keep == "all" else "last_states"))


def batch(d: int, size: int, seed: int = 0) -> tuple[Interaction, np.ndarray]:
    rng = np.random.default_rng(seed)
    prompts = [random_prompts(rng, size, d + 3, d) for _ in range(2)]
    return Interaction(*(LSAAgent(p, random_step_sizes(rng, p)) for p in prompts)), rng.standard_normal((size, d))


@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.parametrize("d", [3, 8, 20])
def test_compiled_bits_depend_on_neither_threads_nor_batch(d: int, keep: str) -> None:
    pair, w0 = batch(d, 23)
    run = pair.simulate(w0, 77, engine="numba", keep=keep)
    with compiled.thread_limit(1):
        assert compiled.threads() == 1
        serial = pair.simulate(w0, 77, engine="numba", keep=keep)
        assert serial.statistics.threads == 1
    assert np.array_equal(run.w, serial.w)
    assert np.array_equal(run.u, serial.u)
    for i in (0, 11, 22):
        alone = one(pair, i).simulate(w0[i], 77, engine="numba", keep=keep)
        assert np.array_equal(run.w[i], alone.w)
        assert np.array_equal(run.u[i], alone.u)


def test_thread_limit_is_a_number_of_threads() -> None:
    with pytest.raises(OptionError, match="most must be an integer >= 1, got 0"), compiled.thread_limit(0):
        pass


@pytest.mark.parametrize("engine", ENGINES)
def test_one_pair_from_many_starts(engine: str) -> None:
    pair, _ = batch(5, 1)
    starts = np.random.default_rng(1).standard_normal((30, 1, 5))
    run = pair.simulate(starts, 50, engine=engine)
    last = pair.simulate(starts, 50, engine=engine, keep="last")
    for i in (0, 29):
        real = pair.simulate(starts[i], 50, method="attention")
        np.testing.assert_allclose(run.w[i], real.w, rtol=0, atol=1e-13)
        np.testing.assert_allclose(last.w[i], real.w[:, -1:], rtol=0, atol=1e-13)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("keep", ["all", "last"])
def test_overflow_names_pair_and_turn_whatever_the_engine(engine: str, keep: str) -> None:
    steps = np.array([0.5, 0.25, 3e3, 0.125])
    prompt = Prompt(np.ones((4, 1, 1)), np.ones((4, 1)))
    pair = Interaction(LSAAgent(prompt, steps), LSAAgent(prompt, 0.5))
    with pytest.raises(DivergenceError) as real:
        pair.simulate(np.full((4, 1), 2.0), 200, method="attention")
    with pytest.raises(DivergenceError, match=r"index \(2,\) leaves the range of double precision at turn") as caught:
        pair.simulate(np.full((4, 1), 2.0), 200, engine=engine, keep=keep)
    assert caught.value.turn == real.value.turn


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("keep", ["all", "last"])
def test_a_power_that_overflows_where_the_state_does_not(engine: str, keep: str) -> None:
    """From the fixed point nothing moves, although the powers of the turn leave double precision."""
    prompt = Prompt(np.eye(2)[None], np.zeros((1, 2)))
    pair = Interaction(LSAAgent(prompt, 4e3), LSAAgent(prompt, 0.5))
    run = pair.simulate(np.zeros((1, 2)), 5000, engine=engine, keep=keep)
    assert not run.w.any()
    assert not run.u.any()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("layout", ["contiguous", "strided"])
@pytest.mark.parametrize(("keep", "method"), [("all", "affine"), ("last", "affine"), ("all", "attention")])
def test_states_are_written_where_the_caller_wants_them(engine: str, layout: str, keep: str, method: str) -> None:
    if method == "attention":
        engine = "auto"
    pair, w0 = batch(8, 7)
    fresh = pair.simulate(w0, 30, keep=keep, method=method, engine=engine)
    shape = fresh.w.shape
    room = np.full((*shape[:-1], 2 * shape[-1]), np.nan)
    out = np.full(shape, np.nan) if layout == "contiguous" else room[..., ::2]
    run = pair.simulate(w0, 30, keep=keep, method=method, engine=engine, out=out)
    assert np.shares_memory(run.w, out)
    assert not run.w.flags.writeable
    assert out.flags.writeable
    assert np.array_equal(out, fresh.w)
    assert np.array_equal(run.u, fresh.u)
    assert layout == "contiguous" or np.isnan(room[..., 1::2]).all()


def test_exact_states_are_written_too() -> None:
    pair = scalar_pair(F(1, 2), F(1, 3))
    out = np.empty((4, 1), dtype=object)
    run = pair.simulate([F(0)], 3, out=out)
    assert np.all(out == pair.simulate([F(0)], 3).w)
    assert run.statistics == engine_choice.Statistics("numpy", np.__version__, None, "exact rationals")


def test_an_overwritten_result_is_noticed() -> None:
    pair, w0 = batch(4, 3)
    out = np.empty((3, 21, 4))
    run = pair.simulate(w0, 20, out=out)
    pair.simulate(w0 + 1, 20, out=out)
    with pytest.raises(OptionError, match=r"read run\.u before using the array again"):
        _ = run.u


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.empty((3, 20, 4)), ShapeError, r"out has shape \(3, 20, 4\); this run writes \(3, 21, 4\)"),
        (np.empty((3, 21, 4), np.float32), DTypeError, "out must be an ndarray of float64, got an array of float32"),
        ([[0.0]], DTypeError, "out must be an ndarray of float64, got a list"),
        (np.broadcast_to(0.0, (3, 21, 4)), OptionError, "out is read-only"),
    ],
)
def test_bad_memory_is_refused(out: object, error: type[Exception], message: str) -> None:
    pair, w0 = batch(4, 3)
    with pytest.raises(error, match=message):
        pair.simulate(w0, 20, out=out)


def task(
    d: int, geometries: int, turns: int, keep: str = "all", *, exact: bool = False, n: int | None = None
) -> engine_choice.Task:
    return engine_choice.Task(d, geometries, turns, keep, exact, n)


@pytest.mark.parametrize(
    ("what", "engine", "why"),
    [
        (task(8, 10_000, 200, "last", n=16), "numba", "compiled kernels are faster"),
        (task(8, 10_000, 200, n=16), "numba", "compiled kernels are faster"),
        (task(3, 1, 200, n=6), "numpy", "a small task"),
        (task(8, 1, 10**12, "last"), "numpy", "a small task"),
        (task(512, 1, 2000, n=1024), "numpy", "faster in BLAS"),
        (task(512, 8, 2000, "last"), "numba", "compiled kernels are faster"),
        (task(1024, 8, 2000, "last"), "numpy", "faster in BLAS"),
        (task(512, 20, 100, n=64), "factored", "100 turns through n <= 64 examples"),
        (task(512, 20, 100, n=256), "numba", "compiled kernels are faster"),
        (task(512, 20, 2000, n=64), "numba", "compiled kernels are faster"),
        (task(512, 20, 100), "numba", "compiled kernels are faster"),
        (task(8, 10_000, 200, exact=True, n=16), "numpy", "exact rationals"),
        (task(64, 10, 2, exact=True, n=4), "numpy", "exact rationals"),
    ],
)
def test_auto_chooses_by_the_task_alone(what: engine_choice.Task, engine: str, why: str) -> None:
    chosen = engine_choice.choose("auto", what)
    assert chosen.engine == engine
    assert why in chosen.reason


def test_a_task_knows_its_examples() -> None:
    rng = np.random.default_rng(0)
    agents = [LSAAgent(random_prompts(rng, 3, n, 40), 0.1) for n in (5, 7)]
    assert engine_choice.Task.of(tuple(agents), 3, 9, "all", exact=False).examples == 7
    layered = LSAAgent.with_layer(agents[0].prompt, agents[0].layer)
    assert engine_choice.Task.of((layered, agents[1]), 3, 9, "all", exact=False).examples is None


@pytest.mark.parametrize("keep", ["all", "last"])
def test_few_examples_need_no_gram_matrix(keep: str) -> None:
    rng = np.random.default_rng(0)
    agents = [LSAAgent(p, random_step_sizes(rng, p)) for p in (random_prompts(rng, 4, n, 64) for n in (5, 7))]
    fresh = [LSAAgent(Prompt(a.prompt.X, a.prompt.y), a.step_size) for a in agents]
    pair, w0 = Interaction(*fresh), rng.standard_normal((4, 64))
    run = pair.simulate(w0, 20, keep=keep)
    assert run.statistics.engine == "factored"
    assert run.u.shape == (4, 20 if keep == "all" else 1, 64)
    assert not any("gram" in vars(agent.prompt) for agent in fresh)
    assert farthest(Interaction(*agents), w0, 20, "factored", keep) <= 1


def test_auto_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_choice, "_installed", lambda package: None)
    chosen = engine_choice.choose("auto", task(8, 10_000, 200))
    assert chosen.engine == "numpy"
    assert "pip install" in chosen.reason
    with pytest.raises(
        MissingExtraError, match=r"engine=\"numba\" needs Numba: pip install 'biased-equilibrium\[fast\]'"
    ):
        scalar_pair(0.5, 0.5).simulate([1.0], 3, engine="numba")


def test_engines_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ExactnessError, match='engine="numba" computes in double precision'):
        scalar_pair(F(1, 2), F(1, 3)).simulate([F(0)], 3, engine="numba")
    for engine in ("numba", "factored"):
        with pytest.raises(OptionError, match=f'engine="{engine}" is for agents with a fixed affine map'):
            scalar_pair(0.5, 0.5).simulate([1.0], 3, engine=engine, method="attention")
    agent = scalar_pair(0.5, 0.5).agent_w
    layered = Interaction(LSAAgent.with_layer(agent.prompt, agent.layer), agent)
    with pytest.raises(OptionError, match='engine="factored" needs two LSAAgents with a step size'):
        layered.simulate([1.0], 3, engine="factored")
    with pytest.raises(OptionError, match="engine must be one of 'auto', 'numpy', 'numba', 'factored', got 'cuda'"):
        scalar_pair(0.5, 0.5).simulate([1.0], 3, engine="cuda")


def test_statistics_say_what_ran() -> None:
    pair, w0 = batch(8, 50)
    assert pair.simulate(w0, 9, engine="numpy").statistics.version == np.__version__
    assert pair.simulate(w0, 9, method="attention").statistics.engine == "layers"
    compiled_run = pair.simulate(w0, 9, engine="numba").statistics
    assert compiled_run.engine == "numba"
    assert compiled_run.version == engine_choice._installed("numba")
    assert compiled_run.threads == compiled.threads()
    assert compiled_run.reason == "asked for"


def test_a_second_process_reads_the_compiled_code_from_disk() -> None:
    kernels.kernel("last_states")
    code = (
        "from numerics.engines.kernels import kernel; k = kernel('last_states').stats; "
        "print(sum(k.cache_hits.values()), sum(k.cache_misses.values()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "0"]


def test_without_a_cache_folder_code_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def njit(signature, *, cache=False, **options):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(kernels, "njit", njit)
    assert kernels.kernel.__wrapped__("answers") is kernels._answers
    assert asked == [True, False]
