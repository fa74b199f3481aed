"""The symbolic side: every result derived in SymPy, step by step, from the attention layer.

``formulas`` maps an id to a :class:`~theory.derivation.formula.Formula`; ids are those of the theory's specification,
parts separated by a dot. Nothing here uses floating-point simulation, and nothing here knows the package ``numerics``.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
