"""What counts as numbers: how something that a caller hands in becomes an array, before anything else is asked of it.

The rule, which `theory.values.conversion` writes down for the symbolic side:

- integers and floats of Python, of NumPy, or of any library whose arrays NumPy can read, are real numbers;
- an object array, or a list, whose entries are all `numbers.Rational` holds exact rationals;
- tables and columns of pandas are the numbers that they hold, also where the column type is nullable or Arrow's;
- refused are masked arrays (within lists, too), missing values, booleans, text, dates, decimals, complex numbers and
  categories: a conversion would drop or invent a part of what they say.
"""

from __future__ import annotations

from numbers import Rational
from typing import Any

import numpy as np

from numerics.errors import DTypeError, ExactnessError, NonFiniteError, NumericsError, ShapeError

__all__ = ["array_of", "check_rational"]

Array = np.ndarray[Any, np.dtype[Any]]

#: What to do about values that are no real numbers, by the kind of their dtype.
_REMEDIES = {
    "b": "truth values are no numbers: use .astype(int) if 0 and 1 are meant",
    "c": "complex numbers have no order: pass the real part",
    "U": "text is no number: convert it with .astype(float)",
    "S": "text is no number: convert it with .astype(float)",
    "M": "dates are no numbers: subtract an origin and divide by a unit",
    "m": "durations are no numbers: divide them by a unit",
    "V": "a structured array is no matrix: stack its fields",
}
_WANTED = "expected real numbers (float or integer), or exact rationals (int or Fraction)"


def array_of(name: str, value: object) -> Array:
    """Return `value` as an array of integers, floats, or objects; the entries of objects are not looked at.

    Raises
    ------
    DTypeError, ShapeError, NonFiniteError
        For what the rule refuses, for ragged lists, for missing values.
    """
    if type(value) is np.ndarray and value.dtype.kind in "iufO":
        return value
    array = _assembled(name, value)
    if array.dtype.kind not in "iufO":
        raise DTypeError(f"{name} has dtype {array.dtype}; {_advice(array.dtype.kind)}")
    return array


def check_rational(name: str, array: Array) -> None:
    """Refuse an object array with an entry that is not an exact rational.

    Raises
    ------
    DTypeError
    ExactnessError
        For a float.
    """
    for index, entry in np.ndenumerate(array):
        if isinstance(entry, Rational) and not isinstance(entry, bool):
            continue
        found = f"{name} is an object array, so its entries must be int or Fraction, but entry {index} is {entry!r:.80}"
        if isinstance(entry, float):
            raise ExactnessError(
                f"{found} of type {type(entry).__name__}; pass Fraction(str(x)) of each entry for exact arithmetic, or "
                f".astype(float) of the array for floating point"
            )
        missing = entry is None or type(entry).__name__ in ("NAType", "NaTType", "MaskedConstant")
        remedy = "drop or impute what is missing" if missing else _remedy(entry)
        raise DTypeError(f"{found} of type {type(entry).__name__}; {remedy}")


def _advice(kind: str) -> str:
    return _WANTED + (f": {_REMEDIES[kind]}" if kind in _REMEDIES else "")


def _remedy(entry: object) -> str:
    if type(entry).__name__ == "Decimal":
        return "convert it with Fraction(x), which is exact, or float(x)"
    return _advice({bool: "b", np.bool_: "b", complex: "c", str: "U", bytes: "S"}.get(type(entry), ""))


def _assembled(name: str, value: object) -> Array:
    """The value as an array of any dtype; what is masked or missing would be lost by NumPy's own conversion."""
    if isinstance(value, np.ma.MaskedArray):
        raise DTypeError(f"{name} is a masked array; fill (.filled) or drop (.compressed) the masked entries first")
    if _of_pandas(value):
        return _table(name, value)
    listed = isinstance(value, list | tuple)
    try:
        return np.asarray([_entry(name, x) for x in value] if listed else value)  # type: ignore[attr-defined]
    except NumericsError:
        raise
    except ValueError as error:
        if listed:
            raise ShapeError(f"{name} is ragged: its rows have different lengths ({error})") from error
        raise DTypeError(f"{name} cannot be read as an array ({error}); {_WANTED}") from error
    except (TypeError, RuntimeError, OverflowError) as error:
        raise DTypeError(f"{name} cannot be read as an array ({error}); {_WANTED}") from error


def _entry(name: str, value: Any) -> Any:
    """An entry of a list: itself, or an array where it is more than a number."""
    if type(value) in (int, float):
        return value
    if isinstance(value, bool | np.bool_):
        raise DTypeError(f"{name} holds {value!r} of type {type(value).__name__}; {_advice('b')}")
    if isinstance(value, list | tuple):
        return [_entry(name, x) for x in value]
    if isinstance(value, np.ndarray) or (hasattr(value, "dtype") and hasattr(value, "shape")) or _of_pandas(value):
        return array_of(name, value)
    return value


def _of_pandas(value: object) -> bool:
    """Whether it is a table, a column or an array of pandas, which is not imported for that."""
    return (hasattr(value, "dtype") or hasattr(value, "dtypes")) and any(
        base.__module__.partition(".")[0] == "pandas" for base in type(value).__mro__
    )


def _table(name: str, value: Any) -> Array:
    if not hasattr(type(value), "columns"):  # of the type: an entry of a column can be called so
        return _column(name, value)
    labels = [f"column {label!r} of {name}" for label in value.columns]
    columns = [_column(label, value.iloc[:, j]) for j, label in enumerate(labels)]
    return np.stack(columns, axis=1) if columns else np.empty((len(value), 0))


def _column(name: str, values: Any) -> Array:
    kind, words = getattr(values.dtype, "kind", "O"), str(values.dtype)
    if kind not in "iufO" or words == "category" or hasattr(type(values), "levels"):
        raise DTypeError(f"{name} has dtype {words}; {_advice(kind)}")
    missing = np.asarray(values.isna())
    if missing.any():
        raise NonFiniteError(
            f"{name} has {int(missing.sum())} missing values of {missing.size}, the first at position "
            f"{int(missing.argmax())}; drop or impute them"
        )
    dtype = {"i": np.int64, "u": np.uint64, "f": np.float64}.get(kind, object)
    return np.asarray(values.to_numpy(dtype=dtype))
