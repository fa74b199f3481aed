"""Certificates made by hand, true and forged: a check that passes whatever it is given would be noticed."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from numerics import Attack, LSAAgent, Prompt, label_attack
from numerics.attacks.attack import Certificate
from tests.numerics.attacks.test_budgets import halved
from tests.numerics.common import exact_copy, fractions

F = Fraction
VICTIM = LSAAgent(Prompt.from_target(np.eye(4), np.zeros(4)), 4.0)


def proves(attack: Attack, z: list[float], squared_bound: float, **changes: object) -> bool:
    """Whether that separator is taken to prove that bound; a turn is ``w -> (goal + labels) / 2``, D is -1."""
    exact = attack.prompt.exact
    separator = fractions(z) if exact else np.array(z, dtype=float)
    proof = Certificate(None, separator, F(squared_bound) if exact else squared_bound)
    victim = exact_copy(VICTIM) if exact else VICTIM
    return replace(attack, certificate=proof, **changes).verify(victim, tolerance=0.0)


@pytest.mark.parametrize("exact", [True, False])
def test_separators_within_a_box(exact: bool) -> None:
    box = halved(("box", 0), exact=exact)
    # Labels may move by 1: z.r = 3/2 + 2 z_2, labels take 1/2 + z_2/2 of it.
    one = {"budget": ("box", F(1) if exact else 1.0)}
    assert proves(box, [1, 0, 0, 0], 1, **one)
    assert not proves(box, [1, 0, 0, 0], 1.25, **one)
    assert proves(box, [1, 1.5, 0, 0], 3.25, **one)
    assert not proves(box, [1, 1.5, 0, 0], 3.5, **one)
    # Here they just take all of it: what is left is nothing, and that is proven.
    three = {"budget": ("box", F(3) if exact else 3.0)}
    assert proves(box, [1, 0, 0, 0], 0, **three)
    assert not proves(box, [1, 0, 0, 0], 0.25, **three)
    # Here they take 1/4 more.
    more = {"budget": ("box", F(7, 2) if exact else 3.5)}
    assert not proves(box, [1, 0, 0, 0], 1 / 16, **more)
    assert proves(box, [1, 0, 0, 0], 0, **more) == (not exact)
    # Without a budget labels act along z.
    assert not proves(box, [1, 0, 0, 0], 0, budget=None)


@pytest.mark.parametrize("exact", [True, False])
def test_a_separator_of_nothing_proves_nothing(exact: bool) -> None:
    box = halved(("box", 0), exact=exact)
    nothing = [0, 0, 0, 0]
    assert proves(box, nothing, 0)
    for squared_bound in (-1, 0.25, 1):
        assert not proves(box, nothing, squared_bound)
    assert not proves(box, nothing, 0, budget=None)


@pytest.mark.parametrize("budget", [None, ("l2", 1.0), ("box", 1.0)])
def test_a_certificate_is_verified_up_to_its_tolerance(budget: tuple[str, float] | None) -> None:
    """Of labels that reach the goal one is moved; of a bound its square is: both sides of what is allowed."""
    attack = halved(budget)
    victim, proof = VICTIM, attack.certificate
    assert proof is not None
    for share, verified in ((0.9, True), (1.1, False)):
        if proof.labels is not None:
            # Labels that are off by x end x / 2 off the goal, whose length is 5, as is 0 of the victim's answer.
            moved = replace(proof, labels=proof.labels + share * 1e-3 * np.array([10.0, 0, 0, 0]))
        else:
            # The bound |e| |D| has a slack of 1e-3 of |z| times the displacement of the goal, 2.5: D = 1.
            moved = replace(proof, squared_bound=(math.sqrt(proof.squared_bound) + share * 2.5e-3) ** 2)
        assert replace(attack, certificate=moved).verify(victim, tolerance=1e-3) == verified, share
        assert not replace(attack, certificate=moved).verify(victim)


def test_labels_that_are_almost_right_are_wrong_in_rationals() -> None:
    attack = halved(None, exact=True)
    assert attack.verify(exact_copy(VICTIM))
    moved = Certificate(attack.prompt.y + fractions([0, 0, 1e-9, 0]), None, 0)
    assert not replace(attack, certificate=moved).verify(exact_copy(VICTIM))


def test_labels_are_right_up_to_the_goal_and_the_answer_that_cancel() -> None:
    # The victim answers with a vector of length 3; the goal has length 5. Labels that are off by x end x / 2 off it.
    attack, answer = halved(None), np.array([0, 0, 0, 3.0])
    victim = LSAAgent(Prompt.from_target(np.eye(4), answer), 4.0)
    for share, expected in ((0.9, True), (1.1, False)):
        labels = 2 * attack.goal - answer + np.array([share * 16e-3, 0, 0, 0])
        forged = replace(attack, certificate=Certificate(labels, None, 0.0))
        assert forged.verify(victim, tolerance=1e-3) == expected, share


@pytest.mark.parametrize("nothing", [None, Certificate(None, None, 0.0)])
def test_without_labels_and_separator_nothing_is_proven(nothing: Certificate | None) -> None:
    attack = halved(None)
    assert not attack.empirical
    assert not replace(attack, certificate=nothing).verify(VICTIM)


@pytest.mark.parametrize("exact", [True, False])
def test_the_bound_where_no_label_acts_is_all_of_the_drift(exact: bool) -> None:
    """Across (3, 4) nothing moves: what is left is 140 along a vector of length 100, whose square is 1.96."""
    numbers, number = (fractions, F) if exact else (partial(np.array, dtype=float), float)
    victim = LSAAgent(Prompt.from_target(numbers(np.eye(2)), numbers([0, 1])), number(2))
    attack = label_attack(victim, numbers([[F(3, 10), F(4, 10)]]), numbers([1, 0]), step_size=number(1))
    for squared, expected in ((F(196, 100), True), (F(197, 100), False), (F(195, 100), not exact)):
        forged = replace(attack, certificate=Certificate(None, numbers([80, -60]), number(squared)))
        assert forged.verify(victim) == expected, squared


def test_labels_may_act_along_a_separator_by_rounding_only() -> None:
    # Labels act along (3, 4): z is across it, and 100 t of its length 100 along.
    goal = np.array([1.0, 0.0])
    victim = LSAAgent(Prompt.from_target(np.eye(2), [0.0, 1.0]), 2.0)
    attack = label_attack(victim, np.array([[0.3, 0.4]]), goal, step_size=1.0)
    for share, expected in ((0.9, True), (1.1, False)):
        z = np.array([80.0, -60.0]) + share * 1e-3 * np.array([60.0, 80.0])
        forged = replace(attack, certificate=Certificate(None, z, 0.0))
        assert forged.verify(victim, tolerance=1e-3) == expected, share
