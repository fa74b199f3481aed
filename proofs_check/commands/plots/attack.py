"""The plot of an attack: the honest label of each of the attacker's examples, and the one that it writes instead."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics import Attack
from proofs_check.commands.plots.figure import COLOURS, new_figure

__all__ = ["draw"]


def draw(attack: Attack) -> Any:
    """Return a matplotlib figure.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    figure, axes = new_figure()
    written, change = np.asarray(attack.prompt.y, dtype=float), np.asarray(attack.label_change, dtype=float)
    examples = np.arange(1, len(written) + 1)
    axes.vlines(examples, written - change, written, color="0.75", zorder=1)
    axes.plot(examples, written, "o", markersize=5, color=COLOURS["W"], label="label written")
    axes.plot(examples, written - change, "o", markersize=9, color=COLOURS["U"], fillstyle="none", label="honest label")
    axes.locator_params(axis="x", integer=True)
    axes.set_xlim(0.5, len(written) + 0.5)
    axes.set_xlabel("example of the attacker")
    axes.set_ylabel("label")
    verdict = "succeeds" if attack.feasible else f"cannot succeed: stays {attack.reachable_error:.4g} from the goal"
    axes.set_title(f"The attack {verdict}; cost {attack.cost:.4g}")
    axes.legend()
    return figure
