"""Signs of life, on standard error, if that is a terminal, erased at the end: a bar, or a spinner for one call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from proofs_check.terminal.words import visible

__all__ = ["progress", "spinner"]


@contextlib.contextmanager
def progress(total: int, doing: str, width: int, *further: ProgressColumn) -> Iterator[Callable[[str], None]]:
    """Show a bar; what it yields goes on by one and says what was done.

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
    words = TextColumn(f"{{task.description:<{width}}}", markup=False)
    with _shown(words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), *further) as bar:
        task = bar.add_task(visible(doing), total=total)
        yield lambda done: bar.update(task, advance=1, description=visible(done))


@contextlib.contextmanager
def spinner(doing: str) -> Iterator[Callable[[str], None]]:
    """Show that something is being done, and for how long already; what it yields says what is done next.

    Parameters
    ----------
    doing : str
        What is done, as in "simulating".
    """
    with _shown(SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()) as bar:
        task = bar.add_task(visible(doing), total=None)
        yield lambda then: bar.update(task, description=visible(then))


def _shown(*columns: ProgressColumn) -> Progress:
    console = Console(stderr=True)
    # What is printed meanwhile to standard output must stay there.
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )
