"""Ours: ``Interaction.simulate`` by each engine, with fresh memory or into a result that is ready; and from X and y.

The pair's Gram matrices and affine maps are ready beforehand, as P and Q are for the others; the map of one turn,
validation and the screen for divergence are inside the time. "From agents" starts from X and y every time instead.
"""

from __future__ import annotations

from typing import Literal

from numerics import Interaction, LSAAgent, Prompt, Run
from tests.benchmarks.task import Maker, Task
from tests.benchmarks.workload import Keep, Workload

__all__ = ["Engine", "from_agents", "simulate"]

Engine = Literal["auto", "numpy", "numba"]


def simulate(engine: Engine, *, into: bool = False) -> Maker:
    """Make the row of an engine; `into` writes into a result that is ready."""

    def make(work: Workload, turns: int, keep: Keep) -> Task:
        out = work.empty(turns, keep) if into else None
        return Task(
            lambda: work.pair.simulate(work.w0, turns, keep=keep, engine=engine, out=out),
            lambda run: run.w,
            work.geometries,
            lambda run: run.statistics.engine,
        )

    return make


def from_agents(work: Workload, turns: int, keep: Keep) -> Task:
    """Prompts from X and y, their Gram matrices and moments, agents, the pair and the run, all inside the time."""
    data = [(p.X, p.y, s) for p, s in zip(work.prompts, work.steps, strict=True)]

    def run() -> Run:
        agent_w, agent_u = (LSAAgent(Prompt(X, y), step) for X, y, step in data)
        return Interaction(agent_w, agent_u).simulate(work.w0, turns, keep=keep)

    return Task(run, lambda run: run.w, work.geometries, lambda run: run.statistics.engine)
