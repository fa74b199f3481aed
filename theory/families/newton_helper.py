"""The helper: an agent that sets its objective every turn, so that its own step is a Newton step for the main agent.

W is the main agent with target ``w*``; the helper U moves first, with a prompt whose labels it rewrites every turn.

Source: section 8.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Abs, MatPow, Symbol

from theory.derivation.assumptions import arranged, psd
from theory.derivation.formula import THIS, Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.families.dynamics import e_next, e_t, move, setting, u_turn, w_next
from theory.language.nodes import Norm, PositiveSemidefinite, PseudoInverse, SingularValue
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
from theory.values.instance import Instance

__all__ = ["Pi_U", "Pi_W", "gradient", "helped_turn", "u_chosen", "u_turn", "w_next", "wish"]

u_chosen = vector("u_chosen", r"u^{*}_t")
gradient = vector("g_t", "g_t")
wish = vector("wish", r"\delta_t")
e_0 = vector("e_0", "e_0")
Pi_W = named(Symmetric("Pi_W", d, d), r"\Pi_W")
Pi_U = named(Symmetric("Pi_U", d, d), r"\Pi_U")
Q_plus = named(Symmetric("Q_plus", d, d), "Q^{+}")
S_plus = named(Symmetric("S_plus", d, d), "S_W^{+}")


def _spanned(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make W's Gram one whose range lies in the range of U's."""
    values["S_W"] = values["S_U"] @ values["S_W"] @ values["S_U"]
    if drawer.random is not None and values["S_W"].trace()[0, 0] > 0 and "eta_W" in values:
        values["eta_W"] = values["S_W"].trace().inverse()


SPANNED = arranged(
    equation(Q * PseudoInverse(Q) * S_W, S_W),
    "range of S_W within that of S_U",
    r"$\operatorname{range}(S_W) \subseteq \operatorname{range}(S_U)$",
    _spanned,
)


def helped_turn(at: Derivation) -> tuple[Any, Any, Any]:
    """Add the moves of a turn in which the helper has chosen its objective, and the main agent's error after it."""
    n = setting().define
    u_move = at.define(u_turn, move(w_t, S_U, eta_U, u_chosen), "U moves: lsa-step with label-noise")
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, w_star), "W moves: lsa-step with label-noise")
    e_then = at.define(e_next, w_next - w_star, "the main agent's error a turn later")
    u_move = at.restate(u_move, u_turn, w_t - Q * (w_t - u_chosen), n[Q], reason="write U's move with Q")
    w_move = at.restate(w_move, w_next, u_turn - P * (u_turn - w_star), n[P], reason="write W's move with P")
    return u_move, w_move, e_then


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
    grad = at.define(gradient, S_W * (w_t - w_star), "the main agent's gradient: label-noise")
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
    lines |= {"seen": seen, "reach": reach, "plus": plus, "q_plus": q_plus}
    return at, lines


