"""Workbooks (``.xlsx``) and Parquet files, through pandas where it is installed.

A cell of text counts as quoted: what looks like a number there is a name. The names of a Parquet file are certain, and
so is its index, which is left out. Floats are given by the shortest decimal that is read back as the same float.
"""

from __future__ import annotations

import warnings
from decimal import Decimal
from io import BytesIO
from numbers import Integral, Real
from typing import Any

from proofs_check.errors import InputError
from proofs_check.inputs.grid import CellGrid, Headed, Row
from proofs_check.inputs.text import read_bytes

__all__ = ["SUFFIXES", "read_parquet", "read_workbook"]

SUFFIXES = {".xlsx": "workbook", ".xlsm": "workbook", ".parquet": "Parquet", ".pq": "Parquet"}


def read_workbook(path: str, sheet: str | None) -> tuple[CellGrid, str]:
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
    rows = [] if not names else [_row(i, cells) for i, cells in enumerate(sheets[names[0]].values.tolist(), 1)]
    rows = [row for row in rows if any(row.cells)]
    if not rows:
        raise InputError(f"{path}: is empty; write at least one row of numbers")
    # A table may start away from the corner of its sheet.
    start = min(next(i for i, cell in enumerate(row.cells) if cell) for row in rows[:1])
    if any(row.cells[i] for row in rows for i in range(start)):
        start = 0
    rows = [Row(row.line, row.cells[start:], frozenset(i - start for i in row.quoted if i >= start)) for row in rows]
    return CellGrid(rows, []), names[0]


def read_parquet(path: str, index: str | None) -> Headed:
    """Read a Parquet file; its index is left out, or its first column if `index` is ``keep``.

    Raises
    ------
    InputError
        No such file, no table of named columns, no pandas.
    """
    frame = _through_pandas(path, "read_parquet")
    left_out = []
    if frame.columns.nlevels > 1:
        raise InputError(f"{path}: its columns have names of several levels; give every column one name")
    if type(frame.index).__name__ != "RangeIndex":
        if index == "keep":
            frame = frame.reset_index()
        else:
            left_out = [f"index ({', '.join(map(str, frame.index.names)) if any(frame.index.names) else 'no name'})"]
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names) or not names or not len(frame):
        raise InputError(f"{path}: needs at least one row, and columns with names of their own; got {', '.join(names)}")
    columns = [frame[name].tolist() for name in frame.columns]
    rows = [_row(i, cells) for i, cells in enumerate(zip(*columns, strict=True), 1)]
    return Headed(names, True, rows, left_out)


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


def _row(line: int, values: Any) -> Row:
    cells = [_cell(value) for value in values]
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
