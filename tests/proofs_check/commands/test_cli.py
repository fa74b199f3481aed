"""Exit codes that take an accident for a verdict, options silently taken, cut tables, JSON that is not alone."""

import csv
import io
import json
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import proofs_check
import theory
from numerics import NumericsError, StepSizeError
from proofs_check import CheckError, theorems
from proofs_check.commands import ledger as ledger_command
from proofs_check.commands.cli import COMMANDS, main
from proofs_check.evidence.comparison import Relation
from proofs_check.evidence.kinds import Case, Exact
from proofs_check.evidence.theorem import Theorem
from proofs_check.proving.statement import NotFound
from proofs_check.terminal.endings import DEBUG
from proofs_check.terminal.exits import EXITS
from tests.families.test_convergence import BOX_NOT_NECESSARY
from tests.families.test_dynamics import ERROR_RECURSION
from tests.families.test_one_agent import LSA_STEP
from theory import SingularError, TheoryError

ROOT = Path(__file__).parents[3]
FEW = ["--theorem", BOX_NOT_NECESSARY, "--geometries", "20", "--processes", "1"]


def usage_error(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    assert left.value.code == 2
    return capsys.readouterr().err


def test_table_fits_a_hundred_columns_when_piped(capsys):
    assert main(FEW) == 0
    captured = capsys.readouterr()
    assert BOX_NOT_NECESSARY in captured.out
    assert "PROVED" in captured.out
    assert "1 theorem, each by its weakest conclusion: 1 PROVED." in " ".join(captured.out.split())
    assert "Seed 0, 20 geometries" in captured.out
    assert max(map(len, captured.out.splitlines())) <= 100
    assert captured.err == ""


def test_claims_of_the_chosen_theorems_only(capsys):
    main(FEW)
    out = capsys.readouterr().out
    assert "p = 5/2, q = 9/10" in out
    assert "X_W = diag" not in out


def test_json(capsys, tmp_path):
    path = tmp_path / "report.json"
    assert main([*FEW, "--seed", "5", "--json", str(path)]) == 0
    report = json.loads(path.read_text())
    assert report["settings"] == {"seed": 5, "geometries": 20, "exact": False}
    assert [row["id"] for row in report["theorems"]] == [BOX_NOT_NECESSARY]
    assert [row["id"] for row in report["claims"]] == ["both-must-be-stable"]


def test_json_that_cannot_be_written(capsys, tmp_path):
    assert main([*FEW, "--json", str(tmp_path / "none" / "report.json")]) == 2
    assert "--json: cannot write" in capsys.readouterr().err


@pytest.mark.slow
def test_exact_uses_more_geometries(monkeypatch, capsys):
    monkeypatch.setattr(ledger_command, "EXACT_GEOMETRIES", 30)
    assert main(["--theorem", ERROR_RECURSION, "--exact", "--processes", "1"]) == 0
    out = capsys.readouterr().out
    assert "30 geometries" in out
    assert "floats" not in out


def test_unknown_theorem_names_the_nearest(capsys):
    assert main(["--theorem", "lsa-stp"]) == 2
    assert f"there is no theorem 'lsa-stp'; did you mean {LSA_STEP}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--geometries", "0"], "must be at least 1, got 0"),
        (["--geometries", "many"], "'many' is not a whole number"),
        (["--geometries", "1_0"], "'1_0' is not a whole number"),
        (["--geometries", "٣"], "'٣' is not a whole number"),
        (["--seed", "-1"], "must be at least 0, got -1"),
        (["--seed", "1" * 5000], "is not a whole number"),
        (["--processes", "0"], "must be at least 1"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        (["--frobnicate"], "unrecognized arguments"),
    ],
)
def test_usage_errors(capsys, arguments, message):
    assert message in usage_error(capsys, *arguments)


