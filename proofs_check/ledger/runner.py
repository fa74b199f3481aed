"""Running the ledger: in order, with optional worker processes; equal seeds give equal results."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

from numerics import DivergenceWarning
from numerics.processes import worker_processes
from proofs_check.errors import CheckError
from proofs_check.evidence.finding import Finding
from proofs_check.evidence.kinds import Evidence, Formulas, Task
from proofs_check.evidence.theorem import Claim, ClaimResult, Result, Stated, Theorem
from proofs_check.evidence.verdict import Verdict, weakest
from proofs_check.ledger.catalogue import theorems as ledger
from proofs_check.rocq.library import is_proved
from proofs_check.rocq.record import proof_checked
from theory import formulas as catalogue

__all__ = ["run", "run_claims", "run_one"]

#: How many theorems a process checks in a row.
NEIGHBOURS = 2


def run(
    theorems: Iterable[Theorem],
    *,
    geometries: int = 200,
    seed: int = 0,
    exact: bool = False,
    processes: int = 1,
    formulas: Formulas | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> list[Result]:
    """Check theorems.

    Parameters
    ----------
    theorems : iterable of Theorem
        What to check.
    geometries : int
        Random geometries for each piece of evidence that draws them. With 0 nothing is drawn, and every theorem
        that relies on random geometries is UNKNOWN.
    seed : int
        Non-negative. The result depends on it, and not on `processes`.
    exact : bool
        Leave out floating-point evidence.
    processes : int
        Worker processes; with more than 1, theorems must be those of the ledger, which every process has.
    formulas : mapping, optional
        Catalogue to check in place of `theory.formulas`; needs ``processes=1``.
    on_result : callable, optional
        Called after each theorem, in the order of completion.

    Returns
    -------
    list of Result
        In the order of `theorems`.

    Raises
    ------
    ValueError
        For a negative count or seed, fewer than one process, or theorems or a catalogue of one's own with several
        processes.
    """
    chosen = list(theorems) if isinstance(theorems, Iterable) else [theorems]
    if wrong := [x for x in chosen if not isinstance(x, Theorem)]:
        raise CheckError(f"theorems: {wrong[0]!r:.80} is no Theorem; pass a list, for example [theorems[id]]")
    for name, value, least in (("geometries", geometries, 0), ("seed", seed, 0), ("processes", processes, 1)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise CheckError(f"{name}: must be a whole number of at least {least}, got {value!r:.80}")
        if value < least:
            raise ValueError(f"{name}: must be at least {least}, got {value}")
    if formulas is not None and processes > 1:
        raise ValueError("formulas: a catalogue of one's own needs processes=1")
    if processes > 1 and any(ledger.get(theorem.id) is not theorem for theorem in chosen):
        raise ValueError("theorems: those that are not of the ledger need processes=1")
    results = []
    several = processes > 1 and len(chosen) > 1
    with worker_processes(min(processes, len(chosen))) if several else nullcontext() as pool:
        for result in _results(chosen, geometries, seed, exact, pool, formulas):
            if on_result is not None:
                on_result(result)
            results.append(result)
    return _limited(results)


def _limited(results: list[Result]) -> list[Result]:
    """Let no conclusion be stronger than those that its derivation takes over, as far as they were run."""
    words = {name: word for result in results for name, word in result.words.items()}
    cites = {conclusion.id: conclusion.cites for result in results for conclusion in result.conclusions}
    # Whatever is taken over is reached in the end: a limit of a limit is one, too.
    reach = {name: {x for x in found if x in words} for name, found in cites.items()}
    while any(reach.get(x, set()) - found for found in reach.values() for x in found):
        reach = {name: found.union(*(reach.get(x, set()) for x in found)) for name, found in reach.items()}
    limits = {name: weakest(words[x] for x in found) for name, found in reach.items() if found}
    return [
        replace(result, limits={name: limits[name] for name in result.words if name in limits}) for result in results
    ]


def _results(
    theorems: Sequence[Theorem],
    geometries: int,
    seed: int,
    exact: bool,
    pool: ProcessPoolExecutor | None,
    formulas: Formulas | None,
) -> Iterator[Result]:
    if pool is None:
        for theorem in theorems:
            yield run_one(theorem, geometries, seed, exact, formulas)
        return
    listed = partial(_run_listed, geometries=geometries, seed=seed, exact=exact)
    # Neighbours stand on the same derivations: a process that has made them goes on with the next.
    found = pool.map(listed, [theorem.id for theorem in theorems], chunksize=NEIGHBOURS)
    yield from (Result(theorem, *result) for theorem, result in zip(theorems, found, strict=True))


def _run_listed(id_: str, *, geometries: int, seed: int, exact: bool) -> tuple[Any, ...]:
    """Check a theorem of the ledger in another process: what it is stays there, what was found comes back."""
    result = run_one(ledger[id_], geometries, seed, exact)
    return result.findings, result.hypotheses, result.seconds, result.stated


def run_one(
    theorem: Theorem, geometries: int, seed: int, exact: bool = False, formulas: Formulas | None = None
) -> Result:
    """Check one theorem; the parameters are those of `run`."""
    formulas = catalogue if formulas is None else formulas
    start = time.perf_counter()
    task = Task(theorem.id, formulas, geometries, seed)
    asked = [evidence for evidence in theorem.evidence if evidence.exact or not exact]
    findings = tuple(_collected(evidence, task) for evidence in asked)
    stated = Stated.of(theorem.states(catalogue))
    return Result(theorem, findings, _hypotheses(theorem, formulas), time.perf_counter() - start, stated)


class _Consulted(Mapping[str, Any]):
    """A catalogue that keeps account of what is asked of it: evidence speaks for the formulas that it compares."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas
        self.ids: dict[str, None] = {}

    def __getitem__(self, id_: str) -> Any:
        formula = self._formulas[id_]
        self.ids[id_] = None
        return formula

    def __iter__(self) -> Iterator[str]:
        return iter(self._formulas)

    def __len__(self) -> int:
        return len(self._formulas)


