"""How often a letter occurs in the products of an expression: what is said of maps holds of affine ones only."""

from __future__ import annotations

from math import inf
from typing import Any

from sympy import Add, Integer, MatAdd, MatMul, MatPow, Mul, Pow, Trace, Transpose

from theory.language.nodes import Inner

__all__ = ["degree"]


def degree(expr: Any, letter: Any) -> float:
    """Return the degree of a polynomial in the entries of a letter; infinite if it is none.

    What is defined by means of the letter counts as another letter.
    """
    if letter not in expr.free_symbols:
        return 0
    if expr == letter:
        return 1
    match expr:
        case MatAdd() | Add():
            return max(degree(x, letter) for x in expr.args)
        case MatMul() | Mul() | Inner():
            return sum(degree(x, letter) for x in expr.args)
        case Transpose() | Trace():
            return degree(expr.arg, letter)
        case Pow() | MatPow() if isinstance(expr.exp, Integer) and expr.exp > 0:
            return int(expr.exp) * degree(expr.base, letter)
        case _ if getattr(expr, "blocks", None) is not None:
            return max(degree(x, letter) for x in expr.blocks)
        case _:
            return inf
