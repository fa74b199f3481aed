"""What rounding the examples to double precision can explain: how finely a pair's targets and state of rest are known.

Examples are taken as exact, but labels that somebody computed were rounded: two files that were made from one target
have targets that differ in the last digit. A difference within these bounds is no difference in fact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics import Interaction, LSAAgent, exact as exact_algebra
from numerics.validation import EPS, Array

__all__ = ["Resolution", "resolution"]

#: Roundings of an example and of its label, and of their products, in units of the last digit.
_ROUNDINGS = 4


@dataclass(frozen=True)
class Resolution:
    """Bounds, entry by entry, on what such roundings do; all of shape (d,), infinite where nothing is known.

    Attributes
    ----------
    w, u : ndarray
        To the states of rest.
    w_star, u_star : ndarray
        To the targets.
    """

    w: Array
    u: Array
    w_star: Array
    u_star: Array

    @property
    def e(self) -> Array:
        """To the residual of W."""
        return self.w + self.w_star

    @property
    def f(self) -> Array:
        """To the residual of U."""
        return self.u + self.u_star


def resolution(pair: Interaction, w: Array, u: Array) -> Resolution:
    """Return how finely a pair is known whose agents rest at w and u, (d,) each.

    To first order: rounded examples and steps change the move from a state by their share in ``eta |X|^T (|y| + |X|
    |state|) / n``, and the targets and the states of rest by what the (pseudo-)inverses make of that. It does not
    depend on the scales of the columns.
    """
    agent_w, agent_u = pair.agent_w, pair.agent_u
    if not isinstance(agent_w, LSAAgent) or not isinstance(agent_u, LSAAgent):
        raise TypeError("resolution: the agents have no prompts")
    with np.errstate(over="ignore", invalid="ignore"):
        stars = [
            abs(_inverse(agent.prompt.gram)) @ _gradient(agent, _floats(agent.target)) for agent in (agent_w, agent_u)
        ]
        eta_w, eta_u = (float(np.asarray(agent.step_size, dtype=np.float64)) for agent in (agent_w, agent_u))
        pushed_w, pushed_u = eta_w * _gradient(agent_w, u), eta_u * _gradient(agent_u, w)
        A = abs(np.eye(pair.d) - eta_w * _floats(agent_w.prompt.gram))
        B = abs(np.eye(pair.d) - eta_u * _floats(agent_u.prompt.gram))
        at_w = abs(_inverse(pair.turn_map.displacement)) @ (pushed_w + A @ pushed_u)
        at_u = B @ at_w + pushed_u
    bounds = [np.where(np.isfinite(bound), bound, np.inf) for bound in (at_w, at_u, *stars)]
    return Resolution(*bounds)


def _gradient(agent: LSAAgent, state: Array) -> Array:
    """What roundings of the examples do to the gradient at a state."""
    X, y = abs(_floats(agent.prompt.X)), abs(_floats(agent.prompt.y))
    return np.asarray(_ROUNDINGS * EPS * (X.T @ (y + X @ abs(state))) / len(y))


def _inverse(matrix: Array) -> Array:
    """The Moore-Penrose inverse, as floats."""
    return _floats(exact_algebra.pinv(matrix)) if matrix.dtype == object else np.linalg.pinv(matrix)


def _floats(array: Array) -> Array:
    return np.asarray(array, dtype=np.float64)
