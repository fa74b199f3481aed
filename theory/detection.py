"""Two attackers at once, and what a victim can see in a transcript.

Source: section 7.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Identity, Inverse, MatrixSymbol, OneMatrix

from theory.assumptions import arranged, invertible
from theory.dense import Dense
from theory.derivation import equation
from theory.drawing import Drawer
from theory.dynamics import move, setting
from theory.formula import Formula, conclude, derives
from theory.nodes import PseudoInverse
from theory.symbols import (
    S_U,
    S_W,
    Delta,
    P,
    Q,
    U_seen,
    d,
    eta_U,
    eta_W,
    k,
    named,
    u_star,
    vector,
    w_star,
)

THIS = "this project"
u_turn, w_next = vector("u_turn", "u_t"), vector("w_next_turn", "w_{t+1}")


def _both_reach(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Give both agents Grams of full rank."""
    size = values["S_W"].shape[0]
    if drawer.random is not None:
        for agent in "WU":
            values[f"S_{agent}"] = values[f"S_{agent}"] + Dense.eye(size, drawer.domain)


@derives("mutual-attack.w", "mutual-attack.u")
def mutual_attack() -> list[Formula]:
    """Both attack: a 2-cycle in which each wins on its own turn."""
    at = setting().chain.branch()
    names = setting().define
    goal_w, goal_u = vector("declared_w", r"\tilde w"), vector("declared_u", r"\tilde u")
    w_line = at.define(goal_w, u_star - Inverse(P) * Delta, "W declares what takes it from u* to w* in one move")
    u_line = at.define(goal_u, w_star + Inverse(Q) * Delta, "U declares what takes it from w* to u* in one move")
    u_move = at.define(u_turn, move(w_star, S_U, eta_U, goal_u), "U moves from w*")
    u_move = at.restate(u_move, u_turn, w_star - Q * (w_star - goal_u), names[Q], reason="write U's move with Q")
    lands_u = at.restate(
        at.substitute_right(u_move, u_line, reason="insert what it declares"),
        u_turn,
        u_star,
        names[Delta],
        reason="U stands exactly on its target",
    )
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, goal_w), "W moves from there")
    w_move = at.restate(w_move, w_next, u_turn - P * (u_turn - goal_w), names[P], reason="write W's move with P")
    lands_w = at.restate(
        at.substitute_right(w_move, lands_u, w_line, reason="insert where U stands and what W declares"),
        w_next,
        w_star,
        names[Delta],
        reason="and W exactly on its own: the cycle closes, and they never agree",
    )
    needs = (replace(invertible(P), arrange=_both_reach), invertible(Q))
    return [
        conclude(
            at,
            "mutual-attack.w",
            "What W declares in a mutual attack",
            r"With this target and U's, $w_t = w^{*}$ and $u_t = u^{*}$ for ever: each wins on its own turn, and they "
            r"never agree. Declared targets leave $AB$ alone: where the interaction converges this cycle is its limit.",
            w_line,
            rests_on=(lands_w, lands_u),
            assumptions=needs,
        ),
        conclude(
            at,
            "mutual-attack.u",
            "What U declares in a mutual attack",
            "U's part of the 2-cycle.",
            u_line,
            rests_on=(lands_w, lands_u),
            assumptions=needs,
        ),
    ]


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
    excited = at.assume(equation(spread * PseudoInverse(spread), Identity(d)), "the transcript excites every direction")
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
        "the states, less their mean, span all directions", equation(spread * PseudoInverse(spread), Identity(d)), _full
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
        values["S_W"] = values["S_W"] + Dense.eye(values["S_W"].shape[0], drawer.domain)
