"""Agents that take turns: simulation, rate, convergence and equilibrium.

Of two, agent U moves first, then W: ``u_t = U(w_t)``, ``w_{t+1} = W(u_t)``. Of more, each answers the one before it in
the list, and the first, whose weights the run starts from, answers the last: one turn is a move of each, the first's
at the end. Batches of geometries go through whole-array operations. Source: sections 2 and 11 of the theory
(error-recursion, closed-form, frozen-kernel), for which these simulations are independent witnesses.
"""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Literal

import numpy as np

from numerics.agents.affine import AffineMap, one_turn, refuse_scales
from numerics.agents.agent import Agent, LSAAgent
from numerics.agents.prompts import Prompt
from numerics.agents.relay import Relay
from numerics.engines.choice import ENGINES, Task, choose
from numerics.engines.engine import AffineEngine, Engine, FactoredEngine, LayersEngine, ask
from numerics.engines.outputs import Watch, check_out
from numerics.engines.propagation import answers
from numerics.errors import (
    DTypeError,
    ExactnessError,
    NoEquilibriumError,
    NotAffineError,
    OptionError,
    Overflow,
)
from numerics.interaction import spectrum
from numerics.interaction.divergence import moves_have_not_shrunk, overflow_error, warn_if_diverged
from numerics.interaction.run import Run
from numerics.validation import Array, Frozen, broadcast_batches, choice, count, frozen, same_dimension, vectors

if TYPE_CHECKING:
    from numerics.interaction.rest import Equilibrium

__all__ = ["Interaction"]


ORDERS = ("cycle", "simultaneous", "mediator", "listening", "random")


