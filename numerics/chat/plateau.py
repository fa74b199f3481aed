"""What is measured of a pair of noisy agents: the plateau of the tails of its runs, with an interval.

The states of one run depend on each other, for about ``1 / (1 - rate)`` turns; runs from different starts do not. So
the mean state of a run's tail is one observation, and the scatter between runs is the error. Source: the chapter
"Language models as agents" of the book.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics.errors import ShapeError, TranscriptError
from numerics.validation import Array, Frozen, frozen, real_array, vectors

__all__ = ["Plateau", "plateau", "quantile"]


def quantile(freedom: float) -> float:
    """Return the two-sided 95 % quantile of Student's t; infinite without any freedom."""
    from scipy.special import ndtri, stdtrit

    if math.isinf(freedom):
        return float(ndtri(0.975))
    return float(stdtrit(freedom, 0.975)) if freedom > 0 else math.inf


@dataclass(frozen=True, eq=False)
class Plateau(Frozen):
    """Where an agent comes to rest, on average. All dimensionless.

    Attributes
    ----------
    mean : (d,) ndarray
        Mean state of the tails.
    covariance : (d, d) ndarray
        Estimated covariance of that mean, from the scatter between runs; NaN with a single run.
    runs : int
    distance : float
        Distance of the mean from the target. Noise enlarges the distance of single states, not this.
    error : float
        Standard error of the distance, to first order; NaN with a single run.
    typical_distance : float
        Mean distance of the single states from the target.
    """

    mean: Array
    covariance: Array
    runs: int
    distance: float
    error: float
    typical_distance: float

    def interval(self) -> tuple[float, float]:
        """Return the interval of 95 % for the distance of the true mean from the target; infinite with one run.

        Student's t for the distance. It begins at 0 when the target itself is not excluded: the distance of an estimate
        from the truth is never zero, so that a small one says nothing (an F test of its square, with the degrees of
        freedom of Satterthwaite).
        """
        if self.runs < 2:
            return 0.0, math.inf
        half = quantile(self.runs - 1) * self.error
        return max(0.0, self.distance - half) if self._excludes_target() else 0.0, self.distance + half

    def _excludes_target(self) -> bool:
        from scipy.special import fdtri

        size = float(np.trace(self.covariance))
        if size == 0.0:
            return self.distance > 0.0
        freedom = size**2 / float((self.covariance**2).sum())
        return self.distance**2 > size * float(fdtri(freedom, freedom * (self.runs - 1), 0.95))


def plateau(tails: Sequence[object], target: object) -> Plateau:
    """Return the plateau of several runs of one agent.

    Parameters
    ----------
    tails : sequence of (turns, d) array_like
        The last states of each run, of the same number of turns.
    target : (d,) array_like
        Where distances are measured from.

    Raises
    ------
    TranscriptError
        Without any state.
    ShapeError, NonFiniteError, DTypeError
    """
    goal = real_array("target", target, exact=False)
    rows = [vectors(f"tails[{i}]", tail, len(goal), exact=False) for i, tail in enumerate(tails)]
    if not rows or not len(rows[0]):
        raise TranscriptError("no run has reached its tail; there is no plateau to measure")
    if rows[0].ndim != 2 or any(tail.shape != rows[0].shape for tail in rows):
        raise ShapeError(f"tails have shapes {[tail.shape for tail in rows]}; expected (turns, d), all the same")
    states = np.stack(rows)
    means = states.mean(axis=1)
    mean, d = means.mean(axis=0), len(goal)
    covariance = np.full((d, d), np.nan)
    if len(means) > 1:
        covariance = np.cov(means.T, ddof=1).reshape(d, d) / len(means)
    offset = mean - goal
    distance = float(np.linalg.norm(offset))
    variance = float(np.trace(covariance))
    if distance > 0.0:
        variance = float(offset @ covariance @ offset) / distance**2
    return Plateau(
        mean=frozen(mean),
        covariance=frozen(covariance),
        runs=len(means),
        distance=distance,
        error=math.sqrt(variance) if not variance < 0.0 else 0.0,
        typical_distance=float(np.linalg.norm(states - goal, axis=-1).mean()),
    )
