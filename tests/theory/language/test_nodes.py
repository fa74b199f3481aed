"""Claims and matrix functions: exact decisions, floating-point decisions, and both against independent ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, strategies as st
from sympy import QQ, Identity, Integer, LessThan, Rational, StrictLessThan, oo, sqrt

from tests.theory.drawn import X, matrices, small, symmetric, to_numpy
from theory.families.trained_pair import J_W
from theory.language.nodes import (
    Contracts,
    EntrySum,
    Inner,
    MaxRowSum,
    NonnegativeForPositive,
    Norm,
    PositiveSemidefinite,
    SingularValue,
    SpectralRadius,
    SpectrumWithin,
)
from theory.language.symbols import d, h, w, w_star
from theory.values.dense import Dense
from theory.values.floats import ArrayInstance
from theory.values.instance import Instance


def exactly(value: Dense) -> Instance:
    return Instance(QQ, {"d": value.shape[0]}, {X: value})


def floating(value: Dense) -> ArrayInstance:
    return ArrayInstance({"d": value.shape[0]}, {X: to_numpy(value)})


def rows(*entries) -> Dense:
    return Dense.from_rows([[QQ(Rational(x).p, Rational(x).q) for x in row] for row in entries], QQ)


def cubic_exact(*c) -> bool:
    return Instance(QQ, {}).holds(
        NonnegativeForPositive(*(Rational(x.numerator, x.denominator) for x in map(Rational, c)))
    )


def cubic_float(*c) -> bool:
    return bool(ArrayInstance({}, {})(NonnegativeForPositive(*map(Rational, c))))


# c0 + c1 x + c2 x^2 + c3 x^3 for x > 0, decided by hand.
CUBICS = [
    ((0, 0, 0, 0), True),
    ((1, 0, 0, 0), True),
    ((-1, 0, 0, 0), False),
    ((0, 1, 0, 0), True),
    ((1, -1, 0, 0), False),  # a falling line
    ((0, -1, 0, 0), False),
    ((0, -1, 1, 0), False),
    ((1, -2, 1, 0), True),  # (x - 1)^2
    ((1, -3, 1, 0), False),
    ((0, 0, 0, -1), False),
    ((5, 5, 5, -1), False),  # negative only far out
    ((0, 1, -2, 1), True),  # x (x - 1)^2
    ((-1, 3, -3, 1), False),  # (x - 1)^3
    ((1, 3, 3, 1), True),
    ((2, -3, 0, 1), True),  # (x - 1)^2 (x + 2): a double root
    ((Rational(199, 100), -3, 0, 1), False),
    ((0, 0, -1, 1), False),
    ((0, 0, 1, -1), False),
    ((-1, 0, 0, 1), False),
    ((0, 0, 1, 0), True),
    ((-1, 1, 0, 0), False),
]


class TestCubics:
    @pytest.mark.parametrize(("coefficients", "verdict"), CUBICS)
    def test_by_hand(self, coefficients, verdict):
        assert cubic_exact(*coefficients) is verdict
        assert cubic_float(*coefficients) is verdict

    @given(st.tuples(small, small, small, small))
    def test_against_roots_and_a_grid(self, c):
        polynomial = np.array([float(x) for x in reversed(c)])
        roots = np.roots(polynomial)
        positive = np.sort(roots.real[(abs(roots.imag) < 1e-6) & (roots.real > 1e-9)])
        points = np.concatenate([[0.0], positive, [1 + 2 * positive.max(initial=1.0)]])
        between = np.concatenate([(points[1:] + points[:-1]) / 2, [1e-6, 1e6, points[-1]]])
        values = np.polyval(polynomial, between)
        assume((abs(values) > 1e-6 * between.clip(1e-3) ** 3).all() or not polynomial.any())
        assert cubic_exact(*c) == (values >= 0).all()

    @given(st.tuples(small, small, small, small))
    def test_floats_decide_as_rationals(self, c):
        assert cubic_float(*c) == cubic_exact(*c)

    @given(st.tuples(small, small, small, small), st.integers(1, 5))
    def test_scaling_and_substitution_do_not_matter(self, c, s):
        assert cubic_exact(*c) == cubic_exact(*(s * x for x in c))
        assert cubic_exact(*c) == cubic_exact(*(x * s**i for i, x in enumerate(c)))
        # x to 1/x reverses the coefficients.
        assert cubic_exact(*c) == cubic_exact(*reversed(c))


class TestMatrices:
    @given(symmetric(2))
    def test_semidefiniteness(self, value):
        low = np.linalg.eigvalsh(to_numpy(value))[0]
        assume(abs(low) > 1e-9 or value.is_zero)
        assert exactly(value).holds(PositiveSemidefinite(X)) == (low >= 0)
        assert bool(floating(value)(PositiveSemidefinite(X))) == (low >= 0)

    @given(matrices(2, 2))
    def test_contraction(self, value):
        radius = abs(np.linalg.eigvals(to_numpy(value))).max()
        assume(abs(radius - 1) > 1e-6)
        assert exactly(value).holds(Contracts(X)) == (radius < 1)
        assert bool(floating(value)(Contracts(X))) == (radius < 1)

    @pytest.mark.parametrize(
        ("value", "low", "high", "verdict"),
        [
            (rows([0, -1], [1, 0]), -oo, oo, False),
            (rows([1, 1], [0, 1]), 0, 1, True),  # defective, on the edge
            (rows([0, 0], [0, 0]), 0, 1, True),
            (rows([2, 0], [0, 0]), 0, 1, False),
            (rows([-1, 0], [0, 0]), 0, 1, False),
            (rows([1, 1], [1, 1]), 0, 2, True),
        ],
    )
    def test_spectrum(self, value, low, high, verdict):
        assert exactly(value).holds(SpectrumWithin(X, low, high)) is verdict
        assert bool(floating(value)(SpectrumWithin(X, low, high))) is verdict

    @given(matrices(2, 2))
    @pytest.mark.slow
    def test_values_against_numpy(self, value):
        at, fast, dense = exactly(value), floating(value), to_numpy(value)
        for node, expected in (
            (SpectralRadius(X), abs(np.linalg.eigvals(dense)).max()),
            (SingularValue(X, 1), np.linalg.norm(dense, 2)),
            (SingularValue(X, -1), np.linalg.norm(dense, -2)),
        ):
            assert np.isclose(float(at.algebraic(node)), expected, atol=1e-6)
            assert np.isclose(float(fast(node)), expected, atol=1e-6)

    def test_exact_values(self):
        at = exactly(rows([0, 2], [1, 0]))
        assert at.algebraic(SpectralRadius(X)) == sqrt(2)
        assert at.algebraic(SingularValue(X, 1)) == 2
        assert at.algebraic(SingularValue(X, -1)) == 1

    def test_vectors(self):
        at = Instance(QQ, {"d": 2}, {w: rows([3], [4]), h: rows([1], [-1])})
        assert at.algebraic(Norm(w)) == 5
        assert at.algebraic(Inner(w, h)) == -1
        assert at.algebraic(Inner(w, w) + Integer(2) * Norm(h) ** 2) == 29


def test_a_dimension_is_a_number_and_a_size():
    """Evaluating d as a number must not spoil the shapes that depend on it."""
    at = ArrayInstance({"d": 2}, {})
    assert at(d) == 2.0
    assert at(Identity(d)).shape == (2, 2)


class TestNorms:
    def test_latex(self):
        from sympy import latex

        assert latex(MaxRowSum(w_star)).endswith(r"\right\rVert_\infty")
        assert latex(EntrySum(J_W) ** 2).endswith("_1^{2}")


@given(matrices(2, 2), st.integers(0, 3), st.integers(-1, 6), st.booleans())
@example(rows([2, 0], [0, 1]), 1, 2, True)
@example(rows([2, 0], [0, 1]), 1, 2, False)
@example(rows([0, 0], [0, 0]), 1, 0, True)
@example(rows([0, 0], [0, 0]), 1, -1, True)
@example(rows([0, 0], [0, 0]), 0, -1, False)
def test_a_largest_singular_value_is_bounded_without_roots(value, scale, bound, strict):
    """The same as with the root written out; on the edge as well."""
    at = exactly(value)
    left = Integer(scale) * SingularValue(X, 1)
    root = at.algebraic(SingularValue(X, 1))
    relation = (StrictLessThan if strict else LessThan)(left, bound, evaluate=False)
    wanted = scale * root < bound if strict else scale * root <= bound
    assert at.holds(relation) == bool(wanted)
