from fractions import Fraction

import numpy as np
import pytest
from sympy import ImmutableMatrix, Rational, sqrt

from proofs_check.evidence.comparison import Close, Relation, exact_array, show


def test_rationals_of_all_kinds_become_fractions():
    values = [1, Fraction(1, 2), Rational(1, 3), True]
    assert exact_array(values).tolist() == [1, Fraction(1, 2), Fraction(1, 3), 1]
    assert exact_array(ImmutableMatrix([[1], [Rational(2, 7)]])).tolist() == [[1], [Fraction(2, 7)]]


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


def test_distance_is_euclidean_for_each_sample():
    one = np.ones(2)
    close = Close("x", np.array([[3.0, 4.0], [0.0, 0.0]]), np.zeros((2, 2)), one, one, {"data": np.arange(2.0)})
    assert close.distance().tolist() == [5.0, 0.0]
    assert close.describe(1)["data"] == "1.0"
