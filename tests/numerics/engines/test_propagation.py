"""Affine maps and their many-turn propagation, against one turn after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import AffineMap, ShapeError, probe
from numerics.engines.propagation import answers, last_states, trajectory
from numerics.errors import Overflow, ScaleError
from tests.strategies import vectors


@st.composite
def maps(draw: st.DrawFn, *, d: int, batch: tuple[int, ...] = (), exact: bool = True) -> AffineMap:
    return AffineMap(draw(vectors(d=d, batch=(*batch, d), exact=exact)), draw(vectors(d=d, batch=batch, exact=exact)))


def apply(move: AffineMap, w: np.ndarray) -> np.ndarray:
    return w + (move.displacement @ w[..., None])[..., 0] + move.offset


def step_by_step(map_w: AffineMap, map_u: AffineMap, w0: np.ndarray, turns: int) -> tuple[np.ndarray, list[np.ndarray]]:
    states, between = [w0], []
    for _ in range(turns):
        between.append(apply(map_u, states[-1]))
        states.append(apply(map_w, between[-1]))
    return np.stack(states, axis=-2), between


def still(d: int, batch: tuple[int, ...] = ()) -> AffineMap:
    return AffineMap(np.zeros((*batch, d, d)), np.zeros((*batch, d)))


@given(st.data(), st.integers(1, 3), st.integers(0, 9), st.sampled_from([(), (1,), (2,), (2, 2)]))
def test_propagation_is_iteration_exactly(data: st.DataObject, d: int, turns: int, batch: tuple[int, ...]) -> None:
    map_w, map_u = (data.draw(maps(d=d, batch=data.draw(st.sampled_from([batch, ()])))) for _ in range(2))
    w0 = data.draw(vectors(d=d, batch=batch))
    expected, between = step_by_step(map_w, map_u, w0, turns)
    w = trajectory(map_w, map_u, w0, turns)
    assert w.shape == (*batch, turns + 1, d)
    assert np.all(w == expected)
    u = answers(map_u, w[..., :-1, :])
    assert u.shape == (*batch, turns, d)
    for t in range(turns):
        assert np.all(u[..., t, :] == between[t])
    if turns:
        last_w, last_u, (first_move, last_move) = last_states(map_w, map_u, w0, turns)
        assert np.all(last_w == expected[..., -1, :])
        assert np.all(last_u == between[-1])
        assert np.all(first_move == expected[..., 1, :] - w0)
        assert np.all(last_move == expected[..., -1, :] - expected[..., -2, :])


@given(st.data(), st.integers(1, 3))
def test_composition_matrix_and_probe(data: st.DataObject, d: int) -> None:
    second, first = data.draw(maps(d=d)), data.draw(maps(d=d))
    w = data.draw(vectors(d=d))
    both = second.after(first)
    assert np.all(both(w) == second(first(w)))
    assert np.all(both.matrix == second.matrix @ first.matrix)

    class Asked:
        def __init__(self) -> None:
            self.d, self.update = d, both

    found = probe(Asked(), exact=True)
    assert np.all(found.displacement == both.displacement)
    assert np.all(found.offset == both.offset)


def test_many_geometries_in_blocks_agree_with_each_alone() -> None:
    rng = np.random.default_rng(3)
    turn = AffineMap(-0.3 * rng.random((3000, 9, 9)) / 9, rng.normal(size=(3000, 9)))
    w0 = rng.normal(size=(3000, 9))
    move = AffineMap(-0.2 * rng.random((9, 9)) / 9, rng.normal(size=9))
    w = trajectory(turn, move, w0, 77)
    last = last_states(turn, move, w0, 77)[0]
    for g in (0, 1, 511, 2999):
        one = AffineMap(turn.displacement[g], turn.offset[g])
        expected, _ = step_by_step(one, move, w0[g], 77)
        # Displacements of norm <= 0.3 that mostly contract: errors of at most a few thousand ulps.
        np.testing.assert_allclose(w[g], expected, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(last[g], expected[-1], rtol=1e-11, atol=1e-11)


def test_tiny_moves_keep_their_relative_accuracy() -> None:
    """Displacements of 2^-60, which I + D would round away: 2^20 turns towards the fixed point 1."""
    turn = AffineMap(np.array([[-(2.0**-60)]]), np.array([2.0**-60]))
    expected = 2.0**-40 * (1 - 2.0**-41)  # 1 - (1 - h)^t = t h - t (t - 1) h^2 / 2 + ...
    assert last_states(turn, still(1), np.zeros(1), 2**20)[0][0] == pytest.approx(expected, rel=2.0**-50)
    assert last_states(turn, still(1), np.array([2.0]), 2**20)[0][0] - 2 == pytest.approx(-(2.0**-40), rel=2.0**-10)


@pytest.mark.parametrize("turns", [1100, 5000])
def test_overflow_names_geometry_and_first_turn(turns: int) -> None:
    turn = AffineMap(np.array([[[-0.5]], [[1.0]]]), np.zeros((2, 1)))  # halve; double
    w0 = np.ones((2, 1))
    for propagate in (last_states, trajectory):
        with pytest.raises(Overflow) as caught:
            propagate(turn, still(1, (2,)), w0, turns)
        # 2^1023 is representable, 2^1024 is not.
        assert (caught.value.geometry, caught.value.turn) == (1, 1024)


@pytest.mark.parametrize("turns", [3000, 4095])
def test_a_start_on_the_stable_subspace_survives_an_overflowing_power(turns: int) -> None:
    turn = AffineMap(np.diag([9.0, -0.5]), np.zeros(2))
    start = np.array([0.0, 8.0])
    assert last_states(turn, still(2), start, turns)[0].tolist() == pytest.approx([0.0, 0.0])
    w = trajectory(turn, still(2), start, turns)
    assert w[:3].tolist() == [[0.0, 8.0], [0.0, 4.0], [0.0, 2.0]]
    assert np.isfinite(w).all()


@pytest.mark.parametrize("turns", [10**15, 10**15 + 1])
def test_huge_runs_beside_an_overflowing_power_end(turns: int) -> None:
    """At rest it is the same after any number of turns; what keeps moving is refused, not followed for ever."""
    turn = AffineMap(np.diag([9.0, -0.5]), np.zeros(2))
    assert not last_states(turn, still(2), np.array([0.0, 8.0]), turns)[0].any()
    flips = AffineMap(np.diag([9.0, -2.0]), np.zeros(2))
    expected = [0.0, 8.0 if turns % 2 == 0 else -8.0]
    assert last_states(flips, still(2), np.array([0.0, 8.0]), turns)[0].tolist() == expected
    drifts = AffineMap(np.diag([9.0, 0.0]), np.array([0.0, 1.0]))
    with pytest.raises(ScaleError, match="give at most"):
        last_states(drifts, still(2), np.zeros(2), turns)


def test_answers_report_overflow() -> None:
    move = AffineMap(np.array([[1e200]]), np.zeros(1))
    with pytest.raises(Overflow) as caught:
        answers(move, np.array([[1.0], [1e200]]))
    assert caught.value.turn == 2


def test_shapes_are_checked() -> None:
    with pytest.raises(ShapeError, match=r"displacement has shape \(2, 3\) and offset \(3,\)"):
        AffineMap(np.ones((2, 3)), np.ones(3))
