"""Section 1 against independent computations: the layer, its gradient step, and what training finds."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sympy import Matrix, Rational, eye

from tests.theory.drawn import small
from theory import formulas
from theory.families.population import gaussian_moments, pairings_hold

# Five points with the moments of a standard normal up to order five.
POINTS = {0: Fraction(1, 2), 1: Fraction(1, 6), -1: Fraction(1, 6), 2: Fraction(1, 12), -2: Fraction(1, 12)}


def exact_array(entries) -> np.ndarray:
    return np.array([[Fraction(x) for x in row] for row in entries], dtype=object)


def sympy_matrix(a: np.ndarray) -> Matrix:
    return Matrix(a.shape[0], a.shape[1], [Rational(x.numerator, x.denominator) for x in a.reshape(-1)])


@st.composite
def prompts(draw, block: bool = False):
    n, d = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    entries = lambda rows, columns: draw(  # noqa: E731
        st.lists(st.lists(small, min_size=columns, max_size=columns), min_size=rows, max_size=rows)
    )
    return tuple(exact_array(entries(*shape)) for shape in ((n, d), (n, 1), (d, 1), (d, d), (d, d)))


def layer(X, y, w, history, V31, K13):
    """The layer on the token matrix, literally: f(Z) = Z + V Z (Z^T K Z)/n; the iterate of its last column."""
    n, d = X.shape
    rows, columns = 2 * d + 2, n + history.shape[1] + 1
    Z = np.full((rows, columns), Fraction(0), dtype=object)
    Z[:d, :n], Z[d, :n] = X.T, y[:, 0]
    Z[d + 1 : 2 * d + 1, n:-1], Z[d + 1 : 2 * d + 1, -1] = history, w[:, 0]
    Z[-1, n:] = Fraction(1)
    V, K = (np.full((rows, rows), Fraction(0), dtype=object) for _ in range(2))
    V[d + 1 : 2 * d + 1, :d] = V31
    K[:d, d + 1 : 2 * d + 1], K[d, -1] = K13, Fraction(-1)
    return (Z + V @ Z @ (Z.T @ K @ Z) / n)[d + 1 : 2 * d + 1, -1:]


class TestLayer:
    @given(prompts(), st.data())
    def test_any_blocks_and_any_history(self, prompt, data):
        X, y, w, V31, K13 = prompt
        k = data.draw(st.integers(0, 2))
        history = exact_array([[Fraction(data.draw(st.integers(-9, 9))) for _ in range(k)] for _ in range(len(w))])
        history = history.reshape(len(w), k)
        expected = sympy_matrix(layer(X, y, w, history, V31, K13))
        given_ = {
            "X": sympy_matrix(X),
            "y": sympy_matrix(y),
            "w": sympy_matrix(w),
            "V31": sympy_matrix(V31),
            "K13": sympy_matrix(K13),
        }
        assert formulas["general-blocks.update"].exact(**given_) == expected
        assert formulas["inert-history"].exact(**given_) == expected

    @given(prompts(), st.integers(1, 9))
    def test_the_gradient_step(self, prompt, numerator):
        X, y, w, _, _ = prompt
        n = len(X)
        step = Fraction(numerator, 7)
        gradient = X.T @ (X @ w - y) / n
        given_ = {"X": sympy_matrix(X), "y": sympy_matrix(y), "w": sympy_matrix(w)}
        assert formulas["lsa-step.gradient"].exact(**given_) == sympy_matrix(gradient)
        assert formulas["label-noise.gradient"].exact(**given_) == sympy_matrix(gradient)
        moved = formulas["lsa-step"].exact(**given_, eta=step)
        assert moved == sympy_matrix(w - step * gradient)
        unit, none = exact_array(eye(len(w)).tolist()), np.empty((len(w), 0), dtype=object)
        assert moved == sympy_matrix(layer(X, y, w, none, -step * unit, unit))

    @given(prompts())
    def test_the_target_is_the_least_norm_least_squares_fit(self, prompt):
        X, y, *_ = prompt
        goal = formulas["label-noise.target"].exact(X=sympy_matrix(X), y=sympy_matrix(y))
        fit = np.linalg.lstsq(X.astype(float), y.astype(float), rcond=1e-10)[0]
        assert np.allclose(np.array(goal.tolist(), dtype=float), fit, atol=1e-8)


class TestGeneralBlocks:
    X, y = [[1, 0], [0, 2]], [3, 4]

    def test_unbiased_when_the_key_is_the_identity(self):
        assert formulas["general-blocks.bias"].exact(X=self.X, y=self.y, K13=[[1, 0], [0, 1]]) == Matrix([0, 0])

    @pytest.mark.parametrize("key", [[[2, 0], [0, 1]], [[1, 1], [0, 1]], [[-1, 0], [0, -1]], [[0, 1], [1, 0]]])
    def test_biased_for_some_target_otherwise(self, key):
        """The bias is linear in the target: it vanishes for every target iff it does for a basis of them."""
        biases = [formulas["general-blocks.bias"].exact(X=self.X, y=y, K13=key) for y in ([1, 0], [0, 1])]
        assert any(any(b) for b in biases)

    def test_one_target_can_be_unbiased_by_chance(self):
        assert formulas["general-blocks.bias"].exact(X=self.X, y=[1, 0], K13=[[1, 1], [0, 2]]) == Matrix([0, 0])

    def test_by_hand(self):
        assert formulas["general-blocks.fixed-point"].exact(X=[[1]], y=[6], K13=[[3]]) == Matrix([2])
        assert formulas["general-blocks.bias"].exact(X=[[1]], y=[6], K13=[[3]]) == Matrix([-4])


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