@derives("newton-helper.objective", "newton-helper.e", "newton-helper.one-turn")
def newton_helper() -> list[Formula]:
    """A helper that spans the main agent's prompt gives it a damped Newton step."""
    base, lines = _turn()
    at = base.branch()
    spans = at.assume(equation(Pi_U * Pi_W, Pi_W), "the helper spans the main agent's prompt: Q Q^+ acts as 1 there")
    recursion = at.restate(
        lines["limited"], e_next, A * (I - alpha * Pi_W) * e_t, spans, reason="the whole wish comes through"
    )
    idempotent = at.infer(equation(Pi_W * Pi_W, Pi_W), lines["seen"], reason="a projector")
    commutes = at.infer(equation(Pi_W * A, A * Pi_W), lines["seen"], reason="S_W commutes with its own projector")
    projected = at.multiply(Pi_W, recursion, reason="look at the range of S_W")
    part = at.restate(
        projected,
        Pi_W * e_next,
        (1 - alpha) * A * Pi_W * e_t,
        commutes,
        idempotent,
        reason="on it: (1 - alpha)A",
    )
    needs = (SPANNED,)
    return [
        conclude(
            at,
            "newton-helper.objective",
            "The objective to set every turn",
            r"The helper's own LSA step equals the damped Newton step $\alpha S_W^{+} g_t$ of the main agent when it "
            r"sets this objective, "
            "provided its prompt spans the main agent's.",
            lines["objective"],
            rests_on=(recursion,),
            assumptions=needs,
        ),
        conclude(
            at,
            "newton-helper.e",
            "Error with a Newton helper",
            r"With a spanning helper of damping $\alpha$ one turn maps the main agent's error to $A(I - "
            r"\alpha\Pi_W)e_t$.",
            recursion,
            assumptions=needs,
        ),
        conclude(
            at,
            "newton-helper.one-turn",
            "What is left where the prompt sees",
            r"On $\operatorname{range}(S_W)$ one turn multiplies the error by $(1 - \alpha)A$: with $\alpha = 1$ "
            r"nothing is left after one turn.",
            part,
            assumptions=needs,
        ),
    ]


def _helped(turns: Any) -> Any:
    """Value of the error after some turns, by moving with the chosen objective."""

    def value(at: Instance) -> Dense:
        state = at(w_0)
        for _ in range(at.integer(turns)):
            here = at.with_value(w_t, state)
            chosen = here(w_t - alpha * PseudoInverse(eta_U * S_U) * PseudoInverse(S_W) * S_W * (w_t - w_star))
            here.values[u_chosen] = chosen
            here.values[u_turn] = here(move(w_t, S_U, eta_U, u_chosen))
            state = here(move(u_turn, S_W, eta_W, w_star))
        return state - at(w_star)

    return value


@derives("plateau-removed.e", "plateau-removed.rate")
def plateau_removed() -> list[Formula]:
    """All turns at once: no plateau, at a rate that no condition number enters."""
    at, n = setting().begin()
    plus = at.define(S_plus, PseudoInverse(S_W), "pseudo-inverse of the main agent's Gram")
    seen = at.define(Pi_W, S_plus * S_W, "projector on the range of the main agent's Gram")
    start = at.define(e_0, w_0 - w_star, "the error at the start")
    now, then = e_t, e_next
    at.define_value(now, equation(now, now), "the error after t turns, by moving with the chosen objective", _helped(t))
    step = at.define_value(
        then, equation(then, A * (I - alpha * Pi_W) * now), "one turn more: newton-helper.e", _helped(t + 1)
    )
    off = at.infer(equation(S_W * Pi_W, S_W), seen, plus, reason="Moore-Penrose")
    idempotent = at.infer(equation(Pi_W * Pi_W, Pi_W), seen, reason="a projector")
    outside = at.identity(A * (I - Pi_W), I - Pi_W, n[A], n[P], off, reason="A acts as the identity off the range")
    power = MatPow(A, t)
    mixed = at.infer(equation(Pi_W * power, power * Pi_W), seen, reason="powers of A commute with the projector")
    closed = (I - Pi_W) * e_0 + (1 - alpha) ** t * power * Pi_W * e_0
    off_power = at.infer(
        equation((I - Pi_W) * power * Pi_W, 0 * Pi_W), mixed, idempotent, reason="the range stays itself"
    )
    claim = at.infer(
        equation(now, closed), start, outside, off_power, reason="induction hypothesis; at t = 0 it is the start"
    )
    more = at.substitute_right(step, claim, reason="insert the hypothesis")
    at.infer(
        equation(then, (I - Pi_W) * e_0 + (1 - alpha) ** (t + 1) * MatPow(A, t + 1) * Pi_W * e_0),
        more,
        outside,
        mixed,
        idempotent,
        reason="induction, step: the range gets one more factor (1 - alpha)A, the rest stays",
    )
    commutes = at.infer(equation(Pi_W * A, A * Pi_W), seen, reason="S_W commutes with its own projector")
    part = at.restate(
        at.multiply(Pi_W, step, reason="look at the range of S_W"),
        Pi_W * then,
        (1 - alpha) * A * Pi_W * Pi_W * now,
        commutes,
        idempotent,
        reason="on it a turn is (1 - alpha)A",
    )
    rate = Abs(1 - alpha) * SingularValue(A * Pi_W, 1)
    shrinks = at.infer(
        Norm(Pi_W * then) <= rate * Norm(Pi_W * now), part, reason="the norm of a matrix is its largest singular value"
    )
    needs = (psd(S_W), SPANNED)
    return [
        conclude(
            at,
            "plateau-removed.e",
            "Error after t turns with a Newton helper",
            r"The part of the error that the prompt cannot see stays; the rest is multiplied by $(1 - \alpha)^t A^t$: "
            r"there is no plateau where that tends to zero, as for $0 < \alpha < 2$ and $P \preceq 2I$.",
            claim,
            rests_on=(more,),
            assumptions=needs,
            counts={"t": (0, 1, 2)},
        ),
        conclude(
            at,
            "plateau-removed.rate",
            "Rate with a Newton helper",
            r"Every turn multiplies the error on $\operatorname{range}(S_W)$ by at most this factor. For "
            r"$0 < \alpha < 2$ and $P \preceq 2I$ it is at most $|1 - \alpha| < 1$, whatever the condition number.",
            shrinks,
            rests_on=(start,),
            value=rate,
            lhs=named(Symbol("rate", real=True), r"\text{rate}"),
            sign=":=",
            assumptions=needs,
            counts={"t": (0, 1, 2)},
        ),
    ]


