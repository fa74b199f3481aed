"""A plot that is not drawn, or not where it was asked for."""

import csv
from pathlib import Path

import numpy as np
import pytest

import proofs_check
from numerics import LSAAgent, Prompt
from proofs_check.commands.cli import main

DATA = Path(proofs_check.__file__).parent / "data"
WEIGHT, WAIST = str(DATA / "linnerud_weight.csv"), str(DATA / "linnerud_waist.csv")
NAMES = ["cost $", "x [/min]", "日本$^"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A prompt, and what an agent with it answers, under names that mean something to matplotlib or rich."""
    folder, rng = tmp_path_factory.mktemp("plots"), np.random.default_rng(5)
    X, inputs = rng.normal(size=(6, 3)), rng.normal(size=(30, 3))
    prompt = Prompt.from_target(X, np.array([1.0, -2.0, 0.5]))
    step = 1.0 / np.linalg.eigvalsh(prompt.gram)[-1]
    outputs = np.asarray(LSAAgent(prompt, step).update(inputs)) + 0.01 * rng.normal(size=(30, 3))
    rows = {
        "prompt.csv": ([*NAMES, "y $_"], np.column_stack([X, prompt.y])),
        "transcript.csv": ([*NAMES, *(f"{name} then" for name in NAMES)], np.hstack([inputs, outputs])),
    }
    for name, (header, values) in rows.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *values.tolist()])
    return {name: str(folder / name) for name in rows}


def commands(files):
    prompt, transcript = files["prompt.csv"], files["transcript.csv"]
    return {
        "predict": ["--w", prompt, "--u", prompt],
        "attack": ["--victim", prompt, "--goal", "1,0,0"],
        "attack --budget": ["--victim", prompt, "--goal", "1,0,0", "--budget", "0.01"],
        "identify": [transcript],
        "identify --with": [transcript, "--with", transcript],
        "helpers": ["--main", prompt, "--helper", prompt],
        "helpers, no bound": ["--main", WEIGHT, "--helper", WAIST],
    }


@pytest.mark.parametrize("name", commands({"prompt.csv": "", "transcript.csv": ""}))
@pytest.mark.slow
@pytest.mark.many(4)
def test_a_plot_is_drawn(name, files, tmp_path, capsys):
    path = tmp_path / "plot.svg"
    assert main([name.split()[0].strip(","), *commands(files)[name], "--plot", str(path)]) in (0, 1, 3)
    captured = capsys.readouterr()
    assert captured.err == ""
    assert f"Plot written to {path}" in " ".join(captured.out.split("\n"))
    assert path.read_text(encoding="utf-8").count("<path") > 10


@pytest.mark.parametrize("name", ["plot.nonsense", "none/plot.png"])
def test_a_plot_that_cannot_be_written(name, files, tmp_path, capsys):
    for command in ("attack", "identify", "helpers"):
        assert main([command, *commands(files)[command], "--plot", str(tmp_path / name)]) == 2
        assert "--plot: cannot write" in capsys.readouterr().err
