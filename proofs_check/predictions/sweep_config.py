"""The configuration file of ``proofs-check sweep``: a grid, how it is run, and what is drawn; TOML.

::

    [grid]                                      # label = number, list, or range; labels as in numerics.sweep
    angle = { first = 0, last = 180, count = 37 }
    step = { first = 0.01, last = 2, count = 50, spacing = "log" }
    seed = { first = 0, last = 9 }              # without count: whole numbers
    d = 4

    [run]
    turns = 200                                 # also: tolerance, draws, engine, theory (add the predictions)

    [[plot]]                                    # y: heat map; lines, or neither: curves
    variable = "residual_w"
    x = "step"
    y = "angle"
    at = { seed = 0 }                           # other axes: at a value of theirs,
    over = "mean"                               # the rest by mean, min or max; codes by the most frequent one

Every key is checked; an unknown one is named with the nearest that exists.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np

from numerics.sweeps.grid import PARAMETERS
from numerics.sweeps.variables import BUILT_IN
from proofs_check.errors import InputError
from proofs_check.inputs.text import read_text
from proofs_check.predictions.sweep import PREDICTION

__all__ = ["Plot", "SweepConfig", "read_config"]

_RUN: dict[str, tuple[type, ...]] = {
    "turns": (int,),
    "tolerance": (float,),
    "draws": (str,),
    "engine": (str,),
    "theory": (bool,),
}
_PLOT: dict[str, tuple[type, ...]] = {
    "variable": (str,),
    "x": (str,),
    "y": (str,),
    "lines": (str,),
    "at": (dict,),
    "over": (str,),
    "share": (str,),
    "log": (bool,),
    "limits": (list,),
}
_RANGE = ("first", "last", "count", "spacing")
_LONGEST_RANGE = 10**7


@dataclass(frozen=True)
class Plot:
    """One picture.

    Attributes
    ----------
    variable, x : str
    y : str
        Second axis of a heat map; empty for curves.
    lines : str
        Axis with one curve for each value; empty for one curve.
    at : dict of str to float
        Axes held at one of their values.
    over : {"mean", "min", "max"}
        How the other axes are reduced.
    share : str
        Of codes: draw the share of points with this meaning.
    log : bool
        Logarithmic scale of the variable.
    limits : tuple of two floats, or None
        Of the variable.
    """

    variable: str
    x: str
    y: str = ""
    lines: str = ""
    at: dict[str, float] = field(default_factory=dict)
    over: str = "mean"
    share: str = ""
    log: bool = False
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class SweepConfig:
    """A configuration that was read and checked.

    Attributes
    ----------
    grid : dict
        For :func:`numerics.sweeps.sweep.sweep`.
    options : dict
        Keyword arguments of it.
    theory : bool
        Whether the predictions of the theory are added.
    plots : tuple of Plot
    """

    grid: dict[str, Any]
    options: dict[str, Any]
    theory: bool
    plots: tuple[Plot, ...]


def read_config(path: str) -> SweepConfig:
    """Read and check a configuration.

    Raises
    ------
    InputError
        For a file that cannot be read, and for every key or value that cannot be used.
    """
    try:
        # Editors of Windows write a byte order mark, which TOML does not know.
        data = tomllib.loads(read_text(path, guess=False).content)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not TOML ({error})") from None
    _known(path, "the file", data, ("grid", "run", "plot"))
    grid, run, plots = data.get("grid"), data.get("run", {}), data.get("plot", [])
    if not isinstance(grid, dict) or not grid:
        raise InputError(f"{path}: needs a table [grid] with at least one label")
    if not isinstance(run, dict) or not isinstance(plots, list) or not all(isinstance(p, dict) for p in plots):
        raise InputError(f"{path}: [run] must be one table, and plots must be written as [[plot]]")
    _known(path, "[grid]", grid, PARAMETERS)
    _typed(path, "[run]", run, _RUN)
    theory = run.pop("theory", True)
    values = {label: _axis(path, label, value) for label, value in grid.items()}
    axes = [label for label, value in values.items() if not isinstance(value, int | float)]
    names = {**BUILT_IN, **(PREDICTION.variables if theory else {})}
    return SweepConfig(values, run, theory, tuple(_plot(path, i, p, axes, names) for i, p in enumerate(plots, 1)))


def _known(path: str, where: str, given: Mapping[str, Any], known: Any) -> None:
    for key in given:
        if key not in known:
            near = get_close_matches(key, list(known), n=1, cutoff=0.0)
            raise InputError(f"{path}: {where} has no key {key!r} (nearest: {near[0]!r}; all: {', '.join(known)})")


def _typed(path: str, where: str, given: Mapping[str, Any], types: Mapping[str, tuple[type, ...]]) -> None:
    _known(path, where, given, types)
    for key, value in given.items():
        if not isinstance(value, types[key]) or (isinstance(value, bool) and bool not in types[key]):
            wanted = " or ".join(t.__name__ for t in types[key])
            raise InputError(f"{path}: {where} has {key} = {value!r}; expected {wanted}")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _axis(path: str, label: str, value: Any) -> Any:
    if _number(value):
        return value
    if isinstance(value, list) and value and all(map(_number, value)):
        twice = next((entry for i, entry in enumerate(value) if entry in value[:i]), None)
        if twice is not None:
            raise InputError(f"{path}: [grid] has {label} = {value!r}, with {twice!r} twice; list every value once")
        return value
    if not isinstance(value, dict):
        raise InputError(f"{path}: [grid] has {label} = {value!r}; expected a number, a list of numbers or a range")
    where = f"[grid] {label}"
    _known(path, where, value, _RANGE)
    first, last, spacing = value.get("first"), value.get("last"), value.get("spacing", "linear")
    if first is None or last is None or not (_number(first) and _number(last) and first <= last):
        raise InputError(f"{path}: {where} = {value!r}; a range needs numbers first <= last")
    if spacing not in ("linear", "log") or (spacing == "log" and not first > 0):
        raise InputError(f"{path}: {where} has spacing = {spacing!r}; use 'linear', or 'log' with first > 0")
    count = value.get("count")
    if count is None:
        if not (isinstance(first, int) and isinstance(last, int)) or spacing == "log":
            raise InputError(f"{path}: {where} = {value!r}; a range without count runs through whole numbers")
        count = last - first + 1
        values = np.arange(first, last + 1) if count <= _LONGEST_RANGE else np.empty(0)
    elif not isinstance(count, int) or isinstance(count, bool) or count < 1 or (count == 1) != (first == last):
        raise InputError(f"{path}: {where} has count = {count!r}; expected a whole number >= 2, or 1 with first = last")
    else:
        make = np.linspace if spacing == "linear" else np.geomspace
        values = make(first, last, count) if count <= _LONGEST_RANGE else np.empty(0)
    if count > _LONGEST_RANGE:
        raise InputError(f"{path}: {where} has {count} values, more than {_LONGEST_RANGE}; use several axes")
    return values


def _plot(path: str, number: int, given: dict[str, Any], axes: list[str], names: Mapping[str, Any]) -> Plot:
    where = f"[[plot]] {number}"
    _typed(path, where, given, _PLOT)
    for key in ("variable", "x"):
        if key not in given:
            raise InputError(f"{path}: {where} needs the key {key!r}")
    _known(path, f"{where}, variable", {given["variable"]: 0}, names)
    used = [given[key] for key in ("x", "y", "lines") if key in given] + list(given.get("at", {}))
    _known(path, f"{where}, axes", dict.fromkeys(used), axes)
    if len(set(used)) < len(used) or ("y" in given and "lines" in given):
        raise InputError(f"{path}: {where} uses an axis twice, or has both y and lines; give every axis one part")
    if given.get("over", "mean") not in ("mean", "min", "max"):
        raise InputError(f"{path}: {where} has over = {given['over']!r}; use 'mean', 'min' or 'max'")
    flags = names[given["variable"]].flags
    if "share" in given:
        _known(path, f"{where}, share", {given["share"]: 0}, flags or ("a variable of codes",))
    elif flags and "y" not in given:
        raise InputError(f"{path}: {where} draws codes as curves; give share, one of {', '.join(flags)}")
    limits = given.get("limits")
    if limits is not None and not (len(limits) == 2 and all(map(_number, limits)) and limits[0] < limits[1]):
        raise InputError(f"{path}: {where} has limits = {limits!r}; expected two numbers [low, high], low < high")
    if not all(map(_number, given.get("at", {}).values())):
        raise InputError(f"{path}: {where} has at = {given['at']!r}; expected a number for each axis")
    return Plot(**(given | ({} if limits is None else {"limits": (float(limits[0]), float(limits[1]))})))
