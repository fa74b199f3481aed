"""JAX: ``vmap`` of one turn inside ``lax.scan``, compiled by XLA in float64, on P and Q or on the map of a turn.

A warm-up run compiles, outside the time; results are blocked until they are ready. The scan stacks its states over
turns, so that a trajectory is (turns, geometries, d), without the start, which the caller has.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from tests.benchmarks.task import Task
from tests.benchmarks.workload import Keep, Workload

__all__ = ["jax_affine", "jax_alternating"]


def _library() -> Any:
    """JAX, set to float64."""
    jax: Any = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def _task(work: Workload, keep: Keep, compute: Callable[..., Any]) -> Task:
    jax = _library()
    compiled = jax.jit(compute)
    arguments = [jax.numpy.asarray(a) for a in (work.P, work.Q, work.w_star, work.u_star, work.w0)]
    jax.block_until_ready(arguments)

    def states(result: Any) -> Any:
        kept = np.asarray(result)
        if keep == "last":
            return kept[:, None, :]
        return np.concatenate([work.w0[:, None, :], kept.swapaxes(0, 1)], axis=1)

    return Task(lambda: jax.block_until_ready(compiled(*arguments)), states, work.geometries)


def _scan(turn: Callable[[Any], Any], w0: Any, turns: int, keep: Keep) -> Any:
    jax = _library()

    def body(w: Any, _: None) -> tuple[Any, Any]:
        following = turn(w)
        return following, following if keep == "all" else None

    last, states = jax.lax.scan(body, w0, None, length=turns)
    return states if keep == "all" else last


def jax_alternating(work: Workload, turns: int, keep: Keep) -> Task:
    """Both moves in turn, on P and Q."""
    jax = _library()

    def one(P: Any, Q: Any, w_star: Any, u_star: Any, w: Any) -> Any:
        u = w - Q @ (w - u_star)
        return u - P @ (u - w_star)

    def compute(P: Any, Q: Any, w_star: Any, u_star: Any, w0: Any) -> Any:
        return _scan(lambda w: jax.vmap(one)(P, Q, w_star, u_star, w), w0, turns, keep)

    return _task(work, keep, compute)


def jax_affine(work: Workload, turns: int, keep: Keep) -> Task:
    """The map of one turn, formed inside the time, then applied."""
    jax = _library()

    def form(P: Any, Q: Any, w_star: Any, u_star: Any) -> tuple[Any, Any]:
        unit = jax.numpy.eye(work.d)
        A = unit - P
        return A @ (unit - Q), A @ (Q @ u_star) + P @ w_star

    def compute(P: Any, Q: Any, w_star: Any, u_star: Any, w0: Any) -> Any:
        M, c = jax.vmap(form)(P, Q, w_star, u_star)
        apply = jax.vmap(lambda M, c, w: M @ w + c)
        return _scan(lambda w: apply(M, c, w), w0, turns, keep)

    return _task(work, keep, compute)
