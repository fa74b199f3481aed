"""Two agents: from two gradient steps to one turn, its error recursions and its closed form.

One turn: U moves, then W. ``e_t`` is W's error after W's move, ``f_t`` is U's error after U's move.

Source: section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sympy import MatPow, MatrixExpr

from theory.derivation.assumptions import Assumption, invertible, psd
from theory.derivation.described import Iterate
from theory.derivation.formula import Formula, conclude, derives, formulas
from theory.derivation.lines import Derivation, equation
from theory.derivation.sources import ABSTRACTS
from theory.errors import DerivationError
from theory.families.one_agent import S, b, target
from theory.language import words
from theory.language.nodes import PositiveSemidefinite, PseudoInverse, Vanishes
from theory.language.predicates import All, Iff
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    B,
    Delta,
    I,
    M,
    N,
    P,
    Pi,
    Q,
    SymmetricSymbol,
    d,
    eta,
    eta_U,
    eta_W,
    named,
    rho,
    t,
    u_inf,
    u_star,
    u_t,
    v,
    vector,
    w,
    w_0,
    w_inf,
    w_star,
    w_t,
)

__all__ = ["GRAMS", "MOVE", "e_inf", "e_next", "e_t", "f_inf", "fixed_point", "move", "setting", "unfolding"]

u_turn = vector("u_turn", r"u_t^{+}")
u_next = vector("u_next", "u_{t+1}")
w_next = vector("w_next_turn", "w_{t+1}")
e_t, e_next = vector("e_t", "e_t"), vector("e_next", "e_{t+1}")
f_t, f_next = vector("f_t", "f_t"), vector("f_next", "f_{t+1}")
e_0, f_0 = vector("e_0", "e_0"), vector("f_0", "f_0")
e_inf, f_inf = vector("e_inf", r"e_\infty"), vector("f_inf", r"f_\infty")
GRAMS: tuple[Assumption, ...] = (psd(S_W), psd(S_U))
#: What a move is taken from: the layer's step, and labels of any kind as those of a target.
MOVE = ("lsa-step", "label-noise.gradient")


@cache
def _single_move() -> MatrixExpr:
    """The gradient step w - eta (S w - b), in which the derived gradient S (w - w*) stands for S w - b."""
    gradient = formulas["label-noise.gradient"]
    moved = words.replace(formulas["lsa-step"].compact, b, S * w - gradient.compact)
    if b in moved.free_symbols:
        raise DerivationError("the gradient step still contains the moment")
    return moved


def move(iterate: MatrixExpr, gram: MatrixExpr, step: Any, goal: MatrixExpr) -> MatrixExpr:
    """One agent's move: the step derived from the layer, with the gradient derived for any labels."""
    return words.substitute(_single_move(), {S: gram, eta: step, w: iterate, target: goal})


@dataclass(frozen=True)
class Turn:
    """The chain from the agents' moves to the abbreviations that later results use."""

    chain: Derivation
    define: dict[Any, Any]

    def begin(self) -> tuple[Derivation, dict[Any, Any]]:
        """Return a chain that begins with the abbreviations, and the lines that define them."""
        return self.chain.branch(), self.define


@cache
def setting(*, ratio: bool = False) -> Turn:
    """The two agents and their abbreviations; with `ratio`, U's step is given as a multiple of W's."""
    at = Derivation()
    if ratio:
        at.define(eta_U, rho * eta_W, "U's step, as a multiple of W's")
    names = {
        P: at.define(P, eta_W * S_W, "W's step times its Gram matrix"),
        Q: at.define(Q, eta_U * S_U, "U's step times its Gram matrix"),
        A: at.define(A, I - P, "what W's move leaves of W's error"),
        B: at.define(B, I - Q, "what U's move leaves of U's error"),
        Delta: at.define(Delta, u_star - w_star, "the gap between the objectives"),
    }
    return Turn(at, names)


def unfolding(n: dict[Any, Any]) -> tuple[Any, ...]:
    """Return the definitions of all abbreviations, what remains of errors first."""
    return (n[A], n[B], n[P], n[Q], n[Delta])


def one_turn(at: Derivation, start: MatrixExpr, middle: MatrixExpr, end: MatrixExpr) -> tuple[Any, Any]:
    """Add U's move and W's move to a chain, each the derived gradient step; returns both equations."""
    first = at.define(middle, move(start, S_U, eta_U, u_star), "U moves", cites=MOVE)
    second = at.define(end, move(middle, S_W, eta_W, w_star), "W moves", cites=MOVE)
    names = setting().define
    first = at.restate(first, middle, start - Q * (start - u_star), names[Q], reason="write U's move with Q")
    second = at.restate(second, end, middle - P * (middle - w_star), names[P], reason="write W's move with P")
    return first, second


