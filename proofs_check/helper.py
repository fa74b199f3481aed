"""Evidence for section 8: helpers that rewrite their labels every turn and move through the same attention layer.

W is the main agent, U the helper. What a helper does is simulated twice where `numerics` has it as an agent: by that
agent, and by writing the labels of the formula's objective into a prompt.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import Interaction, NewtonHelper
from proofs_check.compare import Relation
from proofs_check.derivation import Derivation
from proofs_check.evidence import Case, Exact, Formulas
from proofs_check.geometries import Pair, rationals
from proofs_check.ledger import Theorem
from proofs_check.rewriting import declaring, framed, retargeted, seen, targeted
from proofs_check.support import exact_eye, exactly, square, zeros

__all__ = ["THEOREMS", "damped", "helped", "newton", "number"]

SECTION = "8 helper"
Array = NDArray[Any]


def number(value: Fraction) -> Array:
    """Write an exact number as `numerics` takes it."""
    return np.array(value, dtype=object)


def damped(rng: np.random.Generator) -> Fraction:
    """Draw a damping in (0, 2), often 1."""
    return Fraction(1) if rng.random() < 0.3 else Fraction(int(rng.integers(1, 16)), 8)


def newton(pair: Pair, damping: Fraction, **options: Any) -> NewtonHelper:
    """Return the Newton helper with U's examples and step size for W as the main agent."""
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
        pair = replace(pair, X_W=X, eta_W=Fraction(int(rng.integers(1, 16)), 8) / trace if trace else Fraction(1))
    return retargeted(pair, given["w_star"], given["u_star"])


def _one_turn(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, alpha = helped(rng, spanning=True), damped(rng)
    main, w = pair.agent_w, pair.w_0
    inputs = pair.arguments() | {"alpha": alpha, "w_t": w}
    objective = exactly(formulas["newton-helper.objective"], inputs)
    u = declaring(pair.X_U, objective, pair.eta_U).update(w)
    error = main.update(u) - inputs["w_star"]
    visible = seen(pair.X_W, error)
    relations = [
        Relation("the layer with the labels of the objective = the helper's move", u, newton(pair, alpha).update(w)),
        Relation("error after a turn = formula", exactly(formulas["newton-helper.e"], inputs), error),
        Relation(
            "its part that the examples see = formula", exactly(formulas["newton-helper.one-turn"], inputs), visible
        ),
    ]
    if alpha == 1:
        relations.append(Relation("a full step leaves nothing there", visible, zeros(pair.d)))
    return Case(pair.shown() | {"alpha": alpha}, relations)


def _many_turns(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, alpha = helped(rng, spanning=True), damped(rng)
    turns = int(rng.integers(0, 4))
    inputs = pair.arguments() | {"alpha": alpha, "t": turns}
    run = Interaction(pair.agent_w, newton(pair, alpha)).simulate(pair.w_0, turns)
    return Case(
        pair.shown() | {"alpha": alpha, "turns": turns},
        [
            Relation(
                "error after t turns = formula",
                exactly(formulas["plateau-removed.e"], inputs),
                run.w_last - inputs["w_star"],
            )
        ],
    )


def _rate(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Main agents with rational principal directions, some of them unseen: the slowest direction attains the rate."""
    d, alpha = int(rng.integers(1, 4)), damped(rng)
    X, frame = framed(rng, d)
    X = X[: int(rng.integers(1, d + 1))]
    step = Fraction(int(rng.integers(1, 16)), 8) * len(X) / max(square(x) for x in X)
    drawn = Pair(X, zeros(len(X)), exact_eye(d), zeros(d), step, Fraction(1), rationals(rng, d))
    pair = retargeted(drawn, rationals(rng, d), zeros(d))
    goal, game = pair.arguments()["w_star"], Interaction(pair.agent_w, newton(pair, alpha))
    squared = formulas["plateau-removed.rate"].exact(**pair.arguments(), alpha=alpha) ** 2
    factors = [square(game.simulate(goal + x, 1).w_last - goal) for x in frame[:, : len(X)].T]
    before = seen(pair.X_W, pair.w_0 - goal)
    after = seen(pair.X_W, game.simulate(pair.w_0, 1).w_last - goal)
    return Case(
        pair.shown() | {"alpha": alpha},
        [
            Relation("squared rate = largest factor of a principal direction", squared, max(factors)),
            Relation("no error shrinks less", square(after), squared * square(before), "<="),
            Relation("damping in (0, 2), a step in the box: below 1", squared, 1, "<"),
        ],
    )


def _limited(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, alpha = helped(rng, spanning=False), damped(rng)
    inputs = pair.arguments() | {"alpha": alpha, "w_t": pair.w_0}
    goal, helper = inputs["w_star"], newton(pair, alpha)
    u = helper.update(pair.w_0)
    error = pair.agent_w.update(u) - goal
    before = seen(pair.X_W, pair.w_0 - goal)
    return Case(
        pair.shown() | {"alpha": alpha},
        [
            Relation("error after a turn = formula", exactly(formulas["rank-limited.e"], inputs), error),
            Relation(
                "its part that the examples see = formula",
                exactly(formulas["rank-limited.reduced"], inputs),
                seen(pair.X_W, error),
            ),
            Relation(
                "the helper never lengthens what they see", square(seen(pair.X_W, u - goal)), square(before), "<="
            ),
            Relation("a step along its own examples", seen(pair.X_U, u - pair.w_0), u - pair.w_0),
        ],
    )


NEWTON = ("newton-helper.objective", "newton-helper.e", "newton-helper.one-turn")
PLATEAU = ("plateau-removed.e", "plateau-removed.rate")
LIMITED = ("rank-limited.e", "rank-limited.reduced")
THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "newton-helper",
        SECTION,
        "A spanning helper gives the main agent a damped Newton step: e_{t+1} = A(I - alpha Pi)e_t.",
        NEWTON,
        (Derivation(NEWTON), Exact(_one_turn)),
    ),
    Theorem(
        "plateau-removed",
        SECTION,
        "0 < alpha < 2: the error that the prompt sees tends to 0 at rate |1 - alpha| |A| or better.",
        PLATEAU,
        (Derivation(PLATEAU), Exact(_many_turns, share=0.5), Exact(_rate, share=0.5, name="exact, rate")),
    ),
    Theorem(
        "rank-limited",
        SECTION,
        "A helper of any rank: e_{t+1} = A(I - alpha Pi_U Pi_W)e_t; the helper's own move never lengthens it.",
        LIMITED,
        (Derivation(LIMITED), Exact(_limited)),
    ),
)
