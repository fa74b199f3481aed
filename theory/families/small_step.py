"""Small steps: the residuals as power series in the step size, to every order, with the remainder.

With ``H = S_W + rho S_U`` and ``K = rho S_W S_U`` the fixed-point equation, divided by the step, is linear in the
step: ``(H - eta K) e = (rho S_U - eta K) Delta``. Comparing powers gives all orders, and what any partial sum
leaves out.

Source: section 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sympy import Inverse, MatPow, MatrixExpr, MatrixSymbol

from theory.derivation.assumptions import invertible, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.errors import SingularError
from theory.families.dynamics import e_inf, f_inf, setting
from theory.families.equilibrium import solved
from theory.language.nodes import Norm, SingularValue
from theory.language.printing import tex
from theory.language.symbols import S_U, S_W, A, B, Delta, H, M, P, Q, d, eta_W, named, order, rho, vector
from theory.values.dense import Dense
from theory.values.drawing import Drawer
from theory.values.instance import Instance

__all__ = ["REGULAR", "series"]

COUNTS = {"order": (1, 2, 3)}


def _within_radius(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Shrink W's step until ``eta_W |H^-1 K| < 1``: as the steps vanish there is one equilibrium for each of them."""
    if drawer.random is None or not {"S_W", "S_U", "eta_W", "rho"} <= set(values):
        return
    weighted, step = values["S_U"].scale(values["rho"]), values["eta_W"]
    try:
        ratio = (values["S_W"] + weighted).inverse() @ values["S_W"] @ weighted
    except SingularError:
        return
    one = Dense.number(1, drawer.domain)
    values["eta_W"] = step @ (step + one).inverse() @ (one + (ratio @ ratio.transpose()).trace()).inverse()


REGULAR = replace(invertible(H), arrange=_within_radius)


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
    divided = at.restate(
        results[f"{who}-cleared"],
        (H - eta_W * letter) * residual,
        (pull - sign * eta_W * letter) * Delta,
        *unfold,
        factor=eta_W,
        reason="divide by the step: linear in the step that is left",
    )
    e0, e1 = _term(who, 0), _term(who, 1)
    lines: dict[str, Any] = {"divided": divided}
    lines["0"] = at.define(e0, Inverse(H) * pull * Delta, "power 0 of the step: H times the term is the pull")
    cleared0 = at.multiply(H, lines["0"], reason="multiply by H")
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
    lines["tail1"] = at.restate(
        first_tail,
        (H - eta_W * letter) * (residual - e0 - eta_W * e1),
        eta_W**2 * letter * e1,
        at.multiply(H, define1, reason="multiply by H"),
        reason="take term 1 away: two powers of the step are left",
    )
    define2 = at.define(_term(who, 2), Inverse(H) * letter * e1, "power 2: H times the term is K applied to term 1")
    lines["2"] = at.substitute_right(define2, lines["1"], reason="insert term 1")
    _induction(at, who, letter, residual, lines)
    return Series(at, letter, residual, lines)


def _induction(at: Derivation, who: str, letter: MatrixExpr, residual: MatrixExpr, lines: dict[str, Any]) -> None:
    """Terms of every order k >= 1, and what the sum up to order k leaves out, by induction on k."""
    e0, e1, ek, then = _term(who, 0), _term(who, 1), _term(who, "k"), _term(who, "k+1")
    partial, partial_then = vector(f"s{who}_k", "s_k"), vector(f"s{who}_k+1", "s_{k+1}")
    step = Inverse(H) * letter

    def total(last: Any) -> Any:
        def value(here: Instance) -> Dense:
            terms = [here(e0)] + [here(eta_W**i * MatPow(step, i - 1) * e1) for i in range(1, here.integer(last) + 1)]
            result = terms[0]
            for term in terms[1:]:
                result = result + term
            return result

        return value

    defined = at.define(ek, MatPow(step, order - 1) * e1, "term k: K applied, H taken off, k - 1 times more")
    lines["k"] = at.substitute_right(defined, lines["1"], reason="insert term 1")
    lines["k+1"] = at.define(then, MatPow(step, order) * e1, "term k + 1")
    chain = at.infer(equation(H * then, letter * ek), defined, lines["k+1"], reason="one factor more, H taken off")
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
    at.restate(
        taken,
        rest * (residual - partial_then),
        eta_W ** (order + 2) * letter * then,
        chain,
        reason="induction, step: one power of the step more is left",
    )
    whole = named(MatrixSymbol(f"R_{who}", d, d), "R")
    name = at.define(whole, rest, "what multiplies the residual")
    named_tail = at.restate(tail, whole * (residual - partial), tail.rhs, name, reason="call it R")
    lines["remainder"] = at.multiply(Inverse(whole), named_tail, reason="R is invertible, because M is")
    size = Norm(then) * eta_W ** (order + 1) / (1 - eta_W * SingularValue(step, 1))
    lines["bound"] = at.infer(
        Norm(residual - partial) <= size,
        lines["remainder"],
        lines["k+1"],
        reason="the remainder is (I - eta H^-1 K)^-1 times the next term with its power; Neumann series",
    )


