"""Agents that undo, declare and show: they do what they are built for."""

import numpy as np

from proofs_check.instruments.agents import agent, declaring, seen, targeted, undoing, wanted_target
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.rationals import ints


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
