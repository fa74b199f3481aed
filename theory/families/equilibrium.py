"""The biased equilibrium: the fixed point of one turn, for invertible and for singular geometries.

Source: section 3.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Inverse, Ne, ZeroMatrix

from theory.derivation.assumptions import Assumption, arranged, invertible, relation
from theory.derivation.described import Written
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.derivation.sources import ABSTRACTS, THIS
from theory.errors import SingularError
from theory.families.dynamics import GRAMS, MOVE, e_inf, f_inf, fixed_point, move, setting, unfolding
from theory.language.nodes import Contracts, PseudoInverse
from theory.language.predicates import All, Invertible, TendsTo, Unique
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
    u_t,
    vector,
    w_0,
    w_inf,
    w_star,
    w_t,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

__all__ = ["RESTS", "SETTLES", "settled", "solved", "turned"]

SETTLES: tuple[Assumption, ...] = (
    *GRAMS,
    relation(
        Contracts(A * B * (I - Pi)),
        "AB contracts off the kernel",
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
    "biased-equilibrium.unique",
    "biased-equilibrium.N",
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
    titles = {
        "e": "W's residual",
        "f": "U's residual",
        "e-dual": "W's residual, seen from the gap",
        "e-coupling": "W's residual from U's",
        "f-coupling": "U's residual from W's",
    }
    chain = at.branch()
    there = w_inf - Q * (w_inf - u_star)
    rest = chain.infer(
        Unique(w_inf, equation(w_inf, there - P * (there - w_star))),
        results["M"],
        reason="what a turn leaves unchanged solves M(w - w*) = A Q Delta, and M is invertible",
    )
    both = chain.infer(
        Invertible(N),
        results["N"],
        reason="I + B M^-1 A is the inverse of I - BA: because NB = BM and AN = MA",
    )
    out = [
        conclude(
            chain,
            "biased-equilibrium.unique",
            "One state of rest",
            rest,
            rests_on=(results["e"],),
            assumptions=needs,
            source=ABSTRACTS,
        ),
        conclude(
            chain, "biased-equilibrium.N", "N is invertible as well", both, rests_on=(results["e"],), assumptions=needs
        ),
    ]
    for part, title in titles.items():
        result = results[part]
        chain = at.branch()
        if part == "e-coupling":
            result = chain.substitute_right(result, results["f"], reason="insert U's residual")
        if part == "f-coupling":
            result = chain.substitute_right(result, results["e"], reason="insert W's residual")
        source = ABSTRACTS if part in ("e", "f") else THIS
        out.append(conclude(chain, f"biased-equilibrium.{part}", title, result, assumptions=needs, source=source))
    return out


def turned(state: Any, first: tuple[Any, Any] = (Q, u_star), second: tuple[Any, Any] = (P, w_star)) -> Any:
    """Return a state after the two moves of a turn, each towards a target with a step matrix: U's, then W's."""
    moved = state - first[0] * (state - first[1])
    return moved - second[0] * (moved - second[1])


@cache
def settled() -> tuple[Derivation, dict[str, Any]]:
    """The limit from a given start, for geometries of any rank: both residuals, and the lines that others cite."""
    base = setting()
    at = base.chain.branch()
    n = base.define
    e_0, f_0 = vector("e_0", "e_0"), vector("f_0", "f_0")
    start = at.define(e_0, w_0 - w_star, "W's error at the start")
    f_start = at.define(f_0, B * (w_0 - u_star), "U's error after its first move")
    m = at.define(M, P + Q - P * Q, "M = I - AB")
    nn = at.define(N, P + Q - Q * P, "N = I - BA")
    kernel = at.define(Pi, I - PseudoInverse(P + Q) * (P + Q), "projector on the common kernel of P and Q")
    plus, n_plus = PseudoInverse(M), PseudoInverse(N)
    value, u_value = Pi * e_0 + plus * A * Q * Delta, Pi * f_0 - n_plus * B * P * Delta
    end = w_star + value
    limit = at.define_value(w_inf, equation(w_inf, end), "where W's moves lead from w_0", Written(end))
    u_limit = at.define(u_inf, move(w_inf, S_U, eta_U, u_star), "U's part of it", cites=MOVE)
    e_def = at.define(e_inf, w_inf - w_star, "W's residual")
    f_def = at.define(f_inf, u_inf - u_star, "U's residual")
    result = at.restate(limit, e_inf, value, e_def, reason="W's residual there")
    zero = {
        letter: at.cite(
            equation(letter * Pi, 0 * letter), "frozen-kernel.projector", reason="nothing moves on the common kernel"
        )
        for letter in (P, Q)
    }
    p_left, q_left = (at.transpose(line, reason="transpose: both are symmetric") for line in zero.values())
    m_zero = at.identity(M * Pi, 0 * M, m, *zero.values(), reason="so one turn takes nothing away there")
    m_left = at.identity(Pi * M, 0 * M, m, p_left, q_left, reason="and leads nothing into it")
    why = "AB - Pi = AB(I - Pi) has no eigenvalue 1, so M + Pi is invertible, and M M^+ M = M"
    split = at.infer(equation(plus * M, I - Pi), m_zero, m_left, kernel, reason=why)
    image = at.infer(equation(M * plus, I - Pi), m_zero, m_left, kernel, reason=why)
    inside = at.identity(Pi * A * Q, 0 * Q, n[A], p_left, q_left, reason="no push leads into the common kernel")
    e_fixed = at.multiply(M, result, reason="what a turn takes away there")
    e_fixed = at.substitute_right(e_fixed, m_zero, image, inside, reason="M M^+ is 1 on every push: the push itself")
    frozen = at.infer(
        equation(Pi * e_inf, Pi * e_0),
        result,
        split,
        reason="the range of M^+ is off the common kernel: M^+ M M^+ = M^+",
    )
    f_of_e = at.restate(u_limit, f_inf, B * (e_inf - Delta), f_def, e_def, *unfolding(n), reason="U's residual")
    swap = at.identity(N * B, B * M, nn, m, n[B], reason="(I - BA)B = B(I - AB)")
    pushed = at.substitute_right(
        at.multiply(N, f_of_e, reason="multiply by N"), swap, e_fixed, reason="exchange, and insert the equation for e"
    )
    pushed = at.restate(pushed, N * f_inf, -B * P * Delta, m, n[A], reason="BAQ - BM = -BP, because M = P + AQ")
    f_frozen = at.infer(
        equation(Pi * f_inf, Pi * f_0), f_start, f_of_e, frozen, reason="B acts as 1 on the common kernel"
    )
    f_split = at.infer(equation(n_plus * N, I - Pi), nn, kernel, split, reason="N is the transpose of M")
    f_whole = at.substitute(
        at.multiply(n_plus, pushed, reason="apply the pseudo-inverse"),
        f_split,
        reason="N^+ N projects off the common kernel",
    )
    f_result = at.restate(
        at.substitute(f_whole, f_frozen, reason="the component on the common kernel is that of the start"),
        f_inf,
        u_value,
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
    base, results = settled()
    out = []
    for who, agent, state, first, moves in (
        ("e", "W", w_t, w_0, ((S_U, eta_U, u_star, Q), (S_W, eta_W, w_star, P))),
        ("f", "U", u_t, w_0 - Q * (w_0 - u_star), ((S_W, eta_W, w_star, P), (S_U, eta_U, u_star, Q))),
    ):
        at, n = base.branch(), setting().define
        middle, then = (
            vector(f"{who}_middle", f"{'uw'[who == 'f']}_t'"),
            vector(f"{who}_then", f"{state.name[0]}_{{t+1}}"),
        )
        (gram, step, goal, matrix), (own, own_step, own_goal, own_matrix) = moves
        one = at.define(middle, move(state, gram, step, goal), "the other agent moves", cites=MOVE)
        two = at.define(then, move(middle, own, own_step, own_goal), f"{agent} moves", cites=MOVE)
        image = turned(state, (matrix, goal), (own_matrix, own_goal))
        turn = at.restate(two, then, image, one, n[P], n[Q], reason="one turn, with the step matrices")
        result = results[who]
        there = w_star + result.rhs if who == "e" else u_star + result.rhs
        leads = at.infer(
            TendsTo(state, image, first, there),
            turn,
            results[f"{who}-cleared"],
            result,
            reason="a turn leaves that state unchanged; from the start it differs off the common kernel only, where "
            "the powers of a turn die out",
        )
        out.append(
            conclude(
                at,
                f"singular-equilibrium.{who}",
                f"Where {agent} ends, any geometries",
                result,
                says=All(leads, result),
                rests_on=(leads,),
                assumptions=SETTLES,
            )
        )
    return out


@derives("gap-is-shared")
def gap_is_shared() -> list[Formula]:
    """The two residuals share the gap."""
    at, n = setting().begin()
    at.define(u_inf, move(w_inf, S_U, eta_U, u_star), "where U rests while W rests at w_inf", cites=MOVE)
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
            shared,
        )
    ]


def _at_rest(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put W where a turn leaves it, where there is such a state: at any of them."""
    one = Dense.eye(values["S_W"].shape[0], drawer.domain)
    p, q = (values[f"S_{agent}"].scale(values[f"eta_{agent}"]) for agent in "WU")
    gap = values["u_star"] - values["w_star"]
    taken, push = p + q - p @ q, (one - p) @ q @ gap
    try:
        inverse = taken.pinv() if drawer.random else taken.inverse()
    except SingularError:
        return
    values["w_inf"] = values["w_star"] + inverse @ push + (one - inverse @ taken) @ gap


