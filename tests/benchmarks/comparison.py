"""The comparison: every row on one workload, checked against the loop, then timed in interleaved rounds."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from numerics.validation import Array
from tests.benchmarks import agreement, numpy_peers, roofline
from tests.benchmarks.records import TASKS, Comparison
from tests.benchmarks.rows import OURS, ROWS
from tests.benchmarks.task import Row, Task
from tests.benchmarks.timing import SETTLE, interleaved
from tests.benchmarks.workload import Keep, Workload

__all__ = ["checked", "compare"]

#: Runs this short show a missing turn, which a run that has converged would hide.
SHORT = 7


class References:
    """What the loop finds: all geometries for a few turns, the first ones for the full number; and the bounds."""

    def __init__(self, work: Workload, turns: int, keep: Keep) -> None:
        self.work, self.keep = work, keep
        self.lengths: dict[int, tuple[Array, float]] = {}
        for length in (min(SHORT, turns), turns):
            # The full batch is affordable only for a few turns.
            task = numpy_peers.loop(work, length, keep, geometries=work.geometries if length <= SHORT else 0)
            states = task.states(task.run())
            self.lengths[length] = states, agreement.bound(work, length, states)


def checked(row: Row, references: References) -> tuple[Task, float, float, str | None]:
    """Make the task of the full length, after comparing both lengths with the loop.

    Returns
    -------
    task : Task
    worst, limit : float
        Largest distance from the loop at full length, and its bound.
    engine : str or None
        What computed it, for ours.

    Raises
    ------
    DisagreementError
    """
    for length, (states, limit) in references.lengths.items():
        task = row.make(references.work, length, references.keep)
        result = task.run()
        worst = agreement.worst_error(row.name, task.states(result), states, limit)
    return task, worst, limit, task.engine(result) if task.engine else None


def compare(
    d: int, geometries: int, turns: int, repeats: int, *, rows: Sequence[Row] = ROWS, settle: float = SETTLE
) -> Iterator[Comparison]:
    """Compare all rows on one workload, for the final state and for the trajectory.

    Parameters
    ----------
    d, geometries, turns : int
        The workload.
    repeats : int
        Rounds, >= 1.
    rows : sequence of Row
        Those that are not installed are reported as such.
    settle : float
        Seconds of rest before each run.

    Yields
    ------
    Comparison
        For every row and task; rows into memory that is ready exist for trajectories only.

    Raises
    ------
    DisagreementError
        When a row computes something else.
    """
    work = Workload(d, geometries)
    keeps: tuple[Keep, ...] = ("last", "all")
    for keep in keeps:
        references = References(work, turns, keep)
        chosen = [row for row in rows if keep == "all" or not row.into]
        ready = {row.name: checked(row, references) for row in chosen if row.installed}
        samples = interleaved({name: task.run for name, (task, *_) in ready.items()}, repeats, settle=settle)
        scaled = {
            name: statistics.median(samples[name]) * geometries / task.geometries for name, (task, *_) in ready.items()
        }
        for row in chosen:
            if row.name not in ready:
                yield Comparison(d, work.examples, geometries, turns, TASKS[keep], row.name, installed=False)
                continue
            task, worst, limit, engine = ready[row.name]
            seconds = scaled[row.name]
            written = roofline.written_bytes(d, geometries, turns, keep)
            needed = roofline.needed_flops(row.kind, d, geometries, turns, keep)
            yield Comparison(
                d, work.examples, geometries, turns, TASKS[keep], row.name,
                installed=True,
                geometries_timed=task.geometries,
                seconds=seconds,
                samples=samples[row.name],
                engine=engine,
                over_ours=seconds / scaled[OURS] if OURS in scaled else None,
                worst_error=worst,
                error_bound=limit,
                nominal_gflops=roofline.nominal_flops(d, geometries, turns) / seconds / 1e9,
                needed_gflops=needed / seconds / 1e9 if needed is not None else None,
                written_gb_s=written / seconds / 1e9 if keep == "all" else None,
            )  # fmt: skip
