"""How a command ends: whatever happens becomes an exit code and at most one line on standard error.

What cannot be read of a text takes three: the message, the text, and a mark under where it stands.

Errors that the packages raise on purpose say themselves what to do. Some of other packages mean an input that cannot be
computed with, and get a sentence here. All others are defects: the line says how to report them.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from proofs_check.terminal.exits import EXITS, Exit
from proofs_check.terminal.interrupts import interruptible
from proofs_check.terminal.words import visible

__all__ = ["DEBUG", "ended"]

#: The environment variable that shows where an internal error arose, as --debug does.
DEBUG = "PROOFS_CHECK_DEBUG"

#: What errors of other packages mean, by the names of their classes, which are not loaded for it.
_FOREIGN = {
    "LinAlgError": "the numbers are too large, too small or too different for double precision; bring the columns to "
    "similar scales, or use --standardize",
    "BrokenProcessPool": "a worker process was ended from outside, often for want of memory; use fewer workers "
    "(--processes, --workers)",
    "MemoryError": "the memory does not suffice for so many examples, features or points; use fewer of them",
    "RecursionError": "an input is nested too deeply; simplify it",
}

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def ended(run: Callable[[], int], command: str, *, debug: bool) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    run : callable
        The command. `SystemExit` passes.
    command : str
        The command's name.
    debug : bool
        Whether an internal error is shown in full.
    """
    if sys.stdout is None:  # closed before the start, as by ">&-"
        return Exit.CLOSED
    say = _once(lambda: _say(_interrupted(command)))
    with _standard_streams(), interruptible(say):
        try:
            try:
                return run()
            finally:
                sys.stdout.flush()
        except KeyboardInterrupt:
            say()
            return Exit.INTERRUPTED
        except BrokenPipeError:
            _abandon(sys.stdout)
            return Exit.CLOSED
        except Exception as error:
            code, text = _meaning(error)
            if code == Exit.UNWRITTEN:
                _abandon(sys.stdout)
            if code == Exit.INTERNAL and debug:
                traceback.print_exc()
            _say(text)
            return code


def _meaning(error: Exception) -> tuple[Exit, str]:
    from numerics.errors import NumericsError
    from proofs_check.errors import CheckError
    from theory.errors import TheoryError

    said = " ".join(str(error).split("\n"))
    if isinstance(error, CheckError | TheoryError | NumericsError):
        return Exit.INPUT, f"error: {error if _pointed(str(error)) else said}"
    foreign = [_FOREIGN[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _FOREIGN]
    if foreign:
        return Exit.INPUT, f"error: {foreign[0]}" + (f" ({said})" if said else "")
    if isinstance(error, csv.Error):
        return Exit.INPUT, f"error: a file cannot be read as CSV ({said}); look for an open quotation mark"
    if isinstance(error, OSError) and error.errno in _FULL:
        return Exit.UNWRITTEN, f"error: the output cannot be written ({error.strerror}); make room, or write elsewhere"
    if isinstance(error, OSError) and error.filename is not None:
        return Exit.INPUT, f"error: {error.filename}: {error.strerror}; check the path and its permissions"
    kind = type(error).__name__
    return Exit.INTERNAL, (
        f"internal error: {kind}{': ' if said else ''}{said}; please report this line with the command and its files "
        f"(--debug shows where it arose)"
    )


def _pointed(text: str) -> bool:
    """Whether the last line is a mark under the line before."""
    return re.search(r"\n *\^+$", text) is not None


def _interrupted(command: str) -> str:
    text = EXITS.get(command, {}).get(Exit.INTERRUPTED, "interrupted; what was being computed is lost")
    return f"{text[0].upper()}{text[1:]}."


def _say(text: str) -> None:
    """Write one line, if there is still somewhere to write."""
    # A bar or a spinner may stand on the line.
    start = "\r\x1b[2K\x1b[?25h" if sys.stderr.isatty() else ""
    keep = "\n" if _pointed(text) else ""
    with contextlib.suppress(OSError, ValueError):
        print(f"{start}proofs-check: {visible(text, keep)}", file=sys.stderr, flush=True)


def _once(say: Callable[[], None]) -> Callable[[], None]:
    """Let two threads say one thing once."""
    first = threading.Lock()

    def said() -> None:
        if first.acquire(blocking=False):
            say()

    return said


@contextlib.contextmanager
def _standard_streams() -> Iterator[None]:
    """Let both streams take any text: what an encoding lacks is written as an escape."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    before = []
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            before.append((stream, stream.errors))
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        for stream, errors in before:
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors=errors)


def _abandon(stream: Any) -> None:
    """Write nothing more: what is still buffered must not fail once more when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
