"""The ledger as people read it (tables) and as programs read it (JSON)."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from numerics.environment import versions_of
from proofs_check.evidence.finding import Finding
from proofs_check.evidence.theorem import ClaimResult, Result
from proofs_check.evidence.verdict import Verdict
from proofs_check.terminal.grid import Grid
from proofs_check.terminal.words import counted
from theory.language.prose import joined

__all__ = ["as_json", "passed", "print_report", "versions"]

_COMPUTING = ("biased-equilibrium", "sympy", "numpy", "scipy", "python-flint")

_STYLES = {
    Verdict.PROVED: "bold green",
    Verdict.REDUCED: "green",
    Verdict.DERIVED: "green",
    Verdict.EXACT: "green",
    Verdict.SAMPLED: "cyan",
    Verdict.REFUTED: "bold red",
    Verdict.UNKNOWN: "bold yellow",
}


def passed(results: Sequence[Result], claims: Sequence[ClaimResult]) -> bool:
    """Whether nothing falls short: no theorem REFUTED or UNKNOWN, and every counterexample refutes its claim."""
    return all(result.verdict.holds for result in results) and all(claim.verdict is Verdict.REFUTED for claim in claims)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that computed the report."""
    return {"python": platform.python_version(), **versions_of(_COMPUTING)}


def as_json(results: Sequence[Result], claims: Sequence[ClaimResult], settings: dict[str, Any]) -> dict[str, Any]:
    """Everything that was run and found, as plain data."""
    return {
        "versions": versions(),
        "settings": settings,
        "passed": passed(results, claims),
        "theorems": [result.as_json() for result in results],
        "claims": [claim.as_json() for claim in claims],
    }


def print_report(
    console: Console, results: Sequence[Result], claims: Sequence[ClaimResult], settings: dict[str, Any], seconds: float
) -> None:
    """Print the table of theorems, what went wrong, the claims, and a summary."""
    headings = ("theorem, and the word of each conclusion", "verdict", "what was run", "err/bound", "s")
    table = Grid(headings, "Theorems", left=(0, 1, 2))
    section = None
    for result in results:
        if section not in (None, result.theorem.section):
            table.add_section()
        section = result.theorem.section
        table.add_row(
            Text("\n").join([Text(result.theorem.id, "bold"), *_stated(result)]),
            _word(result.verdict),
            Text("\n".join(map(_what, result.findings)) or "nothing was run"),
            "" if result.ratio is None else f"{result.ratio:.1e}",
            f"{result.seconds:.1f}",
        )
    console.print(table)
    for result in results:
        _print_shortcomings(console, result)
    if claims:
        _print_claims(console, claims)
    counts = Counter(result.verdict for result in results)
    words = ", ".join(f"{counts[word]} {word}" for word in Verdict if counts[word])
    each = Counter(word for result in results for word in result.words.values())
    conclusions = ", ".join(f"{each[word]} {word}" for word in Verdict if each[word])
    console.print(
        f"{counted(len(results), 'theorem')}, each by its weakest conclusion: {words}. Conclusions: {conclusions}. "
        f"{counted(len(claims), 'claim')} {'needs' if len(claims) == 1 else 'need'} another hypothesis. "
        f"Seed {settings['seed']}, {counted(settings['geometries'], 'geometry', 'geometries')}, {seconds:.1f} s."
    )


def _stated(result: Result) -> Iterator[Text]:
    """The statement, line by line: hypotheses, then each conclusion after its word."""
    stated = result.stated
    if stated.given:
        yield Text(f"If {joined(stated.given)}:")
    for more, found in stated.groups:
        if more:
            yield Text(f"{'If moreover' if stated.given else 'If'} {joined(more)}:")
        yield from (Text.assemble(_word(result.word(conclusion.id)), f" {conclusion.says}") for conclusion in found)


def _what(finding: Finding) -> str:
    return finding.summary if finding.seconds is None else f"{finding.summary}, {1000 * finding.seconds:.0f} ms"


def _word(verdict: Verdict) -> Text:
    return Text(str(verdict), _STYLES[verdict])


def _print_shortcomings(console: Console, result: Result) -> None:
    if result.verdict.holds:
        return
    console.print(Text.assemble(_word(result.verdict), f" {result.theorem.id}"))
    for finding in result.findings:
        for note in finding.notes:
            console.print(f"  {finding.evidence}: {note}")
        if finding.counterexample is not None:
            console.print(f"  {finding.counterexample}", soft_wrap=True)
    if not result.findings:
        console.print("  no evidence was run")


#: Beside the word of a claim that is refuted as a proposition, too.
FORMALLY = "\nin Rocq too"


def _print_claims(console: Console, claims: Sequence[ClaimResult]) -> None:
    headings = ("claim", "verdict", "exact counterexample", "true instead")
    table = Grid(headings, "Claims that need another hypothesis", left=range(4))
    for result in claims:
        claim = result.claim
        word = _word(Verdict.UNKNOWN) if result.note else Text(f"{result.verdict}{FORMALLY if result.formal else ''}")
        shown = Text(claim.shows)
        if result.note:
            shown.append(f"\n{result.note}", "bold red")
        table.add_row(claim.statement, word, shown, claim.corrected_by)
    console.print(table)
