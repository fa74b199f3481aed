"""How ``proofs-check identify`` words what it found: intervals, p-values, directions, and the exit code."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofs_check.finding import plain

__all__ = ["RISK", "Outcome", "clean", "directions", "interval", "limits_json", "said_p", "vector_text"]

Array = NDArray[np.float64]
#: A test fails below this p-value.
RISK = 0.01


@dataclass
class Outcome:
    """What decides the exit code of ``identify``.

    Attributes
    ----------
    failed, open : list of str
        What contradicts the model or the prediction; what is not determined.
    """

    failed: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """Exit code: 1, 3 or 0."""
        return 1 if self.failed else 3 if self.open else 0


def interval(limits: Any) -> str:
    """Write an interval; one that is unbounded is unknown."""
    low, high = (float(x) for x in limits)
    return "unknown" if math.isinf(low) or math.isinf(high) else f"{low:.5g} to {high:.5g}"


def said_p(value: float | None) -> str:
    """Write what a p-value says."""
    if value is None:
        return "not tested"
    word = "no" if value < RISK else "nothing against it"
    return f"{word}, p {'< 1e-6' if value < 1e-6 else f'= {value:.2g}'}"


def clean(vector: Array) -> Array:
    """Return the vector without entries that are rounding errors."""
    return np.where(abs(vector) <= 1e-13 * abs(vector).max(), 0.0, vector)


def vector_text(vector: Array) -> str:
    """Write a vector in three digits."""
    return ", ".join(f"{0.0 if abs(x) < 5e-7 else x:.3g}" for x in vector)


def directions(basis: Array) -> str:
    """Write the columns of a basis."""
    return "; ".join(f"({vector_text(column)})" for column in basis.T)


def limits_json(limits: Any) -> list[list[float | str | None]]:
    """Return intervals as plain data."""
    return [[plain(float(x)) for x in row] for row in limits]
