"""Polynomials of FLINT do what SymPy's do, as elements and as entries of matrices."""

import pytest
from hypothesis import given, strategies as st
from sympy import QQ, Poly, Rational, Symbol, symbols
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import CoercionFailed

from theory.values.polynomials import Polynomials, adjoin

a, b, c = symbols("a b c")
RING = Polynomials((a, b, c))
THEIRS = QQ[a, b, c]
powers = st.tuples(*[st.integers(0, 3)] * 3)
numbers = st.builds(Rational, st.integers(-6, 6), st.integers(1, 5))
expressions = st.dictionaries(powers, numbers, max_size=4).map(lambda terms: Poly(terms or 0, a, b, c).as_expr())


@given(expressions, expressions, st.integers(1, 3), numbers)
def test_arithmetic(x, y, power, number):
    mine, theirs = ([ring.from_sympy(e) for e in (x, y)] for ring in (RING, THEIRS))

    def results(p, q, n):
        return p + q, p - q, -p, p * q, p**power, p * n, n * p, p + n, n + p, p - n

    for found, wanted in zip(
        results(*mine, QQ.from_sympy(number)), results(*theirs, THEIRS.from_sympy(number)), strict=True
    ):
        assert RING.to_sympy(found) == THEIRS.to_sympy(wanted)
    assert bool(mine[0]) == bool(theirs[0])
    assert (mine[0] == mine[1]) == (theirs[0] == theirs[1])
    assert hash(mine[0] + mine[1]) == hash(mine[1] + mine[0])
    assert dict(mine[0].terms()) == dict(theirs[0].terms())


@given(st.integers(1, 3), st.data())
@pytest.mark.slow
def test_matrices(size, data):
    rows = [[data.draw(expressions) for _ in range(size)] for _ in range(size)]
    mine, theirs = (
        DomainMatrix([[ring.from_sympy(x) for x in row] for row in rows], (size, size), ring).to_dense()
        for ring in (RING, THEIRS)
    )
    for found, wanted in ((mine * mine, theirs * theirs), (mine + mine.transpose(), theirs + theirs.transpose())):
        assert found.to_Matrix() == wanted.to_Matrix()
    assert [RING.to_sympy(x) for x in mine.charpoly()] == [THEIRS.to_sympy(x) for x in theirs.charpoly()]


def test_other_kinds_are_refused():
    with pytest.raises(CoercionFailed, match="no polynomial"):
        RING.from_sympy(1 / a)
    with pytest.raises(CoercionFailed, match="no polynomial"):
        RING.convert(Symbol("z"))
    with pytest.raises(TypeError):
        RING.one + "x"
    assert "x" not in RING


def test_further_symbols_come_last():
    assert adjoin(QQ, [a]) == Polynomials((a,))
    assert adjoin(adjoin(QQ, [a]), [b, c]) == RING
    assert len({RING, Polynomials((a, b, c)), Polynomials((a,))}) == 2
