"""The package as a whole: its imports, its public names, its errors."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import numerics
from numerics import errors

ROOT = Path(numerics.__file__).parent.parent


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.strip()


def test_import_loads_no_symbolic_code_and_no_heavy_scipy() -> None:
    names = run("import sys, numerics, numerics.geometry; print(*sorted(sys.modules))").split()
    assert not {"sympy", "theory", "proofs_check", "flint", "matplotlib", "scipy.signal"} & set(names)


def test_import_is_quick() -> None:
    """Well under the promised half second beyond NumPy, with room for a busy machine: the best of three."""
    code = "import time, numpy; t = time.perf_counter(); import numerics; print(time.perf_counter() - t)"
    assert min(float(run(code)) for _ in range(3)) < 0.5


def test_no_module_mentions_sympy_or_theory_in_an_import() -> None:
    for file in (ROOT / "numerics").glob("*.py"):
        lines = [line.strip() for line in file.read_text().splitlines() if "import" in line]
        assert not any(word in line for line in lines for word in ("sympy", "theory", "proofs_check")), file


def test_public_names_exist_and_are_documented() -> None:
    for name in numerics.__all__:
        assert getattr(numerics, name).__doc__


def test_errors_are_one_family() -> None:
    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, UserWarning if name.endswith("Warning") else errors.NumericsError)
    assert issubclass(errors.NumericsError, ValueError)


def test_package_example_runs() -> None:
    assert doctest.testmod(numerics).failed == 0
