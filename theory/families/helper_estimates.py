"""Helpers that know less: an estimate of the main agent's geometry, or nothing but the transcript.

Source: section 8.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import QQ, Identity, Inverse, MatPow, MatrixSymbol, OneMatrix, ZeroMatrix

from theory.derivation.assumptions import Assumption, arranged, below, invertible, relation
from theory.derivation.described import Iterate
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import equation
from theory.families.dynamics import MOVE, e_next, e_t, move, setting, w_next
from theory.families.newton_helper import e_any, gradient, helped_turn, u_chosen
from theory.language.nodes import Contracts, Vanishes
from theory.language.predicates import All, Iff, Implies, Invertible, Loewner, TendsTo
from theory.language.symbols import (
    S_W,
    A,
    I,
    P,
    Q,
    S_hat,
    U_seen,
    alpha,
    d,
    eta_W,
    k,
    named,
    primitive,
    t,
    vector,
    w_0,
    w_star,
    w_t,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer, full_rank

c = primitive("c", "weights", "c", "weights of the iterates, one for each column")


def _estimated(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make the estimate exceed half of W's Gram times the damping, and put W's step inside its bound; mostly."""
    if drawer.random is None:
        return
    more, unit = values["S_hat"], Dense.eye(values["S_hat"].shape[0], drawer.domain)
    values["alpha"] = drawer.pick(0, 0, QQ(1, 2), 1, 2, 3)
    share = drawer.pick(QQ(1, 4), 1, 2, 2, 3)
    if not drawer.random.randint(0, 2):  # every direction meets the edge
        values["S_W"] = unit
        share = share @ values["S_W"].trace()
    if drawer.random.randint(0, 2):
        square = more @ more + unit if drawer.random.randint(0, 1) else more @ more
        values["S_hat"] = square + values["S_W"].scale(values["alpha"] @ drawer.pick(QQ(1, 2)))
    else:  # too small an estimate: a turn multiplies the error by -1, where W's step is 1/4, or by more
        values["alpha"], values["S_W"] = drawer.pick(1, 2), unit
        share = drawer.pick(QQ(1, 4)) @ unit.trace()
        values["S_hat"] = unit.scale(values["alpha"] @ drawer.pick(QQ(1, 3), QQ(3, 7)))
    if values["S_W"].trace()[0, 0] > 0:
        values["eta_W"] = share @ values["S_W"].trace().inverse()


