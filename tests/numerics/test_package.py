"""The package as a whole: its imports, its public names, its errors."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import numerics
from numerics import errors

ROOT = Path(numerics.__file__).parent.parent


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.strip()


def test_import_loads_no_symbolic_code_and_no_heavy_scipy() -> None:
    names = run("import sys, numerics.exact, numerics.interaction.interaction; print(*sorted(sys.modules))").split()
    assert not {"sympy", "theory", "proofs_check", "flint", "matplotlib", "scipy.signal"} & set(names)


def test_import_loads_no_module_before_it_is_needed() -> None:
    """Also what loads no module can be no slower than importing NumPy."""
    code = "import sys, numerics; print('numpy' in sys.modules, 'numerics.agents.prompts' in sys.modules)"
    assert run(code) == "False False"
    loaded = run("import sys; from numerics import Prompt; print(*sys.modules)").split()
    assert "numpy" in loaded
    optional = {"scipy", "numba", "torch", "dask", "xarray", "zarr", "array_api_compat", "threadpoolctl", "openai"}
    assert not optional & set(loaded)


def test_names_are_found_where_the_types_say() -> None:
    """Each name of the stub is defined in the module that the stub names, and all are public."""
    tree = ast.parse(Path(numerics.__file__).with_suffix(".pyi").read_text())
    typed = {
        alias.name: node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert sorted(typed) == sorted(numerics.__all__)
    for name, module in typed.items():
        value = getattr(numerics, name)
        assert getattr(value, "__module__", f"numerics.{module}") == f"numerics.{module}", name


def test_no_module_has_the_name_of_a_public_function() -> None:
    """Importing such a module would put it in the function's place."""
    modules = {path.stem for path in (ROOT / "numerics").iterdir()}
    assert not modules & set(numerics.__all__)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        numerics.nothing  # noqa: B018
    assert "Prompt" in dir(numerics)


def test_no_module_mentions_sympy_or_theory_in_an_import() -> None:
    for file in (ROOT / "numerics").rglob("*.py"):
        lines = [line.strip() for line in file.read_text().splitlines() if "import" in line]
        assert not any(word in line for line in lines for word in ("sympy", "theory", "proofs_check")), file


def test_public_names_exist_and_are_documented() -> None:
    for name in numerics.__all__:
        assert getattr(numerics, name).__doc__


def test_errors_are_one_family() -> None:
    kinds = {
        name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert len(kinds) > 25
    del kinds["Overflow"]  # between the modules of this package, never raised to a user
    for name, kind in kinds.items():
        assert issubclass(kind, UserWarning if name.endswith("Warning") else errors.NumericsError)
    assert issubclass(errors.NumericsError, ValueError)


def test_package_example_runs() -> None:
    assert doctest.testmod(numerics).failed == 0
