"""Which separator a text has: comma, semicolon, tab or runs of blanks.

It is the one by which all rows have the same number of cells, more than one. The first row may be a cell shorter, as R
writes a header above names of rows. If several separators fit, the one is taken by which every column but the first
holds numbers only; if still several do, the one by which the first does too, then the one by which the first row is as
long as the others. What is then open is refused.
"""

from __future__ import annotations

import re
from functools import partial

from proofs_check.errors import InputError
from proofs_check.inputs.decimals import MISSING, resembles_number
from proofs_check.inputs.grid import CellGrid, MalformedError, Row, cut
from proofs_check.terminal.words import counted

__all__ = ["NAMES", "separated"]

NAMES = {",": "comma", ";": "semicolon", "\t": "tab", " ": "blank"}
_SAID = re.compile(r"sep=([^\w\s]|\t)(?:\r\n|\n|\r)")
_CHOOSE = "choose with --delimiter comma, semicolon, tab or blank"


def separated(path: str, text: str, delimiter: str | None, decimal: str) -> tuple[CellGrid, str]:
    """Cut a text into rows.

    Parameters
    ----------
    path : str
        For messages.
    text : str
        Text of the file.
    delimiter : str, optional
        The separator, if it is known.
    decimal : {".", ","}
        With decimal commas a comma separates only cells some of which are quoted.

    Returns
    -------
    grid : CellGrid
    separator : str
        Empty if there is one column.

    Raises
    ------
    InputError
        No rows, rows of different length, no separator or more than one that fits.
    """
    said = _SAID.match(text)
    if said:
        # Excel's own line; what is left keeps the line numbers.
        text, delimiter = f"\n{text[said.end() :]}", delimiter or said[1]
    cuts: dict[str, CellGrid] = {}
    troubles = {}
    for separator in NAMES if delimiter is None else [delimiter]:
        try:
            cuts[separator] = cut(text, separator)
        except MalformedError as error:
            troubles[separator] = str(error)
    if not cuts:
        raise InputError(f"{path}, {min(troubles.values(), key=len)}")
    if not any(grid.rows for grid in cuts.values()):
        raise InputError(f"{path}: is empty; write at least one row of numbers")
    if delimiter is not None:
        _check_lengths(path, cuts[delimiter].rows, delimiter)
        return cuts[delimiter], delimiter
    fitting = {
        separator: grid
        for separator, grid in cuts.items()
        if _fits(grid.rows) and not (decimal == "," == separator and not _quotes_commas(grid.rows))
    }
    for better in (partial(_holds_numbers, start=1), partial(_holds_numbers, start=0), _is_level):
        fitting = {separator: grid for separator, grid in fitting.items() if better(grid.rows)} or fitting
    if len(fitting) > 1:
        words = " and ".join(NAMES[separator] for separator in fitting)
        raise InputError(f"{path}: its cells may be separated by {words}; {_CHOOSE}")
    if not fitting:
        _refuse(path, cuts, troubles)
    separator, grid = next(iter((fitting or cuts).items()))
    return grid, separator if fitting else ""


def _fits(rows: list[Row]) -> bool:
    """Whether all rows have the same number of cells above one; a header may be short, or have an empty last cell."""
    first, *others = rows
    widths = {len(row.cells) for row in others} or {len(first.cells)}
    if len(widths) > 1:
        return False
    [width] = widths
    long = len(first.cells) == width + 1 and not first.cells[-1]
    return width > 1 and (len(first.cells) in (width, width - 1) or long)


def _is_level(rows: list[Row]) -> bool:
    return len(rows) == 1 or len(rows[0].cells) >= len(rows[1].cells)


def _holds_numbers(rows: list[Row], start: int) -> bool:
    """Whether all columns from the one at `start` hold numbers only."""
    return all(
        resembles_number(cell) or cell.lower() in MISSING for row in (rows[1:] or rows) for cell in row.cells[start:]
    )


def _quotes_commas(rows: list[Row]) -> bool:
    return any("," in cell for row in rows[1:] for cell in row.cells)


def _check_lengths(path: str, rows: list[Row], separator: str) -> None:
    """Refuse rows of different length; the first may be one cell shorter or have an empty last one more."""
    first, *others = rows
    for row in others:
        if len(row.cells) != len(others[0].cells):
            _refuse_length(path, row, others[0], separator)
    if len(rows) > 1 and not _fits(rows) and len(first.cells) != len(others[0].cells):
        _refuse_length(path, others[0], first, separator)


def _refuse_length(path: str, row: Row, other: Row, separator: str) -> None:
    by = f"by {NAMES.get(separator, repr(separator))}s" if separator in NAMES else f"by {separator!r}"
    raise InputError(
        f"{path}, line {row.line}: has {counted(len(row.cells), 'cell')} separated {by}, but line {other.line} has "
        f"{len(other.cells)}; every row needs as many, an empty one for a missing value"
    )


def _refuse(path: str, cuts: dict[str, CellGrid], troubles: dict[str, str]) -> None:
    """Say why no separator fits, by the one that cuts the first row into most cells; one column needs none."""
    separator = max(cuts, key=lambda key: len(cuts[key].rows[0].cells) if cuts[key].rows else 0)
    rows = cuts[separator].rows
    if len(rows[0].cells) == 1 and all(len(row.cells) == 1 for grid in cuts.values() for row in grid.rows):
        return
    if troubles and len(rows[0].cells) == 1:
        raise InputError(f"{path}, {min(troubles.values(), key=len)}")
    _check_lengths(path, rows, separator)
    raise InputError(f"{path}: no separator gives all rows the same number of cells; {_CHOOSE}")
