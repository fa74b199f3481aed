"""The command ``python -m tests.mutation [MODULE ...]``; the exit status is 1 where fewer mutants die than wanted."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.mutation.results import Results, table
from tests.mutation.runner import run
from tests.mutation.tables import chosen, equivalents, targets

ROOT = Path(__file__).parents[2]


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="a module or a package; all targets if none")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="mutants tried at a time")
    parser.add_argument("--sample", type=int, metavar="N", help="at most so many mutants of a module")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--survivors", action="store_true", help="show what no test noticed as patches")
    parser.add_argument("--results", type=Path, default=ROOT / ".mutation" / "results.jsonl", metavar="FILE")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    given = options().parse_args(arguments)
    try:
        tree, all_ = targets(ROOT)
        rows = run(
            tree,
            chosen(all_, given.modules),
            equivalents(),
            Results(given.results),
            processes=given.processes,
            sample=given.sample,
            seed=given.seed,
            say=partial(print, file=sys.stderr, flush=True),
        )
    except (LookupError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 2
    if given.survivors:
        for row in rows:
            for mutant, outcome in row.outcomes.items():
                if outcome == "survived":
                    print(mutant.diff() + "\n")
    print(table(rows))
    return 0 if all(row.enough for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
