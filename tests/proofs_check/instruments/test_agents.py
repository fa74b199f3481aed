"""The ledger covers sections 6 to 8, and its evidence meets both sides of every equivalence."""

import numpy as np
import pytest

from proofs_check import theorems
from proofs_check.families.asymmetry import _one_sided_pair
from proofs_check.instruments.agents import agent, declaring, drawn, seen, targeted, undoing, wanted_target
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.rationals import ints
from theory import formulas

IDS = [
    "one-sided-iff",
    "kernel-condition",
    "deadbeat",
    "victim-bias",
    "label-attack",
    "impossibility",
    "one-example-attack",
    "gradient-attack",
    "blind-attack",
    "mutual-attack",
    "detection",
    "newton-helper",
    "plateau-removed",
    "rank-limited",
    "inexact-helper",
    "blind-helper",
    "helper-comparison",
]


@pytest.mark.parametrize("id_", IDS)
def test_theorem_and_all_its_formulas_are_in_the_ledger(id_):
    assert set(theorems[id_].formulas) == {name for name in formulas if name.split(".")[0] == id_}


@pytest.mark.parametrize("name", ["one-sided-iff.e", "one-sided-iff.f"])
def test_both_sides_of_the_one_sided_criterion_are_drawn(name):
    rng = np.random.default_rng(0)
    answers = [bool(formulas[name].exact(**_one_sided_pair(rng).arguments())) for _ in range(60)]
    assert 10 < sum(answers) < 50


def test_feasible_and_infeasible_attacks_are_drawn():
    rng = np.random.default_rng(0)
    pairs = [pair for _ in range(80) if (pair := drawn(rng)) is not None]
    answers = [bool(formulas["label-attack.feasible"].exact(**pair.arguments())) for pair in pairs]
    assert 5 < sum(answers) < len(answers) - 5


def test_wanted_target():
    X, step = ints([1, 0], [1, 2]), 1
    state, target = ints(3, 1), ints(2, -5)
    moved = declaring(X, target, step).update(state)
    assert (wanted_target(X, step, state, moved) == target).all()
    assert wanted_target(ints([1, 0]), step, state, state + ints(0, 1)) is None


def test_seen_is_the_projection_on_the_examples():
    assert (seen(ints([1, 1]), ints(2, 0)) == ints(1, 1)).all()


def test_undoing_gives_the_stated_share():
    rng = np.random.default_rng(3)
    pair = undoing(rng, targeted(rng, full_rank=True), ints(1)[0] / 2)
    pushed = pair.agent_u.update(pair.w_star)
    assert (pair.agent_w.update(pushed) - pair.w_star == (pushed - pair.w_star) / 2).all()


def test_agent_takes_any_labels():
    X = ints([1, 0], [1, 0])
    y = rationals(np.random.default_rng(0), 2)
    assert (agent(X, y, 1).update(ints(0, 0)) == ints(y.sum() / 2, 0)).all()
