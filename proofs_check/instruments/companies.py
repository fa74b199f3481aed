"""Companies of agents in exact rationals: any number, of any rank, alike or blind, and what the formulas are given."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, LSAAgent
from numerics.agents.relay import Relay
from numerics.validation import Array
from proofs_check.instruments.agents import agent, linear_part
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.rationals import exact_eye, zeros

__all__ = ["Company", "around", "company"]


@dataclass(frozen=True)
class Company:
    """Exact agents, as `numerics.Interaction` lists them: each answers the one before it, the first the last."""

    agents: tuple[LSAAgent, ...]

    @property
    def d(self) -> int:
        """Dimension of the weights of one agent."""
        return self.agents[0].d

    def taking_turns(self, order: str = "cycle") -> Interaction:
        """Return the interaction in one of the two orders."""
        return Interaction(*self.agents, order=order)

    def arguments(self) -> dict[str, Any]:
        """Return the inputs of formulas that speak of all agents at once."""
        number, d = len(self.agents), self.d
        grams, answered = zeros(number * d, number * d), zeros(number * d, number * d)
        for i, one in enumerate(self.agents):
            own = slice(i * d, i * d + d)
            grams[own, own] = one.step_size * one.prompt.gram
            before = (i - 1) % number * d
            answered[own, before : before + d] = exact_eye(d)
        targets = np.concatenate([one.target for one in self.agents])
        return {"eta": Fraction(1), "S_all": grams, "theta": targets, "Omega": answered}

    def shown(self) -> dict[str, Any]:
        """Return the data, for display."""
        found: dict[str, Any] = {}
        for i, one in enumerate(self.agents, 1):
            found |= {f"X_{i}": one.prompt.X, f"y_{i}": one.prompt.y, f"eta_{i}": one.step_size}
        return found


def company(
    rng: np.random.Generator, *, least: int = 2, most: int = 5, inside: bool | None = None, kernel: bool = False
) -> Company:
    """Draw a company.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    least, most : int
        Numbers of agents to draw from.
    inside : bool, optional
        Whether all steps lie inside the stability box; drawn (3 in 4 inside) if not given.
    kernel : bool
        Whether no agent has an example along the last axis.
    """
    number = int(rng.integers(least, most + 1))
    d = int(rng.integers(2 if kernel else 1, 4 if number < 4 else 3))
    inside = bool(rng.random() < 0.75) if inside is None else inside
    found: list[LSAAgent] = []
    for _ in range(number):
        if found and rng.random() < 0.1:  # the same again
            found.append(found[int(rng.integers(len(found)))])
            continue
        n = int(rng.integers(1, d + 2))
        X = rationals(rng, n, d)
        if kernel:
            X[:, -1] = Fraction(0)
        y = X @ rationals(rng, d) if rng.random() < 0.5 else rationals(rng, n)
        trace = sum((entry * entry for entry in X.ravel()), Fraction(0)) / n
        step = Fraction(int(rng.integers(1, 16 if inside else 40)), 8)
        found.append(agent(X, y, step / trace if trace else step))
    return Company(tuple(found))


def around(agents: tuple[LSAAgent, ...], d: int) -> dict[str, Array]:
    """Return what the moves of agents after one another do, found by moving basis vectors: ``w -> T w + c``."""
    if not agents:
        return {"T_others": exact_eye(d), "c_others": zeros(d)}
    others = Relay(*agents)
    return {"T_others": linear_part(others.update, d), "c_others": others.update(zeros(d))}
