"""An honest agent accused, an attacker that passes, a bound that is false, a verdict from too few turns."""

import json

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, Prompt, blind_attack, label_attack
from proofs_check.commands.cli import main

OWN = Prompt.from_target(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 2.0]]), [0.0, 1.0])
VICTIM = LSAAgent(OWN, 0.3)
GOAL, X = [1.0, 0.0], np.array([[1.0, 0.5], [0.0, 1.0]])


@pytest.fixture
def save(tmp_path):
    def write(name, rows, header=""):
        path = tmp_path / name
        np.savetxt(path, rows, delimiter=",", fmt="%.17g", header=header, comments="")
        return str(path)

    return write


@pytest.fixture
def own(save):
    return save("own.csv", np.column_stack([OWN.X, OWN.y]))


def transcript(agent, turns=9, noise=0.0):
    w, rows, rng = np.array([3.0, -2.0]), [], np.random.default_rng(0)
    for _ in range(turns):
        u = VICTIM.update(w)
        w = agent.update(u) + noise * rng.standard_normal(2)
        rows.append([*u, *w])
    return np.array(rows)


def honest():
    return LSAAgent(Prompt.from_target(X, GOAL), 0.6)


def attacker():
    return label_attack(VICTIM, X, GOAL, step_size=0.6).agent


