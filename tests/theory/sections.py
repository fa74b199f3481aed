"""The theorems of sections 1 to 5, and the ids of their formulas."""

from __future__ import annotations

from theory import formulas

THEOREMS = {
    "alternating-projections",
    "biased-equilibrium",
    "box-not-necessary",
    "closed-form",
    "consensus",
    "convergence-iff",
    "error-recursion",
    "frozen-kernel",
    "gap-is-shared",
    "general-blocks",
    "inert-history",
    "label-noise",
    "linear-in-gap",
    "lsa-step",
    "monotone-in-angle",
    "neither-wins",
    "not-always-monotone",
    "population-optimum",
    "real-spectrum",
    "residual-can-exceed-gap",
    "role-swap",
    "singular-equilibrium",
    "small-step",
    "step-size-box",
    "trained-step-is-stable",
}


def theorem(id_: str) -> str:
    """The theorem that a formula is part of."""
    return id_.split(".", maxsplit=1)[0]


IDS = [id_ for id_ in formulas if theorem(id_) in THEOREMS]
