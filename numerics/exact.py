"""Exact linear algebra on object arrays of ``fractions.Fraction``, batched over leading axes.

Everything rests on one primitive, the reduced row echelon form, computed by python-flint's ``fmpq_mat``.
Ranks are decided exactly: no tolerance anywhere. Geometries of a batch are treated one after the other,
since rational elimination has no vectorised form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from math import lcm
from typing import Any

import numpy as np

from numerics.errors import NumericsError
from numerics.validation import Array

__all__ = [
    "characteristic_polynomial",
    "extreme_eigenvalues",
    "moving_block",
    "nearest_to_unit_circle",
    "norm",
    "nullspace",
    "pinv",
    "positive_semidefinite",
    "product",
    "rank",
    "roots_inside_unit_circle",
    "rref",
    "solve",
]


def norm(vector: Array) -> float:
    """Return the Euclidean norm of an array as a float; entries may be Fractions."""
    if vector.dtype != object:
        return float(np.linalg.norm(vector))
    squared = sum((x * x for x in vector.flat), start=Fraction(0))
    return float(np.sqrt(float(squared)))


def _flint(matrix: Array) -> Any:
    """The matrix as python-flint's, which is loaded when it is first used."""
    from flint import fmpq, fmpq_mat

    rows, columns = matrix.shape
    return fmpq_mat(rows, columns, [fmpq(q.numerator, q.denominator) for q in matrix.flat])


def _array(matrix: Any) -> Array:
    return np.array([_fraction(q) for q in matrix.entries()], dtype=object).reshape(matrix.nrows(), matrix.ncols())


def _fraction(q: Any) -> Fraction:
    return Fraction(int(q.p), int(q.q))


def product(*factors: Array) -> Array:
    """Multiply matrices (..., m, k), grouped from the right; exact ones by python-flint, one geometry after another."""
    if any(factor.dtype != object for factor in factors):
        return np.asarray(reduce(lambda right, left: left @ right, reversed(factors)))
    batch = np.broadcast_shapes(*(factor.shape[:-2] for factor in factors))
    return _over_batch(_product, *(np.broadcast_to(factor, batch + factor.shape[-2:]) for factor in factors))


def _product(*factors: Array) -> Array:
    return _array(reduce(lambda right, left: _flint(left) * right, reversed(factors[:-1]), _flint(factors[-1])))


def rref(matrix: Array) -> tuple[Array, list[int]]:
    """Return the reduced row echelon form of one matrix (m, k) and its pivot columns."""
    echelon, rank_ = _flint(matrix).rref()
    reduced = _array(echelon)
    return reduced, [next(j for j, x in enumerate(row) if x != 0) for row in reduced[:rank_]]


def _over_batch(function: Callable[..., Any], *arrays: Array) -> Array:
    """Apply a function of matrices to every matrix of a batch and stack the results."""
    batch = arrays[0].shape[:-2]
    if not batch:
        return np.asarray(function(*arrays))
    results = [function(*(a[index] for a in arrays)) for index in np.ndindex(batch)]
    stacked = np.stack([np.asarray(r) for r in results])
    return stacked.reshape(batch + stacked.shape[1:])


def rank(matrix: Array) -> Array:
    """Return the exact rank of each matrix (..., m, k)."""
    return _over_batch(lambda a: len(rref(a)[1]), matrix)


def solve(matrix: Array, right: Array) -> Array:
    """Solve ``matrix @ x = right`` for one invertible matrix (m, m) and right side (m, k)."""
    size = matrix.shape[0]
    reduced, pivots = rref(np.concatenate([matrix, right], axis=1))
    if pivots[:size] != list(range(size)):
        raise NumericsError(f"the matrix of shape {matrix.shape} is singular; use pinv")
    return reduced[:, size:]


def pinv(matrix: Array) -> Array:
    """Return the exact Moore-Penrose inverse (..., k, m) of each matrix (..., m, k).

    From the full-rank factorisation A = C F (C the pivot columns, F the non-zero rows of the echelon form):
    ``A^+ = F^T (F F^T)^-1 (C^T C)^-1 C^T``.
    """
    return _over_batch(_pinv, matrix)


def _pinv(matrix: Array) -> Array:
    reduced, pivots = rref(matrix)
    if not pivots:
        return np.full(matrix.shape[::-1], Fraction(0), dtype=object)
    columns, rows = _flint(matrix[:, pivots]), _flint(reduced[: len(pivots)])
    turned = columns.transpose()
    return _array(rows.transpose() * (rows * rows.transpose()).inv() * (turned * columns).inv() * turned)


