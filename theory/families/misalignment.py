"""Misalignment: the residual is linear in the gap, and need not grow with the angle between the targets.

Angles enter through ``tau = tan(theta/2)``, which makes cosine and sine rational.

Source: section 4.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import (
    QQ,
    Derivative,
    GreaterThan,
    LessThan,
    MatrixSymbol,
    Ne,
    Rational,
    Symbol,
    cancel,
    diff,
    factor,
    limit,
    oo,
    sqrt,
)

from theory.derivation.assumptions import Assumption, arranged, commute, invertible, psd, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.derivation.sources import ABSTRACTS, SUMMARY
from theory.errors import DerivationError
from theory.families.dynamics import GRAMS, e_inf, f_inf
from theory.families.equilibrium import solved
from theory.language.nodes import Inner, NonnegativeForPositive, Norm, PositiveSemidefinite, SingularValue
from theory.language.predicates import Commute, Iff, Implies, NonDecreasing
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    B,
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
    vector,
    w_hat,
    w_star,
)
from theory.values.dense import Dense
from theory.values.drawing import Arrange, Drawer

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
    least = at.cite(Norm(G * Delta) >= low, reason="the least singular value is the least |Gx|/|x|")
    largest = at.cite(Norm(G * Delta) <= high, reason="the largest singular value is the largest |Gx|/|x|")
    residual = at.restate(linear, G * Delta, e_inf, reason="the residual is what the response makes of the gap")
    below, above = (at.substitute(x, residual, reason="insert the residual") for x in (least, largest))
    needs = (invertible(M),)
    return [
        conclude(
            at,
            "linear-in-gap.e",
            "The residual is linear in the gap",
            linear,
            assumptions=needs,
            source=ABSTRACTS,
        ),
        conclude(
            at,
            "linear-in-gap.G",
            "Response to the gap",
            response,
            sign=":=",
            assumptions=needs,
        ),
        conclude(
            at,
            "linear-in-gap.lower",
            "Least residual for a gap",
            below,
            assumptions=needs,
            value=low,
            lhs=Norm(e_inf),
            sign=r"\ge",
        ),
        conclude(
            at,
            "linear-in-gap.upper",
            "Largest residual for a gap",
            above,
            assumptions=needs,
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
    value = chord**2 * (c - 2 * b * tau + a * tau**2)
    at.identity(
        Inner(e_inf, e_inf), value, error, norm_a, norm_b, norm_c, reason="multiply out the square of the residual"
    )
    squared = at.identity(E2, value, size, error, norm_a, norm_b, norm_c, reason="which is what is to be told")
    return at, squared


UNIT: tuple[Assumption, ...] = (invertible(M),)
AXES = (
    relation(equation(Inner(w_hat, w_hat), 1), "w_hat of length 1"),
    relation(equation(Inner(v, v), 1), "v of length 1"),
    relation(equation(Inner(w_hat, v), 0), "w_hat and v orthogonal"),
)


@derives(
    "monotone-in-angle.squared-error",
    "monotone-in-angle.criterion",
    "monotone-in-angle.necessary",
    "monotone-in-angle.sufficient",
)
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
    never_falls, condition = NonDecreasing(squared.rhs, tau), NonnegativeForPositive(*coefficients)
    criterion = at.decide(
        condition,
        derivative,
        reason="the sign of the slope is that of the cubic; tau runs over (0, oo) as theta runs over (0, pi)",
    )
    leading = at.branch()
    highest = leading.decide(
        GreaterThan(b, 0, evaluate=False),
        derivative,
        reason="where b < 0 the cubic is negative for large tau",
    )
    enough = at.branch()
    given = (
        arranged(GreaterThan(b, 0, evaluate=False), "b at least 0", _leaning),
        relation(GreaterThan(c, 2 * b, evaluate=False), "c at least 2b"),
        relation(LessThan(c, 2 * a, evaluate=False), "c at most 2a"),
    )
    suffices = enough.infer(
        condition,
        *(enough.assume(x.says, x.name) for x in given),
        reason="c - 2b + (2a - c) tau^2 + b (tau + 2) (tau - 1)^2 is that cubic",
    )
    return [
        conclude(
            at,
            "monotone-in-angle.squared-error",
            "Squared residual at an angle",
            squared,
            says=equation(Inner(e_inf, e_inf), squared.rhs),
            rests_on=(equation(Inner(e_inf, e_inf), squared.rhs), derivative),
            assumptions=UNIT,
        ),
        conclude(
            at,
            "monotone-in-angle.criterion",
            "When the residual never falls with the angle",
            criterion,
            says=Iff(never_falls, condition),
            assumptions=UNIT,
        ),
        conclude(
            leading,
            "monotone-in-angle.necessary",
            "What a residual that never falls needs",
            highest,
            says=Implies(never_falls, highest),
            assumptions=UNIT,
        ),
        conclude(
            enough,
            "monotone-in-angle.sufficient",
            "What suffices for a residual that never falls",
            suffices,
            assumptions=given,
        ),
    ]


def _leaning(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Turn and stretch the direction of rotation so that ``b >= 0`` and ``2b <= c <= 2a``, where the pair allows it."""
    if drawer.random is None:
        return
    unit = Dense.eye(values["w_hat"].shape[0], drawer.domain)
    step_w, step_u = (values[f"S_{x}"] @ unit.scale(values[f"eta_{x}"]) for x in "WU")
    turn = step_w + step_u - step_w @ step_u
    if turn.rank() < unit.shape[0]:
        return
    response = turn.inverse() @ (unit - step_w) @ step_u

    def products() -> Any:
        along, across = (response @ values[x] for x in ("w_hat", "v"))
        return ((x.transpose() @ y)[0, 0] for x, y in ((along, along), (along, across), (across, across)))

    a_, b_, c_ = products()
    if 2 * b_**2 > a_ * c_:
        values["v"] = values["v"] - values["w_hat"].scale(Dense.number(b_ / a_, drawer.domain))
        a_, b_, c_ = products()
    if not c_:
        return
    least = 2 * abs(b_) / c_
    stretches = [least + QQ(i, 4) for i in range(12) if (least + QQ(i, 4)) ** 2 * c_ <= 2 * a_]
    size = drawer.random.choice(stretches)
    values["v"] = values["v"].scale(Dense.number(size if b_ >= 0 else -size, drawer.domain))


