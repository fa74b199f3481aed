"""Whether the first column is data, or names or numbers the rows.

A first column without a name, or under a header one cell shorter than the rows, is left out if it holds names or
distinct whole numbers, and refused otherwise; so is the next one, as pandas writes them when it saves a file that it
saved before. One that is called ``id``, ``index`` or the like, or that has no name
because the file has no header, may number the rows: that is noted, and refused where it would be used.
"""

from __future__ import annotations

import re
from itertools import pairwise

from proofs_check.errors import InputError
from proofs_check.inputs.decimals import (
    LONGEST_WHOLE,
    MISSING,
    are_thousands,
    has_empty_decimals,
    is_whole,
    resembles_number,
)
from proofs_check.inputs.grid import CellGrid, Headed, Row
from proofs_check.inputs.style import Style

__all__ = ["check_comments", "decide_index", "decide_next", "is_nameless"]

#: No name, or what pandas and Arrow call an index that has none.
_NAMELESS = re.compile(r"(unnamed: 0(\.[0-9]+)*|__index_level_[0-9]+__)?")
_ROW_NUMBERS = {
    *("index", "id", "obs", "observation", "no", "no.", "nr", "nr.", "case", "#"),
    *("row", "rows", "rowname", "rownames", "row.names", "row_names", "row_id", "row_number"),
}
_INDEX = "say with --index drop or --index keep whether it is left out"


def is_nameless(name: str) -> bool:
    """Whether a first column of this name has none."""
    return _NAMELESS.fullmatch(name.lower()) is not None


def check_comments(path: str, grid: CellGrid, found: Headed) -> None:
    """Refuse a comment among rows that have names if it may be such a row, whose name starts with ``#``."""
    nameless = found.named and is_nameless(found.names[0])
    if not nameless and any(resembles_number(row.cells[0]) for row in found.rows):
        return
    for comment in grid.comments:
        if comment.line > grid.rows[0].line and len(comment.cells) == len(found.rows[0].cells):
            raise InputError(
                f"{path}, line {comment.line}: may be a comment, or a row whose name starts with #; "
                f"delete it, or quote the name"
            )


def decide_index(path: str, found: Headed, separator: str, index: str | None, short: bool) -> None:
    """Leave out the first columns that are no data; note where the next one may be none.

    Parameters
    ----------
    path : str
        For messages.
    found : Headed
        Rows below their header; changed.
    separator : str
        The separator that was found; empty if it was given.
    index : {"keep", "drop"}, optional
        What to do, if that is known.
    short : bool
        Whether the header is a cell shorter than the rows.

    Raises
    ------
    InputError
        A column without a name that holds neither names nor distinct whole numbers.
    """
    nameless = found.named and is_nameless(found.names[0])
    if index == "keep":
        found.names[0] = "index" if nameless else found.names[0]
    elif index is None and not nameless:
        found.doubtful = _doubt(path, found)
    else:
        if index is None and short and separator == "," and _may_be_joined(found.rows):
            raise InputError(
                f"{path}: its rows have one cell more than its header: they may be numbered, or have a decimal comma "
                f"or separated thousands; say with --index drop that the first column is left out, or quote numbers "
                f"with commas"
            )
        _leave_out(path, found, index, "first")
        decide_next(path, found, index)


def decide_next(path: str, found: Headed, index: str | None) -> None:
    """Do the same with what follows a column that was left out, where it may be no data either."""
    while found.named and len(found.names) > 1:
        doubt = _doubt(path, found)
        unnamed = found.names[0] and is_nameless(found.names[0])  # empty names are refused
        if not unnamed and not (doubt and index):
            found.doubtful = doubt
            return
        _leave_out(path, found, index, "next")


def _leave_out(path: str, found: Headed, index: str | None, which: str) -> None:
    name, column = found.names[0], [row.cells[0] for row in found.rows]
    words = all(
        cell.lower() not in MISSING and (0 in row.quoted or not resembles_number(cell))
        for cell, row in zip(column, found.rows, strict=True)
    )
    numbers = _number_rows(column)
    if index is None and not (words or numbers):
        raise InputError(
            f"{path}: its {which} column has no name, and holds neither names nor distinct whole numbers; {_INDEX}"
        )
    if len(found.names) == 1:
        raise InputError(f"{path}: has no column but that of the rows' names; keep it with --index keep")
    kind = "names of the rows" if words else "row numbers" if numbers else "as asked"
    called = "no name" if found.named and is_nameless(name) else repr(name)
    found.left_out.append(f"{which} column ({called}, {kind})")
    found.names = found.names[1:]
    found.rows = [Row(row.line, row.cells[1:], frozenset(i - 1 for i in row.quoted if i)) for row in found.rows]


def _number_rows(column: list[str]) -> bool:
    return all(map(is_whole, column)) and len(set(column)) == len(column)


def _count_in_floats(column: list[str]) -> bool:
    # A column of row numbers with a gap in it is written as floats: 1.0, 2.0.
    return all(is_whole(cell) or has_empty_decimals(cell) for cell in column) and len(set(column)) == len(column)


def _may_be_joined(rows: list[Row]) -> bool:
    """Whether a comma may stand inside a number of every row: all cells are whole, or two columns are thousands."""
    if any(row.quoted for row in rows):
        return False
    columns = list(zip(*(row.cells for row in rows), strict=True))
    return all(is_whole(cell) for column in columns for cell in column) or any(
        all(map(are_thousands, left, right)) for left, right in pairwise(columns)
    )


def _doubt(path: str, found: Headed) -> str:
    name, column = found.names[0], [row.cells[0] for row in found.rows]
    numbers = _number_rows(column)
    if found.named and name.lower() in _ROW_NUMBERS and _count_in_floats(column):
        return f"{path}: its first column, {name!r}, may number the rows; {_INDEX}"
    if found.named or not numbers or len(found.names) == 1:
        return ""
    others = Style([Row(row.line, row.cells[1:]) for row in found.rows])
    if len(column) == 1:
        regular = column == ["0"] and others.pointed > 0
    else:
        ordered = sorted(map(int, column)) if max(map(len, column)) <= LONGEST_WHOLE else []
        regular = len({b - a for a, b in pairwise(ordered)}) == 1 and (len(column) > 2 or ordered in ([0, 1], [1, 2]))
    doubt = regular or others.without_whole or others.write_points or others.in_full
    return f"{path}: its first column has no name and may number the rows; {_INDEX}" if doubt else ""
