"""The adversary: W declares a target that is not its goal, so that the interaction ends where it wants.

W's labels enter its move only through ``P w_declared``; ``s`` is the shift of the declared target from the goal w*.

Source: section 7.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Inverse, MatrixSymbol, ZeroMatrix

from theory.derivation.assumptions import arranged, invertible
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.derivation.sources import ABSTRACT_1
from theory.families.dynamics import (
    MOVE,
    e_inf,
    e_next,
    e_t,
    f_inf,
    move,
    setting,
    u_turn,
    unfolding,
    w_next,
)
from theory.language.nodes import Inner, Norm, PseudoInverse, Vanishes
from theory.language.predicates import All, Iff, Implies, Minimises, RangeWithin, Solvable
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
    w_t,
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
        cites=MOVE,
    )
    u_fixed = at.define(u_inf, middle, "the victim's part of it", cites=MOVE)
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
    if drawer.random is None:
        values["S_U"] = values["S_W"]
    elif drawer.random.randint(0, 1):
        # Any geometries; the gap keeps what the victim does not push out of that range.
        gram, other = values["S_W"], values["S_U"]
        outside = other - gram @ gram.pinv() @ other
        gap = values["u_star"] - values["w_star"]
        values["u_star"] = values["u_star"] - outside.pinv() @ outside @ gap
    else:
        full_rank("S_W")(drawer, values)


def _won(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Choose the shift that leaves no error, half the time."""
    if drawer.random is not None and drawer.random.randint(0, 1):
        full_rank("S_W")(drawer, values)
        step = values["S_W"].scale(values["eta_W"])
        push = values["S_U"].scale(values["eta_U"]) @ (values["u_star"] - values["w_star"])
        values["s"] = push - step.pinv() @ push


@derives(
    "label-attack.e",
    "label-attack.recursion",
    "label-attack.shift",
    "label-attack.feasible",
    "label-attack.victim",
)
def label_attack() -> list[Formula]:
    """The error that a declared target leaves, and the least shift that leaves none."""
    base, lines = attacked()
    needs = (invertible(M),)
    error = conclude(
        base.branch(),
        "label-attack.e",
        "Error of an attacker that declares another target",
        lines["error"],
        assumptions=needs,
    )
    at = base.branch()
    reached = RangeWithin(Q * Delta, P)
    feasible = at.decide(
        Vanishes((I - P * PseudoInverse(P)) * Q * Delta, Norm(Delta)),
        lines["cleared"],
        setting().define[A],
        reason="the error is zero iff Ps = -AQ Delta = PQ Delta - Q Delta, which has a solution iff Q Delta lies in "
        "the range of P",
    )
    decision = conclude(
        at,
        "label-attack.feasible",
        "When an attack can win",
        feasible,
        says=Iff(Solvable(s, equation(e_inf, ZeroMatrix(d, 1))), reached),
        assumptions=needs,
    )
    victim = conclude(
        base.branch(),
        "label-attack.victim",
        "The victim under attack",
        lines["victim"],
        says=All(
            lines["victim"],
            Implies(equation(e_inf, ZeroMatrix(d, 1)), equation(f_inf, -B * Delta)),
        ),
        assumptions=needs,
        arrange=_won,
    )
    return [error, _recursion(), _shift(), decision, victim]


def _recursion() -> Formula:
    """A turn of the attacked pair: the shift adds to the push, the map of the errors stays."""
    at, names = setting().begin()
    goal = at.define(declared, w_star + s, "what W declares by its labels")
    u_move = at.define(u_turn, move(w_t, S_U, eta_U, u_star), "the victim moves", cites=MOVE)
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, declared), "W moves towards what it declared", cites=MOVE)
    now = at.define(e_t, w_t - w_star, "W's error against its goal")
    then = at.define(e_next, w_next - w_star, "W's error a turn later")
    turn = at.restate(
        w_move,
        e_next,
        A * B * e_t + A * Q * Delta + P * s,
        then,
        u_move,
        now,
        goal,
        *unfolding(names),
        reason="the turn of an honest W, and the shift seen through W's geometry",
    )
    return conclude(at, "label-attack.recursion", "A declared target leaves AB as it is", turn)


