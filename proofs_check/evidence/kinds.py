"""Kinds of evidence: derivations replayed, exact simulations, constructed exact cases, floating-point samples.

A theorem lists pieces of evidence; each is an object with a `name` and a method ``collect(task) -> Finding``. A task
carries the catalogue of formulas, so that the same evidence can be run against a tampered catalogue: this is how the
test suite shows that a planted falsehood is refuted.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from proofs_check.evidence.comparison import Close, Relation, show
from proofs_check.evidence.finding import Counterexample, Finding
from proofs_check.evidence.verdict import Verdict, weakest
from proofs_check.terminal.words import counted as counted_words

__all__ = [
    "LEAST_SHARE",
    "VACUOUS",
    "Case",
    "Constructed",
    "Derivation",
    "Evidence",
    "Exact",
    "Floats",
    "Formulas",
    "Task",
]

Formulas = Mapping[str, Any]

#: A floating-point sample counts only if its bound is at most this fraction of the quantity it bounds.
VACUOUS = 1e-3
#: At least so many cases are drawn (if so many were asked for), however small a costly check's share is.
FEWEST = 5
#: Evidence is UNKNOWN when fewer than this share of the cases drawn could have failed.
LEAST_SHARE = 0.2


@dataclass(frozen=True)
class Task:
    """What a piece of evidence needs to run.

    Attributes
    ----------
    theorem : str
        Id of the theorem; part of the seed, so that theorems do not share their random numbers.
    formulas : mapping of str to Formula
        The catalogue to be checked.
    geometries : int
        How many random geometries to draw, at least 0.
    seed : int
        Non-negative; equal seeds give equal findings.
    """

    theorem: str
    formulas: Formulas
    geometries: int
    seed: int

    def generator(self, name: str, index: int) -> np.random.Generator:
        """Return the random generator of one case: it depends on the seed, theorem, evidence and index only."""
        return np.random.default_rng([self.seed, zlib.crc32(f"{self.theorem}/{name}".encode()), index])


class Evidence(Protocol):
    """A piece of evidence."""

    @property
    def name(self) -> str:
        """Short name, for the report."""

    @property
    def exact(self) -> bool:
        """Whether it uses exact arithmetic throughout."""

    def collect(self, task: Task) -> Finding:
        """Run, and say what was found."""


@dataclass(frozen=True)
class Case:
    """One exact case: the geometry, and the relations that must hold on it.

    Attributes
    ----------
    inputs : mapping of str to array_like
        The data, for display when a relation fails.
    relations : sequence of Relation
        Empty where the hypotheses of the theorem do not hold: the case is then vacuous.
    """

    inputs: Mapping[str, Any]
    relations: Sequence[Relation]

    def failure(self) -> Counterexample | None:
        """Return the first relation that fails, with all numbers, or None."""
        for relation in self.relations:
            if not relation.holds():
                values = {name: show(value) for name, value in self.inputs.items()}
                return Counterexample(relation.label, values | relation.describe())
        return None


def _count(geometries: int, share: float) -> int:
    return max(int(np.ceil(geometries * share)), min(geometries, FEWEST)) if share > 0 else 0


def _judged(name: str, cases: Iterable[Case], what: str, drawn: int, word: Verdict = Verdict.EXACT) -> Finding:
    counted = 0
    for case in cases:
        failure = case.failure()
        if failure is not None:
            return Finding(
                name, Verdict.REFUTED, f"{name}: refuted by one of {what}", drawn, counted, None, None, failure
            )
        counted += bool(case.relations)
    if counted == 0 or counted < LEAST_SHARE * drawn:
        note = f"{counted} of {drawn} cases satisfy the hypotheses; at least {LEAST_SHARE:.0%} must"
        return Finding(name, Verdict.UNKNOWN, f"{name}: {counted} of {what}", drawn, counted, notes=(note,))
    count = "" if counted == drawn else f"{counted} of "
    return Finding(name, word, f"{name}: {count}{what}", drawn, counted)


@dataclass(frozen=True)
class Exact:
    """Symbolic = simulated in exact rational arithmetic on random geometries.

    Attributes
    ----------
    check : callable
        ``check(generator, formulas) -> Case``; draws one geometry.
    share : float
        Fraction of the requested number of geometries to draw; below 1 for costly checks.
    """

    check: Callable[[np.random.Generator, Formulas], Case]
    share: float = 1.0
    name: str = "exact"
    exact: ClassVar[bool] = True

    def collect(self, task: Task) -> Finding:
        """Draw the geometries and compare without tolerance."""
        count = _count(task.geometries, self.share)
        cases = (self.check(task.generator(self.name, i), task.formulas) for i in range(count))
        return _judged(self.name, cases, counted_words(count, "geometry", "geometries"), count)


@dataclass(frozen=True)
class Constructed:
    """Exact comparisons on cases that are constructed, not drawn: witnesses, families, counterexamples.

    Attributes
    ----------
    check : callable
        ``check(formulas) -> iterable of Case``.
    what : str
        What the cases are, for the report: ``"625 prompts"``.
    """

    check: Callable[[Formulas], Iterable[Case]]
    what: str
    name: str = "constructed"
    exact: ClassVar[bool] = True

    def collect(self, task: Task) -> Finding:
        """Compare without tolerance."""
        cases = list(self.check(task.formulas))
        return _judged(self.name, cases, self.what, len(cases))


@dataclass(frozen=True)
class Floats:
    """Symbolic = simulated in double precision on random geometries, within a bound stated beforehand.

    Attributes
    ----------
    check : callable
        ``check(generator, count, d, formulas) -> iterable of Close``; all of them over the same batch of samples.
    dimensions : tuple of int
        Values of d; the samples are divided among them.
    share : float
        Fraction of the requested number of geometries to draw.
    vacuous : float
        Largest bound, relative to the quantity, of a sample that counts. The default suits rounding errors; a limit
        theorem, whose bound is that of its rate, needs a larger one.
    """

    check: Callable[[np.random.Generator, int, int, Formulas], Iterable[Close]]
    dimensions: tuple[int, ...] = (1, 2, 3, 5)
    share: float = 1.0
    vacuous: float = VACUOUS
    name: str = "floats"
    exact: ClassVar[bool] = False

    def collect(self, task: Task) -> Finding:
        """Draw a batch for each dimension and compare every sample with its bound."""
        drawn, counted = _count(task.geometries, self.share), 0
        worst: list[tuple[float, float, float]] = []
        for index, d in enumerate(self.dimensions):
            size = len(range(index, drawn, len(self.dimensions)))
            if size == 0:
                continue
            batch = list(self.check(task.generator(self.name, index), size, d, task.formulas))
            for close in batch:
                refuted = _failure(self.name, close, size, d)
                if refuted is not None:
                    return refuted
                worst += _worst(close, self.vacuous)
            counted += _telling(batch, size, self.vacuous)
        if counted == 0 or counted < LEAST_SHARE * drawn:
            note = f"the bound is small against the quantity for {counted} of {drawn} samples only"
            summary = f"{self.name}: {counted} of {counted_words(drawn, 'sample')}"
            return Finding(self.name, Verdict.UNKNOWN, summary, drawn, counted, notes=(note,))
        count = "" if counted == drawn else f"{counted} of "
        error, bound = max(worst)[1:] if worst else (0.0, 0.0)
        said = counted_words(drawn, "sample")
        return Finding(self.name, Verdict.SAMPLED, f"{self.name}: {count}{said}", drawn, counted, error, bound)


def _failure(name: str, close: Close, size: int, d: int) -> Finding | None:
    distance = close.distance()
    # Written so that a distance that is not a number fails, unless nothing was known about the sample.
    failed = ~(distance <= close.bound) & np.isfinite(close.bound)
    if not failed.any():
        return None
    sample = int(np.argmax(failed))
    shown = Counterexample(close.label, close.describe(sample))
    error, bound = float(distance[sample]), float(close.bound[sample])
    summary = f"{name}: refuted by a sample at d={d}"
    return Finding(name, Verdict.REFUTED, summary, size, 0, error, bound, shown)


def _counts(close: Close, vacuous: float) -> NDArray[np.bool_]:
    return np.asarray(close.bound <= vacuous * close.scale)


def _worst(close: Close, vacuous: float) -> list[tuple[float, float, float]]:
    """Return the largest error in units of its bound, that error and that bound, over samples that count."""
    counts = _counts(close, vacuous) & (close.bound > 0)
    if not counts.any():
        return []
    distance, bound = close.distance()[counts], close.bound[counts]
    ratio = distance / bound
    i = int(np.argmax(ratio))
    return [(float(ratio[i]), float(distance[i]), float(bound[i]))]


def _telling(batch: list[Close], size: int, vacuous: float) -> int:
    """Count the samples for which every comparison could have failed."""
    if not batch:
        return 0
    return int(np.logical_and.reduce([_counts(close, vacuous) for close in batch]).sum())


@dataclass(frozen=True)
class Derivation:
    """Replay the derivations of some formulas.

    The word DERIVED needs, for every formula, that its lines hold entry by entry with free symbols at some small
    dimension, and on random rational instances; order relations and spectra are decided on the rational ones only.
    A derivation of which some line was never reached is UNKNOWN. A conclusion that rests on a line which is no
    algebra, an argument in words, was decided on instances only: it earns EXACT.

    Attributes
    ----------
    formulas : tuple of str
        Ids in the catalogue.
    seeds : int
        How many sets of random rational instances to draw.
    """

    formulas: tuple[str, ...]
    seeds: int = 2
    name: ClassVar[str] = "derivation"
    exact: ClassVar[bool] = True

    def collect(self, task: Task) -> Finding:
        """Check the lines of every formula."""
        lines = free = rational = 0
        notes: list[str] = []
        words: dict[str, Verdict] = {}
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
            lines, free, rational = lines + report.steps, free + report.free, rational + report.rational
            # Without an instance with free symbols it was not checked entry by entry, but on rationals only.
            words[id_] = Verdict.EXACT if formula.inferences or not report.free else Verdict.DERIVED
        if notes or not lines:
            summary = f"derivation: {counted_words(lines, 'line')}, not all checked"
            return Finding(self.name, Verdict.UNKNOWN, summary, lines, 0, notes=tuple(notes))
        inferred = sum(task.formulas[id_].inferences for id_ in self.formulas)
        instances = f"{counted_words(free, 'instance')} with free symbols, {rational} with random rationals"
        summary = f"derivation: {counted_words(lines, 'line')}" + (f", {inferred} in words" if inferred else "")
        word = weakest(words.values())
        return Finding(self.name, word, summary, lines, lines - inferred, notes=(instances,), conclusions=words)
