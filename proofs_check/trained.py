"""Evidence for section 9: full layers, and what training them finds.

The simulated side multiplies out full token, value and key matrices, idle entries included.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import LSAAgent, LSALayer, Prompt
from numerics.layer_blocks import block, canonical
from proofs_check.bounds import gamma
from proofs_check.compare import Close, Relation
from proofs_check.derivation import Derivation
from proofs_check.evidence import Case, Exact, Floats, Formulas
from proofs_check.geometries import dyadic, rationals
from proofs_check.ledger import Theorem
from proofs_check.plateau import layer_inputs
from proofs_check.population import Population
from proofs_check.support import against, exact_eye, exactly, zeros

__all__ = ["SECTION", "THEOREMS", "displaced_loss", "forgetful", "largest", "rounding", "row_sum"]

SECTION = "9 trained agents"
Array = NDArray[Any]


def largest(vector: Array) -> Any:
    """Maximum norm of an exact vector."""
    return max(abs(entry) for entry in vector)


def row_sum(matrix: Array) -> Any:
    """Return the operator norm that belongs to it: the largest sum of moduli along a row."""
    return max(sum(abs(entry) for entry in row) for row in matrix)


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


def rounding(V: Array, K: Array, X: Array, y: Array, w: Array) -> Array:
    """Bound the rounding of one answer: the same products of moduli, times gamma of the operations in a row."""
    n, d = X.shape[-2:]
    Z = np.zeros((*w.shape[:-1], 2 * d + 2, n + 1))
    Z[..., :d, :n], Z[..., d, :n] = np.abs(X).swapaxes(-1, -2), np.abs(y)
    Z[..., d + 1 : 2 * d + 1, n], Z[..., -1, n] = np.abs(w), 1
    last = Z[..., -1:]
    column = last + np.abs(V) @ (Z @ (Z.swapaxes(-1, -2) @ (np.abs(K) @ last) / n))
    sizes = np.linalg.norm(column[..., d + 1 : 2 * d + 1, 0], axis=-1)
    return np.asarray(2 * gamma(3 * (2 * d + 2) + n + 3) * sizes)


# What training finds ----------------------------------------------------------------------------------------------


def displaced_loss(population: Population, layer: LSALayer, iterates: Array) -> Fraction:
    """Mean squared distance to ``w* = w + xi`` after one answer, for iterates drawn from some, xi from the signs.

    Vectors of independent signs are isotropic, with variance 1 a coordinate.
    """
    X, weights = population.examples()
    total, signs = Fraction(0), list(product((Fraction(1), Fraction(-1)), repeat=population.d))
    for w, xi in product(iterates, signs):
        target = w + np.array(xi, dtype=object)
        missed = LSAAgent.with_layer(Prompt(X, X @ target), layer).update(w) - target
        total += weights @ (missed * missed).sum(axis=-1)
    return total / (len(iterates) * len(signs))


def forgetful(V31: Array, n: int) -> LSALayer:
    """Return the layer whose self attention cancels the iterate, so that it answers ``-V31 b`` to any."""
    d = len(V31)
    V, K = zeros(2 * d + 2, 2 * d + 2), zeros(2 * d + 2, 2 * d + 2)
    V[d + 1 : 2 * d + 1, :d], V[d + 1 : 2 * d + 1, d + 1 : 2 * d + 1] = V31, -n * exact_eye(d)
    K[d, -1], K[-1, -1] = Fraction(-1), Fraction(1)
    return LSALayer(V, K)


def _population(rng: np.random.Generator) -> Population:
    n, d = ((1, 1), (2, 1), (1, 2))[int(rng.integers(0, 3))]
    while True:
        L = rationals(rng, d, d)
        if Prompt(L, L[:, 0]).rank == d:
            return Population(n, d, L, Fraction(int(rng.integers(1, 6)), int(rng.integers(1, 4))))


def _linear_part(rng: np.random.Generator, formulas: Formulas) -> Case:
    d, n = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    X, w, xi = rationals(rng, n, d), rationals(rng, d), rationals(rng, d)
    layer = LSALayer(*(rationals(rng, 2 * d + 2, 2 * d + 2) for _ in "VK"))
    forth, back = (LSAAgent.with_layer(Prompt(X, X @ (w + s * xi)), layer).update(w) for s in (1, -1))
    inputs = {"w": w, **layer_inputs(layer)}
    predicted = exactly(formulas["free-layer-optimum.linear-part"], inputs) @ (X.T @ (X @ xi) / n)
    label = "the part of the answer that is odd in the displacement = formula"
    return Case(inputs | {"X": X, "xi": xi}, [Relation(label, predicted, (forth - back) / 2)])


def _optimum(rng: np.random.Generator, formulas: Formulas) -> Case:
    population = _population(rng)
    n, d, unit = population.n, population.d, exact_eye(population.d)
    inputs = {"Sigma": population.covariance, "n": n, "d": d, "kappa": population.kappa}
    best = exactly(formulas["population-optimum.V31"], inputs)
    Y, iterates = rationals(rng, d, d), rationals(rng, 2, d)
    layer = LSALayer(*(rationals(rng, 2 * d + 2, 2 * d + 2) for _ in "VK"))
    least, excess, gain = (
        exactly(formulas[f"free-layer-optimum.{part}"], inputs | {"Y": Y}) for part in ("least", "excess", "forgetful")
    )
    answers = forgetful(best, n)
    X, weights = population.examples()
    lost = Fraction(0)
    for target in unit:
        for w in (0 * target, rationals(rng, d)):
            missed = LSAAgent.with_layer(Prompt(X, X @ target), answers).update(w) - target
            lost += weights @ (missed * missed).sum(axis=-1) / 2
    return Case(
        inputs | {"Y": Y, "iterates": iterates, "V": layer.V, "K": layer.K},
        [
            Relation(
                "some layer loses no less than the least", least, displaced_loss(population, layer, iterates), "<="
            ),
            Relation(
                "the layer with V31 = -Gamma^-1 loses the least",
                least,
                displaced_loss(population, LSALayer.from_blocks(best, unit), iterates),
            ),
            Relation(
                "another V31 loses the excess more",
                least + excess,
                displaced_loss(population, LSALayer.from_blocks(-Y, unit), iterates),
            ),
            Relation("forgetting gains", gain, population.loss(best, unit) - lost),
            Relation("and that is positive", 0, gain, "<"),
        ],
    )


LAYER = ("update", "linear", "offset", "leakage", "slope", "slope-bound", "curvature")
OPTIMUM = ("linear-part", "least", "excess", "forgetful")


def _ids(theorem: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{theorem}.{part}" for part in parts)


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "trained-layer",
        SECTION,
        "Any V and K: the answer is a cubic polynomial of the iterate; V31, K13, K24 make it affine, the rest leaks.",
        _ids("trained-layer", LAYER),
        (
            Derivation(_ids("trained-layer", LAYER)),
            Exact(_layer_exactly, share=0.25),
            Floats(_layer_in_floats, dimensions=(1, 2, 3), share=0.5),
        ),
    ),
    Theorem(
        "free-layer-optimum",
        SECTION,
        "w* - w independent of w: no layer beats V31 = -Gamma^-1, K13 = I; w* independent of w: a forgetful one does.",
        _ids("free-layer-optimum", OPTIMUM),
        (
            Derivation(_ids("free-layer-optimum", OPTIMUM)),
            Exact(_linear_part, share=0.5, name="exact, odd part"),
            Exact(_optimum, share=0.1, name="exact, optimum"),
        ),
    ),
)
