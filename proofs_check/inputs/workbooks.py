"""Workbooks (``.xlsx``) and Parquet files, through pandas where it is installed.

A cell of text counts as quoted: what looks like a number there is a name. The names of a Parquet file are certain, and
so is its index, which is left out. Numbers are written with the decimal sign that text is said to have. Floats are
given by the shortest decimal that is read back as the same float.
"""

from __future__ import annotations

import warnings
from decimal import Decimal
from io import BytesIO
from numbers import Integral, Real
from typing import Any

from proofs_check.errors import InputError
from proofs_check.inputs.first_column import decide_index, decide_next
from proofs_check.inputs.grid import CellGrid, Headed, Row
from proofs_check.inputs.text import read_bytes

__all__ = ["SUFFIXES", "read_parquet", "read_workbook"]

SUFFIXES = {".xlsx": "workbook", ".xlsm": "workbook", ".parquet": "Parquet", ".pq": "Parquet"}


def read_workbook(path: str, sheet: str | None, decimal: str = ".") -> tuple[CellGrid, str]:
    """Read one sheet of a workbook: the one of that name, or the only one that is not empty.

    Raises
    ------
    InputError
        No such file or sheet, several sheets that are not empty, no pandas.
    """
    sheets = _through_pandas(path, "read_excel", sheet_name=None, header=None, dtype=object, keep_default_na=False)
    names = [name for name, frame in sheets.items() if frame.size] if sheet is None else [sheet]
    if sheet is not None and sheet not in sheets:
        raise InputError(f"{path}: has no sheet {sheet!r}; its sheets are {', '.join(sheets)}")
    if len(names) > 1:
        raise InputError(f"{path}: has several sheets ({', '.join(names)}); choose one with --sheet")
    rows = [] if not names else [_row(i, cells, decimal) for i, cells in enumerate(sheets[names[0]].values.tolist(), 1)]
    rows = [row for row in rows if any(row.cells)]
    if not rows:
        raise InputError(f"{path}: is empty; write at least one row of numbers")
    # A table may start away from the corner of its sheet.
    start = min(next(i for i, cell in enumerate(row.cells) if cell) for row in rows[:1])
    if any(row.cells[i] for row in rows for i in range(start)):
        start = 0
    rows = [Row(row.line, row.cells[start:], frozenset(i - start for i in row.quoted if i >= start)) for row in rows]
    return CellGrid(rows, []), names[0]


def read_parquet(path: str, index: str | None, decimal: str = ".") -> Headed:
    """Read a Parquet file; its index is left out, or its first column if `index` is ``keep``.

    Without an index it is read as any other table: its first column may number the rows.

    Raises
    ------
    InputError
        No such file, no table of named columns, no pandas.
    """
    frame = _through_pandas(path, "read_parquet")
    found = Headed([], True, [])
    own = type(frame.index).__name__ != "RangeIndex"
    if frame.columns.nlevels > 1:
        raise InputError(f"{path}: its columns have names of several levels; give every column one name")
    levels = [str(name) for name in frame.index.names if name is not None]
    if own and index == "keep":
        if set(levels) & set(map(str, frame.columns)):
            raise InputError(f"{path}: index and columns share a name ({', '.join(levels)}); give each its own name")
        frame = frame.reset_index()
    elif own:
        found.left_out.append(f"index ({', '.join(levels) or 'no name'})")
    found.names = [str(name) for name in frame.columns]
    if len(set(found.names)) < len(found.names) or not found.names or not len(frame):
        got = ", ".join(found.names)
        raise InputError(f"{path}: needs at least one row, and columns with names of their own; got {got}")
    columns = [frame[name].tolist() for name in frame.columns]
    found.rows = [_row(i, cells, decimal) for i, cells in enumerate(zip(*columns, strict=True), 1)]
    if not own:
        decide_index(path, found, "", index, short=False)
    elif index != "keep":
        decide_next(path, found, index)
    if "" in found.names:
        raise InputError(f"{path}: column {found.names.index('') + 1} has no name; give it one")
    return found


def _through_pandas(path: str, reader: str, **options: Any) -> Any:
    data = read_bytes(path)
    install = f"{path}: is read through pandas; pip install 'biased-equilibrium[files]', or save it as CSV"
    try:
        import pandas
    except ImportError:
        raise InputError(install) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return getattr(pandas, reader)(BytesIO(data), **options)
    except ImportError:
        raise InputError(install) from None
    except Exception as error:
        raise InputError(f"{path}: cannot be read ({' '.join(str(error).split())}); save it as CSV") from None


def _row(line: int, values: Any, decimal: str) -> Row:
    cells = [_cell(value) if isinstance(value, str) else _cell(value).replace(".", decimal) for value in values]
    quoted = frozenset(i for i, value in enumerate(values) if isinstance(value, str) and cells[i])
    return Row(line, cells, quoted)


def _cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        text = "" if value is None else str(value).strip()
        return "" if text in ("<NA>", "NaT") else text
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    number = float(value)
    return "" if number != number else repr(number)