class Interaction(Frozen):
    """Agents that take turns: a pair, of which U moves first, or any number.

    Parameters
    ----------
    *agents : Agent
        Two or more: of a pair W, then U. Any objects with ``d`` and ``update(w)``; their batch shapes broadcast against
        one another. Each answers the one before it, the first the last.
    order : {"cycle", "simultaneous", "mediator", "listening", "random"}
        In a cycle the second moves first, from the weights of the first, then the third, and the first in the end. All
        at once (:class:`~numerics.interaction.at_once.AtOnce`), each answers what the one before it answered in
        the turn before; with a mediator, the average of all those answers; or it listens to an average of its own. At
        random (:class:`~numerics.interaction.chance.AtRandom`), one agent moves a turn, and who it is is drawn.
    weights : array_like, optional
        How much the answers count, >= 0 and of sum 1: (N,) for a mediator, equal if not given; (N, N) for listening,
        row i for what agent i hears. In a random order (N,), the probability of each to move. Exact for exact agents.
    noise : sequence, optional
        Covariances (..., d, d) of what disturbs the answers, one for each agent, None for none: in cycles or at random.
    agent_w, agent_u : Agent, optional
        A pair by name.

    Raises
    ------
    OptionError
        For fewer than two agents, an unknown order, or weights that are negative or do not sum to 1.
    DimensionMismatchError
        When the agents live in different dimensions.
    ExactnessError
        When one agent is exact and the other is not.
    ShapeError
        When their batch shapes do not broadcast.
    """

    def __new__(cls, *agents: Agent, order: str = "cycle", **named: object) -> Interaction:  # noqa: D102
        if cls is Interaction and (order == "random" or (order == "cycle" and named.get("noise") is not None)):
            from numerics.interaction.chance import AtRandom

            return super().__new__(AtRandom)
        if cls is Interaction and order in ORDERS[1:]:
            from numerics.interaction.at_once import AtOnce

            return super().__new__(AtOnce)
        return super().__new__(cls)

    def __init__(
        self,
        *agents: Agent,
        order: str = "cycle",
        weights: object | None = None,
        noise: object | None = None,
        agent_w: Agent | None = None,
        agent_u: Agent | None = None,
    ) -> None:
        self._order, self._given, self._disturbed = choice("order", order, ORDERS), weights, noise
        if order == "cycle" and weights is not None:
            raise OptionError('weights are for order="mediator" and "listening"; in a cycle each hears the one before')
        if noise is not None and order not in ("cycle", "random"):
            raise OptionError(f'noise is for order="cycle" and "random", not for {order!r}')
        if agent_w is not None or agent_u is not None:
            agents = tuple(agent for agent in (agent_w, *agents, agent_u) if agent is not None)
        if len(agents) < 2:
            raise OptionError(f"an interaction needs at least two agents, got {len(agents)}: pass Interaction(w, u)")
        roles = ("w", "u") if len(agents) == 2 else range(1, len(agents) + 1)
        named = {f"agent_{role}": agent for role, agent in zip(roles, agents, strict=True)}
        for name, agent in named.items():
            if not isinstance(agent, Agent):
                raise DTypeError(f"{name} is a {type(agent).__name__}; an agent needs .d and .update(w)")
        self._agents, self._w = agents, agents[0]
        self._d = same_dimension(**{name: agent.d for name, agent in named.items()})
        self._batch_shape = broadcast_batches(
            **{name: getattr(agent, "batch_shape", ()) for name, agent in named.items()}
        )
        kinds = {kind for agent in agents if (kind := getattr(agent, "exact", None)) is not None}
        if len(kinds) == 2:
            raise ExactnessError(
                "one agent is exact and the other in floating point; make both prompts and step sizes from "
                "Fractions, or both from floats"
            )
        self._exact = True in kinds
        #: Whom W answers: U, or all others as one.
        self._u: Agent = agents[1] if len(agents) == 2 else Relay(*agents[1:])
        self._check_options()

    def _check_options(self) -> None:
        """Refuse options that this order has no use for, or cannot use."""

    @property
    def agents(self) -> tuple[Agent, ...]:
        """All agents, as they were given."""
        return self._agents

    @property
    def order(self) -> str:
        """The order of moves, as it was given."""
        return self._order

    def _of_a_pair(self) -> tuple[Agent, Agent]:
        if len(self._agents) != 2:
            raise OptionError(
                f"this is for two agents, and there are {len(self._agents)}: agent_w and agent_u are those of a pair; "
                f"use .agents, or make an Interaction of two"
            )
        return self._agents[0], self._agents[1]

    @property
    def agent_w(self) -> Agent:
        """The agent of a pair that moves second."""
        return self._of_a_pair()[0]

    @property
    def agent_u(self) -> Agent:
        """The agent of a pair that moves first."""
        return self._of_a_pair()[1]

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return self._d

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Leading axes: one pair for each index."""
        return self._batch_shape

    @property
    def exact(self) -> bool:
        """Whether the pair computes in exact rationals."""
        return self._exact

    @cached_property
    def maps(self) -> tuple[AffineMap, ...] | None:
        """The affine maps of all moves, W's first; None when an agent has none."""
        found = Relay(*self._agents).maps
        if found is not None:
            names = (f"affine_map_{who.lower().replace(' ', '_')}" for who in self._names)
            same_dimension(pair=self._d, **{name: move.d for name, move in zip(names, found, strict=True)})
        return found

    @cached_property
    def _affine(self) -> tuple[AffineMap, ...]:
        """The affine maps of all moves, refused when there are none or when composing them makes no sense."""
        if self.maps is None:
            raise NotAffineError(
                "the affine map of one turn needs agents with a fixed affine update (affine_map() not None); "
                'use simulate(..., method="attention")'
            )
        if not self._exact:
            refuse_scales(dict(zip(self._names, self.maps, strict=True)))
        return self.maps

    @property
    def _names(self) -> tuple[str, ...]:
        return ("W", "U") if len(self._agents) == 2 else tuple(f"agent {i + 1}" for i in range(len(self._agents)))

    @cached_property
    def _moves(self) -> tuple[AffineMap, ...]:
        """What rate, convergence and equilibrium are read off: the moves of a turn."""
        return self._affine

    @cached_property
    def turn_map(self) -> AffineMap:
        """The affine map ``w_t -> w_{t+1}`` of one turn.

        Raises
        ------
        NotAffineError, ScaleError
        """
        return one_turn(self._moves)

    @property
    def targets(self) -> tuple[Array | None, ...]:
        """The targets of all agents, of W first, (..., d); None for an agent without one."""
        return tuple(getattr(agent, "target", None) for agent in self._agents)

    @property
    def size(self) -> int:
        """The dimension or the largest number of examples, whichever is larger: ranks are decided relative to it."""
        prompts: list[Prompt | None] = [getattr(agent, "prompt", None) for agent in self._agents]
        return max([self._d, *(prompt.n for prompt in prompts if prompt is not None)])

    def _start(self, w0: object | None) -> Array:
        start = vectors("w0", np.zeros(self._d, dtype=np.int64) if w0 is None else w0, self._d, exact=self._exact)
        batch = broadcast_batches(w0=start.shape[:-1], pair=self._batch_shape)
        return np.broadcast_to(start, (*batch, self._d))

    @cached_property
    def _eigenvalues(self) -> Array | None:
        """Of one turn, for rate and convergence; None for an exact pair."""
        return None if self._exact else spectrum.moving_eigenvalues(self._moves, self.size)

    @cached_property
    def _rates(self) -> tuple[Array, Array]:
        """The rate, and 1 less the rate."""
        return spectrum.rates(self._moves, self.size, self._eigenvalues)

    def rate(self) -> Array:
        """Return the spectral radius of one turn off the frozen directions, (...); 0 where nothing moves.

        Frozen directions are those that no agent moves: for gradient steps, the common kernel of the Gram
        matrices. In exact mode the frozen directions are exact and the eigenvalues are rounded to double
        precision.

        Raises
        ------
        NotAffineError, ScaleError
        """
        return self._rates[0]

    def shortfall(self) -> Array:
        """Return 1 less the :meth:`rate`, (...): a turn's share in what is left, to full accuracy in exact mode.

        The logarithm of a rate near 1, and with it the number of turns, cannot be had from the rate itself.

        Raises
        ------
        NotAffineError, ScaleError
        """
        return self._rates[1]

    @cached_property
    def _converges(self) -> Array:
        from numerics.interaction.rest import fixed_point

        _, exists, _ = fixed_point(self._moves, self._state(None), self.size)
        return np.logical_and(spectrum.contracts(self._moves, self.size, self._eigenvalues), exists)

    def converges(self) -> Array:
        """Decide whether runs converge from every start and for every gap between the targets; shape (...).

        True when the rate is < 1 and a fixed point exists (for gradient steps the second follows from the
        first). "For every gap" matters: a pair of rate 1 may stand still when its targets happen to agree.
        Exact pairs are decided exactly; in floating point True needs a margin above rounding errors, so that
        a pair on the edge is reported as not converging. Source: convergence-iff.

        Raises
        ------
        NotAffineError, ScaleError
        """
        return self._converges

    def equilibrium(
        self,
        w0: object | None = None,
        *,
        w_star: object | None = None,
        u_star: object | None = None,
        allow_missing: bool = False,
    ) -> Equilibrium:
        """Return the equilibrium that belongs to a start: a fixed point of the turn, and both residuals.

        Parameters
        ----------
        w0 : (..., d) array_like, optional
            The start; zeros by default. It matters along frozen directions only.
        w_star, u_star : (..., d) array_like, optional
            Targets to measure the residuals from, of more than two agents those of the first and the last. The default
            is each prompt's least-norm target; any ``target + ker S`` fits the same examples.
        allow_missing : bool
            Return NaN with ``exists`` False, rather than raise, where there is no fixed point.

        Raises
        ------
        NoEquilibriumError
            When the agents drift: no fixed point exists.
        NotAffineError, ShapeError, NonFiniteError, DTypeError, ExactnessError, ScaleError

        Notes
        -----
        Outside the region of convergence the fixed point is returned all the same, with ``converges`` False.
        Source: biased-equilibrium, singular-equilibrium.
        """
        from numerics.interaction.rest import Equilibrium, fixed_point

        start = self._state(w0)
        rate, converges = self.rate(), self.converges()
        state, exists, rank = fixed_point(self._moves, start, self.size)
        if not np.all(exists):
            missing = ~np.asarray(exists)
            if not allow_missing:
                raise NoEquilibriumError(
                    f"{int(missing.sum())} of {missing.size} pairs have no equilibrium, the first at index "
                    f"{tuple(int(i) for i in np.argwhere(missing)[0])}: a direction that the turn cannot "
                    f"restore is pushed every turn; change a step size, or pass allow_missing=True to get "
                    f"NaN there"
                )
            state = np.where(missing[..., None], np.nan, state)
        w, *between, u = (frozen(weights) for weights in self._weights(state))
        return Equilibrium(
            w=w,
            u=u,
            w_star=self._target("w_star", w_star, 0),
            u_star=self._target("u_star", u_star, -1),
            exists=exists,
            unique=rank == state.shape[-1],
            kernel_dim=state.shape[-1] - rank,
            rate=rate,
            converges=converges,
            between=tuple(between),
            targets_between=self.targets[1:-1],
        )

    def _state(self, w0: object | None) -> Array:
        """What a turn maps, for the start of a run: the weights of W."""
        return self._start(w0)

    def _weights(self, state: Array) -> list[Array]:
        """The weights (..., d) of all agents at a state of rest, each after its move."""
        found = [state]
        for move in self._affine[1:]:
            found.append(move(found[-1]))
        return found

    def _others(self, states: Array) -> Array:
        """What all agents but W answer to W's states (..., t, d): (..., t, N - 1, d)."""
        if self.maps is not None:
            found = [states]
            for move in self._affine[1:]:
                found.append(answers(move, found[-1]))
            return np.stack(found[1:], axis=-2)
        others = Relay(*self._agents[1:])
        if any(hasattr(agent, "reset") for agent in others.agents):
            raise OptionError("an agent that remembers cannot be asked again what it answered; record it as it answers")
        turns = [others.answers(w) for w in np.moveaxis(states, -2, 0)]
        return np.stack(turns, axis=-3) if turns else np.empty((*states.shape[:-1], len(others.agents), self._d))

    def _answer(self, i: int, heard: Array, shape: tuple[int, ...], turn: int, *, asked: bool) -> Array:
        """Where an agent moves from what it hears: as its layer says, if it is asked, or by its map."""
        if asked:
            return ask(f"agent_{i + 1}", self._agents[i], heard, shape, turn, exact=self._exact)
        with np.errstate(over="ignore", invalid="ignore"):
            moved = np.broadcast_to(self._affine[i](heard), shape)
        if not self._exact and not np.isfinite(moved).all():
            raise Overflow(None, turn)
        return moved

    def _turns(self, turns: int, keep: str, method: str) -> int:
        """The number of turns of a run whose options are those of all orders."""
        number = count("turns", turns, minimum=0)
        choice("keep", keep, ("all", "last"))
        choice("method", method, ("auto", "affine", "attention"))
        return number

    def _target(self, name: str, given: object | None, which: int) -> Array | None:
        return self.targets[which] if given is None else vectors(name, given, self._d, exact=self._exact)

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
        """Run the pair for a number of turns.

        Parameters
        ----------
        w0 : (..., d) array_like or None
            Start; batch axes broadcast against the pair's. None means zeros.
        turns : int
            Number of turns, >= 0.
        keep : {"all", "last"}
            Every state, or only the last: then the time grows with log(turns).
        method : {"auto", "affine", "attention"}
            "attention" makes every move through ``agent.update``, the real layer; "affine" computes the
            affine map of one turn once and propagates it (both give the same states); "auto" takes "affine"
            when both agents have a fixed affine map.
        engine : {"auto", "numpy", "numba", "factored"}
            How affine runs are computed: whole-array products, compiled kernels (extra `fast`), or through the examples
            without a Gram matrix (:mod:`numerics.engines.engine`). "auto" chooses by d, the numbers of geometries,
            examples and turns, and `keep`; ``run.statistics`` says what ran and why.
        out : ndarray, optional
            Where to write ``run.w``: of its shape, float64 (object for an exact pair), writeable. Fresh memory for a
            large trajectory can cost more than the arithmetic. ``run.w`` is a read-only view of it.

        Raises
        ------
        DivergenceError
            When a run leaves the range of double precision; names the turn and the rate.
        NonFiniteError, ShapeError, OptionError, NotAffineError, ScaleError, DTypeError, ExactnessError
        MissingExtraError
            When ``engine="numba"`` and Numba is not installed.

        Warns
        -----
        DivergenceWarning
            When a pair does not converge and its moves did not get shorter.
        """
        number = self._turns(turns, keep, method)
        choice("engine", engine, ENGINES)
        start = self._start(w0)
        batch = start.shape[:-1]
        if out is not None:
            check_out(out, (*batch, number + 1 if keep == "all" else 1, self._d), start.dtype)
        Relay(*self._agents).reset()
        chosen = self._engine(method, engine, Task.of((self._w, self._u), prod(batch), number, keep, exact=self._exact))
        try:
            w, u, moves = chosen.run(start, number, keep, out)
        except Overflow as overflow:
            raise overflow_error(overflow, batch, self.rate if self.maps else None) from None
        diverged = np.zeros(batch, dtype=bool)
        if number > 1 and (suspect := moves_have_not_shrunk(*moves)).any() and self.maps is not None:
            diverged = suspect & ~np.asarray(self.converges())
            warn_if_diverged(diverged, self.rate())
        states = frozen(w if out is None else w.view())
        return Run(
            w=states,
            turns=number,
            keep=keep,
            method="attention" if isinstance(chosen, LayersEngine) else "affine",
            diverged=diverged[()],
            statistics=chosen.statistics,
            _answers=u,
            _watch=Watch(states, start) if callable(u) and out is not None else None,
            _pair=self,
        )

    def _engine(self, method: str, engine: str, task: Task) -> Engine:
        """The engine of a run; without Gram matrices where it needs none."""
        gradient_steps = task.examples is not None
        if method == "attention" or (method == "auto" and not gradient_steps and self.maps is None):
            return LayersEngine(engine, self._w, self._u)
        statistics = choose(engine, task)
        if statistics.engine == "factored":
            assert isinstance(self._w, LSAAgent)
            assert isinstance(self._u, LSAAgent)
            return FactoredEngine(statistics, self._w, self._u)
        map_w, *others = self._affine
        return AffineEngine(statistics, map_w, others[0] if len(others) == 1 else one_turn([others[-1], *others[:-1]]))

    def __repr__(self) -> str:
        if len(self._agents) == 2:
            body = f"agent_w={self._agents[0]!r}, agent_u={self._agents[1]!r}"
        else:
            body = ", ".join(map(repr, self._agents))
        return f"Interaction({body}{'' if self._order == 'cycle' else f', order={self._order!r}'})"
