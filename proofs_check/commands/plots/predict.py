"""The plot of a prediction: both agents' errors against the turn, with the predicted plateaus."""

from __future__ import annotations

from typing import Any

import numpy as np

from proofs_check.commands.plots.figure import COLOURS, label_distances, literal, new_figure, save_figure
from proofs_check.predictions.pair import Prediction
from proofs_check.predictions.simulation import Simulation

__all__ = ["draw", "save"]


def draw(prediction: Prediction, simulation: Simulation) -> Any:
    """Return a matplotlib figure.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    figure, axes = new_figure()
    plotted = []
    for name, agent, errors, residual in (
        ("W", prediction.w, simulation.errors_w, prediction.e),
        ("U", prediction.u, simulation.errors_u, prediction.f),
    ):
        turns = np.arange(1, len(errors) + 1)
        label = f"{name}, label {literal(agent.table.label)}"
        axes.plot(turns, errors, color=COLOURS[name], label=f"{label}: simulated")
        plotted.append(errors)
        if residual is not None:
            height = float(np.linalg.norm(residual))
            axes.axhline(height, color=COLOURS[name], linestyle="--", label=f"{label}: predicted plateau")
    label_distances(axes, plotted, prediction.turns)
    axes.set_title(f"rate {prediction.rate_text} a turn, gap {prediction.gap:.4g}")
    axes.legend()
    return figure


def save(prediction: Prediction, simulation: Simulation, path: str) -> None:
    """Draw and write the figure; the format follows from the file's ending.

    Raises
    ------
    InputError
        If matplotlib is missing, the ending is unknown or the file cannot be written.
    """
    save_figure(draw(prediction, simulation), path)
