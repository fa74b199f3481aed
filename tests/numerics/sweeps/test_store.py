"""Sweeps that are killed, damaged or continued otherwise than they were begun."""

import contextlib
import hashlib
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

from numerics.sweeps.grid import Grid
from numerics.sweeps.store import (
    Cutting,
    Lock,
    Store,
    add_history,
    create,
    different,
    history,
    progress_folder,
    stored_attributes,
)
from numerics.sweeps.sweep import open_sweep, sweep
from numerics.sweeps.variables import Variable

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
@pytest.mark.many(0)
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


@pytest.mark.slow
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
@pytest.mark.slow
def test_damaged_data_are_computed_again(store, finished, damage):
    before = marks(store)
    damage(data_files(store)[5])
    assert bits(sweep(GRID, store=store)) == finished[1]
    after = marks(store)
    assert len([mark for mark in after if after[mark] != before[mark]]) == 1, "and nothing else is"


@pytest.mark.slow
def test_exchanged_data_are_computed_again(store, finished):
    one, other = data_files(store)[2:4]
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    assert one.read_bytes() != kept, "the planted change is one"
    assert bits(sweep(GRID, store=store)) == finished[1]


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"rate": "0"}'])
@pytest.mark.slow
@pytest.mark.many(3)
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


@pytest.mark.slow
def test_marks_that_outlived_their_store_count_for_nothing(store, finished):
    shutil.rmtree(store)
    assert bits(sweep(GRID, store=store, chunk=CHUNK)) == finished[1]


@pytest.mark.slow
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
@pytest.mark.many(3)
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
    for changed in ("o.w[:, 1]", "o.u[:, 0]", "(lambda: o.w[:, 1])()"):
        with pytest.raises(SweepStoreError, match=r"plan.observables"):
            sweep(grid, store=path, observables={"x": same(f"def mine(o):\n    return {changed}")})
    with pytest.raises(SweepStoreError, match=r"plan.observables"):
        sweep(grid, store=path, observables={"x": one})


def test_other_versions_are_refused(store, monkeypatch):
    monkeypatch.setattr("numerics.environment.installed_version", lambda name: "0.0")
    with pytest.raises(SweepStoreError, match=r"versions.biased-equilibrium = .*, not \"0.0\""):
        sweep(GRID, store=store)


@pytest.mark.slow
def test_long_axis_is_compared_by_a_digest(tmp_path):
    path, values = tmp_path / "store", np.arange(300)
    sweep({"seed": values, "d": 1, "angle": 0.0}, store=path, turns=1)
    kept = json.loads(open_sweep(path).attrs["config"])["grid"]["axes"]["seed"]
    assert kept["count"] == 300
    values[150] = 999
    with pytest.raises(SweepStoreError, match=r"grid.axes.seed.digest"):
        sweep({"seed": values, "d": 1, "angle": 0.0}, store=path, turns=1)


@pytest.mark.slow
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
    assert different({"a": {"b": 1}}, {"a": 2}) == 'a = {"b": 1}, not 2'
    assert different({"a": 2}, {"a": {"b": 1}}) == 'a = 2, not {"b": 1}'


