"""Where any number of agents end, in any order of moves: predicted from the formulas, simulated and compared.

The formula speaks of all weights together and needs every direction to be seen by some agent. Where none sees one,
agents that start from zero never leave the directions that their examples span, and are followed in these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from numerics import DivergenceError, Interaction, LSAAgent, NumericsError, Prompt, ScaleError
from numerics.agents.relay import ManySteps
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
Order = Literal["cycle", "simultaneous", "mediator", "random"]
Agents = Sequence[LSAAgent | ManySteps]
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
    order : {"cycle", "simultaneous", "mediator", "random"}
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
    weights : tuple of float
        How much each agent's answer counts for a mediator, or how likely it moves; empty in other orders.
    average : ndarray of shape (d,), or None
        Where a mediator rests, or the mean in a random order; `states` are then where moves lead from there.
    step_matrices : mapping of str to ndarray of shape (d, d)
        What each agent's move takes away of an error; in a random order.
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
    weights: tuple[float, ...] = ()
    average: Array | None = None
    step_matrices: Mapping[str, Array] = field(default_factory=dict)

    @property
    def formula(self) -> str:
        """The theorem that says where they rest."""
        return {"mediator": "mediator", "random": "random-order"}.get(self.order, FORMULA)

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
    tables: Mapping[str, PromptTable],
    steps: Mapping[str, float | Fraction | None],
    order: Order = "cycle",
    *,
    weights: Mapping[str, Fraction] | None = None,
    many: Mapping[str, int] | None = None,
    noise: Mapping[str, float] | None = None,
) -> tuple[CompanyPrediction, Interaction]:
    """Predict where agents end that start from zero, each answering the one before it and the first the last.

    Parameters
    ----------
    tables : mapping of str to PromptTable
        Two prompts or more with the same features, by the names of their agents.
    steps : mapping of str to float or Fraction
        Step sizes; ``1 / lambda_max`` of the agent's own Gram matrix where none is given.
    order : {"cycle", "simultaneous", "mediator", "random"}
        As for :class:`numerics.Interaction`.
    weights : mapping of str to Fraction, optional
        How much the answers count for a mediator, or how likely each moves; equal if none are given.
    noise : mapping of str to float, optional
        Variances of what disturbs each entry of an agent's answers, in a random order.
    many : mapping of str to int, optional
        How many steps an agent takes a turn, where it is not one.

    Returns
    -------
    CompanyPrediction
    Interaction
        The agents, in floats.

    Raises
    ------
    InputError
        A step or a weight of an agent that is not there, some weights and not all, or weights that do not sum to 1.
    """
    many = many or {}
    for option, given in (
        ("--eta", steps),
        ("--weight", weights or {}),
        ("--many-steps", many),
        ("--noise", noise or {}),
    ):
        if unknown := [name for name in given if name not in tables]:
            raise InputError(f"{option} {unknown[0]}=...: no agent has this name; they are {', '.join(tables)}")
    shares = _shares(tuple(tables), order, weights)
    made = [agent_of(table, steps.get(name)) for name, table in tables.items()]
    summaries, single = tuple(summary for summary, _ in made), [agent for _, agent in made]
    exact = [summary.exact for summary in summaries if summary.exact is not None]
    numbers = [many.get(name, 1) for name in tables]
    d, together = single[0].d, np.vstack([agent.prompt.X for agent in single])
    small = len(exact) == len(single) and len(single) * d <= EXACT_WEIGHTS
    rows = np.vstack([agent.prompt.X for agent in exact]) if small else together
    rank = int(Prompt(rows, rows[:, 0]).rank)
    floats = None if shares is None else shares.astype(float)
    if noise and order != "random":
        raise InputError("--noise is for --order random, where states scatter; leave it out")
    disturbed = [noise.get(name, 0.0) * np.eye(d) for name in tables] if noise else None
    company = Interaction(*_repeated(single, numbers), order=order, weights=floats, noise=disturbed)
    blank = CompanyPrediction(
        tuple(tables),
        summaries,
        order,
        0.0,
        1.0,
        True,
        small,
        weights=() if floats is None else tuple(floats.tolist()),
        step_matrices={
            name: _step_matrix(agent) for name, agent in zip(tables, _repeated(single, numbers), strict=True)
        }
        if order == "random"
        else {},
    )
    if rank == 0:  # nobody ever moves, or wants to
        still = np.zeros((len(single), d))
        mean = None if floats is None else still[0]
        return replace(
            blank, states=still, residuals=still, reaches=(True,) * len(single), turns=1, average=mean
        ), company
    basis = None
    if rank < d:  # The directions that the examples span: zero has no part in the others, and nothing moves there.
        basis = np.linalg.svd(together)[2][:rank]
        chosen = [LSAAgent(Prompt(agent.prompt.X @ basis.T, agent.prompt.y), agent.step_size) for agent in single]
    else:
        chosen = exact if small else single
    return _predicted(blank, _repeated(chosen, numbers), shares if chosen[0].exact else floats, basis), company


def _repeated(agents: Sequence[LSAAgent], numbers: Sequence[int]) -> Agents:
    """Let each take so many steps."""
    return [agent if n == 1 else agent.many_steps(n) for agent, n in zip(agents, numbers, strict=True)]


def _shares(names: tuple[str, ...], order: Order, given: Mapping[str, Fraction] | None) -> Array | None:
    """The weights of a mediator, or the probabilities of moves, exact; None in other orders."""
    if order not in ("mediator", "random"):
        if given:
            raise InputError("--weight is for --order mediator and random; leave it out")
        return None
    if not given:
        return np.full(len(names), Fraction(1, len(names)), dtype=object)
    if missing := [name for name in names if name not in given]:
        raise InputError(f"--weight: {missing[0]} has none; give one for each agent, or none at all")
    if (total := sum(given.values())) != 1:
        raise InputError(f"--weight: the weights sum to {float(total):g}, not to 1; divide them by their sum")
    return np.array([given[name] for name in names], dtype=object)


def _predicted(
    blank: CompanyPrediction, agents: Agents, shares: Array | None, basis: Array | None
) -> CompanyPrediction:
    company, exact = Interaction(*agents, order=blank.order, weights=shares), agents[0].exact
    try:
        rate, shortfall, converges = float(company.rate()), float(company.shortfall()), bool(company.converges())
    except ScaleError:
        return replace(blank, rate=math.nan, shortfall=math.nan, converges=None, exact=exact)
    blank = replace(blank, rate=rate, shortfall=shortfall, exact=exact)
    if not exact and abs(shortfall) <= 1e3 * company.size * EPS * float(composition_scale(company.maps or ())):
        return replace(blank, converges=None)
    if not converges:
        return replace(blank, converges=False)
    states, average = _states(agents, shares)
    residuals = states - np.stack([agent.target for agent in agents])
    natural = max(float(abs(states).max()), *(float(abs(agent.target).max()) for agent in agents))
    reaches = tuple(bool((abs(left) <= (0 if exact else ROUNDING * natural)).all()) for left in residuals)
    if basis is not None:
        states, residuals = states @ basis, residuals @ basis
        average = None if average is None else average @ basis
    turns = 1 if rate <= ARRIVED else math.ceil(math.log(ARRIVED) / math.log1p(-shortfall))
    return replace(
        blank,
        states=states.astype(np.float64),
        residuals=residuals.astype(np.float64),
        reaches=reaches,
        turns=turns,
        average=None if average is None else average.astype(np.float64),
    )


def _step_matrix(agent: LSAAgent | ManySteps) -> Array:
    """What an agent's move takes away of an error; of many steps, by the formula."""
    if isinstance(agent, LSAAgent):
        return np.asarray(agent.step_size * agent.prompt.gram)
    one, d = agent.agent, agent.d
    inputs = {"S_W": one.prompt.gram, "eta_W": one.step_size, "w_star": one.target * 0, "t": agent.steps}
    unit = np.eye(d, dtype=np.int64).astype(one.prompt.X.dtype)
    moved = [_value("many-steps.move", inputs | {"w_0": e}, exact=one.exact) for e in unit]
    return np.asarray(unit - np.stack(moved, axis=-1))


