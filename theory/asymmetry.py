"""Asymmetric convergence: when one agent alone reaches its target, and what the other is left with.

Source: section 6.
"""

from __future__ import annotations

from sympy import Inverse, MatrixSymbol, Rational

from theory.assumptions import arranged, invertible
from theory.dense import Dense
from theory.derivation import equation
from theory.drawing import Drawer
from theory.dynamics import GRAMS, I, e_inf, f_inf, setting
from theory.equilibrium import SETTLES, settled, solved
from theory.formula import Formula, conclude, derives
from theory.nodes import Norm, PseudoInverse, Vanishes
from theory.symbols import S_U, A, B, Delta, M, N, P, Pi, Q, named, u_inf, u_star, w_star

THIS = "this project"
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


BLIND = arranged(r"$S_U\Delta = 0$", equation(S_U * Delta, 0 * Delta), _blind_to_the_gap)


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
        reason="W's residual is zero iff the victim's Gram annihilates the gap; by role-swap U's is zero iff W's "
        "Gram does",
    )
    needs = (*GRAMS, invertible(M), invertible(A))
    found = [
        conclude(
            at,
            "kernel-condition",
            "The victim is blind to the gap",
            r"If $A$ and $B$ are invertible (small steps), W alone succeeds iff $S_U\Delta = 0$ and $S_W\Delta \ne 0$.",
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
    at = base.branch()
    blind = at.assume(equation(S_U * Delta, 0 * Delta), "the victim's prompt is blind to the gap")
    seen = at.define(
        loss,
        Rational(1, 2) * (u_inf - u_star).T * S_U * (u_inf - u_star),
        "the victim's loss on its own noise-free examples, at rest",
    )
    wins = at.infer(equation(e_inf, 0 * e_inf), blind, results["e"], reason="the push on W vanishes: W succeeds")
    bias = at.substitute_right(results["f-coupling"], wins, reason="victim-bias")
    annihilated = at.infer(
        equation(S_U * f_inf, 0 * f_inf),
        bias,
        blind,
        reason="its bias is -B Delta = -Delta, which its Gram annihilates",
    )
    zero = at.infer(equation(loss, 0 * loss), seen, annihilated, reason="so its own loss is exactly zero")
    found.append(
        conclude(
            at,
            "kernel-condition.victim-loss",
            "The victim cannot see its bias",
            "Where W wins because the victim is blind to the gap, the victim's loss on its own examples is zero.",
            zero,
            value=seen.rhs,
            lhs=loss,
            assumptions=(*GRAMS, invertible(M), BLIND),
            source=THIS,
        )
    )
    return found


def _deadbeat(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Choose W's Gram as the projector on the victim's pull, with unit step: W undoes the pull exactly."""
    pull = (values["S_U"] @ (values["u_star"] - values["w_star"])).scale(values["eta_U"])
    if pull.is_zero:
        return
    values["S_W"] = (pull @ pull.transpose()).scale((pull.transpose() @ pull).inverse())
    values["eta_W"] = Dense.full((1, 1), 1, drawer.domain)


DEADBEAT = arranged(r"$PQ\Delta = Q\Delta$", equation(P * Q * Delta, Q * Delta), _deadbeat)


@derives("deadbeat.push", "victim-bias")
def deadbeat() -> list[Formula]:
    """At finite steps W can also win by undoing the victim's pull; whoever wins, the victim keeps -B Delta."""
    base, results = solved()
    at = base.branch()
    n = setting().define
    push = at.identity(
        A * Q * Delta, Q * Delta - P * Q * Delta, n[A], reason="the push on W: the pull, less what W undoes"
    )
    undone = at.assume(equation(P * Q * Delta, Q * Delta), "W's step undoes the victim's pull exactly")
    nothing = at.substitute_right(push, undone, reason="nothing is left of the push")
    found = [
        conclude(
            at,
            "deadbeat.push",
            "Winning by an exact step",
            r"The push on W is $Q\Delta - PQ\Delta$: it also vanishes where the victim pulls ($Q\Delta \ne 0$) but "
            r"$PQ\Delta = Q\Delta$.",
            push,
            rests_on=(nothing,),
            assumptions=(*GRAMS, DEADBEAT),
            source=THIS,
        )
    ]
    at = base.branch()
    wins = at.assume(equation(e_inf, 0 * e_inf), "W succeeds, by whatever means")
    bias = at.substitute_right(results["f-coupling"], wins, reason="insert W's success into U's residual")
    found.append(
        conclude(
            at,
            "victim-bias",
            "What the victim keeps",
            r"Whenever W succeeds, the victim is left with $-B\Delta$.",
            bias,
            assumptions=(*GRAMS, invertible(M), DEADBEAT),
            source=THIS,
        )
    )
    return found
