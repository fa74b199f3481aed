"""The compiled engine: the kernels of :mod:`numerics.engines.kernels`, run on threads of their own (extra `fast`).

Same tasks and same arguments as the NumPy engine (:mod:`numerics.engines.propagation`), in double precision only.
Geometries are independent and each is computed by one thread in one order, so results do not depend on threads or on
the batch. What overflows in a kernel, a power of the turn perhaps although the states do not, is left to the NumPy
engine, which is careful about it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import pairwise
from threading import Thread

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.engines import propagation
from numerics.engines.outputs import delivered, flat_memory
from numerics.engines.propagation import flat_rows
from numerics.environment import cores
from numerics.errors import Overflow
from numerics.validation import Array, count

__all__ = ["answers", "last_states", "thread_limit", "threads", "trajectory"]

_limit: ContextVar[int | None] = ContextVar("_limit", default=None)
#: Shares a thread, so that one that is interrupted does not hold up the rest.
_SHARES = 4


def threads() -> int:
    """How many threads the engine may use: one for each processor of this process, or fewer (:func:`thread_limit`)."""
    limit = _limit.get()
    return cores() if limit is None else min(limit, cores())


@contextmanager
def thread_limit(most: int) -> Iterator[None]:
    """Let the engine use at most `most` threads, for calls from this thread or task, inside a ``with`` statement."""
    token = _limit.set(count("most", most, minimum=1))
    try:
        yield
    finally:
        _limit.reset(token)


def _shared_out(task: Callable[[int, int], object], geometries: int) -> None:
    """Call ``task(lo, hi)`` for shares of the geometries, on all threads; a kernel releases the interpreter's lock."""
    workers = min(threads(), geometries)
    if workers <= 1:
        task(0, geometries)
        return
    edges = [geometries * i // (_SHARES * workers) for i in range(_SHARES * workers + 1)]
    shares = iter(list(pairwise(edges)))

    def work() -> None:
        for lo, hi in shares:
            task(lo, hi)

    others = [Thread(target=work) for _ in range(workers - 1)]
    for thread in others:
        thread.start()
    work()
    for thread in others:
        thread.join()


@cache
def _kernel(name: str) -> Callable[..., None]:
    """Load a kernel, and Numba with it. What is loaded stays: to search it for garbage takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        from numerics.engines.kernels import kernel

        return kernel(name)
    finally:
        if enabled:
            gc.enable()


def _rows(affine: AffineMap, batch: tuple[int, ...]) -> Array:
    return np.ascontiguousarray(flat_rows(affine, batch))


def _starts(w0: Array) -> Array:
    return np.ascontiguousarray(w0.reshape(-1, w0.shape[-1]))


def _alone(affine: AffineMap, batch: tuple[int, ...], chosen: Array) -> AffineMap:
    """The maps of some geometries (flat indices)."""
    rows = flat_rows(affine, batch)
    rows = rows if len(rows) == 1 else rows[chosen]
    return AffineMap(rows[:, :-1].swapaxes(-1, -2), rows[:, -1])


@contextmanager
def _renumbered(chosen: Array) -> Iterator[None]:
    """Name the geometry of an overflow by its index in the whole batch."""
    try:
        yield
    except Overflow as error:
        raise Overflow(None if error.geometry is None else int(chosen[error.geometry]), error.turn) from None


def last_states(map_w: AffineMap, map_u: AffineMap, w0: Array, turns: int) -> tuple[Array, Array, tuple[Array, Array]]:
    """Return the last states of a run, as :func:`numerics.engines.propagation.last_states`."""
    batch, starts = w0.shape[:-1], _starts(w0)
    results, finite = np.empty((4, *starts.shape)), np.empty(len(starts), dtype=bool)
    maps, run = (_rows(map_w, batch), _rows(map_u, batch)), _kernel("last_states")
    _shared_out(lambda lo, hi: run(lo, hi, *maps, starts, turns, results, finite), len(starts))
    if not finite.all():
        chosen = np.flatnonzero(~finite)
        with _renumbered(chosen):
            alone_w, alone_u = _alone(map_w, batch, chosen), _alone(map_u, batch, chosen)
            w, u, moves = propagation.last_states(alone_w, alone_u, starts[chosen], turns)
        results[:, chosen] = w, u, *moves
    w, u, first_move, last_move = results.reshape(4, *w0.shape)
    return w, u, (first_move, last_move)


def trajectory(map_w: AffineMap, map_u: AffineMap, w0: Array, turns: int, out: Array | None = None) -> Array:
    """Return every state w of a run, as :func:`numerics.engines.propagation.trajectory`."""
    batch, starts = w0.shape[:-1], _starts(w0)
    d = starts.shape[-1]
    w = flat_memory(out, (len(starts), turns + 1, d), starts.dtype)
    finite = np.empty(len(starts), dtype=bool)
    maps, run = (_rows(map_w, batch), _rows(map_u, batch)), _kernel("trajectory")
    # Four or more states at a time fill the registers; making that power of the turn costs some 3 d turns.
    doublings = 0 if turns <= 3 * d else 4 if d == 8 else 3 if d <= 16 else 2
    _shared_out(lambda lo, hi: run(lo, hi, *maps, starts, turns, doublings, w, finite), len(starts))
    if not finite.all():
        chosen = np.flatnonzero(~finite)
        with _renumbered(chosen):
            alone_w, alone_u = _alone(map_w, batch, chosen), _alone(map_u, batch, chosen)
            w[chosen] = propagation.trajectory(alone_w, alone_u, starts[chosen], turns)
    return delivered(w.reshape(*batch, turns + 1, d), out)


def answers(move: AffineMap, w: Array) -> Array:
    """Return the image (..., t, d) of many states w (..., t, d), as :func:`numerics.engines.propagation.answers`."""
    batch, (number, d) = w.shape[:-2], w.shape[-2:]
    states = np.ascontiguousarray(w.reshape(-1, number, d))
    images, finite = np.empty(states.shape), np.empty(len(states), dtype=bool)
    rows, run = _rows(move, batch), _kernel("answers")
    _shared_out(lambda lo, hi: run(lo, hi, rows, states, images, finite), len(states))
    if not finite.all():
        chosen = np.flatnonzero(~finite)
        with _renumbered(chosen):
            images[chosen] = propagation.answers(_alone(move, batch, chosen), states[chosen])
    return images.reshape(w.shape)
