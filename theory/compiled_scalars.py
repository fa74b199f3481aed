"""Scalar expressions, dimensions and operations that know their own value, compiled to nodes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from sympy import (
    Add,
    Equality,
    GreaterThan,
    Integer,
    LessThan,
    Mul,
    Pow,
    StrictGreaterThan,
    StrictLessThan,
    Symbol,
    Trace,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from theory.compiled_sums import Sums
from theory.errors import TheoryError

__all__ = ["Scalars"]


class Scalars(Sums):
    """Compilation of everything that is not a matrix."""

    @abstractmethod
    def formed_as(self, expr: Any) -> int:
        """Return the node of a matrix expression as one array."""

    def value(self, expr: Any) -> int:
        """Return the node of a matrix or scalar."""
        return self.formed_as(expr) if getattr(expr, "is_MatrixExpr", False) else self.scalar(expr)

    def node(self, expr: Any) -> int:
        """Return the node of an operation that knows its own value."""
        return self.graph.add("node", *map(self.value, expr.args), data=expr)

    def whole(self, expr: Any) -> int:
        """Return the node of a dimension or an exponent."""
        match expr:
            case Integer():
                return self.graph.add("integer", data=int(expr))
            case Symbol():
                return self.graph.add("whole", self.graph.add("symbol", data=expr), data=expr)
            case Add() | Mul():
                return self.graph.add(type(expr).__name__.lower(), *map(self.whole, expr.args))
        raise TheoryError(f"{expr} must be one whole number")

    def scalar(self, expr: Any) -> int:
        """Return the node of a scalar expression."""
        graph = self.graph
        match expr:
            case Equality():
                raise TheoryError("an equation has no value in floating point: evaluate its two sides")
            case StrictLessThan() | LessThan() | StrictGreaterThan() | GreaterThan():
                return graph.add("compare", self.value(expr.lhs), self.value(expr.rhs), data=expr.rel_op)
            case Trace():
                return graph.add("trace", self.formed_as(expr.arg))
            case MatrixElement():
                return graph.add("entry", self.formed_as(expr.parent), self.whole(expr.i), self.whole(expr.j))
            case _ if hasattr(expr, "_array"):
                return self.node(expr)
            case Symbol():
                return graph.add("symbol", data=expr)
            case _ if expr.is_number:
                return graph.add("number", data=expr)
            case Add() | Mul():
                return graph.add(type(expr).__name__.lower(), *map(self.scalar, expr.args))
            case Pow() if expr.exp.is_Integer:
                return graph.add("raised", self.scalar(expr.base), data=(int(expr.exp), expr.base))
            case Pow():
                return graph.add("raised_by", self.scalar(expr.base), self.scalar(expr.exp), data=expr.base)
        return graph.add("call", *map(self.scalar, expr.args), data=expr)
