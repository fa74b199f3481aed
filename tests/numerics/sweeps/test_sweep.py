"""Whole sweeps: the dataset, bit-identity over chunks and schedulers, threads, memory, refusals."""

import json
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from numerics.engines import compiled
from numerics.environment import cores
from numerics.errors import MissingExtraError, OptionError, SweepError
from numerics.sweeps.outcome import VERDICTS
from numerics.sweeps.variables import Observable, Variable
from numerics.sweeps.workers import one_thread

pytest.importorskip("xarray")
pytest.importorskip("zarr")
pytest.importorskip("distributed")

from numerics.sweeps.sweep import open_sweep, sweep

ROOT = Path(__file__).parents[3]
GRID = {"angle": [0.0, 45.0, 90.0, 180.0], "step": [0.5, 1.3, 2.0, 2.6, 30.0], "seed": range(7), "d": 3, "n": 5}


def bits(data):
    return {name: (str(v.dtype), v.dims, v.to_numpy().tobytes()) for name, v in data.variables.items()}


def first_weight(outcome):
    return outcome.w[:, 0]


@pytest.fixture(scope="module")
def reference():
    return sweep(GRID, turns=300, observables={"first": first_weight}, workers=1)


def test_dataset_says_what_it_holds(reference):
    assert dict(reference.sizes) == {"angle": 4, "step": 5, "seed": 7}
    assert list(reference.data_vars) == ["residual_w", "residual_u", "rate", "prediction_error", "verdict", "first"]
    for name, variable in reference.data_vars.items():
        assert variable.dims == ("angle", "step", "seed")
        assert variable.attrs["units"] == "1"
        assert len(variable.attrs["long_name"]) > 4, name
    assert reference["angle"].attrs["units"] == "degree"
    verdict = reference["verdict"]
    assert verdict.dtype == np.int8
    assert list(verdict.attrs["flag_values"]) == list(range(len(VERDICTS)))
    assert verdict.attrs["flag_meanings"].split() == list(VERDICTS)
    attributes = reference.attrs
    assert json.loads(attributes["versions"]).keys() >= {
        "biased-equilibrium",
        "numpy",
        "scipy",
        "xarray",
        "dask",
        "zarr",
    }
    assert json.loads(attributes["config"])["grid"]["fixed"] == {"d": 3, "n": 5}
    assert attributes["engine"] == "numpy"
    assert json.loads(attributes["seed"]) == list(range(7))
    assert attributes["created"].endswith("Z")
    assert "begun" in attributes["history"]
    if (ROOT / ".git").exists():
        assert len(json.loads(attributes["git"])["commit"]) == 40


def test_dataset_holds_what_happens(reference):
    words = np.array(VERDICTS)[reference["verdict"].to_numpy()]
    assert (words[:, :2] == "converged").mean() > 0.9
    assert (words[:, 4] == "left_double_precision").all()
    small = reference.isel(step=slice(0, 2))
    aligned = small.sel(angle=0.0)["residual_w"].where(small.sel(angle=0.0)["verdict"] == 0, drop=True)
    assert (aligned.fillna(0) < 1e-5).all(), "agents with one target reach it"
    apart = small.sel(angle=180.0)
    assert (apart["residual_w"] + apart["residual_u"] > 0.1).all()


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunk=st.integers(1, 200), workers=st.integers(1, cores()))
@pytest.mark.slow
def test_chunks_and_workers_change_no_bit(monkeypatch, reference, chunk, workers):
    again = sweep(GRID, turns=300, observables={"first": first_weight}, chunk=chunk, workers=workers)
    assert bits(again) == bits(reference)


@pytest.mark.slow
def test_granules_of_any_size_and_chunks_of_them(monkeypatch):
    """With small granules there are many chunks; bits then depend on the granules at most."""
    monkeypatch.setattr("numerics.sweeps.store._LARGEST_GRANULE", 6)
    grid = GRID | {"step": [0.5, 2.0, 30.0]}
    one = sweep(grid, chunk=6, workers=1)
    for chunk in (20, 60, 1000):
        assert bits(sweep(grid, chunk=chunk)) == bits(one)


@pytest.mark.slow
def test_processes_change_no_bit(reference):
    monkey = sweep(GRID, turns=300, observables={"first": first_weight}, scheduler="processes", chunk=20)
    assert bits(monkey) == bits(reference)


@pytest.mark.slow
def test_client_changes_no_bit(reference):
    from distributed import Client

    options = {"processes": False, "n_workers": 1, "threads_per_worker": 2, "dashboard_address": None}
    with Client(**options, silence_logs=50) as client:
        again = sweep(GRID, turns=300, observables={"first": first_weight}, scheduler=client)
        with pytest.raises(OptionError, match="workers = 2 has no effect with a client"):
            sweep(GRID, scheduler=client, workers=2)
    assert bits(again) == bits(reference)


