"""The symbolic side: every result derived in SymPy, step by step, from the attention layer.

``formulas`` maps an id to a :class:`~theory.formula.Formula`; ids are those of the theory's specification, parts
separated by a dot. Nothing here uses floating-point simulation, and nothing here knows the package ``numerics``.
"""

from theory import attention, consensus, convergence, dynamics, equilibrium, misalignment, population, small_step
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
    "formulas",
]
del attention, consensus, convergence, dynamics, equilibrium, misalignment, population, small_step
