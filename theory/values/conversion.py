"""What counts as numbers: how an input of a formula becomes an array or nested lists, before it is looked at further.

The rule, which `numerics.conversion` writes down for the numerical side:

- integers and floats of Python, of NumPy, or of any library whose arrays NumPy can read, are real numbers;
- what else has entries must have `numbers.Rational` in all of them (int, Fraction, SymPy's Rational);
- tables and columns of pandas are the numbers that they hold, also where the column type is nullable or Arrow's;
- refused are masked arrays (within lists, too), missing values, booleans, text, dates, decimals, complex numbers and
  categories: a conversion would drop or invent a part of what they say.
"""

from __future__ import annotations

from numbers import Rational
from typing import Any

from theory.errors import InputError

__all__ = ["float_array", "is_rational", "unmasked"]

#: What to do about values that are no real numbers, by the kind of their dtype.
_REMEDIES = {
    "b": "truth values are none, use .astype(int) if 0 and 1 are meant",
    "c": "of complex ones the real part",
    "U": "text is none, convert it with .astype(float)",
    "S": "text is none, convert it with .astype(float)",
    "M": "dates are none, subtract an origin and divide by a unit",
    "m": "durations are none, divide them by a unit",
    "V": "records are none, stack their fields",
}
_WANTED = "give real numbers (float, int, Fraction or SymPy Rational)"


def _of_dtype(name: str, dtype: Any) -> InputError:
    remedy = _REMEDIES.get(getattr(dtype, "kind", "O"))
    return InputError(f"{name} has dtype {dtype}; {_WANTED}" + (f": {remedy}" if remedy else ""))


def is_rational(entry: object) -> bool:
    """Whether an entry is an exact rational number."""
    return isinstance(entry, Rational) and not isinstance(entry, bool)


def float_array(np: Any, name: str, given: Any) -> Any:
    """Return real numbers as a float64 array, rationals rounded.

    Parameters
    ----------
    np : module
        NumPy, which this package imports only where arrays are evaluated.
    name : str
        What messages call the input.
    given : array_like
        The input.

    Raises
    ------
    InputError
    """
    plain = unmasked(name, given)
    try:
        array = np.asarray(plain)
    except (ValueError, TypeError, RuntimeError) as error:
        if isinstance(plain, list):
            raise InputError(f"{name} has rows of different length; give a rectangular array") from None
        raise InputError(f"{name} cannot be read as an array ({error}); {_WANTED}") from None
    if array.dtype.kind not in "iufO":
        raise _of_dtype(name, array.dtype)
    if array.dtype == object:
        for entry in array.flat:
            if not is_rational(entry):
                raise InputError(f"{name} has an entry {entry!r:.80} of type {type(entry).__name__}; {_WANTED}")
    try:
        with np.errstate(all="ignore"):  # a wider float may become infinite, which is seen after
            return array.astype(np.float64)
    except OverflowError:
        raise InputError(f"{name} has an entry beyond the range of float64; rescale it, or use exact(...)") from None


def unmasked(name: str, given: Any) -> Any:
    """Return the input with tables of pandas as arrays, and lists within lists as such.

    Raises
    ------
    InputError
        For what is masked, missing, or a truth value, which NumPy's own conversion would take for numbers.
    """
    if type(given) in (int, float):
        return given
    if hasattr(given, "mask") and hasattr(given, "filled"):
        raise InputError(f"{name} is a masked array; fill (.filled) or drop (.compressed) the masked entries first")
    if isinstance(given, list | tuple):
        return [unmasked(name, entry) for entry in given]
    if type(given).__name__ in ("bool", "bool_"):
        raise InputError(f"{name} holds {given!r}, a truth value; give a number")
    if hasattr(given, "dtype") or hasattr(given, "dtypes"):
        homes = {base.__module__.partition(".")[0] for base in type(given).__mro__}
        return _from_pandas(name, given) if "pandas" in homes else given
    return given


def _from_pandas(name: str, given: Any) -> Any:
    if not hasattr(type(given), "columns"):  # of the type: an entry of a column can be called so
        return _column(name, given)
    labels = list(given.columns)
    columns = [_column(f"{name}, column {label!r},", given.iloc[:, j]) for j, label in enumerate(labels)]
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(len(given))]


def _column(name: str, given: Any) -> Any:
    """A column as a list of numbers of Python."""
    kind, words = getattr(given.dtype, "kind", "O"), str(given.dtype)
    if kind not in "iufO" or words == "category" or hasattr(type(given), "levels"):
        raise _of_dtype(name, given.dtype)
    if given.isna().any():
        raise InputError(f"{name} has {int(given.isna().sum())} missing values; drop or impute them")
    return given.tolist()
