"""A conjecture is settled: is it sensible, is it false, is there a proof, and if neither, what is missing.

Each step says what it does; the time is shared between them, and an interrupt keeps what is known so far.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from proofs_check.conjectures.conjecture import Conjecture
from proofs_check.conjectures.deciding import Tried, met, searched, simplified
from proofs_check.conjectures.drawing import Sample, decided
from proofs_check.conjectures.missing import Missing, added
from proofs_check.conjectures.prompts import aimed, in_range
from proofs_check.conjectures.proof import Proved, proved
from proofs_check.evidence.verdict import Verdict
from proofs_check.terminal.words import counted

__all__ = ["Settlement", "settled"]

#: Why a proof is not enough.
NOTHING = "there is a proof, but nothing was found of which it speaks: a contradiction proves everything"
#: Shares of the time: instances before the search for a proof, the search, instances after it.
EARLY, PROOF, LATE = 0.15, 0.45, 0.15


@dataclass(frozen=True)
class Settlement:
    """What became of a conjecture.

    Attributes
    ----------
    conjecture : Conjecture
    verdict : Verdict
        PROVED, REFUTED or UNKNOWN.
    search : Tried
        What came of the instances.
    proof : Proved
        What came of the search for a proof.
    counterexample : Sample or None
        The simplest that was found.
    idle : tuple of str
        Hypotheses that the proof does not need.
    missing : tuple of Missing
        Hypotheses that would make it provable, or at which no counterexample was found.
    notes : tuple of str
        What else there is to say, such as that nothing satisfies the hypotheses.
    seconds : float
    interrupted : bool
        Whether somebody stopped it.
    """

    conjecture: Conjecture
    verdict: Verdict = Verdict.UNKNOWN
    search: Tried = field(default_factory=Tried)
    proof: Proved = field(default_factory=Proved)
    counterexample: Sample | None = None
    idle: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False

    def __str__(self) -> str:
        from proofs_check.conjectures.told import told

        return "\n".join(told(self))


def settled(
    conjecture: Conjecture,
    *,
    seconds: float = 60,
    seed: int = 0,
    suggest: bool = True,
    on_step: Callable[[str], object] = lambda text: None,
) -> Settlement:
    """Decide a conjecture as far as time allows.

    Parameters
    ----------
    conjecture : Conjecture
        What is claimed.
    seconds : float
        Time limit; what is being tried when it is over is finished.
    seed : int
        Of the instances.
    suggest : bool
        Whether to look for what is missing where there is no proof.
    on_step : callable
        Called with a sentence before each step.
    """
    run = _Run(conjecture, time.monotonic(), seconds, seed, on_step)
    try:
        run.decide(suggest)
    except KeyboardInterrupt:
        run.say("interrupted: this is what is known so far")
        run.outcome = replace(run.outcome, interrupted=True)
    return replace(run.outcome, seconds=time.monotonic() - run.start)


class _Run:
    def __init__(
        self, conjecture: Conjecture, start: float, seconds: float, seed: int, on_step: Callable[[str], object]
    ) -> None:
        self.conjecture, self.start, self.seconds, self.seed, self.on_step = conjecture, start, seconds, seed, on_step
        self.outcome = Settlement(conjecture)

    def say(self, note: str) -> None:
        self.outcome = replace(self.outcome, notes=(*self.outcome.notes, note))

    @property
    def left(self) -> float:
        return self.seconds - (time.monotonic() - self.start)

    def decide(self, suggest: bool) -> None:
        self.on_step("instances: do the hypotheses hold anywhere, and does the claim there?")
        self._search(EARLY * self.seconds, 600)
        if self.outcome.verdict is not Verdict.REFUTED:
            self.on_step("proof: cofactors and sums of squares")
            self._prove()
        if self.outcome.verdict is Verdict.UNKNOWN and self.outcome.proof.certificate is None:
            self.on_step("more instances: larger ones, edges, huge and tiny")
            # Where nothing comes after them, instances have the time that is left.
            self._search(max(LATE * self.seconds if suggest else self.left, 1), 20000)
        if self.outcome.verdict is Verdict.UNKNOWN and not self.outcome.search.satisfied:
            self._unsatisfied()
        elif self.outcome.verdict is not Verdict.PROVED and suggest and self.left > 0:
            self.on_step("what is missing: one more hypothesis at a time")
            self._complete()

    def _search(self, seconds: float, draws: int) -> None:
        known = () if self.outcome.search.nearest is None else (self.outcome.search.nearest,)
        before = self.outcome.search

        def keep(found: Tried) -> None:
            total = replace(
                found,
                drawn=before.drawn + found.drawn,
                satisfied=before.satisfied + max(found.satisfied - len(known), 0),
                undecided=before.undecided + found.undecided,
                model=before.model or found.model,
            )
            self.outcome = replace(self.outcome, search=total)

        found = searched(
            self.conjecture,
            seconds=seconds,
            draws=draws,
            seed=self.seed + before.drawn,
            known=known,
            on_draw=keep,
        )
        keep(found)
        if found.counterexample is not None:
            self.outcome = replace(self.outcome, verdict=Verdict.REFUTED, counterexample=found.counterexample)
            self.on_step("the counterexample is made simple")
            self._simplify(found.counterexample)

    def _simplify(self, case: Sample) -> None:
        """Prefer a counterexample that two prompts have; look a little longer for one if the first is none."""
        if in_range(case) is False:
            if decided(self.conjecture, aimed(case)) == "fails":
                case = aimed(case)
            else:
                time_for_it = min(3, max(self.left / 4, 0))
                more = searched(
                    self.conjecture, seconds=time_for_it, seed=self.seed, wanted=lambda x: in_range(x) is True
                )
                case = more.counterexample or case
        runs = in_range(case) is True
        simple = simplified(
            self.conjecture, case, seconds=min(5, max(self.left, 1)), wanted=lambda x: not runs or in_range(x) is True
        )
        self.outcome = replace(self.outcome, counterexample=simple)

    def _prove(self) -> None:
        found = proved(self.conjecture, seconds=max(PROOF * self.seconds, 1), on_claim=lambda x: self.on_step(f"  {x}"))
        self.outcome = replace(self.outcome, proof=found)
        if found.certificate is None:
            return
        if not self.outcome.search.satisfied:
            self.on_step("a proof; but do the hypotheses hold anywhere?")
            self._search(max(LATE * self.seconds, 1), 20000)
        if not self.outcome.search.satisfied:
            self.say(NOTHING)
        elif self.outcome.verdict is Verdict.UNKNOWN:
            self.outcome = replace(self.outcome, verdict=Verdict.PROVED)
            self.on_step("which hypotheses the proof needs")
            self._needed()

    def _needed(self) -> None:
        """Name the hypotheses without which the proof is found as well; what it does not name is tried first."""
        kept, idle = self.conjecture, list[str]()
        for assumption in self.conjecture.formula.assumptions:
            named = any(name.startswith(assumption.name) for name in self.outcome.proof.used)
            if named or self.left <= 0:
                continue
            less = kept.without(assumption)
            if proved(less, seconds=min(5, self.left)).certificate is not None:
                kept = less
                idle.append(assumption.plain)
        self.outcome = replace(self.outcome, idle=tuple(idle))

    def _unsatisfied(self) -> None:
        """Name the hypotheses of which one less has instances."""
        drawn = self.outcome.search.drawn
        if self.outcome.search.undecided > drawn / 2:
            self.say(f"{counted(self.outcome.search.undecided, 'instance')} had no exact decision")
            return
        self.say(f"no instance of the hypotheses among {drawn} that were drawn: nothing was decided")
        for assumption in self.conjecture.formula.assumptions:
            if met(self.conjecture.without(assumption), seconds=2, seed=self.seed):
                self.say(f"without '{assumption.plain}' there are instances: is it at odds with the others?")

    def _complete(self) -> None:
        found: Sequence[Missing] = added(
            self.conjecture,
            known=() if self.outcome.counterexample is None else (self.outcome.counterexample,),
            seconds=self.left,
            seed=self.seed,
            on_step=self.on_step,
        )
        self.outcome = replace(self.outcome, missing=tuple(found))
