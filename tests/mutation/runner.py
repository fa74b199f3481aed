"""Run the mutants of the targets on copies of the tree, several at a time."""

from __future__ import annotations

import compileall
import contextlib
import json
import math
import os
import py_compile
import queue
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.results import Results, Row, digest
from tests.mutation.tables import Equivalent, Target, Tree, declared

SERVER = Path(__file__).with_name("server.py")
FAST = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
        "PYTHONDONTWRITEBYTECODE",
    ),
    "1",
)
#: A mutant may take so many times what its tests take unmutated, and so many seconds more.
TIMES, MORE = 3, 5
#: Of the tests that killed mutants of this module last, so many are tried first, each alone.
RECENT = 2


class Server:
    """A copy of the tree and the process that tries mutants in it."""

    def __init__(self, tree: Tree, folder: Path) -> None:
        copy(tree, folder)
        self._process = subprocess.Popen(
            [sys.executable, str(SERVER), *tree.preloaded],
            cwd=folder,
            env=os.environ | FAST | {"PYTHONPATH": str(folder), "MUTATION_OPTIONS": json.dumps(tree.options)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **request: object) -> dict:
        """Have one request answered."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def copy(tree: Tree, folder: Path) -> None:
    """Copy the tree; its bytecode is checked by content, so that a mutant is never taken for what it was."""
    for name in tree.copied:
        if (tree.root / name).is_dir():
            shutil.copytree(tree.root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "_build"))
        else:
            shutil.copy(tree.root / name, folder / name)
    compileall.compile_dir(folder, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)


@contextlib.contextmanager
def servers(tree: Tree, processes: int) -> Iterator[queue.SimpleQueue[Server]]:
    """Offer so many servers to whoever takes one and puts it back."""
    idle: queue.SimpleQueue[Server] = queue.SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        places = [Path(folder) / str(i) for i in range(processes)]
        for place in places:
            place.mkdir()
        started = [Server(tree, place) for place in places]
        for server in started:
            idle.put(server)
        try:
            yield idle
        finally:
            for server in started:
                server.close()


def run(
    tree: Tree,
    chosen: Sequence[Target],
    table: Sequence[Equivalent],
    results: Results,
    *,
    processes: int,
    sample: int | None = None,
    seed: int = 0,
    more: int = MORE,
    say: Callable[[str], None] = lambda text: None,
) -> list[Row]:
    """Try the mutants of the targets that were not tried before."""
    rows = []
    with contextlib.ExitStack() as stack:
        idle: queue.SimpleQueue[Server] | None = None
        for target in chosen:
            source = (tree.root / target.path).read_text(encoding="utf-8")
            every = mutants(target.path, source)
            equivalent = declared(every, table, target.path)
            drawn = sorted(every, key=lambda mutant: mutant.rank(seed))[:sample]
            tests = digest(tree.root, target.tests)
            known = {mutant: results.outcomes.get((mutant.digest, tests)) for mutant in drawn}
            left = [mutant for mutant in drawn if mutant not in equivalent and known[mutant] is None]
            say(f"{target.module}: {len(drawn)} of {len(every)} mutants, {len(left)} to try")
            if left:
                idle = idle or stack.enter_context(servers(tree, processes))
                known |= _tried(target, source, left, idle, results, tests, processes, more, say)
            rows.append(Row(target, {m: "equivalent" if m in equivalent else str(known[m]) for m in drawn}))
    return rows


def _tried(
    target: Target,
    source: str,
    left: Sequence[Mutant],
    idle: queue.SimpleQueue[Server],
    results: Results,
    tests: str,
    processes: int,
    more: int,
    say: Callable[[str], None],
) -> dict[Mutant, str]:
    recent: list[str] = []

    def ask(code: str, first: Sequence[str], cpu: int) -> dict:
        server = idle.get()
        try:
            return server.ask(path=target.path, code=code, tests=target.tests, first=first, cpu=cpu, wall=10 * cpu)
        finally:
            idle.put(server)

    whole = ask(source, [], 0)
    if whole["outcome"] != "survived":
        raise RuntimeError(f"{target.module} is not mutated, and {whole['killer']} fails")
    limit = math.ceil(TIMES * whole["cpu"]) + more

    def one(mutant: Mutant) -> tuple[Mutant, str]:
        before = results.killers.get(mutant.digest)
        first = list(dict.fromkeys(([before] if before else []) + recent[:RECENT]))
        answer = ask(mutant.code, first, limit)
        if "::" in answer["killer"]:
            recent[:] = [answer["killer"], *(name for name in recent if name != answer["killer"])]
        results.add(mutant, tests, answer)
        if answer["outcome"] == "survived":
            say(f"  survived: {mutant.within}: {mutant.line}  ->  {mutant.becomes}")
        return mutant, answer["outcome"]

    with ThreadPoolExecutor(processes) as pool:
        return dict(pool.map(one, left))
