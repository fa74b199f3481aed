"""Reading what a user hands to a formula: names, shapes and admissible values, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sympy import QQ, MatrixBase, Rational, sympify

from theory.arrays import ArrayInstance
from theory.dense import Dense
from theory.errors import InputError
from theory.instance import Instance
from theory.symbols import PRIMITIVES

__all__ = ["array_instance", "exact_instance"]

_AXES = {
    "gram": ("d", "d"),
    "matrix": ("d", "d"),
    "block": ("d", "d"),
    "vector": ("d",),
    "inputs": ("n", "d"),
    "labels": ("n",),
    "history": ("d", "k"),
    "step": (),
    "scalar": (),
    "count": (),
}


def _checked_names(formula: str, needed: tuple[str, ...], given: Mapping[str, Any], sizes: tuple[str, ...]) -> None:
    unknown = sorted(set(given) - set(PRIMITIVES) - {"n", "d", "k"})
    if unknown:
        raise InputError(
            f"{formula}: unknown input {unknown[0]!r}; it needs {', '.join(needed + sizes)} "
            f"(known names: {', '.join(PRIMITIVES)})"
        )
    missing = [name for name in needed if name not in given]
    if missing:
        raise InputError(
            f"{formula}: missing {', '.join(f'{m} ({PRIMITIVES[m].meaning})' for m in missing)}; "
            f"pass it by name, for example {missing[0]}=..."
        )


def _with_ratio(needed: tuple[str, ...], given: dict[str, Any]) -> dict[str, Any]:
    """Supply rho: eta_U/eta_W when both steps are given, else 1 (a common step size)."""
    if "rho" in needed and "rho" not in given:
        both = "eta_W" in given and "eta_U" in given
        exact = both and not isinstance(given["eta_W"], float) and not hasattr(given["eta_W"], "dtype")
        if exact:
            given["rho"] = _rational("rho", given["eta_U"]) / _rational("rho", given["eta_W"])
        else:
            given["rho"] = given["eta_U"] / given["eta_W"] if both else 1
    return given


def _record_sizes(formula: str, name: str, shape: tuple[int, ...], sizes: dict[str, int]) -> None:
    for axis, length in zip(_AXES[PRIMITIVES[name].kind], shape, strict=True):
        if length < 1 and axis != "k":
            raise InputError(f"{formula}: {name} has an empty axis {axis}: shape {shape}; give at least one entry")
        if sizes.setdefault(axis, length) != length:
            raise InputError(
                f"{formula}: {name} has {axis} = {length}, but another input has {axis} = {sizes[axis]}; "
                f"all inputs must share {axis}"
            )


def _sizes_given(formula: str, given: Mapping[str, Any], sizes: dict[str, int], needed: tuple[str, ...]) -> None:
    for name in ("n", "d", "k"):
        if name in given:
            value = given[name]
            if isinstance(value, bool) or int(value) != value or value < (0 if name == "k" else 1):
                raise InputError(f"{formula}: {name} = {value!r} must be a positive whole number")
            if sizes.setdefault(name, int(value)) != int(value):
                raise InputError(f"{formula}: {name} = {value}, but the arrays have {name} = {sizes[name]}")
        elif name in needed and name not in sizes:
            raise InputError(f"{formula}: missing the dimension {name}; pass {name}=...")


def array_instance(
    formula: str, needed: tuple[str, ...], sizes_needed: tuple[str, ...], given: Mapping[str, Any]
) -> ArrayInstance:
    """Validate arrays (leading batch axes allowed) and return an instance to evaluate on.

    Raises
    ------
    InputError
        Unknown or missing name, wrong dtype or shape, non-finite entry, asymmetric Gram, step not positive.
    """
    import numpy as np

    _checked_names(formula, needed, given, sizes_needed)
    given = _with_ratio(needed, {k: v if k in ("n", "d", "k") else np.asarray(v) for k, v in given.items()})
    sizes: dict[str, int] = {}
    values: dict[Any, Any] = {}
    for name in needed:
        item = PRIMITIVES[name]
        value = np.asarray(given[name])
        if value.dtype.kind not in "iuf":
            try:
                if value.dtype.kind in "cbUSmM":
                    raise TypeError
                value = value.astype(np.float64)
            except (TypeError, ValueError):
                raise InputError(f"{formula}: {name} has dtype {value.dtype}; give real numbers (float64)") from None
        value = value.astype(np.float64)
        axes = _AXES[item.kind]
        if value.ndim < len(axes):
            raise InputError(
                f"{formula}: {name} has shape {value.shape}; expected (..., {', '.join(axes)}): {item.meaning}"
            )
        if not np.isfinite(value).all():
            raise InputError(f"{formula}: {name} has a non-finite entry; remove NaN and infinities")
        _record_sizes(formula, name, value.shape[value.ndim - len(axes) :], sizes)
        if item.kind == "gram":
            asymmetry = np.abs(value - np.swapaxes(value, -1, -2)).max()
            # Rounding of X^T X moves an entry by at most about n eps times the largest entry; 2**-40 allows n ~ 4000.
            if asymmetry > 2.0**-40 * np.abs(value).max():
                raise InputError(
                    f"{formula}: {name} is not symmetric (asymmetry {asymmetry:.3g}); pass a Gram matrix X.T @ X / n"
                )
        if item.kind == "step" and (value <= 0).any():
            raise InputError(f"{formula}: {name} = {value.min():.6g} must be positive: {item.meaning}")
        if item.kind == "count":
            if value.ndim or value != np.floor(value) or value < 0:
                raise InputError(f"{formula}: {name} = {given[name]!r} must be one whole number >= 0")
            values[item.symbol] = int(value)
            continue
        column = item.kind in ("vector", "labels")
        values[item.symbol] = value[..., None] if column else value
    _sizes_given(formula, given, sizes, sizes_needed)
    return ArrayInstance(sizes, values)


def _rational(name: str, value: Any) -> Rational:
    if isinstance(value, float):
        raise InputError(
            f"{name} = {value!r} is a float; exact evaluation takes int, Fraction or SymPy Rational "
            f"(for example Fraction({value!r}))"
        )
    number = Rational(value.numerator, value.denominator) if isinstance(value, Fraction) else sympify(value)
    if isinstance(value, str | bool) or not getattr(number, "is_Rational", False):
        raise InputError(f"{name} = {value!r} is not a rational number; give int, Fraction or SymPy Rational")
    return number


def _rows(value: Any) -> tuple[list[list[Any]], int]:
    """Return nested lists and the number of axes."""
    if isinstance(value, MatrixBase):
        return value.tolist(), 2
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        return [[value]], 0
    if all(isinstance(row, list | tuple) for row in value) and value:
        return [list(row) for row in value], 2
    return [[x] for x in value], 1


def exact_instance(
    formula: str, needed: tuple[str, ...], sizes_needed: tuple[str, ...], given: Mapping[str, Any]
) -> Instance:
    """Validate rational inputs of one geometry and return an instance over the rationals.

    Raises
    ------
    InputError
        As for arrays, and for floats, which are not exact.
    """
    _checked_names(formula, needed, given, sizes_needed)
    given = _with_ratio(needed, dict(given))
    sizes: dict[str, int] = {}
    values: dict[Any, Dense] = {}
    for name in needed:
        item = PRIMITIVES[name]
        axes = _AXES[item.kind]
        rows, ndim = _rows(given[name])
        column = len(axes) == 1
        if len({len(r) for r in rows}) > 1:
            raise InputError(f"{formula}: {name} has rows of different length {[len(r) for r in rows]}")
        shape = (len(rows), len(rows[0])) if rows else (0, 0)
        if column and ndim == 2 and shape[1] == 1:
            ndim = 1
        if ndim != len(axes):
            raise InputError(f"{formula}: {name} has {ndim} axes; expected ({', '.join(axes)}): {item.meaning}")
        _record_sizes(formula, name, shape[: len(axes)], sizes)
        entries = [[QQ.from_sympy(_rational(f"{formula}: {name}", x)) for x in row] for row in rows]
        dense = Dense.from_rows(entries, QQ)
        if item.kind == "gram" and not (dense - dense.transpose()).is_zero:
            raise InputError(f"{formula}: {name} is not symmetric; pass a Gram matrix X.T X / n")
        if item.kind == "step" and entries[0][0] <= 0:
            raise InputError(f"{formula}: {name} = {entries[0][0]} must be positive: {item.meaning}")
        if item.kind == "count" and (entries[0][0] < 0 or entries[0][0].denominator != 1):
            raise InputError(f"{formula}: {name} = {entries[0][0]} must be one whole number >= 0")
        values[item.symbol] = dense
    _sizes_given(formula, given, sizes, sizes_needed)
    return Instance(QQ, sizes, values)