def _w_chain() -> tuple[Derivation, Any]:
    """W's recursion: a turn from W's iterate, U's move then W's."""
    base = setting()
    at = base.chain.branch()
    n = base.define
    u_move, w_move = one_turn(at, w_t, u_turn, w_next)
    e_now = at.define(e_t, w_t - w_star, "W's error")
    f_now = at.define(f_t, u_turn - u_star, "U's error")
    e_then = at.define(e_next, w_next - w_star, "W's error a turn later")
    rules = (e_now, f_now, e_then, n[A], n[B], n[Delta])
    f_of_e = at.restate(u_move, f_t, B * (e_t - Delta), *rules, reason="U's error after its move")
    e_of_f = at.restate(w_move, e_next, A * (f_t + Delta), *rules, reason="W's error after its move")
    e_rec = at.substitute_right(e_of_f, f_of_e, reason="insert U's error into W's")
    e_rec = at.restate(e_rec, e_next, A * B * e_t + A * Q * Delta, n[B], reason="A - AB = AQ, because B = I - Q")
    return at, e_rec


def _u_chain() -> tuple[Derivation, Any]:
    """U's recursion: a turn from U's iterate, W's move then U's."""
    base = setting()
    at = base.chain.branch()
    n = base.define
    after_w = at.define(w_next, move(u_t, S_W, eta_W, w_star), "W moves", cites=MOVE)
    after_u = at.define(u_next, move(w_next, S_U, eta_U, u_star), "U moves", cites=MOVE)
    w_move = at.restate(after_w, w_next, u_t - P * (u_t - w_star), n[P], reason="write W's move with P")
    u_move = at.restate(after_u, u_next, w_next - Q * (w_next - u_star), n[Q], reason="write U's move with Q")
    f_now = at.define(f_t, u_t - u_star, "U's error")
    e_then = at.define(e_next, w_next - w_star, "W's error after W's move")
    f_then = at.define(f_next, u_next - u_star, "U's error a turn later")
    rules = (f_now, e_then, f_then, n[A], n[B], n[Delta])
    e_of_f = at.restate(w_move, e_next, A * (f_t + Delta), *rules, reason="W's error after its move")
    f_of_e = at.restate(u_move, f_next, B * (e_next - Delta), *rules, reason="U's error after its move")
    f_rec = at.substitute_right(f_of_e, e_of_f, reason="insert W's error into U's")
    f_rec = at.restate(f_rec, f_next, B * A * f_t - B * P * Delta, n[A], reason="BA - B = -BP, because A = I - P")
    return at, f_rec


@derives("error-recursion.e", "error-recursion.f")
def error_recursion() -> list[Formula]:
    """One turn maps each agent's error affinely."""
    w_chain, e_rec = _w_chain()
    u_chain, f_rec = _u_chain()
    return [
        conclude(
            w_chain,
            "error-recursion.e",
            "W's error, turn to turn",
            e_rec,
            source=ABSTRACTS,
        ),
        conclude(
            u_chain,
            "error-recursion.f",
            "U's error, turn to turn",
            f_rec,
            source=ABSTRACTS,
        ),
    ]


@derives("role-swap.f")
def role_swap() -> list[Formula]:
    """Exchanging the agents turns W's recursion into U's."""
    _, e_rec = _w_chain()
    at, f_rec = _u_chain()
    names = setting().define
    P_x, Q_x, A_x, B_x = (named(SymmetricSymbol(f"{x}_swapped", d, d), rf"\tilde {x}") for x in "PQAB")
    gap_x = vector("Delta_swapped", r"\tilde \Delta")
    steps = (
        at.define(P_x, eta_U * S_U, "with the agents exchanged U comes first"),
        at.define(Q_x, eta_W * S_W, "and W second"),
        at.define(gap_x, w_star - u_star, "the gap, seen from the other side"),
    )
    left = (
        at.define(A_x, I - P_x, "what U's move leaves of U's error"),
        at.define(B_x, I - Q_x, "what W's move leaves of W's error"),
    )
    swapped = words.substitute(e_rec, {P: P_x, Q: Q_x, A: A_x, B: B_x, Delta: gap_x, e_t: f_t, e_next: f_next})
    claim = at.restate(
        f_rec,
        swapped.lhs,
        swapped.rhs,
        *unfolding(names),
        *left,
        *steps,
        reason="U's recursion is that of W with the agents exchanged",
    )
    return [conclude(at, "role-swap.f", "Exchange of the agents", f_rec, says=claim, rests_on=(claim,))]


