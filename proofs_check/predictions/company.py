"""Where any number of agents end, in a cycle or all at once: predicted from the formulas, simulated and compared.

The formula speaks of all weights together and needs every direction to be seen by some agent. Where none sees one,
agents that start from zero never leave the directions that their examples span, and are followed in these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from numerics import DivergenceError, Interaction, LSAAgent, NumericsError, Prompt, ScaleError
from numerics.errors import held_back
from numerics.interaction.spectrum import composition_scale
from numerics.validation import EPS, Array, Frozen
from proofs_check.errors import InputError
from proofs_check.inputs.prompts import PromptTable
from proofs_check.predictions.pair import ARRIVED, AgentSummary, agent_of
from proofs_check.predictions.rest import fractions_in
from proofs_check.predictions.simulation import AGREES, FEWEST, NEGLIGIBLE
from theory import formulas

__all__ = ["FORMULA", "CompanyPrediction", "CompanyRun", "Order", "predict_company", "simulate_company"]

FORMULA = "cycle-equilibrium"
Order = Literal["cycle", "simultaneous"]
#: Weights of all agents together up to which they are taken as exact rationals; turns that are simulated at most.
EXACT_WEIGHTS, LONGEST = 24, 20_000
#: Turns that are made through the attention layers.
THROUGH_LAYERS = 2000
#: Residuals below this share of a natural weight are rounding, where they are not exact.
ROUNDING = 1e-9


@dataclass(frozen=True)
class CompanyPrediction(Frozen):
    """What the formulas say.

    Attributes
    ----------
    names : tuple of str
        The agents as they are called, in the order in which each answers the one before.
    agents : tuple of AgentSummary
    order : {"cycle", "simultaneous"}
    rate, shortfall : float
        Factor by which a turn shrinks the distance in the long run, and 1 less it. At once, a turn is one move of each
        from what was answered before, so that in a cycle as many are one turn as there are agents.
    converges : bool or None
        None where floats do not decide it.
    exact : bool
        Whether all was decided in exact rationals.
    states, residuals : ndarray of shape (N, d), or None
        Where the agents rest, and what that is from their targets.
    reaches : tuple of bool, or None
        Which of them rest on their targets; up to rounding where it is not exact.
    turns : int or None
        Turns until the distance to the state of rest has shrunk by a factor of a million.
    """

    names: tuple[str, ...]
    agents: tuple[AgentSummary, ...]
    order: Order
    rate: float
    shortfall: float
    converges: bool | None
    exact: bool
    states: Array | None = None
    residuals: Array | None = None
    reaches: tuple[bool, ...] | None = None
    turns: int | None = None

    def said(self) -> str:
        """Say who reaches its target."""
        if self.reaches is None:
            return "none: they do not converge" if self.converges is False else "undecidable at this precision"
        names = [name for name, there in zip(self.names, self.reaches, strict=True) if there]
        if not names:
            return "no agent reaches its target: each keeps a bias"
        if len(names) == len(self.names):
            return "all agents reach their targets"
        reach = "reach their targets" if len(names) > 1 else "reaches its target"
        rest = "others keep a bias" if len(self.names) - len(names) > 1 else "other keeps a bias"
        return f"{', '.join(names)} {reach}; the {rest}"


@dataclass(frozen=True)
class CompanyRun(Frozen):
    """What the agents did, and what the comparison comes to.

    Attributes
    ----------
    turns : int
    method : {"attention", "affine"}
    states : ndarray of shape (N, d)
        The last weights.
    distances : ndarray of shape (turns, N)
        Of each agent from its own target after each turn.
    off : float
        The largest distance between an agent's predicted and simulated state of rest.
    verdict : {"confirms", "does not confirm", "too few turns"}
    """

    turns: int
    method: str
    states: Array
    distances: Array
    off: float
    verdict: str


def predict_company(
    tables: Mapping[str, PromptTable], steps: Mapping[str, float | Fraction | None], order: Order = "cycle"
) -> tuple[CompanyPrediction, Interaction]:
    """Predict where agents end that start from zero, each answering the one before it and the first the last.

    Parameters
    ----------
    tables : mapping of str to PromptTable
        Two prompts or more with the same features, by the names of their agents.
    steps : mapping of str to float or Fraction
        Step sizes; ``1 / lambda_max`` of the agent's own Gram matrix where none is given.
    order : {"cycle", "simultaneous"}
        As for :class:`numerics.Interaction`.

    Returns
    -------
    CompanyPrediction
    Interaction
        The agents, in floats.

    Raises
    ------
    InputError
        A step of an agent that is not there.
    """
    if unknown := [name for name in steps if name not in tables]:
        raise InputError(f"--eta {unknown[0]}=...: no agent has this name; they are {', '.join(tables)}")
    made = [agent_of(table, steps.get(name)) for name, table in tables.items()]
    summaries, agents = tuple(summary for summary, _ in made), [agent for _, agent in made]
    exact = [summary.exact for summary in summaries if summary.exact is not None]
    together = np.vstack([agent.prompt.X for agent in agents])
    small = len(exact) == len(agents) and len(agents) * agents[0].d <= EXACT_WEIGHTS
    rows = np.vstack([agent.prompt.X for agent in exact]) if small else together
    rank = int(Prompt(rows, rows[:, 0]).rank)
    if rank == agents[0].d:
        chosen: Sequence[LSAAgent] = exact if small else agents
        return _predicted(tuple(tables), summaries, chosen, order, None), Interaction(*agents, order=order)
    if rank == 0:  # nobody ever moves, or wants to
        still = np.zeros((len(agents), agents[0].d))
        there = (True,) * len(agents)
        found = CompanyPrediction(tuple(tables), summaries, order, 0.0, 1.0, True, small, still, still, there, 1)
        return found, Interaction(*agents, order=order)
    # The directions that the examples span: zero has no part in the others, and nothing moves there.
    basis = np.linalg.svd(together)[2][:rank]
    inside = [LSAAgent(Prompt(agent.prompt.X @ basis.T, agent.prompt.y), agent.step_size) for agent in agents]
    return _predicted(tuple(tables), summaries, inside, order, basis), Interaction(*agents, order=order)


def _predicted(
    names: tuple[str, ...],
    summaries: tuple[AgentSummary, ...],
    agents: Sequence[LSAAgent],
    order: Order,
    basis: Array | None,
) -> CompanyPrediction:
    company, exact = Interaction(*agents, order=order), agents[0].exact
    try:
        rate, shortfall, converges = float(company.rate()), float(company.shortfall()), bool(company.converges())
    except ScaleError:
        return CompanyPrediction(names, summaries, order, math.nan, math.nan, None, exact)
    if not exact and abs(shortfall) <= 1e3 * company.size * EPS * float(composition_scale(company.maps or ())):
        return CompanyPrediction(names, summaries, order, rate, shortfall, None, exact)
    if not converges:
        return CompanyPrediction(names, summaries, order, rate, shortfall, False, exact)
    states = _states(agents)
    residuals = states - np.stack([agent.target for agent in agents])
    natural = max(float(abs(states).max()), *(float(abs(agent.target).max()) for agent in agents))
    reaches = tuple(bool((abs(left) <= (0 if exact else ROUNDING * natural)).all()) for left in residuals)
    if basis is not None:
        states, residuals = states @ basis, residuals @ basis
    turns = 1 if rate <= ARRIVED else math.ceil(math.log(ARRIVED) / math.log1p(-shortfall))
    floats = states.astype(np.float64), residuals.astype(np.float64)
    return CompanyPrediction(names, summaries, order, rate, shortfall, True, exact, *floats, reaches, turns)


def _states(agents: Sequence[LSAAgent]) -> Array:
    """The weights (N, d) of all agents at rest, by the formula."""
    number, d = len(agents), agents[0].d
    kind = agents[0].prompt.X.dtype
    grams, answered = (np.zeros((number * d, number * d), dtype=np.int64).astype(kind) for _ in range(2))
    for i, agent in enumerate(agents):
        own, before = slice(i * d, i * d + d), slice((i - 1) % number * d, (i - 1) % number * d + d)
        grams[own, own] = agent.step_size * agent.prompt.gram
        answered[own, before] = np.eye(d, dtype=np.int64)
    targets = np.concatenate([agent.target for agent in agents])
    inputs: dict[str, Any] = {"eta": 1, "S_all": grams, "theta": targets, "Omega": answered}
    formula = formulas[f"{FORMULA}.states"]
    if not agents[0].exact:
        return np.asarray(formula.numpy(**inputs)).reshape(number, d)
    given = {name: np.asarray(value).tolist() for name, value in inputs.items()}
    return np.asarray(fractions_in(formula.exact(**given)).reshape(number, d))


def simulate_company(prediction: CompanyPrediction, company: Interaction, turns: int | None = None) -> CompanyRun:
    """Let the agents move, starting from zero, and compare where they are with where they were predicted to rest.

    Raises
    ------
    NumericsError
        When the run cannot be followed in double precision.
    """
    if prediction.states is None:
        raise ValueError("simulate_company: agents that do not converge have no state of rest to compare with")
    number = min(max(FEWEST, 2 * (prediction.turns or FEWEST)), LONGEST) if turns is None else turns
    method: Literal["attention", "affine"] = "attention" if number <= THROUGH_LAYERS else "affine"
    try:
        with held_back():
            states = company.simulate(None, number, method=method).states
    except (DivergenceError, ScaleError, OverflowError):
        remedy = "give fewer --turns, or --standardize"
        raise NumericsError(f"the run cannot be followed in double precision; {remedy}") from None
    targets = np.stack([agent.target for agent in prediction.agents])
    last = states[-1]
    differences = abs(last - prediction.states)
    tables = [agent.table for agent in prediction.agents]
    columns = np.max([abs(table.X).max(axis=0) for table in tables], axis=0)
    label = max(float(abs(table.y).max()) for table in tables)
    natural = np.divide(label, columns, out=np.full_like(columns, label), where=columns > 0)
    sizes = np.maximum(np.maximum(abs(last), abs(prediction.states)).max(axis=0), NEGLIGIBLE * natural)
    if (differences <= AGREES * sizes).all():
        verdict = "confirms"
    else:
        slow = number * math.log1p(-min(prediction.shortfall, 1 - EPS)) > math.log(AGREES)
        # The rate says nothing of the first turns, as many as there are weights.
        early = slow or number <= prediction.states.size
        verdict = "too few turns" if early else "does not confirm"
    off = float(np.linalg.norm(differences, axis=1).max())
    return CompanyRun(number, method, last, np.linalg.norm(states - targets, axis=-1), off, verdict)
