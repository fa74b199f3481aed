"""What the tests of chat agents share: two prompts, a way to ask over real HTTP, and what a transcript says."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from numerics import Prompt
from numerics.chat.chat_agent import ChatAgent
from numerics.chat.endpoint import Endpoint
from numerics.chat.session import Session
from numerics.chat.transcript import Transcript

W = Prompt.from_target(np.array([[1.0, 0.0], [0.5, 1.0], [1.0, 1.0]]), [1.0, -1.0])
U = Prompt.from_target(np.array([[1.0, 0.3], [0.5, 1.0], [1.0, -1.0]]), [0.0, 1.0])
#: Entries of a record that tell the time or the place of the server, not what was said.
PASSING = ("time", "clock", "seconds", "server")


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    at: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@contextlib.contextmanager
def asking(url: str, path: Path, clock: Clock | None = None, **more: Any) -> Iterator[tuple[ChatAgent, Session]]:
    """Open endpoint, unless one is given, and transcript, and yield W's agent with its session."""
    clock = clock or Clock()
    agent = {name: more.pop(name) for name in ("attempts", "output_tokens", "step_size") if name in more}
    server = {name: more.pop(name) for name in ("key_variable", "options", "timeout") if name in more}
    given = more.pop("endpoint", None)
    server = {"key_variable": None, "timeout": 20.0, "trust_environment": False, "now": clock.now, **server}
    with (
        contextlib.nullcontext(given) if given else Endpoint(url, "stand-in", **server) as endpoint,
        Transcript(path, {"test": 1}, run_id="run") as transcript,
    ):
        session = Session(transcript, **{"first_wait": 0.5, "sleep": clock.sleep, "now": clock.now, **more})
        yield ChatAgent(W, endpoint, session, name="W", **{"step_size": 0.5, **agent}), session


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def outcomes(path: Path) -> list[dict[str, Any]]:
    """The recorded outcomes, without what differs between two runs that say the same."""
    return [
        {name: value for name, value in record.items() if name not in PASSING}
        for record in lines(path)
        if record["kind"] in ("received", "note")
    ]
