"""What training finds in the mean over all prompts, against averages over points with Gaussian moments."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from sympy import Inverse, LessThan, Matrix, Rational, eye

from numerics.training.blocks import block
from numerics.training.plan import Plan, population_optimum
from proofs_check import Verdict, theorems
from proofs_check.evidence.kinds import Task
from proofs_check.instruments.gaussian_norms import Probable
from tests.families.pairs import exact_array, sympy_matrix
from tests.families.planting import Falsehood, FalseStatement, Tampered, WrongCounterexample, change, flipped, plus_one
from theory import formulas
from theory.families.population import Gamma, gaussian_moments, gram_mean, pairings_hold
from theory.language.symbols import Sigma

# Ids that other tests take from here.
POPULATION_OPTIMUM = "population-optimum"
TRAINED_STEP_IS_STABLE = "trained-step-is-stable"

# Five points with the moments of a standard normal up to order five.
POINTS = {0: Fraction(1, 2), 1: Fraction(1, 6), -1: Fraction(1, 6), 2: Fraction(1, 12), -2: Fraction(1, 12)}


def averaged(n: int, root: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Average S Y S over all prompts of n examples x = L z with the coordinates of z in POINTS, exactly."""
    d = len(root)
    total = np.full((d, d), Fraction(0), dtype=object)
    for z in product(POINTS, repeat=n * d):
        weight = Fraction(1)
        for value in z:
            weight *= POINTS[value]
        X = np.array(z, dtype=object).reshape(n, d) @ root.T
        S = X.T @ X / Fraction(n)
        total = total + weight * (S @ middle @ S)
    return total


class TestPopulation:
    def test_the_five_points_have_gaussian_moments(self):
        for order, expected in enumerate((1, 0, 1, 0, 3, 0)):
            assert sum(weight * Fraction(z) ** order for z, weight in POINTS.items()) == expected
        assert gaussian_moments() == (1, 0, 1, 0, 3)
        assert pairings_hold()

    @pytest.mark.parametrize("n", [1, 2])
    @pytest.mark.parametrize(
        ("root", "middle"),
        [
            ([[1]], [[1]]),
            ([[3]], [[Fraction(-1, 2)]]),
            ([[1, 0], [0, 1]], [[1, 2], [-1, 3]]),
            ([[1, 0], [2, 3]], [[1, 2], [-1, 3]]),
            ([[1, 0], [1, 0]], [[0, 1], [0, 0]]),  # a singular covariance
        ],
        ids=["1", "scaled", "2", "correlated", "singular"],
    )
    def test_second_moment_is_an_average(self, n, root, middle):
        L, Y = exact_array(root), exact_array(middle)
        found = formulas["population-optimum.second-moment"].exact(Sigma=sympy_matrix(L @ L.T), Y=sympy_matrix(Y), n=n)
        assert found == sympy_matrix(averaged(n, L, Y))

    @pytest.mark.parametrize(("n", "root"), [(1, [[2]]), (2, [[1]]), (1, [[1, 0], [1, 2]]), (2, [[1, 0], [1, 2]])])
    def test_loss_is_an_average(self, n, root):
        """E|w+ - w*|^2 over prompts, with E over isotropic w (variance kappa) and w* taken as squared norms."""
        L = exact_array(root)
        d = len(L)
        unit = exact_array(eye(d).tolist())
        V, K = unit * Fraction(-1, 3) + 1 * (unit[::-1] * Fraction(1, 5)), unit * 2 + unit[::-1] * Fraction(1, 7)
        kappa, total = Fraction(3, 2), Fraction(0)
        for z in product(POINTS, repeat=n * d):
            weight = Fraction(1)
            for value in z:
                weight *= POINTS[value]
            X = np.array(z, dtype=object).reshape(n, d) @ L.T
            S = X.T @ X / Fraction(n)
            first, second = unit + V @ S @ K, unit + V @ S
            total += weight * (kappa * (first**2).sum() + (second**2).sum())
        found = formulas["population-optimum.loss"].exact(
            Sigma=sympy_matrix(L @ L.T), V31=sympy_matrix(V), K13=sympy_matrix(K), kappa=kappa, n=n, d=d
        )
        assert found == Rational(total.numerator, total.denominator)

    @pytest.mark.parametrize(
        ("n", "d", "step"), [(1, 1, Fraction(1, 3)), (10, 1, Fraction(10, 12)), (3, 4, Fraction(3, 8))]
    )
    def test_learned_step(self, n, d, step):
        assert formulas["population-optimum.step"].exact(n=n, d=d) == Rational(step.numerator, step.denominator)
        best = formulas["population-optimum.V31"].exact(Sigma=eye(d), n=n)
        assert best == -Rational(step.numerator, step.denominator) * eye(d)

    def test_no_other_value_block_is_better(self):
        sigma, n = Matrix([[2, 1], [1, 3]]), 2
        best = formulas["population-optimum.V31"].exact(Sigma=sigma, n=n)
        loss = lambda V, K: formulas["population-optimum.loss"].exact(Sigma=sigma, V31=V, K13=K, kappa=1, n=n, d=2)  # noqa: E731
        least = loss(best, eye(2))
        for i, j in product(range(2), repeat=2):
            for sign in (1, -1):
                change = Matrix(2, 2, lambda a, b, at=(i, j), s=sign: Rational(s, 1000) if (a, b) == at else 0)
                assert loss(best + change, eye(2)) > least

    def test_anisotropic_training_prefers_another_key(self):
        """A step against the key's derivative lowers the loss, exactly when the covariance is not isotropic."""
        for sigma in (Matrix([[2, 1], [1, 3]]), Matrix([[1, 0], [0, 4]])):
            best = formulas["population-optimum.V31"].exact(Sigma=sigma, n=2)
            defect = formulas["population-optimum.key-defect"].exact(Sigma=sigma, n=2)
            assert any(defect)
            loss = lambda K, s=sigma, V=best: formulas["population-optimum.loss"].exact(  # noqa: E731
                Sigma=s, V31=V, K13=K, kappa=1, n=2, d=2
            )
            assert loss(eye(2) - defect / 100) < loss(eye(2))
        assert not any(formulas["population-optimum.key-defect"].exact(Sigma=3 * eye(2), n=2))

    def test_a_singular_covariance_has_no_defect_though_it_is_not_isotropic(self):
        """Why the criterion needs an invertible covariance."""
        assert not any(formulas["population-optimum.key-defect"].exact(Sigma=[[1, 0], [0, 0]], n=3))

    def test_joint_equations_hold_at_the_isotropic_optimum_only(self):
        n, d = 3, 2
        step = formulas["population-optimum.step"].exact(n=n, d=d)
        assert formulas["population-optimum.joint-V31"].exact(Sigma=eye(d), K13=eye(d), kappa=2, n=n) == -step * eye(d)
        assert formulas["population-optimum.joint-K13"].exact(Sigma=eye(d), V31=-step * eye(d), n=n) == eye(d)
        sigma = Matrix([[1, 0], [0, 4]])
        best = formulas["population-optimum.V31"].exact(Sigma=sigma, n=n)
        assert formulas["population-optimum.joint-V31"].exact(Sigma=sigma, K13=eye(d), kappa=2, n=n) == best
        assert formulas["population-optimum.joint-K13"].exact(Sigma=sigma, V31=best, n=n) != eye(d)

    @pytest.mark.parametrize(("ratio", "limit"), [(1, 2), (4, Rational(9, 5)), (Rational(1, 4), Rational(9, 5))])
    def test_learned_step_at_the_edge_of_the_spectrum(self, ratio, limit):
        assert formulas["trained-step-is-stable"].exact(r=ratio) == limit


