"""Label and one-example attacks by hand: lengths and labels pinned, and what of a pull is rounding, on both sides."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from numerics import Attack, LSAAgent, Prompt, label_attack, one_example_attack
from numerics.agents.affine import AffineMap
from numerics.attacks.labels import _cleaned, _reciprocal_root
from numerics.attacks.problem import rounded
from numerics.validation import EPS
from tests.numerics.common import fractions

F = Fraction


def free_and_budgeted(budget: tuple[str, float] | None) -> Attack:
    """One label moves one of two dimensions half way; the victim goes to zero at once. The goal is (4, 2)."""
    victim = LSAAgent(Prompt.from_target(np.eye(2), np.zeros(2)), 2.0)
    return label_attack(victim, [[1.0, 0.0]], [4.0, 2.0], step_size=0.5, budget=budget)


@pytest.mark.parametrize(
    ("budget", "change", "error"),
    [
        (None, 4, 2),
        (("l2", 9.0), 4, 2),
        (("box", 9.0), 4, 2),
        (("l2", 2.0), 2, math.sqrt(5)),
        (("box", 0.0), 0, math.sqrt(8)),
    ],
)
def test_a_goal_out_of_reach_with_and_without_a_budget(
    budget: tuple[str, float] | None, change: float, error: float
) -> None:
    attack = free_and_budgeted(budget)
    assert not attack.feasible
    np.testing.assert_allclose(attack.label_change, [change], rtol=1e-12)
    np.testing.assert_allclose(attack.prompt.y, [4 + change], rtol=1e-12)
    assert attack.error == pytest.approx(error)
    assert attack.reachable_error == pytest.approx(error)
    proof = attack.certificate
    assert proof is not None
    assert proof.labels is None
    assert proof.separator is not None
    assert proof.squared_bound == pytest.approx(error**2)


def test_what_no_labels_can_do_is_proven_without_the_budget() -> None:
    loose, none = free_and_budgeted(("l2", 1e9)), free_and_budgeted(None)
    assert loose.certificate is not None
    assert none.certificate is not None
    # With the budget 1e9 times the rounding of what labels do along z would be lost.
    assert loose.certificate.squared_bound == none.certificate.squared_bound


def test_a_goal_that_is_reached_is_proven_by_labels() -> None:
    victim = LSAAgent(Prompt.from_target(np.eye(2), [0.0, 0.0]), 2.0)
    attack = label_attack(victim, np.eye(2), [4.0, 2.0], step_size=1.0)
    assert attack.feasible
    assert attack.certificate is not None
    assert attack.certificate.labels is not None
    assert attack.certificate.squared_bound == 0
    np.testing.assert_allclose(attack.certificate.labels, [8, 4])
    assert not attack.certificate.labels.flags.writeable


# ---- one example ---------------------------------------------------------------------------------------------


def test_one_example_by_hand() -> None:
    # The victim pulls (1, 1) half way to (4, 5): q = (3/2, 2), of the length 5/2.
    victim = LSAAgent(Prompt.from_target(math.sqrt(2) * np.eye(2), [4.0, 5.0]), 0.5)
    attack = one_example_attack(victim, [1.0, 1.0], step_size=0.25)
    x = 2 * np.array([0.6, 0.8])
    np.testing.assert_allclose(attack.prompt.X, [x])
    np.testing.assert_allclose(attack.prompt.y, [x.sum()])
    assert attack.feasible
    assert attack.cost == attack.reachable_error == 0
    assert attack.error <= 1e-14
    assert attack.certificate is not None
    assert attack.certificate.squared_bound == 0
    assert attack.verify(victim)
    np.testing.assert_allclose(attack.victim_bias, np.array([2.5, 3.0]) - [4, 5])


@pytest.mark.parametrize(("step", "square"), [(F(1, 4), True), (F(1, 2), False)])
def test_one_example_in_rationals(step: Fraction, square: bool) -> None:
    victim = LSAAgent(Prompt.from_target(fractions(np.eye(2)), fractions([4, 5])), F(1))
    attack = one_example_attack(victim, fractions([1, 1]), step_size=step)
    x = attack.prompt.X[0]
    assert x[0] * 4 == x[1] * 3
    assert (step * (x @ x) == 1) == square
    assert step * (x @ x) == pytest.approx(1, abs=1e-6)
    assert (attack.cost == 0) == square
    assert attack.cost <= 1e-6
    assert attack.error == 0
    assert attack.verify(victim)


@pytest.mark.parametrize("exact", [True, False])
def test_where_nothing_pulls_any_example_does(exact: bool) -> None:
    unit, goal = np.eye(2), np.array([3.0, 5.0])
    if exact:
        unit, goal = fractions(unit), fractions(goal)
    step = F(1, 2) if exact else 0.5
    attack = one_example_attack(LSAAgent(Prompt.from_target(unit, goal), step), goal, step_size=step)
    assert attack.prompt.X[0, 0] == pytest.approx(math.sqrt(2), rel=1e-6)
    assert attack.prompt.X[0, 1] == 0
    assert attack.cost == 0
    assert attack.error == pytest.approx(0, abs=1e-15)
    assert (attack.prompt.y == attack.prompt.X @ goal).all()


def test_the_root_is_rational_where_it_can_be() -> None:
    assert _reciprocal_root(4.0) == 0.5
    assert _reciprocal_root(F(4, 9)) == F(3, 2)
    assert _reciprocal_root(F(9, 25)) == F(5, 3)
    # Seven digits of it otherwise, also where one of the two is a square.
    assert _reciprocal_root(F(2, 3)) == F(24494897, 2 * 10**7)
    assert _reciprocal_root(F(2)) == F(14142135, 2 * 10**7)
    assert _reciprocal_root(F(1, 2)) == F(14142135, 10**7)
    assert _reciprocal_root(F(4, 3)) == F(34641016, 4 * 10**7)
    assert _reciprocal_root(F(3, 4)) == F(34641016, 3 * 10**7)


def move(*rows: list[float], offset: list[float]) -> AffineMap:
    return AffineMap(np.array(rows), np.array(offset))


@pytest.mark.parametrize("along", [True, False])
@pytest.mark.parametrize(("share", "kept"), [(0.9, False), (1.0, False), (1.1, True)])
def test_of_a_pull_what_rounding_explains_is_left_out(along: bool, share: float, kept: bool) -> None:
    # Terms: |D| |goal| = 3 * 2 and 4 of the offset; of the size 5.
    affine = move([-3.0, 0.0], [0.0, 0.0], offset=[0.0, 4.0])
    noise = share * rounded(5, 10.0)
    assert rounded(5, 10.0) == pytest.approx(1000 * EPS, abs=0)
    pull = np.array([noise, 0.0] if along else [1.0, noise])
    cleaned = _cleaned(pull, affine, np.array([0.0, 2.0]), 5)
    assert cleaned.tolist() == (pull.tolist() if kept else [0, 0] if along else [1, 0])


@pytest.mark.parametrize("scale", [1e-9, 1.0])
def test_the_range_of_a_move_is_relative_to_its_size(scale: float) -> None:
    # Of rank one but for rounding, at any scale: what is across the range is rounding too.
    affine = move([-scale, 0.0], [0.0, -1e-17 * scale], offset=[-scale, 0.0])
    pull = scale * np.array([1.0, 1e-16])
    assert _cleaned(pull, affine, np.zeros(2), 2).tolist() == [scale, 0]
    # A slow direction is not rounding.
    slow = move([-scale, 0.0], [0.0, -1e-14 * scale], offset=[-scale, 0.0])
    assert _cleaned(pull, slow, np.zeros(2), 2).tolist() == pull.tolist()
    assert _cleaned(pull[:1], move([-scale], offset=[-scale]), np.zeros(1), 1).tolist() == [scale]
