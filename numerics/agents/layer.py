"""The real layer: one linear self-attention (LSA) layer acting on the token matrix of a prompt.

The token matrix Z has 2 d + 2 rows in four blocks of heights d, 1, d, 1. An example is the column
``(x; y; 0; 0)``, an iterate the column ``(0; 0; w; 1)``; the n examples come first, then the iterates. The
layer is

    f(Z) = Z + V Z (Z^T K Z) / n,        n the number of examples (not of columns),

with two full matrices V (value) and K (key-query) of shape (2 d + 2, 2 d + 2). The iterate block of the last
column of f(Z) is the next iterate. Nothing here knows that this is a gradient step: that is for others to
derive and to compare with. Source: section 1 of the theory; layout of Huang, Wang and Lee, arXiv 2502.21212.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from numerics.agents.prompts import Prompt
from numerics.errors import ShapeError
from numerics.exact import product
from numerics.validation import (
    Array,
    Frozen,
    any_exact,
    broadcast_batches,
    count,
    expected,
    frozen,
    real_array,
    same_dimension,
)

__all__ = ["LSALayer", "attend", "attend_last", "tokens"]


def _zeros(shape: tuple[int, ...], *, exact: bool) -> Array:
    return np.full(shape, Fraction(0), dtype=object) if exact else np.zeros(shape)


def tokens(prompt: Prompt, iterates: object) -> Array:
    """Return the token matrix Z of a prompt followed by iterate tokens.

    Parameters
    ----------
    prompt : Prompt
        n examples in dimension d, batch shape (...).
    iterates : (..., k + 1, d) array_like
        Iterates ``w_0, ..., w_k``, oldest first; batch axes broadcast against those of the prompt.

    Returns
    -------
    (..., 2 d + 2, n + k + 1) array

    Raises
    ------
    ShapeError, NonFiniteError, DTypeError, ExactnessError
    """
    expected("prompt", prompt, Prompt, "make one with Prompt(X, y)")
    states = real_array("iterates", iterates, exact=prompt.exact)
    n, d = prompt.n, prompt.d
    if states.ndim < 2 or states.shape[-1] != d or states.shape[-2] == 0:
        raise ShapeError(f"iterates has shape {states.shape}; expected (..., k + 1, d) with d = {d}")
    batch = broadcast_batches(iterates=states.shape[:-2], prompt=prompt.batch_shape)
    Z = _zeros((*batch, 2 * d + 2, n + states.shape[-2]), exact=prompt.exact)
    Z[..., :d, :n] = prompt.X.swapaxes(-1, -2)
    Z[..., d, :n] = prompt.y
    Z[..., d + 1 : 2 * d + 1, n:] = states.swapaxes(-1, -2)
    Z[..., 2 * d + 1, n:] = 1 if not prompt.exact else Fraction(1)
    return Z


def attend(V: Array, K: Array, Z: Array, n: int) -> Array:
    """Return ``Z + V Z (Z^T K Z) / n`` of arrays that have been validated."""
    return Z + V @ Z @ (Z.swapaxes(-1, -2) @ K @ Z / n)


def attend_last(V: Array, K: Array, Z: Array, n: int) -> Array:
    """Return the last column of :func:`attend`: the same products, associated from the right."""
    last = Z[..., -1:]
    scores = product(Z.swapaxes(-1, -2), K, last) / n
    column: Array = last + product(V, Z, scores)
    return column[..., 0]


class LSALayer(Frozen):
    """A linear self-attention layer given by its full matrices; immutable, batched over leading axes.

    Parameters
    ----------
    V, K : (..., 2 d + 2, 2 d + 2) array_like
        Value and key-query matrices, any real entries (or exact rationals in object arrays).

    Raises
    ------
    ShapeError, NonFiniteError, DTypeError, ExactnessError
    """

    def __init__(self, V: object, K: object) -> None:
        exact = any_exact(V=V, K=K)
        value = real_array("V", V, exact=exact)
        key = real_array("K", K, exact=exact)
        for name, matrix in (("V", value), ("K", key)):
            size = matrix.shape[-1] if matrix.ndim >= 2 else 0
            if size < 4 or size % 2 or matrix.shape[-2] != size or 0 in matrix.shape:
                raise ShapeError(f"{name} has shape {matrix.shape}; expected (..., 2 d + 2, 2 d + 2) with d >= 1")
        same_dimension(V=value.shape[-1] // 2 - 1, K=key.shape[-1] // 2 - 1)
        broadcast_batches(V=value.shape[:-2], K=key.shape[:-2])
        self._V, self._K = frozen(value), frozen(key)

    @classmethod
    def from_blocks(cls, V31: object, K13: object, K24: object = -1) -> LSALayer:
        """Make the layer whose only non-zero blocks are V31 and K13, (..., d, d), and the scalar K24."""
        exact = any_exact(V31=V31, K13=K13)
        v = real_array("V31", V31, exact=exact)
        k = real_array("K13", K13, exact=exact)
        scalar = real_array("K24", K24, exact=exact)
        for name, block in (("V31", v), ("K13", k)):
            if block.ndim < 2 or block.shape[-1] != block.shape[-2] or 0 in block.shape:
                raise ShapeError(f"{name} has shape {block.shape}; expected (..., d, d) with d >= 1")
        d = same_dimension(V31=v.shape[-1], K13=k.shape[-1])
        V = _zeros((*v.shape[:-2], 2 * d + 2, 2 * d + 2), exact=exact)
        K = _zeros((*broadcast_batches(K13=k.shape[:-2], K24=scalar.shape), 2 * d + 2, 2 * d + 2), exact=exact)
        V[..., d + 1 : 2 * d + 1, :d] = v
        K[..., :d, d + 1 : 2 * d + 1] = k
        K[..., d, 2 * d + 1] = scalar
        return cls(V, K)

    @classmethod
    def gradient_step(cls, d: int, step_size: object) -> LSALayer:
        """Make the layer with ``V31 = -step_size I``, ``K13 = I``, ``K24 = -1`` and zero elsewhere.

        Parameters
        ----------
        d : int
            Dimension, >= 1.
        step_size : (...) array_like
            One step size, or one for each geometry of a batch; an object array (or a Fraction) is exact.
        """
        size = count("d", d, minimum=1)
        exact = any_exact(step_size=step_size)
        steps = real_array("step_size", step_size, exact=exact)
        identity = np.eye(size, dtype=np.int64)
        unit = identity.astype(object) if exact else identity
        return cls.from_blocks(-steps[..., None, None] * unit, unit)

    @property
    def V(self) -> Array:
        """Value matrix, (..., 2 d + 2, 2 d + 2), read-only."""
        return self._V

    @property
    def K(self) -> Array:
        """Key-query matrix, (..., 2 d + 2, 2 d + 2), read-only."""
        return self._K

    @property
    def d(self) -> int:
        """Dimension of the iterate block."""
        return int(self._V.shape[-1]) // 2 - 1

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Leading axes."""
        return np.broadcast_shapes(self._V.shape[:-2], self._K.shape[:-2])

    @property
    def exact(self) -> bool:
        """Whether the entries are exact rationals."""
        return self._V.dtype == object

    @property
    def affine_in_iterate(self) -> bool:
        """Whether the blocks force the next iterate to be an affine function of the last one alone.

        True when iterate tokens do not attend to iterate tokens (the lower right quarter of K is zero) or
        carry no value into the iterate block (the right half of the third block row of V is zero).
        """
        d = self.d
        scores, values = self._K[..., d + 1 :, d + 1 :], self._V[..., d + 1 : 2 * d + 1, d + 1 :]
        return not np.any(scores != 0) or not np.any(values != 0)

    def apply(self, Z: object, n: int) -> Array:
        """Return ``f(Z) = Z + V Z (Z^T K Z) / n``.

        Parameters
        ----------
        Z : (..., 2 d + 2, m) array_like
            Token matrix, examples first.
        n : int
            Number of examples, 1 <= n <= m.
        """
        return attend(self._V, self._K, self._checked(Z, n), n)

    def last_column(self, Z: object, n: int) -> Array:
        """Return the last column of ``f(Z)``, (..., 2 d + 2), without forming the others."""
        return attend_last(self._V, self._K, self._checked(Z, n), n)

    def _checked(self, Z: object, n: int) -> Array:
        array = real_array("Z", Z, exact=self.exact)
        examples = count("n", n, minimum=1)
        if array.ndim < 2 or array.shape[-2] != 2 * self.d + 2 or array.shape[-1] < examples:
            raise ShapeError(f"Z has shape {array.shape}; expected (..., {2 * self.d + 2}, m) with m >= n = {examples}")
        broadcast_batches(Z=array.shape[:-2], layer=self.batch_shape)
        return array

    def __repr__(self) -> str:
        kind = "exact" if self.exact else "float64"
        return f"LSALayer(d={self.d}, batch_shape={self.batch_shape}, {kind})"