def _isotropic(drawer: Drawer, values: dict[str, Dense]) -> None:
    unit = Dense.eye(values["w_hat"].shape[0], drawer.domain)
    for agent in "WU":
        values[f"S_{agent}"] = unit.scale(values["p" if agent == "W" else "q"])
        values[f"eta_{agent}"] = Dense.number(1, drawer.domain)
    rows = unit.shape[0]
    for name, axis in (("w_hat", 0), ("v", min(1, rows - 1))):
        column = [[drawer.domain.one if i == axis else drawer.domain.zero] for i in range(rows)]
        values[name] = Dense.from_rows(column, drawer.domain)


@derives("monotone-in-angle.isotropic", "monotone-in-angle.isotropic-slope")
def isotropic() -> list[Formula]:
    """Isotropic geometries: the residual is a chord of the gap, always monotone."""
    chain, squared = _rotation()
    at = chain.branch()
    same_w = equation(P, p * I)
    same_u = equation(Q, q * I)
    apart = Ne(p + q - p * q, 0, evaluate=False)
    special = (
        arranged(same_w, "P isotropic", _isotropic),
        relation(same_u, "Q isotropic"),
        *AXES,
        relation(apart, "p + q - p q non-zero"),
    )
    line_w = at.assume(same_w, "W's geometry is isotropic")
    line_u = at.assume(same_u, "U's geometry is isotropic")
    unit_w, unit_v, orthogonal = (at.assume(axis.says, axis.name) for axis in AXES)
    gain = at.define(g, (1 - p) * q / (p + q - p * q), "the response, now a number")
    scalar = at.infer(equation(G, g * I), line_w, line_u, gain, reason="the response of an isotropic pair")
    values = [
        at.infer(equation(a, g**2), scalar, unit_w, reason="a = c = g^2"),
        at.infer(equation(b, 0), scalar, orthogonal, reason="b = 0"),
        at.infer(equation(c, g**2), scalar, unit_v, reason="a = c = g^2"),
    ]
    value = factor(squared.rhs.subs({a: g**2, b: 0, c: g**2}))
    result = at.identity(E2, value, squared, *values, reason="insert, and cancel 1 + tau^2")
    said = at.infer(equation(Inner(e_inf, e_inf), value), result, reason="which is what is to be told")
    alone = Derivation()
    gain = alone.define(g, (1 - p) * q / (p + q - p * q), "the response of an isotropic pair, a number")
    slope = factor(diff(value, tau))
    rises = alone.infer(
        equation(Derivative(value, tau), slope), gain, reason="differentiate monotone-in-angle.isotropic"
    )
    grows = alone.infer(NonDecreasing(value, tau), rises, reason="no factor of the slope is negative")
    return [
        conclude(
            at,
            "monotone-in-angle.isotropic",
            "Isotropic geometries",
            result,
            says=said,
            rests_on=(said,),
            assumptions=special,
        ),
        conclude(
            alone,
            "monotone-in-angle.isotropic-slope",
            "Isotropic geometries: the residual grows with the angle",
            rises,
            says=grows,
            rests_on=(grows,),
            assumptions=(relation(apart, "p + q - p q non-zero"),),
            source=SUMMARY,
        ),
    ]


