"""An experiment that is killed, at any point, ends with the transcript of one that was not, and repeats no request."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.chat_runner import PLAN, carry_out
from tests.chat_server import ChatServer, Model
from tests.numerics.chat.chatting import lines, outcomes

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="lives are forked")
MOVES = PLAN.probe_moves + PLAN.pair_moves
NOISY = Model(noise=0.05, scale=0.9)


def fault(number: int, key: str, body: dict[str, Any]) -> str | None:
    """Plant faults by key, so that every run of the experiment meets the same ones."""
    planted = {"probe-c0-r0-t1-W-a1-0": "500", "pair-c1-r0-t0-U-a1-0": "dimension", "pair-c1-r1-t2-W-a1-0": "429"}
    return next((name for end, name in planted.items() if key.endswith(end)), None)


class Lives:
    """The experiment in processes that follow one another."""

    def __init__(self, process: subprocess.Popen[str], url: str, folder: Path) -> None:
        assert process.stdin
        assert process.stdout
        self._to, self._from = process.stdin, process.stdout
        self._experiment = f"{url} {folder}\n"

    def begin(self) -> int:
        """Start a life; return its process id."""
        self._to.write(self._experiment)
        self._to.flush()
        return int(self._from.readline())

    def end(self) -> bool:
        """Wait for its end; return whether it was killed. Anything but a kill or success is an error."""
        status = int(self._from.readline())
        assert status in (0, signal.SIGKILL), status
        return status == signal.SIGKILL


@pytest.fixture(scope="module")
def lives() -> Iterator[Callable[[str, Path], Lives]]:
    """Lives of an experiment: all are forks of one process, which has imported what is slow to import."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.chat_runner"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield partial(Lives, process)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the transcript says when nothing is killed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with ChatServer(model=NOISY, fault=fault) as server:
        runs = carry_out(server.url, folder)
    assert [len(run.u) for run in runs] == [PLAN.turns] * 4
    said = outcomes(folder / "transcript.jsonl")
    assert len(said) == MOVES + 3 + 1, "the moves, three faults, one note"
    return said


def check(folder: Path, server: ChatServer, expected: list[dict[str, Any]], kills: int) -> None:
    """The transcript is that of an undisturbed run, and no request was repeated whose outcome was recorded."""
    path = folder / "transcript.jsonl"
    assert outcomes(path) == expected
    records = lines(path)
    recorded: set[str] = set()
    sent: Counter[str] = Counter()
    for record in records:
        if record["kind"] == "sent":
            assert record["key"] not in recorded, "sent again although its outcome was recorded"
            assert record.get("resent", False) == (sent[record["key"]] > 0)
            sent[record["key"]] += 1
        elif record["kind"] == "received":
            recorded.add(record["key"])
    arrived = server.deliveries()
    assert not arrived - sent, "what arrived had been written before"
    repeated = sum(sent.values()) - len(sent)
    assert repeated <= kills, "at most the request that was under way"
    if server.honours_keys:
        assert set(server.computed.values()) == {1}, "every answer was computed once"
    before = len(server.received)
    carry_out(server.url, folder)
    assert len(server.received) == before, "a complete experiment asks nothing"
    assert lines(path) == records


