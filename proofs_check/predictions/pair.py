"""Where two agents with given prompts end: predicted from the formulas, then simulated.

The prediction uses the formulas of `theory` only; the simulation uses the agents of `numerics` only. Both read the same
two prompts. These are decimals, hence exact rationals: where the prompts are not too large, what is predicted and
whether the pair converges is decided in exact arithmetic, and where doubles do not follow the simulation it is repeated
with as many digits as it takes. For larger prompts a decision that rounding could overturn is not made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np

from numerics import DivergenceError, Interaction, LSAAgent, NumericsError, Prompt, ScaleError, exact as exact_algebra
from numerics.errors import held_back
from numerics.interaction import spectrum
from numerics.interaction.enclosure import settled
from numerics.validation import EPS, Array
from proofs_check.inputs.prompts import PromptTable
from proofs_check.predictions.check import EXACT, TheoremCheck, check_statement
from proofs_check.predictions.resolution import Resolution, resolution
from proofs_check.predictions.rest import at_rest
from theory import statements

__all__ = [
    "WHO_WINS",
    "AgentSummary",
    "Comparison",
    "Prediction",
    "Simulation",
    "agent_of",
    "compare",
    "explain",
    "predict",
    "simulate",
]

#: Theorems that say whether both agents reach their targets, one of them, or none.
WHO_WINS = ("neither-wins", "one-sided-iff", "kernel-condition")

#: The distance to the equilibrium that counts as arrived, relative to the distance at the start.
ARRIVED = 1e-6
#: Turns simulated at least; turns of which every state is kept; turns that are made through the attention layers.
FEWEST, KEPT, THROUGH_LAYERS = 40, 100_000, 10_000
#: Features and cells up to which prompts are taken as exact rationals.
EXACT_FEATURES, EXACT_CELLS = 24, 20_000
#: In floating point, singular values and rates nearer to their thresholds than this are left undecided.
CLEAR = 1e-9
#: A weight that differs by more than this from what was predicted, relative to its size, does not confirm it.
AGREES = 1e-5
#: Weights below this share of what a label's size over a column's size makes natural count as that share.
NEGLIGIBLE = 1e-10
#: A residual above this share of a natural weight is not rounding; how much more a run rounds than its examples do.
PLAIN, ROUNDED = 1e-4, 1e3
#: Floats that miss 1 less the rate by this share of it do not follow the exact pair.
UNFAITHFUL = 0.01


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


@dataclass(frozen=True)
class Prediction:
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
    gap : float
        Norm of the gap between the targets.
    turns : int or None
        Turns until the distance to the equilibrium has shrunk by `ARRIVED` at the asymptotic rate.
    reaches : pair of str, or None
        For W and U, whether its residual is ``"zero"``, zero up to ``"rounding"`` of the examples, or ``"not zero"``.
    pair : Interaction or None
        What was decided on, exact or in floats; None where there is no equilibrium.
    """

    w: AgentSummary
    u: AgentSummary
    rate: float
    shortfall: float
    converges: bool | None
    formula: str = ""
    e: Array | None = None
    f: Array | None = None
    gap: float = 0.0
    turns: int | None = None
    reaches: tuple[str, str] | None = None
    pair: Interaction | None = field(default=None, repr=False)

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
        if self.pair is None or self.e is None or self.f is None:
            raise ValueError("prediction: a pair that does not converge has no state of rest")
        return resolution(self.pair, self.w.target + self.e, self.u.target + self.f)

    @cached_property
    def natural(self) -> Array:
        """The size of a weight that makes a feature as large as the labels, (d,)."""
        tables = (self.w.table, self.u.table)
        columns = np.max([abs(table.X).max(axis=0) for table in tables], axis=0)
        label = max(float(abs(table.y).max()) for table in tables)
        return np.asarray(np.divide(label, columns, out=np.zeros_like(columns), where=columns > 0))


@dataclass(frozen=True)
class Simulation:
    """What the agents did.

    Attributes
    ----------
    turns : int
        Turns simulated.
    method : str
        ``"attention"``: every move through the attention layer; ``"affine"``: by the affine map of one turn;
        ``"enclosure"``: by that map in ball arithmetic, with as many digits as it took.
    errors_w, errors_u : ndarray of shape (at most 100000,)
        Distance of each agent from its own target after each of its moves, as long as these were kept; in floats.
    w, u : ndarray of shape (d,)
        Last iterates.
    residual_w, residual_u : float
        Distance of the last iterates from the targets.
    arrived : int or None
        First turn whose distance to the last iterate is at most `ARRIVED` times that of the start, if it was seen.
    """

    turns: int
    method: str
    errors_w: Array
    errors_u: Array
    w: Array
    u: Array
    residual_w: float
    residual_u: float
    arrived: int | None


