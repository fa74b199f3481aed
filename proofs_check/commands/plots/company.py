"""The plot of a prediction for any number of agents: their errors against the turn, with the predicted plateaus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from proofs_check.commands.plots.figure import label_distances, literal, new_figure, save_figure
from proofs_check.predictions.company import CompanyPrediction, CompanyRun
from proofs_check.predictions.scatter import Scatter

__all__ = ["draw", "save", "save_cloud"]


def draw(prediction: CompanyPrediction, run: CompanyRun) -> Any:
    """Return a matplotlib figure.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    assert prediction.residuals is not None
    figure, axes = new_figure()
    turns = np.arange(1, len(run.distances) + 1)
    for name, errors, left in zip(prediction.names, run.distances.T, prediction.residuals, strict=True):
        (line,) = axes.plot(turns, errors, label=f"{literal(name)}: simulated")
        axes.axhline(float(np.linalg.norm(left)), color=line.get_color(), linestyle="--", label="predicted plateau")
    label_distances(axes, list(run.distances.T), prediction.turns)
    axes.set_title(f"rate {prediction.rate:.6g} a turn, {literal(prediction.order)}")
    axes.legend()
    return figure


def save_cloud(found: Scatter, features: Sequence[str], path: str) -> None:
    """Draw where runs have arrived, in the first two features, with the predicted ellipse of two standard deviations.

    Raises
    ------
    InputError
        If matplotlib is missing, the ending is unknown or the file cannot be written.
    """
    figure, axes = new_figure()
    second = min(1, len(features) - 1)
    axes.plot(found.states[:, 0], found.states[:, second], ".", markersize=1, label="drawn runs")
    pick = np.ix_([0, second], [0, second])
    values, vectors = np.linalg.eigh(found.covariance[pick])
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = 2 * (vectors * np.sqrt(np.maximum(values, 0))) @ np.stack([np.cos(angle), np.sin(angle)])
    axes.plot(found.mean[0] + circle[0], found.mean[second] + circle[1], label="predicted, two standard deviations")
    axes.set_xlabel(literal(features[0]))
    axes.set_ylabel(literal(features[second]))
    axes.legend()
    save_figure(figure, path)


def save(prediction: CompanyPrediction, run: CompanyRun, path: str) -> None:
    """Draw and write the figure; the format follows from the file's ending.

    Raises
    ------
    InputError
        If matplotlib is missing, the ending is unknown or the file cannot be written.
    """
    save_figure(draw(prediction, run), path)
