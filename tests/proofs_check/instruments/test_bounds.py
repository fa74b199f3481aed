"""Bounds must hold, against the same computation in exact rationals, and must not be idle."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import LSAAgent, Prompt
from numerics.exact import solve as exact_solve
from proofs_check.instruments.bounds import UNIT_ROUNDOFF, Known, gamma, identity, inverse_norm, known, norm, solve
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
@pytest.mark.slow
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
    assert known(np.ones((5, 2, 2))).power(0).value.tolist() == [[1, 0], [0, 1]]


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


# Values worked out by hand: a bound that is larger than derived would hold too, and hide errors ---------

U = 2.0**-53


def of(value, norm, error):
    """A batch of matrices with the same norm and error."""
    value = np.asarray(value, dtype=float)
    return Known(value, np.full(value.shape[:-2], float(norm)), np.full(value.shape[:-2], float(error)))


def shows(bound, norm, error):
    """Whether every matrix of a batch has this norm and error."""
    assert bound.norm.shape == bound.error.shape == bound.value.shape[:-2]
    return bound.norm == pytest.approx(norm, rel=1e-9, abs=0) and bound.error == pytest.approx(error, rel=1e-9, abs=0)


def test_gamma_by_hand():
    assert UNIT_ROUNDOFF == U
    assert gamma(2**52) == 1.0  # k u / (1 - k u) at k u = 1/2


@pytest.mark.parametrize(("shape", "roundings"), [((1, 4), 6), ((4, 1), 6), ((1, 5), 7), ((2, 2), 6), ((5, 1), 7)])
def test_a_norm_is_rounded_upwards_by_its_own_roundings(shape, roundings):
    """One for each square, sum and the root, and one more: to the last digit."""
    root = np.sqrt(float(np.prod(shape)))
    assert norm(np.ones((7, *shape))).tolist() == [root * (1.0 + gamma(roundings))] * 7


LEFT, RIGHT = np.arange(30.0).reshape(5, 2, 3), np.ones((5, 3, 4))


def test_a_product_by_hand():
    assert shows(of(LEFT, 2, 0) @ of(RIGHT, 3, 0), 6, gamma(3) * 6)
    assert shows(of(LEFT, 2, 0.5) @ of(RIGHT, 3, 0.25), 6, 2.5 * 3.25 - 6)
    assert (of(LEFT, 2, 0) @ of(RIGHT, 3, 0)).value.tolist() == (LEFT @ RIGHT).tolist()


def test_a_sum_and_a_difference_by_hand():
    for sign, found in ((1, of(LEFT, 2, 0) + of(LEFT / 3, 3, 0)), (-1, of(LEFT, 2, 0) - of(LEFT / 3, 3, 0))):
        assert shows(found, 5, 5 * U)
        assert found.value.tolist() == (LEFT + sign * (LEFT / 3)).tolist()
    assert shows(of(LEFT, 2, 0.5) + of(LEFT, 3, 0.25), 5, 0.75)


def test_scaling_and_transposing_by_hand():
    assert shows(of(LEFT, 2, 0).scaled(-3), 6, 6 * U)
    assert shows(of(LEFT, 2, 0.5).scaled(np.full(5, -3.0)), 6, 1.5)
    assert of(LEFT, 2, 0).scaled(np.arange(5.0)).value[2].tolist() == (2 * LEFT[2]).tolist()
    assert shows(of(LEFT, 2, 0.5).T, 2, 0.5)
    assert of(LEFT, 2, 0.5).T.value.tolist() == LEFT.swapaxes(1, 2).tolist()


def test_data_are_exact():
    assert shows(known(np.ones((5, 2, 2))), 2, 0)
    assert shows(identity(4), 2, 0)
    assert known(np.ones((5, 2, 2))).error.tolist() == [0] * 5


@pytest.mark.parametrize(("error", "size"), [(0.0, np.sqrt(2)), (0.25, np.sqrt(2) + 0.25), (9.0, 5.0)])
def test_a_norm_is_that_of_the_value_at_hand_if_that_is_less(error, size):
    assert shows(of(np.eye(2), 5, error).tight(), size, error)


@pytest.mark.parametrize("exponent", range(8))
def test_a_power_by_hand(exponent):
    """Of a number: errors of e become (1 + e)^n - 1, and no factor is left out or counted twice."""
    found = of([[1.0]], 1, 2.0**-20).power(exponent)
    assert found.value == 1
    assert found.norm <= 1 + 1e-5 * exponent + 1e-12
    assert found.error == pytest.approx(exponent * 2.0**-20, rel=1e-4)


def test_the_norm_of_an_inverse_by_hand():
    """The data are exact, or off by 1/10; the last digits of a nearly singular matrix are lost."""
    batch = np.stack([np.diag([2.0, 4.0])] * 3)
    assert inverse_norm(known(batch)) == pytest.approx(np.sqrt(5) / 4, rel=1e-12, abs=0)
    assert inverse_norm(of(np.eye(2), 2, 0.1)) == pytest.approx(np.sqrt(2) / (1 - 0.1 * np.sqrt(2)), rel=1e-12, abs=0)
    lost = gamma(3) * (np.sqrt(2) + 2.0**48)
    assert 0.05 < lost < 0.2
    assert inverse_norm(known(np.diag([1.0, 2.0**-48]))) == pytest.approx(2.0**48 / (1 - lost), rel=1e-12, abs=0)
    assert inverse_norm(known(np.eye(1))) == (1 + gamma(3)) / (1 - 2 * gamma(2)) * (1 + gamma(4))


@pytest.mark.parametrize(("error", "certain"), [(0.999, True), (1.001, False)])
def test_both_sides_of_what_is_invertible(error, certain):
    assert np.isfinite(inverse_norm(of([[1.0]], 1, error))) == certain


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_solution_by_hand(d):
    """Backward error of elimination alone, then that of the matrix, then that of the right-hand side."""
    eye, right = np.stack([np.eye(d)] * 4), np.ones((4, d, 2))
    k = np.sqrt(d)
    backward = d**3 * gamma(3 * d) * 2 ** (d - 1) * k
    assert shows(solve(known(eye), of(right, 3, 0)), 3 * k, 3 * k * k * backward)
    assert shows(solve(known(eye), of(right, 3, 0.5)), 3 * k, k / 2)
    off = inverse_norm(of(eye, k, 0.1))[0]
    assert shows(solve(of(eye, k, 0.1), of(right, 3, 0.5)), 3 * off, off * (0.3 * off + 0.5) / (1 - 0.1 * off))
    assert solve(known(2 * eye), of(right, 3, 0)).value == pytest.approx(right / 2, rel=1e-12, abs=0)


@pytest.mark.parametrize(("error", "certain"), [(0.33, True), (0.34, False)])
def test_both_sides_of_what_is_certain(error, certain):
    """With an error of e, the inverse of 1 is at most k = 1 / (1 - e), and k e is to be below 1/2: e below 1/3."""
    found = solve(of([[1.0]], 1, error), of([[1.0]], 1, 0))
    assert np.isfinite(found.error) == np.isfinite(found.norm) == certain


def test_a_half_itself_is_not_certain():
    """Among errors next to one another some make k e a half to the last digit."""
    errors = 1 / 3 + np.arange(-100, 100) * 2.0**-54
    ones = np.ones((len(errors), 1, 1))
    matrix, right = Known(ones, np.ones(len(errors)), errors), Known(ones, np.ones(len(errors)), 0 * errors)
    product = inverse_norm(matrix) * (errors + gamma(3) * (1 + errors))
    assert {-1.0, 0.0, 1.0} == {*np.sign(product - 0.5)}
    assert np.isfinite(solve(matrix, right).error).tolist() == (product < 0.5).tolist()
