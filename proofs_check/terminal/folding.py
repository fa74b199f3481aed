"""Lines are broken between words only: a number, a path or an address stays whole, and sticks out if it has to."""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.text import Text

__all__ = ["folded"]


def folded(text: Text, width: int, indent: str = "") -> Text:
    """Return a text broken into lines of at most `width` columns where blanks allow it.

    Parameters
    ----------
    text : Text
        May have lines of its own.
    width : int
        Columns.
    indent : str
        Before every line.
    """
    lines = Text("\n").join(
        Text(indent).append_text(part) for line in text.split("\n") for part in _parts(line, width - len(indent))
    )
    lines.no_wrap, lines.overflow = True, "ignore"
    return lines


def _parts(line: Text, width: int) -> list[Text]:
    breaks: list[int] = []
    start, end = 0, 0
    for word in re.finditer(r"\S+", line.plain):
        if end and cell_len(line.plain[start : word.end()]) > width:
            start = word.start()
            breaks += [start]
        end = word.end()
    parts = list(line.divide(breaks))
    for part in parts[:-1]:
        part.rstrip()
    return parts
