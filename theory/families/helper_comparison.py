"""Turns to a given accuracy: W alone, with a fixed helper, with a Newton helper, as formulas in the condition number.

Source: section 8.
"""

from __future__ import annotations

from sympy import Abs, Mul, Ne, Symbol, factor as factored, log

from theory.derivation.assumptions import Assumption, arranged, relation
from theory.derivation.formula import THIS, Formula, conclude, derives, formulas
from theory.derivation.lines import Derivation, equation
from theory.families.dynamics import e_t
from theory.families.newton_helper import Pi_W
from theory.language import words
from theory.language.symbols import A, B, Delta, M, Q, alpha, named, primitive
from theory.values.dense import Dense
from theory.values.drawing import Drawer

cond = primitive("cond", "step", r"\kappa", "condition number of the main agent's Gram matrix, above 1")
eps = primitive("eps", "step", r"\varepsilon", "wanted error over the error at the start, below 1")


def _damped(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put condition number, accuracy and damping into their ranges."""
    one = Dense.number(1, drawer.domain)
    if drawer.random is not None:
        for name in {"cond", "eps"} & set(values):
            values[name] = values["cond"] + one if name == "cond" else values[name] @ (values[name] + one).inverse()
        values["alpha"] = one.over(drawer.domain.convert(drawer.random.randint(2, 4)))


@derives(*(f"helper-comparison.{who}" for who in ("alone", "aligned", "plateau", "newton")))
def helper_comparison() -> list[Formula]:
    """Turns to reach a given accuracy in the worst direction, for each kind of company."""
    at = Derivation()
    slow = named(Symbol("slow", positive=True), "s")
    factor = at.define(
        slow, 1 - 1 / cond, "the slowest factor of W alone: step 1/lambda_max, smallest eigenvalue lambda_min"
    )
    turn = {A: slow, Delta: 0, e_t: 1}
    recursion, newton = formulas["error-recursion.e"].compact, formulas["newton-helper.e"].compact
    above = arranged(cond > 1, "condition above 1", r"$\kappa > 1$", _damped)
    sense = (above, relation(eps <= 1, "eps at most 1"))
    out = []
    for who, rate, title, text, why in (
        (
            "alone",
            words.along(recursion, turn | {B: 1, Q: 0}),
            "Turns of W alone",
            r"W alone, with step $1/\lambda_{\max}$.",
            "error-recursion with an idle helper: W alone multiplies by s every turn",
        ),
        (
            "aligned",
            words.along(recursion, turn | {B: slow, Q: 1 - slow}),
            "Turns with an aligned fixed helper",
            "A fixed helper with the same target, geometry and step halves the turns, no more.",
            "error-recursion with no gap and A = B: the factor is s^2",
        ),
        (
            "newton",
            Abs(factored(words.along(newton, turn | {Pi_W: 1}))),
            "Turns with a Newton helper",
            r"A Newton helper of damping $\alpha \ne 1$: the turns stay bounded as the condition number grows; with "
            r"$\alpha = 1$ it is one turn.",
            "newton-helper: the factor is |1 - alpha| s",
        ),
    ):
        turns = named(Symbol(f"turns_{who}", real=True), rf"T_{{\mathrm{{{who}}}}}")
        count = log(eps) / log(rate)
        reached = at.infer(
            equation(Mul(count, log(rate), evaluate=False), log(eps)),
            factor,
            reason=f"{why}; after this many turns its power is the wanted accuracy",
        )
        needs: tuple[Assumption, ...] = sense
        if who == "newton":
            needs += (
                arranged(Abs(1 - alpha) < 1, "1 - alpha below 1 in modulus", r"$|1 - \alpha| < 1$", _damped),
                relation(Ne(alpha, 1), "alpha not 1"),
            )
        out.append(
            conclude(
                at,
                f"helper-comparison.{who}",
                title,
                text,
                reached,
                value=count,
                lhs=turns,
                sign=":=",
                assumptions=needs,
                source=THIS,
            )
        )
    share = named(Symbol("share", real=True), "g")
    left = at.define(share, slow / (1 + slow), "the same in the slowest direction, for p = q = 1/kappa")
    small = 1 / cond
    direction = {A: 1 - small, Q: small, M: 1 - (1 - small) ** 2, Delta: 1}
    scalar = at.infer(
        equation(share, words.along(formulas["biased-equilibrium.e"].compact, direction)),
        left,
        factor,
        reason="biased-equilibrium along one direction: M^-1 A Q of the gap, with p = q = 1/kappa",
    )
    plateau = conclude(
        at,
        "helper-comparison.plateau",
        "Where a misaligned fixed helper leaves W",
        "A fixed helper with the same geometry and another target: in the slowest direction W keeps this share of the "
        "gap, which tends to one half.",
        left,
        rests_on=(scalar,),
        assumptions=(arranged(cond >= 1, "condition at least 1", r"$\kappa \ge 1$", _damped),),
        source=THIS,
    )
    return [*out, plateau]
