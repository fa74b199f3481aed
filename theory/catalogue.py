"""All formulas by id, in the order of the theory."""

from __future__ import annotations

from importlib import import_module

from theory.derivation.formula import formulas

__all__ = ["FAMILIES", "formulas"]

#: The families of theorems, each a module of `theory.families`.
FAMILIES = (
    "one_agent",
    "population",
    "dynamics",
    "equilibrium",
    "small_step",
    "consensus",
    "misalignment",
    "convergence",
    "asymmetry",
    "label_attack",
    "one_move_attack",
    "gradient_attack",
    "blind_attack",
    "detection",
    "newton_helper",
    "helper_estimates",
    "helper_comparison",
    "trained_layer",
    "trained_optimum",
    "trained_pair",
)

# Importing a family registers its formulas.
formulas.arrange([import_module(f"theory.families.{family}").__name__ for family in FAMILIES])
