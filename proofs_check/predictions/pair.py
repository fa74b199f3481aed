"""Where two agents with given prompts end: predicted from the formulas, then simulated.

The prediction uses the formulas of `theory` only; the simulation uses the agents of `numerics` only. Both read the same
two prompts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from numerics import Interaction, LSAAgent, Prompt
from numerics.validation import Array
from proofs_check.inputs.prompts import PromptTable
from proofs_check.predictions.check import TheoremCheck, check_statement
from proofs_check.predictions.rest import at_rest
from theory import statements

__all__ = ["WHO_WINS", "AgentSummary", "Prediction", "Simulation", "agent_of", "explain", "predict", "simulate"]

#: Theorems that say whether both agents reach their targets, one of them, or none.
WHO_WINS = ("neither-wins", "one-sided-iff", "kernel-condition")

#: The distance to the equilibrium that counts as arrived, relative to the distance at the start.
ARRIVED = 1e-6
#: Turns simulated at least; turns of which every state is kept; turns that are made through the attention layers.
FEWEST, KEPT, THROUGH_LAYERS = 40, 100_000, 10_000
#: A residual below this fraction of the gap counts as zero: both sides then agree to rounding error.
ZERO = 1e-9


@dataclass(frozen=True)
class AgentSummary:
    """One agent as read from its file.

    Attributes
    ----------
    table : PromptTable
    step_size : float
        In units of the inverse Gram matrix.
    default_step : bool
        Whether the step is ``1 / lambda_max``, for want of an option.
    smallest, largest : float
        Extreme eigenvalues of the Gram matrix; `smallest` is that of the whole space, 0 if the rank is not full.
    rank : int
    target : ndarray of shape (d,)
    """

    table: PromptTable
    step_size: float
    default_step: bool
    smallest: float
    largest: float
    rank: int
    target: Array

    @property
    def inside_box(self) -> bool:
        """Whether the step lies inside the stability box."""
        return self.step_size * self.largest < 2.0


@dataclass(frozen=True)
class Prediction:
    """What the formulas say.

    Attributes
    ----------
    w, u : AgentSummary
    rate : float
        Spectral radius of one turn off the common kernel; the pair converges iff it is below 1.
    formula : str
        Which theorem gave the equilibrium; empty if there is none to approach.
    e, f : ndarray of shape (d,), or None
        Residuals of W and U at the equilibrium.
    gap : float
        Norm of the gap between the targets.
    turns : int or None
        Turns until the distance to the equilibrium has shrunk by `ARRIVED` at the asymptotic rate.
    """

    w: AgentSummary
    u: AgentSummary
    rate: float
    formula: str
    e: Array | None
    f: Array | None
    gap: float
    turns: int | None

    @property
    def converges(self) -> bool:
        """Whether the pair approaches an equilibrium."""
        return self.e is not None

    def winner(self) -> str:
        """Say who reaches its target."""
        if self.e is None or self.f is None:
            return "neither agent: the pair does not converge"
        e, f = float(np.linalg.norm(self.e)), float(np.linalg.norm(self.f))
        zero = ZERO * max(self.gap, float(np.finfo(float).tiny))
        if self.gap == 0.0:
            zero = ZERO
        wins = [name for name, residual in (("W", e), ("U", f)) if residual <= zero]
        if len(wins) == 2:
            return "both agents reach their targets"
        if not wins:
            return "neither agent reaches its target: each keeps a bias"
        return f"{wins[0]} alone reaches its target; {'U' if wins == ['W'] else 'W'} keeps a bias"


@dataclass(frozen=True)
class Simulation:
    """What the agents did.

    Attributes
    ----------
    turns : int
        Turns simulated.
    method : str
        ``"attention"``: every move through the attention layer; ``"affine"``: by the affine map of one turn.
    errors_w, errors_u : ndarray of shape (min(turns, 100000),)
        Distance of each agent from its own target after each of its moves.
    w, u : ndarray of shape (d,)
        Last iterates.
    arrived : int or None
        First turn whose distance to the last iterate is at most `ARRIVED` times that of the start, if it was kept.
    """

    turns: int
    method: str

    errors_w: Array
    errors_u: Array
    w: Array
    u: Array
    arrived: int | None


def agent_of(table: PromptTable, step: float | None) -> tuple[AgentSummary, LSAAgent]:
    """Return a summary of the agent with this prompt, and the agent; its step is ``1 / lambda_max`` if not given."""
    prompt = Prompt(table.X, table.y)
    eigenvalues = np.linalg.eigvalsh(prompt.gram)
    largest = float(eigenvalues[-1])
    rank = int(prompt.rank)
    size = step if step is not None else (1.0 / largest if largest > 0 else 1.0)
    smallest = float(eigenvalues[0]) if rank == prompt.d else 0.0
    summary = AgentSummary(table, size, step is None, smallest, largest, rank, np.asarray(prompt.target))
    return summary, LSAAgent(prompt, size)


def predict(
    w: PromptTable, u: PromptTable, *, eta_w: float | None = None, eta_u: float | None = None
) -> tuple[Prediction, Interaction]:
    """Predict where the agents end when they start from zero.

    Parameters
    ----------
    w, u : PromptTable
        Prompts with the same features.
    eta_w, eta_u : float, optional
        Step sizes; ``1 / lambda_max`` of the agent's own Gram matrix by default (1 for a prompt of zeros).

    Returns
    -------
    Prediction
    Interaction
        The simulated pair, for `simulate`.
    """
    (summary_w, agent_w), (summary_u, agent_u) = agent_of(w, eta_w), agent_of(u, eta_u)
    pair = Interaction(agent_w, agent_u)
    rate = float(pair.rate())
    gap = float(np.linalg.norm(summary_u.target - summary_w.target))
    if not (rate < 1.0 and bool(pair.converges())):
        return Prediction(summary_w, summary_u, rate, "", None, None, gap, None), pair
    name, e, f = at_rest(agent_w, agent_u)
    turns = 1 if rate <= ARRIVED else math.ceil(math.log(ARRIVED) / math.log(rate))
    return Prediction(summary_w, summary_u, rate, name, e, f, gap, turns), pair


def explain(prediction: Prediction, pair: Interaction) -> tuple[TheoremCheck, ...]:
    """Check the theorems that say who wins at this pair: their hypotheses, and their conclusions against the agents.

    Parameters
    ----------
    prediction : Prediction
        Gives the theorem that the equilibrium is read off.
    pair : Interaction
        The pair that `predict` returned.
    """
    w, u = pair.agent_w, pair.agent_u
    if not isinstance(w, LSAAgent) or not isinstance(u, LSAAgent):
        raise TypeError("explain: the agents of a prediction have prompts")
    named = [prediction.formula] if prediction.formula else []
    return tuple(check_statement(statements[id_], w=w, u=u) for id_ in (*named, *WHO_WINS))


def simulate(prediction: Prediction, pair: Interaction, turns: int | None = None) -> Simulation:
    """Let the agents take turns, starting from zero.

    Parameters
    ----------
    prediction : Prediction
        Gives the number of turns, if it is not given: twice what the rate asks for.
    pair : Interaction
        The pair that `predict` returned.
    turns : int, optional
        How many turns.
    """
    if turns is None:
        turns = max(FEWEST, 2 * (prediction.turns or FEWEST))
    start = np.zeros(prediction.w.target.shape)
    method: Literal["attention", "affine"] = "attention" if turns <= THROUGH_LAYERS else "affine"
    run = pair.simulate(start, min(turns, KEPT), method=method)
    end = run if turns <= KEPT else pair.simulate(start, turns, keep="last", method="affine")
    w, u = np.asarray(run.w), np.asarray(run.u)
    distances = np.linalg.norm(w - end.w_last, axis=-1)
    near = np.flatnonzero(distances <= ARRIVED * distances[0])
    return Simulation(
        turns,
        method,
        np.linalg.norm(w[1:] - prediction.w.target, axis=-1),
        np.linalg.norm(u - prediction.u.target, axis=-1),
        np.asarray(end.w_last),
        np.asarray(end.u_last),
        int(near[0]) if near.size else None,
    )
