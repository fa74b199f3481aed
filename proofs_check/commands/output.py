"""What all commands write to: a console, a file of JSON, a progress bar."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from proofs_check.errors import InputError
from proofs_check.evidence.theorem import Result

__all__ = ["console_for_output", "progress", "write_json"]


@contextlib.contextmanager
def progress(total: int) -> Iterator[Callable[[Result], None]]:
    """Show a bar on standard error, on a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("checking", total=total)
        yield lambda result: progress.update(bar, advance=1, description=result.theorem.id)


def console_for_output() -> Console:
    """Return a console for standard output: 100 columns when it is not a terminal."""
    return Console() if sys.stdout.isatty() else Console(width=100)


def write_json(path: str, data: dict[str, Any]) -> None:
    """Write a report.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        Path(path).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--json: cannot write {path} ({error.strerror})") from None
