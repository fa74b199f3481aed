"""``proofs-check chat`` from the command line, over real HTTP."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics.chat.experiment import ChatPlan, PairRun
from proofs_check.commands import chat_options
from proofs_check.commands.chat_report import agreement, rows_of
from proofs_check.commands.cli import build_parser, main
from tests.chat_server import ChatServer, Model

ROOT = Path(__file__).parents[3]
KEY = "sk-very-secret-0123456789"
SMALL = ["--angles", "40,130", "--turns", "6", "--tail", "2", "--repeats", "2", "--probes", "6", "--first-wait", "0"]
FILES = [
    "alone_U_60.jsonl",
    "alone_W.jsonl",
    "moves_U.csv",
    "moves_W.csv",
    "plateaus.png",
    "results.csv",
    "results.json",
    "transcript.jsonl",
]

#: For every line read: fork, when all is imported and derived, a child that is the command; its id, and how it ended.
LIVES = """
import os, sys
import matplotlib.pyplot, openai.resources.chat.completions
import proofs_check.commands.chat
from proofs_check.commands.cli import main
from theory.families.equilibrium import biased_equilibrium
biased_equilibrium()
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        sys.stdout = open(os.devnull, "w")
        os._exit(main(sys.argv[1:]))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def last(options: Sequence[str]) -> list[str]:
    """Of an option that is given twice the last one: the command takes each once."""
    starts = [i for i, word in enumerate(options) if word.startswith("--")]
    groups = [options[i:j] for i, j in zip(starts, [*starts[1:], len(options)], strict=True)]
    kept = {group[0] if group[0] != "--request" else str(group): group for group in groups}
    return [word for group in kept.values() for word in group]


def chat(server: ChatServer, out: Path, *more: str) -> int:
    options = ["--base-url", server.url, "--model", "stand-in", "--no-key", "--out", str(out), *more]
    return main(["chat", *last(options)])


