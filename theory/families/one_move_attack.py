"""Attacks that win in a single move: one example along the victim's pull, and two attackers at once.

Source: section 7.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from sympy import Inverse, MatrixSymbol, Ne, Rational, ZeroMatrix

from theory.derivation.assumptions import below, invertible, psd, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.families.dynamics import MOVE, e_inf, move, setting, u_turn, unfolding, w_next
from theory.language.nodes import Contracts, Inner, Norm, PseudoInverse
from theory.language.predicates import All, Projector, TendsTo
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    B,
    Delta,
    I,
    M,
    P,
    Pi,
    Q,
    d,
    eta_U,
    eta_W,
    named,
    u_star,
    vector,
    w_0,
    w_inf,
    w_star,
    w_t,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer, full_rank

pull = vector("pull", "q")
gram = named(MatrixSymbol("S_one", d, d), r"S_W^{\star}")
chosen = vector("x_one", r"x^{\star}")


@cache
def _armed() -> tuple[Derivation, dict[str, Any]]:
    """The pair in which W holds one example along the victim's pull."""
    at = Derivation()
    q_line = at.define(Q, eta_U * S_U, "U's step times its Gram matrix")
    gap = at.define(Delta, u_star - w_star, "the gap between the objectives")
    own = at.define(pull, Q * Delta, "the victim's pull")
    line = at.define(gram, pull * pull.T / (eta_W * Inner(pull, pull)), "the Gram of one example x = q/(|q| sqrt(eta))")
    armed = at.define(S_W, gram, "W holds this example and no other")
    p_line = at.define(P, eta_W * S_W, "W's step times its Gram matrix")
    a_line = at.define(A, I - P, "what W's move leaves of W's error")
    b_line = at.define(B, I - Q, "what U's move leaves of U's error")
    names = {P: p_line, Q: q_line, A: a_line, B: b_line, Delta: gap}
    return at, {"own": own, "gram": line, "armed": armed, "names": names}


@derives("one-example-attack.gram", "one-example-attack.input", "one-example-attack.e", "one-example-attack.limit")
def one_example_attack() -> list[Formula]:
    """One in-context example along the victim's pull suffices."""
    chain, lines = _armed()
    at = chain.branch()
    size_one = at.infer(
        equation(eta_W * gram * pull, pull),
        lines["own"],
        lines["gram"],
        reason="its step matrix is the projector on q: it keeps q",
    )
    nothing = at.restate(
        size_one, (I - eta_W * gram) * Q * Delta, 0 * Delta, lines["own"], reason="so the push on W vanishes"
    )
    pulls = relation(Ne(pull, ZeroMatrix(d, 1), evaluate=False), "Q Delta non-zero")
    alone = at.branch()
    example = alone.define(
        chosen, pull / (Norm(pull) * eta_W ** Rational(1, 2)), "the victim's pull, scaled to what W's step asks for"
    )
    seen = alone.infer(
        equation(chosen * chosen.T, gram), example, lines["gram"], reason="|x|^2 = 1/eta_W: the Gram of this example"
    )
    out = [
        conclude(
            at,
            "one-example-attack.gram",
            "The geometry of a one-example attack",
            lines["gram"],
            says=All(Projector(eta_W * gram), nothing),
            rests_on=(nothing,),
            assumptions=(pulls,),
        ),
        conclude(
            alone,
            "one-example-attack.input",
            "The one example",
            example,
            says=seen,
            rests_on=(seen,),
            assumptions=(pulls,),
        ),
    ]
    n = lines["names"]
    middle = move(w_inf, S_U, eta_U, u_star)
    fixed = at.define_solution(
        w_inf,
        equation(w_inf, move(middle, S_W, eta_W, w_star)),
        "a state that one turn, U's move then W's, leaves unchanged",
        cites=MOVE,
    )
    error = at.define(e_inf, w_inf - w_star, "W's residual")
    m = at.define(M, P + Q - P * Q, "M = I - AB, what one turn takes from W's error")
    cleared = at.restate(fixed, M * e_inf, A * Q * Delta, error, m, *unfolding(n), reason="collect the residual")
    away = at.restate(nothing, A * Q * Delta, 0 * Delta, n[A], n[P], lines["armed"], reason="W undoes the push")
    solved = at.multiply(
        Inverse(M),
        cleared,
        reason="M x = 0 needs P x = 0 and Q x = P Q x, so that <x, Q x> = 0: M is invertible, as Q > 0",
    )
    still = at.restate(solved, e_inf, 0 * Delta, away, reason="no push is left")
    out.append(
        conclude(
            at,
            "one-example-attack.e",
            "W rests at its goal",
            solved,
            says=still,
            rests_on=(still,),
            assumptions=(pulls, psd(S_U), replace(invertible(Q), arrange=full_rank("S_U"))),
        )
    )
    out.append(_limit(chain, pulls))
    return out


