"""The plot of a comparison of helpers: the turns that the main agent needs in each company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from proofs_check.commands.plots.figure import COLOURS, new_figure
from proofs_check.predictions.helpers import CompanyRow

__all__ = ["draw"]


def draw(rows: Sequence[CompanyRow]) -> Any:
    """Return a matplotlib figure: two bars for each company, and words where there is no number.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    figure, axes = new_figure(1.2 + 0.7 * len(rows))
    turns = [n for row in rows for n in (row.predicted, row.simulated) if n]
    if turns and max(turns) > 30 * min(turns):
        axes.set_xscale("log")
        axes.set_xlim(0.8, 4 * max(turns))
    elif turns:
        axes.set_xlim(0, 1.25 * max(turns))
    at = np.arange(len(rows))
    for offset, colour, name, values, left in (
        (-0.18, COLOURS["W"], "predicted", [row.predicted for row in rows], [row.left_predicted for row in rows]),
        (0.18, COLOURS["U"], "simulated", [row.simulated for row in rows], [row.left_simulated for row in rows]),
    ):
        axes.barh(at + offset, [value or 0 for value in values], 0.34, color=colour, label=name)
        for row, y, value, rest in zip(rows, at + offset, values, left, strict=True):
            said = _said(row, value, rest, bound=row.at_most and name == "predicted")
            axes.annotate(said, (value or axes.get_xlim()[0], y), (4, 0), textcoords="offset points", va="center")
    axes.set_yticks(at, [row.name for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel("turns to 1e-6 of the first error")
    figure.legend(loc="outside upper right", ncols=2)
    return figure


def _said(row: CompanyRow, turns: int | None, left: float | None, *, bound: bool) -> str:
    if turns is not None:
        return f"at most {turns}" if bound else str(turns)
    if bound or left is None:
        return "no bound"
    return f"never; keeps {left:.3g}" if row.rests else f"{left:.3g} after {row.followed}"
