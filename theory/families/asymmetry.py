"""Asymmetric convergence: when one agent alone reaches its target, and what the other is left with.

Source: section 6.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sympy import Inverse, MatrixSymbol, Rational

from theory.derivation.assumptions import arranged, invertible, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.derivation.sources import ABSTRACTS_1_3
from theory.errors import SingularError
from theory.families.convergence import INSIDE, common_kernel, idle, spectra, split_off, step_matrices
from theory.families.dynamics import GRAMS, MOVE, e_inf, f_inf, fixed_point, move, setting, unfolding
from theory.families.equilibrium import SETTLES, solved
from theory.language.nodes import Contracts, Norm, Vanishes
from theory.language.predicates import Iff
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
    eta_U,
    named,
    u_inf,
    u_star,
    w_inf,
    w_star,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

loss = named(MatrixSymbol("victim_loss", 1, 1), r"L_U(u_\infty)")


CONTRACTS = next(a for a in SETTLES if isinstance(a.says, Contracts))


def _resting(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw steps inside and outside the box, pushes that vanish or not, and a state of rest."""
    if drawer.random is not None:
        spectra(*((INSIDE, INSIDE) if drawer.random.random() < 0.6 else (BOLD, EXACT)))(drawer, values)
    unit = Dense.eye(values["S_W"].shape[0], drawer.domain)
    P, Q = (values[f"S_{agent}"].scale(values[f"eta_{agent}"]) for agent in "WU")
    w_star, gap, takes = values["w_star"], values["u_star"] - values["w_star"], P + Q - P @ Q
    if drawer.random is None:
        # With free symbols there is one state of rest.
        with suppress(SingularError):
            values["w_inf"] = w_star + takes.inverse() @ ((unit - P) @ (Q @ gap))
        return
    blind = drawer.random.choice([None, (unit - P) @ Q, (unit - Q) @ P])
    if blind is not None:
        gap = gap - blind.pinv() @ (blind @ gap)
        values["u_star"] = w_star + gap
    rest = takes.pinv() @ ((unit - P) @ (Q @ gap))
    values["w_inf"] = w_star + rest + (unit - takes.pinv() @ takes) @ values["w_inf"]


# Eigenvalues of a step outside the box, and of one close enough to an exact step to make up for it.
BOLD, EXACT = ("5/2", 3, "1/2", 0), ("9/10", 1, "11/10")
AT_REST = relation(equation(w_inf, u_inf - P * (u_inf - w_star)), "w_inf at rest")
SETTLED = (*GRAMS, arranged(CONTRACTS.says, CONTRACTS.name, _resting), AT_REST)


def _at_rest() -> tuple[Derivation, dict[str, Any]]:
    """A state of rest, with what one turn takes from both residuals and how little it does to the common kernel."""
    at, n = setting().begin()
    u_line = at.define(u_inf, move(w_inf, S_U, eta_U, u_star), "where U's move leads from there", cites=MOVE)
    w_line = at.assume(AT_REST.says, "and W's move leads back")
    e_line, f_line = at.define(e_inf, w_inf - w_star, "W's residual"), at.define(f_inf, u_inf - u_star, "U's residual")
    m, nn = at.define(M, P + Q - P * Q, "M = I - AB"), at.define(N, P + Q - Q * P, "N = I - BA")
    rules = (f_line, e_line, *unfolding(n))
    f_of_e = at.restate(u_line, f_inf, B * (e_inf - Delta), *rules, reason="U's residual in terms of W's")
    e_of_f = at.restate(w_line, e_inf, A * (f_inf + Delta), *rules, reason="W's residual in terms of U's")
    e_cleared = at.restate(
        at.substitute_right(e_of_f, f_of_e, reason="insert U's residual into W's"),
        M * e_inf,
        A * Q * Delta,
        m,
        n[A],
        n[B],
        reason="collect e: I - AB = M and A - AB = AQ",
    )
    f_cleared = at.restate(
        at.substitute_right(f_of_e, e_of_f, reason="insert W's residual into U's"),
        N * f_inf,
        -B * P * Delta,
        nn,
        n[A],
        n[B],
        reason="collect f: I - BA = N and BA - B = -BP",
    )
    kernel, moves = common_kernel(at), step_matrices(at, n)
    still = idle(at, kernel, [(1, Pi, P), (1, Pi, Q)], [*moves.values()])
    return at, {
        "e-cleared": e_cleared,
        "f-cleared": f_cleared,
        "frozen": [
            at.identity(letter * Pi, 0 * letter, line, *still, reason="nothing moves there")
            for letter, line in ((M, m), (N, nn))
        ],
        "rules": split_off(at, n, kernel, still),
        "still": still,
        "M": m,
        "N": nn,
        "n": n,
    }


