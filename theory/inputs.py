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
from theory.symbols import PRIMITIVES, eta_U, eta_W, rho

__all__ = ["array_instance", "exact_instance", "whole_number"]

_AXES = {
    "gram": ("d", "d"),
    "matrix": ("d", "d"),
    "block": ("d", "d"),
    "vector": ("d",),
    "inputs": ("n", "d"),
    "labels": ("n",),
    "history": ("d", "k"),
    "weights": ("k",),
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
    missing = [name for name in needed if name not in given and name != "rho"]
    if missing:
        raise InputError(
            f"{formula}: missing {', '.join(f'{m} ({PRIMITIVES[m].meaning})' for m in missing)}; "
            f"pass it by name, for example {missing[0]}=..."
        )


def _without_ratio(needed: tuple[str, ...], given: Mapping[str, Any]) -> tuple[tuple[str, ...], bool]:
    """Names to read, and whether they stand in for rho: eta_U/eta_W when both are given, else 1 (a common step)."""
    if "rho" not in needed or "rho" in given:
        return needed, False
    rest = [name for name in needed if name != "rho"]
    if "eta_W" in given and "eta_U" in given:
        rest += [name for name in ("eta_W", "eta_U") if name not in rest]
    return tuple(rest), True


def whole_number(formula: str, name: str, value: Any, least: int = 1) -> int:
    """Read a dimension or a count; `InputError` unless it is one whole number of at least `least`."""
    try:
        number = int(value)
        if number == value and number >= least and not isinstance(value, bool | str):
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    kind = "a positive whole number" if least == 1 else f"one whole number >= {least}"
    raise InputError(f"{formula}: {name} = {value!r} must be {kind}")


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
            value = whole_number(formula, name, given[name], 0 if name == "k" else 1)
            if sizes.setdefault(name, value) != value:
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
    names, ratio = _without_ratio(needed, given)
    sizes: dict[str, int] = {}
    values: dict[Any, Any] = {}
    batches: dict[str, tuple[int, ...]] = {}
    for name in names:
        item = PRIMITIVES[name]
        try:
            value = np.asarray(given[name])
        except ValueError:
            raise InputError(f"{formula}: {name} has rows of different length; give a rectangular array") from None
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
        batches[name] = value.shape[: value.ndim - len(axes)]
        if 0 in batches[name]:
            raise InputError(
                f"{formula}: {name} has an empty batch axis: shape {value.shape}; give at least one geometry"
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
            if value.ndim:
                raise InputError(f"{formula}: {name} = {given[name]!r} must be one whole number for the whole batch")
            values[item.symbol] = whole_number(formula, name, float(value), item.least)
            continue
        column = item.kind in ("vector", "labels", "weights")
        values[item.symbol] = value[..., None] if column else value
    _sizes_given(formula, given, sizes, sizes_needed)
    try:
        np.broadcast_shapes(*batches.values())
    except ValueError:
        shown = ", ".join(f"{name} {shape}" for name, shape in batches.items() if shape)
        raise InputError(f"{formula}: the batch axes do not broadcast together: {shown}") from None
    if ratio:
        both = "eta_W" in names and "eta_U" in names
        values[rho] = values[eta_U] / values[eta_W] if both else np.float64(1)
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
    names, ratio = _without_ratio(needed, given)
    sizes: dict[str, int] = {}
    values: dict[Any, Dense] = {}
    for name in names:
        item = PRIMITIVES[name]
        axes = _AXES[item.kind]
        rows, ndim = _rows(given[name])
        column = len(axes) == 1
        if any(isinstance(x, list | tuple) for row in rows for x in row):
            raise InputError(f"{formula}: {name} is nested too deeply; exact evaluation takes one geometry at a time")
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
        if item.kind == "count":
            whole_number(
                formula, name, Fraction(int(entries[0][0].numerator), int(entries[0][0].denominator)), item.least
            )
        values[item.symbol] = dense
    _sizes_given(formula, given, sizes, sizes_needed)
    if ratio:
        unit = Dense.eye(1, QQ)
        both = "eta_W" in names and "eta_U" in names
        values[rho] = values[eta_U] @ values[eta_W].inverse() if both else unit
    return Instance(QQ, sizes, values)
