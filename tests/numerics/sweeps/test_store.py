"""Sweeps that are killed, damaged or continued otherwise than they were begun."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from numerics.environment import cores
from numerics.errors import SweepStoreError

pytest.importorskip("xarray")
pytest.importorskip("zarr")
pytest.importorskip("distributed")

from numerics.sweeps.store import Lock, different, progress_folder
from numerics.sweeps.sweep import open_sweep, sweep

ROOT = Path(__file__).parents[3]
GRID = {"angle": [0.0, 60.0, 180.0], "step": [0.3, 1.0, 1.7, 2.3], "seed": range(25), "d": 3}
#: Points of a chunk, at most, and how many chunks there are.
CHUNK, CHUNKS = 20, 24
SMALL_GRANULES = "numerics.sweeps.store._LARGEST_GRANULE"

#: For every line read: fork a child that sweeps, say its process id, and how it ended.
RUNNER = f"""
import os, sys
import numerics.sweeps.store
numerics.sweeps.store._LARGEST_GRANULE = 10
import dask.threaded, distributed, scipy.special, xarray, zarr
from numerics import sweep
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        grid = {GRID | {"seed": list(GRID["seed"])}!r}
        sweep(grid, store=sys.argv[1], chunk={CHUNK}, workers={min(2, cores())})
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def bits(data):
    return {name: (str(v.dtype), v.dims, v.to_numpy().tobytes()) for name, v in data.variables.items()}


def marks(path):
    return {mark: mark.stat().st_mtime_ns for mark in progress_folder(path).glob("done/*/*.json")}


