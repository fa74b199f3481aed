"""Reading what a user hands to a formula: names, shapes and admissible values, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from math import isfinite
from typing import Any

from sympy import QQ, MatrixBase, Rational

from theory.errors import InputError
from theory.language.symbols import PRIMITIVES, Primitive, eta_U, eta_W, rho
from theory.values.conversion import float_array, is_rational, unmasked
from theory.values.dense import Dense
from theory.values.floats import ArrayInstance
from theory.values.instance import Instance

__all__ = ["array_instance", "exact_instance", "names_given", "whole_number"]

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

#: Beyond this side weights for every entry would take too much memory, and a solve takes so long that it is no loss.
_WIDEST_WEIGHED = 1024


def _checked_names(formula: str, needed: tuple[str, ...], given: Mapping[str, Any], sizes: tuple[str, ...]) -> None:
    unknown = sorted(name for name in given if name not in PRIMITIVES and name not in ("n", "d", "k"))
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
        number = int(float("nan") if hasattr(value, "mask") else value)
        if number == value and number >= least and not isinstance(value, bool | str):
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    kind = "a positive whole number" if least == 1 else f"one whole number >= {least}"
    raise InputError(f"{formula}: {name} = {value!r} must be {kind}")


def names_given(what: str, argument: str, names: Any, known: Iterable[str], kind: str) -> frozenset[str]:
    """Read a collection of names; `InputError` unless it is one, and all of them are known."""
    if not isinstance(names, list | tuple | set | frozenset | Mapping) or not all(isinstance(x, str) for x in names):
        raise InputError(f"{what}: {argument} = {names!r:.80} must be a collection of names, for example a list of str")
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"{what}: {argument} names {unknown[0]!r}, which is no {kind}; those are {', '.join(known)}")
    return frozenset(names)


def _record_sizes(
    formula: str, name: str, axes: tuple[str, ...], shape: tuple[int, ...], sizes: dict[str, int]
) -> None:
    for axis, length in zip(axes, shape, strict=True):
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
    formula: str, needed: tuple[str, ...], sizes_needed: tuple[str, ...], given: Mapping[str, Any], *, check: bool
) -> ArrayInstance:
    """Validate arrays (leading batch axes allowed) and return an instance to evaluate on.

    Without `check` the entries are taken as they are; names and shapes are looked at in any case.

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
        item, value = PRIMITIVES[name], given[name]
        if type(value) is float and item.kind in ("step", "scalar"):
            if check:
                _check_numbers(formula, item, name, isfinite(value), value)
            values[name], batches[name] = value, ()
            continue
        if type(value) is not np.ndarray or value.dtype != np.float64:
            value = float_array(np, f"{formula}: {name}", value)
        axes = _AXES[item.kind]
        lead = value.ndim - len(axes)
        if lead < 0:
            raise InputError(
                f"{formula}: {name} has shape {value.shape}; expected (..., {', '.join(axes)}): {item.meaning}"
            )
        batches[name] = value.shape[:lead]
        if 0 in batches[name]:
            raise InputError(
                f"{formula}: {name} has an empty batch axis: shape {value.shape}; give at least one geometry"
            )
        _record_sizes(formula, name, axes, value.shape[lead:], sizes)
        if check and item.kind == "gram":
            _check_gram(np, formula, name, value)
        elif check:
            least = value.min() if item.kind == "step" else 1
            _check_numbers(formula, item, name, _is_finite(np, value), least)
        if item.kind == "count":
            if value.ndim:
                raise InputError(f"{formula}: {name} = {given[name]!r} must be one whole number for the whole batch")
            values[name] = whole_number(formula, name, float(value), item.least)
        elif len(axes) == 1:
            values[name] = value[..., None]
        else:
            values[name] = value if value.ndim else float(value)
    _sizes_given(formula, given, sizes, sizes_needed)
    if len(set(batches.values()) - {()}) > 1:
        try:
            np.broadcast_shapes(*batches.values())
        except ValueError:
            shown = ", ".join(f"{name} {shape}" for name, shape in batches.items() if shape)
            raise InputError(f"{formula}: the batch axes do not broadcast together: {shown}") from None
    if ratio:
        both = "eta_W" in names and "eta_U" in names
        values["rho"] = values["eta_U"] / values["eta_W"] if both else 1.0
    return ArrayInstance(sizes, values, check=check)


def _is_finite(np: Any, value: Any) -> bool:
    """In one pass: a sum is finite, or it overflows and the entries are looked at one by one."""
    with np.errstate(all="ignore"):
        if value.size <= 4096:  # the faster call; BLAS wakes threads for long vectors
            flat = value.ravel()
            return isfinite(flat.dot(flat)) or bool(np.isfinite(flat).all())
        return isfinite(np.add.reduce(value, axis=None)) or bool(np.isfinite(value).all())


def _check_numbers(formula: str, item: Primitive, name: str, finite: Any, least: float) -> None:
    """Refuse entries that are not finite, and steps that are not positive."""
    if not finite:
        raise InputError(f"{formula}: {name} has a non-finite entry; remove NaN and infinities")
    if item.kind == "step" and not least > 0:
        raise InputError(f"{formula}: {name} = {least:.6g} must be positive: {item.meaning}")


