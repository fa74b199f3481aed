"""Whether the first row names the columns, and whether the first column only numbers or names the rows.

* A first row without any number is a header; a number in quotes counts as a name if no number below it is quoted.
* A first row of names and numbers is refused.
* A first row of whole numbers that count up from 0 or 1, as pandas writes for columns without names, is a header if no
  number below is written without a point, and there are three columns or whole numbers are written ``1.0``. Where
  it may be either, it is refused; so are other first rows that differ in kind from all numbers below.
* The last comment above a first row of numbers names the columns if it has as many cells and none is a number.
* A first column without a name, or a header one cell shorter than the rows, is left out if it holds names or distinct
  whole numbers, and refused otherwise.
* An empty last column without a name is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from proofs_check.errors import InputError
from proofs_check.inputs.decimals import MISSING, has_empty_decimals, is_number, is_whole, resembles_number, significant
from proofs_check.inputs.grid import Grid, Row

__all__ = ["Headed", "headed"]

_NAMELESS = {"", "unnamed: 0"}
_ROW_NUMBERS = {"index", "id", "row", "rows", "rowname", "rownames", "row.names", "row_names", "obs", "observation"}
_SAY = "say which with --header or --no-header"
_INDEX = "say with --index drop or --index keep whether it is left out"


@dataclass
class Headed:
    """Rows below their header.

    Attributes
    ----------
    names : list of str
    named : bool
        Whether the file names the columns.
    rows : list of Row
    left_out : list of str
        What was left out and why.
    notes : list of str
        What decided about the header, where it was no plain one.
    doubtful : str
        Why the first column may be no data; empty if nothing says so.
    """

    names: list[str]
    named: bool
    rows: list[Row]
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubtful: str = ""


def headed(path: str, grid: Grid, separator: str, header: bool | None, index: str | None) -> Headed:
    """Decide about the header and the first column.

    Parameters
    ----------
    path : str
        For messages.
    grid : Grid
        Rows and comments of the file.
    separator : str
        The separator that was found; empty if it was given.
    header : bool, optional
        Whether the first row is a header, if that is known.
    index : {"keep", "drop"}, optional
        What to do with the first column, if that is known.

    Raises
    ------
    InputError
        What is ambiguous; columns without names or with the same one; no rows.
    """
    rows, left_out = _without_empty_column(path, grid.rows)
    short = len(rows) > 1 and len(rows[0].cells) == len(rows[1].cells) - 1
    if short and header is False:
        raise InputError(
            f"{path}: its first row is a cell shorter than the others, so it is a header; leave --no-header out"
        )
    comment = _commented_header(grid, rows)
    notes: list[str] = []
    names: list[str] | None = None
    if header or short or (header is None and _is_header(path, rows, separator, comment, notes)):
        names, body = rows[0].cells, rows[1:]
    elif comment is not None and header is None:
        names, body = comment.cells, rows
        notes.append(f"names from the comment in line {comment.line}")
    else:
        body = rows
    if not body:
        raise InputError(f"{path}: has a header but no rows; at least one row of numbers is needed")
    if names is None:
        found = Headed([str(i + 1) for i in range(len(body[0].cells))], False, body, left_out, notes)
    else:
        found = Headed(["", *names] if short else list(names), True, body, left_out, notes)
    _check_comments(path, grid, found)
    _decide_index(path, found, separator, index, short)
    _check_names(path, found.names)
    return found


def _without_empty_column(path: str, rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Leave out a last column without name and cells, as a separator at the end of every line makes."""
    first, *body = rows
    if not body or not first.cells:
        return rows, []
    empty = not any(row.cells[-1] for row in body)
    said = ["empty last column"]
    if len(first.cells) == len(body[0].cells) + 1 and not first.cells[-1]:
        return [_shortened(first), *body], said
    if empty and len(first.cells) == len(body[0].cells) - 1:
        column = [row.cells[0] for row in body]
        if any(not is_number(cell) or 0 in row.quoted for cell, row in zip(column, body, strict=True)):
            raise InputError(
                f"{path}: every row ends with an empty cell more than the header has; take the last separators out, "
                f"or name the first column"
            )
        return [first, *map(_shortened, body)], said
    if empty and not first.cells[-1] and len(first.cells) == len(body[0].cells) > 1:
        return [_shortened(row) for row in rows], said
    return rows, []


def _shortened(row: Row) -> Row:
    return Row(row.line, row.cells[:-1], row.quoted - {len(row.cells) - 1})


def _commented_header(grid: Grid, rows: list[Row]) -> Row | None:
    """Return the last comment above the first row, if it can name the columns."""
    above = [comment for comment in grid.comments if comment.line < rows[0].line]
    if not above or len(above[-1].cells) != len(rows[0].cells) or any(map(resembles_number, above[-1].cells)):
        return None
    return above[-1] if all(map(resembles_number, rows[0].cells)) else None


