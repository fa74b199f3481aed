"""Predicates on floats: both sides of every threshold, what lies between, and no dependence on units."""

from __future__ import annotations

from math import inf, isnan

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import Abs, Eq, Ne, oo

from tests.families.test_convergence import STEP_SIZE_BOX
from tests.families.test_dynamics import CLOSED_FORM, ERROR_RECURSION, FROZEN_KERNEL
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM, SINGULAR_EQUILIBRIUM
from theory import InputError, formulas, statements
from theory.derivation.measure import Measurement, measuring, speaks_of, weakest
from theory.language.nodes import (
    Contracts,
    Inner,
    MaxRowSum,
    NonnegativeForPositive,
    Norm,
    PositiveSemidefinite,
    PseudoInverse,
    SingularValue,
    SpectralRadius,
    SpectrumWithin,
    Vanishes,
)
from theory.language.predicates import (
    All,
    Commute,
    Iff,
    Implies,
    Invertible,
    Loewner,
    Minimises,
    NonDecreasing,
    Projector,
    RangeWithin,
    Settles,
    Solvable,
    TendsTo,
    Unique,
)
from theory.language.symbols import (
    K13,
    PRIMITIVES,
    S_U,
    S_W,
    V31,
    I,
    P,
    Q,
    alpha,
    b,
    eta_W,
    gamma,
    h,
    p,
    q,
    u_star,
    v,
    w,
    w_0,
    w_inf,
    w_star,
    w_t,
)

EPS = 2.0**-52
HOLDS, FAILS, UNDECIDABLE = "holds", "fails", "undecidable"
# Far inside what rounding explains, and far beyond.
NEAR, FAR = 2.0**-52, 1e-9


def measured(predicate, *, definitions=None, grams=(), **arrays) -> Measurement:
    known = definitions or {}
    free = speaks_of(predicate).union(*(x.free_symbols for x in known.values()))
    needed = tuple(name for name, item in PRIMITIVES.items() if item.symbol in free - set(known))
    return measuring("a test", needed, (), arrays, known, grams=grams)(predicate)


def diag(*entries):
    return np.diag(np.array(entries, dtype=float))


def turned(matrix, angle=0.7):
    """The same in another basis, which is not exact in binary."""
    c, s = np.cos(angle), np.sin(angle)
    basis = np.array([[c, -s], [s, c]])
    return basis @ matrix @ basis.T


def symmetric(matrix):
    return (matrix + matrix.T) / 2