def nullspace(matrix: Array) -> Array:
    """Return a basis (k, nullity) of the kernel of one matrix (m, k), one basis vector a column."""
    reduced, pivots = rref(matrix)
    free = [j for j in range(matrix.shape[1]) if j not in pivots]
    basis = np.full((matrix.shape[1], len(free)), Fraction(0), dtype=object)
    for column, j in enumerate(free):
        basis[j, column] = Fraction(1)
        for row, pivot in enumerate(pivots):
            basis[pivot, column] = -reduced[row, j]
    return basis


def moving_block(moves: Array, displacement: Array) -> Array:
    """Return the matrix of ``displacement`` on the quotient of the space by the kernel of ``moves``.

    Parameters
    ----------
    moves : (m, d) array
        Rows whose common kernel is the subspace divided out.
    displacement : (d, d) array
        A linear map that vanishes on that kernel.

    Returns
    -------
    (r, r) array
        r the rank of `moves`. In the coordinates ``z = R x`` (R the echelon rows, identity on the pivot
        columns) the map is ``R D E`` with E the inclusion of the pivot coordinates.
    """
    reduced, pivots = rref(moves)
    return reduced[: len(pivots)] @ displacement[:, pivots]


def characteristic_polynomial(matrix: Array) -> list[Fraction]:
    """Return the coefficients of ``det(z I - matrix)``, highest power first."""
    return [_fraction(q) for q in reversed(_flint(matrix).charpoly().coeffs())]


def extreme_eigenvalues(matrix: Array) -> tuple[float, float]:
    """Return the least and the largest eigenvalue of one symmetric matrix, each correct to double precision."""
    from flint import ctx

    with ctx.workprec(80):
        roots = [z.real for z, _ in _integral(characteristic_polynomial(matrix)).complex_roots()]
        return float(reduce(lambda a, b: a.min(b), roots)), float(reduce(lambda a, b: a.max(b), roots))


def positive_semidefinite(matrix: Array, *, strictly: bool = False) -> bool:
    """Decide whether one symmetric matrix has no negative eigenvalue, or (strictly) positive ones only."""
    # A real-rooted polynomial has no negative root exactly when its coefficients alternate weakly; none of them is zero
    # exactly when no root is.
    signed = [(-1) ** k * c for k, c in enumerate(characteristic_polynomial(matrix))]
    return all(c > 0 for c in signed) if strictly else all(c >= 0 for c in signed)


def roots_inside_unit_circle(coefficients: Sequence[Fraction]) -> bool:
    """Decide whether every root of a rational polynomial lies in the open unit disc (Schur-Cohn).

    Parameters
    ----------
    coefficients : sequence of Fraction
        Highest power first, the leading one non-zero.
    """
    from flint import fmpz_poly

    polynomial = _integral(coefficients)
    while polynomial.degree() > 0:
        ascending = polynomial.coeffs()
        last, lead = ascending[0], ascending[-1]
        if abs(last) >= abs(lead):
            return False
        reduced = (lead * polynomial - last * fmpz_poly(ascending[::-1])).right_shift(1)
        polynomial = reduced // reduced.content()
    return True


def _integral(coefficients: Sequence[Fraction]) -> Any:
    """The polynomial times a number that makes its coefficients whole, as python-flint's."""
    from flint import fmpz_poly

    common = lcm(*(q.denominator for q in coefficients))
    return fmpz_poly([int(q * common) for q in reversed(coefficients)])


def nearest_to_unit_circle(coefficients: Sequence[Fraction]) -> tuple[float, float]:
    """Return the largest ``|1 + z|`` over the roots z of a rational polynomial, and 1 less that; 0 and 1 without roots.

    Both are correct to double precision, the second also where it is tiny: roots are enclosed, with more and more
    digits, until it is known. Only a second number below 1e-600 counts as zero.

    Parameters
    ----------
    coefficients : sequence of Fraction
        Highest power first, the leading one non-zero.
    """
    from flint import ctx

    polynomial = _integral(coefficients)
    for digits in (128, 512, 2048):
        with ctx.workprec(digits):
            inside, size = [], []
            for z, _ in polynomial.complex_roots():
                modulus = abs(1 + z)
                # 1 - |1 + z|, without cancellation.
                inside.append(-(2 * z.real + abs(z) ** 2) / (1 + modulus))
                size.append(modulus)
            if not inside:
                return 0.0, 1.0
            least = reduce(lambda a, b: a.min(b), inside)
            if least.rel_accuracy_bits() > 60 or digits == 2048:
                largest = reduce(lambda a, b: a.max(b), size)
                return float(largest), float(least) if least.rel_accuracy_bits() > 60 else 0.0
    raise AssertionError("the last number of digits returns")
