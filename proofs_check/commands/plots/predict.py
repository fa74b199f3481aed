"""The plot of a prediction: both agents' errors against the turn, with the predicted plateaus."""

from __future__ import annotations

from typing import Any

import numpy as np

from proofs_check.commands.plots.figure import COLOURS, literal, new_figure, save_figure
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
    # A logarithmic axis shows several orders of magnitude and cannot show zero.
    values = np.concatenate(plotted)
    if values.size and (values > 0).all() and values.max() > 30 * values.min():
        axes.set_yscale("log")
    # A run goes on for twice as long as it takes to arrive: the second half shows nothing new.
    axes.set_xlim(0, max(20, min(prediction.turns or len(plotted[0]), len(plotted[0]))))
    axes.set_xlabel("turn")
    axes.set_ylabel("distance from the agent's own target")
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