class TestEqualities:
    """True of the numbers as given: holds. Off by rounding: undecidable, never holds. Off by more: fails."""

    CASES = [
        (Eq(w, w_star), "w", lambda x: {"w": [1.0 + x, 2.0], "w_star": [1.0, 2.0]}),
        (Eq(S_W, S_U), "S", lambda x: {"S_W": diag(2, 1 + x), "S_U": diag(2, 1)}),
        (Eq(alpha, b), "numbers", lambda x: {"alpha": 3.0 + 2 * x, "b": 3.0}),
        (Eq(Inner(v, v), 1), "unit", lambda x: {"v": [1 + x, 0.0]}),
        (Vanishes(S_U * (u_star - w_star), Norm(u_star)), "kernel",
         lambda x: {"S_U": diag(1, 0), "u_star": [3.0 + 3 * x, 5.0], "w_star": [3.0, 1.0]}),
        (Commute(V31, K13), "commute", lambda x: {"V31": diag(1, 2), "K13": np.array([[1.0, x], [0.0, 3.0]])}),
        (Projector(V31), "projector", lambda x: {"V31": diag(1 + x, 0)}),
        (Projector(V31), "symmetric", lambda x: {"V31": np.array([[1.0, x], [0.0, 0.0]])}),
        (RangeWithin(w, S_W), "range", lambda x: {"w": [1.0, x], "S_W": diag(1, 0)}),
        (RangeWithin(V31, S_W), "ranges", lambda x: {"V31": np.array([[1.0, 2.0], [x, 0.0]]), "S_W": diag(1, 0)}),
        (Solvable(h, Eq(S_W * h, w)), "solvable", lambda x: {"w": [1.0, x], "S_W": diag(1, 0)}),
    ]  # fmt: skip

    @pytest.mark.parametrize(("predicate", "name", "inputs"), CASES, ids=[case[1] for case in CASES])
    def test_three_words(self, predicate, name, inputs):
        as_given = measured(predicate, **inputs(0.0))
        assert (as_given.word, as_given.margin) == (HOLDS, 0.0)
        assert measured(predicate, **inputs(NEAR)).word == UNDECIDABLE
        far = measured(predicate, **inputs(FAR))
        assert far.word == FAILS
        assert -1e-7 < far.margin < -far.slack

    @pytest.mark.parametrize(("predicate", "name", "inputs"), CASES, ids=[case[1] for case in CASES])
    def test_the_threshold_is_the_slack(self, predicate, name, inputs):
        """Between rounding and one part in a billion the word changes once."""
        words = [measured(predicate, **inputs(2.0**k)).word for k in range(-52, -28, 2)]
        assert words[0] == UNDECIDABLE
        assert words[-1] == FAILS
        assert words == sorted(words, reverse=True)

    def test_an_inequation_is_the_contrary(self):
        inputs = {"w": [1.0, 2.0], "w_star": [1.0, 2.0]}
        assert measured(Ne(w, w_star), **inputs).word == FAILS
        assert measured(Ne(w, w_star), **inputs | {"w": [1.0 + EPS, 2.0]}).word == UNDECIDABLE
        found = measured(Ne(w, w_star), **inputs | {"w": [1.1, 2.0]})
        assert found.word == HOLDS
        assert found.margin > found.slack

    def test_nothing_that_is_off_holds(self):
        """A commutator of a rotated pair is a few units in the last place: not zero of the numbers as given."""
        first, second = symmetric(turned(diag(1, 2))), symmetric(turned(diag(3, 5)))
        assert (first @ second != second @ first).any()
        found = measured(Commute(S_W, S_U), S_W=first, S_U=second)
        assert found.word == UNDECIDABLE
        assert -found.slack < found.margin < 0

    def test_a_float_zero_is_looked_at_exactly(self):
        """Rounding hides the difference of the products; the rationals show it."""
        tiny = 2.0**-60
        inputs = {"V31": np.array([[1.0, tiny], [0.0, 1.0]]), "K13": np.array([[1.0, 1.0], [0.0, 1.0 + EPS]])}
        product = inputs["V31"] @ inputs["K13"] - inputs["K13"] @ inputs["V31"]
        assert np.abs(product).max() < 1e-30
        assert measured(Commute(V31, K13), **inputs).word == UNDECIDABLE

    def test_large_equations_are_decided_by_their_margin(self):
        size = 60
        rng = np.random.default_rng(0)
        some = rng.standard_normal((size, size))
        assert measured(Commute(V31, K13), V31=some, K13=some @ some).word == UNDECIDABLE
        assert measured(Commute(V31, K13), V31=some, K13=some + 1e-6 * some.T).word == FAILS

    def test_zero_equals_zero(self):
        assert measured(Vanishes(S_U * u_star, Norm(u_star)), S_U=diag(0, 0), u_star=[0.0, 0.0]).word == HOLDS


