"""The equilibrium of agents that take turns, by plain linear algebra on the affine map of one turn.

A state is an equilibrium when a whole turn ``w -> w + D w + c`` leaves it alone: ``D w = -c``. From a start
w0 the answer is ``w0 - D^+ (D w0 + c)``, the nearest solution: it keeps the component of w0 along which the
turn does not move (Moore-Penrose inverse by SVD; exactly, by elimination, for rationals). D and c come from
the agents' own moves; no formula of the theory is used. Source of the statements it is a witness for:
biased-equilibrium and singular-equilibrium.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics import exact
from numerics.agents.affine import AffineMap, one_turn
from numerics.errors import NumericsError
from numerics.interaction.spectrum import composition_scale
from numerics.validation import EPS, Array, Frozen

__all__ = ["Equilibrium", "fixed_point", "stands_still"]


@dataclass(frozen=True, eq=False)
class Equilibrium(Frozen):
    """The equilibrium of a pair, or of more agents, from a given start, batched; all arrays dimensionless.

    Attributes
    ----------
    w : (..., d) ndarray
        W's weights after its move.
    u : (..., d) ndarray
        U's weights after its move.
    w_star, u_star : (..., d) ndarray or None
        The targets that the residuals are measured from; None for an agent without one.
    exists : (...) bool
        Whether a fixed point exists; where not (only with ``allow_missing=True``), w and u are NaN.
    unique : (...) bool
        Whether no other start has another equilibrium: the turn's displacement is invertible.
    kernel_dim : (...) int
        Dimension of the set of equilibria, ``d - rank D`` (0 when unique).
    rate : (...) float
        Spectral radius of one turn on the moving part.
    converges : (...) bool
        Whether the runs from every start converge; only then is (w, u) the limit of the run from w0.
    between : tuple of (..., d) ndarray
        Of more than two agents: the weights of those between the first, which is W here, and the last, U.
    targets_between : tuple of (..., d) ndarray or None
        Their targets.
    """

    w: Array
    u: Array
    w_star: Array | None
    u_star: Array | None
    exists: Array
    unique: Array
    kernel_dim: Array
    rate: Array
    converges: Array
    between: tuple[Array, ...] = ()
    targets_between: tuple[Array | None, ...] = ()

    @property
    def states(self) -> Array:
        """The weights of all agents after their moves, W's first, (..., N, d)."""
        return np.stack(np.broadcast_arrays(self.w, *self.between, self.u), axis=-2)

    @property
    def residuals(self) -> Array:
        """What all agents are left with, (..., N, d): their weights less their targets."""
        goals = (self.w_star, *self.targets_between, self.u_star)
        if any(goal is None for goal in goals):
            missing = [str(i + 1) for i, goal in enumerate(goals) if goal is None]
            raise NumericsError(f"no target is known of agent {', '.join(missing)}; subtract it from .states")
        found = [w - goal for w, goal in zip((self.w, *self.between, self.u), goals, strict=True)]
        return np.stack(np.broadcast_arrays(*found), axis=-2)

    @property
    def residual_w(self) -> Array:
        """``w - w*``, (..., d): what W is left with."""
        if self.w_star is None:
            raise NumericsError("agent_w has no target; pass w_star= to equilibrium()")
        return self.w - self.w_star

    @property
    def residual_u(self) -> Array:
        """``u - u*``, (..., d): what U is left with."""
        if self.u_star is None:
            raise NumericsError("agent_u has no target; pass u_star= to equilibrium()")
        return self.u - self.u_star


def _offset_scale(affine: AffineMap) -> Array:
    if affine.offset_scale is not None:
        return affine.offset_scale
    return np.asarray(np.linalg.norm(affine.offset, axis=-1))


def fixed_point(maps: Sequence[AffineMap], w0: Array, size: int) -> tuple[Array, Array, Array]:
    """Return the fixed point of a turn nearest to w0, whether it is one, and the rank of D.

    Parameters
    ----------
    maps : sequence of AffineMap
        The moves as :func:`~numerics.agents.affine.one_turn` takes them: W's, then U's, which comes first in a turn.
    w0 : (..., d) ndarray
        The start.
    size : int
        The dimension or the largest number of examples. In floating point a singular value of D counts as zero up to
        ``size * eps`` times :func:`~numerics.interaction.spectrum.composition_scale`.

    Returns
    -------
    w : (..., d) ndarray
        ``w0 - D^+ (D w0 + c)``, meaningless where no fixed point exists.
    exists : (...) bool
        In floating point: D has full rank, or the turn moves w by no more than ``10 size eps`` times the size
        of the terms that cancel.
    rank : (...) int
    """
    turn = one_turn(maps)
    D, c = turn.displacement, turn.offset
    forcing = (D @ w0[..., None])[..., 0] + c
    if turn.exact:
        w = w0 - (exact.pinv(D) @ forcing[..., None])[..., 0]
        left = (D @ w[..., None])[..., 0] + c
        return w, np.asarray((left == 0).all(axis=-1), dtype=bool)[()], exact.rank(D)[()]
    left_vectors, values, right = np.linalg.svd(D)
    scale = composition_scale(maps)
    kept = values > size * EPS * scale[..., None]
    reciprocals = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    coefficients = reciprocals[..., None] * (left_vectors.swapaxes(-1, -2) @ forcing[..., None])
    w = w0 - (right.swapaxes(-1, -2) @ coefficients)[..., 0]
    rank = kept.sum(axis=-1)
    sizes = np.linalg.norm(w, axis=-1) + np.linalg.norm(w0, axis=-1)
    exists = (rank == turn.d) | stands_still(maps, turn, w, sizes, size)
    return w, exists[()], rank[()]


def stands_still(maps: Sequence[AffineMap], turn: AffineMap, w: Array, sizes: Array, size: int) -> Array:
    """Decide whether a turn leaves w (..., d) where it is, up to rounding; (...). Floating point only.

    Parameters
    ----------
    maps, turn : sequence of AffineMap, AffineMap
        The moves, and their composition.
    w : (..., d) ndarray
        The states.
    sizes : (...) ndarray
        Norms of what the states were computed from.
    size : int
        As for :func:`fixed_point`: a turn may move w by ``10 size eps`` times the size of the terms that cancel.
    """
    left = np.linalg.norm((turn.displacement @ w[..., None])[..., 0] + turn.offset, axis=-1)
    first, *later = maps
    moves = (*later, first)
    offsets = _offset_scale(moves[0])
    for move in moves[1:]:
        offsets = _offset_scale(move) + (1 + np.linalg.norm(move.displacement, axis=(-1, -2))) * offsets
    return np.asarray(left <= 10 * size * EPS * (composition_scale(maps) * sizes + offsets))
