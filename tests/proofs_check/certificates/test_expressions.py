"""Expressions as they are written: how a text is taken apart, what is counted, and the value at given matrices."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from proofs_check.certificates.expressions import (
    Letter,
    Number,
    Product,
    SignedSum,
    Unfit,
    degree,
    eye,
    factors,
    letters,
    on,
    parse,
    relation,
    value,
)
from proofs_check.errors import InputError

X, Y, TURNED = Letter("X", False), Letter("Y_1", False), Letter("X", True)
ONE, TWO, HALF = Number(Fraction(1)), Number(Fraction(2)), Number(Fraction(1, 2))


def rows(*given):
    return np.array([[Fraction(x) for x in row] for row in given], dtype=object)


def same(found, expected):
    """Exactly, and still fractions."""
    assert found.shape == expected.shape
    assert found.tolist() == expected.tolist()
    return all(type(x) is Fraction for x in found.flat)


# How it is read ------------------------------------------------------------------------------------

READ = {
    "X": X,
    "X'": TURNED,
    "1/2": HALF,
    "(X)": X,
    "((2))": TWO,
    "2 X'": Product((TWO, TURNED)),
    "X (Y_1 X)": Product((X, Product((Y, X)))),
    "-X": SignedSum(((-1, X),)),
    "(-X)": SignedSum(((-1, X),)),
    "X - Y_1": SignedSum(((1, X), (-1, Y))),
    "-X + Y_1": SignedSum(((-1, X), (1, Y))),
    "X + Y_1 - 2": SignedSum(((1, X), (1, Y), (-1, TWO))),
    "1 - (X - Y_1) X": SignedSum(((1, ONE), (-1, Product((SignedSum(((1, X), (-1, Y))), X))))),
    "(X + Y_1)(X)": Product((SignedSum(((1, X), (1, Y))), X)),
    "_ X": Product((Letter("_", False), X)),
}


@pytest.mark.parametrize("text", READ)
def test_a_text_is_taken_apart(text):
    assert parse(text) == READ[text]


UNREAD = {
    "": "a term is missing",
    "-": "a term is missing",
    "+ X": "a term is missing",
    "X -": "a term is missing",
    "X + + X": "a term is missing",
    "X - - X": "a term is missing",
    "()": "a term is missing",
    "X ()": "a term is missing",
    "(X": "a bracket is not closed",
    "(X + (X)": "a bracket is not closed",
    "X)": "cannot read on at",
    "(X)) + X": "cannot read on at",
    "X''": "no letter and no number",
    "X * X": "no letter and no number",
    "'": "no letter and no number",
}


@pytest.mark.parametrize("text", UNREAD)
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(InputError, match=UNREAD[text]):
        parse(text)


@pytest.mark.parametrize("sign", ["=", ">=", ">"])
def test_a_relation_has_two_sides_and_a_sign(sign):
    text = f"X + 2 {sign} X'"
    stated = relation(text)
    assert (stated.left, stated.sign, stated.right, stated.text) == (parse("X + 2"), sign, TURNED, text)
    for wrong in ("X", f"X {sign} X {sign} X", f"{sign} X", f"X {sign}"):
        with pytest.raises(InputError):
            relation(wrong)


# What is counted -----------------------------------------------------------------------------------


def test_letters_are_those_of_all_parts():
    assert letters(parse("2 A' (B - 1/2 C) + D - 3")) == set("ABCD")
    assert letters(TWO) == set()
    stated = relation("A B = 1 - C'")
    assert stated.letters == set("ABC")
    assert stated.degrees == {"A": 1, "B": 1, "C": 1}


def test_the_degree_is_that_of_the_longest_product():
    """Products count each factor, sums the greatest term; what cancels counts too."""
    node = parse("A B A' - 2 (A + B B (B + 1)) + 3")
    assert [degree(node, unknown) for unknown in ("", "A", "B", "AB")] == [0, 2, 3, 3]
    assert degree(TWO, {"A"}) == 0
    assert degree(parse("A A - A A"), {"A"}) == 2
    assert degree(parse("long (long + 1)"), {"long"}) == 2
    left, right = relation("A A = B"), relation("B >= A A")
    assert [stated.degree({"A"}) for stated in (left, right)] == [2, 2]
    assert left.degrees == right.degrees == {"A": 2, "B": 1}


def test_factors_of_factors_are_factors():
    assert factors(parse("2 (X (X' Y_1)) (X)")) == (TWO, X, TURNED, Y, X)
    assert factors(X) == (X,)
    assert factors(parse("X + X")) == (parse("X + X"),)


# What it is at matrices ----------------------------------------------------------------------------

AT = {
    "A": rows([1, 2], [3, 4]),
    "W": rows([1, 0, 2], [0, 1, "1/2"]),
    "v": rows([1], [-1]),
    "eta": Fraction(2, 3),
    "E": np.empty((0, 0), dtype=object),
}
VALUES = {
    "2 - 1/2": Fraction(3, 2),
    "eta' eta": Fraction(4, 9),
    "1 - eta - eta": Fraction(-1, 3),
    "A'": rows([1, 3], [2, 4]),
    "A A": rows([7, 10], [15, 22]),
    "A A'": rows([5, 11], [11, 25]),
    "A v": rows([-1], [-1]),
    "v' A": rows([-2, -2]),
    "v v'": rows([1, -1], [-1, 1]),
    "W'": rows([1, 0], [0, 1], [2, "1/2"]),
    "A W": rows([1, 2, 3], [3, 4, 8]),
    "eta A": rows(["2/3", "4/3"], [2, "8/3"]),
    "A eta": rows(["2/3", "4/3"], [2, "8/3"]),
    "A - 1": rows([0, 2], [3, 3]),
    "1 - A": rows([0, -2], [-3, -3]),
    "-A + A'": rows([0, 1], [-1, 0]),
    "eta + A": rows(["5/3", 2], [3, "14/3"]),
    "W + 0": rows([1, 0, 2], [0, 1, "1/2"]),
    "0 + W": rows([1, 0, 2], [0, 1, "1/2"]),
    "W - W": rows([0, 0, 0], [0, 0, 0]),
}


@pytest.mark.parametrize("text", VALUES)
def test_an_expression_has_its_value(text):
    found, expected = value(parse(text), AT), VALUES[text]
    assert same(found, expected) if isinstance(expected, np.ndarray) else found == expected
    assert AT["A"].tolist() == [[1, 2], [3, 4]]


def test_a_gap_is_left_minus_right():
    assert same(relation("A = 1").gap(AT), rows([0, 2], [3, 3]))
    assert same(relation("1 >= A").gap(AT), rows([0, -2], [-3, -3]))
    assert relation("eta > 1").gap(AT) == Fraction(-1, 3)


@pytest.mark.parametrize("text", ["W A", "W W", "A + W", "W - v", "W - W'", "v + 1", "1 - W", "W eta + eta"])
def test_what_does_not_fit_has_no_value(text):
    with pytest.raises(Unfit):
        value(parse(text), AT)


def test_a_number_acts_on_every_space():
    assert same(eye(3), rows([1, 0, 0], [0, 1, 0], [0, 0, 1]))
    assert same(on(Fraction(-2), (2, 2)), rows([-2, 0], [0, -2]))
    assert same(on(Fraction(0), (1, 2)), rows([0, 0]))
    assert same(on(Fraction(0), (2, 2)), rows([0, 0], [0, 0]))
    for shape in ((1, 2), (2, 1)):
        with pytest.raises(Unfit):
            on(Fraction(1), shape)


def test_without_dimension_there_are_no_entries():
    for text in ("E E", "E + 1", "1 - E", "2 E"):
        assert value(parse(text), AT).shape == (0, 0), text
    assert on(Fraction(0), (0, 3)).shape == (0, 3)
    with pytest.raises(Unfit):
        on(Fraction(1), (0, 3))
