"""Prompts: the in-context examples of an agent, and the quadratic objective that they induce.

A prompt of n examples in dimension d is a design matrix X (n x d, one example a row) and labels y (n). It
induces the loss ``L(w) = |X w - y|^2 / (2 n)``, whose geometry is the Gram matrix ``S = X^T X / n`` and whose
moment is ``b = X^T y / n``. All quantities are dimensionless. Source: section 1 (one agent) of the theory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from numerics import exact as exact_algebra
from numerics.errors import EmptyPromptError, ShapeError
from numerics.validation import (
    Array,
    Frozen,
    any_exact,
    broadcast_batches,
    frozen,
    real_array,
    squares_representable,
    vectors,
)

__all__ = ["Prompt"]


@dataclass(frozen=True, eq=False)
class Prompt(Frozen):
    """In-context examples (X, y) of linear regression; immutable, batched over leading axes.

    Parameters
    ----------
    X : (..., n, d) array_like
        One example a row; n, d >= 1. Real numbers, or an object array of ``Fraction``/int for exact mode.
    y : (..., n) array_like
        Labels, any values: inconsistent labels are allowed. Batch axes broadcast against those of X.

    Raises
    ------
    ShapeError, EmptyPromptError, NonFiniteError, DTypeError, ExactnessError, ScaleError
        Each names the argument, what is wrong with it and what to do.

    Notes
    -----
    Arrays are copied and made read-only. In floating point the rank counts the singular values of X above
    ``max(n, d) * eps * sigma_max(X)`` (eps = 2^-52); in exact mode it is exact. The largest modulus in X, and
    in y, must be 0 or within [2^-480, 2^480], so that no Gram matrix overflows or vanishes silently.
    """

    X: Array
    y: Array

    def __post_init__(self) -> None:
        exact = any_exact(X=self.X, y=self.y)
        X = real_array("X", self.X, exact=exact)
        y = real_array("y", self.y, exact=exact)
        if X.ndim < 2:
            raise ShapeError(f"X has shape {X.shape}; expected (..., n, d), one example a row")
        if 0 in X.shape:
            raise EmptyPromptError(f"X has shape {X.shape}: a prompt needs at least one example and one feature")
        if y.ndim == 0 or y.shape[-1] != X.shape[-2]:
            raise ShapeError(
                f"y has shape {y.shape} but X has shape {X.shape}: expected one label for each of the "
                f"{X.shape[-2]} examples, y (..., n)"
            )
        if 0 in y.shape:
            raise EmptyPromptError(f"y has shape {y.shape}: an empty batch of prompts")
        broadcast_batches(X=X.shape[:-2], y=y.shape[:-1])
        squares_representable("X", X, axes=(-1, -2))
        squares_representable("y", y, axes=(-1,))
        object.__setattr__(self, "X", frozen(X))
        object.__setattr__(self, "y", frozen(y))

    @classmethod
    def from_target(cls, X: object, w_star: object) -> Prompt:
        """Make the prompt whose labels are ``y = X w_star``.

        Parameters
        ----------
        X : (..., n, d) array_like
            One example a row.
        w_star : (..., d) array_like
            A target that fits the examples exactly. The prompt does not remember it: where X has a kernel,
            :attr:`target` is the least-norm vector of the set ``w_star + ker S`` that fits equally well.
        """
        exact = any_exact(X=X, w_star=w_star)
        design = real_array("X", X, exact=exact)
        if design.ndim < 2:
            raise ShapeError(f"X has shape {design.shape}; expected (..., n, d), one example a row")
        target = vectors("w_star", w_star, design.shape[-1], exact=exact)
        broadcast_batches(X=design.shape[:-2], w_star=target.shape[:-1])
        return cls(design, (design @ target[..., None])[..., 0])

    @property
    def n(self) -> int:
        """Number of examples."""
        return int(self.X.shape[-2])

    @property
    def d(self) -> int:
        """Dimension of the regression problem."""
        return int(self.X.shape[-1])

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Leading axes: one geometry for each index."""
        return np.broadcast_shapes(self.X.shape[:-2], self.y.shape[:-1])

    @property
    def exact(self) -> bool:
        """Whether the entries are exact rationals."""
        return self.X.dtype == object

    @cached_property
    def gram(self) -> Array:
        """Gram matrix ``S = X^T X / n``, (..., d, d), symmetric positive semidefinite."""
        return frozen(exact_algebra.product(self.X.swapaxes(-1, -2), self.X) / self.n)

    @cached_property
    def moment(self) -> Array:
        """Moment ``b = X^T y / n``, (..., d); it lies in the range of S whatever the labels (label-noise)."""
        return frozen((self.y[..., None, :] @ self.X)[..., 0, :] / self.n)

    @cached_property
    def moment_scale(self) -> Array:
        """``|X| |y| / n`` (Frobenius), shape (...): rounding errors of the moment are about eps times this.

        Labels orthogonal to every feature cancel in the moment, which can be far smaller than its terms.
        """
        X, y = self.X.astype(np.float64), self.y.astype(np.float64)
        return np.sqrt(np.einsum("...ij,...ij->...", X, X) * np.einsum("...i,...i->...", y, y)) / self.n  # type: ignore[no-any-return]

    @cached_property
    def _svd(self) -> tuple[Array, Array, Array]:
        """Thin SVD of X with the reciprocals of its singular values, zero below the rank tolerance."""
        left, values, right = np.linalg.svd(self.X, full_matrices=False)
        tolerance = max(self.n, self.d) * np.finfo(np.float64).eps * values[..., :1]
        kept = values > tolerance
        return left, np.divide(1.0, values, out=np.zeros_like(values), where=kept), right

    @cached_property
    def rank(self) -> Array:
        """Rank of X, hence of S: integers of shape (...) between 0 and min(n, d)."""
        if self.exact:
            return exact_algebra.rank(self.X)[()]
        return (self._svd[1] > 0).sum(axis=-1)[()]  # type: ignore[no-any-return]

    @cached_property
    def target(self) -> Array:
        """Target ``w* = S^+ b = X^+ y``, (..., d): the minimiser of the loss of least norm.

        The set of all minimisers is ``target + ker S`` (label-noise).
        """
        if self.exact:
            return frozen((exact_algebra.pinv(self.X) @ self.y[..., None])[..., 0])
        left, reciprocals, right = self._svd
        coefficients = reciprocals[..., None] * (left.swapaxes(-1, -2) @ self.y[..., None])
        return frozen((right.swapaxes(-1, -2) @ coefficients)[..., 0])

    def loss(self, w: object) -> Array:
        """Return the in-prompt loss ``|X w - y|^2 / (2 n)``, shape (...), of weights w (..., d)."""
        weights = vectors("w", w, self.d, exact=self.exact)
        broadcast_batches(w=weights.shape[:-1], prompt=self.batch_shape)
        error = (self.X @ weights[..., None])[..., 0] - self.y
        return (error * error).sum(axis=-1) / (2 * self.n)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        kind = "exact" if self.exact else "float64"
        return f"Prompt(n={self.n}, d={self.d}, batch_shape={self.batch_shape}, {kind})"
