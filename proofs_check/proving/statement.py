"""Certificates from statements: what a conclusion claims is given its cofactors.

The claim is a goal of the formula's conclusion. Given are its hypotheses, the definitions of its derivation, what other
statements show, and standard facts, which are listed under ``prose``. Lines are found by
:mod:`proofs_check.proving.search`, and those of `attempt` at last by :mod:`proofs_check.proving.completion`.

`attempt` tries a statement that is no formula of the theory: its hypotheses and its claim are texts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from math import inf
from time import monotonic
from typing import Any, TypeAlias

from proofs_check.certificates.checker import Context, Polynomial, Refused, add, sides
from proofs_check.certificates.expressions import (
    Letter,
    Number,
    StatedRelation,
    factors,
    letters as letters_of,
    parse,
    relation,
)
from proofs_check.errors import CheckError
from proofs_check.proving.contractions import show_contractions
from proofs_check.proving.goals import Goal, goals, hypothesis
from proofs_check.proving.lemmas import show_lemmas
from proofs_check.proving.proof import Proof, tidied
from proofs_check.proving.specification import From, Kernel, Root, Spec, Sum
from proofs_check.proving.squares import show_root, show_sum
from proofs_check.proving.translation import Translation, Untranslatable, expanded_text, text_of
from theory.derivation.formula import Formula
from theory.derivation.lines import Step
from theory.language.nodes import PseudoInverse
from theory.language.predicates import Invertible

__all__ = ["Line", "NotFound", "Specs", "Use", "attempt", "drift", "prepared", "statement"]

#: Seconds for a search among what is near a claim, before one among all that is known.
SHORT = 2.0
#: Seconds for a search among all that is known, before one that takes all the time that is left.
LONG = 10.0

Line: TypeAlias = str | From | Kernel | Root | Sum


def attempt(statement: Mapping[str, Any], lines: Sequence[Line] = (), *, seconds: float = 20) -> dict[str, Any] | None:
    """Search for cofactors, and for squares.

    Parameters
    ----------
    statement : mapping
        A statement as in a certificate, with ``claim`` in place of ``proof``.
    lines : sequence of str, From, Kernel, Root or Sum
        Lines to show first, as in :class:`proofs_check.proving.specification.Spec`.
    seconds : float
        At most so long is spent on a line by completion, which is tried last, and on squares after it; 0 leaves
        them out.

    Returns
    -------
    dict or None
        The statement with a proof that the checker accepts; None if none is found.

    Raises
    ------
    NoSolver
        If squares would have to be found by a semidefinite program, and there is no solver.
    """
    spec, proof = Spec(statement.get("name", "statement"), lines=tuple(lines)), _stated(statement)
    claim = statement["claim"]
    try:
        return _found(spec, proof, claim, seconds)
    except (NotFound, Refused):
        return None


def _found(spec: Spec, proof: Proof, claim: str, seconds: float, beside: Sequence[str] = ()) -> dict[str, Any] | None:
    """Show a claim by cofactors, by completion or by squares, each tried where those before have found nothing."""
    end = monotonic() + seconds
    shown = _shown(spec, replace(proof, seconds=seconds / 3 if spec.lines else 0), claim)
    if shown is not None or not seconds:
        return shown
    if proof.translation.singular:
        show_contractions(proof, monotonic() + seconds / 6)
    final, found = _near(proof, claim, spec.numbers, seconds / 3), False
    if final is None:
        found = show_lemmas(proof, (*beside, claim), seconds / 6)
    if found:
        final = _near(proof, claim, spec.numbers, seconds / 6)
    # Among more rules there are other squares, not only more of them: all is looked at twice.
    for part, most in [*((part, SHORT if part is not proof else LONG) for part in proof.levels(claim)), (proof, inf)]:
        if final is None and monotonic() < end:
            left = end - monotonic()
            share = left if most == inf else min(left / 2, most)
            final = (show_sum if ">" in claim else show_root)(part, claim, seconds=share)
    return None if final is None else tidied(spec, proof, final, claim)


def _near(proof: Proof, claim: str, numbers: Mapping[str, str], seconds: float) -> str | None:
    """Show an equation from what is near it, then from more and more."""
    near = [] if ">" in claim else proof.levels(claim)
    shares = ((part, seconds / 2 if part is proof else min(seconds / 2 / len(near), SHORT / 4)) for part in near)
    found = (_show(replace(part, seconds=share), claim, numbers) for part, share in shares)
    return next((name for name in found if name is not None), None)


def _show(proof: Proof, claim: str, numbers: Mapping[str, str]) -> str | None:
    """Show an equation; one between numbers whose difference has a letter is shown with its transpose."""
    context = proof.context()
    for number in numbers:
        gap = sides(context, claim, "=")[0]
        if proof.facts.get(number) == gap | {(number,): -1}:
            both = dict(gap)
            add(both, context.adjoint(gap))
            half = proof.show(f"{expanded_text(both)} = 0") if both else None
            return None if both and half is None else proof.show(claim, [number, *([half] if half else [])])
    return proof.show(claim)


def _shown(spec: Spec, proof: Proof, claim: str) -> dict[str, Any] | None:
    """Show the lines of a specification and the claim; None where only the claim is not found."""
    for line in spec.lines:
        if proof.show_line(line) is None:
            raise NotFound(f"{spec.name}: no cofactors for {line}", proof.stated(claim))
    last = spec.lines[-1] if spec.lines else None
    if isinstance(last, Kernel | Root | Sum) and last.states == claim:
        return tidied(spec, proof, proof.lines[-1]["name"], claim)
    final = None if ">" in claim else _show(proof, claim, spec.numbers)
    return None if final is None else tidied(spec, proof, final, claim)


def _stated(statement: Mapping[str, Any]) -> Proof:
    """What is given: definitions unfold, inverses cancel, the rest are facts."""
    proof = Proof(Translation())
    t = proof.translation
    t.letters |= statement.get("letters", {})
    t.scalars += statement.get("scalars", [])
    t.symmetric += statement.get("symmetric", [])
    graph: dict[str, frozenset[str]] = {}
    for name, text in statement.get("given", {}).items():
        fact = relation(text)
        defined = _defined(fact, graph)
        if defined:
            graph[defined] = letters_of(fact.right)
        elif _cancels(fact):
            t.axioms[name] = text
        proof.give(name, text, defines=defined)
    for name, text in statement.get("positive", {}).items():
        proof.positive[name], proof.order[name] = text, sides(proof.context(), text, ">=", ">")[0]
    return proof


def _defined(fact: StatedRelation, graph: Mapping[str, frozenset[str]]) -> str:
    """The letter that an equation defines, if unfolding it comes to an end."""
    if not isinstance(fact.left, Letter) or fact.left.turned or fact.left.name in graph:
        return ""
    try:
        TopologicalSorter(dict(graph) | {fact.left.name: letters_of(fact.right)}).prepare()
    except CycleError:
        return ""
    return fact.left.name


def _cancels(fact: StatedRelation) -> bool:
    """Whether an equation speaks of an inverse, or is one between two letters and a number."""
    if any(x.endswith(("_inv", "_pinv")) for x in fact.letters):
        return True
    return isinstance(fact.right, Number) and len(factors(fact.left)) == 2


class NotFound(CheckError):
    """No combination of what is given yields a line that is needed.

    Attributes
    ----------
    statement : dict or None
        What was to be shown, as :func:`proofs_check.refuting.refute.refute` reads it.
    """

    def __init__(self, message: str, statement: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.statement = statement


def _defined_letter(translation: Translation, step: Step) -> str:
    """The letter that a definition introduces, if it has the form ``letter = others``."""
    inside = {x.rstrip("'") for word in translation.polynomial(step.equation.rhs) for x in word}
    match [*translation.polynomial(step.equation.lhs)]:
        case [(letter,)] if letter not in inside:
            return letter
    return ""


@dataclass(frozen=True)
class Use:
    """What another statement shows, taken over."""

    name: str


Specs: TypeAlias = Mapping[str, Spec]


def prepared(
    formula: Formula,
    spec: Spec,
    specs: Specs,
    formulas: Mapping[str, Formula],
    path: tuple[str, ...] = (),
    *,
    undecided: bool = False,
) -> tuple[Proof, Goal]:
    """Return what is given, each with its origin, and the goal.

    Parameters
    ----------
    formula : Formula
        What the statement is about.
    spec : Spec
        How it is proved.
    specs : mapping of str to Spec
        All specifications by the names of their statements, for what is taken over.
    formulas : mapping of str to Formula
        The catalogue.
    path : tuple of str
        Names of the statements on the way to this one, none of which it may take over.
    undecided : bool
        Whether what is claimed to exist may be left without a value.
    """
    if spec.name in path:
        raise NotFound(f"{spec.name} rests on itself")
    translated, texts, hypotheses, found = _translated(formula)
    proof = Proof(translated.copy())
    t = proof.translation
    goal = _goal(spec, found if spec.reduction is None else spec.reduction.goals(formula, t))
    if isinstance(formula.says, Invertible) and spec.value.endswith("_pinv"):
        t.polynomial(PseudoInverse(formula.says.arg))  # it exists, whatever it is
    letters = dict(spec.letters) | dict(goal.letters)
    for fact in spec.facts:
        letters |= fact.letters
    t.letters |= {x: ends for x, ends in letters.items() if x not in t.letters}
    t.symmetric += [x for x in spec.symmetric if x not in t.symmetric]
    t.scalars += [x for x in (*spec.scalars, *spec.numbers) if x not in t.scalars]
    used = {name: _used(name, specs, formulas, t, (*path, spec.name)) for name in spec.uses}
    for name, text in t.axioms.items():
        proof.give(name, text, origin="axiom")
    for name, text in _orders(t).items():
        proof.give(name, text, origin="axiom")
    for name, text in hypotheses.items():
        proof.give(name, text)
    for i, text in enumerate(goal.given, 1):
        proof.give(f"premise {i}" if len(goal.given) > 1 else "premise", text, origin="premise")
    for name, text in spec.when.items():
        proof.give(name, text, origin="premise")
    for letter, text in spec.numbers.items():
        proof.give(letter, f"{text} = {letter}", origin="definition")
    if goal.chosen and (spec.value or not undecided):
        if not spec.value:
            raise NotFound(f"{spec.name}: say which value {goal.chosen} takes")
        circular = letters_of(parse(spec.value)) & t.made_of({goal.chosen, *goal.barred, *goal.hidden})
        if circular:
            raise NotFound(
                f"{spec.name}: the value of {goal.chosen} depends on it, through {', '.join(sorted(circular))}"
            )
        proof.give(goal.chosen, f"{goal.chosen} = {spec.value}", origin="definition", defines=goal.chosen)
    for name, text in used.items():
        proof.give(name, text, origin=Use(name))
    for fact in spec.facts:
        for i, text in enumerate(fact.gives, 1):
            label = f"{type(fact).__name__} {text.split(' = ')[0]}"
            proof.give(label if i == 1 else f"{label} {i}", text, origin=fact)
    for i, text in texts.items():
        step = formula.derivation[i]
        if step.kind == "definition" and ">" not in text:
            letter = _defined_letter(t, step)
            name = letter or "equation for " + next(iter(t.polynomial(step.equation.lhs)))[-1].rstrip("'")
            subject = text_of(t, step.symbol)
            # What is said of a value that is computed is a claim, taken over from where it is derived.
            claimed = step.cites[0] if getattr(step.value, "claimed", False) and step.cites else ""
            if not {letter, subject} & goal.hidden and name not in proof.origin:
                proof.give(name, text, origin=Use(claimed) if claimed else "definition", defines=letter)
    return proof, goal


def _goal(spec: Spec, found: tuple[Goal, ...] | str) -> Goal:
    if spec.part:
        if not spec.claim:
            raise NotFound(f"{spec.name}: a lemma needs a claim")
        return Goal(spec.part, spec.claim)
    if isinstance(found, str):
        raise NotFound(f"{spec.name}: {found}")
    for goal in found:
        if goal.name == spec.goal:
            if spec.claim or spec.when:
                raise NotFound(f"{spec.name}: what a conclusion claims, and from what, is generated")
            return goal
    raise NotFound(f"{spec.name}: the conclusion has the goals {[goal.name for goal in found]}")


def _used(name: str, specs: Specs, formulas: Mapping[str, Formula], t: Translation, path: tuple[str, ...]) -> str:
    """The claim of another statement, with the letters that it brings."""
    if name not in specs:
        raise NotFound(f"no statement is called {name}")
    proof, goal = prepared(formulas[specs[name].formula], specs[name], specs, formulas, path)
    other = proof.translation
    mentioned = relation(goal.claim).letters
    t.letters |= {x: other.letters[x] for x in mentioned if x in other.letters and x not in t.letters}
    t.scalars += [x for x in other.scalars if x in mentioned and x not in t.scalars]
    t.symmetric += [x for x in other.symmetric if x in mentioned and x not in t.symmetric]
    return goal.claim


def _orders(t: Translation) -> dict[str, str]:
    """What numbers are says of their signs, and of a singular value: no vector is stretched more, or less.

    Steps and dimensions are positive, counts are not negative. By Cauchy and Schwarz no form exceeds the largest one;
    that of a matrix X X' is at least the smallest.
    """
    out, context = {}, t.context()
    for name, (matrix, sign) in t.singular.items():
        stretched = context.parse(matrix)
        turned, ends = context.adjoint(stretched), context.type(stretched)
        square = ends is not None and ends[0] == ends[1]
        out[f"{name} >= 0"] = f"{name} >= 0"
        # A wide matrix stretches some vector by 0, whatever its smallest singular value is.
        if sign == 1 or square:
            out[f"{name} bounds"] = _bound({(name, name): 1}, context.times(turned, stretched), sign)
        if square and sign == 1:
            out[f"{name} bounds forms"] = _bound({(name,): 2}, _doubled(context, stretched), sign)
        if sign == -1 and _is_square(context, stretched):
            out[f"{name} bounds forms"] = _bound({(name,): 1}, stretched, sign)
    for symbol, name in t.numbers.items():
        if symbol.is_positive:
            out[f"{name} > 0"] = f"{name} > 0"
        if symbol.is_nonnegative:
            out[f"{name} >= 0"] = f"{name} >= 0"
    return out


def _doubled(context: Context, p: Polynomial) -> Polynomial:
    """A map and its transpose."""
    both = dict(p)
    add(both, context.adjoint(p))
    return both


def _is_square(context: Context, p: Polynomial) -> bool:
    """Whether a map is a product X X' as it is written."""
    word = next(iter(p), ())
    half = len(word) // 2
    return p == {word: 1} and bool(half) and context.adjoint({word[:half]: 1}) == {word[half:]: 1}


