"""Turns through the examples, without a Gram matrix: against the layers, exactly and within a rounding bound."""

from __future__ import annotations

import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import DivergenceWarning, Interaction, LSAAgent, Prompt
from numerics.engines import factored
from numerics.engines.factored import factored_answers, factored_turns
from numerics.engines.propagation import in_blocks
from numerics.errors import Overflow
from tests.numerics.common import run_bound, scalar_pair
from tests.strategies import REGIONS, pairs, vectors


def agent_data(agent: LSAAgent) -> tuple[Any, Any, Any]:
    return agent.prompt.X, agent.prompt.y, agent.step_size


def data(pair: Interaction) -> list[Any]:
    return [*agent_data(pair.agent_w), *agent_data(pair.agent_u)]


def layers(pair: Interaction, w0: Any, turns: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        return pair.simulate(w0, turns, method="attention")


@given(st.data(), st.sampled_from(REGIONS), st.integers(0, 4), st.booleans())
@pytest.mark.slow
def test_turns_are_those_of_the_layers_exactly(drawn: st.DataObject, region: Any, turns: int, keep_all: bool) -> None:
    pair = drawn.draw(pairs(region=region, common_kernel=drawn.draw(st.sampled_from([None, True]))))
    w0 = drawn.draw(vectors(d=pair.d))
    truth = layers(pair, w0, turns)
    w, u_last, (first, last) = factored_turns(*data(pair), w0, turns, keep_all=keep_all)
    assert w.dtype == u_last.dtype == object
    assert np.array_equal(w, truth.w if keep_all else truth.w[-1:])
    assert np.array_equal(u_last, truth.u[-1:])
    before = truth.w[max(turns - 1, 0)]
    assert np.array_equal(first, truth.w[min(turns, 1)] - w0)
    assert np.array_equal(last, truth.w[-1] - before)
    assert np.array_equal(factored_answers(*agent_data(pair.agent_u), truth.w[:-1]), truth.u)


@given(pairs(exact=False, scaled=True), st.sampled_from([0, 1, 2, 7, 40]), st.data())
@pytest.mark.slow
def test_float_turns_stay_within_the_rounding_bound(pair: Interaction, turns: int, drawn: st.DataObject) -> None:
    w0 = drawn.draw(vectors(d=pair.d, exact=False))
    truth = layers(pair, w0, turns)
    # Both sides have the error that the bound counts.
    limit = 2 * run_bound(pair, truth.w, truth.u)
    w, u_last, moves = factored_turns(*data(pair), w0, turns, keep_all=True)
    assert np.linalg.norm(w - truth.w, axis=-1).max() <= limit
    assert np.linalg.norm(u_last - truth.u[-1:], axis=-1).max(initial=0) <= limit
    alone, _, again = factored_turns(*data(pair), w0, turns, keep_all=False)
    assert np.array_equal(alone, w[-1:])
    assert np.array_equal(moves, again)


def few_examples(batch_w: tuple[int, ...], batch_u: tuple[int, ...], d: int = 9) -> Interaction:
    """n_w = 3 and n_u = 2, W's first prompt of rank 0, inconsistent labels, steps inside the box."""
    rng = np.random.default_rng(21)
    agents = []
    for n, batch in ((3, batch_w), (2, batch_u)):
        X = rng.normal(size=(*batch, n, d))
        X[..., -1, :] = X[..., 0, :]
        if n == 3:
            X.reshape(-1, n, d)[0] = 0
        prompt = Prompt(X, rng.normal(size=(*batch, n)))
        agents.append(LSAAgent(prompt, 1 / (1 + np.linalg.eigvalsh(prompt.gram)[..., -1])))
    return Interaction(*agents)


def reordered(pair: Interaction) -> list[Any]:
    return [*agent_data(pair.agent_u), *agent_data(pair.agent_w)]


def distance(pair: Interaction, arguments: list[Any], turns: int, **options: Any) -> float:
    """Largest distance from the layers, over the bound of each pair."""
    start = np.random.default_rng(22).normal(size=(4, 1, 1, pair.d))
    truth = layers(pair, start, turns)
    w0 = np.broadcast_to(start, (*truth.w.shape[:-2], pair.d))
    w, u_last, _ = factored_turns(*arguments, w0, turns, keep_all=True, **options)
    assert w.shape == truth.w.shape
    worst = 0.0
    for g in np.ndindex(w.shape[:-2]):
        alone = []
        for agent in (pair.agent_w, pair.agent_u):
            X, y, step = agent_data(agent)
            shapes = zip((X, y, step), (X.shape[-2:], y.shape[-1:], ()), strict=True)
            X, y, step = (np.broadcast_to(a, w.shape[:-2] + s)[g] for a, s in shapes)
            alone.append(LSAAgent(Prompt(X, y), step))
        limit = 2 * run_bound(Interaction(*alone), truth.w[g], truth.u[g])
        errors = [np.linalg.norm(w[g] - truth.w[g], axis=-1).max(), np.linalg.norm(u_last[g][0] - truth.u[g][-1])]
        worst = max(worst, *(error / limit for error in errors))
    return worst


@pytest.mark.parametrize("values", [1, 200, 2**20])
@pytest.mark.parametrize(("batch_w", "batch_u"), [((3,), (2, 1)), ((2, 3), ()), ((), (1, 3)), ((), ())])
def test_batches_in_blocks_of_any_size(
    batch_w: tuple[int, ...], batch_u: tuple[int, ...], values: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factored, "_BLOCK_VALUES", values)
    pair = few_examples(batch_w, batch_u)
    assert distance(pair, data(pair), 6) <= 1


def test_planted_falsehoods_are_noticed() -> None:
    pair = few_examples((3,), (2, 1))
    X_w, y_w, step_w, *rest = data(pair)
    assert distance(pair, reordered(pair), 6) > 1
    assert distance(pair, [X_w, 0 * y_w, step_w, *rest], 6) > 1
    assert distance(pair, [X_w, y_w, step_w * (1 + 2.0**-20), *rest], 6) > 1


@pytest.mark.parametrize("turns", [0, 1, 5])
@pytest.mark.parametrize("keep_all", [True, False])
def test_results_go_where_they_are_wanted(turns: int, keep_all: bool) -> None:
    pair = few_examples((3,), (3,))
    w0 = np.ones((3, 9))
    expected, *_ = factored_turns(*data(pair), w0, turns, keep_all=keep_all)
    for out in (np.empty(expected.shape), np.empty((*expected.shape[:-1], 18))[..., ::2]):
        w, *_ = factored_turns(*data(pair), w0, turns, keep_all=keep_all, out=out)
        assert w is out
        assert np.array_equal(w, expected)


def test_a_common_target_is_kept_to_the_bit() -> None:
    """Integer data: the residual vanishes exactly, and so does the move."""
    rng = np.random.default_rng(23)
    X_w, X_u, w = rng.integers(-5, 6, (3, 8)).astype(float), rng.integers(-5, 6, (2, 8)).astype(float), np.arange(8.0)
    steps = np.array(0.1), np.array(0.07)
    states, *_ = factored_turns(X_w, X_w @ w, steps[0], X_u, X_u @ w, steps[1], w, 50, keep_all=True)
    assert np.array_equal(states, np.broadcast_to(w, (51, 8)))


def test_a_geometry_counts_by_its_examples_and_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of turns 3 + 2 examples and 6 states of 9 features; of 7 answers 2 examples, states thrice, labels, residuals."""
    asked = []
    monkeypatch.setattr(factored, "in_blocks", lambda *given: asked.append(given) or in_blocks(*given))
    pair = few_examples((4,), (4,))
    factored_turns(*data(pair), np.zeros((4, 9)), 2, keep_all=False)
    factored_answers(*agent_data(pair.agent_u), np.zeros((4, 7, 9)))
    assert asked == [(4, 11 * 9, 2**17), (4, 24 * 9 + 14, 2**17)]


@pytest.mark.parametrize("values", [1, 2**17])
@pytest.mark.parametrize("keep_all", [True, False])
def test_overflow_names_geometry_and_turn(keep_all: bool, values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factored, "_BLOCK_VALUES", values)
    pair = scalar_pair(2.0, 5.0)
    X, y, _ = agent_data(pair.agent_w)
    for turns in (511, 900):
        with pytest.raises(Overflow) as caught:
            factored_turns(
                X, y, np.array([0.5, 2.0]), *agent_data(pair.agent_u), np.zeros((2, 1)), turns, keep_all=keep_all
            )
        assert (caught.value.geometry, caught.value.turn) == (1, 511)
    assert np.isfinite(factored_turns(*data(pair), np.zeros(1), 510, keep_all=keep_all)[0]).all()


@pytest.mark.parametrize("values", [1, 2**17])
def test_overflowing_answers_are_reported(values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factored, "_BLOCK_VALUES", values)
    w = np.array([[[1.0], [1.0], [1.0]], [[1.0], [1e200], [1e200]]])
    with pytest.raises(Overflow) as caught:
        factored_answers(np.ones((1, 1)), np.ones(1), np.array(1e200), w)
    assert (caught.value.geometry, caught.value.turn) == (1, 2)


def test_examples_are_copied_only_where_some_axes_are_shared() -> None:
    X, y, step = np.arange(48.0).reshape(4, 3, 4), np.arange(3.0), np.arange(4.0)
    own, labels, factor = factored._Examples(X, y, step, (4,))[slice(1, 3)]
    assert np.shares_memory(own, X)
    assert np.array_equal(own, X[1:3])
    assert labels.tolist() == [[[0, 1, 2]]]
    assert factor.tolist() == [[[1 / 3]], [[2 / 3]]]
    shared, *_ = factored._Examples(X[0], y, step, (4,))[slice(1, 3)]
    assert shared.shape == (1, 3, 4)
    assert np.shares_memory(shared, X)
    some, *_ = factored._Examples(X.reshape(4, 1, 3, 4), y, step[:1], (4, 2))[slice(1, 3)]
    assert np.array_equal(some, X[:2])


def test_shared_examples_are_not_copied_for_every_geometry() -> None:
    X_w, X_u = np.ones((1, 64, 2, 40)), np.ones((64, 1, 2, 40))
    y, step, w0 = np.ones((1, 1, 2)), np.full((1, 1), 0.01), np.zeros((64, 64, 40))
    tracemalloc.start()
    try:
        w, u_last, moves = factored_turns(X_w, y, step, X_u, y, step, w0, 3, keep_all=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    results = w.nbytes + u_last.nbytes + sum(move.nbytes for move in moves)
    # Two indices for each geometry, and a block: its examples, a few states, and the residuals.
    assert peak - results < 2 * 8 * 64**2 + 3 * 8 * factored._BLOCK_VALUES
    assert results + 8 * 2 * 64**2 * 2 * 40 > peak, "copies of all examples would be noticed"
