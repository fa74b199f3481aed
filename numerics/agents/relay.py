"""Agents that answer one after another are one agent: the others of a cycle, or one that takes many steps a turn."""

from __future__ import annotations

from functools import cached_property, reduce

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.agents.agent import Agent, LSAAgent
from numerics.agents.prompts import Prompt
from numerics.validation import Array, Frozen, broadcast_batches, count

__all__ = ["ManySteps", "Relay"]


class Relay(Frozen):
    """Agents as one: each takes the weights that the one before it answers with.

    Parameters
    ----------
    *agents : Agent
        At least one, of one dimension, in the order in which they move.
    """

    def __init__(self, *agents: Agent) -> None:
        self.agents = agents

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return self.agents[0].d

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Leading axes of all agents together."""
        return broadcast_batches(**{f"agent_{i}": getattr(a, "batch_shape", ()) for i, a in enumerate(self.agents)})

    def update(self, w: Array) -> Array:
        """Return the weights (..., d) after the last agent's move."""
        return reduce(lambda weights, agent: agent.update(weights), self.agents, w)

    def answers(self, w: Array) -> Array:
        """Return the weights after each agent's move, (..., N, d)."""
        found: list[Array] = []
        for agent in self.agents:
            found.append(agent.update(found[-1] if found else w))
        return np.stack(found, axis=-2)

    @cached_property
    def maps(self) -> tuple[AffineMap, ...] | None:
        """The affine maps of all moves; None when an agent has none."""
        found = []
        for agent in self.agents:
            affine = getattr(agent, "affine_map", None)
            if not callable(affine) or (move := affine()) is None:
                return None
            found.append(move)
        return tuple(found)

    def affine_map(self) -> AffineMap | None:
        """Return the map of all moves together; None when an agent has none."""
        return None if self.maps is None else reduce(lambda before, move: move.after(before), self.maps)

    def reset(self) -> None:
        """Tell the agents that remember that a run starts."""
        for agent in self.agents:
            if callable(reset := getattr(agent, "reset", None)):
                reset()

    def __repr__(self) -> str:
        return f"Relay({', '.join(map(repr, self.agents))})"


class ManySteps(Relay):
    """One agent that answers itself a number of times before it answers: a looped layer. What `many_steps` makes.

    Parameters
    ----------
    agent : LSAAgent
    steps : int
        How often it moves in a turn, at least 1.

    Raises
    ------
    OptionError
        For a number that is not whole, or below 1.
    """

    def __init__(self, agent: LSAAgent, steps: int) -> None:
        self.agent, self.steps = agent, count("steps", steps, minimum=1)
        super().__init__(*[agent] * self.steps)

    @property
    def prompt(self) -> Prompt:
        """The in-context examples of the agent."""
        return self.agent.prompt

    @property
    def target(self) -> Array:
        """The target of the agent, (..., d)."""
        return self.agent.target

    @property
    def exact(self) -> bool:
        """Whether the agent computes in exact rationals."""
        return self.agent.exact

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Leading axes of the agent."""
        return self.agent.batch_shape

    def affine_map(self) -> AffineMap | None:
        """Return the map of all steps, by squaring; None when the agent has none."""
        power, found = self.agent.affine_map(), None
        if power is None:
            return None
        for digit in reversed(f"{self.steps:b}"):
            if digit == "1":
                found = power if found is None else power.after(found)
            power = power.after(power)
        return found

    def __repr__(self) -> str:
        return f"ManySteps({self.agent!r}, {self.steps})"
