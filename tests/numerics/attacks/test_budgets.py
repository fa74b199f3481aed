"""Budgets are kept in doubles, and what is said to be proven is true: over radii of all sizes and bad conditions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import Attack, ExactnessError, Interaction, LSAAgent, NumericsError, Prompt, label_attack
from numerics.attacks import budgets
from numerics.attacks.budgets import _ball, _box, _keeps, _written, length
from numerics.validation import EPS
from tests.numerics.attacks.test_attack import squared
from tests.numerics.common import exact_copy, fractions

#: Radii in units of the change that reaches the goal, or comes as near as any.
SHARES = [1e-300, 1e-18, 1e-9, 0.01, 0.3, 0.9, 1 - 2**-53, 1.0, 1 + 2**-50, 1e20]


#: Labels count from those of this goal; entries that are zero have nothing to change.
GOAL = np.array([3.0, 4.0, 0.0, 0.0])


def halved(budget: tuple[str, Any] | None, goal: np.ndarray = GOAL, *, exact: bool = False) -> Attack:
    """A victim that goes to its target, 0, at once, an attacker that goes half way: ``w_inf = (goal + change) / 2``."""
    unit = np.eye(4)
    if exact:
        unit, goal = fractions(unit), fractions(goal)
    number = Fraction if exact else float
    victim = LSAAgent(Prompt.from_target(unit, 0 * goal), number(4))
    return label_attack(victim, unit, goal, step_size=number(2), budget=budget)


@pytest.mark.parametrize(
    ("budget", "change", "error"),
    [
        (None, [3, 4, 0, 0], 0),
        (("l2", 5 * (1 + 1e-14)), [3, 4, 0, 0], 0),
        (("l2", 5 - 5e-9), [3 - 3e-9, 4 - 4e-9, 0, 0], 2.5e-9),
        (("l2", 4.0), [2.4, 3.2, 0, 0], 0.5),
        (("l2", 1.0), [0.6, 0.8, 0, 0], 2),
        (("l2", 1e-20), [0.6e-20, 0.8e-20, 0, 0], 2.5),
        (("l2", 0.0), [0, 0, 0, 0], 2.5),
        (("box", 4.0), [3, 4, 0, 0], 0),
        (("box", 4 - 4e-9), [3, 4 - 4e-9, 0, 0], 2e-9),
        (("box", 3.5), [3, 3.5, 0, 0], 0.25),
        (("box", 1.0), [1, 1, 0, 0], math.sqrt(4 + 9) / 2),
        (("box", 1e-20), [1e-20, 1e-20, 0, 0], 2.5),
        (("box", 0.0), [0, 0, 0, 0], 2.5),
    ],
)
def test_budgets_just_met_and_just_exceeded(
    budget: tuple[str, float] | None, change: list[float], error: float
) -> None:
    attack = halved(budget)
    # What a budget allows is spent, up to the rounding of labels of this size.
    np.testing.assert_allclose(attack.label_change, change, rtol=2e-12, atol=4 * 2.0**-52)
    assert attack.error == pytest.approx(error, rel=1e-2, abs=1e-15)
    assert attack.reachable_error == pytest.approx(error, rel=1e-2, abs=1e-15)
    assert attack.feasible == (error == 0)
    assert attack.budget == budget
    assert not attack.empirical
    victim = LSAAgent(Prompt.from_target(np.eye(4), np.zeros(4)), 4.0)
    assert attack.verify(victim)


def test_a_ball_whose_border_the_goal_is_on_has_room_for_less() -> None:
    attack = halved(("l2", 5.0))
    assert not attack.feasible
    assert attack.error <= 1e-14


@pytest.mark.parametrize("budget", [("l2", Fraction(5)), ("box", Fraction(4)), ("l2", Fraction(51, 10))])
def test_rational_budgets_that_are_just_met(budget: tuple[str, Fraction]) -> None:
    attack = halved(budget, exact=True)
    assert attack.feasible
    assert attack.error == 0
    assert attack.label_change.tolist() == GOAL.tolist()


@pytest.mark.parametrize("kind", ["l2", "box"])
def test_rational_budgets_that_bind(kind: str) -> None:
    for radius in (Fraction(1), Fraction(3), Fraction(4) - Fraction(1, 10**9)):
        with pytest.raises(ExactnessError, match=rf"\(\"{kind}\", {radius}\) binds .* has norm 5\)"):
            halved((kind, radius), exact=True)
    nothing = halved((kind, Fraction(0)), exact=True)
    assert not nothing.feasible
    assert nothing.label_change.tolist() == [0, 0, 0, 0]
    assert nothing.certificate is not None
    assert nothing.certificate.squared_bound == Fraction(25, 4)


@pytest.mark.parametrize("kind", ["l2", "box"])
def test_labels_that_dwarf_the_budget_keep_to_it_as_they_are_written(kind: str) -> None:
    goal = np.array([1e8 / 3, -1e8 / 7, 1e7 / 9, 0.0])
    for radius in (1e-6 / 3, 1e-3 / 3, 1.0 / 3, 1e4 / 3):
        attack, spacing = halved((kind, radius), goal), np.spacing(abs(goal).max())
        moved = attack.prompt.y - Prompt.from_target(np.eye(4), goal).y
        size = np.linalg.norm(moved) if kind == "l2" else abs(moved).max()
        assert radius - 2 * spacing <= size <= radius, radius
        assert (moved * np.sign(goal) >= 0).all()


def inputs(rng: np.random.Generator, n: int, d: int, condition: float) -> np.ndarray:
    left, _, right = np.linalg.svd(rng.normal(size=(n, d)), full_matrices=False)
    return left @ np.diag(np.geomspace(1, 1 / condition, min(n, d))) @ right * math.sqrt(n)


def stepped(rng: np.random.Generator, X: np.ndarray) -> float:
    return float(rng.uniform(0.2, 1.8) / np.linalg.eigvalsh(X.T @ X / len(X))[-1])


@pytest.mark.parametrize("kind", ["l2", "box"])
@pytest.mark.slow
@pytest.mark.many(2)
def test_budgets_are_kept_and_bounds_are_true(kind: str) -> None:
    rng, refused, binding = np.random.default_rng(41), 0, 0
    for k in range(150):
        d, n, hard = int(rng.integers(1, 6)), int(rng.integers(1, 9)), 10.0 ** rng.uniform(0, [1, 3, 5][k % 3])
        V, X = inputs(rng, d + 1, d, hard**0.5), inputs(rng, n, d, hard)
        victim, step = LSAAgent(Prompt(V, rng.normal(size=d + 1)), stepped(rng, V)), stepped(rng, X)
        goal = rng.normal(size=d) * 10.0 ** rng.uniform(-2, 2)
        try:
            free = label_attack(victim, X, goal, step_size=step)
            largest = free.cost if kind == "l2" else float(abs(free.label_change).max())
            radius = largest * SHARES[k % len(SHARES)]
            attack = label_attack(victim, X, goal, step_size=step, budget=(kind, radius))
        except NumericsError:  # too badly conditioned
            refused += 1
            continue
        binding += attack.label_change is not free.label_change and not attack.feasible
        honest = Prompt.from_target(X, goal).y
        for change in (attack.label_change, attack.prompt.y - honest):
            sizes = [float(abs(change).max())] if kind == "box" else [np.linalg.norm(change), math.hypot(*change)]
            assert max(sizes) <= radius, k
        assert attack.cost <= radius or kind == "box", k
        unchanged = label_attack(victim, X, goal, step_size=step, budget=(kind, 0.0)).error
        assert attack.reachable_error <= attack.error <= attack.reachable_error + 2e-6 * unchanged, k
        assert attack.verify(victim) or hard > 1e3, k
        if not attack.feasible and d <= 3 and k % 4 == 0:
            assert squared_error(attack, victim, goal) >= attack.reachable_error**2, "in rationals"
    assert binding > 60
    assert refused <= 6


def squared_error(attack: Attack, victim: LSAAgent, goal: np.ndarray) -> object:
    pair = Interaction(exact_copy(attack.agent), exact_copy(victim))
    return squared(pair.equilibrium(fractions(goal)).w - fractions(goal))


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=4),
    st.floats(-160, 160),
    st.sampled_from([1.0, 1e3, 1e8, 1e150]),
)
def test_a_ball_of_any_size_has_its_best_point_on_its_border(
    e0: list[float], exponent: float, condition: float
) -> None:
    far, radius = np.array(e0), 10.0**exponent
    G = np.diag(np.geomspace(1, 1 / condition, len(e0)))
    best = _ball(G, far, radius)
    assert length(best) <= radius * (1 + 4e-15)
    gradient = G.T @ (far + G @ best)
    if length(best) < radius * (1 - 1e-12):  # inside: nothing is left to gain that doubles could show
        assert length(gradient) <= 1e-10 * (length(far) + length(G @ best)) or not far.any()
    elif length(gradient) > 1e-12 * length(far):
        # On the border the gradient points straight out.
        np.testing.assert_allclose(-gradient / length(gradient), best / length(best), atol=1e-3)


def test_lengths_neither_overflow_nor_vanish() -> None:
    for scale in (1e-300, 1.0, 1e300):
        assert length(scale * np.array([3.0, 4.0])) == pytest.approx(5 * scale, abs=0)
    assert length(np.zeros(2)) == length(np.zeros(0)) == 0
    assert length(np.array([1.0, math.inf])) == math.inf


def test_a_change_is_kept_if_any_sum_of_its_squares_is() -> None:
    for margin, kept in ((4, False), (5, True)):
        assert _keeps(np.zeros(1), np.array([-1.0]), "l2", 1 + margin * EPS) == kept
        assert _keeps(np.zeros(4), np.array([1.0, 0, 0, 0]), "l2", 1 + (margin + 3) * EPS) == kept
    assert _keeps(np.zeros(1), np.array([-1.0]), "box", 1.0)
    assert not _keeps(np.zeros(1), np.array([-1.0]), "box", 1 - EPS)
    # 2^53 and 1.25 make 2^53 + 2, 2^53 and 0.75 make 2^53.
    for kind in ("l2", "box"):
        assert not _keeps(np.array([2.0**53]), np.array([1.25]), kind, 1.5)
        assert _keeps(np.array([2.0**53]), np.array([1.25]), kind, 2.5)
        assert not _keeps(np.array([2.0**53]), np.array([0.75]), kind, 0.5)


def test_labels_are_written_inwards_as_little_as_may_be() -> None:
    assert _written(np.array([1.0, 1.0]), np.array([0.5, -0.5]), "box", 0.5).tolist() == [0.5, -0.5]
    # 1 + 2^-53 and a bit is rounded outwards, to 1 + 2^-52: one place inwards is 1.
    assert _written(np.array([1.0]), np.array([0.75 * EPS]), "box", 0.75 * EPS).tolist() == [0]
    # The first time 9 units are shrunk by, then 18: 5 is the margin.
    for excess, units in ((0, -9), (40, 40 - 9 - 18 - 36)):
        moved = _written(np.zeros(1), np.array([1 + excess * EPS]), "l2", 1.0)
        assert (moved.item() - 1) / EPS == pytest.approx(units, abs=0.6)
    assert _written(np.zeros(2), np.array([1.0, 0.0]), "box", 1e-300).tolist() == [0, 0]


STRETCHED = np.array([[2.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize(
    ("G", "e0"),
    [
        (STRETCHED, [7.5, 8.0]),
        (np.vstack([STRETCHED, np.zeros((1, 2))]), [7.5, 8.0, 9.0]),
        (np.hstack([STRETCHED, np.zeros((2, 1))]), [7.5, 8.0]),
        (-STRETCHED[::-1], [8.0, 7.5]),
    ],
)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_a_ball_by_hand(monkeypatch: pytest.MonkeyPatch, G: np.ndarray, e0: list[float], scale: float) -> None:
    """With the multiplier 1 the change is ``sigma e / (sigma^2 + 1)``: (3, 4), found in a few steps of Newton."""
    calls = []
    monkeypatch.setattr(budgets, "length", lambda vector: calls.append(vector) or length(vector))
    best = _ball(G, scale * np.array(e0), 5 * scale)
    sign = np.sign(G.sum())
    np.testing.assert_allclose(best[:2], -sign * scale * np.array([3.0, 4.0]), rtol=4e-15)
    assert not best[2:].any()
    assert len(calls) <= 9
    # In a ball that holds the solution, it is that.
    np.testing.assert_allclose(_ball(G, scale * np.array(e0), 100.0 * scale)[:2], -sign * scale * np.array([3.75, 8]))


def test_a_ball_where_labels_move_one_direction_alone() -> None:
    flat, ones = np.diag([1.0, 0.0]), np.ones(2)
    assert _ball(flat, ones, 10.0).tolist() == [-1, 0]
    assert _ball(flat, ones, 0.25).tolist() == [-0.25, 0]
    assert _ball(flat, -ones, 0.25).tolist() == [0.25, 0]


def test_a_box_by_hand() -> None:
    """The first label is at its limit, the second free: ``g_2 . (e_0 + g_1 + g_2 / 2) = 0``."""
    G = np.array([[1.0, 1.0], [0.0, 1.0]])
    for scale, radius in ((1.0, 1.0), (8.0, 3.0), (1e-3, 1e6), (1.0, 1e20)):
        for sign in (-1.0, 1.0):
            e0 = sign * scale * radius * np.array([-4.0, 2.0])
            np.testing.assert_allclose(_box(scale * G, e0, radius), sign * radius * np.array([1, 0.5]), rtol=1e-12)
    # A box that holds the solution.
    for radius in (10.0, 1e20):
        np.testing.assert_allclose(_box(2 * G, np.array([-4.0, 2.0]), radius), [3.0, -1.0], rtol=1e-9)


@pytest.mark.parametrize("size", [1e-200, 1e10, 1e200])
def test_budgets_that_are_lost_beside_the_error_are_spent_downhill(size: float) -> None:
    far, radius = size * np.array([3.0, -4.0]), 1e-300
    G = np.array([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]])
    np.testing.assert_allclose(_ball(G, far, radius), radius * np.array([-0.6, 0.8, 0]), rtol=1e-14)
    np.testing.assert_allclose(_box(G, far, radius), radius * np.array([-1.0, 1, 0]), rtol=1e-14)
