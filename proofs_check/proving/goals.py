"""What a conclusion comes to: the claims that certificates have to prove for it, generated from its predicate.

An equation is one claim; an equivalence is two, each side from the other; a state of rest exists and is the only one; a
minimum is an order relation. `hypothesis` writes what is given in the same language. A predicate that has no
counterpart there, such as a limit, is `Untranslatable`, unless a standard fact reduces it to claims
(:mod:`proofs_check.proving.limits`, :mod:`proofs_check.proving.spectra`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Protocol

from sympy import (
    Abs,
    Equality,
    GreaterThan,
    Inverse,
    LessThan,
    MatrixSymbol,
    S,
    StrictGreaterThan,
    StrictLessThan,
    Symbol,
    Unequality,
    ZeroMatrix,
)
from sympy.core.relational import Relational

from proofs_check.proving.translation import Translation, Untranslatable, identifier, text_of
from theory.derivation.formula import Formula
from theory.derivation.lines import equation
from theory.language import words
from theory.language.nodes import Inner, NonnegativeForPositive, PositiveSemidefinite, Vanishes
from theory.language.predicates import (
    All,
    Commute,
    Iff,
    Implies,
    Invertible,
    Loewner,
    Minimises,
    Projector,
    RangeWithin,
    Solvable,
    Unique,
)
from theory.language.symbols import tau

__all__ = ["Goal", "Reduction", "goals", "hypothesis"]

#: Letters that stand for what is claimed to exist, and for a second solution.
THERE, OTHER = "there", "other"


@dataclass(frozen=True)
class Goal:
    """One claim of a conclusion.

    Attributes
    ----------
    name : str
        Suffix of the name of the statement; empty where the conclusion is one claim.
    claim : str
        The last line of its proof.
    given : tuple of str
        Premises beyond the hypotheses of the formula, as relations.
    chosen : str
        A letter that may be given any value that does not depend on it: what is claimed to exist.
    hidden : frozenset of str
        Letters whose definitions say what is to be shown, so that no proof may use them.
    letters : tuple of (str, str)
        Letters that only this goal has, with their spaces.
    barred : frozenset of str
        Letters that depend on the chosen one, so that its value must not be written with them.
    """

    name: str
    claim: str
    given: tuple[str, ...] = ()
    chosen: str = ""
    hidden: frozenset[str] = frozenset()
    letters: tuple[tuple[str, str], ...] = ()
    barred: frozenset[str] = frozenset()


class Reduction(Protocol):
    """A standard fact that brings a conclusion about limits or spectra down to claims that certificates can state."""

    @property
    def sentence(self) -> str:
        """The fact itself, one sentence for all theorems."""

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """Return the claims from which the conclusion follows; `Untranslatable` if the fact does not fit it."""


def hypothesis(t: Translation, says: Any) -> tuple[str, ...]:
    """Write a hypothesis as relations; nothing for what only a standard fact can use. Inverses become letters."""
    match says:
        case All():
            return tuple(text for part in says.args for text in hypothesis(t, part))
        case Invertible():
            t.polynomial(Inverse(says.arg))
            return ()
        case Loewner():
            if says.strict:
                t.polynomial(Inverse(says.gap))
            return (f"{text_of(t, says.gap)} >= 0",)
        case Commute(args=(left, right)):
            return (t.relation(equation(left * right, right * left)),)
        case Projector():
            square = t.relation(equation(says.arg * says.arg, says.arg))
            turned = says.arg.T.doit(deep=False)
            return (square,) if words.equal(turned, says.arg) else (square, t.relation(equation(turned, says.arg)))
        case RangeWithin(args=(inner, _)):
            return (t.relation(equation(says.equation + inner, inner)),)
        case Solvable(args=(_, equality)):
            return hypothesis(t, equality)
        case StrictLessThan() | StrictGreaterThan() | LessThan() | GreaterThan() if _moduli(says):
            # Of a modulus that is at least a number the square is known only where the number is not negative.
            known = isinstance(says.lts, Abs) or says.lts.is_nonnegative
            return (_squares(t, says),) if known else ()
        case StrictLessThan() | StrictGreaterThan():
            return (f"{text_of(t, says.gts - says.lts)} > 0",)
        case Unequality() if not getattr(says.lhs, "is_MatrixExpr", False):
            t.polynomial(1 / (says.lhs - says.rhs))
            return ()
        case Equality() | Vanishes() | PositiveSemidefinite() | LessThan() | GreaterThan():
            return (t.relation(says),)
        case _:
            return ()


def _moduli(says: Any) -> bool:
    """Whether an order relation is one of moduli."""
    return any(isinstance(side, Abs) for side in says.args)


def _squares(t: Translation, says: Any) -> str:
    """An order relation between moduli, or between one and a number, as one between squares."""
    lesser, greater = (x.args[0] if isinstance(x, Abs) else x for x in (says.lts, says.gts))
    sign = ">" if isinstance(says, StrictLessThan | StrictGreaterThan) else ">="
    return f"{text_of(t, greater**2 - lesser**2)} {sign} 0"


def goals(formula: Formula, t: Translation) -> tuple[Goal, ...]:
    """Return the claims of a formula's conclusion; none for a mere notation.

    Raises
    ------
    Untranslatable
        If the conclusion has no counterpart among relations between products of letters.
    """
    for says in (a.says for a in formula.assumptions):
        if isinstance(says, StrictLessThan | LessThan) and not isinstance(says.lhs, Abs):
            t.nonnegative.append(says.rhs - says.lhs)
    found = () if formula.says is None else tuple(_goals(formula, t, formula.says))
    names = [goal.name for goal in found]
    numbers = [names[:i].count(name) + 1 for i, name in enumerate(names)]
    return tuple(
        replace(goal, name=f"{goal.name} {number}".strip()) if names.count(goal.name) > 1 else goal
        for goal, number in zip(found, numbers, strict=True)
    )


def _goals(formula: Formula, t: Translation, says: Any) -> Iterator[Goal]:
    match says:
        case All():
            for part in says.args:
                yield from _goals(formula, t, part)
        case Iff(args=(first, second)):
            yield from _directed(formula, t, second, first, "if")
            yield from _directed(formula, t, first, second, "only if")
        case Implies(args=(premise, conclusion)):
            yield from _directed(formula, t, premise, conclusion, "")
        case Unique(args=(x, equality)):
            yield from _one_solution(formula, t, x, equality)
        case Solvable(args=(x, equality)):
            _free(formula, x)
            barred = frozenset(text_of(t, symbol) for symbol in _dependent(formula, x))
            yield Goal("", t.relation(equality), chosen=text_of(t, x), barred=barred)
        case Minimises(args=(x, objective, point, constraint)):
            _free(formula, x)
            objective, constraint = (_written_out(formula, x, part) for part in (objective, constraint))
            if isinstance(objective, Inner):
                objective = objective.args[0].T * objective.args[1]
            higher, lower = (text_of(t, words.substitute(objective, {x: at})) for at in (x, point))
            under = () if constraint == S.true else hypothesis(t, constraint)
            yield Goal("least", f"{higher} >= {lower}", under)
            if under:
                yield Goal("feasible", t.relation(_at(constraint, x, point)))
        case Invertible():
            body, space = text_of(t, says.arg), t.space(says.arg.shape[0])
            body, there = body if body.isidentifier() else f"({body})", _unused(formula, THERE)
            for name, claim in (("right", f"{body} {there} = 1"), ("left", f"{there} {body} = 1")):
                yield Goal(name, claim, chosen=there, letters=((there, f"{space} <- {space}"),))
        case NonnegativeForPositive():
            if any(c.free_symbols & _dependent(formula, tau) for c in says.args):
                raise Untranslatable(f"{tau} stands for any positive number, and a coefficient depends on it")
            yield Goal("", f"{text_of(t, sum(c * tau**i for i, c in enumerate(says.args)))} >= 0")
        case Unequality() if getattr(says.lhs, "is_MatrixExpr", False):
            yield _contrapositive(formula, t, says)
        case Unequality():
            raise Untranslatable("a number that is not zero: state its sign")
        case StrictLessThan() | StrictGreaterThan() | LessThan() | GreaterThan() if _moduli(says):
            yield Goal("", _squares(t, says))
            if not (isinstance(says.gts, Abs) or says.gts.is_nonnegative):
                yield from _goals(formula, t, GreaterThan(says.gts, 0, evaluate=False))
        case _:
            texts = hypothesis(t, says)
            if not texts or (isinstance(says, Loewner) and says.strict):
                raise Untranslatable(f"{type(says).__name__} is no relation between products of letters")
            yield from (Goal("", text) for text in texts)


def _premise(t: Translation, says: Any) -> tuple[str, ...]:
    """Write a premise. That what it inverts has an inverse is said by it alone, and known to no other claim."""
    before, listed = set(t.axioms), set(t.inverted)
    texts = hypothesis(t, says)
    for letter in t.inverted.keys() - listed:
        mine = [x for x in t.axioms.keys() - before if x.partition(" ")[0] == letter]
        t.conditional[letter] = tuple(t.axioms.pop(name) for name in sorted(mine))
    needed = {x.rstrip("'") for part in _inverted(says) for word in t.polynomial(part) for x in word}
    return (*texts, *(text for letter in sorted(needed & t.conditional.keys()) for text in t.conditional[letter]))


def _inverted(says: Any) -> Iterator[Any]:
    """What a premise says to exist: inverses and reciprocals."""
    match says:
        case All():
            for part in says.args:
                yield from _inverted(part)
        case Invertible():
            yield Inverse(says.arg)
        case Loewner() if says.strict:
            yield Inverse(says.gap)
        case Unequality() if not getattr(says.lhs, "is_MatrixExpr", False):
            yield 1 / (says.lhs - says.rhs)


def _directed(formula: Formula, t: Translation, premise: Any, conclusion: Any, name: str) -> Iterator[Goal]:
    # An inverse that is written somewhere is presumed to exist, whatever a premise says of it.
    for inverse in sorted(formula.says.atoms(Inverse), key=str):
        t.polynomial(inverse)
    given = _premise(t, premise)
    if not given:
        raise Untranslatable(f"{type(premise).__name__} is no premise among relations between products of letters")
    for goal in _goals(formula, t, conclusion):
        yield replace(goal, name=f"{name} {goal.name}".strip(), given=(*given, *goal.given))


def _one_solution(formula: Formula, t: Translation, x: MatrixSymbol, equality: Any) -> Iterator[Goal]:
    """What solves the equation: something does, and whatever does is the same."""
    space, (there, other) = t.ends(x.shape), (_unused(formula, name) for name in (THERE, OTHER))
    solved = {name: t.relation(_at(equality, x, MatrixSymbol(name, *x.shape))) for name in (there, other)}
    hidden = frozenset(text_of(t, symbol) for symbol in _dependent(formula, x))
    yield Goal("exists", solved[there], (), there, hidden, letters=((there, space),))
    yield Goal("unique", f"{other} = {text_of(t, x)}", (solved[other], t.relation(equality)), letters=((other, space),))


def _unused(formula: Formula, name: str) -> str:
    """The name itself for a new letter, with a number if the formula has one that is called so."""
    listed = [formula.says, *(a.says for a in formula.assumptions), *(step.equation for step in formula.derivation)]
    taken = {identifier(x.name) for says in listed for x in says.atoms(MatrixSymbol, Symbol)}
    return next(x for i in count(1) if (x := name if i == 1 else f"{name}_{i}") not in taken)


def _at(relation: Any, x: Any, value: Any) -> Any:
    """An expression or a relation with a value in place of a symbol."""
    if not isinstance(relation, Relational):
        return words.substitute(relation, {x: value})
    if isinstance(relation, Equality):
        return equation(*(words.substitute(side, {x: value}) for side in relation.args))
    return relation.func(*(words.substitute(side, {x: value}) for side in relation.args))


def _written_out(formula: Formula, x: Any, part: Any) -> Any:
    """What depends on x by its definition is replaced by it, so that another value can stand for x."""
    dependent = _dependent(formula, x) - {x}
    for step in reversed(formula.derivation):
        if step.kind == "definition" and step.symbol in part.free_symbols & dependent:
            if hasattr(step.value, "symbol"):
                raise Untranslatable(f"{step.symbol} depends on {x}, by an equation that it solves")
            part = _at(part, step.symbol, step.equation.rhs)
    return part


def _free(formula: Formula, x: Any) -> None:
    """What is said of all x, or of some, is said of a letter that nothing defines."""
    if any(step.kind == "definition" and step.symbol == x for step in formula.derivation):
        raise Untranslatable(f"{x} is defined, and stands for one value")


def _dependent(formula: Formula, x: Any) -> set[Any]:
    """A symbol and all that the derivation defines by means of it."""
    found = {x}
    for step in formula.derivation:
        if step.kind == "definition" and (step.equation.free_symbols | step.made_of) & found:
            found.add(step.symbol)
    return found


def _contrapositive(formula: Formula, t: Translation, says: Unequality) -> Goal:
    """Something is not zero because something else is not: were it zero, the other would be."""
    for assumption in formula.assumptions:
        other = assumption.says
        if isinstance(other, Unequality) and getattr(other.lhs, "is_MatrixExpr", False):
            zero = [equation(x.lhs - x.rhs, ZeroMatrix(*x.lhs.shape)) for x in (says, other)]
            return Goal("", t.relation(zero[1]), (t.relation(zero[0]),))
    raise Untranslatable("no hypothesis says of another vector that it is not zero")
