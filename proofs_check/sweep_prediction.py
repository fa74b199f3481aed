"""What the theory says of every point of a sweep, beside what the simulation did.

The residuals of both agents come from the formulas biased-equilibrium where the turn has one fixed point, and from
singular-equilibrium elsewhere; both need a pair that converges. Their distances from the simulated residuals are held
against the bound of `proofs_check.sweep_bounds`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import LSAAgent
from numerics.sweep_outcome import Outcome
from numerics.sweep_variables import Observable, Variable
from proofs_check.sweep_bounds import batch_bounds
from theory import formulas

__all__ = ["AGREEMENT", "PREDICTION"]

Array = NDArray[Any]
#: Codes of the variable ``agreement``.
AGREEMENT = ("outside_bound", "within_bound", "no_bound", "not_predicted")
_OUTSIDE, _WITHIN, _NO_BOUND, _NOT_PREDICTED = range(4)


def _predict(outcome: Outcome) -> dict[str, Array]:
    m = len(outcome)
    found: dict[str, Array] = {name: np.full(m, np.nan) for name in _VARIABLES}
    found["agreement"] = np.full(m, _NOT_PREDICTED)
    w, u, known = outcome.pair.agent_w, outcome.pair.agent_u, outcome.linear
    if known is None or not (isinstance(w, LSAAgent) and isinstance(u, LSAAgent)):
        return found
    if w.step_size is None or u.step_size is None or outcome.w_star is None or outcome.u_star is None:
        return found
    predicted = np.asarray(known.converges & ~outcome.overflowed)
    start = known.start[:, : outcome.pair.d]
    data = {
        "S_W": w.prompt.gram,
        "S_U": u.prompt.gram,
        "eta_W": w.step_size,
        "eta_U": u.step_size,
        "w_star": outcome.w_star,
        "u_star": outcome.u_star,
        "w_0": start,
    }
    inputs = {name: _spread(value, m, _AXES[name]) for name, value in data.items()}
    for which, theorem in ((known.unique, "biased-equilibrium"), (~known.unique, "singular-equilibrium")):
        chosen = np.flatnonzero(predicted & which)
        if not len(chosen):
            continue
        given = {name: value[chosen] for name, value in inputs.items()}
        for agent, part, state, target in (("w", "e", outcome.w, "w_star"), ("u", "f", outcome.u, "u_star")):
            residual = np.asarray(formulas[f"{theorem}.{part}"].numpy(**given))
            simulated = state[chosen] - given[target]
            found[f"predicted_residual_{agent}"][chosen] = np.linalg.norm(residual, axis=-1)
            found[f"formula_error_{agent}"][chosen] = np.linalg.norm(residual - simulated, axis=-1)
            found[f"formula_bound_{agent}"][chosen] = np.inf
        if theorem == "biased-equilibrium":
            _bound(found, chosen, given, _spread(w.prompt.X, m, 2), _spread(u.prompt.X, m, 2), outcome)
        found["agreement"][chosen] = _agreement(found, chosen)
    return found


_AXES = {"S_W": 2, "S_U": 2, "eta_W": 0, "eta_U": 0, "w_star": 1, "u_star": 1, "w_0": 1}


def _spread(value: Array, m: int, axes: int) -> Array:
    return np.broadcast_to(value, (m, *value.shape[value.ndim - axes :]))


def _bound(
    found: dict[str, Array], chosen: Array, given: dict[str, Array], X_W: Array, X_U: Array, outcome: Outcome
) -> None:
    # Eigenvalues of symmetric matrices err by less than 10 d eps times the largest.
    slack = 1 - 10 * X_W.shape[-1] * np.finfo(np.float64).eps
    if outcome.settings is not None:
        largest = [outcome.settings.step_w[chosen], outcome.settings.step_u[chosen]]
    else:
        largest = [np.linalg.eigvalsh(given[f"S_{agent}"])[:, -1] * given[f"eta_{agent}"] for agent in "WU"]
    bounds = batch_bounds(
        (X_W[chosen], given["w_star"], given["eta_W"]),
        (X_U[chosen], given["u_star"], given["eta_U"]),
        given["w_0"],
        outcome.turns,
        (largest[0] < 2 * slack) & (largest[1] < 2 * slack),
    )
    found["formula_bound_w"][chosen], found["formula_bound_u"][chosen] = bounds.w, bounds.u


def _agreement(found: dict[str, Array], chosen: Array) -> Array:
    error = np.stack([found[f"formula_error_{agent}"][chosen] for agent in "wu"])
    bound = np.stack([found[f"formula_bound_{agent}"][chosen] for agent in "wu"])
    verdict = np.where((error <= bound).all(axis=0), _WITHIN, _OUTSIDE)
    return np.where(np.isfinite(bound).all(axis=0), verdict, _NO_BOUND)


_VARIABLES = {
    f"{name}_{agent.lower()}": Variable(text.format(agent))
    for name, text in (
        ("predicted_residual", "residual of {} by the formula of the theory"),
        ("formula_error", "distance of the formula from the simulated residual of {}"),
        ("formula_bound", "what rounding and the finite run can explain of that distance, for {}"),
    )
    for agent in "WU"
} | {"agreement": Variable("whether formula and simulation agree within the bounds", flags=AGREEMENT)}

PREDICTION = Observable(_predict, _VARIABLES)
