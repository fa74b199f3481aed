"""The adversary: W declares a target that is not its goal, so that the interaction ends where it wants.

W's labels enter its move only through ``P w_declared``; ``s`` is the shift of the declared target from the goal w*.

Source: section 7.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Inverse, MatrixSymbol

from theory.derivation.assumptions import arranged, invertible
from theory.derivation.formula import THIS, Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.families.dynamics import e_inf, f_inf, move, setting, u_turn, unfolding, w_next
from theory.language.nodes import Norm, PseudoInverse, Vanishes
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
    s,
    u_inf,
    u_star,
    vector,
    w_inf,
    w_star,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer, full_rank

__all__ = ["declared"]

declared = vector("declared", r"\tilde w")
told = vector("declared_best", r"\tilde w^{\star}")
T = named(MatrixSymbol("T_attack", d, d), "T")
drift = vector("r_attack", "r")
witness = vector("witness", r"\zeta")


@cache
def attacked() -> tuple[Derivation, dict[str, Any]]:
    """The fixed point when W declares ``w* + s``: W's error against its goal."""
    at, names = setting().begin()
    goal = at.define(declared, w_star + s, "what W declares by its labels")
    middle = move(w_inf, S_U, eta_U, u_star)
    fixed = at.define_solution(
        w_inf,
        equation(w_inf, move(middle, S_W, eta_W, declared)),
        "a state that one turn, the victim's move then the attacker's, leaves unchanged",
    )
    u_fixed = at.define(u_inf, middle, "the victim's part of it")
    e_def = at.define(e_inf, w_inf - w_star, "the attacker's error against its goal")
    f_def = at.define(f_inf, u_inf - u_star, "the victim's error")
    m = at.define(M, P + Q - P * Q, "M = I - AB")
    unfold = unfolding(names)
    cleared = at.restate(
        fixed,
        M * e_inf,
        A * Q * Delta + P * s,
        e_def,
        goal,
        m,
        *unfold,
        reason="the fixed-point equation: the victim's push, and the attacker's shift seen through its own geometry",
    )
    error = at.multiply(Inverse(M), cleared, reason="M is invertible")
    victim = at.restate(
        u_fixed, f_inf, B * (e_inf - Delta), f_def, e_def, *unfold, reason="the victim's residual, as ever"
    )
    return at, {"cleared": cleared, "error": error, "victim": victim, "M": m}


