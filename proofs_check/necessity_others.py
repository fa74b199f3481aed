"""What simulated agents and exact linear algebra say about the statements on losses, attacks, helpers and prompts.

As in `proofs_check.necessity_pairs`: each function says how a formula's statement fails on given inputs, or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import LSAAgent, LSALayer, Prompt
from numerics.exact import characteristic_polynomial, pinv, roots_inside_unit_circle
from proofs_check.compare import exact_array, show
from proofs_check.necessity_agents import Turn, acting, array, pair, rest, solutions
from proofs_check.support import exact_eye, exactly, square
from theory import SingularError, formulas

__all__ = [
    "block_is_best",
    "cycle_closes",
    "defect_tells_isotropy",
    "errors_shrink_with_a_helper",
    "gain_and_step_settle",
    "joint_loss_is_least",
    "labels_have_a_largest_step",
    "lone_agent_rests",
    "objective_exists",
    "one_example_exists",
    "orders_exist",
    "shift_cancels_the_push",
    "target_is_told",
    "turns_are_counted",
    "weight_is_positive",
]

Array = NDArray[Any]
Inputs = Mapping[str, Any]
HALF = Fraction(1, 2)


def _value(formula: Any, x: Inputs) -> Any:
    return exactly(formula, {name: x[name] for name in (*formula.inputs, *formula.dimensions)})


def lone_agent_rests(formula: Any, x: Inputs) -> str | None:
    """One agent alone has exactly one state of rest."""
    layer = LSALayer.from_blocks(array(x["V31"]), array(x["K13"]))
    agent = LSAAgent.with_layer(Prompt(array(x["X"]), array(x["y"])), layer)
    found = rest(Turn(agent.d, agent.update))
    return None if found.states == 1 else str(found)


def joint_loss_is_least(formula: Any, x: Inputs) -> str | None:
    """The joint loss of both agents has a least value, the formula's (a point, or the value itself)."""
    S_W, S_U, rho = array(x["S_W"]), array(x["S_U"]), Fraction(x["rho"])
    w_star, u_star = array(x["w_star"]), array(x["u_star"])

    def loss(w: Array) -> Any:
        return ((w - w_star) @ S_W @ (w - w_star) + rho * (w - u_star) @ S_U @ (w - u_star)) / 2

    point, freedom = solutions(S_W + rho * S_U, S_W @ w_star + rho * S_U @ u_star)
    if point is None:
        return "the joint loss has no stationary point, so no least value"
    for direction in exact_eye(len(point)):
        if loss(point + direction) < loss(point):
            return f"the joint loss is {loss(point)} at its stationary point {show(point)}, lower next to it"
    return "the joint loss is least at more than one point" if freedom.shape[1] else None


def orders_exist(formula: Any, x: Inputs) -> str | None:
    """The equation of order 0, ``H e_0 = rho S_U Delta`` (``-S_W Delta`` for U), has a solution."""
    S_W, S_U, rho = array(x["S_W"]), array(x["S_U"]), Fraction(x["rho"])
    gap = array(x["u_star"]) - array(x["w_star"])
    right = rho * S_U @ gap if ".e" in formula.id else -S_W @ gap
    point, _ = solutions(S_W + rho * S_U, right)
    if point is not None:
        return None
    both = pair(x)
    found = rest(both.turn)
    return f"there is no term of order 0: {show(S_W + rho * S_U)} e_0 = {show(right)} has no solution ({found})"


def block_is_best(formula: Any, x: Inputs) -> str | None:
    """The formula's block gives the least population loss, the other block as given (K13 = I unless given)."""
    name = "K13" if formula.id.endswith("K13") else "V31"
    size = len(x["Sigma"])
    given = {"kappa": 1, "K13": exact_eye(size).tolist(), **x, "d": size}
    loss = formulas["population-optimum.loss"]

    def at(block: Array) -> Fraction:
        return Fraction(*_value(loss, {**given, name: block.tolist()}).as_integer_ratio())

    trials = [scale * np.outer(a, b) for a in exact_eye(size) for b in exact_eye(size) for scale in (-1, 1)]
    try:
        best = _value(formula, given)
    except SingularError:
        values = {at(trial) for trial in trials} | {at(0 * trials[0])}
        return f"the loss is {values.pop()} whatever the block {name} is" if len(values) == 1 else None
    least = at(best)
    for trial in trials:
        if (lower := at(best + trial)) < least:
            return f"the loss is {least} there, and lower, {lower}, for {name} = {show(best + trial)}"
    return None


