"""How far states scatter where it is drawn who moves: predicted, and compared with drawn runs.

What is predicted solves, entry by entry, the equation that the theorem says second moments settle to:
``C = sum of p_i (A_i C A_i + g_i g_i' + noise_i)``, g_i what agent i's move does to the mean at rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics import DivergenceError
from numerics.errors import held_back
from numerics.interaction.chance import AtRandom
from numerics.validation import Array, Frozen
from proofs_check.errors import InputError
from proofs_check.predictions.company import CompanyPrediction

__all__ = ["Scatter", "as_json", "scatter"]

#: Runs that are drawn, moves of all of them together at most, and standard errors that chance explains.
RUNS, MOST_MOVES, ERRORS = 20_000, 20_000_000, 5.0
#: What is left of the start when the runs are looked at.
FORGOTTEN = 1e-4


@dataclass(frozen=True)
class Scatter(Frozen):
    """Mean and covariance of the states, predicted and drawn.

    Attributes
    ----------
    mean, covariance : ndarray of shape (d,), (d, d)
        Predicted.
    seen_mean, seen_covariance : ndarray
        Of the drawn runs, about the predicted mean.
    errors : tuple of ndarray
        Standard errors of both.
    runs, moves : int
        How many runs were drawn, and how many moves each has made.
    states : ndarray of shape (runs, d)
        Where the runs have arrived.
    verdict : {"confirms", "does not confirm", "too few turns"}
    """

    mean: Array
    covariance: Array
    seen_mean: Array
    seen_covariance: Array
    errors: tuple[Array, Array]
    runs: int
    moves: int
    states: Array
    verdict: str


def _predicted(prediction: CompanyPrediction, noise: Mapping[str, float]) -> Array:
    """The covariance that the equation of the theorem has."""
    assert prediction.states is not None
    assert prediction.average is not None
    d = len(prediction.average)
    square, added = np.eye(d * d), np.zeros((d, d))
    for name, share, state in zip(prediction.names, prediction.weights, prediction.states, strict=True):
        turn = np.eye(d) - prediction.step_matrices[name]
        square -= share * np.kron(turn, turn)
        push = state - prediction.average
        added += share * (np.outer(push, push) + noise.get(name, 0.0) * np.eye(d))
    found, *_ = np.linalg.lstsq(square, added.reshape(-1), rcond=None)
    if np.linalg.norm(square @ found - added.reshape(-1)) > 1e-9 * (np.linalg.norm(added) + 1e-300):
        raise InputError("--noise: it pushes a direction that no file sees, in which nothing settles; leave it out")
    return np.asarray(found.reshape(d, d))


def scatter(
    prediction: CompanyPrediction,
    company: AtRandom,
    noise: Mapping[str, float],
    turns: int | None = None,
    *,
    seed: int = 0,
    runs: int = RUNS,
) -> Scatter:
    """Predict the covariance of the states, draw runs, and compare.

    Raises
    ------
    InputError
        Where runs cannot be followed, or noise settles nowhere.
    """
    assert prediction.average is not None
    mean, covariance = prediction.average, _predicted(prediction, noise)
    needed = math.ceil(math.log(FORGOTTEN) / math.log(max(prediction.rate, 1e-3)))
    moves = turns if turns is not None else min(max(needed, 10), MOST_MOVES // runs)
    try:
        with held_back():
            states = company.simulate(mean, moves, keep="last", runs=runs, seed=seed, method="affine").w_last
    except DivergenceError:
        raise InputError("the drawn runs leave the range of doubles; give fewer --turns, or --standardize") from None
    away = states - mean
    products = away[:, :, None] * away[:, None, :]
    seen = away.mean(axis=0), products.mean(axis=0)
    errors = away.std(axis=0) / math.sqrt(runs), products.std(axis=0) / math.sqrt(runs)
    tiny = 1e-9 * (1e-300 + abs(mean).max()), 1e-9 * (1e-300 + abs(covariance).max())
    good = np.all(abs(seen[0]) <= ERRORS * errors[0] + tiny[0])
    good &= np.all(abs(seen[1] - covariance) <= ERRORS * errors[1] + tiny[1])
    verdict = "confirms" if good else "does not confirm" if moves >= needed else "too few turns"
    return Scatter(mean, covariance, mean + seen[0], seen[1], errors, runs, moves, states, verdict)


def as_json(found: Scatter) -> dict[str, Any]:
    """Return what was predicted and drawn, as plain data."""
    return {
        "predicted": {"mean": found.mean.tolist(), "covariance": found.covariance.tolist()},
        "drawn": {
            "runs": found.runs,
            "moves": found.moves,
            "mean": found.seen_mean.tolist(),
            "covariance": found.seen_covariance.tolist(),
            "standard errors": [x.tolist() for x in found.errors],
        },
    }
