"""Train the layers that the chapter on trained agents shows: ``python book/train.py``.

Needs the extra ``train``. Eight runs from random values: d = 3 and 5 with three seeds each, one whose starts are
independent of the target, and one that is taught gradient steps. The weights and loss curves go to
``book/data/trained.json``, which the chapter reads without PyTorch.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from numerics.training.state import load_torch
from numerics.training.train import train

__all__ = ["main"]

OUTPUT = Path(__file__).resolve().parent / "data" / "trained.json"
COMMAND = "python book/train.py"
RUNS = [
    *({"d": d, "n": 3 * d, "seed": seed} for d in (3, 5) for seed in range(3)),
    {"d": 3, "n": 9, "seed": 0, "start": "independent"},
    {"d": 3, "n": 9, "seed": 0, "recipe": "iterate"},
]


def main(arguments: list[str] | None = None) -> None:
    """Train all, print what was found, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=4000, help="optimiser steps of each run")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="file to write")
    options = parser.parse_args(arguments)

    runs = []
    for settings in RUNS:
        training = train(**settings, steps=options.steps)
        report = training.report
        print(
            f"{settings}: {report.distance:.2%} from the optimum, step {report.learned_step:.4f} "
            f"(optimum {report.population_step:.4f}), leakage {report.leakage['total']:.2g}"
        )
        run = training.as_json(points=400)
        runs.append(run | {"loss": [round(loss, 5) for loss in run["loss"]]})
    options.output.write_text(stored(str(load_torch().__version__), runs), encoding="utf-8")


def stored(version: str, runs: list[dict[str, Any]]) -> str:
    """Return the file's text: one run a line."""
    lines = ",\n".join(map(json.dumps, runs))
    return f'{{"command": "{COMMAND}", "torch": "{version}", "runs": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    main()
