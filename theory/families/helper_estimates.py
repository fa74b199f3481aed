"""Helpers that know less: an estimate of the main agent's geometry, or nothing but the transcript.

Source: section 8.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import Identity, Inverse, MatPow, MatrixSymbol, OneMatrix

from theory.derivation.assumptions import Assumption, arranged, invertible, psd, relation
from theory.derivation.formula import THIS, Formula, conclude, derives
from theory.derivation.lines import equation
from theory.families.dynamics import e_next, e_t, move, setting
from theory.families.newton_helper import gradient, helped_turn, u_chosen
from theory.language.nodes import Contracts, PositiveSemidefinite
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
from theory.values.instance import Instance

c = primitive("c", "weights", "c", "weights of the iterates, one for each column")


def _estimated(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make the estimate exceed W's Gram, and put the damping and W's step inside their bounds."""
    more = values["S_hat"]
    if drawer.random is not None and drawer.random.randint(0, 1):
        more = more @ more + Dense.eye(more.shape[0], drawer.domain)
    values["S_hat"] = more + values["S_W"]
    if drawer.random is not None:
        values["alpha"] = Dense.number(drawer.domain.convert(drawer.random.randint(0, 8)) / 4, drawer.domain)
        if values["S_W"].trace()[0, 0] > 0:
            values["eta_W"] = values["S_W"].trace().inverse()


