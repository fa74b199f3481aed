"""Floating-point evaluation of formulas on arrays, batched over leading axes.

Inverses are never formed: a product that starts with an inverse becomes a solve. NumPy is imported when the
first formula is evaluated, so that ``import theory`` needs SymPy only.
"""

from __future__ import annotations

from typing import Any

from sympy import (
    Add,
    Equality,
    GreaterThan,
    Identity,
    Inverse,
    LessThan,
    MatAdd,
    MatMul,
    MatPow,
    Mul,
    OneMatrix,
    Pow,
    StrictGreaterThan,
    StrictLessThan,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
    lambdify,
    log,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from theory.errors import SingularError, TheoryError

__all__ = ["ArrayInstance"]


class ArrayInstance:
    """Values for symbols as float64 arrays, and evaluation of expressions on them.

    Parameters
    ----------
    sizes : dict
        Symbolic dimension name to integer.
    values : dict
        Symbol to array: matrices (..., rows, columns) with vectors as single columns, scalars (...).
    """

    def __init__(self, sizes: dict[str, int], values: dict[Any, Any]) -> None:
        import numpy

        self.numpy = numpy
        self.sizes = sizes
        self.values = dict(values)

    def __call__(self, expr: Any) -> Any:
        """Evaluate an expression; every subexpression is evaluated once."""
        if expr not in self.values:
            self.values[expr] = self._evaluate(expr)
        return self.values[expr]

    def size(self, expr: Any) -> int:
        """Return a dimension as an integer."""
        known = {s: self.values[s] for s in expr.free_symbols if s in self.values and s.name not in self.sizes}
        value = expr.subs(known).subs({s: self.sizes[s.name] for s in expr.free_symbols if s.name in self.sizes})
        if not value.is_Integer:
            raise TheoryError(f"{expr} must be one whole number for the whole batch; got {value}")
        return int(value)

    def _apply(self, factor: Any, right: Any) -> Any:
        """Return ``factor @ right`` where inverses are solves and powers are repeated products."""
        np = self.numpy
        if isinstance(factor, Inverse):
            matrix = self(factor.arg)
            try:
                solution = np.linalg.solve(matrix, right)
                # Beyond 1/eps no digit of the solution is right: the matrix is singular up to rounding.
                if not (np.linalg.cond(matrix, 1) * np.finfo(float).eps < 1).all():
                    raise np.linalg.LinAlgError
                return solution
            except np.linalg.LinAlgError:
                raise SingularError(
                    f"{factor.arg} is singular for at least one geometry, but the formula inverts it; "
                    "use a formula with pseudo-inverses (such as singular-equilibrium.e) or drop that geometry"
                ) from None
        return self(factor) @ right

    def _evaluate(self, expr: Any) -> Any:
        np = self.numpy
        match expr:
            case Identity():
                return np.eye(self.size(expr.shape[0]))
            case ZeroMatrix():
                return np.zeros([self.size(s) for s in expr.shape])
            case OneMatrix():
                return np.ones([self.size(s) for s in expr.shape])
            case MatAdd():
                return sum(self(a) for a in expr.args)
            case MatMul():
                coefficient, factors = expr.as_coeff_matrices()
                *rest, last = factors
                result = (
                    self._apply(last, np.eye(self.size(last.shape[1]))) if isinstance(last, Inverse) else self(last)
                )
                for factor in reversed(rest):
                    result = self._apply(factor, result)
                return result if coefficient == 1 else np.asarray(self(coefficient))[..., None, None] * result
            case Inverse():
                return self._apply(expr, np.eye(self.size(expr.shape[0])))
            case MatPow():
                return np.linalg.matrix_power(self(expr.base), self.size(expr.exp))
            case Transpose():
                return np.swapaxes(self(expr.arg), -1, -2)
            case MatrixElement():
                return self(expr.parent)[..., self.size(expr.i), self.size(expr.j)]
            case Trace():
                return np.trace(self(expr.arg), axis1=-2, axis2=-1)
            case Equality():
                raise TheoryError("an equation has no value in floating point: evaluate its two sides")
            case StrictLessThan() | LessThan() | StrictGreaterThan() | GreaterThan():
                compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[expr.rel_op]
                return compare(self(expr.lhs), self(expr.rhs))
            case _ if hasattr(expr, "_array"):
                return expr._array(self, np)
            case Symbol() if expr.name in self.sizes:
                return np.float64(self.sizes[expr.name])
            case Symbol():
                raise TheoryError(f"the symbol {expr} has no value")
            case _ if expr.is_number:
                return np.float64(expr)
            case Add():
                return sum(self(a) for a in expr.args)
            case Mul():
                return np.prod(np.broadcast_arrays(*(self(a) for a in expr.args)), axis=0)
            case Pow():
                base, exponent = np.asarray(self(expr.base)), np.float64(self(expr.exp))
                if exponent < 0 and (base == 0).any():
                    raise SingularError(f"{expr.base} is zero for at least one geometry, and the formula divides by it")
                return np.power(base, exponent)
        if isinstance(expr, log) and (np.asarray(self(expr.args[0])) <= 0).any():
            raise SingularError(f"{expr.args[0]} is not positive somewhere, and the formula takes its logarithm")
        function = lambdify(
            [Symbol(f"x{i}") for i in range(len(expr.args))],
            expr.func(*[Symbol(f"x{i}") for i in range(len(expr.args))]),
            "numpy",
        )
        return function(*(self(a) for a in expr.args))
