"""Small helpers that the evidence of all sections shares."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.validation import Array
from proofs_check.evidence.comparison import Close, exact_array
from proofs_check.instruments.bounds import Known, gamma, norm
from proofs_check.instruments.formula_bounds import formula_bound
from proofs_check.instruments.geometries import rationals

__all__ = [
    "against",
    "exact_eye",
    "exactly",
    "in_rationals",
    "ints",
    "orthogonal",
    "rounded",
    "rounded_once",
    "square",
    "zeros",
]


def orthogonal(rng: np.random.Generator, d: int) -> Array:
    """Draw a rational orthogonal matrix: a Householder reflection."""
    normal = rationals(rng, d)
    size = square(normal)
    return exact_eye(d) if size == 0 else exact_eye(d) - normal[:, None] * normal[None, :] * 2 / size


def exactly(formula: Any, inputs: Mapping[str, Any]) -> Any:
    """Evaluate a formula in rationals; vectors come as arrays of shape (d,), scalars as Fractions."""
    value = exact_array(formula.exact(**inputs))
    if value.ndim == 0:
        return value[()]
    return np.asarray(value[:, 0]) if value.ndim == 2 and value.shape[1] == 1 and _is_column(formula) else value


def in_rationals(values: Array) -> Array:
    """Write numbers as Fractions, floats as the rational numbers that they are."""
    return np.asarray(np.vectorize(Fraction, otypes=[object])(values), dtype=object)


def rounded_once(matrices: Array) -> Known:
    """Round exact matrices (..., r, c) to floats, and bound what that changes."""
    value = matrices.astype(np.float64)
    off = gamma(1) * norm(value)
    return Known(value, norm(value) + off, off)


def rounded(formula: Any, inputs: Mapping[str, Any]) -> NDArray[np.float64]:
    """Evaluate a formula on a batch of floats in rationals, one sample at a time, and round each entry once.

    Parameters
    ----------
    formula : theory.Formula
        What predicts.
    inputs : mapping
        Arguments of ``formula.numpy``, each with the batch as its first axis; floats are rational numbers.

    Returns
    -------
    ndarray of shape (N, ...)
        Each entry is the float next to the exact value: it is off by at most ``gamma(1)`` of its own size.
    """
    batch = {name: in_rationals(inputs[name]) for name in formula.inputs}
    (count,) = {len(values) for values in batch.values()}
    samples = ({name: values[i] for name, values in batch.items()} for i in range(count))
    return np.stack([np.asarray(exactly(formula, sample), dtype=np.float64) for sample in samples])


def _is_column(formula: Any) -> bool:
    shape = getattr(formula.expr, "shape", None)
    return shape is not None and shape[1] == 1


def ints(*rows: Any) -> Array:
    """Write a small exact array: nested sequences of ints and Fractions."""
    return in_rationals(np.array(rows, dtype=object))


def exact_eye(size: int) -> Array:
    """Return the exact identity matrix."""
    return ints(*np.eye(size, dtype=int).tolist())


def zeros(*shape: int) -> Array:
    """Return exact zeros."""
    return np.full(shape, Fraction(0), dtype=object)


def square(vector: Array) -> Any:
    """Squared Euclidean norm of an exact vector."""
    return sum((entry * entry for entry in vector), Fraction(0))


def against(
    label: str,
    formula: Any,
    inputs: Mapping[str, Any],
    sizes: Mapping[str, int],
    simulated: NDArray[np.float64],
    error: NDArray[np.float64],
    shown: Mapping[str, NDArray[np.float64]],
    *,
    known_inputs: Mapping[str, Known] | None = None,
) -> Close:
    """Compare a formula with a simulation whose distance from the exact value is at most `error`.

    Parameters
    ----------
    label : str
        The relation in words.
    formula : theory.Formula
        What predicts.
    inputs : mapping
        Arguments of ``formula.numpy``.
    sizes : mapping
        Dimensions, for the bound.
    simulated : ndarray of shape (N, ...)
        What the agents did.
    error : ndarray of shape (N,)
        Bound on the error of the simulation.
    shown : mapping
        Data to show for a sample that fails.
    known_inputs : mapping, optional
        Inputs that are themselves known up to an error only.

    Returns
    -------
    Close
        Its bound is the sum of the bounds of both sides; its scale the size of the simulated value.
    """
    predicted = np.asarray(formula.numpy(**inputs))
    rounding = formula_bound(formula, {**inputs, **(known_inputs or {})}, sizes).error
    predicted = np.broadcast_to(predicted, simulated.shape)
    flat = simulated.reshape(len(simulated), -1, 1)
    bound = np.broadcast_to(rounding, (len(simulated),)) + error
    return Close(label, predicted, simulated, np.asarray(bound), norm(flat), shown)
