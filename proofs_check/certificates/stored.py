"""The certificates as files: where they lie, how they are read and written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from proofs_check.certificates.checker import load

__all__ = ["CERTIFICATES", "MODELS", "RECORD", "certificate", "put", "stored", "write"]

CERTIFICATES = Path(__file__).parent
#: What Rocq's kernel has checked.
RECORD = CERTIFICATES / "kernel.json"
#: Matrices that satisfy what each statement starts from.
MODELS = CERTIFICATES / "models.json"


def stored() -> tuple[str, ...]:
    """Theorems that have a certificate, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in CERTIFICATES.glob("*.json") if path not in (RECORD, MODELS)))


@cache
def certificate(theorem: str) -> dict[str, Any]:
    """Read the stored certificate of a theorem."""
    return load(CERTIFICATES / f"{theorem}.json")


def write(theorem: str, statements: Sequence[Mapping[str, Any]], folder: Path = CERTIFICATES) -> Path:
    """Write the certificate of a theorem to a folder, by default where they are read from."""
    path = folder / f"{theorem}.json"
    put(path, _readable({"theorem": theorem, "statements": statements}))
    return path


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all: an interrupt leaves what was there."""
    draft = path.with_name(path.name + ".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _readable(data: dict[str, Any]) -> str:
    """JSON with one term, letter or hypothesis a line."""
    return "".join(_lines(data, 0)) + "\n"


def _lines(value: Any, depth: int) -> Iterator[str]:
    short = json.dumps(value, ensure_ascii=False)
    if (
        not value
        or not isinstance(value, list | dict)
        or (isinstance(value, list) and any(isinstance(x, str) for x in value))
    ):
        yield short
        return
    open_, close = "{}" if isinstance(value, dict) else "[]"
    yield open_
    items = value.items() if isinstance(value, dict) else ((None, x) for x in value)
    for i, (key, item) in enumerate(items):
        yield ("," if i else "") + "\n" + " " * (depth + 1) + (f"{json.dumps(key)}: " if key is not None else "")
        yield from _lines(item, depth + 1)
    yield "\n" + " " * depth + close
