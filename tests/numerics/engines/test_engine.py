"""Every engine gives the states of the full attention layer; which one runs, and into whose memory."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction as F
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from numerics import (
    AffineMap,
    DivergenceError,
    DTypeError,
    ExactnessError,
    Interaction,
    LSAAgent,
    OptionError,
    Prompt,
    ShapeError,
)
from numerics.engines import choice, compiled, propagation
from numerics.engines.engine import AffineEngine, FactoredEngine, LayersEngine, take_turns
from numerics.errors import NonFiniteError, Overflow
from tests.numerics.common import Saying, run_bound, scalar_pair
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
@settings(max_examples=8)
@given(st.data())
@pytest.mark.many(4)
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
@pytest.mark.slow
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
    assert run.statistics == choice.Statistics("numpy", np.__version__, None, "exact rationals")


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


def test_statistics_say_what_ran() -> None:
    pair, w0 = batch(8, 50)
    assert pair.simulate(w0, 9, engine="numpy").statistics.version == np.__version__
    assert pair.simulate(w0, 9, method="attention").statistics.engine == "layers"
    compiled_run = pair.simulate(w0, 9, engine="numba").statistics
    assert compiled_run.engine == "numba"
    assert compiled_run.version == choice._installed("numba")
    assert compiled_run.threads == compiled.threads()
    assert compiled_run.reason == "asked for"


def agent(update: Callable[[np.ndarray], object], d: int = 2) -> Any:
    return SimpleNamespace(d=d, update=update)


HALVES, ADDS = agent(lambda w: w / 2), agent(lambda w: w + np.array([4.0, 8.0]))
STARTS = np.array([[0.0, 0.0], [16.0, 0.0], [0.0, 32.0]])


@pytest.mark.parametrize("kind", [float, object])
@pytest.mark.parametrize("written", [False, True])
def test_agents_take_turns(kind: type, written: bool) -> None:
    """U adds (4, 8), W halves: from 0 W goes to (2, 4), (3, 6) and (7/2, 7)."""
    starts = STARTS[0].astype(kind) if kind is float else np.array([F(0), F(0)])
    second = agent(lambda w: w + np.array([F(4), F(8)], dtype=object)) if kind is object else ADDS
    first = agent(lambda w: w / F(2)) if kind is object else HALVES
    for turns, keep_all in product((0, 1, 3), (True, False)):
        out = np.empty((turns + 1 if keep_all else 1, 2), starts.dtype) if written else None
        w, u, moves = take_turns(first, second, starts, turns, keep_all=keep_all, out=out)
        states, answers = [[0, 0], [2, 4], [3, 6], [3.5, 7]][: turns + 1], [[4, 8], [6, 12], [7, 14]][:turns]
        kept = slice(None) if keep_all else slice(-1, None)
        assert w.dtype == u.dtype == starts.dtype
        assert (w.tolist(), u.tolist()) == (states[kept], answers[kept])
        assert u.shape == (turns if keep_all else min(turns, 1), 2)
        assert [move.tolist() for move in moves] == {0: [[0, 0]] * 2, 1: [[2, 4]] * 2, 3: [[2, 4], [0.5, 1]]}[turns]
        assert w is out or not written


def test_an_agent_without_batch_axes_answers_for_all() -> None:
    seven = Saying(2, [7.0, 9.0])
    w, u, (first, last) = take_turns(seven, HALVES, STARTS, 2, keep_all=True)
    assert w.tolist() == [[start, [7, 9], [7, 9]] for start in STARTS.tolist()]
    assert u.tolist() == [[half, [3.5, 4.5]] for half in (STARTS / 2).tolist()]
    assert first.tolist() == [[7, 9], [-9, 9], [7, -23]]
    assert not last.any()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (3.0, r"agent_u\.update\(w\) has shape \(\); expected \(\.\.\., d\) with d = 2"),
        (np.ones(3), r"agent_u\.update\(w\) has shape \(3,\)"),
        (np.ones((2, 3)), r"agent_u\.update\(w\) has shape \(2, 3\)"),
        (np.ones((4, 3, 2)), r"agent_u\.update\(w\) has batch shape \(4, 3\), larger than the run's \(3,\)"),
        (np.ones((2, 2)), r"batch shapes do not broadcast: answer \(2,\), run \(3,\)"),
    ],
)
def test_answers_of_another_shape_are_refused(answer: object, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        take_turns(HALVES, Saying(2, answer), STARTS, 1, keep_all=False)


def test_answers_are_of_the_kind_of_the_start() -> None:
    exact = np.array([F(1), F(2)])
    with pytest.raises(ExactnessError, match=r"agent_w\.update\(w\) has dtype float64 but the computation is exact"):
        take_turns(Saying(2, [1.0, 2.0]), agent(lambda w: w), exact, 1, keep_all=False)
    with pytest.raises(ExactnessError, match=r"agent_u\.update\(w\) holds exact rationals"):
        take_turns(HALVES, Saying(2, exact), STARTS, 1, keep_all=False)


def failing(error: Exception, after: int) -> Any:
    """Give back what it is asked, until it fails."""
    asked = []

    def update(w: np.ndarray) -> np.ndarray:
        asked.append(w)
        if len(asked) > after:
            raise error
        return w

    return agent(update)


@pytest.mark.parametrize("first", [True, False])
def test_what_goes_wrong_names_its_turn(first: bool) -> None:
    def run(bad: Any) -> None:
        take_turns(*((HALVES, bad) if first else (bad, HALVES)), STARTS, 9, keep_all=False)

    with pytest.raises(Overflow) as caught:
        run(failing(DivergenceError("the layer diverges", turn=1), after=2))
    assert (caught.value.geometry, caught.value.turn) == (None, 3)
    who = "u" if first else "w"
    with pytest.raises(NonFiniteError, match=r"no number \(at turn 3\)"):
        run(failing(NonFiniteError("no number"), after=2))
    with pytest.raises(NonFiniteError, match=rf"agent_{who}\.update\(w\) .* \(at turn 1\)"):
        run(Saying(2, [np.nan, 0.0]))


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.parametrize("turns", [0, 1, 3])
def test_affine_maps_go_where_the_statistics_say(
    engine: str, keep: str, turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turns of the agents above, as maps; the compiled engine's part is taken by the other's."""
    asked = []
    for name in ("trajectory", "last_states", "answers"):

        def noted(*given: Any, name: str = name) -> Any:
            asked.append(name)
            return getattr(propagation, name)(*given)

        monkeypatch.setattr(compiled, name, noted)
    halves, adds = AffineMap(-np.eye(2) / 2, np.zeros(2)), AffineMap(np.zeros((2, 2)), np.array([4.0, 8.0]))
    out = np.empty((3, turns + 1 if keep == "all" else 1, 2))
    w, u, moves = AffineEngine(choice.Statistics(engine, "", None, ""), halves, adds).run(STARTS, turns, keep, out)
    states, answers, expected = take_turns(HALVES, ADDS, STARTS, turns, keep_all=keep == "all")
    assert w is out
    assert np.array_equal(w, states)
    assert all(map(np.array_equal, moves, expected))
    assert callable(u) == (keep == "all" or turns == 0)
    assert np.array_equal(u(w[..., :turns, :]) if callable(u) else u, answers)
    once = ["trajectory", "answers"] if keep == "all" else ["last_states"]
    # Nothing is asked of nothing.
    assert asked == ([] if engine == "numpy" else once if turns else ["trajectory"])


