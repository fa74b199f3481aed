"""Runs made move by move: every answer comes from ``agent.update``, the real layer of an LSA agent."""

from __future__ import annotations

import numpy as np

from numerics.agents import Agent
from numerics.errors import DivergenceError, NonFiniteError, ShapeError
from numerics.propagation import OverflowedError
from numerics.validation import Array, broadcast_batches, real_array

__all__ = ["take_turns"]


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
        The kept states, as in :class:`~numerics.runs.Run`.
    moves : pair of (..., d) ndarray
        How far the first and the last turn moved W.

    Raises
    ------
    OverflowedError, NonFiniteError, ShapeError
        When an answer overflows, is not finite, or has the wrong shape.
    """
    d, exact = start.shape[-1], start.dtype == object
    rows = turns if keep_all else min(turns, 1)
    u = np.empty((*start.shape[:-1], rows, d), dtype=start.dtype)
    w = np.empty((*start.shape[:-1], turns + 1 if keep_all else 1, d), dtype=start.dtype) if out is None else out
    w[..., 0, :] = state = start
    first = last = start - start
    for t in range(turns):
        answer = _ask("agent_u", agent_u, state, start.shape, t + 1, exact=exact)
        following = _ask("agent_w", agent_w, answer, start.shape, t + 1, exact=exact)
        last = following - state
        first = last if t == 0 else first
        state = following
        u[..., t if keep_all else 0, :] = answer
        w[..., t + 1 if keep_all else 0, :] = state
    return w, u, (first, last)


def _ask(name: str, agent: Agent, w: Array, shape: tuple[int, ...], turn: int, *, exact: bool) -> Array:
    try:
        answer = real_array(f"{name}.update(w)", agent.update(w), exact=exact)
    except DivergenceError:
        raise OverflowedError(None, turn) from None
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
