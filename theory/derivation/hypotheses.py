"""The hypotheses of a theorem, measured on a user's numbers: a table."""

from __future__ import annotations

from dataclasses import dataclass

from theory.derivation.assumptions import Assumption
from theory.derivation.measure import Measurement, Word, weakest
from theory.errors import InputError

__all__ = ["HEADINGS", "Hypotheses", "MeasuredHypothesis"]

HEADINGS = ("hypothesis", "measured", "margin", "slack", "needed by")


@dataclass(frozen=True)
class MeasuredHypothesis:
    """A hypothesis of a theorem, and what floats say about it.

    Attributes
    ----------
    assumption : Assumption
    conclusions : tuple of str
        Ids of the conclusions that need it.
    measurement : Measurement
    """

    assumption: Assumption
    conclusions: tuple[str, ...]
    measurement: Measurement

    @property
    def word(self) -> Word:
        """Whether it holds."""
        return self.measurement.word


@dataclass(frozen=True)
class Hypotheses:
    """All hypotheses of a theorem, measured on one set of inputs; prints as a table.

    Attributes
    ----------
    id : str
        The theorem's.
    conclusions : tuple of str
        Ids of all its conclusions.
    rows : tuple of MeasuredHypothesis
    """

    id: str
    conclusions: tuple[str, ...]
    rows: tuple[MeasuredHypothesis, ...]

    @property
    def word(self) -> Word:
        """Whether all of them hold."""
        return weakest(row.word for row in self.rows)

    def __bool__(self) -> bool:
        return self.word == "holds"

    def of(self, conclusion: str) -> tuple[MeasuredHypothesis, ...]:
        """Return those that one conclusion needs."""
        if conclusion not in self.conclusions:
            raise InputError(f"{self.id} has no conclusion {conclusion!r}; it has {', '.join(self.conclusions)}")
        return tuple(row for row in self.rows if conclusion in row.conclusions)

    def word_for(self, conclusion: str) -> Word:
        """Whether all that one conclusion needs holds."""
        return weakest(row.word for row in self.of(conclusion))

    def needed_by(self, row: MeasuredHypothesis) -> str:
        """Say which conclusions need a hypothesis, by their parts."""
        if len(row.conclusions) == len(self.conclusions):
            return "all"
        return ", ".join(id_.removeprefix(f"{self.id}.") for id_ in row.conclusions)

    def cells(self) -> list[tuple[str, str, str, str, str]]:
        """The table, row by row: hypothesis, word, margin, slack, who needs it."""
        return [
            (
                row.assumption.plain,
                row.word + (f" ({row.measurement.note})" if row.measurement.note else ""),
                f"{row.measurement.margin:.3g}",
                f"{row.measurement.slack:.0e}",
                self.needed_by(row),
            )
            for row in self.rows
        ]

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.id} has no hypotheses"
        lines = [HEADINGS, *self.cells()]
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)

    def _repr_markdown_(self) -> str:
        if not self.rows:
            return f"`{self.id}` has no hypotheses"
        rows = [(row.assumption.text, *cells[1:]) for row, cells in zip(self.rows, self.cells(), strict=True)]
        # A bar ends a cell, also within a formula.
        lines = [HEADINGS, ("---",) * len(HEADINGS), *rows]
        return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
