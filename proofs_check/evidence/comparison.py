"""Comparisons: exactly, with no tolerance; or in floats, against a bound stated beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Close", "Relation", "exact_array", "show"]

_RELATIONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    "!=": lambda left, right: left != right,
}


def _fraction(entry: Any) -> Fraction:
    if isinstance(entry, (bool, np.bool_)):
        return Fraction(int(entry))
    if isinstance(entry, (float, np.floating)):
        raise TypeError(f"exact comparison: got the float {entry!r}; exact evidence takes rationals only")
    if hasattr(entry, "numerator") and hasattr(entry, "denominator"):
        return Fraction(int(entry.numerator), int(entry.denominator))
    if getattr(entry, "is_Rational", False):
        return Fraction(int(entry.p), int(entry.q))
    raise TypeError(f"exact comparison: {entry!r} of type {type(entry).__name__} is not a rational number")


def exact_array(value: Any) -> NDArray[np.object_]:
    """Turn a scalar, a nested sequence, an array or a SymPy matrix of rationals into an array of Fractions.

    Raises
    ------
    TypeError
        If an entry is a float or not a rational number.
    """
    if hasattr(value, "tolist") and not isinstance(value, np.ndarray):
        value = value.tolist()
    entries = np.array(value, dtype=object)
    return np.array([_fraction(entry) for entry in entries.ravel()], dtype=object).reshape(entries.shape)


def show(value: Any) -> str:
    """Write numbers exactly: rationals as p/q, floats with all digits that identify them."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(show(entry) for entry in value) + "]"
    return repr(value) if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Relation:
    """An exact relation between two rational values, entry by entry.

    Attributes
    ----------
    label : str
        The relation in words.
    left, right : array_like of rationals
        Of the same shape, or one of them a scalar.
    sign : {"=", "<", "<=", "!="}
        ``"!="`` asks that the two differ somewhere; the others hold for every entry.
    """

    label: str
    left: Any
    right: Any
    sign: str = "="

    def __post_init__(self) -> None:
        if self.sign not in _RELATIONS:
            raise ValueError(f"sign: must be one of {', '.join(_RELATIONS)}; got {self.sign!r}")

    def holds(self) -> bool:
        """Whether the relation is true. Arrays of different shapes are never equal."""
        left, right = exact_array(self.left), exact_array(self.right)
        if left.shape != right.shape and left.ndim and right.ndim:
            return False
        left, right = np.broadcast_arrays(left, right)
        answers = [_RELATIONS[self.sign](a, b) for a, b in zip(left.ravel(), right.ravel(), strict=True)]
        return any(answers) if self.sign == "!=" else all(answers)

    def describe(self) -> dict[str, str]:
        """Both sides, written exactly."""
        return {"left": show(exact_array(self.left)), "right": show(exact_array(self.right))}


@dataclass(frozen=True)
class Close:
    """A batch of floating-point values against their predictions, with a bound for each sample.

    Attributes
    ----------
    label : str
        The relation in words.
    left, right : ndarray of shape (N, ...)
        Predicted and simulated values.
    bound : ndarray of shape (N,)
        Largest Euclidean distance that rounding (and a stated truncation) can explain.
    scale : ndarray of shape (N,)
        Size of the quantity; a bound that is not small against it makes the sample vacuous.
    inputs : mapping
        The data of the batch, to show the sample that fails.
    """

    label: str
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    bound: NDArray[np.float64]
    scale: NDArray[np.float64]
    inputs: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def distance(self) -> NDArray[np.float64]:
        """Euclidean distance between the two sides, one for each sample."""
        difference = np.asarray(self.left, dtype=np.float64) - np.asarray(self.right, dtype=np.float64)
        # Not by squares: the square of 1e-170 is 0.
        return np.asarray(np.hypot.reduce(np.abs(difference).reshape(len(difference), -1), axis=1), dtype=np.float64)

    def describe(self, sample: int) -> dict[str, str]:
        """One sample in full."""
        shown = {name: show(values[sample]) for name, values in self.inputs.items()}
        shown["left"], shown["right"] = show(self.left[sample]), show(self.right[sample])
        shown["bound"] = repr(float(self.bound[sample]))
        return shown
