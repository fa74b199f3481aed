"""Transcripts of one agent from files: what it was given and what it answered, one exchange a row.

CSV (cells separated by commas, semicolons or tabs, with or without a header): the d weights that it was given, then the
d weights that it answered. JSONL (a name that ends in ``.jsonl`` or ``.ndjson``): one object a line with the lists
``"input"`` and ``"output"``; other entries are ignored, and lines without an answer are left out and counted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from numerics.validation import Array
from proofs_check.errors import InputError
from proofs_check.inputs.prompts import read_columns, read_lines

__all__ = ["TranscriptTable", "read_transcript"]


@dataclass(frozen=True)
class TranscriptTable:
    """The exchanges of one agent.

    Attributes
    ----------
    path : str
    names : tuple of str
        Names of the d weights: from the header, else ``1``, ``2``, …
    inputs, outputs : ndarray of shape (rows, d)
    skipped : int
        Lines without an answer.
    """

    path: str
    names: tuple[str, ...]
    inputs: Array
    outputs: Array
    skipped: int

    @property
    def d(self) -> int:
        """Number of weights."""
        return len(self.names)


def read_transcript(path: str) -> TranscriptTable:
    """Read a transcript.

    Raises
    ------
    InputError
        Missing file, no exchange, an odd number of columns, cells that are missing or not finite numbers, lists of
        different lengths; each with its line.
    """
    if Path(path).suffix.lower() in (".jsonl", ".ndjson"):
        return _read_jsonl(path)
    columns, values, named = read_columns(path)
    d, odd = divmod(len(columns), 2)
    if odd or not d:
        raise InputError(
            f"{path}: has {len(columns)} column{'s' * (len(columns) != 1)}; a transcript has an even number: the "
            f"weights that the agent was given, then as many that it answered"
        )
    names = columns[:d] if named else tuple(str(i + 1) for i in range(d))
    return TranscriptTable(path, names, values[:, :d], values[:, d:], 0)


def _read_jsonl(path: str) -> TranscriptTable:
    pairs, skipped, d = [], 0, 0
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        record = _record(where, line)
        if record.get("input") is None or record.get("output") is None:
            skipped += 1
            continue
        pair = [_numbers(where, key, record[key]) for key in ("input", "output")]
        d = d or len(pair[0])
        for key, part in zip(("input", "output"), pair, strict=True):
            if len(part) != d:
                raise InputError(f"{where}: {key!r} has {len(part)} numbers, but the first input has {d}")
        pairs.append(pair)
    if not pairs:
        raise InputError(f'{path}: holds no exchange; each line needs the lists "input" and "output"')
    both = np.array(pairs, dtype=np.float64)
    return TranscriptTable(path, tuple(str(i + 1) for i in range(d)), both[:, 0], both[:, 1], skipped)


def _record(where: str, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where}: is not JSON ({error})") from None
    if not isinstance(record, dict):
        raise InputError(f'{where}: is not an object with the lists "input" and "output"')
    return record


def _numbers(where: str, key: str, value: Any) -> list[float]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{where}: {key!r} is not a list of numbers")
    for entry in value:
        if isinstance(entry, bool) or not isinstance(entry, int | float):
            raise InputError(f"{where}: {key!r} holds {entry!r}, which is not a number")
    try:
        numbers = [float(entry) for entry in value]
    except OverflowError:
        numbers = [float("inf")]
    if not np.isfinite(numbers).all():
        raise InputError(f"{where}: {key!r} holds a number that is not finite")
    return numbers
