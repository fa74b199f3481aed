"""What all commands write to: the page of the command, its tables, a file of JSON, a progress bar or a spinner."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from proofs_check.errors import InputError
from proofs_check.evidence.finding import plain
from proofs_check.terminal.grid import Grid
from proofs_check.terminal.page import STANDARD_OUTPUT, Page, current_page
from proofs_check.terminal.progress import progress, spinner

__all__ = [
    "console_for_output",
    "folder_for_output",
    "new_table",
    "plain_numbers",
    "progress",
    "spinner",
    "write_json",
]


def console_for_output() -> Page:
    """Return where the command prints: standard output, or standard error where that holds a report alone."""
    return current_page()


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


def new_table(*headings: str, title: str | None = None, left: Collection[int] = (0,)) -> Grid:
    """Return a table without rows; columns are flush right but for those numbered in `left`, by default the first.

    Headings, title and cells are plain text. Columns that are flush right are never folded: numbers belong there.
    """
    return Grid(headings, title or "", left)


def plain_numbers(values: Any) -> Any:
    """Return a number, or nested lists of an array's numbers, as JSON has them: what is not finite is text."""
    return plain(float(values)) if np.ndim(values) == 0 else [plain_numbers(value) for value in values]


def write_json(path: str, data: dict[str, Any]) -> None:
    """Write a report, to standard output if the path is ``-``.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    text = json.dumps(_finite(data), indent=1, allow_nan=False) + "\n"
    if path == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--json: cannot write {path} ({error.strerror})") from None


def _finite(data: Any) -> Any:
    """JSON has no numbers that are not finite: those that are left become text, as in `plain`."""
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return plain(data) if isinstance(data, float) and not math.isfinite(data) else data
