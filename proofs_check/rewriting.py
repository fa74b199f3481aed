"""Agents that rewrite their prompts: what sections 6 to 8 need on the simulated side, in rationals.

An agent that declares a target writes the labels ``X target`` and moves through the same attention layer as before.
Nothing here uses a formula of the theory: matrices are found by moving basis vectors, declared targets by solving for
the labels with which the layer makes a given move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import LSAAgent, Prompt
from proofs_check.dynamics import invertible, turn_matrix
from proofs_check.geometries import Pair, exact_pair, rationals
from proofs_check.misalignment import orthogonal
from proofs_check.support import exact_eye, square, zeros

__all__ = [
    "agent",
    "alternates",
    "blind_to_gap",
    "declaring",
    "framed",
    "has_equilibrium",
    "linear_part",
    "retargeted",
    "seen",
    "targeted",
    "undoing",
    "wanted_target",
]

Array = NDArray[Any]


def agent(X: Array, y: Array, step: Any) -> LSAAgent:
    """Return the exact agent with these examples, labels and step size."""
    return LSAAgent(Prompt(X, y), np.array(Fraction(step), dtype=object))


def declaring(X: Array, target: Array, step: Any) -> LSAAgent:
    """Return the exact agent with these examples whose labels declare `target`."""
    return LSAAgent(Prompt.from_target(X, target), np.array(Fraction(step), dtype=object))


def seen(examples: Array, vector: Array) -> Array:
    """Return the part of `vector` in the span of the examples: the least-norm vector that answers them alike."""
    return Prompt.from_target(examples, vector).target


def retargeted(pair: Pair, w_star: Array, u_star: Array) -> Pair:
    """Return the pair with other targets, and labels that fit them."""
    return replace(pair, y_W=pair.X_W @ w_star, y_U=pair.X_U @ u_star, w_star=w_star, u_star=u_star)


def targeted(rng: np.random.Generator, **options: Any) -> Pair:
    """Draw an exact pair with known targets; options are those of `exact_pair`."""
    pair = exact_pair(rng, **options)
    return retargeted(pair, rationals(rng, pair.d), rationals(rng, pair.d))


def blind_to_gap(rng: np.random.Generator, pair: Pair) -> Pair:
    """Move U's target so that no example of U sees the gap."""
    goal, gap = pair.arguments()["w_star"], rationals(rng, pair.d)
    return retargeted(pair, goal, goal + gap - seen(pair.X_U, gap))


def framed(rng: np.random.Generator, d: int) -> tuple[Array, Array]:
    """Draw d examples along orthonormal directions, and those directions as columns.

    The principal directions of the prompt are then rational, and so are the eigenvalues of its Gram matrix.
    """
    frame = orthogonal(rng, d)
    lengths = np.array([Fraction(int(rng.integers(1, 7)), int(rng.integers(1, 4))) for _ in range(d)], dtype=object)
    return lengths[:, None] * frame.T, frame


def has_equilibrium(pair: Pair) -> bool:
    """Whether no direction is left where it is by a simulated turn, so that there is exactly one equilibrium."""
    return invertible(exact_eye(pair.d) - turn_matrix(pair))


def linear_part(move: Callable[[Array], Array], d: int) -> Array:
    """Find the matrix of an affine move by moving the basis vectors."""
    start = move(zeros(d))
    return np.stack([move(unit) - start for unit in exact_eye(d)], axis=-1)


def wanted_target(X: Array, step: Any, state: Array, wanted: Array) -> Array | None:
    """Find the least target to declare so that the layer moves `state` to `wanted`; None if there is none."""
    d = X.shape[1]

    def answer(target: Array) -> Array:
        return declaring(X, target, step).update(state)

    found: Array = Prompt(linear_part(answer, d), wanted - answer(zeros(d))).target
    return found if np.all(answer(found) == wanted) else None


def alternates(polynomial: list[Fraction], *, strictly: bool = False) -> bool:
    """Decide whether a real-rooted monic polynomial has no negative root, or (strictly) positive roots only."""
    signed = [(-1) ** i * c for i, c in enumerate(polynomial)]
    return all(c > 0 for c in signed) if strictly else all(c >= 0 for c in signed)


def undoing(rng: np.random.Generator, pair: Pair, share: Fraction) -> Pair | None:
    """Give W examples with which it undoes this share of the victim's pull on it; None where there is no pull.

    One example lies along the pull; in more than one dimension another is orthogonal to it.
    """
    given = pair.arguments()
    pull = pair.agent_u.update(given["w_star"]) - given["w_star"]
    size = square(pull)
    if size == 0:
        return None
    examples, other = [pull], rationals(rng, pair.d)
    other = other - (other @ pull) / size * pull
    if np.any(other != 0):
        while square(other) * share >= 2 * size:  # its own factor stays inside the box
            other = other / 2
        examples.append(other)
    X = np.stack(examples)
    step = share * len(X) / size
    return retargeted(replace(pair, X_W=X, eta_W=step), given["w_star"], given["u_star"])
