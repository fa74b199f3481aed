"""The command ``python -m tests.mutation`` on a few lines, where it is known what becomes of each mutant."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray")

from tests.mutation import __main__ as command, runner
from tests.mutation.mutants import mutants
from tests.mutation.results import Results, Row, table
from tests.mutation.runner import run
from tests.mutation.tables import Equivalent, Target, Tree, chosen, equivalents, targets

ROOT = Path(__file__).parents[1]
MODULE = """\
def positive(x):
    return x > 0


def rest(x):
    while x:
        x -= 1
    return x


def steps(x=1):
    return x - x
"""
TESTS = """\
from tiny import positive, rest, steps


def test_positive():
    assert positive(2) and not positive(-1)


def test_rest():
    assert rest(2) == 0


def test_steps():
    assert steps() == 0
"""
SAME = Equivalent("tiny.py", "steps", "def steps(x=1):", "def steps(x= 2):", "no x changes x - x")
TARGET = Target("tiny.py", ("test_tiny.py",), 0.9)


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    root.mkdir()
    (root / "tiny.py").write_text(MODULE, encoding="utf-8")
    (root / "test_tiny.py").write_text(TESTS, encoding="utf-8")
    return Tree(root, ("tiny.py", "test_tiny.py"), ())


def tried(tree, results, table=(SAME,)):
    return run(tree, [TARGET], table, Results(results), processes=2, more=1)


@pytest.mark.slow
def test_each_mutant_ends_as_it_must_and_is_not_tried_again(tree, tmp_path, monkeypatch):
    before = (tree.root / "tiny.py").read_bytes()
    (row,) = tried(tree, tmp_path / "results.jsonl")
    found = {(mutant.line, mutant.becomes): outcome for mutant, outcome in row.outcomes.items()}
    assert found["return x > 0", "return x <= 0"] == "killed"
    assert found["return x > 0", "return x >= 0"] == "survived"
    assert found["x -= 1", "x -= 0"] == "timed out"
    assert found[SAME.line, SAME.becomes] == "equivalent"
    assert not row.enough
    assert "<" in table([row]).splitlines()[1]
    assert (tree.root / "tiny.py").read_bytes() == before

    def never(*_):
        raise AssertionError("a server is started")

    monkeypatch.setattr(runner, "servers", never)
    assert tried(tree, tmp_path / "results.jsonl") == [row]


def test_a_changed_test_is_another_question(tree, tmp_path):
    results = Results(tmp_path / "results.jsonl")
    for mutant in mutants(TARGET.path, MODULE):
        results.add(mutant, "other tests", {"outcome": "killed", "killer": "test_tiny.py::test_rest"})
    said = []
    run(tree, [TARGET], [], results, processes=1, sample=0, say=said.append)
    assert "0 to try" in said[0]
    assert {tests for _, tests in Results(results.file).outcomes} == {"other tests"}


def test_an_entry_that_matches_no_mutant_is_refused(tree, tmp_path):
    stale = Equivalent("tiny.py", "steps", "return x - y", "return x + y", "it stood here once")
    with pytest.raises(LookupError, match=r"no mutant of tiny\.py changes 'return x - y'"):
        tried(tree, tmp_path / "results.jsonl", [SAME, stale])


@pytest.mark.slow
def test_tests_that_fail_without_a_mutant_are_refused(tree, tmp_path):
    (tree.root / "test_tiny.py").write_text("def test_nothing():\n    assert False\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match="test_nothing fails"):
        tried(tree, tmp_path / "results.jsonl", [])


@pytest.mark.parametrize(
    "source",
    [
        '"""1 + 1"""\n',
        "def f(x: 1 | 2, *, y: 1 | 2) -> 1 | 2:\n    z: 1 | 2\n",
        "Number = int | float\n",
        "if TYPE_CHECKING:\n    x = 1\n",
        "@cache(maxsize=2)\ndef f(): ...\n",
        "def f(x):\n    raise ValueError(f'{x + 1} of 2')\n",
        "def f(x):\n    warnings.warn(f'{x + 1} of 2', stacklevel=2)\n",
        "class A:\n    def __repr__(self):\n        return 1\n",
        "zip(a, b, strict=True)\n",
    ],
)
def test_what_says_nothing_of_the_tests_is_not_mutated(source):
    assert mutants("a.py", source) == []


def test_a_mutant_is_named_by_its_line_and_where_it_stands():
    source = "class A:\n    def f(self, x):\n        return (x\n                < 1)\n"
    found = {(mutant.within, mutant.line, mutant.becomes) for mutant in mutants("a.py", source)}
    assert ("A.f", "return (x < 1)", "return (x <= 1)") in found
    assert all(mutant.diff().startswith("--- a.py") for mutant in mutants("a.py", source))


def test_a_sample_stays_when_other_lines_change():
    one, two = (min(mutants("a.py", source), key=lambda m: m.rank(3)) for source in (MODULE, "\n" + MODULE))
    assert (one.line, one.becomes) == (two.line, two.becomes)


def test_targets_are_there_and_chosen_by_module_or_package():
    _, all_ = targets(ROOT)
    assert len({target.path for target in all_}) == len(all_)
    assert [target.path for target in chosen(all_, ["proofs_check.certificates.checker"])] == [
        "proofs_check/certificates/checker.py"
    ]
    assert len(chosen(all_, ["proofs_check/evidence"])) > 1
    assert chosen(all_, []) == all_
    with pytest.raises(LookupError, match="no target"):
        chosen(all_, ["proofs_check.cert"])


def test_a_table_that_names_what_is_gone_is_refused(tmp_path):
    file = tmp_path / "targets.toml"
    file.write_text('[[group]]\nwanted = 1.0\n[group.modules]\n"gone.py" = []\n', encoding="utf-8")
    with pytest.raises(LookupError, match=r"gone\.py"):
        targets(ROOT, file)


def test_equivalent_mutants_have_reasons(tmp_path):
    assert all(each.reason for each in equivalents())
    file = tmp_path / "equivalent.toml"
    file.write_text(
        '[[mutant]]\npath = "a.py"\nwithin = ""\nline = "1"\nbecomes = "2"\nreason = ""\n', encoding="utf-8"
    )
    with pytest.raises(LookupError, match="no reason"):
        equivalents(file)


def test_every_declared_equivalent_is_of_a_target():
    assert {each.path for each in equivalents()} <= {target.path for target in targets(ROOT)[1]}


@pytest.mark.parametrize(("outcome", "status"), [("killed", 0), ("survived", 1)])
def test_the_exit_status_says_whether_enough_died(outcome, status, monkeypatch, capsys):
    (mutant, *_) = mutants("tiny.py", MODULE)
    monkeypatch.setattr(command, "run", lambda *_, **__: [Row(TARGET, {mutant: outcome})])
    monkeypatch.setattr(command, "Results", lambda file: None)
    assert command.main(["--survivors"]) == status
    assert (mutant.diff() in capsys.readouterr().out) is (outcome == "survived")


def test_a_wrong_name_is_an_error_of_the_command(capsys, tmp_path):
    assert command.main(["no.such.module", "--results", str(tmp_path / "results.jsonl")]) == 2
    assert "no target is called no.such.module" in capsys.readouterr().err
