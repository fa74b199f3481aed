"""Asymmetric convergence: when one agent alone reaches its target, and what the other is left with.

Source: section 6.
"""

from __future__ import annotations

from sympy import Inverse, MatrixSymbol, Rational

from theory.derivation.assumptions import arranged, invertible
from theory.derivation.formula import THIS, Formula, conclude, derives
from theory.derivation.lines import equation
from theory.families.dynamics import e_inf, f_inf, fixed_point, move, setting
from theory.families.equilibrium import SETTLES, settled, solved
from theory.language.nodes import Norm, PseudoInverse, Vanishes
from theory.language.symbols import S_U, A, B, Delta, I, M, N, P, Pi, Q, eta_U, named, u_inf, u_star, w_inf, w_star
from theory.values.dense import Dense
from theory.values.drawing import Drawer

loss = named(MatrixSymbol("victim_loss", 1, 1), r"L_U(u_\infty)")


@derives("one-sided-iff.e", "one-sided-iff.e-push", "one-sided-iff.f", "one-sided-iff.f-push")
def one_sided_iff() -> list[Formula]:
    """An agent's residual vanishes off the common kernel exactly when the push on it does."""
    base, results = settled()
    out = []
    for who, letter, residual, push, agent, symbol in (
        ("e", M, e_inf, A * Q * Delta, "W", r"AQ\Delta"),
        ("f", N, f_inf, -B * P * Delta, "U", r"BP\Delta"),
    ):
        at = base.branch()
        cleared, split = results[f"{who}-cleared"], results[f"{who}-split"]
        frozen = at.infer(
            equation(letter * Pi, 0 * letter), results["kernel"], reason="frozen-kernel: nothing moves there"
        )
        applied = at.multiply(PseudoInverse(letter), cleared, reason="if the push is zero ...")
        forward = at.restate(
            at.substitute(applied, split, reason="(off the common kernel the pseudo-inverse undoes the matrix)"),
            (I - Pi) * residual,
            PseudoInverse(letter) * push,
            reason="... then so is the residual, off the common kernel",
        )
        backward = at.restate(
            cleared,
            push,
            letter * (I - Pi) * residual,
            frozen,
            reason="conversely the push is recovered from the residual off the common kernel",
        )
        criterion = at.decide(
            Vanishes(push, Norm(Delta)), forward, backward, reason="so the residual is zero iff the push is"
        )
        out += [
            conclude(
                at,
                f"one-sided-iff.{who}",
                f"When {agent} succeeds",
                rf"{agent}'s residual is zero (off $\mathcal K$) iff ${symbol} = 0$.",
                criterion,
                rests_on=(results["start"],),
                assumptions=SETTLES,
            ),
            conclude(
                at,
                f"one-sided-iff.{who}-push",
                f"The push on {agent}, from its residual",
                f"The push on {agent} is recovered from its residual, so that one is zero iff the other is.",
                backward,
                rests_on=(results["start"],),
                assumptions=SETTLES,
                source=THIS,
            ),
        ]
    return out


