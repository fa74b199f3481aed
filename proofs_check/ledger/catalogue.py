"""The ledger: all theorems by id in the order of the theory, and the claims that need another hypothesis."""

from __future__ import annotations

import copyreg
from collections.abc import Collection
from dataclasses import fields, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from proofs_check.evidence.certified import Certificate
from proofs_check.evidence.formal import Formal
from proofs_check.evidence.kinds import Derivation, Evidence
from proofs_check.evidence.theorem import Claim, Theorem
from proofs_check.proving.specification import Spec
from proofs_check.rocq.library import is_proved
from theory import formulas
from theory.catalogue import FAMILIES

if TYPE_CHECKING:
    from proofs_check.predictions.check import TheoremCheck

__all__ = ["Entry", "claims", "specs", "theorems"]


class Entry(Theorem):
    """A theorem in the ledger."""

    def check(
        self, *, w: Any = None, u: Any = None, eta: Any = None, grams: Collection[str] = (), **arrays: Any
    ) -> TheoremCheck:
        """Measure its hypotheses at given numbers, and compare its conclusions with simulated agents.

        Parameters
        ----------
        w, u : Prompt or LSAAgent, optional
            Both agents; prompts need `eta`, or ``eta_W`` and ``eta_U``.
        eta : float, optional
            Step size of both prompts.
        grams : collection of str, optional
            Names of Gram matrices in `arrays` that were computed from examples.
        **arrays : array_like
            Inputs by name instead of agents, or what a theorem speaks of besides (``w_0``, ``t``, ``v``, …).

        Returns
        -------
        TheoremCheck
            Prints as two tables; truthy when a conclusion agrees with the simulation and none differs.

        Raises
        ------
        InputError
            An input that is unknown, missing, mis-shaped or not finite; one agent without the other.
        """
        from proofs_check.predictions.check import check_statement

        return check_statement(self.states(formulas), w=w, u=u, eta=eta, grams=grams, **arrays)


def _entry(theorem: Theorem, section: str) -> Entry:
    """Add what every theorem is given: its section, the replay of its derivation, its certificate, its formal proof."""
    evidence: tuple[Evidence, ...] = (Derivation(theorem.formulas), *theorem.evidence)
    if theorem.certificate:
        evidence = (*evidence, Certificate(theorem, lambda: specs))
    proved = tuple(id_ for id_ in theorem.formulas if is_proved(id_))
    if proved:
        evidence = (*evidence, Formal(theorem, proved))
    claims = tuple(replace(claim, corrected_by=theorem.id) for claim in theorem.claims)
    parts = {part.name: getattr(theorem, part.name) for part in fields(theorem)}
    return Entry(**parts | {"section": section, "evidence": evidence, "claims": claims})


theorems: dict[str, Entry] = {
    theorem.id: _entry(theorem, section)
    for family, section in FAMILIES.items()
    for theorem in import_module(f"proofs_check.families.{family}").THEOREMS
}

#: Every specified statement by its name, with its theorem.
specs: dict[str, tuple[str, Spec]] = {
    spec.name: (theorem.id, spec) for theorem in theorems.values() for spec in theorem.certificate
}

claims: dict[str, Claim] = {claim.id: claim for theorem in theorems.values() for claim in theorem.claims}


def _theorem(id_: str) -> Entry:
    return theorems[id_]


def _claim(id_: str) -> Claim:
    return claims[id_]


def _reduced_theorem(entry: Entry) -> Any:
    return (_theorem, (entry.id,)) if theorems.get(entry.id) is entry else object.__reduce_ex__(entry, 2)


def _reduced_claim(claim: Claim) -> Any:
    return (_claim, (claim.id,)) if claims.get(claim.id) is claim else object.__reduce_ex__(claim, 2)


# They hold functions, which cannot be copied or sent to another process; the ledger is the same in each.
copyreg.pickle(Entry, _reduced_theorem)
copyreg.pickle(Claim, _reduced_claim)