@derives("one-sided-iff.e", "one-sided-iff.e-push", "one-sided-iff.f", "one-sided-iff.f-push")
def one_sided_iff() -> list[Formula]:
    """An agent's residual vanishes off the common kernel exactly when the push on it does."""
    base, results = _at_rest()
    out = []
    for i, (who, letter, residual, sign, push, turn) in enumerate(
        (
            ("e", M, e_inf, 1, A * Q * Delta, A * B * (I - Pi)),
            ("f", N, f_inf, -1, B * P * Delta, B * A * (I - Pi)),
        )
    ):
        at, agent = base.branch(), "WU"[i]
        cleared, frozen = results[f"{who}-cleared"], results["frozen"][i]
        backward = at.restate(
            cleared,
            sign * push,
            letter * (I - Pi) * residual,
            frozen,
            reason="the push is recovered from the residual off the common kernel",
        )
        recovered = conclude(
            at.branch(),
            f"one-sided-iff.{who}-push",
            f"The push on {agent}, from its residual",
            backward,
            assumptions=(*GRAMS, arranged(AT_REST.says, AT_REST.name, _resting)),
        )
        contracts = at.assume(CONTRACTS.says, "the turn contracts off the common kernel")
        if who == "f":
            contracts = at.infer(
                Contracts(turn), contracts, *results["rules"], reason="BA is the transpose of AB, and splits as it does"
            )
        unit = at.inverse(I - turn, contracts, reason="so it has no eigenvalue 1 there")
        forward = at.linear(
            (I - Pi) * residual,
            sign * Inverse(I - turn) * push,
            (-I, unit, (I - Pi) * residual),
            (Inverse(I - turn), cleared, I),
            (-Inverse(I - turn), frozen, residual),
            rules=(results[str(letter)], *results["rules"], results["n"][A], results["n"][B], *results["still"]),
            reason="the residual off the common kernel is recovered from the push",
        )
        criterion = at.decide(
            Vanishes(push, Norm(Delta)), forward, backward, reason="so the residual is zero iff the push is"
        )
        out += [
            conclude(
                at,
                f"one-sided-iff.{who}",
                f"When {agent} succeeds",
                criterion,
                says=Iff(Vanishes((I - Pi) * residual), criterion),
                assumptions=SETTLED,
                source=ABSTRACTS_1_3,
            ),
            recovered,
        ]
    return out