def _states(agents: Agents, shares: Array | None) -> tuple[Array, Array | None]:
    """The weights (N, d) of all agents at rest, and those of their mediator (d,), by the formulas."""
    number, d, exact = len(agents), agents[0].d, agents[0].exact
    kind = agents[0].prompt.X.dtype
    unit = np.eye(d, dtype=np.int64).astype(kind)
    grams = np.zeros((number * d, number * d), dtype=np.int64).astype(kind)
    for i, agent in enumerate(agents):
        grams[i * d : i * d + d, i * d : i * d + d] = _step_matrix(agent)
    heard = np.roll(np.eye(number, dtype=np.int64).astype(kind), 1, axis=0)
    if shares is not None:
        heard = np.broadcast_to(shares, (number, number))
    targets = np.concatenate([agent.target for agent in agents])
    inputs: dict[str, Any] = {"eta": 1, "S_all": grams, "theta": targets, "Omega": np.kron(heard, unit)}
    states: Array = _value(f"{FORMULA}.states", inputs, exact=exact).reshape(number, d)
    if shares is None:
        return states, None
    inputs |= {"J_all": np.concatenate([unit] * number), "Lambda": np.kron(np.diag(shares), unit)}
    return states, _value("mediator.state", inputs, exact=exact)


def _value(id_: str, inputs: Mapping[str, Any], *, exact: bool) -> Array:
    """A formula's value, exact for exact inputs."""
    formula = formulas[id_]
    if not exact:
        return np.asarray(formula.numpy(**inputs))
    given = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in inputs.items()}
    return np.asarray(fractions_in(formula.exact(**given)).reshape(-1))


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