class TestOrder:
    @pytest.mark.parametrize("strict", [False, True])
    def test_loewner(self, strict):
        says = Loewner(S_W, 2 * I, strict)
        inside, outside = measured(says, S_W=diag(1, 1.5)), measured(says, S_W=diag(1, 2.5))
        assert (inside.word, outside.word) == (HOLDS, FAILS)
        # Relative to the norms of both sides.
        assert inside.margin == pytest.approx(0.5 / 3.5)
        assert outside.margin == pytest.approx(-0.5 / 4.5)
        for edge in (2 - EPS, 2 + 2 * EPS):
            assert measured(says, S_W=symmetric(turned(diag(1, edge)))).word == UNDECIDABLE
            assert measured(says, S_W=diag(1, edge)).word == UNDECIDABLE

    def test_an_order_that_is_attained_exactly_holds_and_a_strict_one_is_undecidable(self):
        assert measured(Loewner(S_W, 2 * I), S_W=diag(1, 2)).word == HOLDS
        assert measured(Loewner(S_W, 2 * I, True), S_W=diag(1, 2)).word == UNDECIDABLE
        assert measured(PositiveSemidefinite(S_W), S_W=diag(1, 0)).word == HOLDS
        assert measured(PositiveSemidefinite(S_W), S_W=diag(0, 0)).word == HOLDS

    def test_positive_semidefinite(self):
        says = PositiveSemidefinite(S_W)
        assert measured(says, S_W=diag(1, 1e-9)).word == HOLDS
        assert measured(says, S_W=diag(1, -1e-9)).word == FAILS
        for edge in (2.0**-54, -(2.0**-54)):
            assert measured(says, S_W=diag(1, edge)).word == UNDECIDABLE
        assert measured(says, S_W=diag(1, 0.25)).margin == pytest.approx(0.25)

    def test_a_gram_matrix_of_examples_is_positive_by_construction(self):
        X = np.random.default_rng(1).standard_normal((2, 5))
        gram = X.T @ X / 2
        says, some = PositiveSemidefinite(S_W), PositiveSemidefinite(eta_W * S_W + S_U)
        assert measured(says, S_W=gram).word == UNDECIDABLE
        found = measured(says, S_W=gram, grams=["S_W"])
        assert (found.word, found.note) == (HOLDS, "a Gram matrix by construction")
        both = {"S_W": gram, "S_U": gram, "eta_W": 0.5}
        assert measured(some, **both, grams=["S_W", "S_U"]).word == HOLDS
        assert measured(some, **both, grams=["S_W"]).word == UNDECIDABLE
        # No licence for what is clearly negative, nor for a difference.
        assert measured(says, S_W=diag(1, -1), grams=["S_W"]).word == FAILS
        assert (
            measured(PositiveSemidefinite(S_W - S_U), S_W=gram, S_U=gram * (1 + EPS), grams=["S_W", "S_U"]).word
            != HOLDS
        )

    def test_a_matrix_that_is_not_symmetric_is_not_positive(self):
        found = measured(PositiveSemidefinite(V31), V31=np.array([[1.0, 0.5], [0.0, 1.0]]))
        assert (found.word, found.note) == (FAILS, "not symmetric")

    def test_numbers(self):
        below, most = Abs((p - 1) * (q - 1)) < 1, gamma <= 2
        assert measured(below, p=1.5, q=0.5).word == HOLDS
        assert measured(below, p=3.0, q=2.5).word == FAILS
        assert measured(below, p=2.0, q=2.0).word == UNDECIDABLE
        assert measured(below, p=2.0 - EPS, q=2.0).word == UNDECIDABLE
        assert measured(most, gamma=2.0).word == HOLDS
        assert measured(most, gamma=2.0 - EPS).word == UNDECIDABLE
        assert measured(most, gamma=2.0 + 2 * EPS).word == UNDECIDABLE
        assert measured(most, gamma=1.0).margin == pytest.approx(1 / 3)

    def test_norms(self):
        says = Norm(w) <= Norm(w_star)
        assert measured(says, w=[0.0, 1.0], w_star=[1.0, 1.0]).word == HOLDS
        assert measured(says, w=[1.0, 2.0], w_star=[1.0, 1.0]).word == FAILS
        assert measured(says, w=[3.0, 4.0], w_star=[4.0, 3.0]).word == HOLDS
        assert measured(says, w=[3.0, 4.0], w_star=[4.0, 3.0 + 4 * EPS]).word == UNDECIDABLE

    def test_singular_values_and_row_sums(self):
        assert measured(SingularValue(V31, 1) <= 2, V31=np.array([[0.0, 1.9], [0.0, 0.0]])).word == HOLDS
        assert measured(SingularValue(V31, -1) >= 1, V31=diag(1.5, 0.5)).word == FAILS
        assert measured(MaxRowSum(w) <= 1, w=[0.5, -2.0]).word == FAILS
        assert measured(SpectralRadius(V31) < 1, V31=diag(0.5, -0.9)).margin == pytest.approx(0.1 / 1.9)


