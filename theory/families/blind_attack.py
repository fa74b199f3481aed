"""The blind attack: integral action on the attacker's own error wins, knowing nothing of the victim.

Source: section 7.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from sympy import QQ, Abs, BlockMatrix, ImmutableMatrix, Inverse, Matrix, MatrixSymbol, Symbol, cancel, factor

from theory.derivation.assumptions import arranged, below, invertible, psd, relation
from theory.derivation.described import Written
from theory.derivation.formula import Formula, conclude, derives, formulas
from theory.derivation.lines import Derivation, equation
from theory.errors import DerivationError
from theory.families.dynamics import MOVE, e_next, e_t, move, setting, u_turn, unfolding, w_next
from theory.families.label_attack import declared
from theory.language import words
from theory.language.nodes import Contracts
from theory.language.predicates import All, Iff, Invertible, Loewner
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    B,
    Delta,
    I,
    P,
    Q,
    SymmetricSymbol,
    b,
    d,
    eta_U,
    eta_W,
    gamma,
    named,
    p,
    s,
    u_star,
    vector,
    w_star,
    w_t,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer, full_rank

z_t, z_next = vector("z_t", "z_t"), vector("z_next", "z_{t+1}")
v_t = vector("v_t", "v_t")
limit_shift = vector("s_limit", r"s_\infty")


C = named(SymmetricSymbol("C", d, d), "C")
R = named(MatrixSymbol("R", d, d), "R")
#: Gains on both sides of 2.
GAINS = (QQ(1, 16), QQ(1, 2), 1, QQ(3, 2), QQ(31, 16), 2, 3)
#: P, gain and Q where hypotheses end or have just ended.
CORNERS = ((1, 2, 1), (2, QQ(3, 2), 1), (2, 1, 1), (QQ(1, 16), 1, QQ(12, 5)), (1, QQ(31, 16), 2), (QQ(1, 2), 3, 1))
#: What the weight divides by, of one eigenvalue p of P.
c = named(Symbol("c_p", real=True), "c")

#: Some shift cancels the victim's push.
REACH = replace(invertible(P), arrange=full_rank("S_W"))


@cache
def _joint() -> tuple[Derivation, dict[str, Any]]:
    """One turn of the attack, in the attacker's error and the distance of its declared target from the limit."""
    at, names = setting().begin()
    goal = at.define(declared, w_star + s, "what W declares this turn")
    u_move = at.define(u_turn, move(w_t, S_U, eta_U, u_star), "the victim moves", cites=MOVE)
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, declared), "W moves towards what it declared", cites=MOVE)
    e_now = at.define(e_t, w_t - w_star, "W's error against its goal")
    e_then = at.define(e_next, w_next - w_star, "its error a turn later")
    seen = at.define(v_t, B * e_t, "its error after the victim's move, but for the victim's pull")
    rules = unfolding(names)
    error = at.restate(
        w_move,
        e_next,
        A * v_t + A * Q * Delta + P * s,
        goal,
        u_move,
        e_then,
        seen,
        e_now,
        *rules,
        reason="what is left of the error, the victim's push, and the shift seen through W's geometry",
    )
    rest = at.define(limit_shift, -Inverse(P) * A * Q * Delta, "the shift at which the error can stay zero")
    gap = at.define(z_t, s - limit_shift, "how far the shift is from there")
    cancels = at.multiply(P, rest, reason="seen through W's geometry it cancels the push")
    shift = at.restate(gap, s, z_t + limit_shift, reason="the shift")
    joint = at.restate(
        at.substitute_right(error, shift, reason="insert the shift"),
        e_next,
        A * v_t + P * z_t,
        cancels,
        reason="the push is gone",
    )
    later = at.define(
        z_next, s - gamma * e_next - limit_shift, "integral action: the shift moves against the error it sees"
    )
    drift = at.restate(later, z_next, z_t - gamma * e_next, gap, reason="the distance to the limit")
    return at, {"e": joint, "drift": drift}


