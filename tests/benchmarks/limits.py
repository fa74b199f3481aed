"""What the machine can do, measured in the same run: multiply-and-adds, products of matrices, stores to memory.

Rates are the best of a few rounds, because they are limits. What needs Numba is None without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

__all__ = ["measure"]

#: Multiply-and-adds on each number between its load and its store: deep enough to hide both, shallow enough for the
#: processor to have several vectors under way.
DEPTH = 8
#: Numbers a thread works on: they stay in its first-level cache.
CHUNK = 1_024
PASSES = 10_000
#: A round of the chains takes some milliseconds only, so that one of them meets no other process.
SHORT_ROUNDS = 8
SIDE = 2_048
STORED_BYTES = 128 * 10**6


@cache
def _kernels() -> tuple[Callable[..., Any], Callable[..., Any], int]:
    """Compile the multiply-and-add chains and the parallel fill; also return the number of threads."""
    numba: Any = import_module("numba")

    @numba.njit(fastmath={"contract"})  # type: ignore[untyped-decorator]
    def two(v: float, a: float, b: float) -> float:
        return (v * a + b) * a + b

    @numba.njit(fastmath={"contract"})  # type: ignore[untyped-decorator]
    def deep(v: float, a: float, b: float) -> float:
        deepest: float = two(two(two(two(v, a, b), a, b), a, b), a, b)
        return deepest

    @numba.njit(parallel=True, fastmath={"contract"}, error_model="numpy")  # type: ignore[untyped-decorator]
    def chains(x: Any, passes: int, a: float, b: float) -> None:
        for chunk in numba.prange(x.shape[0]):
            row = x[chunk]
            for _ in range(passes):
                # The compiler makes vectors of neighbours: these are the independent chains.
                for i in range(row.shape[0]):
                    row[i] = deep(row[i], a, b)

    @numba.njit(parallel=True)  # type: ignore[untyped-decorator]
    def fill(x: Any, value: float) -> None:
        for i in numba.prange(x.shape[0]):
            x[i] = value

    return chains, fill, numba.get_num_threads()


def _best(run: Callable[[], object], rounds: int) -> float:
    """Shortest wall-clock seconds."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _multiply_adds(rounds: int) -> float:
    """GFLOP/s of independent chains of fused multiply-and-adds, on all threads."""
    chains, _, threads = _kernels()
    x = np.ones((threads, CHUNK))
    chains(x, 1, 0.5, 0.5)
    return 2 * DEPTH * x.size * PASSES / _best(lambda: chains(x, PASSES, 0.5, 0.5), SHORT_ROUNDS * rounds) / 1e9


def _dgemm(rounds: int, side: int) -> float:
    """GFLOP/s of one product of square matrices."""
    a = np.random.default_rng(0).standard_normal((side, side))
    out = a @ a
    return 2 * side**3 / _best(lambda: np.matmul(a, a, out=out), rounds) / 1e9


def _stores(rounds: int, fill: Callable[[Any, float], object]) -> tuple[float, float]:
    """GB/s of filling memory that has been used before, and memory that is fresh."""
    size = STORED_BYTES // 8
    warm = np.ones(size)
    fill(warm, 1.0)
    return tuple(  # type: ignore[return-value]
        8 * size / _best(run, rounds) / 1e9 for run in (lambda: fill(warm, 2.0), lambda: fill(np.empty(size), 2.0))
    )


def measure(rounds: int = 5, *, side: int = SIDE) -> dict[str, float | None]:
    """Measure the limits.

    Parameters
    ----------
    rounds : int
        Rounds of each, >= 1.
    side : int
        Side of the matrices of the product.

    Returns
    -------
    dict of str to float or None
        ``fma_gflops``, ``dgemm_gflops``, and GB/s of stores: ``store_warm_one``, ``store_fresh_one`` (one thread),
        ``store_warm_all``, ``store_fresh_all`` (all threads).
    """
    compiled = find_spec("numba") is not None
    warm_one, fresh_one = _stores(rounds, lambda x, value: x.fill(value))
    warm_all, fresh_all = _stores(rounds, _kernels()[1]) if compiled else (None, None)
    return {
        "fma_gflops": _multiply_adds(rounds) if compiled else None,
        "dgemm_gflops": _dgemm(rounds, side),
        "store_warm_one": warm_one,
        "store_fresh_one": fresh_one,
        "store_warm_all": warm_all,
        "store_fresh_all": fresh_all,
    }