def _reachable(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Choose the gap so that the victim's pull lies in the range of W's Gram."""
    if drawer.random is not None and drawer.random.randint(0, 1):
        full_rank("S_W")(drawer, values)
    else:
        values["S_U"] = values["S_W"]


@derives("label-attack.e", "label-attack.shift", "label-attack.feasible", "label-attack.victim")
def label_attack() -> list[Formula]:
    """The error that a declared target leaves, and the least shift that leaves none."""
    base, lines = attacked()
    at = base.branch()
    names = setting().define
    needs = (invertible(M),)
    error = conclude(
        at.branch(),
        "label-attack.e",
        "Error of an attacker that declares another target",
        r"If W declares $w^{*} + s$ its error against $w^{*}$ is $M^{-1}(AQ\Delta + Ps)$; the product $AB$, hence "
        r"stability, does not change.",
        lines["error"],
        assumptions=needs,
    )
    feasible = at.decide(
        Vanishes((I - P * PseudoInverse(P)) * Q * Delta, Norm(Delta)),
        lines["cleared"],
        names[A],
        reason="the error is zero iff Ps = -AQ Delta = PQ Delta - Q Delta, which has a solution iff Q Delta lies in "
        "the range of P",
    )
    best = vector("s_best", r"s^{\star}")
    chosen = at.define(best, -PseudoInverse(P) * A * Q * Delta, "the least-norm solution of Ps = -AQ Delta")
    in_range = at.assume(
        equation(P * PseudoInverse(P) * Q * Delta, Q * Delta), "the victim's pull lies in the range of P"
    )
    penrose = at.infer(equation(P * PseudoInverse(P) * P, P), reason="Moore-Penrose")
    through = at.restate(
        at.multiply(P, chosen, reason="see it through the attacker's geometry"),
        P * best,
        -A * Q * Delta,
        names[A],
        penrose,
        in_range,
        reason="it does cancel the victim's push",
    )
    lie = at.define(told, w_star + best, "what W declares with this shift")
    u_move = at.define(u_turn, move(w_star, S_U, eta_U, u_star), "the victim moves, W being at its goal")
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, told), "W moves towards what it declared")
    stays = at.restate(
        w_move,
        w_next,
        w_star + A * Q * Delta + P * best,
        u_move,
        lie,
        names[A],
        names[P],
        names[Q],
        names[Delta],
        reason="the victim's push, and the shift seen through W's geometry",
    )
    stays = at.restate(stays, w_next, w_star, through, reason="W is back at its goal: a state of rest")
    again = at.infer(equation(PseudoInverse(P) * P * PseudoInverse(P), PseudoInverse(P)), reason="Moore-Penrose")
    least = at.restate(
        at.multiply(PseudoInverse(P) * P, chosen, reason="project it on the range of P"),
        PseudoInverse(P) * P * best,
        best,
        again,
        chosen,
        reason="it has no part in the kernel of P, which every other solution adds to it: it is the shortest",
    )
    special = arranged(
        equation(P * PseudoInverse(P) * Q * Delta, Q * Delta),
        "Q Delta in the range of P",
        r"$Q\Delta \in \operatorname{range}(P)$",
        _reachable,
    )
    shift = conclude(
        at.branch(),
        "label-attack.shift",
        "The least shift that wins",
        r"If $Q\Delta \in \operatorname{range}(P)$, declaring $w^{*} + s$ with this least-norm $s$ leaves W at rest at "
        r"its goal: its residual is zero, off the common kernel.",
        chosen,
        rests_on=(stays, least),
        assumptions=(special,),
    )
    decision = conclude(
        at.branch(),
        "label-attack.feasible",
        "When an attack can win",
        r"Some declared target makes W succeed iff $Q\Delta \in \operatorname{range}(P)$.",
        feasible,
        assumptions=needs,
    )
    victim = conclude(
        base.branch(),
        "label-attack.victim",
        "The victim under attack",
        r"The victim's residual is $B(e_\infty - \Delta)$, so $-B\Delta$ when the attack succeeds: victim-bias.",
        lines["victim"],
        assumptions=needs,
        source=THIS,
    )
    return [error, shift, decision, victim]


@derives("impossibility.error", "impossibility.witness")
def impossibility() -> list[Formula]:
    """Otherwise the least reachable error is a least-squares value, with a witness that certifies it."""
    base, lines = attacked()
    at = base.branch()
    reach = at.define(T, Inverse(M) * P, "what a shift does to the error")
    own = at.define(drift, Inverse(M) * A * Q * Delta, "the error without any shift")
    error = at.restate(lines["error"], e_inf, drift + T * s, reach, own, reason="the error is affine in the shift")
    proof = at.define(witness, (I - T * PseudoInverse(T)) * drift, "the part of it that no shift touches")
    blind = at.infer(
        equation(T.T * witness, 0 * witness), proof, reason="it is orthogonal to the range of T (Moore-Penrose)"
    )
    size_seen = at.infer(
        equation(witness.T * drift, witness.T * witness), proof, reason="an orthogonal projector: z^T r = z^T z"
    )
    same = at.identity(
        witness.T * e_inf,
        witness.T * witness,
        error,
        at.transpose(blind, reason="transpose"),
        size_seen,
        reason="for every shift: z^T e = z^T r + (T^T z)^T s",
    )
    attained = at.restate(
        proof, witness, drift - T * PseudoInverse(T) * drift, reason="the error that the shift s = -T^+ r leaves"
    )
    below = at.infer(
        Norm(e_inf) >= Norm(witness),
        same,
        attained,
        reason="Cauchy-Schwarz: no shift leaves less, and s = -T^+ r leaves exactly this",
    )
    needs = (invertible(M),)
    return [
        conclude(
            at,
            "impossibility.error",
            "Least error that any attack reaches",
            "Whatever W declares, its error is at least this; it is positive exactly when no attack succeeds.",
            below,
            value=Norm(witness),
            lhs=Norm(e_inf),
            sign=r"\ge",
            assumptions=needs,
            source=THIS,
        ),
        conclude(
            at,
            "impossibility.witness",
            "Certificate of impossibility",
            r"This vector $\zeta$ satisfies $T^{\mathsf T}\zeta = 0$ and $\zeta^{\mathsf T}e_\infty = |\zeta|^2$ for "
            r"every shift: it proves the bound.",
            proof,
            rests_on=(same,),
            assumptions=needs,
            source=THIS,
        ),
    ]