def test_what_is_no_number_has_one_kind_of_bits():
    """Beside a number: a chunk of nothing but NaN would not be written."""
    found = sweep({"seed": range(3), "d": 1}, observables={"x": lambda o: np.array([-np.nan, np.nan, 1.0])})["x"].values
    assert found[0].tobytes() == found[1].tobytes()
    assert found[2] == 1


def test_comparison_sees_one_flipped_bit(reference):
    changed = reference.copy(deep=True)
    changed["rate"].to_numpy().view(np.uint8)[0, 0, 0] ^= 1
    assert bits(changed) != bits(reference)


def test_axes_may_be_extended_and_reordered(reference):
    """A point keeps its geometry in another grid; other batches may change the last bits."""
    turned = sweep({"step": [1.3, 0.7], "angle": [90.0], "n": [5], "d": 3, "seed": [4, 2]}, turns=300)
    ours = reference.sel(angle=90.0, step=1.3, seed=[4, 2])
    theirs = turned.sel(angle=90.0, step=1.3, n=5)
    for name in ("rate", "residual_w"):
        assert np.allclose(ours[name], theirs[name], rtol=1e-9)


axis_values = {
    "angle": st.lists(st.sampled_from([0.0, 30.0, 90.0, 180.0]), min_size=1, max_size=3, unique=True),
    "step": st.lists(st.sampled_from([0.01, 1.0, 2.0, 2.5]), min_size=1, max_size=3, unique=True),
    "d": st.lists(st.integers(2, 4), min_size=1, max_size=2, unique=True),
    "n": st.lists(st.integers(2, 6), min_size=1, max_size=2, unique=True),
    "rank": st.lists(st.integers(0, 1), min_size=1, max_size=2, unique=True),
    "kernel_dim": st.lists(st.integers(0, 1), min_size=1, max_size=2, unique=True),
    "condition": st.lists(st.sampled_from([1.0, 10.0, 1e8]), min_size=1, max_size=2, unique=True),
    "seed": st.lists(st.integers(0, 2**53), min_size=1, max_size=2, unique=True),
}


@settings(deadline=None, max_examples=10)
@given(
    st.lists(st.sampled_from(sorted(axis_values)), min_size=1, max_size=4, unique=True).flatmap(
        lambda labels: st.fixed_dictionaries({label: axis_values[label] for label in labels})
    ),
    st.integers(1, 30),
    st.sampled_from(["independent", "common"]),
)
@pytest.mark.slow
def test_any_grid(values, chunk, draws):
    found = sweep({"d": 3, **values}, turns=100, chunk=chunk, draws=draws)
    assert dict(found.sizes) == {label: len(v) for label, v in values.items()}
    assert (found["verdict"] >= 0).all(), "every point was computed"
    assert np.isfinite(found["rate"]).all()
    inside = found["rate"] < 1 - 1e-9
    assert found["verdict"].where(inside, 0).isin([0, 1]).all()


def blas_threads():
    """Of every BLAS in the process. A pool of OpenMP has another number for each thread that asks."""
    from threadpoolctl import threadpool_info

    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_one_thread_for_each_chunk_under_way():
    from threadpoolctl import threadpool_limits

    seen = []

    def look(outcome):
        seen.extend(blas_threads())
        seen.append(compiled.threads())
        return outcome.linear.rate

    with threadpool_limits(2):
        before = blas_threads()
        assert max(before) == 2, "there is something to hold"
        sweep({"seed": range(40), "d": 2}, observables={"look": look}, chunk=1, workers=cores())
        assert blas_threads()[: len(before)] == before, "and it is let go"
    assert set(seen) == {1}
    assert cores() * max(seen) <= cores()


def test_limits_are_shared_by_chunks_under_way():
    from threadpoolctl import threadpool_limits

    def most():
        return max(blas_threads())

    def elsewhere(task):
        thread = threading.Thread(target=task)
        thread.start()
        thread.join()

    before = most()
    # A thread that has ended does not control BLAS any more, but its limit stays.
    elsewhere(lambda: threadpool_limits(2))
    assert most() == 2
    entered, leave = [threading.Event(), threading.Event()], [threading.Event(), threading.Event()]

    def chunk(i):
        with one_thread():
            entered[i].set()
            leave[i].wait(20)

    chunks = [threading.Thread(target=chunk, args=(i,)) for i in range(2)]
    for i in range(2):
        chunks[i].start()
        entered[i].wait(20)
        assert most() == 1
    for i in range(2):
        leave[i].set()
        chunks[i].join(20)
        assert most() == 1 + i, "the last one lets go"
    elsewhere(lambda: threadpool_limits(before))


