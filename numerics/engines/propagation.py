"""Many turns of two alternating affine moves: the last state in O(log turns) products, or every state.

A map ``x -> x + D x + c`` acts on rows as ``x + (x, 1) H`` with ``H = (D^T; c)`` of shape (d + 1, d). Applied twice
it is again of this form, with ``H (D^T + 2 I)`` in place of H: repeated squaring in this form never forms
``I + D``, which would round slow moves away, and never inverts anything, so that singular and divergent maps are
right as they stand. Trajectories double their length by one matrix product a time, up to 16 or 32 states, and then
grow by as many at a time.

Geometries are treated in blocks that fit the cache, all of a block at once: for small d, memory that is touched
for the first time costs more than the arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.engines.outputs import delivered, flat_memory
from numerics.errors import Overflow, ScaleError
from numerics.validation import Array

__all__ = ["answers", "finite_ones", "flat_rows", "in_blocks", "last_states", "trajectory"]

_BLOCK_VALUES = 2**19
_SAFE = 2.0**1000
#: How often one power of a map is applied to one state at most.
_APPLICATIONS = 2**16


def flat_rows(affine: AffineMap, batch: tuple[int, ...]) -> Array:
    """A map in the form H for a flattened batch, (N, d + 1, d); N = 1 for a map that all geometries share."""
    shape = (affine.d + 1, affine.d)
    shared = math.prod(affine.batch_shape) == 1
    return (affine.rows if shared else np.broadcast_to(affine.rows, (*batch, *shape))).reshape(-1, *shape)


def _of(rows: Array, block: slice) -> Array:
    return rows if len(rows) == 1 else rows[block]


def _after(second: Array, first: Array) -> Array:
    """Compose two maps in the form H."""
    both = first @ second[..., :-1, :]
    both += first
    return both + second


def _twice(H: Array) -> Array:
    d = H.shape[-1]
    factor = H[..., :-1, :].copy()
    factor.reshape(*H.shape[:-2], d * d)[..., :: d + 1] += 2
    return H @ factor


def in_blocks(count: int, values: int, most: int = _BLOCK_VALUES) -> Iterator[slice]:
    """Cut `count` geometries of `values` numbers each into blocks of at most `most` numbers, or of one geometry."""
    size = max(1, most // values)
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _largest(array: Array) -> float:
    return 0.0 if array.dtype == object else float(max(array.max(), -array.min()))


def finite_ones(array: Array) -> Array:
    """Return which geometries (leading axis) are finite; exact ones always are."""
    if array.dtype == object:
        return np.ones(len(array), dtype=bool)
    return np.asarray(np.isfinite(array).all(axis=tuple(range(1, array.ndim))))


def _all_finite(array: Array) -> bool:
    return array.dtype == object or bool(np.isfinite(array).all())


def last_states(map_w: AffineMap, map_u: AffineMap, w0: Array, turns: int) -> tuple[Array, Array, tuple[Array, Array]]:
    """Return the last states of a run, by repeated squaring: O(d^3 log turns) for each geometry.

    Parameters
    ----------
    map_w, map_u : AffineMap
        The two moves, batch shapes (...); U's comes first in a turn.
    w0 : (..., d) ndarray
        Starts, already broadcast to the full batch shape.
    turns : int
        Number of turns, >= 1.

    Returns
    -------
    w, u : (..., d) ndarray
        The last answers of both agents.
    moves : pair of (..., d) ndarray
        How far the first and the last turn moved W.

    Raises
    ------
    Overflow
        When a state is not finite.
    ScaleError
        When powers of the map overflow so early that the states, which do not, would take too long.
    """
    batch, d = w0.shape[:-1], w0.shape[-1]
    rows_w, rows_u = flat_rows(map_w, batch), flat_rows(map_u, batch)
    starts = w0.reshape(-1, d)
    results = np.empty((4, *starts.shape), dtype=w0.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for block in in_blocks(len(starts), 20 * d * d):
            second, first = _of(rows_w, block), _of(rows_u, block)
            power = turn = _after(second, first)
            row = np.ones((block.stop - block.start, 1, d + 1), dtype=w0.dtype)
            state = row[..., :d]
            state[:, 0] = starts[block]
            moved = row @ turn
            results[2, block] = moved[:, 0]
            if turns > 1:
                state += moved
            remaining = max(turns - 2, 0)
            # A squaring costs as much as d applications, done some eight times as fast.
            while remaining > max(1, d // 8):
                if remaining & 1:
                    state += row @ power
                remaining >>= 1
                power = _twice(power)
            for _ in range(remaining):
                state += row @ power
            if not _all_finite(state):
                _careful_last(turn, block, starts, state, turns - 1)
            before = state[:, 0].copy()
            state += row @ first
            results[1, block] = state[:, 0]
            state += row @ second
            results[0, block] = state[:, 0]
            results[3, block] = state[:, 0] - before
            if not _all_finite(results[:2, block]):
                finite = finite_ones(results[:2, block].swapaxes(0, 1))
                raise Overflow(block.start + int(finite.argmin()), turns)
    w, u, first_move, last_move = results.reshape(4, *w0.shape)
    return w, u, (first_move, last_move)


def _careful_last(turn: Array, block: slice, starts: Array, state: Array, turns: int) -> None:
    """Redo, in place, the geometries of a block that are not finite.

    A power of the map may overflow where the state does not (a start on the stable subspace): largest finite
    powers first, each as often as it fits.
    """
    for i in np.flatnonzero(~finite_ones(state)):
        g = block.start + int(i)
        powers = [turn[0] if len(turn) == 1 else turn[i]]
        while 2 ** len(powers) <= turns and np.isfinite(following := _twice(powers[-1])).all():
            powers.append(following)
        x, done = starts[g], 0
        for exponent in range(len(powers) - 1, -1, -1):
            most = done + 2**exponent * _APPLICATIONS
            while done + 2**exponent <= turns:
                if done >= most:
                    raise ScaleError(f"powers of the turn overflow long before the state; give at most {most} turns")
                candidate = x + (x @ powers[exponent][:-1] + powers[exponent][-1])
                if not np.isfinite(candidate).all():
                    break
                # A state that a power leaves as it is, it leaves so ever after.
                still = np.array_equal(candidate, x)
                x, done = candidate, done + (((turns - done) >> exponent) << exponent if still else 2**exponent)
        if done < turns:
            raise Overflow(g, done + 1)
        state[i, 0] = x


def trajectory(map_w: AffineMap, map_u: AffineMap, w0: Array, turns: int, out: Array | None = None) -> Array:
    """Return every state w of a run, (..., turns + 1, d): a few by doubling, then as many at a time.

    Parameters
    ----------
    map_w, map_u : AffineMap
        The two moves, batch shapes (...); U's comes first in a turn.
    w0 : (..., d) ndarray
        Starts, already broadcast to the full batch shape.
    turns : int
        Number of turns, >= 0.
    out : (..., turns + 1, d) ndarray, optional
        Where to write the states.

    Raises
    ------
    Overflow
        When a state is not finite.
    """
    batch, d = w0.shape[:-1], w0.shape[-1]
    rows_w, rows_u = flat_rows(map_w, batch), flat_rows(map_u, batch)
    unit = np.eye(d + 1, d, dtype=np.int64).astype(w0.dtype)
    starts = w0.reshape(-1, d)
    w = flat_memory(out, (len(starts), turns + 1, d), w0.dtype)
    rows = 2 ** _doublings(d, turns)
    # Rows (x, 1) that further rows are made from.
    blocks = list(in_blocks(len(starts), rows * (d + 1) + 10 * d * d))
    scratch = np.ones((blocks[0].stop, rows, d + 1), dtype=w0.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for block in blocks:
            states, result = scratch[: block.stop - block.start], w[block]
            states[:, 0, :d] = starts[block]
            power = turn = _after(_of(rows_w, block), _of(rows_u, block))
            filled = 1
            while filled < rows:
                np.matmul(states[:, :filled], power + unit, out=states[:, filled : 2 * filled, :d])
                filled *= 2
                power = _twice(power)
            result[:, :rows] = states[..., :d]
            power = power + unit
            while filled <= turns:
                following = result[:, filled : filled + rows]
                np.matmul(states[:, : following.shape[1]], power, out=following)
                filled += rows
                if filled <= turns:
                    states[..., :d] = following
            # What is not finite stays so: every later state is a sum that contains it. So the last ones tell.
            if not _all_finite(result[:, -rows:]):
                _careful_trajectory(turn, block, result)
    return delivered(w.reshape(*batch, turns + 1, d), out)


def _doublings(d: int, turns: int) -> int:
    """How often to double before going on by equal strides: a doubling costs as much as d turns, done faster."""
    return 0 if turns <= d else min(4 if d <= 64 else 5, turns.bit_length() - 1)


def _careful_trajectory(turn: Array, block: slice, states: Array) -> None:
    """Redo, turn by turn and in place, the geometries of a block that are not finite."""
    for i in np.flatnonzero(~finite_ones(states)):
        one = turn[0] if len(turn) == 1 else turn[i]
        for t in range(states.shape[1] - 1):
            x = states[i, t]
            states[i, t + 1] = x + (x @ one[:-1] + one[-1])
            if not np.isfinite(states[i, t + 1]).all():
                raise Overflow(block.start + int(i), t + 1)


def answers(move: AffineMap, w: Array) -> Array:
    """Return the image (..., t, d) of many states w (..., t, d) of each geometry under its map.

    Raises
    ------
    Overflow
        When an image is not finite.
    """
    batch, (count, d) = w.shape[:-2], w.shape[-2:]
    rows = flat_rows(move, batch)
    unit = np.eye(d + 1, d, dtype=np.int64).astype(w.dtype)
    states = w.reshape(math.prod(batch), count, d)
    images = np.empty(states.shape, dtype=w.dtype)
    blocks = list(in_blocks(len(states), (count + 1) * (d + 1) + 4 * d * d))
    scratch = np.ones((blocks[0].stop, count, d + 1), dtype=w.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for block in blocks:
            part, H = scratch[: block.stop - block.start], _of(rows, block)
            part[..., :d] = states[block]
            np.matmul(part, H + unit, out=images[block])
            # Where this bounds them, there is no need to go over the images.
            safe = not count or (d + 1) * (1 + _largest(H)) * max(1.0, _largest(part)) < _SAFE
            if not safe and not _all_finite(images[block]):
                geometry, turn = np.argwhere(~np.isfinite(images[block]).all(axis=-1))[0]
                raise Overflow(block.start + int(geometry), int(turn) + 1)
    return images.reshape(w.shape)
