"""Exact positivity of symmetric rational matrices: where a quadratic form is negative, and factors ``X' X``."""

from __future__ import annotations

import random
from fractions import Fraction
from math import isqrt

import numpy as np

from proofs_check.expressions import Value, eye

__all__ = ["direction", "gram_factor"]


def direction(m: Value, *, strictly: bool = False) -> Value | None:
    """Return a column x with ``x' m x < 0``; with `strictly` one with ``x' m x <= 0``, not zero. None if there is none.

    Parameters
    ----------
    m : (k, k) array of Fractions
        Symmetric.
    strictly : bool
        Whether a direction without sign counts.
    """
    size = m.shape[0]
    basis = eye(size)  # its columns stay independent, and m-orthogonal to the pivots taken
    for i in range(size):
        form = basis.T @ m @ basis
        for j in range(i, size):
            if form[j, j] < 0 or (strictly and form[j, j] == 0):
                return basis[:, [j]]
        for j in range(i, size):
            for k in range(j + 1, size):
                if form[j, j] == 0 and form[j, k] != 0:
                    # (x_k + c x_j) has the value form_kk + 2 c form_jk, as negative as one likes.
                    return basis[:, [k]] - (form[k, k] + 1) / (2 * form[j, k]) * basis[:, [j]]
        pivot = next((j for j in range(i, size) if form[j, j] > 0), None)
        if pivot is None:
            return None
        basis[:, [i, pivot]] = basis[:, [pivot, i]]
        form = basis.T @ m @ basis
        for j in range(i + 1, size):
            basis[:, j] = basis[:, j] - form[i, j] / form[i, i] * basis[:, i]
    return None


def gram_factor(m: Value, rows: int, rng: random.Random) -> Value | None:
    """Return a rational X with `rows` rows and ``X' X = m``; None if none is found.

    Only factors whose pivots are squares of rational numbers are looked for (and the row of ones, for counts).
    """
    size = m.shape[0]
    if size == 1 and m[0, 0] == rows:
        return np.full((rows, 1), Fraction(1), dtype=object)
    rest, found = m.copy(), []
    for _ in range(size):
        pivot = next((j for j in range(size) if rest[j, j] != 0), None)
        if pivot is None:
            break
        root = _root(rest[pivot, pivot])
        if root is None:
            return None
        row = rest[[pivot], :] / root
        found.append(row)
        rest = rest - row.T @ row
    if (rest != 0).any() or len(found) > rows:
        return None
    found += [np.full((1, size), Fraction(0), dtype=object)] * (rows - len(found))
    rng.shuffle(found)
    return np.concatenate([rng.choice((1, -1)) * row for row in found], axis=0)


def _root(x: Fraction) -> Fraction | None:
    """Return the rational square root of a number that has one."""
    if x < 0:
        return None
    root = Fraction(isqrt(x.numerator), isqrt(x.denominator))
    return root if root * root == x else None
