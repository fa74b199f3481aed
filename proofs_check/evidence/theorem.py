"""The ledger's entries: theorems with their evidence, and statements that are false as they stand.

A `Theorem` ties a statement to the formulas of `theory` that it stands on and to the evidence that checks them
against `numerics`. A `Claim` is a statement of the paper, or one that is natural to read into it, that is false
without a further hypothesis: the ledger recomputes its counterexample and names the theorem that corrects it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from proofs_check.evidence.finding import Finding, plain
from proofs_check.evidence.kinds import Case, Evidence, Formulas
from proofs_check.evidence.verdict import Verdict, combine

__all__ = ["Claim", "ClaimResult", "Result", "Theorem"]


@dataclass(frozen=True)
class Theorem:
    """A statement with everything that supports it.

    Attributes
    ----------
    id : str
        Permanent id, for example ``"biased-equilibrium"``.
    section : str
        Section of the theory that it belongs to, for example ``"3 equilibrium"``.
    statement : str
        In short, plain text.
    formulas : tuple of str
        Ids in the catalogue of `theory` that the statement stands on.
    evidence : tuple of Evidence
        What is run; none at all leaves the theorem UNKNOWN.
    """

    id: str
    section: str
    statement: str
    formulas: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    def hypotheses(self, catalogue: Formulas) -> tuple[str, ...]:
        """Return the assumptions of its formulas, each once, as text."""
        found: dict[str, None] = {}
        for name in self.formulas:
            for assumption in catalogue[name].assumptions:
                found[str(assumption)] = None
        return tuple(found)


@dataclass(frozen=True)
class Result:
    """One row of the ledger.

    Attributes
    ----------
    theorem : Theorem
    findings : tuple of Finding
        In the order of the theorem's evidence.
    hypotheses : tuple of str
    seconds : float
        Wall time.
    """

    theorem: Theorem
    findings: tuple[Finding, ...]
    hypotheses: tuple[str, ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """The word that all findings together earn."""
        return combine(finding.verdict for finding in self.findings)

    @property
    def summary(self) -> str:
        """What was run."""
        return "; ".join(finding.summary for finding in self.findings) or "nothing was run"

    @property
    def ratio(self) -> float | None:
        """Worst error of the floating-point samples in units of its bound; None if nothing was approximate."""
        ratios = [finding.ratio for finding in self.findings if finding.ratio is not None]
        return max(ratios, default=None)

    def as_json(self) -> dict[str, Any]:
        """Plain data for the JSON report."""
        return {
            "id": self.theorem.id,
            "section": self.theorem.section,
            "statement": self.theorem.statement,
            "formulas": list(self.theorem.formulas),
            "hypotheses": list(self.hypotheses),
            "verdict": str(self.verdict),
            "ratio": plain(self.ratio),
            "seconds": round(self.seconds, 3),
            "evidence": [finding.as_json() for finding in self.findings],
        }


@dataclass(frozen=True)
class Claim:
    """A statement that is false as it stands.

    Attributes
    ----------
    id : str
    statement : str
        The claim, as one may read it.
    source : str
        Where it is made or suggested.
    corrected_by : str
        Id of the theorem with the missing hypothesis.
    counterexample : callable
        Recomputes the counterexample with `numerics`, in rationals: the relations of the returned case say that the
        hypotheses of the claim hold and that its conclusion does not.
    shows : str
        The counterexample in one line.
    """

    id: str
    statement: str
    source: str
    corrected_by: str
    counterexample: Callable[[], Case]
    shows: str


@dataclass(frozen=True)
class ClaimResult:
    """A claim, and what became of it.

    Attributes
    ----------
    claim : Claim
    verdict : Verdict
        REFUTED when the counterexample does refute the claim, as expected; UNKNOWN when it does not.
    values : sequence of (str, str)
        The counterexample in full.
    note : str
        Why the counterexample failed, if it did.
    """

    claim: Claim
    verdict: Verdict
    values: Sequence[tuple[str, str]]
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data for the JSON report."""
        return {
            "id": self.claim.id,
            "claim": self.claim.statement,
            "source": self.claim.source,
            "verdict": str(self.verdict),
            "counterexample": self.claim.shows,
            "values": dict(self.values),
            "corrected_by": self.claim.corrected_by,
            "note": self.note,
        }
