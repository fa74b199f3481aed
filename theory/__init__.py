"""The symbolic side: every result derived in SymPy, step by step, from the attention layer.

``formulas`` maps an id to a :class:`~theory.formula.Formula`; ids are those of the theory's specification, parts
separated by a dot. Nothing here uses floating-point simulation, and nothing here knows the package ``numerics``.
"""

# Importing a section registers its formulas, in this order.
from theory import attention, population  # noqa: I001
from theory import dynamics, equilibrium, small_step, consensus
from theory import misalignment, convergence
from theory import asymmetry, adversary, blind_attack, detection
from theory import helper, helper_estimates, helper_comparison
from theory import trained, trained_optimum, trained_pair
from theory.assumptions import Assumption
from theory.derivation import Derivation, Step
from theory.errors import (
    DerivationError,
    InputError,
    IrrationalError,
    SingularError,
    TheoryError,
    UnknownFormulaError,
)
from theory.formula import Catalogue, Formula, formulas
from theory.verification import Verification

__all__ = [
    "Assumption",
    "Catalogue",
    "Derivation",
    "DerivationError",
    "Formula",
    "InputError",
    "IrrationalError",
    "SingularError",
    "Step",
    "TheoryError",
    "UnknownFormulaError",
    "Verification",
    "adversary",
    "asymmetry",
    "attention",
    "blind_attack",
    "consensus",
    "convergence",
    "detection",
    "dynamics",
    "equilibrium",
    "formulas",
    "helper",
    "helper_comparison",
    "helper_estimates",
    "misalignment",
    "population",
    "small_step",
    "trained",
    "trained_optimum",
    "trained_pair",
]
