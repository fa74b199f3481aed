"""What all commands write to: a console, its tables, a file of JSON, a progress bar."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from proofs_check.errors import InputError
from proofs_check.evidence.finding import plain

__all__ = ["console_for_output", "folder_for_output", "new_table", "plain_numbers", "progress", "write_json"]


@contextlib.contextmanager
def progress(total: int, doing: str, width: int, *further: ProgressColumn) -> Iterator[Callable[[str], None]]:
    """Show a bar on standard error, on a terminal only; what it yields goes on by one and says what was done.

    Parameters
    ----------
    total : int
        How often it will go on.
    doing : str
        What is said at first.
    width : int
        Of the words, in characters.
    *further : ProgressColumn
        Columns after those for the share and the time.
    """
    console = Console(stderr=True)
    words = TextColumn(f"{{task.description:<{width}}}")
    columns = (words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), *further)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(doing, total=total)
        yield lambda done: progress.update(bar, advance=1, description=done)


def console_for_output() -> Console:
    """Return a console for standard output: 100 columns when it is not a terminal."""
    return Console() if sys.stdout.isatty() else Console(width=100)


def folder_for_output(path: str) -> Path:
    """Return the folder of ``--out``, made if need be.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    out = Path(path)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out: cannot create {out} ({error.strerror})") from None
    return out


def new_table(*headings: str, title: str | None = None, left: Collection[int] = (0,)) -> Table:
    """Return a table without rows; columns are flush right but for those numbered in `left`, by default the first."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="left" if i in left else "right")
    return table


def plain_numbers(values: Any) -> Any:
    """Return a number, or nested lists of an array's numbers, as JSON has them: what is not finite is text."""
    return plain(float(values)) if np.ndim(values) == 0 else [plain_numbers(value) for value in values]


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
