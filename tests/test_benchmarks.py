"""The harness of the benchmarks: every way computes the recursion, a wrong one is refused, a broken promise fails."""

import dataclasses
import io
import json
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
import pytest
from rich.console import Console

from tests.benchmarks import (
    agreement,
    formulas as formula_timings,
    growth,
    layer,
    limits,
    must_hold,
    processes,
    roofline,
    tables,
    threads,
)
from tests.benchmarks.comparison import References, checked, compare
from tests.benchmarks.environment import describe
from tests.benchmarks.must_hold import promises
from tests.benchmarks.numpy_peers import loop, matmul
from tests.benchmarks.records import Comparison, FormulaTiming, Processes, Results, load
from tests.benchmarks.rows import OURS, ROWS
from tests.benchmarks.task import Row, Task
from tests.benchmarks.timing import interleaved, medians
from tests.benchmarks.workload import Workload

NAMED = {row.name: row for row in ROWS}


@pytest.mark.parametrize("keep", ["last", "all"])
@pytest.mark.parametrize("name", NAMED)
@pytest.mark.many(4)
def test_every_way_agrees_with_the_loop(name, keep):
    row = NAMED[name]
    if row.needs is not None:
        pytest.importorskip(row.needs)
    for d, geometries, turns, n in [(1, 2, 1, 0), (4, 3, 9, 2)]:
        task, worst, limit, engine = checked(row, References(Workload(d, geometries, n), turns, keep))
        assert worst <= limit < 1e-6
        assert task.geometries <= geometries
        assert (engine is not None) == row.name.startswith("ours")


def wrong_turns(work, turns, keep):
    """A way that leaves out the last turn."""
    return Task(matmul(work, turns - 1, "last").run, lambda states: states[..., 0].swapaxes(0, 1), work.geometries)


def swapped(work, turns, keep):
    """A way in which W moves first."""
    other = Workload(work.d, work.geometries)
    for name, value in {"P": work.Q, "Q": work.P, "_drawn": (None, work._drawn[1][::-1], work.w0)}.items():
        other.__dict__[name] = value
    return matmul(other, turns, keep)


def in_single_precision(work, turns, keep):
    task = matmul(work, turns, keep)
    return dataclasses.replace(task, states=lambda result: task.states(result).astype(np.float32))


def not_a_number(work, turns, keep):
    task = matmul(work, turns, keep)
    return dataclasses.replace(task, states=lambda result: task.states(result) * np.nan)


@pytest.mark.parametrize("planted", [wrong_turns, swapped, in_single_precision, not_a_number])
def test_planted_wrong_way_is_refused(planted):
    # So many turns that the run has converged: only the short one shows a missing turn.
    references = References(Workload(4, 6), 400, "last")
    with pytest.raises(agreement.DisagreementError, match=r"planted differs from the loop by"):
        checked(Row("planted", planted, "alternating"), references)
    rows = [NAMED[OURS], Row("planted", planted, "alternating")]
    with pytest.raises(agreement.DisagreementError, match=r"rounding explains"):
        list(compare(4, 6, 400, 1, rows=rows, settle=0))


def test_states_of_another_shape_are_refused():
    states = np.zeros((3, 2, 4))
    with pytest.raises(agreement.DisagreementError, match=r"shape \(3, 1, 4\); expected \(3, 2, 4\)"):
        agreement.worst_error("short", states[:, :1], states, 1.0)
    with pytest.raises(agreement.DisagreementError, match=r"shape \(0, 2, 4\)"):
        agreement.worst_error("empty", states[:0], states, 1.0)


def test_the_loop_is_the_recursion():
    work = Workload(3, 2)
    P, Q, w = work.P[1], work.Q[1], work.w0[1]
    u = w - Q @ (w - work.u_star[1])
    w = u - P @ (u - work.w_star[1])
    states = loop(work, 1, "all").run()
    assert np.array_equal(states[1], [work.w0[1], w])
    assert np.allclose(np.linalg.eigvalsh(P)[-1], 1)


