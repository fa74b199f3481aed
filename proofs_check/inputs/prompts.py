"""Prompts from CSV files: one example a row, one column the label, the others the features.

Cells are separated by commas, semicolons or tabs. A first row without any number is a header; without one, columns
are called ``1``, ``2``, …. Empty lines and lines that start with ``#`` are skipped.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from proofs_check.errors import InputError

__all__ = [
    "PromptTable",
    "aligned",
    "read_columns",
    "read_lines",
    "read_pair",
    "read_prompt",
    "standard_scores",
    "standardized",
]

_MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}


@dataclass(frozen=True)
class PromptTable:
    """The examples of one prompt, with the names of their columns.

    Attributes
    ----------
    path : str
    features : tuple of str
        Names of the d feature columns.
    label : str
        Name of the label column.
    X : ndarray of shape (n, d)
    y : ndarray of shape (n,)
    named : bool
        Whether the file has a header.
    decimals : tuple of tuple of str, optional
        The cells of X and y as the file writes them, row by row; None where the values were computed.
    """

    path: str
    features: tuple[str, ...]
    label: str
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    named: bool
    decimals: tuple[tuple[str, ...], ...] | None = None

    @cached_property
    def rationals(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """X and y as arrays of `fractions.Fraction`: the decimals as written, or the very floats if computed."""
        both = np.column_stack([self.X, self.y]).tolist() if self.decimals is None else self.decimals
        exact = np.empty((len(self.y), len(self.features) + 1), dtype=object)
        exact[:] = [[Fraction(cell) for cell in row] for row in both]
        return exact[:, :-1], exact[:, -1]


def read_prompt(path: str, label: str | None = None, features: Sequence[str] | None = None) -> PromptTable:
    """Read a prompt.

    Parameters
    ----------
    path : str
        File name.
    label : str, optional
        Label column; the last one by default.
    features : sequence of str, optional
        Feature columns, in this order; all but the label by default.

    Raises
    ------
    InputError
        Missing file, no rows, one column only, missing or non-numeric or infinite cells (with row and column),
        rows of different length, unknown or repeated columns.
    """
    names, named, body = _table(path)
    if len(names) < 2:
        raise InputError(f"{path}: has one column; a prompt needs at least one feature and the label")
    target = names[-1] if label is None else label
    chosen = [name for name in names if name != target] if features is None else list(features)
    for name in [target, *chosen]:
        if name not in names:
            raise InputError(f"{path}: has no column {name!r}; its columns are {', '.join(names)}")
    if not chosen:
        raise InputError(f"{path}: no feature column is left; name at least one")
    if target in chosen:
        raise InputError(f"{path}: column {target!r} cannot be both feature and label")
    wanted = [*chosen, target]
    values = _values(path, names, body, wanted)
    decimals = tuple(tuple(row[names.index(name)] for name in wanted) for _, row in body)
    return PromptTable(path, tuple(chosen), target, values[:, :-1], values[:, -1], named, decimals)


def read_columns(path: str) -> tuple[tuple[str, ...], NDArray[np.float64], bool]:
    """Read a table of numbers: the names of all columns, the values (rows, columns), and whether it has a header.

    Raises
    ------
    InputError
        As for `read_prompt`, but for what concerns labels.
    """
    names, named, body = _table(path)
    return tuple(names), _values(path, names, body, names), named


def _table(path: str) -> tuple[list[str], bool, list[tuple[int, list[str]]]]:
    """Return the names of the columns, whether a header gave them, and the rows below it with their line numbers."""
    numbered = _rows(path)
    first = numbered[0][1]
    named = not any(_is_number(cell) for cell in first) and any(cell.lower() not in _MISSING for cell in first)
    names = list(first) if named else [str(i + 1) for i in range(len(first))]
    body = numbered[1:] if named else numbered
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"{path}: column {repeated[0]!r} occurs more than once; give every column its own name")
    if not body:
        raise InputError(f"{path}: has a header but no rows; a prompt needs at least one example")
    return names, named, body


def _values(path: str, names: list[str], body: list[tuple[int, list[str]]], wanted: list[str]) -> NDArray[np.float64]:
    columns = {name: i for i, name in enumerate(names)}
    return np.array([[_cell(path, line, row, name, columns, names) for name in wanted] for line, row in body])


def read_lines(path: str) -> list[str]:
    """Return the lines of a text file; `InputError` if there is none, or if it is no text."""
    try:
        return Path(path).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error})") from None


def _rows(path: str) -> list[tuple[int, list[str]]]:
    lines = [(i, line) for i, line in enumerate(read_lines(path), 1) if line.strip() and not line.startswith("#")]
    if not lines:
        raise InputError(f"{path}: is empty; a prompt needs at least one example")
    delimiter = max(",;\t", key=lines[0][1].count)
    parsed = csv.reader((line for _, line in lines), delimiter=delimiter)
    return [(i, [cell.strip() for cell in row]) for (i, _), row in zip(lines, parsed, strict=True)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.lower() not in _MISSING


def _cell(path: str, line: int, row: list[str], name: str, columns: dict[str, int], names: list[str]) -> float:
    if len(row) > len(names):
        raise InputError(f"{path}, line {line}: has {len(row)} cells, but the first row has {len(names)}")
    cell = row[columns[name]] if columns[name] < len(row) else ""
    if cell.lower() in _MISSING:
        raise InputError(f"{path}, line {line}, column {name!r}: the value is missing; fill it in or drop the row")
    if not _is_number(cell):
        raise InputError(f"{path}, line {line}, column {name!r}: {cell!r} is not a number")
    value = float(cell)
    if not math.isfinite(value):
        raise InputError(f"{path}, line {line}, column {name!r}: {cell!r} is not finite")
    return value


def aligned(w: PromptTable, u: PromptTable) -> PromptTable:
    """Return `u` with its features in the order of `w`.

    Raises
    ------
    InputError
        If the two prompts do not have the same features.
    """
    if len(w.features) != len(u.features) or (w.named and u.named and set(w.features) != set(u.features)):
        raise InputError(
            f"the two prompts have different features: {w.path} has {', '.join(w.features)}; "
            f"{u.path} has {', '.join(u.features)}; choose common ones with --features"
        )
    if not (w.named and u.named):
        return u
    order = [u.features.index(name) for name in w.features]
    decimals = u.decimals and tuple(tuple(row[i] for i in [*order, -1]) for row in u.decimals)
    return PromptTable(u.path, w.features, u.label, u.X[:, order], u.y, u.named, decimals)


def read_pair(
    w: str, u: str, labels: Sequence[str] | None, features: Sequence[str] | None, *, standardize: bool
) -> tuple[PromptTable, PromptTable]:
    """Read the prompts of W and U with the same features, as options of the command line name them.

    Parameters
    ----------
    w, u : str
        File names.
    labels : sequence of one or two str, optional
        Label column of both, or of W and of U; the last ones by default.
    features : sequence of str, optional
        Feature columns, in this order.
    standardize : bool
        Shift and scale every column of each file.

    Raises
    ------
    InputError
        As for `read_prompt`, `aligned` and `standardized`; more than two labels.
    """
    names: Sequence[str | None] = labels or [None]
    if len(names) > 2:
        raise InputError("--label takes one column, or one for W and one for U")
    main = read_prompt(w, names[0], features)
    other = aligned(main, read_prompt(u, names[-1], features))
    return (standardized(main), standardized(other)) if standardize else (main, other)


def standardized(table: PromptTable) -> PromptTable:
    """Shift and scale every column, the label included, to mean 0 and variance 1 over this prompt.

    Raises
    ------
    InputError
        If a column is constant.
    """
    names = (*table.features, table.label)
    values = standard_scores(table.path, names, np.column_stack([table.X, table.y]))
    return PromptTable(table.path, table.features, table.label, values[:, :-1], values[:, -1], table.named)


def standard_scores(path: str, names: Sequence[str], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shift and scale the columns (rows, columns) to mean 0 and variance 1; `InputError` if one is constant."""
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    size = np.abs(values).max(axis=0)
    for name, deviation, scale in zip(names, spread, size, strict=True):
        # A constant column keeps rounding errors of the order of n u times its size.
        if deviation <= 4 * len(values) * 2.0**-53 * scale:
            raise InputError(f"{path}: column {name!r} is constant and cannot be standardized; leave it out")
    return np.asarray(centred / spread)
