"""A prediction confirmed and false, or true and not confirmed; steps and files read otherwise than typed."""

import json
from pathlib import Path

import numpy as np
import pytest

import proofs_check
from proofs_check.commands.cli import main
from proofs_check.inputs.prompts import read_prompt
from proofs_check.predictions.pair import WHO_WINS, predict
from proofs_check.predictions.simulation import simulate
from tests.families.test_equilibrium import SINGULAR_EQUILIBRIUM

DATA = Path(proofs_check.__file__).parent / "data"
WEIGHT, WAIST = str(DATA / "linnerud_weight.csv"), str(DATA / "linnerud_waist.csv")


@pytest.fixture
def scalar(write):
    """Return a function that writes a one-dimensional prompt with Gram 1 and the given target."""
    return lambda name, target: write(name, f"1,{target}", header="a,y")


def run(capsys, *arguments):
    code = main(["predict", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_shipped_data_is_all_of_linnerud():
    tables = [read_prompt(path) for path in (WEIGHT, WAIST)]
    assert [len(table.y) for table in tables] == [10, 10]
    assert tables[0].features == tables[1].features == ("chins", "situps", "jumps")
    assert sum(table.X[:, 0].sum() for table in tables) == 189
    assert (tables[0].y.sum(), tables[1].y.sum()) == (1808, 356)


@pytest.mark.slow
def test_linnerud_run(capsys, tmp_path):
    report, plot = tmp_path / "r.json", tmp_path / "p.png"
    arguments = ["--w", WEIGHT, "--u", WAIST, "--standardize", "--json", str(report), "--plot", str(plot)]
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    assert "neither agent reaches its target" in out
    assert "each move through its attention layer" in out
    assert "The simulation confirms the prediction" in out
    assert max(map(len, out.splitlines())) <= 100
    assert plot.stat().st_size > 10_000
    data = json.loads(report.read_text())
    assert data["predicted"]["residual_w"] == pytest.approx(data["simulated"]["residual_w"], rel=1e-9)
    assert data["predicted"]["residual_u"] == pytest.approx(data["simulated"]["residual_u"], rel=1e-9)
    assert data["w"]["step_is_default"]


def test_raw_columns_exceed_the_gap(capsys):
    code, out, _ = run(capsys, "--w", WEIGHT, "--u", WAIST)
    assert code == 0
    assert "by the map of one turn" in out


def test_one_agent_wins(capsys, scalar):
    code, out, _ = run(capsys, "--w", scalar("w", 0), "--u", scalar("u", 1), "--eta-w", "1", "--eta-u", "0.5")
    assert code == 0
    assert "W alone reaches its target; U keeps a bias" in out


def test_both_agents_win(capsys, scalar):
    code, out, _ = run(capsys, "--w", scalar("w", 2), "--u", scalar("u", 2))
    assert code == 0
    assert "both agents reach their targets" in out


def test_common_kernel_uses_the_singular_formula(capsys, write):
    w, u = write("w", "1,1,1", "2,2,2"), write("u", "1,1,0", "3,3,0")
    code, out, _ = run(capsys, "--w", w, "--u", u, "--eta-w", "0.1", "--eta-u", "0.05")
    assert code == 0
    assert f"by {SINGULAR_EQUILIBRIUM}" in out
    assert "1 of 2" in out
    assert "Many weights fit U and W equally well: the target is the one nearest to zero" in " ".join(out.split())


def test_prompt_of_zeros_never_moves(capsys, write):
    w, u = write("w", "0,0,0"), write("u", "1,0,1", "0,1,1")
    code, out, _ = run(capsys, "--w", w, "--u", u)
    assert code == 0
    assert "0 of 2" in out
    assert "Many weights fit W equally well" in out


def test_two_prompts_of_zeros(capsys, write):
    code, out, _ = run(capsys, "--w", write("w", "0,0,0"), "--u", write("u", "0,0,0"))
    assert code == 0
    assert "both agents reach their targets" in out


def test_step_outside_the_box_that_converges(capsys, scalar):
    arguments = ["--w", scalar("w", 0), "--u", scalar("u", 1), "--eta-w", "2.5", "--eta-u", "0.9"]
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    assert "outside" in out


def test_divergent_pair_has_its_own_exit_code_and_its_rate(capsys, scalar, tmp_path):
    report = tmp_path / "r.json"
    arguments = ["--w", scalar("w", 0), "--u", scalar("u", 1), "--eta-w", "3", "--eta-u", "3"]
    code, out, _ = run(capsys, *arguments, "--json", str(report))
    assert code == 3
    assert "does not converge: its rate is 4" in out
    data = json.loads(report.read_text())
    assert data["converges"] is False
    assert "predicted" not in data


def test_pair_on_the_edge_does_not_converge(capsys, scalar):
    arguments = ["--w", scalar("w", 0), "--u", scalar("u", 1), "--eta-w", "2", "--eta-u", "2"]
    assert run(capsys, *arguments)[0] == 3


@pytest.mark.parametrize(("eta", "code"), [("1.99999999999999999", 0), ("2.00000000000000001", 3), ("2", 3)])
def test_a_step_is_the_decimal_that_was_typed(capsys, scalar, eta, code):
    """All three are the same double; only the first contracts, by 1e-17 a turn."""
    files = scalar("w.csv", 1), scalar("u.csv", 0)
    assert run(capsys, "--w", files[0], "--u", files[1], "--eta-w", eta, "--eta-u", "2")[0] == code


def test_too_few_turns_tell_nothing(capsys):
    code, out, _ = run(capsys, "--w", WEIGHT, "--u", WAIST, "--turns", "3")
    assert code == 3
    assert "Too few turns to tell" in out


def test_columns_of_one_table(capsys, write):
    path = write("both", "1,2,3,4", "2,1,0,5", "1,1,1,1", header="a,b,first,second")
    code, out, _ = run(capsys, "--w", path, "--u", path, "--label", "first,second", "--features", "b,a")
    assert code == 0
    assert "Features: b, a" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--eta-w", "0"], "a step size must be positive and finite, got 0"),
        (["--eta-u", "-1"], "a step size must be positive and finite, got -1"),
        (["--eta-u", "inf"], "a step size must be positive and finite, got inf"),
        (["--eta-w", "big"], "'big' is not a number"),
        (["--features", "a,,b"], "contains an empty column name"),
        (["--label", "a,b,c"], "--label takes one column, or one for W and one for U"),
        (["--turns", "0"], "must be at least 1"),
    ],
)
def test_bad_options(capsys, arguments, message):
    try:
        code = main(["predict", "--w", WEIGHT, "--u", WAIST, *arguments])
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert message in capsys.readouterr().err