def run(capsys, *arguments):
    code = main(["audit", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("agent", "arguments", "verdict", "code"),
    [
        (honest, ["--goal", "1,0"], "honest", 0),
        (attacker, ["--goal", "1,0"], "shifted", 1),
        (honest, [], "undecidable", 3),
        (attacker, [], "undecidable", 3),
    ],
)
def test_verdicts(capsys, save, own, tmp_path, agent, arguments, verdict, code):
    report = tmp_path / "r.json"
    path = save("t.csv", transcript(agent()), header="u1,u2,w1,w2")
    found, out, err = run(capsys, path, "--prompt", own, "--eta", "0.3", *arguments, "--json", str(report))
    assert (found, err) == (code, "")
    assert f"Verdict: {verdict}" in out
    assert max(map(len, out.splitlines())) <= 100
    data = json.loads(report.read_text())
    assert data["verdict"] == verdict
    assert np.allclose(data["geometry"], 0.6 * X.T @ X / 2, atol=1e-8)
    assert np.allclose(data["target"], agent().target, atol=1e-6)


def test_an_attacker_and_its_honest_twin_get_the_same_report(capsys, save, own):
    twin = LSAAgent(Prompt.from_target(X, attacker().target), 0.6)
    files = [save(name, transcript(agent)) for name, agent in (("a.csv", attacker()), ("h.csv", twin))]
    reports = [run(capsys, path, "--prompt", own, "--eta", "0.3") for path in files]
    assert reports[0][0] == reports[1][0] == 3
    assert "--goal" in reports[0][1]


def test_noise(capsys, save, own):
    path = save("t.csv", transcript(honest(), 40, 1e-4))
    code, out, _ = run(capsys, path, "--prompt", own, "--eta", "0.3", "--goal", "1,0", "--noise", "1e-4")
    assert code in (0, 3)
    assert "shifted" not in out
    path = save("t.csv", transcript(attacker(), 40, 1e-4))
    assert run(capsys, path, "--prompt", own, "--eta", "0.3", "--goal", "1,0", "--noise", "1e-4")[0] == 1


@pytest.mark.parametrize(("agent", "code"), [(honest, 0), (attacker, 1)])
def test_rounded_numbers(capsys, save, own, agent, code):
    path = save("t.csv", np.round(transcript(agent()), 6))
    arguments = [path, "--prompt", own, "--eta", "0.3", "--goal", "1,0"]
    found, out, _ = run(capsys, *arguments)
    assert found == code
    assert "\nNumbers have 6 decimals: each is taken to be within 5e-07 of what the agent said.\n" in out
    assert run(capsys, *arguments, "--decimals", "5")[0] in (code, 3)
    found, _, err = run(capsys, *arguments, "--decimals", "17")
    assert found == 2
    assert "the decimals if the numbers are rounded" in err


def test_printed_bounds_are_true(capsys, save, own):
    """Of the numbers as they are printed, in a few digits."""
    for decimals in (3, 6, 17):
        path = save("t.csv", np.round(transcript(honest()), decimals))
        out = run(capsys, path, "--prompt", own, "--eta", "0.3", "--goal", "1,0")[1]
        lines = [line.split() for line in out.splitlines()]
        target = [float(line[1]) for line in lines if line[:1] in (["1"], ["2"]) and len(line) == 4]
        geometry = np.array([line[1:] for line in lines if line[:1] in (["1"], ["2"]) and len(line) == 3], dtype=float)
        bounds = [float(word.split()[0].rstrip(".:")) for word in out.split("within ") if word[0].isdigit()][-3:]
        assert np.linalg.norm(np.subtract(target, GOAL)) <= bounds[0]
        assert np.linalg.norm(geometry - 0.6 * X.T @ X / 2, 2) <= bounds[1]
        moved = float(out.split("move by ")[1].split(",")[0])
        assert moved <= bounds[2]


def test_what_is_known_in_part_only(capsys, save, own):
    flat = LSAAgent(Prompt([[1.0, 1.0]], [2.0]), 0.3)
    path = save("t.csv", transcript(flat, 20))
    out = run(capsys, path, "--prompt", own, "--eta", "0.3")[1]
    assert "Target: known in part only. The states varied along 2 of 2 directions." in out
    still = save("s.csv", np.tile(VICTIM.target, (5, 2)))
    code, out, _ = run(capsys, still, "--prompt", own, "--eta", "0.3")
    assert code == 3
    assert "geometry, step size times Gram matrix, is unknown." in out
    assert "within" not in out.split("Target")[1]


def test_target_that_moves(capsys, save, own):
    agent = blind_attack(Prompt.from_target(X, GOAL), GOAL, step_size=0.6, gain=0.7)
    run_ = Interaction(agent, VICTIM).simulate([3.0, -2.0], 9)
    code, out, _ = run(capsys, save("t.csv", np.hstack([run_.u, run_.w[1:]])), "--prompt", own, "--eta", "0.3")
    assert code == 3
    assert "no fixed prompt" in out


def test_too_few_turns_to_judge(capsys, save, own):
    code, out, _ = run(capsys, save("t.csv", transcript(honest(), 2)), "--prompt", own, "--eta", "0.3")
    assert code == 3
    assert "too few turns" in out


@pytest.mark.parametrize(
    ("rows", "arguments", "message"),
    [
        (transcript(honest(), 1), [], "too few turns"),
        (transcript(honest())[:, :3], [], "has 3 columns; a transcript has an even number"),
        (transcript(honest()) * np.nan, [], "the value is missing"),
        (np.where(np.arange(4) == 1, np.inf, transcript(honest())), [], "is not finite"),
        (transcript(honest()), ["--eta", "0.7"], "are not those of own_prompt and step_size"),
        (transcript(honest()), ["--goal", "1,0,0"], "--goal has 3 entries, but the own prompt has 2 features"),
        (transcript(honest()), ["--noise", "-1"], "must be finite and at least 0"),
        (transcript(honest()), ["--noise", "nan"], "must be finite and at least 0"),
    ],
)
def test_bad_input(capsys, save, own, rows, arguments, message):
    step = [] if "--eta" in arguments else ["--eta", "0.3"]
    try:
        code = main(["audit", save("t.csv", rows), "--prompt", own, *step, *arguments])
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert message in capsys.readouterr().err


def test_no_file(capsys, own):
    code, _, err = run(capsys, "none.csv", "--prompt", own)
    assert code == 2
    assert "none.csv: no such file" in err
