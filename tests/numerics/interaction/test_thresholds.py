"""A tolerance of rate, convergence or equilibrium that is scaled, moved or not strict, pinned by hand on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.agents.affine import AffineMap
from numerics.interaction.rest import fixed_point, stands_still
from numerics.interaction.spectrum import composition_scale, contracts, expands, moving_eigenvalues, rate, rates
from tests.numerics.common import fractions

EPS, SIZE = 2.0**-52, 8


def move(displacement: object, offset: object = 0.0, scale: float | None = None) -> AffineMap:
    D = np.atleast_2d(np.asarray(displacement, dtype=float))
    c = np.broadcast_to(np.asarray(offset, dtype=float), D.shape[:-1]).copy()
    return AffineMap(D, c, None if scale is None else np.asarray(scale))


@pytest.mark.parametrize(("short", "inside", "outside"), [(7, True, False), (5, False, False), (-7, False, True)])
def test_the_edge_of_convergence_of_one_moving_agent(short: float, inside: bool, outside: bool) -> None:
    """At z = -2 + s, ``|1 + z|^2 - 1 = -2 s``, against ``2 (1 + 2) size eps 2``: the edge is s = 6 size eps."""
    for pair in ((move(-2 + short * SIZE * EPS), move(0)), (move(0), move(-2 + short * SIZE * EPS))):
        assert contracts(pair, SIZE) == inside
        assert expands(pair, SIZE, moving_eigenvalues(pair, SIZE)) == outside


@pytest.mark.parametrize(("short", "inside"), [(16, True), (14, False)])
def test_the_edge_of_convergence_of_two_agents(short: float, inside: bool) -> None:
    """P = -3, Q = -1/2: ``|P| + |Q| + |P| |Q| = 5``, so the edge is s = 15 size eps."""
    pair = move(-3 + 2 * short * SIZE * EPS), move(-0.5)
    assert composition_scale(pair) == pytest.approx(5)
    assert contracts(pair, SIZE) == inside


def test_on_the_very_edge_nothing_is_decided() -> None:
    """At z = -1 and 1 the margin ``4 size eps`` equals ``|1 + z|^2 - 1`` for these sizes, without rounding."""
    still = move(0)
    for size, inside in ((2**50, False), (2**50 - 2, True)):
        assert contracts((move(-1), still), size) == inside
    for size, outside in ((3 * 2**50, False), (3 * 2**50 - 4, True)):
        assert expands((move(1), still), size, moving_eigenvalues((move(1), still), size)) == outside


@pytest.mark.parametrize("scale", [0.25, 1, 4])
@pytest.mark.parametrize(("part", "moving"), [(0.9, 1), (1.1, 2)])
def test_a_direction_counts_as_moving_from_size_eps_on(part: float, moving: int, scale: float) -> None:
    slow = part * SIZE * EPS * scale
    pair = move(np.diag([-scale, -slow])), move(np.zeros((2, 2)))
    w, _, rank = fixed_point(pair, np.zeros(2), SIZE)
    assert (rank, w.tolist()) == (moving, [0, 0])
    # A frozen direction is given as -1, which is no rate at all.
    found = sorted(moving_eigenvalues(pair, SIZE).real)
    assert found == pytest.approx(sorted([-scale, -slow if moving == 2 else -1]), rel=1e-12)


@pytest.mark.parametrize(("part", "second"), [(1.35, -1), (1.5, 0)])
def test_what_both_move_is_larger_than_what_one_moves(part: float, second: float) -> None:
    """Two displacements of norm 1 on the same axis are of norm ``sqrt 2`` together."""
    slow = part * SIZE * EPS
    found = moving_eigenvalues((move(np.diag([-1, -slow])), move(np.diag([-1, 0]))), SIZE)
    assert sorted(found.real) == pytest.approx([-1, second], abs=1e-12)


@pytest.mark.parametrize(("part", "exists"), [(0.98, True), (1.02, False)])
def test_a_drift_is_measured_by_start_and_state(part: float, exists: bool) -> None:
    """``D = diag(-1, 0)``, w = w0 = (0, 3), offset's scale 1: ``1 * (3 + 3) + 1 = 7``."""
    map_w = move(np.diag([-1, 0]), [0, part * 10 * SIZE * EPS * 7], 1.0)
    w, found, rank = fixed_point((map_w, move(np.zeros((2, 2)))), np.array([0.0, 3.0]), SIZE)
    assert (w.tolist(), found, rank) == ([0, 3], exists, 1)


def test_what_cancels_is_measured_for_each_pair() -> None:
    """``P = diag(0, p)``, offsets of size x that cancel up to a part of ``x + (1 + p) x``."""
    p, x = np.arange(6.0).reshape(2, 3), 2.0 ** np.arange(6).reshape(2, 3)
    part = np.array([[0.9, 1.1, 0.9], [1.1, 0.9, 1.1]])
    P, c = np.zeros((2, 3, 2, 2)), np.zeros((2, 3, 2))
    P[..., 1, 1], c[..., 0] = p, x
    other = -c
    other[..., 0] += part * 10 * SIZE * EPS * x * (2 + p)
    pair = AffineMap(P, other), AffineMap(np.zeros((2, 2)), c)
    assert composition_scale(pair).tolist() == p.tolist()
    found = stands_still(pair, pair[0].after(pair[1]), np.zeros(2), np.zeros(()), SIZE)
    assert found.tolist() == (part < 1).tolist()