def test_bad_files_are_reported_on_standard_error(capsys, tmp_path):
    code, out, err = run(capsys, "--w", str(tmp_path / "none.csv"), "--u", WAIST)
    assert (code, out) == (2, "")
    assert "none.csv: no such file" in err


def test_numbers_too_large_for_double_precision(capsys, write):
    code, _, err = run(capsys, "--w", write("w", "1e200,0,1"), "--u", write("u", "1,0,1"))
    assert code == 2
    assert "rescale" in err


@pytest.mark.slow
def test_plot_of_an_unknown_kind(capsys, tmp_path):
    code, _, err = run(capsys, "--w", WEIGHT, "--u", WAIST, "--plot", str(tmp_path / "p.xyz"))
    assert code == 2
    assert "--plot: cannot write" in err


def test_slow_pair_is_followed_to_its_end(write):
    rows = write("w", "1,0,1", "0,0.001,1"), write("u", "1,0,0", "0,0.001,0")
    prediction, pair = predict(*map(read_prompt, rows))
    simulation = simulate(prediction, pair)
    assert prediction.turns > 100_000
    assert simulation.method == "affine"
    assert len(simulation.errors_w) == 100_000 < simulation.turns
    assert np.allclose(simulation.w, prediction.w.target + prediction.e, rtol=1e-6)


