"""Finite point sets that do not have the moments of the Gaussian they stand for."""

from fractions import Fraction
from itertools import combinations_with_replacement
from math import prod

import pytest

from numerics import LSAAgent, LSALayer, Prompt
from proofs_check.instruments.populations import Population, cubature
from proofs_check.instruments.rationals import exact_eye, ints, zeros


def gaussian(exponents):
    """Moment of independent standard normals: the product of double factorials of odd numbers."""
    return prod(0 if e % 2 else prod(range(1, e, 2)) for e in exponents)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_point_set_has_the_gaussian_moments_up_to_degree_five(size):
    points, weights = cubature(size)
    for degree in range(6):
        for chosen in combinations_with_replacement(range(size), degree):
            found = sum(
                w * prod((x[i] for i in chosen), start=Fraction(1)) for x, w in zip(points, weights, strict=True)
            )
            assert found == gaussian([chosen.count(i) for i in range(size)])


def test_point_set_is_not_exact_beyond():
    points, weights = cubature(1)
    assert sum(w * x[0] ** 6 for x, w in zip(points, weights, strict=True)) != 15


def test_loss_is_the_mean_squared_distance_of_the_layer():
    population = Population(1, 1, exact_eye(1), Fraction(1))
    V31, K13 = ints([Fraction(-1, 3)]), ints([1])
    total = Fraction(0)
    for x, weight in zip(*population.examples(), strict=True):
        for w, w_star in ((1, 0), (0, 1)):
            agent = LSAAgent.with_layer(Prompt(x, zeros(1) + x[0, 0] * w_star), LSALayer.from_blocks(V31, K13))
            total += weight * (agent.update(ints(w))[0] - w_star) ** 2
    assert population.loss(V31, K13) == total
