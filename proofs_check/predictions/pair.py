"""Where two agents with given prompts end, predicted from the formulas.

The prediction uses the formulas of `theory`; the simulation (`simulation`) the agents of `numerics`. Both read the same
two prompts. These are decimals, hence exact rationals: where the prompts are not too large, what is predicted and
whether the pair converges is decided in exact arithmetic. For larger prompts a decision that rounding could overturn is
not made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from numerics import Interaction, LSAAgent, Prompt, ScaleError, exact as exact_algebra
from numerics.interaction import spectrum
from numerics.validation import EPS, Array, Frozen
from proofs_check.inputs.prompts import PromptTable
from proofs_check.predictions.check import TheoremCheck, check_statement
from proofs_check.predictions.resolution import Resolution, resolution
from proofs_check.predictions.rest import at_rest
from theory import statements
from theory.derivation.measure import EXACT

__all__ = [
    "EXPLAINED",
    "WHO_WINS",
    "AgentSummary",
    "Prediction",
    "agent_of",
    "explain",
    "predict",
]

#: Theorems that say whether both agents reach their targets, one of them, or none.
WHO_WINS = ("neither-wins", "one-sided-iff", "kernel-condition")

#: The distance to the equilibrium that counts as arrived, relative to the distance at the start.
ARRIVED = 1e-6
#: Features and cells up to which prompts are taken as exact rationals.
EXACT_FEATURES, EXACT_CELLS = 24, 20_000
#: In floating point, singular values and rates nearer to their thresholds than this are left undecided.
CLEAR = 1e-9
#: A residual above this share of a natural weight is not rounding.
PLAIN = 1e-4
#: From this many features on a pair is followed in the directions that its examples span, if these are half as many.
WIDE = 64
#: Directions up to which hypotheses are measured.
EXPLAINED = 64


@dataclass(frozen=True)
class AgentSummary(Frozen):
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
    exact : LSAAgent or None
        The agent in exact rationals; None where its prompt is too large for them.
    """

    table: PromptTable
    step_size: float
    default_step: bool
    smallest: float
    largest: float
    rank: int
    target: Array
    exact: LSAAgent | None

    @property
    def inside_box(self) -> bool:
        """Whether the step lies inside the stability box."""
        near = self.step_size * self.largest - 2.0
        if self.exact is None or abs(near) > CLEAR:
            return near < 0
        gram = self.exact.prompt.gram
        unit = np.eye(len(gram), dtype=np.int64).astype(object)
        return exact_algebra.positive_semidefinite(2 * unit - self.exact.step_size * gram, strictly=True)

    @property
    def clear(self) -> bool:
        """Whether floating point leaves no doubt about the rank."""
        values = np.linalg.svd(self.table.X, compute_uv=False)
        return self.rank == 0 or bool(values[self.rank - 1] > CLEAR * values[0])

    def as_json(self) -> dict[str, Any]:
        """Plain data for the JSON report."""
        return {
            "file": self.table.path,
            "read": self.table.described,
            "label": self.table.label,
            "examples": len(self.table.y),
            "rank": self.rank,
            "eigenvalues": [self.smallest, self.largest],
            "step_size": self.step_size,
            "step_is_default": self.default_step,
            "inside_box": self.inside_box,
            "target": self.target.tolist(),
        }


