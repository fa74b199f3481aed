"""Memory that the caller hands in for results: what is refused, how it is filled, how an overwriting is noticed."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.errors import DTypeError, OptionError, ShapeError
from numerics.validation import Array, Frozen

__all__ = ["Watch", "check_out", "delivered", "flat_memory"]


def check_out(out: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse an `out` that is not a writeable array of this shape and type.

    Raises
    ------
    DTypeError, ShapeError, OptionError
    """
    if not isinstance(out, np.ndarray) or out.dtype != dtype:
        kind = f"an array of {out.dtype}" if isinstance(out, np.ndarray) else f"a {type(out).__name__}"
        raise DTypeError(f"out must be an ndarray of {dtype}, got {kind}; make it with np.empty({shape}, '{dtype}')")
    if out.shape != shape:
        raise ShapeError(f"out has shape {out.shape}; this run writes {shape}")
    if not out.flags.writeable:
        raise OptionError("out is read-only (states of an earlier run?); pass a writeable array")


def flat_memory(out: Array | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array of this shape to compute results in: `out` itself where it can be seen so, else a new one."""
    return np.empty(shape, dtype) if out is None or not out.flags.c_contiguous else out.reshape(shape)


def delivered(results: Array, out: Array | None) -> Array:
    """Return results (...) in `out` (...), copied unless they were computed there; as they are when it is None."""
    if out is None:
        return results
    if not np.shares_memory(results, out):
        out[...] = results
    return out


class Watch(Frozen):
    """Notices when states (..., t, d) in the caller's memory are written over.

    The first state is compared with the run's start (..., d), the last with what it was.
    """

    def __init__(self, states: Array, start: Array) -> None:
        self._states, self._start, self._last = states, start.copy(), states[..., -1, :].copy()

    def check(self) -> None:
        """Refuse states that have changed.

        Raises
        ------
        OptionError
        """
        first, last = self._states[..., 0, :], self._states[..., -1, :]
        if not (np.array_equal(first, self._start) and np.array_equal(last, self._last)):
            raise OptionError(
                "the array passed as out= has been written over since this run, so U's answers to its states are "
                "lost; read run.u before using the array again"
            )
