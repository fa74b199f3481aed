"""One word, one thing: no two classes of a package have the same name, and no tool has that of a family of theorems."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from theory.catalogue import FAMILIES

ROOT = Path(__file__).parents[1]


def repeated_classes(folder: Path) -> dict[str, list[str]]:
    """Return the names that several classes have, with files and lines; a leading ``_`` is no difference."""
    found = defaultdict(list)
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name.lstrip("_")].append(f"{path.relative_to(folder).as_posix()}:{node.lineno}")
    return {name: places for name, places in found.items() if len(places) > 1}


@pytest.mark.parametrize("package", ["theory", "numerics", "proofs_check"])
@pytest.mark.slow
def test_no_class_name_occurs_twice(package):
    assert list((ROOT / package).rglob("*.py")), "nothing was read"
    assert repeated_classes(ROOT / package) == {}


def test_a_planted_second_class_is_found(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.py").write_text("class Plan: ...\nclass Other: ...\n")
    (tmp_path / "inner" / "b.py").write_text("def f():\n    class Plan: ...\n")
    assert repeated_classes(tmp_path) == {"Plan": ["a.py:1", "inner/b.py:2"]}


def test_no_tool_has_the_name_of_a_family():
    tools = {path.stem for path in (ROOT / "numerics").rglob("*.py")}
    tools |= {path.stem for path in (ROOT / "proofs_check").rglob("*.py") if path.parent.name != "families"}
    assert len(tools) > 100
    assert tools & set(FAMILIES) == set()
