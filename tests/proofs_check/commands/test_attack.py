"""An attack that misses, costs more than it may, or is not what was printed; an infeasible one taken for feasible."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import proofs_check
from numerics import Interaction, LSAAgent, Prompt
from proofs_check.commands.cli import main
from proofs_check.inputs.prompts import read_prompt
from proofs_check.predictions.attack import compare, forecast, plan, play

WAIST = str(Path(proofs_check.__file__).parent / "data" / "linnerud_waist.csv")
LINNERUD = ["--victim", WAIST, "--goal", "1,0,0", "--standardize"]


@pytest.fixture
def victim(write):
    """A victim with target (0, 1) that sees both directions."""
    return write("victim.csv", "1,0,0", "0,1,1", "1,1,1")


def run(capsys, *arguments):
    code = main(["attack", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("kind", ["label", "one-example", "gradient"])
def test_attack_on_linnerud(capsys, tmp_path, kind):
    report = tmp_path / "r.json"
    code, out, err = run(capsys, *LINNERUD, "--kind", kind, "--json", str(report))
    assert (code, err) == (0, "")
    assert "The attack succeeds" in out
    assert "confirms the plan" in out
    assert max(map(len, out.splitlines())) <= 100
    data = json.loads(report.read_text())
    assert data["feasible"]
    assert data["confirmed"]
    assert data["simulated"]["error"] < 1e-8
    assert data["simulated"]["victim_bias"] == pytest.approx(data["formula"]["victim_bias"], abs=1e-8)


def test_what_is_written_wins_when_it_is_read_again(capsys, tmp_path, victim):
    path = tmp_path / "attack.csv"
    code, out, _ = run(
        capsys, "--victim", victim, "--goal=-1,0.5", "--eta-u", "0.5", "--eta-w", "0.7", "--write", str(path)
    )
    assert code == 0
    assert "Prompt written to" in out
    prompts = [read_prompt(str(p)) for p in (path, victim)]
    assert prompts[0].features == ("a", "b")
    w, u = (LSAAgent(Prompt(p.X, p.y), step) for p, step in zip(prompts, (0.7, 0.5), strict=True))
    assert np.allclose(Interaction(w, u).equilibrium().w, [-1, 0.5], atol=1e-12)


def test_one_example_is_printed_with_its_features(capsys, victim):
    code, out, _ = run(capsys, "--victim", victim, "--goal", "1,0", "--kind", "one-example", "--eta-u", "0.5")
    assert code == 0
    assert "a " in out
    assert "Cost, the norm of the change of labels: 0." in out


@pytest.mark.parametrize("header", ["a,b", None])
def test_infeasible_attack_has_its_own_exit_code_and_a_certificate(capsys, write, victim, tmp_path, header):
    inputs, report = write("x.csv", "1.0,0.0", header=header), tmp_path / "r.json"
    code, out, _ = run(
        capsys, "--victim", victim, "--goal", "1,0", "--inputs", inputs, "--eta-u", "0.5", "--json", str(report)
    )
    assert code == 3
    assert "cannot succeed" in out
    assert "it holds" in out
    data = json.loads(report.read_text())
    assert data["reachable_error"] == pytest.approx(data["formula"]["reachable_error"])
    assert data["simulated"]["error"] == pytest.approx(data["reachable_error"])
    assert data["separator"] is not None
    assert data["formula"]["victim_bias"] is None


@pytest.mark.parametrize("budget", ["0.1", "l2:0.1", "box:0.05"])
def test_budget_binds(capsys, victim, budget):
    code, out, _ = run(capsys, "--victim", victim, "--goal", "1,0", "--eta-u", "0.5", "--budget", budget)
    assert code == 3
    assert "labels within the budget" in out


def test_ample_budget_does_not_bind(capsys, victim):
    assert run(capsys, "--victim", victim, "--goal", "1,0", "--eta-u", "0.5", "--budget", "100")[0] == 0


def test_goal_that_is_the_victims(capsys, victim):
    code, out, _ = run(capsys, "--victim", victim, "--goal", "0,1")
    assert code == 0
    assert "nothing to gain" in out


def test_inputs_are_matched_by_name(capsys, write, victim, tmp_path):
    reports = [tmp_path / name for name in "pq"]
    for inputs, report in zip(
        (write("p.csv", "1,0", "1,2", header="a,b"), write("q.csv", "0,1,9", "2,1,9", header="b,a,y")),
        reports,
        strict=True,
    ):
        run(capsys, "--victim", victim, "--goal", "1,0", "--inputs", inputs, "--eta-u", "0.5", "--json", str(report))
    first, second = (json.loads(report.read_text()) for report in reports)
    assert first["y"] == second["y"]


def test_directions_that_nobody_sees(capsys, write):
    flat = write("flat.csv", "1,0,1", "2,0,2")
    code, out, _ = run(capsys, "--victim", flat, "--goal", "0,0", "--eta-u", "0.1")
    assert code == 0
    assert "confirms the plan" in out


def test_long_prompts_are_cut(capsys, write):
    rows = [f"{i},1,{i % 3}" for i in range(30)]
    code, out, _ = run(capsys, "--victim", write("long.csv", *rows), "--goal", "1,0", "--eta-u", "0.001")
    assert code == 0
    assert "and 10 more" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--goal", "1,2,3"], "--goal has 3 entries, but the victim's prompt has 2 features"),
        (["--goal", "1,x"], "'x' is not a number"),
        (["--goal", "1,1_0"], "'1_0' is not a number"),
        (["--goal", "1,1e-400"], "'1e-400' is too small for double precision"),
        (["--goal", "1,inf"], "contains a number that is not finite"),
        (["--goal", "1,0", "--budget", "-1"], "must be finite and at least 0"),
        (["--goal", "1,0", "--budget", "cube:1"], "is not a budget"),
        (["--goal", "1,0", "--kind", "gradient", "--budget", "1"], "only --kind label takes a budget"),
        (["--goal", "1,0", "--eta-w", "0"], "a step size must be positive"),
        (["--goal", "1,0", "--eta-w", "50", "--eta-u", "50"], "step"),
        (["--goal", "1,0", "--kind", "magic"], "invalid choice"),
        (["--goal", "1,0", "--inputs", "none.csv"], "no such file"),
        (["--goal", "1,0", "--write", "/none/x.csv"], "--write: cannot write"),
    ],
)
def test_bad_options(capsys, victim, arguments, message):
    try:
        code = main(["attack", "--victim", victim, *arguments])
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert message in capsys.readouterr().err


def test_inputs_for_one_example(capsys, victim):
    code, _, err = run(capsys, "--victim", victim, "--goal", "1,0", "--kind", "one-example", "--inputs", victim)
    assert code == 2
    assert "chooses its own example" in err


def test_inputs_with_other_columns(capsys, write, victim):
    code, _, err = run(capsys, "--victim", victim, "--goal", "1,0", "--inputs", write("x.csv", "1,2", header="a,c"))
    assert code == 2
    assert "has no column 'b'" in err
    code, _, err = run(capsys, "--victim", victim, "--goal", "1,0", "--inputs", write("z.csv", "1", header=None))
    assert code == 2
    assert "has 1 column; the victim has 2 features" in err


def test_victim_that_never_moves(capsys, write):
    code, _, err = run(capsys, "--victim", write("zero.csv", "0,0,1"), "--goal", "1,0")
    assert code == 2
    assert "attack" in err


def test_standardize_reaches_the_attackers_examples_too(capsys, tmp_path):
    """The attacker's columns have another scale; standardized, its step is that of unit variances."""
    weight = str(Path(proofs_check.__file__).parent / "data" / "linnerud_weight.csv")
    path = tmp_path / "attack.csv"
    code, _, _ = run(capsys, *LINNERUD, "--inputs", weight, "--write", str(path))
    assert code == 0
    X = read_prompt(str(path)).X
    # Sums of ten numbers of order one, printed with all their digits.
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose(X.std(axis=0), 1, atol=1e-13)


