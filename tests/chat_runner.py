"""A small chat experiment in processes that can be killed: ``python -m tests.chat_runner``.

Every line ``URL FOLDER`` on standard input starts it in a new process, forked when all imports are done, so that a life
lasts milliseconds. Two lines come back for each: its process id, and, when it has ended, its exit status.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import openai.resources.chat.completions  # noqa: F401

from numerics.chat.endpoint import Endpoint
from numerics.chat.experiment import ChatExperiment, ChatPlan, PairRun
from numerics.chat.session import Session
from numerics.chat.transcript import Transcript

__all__ = ["PLAN", "carry_out"]

PLAN = ChatPlan(
    X_w=np.array([[1.0, 0.0], [0.5, 1.0], [1.0, 1.0]]),
    X_u=np.array([[1.0, 0.3], [0.5, 1.0]]),
    angles=(45.0, 120.0),
    step_w=0.5,
    step_u=0.4,
    probes=2,
    turns=4,
    tail=2,
    repeats=2,
)


def carry_out(url: str, folder: Path, *, attempts: int = 4) -> list[PairRun]:
    """Begin or go on with the experiment; waits take no time."""
    with (
        Endpoint(url, "stand-in", key_variable=None, timeout=60.0, trust_environment=False) as endpoint,
        Transcript(folder / "transcript.jsonl", PLAN.settings(), run_id="run") as transcript,
    ):
        session = Session(transcript, first_wait=0.0)
        experiment = ChatExperiment(PLAN, endpoint, endpoint, session, attempts=attempts)
        probes = experiment.probe()
        transcript.note("probed", [len(probes[0].inputs), *(len(found.inputs) for found in probes[1])])
        return experiment.play()


def main() -> None:
    """Fork on request."""
    print("ready", flush=True)
    for line in sys.stdin:
        url, _, folder = line.rstrip("\n").partition(" ")
        child = os.fork()
        if child == 0:
            status = 1
            try:
                carry_out(url, Path(folder))
                status = 0
            finally:
                os._exit(status)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main()
