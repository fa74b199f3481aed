"""A transcript judged wrongly: intervals narrower than they are, rounding taken for noise, files mixed up."""

import json

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, Prompt, identify, predict_pair
from proofs_check.commands.cli import main
from proofs_check.commands.identify_pair import interval
from proofs_check.inputs.transcripts import read_transcript

RNG = np.random.default_rng(50)
W = LSAAgent(Prompt.from_target(RNG.standard_normal((6, 2)), [1.0, 0.0]), 0.4)
U = LSAAgent(Prompt.from_target(RNG.standard_normal((6, 2)), [0.0, 1.0]), 0.3)
INPUTS = 2 * RNG.standard_normal((40, 2))


def exchanges(agent, noise=0.05, inputs=INPUTS):
    spoil = noise * np.random.default_rng(51).standard_normal(inputs.shape)
    return np.hstack([inputs, agent.update(inputs) + spoil])


def run_of(agent_w, agent_u, noise=0.05, turns=80):
    rng, w, rows = np.random.default_rng(52), np.zeros(2), []
    for _ in range(turns):
        u = agent_u.update(w) + noise * rng.standard_normal(2)
        w = agent_w.update(u) + noise * rng.standard_normal(2)
        rows.append([*u, *w])
    return np.array(rows)


@pytest.fixture
def save(tmp_path):
    def write(name, rows, header=""):
        path = tmp_path / name
        np.savetxt(path, rows, delimiter=",", fmt="%.17g", header=header, comments="")
        return str(path)

    return write


def run(capsys, *arguments):
    code = main(["identify", *arguments])
    captured = capsys.readouterr()
    assert max(map(len, captured.out.splitlines()), default=0) <= 100
    return code, captured.out, captured.err


def test_an_agent(capsys, save, tmp_path):
    report = tmp_path / "r.json"
    own = save("own.csv", np.column_stack([W.prompt.X, W.prompt.y]))
    path = save("t.csv", exchanges(W), header="one,two[s],one',two'")
    code, out, err = run(capsys, path, "--prompt", own, "--json", str(report))
    assert (code, err) == (0, "")
    for words in (
        "one",
        "two[s]",
        "Noise: 0.0",
        "Affine: nothing against it",
        "Forgets: nothing",
        "Gradient steps on the",
    ):
        assert words in out
    data = json.loads(report.read_text())
    found = identify(exchanges(W)[:, :2], exchanges(W)[:, 2:], known_prompt=W.prompt)
    agent = data["agent"]
    np.testing.assert_allclose(agent["P"], found.geometry)
    np.testing.assert_allclose(agent["target_intervals"], found.target_intervals())
    np.testing.assert_allclose(np.array(agent["eigenvalues"])[:, 0], found.eigenvalues)
    assert agent["prompt"]["step_size"] == pytest.approx(found.known_prompt.step_size)
    assert agent["prompt"]["interval"][0] < 0.4 < agent["prompt"]["interval"][1]
    assert agent["weights"] == ["one", "two[s]"]
    assert data["failed"] == data["not_determined"] == []


def test_jsonl_is_read_like_csv(capsys, save, tmp_path):
    rows = exchanges(W)
    lines = [json.dumps({"turn": i, "input": list(row[:2]), "output": list(row[2:])}) for i, row in enumerate(rows)]
    lines[3:3] = ['{"input": [1, 2], "error": "timeout"}', "", '{"input": [1, 2], "output": null}']
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(lines))
    table = read_transcript(str(path))
    np.testing.assert_array_equal(np.hstack([table.inputs, table.outputs]), rows)
    code, out, _ = run(capsys, str(path))
    assert code == 0
    assert "Left out: 2 lines without an answer" in " ".join(out.split())
    reports = []
    for i, name in enumerate((str(path), save("t.csv", rows))):
        run(capsys, name, "--json", str(tmp_path / f"{i}.json"))
        reports.append(json.loads((tmp_path / f"{i}.json").read_text())["agent"])
    assert {k: v for k, v in reports[0].items() if k not in ("file", "skipped")} == {
        k: v for k, v in reports[1].items() if k not in ("file", "skipped")
    }


