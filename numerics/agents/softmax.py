"""Softmax agents: an attention layer with softmax over the examples in place of the linear scores.

Token matrix, values, keys and queries are those of :mod:`numerics.agents.layer`. A column z of Z becomes

    z + V Z_n a,        a = softmax(beta Z_n^T K z),

where ``Z_n`` holds the n example tokens: the weights ``a`` are positive and sum to 1. The layer of
:class:`SoftmaxAgent` has the blocks of :meth:`LSALayer.gradient_step <numerics.agents.layer.LSALayer.gradient_step>`.
Source: section 12 of the theory.
"""

from __future__ import annotations

import numpy as np

from numerics.agents.layer import LSALayer, tokens
from numerics.agents.prompts import Prompt
from numerics.errors import DivergenceError, ExactnessError, NonFiniteError, OptionError
from numerics.validation import (
    Array,
    Frozen,
    any_exact,
    broadcast_batches,
    expected,
    frozen,
    real_array,
    step_sizes,
    vectors,
)

__all__ = ["SoftmaxAgent", "SoftmaxLayer"]


def _temperatures(beta: object) -> Array:
    """Return inverse temperatures, > 0 and finite."""
    if any_exact(beta=beta):
        raise ExactnessError("beta is an exact rational, but exponentials are not; pass float(beta)")
    try:
        found = real_array("beta", beta)
    except NonFiniteError as error:
        raise OptionError(f"beta must be finite and > 0, got {beta!r}") from error
    if not np.all(found > 0):
        raise OptionError(f"beta must be finite and > 0, got {found.min()}; near 0 the agent is a linear one")
    return found


def _softmax(logits: Array) -> Array:
    """Return positive weights of sum 1 along the last but one axis; the largest logit is taken off first."""
    weights = np.exp(logits - logits.max(axis=-2, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-2, keepdims=True))


class SoftmaxLayer(Frozen):
    """One softmax attention layer; every token attends to the examples only. Immutable, batched over leading axes.

    Parameters
    ----------
    matrices : LSALayer
        Values and keys, in floating point.
    beta : (...) array_like
        Inverse temperature, dimensionless, > 0 and finite; batch axes broadcast against the layer's.

    Raises
    ------
    OptionError, ExactnessError, ShapeError, DTypeError
    """

    def __init__(self, matrices: LSALayer, beta: object) -> None:
        self.matrices = expected("matrices", matrices, LSALayer, "make one with LSALayer.gradient_step(d, step_size)")
        if matrices.exact:
            raise ExactnessError("the matrices are exact rationals, but exponentials are not; make them from floats")
        self._beta = frozen(_temperatures(beta))
        self.batch_shape = broadcast_batches(matrices=matrices.batch_shape, beta=self._beta.shape)

    @property
    def beta(self) -> Array:
        """Inverse temperature, (...), read-only."""
        return self._beta

    @property
    def d(self) -> int:
        """Dimension of the iterate block."""
        return self.matrices.d

    def attention(self, Z: object, n: int) -> Array:
        """Return the weights (..., n, m) that each of the m columns of Z gives to the n examples.

        Raises
        ------
        DivergenceError
            When a logit leaves the range of double precision.
        ShapeError, NonFiniteError, DTypeError, OptionError
        """
        array = self.matrices._checked(Z, n)
        return self._attention(array[..., :n], array)

    def _attention(self, examples: Array, asking: Array) -> Array:
        """What each token that asks gives to the examples, (..., n, m)."""
        with np.errstate(over="ignore", invalid="ignore"):
            logits = examples.swapaxes(-1, -2) @ (self.matrices.K @ asking) * self._beta[..., None, None]
        if not np.isfinite(logits).all():
            raise DivergenceError("a logit leaves the range of double precision; reduce beta or rescale the prompt")
        return _softmax(logits)

    def apply(self, Z: object, n: int) -> Array:
        """Return all columns of the output, (..., 2 d + 2, m); arguments as in :meth:`attention`."""
        array = self.matrices._checked(Z, n)
        examples = array[..., :n]
        return np.asarray(array + self.matrices.V @ examples @ self._attention(examples, array))

    def __repr__(self) -> str:
        return f"SoftmaxLayer({self.matrices!r}, beta={self._beta})"


