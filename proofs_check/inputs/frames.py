"""Prompts from Python: a pandas DataFrame, arrays, or a `numerics.Prompt`, as the tables that files give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics import NumericsError, Prompt
from proofs_check.errors import InputError
from proofs_check.inputs.prompts import PromptTable, chosen_columns, read_prompt
from proofs_check.terminal.words import counted

__all__ = ["table_of"]


def table_of(name: str, given: Any, label: str | None = None, features: Sequence[str] | None = None) -> PromptTable:
    """Return the table of a prompt.

    Parameters
    ----------
    name : str
        What messages call it.
    given : DataFrame, pair (X, y), Prompt or str
        One example a row. Of a DataFrame, one column is the label and the index is not read; a str names a file.
        A float stands for the shortest decimal that it is the nearest double of.
    label, features : str, sequence of str, optional
        Columns, as for `read_prompt`; for a DataFrame or a file only.

    Raises
    ------
    InputError
        Anything else; columns that are unknown or repeated; what `Prompt` refuses.
    """
    if isinstance(given, str):
        return read_prompt(given, label, features)
    if not hasattr(given, "columns") and (label is not None or features is not None):
        raise InputError(f"{name}: label and features name columns; a {type(given).__name__} has none")
    if isinstance(given, Prompt):
        return _unnamed(name, given)
    if hasattr(given, "columns") and hasattr(given, "loc"):
        return _of_frame(name, given, label, features)
    if isinstance(given, tuple | list) and len(given) == 2:
        return _unnamed(name, _prompt(name, *given))
    raise InputError(
        f"{name} is a {type(given).__name__}; give a DataFrame, a pair (X, y) of arrays, a Prompt or a file name"
    )


def _of_frame(name: str, frame: Any, label: str | None, features: Sequence[str] | None) -> PromptTable:
    columns = [str(column) for column in frame.columns]
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise InputError(f"{name}: column {repeated[0]!r} occurs more than once; give every column its own name")
    if len(columns) < 2:
        found = counted(len(columns), "column")
        raise InputError(f"{name}: has {found}; a prompt needs at least one feature and the label")
    wanted = None if features is None else list(map(str, features))
    chosen, target = chosen_columns(name, columns, None if label is None else str(label), wanted, "features")
    at = [columns.index(column) for column in chosen]
    prompt = _prompt(name, frame.iloc[:, at], frame.iloc[:, columns.index(target)])
    return _table(name, prompt, tuple(chosen), target, named=True)


def _prompt(name: str, X: Any, y: Any) -> Prompt:
    try:
        return Prompt(X, y)
    except NumericsError as error:
        raise InputError(f"{name}: {error}") from None


def _unnamed(name: str, prompt: Prompt) -> PromptTable:
    return _table(name, prompt, tuple(f"x{i + 1}" for i in range(prompt.d)), "y", named=False)


def _table(name: str, prompt: Prompt, features: tuple[str, ...], label: str, *, named: bool) -> PromptTable:
    if prompt.batch_shape:
        raise InputError(f"{name}: a batch of shape {prompt.batch_shape}; give one prompt")
    both = np.column_stack([prompt.X, prompt.y]).tolist()
    # A Fraction is written as one, a float as the decimal that reads back as it.
    cells = tuple(tuple(str(x) if prompt.exact else repr(x) for x in row) for row in both)
    X, y = (np.asarray(part, dtype=np.float64) for part in (prompt.X, prompt.y))
    said = f"{name}: {counted(len(cells), 'example')}; features {', '.join(features)}; label {label}."
    return PromptTable(name, features, label, X, y, named, cells, said)
