"""Evidence for section 6: who succeeds alone, decided by formulas and by simulated agents.

Both sides of every equivalence are drawn: gaps that an agent is blind to, pulls that are undone exactly, and neither.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, LSAAgent, Prompt, label_attack
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import (
    blind_to_gap,
    declaring,
    has_equilibrium,
    is_invertible,
    linear_part,
    number,
    pair_converges,
    scalar_agent,
    seen,
    targeted,
    undoing,
    wanted_target,
)
from proofs_check.instruments.at_rest import Inputs, array, pair, settles
from proofs_check.instruments.geometries import Pair
from proofs_check.instruments.rationals import exactly, ints, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, PAIR, THIRD, two
from proofs_check.proving.facts import Regular
from proofs_check.proving.specification import FROZEN, SQUARES, Spec
from theory.derivation.assumptions import below, invertible, psd, relation
from theory.derivation.lines import equation
from theory.derivation.sources import ABSTRACT_1
from theory.families.asymmetry import BLIND
from theory.families.dynamics import e_inf
from theory.families.equilibrium import RESTS, turned
from theory.language.nodes import Inner, Norm, Vanishes
from theory.language.predicates import Implies
from theory.language.symbols import S_U, S_W, B, Delta, M, P, Q, X, n, s, u_inf, u_star, w_inf, w_star, y

__all__ = ["THEOREMS"]

ONE_AXIS = [[1, 0], [0, 0]]


def blind_victim_with_noise() -> Case:
    """Labels that no weight fits: the victim's loss is at its least, and the least is not zero."""
    X, labels = ints([1, 0], [1, 0]), ints(0, 2)
    victim = LSAAgent(Prompt(X, labels), number(Fraction(1, 2)))
    attacker = declaring(ints([1, 0], [0, 1]), ints(1, 1), 1)
    pair = Interaction(attacker, victim)
    found = pair.equilibrium()
    loss = victim.prompt.loss(found.u)
    return Case(
        {"X_U": X, "y_U": labels, "w*": ints(1, 1), "u*": victim.target, "loss at rest": loss},
        [
            Relation("the pair converges from every start", bool(pair.converges()), True),
            Relation("the victim is blind to the gap", X @ (victim.target - ints(1, 1)), 0),
            Relation("W succeeds", found.residual_w, 0),
            Relation("the victim does not", found.residual_u, 0, "!="),
            Relation("its loss is the least of its prompt", loss, victim.prompt.loss(victim.target)),
            Relation("which is not zero", loss, Fraction(1, 2)),
        ],
    )


def attack_spares() -> Case:
    """Two overshooting agents: the honest equilibrium is far from both, the attack brings the victim close."""
    p = Fraction(19, 10)
    honest, victim = scalar_agent(p, 0), scalar_agent(p, 1)
    attack = label_attack(victim, ints([1]), ints(0), step_size=number(p))
    before = Interaction(honest, victim).equilibrium()
    after = Interaction(attack.agent, victim).equilibrium()
    return Case(
        {"p": p, "q": p, "Delta": 1},
        [
            Relation("both pairs converge", bool(before.converges) and bool(after.converges), True),
            Relation("the attacker succeeds", after.w, 0),
            Relation("the victim misses its target by 9 beside an honest agent", square(before.residual_u), 81),
            Relation("and by 9/10 beside the attacker", square(after.residual_u), Fraction(81, 100)),
        ],
    )


def undone_pull() -> Case:
    """Two prompts with one axis: W's step undoes all of the pull, and the other axis keeps what the start had."""
    X = ints([1, 0])
    attacker, victim = declaring(X, ints(0, 0), 1), declaring(X, ints(1, 1), 1)
    pair = Interaction(attacker, victim)
    start = ints(7, 3)
    run = pair.simulate(start, 3, method="attention")
    pulled = victim.update(ints(0, 0))
    return Case(
        {"X_W": X, "X_U": X, "w*": ints(0, 0), "u*": ints(1, 1), "start": start, "end": run.w_last},
        [
            pair_converges(pair),
            Relation("the victim pulls W off its target", pulled, ints(1, 0)),
            Relation("W's move from there leads back to it", attacker.update(pulled), ints(0, 0)),
            Relation("from the start W is led here", run.w[1], ints(0, 3)),
            Relation("where it stays", run.w[2], run.w[1]),
        ],
    )


def blind_gap_decides(formula: Any, x: Inputs) -> str | None:
    """W succeeds iff the victim's Gram matrix annihilates the gap."""
    both = pair(x)
    end = settles(both.turn, array(x["w_0"]))
    if isinstance(end, str):
        return None
    error, pull = end - both.w_star, both.Q @ both.gap
    if error.any() == pull.any():
        return None
    return f"W rests with error {show(error)}, the victim's pull is {show(pull)}"


