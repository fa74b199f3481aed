"""Exact linear algebra: the defining properties of each result."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import NumericsError, exact
from tests.strategies import rationals, vectors

shapes = st.tuples(st.integers(1, 4), st.integers(1, 4))
matrices = shapes.flatmap(lambda s: vectors(d=s[1], batch=(s[0],)))
squares = st.integers(1, 4).flatmap(lambda s: vectors(d=s, batch=(s,)))


def equal(a: object, b: object) -> bool:
    return bool(np.all(np.asarray(a) == np.asarray(b)))


@given(matrices)
def test_rref_by_its_defining_properties(a: np.ndarray) -> None:
    """In Fractions; there is only one matrix that has them all."""
    reduced, pivots = exact.rref(a)
    rank = len(pivots)
    assert all(type(x) is Fraction for x in reduced.flat)
    assert pivots == sorted(set(pivots))
    assert equal(reduced[:, pivots], np.eye(len(a), rank, dtype=int))
    assert all(equal(row[:pivot], 0) for row, pivot in zip(reduced[:rank], pivots, strict=True))
    assert equal(reduced[rank:], 0)
    # The rows of both span the same: those of a are combinations of them, and not of fewer.
    assert equal(a[:, pivots] @ reduced[:rank], a)
    assert rank == np.linalg.matrix_rank(a.astype(float), tol=1e-9)


@pytest.mark.parametrize(
    ("matrix", "reduced", "pivots"),
    [
        ([[0, 2], [3, 4]], [[1, 0], [0, 1]], [0, 1]),
        ([[2, 4, 1], [1, 2, Fraction(1, 3)]], [[1, 2, 0], [0, 0, 1]], [0, 2]),
        ([[0, 2, 3], [0, 4, 6]], [[0, 1, Fraction(3, 2)], [0, 0, 0]], [1]),
        ([[0, 0]], [[0, 0]], []),
    ],
)
def test_rref_by_hand(matrix: list[list[object]], reduced: list[list[object]], pivots: list[int]) -> None:
    found = exact.rref(np.array(matrix, dtype=object) * Fraction(1))
    assert found[0].tolist() == reduced
    assert found[1] == pivots


@given(matrices)
def test_pinv_satisfies_the_four_penrose_conditions(a: np.ndarray) -> None:
    p = exact.pinv(a)
    assert equal(a @ p @ a, a)
    assert equal(p @ a @ p, p)
    assert equal((a @ p).T, a @ p)
    assert equal((p @ a).T, p @ a)


@given(matrices)
def test_rank_and_nullspace(a: np.ndarray) -> None:
    kernel = exact.nullspace(a)
    rank = int(exact.rank(a))
    assert kernel.shape == (a.shape[1], a.shape[1] - rank)
    assert equal(a @ kernel, 0)
    # Small rationals: the float rank is right, its smallest non-zero singular value being far above eps.
    assert rank == np.linalg.matrix_rank(a.astype(float), tol=1e-9)


def test_functions_are_batched() -> None:
    a = np.array([[[1, 2], [2, 4]], [[1, 0], [0, 1]]], dtype=object) * Fraction(1)
    assert exact.rank(a).tolist() == [1, 2]
    assert exact.pinv(a).shape == (2, 2, 2)
    assert equal(exact.pinv(a)[0], exact.pinv(a[0]))


@given(squares)
def test_cayley_hamilton(a: np.ndarray) -> None:
    value = a * 0
    unit = np.eye(len(a), dtype=int)
    for coefficient in exact.characteristic_polynomial(a):
        value = value @ a + coefficient * unit
    assert equal(value, 0)


@given(squares)
def test_positive_semidefinite(a: np.ndarray) -> None:
    gram = a @ a.T
    unit = np.eye(len(a), dtype=int)
    assert exact.positive_semidefinite(gram)
    # No eigenvalue exceeds the trace, and no diagonal entry falls below the least.
    assert exact.positive_semidefinite(np.trace(gram) * unit - gram)
    assert not exact.positive_semidefinite(gram - (min(np.diagonal(gram)) + Fraction(1, 1000)) * unit)
    assert exact.positive_semidefinite(gram + Fraction(1, 1000) * unit, strictly=True)
    assert exact.positive_semidefinite(gram, strictly=True) == (exact.rank(gram) == len(a))


def with_roots(roots: Iterable[Fraction]) -> list[Fraction]:
    polynomial = [Fraction(1)]
    for root in roots:
        polynomial = [a - root * b for a, b in zip([*polynomial, Fraction(0)], [Fraction(0), *polynomial], strict=True)]
    return polynomial


@given(squares)
def test_characteristic_polynomial_of_a_triangular_matrix(a: np.ndarray) -> None:
    assert exact.characteristic_polynomial(np.triu(a)) == with_roots(np.diagonal(a))


@given(st.lists(rationals(bound=7, denominator=5), min_size=1, max_size=4))
def test_schur_cohn_on_polynomials_with_known_real_roots(roots: list[Fraction]) -> None:
    polynomial = with_roots(roots)
    assert exact.roots_inside_unit_circle(polynomial) == all(abs(r) < 1 for r in roots)


@pytest.mark.parametrize(
    ("coefficients", "inside"),
    [
        ([1], True),
        ([1, 0, 1], False),  # roots +-i, on the circle
        ([1, 0, Fraction(80, 81)], True),  # just inside
        ([1, 0, Fraction(82, 81)], False),
        ([1, 0, 0, 0], True),
        ([1, -2, 1], False),  # double root 1
    ],
)
def test_schur_cohn_at_the_edge(coefficients: list[Fraction], inside: bool) -> None:
    assert exact.roots_inside_unit_circle([Fraction(c) for c in coefficients]) is inside


@pytest.mark.parametrize("right", [[[1], [1]], [[1], [0]], [[1, 0], [0, 1]]])
@pytest.mark.parametrize("entry", [0, 1])
def test_solve_refuses_a_singular_matrix(entry: int, right: list[list[int]]) -> None:
    """Whether or not the right side can be reached."""
    a = np.full((2, 2), Fraction(entry), dtype=object)
    with pytest.raises(NumericsError, match=r"\(2, 2\) is singular; use pinv"):
        exact.solve(a, np.array(right, dtype=object) * Fraction(1))


def test_moving_block_is_the_quotient_map() -> None:
    # moves kill (1, -1); on the quotient coordinate x + y the map multiplies by 5.
    moves = np.array([[Fraction(1), Fraction(1)]], dtype=object)
    displacement = np.array([[Fraction(2), Fraction(2)], [Fraction(3), Fraction(3)]], dtype=object)
    assert exact.moving_block(moves, displacement).tolist() == [[5]]
