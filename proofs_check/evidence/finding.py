"""What one piece of evidence found: a word, the numbers behind it, and the counterexample if there is one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proofs_check.evidence.verdict import Verdict

__all__ = ["Counterexample", "Finding", "plain"]


@dataclass(frozen=True)
class Counterexample:
    """A concrete case in which a statement fails, every number written out exactly.

    Attributes
    ----------
    label : str
        The relation that failed, for example ``"w after one turn = predicted"``.
    values : mapping of str to str
        The geometry and the two sides, as text: rationals in full, floats with all their digits.
    """

    label: str
    values: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain data for the JSON report."""
        return {"label": self.label, "values": dict(self.values)}

    def __str__(self) -> str:
        lines = [f"fails: {self.label}"]
        lines += [f"    {name} = {value}" for name, value in self.values.items()]
        return "\n".join(lines)


@dataclass(frozen=True)
class Finding:
    """The outcome of one piece of evidence.

    Attributes
    ----------
    evidence : str
        Which kind ran: ``"derivation"``, ``"exact"``, ``"floats"``, …
    verdict : Verdict
        The word that this piece alone earns.
    summary : str
        What was run, for example ``"exact: 200 geometries"``.
    drawn, counted : int
        Cases drawn, and those among them that could have failed (the others are vacuous).
    error, bound : float or None
        The sample with the largest error in units of its bound (floats only).
    counterexample : Counterexample or None
    notes : tuple of str
        Remarks, for example why nothing counted.
    conclusions : mapping of str to Verdict
        The word that each conclusion earns from it, by formula id; a conclusion that it does not look at is missing.
    seconds : float or None
        How long the checker took, where that is of interest (certificates).
    """

    evidence: str
    verdict: Verdict
    summary: str
    drawn: int = 0
    counted: int = 0
    error: float | None = None
    bound: float | None = None
    counterexample: Counterexample | None = None
    notes: tuple[str, ...] = ()
    conclusions: Mapping[str, Verdict] = field(default_factory=dict)
    seconds: float | None = None

    @property
    def ratio(self) -> float | None:
        """Worst error divided by its bound (dimensionless); None where nothing is approximate."""
        if self.error is None or self.bound is None:
            return None
        if self.bound == 0.0:
            return 0.0 if self.error == 0.0 else float("inf")
        return self.error / self.bound

    def as_json(self) -> dict[str, Any]:
        """Plain data for the JSON report."""
        return {
            "evidence": self.evidence,
            "verdict": str(self.verdict),
            "summary": self.summary,
            "drawn": self.drawn,
            "counted": self.counted,
            "error": plain(self.error),
            "bound": plain(self.bound),
            "ratio": plain(self.ratio),
            "counterexample": self.counterexample.as_json() if self.counterexample else None,
            "notes": list(self.notes),
            "conclusions": {name: str(word) for name, word in self.conclusions.items()},
            "seconds": None if self.seconds is None else round(self.seconds, 4),
        }


def plain(number: float | None) -> float | str | None:
    """JSON has no infinity and no NaN: they are written as text."""
    return number if number is None or math.isfinite(number) else str(number)
