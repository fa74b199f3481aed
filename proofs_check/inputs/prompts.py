"""Prompts from files: one example a row, one column the label, the others the features.

How a file becomes a table is said in `proofs_check.inputs.tables`. Two prompts are matched by the names of their
features where both files have names, else by position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from numerics.validation import Frozen
from proofs_check.errors import InputError
from proofs_check.inputs.tables import PLAIN, Reading, listed, read_table, shown
from proofs_check.terminal.words import counted

__all__ = [
    "PromptTable",
    "aligned",
    "chosen_columns",
    "read_inputs",
    "read_pair",
    "read_prompt",
    "standard_scores",
    "standardized",
]


@dataclass(frozen=True)
class PromptTable(Frozen):
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
    described : str
        What was read, in one line to be printed.
    """

    path: str
    features: tuple[str, ...]
    label: str
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    named: bool
    decimals: tuple[tuple[str, ...], ...] | None = None
    described: str = ""

    @cached_property
    def rationals(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """X and y as arrays of `fractions.Fraction`: the decimals as written, or the very floats if computed."""
        both = np.column_stack([self.X, self.y]).tolist() if self.decimals is None else self.decimals
        exact = np.empty((len(self.y), len(self.features) + 1), dtype=object)
        exact[:] = [[Fraction(cell) for cell in row] for row in both]
        return exact[:, :-1], exact[:, -1]


def read_prompt(
    path: str, label: str | None = None, features: Sequence[str] | None = None, reading: Reading = PLAIN
) -> PromptTable:
    """Read a prompt.

    Parameters
    ----------
    path : str
        File name.
    label : str, optional
        Label column; the last one by default.
    features : sequence of str, optional
        Feature columns, in this order; all but the label by default.
    reading : Reading
        How the file is read.

    Raises
    ------
    InputError
        Missing file, no rows, one column only, missing or non-numeric or infinite cells (with line and column),
        rows of different length, unknown or repeated columns, what may be read in two ways.
    """
    table = read_table(path, reading)
    names = table.names
    if len(names) < 2:
        raise InputError(f"{path}: has one column; a prompt needs at least one feature and the label")
    chosen, target = chosen_columns(path, names, label, features)
    # Without the first of two columns no feature is left.
    if features is None and table.cells.doubtful and len(names) > 2:
        raise InputError(f"{table.cells.doubtful}, or name the features with --features")
    wanted = [*chosen, target]
    decimals = table.decimals(wanted)
    values = np.array([[float(cell) for cell in row] for row in decimals])
    said = table.described(f"features {listed(chosen)}; label {shown(target)}", wanted)
    return PromptTable(path, tuple(chosen), target, values[:, :-1], values[:, -1], table.named, decimals, said)


def chosen_columns(
    where: str, names: Sequence[str], label: str | None, features: Sequence[str] | None, option: str = "--features"
) -> tuple[list[str], str]:
    """Return the features and the label among the columns of a table, as somebody names them, or by default.

    Raises
    ------
    InputError
        Unknown or repeated columns; one that is both. `where` and `option` are what it names.
    """
    target = names[-1] if label is None else label
    chosen = [name for name in names if name != target] if features is None else list(features)
    for name in [target, *chosen]:
        if name not in names:
            raise InputError(f"{where}: has no column {name!r}; its columns are {listed(names)}")
        if chosen.count(name) > 1:
            raise InputError(f"{option}: names {name!r} more than once; a feature counts once")
    if not chosen:
        raise InputError(f"{where}: no feature column is left; name at least one")
    if target in chosen:
        raise InputError(f"{where}: column {target!r} cannot be both feature and label")
    return chosen, target


def read_inputs(path: str, table: PromptTable, reading: Reading = PLAIN) -> tuple[NDArray[np.float64], str]:
    """Read examples without labels for the features of another prompt, and say what was read.

    Columns are found by name where both files have names, else the first d are taken; one more may follow.

    Raises
    ------
    InputError
        As for `read_prompt`; a feature is missing, or the number of columns does not fit.
    """
    found, d = read_table(path, reading), len(table.features)
    if found.named and table.named:
        missing = [name for name in table.features if name not in found.names]
        if missing:
            raise InputError(f"{path}: has no column {missing[0]!r}, which is a feature of {table.path}")
        used: Sequence[str] = table.features
        how = "by name"
    else:
        if found.cells.doubtful:
            raise InputError(found.cells.doubtful)
        if len(found.names) not in (d, d + 1):
            raise InputError(
                f"{path}: has {counted(len(found.names), 'column')}; the victim has {counted(d, 'feature')} "
                "(a label may follow)"
            )
        used, how = (
            found.names[:d],
            "by position, since only one file has a header" if found.named != table.named else "by position",
        )
    return found.values(used), found.described(f"features {listed(used)}, {how}", used)


def aligned(w: PromptTable, u: PromptTable) -> PromptTable:
    """Return `u` with its features in the order of `w`.

    Raises
    ------
    InputError
        If the two prompts do not have the same features.
    """
    if len(w.features) != len(u.features) or (w.named and u.named and set(w.features) != set(u.features)):
        raise InputError(
            f"the two prompts have different features: {w.path} has {listed(w.features)}; "
            f"{u.path} has {listed(u.features)}; choose common ones with --features"
        )
    if w.named != u.named:
        return replace(u, described=f"{u.described} Features are matched by position: only one file has a header.")
    if not w.named or w.features == u.features:
        return u
    order = [u.features.index(name) for name in w.features]
    decimals = u.decimals and tuple(tuple(row[i] for i in [*order, -1]) for row in u.decimals)
    said = f"{u.described} Features are matched by name."
    return replace(u, features=w.features, X=u.X[:, order], decimals=decimals, described=said)


def read_pair(
    w: str,
    u: str,
    labels: Sequence[str] | None,
    features: Sequence[str] | None,
    *,
    standardize: bool,
    reading: Reading = PLAIN,
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
    reading : Reading
        How the files are read.

    Raises
    ------
    InputError
        As for `read_prompt`, `aligned` and `standardized`; more than two labels.
    """
    names: Sequence[str | None] = labels or [None]
    if len(names) > 2:
        raise InputError("--label takes one column, or one for W and one for U")
    main = read_prompt(w, names[0], features, reading)
    other = aligned(main, read_prompt(u, names[-1], features, reading))
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
    return replace(table, X=values[:, :-1], y=values[:, -1], decimals=None)


def standard_scores(path: str, names: Sequence[str], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shift and scale the columns (rows, columns) to mean 0 and variance 1; `InputError` if one is constant."""
    # By powers of two, which round nothing: squares of large or small units leave the range of doubles.
    values = np.ldexp(values, -np.frexp(np.abs(values).max(axis=0))[1])
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    size = np.abs(values).max(axis=0)
    for name, deviation, scale in zip(names, spread, size, strict=True):
        # A constant column keeps rounding errors of the order of n u times its size.
        if deviation <= 4 * len(values) * 2.0**-53 * scale:
            raise InputError(
                f"{path}: column {name!r} is constant in double precision and cannot be standardized; leave it out"
            )
    return np.asarray(centred / spread)
