"""The figure of a chat experiment: plateau against angle, observed and predicted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from proofs_check.commands.chat_report import PlateauRow
from proofs_check.predictions.chat import METHODS

__all__ = ["draw"]

_COLOURS = {"stated step": "#009e73", "effective step": "#d55e00", "identified agents": "#0072b2"}
_MARKS = {"stated step": (":", "v"), "effective step": ("--", "s"), "identified agents": ("-", "D")}


def draw(rows: Sequence[PlateauRow], title: str) -> Any:
    """Return a matplotlib figure: plateau against angle, observed and predicted, a panel for each agent.

    Raises
    ------
    ImportError
        Without matplotlib.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    panels = figure.subplots(1, 2)
    for axes, agent in zip(panels, "WU", strict=True):
        own = sorted((row for row in rows if row.agent == agent), key=lambda row: row.angle)
        for method in METHODS:
            known = [(row.angle, row.predicted[method]) for row in own if row.predicted[method]["distance"] is not None]
            if not known:
                continue
            angles, heights = [angle for angle, _ in known], [entry["distance"] for _, entry in known]
            line, mark = _MARKS[method]
            axes.plot(angles, heights, line, marker=mark, ms=4, color=_COLOURS[method], label=f"predicted: {method}")
            bands = np.array([entry["interval"] or [np.nan, np.nan] for _, entry in known])
            axes.fill_between(angles, bands[:, 0], bands[:, 1], color=_COLOURS[method], alpha=0.15, linewidth=0)
        seen = [row for row in own if row.observed is not None]
        middle = np.array([row.observed for row in seen], dtype=float)
        ends = np.repeat(middle[:, None], 2, axis=1)
        for i, row in enumerate(seen):
            ends[i] = row.interval or ends[i]
        bars = np.abs(ends - middle[:, None]).T
        axes.errorbar([row.angle for row in seen], middle, bars, fmt="ko", ms=5, capsize=3, label="observed", zorder=3)
        axes.set(xlabel="angle between the targets, degrees", title=f"agent {agent}")
        axes.set_ylim(bottom=0)
    panels[0].set_ylabel("plateau: distance from the own target")
    panels[0].legend(fontsize="small")
    figure.suptitle(title)
    return figure