@pytest.mark.slow
def test_probe_predict_run_compare(capsys, save, tmp_path):
    files = save("w.csv", exchanges(W)), save("u.csv", exchanges(U, 0.03))
    report = tmp_path / "r.json"
    code, out, _ = run(
        capsys, files[0], "--with", files[1], "--run", save("r.csv", run_of(W, U)), "--json", str(report)
    )
    assert code == 0
    assert "The run confirms the prediction: all 4 averages" in out
    pair = json.loads(report.read_text())["pair"]
    found = predict_pair(*(identify(r[:, :2], r[:, 2:]) for r in (exchanges(W), exchanges(U, 0.03))))
    np.testing.assert_allclose(pair["w"], found.w)
    np.testing.assert_allclose(pair["w_intervals"], found.intervals()[0])
    np.testing.assert_allclose(pair["u_shows"], found.observed(40)[1])
    np.testing.assert_allclose(pair["residual_intervals"], found.residual_intervals())
    assert "Distance from its own target: W" in out
    truth = Interaction(W, U).equilibrium()
    assert found.test(truth.w, truth.u) > 0.01
    for agents in ((U, W), (W, W)):  # a run of another pair contradicts it
        code, out, _ = run(capsys, files[0], "--with", files[1], "--run", save("r.csv", run_of(*agents)))
        assert code == 1
        assert "averages are not where they were predicted" in out


def test_every_file_is_shown_before_anything_is_computed(capsys, save):
    files = save("w.csv", exchanges(W)), save("u.csv", exchanges(U)), save("r.csv", run_of(W, U))
    out = run(capsys, files[0], "--with", files[1], "--run", files[2])[1]
    assert all(out.index(f"{name}.csv: ") < out.index("95 %") for name in "wur")
    short = save("short.csv", exchanges(U)[:4])  # too few rows, which only the computation finds
    code, out, _ = run(capsys, files[0], "--with", short, "--run", files[2])
    assert code == 2
    assert "r.csv: " in out


def test_without_noise_the_run_agrees_to_rounding(capsys, save):
    files = save("w.csv", exchanges(W, 0.0)), save("u.csv", exchanges(U, 0.0))
    states = run_of(W, U, 0.0, 200)
    code, out, _ = run(capsys, files[0], "--with", files[1], "--run", save("r.csv", states))
    assert code == 0
    assert "exact up to rounding" in out
    assert run(capsys, files[0], "--with", files[1], "--run", save("r.csv", states + 1e-6))[0] == 1


def test_weights_of_two_agents_in_different_orders_are_refused(capsys, save):
    files = save("w.csv", exchanges(W), header="a,b,a',b'"), save("u.csv", exchanges(U), header="b,a,b',a'")
    code, _, err = run(capsys, files[0], "--with", files[1])
    assert (code, "have different orders; give both the same" in err) == (2, True)


def test_a_run_that_is_too_short(capsys, save):
    files = save("w.csv", exchanges(W)), save("u.csv", exchanges(U))
    code, out, _ = run(capsys, files[0], "--with", files[1], "--run", save("r.csv", run_of(W, U, turns=4)))
    assert code == 3
    assert "are too few for a pair of rate" in out


def test_a_turn_that_leads_away_before_it_contracts(capsys, save):
    """Rate 0.09, but the distance from rest grows at first: a true run of few turns contradicts nothing."""
    A, B = np.diag([0.9, 0.5]), np.array([[0.1, 300.0], [0.0, 0.1]])
    maps = (lambda x: x @ A + [0.1, 0.0], lambda x: x @ B.T + [0.0, 0.9])
    files = [save(name, np.hstack([INPUTS, step(INPUTS)])) for name, step in zip(("w", "u"), maps, strict=True)]
    for turns, expected in ((4, 3), (80, 0)):
        w, rows = np.zeros(2), []
        for _ in range(turns):
            u = maps[1](w)
            w = maps[0](u)
            rows.append([*u, *w])
        code, out, _ = run(capsys, files[0], "--with", files[1], "--run", save("r", np.array(rows)))
        assert code == expected
        assert ("confirms the prediction" in out) == (expected == 0)


def test_a_run_beside_an_open_prediction_confirms_nothing(capsys, save):
    """Where noise leaves the rest open every average is inside: that is no agreement."""
    files = [save(f"{seed}", exchanges(agent, 0.8)[:8]) for seed, agent in enumerate((W, U))]
    code, out, _ = run(capsys, files[0], "--with", files[1], "--run", save("r", 1e3 + run_of(W, U, turns=400)))
    assert code == 3
    assert "unknown" in out
    assert "confirms the prediction" not in out
    assert "it confirms nothing" in " ".join(out.split())


