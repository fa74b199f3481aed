"""What simulated pairs say about statements on equilibria, limits and convergence.

Each function takes a formula and inputs (exact, by name) and decides, from agents alone, whether the formula's
*statement* fails there: it returns how, or None where nothing against the statement was found. The hypotheses are
not asked for. A formula's own value enters only as what is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.exact import pinv, rank
from proofs_check.compare import show
from proofs_check.necessity_agents import Pair, Turn, array, pair, rest, solutions
from proofs_check.support import exact_eye, exactly, square

__all__ = [
    "attack_is_decided",
    "blind_gap_decides",
    "contracts_in_norm",
    "convergence_is_decided",
    "one_rest",
    "projector_annihilates",
    "residual_below_gap",
    "residual_is_decided",
    "settles",
    "shrinking_steps",
    "tends_to_claim",
    "victim_sees_no_loss",
]

Array = NDArray[Any]
Inputs = Mapping[str, Any]
Judge = Callable[[Any, Inputs], str | None]


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


def _start(both: Pair, x: Inputs, who: str) -> tuple[Turn, Array, Array]:
    """Turn, start and target of one agent."""
    w_0 = array(x["w_0"])
    if who == "W":
        return both.turn, w_0, both.w_star
    return both.turn_of_u, both.u.update(w_0), both.u_star


def tends_to_claim(formula: Any, x: Inputs) -> str | None:
    """The error tends to the value of the formula, from the given start."""
    both = pair(x)
    who = "W" if formula.id.endswith(".e") else "U"
    turn, start, target = _start(both, x, who)
    end = settles(turn, start)
    if isinstance(end, str):
        return f"{who}: {end}"
    claimed = exactly(formula, {name: x[name] for name in formula.inputs})
    if ((end - target) == claimed).all():
        return None
    return f"{who}'s error tends to {show(end - target)}, claimed {show(claimed)}"


def _off_kernel(both: Pair, vector: Array) -> Array:
    """Part of a vector off the common kernel of both step matrices."""
    rows = np.concatenate([both.P, both.Q])
    return np.asarray(pinv(rows) @ rows @ vector)


def residual_is_decided(formula: Any, x: Inputs) -> str | None:
    """An agent's residual is zero off the common kernel iff the push on it is."""
    both = pair(x)
    one = exact_eye(both.w.d)
    who = "W" if ".e" in formula.id else "U"
    own, other = (both.P, both.Q) if who == "W" else (both.Q, both.P)
    push = (one - own) @ other @ both.gap
    turn, start, target = _start(both, x, who)
    end = settles(turn, start)
    if isinstance(end, str):
        return f"{who} has no residual: {end}"
    residual = _off_kernel(both, end - target)
    if residual.any() == push.any():
        return None
    return f"{who}'s residual off the common kernel is {show(residual)}, the push on it {show(push)}"


def convergence_is_decided(formula: Any, x: Inputs) -> str | None:
    """The condition of the formula holds iff the pair converges from every start for every gap."""
    if "p" in x:
        both = pair({"S_W": [[x["p"]]], "S_U": [[x["q"]]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [0]})
    else:
        both = pair({**x, "w_star": [0] * len(x["S_W"]), "u_star": [0] * len(x["S_W"])})
    condition = bool(formula.exact(**{name: x[name] for name in formula.inputs}))
    converges = bool(both.interaction.converges())
    if condition == converges:
        return None
    said = "converges" if converges else "does not converge"
    return f"the condition is {str(condition).lower()}, yet the pair {said}"


def contracts_in_norm(formula: Any, x: Inputs) -> str | None:
    """A turn takes a non-negative amount from every squared error."""
    zero = [0] * len(x["S_W"])
    both = pair({**x, "w_star": zero, "u_star": zero})
    for start in exact_eye(both.w.d):
        taken = square(start) - square(both.turn.update(start))
        if taken < 0:
            return f"a turn takes {taken} from the squared error of {show(start)}"
    return None


def blind_gap_decides(formula: Any, x: Inputs) -> str | None:
    """W succeeds iff the victim's Gram matrix annihilates the gap."""
    both = pair(x)
    end = settles(both.turn, array(x["w_0"]))
    if isinstance(end, str):
        return None
    error, pull = end - both.w_star, both.Q @ both.gap
    if error.any() == pull.any():
        return None
    return f"W rests with error {show(error)}, the victim's pull is {show(pull)}"


def victim_sees_no_loss(formula: Any, x: Inputs) -> str | None:
    """At rest the victim's own loss is zero."""
    both = pair(x)
    end = settles(both.turn_of_u, both.u.update(array(x["w_0"])))
    if isinstance(end, str):
        return None
    error = end - both.u_star
    loss = error @ array(x["S_U"]) @ error / 2
    return f"the victim rests with loss {loss}" if loss != 0 else None


def residual_below_gap(formula: Any, x: Inputs) -> str | None:
    """W's residual is no longer than the gap, from the given start."""
    both = pair(x)
    end = settles(both.turn, array(x["w_0"]))
    if isinstance(end, str):
        return None
    long, short = square(end - both.w_star), square(both.gap)
    return f"W rests with squared error {long}, the squared gap is {short}" if long > short else None


def attack_is_decided(formula: Any, x: Inputs) -> str | None:
    """Some declared target makes W succeed iff the formula's condition holds."""
    both = pair({**x, "s": [0] * len(x["S_W"])})
    feasible = bool(formula.exact(**{name: x[name] for name in formula.inputs}))
    push = (exact_eye(both.w.d) - both.P) @ both.Q @ both.gap
    shift, freedom = solutions(both.P, -push)
    if not feasible or shift is None or freedom.shape[1]:
        return None
    # W can rest at its goal with this one shift only: try it from the given start.
    attacked = pair({**x, "s": shift})
    end = settles(attacked.turn, array(x["w_0"]))
    if rest(attacked.turn).states == 1 or isinstance(end, str):
        return None  # W rests at its goal and nowhere else, stable or not
    error = end - both.w_star
    if not error.any():
        return None
    return f"with the one shift {show(shift)} that lets W rest at its goal it rests with error {show(error)}"


def projector_annihilates(formula: Any, x: Inputs) -> str | None:
    """The formula's projector is that on the common kernel: neither agent moves along it."""
    zero = [0] * len(x["S_W"])
    both = pair({**x, "w_star": zero, "u_star": zero})
    projector = exactly(formula, {name: x[name] for name in formula.inputs})
    for direction in projector.T:
        for name, agent in (("W", both.w), ("U", both.u)):
            moved = agent.update(direction) - direction
            if moved.any():
                return f"{name} moves {show(direction)}, in the range of the projector, by {show(moved)}"
    size = both.w.d - int(rank(np.concatenate([both.P, both.Q])))
    return None if projector.trace() == size else f"the projector has rank {projector.trace()}, the kernel {size}"


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
