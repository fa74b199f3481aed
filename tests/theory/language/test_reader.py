"""Text and predicates: what the theory prints is read back as what it was; what cannot be read is pointed at."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st
from sympy import MatrixSymbol, Rational, Symbol, preorder_traversal

from proofs_check import theorems
from theory import TextError, formulas
from theory.language import words
from theory.language.grammar import parse
from theory.language.nodes import Contracts, Inner, Norm, PositiveSemidefinite
from theory.language.predicates import All, Iff, Implies, Loewner, Settles, TendsTo
from theory.language.printing import plain
from theory.language.prose import spoken
from theory.language.reader import read, read_expression
from theory.language.symbols import PRIMITIVES, A, B, Delta, I, P, Q, SymmetricSymbol, d, n, size

CONCLUSIONS = [formula for theorem in theorems.values() for formula in theorem.states(formulas).conclusions]
#: Conclusions about means, and about a column of ones, which print as what is no part of the grammar.
UNREADABLE = {"E[", "1' c", "1 1'", " 1 = 0", ") 1'"}


def names_of(formula):
    said = [formula.says, *(a.says for a in formula.assumptions), *(s.equation for s in formula.derivation)]
    return {x.name: x for says in said for x in preorder_traversal(says) if isinstance(x, MatrixSymbol | Symbol)}


def texts_of(formula):
    return [says for says in (formula.says, *(a.says for a in formula.assumptions)) if says is not None]


@pytest.mark.parametrize("formula", CONCLUSIONS, ids=lambda formula: formula.id)
@pytest.mark.many(6)
def test_what_is_printed_is_read_back(formula):
    """Term by term, but for numbers that SymPy may have multiplied out on the way."""
    multiplied_out = []
    for says in texts_of(formula):
        text = spoken(says)
        if any(part in text for part in UNREADABLE):
            continue
        again = read(text, names_of(formula))
        if spoken(again) != text:
            multiplied_out.append(text)
            assert read(spoken(again), names_of(formula)) == again
    assert len(multiplied_out) <= 1


def test_nearly_everything_that_is_printed_is_read():
    said = [spoken(says) for formula in CONCLUSIONS for says in texts_of(formula)]
    assert len([text for text in said if any(part in text for part in UNREADABLE)]) < 0.05 * len(said)


NAMES = {x: item.symbol for x, item in PRIMITIVES.items()} | {
    "P": P, "Q": Q, "A": A, "B": B, "Delta": Delta, "e": MatrixSymbol("e", d, 1), "f": MatrixSymbol("f", d, 1),
    "R": MatrixSymbol("R", n, d), "C": SymmetricSymbol("C", d, d), "order_k+1": MatrixSymbol("order_k+1", d, 1),
}  # fmt: skip
e, f, C, w_t = NAMES["e"], NAMES["f"], NAMES["C"], NAMES["w_t"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("0 <= P <= I", All(PositiveSemidefinite(P), Loewner(P, I))),
        ("P < 2", Loewner(P, 2 * I, True)),
        ("2 >= P", Loewner(P, 2 * I)),
        ("|e| <= |f|", Norm(e) <= Norm(f)),
        ("spr(P Q) < 1", Contracts(P * Q)),
        ("the spectral radius of P Q is below 1", Contracts(P * Q)),
        ("x -> P x + Q c converges from every x, for every c", Settles(P, Q)),
        ("iterating w_t -> P w_t from every w_t leads to 0", TendsTo(w_t, P * w_t, w_t, 0 * e)),
        ("w_t -> P w_t from w_0 tends to 0", TendsTo(w_t, P * w_t, NAMES["w_0"], 0 * e)),
        ("<e, f> = 0 => |e + f|^2 = |e|^2 + |f|^2", None),
        ("if P Q = Q P, then A B = B A", None),
        ("P Q = Q P iff A B = B A", None),
        ("w* - u* = -Delta", None),
        ("|w*| <= |u*|", None),
        ("5 |w*|/9 <= |w* - u*| + 2 |w*| |u*|", None),
        ("order_k+1 = e + f", None),
        ("2 <e, f> <= |e|^2 + |f|^2", None),
        ("P·Q·e ≠ 0", None),
        ("A^2 = A and A.T = A and A^T = A'", None),
        ("R' R >= 0", None),
        ("(e' f) P = P (e' f)", None),
        ("tr(P) >= 0 and 1.5 eta_W > 1/3", None),
    ],
)  # fmt: skip
def test_what_a_text_means(text, meaning):
    found = read(text, NAMES)
    if meaning is not None:
        assert found == meaning
    assert read(spoken(found), NAMES) == found


def test_implications_and_equivalences():
    assert isinstance(read("P Q = Q P => A B = B A", NAMES), Implies)
    assert isinstance(read("P e = 0 and Q e = 0 if and only if (P + Q) e = 0", NAMES), Iff)
    assert read("2 <e, f> = 0", NAMES).lhs == 2 * Inner(e, f)
    assert spoken(read("a < b", {"a": Symbol("a", real=True), "b": Symbol("b", real=True)})) == "a < b"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "", "nothing is stated"),
        ("P Q", "", "a relation is missing before the end"),
        ("P + e = 0", "e", "a vector of d, and what it meets is d by d"),
        ("e + P = 0", "P", "d by d, and what it meets is a vector of d"),
        ("P e Q = 0", "Q", "this is d by d, and P e before it is a vector of d"),
        ("P Detla = 0", "Detla", "Detla is not known; near: Delta"),
        ("(P Q = Q P", "(", "'(' is not closed by ')'"),
        ("|e <= |f|", "|", "'|' is not closed by '|'"),
        ("P ^ 2.5 = P", "2.5", "a whole number"),
        ("P^ = P", "=", "an exponent is missing"),
        ("P^2^3 = P", "^3", "a power of a power means two things"),
        ("P <Q", "<", "the sign of an order stands between blanks"),
        ("(P - P)^-1 = P", "(P - P)^-1", "this inverts 0"),
        ("0^-1 = 1", "0^-1", "divides by 0"),
        ("sqrt(-1) = 1", "sqrt(-1)", "a real number is meant"),
        ("log(0) = 1", "log(0)", "a real number is meant"),
        ("P² = P", "²", "means nothing here"),
        ("R <= 1", "1", "a multiple of the identity is square"),
        ("e <= f", "e <= f", "between numbers or symmetric matrices"),
        ("P / Q = 0", "Q", "a number is needed here, and this is d by d"),
        ("eta_W / 0 = 1", "0", "divides by 0"),
        ("P is nice", "nice", "known are 'is invertible'"),
        ("R is invertible", "R", "a square matrix is needed here, and this is n by d"),
        ("|P| = 1", "|P|", "of a matrix take sigma_max"),
        ("<e, P> = 0", "<e, P>", "of two vectors of one size"),
        ("P Q = Q P @", "@", "means nothing here"),
        ("P Q = Q P Q = 1 )", ")", "was not expected"),
        ("if P Q = Q P A B = 1", "", "'then' is missing"),
        ("[[P, Q], [P]] = 1", "[[P, Q], [P]]", "different lengths"),
        ("[P, Q] = 1", "P", "blocks are written"),
        ("some s = 0", "=", "'satisfies' is missing"),
        ("x -> P x converges", "", "'from' is missing"),
        ("iterating w_t -> P w_t from w_t leads to 0", "w_t", "a start is one vector"),
        ("eta_W never falls as eta_W grows from 1", "1", "growth starts from 0"),
        ("0 <= eta_W <= eta_U for all eta_U > 0", "eta_U for all", "is one relation"),
        ("P and Q", "", "a relation is missing"),
        ("R and P commute", "R", "a square matrix is needed"),
        ("P lies in the range of R", "P lies in the range of R", "no part of n"),
        ("P^+ = eta_W^+", "eta_W^+", "a pseudo-inverse is that of a matrix"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text, place, message):
    with pytest.raises(TextError) as caught:
        read(text, NAMES)
    error = caught.value
    assert message in error.why
    assert place in text[error.start : error.end] or (place == "" and error.start >= len(text.rstrip()) - 12)
    line, mark = str(error).splitlines()[-2:]
    assert line[2:] == text
    assert mark.index("^") == 2 + error.start


def test_an_expression_alone():
    assert read_expression("A B - B A", NAMES) == A * B - B * A
    with pytest.raises(TextError, match="was not expected"):
        read_expression("A B = B A", NAMES)


def test_the_tree_knows_where_it_stands():
    text = "P e  =  Q f"
    node = parse(text, NAMES)
    assert [text[part.start : part.end] for part in node.parts] == ["P e", "Q f"]


# Random expressions --------------------------------------------------------------------------------

SQUARE = st.sampled_from([P, Q, A, B, C, NAMES["K13"], I])
VECTOR = st.sampled_from([e, f, Delta, NAMES["w_star"], NAMES["u_star"]])
NUMBER = st.sampled_from([NAMES["eta_W"], NAMES["alpha"], size("n"), Symbol("p", real=True)])


def matrices():
    def larger(inner):
        return st.one_of(
            st.tuples(inner, inner).map(lambda x: x[0] * x[1]),
            st.tuples(inner, inner).map(lambda x: x[0] + x[1]),
            st.tuples(inner, inner).map(lambda x: x[0] - x[1]),
            st.tuples(NUMBER, inner).map(lambda x: x[0] * x[1]),
            st.tuples(st.integers(-3, 3), st.integers(1, 4), inner).map(lambda x: Rational(x[0], x[1]) * x[2]),
            inner.map(lambda x: x.T),
            inner.map(lambda x: x**2),
        )

    return st.recursive(SQUARE, larger, max_leaves=6)


@given(matrices(), VECTOR, matrices())
def test_random_expressions_are_read_back(left, x, right):
    names = NAMES | {"n": size("n"), "p": Symbol("p", real=True)}
    for expr in (left * x + x, x.T * right * x, left + right):
        again = read_expression(plain(expr), names)
        again = again if getattr(again, "is_MatrixExpr", False) else None
        if again is None:
            continue  # what vanished prints as 0, and a number as itself
        assert again.shape == expr.shape
        assert words.equal(again, expr)


@given(st.text(alphabet="PQe wu*'^-+|<>,=()[]/12 andif", max_size=30))
def test_no_text_breaks_the_reader(text):
    """Whatever is typed is read, or refused with a place in it."""
    with suppress(TextError):
        read(text, NAMES)
        return
    with pytest.raises(TextError) as refused:
        read(text, NAMES)
    assert 0 <= refused.value.start <= refused.value.end <= len(text) + 1


SCALARS = {"a": Symbol("a", real=True), "t": PRIMITIVES["t"].symbol}
exponents = st.sampled_from(["2", "3", "-1", "-2", "t", "(t + 1)"])


def powers(atoms, more):
    """Expressions in which powers, signs and products are nested."""
    return st.recursive(
        st.sampled_from(atoms),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(more) | exponents).map(lambda x: f"({x[0]})^{x[1]}"),
            inner.map(lambda x: f"(-({x}))"),
            st.tuples(inner, inner).map(lambda x: f"({x[0]}) ({x[1]})"),
            st.tuples(inner, inner).map(lambda x: f"({x[0]} + {x[1]})"),
        ),
        max_leaves=4,
    )


@given(powers(["P", "Q", "M"], ["+", "T"]) | powers(["a", "|e|^2", "<e, f>", "|e|", "2"], ["0"]))
def test_powers_are_printed_as_they_are_read(text):
    """A sign, a product or a power that is raised to a power stands in brackets."""
    names = NAMES | SCALARS | {"M": MatrixSymbol("M", d, d)}
    with suppress(TextError):  # 1/0
        found = read(f"({text}) = 0", names)
        said = spoken(found)
        assert spoken(read(said, names)) == said
        again = read(said, names)
        assert found == again or words_or_value(found.lhs - again.lhs)


def words_or_value(gap):
    """Whether a difference vanishes: word by word, or as a number."""
    return words.vanishes(gap) if getattr(gap, "is_MatrixExpr", False) else gap.expand() == 0
