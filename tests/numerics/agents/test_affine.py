"""Affine maps: a transposed matrix, a batch on the wrong axis, moves in the wrong order, a probe that asks wrongly."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from numerics import AffineMap, DTypeError, ShapeError, probe
from tests.numerics.common import fractions, whole

D, C = np.array([[1.0, -7.0], [3.0, 0.0]]), np.array([[5.0, 6.0], [-9.0, 8.0], [0.0, 1.0]])
W = np.array([1.0, 2.0])


def test_a_map_of_batches_by_hand() -> None:
    """One operand batched, the other shared: rows, largest entries and shapes, worked out by hand."""
    each = AffineMap(D, C)
    assert (each.d, each.batch_shape, each.largest, each.exact) == (2, (3,), (7.0, 9.0), False)
    assert each.rows.tolist() == [[[1, 3], [-7, 0], row] for row in C.tolist()]
    assert each.matrix.tolist() == [[2, -7], [3, 1]]
    assert each(W).tolist() == [[-7, 11], [-21, 13], [-12, 6]]
    assert AffineMap(-D, -C).largest == (7.0, 9.0)
    assert not np.isfinite(AffineMap(D, np.array([np.inf, 0.0])).largest[1])
    for array in (each.rows, each.matrix):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("of_D", "of_c", "of_E", "of_e"),
    [((), (), (), ()), ((3,), (), (2, 1), ()), ((4, 1, 1), (3, 1), (), (2,)), ((), (3, 1), (3, 2), (3, 2))],
)
@pytest.mark.parametrize("exact", [False, True])
def test_batches_of_maps_act_as_each_alone(
    of_D: tuple[int, ...], of_c: tuple[int, ...], of_E: tuple[int, ...], of_e: tuple[int, ...], exact: bool
) -> None:
    """Whole numbers, so that nothing is rounded: ``second(first(w))`` by the definition, and its rows."""
    rng = np.random.default_rng(0)
    D, c, E, e = whole(rng, (*of_D, 2, 2), (*of_c, 2), (*of_E, 2, 2), (*of_e, 2))
    kind = fractions if exact else np.asarray
    second, first = AffineMap(kind(D), kind(c)), AffineMap(kind(E), kind(e))
    both = second.after(first)
    assert (both.d, both.exact, second.exact) == (2, exact, exact)
    assert both.batch_shape == np.broadcast_shapes(of_D, of_c, of_E, of_e)
    once = W + np.einsum("...ij,j->...i", E, W) + e
    twice = once + np.einsum("...ij,...j->...i", D, once) + c
    for found in (both(kind(W)), second(first(kind(W))), W + np.einsum("i,...ij->...j", [*W, 1], both.rows)):
        assert np.array_equal(np.broadcast_to(found, twice.shape), twice)


def test_a_probe_asks_for_the_columns() -> None:
    """At 0 and at the basis vectors; in floats unless Fractions are asked for."""
    each = AffineMap(D, C)
    asked = []
    agent = SimpleNamespace(d=2, update=lambda w: asked.append(w) or each(w))
    found = probe(agent)
    assert found.displacement.tolist() == [D.tolist()] * 3
    assert found.offset.tolist() == C.tolist()
    assert not found.exact
    assert [w.tolist() for w in asked] == [[0, 0], [1, 0], [0, 1]]
    assert all(w.dtype == np.float64 for w in asked)
    exact = probe(SimpleNamespace(d=2, update=AffineMap(fractions(D), fractions(C[0]))), exact=True)
    assert exact.exact
    assert (exact.displacement.tolist(), exact.offset.tolist()) == (D.tolist(), C[0].tolist())


@pytest.mark.parametrize("agent", [object(), SimpleNamespace(d=2), SimpleNamespace(update=abs)])
def test_a_probe_needs_an_agent(agent: object) -> None:
    with pytest.raises(DTypeError, match=r"an agent needs \.d and \.update"):
        probe(agent)


@pytest.mark.parametrize(
    ("displacement", "offset"),
    [
        ((2,), (2,)),
        ((2, 3), (3,)),
        ((3, 2, 3), (3,)),
        ((2, 2), ()),
        ((2, 2), (3,)),
        ((3, 2, 2), (2, 3)),
        ((3, 2, 2), (3,)),
    ],
)
def test_shapes_that_are_no_map(displacement: tuple[int, ...], offset: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"displacement has shape .* and offset"):
        AffineMap(np.zeros(displacement), np.zeros(offset))


def test_lists_are_no_map() -> None:
    with pytest.raises(DTypeError, match="displacement is of type list"):
        AffineMap([[0.0]], np.zeros(1))
    with pytest.raises(DTypeError, match="offset is of type list"):
        AffineMap(np.zeros((1, 1)), [0.0])
