"""Agents that all move at once, each from what it hears of what all have answered in the turn before.

Each may hear the one before it, all the same average (a mediator's), or an average of its own. The state is the
weights of all agents, (..., N, d). Nothing of it is reduced to turns in a cycle or to one averaged step: a turn is N
moves, made side by side, and rate, convergence and equilibrium are those of its map of all N d weights. Directions that
no agent moves are handed on as they are heard: where each hears the one before it nothing settles there unless all
start alike.

Source: section 11 of the theory, for which this is an independent witness.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.agents.relay import Relay
from numerics.engines.choice import Statistics
from numerics.errors import OptionError, Overflow, ShapeError
from numerics.interaction.divergence import moves_have_not_shrunk, overflow_error, warn_if_diverged
from numerics.interaction.interaction import Interaction
from numerics.interaction.run import Run
from numerics.validation import EPS, Array, broadcast_batches, frozen, real_array

__all__ = ["AtOnce", "shares_of"]

#: What agents that move at once need besides steps inside the box.
REMEDY = (
    "Step sizes below 2/lambda_max of each Gram matrix converge if every direction is seen by some agent, or if all "
    "start alike"
)


def shares_of(given: object | None, shape: tuple[int, ...], *, exact: bool) -> Array:
    """Return shares (N,) or (N, N), none negative, each row of sum 1; equal ones where none are given.

    Raises
    ------
    OptionError, ShapeError, DTypeError, ExactnessError, NonFiniteError
    """
    number = shape[-1]
    if given is None:
        if len(shape) == 2:
            raise OptionError(
                f'order="listening" needs weights of shape {shape}: row i holds how much agent i hears of each agent'
            )
        return np.full(shape, Fraction(1, number) if exact else 1 / number, dtype=object if exact else float)
    shares = real_array("weights", given, exact=exact)
    if shares.shape != shape:
        raise ShapeError(f"weights have shape {shares.shape}; expected {shape} for {number} agents")
    if not np.all(shares >= 0):
        raise OptionError(f"weights must be >= 0, got {shares.min()}; leave out an agent that is not to count")
    sums = np.atleast_1d(shares.sum(axis=-1))
    off = abs(sums - 1) > (0 if exact else 4 * number * EPS)
    if off.any():
        raise OptionError(f"weights must sum to 1, got {sums[off][0]}; divide them by their sum")
    return shares


class AtOnce(Interaction):
    """Agents that move at once: what ``Interaction`` makes with every order but "cycle"; parameters as there."""

    def _check_options(self) -> None:
        _ = self.listening

    @cached_property
    def listening(self) -> Array:
        """Whom each agent hears, (N, N): row i holds the weights of all agents' answers in what agent i hears."""
        number = len(self._agents)
        if self._order == "simultaneous":
            if self._given is not None:
                raise OptionError('weights are for order="mediator" and "listening"; at once each hears the one before')
            return np.roll(np.eye(number, dtype=np.int64).astype(object if self._exact else float), 1, axis=0)
        mediated = self._order == "mediator"
        shares = shares_of(self._given, (number,) if mediated else (number, number), exact=self._exact)
        return frozen(np.broadcast_to(shares, (number, number)).copy())

    def heard(self, states: Array) -> Array:
        """Return what each agent hears of states (..., N, d): the same shape; of a mediator all hear its state."""
        if self._order == "simultaneous":
            return np.roll(states, 1, axis=-2)
        return np.asarray(self.listening @ states)

    def _state(self, w0: object | None) -> Array:
        """All weights in one vector (..., N d), from (..., N, d), or from (d,): the same for all."""
        starts = self._starts(w0)
        return starts.reshape(*starts.shape[:-2], -1)

    def _starts(self, w0: object | None) -> Array:
        number, d = len(self._agents), self._d
        start = real_array("w0", np.zeros(d, dtype=np.int64) if w0 is None else w0, exact=self._exact)
        if start.shape != (d,) and start.shape[-2:] != (number, d):
            raise ShapeError(
                f"w0 has shape {start.shape}; expected (..., N, d) with N = {number} and d = {d}, or (d,) for all alike"
            )
        batch = broadcast_batches(w0=start.shape[:-2], pair=self._batch_shape)
        return np.broadcast_to(start, (*batch, number, d))

    @cached_property
    def _moves(self) -> tuple[AffineMap, ...]:
        """One map of all weights: each agent's are moved from those that it hears."""
        number, d, maps = len(self._agents), self._d, self._affine
        dtype = object if self._exact else np.float64
        unit = np.eye(number * d, dtype=np.int64).astype(dtype)
        displacement = np.zeros((*self._batch_shape, number * d, number * d), dtype=np.int64).astype(dtype) - unit
        offset = np.zeros((*self._batch_shape, number * d), dtype=np.int64).astype(dtype)
        for i, move in enumerate(maps):
            own = slice(i * d, i * d + d)
            for j in range(number):
                if self.listening[i, j] != 0:
                    displacement[..., own, j * d : j * d + d] += self.listening[i, j] * move.matrix
            offset[..., own] = move.offset
        if self._exact:
            return (AffineMap(displacement, offset),)
        scales = [m.offset_scale if m.offset_scale is not None else np.linalg.norm(m.offset, axis=-1) for m in maps]
        return (AffineMap(displacement, offset, np.sqrt(sum(np.square(scale) for scale in scales))),)

    @property
    def size(self) -> int:
        """The number of all weights or the largest number of examples, whichever is larger."""
        return max(super().size, len(self._agents) * self._d)

    def _weights(self, state: Array) -> list[Array]:
        weights = state.reshape(*state.shape[:-1], len(self._agents), self._d)
        return [weights[..., i, :] for i in range(len(self._agents))]

    def simulate(
        self,
        w0: object | None,
        turns: int,
        *,
        keep: Literal["all", "last"] = "all",
        method: Literal["auto", "affine", "attention"] = "auto",
        engine: Literal["auto", "numpy", "numba", "factored"] = "auto",
        out: Array | None = None,
    ) -> Run:
        """Run all agents for a number of turns, each of which is one move of every agent.

        Parameters
        ----------
        w0 : (..., N, d) or (d,) array_like, or None
            The weights that each has answered with before, or the same for all; None means zeros.
        turns, keep, method
            As for :meth:`numerics.Interaction.simulate`; ``run.states`` are the weights of all.
        engine : {"auto", "numpy"}
            The others are for cycles.
        out : None
            For cycles only.

        Raises
        ------
        DivergenceError, NonFiniteError, ShapeError, OptionError, NotAffineError, ScaleError, DTypeError, ExactnessError

        Warns
        -----
        DivergenceWarning
            When the agents do not settle and their moves did not get shorter.
        """
        number = self._turns(turns, keep, method)
        if engine not in ("auto", "numpy") or out is not None:
            given = "out" if out is not None else f"engine={engine!r}"
            raise OptionError(f'{given} is for order="cycle"; leave it out for other orders')
        state = self._starts(w0)
        batch = state.shape[:-2]
        Relay(*self._agents).reset()
        asked = method == "attention" or (method == "auto" and self.maps is None)
        states, first, last = [state], state - state, state - state
        try:
            for t in range(number):
                following = self._turn(state, t + 1, asked=asked)
                last = following - state
                first, state = last if t == 0 else first, following
                if keep == "all":
                    states.append(state)
        except Overflow as overflow:
            raise overflow_error(overflow, batch, self.rate if self.maps else None) from None
        diverged = np.zeros(batch, dtype=bool)
        flat = [moves.reshape(*batch, -1) for moves in (first, last)]
        if number > 1 and (suspect := moves_have_not_shrunk(flat[0], flat[1])).any() and self.maps is not None:
            diverged = suspect & ~np.asarray(self.converges())
            warn_if_diverged(diverged, self.rate(), REMEDY)
        kept = frozen(np.stack(states if keep == "all" else [state], axis=-3))
        moved = kept[..., 1:, :, :] if keep == "all" else kept[..., : min(number, 1), :, :]
        return Run(
            w=kept[..., 0, :],
            turns=number,
            keep=keep,
            method="attention" if asked else "affine",
            diverged=diverged[()],
            statistics=Statistics("layers" if asked else "numpy", np.__version__, None, "all agents move at once"),
            _answers=moved[..., -1, :],
            _watch=None,
            _pair=self,
            order=self.order,
            _states=moved,
        )

    def _turn(self, state: Array, turn: int, *, asked: bool) -> Array:
        shape, heard = (*state.shape[:-2], self._d), self.heard(state)
        moved = [self._answer(i, heard[..., i, :], shape, turn, asked=asked) for i in range(len(self._agents))]
        return np.stack(moved, axis=-2)