class TestRegular:
    def test_both_sides(self):
        says = Invertible(V31)
        found = measured(says, V31=diag(4, 1))
        assert (found.word, found.margin) == (HOLDS, 0.25)
        assert measured(says, V31=diag(1, 1e-12)).word == HOLDS
        assert measured(says, V31=diag(1, EPS / 2)).word == UNDECIDABLE
        assert measured(says, V31=diag(0, 0)).word == FAILS

    def test_at_the_threshold_the_numbers_as_given_are_told(self):
        found = measured(Invertible(V31), V31=diag(1, 0))
        assert (found.word, found.note) == (UNDECIDABLE, "exactly singular, as given")
        assert measured(Invertible(V31), V31=diag(1, 2.0**-60)).note == ""

    def test_an_exact_step_leaves_nothing(self):
        says, known = Invertible(Q), {Q: I - eta_W * S_W}
        assert measured(says, definitions=known, S_W=diag(4, 4), eta_W=0.25).word == FAILS
        assert measured(says, definitions=known, S_W=diag(4, 2), eta_W=0.25).word == UNDECIDABLE
        # A third is no binary number: what is left is rounding.
        assert measured(says, definitions=known, S_W=diag(3, 3), eta_W=1 / 3).word in (FAILS, UNDECIDABLE)

    def test_small_steps_do_not_hide_a_regular_matrix(self):
        """I - (I - P)(I - Q) in floats loses P + Q - P Q, which is multiplied out."""
        known = {P: eta_W * S_W, Q: eta_W * S_U, V31: I - (I - P) * (I - Q)}
        found = measured(Invertible(V31), definitions=known, S_W=diag(1, 2), S_U=diag(2, 1), eta_W=1e-18)
        assert found.word == HOLDS
        assert found.margin == pytest.approx(1.0)

    def test_unique(self):
        says = Unique(w_inf, Eq(w_inf, w_inf - S_W * (w_inf - w_star) - S_U * w_inf))
        assert measured(says, S_W=diag(1, 0), S_U=diag(0, 1), w_star=[1.0, 2.0]).word == HOLDS
        assert measured(says, S_W=diag(1, 0), S_U=diag(1, 0), w_star=[1.0, 2.0]).word == UNDECIDABLE
        assert measured(says, S_W=diag(0, 0), S_U=diag(0, 0), w_star=[1.0, 2.0]).word == FAILS


