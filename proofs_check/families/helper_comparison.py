"""Evidence for section 8: turns to a given accuracy for each kind of company, counted on simulated agents.

The main agent has one slow direction; it starts along it. A count of turns by a formula is a real number T: the agents
need exactly the whole number of turns that follows it, so that T and their count differ by less than 1.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Abs

from numerics import FixedHelper, Interaction, LSAAgent, NewtonHelper, Prompt
from numerics.agents.agent import Agent
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, exact_array
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring
from proofs_check.instruments.at_rest import Inputs, acting, pair, rest
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.rationals import exact_eye, exactly, orthogonal, square
from proofs_check.instruments.small_pairs import HALF
from proofs_check.proving.specification import Spec, Sum
from theory import SingularError
from theory.derivation.assumptions import relation
from theory.families.helper_comparison import cond, eps
from theory.language.symbols import alpha

__all__ = ["THEOREMS"]


def turns_are_counted(formula: Any, x: Inputs) -> str | None:
    """The formula is a number of turns (not negative) after which the error of a simulated run is eps."""
    p = 1 / Fraction(x["cond"])
    part = formula.id.split(".")[1]
    if part in ("plateau", "half"):
        found = rest(pair({"S_W": [[p]], "S_U": [[p]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [1]}).turn)
        return None if found.states == 1 else f"p = q = {p}: {found}"
    zero, one = exact_array([0]), exact_array([1])
    main, own = acting(exact_eye(1) * p, zero), exact_eye(1)
    helper = {
        "alone": acting(0 * own, zero),
        "aligned": acting(own * p, zero),
        "newton": acting(own, (1 - Fraction(x.get("alpha", 1))) * one),
    }[{"halved": "aligned", "bounded": "newton"}.get(part, part)]
    left = main.update(helper.update(one))[0]
    try:
        turns = formula.exact(**{name: x[name] for name in formula.inputs})
    except SingularError:
        return f"undefined: the error is {left} after one turn" + (" already" if left == 0 else "")
    if part in ("halved", "bounded") or not turns.is_negative:
        return None
    return f"{turns} turns: negative (a turn multiplies the error by {left})"


def _counted(main: LSAAgent, company: Agent, goal: Array, slow: Array, eps: Fraction) -> int | None:
    """Count the turns until the error is eps times that of the start; None if it meets eps exactly."""
    w, turns, before = goal + slow, 0, square(slow)
    while square(w - goal) > eps**2 * before:
        w = main.update(company.update(w))
        turns += 1
    return None if square(w - goal) == eps**2 * before else turns


def _turns(rng: np.random.Generator, formulas: Formulas) -> Case:
    frame = orthogonal(rng, 2)
    root = Fraction(int(rng.integers(3, 8)), 2)  # the condition number is its square
    X = np.stack([root * frame[0], frame[1]])
    step, goal, slow = np.array(2 / root**2, dtype=object), rationals(rng, 2), frame[1]
    main = LSAAgent(Prompt.from_target(X, goal), step)
    accuracy, damping = Fraction(1, int(rng.integers(3, 12))), Fraction(int(rng.choice([1, 2, 3, 5, 6, 7])), 4)
    inputs = {"cond": root**2, "eps": accuracy, "alpha": damping}
    company: dict[str, Agent] = {
        "alone": declaring(X * 0, goal, 1),
        "aligned": FixedHelper(X, goal, step_size=step),
        "newton": NewtonHelper(main, X, step_size=step, damping=np.array(damping, dtype=object)),
    }
    relations = [
        Relation(f"{part} = formula", exactly(formulas[f"helper-comparison.{part}"], inputs), expected)
        for part, expected in (("bounded", abs(1 - damping) < 1), ("half", 1 / (4 * root**2 - 2)))
    ]
    for who, helper in company.items():
        counted = _counted(main, helper, goal, slow, accuracy)
        if counted is None:
            return Case(inputs, [])
        for part in (who, "halved") if who == "aligned" else (who,):
            turns = formulas[f"helper-comparison.{part}"].exact(**inputs)
            relations.append(
                Relation(
                    f"{who}: turns counted = the next whole number after {part}",
                    bool(counted - 1 < turns) and bool(turns < counted),
                    True,
                )
            )
    gap = rationals(rng, 2)
    found = Interaction(main, FixedHelper(X, goal + gap, step_size=step)).equilibrium(w_star=goal)
    share = exactly(formulas["helper-comparison.plateau"], inputs)
    relations.append(
        Relation(
            "share of the gap kept along the slow direction = formula", share * (gap @ slow), found.residual_w @ slow
        )
    )
    return Case(inputs | {"X": X, "goal": goal, "gap": gap}, relations)


#: The share's denominator is positive.
POSITIVE = Sum("n2_cond_minus_1 > 0", (("2", ("condition at least 1",), "1"), ("1", (), "1")))

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "helper-comparison",
        evidence=(Exact(_turns, share=0.5),),
        certificate=(
            Spec("helper-comparison.plateau", claim="n2_cond_minus_1 > 0", part="denominator", lines=(POSITIVE,)),
            Spec("helper-comparison.plateau", uses=("helper-comparison.plateau/denominator",)),
            Spec(
                "helper-comparison.half",
                claim="n4_cond_minus_2 > 0",
                part="denominator",
                lines=(Sum("n4_cond_minus_2 > 0", (("4", ("condition at least 1",), "1"), ("2", (), "1"))),),
            ),
            Spec(
                "helper-comparison.half",
                uses=("helper-comparison.plateau/denominator", "helper-comparison.half/denominator"),
            ),
        ),
        unproved="Numbers of turns are quotients of logarithms, not products of letters.",
        needed=(
            Needed(("alone", "aligned"), "condition above 1", {"cond": HALF / 2, "eps": HALF, "t": 1}),
            Needed(
                ("newton", "halved", "bounded"),
                "condition above 1",
                {"cond": 1, "eps": HALF, "alpha": HALF, "t": 1},
                (turns_are_counted,),
            ),
            Needed(
                ("newton",),
                "(1 - alpha)(1 - 1/kappa) below 1 in modulus",
                {"cond": 2, "eps": HALF, "alpha": 4, "t": 1},
                (turns_are_counted,),
            ),
            Needed(("bounded",), "1 - alpha below 1 in modulus", {"cond": 2, "eps": HALF, "alpha": 5 * HALF}),
            Needed(("bounded",), "eps at most 1", {"cond": 2, "eps": 2, "alpha": HALF}),
            Needed(
                ("newton", "bounded"), "alpha not 1", {"cond": 2, "eps": HALF, "alpha": 1, "t": 1}, (turns_are_counted,)
            ),
            Needed(("plateau", "half"), "condition at least 1", {"cond": HALF}, (turns_are_counted,)),
        ),
        unneeded=(
            Unneeded(
                ("alone", "aligned", "newton"),
                (relation(eps < 1, "eps below 1"), relation(eps <= 1, "eps at most 1")),
                "where nothing is to be done, a number of turns that is not positive says so",
            ),
            Unneeded(
                ("newton",),
                (relation(Abs(1 - alpha) < 1, "1 - alpha below 1 in modulus"),),
                "a turn may lengthen less than W's own move shortens",
            ),
            Unneeded(
                ("plateau", "half"),
                (relation(cond > 1, "condition above 1"),),
                "at condition number 1 the share is 0, as claimed",
            ),
        ),
    ),
)
