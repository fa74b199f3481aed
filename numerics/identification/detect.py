"""What a victim can tell from a transcript: the other agent's geometry, its declared target, and a verdict.

**What is decidable.** A label attacker with inputs X and declared target w~ is, move for move, the *same function*
as an honest agent whose true target is w~: labels are the only trace of a goal, and both write ``X w~``. So no rule
separates the two on one transcript; its detection rate on attackers equals its false-positive rate on those honest
twins. That the declared target differs from the state w_inf at rest is no evidence either: an honest agent of a
misaligned pair rests away from its target too (its plateau). Decidable from one transcript is:

- whether the other agent has a fixed prompt at all (its answers are affine, with a symmetric positive
  semidefinite geometry); an attacker whose declared target moves every turn fails this;
- whether it rests where its declared loss is least. Then, if the goal is where it rests, its labels are true: it is
  honest or won by its choice of inputs alone. (Only an attacker that missed its goal can rest there on false labels.)
- given the goal that it *claims* (``declared_goal``), whether the labels that it acts on have that goal as a minimiser.

A claim can also be an earlier estimate: an honest target stays the same whoever the other agent is, while a white-box
attacker declares another target against another prompt or step size. So pass as ``declared_goal`` the target estimated
in an interaction with a different prompt of one's own. Source: detection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from numerics.agents.agent import LSAAgent, fixed_map
from numerics.agents.prompts import Prompt
from numerics.errors import OptionError, ShapeError, TranscriptError
from numerics.exact import norm
from numerics.identification.rounding import Rounding, find_rounding
from numerics.identification.transcript_fit import Fit, fit_answers
from numerics.interaction.run import Run
from numerics.validation import Array, Frozen, frozen, real_array

__all__ = ["Detection", "Reason", "Verdict", "detect"]

Verdict = Literal["honest", "shifted", "undecidable"]
Reason = Literal[
    "acts on its goal",
    "rests at its target",
    "acts on another target",
    "no declared goal",
    "too few turns",
    "unexcited directions",
    "too uncertain",
    "no fixed prompt",
]

_MESSAGES: dict[Reason, str] = {
    "acts on its goal": "the declared goal is a minimiser of the loss that the other agent acts on",
    "rests at its target": "the other agent comes to rest where its declared loss is least: if that is where it wants "
    "to be, its labels are true",
    "acts on another target": "the other agent acts on labels that its declared goal does not minimise",
    "no declared goal": "the other agent rests away from its declared target: an honest misaligned agent and an "
    "attacker whose goal is the resting state give this very transcript; pass declared_goal",
    "too few turns": "every such transcript fits some affine agent: at least two turns more than the dimension of "
    "the states are needed to check that it is one",
    "unexcited directions": "the states never varied along a direction that the verdict depends on; start elsewhere",
    "too uncertain": "a shift of the size of the moves would not stand out from noise and rounding",
    "no fixed prompt": "the answers are not gradient steps of any fixed prompt (not affine, or the geometry not "
    "symmetric positive semidefinite): an honest agent with a fixed prompt is excluded, for instance because "
    "the declared target moves; its goal cannot be told from the answers",
}


@dataclass(frozen=True, eq=False)
class Detection(Frozen):
    """What a transcript says about the other agent. All arrays dimensionless.

    Attributes
    ----------
    verdict : {"honest", "shifted", "undecidable"}
        Honest means up to the uncertainty of the move from the goal, which is then at most 1 % of the largest move, and
        with a declared goal less than half of the move that an attacker would show that keeps the pair there.
    reason : str
        Why, as one of a fixed set of phrases; :attr:`message` explains it.
    geometry : (d, d) ndarray
        Estimate of ``P = step_size * S`` of the other agent, symmetric; zero between unexcited directions.
    geometry_uncertainty : float
        Bound on the error of ``P v`` for unit vectors v among the excited directions; infinite without any.
    target : (d,) ndarray
        The declared target nearest to the observed states; along unexcited directions and the kernel of
        the geometry it says nothing.
    target_uncertainty : float
        Bound on its error; infinite unless the geometry is known to be invertible, so that there is one target.
    rest : (d,) ndarray
        The state of W at which the estimated pair rests: the suspected goal of an attacker.
    excited : int
        Number of directions along which the states varied enough.
    move_at_goal : (d,) ndarray
        Estimated move of the other agent from the declared goal (from ``rest`` without one): zero for an agent
        that acts on that goal.
    move_uncertainty : float
        Bound on its error; infinite where it depends on what was not seen.
    rounding : Rounding
        The units to which the numbers are taken to be rounded.
    """

    verdict: Verdict
    reason: Reason
    geometry: Array
    geometry_uncertainty: float
    target: Array
    target_uncertainty: float
    rest: Array
    excited: int
    move_at_goal: Array
    move_uncertainty: float
    rounding: Rounding

    @property
    def message(self) -> str:
        """The reason in a sentence."""
        return _MESSAGES[self.reason]


def detect(
    run: Run | tuple[object, object],
    own_prompt: Prompt,
    step_size: object,
    *,
    declared_goal: object | None = None,
    noise: float = 0.0,
    decimals: int | None = None,
) -> Detection:
    """Judge the other agent (W) by a transcript, as U, who knows its own prompt and step size.

    Parameters
    ----------
    run : Run or pair of (turns, d) array_like
        A run with every state, or ``(u, w)`` with the own moves ``u_t`` and the answers ``w_{t+1}``; turns >= 2.
    own_prompt : Prompt
        U's prompt, unbatched; the transcript must contain its moves.
    step_size : array_like
        U's step size.
    declared_goal : (d,) array_like, optional
        The goal that the other agent claims to have, or its target as estimated in an earlier interaction.
    noise : float
        Standard deviation, >= 0, of independent Gaussian noise in every entry of the answers. Rounding errors are
        allowed for besides, up to ``32 d`` roundings of the largest state: give `noise` for an agent that computes
        with much larger numbers, such as labels. All bounds hold together with probability 1 - 1e-6.
    decimals : int, optional
        Decimals to which the numbers of a pair (u, w) are rounded; by default they are found from the numbers. Half a
        unit of the last one bounds the error of a number; where the states did not vary, an error of theirs is taken to
        act as through a step inside the box, below ``2 / lambda_max``.

    Returns
    -------
    Detection

    Raises
    ------
    TranscriptError
        For fewer than two turns, a run that kept only its last state, or moves that are not U's own.
    NonFiniteError, ShapeError, ExactnessError, OptionError, NotAffineError
    """
    own = LSAAgent(own_prompt, step_size)
    if own.batch_shape:
        raise ShapeError(f"own_prompt has batch shape {own.batch_shape}; judge one transcript at a time")
    exact = own.exact
    if not (isinstance(noise, int | float) and math.isfinite(noise) and noise >= 0) or (exact and noise):
        raise OptionError(f"noise must be a finite number >= 0, and 0 in exact mode, got {noise!r}")
    u, w, rounding = _transcript(run, own, decimals)
    goal = None
    if declared_goal is not None:
        goal = real_array("declared_goal", declared_goal, exact=exact)
        if goal.shape != (own.d,):
            raise ShapeError(f"declared_goal has shape {goal.shape}; expected (d,) with d = {own.d}")

    fit = fit_answers(u, w - u, noise, rounding)
    rest, spread, settled = _rest(fit, own, w[-1])
    move, uncertainty, known = fit.move(rest if goal is None else goal)
    if goal is None:
        uncertainty, known = uncertainty + spread, known and settled
    largest = _largest_row(w - u)
    enough = 0.01 * largest if goal is None else _telling(fit, own, goal, largest)
    verdict, reason = _judge(fit, move, uncertainty, known, enough=enough, claimed=goal is not None)
    target, target_uncertainty = fit.target()
    return Detection(
        verdict=verdict,
        reason=reason,
        geometry=frozen(fit.geometry),
        geometry_uncertainty=fit.geometry_uncertainty,
        target=frozen(target),
        target_uncertainty=target_uncertainty,
        rest=frozen(rest),
        excited=fit.excited,
        move_at_goal=frozen(move),
        move_uncertainty=uncertainty if known else math.inf,
        rounding=rounding,
    )


def _judge(
    fit: Fit, move: Array, uncertainty: float, known: bool, *, enough: float, claimed: bool
) -> tuple[Verdict, Reason]:
    if fit.freedom <= 0:
        return "undecidable", "too few turns"
    if not (fit.affine and fit.symmetric_psd):
        return "undecidable", "no fixed prompt"
    # Unless everything at that point is known, only the move's component among excited directions counts.
    if norm(move if known else fit.projector @ move) > uncertainty:
        return ("shifted", "acts on another target") if claimed else ("undecidable", "no declared goal")
    if not known:
        return "undecidable", "too uncertain" if fit.complete else "unexcited directions"
    if uncertainty > enough:
        return "undecidable", "too uncertain"
    return "honest", "acts on its goal" if claimed else "rests at its target"


def _telling(fit: Fit, own: LSAAgent, goal: Array, largest: float) -> float:
    """Return the uncertainty up to which a move of zero from the goal tells an honest agent from an attacker.

    An attacker that keeps the pair at its goal answers the goal to the own move from there. By its geometry it then
    moves from the goal as well, and half of that has to stand out; where there is too little of it, only a millionth of
    the largest move is small enough.
    """
    if fit.exact:
        return math.inf
    push = goal - fixed_map("own agent", own)(goal)
    shown = norm(fit.projector @ (push - fit.geometry @ push)) - fit.geometry_uncertainty * norm(push)
    return min(0.01 * largest, max(0.49 * shown, 1e-6 * largest))


def _rest(fit: Fit, own: LSAAgent, last: Array) -> tuple[Array, float, bool]:
    """Return where the fitted pair rests, near the last state, and how far that is reliable.

    The second value bounds what the error of the state adds to W's move there, and is infinite where the pair may rest
    elsewhere; the third tells whether it is finite.
    """
    own_map = fixed_map("own agent", own)
    turned = own_map.displacement - fit.geometry @ own_map.matrix
    inverse = fit.pinv(turned)

    def turn(state: Array) -> tuple[Array, float]:
        pushed = own_map(state)
        answer, uncertainty, _ = fit.move(pushed)
        return pushed + answer - state, uncertainty

    rest = last - inverse @ turn(last)[0]
    left, at_rest = turn(rest)
    if fit.exact:
        return rest, 0.0, not np.any(left != 0)
    own_size = float(np.linalg.norm(own_map.matrix, 2))
    away = (norm(left) + at_rest) * fit.largest_inverse(turned, own_size)
    added = (float(np.linalg.norm(fit.geometry, 2)) + fit.geometry_uncertainty) * away
    return rest, added, math.isfinite(added)


def _largest_row(rows: Array) -> float:
    return max(norm(row) for row in rows)


def _transcript(run: Run | tuple[object, object], own: LSAAgent, decimals: int | None) -> tuple[Array, Array, Rounding]:
    """Return own moves and answers, (turns, d) each, after validation, and their rounding."""
    if isinstance(run, Run):
        if run.keep != "all":
            raise TranscriptError('the run kept only its last state; simulate with keep="all"')
        if run.order != "cycle":
            raise TranscriptError(
                f"the run has order={run.order!r}, so that no answer is to the move beside it; pass (u, w), each "
                f"answer beside what it answers"
            )
        given: tuple[object, object] = run.u, run.w[..., 1:, :]
    elif isinstance(run, tuple) and len(run) == 2:
        given = run
    else:
        raise TranscriptError(f"run is a {type(run).__name__}; expected a Run or a pair (u, w) of arrays (turns, d)")
    u, w = (real_array(name, value, exact=own.exact) for name, value in zip(("u", "w"), given, strict=True))
    if u.shape != w.shape or u.ndim != 2 or u.shape[1] != own.d:
        raise ShapeError(f"u has shape {u.shape} and w {w.shape}; expected (turns, d) for both, with d = {own.d}")
    if len(u) < 2:
        raise TranscriptError(f"the transcript has too few turns: {len(u)}; an answer is judged by another, so >= 2")
    expected = own.update(w[:-1])
    differences = abs(expected - u[1:])
    size = max(abs(u).max(), abs(w).max(), abs(expected).max())
    rounding = Rounding(None, np.zeros(own.d), np.zeros(own.d))
    allowed: Array | float = 0.0
    if not own.exact:
        if decimals is not None or not isinstance(run, Run):
            # Own moves were not chosen: they are rounded if they have few decimals, however many the answers have.
            states, rounding = find_rounding(u, u, decimals), find_rounding(w, w, decimals)
            rounding = replace(rounding, decimals=_most(states, rounding), inputs=states.answers)
        passed = abs(fixed_map("own agent", own).matrix) @ rounding.answers / 2
        allowed = 1e-9 * size + 1.01 * (rounding.inputs / 2 + passed)
    if (differences > allowed).any():
        raise TranscriptError(
            f"the moves u are not those of own_prompt and step_size (they differ by up to "
            f"{float(differences.max()):.3g}); pass the prompt and step size that U used, u_t and w_(t+1) in that "
            f"order, and the decimals if the numbers are rounded"
        )
    return u, w, rounding


def _most(*roundings: Rounding) -> int | None:
    return max((r.decimals for r in roundings if r.decimals is not None), default=None)