class TestSpectra:
    def test_contracts(self):
        says = Contracts(V31)
        found = measured(says, V31=diag(0.9, -0.5))
        assert (found.word, found.margin) == (HOLDS, pytest.approx(0.1))
        assert measured(says, V31=diag(0.5, -1.1)).word == FAILS
        for edge in (1.0, 1 - EPS / 2, 1 + EPS):
            assert measured(says, V31=diag(0.5, edge)).word == UNDECIDABLE
        rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
        assert measured(says, V31=rotation).word == UNDECIDABLE
        assert measured(says, V31=0.99 * rotation).word == HOLDS

    def test_a_defective_matrix_has_the_slack_of_a_root(self):
        """Bauer and Fike say nothing of a Jordan block; a change of eps moves its eigenvalues by about its root."""
        block = np.array([[0.5, 1.0], [0.0, 0.5]])
        found = measured(Contracts(V31), V31=block)
        assert found.word == HOLDS
        assert 1e-9 < found.slack < 1e-6
        near = measured(Contracts(V31), V31=block + diag(0.5, 0.5) * (1 - 1e-9))
        assert near.word == UNDECIDABLE
        perturbed = block + diag(0.5, 0.5) * (1 - 1e-9)
        perturbed[1, 0] = 4 * EPS
        assert np.abs(np.linalg.eigvals(perturbed)).max() > 1

    @pytest.mark.parametrize("side", [1, 2, 4])
    def test_the_slack_covers_what_rounding_does(self, side):
        rng = np.random.default_rng(side)
        for _ in range(20):
            matrix = rng.standard_normal((side, side))
            found = measured(Contracts(V31), V31=matrix)
            moved = matrix * (1 + EPS * rng.uniform(-1, 1, matrix.shape))
            change = np.abs(np.linalg.eigvals(moved)).max() - np.abs(np.linalg.eigvals(matrix)).max()
            assert abs(change) <= found.slack

    def test_spectrum_within(self):
        says, real = SpectrumWithin(V31, 0, 1), SpectrumWithin(V31, -oo, oo)
        assert measured(says, V31=diag(0.25, 0.75)).word == HOLDS
        assert measured(says, V31=diag(0.25, 1.5)).word == FAILS
        assert measured(says, V31=diag(0, 1)).word == HOLDS  # attained exactly
        assert measured(says, V31=diag(0, 1 + EPS)).word == UNDECIDABLE
        assert measured(real, V31=np.array([[0.0, -1.0], [1.0, 0.0]])).word == FAILS
        assert measured(real, V31=np.array([[1.0, 1.0], [0.0, 1.0]])).word == HOLDS
        assert measured(real, V31=np.array([[1.0, 1.0], [-(2.0**-60), 1.0]])).word == UNDECIDABLE

    def test_settles(self):
        says = Settles(V31, S_W)
        ours = {"S_W": diag(1, 0)}
        assert measured(says, V31=diag(0.5, 0.5), **ours).word == HOLDS
        assert measured(says, V31=diag(0.5, 1), **ours).word == HOLDS  # what is frozen is not pushed
        assert measured(says, V31=diag(1, 0.5), **ours).word == UNDECIDABLE  # pushed: a drift, but only just
        assert measured(says, V31=diag(0.5, 1.5), **ours).word == FAILS
        assert measured(says, V31=diag(0.5, 1 + EPS), **ours).word == UNDECIDABLE

    def test_tends_to(self):
        says = TendsTo(w, V31 * w + w_star, w_0, w_inf)
        ours = {"V31": diag(0.5, 0.5), "w_star": [1.0, 0.0], "w_0": [3.0, 4.0]}
        assert measured(says, **ours, w_inf=[2.0, 0.0]).word == HOLDS
        assert measured(says, **ours, w_inf=[2.0, 1e-6]).word == FAILS
        assert measured(says, **ours | {"V31": diag(0.5, 2)}, w_inf=[2.0, 0.0]).word == FAILS
        # The start has no part along what grows.
        grows = ours | {"V31": diag(0.5, 2), "w_0": [3.0, 0.0]}
        assert measured(says, **grows, w_inf=[2.0, 0.0]).word == HOLDS
        assert measured(says, **grows | {"w_0": [3.0, 2.0**-60]}, w_inf=[2.0, 0.0]).word == UNDECIDABLE
        assert measured(says, **ours | {"V31": diag(0.5, 1)}, w_inf=[2.0, 0.0]).word == UNDECIDABLE


class TestPolynomials:
    x = (alpha, b, q, p)

    @pytest.mark.parametrize(
        ("coefficients", "word"),
        [
            ((1.0, 0.0, 1.0, 0.0), HOLDS),
            ((0.0, 0.0, 0.0, 0.0), HOLDS),
            ((1.0, -3.0, 1.0, 0.0), FAILS),
            ((1.0, 0.0, 0.0, -1e-9), FAILS),
            ((-1e-9, 0.0, 0.0, 1.0), FAILS),
            ((1.0, -2.0, 1.0, 0.0), HOLDS),  # touches zero at 1, exactly
            ((1.0, -2.0 - 2 * EPS, 1.0, 0.0), UNDECIDABLE),
            ((1.0, -2.0 + 1e-9, 1.0, 0.0), HOLDS),
            ((0.0, 0.0, 1.0, 1.0), HOLDS),
        ],
    )
    def test_cubics(self, coefficients, word):
        names = dict(zip(("alpha", "b", "q", "p"), coefficients, strict=True))
        assert measured(NonnegativeForPositive(*self.x), **names).word == word

    def test_no_margin_depends_on_the_unit_of_x(self):
        first = measured(NonnegativeForPositive(*self.x), alpha=1.0, b=-1.5, q=1.0, p=0.0)
        second = measured(NonnegativeForPositive(*self.x), alpha=1.0, b=-1.5e3, q=1e6, p=0.0)
        assert first.margin == pytest.approx(second.margin, rel=1e-6)
        assert first.margin == pytest.approx(0.5 / 3.5, rel=1e-3)

    def test_non_decreasing(self):
        says = NonDecreasing(alpha * p / (1 + p), p)
        assert measured(says, alpha=2.0).word == HOLDS
        assert measured(says, alpha=-2.0).word == FAILS
        assert measured(NonDecreasing(p**2 - alpha * p, p), alpha=0.5).word == FAILS


