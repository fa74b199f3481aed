"""The helper: an agent that sets its objective every turn, so that its own step is a Newton step for the main agent.

W is the main agent with target ``w*``; the helper U moves first, with a prompt whose labels it rewrites every turn.

Source: section 8.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from sympy import QQ, Abs, MatPow, Symbol

from theory.derivation.assumptions import arranged, below, psd, relation
from theory.derivation.described import Iterate
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.derivation.sources import ABSTRACTS_2_3
from theory.families.dynamics import MOVE, e_next, e_t, move, setting, u_turn, w_next
from theory.language.nodes import Contracts, Norm, PositiveSemidefinite, PseudoInverse, SingularValue, Vanishes
from theory.language.predicates import All, Implies, RangeWithin, TendsTo
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    I,
    P,
    Q,
    SymmetricSymbol as Symmetric,
    alpha,
    d,
    eta_U,
    eta_W,
    named,
    t,
    vector,
    w_0,
    w_star,
    w_t,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

__all__ = ["Pi_U", "Pi_W", "gradient", "helped_turn", "u_chosen", "u_turn", "w_next", "wish"]

u_chosen = vector("u_chosen", r"u^{*}_t")
gradient = vector("g_t", "g_t")
wish = vector("wish", r"\delta_t")
e_0 = vector("e_0", "e_0")
#: Any error of the main agent.
e_any = vector("e", "e")
Pi_W = named(Symmetric("Pi_W", d, d), r"\Pi_W")
Pi_U = named(Symmetric("Pi_U", d, d), r"\Pi_U")
Q_plus = named(Symmetric("Q_plus", d, d), "Q^{+}")
S_plus = named(Symmetric("S_plus", d, d), "S_W^{+}")


def _spanned(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make W's Gram one whose range lies in the range of U's; every other one at most 1 with W's step."""
    if "S_U" in values:
        values["S_W"] = values["S_U"] @ values["S_W"] @ values["S_U"]
    if drawer.random is not None and "eta_W" in values and drawer.random.randint(0, 1):
        trace = values["S_W"].trace()
        if trace[0, 0] > 0:
            values["eta_W"] = trace.inverse()


def _in_the_box(drawer: Drawer, values: dict[str, Dense]) -> None:
    """The same, with W's step at most 2 over its Gram and the damping between 0 and 2, or a little beyond."""
    _spanned(drawer, values)
    if drawer.random is not None:
        values["alpha"] = drawer.pick(0, 0, QQ(1, 4), QQ(1, 2), 1, QQ(3, 2), QQ(19, 10), 2, 3)
        if values["S_W"].trace()[0, 0] > 0:
            values["eta_W"] = drawer.pick(QQ(1, 2), 1, 2, 2, 3) @ values["S_W"].trace().inverse()


def _damped(drawer: Drawer, values: dict[str, Dense]) -> None:
    """The same, with a damping near 1, or W's step anywhere."""
    _spanned(drawer, values)
    if drawer.random is not None:
        values["alpha"] = Dense.number(drawer.domain.convert(drawer.random.randint(1, 15)) / 8, drawer.domain)


SPANNED = arranged(RangeWithin(S_W, S_U), "range of S_W within that of S_U", _spanned)
#: What a turn does to the error that the prompt sees, with a helper that spans it.
SEEN_TURN = (1 - alpha) * A * Pi_W
POSITIVE, BELOW_2 = relation(alpha > 0, "alpha positive"), relation(alpha < 2, "alpha below 2")
NOT_NEGATIVE, AT_MOST_2 = relation(alpha >= 0, "alpha non-negative"), relation(alpha <= 2, "alpha at most 2")


def helped_turn(at: Derivation) -> tuple[Any, Any, Any]:
    """Add the moves of a turn in which the helper has chosen its objective, and the main agent's error after it."""
    n = setting().define
    u_move = at.define(u_turn, move(w_t, S_U, eta_U, u_chosen), "U moves", cites=MOVE)
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, w_star), "W moves", cites=MOVE)
    e_then = at.define(e_next, w_next - w_star, "the main agent's error a turn later")
    u_move = at.restate(u_move, u_turn, w_t - Q * (w_t - u_chosen), n[Q], reason="write U's move with Q")
    w_move = at.restate(w_move, w_next, u_turn - P * (u_turn - w_star), n[P], reason="write W's move with P")
    return u_move, w_move, e_then


