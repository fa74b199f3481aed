"""Evidence for section 8: helpers that know less, an estimate of the geometry or nothing but the transcript."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import BlockMatrix, Inverse

from numerics import BlindHelper, Interaction, LSAAgent, NewtonHelper, Prompt
from numerics.exact import characteristic_polynomial, positive_semidefinite, roots_inside_unit_circle
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import (
    damped,
    helped,
    linear_part,
    newton,
    number,
    scalar_agent,
    seen,
    targeted,
)
from proofs_check.instruments.at_rest import Inputs, array, solutions
from proofs_check.instruments.geometries import Pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, PAIR, two
from proofs_check.proving.facts import Induction, Square
from proofs_check.proving.limits import PowersTend
from proofs_check.proving.specification import Root, Spec, Sum
from proofs_check.proving.spectra import ByInverse
from theory.derivation.assumptions import invertible, psd, relation
from theory.derivation.lines import equation
from theory.derivation.sources import ABSTRACTS_2_3
from theory.language.nodes import Contracts
from theory.language.predicates import Solvable
from theory.language.symbols import (
    S_U,
    S_V,
    S_W,
    A,
    I,
    P,
    Q,
    S_hat,
    alpha,
    eta_V,
    p,
    q,
    u_t,
    v_star,
    w,
    w_star,
)

__all__ = ["THEOREMS"]


def one_answer_more() -> Case:
    """Two scalar main agents with the same first answer need different second moves, and W's answer comes on top."""
    start, mains = ints(0), (scalar_agent(Fraction(1, 2), 2), scalar_agent(Fraction(1, 4), 4))
    runs = []
    for main in mains:
        helper = BlindHelper(ints([1]), step_size=number(1))
        runs.append(Interaction(main, helper).simulate(start, 3))
    first = [run.w[1] for run in runs]
    errors = np.array([[run.w[t, 0] - main.target[0] for t in range(4)] for run, main in zip(runs, mains, strict=True)])
    shares = [main.update(ints(1)) - main.update(start) for main in mains]
    return Case(
        {"m": 1, "p": [Fraction(1, 2), Fraction(1, 4)], "w*": [2, 4], "errors": errors},
        [
            Relation("both first answers are the same", first[0], first[1]),
            Relation("their fixed points are not", mains[0].target, mains[1].target, "!="),
            # So no second move is right for both: an answer is right only to the fixed point itself.
            Relation("answers keep a share of every distance", 0, shares, "<"),
            Relation("the error after turn m + 1 is not zero", np.any(errors[:, 2] != 0), True),
            Relation("after turn m + 2 it is", errors[:, 3], 0),
        ],
    )


def helper_destabilises() -> Case:
    """An estimate of a third of the Gram matrix: every turn multiplies the error by -3/2."""
    main = scalar_agent(Fraction(1, 4), 0)
    helper = NewtonHelper(main, ints([1]), step_size=number(1), gram=ints([Fraction(1, 3)]))
    run = Interaction(main, helper).simulate(ints(1), 4)
    alone = abs(main.update(ints(1)))
    return Case(
        {"p": Fraction(1, 4), "estimate": Fraction(1, 3), "damping": 1, "errors": run.w[:, 0]},
        [
            Relation("alone every move shortens the error", alone, 1, "<"),
            Relation("helped, every turn multiplies it by -3/2", run.w[1:], run.w[:-1] * Fraction(-3, 2)),
        ],
    )


def _step(x: Inputs) -> Array | str:
    """The step that the estimate asks for, or why there is none."""
    error = array(x["w_t"]) - array(x["w_star"])
    gradient = Fraction(x["alpha"]) * array(x["S_W"]) @ error
    step, _ = solutions(array(x["S_hat"]), gradient)
    return (
        step
        if step is not None
        else f"no step is asked for: {show(array(x['S_hat']))} step = {show(gradient)} has no solution"
    )


def step_exists(_: Any, x: Inputs) -> str | None:
    """The step that the estimate asks for exists."""
    step = _step(x)
    return step if isinstance(step, str) else None


def objective_exists(_: Any, x: Inputs) -> str | None:
    """The step that the estimate asks for exists, and an objective that makes the helper take it."""
    step = _step(x)
    if isinstance(step, str):
        return step
    Q = array(x["eta_U"]) * array(x["S_U"])
    objective, _ = solutions(Q, step)
    if objective is None:
        return f"no objective makes the helper's move the step {show(step)}: its step matrix is {show(Q)}"
    return None