def _regular(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make the helper's Gram and its estimate invertible, the estimate of either sign."""
    if drawer.random is not None:
        full_rank("S_U")(drawer, values)
        unit = Dense.eye(values["S_U"].shape[0], drawer.domain)
        values["S_hat"] = values["S_hat"] + unit if drawer.random.randint(0, 2) else -values["S_hat"] - unit


def _averaged(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make the weights add up to 1."""
    total = Dense.full((1, values["c"].shape[0]), 1, drawer.domain) @ values["c"]
    if not total.is_zero:
        values["c"] = values["c"].scale(total.inverse())


@derives("inexact-helper.e", "inexact-helper.converges", "inexact-helper.energy")
def inexact_helper() -> list[Formula]:
    """A helper that only has an estimate of the main agent's Gram."""
    at, n = setting().begin()
    e_now = at.define(e_t, w_t - w_star, "the main agent's error")
    grad = at.define(gradient, S_W * (w_t - w_star), "the main agent's gradient: label-noise")
    chosen = at.define(
        u_chosen, w_t - alpha * Inverse(Q) * Inverse(S_hat) * gradient, "the same wish with the estimate"
    )
    u_move, w_move, e_then = helped_turn(at)
    helped = at.substitute_right(u_move, chosen, grad, reason="insert the objective: Q cancels")
    recursion = at.restate(
        at.substitute_right(w_move, helped, reason="insert the helper's step"),
        e_next,
        A * (I - alpha * Inverse(S_hat) * S_W) * e_t,
        e_then,
        e_now,
        n[A],
        reason="the error recursion",
    )
    turn = A * (I - alpha * Inverse(S_hat) * S_W)
    condition = at.decide(Contracts(turn), recursion, reason="powers tend to zero iff the spectral radius is below 1")
    energy = S_W - turn.T * S_W * turn
    smaller = at.infer(
        PositiveSemidefinite(energy),
        recursion,
        reason="with C = I - alpha S_hat^-1 S_W, S_W - C^T S_W C = alpha S_W S_hat^-1 (2 S_hat - alpha S_W) S_hat^-1 "
        "S_W and S_W - A S_W A = eta_W S_W (2I - P) S_W: neither factor of the turn AC raises the loss",
    )
    regular = invertible(S_hat)
    general: tuple[Assumption, ...] = (replace(regular, arrange=_regular), invertible(Q))
    return [
        conclude(
            at,
            "inexact-helper.e",
            "Error with an inexact helper",
            r"With an invertible estimate $\hat S$ in place of $S_W$ one turn maps the main agent's error to $A(I - "
            r"\alpha\hat S^{-1}S_W)e_t$.",
            recursion,
            assumptions=general,
            source=THIS,
        ),
        conclude(
            at,
            "inexact-helper.converges",
            "Which estimates are good enough",
            r"For any invertible $\hat S$, indefinite ones included, the error tends to zero from every start iff the "
            r"spectral radius of the turn is below 1. That needs an invertible $S_W$.",
            condition,
            assumptions=general,
            source=THIS,
        ),
        conclude(
            at,
            "inexact-helper.energy",
            "A simple sufficient condition",
            r"If $\alpha \ge 0$, $\alpha S_W \preceq 2\hat S$ and $P \preceq 2I$, one turn "
            r"never raises the main agent's own loss; it strictly lowers any but a zero loss if $P \prec 2I$.",
            smaller,
            value=energy,
            lhs=named(MatrixSymbol("loss_drop", d, d), r"S_W - T^{\mathsf T} S_W T"),
            sign=":=",
            assumptions=(
                regular,
                invertible(Q),
                arranged(
                    PositiveSemidefinite(2 * S_hat - alpha * S_W),
                    "alpha S_W at most 2 S_hat",
                    r"$\alpha S_W \preceq 2\hat S$",
                    _estimated,
                ),
                psd(2 * I - P),
                relation(alpha >= 0, "alpha non-negative"),
            ),
            source=THIS,
        ),
    ]


@derives("blind-helper.residual", "blind-helper.krylov")
def blind_helper() -> list[Formula]:
    """What a helper that sees the transcript only can do, and after how many turns."""
    base = setting().chain.branch()
    at = base.branch()
    ones = named(OneMatrix(1, k), r"\mathbf 1^{\mathsf T}")
    answers = named(MatrixSymbol("W_seen", d, k), "W")
    moves = named(MatrixSymbol("R_seen", d, k), "R")
    answer = at.define(
        answers, U_seen - P * (U_seen - w_star * ones), "W's answers: its move from every iterate handed over"
    )
    shift = at.define(moves, answers - U_seen, "how far W moved each of them: all that the helper needs to see")
    average = at.assume(equation(ones * c, Identity(1)), "weights that add up to 1")
    seen = at.substitute_right(shift, answer, reason="insert the answers")
    weighted = at.restate(seen, moves, -P * U_seen + P * w_star * ones, reason="W's moves are affine in the iterates")
    applied = at.infer(
        equation(moves * c, -P * U_seen * c + P * w_star * ones * c), weighted, reason="apply both sides to the weights"
    )
    result = at.restate(applied, P * (U_seen * c - w_star), -moves * c, average, reason="the weights add up to 1")
    special = arranged(
        equation(ones * c, Identity(1)), "weights add up to 1", r"$\mathbf 1^{\mathsf T} c = 1$", _averaged
    )
    residual = conclude(
        at,
        "blind-helper.residual",
        "What a weighted average of iterates leaves",
        r"For weights that add up to 1, the main agent's gradient step at the average $Uc$ is the average of its "
        r"moves: if the moves average to "
        r"zero, $Uc$ is a fixed point. The moves of successive turns span a Krylov space of $P$, so with $m$ the "
        r"degree of the minimal polynomial of $P$ with respect to the first move, $m + 1$ answers suffice, and the "
        r"next turn, $m + 2$, ends without error on $\operatorname{range}(S_W)$ if the helper's prompt spans that "
        r"range. No helper makes do with fewer than $m + 1$ answers for every main agent of that $m$.",
        result,
        assumptions=(special,),
        source=THIS,
    )
    at = base.branch()
    first, now, then = vector("r_0", "r_0"), vector("r_t", "r_t"), vector("r_next", "r_{t+1}")
    start = at.define(first, -P * (w_0 - w_star), "W's first move, from the start")
    at.define_value(now, equation(now, now), "its move t turns later, the helper handing over what it got", _moved(t))
    step = at.define_value(
        then, equation(then, A * now), "one turn more: the error, hence the move, is multiplied by A", _moved(t + 1)
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
        r"While the helper hands over what it got, W's moves are $A^t r_0$: they span the Krylov space of $P$ and "
        r"the first move, of dimension $m$, "
        r"and $1$ is no root of its minimal polynomial in $A$, because $r_0$ lies in the range of $P$.",
        claim,
        rests_on=(grown,),
        source=THIS,
        counts={"t": (0, 1, 2)},
    )
    return [residual, krylov]


def _moved(turns: Any) -> Any:
    """W's move after some turns in which the helper hands over what it got."""

    def value(at: Instance) -> Dense:
        state = at(w_0)
        for _ in range(at.integer(turns) + 1):
            before = state
            state = at.with_value(w_t, before)(move(w_t, S_W, eta_W, w_star))
        return state - before

    return value
