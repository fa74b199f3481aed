"""Transcripts with few decimals: runs of rounded numbers, runs that were rounded afterwards, and probes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics import LSAAgent
from tests.numerics.identification.synthetic_agents import gradient_agent

__all__ = ["WAYS", "Rounded", "rounded", "significant"]

WAYS = ("run of rounded numbers", "run rounded afterwards", "probes", "rounded probes")


@dataclass
class Rounded:
    """An agent, a transcript of it, the unit of its numbers, and the noise in units."""

    agent: LSAAgent
    inputs: np.ndarray
    outputs: np.ndarray
    unit: float
    loud: float

    @property
    def geometry(self) -> np.ndarray:
        return self.agent.step_size * self.agent.prompt.gram


def significant(values: np.ndarray, digits: int) -> np.ndarray:
    """Round to significant digits, as ``%.6g`` does."""
    return np.array([float(f"{x:.{digits}g}") for x in values.ravel()]).reshape(values.shape)


def rounded(rng: np.random.Generator, way: str, *, d: int, decimals: int, loud: float, rows: int) -> Rounded:
    """`loud` is the noise in units of the last decimal; a run settles within a few turns unless it is loud."""
    unit = 10.0**-decimals
    agent, partner = gradient_agent(rng, d), gradient_agent(rng, d)

    def answer(of: LSAAgent, w: np.ndarray) -> np.ndarray:
        return of.update(w) + loud * unit * rng.standard_normal(w.shape)

    if way in WAYS[:2]:
        w, pairs = 2 * rng.standard_normal(d), []
        for _ in range(rows):
            u = answer(partner, w)
            u = u.round(decimals) if way == WAYS[0] else u
            w = answer(agent, u)
            w = w.round(decimals) if way == WAYS[0] else w
            pairs.append((u, w))
        inputs, outputs = np.array(pairs).swapaxes(0, 1).round(decimals)
    else:
        inputs = rng.uniform(0.5, 3) * rng.standard_normal((rows, d)) + 2 * rng.standard_normal(d)
        inputs = inputs.round(decimals) if way == WAYS[3] else inputs
        outputs = answer(agent, inputs).round(decimals)
    return Rounded(agent, inputs, outputs, unit, loud)
