"""Moves at random: who moves is drawn, or every answer is disturbed by noise of a known covariance.

A turn of a random order is one move of one agent, drawn anew; a turn of a noisy cycle is a move of each. Rate,
convergence and equilibrium are those of the mean, which noise leaves alone. Covariances are moved by linear maps of
their own, on all d^2 entries, and their state of rest is found as that of weights is. Runs are drawn.

Source: section 11 of the theory, for which this is an independent witness.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np

from numerics import exact
from numerics.agents.affine import AffineMap
from numerics.agents.relay import Relay
from numerics.engines.choice import Statistics
from numerics.errors import NoEquilibriumError, OptionError, Overflow, ShapeError
from numerics.interaction import spectrum
from numerics.interaction.at_once import shares_of
from numerics.interaction.divergence import overflow_error
from numerics.interaction.interaction import Interaction
from numerics.interaction.rest import fixed_point
from numerics.interaction.run import Run
from numerics.validation import EPS, Array, count, frozen, real_array

__all__ = ["AtRandom"]


class AtRandom(Interaction):
    """Agents that move at random: what ``Interaction`` makes with ``order="random"`` or with `noise`."""

    def _check_options(self) -> None:
        _ = self.probabilities, self.noise

    @cached_property
    def probabilities(self) -> Array | None:
        """Of each agent to be the one that moves, (N,); None in a cycle, where each moves in its turn."""
        if self._order == "random":
            return frozen(shares_of(self._given, (len(self._agents),), exact=self._exact))
        return None

    @cached_property
    def noise(self) -> tuple[Array, ...]:
        """The covariance of what disturbs each agent's answers, (..., d, d); zero where none was given."""
        given, d, number = self._disturbed, self._d, len(self._agents)
        kind = object if self._exact else np.float64
        if given is None:
            return (np.zeros((d, d), dtype=np.int64).astype(kind),) * number
        if not isinstance(given, Sequence | np.ndarray) or len(given) != number:
            size = len(given) if hasattr(given, "__len__") else "none"
            raise OptionError(f"noise needs one covariance for each of {number} agents (None: no noise), got {size}")
        return tuple(self._covariance(f"noise of agent {i + 1}", one) for i, one in enumerate(given))

    def _covariance(self, name: str, given: object | None) -> Array:
        d = self._d
        if given is None:
            return np.zeros((d, d), dtype=np.int64).astype(object if self._exact else np.float64)
        matrix = real_array(name, given, exact=self._exact)
        if matrix.shape[-2:] != (d, d):
            raise ShapeError(f"{name} has shape {matrix.shape}; expected (..., d, d) with d = {d}")
        if np.any(matrix != matrix.swapaxes(-1, -2)):
            raise OptionError(f"{name} is not symmetric; pass (M + M.T) / 2")
        if self._exact:
            bad = not all(exact.positive_semidefinite(one) for one in matrix.reshape(-1, d, d))
            lowest: object = "a negative number"
        else:
            values = np.linalg.eigvalsh(matrix)
            lowest = float(values.min())
            bad = bool((values[..., 0] < -8 * d * EPS * abs(values).max(axis=-1)).any())
        if bad:
            raise OptionError(f"{name} is not positive semidefinite: it has the eigenvalue {lowest}; pass a covariance")
        return frozen(matrix)

    @property
    def _moves(self) -> tuple[AffineMap, ...]:
        """The moves of a turn on average."""
        if self.probabilities is None:
            return self._affine
        shares = self.probabilities
        displacement = sum(p * move.displacement for p, move in zip(shares, self._affine, strict=True))
        offset = sum(p * move.offset for p, move in zip(shares, self._affine, strict=True))
        return (AffineMap(np.asarray(displacement), np.asarray(offset)),)

    def _weights(self, state: Array) -> list[Array]:
        """Where each agent's move leads from the mean at rest; in a cycle, one after another."""
        if self.probabilities is None:
            return super()._weights(state)
        return [move(state) for move in self._affine]

    @cached_property
    def _spreading(self) -> tuple[AffineMap, ...]:
        """What a turn's moves do to the d^2 entries of a covariance, as maps; W's first."""
        d, unit = self._d, np.eye(self._d**2, dtype=np.int64)
        turns = [move.matrix for move in self._affine]
        squares = [_kronecker(turn, turn) for turn in turns]
        flat = [np.asarray(one).reshape(*one.shape[:-2], d * d) for one in self.noise]
        if self.probabilities is None:
            return tuple(AffineMap(square - unit, self._wide(one)) for square, one in zip(squares, flat, strict=True))
        rest = self.equilibrium()
        mean = self.probabilities @ rest.states
        pushes = [state - mean for state in np.moveaxis(rest.states, -2, 0)]
        square = sum(p * one for p, one in zip(self.probabilities, squares, strict=True))
        added = sum(
            p * (_kronecker(push[..., None], push[..., None])[..., 0] + one)
            for p, push, one in zip(self.probabilities, pushes, flat, strict=True)
        )
        return (AffineMap(np.asarray(square) - unit, self._wide(np.asarray(added))),)

    def _wide(self, entries: Array) -> Array:
        return np.broadcast_to(entries, (*np.broadcast_shapes(self._batch_shape, entries.shape[:-1]), self._d**2))

    def covariance(self, agent: int = 0) -> Array:
        """Return the covariance (..., d, d) that states settle to, from starts that are all the same.

        Parameters
        ----------
        agent : int
            In a noisy cycle: after whose move, counted from 0. In a random order there is one covariance.

        Raises
        ------
        NoEquilibriumError
            When deviations do not settle in mean square, although the mean may.
        OptionError, NotAffineError, ScaleError

        Notes
        -----
        Source: random-order, noisy-moves.
        """
        which = count("agent", agent, minimum=0)
        if which >= (1 if self.probabilities is not None else len(self._agents)):
            raise OptionError(
                f"agent {agent} has no covariance of its own; there are {len(self._agents)} agents in turn"
            )
        d, maps = self._d, self._spreading
        start = np.zeros((*self._batch_shape, d * d), dtype=np.int64).astype(object if self._exact else np.float64)
        found, exists, _ = fixed_point(maps, start, max(self.size, d * d))
        if not np.all(np.logical_and(exists, spectrum.contracts(maps, max(self.size, d * d)))):
            raise NoEquilibriumError(
                "deviations from the mean do not settle in mean square: moves lengthen some direction too often, or "
                "noise pushes one that nobody sees; reduce step sizes below 2/lambda_max, or leave out that noise"
            )
        for move in maps[1 : which + 1]:
            found = move(found)
        return frozen(found.reshape(*found.shape[:-1], d, d))

    def simulate(
        self,
        w0: object | None,
        turns: int,
        *,
        keep: Literal["all", "last"] = "all",
        method: Literal["auto", "affine", "attention"] = "auto",
        engine: Literal["auto", "numpy", "numba", "factored"] = "auto",
        out: Array | None = None,
        runs: int | None = None,
        seed: int | np.random.Generator = 0,
    ) -> Run:
        """Draw who moves, or the noise, and run.

        Parameters
        ----------
        w0, turns, keep, method
            As for :meth:`numerics.Interaction.simulate`. Each index of the batch is a run of its own.
        engine : {"auto", "numpy"}
            The others are for cycles without noise.
        out : None
            For cycles without noise only.
        runs : int, optional
            So many independent runs, along a new first axis.
        seed : int or numpy.random.Generator
            What is drawn follows from it.

        Raises
        ------
        DivergenceError, NonFiniteError, ShapeError, OptionError, NotAffineError, ScaleError, DTypeError, ExactnessError
        """
        number = self._turns(turns, keep, method)
        if engine not in ("auto", "numpy") or out is not None:
            given = "out" if out is not None else f"engine={engine!r}"
            raise OptionError(f"{given} is for cycles without noise; leave it out")
        if self._exact and any((one != 0).any() for one in self.noise):
            raise OptionError("noise is drawn in floating point; make the agents from floats to simulate it")
        rng = np.random.default_rng(seed)
        state = self._start(w0)
        if runs is not None:
            state = np.broadcast_to(state, (count("runs", runs, minimum=1), *state.shape))
        Relay(*self._agents).reset()
        asked = method == "attention" or (method == "auto" and self.maps is None)
        states = [state]
        try:
            for t in range(number):
                state = self._drawn_turn(state, rng, t + 1, asked=asked)
                if keep == "all":
                    states.append(state)
        except Overflow as overflow:
            raise overflow_error(overflow, state.shape[:-1], self.rate if self.maps else None) from None
        kept = frozen(np.stack(states if keep == "all" else [state], axis=-2))
        return Run(
            w=kept,
            turns=number,
            keep=keep,
            method="attention" if asked else "affine",
            diverged=np.zeros(state.shape[:-1], dtype=bool)[()],
            statistics=Statistics("layers" if asked else "numpy", np.__version__, None, "moves are drawn"),
            _answers=kept[..., 1:, :] if keep == "all" else kept,
            _watch=None,
            _pair=self,
            order=self.order,
        )

    def _drawn_turn(self, state: Array, rng: np.random.Generator, turn: int, *, asked: bool) -> Array:
        if self.probabilities is None:
            for i in (*range(1, len(self._agents)), 0):
                state = self._answer(i, state, state.shape, turn, asked=asked) + self._disturbance(i, state.shape, rng)
            return state
        chances = np.cumsum(self.probabilities.astype(float))[:-1]
        who = np.searchsorted(chances, rng.random(state.shape[:-1]), side="right")
        following = state.copy()
        for i in range(len(self._agents)):
            mine = who == i
            if mine.any():  # of a batch of agents each moves its own state
                moved = self._answer(i, state, state.shape, turn, asked=asked) + self._disturbance(i, state.shape, rng)
                following[mine] = moved[mine]
        return following

    @cached_property
    def _roots(self) -> list[Array | None]:
        """Matrices L with ``L L^T`` the covariances of the noise; None where there is none."""
        found: list[Array | None] = []
        for one in self.noise:
            if not (one != 0).any():
                found.append(None)
                continue
            values, vectors = np.linalg.eigh(one)
            found.append(vectors * np.sqrt(np.maximum(values, 0))[..., None, :])
        return found

    def _disturbance(self, i: int, shape: tuple[int, ...], rng: np.random.Generator) -> Array | int:
        root = self._roots[i]
        return 0 if root is None else (root @ rng.standard_normal(shape)[..., None])[..., 0]


def _kronecker(left: Array, right: Array) -> Array:
    """The Kronecker product of the last two axes."""
    found = left[..., :, None, :, None] * right[..., None, :, None, :]
    rows, columns = (a * b for a, b in zip(left.shape[-2:], right.shape[-2:], strict=True))
    return np.asarray(found.reshape(*found.shape[:-4], rows, columns))
