"""NumPy and what is built on it: a Python loop, batched ``np.matmul``, SciPy's ``dlsim``, python-control.

Trajectories are written turn by turn into contiguous memory, (turns + 1, geometries, d), which suits batched
products best. The simulators of linear systems are given the map of one turn as a system whose input is the constant
1 and whose output is zero. They, and the loop, run one geometry at a time, and only the first few: time for all is
in proportion.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from numerics.validation import Array
from tests.benchmarks.task import Task
from tests.benchmarks.workload import Keep, Workload

__all__ = ["control", "dlsim", "loop", "matmul", "matmul_affine", "matmul_into", "turn_map"]

#: Turns, over all geometries, that a way of one geometry at a time is timed on.
LOOP_TURNS = 40_000
SIMULATOR_TURNS = 4_000


def share(work: Workload, turns: int, budget: int) -> int:
    """How many geometries fit a budget of turns, at least one."""
    return max(1, min(work.geometries, budget // max(turns, 1)))


def turn_map(P: Array, Q: Array, w_star: Array, u_star: Array) -> tuple[Array, Array]:
    """Form the map ``w -> M w + c`` of one turn: ``M = (I - P)(I - Q)``, ``c = (I - P) Q u* + P w*``."""
    unit = np.eye(P.shape[-1])
    A = unit - P
    return A @ (unit - Q), (A @ (Q @ u_star[..., None]) + P @ w_star[..., None])[..., 0]


def loop(work: Workload, turns: int, keep: Keep, *, geometries: int = 0) -> Task:
    """One matrix-vector product a move, one geometry after the other; `geometries` overrides how many."""
    count = geometries or share(work, turns, LOOP_TURNS)

    def run() -> Array:
        states = np.empty((count, turns + 1 if keep == "all" else 1, work.d))
        for g in range(count):
            P, Q, w_star, u_star, w = work.P[g], work.Q[g], work.w_star[g], work.u_star[g], work.w0[g]
            states[g, 0] = w
            for t in range(turns):
                u = w - Q @ (w - u_star)
                w = u - P @ (u - w_star)
                if keep == "all":
                    states[g, t + 1] = w
            if keep == "last":
                states[g, 0] = w
        return states

    return Task(run, lambda states: states, count)


def _batched(work: Workload, turns: int, keep: Keep, out: Array | None) -> Task:
    columns = [a[..., None] for a in (work.w_star, work.u_star, work.w0)]
    P, Q = work.P, work.Q

    def run() -> Array:
        w_star, u_star, w = columns
        states = work.empty(turns, keep, time_first=True)[..., None] if out is None else out
        states[0] = w
        for t in range(turns):
            u = w - Q @ (w - u_star)
            w = np.subtract(u, P @ (u - w_star), out=states[t + 1] if keep == "all" else None)
        if keep == "last":
            states[0] = w
        return states

    return Task(run, lambda states: states[..., 0].swapaxes(0, 1), work.geometries)


def matmul(work: Workload, turns: int, keep: Keep) -> Task:
    """One batched ``np.matmul`` a move."""
    return _batched(work, turns, keep, None)


def matmul_into(work: Workload, turns: int, keep: Keep) -> Task:
    """One batched ``np.matmul`` a move; the result is written into memory that is ready."""
    return _batched(work, turns, keep, work.empty(turns, keep, time_first=True)[..., None])


def matmul_affine(work: Workload, turns: int, keep: Keep) -> Task:
    """Form the map of one turn, then one batched ``np.matmul`` a turn."""

    def run() -> Array:
        M, c = turn_map(work.P, work.Q, work.w_star, work.u_star)
        offset, w = c[..., None], work.w0[..., None]
        states = work.empty(turns, keep, time_first=True)[..., None]
        states[0] = w
        for t in range(turns):
            w = np.add(M @ w, offset, out=states[t + 1] if keep == "all" else None)
        if keep == "last":
            states[0] = w
        return states

    return Task(run, lambda states: states[..., 0].swapaxes(0, 1), work.geometries)


def dlsim(work: Workload, turns: int, keep: Keep) -> Task:
    """``scipy.signal.dlsim``, which returns every state whatever is kept."""
    signal: Any = import_module("scipy.signal")
    count = share(work, turns, SIMULATOR_TURNS)
    C, D, ones = np.zeros((1, work.d)), np.zeros((1, 1)), np.ones((turns + 1, 1))

    def run() -> Array:
        M, c = turn_map(*(a[:count] for a in (work.P, work.Q, work.w_star, work.u_star)))
        states = np.empty((count, turns + 1 if keep == "all" else 1, work.d))
        for g in range(count):
            system = signal.StateSpace(M[g], c[g, :, None], C, D, dt=1.0)
            x = signal.dlsim(system, ones, x0=work.w0[g])[2]
            states[g] = x if keep == "all" else x[-1:]
        return states

    return Task(run, lambda states: states, count)


def control(work: Workload, turns: int, keep: Keep) -> Task:
    """``control.forced_response``, which returns every state whatever is kept."""
    library: Any = import_module("control")
    count = share(work, turns, SIMULATOR_TURNS)
    C, D, times, ones = np.zeros((1, work.d)), np.zeros((1, 1)), np.arange(turns + 1.0), np.ones((1, turns + 1))

    def run() -> Array:
        M, c = turn_map(*(a[:count] for a in (work.P, work.Q, work.w_star, work.u_star)))
        states = np.empty((count, turns + 1 if keep == "all" else 1, work.d))
        for g in range(count):
            system = library.ss(M[g], c[g, :, None], C, D, 1.0)
            x = library.forced_response(system, times, ones, work.w0[g]).states.T
            states[g] = x if keep == "all" else x[-1:]
        return states

    return Task(run, lambda states: states, count)
