"""The blind attacker: integral action on its own error, moving through the real layer.

It knows nothing about the other agent. Every turn it rewrites its prompt with the labels of a declared
target w~, moves, and then shifts the target by ``w~ <- w~ - gain (w_{t+1} - goal)``. Source: blind-attack.
"""

from __future__ import annotations

import numpy as np

from numerics.agents.agent import LSAAgent
from numerics.agents.layer import LSALayer
from numerics.agents.prompts import Prompt
from numerics.errors import DTypeError, OptionError, ShapeError, StepSizeError
from numerics.exact import positive_semidefinite
from numerics.validation import EPS, Array, Frozen, frozen, real_array, vectors

__all__ = ["BlindAttacker", "blind_attack"]


class BlindAttacker(Frozen):
    """An agent that steers its declared target so that it comes to rest at its goal; see :func:`blind_attack`."""

    def __init__(self, agent: LSAAgent, goal: Array, gain: Array, declared: Array) -> None:
        self._inputs, self._layer, self._agent = agent.prompt.X, agent.layer, agent
        self._goal, self._gain, self._first = goal, gain, declared
        self.reset()

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return self._agent.d

    @property
    def exact(self) -> bool:
        """Whether the agent computes in exact rationals."""
        return self._agent.exact

    @property
    def step_size(self) -> Array:
        """Step size of the layer, shape ()."""
        assert self._agent.step_size is not None
        return self._agent.step_size

    @property
    def layer(self) -> LSALayer:
        """The attention layer, the same at every turn."""
        return self._layer

    @property
    def target(self) -> Array:
        """The goal (d,), which residuals are measured from."""
        return self._goal

    @property
    def declared(self) -> Array:
        """The target (d,) whose labels the next prompt will carry."""
        return self._declared

    @property
    def prompt(self) -> Prompt:
        """The prompt of the next move: same inputs, labels of the declared target."""
        return Prompt.from_target(self._inputs, self._declared)

    def reset(self) -> None:
        """Declare the first target again, as before the first turn."""
        self._declared = self._first

    def update(self, w: object) -> Array:
        """Return the answer (d,) to the other agent's weights w (d,), and shift the declared target.

        Raises
        ------
        ShapeError, NonFiniteError, DTypeError, ExactnessError, DivergenceError
        """
        weights = vectors("w", w, self.d, exact=self.exact)
        if weights.ndim != 1:
            raise ShapeError(f"w has shape {weights.shape}; a blind attacker plays one run, with w (d,), at a time")
        answer = LSAAgent.with_layer(self.prompt, self._layer).update(weights)
        self._declared = frozen(self._declared - self._gain * (answer - self._goal))
        return answer

    def __repr__(self) -> str:
        return f"BlindAttacker(n={len(self._inputs)}, d={self.d}, gain={self._gain})"


def blind_attack(
    prompt: Prompt,
    goal: object,
    *,
    step_size: object,
    gain: object,
    declared: object | None = None,
    allow_unproven: bool = False,
) -> BlindAttacker:
    """Make the attacker that wins without knowing the victim.

    Parameters
    ----------
    prompt : Prompt
        Unbatched; its inputs are kept, its labels are rewritten every turn.
    goal : (d,) array_like
        The attacker's true target.
    step_size : array_like
        The attacker's, > 0, with ``0 < step_size * S <= I`` for the Gram matrix S of the inputs.
    gain : float or Fraction
        Gain of the integral action, in (0, 2).
    declared : (d,) array_like, optional
        The target declared in the first turn; the goal by default.
    allow_unproven : bool
        Accept any gain > 0, any step size > 0 and inputs of any rank, where success is not proven.

    Returns
    -------
    BlindAttacker
        An agent for :class:`~numerics.interaction.interaction.Interaction`, on either side; unbatched.

    Raises
    ------
    OptionError
        For a gain outside (0, 2), or inputs whose rank is below d.
    StepSizeError
        For a step size <= 0, or with an eigenvalue of ``step_size * S`` above 1.
    ShapeError, DTypeError, ExactnessError, NonFiniteError

    Notes
    -----
    Wins, as the agent that moves second, against every victim whose move has a linear part of norm at most 1, from
    every start and first target. Both bounds are sharp. A gain of 2 fails for the eigenvalue 1 of ``step_size * S``
    (unless the goal itself is declared first, which is then right at once), and for smaller eigenvalues against a
    victim on the edge of its box. Eigenvalues between 1 and 2 fail, for some victims, already at gain 1.
    Source: blind-attack.
    """
    if not isinstance(prompt, Prompt):
        raise DTypeError(f"prompt is a {type(prompt).__name__}; expected the attacker's Prompt")
    agent = LSAAgent(prompt, step_size)
    if agent.batch_shape:
        raise ShapeError(f"attacker has batch shape {agent.batch_shape}; pass one prompt and a scalar step_size")
    target, first = (
        real_array(name, value, exact=prompt.exact)
        for name, value in (("goal", goal), ("declared", goal if declared is None else declared))
    )
    for name, vector in (("goal", target), ("declared", first)):
        if vector.shape != (prompt.d,):
            raise ShapeError(f"{name} has shape {vector.shape}; expected (d,) with d = {prompt.d}")
    factor = real_array("gain", gain, exact=prompt.exact)
    if factor.ndim or not factor > 0 or not (factor < 2 or allow_unproven):
        raise OptionError(
            f"gain must be a number in (0, 2), got {gain!r}; from 2 on some victims make the attacker swing for ever"
        )
    if not allow_unproven:
        if int(prompt.rank) < prompt.d:
            raise OptionError(
                f"the inputs have rank {int(prompt.rank)} < d = {prompt.d}: the attacker cannot steer every direction; "
                f"add examples, or pass allow_unproven=True"
            )
        assert agent.step_size is not None
        if not _at_most_identity(agent.step_size * prompt.gram):
            raise StepSizeError(
                f"step_size {step_size} times the largest eigenvalue of the Gram matrix exceeds 1; reduce the step "
                f"size, or pass allow_unproven=True"
            )
    return BlindAttacker(agent, frozen(target), factor[()], frozen(first))


def _at_most_identity(P: Array) -> bool:
    """Whether ``P <= I`` for symmetric P: exactly, or up to rounding."""
    if P.dtype != object:
        return float(np.linalg.eigvalsh(P)[-1]) <= 1 + 4 * len(P) * EPS
    return positive_semidefinite(np.eye(len(P), dtype=int) - P)