def results(out: Path) -> dict[str, Any]:
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_whole_experiment_with_a_biased_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A model without noise that steps too short and loses a part of every weight: the theory of the stated step fails.

    Identification is then exact up to rounding, so its prediction must meet the observed plateau up to what is left of
    the start: the rate is below 0.4, and 0.4^22 < 2e-9.
    """
    model = Model(scale=0.8, pull=0.1)
    options = ["--angles", "60", "--turns", "24", "--tail", "2", "--repeats", "2", "--probes", "4"]
    options += ["--step", "1.0"]
    with ChatServer(model=model) as server:
        assert chat(server, tmp_path, *options) == 0
        out = capsys.readouterr().out
        assert len(server.received) == 4 * 2 + 24 * 2 * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    assert "Identified agents: 2 of 2 plateaus agree." in out
    assert "Stated step: 0 of 2 plateaus agree." in out
    assert "0.0000 ±" not in out
    found = results(tmp_path)
    assert found["agreement"]["identified agents"] == [2, 2]
    for row in found["plateaus"]:
        predicted = row["predicted"]
        assert abs(predicted["identified agents"]["distance"] - row["observed"]) < 1e-8
        assert abs(predicted["stated step"]["distance"] - row["observed"]) > 1e-3
        assert row["runs"] == 2
    assert max(forecasts[2]["rate"] for forecasts in found["predictions"]) < 0.4
    agent = found["agents"]["w"]
    gram = np.diag([1.0, 0.4])  # of rounded inputs
    np.testing.assert_allclose(agent["geometry"], 0.1 * np.eye(2) + 0.9 * 0.8 * gram, rtol=0, atol=1e-3)
    rows = table(tmp_path / "results.csv")
    assert [(row["angle"], row["agent"]) for row in rows] == [("60.0", "W"), ("60.0", "U")]
    assert [float(row["observed"]) for row in rows] == [row["observed"] for row in found["plateaus"]]
    moves = {name: table(tmp_path / f"moves_{name}.csv") for name in "WU"}
    assert len(moves["W"]) == 4 + 48
    assert len(moves["U"]) == 4 + 48
    pairs = [[row for row in moves[name] if row["phase"] == "pair"] for name in "WU"]
    for w, u in zip(*pairs, strict=True):
        assert [u["out1"], u["out2"]] == [w["in1"], w["in2"]], "W is shown what U answered"


@pytest.mark.slow
def test_noisy_agents_and_faults_and_a_second_look(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    faults = {3: "429", 5: "malformed", 11: "500", 17: "refusal", 23: "drop", 30: "dimension"}
    with ChatServer(model=Model(noise=0.02), fault=lambda number, key, body: faults.get(number)) as server:
        assert chat(server, tmp_path, *SMALL) == 0
        first = capsys.readouterr().out
        asked = len(server.received)
        kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        assert asked == 18 + 48 + 6
        assert chat(server, tmp_path, *SMALL) == 0
        second = capsys.readouterr().out
        assert len(server.received) == asked, "a complete experiment asks nothing"
    assert "72 requests in this run" in first
    assert "Going on from 72 recorded exchanges; 0 sent without a recorded outcome." in second
    assert "0 requests in this run" in second
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".png"} == {
        name: data for name, data in kept.items() if not name.endswith(".png")
    }
    counts = results(tmp_path)["requests"]
    assert counts["answers"] == 69
    assert counts["unusable_answers"] == 3
    assert (counts["errors"], counts["lost"], counts["without_recorded_outcome"]) == (2, 1, 0)
    assert max(map(len, first.splitlines())) <= 100
    lines = [json.loads(line) for line in (tmp_path / "transcript.jsonl").read_text().splitlines()]
    kinds = [(r["kind"], r.get("place", "")[:5]) for r in lines]
    note = kinds.index(("note", ""))
    assert all(place != "pair-" for _, place in kinds[:note]), "predicted before the pair was run"
    assert all(place == "pair-" for _, place in kinds[note + 1 :])


@pytest.mark.slow
def test_the_agents_alone_can_be_identified_from_the_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with ChatServer(model=Model(noise=0.02)) as server:
        assert chat(server, tmp_path, *SMALL, "--probes", "9", "--turns", "2", "--repeats", "1") == 0
    capsys.readouterr()
    files = [str(tmp_path / name) for name in ("alone_W.jsonl", "alone_U_130.jsonl", "identified.json")]
    assert main(["identify", files[0], "--with", files[1], "--json", files[2]]) in (0, 1, 3)
    found = json.loads(Path(files[2]).read_text(encoding="utf-8"))
    predicted = results(tmp_path)["predictions"][1][2]
    assert predicted["method"] == "identified agents"
    assert found["pair"]["w"] == pytest.approx(predicted["w"], abs=1e-12)
    assert found["pair"]["rate"] == pytest.approx(predicted["rate"], abs=1e-12)


@pytest.mark.slow
def test_a_token_limit_stops_and_a_higher_one_goes_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with ChatServer() as server:
        assert chat(server, tmp_path, *SMALL, "--token-limit", "9000") == 3
        out = capsys.readouterr().out
        assert "Stopped: " in out
        assert "limit of 9000" in out
        assert "The same command goes on from here." in out
        assert not (tmp_path / "results.json").exists()
        spent = len(server.received)
        assert 0 < spent < 66
        assert chat(server, tmp_path, *SMALL) == 0
        assert len(server.received) == 66
    assert results(tmp_path)["requests"]["tokens"] > 9000


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="lives are forked")
@pytest.mark.many(0)
def test_the_command_killed_twice_ends_with_the_same_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """SIGKILL among the probes, and in a run of the pair; tests of numerics kill at many more points."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    options = last([*SMALL, "--turns", "3", "--repeats", "1"])
    with ChatServer(model=Model(noise=0.02)) as server:
        assert chat(server, whole, *options) == 0
    running: list[int] = []

    def kill(number: int) -> None:
        if number in (7, 22):
            os.kill(running[-1], signal.SIGKILL)

    with ChatServer(model=Model(noise=0.02), honours_keys=True, on_request=kill) as server:
        options = ["--base-url", server.url, "--model", "stand-in", "--no-key", "--out", str(killed), *options]
        command = [sys.executable, "-c", LIVES, "chat", *options]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as lives:
            assert lives.stdin
            assert lives.stdout
            for status in (-signal.SIGKILL, -signal.SIGKILL, 0):
                print(file=lives.stdin, flush=True)
                running.append(int(lives.stdout.readline()))
                assert int(lives.stdout.readline()) == status
        assert set(server.computed.values()) == {1}
        assert sorted(server.deliveries().values()) == [1] * 28 + [2, 2]
    first, second = results(whole), results(killed)
    assert second["requests"].pop("without_recorded_outcome") == 2
    assert first["requests"].pop("without_recorded_outcome") == 0
    assert second["requests"].pop("tokens") > first["requests"].pop("tokens"), "the lost answers are counted as well"
    assert first == second
    for name in ("results.csv", "moves_W.csv", "moves_U.csv", "alone_W.jsonl"):
        assert (whole / name).read_bytes() == (killed / name).read_bytes()