class SoftmaxAgent(Frozen):
    """An agent whose layer weighs its examples by softmax: ``w -> w - eta sum_i a_i x_i``, large errors first.

    Parameters
    ----------
    prompt : Prompt
        The in-context examples, batch shape (...), in floating point.
    eta : (...) array_like
        Step size, dimensionless, > 0 and finite.
    beta : (...) array_like
        Inverse temperature, dimensionless, > 0 and finite. Both broadcast against the batch.

    Raises
    ------
    ExactnessError
        For an exact prompt: exponentials are not rational.
    OptionError
        For a temperature that is not positive and finite.
    StepSizeError, ShapeError, DTypeError

    Notes
    -----
    Source: section 12 of the theory.
    """

    def __init__(self, prompt: Prompt, eta: object, beta: object) -> None:
        self._prompt = expected("prompt", prompt, Prompt, "make one with Prompt(X, y)")
        if prompt.exact:
            raise ExactnessError("the prompt is exact, but exponentials are not rational; make it from floats")
        self._eta = frozen(step_sizes(eta, exact=False, batch_shape=prompt.batch_shape))
        self.layer = SoftmaxLayer(LSALayer.gradient_step(prompt.d, self._eta), beta)
        self._batch_shape = broadcast_batches(layer=self.layer.batch_shape, prompt=prompt.batch_shape)

    @property
    def prompt(self) -> Prompt:
        """The in-context examples."""
        return self._prompt

    @property
    def eta(self) -> Array:
        """Step size, (...)."""
        return self._eta

    @property
    def beta(self) -> Array:
        """Inverse temperature, (...)."""
        return self.layer.beta

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return self._prompt.d

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Leading axes of prompt, step size and temperature together."""
        return self._batch_shape

    @property
    def exact(self) -> bool:
        """Whether the agent computes in exact rationals: never."""
        return False

    def _tokens(self, w: object) -> Array:
        weights = vectors("w", w, self.d, exact=False)
        broadcast_batches(w=weights.shape[:-1], agent=self._batch_shape)
        return tokens(self._prompt, weights[..., None, :])

    def _attention(self, Z: Array) -> Array:
        """What the last token gives to the examples, (..., n, 1): its column alone is formed."""
        return self.layer._attention(Z[..., : self._prompt.n], Z[..., -1:])

    def attention(self, w: object) -> Array:
        """Return the weights (..., n) that the iterate w (..., d) gives to the examples: positive, of sum 1."""
        return np.asarray(self._attention(self._tokens(w))[..., 0])

    def update(self, w: object) -> Array:
        """Return the next iterate (..., d): the iterate block of the last column of the layer's output.

        Parameters
        ----------
        w : (..., d) array_like
            The last iterate; batch axes broadcast against those of the agent.

        Raises
        ------
        DivergenceError
            When a logit or the answer leaves the range of double precision.
        ShapeError, NonFiniteError, DTypeError, ExactnessError
        """
        Z, d = self._tokens(w), self.d
        with np.errstate(over="ignore", invalid="ignore"):
            values = self.layer.matrices.V @ (Z[..., : self._prompt.n] @ self._attention(Z))
            moved = Z[..., d + 1 : 2 * d + 1, -1] + values[..., d + 1 : 2 * d + 1, 0]
        if not np.isfinite(moved).all():
            raise DivergenceError("the answer leaves the range of double precision; reduce the step size")
        return np.asarray(moved)

    def jacobian(self, w: object) -> Array:
        """Return the derivative (..., d, d) of the update at w (..., d): examples spread about what is attended to."""
        a, X = self.attention(w)[..., None], self._prompt.X
        spread = X - (a * X).sum(axis=-2, keepdims=True)
        covariance = spread.swapaxes(-1, -2) @ (a * spread)
        return np.asarray(np.eye(self.d) - (self._eta * self.beta)[..., None, None] * covariance)

    def __repr__(self) -> str:
        return f"SoftmaxAgent({self._prompt!r}, eta={self._eta}, beta={self.beta})"
