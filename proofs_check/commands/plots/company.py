"""The plot of a prediction for any number of agents: their errors against the turn, with the predicted plateaus."""

from __future__ import annotations

from typing import Any

import numpy as np

from proofs_check.commands.plots.figure import label_distances, literal, new_figure, save_figure
from proofs_check.predictions.company import CompanyPrediction, CompanyRun

__all__ = ["draw", "save"]


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


def save(prediction: CompanyPrediction, run: CompanyRun, path: str) -> None:
    """Draw and write the figure; the format follows from the file's ending.

    Raises
    ------
    InputError
        If matplotlib is missing, the ending is unknown or the file cannot be written.
    """
    save_figure(draw(prediction, run), path)
