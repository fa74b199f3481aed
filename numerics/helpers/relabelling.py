"""Agents that write new labels for their examples every turn and move through the real attention layer.

Such an agent is an LSA agent and nothing else: it owns examples X (n x d), and every turn it writes labels ``X u*_t``
for an objective u*_t of its choice. To move by a wanted displacement v the objective is ``w_t + Q^+ v`` with
``Q = step_size X^T X / n``; the layer then moves by ``Q Q^+ v``, the projection of v on range(X^T): the part that the
examples do not span stays undone. Labels are computed as ``X w_t + (n / step_size) (X^+)^T v``, which is the same and
does not square the condition number of X.

Batched over leading axes, in floating point or exact rationals. Ranks are decided at ``max(n, d) eps`` relative to the
largest singular value in floating point, exactly in rationals. All quantities are dimensionless. Source: sections 1
and 8 of the theory (lsa-step, newton-helper).
"""

from __future__ import annotations

import numpy as np

from numerics import exact
from numerics.agents.agent import LSAAgent
from numerics.agents.layer import LSALayer
from numerics.agents.prompts import Prompt
from numerics.errors import DivergenceError, RankError, ScaleError
from numerics.validation import Array, Frozen, broadcast_batches, real_array, step_sizes, vectors

__all__ = ["RelabellingAgent", "apply", "pseudo_inverse", "refuse_rank_zero"]

_EPS = float(np.finfo(np.float64).eps)
_VANISHING = 2.0**-480


def pseudo_inverse(matrix: Array) -> Array:
    """Return the Moore-Penrose inverse (..., k, m) of matrices (..., m, k)."""
    if matrix.dtype == object:
        return exact.pinv(matrix)
    return np.asarray(np.linalg.pinv(matrix, rcond=max(matrix.shape[-2:]) * _EPS))


def apply(matrix: Array, vector: Array) -> Array:
    """Return the product (..., m) of matrices (..., m, k) and vectors (..., k)."""
    return np.asarray((matrix @ vector[..., None])[..., 0])


def refuse_rank_zero(name: str, matrix: Array, consequence: str) -> None:
    """Raise a RankError when one of the matrices (..., m, k) is zero."""
    zero = ~np.asarray((matrix != 0).any(axis=(-1, -2)), dtype=bool)
    if zero.any():
        where = f" at index {tuple(int(i) for i in np.argwhere(zero)[0])}" if zero.ndim else ""
        raise RankError(f"{name} has rank 0{where}: {consequence}")


class RelabellingAgent(Frozen):
    """Examples, a step size, and moves through the layer with labels written for each.

    Parameters
    ----------
    X : (..., n, d) array_like
        The examples, not all zero.
    step_size : array_like
        Of the layer, > 0. The labels make up for it, so that it changes nothing but rounding: of size
        ``eps step_size lambda_max |w|``, negligible up to step sizes of a few over the largest Gram eigenvalue.
    exact_mode : bool, optional
        What the surroundings need; None takes what the dtype of X says.

    Raises
    ------
    RankError, StepSizeError, ShapeError, EmptyPromptError, NonFiniteError, DTypeError, ExactnessError, ScaleError
    """

    def __init__(self, X: object, step_size: object, *, exact_mode: bool | None = None) -> None:
        examples = real_array("X", X, exact=exact_mode)
        labels = examples[..., 0] if examples.ndim >= 2 and examples.shape[-1] else examples
        self._examples = Prompt(examples, labels * 0)
        refuse_rank_zero("X", examples, "whatever its labels, it never moves; give a non-zero example")
        step = step_sizes(step_size, exact=self.exact, batch_shape=self._examples.batch_shape)
        self._batch_shape = np.broadcast_shapes(step.shape, self._examples.batch_shape)
        self._layer = LSALayer.gradient_step(self.d, step)
        self._inverse = pseudo_inverse(self._examples.X)
        with np.errstate(over="ignore", invalid="ignore"):
            self._lift = np.asarray(self._examples.n / step)[..., None, None] * self._inverse.swapaxes(-1, -2)
        if not self.exact:
            self._refuse_scales(step)
        self._agent: LSAAgent | None = None

    def _refuse_scales(self, step: Array) -> None:
        if not np.isfinite(self._lift).all():
            raise ScaleError(
                f"n / step_size times the pseudo-inverse of X overflows (step_size down to {step.min():.3g}); increase "
                f"the step size or rescale X"
            )
        with np.errstate(over="ignore"):
            largest = step * (np.linalg.norm(self._examples.X, axis=(-1, -2)) ** 2 / self._examples.n)
        if (largest * _EPS > 1).any():
            raise ScaleError(
                f"step_size times the trace of the Gram matrix reaches {largest.max():.3g}: a move through the layer "
                "has no correct digit above 2**52; reduce the step size, 1 / trace is a good one"
            )

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return self._examples.d

    @property
    def exact(self) -> bool:
        """Whether the agent computes in exact rationals."""
        return self._examples.exact

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Leading axes."""
        return self._batch_shape

    @property
    def prompt(self) -> Prompt | None:
        """The prompt of the last move, None before the first; its target is the objective u*_t in range(X^T)."""
        return None if self._agent is None else self._agent.prompt

    def reset(self) -> None:
        """Forget the run; :meth:`Interaction.simulate` calls this when a run starts."""
        self._agent = None

    def _checked(self, w: object) -> Array:
        weights = vectors("w", w, self.d, exact=self.exact)
        broadcast_batches(w=weights.shape[:-1], agent=self._batch_shape)
        return weights

    def _move(self, w: Array, v: Array) -> Array:
        """Answer w through the layer, with the labels that make it move by the part of v in range(X^T)."""
        with np.errstate(over="ignore", invalid="ignore"):
            labels = apply(self._examples.X, w) + apply(self._lift, v)
        if not self.exact:
            labels = self._representable(labels)
        self._agent = LSAAgent.with_layer(Prompt(self._examples.X, labels), self._layer)
        return self._agent.update(w)

    def _representable(self, labels: Array) -> Array:
        """Refuse labels that a diverging run has made too large, and write 0 for those of an objective that vanishes.

        A prompt takes labels from 2^-480 to 2^480. Below, with examples of ordinary size, the objective is 0 for all
        purposes; with tiny examples the prompt's own message asks to rescale them.
        """
        largest = abs(labels).max(axis=-1)
        if not (largest <= 1 / _VANISHING).all():
            raise DivergenceError(
                "the labels that the helper would need leave the range of double precision: the run diverges; change "
                "the damping, or rescale the examples"
            )
        vanishing = (largest < _VANISHING) & (abs(self._examples.X).max(axis=(-1, -2)) >= _VANISHING**0.5)
        return np.where(vanishing[..., None], 0.0, labels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._examples!r})"
