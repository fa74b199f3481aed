"""What all plots share: the colours of the agents, a figure, and the file that it is written to."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.validation import Array
from proofs_check.errors import InputError
from proofs_check.terminal.words import visible

__all__ = ["COLOURS", "label_distances", "literal", "new_figure", "save_figure"]

#: Told apart by those who do not tell red from green, and in print.
COLOURS = {"W": "#0072b2", "U": "#d55e00"}


def new_figure(height: float = 4.2) -> tuple[Any, Any]:
    """Return a matplotlib figure and its axes.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("--plot: needs matplotlib; install biased-equilibrium[plot]") from None
    figure = Figure(figsize=(7.0, height), layout="constrained")
    return figure, figure.add_subplot()


def literal(name: str) -> str:
    """Write a name of the user for a figure, where a dollar sign would start a formula."""
    return visible(name).replace("$", r"\$")


def label_distances(axes: Any, plotted: Sequence[Array], arrival: int | None) -> None:
    """Label and scale the axes of agents' distances from their targets, turn by turn.

    Parameters
    ----------
    axes : matplotlib Axes
        Where they are drawn.
    plotted : sequence of ndarray of shape (turns,)
        The distances of each agent.
    arrival : int or None
        How many turns it takes to arrive, where that is known.
    """
    # A logarithmic axis shows several orders of magnitude and cannot show zero.
    values = np.concatenate(plotted)
    if values.size and (values > 0).all() and values.max() > 30 * values.min():
        axes.set_yscale("log")
    # A run goes on for twice as long as it takes to arrive: the second half shows nothing new.
    axes.set_xlim(0, max(20, min(arrival or len(plotted[0]), len(plotted[0]))))
    axes.set_xlabel("turn")
    axes.set_ylabel("distance from the agent's own target")


def save_figure(figure: Any, path: str) -> None:
    """Write a figure; the format follows from the file's ending.

    Raises
    ------
    InputError
        If the ending is unknown or the file cannot be written.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from")  # boxes stand for what the font lacks
            figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise InputError(f"--plot: cannot write {path} ({error}); name a file .png, .svg or .pdf") from None