@derives("rank-limited.e", "rank-limited.reduced")
def rank_limited() -> list[Formula]:
    """A helper that does not span the main agent's prompt: the part it spans, and what the worst case becomes."""
    base, lines = _turn()
    at = base.branch()
    idempotent = at.infer(equation(Pi_W * Pi_W, Pi_W), lines["seen"], reason="a projector")
    commutes = at.infer(equation(Pi_W * A, A * Pi_W), lines["seen"], reason="S_W commutes with its own projector")
    projected = at.multiply(Pi_W, lines["limited"], reason="look at the range of S_W")
    reduced = at.restate(
        projected,
        Pi_W * e_next,
        A * (I - alpha * Pi_W * Pi_U * Pi_W) * Pi_W * e_t,
        commutes,
        idempotent,
        reason="inside the range the helper acts as a symmetric matrix between 0 and 1",
    )
    above = at.infer(
        PositiveSemidefinite(Pi_W * Pi_U * Pi_W), lines["reach"], reason="it is the square of what both let through"
    )
    between = at.infer(
        PositiveSemidefinite(Pi_W - Pi_W * Pi_U * Pi_W),
        lines["reach"],
        reason="a projector seen through a projector: I - alpha times it has norm at most 1 for 0 <= alpha <= 2",
    )
    return [
        conclude(
            at,
            "rank-limited.e",
            "Error with a helper of any rank",
            r"Whatever the helper's geometry, one turn maps the main agent's error to $A(I - \alpha\Pi_U\Pi_W)e_t$, "
            r"$\Pi_U$ the projector on the "
            "range of the helper's Gram: what it does not span is left to W.",
            lines["limited"],
            source=THIS,
        ),
        conclude(
            at,
            "rank-limited.reduced",
            "What a rank-limited helper leaves",
            r"On $\operatorname{range}(S_W)$ the turn is a product of two symmetric matrices, $A$ and $I - "
            r"\alpha\Pi_W\Pi_U\Pi_W$, the second of norm at most 1 for $0 \le \alpha \le 2$: the worst-case factor "
            r"of a turn is at most W's own. From a given start such a help can hurt, by turning the error into a slow "
            r"direction.",
            reduced,
            rests_on=(between, above),
            source=THIS,
        ),
    ]