def _projects(at: Derivation, plus: Any, seen: Any) -> tuple[Any, Any]:
    """Add what the projector on the range of W's Gram does: once is twice, and W's move does not mix the two parts."""
    n = setting().define
    twice = at.restate(
        at.multiply(S_W, at.penrose(S_W, 2), reason="multiply by the Gram"),
        S_W * S_plus * S_W * S_plus,
        S_W * S_plus,
        plus,
        reason="a projector",
    )
    turned = at.transpose(seen, reason="both are symmetric")
    idempotent = at.restate(twice, Pi_W * Pi_W, Pi_W, turned, reason="a projector")
    off = at.restate(at.penrose(S_W, 1), S_W * Pi_W, S_W, seen, plus, reason="it keeps the range of the Gram")
    left = at.transpose(off, reason="transpose")
    commutes = at.identity(Pi_W * A, A * Pi_W, n[A], n[P], off, left, reason="so it commutes with W's move")
    return idempotent, commutes


@cache
def _turn() -> tuple[Derivation, dict[str, Any]]:
    """One turn with an objective chosen for a wished step; what U's geometry lets through."""
    at, n = setting().begin()
    lines: dict[str, Any] = {}
    plus = at.define(S_plus, PseudoInverse(S_W), "pseudo-inverse of the main agent's Gram")
    q_plus = at.define(Q_plus, PseudoInverse(Q), "pseudo-inverse of the helper's step matrix")
    seen = at.define(Pi_W, S_plus * S_W, "projector on the range of the main agent's Gram")
    reach = at.define(Pi_U, Q * Q_plus, "projector on the range of the helper's Gram")
    e_now = at.define(e_t, w_t - w_star, "the main agent's error")
    grad = at.define(gradient, S_W * (w_t - w_star), "the main agent's gradient", cites=("label-noise.gradient",))
    goal = at.define(wish, alpha * S_plus * gradient, "the wish: a damped Newton step")
    lines["objective"] = at.define(
        u_chosen, w_t - Q_plus * wish, "the helper asks that its own step Q(w - u*) be the wish: u* = w - Q^+ wish"
    )
    u_move, w_move, e_then = helped_turn(at)
    helped = at.substitute_right(u_move, lines["objective"], reason="insert the chosen objective")
    helped = at.restate(helped, u_turn, w_t - Pi_U * wish, reach, reason="only what the helper spans comes through")
    newton = at.substitute_right(helped, goal, grad, reason="insert the wish")
    newton = at.restate(
        newton, u_turn, w_t - alpha * Pi_U * Pi_W * (w_t - w_star), seen, reason="a projection of the error"
    )
    lines["limited"] = at.restate(
        at.substitute_right(w_move, newton, reason="insert the helper's step into W's move"),
        e_next,
        A * (I - alpha * Pi_U * Pi_W) * e_t,
        e_then,
        e_now,
        n[A],
        reason="the error recursion with a helper of any geometry",
    )
    lines |= {"seen": seen, "reach": reach, "plus": plus, "q_plus": q_plus, "newton": newton, "w_move": w_move}
    lines |= {"e_now": e_now, "e_then": e_then, "goal": goal, "grad": grad}
    return at, lines


