"""Label attacks with a binding budget: convex constrained least squares, by SciPy.

Minimise ``|e(s)|``, ``e(s) = e_0 + G s``, over label changes s in a Euclidean ball or a box. Whether the answer is
optimal is not decided here but by the certificate of the attack (weak duality).
"""

from __future__ import annotations

import numpy as np

from numerics.attack_problem import LabelProblem
from numerics.attacks import Budget, norm
from numerics.errors import ExactnessError
from numerics.spectrum import EPS
from numerics.validation import Array

__all__ = ["within_budget"]


def within_budget(problem: LabelProblem, change: Array, feasible: bool, budget: Budget) -> tuple[Array, bool]:
    """Return the label change (n,) of least error within the budget, and whether that error is zero.

    Parameters
    ----------
    problem : LabelProblem
        What labels can do.
    change, feasible
        The solution without a budget.
    budget : ("l2" | "box", radius)
        The limit on the change.

    Raises
    ------
    ExactnessError
        When the budget binds in exact mode.
    """
    kind, radius = budget
    if bool(change @ change <= radius * radius) if kind == "l2" else bool((abs(change) <= radius).all()):
        return change, feasible
    if radius == 0:
        return 0 * change, False
    if problem.exact:
        raise ExactnessError(
            f'the budget ("{kind}", {radius}) binds (the best label change has norm {norm(change):.6g}): its solution '
            f"is not rational in general; pass floats"
        )
    e0 = problem.error(0 * change)
    best = _ball(problem.G, e0, radius) if kind == "l2" else _box(problem.G, e0, radius)
    if kind == "l2" or not feasible:
        return best, False
    # A box may contain labels that reach the goal although those of least norm are outside.
    left = norm(problem.drift + problem.C @ best)
    terms = problem.rounding + 20 * problem.size * EPS * float(np.linalg.norm(problem.C, 2)) * norm(best)
    return best, left <= terms


def _ball(G: Array, e0: Array, radius: float) -> Array:
    """Trust-region subproblem: ``s = -V S / (S^2 + x) U^T e0`` with x > 0 such that ``|s| = radius``."""
    from scipy.optimize import brentq

    left, values, right = np.linalg.svd(G, full_matrices=False)
    parts = values * (left.T @ e0)
    shift = values**2 / values[0] ** 2

    def labels(x: float) -> Array:
        weight = np.divide(parts, values[0] ** 2 * (shift + x), out=np.zeros_like(parts), where=parts != 0)
        return np.asarray(-right.T @ weight)

    top = norm(parts) / (radius * values[0] ** 2)
    root = brentq(lambda x: 1 / norm(labels(x)) - 1 / radius, 1e-300, 2 * top, xtol=1e-300, rtol=4 * EPS, maxiter=500)
    best = labels(root)
    return best * min(1.0, radius / norm(best))


def _box(G: Array, e0: Array, radius: float) -> Array:
    from scipy.optimize import lsq_linear

    scale = float(np.linalg.norm(G, 2)) * radius
    solution = lsq_linear(
        G * (radius / scale), -e0 / scale, bounds=(-1.0, 1.0), method="bvls", tol=1e-15, max_iter=1000
    )
    return np.clip(solution.x, -1.0, 1.0) * radius  # type: ignore[no-any-return]
