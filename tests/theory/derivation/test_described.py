"""Values that can be said in words: iterates are what moving gives, slopes what calculus does."""

from __future__ import annotations

from hypothesis import given, strategies as st
from sympy import QQ, Matrix, MatrixSymbol, Symbol

from tests.theory.drawn import X, d, matrices
from theory.derivation.described import Iterate, Slope, Written
from theory.derivation.lines import Derivation, equation
from theory.values.dense import Dense
from theory.values.instance import Instance

x, y, c, start = (MatrixSymbol(f"described_{s}", d, 1) for s in "xycs")
turn, count = (Symbol(name, integer=True, nonnegative=True) for name in ("turn", "count"))


def instance(matrix, vector, first, turns=0):
    values = {X: matrix, c: vector, start: first}
    return Instance(QQ, {"d": matrix.shape[0], "count": turns, "turn": 7}, values)


pairs = st.integers(1, 3).flatmap(lambda n: st.tuples(matrices(n, n), matrices(n, 1), matrices(n, 1)))


@given(pairs, st.integers(0, 4))
def test_iterates_are_what_moving_gives(drawn, turns):
    matrix, vector, first = drawn
    moved = Iterate(x, start, X * y + c, count, X * x - start, moves=((y, x - c),))
    state = first
    for _ in range(turns):
        state = matrix @ (state - vector) + vector
    assert moved(instance(matrix, vector, first, turns)).to_sympy() == (matrix @ state - first).to_sympy()
    assert moved.symbols >= {X, c, start, count}
    assert not moved.symbols & {x, y}


@given(pairs, st.integers(0, 4))
def test_a_move_may_depend_on_how_many_were_made(drawn, turns):
    matrix, vector, first = drawn
    moved = Iterate(x, start, x + (turn + 1) * c, count + 1, x, turn=turn)
    at = instance(matrix, vector, first, turns)
    at.values[turn] = Dense.number(7, QQ)  # what it is elsewhere does not matter
    sum_of_turns = (turns + 1) * (turns + 2) // 2
    assert moved(at).to_sympy() == (first + vector.scale(Dense.number(sum_of_turns, QQ))).to_sympy()
    assert turn not in moved.symbols
    assert at.integer(turn) == 7


@given(pairs)
def test_a_slope_is_the_derivative(drawn):
    matrix, vector, first = drawn
    n = matrix.shape[0]
    cubic = x * x.T * X * x + X * x + c * (c.T * x) * (x.T * x)
    at = instance(matrix, vector, first)
    names = Matrix(n, 1, lambda i, _: Symbol(f"z_{i}"))
    a, b = matrix.to_sympy(), vector.to_sympy()
    image = names * names.T * a * names + a * names + b * (b.T * names) * (names.T * names)
    wanted = image.jacobian(names).subs(dict(zip(names, first.to_sympy(), strict=True)))
    assert Slope(cubic, x, start)(at).to_sympy() == wanted
    # What is defined by the vector moves with it.
    at.compute(y, lambda here: here(X * x) if x in here.values else here(c), frozenset({X, x}))
    assert Slope(y, x, start)(at).to_sympy() == a
    assert Slope(cubic, x, start).symbols >= {X, c, start}


def test_a_definition_says_what_it_means():
    at = Derivation()
    at.define(y, X * c, "an abbreviation")
    at.define_value(x, equation(x, x), "a value", lambda here: here(c))
    at.define_value(start, equation(start, X * x), "claimed", Written(X * X * c))
    plain, value, claimed = at.steps
    assert (plain.described, plain.made_of) == (None, frozenset({X, c}))
    assert value.described is None
    assert claimed.described == Written(X * X * c)
    assert claimed.made_of == frozenset({X, c})
