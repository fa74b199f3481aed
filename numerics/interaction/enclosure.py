"""Where an exact pair is after very many turns: the map of one turn, squared again and again in ball arithmetic.

Every entry is a ball (python-flint's ``arb``) that holds the exact value; digits are added until the balls are small.
So the answer is correct to double precision however slow the pair and however different the scales of its coordinates,
where the same squarings in floating point lose both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.errors import NumericsError
from numerics.validation import Array

__all__ = ["settled"]

#: Digits (bits) that are tried; accuracy (bits) that is asked of an entry, relative to the largest that it has been.
_DIGITS, _ACCURATE = (192, 384, 768, 1536, 3072), 60
#: A state that another doubling of the turns moves by less than this, relative to every coordinate, has settled.
STILL = 1e-13


def settled(turn: AffineMap, start: Array, *, least: int, most: int) -> tuple[Array, int, bool]:
    """Follow one exact map from a start, doubling the turns, until nothing moves.

    A run with a fast and a very slow mode rests between the two for as many doublings as their rates differ in powers
    of two: that nothing moves tells something only after as many turns as the slowest mode needs.

    Parameters
    ----------
    turn : AffineMap
        Exact, without batch axes.
    start : (d,) ndarray
        Of Fractions.
    least : int
        Doublings at least: so many that the slowest mode has gone.
    most : int
        Doublings at most.

    Returns
    -------
    w : (d,) ndarray of float
        The last state, correct to double precision.
    turns : int
        How many turns were made, a power of two.
    still : bool
        Whether the last doubling moved no coordinate by more than ``STILL`` of the largest that it has been.
    """
    for digits in _DIGITS:
        found = _followed(turn, start, least, most, digits)
        if found is not None:
            return found
    raise NumericsError(f"the state is not known to double precision after 2**{most} turns with {_DIGITS[-1]} bits")


def _followed(turn: AffineMap, start: Array, least: int, most: int, digits: int) -> tuple[Array, int, bool] | None:
    """Follow with so many bits; None when the balls grow too large."""
    from flint import arb_mat, ctx, fmpq, fmpq_mat

    d = turn.d
    entries = [[*row, c] for row, c in zip(turn.matrix.tolist(), turn.offset.tolist(), strict=True)] + [[0] * d + [1]]
    exact = fmpq_mat(d + 1, d + 1, [fmpq(q.numerator, q.denominator) for row in entries for q in row])
    column = fmpq_mat(d + 1, 1, [fmpq(q.numerator, q.denominator) for q in [*start.tolist(), 1]])
    with ctx.workprec(digits):
        power, first = arb_mat(exact), arb_mat(column)
        size = np.zeros(d)
        before = _floats(power * first, size)
        for doubling in range(1, most + 1):
            power = power * power
            now = _floats(power * first, size)
            if now is None or before is None:
                return None
            if doubling >= max(least, 4) and (abs(now - before) <= STILL * size).all():
                return now, 2**doubling, True
            before = now
    return None if before is None else (before, 2**most, False)


def _floats(column: Any, size: Array) -> Array | None:
    """The midpoints of all but the last entry, if every one is known well enough; `size` keeps the largest so far."""
    entries = column.entries()[:-1]
    middle = np.array([float(x.mid()) for x in entries])
    if not np.isfinite(middle).all():
        return None
    np.maximum(size, abs(middle), out=size)
    radii = np.array([float(x.rad()) for x in entries])
    return middle if (radii <= 2.0**-_ACCURATE * size).all() else None
