"""Reading the ledger that ``proofs-check --json`` wrote: theorems with verdicts, claims with counterexamples.

No Sphinx here. A theorem that the ledger does not know, or knows as REFUTED or UNKNOWN, is an error: the
book does not print a result that the package cannot stand behind. A claim is printed as false, so its
verdict has to be REFUTED.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["GOOD", "Ledger", "LedgerError", "verdicts", "words"]

GOOD = ("PROVED", "REDUCED", "DERIVED", "EXACT", "SAMPLED")


class LedgerError(Exception):
    """The ledger is missing, unreadable, or does not support what the book prints."""


class Ledger:
    """One run of the checker."""

    def __init__(self, report: dict[str, Any]) -> None:
        self.theorems: dict[str, dict[str, Any]] = {row["id"]: row for row in report["theorems"]}
        self.claims: dict[str, dict[str, Any]] = {row["id"]: row for row in report.get("claims", [])}
        self.settings: dict[str, Any] = report.get("settings", {})

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """Read the JSON file; raise LedgerError with what to do when it is not there."""
        if not path.is_file():
            raise LedgerError(f"no ledger at {path.name}: build with 'python book/build.py', which writes it first")
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def theorem(self, name: str) -> dict[str, Any]:
        """Return the row of a theorem that holds."""
        row = found(self.theorems, "theorem", name)
        words = [row["verdict"], *verdicts(row)]
        if row["evidence"] and all(word in GOOD for word in words):
            return row
        raise LedgerError(f"the verdict on {name!r} is {row['verdict']}: it cannot be printed as a result")

    def claim(self, name: str) -> dict[str, Any]:
        """Return the row of a claim that its counterexample refutes."""
        row = found(self.claims, "claim", name)
        if row["verdict"] != "REFUTED":
            raise LedgerError(f"the verdict on the claim {name!r} is {row['verdict']}: it cannot be printed as false")
        return row


def found(rows: dict[str, dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """Return ``rows[name]``, or raise LedgerError with the names there are."""
    if name not in rows:
        raise LedgerError(f"the ledger has no {kind} {name!r}; it has {', '.join(sorted(rows))}")
    return rows[name]


def verdicts(row: dict[str, Any]) -> list[str]:
    """Return the distinct words that a theorem's evidence earned: bad ones first, then strongest first."""
    words = {finding["verdict"] for finding in row["evidence"]}
    return sorted(words, key=lambda word: GOOD.index(word) if word in GOOD else -1)


def words(row: dict[str, Any]) -> dict[str, str]:
    """Return the word of each conclusion, by formula id."""
    return {item["id"]: item["verdict"] for item in row["conclusions"]}
