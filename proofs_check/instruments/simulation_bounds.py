"""Bounds on simulations in floating point: one move of an agent, many turns of two.

One move. The last column of the layer is ``w + V (Z (Z^T (K z)) / n)`` with z the last token. Multiplications by the
zeros and ones in Z, V and K are exact, so what rounds is ``s = X w - y`` (d + 1 terms), ``X^T s`` (n terms), the
division by n, the product with the step size and the final sum; `move` composes these with the rules of
`proofs_check.instruments.bounds`.

Many turns. Inside the stability box both moves are contractions towards their targets, so an error committed in one
turn is not amplified later, and the errors of t turns add up. The iterates stay within ``|w_0 - w_inf|`` of the fixed
point, because the matrix AB of one turn has norm at most 1; and ``w_1 - w_0 = -M (w_0 - w_inf)``, so that
``|w_0 - w_inf| <= ||M^-1|| |w_1 - w_0|`` bounds this distance from the first turn alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.validation import Array
from proofs_check.instruments.bounds import Known, identity, inverse_norm, known, norm

__all__ = ["TurnBounds", "column", "move", "turn_bounds"]


def column(vector: Array) -> Known:
    """Treat exactly known vectors (..., d) as single columns."""
    return known(np.asarray(vector, dtype=np.float64)[..., None])


def move(X: Array, y: Array, step: Array, iterate: Known) -> Known:
    """Bound one application of an agent's attention layer.

    Parameters
    ----------
    X : ndarray of shape (..., n, d)
        Examples.
    y : ndarray of shape (..., n)
        Labels.
    step : ndarray of shape (...)
        Step sizes.
    iterate : Known, shape (..., d, 1)
        The iterate, with the error that it already carries.

    Returns
    -------
    Known, shape (..., d, 1)
    """
    inputs = known(X)
    signal = inputs @ iterate - column(y)
    gradient = (inputs.T @ signal).scaled(1.0 / X.shape[-2])
    return iterate - gradient.scaled(step)


@dataclass(frozen=True)
class TurnBounds:
    """What is known about a pair inside the box before it is simulated.

    Attributes
    ----------
    rounding : ndarray of shape (...)
        Largest rounding error of one turn, anywhere on the trajectory.
    distance : ndarray of shape (...)
        Upper bound on ``|w_0 - w_inf|``.
    contraction : Known
        The matrix ``AB``.
    """

    rounding: Array
    distance: Array
    contraction: Known


def turn_bounds(X_W: Array, y_W: Array, eta_W: Array, X_U: Array, y_U: Array, eta_U: Array, w_0: Array) -> TurnBounds:
    """Bound the turns of a pair whose steps lie inside the stability box and whose M is invertible."""
    d = X_W.shape[-1]
    A, B = (
        identity(d) - (known(X).T @ known(X)).scaled(1.0 / X.shape[-2]).scaled(step)
        for X, step in ((X_W, eta_W), (X_U, eta_U))
    )
    first = move(X_W, y_W, eta_W, move(X_U, y_U, eta_U, column(w_0)))
    step_taken = first - column(w_0)
    distance = inverse_norm(identity(d) - A @ B) * (norm(step_taken.value) + step_taken.error)
    # Iterates lie in a ball around w_0; rounding errors of a whole run are far smaller than its radius.
    size = norm(column(w_0).value) + 2.0 * distance
    finite = np.where(np.isfinite(size), size, 0.0)
    somewhere = Known(column(w_0).value, finite, np.zeros_like(finite))
    turn = move(X_W, y_W, eta_W, move(X_U, y_U, eta_U, somewhere))
    return TurnBounds(np.where(np.isfinite(size), turn.error, np.inf), distance, A @ B)
