"""Cores and versions of installed packages."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import environment
from numerics.engines import compiled
from numerics.environment import cores, installed_version, versions as sweep_versions, versions_of
from proofs_check.ledger.report import versions as report_versions

ABSENT = "no-such-package-of-anyone"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this platform binds no process to cores")
def test_cores_are_those_that_this_process_may_use() -> None:
    code = (
        "import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1]); "
        "from numerics.engines.compiled import threads; from numerics.environment import cores; "
        "print(cores(), threads())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "1"]


@pytest.mark.parametrize(("told", "expected"), [(7, 7), (None, 1)])
def test_cores_where_a_process_cannot_be_bound(
    told: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: told)
    assert cores() == expected
    assert compiled.threads() == expected
    with compiled.thread_limit(3):
        assert compiled.threads() == min(3, expected)


@given(st.lists(st.sampled_from(["numpy", "scipy", "sympy", ABSENT]), unique=True))
def test_versions_are_those_of_the_packages_in_their_order(names: list[str]) -> None:
    found = versions_of(names)
    assert list(found) == names
    assert found == {name: "not installed" if name == ABSENT else version(name) for name in names}


def test_an_absent_package_has_no_version() -> None:
    assert installed_version("numpy") == np.__version__
    assert installed_version(ABSENT) is None


def test_sweeps_and_reports_tell_the_same_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    def common() -> list[tuple[str, str]]:
        sweep, report = sweep_versions("numba"), report_versions()
        assert {"python", "numpy", "scipy"} <= sweep.keys() & report.keys()
        return [(sweep[name], report[name]) for name in sweep.keys() & report.keys()]

    assert all(one == other for one, other in common())
    monkeypatch.setattr(environment, "installed_version", lambda name: None)
    assert sum(pair == ("not installed", "not installed") for pair in common()) >= 2


def test_reading_versions_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, numerics.environment; print('importlib.metadata' in sys.modules, 'numpy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]