def _regular(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make the helper's Gram and its estimate invertible, the estimate of either sign."""
    if drawer.random is not None:
        if "S_U" in values:
            full_rank("S_U")(drawer, values)
        unit = Dense.eye(values["S_hat"].shape[0], drawer.domain)
        values["S_hat"] = values["S_hat"] + unit if drawer.random.randint(0, 2) else -values["S_hat"] - unit


def _fine(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make W's Gram invertible, and the estimate a multiple of it, so that the turn contracts; or let both be."""
    if drawer.random is not None and drawer.random.randint(0, 3):
        full_rank("S_W")(drawer, values)
        values["S_hat"] = values["S_W"].scale(Dense.number(drawer.random.randint(1, 4), drawer.domain))
        values["alpha"] = Dense.number(drawer.random.randint(1, 3), drawer.domain)
        if values["S_W"].trace()[0, 0] > 0:
            values["eta_W"] = Dense.number(drawer.random.randint(1, 3), drawer.domain) @ values["S_W"].trace().inverse()


def _settled(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make the weights add up to 1, and mostly the average of the iterates a state at which W stays."""
    _averaged(drawer, values)
    weights, iterates, gram = values["c"].columns()[0], values["U_seen"].columns(), values["S_W"]
    last = Dense.number(weights[weights.shape[0] - 1, 0], drawer.domain)
    if last.is_zero or (drawer.random is not None and not drawer.random.randint(0, 2)):
        return
    free = iterates[-1] - gram.pinv() @ gram @ iterates[-1]
    others = [x.scale(Dense.number(weights[i, 0], drawer.domain)) for i, x in enumerate(iterates[:-1])]
    wanted = values["w_star"] + free
    for other in others:
        wanted = wanted - other
    values["U_seen"] = Dense.hstack([*iterates[:-1], wanted.scale(last.inverse())])


def _averaged(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make the weights add up to 1."""
    total = Dense.full((1, values["c"].shape[0]), 1, drawer.domain) @ values["c"]
    if not total.is_zero:
        values["c"] = values["c"].scale(total.inverse())


@derives(
    "inexact-helper.e",
    "inexact-helper.converges",
    "inexact-helper.sees",
    "inexact-helper.energy",
    "inexact-helper.strict",
)
def inexact_helper() -> list[Formula]:
    """A helper that only has an estimate of the main agent's Gram."""
    at, n = setting().begin()
    e_now = at.define(e_t, w_t - w_star, "the main agent's error")
    grad = at.define(gradient, S_W * (w_t - w_star), "the main agent's gradient", cites=("label-noise.gradient",))
    chosen = at.define(
        u_chosen, w_t - alpha * Inverse(Q) * Inverse(S_hat) * gradient, "the same wish with the estimate"
    )
    u_move, w_move, e_then = helped_turn(at)
    helped = at.substitute_right(u_move, chosen, grad, reason="insert the objective: Q cancels")
    damped = I - alpha * Inverse(S_hat) * S_W
    recursion = at.restate(
        at.substitute_right(w_move, helped, reason="insert the helper's step"),
        e_next,
        A * damped * e_t,
        e_then,
        e_now,
        n[A],
        reason="the error recursion",
    )
    turn = A * damped
    condition = at.decide(Contracts(turn), n[A], n[P], reason="powers tend to zero iff the spectral radius is below 1")
    taken = at.identity(
        I - turn, (eta_W * I + alpha * A * Inverse(S_hat)) * S_W, n[A], n[P], reason="what a turn takes away"
    )
    sees = at.infer(
        Implies(Contracts(turn), Invertible(S_W)),
        taken,
        reason="I - T is invertible where the spectral radius of T is below 1",
    )
    energy = S_W - turn.T * S_W * turn
    loses = at.identity(
        energy,
        eta_W * damped.T * S_W * (2 * I - P) * S_W * damped
        + alpha * S_W * Inverse(S_hat) * (2 * S_hat - alpha * S_W) * Inverse(S_hat) * S_W,
        n[A],
        n[P],
        reason="neither factor of the turn raises the loss: what each of them takes",
    )
    after, before = (e.T * S_W * e for e in (e_next, e_t))
    smaller = at.infer(Loewner(after, before), recursion, loses, reason="both terms are positive semidefinite")
    gram = at.restate(n[P], S_W, P / eta_W, factor=-eta_W, reason="the main agent's Gram, from its step matrix")
    strictly = at.infer(
        Implies(equation(after, before), Vanishes(S_W * e_t, e_t)),
        recursion,
        loses,
        gram,
        reason="both terms vanish only if S_W times the error after the helper's move does, and then all of S_W e",
    )
    regular = invertible(S_hat)
    general: tuple[Assumption, ...] = (replace(regular, arrange=_regular), invertible(Q))
    cautious: tuple[Assumption, ...] = (
        regular,
        arranged(Loewner(alpha * S_W, 2 * S_hat), "alpha S_W at most 2 S_hat", _estimated),
        relation(alpha >= 0, "alpha non-negative"),
    )
    return [
        conclude(
            at,
            "inexact-helper.e",
            "Error with an inexact helper",
            recursion,
            assumptions=general,
        ),
        conclude(
            at,
            "inexact-helper.converges",
            "Which estimates are good enough",
            condition,
            says=Iff(TendsTo(e_any, turn * e_any, e_any, ZeroMatrix(d, 1)), Contracts(turn)),
            assumptions=general[:1],
        ),
        conclude(
            at,
            "inexact-helper.sees",
            "No estimate makes up for a direction that the main agent does not see",
            sees,
            assumptions=(replace(regular, arrange=_fine),),
        ),
        conclude(
            at,
            "inexact-helper.energy",
            "A simple sufficient condition",
            smaller,
            says=smaller,
            value=energy,
            lhs=named(MatrixSymbol("loss_drop", d, d), r"S_W - T^{\mathsf T} S_W T"),
            sign=":=",
            assumptions=(*cautious, invertible(Q), below(P, 2, strict=False)),
        ),
        conclude(
            at,
            "inexact-helper.strict",
            "The loss falls strictly",
            strictly,
            assumptions=(regular, replace(cautious[1], arrange=_arriving), *cautious[2:], invertible(Q), below(P, 2)),
        ),
    ]


def _arriving(drawer: Drawer, values: dict[str, Dense]) -> None:
    """The same, and in half of the draws the main agent at its target, where no loss is left to fall.

    Or beyond the hypotheses: W overshoots by as much as the helper corrects, and a turn mirrors the error.
    """
    _estimated(drawer, values)
    if drawer.random is None:
        return
    match drawer.random.randint(0, 5):
        case 0 | 1 | 2:
            values["w_t"] = values["w_star"]
        case 3:
            unit = Dense.eye(values["S_hat"].shape[0], drawer.domain)
            values["S_W"], values["S_hat"] = unit, unit.scale(drawer.pick(2))
            values["alpha"], values["eta_W"] = map(drawer.pick, drawer.random.choice(((1, 3), (0, 2))))


@derives("blind-helper.residual", "blind-helper.rest", "blind-helper.silent", "blind-helper.krylov")
def blind_helper() -> list[Formula]:
    """What a helper that sees the transcript only can do, and after how many turns."""
    base, n = setting().begin()
    at = base.branch()
    ones = named(OneMatrix(1, k), r"\mathbf 1^{\mathsf T}")
    answers = named(MatrixSymbol("W_seen", d, k), "W")
    moves = named(MatrixSymbol("R_seen", d, k), "R")
    answer = at.define(
        answers, U_seen - P * (U_seen - w_star * ones), "W's answers: its move from every iterate handed over"
    )
    shift = at.define(moves, answers - U_seen, "how far W moved each of them: all that the helper needs to see")
    special = arranged(equation(ones * c, Identity(1)), "weights add up to 1", _averaged)
    average = at.assume(special.says, "weights that add up to 1")
    seen = at.substitute_right(shift, answer, reason="insert the answers")
    weighted = at.restate(seen, moves, -P * U_seen + P * w_star * ones, reason="W's moves are affine in the iterates")
    applied = at.infer(
        equation(moves * c, -P * U_seen * c + P * w_star * ones * c), weighted, reason="apply both sides to the weights"
    )
    result = at.restate(applied, P * (U_seen * c - w_star), -moves * c, average, reason="the weights add up to 1")
    residual = conclude(
        at,
        "blind-helper.residual",
        "What a weighted average of iterates leaves",
        result,
        assumptions=(special,),
    )
    still = relation(Vanishes(moves * c, w_star), "moves average to zero")
    gram = at.restate(n[P], S_W, P / eta_W, factor=-eta_W, reason="W's Gram, from its step matrix")
    rests = at.infer(
        All(
            equation(U_seen * c - P * (U_seen * c - w_star), U_seen * c),
            Vanishes(S_W * (U_seen * c - w_star), w_star),
        ),
        result,
        gram,
        reason="minus the average of the moves is zero",
    )
    rest = conclude(
        at,
        "blind-helper.rest",
        "Where the moves average to zero",
        rests,
        assumptions=(replace(special, arrange=_settled), still),
    )
    at = base.branch()
    first, now, then = vector("r_0", "r_0"), vector("r_t", "r_t"), vector("r_next", "r_{t+1}")
    answer = at.define(w_next, move(w_t, S_W, eta_W, w_star), "W moves; the helper hands over what it got", cites=MOVE)
    this = at.define(now, w_next - w_t, "how far W moved")
    more = at.define(then, move(w_next, S_W, eta_W, w_star) - w_next, "and how far it moves the next time", cites=MOVE)
    once = at.identity(then, A * now, more, this, answer, n[A], n[P], reason="the error, hence the move, meets A")
    silent = conclude(at, "blind-helper.silent", "The next move that a silent helper sees", once)
    at = base.branch()
    start = at.define(first, -P * (w_0 - w_star), "W's first move, from the start")
    at.define_value(now, equation(now, now), "its move t turns later, the helper handing over what it got", _moved(t))
    step = at.define_value(
        then, equation(then, A * now), "one turn more", _moved(t + 1), cites=("blind-helper.silent",)
    )
    claim = at.infer(
        equation(now, MatPow(A, t) * first), start, reason="induction hypothesis; at t = 0 it is the first move"
    )
    more = at.substitute_right(step, claim, reason="insert the hypothesis")
    grown = at.restate(more, then, MatPow(A, t + 1) * first, reason="induction, step: one more factor")
    krylov = conclude(
        at,
        "blind-helper.krylov",
        "The moves that a silent helper sees",
        claim,
        rests_on=(grown,),
        counts={"t": (0, 1, 2)},
    )
    return [residual, rest, silent, krylov]


def _moved(turns: Any) -> Iterate:
    """W's move after some turns in which the helper hands over what it got."""
    after = move(w_t, S_W, eta_W, w_star)
    return Iterate(w_t, w_0, after, turns, after - w_t)
