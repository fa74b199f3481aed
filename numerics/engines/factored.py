"""Turns of two gradient-step agents through their examples: ``w - step X^T (X w - y) / n``, no Gram matrix.

A move costs 4 n d operations rather than the 2 d^2 of the Gram form, which has to be formed besides: the cheaper way
for few examples (n < d/2) and few turns. The residual ``X w - y`` is taken first. The other association, ``X^T (X w) -
X^T y`` with the moment formed once, rounds in the range of X^T what should cancel among the examples: measured against
extended precision it is 4 times less accurate after 20 turns and 50 times after 3000, for consistent as for noisy
labels, and a settled run goes on moving by an ulp where the residual form often stands still.

Geometries go through all turns in blocks whose examples fit the cache. Floats or exact rationals. Source: lsa-step.
"""

from __future__ import annotations

import math

import numpy as np

from numerics.engines.outputs import delivered, flat_memory
from numerics.engines.propagation import finite_ones, in_blocks
from numerics.errors import Overflow
from numerics.validation import Array

__all__ = ["factored_answers", "factored_turns"]

_BLOCK_VALUES = 2**17


class _Examples:
    """The examples of an agent, for blocks of the flattened batch; axes that broadcast are not copied as a whole."""

    def __init__(self, X: Array, y: Array, step: Array, batch: tuple[int, ...]) -> None:
        self.n, d = X.shape[-2:]
        self._all = X.reshape(-1, self.n, d), y.reshape(-1, self.n), step.reshape(-1) / self.n
        self._at = [_indices(own, batch) for own in (X.shape[:-2], y.shape[:-1], step.shape)]

    def __getitem__(self, block: slice) -> tuple[Array, Array, Array]:
        X, y, factor = (
            values if len(values) == 1 else values[block if at is None else at[block]]
            for values, at in zip(self._all, self._at, strict=True)
        )
        return X, y[:, None, :], factor[:, None, None]


def _indices(own: tuple[int, ...], batch: tuple[int, ...]) -> Array | None:
    """Where each geometry of a batch is in an array of batch shape `own`; None when in its own place."""
    if own == batch:
        return None
    return np.broadcast_to(np.arange(math.prod(own)).reshape(own), batch).reshape(-1)


def _moved(x: Array, agent: tuple[Array, Array, Array]) -> Array:
    """The image of rows x (N, rows, d)."""
    X, y, factor = agent
    if len(X) == 1:
        # Shared examples: all rows of all geometries in one product.
        residual = (x.reshape(-1, x.shape[-1]) @ X[0].T).reshape(*x.shape[:-1], X.shape[-2]) - y
        moved = (residual.reshape(-1, X.shape[-2]) @ X[0]).reshape(x.shape)
    else:
        moved = (x @ X.swapaxes(-1, -2) - y) @ X
    return x - factor * moved  # type: ignore[no-any-return]


def factored_turns(
    X_w: Array,
    y_w: Array,
    step_w: Array,
    X_u: Array,
    y_u: Array,
    step_u: Array,
    w0: Array,
    turns: int,
    *,
    keep_all: bool,
    out: Array | None = None,
) -> tuple[Array, Array, tuple[Array, Array]]:
    """Let two agents alternate, U first.

    Parameters
    ----------
    X_w, X_u : (..., n, d) ndarray
        Examples; the numbers of examples may differ.
    y_w, y_u : (..., n) ndarray
        Labels.
    step_w, step_u : (...) ndarray
        Step sizes.
    w0 : (..., d) ndarray
        Starts, already broadcast to the full batch shape.
    turns : int
        Number of turns, >= 0.
    keep_all : bool
        Keep every state of W rather than the last.
    out : ndarray, optional
        Where to write the kept states of W, of their shape and dtype.

    Returns
    -------
    w : (..., turns + 1, d) or (..., 1, d) ndarray
        W's kept states; `out` if that was given.
    u_last : (..., min(turns, 1), d) ndarray
        U's last answer; no row when there is no turn.
    moves : pair of (..., d) ndarray
        How far the first and the last turn moved W; zero when there is no turn.

    Raises
    ------
    Overflow
        When a state is not finite.

    Notes
    -----
    Beyond the result, the memory needed does not grow with the number of geometries or of turns, apart from an index
    for each geometry where batch axes broadcast.
    """
    batch, d = w0.shape[:-1], w0.shape[-1]
    second, first = _Examples(X_w, y_w, step_w, batch), _Examples(X_u, y_u, step_u, batch)
    starts = w0.reshape(-1, 1, d)
    rows = turns + 1 if keep_all else 1
    w = flat_memory(out, (len(starts), rows, d), w0.dtype)
    u = np.empty((len(starts), min(turns, 1), d), w0.dtype)
    moves = np.empty((2, len(starts), d), w0.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for block in in_blocks(len(starts), (second.n + first.n + 6) * d, _BLOCK_VALUES):
            agent_w, agent_u = second[block], first[block]
            state = before = starts[block]
            w[block, :1] = state
            moves[:, block] = state[:, 0] - state[:, 0]
            for t in range(turns):
                before, answer = state, _moved(state, agent_u)
                state = _moved(answer, agent_w)
                if keep_all:
                    w[block, t + 1 : t + 2] = state
                if t == 0:
                    moves[0, block] = (state - before)[:, 0]
            if turns:
                w[block, -1:], u[block] = state, answer
                moves[1, block] = (state - before)[:, 0]
            # What is not finite stays so: every later state is a sum that contains it. So the last ones tell.
            if not (finite := finite_ones(state)).all():
                g = block.start + int(finite.argmin())
                raise Overflow(
                    g, _first_turn(second[slice(g, g + 1)], first[slice(g, g + 1)], starts[g : g + 1], turns)
                )
    states = delivered(w.reshape(*batch, rows, d), out)
    first_move, last_move = moves.reshape(2, *batch, d)
    return states, u.reshape(*batch, min(turns, 1), d), (first_move, last_move)


def _first_turn(
    agent_w: tuple[Array, Array, Array], agent_u: tuple[Array, Array, Array], state: Array, turns: int
) -> int:
    """The first turn after which one geometry is not finite, known to be one of them."""
    for t in range(1, turns):
        state = _moved(_moved(state, agent_u), agent_w)
        if not finite_ones(state).all():
            return t
    return turns


def factored_answers(X: Array, y: Array, step: Array, w: Array) -> Array:
    """Return an agent's answers (..., t, d) to many states w (..., t, d) of each geometry.

    Parameters
    ----------
    X, y, step : (..., n, d), (..., n) and (...) ndarray
        Examples, labels and step size; batch axes broadcast to those of `w`.
    w : (..., t, d) ndarray
        States that the agent answers to.

    Raises
    ------
    Overflow
        When an answer is not finite.
    """
    batch, (count, d) = w.shape[:-2], w.shape[-2:]
    agent, states = _Examples(X, y, step, batch), w.reshape(math.prod(batch), count, d)
    images = np.empty(states.shape, w.dtype)
    values = (agent.n + 3 * count + 1) * d + count * agent.n
    with np.errstate(over="ignore", invalid="ignore"):
        for block in in_blocks(len(states), values, _BLOCK_VALUES):
            images[block] = _moved(states[block], agent[block])
            if not (finite := finite_ones(images[block])).all():
                g = block.start + int(finite.argmin())
                raise Overflow(g, int(finite_ones(images[g]).argmin()) + 1)
    return images.reshape(w.shape)
