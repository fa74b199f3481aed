"""Translation to certificates: what it writes has the value of the SymPy expression, at random rational matrices."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings, strategies as st
from sympy import (
    QQ,
    BlockMatrix,
    Eq,
    Equality,
    Identity,
    Inverse,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    Pow,
    Rational,
    Symbol,
    Trace,
    ZeroMatrix,
    log,
    sqrt,
)

from proofs_check import theorems
from proofs_check.proving.translation import Translation, Untranslatable, _split, expanded_text, identifier, text_of
from tests.families.test_population import TRAINED_STEP_IS_STABLE
from tests.proofs_check.certificates import models
from tests.proofs_check.certificates.oracle import Map, evaluate
from theory import formulas
from theory.errors import SingularError
from theory.language import symbols as s
from theory.language.nodes import Inner, MaxRowSum, Norm, PositiveSemidefinite, PseudoInverse, SingularValue, Vanishes
from theory.values.dense import Dense
from theory.values.instance import Instance

SIZES = {"d": 2, "n": 3, "k": 2}


def instance(expr, seed):
    """Give every symbol any value: a translation must not depend on what the model says of them."""
    rng = random.Random(seed)
    at = Instance(QQ, dict(SIZES), {})
    for symbol in sorted(expr.free_symbols, key=str):
        if str(symbol) in SIZES:
            continue
        if not isinstance(symbol, MatrixSymbol):
            counts = {"t": 2, "order": 3}
            number = QQ(counts[str(symbol)]) if str(symbol) in counts else QQ(rng.randint(1, 5), rng.randint(1, 3))
            at.values[symbol] = Dense.from_rows([[number]], QQ)
            continue
        rows, columns = (at.integer(size) for size in symbol.shape)
        m = [[QQ(rng.randint(-3, 3), rng.randint(1, 2)) for _ in range(columns)] for _ in range(rows)]
        if isinstance(symbol, s.SymmetricSymbol):
            m = [[m[max(i, j)][min(i, j)] for j in range(columns)] for i in range(rows)]
        at.values[symbol] = Dense.from_rows(m, QQ)
    return at


def as_map(dense, *, number=False):
    value = dense.to_sympy()
    rows = [[Fraction(int(x.p), int(x.q)) for x in value.row(i)] for i in range(value.rows)]
    return Map(rows[0][0], None) if number else Map(rows, value.shape)


def letter_values(t, at, expr):
    """The value of every letter, from the SymPy object that it stands for."""
    values = {}
    for key, name in t._names.items():
        if isinstance(key, tuple):
            continue
        values[name] = as_map(at(key), number=name in t.scalars)
    for space, names in inclusions(t).items():
        sizes = [as_size(t.letters[x].split("<-")[1].strip(), at) for x in names]
        assert sum(sizes) == as_size(space, at)
        start = 0
        for x, size in zip(names, sizes, strict=True):
            rows = [[Fraction(int(i == start + j)) for j in range(size)] for i in range(sum(sizes))]
            values[x], start = Map(rows, (sum(sizes), size)), start + size
    for power in expr.atoms(Pow):
        if power.exp.free_symbols:
            symbol, _ = _split(power.exp)
            name = f"{identifier(text_of(t, power.base))}_to_the_{identifier(str(symbol))}"
            values[name] = as_map(at(Pow(power.base, symbol, evaluate=False)), number=True)
    for name in t.scalars:
        if name not in values and name.endswith("_inv"):
            values[name] = Map(1 / values[name.removesuffix("_inv")].entries, None)
    return values


def inclusions(t):
    found = {}
    for key, name in t._names.items():
        if isinstance(key, tuple):
            found.setdefault(t.letters[name].split("<-")[0].strip(), []).append(name)
    return found


def as_size(space, at):
    d, n, k = (SIZES[name] for name in "dnk")
    known = {"token": 2 * d + 2, "prompt": n + k + 1, "bare_prompt": n + 1, **SIZES}
    return sum(known[part] if part in known else int(part) for part in space.split(" + "))


def same_value(t, expr, at, values, text):
    """Whether a text has the value of an expression; the number 0 is the zero of every space."""
    mine = evaluate(text, values, Fraction)
    theirs = as_map(at(expr), number=not getattr(expr, "is_MatrixExpr", False))
    return (mine - theirs).is_zero


# Expressions that are drawn ------------------------------------------------------------------------

GRAM, ANY = (s.S_W, s.S_U), (s.Y, s.V31)
NUMBERS = st.sampled_from(
    [Rational(-1), Rational(1, 2), Rational(3), s.eta_W, -s.eta_U, s.eta_W * s.alpha, 1 / s.eta_W, (1 - s.alpha) * 2]
)


@st.composite
def operators(draw, depth=2):
    """A matrix expression of shape (d, d)."""
    if depth == 0:
        return draw(st.sampled_from([*GRAM, *ANY, Identity(s.d), s.X.T * s.X, s.w * s.u_t.T]))
    kind = draw(st.sampled_from(["sum", "product", "scaled", "transpose", "power", "inverse", "pinv", "leaf"]))
    one = draw(operators(depth=depth - 1))
    match kind:
        case "sum":
            return one + draw(operators(depth=depth - 1))
        case "product":
            return one * draw(operators(depth=depth - 1))
        case "scaled":
            return draw(NUMBERS) * one
        case "transpose":
            return one.T
        case "power":
            return MatPow(one, draw(st.integers(2, 3)))
        case "inverse":
            return Inverse(draw(st.sampled_from([*GRAM, *ANY])) + Identity(s.d))
        case "pinv":
            return PseudoInverse(draw(st.sampled_from([*GRAM, *ANY])))
    return one


@settings(max_examples=80)
@given(expr=operators(), seed=st.integers(0, 2**16))
@pytest.mark.slow
def test_a_translation_has_the_value_of_the_expression(expr, seed):
    t, at = Translation(), instance(expr, seed)
    text = text_of(t, expr)
    try:
        values = letter_values(t, at, expr)
    except SingularError:
        assume(False)
    assert same_value(t, expr, at, values, text)
    assert same_value(t, expr, at, values, expanded_text(t.polynomial(expr)))
    # The checker reads the text as the polynomial, and the equations that letters bring are true.
    assert t.context().parse(text) == t.polynomial(expr)
    for axiom in t.axioms.values():
        assert models.holds(axiom, values), axiom


@given(expr=operators(depth=1), other=operators(depth=1), seed=st.integers(0, 2**16))
def test_what_differs_is_translated_to_what_differs(expr, other, seed):
    equation = Eq(expr, other, evaluate=False)
    t, at = Translation(), instance(equation, seed)
    line = t.relation(equation)
    try:
        values, true = letter_values(t, at, equation), (at(expr) - at(other)).is_zero
    except SingularError:
        assume(False)
    assert models.holds(line, values) == true


@pytest.mark.parametrize(
    "formula", dict.fromkeys(spec.formula for theorem in theorems.values() for spec in theorem.certificate)
)
@pytest.mark.many(5)
def test_every_line_of_a_derivation_has_the_value_of_its_text(formula):
    compared = 0
    for step in formulas[formula].derivation:
        if not isinstance(step.equation, Equality):
            continue
        t = Translation()
        try:
            text = t.relation(step.equation)
        except Untranslatable:
            continue
        if any(name.endswith("_sqrt") for name in t.scalars) or step.equation.has(SingularValue):
            continue  # no rational value
        seed = 0
        while True:
            try:
                at = instance(step.equation, seed)
                values = letter_values(t, at, step.equation)
                break
            except SingularError:
                seed += 1
        for side, written in zip(step.equation.args, text.split(" = "), strict=True):
            assert same_value(t, side, at, values, written), f"{side} is not {written}"
        compared += 1
    assert compared or formula.split(".")[0] == TRAINED_STEP_IS_STABLE  # whose lines all speak of a square root


# Single expressions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (s.S_W.T, "S_W"),
        (s.Y.T, "Y'"),
        ((s.Y * s.S_W).T, "S_W Y'"),
        (Identity(s.d) - s.P, "1 - P"),
        (-s.P + s.Q, "Q - P"),
        (2 * s.eta_W * s.S_W, "2 eta_W S_W"),
        (ZeroMatrix(s.d, 1), "0"),
        (s.A * (s.P + s.Q), "A (P + Q)"),
        (MatPow(s.Y, -1), "Y_inv"),
        (Inverse(s.Y.T), "Y_inv'"),
        (MatPow(s.Y, 3), "Y Y Y"),
        (OneMatrix(1, 1), "1"),
    ],
)
def test_how_it_is_written(expr, text):
    assert text_of(Translation(), expr) == text


def test_what_letters_bring():
    t = Translation()
    t.polynomial(Inverse(s.M))
    t.polynomial(PseudoInverse(s.Y))
    assert t.axioms == {
        "M_inv from the right": "M M_inv = 1",
        "M_inv from the left": "M_inv M = 1",
        "Y_pinv 1": "Y Y_pinv Y = Y",
        "Y_pinv 2": "Y_pinv Y Y_pinv = Y_pinv",
        "Y_pinv 3": "Y Y_pinv = Y_pinv' Y'",
        "Y_pinv 4": "Y_pinv Y = Y' Y_pinv'",
    }
    assert t.letters == dict.fromkeys(("M", "M_inv", "Y", "Y_pinv"), "d <- d")


def test_powers_share_a_letter():
    t = Translation()
    step = t.polynomial(MatPow(s.Y, s.t + 1))
    assert step == t.context().times(t.polynomial(s.Y), t.polynomial(MatPow(s.Y, s.t)))
    assert t.axioms == {"Y_to_the_t commutes": "(Y) Y_to_the_t = Y_to_the_t (Y)"}
    # The order is at least 1, so that a power below it exists as well; no number of turns is known to be.
    assert t.polynomial(MatPow(s.Y, s.order - 1))
    with pytest.raises(Untranslatable, match="may be negative"):
        t.polynomial(MatPow(s.Y, s.t - 1))


def test_symmetry_is_declared_for_symmetric_symbols_only():
    t = Translation()
    assert t.polynomial((s.S_W * s.Y).T) == {("Y'", "S_W"): Fraction(1)}
    assert t.symmetric == ["S_W"]


COLUMN = ("d_plus_1_1", "d_plus_1_2")


def test_blocks_become_inclusions():
    t = Translation()
    block = BlockMatrix([[s.S_W, s.w], [s.w.T, OneMatrix(1, 1)]])
    value = t.polynomial(block)
    assert len(value) == 4
    assert len(inclusions(t)) == 1
    assert set(t.axioms.values()) == {f"{a}' {b} = {int(a == b)}" for a in COLUMN for b in COLUMN}
    assert t.context().parse(expanded_text(value)) == value  # the checker can read the names
    at = instance(block, 1)
    names = next(iter(inclusions(t).values()))
    rows = [[Fraction(int(i == j)) for j in range(3)] for i in range(3)]
    values = {x: as_map(at(e)) for e, x in t._names.items() if not isinstance(e, tuple)}
    values |= {names[0]: Map([row[:2] for row in rows], (3, 2)), names[1]: Map([row[2:] for row in rows], (3, 1))}
    assert (evaluate(expanded_text(value), values, Fraction) - as_map(at(block))).is_zero


def test_relations():
    t = Translation()
    assert t.relation(Vanishes(s.w - s.w_star, s.Delta)) == "w - w_star = 0"
    assert t.relation(PositiveSemidefinite(s.S_W)) == "S_W >= 0"
    assert t.relation(Norm(s.Delta) >= Norm(s.w)) == "Delta' Delta >= w' w"
    assert t.relation(Norm(s.w) <= Norm(s.Delta)) == "Delta' Delta >= w' w"
    assert t.relation(s.eta_W <= 2) == "2 >= eta_W"
    with pytest.raises(Untranslatable, match="no relation"):
        t.relation(s.eta_W < 2)


def test_inner_products_and_inverse_numbers():
    t = Translation()
    assert t.polynomial(Inner(s.w, s.Delta) / s.eta_W) == {("eta_W_inv", "inner_w_Delta"): Fraction(1)}
    assert t.axioms == {"inner_w_Delta": "w' Delta = inner_w_Delta", "eta_W_inv": "eta_W eta_W_inv = 1"}


@pytest.mark.parametrize("expr", [Trace(s.S_W), log(s.eta_W), s.eta_W**s.eta_U * MaxRowSum(s.w)])
def test_what_is_no_product_of_letters_is_refused(expr):
    with pytest.raises(Untranslatable):
        Translation().polynomial(expr)


def test_two_letters_of_one_name_are_refused():
    t = Translation()
    t.polynomial(MatrixSymbol("same name", s.d, s.d))
    with pytest.raises(Untranslatable, match="two letters are called same_name"):
        t.polynomial(MatrixSymbol("same-name", s.d, s.d) * MatrixSymbol("same_name", s.d, s.d))


#: Names of letters, and what texts of expressions in such letters are called.
NAMESAKES = ["a", "b", "a_plus_b", "a_inv", "a_sqrt", "b_sqrt", "a_b", "norm_a", "inner_a_b", "sigma_max_a_b", "a_pinv",
             "a_plus_b_inv", "a_plus_b_sqrt", "a_to_the_m", "a_plus_b_to_the_m", "m", "m_n", "n"]  # fmt: skip


@st.composite
def made_of_letters(draw):
    """An expression that brings a letter of its own, in letters whose names look like those of such letters."""
    name = st.sampled_from(NAMESAKES)
    p, q = (Symbol(draw(name), positive=True) for _ in "pq")
    m = Symbol(draw(name), integer=True, nonnegative=True)
    A, B = (MatrixSymbol(draw(name), s.d, s.d) for _ in "AB")
    x, y = (MatrixSymbol(draw(name), s.d, 1) for _ in "xy")
    numbers = [p, 1 / p, 1 / (p + q), p**m, p ** (m * Symbol("n", integer=True, nonnegative=True)), (p + q) ** m]
    numbers += [sqrt(p), 1 / sqrt(p), sqrt(p + q), Norm(x), sqrt(Norm(x)), 1 / Norm(x), Inner(x, y)]
    numbers += [SingularValue(A * B, 1), SingularValue(A, -1)]
    maps = [A, Inverse(A), Inverse(A + B), PseudoInverse(A), PseudoInverse(A.T), MatPow(A, m), MatPow(A * B, m)]
    return draw(st.sampled_from([*numbers, *maps]))


@given(first=made_of_letters(), second=made_of_letters())
@example(first=Norm(MatrixSymbol("x_sqrt", s.d, 1)), second=sqrt(Norm(MatrixSymbol("x", s.d, 1))))
@example(first=Inverse(s.P + s.Q), second=1 / Symbol("P_plus_Q"))
@example(first=MatPow(s.P * s.Q, s.t), second=Symbol("P_Q") ** s.t)
def test_a_letter_stands_for_one_thing(first, second):
    """However it is called: what differs has different letters, or the second is refused."""
    t = Translation()
    one = t.polynomial(first)
    try:
        other = t.polynomial(second)
    except Untranslatable:  # two letters are called alike
        return
    assert (one == other) == (first == second)


def test_what_is_made_of_a_letter():
    t = Translation()
    for expr in (Inner(s.w, s.Delta) / s.eta_W, sqrt(Norm(s.Y * s.w)), PseudoInverse(s.Y), s.M, 1 / s.eta_W):
        t.polynomial(expr)
    assert t.made_of({"w"}) == {"w", "inner_w_Delta", "norm_Y_w", "norm_Y_w_sqrt"}
    assert t.made_of({"Y", "eta_W"}) == {"Y", "Y_pinv", "norm_Y_w", "norm_Y_w_sqrt", "eta_W", "eta_W_inv"}
    assert t.made_of({"other"}) == {"other"}


def test_a_space_is_one_dimension():
    t = Translation()
    t.polynomial(BlockMatrix([[s.X.T], [s.y.T]]))
    size = t.space(2 * s.d + 2)
    with pytest.raises(Untranslatable, match=f"two spaces are called {size}"):
        t.space(Symbol(size, integer=True, positive=True))


def test_parts_of_a_space_are_told_apart():
    """A space may be cut in two ways, and somebody may have called a matrix as a part is called."""
    u, v, w = (MatrixSymbol(x, n, 1) for x, n in (("u", 1), ("v", 3), ("w", 2)))
    t = Translation()
    parts = t.polynomial(MatrixSymbol("n4_1", s.n, s.d)), t.polynomial(BlockMatrix([[u], [v]]))
    other = t.polynomial(BlockMatrix([[w], [w]]))
    assert len({word[0] for p in (*parts, other) for word in p}) == 5
    assert t.context().type(parts[1]) == t.context().type(other) == ("4", "1")


def test_a_number_and_an_operator_of_one_name_are_told_apart():
    t = Translation()
    assert t.polynomial(s.Y) == {("Y",): Fraction(1)}
    assert t.polynomial(Symbol("Y")) == {("Y_number",): Fraction(1)}
