"""First-order attacks: on the attacker's labels (proven) and on its inputs (empirical).

Both differentiate the equilibrium of the real pair by the implicit function theorem, with one adjoint solve on the
affine map of a turn. Source: gradient-attack.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.agents.agent import LSAAgent, fixed_map
from numerics.agents.prompts import Prompt
from numerics.attacks.attack import Attack, History
from numerics.attacks.label_steps import ConjugateSteps, ConstantSteps
from numerics.attacks.problem import (
    LabelProblem,
    checked_victim,
    finished,
    honest_prompt,
    require_convergence,
    rounded,
    scalar_step,
)
from numerics.errors import DTypeError, ExactnessError
from numerics.exact import norm
from numerics.interaction.interaction import Interaction
from numerics.validation import EPS, Array, at_least_zero, choice, count, frozen

__all__ = ["gradient_attack", "prompt_attack"]


def gradient_attack(
    victim: LSAAgent,
    prompt: Prompt,
    goal: object,
    *,
    step_size: object,
    method: Literal["conjugate", "descent"] = "conjugate",
    iterations: int = 2000,
    tolerance: float = 1e-10,
) -> Attack:
    """Go downhill on the attacker's labels, from a prompt towards an attack prompt: conjugate gradients, or descent.

    Minimises ``J(y) = |w_inf(y) - goal|^2 / 2``; the gradient comes from the implicit function theorem, by one
    adjoint solve with the affine turn. J is quadratic with the condition ``k = (sigma_max / sigma_min)^2``, sigma the
    singular values of the equilibrium's response to the labels that are not zero.

    - "conjugate": every step goes to the least error along a new direction whose effect on the equilibrium is
      orthogonal to that of all before. The distance to the least error falls to ``2 ((sqrt k - 1)/(sqrt k + 1))^t`` of
      itself in t iterations, and to zero in as many as the response has rank, at most that of ``P``; what rounding
      leaves then is taken up again from the start (a restart).
    - "descent": the constant step ``1 / sigma_max^2``; the distance shrinks by ``1 - 1/k`` at least each iteration,
      which is slow where the prompt's condition is large. Source: gradient-attack.

    Parameters
    ----------
    victim : LSAAgent
        Unbatched; moves first.
    prompt : Prompt
        The attacker's prompt to start from; unbatched, floating point. Its inputs are kept.
    goal : (d,) array_like
        The attacker's true target.
    step_size : array_like
        The attacker's, > 0; the pair must settle.
    method : {"conjugate", "descent"}
        How steps are chosen.
    iterations : int
        At most this many, >= 0.
    tolerance : float
        Stop once the error is proven to be within this times the first error of the least one; >= 0. Conjugate
        gradients also stop where rounding lets them come no nearer.

    Returns
    -------
    Attack
        With ``history``: the error of every iterate, measured by a turn of the real layers from the goal, and
        its proven bound. ``feasible``, ``reachable_error`` and the certificate are those of all labels;
        ``error`` is that of the last iterate.

    Raises
    ------
    ExactnessError
        For exact rationals, whose digits would grow every iteration; :func:`label_attack` is exact.
    NothingToAttackError, ShapeError, StepSizeError, OptionError, NonFiniteError, DTypeError

    Notes
    -----
    Source: gradient-attack for the problem, its gradient and the descent; Hestenes and Stiefel (1952) for conjugate
    gradients, whose rate is that of Chebyshev's polynomials.
    """
    checked, target = checked_victim(victim, goal)
    _checked_start(prompt, checked, "gradient_attack")
    choice("method", method, ("conjugate", "descent"))
    most = count("iterations", iterations, minimum=0)
    at_least_zero("tolerance", tolerance)
    problem = LabelProblem(checked, prompt, target, step_size)
    proof, _ = problem.certificate()
    least = math.sqrt(float(proof.squared_bound))
    values = np.linalg.svd(problem.G, compute_uv=False)
    values = values[values > problem.size * EPS * values[0]]
    steps = ConjugateSteps(problem, values) if method == "conjugate" else ConstantSteps(problem, values)

    change, errors = np.zeros(prompt.n), []
    pushed = checked.update(target)
    while True:
        labelled = LSAAgent.with_layer(Prompt(prompt.X, prompt.y + change), problem.attacker.layer)
        error = -problem.inverse @ (labelled.update(pushed) - target)
        errors.append(norm(error))
        gradient = problem.gradient(error)
        if len(errors) > most or norm(gradient) <= tolerance * steps.smallest * errors[0]:
            break
        move = steps.next(gradient, error)
        if move is None:
            break
        change = change + move
    shrinking = max(errors[0] ** 2 - least**2, 0.0) * steps.factors(len(errors)) ** 2
    scale = norm(pushed) + norm(target) + float(np.linalg.norm(problem.C, 2)) * (norm(prompt.y) + norm(change))
    floor = steps.inverse_size * (problem.rounding + rounded(problem.size, scale))
    bound = frozen(np.sqrt(least**2 + shrinking) + floor)
    history = History(frozen(np.array(errors)), bound, steps.rate, steps.step, method)
    return problem.attack(change, proof, history=history)


def _checked_start(prompt: object, victim: LSAAgent, function: str) -> None:
    if not isinstance(prompt, Prompt):
        raise DTypeError(f"prompt is a {type(prompt).__name__}; expected the attacker's Prompt")
    if victim.exact:
        raise ExactnessError(
            f"{function} iterates in floating point but the victim is exact; make the victim from floats, or use "
            f"label_attack, which solves the problem in rationals"
        )
    if prompt.exact:
        raise ExactnessError("prompt is exact but the victim is in floating point; make the prompt from floats")


def prompt_attack(
    victim: LSAAgent,
    X0: object,
    goal: object,
    *,
    step_size: object,
    iterations: int = 2000,
    tolerance: float = 1e-10,
) -> Attack:
    """Search for inputs X whose *honest* labels ``X goal`` already bring the attacker to its goal. Empirical.

    Gradient descent on ``J(X) = |w_inf(X) - goal|^2 / 2`` with a backtracking step (every accepted iterate has a
    smaller error and settles). The problem is not convex: nothing is proven about what is found.

    Parameters
    ----------
    victim : LSAAgent
        Unbatched, floating point; moves first.
    X0 : (n, d) array_like
        Inputs to start from.
    goal : (d,) array_like
        The attacker's true target.
    step_size : array_like
        The attacker's, > 0; the pair must settle at X0.
    iterations : int
        At most this many, >= 0.
    tolerance : float
        Stop, and call the attack feasible, when the error is at most this times the distance of the goal from
        the victim's target; >= 0.

    Returns
    -------
    Attack
        With ``empirical=True`` and no certificate; ``reachable_error`` is merely the error that was found.

    Raises
    ------
    NothingToAttackError, ShapeError, StepSizeError, OptionError, ExactnessError, NonFiniteError, DTypeError

    Notes
    -----
    With the adjoint ``D^T z = e`` and v the displacement of U's answer from the goal, a change dX changes J by
    ``step_size / n ((dX z).(X v) + (X z).(dX v))``. Source: gradient-attack, last sentence.
    """
    checked, target = checked_victim(victim, goal)
    start = honest_prompt(checked, X0, target)
    _checked_start(start, checked, "prompt_attack")
    most = count("iterations", iterations, minimum=0)
    at_least_zero("tolerance", tolerance)
    step = scalar_step(step_size, exact=False)
    victim_map = fixed_map("victim", checked)
    require_convergence(Interaction(LSAAgent(start, step), checked))
    enough = tolerance * norm(checked.target - target)

    X = start.X
    error, gradient = _inputs_gradient(victim_map, X, target, step)
    errors, rate = [error], 1.0
    for _ in range(most):
        slope = float((gradient * gradient).sum())
        if error <= enough:
            break
        while rate * slope > 4 * EPS * error**2:
            trial = X - rate * gradient
            settles = _settles(checked, trial, target, step)
            found = _inputs_gradient(victim_map, trial, target, step) if settles else (math.inf, gradient)
            if found[0] ** 2 <= error**2 - rate * slope:
                break
            rate /= 2
        else:
            break
        X, (error, gradient), rate = trial, found, 4 * rate
        errors.append(error)
    prompt = Prompt.from_target(X, target)
    return finished(
        checked,
        LSAAgent(prompt, step),
        target,
        feasible=bool(errors[-1] <= enough),
        reachable_error=errors[-1],
        cost=norm(X - start.X),
        label_change=frozen(np.zeros(prompt.n)),
        history=History(frozen(np.array(errors)), None, None, None),
        empirical=True,
    )


def _settles(victim: LSAAgent, X: Array, goal: Array, step: Array) -> bool:
    return bool(Interaction(LSAAgent(Prompt.from_target(X, goal), step), victim).converges())


def _inputs_gradient(victim: AffineMap, X: Array, goal: Array, step: Array) -> tuple[float, Array]:
    """Return the equilibrium error with honest labels, and the gradient (n, d) of half its square."""
    attacker = fixed_map("attacker", LSAAgent(Prompt.from_target(X, goal), step))
    turn = attacker.after(victim)
    inverse = np.linalg.pinv(turn.displacement, rcond=X.size * EPS)
    error = -inverse @ (turn.displacement @ goal + turn.offset)
    z, v = inverse.T @ error, victim(goal + error) - goal
    return norm(error), step / len(X) * (np.outer(X @ v, z) + np.outer(X @ z, v))
