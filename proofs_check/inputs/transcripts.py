"""Transcripts of one agent from files: what it was given and what it answered, one exchange a row.

A table, read as `proofs_check.inputs.tables` says: the d weights that it was given, then the d that it answered.
JSONL (a name that ends in ``.jsonl``, ``.ndjson`` or ``.json``, ``.gz`` after it): one object a line with the lists
``"input"`` and ``"output"``, whose numbers are those of tables; lines end at line feeds only, other entries are
ignored, and lines without an answer are left out and counted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from numerics.validation import Array
from proofs_check.errors import InputError
from proofs_check.inputs.decimals import decimal_of
from proofs_check.inputs.prompts import PromptTable, aligned
from proofs_check.inputs.tables import PLAIN, Reading, listed, read_table
from proofs_check.inputs.text import read_lines, suffix_of
from proofs_check.terminal.words import counted

__all__ = ["TranscriptTable", "check_order", "matched", "read_transcript"]

#: Characters of a number that a message shows.
_LONGEST = 40


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
    named : bool
        Whether the file has a header.
    described : str
        What was read, in one line to be printed.
    """

    path: str
    names: tuple[str, ...]
    inputs: Array
    outputs: Array
    skipped: int
    named: bool
    described: str

    @property
    def d(self) -> int:
        """Number of weights."""
        return len(self.names)


def read_transcript(path: str, reading: Reading = PLAIN) -> TranscriptTable:
    """Read a transcript.

    Raises
    ------
    InputError
        Missing file, no exchange, an odd number of columns, cells that are missing or not finite numbers, lists of
        different lengths; each with its line. What may be read in two ways.
    """
    if suffix_of(path) in (".jsonl", ".ndjson", ".json"):
        return _read_jsonl(path)
    table = read_table(path, reading)
    d, odd = divmod(len(table.names), 2)
    if odd and table.cells.doubtful:
        raise InputError(table.cells.doubtful)
    if odd or not d:
        raise InputError(
            f"{path}: has {counted(len(table.names), 'column')}; a transcript has an even number: "
            f"the weights that the agent was given, then as many that it answered"
        )
    given, answered = table.names[:d], table.names[d:]
    if table.named and _permuted(given, answered):
        raise InputError(
            f"{path}: the weights that were given ({listed(given)}) and answered ({listed(answered)}) have different "
            f"orders; give both the same"
        )
    values = table.values()
    said = table.described(f"given {listed(given)}; answered {listed(answered)}", table.names)
    return TranscriptTable(path, given, values[:, :d], values[:, d:], 0, table.named, said)


def matched(prompt: PromptTable, transcript: TranscriptTable) -> PromptTable:
    """Return a prompt with its features in the order of a transcript's weights.

    They are matched by name where both files have names, with or without what all weights have in common (``u_a``,
    ``u_b``); if no name is common, by position.

    Raises
    ------
    InputError
        Another number of features, or names only some of which are the same.
    """
    d, weights = len(prompt.features), transcript.names
    if transcript.d != d:
        raise InputError(f"{prompt.path}: has {d} features, but {transcript.path} has {transcript.d} weights")
    if not (prompt.named and transcript.named):
        return prompt
    core = _core(weights)
    names = core if set(core) == set(prompt.features) else weights
    if not set(names) & set(prompt.features):
        note = f"Its features are the weights {listed(weights)} of {Path(transcript.path).name}, by position."
        return replace(prompt, described=f"{prompt.described} {note}")
    return aligned(replace(prompt, path=transcript.path, features=names), prompt)


def check_order(first: TranscriptTable, other: TranscriptTable) -> None:
    """Refuse two transcripts whose headers have the same weights in different orders."""
    if first.named and other.named and _permuted(first.names, other.names):
        raise InputError(
            f"the weights of {first.path} ({listed(first.names)}) and {other.path} ({listed(other.names)}) have "
            f"different orders; give both the same"
        )


def _permuted(names: Sequence[str], others: Sequence[str]) -> bool:
    first, second = _core(names), _core(others)
    return first != second and sorted(first) == sorted(second)


def _core(names: Sequence[str]) -> tuple[str, ...]:
    """Return names without the start and the end that all have in common."""
    start = _common(names)
    end = _common([name[start:][::-1] for name in names])
    return tuple(name[start : len(name) - end] for name in names)


def _common(names: Sequence[str]) -> int:
    """Return how many characters all names start with."""
    letters = enumerate(zip(*names, strict=False))
    return next((i for i, here in letters if len(set(here)) > 1), min(map(len, names)))


def _read_jsonl(path: str) -> TranscriptTable:
    pairs, skipped, d = [], 0, 0
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        record = _record(where, line)
        for key in record.keys() - {"input", "output"}:
            if key.strip().lower() in ("input", "output"):
                raise InputError(f'{where}: has the key {key!r}; the keys are "input" and "output", in small letters')
        if record.get("output") is None:
            skipped += 1
            continue
        if record.get("input") is None:
            raise InputError(f'{where}: has an "output" without an "input"; add it, or leave the line out')
        pair = [_numbers(where, key, record[key]) for key in ("input", "output")]
        d = d or len(pair[0])
        for key, part in zip(("input", "output"), pair, strict=True):
            if len(part) != d:
                raise InputError(f"{where}: {key!r} has {len(part)} numbers, but the first input has {d}")
        pairs.append(pair)
    if not pairs:
        raise InputError(f'{path}: holds no exchange; each line needs the lists "input" and "output"')
    both = np.array(pairs, dtype=np.float64)
    rows, weights = counted(len(pairs), "row"), counted(d, "weight")
    said = f"Read {Path(path).name}: JSONL, {rows}; {weights} given, as many answered."
    if skipped:
        said += f" Left out: {counted(skipped, 'line')} without an answer."
    names = tuple(str(i + 1) for i in range(d))
    return TranscriptTable(path, names, both[:, 0], both[:, 1], skipped, False, said)


class _Written(str):
    """A number as the file writes it."""

    __repr__ = str.__str__


def _record(where: str, line: str) -> dict[str, Any]:
    expected = 'one object a line is expected, with the lists "input" and "output" (JSONL)'
    try:
        record = json.loads(line, object_pairs_hook=_once, parse_float=_Written, parse_int=_Written)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: is not JSON ({error}); {expected}") from None
    if not isinstance(record, dict):
        raise InputError(f"{where}: is not an object; {expected}")
    return record


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    for key in ("input", "output"):
        if sum(name == key for name, _ in pairs) > 1:
            raise ValueError(f"{key!r} occurs twice")
    return record


def _numbers(where: str, key: str, value: Any) -> list[float]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{where}: {key!r} is not a list of numbers")
    return [_number(where, key, entry) for entry in value]


def _number(where: str, key: str, entry: Any) -> float:
    if isinstance(entry, float):  # NaN and Infinity alone are still floats
        raise InputError(f"{where}: {key!r} holds a number that is not finite")
    if not isinstance(entry, _Written):
        raise InputError(f"{where}: {key!r} holds {entry!r}, which is not a number")
    try:
        return float(decimal_of(entry))
    except ValueError as error:
        start = entry if len(entry) <= _LONGEST else f"{entry[:_LONGEST]}…"
        raise InputError(f"{where}: {key!r} holds {start}, which {error}") from None
