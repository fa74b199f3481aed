"""What the README shows must run and be true."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from proofs_check.evidence.verdict import Verdict

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.S)


@pytest.mark.slow
def test_the_sweep_is_what_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = (block for block in PYTHON if "sweep(" in block)
    exec(code.replace("range(100)", "range(3)"), {})
    printed = capsys.readouterr().out
    assert "residual_w" in printed
    assert "angle: 13" in printed
    assert "step: 3" in printed


def test_the_python_example_runs_and_its_prediction_holds(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = (block for block in PYTHON if "Interaction(" in block)
    scope: dict[str, object] = {}
    exec(code, scope)
    run, predicted = scope["run"], np.asarray(scope["predicted"])
    # 300 turns at a rate of at most 0.9 leave 1e-13 of the start; both sides are of order 1.
    np.testing.assert_allclose(run.w_last - scope["w_star"], predicted, atol=1e-10)  # type: ignore[attr-defined]
    assert "M^{-1} A Q" in capsys.readouterr().out


def test_the_example_contracts_as_the_tolerance_assumes() -> None:
    (code,) = (block for block in PYTHON if "Interaction(" in block)
    scope: dict[str, object] = {}
    exec(code, scope)
    assert scope["Interaction"](scope["W"], scope["U"]).rate() < 0.9  # type: ignore[operator]


def test_the_theorem_at_numbers_is_what_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = (block for block in PYTHON if ".check(" in block)
    exec(code, {"np": np})
    printed = capsys.readouterr().out
    assert "M is invertible  holds" in printed
    assert "agrees" in printed
    assert "differs" not in printed


def test_every_verdict_word_is_explained() -> None:
    table = README.split("## How to read a verdict")[1].split("##")[0]
    assert set(re.findall(r"^\| ([A-Z]+) \|", table, flags=re.M)) == {verdict.name for verdict in Verdict}


@pytest.mark.parametrize("name", ["main", "test"])
def test_the_check_script_finds_its_commands(name: str) -> None:
    (command,) = re.findall(rf"<!-- ci: {name} -->\n```sh\n(.*?)```", README, flags=re.S)
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
    assert command.count("\n") == 1
