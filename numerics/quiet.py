"""Warnings of runs, and a way to hold them back in one thread or task: Python's own filters belong to the process."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["held_back", "warn"]

_held: ContextVar[bool] = ContextVar("_held", default=False)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back what :func:`warn` says, in this thread or task, inside a ``with`` statement."""
    token = _held.set(True)
    try:
        yield
    finally:
        _held.reset(token)


def warn(message: str, category: type[Warning], *, stacklevel: int) -> None:
    """Warn as :func:`warnings.warn` does, unless warnings are held back; `stacklevel` 1 is the caller."""
    if not _held.get():
        warnings.warn(message, category, stacklevel=stacklevel + 1)
