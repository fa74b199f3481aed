"""Ours beside its peers and the limits of the machine: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.benchmarks.threads import limit_threads

PARTS = ("limits", "comparison", "growth", "layer", "processes", "formulas")
QUICK = ("limits", "comparison")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").split(":")[0] + ".")
    parser.add_argument("--quick", action="store_true", help=f"d = 8 only, three rounds; parts: {', '.join(QUICK)}")
    parser.add_argument("--repeats", type=int, metavar="N", help="interleaved rounds (default 7)")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--d", nargs="+", type=int, metavar="D", help="only these dimensions of the comparison")
    parser.add_argument("--threads", type=int, metavar="N", help="threads for everyone (default: everyone's own)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers to FILE")
    parser.add_argument("--must-hold", action="store_true", help="then check what was promised; exit 1 if it fails")
    options = parser.parse_args()
    if options.repeats is None:
        options.repeats = 3 if options.quick else 7
    if options.repeats < 1:
        parser.error(f"--repeats must be >= 1, got {options.repeats}")
    return options


def main() -> int:
    """Run what was asked for, print it, keep it; return the exit status."""
    options = _options()
    if options.threads is not None:
        limit_threads(options.threads)

    # Numerical libraries are loaded only now: they read the limits once.
    from rich.console import Console
    from rich.progress import Progress

    from tests.benchmarks import growth, layer, limits, must_hold, processes, tables
    from tests.benchmarks.comparison import compare
    from tests.benchmarks.environment import describe
    from tests.benchmarks.records import Results
    from tests.benchmarks.workload import GEOMETRIES

    parts = options.only or (QUICK if options.quick else PARTS)
    wanted = options.d or ([8] if options.quick else [d for d, *_ in GEOMETRIES])
    sizes = [size for size in GEOMETRIES if size[0] in wanted]
    if len(sizes) != len(set(wanted)):
        raise SystemExit(f"--d {wanted}: the comparison has d = {', '.join(str(d) for d, *_ in GEOMETRIES)}")
    results = Results(describe(options.threads), options.repeats)
    # The terminal decides the width only where it is wide enough for the table.
    console = Console()
    console.width = max(console.width, 132)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=len(parts) + ("comparison" in parts) * (len(sizes) - 1))
        for part in parts:
            progress.update(bar, description=part)
            if part == "limits":
                results.limits = limits.measure()
            elif part == "comparison":
                for size in sizes:
                    progress.update(bar, description=f"comparison, d = {size[0]}")
                    results.comparison += compare(*size, options.repeats)
                    progress.advance(bar, 0 if size == sizes[-1] else 1)
            elif part == "growth":
                results.growth = growth.measure(options.repeats)
            elif part == "layer":
                results.layer = layer.measure(options.repeats)
            elif part == "processes":
                results.processes = processes.measure(max(7, options.repeats))
            else:
                from tests.benchmarks import formulas

                results.formulas = formulas.compare_formulas(options.repeats)
            progress.advance(bar)
            # Kept as it comes: what follows may be interrupted.
            if options.json:
                results.dump(options.json)
    console.print(tables.everything(results))
    if "formulas" in parts:
        console.print(formulas.table(results.formulas))
    if options.must_hold:
        return must_hold.report(results, console)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
