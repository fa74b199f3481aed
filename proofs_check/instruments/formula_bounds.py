"""Rounding bounds for the evaluation of a formula, from its expression tree.

The bound of a formula is that of its expression: sums, products, powers, transposes and inverses propagate norms and
errors as derived in `proofs_check.instruments.bounds`. Inputs count as exact, unless they come as `Known` with an error
of their own (a Gram matrix computed from examples). Pseudo-inverses are bounded where the rank is full, in which case
they are inverses; elsewhere the bound is infinite, because no norm bounds the effect of a wrong rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Add, Identity, Inverse, MatAdd, MatMul, MatPow, Mul, Pow, Symbol, Trace, Transpose, ZeroMatrix

from proofs_check.instruments.bounds import Known, gamma, identity, known, solve
from theory.language.nodes import Inner, Norm, PseudoInverse, SingularValue
from theory.language.symbols import PRIMITIVES

__all__ = ["formula_bound"]

_AXES = {"vector": 1, "labels": 1, "step": 0, "scalar": 0, "count": 0}


def formula_bound(formula: Any, inputs: Mapping[str, Any], sizes: Mapping[str, int]) -> Known:
    """Bound the value of a formula and the rounding error of its evaluation.

    Parameters
    ----------
    formula : theory.Formula
        With a matrix, vector or rational scalar expression.
    inputs : mapping of str to ndarray or Known
        As for ``formula.numpy``: vectors (..., d), matrices (..., d, d), scalars (...).
    sizes : mapping of str to int
        ``d``, and ``n`` or ``k`` where they occur.

    Returns
    -------
    Known
        Of shape (..., rows, columns), vectors as columns and scalars as 1 x 1 matrices.

    Raises
    ------
    TypeError
        If the expression contains an operation without a bound.
    """
    return _Bounder(inputs, sizes)(formula.expr)


class _Bounder:
    def __init__(self, inputs: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
        self.sizes = sizes
        self.memo: dict[Any, Known] = {}
        for name, value in inputs.items():
            if name not in PRIMITIVES:
                continue
            item = PRIMITIVES[name]
            if not isinstance(value, Known):
                array = np.asarray(value, dtype=np.float64)
                value = known(array.reshape(array.shape + (1,) * (2 - _AXES.get(item.kind, 2))))
            self.memo[item.symbol] = value

    def __call__(self, expr: Any) -> Known:
        if expr not in self.memo:
            self.memo[expr] = self._bound(expr)
        return self.memo[expr]

    def _size(self, expr: Any) -> int:
        return int(expr.subs({symbol: self.sizes[symbol.name] for symbol in expr.free_symbols}))

    def _bound(self, expr: Any) -> Known:
        match expr:
            case Identity():
                return identity(self._size(expr.shape[0]))
            case ZeroMatrix():
                return known(np.zeros([self._size(side) for side in expr.shape]))
            case MatAdd() | Add():
                return _sum([self(term) for term in expr.args])
            case MatMul():
                coefficient, factors = expr.as_coeff_matrices()
                return _times(self(coefficient), self._product(factors))
            case Inverse():
                return solve(self(expr.arg), identity(self._size(expr.shape[0])))
            case PseudoInverse():
                return self._full_rank_inverse(self(expr.arg))
            case MatPow():
                return self._power(self(expr.base), int(self._scalar(expr.exp)))
            case Transpose():
                return self(expr.arg).T
            case Inner():
                return self(expr.args[0]).T @ self(expr.args[1])
            case Norm():
                vector = self(expr.args[0])
                rounding = gamma(vector.value.shape[-2] + 2) * vector.computed
                return Known(_size(vector.value), vector.norm, vector.error + rounding)
            case SingularValue():
                return _singular_value(self(expr.args[0]), largest=expr.args[1] == 1)
            case Trace():
                inner = self(expr.arg)
                rows = inner.value.shape[-1]
                value = np.trace(inner.value, axis1=-2, axis2=-1)[..., None, None]
                rounding = gamma(rows) * np.sqrt(rows) * inner.computed
                return Known(value, np.sqrt(rows) * inner.norm, np.sqrt(rows) * inner.error + rounding)
            case Mul():
                return _fold([self(factor) for factor in expr.args])
            case Pow() if expr.exp.is_integer:
                power = int(self._scalar(expr.exp))
                base = self(expr.base)
                return (base if power >= 0 else _reciprocal(base)).power(abs(power))
            case Symbol() if expr.name in self.sizes:
                return known(np.array([[float(self.sizes[expr.name])]]))
            case _ if expr.is_number and expr.is_Rational:
                value = known(np.array([[float(expr)]]))
                return Known(value.value, value.norm, gamma(1) * value.norm)
        raise TypeError(f"no rounding bound is known for {type(expr).__name__}: {expr}")

    def _scalar(self, expr: Any) -> float:
        return float(expr) if expr.is_number else float(self(expr).value.ravel()[0])

    def _product(self, factors: list[Any]) -> Known:
        last = factors[-1]
        result = self(last)
        for factor in reversed(factors[:-1]):
            result = solve(self(factor.arg), result) if isinstance(factor, Inverse) else self(factor) @ result
        return result

    def _power(self, base: Known, exponent: int) -> Known:
        if exponent < 0:
            return solve(base, identity(base.value.shape[-1])).power(-exponent)
        return base.power(exponent)

    def _full_rank_inverse(self, inner: Known) -> Known:
        rows, columns = inner.value.shape[-2:]
        if rows == columns:
            return solve(inner, identity(rows))
        raise TypeError("no rounding bound is known for the pseudo-inverse of a rectangular matrix")


def _fold(factors: list[Known]) -> Known:
    result = factors[0]
    for factor in factors[1:]:
        result = result @ factor
    return result


def _sum(terms: list[Known]) -> Known:
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def _size(value: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.square(value).sum(axis=(-2, -1), keepdims=True)))


def _singular_value(matrix: Known, *, largest: bool) -> Known:
    """Singular values move by no more than the matrix does (Weyl).

    The routine's own backward error is taken as ``d^2 gamma(10 d)`` times the norm; LAPACK states "a modest
    function of d" in place of the first factor.
    """
    d = matrix.value.shape[-1]
    values = np.linalg.svd(matrix.value, compute_uv=False)
    chosen = values[..., :1] if largest else values[..., -1:]
    error = 2.0 * matrix.error + d**2 * gamma(10 * d) * matrix.computed
    return Known(np.asarray(chosen[..., None], dtype=np.float64), matrix.norm, error)


def _times(coefficient: Known, matrix: Known) -> Known:
    """Product of a 1 x 1 matrix and a matrix."""
    size = coefficient.norm * matrix.norm
    rounding = gamma(1) * coefficient.computed * matrix.computed
    error = coefficient.norm * matrix.error + coefficient.error * matrix.computed + rounding
    return Known(coefficient.value * matrix.value, size, error)


def _reciprocal(scalar: Known) -> Known:
    least: NDArray[np.float64] = np.abs(scalar.value[..., 0, 0]) * (1.0 - gamma(1)) - 2.0 * scalar.error
    certain = least > 0
    size = 1.0 / np.where(certain, least, 1.0)
    error = size * size * scalar.error + gamma(1) * size
    value = np.divide(1.0, scalar.value, out=np.zeros_like(scalar.value), where=scalar.value != 0)
    return Known(value, np.where(certain, size, np.inf), np.where(certain, error, np.inf))
