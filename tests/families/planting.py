"""Planted falsehoods: what a row of a family's list is, how formulas are changed, and all lists together.

Each `tests.families.test_<family>` may hold these lists, which the tests of the tools run over:

- ``FALSEHOODS``: formulas changed in one place, which simulated agents must refute;
- ``COMPARED``: formulas of these that the comparison in floats must refute too;
- ``FALSE_STATEMENTS``: certified statements made false, which must get a counterexample and no certificate;
- ``TRUE_STATEMENTS``: certified statements that must get a certificate again and no counterexample;
- ``PROVED_WHOLE``: theorems that the certificates must prove whole;
- ``WRONG_COUNTEREXAMPLES``: of the need of a hypothesis, none of which must be taken for one;
- ``RELIED_ON``: hypotheses, by kind, without which a derivation must fail;
- ``BY_ALGEBRA``: formulas of which no line is inferred;
- ``HARMLESS``: mutations of derivations that leave a line true;
- ``JUDGED``: statements whose judge must catch half of what is derived;
- ``ROUNDED``: formulas whose rounding bound must cover their value in floats;
- ``TRUE_MUTANTS``: statements changed in one place that are true all the same, by id,
  pattern of the mutant's name (as in `fnmatch`) and reason;
- ``NOTATION``: formulas that say nothing but what a letter stands for;
- ``RATIONAL_ONLY``: formulas whose hypotheses no instance with free symbols meets;
- ``OPERATIONS``: how often a compiled program does what costs most.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from sympy import Identity, Inverse, Transpose

from theory import formulas
from theory.catalogue import FAMILIES
from theory.derivation.lines import equation
from theory.language.symbols import S_U, S_W, A, B, P, Q, d

__all__ = [
    "FalseStatement",
    "Falsehood",
    "Tampered",
    "WrongCounterexample",
    "change",
    "gathered",
    "of_theorem",
    "scaled",
]

Change = Callable[[Any], Any]
Falsehood = tuple[str, str, str, Change]
FalseStatement = tuple[str, str, str | None, tuple[str, ...]]
WrongCounterexample = tuple[str, str, dict[str, Any], str]


def gathered(name: str) -> list[Any]:
    """The lists of this name of all families, one after the other."""
    found: list[Any] = []
    for family in FAMILIES:
        found.extend(getattr(import_module(f"tests.families.test_{family}"), name, ()))
    return found


def of_theorem(id_: str) -> str:
    """The theorem that a formula is part of."""
    return id_.split(".", maxsplit=1)[0]


def change(id_: str, tamper: Change) -> Any:
    """Return the formula with its result changed, in abbreviations and in primitives; its derivation stays."""
    formula = formulas[id_]
    changed = tamper(formula.compact)
    if changed == formula.compact:
        raise ValueError(f"{id_}: the change leaves {formula.compact} as it is")
    says = formula.says if formula.says is None else formula.says.xreplace({formula.compact: changed})
    if formula.lhs is not None and formula.says == equation(formula.lhs, formula.compact):
        says = equation(formula.lhs, changed)
    return dataclasses.replace(formula, compact=changed, says=says)


class Tampered(Mapping[str, Any]):
    """The catalogue with one formula replaced."""

    def __init__(self, id_: str, formula: Any) -> None:
        self.id, self.formula = id_, formula

    def __getitem__(self, id_: str) -> Any:
        return self.formula if id_ == self.id else formulas[id_]

    def __iter__(self) -> Any:
        return iter(formulas)

    def __len__(self) -> int:
        return len(formulas)


def scaled(id_: str, factor: Any) -> Any:
    """A formula that claims a multiple of what is derived."""
    right = formulas[id_]
    return SimpleNamespace(
        id=id_,
        inputs=right.inputs,
        dimensions=right.dimensions,
        expr=right.expr,
        exact=lambda **inputs: right.exact(**inputs) * factor,
    )


def flipped(expr: Any) -> Any:
    return -expr


def swapped(expr: Any) -> Any:
    return expr.xreplace({A: B, B: A})


def transposed(expr: Any) -> Any:
    """Turn every inverted matrix round."""
    rules = {x: Inverse(Transpose(x.arg)) for x in expr.atoms(Inverse)}
    return expr.xreplace(rules)


def without(*letters: Any) -> Change:
    return lambda expr: expr.xreplace(dict.fromkeys(letters, 1))


def bare_gram(expr: Any) -> Any:
    """Forget the step sizes."""
    return expr.xreplace({P: S_W, Q: S_U})


def plus_one(expr: Any) -> Any:
    return expr + (Identity(d) if getattr(expr, "is_MatrixExpr", False) else 1)
