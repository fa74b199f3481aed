"""The theorems of sections 1 to 9, and the ids of their formulas."""

from __future__ import annotations

from theory import formulas

THEOREMS = {
    "alternating-projections",
    "biased-equilibrium",
    "blind-attack",
    "blind-helper",
    "box-not-necessary",
    "closed-form",
    "consensus",
    "convergence-iff",
    "deadbeat",
    "detection",
    "error-recursion",
    "free-layer-optimum",
    "frozen-kernel",
    "gap-is-shared",
    "general-blocks",
    "gradient-attack",
    "helper-comparison",
    "impossibility",
    "inert-history",
    "inexact-helper",
    "kernel-condition",
    "label-attack",
    "label-noise",
    "linear-in-gap",
    "lsa-step",
    "monotone-in-angle",
    "mutual-attack",
    "neither-wins",
    "newton-helper",
    "not-always-monotone",
    "one-example-attack",
    "one-sided-iff",
    "plateau-removed",
    "population-optimum",
    "rank-limited",
    "real-spectrum",
    "residual-can-exceed-gap",
    "role-swap",
    "singular-equilibrium",
    "small-step",
    "step-size-box",
    "trained-layer",
    "trained-plateau",
    "trained-step-is-stable",
    "victim-bias",
}


def theorem(id_: str) -> str:
    """The theorem that a formula is part of."""
    return id_.split(".", maxsplit=1)[0]


IDS = [id_ for id_ in formulas if theorem(id_) in THEOREMS]
