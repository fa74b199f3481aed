"""Words of letters form a ring with transpose; equality of words is sound and sees re-association."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import Identity, Inverse, MatMul, MatPow, MatrixSymbol, Rational, Symbol, Transpose, ZeroMatrix, expand, sqrt

from tests.theory.drawn import (
    LETTERS,
    SYMMETRIC,
    X,
    Y,
    Z,
    associated,
    associated_sum,
    d,
    expressions,
    small,
    terms,
    word_instances,
)
from theory.language import words
from theory.language.nodes import PseudoInverse
from theory.values.instance import Instance

I = Identity(d)
scalars = small.map(lambda q: Rational(q.numerator, q.denominator))


def product(word):
    return MatMul(*word) if word else I


def by_hand(at: Instance, expansion) -> np.ndarray:
    """Evaluate a dictionary of words letter by letter in object arrays of Fractions, without theory.values.instance."""
    side = at.sizes["d"]
    one = np.array([[Fraction(int(i == j)) for j in range(side)] for i in range(side)], dtype=object)
    base = {
        s: np.array([[Fraction(int(x.p), int(x.q)) for x in row] for row in value.to_sympy().tolist()], dtype=object)
        for s, value in at.values.items()
    }

    def letter(x):
        if isinstance(x, Transpose):
            return letter(x.arg).T
        if isinstance(x, Inverse):
            return inverse(letter(x.arg))
        return base[x]

    total = 0 * one
    for word, c in expansion.items():
        value = one * Fraction(int(c.p), int(c.q))
        for x in word:
            value = value @ letter(x)
        total = total + value
    return total


def inverse(m: np.ndarray) -> np.ndarray:
    """Gauss-Jordan on Fractions."""
    side = len(m)
    rows = [list(m[i]) + [Fraction(int(i == j)) for j in range(side)] for i in range(side)]
    for i in range(side):
        pivot = next(k for k in range(i, side) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for k in range(side):
            if k != i:
                rows[k] = [x - rows[k][i] * y for x, y in zip(rows[k], rows[i], strict=True)]
    return np.array([row[side:] for row in rows], dtype=object)


class TestRing:
    @given(expressions(), expressions(), expressions())
    def test_products_are_associative(self, x, y, z):
        left = MatMul(MatMul(x, y, evaluate=False), z, evaluate=False)
        right = MatMul(x, MatMul(y, z, evaluate=False), evaluate=False)
        assert words.words(left) == words.words(right)

    @given(expressions(), expressions(), expressions())
    @pytest.mark.slow
    def test_products_distribute(self, x, y, z):
        assert words.equal(MatMul(x, y + z, evaluate=False), x * y + x * z)
        assert words.equal(MatMul(y + z, x, evaluate=False), y * x + z * x)

    @given(expressions(), expressions())
    def test_sums_commute(self, x, y):
        assert words.words(x + y) == words.words(y + x)

    @given(expressions())
    def test_neutral_elements(self, x):
        assert words.words(MatMul(I, x, evaluate=False)) == words.words(x)
        assert words.words(x + ZeroMatrix(d, d)) == words.words(x)
        assert words.vanishes(x - x)

    @given(expressions(), expressions())
    def test_transpose_reverses_products(self, x, y):
        assert words.equal(Transpose(MatMul(x, y, evaluate=False)), MatMul(y.T, x.T, evaluate=False))
        assert words.equal(Transpose(Transpose(x)), x)

    @given(scalars, scalars, expressions())
    def test_scalars_commute_with_everything(self, c, e, x):
        assert words.equal((c * e) * x, c * (x * e))

    @given(expressions())
    def test_expansion_keeps_the_value_and_is_final(self, x):
        once = words.expanded(x)
        assert words.equal(once, x)
        assert words.words(once) == words.words(x)

    @given(terms)
    def test_powers_are_repeated_products(self, word):
        w = product(word)
        assert words.equal(MatPow(w, 3), MatMul(w, w, w, evaluate=False))

    def test_symmetric_letters_are_their_own_transpose(self):
        assert words.equal((SYMMETRIC * X).T, X.T * SYMMETRIC)
        assert not words.equal((X * SYMMETRIC).T, X.T * SYMMETRIC)


class TestInverses:
    @given(terms, terms)
    def test_a_pair_cancels_wherever_it_stands(self, before, after):
        for letter in (X, Y):
            for pair in ([letter, Inverse(letter)], [Inverse(letter), letter]):
                assert words.equal(product(before + pair + after), product(before + after))

    @pytest.mark.parametrize("between", [Y, Z, SYMMETRIC, Y * Z])
    def test_a_pair_with_something_between_stays(self, between):
        assert not words.equal(X * between * Inverse(X), between)
        assert len(words.words(X * between * Inverse(X))) == 1

    def test_different_letters_do_not_cancel(self):
        assert not words.equal(X * Inverse(Y), I)
        assert not words.equal(X * Inverse(X.T), I)
        assert not words.equal(Inverse(X + Y) * X, I)

    def test_a_nested_pair_unfolds(self):
        assert words.equal(MatMul(X, Y, Inverse(Y), Inverse(X), evaluate=False), I)

    def test_the_inverse_of_a_sum_is_one_letter(self):
        whole = Inverse(X + Y)
        assert words.words(MatMul(whole, X + Y, evaluate=False)) == words.words(whole * X + whole * Y)
        assert words.words(whole * X) == {(whole, X): 1}

    def test_negative_powers_are_repeated_inverses(self):
        assert words.words(MatPow(X, -2)) == {(Inverse(X), Inverse(X)): 1}
        assert words.equal(MatMul(MatPow(X, -2), X, X, evaluate=False), I)
        assert words.equal(MatMul(X, MatPow(X, -2), evaluate=False), Inverse(X))

    def test_symbolic_powers_give_up_their_whole_part(self):
        t = Symbol("t", integer=True, nonnegative=True)
        assert words.equal(MatPow(X * Y, t + 2), MatMul(X, Y, X, Y, MatPow(X * Y, t), evaluate=False))
        assert not words.equal(MatPow(X * Y, t + 1), MatPow(X * Y, t))
        assert not words.equal(MatPow(X * Y, t + 1), MatMul(Y, X, MatPow(X * Y, t), evaluate=False))

    def test_a_pseudo_inverse_never_cancels(self):
        assert not words.equal(PseudoInverse(X) * X, I)
        assert not words.equal(X * PseudoInverse(X) * X, X)


class TestAgainstValues:
    """Two evaluations that share no code: of the expression, and of its words letter by letter."""

    @given(expressions(), word_instances())
    def test_words_have_the_value_of_the_expression(self, x, at):
        whole = np.array(
            [[Fraction(int(e.p), int(e.q)) for e in row] for row in at(x).to_sympy().tolist()], dtype=object
        )
        assert (whole == by_hand(at, words.words(x))).all()

    @given(expressions(), expressions(), word_instances())
    @pytest.mark.slow
    def test_equal_is_sound(self, x, y, at):
        if words.equal(x, y):
            assert (at(x) - at(y)).is_zero
        if not (at(x) - at(y)).is_zero:
            assert not words.equal(x, y)
            assert not words.vanishes(x - y)

    @given(st.data())
    def test_equal_sees_every_re_association(self, data):
        chosen = data.draw(st.lists(terms, min_size=1, max_size=3))
        numbers = data.draw(st.lists(scalars, min_size=len(chosen), max_size=len(chosen)))

        def version(order):
            parts = [numbers[i] * associated(data.draw, chosen[i]) for i in order]
            return associated_sum(data.draw, parts)

        shuffled = data.draw(st.permutations(range(len(chosen))))
        assert words.equal(version(range(len(chosen))), version(shuffled))

    @given(expressions(), st.sampled_from(LETTERS), scalars)
    def test_one_word_more_is_seen(self, x, letter, c):
        assume(c != 0)
        assert not words.equal(x, x + c * letter)
        assert not words.vanishes(x - x - c * letter)


class TestScalars:
    def test_rational_functions_cancel(self):
        n = Symbol("n", positive=True)
        assert words.vanishes((1 + 1 / n) * X - ((n + 1) / n) * X)
        assert not words.vanishes((1 + 1 / n) * X - (n / (n + 1)) * X)

    def test_irrational_coefficients(self):
        assert words.vanishes(sqrt(2) * sqrt(8) * X - 4 * X)

    def test_a_number_equals_its_transpose(self):
        a, b = (MatrixSymbol(f"column_{x}", d, 1) for x in "ab")
        assert words.vanishes(a.T * X * b - b.T * X.T * a)
        assert not words.vanishes(a.T * X * b - b.T * X * a)
        assert not words.vanishes(a * b.T - b * a.T)

    def test_shapes_must_agree(self):
        assert not words.equal(MatrixSymbol("column_a", d, 1), X)


class TestReplace:
    @given(expressions(), expressions(max_terms=2), word_instances())
    @pytest.mark.slow
    def test_replacing_a_letter_is_substituting_its_value(self, x, new, at):
        replaced = words.replace(x, SYMMETRIC, new)
        there = Instance(at.domain, at.sizes, at.values | {SYMMETRIC: at(new)})
        # Only the letter itself is replaced, so a letter that is its own transpose must get a symmetric value.
        assume((at(new) - at(new).transpose()).is_zero)
        assert (at(replaced) - there(x)).is_zero

    @given(expressions())
    def test_replacing_a_word_by_itself_changes_nothing(self, x):
        assert words.equal(words.replace(x, X * Y, X * Y), x)

    def test_every_occurrence_and_only_whole_words(self):
        assert words.equal(words.replace(X * Y * X * Y + X * Z, X * Y, Z), Z * Z + X * Z)
        assert words.equal(words.replace(Y * X, X * Y, Z), Y * X)

    def test_a_factor_in_the_pattern_is_divided_out(self):
        assert words.equal(words.replace(X, 2 * X, Z), Rational(1, 2) * Z)

    @pytest.mark.parametrize("pattern", [X + Y, ZeroMatrix(d, d)], ids=["sum", "zero"])
    def test_a_sum_is_no_pattern(self, pattern):
        with pytest.raises(ValueError, match="the pattern must be one product of letters"):
            words.replace(X, pattern, Z)

    def test_the_identity_is_no_pattern(self):
        with pytest.raises(ValueError, match="the pattern must be one product of letters"):
            words.replace(X, I, Z)


class TestCollectRight:
    v = MatrixSymbol("unknown", d, 1)
    b = MatrixSymbol("known", d, 1)

    @given(expressions(), expressions())
    def test_splits_and_rebuilds(self, x, y):
        coefficient, rest = words.collect_right(x * self.v + y * self.b, self.v)
        assert words.equal(coefficient, x)
        assert words.equal(rest, y * self.b)

    def test_absent_letter(self):
        coefficient, rest = words.collect_right(X * self.b, self.v)
        assert words.vanishes(coefficient)
        assert rest == X * self.b

    @pytest.mark.parametrize(
        "hidden",
        [v * v.T * b, v.T * b * v, Inverse(v * v.T + I) * b, PseudoInverse(v * v.T) * b],
        ids=["left end", "transposed", "in an inverse", "in a pseudo-inverse"],
    )
    def test_refuses_a_letter_elsewhere(self, hidden):
        with pytest.raises(ValueError, match="occurs"):
            words.collect_right(hidden, self.v)


def test_along_a_common_eigenvector_every_letter_is_a_number():
    x, y = MatrixSymbol("along_X", d, d), MatrixSymbol("along_v", d, 1)
    expr = Inverse(x + 2 * Identity(d)) * (3 * x**2 - Identity(d)) * y
    assert words.along(expr, {x: 4, y: Rational(1, 5)}) == Rational(47, 30)
    with pytest.raises(KeyError):
        words.along(expr, {x: 4})


class TestZero:
    """A number is asked whether it is zero as it stands after expansion."""

    r, n = Symbol("r", positive=True), Symbol("n", positive=True)

    @pytest.mark.parametrize(
        "c",
        [
            1 / (1 + r) + r / (1 + r) - 1,
            1 / r - n / (r * n),
            1 / (sqrt(r) + 1) - (sqrt(r) - 1) / (r - 1),
            r ** (n + 1) - r * r**n,
            0 * r,
        ],
        ids=["quotients", "monomials", "roots", "symbolic power", "zero"],
    )
    def test_in_every_form(self, c):
        assert words.is_zero(expand(c))

    @pytest.mark.parametrize("c", [r - n, 1 / r - 1 / n, 1 / (1 + r) - 1 / (2 + r), r**2 - r, sqrt(r) - r, Rational(1)])
    def test_not_zero(self, c):
        assert not words.is_zero(expand(c))
