"""Consensus: the small-step limit minimises the agents' joint loss, and the minimum is a parallel sum.

Source: section 3; parallel sum: W. N. Anderson, R. J. Duffin, J. Math. Anal. Appl. 26 (1969) 576.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from sympy import Inverse, MatrixExpr, MatrixSymbol

from theory.derivation.assumptions import invertible, psd
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.errors import SingularError
from theory.families.dynamics import GRAMS
from theory.families.small_step import REGULAR, series
from theory.language.nodes import PositiveSemidefinite, PseudoInverse
from theory.language.predicates import All, Implies, Invertible, Loewner, Minimises
from theory.language.symbols import (
    HALF,
    S_U,
    S_W,
    Delta,
    H,
    SymmetricSymbol as Symmetric,
    d,
    named,
    primitive,
    rho,
    u_star,
    vector,
    w,
    w_star,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

#: Where the parallel sum and its growth are from.
ANDERSON_DUFFIN = "Anderson and Duffin (1969)"

E = primitive("E", "gram", "E", "increase of W's Gram matrix")

w_bar = vector("w_bar", r"\bar w")
D = named(MatrixSymbol("D", 1, 1), "D")
C = named(MatrixSymbol("C", d, d), r"(S_W : \rho S_U)")
C_more = named(MatrixSymbol("C_more", d, d), r"(S_W + E : \rho S_U)")
H_plus = named(Symmetric("H_plus", d, d), "H^{+}")
H_more_plus = named(Symmetric("H_more_plus", d, d), "H_E^{+}")
H_more = named(Symmetric("H_more", d, d), "H_E")


def joint_loss(at: MatrixExpr) -> MatrixExpr:
    """Both agents' losses at a common iterate, U's weighted by the ratio of the steps."""
    # Halved last: a factor in front of a sum would be multiplied into it.
    forms = (at - w_star).T * S_W * (at - w_star), (at - u_star).T * S_U * (at - u_star)
    return HALF * forms[0] + HALF * rho * forms[1]


def _on_a_level(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put w at the minimiser, or where a loss with targets or Grams exchanged is what it is at the minimiser."""
    if drawer.random is None:
        return
    first, second = values["S_W"], values["S_U"].scale(values["rho"])
    exchanged = values["S_U"], values["S_W"].scale(values["rho"])
    targets = values["w_star"], values["u_star"]
    where = drawer.random.randrange(4)
    with suppress(SingularError):
        place = _balance((first, second), targets)
        if where == 0:
            values["w"] = place
        elif where < 3:
            grams, goals = (exchanged, targets) if where == 1 else ((first, second), targets[::-1])
            values["w"] = _balance(grams, goals).scale(Dense.number(2, drawer.domain)) - place


def _balance(grams: tuple[Dense, Dense], goals: tuple[Dense, Dense]) -> Dense:
    """Where the pulls of two weights towards their goals cancel."""
    return (grams[0] + grams[1]).inverse() @ (grams[0] @ goals[0] + grams[1] @ goals[1])