@pytest.mark.parametrize(("part", "still"), [(0.99, True), (1, True), (1.01, False)])
def test_a_turn_stands_still_up_to_the_terms_that_cancel(part: float, still: bool) -> None:
    """P = -1, Q = 0, sizes 5, offsets' scales 1 and 3: ``1 * 5 + 1 + (1 + 1) * 3 = 12``."""
    map_w, map_u = move(-1, part * 10 * SIZE * EPS * 12, 1.0), move(0, 0, 3.0)
    turn = map_w.after(map_u)
    assert stands_still((map_w, map_u), turn, np.zeros(1), np.asarray(5.0), SIZE) == still


def test_rates_of_a_batch_against_one_shared_move() -> None:
    """1 + z is 3/4, -1/2, 2, 0 where nothing moves and, for the turn of a plane, +-i/2."""
    each = AffineMap(np.array([-0.25, -1.5, 1.0, 0.0]).reshape(4, 1, 1), np.zeros(1))
    for pair in ((each, move(0)), (move(0), each)):
        rate, short = rates(pair, SIZE)
        assert rate == pytest.approx([0.75, 0.5, 2, 0], rel=1e-15)
        assert short == pytest.approx([0.25, 0.5, -1, 1], rel=1e-15)
        assert contracts(pair, SIZE).tolist() == [True, True, False, True]
    rate, short = rates((move([[-1, 0.5], [-0.5, -1]]), move(np.zeros((2, 2)))), SIZE)
    assert (rate, short) == (pytest.approx(0.5, rel=1e-14), pytest.approx(0.5, rel=1e-14))
    assert rates((move(-1e-30), move(0)), SIZE)[1] == pytest.approx(1e-30, rel=1e-14, abs=0)


def test_what_moves_is_decided_for_each_pair_of_a_batch() -> None:
    """U moves one coordinate at rate 1/2, W the other, in each pair at a speed of its own."""
    speeds = np.array([1.0, 1e-8, 1e-20, 0.0])
    slow, half = AffineMap(speeds[:, None, None] * np.diag([-0.25, 0.0]), np.zeros(2)), move(np.diag([0.0, -0.5]))
    for pair in ((slow, half), (half, slow)):
        assert rates(pair, SIZE)[1] == pytest.approx([0.25, 0.25e-8, 0.25e-20, 0.5], rel=1e-14, abs=0)


@pytest.mark.parametrize("exact", [False, True])
def test_fixed_points_by_hand(exact: bool) -> None:
    """One that is unique, one on a line, a drift, and two agents that never move; whoever of the two moves."""
    kind = fractions if exact else np.asarray
    D = np.array([[[-1, 0], [0, -1]], [[-0.5, 1], [0, 0]], [[-0.5, 1], [0, 0]], [[0, 0], [0, 0]]])
    c = np.array([[1.0, 2], [1, 0], [1, 1], [0, 0]])
    each, still = AffineMap(kind(D), kind(c)), AffineMap(kind(np.zeros((2, 2))), kind(np.zeros(2)))
    for pair in ((each, still), (still, each)):
        w, exists, rank = fixed_point(pair, kind(np.array([1.0, 2.0])), SIZE)
        assert (exists.tolist(), rank.tolist()) == ([True, True, False, True], [2, 1, 1, 0])
        assert w[exists].astype(float) == pytest.approx(np.array([[1, 2], [2, 0], [1, 2]]), abs=4 * EPS)


@pytest.mark.parametrize(
    ("of_W", "of_U", "of_w", "d"),
    [
        ((), (), (), 3),
        ((3,), (2, 1), (4, 1, 1), 2),
        ((3, 1), (), (2,), 2),
        ((), (3, 2), (), 2),
        ((2, 3), (3,), (4, 1, 1), 2),
    ],
)
def test_pairs_of_a_batch_are_decided_as_alone(
    of_W: tuple[int, ...], of_U: tuple[int, ...], of_w: tuple[int, ...], d: int
) -> None:
    """In eighths, exactly and in floats: against the eigenvalues and the solution of each turn alone."""
    rng = np.random.default_rng(1)
    P, Q = (rng.integers(-8, 9, size=(*shape, d, d)) / 8 for shape in (of_W, of_U))
    b, c, w0 = (rng.integers(-8, 9, size=(*shape, d)) / 8 for shape in (of_W, of_U, of_w))
    batch = np.broadcast_shapes(of_W, of_U)
    D = np.broadcast_to(P @ Q + P + Q, (*batch, d, d))
    offset = np.broadcast_to(b + c + np.einsum("...ij,...j->...i", P, c), (*batch, d))
    radii = abs(np.linalg.eigvals(D + np.eye(d))).max(axis=-1)
    solutions = np.linalg.solve(D, -offset[..., None])[..., 0]
    for kind in (np.asarray, fractions):
        pair = AffineMap(kind(P), kind(b)), AffineMap(kind(Q), kind(c))
        assert rate(pair, SIZE) == pytest.approx(radii)
        assert rates(pair, SIZE)[0] == pytest.approx(radii)
        assert rates(pair, SIZE)[1] == pytest.approx(1 - radii)
        assert np.array_equal(contracts(pair, SIZE), radii < 1)
        w, exists, rank = fixed_point(pair, kind(w0), SIZE)
        assert w.shape == (*np.broadcast_shapes(batch, of_w), d)
        assert np.all(exists)
        assert np.all(rank == d)
        np.testing.assert_allclose(w.astype(float), np.broadcast_to(solutions, w.shape), rtol=1e-9)
    floats = AffineMap(P, b), AffineMap(Q, c)
    p, q = (np.sqrt(np.square(move).sum(axis=(-2, -1))) for move in (P, Q))
    assert composition_scale(floats) == pytest.approx(p + q + p * q)
    assert np.array_equal(expands(floats, SIZE, moving_eigenvalues(floats, SIZE)), radii > 1)
