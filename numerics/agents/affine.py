"""Affine maps of the weights, kept as a displacement so that tiny moves keep their relative accuracy.

A move ``w -> (I + D) w + c`` is stored as the pair (D, c): the matrix ``I + D`` of a small step rounds D to
an absolute error of eps, and fixed points, kernels and slow rates all live in D. Nothing here knows where a
map comes from. Dimensionless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from math import prod
from typing import Protocol

import numpy as np

from numerics.errors import DTypeError, ScaleError, ShapeError
from numerics.exact import product
from numerics.validation import EPS, Array, Frozen, expected, frozen, real_array

__all__ = ["AffineMap", "one_turn", "probe", "refuse_scales"]


class _Updates(Protocol):
    @property
    def d(self) -> int: ...

    def update(self, w: Array) -> Array: ...


@dataclass(frozen=True, eq=False)
class AffineMap(Frozen):
    """The map ``w -> w + D w + c``, batched over leading axes.

    Parameters
    ----------
    displacement : (..., d, d) ndarray
        D, the linear part minus the identity. Float64, or an object array of Fraction.
    offset : (..., d) ndarray
        c, of the same kind.
    offset_scale : (...) ndarray, optional
        Size of the terms whose sum is the offset, so that a rounding error in it is about eps times this;
        None means the norm of the offset.
    """

    displacement: Array
    offset: Array
    offset_scale: Array | None = None

    def __post_init__(self) -> None:
        D, c = self.displacement, self.offset
        for name, array in (("displacement", D), ("offset", c)):
            expected(name, array, np.ndarray, "pass an array of floats, or of Fractions")
        if D.ndim < 2 or D.shape[-1] != D.shape[-2] or c.ndim < 1 or c.shape[-1] != D.shape[-1]:
            raise ShapeError(
                f"displacement has shape {D.shape} and offset {c.shape}; expected (..., d, d) and (..., d)"
            )

    @property
    def d(self) -> int:
        """Dimension of the space."""
        return int(self.offset.shape[-1])

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Leading axes."""
        return np.broadcast_shapes(self.displacement.shape[:-2], self.offset.shape[:-1])

    @property
    def exact(self) -> bool:
        """Whether the entries are exact rationals."""
        return self.displacement.dtype == object

    @cached_property
    def largest(self) -> tuple[float, float]:
        """Largest entries in modulus of displacement and offset; not finite when an entry is not."""
        D, c = (float(max(a.max(), -a.min())) for a in (self.displacement, self.offset))
        return D, c

    @cached_property
    def rows(self) -> Array:
        """The map on rows, ``x -> x + (x, 1) H``: H = (D^T; c), (..., d + 1, d), made once for all runs."""
        shape = (*self.batch_shape, self.d + 1, self.d)
        H = np.empty(shape, dtype=self.displacement.dtype)
        H[..., :-1, :] = self.displacement.swapaxes(-1, -2)
        H[..., -1, :] = self.offset
        return frozen(H)

    @property
    def matrix(self) -> Array:
        """The linear part ``I + D``, (..., d, d)."""
        unit = np.eye(self.d, dtype=np.int64).astype(self.displacement.dtype)
        return frozen(self.displacement + unit)

    def __call__(self, w: Array) -> Array:
        """Return the image of w (..., d)."""
        return w + (self.displacement @ w[..., None])[..., 0] + self.offset  # type: ignore[no-any-return]

    def after(self, first: AffineMap) -> AffineMap:
        """Return the composition ``self(first(w))``."""
        D, E = self.displacement, first.displacement
        moved = product(D, first.offset[..., None])[..., 0]
        return AffineMap(product(D, E) + D + E, first.offset + self.offset + moved)


def one_turn(maps: Sequence[AffineMap]) -> AffineMap:
    """Return the map of one turn of agents in a cycle: the moves after the first, in order, and then the first."""
    first, *others = maps
    return reduce(lambda before, move: move.after(before), [*others, first])


def refuse_scales(maps: Mapping[str, AffineMap]) -> None:
    """Refuse moves, named as :func:`one_turn` takes them, whose turn has no correct digit in floats, or overflows.

    Raises
    ------
    ScaleError
    """
    sizes = [move.largest for move in maps.values()]
    if not prod(p for p, _ in sizes) * EPS <= 1:
        listing = " and ".join(f"{p:.3g} for {who}" for (p, _), who in zip(sizes, maps, strict=True))
        raise ScaleError(
            f"step_size times Gram matrix reaches {listing}: the map of one turn has no correct digit once their "
            f"product exceeds 2**52; reduce the step sizes or use rationals"
        )
    d, offset = next(iter(maps.values())).d, 0.0
    for p, c in (*sizes[1:], sizes[0]):
        offset = c + offset + d * p * offset
    if not np.isfinite(offset):
        raise ScaleError("the map of one turn overflows; rescale the labels or reduce the step sizes")


def probe(agent: _Updates, *, exact: bool = False) -> AffineMap:
    """Find the affine map of an agent by asking it: its update at 0 and at the d basis vectors.

    Parameters
    ----------
    agent : object with ``.d`` and ``.update(w)``
        Its update must be affine in w and must not change from call to call; this is not checked.
    exact : bool
        Probe with Fractions rather than floats.
    """
    if not (hasattr(agent, "d") and callable(getattr(agent, "update", None))):
        raise DTypeError(f"agent is of type {type(agent).__name__}; an agent needs .d and .update(w)")
    expected("exact", exact, bool, "pass True or False")
    unit = np.eye(agent.d, dtype=np.int64).astype(object if exact else np.float64)
    basis = real_array("basis", unit, exact=exact)
    offset = agent.update(basis[0] - basis[0])  # at 0, exact where the basis is
    columns = [agent.update(direction) - offset - direction for direction in basis]
    return AffineMap(np.stack(columns, axis=-1), offset)
