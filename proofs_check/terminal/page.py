"""Where a command prints: its text, and the tables that are also written as CSV."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from proofs_check.errors import InputError
from proofs_check.terminal.folding import folded
from proofs_check.terminal.grid import Grid
from proofs_check.terminal.words import visible

__all__ = ["STANDARD_OUTPUT", "Page", "current_page", "opened_page"]

#: As the name of a file: standard output, which then has nothing else; the text goes to standard error.
STANDARD_OUTPUT = "-"

#: Columns where there is no terminal to ask.
_WIDTH = 100


class Page(Console):
    """A console that prints text as it is: nothing in it is markup, an emoji code or highlighted.

    Parameters
    ----------
    stderr : bool
        Print to standard error instead.
    width : int, optional
        Columns; by default those of the terminal, or 100 without one.
    """

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        stream = sys.stderr if stderr else sys.stdout
        if width is None and not stream.isatty():
            width = _WIDTH
        super().__init__(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)
        self.tables: list[Grid] = []

    def print(self, *objects: Any, **settings: Any) -> None:
        """Print; control characters in text are made visible, tables are kept, and no word is ever cut."""
        self.tables += [thing for thing in objects if isinstance(thing, Grid)]
        texts = [Text(visible(thing, keep="\n")) if isinstance(thing, str) else thing for thing in objects]
        if not settings.get("soft_wrap"):
            texts = [folded(thing, self.width) if isinstance(thing, Text) else thing for thing in texts]
        whole: dict[str, Any] = {"crop": False}
        if all(isinstance(thing, Text) for thing in texts):
            whole |= {"no_wrap": True, "overflow": "ignore"}
        super().print(*texts, **(whole | settings))

    def on_broken_pipe(self) -> None:
        """Leave a closed pipe to `ended`: the exit code of the library would be that of a verdict."""
        raise BrokenPipeError

    def write_tables(self, path: str) -> None:
        """Write the tables that were printed as CSV: to a folder one file each, or one after the other to ``-``.

        Raises
        ------
        InputError
            If the folder cannot be made or written to.
        """
        if path == STANDARD_OUTPUT:
            sys.stdout.write("\r\n".join(map(_csv, self.tables)))
            return
        folder = Path(path)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for number, table in enumerate(self.tables, 1):
                (folder / _file_name(number, table.title)).write_text(_csv(table), encoding="utf-8", newline="")
        except OSError as error:
            raise InputError(
                f"--csv: cannot write to the folder {path} ({error.strerror}); name one that can be written to"
            ) from None


def _csv(table: Grid) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(table.cells)
    return text.getvalue()


def _file_name(number: int, title: str) -> str:
    words = re.findall(r"[^\W_]+", title.partition(":")[0].partition(",")[0].lower())
    return "-".join([str(number), *words])[:60] + ".csv"


_PAGE: ContextVar[Page | None] = ContextVar("page", default=None)


@contextlib.contextmanager
def opened_page(*, stderr: bool = False) -> Iterator[Page]:
    """Make a page that `current_page` returns meanwhile."""
    token = _PAGE.set(page := Page(stderr=stderr))
    try:
        yield page
    finally:
        _PAGE.reset(token)


def current_page() -> Page:
    """Return the page of the command that runs, or one for standard output."""
    return _PAGE.get() or Page()