def test_rounds_are_interleaved_and_medians_taken():
    calls = []
    tasks = {
        name: lambda name=name, wait=wait: (calls.append(name), time.sleep(wait))
        for name, wait in [("a", 0), ("b", 0.002)]
    }
    samples = interleaved(tasks, 5, settle=0, short=0)
    assert [sorted(calls[i : i + 2]) for i in range(0, 10, 2)] == [["a", "b"]] * 5
    assert {name: len(seconds) for name, seconds in samples.items()} == {"a": 5, "b": 5}
    assert min(samples["b"]) >= 0.002
    assert medians({"a": [3.0, 1.0, 9.0]}) == {"a": 3.0}


def test_short_runs_are_repeated_and_their_first_call_is_not_counted():
    waits = iter([0.02, *[0.002] * 1000])
    samples = interleaved({"a": lambda: time.sleep(next(waits))}, 1, settle=0, short=0.1)
    assert 0.002 <= samples["a"][0] < 0.02
    assert 5 <= 1000 - len(list(waits)) <= 50


@pytest.fixture(scope="module")
def measured():
    """All parts, at sizes that take no time."""
    rows = [NAMED[name] for name in (OURS, "ours, numpy, out=", "Python loop", "NumPy matmul")]
    rows.append(Row("absent", matmul, "alternating", needs="no_such_module"))
    results = Results(describe(None), 2)
    results.comparison = list(compare(3, 4, 5, 2, rows=rows, settle=0))
    results.limits = limits.measure(1, side=64)
    results.growth = growth.measure(1, {"d": ((2, 4, 3, 5), (3, 6, 3, 5))}, settle=0)
    results.layer = layer.measure(1, ((4, 2, 3), (4, 8, 3)), settle=0)
    results.processes = Processes(7, 0.1, 0.01, 0.11, 1.1, 0.9, 0.1, "numba")
    return results


@pytest.mark.slow
@pytest.mark.many(0)
def test_json_keeps_everything(measured, tmp_path):
    path = tmp_path / "run.json"
    measured.dump(path)
    data = json.loads(path.read_text())
    assert data["schema"] == 1
    assert {"numpy", "torch", "jax", "numba", "BLAS", "threads", "processor"} <= data["environment"].keys()
    assert load(path) == measured
    for record in data["comparison"]:
        if record["installed"]:
            assert len(record["samples"]) == 2
            assert 0 < min(record["samples"]) * record["geometries"] / record["geometries_timed"] <= record["seconds"]
            assert record["worst_error"] <= record["error_bound"]
            flops = 4 * record["d"] ** 2 * record["turns"] * record["geometries"]
            assert record["nominal_gflops"] == pytest.approx(flops / record["seconds"] / 1e9)
            assert (record["written_gb_s"] is None) == (record["task"] == "final")
        else:
            assert record["seconds"] is None
    tasks = [(r["way"], r["task"]) for r in data["comparison"]]
    assert ("ours, numpy, out=", "trajectory") in tasks
    assert ("ours, numpy, out=", "final") not in tasks


@pytest.mark.slow
@pytest.mark.many(0)
def test_limits_are_rates(measured):
    compiled = {"fma_gflops", "store_warm_all", "store_fresh_all"}
    assert compiled < measured.limits.keys() == tables.LIMITS.keys()
    assert {key for key, rate in measured.limits.items() if rate is None} == (set() if find_spec("numba") else compiled)
    assert all(rate > 0 for rate in measured.limits.values() if rate is not None)


@pytest.mark.slow
@pytest.mark.many(0)
def test_what_is_not_installed_is_shown(measured):
    assert [r.installed for r in measured.comparison if r.way == "absent"] == [False, False]
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(tables.everything(measured))
    shown = console.export_text()
    line = next(line for line in shown.splitlines() if "absent" in line)
    assert line.count("not installed") == 2
    assert all(row in shown for row in ("Python loop", "NumPy matmul", "X^T(X w - y)", "import numerics", "against d"))


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 0}'])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(SystemExit, match=r"python -m tests\.benchmarks"):
        load(path)
    with pytest.raises(SystemExit, match=r"python -m tests\.benchmarks"):
        load(tmp_path / "missing.json")


