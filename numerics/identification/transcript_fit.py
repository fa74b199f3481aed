"""Fit ``w - u = b - P u`` to a transcript: least squares where the states varied, and how far it can be trusted.

Directions along which the states did not vary enough to know P to :data:`RESOLUTION` are *unexcited*. Symmetry gives
P between an excited and an unexcited direction for free; only the block between unexcited ones stays unknown (and is
left zero). In exact mode everything is decided without tolerance.

**Bounds.** With the states decomposed as ``left diag(spreads) directions^T`` all estimates follow from
``[1 / sqrt(turns), left]^T errors``, a matrix of at most the Frobenius norm of the errors, whatever they are; of
Gaussian ones it is a Gaussian matrix of (excited + 1) d entries. One bound on it, exceeded with probability below 1e-6,
bounds the error of the move from *every* state at once, also from one that was chosen by the transcript. What follows
from moves (a target, a state at rest) is bounded through the smallest singular value that the true matrix can have
(Weyl), not to first order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from numerics import exact as exact_algebra
from numerics.exact import norm
from numerics.identification.regression import regress
from numerics.identification.rounding import Rounding
from numerics.validation import EPS, Array

__all__ = ["RESOLUTION", "Fit", "fit_answers"]

RESOLUTION = 1e-2
_RISK = 1e-6
#: Averaging P with its transpose adds at most half of the error of each entry to that of another.
_SYMMETRY = 1.5
#: Curvature of a step inside the box, 0 < step < 2 / lambda_max: what is assumed where nothing was seen.
_STEEPEST = 2.0


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
    error : float
        Bound on the error of the move from a state of leverage 1; 0 in exact mode.
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
    error: float
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
        """Bound on the error of ``P v`` for excited unit vectors v; infinite if there are none."""
        if self.exact:
            return 0.0
        return self.error / float(self.spreads[-1]) if len(self.spreads) else math.inf

    @property
    def complete(self) -> bool:
        """Whether every direction is excited."""
        return self.excited == len(self.mean_u)

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
        leverage = math.sqrt(1 / self.turns + float(np.sum((self.directions.T @ v / self.spreads) ** 2)))
        bound = self.error * leverage + self._computed(state)
        off = norm(outside)
        known = off <= 64 * EPS * (norm(state) + norm(self.mean_u))
        # By symmetry the excited part of P times what is outside is known; the rest is bounded where it hardly matters.
        bound += off * (self.geometry_uncertainty if len(self.spreads) else 0.0) + (_STEEPEST * off if known else 0.0)
        return move, bound, known

    def _computed(self, state: Array) -> float:
        """Bound the rounding error of computing a move."""
        steep = 1 + float(np.linalg.norm(self.geometry, 2))
        return 16 * len(state) * EPS * steep * (norm(state) + norm(self.mean_u) + norm(self.mean_move))

    def pinv(self, matrix: Array) -> Array:
        """Return the Moore-Penrose inverse; singular values that may be zero within the uncertainty count as zero."""
        if self.exact:
            return exact_algebra.pinv(matrix)
        left, values, right = np.linalg.svd(matrix)
        kept = values > max(2 * self.geometry_uncertainty, 8 * len(matrix) * EPS * values[0])
        return (right.T * np.divide(1.0, values, out=np.zeros_like(values), where=kept)) @ left.T  # type: ignore[no-any-return]

    def target(self) -> tuple[Array, float]:
        """Return the declared target nearest to the mean state, and a bound on its error.

        It is infinite unless P is known to be invertible: otherwise P may have a kernel, and any part of the target in
        it is not declared.
        """
        target = self.mean_u + self.pinv(self.geometry) @ self.mean_move
        if self.exact:
            return target, 0.0 if self.complete else math.inf
        # P (target - true target) is the true move from the target, with the sign turned round.
        move, bound, _ = self.move(target)
        return target, (norm(move) + bound) * self.largest_inverse(self.geometry, 1.0)

    def largest_inverse(self, matrix: Array, factor: float) -> float:
        """Bound the inverse of the true matrix (d, d), of which `matrix` is the estimate.

        Parameters
        ----------
        matrix : (d, d) ndarray
            Affine in the geometry.
        factor : float
            Its error is at most this times the uncertainty of the geometry.
        """
        if not self.complete:
            return math.inf
        smallest = float(np.linalg.svd(matrix, compute_uv=False)[-1])
        least = smallest - factor * self.geometry_uncertainty - 8 * len(matrix) * EPS * float(np.linalg.norm(matrix, 2))
        return 1 / least if least > 0 else math.inf


def fit_answers(u: Array, moves: Array, noise: float, rounding: Rounding | None = None) -> Fit:
    """Fit the answers of a transcript.

    Parameters
    ----------
    u, moves : (turns, d) ndarray
        States given to the other agent, and its moves from them.
    noise : float
        Standard deviation of the noise in the moves.
    rounding : Rounding, optional
        Units to which the states (its `inputs`) and the answers are rounded.
    """
    if u.dtype == object:
        return _exact_fit(u, moves)
    halves = (0.0, 0.0) if rounding is None else (rounding.inputs.max() / 2, rounding.answers.max() / 2)
    return _float_fit(u, moves, noise, *map(float, halves))


def _float_fit(u: Array, moves: Array, noise: float, half_u: float, half_w: float) -> Fit:
    turns, d = u.shape
    fitted = regress(u, moves)
    own, freedom, spreads, entries = fitted.rounding + half_w, fitted.freedom, fitted.spreads, math.sqrt(turns * d)

    # A state that was rounded changes the answer by its error times I - P, of norm at most `passed`.
    excited = (spreads > (noise + own + half_u) / RESOLUTION) & (_SYMMETRY * entries * half_u < spreads / 2)
    k = int(excited.sum())
    basis, s = fitted.directions[:, :k], spreads[:k]
    columns = -(fitted.explained[:k] / s[:, None]).T
    inside = basis.T @ columns
    passed = float(np.linalg.norm(np.eye(d) - columns @ basis.T - basis @ columns.T + basis @ inside @ basis.T, 2))
    passed += _STEEPEST * (k < d)
    if k:
        passed += _SYMMETRY * (noise * _tail((k + 1) * d) + entries * own) / float(s[-1])
        passed /= 1 - _SYMMETRY * entries * half_u / float(s[-1])
    systematic = entries * (own + passed * half_u)

    affine = norm(fitted.residuals) <= noise * _tail(max(freedom, 0) * d) + systematic
    wobble = (noise * _tail(0, comparisons=max(k * k, 1)) + systematic) * (1 / s[:, None] + 1 / s)
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
        projector=basis @ basis.T if k < d else np.eye(d),
        directions=basis,
        spreads=s,
        error=_SYMMETRY * (noise * _tail((k + 1) * d) + systematic),
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
        error=0.0,
        excited=rank,
        turns=turns,
        freedom=turns - 1 - rank,
        affine=not np.any(deviations + states @ half.T != 0),
        symmetric_psd=symmetric and exact_algebra.positive_semidefinite(inside),
    )
