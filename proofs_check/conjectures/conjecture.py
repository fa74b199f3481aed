"""A conjecture: what is claimed and what is assumed, read from text or taken as predicates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Inverse, MatrixSymbol, Symbol, preorder_traversal
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from proofs_check.conjectures.settings import Setting, declared, said, setting as named_setting
from proofs_check.errors import InputError
from theory import Formula, TextError
from theory.derivation.assumptions import Assumption
from theory.language.prose import spoken
from theory.language.reader import read
from theory.language.symbols import PRIMITIVES

__all__ = ["Conjecture", "conjectured"]


@dataclass(frozen=True)
class Conjecture:
    """A claim under hypotheses.

    Attributes
    ----------
    name : str
        What it is called: the id of its formula.
    setting : Setting
        What its names mean.
    formula : Formula
        The claim as a conclusion, with its hypotheses, and the definitions of all that it speaks of.
    """

    name: str
    setting: Setting
    formula: Formula

    @property
    def claim(self) -> str:
        """The claim in plain text, as it was understood."""
        return spoken(self.formula.says)

    @property
    def given(self) -> tuple[str, ...]:
        """The hypotheses in plain text, as they were understood."""
        return tuple(spoken(a.says) for a in self.formula.assumptions)

    @property
    def where(self) -> tuple[str, ...]:
        """The definitions of what the claim and the hypotheses speak of."""
        return tuple(
            spoken(step.equation) if step.described is None else f"{step.symbol}: {step.reason}"
            for step in self.formula.derivation
        )

    @property
    def takes_over(self) -> tuple[str, ...]:
        """Results of the theory that definitions rest on."""
        return self.formula.cites

    @property
    def free(self) -> tuple[Any, ...]:
        """The symbols that may have any value, by name."""
        formula = self.formula
        symbols = set(formula.says.free_symbols).union(*(a.free_symbols for a in formula.assumptions))
        for step in formula.derivation:
            symbols |= step.equation.free_symbols | step.made_of
        symbols -= {step.symbol for step in formula.derivation}
        named = {x.name: x for x in symbols if isinstance(x, MatrixSymbol | Symbol)}
        return tuple(named[name] for name in sorted(named) if not _is_dimension(named[name]))

    @property
    def presumes(self) -> tuple[str, ...]:
        """What is presumed to exist: inverses, and the only solutions that definitions speak of."""
        formula = self.formula
        inverted = {x.arg for says in said(formula) for x in preorder_traversal(says) if isinstance(x, Inverse)}
        stated = {spoken(a.says) for a in formula.assumptions}
        found = [f"{spoken(x)} is invertible" for x in sorted(inverted, key=str)]
        found += [
            f"exactly one {spoken(step.symbol)} satisfies {spoken(step.equation)}"
            for step in formula.derivation
            if step.described is None and step.symbol in step.equation.rhs.free_symbols
        ]
        return tuple(text for text in found if text not in stated)

    def given_also(self, *more: Assumption) -> Conjecture:
        """Return the same claim under further hypotheses."""
        old = self.formula
        return _made(self.name, self.setting, old.says, (*old.assumptions, *more))

    def without(self, assumption: Assumption) -> Conjecture:
        """Return the same claim under one hypothesis less."""
        old = self.formula
        return _made(self.name, self.setting, old.says, tuple(a for a in old.assumptions if a is not assumption))


def conjectured(
    claim: Any,
    given: Sequence[Any] = (),
    *,
    let: Iterable[str] = (),
    setting: str = "pair",
    name: str = "conjecture",
) -> Conjecture:
    """Read a conjecture.

    Parameters
    ----------
    claim : str or predicate
        What is claimed: text (`theory.language.grammar`), a relation of SymPy, or a predicate of the theory.
    given : sequence of str or predicate
        What is assumed.
    let : iterable of str
        Declarations and definitions of own symbols; see `proofs_check.conjectures.settings.declared`.
    setting : str
        Which symbols are predefined: ``pair``, ``attack``, ``helper``, ``none``, or the id of a theorem.
    name : str
        What to call it.

    Raises
    ------
    InputError
        What cannot be read or has no meaning; the message points at the character.
    """
    if isinstance(given, str):
        raise InputError("given is one text; pass a list of them, such as given=['P Q = Q P']")
    chosen = declared(named_setting(setting), let)
    says = _predicate(claim, chosen, "the claim")
    assumptions = tuple(_assumption(one, chosen, i) for i, one in enumerate(given, 1))
    return _made(name, chosen, says, assumptions)


def _predicate(given: Any, chosen: Setting, what: str) -> Any:
    if isinstance(given, str):
        try:
            return read(given, chosen.names)
        except TextError as error:
            raise InputError(f"{what}: {error}") from None
    if isinstance(given, Boolean | Relational) and not isinstance(given, Symbol):
        return given
    raise InputError(f"{what} is of type {type(given).__name__}, and says nothing; pass text or a relation")


def _assumption(given: Any, chosen: Setting, number: int) -> Assumption:
    says = _predicate(given, chosen, f"hypothesis {number}")
    return Assumption(says, given if isinstance(given, str) else spoken(says))


def _made(name: str, chosen: Setting, says: Any, assumptions: tuple[Assumption, ...]) -> Conjecture:
    symbols = set(says.free_symbols).union(*(a.free_symbols for a in assumptions))
    steps = chosen.needed(symbols)
    formula = Formula(name, name, None, says, assumptions, "conjectured", steps, (), {}, "=", says)
    return Conjecture(name, chosen, formula)


def _is_dimension(symbol: Any) -> bool:
    """Whether a symbol is a size, and not a number that is drawn."""
    return isinstance(symbol, Symbol) and symbol.is_integer and symbol.is_positive and symbol.name not in PRIMITIVES
