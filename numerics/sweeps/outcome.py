"""What happened at grid points: simulated last states, the prediction of linear algebra, and the verdict.

The prediction is that of :meth:`Interaction.equilibrium`: the same functions on the same maps, each called once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.interaction import spectrum
from numerics.interaction.interaction import Interaction
from numerics.interaction.rest import fixed_point, stands_still
from numerics.sweeps.geometry import Geometry
from numerics.sweeps.points import Points
from numerics.sweeps.settings import Settings
from numerics.validation import Array, Frozen

__all__ = ["VERDICTS", "Linear", "Outcome", "linear"]

#: What is said of a point; the place in this list is the code.
VERDICTS = (
    "converged",
    "not_settled_yet",
    "at_rest_though_the_pair_does_not_converge",
    "drifts_without_equilibrium",
    "on_the_edge",
    "diverges",
    "left_double_precision",
    "at_rest_no_prediction",
    "moving_no_prediction",
)

_SQUARABLE = 2.0**480


def _length(vectors: Array) -> Array:
    """Return the Euclidean norms (m,) of vectors (m, d) whose squares may overflow."""
    largest = abs(vectors).max(axis=-1)
    scale = np.where((largest > _SQUARABLE) & np.isfinite(largest), largest, 1.0)
    return np.asarray(scale * np.linalg.norm(vectors / scale[:, None], axis=-1))


@dataclass(frozen=True, eq=False)
class Linear(Frozen):
    """The prediction of linear algebra for m pairs.

    Attributes
    ----------
    map_w, map_u, turn : AffineMap
        One move of W, of U, and both.
    start : (m, k) ndarray
        The whole state at the start, weights first.
    size : int
        For rank tolerances.
    state : (m, k) ndarray
        The equilibrium that belongs to the start; NaN where there is none.
    w, u : (m, d) ndarray
        Weights there, after the own move.
    exists, unique, contracts, expands : (m,) ndarray of bool
    rate : (m,) ndarray
    """

    map_w: AffineMap
    map_u: AffineMap
    turn: AffineMap
    start: Array
    size: int
    state: Array
    w: Array
    u: Array
    exists: Array
    unique: Array
    contracts: Array
    expands: Array
    rate: Array

    @property
    def converges(self) -> Array:
        """Whether runs from every start converge, as :meth:`Interaction.converges`."""
        return np.asarray(self.contracts & self.exists)

    def at_rest(self, w: Array) -> Array:
        """Decide whether a turn leaves weights w (m, d) alone, up to rounding; NaN never rests.

        What the state holds besides the weights is taken from the equilibrium.
        """
        # Squares of what a divergent run has reached overflow.
        moderate = np.asarray((abs(w) < _SQUARABLE).all(axis=-1))
        full = np.concatenate([np.where(moderate[:, None], w, 0.0), self.state[:, w.shape[-1] :]], axis=-1)
        sizes = 2 * np.linalg.norm(full, axis=-1)
        return moderate & stands_still((self.map_w, self.map_u), self.turn, full, sizes, self.size)


def linear(maps: tuple[AffineMap, ...], start: Array, d: int, size: int) -> Linear:
    """Predict where pairs end, from the maps of both moves, starts (m, k), k >= d, and the rank tolerance."""
    map_w, map_u = maps
    m = len(start)
    values = spectrum.moving_eigenvalues(maps, size)
    state, exists, rank = fixed_point(maps, start, size)
    state = np.where(np.broadcast_to(exists, m)[:, None], state, np.nan)
    return Linear(
        map_w=map_w,
        map_u=map_u,
        turn=map_w.after(map_u),
        start=start,
        size=size,
        state=state,
        w=state[:, :d],
        u=map_u(state)[:, :d],
        exists=np.broadcast_to(exists, m),
        unique=np.broadcast_to(rank == map_w.d, m),
        contracts=np.broadcast_to(spectrum.contracts(maps, size, values), m),
        expands=np.broadcast_to(spectrum.expands(maps, size, values), m),
        rate=np.broadcast_to(spectrum.rate(maps, size, values), m),
    )


@dataclass(frozen=True, eq=False)
class Outcome(Frozen):
    """m points after their run; what observables are given. All arrays dimensionless.

    Attributes
    ----------
    points : Points
        ``points.coordinates`` maps every label to (m,) values.
    pair : Interaction
        The batched pair.
    geometry : Geometry or None
    settings : Settings or None
        How the pair was drawn; None for a pair of the user's.
    turns : int
    tolerance : float
        What a settled run may keep of its distance from the equilibrium at the start.
    w, u : (m, d) ndarray
        Last states; NaN for a run that left double precision.
    w_star, u_star : (m, d) ndarray or None
        Targets that the residuals are measured from.
    linear : Linear or None
        None for agents that are not affine.
    """

    points: Points
    pair: Interaction
    geometry: Geometry | None
    settings: Settings | None
    turns: int
    tolerance: float
    w: Array
    u: Array
    w_star: Array | None
    u_star: Array | None
    linear: Linear | None

    def __len__(self) -> int:
        return len(self.w)

    @cached_property
    def overflowed(self) -> Array:
        """Whether the run left double precision, (m,)."""
        return np.asarray(np.isnan(self.w).any(axis=-1) | np.isnan(self.u).any(axis=-1))

    def residual(self, state: Array, target: Array | None) -> Array:
        """Return distances (m,); infinite for a run that left double precision, NaN without a target."""
        if target is None:
            return np.full(len(self), np.nan)
        return np.where(self.overflowed, np.inf, _length(state - target))

    @cached_property
    def prediction_error(self) -> Array:
        """Distance (m,) of the last (w, u) from the predicted one; NaN where nothing is predicted."""
        if self.linear is None:
            return np.full(len(self), np.nan)
        off = np.concatenate([self.w - self.linear.w, self.u - self.linear.u], axis=-1)
        missed = self.overflowed & np.asarray(self.linear.exists)
        return np.where(missed, np.inf, _length(off))

    @cached_property
    def verdict(self) -> Array:
        """Codes (m,) of :data:`~numerics.sweeps.outcome.VERDICTS`."""
        code = {name: i for i, name in enumerate(VERDICTS)}
        known = self.linear
        if known is None:
            following = self.pair.agent_w.update(np.where(self.overflowed[:, None], 0.0, self.u))
            moved = _length(self.pair.agent_u.update(following) - self.u)
            # Without maps the size of rounding errors is unknown; a run that has arrived moves by less than it kept.
            still = moved <= self.tolerance * _length(self.u)
            found = np.where(still, code["at_rest_no_prediction"], code["moving_no_prediction"])
            return np.where(self.overflowed, code["left_double_precision"], found)
        at_rest = known.at_rest(self.w)
        distance = _length(known.start[:, : self.w.shape[-1]] - known.w)
        arrived = _length(self.w - known.w) <= self.tolerance * distance
        return np.select(
            [
                self.overflowed,
                known.converges & (at_rest | arrived),
                known.converges,
                at_rest & np.asarray(known.exists),
                known.expands,
                ~np.asarray(known.exists),
            ],
            [
                code["left_double_precision"],
                code["converged"],
                code["not_settled_yet"],
                code["at_rest_though_the_pair_does_not_converge"],
                code["diverges"],
                code["drifts_without_equilibrium"],
            ],
            code["on_the_edge"],
        )
