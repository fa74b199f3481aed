"""Extrapolation to the fixed point of an affine map that is known only by question and answer.

Known are pairs ``u_j -> w_j`` of a map; ``r_j = w_j - u_j`` are its displacements. An affine map sends a combination
``sum c_j u_j`` with ``sum c_j = 1`` to the same combination of the answers, so that its displacement there is
``sum c_j r_j``, known without asking. The combination of least displacement (Anderson, reduced rank extrapolation,
GMRES on displacements) is the anchor; what to ask next is the anchor plus a step along its displacement, which is
the direction that the pairs do not know yet.

Pairs are arrays (..., k, d), the newest last, batched over leading axes. In floating point a displacement counts as
known up to ``noise = eps d max(|u_j|, |w_j|)`` (and 2^-440); singular values below 100 noise count as zero. That is the
regularisation: a direction that is not resolved keeps the coordinate of the newest pair. Rationals are exact.
Source: theorem blind-helper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics import exact
from numerics.validation import Array

__all__ = ["Anchor", "best_combination", "next_question"]

_EPS = float(np.finfo(np.float64).eps)
_VANISHING = 2.0**-440
_RESOLVED, _SETTLED, _RELIABLE, _REACHED = 100.0, 4.0, 1000.0, 1e-6


@dataclass(frozen=True)
class Anchor:
    """The combination of least displacement: the point (..., d) and the displacement (..., d) predicted there."""

    point: Array
    displacement: Array


def _noise(asked: Array, answered: Array) -> Array:
    """Size (...) of the rounding errors in the displacements."""
    largest = np.maximum(abs(asked).max(axis=(-1, -2)), abs(answered).max(axis=(-1, -2)))
    return np.asarray(_EPS * asked.shape[-1] * largest + _VANISHING)


def _dot(a: Array, b: Array) -> Array:
    return np.asarray((a * b).sum(axis=-1))


def _norm(vectors: Array) -> Array:
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def _pseudo_inverse(matrix: Array, cutoff: Array | None) -> Array:
    """Moore-Penrose inverse (..., k, m); singular values up to the cutoff (...) count as zero, None is exact."""
    if cutoff is None:
        return exact.pinv(matrix)
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    kept = values > cutoff[..., None]
    reciprocals = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    return np.asarray((right.swapaxes(-1, -2) * reciprocals[..., None, :]) @ left.swapaxes(-1, -2))


def best_combination(asked: Array, answered: Array) -> Anchor:
    """Return the combination of the pairs (..., k, d), k >= 1, whose displacement is shortest."""
    displacements = answered - asked
    if asked.shape[-2] == 1:
        return Anchor(asked[..., 0, :], displacements[..., 0, :])
    cutoff = None if asked.dtype == object else _RESOLVED * _noise(asked, answered)
    columns = (displacements[..., :-1, :] - displacements[..., -1:, :]).swapaxes(-1, -2)
    steps = (asked[..., :-1, :] - asked[..., -1:, :]).swapaxes(-1, -2)
    newest = displacements[..., -1, :, None]
    weights = _pseudo_inverse(columns, cutoff) @ newest
    return Anchor(
        asked[..., -1, :] - (steps @ weights)[..., 0],
        (newest - columns @ weights)[..., 0],
    )


def _step_length(asked: Array, answered: Array, anchor: Anchor, previous: Anchor) -> Array:
    """Step (..., 1) along the anchor's displacement; 1 is the map's own step.

    A displacement that is weak because the map is slow there would be lost in rounding errors at step 1. The step
    that would have cancelled most of the last question's displacement, had it gone on along its line, is longer
    by about the condition number already resolved (the second Barzilai-Borwein step). It is taken only where it is
    longer and everything in it is well above the noise.
    """
    moved = asked[..., -1, :] - previous.point
    change = previous.displacement - (answered - asked)[..., -1, :]
    slope, square = _dot(moved, change), _dot(change, change)
    reliable = _RELIABLE * _noise(asked, answered)
    taken = (slope > 0) & (_norm(change) > reliable) & (_norm(anchor.displacement) > reliable)
    longest = np.divide(slope, square, out=np.ones_like(slope), where=taken)
    return np.asarray(np.maximum(1.0, longest))[..., None]


def next_question(
    asked: Array,
    answered: Array,
    previous: Anchor | None,
    *,
    blocked: Array | None = None,
    partial: bool = False,
) -> tuple[Array, Anchor]:
    """Return where to ask next, (..., d), and the anchor it starts from.

    Parameters
    ----------
    asked, answered : (..., k, d) ndarray
        The pairs, k >= 1.
    previous : Anchor or None
        The anchor of the last call.
    blocked : (..., d, d) ndarray, optional
        Projector on the directions along which the next question cannot leave the newest answer.
    partial : bool
        What to do where a part of the way to the question is blocked: nothing, or, once the pairs explain all but a
        hundredth of the last displacement, go the part that is not.

    Notes
    -----
    The newest answer itself (doing nothing) is also returned where the last displacement is within the noise, and
    where the pairs would have the helper ask a question again, which could teach it nothing.
    """
    anchor = best_combination(asked, answered)
    newest = answered[..., -1, :]
    rational = asked.dtype == object
    step: Array | int = 1
    if previous is not None and not rational:
        step = _step_length(asked, answered, anchor, previous)
    question = anchor.point + step * anchor.displacement
    last = newest - asked[..., -1, :]
    settled = np.asarray(0 if rational else (_SETTLED * _noise(asked, answered)) ** 2)
    idle = _dot(last, last) <= settled
    if blocked is not None:
        way = question - newest
        missed = (blocked @ way[..., None])[..., 0]
        some = _dot(missed, missed) > (0 if rational else _REACHED**2 * _dot(way, way))
        question = question - missed
        if partial:
            some = some & (_dot(anchor.displacement, anchor.displacement) * 10_000 > _dot(last, last))
        idle = idle | some
    gaps = asked - question[..., None, :]
    idle = np.asarray(idle | (_dot(gaps, gaps) <= settled[..., None]).any(axis=-1), dtype=bool)
    return np.where(idle[..., None], newest, question), anchor
