"""The command ``python -m tests.conjectures {known,mutants}``: what becomes of claims whose answer is known.

``known`` asks random claims that are true or false by algebra, ``mutants`` the ledger's algebraic conclusions changed
in one place. The exit status is 1 where one is decided wrongly, or too few false ones are refuted. Outcomes are kept: a
run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.conjectures.cases import Case, asked
from tests.conjectures.known import known
from tests.conjectures.mutated import mutated

ROOT = Path(__file__).parents[2]
SOURCES: dict[str, Callable[[int, int], Iterator[Case]]] = {"known": known, "mutants": mutated}
#: Share of what is false that must be refuted.
WANTED = 0.95


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conjectures", description=__doc__)
    parser.add_argument("source", choices=SOURCES)
    parser.add_argument("--count", type=int, default=400, help="how many claims (default 400)")
    parser.add_argument("--seconds", type=float, default=60, help="time limit of each (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the claims, and of the instances")
    parser.add_argument("--results", type=Path, default=ROOT / ".conjectures" / "results.jsonl", metavar="FILE")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    given = options().parse_args(arguments)
    rows = list(measured(SOURCES[given.source](given.count, given.seed), given.seconds, given.seed, given.results))
    print(table(rows))
    return 0 if good(rows) else 1


def measured(cases: Iterable[Case], seconds: float, seed: int, file: Path) -> Iterator[dict[str, Any]]:
    """Yield what became of each case; what the file knows is not asked again."""
    file.parent.mkdir(parents=True, exist_ok=True)
    listed = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    known_ = {_key(row): row for row in map(json.loads, listed)}
    with file.open("a", encoding="utf-8") as out:
        for number, case in enumerate(cases, 1):
            question = {"claim": case.claim, "given": list(case.given), "setting": case.setting, "limit": seconds}
            row = known_.get(_key(question))
            if row is None:
                row = json.loads(json.dumps(asked(case, seconds=seconds, seed=seed) | {"limit": seconds}))
                out.write(json.dumps(row) + "\n")
                out.flush()
            print(f"{number:4} {row['verdict']:8} {row['seconds']:6.1f} s  {row['name']}", file=sys.stderr, flush=True)
            yield row


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["claim"], tuple(row["given"]), row["setting"], row["limit"]


def refutable(row: dict[str, Any]) -> bool:
    """Whether a case is false for all that is known: nobody lists it as true, and it has no proof."""
    return row["true"] is False or (row["true"] is None and not row["certified"])


def good(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether nothing is decided wrongly, and enough of what is false is refuted."""
    false = [row for row in rows if refutable(row)]
    refuted = sum(row["verdict"] == "REFUTED" for row in false)
    return bool(rows) and not any(row["wrong"] for row in rows) and refuted >= WANTED * len(false)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Say how many were decided, by kind, and list those that a reader has to look at."""
    lines = [f"{'kind':32} {'asked':>5} {'PROVED':>7} {'REFUTED':>8} {'UNKNOWN':>8} {'wrong':>6}"]
    kinds = {row["kind"]: [x for x in rows if x["kind"] == row["kind"]] for row in rows}
    for kind, listed in [*sorted(kinds.items()), ("all", list(rows))]:
        counts = Counter(row["verdict"] for row in listed)
        words = f"{counts['PROVED']:7} {counts['REFUTED']:8} {counts['UNKNOWN']:8}"
        lines.append(f"{kind:32} {len(listed):5} {words} {sum(row['wrong'] for row in listed):6}")
    true = [row for row in rows if row["true"]]
    false = [row for row in rows if refutable(row)]
    for what, listed, verdict in (("true", true, "PROVED"), ("false", false, "REFUTED")):
        decided = sum(row["verdict"] == verdict for row in listed)
        lines.append(f"of {len(listed)} {what}: {decided} {verdict}")
    for what, chosen in (
        ("decided wrongly", [row for row in rows if row["wrong"]]),
        ("false and not refuted", [row for row in false if row["verdict"] != "REFUTED"]),
        ("proved, and listed by nobody", [row for row in rows if row["true"] is None and row["certified"]]),
    ):
        lines += [
            f"{what}: {row['name']}: {row['claim']}; given {', '.join(row['given']) or 'nothing'}" for row in chosen
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
