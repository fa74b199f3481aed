"""Try mutants one by one: a process that has imported what is slow to import, and forks for each of them.

Run as a script within a copy of the tree, so that nothing of the project is imported before the fork. It reads one
request a line, ``{"path", "code", "first", "tests", "cpu", "wall"}``, and answers each with ``{"outcome", "killer",
"cpu"}``. The mutant is written into the copy, where processes that a test starts find it too.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

OPTIONS = ["-x", "-q", "-o", "addopts=", "-p", "no:cacheprovider", "--assert=plain"]
#: A mutant that asks for more memory than this fails.
MEMORY = 6 * 2**30


class Watch:
    """The first test that failed; what killed before runs first."""

    def __init__(self, first: Sequence[str]) -> None:
        self.order = {name: place for place, name in enumerate(first)}
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.order.get(item.nodeid, len(self.order)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid or "collection"


def fails(tests: Sequence[str], first: Sequence[str]) -> str:
    """Name the first test that fails, having tried alone those that killed last; empty if all pass."""
    for arguments, certain in [([name], False) for name in first] + [(shlex.split(name), True) for name in tests]:
        watch = Watch(first)
        status = pytest.main([*OPTIONS, *EXTRA, *arguments], plugins=[watch])
        # A test that killed before may be gone by now: that kills nothing.
        if watch.failed or (certain and status != 0):
            return watch.failed or f"{arguments[0]} (exit {int(status)})"
    return ""


def child(request: dict, out: int) -> None:
    """Run the tests on what is in the copy and write the name of the first that fails."""
    os.setsid()
    sink = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(sink, standard)
    if request["cpu"]:
        resource.setrlimit(resource.RLIMIT_CPU, (request["cpu"], request["cpu"] + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    found = fails(request["tests"], request["first"])
    os.write(out, json.dumps(found).encode())


def trial(request: dict) -> dict:
    """Fork, run the tests of one mutant, wait for it or end it."""
    reading, writing = os.pipe()
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            child(request, writing)
        finally:
            os._exit(0)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], request["wall"] or None)
    answer = os.read(reading, 2**16) if ready else b""
    os.close(reading)
    if not answer:
        os.killpg(pid, signal.SIGKILL) if not ready else None
    _, status, usage = os.wait4(pid, 0)
    timed_out = not ready or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)
    killer = json.loads(answer) if answer else "timed out" if timed_out else "the process ended"
    return {
        "outcome": "timed out" if timed_out else "killed" if killer else "survived",
        "killer": killer,
        "cpu": usage.ru_utime + usage.ru_stime,
        "seconds": time.monotonic() - start,
    }


def main(preloaded: Sequence[str]) -> None:
    """Serve until the input ends."""
    sys.path[0] = os.getcwd()
    sys.dont_write_bytecode = True
    for name in preloaded:
        importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        path = Path(request["path"])
        source = path.read_text(encoding="utf-8")
        path.write_text(request["code"], encoding="utf-8")
        try:
            answer = trial(request)
        finally:
            path.write_text(source, encoding="utf-8")
        print(json.dumps(answer), flush=True)


EXTRA: list[str] = json.loads(os.environ.get("MUTATION_OPTIONS", "[]"))

if __name__ == "__main__":
    main(sys.argv[1:])
