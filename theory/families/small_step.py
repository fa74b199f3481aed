"""Small steps: the residuals as power series in the step size, to every order, with the remainder.

With ``H = S_W + rho S_U`` and ``K = rho S_W S_U`` the fixed-point equation, divided by the step, is linear in the
step: ``(H - eta K) e = (rho S_U - eta K) Delta``. Comparing powers gives all orders, and what any partial sum
leaves out.

Source: section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sympy import QQ, Inverse, MatPow, MatrixExpr, MatrixSymbol

from theory.derivation.assumptions import Assumption, arranged, invertible
from theory.derivation.described import Iterate
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.errors import SingularError
from theory.families.dynamics import e_inf, f_inf, setting
from theory.families.equilibrium import solved
from theory.language.nodes import Norm, SingularValue
from theory.language.predicates import All, Invertible
from theory.language.symbols import S_U, S_W, A, B, Delta, H, I, M, P, Q, d, eta_W, named, order, rho, vector
from theory.values.dense import Dense
from theory.values.drawing import Drawer

__all__ = ["PARTS", "REGULAR", "series"]

COUNTS = {"order": (1, 2, 3)}


#: Geometries in which ``H^-1 K`` and ``H^-1 K'`` stretch quite differently, a gap, and a step near the radius.
UNEVEN = ([[17, 5], [5, 13]], [[20, 0], [0, 80]], [[1], [-2]], QQ(1, 16))


def _near_the_radius(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Bring W's step to where ``eta_W |H^-1 K|`` is below 1, or just 1; some steps stay as they are."""
    if drawer.random is None or not {"S_W", "S_U", "eta_W", "rho"} <= set(values):
        return
    weighted, step = values["S_U"].scale(values["rho"]), values["eta_W"]
    try:
        ratio = (values["S_W"] + weighted).inverse() @ values["S_W"] @ weighted
    except SingularError:
        return
    one = Dense.number(1, drawer.domain)
    where = drawer.random.choice((0, 1, 1, 2))
    if where == 0:
        values["eta_W"] = step @ (step + one).inverse() @ (one + (ratio @ ratio.transpose()).trace()).inverse()
    elif where == 1 and ratio.shape == (1, 1) and not ratio.is_zero:
        values["eta_W"] = Dense.number(abs(ratio.inverse()[0, 0]), drawer.domain)
    elif where == 1 and ratio.shape == (2, 2):
        *grams, gap = (Dense.from_rows([[QQ(x) for x in row] for row in rows], drawer.domain) for rows in UNEVEN[:3])
        values["S_W"], values["S_U"] = grams if drawer.random.random() < 1 / 2 else reversed(grams)
        values["rho"], values["eta_W"] = one, Dense.number(UNEVEN[3], drawer.domain)
        if "u_star" in values:
            values["u_star"] = values["w_star"] + gap


REGULAR = invertible(H)


def _small(letter: MatrixExpr) -> Assumption:
    """The step is small: ``eta_W |H^-1 K| < 1`` (K' in its place for U)."""
    name = f"eta_W H^-1 {'K' if letter.name == 'K' else 'K^T'} below 1"
    return arranged(eta_W * SingularValue(Inverse(H) * letter, 1) < 1, name, _near_the_radius)


@dataclass(frozen=True)
class Series:
    """The chain and the named lines of one agent's expansion."""

    chain: Derivation
    letter: MatrixExpr
    residual: MatrixExpr
    lines: dict[str, Any]


def _term(who: str, i: int | str) -> MatrixSymbol:
    return vector(f"{who}_order_{i}", rf"{who}^{{({i})}}")


