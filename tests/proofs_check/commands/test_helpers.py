"""A row that agrees without the turns predicted, an excused comparison, a diverging pair followed for ever."""

import json
from pathlib import Path

import pytest

import proofs_check
from proofs_check.commands.cli import main
from proofs_check.inputs.prompts import read_prompt
from proofs_check.predictions.helpers import compare_helpers
from proofs_check.predictions.pair import agent_of

DATA = Path(proofs_check.__file__).parent / "data"
WEIGHT, WAIST = str(DATA / "linnerud_weight.csv"), str(DATA / "linnerud_waist.csv")
KINDS = ["W alone", "fixed helper, W's target", "fixed helper, own target", "Newton helper", "blind helper"]


def run(capsys, *arguments):
    code = main(["help", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("extra", [[], ["--standardize"], ["--standardize", "--damping", "0.5"]])
def test_linnerud(capsys, tmp_path, extra):
    report = tmp_path / "r.json"
    code, out, err = run(capsys, "--main", WEIGHT, "--helper", WAIST, *extra, "--json", str(report))
    assert (code, err) == (0, "")
    assert "The simulations confirm the predictions" in out
    assert max(map(len, out.splitlines())) <= 100
    data = json.loads(report.read_text())
    assert data["confirmed"]
    rows = {row["name"]: row for row in data["rows"]}
    assert [name for kind in KINDS for name in rows if name.startswith(kind)] == list(rows)
    alone, aligned, own, newton, blind = rows.values()
    assert newton["simulated"] == newton["predicted"] < aligned["simulated"] < alone["simulated"]
    assert newton["simulated"] == 1 or extra[-1] == "0.5"
    assert blind["simulated"] <= blind["predicted"] == 5
    assert own["simulated"] is None
    assert own["rests"]
    assert own["left_simulated"] == pytest.approx(own["left_predicted"])


@pytest.mark.slow
def test_helper_that_spans_a_part(capsys, write):
    w, u = write("w", "1,0,1", "0,0.5,1"), write("u", "1,1,3")
    code, out, _ = run(capsys, "--main", w, "--helper", u)
    assert code == 0
    assert "no bound" in out


def test_main_agent_that_sees_a_part(capsys, write):
    code, out, _ = run(capsys, "--main", write("w", "1,0,1", "2,0,2"), "--helper", write("u", "1,1,3", "0,1,1"))
    assert code == 0
    assert "at most 3" in out


def test_few_turns(capsys):
    code, out, _ = run(capsys, "--main", WEIGHT, "--helper", WAIST, "--turns", "9")
    assert code == 0
    assert "after 9" in out


def test_diverging_main_agent_is_followed_for_a_while(write):
    w, u = read_prompt(write("w", "1,0,1", "0,1,1")), read_prompt(write("u", "1,1,3", "1,-1,1"))
    rows = compare_helpers(agent_of(w, 10.0)[1], agent_of(u, None)[1])
    assert rows[0].simulated is None
    assert rows[0].left_simulated > 1e5
    assert rows[0].verdict == "agrees"


@pytest.mark.parametrize("damping", ["0", "-1", "2", "3", "inf", "x"])
def test_damping_outside_its_range(capsys, damping):
    try:
        code = main(["help", "--main", WEIGHT, "--helper", WAIST, f"--damping={damping}"])
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert "--damping" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("w", "u", "message"),
    [
        (["1,0,0", "0,1,0"], ["1,0,0"], "its target is zero"),
        (["0,0,1"], ["1,0,0"], "its examples are all zero"),
        (["1,0,1"], ["0,0,1"], "rank 0"),
    ],
)
def test_nothing_to_help(capsys, write, w, u, message):
    code, _, err = run(capsys, "--main", write("w", *w), "--helper", write("u", *u))
    assert code == 2
    assert message in err


def test_other_features(capsys, write):
    code, _, err = run(capsys, "--main", write("w", "1,1", header="a,y"), "--helper", write("u", "1,0,0"))
    assert code == 2
    assert "different features" in err
    code, _, err = run(capsys, "--main", WEIGHT, "--helper", WAIST, "--label", "a,b,c")
    assert code == 2
    assert "--label takes one column" in err


@pytest.mark.parametrize(
    ("example", "label", "eta", "damping", "turns"),
    [("1", "1", "0.9", "0.9", 3), ("2", "0.8", "0.2475", "0.99", 2), ("1", "2", "0.999", "0.999", 1)],
)
def test_arriving_exactly_at_a_millionth(capsys, tmp_path, write, example, label, eta, damping, turns):
    """A tie: with rates 0.1, 0.01, 0.001 the error is a millionth exactly; doubles on both sides were a turn late."""
    w = write("w", f"{example},{label}", header="a,y")
    report = tmp_path / "r.json"
    run(capsys, "--main", w, "--helper", w, "--eta-w", eta, "--damping", damping, "--json", str(report))
    alone, *_, newton, _ = json.loads(report.read_text())["rows"]
    assert alone["verdict"] == "unknown"
    assert (newton["exact"], newton["verdict"]) == (True, "agrees")
    assert newton["predicted"] == newton["simulated"] == turns
    assert newton["name"].endswith(damping)