def _shift() -> Formula:
    """The least shift with which W, at its goal, stays there."""
    at, names = setting().begin()
    best = vector("s_best", r"s^{\star}")
    penrose = [
        at.cite(equation(P * PseudoInverse(P) * P, P), reason="Moore and Penrose"),
        at.cite(equation(PseudoInverse(P) * P * PseudoInverse(P), PseudoInverse(P)), reason="Moore and Penrose"),
    ]
    reached = RangeWithin(Q * Delta, P)
    held = at.assume(reached, "the victim's pull lies in the range of P")
    in_range = at.infer(
        equation(P * PseudoInverse(P) * Q * Delta, Q * Delta), held, reason="P P^+ projects on the range of P"
    )
    chosen = at.define(best, -PseudoInverse(P) * A * Q * Delta, "the least-norm solution of Ps = -AQ Delta")
    through = at.restate(
        at.multiply(P, chosen, reason="see it through the attacker's geometry"),
        P * best,
        -A * Q * Delta,
        names[A],
        penrose[0],
        in_range,
        reason="it does cancel the victim's push",
    )
    lie = at.define(told, w_star + best, "what W declares with this shift")
    u_move = at.define(u_turn, move(w_star, S_U, eta_U, u_star), "the victim moves, W being at its goal", cites=MOVE)
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, told), "W moves towards what it declared", cites=MOVE)
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
    least = at.restate(
        at.multiply(PseudoInverse(P) * P, chosen, reason="project it on the range of P"),
        PseudoInverse(P) * P * best,
        best,
        penrose[1],
        chosen,
        reason="it has no part in the kernel of P, which every other solution adds to it: it is the shortest",
    )
    return conclude(
        at,
        "label-attack.shift",
        "The least shift that wins",
        chosen,
        says=All(stays, Minimises(s, Inner(s, s), best, equation(P * s, -A * Q * Delta))),
        rests_on=(stays, least),
        assumptions=(arranged(reached, "Q Delta in the range of P", _reachable),),
        source=ABSTRACT_1,
    )


@derives("impossibility.error", "impossibility.witness", "impossibility.shift", "impossibility.positive")
def impossibility() -> list[Formula]:
    """Otherwise the least reachable error is a least-squares value, with a witness that certifies it."""
    base, lines = attacked()
    at = base.branch()
    reach = at.define(T, Inverse(M) * P, "what a shift does to the error")
    own = at.define(drift, Inverse(M) * A * Q * Delta, "the error without any shift")
    error = at.restate(lines["error"], e_inf, drift + T * s, reach, own, reason="the error is affine in the shift")
    proof = at.define(witness, (I - T * PseudoInverse(T)) * drift, "the part of it that no shift touches")
    blind = at.infer(
        equation(T.T * witness, ZeroMatrix(d, 1)), proof, reason="it is orthogonal to the range of T (Moore-Penrose)"
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
    bound = Norm(e_inf) >= Norm(witness)
    below = at.infer(
        All(bound, Solvable(s, equation(e_inf, witness))),
        same,
        attained,
        reason="Cauchy-Schwarz: no shift leaves less, and s = -T^+ r leaves exactly this",
    )
    needs = (invertible(M),)
    shift = at.branch()
    best = vector("s_least", r"s^{\circ}")
    nearest = shift.define(best, -PseudoInverse(T) * drift, "the shortest of the shifts that come nearest")
    reached = shift.restate(attained, drift + T * best, witness, nearest, reason="it leaves the witness as the error")
    no_part = at.branch()
    decided = no_part.infer(
        Iff(equation(witness, ZeroMatrix(d, 1)), RangeWithin(Q * Delta, P)),
        proof,
        lines["cleared"],
        setting().define[A],
        reason="r = M^-1 AQ Delta lies in the range of T = M^-1 P iff AQ Delta = Q Delta - PQ Delta lies in that of P",
    )
    return [
        conclude(
            at,
            "impossibility.error",
            "Least error that any declared target reaches",
            below,
            says=below,
            value=Norm(witness),
            lhs=Norm(e_inf),
            sign=r"\ge",
            assumptions=needs,
        ),
        conclude(
            at,
            "impossibility.witness",
            "Certificate of impossibility",
            proof,
            says=All(blind, same),
            rests_on=(same, blind),
            assumptions=needs,
        ),
        conclude(
            shift,
            "impossibility.shift",
            "The shift that comes nearest",
            nearest,
            says=All(reached, Minimises(s, Inner(drift + T * s, drift + T * s), best)),
            rests_on=(reached, error),
            assumptions=needs,
        ),
        conclude(
            no_part,
            "impossibility.positive",
            "Some error is left exactly when no attack wins",
            decided,
            says=decided,
            value=Vanishes((I - P * PseudoInverse(P)) * Q * Delta, Norm(Delta)),
            assumptions=needs,
        ),
    ]
