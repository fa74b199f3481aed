"""Which checks by simulated agents belong to the statement of which formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from proofs_check import necessity_others as others
from proofs_check import necessity_pairs as pairs
from proofs_check import necessity_trained as trained

__all__ = ["judges"]

Judge = Callable[[Any, Mapping[str, Any]], str | None]

_REST = (
    "closed-form",
    "biased-equilibrium",
    "linear-in-gap",
    "monotone-in-angle",
    "neither-wins",
    "small-step.e-remainder",
    "small-step.f-remainder",
    "label-attack.e",
    "label-attack.victim",
    "impossibility",
    "gradient-attack.gradient",
    "gradient-attack.step",
)

_JUDGES: tuple[tuple[Judge, tuple[str, ...]], ...] = (
    (pairs.one_rest, _REST),
    (pairs.tends_to_claim, ("singular-equilibrium",)),
    (pairs.residual_is_decided, ("one-sided-iff",)),
    (pairs.convergence_is_decided, ("convergence-iff", "box-not-necessary")),
    (pairs.contracts_in_norm, ("step-size-box.identity",)),
    (pairs.blind_gap_decides, ("kernel-condition", "kernel-condition.pull")),
    (pairs.victim_sees_no_loss, ("kernel-condition.victim-loss",)),
    (pairs.residual_below_gap, ("residual-can-exceed-gap.commuting",)),
    (pairs.attack_is_decided, ("label-attack.feasible",)),
    (pairs.projector_annihilates, ("frozen-kernel.projector",)),
    (pairs.shrinking_steps, ("small-step", "gap-is-shared.small-step")),
    (others.orders_exist, ("small-step.e-remainder", "small-step.f-remainder")),
    (others.lone_agent_rests, ("general-blocks.fixed-point", "general-blocks.bias")),
    (others.joint_loss_is_least, ("consensus",)),
    (others.block_is_best, tuple(f"population-optimum.{x}" for x in ("V31", "joint-V31", "joint-K13"))),
    (others.defect_tells_isotropy, ("population-optimum.key-defect",)),
    (others.one_example_exists, ("one-example-attack",)),
    (others.labels_have_a_largest_step, ("gradient-attack.step",)),
    (others.shift_cancels_the_push, ("blind-attack.e", "blind-attack.z")),
    (others.weight_is_positive, ("blind-attack.weight",)),
    (others.gain_and_step_settle, ("blind-attack.step-bound",)),
    (others.target_is_told, ("detection.target",)),
    (others.cycle_closes, ("mutual-attack",)),
    (others.objective_exists, ("inexact-helper",)),
    (others.errors_shrink_with_a_helper, ("plateau-removed",)),
    (others.turns_are_counted, ("helper-comparison",)),
    (trained.bent_layers_rest_once, ("trained-plateau.w", "trained-plateau.u")),
    (trained.leaking_pair_rests_nearby, ("trained-plateau.shift",)),
    (trained.answers_have_a_least_loss, ("free-layer-optimum.least", "free-layer-optimum.excess")),
    (trained.forgetting_gains, ("free-layer-optimum.forgetful",)),
)

#: Theorems all of whose parts a check speaks of would otherwise reach these, which it does not.
_NOT: dict[Judge, tuple[str, ...]] = {
    others.joint_loss_is_least: ("consensus.parallel-sum",),
    pairs.shrinking_steps: (
        "small-step.e-remainder",
        "small-step.f-remainder",
        "small-step.e-bound",
        "small-step.f-bound",
    ),
    pairs.blind_gap_decides: ("kernel-condition.victim-loss",),
}


def judges(formula: str) -> tuple[Judge, ...]:
    """Return the checks of a formula's statement; a check listed for a theorem serves all of its parts."""
    return tuple(
        judge
        for judge, ids in _JUDGES
        if any(formula == id_ or formula.startswith(id_ + ".") for id_ in ids) and formula not in _NOT.get(judge, ())
    )
