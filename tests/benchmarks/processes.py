"""A second process: what it costs to import, and to come to a first compiled result with the code cached on disk.

Every round starts one fresh process of each kind. ``import numerics`` by itself loads next to nothing; what counts
is the import of the names that a simulation needs. They load NumPy and no part of SciPy, so that NumPy alone is what
they are compared with, imported just before in the same process: another one may meet a slower moment. A warm-up round
fills the cache and writes the byte code.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.benchmarks.records import Processes

__all__ = ["measure"]

ROOT = Path(__file__).parents[2]

IMPORT = """
import json, time
start = time.perf_counter()
import numpy
first = time.perf_counter()
import numerics
second = time.perf_counter()
from numerics import Interaction, LSAAgent, Prompt
end = time.perf_counter()
print(json.dumps({"numpy": first - start, "numerics": second - first, "names": end - start}))
"""

#: d, geometries and turns of the first run.
FIRST = """
import json, time
import numpy as np
from numerics import Interaction, LSAAgent, Prompt
rng = np.random.default_rng(0)
prompts = [Prompt.from_target(rng.standard_normal(({geometries}, 2 * {d}, {d})), np.ones({d})) for _ in range(2)]
pair = Interaction(*(LSAAgent(prompt, 0.1) for prompt in prompts))
start = time.perf_counter()
run = pair.simulate(np.zeros({d}), {turns}, keep="last", engine="numba")
seconds = time.perf_counter() - start
print(json.dumps({{"seconds": seconds, "finished": time.time(), "engine": run.statistics.engine}}))
"""


def _run(code: str) -> dict[str, Any]:
    """Run a program in a fresh process; add the time at which it was started to what it prints."""
    # Byte code is written as for anyone who has installed the package.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.time()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"a fresh process failed, so that nothing was measured:\n{done.stderr}")
    return {"started": started, **json.loads(done.stdout)}


def measure(repeats: int = 7, *, d: int = 8, geometries: int = 1_000, turns: int = 200) -> Processes:
    """Time fresh processes.

    Parameters
    ----------
    repeats : int
        Rounds, >= 1, after one that is not counted.
    d, geometries, turns : int
        Size of the first run.

    Raises
    ------
    SystemExit
        When a process fails; its error output is shown.
    """
    programs = {"import": IMPORT}
    if find_spec("numba") is not None:
        programs["first"] = FIRST.format(d=d, geometries=geometries, turns=turns)
    rounds = [{name: _run(code) for name, code in programs.items()} for _ in range(repeats + 1)][1:]

    def median(program: str, name: str) -> float:
        return float(statistics.median(r[program][name] for r in rounds))

    compiled = "first" in programs
    return Processes(
        rounds=repeats,
        import_numpy=median("import", "numpy"),
        import_numerics=median("import", "numerics"),
        import_names=median("import", "names"),
        import_ratio=float(statistics.median(r["import"]["names"] / r["import"]["numpy"] for r in rounds)),
        first_result=statistics.median(r["first"]["finished"] - r["first"]["started"] for r in rounds)
        if compiled
        else None,
        first_run=median("first", "seconds") if compiled else None,
        engine=rounds[-1]["first"]["engine"] if compiled else None,
    )