def _bound(number: Polynomial, p: Polynomial, sign: int) -> str:
    """That a multiple of 1 is at least a map, or at most."""
    gap = {word: sign * c for word, c in number.items()}
    add(gap, p, -sign)
    return f"{expanded_text(gap)} >= 0"


def drift(spec: Spec, stored: Mapping[str, Any], proof: Proof, goal: Goal) -> str | None:
    """Say where a stored statement differs from what is `prepared` for its specification; None if nowhere."""
    t, states = proof.translation, stored["proof"][-1]["states"]
    if stored["name"] != spec.name or states != goal.claim:
        return f"it states {states}, the theory states {goal.claim}"
    for what, mine, theirs in (
        ("hypothesis", stored.get("given", {}), proof.given),
        ("order relation", stored.get("positive", {}), proof.positive),
        ("letter", stored.get("letters", {}), t.letters),
    ):
        for name, text in mine.items():
            if theirs.get(name) != text:
                return f"its {what} {name}, {text}, is not the theory's ({theirs.get(name, 'absent')})"
    strange = {*stored.get("scalars", [])} - {*t.scalars} | {*stored.get("symmetric", [])} - {*t.symmetric}
    strange |= {*stored.get("prose", [])} - {fact.sentence for fact in spec.facts}
    if strange:
        return f"it declares {', '.join(sorted(strange))}, which the theory does not"
    return None


