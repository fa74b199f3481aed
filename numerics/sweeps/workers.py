"""Chunks on dask: which are left to do, by which workers, and what one of them does.

Chunks are handed out a few at a time, so that neither the graph nor what is under way grows with the grid. Memory is
bounded by the chunks under way, one for each worker.

Each chunk under way has one thread: BLAS and compiled engines are held to it, and warnings of runs kept back.
BLAS threads times workers then never exceed the workers, and no result depends on a number of threads. The limit of
BLAS belongs to the process, and threadpoolctl lets one thread at a time change it, until it has ended or let go: so it
is held by the thread that starts a sweep on threads, and in other processes by a thread of its own, which the first
chunk under way starts and the last one ends.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.engines.compiled import thread_limit
from numerics.environment import cores
from numerics.errors import OptionError, held_back
from numerics.processes import worker_processes
from numerics.sweeps.evaluate import SweepPlan, evaluate
from numerics.sweeps.grid import Grid, block_size
from numerics.sweeps.points import Points
from numerics.sweeps.store import Cutting, Store
from numerics.validation import choice, count

__all__ = ["Job", "compute_chunk", "one_thread", "progress_bar", "run_chunks", "worker_count"]

_lock = threading.Lock()
_limits = contextlib.ExitStack()
_active = 0


@contextlib.contextmanager
def hold_blas() -> Iterator[None]:
    """Hold BLAS to one thread, from this thread."""
    import scipy.special  # its BLAS is held only once it is loaded  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Hold BLAS and the compiled engine to one thread; hold back what runs warn of."""
    global _active
    with _lock:
        if _active == 0:
            _limits.enter_context(_keeper())
        _active += 1
    try:
        with thread_limit(1), held_back():
            yield
    finally:
        with _lock:
            _active -= 1
            if _active == 0:
                _limits.close()


@contextlib.contextmanager
def _keeper() -> Iterator[None]:
    """Hold BLAS from a thread that ends with the block, whichever thread ends it."""
    held, over = threading.Event(), threading.Event()

    def keep() -> None:
        try:
            with hold_blas():
                held.set()
                over.wait()
        finally:
            held.set()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    held.wait()
    try:
        yield
    finally:
        over.set()
        keeper.join()


#: Chunks in one graph for each worker.
_AT_A_TIME = 32
#: Of two tasks dask prefers the one whose name comes last: names count down, so that chunks are done in order.
_LAST = 10**18 - 1


@dataclass(frozen=True)
class Job:
    """One chunk to do, complete in itself: only its own coordinates travel.

    Attributes
    ----------
    plan : SweepPlan
    grid : Grid
        The part of the grid that the chunk covers.
    store : Store
    number : int
    """

    plan: SweepPlan
    grid: Grid
    store: Store
    number: int


def compute_chunk(job: Job) -> int:
    """Evaluate a chunk granule by granule, write it, and return the number of its points."""
    shape, variables = job.grid.shape, job.plan.variables
    data = {name: np.empty(shape + v.shape, v.dtype) for name, v in variables.items()}
    with one_thread():
        for block in job.store.cutting.granules(shape):
            points = Points.of(job.grid.coordinates(block), common_draws=job.plan.draws == "common")
            extent = tuple(s.stop - s.start for s in block)
            for name, values in evaluate(job.plan, points).items():
                part = values.reshape(extent + variables[name].shape)
                if part.dtype.kind == "f":
                    # One kind of NaN, so that equal results have equal bytes.
                    part = np.where(np.isnan(part), np.nan, part)
                data[name][block] = part
    job.store.write(job.number, data)
    return job.grid.size


def run_chunks(
    plan: SweepPlan,
    grid: Grid,
    store: Store,
    *,
    scheduler: object,
    workers: int,
    on_points: Callable[[int], None],
) -> None:
    """Compute every chunk that is not finished.

    Parameters
    ----------
    plan : SweepPlan
        How points are evaluated.
    grid : Grid
        All of it.
    store : Store
        Of this grid; it exists.
    scheduler : {"threads", "processes"} or dask.distributed.Client
        Who works.
    workers : int
        For the first two; a client has its own.
    on_points : callable
        Told the number of points whenever a chunk is finished, or found to be.
    """
    jobs = _left(plan, grid, store, on_points)
    if isinstance(scheduler, str):
        holding = hold_blas() if scheduler == "threads" else contextlib.nullcontext()
        with holding, _pool(scheduler, workers) as pool:
            _locally(jobs, scheduler, pool, workers, on_points)
    else:
        _with_client(jobs, scheduler, on_points)


def _left(plan: SweepPlan, grid: Grid, store: Store, on_points: Callable[[int], None]) -> Iterator[Job]:
    cutting: Cutting = store.cutting
    arrays = store.arrays(plan.variables)
    for number in range(cutting.count):
        block = cutting.block(number)
        if store.finished(number, arrays):
            on_points(block_size(block))
            continue
        store.discard(number, plan.variables)
        yield Job(plan, grid.part(block), store, number)


@contextlib.contextmanager
def _pool(scheduler: str, workers: int) -> Iterator[Executor]:
    if scheduler == "processes":
        with worker_processes(workers) as processes:
            yield processes
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _locally(
    jobs: Iterator[Job], scheduler: str, pool: Executor, workers: int, on_points: Callable[[int], None]
) -> None:
    import dask
    from dask.callbacks import Callback

    def done(key: Any, result: Any, *_: Any) -> None:
        on_points(result)

    while batch := list(itertools.islice(jobs, _AT_A_TIME * workers)):
        tasks = [dask.delayed(compute_chunk)(job, dask_key_name=f"chunk-{_LAST - job.number}") for job in batch]
        with Callback(posttask=done):
            dask.compute(*tasks, scheduler=scheduler, pool=pool, num_workers=workers, optimize_graph=False, chunksize=1)


def _with_client(jobs: Iterator[Job], client: Any, on_points: Callable[[int], None]) -> None:
    from distributed import as_completed

    def some(count: int) -> list[Any]:
        return [client.submit(compute_chunk, job, pure=False) for job in itertools.islice(jobs, count)]

    under_way = as_completed(some(2 * max(1, sum(client.nthreads().values()))))
    for future in under_way:
        on_points(future.result())
        for following in some(1):
            under_way.add(following)


def worker_count(scheduler: Any, workers: int | None) -> int:
    """Return the number of threads or processes, at most that of the cores; 0 for a client, which has its own.

    Raises
    ------
    OptionError
    """
    if not isinstance(scheduler, str):
        from distributed import Client

        if not isinstance(scheduler, Client):
            raise OptionError(f"scheduler is a {type(scheduler).__name__}; pass 'threads', 'processes' or a Client")
        if workers is not None:
            raise OptionError(f"workers = {workers} has no effect with a client, which has its own; leave it out")
        return 0
    choice("scheduler", scheduler, ("threads", "processes"))
    number = cores() if workers is None else count("workers", workers, minimum=1)
    if number > cores():
        raise OptionError(f"workers must be <= {cores()}, the number of cores, got {number}; more would be slower")
    return number


@contextlib.contextmanager
def progress_bar(total: int, wanted: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error, on a terminal and if wanted; give the function that moves it on."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not (wanted and console.is_terminal)) as bar:
        task = bar.add_task("sweeping", total=total)
        yield lambda points: bar.update(task, advance=points)
