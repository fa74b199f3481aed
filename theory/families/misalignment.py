"""Misalignment: the residual is linear in the gap, and need not grow with the angle between the targets.

Angles enter through ``tau = tan(theta/2)``, which makes cosine and sine rational.

Source: section 4.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Derivative, Matrix as DenseMatrix, MatrixSymbol, Rational, Symbol, cancel, diff, factor, limit, oo

from theory.derivation.assumptions import Assumption, arranged, commute, invertible, psd, relation
from theory.derivation.formula import THIS, Formula, conclude, derives, formulas
from theory.derivation.lines import Derivation, equation
from theory.errors import DerivationError
from theory.families.dynamics import GRAMS, e_inf
from theory.families.equilibrium import solved
from theory.language.nodes import Inner, NonnegativeForPositive, Norm, PositiveSemidefinite, SingularValue
from theory.language.symbols import (
    A,
    Delta,
    I,
    M,
    P,
    Q,
    d,
    eta_U,
    eta_W,
    named,
    p,
    primitive,
    q,
    r,
    tau,
    u_star,
    v,
    w_hat,
    w_star,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

m = primitive("m", "scalar", "m", "any number")
G = named(MatrixSymbol("G", d, d), "G")

a, b, c = (named(Symbol(f"angle_{x}", real=True), x) for x in "abc")
E2 = named(Symbol("squared_error", real=True), r"\lVert e_\infty \rVert^2")
g = named(Symbol("g", real=True), "g")


@cache
def _response() -> tuple[Derivation, Any, Any]:
    """The residual as a matrix applied to the gap."""
    chain, results = solved()
    at = chain.branch()
    response = at.define(G, M.inverse() * A * Q, "the response of W's residual to the gap")
    linear = at.restate(results["e"], e_inf, G * Delta, response, reason="the residual is linear in the gap")
    return at, response, linear


@derives("linear-in-gap.e", "linear-in-gap.G", "linear-in-gap.lower", "linear-in-gap.upper")
def linear_in_gap() -> list[Formula]:
    """The residual scales with the gap, between the extreme singular values of the response."""
    at, response, linear = _response()
    at = at.branch()
    low, high = (SingularValue(G, i) * Norm(Delta) for i in (-1, 1))
    below = at.infer(Norm(e_inf) >= low, linear, reason="the least singular value bounds |Gx|/|x| from below")
    above = at.infer(Norm(e_inf) <= high, linear, reason="the largest singular value bounds |Gx|/|x| from above")
    needs = (invertible(M),)
    return [
        conclude(
            at,
            "linear-in-gap.e",
            "The residual is linear in the gap",
            r"$e_\infty = G\Delta$: along every ray $\Delta = s\delta$ with $G\delta \ne 0$ the residual grows in "
            r"proportion to $s$.",
            linear,
            assumptions=needs,
            source=THIS,
        ),
        conclude(
            at,
            "linear-in-gap.G",
            "Response to the gap",
            "The response of W's residual to the gap.",
            response,
            assumptions=needs,
            source=THIS,
        ),
        conclude(
            at,
            "linear-in-gap.lower",
            "Least residual for a gap",
            r"$\sigma_{\min}(G)\lVert\Delta\rVert \le \lVert e_\infty\rVert$.",
            below,
            assumptions=needs,
            source=THIS,
            value=low,
            lhs=Norm(e_inf),
            sign=r"\ge",
        ),
        conclude(
            at,
            "linear-in-gap.upper",
            "Largest residual for a gap",
            r"$\lVert e_\infty\rVert \le \sigma_{\max}(G)\lVert\Delta\rVert$.",
            above,
            assumptions=needs,
            source=THIS,
            value=high,
            lhs=Norm(e_inf),
            sign=r"\le",
        ),
    ]


@cache
def _rotation() -> tuple[Derivation, Any]:
    """Two targets of norm r at an angle; the squared residual in tau = tan(theta/2)."""
    start = Derivation()
    cosine, sine = (1 - tau**2) / (1 + tau**2), 2 * tau / (1 + tau**2)
    goal_w = start.define(w_star, r * w_hat, "W's target: norm r along w_hat")
    goal_u = start.define(u_star, r * cosine * w_hat + r * sine * v, "U's target: turned by theta, tau = tan(theta/2)")
    chain, _, linear = _response()
    at = start
    at.extend(chain)
    gap = next(s.equation for s in at.steps if s.equation.lhs == Delta)
    chord = 2 * r * tau / (1 + tau**2)
    turned = at.restate(gap, Delta, chord * (v - tau * w_hat), goal_w, goal_u, reason="the chord: cos - 1 = -tau sin")
    error = at.substitute_right(linear, turned, reason="insert the gap")
    norm_a = at.define(a, Inner(G * w_hat, G * w_hat), "response along the common direction")
    norm_b = at.define(b, Inner(G * w_hat, G * v), "how the two responses lean on each other")
    norm_c = at.define(c, Inner(G * v, G * v), "response along the direction of rotation")
    size = at.define(E2, Inner(e_inf, e_inf), "the squared residual")
    squared = at.infer(
        equation(E2, chord**2 * (c - 2 * b * tau + a * tau**2)),
        size,
        error,
        norm_a,
        norm_b,
        norm_c,
        reason="multiply out the square of the residual",
    )
    return at, squared


UNIT: tuple[Assumption, ...] = (invertible(M),)


@derives("monotone-in-angle.squared-error", "monotone-in-angle.criterion")
def monotone_in_angle() -> list[Formula]:
    """When the residual never falls as the targets turn apart."""
    at, squared = _rotation()
    at = at.branch()
    slope = factor(diff(squared.rhs, tau))
    front = 8 * r**2 * tau / (1 + tau**2) ** 3
    cubic = cancel(slope / front)
    if cubic.as_poly(tau) is None or cubic.as_poly(tau).degree() > 3:
        raise DerivationError(f"the slope of the squared residual is not a cubic times {front}: {cubic}")
    coefficients = [cubic.as_poly(tau).coeff_monomial(tau**i) for i in range(4)]
    derivative = at.infer(
        equation(Derivative(squared.rhs, tau), front * cubic),
        squared,
        reason="differentiate with respect to tau; the first factor is positive",
    )
    criterion = at.decide(
        NonnegativeForPositive(*coefficients),
        derivative,
        reason="the sign of the slope is that of the cubic; tau runs over (0, oo) as theta runs over (0, pi)",
    )
    return [
        conclude(
            at,
            "monotone-in-angle.squared-error",
            "Squared residual at an angle",
            r"For targets of norm $r$ at angle $\theta$, with $\tau = \tan(\theta/2)$, $a = \lVert G\hat w\rVert^2$, "
            r"$b = \langle G\hat w, Gv\rangle$, $c = \lVert Gv\rVert^2$.",
            squared,
            rests_on=(derivative,),
            assumptions=UNIT,
            source=THIS,
        ),
        conclude(
            at,
            "monotone-in-angle.criterion",
            "When the residual never falls with the angle",
            r"$\lVert e_\infty\rVert$ is non-decreasing on $[0, \pi]$ iff this cubic in $\tau$ is non-negative for "
            r"all $\tau > 0$; "
            r"in particular $b \ge 0$ is necessary, and for $b = 0$ it says $c \le 2a$.",
            criterion,
            assumptions=UNIT,
            source=THIS,
        ),
    ]


def _isotropic(drawer: Drawer, values: dict[str, Dense]) -> None:
    unit = Dense.eye(values["w_hat"].shape[0], drawer.domain)
    for agent in "WU":
        values[f"S_{agent}"] = unit.scale(values["p" if agent == "W" else "q"])
        values[f"eta_{agent}"] = Dense.number(1, drawer.domain)
    rows = unit.shape[0]
    for name, axis in (("w_hat", 0), ("v", min(1, rows - 1))):
        column = [[drawer.domain.one if i == axis else drawer.domain.zero] for i in range(rows)]
        values[name] = Dense.from_rows(column, drawer.domain)


@derives("monotone-in-angle.isotropic")
def isotropic() -> list[Formula]:
    """Isotropic geometries: the residual is a chord of the gap, always monotone."""
    chain, squared = _rotation()
    at = chain.branch()
    same_w = equation(P, p * I)
    same_u = equation(Q, q * I)
    special = (
        arranged(same_w, "P isotropic", "$P = pI$", _isotropic),
        relation(same_u, "Q isotropic"),
        relation(equation(Inner(w_hat, w_hat), 1), "w_hat of length 1"),
        relation(equation(Inner(v, v), 1), "v of length 1"),
        relation(equation(Inner(w_hat, v), 0), "w_hat and v orthogonal"),
    )
    line_w = at.assume(same_w, "W's geometry is isotropic")
    line_u = at.assume(same_u, "U's geometry is isotropic")
    at.assume(equation(Inner(w_hat, v), 0), "the direction of rotation is orthogonal to the target")
    unit_v = at.assume(equation(Inner(v, v), 1), "unit directions")
    unit_w = at.assume(equation(Inner(w_hat, w_hat), 1), "unit directions")
    gain = at.define(g, (1 - p) * q / (p + q - p * q), "the response, now a number")
    scalar = at.infer(equation(G, g * I), line_w, line_u, gain, reason="the response of an isotropic pair")
    orthogonal = equation(Inner(w_hat, v), 0)
    values = [
        at.infer(equation(a, g**2), scalar, unit_w, reason="a = c = g^2"),
        at.infer(equation(b, 0), scalar, orthogonal, reason="b = 0"),
        at.infer(equation(c, g**2), scalar, unit_v, reason="a = c = g^2"),
    ]
    value = factor(squared.rhs.subs({a: g**2, b: 0, c: g**2}))
    result = at.infer(equation(E2, value), squared, *values, reason="insert, and cancel 1 + tau^2")
    return [
        conclude(
            at,
            "monotone-in-angle.isotropic",
            "Isotropic geometries",
            r"For $P = pI$, $Q = qI$: $\lVert e_\infty\rVert = 2 |g| r \sin(\theta/2)$ with $g = (1-p)q/(p+q-pq)$, "
            r"always monotone.",
            result,
            assumptions=(*special, invertible(M)),
            source=THIS,
        )
    ]


@derives("not-always-monotone")
def not_always_monotone() -> list[Formula]:
    """An exact geometry at which the residual falls while the targets turn further apart."""
    s_w = DenseMatrix([[Rational(1, 2), 0], [0, Rational(1, 8)]])
    s_u = DenseMatrix([[Rational(1, 8), 0], [0, Rational(1, 2)]])
    response = formulas["linear-in-gap.G"].exact(S_W=s_w, S_U=s_u, eta_W=1, eta_U=1)
    along, across = response[:, 0], response[:, 1]
    at = Derivation()
    numbers = {a: along.dot(along), b: along.dot(across), c: across.dot(across)}
    lines = [
        at.define(x, value, f"linear-in-gap at S_W = diag(1/2, 1/8), S_U = diag(1/8, 1/2), steps 1: {x.name[-1]}")
        for x, value in numbers.items()
    ]
    general = formulas["monotone-in-angle.squared-error"].compact
    size = at.define(E2, general.subs(r, 1), "monotone-in-angle.squared-error with r = 1")
    value = factor(size.rhs.subs(numbers))
    result = at.infer(equation(E2, value), size, *lines, reason="insert the three numbers")
    right, straight = value.subs(tau, 1), limit(value, tau, oo)
    at_right = at.infer(equation(value.subs(tau, 1), right), result, reason="at a right angle, tau = 1")
    falls = at.infer(
        straight < right,
        result,
        at_right,
        reason=f"it falls from {right} at a right angle to {straight} when the targets are opposite",
    )
    return [
        conclude(
            at,
            "not-always-monotone",
            "The residual can fall with the angle",
            rf"With $P = \operatorname{{diag}}(\tfrac12, \tfrac18)$, $Q = \operatorname{{diag}}(\tfrac18, "
            rf"\tfrac12)$, $w^{{*}}$ along the first axis, the squared "
            rf"residual is ${right}$ of $r^2$ at a right angle but only ${straight}$ when the targets are opposite.",
            result,
            rests_on=(falls,) if falls not in (True, False) else (),
            source=THIS,
        )
    ]


def _commuting(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make U's Gram a polynomial of W's with non-negative coefficients, and W's step at most one over its trace."""
    gram = values["S_W"]
    unit = Dense.eye(gram.shape[0], drawer.domain)
    x, y = (Dense.number(drawer.positive(f"poly_{i}"), drawer.domain) for i in range(2))
    values["S_U"] = unit.scale(x) + gram.scale(y)
    total = gram.trace()
    if drawer.random is not None and not total.is_zero:
        share = Dense.number(drawer.domain.convert(1) / drawer.random.randint(1, 3), drawer.domain)
        values["eta_W"] = share @ total.inverse()


