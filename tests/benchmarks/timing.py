"""Timing: interleaved rounds, every round runs each way once, medians are reported.

The order changes from round to round, and every run waits until the threads of the one before have gone to sleep: a
BLAS worker spins for some 25 ms after its last task, at the cost of whoever comes next. A run that is shorter than
`SHORT` is repeated, and the first call not counted: after a rest the processor's clock and caches are cold.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["SETTLE", "SHORT", "interleaved", "medians"]

#: Seconds of rest before every run.
SETTLE = 0.03
#: Seconds that a sample lasts at least.
SHORT = 0.15


def interleaved(
    tasks: Mapping[str, Callable[[], object]],
    repeats: int,
    *,
    settle: float = SETTLE,
    short: float = SHORT,
    seed: int = 0,
) -> dict[str, list[float]]:
    """Time every task once a round.

    Parameters
    ----------
    tasks : mapping of str to callable
        What to run; results are dropped before the next task starts.
    repeats : int
        Rounds, >= 1.
    settle : float
        Seconds of rest before each run.
    short : float
        Seconds that a sample lasts at least, if need be by several calls after one that is not counted.
    seed : int
        Seed of the order.

    Returns
    -------
    dict of str to list of float
        Wall-clock seconds of a call, in each round, in the order of `tasks`.
    """
    samples: dict[str, list[float]] = {name: [] for name in tasks}
    order, shuffler = list(tasks), random.Random(seed)
    for _ in range(repeats):
        shuffler.shuffle(order)
        for name in order:
            time.sleep(settle)
            seconds = _timed(tasks[name])
            if seconds < short:
                calls = math.ceil(short / max(seconds, short / 1000))
                seconds = statistics.fmean(_timed(tasks[name]) for _ in range(calls))
            samples[name].append(seconds)
    return samples


def _timed(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    result = task()
    seconds = time.perf_counter() - start
    # Not dropped before the time is taken.
    del result
    return seconds


def medians(samples: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median seconds of each task."""
    return {name: statistics.median(seconds) for name, seconds in samples.items()}
