"""Bounds on simulations in floating point: one move of an agent, many turns of two.

One move. The last column of the layer is ``w + V (Z (Z^T (K z)) / n)`` with z the last token. Multiplications by the
zeros and ones in Z, V and K are exact, so what rounds is ``s = X w - y`` (d + 1 terms), ``X^T s`` (n terms), the
division by n, the product with the step size and the final sum; `move` composes these with the rules of
`proofs_check.instruments.bounds`.

Many turns. Inside the stability box both moves are contractions towards their targets, so an error committed in one
turn is not amplified later, and the errors of t turns add up. The iterates stay within ``|w_0 - w_inf|`` of the fixed
point, because the matrix AB of one turn has norm at most 1; and ``w_1 - w_0 = -M (w_0 - w_inf)``, so that
``|w_0 - w_inf| <= ||M^-1|| |w_1 - w_0|`` bounds this distance from the first turn alone.

Frozen directions. Where neither agent has an example, M is singular. With Pi the orthogonal projector on these
directions, ``A Pi = Pi A = Pi``, and the same for B. No turn moves that part, so ``w_0 - w_inf`` has none, and off it
``AB`` acts as ``AB - Pi`` and M as ``M + Pi``, which take the places of AB and M above. An error may well have a frozen
part: it is not amplified either.

Nothing of this is taken on trust. That the steps are inside the box is found from a power of ``eta S``: the largest
eigenvalue of a positive semidefinite matrix is at most the k-th root of the Frobenius norm of its k-th power. That the
computed iterates stay where the rounding of one turn was bounded follows by induction on the turns, as long as all
errors together are smaller than the room left around the exact iterates. Where either fails, the bound is infinite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.validation import Array
from proofs_check.instruments.bounds import Known, identity, inverse_norm, known, norm

__all__ = ["MOST_TURNS", "TurnBounds", "column", "move", "turn_bounds"]

#: The bounds hold for runs of at most so many turns.
MOST_TURNS = 2**12
#: Room around the exact iterates for the errors of all turns, as a share of their size.
ROOM = 2.0**-20
#: Squarings of ``eta S`` by which its largest eigenvalue is bounded: in 5 dimensions within 3 %.
SQUARINGS = 6


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
        Largest rounding error of one turn, anywhere on a trajectory of at most `MOST_TURNS` turns.
    distance : ndarray of shape (...)
        Upper bound on ``|w_0 - w_inf|``.
    contraction : Known
        The matrix ``AB``, off the frozen directions if there are any.
    """

    rounding: Array
    distance: Array
    contraction: Known


def turn_bounds(
    X_W: Array,
    y_W: Array,
    eta_W: Array,
    X_U: Array,
    y_U: Array,
    eta_U: Array,
    w_0: Array,
    *,
    frozen: Known | None = None,
) -> TurnBounds:
    """Bound the turns of a pair whose steps lie inside the stability box.

    Parameters
    ----------
    X_W, X_U : ndarray of shape (..., n, d)
        Examples.
    y_W, y_U : ndarray of shape (..., n)
        Labels.
    eta_W, eta_U : ndarray of shape (...)
        Step sizes.
    w_0 : ndarray of shape (..., d)
        The start.
    frozen : Known, shape (..., d, d), optional
        The orthogonal projector on the directions in which neither agent has an example; without it M must be
        invertible.

    Returns
    -------
    TurnBounds
        Infinite where the steps are not certain to lie inside the box, or M (off the frozen directions) not to be
        invertible.
    """
    d = X_W.shape[-1]
    P, Q = ((known(X).T @ known(X)).scaled(1.0 / X.shape[-2]).scaled(eta) for X, eta in ((X_W, eta_W), (X_U, eta_U)))
    contraction = (identity(d) - P) @ (identity(d) - Q)
    if frozen is not None:
        contraction = contraction - frozen
    first = move(X_W, y_W, eta_W, move(X_U, y_U, eta_U, column(w_0)))
    step_taken = first - column(w_0)
    distance = inverse_norm(identity(d) - contraction) * (norm(step_taken.value) + step_taken.error)
    # Exact iterates are at most |w_0| + 2 |w_0 - w_inf| long, computed ones not much longer.
    size = (1.0 + ROOM) * (norm(column(w_0).value) + 2.0 * distance)
    finite = np.where(np.isfinite(size), size, 0.0)
    somewhere = Known(column(w_0).value, finite, np.zeros_like(finite))
    turn = move(X_W, y_W, eta_W, move(X_U, y_U, eta_U, somewhere))
    certain = np.isfinite(size) & (MOST_TURNS * turn.error <= ROOM / 2.0 * finite) & _inside_box(P) & _inside_box(Q)
    return TurnBounds(np.where(certain, turn.error, np.inf), distance, contraction)


def _inside_box(scaled_gram: Known) -> Array:
    """Whether the largest eigenvalue is certainly at most 2."""
    return np.asarray(scaled_gram.power(2**SQUARINGS).norm <= 2.0 ** (2**SQUARINGS))
