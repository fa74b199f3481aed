"""Sweep two agents over a grid of parameters: simulation, linear algebra and theory at every point.

CONFIG.toml says what is swept, how, and what is drawn. DIR receives sweep.zarr (open it with xarray), sweep.json (a
summary) and the pictures. The command can be killed at any time: the same command goes on where it was, and gives
the same bits as an undisturbed run, whatever the number of workers. Two examples are shipped in proofs_check/data:
sweep_phase.toml (which steps converge; seconds) and sweep_million.toml (10^6 geometries).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from numerics.sweeps.sweep import sweep
from proofs_check.commands.options import whole_number
from proofs_check.commands.output import console_for_output, folder_for_output, new_table, plain_numbers, write_json
from proofs_check.commands.plots.sweep import draw
from proofs_check.errors import InputError
from proofs_check.predictions.sweep import AGREEMENT, PREDICTION
from proofs_check.predictions.sweep_config import SweepConfig, read_config
from proofs_check.terminal.exits import Exit
from proofs_check.terminal.words import counted

__all__ = ["add_options", "run_sweep", "scheduler_for"]

#: Processes take some seconds to start, and then are half as fast again as threads, which share an interpreter.
_WORTH_PROCESSES = 100_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``sweep``."""
    parser.add_argument("config", metavar="CONFIG.toml", help="what to sweep, how, and what to draw")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the results; created if need be")
    parser.add_argument("--workers", type=whole_number(1), metavar="N", help="threads or processes (default: cores)")
    parser.add_argument(
        "--scheduler",
        choices=("threads", "processes"),
        help=f"who works (default: threads, and processes from {_WORTH_PROCESSES} points on)",
    )
    parser.add_argument("--chunk", type=whole_number(1), metavar="N", help="points written at a time, roughly")
    parser.set_defaults(run=run_sweep)


def run_sweep(options: argparse.Namespace) -> int:
    """Read, sweep, summarise, draw; return the exit code."""
    config = read_config(options.config)
    out = folder_for_output(options.out)
    console = console_for_output()
    start = time.perf_counter()
    data = sweep(
        config.grid,
        store=out / "sweep.zarr",
        observables=[PREDICTION] if config.theory else None,
        scheduler=options.scheduler or scheduler_for(config),
        workers=options.workers,
        chunk=options.chunk,
        progress=True,
        **config.options,
    )
    summary = _summary(data, time.perf_counter() - start)
    write_json(str(out / "sweep.json"), summary)
    _print(console, summary)
    written = ["sweep.zarr", "sweep.json", *_pictures(console, data, config, out)]
    console.print(f"Written to {out}: {', '.join(written)}.", soft_wrap=True)
    outside = summary["codes"].get("agreement", {}).get("outside_bound")
    return Exit.FALLS_SHORT if outside else Exit.HOLDS


def scheduler_for(config: SweepConfig) -> str:
    """Return the scheduler that suits the size of a sweep."""
    points = math.prod(np.size(value) for value in config.grid.values())
    return "processes" if points >= _WORTH_PROCESSES else "threads"


def _summary(data: Any, seconds: float) -> dict[str, Any]:
    import dask

    wanted: dict[str, dict[str, Any]] = {"codes": {}, "quantities": {}}
    for name, variable in data.data_vars.items():
        if "flag_meanings" in variable.attrs:
            meanings = variable.attrs["flag_meanings"].split()
            wanted["codes"][name] = {word: (variable == code).sum().data for code, word in enumerate(meanings)}
        else:
            finite = np.isfinite(variable)
            quantity = {
                "finite": finite.sum(),
                "min": variable.where(finite, np.inf).min(skipna=False),
                "max": variable.where(finite, -np.inf).max(skipna=False),
            }
            wanted["quantities"][name] = {word: value.data for word, value in quantity.items()}
    # One pass over the data for all of them.
    (found,) = dask.compute(wanted)
    return {
        "points": int(np.prod(list(data.sizes.values()))),
        "axes": {str(axis): size for axis, size in data.sizes.items()},
        "seconds": seconds,
        "codes": {
            name: {word: int(n) for word, n in counts.items() if int(n)} for name, counts in found["codes"].items()
        },
        "quantities": {
            name: {word: int(v) if word == "finite" else plain_numbers(v) for word, v in values.items()}
            for name, values in found["quantities"].items()
        },
        "versions": json.loads(data.attrs["versions"]),
        "git": json.loads(data.attrs["git"]),
        "history": data.attrs["history"].splitlines(),
        "config": json.loads(data.attrs["config"]),
    }


def _print(console: Console, summary: dict[str, Any]) -> None:
    points = summary["points"]
    table = new_table("", "pairs", "share", title=counted(points, "pair"))
    for counts in summary["codes"].values():
        for word, number in counts.items():
            table.add_row(word.replace("_", " "), str(number), f"{number / points:.2%}")
        table.add_section()
    console.print(table)
    if counts := summary["codes"].get("agreement"):
        outside, judged = counts.get("outside_bound", 0), points - counts.get("not_predicted", 0)
        bounded = judged - counts.get(AGREEMENT[2], 0)
        console.print(
            f"Formulas predict {judged} of them; {bounded} have a bound, and {outside} of those lie outside it."
        )
    console.print(f"{summary['seconds']:.1f} s.")


def _pictures(console: Console, data: Any, config: SweepConfig, out: Path) -> list[str]:
    written = []
    for number, plot in enumerate(config.plots, 1):
        name = f"plot_{number}_{plot.variable}.png"
        try:
            draw(data, plot).savefig(out / name, dpi=150)
        except ImportError:
            console.print("No pictures: they need matplotlib; install biased-equilibrium[plot] and run this again.")
            break
        except OSError as error:
            raise InputError(f"--out: cannot write {out / name} ({error.strerror})") from None
        written.append(name)
    return written
