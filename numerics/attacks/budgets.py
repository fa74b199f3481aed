"""Label attacks within a budget: convex least squares over a ball or a box, and labels that keep to it in floats.

Minimise ``|e(s)|``, ``e(s) = e_0 + G s``, over label changes s with ``|s| <= radius`` ("l2", by Newton's method on the
secular equation of the trust region) or with all ``|s_i| <= radius`` ("box", by SciPy's active set). Whether the answer
is optimal is not decided here but by the certificate of the attack (weak duality). What is returned keeps to the budget
as it is written: ``labels - honest labels``, computed in doubles in whatever order, is within the radius.
"""

from __future__ import annotations

import numpy as np

from numerics.attacks.attack import Budget
from numerics.attacks.problem import LabelProblem
from numerics.errors import ExactnessError
from numerics.exact import norm
from numerics.validation import EPS, Array

__all__ = ["length", "within_budget"]

#: Beyond this ratio of the error to what the budget can move, its square is lost: the first order decides.
_FIRST_ORDER = 1e15


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
    if problem.exact:
        loose = change @ change <= radius * radius if kind == "l2" else (abs(change) <= radius).all()
        if bool(loose) or radius == 0:
            return (change, feasible) if bool(loose) else (0 * change, False)
        raise ExactnessError(
            f'the budget ("{kind}", {radius}) binds (the best label change has norm {norm(change):.6g}): its solution '
            f"is not rational in general; pass floats"
        )
    honest = problem.start.y
    if _keeps(honest, change, kind, radius):
        return change, feasible
    if radius == 0:
        return 0 * change, False
    e0 = problem.error(0 * change)
    best = (_ball if kind == "l2" else _box)(problem.G, e0, float(radius))
    best = _written(honest, best, kind, float(radius))
    if kind == "l2" or not feasible:
        return best, False
    # A box may contain labels that reach the goal although those of least norm are outside.
    return best, norm(problem.drift + problem.C @ best) <= problem.rounding_with(best)


def length(vector: Array) -> float:
    """Return the Euclidean norm without overflow or underflow of squares."""
    largest = float(abs(vector).max(initial=0.0))
    return largest * norm(vector / largest) if 0 < largest < np.inf else largest


def _keeps(honest: Array, change: Array, kind: str, radius: float) -> bool:
    """Whether a change keeps to the budget, also as the difference of the labels written and the honest ones."""
    moves = (change, (honest + change) - honest)
    if kind == "box":
        return all(bool((abs(move) <= radius).all()) for move in moves)
    # Sums of squares in another order differ by as much.
    return all(length(move) * (1 + (len(change) + 4) * EPS) <= radius for move in moves)


def _written(honest: Array, change: Array, kind: str, radius: float) -> Array:
    """Return nearly the same change, such that the labels to be written keep to the budget: rounded inwards."""
    shrink = (len(change) + 8) * EPS
    for _ in range(60):
        labels = honest + change
        outwards = abs(labels - honest) > abs(change)
        labels = np.where(outwards, np.nextafter(labels, honest), labels)
        moved = labels - honest
        if _keeps(honest, moved, kind, radius):
            return moved
        change, shrink = change * (1 - shrink), 2 * shrink
    return 0 * change


def _ball(G: Array, e0: Array, radius: float) -> Array:
    """Trust-region subproblem: ``s = -V S / (S^2 + x) U^T e0`` with x > 0 such that ``|s| = radius``.

    ``1 / |s(x)|`` is concave, so that Newton's method rises to the root from every point below it.
    """
    left, values, right = np.linalg.svd(G, full_matrices=False)
    shift, parts = (values / values[0]) ** 2, (values / values[0]) * (left.T @ e0) / values[0]
    first = length(parts)
    if first > _FIRST_ORDER * radius:
        return np.asarray(-right.T @ (parts / first * radius))
    moving = parts != 0
    shift, parts, right = shift[moving], parts[moving], right[moving]
    # No part alone can be longer than all of them: x lies above each of these.
    x = float((abs(parts) / radius - shift).max(initial=0.0))
    weights = parts / (shift + x)
    for _ in range(200):
        size = length(weights)
        if not size > radius:
            break
        slope = float(((weights / size) ** 2 / (shift + x)).sum())
        further = x + (size / radius - 1) / slope
        if not further > x:
            break
        x = further
        weights = parts / (shift + x)
    return np.asarray(-right.T @ weights) * (radius / max(radius, length(weights)))


def _box(G: Array, e0: Array, radius: float) -> Array:
    from scipy.optimize import lsq_linear

    largest = float(abs(G).max())
    scaled, far = G / largest, e0 / largest
    if length(far) > _FIRST_ORDER * radius:
        return np.asarray(-radius * np.sign(scaled.T @ (far / length(far))))
    solution = lsq_linear(scaled, -far / radius, bounds=(-1.0, 1.0), method="bvls", tol=1e-15, max_iter=1000)
    return np.asarray(solution.x * radius)