@dataclass(frozen=True)
class Comparison:
    """Prediction against simulation.

    Attributes
    ----------
    verdict : {"confirms", "does not confirm", "too few turns", "undecidable"}
    off : float
        Distance between the predicted and the simulated state of rest, of W or of U, whichever is larger.
    """

    verdict: Literal["confirms", "does not confirm", "too few turns", "undecidable"]
    off: float


def agent_of(table: PromptTable, step: float | None) -> tuple[AgentSummary, LSAAgent]:
    """Return a summary of the agent with this prompt, and the agent; its step is ``1 / lambda_max`` if not given."""
    prompt = Prompt(table.X, table.y)
    exact = None
    if prompt.d <= EXACT_FEATURES and prompt.n * prompt.d <= EXACT_CELLS:
        exact = Prompt(*table.rationals)
        smallest, largest = exact_algebra.extreme_eigenvalues(exact.gram)
        rank = int(exact.rank)
    else:
        eigenvalues = np.linalg.eigvalsh(prompt.gram)
        smallest, largest = float(eigenvalues[0]), float(eigenvalues[-1])
        rank = int(prompt.rank)
    size = step if step is not None else (1.0 / largest if largest > 0 else 1.0)
    target = prompt.target if exact is None else exact.target.astype(np.float64)
    # A step that was typed is the decimal that was typed.
    known = None if exact is None else LSAAgent(exact, Fraction(size) if step is None else Fraction(repr(size)))
    least = smallest if rank == prompt.d else 0.0
    return AgentSummary(table, size, step is None, least, largest, rank, np.asarray(target), known), LSAAgent(
        prompt, size
    )


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
        The simulated pair, for `simulate`, in floats.
    """
    (summary_w, agent_w), (summary_u, agent_u) = agent_of(w, eta_w), agent_of(u, eta_u)
    pair = Interaction(agent_w, agent_u)
    if summary_w.exact is not None and summary_u.exact is not None:
        return _predicted(summary_w, summary_u, Interaction(summary_w.exact, summary_u.exact)), pair
    return _predicted(replace(summary_w, exact=None), replace(summary_u, exact=None), pair), pair


def _predicted(w: AgentSummary, u: AgentSummary, pair: Interaction) -> Prediction:
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
    found = Prediction(
        w, u, rate, shortfall, True, name, e.astype(np.float64), f.astype(np.float64), gap, turns, pair=pair
    )
    return replace(found, reaches=(_reached(found, e, "e"), _reached(found, f, "f")))


def _converges(w: AgentSummary, u: AgentSummary, pair: Interaction) -> bool | None:
    """Whether a pair converges; None where floats do not decide it."""
    found, maps = bool(pair.converges()), pair.maps
    if pair.exact:
        return found
    assert maps is not None
    noise = 1e3 * pair.size * EPS * float(spectrum.composition_scale(*maps))
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

    Small prompts are checked in exact rationals.

    Parameters
    ----------
    prediction : Prediction
        Gives the theorem that the equilibrium is read off.
    pair : Interaction
        The pair that `predict` returned.
    """
    small = prediction.exact and pair.d <= EXACT
    w, u = (prediction.w.exact, prediction.u.exact) if small else (pair.agent_w, pair.agent_u)
    if not isinstance(w, LSAAgent) or not isinstance(u, LSAAgent):
        raise TypeError("explain: the agents of a prediction have prompts")
    named = [prediction.formula] if prediction.formula else []
    rounded = [f"eta_{name}" for name, agent in (("W", prediction.w), ("U", prediction.u)) if agent.default_step]
    return tuple(check_statement(statements[id_], w=w, u=u, rounded=rounded) for id_ in (*named, *WHO_WINS))


def simulate(prediction: Prediction, pair: Interaction, turns: int | None = None) -> Simulation:
    """Let the agents take turns, starting from zero.

    Parameters
    ----------
    prediction : Prediction
        Gives the number of turns, if it is not given: twice what the rate asks for.
    pair : Interaction
        The pair that `predict` returned.
    turns : int, optional
        How many turns. If not given, and where floats do not end where the prediction says, the run is followed in
        ball arithmetic until it rests: whether the prediction or the rounding is at fault is then decided.
    """
    number = max(FEWEST, 2 * (prediction.turns or FEWEST)) if turns is None else turns
    found = None
    try:
        if number <= KEPT or _faithful(prediction, pair):
            found = _in_floats(prediction, pair, number)
    except (DivergenceError, ScaleError, OverflowError):
        pass
    if prediction.exact and (found is None or (turns is None and compare(prediction, found).verdict != "confirms")):
        return _enclosed(prediction, found)
    if found is None:
        raise NumericsError("the run cannot be followed in double precision; give fewer --turns, or --standardize")
    return found


