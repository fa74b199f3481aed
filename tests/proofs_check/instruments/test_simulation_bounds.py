"""Bounds on whole runs must hold, against the same runs and their limits in exact rationals, and must not be idle."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import Interaction, exact
from proofs_check.instruments.bounds import Known, known, norm
from proofs_check.instruments.geometries import Pair, dyadic_pair, singular_dyadic_pair
from proofs_check.instruments.rationals import exact_eye, in_rationals, rounded_once
from proofs_check.instruments.simulation_bounds import MOST_TURNS, TurnBounds, _inside_box, turn_bounds

seeds = st.integers(0, 2**32 - 1)
TURNS = 6


def drawn(seed: int, rank: int, d: int) -> tuple[Pair, np.ndarray]:
    """One pair in a batch of one, and the exact projector on its common kernel."""
    pair, frames = singular_dyadic_pair(np.random.default_rng(seed), 1, rank, d, box=(0.3, 1.8))
    frame = in_rationals(frames)
    return pair, exact_eye(d) - exact.pinv(frame) @ frame


def bounds_of(pair: Pair, frozen: np.ndarray | None = None) -> TurnBounds:
    given_ = (pair.X_W, pair.y_W, pair.eta_W, pair.X_U, pair.y_U, pair.eta_U, pair.w_0)
    return turn_bounds(*given_, frozen=None if frozen is None else rounded_once(frozen))


def in_exact(pair: Pair) -> Interaction:
    """The first pair of a batch, in rationals."""
    names = ("X_W", "y_W", "X_U", "y_U", "eta_W", "eta_U", "w_0")
    first = {name: in_rationals(getattr(pair, name)[0]) for name in names}
    first["eta_W"], first["eta_U"] = (Fraction(float(x[0])) for x in (pair.eta_W, pair.eta_U))
    return Pair(**first).interaction


def length(vector: np.ndarray) -> float:
    return float(np.sqrt(float(sum(x * x for x in vector))))


@given(seeds, st.sampled_from([(1, 2), (2, 3), (2, 2), (3, 4)]))
@pytest.mark.slow
def test_a_run_stays_within_its_bounds(seed, shape):
    """Rounding: floats against rationals. Truncation: rationals against their limit."""
    pair, frozen = drawn(seed, *shape)
    bounds = bounds_of(pair, frozen)
    if not np.isfinite(bounds.rounding[0] + bounds.distance[0]):
        return
    start = in_rationals(pair.w_0[0])
    run = pair.interaction.simulate(pair.w_0, TURNS, method="attention")
    same = in_exact(pair).simulate(start, TURNS, method="attention")
    for turn in range(1, TURNS + 1):
        assert length(in_rationals(run.w[0, turn]) - same.w[turn]) <= turn * bounds.rounding[0] < 1e-8
        assert length(in_rationals(run.u[0, turn - 1]) - same.u[turn - 1]) <= turn * bounds.rounding[0]
    limit = in_exact(pair).equilibrium(start)
    assert length(start - limit.w) <= bounds.distance[0] * (1 + 1e-12)
    for turn in range(1, TURNS + 1):
        left = [float(np.max(bounds.contraction.power(turns).norm) * bounds.distance[0]) for turns in (turn, turn - 1)]
        assert length(same.w[turn] - limit.w) <= left[0] * (1 + 1e-12)
        assert length(same.u[turn - 1] - limit.u) <= left[1] * (1 + 1e-12)


def test_bounds_are_finite_for_most_geometries():
    pair, frames = singular_dyadic_pair(np.random.default_rng(0), 40, 3, 5, box=(0.2, 1.8))
    frame = in_rationals(frames)
    frozen = rounded_once(exact_eye(5) - exact.pinv(frame) @ frame)
    given_ = (pair.X_W, pair.y_W, pair.eta_W, pair.X_U, pair.y_U, pair.eta_U, pair.w_0)
    bounds = turn_bounds(*given_, frozen=frozen)
    finite = np.isfinite(bounds.rounding) & np.isfinite(bounds.distance)
    assert finite.sum() >= 36
    assert (MOST_TURNS * bounds.rounding[finite] < 1e-5 * norm(pair.w_0[finite][..., None]) + 1e-2).all()


def test_without_the_projector_a_common_kernel_leaves_nothing_known():
    pair, frozen = drawn(3, 2, 3)
    assert np.isfinite(bounds_of(pair, frozen).rounding).all()
    assert np.isinf(bounds_of(pair).rounding).all()


def test_a_kernel_that_is_larger_than_claimed_leaves_nothing_known():
    pair, _ = drawn(3, 1, 3)
    _, smaller = drawn(3, 2, 3)
    assert np.isinf(bounds_of(pair, smaller).rounding).all()


@pytest.mark.parametrize("who", ["W", "U"])
@pytest.mark.parametrize(("largest", "known"), [(1.95, True), (2.001, False)])
def test_both_sides_of_the_box(who, largest, known):
    """Outside of it errors grow, and nothing is known."""
    pair = dyadic_pair(np.random.default_rng(5), 1, 2, box=(0.5, 1.0))
    X = pair.X_W if who == "W" else pair.X_U
    step = largest / np.linalg.eigvalsh(X.swapaxes(-1, -2) @ X / X.shape[-2])[:, -1]
    bounds = bounds_of(replace(pair, **{f"eta_{who}": step}))
    assert np.isfinite(bounds.rounding[0]) == known


def test_data_of_singular_pairs_are_exact():
    """Labels and Gram matrices of the floats are those of the rationals; the kernel is the frame's."""
    pair, frames = singular_dyadic_pair(np.random.default_rng(1), 8, 3, 5)
    missing = 0
    for who in "WU":
        X, y = (in_rationals(getattr(pair, f"{name}_{who}")) for name in "Xy")
        target = in_rationals(pair.w_star if who == "W" else pair.u_star)
        assert (X @ target[..., None])[..., 0].tolist() == y.tolist()
        gram = in_rationals(pair.arguments()[f"S_{who}"])
        assert (X.swapaxes(-1, -2) @ X / Fraction(X.shape[-2]) == gram).all()
        missing += int((exact.rank(X) < exact.rank(in_rationals(frames))).sum())
    both = np.concatenate([pair.X_W, pair.X_U], axis=-2)
    assert (exact.rank(in_rationals(both)) == exact.rank(in_rationals(frames))).all()
    assert 0 < missing < 16


