"""What was promised: ``python -m tests.benchmarks.must_hold FILE``, with the JSON of a run; exit status 1 if it fails.

Like is compared with like: trajectories into memory that is ready with the same of ``np.matmul``, trajectories in
fresh memory with those of PyTorch and JAX, of which the faster form counts. "Ours" is what a user gets by default,
with Numba installed, unless the line names an engine. What was not measured does not hold.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.records import Comparison, FormulaTiming, Results, load

__all__ = ["Promise", "promises", "report"]

#: Times as fast as batched np.matmul: dimension, task, row of ours, row of its peer, required.
OVER_MATMUL = (
    (8, "final", "ours, auto", "NumPy matmul", 50.0),
    (8, "trajectory", "ours, auto, out=", "NumPy matmul, out=", 18.0),
    (32, "final", "ours, auto", "NumPy matmul", 20.0),
    (32, "trajectory", "ours, auto, out=", "NumPy matmul, out=", 20.0),
    (64, "final", "ours, auto", "NumPy matmul", 11.0),
    (64, "trajectory", "ours, auto, out=", "NumPy matmul, out=", 11.0),
    (512, "final", "ours, auto", "NumPy matmul", 2.5),
    (512, "trajectory", "ours, auto, out=", "NumPy matmul, out=", 2.5),
    (8, "final", "ours, numpy", "NumPy matmul", 6.0),
    (32, "final", "ours, numpy", "NumPy matmul", 3.0),
    (64, "final", "ours, numpy", "NumPy matmul", 3.0),
    (512, "final", "ours, numpy", "NumPy matmul", 3.0),
)
COMPILERS = {"PyTorch": ("PyTorch", "PyTorch on AB"), "JAX": ("JAX", "JAX on AB")}
#: Times as fast as each of those, for d up to 64 and beyond.
OVER_COMPILERS = {8: 3.0, 32: 3.0, 64: 3.0, 512: 1.0}
#: Formulas, of the time by hand at most: batches without checks (like for like) and with them, and exactly, by d.
OVER_HAND = 1.2
UNCHECKED, CHECKED, EXACT, EXACT_SOLVE = (8, 32, 128), (32, 128), (32,), (8, 16, 32)
#: Loading Numba and the cached code, and the run. What Python and NumPy take before is reported beside it.
SECOND_PROCESS = 1.0
IMPORT_RATIO = 1.2


@dataclass(frozen=True)
class Promise:
    """One line: what, at least or at most how much, and what was measured (None: nothing)."""

    what: str
    required: float
    measured: float | None
    at_most: bool = False

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        if self.measured is None:
            return False
        return self.measured <= self.required if self.at_most else self.measured >= self.required


def _seconds(records: list[Comparison], d: int, task: str, way: str) -> float | None:
    found = [r.seconds for r in records if (r.d, r.task, r.way) == (d, task, way)]
    return found[0] if len(found) == 1 else None


def _ratio(peer: float | None, ours: float | None) -> float | None:
    return None if peer is None or ours is None else peer / ours


def promises(results: Results) -> Iterator[Promise]:
    """Set every promise beside what was measured."""
    records = results.comparison
    engines = {(r.d, r.task, r.way): r.engine for r in records}
    for d, task, ours, peer, required in OVER_MATMUL:
        ratio = _ratio(_seconds(records, d, task, peer), _seconds(records, d, task, ours))
        if ours == "ours, numpy" and engines.get((d, task, ours)) != "numpy":
            ratio = None
        yield Promise(f"d = {d}, {task}: {ours} against {peer}", required, ratio)
    for d, required in OVER_COMPILERS.items():
        for task in ("final", "trajectory"):
            for peer, forms in COMPILERS.items():
                times = [_seconds(records, d, task, form) for form in forms]
                known = [seconds for seconds in times if seconds is not None]
                best = min(known) if len(known) == len(forms) else None
                ratio = _ratio(best, _seconds(records, d, task, "ours, auto"))
                yield Promise(f"d = {d}, {task}: ours, auto against {peer}, its faster form", required, ratio)
    yield from _of_formulas(results.formulas)
    fresh = results.processes
    first = fresh.first_run if fresh else None
    yield Promise("seconds from a second process's first call to its compiled result", SECOND_PROCESS, first, True)
    yield Promise(
        "import of what a simulation needs, over import numpy",
        IMPORT_RATIO,
        fresh.import_ratio if fresh else None,
        True,
    )


def _of_formulas(timings: list[FormulaTiming]) -> Iterator[Promise]:
    """The worst ratio of all formulas, for each dimension."""
    batches = [t for t in timings if t.kind == "numpy" and t.geometries > 1]
    lines: list[tuple[str, int, list[float | None]]] = []
    lines += [("batches, check=False", d, [t.unchecked for t in batches if t.d == d]) for d in UNCHECKED]
    lines += [("batches", d, [t.ratio for t in batches if t.d == d]) for d in CHECKED]
    for kind, sizes in (("exact solve", EXACT_SOLVE), ("exact", EXACT)):
        lines += [(kind, d, [t.ratio for t in timings if (t.kind, t.d) == (kind, d)]) for d in sizes]
    for what, d, ratios in lines:
        known = [ratio for ratio in ratios if ratio is not None]
        worst = max(known) if known else None
        yield Promise(f"formulas, {what}, d = {d}: times as long as by hand", OVER_HAND, worst, True)


def report(results: Results, console: Console) -> int:
    """Print required, measured and ok for each promise; return 1 if one does not hold, else 0."""
    table = Table(title="What must hold", title_justify="left")
    for heading in ("", "required", "measured", "ok"):
        table.add_column(heading, justify="right" if heading in ("required", "measured") else "left", no_wrap=True)
    lines = list(promises(results))
    for line in lines:
        measured = "not measured" if line.measured is None else f"{line.measured:.3g}"
        bound = f"{'<=' if line.at_most else '>='} {line.required:g}"
        table.add_row(line.what, bound, measured, "yes" if line.ok else "NO")
    console.print(table)
    failed = sum(not line.ok for line in lines)
    console.print(f"{len(lines) - failed} of {len(lines)} hold.")
    return 1 if failed else 0


def main() -> int:
    """Read a file and report."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.must_hold", description="Check what was promised."
    )
    parser.add_argument("file", type=Path, help="written by python -m tests.benchmarks --json FILE")
    console = Console()
    console.width = max(console.width, 110)
    return report(load(parser.parse_args().file), console)


if __name__ == "__main__":
    raise SystemExit(main())
