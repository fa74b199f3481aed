"""Matrices and columns as sums of multiples of nodes, while an expression is compiled.

A sum is formed when its value is needed as one array, and not before: signs and multiples of the identity cost nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sympy import Integer

from theory.compiled_graph import Graph
from theory.symbols import SymmetricSymbol

__all__ = ["Sums", "Terms", "added", "times"]

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
