"""Evidence from certificates: what is stored is replayed, and compared with what the theory states."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from typing import Any, ClassVar

from proofs_check.certificates.checker import Answer, check
from proofs_check.certificates.models import models, nothing_satisfies
from proofs_check.certificates.stored import certificate
from proofs_check.evidence.finding import Finding
from proofs_check.evidence.kinds import Formulas, Task
from proofs_check.evidence.theorem import Theorem
from proofs_check.evidence.verdict import Verdict, weakest
from proofs_check.proving.coverage import Coverage, Started, coverage
from proofs_check.proving.specification import Spec
from proofs_check.rocq.record import kernel_checked
from proofs_check.terminal.words import counted

__all__ = ["Certificate", "dependencies", "prose", "uncertified"]


def prose(theorem: Theorem) -> tuple[str, ...]:
    """The standard facts that the certificate of a theorem takes over, each once."""
    facts = [text for statement in certificate(theorem.id)["statements"] for text in statement.get("prose", [])]
    facts += [spec.reduction.sentence for spec in theorem.certificate if spec.reduction is not None]
    return tuple(dict.fromkeys(facts))


def dependencies(theorems: Iterable[Theorem]) -> dict[str, tuple[str, ...]]:
    """Which statements each statement takes as given, in an order in which everything is shown before it is used.

    Raises
    ------
    graphlib.CycleError
        If a statement rests on itself.
    """
    graph = {spec.name: spec.uses for theorem in theorems for spec in theorem.certificate}
    return {name: graph[name] for name in TopologicalSorter(graph).static_order()}


@dataclass(frozen=True)
class Certificate:
    """Replay the stored certificate of a theorem, and decide conclusion by conclusion what it shows.

    PROVED needs that every claim of the conclusion has a statement which the checker accepts, that the statement is the
    one that the theory makes now, that a stored model satisfies what it starts from, and that all it starts from is a
    hypothesis of the conclusion, a definition, or shown itself in this way; REDUCED, the same but for standard facts,
    each an instance of one of a closed list. A conclusion without its certificate earns nothing here.

    Attributes
    ----------
    theorem : Theorem
        Whose conclusions.
    specs : callable
        All specifications of the ledger by the names of their statements, for what is taken over.
    """

    theorem: Theorem
    specs: Callable[[], Mapping[str, tuple[str, Spec]]]
    name: ClassVar[str] = "certificate"
    exact: ClassVar[bool] = True

    def coverages(self, formulas: Formulas) -> dict[str, Coverage]:
        """What the stored statements show of each conclusion."""
        listed = self.specs()
        specs = {name: spec for name, (_, spec) in listed.items()}
        stored = _Stored({name: theorem for name, (theorem, _) in listed.items()})
        conclusions = self.theorem.states(formulas).conclusions
        started: Started = {}
        return {formula.id: coverage(formula, specs, stored, formulas, started) for formula in conclusions}

    def collect(self, task: Task) -> Finding:
        """Replay the statements, then compare them with the theory."""
        whole = certificate(self.theorem.id)
        result, seconds = _replayed(json.dumps(whole))
        if not result:
            note = f"refused by the checker: {result.refusal}"
            return Finding(self.name, Verdict.UNKNOWN, "certificate: not accepted", notes=(note,))
        for statement in whole["statements"]:
            empty = nothing_satisfies(statement, models().get(statement["name"]))
            if empty is not None:
                note = f"{statement['name']}: nothing shows that what is given can be satisfied: {empty}"
                return Finding(self.name, Verdict.UNKNOWN, "certificate: not accepted", notes=(note,))
        words, notes = dict[str, Verdict](), list[str]()
        for id_, found in self.coverages(task.formulas).items():
            if found.shown:
                words[id_] = Verdict.REDUCED if found.facts else Verdict.PROVED
                notes += [f"{id_} rests on: {fact}" for fact in found.facts]
            else:
                notes.append(f"{id_}: no certificate: {found.missing}")
        count = len(whole["statements"])
        summary = f"certificate: {counted(count, 'statement')}, {counted(result.cofactors, 'term')}, "
        summary += f"kernel-checked: {kernel_checked(whole)[0]}"
        # What is stored must be of use: a certificate that shows no conclusion is not the theorem's.
        word = weakest(words.values())
        return Finding(self.name, word, summary, count, count, notes=tuple(notes), conclusions=words, seconds=seconds)


@cache
def _replayed(text: str) -> tuple[Answer, float]:
    """Replay a certificate, once for all that is made of its statements; with the seconds that it took."""
    start = time.perf_counter()
    return check(json.loads(text)), time.perf_counter() - start


def uncertified(theorem: Theorem, formulas: Formulas) -> dict[str, str]:
    """Return the conclusions that no certificate shows, each with the reason."""
    for evidence in theorem.evidence:
        if isinstance(evidence, Certificate):
            found = evidence.coverages(formulas).items()
            return {id_: coverage.missing for id_, coverage in found if not coverage.shown}
    return {formula.id: "there is no certificate" for formula in theorem.states(formulas).conclusions}


class _Stored(Mapping[str, Mapping[str, Any]]):
    """Statements of the certificates that the checker accepts, read and replayed when they are first asked for."""

    def __init__(self, theorems: Mapping[str, str]) -> None:
        self._theorems = theorems
        self._accepted: dict[str, dict[str, Any]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        theorem = self._theorems[name]
        if theorem not in self._accepted:
            whole = certificate(theorem)
            accepted = whole["statements"] if _replayed(json.dumps(whole))[0] else []
            self._accepted[theorem] = {statement["name"]: statement for statement in accepted}
        found: Mapping[str, Any] = self._accepted[theorem][name]
        return found

    def __iter__(self) -> Any:
        return iter(self._theorems)

    def __len__(self) -> int:
        return len(self._theorems)

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except (KeyError, FileNotFoundError):
            return False
        return True
