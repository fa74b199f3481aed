"""Turns to a given accuracy: W alone, with a fixed helper, with a Newton helper, as formulas in the condition number.

Source: section 8.
"""

from __future__ import annotations

from sympy import Abs, Mul, Ne, Symbol, log

from theory.assumptions import Assumption, arranged, relation
from theory.dense import Dense
from theory.derivation import Derivation, equation
from theory.drawing import Drawer
from theory.formula import Formula, conclude, derives
from theory.symbols import (
    alpha,
    cond,
    eps,
    named,
    p,
    q,
)

THIS = "this project"


def _damped(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put condition number, accuracy and damping into their ranges."""
    one = Dense.full((1, 1), 1, drawer.domain)
    if drawer.random is not None:
        values["cond"] = values["cond"] + one
        values["eps"] = values["eps"] @ (values["eps"] + one).inverse()
        values["alpha"] = one.over(drawer.domain.convert(drawer.random.randint(2, 4)))


@derives(*(f"helper-comparison.{who}" for who in ("alone", "aligned", "plateau", "newton")))
def helper_comparison() -> list[Formula]:
    """Turns to reach a given accuracy in the worst direction, for each kind of company."""
    at = Derivation()
    slow = named(Symbol("slow", positive=True), "s")
    factor = at.define(
        slow, 1 - 1 / cond, "the slowest factor of W alone: step 1/lambda_max, smallest eigenvalue lambda_min"
    )
    sense = (relation(cond > 1), relation(eps < 1))
    out = []
    for who, rate, title, text, why in (
        (
            "alone",
            slow,
            "Turns of W alone",
            r"W alone, with step $1/\lambda_{\max}$.",
            "W alone multiplies by s every turn",
        ),
        (
            "aligned",
            slow**2,
            "Turns with an aligned fixed helper",
            "A fixed helper with the same target, geometry and step halves the turns, no more.",
            "error-recursion with no gap and A = B: the factor is s^2",
        ),
        (
            "newton",
            Abs(1 - alpha) * slow,
            "Turns with a Newton helper",
            r"A Newton helper of damping $\alpha \ne 1$: the turns stay bounded as the condition number grows; with "
            r"$\alpha = 1$ it is one turn.",
            "plateau-removed: the factor is |1 - alpha| s",
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
            needs += (arranged(r"$0 < |1 - \alpha| < 1$", Abs(1 - alpha) < 1, _damped), relation(Ne(alpha, 1)))
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
    general = (1 - p) * q / (p + q - p * q)
    scalar = at.infer(
        equation(share, general.subs({p: 1 / cond, q: 1 / cond}, simultaneous=True)),
        left,
        factor,
        reason="biased-equilibrium in one direction, (1 - p)q/(p + q - pq) of the gap, with p = q = 1/kappa",
    )
    plateau = conclude(
        at,
        "helper-comparison.plateau",
        "Where a misaligned fixed helper leaves W",
        "A fixed helper with the same geometry and another target: in the slowest direction W keeps this share of the "
        "gap, which tends to one half.",
        left,
        rests_on=(scalar,),
        assumptions=(relation(cond > 1),),
        source=THIS,
    )
    return [*out, plateau]
