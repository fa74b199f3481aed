"""The ledger as people read it (tables) and as programs read it (JSON)."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from numerics.environment import versions_of
from proofs_check.evidence.finding import Finding
from proofs_check.evidence.theorem import ClaimResult, Result
from proofs_check.evidence.verdict import Verdict
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
    table = Table(title="Theorems", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("theorem, and the word of each conclusion", ratio=5)
    table.add_column("verdict", no_wrap=True)
    table.add_column("what was run", ratio=3)
    table.add_column("err/bound", justify="right", no_wrap=True)
    table.add_column("s", justify="right", no_wrap=True)
    section = None
    for result in results:
        if section not in (None, result.theorem.section):
            table.add_section()
        section = result.theorem.section
        table.add_row(
            "\n".join([f"[bold]{escape(result.theorem.id)}[/]", *_stated(result)]),
            _word(result.verdict),
            escape("\n".join(map(_what, result.findings)) or "nothing was run"),
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
        f"{len(results)} theorems, each by its weakest conclusion: {words}. Conclusions: {conclusions}. "
        f"{len(claims)} claims need another hypothesis. "
        f"Seed {settings['seed']}, {settings['geometries']} geometries, {seconds:.1f} s."
    )


def _stated(result: Result) -> Iterator[str]:
    """The statement, line by line: hypotheses, then each conclusion after its word."""
    stated = result.stated
    if stated.given:
        yield f"If {escape(joined(stated.given))}:"
    for more, found in stated.groups:
        if more:
            yield f"{'If moreover' if stated.given else 'If'} {escape(joined(more))}:"
        yield from (f"{_word(result.word(conclusion.id))} {escape(conclusion.says)}" for conclusion in found)


def _what(finding: Finding) -> str:
    return finding.summary if finding.seconds is None else f"{finding.summary}, {1000 * finding.seconds:.0f} ms"


def _word(verdict: Verdict) -> str:
    return f"[{_STYLES[verdict]}]{verdict}[/]"


def _print_shortcomings(console: Console, result: Result) -> None:
    if result.verdict.holds:
        return
    console.print(f"{_word(result.verdict)} {escape(result.theorem.id)}")
    for finding in result.findings:
        for note in finding.notes:
            console.print(f"  {escape(finding.evidence)}: {escape(note)}", highlight=False)
        if finding.counterexample is not None:
            console.print(f"  {escape(str(finding.counterexample))}", highlight=False, soft_wrap=True)
    if not result.findings:
        console.print("  no evidence was run")


def _print_claims(console: Console, claims: Sequence[ClaimResult]) -> None:
    table = Table(title="Claims that need another hypothesis", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("claim", ratio=4)
    table.add_column("verdict", no_wrap=True)
    table.add_column("exact counterexample", ratio=4)
    table.add_column("true instead", no_wrap=True)
    for result in claims:
        claim = result.claim
        word = _word(Verdict.UNKNOWN) if result.note else str(result.verdict)
        shown = escape(claim.shows) + (f"\n[bold red]{escape(result.note)}[/]" if result.note else "")
        table.add_row(escape(claim.statement), word, shown, escape(claim.corrected_by))
    console.print(table)
