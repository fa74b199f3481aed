"""Whether the first column is data, or names or numbers the rows.

A first column without a name, or under a header one cell shorter than the rows, is left out if it holds names or
distinct whole numbers, and refused otherwise. One that is called ``id``, ``index`` or the like, or that has no name
because the file has no header, may number the rows: that is noted, and refused where it would be used.
"""

from __future__ import annotations

from itertools import pairwise

from proofs_check.errors import InputError
from proofs_check.inputs.decimals import (
    LONGEST_WHOLE,
    MISSING,
    has_empty_decimals,
    is_whole,
    resembles_number,
)
from proofs_check.inputs.grid import CellGrid, Headed, Row
from proofs_check.inputs.style import Style

__all__ = ["NAMELESS", "check_comments", "decide_index"]

NAMELESS = frozenset({"", "unnamed: 0"})
_ROW_NUMBERS = {"index", "id", "row", "rows", "rowname", "rownames", "row.names", "row_names", "obs", "observation"}
_INDEX = "say with --index drop or --index keep whether it is left out"


def check_comments(path: str, grid: CellGrid, found: Headed) -> None:
    """Refuse a comment among rows that have names if it may be such a row, whose name starts with ``#``."""
    nameless = found.named and found.names[0].lower() in NAMELESS
    if not nameless and any(resembles_number(row.cells[0]) for row in found.rows):
        return
    for comment in grid.comments:
        if comment.line > grid.rows[0].line and len(comment.cells) == len(found.rows[0].cells):
            raise InputError(
                f"{path}, line {comment.line}: may be a comment, or a row whose name starts with #; "
                f"delete it, or quote the name"
            )


def decide_index(path: str, found: Headed, separator: str, index: str | None, short: bool) -> None:
    """Leave out the first column if it is no data; note where it may be none.

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
    name, column = found.names[0], [row.cells[0] for row in found.rows]
    nameless = found.named and name.lower() in NAMELESS
    words = all(
        cell.lower() not in MISSING and (0 in row.quoted or not resembles_number(cell))
        for cell, row in zip(column, found.rows, strict=True)
    )
    numbers = all(map(is_whole, column)) and len(set(column)) == len(column)
    if index == "keep":
        found.names[0] = "index" if nameless else name
        return
    if index is None and not nameless:
        found.doubtful = _doubt(path, found, name, column, numbers)
        return
    if index is None and not (words or numbers):
        raise InputError(
            f"{path}: its first column has no name, and holds neither names nor distinct whole numbers; {_INDEX}"
        )
    bare = not any(row.quoted for row in found.rows)
    if (
        index is None
        and short
        and separator == ","
        and bare
        and all(is_whole(c) for row in found.rows for c in row.cells)
    ):
        raise InputError(
            f"{path}: its rows have one cell more than its header: they may be numbered, or have a decimal comma; "
            f"say with --index drop that the first column is left out, or quote numbers with decimal commas"
        )
    if len(found.names) == 1:
        raise InputError(f"{path}: has no column but that of the rows' names; keep it with --index keep")
    kind = "names of the rows" if words else "row numbers" if numbers else "as asked"
    called = "no name" if nameless else repr(name)
    found.left_out.insert(0, f"first column ({called}, {kind})")
    found.names = found.names[1:]
    found.rows = [Row(row.line, row.cells[1:], frozenset(i - 1 for i in row.quoted if i)) for row in found.rows]


def _count_in_floats(column: list[str]) -> bool:
    # A column of row numbers with a gap in it is written as floats: 1.0, 2.0.
    return all(is_whole(cell) or has_empty_decimals(cell) for cell in column) and len(set(column)) == len(column)


def _doubt(path: str, found: Headed, name: str, column: list[str], numbers: bool) -> str:
    if found.named and name.lower() in _ROW_NUMBERS and (numbers or _count_in_floats(column)):
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
