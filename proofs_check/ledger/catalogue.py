"""The ledger: all theorems by id in the order of the theory, and the claims that need another hypothesis."""

from __future__ import annotations

from dataclasses import replace

from proofs_check.certificates.stored import stored
from proofs_check.evidence.certified import Certificate
from proofs_check.evidence.theorem import Claim, Theorem
from proofs_check.families import (
    asymmetry,
    blind_attack,
    consensus,
    convergence,
    detection,
    dynamics,
    equilibrium,
    gradient_attack,
    helper_comparison,
    helper_estimates,
    label_attack as adversary,
    misalignment,
    newton_helper as helper,
    one_agent,
    one_move_attack as one_move_attacks,
    population,
    small_step,
    trained_layer as trained,
    trained_pair,
)
from proofs_check.ledger.claims import CLAIMS

__all__ = ["claims", "theorems"]

_SIMULATED = {
    theorem.id: theorem
    for section in (
        one_agent,
        population,
        dynamics,
        equilibrium,
        small_step,
        consensus,
        misalignment,
        convergence,
        asymmetry,
        adversary,
        one_move_attacks,
        gradient_attack,
        blind_attack,
        detection,
        helper,
        helper_estimates,
        helper_comparison,
        trained,
        trained_pair,
    )
    for theorem in section.THEOREMS
}

_CERTIFIED = {
    id_: replace(_SIMULATED[id_], evidence=(*_SIMULATED[id_].evidence, Certificate(id_, _SIMULATED[id_].formulas)))
    for id_ in stored()
}

theorems: dict[str, Theorem] = _SIMULATED | _CERTIFIED

claims: dict[str, Claim] = {claim.id: claim for claim in CLAIMS}
