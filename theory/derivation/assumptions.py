"""Assumptions as data: a named predicate, decided exactly on an instance, and how to draw such instances."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sympy import Identity, S

from theory.language.nodes import PositiveSemidefinite
from theory.language.predicates import Commute, Invertible, Loewner
from theory.language.printing import plain
from theory.language.prose import spoken, written
from theory.values.drawing import Arrange
from theory.values.instance import Instance

__all__ = ["Assumption", "arranged", "below", "commute", "holds", "invertible", "psd", "relation"]


@dataclass(frozen=True)
class Assumption:
    """One hypothesis.

    Attributes
    ----------
    says : relation
        A predicate over the symbols of the theory (`theory.language.predicates`), or a relation of SymPy.
    name : str
        What it is called, in plain text: one name for one hypothesis, in every formula.
    arrange : callable, optional
        Draws instances that satisfy it, where random ones would miss it.
    """

    says: Any
    name: str
    arrange: Arrange | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """In words, with LaTeX between dollars."""
        return written(self.says)

    @property
    def plain(self) -> str:
        """In words, in plain text."""
        return spoken(self.says)

    @property
    def free_symbols(self) -> set[Any]:
        """The symbols it speaks of."""
        return set(self.says.free_symbols)

    def holds(self, at: Instance) -> bool:
        """Decide it exactly on an instance; what free symbols leave open counts as given."""
        return self.says == S.true or not at.decidable(self.says) or at.holds(self.says)

    def __str__(self) -> str:
        return self.text


def invertible(expr: Any, called: str | None = None) -> Assumption:
    """`expr` has an inverse; the name says what it is `called`, or else spells it."""
    return Assumption(Invertible(expr), f"{called or expr} invertible")


def psd(expr: Any) -> Assumption:
    """`expr` is symmetric positive semidefinite (true of every free instance of a Gram matrix)."""
    return Assumption(PositiveSemidefinite(expr), f"{expr} psd")


def below(expr: Any, bound: int, *, strict: bool = True, arrange: Arrange | None = None) -> Assumption:
    """``expr < bound * I`` in the Loewner order; free instances are not tested."""
    name = f"{expr} {'below' if strict else 'at most'} {bound}"
    return Assumption(Loewner(expr, bound * Identity(expr.shape[0]), strict), name, arrange)


def commute(left: Any, right: Any, arrange: Arrange | None = None) -> Assumption:
    """``left * right = right * left``."""
    return Assumption(Commute(left, right), f"{left} and {right} commute", arrange)


def relation(says: Any, name: str = "") -> Assumption:
    """A relation or another predicate, called by its `name`, or else spelled."""
    return Assumption(says, name or plain(says))


def arranged(says: Any, name: str, arrange: Arrange) -> Assumption:
    """A predicate that random instances would miss: `arrange` draws instances that satisfy it."""
    return Assumption(says, name, arrange)


def holds(assumptions: tuple[Assumption, ...], at: Instance) -> bool:
    """Whether all assumptions hold on an instance."""
    return all(a.holds(at) for a in assumptions)