def test_failed_tests_are_said(capsys, save):
    bent = np.hstack([INPUTS, np.tanh(INPUTS)])
    code, out, _ = run(capsys, save("t.csv", bent))
    assert code == 1
    assert "Affine: no, p < 1e-6" in out
    assert "t.csv: its answers are not affine" in out
    own = save("own.csv", np.column_stack([U.prompt.X, U.prompt.y]))
    code, out, _ = run(capsys, save("t.csv", exchanges(W)), "--prompt", own)
    assert code == 1
    assert "not gradient steps on the prompt" in out
    sticky = exchanges(W)
    sticky[1:, 2:] += 0.3 * INPUTS[:-1]
    code, out, _ = run(capsys, save("t.csv", sticky))
    assert code == 1
    assert "it remembers" in out


@pytest.mark.parametrize("decimals", [2, 3, 5])
def test_a_rounded_run(capsys, save, tmp_path, decimals):
    """An exact agent in a run that settles: nobody is accused, and what was assumed of the numbers is said."""
    for turns in (12, 40):
        w, rows = np.array([3.0, -4.0]), []
        for _ in range(turns):
            u = U.update(w).round(decimals)
            w = W.update(u).round(decimals)
            rows.append([*u, *w])
        report = tmp_path / "r.json"
        code, out, _ = run(capsys, save("t.csv", np.array(rows)), "--json", str(report))
        assert code in (0, 3)
        half = f"{10.0**-decimals / 2:.3g}"
        assert f"Numbers have {decimals} decimals: each is taken to be within {half} of what the agent said." in out
        agent = json.loads(report.read_text())["agent"]
        assert (agent["rows"], agent["decimals"]) == (turns, decimals)
        assert agent["units"] == {"inputs": [10.0**-decimals] * 2, "answers": [10.0**-decimals] * 2}
        if agent["repeated"]:
            assert f"Left out: {agent['repeated']} row" in out
        assert agent["repeated"] > 0 or turns == 12
        for line in out.splitlines():
            if line.startswith(("Affine", "Forgets")):
                assert "nothing against it" in line or "not tested (rows repeat" in line or "needs at least" in line
    out = run(capsys, save("t.csv", np.array(rows)), "--decimals", "17")[1]
    assert "Numbers have" not in out
    assert "Left out" not in out


@pytest.mark.slow
def test_a_pair_of_rounded_transcripts(capsys, save):
    files = [save(name, exchanges(agent, 0.0).round(4)) for name, agent in (("w.csv", W), ("u.csv", U))]
    code, out, _ = run(capsys, files[0], "--with", files[1], "--run", save("r.csv", run_of(W, U, 0.0, 200).round(3)))
    assert code == 0
    assert "The run confirms the prediction" in out
    shifted = run_of(W, U, 0.0, 200).round(3) + 0.02
    assert run(capsys, files[0], "--with", files[1], "--run", save("r.csv", shifted))[0] == 1


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ((0.123456, 0.9876543), "0.12345 to 0.98766"),
        ((-1.0, 1.0), "-1 to 1"),
        ((0.99999991234, 1.00000012345), "0.999999912 to 1.00000013"),
        ((2.0, 2.0), "2 to 2"),
        ((0.0, 0.0), "0 to 0"),
        ((-np.inf, 1.0), "unknown"),
    ],
)
def test_intervals_are_printed_no_narrower_than_they_are(limits, text):
    assert interval(limits) == text