def finite_sizes(tamper, geometries=200, seed=0):
    """What the comparison at finite sizes finds, for a limit that is changed."""
    [evidence] = [x for x in theorems[TRAINED_STEP_IS_STABLE].evidence if isinstance(x, Probable)]
    catalogue = formulas
    if tamper is not None:
        catalogue = Tampered(TRAINED_STEP_IS_STABLE, change(TRAINED_STEP_IS_STABLE, tamper))
    return evidence.collect(Task(TRAINED_STEP_IS_STABLE, catalogue, geometries, seed))


class TestFiniteSizes:
    """The limit against prompts of 128 dimensions, within bounds that say how often they may fail."""

    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.slow
    def test_the_limit_is_within_its_bounds_and_says_how_surely(self, seed):
        finding = finite_sizes(None, seed=seed)
        assert finding.verdict is Verdict.SAMPLED
        assert finding.counted == finding.drawn == 5
        assert "with probability at least 1 - 5e-10 (Davidson and Szarek)" in finding.summary
        assert 0.01 < finding.ratio < 0.6

    @pytest.mark.parametrize("factor", [Rational(4, 5), Rational(5, 4)], ids=["smaller", "larger"])
    @pytest.mark.slow
    def test_a_wrong_limit_on_either_side_is_refuted(self, factor):
        finding = finite_sizes(lambda limit: limit * factor)
        assert finding.verdict is Verdict.REFUTED
        assert finding.notes == ("by chance with probability at most 5e-10",)

    @pytest.mark.slow
    def test_both_sides_of_the_bound(self):
        """A claim just inside the bound of every sample passes, one just outside of it does not."""
        [evidence] = [x for x in theorems[TRAINED_STEP_IS_STABLE].evidence if isinstance(x, Probable)]
        [close] = evidence.check(np.random.default_rng(0), 4, 128, formulas)
        for sign in (-1, 1):
            for share, inside in ((0.999, True), (1.001, False)):
                claimed = dataclasses.replace(close, left=close.right + sign * share * close.bound)
                assert ((claimed.distance() <= claimed.bound) == inside).all()

    @pytest.mark.slow
    def test_the_bounds_do_not_depend_on_what_is_claimed(self):
        [evidence] = [x for x in theorems[TRAINED_STEP_IS_STABLE].evidence if isinstance(x, Probable)]
        wrong = Tampered(TRAINED_STEP_IS_STABLE, change(TRAINED_STEP_IS_STABLE, plus_one))
        [one], [other] = (evidence.check(np.random.default_rng(0), 2, 128, x) for x in (formulas, wrong))
        assert (one.bound == other.bound).all()
        assert (one.left != other.left).all()