@pytest.fixture(autouse=True)
def small_granules(monkeypatch):
    monkeypatch.setattr(SMALL_GRANULES, 10)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished store, to copy, and its bits."""
    path = tmp_path_factory.mktemp("finished") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SMALL_GRANULES, 10)
        data = sweep(GRID, store=path, chunk=CHUNK)
        assert len(marks(path)) == CHUNKS
        return path, bits(data)


@pytest.fixture
def store(finished, tmp_path):
    path = tmp_path / "store"
    shutil.copytree(finished[0], path)
    shutil.copytree(progress_folder(finished[0]), progress_folder(path))
    return path


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path, finished):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    path, kills, kept = tmp_path / "store", 0, {}
    command = [sys.executable, "-c", RUNNER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout.readline() == "ready\n"
        for life in range(60):
            runner.stdin.write("\n")
            runner.stdin.flush()
            child = int(runner.stdout.readline())
            if life < 12:
                time.sleep(rng.uniform(0.0, 0.25))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            status = int(runner.stdout.readline())
            assert status in (0, -signal.SIGKILL), "nothing but a kill ends it before it is complete"
            now = marks(path)
            assert now.items() >= kept.items(), "a finished chunk is not done again"
            kept = now
            if status == 0:
                break
            kills += 1
        runner.stdin.close()
        assert runner.wait(20) == 0
    assert kills >= 3, "the test kills"
    assert len(kept) == CHUNKS
    assert bits(open_sweep(path)) == finished[1]


def test_finished_store_is_left_alone(store, finished):
    before = marks(store)
    assert bits(sweep(GRID, store=store)) == finished[1]
    assert marks(store) == before
    assert len(open_sweep(store).attrs["history"].splitlines()) == 2


def data_files(store):
    return sorted(file for file in (store / "rate" / "c").rglob("*") if file.is_file())


def flip(file):
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)


@pytest.mark.parametrize(
    "damage", [flip, Path.unlink, lambda file: file.write_bytes(b"")], ids=["flip", "gone", "empty"]
)
def test_damaged_data_are_computed_again(store, finished, damage):
    before = marks(store)
    damage(data_files(store)[5])
    assert bits(sweep(GRID, store=store)) == finished[1]
    after = marks(store)
    assert len([mark for mark in after if after[mark] != before[mark]]) == 1, "and nothing else is"


def test_exchanged_data_are_computed_again(store, finished):
    one, other = data_files(store)[2:4]
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    assert one.read_bytes() != kept, "the planted change is one"
    assert bits(sweep(GRID, store=store)) == finished[1]


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"rate": "0"}'])
def test_chunk_without_a_good_mark_is_computed_again(store, finished, content):
    before = marks(store)
    mark = sorted(before)[7]
    if content is None:
        mark.unlink()
    else:
        mark.write_text(content)
    # What the data are does not matter where there is no mark.
    flip(data_files(store)[7])
    assert bits(sweep(GRID, store=store)) == finished[1]
    after = marks(store)
    assert [m for m in after if after[m] != before[m]] == [mark]


def test_marks_that_outlived_their_store_count_for_nothing(store, finished):
    shutil.rmtree(store)
    assert bits(sweep(GRID, store=store, chunk=CHUNK)) == finished[1]


def test_interrupted_creation_is_begun_again(store, finished):
    store.rename(store.with_name("store.new"))
    (store.with_name("store.new") / "zarr.json").unlink()
    assert bits(sweep(GRID, store=store, chunk=CHUNK)) == finished[1]
    assert not store.with_name("store.new").exists()


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({}, {"turns": 201}, "plan.turns = 200, not 201"),
        ({}, {"tolerance": 1e-5}, "plan.tolerance = 1e-06, not 1e-05"),
        ({}, {"draws": "common"}, 'plan.draws = "independent", not "common"'),
        ({"d": 4}, {}, "grid.fixed.d = 3, not 4"),
        ({"angle": [0.0, 60.0, 170.0]}, {}, r"grid.axes.angle = \[0.0, 60.0, 180.0\], not \[0.0, 60.0, 170.0\]"),
        ({"n": 6}, {}, "grid.fixed.n = null, not 6"),
        ({}, {"observables": {"x": lambda o: o.rate}}, "plan.observables"),
    ],
)
def test_other_configuration_is_refused(store, finished, changes, options, message):
    with pytest.raises(SweepStoreError, match=f"was begun with {message}.*go on with the same configuration"):
        sweep({**GRID, **changes}, store=store, **options)
    assert bits(open_sweep(store)) == finished[1], "and nothing is touched"


def test_changed_function_is_noticed(tmp_path):
    def one(outcome):
        return outcome.w[:, 0]

    def same(code):
        namespace = {}
        exec(code, namespace)
        return namespace["mine"]

    path, grid = tmp_path / "store", {"seed": range(3), "d": 2}
    sweep(grid, store=path, observables={"x": same("def mine(o):\n    return o.w[:, 0]")})
    sweep(grid, store=path, observables={"x": same("def mine(o):\n    return o.w[:, 0]")})
    with pytest.raises(SweepStoreError, match=r"plan.observables"):
        sweep(grid, store=path, observables={"x": same("def mine(o):\n    return o.w[:, 1]")})
    with pytest.raises(SweepStoreError, match=r"plan.observables"):
        sweep(grid, store=path, observables={"x": one})


def test_other_versions_are_refused(store, monkeypatch):
    monkeypatch.setattr("numerics.environment.installed_version", lambda name: "0.0")
    with pytest.raises(SweepStoreError, match=r"versions.biased-equilibrium = .*, not \"0.0\""):
        sweep(GRID, store=store)


def test_long_axis_is_compared_by_a_digest(tmp_path):
    path, values = tmp_path / "store", np.arange(300)
    sweep({"seed": values, "d": 1, "angle": 0.0}, store=path, turns=1)
    kept = json.loads(open_sweep(path).attrs["config"])["grid"]["axes"]["seed"]
    assert kept["count"] == 300
    values[150] = 999
    with pytest.raises(SweepStoreError, match=r"grid.axes.seed.digest"):
        sweep({"seed": values, "d": 1, "angle": 0.0}, store=path, turns=1)


def test_chunk_of_a_store_that_exists_is_kept(store, finished):
    sorted(marks(store))[3].unlink()
    assert bits(sweep(GRID, store=store, chunk=1000)) == finished[1]
    assert len(marks(store)) == CHUNKS


def test_store_in_use_is_refused(store):
    with Lock(store), pytest.raises(SweepStoreError, match="another process is writing"):
        sweep(GRID, store=store)


def test_places_that_are_no_store(tmp_path):
    with pytest.raises(SweepStoreError, match="does not exist"):
        open_sweep(tmp_path / "nothing")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SweepStoreError, match="is no Zarr group"):
        sweep(GRID, store=tmp_path / "folder")
    import zarr

    zarr.create_group(str(tmp_path / "other"))
    with pytest.raises(SweepStoreError, match="was not written by a sweep"):
        sweep(GRID, store=tmp_path / "other")
    (tmp_path / "file").write_text("")
    with pytest.raises(SweepStoreError, match="cannot write to"):
        sweep(GRID, store=tmp_path / "file" / "store")


def test_difference_is_found_where_it_is():
    one = {"a": {"b": [1, 2], "c": 3}, "d": "x"}
    assert different(one, {"a": {"b": [1, 2], "c": 3}, "d": "x"}) == ""
    assert different(one, {"a": {"b": [1, 3], "c": 3}, "d": "x"}) == "a.b = [1, 2], not [1, 3]"
    assert different(one, {"a": {"b": [1, 2]}, "d": "x"}) == "a.c = 3, not null"
