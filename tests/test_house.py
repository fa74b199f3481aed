"""The house: a theorem is written about in few files, folders are small, and a family has one file on each side.

A theorem is to be added, renamed or removed in its family's file in `theory`, in `proofs_check` and in the tests, in
its chapter of the book, and in one file more. Counted are the files that hold its id where it stands as an id: in
quotes or backquotes, as the argument of a directive, or with the name of a part after a dot (``consensus.value``). An
id in the middle of a sentence ("by lsa-step with label-noise") cites the theorem or is plain English ("a small-step
limit") and is not counted. Where an id is also the name of a family, of the project or of an option, it counts with its
part only.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from proofs_check import theorems
from theory.catalogue import FAMILIES

ROOT = Path(__file__).parents[1]
PACKAGES = ("theory", "numerics", "proofs_check")
PROJECT = "biased-equilibrium"
#: What users write for an order of moves.
OPTIONS = {"simultaneous", "mediator", "listening", "random"}
MOST = 5
# The one table of what the paper claims, and the tests of how conclusions are proved, which try it on some theorems.
TABLE = "theory/derivation/sources.py"
MACHINERY = ("tests/proofs_check/proving/", "tests/theory/derivation/test_statement.py")
# So many files may hold these ids.
MORE = {
    # Where two agents rest: other families stand on it, predictions are read off it, chapters come back to it.
    "biased-equilibrium": 11,
    "singular-equilibrium": 8,
    # Evaluated by other families, by predictions or by instruments.
    "error-recursion": 9,
    "label-noise": 8,
    "one-sided-iff": 7,
    "population-optimum": 7,
    "victim-bias": 7,
    "gap-is-shared": 6,
    "neither-wins": 6,
    "trained-layer": 6,
    # Shown in a second or third chapter, an example of the ledger, or timed by the benchmarks.
    "closed-form": 6,
    "general-blocks": 7,
    "frozen-kernel": 6,
    "linear-in-gap": 6,
    "small-step": 6,
}


def occurs(id_: str, text: str) -> bool:
    """Whether a text holds a theorem's id as an id."""
    if id_ not in text:
        return False
    name = re.escape(id_)
    forms = [rf"(?<![\w-]){name}(?=\.[\w{{])"]
    if id_ not in {PROJECT, *FAMILIES, *OPTIONS}:
        forms += [rf"(?<=[\"'`]){name}(?=[\"'`])", rf"(?<=}} ){name}(?![\w-])"]
    return re.search("|".join(forms), text) is not None


def written() -> dict[Path, str]:
    """The text files written by hand in which ids are counted; this one is not."""
    patterns = [(folder, "*.py") for folder in (*PACKAGES, "tests", "book")] + [("book", "*.md"), ("tests", "*.md")]
    files = [path for folder, pattern in patterns for path in (ROOT / folder).rglob(pattern)]
    files = [path for path in files if "_build" not in path.parts and path != Path(__file__)]
    return {path: path.read_text(encoding="utf-8") for path in [*files, ROOT / "README.md"]}


TEXTS = written()


def holders(id_: str) -> list[str]:
    found = [str(path.relative_to(ROOT)) for path, text in TEXTS.items() if occurs(id_, text)]
    return [path for path in found if path != TABLE and not path.startswith(MACHINERY)]


@pytest.mark.parametrize("id_", theorems)
def test_a_theorem_is_written_about_in_few_files(id_):
    found = holders(id_)
    assert len(found) <= MORE.get(id_, MOST), found


@pytest.mark.slow
def test_no_exception_is_needless():
    assert {id_: len(holders(id_)) for id_ in MORE if len(holders(id_)) <= MOST} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('formulas["small-step.e0"]', True),
        ('f"small-step.{who}"', True),
        ("theorems['small-step']", True),
        ("as `small-step` says", True),
        ("```{result} small-step\n", True),
        ("a small-step limit, by small-step.", False),
        ('"another-small-step.e", "small-steps", "small-step-size"', False),
        ("{result} small-step-size", False),
    ],
)
def test_the_counter_sees_ids_and_no_other_words(text, found):
    assert occurs("small-step", text) is found


@pytest.mark.parametrize(
    ("id_", "text", "found"),
    [
        ("detection", '"detection"', False),
        ("detection", '"detection.geometry"', True),
        ("detection", "numerics.identification.detect imports", False),
        (PROJECT, 'version("biased-equilibrium")', False),
        (PROJECT, "`biased-equilibrium.e`", True),
        ("simultaneous", 'order="simultaneous"', False),
        ("simultaneous", 'formulas["simultaneous.kernel"]', True),
    ],
)
def test_names_of_other_things_count_with_their_part_only(id_, text, found):
    assert occurs(id_, text) is found


def test_a_planted_file_is_counted(tmp_path, monkeypatch):
    id_ = next(iter(theorems))
    (tmp_path / "planted.md").write_text(f"```{{result}} {id_}\n```\n", encoding="utf-8")
    before = len(holders(id_))
    monkeypatch.setitem(TEXTS, ROOT / "planted.md", (tmp_path / "planted.md").read_text(encoding="utf-8"))
    assert len(holders(id_)) == before + 1


FOLDERS = sorted({path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_is_small_and_its_init_says_one_thing(folder):
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert folder.name == "families" or len(modules) <= 21  # of families there are as many as there are
    if folder.parent == ROOT:
        return  # the face of a package
    (said,) = ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(said, ast.Expr)
    assert isinstance(said.value, ast.Constant)
    assert isinstance(said.value.value, str)


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("theory/families", FAMILIES),
        ("proofs_check/families", FAMILIES),
        ("tests/families", [f"test_{family}" for family in FAMILIES]),
    ],
)
def test_a_family_has_one_file_on_each_side(folder, names):
    found = {path.stem for path in (ROOT / folder).glob("*.py")}
    assert set(names) <= found
    if folder != "tests/families":
        assert found == {*names, "__init__"}
