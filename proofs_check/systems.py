"""Exact linear systems for the entries of several unknown matrices at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from numerics.exact import nullspace, rref
from proofs_check.expressions import Relation, Value, on

__all__ = ["solve_affine"]


def solve_affine(
    shapes: Mapping[str, tuple[int, int] | None],
    facts: Sequence[Relation],
    values: Mapping[str, Value],
    free: Callable[[], Fraction],
) -> dict[str, Value] | None:
    """Solve equations that are affine in the unknown letters.

    Parameters
    ----------
    shapes : mapping
        Rows and columns of every unknown letter; None for a number.
    facts : sequence of Relation
        Equations in known and unknown letters, at most one unknown in a product.
    values : mapping
        The known letters.
    free : callable
        Gives the value of an entry that the equations leave free.

    Returns
    -------
    dict or None
        None if the equations have no solution.
    """
    count = {x: 1 if shape is None else shape[0] * shape[1] for x, shape in shapes.items()}
    total = sum(count.values())

    def assembled(entries: Sequence[Fraction]) -> dict[str, Value]:
        out: dict[str, Value] = {}
        start = 0
        for x, shape in shapes.items():
            part = list(entries[start : start + count[x]])
            out[x] = part[0] if shape is None else np.array(part, dtype=object).reshape(shape)
            start += count[x]
        return out

    def residual(entries: Sequence[Fraction]) -> list[Value]:
        known = dict(values) | assembled(entries)
        return [fact.gap(known) for fact in facts]

    zero = [Fraction(0)] * total
    columns = [residual(zero)]
    columns += [residual([*zero[:i], Fraction(1), *zero[i + 1 :]]) for i in range(total)]
    # A residual may be a plain number where its letters vanish.
    flat = []
    for parts in zip(*columns, strict=True):
        shape = next((part.shape for part in parts if isinstance(part, np.ndarray)), None)
        flat.append([[p] if shape is None else (on(p, shape) if isinstance(p, Fraction) else p).ravel() for p in parts])
    rows = np.array([[x for part in column for x in part] for column in zip(*flat, strict=True)], dtype=object)
    constant = rows[0]
    matrix = np.array([row - constant for row in rows[1:]], dtype=object).T
    reduced, pivots = rref(np.concatenate([matrix, -constant[:, None]], axis=1))
    if total in pivots:
        return None
    solution = np.full(total, Fraction(0), dtype=object)
    for i, j in enumerate(pivots):
        solution[j] = reduced[i, total]
    for column in nullspace(matrix).T:
        solution = solution + free() * column
    return assembled(list(solution))
