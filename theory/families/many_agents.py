"""Many agents: in a cycle, or all at once.

The weights of all agents, one below the other, are one vector, and d is its size: the number of agents times the
dimension of the weights. All moving side by side they are one layer, whose Gram matrix has theirs along the diagonal,
each times its step size, and a matrix `Omega` says whom each of them answers: in a cycle, the one before it. At rest it
does not matter who moves first in a round. Nothing below asks how many agents there are, or which matrix that is.

From where one agent stands the others of a cycle are one map, ``w -> T w + c``: moves after one another, of any number.

Source: section 11.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Identity, Inverse, MatrixSymbol, Rational

from theory.derivation.assumptions import arranged, below, invertible, psd, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.errors import SingularError
from theory.families.convergence import ANY, common_kernel, idle, orthogonal, spectra, step_matrices
from theory.families.dynamics import GRAMS, MOVE, e_inf, move, setting
from theory.language.nodes import Contracts, PositiveSemidefinite, Vanishes
from theory.language.predicates import All, Iff, Loewner, TendsTo, Unique
from theory.language.symbols import (
    HALF,
    S_U,
    S_W,
    A,
    B,
    Delta,
    I,
    P,
    Pi,
    Q,
    SymmetricSymbol,
    d,
    eta,
    eta_U,
    eta_W,
    named,
    primitive,
    u_star,
    u_t,
    v,
    vector,
    w_inf,
    w_star,
    w_t,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

__all__ = ["KEPT", "P_all", "S_all", "T_others", "c_others", "theta"]

S_all = primitive("S_all", "gram", "S_N", "Gram matrices of all agents along the diagonal, with their steps")
theta = primitive("theta", "vector", r"\theta", "targets of all agents, one below the other")
Omega = primitive("Omega", "matrix", r"\Omega", "whom each agent answers, in blocks: weights of the others' answers")
x_t = primitive("x_t", "vector", "x_t", "weights of all agents after a round")
x_inf = primitive("x_inf", "vector", r"x_\infty", "weights of all agents at rest")
T_others = primitive("T_others", "matrix", "T", "what the moves of other agents, one after another, leave of an error")
c_others = primitive("c_others", "vector", "c", "what the moves of other agents add")

P_all = named(SymmetricSymbol("P_all", d, d), "P_N")
A_all = named(SymmetricSymbol("A_all", d, d), "A_N")
M_all = named(MatrixSymbol("M_all", d, d), "M_N")
M_round = named(MatrixSymbol("M_round", d, d), "M_{AT}")
M_swap = named(MatrixSymbol("M_swap", d, d), "M_{TBA}")
u_turn = vector("u_after", "u_t'")
w_swap = vector("w_swap", r"\tilde w_\infty")
w_next, u_next = vector("w_next_round", "w_{t+1}"), vector("u_next_round", "u_{t+1}")
w_second, u_second = vector("w_second_round", "w_{t+2}"), vector("u_second_round", "u_{t+2}")
Delta_all = vector("Delta_all", r"\Delta_N")
r_inf = vector("r_inf", r"r_\infty")
HEARD = Omega * x_inf


@cache
def _company() -> tuple[Derivation, dict[Any, Any]]:
    """All agents, and the abbreviations."""
    at = Derivation()
    names = {
        P_all: at.define(P_all, eta * S_all, "what all agents' moves take away, along the diagonal"),
        A_all: at.define(A_all, I - P_all, "and what they leave"),
        M_all: at.define(M_all, I - A_all * Omega, "what a round takes away"),
    }
    return at, names


def _rests(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let the agents answer others more or less, and put all where they rest, where there is such a state."""
    one = Dense.eye(values["S_all"].shape[0], drawer.domain)
    if drawer.random is not None:  # mostly so little that a round contracts
        values["Omega"] = values["Omega"].over(drawer.domain.convert(drawer.random.choice((1, 4, 16, 64))))
    moved = values["S_all"].scale(values["eta"])
    try:
        values["x_inf"] = (one - (one - moved) @ values["Omega"]).inverse() @ moved @ values["theta"]
    except SingularError:
        return


