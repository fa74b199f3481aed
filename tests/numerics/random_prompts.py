"""Random prompts and step sizes, for sampling geometries: any rank, any condition number, any common kernel.

Randomness comes from the caller's ``numpy.random.Generator``. Exact prompts have small integers and
denominators so that simulations in rationals stay cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import numpy as np

from numerics import exact
from numerics.agents.prompts import Prompt
from numerics.errors import OptionError, ShapeError
from numerics.validation import Array, choice, count, real_array

__all__ = [
    "random_prompts",
    "random_rational_prompts",
    "random_step_sizes",
    "rational_orthogonal",
    "rational_prompt_with_singular_values",
]


def _checked_rank(rank: int | None, n: int, d: int, kernel_dim: int) -> int:
    most = min(n, d - kernel_dim)
    chosen = most if rank is None else count("rank", rank, minimum=0)
    if chosen > most:
        raise OptionError(f"rank must be <= min(n, d - kernel dimension) = min({n}, {d - kernel_dim}), got {chosen}")
    return chosen


def _checked_kernel(kernel: object, d: int, *, exact_entries: bool) -> Array:
    """Return the rows (k, d) that span the required kernel; no rows for None."""
    if kernel is None:
        return np.empty((0, d), dtype=object if exact_entries else np.float64)
    basis = real_array("kernel", kernel, exact=exact_entries)
    if basis.ndim != 2 or basis.shape[0] != d:
        raise ShapeError(f"kernel has shape {basis.shape}; expected (d, k) with d = {d}, one basis vector a column")
    return basis.T


def random_prompts(
    rng: np.random.Generator,
    batch: int | Sequence[int],
    n: int,
    d: int,
    *,
    rank: int | None = None,
    condition: float | None = None,
    scale: float = 1.0,
    kernel: object | None = None,
) -> Prompt:
    """Draw a batch of prompts in floating point, with labels of a standard normal target each.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    batch : int or sequence of int
        Batch shape; () for a single prompt.
    n, d : int
        Number of examples and dimension, >= 1; n < d is allowed.
    rank : int, optional
        Rank of X, from 0 to min(n, d - kernel dimension); the largest possible by default.
    condition : float, optional
        Ratio >= 1 of the largest to the smallest non-zero singular value of X, spaced geometrically. The
        default is a Gaussian X.
    scale : float
        Factor > 0 on X.
    kernel : (d, k) array_like, optional
        Vectors that X maps to zero: draw two batches with the same kernel for pairs with a common one.

    Raises
    ------
    OptionError, ShapeError
    """
    size, features = count("n", n, minimum=1), count("d", d, minimum=1)
    if not (np.isfinite(scale) and scale > 0):
        raise OptionError(f"scale must be finite and > 0, got {scale!r}")
    if condition is not None and not (np.isfinite(condition) and condition >= 1):
        raise OptionError(f"condition must be finite and >= 1, got {condition!r}")
    rows = _checked_kernel(kernel, features, exact_entries=False)
    values, right = np.linalg.svd(rows)[1:] if len(rows) else (np.empty(0), np.eye(features))
    kernel_dim = int((values > features * np.finfo(np.float64).eps * values[:1]).sum()) if len(rows) else 0
    complement = right[kernel_dim:]
    r = _checked_rank(rank, size, features, kernel_dim)
    shape = (batch,) if isinstance(batch, int) else tuple(batch)
    left = rng.standard_normal((*shape, size, r))
    mixing = rng.standard_normal((*shape, r, len(complement)))
    if condition is not None and r:
        left = np.linalg.qr(left)[0]
        mixing = np.linalg.qr(mixing.swapaxes(-1, -2))[0].swapaxes(-1, -2)
        left = left * (np.sqrt(size) * np.geomspace(1.0, 1.0 / condition, r))
    elif r == len(complement) and r:
        # A product with an orthogonal matrix leaves a Gaussian X Gaussian.
        mixing = np.broadcast_to(np.eye(r), mixing.shape)
    X = scale * (left @ mixing @ complement)
    return Prompt.from_target(X, rng.standard_normal((*shape, features)))


def _small_rationals(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    numerators, denominators = rng.integers(-3, 4, shape), rng.integers(1, 4, shape)
    result = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        result[index] = Fraction(int(numerators[index]), int(denominators[index]))
    return result


def random_rational_prompts(
    rng: np.random.Generator,
    n: int,
    d: int,
    *,
    rank: int | None = None,
    batch: Sequence[int] = (),
    kernel: object | None = None,
) -> Prompt:
    """Draw a batch of exact prompts of exactly the given rank, with labels of a rational target each.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    n, d : int
        Number of examples and dimension, >= 1; n < d is allowed.
    rank : int, optional
        Rank of X, from 0 to min(n, d - kernel dimension); the largest possible by default.
    batch : sequence of int
        Batch shape.
    kernel : (d, k) array_like of int or Fraction, optional
        Vectors that X maps to zero.

    Raises
    ------
    OptionError, ShapeError, ExactnessError
    """
    size, features = count("n", n, minimum=1), count("d", d, minimum=1)
    rows = _checked_kernel(kernel, features, exact_entries=True)
    complement = exact.nullspace(rows).T if len(rows) else _unit(features)
    r = _checked_rank(rank, size, features, features - len(complement))
    X = np.empty((*batch, size, features), dtype=object)
    for index in np.ndindex(*batch):
        X[index] = Fraction(0)
        while r and int(exact.rank(X[index])) != r:
            left = _small_rationals(rng, (size, r))
            # Full rank needs no second factor; fewer factors keep the rationals small.
            full = r == len(complement)
            X[index] = left @ (complement if full else _small_rationals(rng, (r, len(complement))) @ complement)
    return Prompt.from_target(X, _small_rationals(rng, (*batch, features)))


def _unit(size: int) -> Array:
    return real_array("identity", np.eye(size, dtype=np.int64).astype(object))


def rational_orthogonal(rng: np.random.Generator, d: int, *, reflections: int = 1) -> Array:
    """Draw an exact orthogonal matrix (d, d): a product of rational Householder reflections."""
    result = _unit(count("d", d, minimum=1))
    for _ in range(count("reflections", reflections, minimum=0)):
        v = np.zeros(d, dtype=np.int64)
        while not v.any():
            v = rng.integers(-2, 3, d)
        normal = real_array("v", v.astype(object))
        result = result - 2 * np.outer(normal, normal @ result) / (normal @ normal)
    return result


def rational_prompt_with_singular_values(
    rng: np.random.Generator, n: int, d: int, singular_values: Sequence[int | Fraction]
) -> Prompt:
    """Draw an exact prompt whose design matrix has the given singular values (and zeros).

    The largest eigenvalue of its Gram matrix is the rational ``max(singular_values)^2 / n``, so that step
    sizes can be put exactly on the edge of the box ``step_size * lambda_max < 2``.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    n, d : int
        Number of examples and dimension, >= 1.
    singular_values : sequence of int or Fraction
        At most min(n, d) of them, >= 0.

    Raises
    ------
    OptionError
    """
    size, features = count("n", n, minimum=1), count("d", d, minimum=1)
    values = real_array("singular_values", np.array([*singular_values, None], dtype=object)[:-1])
    if len(values) > min(size, features) or (values < 0).any():
        raise OptionError(
            f"singular_values must be at most min(n, d) = {min(size, features)} numbers >= 0, got {singular_values!r}"
        )
    r = len(values)
    left, right = rational_orthogonal(rng, size)[:, :r], rational_orthogonal(rng, features)[:r]
    return Prompt.from_target((left * values) @ right, _small_rationals(rng, (features,)))


def random_step_sizes(
    rng: np.random.Generator, prompt: Prompt, region: Literal["inside", "edge", "outside"] = "inside"
) -> Array:
    """Draw a step size for each geometry, placed relative to the box ``step_size * lambda_max(S) < 2``.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    prompt : Prompt
        The geometries. Where S = 0 every step size is inside the box.
    region : {"inside", "edge", "outside"}
        ``step_size * lambda_max`` in (0, 2), equal to 2 (up to rounding), or in (2, 4).

    Returns
    -------
    (...) ndarray
        Floats; Fractions for an exact prompt, where the trace and the largest diagonal entry of S stand in
        for its largest eigenvalue: "inside" and "outside" hold exactly, "edge" needs rank 1.

    Raises
    ------
    OptionError
        For a zero geometry asked to be on the edge or outside, or an exact edge at rank > 1.
    """
    choice("region", region, ("inside", "edge", "outside"))
    if region != "inside" and (np.asarray(prompt.rank) == 0).any():
        raise OptionError(f'region="{region}" needs Gram matrices that are not zero')
    if not prompt.exact:
        largest = np.linalg.eigvalsh(prompt.gram)[..., -1]
        factor = {"inside": (0.05, 1.95), "edge": (2.0, 2.0), "outside": (2.05, 4.0)}[region]
        drawn = rng.uniform(*factor, size=largest.shape)
        return np.divide(drawn, largest, out=np.array(drawn, copy=True), where=largest > 0)
    if region == "edge" and (np.asarray(prompt.rank) > 1).any():
        raise OptionError(
            'region="edge" of an exact prompt needs rank 1, where lambda_max is rational; '
            "for more use rational_prompt_with_singular_values"
        )
    diagonals = np.diagonal(prompt.gram, axis1=-2, axis2=-1)
    bounds = diagonals.max(axis=-1) if region == "outside" else diagonals.sum(axis=-1)
    bounds = np.asarray(bounds, dtype=object)
    steps = np.empty(bounds.shape, dtype=object)
    for index in np.ndindex(bounds.shape):
        low, high = {"inside": (1, 16), "edge": (16, 17), "outside": (17, 33)}[region]
        steps[index] = Fraction(int(rng.integers(low, high)), 8) / (bounds[index] or 1)
    return steps
