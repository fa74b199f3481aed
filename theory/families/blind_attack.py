"""The blind attack: integral action on the attacker's own error wins, knowing nothing of the victim.

Source: section 7.
"""

from __future__ import annotations

from typing import Any

from sympy import Abs, Inverse, Matrix, Symbol, cancel, factor

from theory.derivation.assumptions import arranged, relation
from theory.derivation.formula import THIS, Formula, conclude, derives, formulas
from theory.derivation.lines import Derivation, equation
from theory.errors import DerivationError
from theory.families.dynamics import e_next, e_t, move, setting, u_turn, unfolding, w_next
from theory.families.label_attack import declared
from theory.language import words
from theory.language.nodes import PseudoInverse
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    B,
    Delta,
    I,
    P,
    Q,
    b,
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


#: Some shift cancels the victim's push.
REACH = arranged(equation(P * PseudoInverse(P), I), "P invertible", "$P$ is invertible", full_rank("S_W"))


@derives("blind-attack.e", "blind-attack.z")
def joint_map() -> list[Formula]:
    """One turn of the attack, in the attacker's error and the distance of its declared target from the limit."""
    at, names = setting().begin()
    goal = at.define(declared, w_star + s, "what W declares this turn")
    u_move = at.define(u_turn, move(w_t, S_U, eta_U, u_star), "the victim moves: lsa-step with label-noise")
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, declared), "W moves towards what it declared")
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
    rest = at.define(
        limit_shift, -Inverse(P) * A * Q * Delta, "the shift at which the error can stay zero: label-attack"
    )
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
    drift = at.substitute_right(drift, joint, reason="insert the error")
    needs = (REACH,)
    return [
        conclude(
            at,
            "blind-attack.e",
            "The attacker's error under integral action",
            r"With $v = Be_t$ and $z_t$ the distance of the declared target from its limit, one turn gives $e_{t+1} "
            r"= Av + Pz_t$, whatever the victim is.",
            joint,
            assumptions=needs,
        ),
        conclude(
            at,
            "blind-attack.z",
            "The declared target under integral action",
            r"The distance of the declared target from its limit becomes $z_t - \gamma e_{t+1}$.",
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
    """Put p into (0, 1] and the gain into (0, 2)."""
    if drawer.random is not None:
        chosen = drawer.random.randint(1, 6)
        values["p"] = Dense.number(1, drawer.domain).over(drawer.domain.convert(chosen))
        values["gamma"] = Dense.number(drawer.domain.convert(drawer.random.randint(1, 7)) / 4, drawer.domain)


@derives("blind-attack.weight", "blind-attack.corner", "blind-attack.determinant")
def lyapunov() -> list[Formula]:
    """A Lyapunov function for every gain in (0, 2) and every victim, one eigenvalue of P at a time."""
    at = Derivation()
    weight = named(Symbol("weight", real=True), "R")
    corner = named(Symbol("corner", real=True), "D_{11}")
    determinant = named(Symbol("determinant", real=True), r"\det D")
    chosen = at.define(
        weight,
        p / (gamma * (1 + (1 - gamma) * p)),
        "V = |e|^2 + z^T R z, with R a function of P: one number for each eigenvalue p",
    )
    step = _turn(1)
    value = p / (gamma * (1 + (1 - gamma) * p))
    form = Matrix([[1, 0], [0, value]])
    loss = (form - step.T * form * step).applyfunc(cancel)
    first, whole = factor(loss[0, 0]), factor(loss.det())
    claimed = p**3 * (2 - gamma) * (1 - p) / (1 + p - gamma * p) ** 2
    if cancel(whole - claimed) != 0:
        raise DerivationError(f"the determinant of what V loses is {whole}")
    top = at.define(
        corner, 1 - (step[:, 0].T * form * step[:, 0])[0], "what a turn takes from |v|^2, and |e| >= |v|: |B| <= 1"
    )
    corner_line = at.infer(equation(corner, first), top, chosen, reason="multiply out and factor")
    area = at.define(
        determinant, loss[0, 0] * loss[1, 1] - loss[0, 1] ** 2, "the determinant of the quadratic form that V loses"
    )
    result = at.infer(equation(determinant, claimed), area, chosen, reason="multiply out and factor")
    inside = at.infer(claimed >= 0, result, reason="0 < p <= 1 and 0 < gamma < 2 make every factor non-negative")
    corner_sign = at.infer(
        first >= 0, corner_line, reason="likewise: so the form is positive semidefinite and V never grows"
    )
    lower = at.infer(
        equation(loss[1, 1], p**2 * (1 - p) / (1 + p - gamma * p)),
        chosen,
        reason="what is taken from |z|^2 alone: zero only at p = 1, where the form is |v|^2",
    )
    box = (
        arranged(p <= 1, "p at most 1", r"$p \le 1$", _drawn_in),
        relation(p > 0, "p positive"),
        relation(gamma < 2, "gamma below 2"),
    )
    return [
        conclude(
            at,
            "blind-attack.weight",
            "Weight of the declared target",
            r"$V = \lVert e\rVert^2 + z^{\mathsf T}Rz$ with this weight, positive for $0 < p \le 1$ and $0 < \gamma "
            r"< 2$.",
            chosen,
            assumptions=box,
            source=THIS,
        ),
        conclude(
            at,
            "blind-attack.corner",
            "What a turn takes from the error",
            r"First diagonal entry of the quadratic form that $V$ loses in a turn; non-negative.",
            corner_line,
            rests_on=(corner_sign,),
            assumptions=box,
            source=THIS,
        ),
        conclude(
            at,
            "blind-attack.determinant",
            "Determinant of what the Lyapunov function loses",
            r"For $0 \prec P \preceq I$, any victim with $\lVert B\rVert \le 1$ and every gain $0 < \gamma < 2$, $V$ "
            r"never grows. It stands still for a turn only if $v = 0$ and $\lVert v\rVert = \lVert e\rVert$, so only "
            r"at $e = 0$; that turn ends at $e = Pz$, and standing still again needs $Pz = 0$. The joint map is the "
            r"same every turn, so the error and the distance of the declared target tend to zero.",
            result,
            rests_on=(inside, corner_sign, lower),
            assumptions=box,
            source=THIS,
        ),
    ]


def _in_the_box(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put p below 2, seldom below 0, and the victim's factor into [-1, 1]."""
    if drawer.random is not None:
        for name, low, high in (("p", -4, 15), ("b", -8, 8)):
            values[name] = Dense.number(drawer.domain.convert(drawer.random.randint(low, high)) / 8, drawer.domain)


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
            r"At $p = 1$ the joint map has the eigenvalue $1 - \gamma$: gains $\gamma \ge 2$ do not settle.",
            gain,
            source=THIS,
        ),
        conclude(
            at2,
            "blind-attack.step-bound",
            "Steps above one over the largest eigenvalue can fail",
            r"At gain 1 a direction with $0 < P = p < 2$ and victim's factor $b = 1 - q$, $|b| \le 1$, settles iff "
            r"this holds; $p = 3/2$, $b = 9/10$ violates it, although both lie inside the step-size box.",
            stable,
            assumptions=(
                arranged(p < 2, "p below 2", "$p < 2$", _in_the_box),
                relation(Abs(b) <= 1, "b at most 1 in modulus", r"$|b| \le 1$"),
            ),
            source=THIS,
        ),
    ]
