"""How a grid is cut: granules, which are evaluated as one batch, and chunks, which are written as one.

Batched linear algebra may give other last bits in another batch. Results must not depend on chunks, so the granules
depend on the grid alone, and a chunk is made of whole granules. Both are runs of points in C order that are blocks as
well: whole along the last axes, cut along one, single along the first ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from numerics.sweep_grid import Block

__all__ = ["Cutting"]

#: Bounds on the points of a granule and on the numbers that it may hold: measured, beyond them memory costs more time.
_LARGEST_GRANULE, _GRANULE_VALUES = 512, 2**20
#: Chunks that a grid is cut into unless their size is given, up to a largest size: a chunk costs some 40 ms to write.
_CHUNKS, _LARGEST_CHUNK = 64, 2**17


@dataclass(frozen=True)
class Cutting:
    """The granules and chunks of a grid.

    Attributes
    ----------
    shape : tuple of int
        Of the grid.
    granule, chunk : tuple of int
        Largest extent of each along every axis; edges may be smaller.
    """

    shape: tuple[int, ...]
    granule: tuple[int, ...]
    chunk: tuple[int, ...]

    @classmethod
    def of(cls, shape: tuple[int, ...], values: int, chunk: int | None = None) -> Cutting:
        """Cut a grid whose points need `values` numbers each, into chunks of about `chunk` points."""
        points = max(1, min(_LARGEST_GRANULE, _GRANULE_VALUES // values))
        granule = _grown(shape, (1,) * len(shape), points)
        wanted = min(_LARGEST_CHUNK, math.prod(shape) // _CHUNKS) if chunk is None else chunk
        return cls(shape, granule, _grown(shape, granule, max(wanted, math.prod(granule))))

    @property
    def _counts(self) -> tuple[int, ...]:
        return tuple(-(-size // step) for size, step in zip(self.shape, self.chunk, strict=True))

    @property
    def count(self) -> int:
        """Number of chunks."""
        return math.prod(self._counts)

    def index(self, number: int) -> tuple[int, ...]:
        """Return the place of a chunk among the chunks, along every axis."""
        place = []
        for count in reversed(self._counts):
            number, rest = divmod(number, count)
            place.append(rest)
        return tuple(reversed(place))

    def block(self, number: int) -> Block:
        """Return the block of a chunk."""
        starts = (i * step for i, step in zip(self.index(number), self.chunk, strict=True))
        return tuple(
            slice(a, min(a + step, size)) for a, step, size in zip(starts, self.chunk, self.shape, strict=True)
        )

    def granules(self, shape: tuple[int, ...]) -> Iterator[Block]:
        """Yield the granules of a chunk of the given shape, as blocks of the chunk."""
        inner = Cutting(shape, self.granule, self.granule)
        return (inner.block(number) for number in range(inner.count))


def _grown(shape: tuple[int, ...], unit: tuple[int, ...], points: int) -> tuple[int, ...]:
    """Return the extent of a run of at most `points` points that consists of whole units, and of one at least."""
    extent, room = list(unit), points
    for axis in reversed(range(len(shape))):
        size, step = shape[axis], unit[axis]
        extent[axis] = size if room >= size else max(step, room // step * step)
        if extent[axis] < size:
            break
        room //= size
    return tuple(extent)
