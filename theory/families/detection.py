"""What a victim can see in a transcript.

Source: section 7.
"""

from __future__ import annotations

from sympy import Identity, Inverse, MatrixSymbol, OneMatrix

from theory.derivation.assumptions import arranged, invertible
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import equation
from theory.families.dynamics import setting
from theory.language.nodes import PseudoInverse
from theory.language.symbols import I, P, U_seen, d, k, named, vector, w_star
from theory.values.dense import Dense
from theory.values.drawing import Drawer, full_rank


@derives("detection.geometry", "detection.target")
def detection() -> list[Formula]:
    """From a transcript: the other agent's geometry and the target it acts on."""
    at = setting().chain.branch()
    ones = OneMatrix(k, 1)
    centre = named(MatrixSymbol("centre", k, k), "C")
    moves = named(MatrixSymbol("R_seen", d, k), "R")
    recovered = named(MatrixSymbol("P_seen", d, d), r"\hat P")
    goal = vector("target_seen", r"\hat w")
    mean = at.define(centre, Identity(k) - ones * ones.T / k, "subtracting the mean over the turns")
    seen = at.define(
        moves, -P * (U_seen - w_star * ones.T), "W's moves from the states handed over: lsa-step with label-noise"
    )
    spread = U_seen * centre
    constant = at.infer(equation(ones.T * centre, 0 * ones.T), mean, reason="a constant has no spread")
    centred = at.identity(moves * centre, -P * U_seen * centre, seen, constant, reason="the target drops out")
    excited = at.assume(equation(spread * PseudoInverse(spread), I), "the transcript excites every direction")
    geometry = at.define(recovered, -moves * centre * PseudoInverse(spread), "regress the moves on the states")
    found = at.restate(
        geometry,
        recovered,
        P,
        centred,
        excited,
        reason="exactly W's geometry",
    )
    average = at.define(goal, U_seen * ones / k + Inverse(P) * moves * ones / k, "where the mean move would be zero")
    count = at.infer(equation(ones.T * ones, k * Identity(1)), reason="there are k turns")
    at_goal = at.restate(average, goal, w_star, seen, count, reason="exactly the target that W acts on")
    special = arranged(
        equation(spread * PseudoInverse(spread), I),
        "states span all directions",
        "the states, less their mean, span all directions",
        _full,
    )
    needs = (special,)
    counts = {"k": (5, 6)}
    return [
        conclude(
            at,
            "detection.geometry",
            "The other agent's geometry, from a transcript",
            "From a transcript that excites every direction the victim recovers W's step matrix exactly, singular or "
            "not.",
            geometry,
            rests_on=(found,),
            assumptions=needs,
            counts=counts,
        ),
        conclude(
            at,
            "detection.target",
            "The target it acts on, from a transcript",
            "The victim also recovers the target that W acts on. An attacker with a fixed declared target acts "
            "exactly as an honest agent with that "
            "target: only a claim about its goal, or a target that moves, can give it away.",
            average,
            rests_on=(at_goal,),
            assumptions=(*needs, invertible(P)),
            counts=counts,
        ),
    ]


def _full(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make W's Gram invertible, half the time."""
    if drawer.random is not None and drawer.random.randint(0, 1):
        full_rank("S_W")(drawer, values)
