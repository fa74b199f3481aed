"""Means entry by entry, against moments known by hand, on rational and on free values."""

from __future__ import annotations

import pytest
from sympy import QQ, Identity, Inverse, MatrixSymbol, Symbol, Trace

from theory.errors import TheoryError
from theory.language.nodes import Inner
from theory.language.symbols import SymmetricSymbol, size
from theory.values.dense import Dense
from theory.values.instance import Instance
from theory.values.means import Moments, entrywise_mean
from theory.values.polynomials import Polynomials

d, n = size("d"), size("n")
C, X, x = SymmetricSymbol("mean_C", d, d), MatrixSymbol("mean_X", n, d), MatrixSymbol("mean_x", d, 1)
Y = MatrixSymbol("mean_Y", d, d)
NORMAL = Moments(x, C, Identity(1), 10**6)
ROWS = Moments(X, Identity(n), C, 10**6)


def at_one(c, y=1, domain=QQ) -> Instance:
    """One coordinate and two examples, where means are moments of numbers."""
    return Instance(domain, {"d": 1, "n": 2}, {C: Dense.number(c, domain), Y: Dense.number(y, domain)})


@pytest.mark.parametrize(("power", "moment"), [(1, 3), (2, 3 * 9), (3, 15 * 27)])
def test_of_a_normal_number_with_variance_three(power, moment):
    assert entrywise_mean(Inner(x, x) ** power, [NORMAL], at_one(3))[0, 0] == moment


def test_examples_are_independent():
    """By hand: E(x1^2 + x2^2)^2 = 2*3 + 2*1 for variance 1."""
    assert entrywise_mean(Trace(X.T * X) ** 2, [ROWS], at_one(1))[0, 0] == 8
    assert entrywise_mean(X * X.T, [ROWS], at_one(5)).to_sympy().tolist() == [[5, 0], [0, 5]]


def test_two_random_matrices_are_independent():
    assert entrywise_mean(Inner(x, x) * Trace(X.T * X), [NORMAL, ROWS], at_one(3))[0, 0] == 3 * 6


def test_free_values_with_a_denominator():
    a, b = Symbol("mean_a"), Symbol("mean_b")
    domain = Polynomials((a, b))
    at = at_one(domain.from_sympy(a), domain.from_sympy(b), domain)
    value = entrywise_mean(Inner(x, Inverse(Y) * x), [NORMAL], at)
    assert value.to_sympy()[0, 0] == a / b


def test_what_has_no_mean_is_refused():
    second = NORMAL._replace(most=2)
    assert entrywise_mean(Inner(x, x), [second], at_one(3))[0, 0] == 3
    both = [second, ROWS._replace(most=2)]  # two factors of each
    assert entrywise_mean(Inner(x, x) * Trace(X.T * X), both, at_one(3))[0, 0] == 3 * 6
    with pytest.raises(TheoryError, match="only means of 2 factors"):
        entrywise_mean(Inner(x, x) ** 2, [second], at_one(3))
    with pytest.raises(TheoryError, match="no polynomial"):
        entrywise_mean(1 / Inner(x, x), [NORMAL], at_one(3))
    domain = Polynomials((Symbol("mean_a"),))
    at = at_one(domain.gens[0], domain=domain)
    with pytest.raises(TheoryError, match="denominator"):
        entrywise_mean(Inner(x, x), [Moments(x, Inverse(C), Identity(1), 2)], at)
