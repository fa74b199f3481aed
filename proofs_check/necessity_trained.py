"""What layers say about statements on trained agents: two layers at rest, with and without leakage, and least losses.

As in `proofs_check.necessity_pairs`: each function says how a formula's statement fails on given inputs, or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import LSAAgent, LSALayer, Prompt
from numerics.exact import solve
from proofs_check.compare import show
from proofs_check.necessity_agents import Turn, array, rest
from proofs_check.population import Population
from proofs_check.support import exact_eye, exactly, zeros
from proofs_check.trained import largest, row_sum
from theory import SingularError, formulas

__all__ = ["answers_have_a_least_loss", "bent_layers_rest_once", "forgetting_gains", "leaking_pair_rests_nearby"]

Array = NDArray[Any]
Inputs = Mapping[str, Any]


def _bent(x: Inputs, agent: str) -> LSAAgent:
    """Return a layer that moves an iterate w by ``V31 S (K13 w - target)``: on unit vectors, its V31 is d V31 S."""
    S, target = array(x[f"S_{agent}"]), array(x["w_star" if agent == "W" else "u_star"])
    layer = LSALayer.from_blocks(len(S) * array(x[f"V31_{agent}"]) @ S, array(x[f"K13_{agent}"]))
    return LSAAgent.with_layer(Prompt.from_target(exact_eye(len(S)), target), layer)


def bent_layers_rest_once(formula: Any, x: Inputs) -> str | None:
    """Two layers with any blocks V31 and K13 have exactly one equilibrium, the formula's."""
    w, u = _bent(x, "W"), _bent(x, "U")
    first, second, who = (u, w, "W") if formula.id.endswith(".w") else (w, u, "U")
    found = rest(Turn(w.d, lambda state: second.update(first.update(state))))
    if found.states != 1 or found.point is None:
        return f"{found} of {who}"
    claimed = exactly(formula, {name: x[name] for name in formula.inputs})
    if (found.point == claimed).all():
        return None
    return f"{who} rests at {show(found.point)}, claimed {show(claimed)}"


def _affine_layer(linear: Array, leak: Array, offset: Array) -> LSAAgent:
    """Return the layer that answers ``(linear + leak) w + offset``, the last two by its attention to the iterate.

    On unit vectors as examples, labelled zero, V31 gives the linear part; K44 = 1 with V33 and V34 gives the rest.
    """
    d = len(linear)
    third, last = slice(d + 1, 2 * d + 1), 2 * d + 1
    V, K = zeros(2 * d + 2, 2 * d + 2), zeros(2 * d + 2, 2 * d + 2)
    V[third, :d], K[:d, third] = -d * (exact_eye(d) - linear), exact_eye(d)
    V[third, third], V[third, last], K[last, last] = d * leak, d * offset, Fraction(1)
    return LSAAgent.with_layer(Prompt(exact_eye(d), zeros(d)), LSALayer(V, K))


def leaking_pair_rests_nearby(formula: Any, x: Inputs) -> str | None:
    """Every pair whose turn is affine but for a slope of lambda rests once, no farther than the formula says.

    Tried are the pairs whose leakage adds plus or minus lambda in the turn; the approximate equilibrium is 0.
    """
    J_W, J_U, residual, lam = array(x["J_W"]), array(x["J_U"]), array(x["residual"]), Fraction(x["lam"])
    size = row_sum(J_U)
    if lam < 0 or size == 0:
        return None  # nothing has such a Lipschitz constant, or W's leakage cannot reach the turn
    for sign in (1, -1):
        leak = sign * lam / size * exact_eye(len(J_W))
        u, w = _affine_layer(J_U, 0 * J_U, 0 * residual), _affine_layer(J_W, leak, residual)
        turn = Turn(w.d, lambda state, u=u, w=w: w.update(u.update(state)))  # type: ignore[misc]
        beyond = row_sum(turn.map.matrix - J_W @ J_U)
        if beyond > lam or (turn.update(0 * residual) != residual).any():
            raise ValueError("the pair is not one of those that the statement speaks of")
        found = rest(turn)
        if found.states != 1 or found.point is None:
            return f"with leakage {sign * lam} in the slope of a turn {found} (every turn of 0 adds {show(residual)})"
        with suppress(SingularError):
            bound = exactly(formula, {name: x[name] for name in formula.inputs})
            if largest(found.point) > bound:
                return f"with leakage {sign * lam} the pair rests at {show(found.point)}, claimed within {bound}"
    return None