def fixed_point(at: Derivation, n: dict[Any, Any]) -> tuple[Any, Any]:
    """Introduce the fixed point of one turn and its two errors; returns their couplings."""
    middle = move(w_inf, S_U, eta_U, u_star)
    w_fixed = at.define_solution(
        w_inf,
        equation(w_inf, move(middle, S_W, eta_W, w_star)),
        "a state that one turn, U's move then W's, leaves unchanged",
        cites=MOVE,
    )
    u_fixed = at.define(u_inf, middle, "U's part of it: U's move from there", cites=MOVE)
    e_def = at.define(e_inf, w_inf - w_star, "W's residual")
    f_def = at.define(f_inf, u_inf - u_star, "U's residual")
    rules = (f_def, e_def, *unfolding(n))
    f_coupling = at.restate(u_fixed, f_inf, B * (e_inf - Delta), *rules, reason="U's residual in terms of W's")
    w_of_u = at.restate(
        w_fixed, w_inf, u_inf - P * (u_inf - w_star), u_fixed, n[P], n[Q], reason="W's move from U's state"
    )
    e_coupling = at.restate(w_of_u, e_inf, A * (f_inf + Delta), *rules, reason="W's residual in terms of U's")
    return e_coupling, f_coupling


def after_turns(turns: Any, result: Any) -> Iterate:
    """What is read off W's state w_t after `turns` turns from ``w_0``, by moving."""
    first = (u_turn, move(w_t, S_U, eta_U, u_star))
    return Iterate(w_t, w_0, move(u_turn, S_W, eta_W, w_star), turns, result, moves=(first,))


@derives("closed-form.e", "closed-form.f")
def closed_form() -> list[Formula]:
    """All turns at once, by induction."""
    base = setting()
    out = []
    for who in "ef":
        at = base.chain.branch()
        n = dict(base.define)
        e_c, f_c = fixed_point(at, n)
        if who == "e":
            now, then, first, limit, turn = e_t, e_next, e_0, e_inf, A * B
            fixed = at.substitute_right(e_c, f_c, reason="insert U's residual")
            error = w_t - w_star
        else:
            now, then, first, limit, turn = f_t, f_next, f_0, f_inf, B * A
            fixed = at.substitute_right(f_c, e_c, reason="insert W's residual")
            error = move(w_t, S_U, eta_U, u_star) - u_star
        start_value = w_0 - w_star if who == "e" else B * (w_0 - u_star)
        start = at.define(
            first, start_value, "the error at the start" if who == "e" else "U's error after its first move"
        )
        e_rec = A * B * e_t + A * Q * Delta if who == "e" else B * A * f_t - B * P * Delta
        at.define_value(now, equation(now, now), "the error after t turns, by moving t times", after_turns(t, error))
        cited = (f"error-recursion.{who}",)
        rec = at.define_value(then, equation(then, e_rec), "one turn more", after_turns(t + 1, error), cites=cited)
        if who == "e":
            still = at.restate(
                fixed, limit, words.substitute(e_rec, {e_t: e_inf}), n[B], reason="the residual obeys the recursion"
            )
        else:
            still = at.restate(
                fixed, limit, words.substitute(e_rec, {f_t: f_inf}), n[A], reason="the residual obeys the recursion"
            )
        differ = at.combine(
            rec,
            still,
            -1,
            reason=f"subtract: the distance to the residual is multiplied by {'AB' if who == 'e' else 'BA'}",
        )
        power = MatPow(turn, t)
        closed = limit + power * (first - limit)
        base_case = at.identity(
            limit + MatPow(turn, 0) * (first - limit), first, reason="induction, base: at t = 0 it is the start"
        )
        claim = at.infer(equation(now, closed), base_case, start, differ, reason="induction hypothesis, for t turns")
        more = at.substitute_right(
            at.restate(differ, then, limit + turn * (now - limit), reason="add the residual"),
            claim,
            reason="insert the hypothesis",
        )
        at.restate(
            more,
            then,
            limit + MatPow(turn, t + 1) * (first - limit),
            reason="induction, step: one factor more",
        )
        # the residual itself, solved
        letter = (M, I - A * B) if who == "e" else (N, I - B * A)
        abbreviation = at.define(letter[0], letter[1], "what one turn takes away")
        push = (A * Q if who == "e" else -B * P) * Delta
        solved = at.solve(still, limit, abbreviation, reason=f"{letter[0]} is invertible")
        final = at.substitute_right(claim, solved, reason="insert the residual")
        rest = letter[0].inverse() * push
        final = at.restate(final, now, rest + power * (first - rest), reason="collect the power")
        out.append(
            conclude(
                at,
                f"closed-form.{who}",
                "W's error after t turns" if who == "e" else "U's error after t turns",
                final,
                assumptions=(invertible(letter[0]),),
                counts={"t": (0, 1, 2, 3)},
            )
        )
    return out


