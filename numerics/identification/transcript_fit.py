"""Fit ``w - u = b - P u`` to a transcript: least squares where the states varied, and how far it can be trusted.

Directions along which the states did not vary enough to know P to :data:`RESOLUTION` are *unexcited*. Symmetry gives
P between an excited and an unexcited direction for free; only the block between unexcited ones stays unknown (and is
left zero). In exact mode everything is decided without tolerance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from numerics import exact as exact_algebra
from numerics.exact import norm
from numerics.identification.regression import regress
from numerics.validation import EPS, Array

__all__ = ["RESOLUTION", "Fit", "fit_answers"]

RESOLUTION = 1e-3
_RISK = 1e-6


def _tail(count: float, comparisons: int = 1) -> float:
    """Radius, in standard deviations, that a Gaussian vector of `count` entries exceeds with probability < 1e-6."""
    return math.sqrt(count) + math.sqrt(2 * math.log(comparisons / _RISK))


@dataclass(frozen=True, eq=False)
class Fit:
    """An estimated affine move ``u -> u + mean_move - P (u - mean_u)``.

    Attributes
    ----------
    mean_u, mean_move : (d,) ndarray
    geometry : (d, d) ndarray
        P, symmetric.
    projector : (d, d) ndarray
        Orthogonal projector on the excited directions.
    directions : (d, k) ndarray
        Orthonormal basis of them; empty in exact mode, where nothing is uncertain.
    spreads : (k,) ndarray
        Root sum of squares of the states along each.
    sigma : float
        Error per entry of an answer: noise plus rounding; 0 in exact mode.
    excited, turns, freedom : int
        Number of excited directions, of turns, and of turns left over to check the fit.
    affine, symmetric_psd : bool
        Whether the answers pass as those of a fixed prompt.
    """

    mean_u: Array
    mean_move: Array
    geometry: Array
    projector: Array
    directions: Array
    spreads: Array
    sigma: float
    excited: int
    turns: int
    freedom: int
    affine: bool
    symmetric_psd: bool

    @property
    def exact(self) -> bool:
        """Whether the fit is in exact rationals."""
        return self.geometry.dtype == object

    @property
    def geometry_uncertainty(self) -> float:
        """Bound on the error of ``P v`` for excited unit vectors v."""
        if self.exact or not len(self.spreads):
            return 0.0
        return math.sqrt(2) * self.sigma * _tail(self.geometry.size) / float(self.spreads[-1])

    def move(self, state: Array) -> tuple[Array, float, bool]:
        """Return the estimated move (d,) from a state, a bound on its error, and whether the bound is complete.

        When it is not, the state lies off the excited directions, and the bound holds for the move's component
        along the excited ones only.
        """
        v = state - self.mean_u
        outside = v - self.projector @ v
        move = self.mean_move - self.geometry @ v
        if self.exact:
            return move, 0.0, not np.any(outside != 0)
        inverse = np.divide(1.0, self.spreads) if len(self.spreads) else np.zeros(0)
        leverage = math.sqrt(1 / self.turns + float(np.sum((self.directions.T @ v * inverse) ** 2)))
        # Averaging P with its transpose correlates its entries: at most a factor 2 on the variance.
        bound = math.sqrt(2) * self.sigma * _tail(len(v)) * leverage
        known = norm(outside) <= bound + 8 * EPS * (norm(state) + norm(self.mean_u))
        bound += norm(outside) * self.sigma * _tail(len(self.spreads)) * norm(inverse)
        return move, bound, known

    def pinv(self, matrix: Array) -> Array:
        """Return the Moore-Penrose inverse; singular values that may be zero within the uncertainty count as zero."""
        if self.exact:
            return exact_algebra.pinv(matrix)
        left, values, right = np.linalg.svd(matrix)
        kept = values > max(2 * self.geometry_uncertainty, 8 * len(matrix) * EPS * values[0])
        return (right.T * np.divide(1.0, values, out=np.zeros_like(values), where=kept)) @ left.T  # type: ignore[no-any-return]

    def target(self) -> tuple[Array, float]:
        """Return the declared target nearest to the mean state, and a bound on its error (infinite if unknown)."""
        inverse = self.pinv(self.geometry)
        offset = inverse @ self.mean_move
        if self.exact:
            complete = self.excited == len(self.geometry)
            return self.mean_u + offset, 0.0 if complete else math.inf
        size = float(np.linalg.norm(inverse, 2))
        error = size * (self.sigma * _tail(len(offset)) / math.sqrt(self.turns))
        error += size * self.geometry_uncertainty * norm(offset)
        return self.mean_u + offset, error if self.excited == len(self.geometry) else math.inf


def fit_answers(u: Array, moves: Array, noise: float) -> Fit:
    """Fit the answers of a transcript.

    Parameters
    ----------
    u, moves : (turns, d) ndarray
        States given to the other agent, and its moves from them.
    noise : float
        Standard deviation of the noise in the moves.
    """
    return _exact_fit(u, moves) if u.dtype == object else _float_fit(u, moves, noise)


def _float_fit(u: Array, moves: Array, noise: float) -> Fit:
    turns, d = u.shape
    fitted = regress(u, moves)
    sigma, freedom, spreads = noise + fitted.rounding, fitted.freedom, fitted.spreads
    affine = norm(fitted.residuals) <= sigma * _tail(max(freedom, 0) * d)

    k = int((spreads > sigma / RESOLUTION).sum())
    basis, s = fitted.directions[:, :k], spreads[:k]
    columns = -(fitted.explained[:k] / s[:, None]).T
    inside = basis.T @ columns
    wobble = sigma * (1 / s[:, None] + 1 / s) * _tail(0, comparisons=max(k * k, 1))
    symmetric = bool((abs(inside - inside.T) <= wobble).all())
    # Each entry from its more precise column: weights inverse to the variances.
    weights = np.broadcast_to(s**2, (k, k))
    mean_inside = (weights * inside + (weights * inside).T) / (weights + weights.T)
    psd = not k or float(np.linalg.eigvalsh(mean_inside)[0]) >= -norm(wobble)
    across = (columns - basis @ inside) @ basis.T
    geometry = basis @ mean_inside @ basis.T + across + across.T
    return Fit(
        mean_u=fitted.mean_state,
        mean_move=fitted.mean_move,
        geometry=geometry,
        projector=basis @ basis.T,
        directions=basis,
        spreads=s,
        sigma=sigma,
        excited=k,
        turns=turns,
        freedom=freedom,
        affine=affine,
        symmetric_psd=symmetric and psd,
    )


def _exact_fit(u: Array, moves: Array) -> Fit:
    turns, d = u.shape
    mean_u, mean_move = u.sum(axis=0) / turns, moves.sum(axis=0) / turns
    states, deviations = u - mean_u, moves - mean_move
    inverse = exact_algebra.pinv(states)
    projector = inverse @ states
    half = -(inverse @ deviations).T
    rank = int(exact_algebra.rank(states))
    inside = projector @ half
    symmetric = not np.any(inside != inside.T)
    return Fit(
        mean_u=mean_u,
        mean_move=mean_move,
        geometry=half + half.T @ (np.eye(d, dtype=int) - projector),
        projector=projector,
        directions=np.zeros((d, 0)),
        spreads=np.zeros(0),
        sigma=0.0,
        excited=rank,
        turns=turns,
        freedom=turns - 1 - rank,
        affine=not np.any(deviations + states @ half.T != 0),
        symmetric_psd=symmetric and exact_algebra.positive_semidefinite(inside),
    )
