"""Models: for every certified statement rational matrices that satisfy what is given, so that none is empty.

A model is stored with the certificates and replayed: every hypothesis is decided exactly, and the claim with them. A
letter that is zero in it must be zero in every model that was met.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from proofs_check.certificates.expressions import StatedRelation, Unfit, Value, relation
from proofs_check.certificates.stored import MODELS

__all__ = ["Model", "models", "nothing_satisfies", "written"]

#: ``sizes``: the dimension of every space; ``values``: numbers, or rows of matrices, as fractions; ``zero``: letters.
Model = Mapping[str, Any]


@cache
def models() -> dict[str, Model]:
    """Read the stored models, by the names of the statements."""
    return dict(json.loads(MODELS.read_text(encoding="utf-8"))) if MODELS.exists() else {}


def written(found: Mapping[str, Model]) -> str:
    """Write models, one a line."""
    lines = (f" {json.dumps(name, ensure_ascii=False)}: {json.dumps(found[name])}" for name in sorted(found))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def nothing_satisfies(statement: Mapping[str, Any], model: Model | None) -> str | None:
    """Say why a model does not show that a statement speaks of something; None if it does."""
    if model is None:
        return "no model is stored"
    values: dict[str, Value] = {}
    sizes = {"1": 1} | model["sizes"]
    for name, ends in statement.get("letters", {}).items():
        target, source = map(str.strip, ends.split("<-"))
        rows = model["values"].get(name)
        if rows is None:
            return f"{name} has no value"
        shape = (sizes[target], sizes[source])
        matrix = np.array([[Fraction(x) for x in row] for row in rows], dtype=object).reshape(len(rows), -1)
        if matrix.shape != shape:
            return f"{name} has the shape {matrix.shape}, not {shape}"
        if name in statement.get("symmetric", []) and (matrix != matrix.T).any():
            return f"{name} is not symmetric"
        values[name] = matrix
    for name in statement.get("scalars", []):
        values[name] = Fraction(model["values"][name])
    zero = {name for name, value in values.items() if not np.any(value)}
    if zero != set(model.get("zero", [])):
        return f"zero are {', '.join(sorted(zero)) or 'none'}, which the model does not say"
    claim = statement["proof"][-1]["states"]
    for text in (*statement.get("given", {}).values(), *statement.get("positive", {}).values(), claim):
        try:
            if not _holds(relation(text), values):
                return f"{text} does not hold"
        except Unfit as error:
            return f"{text}: {error}"
    return None


def _holds(stated: StatedRelation, values: Mapping[str, Value]) -> bool:
    gap = stated.gap(values)
    if stated.sign == "=":
        return not np.any(gap)
    if not isinstance(gap, np.ndarray):
        return bool(gap > 0 if stated.sign == ">" else gap >= 0)
    return _semidefinite(gap, strictly=stated.sign == ">")


def _semidefinite(gap: Value, *, strictly: bool) -> bool:
    """Whether a symmetric rational matrix has no negative direction, or only positive ones: pivot after pivot."""
    m = gap.copy()
    if (m != m.T).any():
        return False
    while m.size:
        k = next((i for i in range(len(m)) if m[i, i] != 0), None)
        if k is None:
            return not strictly and not np.any(m)
        if m[k, k] < 0:
            return False
        rest = [i for i in range(len(m)) if i != k]
        m = m[np.ix_(rest, rest)] - np.outer(m[rest, k], m[k, rest]) / m[k, k]
    return True