def _blind_to_the_gap(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Choose the targets so that their gap lies in the kernel of the victim's Gram."""
    gram = values["S_U"]
    unit = Dense.eye(gram.shape[0], drawer.domain)
    gap = values["u_star"] - values["w_star"]
    values["u_star"] = values["w_star"] + (unit - gram.pinv() @ gram) @ gap


BLIND = arranged(equation(S_U * Delta, 0 * Delta), "S_U Delta zero", r"$S_U\Delta = 0$", _blind_to_the_gap)


@derives("kernel-condition", "kernel-condition.pull", "kernel-condition.victim-loss")
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
    criterion = at.decide(
        Vanishes(S_U * Delta, Norm(S_U * u_star) + Norm(S_U * w_star)),
        pull,
        setting().define[Q],
        reason="W's residual is zero iff the victim's Gram annihilates the gap. Then U's is -Delta, and M Delta = "
        "P Delta: it is zero iff W's Gram annihilates the gap as well, which leaves no gap at all",
    )
    needs = (invertible(M), invertible(A))
    found = [
        conclude(
            at,
            "kernel-condition",
            "The victim is blind to the gap",
            r"If $A$ and $M$ are invertible (small steps, no common kernel), W succeeds iff $S_U\Delta = 0$; it alone "
            r"succeeds iff moreover $S_W\Delta \ne 0$, that is $\Delta \ne 0$.",
            criterion,
            assumptions=needs,
        ),
        conclude(
            at,
            "kernel-condition.pull",
            "The victim's pull on W",
            "The victim's pull is zero iff W's residual is.",
            pull,
            assumptions=needs,
            source=THIS,
        ),
    ]
    at, names = setting().begin()
    _, coupling = fixed_point(at, names)
    at.define(M, P + Q - P * Q, "M = I - AB: where it is invertible there is one fixed point")
    blind = at.assume(equation(S_U * Delta, 0 * Delta), "the victim's prompt is blind to the gap")
    residual = equation(f_inf, u_inf - u_star)
    seen = at.define(
        loss,
        Rational(1, 2) * (u_inf - u_star).T * S_U * (u_inf - u_star),
        "the victim's loss on its own noise-free examples, at rest",
    )
    wins = at.cite(equation(e_inf, 0 * e_inf), "kernel-condition: the push on W vanishes, W succeeds")
    bias = at.substitute_right(coupling, wins, reason="victim-bias")
    annihilated = at.identity(
        S_U * f_inf,
        0 * f_inf,
        bias,
        names[B],
        names[Q],
        blind,
        reason="its bias is -B Delta = -Delta, which its Gram annihilates",
    )
    state = at.restate(residual, u_inf, u_star + f_inf, reason="where the victim stands")
    zero = at.identity(loss, 0 * loss, seen, state, annihilated, reason="so its own loss is exactly zero")
    found.append(
        conclude(
            at,
            "kernel-condition.victim-loss",
            "The victim cannot see its bias",
            "Where W wins because the victim is blind to the gap, the victim's loss on its own examples is zero (with "
            "labels that do not fit: the least that its prompt allows).",
            zero,
            value=seen.rhs,
            lhs=loss,
            assumptions=(invertible(M), BLIND),
            source=THIS,
        )
    )
    return found


def _at_its_target(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Put W where it wants to be."""
    values["w_inf"] = values["w_star"]


SUCCEEDS = arranged(equation(w_inf, w_star), "W succeeds", r"W succeeds: $w_\infty = w^{*}$", _at_its_target)


@derives("deadbeat.push", "victim-bias")
def deadbeat() -> list[Formula]:
    """At finite steps W can also win by undoing the victim's pull; whoever wins, the victim keeps -B Delta."""
    at, n = setting().begin()
    push = at.identity(
        A * Q * Delta, Q * Delta - P * Q * Delta, n[A], reason="the push on W: the pull, less what W undoes"
    )
    found = [
        conclude(
            at,
            "deadbeat.push",
            "Winning by an exact step",
            r"The push on W is $Q\Delta - PQ\Delta$: it also vanishes where the victim pulls ($Q\Delta \ne 0$) but "
            r"$PQ\Delta = Q\Delta$: W's step undoes the pull exactly.",
            push,
            source=THIS,
        )
    ]
    at = setting().chain.branch()
    wins = at.assume(equation(w_inf, w_star), "W rests at its target, by whatever means")
    victim = at.define(u_inf, move(w_inf, S_U, eta_U, u_star), "U moves from there: lsa-step with label-noise")
    residual = at.define(f_inf, u_inf - u_star, "U's residual")
    bias = at.restate(
        victim, f_inf, -B * Delta, residual, wins, n[B], n[Q], n[Delta], reason="the gap, less what one move takes"
    )
    found.append(
        conclude(
            at,
            "victim-bias",
            "What the victim keeps",
            r"Whenever W rests at its target, by whatever means, the victim is left with $-B\Delta$.",
            bias,
            assumptions=(SUCCEEDS,),
            source=THIS,
        )
    )
    return found
