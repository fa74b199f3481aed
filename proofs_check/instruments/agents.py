"""Agents that rewrite their prompts: what sections 6 to 8 need on the simulated side, in rationals.

An agent that declares a target writes the labels ``X target`` and moves through the same attention layer as before.
Nothing here uses a formula of the theory: matrices are found by moving basis vectors, declared targets by solving for
the labels with which the layer makes a given move.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, LSAAgent, NewtonHelper, Prompt
from numerics.errors import DampingWarning
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation
from proofs_check.instruments.geometries import Pair, exact_pair, rationals
from proofs_check.instruments.rationals import exact_eye, ints, orthogonal, square, zeros

__all__ = [
    "agent",
    "blind_to_gap",
    "damped",
    "declaring",
    "drawn",
    "error",
    "framed",
    "has_equilibrium",
    "helped",
    "is_invertible",
    "linear_part",
    "newton",
    "number",
    "pair_converges",
    "response",
    "retargeted",
    "scalar_agent",
    "seen",
    "squared_gap",
    "targeted",
    "turn_matrix",
    "undoing",
    "wanted_target",
]

Rational = int | Fraction


def scalar_agent(p: Rational, target: Rational) -> LSAAgent:
    """Return a one-dimensional agent whose step times Gram is p."""
    return declaring(ints([1]), ints(target), p)


def squared_gap(pair: Interaction) -> Any:
    """Return the squared distance between the targets of a pair."""
    w, u = pair.agent_w, pair.agent_u
    if not (isinstance(w, LSAAgent) and isinstance(u, LSAAgent)):
        raise TypeError("both agents must be LSAAgents, which know their targets")
    return square(u.target - w.target)


def pair_converges(pair: Interaction) -> Relation:
    """State that a pair converges from every start."""
    return Relation("the pair converges from every start", bool(pair.converges()), True)


def turn_matrix(pair: Pair) -> Array:
    """Find the matrix of one simulated turn by moving the basis vectors through both attention layers."""
    unit = exact_eye(pair.d)
    start = pair.agent_w.update(pair.agent_u.update(unit[0] * 0))
    columns = [pair.agent_w.update(pair.agent_u.update(e)) - start for e in unit]
    return np.stack(columns, axis=-1)


def is_invertible(matrix: Array) -> bool:
    """Decide exactly whether a square matrix of rationals is invertible."""
    return bool(Prompt(matrix, matrix[:, 0]).rank == len(matrix))


def number(value: int | Fraction) -> Array:
    """Write an exact number as `numerics` takes it."""
    return np.array(Fraction(value), dtype=object)


def damped(rng: np.random.Generator) -> Fraction:
    """Draw a damping: often 1, mostly in [0, 2], sometimes negative or far above."""
    if rng.random() < 0.3:
        return Fraction(1)
    low, high = (0, 17) if rng.random() < 0.7 else (-40, 60)
    return Fraction(int(rng.integers(low, high)), 8)


def newton(pair: Pair, damping: Fraction, **options: Any) -> NewtonHelper:
    """Return the Newton helper with U's examples and step size for W as the main agent."""
    with warnings.catch_warnings():
        # A damping outside (0, 2) is meant: what it does is what is compared.
        warnings.simplefilter("ignore", DampingWarning)
        return NewtonHelper(pair.agent_w, pair.X_U, step_size=number(pair.eta_U), damping=number(damping), **options)


def helped(rng: np.random.Generator, *, spanning: bool, **options: Any) -> Pair:
    """Draw a main agent of any rank and a helper with at least one example, which may have to span its examples."""
    pair = targeted(rng, **options)
    given = pair.arguments()
    if not np.any(pair.X_U != 0):
        pair = replace(pair, X_U=exact_eye(pair.d)[:1], y_U=zeros(1))
    if spanning:
        X = rationals(rng, int(rng.integers(1, pair.d + 2)), len(pair.X_U)) @ pair.X_U
        trace = sum((x * x for x in X.ravel()), Fraction(0)) / len(X)
        # Mostly inside the step-size box, sometimes far outside.
        share = Fraction(int(rng.integers(1, 17 if rng.random() < 0.7 else 80)), 8)
        pair = replace(pair, X_W=X, eta_W=share / trace if trace else Fraction(1))
    return retargeted(pair, given["w_star"], given["u_star"])


def drawn(rng: np.random.Generator, **options: Any) -> Pair | None:
    """Draw a pair with one equilibrium; its attacker sees all directions, or perhaps not."""
    pair = targeted(rng, full_rank=bool(rng.random() < 0.4), **options)
    if rng.random() < 0.5:  # an attacker with one example, which rarely lies along the victim's pull
        pair = replace(pair, X_W=pair.X_W[:1], y_W=pair.y_W[:1])
    return pair if has_equilibrium(pair) else None


def error(pair: Pair, labels: Array) -> Array:
    """Return W's distance from its goal at the equilibrium, with these labels."""
    attacker = agent(pair.X_W, labels, pair.eta_W)
    return Interaction(attacker, pair.agent_u).equilibrium(w_star=pair.w_star).residual_w


def response(pair: Pair) -> tuple[Array, Array]:
    """Return W's error with labels 0, and what a unit label on each example adds to it, as columns."""
    n = len(pair.X_W)
    start = error(pair, zeros(n))
    return start, np.stack([error(pair, unit) - start for unit in exact_eye(n)], axis=-1)


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
    return is_invertible(exact_eye(pair.d) - turn_matrix(pair))


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
