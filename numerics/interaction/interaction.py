"""Two agents that alternate: simulation, rate, convergence and equilibrium.

Agent U moves first, then W: ``u_t = U(w_t)``, ``w_{t+1} = W(u_t)``. One turn is both moves. Batches of
geometries go through whole-array operations. Source: section 2 of the theory (error-recursion, closed-form,
frozen-kernel), for which these simulations are independent witnesses.
"""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Literal

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.agents.agent import Agent, LSAAgent
from numerics.agents.prompts import Prompt
from numerics.engines.choice import ENGINES, Task, choose
from numerics.engines.engine import AffineEngine, Engine, FactoredEngine, LayersEngine
from numerics.engines.outputs import Watch, check_out
from numerics.errors import DTypeError, ExactnessError, NoEquilibriumError, NotAffineError, Overflow, ScaleError
from numerics.interaction import spectrum
from numerics.interaction.divergence import moves_have_not_shrunk, overflow_error, warn_if_diverged
from numerics.interaction.run import Run
from numerics.validation import EPS, Array, Frozen, broadcast_batches, choice, count, frozen, same_dimension, vectors

if TYPE_CHECKING:
    from numerics.interaction.rest import Equilibrium

__all__ = ["Interaction"]


class Interaction(Frozen):
    """A pair of alternating agents; U moves first.

    Parameters
    ----------
    agent_w, agent_u : Agent
        Any objects with ``d`` and ``update(w)``; their batch shapes broadcast against one another.

    Raises
    ------
    DimensionMismatchError
        When the agents live in different dimensions.
    ExactnessError
        When one agent is exact and the other is not.
    ShapeError
        When their batch shapes do not broadcast.
    """

    def __init__(self, agent_w: Agent, agent_u: Agent) -> None:
        for name, agent in (("agent_w", agent_w), ("agent_u", agent_u)):
            if not isinstance(agent, Agent):
                raise DTypeError(f"{name} is a {type(agent).__name__}; an agent needs .d and .update(w)")
        self._w, self._u = agent_w, agent_u
        self._d = same_dimension(agent_w=agent_w.d, agent_u=agent_u.d)
        self._batch_shape = broadcast_batches(
            agent_w=getattr(agent_w, "batch_shape", ()), agent_u=getattr(agent_u, "batch_shape", ())
        )
        kinds = {kind for agent in (agent_w, agent_u) if (kind := getattr(agent, "exact", None)) is not None}
        if len(kinds) == 2:
            raise ExactnessError(
                "one agent is exact and the other in floating point; make both prompts and step sizes from "
                "Fractions, or both from floats"
            )
        self._exact = True in kinds

    @property
    def agent_w(self) -> Agent:
        """The agent that moves second."""
        return self._w

    @property
    def agent_u(self) -> Agent:
        """The agent that moves first."""
        return self._u

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
    def maps(self) -> tuple[AffineMap, AffineMap] | None:
        """The affine maps of W's and of U's move; None when an agent has none."""
        found = []
        for agent in (self._w, self._u):
            affine = getattr(agent, "affine_map", None)
            found.append(affine() if callable(affine) else None)
        if found[0] is None or found[1] is None:
            return None
        same_dimension(pair=self._d, affine_map_w=found[0].d, affine_map_u=found[1].d)
        return found[0], found[1]

    @cached_property
    def _affine(self) -> tuple[AffineMap, AffineMap]:
        """The affine maps of both moves, refused when there are none or when composing them makes no sense."""
        if self.maps is None:
            raise NotAffineError(
                "the affine map of one turn needs agents with a fixed affine update (affine_map() not None); "
                'use simulate(..., method="attention")'
            )
        if not self._exact:
            p, q = (m.largest[0] for m in self.maps)
            if not p * q * EPS <= 1:
                raise ScaleError(
                    f"step_size times Gram matrix reaches {p:.3g} for W and {q:.3g} for U: the map of one "
                    f"turn has no correct digit once their product exceeds 2**52; reduce the step sizes or "
                    f"use rationals"
                )
            b, c = (m.largest[1] for m in self.maps)
            if not np.isfinite(b + c + self._d * p * c):
                raise ScaleError("the map of one turn overflows; rescale the labels or reduce the step sizes")
        return self.maps

    @cached_property
    def turn_map(self) -> AffineMap:
        """The affine map ``w_t -> w_{t+1}`` of one turn.

        Raises
        ------
        NotAffineError, ScaleError
        """
        map_w, map_u = self._affine
        return map_w.after(map_u)

    @property
    def targets(self) -> tuple[Array | None, Array | None]:
        """The targets of W and of U, (..., d); None for an agent without one."""
        return getattr(self._w, "target", None), getattr(self._u, "target", None)

    @property
    def size(self) -> int:
        """The dimension or the largest number of examples, whichever is larger: ranks are decided relative to it."""
        prompts: list[Prompt | None] = [getattr(agent, "prompt", None) for agent in (self._w, self._u)]
        return max([self._d, *(prompt.n for prompt in prompts if prompt is not None)])

    def _start(self, w0: object | None) -> Array:
        start = vectors("w0", np.zeros(self._d, dtype=np.int64) if w0 is None else w0, self._d, exact=self._exact)
        batch = broadcast_batches(w0=start.shape[:-1], pair=self._batch_shape)
        return np.broadcast_to(start, (*batch, self._d))

    @cached_property
    def _eigenvalues(self) -> Array | None:
        """Of one turn, for rate and convergence; None for an exact pair."""
        return None if self._exact else spectrum.moving_eigenvalues(*self._affine, self.size)

    @cached_property
    def _rates(self) -> tuple[Array, Array]:
        """The rate, and 1 less the rate."""
        return spectrum.rates(*self._affine, self.size, self._eigenvalues)

    def rate(self) -> Array:
        """Return the spectral radius of one turn off the frozen directions, (...); 0 where nothing moves.

        Frozen directions are those that neither agent moves: for gradient steps, the common kernel of the two
        Gram matrices. In exact mode the frozen directions are exact and the eigenvalues are rounded to double
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

        maps = self._affine
        _, exists, _ = fixed_point(*maps, self._start(None), self.size)
        return np.logical_and(spectrum.contracts(*maps, self.size, self._eigenvalues), exists)

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
            Targets to measure the residuals from. The default is each prompt's least-norm target; any
            ``target + ker S`` fits the same examples.
        allow_missing : bool
            Return NaN with ``exists`` False, rather than raise, where there is no fixed point.

        Raises
        ------
        NoEquilibriumError
            When the pair drifts: no fixed point exists.
        NotAffineError, ShapeError, NonFiniteError, DTypeError, ExactnessError, ScaleError

        Notes
        -----
        Outside the region of convergence the fixed point is returned all the same, with ``converges`` False.
        Source: biased-equilibrium, singular-equilibrium.
        """
        from numerics.interaction.rest import Equilibrium, fixed_point

        map_w, map_u = self._affine
        start = self._start(w0)
        rate, converges = self.rate(), self.converges()
        w, exists, rank = fixed_point(map_w, map_u, start, self.size)
        if not np.all(exists):
            missing = ~np.asarray(exists)
            if not allow_missing:
                raise NoEquilibriumError(
                    f"{int(missing.sum())} of {missing.size} pairs have no equilibrium, the first at index "
                    f"{tuple(int(i) for i in np.argwhere(missing)[0])}: a direction that the turn cannot "
                    f"restore is pushed every turn; change a step size, or pass allow_missing=True to get "
                    f"NaN there"
                )
            w = np.where(missing[..., None], np.nan, w)
        return Equilibrium(
            w=frozen(w),
            u=frozen(map_u(w)),
            w_star=self._target("w_star", w_star, 0),
            u_star=self._target("u_star", u_star, 1),
            exists=exists,
            unique=rank == self._d,
            kernel_dim=self._d - rank,
            rate=rate,
            converges=converges,
        )

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
        number = count("turns", turns, minimum=0)
        choice("keep", keep, ("all", "last"))
        choice("method", method, ("auto", "affine", "attention"))
        choice("engine", engine, ENGINES)
        start = self._start(w0)
        batch = start.shape[:-1]
        if out is not None:
            check_out(out, (*batch, number + 1 if keep == "all" else 1, self._d), start.dtype)
        for agent in (self._w, self._u):
            if callable(reset := getattr(agent, "reset", None)):
                reset()
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
        return AffineEngine(statistics, *self._affine)

    def __repr__(self) -> str:
        return f"Interaction(agent_w={self._w!r}, agent_u={self._u!r})"
