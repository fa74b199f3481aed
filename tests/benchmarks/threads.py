"""How many threads everyone may use: decided before any numerical library is loaded.

Environment variables where a library reads one; and the process is kept on as many processors, which also holds those
that count processors for themselves, ours among them. Standard library only, so that it can be imported first. Without
a limit every library keeps its own default.
"""

from __future__ import annotations

import os
import sys

__all__ = ["limit_threads"]

#: Read once, when the library that owns it is loaded. NPROC sizes the thread pool of XLA.
VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NPROC",
)
LOADED_TOO_EARLY = ("numpy", "numba", "torch", "jax")


def limit_threads(count: int) -> None:
    """Hold ours, NumPy's BLAS, Numba, PyTorch and JAX to `count` threads each.

    Parameters
    ----------
    count : int
        Threads, >= 1.

    Raises
    ------
    SystemExit
        When `count` is < 1, or a library that reads the limit has been loaded already.
    """
    if count < 1:
        raise SystemExit(f"--threads must be >= 1, got {count}; leave it out for the defaults")
    early = [name for name in LOADED_TOO_EARLY if name in sys.modules]
    if early:
        raise SystemExit(
            f"threads cannot be limited to {count}: {', '.join(early)} already loaded; start a new process"
        )
    for variable in VARIABLES:
        os.environ[variable] = str(count)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])
    if count == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1".strip()
