"""An attack on a victim whose prompt is known: planned by `numerics`, predicted by the formulas, then simulated.

The attack comes from the prompts (`numerics.label_attack` and its kin); what it should leave is predicted from the
formulas of `theory`, which see Gram matrices, steps and targets only; the confirmation is a run of both agents.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from numerics import (
    Attack,
    DimensionMismatchError,
    Interaction,
    LSAAgent,
    Prompt,
    gradient_attack,
    label_attack,
    one_example_attack,
)
from numerics.validation import Array
from proofs_check.errors import InputError
from proofs_check.predictions.rest import formula_inputs, residuals, theorem_for
from proofs_check.terminal.words import counted
from theory import SingularError, formulas

__all__ = [
    "KINDS",
    "AttackForecast",
    "AttackOutcome",
    "Outcome",
    "compare",
    "forecast",
    "nothing_to_gain",
    "plan",
    "play",
]

Outcome = Literal["agrees", "differs", "unknown"]

KINDS = ("label", "one-example", "gradient")

#: Distances below this fraction of the gap count as zero; turns simulated at most.
ZERO, MOST = 1e-6, 1_000_000


@dataclass(frozen=True)
class AttackForecast:
    """What the formulas say of an attack.

    Attributes
    ----------
    reachable : float or None
        Least distance from the goal that any labels leave; None with a budget, and where the equilibrium is not unique.
    victim : ndarray of shape (d,)
        The victim's distance from its target if the attack succeeds.
    honest : float or None
        The victim's distance from its target beside an honest agent with the attacker's goal and examples.
    gap : float
        Distance of the goal from the victim's target.
    """

    reachable: float | None
    victim: Array
    honest: float | None
    gap: float


@dataclass(frozen=True)
class AttackOutcome:
    """What the simulated agents did.

    Attributes
    ----------
    turns : int
    w, u : ndarray of shape (d,)
        Last states.
    error : float
        Distance of the attacker from its goal.
    bias : ndarray of shape (d,)
        The victim's state minus its target.
    loss : float
        The victim's loss on its own examples.
    settled : bool
        Whether the turns leave nothing of the start.
    """

    turns: int
    w: Array
    u: Array
    error: float
    bias: Array
    loss: float
    settled: bool


def plan(kind: str, victim: LSAAgent, X: Array, goal: Array, step: float, budget: Any = None) -> Attack:
    """Plan an attack.

    Parameters
    ----------
    kind : {"label", "one-example", "gradient"}
        Least change of labels; one honest example of one's own choice; conjugate gradients on the labels.
    victim : LSAAgent
        U, honest, who moves first.
    X : ndarray of shape (n, d)
        The attacker's examples; not used by "one-example".
    goal : ndarray of shape (d,)
        Where the attacker wants to end.
    step : float
        The attacker's step size.
    budget : tuple, optional
        For "label" only.

    Raises
    ------
    InputError
        A budget with another kind.
    NumericsError
        An attack that makes no sense: goal of another dimension, a victim that never moves, a pair that diverges.
    """
    if goal.shape != (victim.d,):
        entries, features = counted(len(goal), "entry", "entries"), counted(victim.d, "feature")
        raise DimensionMismatchError(f"--goal has {entries}, but the victim's prompt has {features}")
    if budget is not None and kind != "label":
        raise InputError(f"--budget: only --kind label takes a budget, not {kind}")
    if kind == "one-example":
        return one_example_attack(victim, goal, step_size=step)
    if kind == "gradient":
        return gradient_attack(victim, Prompt.from_target(X, goal), goal, step_size=step)
    return label_attack(victim, X, goal, step_size=step, budget=budget)


def forecast(victim: LSAAgent, attack: Attack) -> AttackForecast:
    """Predict from the formulas what the attack leaves."""
    inputs = formula_inputs(attack.agent, victim, attack.goal, w_star=attack.goal)
    bias = np.asarray(formulas["victim-bias"].numpy(**inputs))
    gap = float(np.linalg.norm(attack.goal - victim.target))
    honest = float(np.linalg.norm(residuals(theorem_for(unique=False), inputs)[1]))
    reachable = None
    if attack.budget is None:
        try:
            reachable = float(formulas["impossibility.error"].numpy(**inputs))
        except SingularError:  # directions that neither agent sees: the bound is not one of a unique equilibrium
            reachable = None
    return AttackForecast(reachable, bias, honest, gap)


def play(victim: LSAAgent, attack: Attack) -> AttackOutcome:
    """Simulate the attack from the goal, until the rate of the pair leaves nothing of the start."""
    pair = Interaction(attack.agent, victim)
    rate = float(pair.rate())
    turns = 10 if rate < 1e-3 else min(MOST, math.ceil(math.log(1e-12) / math.log(rate)))
    run = pair.simulate(attack.goal, turns, keep="last")
    w, u = np.asarray(run.w_last), np.asarray(run.u_last)
    return AttackOutcome(
        turns,
        w,
        u,
        float(np.linalg.norm(w - attack.goal)),
        u - victim.target,
        float(victim.prompt.loss(u)),
        rate**turns <= ZERO,
    )


def compare(attack: Attack, expected: AttackForecast, found: AttackOutcome) -> Outcome:
    """Say whether formula, plan and simulation agree, to what can be told of the gap; unknown where rounding hides it.

    Far from the origin rounding is as large as a small gap: whatever is seen within it shows nothing.
    """
    size = float(np.linalg.norm(attack.goal))
    off = [found.error - attack.error, float(np.linalg.norm(found.bias) - np.linalg.norm(attack.victim_bias))]
    if attack.feasible:
        off += [attack.error, found.error, float(np.linalg.norm(found.bias - expected.victim))]
    if expected.reachable is not None:
        off += [expected.reachable - attack.reachable_error]
    most = float(np.abs(off).max())
    tiny = float(np.finfo(float).tiny)
    hidden = ZERO * max(expected.gap, size, tiny)
    if most <= (hidden if nothing_to_gain(attack, expected) else ZERO * expected.gap):
        return "agrees" if found.settled else "unknown"
    return "unknown" if most <= hidden or not found.settled else "differs"


def nothing_to_gain(attack: Attack, expected: AttackForecast) -> bool:
    """Whether the goal is the victim's own target, up to rounding."""
    return expected.gap <= 1e-12 * max(1.0, float(np.linalg.norm(attack.goal)))
