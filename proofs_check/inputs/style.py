"""How the numbers of a file are written: what tells a header or a number of the row from data."""

from __future__ import annotations

from proofs_check.inputs.decimals import FULL, has_empty_decimals, is_whole, resembles_number, significant
from proofs_check.inputs.grid import Row

__all__ = ["Style"]


class Style:
    """How the numbers of some rows are written, column by column.

    Attributes
    ----------
    numbers : list of str
    without_whole : bool
        Whether all have a point or an exponent.
    pointed : int
        How many columns have no whole number.
    write_points : bool
        Whether a column writes its whole numbers like ``1.0``, never like ``1``.
    in_full : bool
        Whether a column has numbers of many digits only.
    digits : int
        The fewest significant digits; 0 without numbers.
    """

    def __init__(self, rows: list[Row]) -> None:
        columns = [[c for c in column if resembles_number(c)] for column in zip(*(r.cells for r in rows), strict=True)]
        pointed = [column for column in columns if not any(map(is_whole, column))]
        self.numbers = [cell for column in columns for cell in column]
        self.pointed = len(pointed)
        self.without_whole = len(pointed) == len(columns)
        self.write_points = any(has_empty_decimals(cell) for column in pointed for cell in column)
        self.in_full = any(column and min(map(significant, column)) >= FULL for column in pointed)
        self.digits = min(map(significant, self.numbers), default=0)
