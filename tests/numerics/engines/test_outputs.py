"""Results in memory that the caller hands in: computed there where it can be, copied there where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics.engines import outputs
from numerics.engines.outputs import delivered, flat_memory

LAYOUTS = {
    "contiguous": lambda shape, dtype: np.empty(shape, dtype),
    "every second": lambda shape, dtype: np.empty((*shape[:-1], 2 * shape[-1]), dtype)[..., ::2],
    "backwards": lambda shape, dtype: np.empty(shape, dtype)[..., ::-1],
    "Fortran": lambda shape, dtype: np.empty(shape, dtype, order="F"),
    "transposed": lambda shape, dtype: np.empty((*shape[:-2], shape[-1], shape[-2]), dtype).swapaxes(-1, -2),
}
SHAPES = st.lists(st.integers(0, 3), max_size=2).flatmap(
    lambda batch: st.tuples(*map(st.just, batch), st.integers(1, 4), st.integers(1, 4))
)


def compute(out: np.ndarray | None, shape: tuple[int, ...], dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Fill memory as the engines do; return what is delivered, and what was to be."""
    flat = (int(np.prod(shape[:-2])), *shape[-2:])
    numbers = np.arange(np.prod(flat)).reshape(flat).astype(dtype)
    w = flat_memory(out, flat, dtype)
    assert (w.shape, w.dtype) == (flat, dtype)
    w[...] = numbers
    return delivered(w.reshape(shape), out), numbers.reshape(shape)


@given(SHAPES, st.sampled_from([None, *LAYOUTS]), st.sampled_from([float, object]))
def test_results_are_delivered_whatever_the_layout(shape: tuple[int, ...], layout: str | None, kind: type) -> None:
    out = None if layout is None else LAYOUTS[layout](shape, kind)
    found, expected = compute(out, shape, np.dtype(kind))
    assert np.array_equal(found, expected)
    assert found.dtype == kind
    assert out is None or found is out


def test_contiguous_memory_is_computed_in() -> None:
    out = np.empty((2, 3, 4, 5))
    assert np.shares_memory(flat_memory(out, (6, 4, 5), out.dtype), out)
    assert not np.shares_memory(flat_memory(out[..., ::-1], (6, 4, 5), out.dtype), out)


@pytest.mark.parametrize("layout", ["every second", "backwards", "transposed"])
def test_results_that_are_not_copied_are_noticed(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = LAYOUTS[layout]((2, 3, 4), float)
    out[...] = np.nan
    monkeypatch.setattr(outputs.np, "shares_memory", lambda one, other: True)
    found, expected = compute(out, (2, 3, 4), np.dtype(float))
    assert not np.array_equal(found, expected)
