"""Evidence from certificates: what is stored is replayed, and compared with what the theory states."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any, ClassVar

from proofs_check.certificates.checker import check
from proofs_check.certificates.stored import certificate
from proofs_check.evidence.finding import Finding
from proofs_check.evidence.kinds import Task
from proofs_check.evidence.theorem import Theorem
from proofs_check.evidence.verdict import Verdict
from proofs_check.proving.specification import Spec
from proofs_check.proving.statement import drift
from proofs_check.rocq.export import kernel_checked

__all__ = ["Certificate", "dependencies", "prose"]


def prose(theorem: Theorem) -> tuple[str, ...]:
    """The steps of a certified theorem that are argued in words, each once."""
    stated = [text for statement in certificate(theorem.id)["statements"] for text in statement.get("prose", [])]
    return tuple(dict.fromkeys([*stated, *(f"{theorem.formula(part)}: {why}" for part, why in theorem.words.items())]))


def dependencies(theorems: Iterable[Theorem]) -> dict[str, tuple[str, ...]]:
    """Which statements each statement takes as given, in an order in which everything is shown before it is used.

    Raises
    ------
    graphlib.CycleError
        If a statement rests on itself.
    """
    graph = {spec.name: tuple(spec.uses.values()) for theorem in theorems for spec in theorem.certificate}
    return {name: graph[name] for name in TopologicalSorter(graph).static_order()}


@dataclass(frozen=True)
class Certificate:
    """Replay the stored certificate of a theorem.

    The word PROVED needs all of this: every formula of the theorem has a statement (or is listed among what is argued
    in words), every statement is the one that the theory makes now, and the checker accepts every one. A certificate
    that covers some of the formulas only earns EXACT: what it says is an identity in every dimension, but it is not
    the whole theorem.

    Attributes
    ----------
    theorem : Theorem
    """

    theorem: Theorem
    name: ClassVar[str] = "certificate"
    exact: ClassVar[bool] = True

    def collect(self, task: Task) -> Finding:
        """Compare the statements with the theory, then replay them."""
        whole = certificate(self.theorem.id)
        found = {statement["name"]: statement for statement in whole["statements"]}
        for spec in self.theorem.certificate:
            note = _differs(spec, found, task.formulas)
            if note is not None:
                return self._unknown(f"{spec.name}: {note}")
        start = time.perf_counter()
        result = check(whole)
        seconds = time.perf_counter() - start
        if not result:
            return self._unknown(f"refused by the checker: {result.refusal}")
        gaps, words = self.theorem.uncertified(), prose(self.theorem)
        notes = tuple(f"argued in words: {text}" for text in words)
        notes += tuple(f"no certificate: {formula}" for formula in gaps)
        count = len(found)
        summary = (
            f"certificate{' of a part' if gaps else ''}: {count} statement{'s' * (count != 1)}, "
            f"{result.cofactors} terms, kernel-checked: {kernel_checked(whole)[0]}"
        )
        word = Verdict.EXACT if gaps else Verdict.PROVED
        return Finding(self.name, word, summary, count, count, notes=notes, seconds=seconds)

    def _unknown(self, note: str) -> Finding:
        return Finding(self.name, Verdict.UNKNOWN, "certificate: not accepted", notes=(note,))


def _differs(spec: Spec, found: Mapping[str, Any], formulas: Mapping[str, Any]) -> str | None:
    if spec.name not in found:
        return "no such statement in the certificate"
    return drift(formulas[spec.formula], spec, found[spec.name])
