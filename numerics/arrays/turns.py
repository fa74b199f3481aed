"""Many turns of two alternating affine moves in any array namespace, as :mod:`numerics.engines.propagation` does them.

A move acts on rows as ``x -> x + x D + c`` and is held as ``H = (D; c)``, shape (..., d + 1, d). Applied twice it is
``H D + 2 H``: repeated squaring forms neither ``I + D`` nor an inverse, so that singular and divergent maps are right
as they stand, and the last state takes O(log turns) products. Trajectories double their length by one product.

Only functions of the array API standard (2023.12) are called, and nothing is written in place. No value is read,
except with ``careful=True``, which treats the geometries that are not finite one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from numerics.errors import Overflow
from numerics.validation import broadcast_batches

__all__ = ["affine_move", "finite", "first_overflow", "last_states", "trajectory"]


def affine_move(xp: Any, X: Any, y: Any, step: Any) -> Any:
    """Return the move H (..., d + 1, d) of a gradient step: ``D = -step X^T X / n``, ``c = step X^T y / n``.

    Parameters
    ----------
    xp : namespace
        That of the arrays.
    X, y, step : (..., n, d), (..., n) and (...) array
        Examples, labels and step size, batch axes broadcast.
    """
    transposed = xp.matrix_transpose(X)
    gram, moment = transposed @ X, y[..., None, :] @ X
    batch = broadcast_batches(X=gram.shape[:-2], y=moment.shape[:-2])
    rows = [xp.broadcast_to(a, (*batch, *a.shape[-2:])) for a in (-gram, moment)]
    return step[..., None, None] * xp.concat(rows, axis=-2) / X.shape[-2]


def finite(xp: Any, *arrays: Any) -> Any:
    """Whether all entries are finite: a truth value of shape () that stays on the device."""
    return xp.all(xp.stack([xp.all(xp.isfinite(array)) for array in arrays]))


def first_overflow(xp: Any, states: Any) -> Overflow:
    """Name the first geometry, and its first row, of states (..., rows, d) that are not finite; reads two integers."""
    bad = xp.astype(~xp.all(xp.isfinite(states), axis=-1), xp.int32)
    geometry = int(xp.argmax(xp.reshape(xp.max(bad, axis=-1), (-1,))))
    row = int(xp.argmax(xp.reshape(bad, (-1, states.shape[-2]))[geometry, :]))
    return Overflow(geometry, row)


def _after(second: Any, first: Any) -> Any:
    return first @ second[..., :-1, :] + first + second


def _twice(H: Any) -> Any:
    return H @ H[..., :-1, :] + 2 * H


def _moved(x: Any, H: Any) -> Any:
    """The image of rows x (..., rows, d)."""
    return x + (x @ H[..., :-1, :] + H[..., -1:, :])


def last_states(xp: Any, second: Any, first: Any, start: Any, turns: int, *, careful: bool) -> tuple[Any, Any]:
    """Return the last states of W and of U, (..., 1, d) each, by repeated squaring.

    Parameters
    ----------
    xp : namespace
        That of the arrays.
    second, first : (..., d + 1, d) array
        The moves of W and of U; U's comes first in a turn.
    start : (..., 1, d) array
        Starts, already broadcast to the full batch shape.
    turns : int
        Number of turns, >= 1.
    careful : bool
        Redo the geometries that are not finite, reading values.

    Raises
    ------
    Overflow
        Only when careful: a state is not finite.
    """
    power = turn = _after(second, first)
    before, remaining = start, turns - 1
    # A squaring costs as much as d applications, done some eight times as fast.
    while remaining > max(1, start.shape[-1] // 8):
        if remaining & 1:
            before = _moved(before, power)
        power, remaining = _twice(power), remaining >> 1
    for _ in range(remaining):
        before = _moved(before, power)
    if careful:
        before = _redone(xp, before, lambda g: _careful_last(xp, turn, start, g, turns - 1))
    u = _moved(before, first)
    w = _moved(u, second)
    if careful and not bool(finite(xp, u, w)):
        raise Overflow(first_overflow(xp, xp.concat([u, w], axis=-2)).geometry, turns)
    return w, u


def trajectory(xp: Any, second: Any, first: Any, start: Any, turns: int, *, careful: bool) -> tuple[Any, Any]:
    """Return every state of W, (..., turns + 1, d), and of U, (..., turns, d), by doubling; `turns` >= 1.

    The other parameters and errors are those of :func:`last_states`.
    """
    power = turn = _after(second, first)
    w = start
    while (count := w.shape[-2]) <= turns:
        w = xp.concat([w, _moved(w[..., : min(count, turns + 1 - count), :], power)], axis=-2)
        if 2 * count <= turns:
            power = _twice(power)
    if careful:
        w = _redone(xp, w, lambda g: _careful_trajectory(xp, turn, start, g, turns))
    u = _moved(w[..., :-1, :], first)
    if careful and not bool(finite(xp, u)):
        overflow = first_overflow(xp, u)
        raise Overflow(overflow.geometry, overflow.turn + 1)
    return w, u


def _at(array: Any, geometry: int, like: Any) -> Any:
    """The last two axes of an array at a flat index into the batch shape of `like`, which it broadcasts to."""
    index = np.unravel_index(geometry, like.shape[:-2])
    sizes = array.shape[:-2]
    own = index[len(index) - len(sizes) :]
    return array[(*(0 if size == 1 else int(i) for i, size in zip(own, sizes, strict=True)), ...)]


def _redone(xp: Any, states: Any, redo: Callable[[int], Any]) -> Any:
    """Put redo(flat index), (rows, d), in the place of the geometries of states (..., rows, d) that are not finite."""
    flat = xp.reshape(states, (math.prod(states.shape[:-2]), *states.shape[-2:]))
    bad = xp.astype(~xp.all(xp.isfinite(flat), axis=(-2, -1)), xp.int32)
    pieces, done = [], 0
    while done < flat.shape[0] and bool(xp.any(bad[done:] != 0)):
        geometry = done + int(xp.argmax(bad[done:]))
        pieces += [flat[done:geometry, ...], redo(geometry)[None, ...]]
        done = geometry + 1
    return xp.reshape(xp.concat([*pieces, flat[done:, ...]], axis=0), states.shape)


def _careful_last(xp: Any, turn: Any, start: Any, geometry: int, turns: int) -> Any:
    """Make `turns` turns of one geometry, largest finite powers of the turn first, each as often as it fits.

    A power may overflow where the state does not (a start on the stable subspace).
    """
    powers = [_at(turn, geometry, start)]
    while 2 ** len(powers) <= turns and bool(finite(xp, following := _twice(powers[-1]))):
        powers.append(following)
    x, done = _at(start, geometry, start), 0
    for exponent in range(len(powers) - 1, -1, -1):
        while done + 2**exponent <= turns:
            candidate = _moved(x, powers[exponent])
            if not bool(finite(xp, candidate)):
                break
            x, done = candidate, done + 2**exponent
    if done < turns:
        raise Overflow(geometry, done + 1)
    return x


def _careful_trajectory(xp: Any, turn: Any, start: Any, geometry: int, turns: int) -> Any:
    """Make `turns` turns of one geometry, one after the other; the rows are its states."""
    states, one = [_at(start, geometry, start)], _at(turn, geometry, start)
    for t in range(turns):
        states.append(_moved(states[-1], one))
        if not bool(finite(xp, states[-1])):
            raise Overflow(geometry, t + 1)
    return xp.concat(states, axis=-2)
