"""The ledger: all theorems by id in the order of the theory, and the claims that need another hypothesis."""

from __future__ import annotations

from proofs_check import consensus, convergence, dynamics, equilibrium, misalignment, one_agent, population, small_step
from proofs_check.claims import CLAIMS
from proofs_check.ledger import Claim, Theorem

__all__ = ["claims", "theorems"]

theorems: dict[str, Theorem] = {
    theorem.id: theorem
    for section in (one_agent, population, dynamics, equilibrium, small_step, consensus, misalignment, convergence)
    for theorem in section.THEOREMS
}

claims: dict[str, Claim] = {claim.id: claim for claim in CLAIMS}
