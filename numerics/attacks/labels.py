"""The adversary: prompts with which one agent (W) reaches its goal at the other's (U's) expense.

The victim U is honest and moves first; the attacker W knows the victim's prompt and step size (white box)
except in :func:`blind_attack`. Every attack goes from real prompts to a real prompt and is measured on the
equilibrium of the real pair. Without a budget, labels can do everything that some prompt with the same inputs
can. Source: section 7 of the theory (label-attack, impossibility, one-example-attack, gradient-attack,
blind-attack); no closed formula of it is used.

What a budget allows is found in :mod:`numerics.attacks.budgets`.

>>> import numpy as np
>>> from numerics import Interaction, LSAAgent, Prompt, label_attack
>>> victim = LSAAgent(Prompt.from_target(np.eye(2), [0.0, 1.0]), step_size=0.5)
>>> attack = label_attack(victim, X=np.eye(2), goal=[1.0, 0.0], step_size=0.5)
>>> attack.feasible, attack.prompt.y.round(6).tolist()
(True, [1.75, -0.75])
>>> run = Interaction(attack.agent, victim).simulate(None, turns=200)
>>> bool(np.allclose(run.w_last, [1.0, 0.0]))
True
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.agents.agent import LSAAgent, fixed_map
from numerics.agents.prompts import Prompt
from numerics.attacks.attack import Attack, Budget, Certificate
from numerics.attacks.budgets import within_budget
from numerics.attacks.problem import (
    LabelProblem,
    checked_budget,
    checked_victim,
    finished,
    honest_prompt,
    require_convergence,
    rounded,
    scalar_step,
)
from numerics.exact import norm
from numerics.interaction.interaction import Interaction
from numerics.validation import EPS, Array, frozen

__all__ = ["label_attack", "one_example_attack"]


def label_attack(
    victim: LSAAgent, X: object, goal: object, *, step_size: object, budget: Budget | None = None
) -> Attack:
    """Find the labels that bring the attacker's equilibrium to its goal, or as close as any labels can.

    Parameters
    ----------
    victim : LSAAgent
        Unbatched; moves first.
    X : (n, d) array_like
        The attacker's inputs, which stay as they are; exact for an exact victim.
    goal : (d,) array_like
        The attacker's true target; honest labels are ``X goal``.
    step_size : array_like
        The attacker's, > 0; the pair must settle (labels do not change whether it does).
    budget : None, ("l2", radius) or ("box", radius)
        Limit on the label change: its Euclidean norm, or each of its entries; radius >= 0.

    Returns
    -------
    Attack
        Of least cost when feasible without a budget. With a gap that is not felt (the victim leaves the goal
        alone) the cost is 0.

    Raises
    ------
    NothingToAttackError, ShapeError, StepSizeError, OptionError, ExactnessError, NonFiniteError, DTypeError
    NumericsError
        When double precision cannot prove the least error.

    Notes
    -----
    Feasibility is the consistency of the linear system "one turn leaves the goal where it is", solved by SVD
    or, for rationals, exactly. A budget that binds makes it a constrained convex least-squares problem: for
    "l2" its secular equation is solved by Newton's method, for "box" it goes to
    ``scipy.optimize.lsq_linear`` (bounded-variable active set). Either way optimality is checked: the
    certificate's bound, which holds by weak duality for all labels within the budget, must meet the error up to 1e-6
    of the error without any change. Changes keep to the budget in doubles, not up to rounding. A
    binding budget has no rational solution in general and is refused in exact mode. In floating point an
    attack counts as feasible when what is left of the system is within its rounding error.
    Source: label-attack, impossibility, gradient-attack.
    """
    checked, target = checked_victim(victim, goal)
    limits = checked_budget(budget, exact=checked.exact)
    problem = LabelProblem(checked, honest_prompt(checked, X, target), target, step_size)
    free, reached = problem.best_change()
    change, feasible = (free, reached) if limits is None else within_budget(problem, free, reached, limits)
    reaching = Certificate(frozen(problem.start.y + change), None, 0)
    # What no labels at all can do needs no budget to be proven.
    proof = reaching if feasible else problem.separator(change, None if change is free else limits)
    return problem.attack(change, proof, budget=limits)


def one_example_attack(victim: LSAAgent, goal: object, *, step_size: object) -> Attack:
    """Find the one in-context example with which the attacker wins.

    The example lies along the victim's pull q, the victim's own move from the goal, with the length for which
    the attacker's step undoes the pull at once. Its label is honest: ``x . goal``.

    Parameters
    ----------
    victim : LSAAgent
        Unbatched; with ``step_size * lambda_max`` of its own below 2.
    goal : (d,) array_like
        The attacker's true target.
    step_size : array_like
        The attacker's, > 0.

    Returns
    -------
    Attack
        With a prompt of one example, always feasible. When the victim does not pull (nothing to gain) any
        honest example does, and the cost is 0. In exact mode, where the length may be irrational, a rational
        one nearby is taken and the label corrected, so that the goal is an equilibrium exactly.

    Raises
    ------
    NothingToAttackError, ShapeError, StepSizeError, ExactnessError, NonFiniteError, DTypeError

    Notes
    -----
    Source: one-example-attack.
    """
    checked, target = checked_victim(victim, goal)
    move = fixed_map("victim", checked)
    pull = move.displacement @ target + move.offset
    if not checked.exact:
        pull = _cleaned(pull, move, target, max(checked.d, checked.prompt.n))
    if nothing := not np.any(pull != 0):
        pull = np.eye(checked.d, dtype=np.int64)[0].astype(pull.dtype)
    step = scalar_step(step_size, exact=checked.exact)
    squared = pull @ pull
    length = _reciprocal_root(step * squared)
    x = length * pull
    # One step must undo the pull: q = step x (x.(goal + q) - label).
    correction = x @ pull - 1 / (step * length) if checked.exact and not nothing else 0
    prompt = Prompt(x[None, :], np.array([x @ target + correction]))
    agent = LSAAgent(prompt, step)
    require_convergence(Interaction(agent, checked))
    change = prompt.y - Prompt.from_target(prompt.X, target).y
    return finished(
        checked,
        agent,
        target,
        feasible=True,
        reachable_error=0.0,
        cost=norm(change),
        label_change=frozen(change),
        certificate=Certificate(prompt.y, None, 0),
    )


def _cleaned(pull: Array, move: AffineMap, goal: Array, size: int) -> Array:
    """Return the pull without its rounding errors off the range of the victim's move; zero if it is nothing else.

    The common kernel of the two agents is the victim's: an example off that range by rounding would break it.
    """
    left, values, _ = np.linalg.svd(move.displacement)
    basis = left[:, values > size * EPS * values[0]]
    inside = basis @ (basis.T @ pull)
    noise = rounded(size, float(np.linalg.norm(move.displacement)) * norm(goal) + norm(move.offset))
    if norm(pull) <= noise:
        return np.zeros_like(pull)
    return inside if norm(pull - inside) <= noise else pull


def _reciprocal_root(value: float | Fraction) -> float | Fraction:
    """``value**-1/2``; of a Fraction exactly where it is a square, or else a rational within 1e-6 of it."""
    if not isinstance(value, Fraction):
        return 1 / math.sqrt(value)
    scale = 10**7
    return Fraction(math.isqrt(value.denominator * value.numerator * scale**2), value.numerator * scale)
