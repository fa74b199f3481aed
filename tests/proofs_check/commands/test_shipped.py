"""The shipped transcripts are what their description says, and the README's lines on shipped files do what it says."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import proofs_check
from numerics import Interaction, LSAAgent, Prompt, label_attack
from proofs_check.commands.cli import main
from proofs_check.inputs.prompts import read_prompt, standardized
from proofs_check.inputs.transcripts import read_transcript

DATA = Path(proofs_check.__file__).parent / "data"
README = Path(__file__).parents[3] / "README.md"
GOAL = np.array([-0.5, 0.0, 0.5])


def lines():
    block = re.search(r"<!-- ci: commands -->\n```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    return [line for line in block.group(1).splitlines() if line.startswith("proofs-check ")]


def test_transcripts_are_made_from_the_two_prompts():
    own, other = (standardized(read_prompt(str(DATA / f"linnerud_{name}.csv"))) for name in ("waist", "weight"))
    shipped = read_prompt(str(DATA / "own_prompt.csv"))
    assert np.array_equal(shipped.X, own.X.round(3))
    assert np.array_equal(shipped.y, own.y.round(3))
    victim = LSAAgent(Prompt(shipped.X, shipped.y), 0.4)
    X = other.X.round(3)
    honest = LSAAgent(Prompt(X, other.y.round(3)), 0.4)
    attack = label_attack(victim, X, GOAL, step_size=0.4)
    for name, agent in (("honest", honest), ("attacked", attack.agent)):
        run = Interaction(agent, victim).simulate([4.0, -3.0, 2.0], 30)
        table = read_transcript(str(DATA / f"turns_{name}.csv"))
        np.testing.assert_allclose(table.inputs, run.u, rtol=0, atol=5.1e-7)
        np.testing.assert_allclose(table.outputs, run.w[1:], rtol=0, atol=5.1e-7)
    np.testing.assert_allclose(table.outputs[-1], GOAL, atol=0.01)


@pytest.mark.parametrize("line", lines())
def test_lines_of_the_readme(line, monkeypatch, capsys):
    monkeypatch.chdir(DATA)
    shifted = "attacked" in line
    assert main(shlex.split(line)[1:]) == (1 if shifted else 0)
    assert ("Verdict: shifted" in capsys.readouterr().out) == shifted


def test_there_are_lines_for_every_command_on_prompts_and_transcripts():
    assert {shlex.split(line)[1] for line in lines()} == {"attack", "audit", "identify", "helpers"}