def _hypotheses(theorem: Theorem, formulas: Formulas) -> tuple[str, ...]:
    try:
        return theorem.hypotheses(formulas)
    except Exception as error:  # a formula that cannot be derived: its evidence says so, too
        return (f"unknown: {type(error).__name__}: {error}",)


def _collected(evidence: Evidence, task: Task) -> Finding:
    # A check that breaks down has shown nothing, and the others must still be reported.
    try:
        with warnings.catch_warnings():
            # Exact pairs outside the region of convergence are drawn on purpose.
            warnings.simplefilter("ignore", DivergenceWarning)
            consulted = _Consulted(task.formulas)
            finding = evidence.collect(replace(task, formulas=consulted))
            if finding.conclusions or not finding.verdict.holds:
                return finding
            return replace(finding, conclusions=dict.fromkeys(consulted.ids, finding.verdict))
    except Exception as error:
        note = f"{type(error).__name__}: {error}"
        return Finding(evidence.name, Verdict.UNKNOWN, f"{evidence.name}: stopped by an error", notes=(note,))


def run_claims(claims: Iterable[Claim]) -> list[ClaimResult]:
    """Recompute the counterexamples of claims that are false as they stand.

    Returns
    -------
    list of ClaimResult
        REFUTED where the counterexample refutes, as it should; UNKNOWN where it does not, or where a formal refutation
        is not of what is claimed now.
    """
    from proofs_check.evidence.comparison import show

    results = []
    for claim in claims:
        formal = ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DivergenceWarning)
                case = claim.counterexample()
            failure = case.failure()
            values = [(name, show(value)) for name, value in case.inputs.items()]
            note = claim.stands(catalogue) or ("" if case.relations else "the counterexample states no relation")
            said = claim.formula(catalogue)
            if is_proved(said.id, "claim"):
                word, formal = proof_checked(said, kind="claim")
                note = note or ("" if word == "yes" else f"formally: {formal}")
            if failure is not None:
                note = f"the counterexample does not refute the claim: {failure}"
        except Exception as error:
            values, note = [], f"{type(error).__name__}: {error}"
        results.append(ClaimResult(claim, Verdict.UNKNOWN if note else Verdict.REFUTED, values, note, formal))
    return results