# Values worked out by hand, for a batch of seven -----------------------------------------------------

U = 2.0**-53


def both(X: np.ndarray, y: np.ndarray, w_0: np.ndarray, frozen: np.ndarray | None = None) -> TurnBounds:
    """Of two agents with the same prompt and a step of 1."""
    X, y, w_0, step = (np.stack([np.asarray(value, dtype=float)] * 7) for value in (X, y, w_0, 1.0))
    return turn_bounds(X, y, step, X, y, step, w_0, frozen=None if frozen is None else known(frozen))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_one_direction_by_hand(n: int) -> None:
    """From 3 to 1 in one turn, so that all iterates are at most 3 + 2 * 2 = 7 long, with some room.

    An iterate of norm S with the error E is of norm 2 S + 1 after a move, with 2 E + u (7 S + 5) for one example.
    """
    bounds = both(np.ones((n, 1)), np.ones(n), np.full(1, 3.0))
    assert bounds.distance == pytest.approx([2.0] * 7, rel=1e-9, abs=0)
    assert bounds.contraction.value.tolist() == [[[0.0]]] * 7
    if n == 1:
        assert bounds.rounding == pytest.approx([U * (28 * 7 * (1 + 2.0**-20) + 22)] * 7, rel=1e-9, abs=0)


def test_a_frozen_direction_by_hand() -> None:
    """What does not move counts for the length of the start, not for the way to the limit."""
    X, y, start, frozen = np.array([[1.0, 0.0]]), np.ones(1), np.array([3.0, 5.0]), np.diag([0.0, 1.0])
    bounds = both(X, y, start, frozen)
    assert bounds.distance == pytest.approx([2 * np.sqrt(2)] * 7, rel=1e-9, abs=0)
    assert np.isfinite(bounds.rounding).all()
    assert bounds.contraction.value.tolist() == np.zeros((7, 2, 2)).tolist()
    assert np.isinf(both(X, y, start).rounding).all()


def test_both_sides_of_the_room_for_all_errors() -> None:
    """Labels that cancel make errors as large as one likes: 4096 of them may fill half of a millionth of the size."""

    def rounding(size: float) -> float:
        return float(both(np.ones((2, 1)), np.array([1 + size, 1 - size]), np.full(1, 3.0)).rounding[3])

    slope = (rounding(2.0**18) - rounding(0.0)) / 2.0**18
    largest = (2.0**-33 * 7 - rounding(0.0)) / slope
    assert np.isfinite(rounding(0.999 * largest))
    assert np.isinf(rounding(1.001 * largest))


def test_rounding_of_the_first_turn_counts_for_what_is_left_of_the_way() -> None:
    """Labels that cancel leave that turn as long as it is, and its length less certain."""
    size = 2.0**40
    more = both(np.ones((2, 1)), np.array([1 + size, 1 - size]), np.full(1, 3.0)).distance - 2
    assert (more > 2 * U * size).all()
    assert (more < 200 * U * size).all()


@pytest.mark.parametrize(("largest", "inside"), [(1.974, True), (1.976, False)])
def test_the_box_is_seen_within_two_percent_in_five_dimensions(largest: float, inside: bool) -> None:
    """The norm of a 64th power is that of a number, times the root of 5; and 2 / 5^(1/128) is 1.975."""
    assert _inside_box(known(largest * np.eye(5))) == inside


@pytest.mark.parametrize(("largest", "inside"), [(2.0, True), (np.nextafter(2.0, 3.0), False)])
def test_the_edge_belongs_to_the_box(largest: float, inside: bool) -> None:
    number = np.array([[largest]])
    assert _inside_box(Known(number, number[0, 0], np.zeros(()))) == inside
