"""Certificates from derivations: every line of a derivation that follows by algebra is given its cofactors.

The definitions and hypotheses of a formula's derivation become what is given; its other equations become lines, each
found by :mod:`proofs_check.proving.search` from earlier ones. What only an argument in words supports is given as well,
but only where a :class:`Spec` says so, and is listed under ``prose``.

`attempt` tries a statement that is no formula of the theory: its hypotheses and its claim are texts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeAlias

from sympy import Inverse

from proofs_check.certificates.checker import Refused, sides
from proofs_check.certificates.expressions import Letter, Number, StatedRelation, factors, relation
from proofs_check.errors import CheckError
from proofs_check.proving.proof import Proof, tidied
from proofs_check.proving.specification import Root, Spec, Sum
from proofs_check.proving.translation import Translation, Untranslatable
from theory.derivation.formula import Formula, is_claim
from theory.derivation.lines import Step, equation

__all__ = ["Line", "NotFound", "attempt", "drift", "prepared", "statement"]

Line: TypeAlias = str | Root | Sum


def attempt(statement: Mapping[str, Any], lines: Sequence[Line] = ()) -> dict[str, Any] | None:
    """Search for cofactors.

    Parameters
    ----------
    statement : mapping
        A statement as in a certificate, with ``claim`` in place of ``proof``.
    lines : sequence of str, Root or Sum
        Lines to show first, as in :class:`proofs_check.proving.specification.Spec`.

    Returns
    -------
    dict or None
        The statement with a proof that the checker accepts; None if no cofactors are found.
    """
    proof, claim = _stated(statement), statement["claim"]
    spec = Spec(statement.get("name", "statement"))
    for line in lines:
        if proof.show_line(line) is None:
            return None
    last = lines[-1] if lines else None
    if isinstance(last, Root | Sum) and last.states == claim:
        return tidied(spec, proof, proof.lines[-1]["name"], claim)
    if ">" in claim:
        return None
    final = proof.show(claim)
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
            graph[defined] = fact.letters - {defined}
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
    name, body = fact.left.name, fact.letters - {fact.left.name}
    try:
        TopologicalSorter(dict(graph) | {name: body}).prepare()
    except CycleError:
        return ""
    return "" if StatedRelation(fact.right, "=", Number(0), "").degree({name}) else name  # type: ignore[arg-type]


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
    lhs = translation.polynomial(step.equation.lhs)
    word = next(iter(lhs)) if len(lhs) == 1 else ()
    inside = {x.rstrip("'") for w in translation.polynomial(step.equation.rhs) for x in w}
    return word[0] if len(word) == 1 and word[0] not in inside else ""


def prepared(formula: Formula, spec: Spec) -> tuple[Proof, dict[int, str], dict[int, str], str]:
    """Return what is given, the lines of the derivation, which of them are given by which name, and the claim."""
    translated, texts, conclusion = _translated(formula)
    proof = Proof(translated.copy())
    t = proof.translation
    claim = spec.claim or conclusion or ""
    if not spec.part and claim not in (conclusion, *texts.values()):
        raise NotFound(f"{spec.name}: {claim!r} is neither the formula nor a line of its derivation")
    t.letters |= spec.letters
    t.symmetric += spec.symmetric
    t.scalars += [x for x in spec.scalars if x not in t.scalars]
    for name, text in (*t.axioms.items(), *spec.when.items()):
        proof.give(name, text)
    for name, text in spec.positive.items():
        proof.positive[name], proof.order[name] = text, sides(proof.context(), text, ">=", ">")[0]
    return proof, texts, _give_lines(proof, formula, texts, spec), claim


def drift(formula: Formula, spec: Spec, stored: Mapping[str, Any]) -> str | None:
    """Say where a stored statement differs from what the formula and its specification state; None if nowhere."""
    try:
        proof, _, _, claim = prepared(formula, spec)
    except (NotFound, Refused, Untranslatable) as error:
        return str(error)
    t, states = proof.translation, stored["proof"][-1]["states"]
    if stored["name"] != spec.name or states != claim:
        return f"it states {states}, the theory states {claim}"
    for what, mine, theirs in (
        ("hypothesis", stored.get("given", {}), proof.given),
        ("order relation", stored.get("positive", {}), proof.positive),
        ("letter", stored.get("letters", {}), t.letters),
    ):
        for name, text in mine.items():
            if theirs.get(name) != text:
                return f"its {what} {name}, {text}, is not the theory's ({theirs.get(name, 'absent')})"
    strange = {*stored.get("scalars", [])} - {*t.scalars} | {*stored.get("symmetric", [])} - {*t.symmetric}
    strange |= {*stored.get("prose", [])} - {*proof.prose.values(), *spec.prose}
    if strange:
        return f"it declares {', '.join(sorted(strange))}, which the theory does not"
    return None


def statement(formula: Formula, spec: Spec) -> dict[str, Any]:
    """Write and prove one statement.

    Returns
    -------
    dict
        As in a certificate file.

    Raises
    ------
    NotFound
        If the claim does not follow from what is given, or is not the theorem's.
    """
    proof, texts, names, claim = prepared(formula, spec)
    for line in spec.lines:
        if proof.show_line(line) is None:
            raise NotFound(f"{spec.name}: no cofactors for {line}", proof.stated(claim))
    last = spec.lines[-1] if spec.lines else None
    if isinstance(last, Root | Sum) and last.states == claim:
        return tidied(spec, proof, proof.lines[-1]["name"], claim)
    final = proof.show(claim)
    if final is None and spec.hints:
        for i, text in texts.items():
            if i not in names and "=" in text and ">" not in text:
                shown = proof.show(text, [names[u] for u in formula.derivation[i].uses if u in names])
                if shown:
                    names[i] = shown
        final = proof.show(claim, list(names.values()))
    if final is None:
        raise NotFound(f"{spec.name}: {claim} does not follow from {list(proof.given.values())}", proof.stated(claim))
    return tidied(spec, proof, final, claim)


@cache
def _translated(formula: Formula) -> tuple[Translation, dict[int, str], str | None]:
    """The lines of a derivation and its conclusion, and the letters that they and the assumptions bring."""
    t = Translation()
    texts, conclusion = _texts(t, formula), _conclusion(t, formula)
    for assumption in formula.assumptions:
        if assumption.kind == "invertible":
            with contextlib.suppress(Untranslatable):
                t.polynomial(Inverse(assumption.args[0]))
    return t, texts, conclusion


def _texts(t: Translation, formula: Formula) -> dict[int, str]:
    """The lines of a derivation that certificates can express, by position."""
    out = {}
    for i, step in enumerate(formula.derivation):
        with contextlib.suppress(Untranslatable):
            out[i] = t.relation(step.equation)
    return out


def _conclusion(t: Translation, formula: Formula) -> str | None:
    try:
        if formula.lhs is not None and formula.sign == "=" and not is_claim(formula.compact):
            return t.relation(equation(formula.lhs, formula.compact))
        return t.relation(formula.compact)
    except Untranslatable:
        return None


def _give_lines(proof: Proof, formula: Formula, texts: Mapping[int, str], spec: Spec) -> dict[int, str]:
    """Definitions and hypotheses of the derivation are given, and what the specification argues or takes over."""
    t, names = proof.translation, dict[int, str]()
    for text, source in spec.uses.items():
        proof.give(source, text)
    for i, text in texts.items():
        step = formula.derivation[i]
        if ">" in text or text in spec.uses:
            continue
        if text in spec.argued:
            name, letter = f"argued {i}", ""
            proof.prose[name] = spec.argued[text]
        elif step.kind in ("definition", "hypothesis"):
            letter = _defined_letter(t, step) if step.kind == "definition" else ""
            name = letter or f"hypothesis {i}"
            if step.kind == "definition" and not letter:
                name = "equation for " + next(iter(t.polynomial(step.equation.lhs)))[-1].rstrip("'")
        else:
            continue
        proof.give(name, text, defines=letter)
        names[i] = name
    return names
