"""Expressions compiled, once each, to straight-line programs.

The association is chosen for speed: a product is evaluated from the side of its vector, a sum of matrices is applied
to a vector term by term (``I - P`` is not formed for it), ``(I - P) X`` is ``X - P X``, vectors under a common matrix
or inverse are added first, an inverse is a solve. Sizes and counts are values of a run: one program serves all
dimensions.

Matrices and columns are kept as sums of multiples of nodes. A sum is formed when its value is needed as one array, and
not before: signs and multiples of the identity cost nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sympy import (
    Add,
    Equality,
    GreaterThan,
    Identity,
    Integer,
    Inverse,
    LessThan,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Mul,
    OneMatrix,
    Pow,
    StrictGreaterThan,
    StrictLessThan,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from theory.errors import TheoryError
from theory.language.symbols import SymmetricSymbol
from theory.values.program import Graph, Program

__all__ = ["compiled"]

# Node to scalar factor.
Terms = dict[int, Any]


class Sums(ABC):
    """Operations on sums, which add their nodes to one graph."""

    def __init__(self) -> None:
        self.graph = Graph()

    @abstractmethod
    def scalar(self, expr: Any) -> int:
        """Return the node of a scalar expression."""

    @abstractmethod
    def whole(self, expr: Any) -> int:
        """Return the node of a dimension or an exponent."""

    def settled(self, terms: Terms, shape: tuple[Any, Any]) -> int:
        """Return the node of a sum."""
        signed = [(-int(sign_of(c)), self.scaled(n, sign_of(c) * c)) for n, c in terms.items()]
        if not signed:
            return self.graph.add("full", *map(self.whole, shape), data=0)
        # What is added comes before what is taken away: no term needs a negated copy.
        signed.sort(key=lambda part: part[0])
        if len(signed) == 1 and signed[0][0] == -1:
            return signed[0][1]
        return self.graph.add("combine", *(n for _, n in signed), data=tuple(-s for s, _ in signed))

    def scaled(self, node: int, factor: Any) -> int:
        """Return the node of a multiple of a matrix."""
        if factor == 1:
            return node
        return self.graph.add("scale", self.graph.add("lift", self.scalar(factor)), node)

    def signed(self, terms: Terms, shape: tuple[Any, Any]) -> tuple[int, Any]:
        """Return the node of a sum up to sign, and the sign: a single term is not copied to negate it."""
        if len(terms) == 1:
            [(node, factor)] = terms.items()
            sign = sign_of(factor)
            return self.scaled(node, sign * factor), sign
        return self.settled(terms, shape), Integer(1)

    def shifted(self, terms: Terms) -> bool:
        """Whether a sum is a multiple of the identity and at most one other term."""
        return len(terms) <= 2 and any(self.graph.nodes[n].op == "eye" for n in terms)

    def multiplied(self, left: int, sign: Any, right: Terms, shape: tuple[Any, Any]) -> Terms:
        """Return a matrix times a sum; an identity in the sum costs no product."""
        if not self.shifted(right):
            column, other = self.signed(right, shape)
            return {self.graph.add("matmul", left, column): sign * other}
        found = []
        for node, factor in right.items():
            if self.graph.nodes[node].op == "eye":
                found.append({left: sign * factor})
            else:
                column, other = self.signed({node: factor}, shape)
                found.append({self.graph.add("matmul", left, column): sign * other})
        return added(found)

    def term(self, node: int, factor: Any, right: Terms, shape: tuple[Any, Any]) -> Terms:
        """Return one term of a sum times a sum."""
        if self.graph.nodes[node].op == "eye":
            return times(right, factor)
        return self.multiplied(*self.signed({node: factor}, shape), right, shape)

    def transposed(self, node: int) -> int:
        """Return the node of a transpose."""
        done = self.graph.nodes[node]
        if done.op == "eye" or (done.op == "symbol" and isinstance(done.data, SymmetricSymbol)):
            return node
        return done.args[0] if done.op == "transpose" else self.graph.add("transpose", node)


def sign_of(factor: Any) -> Any:
    """Return -1 if the numeric part of a factor is negative, else 1."""
    return Integer(-1 if factor.as_coeff_Mul()[0].is_negative else 1)


def times(terms: Terms, factor: Any) -> Terms:
    """Return a multiple of a sum."""
    return {node: factor * c for node, c in terms.items()}


def added(parts: Sequence[Terms]) -> Terms:
    """Add sums; terms that cancel are gone."""
    out: Terms = {}
    for part in parts:
        for node, factor in part.items():
            out[node] = out.get(node, Integer(0)) + factor
    return {node: factor for node, factor in out.items() if factor != 0}


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
