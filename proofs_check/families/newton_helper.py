"""Evidence for section 8: helpers that rewrite their labels every turn and move through the same attention layer.

W is the main agent, U the helper. What a helper does is simulated twice where `numerics` has it as an agent: by that
agent, and by writing the labels of the formula's objective into a prompt.
"""

from __future__ import annotations

import warnings
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from numerics import Interaction, NewtonHelper
from numerics.errors import DampingWarning
from numerics.exact import characteristic_polynomial, pinv, positive_semidefinite, roots_inside_unit_circle
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import (
    damped,
    declaring,
    framed,
    helped,
    linear_part,
    newton,
    number,
    retargeted,
    scalar_agent,
    seen,
)
from proofs_check.instruments.at_rest import Inputs, acting, array
from proofs_check.instruments.geometries import Pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.facts import Induction, PowersCommute, SingularValue
from proofs_check.proving.limits import DiesOut
from proofs_check.proving.specification import Spec, Sum
from proofs_check.proving.spectra import Shrinks
from theory.derivation.assumptions import psd
from theory.derivation.sources import ABSTRACTS_2_3
from theory.families.dynamics import e_next, e_t, u_turn
from theory.families.newton_helper import (
    AT_MOST_2,
    BELOW_2,
    NOT_NEGATIVE,
    POSITIVE,
    SEEN_TURN,
    SPANNED,
    Pi_U,
    Pi_W,
)
from theory.language.nodes import Norm
from theory.language.predicates import Projector
from theory.language.symbols import S_U, S_W, A, alpha, w_star, w_t

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


def steep_main_agent() -> Case:
    """A damping in (0, 2), and a step of the main agent at which its own move overshoots far."""
    main, alpha = scalar_agent(5, 0), Fraction(19, 10)
    helper = NewtonHelper(main, ints([1]), step_size=number(1), damping=number(alpha))
    errors = Interaction(main, helper).simulate(ints(1), 3).w[:, 0]
    return Case(
        {"p": 5, "damping": alpha, "errors": errors},
        [
            Relation("the damping is inside", [0, alpha], [alpha, 2], "<"),
            Relation(
                "every turn multiplies the error by (1 - alpha)(1 - p) = 18/5",
                errors[1:],
                errors[:-1] * Fraction(18, 5),
            ),
            Relation("there is an error", errors[0], 0, "!="),
        ],
    )


def oblique_helper_lengthens() -> Case:
    """A helper with an oblique example: along what the main agent cannot see the error grows."""
    main = declaring(ints([1, 0]), ints(0, 0), Fraction(1, 2))
    start = ints(1, -1)
    u = NewtonHelper(main, ints([1, 1]), step_size=number(1)).update(start)
    return Case(
        {"X_W": ints([1, 0]), "X_U": ints([1, 1]), "damping": 1, "w": start, "u": u},
        [
            Relation("the squared error before", square(start), 2),
            Relation("and after the helper's move", square(u), Fraction(5, 2)),
            Relation("what the prompt sees of it is shorter", abs(u[0]), abs(start[0]), "<"),
        ],
    )


