"""Traces and inner products have one normal form: what is equal for all matrices is found equal, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from sympy import Identity, Inverse, MatrixSymbol, Symbol, Trace, log, sqrt

from tests.theory.drawn import SYMMETRIC, X, Y, Z, d, expressions, word_instances
from theory.language import traces
from theory.language.nodes import Inner

I = Identity(d)
x, y, z = (MatrixSymbol(f"trace_{s}", d, 1) for s in "xyz")
a = Symbol("a", real=True)
r = Symbol("r", positive=True)

EQUAL = {
    "rotation": Trace(X * Y * Z) - Trace(Y * Z * X),
    "transposition": Trace(X * Y * SYMMETRIC) - Trace(SYMMETRIC * Y.T * X.T),
    "linear": Trace(2 * X + a * Y) - 2 * Trace(X) - a * Trace(Y),
    "size": Trace(I) - d,
    "inverse around the end": Trace(X * Y * Inverse(X)) - Trace(Y),
    "inner product": Inner(X * x, y) - Trace(x.T * X.T * y),
    "square of a sum": Inner(x + a * y, x + a * y) - Inner(x, x) - 2 * a * Inner(x, y) - a**2 * Inner(y, y),
    "outer products": Trace(x * y.T * X * x * y.T) - Inner(y, x) * Inner(y, X * x),
    "a number inside a word": x * y.T * X * y * z.T - Inner(y, X * y) * x * z.T,
    "a number at the end": x * y.T * z - Inner(z, y) * x,
    "a one by one word": x.T * X * y - Inner(x, X * y) * Identity(1),
    "coefficients": Trace(X) * Y - Y * Trace(X.T),
    "fractions": 1 / (1 + r) + r / (1 + r) - 1 + a - a,
    "roots": (1 + sqrt(r)) ** 2 - 1 - 2 * sqrt(r) - r,
    "logarithms": log(r) * (Trace(X * Y) - Trace(Y * X)),
}

DIFFERENT = {
    "order": Trace(X * Y * Z) - Trace(Y * X * Z),
    "one transposed": Trace(X * Y) - Trace(X * Y.T),
    "product": Trace(X * Y) - Trace(X) * Trace(Y),
    "sign": Inner(x, y) + Inner(y, x),
    "which is outer": x * y.T * z - Inner(x, y) * z,
    "powers": Trace(X) ** 2 - Trace(X * X),
    "size": Trace(I) - 1,
    "what is no word": log(r) - r,
    "matrix": Trace(X) * Y - Trace(Y) * X,
}


@pytest.mark.parametrize("gap", EQUAL.values(), ids=EQUAL)
def test_what_is_equal_cancels(gap):
    assert traces.vanishes(gap)


@pytest.mark.parametrize("gap", DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_does_not_cancel(gap):
    assert not traces.vanishes(gap)


@given(expressions(), expressions(), word_instances())
def test_the_normal_form_keeps_the_value(left, right, values):
    value = Trace(left * right) * Trace(left) - Trace(right.T)
    assert (values(value) - values(traces.number(value))).is_zero
    assert traces.vanishes(Trace(left * right) - Trace(right * left))


@given(expressions(), expressions(), word_instances())
@pytest.mark.slow
def test_only_what_is_equal_on_instances_cancels(left, right, values):
    gap = Trace(left) - Trace(right)
    if traces.vanishes(gap):
        assert values(gap).is_zero


def test_a_rule_reaches_into_every_trace():
    changed = traces.mapped(a * Trace(X * Y) + Inner(X * x, y), lambda matrix: matrix.xreplace({X: Z}))
    assert traces.vanishes(changed - a * Trace(Z * Y) - Inner(Z * x, y))
