"""Populations of random prompts, by exact cubature: finite point sets with the moments of Gaussian examples."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

import numpy as np

from numerics import LSAAgent, LSALayer, Prompt
from numerics.validation import Array
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.rationals import exact_eye, ints

__all__ = ["Population", "cubature", "drawn_population"]


def cubature(size: int) -> tuple[Array, Array]:
    """Return points (m, size) and weights (m,) with the moments of `size` standard normals up to degree 5.

    Weights are rational and may be negative: they integrate polynomials, they are no probabilities.
    """
    points: list[list[int]] = [[0] * size]
    weights = [Fraction(0)]
    for i, s in product(range(size), (1, -1)):
        for length, weight in ((1, Fraction(4 - 3 * size, 6)), (2, Fraction(1, 12))):
            points.append([s * length * (j == i) for j in range(size)])
            weights.append(weight)
    for (i, j), (s, t) in product(combinations(range(size), 2), product((1, -1), repeat=2)):
        points.append([s * (k == i) + t * (k == j) for k in range(size)])
        weights.append(Fraction(1, 4))
    weights[0] = 1 - sum(weights, Fraction(0))
    return ints(*points), ints(*weights)


@dataclass(frozen=True)
class Population:
    """Prompts of n Gaussian examples of covariance ``L L^T``, with iterate variance kappa and target variance 1.

    Attributes
    ----------
    n, d : int
    L : ndarray of shape (d, d)
        Rational.
    kappa : Fraction
    """

    n: int
    d: int
    L: Array
    kappa: Fraction

    @property
    def covariance(self) -> Array:
        """Covariance of the examples."""
        return np.asarray(self.L @ self.L.T, dtype=object)

    def examples(self) -> tuple[Array, Array]:
        """Return the inputs (m, n, d) of the point set, and its weights."""
        points, weights = cubature(self.n * self.d)
        return points.reshape(-1, self.n, self.d) @ self.L.T, weights

    def loss(self, V31: Array, K13: Array) -> Fraction:
        """Mean squared distance to the target after one update of the simulated layer.

        The distance is linear in iterate and target, which are isotropic and independent: unit vectors suffice.
        """
        X, weights = self.examples()
        layer = LSALayer.from_blocks(V31, K13)
        total = Fraction(0)
        for unit in exact_eye(self.d):
            blind = LSAAgent.with_layer(Prompt(X, X[..., 0] * 0), layer).update(unit)
            taught = LSAAgent.with_layer(Prompt(X, X @ unit), layer).update(unit * 0) - unit
            total += weights @ (self.kappa * (blind * blind).sum(axis=-1) + (taught * taught).sum(axis=-1))
        return total

    def mean(self, values: Array) -> Array:
        """Weighted mean over the point set of values (m, ...)."""
        return np.asarray(np.tensordot(self.examples()[1], values, axes=1), dtype=object)


def drawn_population(rng: np.random.Generator) -> Population:
    """Draw a small population of prompts."""
    n, d = ((1, 1), (2, 1), (1, 2), (2, 2), (1, 2))[int(rng.integers(0, 5))]
    return Population(n, d, rationals(rng, d, d), Fraction(int(rng.integers(1, 6)), int(rng.integers(1, 4))))
