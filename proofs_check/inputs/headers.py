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

import re
from itertools import pairwise

from proofs_check.errors import InputError
from proofs_check.inputs.decimals import (
    FULL,
    LONGEST_WHOLE,
    MISSING,
    counts_up,
    is_number,
    is_whole,
    resembles_number,
    significant,
)
from proofs_check.inputs.first_column import check_comments, decide_index, is_nameless
from proofs_check.inputs.grid import CellGrid, Headed, Row
from proofs_check.inputs.style import Style

__all__ = ["headed"]

#: Names that are numbers have at most as many digits.
_TERSE = 6
_IN_BRACKETS = re.compile(r"[(\[{].*[)\]}]")
_SAY = "say which with --header or --no-header"


def headed(path: str, grid: CellGrid, separator: str, header: bool | None, index: str | None) -> Headed:
    """Decide about the header and the first column.

    Parameters
    ----------
    path : str
        For messages.
    grid : CellGrid
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
    if comment is not None and header is not False:
        names, body = _names_in(path, comment, separator, sure=header is True), rows
        notes.append(f"names from the comment in line {comment.line}")
    elif header or short or (header is None and _is_header(path, rows, separator, notes)):
        names, body = rows[0].cells, rows[1:]
        if header is None:
            _check_second_header(path, body)
    else:
        body = rows
    if not body:
        raise InputError(f"{path}: has a header but no rows; add at least one row of numbers")
    if names is None:
        found = Headed([str(i + 1) for i in range(len(body[0].cells))], False, body, left_out, notes)
    else:
        found = Headed(["", *names] if short else list(names), True, body, left_out, notes)
    check_comments(path, grid, found)
    decide_index(path, found, separator, index, short)
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


def _commented_header(grid: CellGrid, rows: list[Row]) -> Row | None:
    """Return the last comment above a first row of numbers, if it has as many cells, not all of them numbers."""
    above = [_trimmed(comment) for comment in grid.comments if comment.line < rows[0].line]
    if not above or len(above[-1].cells) != len(rows[0].cells) or len(rows[0].cells) < 2:
        return None
    if all(map(resembles_number, above[-1].cells)) or not all(map(resembles_number, rows[0].cells)):
        return None
    return above[-1]


def _trimmed(comment: Row) -> Row:
    return comment if comment.cells and comment.cells[-1] else _shortened(comment)


def _names_in(path: str, comment: Row, separator: str, *, sure: bool) -> list[str]:
    """Return the names that a comment gives; refuse it if it may be a remark: it holds a number, or several words."""
    words = [_IN_BRACKETS.sub("", cell).strip() for cell in comment.cells]
    if not sure and any(resembles_number(word) or " " in word or not word for word in words):
        raise InputError(f"{path}, line {comment.line}: the comment may name the columns or be a remark; {_SAY}")
    return comment.cells


def _is_header(path: str, rows: list[Row], separator: str, notes: list[str]) -> bool:
    first, body = rows[0], rows[1:]
    numbers = [
        i for i, cell in enumerate(first.cells) if resembles_number(cell) and not _names_a_column(i, first, body)
    ]
    if not numbers:
        return any(cell.lower() not in MISSING for cell in first.cells)
    if len(numbers) == len(first.cells):
        return _numbers_are_names(path, first.cells, rows, separator, notes)
    words = [cell for i, cell in enumerate(first.cells) if i not in numbers]
    if words == [first.cells[0]] and is_nameless(words[0]):
        return _nameless_above_numbers(path, rows, notes)
    if all(word.lower() in MISSING for word in words):
        return False
    raise InputError(
        f"{path}, line {first.line}: the first row has names ({', '.join(map(repr, words[:3]))}) and numbers "
        f"({', '.join(first.cells[i] for i in numbers[:3])}); {_SAY}"
    )


def _names_a_column(position: int, first: Row, body: list[Row]) -> bool:
    return position in first.quoted and bool(body) and not any(position in row.quoted for row in body)


def _numbers_are_names(path: str, first: list[str], rows: list[Row], separator: str, notes: list[str]) -> bool:
    """Whether a first row of numbers is a header; refuse it if it may be."""
    if separator == "," and len(first) == 2 and all(_like_one_decimal(row) for row in rows):
        raise InputError(
            f"{path}: every row is two whole numbers joined by a comma, or one with a decimal comma; say that the "
            f"comma separates with --delimiter comma"
        )
    whole, short = all(map(is_whole, first)), max(map(significant, first)) <= _TERSE
    if not whole and not short:
        return False
    body = Style(rows[1:])
    if not body.numbers:
        return False
    counts = counts_up(first)
    if counts and (body.write_points or (body.without_whole and len(first) > 2)):
        notes.append("the first row of whole numbers is taken for the header")
        return True
    counts = counts or (whole and (len(first) > 2 or len(first[0]) == 4) and _follow_each_other(first))
    terse = short and body.digits >= FULL
    if counts or (whole and (body.without_whole or body.write_points or body.in_full)) or terse:
        raise InputError(f"{path}: its first row ({', '.join(first[:4])}) may name the columns or be data; {_SAY}")
    return False


def _follow_each_other(cells: list[str]) -> bool:
    if max(map(len, cells)) > LONGEST_WHOLE:
        return False
    return all(int(b) - int(a) == 1 for a, b in pairwise(cells))


def _check_second_header(path: str, rows: list[Row]) -> None:
    """Refuse a row of whole numbers below the header that may be a second one, as pandas writes for two levels."""
    first = rows[0].cells if rows else []
    if len(first) < 2 or not all(map(is_whole, first)):
        return
    body = Style(rows[1:])
    if not body.numbers:
        return
    counts = counts_up(first) and (body.without_whole or body.pointed > 1 or body.in_full)
    if body.write_points or counts or (body.without_whole and body.digits >= FULL):
        raise InputError(
            f"{path}, line {rows[0].line}: this row of whole numbers may be a second header; delete it, or say "
            f"with --header that it is data"
        )


def _like_one_decimal(row: Row) -> bool:
    return not row.quoted and is_whole(row.cells[0]) and row.cells[1].isdigit() and row.cells[1].isascii()


def _nameless_above_numbers(path: str, rows: list[Row], notes: list[str]) -> bool:
    """Whether a first row of an empty cell and numbers is a header: above a column that names or numbers the rows."""
    names, column = rows[0].cells[1:], [row.cells[0] for row in rows[1:]]
    if not column or len(set(names)) < len(names):
        return False
    if counts_up(column) or all(cell and not resembles_number(cell) for cell in column) or rows[0].cells[0]:
        notes.append("the numbers in the first row are taken for the header")
        return True
    raise InputError(f"{path}: its first row has an empty cell and numbers; {_SAY}")


def _check_names(path: str, names: list[str]) -> None:
    escaped = [name for name in names if name.endswith("\\") or "\\\\" in name]
    if escaped:
        raise InputError(f"{path}: a backslash in the column name {escaped[0]!r} may escape something; leave it out")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if "" in names:
        raise InputError(f"{path}: column {names.index('') + 1} has no name; give it one, or say --no-header")
    if repeated:
        raise InputError(f"{path}: column {repeated[0]!r} occurs more than once; give every column its own name")