@derives("residual-can-exceed-gap.commuting", "residual-can-exceed-gap.family")
def residual_can_exceed_gap() -> list[Formula]:
    """Commuting geometries keep the residual below the gap; others do not, by any factor."""
    chain, response, linear = _response()
    at = chain.branch()
    together = at.assume(equation(P * Q, Q * P), "the geometries commute")
    left = at.assume(PositiveSemidefinite(A), "P <= I")
    bounded = at.infer(
        PositiveSemidefinite(I - G.T * G),
        response,
        together,
        left,
        reason="in a common eigenbasis the response is (1-p)q/((1-p)q + p), between 0 and 1 for 0 <= p <= 1 and q >= 0",
    )
    smaller = at.infer(Norm(e_inf) <= Norm(Delta), linear, bounded, reason="apply the response to the gap")
    commuting = conclude(
        at,
        "residual-can-exceed-gap.commuting",
        "Commuting geometries",
        r"If $PQ = QP$ and $P \preceq I$, then $\lVert e_\infty\rVert \le \lVert\Delta\rVert$, whatever $Q$; "
        r"likewise for U, "
        r"with $Q \preceq I$.",
        smaller,
        assumptions=(*GRAMS, commute(P, Q, _commuting), psd(A), invertible(M)),
        source=THIS,
        value=Norm(Delta),
        lhs=Norm(e_inf),
        sign=r"\le",
    )
    return [commuting, _family()]


