"""What was found: one line a mutant in a file that only grows, so that a run which was stopped goes on."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.tables import Target, file_of


def digest(root: Path, tests: Iterable[str]) -> str:
    """The sources of these tests in one word."""
    found = hashlib.sha256()
    for name in tests:
        path = root / file_of(name)
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            found.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()


@dataclass
class Results:
    """The outcomes by mutant and tests, and what killed each mutant when it was last tried."""

    file: Path
    outcomes: dict[tuple[str, str], str] = field(default_factory=dict)
    killers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if self.file.exists():
            for line in self.file.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):  # the last may have been cut off
                    self._take(json.loads(line))

    def _take(self, record: dict) -> None:
        self.outcomes[record["mutant"], record["tests"]] = record["outcome"]
        if "::" in record["killer"]:
            self.killers[record["mutant"]] = record["killer"]

    def add(self, mutant: Mutant, tests: str, answer: dict) -> None:
        """Keep one more."""
        record = {"module": mutant.path, "mutant": mutant.digest, "tests": tests, "line": mutant.line} | answer
        with self._lock:
            self._take(record)
            with self.file.open("a", encoding="utf-8") as out:
                out.write(json.dumps(record) + "\n")


@dataclass(frozen=True)
class Row:
    """What became of the mutants of one module."""

    target: Target
    outcomes: dict[Mutant, str]

    def count(self, outcome: str) -> int:
        """How many ended like this."""
        return list(self.outcomes.values()).count(outcome)

    @property
    def score(self) -> float:
        """The part of those that can die that did."""
        can = len(self.outcomes) - self.count("equivalent")
        return (self.count("killed") + self.count("timed out")) / can if can else 1.0

    @property
    def enough(self) -> bool:
        """Whether that is what is wanted."""
        return self.score >= self.target.wanted


KINDS = ("killed", "timed out", "equivalent", "survived")


def table(rows: Sequence[Row]) -> str:
    """The rows as text."""
    width = max(len(row.target.module) for row in rows)
    lines = [f"{'module':{width}}  mutants  {'  '.join(KINDS)}  score  wanted"]
    for row in rows:
        counts = "  ".join(f"{row.count(kind):{len(kind)}}" for kind in KINDS)
        mark = "" if row.enough else "  <"
        lines.append(
            f"{row.target.module:{width}}  {len(row.outcomes):7}  {counts}  "
            f"{row.score:5.0%}  {row.target.wanted:6.0%}{mark}"
        )
    return "\n".join(lines)
