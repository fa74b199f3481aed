"""Which engine takes a run forward: by the size of the task and a measured table, never by what ran before.

So a repeated run gives the same bits, on every machine with the same packages. Asked for by name, an engine is taken or
refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from numerics.agents.agent import Agent, LSAAgent
from numerics.environment import installed_version, pip_install
from numerics.errors import ExactnessError, MissingExtraError, OptionError

__all__ = ["ENGINES", "Statistics", "Task", "choose"]

ENGINES = ("auto", "numpy", "numba", "factored")


@dataclass(frozen=True)
class Statistics:
    """How a run was computed.

    Attributes
    ----------
    engine : {"numpy", "numba", "factored", "layers"}
        See :mod:`numerics.engines.engine`.
    version : str
        Version of Numba for "numba", of NumPy for the others.
    threads : int or None
        Threads of the engine's own; None where BLAS decides.
    reason : str
        Why this engine.
    """

    engine: str
    version: str
    threads: int | None
    reason: str


@dataclass(frozen=True)
class Task:
    """What the choice depends on: dimension, number of geometries, turns, which states are kept, exact or not.

    `examples` is the larger number of examples of two gradient-step agents, None for agents of another kind.
    """

    d: int
    geometries: int
    turns: int
    keep: str
    exact: bool
    examples: int | None

    @classmethod
    def of(cls, agents: tuple[Agent, Agent], geometries: int, turns: int, keep: str, *, exact: bool) -> Task:
        """Describe a run of two agents."""
        steps = [type(agent) is LSAAgent and agent.step_size is not None for agent in agents]
        examples = max(agent.prompt.n for agent in agents if isinstance(agent, LSAAgent)) if all(steps) else None
        return cls(agents[0].d, geometries, turns, keep, exact, examples)


@cache
def _installed(package: str) -> str | None:
    """Version of an importable package, without importing it."""
    from importlib.util import find_spec

    return installed_version(package) if find_spec(package) is not None else None


#: Below this many products (geometries x turns x d^2, turns counted as d log2 at most for the last state alone)
#: loading the compiled code, half a second once a process, is not worth it.
_WORTH_LOADING = 2**22
#: Beyond this d BLAS is faster: with all its threads on one matrix, and with geometries enough for ours.
_WIDEST_ALONE, _WIDEST = 256, 512


def _auto(task: Task) -> tuple[str, str]:
    d, n, turns = task.d, task.examples, task.turns
    if task.exact:
        return "numpy", "exact rationals"
    # Forming and composing the Gram matrices costs more than all the turns through the examples.
    if n is not None and n < d / 2 and 8 * turns * n <= d * d:
        return "factored", f"{turns} turns through n <= {n} examples cost less than a Gram matrix of size {d}"
    steps = turns if task.keep == "all" else min(turns, d * turns.bit_length())
    if task.geometries * steps * d * d < _WORTH_LOADING:
        return "numpy", "a small task"
    if d > (_WIDEST if task.geometries > 1 else _WIDEST_ALONE):
        return "numpy", f"products of size {d} are faster in BLAS"
    if _installed("numba") is None:
        return "numpy", f"Numba is not installed: {pip_install('fast')}"
    return "numba", f"compiled kernels are faster for d = {d} and {task.geometries} geometries"


def choose(engine: str, task: Task) -> Statistics:
    """Choose the engine of a run by affine maps ("auto"), or check the one that was asked for.

    Raises
    ------
    ExactnessError
        When "numba" is asked for exact rationals.
    OptionError
        When "factored" is asked for agents that are not gradient steps.
    MissingExtraError
        When "numba" is asked for and is not installed.
    """
    chosen, reason = (engine, "asked for") if engine != "auto" else _auto(task)
    if chosen == "factored" and task.examples is None:
        raise OptionError('engine="factored" needs two LSAAgents with a step size; use engine="auto"')
    if chosen != "numba":
        return Statistics(chosen, np.__version__, None, reason)
    if task.exact:
        raise ExactnessError('engine="numba" computes in double precision; use engine="numpy" for exact rationals')
    number = _installed("numba")
    if number is None:
        raise MissingExtraError('engine="numba" needs Numba: ' + pip_install("fast"))
    from numerics.engines.compiled import threads

    return Statistics("numba", number, min(threads(), task.geometries), reason)
