"""What a number is in a file: an ASCII decimal such as ``-1.5e3``; not ``inf``, ``1_0``, ``0x1F`` or Arabic digits.

Decimal commas are read when asked for; thousands are not separated. A number too large or too small for double
precision is refused, never rounded to infinity or zero.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

__all__ = [
    "FULL",
    "LONGEST_WHOLE",
    "MISSING",
    "are_plain",
    "are_thousands",
    "counts_up",
    "decimal_of",
    "has_empty_decimals",
    "is_number",
    "is_whole",
    "resembles_number",
    "separates_thousands",
    "significant",
]

#: What stands for a missing value, in small letters.
MISSING = frozenset(
    {"", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none", "nat", "?", "-", "--", "."}
)  # fmt: skip

#: A double that was not rounded has at least as many digits.
FULL = 12

#: Row numbers and names of columns that count up have no more characters.
LONGEST_WHOLE = 15

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?(?:[0-9]+(?:,[0-9]+)?|,[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:([.,'’ \u00a0\u202f])[0-9]{3}(?:\1[0-9]{3})*)(?:[.,][0-9]*)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_EMPTY_DECIMALS = re.compile(r"[+-]?[0-9]+[.,]0*")
_ZERO = re.compile(r"[+-]?0*\.?0*")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
_HIGH = re.compile(r"[+-]?[1-9][0-9]{0,2}")
_LOW = re.compile(r"[0-9]{3}(?:\.[0-9]*)?")
_INFINITE = re.compile(r"[+-]?(?:inf|infinity)", re.IGNORECASE)
#: No double needs more characters than this, and longer ones take time.
_LONGEST = 2000


def is_number(cell: str) -> bool:
    """Whether a cell is a decimal with a point, or a whole number."""
    return _NUMBER.fullmatch(cell) is not None


def is_whole(cell: str) -> bool:
    """Whether a cell is a whole number, written without a point."""
    return _WHOLE.fullmatch(cell) is not None


def has_empty_decimals(cell: str) -> bool:
    """Whether a cell is a whole number written with a point, such as ``1.0``."""
    return _EMPTY_DECIMALS.fullmatch(cell) is not None


def separates_thousands(cell: str) -> bool:
    """Whether the point of a number may separate thousands, as in ``12.345``."""
    return _THOUSANDS.fullmatch(cell) is not None


def are_thousands(left: str, right: str) -> bool:
    """Whether two cells may be one number whose thousands a comma separates, as in ``12,345.6``."""
    return _HIGH.fullmatch(left) is not None and _LOW.fullmatch(right) is not None


def counts_up(cells: Sequence[str]) -> bool:
    """Whether the cells are whole numbers that count up by one, from 0 or 1."""
    if not cells or not all(is_whole(cell) and len(cell) <= LONGEST_WHOLE for cell in cells):
        return False
    values = [int(cell) for cell in cells]
    return values[0] in (0, 1) and values == list(range(values[0], values[0] + len(values)))


def resembles_number(cell: str) -> bool:
    """Whether a cell is a number in somebody's notation: decimal commas and separated thousands included."""
    return any(form.fullmatch(cell) for form in (_NUMBER, _COMMA, _GROUPED, _INFINITE))


def significant(cell: str) -> int:
    """Return how many significant digits a number is written with."""
    mantissa = re.split("[eE]", cell)[0]
    return len(mantissa.lstrip("+-").replace(".", "").replace(",", "").lstrip("0"))


def decimal_of(cell: str, decimal: str = ".") -> str:
    """Return a cell as a decimal with a point.

    Parameters
    ----------
    cell : str
        Text without blanks around it.
    decimal : {".", ","}
        What separates the decimals.

    Raises
    ------
    ValueError
        With words that follow "the cell" in a message: what it is, and what to do.
    """
    form = _NUMBER if decimal == "." else _COMMA
    if len(cell) > _LONGEST or form.fullmatch(cell) is None:
        raise ValueError(_why_not(cell, decimal))
    number = cell.replace(",", ".")
    value = float(number)
    if math.isinf(value):
        raise ValueError("is too large for double precision; choose another unit")
    if value == 0 and significant(number):
        raise ValueError("is too small for double precision; choose another unit or write 0")
    # An exponent of any length is no burden to a float, but to a fraction.
    return number if value else "0"


def are_plain(cells: Sequence[str]) -> bool:
    """Whether `decimal_of` would return all cells as they are; a short cut for many."""
    if not all(len(cell) <= _LONGEST and _NUMBER.fullmatch(cell) for cell in cells):
        return False
    values = [abs(float(cell)) for cell in cells]
    zeros = [cell for cell, value in zip(cells, values, strict=True) if value == 0]
    return math.inf not in values and all(map(_ZERO.fullmatch, zeros))


def _why_not(cell: str, decimal: str) -> str:
    if cell.lower() in MISSING:
        return "is missing; fill it in or drop the row"
    if len(cell) > _LONGEST:
        return f"has more than {_LONGEST} characters; is a quotation mark missing?"
    if _INFINITE.fullmatch(cell):
        return "is not finite; drop the row"
    if decimal == "," and is_number(cell):
        return "is not a number with a decimal comma; leave out --decimal ,"
    if decimal == "." and _COMMA.fullmatch(cell):
        return (
            "is not a number: if it has a decimal comma give --decimal ,; if the comma separates thousands take it out"
        )
    if _GROUPED.fullmatch(cell):
        return "is not a number: take out what separates thousands"
    return "is not a number; correct it, or leave its column out"
