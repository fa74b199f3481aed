"""What a proposition takes for granted, and what defines its letters, is printed beside the theorem."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from sympy import Inverse, MatrixSymbol, Symbol

from tests.families.test_misalignment import MONOTONE_IN_ANGLE
from theory import formulas, statements
from theory.derivation.described import Iterate, Slope
from theory.derivation.notation import Introduced, explained, meanings, signs
from theory.language.nodes import EntrySum, MaxRowSum, PseudoInverse, SingularValue, SpectralRadius
from theory.language.predicates import Invertible
from theory.language.printing import plain, tex
from theory.language.symbols import PRIMITIVES, S_W, SymmetricSymbol, d, eta_W, order

STATED = [formula for statement in statements.values() for formula in statement.conclusions]
#: Matrices of which a conclusion of the same theorem, or the inverse of another, says that they are invertible.
SHOWN = {"N", "R_e", "R_f", "H_more", "C"}
#: Conclusions about a matrix that is made of an inverse, which hold whatever that matrix is.
OF_ANY_MATRIX = ("gradient-attack.limit", "gradient-attack.shrink", f"{MONOTONE_IN_ANGLE}.sufficient")
#: A hypothesis that bounds an inverse says that there is one.
BOUNDED = {"I - J"}


def printed(id_: str) -> dict[Any, Any]:
    formula, statement = formulas[id_], statements[id_.partition(".")[0]]
    return dict(statement.notation) | dict(statement.local(formula))


@pytest.mark.parametrize("id_", statements)
def test_what_an_input_is_by_its_kind_is_printed(id_):
    for symbol, what in statements[id_].notation:
        said = explained(symbol, what, plain)
        item = next((item for item in PRIMITIVES.values() if item.symbol == symbol), None)
        if item is None or not isinstance(what, str):
            continue
        if item.kind == "step":
            assert said.startswith(f"{plain(symbol)} > 0: ")
        if item.kind == "count":
            assert said.startswith(f"{plain(symbol)} >= {item.least}: ")
            assert said.endswith("a whole number")
        if isinstance(symbol, SymmetricSymbol):
            assert said.endswith("symmetric")


def test_kinds_are_read_off_the_letters():
    assert explained(eta_W, "step", plain) == "eta_W > 0: step"
    assert explained(order, "order", plain) == "order >= 1: order"
    assert explained(d, "size", lambda x: f"${tex(x)}$", ", ") == r"$d \geq 1$, size"
    assert explained(S_W, "Gram", plain) == "S_W: Gram"


@pytest.mark.parametrize("formula", STATED, ids=lambda formula: formula.id)
def test_what_no_expression_abbreviates_has_its_equation(formula):
    shown = printed(formula.id)
    for symbol, what in meanings(formula).items():
        if not isinstance(what, Introduced):
            continue
        assert shown[symbol] == what
        said = explained(symbol, what, plain)
        assert what.words in said
        match what.means:
            case None:
                continue
            case Iterate(start=start, state=state):
                assert f"from {plain(start)}, " in said
                assert f"{plain(state)} -> " in said
            case Slope(of=of):
                assert f"derivative of {plain(of)}" in said
            case _:
                assert f"{plain(symbol)} = " in said


@pytest.mark.parametrize("formula", STATED, ids=lambda formula: formula.id)
def test_what_is_inverted_is_invertible_by_a_hypothesis(formula):
    """An inverse in a hypothesis, a conclusion or an abbreviation has its hypothesis, or its theorem."""
    given = [a.says for a in formula.assumptions]
    spoken = [*given, formula.says, *(x for x in meanings(formula).values() if not isinstance(x, str | Introduced))]
    inverted = {inverse.arg for expr in spoken for inverse in expr.atoms(Inverse)}
    known = {says.arg for says in given if isinstance(says, Invertible)}
    assert {plain(x) for x in inverted - known} <= SHOWN | BOUNDED | ({"M"} if formula.id in OF_ANY_MATRIX else set())


def alike(symbols: Iterable[Any], show: Any) -> list[str]:
    found: dict[str, set[Any]] = {}
    for symbol in symbols:
        found.setdefault(show(symbol), set()).add(symbol)
    return sorted(text for text, which in found.items() if len(which) > 1)


@pytest.mark.parametrize("show", [plain, tex])
@pytest.mark.parametrize("id_", statements)
def test_no_two_letters_are_printed_alike(id_, show):
    letters = {x for formula in statements[id_].then for x in meanings(formula)}
    assert alike(letters, show) == []


def test_letters_that_are_printed_alike_are_found():
    assert alike([Symbol("x"), Symbol("x", positive=True), Symbol("y")], plain) == ["x"]


@pytest.mark.parametrize("id_", statements)
def test_signs_are_explained(id_):
    statement = statements[id_]
    text = statement.latex().partition("Notation:")[0]
    for pattern, sample in (
        (r"\\rvert_1", "EntrySum"),
        (r"\\rVert_\\infty", "MaxRowSum"),
        (r"sigma_\{\\max", "largest"),
    ):
        if re.search(pattern, text):
            names = [type(sign).__name__ for sign, _ in statement.signs] + [means for _, means in statement.signs]
            assert any(sample in name for name in names)


def test_every_sign_of_the_language_has_its_words():
    x = MatrixSymbol("Z", d, d)
    nodes = [EntrySum(x), MaxRowSum(x), SingularValue(x, 1), SingularValue(x, -1), SpectralRadius(x), PseudoInverse(x)]
    assert len(signs(nodes)) == len(nodes)


@pytest.mark.parametrize("id_", statements)
def test_no_letter_is_explained_by_itself(id_):
    source = statements[id_].latex()
    assert all(left != right for left, right in re.findall(r"\$([^$]+?) = ([^$]+?)\$", source))