@dataclass(frozen=True)
class Prediction(Frozen):
    """What the formulas say.

    Attributes
    ----------
    w, u : AgentSummary
    rate : float
        Spectral radius of one turn off the common kernel; the pair converges iff it is below 1.
    shortfall : float
        1 less the rate, accurate also where it is tiny.
    converges : bool or None
        Whether the pair approaches an equilibrium; None where that is undecidable at this precision.
    formula : str
        Which theorem gave the equilibrium; empty if there is none to approach.
    e, f : ndarray of shape (d,), or None
        Residuals of W and U at the equilibrium.
    rests : pair of ndarray of shape (d,), or None
        States of W and U at the equilibrium: target and residual, added before they are rounded where they are exact.
    gap : float
        Norm of the gap between the targets.
    turns : int or None
        Turns until the distance to the equilibrium has shrunk by `ARRIVED` at the asymptotic rate.
    reaches : pair of str, or None
        For W and U, whether its residual is ``"zero"``, zero up to ``"rounding"`` of the examples, or ``"not zero"``.
    pair : Interaction or None
        What was decided on, exact or in floats; None where there is no equilibrium.
    basis : ndarray of shape (r, d), or None
        Orthonormal rows: the directions in which a wide pair was followed, those that its examples span.
    """

    w: AgentSummary
    u: AgentSummary
    rate: float
    shortfall: float
    converges: bool | None
    formula: str = ""
    e: Array | None = None
    f: Array | None = None
    rests: tuple[Array, Array] | None = None
    gap: float = 0.0
    turns: int | None = None
    reaches: tuple[str, str] | None = None
    pair: Interaction | None = field(default=None, repr=False)
    basis: Array | None = field(default=None, repr=False)

    @property
    def exact(self) -> bool:
        """Whether everything was decided in exact rationals."""
        return self.w.exact is not None and self.u.exact is not None

    def winner(self) -> str:
        """Say who reaches its target."""
        if self.converges is None:
            return "undecidable at this precision"
        if self.reaches is None:
            return "neither agent: the pair does not converge"
        wins = [name for name, word in zip("WU", self.reaches, strict=True) if word != "not zero"]
        rounded = ", up to rounding of the examples" if "rounding" in self.reaches else ""
        if len(wins) == 2:
            return f"both agents reach their targets{rounded}"
        if not wins:
            return "neither agent reaches its target: each keeps a bias"
        return f"{wins[0]} alone reaches its target{rounded}; {'U' if wins == ['W'] else 'W'} keeps a bias"

    @property
    def rate_text(self) -> str:
        """The rate in six digits, or how far it is from 1 where these do not show it."""
        near = 0 < self.shortfall < 1e-5
        return f"1 - {self.shortfall:.3g}" if near else f"{self.rate:.6g}"

    @cached_property
    def bounds(self) -> Resolution:
        """What rounding of the examples can explain."""
        if self.pair is None or self.rests is None:
            raise ValueError("prediction: a pair that does not converge has no state of rest")
        found = resolution(self.pair, *map(self.lowered, self.rests))
        if self.basis is None:
            return found
        turned = abs(self.basis.T)
        return Resolution(turned @ found.w, turned @ found.u, turned @ found.w_star, turned @ found.u_star)

    def lowered(self, w: Array) -> Array:
        """The coordinates of weights in the directions that are followed."""
        return w if self.basis is None else self.basis @ w

    def lifted(self, w: Array) -> Array:
        """Weights with these coordinates."""
        return w if self.basis is None else self.basis.T @ w

    @cached_property
    def natural(self) -> Array:
        """The size of a weight that makes a feature as large as the labels, (d,)."""
        tables = (self.w.table, self.u.table)
        columns = np.max([abs(table.X).max(axis=0) for table in tables], axis=0)
        label = max(float(abs(table.y).max()) for table in tables)
        seen = columns > 0
        largest = float((label / columns[seen]).max(initial=0.0))
        # The weight of a column of zeros is that of nothing: rounding of the others may stand there.
        return np.asarray(np.divide(label, columns, out=np.full_like(columns, largest), where=seen))


def agent_of(table: PromptTable, step: float | Fraction | None) -> tuple[AgentSummary, LSAAgent]:
    """Return a summary of the agent with this prompt, and the agent; its step is ``1 / lambda_max`` if not given."""
    prompt = Prompt(table.X, table.y)
    exact = None
    if prompt.d <= EXACT_FEATURES and prompt.n * prompt.d <= EXACT_CELLS:
        exact = Prompt(*table.rationals)
        smallest, largest = exact_algebra.extreme_eigenvalues(exact.gram)
        rank = int(exact.rank)
    else:
        eigenvalues = np.linalg.svd(table.X, compute_uv=False) ** 2 / prompt.n
        smallest, largest = float(eigenvalues[-1]), float(eigenvalues[0])
        rank = int(prompt.rank)
    size = float(step) if step is not None else (1.0 / largest if largest > 0 else 1.0)
    target = prompt.target if exact is None else exact.target.astype(np.float64)
    # A step that was typed is the decimal that was typed; of a double, the shortest one that gives it.
    typed = step if isinstance(step, Fraction) else Fraction(size) if step is None else Fraction(repr(size))
    known = None if exact is None else LSAAgent(exact, typed)
    least = smallest if rank == prompt.d else 0.0
    return AgentSummary(table, size, step is None, least, largest, rank, np.asarray(target), known), LSAAgent(
        prompt, size
    )


