"""The agents of grid points, and the affine maps from which linear algebra predicts where they end.

Usually both are gradient-step agents. With a damping U is a Newton helper of W; with a gain W is a blind attacker,
whose declared target is a part of the state: its pair is an affine map of twice the dimension. Maps of agents that do
not state theirs are found by asking them; no formula of the theory is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics.agents.affine import AffineMap, probe
from numerics.agents.agent import LSAAgent
from numerics.agents.prompts import Prompt
from numerics.attacks.blind import BlindAttacker, blind_attack
from numerics.errors import OptionError, ShapeError
from numerics.helpers.helpers import NewtonHelper
from numerics.interaction.interaction import Interaction
from numerics.sweeps.geometry import Geometry
from numerics.sweeps.settings import Settings
from numerics.validation import Array, frozen

__all__ = ["DrawnAgent", "Players", "given_players", "make_players"]


@dataclass(frozen=True, eq=False)
class Players:
    """A batched pair and what is needed to predict it.

    Attributes
    ----------
    pair : Interaction
    w_star, u_star : (m, d) ndarray or None
        Targets that the residuals are measured from; None for an agent without one.
    maps : pair of AffineMap or None
        One move of W and one of U on the whole state; None for agents that are not affine.
    start : (m, k) ndarray
        The whole state before the first turn, weights first.
    size : int
        Largest number of examples or dimension, for rank tolerances.
    """

    pair: Interaction
    w_star: Array | None
    u_star: Array | None
    maps: tuple[AffineMap, ...] | None
    start: Array
    size: int


class DrawnAgent(LSAAgent):
    """A gradient-step agent that remembers the target its labels were drawn from."""

    def __init__(self, prompt: Prompt, step_size: Array, target: Array) -> None:
        super().__init__(prompt, step_size)
        self._drawn = frozen(target)

    @property
    def target(self) -> Array:
        """The drawn target (m, d); the prompt's own one of least norm may differ where it has a kernel."""
        return self._drawn


class SideBySide:
    """Agents that play one run each, as one batched agent."""

    def __init__(self, agents: Sequence[BlindAttacker]) -> None:
        self._agents = agents
        self.d, self.batch_shape, self.exact = agents[0].d, (len(agents),), False

    def reset(self) -> None:
        """Reset every agent."""
        for agent in self._agents:
            agent.reset()

    def update(self, w: Array) -> Array:
        """Return the answers (m, d) to weights (m, d)."""
        return np.stack([agent.update(row) for agent, row in zip(self._agents, w, strict=True)])


def make_players(geometry: Geometry, settings: Settings) -> Players:
    """Make the agents of drawn geometries, at rest at zero."""
    g = geometry
    start = np.zeros_like(g.w_star)
    w, u = DrawnAgent(g.prompt_w, g.step_w, g.w_star), DrawnAgent(g.prompt_u, g.step_u, g.u_star)
    size = max(g.prompt_w.n, w.d)
    if settings.damping is not None:
        helper = NewtonHelper(w, g.prompt_u.X, step_size=g.step_u, damping=settings.damping)
        # A helper has no target of its own: it is judged by the one that it helps to reach.
        return Players(Interaction(w, helper), g.w_star, g.w_star, (_map(w), probe(helper)), start, size)
    if settings.gain is not None:
        return _attacked(g, w, u, settings.gain)
    return Players(Interaction(w, u), g.w_star, g.u_star, (_map(w), _map(u)), start, size)


def _map(agent: LSAAgent) -> AffineMap:
    affine = agent.affine_map()
    assert affine is not None
    return affine


def _attacked(g: Geometry, w: LSAAgent, u: LSAAgent, gain: Array) -> Players:
    attackers = [
        blind_attack(Prompt(X, y), goal, step_size=step, gain=float(factor), allow_unproven=True)
        for X, y, goal, step, factor in zip(g.prompt_w.X, g.prompt_w.y, g.w_star, g.step_w, gain, strict=True)
    ]
    d, goal = w.d, g.w_star
    D, other = _map(w).displacement, _map(u)
    # State (w, declared target): U moves w; then W moves w towards the declared target, and shifts that by its error.
    full = np.zeros((len(goal), 2 * d, 2 * d))
    full[:, :d, :d], full[:, :d, d:] = D, -D
    full[:, d:, :d], full[:, d:, d:] = -gain[:, None, None] * (D + np.eye(d)), gain[:, None, None] * D
    map_w = AffineMap(full, np.concatenate([np.zeros_like(goal), gain[:, None] * goal], axis=-1))
    wide = np.zeros_like(full)
    wide[:, :d, :d] = other.displacement
    map_u = AffineMap(wide, np.concatenate([other.offset, np.zeros_like(goal)], axis=-1), other.offset_scale)
    pair = Interaction(SideBySide(attackers), u)
    start = np.concatenate([np.zeros_like(goal), goal], axis=-1)
    return Players(pair, goal, g.u_star, (map_w, map_u), start, max(2 * d, g.prompt_w.n))


def given_players(pair: object, m: int) -> Players:
    """Take the pair of a user's function: an Interaction, or W and U, for m points.

    Raises
    ------
    TypeError, ShapeError, OptionError
        For anything else, for a batch that is not of m pairs, and for agents that are not two in turn.
    """
    if isinstance(pair, tuple) and len(pair) == 2:
        pair = Interaction(*pair)
    if not isinstance(pair, Interaction):
        raise TypeError(f"pair() returned a {type(pair).__name__}; expected an Interaction or a tuple (W, U)")
    if len(pair.agents) != 2 or pair.order != "cycle":
        raise OptionError(
            f"pair() returned {len(pair.agents)} agents, order={pair.order!r}; a sweep is of two that alternate: "
            f"return Interaction(w, u)"
        )
    if pair.batch_shape not in ((), (m,)):
        raise ShapeError(
            f"pair() returned a pair of batch shape {pair.batch_shape} for {m} points; make one for each of the points "
            f"that it is given"
        )
    start = np.zeros((m, pair.d))
    w_star, u_star = (None if target is None else np.broadcast_to(target, start.shape) for target in pair.targets)
    return Players(pair, w_star, u_star, pair.maps, start, pair.size)