@pytest.mark.parametrize("keep", ["all", "last"])
def test_gradient_steps_give_all_answers_or_the_last(keep: str) -> None:
    """Steps 1/2 and 1/4 of Gram 1 towards 1 and 3: from 0 U says 3/4 and W 7/8, then 45/32 and 77/64."""
    pair = scalar_pair(0.5, 0.25)
    given = FactoredEngine(choice.Statistics("factored", "", None, ""), pair.agent_w, pair.agent_u)
    w, u, (first, last) = given.run(np.zeros(1), 2, keep, None)
    assert callable(u) == (keep == "all")
    answers = u(w[:-1]) if callable(u) else u
    assert w.ravel().tolist() == [0, 7 / 8, 77 / 64][-1 if keep == "last" else 0 :]
    assert answers.ravel().tolist() == [3 / 4, 45 / 32][-1 if keep == "last" else 0 :]
    assert (first.tolist(), last.tolist()) == ([7 / 8], [21 / 64])


def test_layers_are_asked_for_by_their_own_names() -> None:
    for engine in ("auto", "numpy"):
        layers = LayersEngine(engine, HALVES, ADDS)
        assert layers.statistics == choice.Statistics("layers", np.__version__, None, "every move asked of the agents")
        assert layers.run(STARTS, 2, "all", None)[0].shape == (3, 3, 2)
        assert layers.run(STARTS, 2, "last", None)[0].tolist() == [[[3, 6]], [[7, 6]], [[3, 14]]]
    with pytest.raises(OptionError, match='engine="numba" is for agents with a fixed affine map'):
        LayersEngine("numba", HALVES, ADDS)
