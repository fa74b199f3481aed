"""Input validation, in one place: what arrays, step sizes, counts and options are accepted.

What counts as numbers says :mod:`numerics.conversion`. Two kinds exist. *Floating point*: integers and every real
floating type become ``float64``. *Exact*: object arrays whose entries are rationals; every entry becomes a
``Fraction``. An object array selects exact arithmetic, and then everything it meets must be exact (integer arrays are).
"""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np

from numerics.conversion import Array, array_of, check_rational
from numerics.errors import (
    DimensionMismatchError,
    DTypeError,
    ExactnessError,
    NonFiniteError,
    OptionError,
    ScaleError,
    ShapeError,
    StepSizeError,
)

__all__ = [
    "EPS",
    "Array",
    "Frozen",
    "any_exact",
    "at_least_zero",
    "broadcast_batches",
    "choice",
    "count",
    "expected",
    "frozen",
    "real_array",
    "same_dimension",
    "squares_representable",
    "step_sizes",
    "vectors",
]

T = TypeVar("T")

EPS = float(np.finfo(np.float64).eps)

_SMALLEST, _LARGEST = 2.0**-480, 2.0**480
_as_fractions = np.frompyfunc(lambda q: Fraction(int(q.numerator), int(q.denominator)), 1, 1)


def frozen(array: Array) -> Array:
    """Return the same array, marked read-only."""
    array.setflags(write=False)
    return array


class Frozen:
    """What stays as it is: the arrays of an object are read-only, again so in a copy and in another process.

    NumPy's own copies can be written to, and would change an object beside what it has computed from its arrays.
    """

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({name: _refrozen(value) for name, value in state.items()})


def _refrozen(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        frozen(value)
    elif isinstance(value, tuple | list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            _refrozen(part)
    return value


def any_exact(**values: object) -> bool:
    """Whether one of the named values is held in an object array, which selects exact arithmetic."""
    return any(array_of(name, value).dtype == object for name, value in values.items())


def real_array(name: str, value: object, *, exact: bool | None = None) -> Array:
    """Return `value` as a new ``float64`` array or a new object array of ``Fraction``.

    Parameters
    ----------
    name : str
        What the messages call the argument.
    value : array_like
        Real numbers of any shape.
    exact : bool, optional
        What the surroundings need; None takes what the dtype says.

    Raises
    ------
    DTypeError, ExactnessError, NonFiniteError, ShapeError
    """
    raw = array_of(name, value)
    if raw.dtype == object:
        array = _exact_array(name, raw)
        if exact is False:
            raise ExactnessError(
                f"{name} holds exact rationals but the computation is in floating point; "
                f"pass float(...) of it, or make every prompt and step size exact"
            )
        return array
    if exact:
        if raw.dtype.kind == "f":
            raise ExactnessError(
                f"{name} has dtype {raw.dtype} but the computation is exact; "
                f"pass Fractions or integers, for example Fraction(str(x))"
            )
        return _exact_array(name, raw.astype(object))
    array = raw.astype(np.float64)
    bad = ~np.isfinite(array)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise NonFiniteError(
            f"{name} has {int(bad.sum())} non-finite entries of {array.size}, the first at index {first}; "
            f"remove or impute them"
        )
    return array


def _exact_array(name: str, raw: Array) -> Array:
    # NumPy's integers are no exact numerators: they overflow.
    if raw.size and all(type(q) is Fraction and type(q.numerator) is type(q.denominator) is int for q in raw.flat):
        return raw.copy()
    check_rational(name, raw)
    return np.asarray(_as_fractions(raw), dtype=object).reshape(raw.shape)


def vectors(name: str, value: object, d: int, *, exact: bool | None) -> Array:
    """Return `value` as an array of shape (..., d)."""
    array = real_array(name, value, exact=exact)
    if array.ndim == 0 or array.shape[-1] != d:
        raise ShapeError(f"{name} has shape {array.shape}; expected (..., d) with d = {d}")
    return array


def squares_representable(name: str, array: Array, *, axes: tuple[int, ...]) -> None:
    """Refuse floating-point entries so large or small that their squares overflow or underflow.

    The largest modulus over the given axes (one geometry) must be zero or within [2^-480, 2^480].
    """
    if array.dtype == object:
        return
    largest = np.asarray(abs(array).max(axis=axes))
    bad = (largest != 0) & ((largest < _SMALLEST) | (largest > _LARGEST))
    if bad.any():
        raise ScaleError(
            f"{name} has largest entry {float(largest[bad][0]):.3g} in modulus; its square leaves double "
            f"precision unless it is 0 or between 2**-480 and 2**480: rescale the examples, or use exact "
            f"rationals"
        )


def step_sizes(value: object, *, exact: bool, batch_shape: tuple[int, ...]) -> Array:
    """Return step sizes, > 0 and finite, of a shape that broadcasts against `batch_shape`."""
    try:
        steps = real_array("step_size", value, exact=exact or None)
    except NonFiniteError as error:
        raise StepSizeError(f"step_size must be finite and > 0, got {value!r}") from error
    if steps.dtype == object and not exact:
        raise ExactnessError(
            "step_size is an exact rational but the prompt is in floating point; "
            "pass float(step_size), or make the prompt from object arrays of Fraction"
        )
    if not np.all(steps > 0):
        worst = steps.min()
        raise StepSizeError(f"step_size must be > 0, got {worst}; a pair converges for 0 < step_size < 2/lambda_max")
    broadcast_batches(step_size=steps.shape, prompt=batch_shape)
    return steps


def same_dimension(**dimensions: int) -> int:
    """Return the common dimension d of several named objects."""
    if len(set(dimensions.values())) != 1:
        listing = ", ".join(f"{name} has d = {d}" for name, d in dimensions.items())
        raise DimensionMismatchError(f"{listing}; they must agree")
    return next(iter(dimensions.values()))


def broadcast_batches(**shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the broadcast of several named batch shapes."""
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError as error:
        listing = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ShapeError(f"batch shapes do not broadcast: {listing}; insert axes of length 1") from error


def count(name: str, value: object, *, minimum: int) -> int:
    """Return `value` as an int that is at least `minimum`; booleans and fractions are refused."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError as error:
        raise OptionError(f"{name} must be an integer >= {minimum}, got {value!r}") from error
    if isinstance(value, (bool, np.bool_)) or number < minimum:
        raise OptionError(f"{name} must be an integer >= {minimum}, got {value!r}")
    return number


def expected(name: str, value: object, kind: type[T], remedy: str) -> T:
    """Return `value` when it is an instance of a class; the remedy says how to come by one."""
    if not isinstance(value, kind):
        raise DTypeError(f"{name} is of type {type(value).__name__}, not {kind.__name__}; {remedy}")
    return value


def at_least_zero(name: str, value: object) -> None:
    """Refuse what is not a finite number >= 0."""
    number = isinstance(value, int | float | np.floating) and not isinstance(value, bool)
    if not (number and 0 <= value < np.inf):  # type: ignore[operator]
        raise OptionError(f"{name} must be a finite number >= 0, got {value!r:.80}")


def choice(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return `value` when it is one of the allowed words."""
    if not isinstance(value, str) or value not in allowed:
        raise OptionError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value