def _missed(x: Inputs, Y: Array) -> Fraction:
    """Mean of ``|xi - Y S xi|^2``: at K13 = I and variances 1 of iterate and target the layer loses twice that."""
    return _loss(x, -Y, exact_eye(len(Y)), 1) / 2


def _loss(x: Inputs, V31: Array, K13: Array, kappa: Any) -> Fraction:
    sizes = {"Sigma": x["Sigma"], "n": x["n"], "d": len(V31), "kappa": kappa}
    return Fraction(exactly(formulas["population-optimum.loss"], sizes | {"V31": V31.tolist(), "K13": K13.tolist()}))


def _trials(size: int) -> list[Array]:
    unit = exact_eye(size)
    return [np.outer(a, b) for a in unit for b in unit]


def _without_examples(x: Inputs) -> str | None:
    """With a covariance of zero all examples are zero, and no block V31 of a simulated layer does anything."""
    size = len(x["Sigma"])
    if array(x["Sigma"]).any():
        return None
    prompts = Population(x["n"], size, zeros(size, size), Fraction(x.get("kappa", 1)))
    blocks = [zeros(size, size), *_trials(size), *(-trial for trial in _trials(size))]
    losses = {prompts.loss(block, exact_eye(size)) for block in blocks}
    if len(losses) > 1:
        return None
    return f"all examples are zero: the layer loses {losses.pop()} whatever V31 is, so that no V31 is the best"


def answers_have_a_least_loss(formula: Any, x: Inputs) -> str | None:
    """The mean of ``|xi - Y S xi|^2`` has a least value, at ``Y = Gamma^-1``, and (least) it is the formula's."""
    size = len(x["Sigma"])
    if nothing := _without_examples(x):
        return nothing
    start = _missed(x, zeros(size, size))
    for trial in _trials(size):
        rise = _missed(x, trial) - start
        # The loss is quadratic in Y: it has no stationary point if its slope in some direction is the same everywhere.
        if rise and all(_missed(x, trial + other) - _missed(x, other) == rise for other in _trials(size)):
            return f"the loss has no stationary point, so no least value: a step {show(trial)} always adds {rise}"
    if not formula.id.endswith("least"):
        return None
    gamma = exactly(formulas["population-optimum.Gamma"], {"Sigma": x["Sigma"], "n": x["n"]})
    best = solve(gamma, exact_eye(size))
    least, claimed = _missed(x, best), Fraction(exactly(formula, {"Sigma": x["Sigma"], "n": x["n"], "d": size}))
    if least != claimed:
        return f"the loss at the inverse of Gamma is {least}, claimed {claimed}"
    for trial in _trials(size):
        for sign in (1, -1):
            if (lower := _missed(x, best + sign * trial)) < least:
                return (
                    f"the loss is {least} at the inverse of Gamma, and lower, {lower}, at {show(best + sign * trial)}"
                )
    return None


def forgetting_gains(formula: Any, x: Inputs) -> str | None:
    """The layer that answers ``Gamma^-1 b`` loses less than the best gradient step, by the value of the formula."""
    if nothing := _without_examples(x):
        return nothing
    size, kappa = len(x["Sigma"]), Fraction(x["kappa"])
    gamma = exactly(formulas["population-optimum.Gamma"], {"Sigma": x["Sigma"], "n": x["n"]})
    best = -solve(gamma, exact_eye(size))
    step = _loss(x, best, exact_eye(size), kappa)
    # With K13 = 0 the answer is w + Gamma^-1 b; the forgetful layer's lacks w, of mean square kappa d.
    forgetful = _loss(x, best, zeros(size, size), kappa) - kappa * size
    if step <= forgetful:
        return f"the forgetful layer loses {forgetful}, the best gradient step {step}"
    claimed = exactly(formula, {name: x[name] for name in (*formula.inputs, *formula.dimensions) if name in x})
    return None if step - forgetful == claimed else f"it gains {step - forgetful}, claimed {claimed}"
