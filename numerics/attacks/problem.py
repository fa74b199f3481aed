"""The linear problem behind every label attack, taken from the moves of the two real agents.

One turn of victim (U, first) and attacker (W) is the affine map ``w -> w + D w + c + C s``, where s is a change
of the attacker's labels. D and c come from the agents' own affine maps, C from the attacker's answers to
unit labels. The goal stays where it is when ``C s = -r``, r the displacement of the goal at s = 0; the equilibrium
nearest to the goal is off by ``e(s) = -D^+ (r + C s)``. Nothing here uses a closed formula of the theory.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from numerics import exact as exact_algebra
from numerics.agents.affine import AffineMap
from numerics.agents.agent import LSAAgent, fixed_map
from numerics.agents.prompts import Prompt
from numerics.attacks.attack import Attack, Budget, Certificate, label_response
from numerics.errors import (
    DTypeError,
    NothingToAttackError,
    NumericsError,
    OptionError,
    ScaleError,
    ShapeError,
    StepSizeError,
)
from numerics.exact import norm
from numerics.interaction.interaction import Interaction
from numerics.interaction.spectrum import composition_scale
from numerics.validation import EPS, Array, frozen, real_array, step_sizes

__all__ = [
    "LabelProblem",
    "checked_budget",
    "checked_victim",
    "finished",
    "honest_prompt",
    "require_convergence",
    "rounded",
    "scalar_step",
]


def rounded(size: int, terms: float) -> float:
    """Return what rounding can add to a sum of terms, `size` the largest number of examples or dimensions."""
    return 20 * size * EPS * terms


def checked_victim(victim: object, goal: object) -> tuple[LSAAgent, Array]:
    """Return the victim and the goal (d,) after validation.

    Raises
    ------
    DTypeError, ShapeError, ExactnessError, NonFiniteError, NotAffineError
    NothingToAttackError
        When the victim's move leaves every state alone.
    """
    if not isinstance(victim, LSAAgent):
        raise DTypeError(f"victim is a {type(victim).__name__}; a white-box attack needs an LSAAgent")
    if victim.batch_shape:
        raise ShapeError(f"victim has batch shape {victim.batch_shape}; attack one victim at a time")
    target = real_array("goal", goal, exact=victim.exact)
    if target.shape != (victim.d,):
        raise ShapeError(f"goal has shape {target.shape}; expected (d,) with d = {victim.d}, the victim's dimension")
    move = fixed_map("victim", victim)
    if not (np.any(move.displacement != 0) or np.any(move.offset != 0)):
        raise NothingToAttackError(
            "the victim never moves (its Gram matrix is zero): it has nothing to lose and pushes nobody, so there "
            "is nothing to attack; give it a prompt with a non-zero example"
        )
    return victim, target


def honest_prompt(victim: LSAAgent, X: object, goal: Array) -> Prompt:
    """Return the prompt with inputs X (n, d) and the labels of the goal."""
    design = real_array("X", X, exact=victim.exact)
    if design.ndim != 2 or design.shape[1] != victim.d:
        raise ShapeError(f"X has shape {design.shape}; expected (n, d) with d = {victim.d}, one example a row")
    return Prompt.from_target(design, goal)


def scalar_step(step_size: object, *, exact: bool) -> Array:
    """Return one step size > 0, or raise StepSizeError, OptionError or ExactnessError."""
    steps = step_sizes(step_size, exact=exact, batch_shape=())
    if steps.ndim:
        raise OptionError(f"step_size has shape {steps.shape}; an attack needs one number")
    return steps[()]


def require_convergence(pair: Interaction) -> None:
    """Refuse a pair that does not settle: an attack wins at an equilibrium that is reached.

    Raises
    ------
    StepSizeError
        It does not settle.
    ScaleError
        Double precision cannot tell.
    """
    if not pair.converges():
        if not pair.exact and pair.maps is not None and _inside(pair.maps):
            raise ScaleError(
                "whether attacker and victim settle is undecidable at this precision: one turn moves some directions "
                "too little for double precision to tell; put the columns on one scale (standardize them), or use "
                "exact rationals"
            )
        raise StepSizeError(
            f"step_size is out of range: attacker and victim do not settle (spectral radius of one turn "
            f"{float(pair.rate()):.6g}); keep step_size * lambda_max below 2 for the attacker's inputs and for "
            f"the victim's"
        )


def _inside(maps: tuple[AffineMap, ...]) -> bool:
    """Whether no move of either agent overshoots, so that only rounding can keep a pair from settling."""
    return all(float(np.linalg.norm(affine.displacement, 2)) < 2 - 1e-9 for affine in maps)


class LabelProblem:
    """What labels can do against one victim.

    Parameters
    ----------
    victim : LSAAgent
        Unbatched, validated.
    start : Prompt
        The attacker's inputs X (n, d) and the labels that changes count from.
    goal : (d,) ndarray
    step_size : array_like
        The attacker's, a scalar > 0.

    Raises
    ------
    StepSizeError, ShapeError, ExactnessError, NotAffineError, ScaleError
    """

    def __init__(self, victim: LSAAgent, start: Prompt, goal: Array, step_size: object) -> None:
        self.victim, self.start, self.goal = victim, start, goal
        attacker = LSAAgent(start, step_size)
        if attacker.batch_shape:
            raise ShapeError(f"attacker has batch shape {attacker.batch_shape}; pass one X and a scalar step_size")
        assert attacker.step_size is not None
        self.attacker, self.step_size, self.exact = attacker, attacker.step_size, start.exact
        self.pair = Interaction(attacker, victim)
        require_convergence(self.pair)
        turn = self.pair.turn_map
        self.D = turn.displacement
        self.C = label_response(start.X, self.step_size)
        self.drift = self.D @ goal + turn.offset
        self.size = max(start.n, victim.prompt.n, start.d)
        if self.exact:
            self.inverse = exact_algebra.pinv(self.D)
        else:
            maps = fixed_map("attacker", attacker), fixed_map("victim", victim)
            scale = float(composition_scale(maps))
            self.inverse = _pinv(self.D, self.size * EPS * scale)
            p = float(np.linalg.norm(maps[0].displacement))
            terms = [m.offset_scale if m.offset_scale is not None else norm(m.offset) for m in maps]
            self.rounding = rounded(self.size, float(scale * norm(goal) + terms[0] + (1 + p) * terms[1]))
            if norm(self.drift) <= self.rounding:
                self.drift = np.zeros_like(self.drift)
        self.G = -self.inverse @ self.C

    def error(self, change: Array) -> Array:
        """Return ``w_inf - goal`` (d,) for a change of labels (n,), from the linear equations."""
        return -self.inverse @ (self.drift + self.C @ change)  # type: ignore[no-any-return]

    def rounding_with(self, change: Array) -> float:
        """Return the rounding error of ``drift + C change``."""
        return self.rounding + rounded(self.size, _largest(self.C) * norm(change))

    def gradient(self, error: Array) -> Array:
        """Return the gradient (n,) of half the squared error with respect to the labels.

        Implicit function theorem: ``D de = -C ds``; with the adjoint z, ``D^T z = e``, it is ``-C^T z``.
        """
        return -(self.inverse.T @ error) @ self.C

    def best_change(self) -> tuple[Array, bool]:
        """Return the least-norm label change of least error, and whether that error is zero."""
        if self.exact:
            change = exact_algebra.pinv(self.C) @ -self.drift
            if not np.any(self.drift + self.C @ change != 0):
                return change, True
            return exact_algebra.pinv(self.G) @ (self.inverse @ self.drift), False
        change = _pinv(self.C, self.size * EPS * _largest(self.C)) @ -self.drift
        if norm(self.drift + self.C @ change) <= self.rounding_with(change):
            return change, True
        return _pinv(self.G, self.size * EPS * _largest(self.G)) @ (self.inverse @ self.drift), False

    def separator(self, change: Array, budget: Budget | None) -> Certificate:
        """Return the proof that no labels within the budget do better than `change`.

        Raises
        ------
        NumericsError
            When the change is not optimal: the bound falls short of its error by more than 1e-6 of the
            error without any change.
        """
        error = self.error(change)
        z = frozen(self.inverse.T @ error)
        drift, scale = abs(z @ self.drift), z @ self.D
        response = z @ self.C
        if budget is not None:
            drift = drift - budget[1] * (norm(response) if budget[0] == "l2" else float(abs(response).sum()))
        if self.exact:
            return Certificate(labels=None, separator=z, squared_bound=max(drift, 0) ** 2 / (scale @ scale))
        # What is proven stays below what rounding could have added to it.
        lost = norm(z) * self.rounding_with(change)
        if budget is None:  # z is orthogonal to what labels do up to rounding, and the best ones are about so long
            lost += 2 * norm(response) * norm(change)
        longest = norm(scale) + rounded(self.size, norm(z) * _largest(self.D))
        bound = max(drift - lost, 0.0) / longest if longest else 0.0
        if norm(error) - bound > 1e-6 * norm(self.error(0 * change)):
            raise NumericsError(
                f"the solver stopped at an error {norm(error):.6g} while only {bound:.6g} is proven: the "
                f"problem is too badly conditioned for double precision; rescale it, or pass rationals"
            )
        return Certificate(labels=None, separator=z, squared_bound=bound**2)

    def certificate(self) -> tuple[Certificate, bool]:
        """Return the proof for labels without a budget, and whether the goal is reachable."""
        change, feasible = self.best_change()
        if feasible:
            return Certificate(frozen(self.start.y + change), None, 0), True
        return self.separator(change, None), False

    def attack(self, change: Array, certificate: Certificate, **details: Any) -> Attack:
        """Return the attack with the labels ``start.y + change``, measured on the real pair."""
        attacker = LSAAgent(Prompt(self.start.X, self.start.y + change), self.step_size)
        bound = 0.0 if certificate.labels is not None else math.sqrt(float(certificate.squared_bound))
        return finished(
            self.victim,
            attacker,
            self.goal,
            feasible=certificate.labels is not None,
            reachable_error=bound,
            cost=norm(change),
            label_change=frozen(change),
            certificate=certificate,
            **details,
        )


def finished(victim: LSAAgent, attacker: LSAAgent, goal: Array, **details: Any) -> Attack:
    """Return the attack by a gradient-step agent, with error and victim bias of the equilibrium of the real pair."""
    equilibrium = Interaction(attacker, victim).equilibrium(goal)
    assert attacker.step_size is not None
    return Attack(
        prompt=attacker.prompt,
        step_size=attacker.step_size,
        goal=frozen(goal),
        error=norm(equilibrium.w - goal),
        victim_bias=frozen(equilibrium.residual_u),
        **details,
    )


def checked_budget(budget: object, *, exact: bool) -> Budget | None:
    """Return the budget, None or ("l2" | "box", radius >= 0), after validation.

    Raises
    ------
    OptionError, DTypeError, NonFiniteError, ExactnessError
    """
    if budget is None:
        return None
    if not (isinstance(budget, tuple) and len(budget) == 2 and budget[0] in ("l2", "box")):
        raise OptionError(f'budget must be None, ("l2", radius) or ("box", radius), got {budget!r}')
    kind: Literal["l2", "box"] = budget[0]
    radius = real_array("budget radius", budget[1], exact=exact)
    if radius.ndim or radius < 0:
        raise OptionError(f"budget radius must be a number >= 0, got {budget[1]!r}; None means no limit")
    return kind, radius[()]  # type: ignore[return-value]


def _largest(matrix: Array) -> float:
    return float(np.linalg.norm(matrix, 2))


def _pinv(matrix: Array, cut: float) -> Array:
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    reciprocals = np.divide(1.0, values, out=np.zeros_like(values), where=values > cut)
    return (right.T * reciprocals) @ left.T  # type: ignore[no-any-return]
