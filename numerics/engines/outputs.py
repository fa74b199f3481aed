"""Memory that the caller hands in for results: what is refused, how it is filled, how an overwriting is noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numerics.errors import DTypeError, OptionError, ShapeError
from numerics.validation import Array

__all__ = ["check_out", "delivered", "flat_memory", "unchanged"]


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


def unchanged(states: Array, start: Array) -> Callable[[], Array]:
    """Return a function that hands the states (..., t, d) back, unless they were written over since.

    The first state is compared with the run's start (..., d), the last with what it was.
    """
    start, last = start.copy(), states[..., -1, :].copy()

    def read() -> Array:
        if not (np.array_equal(states[..., 0, :], start) and np.array_equal(states[..., -1, :], last)):
            raise OptionError(
                "the array passed as out= has been written over since this run, so U's answers to its states are "
                "lost; read run.u before using the array again"
            )
        return states

    return read
