"""Assumptions as data: what a theorem needs, decidable exactly on an instance, and how to draw such instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sympy import Identity

from theory.errors import SingularError
from theory.language.nodes import PositiveSemidefinite
from theory.language.printing import tex
from theory.values.drawing import Arrange
from theory.values.instance import Instance

__all__ = ["Assumption", "arranged", "below", "commute", "holds", "invertible", "psd", "relation"]


@dataclass(frozen=True)
class Assumption:
    """One hypothesis.

    Attributes
    ----------
    kind : str
        ``invertible``, ``psd``, ``below`` (strictly, in the Loewner order), ``commute``, ``relation`` or
        ``arranged``.
    args : tuple
        The expressions it speaks of.
    name : str
        What it is called, in plain text: one name for one hypothesis, in every formula.
    text : str
        In words, with LaTeX between dollars.
    """

    kind: str
    args: tuple[Any, ...]
    name: str
    text: str
    test: Callable[[Instance], bool] = field(compare=False, repr=False)
    arrange: Arrange | None = field(default=None, compare=False, repr=False)

    def holds(self, at: Instance) -> bool:
        """Decide the assumption exactly on an instance."""
        return self.test(at)

    def __str__(self) -> str:
        return self.text


def invertible(expr: Any, called: str | None = None) -> Assumption:
    """`expr` has an inverse; the name says what it is `called`, or else spells it."""

    def test(at: Instance) -> bool:
        try:
            at(expr).inverse()
        except SingularError:
            return False
        return True

    return Assumption("invertible", (expr,), f"{called or expr} invertible", f"${tex(expr)}$ is invertible", test)


def psd(expr: Any) -> Assumption:
    """`expr` is symmetric positive semidefinite (true of every free instance of a Gram matrix)."""

    def test(at: Instance) -> bool:
        return not at.domain.is_QQ or at(expr).is_psd()

    return Assumption("psd", (expr,), f"{expr} psd", rf"${tex(expr)} \succeq 0$", test)


def below(expr: Any, bound: int) -> Assumption:
    """``expr < bound * I`` strictly, in the Loewner order; free instances are not tested."""

    def test(at: Instance) -> bool:
        if not at.domain.is_QQ:
            return True
        gap = bound * Identity(expr.shape[0]) - expr
        return at.holds(PositiveSemidefinite(gap)) and invertible(gap).holds(at)

    return Assumption("below", (expr, bound), f"{expr} below {bound}", rf"${tex(expr)} \prec {bound} I$", test)


def commute(left: Any, right: Any, arrange: Arrange | None = None) -> Assumption:
    """``left * right = right * left``."""

    def test(at: Instance) -> bool:
        return (at(left) @ at(right) - at(right) @ at(left)).is_zero

    name, text = f"{left} and {right} commute", f"${tex(left)}$ and ${tex(right)}$ commute"
    return Assumption("commute", (left, right), name, text, test, arrange)


def relation(rel: Any, name: str, text: str | None = None) -> Assumption:
    """A scalar or matrix relation; order relations are not tested on free instances."""

    def test(at: Instance) -> bool:
        from sympy import Equality, Unequality

        if not at.domain.is_QQ and not isinstance(rel, Equality | Unequality):
            return True
        return at.holds(rel)

    return Assumption("relation", (rel,), name, text or f"${tex(rel)}$", test)


def arranged(rel: Any, name: str, text: str, arrange: Arrange) -> Assumption:
    """A relation that random instances would miss: `arrange` draws instances that satisfy it."""
    return Assumption("arranged", (rel,), name, text, relation(rel, name).test, arrange)


def holds(assumptions: tuple[Assumption, ...], at: Instance) -> bool:
    """Whether all assumptions hold on an instance."""
    return all(a.holds(at) for a in assumptions)