def undone_pull_decides(formula: Any, x: Inputs) -> str | None:
    """W succeeds iff its own move takes the victim's pull back, from its target."""
    both = pair(x)
    end = settles(both.turn, array(x["w_0"]))
    if isinstance(end, str):
        return None
    error, push = end - both.w_star, both.turn.update(both.w_star) - both.w_star
    if error.any() == push.any():
        return None
    return f"W rests with error {show(error)}, a turn from its target ends off it by {show(push)}"


def unseen_gap_decides(formula: Any, x: Inputs) -> str | None:
    """The victim succeeds iff W's Gram matrix annihilates the gap."""
    both = pair(x)
    end = settles(both.turn_of_u, both.u.update(array(x["w_0"])))
    if isinstance(end, str):
        return None
    error, pull = end - both.u_star, both.P @ both.gap
    if error.any() == pull.any():
        return None
    return f"the victim rests with error {show(error)}, W's pull is {show(pull)}"


def victim_sees_no_loss(formula: Any, x: Inputs) -> str | None:
    """At rest the victim's own loss is zero."""
    both = pair(x)
    end = settles(both.turn_of_u, both.u.update(array(x["w_0"])))
    if isinstance(end, str):
        return None
    error = end - both.u_star
    loss = error @ array(x["S_U"]) @ error / 2
    return f"the victim rests with loss {loss}" if loss != 0 else None


def _one_sided_pair(rng: np.random.Generator) -> Pair:
    """Draw a pair, inside the box or not, in which one agent may well succeed, or both, or none."""
    pair, kind = targeted(rng, inside=bool(rng.random() < 0.6)), rng.random()
    if kind < 0.3:
        pair = blind_to_gap(rng, pair)
    elif kind < 0.6:
        pair = undoing(rng, pair, Fraction(1)) or pair
    return pair.swapped() if rng.random() < 0.5 else pair


def _at_rest(pair: Pair, start: Array) -> tuple[Array, Array, Array]:
    """Return the simulated equilibrium w of a start, and both residuals."""
    found = pair.interaction.equilibrium(start, w_star=pair.w_star, u_star=pair.u_star)
    return found.w, found.residual_w, found.residual_u


