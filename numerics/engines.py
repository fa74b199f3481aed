"""Engines: ways to take a pair of agents forward by many turns. All give the same states up to rounding.

- "numpy": the affine map of one turn, by whole-array products (:mod:`numerics.propagation`); also exact rationals.
- "numba": the same map, by compiled kernels on all processors (:mod:`numerics.compiled`, extra `fast`).
- "factored": every move of a gradient step through its examples, ``X^T (X w - y)``, without a Gram matrix
  (:mod:`numerics.factored`): for few examples and few turns.
- "layers": every move asked of the agents (:mod:`numerics.stepping`).

Which one runs is decided in :mod:`numerics.engine_choice`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np

from numerics.affine import AffineMap
from numerics.agents import Agent, LSAAgent
from numerics.engine_choice import Statistics
from numerics.errors import OptionError
from numerics.factored import factored_answers, factored_turns
from numerics.outputs import delivered
from numerics.propagation import answers, last_states, trajectory
from numerics.stepping import take_turns
from numerics.validation import Array

__all__ = ["AffineEngine", "Answers", "Engine", "FactoredEngine", "LayersEngine", "States"]

#: U's answers (..., t, d), or what finds them from W's states (..., t, d): `OverflowedError` when one is not finite.
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
        OverflowedError
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
            from numerics import compiled as engine
        if keep == "all" or turns == 0:
            w = (engine.trajectory if compiled else trajectory)(self.map_w, self.map_u, start, turns, out)
            return w, self._answers, (w[..., min(1, turns), :] - start, w[..., -1, :] - w[..., max(turns - 1, 0), :])
        run = engine.last_states if compiled else last_states
        last_w, last_u, moves = run(self.map_w, self.map_u, start, turns)
        return delivered(last_w[..., None, :], out), last_u[..., None, :], moves

    def _answers(self, states: Array) -> Array:
        if self.statistics.engine == "numba" and prod(states.shape):
            from numerics import compiled

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
