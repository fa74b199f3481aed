"""From text to rows of cells, by one separator: quotes, cells with line breaks in quotes, comments, empty lines.

Lines end with LF, CR LF or CR. A cell is quoted by ``"``, doubled inside; quotes elsewhere are refused. Blanks around
cells are no part of them. Lines that start with ``#`` are comments, unless it is an error of a spreadsheet (``#N/A``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["CellGrid", "Headed", "MalformedError", "Row", "cut"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r" *#(?!N/A|DIV/0!|REF!|VALUE!|NUM!|NAME\?|NULL!)")
_BLANKS = " \t"
_QUOTED = re.compile(r' *"((?:[^"]|"")*)"')


class MalformedError(Exception):
    """Quotes that do not fit this separator; its words name the line."""


@dataclass(frozen=True)
class Row:
    """The cells of one row.

    Attributes
    ----------
    line : int
        Line of the file where it starts, from 1.
    cells : list of str
    quoted : frozenset of int
        Positions of cells that were quoted.
    """

    line: int
    cells: list[str]
    quoted: frozenset[int] = frozenset()


@dataclass(frozen=True)
class CellGrid:
    """The rows of a file.

    Attributes
    ----------
    rows, comments : list of Row
        Comments are cut like rows, without ``#``.
    """

    rows: list[Row]
    comments: list[Row]


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


def cut(text: str, separator: str) -> CellGrid:
    """Cut a text into rows of cells; a separator of one blank stands for runs of blanks.

    Raises
    ------
    MalformedError
        A quotation mark inside an unquoted cell, text after a closing one, or none that closes.
    """
    rows, comments, start, line = [], [], 0, 1
    while start < len(text):
        end = _LINE_END.search(text, start)
        content = text[start : end.start() if end else len(text)]
        after = end.end() if end else len(text)
        if not content.strip(_BLANKS):
            lines = 1
        elif _COMMENT.match(content):
            comments.append(_comment(content.lstrip(" ")[1:], line, separator))
            lines = 1
        elif '"' not in content:
            rows.append(Row(line, _split(content, separator)))
            lines = 1
        else:
            row, after = _quoted_row(text, start, line, separator)
            rows.append(row)
            lines = len(_LINE_END.findall(text, start, after))
        line += lines
        start = after
    return CellGrid(rows, comments)


def _comment(content: str, line: int, separator: str) -> Row:
    try:
        return _quoted_row(content, 0, line, separator)[0]
    except MalformedError:
        return Row(line, _split(content, separator))


def _split(content: str, separator: str) -> list[str]:
    if separator == " ":
        return [cell for cell in content.split(" ") if cell]
    return [cell.strip(_BLANKS) for cell in content.split(separator)]


def _quoted_row(text: str, start: int, line: int, separator: str) -> tuple[Row, int]:
    """Cut the row that starts at a position; return it, and where the next one starts."""
    bare = re.compile(rf'[^"\r\n{re.escape(separator)}]*')
    cells: list[str] = []
    quoted = set()
    at = start
    while True:
        at = _skip_blanks(text, at) if separator == " " else at
        end = _LINE_END.match(text, at)
        if separator == " " and (end or at == len(text)):
            break
        found = _QUOTED.match(text, at)
        if found:
            quoted.add(len(cells))
            cells.append(found[1].replace('""', '"').strip(_BLANKS))
        else:
            found = bare.match(text, at)
            cells.append(found[0].strip(_BLANKS) if found else "")
        at = found.end() if found else at
        if separator != " " and len(cells) - 1 in quoted:
            at = _skip_blanks(text, at)
        end = _LINE_END.match(text, at)
        if end or at == len(text):
            break
        if text[at] != separator:
            raise MalformedError(_trouble(text, at, line, len(cells) - 1 in quoted))
        at += 1
    return Row(line, cells, frozenset(quoted)), end.end() if end else at


def _skip_blanks(text: str, at: int) -> int:
    while text.startswith(" ", at):
        at += 1
    return at


def _trouble(text: str, at: int, line: int, closed: bool) -> str:
    if closed:
        return f"line {line}: text follows a closing quotation mark; double the quotation marks inside a cell"
    if text.count('"', at) == 1:
        return f"line {line}: a quotation mark is not closed; close it"
    return f"line {line}: a quotation mark stands in a cell without quotes; quote the cell and double the mark"
