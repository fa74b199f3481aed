"""Exact weights of sums of squares: a matrix as a sum of weighted squares, and a weight as a sum of squares."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

from sympy.solvers.diophantine.diophantine import sum_of_four_squares

__all__ = ["decomposed", "roots"]


def decomposed(rows: Sequence[Sequence[Fraction]]) -> list[tuple[Fraction, dict[int, Fraction]]] | None:
    """Write a symmetric matrix as a sum of ``weight v v'`` with weight > 0; None if it has a negative eigenvalue.

    A vector holds its entries that are not zero, by their places.
    """
    rest, out = [list(row) for row in rows], []
    for k in range(len(rows)):
        if rest[k][k] < 0 or (not rest[k][k] and any(rest[k])):
            return None
        if weight := rest[k][k]:
            v = [x / weight for x in rest[k]]
            out.append((weight, {i: x for i, x in enumerate(v) if x}))
            for i, a in enumerate(v):
                if a:
                    rest[i] = [x - weight * a * b for x, b in zip(rest[i], v, strict=True)]
    return out


def roots(weight: Fraction) -> list[Fraction]:
    """Rationals whose squares add up to a positive rational: one if it is a square, else at most four."""
    below = weight.denominator
    number = weight.numerator * below
    root = isqrt(number)
    squares = [root] if root * root == number else sum_of_four_squares(number)
    return [Fraction(x, below) for x in squares if x]
