"""How a first-order attack on the labels chooses its steps: constant ones, or conjugate gradients.

The problem is least squares, ``|e_0 + G s|``, seen through gradients ``G^T e`` (an adjoint solve) and the effect
``G p`` of a change of labels p (a solve). The bounds are those of descent with the step ``1 / sigma_max^2`` and of
conjugate gradients, whose error after t steps is at most ``1 / T_t((k + 1)/(k - 1))`` of the first one, T_t Chebyshev's
polynomial and k the condition of J.
"""

from __future__ import annotations

import numpy as np

from numerics.attacks.problem import LabelProblem
from numerics.exact import norm
from numerics.validation import EPS, Array

__all__ = ["ConjugateSteps", "ConstantSteps"]

#: Of a new direction's effect, so much has to be new for it to be a direction.
_NEW = 1e-12


class ConstantSteps:
    """Descent with the step ``1 / sigma_max^2``.

    Parameters
    ----------
    problem : LabelProblem
        In floating point.
    values : (r,) ndarray
        Singular values of the response that are not zero, descending.
    """

    def __init__(self, problem: LabelProblem, values: Array) -> None:
        self.largest, self.smallest = (float(values[0]), float(values[-1])) if len(values) else (0.0, 0.0)
        self.inverse_size = float(np.linalg.norm(problem.inverse, 2))
        # The singular values are those of a rounded response: allow for it, so that the rate stays proven.
        self._rounding = 8 * problem.size * EPS * (1 + self.inverse_size * float(np.linalg.norm(problem.D, 2)))
        self.step: float | None = 1 / self.largest**2 if self.largest else 0.0

    @property
    def rate(self) -> float:
        """Proven factor on the distance to the least error, each iteration."""
        return min(1.0, 1 - (self.smallest / self.largest) ** 2 + self._rounding) if self.largest else 0.0

    def factors(self, count: int) -> Array:
        """Return the proven factors (count,) on the first distance, after 0, 1, ... iterations."""
        return np.asarray(self.rate ** np.arange(count, dtype=float))

    def next(self, gradient: Array, error: Array) -> Array | None:
        """Return the change of the labels, or None when nothing can be gained."""
        assert self.step is not None
        return -self.step * gradient


class ConjugateSteps(ConstantSteps):
    """Conjugate gradients; directions are kept, and made orthogonal in effect to all before, against rounding.

    After as many steps as there are singular values nothing is left but rounding. Then it starts again from what was
    measured, until a whole round has not halved the gradient.
    """

    def __init__(self, problem: LabelProblem, values: Array) -> None:
        super().__init__(problem, values)
        self._problem, self._rank, self.step = problem, max(1, len(values)), None
        self._directions, self._effects = np.empty((0, problem.start.n)), np.empty((0, problem.start.d))
        self._slope = np.inf

    @property
    def rate(self) -> float:
        """Proven factor on the distance to the least error, each iteration; up to a factor of 2."""
        if not self.largest:
            return 0.0
        return min(1.0, (self.largest - self.smallest) / (self.largest + self.smallest) + self._rounding)

    def factors(self, count: int) -> Array:
        """Return the proven factors (count,) on the first distance, after 0, 1, ... iterations."""
        rounds, t = np.divmod(np.arange(count), self._rank)

        def least(t: Array) -> Array:
            return np.asarray(2 * self.rate**t / (1 + self.rate ** (2 * t)))

        return np.asarray(least(np.array(float(self._rank))) ** rounds * least(t.astype(float)))

    def next(self, gradient: Array, error: Array) -> Array | None:
        """Return the change of the labels, or None when rounding lets nothing be gained."""
        if len(self._directions) == self._rank:
            self._directions, self._effects = self._directions[:0], self._effects[:0]
        slope = norm(gradient)
        if not len(self._directions):
            if not slope <= self._slope / 2:
                return None
            self._slope = slope
        direction = -gradient / slope
        effect = self._problem.G @ direction
        whole = norm(effect)
        for _ in range(2):
            parts = self._effects @ effect
            effect, direction = effect - parts @ self._effects, direction - parts @ self._directions
        size = norm(effect)
        if not size > _NEW * whole:
            if not len(self._directions):
                return None
            self._directions, self._effects = self._directions[:0], self._effects[:0]
            return self.next(gradient, error)
        direction, effect = direction / size, effect / size
        self._directions = np.vstack([self._directions, direction])
        self._effects = np.vstack([self._effects, effect])
        return np.asarray(-(effect @ error) * direction)
