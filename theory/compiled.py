"""Expressions compiled, once each, to straight-line programs.

The association is chosen for speed: a product is evaluated from the side of its vector, a sum of matrices is applied
to a vector term by term (``I - P`` is not formed for it), ``(I - P) X`` is ``X - P X``, vectors under a common matrix
or inverse are added first, an inverse is a solve. Sizes and counts are values of a run: one program serves all
dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sympy import (
    Identity,
    Integer,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from theory.compiled_graph import Program
from theory.compiled_scalars import Scalars
from theory.compiled_sums import Terms, added, times
from theory.errors import TheoryError

__all__ = ["compiled"]


@lru_cache(maxsize=1024)
def compiled(expr: Any) -> Program:
    """Return the program of an expression; a second call returns the same one.

    Raises
    ------
    TheoryError
        The expression is an equation, or has an operation without a value on arrays.
    """
    # The first pass finds which matrices are formed in any case: the second applies them instead of their factors.
    first = _Translation({})
    first.root(expr)
    second = _Translation(first.formed)
    return second.graph.program(second.root(expr))


class _Translation(Scalars):
    """One pass over an expression.

    Parameters
    ----------
    known : dict
        Matrix expressions that are formed in any case, as keys.
    """

    def __init__(self, known: dict[Any, None]) -> None:
        super().__init__()
        self.known = known
        self.formed: dict[Any, None] = {}
        self._terms: dict[Any, Terms] = {}

    def root(self, expr: Any) -> int:
        """Return the node of the result, which shares no memory with an input."""
        if not getattr(expr, "is_MatrixExpr", False):
            return self.graph.add("result", self.scalar(expr))
        node = self.formed_as(expr)
        viewed = self.graph.nodes[node].op in ("symbol", "transpose", "power", "powers")
        return self.graph.add("copy", node) if viewed else node

    def formed_as(self, expr: Any) -> int:
        """Return the node of a matrix expression as one array."""
        if isinstance(expr, MatAdd | MatMul) and expr.shape[1] != 1:
            self.formed[expr] = None
        return self.settled(self.terms(expr), expr.shape)

    def terms(self, expr: Any) -> Terms:
        """Return a matrix expression as a sum."""
        if expr not in self._terms:
            self._terms[expr] = self._sum_of(expr)
        return self._terms[expr]

    def _sum_of(self, expr: Any) -> Terms:
        graph = self.graph
        match expr:
            case MatAdd():
                parts = [a.as_coeff_matrices() if isinstance(a, MatMul) else (Integer(1), [a]) for a in expr.args]
                if expr.shape[1] == 1:
                    return self.columns([(c, _flat(f)) for c, f in parts])
                return added([self.terms(a) for a in expr.args])
            case MatMul():
                factor, factors = expr.as_coeff_matrices()
                return times(self.product(_flat(factors) if expr.shape[1] == 1 else factors), factor)
            case Inverse():
                unit = graph.add("eye", self.whole(expr.shape[0]))
                return self.applied(expr, {unit: Integer(1)}, (expr.shape[0], expr.shape[0]))
            case MatPow():
                if expr.exp.is_negative:
                    return self.terms(MatPow(Inverse(expr.base), -expr.exp, evaluate=False))
                return {graph.add("power", self.formed_as(expr.base), self.whole(expr.exp)): Integer(1)}
            case Transpose():
                return {self.transposed(n): c for n, c in self.terms(expr.arg).items()}
            case Identity():
                return {graph.add("eye", self.whole(expr.shape[0])): Integer(1)}
            case ZeroMatrix():
                return {}
            case OneMatrix():
                return {graph.add("full", *map(self.whole, expr.shape), data=1): Integer(1)}
            case MatrixSymbol():
                return {graph.add("symbol", data=expr): Integer(1)}
            case _ if hasattr(expr, "_array"):
                return {self.node(expr): Integer(1)}
        raise TheoryError(f"{expr} has no value on arrays")

    def columns(self, parts: Sequence[tuple[Any, list[Any]]]) -> Terms:
        """Add products that end in vectors; those under one leading matrix are added before it is applied."""
        groups: dict[Any, list[tuple[Any, list[Any]]]] = {}
        for factor, factors in parts:
            key = factors[0] if len(factors) > 1 else tuple(factors)
            groups.setdefault(key, []).append((factor, factors))
        found = []
        for lead, group in groups.items():
            if len(group) > 1 and not isinstance(lead, tuple):
                inner = self.columns([(c, f[1:]) for c, f in group])
                found.append(self.applied(lead, inner, (lead.shape[1], Integer(1))))
            else:
                found += [times(self.product(f), c) for c, f in group]
        return added(found)

    def product(self, factors: Sequence[Any]) -> Terms:
        """Return a product, evaluated from the side of its vector."""
        *rest, last = factors = self.recognised(list(factors))
        if not rest:
            return self.terms(last)
        cut = next((i for i, f in enumerate(rest) if f.shape[1] == 1), None)
        if cut is not None:  # an outer product, or a vector times a number
            left, right = factors[: cut + 1], factors[cut + 1 :]
            a = self.settled(self.product(left), (left[0].shape[0], Integer(1)))
            b = self.settled(self.product(right), (Integer(1), last.shape[1]))
            return {self.graph.add("matmul", a, b): Integer(1)}
        if factors[0].shape[0] == 1 and last.shape[1] != 1 and not any(isinstance(f, Inverse) for f in factors):
            row = self.formed_as(factors[0])
            for f in factors[1:]:
                row = self.graph.add("matmul", row, self.formed_as(f))
            return {row: Integer(1)}
        terms = self.terms(last)
        for f in reversed(rest):
            terms = self.applied(f, terms, (f.shape[1], last.shape[1]))
        return terms

    def recognised(self, factors: list[Any]) -> list[Any]:
        """Put products that are formed in any case in the place of their factors."""
        for expr in self.known:
            width = len(expr.args)
            if isinstance(expr, MatMul) and factors[0].shape[0] != 1:
                for i in range(len(factors) - width):
                    if tuple(factors[i : i + width]) == expr.args:
                        factors[i : i + width] = [expr]
        return factors

    def applied(self, matrix: Any, right: Terms, shape: tuple[Any, Any]) -> Terms:
        """Return a matrix expression times a sum of this shape."""
        narrow, formed = shape[1] == 1, matrix in self.known
        match matrix:
            case Identity():
                return right
            case MatMul() if not formed:
                factor, factors = matrix.as_coeff_matrices()
                if len(factors) == 1 and not narrow:  # a scaled Gram matrix, which the sum around it needs too
                    return self.multiplied(*self.signed(self.terms(matrix), matrix.shape), right, shape)
                for f in reversed(factors):
                    right = self.applied(f, right, (f.shape[1], shape[1]))
                return times(right, factor)
            case MatAdd() if not formed and narrow:
                column, sign = self.signed(right, shape)
                return added([times(self.applied(a, {column: Integer(1)}, shape), sign) for a in matrix.args])
            case MatAdd() if not formed and self.shifted(self.terms(matrix)):
                return added([self.term(n, c, right, shape) for n, c in self.terms(matrix).items()])
            case Inverse():
                column, sign = self.signed(right, shape)
                system = self.graph.add("transpose", self.formed_as(matrix.arg))
                return {self.graph.add("solve", system, column, data=matrix.arg): sign}
            case MatPow() if matrix.exp.is_Integer and narrow:
                for _ in range(abs(int(matrix.exp))):
                    right = self.applied(matrix.base if matrix.exp > 0 else Inverse(matrix.base), right, shape)
                return right
            case MatPow() if narrow:
                column, sign = self.signed(right, shape)
                powers = self.graph.add("powers", self.formed_as(matrix.base), self.whole(matrix.exp), column)
                return {powers: sign}
        return self.multiplied(self.formed_as(matrix), Integer(1), right, shape)


def _flat(factors: Sequence[Any]) -> list[Any]:
    """Factors of a product, with the factors of plain products in it."""
    out: list[Any] = []
    for f in factors:
        out += _flat(f.args) if isinstance(f, MatMul) and f.as_coeff_matrices()[0] == 1 else [f]
    return out