@derives("blind-attack.e", "blind-attack.z")
def joint_map() -> list[Formula]:
    """One turn of the attack, whatever the victim is."""
    base, lines = _joint()
    at = base.branch()
    drift = at.substitute_right(lines["drift"], lines["e"], reason="insert the error")
    needs = (REACH,)
    return [
        conclude(
            at,
            "blind-attack.e",
            "The attacker's error under integral action",
            lines["e"],
            assumptions=needs,
        ),
        conclude(
            at,
            "blind-attack.z",
            "The declared target under integral action",
            drift,
            assumptions=needs,
        ),
    ]


def _turn(factor_b: Any) -> Matrix:
    """The joint map along one eigenvector of P, with eigenvalue p, and a victim that acts on it by a number."""
    lines = (formulas["blind-attack.e"].compact, formulas["blind-attack.z"].compact)
    inputs = ((factor_b, 0), (0, 1))
    return Matrix(
        [[words.along(line, {A: 1 - p, P: p, v_t: v_in, z_t: z_in}) for v_in, z_in in inputs] for line in lines]
    )


def _drawn_in(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put p into (0, 1] and the gain into (0, 2), or on the edges, or a little beyond."""
    if drawer.random is not None:
        values["p"] = drawer.pick(0, QQ(1, 12), QQ(1, 3), QQ(1, 2), QQ(3, 4), 1, 1, 2)
        values["gamma"] = drawer.pick(*GAINS)


@derives("blind-attack.weight", "blind-attack.corner", "blind-attack.determinant")
def lyapunov() -> list[Formula]:
    """A Lyapunov function for every gain in (0, 2) and every victim, one eigenvalue of P at a time."""
    at = Derivation()
    weight = named(Symbol("weight", real=True), "R_p")
    corner = named(Symbol("corner", real=True), "D_{11}")
    determinant = named(Symbol("determinant", real=True), r"\det D")
    under = at.define(c, 1 + p - gamma * p, "positive for 0 < p <= 1 and a gain below 2: (1 - p) + (2 - gamma)p")
    chosen = at.define(
        weight, p / (gamma * c), "V = |e|^2 + z^T R z, with R a function of P: one number for each eigenvalue p"
    )
    step = _turn(1)

    def lost(value: Any) -> Matrix:
        form = Matrix([[1, 0], [0, value]])
        return form - step.T * form * step

    loss = lost(p / (gamma * under.rhs)).applyfunc(cancel)
    first, whole = p * (2 - gamma + p * (1 - p)) / c, p**3 * (2 - gamma) * (1 - p) / c**2
    for found, claimed in ((loss[0, 0], first), (loss.det(), whole)):
        if cancel(found - claimed.subs(c, under.rhs)) != 0:
            raise DerivationError(f"what V loses is {factor(found)}, not {claimed}")
    shown = lost(weight)
    top = at.define(corner, shown[0, 0], "what a turn takes from |v|^2, and |e| >= |v|: |B| <= 1")
    corner_line = at.infer(equation(corner, first), top, chosen, under, reason="multiply out and factor")
    area = at.define(
        determinant, shown[0, 0] * shown[1, 1] - shown[0, 1] ** 2, "the determinant of the quadratic form that V loses"
    )
    result = at.infer(equation(determinant, whole), area, chosen, under, reason="multiply out and factor")
    box = (
        arranged(p <= 1, "p at most 1", _drawn_in),
        relation(p > 0, "p positive"),
        relation(gamma < 2, "gamma below 2"),
    )
    return [
        conclude(
            at,
            "blind-attack.weight",
            "Weight of the declared target",
            chosen,
            says=All(chosen, weight > 0),
            assumptions=box,
        ),
        conclude(
            at,
            "blind-attack.corner",
            "What a turn takes from the error",
            corner_line,
            says=All(corner_line, corner >= 0),
            assumptions=box,
        ),
        conclude(
            at,
            "blind-attack.determinant",
            "Determinant of what the Lyapunov function loses",
            result,
            says=All(result, determinant >= 0),
            assumptions=box,
        ),
    ]


def _gentle(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make W's Gram invertible with a step about 1 over it, U's box closed, and the gain lie between 0 and 2.

    Edges are met, and sometimes passed.
    """
    if drawer.random is None:
        return
    unit = Dense.eye(next(values[x].shape[0] for x in ("S_W", "S_U") if x in values), drawer.domain)
    grams = [name for name in "WU" if f"S_{name}" in values]
    values["gamma"] = drawer.pick(*GAINS)
    shares = {"W": drawer.pick(QQ(1, 16), QQ(1, 2), 1), "U": drawer.pick(QQ(1, 4), 1, 2)}
    if "u_star" in values and drawer.random.randint(0, 1):  # no push to cancel: what is declared is near its limit
        values["u_star"] = values["w_star"]
    if {"w_t", "s", "u_star"} <= set(values) and not drawer.random.randint(0, 3):  # at rest: nothing is lost
        values["u_star"] = values["w_t"] = values["w_star"]
        values["s"] = values["s"] - values["s"]
    if drawer.random.randint(0, 1):  # every direction meets the same edge, or is beyond it
        shares["W"], values["gamma"], shares["U"] = map(drawer.pick, drawer.random.choice(CORNERS))
        for name in grams:
            values[f"S_{name}"], values[f"eta_{name}"] = unit, shares[name]
        return
    if "S_U" in values:
        values["S_U"] = values["S_U"] @ values["S_U"]
    if drawer.random.randint(0, 2):
        full_rank(*(["S_W"] if "S_W" in values else []))(drawer, values)
    elif "S_W" in values:
        # A victim that mirrors, an attacker that sees one direction far better than the others, a gain almost 2.
        values["S_W"] = values["S_W"].scale(drawer.pick(32)) + unit
        shares |= {"W": drawer.pick(1), "U": drawer.pick(2)}
        values["gamma"] = drawer.pick(QQ(31, 16))
    for name in grams:
        if values[f"S_{name}"].trace()[0, 0] > 0:
            values[f"eta_{name}"] = shares[name] @ values[f"S_{name}"].trace().inverse()


@derives("blind-attack.regular", "blind-attack.loss", "blind-attack.lyapunov", "blind-attack.settles")
def never_grows() -> list[Formula]:
    """The same for all directions at once: what the Lyapunov function loses in a turn, and that the attack wins."""
    at, names = setting().begin()
    # W's error after a turn, and the shift at which it can stay zero, as the moves make them.
    after = move(move(w_t, S_U, eta_U, u_star), S_W, eta_W, w_star + s) - w_star
    limit = -Inverse(P) * A * Q * Delta
    for symbol, value, meaning in (
        (e_t, w_t - w_star, "W's error against its goal"),
        (z_t, s - limit, "how far the shift is from the one at which the error can stay zero"),
    ):
        at.define(symbol, value, meaning)
    moves = (
        at.define(declared, w_star + s, "what W declares this turn"),
        at.define(u_turn, move(w_t, S_U, eta_U, u_star), "the victim moves", cites=MOVE),
        names[Delta],
        names[Q],
        names[P],
    )
    at.define(v_t, B * e_t, "W's error after the victim's move, but for the victim's pull")
    error = at.define_value(
        e_next, equation(e_next, A * v_t + P * z_t), "its error a turn later", Written(after), cites=("blind-attack.e",)
    )
    drift = at.define_value(
        z_next,
        equation(z_next, z_t - gamma * A * v_t - gamma * P * z_t),
        "and where the shift is then",
        Written(s - gamma * after - limit),
        cites=("blind-attack.z",),
    )
    under = at.define(C, I + (1 - gamma) * P, "(I - P) + (2 - gamma)P")
    slope = at.infer(equation(P, (C - I + P) / (2 - gamma)), under, reason="the gain is not 2")
    regular = at.infer(Invertible(C), under, reason="at least the smaller of 1 and 2 - gamma")
    weight = at.define(R, P * Inverse(C) / gamma, "weight of the declared target in V = |e|^2 + z^T R z")
    now, then = (x.T * x + y.T * R * y for x, y in ((e_t, z_t), (e_next, z_next)))
    away = z_t - v_t
    taken = (
        e_t.T * (I - B * B) * e_t
        + (2 - gamma) * v_t.T * P * Inverse(C) * v_t
        + away.T * P * P * (I - P) * Inverse(C) * away
    )
    loses = at.infer(
        equation(now - then, taken),
        error,
        drift,
        weight,
        under,
        reason="multiply out; all but the victim's matrix commutes with P",
    )
    grows = at.infer(
        Loewner(then, now), loses, reason="|B| <= 1, and with 0 < P <= I and a gain below 2 no term is negative"
    )
    turn = BlockMatrix([[A * B, P], [-gamma * A * B, I - gamma * P]])
    settles = at.infer(
        Contracts(turn),
        names[A],
        loses,
        slope,
        reason="nothing is lost only if v = 0 and |v| = |e|, so at e = 0; that turn ends at e = Pz, and losing nothing "
        "again needs Pz = 0",
    )
    gain = relation(gamma < 2, "gamma below 2")
    gentle = (replace(psd(S_W), arrange=_gentle), below(P, 1, strict=False), gain)
    honest = relation(Loewner(B * B, I), "B^2 at most 1")
    reach = invertible(P)
    return [
        conclude(
            at,
            "blind-attack.regular",
            "The weight exists",
            regular,
            assumptions=gentle,
        ),
        conclude(
            at,
            "blind-attack.loss",
            "What the Lyapunov function loses in a turn",
            loses,
            rests_on=moves,
            assumptions=(REACH, invertible(C)),
        ),
        conclude(
            at,
            "blind-attack.lyapunov",
            "The Lyapunov function never grows",
            grows,
            says=grows,
            value=grows.xreplace({e_next: error.rhs, z_next: drift.rhs}),
            rests_on=moves,
            assumptions=(*gentle, reach, honest),
        ),
        conclude(
            at,
            "blind-attack.settles",
            "The blind attack wins",
            settles,
            rests_on=moves,
            assumptions=(*gentle, reach, honest),
        ),
    ]


def _in_the_box(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put p below 2, negative as well, and the victim's factor into [-1, 1], or on the edges, or a little beyond."""
    if drawer.random is not None:
        values["p"] = drawer.pick(-2, -QQ(1, 2), 0, QQ(1, 8), QQ(1, 2), 1, QQ(3, 2), QQ(7, 4), QQ(15, 8), 2, 3)
        values["b"] = drawer.pick(-2, -1, -1, -QQ(9, 10), 0, QQ(1, 2), QQ(9, 10), 1, 2)


@derives("blind-attack.gain-bound", "blind-attack.step-bound")
def sharpness() -> list[Formula]:
    """Both bounds are sharp."""
    at = Derivation()
    root = named(Symbol("root", real=True), r"\lambda")
    edge = _turn(b).subs(p, 1)
    values = list(edge.eigenvals())
    if set(map(cancel, values)) != {0, cancel(1 - gamma)}:
        raise DerivationError(f"at p = 1 the eigenvalues are {values}")
    line = at.define(root, 1 - gamma, "the non-zero eigenvalue of the joint map at p = 1")
    gain = at.decide(
        Abs(1 - gamma) < 1, line, reason="the attack settles there iff its modulus is below 1: gain below 2"
    )
    at2 = Derivation()
    trace, product = (
        named(Symbol(x, real=True), tex) for x, tex in (("trace_map", r"\operatorname{tr}"), ("det_map", r"\det"))
    )
    one = _turn(b).subs(gamma, 1)
    t_line = at2.define(trace, factor(one.trace()), "trace of the joint map at gain 1")
    d_line = at2.define(product, factor(cancel(one.det())), "its determinant")
    stable = at2.decide(
        Abs(one.trace()) < 1 + cancel(one.det()),
        t_line,
        d_line,
        reason="Jury's condition; the determinant (1 - p)b stays below 1. At p = 3/2, b = 9/10 it fails, inside the "
        "step-size box",
    )
    return [
        conclude(
            at,
            "blind-attack.gain-bound",
            "Gains of 2 and more fail",
            gain,
            says=Iff(Contracts(ImmutableMatrix(edge)), gain),
        ),
        conclude(
            at2,
            "blind-attack.step-bound",
            "Steps above one over the largest eigenvalue can fail",
            stable,
            says=Iff(Contracts(ImmutableMatrix(one)), stable),
            assumptions=(
                arranged(p < 2, "p below 2", _in_the_box),
                relation(Abs(b) <= 1, "b at most 1 in modulus"),
            ),
        ),
    ]
