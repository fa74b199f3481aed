"""Agents that are almost linear: how far from the linear pair's plateau theirs is.

A layer whose answer differs from a gradient step's is that step and an error: ``r_W`` and ``r_U`` are the errors of
both layers where they rest, whatever makes them. Softmax over the examples is such a layer: at low inverse temperature
beta it is a gradient step of size ``eta beta`` and an error of second order in beta. Nothing below asks for softmax.

Source: section 12.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Identity, Inverse

from theory.derivation.assumptions import arranged, invertible
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.families.dynamics import MOVE, move, setting
from theory.language.nodes import Norm, SingularValue
from theory.language.predicates import Invertible
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    B,
    I,
    M,
    P,
    Q,
    eta_U,
    eta_W,
    primitive,
    u_star,
    vector,
    w_inf,
    w_star,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

__all__ = ["SHORTENS", "r_U", "r_W", "w_near"]

r_W = primitive("r_W", "vector", "r_W", "what W's layer answers there, less its linear move")
r_U = primitive("r_U", "vector", "r_U", "what U's layer answers there, less its linear move")

w_near = vector("w_near", r"\tilde w_\infty")
u_near = vector("u_near", r"\tilde u_\infty")
u_rest = vector("u_rest", r"u_\infty")


def _short(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make the steps shorter, mostly: then turns shorten what both agents see."""
    if drawer.random is None:
        return
    for step in ("eta_W", "eta_U"):
        values[step] = values[step].over(drawer.domain.convert(drawer.random.choice((1, 4, 16))))


#: Needs no Gram matrices: they may be of either sign.
SHORTENS = arranged(SingularValue(A * B, 1) < 1, "A B shortens", _short)


@cache
def _near() -> tuple[Derivation, dict[Any, Any], Any]:
    """Both pairs at rest, and what their difference solves."""
    base, n = setting().begin()
    at = base.branch()
    m = at.define(M, P + Q - P * Q, "M = I - AB, what one turn takes from W's error")
    rest = at.define_solution(
        w_inf,
        equation(w_inf, move(move(w_inf, S_U, eta_U, u_star), S_W, eta_W, w_star)),
        "W's weights that a turn of the linear pair leaves as they are",
        cites=MOVE,
    )
    moved = move(w_near, S_U, eta_U, u_star) + r_U
    near = at.define_solution(
        w_near,
        equation(w_near, move(moved, S_W, eta_W, w_star) + r_W),
        "W's weights that a turn with both errors leaves as they are",
        cites=MOVE,
    )
    pushed = A * Q * u_star + P * w_star
    rules = (m, n[A], n[P], n[Q])
    rest = at.restate(rest, M * w_inf, pushed, *rules, reason="collect what depends on the weights")
    near = at.restate(near, M * w_near, pushed + A * r_U + r_W, *rules, reason="collect them here as well")
    apart = at.combine(near, rest, -1, reason="subtract: the targets cancel")
    apart = at.restate(apart, M * (w_near - w_inf), r_W + A * r_U, reason="what is left are the errors")
    return at, n | {M: m}, apart


@derives("softmax-plateau.M", "softmax-plateau.shift", "softmax-plateau.u", "softmax-plateau.bound")
def softmax_plateau() -> list[Formula]:
    """Errors of both layers move the plateau by what a turn does not take away of them."""
    base, n, apart = _near()
    turn = base.identity(M, I - A * B, n[M], n[A], n[B], reason="multiply out I - (I - P)(I - Q)")
    at = base.branch()
    exists = at.infer(Invertible(M), turn, reason="a map that shortens takes no vector to itself")
    found = [conclude(at, "softmax-plateau.M", "One state of rest", exists, assumptions=(SHORTENS,))]
    at = base.branch()
    solved = at.multiply(Inverse(M), apart, reason="M is invertible")
    shift = at.restate(solved, w_near - w_inf, Inverse(M) * (r_W + A * r_U), reason="where the errors lead")
    found.append(
        conclude(at, "softmax-plateau.shift", "How far W's plateau moves", shift, assumptions=(invertible(M),))
    )
    at = base.branch()
    linear = at.define(u_rest, move(w_inf, S_U, eta_U, u_star), "the linear U answers", cites=MOVE)
    other = at.define(u_near, move(w_near, S_U, eta_U, u_star) + r_U, "the other U answers", cites=MOVE)
    both = at.combine(other, linear, -1, reason="subtract: the target cancels")
    both = at.restate(
        both, u_near - u_rest, B * (w_near - w_inf) + r_U, n[B], n[Q], reason="a part of W's shift, and U's error"
    )
    both = at.linear(
        u_near - u_rest,
        B * Inverse(M) * (r_W + A * r_U) + r_U,
        (I, both, Identity(1)),
        (B, at.multiply(Inverse(M), apart, reason="M is invertible"), Identity(1)),
        reason="insert W's shift",
    )
    found.append(conclude(at, "softmax-plateau.u", "How far U's moves", both, assumptions=(invertible(M),)))
    at = base.branch()
    left = at.restate(
        apart,
        w_near - w_inf - A * B * (w_near - w_inf),
        r_W + A * r_U,
        n[M],
        n[A],
        n[B],
        reason="M leaves what a turn does not give back",
    )
    bound = at.infer(
        Norm(w_near - w_inf) <= (Norm(r_W) + SingularValue(A, 1) * Norm(r_U)) / (1 - SingularValue(A * B, 1)),
        left,
        reason="Neumann series, and the triangle inequality",
    )
    found.append(
        conclude(
            at,
            "softmax-plateau.bound",
            "A bound from the errors alone",
            bound,
            value=bound.rhs,
            sign=r"\le",
            lhs=bound.lhs,
            assumptions=(SHORTENS,),
        )
    )
    return found
