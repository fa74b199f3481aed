"""Tables of numbers from files, by rules that are written down; what was read is said in one line.

1. Bytes become text as `proofs_check.inputs.text` says; ``.xlsx`` and ``.parquet`` are read through pandas.
2. The separator is the one that gives all rows the same number of cells (`proofs_check.inputs.separators`).
3. Header, names or numbers of the rows, empty columns: `proofs_check.inputs.headers`.
4. Numbers are ASCII decimals (`proofs_check.inputs.decimals`); their exact values are kept.

Nothing is guessed: what may be read in two ways is refused, and the message names the option that decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from proofs_check.errors import InputError
from proofs_check.inputs.decimals import (
    MISSING,
    are_plain,
    decimal_of,
    is_number,
    separates_thousands,
)
from proofs_check.inputs.grid import Headed, Row
from proofs_check.inputs.headers import headed
from proofs_check.inputs.separators import NAMES, separated
from proofs_check.inputs.text import read_text, suffix_of
from proofs_check.inputs.workbooks import SUFFIXES, read_parquet, read_workbook
from proofs_check.terminal.words import counted

__all__ = ["PLAIN", "NumberTable", "Reading", "listed", "read_table", "shown"]

#: Names that `listed` writes before it counts the rest.
_LISTED = 12


@dataclass(frozen=True)
class Reading:
    """How files are read, where their user says so; what is None is found by the rules.

    Attributes
    ----------
    delimiter : str, optional
        One character; a blank stands for runs of blanks.
    decimal : {".", ","}, optional
        What separates the decimals; a point, unless it may separate thousands.
    header : bool, optional
        Whether the first row names the columns.
    index : {"keep", "drop"}, optional
        Whether the first column is data.
    sheet : str, optional
        Sheet of a workbook.
    """

    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    header: bool | None = None
    index: Literal["keep", "drop"] | None = None
    sheet: str | None = None


PLAIN = Reading()
#: What says nothing of files of a kind.
_IDLE = {"Parquet": ("delimiter", "header", "sheet"), "workbook": ("delimiter",), None: ("sheet",)}


@dataclass(frozen=True)
class NumberTable:
    """Columns of a file.

    Attributes
    ----------
    path : str
    names : tuple of str
        Names of the columns; ``1``, ``2``, … if the file has none.
    named : bool
    cells : Headed
        All rows, as text.
    decimal : str
    layout, notes : str
        What the file is, and what was not plain about it, in words.
    """

    path: str
    names: tuple[str, ...]
    named: bool
    cells: Headed
    decimal: str
    layout: str
    notes: tuple[str, ...]

    def decimals(self, wanted: Sequence[str] | None = None) -> tuple[tuple[str, ...], ...]:
        """Return rows of the wanted columns, or of all, as decimals with a point.

        Raises
        ------
        InputError
            A cell that is missing or no number, with its line and column; a row of another length.
        """
        names = self.names if wanted is None else wanted
        columns = [self.names.index(name) for name in names]
        return tuple(self._decimals(i, columns) for i in range(len(self.cells.rows)))

    def values(self, wanted: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Return the wanted columns, or all, as floats of shape (rows, columns); `InputError` as for `decimals`."""
        return np.array([[float(cell) for cell in row] for row in self.decimals(wanted)])

    def described(self, roles: str, used: Sequence[str]) -> str:
        """Say what was read; `roles` says what the used columns are."""
        rows, header = counted(len(self.cells.rows), "row"), "header" if self.named else "no header"
        said = f"Read {Path(self.path).name}: {self.layout}, {header}, {rows}; {roles}."
        unused = [name for name in self.names if name not in used]
        if unused:
            said += f" Not used: {listed(unused)}."
        if self.cells.left_out:
            said += f" Left out: {'; '.join(self.cells.left_out)}."
        if self.notes:
            said += f" Note: {'; '.join(self.notes)}."
        return said

    def _decimals(self, i: int, columns: list[int]) -> tuple[str, ...]:
        cells = self.cells.rows[i].cells
        wanted = tuple([cells[column] for column in columns])
        if self.decimal == "." and are_plain(wanted):
            return wanted
        return tuple(self._decimal(i, column) for column in columns)

    def _decimal(self, i: int, column: int) -> str:
        row = self.cells.rows[i]
        cell = row.cells[column]
        try:
            return decimal_of(cell, self.decimal)
        except ValueError as error:
            where = f"{self.path}, line {row.line}, column {shown(self.names[column])!r}"
            names_row = column == 0 and cell[:1].isalpha() and cell.lower() not in MISSING
            hint = "; if it names the row, say --index drop" if names_row else ""
            what = f": the value {error}" if str(error).startswith("is missing") else f": '{shown(cell)[:40]}' {error}"
            raise InputError(where + what + hint) from None


def shown(text: str) -> str:
    """Return a text of one line: what cannot be printed is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def listed(names: Sequence[str]) -> str:
    """Return names separated by commas, the first twelve and how many more."""
    more = len(names) - _LISTED
    words = ", ".join(shown(name) for name in names[:_LISTED])
    return f"{words}, … and {more} more" if more > 0 else words


def read_table(path: str, reading: Reading = PLAIN) -> NumberTable:
    """Read a table of cells, some of whose columns may be text.

    Raises
    ------
    InputError
        No such file, no text, no rows, or what may be read in two ways.
    """
    kind, decimal = SUFFIXES.get(suffix_of(path)), reading.decimal or "."
    commas = ", decimal commas" * (decimal == ",")
    idle = [f"--{name} says nothing of such a file" for name in _IDLE[kind] if getattr(reading, name) is not None]
    if suffix_of(path) in (".xls", ".ods", ".feather", ".pkl", ".npy", ".npz", ".mat", ".rds"):
        raise InputError(f"{path}: files of this kind are not read; save it as CSV, .xlsx or .parquet")
    if kind == "Parquet":
        found = read_parquet(path, reading.index, decimal)
        return NumberTable(path, tuple(found.names), True, found, decimal, kind + commas, tuple(idle))
    if kind is not None:
        grid, sheet = read_workbook(path, reading.sheet, decimal)
        found = headed(path, grid, "", reading.header, reading.index)
        layout = f"sheet {sheet!r}{commas}"
        return NumberTable(path, tuple(found.names), found.named, found, decimal, layout, (*found.notes, *idle))
    text = read_text(path)
    grid, separator = separated(path, text.content, reading.delimiter, decimal)
    guessed = separator if reading.delimiter is None else ""
    found = headed(path, grid, guessed, reading.header, reading.index)
    if reading.decimal is None and separator == ";" and may_be_thousands(found.rows):
        raise InputError(f"{path}: its points may separate decimals or thousands; say --decimal . or take them out")
    notes = [*text.notes, *found.notes, *idle]
    comments = len(grid.comments)
    if comments:
        notes.append(f"{counted(comments, 'line')} of comment")
    layout = f"{NAMES.get(separator, repr(separator))}-separated" if separator else "one column"
    return NumberTable(path, tuple(found.names), found.named, found, decimal, layout + commas, tuple(notes))


def may_be_thousands(rows: list[Row]) -> bool:
    """Whether every number with a point may be a whole one whose thousands are separated."""
    pointed = [cell for row in rows for cell in row.cells if "." in cell and is_number(cell)]
    return bool(pointed) and all(map(separates_thousands, pointed))
