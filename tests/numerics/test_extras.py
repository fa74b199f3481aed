"""Optional dependencies: the error when one is missing, and that every extra named is one that brings the package."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import numerics
from numerics.environment import needs_extra, pip_install
from numerics.errors import MissingExtraError

FOLDER = Path(numerics.__file__).parent
PROJECT = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def packages(extra: str) -> set[str]:
    """What an extra installs, under names as they are imported."""
    listed = PROJECT["optional-dependencies"].get(extra, [])
    return {re.split(r"[<>=!~\[;]", one)[0].strip().replace("-", "_") for one in listed}


def wrong(tree: ast.AST) -> Iterator[str]:
    """Yield extras that do not exist, and imports that the extra named for them does not bring."""
    for node in ast.walk(tree):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in ("needs_extra", "pip_install"):
            extra = node.args[0]
            if isinstance(extra, ast.Constant) and not packages(str(extra.value)):
                yield f"{extra.value} is no extra"
        if isinstance(node, ast.With) and getattr(call := node.items[0].context_expr, "args", []):
            if getattr(call.func, "id", "") != "needs_extra":
                continue
            imported = {alias.name for line in node.body if isinstance(line, ast.Import) for alias in line.names}
            for package in sorted(imported - packages(call.args[0].value)):
                yield f"{call.args[0].value} does not bring {package}"
            if not all(isinstance(line, ast.Import) for line in node.body):
                yield "more than imports"


def test_every_extra_that_is_named_brings_what_is_imported() -> None:
    sources = [path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.py")]
    assert sum(source.count("with needs_extra(") for source in sources) >= 4, "nothing was checked"
    assert [fault for source in sources for fault in wrong(ast.parse(source))] == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("with needs_extra('lmm', 'x needs'):\n    pass", "lmm is no extra"),
        ("pip_install('faster')", "faster is no extra"),
        ("with needs_extra('llm', 'x needs'):\n    import torch", "llm does not bring torch"),
        ("with needs_extra('train', 'x needs'):\n    import torch\n    torch.load(file)", "more than imports"),
    ],
)
def test_planted_extras_are_noticed(code: str, fault: str) -> None:
    assert fault in list(wrong(ast.parse(code)))


def test_command_installs_this_package() -> None:
    assert pip_install("sweep") == f"pip install '{PROJECT['name']}[sweep]'"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zarr", None)
    message = r"^sweeps need the package zarr, which is not installed: pip install 'biased-equilibrium\[sweep\]'$"
    with pytest.raises(MissingExtraError, match=message) as caught, needs_extra("sweep", "sweeps need"):
        import zarr  # noqa: F401
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_package_that_is_there_but_broken_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_package_of_a_test.py").write_text("raise ImportError('libbroken.so: cannot open')")
    monkeypatch.syspath_prepend(tmp_path)
    message = r"^training needs what cannot be loaded \(libbroken\.so: cannot open\): pip install .*\[train\]'$"
    with pytest.raises(MissingExtraError, match=message), needs_extra("train", "training needs"):
        import broken_package_of_a_test  # noqa: F401


def test_other_errors_and_results_pass() -> None:
    with needs_extra("fast", "this needs"):
        import json
    assert json.loads("1") == 1
    with pytest.raises(ZeroDivisionError), needs_extra("fast", "this needs"):
        _ = 1 / 0