@pytest.mark.parametrize(
    ("family", "error"),
    [
        (CheckError, CheckError("of the check")),
        (CheckError, NotFound("no cofactors")),
        (TheoryError, proofs_check.InputError("a file that cannot be used")),
        (TheoryError, SingularError("no inverse")),
        (NumericsError, StepSizeError("a step of zero")),
        (NumericsError, NumericsError("of the numbers")),
    ],
)
def test_an_error_of_each_family_is_a_usage_error(monkeypatch, capsys, family, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(ledger_command, "run", fail)
    assert isinstance(error, family)
    assert main(FEW) == 2
    captured = capsys.readouterr()
    assert captured.err == f"proofs-check: error: {error}\n"
    assert captured.out == ""


class ArrowMemoryError(MemoryError):
    """As PyArrow has one: what other packages raise is often of a kind of their own."""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ValueError("a defect\nin two lines \x1b[31m"), 70, "internal error: ValueError: a defect in two lines \\x1b"),
        (KeyError(), 70, "internal error: KeyError; please report"),
        (np.linalg.LinAlgError("SVD did not converge"), 2, "bring the columns to similar scales"),
        (MemoryError(), 2, "the memory does not suffice"),
        (ArrowMemoryError("malloc failed"), 2, "the memory does not suffice"),
        (RecursionError("too deep"), 2, "nested too deeply"),
        (csv.Error("unexpected end of data"), 2, "look for an open quotation mark"),
        (BrokenProcessPool("died"), 2, "use fewer workers"),
        (FileNotFoundError(2, "No such file or directory", "x[/].csv"), 2, "x[/].csv: No such file or directory"),
        (OSError(28, "No space left on device"), 74, "make room, or write elsewhere"),
        (KeyboardInterrupt(), 130, "Interrupted;"),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_no_accident_looks_like_a_verdict(monkeypatch, capsys, error, code, said, debug):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(ledger_command, "run", fail)
    assert main([*FEW, *["--debug"] * debug]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    *where, line = captured.err.splitlines()
    assert line.startswith("proofs-check: ")
    assert said in line
    assert bool(where) is (debug and code == 70)


def test_the_environment_shows_where_an_error_arose_too(monkeypatch, capsys):
    monkeypatch.setattr(ledger_command, "run", lambda *_, **__: 1 / 0)
    monkeypatch.setenv(DEBUG, "1")
    assert main(FEW) == 70
    assert "Traceback" in capsys.readouterr().err


def test_help_is_for_getting_help(capsys):
    texts = []
    for arguments in (["--help"], ["help"], ["predict", "--help"], ["help", "predict"]):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2] == texts[3]
    assert "usage: proofs-check helpers" in usage_error(capsys, "help", "--main", "W.csv")
    assert "invalid choice: 'frobnicate'" in usage_error(capsys, "help", "frobnicate")


def test_version(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"proofs-check {version('biased-equilibrium')}, Python 3.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "1", "--seed", "1"], "argument --seed: is given twice"),
        (["--theorem", LSA_STEP, "--theorem", LSA_STEP], f"argument --theorem: {LSA_STEP!r} is given twice"),
        (["predict", "--w", "a", "--w", "b", "--u", "c"], "argument --w: is given twice"),
    ],
)
def test_an_option_is_given_once(capsys, arguments, message):
    assert message in usage_error(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--necessity", "--seed", "0"], "--seed: without effect beside --necessity"),
        (["--necessity", "--exact"], "--exact: without effect beside --necessity"),
        (["--export-rocq", "x", "--necessity"], "--necessity: without effect beside --export-rocq"),
        (["--export-rocq", "x", "--json", "y"], "--json: without effect beside --export-rocq"),
        (["--compile"], "--compile: say with --export-rocq DIR"),
        (["--seed", "1", "theorem", "--list"], "--seed: without effect beside theorem; options of a command follow"),
        (["--exact", "theorem", "--list"], "--exact: without effect beside theorem"),
        ([*FEW, "--json", "-", "--csv", "-"], "standard output holds one of them"),
        (["certify", LSA_STEP, LSA_STEP], f"THEOREM: {LSA_STEP!r} is given twice"),
    ],
)
def test_options_without_effect_are_refused(capsys, arguments, message):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


