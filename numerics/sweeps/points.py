"""Grid points, and a random stream for each that depends on its labels and values alone.

The stream of a point comes from ``numpy.random.SeedSequence`` with 128 bits of entropy: the sum, word by word, of a
128-bit BLAKE2 digest of every label with its value. It depends neither on the order of the axes, nor on the position
of the point, on chunks or on schedulers; a fixed label and an axis of one value give the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from numerics.validation import Array, Frozen

__all__ = ["Points", "fingerprint"]


def fingerprint(label: str, value: float) -> Array:
    """Return the digest of a label and a number, (2,) uint64; 1 and 1.0 are the same number, as are 0.0 and -0.0."""
    text = f"{label}={(float(value) + 0.0).hex()}"
    return np.frombuffer(hashlib.blake2b(text.encode(), digest_size=16).digest(), dtype="<u8")


@dataclass(frozen=True, eq=False)
class Points(Frozen):
    """m grid points.

    Attributes
    ----------
    coordinates : dict of str to (m,) ndarray
        Every label of the grid, axes and fixed ones.
    words : (m, 4) uint32 ndarray
        Entropy of each point.
    """

    coordinates: dict[str, Array]
    words: Array

    @classmethod
    def of(cls, coordinates: dict[str, Array], *, common_draws: bool) -> Points:
        """Give points their entropy; with `common_draws` it comes from the label ``seed`` alone."""
        m = len(next(iter(coordinates.values())))
        total = np.zeros((m, 2), dtype=np.uint64)
        for label, values in coordinates.items():
            if common_draws and label != "seed":
                continue
            distinct, which = np.unique(values, return_inverse=True)
            total += np.stack([fingerprint(label, value) for value in distinct])[which]
        return cls(coordinates, np.ascontiguousarray(total.astype("<u8")).view("<u4").reshape(m, 4))

    def __len__(self) -> int:
        return len(self.words)

    def subset(self, which: slice | Array) -> Points:
        """Return some of the points, in the given order."""
        return Points({label: values[which] for label, values in self.coordinates.items()}, self.words[which])

    def generators(self) -> Iterator[np.random.Generator]:
        """Yield a fresh generator for each point."""
        for words in self.words:
            yield np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    def normals(self, count: int) -> Array:
        """Return `count` standard normal numbers for each point, (m, count)."""
        numbers = np.empty((len(self), count))
        for row, generator in zip(numbers, self.generators(), strict=True):
            generator.standard_normal(out=row)
        return numbers

    def describe(self, i: int) -> str:
        """Return the labels and values of one point."""
        return ", ".join(f"{label} = {values[i]:g}" for label, values in self.coordinates.items())