@cache
def _spanning_turn() -> tuple[Derivation, dict[str, Any]]:
    """The same with a helper that spans the main agent's prompt: the whole wish comes through."""
    base, known = _turn()
    at, lines, n = base.branch(), dict(known), setting().define
    spans = at.assume(SPANNED.says, "the helper spans the main agent's prompt")
    within = at.spell(spans, reason="what the helper spans contains the range of S_W")
    kept = at.restate(
        at.penrose(Q, 1), Pi_U * Q, Q, lines["reach"], lines["q_plus"], reason="the helper's projector keeps its range"
    )
    kept = at.restate(kept, Pi_U * S_U, S_U, n[Q], factor=eta_U, reason="its step size does not matter")
    scaled = at.restate(n[Q], S_U, Q / eta_U, factor=-eta_U, reason="the helper's Gram, from its step matrix")
    whole = at.multiply(Pi_U, within, reason="look at the helper's range")
    whole = at.substitute(whole, kept, within, reason="it contains the range of S_W")
    whole = at.restate(whole, Pi_U * S_W, S_W, reason="so the projector keeps that")
    turned = at.transpose(lines["seen"], reason="both are symmetric")
    lines["spans"] = at.identity(Pi_U * Pi_W, Pi_W, turned, whole, reason="the helper acts as 1 on what W sees")
    lines["scaled"] = scaled
    lines["e"] = at.restate(
        lines["limited"], e_next, A * (I - alpha * Pi_W) * e_t, lines["spans"], reason="the whole wish comes through"
    )
    return at, lines


@derives("newton-helper.objective", "newton-helper.e", "newton-helper.one-turn", "newton-helper.full-step")
def newton_helper() -> list[Formula]:
    """A helper that spans the main agent's prompt gives it a damped Newton step."""
    base, lines = _spanning_turn()
    at = base.branch()
    granted = at.restate(
        lines["newton"],
        u_turn,
        w_t - alpha * PseudoInverse(S_W) * gradient,
        lines["spans"],
        lines["grad"],
        lines["seen"],
        lines["plus"],
        reason="the helper's own move is the damped Newton step",
    )
    idempotent, commutes = _projects(at, lines["plus"], lines["seen"])
    projected = at.multiply(Pi_W, lines["e"], reason="look at the range of S_W")
    part = at.restate(
        projected,
        Pi_W * e_next,
        (1 - alpha) * A * Pi_W * e_t,
        commutes,
        idempotent,
        reason="on it: (1 - alpha)A",
    )
    done = at.infer(
        Implies(equation(alpha, 1), Vanishes(Pi_W * e_next, Pi_W * e_t)), part, reason="with alpha = 1 the factor is 0"
    )
    needs = (SPANNED,)
    return [
        conclude(
            at,
            "newton-helper.objective",
            "The objective to set every turn",
            lines["objective"],
            says=granted,
            rests_on=(granted, lines["scaled"]),
            assumptions=needs,
            source=ABSTRACTS_2_3,
        ),
        conclude(
            at,
            "newton-helper.e",
            "Error with a Newton helper",
            lines["e"],
            rests_on=(lines["scaled"],),
            assumptions=needs,
        ),
        conclude(
            at,
            "newton-helper.one-turn",
            "What is left where the prompt sees",
            part,
            rests_on=(lines["scaled"],),
            assumptions=needs,
        ),
        conclude(
            at,
            "newton-helper.full-step",
            "A full step leaves nothing where the prompt sees",
            done,
            rests_on=(lines["scaled"],),
            assumptions=needs,
        ),
    ]


def _helped(turns: Any) -> Iterate:
    """The error after some turns, by moving with the chosen objective."""
    choice = w_t - alpha * PseudoInverse(eta_U * S_U) * PseudoInverse(S_W) * S_W * (w_t - w_star)
    moves = ((u_chosen, choice), (u_turn, move(w_t, S_U, eta_U, u_chosen)))
    return Iterate(w_t, w_0, move(u_turn, S_W, eta_W, w_star), turns, w_t - w_star, moves=moves)


@cache
def _turns() -> tuple[Derivation, dict[str, Any]]:
    """Any number of turns with a Newton helper, and one turn more."""
    at, n = setting().begin()
    lines: dict[str, Any] = {}
    plus = at.define(S_plus, PseudoInverse(S_W), "pseudo-inverse of the main agent's Gram")
    lines["seen"] = at.define(Pi_W, S_plus * S_W, "projector on the range of the main agent's Gram")
    lines["start"] = at.define(e_0, w_0 - w_star, "the error at the start")
    at.define_value(e_t, equation(e_t, e_t), "the error after t turns, by moving with the chosen objective", _helped(t))
    lines["step"] = at.define_value(
        e_next,
        equation(e_next, A * (I - alpha * Pi_W) * e_t),
        "one turn more: newton-helper.e",
        _helped(t + 1),
        cites=("newton-helper.e",),
    )
    idempotent, commutes = _projects(at, plus, lines["seen"])
    lines["Q"] = n[Q]
    lines["off"] = at.restate(
        at.penrose(S_W, 1), S_W * Pi_W, S_W, lines["seen"], plus, reason="the projector keeps the range of the Gram"
    )
    lines["part"] = at.restate(
        at.multiply(Pi_W, lines["step"], reason="look at the range of S_W"),
        Pi_W * e_next,
        (1 - alpha) * A * Pi_W * Pi_W * e_t,
        commutes,
        idempotent,
        reason="on it a turn is (1 - alpha)A",
    )
    return at, lines | {"idempotent": idempotent, "commutes": commutes}


