"""How the cost of ours grows with the dimension, the number of geometries, of turns, and of examples."""

from __future__ import annotations

from collections.abc import Sequence

from tests.benchmarks import ours
from tests.benchmarks.records import Growth
from tests.benchmarks.timing import SETTLE, interleaved, medians
from tests.benchmarks.workload import Workload

__all__ = ["SERIES", "measure"]

#: What varies, and the sizes (d, n, geometries, turns).
SERIES: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    "d": tuple((d, 2 * d, 20, 200) for d in (2, 4, 8, 16, 32, 64, 128)),
    "geometries": tuple((8, 16, count, 200) for count in (1, 10, 100, 1_000, 10_000)),
    "turns": tuple((8, 16, 1_000, turns) for turns in (10, 100, 1_000, 10_000)),
    "n": tuple((32, n, 50, 200) for n in (4, 16, 64, 256, 1_024)),
}


def measure(
    repeats: int,
    series: dict[str, tuple[tuple[int, int, int, int], ...]] = SERIES,
    *,
    varied: Sequence[str] | None = None,
    settle: float = SETTLE,
) -> list[Growth]:
    """Time ours along each series: final state, trajectory (fresh memory), and final state from the agents' data.

    Parameters
    ----------
    repeats : int
        Rounds of each size, >= 1.
    series : mapping
        What varies, and the sizes (d, n, geometries, turns).
    varied : sequence of str, optional
        Which of the series; all by default.
    settle : float
        Seconds of rest before each run.
    """
    found = []
    for name in series if varied is None else varied:
        for d, n, geometries, turns in series[name]:
            work = Workload(d, geometries, n)
            make = ours.simulate("auto")
            tasks = {
                "final": make(work, turns, "last").run,
                "trajectory": make(work, turns, "all").run,
                "from agents": ours.from_agents(work, turns, "last").run,
            }
            for run in tasks.values():
                run()
            seconds = medians(interleaved(tasks, repeats, settle=settle))
            found.append(
                Growth(name, d, n, geometries, turns, seconds["final"], seconds["trajectory"], seconds["from agents"])
            )
    return found