def _family() -> Formula:
    """Two rank-one geometries whose directions draw near each other."""
    general = formulas["biased-equilibrium.e"].explicit(2)
    geometry = {
        "S_W_11": 1, "S_W_12": 0, "S_W_22": 0,
        "S_U_11": m**2 / (1 + m**2), "S_U_12": m / (1 + m**2), "S_U_22": 1 / (1 + m**2),
        "w_star_1": 0, "w_star_2": 0, "u_star_1": 1, "u_star_2": 0,
    }  # fmt: skip
    inserted = general.subs({Symbol(k): x for k, x in geometry.items()}).subs(
        {Symbol("eta_W"): eta_W, Symbol("eta_U"): eta_U}
    )
    first, second = (cancel(x) for x in inserted)
    if first != 0:
        raise DerivationError(f"the family should leave no residual along the first axis, found {first}")
    at = Derivation()
    e1 = named(Symbol("e_first", real=True), r"(e_\infty)_1")
    e2 = named(Symbol("e_second", real=True), r"(e_\infty)_2")
    line1 = at.define(e1, inserted[0], "biased-equilibrium.e at d = 2: S_W = diag(1, 0), S_U along (m, 1), gap (1, 0)")
    line2 = at.define(e2, inserted[1], "the other coordinate")
    zero = at.infer(equation(e1, first), line1, reason="cancel: W's own direction is left without error")
    result = at.infer(equation(e2, second), line2, zero, reason="cancel: for all steps the residual is m times the gap")
    return conclude(
        at,
        "residual-can-exceed-gap.family",
        "No constant bounds the residual by the gap",
        r"With $S_W = \operatorname{diag}(1, 0)$, $S_U$ the projector on $(m, 1)$ and $\Delta = (1, 0)$ the residual "
        r"is $(0, m)$, for "
        "any steps: rational, and as large as one likes.",
        result,
        rests_on=(zero,),
        source=THIS,
    )
