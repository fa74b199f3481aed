"""Evidence for section 7: what a transcript shows of the other agent, and what it cannot show.

Transcripts are those of simulated agents; they are judged by `numerics.detect`, which sees them only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Ne, ZeroMatrix

from numerics import Interaction, Prompt, detect, label_attack
from numerics.exact import rank
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import (
    declaring,
    is_invertible,
    linear_part,
    number,
    scalar_agent,
    targeted,
    wanted_target,
)
from proofs_check.instruments.at_rest import Inputs, acting, array
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, PAIR, THIRD, two
from proofs_check.proving.specification import Spec
from theory.derivation.assumptions import invertible, psd, relation
from theory.derivation.lines import equation
from theory.derivation.sources import ABSTRACT_1
from theory.families.equilibrium import turned
from theory.language.nodes import Vanishes
from theory.language.predicates import Implies
from theory.language.symbols import S_U, S_V, S_W, M, P, d, eta_V, s, v_star, w_inf, w_star

__all__ = ["THEOREMS"]


def twin_transcripts() -> Case:
    """An attacker that declares a target makes the transcript of an honest agent that has this target."""
    half, goal = Fraction(1, 2), ints(0)
    victim = scalar_agent(half, 1)
    attack = label_attack(victim, ints([1]), goal, step_size=number(half))
    honest = scalar_agent(half, -half)
    runs = [Interaction(w, victim).simulate(ints(4), 4, method="attention") for w in (attack.agent, honest)]
    verdicts = [detect(run, victim.prompt, victim.step_size).verdict for run in runs]
    rest = Interaction(attack.agent, victim).equilibrium().w
    return Case(
        {"p": half, "q": half, "u*": 1, "goal": 0, "declared": -half, "w": runs[0].w, "u": runs[0].u},
        [
            Relation("the attacker reaches its goal", rest, goal),
            Relation("it declares another target", attack.prompt.target, -half),
            Relation("W's transcript is that of the honest agent", runs[0].w, runs[1].w),
            Relation("and so is U's", runs[0].u, runs[1].u),
            Relation("the same verdict for both", verdicts[0] == verdicts[1], True),
        ],
    )


def honest_agent_rests_elsewhere() -> Case:
    """An honest agent, too, comes to rest away from the target that its labels declare: its plateau."""
    half = Fraction(1, 2)
    honest, victim = scalar_agent(half, 0), scalar_agent(half, 1)
    pair = Interaction(honest, victim)
    found = pair.equilibrium()
    return Case(
        {"p": half, "q": half, "w*": 0, "u*": 1, "w_inf": found.w},
        [
            Relation("the pair converges from every start", bool(pair.converges()), True),
            Relation("the honest agent declares its own target", honest.target, 0),
            Relation("it rests elsewhere", found.w, Fraction(1, 3)),
        ],
    )


def target_is_told(formula: Any, x: Inputs) -> str | None:
    """No other agent, with another target, makes the same transcript."""
    P, w_star = array(x["eta_W"]) * array(x["S_W"]), array(x["w_star"])
    states = array(x["U_seen"]).T
    moves = [acting(P, w_star).update(u) for u in states]
    others = [(P, w_star + direction) for direction in exact_eye(len(w_star))]
    others += [(P / 2, states[0] - 2 * (states[0] - w_star))]
    for matrix, target in others:
        if (target != w_star).any() and all(
            (acting(matrix, target).update(u) == move).all() for u, move in zip(states, moves, strict=True)
        ):
            return f"the agent with step matrix {show(matrix)} and target {show(target)} answers alike"
    return None


def _transcript(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Any states handed over, few or many, and the states of a real run, which is judged by `numerics` alone."""
    pair = targeted(rng, dimensions=(1, 2, 2, 3), full_rank=bool(rng.random() < 0.6))
    inputs, d, w = pair.arguments(), pair.d, pair.agent_w
    geometry = -linear_part(lambda u: w.update(u) - u, d)
    states = rationals(rng, int(rng.integers(1, d + 3)), d)
    run = pair.interaction.simulate(pair.w_0, d + 2, method="attention")
    relations = []
    for U in (states, run.u):
        given = inputs | {"U_seen": U.T}
        spread = U - U.sum(axis=0) / len(U)
        onto = np.stack([Prompt.from_target(spread, e).target for e in exact_eye(d)], axis=-1)
        recovered = exactly(formulas["detection.geometry"], given)
        spanned = int(rank(spread)) == int(rank(np.concatenate([spread, geometry])))
        relations += [
            Relation("geometry formula = what W's layer does to spanned differences", recovered, geometry @ onto),
            Relation("it is W's geometry = the states span its range", bool((recovered == geometry).all()), spanned),
        ]
        if not is_invertible(recovered):
            continue
        relations += [
            Relation("it is W's geometry where it inverts", recovered, geometry),
            Relation(
                "target formula = the state that W's layer keeps",
                exactly(formulas["detection.target"], given),
                w.target,
            ),
        ]
        if U is not states:
            found = detect(run, pair.agent_u.prompt, pair.agent_u.step_size)
            honest = detect(run, pair.agent_u.prompt, pair.agent_u.step_size, declared_goal=w.target)
            relations += [
                Relation("geometry found in the transcript = formula", found.geometry, geometry),
                Relation("target found in the transcript = formula", found.target, w.target),
                Relation("with its target declared, the verdict is honest", honest.verdict == "honest", True),
            ]
    return Case(pair.shown() | {"states": states}, relations)


