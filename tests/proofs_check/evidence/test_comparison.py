"""Sides that differ and are said to agree, or agree and are said to differ: tolerances, infinities, hypotheses."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from sympy import ImmutableMatrix, Rational, sqrt

from proofs_check.evidence.comparison import Close, Relation, exact_array, show


def test_rationals_of_all_kinds_become_fractions():
    values = [1, Fraction(1, 2), Rational(1, 3), True]
    assert exact_array(values).tolist() == [1, Fraction(1, 2), Fraction(1, 3), 1]
    assert exact_array(ImmutableMatrix([[1], [Rational(2, 7)]])).tolist() == [[1], [Fraction(2, 7)]]


def test_arrays_keep_their_shape_and_entries():
    """An array of rationals is read entry by entry: ``tolist`` would turn what is not an object into floats."""
    assert exact_array(np.array([[1, 2]])).tolist() == [[1, 2]]
    assert exact_array(np.array([[Fraction(1, 3)], [Rational(2, 3)]], dtype=object)).shape == (2, 1)
    assert exact_array(np.empty((0, 3), dtype=object)).shape == (0, 3)
    assert exact_array(7).shape == ()


@pytest.mark.parametrize("entry", [SimpleNamespace(numerator=1), SimpleNamespace(denominator=1), "1", None])
def test_what_is_half_a_rational_is_refused(entry):
    with pytest.raises(TypeError, match="not a rational number"):
        exact_array([entry])


def test_a_rational_needs_only_be_called_one():
    assert exact_array([SimpleNamespace(is_Rational=True, p=2, q=6)]).tolist() == [Fraction(1, 3)]


@pytest.mark.parametrize("value", [0.5, np.float64(0.5), np.array([0.5])])
def test_floats_are_refused(value):
    with pytest.raises(TypeError, match="rationals only"):
        exact_array(value)


def test_irrational_numbers_are_refused():
    with pytest.raises(TypeError, match="not a rational number"):
        exact_array([sqrt(2)])


def test_equality_has_no_tolerance():
    tiny = Fraction(1, 10**40)
    assert Relation("x", [1, 2], [1, 2]).holds()
    assert not Relation("x", [1, 2], [1, 2 + tiny]).holds()
    assert Relation("x", [1, 2], [1, 2 + tiny], "<=").holds()
    assert not Relation("x", [1, 2], [1, 2 + tiny], "<").holds()


def test_different_means_somewhere_different():
    assert Relation("x", [1, 2], [1, 3], "!=").holds()
    assert not Relation("x", [1, 2], [1, 2], "!=").holds()


def test_shapes_must_agree_unless_one_side_is_a_number():
    assert not Relation("x", [1, 1], [[1], [1]]).holds()
    assert Relation("x", [0, 0], 0).holds()


def test_unknown_sign_is_refused():
    with pytest.raises(ValueError, match="sign: must be one of"):
        Relation("x", 1, 1, "~")


def test_numbers_are_shown_exactly():
    assert show([Fraction(1, 3), 0.1]) == "[1/3, 0.1]"
    assert show(np.array([[0.1 + 0.2]])) == "[[0.30000000000000004]]"


@pytest.mark.parametrize(
    ("sign", "below", "equal", "above"),
    [("=", False, True, False), ("<", True, False, False), ("<=", True, True, False), ("!=", True, False, True)],
)
def test_every_sign_on_both_sides_of_equality(sign, below, equal, above):
    tiny = Fraction(1, 10**40)
    assert [Relation("x", 1 + e, 1, sign).holds() for e in (-tiny, 0, tiny)] == [below, equal, above]


def test_a_number_is_compared_with_every_entry_on_either_side():
    assert Relation("x", 0, [[0, 0]]).holds()
    assert not Relation("x", [0, 1], 0).holds()
    assert not Relation("x", 0, [1, 0]).holds()


def test_distance_is_between_the_sides_over_all_entries_of_a_sample():
    left = np.zeros((2, 2, 2))
    left[0] = [[1.0, 2.0], [3.0, 4.0]]
    close = Close("x", left, left[::-1], np.ones(2), np.ones(2))
    assert close.distance() == pytest.approx([np.sqrt(30.0)] * 2, rel=1e-15)
    assert Close("x", left, left, np.ones(2), np.ones(2)).distance().tolist() == [0.0, 0.0]


@pytest.mark.parametrize("size", [5e-324, 1e-170, 1.0, 1e300])
def test_a_distance_neither_vanishes_nor_overflows(size):
    close = Close("x", np.array([[-size, 0.0]]), np.zeros((1, 2)), np.zeros(1), np.ones(1))
    assert close.distance().tolist() == [size]


def test_distance_is_euclidean_for_each_sample():
    one = np.ones(2)
    close = Close("x", np.array([[3.0, 4.0], [0.0, 0.0]]), np.zeros((2, 2)), one, one, {"data": np.arange(2.0)})
    assert close.distance().tolist() == [5.0, 0.0]
    assert close.describe(1)["data"] == "1.0"