@pytest.mark.parametrize(
    ("shape", "values", "chunk", "granule", "chunks"),
    [
        ((10,), 1, None, (10,), (10,)),
        ((1000,), 1, None, (512,), (512,)),
        ((1000,), 2**20 // 100, None, (100,), (100,)),
        ((6400,), 2**21, None, (1,), (100,)),
        ((64 * 1024,), 1, None, (512,), (1024,)),
        ((64 * 1000,), 1, None, (512,), (512,)),
        ((2**20, 32), 1, None, (16, 32), (4096, 32)),
        ((64 * 1024,), 1, 5000, (512,), (4608,)),
        ((64 * 1024,), 1, 2**18, (512,), (2**16,)),
        ((2**20,), 1, 2**18, (512,), (2**18,)),
        ((4, 3, 5), 2**20 // 7, 1, (1, 1, 5), (1, 1, 5)),
        ((4, 3, 5), 2**20 // 7, 20, (1, 1, 5), (1, 3, 5)),
        ((4, 3, 5), 2**20 // 7, 30, (1, 1, 5), (2, 3, 5)),
        ((4, 3, 5), 2**20 // 16, 1, (1, 3, 5), (1, 3, 5)),
        ((4, 3, 5), 2**20 // 4, 5, (1, 1, 4), (1, 1, 5)),
        ((4, 3, 5), 2**20 // 2, 3, (1, 1, 2), (1, 1, 2)),
    ],
)
def test_granules_and_chunks_by_hand(monkeypatch, shape, values, chunk, granule, chunks):
    """At most 512 points and 2^20 numbers a granule; 64 chunks of at most 2^17 points unless their size is given."""
    monkeypatch.undo()
    found = Cutting.of(shape, values, chunk)
    assert (found.shape, found.granule, found.chunk) == (shape, granule, chunks)


def test_the_places_of_chunks_by_hand():
    cutting = Cutting((5, 7), (2, 3), (2, 3))
    assert cutting.count == 9
    assert [cutting.index(k) for k in (0, 2, 3, 5, 8)] == [(0, 0), (0, 2), (1, 0), (1, 2), (2, 2)]
    assert cutting.block(4) == (slice(2, 4), slice(3, 6))
    assert cutting.block(8) == (slice(4, 5), slice(6, 7))
    assert list(cutting.granules((3, 4))) == [
        (slice(0, 2), slice(0, 3)),
        (slice(0, 2), slice(3, 4)),
        (slice(2, 3), slice(0, 3)),
        (slice(2, 3), slice(3, 4)),
    ]


@pytest.fixture
def by_hand(tmp_path, monkeypatch):
    """A store of five points in chunks of two, whose arrays are NumPy's."""
    arrays = {"x": np.zeros(5), "y": np.zeros((5, 2))}
    monkeypatch.setattr(Store, "arrays", lambda store, names: {name: arrays[name] for name in names})
    return Store(tmp_path / "store", Cutting((5,), (1,), (2,))), arrays


def test_a_chunk_is_finished_while_all_of_its_data_are_what_was_written(by_hand):
    store, arrays = by_hand
    store.write(1, {"x": np.array([3.0, 4.0]), "y": np.ones((2, 2))})
    assert arrays["x"].tolist() == [0, 0, 3, 4, 0]
    assert [store.finished(k, arrays) for k in range(3)] == [False, True, False]
    (mark,) = (file for file in progress_folder(store.path).rglob("*") if file.is_file())
    assert mark == progress_folder(store.path) / "done" / "000000" / "001.json"
    digests = json.loads(mark.read_text())
    assert digests["x"] == hashlib.blake2b(np.array([3.0, 4.0]).tobytes(), digest_size=16).hexdigest()
    # What is beside the chunk does not matter, and the least of what is in it does.
    arrays["x"][4] = 9
    assert store.finished(1, arrays)
    for name, place in (("x", (3,)), ("y", (2, 1))):
        kept = arrays[name][place]
        arrays[name][place] = np.nextafter(kept, 9)
        assert not store.finished(1, arrays)
        arrays[name][place] = kept
    assert store.finished(1, arrays)
    assert not store.finished(1, {"x": arrays["x"]})
    assert not store.finished(1, arrays | {"x": None}), "whatever goes wrong when data are read"
    # The order in which data lie in memory is not part of them.
    store.write(2, {"x": np.zeros(1), "y": np.asfortranarray([[1.0, 2.0]])})
    assert store.finished(2, arrays | {"y": np.asfortranarray(arrays["y"])})


def test_marks_lie_a_thousand_in_a_folder(by_hand):
    store, _ = by_hand
    found = [str(store._mark(k).relative_to(progress_folder(store.path))) for k in (7, 999, 1000, 12345)]
    assert found == ["done/000000/007.json", "done/000000/999.json", "done/000001/000.json", "done/000012/345.json"]


def test_a_chunk_that_is_discarded_leaves_nothing_and_takes_nothing_else(by_hand):
    store, arrays = by_hand
    for number in (0, 1):
        store.write(number, {name: array[:2] for name, array in arrays.items()})
    files = [store.path / place for place in ("x/c/0", "x/c/1", "y/c/0/0", "y/c/1/0", "z/c/1")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    for _ in range(2):
        store.discard(1, {"x": Variable("x"), "y": Variable("y", shape=(2,))})
        assert [file.exists() for file in files] == [True, False, True, False, True]
        assert [store.finished(k, arrays) for k in (0, 1)] == [True, False]


def test_an_empty_store_has_its_names_units_and_nothing_finished(tmp_path):
    import zarr

    path, grid = tmp_path / "store", Grid.of({"seed": [4, 5, 6], "step": [0.5, 1.0], "mine": 3.0}, own_labels=True)
    variables = {"far": Variable("distance"), "word": Variable("verdict", flags=("a", "b"), shape=(2,))}
    cutting = Cutting(grid.shape, (1, 1), (2, 2))
    (progress_folder(path) / "done" / "000000").mkdir(parents=True)
    (progress_folder(path) / "history").touch()
    (tmp_path / "store.new").mkdir()
    create(path, grid, cutting, variables, {"config": "{}", "chunk": [2, 2]})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["store", "store.progress"]
    assert [file.name for file in progress_folder(path).iterdir()] == ["history"]
    assert stored_attributes(path) == {"config": "{}", "chunk": [2, 2]}
    create(tmp_path / "another", grid, cutting, {}, {"config": "{}", "chunk": [2, 2]})
    group = zarr.open_group(str(path), mode="r")
    assert sorted(group.array_keys()) == ["far", "seed", "step", "word"]
    assert group["seed"][:].tolist() == [4, 5, 6]
    assert group["step"].attrs["units"] == "1"
    assert (group["step"].metadata.dimension_names, group["step"].chunks) == (("step",), (2,))
    far, word = group["far"], group["word"]
    assert (far.shape, far.chunks, far.dtype, far.metadata.dimension_names) == ((3, 2), (2, 2), "f8", ("seed", "step"))
    assert np.isnan(far[:]).all()
    assert (word.shape, word.chunks, word.dtype) == ((3, 2, 2), (2, 2, 2), "i1")
    assert (word[:] == -1).all()
    assert word.metadata.dimension_names == ("seed", "step", "word_axis0")
    assert word.attrs["flag_meanings"] == "a b"
    store = Store(path, cutting)
    store.write(1, {"far": np.ones((1, 2)), "word": np.zeros((1, 2, 2), dtype="i1")})
    assert store.finished(1, store.arrays(variables))
    assert (path / "far" / "c" / "1" / "0").is_file()
    store.discard(1, variables)
    assert np.isnan(store.arrays(["far"])["far"][:]).all()


@pytest.mark.parametrize("attributes", [{"config": "{}"}, {"chunk": [1]}, {}])
def test_a_group_without_what_a_sweep_writes_is_none(tmp_path, attributes):
    import zarr

    zarr.create_group(str(tmp_path / "other"), attributes=attributes)
    with pytest.raises(SweepStoreError, match="was not written by a sweep"):
        stored_attributes(tmp_path / "other")


def test_history_says_when_what_and_from_which_source(tmp_path, monkeypatch):
    path = tmp_path / "store"
    assert history(path) == ""
    progress_folder(path).mkdir()
    monkeypatch.setattr("numerics.sweeps.store.now", lambda: "today")
    for state in ({}, {"commit": "0123456789abcdef", "dirty": False}, {"commit": "f" * 40, "dirty": True}):
        monkeypatch.setattr("numerics.sweeps.store.git_state", lambda state=state: state)
        add_history(path, "begun")
    with_commits = ["today begun at commit 0123456789ab", f"today begun at commit {'f' * 12} with changes"]
    assert history(path).splitlines() == ["today begun", *with_commits]


@pytest.mark.parametrize(("length", "cut"), [(77, False), (78, True)])
def test_long_values_are_cut_at_80_characters(length, cut):
    """With the two quotes around them."""
    long, short = "a" * length, "b"
    said = '"' + "a" * 76 + "..." if cut else f'"{long}"'
    assert different({"x": long}, {"x": short}) == f'x = {said}, not "b"'
    assert different({"x": short}, {"x": long}) == f'x = "b", not {said}'


def test_a_lock_is_held_until_it_is_left(tmp_path):
    path = tmp_path / "store"
    before = os.umask(0o002)
    try:
        for _ in range(2):
            with Lock(path) as lock:
                assert isinstance(lock, Lock)
                with pytest.raises(SweepStoreError, match="another process"):
                    Lock(path)
    finally:
        os.umask(before)
    assert (progress_folder(path) / "lock").stat().st_mode & 0o777 == 0o644