class TestMinimises:
    def test_free_and_constrained(self):
        objective = Inner(h - w, h - w)
        free, onto = Minimises(h, objective, w_star), Minimises(h, objective, w_star, Eq(S_W * h, S_W * w_t))
        assert measured(free, w=[1.0, 2.0], w_star=[1.0, 2.0]).word == HOLDS
        assert measured(free, w=[1.0, 2.0], w_star=[1.0, 2.0 + 1e-6]).word == FAILS
        ours = {"w": [1.0, 2.0], "S_W": diag(1, 0), "w_t": [5.0, 0.0]}
        assert measured(onto, **ours, w_star=[5.0, 2.0]).word == HOLDS
        assert measured(onto, **ours, w_star=[5.0, 2.5]).word == FAILS
        broken = measured(onto, **ours, w_star=[4.0, 2.0])
        assert (broken.word, broken.note) == (FAILS, "the point breaks the constraint")
        assert measured(Minimises(h, -objective, w_star), w=[1.0, 2.0], w_star=[1.0, 2.0]).word == FAILS


class TestConnectives:
    ONE, TWO = Invertible(V31), Eq(w, w_star)
    TRUE, FALSE, OPEN = {"V31": diag(1, 2)}, {"V31": diag(0, 0)}, {"V31": diag(1, 0)}
    SAME, OTHER = {"w": [1.0, 0.0], "w_star": [1.0, 0.0]}, {"w": [1.0, 0.0], "w_star": [2.0, 0.0]}

    @pytest.mark.parametrize(
        ("first", "second", "both", "iff", "implies"),
        [
            (TRUE, SAME, HOLDS, HOLDS, HOLDS),
            (TRUE, OTHER, FAILS, FAILS, FAILS),
            (FALSE, SAME, FAILS, FAILS, HOLDS),
            (FALSE, OTHER, FAILS, HOLDS, HOLDS),
            (OPEN, SAME, UNDECIDABLE, UNDECIDABLE, HOLDS),
            (OPEN, OTHER, FAILS, UNDECIDABLE, UNDECIDABLE),
        ],
    )
    def test_words(self, first, second, both, iff, implies):
        inputs = first | second
        assert measured(All(self.ONE, self.TWO), **inputs).word == both
        assert measured(Iff(self.ONE, self.TWO), **inputs).word == iff
        assert measured(Implies(self.ONE, self.TWO), **inputs).word == implies

    def test_weakest(self):
        assert weakest([HOLDS, UNDECIDABLE, FAILS]) == FAILS
        assert weakest([HOLDS, UNDECIDABLE]) == UNDECIDABLE
        assert weakest([]) == HOLDS


def test_what_inverts_a_singular_matrix_is_undecidable_and_says_so():
    found = measured(Eq(V31.inv() * w, w_star), V31=diag(1, 0), w=[1.0, 1.0], w_star=[1.0, 1.0])
    assert found.word == UNDECIDABLE
    assert isnan(found.margin)
    assert found.slack == inf
    assert "singular" in found.note


def test_a_pseudo_inverse_takes_rounding_for_zero():
    """A rank that only rounding could raise is not raised: the projector is that of the nearest singular matrix."""
    gram = symmetric(turned(diag(2, 0)))
    axis = turned(diag(1, 1))[:, 0] * 0 + np.array([np.cos(0.7), np.sin(0.7)])
    found = measured(Vanishes(S_W * PseudoInverse(S_W) * w - w, Norm(w)), S_W=gram, w=axis)
    assert found.word == UNDECIDABLE
    assert -found.margin < 1e-14
    assert measured(Vanishes(S_W * PseudoInverse(S_W) * w - w, Norm(w)), S_W=gram, w=[1.0, 0.0]).word == FAILS