@pytest.mark.slow
def test_hypotheses_of_the_pair(capsys, tmp_path):
    report = tmp_path / "r.json"
    code, out, _ = run(capsys, "--w", WEIGHT, "--u", WAIST, "--standardize", "--eta-w", "0.3", "--json", str(report))
    assert code == 0
    assert "Which hypotheses hold for the pair" in out
    assert "Who reaches its target, and why" in out
    assert max(map(len, out.splitlines())) <= 100
    checks = {check["id"]: check for check in json.loads(report.read_text())["theorems"]}
    assert set(WHO_WINS) < set(checks)
    rows = {row["says"]: row for check in checks.values() for row in check["hypotheses"]}
    assert rows["A is invertible"]["measured"] == "holds"
    assert rows["A is invertible"]["margin"] > 0.1
    # U's default step is exact along its steepest direction.
    assert rows["B is invertible"]["measured"] == "undecidable"
    outcomes = [found["outcome"] for check in checks.values() for found in check["conclusions"]]
    assert "agrees" in outcomes
    assert "differs" not in outcomes


@pytest.mark.parametrize("d", [2, 9])
def test_equal_floats_are_not_said_to_be_equal(capsys, write, d):
    """Beyond the dimension up to which theorems are checked in rationals, a difference of 0.0 is one of doubles."""
    names = "abcdefghi"[:d]
    rows = [",".join(str(int(i == j)) for j in range(d)) + ",1" for i in range(d)]
    path = write("w.csv", *rows, header=",".join([*names, "y"]))
    _, out = run(capsys, "--w", path, "--u", path)[:2]
    said = " ".join(out.split())
    assert ("agree exactly" in said) == (d == 2)


def test_who_wins_by_an_exact_step(capsys, scalar, tmp_path):
    """W corrects all at once: that A is invertible fails, so that W loses is not claimed."""
    report = tmp_path / "r.json"
    pair = ["--w", scalar("w", 0), "--u", scalar("u", 1)]
    run(capsys, *pair, "--eta-w", "1", "--eta-u", "0.5", "--json", str(report))
    checks = {check["id"]: check for check in json.loads(report.read_text())["theorems"]}
    rows = {row["says"]: row["measured"] for check in checks.values() for row in check["hypotheses"]}
    assert rows["A is invertible"] == "fails"
    assert rows["B is invertible"] == "holds"
    lost = [found for found in checks[WHO_WINS[0]]["conclusions"] if found["id"].endswith(".e")]
    assert lost
    assert all(found["outcome"] == "not claimed" for found in lost)


def test_a_pair_that_diverges_has_its_hypotheses_too(capsys, scalar, tmp_path):
    report = tmp_path / "r.json"
    arguments = ["--w", scalar("w", 0), "--u", scalar("u", 1), "--eta-w", "3", "--eta-u", "3", "--json", str(report)]
    code, out, _ = run(capsys, *arguments)
    assert code == 3
    assert "Which hypotheses hold for the pair" in out
    checks = {check["id"]: check for check in json.loads(report.read_text())["theorems"]}
    assert "fails" in [row["measured"] for check in checks.values() for row in check["hypotheses"]]


@pytest.mark.parametrize(("rows", "turns", "enough"), [(("1,0,1", "0,1,1"), 1, 2), (("1,0,1", "1,1,2"), 2, 80)])
@pytest.mark.slow
def test_the_first_turns_are_no_verdict(capsys, write, rows, turns, enough):
    """W arrives at once, at rate 0, but U has answered the start only: that contradicts nothing."""
    w, u = write("w", *rows), write("u", "1,1,2", "0,1,1")
    code, out, _ = run(capsys, "--w", w, "--u", u, "--turns", str(turns))
    assert code == 3
    assert "Too few turns to tell" in out
    code, out, _ = run(capsys, "--w", w, "--u", u, "--turns", str(enough))
    assert code == 0
