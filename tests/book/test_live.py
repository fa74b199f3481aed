"""The live picture says what the simulated agents do: its script runs in Chromium, and its numbers are compared."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, Prompt, label_attack
from tests.book.chromium import CHROMIUM

ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / "book" / "live" / "pair.js").read_text(encoding="utf-8")
TURNS = 30

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")


def opened(page: Path, address: str = "") -> str:
    """The page as it stands once its scripts have run; what it says on the console is a failure."""
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    quiet = ["--virtual-time-budget=2000", f"--user-data-dir={page.parent / 'profile'}", "--dump-dom"]
    run = subprocess.run(
        [*command, *quiet, page.as_uri() + address], capture_output=True, text=True, timeout=120, check=True
    )
    said = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert said == []
    return run.stdout


def found(html: str) -> object:
    return json.loads(unescape(re.search(r'data-found="([^"]*)"', html)[1]))


def scene(rng: np.random.Generator, mode: str) -> dict[str, object]:
    """Two or three agents; a prompt may be blind to a direction, or lie along an axis, or overstep."""
    agents = [
        {
            "step": float(rng.choice([0.1, 0.6, 1.0, 1.9, 2.3])),
            "thin": float(rng.choice([0.0, 0.05, 0.5, 1.0])),
            "angle": float(rng.choice([0.0, 35.0, 90.0, 160.0])),
            "target": rng.normal(size=2).tolist(),
        }
        for _ in range(rng.integers(2, 4))
    ]
    if rng.random() < 0.1:
        agents = [one | {"thin": 0.0, "angle": 30.0} for one in agents]  # nobody sees across
    if mode == "attacked":
        agents[0]["thin"] = 0.5  # whose labels reach everything
    return {"mode": mode, "start": rng.normal(size=2).tolist(), "agents": agents}


def agent(one: dict[str, object]) -> LSAAgent:
    angle = np.radians(one["angle"])
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return LSAAgent(
        Prompt.from_target(np.sqrt([[2.0], [2.0 * one["thin"]]]) * axes, np.array(one["target"])), one["step"]
    )


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    rng = np.random.default_rng(5)
    scenes = [scene(rng, mode) for mode in ("honest", "attacked", "helped") for _ in range(40)]
    page = tmp_path_factory.mktemp("live") / "page.html"
    runs = f"JSON.stringify({json.dumps(scenes)}.map((scene) => Pair.run(scene, {TURNS})))"
    page.write_text(
        f"<!doctype html><title>runs</title><script>{SCRIPT}</script><script>document.body.dataset.found = {runs};"
        "</script>".replace("<script>document", "<body><script>document"),
        encoding="utf-8",
    )
    return list(zip(scenes, found(opened(page)), strict=True))


def close(a: object, b: object) -> bool:
    size = max(1.0, float(np.abs(b).max()))
    return bool(np.abs(np.asarray(a) - b).max() <= 1e-9 * size)


@pytest.mark.filterwarnings("ignore::numerics.DivergenceWarning")
def test_turns_are_those_of_the_attention_layers(compared):
    shown = 0
    for given, run in compared:
        if given["mode"] != "honest":
            continue
        both = Interaction(*map(agent, given["agents"]))
        states = both.simulate(np.array(given["start"]), TURNS, method="attention").states
        passed = np.roll(states, -1, axis=1).reshape(-1, 2)[: len(run["path"]) - 1]
        assert close(run["path"][1:], passed)
        shown += len(passed) >= 2 * TURNS
    assert shown > 20


def test_the_rest_point_is_that_of_the_agents_or_there_is_none(compared):
    rests = 0
    for given, run in compared:
        if given["mode"] != "honest":
            continue
        both = Interaction(*map(agent, given["agents"]))
        found = both.equilibrium(allow_missing=True)
        assert (run["rest"] is not None) == bool(found.exists and found.unique)
        if run["rest"] is not None:
            assert close(run["rest"], found.w)
            assert run["radius"] == pytest.approx(float(both.rate()), abs=1e-7)
            rests += 1
    assert 10 < rests < 40


def test_an_attacker_declares_what_its_labels_do_and_rests_on_its_target(compared):
    alike = 0
    for given, run in compared:
        if given["mode"] == "attacked" and run["rest"] is not None:
            assert close(run["rest"], np.array(given["agents"][0]["target"]))
        if given["mode"] == "attacked" and len(given["agents"]) == 2 and run["radius"] < 0.99:
            w, u = map(agent, given["agents"])
            attack = label_attack(u, w.prompt.X, np.array(given["agents"][0]["target"]), step_size=w.step_size)
            assert close(run["declared"], np.linalg.lstsq(w.prompt.X, attack.agent.prompt.y, rcond=None)[0])
            alike += 1
    assert alike > 5


def test_a_helper_brings_w_to_its_target_in_one_round(compared):
    for given, run in compared:
        if given["mode"] == "helped":
            assert close(run["path"][len(given["agents"])], np.array(given["agents"][0]["target"]))


@pytest.mark.parametrize(
    ("address", "mode"), [("", "honest"), ("#pair=%7B%22mode%22", "honest"), ("attacked", "attacked")]
)
def test_the_figure_shows_a_scene_from_its_address(tmp_path, monkeypatch, address, mode):
    """One that cannot be read shows the first picture."""
    pytest.importorskip("sphinx", reason="the book's tools are not installed")
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    from live import live_pair

    if address == "attacked":
        given = scene(np.random.default_rng(0), "attacked")
        address = "#pair=" + json.dumps(given).replace('"', "%22").replace(" ", "")
    (tmp_path / "_static" / "live").mkdir(parents=True)
    (tmp_path / "_static" / "live" / "pair.js").write_text(SCRIPT, encoding="utf-8")
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><title>figure</title><body>{live_pair('caption')}", encoding="utf-8")
    html = opened(page, address)
    shown = found(html)
    assert shown["scene"]["mode"] == mode
    assert ("declared agent-0" in html) is (mode == "attacked")
    assert len(re.findall("<ellipse", html)) == len(shown["scene"]["agents"])
    assert re.search(r"<output[^>]*>Rest point|<output[^>]*>No state", html)
    if mode == "honest":  # as the text beside it says: farther from either target than they are from each other
        w, u = (np.array(one["target"]) for one in shown["scene"]["agents"])
        assert all(np.linalg.norm(shown["rest"] - goal) > np.linalg.norm(w - u) for goal in (w, u))
