"""Block matrices of symbolic size: sums, products and transposes, block by block in non-commutative algebra."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from sympy import BlockMatrix, MatAdd, MatMul, MatrixExpr, Transpose, ZeroMatrix

from theory.language import words

__all__ = ["grid", "multiply_out"]


def grid(rows: tuple[Any, ...], columns: tuple[Any, ...], blocks: Mapping[tuple[int, int], MatrixExpr]) -> BlockMatrix:
    """Return a block matrix with the given row and column sizes; blocks that are not given are zero."""
    return BlockMatrix(
        [[blocks.get((i, j), ZeroMatrix(r, c)) for j, c in enumerate(columns)] for i, r in enumerate(rows)]
    )


def multiply_out(expr: MatrixExpr, values: Mapping[MatrixExpr, BlockMatrix]) -> BlockMatrix:
    """Evaluate sums, products and transposes of symbols that stand for block matrices.

    Parameters
    ----------
    expr : MatrixExpr
        In the symbols of `values` only; scalar factors are allowed.
    values : mapping
        Symbol to block matrix.
    """
    if expr in values:
        return values[expr]
    if isinstance(expr, BlockMatrix):
        return expr
    if isinstance(expr, Transpose):
        inner = multiply_out(expr.arg, values).blocks
        return BlockMatrix([[words.expanded(x.T) for x in inner[:, j]] for j in range(inner.shape[1])])
    if isinstance(expr, MatAdd):
        return reduce(_sum, (multiply_out(term, values) for term in expr.args))
    if isinstance(expr, MatMul):
        coefficient, factors = expr.as_coeff_matrices()
        product = reduce(lambda right, left: _product(left, right), (multiply_out(f, values) for f in factors[::-1]))
        return BlockMatrix([[words.expanded(coefficient * x) for x in row] for row in product.blocks.tolist()])
    raise ValueError(f"multiply_out: {expr} is neither a known block matrix nor a sum, product or transpose of such")


def _sum(left: BlockMatrix, right: BlockMatrix) -> BlockMatrix:
    pairs = zip(left.blocks.tolist(), right.blocks.tolist(), strict=True)
    return BlockMatrix([[words.expanded(x + y) for x, y in zip(a, b, strict=True)] for a, b in pairs])


def _product(left: BlockMatrix, right: BlockMatrix) -> BlockMatrix:
    a, b = left.blocks, right.blocks
    return BlockMatrix(
        [
            [words.expanded(reduce(MatAdd, (a[i, m] * b[m, j] for m in range(a.shape[1])))) for j in range(b.shape[1])]
            for i in range(a.shape[0])
        ]
    )