def statement(
    formula: Formula, spec: Spec, specs: Specs, formulas: Mapping[str, Formula], *, seconds: float = 0
) -> dict[str, Any]:
    """Write and prove one statement; the parameters are those of `prepared`, and `seconds` is that of `attempt`.

    Returns
    -------
    dict
        As in a certificate file.

    Raises
    ------
    NotFound
        If the claim does not follow from what is given, or is not the theorem's.
    """
    proof, goal = prepared(formula, spec, specs, formulas)
    claim = goal.claim
    beside = _beside(formula, goal) if seconds else ()
    found = _found(spec, proof, claim, seconds, beside)
    if found is None and spec.hints:
        _show_derivation(proof, formula)
        final = proof.show(claim, list(proof.given))
        found = None if final is None else tidied(spec, proof, final, claim)
    if found is None:
        raise NotFound(f"{spec.name}: {claim} does not follow from {list(proof.given.values())}", proof.stated(claim))
    return found


def _beside(formula: Formula, goal: Goal) -> tuple[str, ...]:
    """What the conclusion claims beside a goal, from the same premises."""
    _, _, _, every = _translated(formula)
    others = () if isinstance(every, str) else every
    return tuple(other.claim for other in others if other.given == goal.given and other.name != goal.name)


def _show_derivation(proof: Proof, formula: Formula) -> None:
    """Try the lines of the derivation that follow by algebra as lines of the proof."""
    _, texts, _, _ = _translated(formula)
    names = {i: next((x for x, given in proof.given.items() if given == text), "") for i, text in texts.items()}
    for i, text in texts.items():
        if not names[i] and ">" not in text:
            sources = [names[u] for u in formula.derivation[i].uses if names.get(u)]
            names[i] = proof.show(text, sources) or ""


@cache
def _translated(
    formula: Formula,
) -> tuple[Translation, dict[int, str], dict[str, str], tuple[Goal, ...] | str]:
    """The lines of a derivation, the hypotheses and the goals, and the letters that they bring."""
    t = Translation()
    texts, hypotheses = _texts(t, formula), dict[str, str]()
    for assumption in formula.assumptions:
        with contextlib.suppress(Untranslatable):
            for i, text in enumerate(hypothesis(t, assumption.says), 1):
                # A prime at the end of a name means the adjoint.
                name = assumption.name + " (given)" * assumption.name.endswith("'")
                hypotheses[name if i == 1 else f"{name} {i}"] = text
    found: tuple[Goal, ...] | str
    try:
        found = goals(formula, t)
    except Untranslatable as error:
        found = str(error)
    return t, texts, hypotheses, found


def _texts(t: Translation, formula: Formula) -> dict[int, str]:
    """The lines of a derivation that certificates can express, by position."""
    out = {}
    for i, step in enumerate(formula.derivation):
        with contextlib.suppress(Untranslatable):
            out[i] = t.relation(step.equation)
    return out
