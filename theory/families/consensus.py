"""Consensus: the small-step limit minimises the agents' joint loss, and the minimum is a parallel sum.

Source: section 3; parallel sum: W. N. Anderson, R. J. Duffin, J. Math. Anal. Appl. 26 (1969) 576.
"""

from __future__ import annotations

from typing import Any

from sympy import Inverse, MatrixExpr, MatrixSymbol

from theory.derivation.assumptions import invertible, psd
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.families.dynamics import GRAMS
from theory.families.small_step import REGULAR, series
from theory.language.nodes import PositiveSemidefinite, PseudoInverse
from theory.language.symbols import (
    HALF,
    S_U,
    S_W,
    Delta,
    H,
    SymmetricSymbol as Symmetric,
    d,
    h,
    named,
    primitive,
    rho,
    u_star,
    vector,
    w_star,
)

E = primitive("E", "gram", "E", "increase of W's Gram matrix")

w_bar = vector("w_bar", r"\bar w")
D = named(MatrixSymbol("D", 1, 1), "D")
C = named(MatrixSymbol("C", d, d), r"(S_W : \rho S_U)")
C_more = named(MatrixSymbol("C_more", d, d), r"(S_W + E : \rho S_U)")
H_plus = named(Symmetric("H_plus", d, d), "H^{+}")
H_more = named(Symmetric("H_more", d, d), "H_E")


def joint_loss(at: MatrixExpr) -> MatrixExpr:
    """Both agents' losses at a common iterate, U's weighted by the ratio of the steps."""
    return HALF * (at - w_star).T * S_W * (at - w_star) + HALF * rho * (at - u_star).T * S_U * (at - u_star)


@derives("consensus.point")
def consensus_point() -> list[Formula]:
    """The small-step limit is the minimiser of the joint loss."""
    found = series("e")
    at = found.chain.branch()
    heavy = next(s.equation for s in at.steps if s.equation.lhs == H)
    delta = next(s.equation for s in at.steps if s.equation.lhs == Delta)
    place = at.define(w_bar, w_star + found.lines["0"].lhs, "where the small-step limit puts both agents")
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
    growth = at.identity(
        joint_loss(w_bar + h) - joint_loss(w_bar),
        (S_W * (w_bar - w_star) + rho * S_U * (w_bar - u_star)).T * h + HALF * h.T * H * h,
        heavy,
        reason="expand the joint loss around the point",
    )
    solved = at.restate(
        stationary, S_W * w_bar, S_W * w_star - rho * S_U * (w_bar - u_star), reason="the same, solved for one part"
    )
    least = at.restate(
        growth,
        joint_loss(w_bar + h) - joint_loss(w_bar),
        HALF * h.T * H * h,
        at.transpose(solved, reason="transpose"),
        solved,
        reason="the gradients cancel; what is left is never negative, so the point is the minimiser",
    )
    return [
        conclude(
            at,
            "consensus.point",
            "Where small steps meet",
            r"As the steps vanish both agents come to rest at the minimiser of "
            r"$\frac12\lVert w - w^{*}\rVert_{S_W}^2 + \frac{\rho}{2}\lVert w - u^{*}\rVert_{S_U}^2$.",
            point,
            rests_on=(least, found.lines["tail"]),
            assumptions=(psd(H), REGULAR),
            source="this project",
            counts={"order": (1, 2, 3)},
        )
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


@derives("consensus.parallel-sum", "consensus.value")
def consensus_value() -> list[Formula]:
    """The least joint loss is a quadratic form of the gap, with the parallel sum of the Grams."""
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
    positive = at.infer(
        PositiveSemidefinite(C),
        named_c,
        symmetric,
        reason="it is the Schur complement of H in the block matrix of S_W, S_W, S_W, H, which is positive "
        "semidefinite",
    )
    parallel_formula = conclude(
        at,
        "consensus.parallel-sum",
        "Parallel sum of the geometries",
        r"$S_W : \rho S_U = S_W (S_W + \rho S_U)^{+} \rho S_U$ is symmetric and positive semidefinite.",
        parallel,
        rests_on=(positive,),
        assumptions=GRAMS,
        source="Anderson and Duffin (1969)",
    )
    value_formula = conclude(
        at,
        "consensus.value",
        "Least joint loss",
        r"The least joint loss is $\frac12\Delta^{\mathsf T}(S_W : \rho S_U)\Delta$.",
        final,
        assumptions=GRAMS,
        source="this project",
    )
    return [parallel_formula, value_formula]


@derives("consensus.increase")
def consensus_increase() -> list[Formula]:
    """The least joint loss grows with each geometry."""
    at = Derivation()
    heavy = at.define(H, S_W + rho * S_U, "both Grams, weighted by their steps")
    more = at.define(H_more, S_W + E + rho * S_U, "the same with more of W's Gram")
    c = at.define(C, S_W * Inverse(H) * rho * S_U, "the parallel sum")
    c_more = at.define(C_more, (S_W + E) * Inverse(H_more) * rho * S_U, "the parallel sum with more of W's Gram")
    own = at.restate(heavy, S_W, H - rho * S_U, reason="W's Gram from H")
    own_more = at.restate(more, S_W, H_more - E - rho * S_U, reason="W's Gram from the larger H")
    grown = at.restate(more, H_more, H + E, heavy, reason="the larger H")
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
    grows = at.infer(PositiveSemidefinite(change.lhs), result, reason="E + E H^-1 E >= 0, seen through S_U H_E^-1")
    return [
        conclude(
            at,
            "consensus.increase",
            "The least joint loss grows with the geometry",
            r"Adding $E \succeq 0$ to W's Gram adds a positive semidefinite matrix to the parallel sum; by symmetry "
            r"the same "
            "holds for U's.",
            result,
            rests_on=(grows,),
            assumptions=(psd(E), psd(H), invertible(H)),
            source="Anderson and Duffin (1969)",
        )
    ]
