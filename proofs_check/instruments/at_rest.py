"""Agents in exact rationals for the necessity of hypotheses, and where their turns come to rest.

A hypothesis is dropped together with what it excludes: step matrices P that belong to no Gram matrix (negative
ones) and pairs that have no equilibrium. An agent with any step matrix is still an attention layer: on a prompt of
d examples, the unit vectors, with value block ``-d P`` and key block I its update is ``w - P (w - target)``. Of
`theory` only the value of a formula is used, as what is claimed, by the judges that several families share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from numerics import Interaction, LSAAgent, LSALayer, Prompt
from numerics.agents.affine import AffineMap, probe
from numerics.exact import nullspace, pinv, rref
from numerics.validation import Array
from proofs_check.evidence.comparison import exact_array, show
from proofs_check.instruments.rationals import exact_eye, exactly

__all__ = [
    "AimedPair",
    "Inputs",
    "Rest",
    "Turn",
    "acting",
    "array",
    "off_kernel",
    "one_rest",
    "pair",
    "rest",
    "settles",
    "shrinking_steps",
    "solutions",
    "start_of",
    "value_of",
]

Inputs = Mapping[str, Any]


def array(value: Any) -> Array:
    """Return the numbers of an input as an exact array."""
    return np.asarray(exact_array(value))


def acting(matrix: Array, target: Array) -> LSAAgent:
    """Return the attention layer with the update ``w - matrix (w - target)``."""
    size = len(matrix)
    prompt = Prompt.from_target(exact_eye(size), target)
    return LSAAgent.with_layer(prompt, LSALayer.from_blocks(-size * matrix, exact_eye(size)))


def solutions(matrix: Array, right: Array) -> tuple[Array | None, Array]:
    """Solve ``matrix @ x = right`` exactly: one solution (None if there is none), and a basis of the kernel."""
    columns = matrix.shape[1]
    reduced, pivots = rref(np.concatenate([matrix, right[:, None]], axis=1))
    if columns in pivots:
        return None, nullspace(matrix)
    point = np.full(columns, Fraction(0), dtype=object)
    for row, pivot in enumerate(pivots):
        point[pivot] = reduced[row, columns]
    return point, nullspace(matrix)


@dataclass(frozen=True)
class Turn:
    """A state map that repeats every turn.

    Attributes
    ----------
    d : int
        Dimension of the state.
    update : callable
        State (d,) to state (d,).
    """

    d: int
    update: Callable[[Array], Array]

    @cached_property
    def map(self) -> AffineMap:
        """The affine map that its answers at 0 and the basis vectors show."""
        return probe(self, exact=True)


@dataclass(frozen=True)
class Rest:
    """The states that a turn leaves in place.

    Attributes
    ----------
    states : int
        0, 1 or 2; 2 stands for infinitely many.
    point : (d,) array or None
        One of them.
    """

    states: int
    point: Array | None

    def __str__(self) -> str:
        return ("no state of rest exists", "one state of rest exists", "more than one state of rest exists")[
            self.states
        ]


def rest(turn: Turn) -> Rest:
    """Find the states of rest of a turn."""
    point, kernel = solutions(turn.map.displacement, -turn.map.offset)
    if point is None:
        return Rest(0, None)
    return Rest(2 if kernel.shape[1] else 1, point)


@dataclass(frozen=True)
class AimedPair:
    """Two agents with their step matrices and what they aim at (not necessarily what they declare)."""

    w: LSAAgent
    u: LSAAgent
    P: Array
    Q: Array
    w_star: Array
    u_star: Array

    @property
    def gap(self) -> Array:
        """The gap between the objectives."""
        return self.u_star - self.w_star

    @cached_property
    def interaction(self) -> Interaction:
        """The pair, U first."""
        return Interaction(self.w, self.u)

    @cached_property
    def turn(self) -> Turn:
        """W's iterate after U's move and W's."""
        return Turn(self.w.d, lambda w: self.w.update(self.u.update(w)))

    @cached_property
    def turn_of_u(self) -> Turn:
        """U's iterate after W's move and U's."""
        return Turn(self.w.d, lambda u: self.u.update(self.w.update(u)))


def _step_matrix(x: Inputs, agent: str) -> Array:
    step = x[f"eta_{agent}"] if f"eta_{agent}" in x else Fraction(x["rho"]) * Fraction(x["eta_W"])
    return array(step) * array(x[f"S_{agent}"])


