"""Means by pairing, against averages over points, moments known from the literature, and means entry by entry."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

import pytest
from hypothesis import given, settings, strategies as st
from sympy import QQ, Identity, Inverse, MatrixSymbol, Rational, Symbol, Trace, Transpose, ZeroMatrix, log

from theory.derivation.moments import Gaussian, Law, mean, paired
from theory.errors import DerivationError, TheoryError
from theory.language import traces, words
from theory.language.nodes import Inner
from theory.language.symbols import SymmetricSymbol, size
from theory.values.dense import Dense
from theory.values.instance import Instance

d, n = size("d"), size("n")
I = Identity(d)
C = SymmetricSymbol("cov", d, d)
Y, K = MatrixSymbol("fixed_Y", d, d), MatrixSymbol("fixed_K", d, d)
X, x, w = MatrixSymbol("random_X", n, d), MatrixSymbol("random_x", d, 1), MatrixSymbol("random_w", d, 1)
s = Symbol("s", positive=True)
ROWS, ONE = Gaussian(X, Identity(n), C), Gaussian(x, C, Identity(1))
FREE = Law(w, s * I, Identity(1))
S = X.T * X

# Five points with the moments of a standard normal up to order five.
POINTS = {0: Fraction(1, 2), 1: Fraction(1, 6), -1: Fraction(1, 6), 2: Fraction(1, 12), -2: Fraction(1, 12)}


def same(left, right) -> bool:
    return traces.vanishes(left - right)


class TestKnownMoments:
    """Of the Wishart matrix S = X^T X (J. Wishart 1928; W. de Waal and D. Nel 1973; D. von Rosen 1988)."""

    def test_first(self):
        assert same(paired(mean(S, ROWS)), n * C)

    def test_second(self):
        assert same(paired(mean(S * Y * S, ROWS)), n**2 * C * Y * C + n * C * Y.T * C + n * Trace(Y * C) * C)

    def test_third(self):
        expected = (n**3 + 3 * n**2 + 4 * n) * C**3 + (2 * n**2 + 2 * n) * Trace(C) * C**2
        expected += (n**2 + n) * Trace(C**2) * C + n * Trace(C) ** 2 * C
        assert same(paired(mean(S * S * S, ROWS)), expected)

    def test_of_traces(self):
        assert same(paired(mean(Trace(S) ** 2, ROWS)), n**2 * Trace(C) ** 2 + 2 * n * Trace(C**2))
        expected = n * Trace(Y * C * K * C) + n * Trace(Y * C * K.T * C) + n**2 * Trace(Y * C) * Trace(K * C)
        assert same(paired(mean(Trace(Y * S) * Trace(K * S), ROWS)), expected)

    def test_of_gram_matrices_of_examples(self):
        assert same(paired(mean(X * X.T, ROWS)), Trace(C) * Identity(n))

    def test_of_a_normal_number(self):
        """1, 3, 15, 105: the double factorials."""
        one = Identity(1)
        number = MatrixSymbol("random_number", 1, 1)
        for power, moment in ((2, 1), (4, 3), (6, 15), (8, 105)):
            assert same(paired(mean(number**power, Gaussian(number, one, one))), moment * one)
        assert paired(mean(number**3, Gaussian(number, one, one))) == ZeroMatrix(1, 1)

    def test_odd_moments_vanish(self):
        assert paired(mean(X * Y, ROWS)) == ZeroMatrix(n, d)
        assert paired(mean(Inner(x, Y * x) * Inner(x, w), ONE, FREE)) == 0

    def test_rows_and_columns_are_joined_by_their_own_covariance(self):
        R = SymmetricSymbol("cov_rows", n, n)
        law = Gaussian(X, R, C)
        middle = MatrixSymbol("fixed_M", n, n)
        assert same(paired(mean(X.T * middle * X, law)), Trace(middle * R) * C)
        assert same(paired(mean(X * Y * X.T, law)), Trace(Y * C) * R)
        Z = MatrixSymbol("fixed_Z", d, n)
        assert same(paired(mean(X * Z * X, law)), R * Z.T * C)

    def test_independent_factors(self):
        value = mean(Inner(w, S * w) * Trace(S), ROWS, FREE)
        assert same(paired(value), s * (n**2 * Trace(C) ** 2 + 2 * n * Trace(C * C)))


class TestRefusals:
    def test_a_law_of_two_moments_gives_no_fourth(self):
        with pytest.raises(DerivationError, match="only means of 2 factors"):
            paired(mean(Inner(w, w) ** 2, FREE))
        assert same(paired(mean(Inner(w, Y * w), FREE)), s * Trace(Y))

    @pytest.mark.parametrize(
        "value",
        [mean(Inverse(S), ROWS), mean(log(Trace(S)), ROWS), mean(1 / Trace(S), ROWS), mean(Y * Inverse(S + I), ROWS)],
        ids=["inverse", "logarithm", "quotient", "inverse inside"],
    )
    def test_what_is_no_polynomial(self, value):
        with pytest.raises(DerivationError, match="is not known"):
            paired(value)

    def test_entry_by_entry_refuses_the_same(self):
        at = instance(2, [[1, 0], [0, 1]])
        with pytest.raises(TheoryError, match="only means of 2 factors"):
            at(mean(Inner(w, w) ** 2, FREE))
        with pytest.raises(TheoryError, match="no polynomial"):
            at(mean(1 / Trace(S), ROWS))


def instance(count, root, **fixed) -> Instance:
    L = dense(root)
    values = {C: L @ L.transpose(), s: Dense.number(QQ(2, 3), QQ)}
    values |= {{"Y": Y, "K": K}[name]: dense(value) for name, value in fixed.items()}
    return Instance(QQ, {"d": len(root), "n": count}, values)


def dense(rows) -> Dense:
    return Dense.from_rows([[QQ(Fraction(v).numerator, Fraction(v).denominator) for v in row] for row in rows], QQ)


def averaged(at: Instance, root, expr) -> Dense:
    """The average over all X = Z L^T with the entries of Z in POINTS: exact for degree four."""
    count, side = at.sizes["n"], at.sizes["d"]
    total = None
    for z in product(POINTS, repeat=count * side):
        weight = dense([[prod(POINTS[v] for v in z)]])
        drawn = dense([z[i * side : (i + 1) * side] for i in range(count)]) @ dense(root).transpose()
        value = at.with_value(X, drawn)(expr).scale(weight)
        total = value if total is None else total + value
    return total


EXPRESSIONS = {
    "second moment": S * Y * S,
    "transposed": X * Y * S * X.T,
    "product of traces": Trace(Y * S) * Trace(K * S),
    "word times trace": Trace(Y * S) * K * S + S,
    "entries of both kinds": X * Y * X.T * Trace(X * K * X.T),
    "affine": (I + Y * S) * (I + K * S),
}
ROOTS = [[[2]], [[1, 0], [2, 3]], [[1, 0], [1, 0]]]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("root", ROOTS, ids=["1", "2", "singular"])
@pytest.mark.parametrize("expr", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_pairing_is_what_points_with_gaussian_moments_average(expr, root, count):
    fixed = {"Y": [[1, 2], [-1, 3]], "K": [[0, Fraction(1, 2)], [5, 1]]}
    at = instance(
        count, root, **{name: [row[: len(root)] for row in value[: len(root)]] for name, value in fixed.items()}
    )
    expected = averaged(at, root, expr)
    node = mean(expr, ROWS)
    assert (at(paired(node)) - expected).is_zero
    assert (at(node) - expected).is_zero


letters = st.sampled_from([X.T * X, Y, K.T, X.T * X])


@settings(max_examples=25)
@given(st.lists(letters, min_size=1, max_size=5), st.integers(1, 3), st.booleans())
def test_pairing_agrees_entry_by_entry(factors, count, traced):
    factors = [f for i, f in enumerate(factors) if f in (Y, K.T) or factors[:i].count(S) < 3]
    word = prod(factors[1:], start=factors[0])
    node = mean(Trace(word) * Trace(S) if traced else word, ROWS)
    at = instance(count, [[1, 0], [2, 3]], Y=[[1, 2], [-1, 3]], K=[[0, 1], [5, 1]])
    assert (at(node) - at(paired(node))).is_zero


class TestNode:
    def test_random_letters_are_bound(self):
        node = mean(S * Y, ROWS)
        assert node.free_symbols & {X} == set()
        assert {Y, C} <= node.free_symbols

    def test_the_transpose_is_the_mean_of_the_transpose(self):
        node = mean(S * Y, ROWS)
        assert mean(Y.T * S, ROWS) == node.T
        assert mean(S * Y * Y.T * S, ROWS) == mean(S * Y * Y.T * S, ROWS).T
        assert not isinstance(node.T, Transpose)

    def test_fixed_letters_may_be_replaced(self):
        node = mean(S * Y * S, ROWS).xreplace({Y: K})
        assert same(paired(node), paired(mean(S * K * S, ROWS)))
        assert words.equal(paired(mean(S, ROWS).xreplace({C: I})), n * I)

    def test_a_wrong_pairing_is_noticed(self):
        """What forgets the crossed pairing differs on an instance: the two ways are independent."""
        at = instance(2, [[1, 0], [2, 3]], Y=[[1, 2], [-1, 3]])
        wrong = n**2 * C * Y * C + n * Trace(Y * C) * C
        assert not (at(mean(S * Y * S, ROWS)) - at(wrong)).is_zero
        assert not same(paired(mean(S * Y * S, ROWS)), wrong)
        assert (at(mean(Rational(1, 2) * S, ROWS)) - at(n * C / 2)).is_zero