@derives("consensus.point", "consensus.growth", "consensus.unique")
def consensus_point() -> list[Formula]:
    """The small-step limit is the only minimiser of the joint loss."""
    found = series("e")
    at = found.chain.branch()
    heavy = next(s.equation for s in at.steps if s.equation.lhs == H)
    delta = next(s.equation for s in at.steps if s.equation.lhs == Delta)
    place = at.define(w_bar, w_star + found.lines["0"].lhs, "where vanishing steps put both agents")
    cleared = at.multiply(
        H,
        at.substitute_right(place, found.lines["0"], reason="insert the limit of the residual"),
        reason="multiply by H",
    )
    balanced = at.restate(
        cleared,
        H * w_bar,
        S_W * w_star + rho * S_U * u_star,
        heavy,
        delta,
        reason="each target, pulled by its own Gram",
    )
    point = at.multiply(Inverse(H), balanced, reason="H is invertible")
    stationary = at.restate(
        balanced, S_W * (w_bar - w_star), -rho * S_U * (w_bar - u_star), heavy, reason="the two gradients cancel there"
    )
    solved = at.restate(
        stationary, S_W * w_bar, S_W * w_star - rho * S_U * (w_bar - u_star), reason="the same, solved for one part"
    )
    growth = at.identity(
        joint_loss(w) - joint_loss(w_bar),
        HALF * ((w - w_bar).T * H * (w - w_bar)),
        heavy,
        at.transpose(solved, reason="transpose"),
        solved,
        reason="expand the joint loss around the point: the gradients cancel",
    )
    least = at.infer(Minimises(w, joint_loss(w), w_bar), growth, reason="what is left is never negative")
    only = at.infer(
        Implies(equation(joint_loss(w), joint_loss(w_bar)), equation(w, w_bar)),
        growth,
        reason="H is positive definite: its form is zero at zero alone",
    )
    return [
        conclude(
            at.branch(),
            "consensus.point",
            "Where small steps meet",
            point,
            says=All(point, least),
            rests_on=(least,),
            assumptions=(psd(H), REGULAR),
        ),
        conclude(
            at.branch(),
            "consensus.growth",
            "What leaving the point costs",
            growth,
            lhs=joint_loss(w) - joint_loss(w_bar),
            assumptions=(REGULAR,),
        ),
        conclude(
            at.branch(),
            "consensus.unique",
            "There is no other minimiser",
            only,
            assumptions=(psd(H), replace(REGULAR, arrange=_on_a_level)),
        ),
    ]


def _weights() -> tuple[Derivation, Any, Any, tuple[Any, ...]]:
    """H, its pseudo-inverse and the range rules that hold for any two Gram matrices."""
    at = Derivation()
    gap = at.define(Delta, u_star - w_star, "the gap between the objectives")
    heavy = at.define(H, S_W + rho * S_U, "both Grams, weighted by their steps")
    plus = at.define(H_plus, PseudoInverse(H), "its Moore-Penrose inverse")
    other = at.restate(heavy, S_U, (H - S_W) / rho, factor=rho, reason="U's Gram in terms of H and W's")
    inside = at.infer(
        equation(H * H_plus * S_W, S_W),
        heavy,
        plus,
        reason="S_W, S_U >= 0: range(S_W) lies in range(H), where H H^+ acts as 1",
    )
    mirrored = at.infer(equation(S_W * H_plus * H, S_W), inside, reason="transpose")
    penrose = at.infer(equation(H * H_plus * H, H), plus, reason="Moore-Penrose")
    return at, gap, other, (inside, mirrored, penrose)


