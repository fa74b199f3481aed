"""Bounds on |formula - simulated last state| over a batch of drawn pairs, in the terms of `proofs_check.bounds`.

Both sides start from the same examples X, targets and step sizes; Gram matrices, labels and moments are rounded. For a
pair inside the stability box with M = P + Q - PQ invertible the difference has three parts.

What T turns leave of the start
    at most ``||(AB)^T|| |w_0 - w_inf|``, and ``|w_0 - w_inf| <= ||M^-1|| |w_1 - w_0|``. U's last state is one move
    after T - 1 turns.
Rounding of the formula
    a product of matrices and one solve, as in `proofs_check.bounds`; N is the transpose of M, so that
    ``||N^-1|| = ||M^-1||``.
Rounding of the simulation
    whichever way the affine map of one turn, ``w -> w - M w + c``, is propagated. Let r and s bound the errors of the
    computed M and c. Powers of AB have spectral norm at most 1, so their displacements D_m = (AB)^m - I have Frobenius
    norm at most ``2 sqrt(d)``, and offsets c_m and states have norm at most ``R = 2 (|w_0| + |w_0 - w_inf|)``. Forming
    ``D_m (D_m + 2 I)`` rounds by at most ``p = 6 d gamma(d + 3)``, hence an error of D_m of at most ``m (r + p)``. The
    offset ``c_2m = 2 c_m + D_m c_m`` then errs by at most ``m s + m (1 + log2(m) / 2) (r + p) R``, and adding powers
    for the bits of T to a state by at most ``T s + T (2 + log2(T) / 2) (r + p) R`` in all. Turns made one by one err
    by less. The factor 2 covers terms of second order, for ``T (2 + log2 T / 2) (r + p) <= 1/16``; beyond, and outside
    the box, nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proofs_check.bounds import Known, gamma, identity, inverse_norm, known, norm

__all__ = ["BatchBounds", "batch_bounds"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BatchBounds:
    """Bounds on the Euclidean distance of predicted and simulated residuals; infinite where nothing is known.

    Attributes
    ----------
    w, u : ndarray of shape (m,)
    """

    w: Array
    u: Array


@dataclass(frozen=True)
class _Agent:
    """``step S``, the offset of the agent's move, and ``I - step S``."""

    strength: Known
    offset: Known
    rest: Known


def batch_bounds(
    w: tuple[Array, Array, Array], u: tuple[Array, Array, Array], w_0: Array, turns: int, inside: NDArray[np.bool_]
) -> BatchBounds:
    """Bound the distance of biased-equilibrium.e and .f from the last states of runs.

    Parameters
    ----------
    w : tuple of examples (m, n, d), target (m, d), step size (m,)
        Of W.
    u : tuple of the same
        Of U.
    w_0 : ndarray of shape (m, d)
        Starts.
    turns : int
        Length T >= 1 of the runs.
    inside : ndarray of shape (m,)
        Whether both steps lie inside the stability box.
    """
    d = w_0.shape[-1]
    first, second = _agent(*u), _agent(*w)
    P, Q, A, B = second.strength, first.strength, second.rest, first.rest
    M = P + Q - P @ Q
    c = first.offset + second.offset - P @ first.offset
    start = known(w_0[..., None])
    moved = c - M @ start
    inverse = inverse_norm(M)
    distance = inverse * (norm(moved.value) + moved.error)
    reach = 2.0 * (start.norm + distance)
    growth = turns * (2.0 + 0.5 * np.log2(turns)) * (M.error + 6 * d * gamma(d + 3))
    simulation = 2.0 * (turns * c.error + growth * reach)
    gap = known(u[1][..., None]) - known(w[1][..., None])
    contraction = A @ B
    found = []
    for right, left in ((A @ (Q @ gap), turns), (B @ (P @ gap), turns - 1)):
        total = _solved(inverse, M, right) + simulation + contraction.power(left).norm * distance
        found.append(np.where(inside & (growth <= 1 / 16) & np.isfinite(distance), total, np.inf))
    return BatchBounds(*found)


def _agent(X: Array, target: Array, step: Array) -> _Agent:
    n, d = X.shape[-2:]
    examples = known(X)
    strength = (examples.T @ examples).scaled(1.0 / n).scaled(step)
    labels = examples @ known(target[..., None])
    return _Agent(strength, (examples.T @ labels).scaled(1.0 / n).scaled(step), identity(d) - strength)


def _solved(inverse: Array, matrix: Known, right: Known) -> Array:
    """Error of a solution by elimination, as `proofs_check.bounds.solve` has it, for a known norm of the inverse."""
    d = matrix.value.shape[-1]
    backward = matrix.error + d**3 * gamma(3 * d) * 2.0 ** (d - 1) * matrix.computed
    with np.errstate(invalid="ignore", over="ignore"):
        error = inverse * (backward * inverse * right.norm + right.error) / (1.0 - inverse * backward)
    return np.asarray(np.where(inverse * backward < 0.5, error, np.inf))
