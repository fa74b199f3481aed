"""Evidence for section 11: a mediator among any number of agents, and agents of many steps, through the layers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction
from numerics.interaction.at_once import AtOnce
from proofs_check.evidence.comparison import Relation
from proofs_check.evidence.instances import satisfied
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import linear_part, scalar_agent
from proofs_check.instruments.at_rest import Inputs, Turn, array, rest
from proofs_check.instruments.companies import around, company
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.rationals import exact_eye, exactly, square
from proofs_check.instruments.small_pairs import ALGEBRA, HALF
from proofs_check.proving.facts import Induction, Square
from proofs_check.proving.limits import Descent, PowersVanish
from proofs_check.proving.specification import Root, Spec, Sum
from theory.derivation.assumptions import below, psd, relation
from theory.derivation.lines import equation
from theory.derivation.sources import THIS
from theory.families.composite_agents import A_steps, P_steps
from theory.families.many_agents import S_all, T_others
from theory.language.nodes import Contracts
from theory.language.symbols import S_W, A, P, t

__all__ = ["THEOREMS"]


def two_steps() -> Case:
    """Two steps of 1/2 take 3/4 of the way, one of twice the length all of it."""
    one = scalar_agent(Fraction(1, 2), 0)
    moved = one.many_steps(2).update(np.array([Fraction(1)], dtype=object))
    return Case({"p": Fraction(1, 2), "steps": 2}, [Relation("two steps from 1", moved[0], Fraction(1, 4))])


def more_steps_diverge() -> Case:
    """Outside the box one step is tempered by the others, three are not."""
    w, u = scalar_agent(Fraction(3), 0), scalar_agent(Fraction(7, 8), 1)
    return Case(
        {"p": Fraction(3), "q": Fraction(7, 8)},
        [
            Relation("with one step they converge", bool(Interaction(w, u).converges()), True),
            Relation("with three they do not", bool(Interaction(w.many_steps(3), u).converges()), False),
        ],
    )


def one_rest_of_averages(formula: Any, x: Inputs) -> str | None:
    """There is exactly one state that the average of all answers leaves as it is."""
    del formula
    J, weights, P = array(x["J_all"]), array(x["Lambda"]), array(x["eta"]) * array(x["S_all"])
    theta = array(x["theta"])
    found = rest(Turn(J.shape[1], lambda z: J.T @ weights @ (J @ z - P @ (J @ z - theta))))
    return None if found.states == 1 else str(found)


def one_rest_of_steps(formula: Any, x: Inputs) -> str | None:
    """There is exactly one state that the others' moves and W's steps leave as it is."""
    del formula
    P, T, c, goal = array(x["eta_W"]) * array(x["S_W"]), array(x["T_others"]), array(x["c_others"]), array(x["w_star"])

    def turn(w: Any) -> Any:
        w = T @ w + c
        for _ in range(int(x["t"])):
            w = w - P @ (w - goal)
        return w

    found = rest(Turn(len(P), turn))
    return None if found.states == 1 else str(found)


def _mediated_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    drawn = company(rng, most=4)
    number, d = len(drawn.agents), drawn.d
    parts = [Fraction(int(x)) for x in rng.integers(0, 4, size=number)]
    shares = np.array(parts if sum(parts) else [Fraction(1), *parts[1:]], dtype=object) / (sum(parts) or 1)
    mediated = AtOnce(*drawn.agents, order="mediator", weights=shares)
    start, other = rationals(rng, d), rationals(rng, d)
    answers = np.stack([agent.update(start) for agent in drawn.agents])
    inputs = drawn.arguments() | {
        "J_all": np.concatenate([exact_eye(d)] * number),
        "Lambda": np.kron(np.diag(shares), exact_eye(d)),
        "z_t": start,
        "z_0": start,
    }
    inputs["S_mean"] = inputs["Lambda"] @ inputs["S_all"]
    relations = [
        Relation("the average of all answers = formula", exactly(formulas["mediator.step"], inputs), shares @ answers)
    ]
    found = mediated.equilibrium(start)
    relations.append(Relation("it always has a state of rest", bool(found.exists), True))
    resting = mediated.heard(found.states)[0]
    settles = formulas["mediator.settles"]
    if satisfied(settles, inputs):
        relations.append(Relation("the simulated mediator converges", bool(mediated.converges()), True))
        relations.append(Relation("it leads there: formula", bool(settles.exact(**inputs)), True))
    if found.unique:
        least = formulas["mediator.least"]

        def loss(z: Any) -> Any:
            losses = [a.step_size * (a.prompt.loss(z) - a.prompt.loss(a.target)) for a in drawn.agents]
            return shares @ np.array(losses, dtype=object)

        away = resting + other
        relations += [
            Relation("state of rest = formula", exactly(formulas["mediator.state"], inputs), resting),
            Relation("one state: formula", bool(formulas["mediator.rest"].exact(**inputs)), True),
            Relation("least loss: formula", exactly(least, inputs), resting),
            Relation("elsewhere the joint loss is larger", loss(resting), loss(away), "<" if any(other) else "="),
        ]
    return Case(drawn.shown() | {"shares": shares, "start": start}, relations)


def _steps_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    drawn = company(rng, most=3)
    first, *others = drawn.agents
    number, d = int(rng.integers(1, 5)), drawn.d
    many, start = first.many_steps(number), rationals(rng, d)
    inputs = {"S_W": first.prompt.gram, "eta_W": first.step_size, "w_star": first.target, "w_0": start, "t": number}
    relations = [
        Relation(
            "after that many moves = formula",
            exactly(formulas["many-steps.move"], inputs),
            many.update(start) - first.target,
        ),
    ]
    taken = exact_eye(d) - linear_part(many.update, d)
    v = rationals(rng, d)
    if satisfied(formulas["many-steps.box"], inputs):
        relations += [
            Relation("they stay in the box: formula", bool(formulas["many-steps.box"].exact(**inputs)), True),
            Relation("no direction is pushed away", Fraction(0), v @ taken @ v, "<="),
            Relation("none overshoots", v @ taken @ v, 2 * square(v), "<" if any(v) else "="),
            Relation("steps without end project: formula", bool(formulas["many-steps.limit"].exact(**inputs)), True),
        ]
    cycle = Interaction(many, *others)
    found = cycle.equilibrium(allow_missing=True)
    if found.exists and found.unique:
        among = inputs | around(tuple(others), d) | {"w_inf": found.w, "w_t": start}
        settles = formulas["many-steps.settles"]
        relations.append(
            Relation("residual among others = formula", exactly(formulas["many-steps.bias"], among), found.residual_w)
        )
        contracts = satisfied(settles, among)
        relations.append(Relation("a round contracts = the cycle converges", contracts, bool(cycle.converges())))
        if contracts:
            relations.append(Relation("a round leads there: formula", bool(settles.exact(**among)), True))
    return Case(drawn.shown() | {"steps": number, "start": start}, relations)


LIMIT = ("fixed", "start", "later")


def _line(p: Any, **more: Any) -> dict[str, Any]:
    """One agent on a line with target 1."""
    return {"S_W": [[p]], "eta_W": 1, "w_star": [1], "w_0": [0]} | more


def _one(p: Any, **more: Any) -> dict[str, Any]:
    """A mediator of one agent on a line with target 1."""
    return {
        "S_all": [[p]],
        "eta": 1,
        "theta": [1],
        "J_all": [[1]],
        "Lambda": [[1]],
        "z_t": [3],
        "z_0": [3],
        "S_mean": [[1]],
    } | more


def _among(p: Any, T: Any, **more: Any) -> dict[str, Any]:
    """One agent of two steps on a line, with target 1, among others."""
    return _line(p, t=2, T_others=[[T]], c_others=[1], w_t=[0]) | more


HALVED = {"Lambda": [[HALF]]}
MEAN = (Square("eta S_mean", "X", "x"),)

#: What is pushed is what is averaged: both are seen through the root of the weighed Gram matrices.
SEEN = (
    "H_mean = J_all' X' X J_all",
    "g_all = J_all' X' X theta",
    "H_mean (1 - H_mean_pinv H_mean) = 0",
    Root(("X J_all (1 - H_mean_pinv H_mean)",)),
    "H_mean H_mean_pinv J_all' X' = J_all' X'",
    "H_mean H_mean_pinv g_all = g_all",
)


def normal(matrix: str) -> tuple[str, ...]:
    """Lines that show that the pseudo-inverse of a symmetric matrix commutes with it."""
    both, left, right = (
        f"{matrix} {matrix}_pinv {matrix}_pinv {matrix}",
        f"{matrix}_pinv {matrix}",
        f"{matrix} {matrix}_pinv",
    )
    return (f"{left} = {both}", f"{right} = {both}", f"{right} = {left}")


#: After t moves.
POWERS = "e_t = A_to_the_t e_0"
STEP = "H_mean_pinv H_mean_pinv (g_all - H_mean z_0)"

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "mediator",
        evidence=(Exact(_mediated_exactly),),
        certificate=(
            Spec("mediator.step"),
            Spec("mediator.rest", "exists", value="H_all_inv g_all"),
            Spec(
                "mediator.rest",
                "unique",
                lines=("H_all other = g_all", "H_all z_inf = g_all", "H_all (other - z_inf) = 0"),
            ),
            Spec("mediator.state"),
            Spec(
                "mediator.least",
                "least",
                facts=MEAN,
                lines=(
                    "Lambda P_all = eta S_mean",
                    "eta S_all Lambda = eta S_mean",
                    "J_all' Lambda P_all (J_all z_inf - theta) = 0",
                    "(z_inf' J_all' - theta') Lambda P_all J_all = 0",
                    Sum(
                        "1/2 (z_t' J_all' - theta') Lambda P_all (J_all z_t - theta) >= "
                        "1/2 (z_inf' J_all' - theta') Lambda P_all (J_all z_inf - theta)",
                        (("1/2", ("eta > 0", "S_mean psd"), "J_all (z_t - z_inf)"),),
                    ),
                ),
            ),
            Spec(
                "mediator.settles",
                "positive",
                reduction=Descent(),
                lines=(
                    "H_mean = eta J_all' S_mean J_all",
                    Sum("H_mean >= 0", (("1", ("eta > 0", "S_mean psd"), "J_all"),)),
                ),
            ),
            Spec("mediator.settles", "rests", reduction=Descent(), facts=MEAN, lines=SEEN),
            Spec(
                "mediator.settles",
                "nearest",
                reduction=Descent(),
                facts=MEAN,
                lines=(*SEEN, *normal("H_mean")),
                value=STEP,
            ),
        ),
        needed=(
            Needed(("step",), "J' Lambda J = 1", _one(1, **HALVED)),
            Needed(("rest", "state"), "J' Lambda J = 1", _one(1, **HALVED), (one_rest_of_averages,)),
            Needed(("rest", "state"), "H_all invertible", _one(0), (one_rest_of_averages,)),
            Needed(("least",), "Lambda S_all = S_mean", _one(-1)),
            Needed(("settles",), "Lambda S_all = S_mean", _one(-1)),
            Needed(("least", "settles"), "S_mean psd", _one(-1, S_mean=[[-1]])),
            Needed(("least",), "H_mean invertible", _one(0, S_mean=[[0]]), (one_rest_of_averages,)),
            Needed(("settles",), "H_mean below 2", _one(2, S_mean=[[2]])),
        ),
        unneeded=(Unneeded(("step", "rest", "state"), (psd(S_all),), ALGEBRA),),
    ),
    Theorem(
        "many-steps",
        evidence=(Exact(_steps_exactly),),
        certificate=(
            Spec("many-steps.move", claim="e_0 = e_0", part="base"),
            Spec(
                "many-steps.move",
                claim="e_next = A A_to_the_t e_0",
                part="step",
                when={"the relation": POWERS},
            ),
            Spec(
                "many-steps.move",
                facts=(Induction(POWERS, "many-steps.move/base", "many-steps.move/step", {"e_t": ("e_0", "e_next")}),),
                hints=True,
            ),
            Spec(
                "many-steps.limit",
                "positive",
                reduction=Descent(),
                lines=(Sum("P >= 0", (("1", ("eta_W > 0", "S_W psd"), "1"),)),),
            ),
            Spec("many-steps.limit", "rests", reduction=Descent()),
            Spec(
                "many-steps.limit",
                "nearest",
                reduction=Descent(),
                lines=normal("P"),
                value="- P_pinv P_pinv P (w_0 - w_star)",
            ),
            Spec("many-steps.bias"),
            *(Spec("many-steps.settles", goal, reduction=PowersVanish()) for goal in LIMIT),
        ),
        unproved="The steps of a turn are counted by induction, and the box is about any number of them.",
        needed=(
            Needed(("box", "limit"), "S_W psd", _line(-1, t=1)),
            Needed(("box", "limit"), "P below 2", _line(2, t=1)),
            Needed(("bias",), "t steps after a round leave w_inf", _among(HALF, HALF, w_inf=[5]), (one_rest_of_steps,)),
            Needed(("bias",), "M_steps invertible", _among(0, 1, w_inf=[1], c_others=[0]), (one_rest_of_steps,)),
            Needed(("settles",), "t steps after a round leave w_inf", _among(HALF, HALF, w_inf=[5])),
            Needed(("settles",), "A_steps T contracts", _among(3, 1, w_inf=[1], c_others=[0])),
        ),
        unneeded=(Unneeded(("move", "bias", "settles"), (psd(S_W),), ALGEBRA),),
        claims=(
            Claim(
                "many-steps-as-one-longer",
                f"reading of {THIS}: steps add up",
                two_steps,
                "p = 1/2, two steps: 3/4 of the way, not all of it",
                says=equation(P_steps, t * P),
                given=(psd(S_W), below(P, 2)),
                of="many-steps.move",
                inputs=_line(HALF, t=2),
            ),
            Claim(
                "more-steps-still-converge",
                f"reading of {THIS}: the box, read as all that matters",
                more_steps_diverge,
                "p = 3, q = 7/8: factor -1/4 a turn with one step, -1 with three",
                says=Contracts(A_steps * T_others),
                given=(relation(Contracts(A * T_others), "A T contracts"),),
                of="many-steps.settles",
                inputs=_line(3, t=3, T_others=[[Fraction(1, 8)]], c_others=[1], w_t=[0], w_inf=[1]),
            ),
        ),
    ),
)
