"""The two sides are independent witnesses: which package may import what, however it is written.

import-linter checks the import statements of packages; this test also sees ``importlib.import_module``, ``__import__``,
imports inside functions, and folders that have no ``__init__.py``.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.families.test_population import POPULATION_OPTIMUM

ROOT = Path(__file__).parents[1]
FORBIDDEN = {
    "theory": {"numerics", "proofs_check", "numpy", "scipy"},
    "numerics": {"theory", "proofs_check", "sympy"},
    "proofs_check": set(),
}
#: NumPy enters the symbolic side where a formula is evaluated on arrays, and only when that is asked for.
LAZY = {
    ("theory/values/floats.py", "numpy"),
    ("theory/values/inputs.py", "numpy"),
    ("theory/values/rounded.py", "numpy"),
    ("theory/derivation/measure.py", "numpy"),
}
IMPORTERS = {"import_module", "__import__", "spec_from_file_location", "run_module", "run_path"}
#: Code in strings could import anything.
OPAQUE = {"exec", "eval"}
COMPUTED = "<computed>"


def known_start(name: ast.expr) -> str | None:
    """The text of a literal; of an f-string what comes before the first value, when that already names the package."""
    if isinstance(name, ast.JoinedStr) and isinstance(name.values[0], ast.Constant):
        start = str(name.values[0].value)
        return start if "." in start else None
    return name.value if isinstance(name, ast.Constant) else None


def imports(tree: ast.AST) -> Iterator[tuple[str, int, bool]]:
    """Yield top-level package, line, and whether the import runs when the module is loaded."""
    inside = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0], node.lineno, node not in inside
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0], node.lineno, node not in inside
        elif isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in IMPORTERS:
                literal = known_start(node.args[0]) if node.args else None
                # A name that is computed could be anything: it counts as a violation of its own.
                yield str(literal).split(".")[0] if literal else COMPUTED, node.lineno, node not in inside
            elif isinstance(function, ast.Name) and name in OPAQUE:
                yield COMPUTED, node.lineno, node not in inside


def violations(root: Path, package: str) -> list[str]:
    """Return every forbidden import of a package, folders without ``__init__.py`` included."""
    found = []
    for path in sorted((root / package).rglob("*.py")):
        where = path.relative_to(root).as_posix()
        for name, line, at_load in imports(ast.parse(path.read_text(encoding="utf-8"))):
            allowed = (where, name) in LAZY and not at_load
            if name == COMPUTED or (name in FORBIDDEN[package] and not allowed):
                found.append(f"{where}:{line} imports {name}")
    return found


@pytest.mark.parametrize("package", FORBIDDEN)
@pytest.mark.slow
def test_package_keeps_its_contract(package):
    assert list((ROOT / package).glob("*.py")), "nothing was checked"
    assert violations(ROOT, package) == []


@pytest.mark.parametrize("package", FORBIDDEN)
def test_every_folder_is_a_package(package):
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize(
    "code",
    [
        "import numpy",
        "import numpy.linalg as la",
        "from numerics import Prompt",
        "from numerics.agents.prompts import Prompt",
        "def f():\n    import numerics",
        "import importlib\nimportlib.import_module('numerics.agents.agent')",
        "from importlib import import_module\nimport_module('scipy')",
        "__import__('numerics')",
        "import importlib\nname = 'num' + 'erics'\nimportlib.import_module(name)",
        "from importlib import import_module\nname = 'erics.agents'\nimport_module(f'num{name}')",
        "from importlib import import_module\nname = 'agents'\nimport_module(f'numerics.{name}')",
        "exec('import numerics')",
        "if True:\n    try:\n        import scipy\n    except ImportError:\n        pass",
    ],
)
@pytest.mark.parametrize("folder", ["theory", "theory/no_init_here"])
def test_planted_violation_is_caught(tmp_path, code, folder):
    path = tmp_path / folder / "planted.py"
    path.parent.mkdir(parents=True)
    path.write_text(code)
    found = violations(tmp_path, "theory")
    assert len(found) == 1
    assert found[0].startswith(f"{folder}/planted.py:")


def test_numpy_at_load_is_caught_where_it_may_be_lazy(tmp_path):
    path = tmp_path / "theory" / "values" / "floats.py"
    path.parent.mkdir(parents=True)
    path.write_text("def f():\n    import numpy\n")
    assert violations(tmp_path, "theory") == []
    path.write_text("import numpy\n")
    assert violations(tmp_path, "theory") == ["theory/values/floats.py:1 imports numpy"]


def test_symbolic_algebra_in_numerics_is_caught(tmp_path):
    path = tmp_path / "numerics" / "planted.py"
    path.parent.mkdir()
    path.write_text("from sympy import Matrix\nfrom theory import formulas\n")
    assert len(violations(tmp_path, "numerics")) == 2


@pytest.mark.parametrize(
    ("package", "absent"), [("theory", ["numpy", "scipy", "numerics"]), ("numerics", ["sympy", "theory"])]
)
def test_import_loads_nothing_of_the_other_side(package, absent):
    code = f"import sys, {package}; print(*[name for name in {absent!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


@pytest.mark.slow
def test_evaluation_on_arrays_is_what_loads_numpy():
    code = (
        "import sys; from theory import formulas; assert 'numpy' not in sys.modules; "
        f"formulas['{POPULATION_OPTIMUM}.step'].numpy(n=3, d=1); assert 'numpy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
