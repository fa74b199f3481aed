"""Floating-point evaluation of formulas on arrays, batched over leading axes.

An expression is compiled once (:mod:`theory.compiled`). Inverses are never formed: they are solves. NumPy is imported
when the first formula is evaluated, so that ``import theory`` needs SymPy only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from theory.compiled import compiled
from theory.compiled_arrays import array_kernels
from theory.compiled_graph import Bound, Program, run
from theory.errors import TheoryError

__all__ = ["ArrayInstance"]


class ArrayInstance:
    """Values for symbols as float64 arrays, and evaluation of expressions on them.

    Parameters
    ----------
    sizes : dict
        Symbolic dimension name to integer.
    values : dict
        Symbol, or its name, to array: matrices (..., rows, columns) with vectors as single columns, scalars
        (...). They are read, never written.
    check : bool, optional
        Whether a matrix that is inverted is tested for being singular up to rounding.
    """

    __slots__ = ("check", "sizes", "values")

    def __init__(self, sizes: dict[str, int], values: Mapping[Any, Any], *, check: bool = True) -> None:
        self.sizes = sizes
        self.check = check
        self.values = {key if type(key) is str else key.name: value for key, value in values.items()}

    def __call__(self, expr: Any) -> Any:
        """Evaluate an expression; every subexpression is evaluated once.

        Raises
        ------
        SingularError
            A matrix that is inverted is singular up to rounding (condition number 1/eps or more) for a geometry;
            without `check`, exactly singular.
        TheoryError
            A symbol has no value, or the expression has none in floating point.
        """
        program = compiled(expr)
        return run(_bound(program, self.check), program.slots, self)

    def read(self, name: str) -> Any:
        """Return the value of the symbol, or the dimension, of this name."""
        if name in self.values:
            return self.values[name]
        if name in self.sizes:
            return self.sizes[name]
        raise TheoryError(f"the symbol {name} has no value")


@lru_cache(maxsize=2)
def _kernels(check: bool) -> Any:
    import numpy

    return array_kernels(numpy, check=check)


@lru_cache(maxsize=1024)
def _bound(program: Program, check: bool) -> Bound:
    return program.bind(_kernels(check))
