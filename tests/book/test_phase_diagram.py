"""The reduction behind the phase diagram agrees with one pair at a time, and the stored file with itself."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from numerics.sweeps.outcome import VERDICTS

BOOK = Path(__file__).resolve().parents[2] / "book"
STEPS, ANGLES, SEEDS = [0.5, 3.5], [0, 90], range(3)
CONVERGING = ("converged", "not_settled_yet")


def consistent(found):
    """Whether every pair is counted once, all pairs of the box converge, and no formula leaves its bound."""
    counts = np.array(list(found["verdicts"].values()))
    converge = np.sum([found["verdicts"].get(word, np.zeros(counts.shape[1:])) for word in CONVERGING], axis=0)
    in_cell = len(found["angle"]) * found["seeds"]
    inside = np.ix_(*[np.array(found["step"]) < 2] * 2)
    return bool(
        (counts.sum(axis=0) == in_cell).all()
        and counts.sum() == found["pairs"] == sum(found["agreement"].values())
        and (converge[inside] == in_cell).all()
        and found["agreement"]["outside_bound"] == 0
        and found["worst_error_over_bound"] <= 1
    )


@pytest.fixture(scope="module")
def swept():
    for package in ("xarray", "dask", "distributed", "zarr", "threadpoolctl"):
        pytest.importorskip(package)
    sys.path.insert(0, str(BOOK))
    try:
        import phase_diagram
    finally:
        sys.path.remove(str(BOOK))
    from numerics import sweep
    from proofs_check.predictions.sweep import PREDICTION

    grid = {"step_w": STEPS, "step_u": STEPS, "angle": ANGLES, "seed": SEEDS, "d": 2, "n": 6}
    data = sweep(grid, turns=60, observables=[PREDICTION])
    return data, phase_diagram.reduced(data)


@pytest.mark.slow
def test_reduction_is_that_of_each_cell(swept):
    data, found = swept
    for i in range(2):
        for j in range(2):
            cell = data.isel(step_w=i, step_u=j)
            codes = cell["verdict"].values
            for word, count in found["verdicts"].items():
                assert count[i][j] == (codes == VERDICTS.index(word)).sum()
            assert found["rate"][i][j] == pytest.approx(float(cell["rate"].mean()), rel=1e-3)
            for k in range(2):
                chosen = [VERDICTS[code] in CONVERGING for code in codes[k]]
                for agent in "wu":
                    values = cell[f"residual_{agent}"].values[k][chosen]
                    stored = found[f"residual_{agent}"][k][i][j]
                    if len(values):
                        assert stored == pytest.approx(np.median(values), rel=1e-3, abs=1e-300)
                    else:
                        assert stored is None


def test_reduction_sees_both_sides_of_the_box(swept):
    _, found = swept
    assert consistent(found)
    assert found["verdicts"]["diverges"][1][1] > 0
    assert None in np.array(found["residual_w"], dtype=object)


def stored():
    return json.loads((BOOK / "data" / "phase_diagram.json").read_text(encoding="utf-8"))


def test_stored_file():
    found = stored()
    assert consistent(found)
    assert found["pairs"] >= 10**6
    assert found["settings"] == {"d": 4, "n": 16}


@pytest.mark.parametrize("planted", ["diverges inside the box", "a pair is lost", "outside its bound", "error"])
def test_falsehoods_are_caught(planted):
    found = stored()
    verdicts = found["verdicts"]
    if planted == "diverges inside the box":
        verdicts["converged"][10][10] -= 1
        verdicts["diverges"][10][10] += 1
    elif planted == "a pair is lost":
        verdicts["converged"][30][30] -= 1
    elif planted == "outside its bound":
        found["agreement"]["within_bound"] -= 1
        found["agreement"]["outside_bound"] += 1
    else:
        found["worst_error_over_bound"] = 1.5
    assert not consistent(found)
