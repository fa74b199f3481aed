"""The least loss of a layer with free weights, against answers known by hand and falsely claimed values."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from sympy import Matrix, Rational, eye, zeros

from numerics import LSAAgent, LSALayer, Prompt
from proofs_check.families import trained_optimum
from proofs_check.families.trained_optimum import displaced_loss, forgetful
from proofs_check.instruments.populations import Population
from proofs_check.instruments.rationals import exact_eye, ints
from tests.families.planting import Falsehood, WrongCounterexample, flipped, plus_one
from tests.families.test_population import POPULATION_OPTIMUM
from theory import formulas

# Ids that other tests take from here.
FREE_LAYER_OPTIMUM = "free-layer-optimum"

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
SPREAD = {"Sigma": [[2, 1], [1, 3]], "n": 2, "d": 2, "kappa": HALF}

# Half of what is derived is caught: the judge of the statement, formula, inputs.
JUDGED = [
    (trained_optimum.answers_have_a_least_loss, "free-layer-optimum.least", SPREAD),
    (trained_optimum.forgetting_gains, "free-layer-optimum.forgetful", SPREAD),
]


def test_an_excess_is_measured_from_a_stationary_point():
    """Along two directions the loss is straight; only a slope that nothing changes leaves no stationary point."""
    judge, excess = trained_optimum.answers_have_a_least_loss, formulas["free-layer-optimum.excess"]
    assert judge(excess, SPREAD) is None
    assert judge(excess, SPREAD | {"Sigma": [[2, 0], [0, 0]]}) is None
    assert "no stationary point" in judge(excess, {"Sigma": [[1, 0], [0, -3]], "n": 1})
    assert "all examples are zero" in judge(excess, {"Sigma": [[0, 0], [0, 0]], "n": 1})


class TestOptimum:
    @pytest.mark.parametrize(("n", "d"), [(1, 1), (4, 1), (3, 2), (12, 5)])
    def test_isotropic_loss_by_hand(self, n, d):
        """By hand: d (1 - n/(n + d + 1))."""
        expected = Rational(d * (d + 1), n + d + 1)
        assert formulas["free-layer-optimum.least"].exact(Sigma=eye(d), n=n, d=d) == expected
        assert formulas["free-layer-optimum.forgetful"].exact(Sigma=eye(d), n=n, d=d, kappa=3) == 3 * expected

    def test_nothing_is_lost_at_the_optimum_only(self):
        sigma, n = Matrix([[2, 1], [1, 3]]), 2
        best = -formulas[f"{POPULATION_OPTIMUM}.V31"].exact(Sigma=sigma, n=n)
        excess = formulas["free-layer-optimum.excess"]
        assert excess.exact(Sigma=sigma, n=n, Y=best) == 0
        for i, j, sign in product(range(2), range(2), (1, -1)):
            change = zeros(2, 2)
            change[i, j] = Rational(sign, 1000)
            assert excess.exact(Sigma=sigma, n=n, Y=best + change) > 0

    def test_the_ideal_layer_is_linear_in_the_displacement_with_its_own_block(self):
        V31 = Matrix([[-2, 1], [0, -3]])
        ideal = {"V31": V31, "K13": eye(2), "K24": -1, "V32": [0, 0], "K14": [0, 0], "K23": [0, 0]}
        assert formulas["free-layer-optimum.linear-part"].exact(**ideal, w=[5, 7]) == -V31


class TestLoss:
    def test_the_forgetful_layer_ignores_the_iterate(self) -> None:
        prompt = Prompt(ints([1, 2], [0, 1], [3, 1]), ints(1, 2, 3))
        layer = forgetful(-exact_eye(2) / 2, 3)
        answers = [LSAAgent.with_layer(prompt, layer).update(w) for w in (ints(0, 0), ints(5, -7))]
        assert (answers[0] == answers[1]).all()
        assert (answers[0] == prompt.moment / 2).all()

    def test_displaced_loss_of_a_layer_that_does_nothing(self) -> None:
        """It stays where it is, so it misses by xi, of mean square d."""
        still = LSALayer(ints(*np.zeros((6, 6), dtype=int).tolist()), ints(*np.zeros((6, 6), dtype=int).tolist()))
        population = Population(1, 2, exact_eye(2), Fraction(1))
        assert displaced_loss(population, still, ints([1, 2], [3, -4])) == 2


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("free-layer-optimum", "free-layer-optimum.linear-part", "flipped sign", flipped),
    ("free-layer-optimum", "free-layer-optimum.least", "shifted by 1", plus_one),
    ("free-layer-optimum", "free-layer-optimum.excess", "doubled", lambda e: 2 * e),
    ("free-layer-optimum", "free-layer-optimum.forgetful", "flipped sign", flipped),
    ("free-layer-optimum", "free-layer-optimum.forgets", "flipped sign", flipped),
    ("free-layer-optimum", "free-layer-optimum.even-part", "twice as much", lambda e: e.func(e.lhs, 2 * e.rhs)),
    ("free-layer-optimum", "free-layer-optimum.best", "reversed", lambda e: e.func(e.rhs, e.lhs)),
    ("free-layer-optimum", "free-layer-optimum.gains", "three times as much", lambda e: e.func(e.lhs, 3 * e.rhs)),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("free-layer-optimum", "right: order of factors"): "Sigma commutes with Gamma, a polynomial in it",
}

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # The hypothesis fails and the statement holds all the same.
    ("free-layer-optimum.best", "Sigma psd", {"Sigma": [[-1]], "n": 1}, "nothing refutes the statement"),
    ("free-layer-optimum.gains", "Sigma psd", {"Sigma": [[-1]], "n": 1, "kappa": 1}, "nothing refutes"),
]

# Formulas of which no line is inferred: all is algebra, definition, hypothesis or cited.
BY_ALGEBRA = [
    "free-layer-optimum.linear-part",
    "free-layer-optimum.even-part",
    "free-layer-optimum.least",
    "free-layer-optimum.best",
    "free-layer-optimum.excess",
    "free-layer-optimum.forgets",
    "free-layer-optimum.forgetful",
    "free-layer-optimum.gains",
]

# Statements changed in one place that are true all the same: formula, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("free-layer-optimum.least", "order of Gamma* Sigma in *", "a trace"),
    ("free-layer-optimum.forgetful", "order of Gamma* Sigma in *", "a trace"),
    ("free-layer-optimum.gains", "strictly", "equality would need examples without variance"),
    ("free-layer-optimum.best", "transpose Y", "it is said of every matrix"),
    ("free-layer-optimum.excess", "transpose Y", "it is said of every matrix"),
    ("free-layer-optimum.excess", "order of Sigma Gamma in *", "Sigma commutes with Gamma, a polynomial in it"),
]
