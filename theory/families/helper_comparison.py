"""Turns to a given accuracy: W alone, with a fixed helper, with a Newton helper, as formulas in the condition number.

Source: section 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sympy import Abs, GreaterThan, LessThan, Ne, Symbol, factor as factored, log

from theory.derivation.assumptions import arranged, relation
from theory.derivation.formula import Formula, conclude, derives, formulas
from theory.derivation.lines import Derivation
from theory.families.dynamics import e_t
from theory.families.newton_helper import Pi_W
from theory.language import words
from theory.language.predicates import Iff
from theory.language.symbols import HALF, A, B, Delta, M, Q, alpha, named, primitive, t
from theory.values.dense import Dense
from theory.values.drawing import Drawer

cond = primitive("cond", "step", r"\kappa", "condition number of the main agent's Gram matrix, above 1")
eps = primitive("eps", "step", r"\varepsilon", "wanted error over the error at the start, below 1")


def _damped(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put condition number, accuracy and damping into their ranges, on their edges and beside them."""
    if drawer.random is None:
        return

    def number(numerator: int, denominator: int = 1) -> Dense:
        return Dense.number(numerator, drawer.domain).over(drawer.domain.convert(denominator))

    one, choice = number(1), drawer.random.choice
    if "cond" in values:
        values["cond"] = choice([values["cond"] + one] * 9 + [one])
    if "eps" in values:
        values["eps"] = values["eps"] @ (values["eps"] + one).inverse() + choice([number(0), number(0), one])
    if "alpha" in values:
        factor = number(choice([-6, -4, -3, -1, 1, 2, 3, 4, 5]), 4)
        slow = one - values["cond"].inverse()
        exact = choice([False, False, True]) and not slow.is_zero
        values["alpha"] = one - (factor @ slow.inverse() if exact else factor)
    if {"cond", "eps", "t"} <= set(values) and choice([True, False]):  # reached exactly, by one of the three
        slow = one - values["cond"].inverse()
        rates = [slow, slow @ slow, *([(one - values["alpha"]) @ slow] if "alpha" in values else [])]
        rate, reached = choice(rates), one
        for _ in range(int(values["t"][0, 0])):
            reached = reached @ rate
        if not reached.is_zero:
            values["eps"] = number(abs(reached[0, 0]))


