"""What the book says about certificates, read from the files and from ``proofs_check`` when the book is built.

No Sphinx here. A certificate that the checker refuses, a hypothesis without its counterexample, or a theorem that is
neither certified nor explained is an error: the book does not build.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proofs_check.certificates.checker import check
from proofs_check.certificates.stored import certificate, stored
from proofs_check.evidence.certified import dependencies, prose, uncertified
from proofs_check.evidence.theorem import Theorem
from theory import formulas

__all__ = ["CertificateError", "Gap", "Row", "gaps", "necessary", "rows"]


class CertificateError(Exception):
    """A certificate is refused, or the book says something about certificates that is not so."""


@dataclass(frozen=True)
class Row:
    """One certificate: what it holds, what it takes from other statements, what a kernel said.

    `inductions` are the steps from one turn to the next that the file for Rocq makes into theorems about every turn.
    """

    theorem: str
    statements: int
    lines: int
    terms: int
    rests_on: tuple[str, ...]
    prose: tuple[str, ...]
    missing: tuple[str, ...]
    kernel: str
    inductions: tuple[str, ...]


@dataclass(frozen=True)
class Gap:
    """A theorem, the parts of it that no certificate covers (all, if none is named), and why."""

    theorem: str
    parts: tuple[str, ...]
    why: str


def rows(theorems: Mapping[str, Theorem]) -> list[Row]:
    """Replay every stored certificate of the given theorems of the ledger."""
    from proofs_check.rocq.induction import is_step
    from proofs_check.rocq.record import kernel_checked

    graph, out = dependencies(theorems.values()), []
    for name in sorted(stored(), key=list(theorems).index):
        whole, result = certificate(name), check(certificate(name))
        if not result:
            raise CertificateError(f"the certificate of {name} is refused: {result.refusal}")
        named = [statement["name"] for statement in whole["statements"]]
        out.append(
            Row(
                name,
                len(named),
                sum(len(statement["proof"]) for statement in whole["statements"]),
                result.cofactors,
                tuple(dict.fromkeys(source for statement in named for source in graph.get(statement, ()))),
                prose(theorems[name]),
                tuple(uncertified(theorems[name], formulas)),
                kernel_checked(whole)[0],
                tuple(statement["name"] for statement in whole["statements"] if is_step(statement)),
            )
        )
    return out


def gaps(theorems: Mapping[str, Theorem]) -> list[Gap]:
    """List the theorems that no certificate covers in full; exactly these must say why."""
    parts = {name: tuple(uncertified(theorem, formulas)) for name, theorem in theorems.items()}
    lacking = [name for name in theorems if parts[name]]
    explained = {name for name, theorem in theorems.items() if theorem.unproved}
    for kind, ids in (("no reason for", set(lacking) - explained), ("covered now", explained - set(lacking))):
        if ids:
            raise CertificateError(f"theorems without a certificate: {kind} {', '.join(sorted(ids))}")
    whole = {name: tuple(f.id for f in theorems[name].states(formulas).conclusions) for name in lacking}
    return [Gap(name, () if parts[name] == whole[name] else parts[name], theorems[name].unproved) for name in lacking]


def necessary(table: Iterable[tuple[str, str, str, str]]) -> list[tuple[str, list[str], str, str]]:
    """Join the rows of `necessity_rows` that differ in the part of a theorem only.

    Returns
    -------
    list of (str, list of str, str, str)
        Theorem, parts, hypothesis, counterexample; theorems in the order of the rows.
    """
    joined: dict[str, dict[tuple[str, str], list[str]]] = {}
    for formula, hypothesis, verdict, shown in table:
        if verdict != "needed":
            raise CertificateError(f"{formula}: whether {hypothesis} is needed is {verdict}: {shown}")
        theorem, _, part = formula.partition(".")
        joined.setdefault(theorem, {}).setdefault((hypothesis, shown), []).append(part)
    return [(t, parts, h, shown) for t, found in joined.items() for (h, shown), parts in found.items()]
