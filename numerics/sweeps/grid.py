"""Labelled grids of parameters: what can be swept, what values are accepted, and the points of a block.

A grid maps labels to values: a sequence makes an axis, a single number holds for every point. The standard labels
are those of :data:`PARAMETERS`; any other label is the user's own, for a function that knows what it means. The grid
is never expanded: a block of it is a slice for each axis, and its points come in C order.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from numerics.conversion import array_of
from numerics.errors import OptionError, ShapeError
from numerics.validation import Array, real_array

__all__ = ["PARAMETERS", "Block", "Grid", "Parameter", "block_size"]

#: Values of an axis that a configuration lists one by one.
_LISTED = 256

Block = tuple[slice, ...]


@dataclass(frozen=True)
class Parameter:
    """A standard parameter of a sweep.

    Attributes
    ----------
    long_name, units : str
    low, high : float
        Bounds, both allowed unless `above`.
    whole : bool
        Whole numbers only.
    above : bool
        The lower bound itself is not allowed.
    """

    long_name: str
    units: str = "1"
    low: float = 0.0
    high: float = math.inf
    whole: bool = False
    above: bool = False

    def check(self, label: str, values: Array) -> None:
        """Refuse values out of bounds.

        Raises
        ------
        OptionError
        """
        bad = (values <= self.low) if self.above else (values < self.low)
        bad = bad | (values > self.high)
        if self.whole:
            bad = bad | (values != np.floor(values))
        if bad.any():
            kind = "whole numbers" if self.whole else "numbers"
            lower = f"{'>' if self.above else '>='} {self.low:g}"
            upper = "" if math.isinf(self.high) else f" and <= {self.high:g}"
            raise OptionError(f"{label} holds {values[bad].flat[0]:g}; it takes {kind} {lower}{upper}: change the grid")


PARAMETERS: dict[str, Parameter] = {
    "angle": Parameter("angle between the targets", "degree", 0, 180),
    "step": Parameter("step size of both agents times largest eigenvalue of the own Gram matrix", above=True),
    "step_w": Parameter("step size of W times largest eigenvalue of its Gram matrix", above=True),
    "step_u": Parameter("step size of U times largest eigenvalue of its Gram matrix", above=True),
    "d": Parameter("dimension", low=1, whole=True),
    "n": Parameter("number of examples of each agent", low=1, whole=True),
    "n_over_d": Parameter("number of examples of each agent over dimension", above=True),
    "rank": Parameter("rank of each Gram matrix", whole=True),
    "kernel_dim": Parameter("dimension of the common kernel", whole=True),
    "condition": Parameter("largest over smallest non-zero singular value of the examples", low=1),
    "seed": Parameter("replicate", high=2.0**53, whole=True),
    "damping": Parameter("share of the Newton step that U, a helper, makes", low=-math.inf),
    "gain": Parameter("gain of the integral action of W, a blind attacker", above=True),
}
#: Labels that say the same thing, or that no pair of agents has at once.
_EXCLUSIVE = (("n", "n_over_d"), ("step", "step_w"), ("step", "step_u"), ("damping", "gain"), ("damping", "angle"))


@dataclass(frozen=True, eq=False)
class Grid:
    """A validated grid.

    Attributes
    ----------
    axes : dict of str to (k,) ndarray
        In the order of the dimensions; floats, or integers where all values are.
    fixed : dict of str to float or int
        Labels with one value for all points.
    """

    axes: dict[str, Array]
    fixed: dict[str, float | int]

    @classmethod
    def of(cls, values: Mapping[str, object], *, own_labels: bool) -> Grid:
        """Validate labels and values.

        Parameters
        ----------
        values : mapping of str to array_like
            Each a sequence of distinct finite numbers, or a number.
        own_labels : bool
            Whether labels that are not standard are allowed.

        Raises
        ------
        OptionError, ShapeError, DTypeError, NonFiniteError
        """
        if not isinstance(values, Mapping):
            raise OptionError(f"grid is a {type(values).__name__}; expected a mapping of labels to values")
        axes, fixed = {}, {}
        for label, given in values.items():
            array = _values(label, given, own_labels=own_labels)
            if array.ndim:
                axes[label] = array
            else:
                fixed[label] = array[()].item()
        if not axes:
            raise OptionError("grid has no axis; give at least one label a sequence of values, for example seed=[0]")
        for one, other in _EXCLUSIVE:
            if one in values and other in values:
                raise OptionError(f"grid has both {one!r} and {other!r}, which exclude each other; give one of them")
        return cls(axes, fixed)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values along each axis."""
        return tuple(len(values) for values in self.axes.values())

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    def part(self, block: Block) -> Grid:
        """Return the grid that consists of a block alone."""
        axes = {label: a[s] for (label, a), s in zip(self.axes.items(), block, strict=True)}
        return Grid(axes, self.fixed)

    def coordinates(self, block: Block) -> dict[str, Array]:
        """Return the values of every label at the points of a block, each of shape (m,)."""
        parts = [a[s] for a, s in zip(self.axes.values(), block, strict=True)]
        meshes = np.meshgrid(*parts, indexing="ij")
        found = {label: mesh.ravel() for label, mesh in zip(self.axes, meshes, strict=True)}
        m = meshes[0].size
        return found | {label: np.full(m, value) for label, value in self.fixed.items()}

    def as_plain(self) -> dict[str, object]:
        """Return the grid as plain data to compare; a digest stands for a long axis."""
        return {"axes": {label: _plain(a) for label, a in self.axes.items()}, "fixed": self.fixed}


def _plain(values: Array) -> object:
    if len(values) <= _LISTED:
        return values.tolist()
    digest = hashlib.blake2b(values.astype("<f8").tobytes(), digest_size=16).hexdigest()
    return {"first": values[0].item(), "last": values[-1].item(), "count": len(values), "digest": digest}


def block_size(block: Block) -> int:
    """Return the number of points of a block."""
    return math.prod(s.stop - s.start for s in block)


def _values(label: object, given: object, *, own_labels: bool) -> Array:
    if not isinstance(label, str) or not label.isidentifier():
        raise OptionError(f"grid has the label {label!r}; a label is a name made of letters, digits and underscores")
    if label not in PARAMETERS and not own_labels:
        near = get_close_matches(label, PARAMETERS, n=1, cutoff=0.0)
        raise OptionError(
            f"grid has the label {label!r}, which is not a standard one (nearest: {near[0]!r}; all: "
            f"{', '.join(PARAMETERS)}); a label of your own needs pair= or parameters="
        )
    array = real_array(label, given, exact=False)
    whole = array_of(label, given).dtype.kind in "iu"
    if array.ndim > 1 or array.size == 0:
        raise ShapeError(f"{label} has shape {array.shape}; expected a number, or a sequence of at least one number")
    if array.ndim and len(np.unique(array)) < len(array):
        raise OptionError(f"{label} holds a value twice; points with equal labels are the same: use the axis 'seed'")
    if label in PARAMETERS:
        PARAMETERS[label].check(label, np.atleast_1d(array))
        whole = whole or PARAMETERS[label].whole
    return array.astype(np.int64) if whole else array
