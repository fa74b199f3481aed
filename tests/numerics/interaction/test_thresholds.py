"""A tolerance of rate, convergence or equilibrium that is scaled, moved or not strict, pinned by hand on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.agents.affine import AffineMap
from numerics.interaction.rest import fixed_point, stands_still
from numerics.interaction.spectrum import composition_scale, contracts, expands, moving_eigenvalues, rates

EPS, SIZE = 2.0**-52, 8


def move(displacement: object, offset: object = 0.0, scale: float | None = None) -> AffineMap:
    D = np.atleast_2d(np.asarray(displacement, dtype=float))
    c = np.broadcast_to(np.asarray(offset, dtype=float), D.shape[:-1]).copy()
    return AffineMap(D, c, None if scale is None else np.asarray(scale))


@pytest.mark.parametrize(("short", "inside", "outside"), [(7, True, False), (5, False, False), (-7, False, True)])
def test_the_edge_of_convergence_of_one_moving_agent(short: float, inside: bool, outside: bool) -> None:
    """At z = -2 + s, ``|1 + z|^2 - 1 = -2 s``, against ``2 (1 + 2) size eps 2``: the edge is s = 6 size eps."""
    for pair in ((move(-2 + short * SIZE * EPS), move(0)), (move(0), move(-2 + short * SIZE * EPS))):
        assert contracts(*pair, SIZE) == inside
        assert expands(*pair, SIZE, moving_eigenvalues(*pair, SIZE)) == outside


@pytest.mark.parametrize(("short", "inside"), [(16, True), (14, False)])
def test_the_edge_of_convergence_of_two_agents(short: float, inside: bool) -> None:
    """P = -3, Q = -1/2: ``|P| + |Q| + |P| |Q| = 5``, so the edge is s = 15 size eps."""
    pair = move(-3 + 2 * short * SIZE * EPS), move(-0.5)
    assert composition_scale(*pair) == pytest.approx(5)
    assert contracts(*pair, SIZE) == inside


@pytest.mark.parametrize(("part", "rank"), [(0.9, 1), (1.1, 2)])
def test_a_direction_counts_as_moving_from_size_eps_on(part: float, rank: int) -> None:
    slow = part * SIZE * EPS
    pair = move(np.diag([-1.0, -slow])), move(np.zeros((2, 2)))
    assert fixed_point(*pair, np.zeros(2), SIZE)[2] == rank
    # A frozen direction is given as -1, which is no rate at all.
    assert sorted(moving_eigenvalues(*pair, SIZE).real) == pytest.approx([-1, -slow if rank == 2 else -1], rel=1e-12)


@pytest.mark.parametrize(("part", "still"), [(0.99, True), (1, True), (1.01, False)])
def test_a_turn_stands_still_up_to_the_terms_that_cancel(part: float, still: bool) -> None:
    """P = -1, Q = 0, sizes 5, offsets' scales 1 and 3: ``1 * 5 + 1 + (1 + 1) * 3 = 12``."""
    map_w, map_u = move(-1, part * 10 * SIZE * EPS * 12, 1.0), move(0, 0, 3.0)
    turn = map_w.after(map_u)
    assert stands_still(map_w, map_u, turn, np.zeros(1), np.asarray(5.0), SIZE) == still


def test_rates_of_a_batch_against_one_shared_move() -> None:
    """1 + z is 3/4, -1/2, 2 and, for the turn of a plane, +-i/2."""
    each = AffineMap(np.array([-0.25, -1.5, 1.0]).reshape(3, 1, 1), np.zeros(1))
    for pair in ((each, move(0)), (move(0), each)):
        rate, short = rates(*pair, SIZE)
        assert rate == pytest.approx([0.75, 0.5, 2], rel=1e-15)
        assert short == pytest.approx([0.25, 0.5, -1], rel=1e-15)
        assert contracts(*pair, SIZE).tolist() == [True, True, False]
    rate, short = rates(move([[-1, 0.5], [-0.5, -1]]), move(np.zeros((2, 2))), SIZE)
    assert (rate, short) == (pytest.approx(0.5, rel=1e-14), pytest.approx(0.5, rel=1e-14))
    assert rates(move(-1e-30), move(0), SIZE)[1] == pytest.approx(1e-30, rel=1e-14)