def _wide_angle(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Two axes, and an angle whose half has a tangent of at least 3."""
    _plane(drawer, values)
    if drawer.random is not None and "tau" in values:
        values["tau"] = values["tau"] + Dense.number(3, drawer.domain)


def _right_angle(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Two axes, and targets at a right angle."""
    _plane(drawer, values)
    values["tau"] = Dense.number(1, drawer.domain)


@derives("not-always-monotone", "not-always-monotone.right-angle", "not-always-monotone.falls")
def not_always_monotone() -> list[Formula]:
    """Geometries at which the residual falls while the targets turn further apart."""
    at = Derivation()
    much, little = Rational(1, 2), Rational(1, 8)
    seen = {S_W: (much, little), S_U: (little, much)}
    given = [
        at.define(r, 1, "targets of length 1"),
        at.define(eta_W, 1, "W's steps"),
        at.define(eta_U, 1, "U's steps"),
        *(
            at.define(S, x * w_hat * w_hat.T + y * v * v.T, "seen along and across W's target")
            for S, (x, y) in seen.items()
        ),
    ]
    chain, _ = _rotation()
    at.extend(chain)
    size = Inner(e_inf, e_inf)
    squared = next(step.equation for step in at.steps if step.equation.lhs == size)
    given += [at.assume(axis.says, axis.name) for axis in AXES]
    moved = [
        at.infer(
            equation(G * axis, (1 - own) * other / (own + other - own * other) * axis),
            *given,
            reason="both matrices stretch it; so does G, by (1 - p)q/(p + q - pq)",
        )
        for axis, own, other in zip((w_hat, v), *seen.values(), strict=True)
    ]
    along, across = (Rational(line.rhs.as_coeff_mmul()[0]) for line in moved)
    numbers = [
        at.infer(equation(x, value), *moved, *given, reason="the lengths of what G makes of the axes")
        for x, value in ((a, along**2), (b, 0), (c, across**2))
    ]
    value = factor(squared.rhs.subs({a: along**2, b: 0, c: across**2, r: 1}))
    result = at.restate(squared, size, value, given[0], *numbers, reason="insert the numbers")
    right, straight = value.subs(tau, 1), limit(value, tau, oo)
    if not straight < right:
        raise DerivationError(f"the residual should fall from {right} at a right angle, and ends at {straight}")
    turned = arranged(equation(tau, 1), "tau is 1", _right_angle)
    square = at.branch()
    at_right = square.restate(
        result, size, right, square.assume(turned.says, turned.name), reason="at a right angle tau is 1: insert it"
    )
    late = Norm(e_inf) <= sqrt(right / 2) * Norm(w_star)
    wide = arranged(GreaterThan(tau, 3, evaluate=False), "tau at least 3", _wide_angle)
    falls = at.branch()
    falls.assume(wide.says, wide.name)
    less = falls.infer(late, result, reason=f"its square falls to {straight} as the targets become opposite")
    needs = (*AXES, *UNIT)
    return [
        conclude(
            at,
            "not-always-monotone",
            "The residual can fall with the angle",
            result,
            assumptions=(arranged(AXES[0].says, AXES[0].name, _plane), *needs[1:]),
        ),
        conclude(
            square,
            "not-always-monotone.right-angle",
            "The residual at a right angle",
            at_right,
            assumptions=(*needs, turned),
        ),
        conclude(
            falls,
            "not-always-monotone.falls",
            "Half of the residual at a right angle is gone",
            less,
            lhs=late.lhs,
            value=late.rhs,
            sign=r"\le",
            assumptions=(*needs, wide),
        ),
    ]


def _commuting(cautious: str) -> Arrange:
    """Give both Grams common eigenvectors; one agent's eigenvalues lie in [0, 1], the other's anywhere from 0 on."""

    def arrange(drawer: Drawer, values: dict[str, Dense]) -> None:
        bold = "WU".replace(cautious, "")
        gram = values[f"S_{cautious}"]
        unit = Dense.eye(gram.shape[0], drawer.domain)
        if drawer.random is None:
            x, y = (Dense.number(drawer.positive(f"poly_{i}"), drawer.domain) for i in range(2))
            values[f"S_{bold}"] = unit.scale(x) + gram.scale(y)
            return
        size, draw = unit.shape[0], drawer.random
        axis = drawer.matrix("axis", size, 1)
        length = axis.transpose() @ axis
        mirror = (
            unit
            if length.is_zero
            else unit - (axis @ axis.transpose()).scale(length.inverse()).scale(Dense.number(2, drawer.domain))
        )
        spectra = [[QQ(draw.choice((0, 0, 1, 2, 3, 4)), 4) for _ in range(size)]]
        # Where both are zero nothing moves.
        spectra.append([QQ(draw.choice((0, 1, 3, 9)) if value else draw.choice((1, 5)), 3) for value in spectra[0]])
        for agent, spectrum in zip((cautious, bold), spectra, strict=True):
            rows = [[value if i == j else QQ(0) for j in range(size)] for i, value in enumerate(spectrum)]
            turned = mirror @ Dense.from_rows(rows, drawer.domain) @ mirror
            values[f"S_{agent}"] = turned.scale(values[f"eta_{agent}"].inverse())

    return arrange


@derives("residual-can-exceed-gap.commuting", "residual-can-exceed-gap.commuting-u", "residual-can-exceed-gap.family")
def residual_can_exceed_gap() -> list[Formula]:
    """Commuting geometries keep the residual below the gap; others do not, by any factor."""
    chain, results = solved()
    out = []
    for who, left, residual, name in (("W", A, e_inf, "commuting"), ("U", B, f_inf, "commuting-u")):
        at = chain.branch()
        together = at.assume(Commute(P, Q), "the geometries commute")
        cautious = at.assume(PositiveSemidefinite(left), "no eigenvalue above 1")
        smaller = at.infer(
            Norm(residual) <= Norm(Delta),
            results["e" if who == "W" else "f"],
            together,
            cautious,
            reason="in a common eigenbasis the residual is (1-p)q/((1-p)q + p) of the gap, between 0 and 1 for "
            "0 <= p <= 1 and q >= 0; for U with p and q exchanged",
        )
        out.append(
            conclude(
                at,
                f"residual-can-exceed-gap.{name}",
                f"Commuting geometries: {who}'s residual",
                smaller,
                assumptions=(*GRAMS, commute(P, Q, _commuting(who)), psd(left), invertible(M)),
                value=Norm(Delta),
                lhs=Norm(residual),
                sign=r"\le",
            )
        )
    return [*out, _family()]


def _plane(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Take two orthogonal axes of length 1, mirrored; the family lives in their plane."""
    unit = Dense.eye(values["w_hat"].shape[0], drawer.domain)
    size = unit.shape[0]
    if drawer.random is not None:
        axis = drawer.matrix("axis", size, 1)
        length = axis.transpose() @ axis
        if not length.is_zero:
            twice = (axis @ axis.transpose()).scale(length.inverse()).scale(Dense.number(2, drawer.domain))
            unit = unit - twice
    values["w_hat"], values["v"] = unit.columns()[0], unit.columns()[min(1, size - 1)]


def _family() -> Formula:
    """Two geometries of rank one whose directions draw near each other."""
    at = Derivation()
    normal = vector("normal", "h")
    line = at.define(normal, m * w_hat + v, "the only direction that U sees")
    gram_w = at.define(S_W, w_hat * w_hat.T, "W sees the direction of the gap, and no other")
    gram_u = at.define(S_U, normal * normal.T, "U sees another one")
    goal = at.define(u_star, w_star + w_hat, "a gap of length 1")
    chain, results = solved()
    at.extend(chain)
    unit_w, _, orthogonal = (at.assume(axis.says, axis.name) for axis in AXES)
    rest = at.infer(
        equation(e_inf, m * v),
        results["e-cleared"],
        line,
        gram_w,
        gram_u,
        goal,
        unit_w,
        orthogonal,
        reason="there both gradients vanish: <w_hat, m v> = 0, and <m w_hat + v, m v - w_hat> = 0",
    )
    second = named(Symbol("e_second", real=True), r"(e_\infty)_2")
    part = at.define(second, Inner(v, e_inf), "the residual's part along v")
    result = at.infer(equation(second, m), part, rest, reason="m times the gap, for all steps")
    return conclude(
        at,
        "residual-can-exceed-gap.family",
        "No constant bounds the residual by the gap",
        result,
        says=rest,
        rests_on=(rest,),
        assumptions=(arranged(AXES[0].says, AXES[0].name, _plane), *AXES[1:], invertible(M)),
    )
