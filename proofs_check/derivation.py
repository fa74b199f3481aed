"""Evidence from derivations: every line of a formula's derivation is checked again, exactly, by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from proofs_check.evidence import Task
from proofs_check.finding import Counterexample, Finding
from proofs_check.verdict import Verdict

__all__ = ["Derivation"]


@dataclass(frozen=True)
class Derivation:
    """Replay the derivations of some formulas.

    The word DERIVED needs, for every formula, that its lines hold entry by entry with free symbols at some small
    dimension, and on random rational instances; order relations and spectra are decided on the rational ones only.
    A derivation of which some line was never reached is UNKNOWN. A criterion ("the pair converges iff …") is
    asserted by its line, not derived: such a derivation earns no more than EXACT, for its other lines, and the
    equivalence rests on the other evidence.

    Attributes
    ----------
    formulas : tuple of str
        Ids in the catalogue.
    seeds : int
        How many sets of random rational instances to draw; more where few satisfy the hypotheses.
    """

    formulas: tuple[str, ...]
    seeds: int = 2
    name: ClassVar[str] = "derivation"
    exact: ClassVar[bool] = True

    def collect(self, task: Task) -> Finding:
        """Check the lines of every formula."""
        lines = free = rational = criteria = 0
        notes: list[str] = []
        for id_ in self.formulas:
            formula = task.formulas[id_]
            report = formula.verify(seeds=range(self.seeds))
            if report.failed is not None:
                values = {"formula": id_, "line": str(report.failed.equation), "instance": report.where}
                shown = Counterexample(f"'{report.failed.reason}'", values)
                summary = f"derivation: a line of {id_} is wrong"
                return Finding(self.name, Verdict.REFUTED, summary, lines, lines, counterexample=shown)
            if not report:
                notes.append(str(report))
            if report.free == 0:
                notes.append(f"{id_}: no instance with free symbols satisfies the hypotheses")
            lines, free, rational = lines + report.steps, free + report.free, rational + report.rational
            criteria += sum(step.kind == "criterion" for step in formula.derivation)
        if notes or not lines:
            summary = f"derivation: {lines} lines, not all checked"
            return Finding(self.name, Verdict.UNKNOWN, summary, lines, 0, notes=tuple(notes))
        word = Verdict.EXACT if criteria else Verdict.DERIVED
        extra = f", {criteria} {'criterion' if criteria == 1 else 'criteria'}" if criteria else ""
        instances = f"{free} instances with free symbols, {rational} with random rationals"
        summary = f"derivation: {lines} lines{extra}"
        return Finding(self.name, word, summary, lines, lines - criteria, notes=(instances,))