@pytest.mark.parametrize("honours_keys", [True, False])
@pytest.mark.slow
@pytest.mark.many(2)
def test_killed_at_random_times(
    tmp_path: Path, undisturbed: list[dict[str, Any]], lives: Callable[[str, Path], Lives], honours_keys: bool
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    kills = 0
    with ChatServer(model=NOISY, fault=fault, honours_keys=honours_keys) as server:
        life = lives(server.url, tmp_path)
        for planned in range(40):
            child = life.begin()
            if planned < 15:
                # However fast the machine is, some requests later, and then at any moment.
                reached, until = len(server.received) + rng.randrange(MOVES // 6), time.monotonic() + 5
                while len(server.received) < reached and time.monotonic() < until:
                    time.sleep(0.0005)
                time.sleep(rng.uniform(0, 0.005))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            if not life.end():
                break
            kills += 1
        else:
            pytest.fail("it never came to an end")
        assert kills >= 3, "the test kills"
        check(tmp_path, server, undisturbed, kills)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["on_request", "on_answered"])
@pytest.mark.parametrize("honours_keys", [True, False])
def test_killed_while_a_request_is_under_way(
    tmp_path: Path,
    undisturbed: list[dict[str, Any]],
    lives: Callable[[str, Path], Lives],
    moment: str,
    honours_keys: bool,
) -> None:
    """Every fifth request kills the process: before it is answered, or when the answer has just gone out."""
    current: list[int] = []

    def kill(number: int) -> None:
        if number % 5 == 1:
            with contextlib.suppress(ProcessLookupError):
                os.kill(current[-1], signal.SIGKILL)

    with ChatServer(model=NOISY, fault=fault, honours_keys=honours_keys, **{moment: kill}) as server:
        life = lives(server.url, tmp_path)
        # The process id must be known before the first request arrives: requests wait for it.
        server.on_request = _after(current, server.on_request)
        kills = 0
        while True:
            known = len(current)
            current.append(life.begin())
            assert len(current) == known + 1
            if not life.end():
                break
            kills += 1
            assert kills < 200
        assert kills >= 6
        if moment == "on_request":
            sent = Counter(record["key"] for record in lines(tmp_path / "transcript.jsonl") if record["kind"] == "sent")
            assert sum(sent.values()) - len(sent) == kills, "each of these kills leaves a request open"
        server.on_request = server.on_answered = lambda number: None
        check(tmp_path, server, undisturbed, kills)


def _after(current: list[int], do: Any) -> Any:
    """Wait until the process that asks is known."""

    def waiting(number: int) -> None:
        until = time.monotonic() + 5.0
        while time.monotonic() < until and not (current and _alive(current[-1])):
            time.sleep(0.001)
        do(number)

    return waiting


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_going_on_from_any_prefix_of_the_file(tmp_path: Path, undisturbed: list[dict[str, Any]]) -> None:
    """A machine that crashes leaves a prefix: from each, exactly what is missing is asked."""
    with ChatServer(model=NOISY, fault=fault) as server:
        carry_out(server.url, tmp_path)
        path = tmp_path / "transcript.jsonl"
        data = path.read_bytes()
        ends = [i + 1 for i, byte in enumerate(data) if byte == 10]
        rng = random.Random(1)
        cuts = {0, 1, ends[0] - 1, ends[0], ends[1], len(data) - 1, len(data)}
        cuts |= {rng.choice(ends) + rng.choice((-1, 0, 1)) for _ in range(4)} | {
            rng.randrange(len(data)) for _ in range(4)
        }
        for cut in sorted(cut for cut in cuts if cut <= len(data)):
            path.write_bytes(data[:cut])
            known = sum(b'"kind": "received"' in line for line in data[:cut].split(b"\n")[:-1])
            before = len(server.received)
            carry_out(server.url, tmp_path)
            assert len(server.received) - before == len(undisturbed) - 1 - known
            assert outcomes(path) == undisturbed


@pytest.mark.slow
def test_the_check_sees_a_repeated_request(tmp_path: Path, undisturbed: list[dict[str, Any]]) -> None:
    """Negative controls: a request repeated after its outcome, one never written, and a changed answer are caught."""
    with ChatServer(model=NOISY, fault=fault) as server:
        carry_out(server.url, tmp_path)
        path = tmp_path / "transcript.jsonl"
        whole = path.read_text()
        check(tmp_path, server, undisturbed, 0)
        sent = next(line for line in whole.splitlines() if '"sent"' in line)
        path.write_text(whole + sent + "\n")
        with pytest.raises(AssertionError, match="although its outcome was recorded"):
            check(tmp_path, server, undisturbed, 0)
        path.write_text(whole)
        server.received.append(server.received[0])
        with pytest.raises(AssertionError, match="had been written before"):
            check(tmp_path, server, undisturbed, 0)
        server.received.pop()
        path.write_text(whole.replace('"counted": ', '"counted": 1'))
        with pytest.raises(AssertionError):
            check(tmp_path, server, undisturbed, 0)
