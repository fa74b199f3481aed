"""The plot of an identification: the target of each agent, weight by weight, with intervals of 95 %."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from numerics import EffectiveAgent
from proofs_check.commands.plots.figure import COLOURS, literal, new_figure

__all__ = ["draw"]


def draw(names: Sequence[str], agents: Mapping[str, EffectiveAgent]) -> Any:
    """Return a matplotlib figure.

    Parameters
    ----------
    names : sequence of str
        Of the weights.
    agents : mapping of str to EffectiveAgent
        By ``"W"`` and, where there is one, ``"U"``.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    figure, axes = new_figure()
    at = np.arange(len(names), dtype=float)
    for shift, (name, agent) in zip((-0.1, 0.1), agents.items(), strict=False):
        x = at + (shift if len(agents) > 1 else 0.0)
        target, limits = np.asarray(agent.target), np.asarray(agent.target_intervals())
        known = np.isfinite(limits).all(axis=1)
        # An interval need not lie around the estimate.
        if known.any():
            low, high = limits[known].T
            axes.vlines(x[known], low, high, color=COLOURS[name], label=f"{name}: 95 % interval")
            axes.plot(x[known], target[known], "o", color=COLOURS[name], label=f"{name}: target")
        for where in x[~known]:
            axes.axvline(where, color=COLOURS[name], linestyle=":")
        if not known.all():
            axes.plot([], [], ":", color=COLOURS[name], label=f"{name}: unknown")
    axes.set_xticks(at, [literal(name) for name in names])
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_xlabel("weight")
    axes.set_ylabel("target")
    axes.legend()
    return figure
