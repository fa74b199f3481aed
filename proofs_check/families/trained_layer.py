"""Evidence for section 9: full layers, and what training them finds.

The simulated side multiplies out full token, value and key matrices, idle entries included.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from numerics import LSAAgent, LSALayer, Prompt
from numerics.training.blocks import block, canonical
from numerics.validation import Array
from proofs_check.evidence.comparison import Close, Relation
from proofs_check.evidence.kinds import Case, Exact, Floats, Formulas
from proofs_check.evidence.theorem import Needed, Theorem
from proofs_check.instruments.geometries import dyadic, rationals
from proofs_check.instruments.layers import largest, layer_inputs, rounding, row_sum
from proofs_check.instruments.rationals import against, exact_eye, exactly
from proofs_check.proving.specification import Spec

__all__ = ["THEOREMS"]


def _slope(agent: LSAAgent, w: Array) -> Array:
    """Slope of the simulated move, by differences that are exact for polynomials of degree four."""
    columns = []
    for unit in exact_eye(agent.d):
        one, two = (agent.update(w + c * unit) - agent.update(w - c * unit) for c in (1, 2))
        columns.append((8 * one - two) / 12)
    return np.stack(columns, axis=-1)


# One full layer -------------------------------------------------------------------------------------------------


def _layer_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    d, n = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    prompt = Prompt(rationals(rng, n, d), rationals(rng, n))
    w, h = rationals(rng, d), rationals(rng, d)
    V, K = (rationals(rng, 2 * d + 2, 2 * d + 2) for _ in "VK")
    layer = LSALayer(V, K)
    idle_V, idle_K = V.copy(), K.copy()
    idle_V[: d + 1], idle_V[-1], idle_K[:, : d + 1] = 1, 2, 3
    inputs = {"X": prompt.X, "y": prompt.y, "w": w, **layer_inputs(layer)}
    agent = LSAAgent.with_layer(prompt, layer)
    own = LSALayer.from_blocks(block(layer, "V31"), block(layer, "K13"), K[d, -1])
    ideal = LSAAgent.with_layer(prompt, own)
    radius = max(largest(w), largest(w + h), Fraction(1, 9))
    leaked = [agent.update(x) - ideal.update(x) for x in (w, w + h)]
    slopes = [_slope(agent, x) for x in (w, w + h)]
    steepest, bend = (
        exactly(formulas[f"trained-layer.{part}"], inputs | {"r": radius, "n": n})
        for part in ("slope-bound", "curvature")
    )
    answer = agent.update(w)
    relations = [
        Relation("answer = formula", exactly(formulas["trained-layer.update"], inputs), answer),
        Relation(
            "answer to zero = constant part", exactly(formulas["trained-layer.offset"], inputs), agent.update(0 * w)
        ),
        Relation(
            "slope at zero = linear part", exactly(formulas["trained-layer.linear"], inputs), _slope(agent, 0 * w)
        ),
        Relation(
            "answer less the ideal layer's = leakage", exactly(formulas["trained-layer.leakage"], inputs), leaked[0]
        ),
        Relation("slope = formula", exactly(formulas["trained-layer.slope"], inputs), slopes[0]),
        Relation("leakage is no steeper than its bound", largest(leaked[1] - leaked[0]), steepest * largest(h), "<="),
        Relation("nor does the slope change faster", row_sum(slopes[1] - slopes[0]), bend * largest(h), "<="),
        Relation("idle entries do nothing", answer, LSAAgent.with_layer(prompt, LSALayer(idle_V, idle_K)).update(w)),
    ]
    if K[d, -1] != 0:
        fixed = LSAAgent.with_layer(prompt, canonical(layer)).update(w)
        relations.append(Relation("the canonical layer answers alike", answer, fixed))
    return Case(inputs, relations)


def _layer_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    n = 2 * d + 1
    X, y, w = dyadic(rng, count, n, d), dyadic(rng, count, n), dyadic(rng, count, d)
    layer = LSALayer(*(dyadic(rng, count, 2 * d + 2, 2 * d + 2) for _ in "VK"))
    inputs = {"X": X, "y": y, "w": w, **layer_inputs(layer)}
    formula = formulas["trained-layer.update"]
    simulated = LSAAgent.with_layer(Prompt(X, y), layer).update(w)
    error = rounding(layer.V, layer.K, X, y, w)
    shown = {"X": X, "y": y, "w": w, "V": layer.V, "K": layer.K}
    yield against("answer = formula", formula, inputs, {"d": d, "n": n}, simulated, error, shown)


#: What the iterate attends to itself with, in first and second degree.
NUMBERS = {"k34": "K34' w", "k43": "K43' w"}

#: A cubic leak, w + w^3, on the ball of radius 1; the iterate leaves it, or the step from it does.
CUBIC = {name: [0] for name in ("V32", "V34", "K14", "K23", "K34", "K43")} | {
    "V31": [[0]],
    "K13": [[0]],
    "K24": 0,
    "K44": 0,
    "V33": [[1]],
    "K33": [[1]],
    "X": [[1]],
    "y": [0],
    "n": 1,
    "r": 1,
}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "trained-layer",
        evidence=(Exact(_layer_exactly, share=0.25), Floats(_layer_in_floats, dimensions=(1, 2, 3), share=0.5)),
        certificate=(
            Spec("trained-layer.update", numbers=NUMBERS),
            Spec("trained-layer.leakage", uses=("trained-layer.update",)),
        ),
        unproved="The slope is taken from differences, and its bounds are about row sums: no products of letters.",
        needed=(
            Needed(("slope-bound", "curvature"), "w within r", CUBIC | {"w": [2], "h": [-1]}),
            Needed(("curvature",), "w + h within r", CUBIC | {"w": [1], "h": [1]}),
        ),
    ),
)
