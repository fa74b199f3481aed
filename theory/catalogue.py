"""All formulas and the statements that they make, by id, in the order of the theory."""

from __future__ import annotations

from importlib import import_module

from theory.derivation.formula import formulas
from theory.derivation.statement import Statements

__all__ = ["FAMILIES", "formulas", "statements"]

#: The families of theorems in order, each a module of `theory.families`, with the section of the theory it is in.
FAMILIES = {
    "one_agent": "1 one agent",
    "population": "1 one agent",
    "dynamics": "2 dynamics",
    "equilibrium": "3 equilibrium",
    "small_step": "3 equilibrium",
    "consensus": "3 equilibrium",
    "misalignment": "4 misalignment",
    "convergence": "5 convergence",
    "asymmetry": "6 asymmetry",
    "label_attack": "7 adversary",
    "one_move_attack": "7 adversary",
    "gradient_attack": "7 adversary",
    "blind_attack": "7 adversary",
    "detection": "7 adversary",
    "newton_helper": "8 helper",
    "helper_estimates": "8 helper",
    "helper_comparison": "8 helper",
    "trained_layer": "9 trained agents",
    "trained_optimum": "9 trained agents",
    "trained_pair": "9 trained agents",
}

# Importing a family registers its formulas.
formulas.arrange([import_module(f"theory.families.{family}").__name__ for family in FAMILIES])

#: All theorems by id.
statements = Statements(formulas)