@derives("consensus.parallel-sum", "consensus.value", "consensus.monotone")
def consensus_value() -> list[Formula]:
    """The least joint loss is a quadratic form of the gap, with the parallel sum of the Grams; it grows with them."""
    at, gap, other, ranges = _weights()
    parallel = at.define(C, rho * S_W * H_plus * S_U, "the parallel sum of the weighted Grams")
    named_c = at.restate(
        parallel,
        C,
        S_W - S_W * H_plus * S_W,
        other,
        *ranges,
        reason="insert U's Gram: S_W H^+ H = S_W",
    )
    symmetric = at.identity(
        S_W - S_W * H_plus * S_W,
        rho * S_U * H_plus * S_W,
        other,
        *ranges,
        reason="the other order gives the same: it is symmetric",
    )
    shift = at.define(w_bar, w_star + rho * H_plus * S_U * Delta, "a minimiser of the joint loss")
    other_goal = at.restate(gap, u_star, w_star + Delta, reason="U's target from W's")
    least = at.define(D, joint_loss(w_bar), "the joint loss there")
    value = at.restate(
        least,
        D,
        HALF * Delta.T * (S_W - S_W * H_plus * S_W) * Delta,
        shift,
        other_goal,
        other,
        *ranges,
        reason="insert the point, both targets and U's Gram: only the parallel sum is left",
    )
    final = at.restate(value, D, HALF * Delta.T * C * Delta, named_c, reason="recognise the parallel sum")
    minimal = at.infer(
        Minimises(w, joint_loss(w), w_bar),
        shift,
        *ranges,
        reason="the gradients cancel there, H H^+ S_U = S_U, and the form of H is never negative",
    )
    positive = at.infer(
        PositiveSemidefinite(parallel.rhs),
        named_c,
        symmetric,
        reason="it is the Schur complement of H in the block matrix of S_W, S_W, S_W, H, which is positive "
        "semidefinite",
    )
    turned = at.infer(
        equation(parallel.rhs, parallel.rhs.T), named_c, symmetric, reason="its transpose is the other order"
    )
    parallel_formula = conclude(
        at.branch(),
        "consensus.parallel-sum",
        "Parallel sum of the geometries",
        parallel,
        says=All(turned, positive),
        rests_on=(turned, positive),
        assumptions=GRAMS,
        source=ANDERSON_DUFFIN,
    )
    value_formula = conclude(
        at.branch(),
        "consensus.value",
        "Least joint loss",
        final,
        says=All(minimal, equation(joint_loss(w_bar), final.rhs)),
        rests_on=(minimal,),
        assumptions=GRAMS,
    )
    more = at.define(H_more, S_W + E + rho * S_U, "both, with more of W's Gram")
    more_plus = at.define(H_more_plus, PseudoInverse(H_more), "its Moore-Penrose inverse")
    grown = at.define(C_more, rho * (S_W + E) * H_more_plus * S_U, "the parallel sum with more of W's Gram")
    grows = at.infer(
        Loewner(C, C_more),
        named_c,
        more,
        more_plus,
        grown,
        reason="the least of a larger loss: the larger one's minimiser is no better for the smaller one than its own",
    )
    monotone = conclude(
        at,
        "consensus.monotone",
        "The parallel sum grows with the geometry",
        grows,
        assumptions=(*GRAMS, psd(E)),
        source=ANDERSON_DUFFIN,
    )
    return [parallel_formula, value_formula, monotone]


@derives("consensus.larger", "consensus.increase")
def consensus_increase() -> list[Formula]:
    """How much the least joint loss grows with a geometry, where both weights together are invertible."""
    at = Derivation()
    heavy = at.define(H, S_W + rho * S_U, "both Grams, weighted by their steps")
    more = at.define(H_more, S_W + E + rho * S_U, "the same with more of W's Gram")
    needs = (psd(E), psd(H), invertible(H))
    grown = at.restate(more, H_more, H + E, heavy, reason="the larger H")
    aside = at.branch()
    plus = aside.define(H_more_plus, PseudoInverse(H_more), "its Moore-Penrose inverse")
    regular = aside.infer(Invertible(H_more), grown, plus, reason="what H + E annihilates, H annihilates: nothing")
    larger = conclude(aside, "consensus.larger", "The larger weight is invertible", regular, assumptions=needs)
    c = at.define(C, S_W * Inverse(H) * rho * S_U, "the parallel sum")
    c_more = at.define(C_more, (S_W + E) * Inverse(H_more) * rho * S_U, "the parallel sum with more of W's Gram")
    own = at.restate(heavy, S_W, H - rho * S_U, reason="W's Gram from H")
    own_more = at.restate(more, S_W, H_more - E - rho * S_U, reason="W's Gram from the larger H")
    base = at.substitute_right(c, own, reason="insert W's Gram: H H^-1 = 1")
    above = at.substitute_right(c_more, own_more, reason="likewise with more of it")
    change = at.combine(above, base, -1, reason="subtract: only the inverses differ")
    inner = Inverse(H_more) * (E + E * Inverse(H) * E) * Inverse(H_more)
    added = at.restate(grown, E, H_more - H, reason="what was added")
    result = at.restate(
        change,
        change.lhs,
        rho**2 * S_U * inner * S_U,
        added,
        reason="H^-1 - H_E^-1 = H_E^-1 (E + E H^-1 E) H_E^-1: positive semidefinite in the middle",
    )
    grows = at.infer(Loewner(C, C_more), result, reason="E + E H^-1 E >= 0, seen through S_U H_E^-1")
    return [
        larger,
        conclude(
            at,
            "consensus.increase",
            "How much the least joint loss grows",
            result,
            says=All(result, grows),
            rests_on=(grows,),
            assumptions=needs,
            source=ANDERSON_DUFFIN,
        ),
    ]
