"""Random geometries: pairs of prompts, in exact rationals one at a time, or in floats as a batch.

Exact pairs cover what is valid, not what is likely: every rank from 0 to d, fewer examples than dimensions, common
kernels, repeated examples, noisy labels, tiny and huge scales, steps inside and outside the stability box.

Floating-point batches hold dyadic numbers with few bits and a number of examples that is a power of two, so that labels
``y = X w*`` and Gram matrices ``X^T X / n`` are computed without rounding: the data of the two sides are exactly
the same, and every difference between prediction and simulation is a rounding error of one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, LSAAgent, Prompt
from numerics.validation import Array

__all__ = ["Pair", "dyadic", "dyadic_pair", "exact_pair", "rational", "rationals", "singular_dyadic_pair"]


@dataclass(frozen=True)
class Pair:
    """Two prompts, two step sizes and a start; exact (object arrays) or a batch of floats.

    Attributes
    ----------
    X_W, X_U : ndarray of shape (..., n, d)
    y_W, y_U : ndarray of shape (..., n)
    eta_W, eta_U : Fraction, or ndarray of shape (...)
    w_0 : ndarray of shape (..., d)
    w_star, u_star : ndarray of shape (..., d), optional
        Targets where they are known without computation; otherwise `numerics` computes them from the labels.
    """

    X_W: Array
    y_W: Array
    X_U: Array
    y_U: Array
    eta_W: Any
    eta_U: Any
    w_0: Array
    w_star: Array | None = None
    u_star: Array | None = None

    @property
    def d(self) -> int:
        """Dimension."""
        return int(self.X_W.shape[-1])

    @property
    def agent_w(self) -> LSAAgent:
        """The agent W."""
        return LSAAgent(Prompt(self.X_W, self.y_W), _step(self.eta_W))

    @property
    def agent_u(self) -> LSAAgent:
        """The agent U."""
        return LSAAgent(Prompt(self.X_U, self.y_U), _step(self.eta_U))

    @property
    def interaction(self) -> Interaction:
        """The two agents, taking turns."""
        return Interaction(self.agent_w, self.agent_u)

    def swapped(self) -> Pair:
        """Return the pair with the roles of the agents exchanged."""
        return Pair(self.X_U, self.y_U, self.X_W, self.y_W, self.eta_U, self.eta_W, self.w_0, self.u_star, self.w_star)

    def arguments(self) -> dict[str, Any]:
        """Return the inputs of the formulas: Gram matrices, step sizes, targets and the start."""
        w, u = Prompt(self.X_W, self.y_W), Prompt(self.X_U, self.y_U)
        return {
            "S_W": w.gram,
            "S_U": u.gram,
            "eta_W": self.eta_W,
            "eta_U": self.eta_U,
            "w_star": w.target if self.w_star is None else self.w_star,
            "u_star": u.target if self.u_star is None else self.u_star,
            "w_0": self.w_0,
        }

    def shown(self) -> dict[str, Any]:
        """Return the data, for display."""
        return {name: getattr(self, name) for name in ("X_W", "y_W", "X_U", "y_U", "eta_W", "eta_U", "w_0")}


def _step(value: Any) -> Array:
    return np.array(value, dtype=object) if isinstance(value, Fraction) else np.asarray(value)


# Exact pairs --------------------------------------------------------------------------------------------------


def rational(rng: np.random.Generator, largest: int = 4) -> Fraction:
    """Draw a small rational number, zero included."""
    return Fraction(int(rng.integers(-largest, largest + 1)), int(rng.integers(1, 4)))


def rationals(rng: np.random.Generator, *shape: int) -> Array:
    """Draw an object array of small rationals."""
    entries = np.empty(int(np.prod(shape)), dtype=object)
    entries[:] = [rational(rng) for _ in range(entries.size)]
    return entries.reshape(shape)


def _design(rng: np.random.Generator, n: int, rank: int, frame: Array) -> Array:
    """Draw n examples that span at most `rank` dimensions of the row space of `frame` (r x d)."""
    span = min(rank, frame.shape[0])
    if span == 0:
        return np.full((n, frame.shape[1]), Fraction(0), dtype=object)
    mixing = rationals(rng, span, frame.shape[0])
    examples = np.asarray(rationals(rng, n, span) @ mixing @ frame, dtype=object)
    if n > 1 and rng.random() < 0.1:
        examples[-1] = examples[0]
    scale = Fraction(int(rng.choice([1, 1, 1, 1000])), int(rng.choice([1, 1, 1, 1000])))
    return np.asarray(examples * scale, dtype=object)


def _exact_step(rng: np.random.Generator, X: Array, inside: bool) -> Fraction:
    """Draw a step; `inside` bounds the trace of ``eta S``, hence its largest eigenvalue, strictly below 2."""
    trace = sum((entry * entry for entry in X.ravel()), Fraction(0)) / X.shape[0]
    factor = Fraction(int(rng.integers(1, 16)), 8) if inside else Fraction(int(rng.integers(1, 40)), 8)
    return factor / trace if trace else factor


def exact_pair(
    rng: np.random.Generator,
    *,
    dimensions: tuple[int, ...] = (1, 2, 2, 3),
    inside: bool | None = None,
    full_rank: bool = False,
    common_kernel: bool | None = None,
) -> Pair:
    """Draw an exact pair.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    dimensions : tuple of int
        Values of d to draw from.
    inside : bool, optional
        Whether both steps lie inside the stability box; drawn (3 in 4 inside) if not given.
    full_rank : bool
        Whether both prompts span all dimensions (up to coincidence).
    common_kernel : bool, optional
        Whether both prompts live in one proper subspace; drawn (1 in 4) if not given.
    """
    d = int(rng.choice(dimensions))
    inside = bool(rng.random() < 0.75) if inside is None else inside
    shared = (not full_rank and rng.random() < 0.25) if common_kernel is None else common_kernel
    frame = rationals(rng, d - 1, d) if shared else np.vectorize(Fraction, otypes=[object])(np.eye(d, dtype=int))
    prompts: list[tuple[Array, Array]] = []
    for _ in range(2):
        n = d + int(rng.integers(1, 3)) if full_rank else int(rng.integers(1, d + 3))
        rank = d if full_rank else int(rng.integers(0, d + 1))
        X = _design(rng, n, rank, frame)
        # Labels that fit a target, or any labels at all: the theory holds for both.
        y = np.asarray(X @ rationals(rng, d), dtype=object) if rng.random() < 0.5 else rationals(rng, n)
        prompts.append((X, y))
    (X_W, y_W), (X_U, y_U) = prompts
    eta_W, eta_U = _exact_step(rng, X_W, inside), _exact_step(rng, X_U, inside)
    return Pair(X_W, y_W, X_U, y_U, eta_W, eta_U, rationals(rng, d))


# Floating-point batches -----------------------------------------------------------------------------------------


def dyadic(rng: np.random.Generator, *shape: int, bits: int = 5) -> Array:
    """Draw multiples of 2**-3 of modulus at most 2**(bits-3): products and sums of a few are exact."""
    return rng.integers(-(2**bits), 2**bits + 1, size=shape) / 8.0


def dyadic_pair(rng: np.random.Generator, count: int, d: int, *, box: tuple[float, float] = (0.1, 1.9)) -> Pair:
    """Draw a batch of pairs with full-rank prompts, almost surely.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    count : int
        Size of the batch.
    d : int
        Dimension.
    box : pair of float
        Range of the largest eigenvalues of ``eta_W S_W`` and ``eta_U S_U``.
    """
    n = _examples(d)
    first, second = (_dyadic_prompt(rng, dyadic(rng, count, n, d), box) for _ in range(2))
    return _dyadic_pair(first, second, dyadic(rng, count, d))


def singular_dyadic_pair(
    rng: np.random.Generator, count: int, rank: int, d: int, *, box: tuple[float, float] = (0.1, 1.9)
) -> tuple[Pair, Array]:
    """Draw a batch of pairs whose examples span at most `rank` of d directions, other ones in each sample.

    In some samples one of the agents, W or U, misses one more direction.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    count : int
        Size of the batch.
    rank : int
        At least 1.
    d : int
        Dimension, at least `rank`.
    box : pair of float
        As for `dyadic_pair`.

    Returns
    -------
    pair : Pair
    frames : ndarray of shape (count, rank, d)
        Whole numbers: the examples lie in the span of the rows, and almost surely span it together.
    """
    n, frames = _examples(rank), rng.integers(-1, 2, size=(count, rank, d)).astype(np.float64)
    misses = rng.integers(0, 4, size=count) if rank > 1 else np.full(count, 2)
    prompts = []
    for agent in range(2):
        coordinates = dyadic(rng, count, n, rank)
        coordinates[misses == agent, :, 0] = 0.0
        prompts.append(_dyadic_prompt(rng, coordinates @ frames, box))
    w, u = prompts
    return _dyadic_pair(w, u, dyadic(rng, count, d)), frames


def _examples(rank: int) -> int:
    """A power of two, by which Gram matrices are divided without rounding."""
    return int(2 ** int(np.ceil(np.log2(2 * rank + 1))))


def _dyadic_prompt(rng: np.random.Generator, X: Array, box: tuple[float, float]) -> tuple[Array, Array, Array, Array]:
    """Draw a target and a step inside the box for these examples; return them, labels, steps and targets."""
    count, n, d = X.shape
    target = dyadic(rng, count, d)
    y = (X @ target[..., None])[..., 0]
    largest = np.linalg.eigvalsh(X.swapaxes(-1, -2) @ X / n)[:, -1]
    return X, y, rng.uniform(*box, size=count) / np.where(largest > 0, largest, 1.0), target


def _dyadic_pair(w: tuple[Array, ...], u: tuple[Array, ...], start: Array) -> Pair:
    (X_W, y_W, eta_W, w_star), (X_U, y_U, eta_U, u_star) = w, u
    return Pair(X_W, y_W, X_U, y_U, eta_W, eta_U, start, w_star, u_star)