@derives("plateau-removed.e", "plateau-removed.rate", "plateau-removed.gentle", "plateau-removed.box")
def plateau_removed() -> list[Formula]:
    """All turns at once: no plateau, at a rate that no condition number enters."""
    base, lines = _turns()
    at, n = base.branch(), setting().define
    seen, idempotent, step = lines["seen"], lines["idempotent"], lines["step"]
    outside = at.identity(
        A * (I - Pi_W), I - Pi_W, n[A], n[P], lines["off"], reason="A acts as the identity off the range"
    )
    power = MatPow(A, t)
    mixed = at.infer(equation(Pi_W * power, power * Pi_W), seen, reason="powers of A commute with the projector")
    closed = (I - Pi_W) * e_0 + (1 - alpha) ** t * power * Pi_W * e_0
    off_power = at.infer(
        equation((I - Pi_W) * power * Pi_W, 0 * Pi_W), mixed, idempotent, reason="the range stays itself"
    )
    claim = at.infer(
        equation(e_t, closed),
        lines["start"],
        outside,
        off_power,
        reason="induction hypothesis; at t = 0 it is the start",
    )
    more = at.substitute_right(step, claim, reason="insert the hypothesis")
    at.infer(
        equation(e_next, (I - Pi_W) * e_0 + (1 - alpha) ** (t + 1) * MatPow(A, t + 1) * Pi_W * e_0),
        more,
        outside,
        mixed,
        idempotent,
        reason="induction, step: the range gets one more factor (1 - alpha)A, the rest stays",
    )
    rate = Abs(1 - alpha) * SingularValue(A * Pi_W, 1)
    shrinks = at.infer(
        Norm(Pi_W * e_next) <= rate * Norm(Pi_W * e_t),
        lines["part"],
        reason="the norm of a matrix is its largest singular value",
    )
    gentle = at.infer(
        Norm(Pi_W * e_next) <= Abs(1 - alpha) * Norm(Pi_W * e_t),
        lines["part"],
        reason="0 <= P <= 2I: A lengthens nothing, because I - A^2 = P(2I - P)",
    )
    box = at.infer(
        Contracts(SEEN_TURN), lines["seen"], reason="the same, and |1 - alpha| < 1: a turn shortens all that W sees"
    )
    needs = (replace(SPANNED, arrange=_spanned),)
    gentle_step = (psd(S_W), below(P, 2, strict=False, arrange=_in_the_box))
    return [
        conclude(
            at,
            "plateau-removed.e",
            "Error after t turns with a Newton helper",
            claim,
            rests_on=(more, lines["Q"]),
            assumptions=needs,
            counts={"t": (0, 1, 2)},
        ),
        conclude(
            at,
            "plateau-removed.rate",
            "Rate with a Newton helper",
            shrinks,
            says=shrinks,
            rests_on=(lines["start"], lines["Q"]),
            value=rate,
            lhs=named(Symbol("rate", real=True), r"\text{rate}"),
            sign=":=",
            assumptions=needs,
            counts={"t": (0, 1, 2)},
        ),
        conclude(
            at,
            "plateau-removed.gentle",
            "Rate with a Newton helper, whatever the condition number",
            gentle,
            says=gentle,
            rests_on=(lines["start"], lines["Q"]),
            value=Abs(1 - alpha),
            lhs=named(Symbol("factor", real=True), r"\text{factor}"),
            sign=":=",
            assumptions=(*gentle_step, SPANNED),
            counts={"t": (0, 1, 2)},
        ),
        conclude(
            at,
            "plateau-removed.box",
            "Steps and dampings with which the error dies out",
            box,
            assumptions=(*gentle_step, POSITIVE, BELOW_2),
        ),
    ]


