"""The words that a check may end with, and how they combine.

Each conclusion of a theorem has its own word; a theorem carries the weakest of its conclusions.

=========  ==================================================================================================
word       evidence
=========  ==================================================================================================
PROVED     a certificate of this conclusion, valid for every dimension, replayed by a checker that trusts neither SymPy
           nor floats; from the listed hypotheses, definitions, and conclusions that are themselves PROVED. Or a formal
           proof of exactly this conclusion that Rocq's kernel has accepted without an axiom
REDUCED    as PROVED by a certificate, but from named standard facts, which are listed with it
DERIVED    a SymPy derivation of which every line is algebra, a definition or cited, checked entry by entry with free
           symbols at small dimensions
EXACT      symbolic = simulated in exact rational arithmetic on random geometries: equality, no tolerance
SAMPLED    symbolic = simulated in floating point on random geometries, within a stated bound
REFUTED    a concrete counterexample is shown
UNKNOWN    nothing above: no samples, only vacuous samples, or a check that did not run
=========  ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["Verdict", "combine", "weakest"]


class Verdict(StrEnum):
    """One of the seven words; members compare as strings, `strength` orders the positive ones.

    Attributes
    ----------
    strength : int
        5 for PROVED down to 1 for SAMPLED; 0 for UNKNOWN and REFUTED, which support nothing.
    """

    PROVED = "PROVED"
    REDUCED = "REDUCED"
    DERIVED = "DERIVED"
    EXACT = "EXACT"
    SAMPLED = "SAMPLED"
    REFUTED = "REFUTED"
    UNKNOWN = "UNKNOWN"

    @property
    def strength(self) -> int:
        """How much the word supports a theorem, from 5 (PROVED) to 0 (REFUTED, UNKNOWN)."""
        return _STRENGTH[self]

    @property
    def holds(self) -> bool:
        """True for the five positive words."""
        return self.strength > 0


_STRENGTH = {
    Verdict.PROVED: 5,
    Verdict.REDUCED: 4,
    Verdict.DERIVED: 3,
    Verdict.EXACT: 2,
    Verdict.SAMPLED: 1,
    Verdict.REFUTED: 0,
    Verdict.UNKNOWN: 0,
}


def combine(words: Iterable[Verdict]) -> Verdict:
    """Combine the words of all pieces of evidence for one conclusion.

    One REFUTED refutes, whatever the others say. Otherwise one UNKNOWN leaves the theorem UNKNOWN: a check that
    was asked for and showed nothing must not hide behind another that did. Otherwise the strongest word counts.
    No evidence at all is UNKNOWN.

    Parameters
    ----------
    words : iterable of Verdict
        One for each piece of evidence.

    Returns
    -------
    Verdict
    """
    given = list(words)
    if Verdict.REFUTED in given:
        return Verdict.REFUTED
    if not given or Verdict.UNKNOWN in given:
        return Verdict.UNKNOWN
    return max(given, key=lambda word: word.strength)


def weakest(words: Iterable[Verdict]) -> Verdict:
    """Return the word of a whole: that of its weakest part, REFUTED if any part is, UNKNOWN if there is none."""
    given = list(words)
    if Verdict.REFUTED in given:
        return Verdict.REFUTED
    return min(given, key=lambda word: word.strength, default=Verdict.UNKNOWN)
