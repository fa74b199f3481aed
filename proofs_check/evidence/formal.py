"""Evidence from the formal library: proofs that Rocq's kernel has accepted of what the theory states now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from proofs_check.evidence.finding import Finding
from proofs_check.evidence.kinds import Task
from proofs_check.evidence.theorem import Theorem
from proofs_check.evidence.verdict import Verdict
from proofs_check.rocq.record import proof_checked
from proofs_check.terminal.words import counted

__all__ = ["Formal"]


@dataclass(frozen=True)
class Formal:
    """Look up whether the conclusions of a theorem, as they are stated now, are those that Rocq has proved.

    PROVED needs that the proposition which the theory writes now, its words and all proofs are, to the letter, those
    that were compiled without an axiom. A conclusion without a proof earns nothing here.

    Attributes
    ----------
    theorem : Theorem
        Whose conclusions.
    proved : tuple of str
        The conclusions of which the library has a proof.
    """

    theorem: Theorem
    proved: tuple[str, ...]
    name: ClassVar[str] = "formal proof"
    exact: ClassVar[bool] = True

    def collect(self, task: Task) -> Finding:
        """Compare digests."""
        conclusions = self.theorem.states(task.formulas).conclusions
        said = {f.id: proof_checked(f) for f in conclusions if f.id in self.proved}
        wrong = tuple(f"{id_}: {why}" for id_, (word, why) in said.items() if word != "yes")
        count = counted(len(said), "conclusion")
        if wrong:
            return Finding(self.name, Verdict.UNKNOWN, f"formal proof of {count}: not accepted", notes=wrong)
        _, how = next(iter(said.values()))
        words = dict.fromkeys(said, Verdict.PROVED)
        return Finding(self.name, Verdict.PROVED, f"{count} {how}", len(said), len(said), conclusions=words)
