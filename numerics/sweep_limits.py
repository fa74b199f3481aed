"""One thread for each chunk under way: BLAS and compiled engines are held to it, and warnings of runs kept back.

BLAS threads times workers then never exceed the workers, and no result depends on a number of threads. The limit of
BLAS belongs to the process, and threadpoolctl lets one thread at a time change it, until it has ended or let go: so it
is held by the thread that starts a sweep on threads, and in other processes by a thread of its own, which the first
chunk under way starts and the last one ends.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from numerics.compiled import thread_limit
from numerics.quiet import held_back

__all__ = ["hold_blas", "one_thread"]

_lock = threading.Lock()
_limits = contextlib.ExitStack()
_active = 0


@contextlib.contextmanager
def hold_blas() -> Iterator[None]:
    """Hold BLAS to one thread, from this thread."""
    import scipy.special  # noqa: F401  # its BLAS is held only once it is loaded
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Hold BLAS and the compiled engine to one thread; hold back what runs warn of."""
    global _active
    with _lock:
        if _active == 0:
            _limits.enter_context(_keeper())
        _active += 1
    try:
        with thread_limit(1), held_back():
            yield
    finally:
        with _lock:
            _active -= 1
            if _active == 0:
                _limits.close()


@contextlib.contextmanager
def _keeper() -> Iterator[None]:
    """Hold BLAS from a thread that ends with the block, whichever thread ends it."""
    held, over = threading.Event(), threading.Event()

    def keep() -> None:
        try:
            with hold_blas():
                held.set()
                over.wait()
        finally:
            held.set()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    held.wait()
    try:
        yield
    finally:
        over.set()
        keeper.join()
