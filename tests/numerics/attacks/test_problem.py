"""What labels can do, by hand; rounding errors counted, thresholds on both sides, what is refused and why."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from numerics import (
    LSAAgent,
    LSALayer,
    NothingToAttackError,
    NumericsError,
    OptionError,
    Prompt,
    ScaleError,
    ShapeError,
    StepSizeError,
    label_attack,
)
from numerics.agents.affine import AffineMap
from numerics.attacks.problem import LabelProblem, _inside, checked_budget, honest_prompt, rounded, scalar_step
from numerics.validation import EPS
from tests.numerics.common import fractions

F = Fraction


def at_once(d: int, target: Any = None) -> LSAAgent:
    """A victim that goes to its target (zero by default) at once: the displacement of a turn is -1."""
    return LSAAgent(Prompt.from_target(np.eye(d), np.zeros(d) if target is None else target), float(d))


def reaching(c: float, y: float) -> LabelProblem:
    """Labels move the first of two dimensions, the second is off by 1: ``e(s) = (c s - y, 1)``, in two labels."""
    X = np.array([[c, 0.0], [0.0, 0.0]])
    return LabelProblem(at_once(2), Prompt(X, np.array([-y / c, 0.0])), np.array([0.0, -1.0]), 2.0)


def test_a_problem_by_hand() -> None:
    # Moves: the attacker's -3/4 and 5/12 of its labels (3, 4), the victim's -1/2 towards 2; the turn is -7/8.
    victim = LSAAgent(Prompt(np.array([[1.0]]), np.array([2.0])), 0.5)
    prompt = Prompt(np.array([[3.0], [4.0]]), np.array([1.0, 2.0]))
    problem = LabelProblem(victim, prompt, np.array([8.0]), 0.06)
    np.testing.assert_allclose(problem.D, [[-7 / 8]])
    np.testing.assert_allclose(problem.C, [[0.09, 0.12]])
    # The victim goes from 8 to 5, the attacker from 5 to 5/4 + 11 * 0.03.
    np.testing.assert_allclose(problem.drift, [5 / 4 + 0.33 - 8])
    np.testing.assert_allclose(problem.inverse, [[-8 / 7]])
    np.testing.assert_allclose(problem.G, [[8 / 7 * 0.09, 8 / 7 * 0.12]])
    np.testing.assert_allclose(problem.error(np.array([1.0, 1.0])), [8 / 7 * (5 / 4 + 0.54 - 8)])
    np.testing.assert_allclose(problem.gradient(np.array([7.0])), [0.72, 0.96])
    # The turn's terms: 3/4 + 1/2 + 3/8 of the goal, |X| |y| / n of each agent, the victim's moved by the attacker's.
    terms = (3 / 4 + 1 / 2 + 3 / 8) * 8 + 0.03 * 5 * math.sqrt(5) + (1 + 3 / 4) * 1
    assert problem.rounding == pytest.approx(20 * 2 * EPS * terms, abs=0)
    assert problem.rounding_with(np.array([6.0, 8.0])) == pytest.approx(20 * 2 * EPS * (terms + 0.15 * 10), abs=0)
    assert rounded(3, 5.0) == pytest.approx(300 * EPS, abs=0)


def test_the_sizes_of_labels_are_those_of_the_largest_response() -> None:
    # Columns (0, 3) and (0, 4) of C have the length 5 together.
    problem = LabelProblem(at_once(2), Prompt(np.array([[0.0, 3.0], [0.0, 4.0]]), np.zeros(2)), np.zeros(2), 0.1)
    more = problem.rounding_with(np.array([1.0, 0.0])) - problem.rounding
    assert more == pytest.approx(20 * 2 * EPS * 0.05 * 5, rel=1e-3, abs=0)


@pytest.mark.parametrize("c", [1e-8, 1.0])
def test_labels_of_any_strength_do_what_they_can(c: float) -> None:
    problem = reaching(c, 2.0)
    change, feasible = problem.best_change()
    assert not feasible
    np.testing.assert_allclose(change, [2 / c, 0.0])
    proof, feasible = problem.certificate()
    assert not feasible
    assert proof.squared_bound == pytest.approx(1.0)
    attack = label_attack(at_once(2), np.eye(2) * c, [3.0, 4.0], step_size=2.0)
    assert attack.feasible
    np.testing.assert_allclose(attack.label_change, np.array([3 / c, 4 / c]) * (1 - c * c), rtol=1e-12, atol=1e-300)


def test_zero_inputs_change_nothing() -> None:
    attack = label_attack(at_once(2), np.zeros((3, 2)), [3.0, 4.0], step_size=1.0)
    assert not attack.feasible
    assert attack.label_change.tolist() == [0, 0, 0]
    assert attack.reachable_error == pytest.approx(5)
    nothing = label_attack(at_once(2), np.eye(2), [0.0, 0.0], step_size=1.0)
    assert nothing.feasible
    assert nothing.label_change.tolist() == [0, 0]


@pytest.mark.parametrize("d", [4, 8, 16])
def test_a_direction_that_neither_agent_moves_is_left_out(d: int) -> None:
    # The moves are large together, and the kernel is across the axes: rounding along it is a unit in the last place.
    kernel = np.arange(1.0, d + 1) / np.linalg.norm(np.arange(1.0, d + 1))
    X = math.sqrt(d) * (np.eye(d) - np.outer(kernel, kernel))
    pair = [Prompt.from_target(X, target) for target in (np.ones(d), np.zeros(d))]
    problem = LabelProblem(LSAAgent(pair[0], 1.9), pair[1], np.zeros(d), 1.9)
    assert np.linalg.norm(problem.inverse, 2) < 10


@pytest.mark.parametrize("share", [0.9, 1.1])
@pytest.mark.parametrize("c", [1.0, 0.25])
def test_a_change_that_is_almost_best_is_certified_within_a_millionth(share: float, c: float) -> None:
    problem = reaching(c, 2.0)
    # Off by t: e = (t, 1), z.r = 1 - 2 t, and twice the size of the change, 2 + t, times c e_1 is lost.
    t = share * 1e-6 * math.sqrt(5) / 6
    change = np.array([(2 + t) / c, 0.0])
    if share > 1:
        with pytest.raises(NumericsError, match=r"stopped at an error 1 while only 0\.99999\d* is proven"):
            problem.separator(change, None)
    else:
        proof = problem.separator(change, None)
        assert 1 - float(proof.squared_bound) == pytest.approx(2 * 6 * t, rel=1e-5)
        assert proof.labels is None
        np.testing.assert_allclose(proof.separator, [-t, -1], rtol=1e-7)


def test_what_rounding_may_have_added_is_not_proven() -> None:
    problem = reaching(1.0, 2.0)
    problem.rounding = 1e-7
    proof = problem.separator(np.array([2.0, 0.0]), None)
    assert 1 - math.sqrt(float(proof.squared_bound)) == pytest.approx(1e-7, rel=1e-6)
    # |C| |change| = 2 of such roundings is lost, and |z| |D| = 3 of them lengthens what the bound is divided by.
    problem = reaching(1.0, 2.0)
    problem.size, problem.rounding, problem.D = 10**8, 0.0, np.diag([-3.0, -1.0])
    proof = problem.separator(np.array([2.0, 0.0]), None)
    assert 1 - math.sqrt(float(proof.squared_bound)) == pytest.approx(5 * 20 * 1e8 * EPS, rel=1e-4)


def test_a_goal_that_is_reached_leaves_nothing_to_separate() -> None:
    problem = LabelProblem(at_once(2), Prompt(np.eye(2), np.zeros(2)), np.array([3.0, 4.0]), 2.0)
    for budget in (None, ("l2", 1.0)):
        assert problem.separator(np.array([3.0, 4.0]), budget).squared_bound == 0
    still = LabelProblem(at_once(2), Prompt(np.eye(2), np.zeros(2)), np.zeros(2), 2.0)
    assert still.separator(np.zeros(2), None).squared_bound == 0
    proof, feasible = problem.certificate()
    assert feasible
    assert proof.labels is not None
    np.testing.assert_allclose(proof.labels, [3, 4])
    assert proof.squared_bound == 0


def test_separators_in_rationals() -> None:
    victim = LSAAgent(Prompt.from_target(fractions(np.eye(2)), fractions([0, 0])), F(2))
    problem = LabelProblem(victim, Prompt(fractions([[1, 0], [0, 0]]), fractions([-2, 0])), fractions([0, -3]), F(2))
    change, feasible = problem.best_change()
    assert not feasible
    assert change.tolist() == [2, 0]
    assert problem.separator(change, None).squared_bound == 9
    # At no change z = -(-2, 3): z.r = 13, of which labels of size 1 take 2, of size 9 more than all.
    for size, squared in ((0, 13), (1, pytest.approx(121 / 13)), (9, 0)):
        assert problem.separator(0 * change, ("box", F(size))).squared_bound == squared


def test_labels_that_reach_a_goal_in_rationals() -> None:
    victim = LSAAgent(Prompt.from_target(fractions(np.eye(2)), fractions([0, 0])), F(2))
    prompt = Prompt(fractions([[1, 0], [0, 3]]), fractions([0, 0]))
    change, feasible = LabelProblem(victim, prompt, fractions([2, 6]), F(2)).best_change()
    assert feasible
    assert change.tolist() == [2, 2]


def test_a_bound_is_below_the_error_that_was_reached() -> None:
    # A budget that is met but for the margin for rounding: nothing above zero is proven.
    victim = at_once(4)
    attack = label_attack(victim, np.eye(4), [3.0, 4.0, 0.0, 0.0], step_size=2.0, budget=("l2", 5.0))
    assert not attack.feasible
    assert attack.reachable_error == 0
    assert 0 < attack.error < 1e-14
    far = label_attack(victim, np.eye(4), [3.0, 4.0, 0.0, 0.0], step_size=2.0, budget=("l2", 1.0))
    assert 2 - 1e-11 < far.reachable_error < far.error


# ---- what is refused -----------------------------------------------------------------------------------------


def test_a_victim_that_only_drifts_can_be_attacked_and_one_that_stands_cannot() -> None:
    layer = LSALayer.from_blocks([[0.5, 0.0], [0.0, 0.5]], np.zeros((2, 2)), 1.0)
    drifting = LSAAgent.with_layer(Prompt(np.eye(2), [1.0, 2.0]), layer)
    assert label_attack(drifting, np.eye(2), [0.0, 0.0], step_size=1.0).feasible
    homing = LSAAgent(Prompt(np.eye(2), [0.0, 0.0]), 1.0)
    assert label_attack(homing, np.eye(2), [1.0, 0.0], step_size=1.0).feasible
    with pytest.raises(NothingToAttackError):
        label_attack(LSAAgent(Prompt(np.zeros((2, 2)), [1.0, 2.0]), 1.0), np.eye(2), [0.0, 0.0], step_size=1.0)


def test_inputs_have_a_row_for_each_example() -> None:
    victim, goal = at_once(2), np.array([1.0, 2.0])
    assert honest_prompt(victim, [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], goal).y.tolist() == [1, 2, 3]
    for X in (np.ones(2), np.ones((2, 3)), np.ones((2, 2, 2))):
        with pytest.raises(ShapeError, match="X has shape"):
            honest_prompt(victim, X, goal)
    with pytest.raises(OptionError, match=r"step_size has shape \(1,\)"):
        scalar_step([0.5], exact=False)


@pytest.mark.parametrize("budget", [("l2", -0.5), ["l2", 1.0], ("l2",), ("l2", 1.0, 2.0), ("l1", 1.0), ("box", [1.0])])
def test_budgets_that_are_none(budget: Any) -> None:
    with pytest.raises(OptionError, match="budget"):
        checked_budget(budget, exact=False)


def test_budgets_as_they_are_given() -> None:
    assert checked_budget(None, exact=False) is None
    assert checked_budget(("l2", 0), exact=False) == ("l2", 0)
    assert checked_budget(("box", 0.5), exact=False) == ("box", 0.5)


@pytest.mark.parametrize(
    ("size", "inside"), [(1.5, True), (2 - 2e-9, True), (2 - 1e-9, False), (2 - 5e-10, False), (2.5, False)]
)
def test_moves_that_do_not_overshoot(size: float, inside: bool) -> None:
    moves = [AffineMap(-each * np.eye(1), np.zeros(1)) for each in (1.0, size)]
    assert _inside((moves[0], moves[1])) == inside
    assert _inside((moves[1], moves[0])) == inside


def test_the_size_of_a_move_is_that_of_its_longest_image() -> None:
    # Of norm 1.5 along (1, 1, 1, 1), each of whose rows sums to 1.5, and along no other; and columns of 3.
    across = np.outer([1.0, 1.0, 1.0], [1.0, 0.0, 0.0])
    move = AffineMap(-across, np.zeros(3))
    assert _inside((move, move))


def test_pairs_that_do_not_settle_and_pairs_of_which_none_can_tell() -> None:
    victim = LSAAgent(Prompt.from_target(np.diag([1.0, 0.0]), [1.0, 0.0]), 1.0)
    # 8e-16 of the second dimension moves in a turn: more than no move, less than rounding errors of the turn.
    with pytest.raises(ScaleError, match="undecidable"):
        label_attack(victim, np.diag([1.0, 2.8e-8]), [0.0, 0.0], step_size=2.0)
    assert label_attack(victim, np.diag([1.0, 2.8e-6]), [0.0, 0.0], step_size=2.0).reachable_error == 0
    for size in (4.0, 4.5):
        with pytest.raises(StepSizeError, match="do not settle"):
            label_attack(victim, np.eye(2), [0.0, 0.0], step_size=size)
    exact = LSAAgent(Prompt.from_target(fractions(np.diag([1, 0])), fractions([1, 0])), F(1))
    with pytest.raises(StepSizeError, match="do not settle"):
        label_attack(exact, fractions(np.eye(2)), fractions([0, 0]), step_size=F(4))


def test_batches_of_attackers_are_refused() -> None:
    batch = Prompt(np.ones((3, 2, 2)), np.ones((3, 2)))
    with pytest.raises(ShapeError, match=r"attacker has batch shape \(3,\)"):
        LabelProblem(at_once(2), batch, np.zeros(2), 0.1)