@derives(*(f"small-step.{who}{part}" for who in "ef" for part in ("0", "1", "2", "k", "-remainder", "-bound")))
def small_step() -> list[Formula]:
    """Terms of all orders of both residuals, remainders and their bounds."""
    titles = {
        "0": ("at vanishing steps", "As the steps vanish in fixed ratio, {a}'s residual tends to {r}."),
        "1": ("first order in the step", "The coefficient of the step size in {a}'s residual."),
        "2": ("second order in the step", "The coefficient of the squared step size in {a}'s residual."),
        "k": (
            "order k in the step",
            "The coefficient of the k-th power of the step size in {a}'s residual, for every $k \\ge 1$.",
        ),
        "-remainder": ("what order k leaves out", "{a}'s residual less its terms up to order $k$, exactly."),
        "-bound": ("bound of the remainder", "The terms up to order $k$ miss {a}'s residual by at most this."),
    }
    out = []
    for who, agent, limit in (("e", "W", r"$H^{-1}\rho S_U\Delta$"), ("f", "U", r"$-H^{-1}S_W\Delta$")):
        found = series(who)
        for part, (title, text) in titles.items():
            line = found.lines[part.removeprefix("-")]
            assumptions = (invertible(H), invertible(M)) if part == "-remainder" else (REGULAR,)
            if part == "-bound":
                small = eta_W * SingularValue(Inverse(H) * found.letter, 1) < 1
                name = f"H invertible and eta_W H^-1 {'K' if who == 'e' else 'K^T'} below 1"
                assumptions = (relation(small, name, rf"$H$ is invertible and ${tex(small)}$"),)
            bound = part == "-bound"
            out.append(
                conclude(
                    found.chain,
                    f"small-step.{who}{part}",
                    f"{agent}'s residual: {title}",
                    text.format(a=agent, r=limit),
                    line,
                    rests_on=() if part.startswith("-") else (found.lines["tail"],),
                    assumptions=assumptions,
                    source="arXiv:2511.08710" if part == "0" else "this project",
                    value=line.rhs if bound else None,
                    sign=r"\le" if bound else "=",
                    lhs=line.lhs if bound else None,
                    counts=COUNTS,
                )
            )
    return out


@derives("gap-is-shared.small-step")
def gap_is_shared_small() -> list[Formula]:
    """At vanishing steps the residuals split the gap."""
    e, f = series("e"), series("f")
    at = e.chain.branch()
    for step in f.chain.steps:
        if step not in at.steps and step.equation in (f.lines["0"],):
            at.steps.append(step)
    h = next(s.equation for s in at.steps if s.equation.lhs == H)
    both = at.combine(e.lines["0"], f.lines["0"], -1, reason="subtract the two limits")
    cleared = at.multiply(H, both, reason="multiply by H")
    whole = at.restate(cleared, H * (both.lhs), H * Delta, h, reason="the two pulls add up to H")
    result = at.multiply(Inverse(H), whole, reason="H is invertible")
    return [
        conclude(
            at,
            "gap-is-shared.small-step",
            "Small steps split the gap",
            r"As the steps vanish, the residuals split the gap: $e_\infty - f_\infty \to \Delta$.",
            result,
            rests_on=(e.lines["tail"],),
            assumptions=(REGULAR,),
            source="this project",
            counts=COUNTS,
        )
    ]
