"""Exact matrices: inverses, pseudo-inverses, rank, definiteness, spectra; over the rationals and polynomial rings."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import QQ, Matrix, Symbol, sqrt, symbols

from tests.theory.drawn import grams, matrices, ranked, symmetric, to_numpy
from theory.errors import SingularError
from theory.values.dense import Dense
from theory.values.polynomials import Polynomials

sides = st.integers(1, 3)
a, b, c, e = symbols("a b c e")
RING = Polynomials((a, b, c, e))


def rational(rows) -> Dense:
    return Dense.from_rows([[QQ(Fraction(x).numerator, Fraction(x).denominator) for x in row] for row in rows], QQ)


def free(rows) -> Dense:
    return Dense.from_rows([[RING.from_sympy(RING.to_sympy(RING.one) * x) for x in row] for row in rows], RING)


def penrose(m: Dense, plus: Dense) -> bool:
    products = (m @ plus, plus @ m)
    return (
        (m @ plus @ m - m).is_zero
        and (plus @ m @ plus - plus).is_zero
        and all((p - p.transpose()).is_zero for p in products)
    )


FREE = {
    "1 zero": [[0]],
    "1 full": [[a]],
    "2 zero": [[0, 0], [0, 0]],
    "2 full": [[a, b], [c, e]],
    "2 symmetric": [[a, b], [b, c]],
    "2 rank one": [[a * c, a * e], [b * c, b * e]],
    "2 one row": [[a, b], [0, 0]],
    "row": [[a, b]],
    "column": [[a], [b]],
    "zero column": [[0], [0]],
}


class TestEntries:
    @given(st.tuples(sides, sides).flatmap(lambda s: matrices(*s)))
    def test_in_a_row_or_in_rows(self, m):
        entries = [m[i, j] for i in range(m.shape[0]) for j in range(m.shape[1])]
        assert (Dense.from_entries(entries, m.shape) - m).is_zero

    @given(sides.flatmap(lambda s: matrices(s, s)))
    def test_symmetric_exactly_when_the_transpose_is_no_other(self, m):
        assert m.is_symmetric == (m - m.transpose()).is_zero
        assert (m + m.transpose()).is_symmetric


class TestInverse:
    @given(sides.flatmap(lambda s: matrices(s, s)))
    @pytest.mark.slow
    def test_both_sides(self, m):
        assume(m.rank() == m.shape[0])
        unit = Dense.eye(m.shape[0], QQ)
        assert (m @ m.inverse() - unit).is_zero
        assert (m.inverse() @ m - unit).is_zero

    @given(sides.flatmap(lambda s: ranked(s, s)))
    def test_singular_exactly_when_the_rank_is_short(self, m):
        if m.rank() == m.shape[0]:
            m.inverse()
        else:
            with pytest.raises(SingularError, match="must be invertible"):
                m.inverse()

    @pytest.mark.parametrize("name", ["1 full", "2 full", "2 symmetric"])
    def test_free(self, name):
        m = free(FREE[name])
        assert (m @ m.inverse() - Dense.eye(m.shape[0], RING)).is_zero

    @pytest.mark.parametrize("name", ["1 zero", "2 zero", "2 rank one", "2 one row"])
    def test_free_singular(self, name):
        with pytest.raises(SingularError):
            free(FREE[name]).inverse()

    def test_of_an_inverse(self):
        m = free(FREE["2 full"])
        assert (m.inverse().inverse() - m).is_zero


class TestPseudoInverse:
    @given(st.tuples(sides, sides).flatmap(lambda s: ranked(*s)))
    def test_penrose_equations(self, m):
        assert penrose(m, m.pinv())

    @given(sides.flatmap(grams))
    def test_of_a_gram_matrix_is_one(self, m):
        plus = m.pinv()
        assert penrose(m, plus)
        assert (plus - plus.transpose()).is_zero
        assert plus.is_psd()

    @pytest.mark.parametrize("name", FREE)
    def test_free(self, name):
        m = free(FREE[name])
        assert penrose(m, m.pinv())

    @pytest.mark.parametrize("name", ["2 rank one", "2 full", "row"])
    def test_over_a_fraction(self, name):
        m = free(FREE[name]).over(RING.from_sympy(a + b))
        assert penrose(m, m.pinv())

    @given(st.tuples(sides, sides).flatmap(lambda s: ranked(*s)))
    def test_is_an_involution(self, m):
        assert (m.pinv().pinv() - m).is_zero

    @given(st.tuples(sides, sides).flatmap(lambda s: ranked(*s)))
    def test_against_numpy(self, m):
        assert np.allclose(to_numpy(m.pinv()), np.linalg.pinv(to_numpy(m), rcond=1e-10), rtol=1e-6, atol=1e-7)

    def test_a_wrong_inverse_fails_penrose(self):
        m = rational([[1, 2], [2, 4]])
        assert not penrose(m, m)
        assert not penrose(m, m.transpose())


class TestRank:
    @given(st.tuples(sides, sides).flatmap(lambda s: ranked(*s)))
    def test_against_sympy(self, m):
        assert m.rank() == Matrix(m.to_sympy()).rank()

    @pytest.mark.parametrize(
        ("name", "rank"), [("2 full", 2), ("2 rank one", 1), ("2 zero", 0), ("row", 1), ("2 one row", 1), ("1 zero", 0)]
    )
    def test_free(self, name, rank):
        assert free(FREE[name]).rank() == rank


class TestDefiniteness:
    @given(sides.flatmap(grams))
    def test_gram_matrices_are(self, m):
        assert m.is_psd()

    @given(sides.flatmap(grams))
    def test_their_negatives_are_not(self, m):
        assert (-m).is_psd() == m.is_zero

    @given(sides.flatmap(symmetric))
    def test_against_numpy_away_from_zero(self, m):
        low = np.linalg.eigvalsh(to_numpy(m))[0]
        assume(abs(low) > 1e-9)
        assert m.is_psd() == (low > 0)

    @pytest.mark.parametrize(
        ("rows", "verdict"),
        [
            ([[0]], True),
            ([[-1]], False),
            ([[1, 1], [1, 1]], True),
            ([[1, 1], [1, 1 - Fraction(1, 10**30)]], False),
            ([[0, 1], [1, 0]], False),
            ([[0, 0], [0, -1]], False),
            ([[1, 2], [0, 1]], False),
        ],
    )
    def test_on_the_edge(self, rows, verdict):
        assert rational(rows).is_psd() is verdict


class TestSchurStability:
    @given(sides.flatmap(lambda s: matrices(s, s)))
    def test_against_numpy_away_from_the_circle(self, m):
        radius = abs(np.linalg.eigvals(to_numpy(m))).max()
        assume(abs(radius - 1) > 1e-6)
        assert m.is_schur_stable() == (radius < 1)

    @pytest.mark.parametrize(
        ("rows", "verdict"),
        [
            ([[0]], True),
            ([[1]], False),
            ([[-1]], False),
            ([[1 - Fraction(1, 10**30)]], True),
            ([[1 + Fraction(1, 10**30)]], False),
            ([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]], False),  # on the circle, complex
            ([[0, 1], [-1 + Fraction(1, 10**20), 0]], True),
            ([[0, 1], [0, 0]], True),
            ([[2, 0], [0, Fraction(1, 2)]], False),  # a reciprocal pair: both ends of the recursion agree
            ([[0, 0, 1], [1, 0, 0], [0, 1, 0]], False),
            ([[Fraction(1, 2), 100], [0, Fraction(1, 2)]], True),  # large norm, small radius
            ([[0, 2], [Fraction(1, 2), 0]], False),
        ],
    )
    def test_on_the_edge(self, rows, verdict):
        assert rational(rows).is_schur_stable() is verdict


class TestSpectra:
    @given(sides.flatmap(symmetric))
    def test_symmetric_spectra_are_real(self, m):
        assert m.count_real_eigenvalues() == m.shape[0]
        assert np.allclose(
            sorted(float(x) for x in m.eigenvalues(symmetric=True)), np.linalg.eigvalsh(to_numpy(m)), atol=1e-9
        )

    @pytest.mark.parametrize(
        ("rows", "low", "high", "count"),
        [
            ([[0, -1], [1, 0]], None, None, 0),
            ([[1, 0], [0, 1]], 0, 1, 2),  # a double eigenvalue on the closed edge
            ([[1, 1], [0, 1]], 1, 1, 2),
            ([[1, 0], [0, 1 + Fraction(1, 10**30)]], 0, 1, 1),
            ([[0, 0], [0, 0]], 0, 1, 2),
            ([[0, 2], [1, 0]], 0, None, 1),
            ([[0, 0, 8], [1, 0, 0], [0, 1, 0]], None, None, 1),
            ([[5]], None, 4, 0),
        ],
    )
    def test_counts_in_closed_intervals(self, rows, low, high, count):
        assert rational(rows).count_real_eigenvalues(low, high) == count

    def test_eigenvalues_are_algebraic_and_carry_multiplicity(self):
        assert sorted(rational([[0, 2], [1, 0]]).eigenvalues()) == [-sqrt(2), sqrt(2)]
        assert rational([[3, 1], [0, 3]]).eigenvalues() == [3, 3]

    @given(sides.flatmap(lambda s: matrices(s, s)))
    @pytest.mark.slow
    def test_eigenvalues_against_numpy(self, m):
        exact = sorted((complex(x) for x in m.eigenvalues()), key=lambda z: (round(z.real, 4), z.imag))
        polynomial = np.poly(to_numpy(m))
        for z in exact:
            assert abs(np.polyval(polynomial, z)) < 1e-6 * (1 + abs(z)) ** 3 * (1 + abs(polynomial).max())


class TestDenominators:
    def test_sums_use_the_least_common_denominator(self):
        x, y = (RING.from_sympy(s) for s in (a, b))
        one = Dense.eye(1, RING)
        total = one.over(x).over(x) + one.over(x).over(y)
        assert total.den == {x: 2, y: 1}
        assert total.to_sympy()[0, 0].equals(1 / a**2 + 1 / (a * b))

    def test_stacking_brings_columns_to_one_denominator(self):
        x, y = (RING.from_sympy(s) for s in (a, b))
        one = Dense.eye(1, RING)
        row = Dense.hstack([one.over(x), one.over(y), one])
        assert row.den == {x: 1, y: 1}
        assert [v.equals(w) for v, w in zip(row.to_sympy(), (1 / a, 1 / b, 1), strict=True)] == [True] * 3

    def test_rationals_divide_at_once(self):
        m = rational([[2, 4]]).over(QQ(2))
        assert m.den == {}
        assert m.to_sympy().tolist() == [[1, 2]]

    @given(st.tuples(sides, sides).flatmap(lambda s: st.tuples(matrices(*s), matrices(*s))))
    @pytest.mark.slow
    def test_sums_and_products_against_sympy(self, pair):
        m, k = pair
        assert (m + k).to_sympy() == m.to_sympy() + k.to_sympy()
        assert (m - k).to_sympy() == m.to_sympy() - k.to_sympy()
        assert (m @ k.transpose()).to_sympy() == m.to_sympy() * k.to_sympy().T
        assert (m @ m.transpose()).trace().to_sympy()[0, 0] == (m.to_sympy() * m.to_sympy().T).trace()

    def test_scalars_convert(self):
        half = Dense.from_sympy(Symbol("a") / (2 * Symbol("b")), RING)
        assert (half + half).to_sympy()[0, 0].equals(a / b)