class TestStatements:
    SCALAR = {"S_W": [[1.0]], "S_U": [[1.0]], "w_star": [0.0], "u_star": [1.0], "eta_W": 0.5, "eta_U": 0.25}

    def test_a_table_of_hypotheses(self):
        found = statements[BIASED_EQUILIBRIUM].measure(**self.SCALAR)
        assert found
        assert [row.word for row in found.rows] == [HOLDS]
        assert found.rows[0].measurement.margin == 1.0
        text = str(found)
        assert text.splitlines()[0].split() == ["hypothesis", "measured", "margin", "slack", "needed", "by"]
        assert "M is invertible" in text
        assert found._repr_markdown_().splitlines()[2].startswith("| ")

    def test_a_drift_has_no_rest(self):
        found = statements[BIASED_EQUILIBRIUM].measure(**self.SCALAR | {"eta_W": 2.0, "eta_U": 2.0})
        assert not found
        assert found.word == FAILS

    def test_each_conclusion_has_its_own(self):
        found = statements[CLOSED_FORM].measure(**self.SCALAR)
        assert {row.conclusions for row in found.rows} == {(f"{CLOSED_FORM}.e",), (f"{CLOSED_FORM}.f",)}
        assert found.word_for(f"{CLOSED_FORM}.e") == HOLDS
        with pytest.raises(InputError, match=rf"no conclusion '{CLOSED_FORM}\.g'; it has {CLOSED_FORM}\.e"):
            found.word_for(f"{CLOSED_FORM}.g")

    def test_singular_pairs_by_construction(self):
        X = np.random.default_rng(5).standard_normal((2, 4))
        gram = X.T @ X / 2
        target = np.ones(4)
        inputs = {"S_W": gram, "S_U": gram, "w_star": target, "u_star": target, "eta_W": 0.1, "eta_U": 0.1}
        assert statements[SINGULAR_EQUILIBRIUM].measure(**inputs).word == UNDECIDABLE
        assert statements[SINGULAR_EQUILIBRIUM].measure(**inputs, grams=["S_W", "S_U"])
        assert statements[BIASED_EQUILIBRIUM].measure(**inputs, grams=["S_W", "S_U"]).word == UNDECIDABLE

    def test_the_box(self):
        measure = statements[STEP_SIZE_BOX].measure
        assert measure(**self.SCALAR | {"eta_W": 1.5}).word == HOLDS
        assert measure(**self.SCALAR | {"eta_W": 2.0}).word == UNDECIDABLE
        assert measure(**self.SCALAR | {"eta_W": 2.5}).word == FAILS

    def test_no_hypotheses(self):
        found = statements[ERROR_RECURSION].measure()
        assert found
        assert found.rows == ()
        assert "no hypotheses" in str(found)
        assert "no hypotheses" in found._repr_markdown_()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"S_X": [[1.0]]}, "unknown input 'S_X'"),
            ({"S_W": None}, "missing S_W"),
            ({"S_W": [[float("nan")]]}, "non-finite"),
            ({"S_W": [[1.0, 2.0], [0.0, 1.0]]}, "S_W"),
            ({"eta_W": -1.0}, "must be positive"),
            ({"eta_W": "x"}, "eta_W has dtype"),
            ({"S_W": [[[1.0]], [[2.0]]]}, "one geometry at a time"),
            ({"eta_W": [1.0, 2.0]}, "one geometry at a time"),
            ({"grams": ["w_star"]}, "no Gram matrix"),
            ({"grams": ["S_X"]}, "no Gram matrix; those are"),
        ],
    )
    def test_errors(self, change, message):
        given_ = {name: value for name, value in (self.SCALAR | change).items() if value is not None}
        with pytest.raises(InputError, match=message):
            statements[BIASED_EQUILIBRIUM].measure(**given_)

    def test_every_theorem_can_be_measured(self):
        """On numbers that satisfy nothing in particular, every hypothesis gets a word."""
        rng = np.random.default_rng(0)
        shapes = {"gram": (2, 2), "matrix": (2, 2), "block": (2, 2), "vector": (2,), "inputs": (3, 2), "labels": (3,)}
        shapes |= {"history": (2, 4), "weights": (4,), "step": (), "scalar": ()}
        inputs = {}
        for name, item in PRIMITIVES.items():
            value = 2 if item.kind == "count" else abs(rng.standard_normal(shapes[item.kind])) + 0.1
            inputs[name] = value + value.T if item.kind == "gram" else value
        counted = 0
        for id_ in statements:
            found = statements[id_].measure(**inputs)
            for row in found.rows:
                counted += 1
                assert row.word in (HOLDS, FAILS, UNDECIDABLE)
                if row.word != UNDECIDABLE:
                    assert abs(row.measurement.margin) >= row.measurement.slack or row.measurement.margin == 0.0
        assert counted > 50


