"""Predicates decide what they say, from its definition: compared with brute force on small rational instances."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from sympy import QQ, Identity, ImmutableMatrix, MatrixSymbol, Symbol, oo

from theory.derivation.lines import equation
from theory.errors import TheoryError
from theory.language.nodes import Contracts, Inner, SpectrumWithin, Vanishes
from theory.language.predicates import (
    All,
    Commute,
    Iff,
    Implies,
    Invertible,
    Loewner,
    Minimises,
    NonDecreasing,
    Projector,
    RangeWithin,
    Settles,
    Solvable,
    TendsTo,
    Unique,
)
from theory.language.printing import plain
from theory.language.prose import phrase, spoken, written
from theory.language.symbols import S_U, S_W, I, d, n, p, q, tau, u_star, w_0, w_inf, w_star
from theory.values.dense import Dense
from theory.values.instance import Instance

HALVES = st.integers(-4, 4).map(lambda k: QQ(k, 2))
ENTRIES = st.lists(HALVES, min_size=2, max_size=2)
MATRICES = st.lists(ENTRIES, min_size=2, max_size=2).map(lambda rows: Dense.from_rows(rows, QQ))
VECTORS = ENTRIES.map(lambda column: Dense.from_rows([[x] for x in column], QQ))
SYMMETRICS = st.tuples(HALVES, HALVES, HALVES).map(lambda t: Dense.from_rows([[t[0], t[1]], [t[1], t[2]]], QQ))
T, G = MatrixSymbol("T", d, d), MatrixSymbol("G", d, d)


def at(**values: Dense) -> Instance:
    symbols = {
        "T": T, "G": G, "S_W": S_W, "S_U": S_U, "w_star": w_star, "u_star": u_star, "w_0": w_0, "p": p, "q": q,
    }  # fmt: skip
    return Instance(QQ, {"d": 2}, {symbols[name]: value for name, value in values.items()})


def number(value) -> Dense:
    return Dense.number(QQ(value), QQ)


def far_along(matrix: Dense, vector: Dense, turns: int = 400) -> Dense:
    """The image of a vector after many turns, by squaring; only its size is looked at."""
    power = matrix
    for _ in range(9):
        power = power @ power
    return power @ vector


@given(SYMMETRICS, SYMMETRICS)
def test_order(left, right):
    here, gap = at(S_W=left, S_U=right), right - left
    assert here.holds(Loewner(S_W, S_U)) == gap.is_psd()
    assert here.holds(Loewner(S_W, S_U, True)) == (gap.is_psd() and gap.rank() == 2)
    assert here.holds(Loewner(S_W, S_W))
    assert not here.holds(Loewner(S_W, S_W, True))


@given(MATRICES, MATRICES)
def test_algebra(one, two):
    here = at(T=one, G=two)
    assert here.holds(Invertible(T)) == (one.rank() == 2)
    assert here.holds(Commute(T, G)) == (one @ two - two @ one).is_zero
    assert here.holds(Projector(T)) == ((one @ one - one).is_zero and (one - one.transpose()).is_zero)
    assert here.holds(RangeWithin(T, G)) == (Dense.hstack([two, one]).rank() == two.rank())


@pytest.mark.parametrize(("rows", "expected"), [([[1, 0], [0, 0]], True), ([[1, 1], [0, 0]], False)])
def test_a_projector_is_orthogonal(rows, expected):
    assert at(T=Dense.from_rows([[QQ(x) for x in row] for row in rows], QQ)).holds(Projector(T)) == expected


@given(MATRICES, VECTORS)
def test_solutions(matrix, vector):
    here = at(T=matrix, u_star=vector)
    asked = equation(T * w_inf, u_star)
    assert here.holds(Unique(w_inf, asked)) == (matrix.rank() == 2)
    assert here.holds(Solvable(w_inf, asked)) == (Dense.hstack([matrix, vector]).rank() == matrix.rank())


@given(st.lists(ENTRIES, min_size=0, max_size=3), st.integers(1, 3), st.data())
def test_solutions_of_more_or_fewer_equations_than_unknowns(rows, height, data):
    """One equation a row: an equation may say the same twice, or something that no other allows."""
    rows = [*rows, *[[QQ(0), QQ(0)]] * 3][:height]
    right = data.draw(st.lists(HALVES, min_size=height, max_size=height))
    matrix, vector = Dense.from_rows(rows, QQ), Dense.from_rows([[x] for x in right], QQ)
    tall, b = MatrixSymbol("C", n, d), MatrixSymbol("b", n, 1)
    here = Instance(QQ, {"d": 2, "n": height}, {tall: matrix, b: vector})
    some = Dense.hstack([matrix, vector]).rank() == matrix.rank()
    assert here.holds(Solvable(w_inf, equation(tall * w_inf, b))) == some
    assert here.holds(Unique(w_inf, equation(tall * w_inf, b))) == (some and matrix.rank() == 2)


@given(MATRICES, VECTORS, VECTORS)
def test_a_limit_is_reached_by_turns(matrix, start, offset):
    """Against brute force: a limit is a fixed point that the iterates approach."""
    here = at(T=matrix, w_0=start, u_star=offset, w_star=start)
    claimed = TendsTo(w_inf, T * w_inf + u_star, w_0, w_star)
    assert here.holds(claimed) == (matrix @ start + offset - start).is_zero  # it starts at the claimed limit
    one = Dense.eye(2, QQ)
    if (one - matrix).rank() == 2:
        rest = (one - matrix).inverse() @ offset
        there = at(T=matrix, w_0=start, u_star=offset, w_star=rest)
        away = far_along(matrix, start - rest)
        small = max(abs(away[0, 0]), abs(away[1, 0])) < QQ(1, 1000)
        assert there.holds(claimed) == small


@given(MATRICES, st.booleans())
def test_a_limit_from_everywhere_is_one_from_every_direction(matrix, shrunken):
    if shrunken:
        matrix = matrix.scale(number(QQ(1, 8)))
    zero = Dense.full((2, 1), 0, QQ)
    ends = [far_along(matrix, unit) for unit in Dense.eye(2, QQ).columns()]
    small = all(abs(end[i, 0]) < QQ(1, 1000) for end in ends for i in (0, 1))
    assert at(T=matrix, w_star=zero).holds(TendsTo(w_inf, T * w_inf, w_inf, w_star)) == small


def test_from_everywhere_means_more_than_from_one_start():
    matrix = Dense.from_rows([[QQ(1, 2), QQ(0)], [QQ(0), QQ(2)]], QQ)
    unit, zero = Dense.eye(2, QQ).columns()[0], Dense.full((2, 1), 0, QQ)
    here = at(T=matrix, w_star=zero, w_0=unit)
    assert here.holds(TendsTo(w_inf, T * w_inf, w_0, w_star))
    assert not here.holds(TendsTo(w_inf, T * w_inf, w_inf, w_star))


def along_a_line(slope, bend, start):
    """``x -> slope x + bend x^3``, started somewhere, with the limit 0."""
    values = {S_W: slope, S_U: bend, w_0: start, w_star: 0}
    return Instance(QQ, {"d": 1}, {symbol: number(value) for symbol, value in values.items()})


CUBIC = S_W * w_inf + S_U * w_inf * w_inf.T * w_inf


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-20, 20))
def test_a_polynomial_of_one_number_is_followed(slope, bend, start):
    """Against brute force, where it is decided: what neither dies out nor escapes is left open."""
    here = along_a_line(QQ(slope, 4), QQ(bend, 50), QQ(start, 2))
    try:
        found = here.holds(TendsTo(w_inf, CUBIC, w_0, w_star))
    except TheoryError:
        return
    x = start / 2
    for _ in range(600):
        x = slope / 4 * x + bend / 50 * x**3
        if abs(x) > 1e6:
            break
    assert found == (abs(x) < 1e-6)


def test_from_far_away_a_polynomial_leads_away():
    here = along_a_line(QQ(1, 2), QQ(1, 100), QQ(1))
    assert here.holds(TendsTo(w_inf, CUBIC, w_0, w_star))
    assert not along_a_line(QQ(1, 2), QQ(1, 100), QQ(10)).holds(TendsTo(w_inf, CUBIC, w_0, w_star))
    assert not here.holds(TendsTo(w_inf, CUBIC, w_inf, w_star))
    assert along_a_line(QQ(1, 2), 0, QQ(1)).holds(TendsTo(w_inf, CUBIC, w_inf, w_star))
    assert not here.holds(TendsTo(w_inf, CUBIC + w_0, w_0, w_star))


def test_a_polynomial_that_is_not_decided_is_left_open():
    with pytest.raises(TheoryError, match="do not show"):
        along_a_line(QQ(1), -QQ(1, 100), QQ(1)).holds(TendsTo(w_inf, CUBIC, w_0, w_star))
    plane = at(
        S_W=Dense.eye(2, QQ), S_U=Dense.eye(2, QQ), w_0=Dense.full((2, 1), 1, QQ), w_star=Dense.full((2, 1), 0, QQ)
    )
    with pytest.raises(TheoryError, match="vectors"):
        plane.holds(TendsTo(w_inf, CUBIC, w_0, w_star))


def test_a_matrix_of_numbers_contracts_or_does_not():
    here = at(p=number(1), q=number(3))
    assert here.holds(Contracts(ImmutableMatrix([[p / 2, q], [0, 0]])))
    assert not here.holds(Contracts(ImmutableMatrix([[p, q], [0, 0]])))
    assert plain(Contracts(ImmutableMatrix([[p, 1], [0, q]]))) == "spr([[p, 1], [0, q]]) < 1"


@given(MATRICES, MATRICES)
def test_settling_is_decided_from_the_turns(matrix, push):
    """Against brute force: some start or push keeps moving after many turns, or none does."""
    here = at(T=matrix, G=push)
    one, zero = Dense.eye(2, QQ), Dense.full((2, 2), 0, QQ)
    # The turns of (x, c) as one linear map: it settles iff all of its powers approach one another.
    top = Dense.hstack([*matrix.columns(), *push.columns()]).transpose()
    low = Dense.hstack([*zero.columns(), *one.columns()]).transpose()
    whole = Dense.hstack([*top.columns(), *low.columns()]).transpose()
    late = whole
    for _ in range(10):
        late = late @ late
    moved = whole @ late - late
    still = all(abs(moved[i, j]) < QQ(1, 10**6) for i in range(4) for j in range(4))
    assert here.holds(Settles(T, G)) == still


@given(SYMMETRICS, VECTORS, VECTORS)
def test_a_minimum_beats_every_neighbour(gram, point, other):
    here = at(S_W=gram, w_star=point, u_star=other)
    least = Minimises(w_inf, Inner(w_inf - w_star, S_W * (w_inf - w_star)), w_star)
    assert here.holds(least) == gram.is_psd()
    elsewhere = Minimises(w_inf, Inner(w_inf - w_star, S_W * (w_inf - w_star)), u_star)
    assert here.holds(elsewhere) == (gram.is_psd() and (gram @ (point - other)).is_zero)


@given(MATRICES, VECTORS)
def test_a_minimum_under_a_constraint_is_the_least_norm(matrix, vector):
    here = at(T=matrix, u_star=matrix @ vector, w_star=matrix.pinv() @ matrix @ vector, w_0=vector)
    asked = equation(T * w_inf, u_star)
    assert here.holds(Minimises(w_inf, Inner(w_inf, w_inf), w_star, asked))
    shorter = (vector - here(w_star)).is_zero
    assert here.holds(Minimises(w_inf, Inner(w_inf, w_inf), w_0, asked)) == shorter


@given(HALVES, HALVES)
def test_never_falling(slope, bend):
    """``slope x + bend x^2`` on x > 0."""
    here = at(p=number(slope), q=number(bend))
    assert here.holds(NonDecreasing(p * tau + q * tau**2, tau)) == (slope >= 0 and bend >= 0)


@given(VECTORS, VECTORS, HALVES)
def test_never_falling_with_numbers_made_of_vectors(one, two, end):
    here = at(w_star=one, u_star=two, p=number(end))
    slope = (one.transpose() @ two)[0, 0]
    assert here.holds(NonDecreasing(tau * Inner(w_star, u_star) - Inner(w_star, w_star), tau)) == (slope >= 0)
    between = SpectrumWithin(MatrixSymbol("z", 1, 1), 0, p)
    here.values[between.arg] = number(1)
    assert here.holds(between) == (end >= 1)


def test_what_depends_on_it_by_definition_is_not_taken_for_constant():
    here = at(p=number(1)).with_value(tau, number(1))
    here.compute(q, lambda at: at(-tau), frozenset({tau}))
    with pytest.raises(TheoryError, match="depends on tau by its definition"):
        here.holds(NonDecreasing(q, tau))


@given(HALVES, HALVES)
def test_connectives(one, two):
    here = at(p=number(one), q=number(two))
    assert here.holds(Iff(p > 0, q > 0)) == ((one > 0) == (two > 0))
    assert here.holds(Implies(p > 0, q > 0)) == (one <= 0 or two > 0)
    assert here.holds(All(p > 0, q > 0)) == (one > 0 and two > 0)


def test_bound_letters_are_not_spoken_of():
    asked = equation(T * w_inf, u_star)
    assert Unique(w_inf, asked).free_symbols == {T, u_star}
    assert w_inf not in Minimises(w_inf, Inner(w_inf, w_inf), w_star, asked).free_symbols
    assert tau not in NonDecreasing(p * tau, tau).free_symbols


PHRASES = {
    Invertible(S_W): "S_W is invertible",
    Loewner(S_W, 2 * Identity(d), True): "S_W < 2 I",
    Commute(S_W, S_U): "S_W and S_U commute",
    Projector(S_W): "S_W is an orthogonal projector",
    RangeWithin(S_W, S_U): "the range of S_W lies within that of S_U",
    RangeWithin(w_star, S_U): "w* lies in the range of S_U",
    Contracts(S_W): "the spectral radius of S_W is below 1",
    SpectrumWithin(S_W, -oo, oo): "all eigenvalues of S_W are real",
    Iff(Vanishes(-S_W * w_star), Invertible(S_U)): "S_W w* = 0 if and only if S_U is invertible",
    TendsTo(w_inf, S_W * w_inf, w_0, w_star): "iterating w_inf -> S_W w_inf from w_0 leads to w*",
    TendsTo(w_inf, S_W * w_inf, w_inf, w_star): "iterating w_inf -> S_W w_inf from every w_inf leads to w*",
    Unique(w_inf, equation(w_inf, w_star)): "exactly one w_inf satisfies w_inf = w*",
}


@pytest.mark.parametrize(("predicate", "text"), PHRASES.items(), ids=PHRASES.values())
def test_every_predicate_is_said(predicate, text):
    assert spoken(predicate) == text
    assert written(predicate).count("$") % 2 == 0
    assert "\\" not in spoken(predicate)
    assert phrase(predicate, lambda expr: "?") != text


def test_polynomials_are_written_as_a_person_does():
    from theory.language.printing import tex

    x, b, c = Symbol("x"), Symbol("b"), Symbol("c")
    assert tex(b * x**3 - 3 * b * x + c) == "b x^{3} - 3 b x + c"
    assert plain(I - S_W * S_U) == "I - S_W S_U"
