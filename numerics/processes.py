"""Worker processes that end with the command that started them, at once, and never before it.

An interrupt from the keyboard reaches every process of a command. Workers leave it to the one that started them, which
ends them; and should that one be killed, they see it and end, too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait

__all__ = ["worker_processes"]

_FORGETTING = 0.2
#: Read by BLAS when it is loaded. Threads of several processes on the same cores wait for each other, by turning round.
_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextlib.contextmanager
def worker_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Start workers afresh: they share no state with this process. Left by an exception, they are killed.

    BLAS has one thread in each, unless the environment says how many.

    Parameters
    ----------
    count : int
        How many, at least 1.
    """
    before = set(active_children())
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_follow_parent)
    try:
        with _interrupts_held(), _one_thread_of_blas():
            for _ in range(count):  # a process is started for each
                pool.submit(int)
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        # The pool's own thread forgets what was cancelled first: it would fail to tell that its workers have died.
        time.sleep(_FORGETTING)
        for process in set(active_children()) - before:
            process.kill()
        raise
    pool.shutdown()


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes that are started meanwhile never see an interrupt; one that comes is delivered afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _one_thread_of_blas() -> Iterator[None]:
    """Processes that are started meanwhile load BLAS with one thread, if nothing else is asked for."""
    added = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _follow_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