def overshooting_helper() -> Case:
    """A damping of 3."""
    main = scalar_agent(Fraction(1, 2), 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DampingWarning)
        helper = NewtonHelper(main, ints([1]), step_size=number(1), damping=number(3))
    return Case(
        {"p": Fraction(1, 2), "damping": 3, "w": 1},
        [Relation("the error goes from 1 to -2", helper.update(ints(1)), -2)],
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
        Relation("what is said of a full step", formulas["newton-helper.full-step"].exact(**inputs), True),
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
    share = Fraction(int(rng.integers(1, 17 if rng.random() < 0.7 else 80)), 8)
    step = share * len(X) / max(square(x) for x in X)
    drawn = Pair(X, zeros(len(X)), exact_eye(d), zeros(d), step, Fraction(1), rationals(rng, d))
    pair = retargeted(drawn, rationals(rng, d), zeros(d))
    inputs = pair.arguments() | {"alpha": alpha}
    goal, game = inputs["w_star"], Interaction(pair.agent_w, newton(pair, alpha))
    squared = formulas["plateau-removed.rate"].exact(**inputs) ** 2
    factors = [square(game.simulate(goal + x, 1).w_last - goal) for x in frame[:, : len(X)].T]
    before = seen(pair.X_W, pair.w_0 - goal)
    after = seen(pair.X_W, game.simulate(pair.w_0, 1).w_last - goal)
    relations = [
        Relation("squared rate = largest factor of a principal direction", squared, max(factors)),
        Relation("no error shrinks less", square(after), squared * square(before), "<="),
    ]
    # The directions of the frame have the eigenvalues of P, so the largest is `share`.
    if share <= 2:
        gentle = formulas["plateau-removed.gentle"].exact(**inputs) ** 2
        relations += [
            Relation("a step in the box: the damping alone bounds it", square(after), gentle * square(before), "<="),
            Relation("its square", gentle, (1 - alpha) ** 2),
        ]
        if 0 < alpha < 2:
            relations.append(Relation("a damping in (0, 2): below 1", squared, 1, "<"))
    return Case(pair.shown() | {"alpha": alpha}, relations)


def _in_the_limit(rng: np.random.Generator, formulas: Formulas) -> Case:
    """The error that the prompt sees dies out exactly if the spectral radius of what a turn does to it is below 1."""
    pair, alpha = helped(rng, spanning=True, dimensions=(1, 2, 2)), damped(rng)
    d, inputs = pair.d, pair.arguments() | {"alpha": alpha}
    goal, game = inputs["w_star"], Interaction(pair.agent_w, newton(pair, alpha))
    matrix = linear_part(lambda w: game.simulate(w, 1).w_last - goal, d)
    projector = np.stack([seen(pair.X_W, unit) for unit in exact_eye(d)], axis=-1)
    dies_out = roots_inside_unit_circle(characteristic_polynomial(matrix @ projector))
    relations = [
        Relation("what the prompt cannot see stays", matrix - matrix @ projector, exact_eye(d) - projector),
        Relation(
            "the spectral radius of the formula = what is simulated",
            bool(formulas["plateau-removed.box"].exact(**inputs)),
            dies_out,
        ),
    ]
    if dies_out:
        relations.append(
            Relation("the limit is the formula's", formulas["plateau-removed.limit"].exact(**inputs), True)
        )
    box = positive_semidefinite(2 * exact_eye(d) - pair.eta_W * pair.agent_w.prompt.gram)
    if box and 0 < alpha < 2:
        relations.append(Relation("a step and a damping in the box: it dies out", dies_out, True))
    return Case(pair.shown() | {"alpha": alpha}, relations)


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
            Relation("a step along its own examples", seen(pair.X_U, u - pair.w_0), u - pair.w_0),
            Relation("what a helper takes", formulas["rank-limited.between"].exact(**inputs), True),
            *_in_the_worst_case(formulas, pair, inputs, u, before),
        ],
    )


def _in_the_worst_case(formulas: Formulas, pair: Pair, inputs: dict[str, Any], u: Array, before: Array) -> Any:
    """What a helper with a damping in [0, 2] cannot do."""
    if 0 <= inputs["alpha"] <= 2:
        goal = inputs["w_star"]
        after = square(seen(pair.X_W, u - goal))
        yield Relation("the helper never lengthens what they see", after, square(before), "<=")
        yield Relation("so the formula says", formulas["rank-limited.own-move"].exact(**inputs), True)
        # A bound on W's own factor that a vector attains is its largest stretch: the formula's, squared.
        said = bool(formulas["rank-limited.worst-case"].exact(**inputs))
        yield Relation("a turn stretches what they see by no more than W alone can", said, True)


UNHELPED = two(HALF, 0, alpha=1, w_t=[1], w_0=[1], t=1)
STEEP = two(5, 1, alpha=Fraction(19, 10), w_t=[1], w_0=[1], t=1)
OBLIQUE = two(0, 0, alpha=1) | {
    "S_W": [[1, 0], [0, 0]],
    "S_U": [[1, 1], [1, 1]],
    "eta_W": HALF,
    "w_star": [0, 0],
    "u_star": [0, 0],
}

