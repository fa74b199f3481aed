"""What two agents do whose end was predicted: simulated through their layers, and compared with the prediction.

Doubles follow most pairs. Where they end elsewhere, or cannot be asked at all (a rate that is 1 up to rounding, columns
of very different scale), the exact pair is followed in ball arithmetic until it rests, so that a difference is either
that of the prediction or none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from numerics import DivergenceError, Interaction, NumericsError, ScaleError
from numerics.errors import held_back
from numerics.interaction.enclosure import settled
from numerics.validation import EPS, Array, Frozen
from proofs_check.predictions.pair import ARRIVED, Prediction

__all__ = ["Comparison", "Simulation", "compare", "rows_at_rest", "simulate"]

#: Turns simulated at least; turns of which every state is kept; turns that are made through the attention layers.
FEWEST, KEPT, THROUGH_LAYERS = 40, 100_000, 10_000
#: Numbers that kept states may have, all together.
ROOM = 20_000_000
#: A weight that differs by more than this from what was predicted, relative to its size, does not confirm it.
AGREES = 1e-5
#: Weights below this share of what a label's size over a column's size makes natural count as that share.
NEGLIGIBLE = 1e-10
#: How much more a run rounds than its examples do.
ROUNDED = 1e3
#: Floats that miss 1 less the rate by this share of it do not follow the exact pair.
UNFAITHFUL = 0.01
#: What is left of the slowest mode when a run that is enclosed may be taken to rest.
GONE = 1e-16


@dataclass(frozen=True)
class Simulation(Frozen):
    """What the agents did.

    Attributes
    ----------
    turns : int
        Turns simulated.
    method : str
        ``"attention"``: every move through the attention layer; ``"affine"``: by the affine map of one turn;
        ``"enclosure"``: by that map in ball arithmetic, with as many digits as it took.
    errors_w, errors_u : ndarray of shape (kept,)
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
        if number <= _kept(pair) or _faithful(prediction, pair):
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


def _kept(pair: Interaction) -> int:
    """Of how many turns every state is kept."""
    return min(KEPT, ROOM // pair.d)


def _in_floats(prediction: Prediction, pair: Interaction, turns: int) -> Simulation:
    start, kept = np.zeros(pair.d), _kept(pair)
    method: Literal["attention", "affine"] = "attention" if turns <= THROUGH_LAYERS else "affine"
    with held_back():
        run = pair.simulate(start, min(turns, kept), method=method)
        end = run if turns <= kept else pair.simulate(start, turns, keep="last", method="affine")
        w, u, w_last, u_last = (np.asarray(x) for x in (run.w, run.u, end.w_last, end.u_last))
        distances = np.linalg.norm(w - w_last, axis=1)
        near = np.flatnonzero(distances <= ARRIVED * distances[0])
        arrived = int(near[0]) if near.size else _arrival(pair, w_last, float(distances[0]), kept, turns)
    w_last, u_last = prediction.lifted(w_last), prediction.lifted(u_last)
    return Simulation(
        turns,
        method,
        np.linalg.norm(w[1:] - prediction.lowered(prediction.w.target), axis=1),
        np.linalg.norm(u - prediction.lowered(prediction.u.target), axis=1),
        w_last,
        u_last,
        float(np.linalg.norm(w_last - prediction.w.target)),
        float(np.linalg.norm(u_last - prediction.u.target)),
        arrived,
    )


def _arrival(pair: Interaction, rest: Array, first: float, early: int, late: int) -> int:
    """Bisect for the turn at which a run is near enough to where it ends, beyond the states that were kept."""
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
    # After -log(GONE) / shortfall turns the slowest mode has shrunk by the factor GONE; a shortfall is at most 1.
    least = math.ceil(math.log2(-math.log(GONE) / prediction.shortfall))
    w, turns, _ = settled(pair.turn_map, zero, least=least, most=least + 64)
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


def rows_at_rest(prediction: Prediction, simulation: Simulation) -> list[tuple[str, str, float, float]]:
    """Return agent, weight, predicted and simulated value at rest, then both residuals under the name "residual"."""
    rest_w, rest_u = _rests(prediction)
    rows, residuals = [], []
    for name, rest, residual, state, left in (
        ("W", rest_w, prediction.e, simulation.w, simulation.residual_w),
        ("U", rest_u, prediction.f, simulation.u, simulation.residual_u),
    ):
        assert residual is not None
        weights = zip(prediction.w.table.features, rest, state, strict=True)
        rows += [(name, weight, float(a), float(b)) for weight, a, b in weights]
        residuals.append((name, "residual", float(np.linalg.norm(residual)), left))
    return rows + residuals


def _rests(prediction: Prediction) -> tuple[Array, Array]:
    """The states of rest of W and U that were predicted."""
    if prediction.rests is None:
        raise ValueError("prediction: a pair that does not converge has no equilibrium to compare with")
    return prediction.rests


def compare(prediction: Prediction, simulation: Simulation) -> Comparison:
    """Compare where the agents are with where they were predicted to rest, weight by weight."""
    rests = _rests(prediction)
    offs = [abs(rest - state) for rest, state in zip(rests, (simulation.w, simulation.u), strict=True)]
    off = max(float(np.linalg.norm(x)) for x in offs)
    # In floats a state of rest is a target and a residual, and rounded as these are.
    terms = () if prediction.exact else (prediction.w.target, prediction.u.target)
    sizes = np.max(np.abs([*rests, simulation.w, simulation.u, *terms]), axis=0)
    allowed = AGREES * np.maximum(sizes, NEGLIGIBLE * prediction.natural)
    if all((x <= allowed).all() for x in offs):
        return Comparison("confirms", off)
    # What so many turns leave of the distance at the start: beyond this, a difference is no verdict.
    slow = simulation.turns * math.log1p(-min(prediction.shortfall, 1 - EPS)) > math.log(AGREES)
    early = simulation.method != "enclosure" and _early(prediction, rests[0], simulation.turns, allowed)
    if slow or early:
        return Comparison("too few turns", off)
    explained = (prediction.bounds.w, prediction.bounds.u)
    rounds = all((x <= allowed + ROUNDED * bound).all() for x, bound in zip(offs, explained, strict=True))
    return Comparison("undecidable" if rounds and simulation.method != "enclosure" else "does not confirm", off)


def _early(prediction: Prediction, rest: Array, turns: int, allowed: Array) -> bool:
    """Whether so many turns from zero leave W or U away from rest: the rate says nothing of the first few."""
    pair = prediction.pair
    if pair is None or pair.maps is None:
        return False
    turn, answer = (np.asarray(x, dtype=np.float64) for x in (pair.turn_map.matrix, pair.maps[1].matrix))
    # U has answered the state before the last.
    before = np.linalg.matrix_power(turn, turns - 1) @ prediction.lowered(rest)
    return any((abs(prediction.lifted(matrix @ before)) > allowed).any() for matrix in (turn, answer))
