"""Least squares of moves on states: ``move = mean_move + slope (state - mean_state)``, rank revealing.

The states are centred and decomposed, ``states - mean = left diag(spreads) directions^T``. A direction whose spread is
within rounding cannot explain anything and is left out; all others are fitted. In the coordinates ``left`` the
estimate is orthogonal: with independent noise of covariance Sigma in the moves, the rows of ``explained`` and
``sqrt(m) mean_move`` are independent, each of covariance Sigma, and independent of the residuals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from numerics.validation import EPS, Array

__all__ = ["Regression", "computed_to", "regress"]


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted affine move. All arrays dimensionless.

    Attributes
    ----------
    mean_state, mean_move : (d,) ndarray
    left : (m, k) ndarray
        Orthonormal columns: the fitted states in coordinates along `directions`, scaled to length 1.
    spreads : (k,) ndarray
        Root sum of squares of the states along each fitted direction, descending.
    directions : (d, k) ndarray
        Orthonormal fitted directions.
    explained : (k, d) ndarray
        ``left^T moves``: row j is ``spreads[j]`` times the slope along direction j.
    residuals : (m, d) ndarray
    rounding : float
        Bound on the rounding error of an entry of a move, by the size of the states and of the slope.
    freedom : int
        Degrees of freedom of the residuals in each column, ``m - 1 - k``.
    """

    mean_state: Array
    mean_move: Array
    left: Array
    spreads: Array
    directions: Array
    explained: Array
    residuals: Array
    rounding: float
    freedom: int

    @property
    def slope(self) -> Array:
        """The linear part of the move, (d, d); zero across the fitted directions."""
        return (self.explained / self.spreads[:, None]).T @ self.directions.T


def computed_to(states: Array, answers: Array) -> float:
    """Bound the rounding error of an entry of an answer that was computed in floating point, for (m, d) of both."""
    size = float(max(np.linalg.norm(states, axis=1).max(), np.linalg.norm(answers, axis=1).max()))
    return float(32 * states.shape[1] * EPS * size)


def regress(states: Array, moves: Array) -> Regression:
    """Fit the moves (m, d) from the states (m, d), m >= 1, in floating point."""
    m = len(states)
    mean_state, mean_move = states.mean(axis=0), moves.mean(axis=0)
    left, spreads, right = np.linalg.svd(states - mean_state, full_matrices=False)
    rounding = computed_to(states, states + moves)
    deviations = moves - mean_move
    k = int((spreads > rounding * math.sqrt(m)).sum())
    left, spreads, directions = left[:, :k], spreads[:k], right[:k].T
    explained = left.T @ deviations
    steep = float(np.linalg.norm(explained / spreads[:, None], 2)) if k else 0.0
    return Regression(
        mean_state=mean_state,
        mean_move=mean_move,
        left=left,
        spreads=spreads,
        directions=directions,
        explained=explained,
        residuals=deviations - left @ explained,
        rounding=rounding * (1 + steep if math.isfinite(steep) else 1.0),
        freedom=m - 1 - k,
    )
