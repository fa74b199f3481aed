"""Rate and convergence of one turn, from the linear parts of the moves alone.

A direction is *frozen* when no agent moves along it: the common kernel of the displacements. Both
quantities here belong to the turn's linear map on the quotient by the frozen directions, which for symmetric
displacements (Gram matrices) is their orthogonal complement. Eigenvalues are those of the displacement D of
the turn, so that a rate close to 1 is decided from ``|1 + z|^2 - 1 = 2 Re z + |z|^2`` with full relative
accuracy.

In floating point a singular value counts as zero up to ``size * eps`` of the largest, each agent's
displacement scaled to norm 1 (eps = 2^-52, size = max(n of each prompt, d)). In exact mode the frozen directions
and the answer of :func:`contracts` are exact; only the value of the rate is rounded. Source: theorems
frozen-kernel and convergence-iff.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from numerics import exact
from numerics.agents.affine import AffineMap, one_turn
from numerics.validation import EPS, Array

__all__ = ["composition_scale", "contracts", "expands", "moving_eigenvalues", "rate", "rates"]


def _norm(matrix: Array) -> Array:
    return np.linalg.norm(matrix, axis=(-1, -2))  # type: ignore[no-any-return]


def composition_scale(maps: Sequence[AffineMap]) -> Array:
    """Return ``(1 + |P|) (1 + |Q|) ... - 1`` (Frobenius), which rounding errors of a turn are relative to."""
    return np.asarray(reduce(lambda p, q: p + q + p * q, (_norm(m.displacement) for m in maps)))


def moving_eigenvalues(maps: Sequence[AffineMap], size: int) -> Array:
    """Return the d eigenvalues (..., d) of the turn's displacement, -1 in place of each frozen one; floats only."""
    turn = one_turn(maps).displacement
    parts = []
    for matrix in (m.displacement for m in maps):
        norm = _norm(matrix)[..., None, None]
        scaled = np.divide(matrix, norm, out=np.zeros_like(matrix), where=norm > 0)
        parts.append(np.broadcast_to(scaled, turn.shape))
    _, values, right = np.linalg.svd(np.concatenate(parts, axis=-2), full_matrices=False)
    moving = values > size * EPS * values[..., :1]
    block = right @ turn @ right.swapaxes(-1, -2)
    block = np.where(moving[..., :, None] & moving[..., None, :], block, 0.0)
    diagonal = np.arange(turn.shape[-1])
    block[..., diagonal, diagonal] -= ~moving
    return np.linalg.eigvals(block)


def _exact_blocks(maps: Sequence[AffineMap]) -> tuple[tuple[int, ...], list[Array]]:
    turn = one_turn(maps).displacement
    batch, square = turn.shape[:-2], turn.shape
    moves = np.concatenate([np.broadcast_to(m.displacement, square) for m in maps], axis=-2)
    return batch, [exact.moving_block(moves[i], turn[i]) for i in np.ndindex(batch)]


def rate(maps: Sequence[AffineMap], size: int, eigenvalues: Array | None = None) -> Array:
    """Return the spectral radius of one turn on the moving part, shape (...); 0 where nothing moves.

    Parameters
    ----------
    maps : sequence of AffineMap
        The moves as :func:`~numerics.agents.affine.one_turn` takes them: W's, then U's, which comes first in a turn.
    size : int
        The dimension or the largest number of examples, for the rank tolerance.
    eigenvalues : (..., d) ndarray, optional
        What :func:`moving_eigenvalues` gives for these maps, where it is known already.
    """
    if maps[0].exact:
        return rates(maps, size)[0]
    z = moving_eigenvalues(maps, size) if eigenvalues is None else eigenvalues
    return abs(1 + z).max(axis=-1)[()]  # type: ignore[no-any-return]


def rates(maps: Sequence[AffineMap], size: int, eigenvalues: Array | None = None) -> tuple[Array, Array]:
    """Return the :func:`rate` and 1 less it, each (...): in exact mode to full accuracy, however slow the pair."""
    if maps[0].exact:
        batch, blocks = _exact_blocks(maps)
        values = [exact.nearest_to_unit_circle(exact.characteristic_polynomial(block)) for block in blocks]
        both = np.array(values, dtype=np.float64).reshape(*batch, 2)
        return both[..., 0][()], both[..., 1][()]
    z = moving_eigenvalues(maps, size) if eigenvalues is None else eigenvalues
    short = (-(2 * z.real + abs(z) ** 2) / (1 + abs(1 + z))).min(axis=-1)
    return rate(maps, size, z), short[()]


def _excess(maps: Sequence[AffineMap], size: int, z: Array) -> tuple[Array, Array]:
    """Return ``|1 + z|^2 - 1`` of every eigenvalue, and the size of its rounding error."""
    margin = 2 * (1 + abs(z)) * size * EPS * composition_scale(maps)[..., None]
    return 2 * z.real + abs(z) ** 2, margin


def contracts(maps: Sequence[AffineMap], size: int, eigenvalues: Array | None = None) -> Array:
    """Decide whether the spectral radius of one turn on the moving part is < 1; booleans of shape (...).

    Exact mode decides by the Schur-Cohn test on the rational characteristic polynomial. Floating point is
    conservative: True only when every eigenvalue is inside the unit circle by more than
    ``2 (1 + |z|) size eps`` times :func:`composition_scale`, the rounding error of the displacement.
    """
    if maps[0].exact:
        batch, blocks = _exact_blocks(maps)
        answers = []
        for block in blocks:
            unit = np.eye(len(block), dtype=np.int64).astype(object)
            answers.append(exact.roots_inside_unit_circle(exact.characteristic_polynomial(block + unit)))
        return np.array(answers, dtype=bool).reshape(batch)[()]
    z = moving_eigenvalues(maps, size) if eigenvalues is None else eigenvalues
    excess, margin = _excess(maps, size, z)
    # Where all displacements vanish the margin is 0 and z = -1: nothing moves, which is convergence.
    return np.asarray((excess < -margin).all(axis=-1))[()]


def expands(maps: Sequence[AffineMap], size: int, eigenvalues: Array) -> Array:
    """Decide whether the spectral radius is > 1 by more than rounding errors; (...). Floating point only.

    A pair that neither contracts nor expands is on the edge. `eigenvalues` as for :func:`rate`.
    """
    excess, margin = _excess(maps, size, eigenvalues)
    return np.asarray((excess > margin).any(axis=-1))[()]