def _still(at: Derivation, kernel: Any) -> tuple[Any, Any]:
    """Neither agent moves on the common kernel: P Pi = 0 and Q Pi = 0, because both are positive semidefinite."""
    names, signs = setting().define, []
    for step, size, gram in ((P, eta_W, S_W), (Q, eta_U, S_U)):
        given = at.assume(PositiveSemidefinite(gram), "the prompt's Gram matrix")
        signs.append(at.semidefinite(step, [(size, I, gram)], names[step], given, reason="a positive multiple of it"))
    plus = PseudoInverse(P + Q)
    penrose = at.cite(equation((P + Q) * plus * (P + Q), P + Q), reason="Penrose's first equation")
    seen = at.linear(
        Pi * P * Pi + Pi * Q * Pi, 0 * I, (-Pi, penrose, I), (Pi * (P + Q), kernel, I), reason="P + Q vanishes there"
    )
    first, second = (
        at.definite(
            seen,
            [(1, Pi, P), (1, Pi, Q)],
            *signs,
            chosen=i,
            reason="x^T(P + Q)x = 0 is a sum of two terms that cannot be negative, so both vanish",
        )
        for i in (0, 1)
    )
    return first, second


@derives("frozen-kernel.projector", "frozen-kernel.e", "frozen-kernel.complement")
def frozen_kernel() -> list[Formula]:
    """On the common kernel nothing ever moves."""
    at = setting().chain.branch()
    kernel = at.define(Pi, I - PseudoInverse(P + Q) * (P + Q), "orthogonal projector on ker(P + Q)")
    p_zero, q_zero = _still(at, kernel)
    p_left = at.transpose(p_zero, reason="transpose: P and the projector are symmetric")
    q_left = at.transpose(q_zero, reason="transpose")
    common = Iff(All(Vanishes(P * v), Vanishes(Q * v)), Vanishes(v - Pi * v))
    projector = conclude(
        at.branch(),
        "frozen-kernel.projector",
        "Nothing moves on the common kernel",
        kernel,
        says=common,
        rests_on=(p_zero, q_zero),
        assumptions=GRAMS,
    )
    a_kept = at.identity(A * Pi, Pi, setting().define[A], p_zero, reason="so W's move leaves the common kernel alone")
    b_kept = at.identity(B * Pi, Pi, setting().define[B], q_zero, reason="and so does U's")
    a_left, b_left = (at.transpose(kept, reason="transpose") for kept in (a_kept, b_kept))
    complement = conclude(
        at,
        "frozen-kernel.complement",
        "The complement is invariant",
        at.identity(
            Pi * A * B, A * B * Pi, a_left, b_left, b_kept, a_kept, reason="a turn does not mix it with the complement"
        ),
        assumptions=GRAMS,
    )
    u_move, w_move = one_turn(at, w_t, u_turn, w_next)
    e_now = at.define(e_t, w_t - w_star, "W's error")
    e_then = at.define(e_next, w_next - w_star, "W's error a turn later")
    frozen = at.multiply(Pi, w_move, reason="project W's move")
    frozen = at.substitute(frozen, p_left, reason="W's push vanishes on the common kernel")
    frozen_u = at.substitute(at.multiply(Pi, u_move, reason="project U's move"), q_left, reason="so does U's push")
    frozen = at.substitute_right(frozen, frozen_u, reason="one turn changes nothing there")
    result = at.restate(frozen, Pi * e_next, Pi * e_t, e_now, e_then, reason="the same for the error")
    return [
        projector,
        conclude(
            at,
            "frozen-kernel.e",
            "The error's part on the common kernel",
            result,
            assumptions=GRAMS,
        ),
        complement,
    ]
