"""What all plots share: the colours of the agents, a figure, and the file that it is written to."""

from __future__ import annotations

import warnings
from typing import Any

from proofs_check.errors import InputError
from proofs_check.terminal.words import visible

__all__ = ["COLOURS", "literal", "new_figure", "save_figure"]

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
