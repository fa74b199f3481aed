"""Sweep the million pairs that the chapter on cost shows: ``python book/phase_diagram.py``.

Needs the extra ``sweep``. Both step sizes from near zero to twice the edge of the box, targets from equal to opposite,
every pair with prompts of its own; some minutes on two cores. The sweep is kept in ``--store`` and goes on from there
when it is run again; without it, in a folder that is removed. What the chapter draws, reduced over the replicates, goes
to ``book/data/phase_diagram.json``, which is read without any extra.

Steps are in units of 1 / lambda_max of the agent's own Gram matrix, and cells meet at 2, the edge of the box.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from numerics import sweep
from proofs_check.predictions.sweep import AGREEMENT, PREDICTION

if TYPE_CHECKING:
    import xarray

__all__ = ["main", "reduced"]

Array = NDArray[Any]

OUTPUT = Path(__file__).resolve().parent / "data" / "phase_diagram.json"
COMMAND = "python book/phase_diagram.py"
STEPS = [round(0.05 + 0.1 * i, 2) for i in range(40)]
ANGLES = list(range(0, 181, 30))
SEEDS = 90
#: Long enough for most pairs to settle, short enough for none to leave double precision: 9^300 is below 2^1000.
TURNS = 300


def main(arguments: list[str] | None = None) -> None:
    """Sweep, reduce, print what was found, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="pairs in every cell of steps and angle")
    parser.add_argument("--store", type=Path, help="Zarr store to write, or to go on with")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="file to write")
    options = parser.parse_args(arguments)

    grid = {"step_w": STEPS, "step_u": STEPS, "angle": ANGLES, "seed": range(options.seeds), "d": 4, "n": 16}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        store = options.store or Path(folder) / "sweep.zarr"
        data = sweep(grid, turns=TURNS, store=store, observables=[PREDICTION], progress=True)
        found = reduced(data)
    told = found["agreement"]
    print(f"{found['pairs']} pairs, {time.perf_counter() - start:.0f} s; {told}")
    options.output.write_text(stored(found), encoding="utf-8")


def reduced(data: xarray.Dataset) -> dict[str, Any]:
    """Reduce a sweep over step_w, step_u, angle and seed to what is drawn.

    Parameters
    ----------
    data : xarray.Dataset
        Of a sweep with the predictions of the theory, over the axes step_w, step_u, angle and seed in this order.

    Returns
    -------
    dict
        Axes and settings; over (step_w, step_u), with all angles: ``verdicts`` (pairs of each), ``rate`` (mean spectral
        radius), ``error`` (median distance of the last states from the equilibrium, of pairs that converge); over
        (angle, step_w, step_u): ``residual_w`` and ``residual_u`` (medians, of pairs that converge, since means are
        ruled by the few that nearly diverge); over all: how formula and simulation agree. None where no pair converges.
    """
    names = ["residual_w", "residual_u", "rate", "prediction_error", "verdict", "agreement"]
    names += [f"formula_{what}_{agent}" for what in ("error", "bound") for agent in "wu"]
    loaded = data[names].transpose("step_w", "step_u", "angle", "seed").load()
    values = {name: loaded[name].values for name in names}
    words = loaded["verdict"].attrs["flag_meanings"].split()
    verdict = values["verdict"]
    converges = np.isin(verdict, [words.index(word) for word in ("converged", "not_settled_yet")])
    settled = verdict == words.index("converged")
    present = [code for code in range(len(words)) if (verdict == code).any()]
    errors = np.stack([values[f"formula_error_{agent}"] for agent in "wu"])
    bounds = np.stack([values[f"formula_bound_{agent}"] for agent in "wu"])
    bounded = np.isfinite(bounds) & np.isfinite(errors)
    agreement = {word: int((values["agreement"] == code).sum()) for code, word in enumerate(AGREEMENT)}
    return {
        "command": COMMAND,
        "pairs": int(verdict.size),
        "turns": int(data.attrs["turns"]),
        "settings": json.loads(data.attrs["config"])["grid"]["fixed"],
        "tolerance": json.loads(data.attrs["config"])["plan"]["tolerance"],
        "versions": json.loads(data.attrs["versions"]),
        "seeds": loaded.sizes["seed"],
        "first_seed": int(loaded["seed"].values[0]),
        "step": loaded["step_w"].values.tolist(),
        "angle": loaded["angle"].values.tolist(),
        "verdicts": {words[code]: (verdict == code).sum(axis=(2, 3)).tolist() for code in present},
        "rate": _plain(values["rate"].mean(axis=(2, 3)), 4),
        "error": _plain(_median(values["prediction_error"], converges, axis=(2, 3)), 3),
        "residual_w": _plain(_median(values["residual_w"], converges, axis=3).transpose(2, 0, 1), 4),
        "residual_u": _plain(_median(values["residual_u"], converges, axis=3).transpose(2, 0, 1), 4),
        "agreement": agreement,
        "worst_error_over_bound": _largest(errors[bounded] / bounds[bounded]),
        "worst_error_settled": _largest(errors[bounded & settled]),
        "worst_error_settled_beyond": _largest(errors[~bounded & settled]),
    }


def _median(values: Array, chosen: Array, axis: int | tuple[int, ...]) -> Array:
    """Return medians of the chosen values; NaN where none is chosen."""
    # numpy.nanmedian warns of empty cells.
    middle = np.ma.median(np.ma.masked_array(values, ~chosen), axis=axis)
    return np.asarray(np.ma.filled(middle, np.nan))


def _largest(values: Array) -> float | None:
    """Return the largest value; None where there is none."""
    return float(values.max()) if len(values) else None


def _plain(values: Array, digits: int) -> Any:
    """Return nested lists of numbers of so many digits; None for NaN."""
    if values.ndim:
        return [_plain(value, digits) for value in values]
    return float(f"{values:.{digits}g}") if np.isfinite(values) else None


def stored(found: dict[str, Any]) -> str:
    """Return the file's text: one quantity a line."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in found.items())
    return f"{{\n{lines}\n}}\n"


if __name__ == "__main__":
    main()