def keeping_every_promise():
    """Made-up results in which every promise just holds, or better."""
    slow = {"NumPy matmul": 100.0, "NumPy matmul, out=": 100.0, "PyTorch": 9.0, "PyTorch on AB": 8.0}
    ours = {"ours, auto": 1.0, "ours, auto, out=": 1.0, "ours, numpy": 10.0}
    comparison = [
        Comparison(
            d, 2 * d, 1, 1, task, way, installed=True, seconds=seconds,
            engine=way.removeprefix("ours, ") if way in ours else None,
        )
        for d in (8, 32, 64, 512)
        for task in ("final", "trajectory")
        for way, seconds in (slow | {"JAX": 3.0, "JAX on AB": 4.0} | ours).items()
    ]  # fmt: skip
    formulas = [
        FormulaTiming("id", d, geometries, kind, ours=1.2, by_hand=1.0, ratio=1.2, unchecked=1.2, other=None, note="")
        for kind, sizes in (("numpy", (8, 32, 128)), ("exact", (16, 32)), ("exact solve", (8, 16, 32)))
        for d in sizes
        for geometries in ((1, 50) if kind == "numpy" else (1,))
    ]
    fresh = Processes(7, 0.1, 0.01, 0.11, 1.1, 0.9, 0.1, "numba")
    return Results({}, 7, comparison=comparison, processes=fresh, formulas=formulas)


def quiet():
    return Console(file=io.StringIO())


