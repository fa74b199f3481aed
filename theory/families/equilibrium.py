"""The biased equilibrium: the fixed point of one turn, for invertible and for singular geometries.

Source: section 3.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Inverse, Ne, ZeroMatrix

from theory.derivation.assumptions import Assumption, invertible, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.errors import SingularError
from theory.families.dynamics import GRAMS, e_inf, f_inf, fixed_point, move, setting, unfolding
from theory.language.nodes import Contracts, PseudoInverse
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    B,
    Delta,
    I,
    M,
    N,
    P,
    Pi,
    Q,
    d,
    eta_U,
    eta_W,
    u_inf,
    u_star,
    vector,
    w_0,
    w_inf,
    w_star,
    w_t,
)
from theory.values.dense import Dense
from theory.values.instance import Instance

__all__ = ["SETTLES", "settled", "solved"]

SETTLES: tuple[Assumption, ...] = (
    *GRAMS,
    relation(
        Contracts(A * B * (I - Pi)),
        "AB contracts off the kernel",
        r"the spectral radius of $AB$ on $\mathcal K^\perp$ is below 1",
    ),
)


@cache
def solved(*, ratio: bool = False) -> tuple[Derivation, dict[str, Any]]:
    """Both residuals solved for, with their couplings; M and N invertible."""
    base = setting(ratio=ratio)
    at = base.chain.branch()
    n = base.define
    e_c, f_c = fixed_point(at, n)
    m = at.define(M, P + Q - P * Q, "M = I - AB, what one turn takes from W's error")
    at.identity(M, I - A * B, m, n[A], n[B], reason="multiply out I - (I - P)(I - Q)")
    nn = at.define(N, P + Q - Q * P, "N = I - BA, what one turn takes from U's error")
    at.identity(N, I - B * A, nn, n[A], n[B], reason="multiply out I - (I - Q)(I - P)")
    e_self = at.substitute_right(e_c, f_c, reason="insert U's residual into W's")
    e_self = at.restate(e_self, M * e_inf, A * Q * Delta, m, n[A], n[B], reason="collect e: I - AB = M and A - AB = AQ")
    e = at.multiply(Inverse(M), e_self, reason="M is invertible")
    f_self = at.substitute_right(f_c, e_c, reason="insert W's residual into U's")
    f_self = at.restate(
        f_self, N * f_inf, -B * P * Delta, nn, n[A], n[B], reason="collect f: I - BA = N and BA - B = -BP"
    )
    f = at.multiply(Inverse(N), f_self, reason="N is invertible, because I - BA is when I - AB is")
    aq = at.identity(A * Q, M - P, m, n[A], reason="M - P = Q - PQ = AQ")
    dual = at.substitute_right(e, aq, reason="write the push as what M takes less W's own part")
    return at, {
        "e": e,
        "f": f,
        "e-dual": dual,
        "e-coupling": e_c,
        "f-coupling": f_c,
        "e-cleared": e_self,
        "f-cleared": f_self,
        "M": m,
        "N": nn,
    }


@derives(
    "biased-equilibrium.e",
    "biased-equilibrium.f",
    "biased-equilibrium.e-dual",
    "biased-equilibrium.e-coupling",
    "biased-equilibrium.f-coupling",
)
def biased_equilibrium() -> list[Formula]:
    """One fixed point, at which neither agent is where it wants to be."""
    at, results = solved()
    needs = (invertible(M),)
    text = {
        "e": (
            "W's residual",
            r"If $M = I - AB$ is invertible there is one fixed point; there W's error is $M^{-1}AQ\Delta$.",
        ),
        "f": (
            "U's residual",
            r"If $M$ is invertible then so is $N = I - BA$, and at the fixed point U's error is $-N^{-1}BP\Delta$.",
        ),
        "e-dual": (
            "W's residual, seen from the gap",
            r"W's residual is the whole gap less the part that W wins back, $M^{-1}P\Delta$.",
        ),
        "e-coupling": ("W's residual from U's", r"W's residual is $A(f_\infty + \Delta)$."),
        "f-coupling": ("U's residual from W's", r"U's residual is $B(e_\infty - \Delta)$."),
    }
    out = []
    for part, (title, statement) in text.items():
        result = results[part]
        chain = at.branch()
        if part == "e-coupling":
            result = chain.substitute_right(result, results["f"], reason="insert U's residual")
        if part == "f-coupling":
            result = chain.substitute_right(result, results["e"], reason="insert W's residual")
        out.append(conclude(chain, f"biased-equilibrium.{part}", title, statement, result, assumptions=needs))
    return out


def _limit(at: Instance) -> Any:
    """The state W approaches from ``w_0``: the fixed point of one turn with the frozen part of the start.

    Computed from moves alone: the turn's matrix is probed on a basis, and its fixed-point equation is solved on
    the complement of what it leaves in place.
    """
    size = at.integer(d)

    def turn(state: Dense) -> Dense:
        here = at.with_value(w_t, state)
        return here(move(move(w_t, S_U, eta_U, u_star), S_W, eta_W, w_star))

    unit = Dense.eye(size, at.domain)
    matrix, offset = at.affine_parts(turn, size)
    moving = unit - matrix
    kernel = unit - moving.pinv() @ moving
    state = kernel @ at(w_0) + moving.pinv() @ offset
    if not (turn(state) - state).is_zero:
        raise SingularError("one turn has no fixed point here")
    return state


@cache
def settled() -> tuple[Derivation, dict[str, Any]]:
    """The limit from a given start, for geometries of any rank: both residuals, and the lines that others cite."""
    base = setting()
    at = base.chain.branch()
    n = base.define
    limit = at.define_value(
        w_inf,
        equation(w_inf, move(move(w_inf, S_U, eta_U, u_star), S_W, eta_W, w_star)),
        "the state that the moves approach from w_0: a fixed point of one turn",
        _limit,
    )
    u_limit = at.define(u_inf, move(w_inf, S_U, eta_U, u_star), "U's part of it")
    e_def = at.define(e_inf, w_inf - w_star, "W's residual")
    f_def = at.define(f_inf, u_inf - u_star, "U's residual")
    e_0, f_0 = vector("e_0", "e_0"), vector("f_0", "f_0")
    start = at.define(e_0, w_0 - w_star, "W's error at the start")
    f_start = at.define(f_0, B * (w_0 - u_star), "U's error after its first move")
    m = at.define(M, P + Q - P * Q, "M = I - AB")
    nn = at.define(N, P + Q - Q * P, "N = I - BA")
    kernel = at.define(Pi, I - PseudoInverse(P + Q) * (P + Q), "projector on the common kernel of P and Q")
    plus, n_plus = PseudoInverse(M), PseudoInverse(N)
    e_fixed = at.restate(
        limit,
        M * e_inf,
        A * Q * Delta,
        e_def,
        n[P],
        n[Q],
        n[A],
        n[Delta],
        m,
        *unfolding(n),
        reason="the fixed-point equation for e",
    )
    f_of_e = at.restate(u_limit, f_inf, B * (e_inf - Delta), f_def, e_def, *unfolding(n), reason="U's residual")
    frozen = at.infer(
        equation(Pi * e_inf, Pi * e_0),
        kernel,
        start,
        reason="frozen-kernel: no turn moves the component on the common kernel",
    )
    split = at.infer(
        equation(plus * M, I - Pi),
        m,
        kernel,
        reason="one turn contracts off the common kernel, so it has no eigenvalue 1 there: ker M is the common kernel",
    )
    whole = at.multiply(plus, e_fixed, reason="apply the pseudo-inverse")
    whole = at.substitute(whole, split, reason="M^+ M projects off the common kernel")
    result = at.restate(
        at.substitute(whole, frozen, reason="the component on the common kernel is that of the start"),
        e_inf,
        Pi * e_0 + plus * A * Q * Delta,
        reason="collect e",
    )
    swap = at.identity(N * B, B * M, nn, m, n[B], reason="(I - BA)B = B(I - AB)")
    pushed = at.substitute_right(
        at.multiply(N, f_of_e, reason="multiply by N"), swap, e_fixed, reason="exchange, and insert the equation for e"
    )
    pushed = at.restate(pushed, N * f_inf, -B * P * Delta, m, n[A], reason="BAQ - BM = -BP, because M = P + AQ")
    f_frozen = at.infer(
        equation(Pi * f_inf, Pi * f_0), f_start, f_of_e, frozen, reason="B acts as 1 on the common kernel"
    )
    f_split = at.infer(equation(n_plus * N, I - Pi), nn, kernel, reason="N is the transpose of M")
    f_whole = at.substitute(
        at.multiply(n_plus, pushed, reason="apply the pseudo-inverse"),
        f_split,
        reason="N^+ N projects off the common kernel",
    )
    f_result = at.restate(
        at.substitute(f_whole, f_frozen, reason="the component on the common kernel is that of the start"),
        f_inf,
        Pi * f_0 - n_plus * B * P * Delta,
        reason="collect f",
    )
    return at, {
        "e": result,
        "f": f_result,
        "e-cleared": e_fixed,
        "f-cleared": pushed,
        "e-split": split,
        "f-split": f_split,
        "f-coupling": f_of_e,
        "kernel": kernel,
        "start": start,
    }


@derives("singular-equilibrium.e", "singular-equilibrium.f")
def singular_equilibrium() -> list[Formula]:
    """The limit from a given start when the geometries share a kernel, or are singular in any way."""
    at, results = settled()
    return [
        conclude(
            at.branch(),
            "singular-equilibrium.e",
            "W's residual, any geometries",
            r"For any Gram matrices with which the interaction converges (the step-size box suffices), W's error "
            r"tends to the frozen part of its start plus $M^{+}AQ\Delta$.",
            results["e"],
            assumptions=SETTLES,
            source="this project",
        ),
        conclude(
            at.branch(),
            "singular-equilibrium.f",
            "U's residual, any geometries",
            r"Likewise U's error tends to its frozen part minus $N^{+}BP\Delta$.",
            results["f"],
            assumptions=SETTLES,
            source="this project",
        ),
    ]


@derives("gap-is-shared")
def gap_is_shared() -> list[Formula]:
    """The two residuals share the gap."""
    at, n = setting().begin()
    at.define(u_inf, move(w_inf, S_U, eta_U, u_star), "where U rests while W rests at w_inf: U's move from there")
    e_def = at.define(e_inf, w_inf - w_star, "W's residual")
    f_def = at.define(f_inf, u_inf - u_star, "U's residual")
    shared = at.identity(
        e_inf - f_inf, Delta + (w_inf - u_inf), e_def, f_def, n[Delta], reason="subtract the two residuals"
    )
    return [
        conclude(
            at,
            "gap-is-shared",
            "The residuals share the gap",
            r"The residuals differ by the gap plus the distance $w_\infty - u_\infty$ that is left between the agents, "
            "wherever they rest.",
            shared,
            source="this project",
        )
    ]


@derives("neither-wins.e", "neither-wins.f")
def neither_wins() -> list[Formula]:
    """When both agents see the gap, neither reaches its target."""
    at, results = solved()
    out = []
    for part, push, back, letter, word in (
        ("e", Q * Delta, Inverse(A) * M * e_inf, (A, M), "U"),
        ("f", P * Delta, -Inverse(B) * N * f_inf, (B, N), "W"),
    ):
        chain = at.branch()
        first = results[part]
        undone = chain.multiply(letter[1], first, reason=f"multiply the residual by {letter[1]}")
        undone = chain.multiply(Inverse(letter[0]), undone, reason=f"{letter[0]} is invertible")
        found = chain.restate(undone, push, back, reason=f"{word}'s pull on the gap, recovered from the residual")
        nonzero = chain.infer(
            Ne(e_inf if part == "e" else f_inf, ZeroMatrix(d, 1), evaluate=False),
            found,
            reason="a non-zero pull cannot come from a zero residual",
        )
        out.append(
            conclude(
                chain,
                f"neither-wins.{part}",
                "W does not win" if part == "e" else "U does not win",
                r"If $A$, $B$ are invertible and both agents see the gap ($S_W\Delta \ne 0$, $S_U\Delta \ne 0$), "
                r"both residuals are "
                "non-zero: each pull can be recovered from a residual.",
                found,
                rests_on=(nonzero,),
                assumptions=(
                    invertible(M),
                    invertible(letter[0]),
                    relation(
                        Ne(
                            S_U * (u_star - w_star) if part == "e" else S_W * (u_star - w_star),
                            ZeroMatrix(d, 1),
                            evaluate=False,
                        ),
                        "S_U Delta non-zero" if part == "e" else "S_W Delta non-zero",
                        r"$S_U\Delta \ne 0$" if part == "e" else r"$S_W\Delta \ne 0$",
                    ),
                ),
            )
        )
    return out
