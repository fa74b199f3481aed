"""A conjecture: what is claimed and what is assumed, read from text or taken as predicates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Inverse, MatrixSymbol, Pow, S, Symbol, preorder_traversal
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from proofs_check.conjectures.settings import Setting, declared, said, setting as named_setting
from proofs_check.errors import InputError
from proofs_check.rocq.export import LIBRARIES
from proofs_check.rocq.terms import RESERVED, rocq_name
from theory import Formula, TextError
from theory.derivation.assumptions import Assumption
from theory.language.nodes import NonnegativeForPositive
from theory.language.predicates import Iff, Implies
from theory.language.prose import spoken
from theory.language.reader import Reading, reading
from theory.language.symbols import tau

__all__ = ["Conjecture", "conjectured", "premises"]

#: Names that Rocq or one of its files has.
TAKEN = {*RESERVED, *(name.removesuffix(".v") for name in LIBRARIES)}


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
    presumed : tuple of predicate
        That what is inverted, divided by or rooted in the texts of claim, hypotheses and definitions allows it.
    """

    name: str
    setting: Setting
    formula: Formula
    presumed: tuple[Any, ...] = ()

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

    @cached_property
    def free(self) -> tuple[Any, ...]:
        """The symbols that may have any value, by name."""
        formula = self.formula
        symbols = _spoken_of(formula.says, formula.assumptions, self.presumed)
        for step in formula.derivation:
            symbols |= step.equation.free_symbols | step.made_of
        symbols -= {step.symbol for step in formula.derivation}
        named = {x.name: x for x in symbols if isinstance(x, MatrixSymbol | Symbol)}
        return tuple(named[name] for name in sorted(named) if not _is_dimension(named[name]))

    @property
    def presumes(self) -> tuple[str, ...]:
        """What is presumed to exist: inverses, and the only solutions that definitions speak of."""
        formula = self.formula
        nodes = [x for says in said(formula) for x in preorder_traversal(says)]
        inverted = {x.arg for x in nodes if isinstance(x, Inverse)}
        divisors = {x.base for x in nodes if isinstance(x, Pow) and x.exp.is_negative and not x.base.is_nonzero}
        stated = {spoken(a.says) for a in formula.assumptions}
        found = sorted({f"{spoken(x)} is invertible" for x in inverted} | {spoken(says) for says in self.presumed})
        found += sorted({f"{spoken(x)} != 0" for x in divisors} - {*found})
        found += [
            f"exactly one {spoken(step.symbol)} satisfies {spoken(step.equation)}"
            for step in formula.derivation
            if step.described is None and step.symbol in step.equation.rhs.free_symbols
        ]
        return tuple(text for text in found if text not in stated)

    def given_also(self, *more: Assumption) -> Conjecture:
        """Return the same claim under further hypotheses."""
        old = self.formula
        return _made(self.name, self.setting, old.says, (*old.assumptions, *more), self.presumed)

    def without(self, assumption: Assumption) -> Conjecture:
        """Return the same claim under one hypothesis less."""
        old = self.formula
        kept = tuple(a for a in old.assumptions if a is not assumption)
        return _made(self.name, self.setting, old.says, kept, self.presumed)


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
        What to call it; files and theorems of Rocq are called so.

    Raises
    ------
    InputError
        What cannot be read or has no meaning; the message points at the character.
    """
    if isinstance(given, str):
        raise InputError("given is one text; pass a list of them, such as given=['P Q = Q P']")
    if not re.fullmatch(r"[A-Za-z][\w-]*", name, re.ASCII) or rocq_name(name) in TAKEN:
        raise InputError(f"name {name!r}: give letters, digits, - and _, and no word of Rocq")
    chosen = declared(named_setting(setting), let)
    claimed = _predicate(claim, chosen, "the claim")
    read = [_predicate(one, chosen, f"hypothesis {i}") for i, one in enumerate(given, 1)]
    assumptions = [Assumption(x.says, _called(one, x.says)) for one, x in zip(given, read, strict=True)]
    presumed = dict.fromkeys(p for x in (claimed, *read) for p in x.presumes)
    made = _made(name, chosen, claimed.says, tuple(assumptions), tuple(presumed))
    _apart(made, [x for one in (claimed, *read) for x in one.ranging])
    return made


def _predicate(given: Any, chosen: Setting, what: str) -> Reading:
    """A predicate, what it presumes, and its letters for any positive number."""
    if isinstance(given, str):
        try:
            return reading(given, chosen.names)
        except TextError as error:
            raise InputError(f"{what}: {error}") from None
    if isinstance(given, Boolean | Relational) and not isinstance(given, Symbol):
        return Reading(given, (), (tau,) if given.atoms(NonnegativeForPositive) else ())
    raise InputError(f"{what} is of type {type(given).__name__}, and says nothing; pass text or a relation")


def _spoken_of(says: Any, assumptions: Iterable[Assumption], presumed: Iterable[Any]) -> set[Any]:
    return set(says.free_symbols).union(*(a.free_symbols for a in assumptions), *(p.free_symbols for p in presumed))


def _made(
    name: str, chosen: Setting, says: Any, assumptions: tuple[Assumption, ...], presumed: tuple[Any, ...]
) -> Conjecture:
    steps = chosen.needed(_spoken_of(says, assumptions, presumed))
    also = tuple(p for step in steps for p in chosen.presumed.get(step.symbol, ()) if p not in presumed)
    if also:
        return _made(name, chosen, says, assumptions, presumed + also)
    formula = Formula(name, name, None, says, assumptions, "conjectured", steps, (), {}, "=", says)
    return Conjecture(name, chosen, formula, presumed)


def _called(one: Any, says: Any) -> str:
    """What a hypothesis is called: as it was written, if a certificate can say so."""
    return one if isinstance(one, str) and one.isascii() and one.isprintable() else spoken(says)


def _apart(made: Conjecture, ranging: Sequence[Any]) -> None:
    """Refuse a letter that stands for any value in one place and for one value elsewhere: one would be the other.

    It is spoken of elsewhere also where something is that its definition makes of it.
    """
    says = made.formula.says
    every = [*(a.says for a in made.formula.assumptions), says]
    assumed = [*every[:-1], *premises(says)]
    outer, listed = _binders(assumed), _binders(every)
    letters = [*ranging, *(node.args[node.binds] for _, node in listed)]
    defined = {step.symbol for step in made.setting.steps}
    mixed = {x for x in ranging if x in _reached(made, every) or letters.count(x) > 1}
    for i, node in listed:
        x, rest = node.args[node.binds], every[i].xreplace({node: S.true})
        elsewhere = [*every[:i], *every[i + 1 :], *premises(rest), *node.beside]
        # What is concluded beside it is concluded for any value, and shown for itself.
        whole = x in defined or any(node == other for _, other in outer)
        if x in rest.free_symbols or x in _reached(made, [*elsewhere, rest] if whole else elsewhere):
            mixed.add(x)
        if letters.count(x) > 1 and any(x == other.args[other.binds] for _, other in outer):
            mixed.add(x)
    for x in sorted(mixed, key=str):
        raise InputError(
            f"{spoken(x)} stands for any value in one place, and is spoken of elsewhere; choose another letter"
        )


def _binders(every: Sequence[Any]) -> list[tuple[int, Any]]:
    """The predicates in which a letter stands for any value, each with the place of what it is a part of."""
    nodes = [(i, node) for i, one in enumerate(every) for node in preorder_traversal(one)]
    return [(i, node) for i, node in nodes if getattr(node, "binds", None) is not None]


def _reached(made: Conjecture, every: Iterable[Any]) -> set[Any]:
    """The symbols that are spoken of, and all of which these are made."""
    symbols = {x for says in every for x in says.free_symbols}
    return symbols.union(*(step.equation.free_symbols | step.made_of for step in made.setting.needed(symbols)))


def premises(says: Any) -> list[Any]:
    """What a claim assumes within it: what stands before an arrow, and both sides of an equivalence."""
    found: list[Any] = []
    for node in preorder_traversal(says):
        found += node.args[:1] if isinstance(node, Implies) else node.args if isinstance(node, Iff) else ()
    return found


def _is_dimension(symbol: Any) -> bool:
    """Whether a symbol is a size, and not a number that is drawn."""
    return isinstance(symbol, Symbol) and bool(symbol.is_integer and symbol.is_positive)
