"""Agents that stand for many moves: a mediator averages what all agents answer; an agent may take many steps a turn.

A mediator asks all agents from one common state. Their weights, one below the other, are those of
:mod:`theory.families.many_agents`; `J_all` copies the common state to all of them, and `Lambda` has along the diagonal
how much each answer counts. An agent of many steps is one among others, which are one map ``w -> T w + c``. Nothing
asks how many agents there are.

Source: section 11.
"""

from __future__ import annotations

from typing import Any

from sympy import Identity, Inverse, MatPow, MatrixSymbol

from theory.derivation.assumptions import arranged, below, invertible, psd, relation
from theory.derivation.described import Iterate
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.errors import SingularError
from theory.families.convergence import ANY, spectra
from theory.families.dynamics import MOVE, e_inf, e_next, e_t, move, setting
from theory.families.many_agents import P_all, S_all, T_others, c_others, theta
from theory.language.nodes import Contracts, PositiveSemidefinite, PseudoInverse
from theory.language.predicates import All, Loewner, Minimises, TendsTo, Unique
from theory.language.symbols import (
    HALF,
    S_W,
    A,
    I,
    P,
    SymmetricSymbol,
    d,
    eta,
    eta_W,
    k,
    named,
    primitive,
    t,
    vector,
    w_0,
    w_inf,
    w_star,
    w_t,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

__all__ = ["A_steps", "P_steps"]

J_all = primitive("J_all", "history", "J", "what copies one state to all agents: identities, one below the other")
Lambda = primitive("Lambda", "gram", r"\Lambda", "how much each agent's answer counts, along the diagonal; sum 1")
S_mean = primitive(
    "S_mean", "gram", r"S_\Lambda", "their Gram matrices along the diagonal, each times its step and share"
)
z_t = primitive("z_t", "weights", "z_t", "state of the mediator")
z_0 = primitive("z_0", "weights", "z_0", "its start")

I_k = Identity(k)
H_all = named(MatrixSymbol("H_all", k, k), r"\bar P")
g_all = named(MatrixSymbol("g_all", k, 1), r"\bar b")
H_mean = named(SymmetricSymbol("H_mean", k, k), r"\bar H")
z_next = named(MatrixSymbol("z_next", k, 1), "z_{t+1}")
z_inf = named(MatrixSymbol("z_inf", k, 1), r"z_\infty")
P_steps = named(SymmetricSymbol("P_steps", d, d), "P^{(t)}")
A_steps = named(SymmetricSymbol("A_steps", d, d), "A^{(t)}")
M_steps = named(MatrixSymbol("M_steps", d, d), "M^{(t)}")
e_0 = vector("e_0", "e_0")


def mediated(state: Any) -> Any:
    """The average of all agents' answers to one state."""
    return J_all.T * Lambda * move(J_all * state, S_all, eta, theta)


def _averages(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let the shares sum to one."""
    if drawer.random is None:
        return
    copies = values["J_all"]
    size, width = copies.shape
    one = Dense.eye(size, drawer.domain)
    if width > size:
        return
    if (copies.transpose() @ copies).rank() < width:
        copies = values["J_all"] = Dense.hstack(one.columns()[:width])
    plus, off = copies.pinv(), one - copies @ copies.pinv()
    values["Lambda"] = plus.transpose() @ plus + off @ values.get("Lambda", one) @ off


def _weigh(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let shares and Gram matrices have this product, a Gram matrix itself; and steps of all sizes."""
    if drawer.random is None:
        return
    size, domain, choice = values["S_mean"].shape[0], drawer.domain, drawer.random.choice
    share = Dense.number(domain.convert(choice((1, 1, 2))) / domain.convert(choice((1, 2, 3))), domain)
    values["Lambda"], values["S_all"] = Dense.eye(size, domain).scale(share), values["S_mean"].scale(share.inverse())
    if choice((True, False)):  # and a start where a step does not go too far
        values["eta"] = values["eta"].over(domain.convert(choice((4, 16))))


SHARES = arranged(equation(J_all.T * Lambda * J_all, I_k), "J' Lambda J = 1", _averages)
WEIGHED = (arranged(equation(Lambda * S_all, S_mean), "Lambda S_all = S_mean", _weigh), psd(S_mean))
COUNTS = {"k": (1, 2)}


def _mediator() -> tuple[Derivation, dict[Any, Any]]:
    """The pull on a mediator, and its push."""
    at = Derivation()
    p = at.define(P_all, eta * S_all, "what all agents' moves take away, along the diagonal")
    return at, {
        P_all: p,
        H_all: at.define(H_all, J_all.T * Lambda * P_all * J_all, "the average of the step matrices"),
        g_all: at.define(g_all, J_all.T * Lambda * P_all * theta, "the average of the pushes"),
    }


@derives("mediator.step", "mediator.rest", "mediator.state")
def mediator_step() -> list[Formula]:
    """Averaging is one step along the averaged step matrix: it rests where the averaged pulls cancel."""
    base, n = _mediator()
    shares = base.assume(SHARES.says, "the shares sum to one")
    at = base.branch()
    asked = at.define(z_next, mediated(z_t), "the mediator averages all answers to its state", cites=MOVE)
    one = at.restate(
        asked, z_next, z_t - (H_all * z_t - g_all), shares, n[H_all], n[g_all], n[P_all], reason="average the moves"
    )
    step = conclude(at, "mediator.step", "Averaging is one step", one, assumptions=(SHARES,), counts=COUNTS)
    at = base.branch()
    needs = (SHARES, invertible(H_all))
    fixed = at.define_solution(
        z_inf, equation(z_inf, mediated(z_inf)), "a state that the average of the answers leaves as it is", cites=MOVE
    )
    cleared = at.restate(
        fixed, H_all * z_inf, g_all, shares, n[H_all], n[g_all], n[P_all], reason="the averaged pulls cancel"
    )
    solved = at.multiply(Inverse(H_all), cleared, reason="the averaged step matrix is invertible")
    chain = at.branch()
    only = chain.infer(
        Unique(z_inf, equation(z_inf, mediated(z_inf))), shares, cleared, n[H_all], reason="it solves that equation"
    )
    return [
        step,
        conclude(
            chain, "mediator.rest", "One state of rest", only, rests_on=(solved,), assumptions=needs, counts=COUNTS
        ),
        conclude(at, "mediator.state", "Where a mediator rests", solved, assumptions=needs, counts=COUNTS),
    ]


@derives("mediator.least", "mediator.settles")
def mediator_consensus() -> list[Formula]:
    """It rests at the least joint loss, which small steps only approach, and leads there, whatever nobody sees."""
    base, n = _mediator()
    n[H_mean] = base.define(H_mean, J_all.T * Lambda * P_all * J_all, "the average of the step matrices")
    weighed = base.assume(WEIGHED[0].says, "what each wants, times how much it counts")
    gram = base.assume(WEIGHED[1].says, "which is a Gram matrix")
    at = base.branch()

    def loss(state: Any) -> Any:
        return HALF * ((J_all * state - theta).T * Lambda * P_all * (J_all * state - theta))

    place = at.define(z_inf, Inverse(H_mean) * g_all, "where the mediator rests")
    cleared = at.multiply(H_mean, place, reason="the averaged step matrix is invertible")
    balanced = at.restate(cleared, H_mean * z_inf, g_all, reason="the averaged pulls cancel")
    least = at.infer(
        Minimises(z_t, loss(z_t), z_inf),
        balanced,
        weighed,
        gram,
        n[P_all],
        reason="the slope is zero, and no curvature negative",
    )
    found = [
        conclude(
            at,
            "mediator.least",
            "The least joint loss",
            place,
            says=least,
            rests_on=(least,),
            assumptions=(*WEIGHED, invertible(H_mean)),
            counts=COUNTS,
        )
    ]
    at = base.branch()
    image = z_t - (H_mean * z_t - g_all)
    limit = z_0 - PseudoInverse(H_mean) * (H_mean * z_0 - g_all)
    leads = at.infer(
        TendsTo(z_t, image, z_0, limit),
        n[H_mean],
        n[g_all],
        weighed,
        gram,
        reason="the averaged step matrix is symmetric, from 0 to below 2, and the push lies in its range",
    )
    found.append(
        conclude(
            at,
            "mediator.settles",
            "Where averaging leads",
            leads,
            assumptions=(*WEIGHED, below(H_mean, 2)),
            counts=COUNTS,
        )
    )
    return found


def _steps(at: Derivation) -> tuple[Any, Any]:
    """What t moves leave, and what they take away."""
    left = at.define(A_steps, MatPow(A, t), "what t moves leave of an error")
    return left, at.define(P_steps, I - A_steps, "and what they take away")


@derives("many-steps.move", "many-steps.box", "many-steps.limit")
def many_steps() -> list[Formula]:
    """Steps one after another are one step of another matrix, which stays in the box; without end, a projection."""
    base, n = setting().begin()
    at = base.branch()
    left, taken = _steps(at)
    one = move(w_t, S_W, eta_W, w_star)
    start = at.define(e_0, w_0 - w_star, "the error at the start")
    now, more = (Iterate(w_t, w_0, one, number, w_t - w_star) for number in (t, t + 1))
    at.define_value(e_t, equation(e_t, e_t), "the error after t moves, by moving", now)
    again = equation(e_next, move(e_t + w_star, S_W, eta_W, w_star) - w_star)
    again = at.define_value(e_next, again, "one move more", more, cites=MOVE)
    again = at.restate(again, e_next, A * e_t, n[A], n[P], reason="a move multiplies the error by A")
    first = at.identity(MatPow(A, 0) * e_0, e_0, start, reason="induction, base: without a move it is the start")
    closed = at.infer(equation(e_t, MatPow(A, t) * e_0), first, again, reason="induction hypothesis, for t moves")
    then = at.restate(
        at.substitute_right(again, closed, reason="insert the hypothesis"),
        e_next,
        MatPow(A, t + 1) * e_0,
        reason="induction, step: one factor more",
    )
    moved = at.restate(closed, e_t, e_0 - P_steps * e_0, taken, left, reason="what is not left is taken away")
    counts = {"t": (0, 1, 2, 3)}
    found = [conclude(at, "many-steps.move", "Many steps are one", moved, rests_on=(then,), counts=counts)]
    at = base.branch()
    left, taken = _steps(at)
    gram = at.assume(PositiveSemidefinite(S_W), "a Gram matrix")
    inside = at.assume(Loewner(P, 2 * I, True), "its step is in the box")
    stays = at.infer(
        All(PositiveSemidefinite(P_steps), Loewner(P_steps, 2 * I, True)),
        gram,
        inside,
        left,
        taken,
        n[A],
        n[P],
        reason="A lengthens nothing, keeps only what P does not see, and so do its powers",
    )
    box = (psd(S_W), below(P, 2, arrange=spectra(ANY, ())))
    found.append(
        conclude(at, "many-steps.box", "Many steps stay in the box", stays, assumptions=box, counts={"t": (1, 2, 3)})
    )
    at = base.branch()
    limit = w_0 - PseudoInverse(P) * P * (w_0 - w_star)
    leads = at.infer(
        TendsTo(w_t, w_t - P * (w_t - w_star), w_0, limit),
        n[P],
        reason="P is symmetric, from 0 to below 2, and the way lies in its range",
    )
    found.append(conclude(at, "many-steps.limit", "Steps without end project", leads, assumptions=box))
    return found


def _settles(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let the others lead W, after its moves, back to where it was."""
    if drawer.random is not None:
        values["T_others"] = values["T_others"].over(drawer.domain.convert(drawer.random.choice((1, 4, 16))))
    one = Dense.eye(values["w_star"].shape[0], drawer.domain)
    left, turns = one - values["S_W"].scale(values["eta_W"]), one
    for _ in range(drawer.sizes["t"]):
        turns = turns @ left
    try:
        taken = (one - turns @ values["T_others"]).inverse()
    except SingularError:
        return
    values["w_inf"] = taken @ (turns @ values["c_others"] + (one - turns) @ values["w_star"])


AROUND = T_others * w_inf + c_others
#: W takes t steps after the others' moves.
RESTS = arranged(equation(w_inf, AROUND - P_steps * (AROUND - w_star)), "t steps after a round leave w_inf", _settles)


@derives("many-steps.bias", "many-steps.settles")
def many_steps_among_others() -> list[Formula]:
    """An agent that takes many steps among others: every statement about one that takes one holds of its matrix."""
    base, _ = setting().begin()
    _, taken = _steps(base)
    rests = base.assume(RESTS.says, "a round leaves W where it is: the others move, then W, t times")
    at = base.branch()
    letter = at.define(M_steps, I - A_steps * T_others, "what a round takes away from W's error")
    error = at.define(e_inf, w_inf - w_star, "W's residual")
    push = T_others * w_star + c_others - w_star
    cleared = at.restate(rests, M_steps * e_inf, A_steps * push, error, letter, taken, reason="measure from its target")
    solved = at.multiply(Inverse(M_steps), cleared, reason="it is invertible")
    solved = at.restate(solved, e_inf, Inverse(M_steps) * A_steps * push, reason="collect what the others do")
    counts = {"t": (1, 2, 3)}
    found = [
        conclude(
            at,
            "many-steps.bias",
            "The residual of an agent of many steps",
            solved,
            assumptions=(RESTS, invertible(M_steps)),
            counts=counts,
        )
    ]
    at = base.branch()
    after = T_others * w_t + c_others
    apart = at.linear(
        after - P_steps * (after - w_star) - w_inf,
        A_steps * T_others * (w_t - w_inf),
        (-I, rests, Identity(1)),
        rules=(taken,),
        reason="a round multiplies the distance to that state",
    )
    leads = at.infer(TendsTo(w_t, after - P_steps * (after - w_star), w_t, w_inf), apart, reason="its powers die out")
    needs = (RESTS, relation(Contracts(A_steps * T_others), "A_steps T contracts"))
    found.append(conclude(at, "many-steps.settles", "Where a round leads", leads, assumptions=needs, counts=counts))
    return found
