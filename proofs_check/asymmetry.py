"""Evidence for section 6: who succeeds alone, decided by formulas and by simulated agents.

Both sides of every equivalence are drawn: gaps that an agent is blind to, pulls that are undone exactly, and neither.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofs_check.compare import Relation
from proofs_check.derivation import Derivation
from proofs_check.dynamics import invertible
from proofs_check.evidence import Case, Exact, Formulas
from proofs_check.geometries import Pair
from proofs_check.ledger import Theorem
from proofs_check.rewriting import (
    blind_to_gap,
    declaring,
    has_equilibrium,
    linear_part,
    seen,
    targeted,
    undoing,
    wanted_target,
)
from proofs_check.support import exactly, zeros

__all__ = ["THEOREMS"]

SECTION = "6 asymmetry"
Array = NDArray[Any]


def _one_sided_pair(rng: np.random.Generator) -> Pair:
    """Draw a pair inside the box in which one agent may well succeed, or both, or none."""
    pair, kind = targeted(rng, inside=True), rng.random()
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
    pair = targeted(rng, full_rank=bool(rng.random() < 0.3), inside=True)
    pair = pair.swapped() if rng.random() < 0.5 else pair
    if rng.random() < 0.5:
        pair = blind_to_gap(rng, pair)
    d, inputs = pair.d, pair.arguments()
    # A and B are what one layer leaves of a difference of inputs.
    leaves = (linear_part(agent.update, d) for agent in (pair.agent_w, pair.agent_u))
    if not (all(map(invertible, leaves)) and has_equilibrium(pair)):
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
        relations.append(Relation("a victim blind to the gap sees no loss", loss, 0))
    return Case(pair.shown(), relations)


def _deadbeat(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Undo the pull exactly, or not quite: W succeeds in the first case only."""
    shares = [Fraction(1), Fraction(1), Fraction(1, 2), Fraction(3, 2), Fraction(9, 10)]
    share = shares[int(rng.integers(len(shares)))]
    drawn = targeted(rng, full_rank=bool(rng.random() < 0.7), inside=True)
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


ONE_SIDED = ("one-sided-iff.e", "one-sided-iff.e-push", "one-sided-iff.f", "one-sided-iff.f-push")
KERNEL = ("kernel-condition", "kernel-condition.pull", "kernel-condition.victim-loss")
THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "one-sided-iff",
        SECTION,
        "Off the common kernel: e_inf = 0 iff AQ Delta = 0, and f_inf = 0 iff BP Delta = 0.",
        ONE_SIDED,
        (Derivation(ONE_SIDED), Exact(_one_sided, share=0.5)),
    ),
    Theorem(
        "kernel-condition",
        SECTION,
        "A, B invertible: W alone succeeds iff S_U Delta = 0 != S_W Delta; if its labels fit, the victim sees no loss.",
        KERNEL,
        (Derivation(KERNEL), Exact(_kernel, share=0.6)),
    ),
    Theorem(
        "deadbeat",
        SECTION,
        "W also succeeds where the victim pulls but PQ Delta = Q Delta: its step undoes the pull exactly.",
        ("deadbeat.push",),
        (Derivation(("deadbeat.push",)), Exact(_deadbeat, share=0.6)),
    ),
    Theorem(
        "victim-bias",
        SECTION,
        "Whenever e_inf = 0, by whatever means, f_inf = -B Delta.",
        ("victim-bias",),
        (Derivation(("victim-bias",)), Exact(_bias, share=0.6)),
    ),
)