#: What the helper spans contains what the main agent sees.
SPANNING = ("Pi_U Q = Q", "S_U = eta_U_inv Q", "Pi_U S_U = S_U", "Pi_U S_W = S_W", "Pi_W = S_W S_W_pinv")
#: The projector on what the main agent sees.
PROJECTS = ("S_W Pi_W = S_W", "Pi_W Pi_W = Pi_W", "Pi_W A = A Pi_W")
ALL_TURNS = "e_t = (1 - Pi_W) e_0 + one_minus_alpha_to_the_t A_to_the_t Pi_W e_0"
STRETCH = "sigma_max_A_Pi_W sigma_max_A_Pi_W"
LARGEST = f"SingularValue {STRETCH} - Pi_W A A Pi_W >= 0"
SEEN_BEFORE, SEEN_AFTER = "e_t' Pi_W Pi_W e_t", "e_next' Pi_W Pi_W e_next"
RATE = (
    f"{STRETCH} {SEEN_BEFORE} + alpha alpha {STRETCH} {SEEN_BEFORE} - 2 alpha {STRETCH} {SEEN_BEFORE} >= {SEEN_AFTER}"
)
GENTLE = f"{SEEN_BEFORE} + alpha alpha {SEEN_BEFORE} - 2 alpha {SEEN_BEFORE} >= {SEEN_AFTER}"
BELOW = "2 alpha - alpha alpha > 0"
BOUND = "1 + alpha alpha + 2 alpha Pi_W A A Pi_W - 2 alpha - Pi_W A A Pi_W - alpha alpha Pi_W A A Pi_W >= 0"
SHORTER = "(w_t' - w_star') Pi_W Pi_W (w_t - w_star) >= (u_turn' - w_star') Pi_W Pi_W (u_turn - w_star)"
WORST = f"{STRETCH} {SEEN_BEFORE} >= {SEEN_AFTER}"
DIES_OUT = DiesOut(Pi_W, SEEN_TURN)
#: What the helper's own move does, and what it takes from the squared length of what the main agent sees.
OWN_MOVE = (
    "Pi_U Pi_U = Pi_U",
    "Pi_W Pi_W = Pi_W",
    "u_turn - w_star = (1 - alpha Pi_U Pi_W) (w_t - w_star)",
)
HELPS = (
    ("1", ("alpha non-negative", "alpha at most 2"), "Pi_U Pi_W (w_t - w_star)"),
    ("1", ("alpha non-negative", "alpha non-negative"), "(1 - Pi_W) Pi_U Pi_W (w_t - w_star)"),
)

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "newton-helper",
        evidence=(Exact(_one_turn),),
        certificate=(
            Spec("newton-helper.objective", lines=(*SPANNING, "S_W_pinv S_W = Pi_W", "Pi_U Pi_W = Pi_W")),
            Spec("newton-helper.e", lines=SPANNING),
            Spec("newton-helper.one-turn", lines=(*SPANNING, "Pi_U Pi_W = Pi_W", *PROJECTS)),
            Spec(
                "newton-helper.full-step",
                uses=("newton-helper.one-turn",),
            ),
        ),
        needed=(Needed(("objective", "e", "one-turn", "full-step"), SPANNED.name, UNHELPED),),
        unneeded=(Unneeded(("objective", "e", "one-turn", "full-step"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
    Theorem(
        "plateau-removed",
        evidence=(
            Exact(_many_turns, share=0.4),
            Exact(_rate, share=0.3, name="exact, rate"),
            Exact(_in_the_limit, share=0.3, name="exact, limit"),
        ),
        certificate=(
            Spec("plateau-removed.e", claim="Pi_W A = A Pi_W", part="commutes", lines=PROJECTS[:2]),
            Spec("plateau-removed.e", claim="e_0 = (1 - Pi_W) e_0 + Pi_W e_0", part="base"),
            Spec(
                "plateau-removed.e",
                claim="e_next = (1 - Pi_W) e_0 + (1 - alpha) one_minus_alpha_to_the_t A A_to_the_t Pi_W e_0",
                part="step",
                when={"the relation": ALL_TURNS},
                facts=(PowersCommute("Pi_W", "A_to_the_t", "plateau-removed.e/commutes"),),
                lines=(*PROJECTS, "A (1 - Pi_W) = 1 - Pi_W", "A_to_the_t Pi_W = Pi_W A_to_the_t Pi_W"),
            ),
            Spec(
                "plateau-removed.e",
                facts=(
                    Induction(
                        ALL_TURNS, "plateau-removed.e/base", "plateau-removed.e/step", {"e_t": ("e_0", "e_next")}
                    ),
                ),
            ),
            Spec(
                "plateau-removed.rate",
                facts=(SingularValue("A Pi_W", "sigma_max_A_Pi_W", turned="Pi_W A"),),
                lines=(
                    *PROJECTS,
                    "Pi_W e_next = (1 - alpha) A Pi_W e_t",
                    Sum(
                        RATE,
                        (("1", (LARGEST,), "(1 - alpha) Pi_W e_t"),),
                    ),
                ),
            ),
            Spec(
                "plateau-removed.gentle",
                lines=(
                    *PROJECTS,
                    "Pi_W e_next = (1 - alpha) A Pi_W e_t",
                    Sum(
                        GENTLE,
                        (
                            ("1/2", ("P at most 2",), "(1 - alpha) P Pi_W e_t"),
                            ("1/2", ("eta_W > 0", "S_W psd"), "(1 - alpha) (2 - P) Pi_W e_t"),
                        ),
                    ),
                ),
            ),
            *(
                Spec("plateau-removed.box", goal, reduction=Shrinks(1 - alpha), lines=lines)
                for goal, lines in (
                    ("below", (Sum(BELOW, (("1", ("alpha positive", "alpha below 2"), "1"),)),)),
                    (
                        "bound",
                        (
                            *PROJECTS,
                            Sum(
                                BOUND,
                                (
                                    ("1", (), "(1 - alpha) (1 - Pi_W)"),
                                    ("1/2", ("P at most 2",), "(1 - alpha) P Pi_W"),
                                    ("1/2", ("eta_W > 0", "S_W psd"), "(1 - alpha) (2 - P) Pi_W"),
                                ),
                            ),
                        ),
                    ),
                )
            ),
            Spec("plateau-removed.limit", "start", value="e_0", reduction=DIES_OUT),
            Spec(
                "plateau-removed.limit",
                "turn",
                reduction=DIES_OUT,
                lines=(*SPANNING, "Pi_U Pi_W = Pi_W", *PROJECTS, "A (1 - Pi_W) = 1 - Pi_W"),
            ),
        ),
        needed=(
            Needed(("e", "rate"), SPANNED.name, UNHELPED, (errors_shrink_with_a_helper,)),
            Needed(("gentle",), SPANNED.name, UNHELPED),
            Needed(("limit",), SPANNED.name, two(2, 0, alpha=1, w_t=[1], w_0=[1])),
            Needed(("limit",), "(1 - alpha)A contracts", STEEP),
            Needed(("gentle", "box"), "S_W psd", two(-1, 1, alpha=Fraction(1, 4), w_0=[1], t=1)),
            Needed(("gentle", "box"), "P at most 2", STEEP),
            Needed(("box",), POSITIVE.name, two(2, 1, alpha=0)),
            Needed(("box",), BELOW_2.name, two(2, 1, alpha=2)),
        ),
        unneeded=(
            Unneeded(("e", "rate"), (psd(S_W),), ALGEBRA),
            Unneeded(
                ("e", "rate", "gentle", "limit"), (psd(S_U),), "only a pseudo-inverse of the helper's Gram occurs"
            ),
            Unneeded(("limit",), (psd(S_W), POSITIVE, BELOW_2), "that the turn contracts is enough"),
            Unneeded(
                ("gentle",), (POSITIVE, BELOW_2), "the bound holds for every damping; below 1 it is between 0 and 2"
            ),
        ),
        claims=(
            Claim(
                "any-step-removes-the-plateau",
                f"reading of {ABSTRACTS_2_3}; true if also P <= 2I",
                steep_main_agent,
                "p = 5, alpha = 19/10: every turn multiplies the error by 18/5",
                says=lambda formula: formula.says,
                given=(psd(S_W), SPANNED, POSITIVE, BELOW_2),
                of="plateau-removed.limit",
                inputs=STEEP,
            ),
        ),
    ),
    Theorem(
        "rank-limited",
        evidence=(Exact(_limited),),
        certificate=(
            Spec("rank-limited.e"),
            Spec("rank-limited.reduced", lines=PROJECTS),
            Spec(
                "rank-limited.between",
                "1",
                lines=("Pi_U Pi_U = Pi_U", Sum("Pi_W Pi_U Pi_W >= 0", (("1", (), "Pi_U Pi_W"),))),
            ),
            Spec(
                "rank-limited.between",
                "2",
                lines=(
                    "Pi_U Pi_U = Pi_U",
                    "Pi_W Pi_W = Pi_W",
                    Sum("Pi_W - Pi_W Pi_U Pi_W >= 0", (("1", (), "Pi_W - Pi_U Pi_W"),)),
                ),
            ),
            Spec("rank-limited.own-move", lines=(*OWN_MOVE, Sum(SHORTER, HELPS))),
            Spec(
                "rank-limited.worst-case",
                facts=(SingularValue("A Pi_W", "sigma_max_A_Pi_W", turned="Pi_W A"),),
                lines=(
                    *OWN_MOVE,
                    "Pi_W A = A Pi_W",
                    "Pi_W e_next = A Pi_W (u_turn - w_star)",
                    Sum(
                        WORST,
                        (
                            ("1", (LARGEST,), "Pi_W (u_turn - w_star)"),
                            *((weight, names, f"sigma_max_A_Pi_W {root}") for weight, names, root in HELPS),
                        ),
                    ),
                ),
            ),
        ),
        needed=(
            Needed(("own-move", "worst-case"), NOT_NEGATIVE.name, two(HALF, 1, alpha=-1, w_t=[1])),
            Needed(("own-move", "worst-case"), AT_MOST_2.name, two(HALF, 1, alpha=3, w_t=[1])),
        ),
        unneeded=(Unneeded(("e", "reduced", "between", "own-move", "worst-case"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "partial-helper-removes-its-part",
                f"reading of {ABSTRACTS_2_3}: a helper takes away what it spans; true where its span contains, or is "
                "orthogonal to, the main agent's",
                partly_spanned,
                "x_W = (1, 0), x_U = (1, 1): from (1, 0) a full step of the helper ends at (1/2, -1/2)",
                says=Projector(Pi_W * Pi_U * Pi_W),
                of="rank-limited.between",
                inputs=OBLIQUE | {"w_t": [1, 0]},
            ),
            Claim(
                "help-never-hurts",
                f"reading of {ABSTRACTS_2_3}; true of the worst case",
                helper_hurts,
                "P = diag(1, 1/4), x_U = (1, 1): alone W is done after one move, helped it is not",
                says=Norm(e_next) <= Norm(A * e_t),
                given=(NOT_NEGATIVE, AT_MOST_2),
                of="rank-limited.e",
                inputs=OBLIQUE | {"S_W": [[HALF, 0], [0, Fraction(1, 8)]], "eta_W": 2, "w_t": [1, 0]},
            ),
            Claim(
                "own-move-never-lengthens",
                f"reading of {ABSTRACTS_2_3}; true of the part that the main agent's prompt sees",
                oblique_helper_lengthens,
                "x_W = (1, 0), x_U = (1, 1), alpha = 1: from (1, -1) the squared error goes from 2 to 5/2",
                says=Norm(u_turn - w_star) <= Norm(w_t - w_star),
                given=(NOT_NEGATIVE, AT_MOST_2),
                of="rank-limited.own-move",
                inputs=OBLIQUE | {"w_t": [1, -1]},
            ),
            Claim(
                "any-damping-never-lengthens",
                f"reading of {ABSTRACTS_2_3}; true for 0 <= alpha <= 2",
                overshooting_helper,
                "p = 1/2, alpha = 3: the helper's move takes an error of 1 to -2",
                says=Norm(Pi_W * (u_turn - w_star)) <= Norm(Pi_W * (w_t - w_star)),
                of="rank-limited.own-move",
                inputs=two(HALF, 1, alpha=3, w_t=[1]),
            ),
        ),
    ),
)
