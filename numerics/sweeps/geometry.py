"""Random geometries of grid points: prompts, targets and step sizes, batched, each point from its own stream.

The examples of both agents vanish on a common random kernel. Without a condition number they are Gaussian; with one,
their singular values are spaced geometrically. Targets have length 1. A stream yields the targets first, then the
kernel, then the examples of W and of U, so that common draws share what they can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.agents.prompts import Prompt
from numerics.sweeps.points import Points
from numerics.sweeps.settings import Settings
from numerics.validation import Array, Frozen

__all__ = ["Geometry", "draw"]


@dataclass(frozen=True, eq=False)
class Geometry(Frozen):
    """m pairs of prompts in the same dimension.

    Attributes
    ----------
    prompt_w, prompt_u : Prompt
        Batch shape (m,); labels fit the targets exactly.
    w_star, u_star : (m, d) ndarray
        Targets of length 1. Where a prompt has a kernel, its own least-norm target may differ.
    step_w, step_u : (m,) ndarray
        Step sizes.
    """

    prompt_w: Prompt
    prompt_u: Prompt
    w_star: Array
    u_star: Array
    step_w: Array
    step_u: Array


class _Stream:
    """Hands out the numbers of all points in order."""

    def __init__(self, numbers: Array) -> None:
        self._numbers, self._used = numbers, 0

    def take(self, rows: int, columns: int) -> Array:
        part = self._numbers[:, self._used : self._used + rows * columns]
        self._used += rows * columns
        return part.reshape(len(part), rows, columns)


def draw(points: Points, settings: Settings) -> Geometry:
    """Draw the geometries of points that share d, n, rank, kernel dimension and kind of examples."""
    d, n, rank, kernel = (int(a[0]) for a in (settings.d, settings.n, settings.rank, settings.kernel_dim))
    gaussian = bool(np.isnan(settings.condition[0]))
    mixed = not gaussian or rank < d - kernel
    design = rank * (n + (d - kernel if mixed else 0))
    stream = _Stream(points.normals(2 * d + (d * (d - kernel) if kernel else 0) + 2 * design))
    w_star, u_star = _targets(stream.take(2, d), settings.angle)
    complement = _rows(stream.take(d - kernel, d)) if kernel else None
    prompts = []
    for target in (w_star, u_star):
        X = stream.take(n, rank)
        if mixed:
            mixing = stream.take(rank, d - kernel)
            X = X @ mixing if gaussian else _conditioned(X, mixing, settings.condition)
        prompts.append(Prompt.from_target(X if complement is None else X @ complement, target))
    step_w, step_u = _step(prompts[0], settings.step_w), _step(prompts[1], settings.step_u)
    return Geometry(prompts[0], prompts[1], w_star, u_star, step_w, step_u)


def _rows(matrices: Array) -> Array:
    """Return orthonormal rows that span those of matrices (m, r, k), r <= k."""
    return np.asarray(np.linalg.qr(matrices.swapaxes(-1, -2))[0].swapaxes(-1, -2))


def _conditioned(left: Array, mixing: Array, condition: Array) -> Array:
    """Return examples (m, n, k) with singular values from sqrt(n) down to sqrt(n) / condition."""
    n, rank = left.shape[-2:]
    exponents = np.linspace(0.0, -1.0, rank)
    values = np.sqrt(n) * condition[:, None] ** exponents
    return np.asarray((np.linalg.qr(left)[0] * values[:, None, :]) @ _rows(mixing))


def _targets(numbers: Array, angle: Array) -> tuple[Array, Array]:
    """Return unit vectors (m, d) at the given angles (m,) in degrees; same and opposite ones exactly so."""
    from scipy.special import cosdg, sindg

    first, second = numbers[:, 0], numbers[:, 1]
    first = first / np.linalg.norm(first, axis=-1, keepdims=True)
    across = second - (first * second).sum(axis=-1, keepdims=True) * first
    # In one dimension nothing is across, and sin(angle) is 0.
    length = np.linalg.norm(across, axis=-1, keepdims=True) if first.shape[-1] > 1 else np.ones((len(first), 1))
    return first, cosdg(angle)[:, None] * first + sindg(angle)[:, None] * (across / length)


def _step(prompt: Prompt, factor: Array) -> Array:
    """Return step sizes whose product with the largest eigenvalue is `factor`; `factor` itself where nothing moves."""
    if not prompt.X.any():
        return np.array(factor, dtype=np.float64)
    return np.asarray(factor / np.linalg.eigvalsh(prompt.gram)[:, -1])
