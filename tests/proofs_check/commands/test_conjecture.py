"""``proofs-check conjecture``: what is read is said first, verdicts are exit codes, files are checked again."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from proofs_check.commands.cli import main
from proofs_check.conjectures import settling
from proofs_check.terminal.exits import Exit

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
TRUE = ["conjecture", "M e_inf = A Q Delta", "--seconds", "20"]
FALSE = ["conjecture", "|A e_t| <= |e_t|", "--seconds", "20"]


def test_the_example_of_the_readme(capsys):
    (command,) = re.findall(r"<!-- ci: conjecture -->\n```sh\n\S*proofs-check conjecture \"(.*?)\"\n```", README)
    (shown,) = re.findall(r"```text\n(REFUTED.*?)```", README, flags=re.S)
    assert main(["conjecture", command]) == Exit.FALLS_SHORT
    assert shown in capsys.readouterr().out


def test_what_is_read_is_said_first(capsys):
    assert main([*TRUE, "--given", "P Q = Q P", "S_W >= 0"]) == Exit.HOLDS
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["claim: M e_inf = A Q Delta", "given: P Q = Q P", "given: S_W >= 0"]
    assert "where: Q = eta_U S_U" in lines
    assert "any:   eta_U, eta_W: number > 0" in lines
    assert lines.index("any:   S_U, S_W: symmetric matrix, d by d") < next(
        i for i, line in enumerate(lines) if line.startswith("PROVED for every dimension")
    )
    assert "the proof does not need: P Q = Q P" in lines


def test_an_open_claim_is_undecided(capsys):
    claim = ["conjecture", "all eigenvalues of A B are real", "--given", "A >= 0", "--seconds", "3"]
    assert main(claim) == Exit.UNDECIDED
    assert "UNKNOWN: no proof, and no counterexample at" in capsys.readouterr().out


def test_a_folder_is_written_and_checked_again(capsys, tmp_path):
    for name, arguments, code in (("true", TRUE, Exit.HOLDS), ("false", FALSE, Exit.FALLS_SHORT)):
        assert main([*arguments, "--name", name, "--out", str(tmp_path / name)]) == code
        file = tmp_path / name / "conjecture.toml"
        capsys.readouterr()
        assert main(["conjecture", str(file)]) == code
        assert "0 drawn" in capsys.readouterr().out
    assert (tmp_path / "false" / "w.csv").exists() is False  # one agent alone has no two prompts
    assert main(["--ledger", str(tmp_path)]) == Exit.HOLDS
    table = capsys.readouterr().out
    assert table.count("PROVED") == table.count("REFUTED") == 1


def test_a_collection_with_a_forgery_falls_short(capsys, tmp_path):
    assert main([*TRUE, "--out", str(tmp_path / "one")]) == Exit.HOLDS
    file = tmp_path / "one" / "conjecture.toml"
    file.write_text(file.read_text().replace("A Q Delta", "A Delta"))
    assert main(["--ledger", str(tmp_path)]) == Exit.FALLS_SHORT
    assert "UNKNOWN" in capsys.readouterr().out


def test_the_mark_stands_under_what_is_wrong(capsys):
    assert main(["conjecture", "|e_inf| <= |Detla|"]) == Exit.INPUT
    message, text, mark = capsys.readouterr().err.splitlines()
    assert "Detla is not known" in message
    assert text[mark.index("^") : mark.rindex("^") + 1] == "Detla"


def test_an_interrupt_without_a_verdict_is_none(capsys, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(settling, "proved", stopped)
    assert main(TRUE) == Exit.INTERRUPTED
    out = capsys.readouterr().out
    assert "UNKNOWN: no proof, and no counterexample at" in out
    assert "interrupted: this is what is known so far" in out


def test_a_folder_speaks_of_one_conjecture(tmp_path):
    """What another has left there does not stay beside it."""
    assert main([*TRUE, "--out", str(tmp_path)]) == Exit.HOLDS
    assert (tmp_path / "certificate.json").exists()
    assert main(["conjecture", "P Q = Q P", "--seconds", "3", "--out", str(tmp_path)]) == Exit.FALLS_SHORT
    assert not (tmp_path / "certificate.json").exists()


def test_the_report_as_data(capsys):
    assert main([*FALSE, "--json", "-"]) == Exit.FALLS_SHORT
    data = json.loads(capsys.readouterr().out)
    assert data["verdict"] == "REFUTED"
    assert data["claim"] == "|A e_t| <= |e_t|"
    assert set(data["counterexample"]["values"]) == {"S_W", "eta_W", "w_star", "w_t"}
    assert {row["says"] for row in data["missing"] if row["provable"]} >= {"P >= 0 and P < 2 I"}


def test_the_symbols_of_a_setting(capsys):
    assert main(["conjecture", "--symbols", "--setting", "helper"]) == Exit.HOLDS
    text = capsys.readouterr().out
    assert "Symbols of the setting helper" in text
    assert "Pi_W = S_plus S_W" in text
    assert "damping of the helper's Newton step" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["conjecture"], "CLAIM: say what is claimed"),
        (["conjecture", "P Q"], "a relation is missing before the end"),
        (["conjecture", "P Q = Q P", "--given", "P +"], "hypothesis 1: an expression is missing"),
        (["conjecture", "P Q = Q P", "--setting", "pairs"], "no setting and no theorem 'pairs'; near: pair"),
        (["conjecture", "P Q = Q P", "--let", "C"], "write 'NAME: KIND SIZE'"),
        (["conjecture", "P Q = Q P", "--seconds", "0"], "must be a positive number of seconds"),
        (["conjecture", "P Q = Q P", "--compile"], "--compile: give the folder"),
        (["conjecture", "none.toml"], "none.toml: cannot be read"),
        (["conjecture", "none.toml", "--given", "P Q = Q P"], "the file says what is given"),
        (["--ledger", "."], "there is no conjecture in ."),
        (["--ledger", ".", "--exact"], "--exact"),
    ],
)
def test_bad_input(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) if "0" in arguments else nullcontext():
        assert main(arguments) == Exit.INPUT
    assert message in capsys.readouterr().err