def _estimate(rng: np.random.Generator, gram: Array) -> Array | None:
    """Draw an invertible symmetric estimate, near the Gram matrix or far off."""
    d = len(gram)
    rough = rationals(rng, d, d)
    rough = rough + rough.T if rng.random() < 0.5 else rough @ rough.T
    share = Fraction(int(rng.integers(0, 4)), 4)
    estimate: Array = share * rough + Fraction(int(rng.integers(1, 9)), 4) * gram
    return estimate if int(Prompt(estimate, estimate[0]).rank) == d else None


def _inexact(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, alpha = helped(rng, spanning=False, full_rank=True, inside=bool(rng.random() < 0.8)), damped(rng)
    if int(pair.agent_u.prompt.rank) < pair.d:
        return Case({}, [])
    if rng.random() < 0.3:  # a main agent that does not see all directions
        pair = replace(pair, X_W=pair.X_W[:1], y_W=pair.y_W[:1])
    main, d = pair.agent_w, pair.d
    estimate = _estimate(rng, main.prompt.gram)
    if estimate is None:
        return Case(pair.shown(), [])
    inputs = pair.arguments() | {"alpha": alpha, "w_t": pair.w_0, "S_hat": estimate}
    helper = newton(pair, alpha, gram=estimate)

    def turn(w: Array) -> Array:
        return main.update(helper.update(w))

    matrix = linear_part(turn, d)
    gram = main.prompt.gram
    drop = gram - matrix.T @ gram @ matrix
    relations = [
        Relation(
            "error after a turn = formula",
            exactly(formulas["inexact-helper.e"], inputs),
            turn(pair.w_0) - inputs["w_star"],
        ),
        Relation("what a turn takes from the loss = formula", exactly(formulas["inexact-helper.energy"], inputs), drop),
    ]
    settles = roots_inside_unit_circle(characteristic_polynomial(matrix))
    decided = bool(formulas["inexact-helper.converges"].exact(**inputs))
    relations += [
        Relation("criterion = the simulated turn dies out", decided, settles),
        Relation("what is said of an unseen direction", formulas["inexact-helper.sees"].exact(**inputs), True),
    ]
    inside = 2 * exact_eye(d) - pair.eta_W * gram
    if alpha >= 0 and positive_semidefinite(inside) and positive_semidefinite(2 * estimate - alpha * gram):
        losses = [main.prompt.loss(w) for w in (turn(pair.w_0), pair.w_0)]
        relations += [
            Relation("a cautious estimate: the loss does not grow", losses[0], losses[1], "<="),
            Relation("whatever the error", positive_semidefinite(drop), True),
        ]
        if positive_semidefinite(inside, strictly=True):
            said = bool(formulas["inexact-helper.strict"].exact(**inputs))
            stands = bool(losses[0] == losses[1] and np.any(gram @ (pair.w_0 - inputs["w_star"])))
            relations += [
                Relation("a step inside: it falls, unless there is nothing to see", stands, False),
                Relation("so the formula says", said, True),
            ]
    return Case(pair.shown() | {"alpha": alpha, "estimate": estimate}, relations)


def _averages(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, k = targeted(rng), int(rng.integers(1, 5))
    weights = rationals(rng, k)
    if weights.sum() == 0:
        return Case(pair.shown(), [])
    weights, U, main = weights / weights.sum(), rationals(rng, pair.d, k), pair.agent_w
    moves = np.stack([main.update(u) - u for u in U.T], axis=-1)
    left = exactly(formulas["blind-helper.residual"], pair.arguments() | {"U_seen": U, "c": weights})
    average = U @ weights
    return Case(
        pair.shown() | {"U": U, "c": weights},
        [
            Relation("minus the average of the moves = formula", left, -moves @ weights),
            Relation("minus the move from the average = formula", left, average - main.update(average)),
            Relation(
                "the move after the move from there = formula",
                exactly(formulas["blind-helper.silent"], pair.arguments() | {"w_t": average}),
                main.update(main.update(average)) - main.update(average),
            ),
        ],
    )


def _silent(pair: Pair, turns: int) -> Array:
    """Return W's moves in a run whose helper hands over what it gets: its examples are zeros."""
    silent = LSAAgent(Prompt(pair.X_W * 0, pair.y_W * 0), number(Fraction(1)))
    return np.diff(Interaction(pair.agent_w, silent).simulate(pair.w_0, turns, method="attention").w, axis=0)


def _termination(rng: np.random.Generator, formulas: Formulas) -> Case:
    """A helper that sees the transcript: m + 1 answers, then a fixed point; m is read off a silent helper's run."""
    pair = targeted(rng)
    d, inputs = pair.d, pair.arguments()
    moves = _silent(pair, d + 1)
    t = int(rng.integers(0, d + 1))
    m = int(Prompt(moves, moves[:, 0]).rank)
    helper = BlindHelper(exact_eye(d), step_size=number(Fraction(1)))
    run = Interaction(pair.agent_w, helper).simulate(pair.w_0, m + 2)
    asked, answered = run.u[m + 1], run.w[m + 2]
    return Case(
        pair.shown() | {"t": t, "m": m},
        [
            Relation(
                "move after t silent turns = formula",
                exactly(formulas["blind-helper.krylov"], inputs | {"t": t}),
                moves[t],
            ),
            Relation("m moves span what d + 1 do", int(Prompt(moves[: max(m, 1)], moves[: max(m, 1), 0]).rank), m),
            Relation("after m + 1 answers the helper hands over a fixed point", pair.agent_w.update(asked), asked),
            Relation(
                "what the formula says of what it hands over",
                formulas["blind-helper.rest"].exact(**inputs, U_seen=asked[:, None], c=[1], k=1),
                True,
            ),
            Relation("and W ends without error on what it sees", seen(pair.X_W, answered - inputs["w_star"]), zeros(d)),
        ],
    )


SILENT = "r_t = A_to_the_t r_0"
INVERSE = (
    "S_hat_inv' S_hat S_hat_inv = S_hat_inv",
    "S_hat_inv' S_hat S_hat_inv = S_hat_inv'",
    "S_hat_inv = S_hat_inv'",
)
LOSS = "e_t' S_W e_t - e_next' S_W e_next >= 0"
#: What the helper's move leaves of an error, and what W's move and it take from the loss.
DAMPED, TURNED = "(1 - alpha S_hat_inv S_W)", "(1 - alpha S_W S_hat_inv')"
OWN_LOSS = f"eta_W {TURNED} S_W (2 - P) S_W {DAMPED}"
HELPED_LOSS = "alpha S_W S_hat_inv' (2 S_hat - alpha S_W) S_hat_inv S_W"
HELPED = two(HALF, 1, alpha=1, S_hat=[[1]], w_t=[1])

#: Another agent beside W, and how far either's target is from the first state that it was handed.
P_V, A_V = eta_V * S_V, I - eta_V * S_V
FIRST, FIRST_V = w_star - u_t, v_star - u_t
QUARTER = Fraction(1, 4)

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "inexact-helper",
        evidence=(Exact(_inexact),),
        certificate=(
            Spec("inexact-helper.e"),
            Spec("inexact-helper.converges", "map", reduction=PowersTend()),
            *(
                Spec(
                    "inexact-helper.sees",
                    side,
                    value=value,
                    reduction=ByInverse("R"),
                    lines=(
                        "1 - A (1 - alpha S_hat_inv S_W) = (eta_W + alpha A S_hat_inv) S_W",
                        "R (eta_W + alpha A S_hat_inv) S_W = 1",
                    ),
                )
                for side, value in (
                    ("right", "(eta_W + alpha S_hat_inv' A) R'"),
                    ("left", "R (eta_W + alpha A S_hat_inv)"),
                )
            ),
            Spec(
                "inexact-helper.energy",
                claim=f"S_W - {TURNED} A S_W A {DAMPED} >= 0",
                part="order",
                lines=(
                    *INVERSE,
                    Sum(
                        f"S_W - {TURNED} A S_W A {DAMPED} >= 0",
                        (
                            ("1", ("eta_W > 0", "P at most 2"), f"S_W {DAMPED}"),
                            ("1", ("alpha non-negative", "alpha S_W at most 2 S_hat"), "S_hat_inv S_W"),
                        ),
                    ),
                ),
            ),
            Spec(
                "inexact-helper.energy",
                uses=("inexact-helper.e", "inexact-helper.energy/order"),
                lines=(
                    *INVERSE,
                    f"e_next' = e_t' {TURNED} A",
                    f"e_next' S_W e_next = e_t' {TURNED} A S_W A {DAMPED} e_t",
                    Sum(LOSS, (("1", ("inexact-helper.energy/order",), "e_t"),)),
                ),
            ),
            Spec(
                "inexact-helper.strict",
                claim=f"S_W - {TURNED} A S_W A {DAMPED} = {OWN_LOSS} + {HELPED_LOSS}",
                part="loss",
                lines=INVERSE,
            ),
            Spec(
                "inexact-helper.strict",
                claim="eta_W (2 - P) >= 0",
                part="own",
                lines=(Sum("eta_W (2 - P) >= 0", (("1", ("eta_W > 0", "P below 2"), "1"),)),),
            ),
            Spec(
                "inexact-helper.strict",
                claim="alpha (2 S_hat - alpha S_W) >= 0",
                part="helped",
                lines=(
                    Sum(
                        "alpha (2 S_hat - alpha S_W) >= 0",
                        (("1", ("alpha non-negative", "alpha S_W at most 2 S_hat"), "1"),),
                    ),
                ),
            ),
            Spec(
                "inexact-helper.strict",
                uses=("inexact-helper.e", "inexact-helper.strict/loss"),
                facts=(
                    Square("eta_W (2 - P)", "X", "x", by="inexact-helper.strict/own"),
                    Square("alpha (2 S_hat - alpha S_W)", "Y", "y", by="inexact-helper.strict/helped"),
                ),
                lines=(
                    *INVERSE,
                    f"e_next' = e_t' {TURNED} A",
                    f"e_next' S_W e_next = e_t' {TURNED} A S_W A {DAMPED} e_t",
                    f"e_t' ({OWN_LOSS} + {HELPED_LOSS}) e_t = 0",
                    f"{TURNED} S_W X' X S_W {DAMPED} = {OWN_LOSS}",
                    f"S_W S_hat_inv' Y' Y S_hat_inv S_W = {HELPED_LOSS}",
                    Root((f"X S_W {DAMPED} e_t", "Y S_hat_inv S_W e_t")),
                    Root(("Y S_hat_inv S_W e_t", f"X S_W {DAMPED} e_t")),
                    f"eta_W (2 - P) S_W {DAMPED} e_t = 0",
                    f"eta_W_inv eta_W (2 - P) S_W {DAMPED} e_t = 0",
                    f"(2 - P) S_W {DAMPED} e_t = 0",
                    "n2_minus_P_inv (2 - P) S_W = S_W",
                    f"n2_minus_P_inv (2 - P) S_W {DAMPED} = S_W {DAMPED}",
                    f"n2_minus_P_inv (2 - P) S_W {DAMPED} e_t = 0",
                    f"S_W {DAMPED} e_t = 0",
                    "alpha (2 S_hat - alpha S_W) S_hat_inv S_W e_t = 0",
                    "alpha S_W e_t = 0",
                ),
            ),
        ),
        needed=(
            Needed(("e", "strict"), "S_hat invertible", HELPED | {"S_hat": [[0]]}, (objective_exists,)),
            Needed(("converges", "sees"), "S_hat invertible", HELPED | {"S_hat": [[0]]}, (step_exists,)),
            Needed(
                ("energy", "strict"), "S_hat invertible", HELPED | {"S_W": [[-1]], "S_hat": [[0]]}, (objective_exists,)
            ),
            Needed(("e", "energy", "strict"), "Q invertible", HELPED | {"S_U": [[0]]}, (objective_exists,)),
            Needed(
                ("energy",),
                "alpha S_W at most 2 S_hat",
                HELPED | {"S_W": [[Fraction(1, 4)]], "S_hat": [[Fraction(1, 12)]]},
            ),
            Needed(
                ("strict",),
                "alpha S_W at most 2 S_hat",
                HELPED | {"S_W": [[Fraction(1, 4)]], "S_hat": [[Fraction(3, 28)]]},
            ),
            Needed(("strict",), "alpha non-negative", HELPED | {"S_hat": [[HALF]], "alpha": -1}),
            Needed(("energy",), "P at most 2", HELPED | {"S_W": [[3]], "alpha": 0}),
            Needed(("strict",), "P below 2", HELPED | {"S_W": [[2]], "alpha": 0}),
            Needed(("energy", "strict"), "alpha non-negative", HELPED | {"eta_W": Fraction(1, 10), "alpha": -1}),
        ),
        unneeded=(
            Unneeded(("e", "converges", "sees"), (psd(S_W), psd(S_U)), ALGEBRA),
            Unneeded(
                ("converges", "sees"), (invertible(Q),), "they speak of the turn's matrix, whatever the helper sees"
            ),
            Unneeded(
                ("energy", "strict"),
                (psd(S_W), psd(S_U)),
                "both factors of the turn keep S_W - T^T S_W T positive semidefinite, whatever the sign of S_W",
            ),
        ),
        claims=(
            Claim(
                "rough-estimates-help",
                f"reading of {ABSTRACTS_2_3}; true if alpha S_W <= 2 S^",
                helper_destabilises,
                "p = 1/4, S^ = S_W/3: every turn multiplies the error by -3/2",
                says=Contracts(A * (I - alpha * Inverse(S_hat) * S_W)),
                given=(
                    psd(S_W),
                    psd(S_hat),
                    invertible(S_hat),
                    relation(Contracts(A), "W alone converges"),
                    relation(equation(alpha, 1), "alpha is 1"),
                ),
                of="inexact-helper.e",
                inputs=HELPED | {"S_W": [[Fraction(1, 4)]], "S_hat": [[Fraction(1, 12)]]},
            ),
        ),
    ),
    Theorem(
        "blind-helper",
        evidence=(Exact(_averages, share=0.5), Exact(_termination, share=0.5, name="exact, termination")),
        certificate=(
            Spec("blind-helper.residual"),
            Spec("blind-helper.rest", "1", uses=("blind-helper.residual",)),
            Spec(
                "blind-helper.rest",
                "2",
                uses=("blind-helper.residual",),
                lines=("P (U_seen c - w_star) = 0", "S_W = eta_W_inv P"),
            ),
            Spec("blind-helper.silent"),
            Spec("blind-helper.krylov", claim="r_0 = r_0", part="base"),
            Spec(
                "blind-helper.krylov",
                claim="r_next = A A_to_the_t r_0",
                part="step",
                when={"the relation": SILENT},
            ),
            Spec(
                "blind-helper.krylov",
                facts=(
                    Induction(
                        SILENT, "blind-helper.krylov/base", "blind-helper.krylov/step", {"r_t": ("r_0", "r_next")}
                    ),
                ),
            ),
        ),
        needed=(
            Needed(("residual", "rest"), "weights add up to 1", two(HALF, 1, U_seen=[[1]], c=[2], k=1, w_star=[1])),
            Needed(("rest",), "weights add up to 1", two(HALF, 1, U_seen=[[1]], c=[0], k=1, w_star=[1])),
            Needed(("rest",), "moves average to zero", two(HALF, 1, U_seen=[[0]], c=[1], k=1, w_star=[1])),
        ),
        unneeded=(Unneeded(("residual", "rest", "silent", "krylov"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "blind-helper-in-m-plus-1",
                "this project's own first statement, here with m = 1; true of m + 1 answers, the error is zero a turn "
                "later: a helper that sees only the transcript finishes within m + 1 turns, so that one move ends the "
                "errors of all agents that have answered alike",
                one_answer_more,
                "m = 1: p = 1/2, w* = 2 and p = 1/4, w* = 4 answer 0 alike, with 1, but need different moves next",
                says=Solvable(w, equation(BlockMatrix([[A], [A_V]]) * w, BlockMatrix([[A * w_star], [A_V * v_star]]))),
                given=(
                    relation(equation(P * FIRST, P_V * FIRST_V), "W and V answer u_t alike"),
                    relation(equation(P * P * FIRST, p * P * FIRST), "m = 1 for W"),
                    relation(equation(P_V * P_V * FIRST_V, q * P_V * FIRST_V), "m = 1 for V"),
                ),
                of=PAIR,
                inputs=two(HALF, 1)
                | {"w_star": [2], "u_t": [0], "p": HALF}
                | {"S_V": [[QUARTER]], "eta_V": 1, "v_star": [4], "q": QUARTER},
            ),
        ),
    ),
)
