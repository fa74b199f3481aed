"""Statements changed in one place: a hypothesis dropped or widened, a sign, a letter, an order, a Gram matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sympy import GreaterThan, LessThan, MatMul, StrictGreaterThan, StrictLessThan
from sympy.core.relational import Equality

from tests.theory.derivation.mutants import SWAPS, mutants
from theory import Formula
from theory.derivation.assumptions import Assumption
from theory.derivation.lines import equation
from theory.language import words
from theory.language.predicates import All, Iff, Implies, Loewner
from theory.language.symbols import S_U, S_W, A, B, M, N, P, Q

__all__ = ["statement_mutants"]

#: One letter for another, everywhere in the conclusion.
REPLACED = {"P by Q": (P, Q), "Q by P": (Q, P), "A by B": (A, B), "B by A": (B, A), "M by N": (M, N), "N by M": (N, M)}
STRICT = {LessThan: StrictLessThan, GreaterThan: StrictGreaterThan}
GRAMS = {"S_W by S_U": (S_W, S_U), "S_U by S_W": (S_U, S_W)}


def statement_mutants(formula: Formula) -> Iterator[tuple[str, Formula]]:
    """Yield each single mutant of what a formula states, with its name."""
    for i, assumption in enumerate(formula.assumptions):
        others = formula.assumptions[:i] + formula.assumptions[i + 1 :]
        yield f"without {assumption.name}", replace(formula, assumptions=others)
        for how, wider in _wider(assumption):
            yield f"{how}: {assumption.name}", replace(formula, assumptions=(*others, wider))
    seen = {_form(formula.says)}
    for name, says in _conclusions(formula.says):
        if (form := _form(says)) not in seen:
            seen.add(form)
            yield name, saying(formula, says)


def saying(formula: Formula, says: Any) -> Formula:
    """The formula with another conclusion; the value follows where the conclusion is the value."""
    compact = formula.compact
    if formula.lhs is not None and formula.says == equation(formula.lhs, compact) and isinstance(says, Equality):
        compact = says.rhs if says.lhs == formula.lhs else compact
    elif formula.says == compact:
        compact = says
    return replace(formula, says=says, compact=compact)


def _wider(assumption: Assumption) -> Iterator[tuple[str, Assumption]]:
    says = assumption.says
    if isinstance(says, Loewner):
        if says.strict:
            yield "not strictly", replace(assumption, says=Loewner(*says.args[:2]))
        yield "twice as wide", replace(assumption, says=Loewner(says.args[0], 2 * says.args[1], says.strict))
    if isinstance(says, StrictLessThan):
        yield "not strictly", replace(assumption, says=LessThan(says.lhs, says.rhs, evaluate=False))
    if isinstance(says, StrictGreaterThan):
        yield "not strictly", replace(assumption, says=GreaterThan(says.lhs, says.rhs, evaluate=False))
    if isinstance(says, LessThan | StrictLessThan) and says.rhs.is_number and says.rhs > 0:
        yield "twice as wide", replace(assumption, says=says.func(says.lhs, 2 * says.rhs, evaluate=False))


def _strictly(says: Any) -> Iterator[tuple[str, Any]]:
    """An order relation, or one of several, without its case of equality."""
    if type(says) in STRICT:
        yield "strictly", STRICT[type(says)](says.lhs, says.rhs, evaluate=False)
    elif isinstance(says, Loewner) and not says.strict:
        yield "strictly", Loewner(*says.args[:2], True)
    elif isinstance(says, All | Iff | Implies):
        for i, part in enumerate(says.args):
            for name, changed in _strictly(part):
                yield f"part {i}: {name}", says.func(*says.args[:i], changed, *says.args[i + 1 :])


def _conclusions(says: Any) -> Iterator[tuple[str, Any]]:
    yield from mutants(says)
    yield from _strictly(says)
    for name, (old, new) in (REPLACED | GRAMS).items():
        if old in says.free_symbols:
            yield f"{name}", words.substitute(says, {old: new})
    for name, (one, two) in SWAPS.items():
        if {one, two} & says.free_symbols:
            yield f"swap {name} everywhere", words.substitute(says, {one: two, two: one})
    for letter in sorted(says.free_symbols, key=str):
        if getattr(letter, "is_MatrixExpr", False) and letter.shape[0] == letter.shape[1] and letter != letter.T:
            yield f"transpose {letter}", words.substitute(says, {letter: letter.T})
    for product in sorted(says.atoms(MatMul), key=str):
        coefficient, factors = product.as_coeff_matrices()
        for i, (left, right) in enumerate(pairwise(factors)):
            if left.shape == right.shape and left.shape[0] == left.shape[1]:
                turned = coefficient * MatMul(*factors[:i], right, left, *factors[i + 2 :])
                yield f"order of {left} {right} in {product}", words.substitute(says, {product: turned})


def _form(says: Any) -> Any:
    """A form that predicates share which differ only in how their sides are written."""
    if not isinstance(says, Equality) or not all(getattr(side, "is_MatrixExpr", False) for side in says.args):
        return says
    gap: dict[Any, Any] = words.words(words.difference(*says.args))
    if says.lhs.shape == (1, 1):
        gap = words.summed({min(word, words.transposed(word), key=str): c} for word, c in gap.items())
    return frozenset({frozenset(gap.items()), frozenset((word, -c) for word, c in gap.items())}), says.lhs.shape
