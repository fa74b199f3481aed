"""Hypothesis strategies for exact matrices, words of letters and random re-associations."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from sympy import QQ, Identity, Inverse, MatAdd, MatMul, MatrixSymbol, Rational, Transpose

from theory.language.symbols import SymmetricSymbol, size
from theory.values.dense import Dense
from theory.values.instance import Instance

d = size("d")
X, Y, Z = (MatrixSymbol(f"word_{x}", d, d) for x in "XYZ")
SYMMETRIC = SymmetricSymbol("word_S", d, d)
LETTERS = (X, Y, Z, SYMMETRIC, Inverse(X), Inverse(Y), Transpose(X), Transpose(Z))

small = st.builds(Fraction, st.integers(-3, 3), st.integers(1, 3))


def matrices(rows: int, columns: int, entry: st.SearchStrategy[Fraction] = small) -> st.SearchStrategy[Dense]:
    """Exact matrices of a shape."""
    row = st.lists(entry.map(lambda x: QQ(x.numerator, x.denominator)), min_size=columns, max_size=columns)
    return st.lists(row, min_size=rows, max_size=rows).map(lambda r: Dense.from_rows(r, QQ))


@st.composite
def ranked(draw: st.DrawFn, rows: int, columns: int) -> Dense:
    """Exact matrices of every rank from 0 to the largest."""
    rank = draw(st.integers(0, min(rows, columns)))
    if rank == 0:
        return Dense.full((rows, columns), 0, QQ)
    return draw(matrices(rows, rank)) @ draw(matrices(rank, columns))


def symmetric(side: int) -> st.SearchStrategy[Dense]:
    """Exact symmetric matrices of either sign."""
    return matrices(side, side).map(lambda m: m + m.transpose())


def grams(side: int) -> st.SearchStrategy[Dense]:
    """Exact positive semidefinite matrices of every rank."""
    return ranked(side, side).map(lambda m: m @ m.transpose())


@st.composite
def word_instances(draw: st.DrawFn, side: int = 2) -> Instance:
    """Values for the letters; those that have an inverse letter are invertible."""
    unit = Dense.eye(side, QQ)
    lower, upper = (draw(matrices(side, side)) for _ in range(2))
    values: dict[Any, Dense] = {Z: draw(matrices(side, side)), SYMMETRIC: draw(symmetric(side))}
    for letter, full in ((X, lower), (Y, upper)):
        # Unit triangular times a shifted triangular matrix: invertible by construction.
        left = [[full[i, j] if j < i else unit[i, j] for j in range(side)] for i in range(side)]
        right = [[full[i, j] if j > i else 2 * unit[i, j] for j in range(side)] for i in range(side)]
        values[letter] = Dense.from_rows(left, QQ) @ Dense.from_rows(right, QQ)
    return Instance(QQ, {"d": side}, values)


terms = st.lists(st.sampled_from(LETTERS), min_size=0, max_size=4)


@st.composite
def expressions(draw: st.DrawFn, max_terms: int = 3) -> Any:
    """Sums of rational multiples of words, unevaluated and in random association."""
    parts = []
    for word in draw(st.lists(terms, min_size=1, max_size=max_terms)):
        coefficient = Rational(*draw(small).as_integer_ratio())
        parts.append(MatMul(coefficient, associated(draw, word)))
    return associated_sum(draw, parts)


def associated(draw: st.DrawFn, factors: list[Any]) -> Any:
    """Return a product of `factors` with parentheses at random places."""
    if not factors:
        return Identity(d)
    if len(factors) == 1:
        return factors[0]
    cut = draw(st.integers(1, len(factors) - 1))
    return MatMul(associated(draw, factors[:cut]), associated(draw, factors[cut:]), evaluate=False)


def associated_sum(draw: st.DrawFn, parts: list[Any]) -> Any:
    """Return a sum of `parts` with parentheses at random places."""
    if len(parts) == 1:
        return parts[0]
    cut = draw(st.integers(1, len(parts) - 1))
    return MatAdd(associated_sum(draw, parts[:cut]), associated_sum(draw, parts[cut:]), evaluate=False)


def to_numpy(value: Dense) -> np.ndarray:
    """Convert a rational matrix to floating point."""
    return np.array([[float(x) for x in row] for row in value.to_sympy().tolist()]).reshape(value.shape)