def defect_tells_isotropy(formula: Any, x: Inputs) -> str | None:
    """The defect is zero iff the covariance is a multiple of the identity."""
    sigma = array(x["Sigma"])
    isotropic = bool((sigma == sigma[0, 0] * exact_eye(len(sigma))).all())
    defect = _value(formula, {**x, "d": len(sigma)})
    if isotropic == (not defect.any()):
        return None
    return f"the defect is {show(defect)}, the covariance {'is' if isotropic else 'is not'} a multiple of I"


def one_example_exists(formula: Any, x: Inputs) -> str | None:
    """The formula has a value at the given gap, or values of nearby gaps tend to one."""
    with suppress(SingularError):
        formula.exact(**{name: x[name] for name in formula.inputs})
        return None
    w_star = array(x["w_star"])
    seen = set()
    for direction in exact_eye(len(w_star)):
        gaps = ((w_star + size * direction).tolist() for size in (HALF, HALF**9))
        near = {str(formula.exact(**{n: ({**x, "u_star": u})[n] for n in formula.inputs}).tolist()) for u in gaps}
        seen |= near
        if len(near) > 1:
            return None
    if len(seen) < 2:
        return None
    return f"undefined, and no limit: gaps in different directions, however small, give {' and '.join(sorted(seen))}"


def labels_have_a_largest_step(formula: Any, x: Inputs) -> str | None:
    """Some labels change the attacker's error, so that there is a largest step."""
    at_rest = set()
    for shift in (0, *np.eye(len(x["y_W"]), dtype=int)):
        found = rest(pair({**x, "y_W": (array(x["y_W"]) + shift).tolist()}).turn)
        if found.states != 1 or found.point is None:
            return str(found)
        at_rest.add(show(found.point))
    if len(at_rest) > 1:
        return None
    return f"undefined: W rests at {at_rest.pop()} whatever the labels are, so no step is too large"


def shift_cancels_the_push(formula: Any, x: Inputs) -> str | None:
    """Some declared target lets W's error stay zero."""
    errors = set()
    for shift in (-1, 0, 1, 1000):
        both = pair({**x, "s": [shift] * len(x["S_W"])})
        errors.add(show(both.turn.update(both.w_star) - both.w_star))
    if len(errors) > 1:
        return None
    return f"whatever W declares, a turn from no error ends with error {errors.pop()}: there is no limit to reach"


def weight_is_positive(formula: Any, x: Inputs) -> str | None:
    """The weight of the Lyapunov function is positive."""
    weight = _value(formula, x)
    return None if weight > 0 else f"the weight is {weight}"


def gain_and_step_settle(formula: Any, x: Inputs) -> str | None:
    """The condition holds iff the attack at gain 1 settles along a direction (p, b)."""
    W, U = exact_eye(1) * Fraction(x["p"]), exact_eye(1) * (1 - Fraction(x["b"]))

    def turn(state: Array) -> Array:
        w = acting(W, state[1:]).update(acting(U, state[:1] * 0).update(state[:1]))
        return np.concatenate([w, state[1:] - w])

    matrix = Turn(2, turn).map.matrix
    settled = roots_inside_unit_circle(characteristic_polynomial(matrix))
    condition = bool(formula.exact(**{name: x[name] for name in formula.inputs}))
    if settled == condition:
        return None
    polynomial = show(characteristic_polynomial(matrix))
    return f"the condition is {str(condition).lower()}, but the joint map has the polynomial {polynomial}"


def target_is_told(formula: Any, x: Inputs) -> str | None:
    """No other agent, with another target, makes the same transcript."""
    P, w_star = array(x["eta_W"]) * array(x["S_W"]), array(x["w_star"])
    states = array(x["U_seen"]).T
    moves = [acting(P, w_star).update(u) for u in states]
    others = [(P, w_star + direction) for direction in exact_eye(len(w_star))]
    others += [(P / 2, states[0] - 2 * (states[0] - w_star))]
    for matrix, target in others:
        if (target != w_star).any() and all(
            (acting(matrix, target).update(u) == move).all() for u, move in zip(states, moves, strict=True)
        ):
            return f"the agent with step matrix {show(matrix)} and target {show(target)} answers alike"
    return None


