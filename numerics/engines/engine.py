"""Engines: ways to take a pair of agents forward by many turns. All give the same states up to rounding.

- "numpy": the affine map of one turn, by whole-array products (:mod:`numerics.engines.propagation`); also exact
  rationals.
- "numba": the same map, by compiled kernels on all processors (:mod:`numerics.engines.compiled`, extra `fast`).
- "factored": every move of a gradient step through its examples, ``X^T (X w - y)``, without a Gram matrix
  (:mod:`numerics.engines.factored`): for few examples and few turns.
- "layers": every move asked of ``agent.update``, the real layer of an LSA agent.

Which one runs is decided in :mod:`numerics.engines.choice`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.agents.agent import Agent, LSAAgent
from numerics.engines.choice import Statistics
from numerics.engines.factored import factored_answers, factored_turns
from numerics.engines.outputs import delivered
from numerics.engines.propagation import answers, last_states, trajectory
from numerics.errors import DivergenceError, NonFiniteError, OptionError, Overflow, ShapeError
from numerics.validation import Array, broadcast_batches, real_array

__all__ = ["AffineEngine", "Answers", "Engine", "FactoredEngine", "LayersEngine", "States", "ask"]


def take_turns(
    agent_w: Agent, agent_u: Agent, start: Array, turns: int, *, keep_all: bool, out: Array | None = None
) -> tuple[Array, Array, tuple[Array, Array]]:
    """Let the agents alternate, U first.

    Parameters
    ----------
    agent_w, agent_u : Agent
        The two agents.
    start : (..., d) ndarray
        Starts, already broadcast to the full batch shape.
    turns : int
        Number of turns, >= 0.
    keep_all : bool
        Keep every state rather than the last.
    out : ndarray, optional
        Where to write the kept states of W.

    Returns
    -------
    w, u : ndarray
        The kept states, as in :class:`~numerics.interaction.run.Run`.
    moves : pair of (..., d) ndarray
        How far the first and the last turn moved W.

    Raises
    ------
    Overflow, NonFiniteError, ShapeError
        When an answer overflows, is not finite, or has the wrong shape.
    """
    d, exact = start.shape[-1], start.dtype == object
    rows = turns if keep_all else min(turns, 1)
    u = np.empty((*start.shape[:-1], rows, d), dtype=start.dtype)
    w = np.empty((*start.shape[:-1], turns + 1 if keep_all else 1, d), dtype=start.dtype) if out is None else out
    w[..., 0, :] = state = start
    first = last = start - start
    for t in range(turns):
        answer = ask("agent_u", agent_u, state, start.shape, t + 1, exact=exact)
        following = ask("agent_w", agent_w, answer, start.shape, t + 1, exact=exact)
        last = following - state
        first = last if t == 0 else first
        state = following
        u[..., t if keep_all else 0, :] = answer
        w[..., t + 1 if keep_all else 0, :] = state
    return w, u, (first, last)


def ask(name: str, agent: Agent, w: Array, shape: tuple[int, ...], turn: int, *, exact: bool) -> Array:
    """Return what an agent answers, of the `shape` of the run; `Overflow` names the turn in which it is not finite."""
    try:
        answer = real_array(f"{name}.update(w)", agent.update(w), exact=exact)
    except DivergenceError:
        raise Overflow(None, turn) from None
    except NonFiniteError as error:
        raise NonFiniteError(f"{error} (at turn {turn})") from error
    if answer.ndim == 0 or answer.shape[-1] != shape[-1]:
        raise ShapeError(f"{name}.update(w) has shape {answer.shape}; expected (..., d) with d = {shape[-1]}")
    if broadcast_batches(answer=answer.shape[:-1], run=shape[:-1]) != shape[:-1]:
        raise ShapeError(
            f"{name}.update(w) has batch shape {answer.shape[:-1]}, larger than the run's {shape[:-1]}; "
            f"give the agent that batch_shape, or start from a w0 with those axes"
        )
    return np.broadcast_to(answer, shape)


#: U's answers (..., t, d), or what finds them from W's states (..., t, d): `Overflow` when one is not finite.
Answers = Array | Callable[[Array], Array]
#: W's kept states, U's answers to them, and how far the first and the last turn moved W.
States = tuple[Array, Answers, tuple[Array, Array]]


class Engine(Protocol):
    """What a run needs of an engine."""

    @property
    def statistics(self) -> Statistics:
        """What it is and why it was chosen."""
        ...

    def run(self, start: Array, turns: int, keep: str, out: Array | None) -> States:
        """Take starts (..., d) forward; the kept states are written to `out` if that is given.

        Raises
        ------
        Overflow
            When a state is not finite.
        """
        ...


@dataclass(frozen=True, eq=False)
class AffineEngine:
    """By the affine maps of W's and of U's move: "numpy" or "numba", as the statistics say."""

    statistics: Statistics
    map_w: AffineMap
    map_u: AffineMap

    def run(self, start: Array, turns: int, keep: str, out: Array | None) -> States:
        """See :class:`Engine`."""
        compiled = self.statistics.engine == "numba"
        if compiled:
            from numerics.engines import compiled as engine
        if keep == "all" or turns == 0:
            w = (engine.trajectory if compiled else trajectory)(self.map_w, self.map_u, start, turns, out)
            return w, self._answers, (w[..., min(1, turns), :] - start, w[..., -1, :] - w[..., max(turns - 1, 0), :])
        run = engine.last_states if compiled else last_states
        last_w, last_u, moves = run(self.map_w, self.map_u, start, turns)
        return delivered(last_w[..., None, :], out), last_u[..., None, :], moves

    def _answers(self, states: Array) -> Array:
        if self.statistics.engine == "numba" and prod(states.shape):
            from numerics.engines import compiled

            return compiled.answers(self.map_u, states)
        return answers(self.map_u, states)


@dataclass(frozen=True, eq=False)
class FactoredEngine:
    """Through the examples of two gradient-step agents."""

    statistics: Statistics
    agent_w: LSAAgent
    agent_u: LSAAgent

    def run(self, start: Array, turns: int, keep: str, out: Array | None) -> States:
        """See :class:`Engine`."""
        parts = (*_parts(self.agent_w), *_parts(self.agent_u))
        w, u, moves = factored_turns(*parts, start, turns, keep_all=keep == "all", out=out)
        return w, self._answers if keep == "all" else u, moves

    def _answers(self, states: Array) -> Array:
        return factored_answers(*_parts(self.agent_u), states)


def _parts(agent: LSAAgent) -> tuple[Array, Array, Array]:
    return agent.prompt.X, agent.prompt.y, np.asarray(agent.step_size)


class LayersEngine:
    """By asking the agents, move by move.

    Raises
    ------
    OptionError
        When an engine for affine maps was asked for.
    """

    def __init__(self, engine: str, agent_w: Agent, agent_u: Agent) -> None:
        if engine not in ("auto", "numpy"):
            raise OptionError(
                f'engine="{engine}" is for agents with a fixed affine map, used with method="affine"; '
                f'use engine="auto" for the layers'
            )
        self.statistics = Statistics("layers", np.__version__, None, "every move asked of the agents")
        self._agents = agent_w, agent_u

    def run(self, start: Array, turns: int, keep: str, out: Array | None) -> States:
        """See :class:`Engine`."""
        return take_turns(*self._agents, start, turns, keep_all=keep == "all", out=out)