def test_promises_that_are_kept_pass(tmp_path):
    results = keeping_every_promise()
    assert [p.what for p in promises(results) if not p.ok] == []
    assert must_hold.report(results, quiet()) == 0
    results.dump(tmp_path / "run.json")
    command = [sys.executable, "-m", "tests.benchmarks.must_hold", str(tmp_path / "run.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "39 of 39 hold" in done.stdout


def slower(results, kind, d, geometries=1, **ratios):
    results.formulas = [
        dataclasses.replace(t, **ratios) if (t.kind, t.d, t.geometries) == (kind, d, geometries) else t
        for t in results.formulas
    ]


def worse(results, way, factor, d=None):
    results.comparison = [
        dataclasses.replace(r, seconds=r.seconds * factor) if r.way == way and d in (None, r.d) else r
        for r in results.comparison
    ]


@pytest.mark.parametrize(
    ("plant", "broken"),
    [
        (lambda r: worse(r, "NumPy matmul", 0.49, 8), "d = 8, final: ours, auto against NumPy matmul"),
        (lambda r: worse(r, "ours, auto, out=", 41, 512), "d = 512, trajectory: ours, auto, out= against"),
        (lambda r: worse(r, "ours, numpy", 1.7, 8), "d = 8, final: ours, numpy against"),
        (lambda r: worse(r, "JAX on AB", 0.7, 32), "d = 32, final: ours, auto against JAX"),
        (lambda r: worse(r, "PyTorch", 0.1, 512), "d = 512, trajectory: ours, auto against PyTorch"),
        (lambda r: setattr(r, "processes", dataclasses.replace(r.processes, first_run=1.01)), "second process"),
        (lambda r: setattr(r, "processes", dataclasses.replace(r.processes, import_ratio=1.21)), "over import numpy"),
        (lambda r: setattr(r, "processes", None), "over import numpy"),
        (lambda r: slower(r, "numpy", 8, 50, unchecked=1.21), "formulas, batches, check=False, d = 8"),
        (lambda r: slower(r, "numpy", 128, 50, ratio=1.21), "formulas, batches, d = 128"),
        (lambda r: slower(r, "exact", 32, ratio=1.21), "formulas, exact, d = 32"),
        (lambda r: slower(r, "exact solve", 8, ratio=1.21), "formulas, exact solve, d = 8"),
        (lambda r: setattr(r, "formulas", []), "formulas, batches, d = 32"),
        (lambda r: setattr(r, "comparison", [c for c in r.comparison if c.way != "JAX"]), "against JAX"),
        (
            lambda r: setattr(r, "comparison", [dataclasses.replace(c, engine="numba") for c in r.comparison]),
            "d = 32, final: ours, numpy",
        ),
    ],
)
def test_planted_broken_promise_fails(plant, broken):
    results = keeping_every_promise()
    plant(results)
    assert any(broken in p.what for p in promises(results) if not p.ok)
    assert must_hold.report(results, quiet()) == 1


def test_planted_broken_promise_fails_the_command(tmp_path):
    results = keeping_every_promise()
    worse(results, "JAX", 0.5, 64)
    results.dump(tmp_path / "run.json")
    command = [sys.executable, "-m", "tests.benchmarks.must_hold", str(tmp_path / "run.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "37 of 39 hold" in done.stdout


class TestFormulas:
    @pytest.mark.parametrize(
        ("id_", "geometries"),
        [(next(iter(formula_timings.BY_HAND)), None), *((id_, 3) for id_ in formula_timings.BY_HAND)],
    )
    def test_every_formula_is_what_is_written_by_hand(self, id_, geometries, monkeypatch):
        monkeypatch.setattr(formula_timings, "SECONDS", 0.0)
        timing = formula_timings.compare_arrays(id_, 3, geometries, 2)
        assert timing.geometries == (geometries or 1)
        assert min(timing.ours, timing.by_hand, timing.ratio, timing.unchecked) > 0
        assert geometries is None or timing.other is None

    def test_exact_values_are_what_is_solved_by_hand(self, monkeypatch):
        monkeypatch.setattr(formula_timings, "SECONDS", 0.0)
        whole, alone = formula_timings.compare_exact(2, 1)
        assert (whole.kind, alone.kind) == ("exact", "exact solve")
        assert min(whole.ratio, alone.ratio) > 0

    def test_planted_wrong_value_by_hand_is_refused(self, monkeypatch):
        right = formula_timings.BY_HAND[formula_timings.RESIDUAL]
        monkeypatch.setitem(formula_timings.BY_HAND, formula_timings.RESIDUAL, lambda pair: -right(pair))
        with pytest.raises(SystemExit, match=f"{formula_timings.RESIDUAL}: the value by hand differs"):
            formula_timings.compare_arrays(formula_timings.RESIDUAL, 3, 2, 1)


def test_work_is_counted():
    assert roofline.nominal_flops(1, 1, 3) == 12
    assert roofline.needed_flops("alternating", 3, 2, 5, "all") == 4 * 9 * 5 * 2
    assert roofline.needed_flops("affine", 2, 1, 5, "all") == 16 + 24 + 40
    # Trajectories make every turn, and so does a short run. A long one squares.
    assert roofline.needed_flops("ours", 8, 1, 4, "last") == roofline.needed_flops("ours", 8, 1, 4, "all")
    assert roofline.needed_flops("ours", 8, 1, 4, "all") == 2 * 64 * (9 + 4)
    squared = [2 * 64 * (9 * (1 + k) + (1024 >> k)) for k in range(11)]
    assert roofline.needed_flops("ours", 8, 1, 1024, "last") == min(squared) < squared[0]
    assert roofline.needed_flops("ours", 8, 1, 1023, "last") == min(
        2 * 64 * (9 * (1 + k) + (1023 >> k) + k) for k in range(10)
    )
    assert roofline.needed_flops("from agents", 8, 1, 4, "last") is None
    assert roofline.written_bytes(8, 10, 3, "all") == 8 * 8 * 10 * 4


@pytest.mark.slow
@pytest.mark.many(0)
def test_fresh_processes_are_timed():
    found = processes.measure(1, geometries=3, turns=5)
    assert min(found.import_numpy, found.import_numerics, found.import_names) > 0
    assert found.import_ratio == pytest.approx(found.import_names / found.import_numpy)
    if found.engine is not None:
        assert found.engine == "numba"
        assert 0 < found.first_run < found.first_result


def test_process_that_fails_is_shown():
    with pytest.raises(SystemExit, match=r"ZeroDivisionError"):
        processes._run("1 / 0")


def test_threads_are_limited_before_anything_is_loaded():
    with pytest.raises(SystemExit, match=r"numpy.* already loaded; start a new process"):
        threads.limit_threads(1)
    with pytest.raises(SystemExit, match=r"must be >= 1, got 0"):
        threads.limit_threads(0)
    code = (
        "from tests.benchmarks.threads import limit_threads; limit_threads(1); "
        "import os, numpy; print(os.environ['OMP_NUM_THREADS'], len(os.sched_getaffinity(0)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]