@pytest.mark.slow
def test_json_on_standard_output_is_alone(capsys):
    assert main([*FEW, "--json", "-"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["passed"] is True
    assert "1 theorem, each by its weakest conclusion" in captured.err


@pytest.mark.slow
def test_tables_as_csv(capsys, tmp_path):
    assert main([*FEW, "--csv", str(tmp_path / "tables")]) == 0
    capsys.readouterr()
    texts = {path.name: path.read_bytes().decode() for path in (tmp_path / "tables").iterdir()}
    files = {name: list(csv.reader(io.StringIO(text, newline=""))) for name, text in texts.items()}
    assert set(files) == {"1-theorems.csv", "2-claims-that-need-another-hypothesis.csv"}
    headings, row = files["1-theorems.csv"]
    assert headings[1] == "verdict"
    assert row[0].startswith(BOX_NOT_NECESSARY)
    assert row[1] == "PROVED"
    assert main([*FEW, "--csv", "-"]) == 0
    captured = capsys.readouterr()
    rows = list(csv.reader(io.StringIO(captured.out, newline="")))
    assert [row for row in rows if not row] == [[]]
    assert rows[0] == headings
    assert "Theorems" in captured.err


def test_csv_that_cannot_be_written(capsys, tmp_path):
    (tmp_path / "file").touch()
    assert main([*FEW, "--csv", str(tmp_path / "file" / "tables")]) == 2
    assert "--csv: cannot write to the folder" in capsys.readouterr().err


def test_there_is_one_error_for_inputs():
    assert proofs_check.InputError is theory.InputError


@pytest.mark.parametrize("right", [0, None])
def test_a_theorem_that_falls_short_fails_the_command(monkeypatch, capsys, right):
    def check(rng, formulas):
        return Case({"x": 1}, [] if right is None else [Relation("x = 0", 1, right)])

    monkeypatch.setitem(theorems, "planted", Theorem("planted", (Exact(check),)))
    assert main(["--theorem", "planted", "--processes", "1", "--geometries", "5"]) == 1
    out = capsys.readouterr().out
    assert ("UNKNOWN planted" if right is None else "REFUTED planted") in out
    assert ("hypotheses" if right is None else "fails: x = 0") in out


def test_module_is_the_command():
    run = subprocess.run([sys.executable, "-m", "proofs_check", "--help"], capture_output=True, text=True, check=True)
    assert "predict" in run.stdout
    assert "--geometries" in run.stdout


def loaded_by(code):
    """The modules that are loaded when `code` has run in an interpreter of its own."""
    code = f"import contextlib, io, sys\nwith contextlib.redirect_stdout(io.StringIO()):\n {code}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def helped(*arguments):
    """The modules that ``proofs-check ARGUMENTS --help`` loads."""
    call = f"with contextlib.suppress(SystemExit): main({[*arguments, '--help']})"
    return loaded_by(f"from proofs_check.commands.cli import main\n {call}")


def test_help_loads_neither_side_and_no_command():
    found = helped()
    assert found.isdisjoint({"sympy", "numpy", "scipy", "rich"})
    assert found.isdisjoint(f"proofs_check.commands.{name}" for name in ("ledger", "output", *COMMANDS))


@pytest.mark.parametrize("command", ["audit", "certify"])
@pytest.mark.slow
@pytest.mark.many(2)
def test_help_of_a_command_loads_that_command_only(command):
    found = helped(command)
    assert {name for name in COMMANDS if f"proofs_check.commands.{name}" in found} == {command}


def test_the_checker_loads_neither_side():
    found = loaded_by("import proofs_check.certificates.checker")
    assert found.isdisjoint({"sympy", "numpy", "scipy", "theory", "numerics"})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_its_own(capsys, command):
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: proofs-check {command} ")
    module = sys.modules[f"proofs_check.commands.{command}"]
    assert str(module.__doc__).splitlines()[0] in out
    assert "exit codes" not in str(module.__doc__)
    listed = out.partition("exit codes:")[2].split()
    assert {int(word) for word in listed if word.isdigit()} >= {*EXITS[command], 2, 70, 74, 130, 141}
