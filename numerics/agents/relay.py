"""Agents that answer one after another are one agent: what the others of a cycle are to the agent that they answer."""

from __future__ import annotations

from functools import cached_property, reduce

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.agents.agent import Agent
from numerics.validation import Array, Frozen, broadcast_batches

__all__ = ["Relay"]


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
