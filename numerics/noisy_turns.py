"""Noisy turns: how far the states of a pair fluctuate around its equilibrium when every answer carries noise.

With ``u = B w + h + noise_U`` and ``w' = A u + g + noise_W`` the state w is a first-order autoregression with
``F = A B`` and innovations of covariance ``Q = A Sigma_U A^T + Sigma_W``. Its stationary covariance solves the discrete
Lyapunov equation ``C = F C F^T + Q``. Source: section 11 of the theory (noisy moves).
"""

from __future__ import annotations

import numpy as np

from numerics.validation import Array

__all__ = ["average_covariance", "discrete_lyapunov", "root"]


def _t(matrices: Array) -> Array:
    return matrices.swapaxes(-1, -2)


def discrete_lyapunov(F: Array, Q: Array) -> Array:
    """Return C with ``C = F C F^T + Q``, (..., d, d), for F of spectral radius < 1, by doubling.

    After k steps the sum holds ``2^k`` terms; 60 steps are enough for any spectral radius that a double can hold.
    """
    C, power = Q, F
    for _ in range(60):
        added = power @ C @ _t(power)
        C, power = C + added, power @ power
        if not np.any(abs(added) > 1e-17 * abs(C).max(axis=(-1, -2), keepdims=True)):
            break
    return (C + _t(C)) / 2


def average_covariance(A: Array, B: Array, own: Array, other: Array, turns: int) -> Array:
    """Return the covariance of the average of consecutive stationary states after the move ``A u + g``.

    Parameters
    ----------
    A, B : (..., d, d) ndarray
        Linear parts of this agent's and of the other's answer; A B has spectral radius < 1.
    own, other : (..., d, d) ndarray
        Noise covariances of this agent and of the other.
    turns : int
        Number of states in the average; 1 gives the stationary covariance itself.

    Returns
    -------
    (..., d, d) ndarray
    """
    F = A @ B
    C = discrete_lyapunov(F, A @ other @ _t(A) + own)
    if turns == 1:
        return C
    # The sum over k of (turns - k) F^k, for k = 1 .. turns - 1.
    unit = np.eye(F.shape[-1])
    partial = np.linalg.solve(unit - F, unit - np.linalg.matrix_power(F, turns))
    later = F @ np.linalg.solve(unit - F, turns * unit - partial)
    return (turns * C + later @ C + _t(later @ C)) / turns**2  # type: ignore[no-any-return]


def root(covariance: Array) -> Array:
    """Return R with ``R R^T = covariance``, (..., d, d), also for singular ones."""
    values, basis = np.linalg.eigh(covariance)
    return basis * np.sqrt(np.maximum(values, 0.0))[..., None, :]  # type: ignore[no-any-return]
