"""Try to certify a statement that is no formula of the theory: its hypotheses and its claim are texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeAlias

from proofs_check.certificate import sides
from proofs_check.expressions import Letter, Number, Relation, factors, relation
from proofs_check.proof import Proof, tidied
from proofs_check.specification import Root, Spec, Sum
from proofs_check.translation import Translation

__all__ = ["Line", "attempt"]

Line: TypeAlias = str | Root | Sum


def attempt(statement: Mapping[str, Any], lines: Sequence[Line] = ()) -> dict[str, Any] | None:
    """Search for cofactors.

    Parameters
    ----------
    statement : mapping
        A statement as in a certificate, with ``claim`` in place of ``proof``.
    lines : sequence of str, Root or Sum
        Lines to show first, as in :class:`proofs_check.certify.Spec`.

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


def _defined(fact: Relation, graph: Mapping[str, frozenset[str]]) -> str:
    """The letter that an equation defines, if unfolding it comes to an end."""
    if not isinstance(fact.left, Letter) or fact.left.turned or fact.left.name in graph:
        return ""
    name, body = fact.left.name, fact.letters - {fact.left.name}
    try:
        TopologicalSorter(dict(graph) | {name: body}).prepare()
    except CycleError:
        return ""
    return "" if Relation(fact.right, "=", Number(0), "").degree({name}) else name  # type: ignore[arg-type]


def _cancels(fact: Relation) -> bool:
    """Whether an equation speaks of an inverse, or is one between two letters and a number."""
    if any(x.endswith(("_inv", "_pinv")) for x in fact.letters):
        return True
    return isinstance(fact.right, Number) and len(factors(fact.left)) == 2