def _twins(rng: np.random.Generator, formulas: Formulas) -> Case:
    """An attacker with a fixed declared target makes the transcript of an honest agent that has this target."""
    pair = targeted(rng, full_rank=True)
    inputs = pair.arguments()
    goal, victim = inputs["w_star"], pair.agent_u
    declared = wanted_target(pair.X_W, pair.eta_W, victim.update(goal), goal)
    if declared is None or not np.any(declared != goal) or int(pair.agent_w.prompt.rank) < pair.d:
        return Case(pair.shown(), [])
    attacker = declaring(pair.X_W, declared, pair.eta_W)
    # The honest agent has other examples, every one twice: the same geometry.
    honest = declaring(np.concatenate([pair.X_W, pair.X_W]), declared, pair.eta_W)
    runs = [Interaction(w, victim).simulate(pair.w_0, 3, method="attention") for w in (attacker, honest)]
    U = rationals(rng, pair.d + 2, pair.d)
    given = inputs | {"w_star": declared, "U_seen": U.T}
    if int(Prompt(U - U.sum(axis=0) / len(U), U[:, 0]).rank) < pair.d:
        return Case(pair.shown(), [])
    return Case(
        pair.shown() | {"goal": goal, "declared": declared},
        [
            Relation("both transcripts are the same, W", runs[0].w, runs[1].w),
            Relation("both transcripts are the same, U", runs[0].u, runs[1].u),
            Relation(
                "what is recovered is the declared target", exactly(formulas["detection.target"], given), declared
            ),
            Relation("which is not the goal", declared, goal, "!="),
        ],
    )


#: What is regressed is W's geometry on what the states span; where that inverts, it is all.
PROJECTED = "P_seen = P U_seen centre U_seen_centre_pinv"
RECOVERED = (
    "P_seen U_seen centre U_seen_centre_pinv = P_seen",
    "U_seen centre U_seen_centre_pinv = 1",
    "P_seen = P",
    "P_seen_inv P = 1",
)

#: W's move when its labels declare another target than its goal w*.
DECLARED = P, w_star + s

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "detection",
        evidence=(Exact(_transcript, share=0.5), Exact(_twins, share=0.25, name="exact, twins")),
        certificate=(
            Spec("detection.geometry", "if", lines=(PROJECTED, "P U_seen centre U_seen_centre_pinv = P")),
            Spec("detection.geometry", "only if", lines=(PROJECTED, "P U_seen centre U_seen_centre_pinv = P")),
            Spec("detection.target", "1", lines=(PROJECTED, *RECOVERED[:-1])),
            Spec("detection.target", "2", lines=(PROJECTED, *RECOVERED)),
        ),
        needed=(Needed(("target",), "P_seen invertible", two(HALF, 1, U_seen=[[1, 1]], k=2), (target_is_told,)),),
        unneeded=(Unneeded(("geometry", "target"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "transcripts-tell-attackers",
                f"reading of {ABSTRACT_1}: from a transcript alone a victim can tell an attacker, which declares "
                "another target than its goal, from an honest agent V",
                twin_transcripts,
                "p = q = 1/2, u* = 1, goal 0: the attacker declares -1/2 and plays like an honest agent "
                "with that target",
                says=Vanishes(s),
                given=(
                    relation(
                        equation(w_star, turned(w_star, second=DECLARED)),
                        "W reaches its goal",
                    ),
                    invertible(P),
                    relation(equation(P, eta_V * S_V), "V moves with W's step matrix"),
                    relation(equation(P * (w_star + s), eta_V * S_V * v_star), "and is drawn where W is drawn"),
                ),
                of=PAIR,
                inputs=two(HALF, HALF, s=[-HALF], S_V=[[HALF]], eta_V=1, v_star=[-HALF]),
            ),
            Claim(
                "resting-elsewhere-betrays",
                f"reading of {ABSTRACT_1}: an agent that comes to rest away from the target it declares is an attacker",
                honest_agent_rests_elsewhere,
                "p = q = 1/2, targets 0 and 1: the honest agent rests at 1/3",
                says=Implies(Ne(w_inf, w_star + s, evaluate=False), Ne(s, ZeroMatrix(d, 1), evaluate=False)),
                given=(
                    invertible(M),
                    relation(
                        equation(w_inf, turned(w_inf, second=DECLARED)),
                        "W rests at w_inf",
                    ),
                ),
                of=PAIR,
                inputs=two(HALF, HALF, w_inf=[THIRD], s=[0]),
            ),
        ),
    ),
)