def _blind_to_the_gap(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Choose the targets so that their gap lies in the kernel of the victim's Gram."""
    gram = values["S_U"]
    unit = Dense.eye(gram.shape[0], drawer.domain)
    gap = values["u_star"] - values["w_star"]
    values["u_star"] = values["w_star"] + (unit - gram.pinv() @ gram) @ gap


BLIND = arranged(equation(S_U * Delta, 0 * Delta), "S_U Delta zero", _blind_to_the_gap)


@derives(
    "kernel-condition",
    "kernel-condition.pull",
    "kernel-condition.wins",
    "kernel-condition.alone",
    "kernel-condition.victim-loss",
)
def kernel_condition() -> list[Formula]:
    """With invertible A: W succeeds exactly when the victim's prompt is blind to the gap."""
    base, results = solved()
    at = base.branch()
    pull = at.restate(
        at.multiply(Inverse(A), results["e-cleared"], reason="A is invertible"),
        Q * Delta,
        Inverse(A) * M * e_inf,
        reason="the victim's pull, recovered from W's residual",
    )
    seen = at.restate(
        pull,
        S_U * Delta,
        Inverse(A) * M * e_inf / eta_U,
        setting().define[Q],
        factor=eta_U,
        reason="what the victim sees of the gap",
    )
    criterion = at.decide(
        Vanishes(S_U * Delta, Norm(S_U * u_star) + Norm(S_U * w_star)),
        seen,
        reason="W's residual is zero iff the victim's Gram annihilates the gap",
    )
    needs = (invertible(M), invertible(A))
    found = [
        conclude(
            at,
            "kernel-condition",
            "The victim is blind to the gap",
            criterion,
            says=Iff(Vanishes(e_inf), criterion),
            assumptions=needs,
            source=ABSTRACTS_1_3,
        ),
        conclude(
            at,
            "kernel-condition.pull",
            "The victim's pull on W",
            pull,
            assumptions=needs,
        ),
    ]
    at, names = setting().begin()
    fixed_point(at, names)
    rest = at.define(e_inf, w_inf - w_star, "W's residual")
    at.define(M, P + Q - P * Q, "M = I - AB: where it is invertible there is one fixed point")
    blind = at.assume(equation(S_U * Delta, 0 * Delta), "the victim's prompt is blind to the gap")
    alike = at.restate(blind, S_U * u_star, S_U * w_star, names[Delta], reason="it cannot tell the two targets apart")
    stays = at.identity(
        w_star - Q * (w_star - u_star), w_star, names[Q], alike, reason="so U's move leaves W's target where it is"
    )
    there = at.infer(
        equation(w_inf, w_star), stays, reason="and so does W's: it is a state of rest, of which there is one"
    )
    wins = at.restate(rest, e_inf, 0 * Delta, there, reason="W succeeds")
    found.append(
        conclude(
            at,
            "kernel-condition.wins",
            "Beside a blind victim W succeeds",
            wins,
            assumptions=(invertible(M), BLIND),
            source=ABSTRACTS_1_3,
        )
    )
    at, names = setting().begin()
    _, coupling = fixed_point(at, names)
    m = at.define(M, P + Q - P * Q, "M = I - AB: where it is invertible there is one fixed point")
    blind = at.assume(equation(S_U * Delta, 0 * Delta), "the victim's prompt is blind to the gap")
    wins = at.cite(equation(e_inf, 0 * e_inf), "kernel-condition.wins", reason="the push on W vanishes, W succeeds")
    bias = at.restate(
        at.substitute_right(coupling, wins, reason="W at its target"),
        f_inf,
        -Delta,
        names[B],
        names[Q],
        blind,
        reason="the victim misses by the whole gap, of which its own move takes nothing",
    )
    alone = at.branch()
    seen = alone.restate(
        alone.identity(M * Delta, P * Delta, m, names[Q], blind, reason="M takes from the gap what W takes"),
        P * Delta,
        -M * f_inf,
        bias,
        reason="what W sees of the gap, from the victim's residual",
    )
    criterion = alone.decide(
        Vanishes(S_W * Delta, Norm(S_W * u_star) + Norm(S_W * w_star)),
        seen,
        names[P],
        reason="the victim succeeds as well iff W is blind to the gap too, which leaves no gap at all",
    )
    found.append(
        conclude(
            alone,
            "kernel-condition.alone",
            "W succeeds alone where it sees the gap",
            criterion,
            says=Iff(Vanishes(f_inf), criterion),
            assumptions=(invertible(M), BLIND),
            source=ABSTRACTS_1_3,
        )
    )
    residual = equation(f_inf, u_inf - u_star)
    seen = at.define(
        loss,
        Rational(1, 2) * (u_inf - u_star).T * S_U * (u_inf - u_star),
        "the victim's loss on its own noise-free examples, at rest",
    )
    annihilated = at.identity(
        S_U * f_inf,
        0 * f_inf,
        bias,
        blind,
        reason="which its Gram annihilates",
    )
    state = at.restate(residual, u_inf, u_star + f_inf, reason="where the victim stands")
    zero = at.identity(loss, 0 * loss, seen, state, annihilated, reason="so its own loss is exactly zero")
    found.append(
        conclude(
            at,
            "kernel-condition.victim-loss",
            "The victim cannot see its bias",
            zero,
            says=zero,
            value=seen.rhs,
            lhs=loss,
            assumptions=(invertible(M), BLIND),
        )
    )
    return found


def _at_its_target(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put W where it wants to be."""
    values["w_inf"] = values["w_star"]


SUCCEEDS = arranged(equation(w_inf, w_star), "W succeeds", _at_its_target)


def _undone(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Choose the gap, half of the time, so that W's step undoes what the victim's pull does."""
    if drawer.random is not None and drawer.random.random() < 0.6:
        if drawer.random.random() < 0.7:
            spectra(((1, 1, "1/2", 3)), ("1/2", 2, 0, "-1/3"))(drawer, values)
        unit = Dense.eye(values["S_W"].shape[0], drawer.domain)
        P, Q = (values[f"S_{agent}"].scale(values[f"eta_{agent}"]) for agent in "WU")
        left = (unit - P) @ Q
        gap = values["u_star"] - values["w_star"]
        values["u_star"] = values["u_star"] - left.pinv() @ (left @ gap)


@derives("deadbeat", "deadbeat.push", "victim-bias")
def deadbeat() -> list[Formula]:
    """At finite steps W can also win by undoing the victim's pull; whoever wins, the victim keeps -B Delta."""
    base, results = solved()
    at, n = base.branch(), setting().define
    push = at.identity(
        A * Q * Delta, Q * Delta - P * Q * Delta, n[A], reason="the push on W: the pull, less what W undoes"
    )
    left = at.substitute_right(results["e-cleared"], push, reason="what one turn takes from the residual is the push")
    criterion = at.decide(
        Vanishes(Q * Delta - P * Q * Delta, Norm(Delta)),
        left,
        reason="M is invertible: the residual is zero iff the push is",
    )
    found = [
        conclude(
            at,
            "deadbeat",
            "Winning by an exact step",
            criterion,
            says=Iff(Vanishes(e_inf), criterion),
            assumptions=(arranged(invertible(M).says, invertible(M).name, _undone),),
            source=ABSTRACTS_1_3,
        ),
        conclude(
            at,
            "deadbeat.push",
            "The push on W, and what its step undoes",
            push,
        ),
    ]
    at = setting().chain.branch()
    wins = at.assume(equation(w_inf, w_star), "W rests at its target, by whatever means")
    victim = at.define(u_inf, move(w_inf, S_U, eta_U, u_star), "U moves from there", cites=MOVE)
    residual = at.define(f_inf, u_inf - u_star, "U's residual")
    bias = at.restate(
        victim, f_inf, -B * Delta, residual, wins, n[B], n[Q], n[Delta], reason="the gap, less what one move takes"
    )
    found.append(
        conclude(
            at,
            "victim-bias",
            "What the victim keeps",
            bias,
            assumptions=(SUCCEEDS,),
            source=ABSTRACTS_1_3,
        )
    )
    return found