RESTS = arranged(
    equation(w_inf, turned(w_inf)),
    "W rests at w_inf",
    _at_rest,
)


@derives("neither-wins.e", "neither-wins.f", "neither-wins.e-nonzero", "neither-wins.f-nonzero")
def neither_wins() -> list[Formula]:
    """When both agents see the gap, neither reaches its target, wherever they rest."""
    base, n = setting().begin()
    rests = base.assume(RESTS.says, "a turn leaves W where it is")
    other = base.define(u_inf, move(w_inf, S_U, eta_U, u_star), "where U rests then", cites=MOVE)
    e_def = base.define(e_inf, w_inf - w_star, "W's residual")
    f_def = base.define(f_inf, u_inf - u_star, "U's residual")
    m = base.define(M, P + Q - P * Q, "M = I - AB, what one turn takes from W's error")
    nn = base.define(N, P + Q - Q * P, "N = I - BA, what one turn takes from U's error")
    cleared = base.restate(
        rests, M * e_inf, A * Q * Delta, e_def, m, n[A], n[Delta], reason="what a turn takes away it brings back"
    )
    coupled = base.restate(other, f_inf, B * (e_inf - Delta), f_def, e_def, *unfolding(n), reason="U's residual")
    swap = base.identity(N * B, B * M, nn, m, n[B], reason="(I - BA)B = B(I - AB)")
    pushed = base.substitute_right(
        base.multiply(N, coupled, reason="multiply by N"),
        swap,
        cleared,
        reason="exchange, and insert the equation for e",
    )
    pushed = base.restate(pushed, N * f_inf, -B * P * Delta, m, n[A], reason="BAQ - BM = -BP, because M = P + AQ")
    pulls, misses = [], []
    for who, agent, partner in (("e", "W", "U"), ("f", "U", "W")):
        at = base.branch()
        if who == "e":
            residual, letter, push, back = e_inf, A, Q, Inverse(A) * M * e_inf
            step, seen = eta_U, S_U * (u_star - w_star)
        else:
            residual, letter, push, back = f_inf, B, P, -Inverse(B) * N * f_inf
            step, seen = eta_W, S_W * (u_star - w_star)
        undone = at.multiply(Inverse(letter), cleared if who == "e" else pushed, reason=f"{letter} is invertible")
        found = at.restate(undone, push * Delta, back, reason=f"{partner}'s pull on the gap, from the residual")
        gradient = at.restate(
            found, seen, back / step, n[push], n[Delta], factor=step, reason="what its prompt sees of the gap"
        )
        needs = (RESTS, invertible(letter))
        pulls.append(
            conclude(at.branch(), f"neither-wins.{who}", f"{partner}'s pull, recovered", found, assumptions=needs)
        )
        nonzero = at.infer(
            Ne(residual, ZeroMatrix(d, 1), evaluate=False), gradient, reason="a zero residual comes from no pull"
        )
        sees = relation(Ne(seen, ZeroMatrix(d, 1), evaluate=False), f"S_{partner} Delta non-zero")
        misses.append(
            conclude(
                at,
                f"neither-wins.{who}-nonzero",
                f"{agent} does not win",
                nonzero,
                assumptions=(*needs, sees),
                source=ABSTRACTS,
            )
        )
    return [*pulls, *misses]