def _targets(x: Inputs) -> tuple[Array, Array]:
    if "w_hat" not in x:
        return array(x["w_star"]), array(x["u_star"])
    tau, r = Fraction(x["tau"]), Fraction(x["r"])
    cosine, sine = (1 - tau**2) / (1 + tau**2), 2 * tau / (1 + tau**2)
    return r * array(x["w_hat"]), r * (cosine * array(x["w_hat"]) + sine * array(x["v"]))


def pair(x: Inputs) -> AimedPair:
    """Return the pair that the inputs of a formula describe.

    Targets at an angle (``w_hat``, ``v``, ``tau``, ``r``), a declared target ``w_star + s`` and labels ``y_W`` on
    inputs ``X_W`` are read as the formulas read them.
    """
    w_star, u_star = _targets(x)
    Q = _step_matrix(x, "U")
    victim = acting(Q, u_star)
    if "X_W" in x:
        prompt = Prompt(array(x["X_W"]), array(x["y_W"]))
        step = array(x["eta_W"])
        return AimedPair(LSAAgent(prompt, step), victim, step * prompt.gram, Q, w_star, u_star)
    P = _step_matrix(x, "W")
    declared = w_star + array(x["s"]) if "s" in x else w_star
    return AimedPair(acting(P, declared), victim, P, Q, w_star, u_star)


def value_of(formula: Any, x: Inputs) -> Any:
    """Evaluate a formula at inputs of which it takes what it needs."""
    return exactly(formula, {name: x[name] for name in (*formula.inputs, *formula.dimensions)})


def one_rest(formula: Any, x: Inputs) -> str | None:
    """The pair has exactly one state of rest."""
    both = pair(x)
    found = rest(both.turn)
    if found.states == 1:
        return None
    at_target = both.turn.update(both.w_star) - both.w_star
    return f"{found} (from w* a turn moves W by {show(at_target)})"


def settles(turn: Turn, start: Array) -> Array | str:
    """Where repeated turns lead from a start; why nowhere, if a single ratio of displacements shows it.

    Raises
    ------
    ValueError
        Where none of these simple cases applies.
    """
    first = turn.update(start)
    moved = first - start
    if not moved.any():
        return start
    ratios = {b / a for a, b in zip(moved, turn.update(first) - first, strict=True) if a != 0}
    still = [b for a, b in zip(moved, turn.update(first) - first, strict=True) if a == 0]
    if len(ratios) == 1 and not any(still):
        ratio = ratios.pop()
        if abs(ratio) >= 1:
            return f"the run never settles: every turn multiplies its displacement {show(moved)} by {ratio}"
        return np.asarray(start + moved / (1 - ratio))
    raise ValueError("the displacements of the run have no common ratio; choose a simpler instance")


def start_of(both: AimedPair, x: Inputs, who: str) -> tuple[Turn, Array, Array]:
    """Turn, start and target of one agent."""
    w_0 = array(x["w_0"])
    if who == "W":
        return both.turn, w_0, both.w_star
    return both.turn_of_u, both.u.update(w_0), both.u_star


def off_kernel(both: AimedPair, vector: Array) -> Array:
    """Part of a vector off the common kernel of both step matrices."""
    rows = np.concatenate([both.P, both.Q])
    return np.asarray(pinv(rows) @ rows @ vector)


def shrinking_steps(formula: Any, x: Inputs) -> str | None:
    """As the steps vanish in fixed ratio there is one equilibrium, and its residuals split the gap."""
    missed = set()
    for scale in (Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000)):
        steps = {"eta_W": scale, "eta_U": scale * Fraction(x["rho"])}
        both = pair({**x, **steps})
        found = rest(both.turn)
        if found.states != 1 or found.point is None:
            return f"at the steps {scale} and {steps['eta_U']} {found}"
        e, f = found.point - both.w_star, both.u.update(found.point) - both.u_star
        missed.add(tuple(e - f - both.gap))
    if len(missed) == 1 and any(miss := missed.pop()) and formula.id.startswith("gap-is-shared"):
        return f"at the steps 1/10, 1/100, 1/1000 alike the residuals differ by the gap and {show(list(miss))}"
    return None