def _faithful(prediction: Prediction, pair: Interaction) -> bool:
    """Whether the map of a turn, rounded, contracts as the exact one does: if not, its powers say nothing."""
    found = float(pair.shortfall())
    return bool(pair.converges()) and abs(found - prediction.shortfall) <= UNFAITHFUL * prediction.shortfall


def _in_floats(prediction: Prediction, pair: Interaction, turns: int) -> Simulation:
    start = np.zeros(prediction.w.target.shape)
    method: Literal["attention", "affine"] = "attention" if turns <= THROUGH_LAYERS else "affine"
    with held_back():
        run = pair.simulate(start, min(turns, KEPT), method=method)
        end = run if turns <= KEPT else pair.simulate(start, turns, keep="last", method="affine")
        w, u, w_last, u_last = (np.asarray(x) for x in (run.w, run.u, end.w_last, end.u_last))
        distances = np.linalg.norm(w - w_last, axis=-1)
        near = np.flatnonzero(distances <= ARRIVED * distances[0])
        arrived = int(near[0]) if near.size else _arrival(pair, w_last, float(distances[0]), turns)
    return Simulation(
        turns,
        method,
        np.linalg.norm(w[1:] - prediction.w.target, axis=-1),
        np.linalg.norm(u - prediction.u.target, axis=-1),
        w_last,
        u_last,
        float(np.linalg.norm(w_last - prediction.w.target)),
        float(np.linalg.norm(u_last - prediction.u.target)),
        arrived,
    )


def _arrival(pair: Interaction, rest: Array, first: float, turns: int) -> int:
    """Bisect for the turn at which a run is near enough to where it ends, beyond the states that were kept."""
    early, late = KEPT, turns
    while late - early > 1:
        middle = (early + late) // 2
        state = np.asarray(pair.simulate(None, middle, keep="last", method="affine").w_last)
        near = float(np.linalg.norm(state - rest)) <= ARRIVED * first
        early, late = (early, middle) if near else (middle, late)
    return late


def _enclosed(prediction: Prediction, floats: Simulation | None) -> Simulation:
    """Follow the exact pair until it rests."""
    exact_w, exact_u = prediction.w.exact, prediction.u.exact
    assert exact_w is not None
    assert exact_u is not None
    pair = Interaction(exact_w, exact_u)
    zero = np.full(pair.d, Fraction(0), dtype=object)
    most = 64 + max(0, math.ceil(-math.log2(prediction.shortfall)))
    w, turns, _ = settled(pair.turn_map, zero, most=most)
    # U answers the last state of W, of which all digits are known that matter.
    u = exact_u.update(np.array([Fraction(x) for x in w.tolist()], dtype=object)).astype(np.float64)
    none = np.zeros(0)
    return Simulation(
        turns,
        "enclosure",
        none if floats is None else floats.errors_w,
        none if floats is None else floats.errors_u,
        w,
        u,
        float(np.linalg.norm(w - prediction.w.target)),
        float(np.linalg.norm(u - prediction.u.target)),
        None,
    )


def compare(prediction: Prediction, simulation: Simulation) -> Comparison:
    """Compare where the agents are with where they were predicted to rest, weight by weight."""
    if prediction.e is None or prediction.f is None:
        raise ValueError("prediction: a pair that does not converge has no equilibrium to compare with")
    rests = prediction.w.target + prediction.e, prediction.u.target + prediction.f
    offs = [abs(rest - state) for rest, state in zip(rests, (simulation.w, simulation.u), strict=True)]
    off = max(float(np.linalg.norm(x)) for x in offs)
    sizes = np.max(np.abs([*rests, simulation.w, simulation.u, prediction.w.target, prediction.u.target]), axis=0)
    allowed = AGREES * np.maximum(sizes, NEGLIGIBLE * prediction.natural)
    if all((x <= allowed).all() for x in offs):
        return Comparison("confirms", off)
    # What so many turns leave of the distance at the start: beyond this, a difference is no verdict.
    if simulation.turns * math.log1p(-min(prediction.shortfall, 1 - EPS)) > math.log(AGREES):
        return Comparison("too few turns", off)
    explained = (prediction.bounds.w, prediction.bounds.u)
    rounds = all((x <= allowed + ROUNDED * bound).all() for x, bound in zip(offs, explained, strict=True))
    return Comparison("undecidable" if rounds and simulation.method != "enclosure" else "does not confirm", off)
