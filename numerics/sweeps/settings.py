"""What the labels of grid points mean: dimensions, ranks and steps for every point, with defaults and checks.

Defaults: d = 8, n = 2 d, no common kernel, the largest possible rank, Gaussian examples, steps of 1 over the largest
eigenvalue, targets at 90 degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from numerics.errors import OptionError
from numerics.sweeps.grid import PARAMETERS, Grid
from numerics.sweeps.points import Points
from numerics.validation import Array, Frozen, real_array

__all__ = ["Settings", "check_grid", "settings"]

_STRUCTURE = ("d", "n", "n_over_d", "rank", "kernel_dim")
#: Combinations of dimensions and ranks that are checked before a sweep starts; others fail at their point.
_CHECKED = 10**6


@dataclass(frozen=True, eq=False)
class Settings(Frozen):
    """The parameters of m pairs, each of shape (m,).

    Attributes
    ----------
    d, n, rank, kernel_dim : ndarray of int
    condition : ndarray
        NaN for Gaussian examples.
    step_w, step_u : ndarray
        Step sizes times the largest eigenvalue of the own Gram matrix.
    angle : ndarray
        Between the targets, degrees.
    damping, gain : ndarray or None
        Of a helper in the place of U, of a blind attacker in the place of W.
    """

    d: Array
    n: Array
    rank: Array
    kernel_dim: Array
    condition: Array
    step_w: Array
    step_u: Array
    angle: Array
    damping: Array | None
    gain: Array | None

    def groups(self) -> Iterator[Array]:
        """Yield the indices of points whose arrays have the same shapes."""
        keys = np.stack([self.d, self.n, self.rank, self.kernel_dim, np.isnan(self.condition)], axis=-1)
        _, which = np.unique(keys, axis=0, return_inverse=True)
        return (np.flatnonzero(which == group) for group in range(int(which.max()) + 1))

    def subset(self, which: Array) -> Settings:
        """Return the settings of some of the points."""
        given = {name: value[which] for name, value in vars(self).items() if value is not None}
        return replace(self, **given)


def settings(points: Points, parameters: Callable[[Mapping[str, Array]], Mapping[str, object]] | None) -> Settings:
    """Return the settings of grid points.

    Parameters
    ----------
    points : Points
        The grid points.
    parameters : callable, optional
        Takes the coordinates, label to (m,) array, and returns standard parameters, each a number or (m,), which
        replace the coordinates of that name.

    Raises
    ------
    OptionError
        For a parameter that does not exist or is out of bounds, or a rank that the dimensions do not allow.
    """
    m = len(points)
    known = {label: values for label, values in points.coordinates.items() if label in PARAMETERS}
    if parameters is not None:
        known |= _own(parameters(points.coordinates), m)

    def value(label: str, default: object) -> Array:
        return np.broadcast_to(np.asarray(known.get(label, default)), (m,))

    def whole(label: str, default: object) -> Array:
        return value(label, default).astype(np.int64)

    d = whole("d", 8)
    n = whole("n", np.maximum(1, np.rint(value("n_over_d", 2) * d)))
    kernel_dim = whole("kernel_dim", 0)
    most = np.minimum(n, d - kernel_dim)
    found = Settings(
        d=d,
        n=n,
        rank=whole("rank", most),
        kernel_dim=kernel_dim,
        condition=value("condition", np.nan),
        step_w=value("step_w", value("step", 1.0)),
        step_u=value("step_u", value("step", 1.0)),
        angle=value("angle", 90.0 if int(d.min()) > 1 else np.where(d == 1, 180.0, 90.0)),
        damping=value("damping", 0.0) if "damping" in known else None,
        gain=value("gain", 0.0) if "gain" in known else None,
    )
    helped = found.damping is not None
    for bad, text in (
        (kernel_dim > d, "kernel_dim must be <= d"),
        ((found.rank > most) & (kernel_dim <= d), "rank must be <= min(n, d - kernel_dim)"),
        ((d == 1) & (found.angle % 180 != 0), "angle must be 0 or 180 in dimension d = 1"),
        (helped & (found.rank == 0), "rank must be >= 1 with damping: a helper without examples never moves"),
    ):
        if np.any(bad):
            i = int(np.argmax(bad))
            raise OptionError(
                f"{text}, but d = {d[i]}, n = {n[i]}, kernel_dim = {kernel_dim[i]}, rank = {found.rank[i]}, angle = "
                f"{found.angle[i]:g} at the point {points.describe(i)}; leave such points out of the grid"
            )
    return found


def _own(given: Mapping[str, object], m: int) -> dict[str, Array]:
    found = {}
    for label, value in given.items():
        if label not in PARAMETERS:
            raise OptionError(f"parameters() returned {label!r}; it may return {', '.join(PARAMETERS)}")
        array = real_array(label, value, exact=False)
        if array.shape not in ((), (m,)):
            raise OptionError(f"parameters() returned {label} of shape {array.shape}; expected a number or ({m},)")
        PARAMETERS[label].check(label, np.atleast_1d(array))
        found[label] = array
    return found


def check_grid(grid: Grid) -> None:
    """Refuse a grid of standard parameters with impossible combinations of dimensions and ranks, before it starts.

    Raises
    ------
    OptionError
    """
    names = (*_STRUCTURE, "angle")
    block = tuple(slice(0, len(a) if label in names else 1) for label, a in grid.axes.items())
    if np.prod([s.stop for s in block], dtype=float) <= _CHECKED:
        settings(Points.of(grid.coordinates(block), common_draws=True), None)
