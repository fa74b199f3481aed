"""Interrupts: Ctrl-C and a request to terminate end a command within two seconds, whatever it is doing.

Python delivers a signal between two instructions. A call into compiled code can take minutes, and leaving a pool of
threads waits for what they have begun; so a thread of its own sees every interrupt at once, and ends the process if it
has not ended by itself. Only what was being computed is lost: results that are gone on from are written as they come.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from proofs_check.terminal.exits import Exit

__all__ = ["PATIENCE", "interruptible"]

#: Seconds that an interrupted command has for ending by itself.
PATIENCE = 1.0

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def interruptible(say: Callable[[], None]) -> Iterator[None]:
    """Let the first interrupt raise KeyboardInterrupt, ignore further ones, and end the process if that does not.

    Parameters
    ----------
    say : callable
        Says that the command was interrupted; called only if the command has not ended in time, so it has to see to it
        that nothing is said twice.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A shell lets what it starts in the background ignore the interrupt: that stays so.
    heard = [number for number in _SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    threading.Thread(target=_watch, args=(reading, say), daemon=True).start()
    wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, _interrupt) for number in heard}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            if signal.getsignal(number) is _interrupt:  # not interrupted
                signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        os.close(writing)


def _interrupt(number: int, frame: Any) -> NoReturn:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch(reading: int, say: Callable[[], None]) -> None:
    while received := os.read(reading, 1):
        if received[0] in _SIGNALS:
            time.sleep(PATIENCE)
            say()
            with contextlib.suppress(OSError, ValueError, AttributeError):
                sys.stderr.flush()
            os._exit(Exit.INTERRUPTED)
    os.close(reading)
