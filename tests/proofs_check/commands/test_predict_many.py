"""Any number of agents from files: predictions confirmed, steps and orders, what cannot be told apart, bad options."""

import json
from pathlib import Path

import numpy as np
import pytest

import proofs_check
from proofs_check.commands.cli import main
from proofs_check.inputs.prompts import read_prompt
from proofs_check.predictions import company, scatter as scatter_module
from proofs_check.predictions.company import predict_company, simulate_company
from proofs_check.predictions.scatter import scatter

DATA = Path(proofs_check.__file__).parent / "data"
WEIGHT, WAIST = str(DATA / "linnerud_weight.csv"), str(DATA / "linnerud_waist.csv")
THREE = ["--agent", f"A={WEIGHT}", "--agent", f"B={WAIST}", "--agent", f"C={DATA / 'own_prompt.csv'}"]
MEDIATED, WEIGHTS = ["--features", "chins", "--order", "mediator"], ["--weight", "A=0.5", "--weight", "B=0.5"]


def run(capsys, *arguments):
    code = main(["predict", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def scalars(write):
    """Return a function that writes one-dimensional prompts of Gram 1, and gives them as agents A, B, C, ..."""

    def make(*targets):
        files = [write(f"{i}.csv", f"1,{target}", header="a,y") for i, target in enumerate(targets)]
        return [part for name, path in zip("ABCDE", files, strict=False) for part in ("--agent", f"{name}={path}")]

    return make


def halves(agents):
    return [part for name in agents for part in ("--eta", f"{name}=0.5")]


@pytest.mark.parametrize("order", ["cycle", "simultaneous", "mediator"])
@pytest.mark.slow
def test_three_shipped_prompts(capsys, tmp_path, order):
    report, plot = tmp_path / "r.json", tmp_path / "p.png"
    arguments = [*THREE, "--features", "chins,situps,jumps", "--order", order]
    code, out, err = run(capsys, *arguments, "--json", str(report), "--plot", str(plot))
    assert (code, err) == (0, "")
    assert "no agent reaches its target: each keeps a bias" in " ".join(out.split())
    assert "each move through its attention layer" in out
    assert "The simulation confirms the prediction" in out
    assert max(map(len, out.splitlines())) <= 100
    assert plot.stat().st_size > 10_000
    data = json.loads(report.read_text())
    assert data["verdict"] == "confirms"
    assert data["exact"]
    np.testing.assert_allclose(data["simulated"]["states"], data["predicted"]["states"], rtol=1e-9)


def test_three_on_a_line_by_hand(capsys, scalars, tmp_path):
    """The first rests at 1/7, the second at 4/7, the third at 2/7; a turn leaves an eighth of the distance."""
    report = tmp_path / "r.json"
    for order, rate in (("cycle", 1 / 8), ("simultaneous", 1 / 2)):
        code, out, _ = run(capsys, *scalars(0, 1, 0), *halves("ABC"), "--order", order, "--json", str(report))
        assert code == 0
        data = json.loads(report.read_text())
        assert data["predicted"]["states"] == pytest.approx(np.array([[1 / 7], [4 / 7], [2 / 7]]))
        assert data["rate"] == pytest.approx(rate)
        assert ("all at once" in out) is (order == "simultaneous")


def test_a_mediator_by_hand(capsys, scalars, tmp_path):
    """Pulls of 1/2 to 0 and 1, counted 1 : 3, cancel at 3/4; each goes half the way from there."""
    report, agents = tmp_path / "r.json", [*scalars(0, 1), *halves("AB")]
    weights = ["--weight", "A=0.25", "--weight", "B=0.75"]
    code, out, _ = run(capsys, *agents, "--order", "mediator", *weights, "--json", str(report))
    assert code == 0
    assert "the mediator's weight of a" in out
    data = json.loads(report.read_text())
    assert data["predicted"]["mediator"] == [0.75]
    assert data["predicted"]["states"] == [[0.375], [0.875]]
    assert data["rate"] == pytest.approx(0.5)
    code, out, _ = run(capsys, *agents, "--order", "mediator", "--json", str(report))
    assert json.loads(report.read_text())["predicted"]["mediator"] == [0.5]


def test_a_random_order_by_hand(capsys, scalars, tmp_path):
    """The mean rests at 1/2, and c = c/4 + 1/16; noise of variance 1 for one of them adds 1/2."""
    report, plot, agents = tmp_path / "r.json", tmp_path / "p.png", [*scalars(0, 1), *halves("AB")]
    for more, variance in ([], 1 / 12), (["--noise", "A=1"], 3 / 4):
        arguments = [*agents, "--order", "random", *more, "--json", str(report), "--plot", str(plot)]
        code, out, err = run(capsys, *arguments)
        assert (code, err) == (0, "")
        assert "The drawn runs confirm the prediction" in out
        data = json.loads(report.read_text())
        assert data["predicted"]["mean"] == pytest.approx([0.5])
        assert data["predicted"]["covariance"][0] == pytest.approx([variance])
        assert data["drawn"]["covariance"][0] == pytest.approx([variance], rel=0.05)
    assert plot.stat().st_size > 5_000


def test_a_wrong_covariance_is_not_confirmed(write, monkeypatch):
    tables = {name: read_prompt(write(f"{name}.csv", f"1,{i}", header="a,y")) for i, name in enumerate("ABC")}
    prediction, agents = predict_company(tables, dict.fromkeys("ABC", 0.5), "random")
    assert scatter(prediction, agents, {}, runs=2000).verdict == "confirms"
    right = scatter_module._predicted
    monkeypatch.setattr(scatter_module, "_predicted", lambda *given: 2 * right(*given))
    assert scatter(prediction, agents, {}, runs=2000).verdict == "does not confirm"
    assert scatter(prediction, agents, {}, 1, runs=2000).verdict == "too few turns"


def test_many_steps_by_hand(capsys, scalars, tmp_path):
    """Two steps of 1/2 leave a quarter: x = (y + 0)/4, y = (x + 1)/2."""
    report = tmp_path / "r.json"
    code, _, _ = run(capsys, *scalars(0, 1), *halves("AB"), "--many-steps", "A=2", "--json", str(report))
    assert code == 0
    data = json.loads(report.read_text())
    assert np.ravel(data["predicted"]["states"]) == pytest.approx([1 / 7, 4 / 7])
    assert data["verdict"] == "confirms"


def test_one_wins_among_three(capsys, scalars):
    code, out, _ = run(capsys, *scalars(0, 1, -0.5), *halves("ABC"))
    assert code == 0
    assert "A reaches its target; the others keep a bias" in " ".join(out.split())


def test_all_win_who_agree(capsys, scalars):
    assert "all agents reach their targets" in run(capsys, *scalars(3, 3, 3, 3))[1]


def test_a_pair_may_move_at_once(capsys, scalars, write):
    w, u = write("w.csv", "1,0", header="a,y"), write("u.csv", "1,1", header="a,y")
    code, out, _ = run(capsys, "--w", w, "--u", u, "--eta-w", "0.5", "--eta-u", "0.5", "--order", "simultaneous")
    assert code == 0
    assert "W's weight of a" in out
    assert "0.33333333" in out


def test_what_nobody_sees_stays_at_zero(capsys, write):
    """In these directions the formula says nothing; agents that start from zero stay in the others."""
    files = [write(f"{i}.csv", f"1,1,{i}", f"2,2,{2 * i}") for i in range(3)]
    arguments = [part for i, path in enumerate(files) for part in ("--agent", f"{i}={path}")]
    for order in ("cycle", "simultaneous", "mediator"):
        code, out, _ = run(capsys, *arguments, "--order", order)
        assert code == 0
        assert "1 of 2" in out


def test_agents_of_zeros_never_move(capsys, write):
    path = write("zero.csv", "0,0,0")
    code, out, _ = run(capsys, "--agent", f"A={path}", "--agent", f"B={path}", "--agent", f"C={path}")
    assert code == 0
    assert "all agents reach their targets" in out


def test_too_large_for_rationals(write, monkeypatch):
    rng = np.random.default_rng(0)
    rows = [[",".join(f"{x:.2f}" for x in row) for row in rng.normal(size=(6, 3))] for _ in range(4)]
    tables = {str(i): read_prompt(write(f"{i}.csv", *part)) for i, part in enumerate(rows)}
    exact, _ = predict_company(tables, {})
    monkeypatch.setattr(company, "EXACT_WEIGHTS", 3)
    floats, agents = predict_company(tables, {})
    assert (exact.exact, floats.exact) == (True, False)
    np.testing.assert_allclose(floats.states, exact.states, rtol=1e-9)
    assert simulate_company(floats, agents).verdict == "confirms"


def test_a_wrong_prediction_is_not_confirmed(write):
    tables = {name: read_prompt(write(f"{name}.csv", f"1,{i}", header="a,y")) for i, name in enumerate("ABC")}
    prediction, agents = predict_company(tables, dict.fromkeys("ABC", 0.5))
    object.__setattr__(prediction, "states", -prediction.states)
    assert simulate_company(prediction, agents).verdict == "does not confirm"
    assert simulate_company(prediction, agents, 2).verdict == "too few turns"


def test_agents_that_do_not_converge(capsys, scalars, tmp_path):
    report = tmp_path / "r.json"
    code, out, _ = run(capsys, *scalars(0, 1, 2), "--eta", "A=3", "--eta", "B=3", "--json", str(report))
    assert code == 0  # the third moves all the way to its target, and forgets
    code, out, _ = run(
        capsys, *scalars(0, 1, 2), *(x for n in "ABC" for x in ("--eta", f"{n}=3")), "--json", str(report)
    )
    assert code == 3
    assert "do not converge: their rate is 8 a turn. Reduce the step of A and B and C" in " ".join(out.split())
    data = json.loads(report.read_text())
    assert data["converges"] is False
    assert "predicted" not in data


def test_too_few_turns_tell_nothing(capsys, scalars):
    code, out, _ = run(capsys, *scalars(0, 1, 2), *(x for n in "ABC" for x in ("--eta", f"{n}=0.01")), "--turns", "5")
    assert code == 3
    assert "Too few turns to tell" in out


def test_labels_one_for_each_or_one_for_all(capsys, write):
    path = write("all.csv", "1,2,3,4,5", "2,1,0,5,6", "1,1,1,1,2", header="a,b,first,second,third")
    agents = [part for name in "ABC" for part in ("--agent", f"{name}={path}")]
    code, out, _ = run(capsys, *agents, "--features", "b,a", "--label", "first,second,third")
    assert code == 0
    assert "Features: b, a" in out
    assert run(capsys, *agents, "--features", "b,a", "--label", "first")[0] == 0
    code, _, err = run(capsys, *agents, "--features", "b,a", "--label", "first,second")
    assert code == 2
    assert "one for each of 3 agents; got 2" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--agent", f"A={WEIGHT}"], "at least two agents are needed, and only A has a file"),
        (["--order", "simultaneous"], "at least two agents are needed, and no agent has a file"),
        ([], "name two files, --w W.csv and --u U.csv, or more with --agent NAME=FILE"),
        (["--w", WEIGHT], "name two files, --w W.csv and --u U.csv"),
        ([*THREE, "--w", WEIGHT], "give --w and --u, or --agent NAME=FILE for each agent, and not both"),
        ([*THREE, "--agent", f"B={WEIGHT}"], "'B' is the name of two agents"),
        ([*THREE, "--eta-w", "0.5"], "give steps of an --agent as --eta NAME=X"),
        ([*THREE, "--features", "chins", "--eta", "D=1"], "no agent has this name; they are A, B, C"),
        ([*THREE, "--eta", "A=0"], "a step size must be positive and finite, got 0"),
        ([*THREE, "--eta", "A"], "write NAME=X, as in A=0.5"),
        (["--agent", WEIGHT], "write NAME=FILE, as in A=first.csv"),
        ([*THREE, "--order", "by turns"], "invalid choice: 'by turns'"),
        ([*THREE, "--weight", "A=1"], "--weight is for --order mediator and random"),
        ([*THREE, "--features", "chins", "--noise", "A=1"], "--noise is for --order random"),
        (
            [*THREE, "--features", "chins", "--order", "random", "--noise", "D=1"],
            "--noise D=...: no agent has this name",
        ),
        ([*THREE, *MEDIATED, "--weight", "A=1"], "--weight: B has none; give one for each agent, or none at all"),
        ([*THREE, *MEDIATED, *WEIGHTS, "--weight", "C=1"], "--weight: the weights sum to 2, not to 1"),
        ([*THREE, *MEDIATED, *WEIGHTS, "--weight", "A=1"], "--weight: A has two; give one"),
        ([*THREE, *MEDIATED, "--weight", "D=1"], "--weight D=...: no agent has this name; they are A, B, C"),
        ([*THREE, "--many-steps", "A=0"], "'A=0' is no agent and a number of steps"),
        ([*THREE, "--many-steps", "D=2"], "--many-steps D=...: no agent has this name"),
    ],
)
def test_bad_options(capsys, arguments, message):
    try:
        code = main(["predict", *arguments])
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_names_of_agents_are_printed_as_they_are(capsys, write):
    path = write("one.csv", "1,0", header="a,y")
    other = write("two.csv", "1,1", header="a,y")
    code, out, _ = run(capsys, "--agent", f"[b]first[/b]={path}", "--agent", f"$x$={other}", "--agent", f"c={path}")
    assert code == 0
    assert "[b]first[/b]'s residual" in out
    assert "$x$'s residual" in out
