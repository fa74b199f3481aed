"""What the theory says of every point of a sweep, beside what the simulation did.

The residuals of both agents come from the formulas biased-equilibrium where the turn has one fixed point, and from
singular-equilibrium elsewhere; both need a pair that converges. Their distances from the simulated residuals are held
against the bounds of `batch_bounds`.

Bounds on |formula - simulated last state| over a batch of drawn pairs, in the terms of `instruments.bounds`:

Both sides start from the same examples X, targets and step sizes; Gram matrices, labels and moments are rounded. For a
pair inside the stability box with M = P + Q - PQ invertible the difference has three parts.

What T turns leave of the start
    at most ``||(AB)^T|| |w_0 - w_inf|``, and ``|w_0 - w_inf| <= ||M^-1|| |w_1 - w_0|``. U's last state is one move
    after T - 1 turns.
Rounding of the formula
    a product of matrices and one solve, as in `instruments.bounds`; N is the transpose of M, so that
    ``||N^-1|| = ||M^-1||``.
Rounding of the simulation
    whichever way the affine map of one turn, ``w -> w - M w + c``, is propagated. Let r and s bound the errors of the
    computed M and c. Powers of AB have spectral norm at most 1, so their displacements D_m = (AB)^m - I have Frobenius
    norm at most ``2 sqrt(d)``, and offsets c_m and states have norm at most ``R = 2 (|w_0| + |w_0 - w_inf|)``. Forming
    ``D_m (D_m + 2 I)`` rounds by at most ``p = 6 d gamma(d + 3)``, hence an error of D_m of at most ``m (r + p)``. The
    offset ``c_2m = 2 c_m + D_m c_m`` then errs by at most ``m s + m (1 + log2(m) / 2) (r + p) R``, and adding powers
    for the bits of T to a state by at most ``T s + T (2 + log2(T) / 2) (r + p) R`` in all. Turns made one by one err
    by less. The factor 2 covers terms of second order, for ``T (2 + log2 T / 2) (r + p) <= 1/16``; beyond, and outside
    the box, nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics import LSAAgent
from numerics.sweeps.outcome import Outcome
from numerics.sweeps.variables import Observable, Variable
from numerics.validation import Array
from proofs_check.instruments.bounds import Known, gamma, identity, inverse_norm, known, norm
from proofs_check.predictions.rest import formula_inputs, residuals, theorem_for

__all__ = ["AGREEMENT", "PREDICTION"]


@dataclass(frozen=True)
class BatchBounds:
    """Bounds on the Euclidean distance of predicted and simulated residuals; infinite where nothing is known.

    Attributes
    ----------
    w, u : ndarray of shape (m,)
    """

    w: Array
    u: Array


@dataclass(frozen=True)
class _Agent:
    """``step S``, the offset of the agent's move, and ``I - step S``."""

    strength: Known
    offset: Known
    rest: Known


def batch_bounds(
    w: tuple[Array, Array, Array], u: tuple[Array, Array, Array], w_0: Array, turns: int, inside: NDArray[np.bool_]
) -> BatchBounds:
    """Bound the distance of biased-equilibrium.e and .f from the last states of runs.

    Parameters
    ----------
    w : tuple of examples (m, n, d), target (m, d), step size (m,)
        Of W.
    u : tuple of the same
        Of U.
    w_0 : ndarray of shape (m, d)
        Starts.
    turns : int
        Length T >= 1 of the runs.
    inside : ndarray of shape (m,)
        Whether both steps lie inside the stability box.
    """
    d = w_0.shape[-1]
    first, second = _agent(*u), _agent(*w)
    P, Q, A, B = second.strength, first.strength, second.rest, first.rest
    M = P + Q - P @ Q
    c = first.offset + second.offset - P @ first.offset
    start = known(w_0[..., None])
    moved = c - M @ start
    inverse = inverse_norm(M)
    distance = inverse * (norm(moved.value) + moved.error)
    reach = 2.0 * (start.norm + distance)
    growth = turns * (2.0 + 0.5 * np.log2(turns)) * (M.error + 6 * d * gamma(d + 3))
    simulation = 2.0 * (turns * c.error + growth * reach)
    gap = known(u[1][..., None]) - known(w[1][..., None])
    contraction = A @ B
    found = []
    for right, left in ((A @ (Q @ gap), turns), (B @ (P @ gap), turns - 1)):
        total = _solved(inverse, M, right) + simulation + contraction.power(left).norm * distance
        found.append(np.where(inside & (growth <= 1 / 16) & np.isfinite(distance), total, np.inf))
    return BatchBounds(*found)


def _agent(X: Array, target: Array, step: Array) -> _Agent:
    n, d = X.shape[-2:]
    examples = known(X)
    strength = (examples.T @ examples).scaled(1.0 / n).scaled(step)
    labels = examples @ known(target[..., None])
    return _Agent(strength, (examples.T @ labels).scaled(1.0 / n).scaled(step), identity(d) - strength)


def _solved(inverse: Array, matrix: Known, right: Known) -> Array:
    """Error of a solution by elimination, as in `instruments.bounds.solve`, for a known norm of the inverse."""
    d = matrix.value.shape[-1]
    backward = matrix.error + d**3 * gamma(3 * d) * 2.0 ** (d - 1) * matrix.computed
    with np.errstate(invalid="ignore", over="ignore"):
        error = inverse * (backward * inverse * right.norm + right.error) / (1.0 - inverse * backward)
    return np.asarray(np.where(inverse * backward < 0.5, error, np.inf))


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
    data = formula_inputs(w, u, start, w_star=outcome.w_star, u_star=outcome.u_star)
    inputs = {name: _spread(value, m, _AXES[name]) for name, value in data.items()}
    for unique in (True, False):
        chosen = np.flatnonzero(predicted & (known.unique == unique))
        if not len(chosen):
            continue
        given = {name: value[chosen] for name, value in inputs.items()}
        at_w, at_u = residuals(theorem_for(unique=unique), given)
        for agent, residual, state, target in (("w", at_w, outcome.w, "w_star"), ("u", at_u, outcome.u, "u_star")):
            simulated = state[chosen] - given[target]
            found[f"predicted_residual_{agent}"][chosen] = np.linalg.norm(residual, axis=-1)
            found[f"formula_error_{agent}"][chosen] = np.linalg.norm(residual - simulated, axis=-1)
            found[f"formula_bound_{agent}"][chosen] = np.inf
        if unique:
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
