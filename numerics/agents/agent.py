"""Agents: something that takes the other agent's weights and answers with its own.

:class:`LSAAgent` answers through the real attention layer on the token matrix of its prompt. Any object
with a dimension ``d`` and a method ``update(w)`` is an :class:`Agent` and can stand in its place: an
adversary, a helper, a black box. What an agent may offer besides, for
:class:`~numerics.interaction.interaction.Interaction` to find:

- ``affine_map()`` -> :class:`~numerics.agents.affine.AffineMap` or None: the agent promises that its update is
  this map, the same at every turn (the default None: it is asked anew at every turn);
- ``reset()``: called at the start of every run, for agents that remember;
- ``batch_shape``, ``exact``, ``target``, ``prompt``: as for :class:`LSAAgent`.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.agents.layer import LSALayer, attend_last, tokens
from numerics.agents.prompts import Prompt
from numerics.errors import DivergenceError, ExactnessError, NotAffineError, ScaleError, ShapeError
from numerics.validation import (
    Array,
    Frozen,
    broadcast_batches,
    expected,
    frozen,
    real_array,
    same_dimension,
    step_sizes,
    vectors,
)

if TYPE_CHECKING:
    from numerics.agents.relay import ManySteps

__all__ = ["Agent", "LSAAgent", "fixed_map"]


def fixed_map(name: str, agent: LSAAgent) -> AffineMap:
    """Return the affine map of an agent, or raise :class:`NotAffineError` when its layer has none."""
    affine = agent.affine_map()
    if affine is None:
        raise NotAffineError(f"{name} has a layer that is not affine in the iterate; attacks need an affine update")
    return affine


@runtime_checkable
class Agent(Protocol):
    """What an interaction needs of an agent."""

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        ...

    def update(self, w: Array) -> Array:
        """Return the agent's weights (..., d), given the other agent's weights w (..., d)."""
        ...


def _default_step(prompt: Prompt) -> Array:
    """``1 / lambda_max`` of each geometry, or for rationals the reciprocal of the trace; 1 where all is zero."""
    if prompt.exact:
        size = np.trace(prompt.gram, axis1=-2, axis2=-1)
    else:
        size = np.linalg.svd(prompt.X, compute_uv=False)[..., 0] ** 2 / prompt.n
    one = np.asarray(Fraction(1) if prompt.exact else 1.0)
    return np.asarray(one / np.where(np.asarray(size) == 0, one, size))


class LSAAgent(Frozen):
    """A linear-self-attention agent: a prompt and a layer.

    Parameters
    ----------
    prompt : Prompt
        The in-context examples, batch shape (...).
    step_size : array_like, optional
        Dimensionless, > 0 and finite; a scalar, or one for each geometry (broadcast against the batch). Exact
        (int or Fraction) for an exact prompt. The layer is :meth:`LSALayer.gradient_step`. The default is
        ``1 / lambda_max`` of the Gram matrix of each geometry; for exact prompts, where that may be irrational, the
        reciprocal of its trace, which is not larger; 1 for a prompt of zeros.

    Raises
    ------
    StepSizeError, ExactnessError, ShapeError, DTypeError

    Notes
    -----
    Source: theorems lsa-step, inert-history and general-blocks.
    """

    def __init__(self, prompt: Prompt, step_size: object | None = None) -> None:
        self._prompt = expected("prompt", prompt, Prompt, "make one with Prompt(X, y)")
        step = _default_step(prompt) if step_size is None else step_size
        self._step_size: Array | None = frozen(step_sizes(step, exact=prompt.exact, batch_shape=prompt.batch_shape))
        self._batch_shape = np.broadcast_shapes(self._step_size.shape, prompt.batch_shape)

    @classmethod
    def with_layer(cls, prompt: Prompt, layer: LSALayer) -> LSAAgent:
        """Make the agent that uses any layer, for instance one that was trained, instead of a gradient step.

        Raises
        ------
        DimensionMismatchError, ExactnessError, ShapeError, DTypeError
        """
        expected("prompt", prompt, Prompt, "make one with Prompt(X, y)")
        expected("layer", layer, LSALayer, "make one with LSALayer(V, K), or pass a step size to LSAAgent")
        same_dimension(prompt=prompt.d, layer=layer.d)
        if prompt.exact != layer.exact:
            raise ExactnessError(
                f"prompt is {'exact' if prompt.exact else 'floating point'} but layer is not; "
                f"make both from object arrays of Fraction, or both from floats"
            )
        agent = cls.__new__(cls)
        agent._prompt, agent._step_size = prompt, None
        agent._batch_shape = broadcast_batches(layer=layer.batch_shape, prompt=prompt.batch_shape)
        agent.layer = layer
        return agent

    @cached_property
    def layer(self) -> LSALayer:
        """The attention layer."""
        return LSALayer.gradient_step(self.d, self._step_size)

    @property
    def prompt(self) -> Prompt:
        """The in-context examples."""
        return self._prompt

    @property
    def step_size(self) -> Array | None:
        """Step size of the gradient-step layer; None for an agent made with :meth:`with_layer`."""
        return self._step_size

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return self._prompt.d

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Leading axes of prompt and layer together."""
        return self._batch_shape

    @property
    def exact(self) -> bool:
        """Whether the agent computes in exact rationals."""
        return self._prompt.exact

    @property
    def target(self) -> Array:
        """The prompt's least-norm minimiser ``S^+ b``, (..., d)."""
        return self._prompt.target

    def update(self, w: object, history: object | None = None) -> Array:
        """Return the next iterate: the iterate block of the last column of the layer's output.

        Parameters
        ----------
        w : (..., d) array_like
            The last iterate; batch axes broadcast against those of the agent.
        history : (..., k, d) array_like, optional
            Earlier iterates, oldest first, as further tokens before w.

        Raises
        ------
        ShapeError, NonFiniteError, DTypeError, ExactnessError
            For a bad w or history.
        DivergenceError
            When the answer leaves the range of double precision.
        """
        d = self.d
        return self.next_token(w, history)[..., d + 1 : 2 * d + 1]

    def next_token(self, w: object, history: object | None = None) -> Array:
        """Return the whole last column (..., 2 d + 2) of the layer's output, arguments as in :meth:`update`.

        Outside the iterate block a layer of the block structure leaves ``(0; 0; .; 1)``; other layers leak.
        """
        weights = vectors("w", w, self.d, exact=self.exact)
        broadcast_batches(w=weights.shape[:-1], agent=self._batch_shape)
        iterates = weights[..., None, :]
        if history is not None:
            past = real_array("history", history, exact=self.exact)
            if past.ndim < 2 or past.shape[-1] != self.d:
                raise ShapeError(f"history has shape {past.shape}; expected (..., k, d) with d = {self.d}")
            batch = broadcast_batches(w=weights.shape[:-1], history=past.shape[:-2])
            parts = [np.broadcast_to(a, batch + a.shape[-2:]) for a in (past, iterates)]
            iterates = np.concatenate(parts, axis=-2)
        Z = tokens(self._prompt, iterates)
        with np.errstate(over="ignore", invalid="ignore"):
            token = attend_last(self.layer.V, self.layer.K, Z, self._prompt.n)
        if not self.exact and not np.isfinite(token).all():
            raise DivergenceError(
                f"the answer to w (largest entry {abs(weights).max():.3g}) leaves the range of double "
                f"precision; reduce the step size or rescale the prompt"
            )
        return token

    def affine_map(self) -> AffineMap | None:
        """Return the map ``w -> update(w)`` in closed form, or None when the layer is not affine in w.

        With the step-size layer: displacement ``-step_size S``, offset ``step_size b``. With another layer
        the attention products are associated the other way round, through the Gram matrix of the example
        tokens. Tests show both equal to the full layer in exact rationals.

        Raises
        ------
        ScaleError
            When the map overflows.
        """
        if self._step_size is None and not self.layer.affine_in_iterate:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            affine = self._layer_map() if self._step_size is None else self._step_map(self._step_size)
        if not self.exact and not np.isfinite(affine.largest).all():
            raise ScaleError("the layer times the Gram matrix overflows; reduce the step size or rescale the prompt")
        return affine

    def _step_map(self, step: Array) -> AffineMap:
        p = self._prompt
        scale = None if p.exact else step * p.moment_scale
        return AffineMap(-step[..., None, None] * p.gram, step[..., None] * p.moment, scale)

    def _layer_map(self) -> AffineMap:
        d, p = self.d, self._prompt
        X, y = (np.broadcast_to(a, p.batch_shape + s) for a, s in ((p.X, (p.n, d)), (p.y[..., None], (p.n, 1))))
        examples = np.concatenate([X, y], axis=-1)
        values = self.layer.V[..., d + 1 : 2 * d + 1, : d + 1]
        keys = self.layer.K[..., : d + 1, d + 1 :]
        moved = values @ (examples.swapaxes(-1, -2) @ (examples @ keys)) / p.n
        scale = None
        if not p.exact:
            sizes = [np.linalg.norm(a, axis=(-1, -2)) for a in (values, examples, keys)]
            scale = sizes[0] * sizes[1] ** 2 * sizes[2] / p.n
        return AffineMap(moved[..., :d], moved[..., d], scale)

    def many_steps(self, steps: int) -> ManySteps:
        """Return the agent that takes a number of these steps a turn, as a layer that is looped.

        Parameters
        ----------
        steps : int
            At least 1.

        Raises
        ------
        OptionError
            For a number that is not whole, or below 1.

        Notes
        -----
        Source: theorem many-steps.
        """
        from numerics.agents.relay import ManySteps

        return ManySteps(self, steps)

    def __repr__(self) -> str:
        how = "layer" if self._step_size is None else f"step_size={self._step_size}"
        return f"LSAAgent({self._prompt!r}, {how})"
