"""Affine maps and their many-turn propagation, against one turn after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import AffineMap, ShapeError, probe
from numerics.engines import propagation
from numerics.engines.propagation import answers, finite_ones, flat_rows, in_blocks, last_states, trajectory
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


def drifts(factor: float = 10.0, size: int = 1) -> AffineMap:
    """One coordinate grows by a factor, if it is not 0; the other by 1."""
    return AffineMap(np.diag([factor - 1, 0.0]) * np.ones((size, 1, 1)), np.array([[0.0, 1.0]] * size))


def test_a_power_is_applied_no_more_often_than_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last turn is made apart: 4 times 256 turns, then 128 and so on, 255 in all, and it."""
    monkeypatch.setattr(propagation, "_APPLICATIONS", 4)
    w, _, _ = last_states(drifts(), still(2), np.zeros((1, 2)), 1280)
    assert w.tolist() == [[0.0, 1280.0]]
    with pytest.raises(ScaleError, match="give at most 1024 turns"):
        last_states(drifts(), still(2), np.zeros((1, 2)), 1281)


@pytest.fixture(params=[1, 2, 9])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many geometries a block."""
    monkeypatch.setattr(
        propagation, "in_blocks", lambda count, values: in_blocks(count, values, request.param * values)
    )
    return request.param


@pytest.mark.parametrize("shared", [True, False])
def test_what_overflows_on_the_way_is_done_with_care(blocks: int, shared: bool) -> None:
    """Two of five geometries in whose powers there is more than 2^1023, or all; from 0 the states are small."""
    turn = drifts(2.0**70) if shared else drifts(1.0, 5)
    if not shared:
        turn.displacement[[1, 3], 0, 0] = 2.0**70
    starts, turns = np.arange(10.0).reshape(5, 2) * [0, 1], 700
    for array in (starts, turn.displacement, turn.offset):
        array.setflags(write=False)
    w, u, (first, last) = last_states(turn, still(2), starts, turns)
    assert (w - starts).tolist() == [[0, turns]] * 5
    assert (u - starts).tolist() == [[0, turns - 1]] * 5
    assert first.tolist() == last.tolist() == [[0, 1]] * 5
    states = trajectory(turn, still(2), starts, turns)
    assert np.array_equal(states - starts[:, None], np.stack([[[0, t] for t in range(turns + 1)]] * 5))


@pytest.mark.parametrize("shared", [True, False])
def test_overflow_in_the_last_turn_is_noticed(blocks: int, shared: bool) -> None:
    """W doubles, from 1 in the last geometry and from 1/2, 0 or -1/2 in the others."""
    turn = AffineMap(np.ones((1 if shared else 4, 1, 1)), np.zeros((1 if shared else 4, 1)))
    starts = np.array([[0.5], [0.0], [-0.5], [1.0]])
    for propagate in (trajectory, last_states):
        assert np.isfinite(propagate(turn, still(1), starts, 1023)[0]).all()
        with pytest.raises(Overflow) as caught:
            propagate(turn, still(1), starts, 1024)
        assert (caught.value.geometry, caught.value.turn) == (3, 1024)
    states = np.array([[[1.0], [0.0], [1.0]]] * 4)
    states[3, 1:] = -(2.0**1023)
    with pytest.raises(Overflow) as caught:
        answers(turn, states)
    assert (caught.value.geometry, caught.value.turn) == (3, 2)
    assert answers(turn, states / 2)[:, 1].tolist() == [[0.0], [0.0], [0.0], [-(2.0**1023)]]


def test_a_state_that_overflows_between_two_that_do_not_is_noticed() -> None:
    """W exchanges the coordinates and multiplies them by 2^100 and 2^-100; to do so twice changes nothing."""
    swaps = AffineMap(np.array([[0, 2.0**100], [2.0**-100, 0]]) - np.eye(2), np.zeros(2))
    for turns in (3, 4):
        assert np.isfinite(trajectory(swaps, still(2), np.array([0.0, 2.0**900]), turns)).all()
        with pytest.raises(Overflow) as caught:
            trajectory(swaps, still(2), np.array([0.0, 2.0**1000]), turns)
        assert (caught.value.geometry, caught.value.turn) == (0, 1)


def whole_moves(d: int, batch: tuple[int, ...], seed: int) -> AffineMap:
    """Signed permutations, so that all powers and states are whole numbers, and small."""
    rng = np.random.default_rng(seed)
    D, c = np.zeros((*batch, d, d)), rng.integers(-9, 10, (*batch, d)).astype(float)
    for g in np.ndindex(batch):
        D[g] = np.eye(d)[rng.permutation(d)] * rng.choice([-1, 1], d) - np.eye(d)
    return AffineMap(D, c)


@pytest.mark.parametrize(("batch_w", "batch_u"), [((), ()), ((3, 2), ()), ((), (2,)), ((3, 1), (1, 2))])
@pytest.mark.parametrize(("d", "turns"), [(1, 40), (3, 17), (9, 70), (16, 5), (2, 3)])
def test_blocks_of_any_size(
    blocks: int, d: int, turns: int, batch_w: tuple[int, ...], batch_u: tuple[int, ...]
) -> None:
    map_w, map_u = whole_moves(d, batch_w, 1), whole_moves(d, batch_u, 2)
    w0 = np.random.default_rng(3).integers(-9, 10, (3, 2, d)).astype(float)
    expected, between = step_by_step(map_w, map_u, w0, turns)
    w = trajectory(map_w, map_u, w0, turns)
    assert np.array_equal(w, expected)
    assert np.array_equal(answers(map_u, w[..., :-1, :]), np.stack(between, axis=-2))
    last_w, last_u, (first, last) = last_states(map_w, map_u, w0, turns)
    assert np.array_equal(last_w, expected[..., -1, :])
    assert np.array_equal(last_u, between[-1])
    assert np.array_equal(first, expected[..., 1, :] - w0)
    assert np.array_equal(last, expected[..., -1, :] - expected[..., -2, :])


def test_blocks_hold_so_many_numbers() -> None:
    assert list(in_blocks(7, 10, 39)) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert list(in_blocks(2, 10, 9)) == [slice(0, 1), slice(1, 2)]
    assert list(in_blocks(0, 10)) == []
    assert list(in_blocks(1025, 2**9)) == [slice(0, 2**10), slice(2**10, 1025)]


def test_a_geometry_counts_by_its_states_and_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """States are rows (x, 1), 16 at a time in a long run of d = 3; a map and its powers have about d^2 numbers each."""
    asked = []
    monkeypatch.setattr(
        propagation, "in_blocks", lambda count, values: asked.append((count, values)) or in_blocks(count, values)
    )
    w0 = np.zeros((5, 3))
    last_states(still(3), still(3), w0, 50)
    trajectory(still(3), still(3), w0, 50)
    answers(still(3), np.zeros((5, 7, 3)))
    assert asked == [(5, 20 * 9), (5, 16 * 4 + 10 * 9), (5, 8 * 4 + 4 * 9)]


def test_maps_that_are_shared_stay_one() -> None:
    shapes = [
        flat_rows(still(2, own), batch).shape
        for own, batch in (((), (3, 2)), ((1, 1), (3, 2)), ((2,), (3, 2)), ((3, 1), (3, 2)), ((2,), (2,)))
    ]
    assert shapes == [(1, 3, 2), (1, 3, 2), (6, 3, 2), (6, 3, 2), (2, 3, 2)]


@pytest.mark.parametrize(
    ("d", "turns", "doublings"),
    [(3, 3, 0), (3, 4, 2), (1, 2, 1), (3, 15, 3), (3, 16, 4), (64, 10**6, 4), (65, 65, 0), (65, 66, 5), (20, 31, 4)],
)
def test_states_are_doubled_while_that_is_cheaper(d: int, turns: int, doublings: int) -> None:
    assert propagation._doublings(d, turns) == doublings


@pytest.mark.parametrize(
    ("d", "turns", "squarings"),
    [(3, 3, 0), (3, 4, 1), (14, 4, 1), (16, 4, 0), (16, 5, 1), (3, 2**20 + 1, 19), (1, 1, 0)],
)
def test_squaring_begins_where_it_is_cheaper(
    d: int, turns: int, squarings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice, done = propagation._twice, []
    monkeypatch.setattr(propagation, "_twice", lambda H: done.append(H) or twice(H))
    last_states(still(d), still(d), np.zeros(d), turns)
    assert len(done) == squarings


def test_finite_ones_are_told_by_geometry() -> None:
    floats = np.zeros((4, 2, 2))
    floats[1, 1, 0], floats[2, 0, 1] = np.nan, -np.inf
    assert finite_ones(floats).tolist() == [True, False, False, True]
    assert finite_ones(np.full((3, 2), 10**400, dtype=object)).tolist() == [True] * 3


@pytest.mark.parametrize(
    ("entry", "state", "checked"),
    [
        # (d + 1) (1 + |H|) max(1, |x|) on both sides of 2^1000, for d = 1.
        (1.0, 2.0**998, True), (-1.0, -(2.0**998), True), (1.0, np.nextafter(2.0**998, 0), False),
        (2.0**999, 0.5, True), (-(2.0**999), 0.5, True), (2.0**998, 0.5, False),
    ],
)  # fmt: skip
def test_images_are_gone_over_only_where_they_may_overflow(
    entry: float, state: float, checked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(propagation, "_all_finite", lambda array: seen.append(array) or True)
    answers(AffineMap(np.array([[entry]]), np.zeros(1)), np.array([[state]]))
    assert bool(seen) == checked


def test_shapes_are_checked() -> None:
    with pytest.raises(ShapeError, match=r"displacement has shape \(2, 3\) and offset \(3,\)"):
        AffineMap(np.ones((2, 3)), np.ones(3))


@pytest.mark.slow
def test_a_drift_beside_an_overflowing_power_is_followed_so_far() -> None:
    """10^256 is the largest power that does not overflow, and it is applied 2^16 times."""
    with pytest.raises(ScaleError, match=f"give at most {2**24} turns"):
        last_states(drifts(), still(2), np.zeros((1, 2)), 10**15)
