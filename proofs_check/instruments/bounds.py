"""A-priori bounds on rounding errors, from norms and condition numbers.

Everything is norm-wise, in the Frobenius norm, for double precision (unit roundoff ``u = 2**-53``) and the standard
model of floating-point arithmetic: ``fl(a op b) = (a op b)(1 + t)`` with ``|t| <= u``, and
``gamma(k) = k u / (1 - k u)``. Underflow and overflow are excluded by the sizes that are sampled.

A `Known` matrix is one whose exact value has norm at most `norm`, and of which every reasonable floating-point
evaluation is within `error`. Its operators propagate both:

sum of two
    each computed operand has norm at most ``c = norm + error``; the rounding of the sum adds at most
    ``u (c1 + c2)``.
product with inner dimension k
    the computed product of the computed operands is within ``gamma(k) c1 c2`` of their exact product, in any order
    of summation, so the error is at most ``c1 c2 (1 + gamma(k)) - norm1 norm2``. As norms multiply, the bound of a
    product of several matrices does not depend on how it is bracketed.
solution of ``M x = r`` by Gaussian elimination with partial pivoting (GEPP)
    the computed x solves ``(M + E) x = r'`` with ``||E||_inf <= d^2 gamma(3d) g ||M||_inf``, where the growth factor g
    is at most ``2^(d-1)`` (Wilkinson; Higham, *Accuracy and Stability of Numerical Algorithms*, theorem 9.5). With
    ``||.||_F <= sqrt(d) ||.||_inf <= d ||.||_F`` this gives ``||E||_F <= d^3 gamma(3d) 2^(d-1) ||M||_F``. Adding the
    error of M itself to ``||E||`` and writing ``k = ||M^-1||``, the error of x is at most
    ``k (||E|| ||x|| + error(r)) / (1 - k ||E||)``, with ``||x|| <= k ||r||``. Where ``k ||E|| >= 1`` nothing is
    known: the bound is infinite.

The norm of an inverse is bounded without trusting any linear-algebra routine: for an approximate inverse Y and
``R = I - M Y`` with ``||R|| < 1``, ``M^-1 = Y (I - R)^-1``, hence ``||M^-1|| <= ||Y|| / (1 - ||R||)``.

The bounds depend on the data of a problem and on norms only, never on the residual of the value they are to judge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.validation import Array

__all__ = ["UNIT_ROUNDOFF", "Known", "gamma", "identity", "inverse_norm", "known", "norm", "solve"]

UNIT_ROUNDOFF = 2.0**-53


def gamma(operations: int) -> float:
    """Return ``k u / (1 - k u)``, the relative error of k roundings (dimensionless)."""
    return operations * UNIT_ROUNDOFF / (1.0 - operations * UNIT_ROUNDOFF)


def norm(value: Array) -> Array:
    """Frobenius norm over the last two axes, rounded upwards by more than its own rounding error."""
    entries = value.shape[-2] * value.shape[-1]
    return np.asarray(np.sqrt(np.square(value).sum(axis=(-2, -1))) * (1.0 + gamma(entries + 2)))


@dataclass(frozen=True)
class Known:
    """A batch of matrices known up to rounding.

    Attributes
    ----------
    value : ndarray of shape (..., r, c)
        One floating-point evaluation.
    norm : ndarray of shape (...)
        Upper bound on the Frobenius norm of the exact matrix.
    error : ndarray of shape (...)
        Upper bound on the Frobenius norm of (any floating-point evaluation - exact matrix).
    """

    value: Array
    norm: Array
    error: Array

    @property
    def computed(self) -> Array:
        """Upper bound on the norm of a floating-point evaluation."""
        return self.norm + self.error

    @property
    def T(self) -> Known:
        """The transpose."""
        return Known(self.value.swapaxes(-1, -2), self.norm, self.error)

    def __add__(self, other: Known) -> Known:
        rounding = gamma(1) * (self.computed + other.computed)
        return Known(self.value + other.value, self.norm + other.norm, self.error + other.error + rounding)

    def __sub__(self, other: Known) -> Known:
        return self + Known(-other.value, other.norm, other.error)

    def __matmul__(self, other: Known) -> Known:
        inner = self.value.shape[-1]
        size = self.norm * other.norm
        # c1 c2 (1 + gamma) - norm1 norm2, written as a sum of positive terms.
        error = self.norm * other.error + self.error * other.computed + gamma(inner) * self.computed * other.computed
        return Known(self.value @ other.value, size, error)

    def tight(self) -> Known:
        """Bound the norm by that of the evaluation at hand plus its error, if that is less."""
        return Known(self.value, np.minimum(self.norm, norm(self.value) + self.error), self.error)

    def power(self, exponent: int) -> Known:
        """Bound an integer power, evaluated by repeated squaring as numpy does.

        The norm of each square is taken from its value, as powers of a contraction shrink while powers of its
        norm may grow; the bound therefore holds for this order of evaluation.
        """
        result: Known | None = None
        square = self
        while exponent:
            if exponent & 1:
                result = square if result is None else (result @ square).tight()
            exponent >>= 1
            if exponent:
                square = (square @ square).tight()
        return identity(self.value.shape[-1]) if result is None else result

    def scaled(self, factor: Array | float) -> Known:
        """Multiply by an exactly known factor, one for each matrix of the batch."""
        factors = np.asarray(factor, dtype=np.float64)
        size = np.abs(factors)
        error = size * (self.error + gamma(1) * self.computed)
        return Known(factors[..., None, None] * self.value, size * self.norm, error)


def known(value: Array) -> Known:
    """Treat floating-point data as exact: a matrix, or a vector of shape (..., d, 1)."""
    return Known(np.asarray(value, dtype=np.float64), norm(value), np.zeros(value.shape[:-2]))


def identity(size: int) -> Known:
    """Return the identity matrix."""
    return known(np.eye(size))


def inverse_norm(matrix: Known) -> Array:
    """Upper bound on the spectral norm of the inverse; infinity where invertibility is not certain.

    Parameters
    ----------
    matrix : Known, shape (..., d, d)
        Not assumed to be invertible.

    Returns
    -------
    ndarray of shape (...)
    """
    d = matrix.value.shape[-1]
    approximate: Array = np.asarray(np.linalg.pinv(matrix.value), dtype=np.float64)
    size = norm(approximate)
    residual = norm(np.eye(d) - matrix.value @ approximate)
    # Rounding of the residual itself, and the distance from the evaluated to the exact matrix.
    residual = residual + gamma(d + 1) * (np.sqrt(d) + matrix.computed * size) + matrix.error * size
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(residual < 1.0, size / np.abs(1.0 - residual) * (1.0 + gamma(4)), np.inf))


def solve(matrix: Known, right: Known) -> Known:
    """Bound the solution of ``matrix @ x = right`` by GEPP (see the module's derivation).

    Parameters
    ----------
    matrix : Known, shape (..., d, d)
        The left-hand side M.
    right : Known, shape (..., d, c)
        The right-hand side r, one or several columns.

    Returns
    -------
    Known, shape (..., d, c)
    """
    d = matrix.value.shape[-1]
    inverse = inverse_norm(matrix)
    backward = matrix.error + d**3 * gamma(3 * d) * 2.0 ** (d - 1) * matrix.computed
    with np.errstate(invalid="ignore", over="ignore"):
        size = inverse * right.norm
        error = inverse * (backward * size + right.error) / (1.0 - inverse * backward)
    certain = inverse * backward < 0.5
    value = np.linalg.pinv(matrix.value) @ right.value
    return Known(value, np.where(certain, size, np.inf), np.where(certain, error, np.inf))
