"""The options that say how files are read, and what every command says of the files that it read."""

import argparse
import json

import numpy as np
import pytest

from numerics import LSAAgent, Prompt
from proofs_check.commands.cli import main
from proofs_check.commands.reading import add_reading, reading_of
from proofs_check.inputs.tables import PLAIN, Reading

RNG = np.random.default_rng(70)
AGENT = LSAAgent(Prompt.from_target(RNG.standard_normal((6, 2)), [1.0, 0.5]), 0.3)

OTHER = LSAAgent(Prompt.from_target(RNG.standard_normal((6, 2)), [-1.0, 1.5]), 0.4)


@pytest.fixture
def write(tmp_path):
    def make(name, text):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return make


def prompt_file(write, name, header):
    rows = np.column_stack([AGENT.prompt.X, AGENT.prompt.y])
    lines = [f"{i},{','.join(map(repr, row))}" for i, row in enumerate(rows.tolist())]
    return write(name, "\n".join([header, *lines]) + "\n")


@pytest.fixture
def prompt(write):
    return prompt_file(write, "own.csv", ",x [/min],:smile:,y [cm]")


@pytest.fixture
def plain(write):
    return prompt_file(write, "plain.csv", ",a,b,y")


@pytest.fixture
def transcript(write):
    """A run of the agent, which moves first, beside another."""
    w, rows = np.array([2.0, -3.0]), []
    for _ in range(20):
        u = AGENT.update(w)
        w = OTHER.update(u)
        rows.append([*u.tolist(), *w.tolist()])
    return write("t.csv", "\n".join(",".join(map(repr, row)) for row in rows) + "\n")


def parsed(*arguments):
    parser = argparse.ArgumentParser()
    add_reading(parser)
    return reading_of(parser.parse_args(arguments))


def test_options():
    assert parsed() == PLAIN
    assert parsed("--delimiter", "tab", "--decimal", ",", "--no-header") == Reading("\t", ",", False)
    assert parsed("--header", "--index", "drop", "--sheet", "A") == Reading(None, None, True, "drop", "A")


@pytest.mark.parametrize(
    ("word", "separator"), [("comma", ","), ("semicolon", ";"), ("\\t", "\t"), ("blank", " "), (";", ";"), ("|", "|")]
)
def test_delimiters(word, separator):
    assert parsed("--delimiter", word).delimiter == separator


@pytest.mark.parametrize("word", ["", "a", "1", '"', "#", ".", "-", ";;", "\n"])
def test_what_separates_no_cells(capsys, word):
    with pytest.raises(SystemExit):
        parsed("--delimiter", word)
    assert "separates no cells; give comma" in capsys.readouterr().err


SAID = "own.csv: comma-separated, header, 6 rows; features x [/min], :smile:; label y [cm]. Left out: first column"


@pytest.mark.parametrize(
    ("command", "files"),
    [
        (["audit", "TRANSCRIPT", "--eta", "0.3"], 2),
        (["identify", "TRANSCRIPT", "--noise", "none", "--with", "TRANSCRIPT"], 3),
    ],
)
def test_names_are_printed_as_they_are(capsys, monkeypatch, tmp_path, prompt, transcript, command, files):
    report = tmp_path / "r.json"
    # What else is printed is tested elsewhere.
    monkeypatch.setattr("proofs_check.commands.audit._print", lambda *_, **__: None)
    arguments = [transcript if word == "TRANSCRIPT" else word for word in command]
    main([*arguments, "--prompt", prompt, "--json", str(report)])
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("Read t.csv: comma-separated, no header, 20 rows; given 1, 2; answered 3, 4. Read own.csv")
    assert SAID in out
    read = json.loads(report.read_text())["read"]
    assert len(read) == files
    assert any(SAID in line for line in read)


@pytest.mark.parametrize(
    ("command", "files"),
    [
        (["predict", "--w", "PROMPT", "--u", "PROMPT"], 2),
        (["help", "--main", "PROMPT", "--helper", "PROMPT", "--turns", "500"], 2),
        (["attack", "--goal", "1,0", "--victim", "PROMPT"], 1),
        (["attack", "--goal", "1,0", "--victim", "PROMPT", "--inputs", "PROMPT"], 2),
    ],
)
def test_what_was_read_comes_first_and_is_kept(capsys, tmp_path, plain, command, files):
    report = tmp_path / "r.json"
    main([*(plain if word == "PROMPT" else word for word in command), "--json", str(report)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Read plain.csv: comma-separated, header, 6 rows; features a, b")
    assert sum(line.startswith("Read ") for line in lines) == files
    assert report.read_text().count("Read plain.csv") == files


def test_the_options_reach_the_reader(capsys, write):
    w = write("w.csv", "a;y\n1,5;2,5\n2,5;1\n0;1,5\n")
    assert main(["attack", "--victim", w, "--goal", "1"]) == 2
    assert "--decimal ," in capsys.readouterr().err
    assert main(["attack", "--victim", w, "--goal", "1", "--decimal", ","]) == 0
    assert "semicolon-separated, decimal commas" in " ".join(capsys.readouterr().out.split())
