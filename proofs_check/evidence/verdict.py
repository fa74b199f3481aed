"""The words that a check may end with, and how several pieces of evidence combine into one word.

=========  ==================================================================================================
word       evidence
=========  ==================================================================================================
PROVED     a certificate valid for every dimension, replayed by a checker that trusts neither SymPy nor floats
DERIVED    a SymPy derivation, checked entry by entry with free symbols at small dimensions
EXACT      symbolic = simulated in exact rational arithmetic on random geometries: equality, no tolerance
SAMPLED    symbolic = simulated in floating point on random geometries, within a stated bound
REFUTED    a concrete counterexample is shown
UNKNOWN    nothing above: no samples, only vacuous samples, or a check that did not run
=========  ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["Verdict", "combine"]


class Verdict(StrEnum):
    """One of the six words; members compare as strings, `strength` orders the positive ones.

    Attributes
    ----------
    strength : int
        4 for PROVED down to 1 for SAMPLED; 0 for UNKNOWN and REFUTED, which support nothing.
    """

    PROVED = "PROVED"
    DERIVED = "DERIVED"
    EXACT = "EXACT"
    SAMPLED = "SAMPLED"
    REFUTED = "REFUTED"
    UNKNOWN = "UNKNOWN"

    @property
    def strength(self) -> int:
        """How much the word supports a theorem, from 4 (PROVED) to 0 (REFUTED, UNKNOWN)."""
        return _STRENGTH[self]

    @property
    def holds(self) -> bool:
        """True for the four positive words."""
        return self.strength > 0


_STRENGTH = {
    Verdict.PROVED: 4,
    Verdict.DERIVED: 3,
    Verdict.EXACT: 2,
    Verdict.SAMPLED: 1,
    Verdict.REFUTED: 0,
    Verdict.UNKNOWN: 0,
}


def combine(words: Iterable[Verdict]) -> Verdict:
    """Combine the words of all pieces of evidence for one theorem.

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