def _check_gram(np: Any, formula: str, name: str, value: Any) -> None:
    """Refuse entries that are not finite and matrices that are not symmetric; look closely only where it is needed."""
    if _looks_symmetric(np, value):
        return
    _check_numbers(formula, PRIMITIVES[name], name, _is_finite(np, value), 1)
    with np.errstate(all="ignore"):  # entries may be as large or as small as numbers go
        asymmetry = np.abs(value - value.mT).max(axis=(-2, -1))
        # Rounding of X^T X moves an entry by at most about n eps times the largest entry; 2**-40 allows n ~ 4000.
        wrong = asymmetry > 2.0**-40 * np.abs(value).max(axis=(-2, -1))
    if wrong.any():
        worst = asymmetry[wrong].max()
        raise InputError(f"{formula}: {name} is not symmetric (asymmetry {worst:.3g}); pass a Gram matrix X.T @ X / n")


def _looks_symmetric(np: Any, value: Any) -> bool:
    """Whether all is finite and symmetric, in one pass where that pays.

    In a large batch a fixed random antisymmetric combination of the entries must vanish up to rounding, in each
    matrix. A matrix that is not finite never passes. One with two entries that differ by `a` times the mean of its
    diagonal passes with probability of at most about 2**-40 / a, over the choice of the weights; if no other two
    differ, only for `a` up to about 2**-40.
    """
    side = value.shape[-1]
    if value.size <= 4096 or side > _WIDEST_WEIGHED:
        return _is_finite(np, value) and not np.count_nonzero(value != value.mT)
    with np.errstate(all="ignore"):
        combined = value.reshape(*value.shape[:-2], side * side) @ _weights(side)
        limit = 2.0**-41 / side * np.einsum("...ii->...", value)
        # What is infinite, or overflows in the sum, would allow any asymmetry.
        return bool((np.abs(combined) < limit).all()) and isfinite(limit.max())


@lru_cache(maxsize=4)
def _weights(side: int) -> Any:
    """Return an antisymmetric matrix, row after row; off its diagonal, entries between 1/2 and 1 in size."""
    import numpy as np

    draws = np.random.default_rng(side)
    upper = np.triu(draws.uniform(0.5, 1, (side, side)) * draws.choice([-1.0, 1.0], (side, side)), 1)
    return (upper - upper.T).ravel()


def _rational(name: str, value: Any) -> Rational:
    if isinstance(value, float):
        raise InputError(
            f"{name} = {value!r} is a float; exact evaluation takes int, Fraction or SymPy Rational "
            f"(for example Fraction({value!r}))"
        )
    if not is_rational(value):
        raise InputError(f"{name} = {value!r:.80} is not a rational number; give int, Fraction or SymPy Rational")
    return Rational(int(value.numerator), int(value.denominator))


def _elements(name: str, entries: Iterable[Any], kinds: set[type]) -> list[Any]:
    """Convert numbers to elements of SymPy's rationals; ints and Fractions without going through SymPy's objects."""
    new: Any = QQ.dtype
    if kinds <= {Fraction, int}:
        return [new(*x.as_integer_ratio()) for x in entries]
    return [QQ.from_sympy(_rational(name, x)) for x in entries]


def _rows(name: str, given: Any) -> tuple[list[Sequence[Any]], int]:
    """Return nested lists and the number of axes."""
    if isinstance(given, MatrixBase):
        return given.tolist(), 2
    value = unmasked(name, given)
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        return [[value]], 0
    if value and all(isinstance(row, list | tuple) for row in value):
        return list(value), 2
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
        rows, ndim = _rows(f"{formula}: {name}", given[name])
        column = len(axes) == 1
        flat = list(chain.from_iterable(rows))
        kinds = set(map(type, flat))
        if any(issubclass(kind, list | tuple) for kind in kinds):
            raise InputError(f"{formula}: {name} is nested too deeply; exact evaluation takes one geometry at a time")
        if len({len(r) for r in rows}) > 1:
            raise InputError(f"{formula}: {name} has rows of different length {[len(r) for r in rows]}")
        shape = (len(rows), len(rows[0])) if rows else (0, 0)
        if column and ndim == 2 and shape[1] == 1:
            ndim = 1
        if ndim != len(axes):
            raise InputError(f"{formula}: {name} has {ndim} axes; expected ({', '.join(axes)}): {item.meaning}")
        _record_sizes(formula, name, axes, shape[: len(axes)], sizes)
        entries = _elements(f"{formula}: {name}", flat, kinds)
        dense = Dense.from_entries(entries, shape)
        if item.kind == "gram" and not dense.is_symmetric:
            raise InputError(f"{formula}: {name} is not symmetric; pass a Gram matrix X.T X / n")
        if item.kind == "step" and entries[0] <= 0:
            raise InputError(f"{formula}: {name} = {entries[0]} must be positive: {item.meaning}")
        if item.kind == "count":
            whole_number(formula, name, Fraction(int(entries[0].numerator), int(entries[0].denominator)), item.least)
        values[item.symbol] = dense
    _sizes_given(formula, given, sizes, sizes_needed)
    if ratio:
        unit = Dense.eye(1, QQ)
        both = "eta_W" in names and "eta_U" in names
        values[rho] = values[eta_U] @ values[eta_W].inverse() if both else unit
    return Instance(QQ, sizes, values)
