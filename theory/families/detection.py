"""What a victim can see in a transcript.

Source: section 7.
"""

from __future__ import annotations

from sympy import Identity, Inverse, MatMul, MatrixSymbol, OneMatrix

from theory.derivation.assumptions import arranged
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import equation
from theory.families.dynamics import MOVE, setting
from theory.language.nodes import PseudoInverse
from theory.language.predicates import All, Iff, Invertible, RangeWithin
from theory.language.symbols import P, U_seen, d, k, named, vector, w_star
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
    seen = at.define(moves, -P * (U_seen - w_star * ones.T), "W's moves from the states handed over", cites=MOVE)
    spread = U_seen * centre
    count = at.infer(equation(MatMul(ones.T, ones), k * Identity(1)), reason="there are k turns")
    constant = at.infer(equation(ones.T * centre, 0 * ones.T), mean, count, reason="a constant has no spread")
    centred = at.identity(moves * centre, -P * U_seen * centre, seen, constant, reason="the target drops out")
    geometry = at.define(recovered, -moves * centre * PseudoInverse(spread), "regress the moves on the states")
    projected = at.restate(
        geometry, recovered, P * spread * PseudoInverse(spread), centred, reason="P on what the states span"
    )
    shown = conclude(
        at.branch(),
        "detection.geometry",
        "The other agent's geometry, from a transcript",
        geometry,
        says=Iff(equation(recovered, P), RangeWithin(P, spread)),
        rests_on=(projected,),
        counts={"k": (5, 2, 3)},
    )
    average = at.define(
        goal, U_seen * ones / k + Inverse(recovered) * moves * ones / k, "where the mean move would be zero"
    )
    exact = at.infer(
        equation(recovered, P),
        projected,
        reason="the projector in it is the identity, because it is one factor of an invertible matrix",
    )
    at_goal = at.restate(average, goal, w_star, seen, exact, count, reason="exactly the target that W acts on")
    regular = arranged(Invertible(recovered), "P_seen invertible", _full)
    told = conclude(
        at,
        "detection.target",
        "The target it acts on, from a transcript",
        average,
        says=All(exact, at_goal),
        rests_on=(exact, at_goal),
        assumptions=(regular,),
        counts={"k": (5, 2, 3)},
    )
    return [shown, told]


def _full(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make W's Gram invertible, half the time."""
    if drawer.random is not None and drawer.random.randint(0, 1):
        full_rank("S_W")(drawer, values)