class TestTraining:
    def test_numerics_and_theory_agree_on_the_optimum(self) -> None:
        sigma = ((2.0, 0.5), (0.5, 1.0))
        found = block(population_optimum(Plan(2, 3, covariance=sigma)), "V31")
        derived = formulas["population-optimum.V31"].numpy(Sigma=np.array(sigma), n=3)
        np.testing.assert_allclose(found, derived, rtol=1e-12)


def at_most_one(bound):
    return LessThan(bound.lhs, 1, evaluate=False)


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("population-optimum", "population-optimum.Gamma", "flipped sign", flipped),
    ("population-optimum", "population-optimum.V31", "flipped sign", flipped),
    ("population-optimum", "population-optimum.excess", "doubled", lambda e: 2 * e),
    ("population-optimum", "population-optimum.isotropic", "the covariance alone", lambda e: e.args[1]),
    ("population-optimum", "population-optimum.joint-V31", "flipped sign", flipped),
    ("population-optimum", "population-optimum.loss", "shifted by 1", plus_one),
    ("population-optimum", "population-optimum.step", "shifted by 1", plus_one),
    ("population-optimum", "population-optimum.joint-K13", "flipped sign", flipped),
    ("population-optimum", "population-optimum.key-defect", "flipped sign", flipped),
    ("trained-step-is-stable", "trained-step-is-stable", "shifted by 1", plus_one),
    ("trained-step-is-stable", "trained-step-is-stable.bound", "at most 1", at_most_one),
    ("trained-step-is-stable", "trained-step-is-stable.edge", "doubled", lambda e: 2 * e),
    ("trained-step-is-stable", "trained-step-is-stable", "half the spread", lambda limit: (1 + limit) / 2),
]

# Of these the comparison in floats refutes every change.
COMPARED = ["trained-step-is-stable"]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("trained-step-is-stable.bound", "coefficient", "2 >= 1 + 3 one_plus_r_inv r_sqrt", ()),
]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("population-optimum.joint-V31", "Invertible"),
]

INVERTED = str(gram_mean(Inverse(Gamma) * Inverse(Gamma)))

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("population-optimum", "right: order of factors"): "Sigma commutes with Gamma, a polynomial in it",
    ("population-optimum", "right: order in term", str(Inverse(Gamma) * Sigma)): "Sigma and the inverse commute",
    ("population-optimum", "right: order in term", INVERTED): "Sigma commutes with Gamma, a polynomial in it",
    (
        "population-optimum",
        "right: order in term",
        "Gamma**(-1)*Sigma",
    ): "Sigma commutes with Gamma, a polynomial in it",
}

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # The hypothesis fails and the statement holds all the same.
    ("population-optimum.V31", "Sigma psd", {"Sigma": [[-1]], "n": 1}, "nothing refutes the statement"),
]

# Formulas of which no line is inferred: all is algebra, definition, hypothesis or cited.
BY_ALGEBRA = [
    "population-optimum.second-moment",
    "population-optimum.loss",
    "population-optimum.Gamma",
    "population-optimum.V31",
    "population-optimum.excess",
    "population-optimum.joint-V31",
    "population-optimum.joint-K13",
    "population-optimum.step",
    "population-optimum.key-defect",
    "trained-step-is-stable",
    "trained-step-is-stable.bound",
    "trained-step-is-stable.edge",
]

# Formulas that only name something: they say nothing by themselves.
NOTATION = ["trained-step-is-stable"]

# Statements changed in one place that are true all the same: formula, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("population-optimum.second-moment", "transpose Y", "it is said of every matrix"),
    ("population-optimum.second-moment", "order of Y Sigma in Y?Sigma", "a trace"),
    ("population-optimum.loss", "order of V31 Sigma in V31?Sigma", "a trace"),
    ("population-optimum.Gamma", "right: order of factors", "Sigma commutes with Gamma, a polynomial in it"),
    ("population-optimum.excess", "order of Sigma Gamma in *", "Sigma commutes with Gamma, a polynomial in it"),
    *(
        (f"population-optimum.{part}", pattern, why)
        for part in ("V31", "excess")
        for pattern, why in (
            ("transpose V31", "it is said of every matrix"),
            ("transpose V31_best", "the inverse of Gamma is symmetric"),
        )
    ),
    ("population-optimum.joint-V31", "transpose V31", "it is said of every matrix"),
    ("population-optimum.step", "transpose V31", "it is said of every matrix"),
    ("population-optimum.step", "transpose K13", "it is said of every matrix"),
    ("population-optimum.key-defect", "transpose Y", "it is said of every matrix"),
    ("population-optimum.key-defect", "order of key_defect Y in key_defect?Y", "a trace"),
    ("population-optimum.joint-K13", "transpose K13", "it is said of every matrix"),
]