def _limit(chain: Derivation, pulls: Any) -> Formula:
    """From every start the pair ends at W's goal, but for what neither agent ever moves."""
    at = chain.branch()
    kernel = at.define(Pi, I - PseudoInverse(P + Q) * (P + Q), "orthogonal projector on the common kernel")
    end = at.define(w_inf, w_star + Pi * (w_0 - w_star), "W's goal, and the part of the start that nothing moves")
    there = w_t - Q * (w_t - u_star)
    turn = there - P * (there - w_star)
    tends = at.infer(
        TendsTo(w_t, turn, w_0, w_inf),
        kernel,
        end,
        reason="W undoes the push, and a turn contracts off the common kernel, P being a projector",
    )
    return conclude(
        at,
        "one-example-attack.limit",
        "From every start W ends at its goal, but for what nothing moves",
        end,
        says=tends,
        rests_on=(tends,),
        assumptions=(pulls, replace(psd(S_U), arrange=_stepping), below(Q, 2)),
    )


def _stepping(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let the victim step beyond its bound, or as far as that, in every direction; now and then."""
    if drawer.random is not None and not drawer.random.randint(0, 2):
        values["S_U"] = Dense.eye(values["S_U"].shape[0], drawer.domain)
        values["eta_U"] = drawer.pick(1, 2, 3)


@derives("mutual-attack.w", "mutual-attack.u", "mutual-attack.cycle", "mutual-attack.limit")
def mutual_attack() -> list[Formula]:
    """Both attack: a 2-cycle in which each wins on its own turn."""
    base, names = setting().begin()
    goal_w, goal_u = vector("declared_w", r"\tilde w"), vector("declared_u", r"\tilde u")
    needs_w = replace(invertible(P), arrange=full_rank("S_W"))
    needs_u = replace(invertible(Q), arrange=full_rank("S_U"))
    both = (replace(invertible(P), arrange=full_rank("S_W", "S_U")), invertible(Q))

    def lands(at: Derivation, who: str, start: Any, *rules: Any, reason: str) -> tuple[Any, Any]:
        """One attacker declares and moves from a state to its own goal; returns both lines."""
        declared, gram, eta, step, end, own, other, inverse = (
            (goal_w, S_W, eta_W, P, w_next, w_star, u_star, -Inverse(P))
            if who == "w"
            else (goal_u, S_U, eta_U, Q, u_turn, u_star, w_star, Inverse(Q))
        )
        line = at.define(
            declared, other + inverse * Delta, "what takes it from the other's goal to its own in one move"
        )
        moved = at.define(end, move(start, gram, eta, declared), f"{who.upper()} moves", cites=MOVE)
        moved = at.restate(moved, end, start - step * (start - declared), names[step], reason="write the move short")
        return line, at.restate(moved, end, own, line, *rules, names[Delta], reason=reason)

    out = []
    for who, start, needs in (("w", u_star, needs_w), ("u", w_star, needs_u)):
        at = base.branch()
        line, there = lands(at, who, start, reason="it stands exactly on its own goal")
        title = f"What {who.upper()} declares in a mutual attack"
        out.append(
            conclude(at, f"mutual-attack.{who}", title, line, says=there, rests_on=(there,), assumptions=(needs,))
        )
    at = base.branch()
    _, lands_u = lands(at, "u", w_star, reason="U stands exactly on its goal")
    _, closes = lands(at, "w", u_turn, lands_u, reason="and W on its own: the cycle closes")
    apart = at.restate(lands_u, u_turn - w_next, Delta, closes, names[Delta], reason="a whole gap lies between them")
    out.append(
        conclude(
            at,
            "mutual-attack.cycle",
            "Each wins on its own turn, for ever",
            apart,
            says=All(lands_u, closes, apart),
            rests_on=(lands_u, closes),
            assumptions=both,
        )
    )
    there = w_t - Q * (w_t - goal_u)
    turn = there - P * (there - goal_w)
    contracts = relation(Contracts(A * B), "AB contracts")
    end = at.define(w_inf, w_star, "where W ends")
    tends = at.infer(
        TendsTo(w_t, turn, w_0, w_inf),
        closes,
        end,
        reason="declared targets leave AB as it is: the distance from the cycle is multiplied by AB every turn",
    )
    out.append(
        conclude(
            at,
            "mutual-attack.limit",
            "The cycle is where the pair ends",
            end,
            says=tends,
            rests_on=(tends,),
            assumptions=(*both, contracts),
        )
    )
    return out