def _is_header(path: str, rows: list[Row], separator: str, comment: Row | None, notes: list[str]) -> bool:
    first, body = rows[0], rows[1:]
    numbers = [
        i for i, cell in enumerate(first.cells) if resembles_number(cell) and not _names_a_column(i, first, body)
    ]
    if not numbers:
        return any(cell.lower() not in MISSING for cell in first.cells)
    if len(numbers) == len(first.cells):
        return comment is None and _numbers_are_names(path, first.cells, rows, separator, notes)
    words = [cell for i, cell in enumerate(first.cells) if i not in numbers]
    if words == [first.cells[0]] and words[0].lower() in _NAMELESS:
        return _nameless_above_numbers(path, rows, notes)
    if all(word.lower() in MISSING for word in words):
        return False
    raise InputError(
        f"{path}, line {first.line}: the first row has names ({', '.join(map(repr, words[:3]))}) and numbers "
        f"({', '.join(first.cells[i] for i in numbers[:3])}); {_SAY}"
    )


def _names_a_column(position: int, first: Row, body: list[Row]) -> bool:
    return position in first.quoted and bool(body) and not any(position in row.quoted for row in body)


def _counts_up(cells: list[str], starts: tuple[int, ...] = (0, 1)) -> bool:
    """Whether the cells are whole numbers that count up by one."""
    if not all(is_whole(cell) and len(cell) < 16 for cell in cells):
        return False
    values = [int(cell) for cell in cells]
    return values[0] in starts and values == list(range(values[0], values[0] + len(values)))


def _numbers_are_names(path: str, first: list[str], rows: list[Row], separator: str, notes: list[str]) -> bool:
    """Whether a first row of numbers is a header; refuse it if it may be."""
    body = [cell for row in rows[1:] for cell in row.cells if resembles_number(cell)]
    if separator == "," and len(first) == 2 and all(_like_one_decimal(row) for row in rows):
        raise InputError(
            f"{path}: every row is two whole numbers joined by a comma, or one with a decimal comma; say that the "
            f"comma separates with --delimiter comma"
        )
    if not body:
        return False
    counts, whole = _counts_up(first), all(map(is_whole, first))
    pointed = not any(map(is_whole, body))
    writes_points = pointed and any(map(has_empty_decimals, body))
    if counts and pointed and (len(first) > 2 or writes_points):
        notes.append("the first row of whole numbers is taken for the header")
        return True
    terse = max(map(significant, first)) <= 6 and min(map(significant, body)) >= 12
    if counts or (whole and pointed) or terse:
        raise InputError(f"{path}: its first row ({', '.join(first[:4])}) may name the columns or be data; {_SAY}")
    return False


def _like_one_decimal(row: Row) -> bool:
    return not row.quoted and is_whole(row.cells[0]) and row.cells[1].isdigit() and row.cells[1].isascii()


def _nameless_above_numbers(path: str, rows: list[Row], notes: list[str]) -> bool:
    """Whether a first row of an empty cell and numbers is a header: above a column that names or numbers the rows."""
    names, column = rows[0].cells[1:], [row.cells[0] for row in rows[1:]]
    if not column or len(set(names)) < len(names):
        return False
    if _counts_up(column) or all(cell and not resembles_number(cell) for cell in column) or rows[0].cells[0]:
        notes.append("the numbers in the first row are taken for the header")
        return True
    raise InputError(f"{path}: its first row has an empty cell and numbers; {_SAY}")


def _check_comments(path: str, grid: Grid, found: Headed) -> None:
    """Refuse a comment among rows that have names if it may be such a row, whose name starts with ``#``."""
    names = [row.cells[0] for row in found.rows]
    if any(map(resembles_number, names)):
        return
    for comment in grid.comments:
        if comment.line > found.rows[0].line and len(comment.cells) == len(found.rows[0].cells):
            raise InputError(
                f"{path}, line {comment.line}: may be a comment, or a row whose name starts with #; "
                f"delete it, or quote the name"
            )


def _decide_index(path: str, found: Headed, separator: str, index: str | None, short: bool) -> None:
    name, column = found.names[0], [row.cells[0] for row in found.rows]
    nameless = found.named and name.lower() in _NAMELESS
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


def _doubt(path: str, found: Headed, name: str, column: list[str], numbers: bool) -> str:
    if found.named and name.lower() in _ROW_NUMBERS and numbers:
        return f"{path}: its first column, {name!r}, may number the rows; {_INDEX}"
    if not found.named and len(column) > 2 and _counts_up(column):
        return f"{path}: its first column counts up from {column[0]} and has no name: it may number the rows; {_INDEX}"
    return ""


def _check_names(path: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if "" in names:
        raise InputError(f"{path}: column {names.index('') + 1} has no name; give it one, or say --no-header")
    if repeated:
        raise InputError(f"{path}: column {repeated[0]!r} occurs more than once; give every column its own name")