def _one_sided(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = _one_sided_pair(rng)
    inputs = pair.arguments()
    if not pair.interaction.converges():
        return Case(pair.shown(), [])
    w, e, f = _at_rest(pair, pair.w_0)
    both = np.concatenate([pair.X_W, pair.X_U])
    # A whole turn that starts on one's own target ends off it by the push of the other agent.
    push_w = pair.agent_w.update(pair.agent_u.update(inputs["w_star"])) - inputs["w_star"]
    push_u = pair.agent_u.update(pair.agent_w.update(inputs["u_star"])) - inputs["u_star"]
    relations = []
    for part, residual, push in (("e", e, push_w), ("f", f, push_u)):
        decided = bool(formulas[f"one-sided-iff.{part}"].exact(**inputs))
        off_kernel = seen(both, residual)
        relations += [
            Relation(f"{part}: criterion = the simulated residual is zero", decided, not np.any(off_kernel != 0)),
            Relation(f"{part}: criterion = the target survives a turn", decided, not np.any(push != 0)),
            Relation(
                f"{part}: push recovered from the residual = push of the agents",
                exactly(formulas[f"one-sided-iff.{part}-push"], inputs | {"w_inf": w}),
                push,
            ),
        ]
    return Case(pair.shown(), relations)


def _kernel(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = targeted(rng, full_rank=bool(rng.random() < 0.3))
    pair = pair.swapped() if rng.random() < 0.5 else pair
    if rng.random() < 0.5:
        pair = blind_to_gap(rng, pair)
    d, inputs = pair.d, pair.arguments()
    # A and B are what one layer leaves of a difference of inputs.
    leaves = (linear_part(agent.update, d) for agent in (pair.agent_w, pair.agent_u))
    if not (all(map(is_invertible, leaves)) and has_equilibrium(pair)):
        return Case(pair.shown(), [])
    w, e, f = _at_rest(pair, zeros(d))
    blind = bool(formulas["kernel-condition"].exact(**inputs))
    gap = inputs["u_star"] - inputs["w_star"]
    loss = exactly(formulas["kernel-condition.victim-loss"], inputs | {"w_inf": w})
    relations = [
        Relation("criterion = W succeeds", blind, not np.any(e != 0)),
        Relation(
            "criterion and a W that sees the gap = W alone succeeds",
            blind and bool(np.any(pair.X_W @ gap != 0)),
            not np.any(e != 0) and bool(np.any(f != 0)),
        ),
        Relation(
            "pull recovered from W's residual = the victim's move from w*",
            exactly(formulas["kernel-condition.pull"], inputs | {"w_inf": w}),
            pair.agent_u.update(inputs["w_star"]) - inputs["w_star"],
        ),
        Relation(
            "loss formula = the victim's loss on its own examples", loss, pair.agent_u.prompt.loss(f + inputs["u_star"])
        ),
    ]
    if blind:
        relations += [
            Relation("a victim blind to the gap sees no loss", loss, 0),
            Relation("beside it W succeeds: formula", exactly(formulas["kernel-condition.wins"], inputs | {"d": d}), e),
            Relation(
                "W sees the gap iff the victim does not succeed",
                bool(formulas["kernel-condition.alone"].exact(**inputs)),
                not np.any(f != 0),
            ),
        ]
    return Case(pair.shown(), relations)


def _deadbeat(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Undo the pull exactly, or not quite: W succeeds in the first case only."""
    shares = [Fraction(1), Fraction(1), Fraction(1, 2), Fraction(3, 2), Fraction(9, 10)]
    share = shares[int(rng.integers(len(shares)))]
    drawn = targeted(rng, full_rank=bool(rng.random() < 0.7))
    pair = undoing(rng, drawn, share)
    if pair is None or not has_equilibrium(pair):
        return Case(drawn.shown(), [])
    inputs = pair.arguments()
    pushed = pair.agent_u.update(inputs["w_star"])
    push = exactly(formulas["deadbeat.push"], inputs)
    _, e, _ = _at_rest(pair, zeros(pair.d))
    return Case(
        pair.shown() | {"share undone": share},
        [
            Relation("the victim pulls", pushed, inputs["w_star"], "!="),
            Relation("push formula = what a turn does to w*", push, pair.agent_w.update(pushed) - inputs["w_star"]),
            Relation("the push vanishes = all of the pull is undone", not np.any(push != 0), share == 1),
            Relation("W succeeds = all of the pull is undone", not np.any(e != 0), share == 1),
            Relation("criterion = W succeeds", bool(formulas["deadbeat"].exact(**inputs)), not np.any(e != 0)),
        ],
    )


def _won(rng: np.random.Generator) -> Pair | None:
    """Draw a pair in which W succeeds: a blind victim, an undone pull, or labels that declare another target."""
    pair = targeted(rng, full_rank=bool(rng.random() < 0.6))
    kind = rng.integers(3)
    if kind == 0:
        return blind_to_gap(rng, pair)
    if kind == 1:
        return undoing(rng, pair, Fraction(1))
    inputs = pair.arguments()
    declared = wanted_target(pair.X_W, pair.eta_W, pair.agent_u.update(inputs["w_star"]), inputs["w_star"])
    if declared is None:
        return None
    return Pair(pair.X_W, pair.X_W @ declared, *(getattr(pair, name) for name in _UNCHANGED))


_UNCHANGED = ("X_U", "y_U", "eta_W", "eta_U", "w_0", "w_star", "u_star")


def _bias(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = _won(rng)
    if pair is None or not has_equilibrium(pair):
        return Case({}, [])
    inputs = pair.arguments()
    _, e, f = _at_rest(pair, zeros(pair.d))
    honest = declaring(pair.X_U, inputs["u_star"], pair.eta_U)
    return Case(
        pair.shown() | {"goal": inputs["w_star"]},
        [
            Relation("W succeeds", e, zeros(pair.d)),
            Relation("the victim's residual = formula", exactly(formulas["victim-bias"], inputs), f),
            Relation("which is where its layer moves from w*", f + inputs["u_star"], honest.update(inputs["w_star"])),
        ],
    )


#: What the moves say of the two residuals at rest.
COUPLED = ("f_inf = B (e_inf - Delta)", "e_inf = A (f_inf + Delta)")
#: The inverse of what a turn takes off the common kernel; that of U's turn is its transpose.
REGULAR = (Regular("A B (1 - Pi)", "regular"),)

#: W's move when its labels declare another target than its goal w*.
DECLARED = P, w_star + s

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "one-sided-iff",
        evidence=(Exact(_one_sided, share=0.5),),
        certificate=(
            Spec(
                "one-sided-iff.f",
                claim="(1 - Pi) B A = B A (1 - Pi)",
                part="transposed",
                facts=SQUARES,
                lines=(*FROZEN, "A Pi = Pi", "B Pi = Pi", "Pi A = Pi", "Pi B = Pi"),
            ),
            *(
                spec
                for e, m, push, cleared, turn, regular in (
                    ("e", "M", "A Q Delta", "M e_inf = A Q Delta", "A B", "regular"),
                    ("f", "N", "-B P Delta", "N f_inf = -B P Delta", "B A", "regular'"),
                )
                for spec in (
                    Spec(f"one-sided-iff.{e}-push", facts=SQUARES, lines=(*COUPLED, cleared, *FROZEN)),
                    Spec(f"one-sided-iff.{e}", "only if", uses=(f"one-sided-iff.{e}-push",)),
                    Spec(f"one-sided-iff.{e}", claim=f"{m} {e}_inf = {push}", part=f"residual {e}", lines=COUPLED),
                    Spec(
                        f"one-sided-iff.{e}",
                        claim=f"(1 - {turn} (1 - Pi)) (1 - Pi) {e}_inf = {m} {e}_inf",
                        part=f"off the kernel {e}",
                        facts=SQUARES,
                        lines=(
                            *FROZEN,
                            "A Pi = Pi",
                            "B Pi = Pi",
                            "Pi Pi = Pi",
                            f"{turn} Pi = Pi",
                            f"{turn} (1 - Pi) (1 - Pi) = {turn} - Pi",
                            f"(1 - {turn} (1 - Pi)) (1 - Pi) {e}_inf = {e}_inf - {turn} {e}_inf",
                            f"{e}_inf - {turn} {e}_inf = {m} {e}_inf",
                        ),
                    ),
                    Spec(
                        f"one-sided-iff.{e}",
                        "if",
                        facts=REGULAR,
                        uses=(
                            f"one-sided-iff.{e}/residual {e}",
                            f"one-sided-iff.{e}/off the kernel {e}",
                            *(("one-sided-iff.f/transposed",) if e == "f" else ()),
                        ),
                        lines=(
                            f"{m} {e}_inf = 0",
                            f"(1 - {turn} (1 - Pi)) (1 - Pi) {e}_inf = 0",
                            f"{regular} (1 - {turn} (1 - Pi)) (1 - Pi) {e}_inf = 0",
                            f"{regular} (1 - {turn} (1 - Pi)) = 1",
                            f"{regular} (1 - {turn} (1 - Pi)) (1 - Pi) {e}_inf = (1 - Pi) {e}_inf",
                        ),
                    ),
                )
            ),
        ),
        needed=(
            # M = 4 and nothing is frozen, but P + Q = 0 calls everything frozen: the residual that counts is zero.
            Needed(("e", "e-push", "f", "f-push"), "S_W psd", two(-2, 2, w_inf=[Fraction(3, 2)])),
            Needed(("e", "e-push", "f", "f-push"), "S_U psd", two(2, -2, w_inf=[Fraction(1, 2)])),
            # M = 0 and no gap: every state is at rest, and no push says which.
            Needed(("e", "f"), "AB contracts off the kernel", two(2, 2, 0, w_inf=[1])),
            Needed(("e", "e-push", "f", "f-push"), "w_inf at rest", two(HALF, HALF, 0, w_inf=[1])),
        ),
    ),
    Theorem(
        "kernel-condition",
        evidence=(Exact(_kernel, share=0.6),),
        certificate=(
            Spec("kernel-condition.pull"),
            Spec(
                "kernel-condition",
                "only if",
                lines=(
                    "Q Delta = A_inv M e_inf",
                    "Q Delta = 0",
                    "eta_U S_U Delta = 0",
                    "eta_U_inv eta_U S_U Delta = 0",
                ),
            ),
            Spec(
                "kernel-condition",
                "if",
                lines=("M e_inf = A Q Delta", "M_inv M e_inf = 0"),
            ),
            Spec(
                "kernel-condition.wins",
                lines=("Q Delta = 0", "M e_inf = Q Delta - P Q Delta", "M e_inf = 0", "M_inv M e_inf = 0"),
            ),
            Spec(
                "kernel-condition.alone",
                claim="f_inf = -Delta",
                part="misses by the gap",
                uses=("kernel-condition.wins",),
                lines=("f_inf = B (e_inf - Delta)", "f_inf = -B Delta"),
            ),
            Spec(
                "kernel-condition.alone",
                "if",
                uses=("kernel-condition.alone/misses by the gap",),
                lines=("Q Delta = 0", "P Delta = 0", "M Delta = 0", "M_inv M Delta = 0"),
            ),
            Spec("kernel-condition.alone", "only if", uses=("kernel-condition.alone/misses by the gap",)),
            Spec(
                "kernel-condition.victim-loss",
                uses=("kernel-condition.wins",),
                lines=("f_inf = B (e_inf - Delta)", "f_inf = -B Delta", "S_U f_inf = 0"),
            ),
        ),
        needed=(
            Needed(("", "pull", "wins"), "M invertible", two(2, 2, 0, w_0=[1]), (blind_gap_decides,)),
            Needed(("alone",), "M invertible", two(2, 2, 0, w_0=[1]), (unseen_gap_decides,)),
            Needed(("victim-loss",), "M invertible", two(2, 2, 0, w_0=[1]), (victim_sees_no_loss,)),
            Needed(("", "pull"), "A invertible", two(1, HALF, w_0=[1]), (blind_gap_decides,)),
            Needed(("wins",), "S_U Delta zero", two(HALF, HALF, w_0=[1])),
            Needed(("alone",), "S_U Delta zero", two(HALF, 1, w_0=[1])),
            Needed(("victim-loss",), "S_U Delta zero", two(1, HALF, w_0=[1]), (victim_sees_no_loss,)),
        ),
        unneeded=(Unneeded(("pull", "wins", "alone", "victim-loss", ""), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "blind-victim-sees-no-loss",
                "kernel-condition.victim-loss without a word on the labels: a victim whose prompt is blind to the gap "
                "ends with no loss on its own examples",
                blind_victim_with_noise,
                "x_U = (1, 0) twice with labels 0 and 2: the loss at rest is 1/2, the least of its prompt",
                says=equation(Inner(X * u_inf - y, X * u_inf - y) / (2 * n), 0),
                given=(
                    relation(equation(S_U, X.T * X / n), "the victim's prompt"),
                    relation(equation(S_U * u_star, X.T * y / n), "its target fits its labels best"),
                    invertible(M),
                    BLIND,
                ),
                of="kernel-condition.victim-loss",
                inputs={
                    "X": [[1, 0], [1, 0]],
                    "y": [0, 2],
                    "S_U": ONE_AXIS,
                    "eta_U": HALF,
                    "u_star": [1, 0],
                    "S_W": [[HALF, 0], [0, HALF]],
                    "eta_W": 1,
                    "w_star": [1, 1],
                },
            ),
        ),
    ),
    Theorem(
        "deadbeat",
        evidence=(Exact(_deadbeat, share=0.6),),
        certificate=(
            Spec("deadbeat", "if", lines=("M e_inf = A Q Delta", "M e_inf = 0", "M_inv M e_inf = 0")),
            Spec("deadbeat", "only if", lines=("M e_inf = A Q Delta", "A Q Delta = 0")),
            Spec("deadbeat.push"),
        ),
        needed=(Needed(("",), "M invertible", two(2, 2, 0, w_0=[1]), (undone_pull_decides,)),),
        unneeded=(Unneeded(("", "push"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "deadbeat-without-regularity",
                "deadbeat without a word on M",
                undone_pull,
                "P = Q = diag(1, 0), w* = 0, u* = (1, 1): all of the pull is undone, yet from (7, 3) W ends at (0, 3)",
                says=Implies(equation(P * Q * Delta, Q * Delta), Vanishes(e_inf)),
                given="one-sided-iff.e",
                of="one-sided-iff.e",
                inputs={
                    "S_W": ONE_AXIS,
                    "S_U": ONE_AXIS,
                    "eta_W": 1,
                    "eta_U": 1,
                    "w_star": [0, 0],
                    "u_star": [1, 1],
                    "w_inf": [0, 3],
                },
            ),
        ),
    ),
    Theorem(
        "victim-bias",
        evidence=(Exact(_bias, share=0.6),),
        certificate=(Spec("victim-bias"),),
        needed=(Needed(("",), "W succeeds", two(HALF, HALF, w_inf=[THIRD])),),
        claims=(
            Claim(
                "attacks-harm",
                f"reading of {ABSTRACT_1}: a successful attack leaves the victim worse off than an honest agent would",
                attack_spares,
                "p = q = 19/10: the victim misses its target by 9 beside an honest agent, by 9/10 beside the attacker",
                says=Norm(B * (w_inf - u_star)) <= Norm(B * (w_star - u_star)),
                given=(
                    *(below(step, 2) for step in (P, Q)),
                    invertible(M),
                    RESTS,
                    relation(
                        equation(w_star, turned(w_star, second=DECLARED)),
                        "W reaches its goal",
                    ),
                ),
                of=PAIR,
                inputs=two(Fraction(19, 10), Fraction(19, 10), w_inf=[-9], s=[Fraction(9, 10)]),
            ),
        ),
    ),
)
