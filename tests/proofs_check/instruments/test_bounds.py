"""Bounds must hold, against the same computation in exact rationals, and must not be idle."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import LSAAgent, Prompt
from numerics.exact import solve as exact_solve
from proofs_check.instruments.bounds import Known, gamma, identity, inverse_norm, known, norm, solve
from proofs_check.instruments.simulation_bounds import column, move

as_fractions = np.vectorize(Fraction, otypes=[object])


def matrices(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def off(computed, exact):
    """Frobenius distance between floats and rationals, rounded upwards."""
    gap = as_fractions(computed) - exact
    return float(np.sqrt(float(sum(x * x for x in gap.ravel())))) * (1 + 1e-12)


seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_norm_is_an_upper_bound(seed):
    a = matrices(seed, 3, 4)
    assert float(norm(a)) ** 2 >= sum(x * x for x in as_fractions(a).ravel())


@given(seeds)
def test_product_in_either_bracketing(seed):
    a, b, c = (matrices(seed + i, 4, 4) for i in range(3))
    exact = as_fractions(a) @ as_fractions(b) @ as_fractions(c)
    bound = (known(a) @ known(b) @ known(c)).error
    assert off((a @ b) @ c, exact) <= bound
    assert off(a @ (b @ c), exact) <= bound
    assert bound < 1e-12


@given(seeds)
def test_sum_and_scaling(seed):
    a, b = matrices(seed, 3, 3), matrices(seed + 1, 3, 3)
    exact = (as_fractions(a) - as_fractions(b)) * Fraction(0.1)
    bound = (known(a) - known(b)).scaled(0.1)
    assert off((a - b) * 0.1, exact) <= bound.error < 1e-13


@given(seeds)
def test_solution_by_elimination(seed):
    a, b = matrices(seed, 4, 4), matrices(seed + 1, 4, 1)
    bound = solve(known(a), known(b))
    exact = exact_solve(as_fractions(a), as_fractions(b))
    assert off(np.linalg.solve(a, b), exact) <= bound.error
    assert float(norm(exact.astype(float))) <= bound.norm * (1 + 1e-9)


def test_error_of_the_matrix_enters_the_solution():
    exactly, roughly = known(np.eye(2)), Known(np.eye(2), norm(np.eye(2)), np.asarray(1e-3))
    assert solve(roughly, known(np.ones((2, 1)))).error > 1e-3
    assert solve(exactly, known(np.ones((2, 1)))).error < 1e-11


def test_singular_matrix_has_no_bound():
    assert inverse_norm(known(np.zeros((2, 2)))) == np.inf
    assert solve(known(np.ones((2, 2))), known(np.ones((2, 1)))).error == np.inf


@given(seeds, st.integers(0, 9))
def test_power(seed, exponent):
    a = matrices(seed, 3, 3) / 4
    exact = np.linalg.matrix_power(as_fractions(a), exponent) if exponent else as_fractions(np.eye(3))
    bound = known(a).power(exponent)
    assert off(np.linalg.matrix_power(a, exponent), exact) <= bound.error + 1e-300


def test_powers_of_a_contraction_shrink():
    assert known(np.full((2, 2), 0.45)).power(256).norm < 1e-11
    assert identity(2).power(0).error == 0


def test_gamma():
    assert gamma(1) > 2.0**-53
    assert gamma(10) == pytest.approx(10 * 2.0**-53)


@given(seeds)
def test_one_move_of_the_attention_layer(seed):
    X, y, w = matrices(seed, 6, 3), matrices(seed + 1, 6), matrices(seed + 2, 3)
    step = 0.3
    simulated = LSAAgent(Prompt(X, y), step).update(w)
    exact = LSAAgent(Prompt(as_fractions(X), as_fractions(y)), np.array(Fraction(step), dtype=object))
    bound = move(X, y, np.asarray(step), column(w)).error
    assert off(simulated, exact.update(as_fractions(w))) <= bound < 1e-12