def test_what_is_not_determined_is_said(capsys, save):
    flat = INPUTS * [1, 0]
    code, out, _ = run(capsys, save("t.csv", exchanges(W, inputs=flat)))
    assert code == 3
    assert "do not vary along 1 of 2 directions, (0, 1); P" in " ".join(out.split())
    assert "unknown" in out
    narrow = LSAAgent(Prompt.from_target([[1.0, 0.0]], [1.0, 0.0]), 0.4)
    code, out, _ = run(capsys, save("t.csv", exchanges(narrow)))
    assert code == 3
    assert "Known of the target: its component along (" in out
    drifting = np.hstack([INPUTS, exchanges(narrow)[:, 2:] + [0, 1]])
    code, out, _ = run(capsys, save("t.csv", drifting))
    assert code == 3
    assert "it has no target" in " ".join(out.split())
    files = save("w.csv", exchanges(narrow)), save("u.csv", exchanges(W, inputs=flat))
    code, out, _ = run(capsys, files[0], "--with", files[1])
    assert code == 3
    assert "the pair: b was excited along 1 of 2" in " ".join(out.split())
    code, out, _ = run(capsys, files[0], "--with", save("n.csv", exchanges(narrow, 0.04)))
    assert code == 3
    assert "noise leaves open where it rests" in out


def test_a_pair_that_does_not_converge(capsys, save):
    wild = LSAAgent(W.prompt, 2.6 / np.linalg.eigvalsh(W.prompt.gram)[-1])
    code, out, _ = run(capsys, save("w.csv", exchanges(wild)), "--with", save("u.csv", exchanges(wild)))
    assert code == 3
    assert "does not converge, so there is no plateau" in out


@pytest.mark.parametrize(
    ("rows", "arguments", "message"),
    [
        (exchanges(W)[:4], [], "t.csv: the transcript has too few rows"),
        (exchanges(W)[:3], [], "or --noise none if the agent"),
        (exchanges(W)[:, :3], [], "has 3 columns; a transcript has an even number"),
        (exchanges(W)[:, :1], [], "has 1 column; a transcript"),
        (exchanges(W) * np.nan, [], "the value is missing"),
        (exchanges(W), ["--noise", "none"], "leave out --noise none"),
        (exchanges(W), ["--noise", "loud"], "invalid choice"),
        (exchanges(W), ["--start", "0,0"], "give the transcript of the other agent with --with"),
        (exchanges(W), ["--run", "none.csv"], "give the transcript of the other agent with --with"),
        (exchanges(W), ["--with", "none.csv"], "none.csv: no such file"),
        (exchanges(W), ["--prompt", "none.csv"], "none.csv: no such file"),
    ],
)
def test_bad_input(capsys, save, rows, arguments, message):
    try:
        code = main(["identify", save("t.csv", rows), *arguments])
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert message in capsys.readouterr().err


def test_files_that_do_not_belong_together(capsys, save):
    path, wide = save("t.csv", exchanges(W)), save("wide.csv", np.hstack([exchanges(W), exchanges(W)]))
    for arguments, message in (
        (["--with", wide], "has 4 weights, but"),
        (["--prompt", wide], "has 7 features, but"),
        (["--with", path, "--start", "1"], "--start has 1 entries, but the agents have 2 weights"),
        (["--with", path, "--run", wide], "has 8 columns; a run of agents with 2 weights has 4"),
        (["--with", path, "--run", save("one.csv", exchanges(W)[:1])], "has one turn"),
    ):
        code, _, err = run(capsys, path, *arguments)
        assert code == 2
        assert message in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no exchange"),
        ('{"input": [1]}', "holds no exchange"),
        ("nonsense", "line 1: is not JSON"),
        ("[1, 2]", "line 1: is not an object"),
        ('{"input": 1, "output": [1]}', "'input' is not a list of numbers"),
        ('{"input": [1], "output": ["a"]}', "'output' holds 'a', which is not a number"),
        ('{"input": [true], "output": [1]}', "which is not a number"),
        ('{"input": [1], "output": [1, 2]}', "'output' has 2 numbers, but the first input has 1"),
        ('{"input": [NaN], "output": [1]}', "not finite"),
        ('{"output": [1]}', 'an "output" without an "input"'),
        ('{"input": null, "output": [1]}', 'an "output" without an "input"'),
        ('{"input": [1], "Output": [1]}', "has the key 'Output'; the keys are"),
        ('{"input": [1' + 400 * "0" + '], "output": [1]}', "is too large for double precision"),
    ],
)
def test_bad_jsonl(capsys, tmp_path, text, message):
    path = tmp_path / "t.jsonl"
    path.write_text(text)
    code, _, err = run(capsys, str(path))
    assert code == 2
    assert message in err


def test_no_file(capsys):
    for name in ("none.csv", "none.jsonl"):
        code, _, err = run(capsys, name)
        assert code == 2
        assert f"{name}: no such file" in err