@cache
def series(who: str) -> Series:
    """Divide the cleared fixed-point equation by the step and compare powers; `who` is ``e`` or ``f``."""
    start, results = solved(ratio=True)
    at = start.branch()
    n = setting(ratio=True).define
    ratio = at.steps[0].equation
    is_e = who == "e"
    h = at.define(H, S_W + rho * S_U, "both Grams, weighted by their steps")
    letter = named(MatrixSymbol("K" if is_e else "K_T", d, d), "K" if is_e else r"K^{\mathsf T}")
    k = at.define(letter, rho * S_W * S_U if is_e else rho * S_U * S_W, "the product of both Grams")
    residual = e_inf if is_e else f_inf
    pull = rho * S_U if is_e else -S_W
    sign = 1 if is_e else -1
    unfold = (results["M"] if is_e else results["N"], n[A], n[B], n[P], n[Q], ratio, h, k)
    per_step = at.multiply(I / eta_W, results[f"{who}-cleared"], reason="the step is not zero")
    divided = at.restate(
        per_step,
        (H - eta_W * letter) * residual,
        (pull - sign * eta_W * letter) * Delta,
        *unfold,
        reason="divide by the step: linear in the step that is left",
    )
    e0, e1 = _term(who, 0), _term(who, 1)
    lines: dict[str, Any] = {"divided": divided}
    lines["0"] = at.define(e0, Inverse(H) * pull * Delta, "power 0 of the step: H times the term is the pull")
    lines["pull"] = cleared0 = at.multiply(H, lines["0"], reason="multiply by H")
    other = at.restate(
        cleared0, H * (e0 - sign * Delta), -S_W * Delta if is_e else rho * S_U * Delta, h, reason="subtract the gap"
    )
    other = at.multiply(Inverse(H), other, reason="H is invertible")
    define1 = at.define(
        e1, Inverse(H) * letter * (e0 - sign * Delta), "power 1: H times the term is K applied to term 0 less the gap"
    )
    lines["1"] = at.restate(
        define1,
        e1,
        Inverse(H) * letter * other.rhs,
        at.restate(other, e0, other.rhs + sign * Delta, reason="term 0, seen from the other side"),
        reason="insert term 0",
    )
    first_tail = at.restate(
        at.combine(divided, cleared0, -1, reason="take term 0 away"),
        (H - eta_W * letter) * (residual - e0),
        eta_W * letter * (e0 - sign * Delta),
        reason="one power of the step is left",
    )
    chained1 = at.multiply(H, define1, reason="multiply by H")
    one_term = at.restate(
        first_tail,
        (H - eta_W * letter) * (residual - e0),
        eta_W * H * e1,
        chained1,
        reason="H times term 1 is what K makes of term 0 less the gap",
    )
    lines["rest0"] = at.restate(
        at.multiply(Inverse(H), one_term, reason="H is invertible"),
        residual - e0 - eta_W * Inverse(H) * letter * (residual - e0),
        eta_W * e1,
        reason="collect what is left",
    )
    lines["tail1"] = at.restate(
        first_tail,
        (H - eta_W * letter) * (residual - e0 - eta_W * e1),
        eta_W**2 * letter * e1,
        chained1,
        reason="take term 1 away: two powers of the step are left",
    )
    define2 = at.define(_term(who, 2), Inverse(H) * letter * e1, "power 2: H times the term is K applied to term 1")
    lines["2"] = at.substitute_right(define2, lines["1"], reason="insert term 1")
    _induction(at, who, letter, residual, lines)
    taken = results["M"] if is_e else results["N"]
    lines["turn"] = at.identity(
        taken.lhs / eta_W, lines["R"].lhs, taken, n[P], n[Q], ratio, lines["R"], h, k, reason="the step times R"
    )
    lines["regular"] = at.infer(
        Invertible(lines["R"].lhs), lines["turn"], n[A], n[B], reason="M is invertible, and then so is N"
    )
    return Series(at, letter, residual, lines)


def _induction(at: Derivation, who: str, letter: MatrixExpr, residual: MatrixExpr, lines: dict[str, Any]) -> None:
    """Terms of every order k >= 1, and what the sum up to order k leaves out, by induction on k."""
    e0, e1, ek, then = _term(who, 0), _term(who, 1), _term(who, "k"), _term(who, "k+1")
    partial, partial_then = (vector(f"s{who}_{n}", rf"s_{{{n}}}^{{({who})}}") for n in ("k", "k+1"))
    step = Inverse(H) * letter

    def total(last: Any) -> Iterate:
        more = partial + eta_W ** (order + 1) * MatPow(step, order) * e1
        return Iterate(partial, e0, more, last, partial, turn=order)

    defined = at.define(ek, MatPow(step, order - 1) * e1, "term k: K applied, H taken off, k - 1 times more")
    lines["k"] = at.substitute_right(defined, lines["1"], reason="insert term 1")
    lines["k+1"] = at.define(then, MatPow(step, order) * e1, "term k + 1")
    lines["chain"] = chain = at.infer(
        equation(H * then, letter * ek), defined, lines["k+1"], reason="one factor more, H taken off"
    )
    at.define_value(
        partial, equation(partial, partial), "the sum of terms 0 to k with their powers of the step", total(order)
    )
    more = at.define_value(
        partial_then,
        equation(partial_then, partial + eta_W ** (order + 1) * then),
        "the sum up to k + 1",
        total(order + 1),
    )
    rest = H - eta_W * letter
    lines["tail"] = tail = at.infer(
        equation(rest * (residual - partial), eta_W ** (order + 1) * letter * ek),
        lines["tail1"],
        reason="induction hypothesis; at k = 1 it is the line before",
    )
    taken = at.combine(tail, at.multiply(rest, more, reason="apply H - eta K"), -1, reason="take term k + 1 away")
    lines["step"] = at.restate(
        taken,
        rest * (residual - partial_then),
        eta_W ** (order + 2) * letter * then,
        chain,
        reason="induction, step: one power of the step more is left",
    )
    whole = named(MatrixSymbol(f"R_{who}", d, d), "R" if who == "e" else r"R^{\mathsf T}")
    lines["R"] = name = at.define(whole, rest, "what multiplies the residual")
    named_tail = at.restate(tail, whole * (residual - partial), tail.rhs, name, reason="call it R")
    lines["remainder"] = at.multiply(Inverse(whole), named_tail, reason="R is invertible, because M is")
    stretch = 1 - eta_W * SingularValue(step, 1)
    lines["limit"] = at.infer(
        Norm(residual - e0) <= Norm(e1) * eta_W / stretch,
        lines["rest0"],
        reason="the difference less eta H^-1 K times it is term 1 with its power; Neumann series",
    )
    lines["bound"] = at.infer(
        Norm(residual - partial) <= Norm(then) * eta_W ** (order + 1) / stretch,
        tail,
        chain,
        reason="likewise, with the next term and its power",
    )