@derives("plateau-removed.limit")
def plateau_limit() -> list[Formula]:
    """No plateau is left where the prompt sees."""
    base, lines = _spanning_turn()
    at = base.branch()
    start = at.define(e_0, w_0 - w_star, "the error at the start")
    idempotent, commutes = _projects(at, lines["plus"], lines["seen"])
    turn = A * (I - alpha * Pi_U * Pi_W)
    on_range = at.identity(
        turn * Pi_W,
        Pi_W * SEEN_TURN,
        idempotent,
        lines["spans"],
        commutes,
        idempotent,
        reason="on the range: (1 - alpha)A",
    )
    limit = at.infer(
        TendsTo(e_any, turn * e_any, e_0, (I - Pi_W) * e_0),
        lines["limited"],
        start,
        on_range,
        reason="off the range a turn changes nothing; on it its powers tend to zero",
    )
    return [
        conclude(
            at,
            "plateau-removed.limit",
            "No plateau with a Newton helper",
            limit,
            rests_on=(lines["scaled"],),
            assumptions=(replace(SPANNED, arrange=_damped), relation(Contracts(SEEN_TURN), "(1 - alpha)A contracts")),
            source=ABSTRACTS_2_3,
        )
    ]


@derives(
    "rank-limited.e", "rank-limited.reduced", "rank-limited.between", "rank-limited.own-move", "rank-limited.worst-case"
)
def rank_limited() -> list[Formula]:
    """A helper that does not span the main agent's prompt: the part it spans, and what the worst case becomes."""
    base, lines = _turn()
    at = base.branch()
    idempotent, commutes = _projects(at, lines["plus"], lines["seen"])
    projected = at.multiply(Pi_W, lines["limited"], reason="look at the range of S_W")
    helped = Pi_W * Pi_U * Pi_W
    reduced = at.restate(
        projected,
        Pi_W * e_next,
        A * (I - alpha * helped) * Pi_W * e_t,
        commutes,
        idempotent,
        reason="inside the range the helper acts as a symmetric matrix between 0 and 1",
    )
    between = at.infer(
        All(PositiveSemidefinite(helped), PositiveSemidefinite(Pi_W - helped)),
        lines["reach"],
        reason="the square of what both let through, and what that leaves of a projector",
    )
    own = at.infer(
        Norm(Pi_W * (u_turn - w_star)) <= Norm(Pi_W * (w_t - w_star)),
        lines["newton"],
        between,
        reason="I - alpha times a matrix between 0 and 1 has norm at most 1 for 0 <= alpha <= 2",
    )
    worst = at.infer(
        Norm(Pi_W * e_next) <= SingularValue(A * Pi_W, 1) * Norm(Pi_W * e_t),
        own,
        lines["w_move"],
        commutes,
        reason="then W moves, and A is its own move",
    )
    damped = (replace(NOT_NEGATIVE, arrange=_damping), AT_MOST_2)
    return [
        conclude(
            at,
            "rank-limited.e",
            "Error with a helper of any rank",
            lines["limited"],
        ),
        conclude(
            at,
            "rank-limited.reduced",
            "What a rank-limited helper leaves",
            reduced,
        ),
        conclude(
            at,
            "rank-limited.between",
            "What a rank-limited helper takes",
            between,
        ),
        conclude(
            at,
            "rank-limited.own-move",
            "The helper's own move never lengthens what the prompt sees",
            own,
            assumptions=damped,
        ),
        conclude(
            at,
            "rank-limited.worst-case",
            "In the worst case no helper hurts",
            worst,
            assumptions=damped,
        ),
    ]


def _damping(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put the damping between 0 and 2, the ends included, or a little outside."""
    if drawer.random is not None:
        values["alpha"] = Dense.number(drawer.domain.convert(drawer.random.randint(-4, 16)) / 4, drawer.domain)
