"""Where a pair of chat agents will rest, said before it is run: three predictions of rising modesty.

``stated step``: the theory, with the Gram matrices of the prompts and the step that the models were asked to make.
``effective step``: the same theory, with the step that each agent was seen to make when it was asked alone.
``identified agents``: no theory of the agents, only their answers: an affine map estimated for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from numerics import Interaction, LSAAgent, NumericsError, Prompt
from numerics.chat.experiment import ChatPlan, Probes
from numerics.chat.plateau import quantile
from numerics.identification.effective_agent import EffectiveAgent
from numerics.identification.identify import identify
from numerics.identification.known_prompt import PromptFit
from numerics.identification.pair import predict_pair
from numerics.validation import Array
from proofs_check.predictions.rest import at_rest

__all__ = ["METHODS", "Forecast", "Found", "forecasts", "known_agents"]

Method = Literal["stated step", "effective step", "identified agents"]
Prompts = tuple[Prompt, Prompt]
Agents = tuple[EffectiveAgent | str, EffectiveAgent | str]
#: What is known of W, and of U at each angle: an identified agent, or why there is none.
Found = tuple[EffectiveAgent | str, list[EffectiveAgent | str]]
METHODS: tuple[Method, ...] = ("stated step", "effective step", "identified agents")


@dataclass(frozen=True)
class Forecast:
    """A prediction for one angle.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    w, u : list of float or None
        Where each agent rests; None without a prediction.
    distance_w, distance_u : float or None
        The plateaus: distance of each from the target of its own prompt.
    interval_w, interval_u : [float, float] or None
        Intervals of 95 % for the two distances.
    rate : float or None
        Spectral radius of one turn.
    why : str
        Why there is no prediction; empty if there is one.
    """

    method: Method
    w: list[float] | None = None
    u: list[float] | None = None
    distance_w: float | None = None
    distance_u: float | None = None
    interval_w: list[float] | None = None
    interval_u: list[float] | None = None
    rate: float | None = None
    why: str = ""


def known_agents(plan: ChatPlan, probes: tuple[Probes, list[Probes]]) -> Found:
    """Identify W, and U at each angle, from their answers alone, with the step that fits each prompt best."""

    def known(asked: Probes, prompt: Prompt) -> EffectiveAgent | str:
        try:
            return identify(asked.inputs, asked.outputs, known_prompt=prompt)
        except NumericsError as error:
            return str(error)

    return known(probes[0], plan.prompt_w), [known(*pair) for pair in zip(probes[1], plan.prompts_u, strict=True)]


def forecasts(plan: ChatPlan, agents: Found) -> list[list[dict[str, Any]]]:
    """Predict every angle in every way, as plain data for the transcript: one list for each angle.

    Parameters
    ----------
    plan : ChatPlan
        The prompts and the steps asked for.
    agents : tuple
        What `known_agents` found.
    """
    agent_w, agents_u = agents
    found = []
    for c, (prompt_u, agent_u) in enumerate(zip(plan.prompts_u, agents_u, strict=True)):
        prompts = plan.prompt_w, prompt_u
        ways: dict[Method, Callable[[], Forecast]] = {
            "stated step": partial(_stated, plan, prompts),
            "effective step": partial(_effective, prompts, (agent_w, agent_u)),
            "identified agents": partial(_identified, prompts, (agent_w, agent_u), plan.start(c, 0)),
        }
        found.append([asdict(_guarded(method, way)) for method, way in ways.items()])
    return found


def _guarded(method: Method, way: Callable[[], Forecast]) -> Forecast:
    """Turn what an agent makes impossible into a forecast that says so."""
    try:
        return way()
    except NumericsError as error:
        return Forecast(method, why=str(error))


def _stated(plan: ChatPlan, prompts: Prompts) -> Forecast:
    if plan.step_w is None or plan.step_u is None:
        return Forecast("stated step", why="no step was asked for")
    return _by_theory("stated step", prompts, (plan.step_w, plan.step_u))


def _effective(prompts: Prompts, agents: Agents) -> Forecast:
    fits: list[PromptFit] = []
    for agent in agents:
        if isinstance(agent, str) or agent.known_prompt is None:
            return Forecast("effective step", why=str(agent))
        fits.append(agent.known_prompt)
    steps = np.array([fit.step_size for fit in fits])
    if (steps <= 0).any():
        return Forecast("effective step", why="an agent moves away from its target")
    centre = _by_theory("effective step", prompts, (float(steps[0]), float(steps[1])))
    if centre.distance_w is None or centre.distance_u is None:
        return centre
    variance, rounded = np.zeros(2), np.zeros(2)
    for i, fit in enumerate(fits):
        # To first order in the error of the step, by a central difference.
        reach = 1e-5 * steps * (np.arange(2) == i)
        low, high = (_distances(prompts, steps + sign * reach) for sign in (-1, 1))
        slopes = (high - low) / (2 * reach[i])
        variance += (slopes * fit.standard_error) ** 2
        rounded += abs(slopes) * fit.rounding
    half = quantile(min(fit.freedom for fit in fits)) * np.sqrt(variance) + rounded
    return replace(
        centre,
        interval_w=_interval(centre.distance_w, float(half[0])),
        interval_u=_interval(centre.distance_u, float(half[1])),
    )


def _interval(distance: float, half: float) -> list[float] | None:
    return [max(0.0, distance - half), distance + half] if math.isfinite(half) else None


def _by_theory(method: Method, prompts: Prompts, steps: tuple[float, float]) -> Forecast:
    w, u = (LSAAgent(prompt, step) for prompt, step in zip(prompts, steps, strict=True))
    pair = Interaction(w, u)
    rate = float(pair.rate())
    if not (rate < 1.0 and bool(pair.converges())):
        return Forecast(method, rate=rate, why=f"the pair does not converge: rate {rate:.4g}")
    _, at_w, at_u = at_rest(w, u)
    e, f = (float(np.linalg.norm(residual)) for residual in (at_w, at_u))
    return Forecast(method, (w.target + at_w).tolist(), (u.target + at_u).tolist(), e, f, [e, e], [f, f], rate)


def _distances(prompts: Prompts, steps: Array) -> Array:
    """Return both distances from the own target, by the formulas; along a common kernel the agents start at zero."""
    _, e, f = at_rest(*(LSAAgent(prompt, step) for prompt, step in zip(prompts, steps, strict=True)))
    return np.array([np.linalg.norm(e), np.linalg.norm(f)])


def _identified(prompts: Prompts, agents: Agents, start: Array) -> Forecast:
    w, u = agents
    if isinstance(w, str) or isinstance(u, str):
        return Forecast("identified agents", why=w if isinstance(w, str) else str(u))
    pair = predict_pair(w, u, start)
    if pair.rate >= 1.0:
        return Forecast("identified agents", rate=pair.rate, why=f"the pair does not converge: rate {pair.rate:.4g}")
    targets = prompts[0].target, prompts[1].target
    e, f = (float(np.linalg.norm(rest - target)) for rest, target in zip((pair.w, pair.u), targets, strict=True))
    ends = [
        interval.tolist() if np.isfinite(interval).all() else None for interval in pair.distance_intervals(*targets)
    ]
    return Forecast("identified agents", pair.w.tolist(), pair.u.tolist(), e, f, ends[0], ends[1], pair.rate)
