"""What to train, and on which random prompts: the settings of a training run, and the layer it should find.

The mean of a polynomial of degree at most five in standard normal coordinates is computed exactly, by a weighted
point set with the same moments; no formula for Gaussian moments is used.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from numerics.agents.layer import LSALayer
from numerics.errors import OptionError, ScaleError, ShapeError, StepSizeError
from numerics.validation import Array, choice, count, real_array

__all__ = ["Plan", "population_optimum"]


@dataclass(frozen=True)
class Plan:
    """The settings of one training run.

    Parameters
    ----------
    d, n : int
        Dimension and number of examples of a prompt, >= 1.
    recipe : {"target", "iterate"}
        What the layer is taught to answer: the target, or the next iterate of gradient descent, for `rollout`
        successive iterates that stay in the prompt as tokens.
    start : {"displaced", "independent"}
        Law of iterate w and target w*, both Gaussian and isotropic: ``w* = w + xi`` with xi (variance 1 a coordinate)
        independent of w, or w* (variance 1) independent of w. Only for the first is the layer with the blocks V31,
        K13 and K24 alone the best of all layers (theorem free-layer-optimum).
    seed : int
        Of the initial weights and of all prompts, >= 0.
    steps, batch : int
        Optimiser steps, and fresh prompts in each.
    learning_rate : float
        Of Adam, at the start; falls to zero along half a cosine.
    spread : float
        Standard deviation of a coordinate of the iterate, > 0.
    initial_scale : float
        Standard deviation of the initial entries of V and K, > 0.
    rollout : int
        Iterates in a prompt of the recipe "iterate".
    step_size : float, optional
        Of the gradient descent that the recipe "iterate" teaches; the best step of one move by default.
    covariance : (d, d) nested sequence, optional
        Covariance of the Gaussian examples, positive semidefinite and not zero; the identity by default.

    Raises
    ------
    OptionError, ShapeError, StepSizeError
    """

    d: int
    n: int
    recipe: Literal["target", "iterate"] = "target"
    start: Literal["displaced", "independent"] = "displaced"
    seed: int = 0
    steps: int = 2000
    batch: int = 1024
    learning_rate: float = 0.02
    spread: float = 1.0
    initial_scale: float = 0.2
    rollout: int = 3
    step_size: float | None = None
    covariance: tuple[tuple[float, ...], ...] | None = None

    def __post_init__(self) -> None:
        for name in ("d", "n", "steps", "batch", "rollout"):
            object.__setattr__(self, name, count(name, getattr(self, name), minimum=1))
        object.__setattr__(self, "seed", count("seed", self.seed, minimum=0))
        choice("recipe", self.recipe, ("target", "iterate"))
        choice("start", self.start, ("displaced", "independent"))
        for name in ("learning_rate", "spread", "initial_scale"):
            value = float(getattr(self, name))
            if not (np.isfinite(value) and value > 0):
                raise OptionError(f"{name} must be finite and > 0, got {value}")
            object.__setattr__(self, name, value)
        if self.step_size is not None and not (np.isfinite(self.step_size) and self.step_size > 0):
            raise StepSizeError(
                f"step_size must be finite and > 0, got {self.step_size}; leave it out for the best one"
            )
        if self.covariance is not None:
            sigma = real_array("covariance", self.covariance, exact=False)
            if sigma.shape != (self.d, self.d) or not np.allclose(sigma, sigma.T, rtol=1e-12, atol=0):
                raise ShapeError(
                    f"covariance has shape {sigma.shape}; expected a symmetric ({self.d}, {self.d}) matrix"
                )
            spectrum = np.linalg.eigvalsh(sigma)
            lowest, highest = spectrum[0], spectrum[-1]
            if highest <= 0 or lowest < -1e-12 * highest:
                raise OptionError(
                    f"covariance has eigenvalues from {lowest:.3g} to {highest:.3g}; none may be negative"
                )
            object.__setattr__(self, "covariance", tuple(map(tuple, sigma.tolist())))

    @property
    def root(self) -> Array:
        """A matrix L with ``L L^T`` the covariance of the examples, (d, d)."""
        if self.covariance is None:
            return np.eye(self.d)
        values, vectors = np.linalg.eigh(np.asarray(self.covariance))
        root: Array = vectors * np.sqrt(np.maximum(values, 0))
        return root

    def as_json(self) -> dict[str, Any]:
        """Plain data, from which ``Plan(**data)`` makes the plan again."""
        return asdict(self)


def population_optimum(plan: Plan) -> LSALayer:
    """Return the layer that a run should approach, up to the gauge: V31, ``K13 = I`` and ``K24 = -1`` alone.

    For the recipe "target" V31 is minus the matrix N that minimises the mean of ``|xi - N S xi|^2`` over prompts: it
    solves ``N E[S S] = E[S]``. For the recipe "iterate" it is minus the step that is taught.

    Raises
    ------
    ScaleError
        When the covariance is so nearly singular that N is not determined.
    """
    best = _best_value(plan)
    if plan.recipe == "iterate":
        step = plan.step_size if plan.step_size is not None else float(np.trace(best)) / plan.d
        best = step * np.eye(plan.d)
    return LSALayer.from_blocks(-best, np.eye(plan.d))


def _best_value(plan: Plan) -> Array:
    points, weights = _cubature(plan.d)
    x = points @ plan.root.T
    mean = np.einsum("m,mi,mj->ij", weights, x, x)
    fourth = np.einsum("m,mi,mk,mk,mj->ij", weights, x, x, x, x)
    square = ((plan.n - 1) * mean @ mean + fourth) / plan.n
    if not np.linalg.cond(square) * np.finfo(float).eps < 1:
        raise ScaleError("covariance is singular: some directions are never seen, and V31 is not determined there")
    solved: Array = np.linalg.solve(square.T, mean.T).T
    return solved


def _cubature(d: int) -> tuple[Array, Array]:
    """Points (m, d) and weights (m,) that integrate polynomials of degree five against d standard normals."""
    unit = np.eye(d)
    pairs = [s * unit[i] + t * unit[j] for i, j in combinations(range(d), 2) for s in (1, -1) for t in (1, -1)]
    points = [np.zeros(d), *unit, *-unit, *2 * unit, *-2 * unit, *pairs]
    weights = [0.0] + [(4 - 3 * d) / 6] * 2 * d + [1 / 12] * 2 * d + [1 / 4] * len(pairs)
    weights[0] = 1 - sum(weights)
    return np.array(points), np.array(weights)