factors = st.sampled_from([2.0**k for k in (-200, -40, -3, 0, 7, 60, 200)]) | st.floats(1e-3, 1e3)
entries = st.integers(-8, 8).map(float)


@st.composite
def examples(draw, rows, columns=2):
    return np.array(draw(st.lists(st.lists(entries, min_size=columns, max_size=columns), min_size=rows, max_size=rows)))


class TestScale:
    """A margin has no unit: S c with eta / c is the same pair."""

    IDS = (BIASED_EQUILIBRIUM, FROZEN_KERNEL, CLOSED_FORM, SINGULAR_EQUILIBRIUM, STEP_SIZE_BOX)

    @pytest.mark.parametrize("id_", IDS)
    @given(X=examples(3), Z=examples(2), c=factors, k=factors)
    @pytest.mark.many(3)
    def test_statements(self, id_, X, Z, c, k):
        inputs = {"S_W": X.T @ X, "S_U": Z.T @ Z, "eta_W": 2.0**-7, "eta_U": 2.0**-6}
        scaled = inputs | {"S_W": c * inputs["S_W"], "S_U": k * inputs["S_U"]}
        scaled |= {"eta_W": inputs["eta_W"] / c, "eta_U": inputs["eta_U"] / k}
        first, second = (statements[id_].measure(**x, grams=["S_W", "S_U"]) for x in (inputs, scaled))
        for a, c in zip(first.rows, second.rows, strict=True):
            assert abs(a.measurement.margin - c.measurement.margin) <= 2 * (a.measurement.slack + c.measurement.slack)
            assume(abs(abs(a.measurement.margin) - a.measurement.slack) > a.measurement.slack / 2)
            if a.measurement.margin:
                assert a.word == c.word

    @given(u=examples(1), w=examples(1), Z=examples(2), c=factors, k=factors)
    def test_vectors_and_matrices_have_units_of_their_own(self, u, w, Z, c, k):
        says = Vanishes(S_U * (u_star - w_star), Norm(u_star))
        inputs = {"S_U": Z.T @ Z, "u_star": u[0], "w_star": w[0]}
        first = measured(says, **inputs)
        second = measured(says, S_U=c * inputs["S_U"], u_star=k * u[0], w_star=k * w[0])
        assert abs(first.margin - second.margin) <= first.slack + second.slack
        assert (first.word == FAILS) == (second.word == FAILS)

    @given(matrix=examples(2), c=factors)
    def test_regular(self, matrix, c):
        first, second = measured(Invertible(V31), V31=matrix), measured(Invertible(V31), V31=c * matrix)
        assert first.word == second.word
        assert first.margin == pytest.approx(second.margin, rel=1e-9, abs=1e-14)


@given(X=examples(3), Z=examples(3))
def test_what_holds_and_what_fails_agrees_with_the_exact_decision(X, Z):
    """On small whole numbers nothing is lost: the word, where there is one, is that of the rationals."""
    from proofs_check.evidence.instances import instance_of

    formula = formulas[STEP_SIZE_BOX]
    inputs = {"S_W": X.T @ X, "S_U": Z.T @ Z, "eta_W": 2.0**-6, "eta_U": 2.0**-6}
    found = statements[STEP_SIZE_BOX].measure(**inputs)
    exact = {"S_W": [[int(x) for x in row] for row in X.T @ X], "S_U": [[int(x) for x in row] for row in Z.T @ Z]}
    from fractions import Fraction

    at = instance_of(formula, exact | {"eta_W": Fraction(1, 64), "eta_U": Fraction(1, 64)})
    for row in found.of(STEP_SIZE_BOX):
        assert row.word == UNDECIDABLE or (row.word == HOLDS) == row.assumption.holds(at)
