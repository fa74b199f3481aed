"""Predict where two identified agents end when they take turns, before running them, and how sure that is.

The equilibrium (w, u) of the mean maps satisfies ``U(w) = u`` and ``W(u) = w``: two hypotheses, each about the mean
answer of one agent to one state, tested from independent transcripts. Their p-values are combined by Fisher's method;
the pairs (w, u) that this does not reject are a region with exactly the stated probability, whatever the conditioning
of the pair. Intervals for single numbers come from draws: parameters from the distribution that the transcripts leave
(flat prior; for any one combination of the entries of an answer it gives the classical t intervals), put through the
equilibrium. They hold with about their probability. Where numbers were rounded every other draw is moved by as much as
rounding can have done, and an interval holds for both halves.

A noisy pair does not rest: around the equilibrium it fluctuates, with the stationary covariance
``C = F C F^T + A Sigma_U A^T + Sigma_W``, F = A B (a discrete Lyapunov equation). What a run shows is a state, or an
average of states, that differs from the equilibrium by this as well. Source: section 3 of the theory (the
equilibrium); the chapter "Black boxes" of the book.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.errors import DTypeError, NoEquilibriumError, TranscriptError
from numerics.identification.effective_agent import EffectiveAgent, confidence
from numerics.identification.pair_sample import PairSample, average_covariance, draw_pairs, draw_shown, limits
from numerics.validation import Array, Frozen, count, frozen, same_dimension, vectors

__all__ = ["PairPrediction", "predict_pair"]


@dataclass(frozen=True, eq=False)
class PairPrediction(Frozen):
    """What two transcripts say about the pair. All arrays dimensionless.

    Attributes
    ----------
    agent_w, agent_u : EffectiveAgent
        U moves first.
    w, u : (d,) ndarray
        Estimated equilibrium: the state after W's move and after U's.
    rate : float
        Spectral radius of one turn of the estimated pair; where both agents are free of noise, off the directions
        that neither moves.
    draws, seed : int
        Size and seed of the sample from which intervals are taken.
    """

    agent_w: EffectiveAgent
    agent_u: EffectiveAgent
    w: Array
    u: Array
    rate: float
    draws: int
    seed: int

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return len(self.w)

    @property
    def noise_free(self) -> bool:
        """Whether both agents answer without noise: the prediction is then exact up to rounding."""
        return self.agent_w.noise_free and self.agent_u.noise_free

    def test(self, w: object, u: object) -> float:
        """Return the p-value of the hypothesis that (w, u), each (d,), is the equilibrium of the mean maps; exact.

        ``p > 0.05`` is the 95 % region.
        """
        state_w, state_u = (vectors(name, value, self.d, exact=False) for name, value in (("w", w), ("u", u)))
        tails = (self.agent_u.tail_of_answer(state_w, state_u), self.agent_w.tail_of_answer(state_u, state_w))
        noisy = [not self.agent_u.noise_free, not self.agent_w.noise_free]
        if not all(noisy):  # an equation without noise holds or does not; the other one decides the rest
            holds = all(tail > 1e-9 for tail, is_noisy in zip(tails, noisy, strict=True) if not is_noisy)
            return min((t for t, is_noisy in zip(tails, noisy, strict=True) if is_noisy), default=1.0) * holds
        product = tails[0] * tails[1]
        return product * (1 - math.log(product)) if product > 0 else 0.0

    @cached_property
    def _sample(self) -> PairSample:
        return draw_pairs(self.agent_w, self.agent_u, self.draws, self.seed, self.w if self.noise_free else None)

    @property
    def determined(self) -> bool:
        """Whether the transcripts determine the equilibrium: no draw in forty has ``det(I - A B)`` of another sign."""
        return self.noise_free or self._sample.flipped * self._parts <= 0.025

    @property
    def _parts(self) -> int:
        """Number of parts of the sample of which each has to lie in an interval: with and without rounding."""
        return 2 if max(self.agent_w.noise.offset, self.agent_u.noise.offset) > 0 else 1

    def _limits(self, values: Array, level: float) -> Array:
        return limits(values, 1 - (1 - confidence(level)) / self._parts)

    @property
    def converges(self) -> float:
        """Share of the draws in which the pair converges: whether there will be a plateau at all."""
        if self.noise_free:
            return 1.0 if self.rate < 1 else 0.0
        return float(np.mean(self._sample.rates < 1))

    def intervals(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return intervals (d, 2) for the entries of the equilibrium, w and u, each of about this probability.

        Infinite when the equilibrium is not `determined`.
        """
        return self._quantiles(self._sample.w, level), self._quantiles(self._sample.u, level)

    def distance_intervals(self, w: object, u: object, level: float = 0.95) -> tuple[Array, Array]:
        """Return intervals (2,) for the distances of the equilibrium from given points: what is left of a target.

        Parameters
        ----------
        w, u : (d,) array_like
            For instance the targets of the two agents.
        level : float
            Probability of each interval.
        """
        points = (vectors(name, value, self.d, exact=False) for name, value in (("w", w), ("u", u)))
        pairs = zip(points, (self._sample.w, self._sample.u), strict=True)
        found = [self._quantiles(np.linalg.norm(states - at, axis=-1)[:, None], level)[0] for at, states in pairs]
        return found[0], found[1]

    @property
    def residuals(self) -> tuple[float, float]:
        """Distances of the estimated equilibrium from the estimated targets: what W and U are left with."""
        pairs = ((self.w, self.agent_w), (self.u, self.agent_u))
        w, u = (float(np.linalg.norm(state - agent.target)) for state, agent in pairs)
        return w, u

    def residual_intervals(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return intervals (2,) for the residuals of W and of U, the targets being estimated as well.

        Infinite where an agent's target is not determined. A distance is not negative: the interval of one that is
        within the noise of zero lies too high.
        """
        s, unit, found = self._sample, np.eye(self.d), []
        for agent, matrix, offset, states in ((self.agent_w, s.A, s.g, s.w), (self.agent_u, s.B, s.h, s.u)):
            if not agent.fixed_points.unique:
                found.append(np.array([-math.inf, math.inf]))
                continue
            targets = np.linalg.solve(unit - matrix, offset[..., None])[..., 0]
            found.append(self._quantiles(np.linalg.norm(states - targets, axis=-1)[:, None], level)[0])
        return found[0], found[1]

    def rate_interval(self, level: float = 0.95) -> Array:
        """Return the interval (2,) of the spectral radius of one turn."""
        if self.noise_free:
            return np.array([self.rate, self.rate], dtype=np.float64)
        return np.asarray(self._limits(self._sample.rates[:, None], level)[0])

    @cached_property
    def fluctuation(self) -> tuple[Array, Array]:
        """Stationary covariances (d, d) of w and of u around the equilibrium, by the estimates, from noise alone.

        Raises
        ------
        NoEquilibriumError
            When the estimated pair does not converge: it has no stationary state.
        """
        if self.noise_free:
            return np.zeros((self.d, self.d)), np.zeros((self.d, self.d))
        if self.rate >= 1:
            raise NoEquilibriumError(f"the estimated pair does not converge (rate {self.rate:.6g}): it has no plateau")
        A, B = (agent.affine_map().matrix for agent in (self.agent_w, self.agent_u))
        both = (self.agent_w.noise.covariance, self.agent_u.noise.covariance)
        return average_covariance(A, B, *both, 1), average_covariance(B, A, *both[::-1], 1)

    def observed(self, turns: int = 1, level: float = 0.95) -> tuple[Array, Array]:
        """Return prediction intervals (d, 2) for what a long run shows, of w and of u: the average of late states.

        Parameters
        ----------
        turns : int
            Number of consecutive turns that are averaged, >= 1; 1 for a single state.
        level : float
            Probability of each interval.

        Notes
        -----
        Draws that do not converge count as outside any interval; when they are too many it is infinite.
        """
        number = count("turns", turns, minimum=1)
        s = self._sample
        rng = np.random.default_rng([self.seed, number])
        found = []
        biases = self.agent_w.bias, self.agent_u.bias
        both = (
            (s.w, (s.A, s.B), (s.root_w, s.root_u), biases),
            (s.u, (s.B, s.A), (s.root_u, s.root_w), biases[::-1]),
        )
        for states, parts, roots, errors in both:
            shown = states if self.noise_free else draw_shown(states, parts, roots, errors, s.rates < 1, number, rng)
            found.append(self._quantiles(shown, level))
        return found[0], found[1]

    def _quantiles(self, values: Array, level: float) -> Array:
        confidence(level)
        if not self.determined:
            return np.tile([-math.inf, math.inf], (values.shape[1], 1))
        return self._limits(values, level)


def predict_pair(
    a: EffectiveAgent,
    b: EffectiveAgent,
    w0: object | None = None,
    *,
    draws: int = 4000,
    seed: int = 0,
) -> PairPrediction:
    """Predict the equilibrium of two identified agents that take turns.

    Parameters
    ----------
    a, b : EffectiveAgent
        W, which moves second, and U, which moves first; identified from separate transcripts that excite every
        direction.
    w0 : (d,) array_like, optional
        Start of the run; zeros by default. It matters along directions that neither agent moves, which only agents
        without noise show.
    draws : int
        Size of the sample for intervals, >= 100.
    seed : int
        Seed of that sample.

    Raises
    ------
    TranscriptError
        When an agent was not excited in every direction.
    NoEquilibriumError
        When two agents without noise drift: there is no equilibrium.
    DTypeError, DimensionMismatchError, ShapeError, NonFiniteError, OptionError

    Notes
    -----
    The equilibrium is predicted whether or not the pair converges: see ``rate`` and ``converges``.
    """
    for name, agent in (("a", a), ("b", b)):
        if not isinstance(agent, EffectiveAgent):
            raise DTypeError(f"{name} is a {type(agent).__name__}; expected what identify() returns")
    d = same_dimension(a=a.d, b=b.d)
    for name, agent in (("a", a), ("b", b)):
        if agent.excited < d:
            raise TranscriptError(
                f"{name} was excited along {agent.excited} of {d} directions; the pair can be anywhere along the "
                f"others: probe it there too (see .unexcited)"
            )
    start = vectors("w0", np.zeros(d) if w0 is None else w0, d, exact=False)
    map_w, map_u = a.affine_map(), b.affine_map()
    number = count("draws", draws, minimum=100)
    turn = map_w.after(map_u)
    unit = np.eye(d)
    keep = np.zeros((d, d))
    if a.noise_free and b.noise_free:
        w, keep = _nearest_fixed_point(turn, start, _rounding(a, b, map_w, map_u))
    else:
        # Rounded answers can show a turn that moves nothing along some direction, exactly: then the least solution.
        w = np.linalg.lstsq(turn.displacement, -turn.offset, rcond=None)[0]
    rates = abs(np.linalg.eigvals((unit + turn.displacement) @ (unit - keep)))
    return PairPrediction(
        agent_w=a,
        agent_u=b,
        w=frozen(w),
        u=frozen(map_u(w)),
        rate=float(rates.max()),
        draws=number,
        seed=count("seed", seed, minimum=0),
    )


def _rounding(a: EffectiveAgent, b: EffectiveAgent, map_w: AffineMap, map_u: AffineMap) -> float:
    """Bound the rounding error of the displacement of a turn."""
    slopes = [
        agent.regression.rounding * math.sqrt(agent.rows) / float(agent.regression.spreads[-1]) for agent in (a, b)
    ]
    sizes = [1 + float(np.linalg.norm(m.displacement, 2)) for m in (map_u, map_w)]
    return slopes[0] * sizes[0] + slopes[1] * sizes[1]


def _nearest_fixed_point(turn: AffineMap, start: Array, error: float) -> tuple[Array, Array]:
    """Return the fixed point of a turn nearest to a start, and the projector on the directions that it keeps."""
    left, values, right = np.linalg.svd(turn.displacement)
    moved = values > error
    forcing = left.T @ (turn.displacement @ start + turn.offset)
    w = start - right[moved].T @ (forcing[moved] / values[moved])
    size = np.linalg.norm(w) + np.linalg.norm(start)
    if np.linalg.norm(forcing[~moved]) > error * (1 + size) * 10:
        raise NoEquilibriumError(
            "the pair has no equilibrium: along a direction that neither agent restores it is pushed every turn"
        )
    return w, right[~moved].T @ right[~moved]
