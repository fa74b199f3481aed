"""What is said about runs that do not settle: a warning while they are finite, an error once they are not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.errors import DivergenceError, DivergenceWarning, Overflow, warn
from numerics.validation import Array

__all__ = ["moves_have_not_shrunk", "overflow_error", "warn_if_diverged"]


def moves_have_not_shrunk(first: Array, last: Array) -> Array:
    """Whether the last move (..., d) is at least as long as the first, which was not zero; shape (...).

    Without a shrinking move nothing diverges; this is the cheap screen that precedes a rate.
    """
    with np.errstate(over="ignore"):
        before, after = _squared_lengths(first), _squared_lengths(last)
    # Rounding may shrink the moves of a steady swing a little.
    threshold = before if first.dtype == object else before * (1 - 1e-6)
    return np.asarray((before > 0) & (after >= threshold), dtype=bool)


def _squared_lengths(moves: Array) -> Array:
    # One BLAS call for all, where vecdot calls it for each of them.
    exact = moves.dtype == object
    return np.asarray(np.vecdot(moves, moves) if exact else np.square(moves) @ np.ones(moves.shape[-1]))


#: What is always enough for agents that take turns.
SAFE = "Step sizes below 2/lambda_max of each Gram matrix always converge"


def warn_if_diverged(diverged: Array, rate: Array, remedy: str = SAFE) -> None:
    """Emit a :class:`DivergenceWarning` naming how many pairs, the first of them, the worst rate, and a remedy."""
    if not diverged.any():
        return
    worst = np.broadcast_to(rate, diverged.shape)[diverged].max()
    first = _index(int(diverged.argmax()), diverged.shape)
    where = f" (the first at index {first})" if first else ""
    warn(
        f"{int(diverged.sum())} of {diverged.size} pairs do not converge and their moves do not get "
        f"shorter{where}; largest spectral radius of one turn {worst:.6g}. {remedy}",
        DivergenceWarning,
        stacklevel=3,
    )


def overflow_error(overflow: Overflow, batch: tuple[int, ...], rate: Callable[[], Array] | None) -> DivergenceError:
    """Turn the internal signal into an error that names the pair, the turn and the rate."""
    where, radius, value, geometry = "", "", None, overflow.geometry
    if rate is not None:
        rates = np.broadcast_to(rate(), batch).ravel()
        value = float(rates.max() if geometry is None else rates[geometry])
        radius = f"; the spectral radius of one turn is {value:.6g}"
    if batch and geometry is not None:
        where = f" of the pair at index {_index(geometry, batch)}"
    return DivergenceError(
        f"the run{where} leaves the range of double precision at turn {overflow.turn}{radius}; take fewer "
        f"turns, reduce the step sizes (below 2/lambda_max always converges), or keep the pairs where "
        f"converges()",
        turn=overflow.turn,
        rate=value,
    )


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(flat, shape))