def predict(
    w: PromptTable,
    u: PromptTable,
    *,
    eta_w: float | Fraction | None = None,
    eta_u: float | Fraction | None = None,
) -> tuple[Prediction, Interaction]:
    """Predict where the agents end when they start from zero.

    Parameters
    ----------
    w, u : PromptTable
        Prompts with the same features.
    eta_w, eta_u : float or Fraction, optional
        Step sizes; ``1 / lambda_max`` of the agent's own Gram matrix by default (1 for a prompt of zeros).

    Returns
    -------
    Prediction
    Interaction
        The simulated pair, for `simulate`, in floats.
    """
    (summary_w, agent_w), (summary_u, agent_u) = agent_of(w, eta_w), agent_of(u, eta_u)
    pair = Interaction(agent_w, agent_u)
    if summary_w.exact is not None and summary_u.exact is not None:
        return _predicted(summary_w, summary_u, Interaction(summary_w.exact, summary_u.exact), None), pair
    basis = _span(agent_w, agent_u)
    if basis is not None:
        agents = [LSAAgent(Prompt(a.prompt.X @ basis.T, a.prompt.y), a.step_size) for a in (agent_w, agent_u)]
        pair = Interaction(*agents)
    return _predicted(replace(summary_w, exact=None), replace(summary_u, exact=None), pair, basis), pair


def _span(w: LSAAgent, u: LSAAgent) -> Array | None:
    """Orthonormal rows that span the examples of both, for a pair that moves in few of many directions."""
    X = np.vstack([w.prompt.X, u.prompt.X])
    if w.d < WIDE or 2 * len(X) > w.d:
        return None
    return np.asarray(np.linalg.qr(X.T)[0].T)


def _predicted(w: AgentSummary, u: AgentSummary, pair: Interaction, basis: Array | None) -> Prediction:
    """Predict a pair, exact or in floats."""
    try:
        rate, shortfall, converges = float(pair.rate()), float(pair.shortfall()), _converges(w, u, pair)
    except ScaleError:
        return Prediction(w, u, math.nan, math.nan, None)
    agent_w, agent_u = pair.agent_w, pair.agent_u
    assert isinstance(agent_w, LSAAgent)
    assert isinstance(agent_u, LSAAgent)
    gap = exact_algebra.norm(agent_u.target - agent_w.target)
    if not converges:
        return Prediction(w, u, rate, shortfall, converges, gap=gap)
    name, e, f = at_rest(agent_w, agent_u)
    turns = 1 if rate <= ARRIVED else math.ceil(math.log(ARRIVED) / math.log1p(-shortfall))
    e, f = (x if basis is None else basis.T @ x for x in (e, f))
    at = (w.target + e, u.target + f) if basis is not None else (agent_w.target + e, agent_u.target + f)
    at_w, at_u = (np.asarray(x, dtype=np.float64) for x in at)
    floats = e.astype(np.float64), f.astype(np.float64)
    found = Prediction(w, u, rate, shortfall, True, name, *floats, (at_w, at_u), gap, turns, pair=pair, basis=basis)
    return replace(found, reaches=(_reached(found, e, "e"), _reached(found, f, "f")))


def _converges(w: AgentSummary, u: AgentSummary, pair: Interaction) -> bool | None:
    """Whether a pair converges; None where floats do not decide it."""
    found, maps = bool(pair.converges()), pair.maps
    if pair.exact:
        return found
    assert maps is not None
    noise = 1e3 * pair.size * EPS * float(spectrum.composition_scale(maps))
    return found if w.clear and u.clear and abs(float(pair.shortfall())) > noise else None


def _reached(prediction: Prediction, residual: Array, of: str) -> str:
    """Say whether a residual, exact or in floats, is zero."""
    if not np.any(residual != 0):
        return "zero"
    size = abs(residual.astype(np.float64))
    if (size > PLAIN * prediction.natural).any():
        return "not zero"
    return "rounding" if bool((size <= getattr(prediction.bounds, of)).all()) else "not zero"


def explain(prediction: Prediction, pair: Interaction) -> tuple[TheoremCheck, ...]:
    """Check the theorems that say who wins at this pair: their hypotheses, and their conclusions against the agents.

    Small prompts are checked in exact rationals; beyond `EXPLAINED` directions nothing is.

    Parameters
    ----------
    prediction : Prediction
        Gives the theorem that the equilibrium is read off.
    pair : Interaction
        The pair that `predict` returned.
    """
    if pair.d > EXPLAINED:
        return ()
    small = prediction.exact and pair.d <= EXACT
    w, u = (prediction.w.exact, prediction.u.exact) if small else (pair.agent_w, pair.agent_u)
    if not isinstance(w, LSAAgent) or not isinstance(u, LSAAgent):
        raise TypeError("explain: the agents of a prediction have prompts")
    named = [prediction.formula] if prediction.formula else []
    rounded = [f"eta_{name}" for name, agent in (("W", prediction.w), ("U", prediction.u)) if agent.default_step]
    return tuple(check_statement(statements[id_], w=w, u=u, rounded=rounded) for id_ in (*named, *WHO_WINS))