def _meets(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let the others lead W back to where it was, by moves that leave more or less of an error."""
    if drawer.random is not None:
        values["T_others"] = values["T_others"].over(drawer.domain.convert(drawer.random.choice((1, 4, 16))))
    one = Dense.eye(values["w_star"].shape[0], drawer.domain)
    p = values["S_W"].scale(values["eta_W"])
    try:
        taken = (one - (one - p) @ values["T_others"]).inverse()
    except SingularError:
        return
    values["w_inf"] = taken @ ((one - p) @ values["c_others"] + p @ values["w_star"])


ALL_REST = arranged(equation(x_inf, HEARD - P_all * (HEARD - theta)), "all agents rest at x_inf", _rests)
AROUND = T_others * w_inf + c_others
W_RESTS = arranged(equation(w_inf, AROUND - P * (AROUND - w_star)), "a round leaves W at w_inf", _meets)


def _moved(at: Derivation, n: dict[Any, Any]) -> Any:
    """Introduce the weights of all agents at rest, and what they solve."""
    fixed = at.define_solution(
        x_inf,
        equation(x_inf, move(HEARD, S_all, eta, theta)),
        "weights that all moves leave as they are, each agent's from the answers that it hears",
        cites=MOVE,
    )
    return at.restate(
        fixed, M_all * x_inf, P_all * theta, n[M_all], n[A_all], n[P_all], reason="collect what depends on the weights"
    )


@derives("cycle-equilibrium.unique", "cycle-equilibrium.states", "cycle-equilibrium.residual")
def cycle_equilibrium() -> list[Formula]:
    """One state of rest of all agents; each is biased by the gaps to those that it answers."""
    at, n = _company()
    at, needs = at.branch(), (invertible(M_all),)
    cleared = _moved(at, n)
    states = at.multiply(Inverse(M_all), cleared, reason="M_N is invertible")
    gaps = at.define(Delta_all, Omega * theta - theta, "gap of each agent's target to those of the agents it answers")
    residual = at.define(r_inf, x_inf - theta, "residuals of all agents")
    own = at.restate(
        cleared,
        M_all * r_inf,
        A_all * Delta_all,
        residual,
        gaps,
        n[M_all],
        n[A_all],
        reason="M_N theta = theta - A_N Omega theta, and theta - P_N theta = A_N theta",
    )
    solved = at.multiply(Inverse(M_all), own, reason="M_N is invertible")
    chain = at.branch()
    rest = chain.infer(
        Unique(x_inf, ALL_REST.says), n[M_all], cleared, reason="it solves M_N x = P_N theta, and M_N is invertible"
    )
    return [
        conclude(chain, "cycle-equilibrium.unique", "One state of rest", rest, rests_on=(states,), assumptions=needs),
        conclude(at.branch(), "cycle-equilibrium.states", "Where all agents rest", states, assumptions=needs),
        conclude(at.branch(), "cycle-equilibrium.residual", "What each is left with", solved, assumptions=needs),
    ]


@derives("cycle-equilibrium.bias", "cycle-equilibrium.push", "cycle-equilibrium.settles")
def one_of_many() -> list[Formula]:
    """One agent in a cycle: its bias is what the others do to its target in a round; and where rounds lead."""
    base, n = setting().begin()
    base = base.branch()
    letter = base.define(M_round, I - A * T_others, "what a round takes away from W's error")
    at = base.branch()
    fixed = at.define_solution(
        w_inf,
        equation(w_inf, move(AROUND, S_W, eta_W, w_star)),
        "W's weights that a round leaves as they are: the others move, then W",
        cites=MOVE,
    )
    error = at.define(e_inf, w_inf - w_star, "W's residual")
    push = T_others * w_star + c_others - w_star
    cleared = at.restate(
        fixed,
        M_round * e_inf,
        A * push,
        error,
        letter,
        n[A],
        n[P],
        reason="measure from its target",
    )
    solved = at.multiply(Inverse(M_round), cleared, reason="M_AT is invertible")
    solved = at.restate(solved, e_inf, Inverse(M_round) * A * push, reason="collect what the others do")
    found = [conclude(at, "cycle-equilibrium.bias", "One agent's residual", solved, assumptions=(invertible(M_round),))]
    at = base.branch()
    more = at.restate(
        at.define(u_turn, move(T_others * w_star + c_others, S_U, eta_U, u_star), "U moves after others", cites=MOVE),
        u_turn - w_star,
        B * push + Q * Delta,
        n[B],
        n[Q],
        n[Delta],
        reason="it leaves a part of the push before it, and adds a part of its own gap",
    )
    found.append(conclude(at, "cycle-equilibrium.push", "One agent more that pushes", more))
    at = base.branch()
    after = T_others * w_t + c_others
    rests = at.assume(W_RESTS.says, "a round leaves W where it is")
    apart = at.linear(
        after - P * (after - w_star) - w_inf,
        A * T_others * (w_t - w_inf),
        (-I, rests, Identity(1)),
        rules=(n[A],),
        reason="a round multiplies the distance to that state by AT",
    )
    leads = at.infer(TendsTo(w_t, after - P * (after - w_star), w_t, w_inf), apart, reason="the powers of AT die out")
    needs = (W_RESTS, relation(Contracts(A * T_others), "A T contracts"))
    return [*found, conclude(at, "cycle-equilibrium.settles", "Where a cycle leads", leads, assumptions=needs)]


def _shorter(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw moves before that lengthen nothing and keep some lengths, steps of every kind, and a vector seen or not."""
    spectra(ANY, ())(drawer, values)
    if drawer.random is None:
        return
    size, domain, choice = values["S_W"].shape[0], drawer.domain, drawer.random.choice
    left, right = (orthogonal(drawer, size) for _ in range(2))
    lengths = choice(((1,), (1, 1, "1/2", 0), (1, "5/4")))  # the last are too long, and drawn for nothing else
    kept = [[domain.from_sympy(Rational(choice(lengths) if i == j else 0)) for j in range(size)] for i in range(size)]
    values["T_others"] = left @ Dense.from_rows(kept, domain) @ right
    if "v" not in values:
        return
    if choice((True, False)):
        unseen = values["S_W"] @ values["T_others"]
        values["v"] = values["v"] - unseen.pinv() @ (unseen @ values["v"])
    elif choice((True, False)):  # one that is seen by nobody, or by those before
        values["v"] = right.transpose().columns()[0]
        off = Dense.eye(size, domain) - left.columns()[0] @ left.columns()[0].transpose()
        values["S_W"] = off @ values["S_W"] @ off


@derives("cycle-contracts.step", "cycle-contracts.equality")
def cycle_contracts() -> list[Formula]:
    """One agent more in a round, inside the box: no length grows, and which stay; so for any number of agents."""
    T, found = T_others, []
    shorter = arranged(Loewner(T.T * T, I), "T lengthens nothing", _shorter)
    for strict in (False, True):
        begun, n = setting().begin()
        at = begun.branch()
        gram = at.assume(PositiveSemidefinite(S_W), "a Gram matrix")
        moves = at.semidefinite(P, [(eta_W, I, S_W)], gram, n[P], reason="a positive step times a Gram matrix")
        inside = at.assume(Loewner(P, 2 * I, strict), "its step is in the box")
        others = at.assume(shorter.says, "the moves before lengthen nothing")
        kept = at.semidefinite(
            P * (2 * I - P),
            [(HALF, P, 2 * I - P), (HALF, 2 * I - P, P)],
            moves,
            inside,
            reason="2P(2 - P) = P(2 - P)P + (2 - P)P(2 - P)",
        )
        whole = at.semidefinite(
            I - T.T * A**2 * T,
            [(1, I, I - T.T * T), (1, T.T, kept.arg)],
            others,
            kept,
            n[A],
            reason="what the moves before take, and what this one takes of the rest",
        )
        needs = (psd(S_W), below(P, 2, strict=strict), shorter)
        if not strict:
            found.append(
                conclude(at, "cycle-contracts.step", "One agent more lengthens nothing", whole, assumptions=needs)
            )
            continue
        only = at.infer(
            Iff(
                equation(v.T * T.T * A * A * T * v, v.T * v),
                All(equation(v.T * T.T * T * v, v.T * v), Vanishes(P * T * v)),
            ),
            whole,
            reason="a sum of two squares is zero iff both are; and x^T P(2 - P)x = 0 iff Px = 0, for P below 2",
        )
        found.append(conclude(at, "cycle-contracts.equality", "Which lengths stay", only, assumptions=needs))
    return found


def _round(state: Any, first: tuple[Any, Any], second: tuple[Any, Any]) -> Any:
    """Two agents move, then the others."""
    moved = state - first[0] * (state - first[1])
    return T_others * (moved - second[0] * (moved - second[1])) + c_others


def _kept(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let the others lead back to where U and W began; sometimes at a point where their order is the same."""
    p, q = (values[f"S_{agent}"].scale(values[f"eta_{agent}"]) for agent in "WU")
    if drawer.random is not None and drawer.random.choice((True, False)):
        mixed = p @ q - q @ p
        values["w_inf"] = mixed.pinv() @ (p @ q @ values["u_star"] - q @ p @ values["w_star"])
    u = values["w_inf"] - q @ (values["w_inf"] - values["u_star"])
    w = u - p @ (u - values["w_star"])
    values["c_others"] = values["w_inf"] - values["T_others"] @ w


KEPT = arranged(equation(w_inf, _round(w_inf, (Q, u_star), (P, w_star))), "a round leaves w_inf", _kept)


@derives("order-of-moves.same", "order-of-moves.difference")
def order_of_moves() -> list[Formula]:
    """Two neighbours in a round that change places, among any number of others."""
    base, n = setting().begin()
    T = T_others
    rests = base.assume(KEPT.says, "a round leaves w_inf: U moves, then W, then the others")
    turned = T * (P * Q * (u_star - w_inf) - Q * P * (w_star - w_inf))
    swapped = _round(w_inf, (P, w_star), (Q, u_star))
    at = base.branch()
    apart = at.linear(swapped - w_inf, turned, (-I, rests, I), reason="with W first, less the same with U first")
    same = at.infer(Iff(equation(w_inf, swapped), Vanishes(turned)), apart, reason="the difference of the two rounds")
    found = [conclude(at, "order-of-moves.same", "When their order is all the same", same, assumptions=(KEPT,))]
    at = base.branch()
    first = move(w_swap, S_W, eta_W, w_star)
    other = at.define_solution(
        w_swap,
        equation(w_swap, T * move(first, S_U, eta_U, u_star) + c_others),
        "what a round leaves where it is in which W moves before U",
        cites=MOVE,
    )
    other = at.restate(
        other, w_swap, _round(w_swap, (P, w_star), (Q, u_star)), n[P], n[Q], reason="write the moves with P and Q"
    )
    letter = at.define(M_swap, I - T * B * A, "what that round takes away")
    apart = at.linear(
        M_swap * (w_swap - w_inf),
        turned,
        (I, other, Identity(1)),
        (-I, rests, Identity(1)),
        rules=(letter, n[A], n[B]),
        reason="subtract: two rounds from w_inf differ by what each agent takes from the other's push",
    )
    solved = at.multiply(Inverse(M_swap), apart, reason="it is invertible")
    solved = at.restate(solved, w_swap - w_inf, Inverse(M_swap) * turned, reason="collect the pushes")
    found.append(
        conclude(
            at,
            "order-of-moves.difference",
            "What two neighbours change by changing places",
            solved,
            assumptions=(KEPT, invertible(M_swap)),
        )
    )
    return found


@derives("simultaneous.settles")
def all_at_once() -> list[Formula]:
    """Any number of agents that all move at once."""
    at, n = _company()
    at = at.branch()
    rests = at.assume(ALL_REST.says, "all rest at x_inf")
    after = Omega * x_t
    apart = at.linear(
        after - P_all * (after - theta) - x_inf,
        A_all * Omega * (x_t - x_inf),
        (-I, rests, Identity(1)),
        rules=(n[A_all],),
        reason="a round multiplies the distance to the state of rest",
    )
    leads = at.infer(
        TendsTo(x_t, after - P_all * (after - theta), x_t, x_inf), apart, reason="the powers of that matrix die out"
    )
    needs = (ALL_REST, relation(Contracts(A_all * Omega), "a round contracts"))
    return [conclude(at, "simultaneous.settles", "Where agents that move at once rest", leads, assumptions=needs)]


@derives("simultaneous.w", "simultaneous.u", "simultaneous.kernel")
def simultaneous() -> list[Formula]:
    """Two agents that move at once: after two rounds each has made one turn, and what neither sees goes to and fro."""
    base, n = setting().begin()
    w_one = base.define(w_next, move(u_t, S_W, eta_W, w_star), "W moves from U's answer", cites=MOVE)
    u_one = base.define(u_next, move(w_t, S_U, eta_U, u_star), "U moves from W's, at once", cites=MOVE)
    w_one = base.restate(w_one, w_next, u_t - P * (u_t - w_star), n[P], reason="write W's move with P")
    u_one = base.restate(u_one, u_next, w_t - Q * (w_t - u_star), n[Q], reason="write U's move with Q")
    found = []
    for who, second, step, goal, partner, now, matrix, turn, push in (
        ("w", w_second, (S_W, eta_W), w_star, u_one, w_t, P, A * B, A * Q * Delta),
        ("u", u_second, (S_U, eta_U), u_star, w_one, u_t, Q, B * A, -B * P * Delta),
    ):
        at = base.branch()
        again = at.define(second, move(partner.lhs, *step, goal), f"{who.upper()} moves once more", cites=MOVE)
        again = at.restate(
            again,
            second - goal,
            turn * (now - goal) + push,
            n[matrix],
            partner,
            n[A],
            n[B],
            n[P],
            n[Q],
            n[Delta],
            reason="two rounds are one turn of agents that alternate",
        )
        found.append(conclude(at, f"simultaneous.{who}", f"{who.upper()}'s error after two rounds", again))
    at = base.branch()
    kernel, moves = common_kernel(at), step_matrices(at, n)
    still = idle(at, kernel, [(1, Pi, P), (1, Pi, Q)], [*moves.values()])
    p_left, q_left = (at.transpose(line, reason="transpose: both are symmetric") for line in still)
    lines = []
    for move_, agent, before, left in ((w_one, "W", u_t, p_left), (u_one, "U", w_t, q_left)):
        seen = at.multiply(Pi, move_, reason=f"project {agent}'s move")
        lines.append(
            at.restate(seen, Pi * move_.lhs, Pi * before, left, reason="nothing moves it: it is what the other had")
        )
    found.append(
        conclude(
            at,
            "simultaneous.kernel",
            "What neither sees is exchanged every round",
            lines[0],
            says=All(*lines),
            rests_on=lines,
            assumptions=GRAMS,
        )
    )
    return found