#: In the order in which they are stated: the terms, what they leave out, and how much that is at most.
PARTS = {
    "0": "at vanishing steps",
    "1": "first order in the step",
    "2": "second order in the step",
    "k": "order k in the step",
    "-regular": "what multiplies the remainder",
    "-remainder": "what order k leaves out",
    "-limit": "distance from its limit",
    "-bound": "bound of the remainder",
}


@derives(*(f"small-step.{who}{part}" for who in "ef" for part in PARTS), "small-step.M")
def small_step() -> list[Formula]:
    """Terms of all orders of both residuals, remainders and their bounds."""
    out = []
    for who, agent in (("e", "W"), ("f", "U")):
        found = series(who)
        small = _small(found.letter)
        for part, title in PARTS.items():
            line = found.lines[part.removeprefix("-")]
            assumptions = {
                "-regular": (invertible(M),),
                "-remainder": (invertible(H), invertible(M)),
                "-limit": (REGULAR, small),
                "-bound": (REGULAR, small),
            }.get(part, (REGULAR,))
            bound = part in ("-limit", "-bound")
            recursion = {"0": "pull", "k": "chain"}.get(part)
            further = recursion or {"-remainder": "step", "-bound": "step"}.get(part)
            out.append(
                conclude(
                    found.chain,
                    f"small-step.{who}{part}",
                    f"{agent}'s residual: {title}",
                    line,
                    says=found.lines["pull"] if part == "0" else All(line, found.lines["chain"]) if recursion else None,
                    rests_on=(found.lines[further],) if further else (),
                    assumptions=assumptions,
                    value=line.rhs if bound else None,
                    sign=r"\le" if bound else "=",
                    lhs=line.lhs if bound else None,
                    counts=COUNTS,
                )
            )
    found = series("e")
    at = found.chain.branch()
    exists = at.infer(Invertible(M), found.lines["turn"], reason="M = eta H (1 - eta H^-1 K)")
    out.append(
        conclude(
            at,
            "small-step.M",
            "Small steps have one state of rest",
            exists,
            assumptions=(REGULAR, _small(found.letter)),
            counts=COUNTS,
        )
    )
    return out


@derives("gap-is-shared.small-step", "gap-is-shared.rate")
def gap_is_shared_small() -> list[Formula]:
    """At vanishing steps the residuals split the gap; at small ones they miss it by as little as the step is."""
    e, f = series("e"), series("f")
    at = e.chain.branch()
    at.steps += [step for step in f.chain.steps if step.equation == f.lines["0"]]
    h = next(s.equation for s in at.steps if s.equation.lhs == H)
    both = at.combine(e.lines["0"], f.lines["0"], -1, reason="subtract the two limits")
    cleared = at.multiply(H, both, reason="multiply by H")
    whole = at.restate(cleared, H * (both.lhs), H * Delta, h, reason="the two pulls add up to H")
    split = at.multiply(Inverse(H), whole, reason="H is invertible")
    n, (ratio, coupling) = setting(ratio=True).define, (at.steps[0].equation, solved(ratio=True)[1]["f-coupling"])
    missing = at.restate(
        coupling,
        e_inf - f_inf - Delta,
        eta_W * rho * S_U * (e_inf - Delta),
        n[B],
        n[Q],
        ratio,
        reason="what U's move takes of the distance to its target",
    )
    away = at.restate(
        e.lines["divided"], (H - eta_W * e.letter) * (e_inf - Delta), -S_W * Delta, h, reason="subtract the gap"
    )
    away = at.restate(
        at.multiply(Inverse(H), away, reason="H is invertible"),
        e_inf - Delta - eta_W * Inverse(H) * e.letter * (e_inf - Delta),
        -Inverse(H) * S_W * Delta,
        reason="collect the distance",
    )
    factor = eta_W * rho * SingularValue(S_U, 1) / (1 - eta_W * SingularValue(Inverse(H) * e.letter, 1))
    bound = at.infer(
        Norm(e_inf - f_inf - Delta) <= factor * Norm(Inverse(H) * S_W * Delta),
        missing,
        away,
        reason="the distance less eta H^-1 K times it is what is left at vanishing steps; Neumann series",
    )
    return [
        conclude(
            at.branch(),
            "gap-is-shared.small-step",
            "Small steps split the gap",
            split,
            assumptions=(REGULAR,),
        ),
        conclude(
            at,
            "gap-is-shared.rate",
            "How little small steps miss of the gap",
            bound,
            value=bound.rhs,
            sign=r"\le",
            lhs=bound.lhs,
            assumptions=(REGULAR, _small(e.letter)),
        ),
    ]
