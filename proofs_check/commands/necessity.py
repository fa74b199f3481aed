"""``proofs-check --necessity``: every hypothesis is dropped in turn, and a counterexample shown."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from proofs_check.commands.output import spinner
from proofs_check.ledger.necessity import NecessityRow, as_json, passed, removed_rows, run_necessity, still_assumed
from proofs_check.terminal.grid import Grid
from proofs_check.terminal.words import counted

__all__ = ["check_necessity", "print_necessity"]

_WORDS = (
    (r"\succeq", ">="),
    (r"\preceq", "<="),
    (r"\prec", "<"),
    (r"\subseteq", "within"),
    (r"\geq", ">="),
    (r"\leq", "<="),
    (r"\neq", "!="),
    (r"\ne", "!="),
    (r"\ge", ">="),
    (r"\le ", "<= "),
    (r"\perp", "perp"),
    (r"\left", ""),
    (r"\right", ""),
    (r"\lVert", "|"),
    (r"\rVert", "|"),
    (r"\langle", "<"),
    (r"\rangle", ">"),
    (r"\mathsf T", "T"),
    (r"\mathbf 1", "1"),
)


def plain(text: str) -> str:
    """Write the LaTeX of a hypothesis as plain text."""
    for latex, word in _WORDS:
        text = text.replace(latex, word)
    text = re.sub(r"\\hat\s*(\w)", r"\1^", text)
    text = re.sub(r"(?<=[A-Z])\\Delta", " Delta", text)
    text = re.sub(r"\\(?:operatorname|mathcal)\s*\{?(\w+)\}?", r"\1", text)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", text)
    text = re.sub(r"([_^])\{([^{}]*)\}", r"\1\2", text)
    return re.sub(r"\s+", " ", re.sub(r"[\\${}]", "", text)).strip()


def check_necessity(console: Console, theorems: Sequence[str] | None) -> tuple[bool, dict[str, Any]]:
    """Drop every hypothesis of the chosen theorems, print the table; return whether all are needed, and the report."""
    start = time.perf_counter()
    with spinner("dropping hypotheses"):
        rows = run_necessity(theorems=theorems)
        drift = still_assumed(theorems=theorems)
        removed = removed_rows(theorems)
    print_necessity(console, rows, removed, drift, time.perf_counter() - start)
    return passed(rows, drift), as_json(rows, drift)


def print_necessity(
    console: Console,
    rows: Sequence[NecessityRow],
    removed: Sequence[tuple[str, str, str]],
    drift: Sequence[str],
    seconds: float,
) -> None:
    """Print the hypotheses with their counterexamples, and those that were found not to be needed."""
    headings = ("theorem", "hypothesis", "verdict", "exact counterexample")
    table = Grid(headings, "Hypotheses, each dropped alone (steps eta are 1 unless given)", left=range(4))
    # Parts of a theorem that fail in the same way share a line.
    for (theorem, hypothesis, verdict, text), same in groupby(
        sorted(rows, key=lambda row: _order(rows, row)),
        key=lambda row: (row.theorem, row.hypothesis, row.verdict, row.counterexample),
    ):
        ids = [row.formula.removeprefix(theorem).lstrip(".") for row in same]
        named = Text(theorem, "bold")
        if any(ids):
            named.append(f"\n{', '.join(ids)}", "not bold")
        word = Text(verdict, "green" if verdict == "needed" else "bold red")
        table.add_row(named, plain(hypothesis), word, Text(text))
    console.print(table)
    without = Grid(("hypothesis", "of", "because"), "Found not needed, and no longer assumed", left=range(3))
    for (of, why), several in groupby(sorted(removed, key=lambda row: row[::2]), key=lambda row: row[::2]):
        without.add_row(Text("\n".join(plain(text) for _, text, _ in several)), of, why)
    if removed:
        console.print(without)
    for line in drift:
        console.print(Text.assemble((line, "bold red"), ", which is not needed"))
    needed = sum(row.verdict == "needed" for row in rows)
    said = counted(len(rows), "hypothesis", "hypotheses")
    console.print(f"{said}: {needed} needed, {len(rows) - needed} open. {seconds:.1f} s.")


def _order(rows: Sequence[NecessityRow], row: NecessityRow) -> tuple[int, str, str]:
    """Theorems in their order; within one, equal hypotheses with equal counterexamples side by side."""
    first = next(i for i, other in enumerate(rows) if other.theorem == row.theorem)
    return first, row.hypothesis, row.counterexample
