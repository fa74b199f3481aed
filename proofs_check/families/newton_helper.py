"""Evidence for section 8: helpers that rewrite their labels every turn and move through the same attention layer.

W is the main agent, U the helper. What a helper does is simulated twice where `numerics` has it as an agent: by that
agent, and by writing the labels of the formula's objective into a prompt.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from numerics import Interaction, NewtonHelper
from numerics.exact import pinv, positive_semidefinite
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import damped, declaring, framed, helped, newton, number, retargeted, seen
from proofs_check.instruments.at_rest import Inputs, acting, array
from proofs_check.instruments.geometries import Pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.specification import HYPOTHESIS, Spec, Sum
from theory.derivation.assumptions import psd
from theory.language.symbols import S_U, S_W

__all__ = ["THEOREMS"]


def partly_spanned() -> Case:
    """A helper with one oblique example: its full step leaves a part of the error along that very example."""
    main = declaring(ints([1, 0]), ints(0, 0), Fraction(1, 2))
    helper = NewtonHelper(main, ints([1, 1]), step_size=number(1))
    u = helper.update(ints(1, 0))
    return Case(
        {"X_W": ints([1, 0]), "X_U": ints([1, 1]), "damping": 1, "w": ints(1, 0), "u": u},
        [
            Relation("the helper moves along its example only", u - ints(1, 0), ints(Fraction(-1, 2), Fraction(-1, 2))),
            Relation("of what the main agent sees half is left", u[0], Fraction(1, 2)),
            Relation("and an error that it cannot see is new", u[1], 0, "!="),
        ],
    )


def helper_hurts() -> Case:
    """The main agent alone would be done after this turn; the oblique helper moves it where it is slow."""
    X, start = ints([1, 0], [0, Fraction(1, 2)]), ints(1, 0)
    main = declaring(X, ints(0, 0), 2)
    helper = NewtonHelper(main, ints([1, 1]), step_size=number(1))
    alone, helped = main.update(start), main.update(helper.update(start))
    return Case(
        {"X_W": X, "eta_W": 2, "X_U": ints([1, 1]), "damping": 1, "w": start, "helped": helped},
        [Relation("alone the main agent arrives at once", alone, 0), Relation("helped it does not", helped, 0, "!=")],
    )


def errors_shrink_with_a_helper(formula: Any, x: Inputs) -> str | None:
    """For 0 < alpha < 2 and P <= 2I the error that the prompt sees shrinks at every turn, at rate |1 - alpha|."""
    S, P = array(x["S_W"]), array(x["eta_W"]) * array(x["S_W"])
    Q, alpha = array(x["eta_U"]) * array(x["S_U"]), Fraction(x["alpha"])
    if not 0 < alpha < 2 or not positive_semidefinite(2 * exact_eye(len(P)) - P):
        return None
    w_star, w = array(x["w_star"]), array(x["w_0"])
    seen = pinv(S) @ S
    sizes = [square(seen @ (w - w_star))]
    for _ in range(3):
        objective = w - pinv(Q) @ (alpha * seen @ (w - w_star))
        w = acting(P, w_star).update(acting(Q, objective).update(w))
        sizes.append(square(seen @ (w - w_star)))
    bound = (1 - alpha) ** 2
    if all(after <= bound * before for before, after in pairwise(sizes)):
        return None
    return f"with 0 < alpha < 2 and P <= 2I the squared errors are {show(sizes)}, turn by turn"


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


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "newton-helper",
        "A spanning helper gives the main agent a damped Newton step: e_{t+1} = A(I - alpha Pi)e_t.",
        evidence=(Exact(_one_turn),),
        certificate=(
            Spec("newton-helper.objective", "u_turn = w_t - alpha Pi_U Pi_W (w_t - w_star)"),
            Spec("newton-helper.e"),
            Spec("newton-helper.one-turn"),
        ),
        needed=(
            Needed(
                ("objective", "e", "one-turn"),
                "range of S_W within that of S_U",
                two(HALF, 0, alpha=1, w_t=[1], w_0=[1], t=1),
            ),
        ),
        unneeded=(Unneeded(("objective", "e", "one-turn"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
    Theorem(
        "plateau-removed",
        "0 < alpha < 2: the error that the prompt sees tends to 0 at rate |1 - alpha| |A| or better.",
        evidence=(Exact(_many_turns, share=0.5), Exact(_rate, share=0.5, name="exact, rate")),
        certificate=(
            Spec("plateau-removed.e", "Pi_W A = A Pi_W", "commutes"),
            Spec("plateau-removed.e", "(1 - Pi_W) e_0 + Pi_W e_0 = e_0", "base"),
            Spec(
                "plateau-removed.e",
                "e_next = (1 - Pi_W) e_0 + (1 - alpha) one_minus_alpha_to_the_t A A_to_the_t Pi_W e_0",
                "step",
                argued={
                    "Pi_W A_to_the_t = A_to_the_t Pi_W": "a projector that commutes with A commutes with its powers",
                    "e_t = (1 - Pi_W) e_0 + one_minus_alpha_to_the_t A_to_the_t Pi_W e_0": HYPOTHESIS,
                },
                uses={"e_next = A (1 - alpha Pi_W) e_t": "newton-helper.e"},
                lines=("Pi_W Pi_W = Pi_W", "A (1 - Pi_W) = 1 - Pi_W", "Pi_W A = A Pi_W"),
            ),
            Spec(
                "plateau-removed.rate",
                "Pi_W e_next = A Pi_W Pi_W e_t - alpha A Pi_W Pi_W e_t",
                prose=("the norm of a matrix is its largest singular value", "powers of a number below 1 tend to zero"),
            ),
        ),
        needed=(
            Needed(
                ("e", "rate"),
                "range of S_W within that of S_U",
                two(HALF, 0, alpha=1, w_t=[1], w_0=[1], t=1),
                (errors_shrink_with_a_helper,),
            ),
            Needed(
                ("e", "rate"), "S_W psd", two(-1, 1, alpha=Fraction(1, 4), w_0=[1], t=1), (errors_shrink_with_a_helper,)
            ),
        ),
        unneeded=(Unneeded(("e", "rate"), (psd(S_U),), "only a pseudo-inverse of the helper's Gram occurs"),),
    ),
    Theorem(
        "rank-limited",
        "A helper of any rank: e_{t+1} = A(I - alpha Pi_U Pi_W)e_t; the helper's own move never lengthens it.",
        evidence=(Exact(_limited),),
        certificate=(
            Spec("rank-limited.e"),
            Spec("rank-limited.reduced"),
            Spec(
                "rank-limited.reduced",
                "Pi_W Pi_U Pi_W >= 0",
                "order",
                lines=("Pi_U Pi_U = Pi_U", Sum("Pi_W Pi_U Pi_W >= 0", (("1", (), "Pi_U Pi_W"),))),
            ),
            Spec(
                "rank-limited.reduced",
                "Pi_W - Pi_W Pi_U Pi_W >= 0",
                "upper",
                lines=(
                    "Pi_U Pi_U = Pi_U",
                    "Pi_W Pi_W = Pi_W",
                    Sum("Pi_W - Pi_W Pi_U Pi_W >= 0", (("1", (), "Pi_W - Pi_U Pi_W"),)),
                ),
            ),
        ),
        unneeded=(Unneeded(("e", "reduced"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "partial-helper-removes-its-part",
                "A helper that spans only a part removes the error along what it spans.",
                "true where its span contains, or is orthogonal to, the main agent's",
                partly_spanned,
                "x_W = (1, 0), x_U = (1, 1): from (1, 0) a full step of the helper ends at (1/2, -1/2)",
            ),
            Claim(
                "help-never-hurts",
                "A turn with a Newton helper of any rank ends no farther from the target than a move of W alone.",
                "true of the helper's own move",
                helper_hurts,
                "P = diag(1, 1/4), x_U = (1, 1): alone W is done after one move, helped it is not",
            ),
        ),
    ),
)
