"""Cells read as numbers that are none, or numbers refused; lengths and sizes off by one; advice that does not fit."""

import re

import pytest

from proofs_check.inputs.decimals import (
    FULL,
    LONGEST_WHOLE,
    are_plain,
    are_thousands,
    counts_up,
    decimal_of,
    has_empty_decimals,
    is_number,
    is_whole,
    resembles_number,
    separates_thousands,
    significant,
)

#: As many characters as a number may have, and one more.
LONGEST, LONGER = "1." + "0" * 1998, "1." + "0" * 1999


@pytest.mark.parametrize(
    ("form", "are", "are_not"),
    [
        (is_number, ["0", "+1.", ".5", "-1.5e3", "1E-7"], ["", ".", "1,5", "inf", "1_0", "0x1F", "٣", "1e", "1 "]),
        (is_whole, ["0", "-12", "+3"], ["", "1.", "1e3", "1,0"]),
        (has_empty_decimals, ["1.0", "-2,", "3.00"], ["1", "1.01", ".0"]),
        (separates_thousands, ["12.345", "-1.000"], ["0.123", "1234.567", "1.23", "12.3456"]),
        (resembles_number, ["1.5", "1,5", "1'000'000,5", "1 000.5", "-INF", "infinity"], ["", "1,000.5.5", "x", "nan"]),
    ],
)
def test_forms(form, are, are_not):
    assert {cell: form(cell) for cell in are} == dict.fromkeys(are, True)
    assert {cell: form(cell) for cell in are_not} == dict.fromkeys(are_not, False)


def test_a_comma_between_thousands_has_one_to_three_digits_before_it_and_three_after():
    assert are_thousands("12", "345")
    assert are_thousands("-123", "345.6")
    assert not are_thousands("012", "345")
    assert not are_thousands("1234", "345")
    assert not are_thousands("12", "34")
    assert not are_thousands("12", "3456")


@pytest.mark.parametrize(
    ("cells", "counts"),
    [
        (["0", "1", "2"], True),
        (["1", "2"], True),
        (["0"], True),
        (["2", "3"], False),
        (["-1", "0"], False),
        (["0", "2"], False),
        (["1", "0"], False),
        (["0", "1.0"], False),
        ([], False),
        (["0" * 14 + "1"], True),
        (["0" * 15 + "1"], False),
    ],
)
def test_counting_up(cells, counts):
    assert LONGEST_WHOLE == 15
    assert counts_up(cells) is counts


def test_significant_digits_are_those_of_the_mantissa():
    """A double that was not rounded shows 12 of them or more."""
    assert FULL == 12
    cells = {"-0.0120e9": 3, "+1,50": 3, "0.0": 0, "100E-5": 3, "7": 1}
    assert {cell: significant(cell) for cell in cells} == cells


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("1.50", ".", "1.50"),
        ("-1,5", ",", "-1.5"),
        (",5e1", ",", ".5e1"),
        ("0.00e99999", ".", "0"),
        ("-0", ".", "0"),
        ("1.7976931348623157e308", ".", "1.7976931348623157e308"),
        ("5e-324", ".", "5e-324"),
        (LONGEST, ".", LONGEST),
    ],
)
def test_what_is_read(cell, decimal, number):
    assert decimal_of(cell, decimal) == number


@pytest.mark.parametrize(
    ("cell", "decimal", "why"),
    [
        ("1.8e308", ".", "is too large for double precision; choose another unit"),
        ("-1e400", ".", "is too large for double precision; choose another unit"),
        ("2e-324", ".", "is too small for double precision; choose another unit or write 0"),
        ("N/A", ".", "is missing; fill it in or drop the row"),
        ("", ",", "is missing; fill it in or drop the row"),
        (LONGER, ".", "has more than 2000 characters; is a quotation mark missing?"),
        ("-Infinity", ".", "is not finite; drop the row"),
        ("1.5", ",", "is not a number with a decimal comma; leave out --decimal ,"),
        (
            "1,5",
            ".",
            "is not a number: if it has a decimal comma give --decimal ,; if the comma separates thousands take it out",
        ),
        ("1'000", ".", "is not a number: take out what separates thousands"),
        ("1.000,5", ",", "is not a number: take out what separates thousands"),
        ("x", ".", "is not a number; correct it, or leave its column out"),
        ("x" * 2000, ".", "is not a number; correct it, or leave its column out"),
        ("1,5x", ",", "is not a number; correct it, or leave its column out"),
    ],
)
def test_why_a_cell_is_refused(cell, decimal, why):
    with pytest.raises(ValueError, match=re.escape(why)) as refused:
        decimal_of(cell, decimal)
    assert str(refused.value) == why
    assert decimal == "," or not are_plain(["1", cell])


def test_what_needs_no_reading_is_plain():
    assert are_plain([])
    assert are_plain(["0", "-0.0", "1.7976931348623157e308", "5e-324", LONGEST])
    assert not are_plain(["0e1"])  # read as 0
