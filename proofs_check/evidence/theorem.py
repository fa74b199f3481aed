"""What the ledger holds of a theorem: statement, evidence, certificate, hypotheses, and false readings of it.

A `Theorem` ties a statement to the formulas of `theory` that it stands on and to the evidence that checks them
against `numerics`; all that is known of it stands with it. A `Claim` is a statement of the paper, or one that is
natural to read into it, that is false without a further hypothesis: the ledger recomputes its counterexample and names
the theorem that corrects it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from types import FunctionType
from typing import Any, TypeAlias

from proofs_check.evidence.finding import Finding, plain
from proofs_check.evidence.instances import instance_of
from proofs_check.evidence.kinds import Case, Evidence, Formulas
from proofs_check.evidence.verdict import Verdict, combine, weakest
from proofs_check.proving.specification import Spec
from theory import Assumption, Formula, Statement, formulas as catalogue
from theory.language.prose import joined, spoken

__all__ = [
    "Claim",
    "ClaimResult",
    "Conclusion",
    "Judge",
    "Needed",
    "Result",
    "Stated",
    "Theorem",
    "Unneeded",
]

#: Takes a formula and inputs (exact, by name); decides, from agents alone, whether the formula's *statement* fails
#: there: returns how, or None where nothing against it was found. The hypotheses are not asked for. A formula's own
#: value enters only as what is claimed.
Judge: TypeAlias = Callable[[Any, Mapping[str, Any]], str | None]


@dataclass(frozen=True)
class Needed:
    """An exact counterexample: inputs that violate one hypothesis alone.

    Whether they satisfy all other hypotheses, violate this one and refute the statement is decided anew at every run.

    Attributes
    ----------
    parts : tuple of str
        The theorem's formulas whose hypothesis it drops, each without the theorem's id and the dot.
    hypothesis : str
        Name of the assumption.
    inputs : mapping
        Exact values by name; a superset of what the formulas need.
    judges : tuple of callable
        What the agents say about the statement, beside the conclusions of the derivation.
    """

    parts: tuple[str, ...]
    hypothesis: str
    inputs: Mapping[str, Any]
    judges: tuple[Judge, ...] = ()


@dataclass(frozen=True)
class Unneeded:
    """Hypotheses that formulas had and did not need.

    Attributes
    ----------
    parts : tuple of str
        As in `Needed`.
    hypotheses : tuple of Assumption
    why : str
        Why the statement holds without them.
    """

    parts: tuple[str, ...]
    hypotheses: tuple[Assumption, ...]
    why: str


@dataclass(frozen=True)
class Claim:
    """A statement that is false as it stands.

    Attributes
    ----------
    id : str
        Permanent name.
    source : str
        Where it is made or suggested.
    counterexample : callable
        Recomputes the counterexample with `numerics`, in rationals: the relations of the returned case say that the
        hypotheses of the claim hold and that its conclusion does not.
    shows : str
        The counterexample in one line.
    corrected_by : str
        Id of the theorem with the missing hypothesis; the ledger fills it in.
    says : relation or callable
        The claim, a predicate as a conclusion has it; or what takes it from the formula `of`.
    given : tuple of Assumption, or str
        What the claim assumes; or the id of the formula that assumes it.
    of : str
        The formula whose derivation defines the symbols that it speaks of.
    inputs : mapping
        The counterexample: exact values by name, as `Needed` has them. What is given holds there, and the claim is
        false, decided from the derivation's definitions.
    """

    id: str
    source: str
    counterexample: Callable[[], Case]
    shows: str
    corrected_by: str = ""
    _: KW_ONLY
    says: Any
    given: tuple[Assumption, ...] | str = ()
    of: str
    inputs: Mapping[str, Any]

    @property
    def statement(self) -> str:
        """The claim in plain text."""
        says, given = self._told(catalogue)
        needs = f"If {joined([a.plain for a in given])}: " if given else ""
        return f"{needs}{spoken(says)}."

    def _told(self, formulas: Formulas) -> tuple[Any, tuple[Assumption, ...]]:
        """What is claimed, and what is assumed: formulas are derived when they are asked for, not before."""
        says = self.says(formulas[self.of]) if isinstance(self.says, FunctionType) else self.says
        return says, formulas[self.given].assumptions if isinstance(self.given, str) else self.given

    def formula(self, formulas: Formulas) -> Formula:
        """The claim as a conclusion would be."""
        says, given = self._told(formulas)
        where: Formula = formulas[self.of]
        return replace(where, id=self.id, says=says, assumptions=given)

    def stands(self, formulas: Formulas) -> str | None:
        """Why the counterexample does not refute the claim, decided exactly; None where it does."""
        at = instance_of(formulas[self.of], self.inputs)
        says, given = self._told(formulas)
        missing = [a.plain for a in given if not a.holds(at)]
        if missing:
            return f"what the claim assumes does not hold there: {joined(missing)}"
        return "the claim holds there" if at.holds(says) else None


@dataclass(frozen=True)
class Theorem:
    """A statement with everything that supports it.

    Attributes
    ----------
    id : str
        Permanent id, for example ``"biased-equilibrium"``; its formulas in `theory` are the id or begin with it.
    evidence : tuple of Evidence
        What is run; none at all leaves the theorem UNKNOWN. A family lists what compares formulas with agents; the
        ledger adds that the derivation is replayed, and the certificate.
    certificate : tuple of Spec
        How its conclusions are proved, goal by goal, with lemmas.
    unproved : str
        Why no certificate covers all of it, where none does.
    needed : tuple of Needed
        For each hypothesis of each formula, a counterexample without it.
    unneeded : tuple of Unneeded
    claims : tuple of Claim
        False readings that this theorem corrects.
    section : str
        Section of the theory that it belongs to, for example ``"3 equilibrium"``; the ledger fills it in.
    """

    id: str
    evidence: tuple[Evidence, ...]
    certificate: tuple[Spec, ...] = ()
    unproved: str = ""
    needed: tuple[Needed, ...] = ()
    unneeded: tuple[Unneeded, ...] = ()
    claims: tuple[Claim, ...] = ()
    section: str = ""

    @property
    def formulas(self) -> tuple[str, ...]:
        """Ids of its formulas in the catalogue of `theory`."""
        return tuple(id_ for id_ in catalogue if id_.split(".")[0] == self.id)

    def formula(self, part: str) -> str:
        """Return the id of a part."""
        return f"{self.id}.{part}" if part else self.id

    def states(self, formulas: Formulas) -> Statement:
        """Return what it states, with the formulas of a catalogue."""
        return Statement(self.id, tuple(formulas[name] for name in self.formulas))

    @property
    def statement(self) -> str:
        """What it states, in plain text."""
        return self.states(catalogue).plain

    def hypotheses(self, formulas: Formulas) -> tuple[str, ...]:
        """Return the assumptions of its formulas, each once, as text."""
        return tuple(dict.fromkeys(str(a) for name in self.formulas for a in formulas[name].assumptions))


@dataclass(frozen=True)
class Conclusion:
    """One conclusion of a theorem, as text and plain data: a process that prints it need not derive it.

    Attributes
    ----------
    id, says, source : str
    inferences : int
        Lines of its derivation that are no algebra.
    cites : tuple of str
        Ids of the conclusions that it takes over.
    """

    id: str
    says: str
    source: str
    inferences: int
    cites: tuple[str, ...]

    def as_json(self, word: Verdict, more: Sequence[str]) -> dict[str, Any]:
        """Plain data for the JSON report; `more` are the hypotheses that not all conclusions share."""
        return {
            "id": self.id,
            "further hypotheses": list(more),
            "says": self.says,
            "source": self.source,
            "verdict": str(word),
            "inferences": self.inferences,
            "takes over": list(self.cites),
        }


@dataclass(frozen=True)
class Stated:
    """What a theorem states, as text.

    Attributes
    ----------
    text : str
        All of it.
    given : tuple of str
        Hypotheses of all conclusions.
    groups : tuple of (tuple of str, tuple of Conclusion)
        Further hypotheses, and the conclusions under these.
    """

    text: str
    given: tuple[str, ...]
    groups: tuple[tuple[tuple[str, ...], tuple[Conclusion, ...]], ...]

    @classmethod
    def of(cls, statement: Statement) -> Stated:
        """Write a statement down."""
        groups = (
            (
                tuple(a.plain for a in more),
                tuple(Conclusion(f.id, f.plain, f.source, f.inferences, f.cites) for f in found),
            )
            for more, found in statement.grouped()
        )
        return cls(statement.plain, tuple(a.plain for a in statement.given), tuple(groups))


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
    stated : Stated
    limits : mapping of str to Verdict
        For a conclusion that takes others over: the weakest word among those.
    """

    theorem: Theorem
    findings: tuple[Finding, ...]
    hypotheses: tuple[str, ...]
    seconds: float
    stated: Stated = Stated("", (), ())
    limits: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def conclusions(self) -> tuple[Conclusion, ...]:
        """Everything that it concludes."""
        return tuple(conclusion for _, found in self.stated.groups for conclusion in found)

    def word(self, conclusion: str) -> Verdict:
        """The word that all findings together earn one conclusion; never more than what it takes over has."""
        bad = [f.verdict for f in self.findings if not f.verdict.holds]
        found = [f.conclusions[conclusion] for f in self.findings if conclusion in f.conclusions]
        word = combine([*bad, *found])
        return weakest([word, self.limits[conclusion]]) if conclusion in self.limits else word

    @property
    def words(self) -> dict[str, Verdict]:
        """The word of every conclusion."""
        return {conclusion.id: self.word(conclusion.id) for conclusion in self.conclusions}

    @property
    def verdict(self) -> Verdict:
        """The weakest word among the conclusions; UNKNOWN without any."""
        refuted = [finding.verdict for finding in self.findings if finding.verdict is Verdict.REFUTED]
        return weakest([*refuted, *self.words.values()])

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
            "statement": self.stated.text,
            "formulas": list(self.theorem.formulas),
            "hypotheses": list(self.hypotheses),
            "plain hypotheses": list(self.stated.given),
            "conclusions": [
                conclusion.as_json(self.word(conclusion.id), more)
                for more, found in self.stated.groups
                for conclusion in found
            ],
            "verdict": str(self.verdict),
            "ratio": plain(self.ratio),
            "seconds": round(self.seconds, 3),
            "evidence": [finding.as_json() for finding in self.findings],
        }


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
    formal : str
        Where the claim, as a proposition, is refuted as well; empty if it is not.
    """

    claim: Claim
    verdict: Verdict
    values: Sequence[tuple[str, str]]
    note: str = ""
    formal: str = ""

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
            "formal": self.formal,
        }
