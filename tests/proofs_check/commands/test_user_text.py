"""What users call their columns is printed as it is, by every command that prints it, whatever it means elsewhere."""

import csv
import random

import numpy as np
import pytest

from numerics import LSAAgent, Prompt
from proofs_check.commands.cli import main
from proofs_check.terminal.words import visible

PIECES = [
    "[cm]",
    "[/min]",
    "[bold red]",
    "[/]",
    ":smile:",
    "\\b",
    "C:\\new\\[x]",
    "日本",
    "°",
    "{name}",
    "%s",
    "x",
]


def names_of(seed):
    chosen = random.Random(seed)
    return [f"{i}{''.join(chosen.choices(PIECES, k=chosen.randint(1, 3)))}" for i in "abcdef"]


@pytest.fixture(params=range(4))
def named(request, tmp_path):
    """Features of a prompt, and the files of a prompt and of a transcript with those names."""
    names, rng = names_of(request.param), np.random.default_rng(request.param)
    X = rng.normal(size=(6, 2))
    agent = LSAAgent(prompt := Prompt.from_target(X, np.array([1.0, -2.0])), 0.1)
    inputs = rng.normal(size=(20, 2))
    outputs = np.asarray(agent.update(inputs)) + 0.01 * rng.normal(size=(20, 2))
    tables = {
        f"prompt {names[5].replace('/', '').replace(chr(27), '')}.csv": (names[:3], np.column_stack([X, prompt.y])),
        "transcript.csv": (names[:4], np.hstack([inputs, outputs])),
    }
    for name, (header, values) in tables.items():
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *values.tolist()])
    return names[:3], *(str(tmp_path / name) for name in tables)


def printed(capsys, *arguments):
    assert main(list(arguments)) in (0, 1, 3)
    captured = capsys.readouterr()
    assert captured.err == ""
    assert not {c for c in captured.out if not c.isprintable()} - {"\n"}
    return "".join(captured.out.split())


@pytest.mark.slow
def test_predict(named, capsys):
    names, prompt, _ = named
    out = printed(capsys, "predict", "--w", prompt, "--u", prompt)
    assert all("".join(visible(f"W's weight of {name}").split()) in out for name in names[:2])
    assert visible(f"Features:{names[0]},{names[1]}.") in out


def test_attack(named, capsys):
    names, prompt, _ = named
    out = printed(capsys, "attack", "--victim", prompt, "--goal", "1,0", "--kind", "one-example")
    assert all(visible(name) in out for name in names[:2])


def test_helpers(named, capsys):
    _, prompt, _ = named
    name = "".join(prompt.rpartition("/")[2].split())
    assert f"MainagentW:{visible(name)}," in printed(capsys, "helpers", "--main", prompt, "--helper", prompt)


def test_identify(named, capsys):
    names, _, transcript = named
    out = printed(capsys, "identify", transcript)
    assert all(visible(name) in out for name in names[:2])


def test_audit(named, capsys):
    names, prompt, transcript = named
    assert main(["audit", transcript, "--prompt", prompt]) == 2  # noisy: its own moves are not those of the prompt
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert all(character.isprintable() for character in said[:-1])
    assert names


@pytest.mark.parametrize("name", [*PIECES, "two\nlines"])
def test_messages_are_one_line(name, tmp_path, capsys):
    assert main(["predict", "--w", str(tmp_path / name), "--u", "b"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("proofs-check: error: ")
    assert said.count("\n") == 1
    assert "".join(visible(name.replace("\n", " ")).split()) in "".join(said.split())
