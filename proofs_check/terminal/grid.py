"""Tables whose numbers are never cut: text folds where the terminal is narrow, and where that does not help, or below
60 columns, every cell becomes a line "name: value".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from proofs_check.terminal.folding import folded
from proofs_check.terminal.words import visible

__all__ = ["LEAST_WIDTH", "Grid"]

#: Below so many columns there are no tables.
LEAST_WIDTH = 60

#: A column of text keeps so many columns, and all of its numbers whole.
_LEAST_TEXT = 8
_NUMBER = re.compile(r"[-+±(]*\d\S*")

Cell = str | Text


class Grid:
    """A table: what is printed, and what is written as CSV.

    Parameters
    ----------
    headings : sequence of str
        One for each column; in a line before the cell, empty ones are left out.
    title : str
    left : collection of int
        The columns of text, flush left. The others are flush right, and their cells are never folded.
    """

    def __init__(self, headings: Sequence[str], title: str = "", left: Collection[int] = (0,)) -> None:
        self.headings = [visible(heading) for heading in headings]
        self.title = visible(title)
        self.left = frozenset(left)
        self.rows: list[list[Text]] = []
        self._sections: set[int] = set()

    def add_row(self, *cells: Cell) -> None:
        """Add a row: user's text is taken as it is, with control characters made visible; a `Text` may have styles.

        Raises
        ------
        ValueError
            For more cells than headings.
        """
        if len(cells) > len(self.headings):
            raise ValueError(f"cells: at most {len(self.headings)}, one for each heading; got {len(cells)}")
        filled = [*cells, *[""] * (len(self.headings) - len(cells))]
        self.rows.append([cell if isinstance(cell, Text) else Text(visible(cell)) for cell in filled])

    def add_section(self) -> None:
        """Draw a line below the last row."""
        self._sections.add(len(self.rows) - 1)

    @property
    def cells(self) -> list[list[str]]:
        """The headings and the rows as plain text, for CSV."""
        return [self.headings, *([cell.plain for cell in row] for row in self.rows)]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._widths(options.max_width) if options.max_width >= LEAST_WIDTH else None
        if widths is None:
            yield from self._lines(options.max_width)
            return
        table = Table(title=Text(self.title, "italic") if self.title else None, title_justify="left", box=SIMPLE_HEAD)
        for i, (heading, width) in enumerate(zip(self.headings, widths, strict=True)):
            table.add_column(Text(heading), justify="left" if i in self.left else "right", width=width, overflow="fold")
        for i, row in enumerate(self.rows):
            table.add_row(*row, end_section=i in self._sections)
        yield table

    def _widths(self, width: int) -> list[int] | None:
        """The widths of the columns, or None if they do not suffice for the numbers."""
        columns = [[row[i] for row in self.rows] for i in range(len(self.headings))]
        wanted = [
            max([cell_len(heading), 1, *(cell_len(line) for cell in column for line in cell.plain.split("\n"))])
            for heading, column in zip(self.headings, columns, strict=True)
        ]
        least = [self._least(i, columns[i], wanted[i]) for i in range(len(columns))]
        # Words are broken only where they do not all fit.
        words = [
            max(
                low,
                *(cell_len(word) for text in [heading, *(cell.plain for cell in column)] for word in text.split()),
                0,
            )
            for low, heading, column in zip(least, self.headings, columns, strict=True)
        ]
        available = width - (3 * len(columns) + 1)
        found = words if sum(words) <= available else least
        free = available - sum(found)
        if free < 0:
            return None
        # The narrowest columns first, so that what they leave goes to the wide ones.
        order = sorted(range(len(columns)), key=lambda i: wanted[i] - found[i])
        for left, i in zip(range(len(order), 0, -1), order, strict=True):
            more = min(wanted[i] - found[i], free // left)
            found[i] += more
            free -= more
        return found

    def _least(self, i: int, column: Sequence[Text], wanted: int) -> int:
        heading = max((cell_len(word) for word in self.headings[i].split()), default=0)
        if i in self.left:
            numbers = (cell_len(number) for cell in column for number in _NUMBER.findall(cell.plain))
            return min(wanted, max([_LEAST_TEXT, *(n for n in numbers if n <= LEAST_WIDTH // 2)]))
        cells = max((cell_len(line) for cell in column for line in cell.plain.split("\n")), default=1)
        return min(wanted, max(cells, min(heading, _LEAST_TEXT)))

    def _lines(self, width: int) -> Iterator[Text]:
        if self.title:
            yield folded(Text(self.title, "italic"), width)
        for i, row in enumerate(self.rows):
            for k, (heading, cell) in enumerate(zip(self.headings, row, strict=True)):
                if cell.plain:
                    said = Text.assemble(f"{heading}: ", cell) if heading else cell
                    yield folded(said, width, indent="" if k == 0 else "  ")
            if i in self._sections and i + 1 < len(self.rows):
                yield Text()
        yield Text()
