"""Which checks by simulated agents belong to the statement of which formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from proofs_check.families import trained_pair as trained
from proofs_check.families.asymmetry import blind_gap_decides, residual_is_decided, victim_sees_no_loss
from proofs_check.families.blind_attack import gain_and_step_settle, shift_cancels_the_push, weight_is_positive
from proofs_check.families.consensus import joint_loss_is_least
from proofs_check.families.convergence import contracts_in_norm, convergence_is_decided
from proofs_check.families.detection import target_is_told
from proofs_check.families.dynamics import projector_annihilates
from proofs_check.families.equilibrium import tends_to_claim
from proofs_check.families.gradient_attack import labels_have_a_largest_step
from proofs_check.families.helper_comparison import turns_are_counted
from proofs_check.families.helper_estimates import objective_exists
from proofs_check.families.label_attack import attack_is_decided
from proofs_check.families.misalignment import residual_below_gap
from proofs_check.families.newton_helper import errors_shrink_with_a_helper
from proofs_check.families.one_agent import lone_agent_rests
from proofs_check.families.one_move_attack import cycle_closes, one_example_exists
from proofs_check.families.population import block_is_best, defect_tells_isotropy
from proofs_check.families.small_step import orders_exist, shrinking_steps
from proofs_check.families.trained_optimum import answers_have_a_least_loss, forgetting_gains
from proofs_check.instruments import at_rest as pairs

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
    (tends_to_claim, ("singular-equilibrium",)),
    (residual_is_decided, ("one-sided-iff",)),
    (convergence_is_decided, ("convergence-iff", "box-not-necessary")),
    (contracts_in_norm, ("step-size-box.identity",)),
    (blind_gap_decides, ("kernel-condition", "kernel-condition.pull")),
    (victim_sees_no_loss, ("kernel-condition.victim-loss",)),
    (residual_below_gap, ("residual-can-exceed-gap.commuting",)),
    (attack_is_decided, ("label-attack.feasible",)),
    (projector_annihilates, ("frozen-kernel.projector",)),
    (shrinking_steps, ("small-step", "gap-is-shared.small-step")),
    (orders_exist, ("small-step.e-remainder", "small-step.f-remainder")),
    (lone_agent_rests, ("general-blocks.fixed-point", "general-blocks.bias")),
    (joint_loss_is_least, ("consensus",)),
    (block_is_best, tuple(f"population-optimum.{x}" for x in ("V31", "joint-V31", "joint-K13"))),
    (defect_tells_isotropy, ("population-optimum.key-defect",)),
    (one_example_exists, ("one-example-attack",)),
    (labels_have_a_largest_step, ("gradient-attack.step",)),
    (shift_cancels_the_push, ("blind-attack.e", "blind-attack.z")),
    (weight_is_positive, ("blind-attack.weight",)),
    (gain_and_step_settle, ("blind-attack.step-bound",)),
    (target_is_told, ("detection.target",)),
    (cycle_closes, ("mutual-attack",)),
    (objective_exists, ("inexact-helper",)),
    (errors_shrink_with_a_helper, ("plateau-removed",)),
    (turns_are_counted, ("helper-comparison",)),
    (trained.bent_layers_rest_once, ("trained-plateau.w", "trained-plateau.u")),
    (trained.leaking_pair_rests_nearby, ("trained-plateau.shift",)),
    (answers_have_a_least_loss, ("free-layer-optimum.least", "free-layer-optimum.excess")),
    (forgetting_gains, ("free-layer-optimum.forgetful",)),
)

#: Theorems all of whose parts a check speaks of would otherwise reach these, which it does not.
_NOT: dict[Judge, tuple[str, ...]] = {
    joint_loss_is_least: ("consensus.parallel-sum",),
    shrinking_steps: (
        "small-step.e-remainder",
        "small-step.f-remainder",
        "small-step.e-bound",
        "small-step.f-bound",
    ),
    blind_gap_decides: ("kernel-condition.victim-loss",),
}


def judges(formula: str) -> tuple[Judge, ...]:
    """Return the checks of a formula's statement; a check listed for a theorem serves all of its parts."""
    return tuple(
        judge
        for judge, ids in _JUDGES
        if any(formula == id_ or formula.startswith(id_ + ".") for id_ in ids) and formula not in _NOT.get(judge, ())
    )