def cycle_closes(formula: Any, x: Inputs) -> str | None:
    """Each agent can declare a target that takes it, in one move, from the other's goal to its own."""
    both = pair(x)
    # W's move from u* ends at w* iff P (u* - declared) is the gap; U's from w* ends at u* iff Q (...) is minus it.
    for name, matrix in (("W", both.P), ("U", both.Q)):
        point, _ = solutions(matrix, both.gap)
        if point is None:
            stays = acting(matrix, both.w_star).update(both.u_star if name == "W" else both.w_star)
            return f"nothing that {name} declares takes it to its goal (it ends at {show(stays)} declaring w*)"
    return None


def objective_exists(formula: Any, x: Inputs) -> str | None:
    """The step that the estimate asks for exists, and an objective that makes the helper take it."""
    error = array(x["w_t"]) - array(x["w_star"])
    gradient = Fraction(x["alpha"]) * array(x["S_W"]) @ error
    step, _ = solutions(array(x["S_hat"]), gradient)
    if step is None:
        return f"no step is asked for: {show(array(x['S_hat']))} step = {show(gradient)} has no solution"
    Q = array(x["eta_U"]) * array(x["S_U"])
    objective, _ = solutions(Q, step)
    if objective is None:
        return f"no objective makes the helper's move the step {show(step)}: its step matrix is {show(Q)}"
    return None


def errors_shrink_with_a_helper(formula: Any, x: Inputs) -> str | None:
    """For 0 < alpha < 2 and P <= 2I the error that the prompt sees shrinks at every turn, at rate |1 - alpha|."""
    S, P = array(x["S_W"]), array(x["eta_W"]) * array(x["S_W"])
    Q, alpha = array(x["eta_U"]) * array(x["S_U"]), Fraction(x["alpha"])
    # A symmetric matrix is positive semidefinite iff the signs of its characteristic polynomial alternate.
    rest_of_box = characteristic_polynomial(2 * exact_eye(len(P)) - P)
    if not 0 < alpha < 2 or any((-1) ** i * c < 0 for i, c in enumerate(rest_of_box)):
        return None
    w_star, w = array(x["w_star"]), array(x["w_0"])
    seen = pinv(S) @ S
    sizes = [square(seen @ (w - w_star))]
    for _ in range(3):
        objective = w - pinv(Q) @ (alpha * seen @ (w - w_star))
        w = acting(P, w_star).update(acting(Q, objective).update(w))
        sizes.append(square(seen @ (w - w_star)))
    bound = (1 - alpha) ** 2
    if all(after <= bound * before for before, after in pairwise(sizes)):
        return None
    return f"with 0 < alpha < 2 and P <= 2I the squared errors are {show(sizes)}, turn by turn"


def turns_are_counted(formula: Any, x: Inputs) -> str | None:
    """The formula is a number of turns (not negative) after which the error of a simulated run is eps."""
    p = 1 / Fraction(x["cond"])
    if formula.id.endswith("plateau"):
        found = rest(pair({"S_W": [[p]], "S_U": [[p]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [1]}).turn)
        return None if found.states == 1 else f"p = q = {p}: {found}"
    zero, one = exact_array([0]), exact_array([1])
    main, own = acting(exact_eye(1) * p, zero), exact_eye(1)
    helper = {
        "alone": acting(0 * own, zero),
        "aligned": acting(own * p, zero),
        "newton": acting(own, (1 - Fraction(x.get("alpha", 1))) * one),
    }[formula.id.split(".")[1]]
    left = main.update(helper.update(one))[0]
    try:
        turns = formula.exact(**{name: x[name] for name in formula.inputs})
    except SingularError:
        return f"undefined: the error is {left} after one turn" + (" already" if left == 0 else "")
    return f"{turns} turns: negative (a turn multiplies the error by {left})" if turns.is_negative else None
