"""Timing: interleaved rounds, every round runs each way once, medians are reported.

The order changes from round to round, and every run waits until the threads of the one before have gone to sleep: a
BLAS worker spins for some 25 ms after its last task, at the cost of whoever comes next.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["SETTLE", "interleaved", "medians"]

#: Seconds of rest before every run.
SETTLE = 0.03


def interleaved(
    tasks: Mapping[str, Callable[[], object]], repeats: int, *, settle: float = SETTLE, seed: int = 0
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
    seed : int
        Seed of the order.

    Returns
    -------
    dict of str to list of float
        Wall-clock seconds of each round, in the order of `tasks`.
    """
    samples: dict[str, list[float]] = {name: [] for name in tasks}
    order, shuffler = list(tasks), random.Random(seed)
    for _ in range(repeats):
        shuffler.shuffle(order)
        for name in order:
            time.sleep(settle)
            start = time.perf_counter()
            result = tasks[name]()
            samples[name].append(time.perf_counter() - start)
            del result
    return samples


def medians(samples: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median seconds of each task."""
    return {name: statistics.median(seconds) for name, seconds in samples.items()}