def _shrinking(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Where a Newton step shrinks and there is something to do; on the edges of that and beside it now and then."""
    _damped(drawer, values)
    if drawer.random is None:
        return
    kind = drawer.random.randint(0, 5)
    if kind == 5:
        return
    one = Dense.number(1, drawer.domain)
    quarters = [-4, 4] if kind == 1 else [-3, -2, -1, 1, 2, 3]
    quarter = Dense.number(drawer.random.choice(quarters), drawer.domain).over(drawer.domain.convert(4))
    for name in sorted({"cond", "eps", "alpha"} & set(values)):
        share = Dense.number(drawer.positive(name), drawer.domain)
        values[name] = {
            "cond": one if kind == 0 else share + one,
            "eps": one if kind == 3 else share @ (share + one).inverse() + one.scale(drawer.pick(int(kind == 4))),
            "alpha": one - quarter,
        }[name]


@dataclass(frozen=True)
class _Company:
    """A chain with the factor by which every turn multiplies the error of the slowest direction, and the turns."""

    at: Derivation
    factors: Mapping[str, Any]

    def turns(self, who: str) -> Any:
        """How many turns, not rounded, make the error eps times what it was."""
        return log(eps) / log(Abs(self.factors[who].lhs))


@cache
def _company() -> _Company:
    """The factors of a turn in each company, along the direction of the smallest eigenvalue."""
    at = Derivation()
    slow = named(Symbol("slow", positive=True), "s")
    at.define(slow, 1 - 1 / cond, "the slowest factor of W alone: step 1/lambda_max, smallest eigenvalue lambda_min")
    turn = {A: slow, Delta: 0, e_t: 1}
    recursion, newton = formulas["error-recursion.e"], formulas["newton-helper.e"]
    made = {
        "alone": (recursion, {B: 1, Q: 0}, "error-recursion with an idle helper: W alone multiplies by s every turn"),
        "aligned": (recursion, {B: slow, Q: 1 - slow}, "error-recursion with no gap and A = B: the factor is s^2"),
        "newton": (newton, {Pi_W: 1}, "newton-helper: the factor is (1 - alpha)s"),
    }
    factors = {
        who: at.define(
            named(Symbol(f"turn_{who}", real=True), rf"f_{{\mathrm{{{who}}}}}"),
            factored(words.along(formula.compact, turn | company)),
            why,
            cites=(formula.id,),
        )
        for who, (formula, company, why) in made.items()
    }
    return _Company(at, factors)


ABOVE = arranged(cond > 1, "condition above 1", _damped)
SHRINKS = relation(Abs((1 - alpha) * (1 - 1 / cond)) < 1, "(1 - alpha)(1 - 1/kappa) below 1 in modulus")
APART = relation(Ne(alpha, 1), "alpha not 1")
TITLES = {
    "alone": "Turns of W alone",
    "aligned": "Turns with an aligned fixed helper",
    "newton": "Turns with a Newton helper",
}


@derives(*(f"helper-comparison.{part}" for part in (*TITLES, "halved", "bounded")))
def helper_comparison() -> list[Formula]:
    """Turns to reach a given accuracy in the worst direction, for each kind of company."""
    company = _company()
    out = []
    for who, title in TITLES.items():
        at = company.at.branch()
        once = company.factors[who]
        turns = named(Symbol(f"turns_{who}", real=True), rf"T_{{\mathrm{{{who}}}}}")
        reached = at.infer(
            Iff(
                LessThan(Abs(once.lhs) ** t, eps, evaluate=False),
                GreaterThan(t, company.turns(who), evaluate=False),
            ),
            once,
            reason="take logarithms; that of a number below 1 is negative",
        )
        out.append(
            conclude(
                at,
                f"helper-comparison.{who}",
                title,
                reached,
                value=log(eps) / log(Abs(once.rhs)),
                lhs=turns,
                sign=":=",
                says=reached,
                assumptions=(ABOVE, SHRINKS, APART) if who == "newton" else (ABOVE,),
                counts={"t": (0, 1, 2, 3, 5, 9)},
            )
        )
    at = company.at.branch()
    halved = at.identity(
        company.turns("aligned"),
        company.turns("alone") / 2,
        company.factors["aligned"],
        company.factors["alone"],
        reason="the factor is the square",
    )
    bounded = at.infer(
        LessThan(company.turns("newton"), log(eps) / log(Abs(1 - alpha)), evaluate=False),
        company.factors["newton"],
        reason="s is below 1, so that its logarithm adds to that of 1 - alpha",
    )
    return [
        *out,
        conclude(
            at.branch(), "helper-comparison.halved", "An aligned helper halves the turns", halved, assumptions=(ABOVE,)
        ),
        conclude(
            at,
            "helper-comparison.bounded",
            "With a Newton helper no condition number makes them many",
            bounded,
            assumptions=(
                arranged(ABOVE.says, ABOVE.name, _shrinking),
                relation(eps <= 1, "eps at most 1"),
                relation(Abs(1 - alpha) < 1, "1 - alpha below 1 in modulus"),
                APART,
            ),
        ),
    ]


@derives("helper-comparison.plateau", "helper-comparison.half")
def misaligned_helper() -> list[Formula]:
    """Where a fixed helper with another target leaves W, in the slowest direction."""
    at = _company().at.branch()
    factor = next(step.equation for step in at.steps if step.equation.lhs.name == "slow")
    slow, share, small = factor.lhs, named(Symbol("share", real=True), "g"), 1 / cond
    direction = {A: 1 - small, Q: small, M: 1 - (1 - small) ** 2, Delta: 1}
    residual = formulas["biased-equilibrium.e"]
    found = at.define(
        share,
        factored(words.along(residual.compact, direction)),
        "biased-equilibrium along one direction: M^-1 A Q of the gap, with p = q = 1/kappa",
        cites=(residual.id,),
    )
    left = at.identity(share, slow / (1 + slow), found, factor, reason="1 - s^2 = (1 - s)(1 + s), and p = 1 - s")
    below = at.identity(HALF - share, HALF / (2 * cond - 1), found, reason="it tends to one half")
    needs = (arranged(cond >= 1, "condition at least 1", _damped),)
    return [
        conclude(
            at.branch(),
            "helper-comparison.plateau",
            "Where a misaligned fixed helper leaves W",
            left,
            assumptions=needs,
        ),
        conclude(at, "helper-comparison.half", "How near to one half", below, assumptions=needs),
    ]