def test_workers_are_limited_by_the_cores():
    with pytest.raises(OptionError, match=f"workers must be <= {cores()}"):
        sweep({"seed": [0]}, workers=cores() + 1)


WIDE = 4000


def wide(outcome):
    return np.repeat(outcome.w[:, :1], WIDE, axis=1)


def peak(count, chunk, folder):
    """Peak of traced memory, MiB, of a sweep whose points hold 32 kB each."""
    watch = [Observable(wide, {"wide": Variable("wide", shape=(WIDE,))})]
    tracemalloc.start()
    try:
        data = sweep({"seed": range(count), "d": 1, "angle": 0.0}, turns=10, observables=watch, chunk=chunk,
                     store=folder, workers=1)  # fmt: skip
        assert data["wide"].chunks is not None, "not read yet"
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.many(0)
def test_memory_is_bounded_by_the_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr("numerics.sweeps.store._LARGEST_GRANULE", 50)
    small, large = peak(200, 100, tmp_path / "small"), peak(1600, 100, tmp_path / "large")
    assert large < small + 10, "8 times the points, not 43 MiB more"
    assert peak(1600, 1600, tmp_path / "whole") > large + 30, "the measure sees memory that is not bounded"


@pytest.mark.slow
def test_grid_of_a_thousand_million_points_starts_at_once(tmp_path):
    axis = np.arange(1000)
    started = []

    def stop(outcome):
        started.append(len(outcome))
        if len(started) > 2:
            raise InterruptedError("that is enough")
        return outcome.linear.rate

    grid = {"seed": axis, "step": np.linspace(0.1, 1.9, 1000), "strength": axis, "d": 1, "angle": 180.0}
    path = tmp_path / "huge"
    tracemalloc.start()
    with pytest.raises(SweepError, match="that is enough"):
        sweep(grid, store=path, observables={"stop": stop}, parameters=lambda c: {}, workers=1, turns=5)
    assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    tracemalloc.stop()
    data = open_sweep(path)
    assert data["rate"].size == 10**9
    assert np.isnan(data["rate"][0, 0, 0])
    assert data["verdict"].dtype == np.int8
    assert int(data["verdict"][0, 0, 0]) == -1
    with pytest.raises(OptionError, match="pass store="):
        sweep(grid, parameters=lambda c: {})


@pytest.mark.slow
def test_failure_keeps_finished_chunks_and_the_rest_follows(tmp_path, monkeypatch):
    monkeypatch.setattr("numerics.sweeps.store._LARGEST_GRANULE", 10)
    broken = []

    def fussy(outcome):
        if broken and (outcome.points.coordinates["seed"] == 57).any():
            raise RuntimeError("not yet")
        return outcome.linear.rate

    grid, options = {"seed": range(90), "d": 2}, {"observables": {"mine": fussy}, "chunk": 10, "workers": 1}
    whole = sweep(grid, **options)
    broken.append(1)
    path = tmp_path / "store"
    with pytest.raises(SweepError, match="the point seed = 57, d = 2: RuntimeError: not yet"):
        sweep(grid, store=path, **options)
    partial = open_sweep(path)
    done = int((partial["verdict"] >= 0).sum())
    assert done >= 50
    assert partial["rate"][:50].equals(whole["rate"][:50])
    broken.clear()
    assert bits(sweep(grid, store=path, **options)) == bits(whole)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"turns": 0}, "turns must be an integer >= 1"),
        ({"tolerance": 0}, "tolerance must be a number in"),
        ({"draws": "any"}, "draws must be one of"),
        ({"engine": "fortran"}, "engine must be one of"),
        ({"scheduler": "fast"}, "scheduler must be one of"),
        ({"scheduler": 3}, "scheduler is a int"),
        ({"chunk": 0}, "chunk must be an integer >= 1"),
        ({"workers": 0}, "workers must be an integer >= 1"),
        ({"observables": 3}, "observables must map names"),
        ({"observables": {"rate": len}}, "has the name 'rate', which is taken"),
        ({"observables": {"a b": len}}, "not a name"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(OptionError, match=message):
        sweep({"seed": [0]}, **options)


def test_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingExtraError, match=r"sweeps need the package zarr.*biased-equilibrium\[sweep\]"):
        sweep({"seed": [0]})


def test_extra_is_imported_only_when_a_sweep_is_made():
    names = ["xarray", "dask", "distributed", "zarr", "threadpoolctl", "numba", "scipy"]
    code = f"import sys, numerics.sweeps.sweep; print(*[name for name in {names} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
