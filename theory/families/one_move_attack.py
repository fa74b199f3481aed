"""Attacks that win in a single move: one example along the victim's pull, and two attackers at once.

Source: section 7.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Inverse, MatrixSymbol, Ne, Rational, ZeroMatrix

from theory.derivation.assumptions import invertible, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import equation
from theory.families.dynamics import move, setting, u_turn, w_next
from theory.language.nodes import Inner, Norm
from theory.language.symbols import S_U, S_W, Delta, I, P, Q, d, eta_U, eta_W, named, u_star, vector, w_star
from theory.values.drawing import full_rank


@derives("one-example-attack.gram", "one-example-attack.input")
def one_example_attack() -> list[Formula]:
    """One in-context example along the victim's pull suffices."""
    at = setting().chain.branch()
    pull = vector("pull", "q")
    gram, chosen = named(MatrixSymbol("S_one", d, d), r"S_W^{\star}"), vector("x_one", r"x^{\star}")
    own = at.define(pull, Q * Delta, "the victim's pull")
    line = at.define(gram, pull * pull.T / (eta_W * Inner(pull, pull)), "the Gram of one example x = q/(|q| sqrt(eta))")
    size_one = at.infer(
        equation(eta_W * gram * pull, pull), own, line, reason="its step matrix is the projector on q: it keeps q"
    )
    nothing = at.restate(
        size_one, (I - eta_W * gram) * Q * Delta, 0 * Delta, own, reason="so the push on W vanishes: deadbeat"
    )
    x = pull / (Norm(pull) * eta_W ** Rational(1, 2))
    pulls = relation(
        Ne(S_U * (u_star - w_star), ZeroMatrix(d, 1), evaluate=False), "Q Delta non-zero", r"$Q\Delta \ne 0$"
    )
    needs = (pulls,)
    return [
        conclude(
            at,
            "one-example-attack.gram",
            "The geometry of a one-example attack",
            r"With this Gram (one example along the victim's pull $q = Q\Delta \ne 0$) $P$ is the projector on $q$ "
            r"and the push on W vanishes. For $0 \prec Q \prec 2I$ the interaction converges from every start, and W "
            r"succeeds exactly; where $Q$ is singular it succeeds off the common kernel.",
            line,
            rests_on=(nothing,),
            assumptions=needs,
        ),
        conclude(
            at,
            "one-example-attack.input",
            "The one example",
            r"The input of that example; its label is $\langle x, w^{*}\rangle$: an honest label.",
            size_one,
            rests_on=(nothing,),
            value=x,
            lhs=chosen,
            sign=":=",
            assumptions=needs,
        ),
    ]


@derives("mutual-attack.w", "mutual-attack.u")
def mutual_attack() -> list[Formula]:
    """Both attack: a 2-cycle in which each wins on its own turn."""
    at, names = setting().begin()
    goal_w, goal_u = vector("declared_w", r"\tilde w"), vector("declared_u", r"\tilde u")
    w_line = at.define(goal_w, u_star - Inverse(P) * Delta, "W declares what takes it from u* to w* in one move")
    u_line = at.define(goal_u, w_star + Inverse(Q) * Delta, "U declares what takes it from w* to u* in one move")
    u_move = at.define(u_turn, move(w_star, S_U, eta_U, goal_u), "U moves from w*")
    u_move = at.restate(u_move, u_turn, w_star - Q * (w_star - goal_u), names[Q], reason="write U's move with Q")
    lands_u = at.restate(
        at.substitute_right(u_move, u_line, reason="insert what it declares"),
        u_turn,
        u_star,
        names[Delta],
        reason="U stands exactly on its target",
    )
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, goal_w), "W moves from there")
    w_move = at.restate(w_move, w_next, u_turn - P * (u_turn - goal_w), names[P], reason="write W's move with P")
    lands_w = at.restate(
        at.substitute_right(w_move, lands_u, w_line, reason="insert where U stands and what W declares"),
        w_next,
        w_star,
        names[Delta],
        reason="and W exactly on its own: the cycle closes, and they never agree",
    )
    needs = (replace(invertible(P), arrange=full_rank("S_W", "S_U")), invertible(Q))
    return [
        conclude(
            at,
            "mutual-attack.w",
            "What W declares in a mutual attack",
            r"With this target and U's, $w_t = w^{*}$ and $u_t = u^{*}$ for ever: each wins on its own turn, and they "
            r"never agree. Declared targets leave $AB$ alone: where the interaction converges this cycle is its limit.",
            w_line,
            rests_on=(lands_w, lands_u),
            assumptions=needs,
        ),
        conclude(
            at,
            "mutual-attack.u",
            "What U declares in a mutual attack",
            "U's part of the 2-cycle.",
            u_line,
            rests_on=(lands_w, lands_u),
            assumptions=needs,
        ),
    ]
