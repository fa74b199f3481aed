"""The ledger: all theorems by id in the order of the theory, and the claims that need another hypothesis."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from proofs_check.evidence.certified import Certificate
from proofs_check.evidence.kinds import Derivation, Evidence
from proofs_check.evidence.theorem import Claim, Theorem
from theory.catalogue import FAMILIES

__all__ = ["claims", "theorems"]


def _entry(theorem: Theorem, section: str) -> Theorem:
    """Add what every theorem is given: its section, the replay of its derivation, that of its certificate."""
    evidence: tuple[Evidence, ...] = (Derivation(theorem.formulas, theorem.seeds), *theorem.evidence)
    if theorem.certificate:
        evidence = (*evidence, Certificate(theorem))
    claims = tuple(replace(claim, corrected_by=theorem.id) for claim in theorem.claims)
    return replace(theorem, section=section, evidence=evidence, claims=claims)


theorems: dict[str, Theorem] = {
    theorem.id: _entry(theorem, section)
    for family, section in FAMILIES.items()
    for theorem in import_module(f"proofs_check.families.{family}").THEOREMS
}

claims: dict[str, Claim] = {claim.id: claim for theorem in theorems.values() for claim in theorem.claims}