def test_a_gap_that_rounding_hides_is_undecided(capsys, tmp_path, write):
    """W sees one direction only and cannot keep U from its target along the other: "succeeds" would be false."""
    victim, inputs = write("victim.csv", "1,0,1", "0,0.0001,100"), write("inputs.csv", "1,0,0")
    report = tmp_path / "r.json"
    code, out, _ = run(
        capsys,
        "--victim",
        victim,
        "--inputs",
        inputs,
        "--goal=1,1000000.5",
        "--eta-u=1",
        "--eta-w=1",
        "--json",
        str(report),
    )
    assert code == 3
    assert "Undecided: " in out
    assert "succeeds" not in out
    assert "confirms" not in out
    assert not json.loads(report.read_text())["confirmed"]


def test_a_pair_that_has_not_settled_is_undecided(capsys, write):
    victim = write("victim.csv", "1,0,1", "0,1,1")
    code, out, _ = run(capsys, "--victim", victim, "--goal=1,2", "--eta-u", "3.99999999", "--eta-w", "1e-7")
    assert code == 3
    assert "Undecided: the pair has not settled" in out


@pytest.mark.parametrize("wrong", [{"error": 3e-3}, {"bias": np.array([0.5, 0.5])}, {"bias": np.array([0.0, 0.0])}])
@pytest.mark.parametrize(
    ("settled", "size", "word"), [(True, 1, "differs"), (False, 1, "unknown"), (True, 1e6, "unknown")]
)
def test_what_a_difference_says(wrong, settled, size, word):
    """Planted: another error, another bias; at 1e6 rounding could explain a thousandth."""
    goal = np.array([0.0, float(size)])
    examples = np.eye(2)
    victim = LSAAgent(Prompt.from_target(examples, goal - [0.0, 0.5]), 0.5)
    attack = plan("label", victim, examples, goal, 0.7)
    expected, found = forecast(victim, attack), play(victim, attack)
    assert compare(attack, expected, found) == "agrees"
    assert compare(attack, expected, replace(found, settled=settled, **wrong)) == word


@pytest.mark.parametrize("bias", ["0.66666666666", "0.5", "3", "123456.99999999"])
def test_a_printed_bound_is_not_above_the_least_error(capsys, write, bias):
    victim, inputs = write("victim.csv", "1,0,1", "0,1,0"), write("inputs.csv", "1,0,0")
    code, out, _ = run(capsys, "--victim", victim, "--inputs", inputs, f"--goal=1,{bias}")
    assert code == 3
    printed = float(" ".join(out.split()).split("stays at least ")[1].split()[0])
    assert float(bias) * (1 - 1e-7) < printed <= float(bias)
