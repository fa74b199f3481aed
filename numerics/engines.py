"""Which engine takes a run forward: chosen from its size by a measured table, and named in the run's statistics.

- "numpy": whole-array products (:mod:`numerics.propagation`); floats and exact rationals.
- "numba": compiled kernels on all processors (:mod:`numerics.compiled`); floats, extra `fast`.
- "factored": every move through the examples, ``X^T (X w)``, without a Gram matrix (:mod:`numerics.factored`); gradient
  steps on few examples, few turns.

All give the same states up to rounding. The choice depends on the task and on whether Numba is installed, not on what
ran before, so that a repeated run gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from math import prod

import numpy as np

from numerics.affine import AffineMap
from numerics.errors import ExactnessError, MissingExtraError, OptionError
from numerics.propagation import answers, last_states, trajectory
from numerics.validation import Array

__all__ = ["Statistics", "affine_engine", "affine_run", "images", "layers_engine"]


@dataclass(frozen=True)
class Statistics:
    """How a run was computed.

    Attributes
    ----------
    engine : {"numpy", "numba", "factored", "layers"}
        "layers" when every move was asked of the agents.
    version : str
        Version of the library that the engine is named after (NumPy for the last two).
    threads : int or None
        Threads of the engine's own; None where BLAS decides.
    reason : str
        Why this engine.
    """

    engine: str
    version: str
    threads: int | None
    reason: str


@cache
def _installed(package: str) -> str | None:
    """Version of an importable package, without importing it."""
    try:
        return version(package) if find_spec(package) is not None else None
    except PackageNotFoundError:
        return None


#: Below this many products (geometries x turns x d^2, turns counted as log2 for the last state alone) loading the
#: compiled code, half a second once a process, is not worth it.
_WORTH_LOADING = 2**22
#: Measured: beyond this d BLAS is faster, all its threads on one matrix.
_WIDEST, _WIDEST_ALONE = 512, 256


def _auto(d: int, geometries: int, turns: int, keep: str, *, exact: bool) -> tuple[str, str]:
    if exact:
        return "numpy", "exact rationals"
    steps = turns if keep == "all" else min(turns, d * turns.bit_length())
    if geometries * steps * d * d < _WORTH_LOADING:
        return "numpy", "a small task"
    if d > (_WIDEST if geometries > 1 else _WIDEST_ALONE):
        return "numpy", f"products of size {d} are faster in BLAS"
    if _installed("numba") is None:
        return "numpy", "Numba is not installed: pip install 'biased-equilibrium[fast]'"
    return "numba", f"compiled kernels are faster for d = {d} and {geometries} geometries"


def affine_engine(engine: str, d: int, geometries: int, turns: int, keep: str, *, exact: bool) -> Statistics:
    """Choose the engine of an affine run ("auto"), or check the one asked for ("numpy", "numba").

    Raises
    ------
    ExactnessError
        When "numba" is asked for exact rationals.
    MissingExtraError
        When "numba" is asked for and is not installed.
    """
    chosen, reason = (engine, "asked for") if engine != "auto" else _auto(d, geometries, turns, keep, exact=exact)
    if chosen == "numpy":
        return Statistics("numpy", np.__version__, None, reason)
    if exact:
        raise ExactnessError('engine="numba" computes in double precision; use engine="numpy" for exact rationals')
    number = _installed("numba")
    if number is None:
        raise MissingExtraError("engine=\"numba\" needs Numba: pip install 'biased-equilibrium[fast]'")
    from numerics.compiled import threads

    return Statistics("numba", number, min(threads(), geometries), reason)


def layers_engine(engine: str) -> Statistics:
    """Statistics of a run whose moves are asked of the agents; `OptionError` when another engine was asked for."""
    if engine == "numba":
        raise OptionError('engine="numba" propagates affine maps; use method="affine", or engine="auto" for the layers')
    return Statistics("layers", np.__version__, None, "every move asked of the agents")


def affine_run(
    statistics: Statistics, map_w: AffineMap, map_u: AffineMap, start: Array, turns: int, keep: str, out: Array | None
) -> tuple[Array, Array | None, tuple[Array, Array]]:
    """Take a run forward by the affine maps of both moves.

    Returns
    -------
    w : (..., turns + 1 or 1, d) ndarray
        The kept states; `out` if that was given.
    u : (..., 1, d) ndarray or None
        U's last answer; None when every state was kept (:func:`images` finds U's).
    moves : pair of (..., d) ndarray
        How far the first and the last turn moved W.

    Raises
    ------
    OverflowedError
        When a state is not finite.
    """
    compiled = statistics.engine == "numba"
    if compiled:
        from numerics import compiled as engine
    if keep == "all" or turns == 0:
        w = (engine.trajectory if compiled else trajectory)(map_w, map_u, start, turns, out)
        moves = (w[..., min(1, turns), :] - start, w[..., -1, :] - w[..., max(turns - 1, 0), :])
        return w, None, moves
    last_w, last_u, moves = (engine.last_states if compiled else last_states)(map_w, map_u, start, turns)
    return _placed(last_w[..., None, :], out), last_u[..., None, :], moves


def _placed(states: Array, out: Array | None) -> Array:
    """Put states where the caller wants them."""
    if out is None:
        return states
    out[...] = states
    return out


def images(statistics: Statistics, move: AffineMap, states: Array) -> Array:
    """Return the images of many states of each geometry under its map, by the engine that made the states.

    Raises
    ------
    OverflowedError
        When an image is not finite.
    """
    if statistics.engine == "numba" and prod(states.shape):
        from numerics import compiled

        return compiled.answers(move, states)
    return answers(move, states)
