"""Counterexamples for trained agents: what training does not find, and what leakage can do."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, LSAAgent, LSALayer, Prompt
from proofs_check.compare import Relation
from proofs_check.evidence import Case
from proofs_check.population import Population
from proofs_check.support import exact_eye, ints, zeros
from proofs_check.trained import forgetful

__all__ = ["drifting", "escaping", "forgetting"]


def _scalar_layer(step: Any, **self_attention: Any) -> LSALayer:
    """Return the layer of one gradient step in one dimension, with some blocks of the self attention."""
    V, K = zeros(4, 4), zeros(4, 4)
    V[2, 0], K[0, 2], K[1, 3] = -Fraction(step), Fraction(1), Fraction(-1)
    places = {"V33": (V, (2, 2)), "K33": (K, (2, 2)), "K44": (K, (3, 3))}
    for name, value in self_attention.items():
        matrix, place = places[name]
        matrix[place] = Fraction(value)
    return LSALayer(V, K)


def forgetting() -> Case:
    """On independent starts a layer that ignores the iterate loses half of what the best gradient step loses."""
    population = Population(1, 1, exact_eye(1), Fraction(1))
    step, unit = Fraction(1, 3), exact_eye(1)
    X, weights = population.examples()

    def loss(layer: LSALayer) -> Any:
        """Mean over iterate and target, each 1 or -1: of variance 1, and independent."""
        total = Fraction(0)
        for target in (1, -1):
            missed = LSAAgent.with_layer(Prompt(X, X[..., 0] * target), layer).update(ints(1)) - target
            total += weights @ (missed * missed).sum(axis=-1) / 2
        return total

    own, other = (population.loss(-size * unit, unit) for size in (step, step + 1))
    little, all_of_it = _scalar_layer(step, V33=Fraction(-1, 10), K44=Fraction(1, 10)), forgetful(-step * unit, 1)
    return Case(
        {"n": 1, "d": 1, "step": step, "loss of the step": own, "loss of the forgetful layer": loss(all_of_it)},
        [
            Relation("the step n/(n+d+1) loses 4/3", own, Fraction(4, 3)),
            Relation("another step loses more", own, other, "<"),
            Relation("the forgetful layer loses 2/3", loss(all_of_it), Fraction(2, 3)),
            Relation("a little of it, V33 = -1/10 and K44 = 1/10, already loses less", loss(little), own, "<"),
        ],
    )


def drifting() -> Case:
    """Leakage of the size of the smallest eigenvalue takes the equilibrium away."""
    example, leak = ints([Fraction(1, 10)]), Fraction(1, 100)
    targets = {"w": ints(1), "u": ints(2)}
    pairs = {}
    for name, size in (("ideal", 0), ("leaking", leak)):
        layer = _scalar_layer(1, V33=size, K44=1)
        pairs[name] = Interaction(
            *(LSAAgent.with_layer(Prompt.from_target(example, target), layer) for target in targets.values())
        )
    runs = {name: pair.simulate(ints(0), 5, method="attention").w[:, 0] for name, pair in pairs.items()}
    steps = np.diff(runs["leaking"])
    return Case(
        {"x": example, "eta": 1, "leak": leak, "w": runs["leaking"]},
        [
            Relation("without leakage the pair converges", bool(pairs["ideal"].converges()), True),
            Relation("with it every turn moves W by the same amount", steps, Fraction(3, 100)),
        ],
    )


def escaping() -> Case:
    """A cubic leak: the pair rests near its targets, and leaves for ever from far away."""
    layer, example = _scalar_layer(Fraction(1, 2), V33=Fraction(1, 100), K33=1), ints([1])
    agent = LSAAgent.with_layer(Prompt.from_target(example, ints(0)), layer)
    pair = Interaction(agent, agent)
    near = pair.simulate(ints(1), 2, method="attention").w[:, 0]
    far = pair.simulate(ints(10), 2, method="attention").w[:, 0]
    return Case(
        {"eta": Fraction(1, 2), "leak": Fraction(1, 100), "from 1": near[:2], "from 10": far[:2]},
        [
            Relation("zero, the common target, is at rest", pair.simulate(ints(0), 1, method="attention").w[1], 0),
            Relation("from 1 every turn at least halves the state", near[1:], near[:-1] / 2, "<="),
            Relation("from 10 every turn at least doubles it", 2 * far[:-1], far[1:], "<="),
        ],
    )