@pytest.mark.slow
def test_a_server_that_fails_stops(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with ChatServer(fault=lambda number, key, body: "503" if number > 10 else None) as server:
        assert chat(server, tmp_path, *SMALL, "--tries", "3") == 3
        assert "no answer after 3 tries" in capsys.readouterr().out
    with ChatServer() as server:  # another address, the same experiment
        assert chat(server, tmp_path, *SMALL) == 0
        assert len(server.received) == 66 - 11


@pytest.mark.slow
def test_runs_that_are_given_up_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with ChatServer(fault=lambda number, key, body: "refusal" if "pair-c1-r0-t3-W" in key else None) as server:
        assert chat(server, tmp_path, *SMALL, "--attempts", "2") == 1
    out = capsys.readouterr().out
    assert "1 of 4 runs were given up" in out
    found = results(tmp_path)
    assert [row["runs"] for row in found["plateaus"]] == [2, 2, 1, 1]
    assert found["plateaus"][2]["interval"] is None
    assert found["given_up"][0]["angle"] == 130.0


@pytest.mark.slow
def test_a_step_of_the_models_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with ChatServer(model=Model(noise=0.01, free_step=0.6)) as server:
        assert chat(server, tmp_path, *SMALL, "--step", "free") == 0
        text = server.received[0].body["messages"][1]["content"]
    assert "gradient" not in text
    out = capsys.readouterr().out
    assert "No prediction, stated step: no step was asked for." in out
    assert results(tmp_path)["agents"]["w"]["effective_step"] == pytest.approx(0.6, abs=0.05)


@pytest.mark.slow
def test_without_probes_only_the_stated_step_predicts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with ChatServer() as server:
        assert chat(server, tmp_path, *SMALL[:-4], "--probes", "0") == 0
    out = capsys.readouterr().out
    assert "the plateaus are not settled" in out
    assert "too few rows" in out
    assert "Stated step: " in out


@pytest.mark.slow
def test_two_models_on_two_servers_with_keys_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEY_OF_W", "key-of-the-server-w")
    monkeypatch.setenv("KEY_OF_U", "key-of-the-server-u")
    with ChatServer() as w, ChatServer(structures=()) as u:
        options = ["--base-url", w.url, "--model", "one", "--key-variable", "KEY_OF_W"]
        options += ["--base-url-u", u.url, "--model-u", "two", "--key-variable-u", "KEY_OF_U"]
        options += ["--request", "temperature=0.5", "--extra-body", '{"reasoning_effort": "low"}']
        assert main(["chat", "--out", str(tmp_path), *last([*SMALL, *options])]) == 0
        for server, model, key in ((w, "one", "key-of-the-server-w"), (u, "two", "key-of-the-server-u")):
            assert {request.body["model"] for request in server.received} == {model}
            assert {request.headers["authorization"] for request in server.received} == {f"Bearer {key}"}
            assert {request.body["temperature"] for request in server.received} == {0.5}
            assert {request.body["reasoning_effort"] for request in server.received} == {"low"}
        assert len(w.received) == 6 + 24
        assert len(u.received) == 12 + 24 + 2, "two forms of structured output are rejected, once each"


@pytest.mark.slow
def test_prompts_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    w, u = tmp_path / "w.csv", tmp_path / "u.csv"
    w.write_text("a,b,y\n1,0,9\n0,1,9\n1,1,9\n")
    u.write_text("a,b,y\n1,0.5,9\n0,1,9\n")
    with ChatServer() as server:
        assert chat(server, tmp_path / "out", *SMALL, "--w", str(w), "--u", str(u)) == 0
        asked = server.received[0].body["messages"][1]["content"]
    assert "x = [1.0, 1.0], y = 1.0" in asked, "labels are those of the target, not of the file"
    assert results(tmp_path / "out")["settings"]["X_u"] == [[1.0, 0.5], [0.0, 1.0]]


@pytest.mark.parametrize("fault", [None, "401"])
@pytest.mark.slow
@pytest.mark.many(2)
def test_the_key_is_in_no_file_and_no_output(tmp_path: Path, fault: str | None) -> None:
    environment = {**os.environ, "MY_KEY": KEY, "OPENAI_LOG": "debug", "NO_PROXY": "127.0.0.1"}
    with ChatServer(fault=lambda *request: fault) as server:
        command = [sys.executable, "-m", "proofs_check", "chat", "--base-url", server.url, "--model", "m"]
        command += ["--key-variable", "MY_KEY", "--out", str(tmp_path)]
        command += last([*SMALL, "--angles", "40", "--turns", "3", "--repeats", "1"])
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert server.received[0].headers["authorization"] == f"Bearer {KEY}"
    assert run.returncode == (3 if fault else 0), run.stderr
    assert ("Incorrect API key provided: Bearer [key]" in run.stdout) == (fault == "401")
    assert "DEBUG" in run.stderr, "the client's own log was read as well"
    for text in (run.stdout, run.stderr, *(path.read_text(errors="replace") for path in tmp_path.iterdir())):
        assert KEY not in text


@pytest.mark.slow
def test_other_settings_in_the_same_folder_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ChatServer() as server:
        assert chat(server, tmp_path, *SMALL) == 0
        asked = len(server.received)
        assert chat(server, tmp_path, *SMALL, "--step", "0.25") == 2
        assert "was begun with step_u = 0.5, not 0.25" in capsys.readouterr().err
        assert len(server.received) == asked


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--angles", "0,200"], "angles must lie in"),
        (["--tail", "9"], "tail must not exceed turns"),
        (["--examples", "1"], "--examples: 1 example cannot have a Gram matrix of size 2"),
        (["--gram-w", "1,-1"], "positive semidefinite"),
        (["--gram-w", "1,0.5;0.4"], "not a square matrix"),
        (["--gram-w", "1,1,1"], "must agree"),
        (["--w", "none.csv"], "no such file"),
        (["--w", "none.csv", "--gram-w", "1,1"], "give one of them"),
        (["--key-variable", "MY_KEY"], "--key-variable: without effect beside --no-key"),
        (["--w", "a", "--u", "b", "--examples", "8"], "--examples: without effect beside --w and --u"),
        (["--step", "0"], "a step size must be positive"),
        (["--step", "free?"], "is not a number"),
        (["--request", "temperature"], "is not NAME=JSON"),
        (["--request", "n=2"], "must not set 'n'"),
        (["--extra-body", '{"n": 2}'], "must not set 'n'"),
        (["--extra-body", "[1]"], "is not a JSON object"),
        (["--extra-body", '{"seed": 1}', "--request", "seed=2"], "'seed' is given more than once; give it once"),
        (["--request", "seed=1", "--request", "seed=2"], "'seed' is given more than once"),
        (["--base-url", "nonsense"], "must look like https://host/v1"),
        (["--token-limit", "0"], "must be at least 1"),
        (["--api-key", KEY], "unrecognized arguments"),
    ],
)
def test_usage_errors(options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        server = ["--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--no-key", "--out", str(tmp_path)]
        code = main(["chat", *last([*server, *SMALL, *options])])
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert message in capsys.readouterr().err


def test_a_missing_key_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(["chat", "--base-url", "https://chat.example/v1", "--model", "m", "--out", str(tmp_path)]) == 2
    assert "OPENAI_API_KEY is not set" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_key_in_place_of_the_name_of_its_variable_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--out", str(tmp_path), "--key-variable", KEY]
    assert main(["chat", *options]) == 2
    captured = capsys.readouterr()
    assert "key_variable is not the name of an environment variable" in captured.err
    assert KEY not in captured.out + captured.err


def test_the_command_of_the_readme_is_understood() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^\.venv/bin/proofs-check (chat .*)$", readme, flags=re.M)
    options = build_parser().parse_args(command.split())
    assert options.model == "NAME"
    plan = chat_options.plan_of(options)
    assert (plan.probe_moves, plan.pair_moves) == (72, 800), "the book says so"


def forecast(method: str, distance: float, half: float) -> dict[str, Any]:
    interval = [distance - half, distance + half]
    return {
        "method": method,
        "distance_w": distance,
        "interval_w": interval,
        "distance_u": None,
        "interval_u": None,
        "why": "",
    }


def test_a_wrong_prediction_is_called_wrong() -> None:
    """Planted: a plateau at 1.00 ± 0.05 agrees with 1.08 ± 0.07 and not with 1.08 ± 0.06, as hypotenuses tell."""
    plan = ChatPlan(X_w=np.eye(2), X_u=np.eye(2), angles=(90.0,), turns=1, tail=1, repeats=2)
    spread = 0.05 / 12.706204736432095
    runs = []
    for r, sign in enumerate((-1, 1)):
        w = np.array([[0.0, 0.0], [2.0 + sign * spread, 0.0]])
        runs.append(PairRun(0, r, w, np.zeros((1, 2))))
    near, far = forecast("stated step", 1.08, 0.07), forecast("effective step", 1.08, 0.06)
    unknown = {**forecast("identified agents", 0.0, 0.0), "distance_w": None, "interval_w": None, "why": "untried"}
    w_row, u_row = rows_of(plan, runs, [[near, far, unknown]])
    assert w_row.observed == pytest.approx(1.0)
    assert w_row.interval == pytest.approx([0.95, 1.05])
    assert [entry["agrees"] for entry in w_row.predicted.values()] == [True, False, None]
    assert [entry["agrees"] for entry in u_row.predicted.values()] == [None, None, None]
    assert agreement([w_row, u_row]) == {"stated step": [1, 1], "effective step": [0, 1], "identified agents": [0, 0]}


def test_the_options_of_a_gram() -> None:
    assert chat_options.gram("1,0.4").tolist() == [[1.0, 0.0], [0.0, 0.4]]
    assert chat_options.gram("0.6,0.3;0.3,0.8").tolist() == [[0.6, 0.3], [0.3, 0.8]]
