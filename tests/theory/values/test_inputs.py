"""Each way to hand a formula something inadmissible has its own message, in floating point and exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sympy import Integer, Matrix, Rational, Symbol, oo, sqrt

from tests.families.test_dynamics import CLOSED_FORM
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM, GAP_IS_SHARED, SINGULAR_EQUILIBRIUM
from tests.families.test_population import POPULATION_OPTIMUM
from tests.families.test_small_step import SMALL_STEP
from tests.theory.drawn import small
from theory import InputError, SingularError, TheoryError, formulas
from theory.values.inputs import array_instance

RESIDUAL = formulas[f"{BIASED_EQUILIBRIUM}.e"]
CLOSED = formulas[f"{CLOSED_FORM}.e"]
FLOATS = {
    "S_W": [[2, 0], [0, 1]],
    "S_U": [[1, 0], [0, 3]],
    "eta_W": 0.3,
    "eta_U": 0.2,
    "w_star": [0, 0],
    "u_star": [1, 1],
}
EXACT = FLOATS | {"eta_W": Fraction(3, 10), "eta_U": Fraction(1, 5)}
EYE = np.eye(2)


def of_side(side):
    """Good inputs of another dimension."""
    eye = np.eye(side)
    return {"S_W": eye, "S_U": eye, "eta_W": 0.3, "eta_U": 0.2, "w_star": np.zeros(side), "u_star": np.ones(side)}


BAD_FLOATS = {
    "unknown name": ({"S_X": EYE}, r"unknown input 'S_X'; it needs S_W, S_U, eta_W"),
    "too few axes": ({"S_W": [1, 2]}, r"S_W has shape \(2,\); expected \(\.\.\., d, d\)"),
    "not square": ({"S_W": [[1, 2, 3], [2, 1, 1]]}, r"S_W has d = 3, but another input has d = 2"),
    "other dimension": ({"S_U": np.eye(3)}, r"S_U has d = 3, but another input has d = 2"),
    "vector too long": ({"w_star": [1, 2, 3]}, r"w_star has d = 3, but another input has d = 2"),
    "not a number": ({"S_W": [[np.nan, 0], [0, 1]]}, r"S_W has a non-finite entry"),
    "infinite": ({"eta_W": np.inf}, r"eta_W has a non-finite entry"),
    "asymmetric": ({"S_W": [[1, 2], [3, 4]]}, r"S_W is not symmetric \(asymmetry 1\); pass a Gram matrix"),
    "zero step": ({"eta_W": 0}, r"eta_W = 0 must be positive: step size of W"),
    "negative step in a batch": ({"eta_U": [1.0, -2.0]}, r"eta_U = -2 must be positive"),
    "complex": ({"S_W": EYE * 1j}, r"S_W has dtype complex128; give real numbers"),
    "strings": ({"S_W": [["1", "0"], ["0", "1"]]}, r"S_W has dtype <U1; give real numbers"),
    "boolean": ({"S_W": EYE.astype(bool)}, r"S_W has dtype bool; give real numbers"),
    "objects": ({"S_W": {}}, r"S_W has an entry {} of type dict; give real numbers"),
    "ragged": ({"S_W": [[1, 2], [2]]}, r"S_W has rows of different length"),
    "empty dimension": (
        {"S_W": np.zeros((0, 0)), "S_U": np.zeros((0, 0)), "w_star": [], "u_star": []},
        r"S_W has an empty axis d: shape \(0, 0\)",
    ),
    "empty batch": ({"S_W": np.zeros((0, 2, 2))}, r"S_W has an empty batch axis: shape \(0, 2, 2\)"),
    "batches that do not match": (
        {"S_W": np.stack([EYE] * 3), "S_U": np.stack([EYE] * 2)},
        r"the batch axes do not broadcast together: S_W \(3,\), S_U \(2,\)",
    ),
    "dimension against arrays": ({"d": 3}, r"d = 3, but the arrays have d = 2"),
    "dimension not a number": ({"d": "two"}, r"d = 'two' must be a positive whole number"),
}

#: What only the values are wrong with.
VALUES = ("not a number", "infinite", "asymmetric", "zero step", "negative step in a batch")

BAD_EXACT = {
    "unknown name": ({"S_X": 1}, r"unknown input 'S_X'"),
    "float": ({"eta_W": 0.5}, r"eta_W = 0.5 is a float; exact evaluation takes int, Fraction or SymPy Rational"),
    "float array": ({"S_W": EYE}, r"S_W = 1.0 is a float"),
    "numpy float": ({"eta_W": np.float64(0.5)}, r"is a float"),
    "decimal": ({"eta_W": Decimal("0.5")}, r"is not a rational number"),
    "string": ({"eta_W": "1/2"}, r"eta_W = '1/2' is not a rational number"),
    "boolean": ({"eta_W": True}, r"eta_W holds True, a truth value"),
    "complex": ({"S_W": [[1j, 0], [0, 1]]}, r"S_W = 1j is not a rational number"),
    "irrational": ({"eta_W": sqrt(2)}, r"eta_W = sqrt\(2\) is not a rational number"),
    "infinite": ({"eta_W": oo}, r"eta_W = oo is not a rational number"),
    "symbol": ({"eta_W": Symbol("x")}, r"eta_W = x is not a rational number"),
    "ragged": ({"S_W": [[1, 2], [2]]}, r"S_W has rows of different length \[2, 1\]"),
    "batch": ({"S_W": [[[1, 0], [0, 1]]]}, r"S_W is nested too deeply; exact evaluation takes one geometry"),
    "asymmetric": ({"S_W": [[1, 2], [3, 4]]}, r"S_W is not symmetric"),
    "zero step": ({"eta_W": 0}, r"eta_W = 0 must be positive"),
    "too few axes": ({"S_W": [1, 2]}, r"S_W has 1 axes; expected \(d, d\)"),
    "row vector": ({"w_star": [[1, 2]]}, r"w_star has 2 axes; expected \(d\)"),
    "scalar for a vector": ({"w_star": 1}, r"w_star has 0 axes; expected \(d\)"),
    "step as a list": ({"eta_W": [1, 2]}, r"eta_W has 1 axes; expected \(\)"),
    "other dimension": ({"S_U": [[1]]}, r"S_U has d = 1, but another input has d = 2"),
    "empty row": ({"S_W": [[]]}, r"S_W has an empty axis d: shape \(1, 0\)"),
    "dimension against matrices": ({"d": 3}, r"d = 3, but the arrays have d = 2"),
}


class TestFloats:
    @pytest.mark.parametrize("name", BAD_FLOATS)
    def test_refused(self, name):
        bad, message = BAD_FLOATS[name]
        with pytest.raises(InputError, match=message) as caught:
            RESIDUAL.numpy(**FLOATS | bad)
        assert str(caught.value).startswith(f"{BIASED_EQUILIBRIUM}.e: ")
        assert isinstance(caught.value, TheoryError)

    def test_missing_names_are_listed_with_their_meaning(self):
        with pytest.raises(InputError, match=r"missing S_U \(Gram matrix of U's prompt\), .*for example S_U=\.\.\."):
            RESIDUAL.numpy(S_W=EYE)

    def test_known_names_that_are_not_needed_are_ignored(self):
        expected = RESIDUAL.numpy(**FLOATS)
        assert np.array_equal(RESIDUAL.numpy(**FLOATS, w_0=[5, 5], t=3), expected)

    @pytest.mark.parametrize("count", [1.5, -1])
    def test_counts_are_whole(self, count):
        with pytest.raises(InputError, match=r"t = .* must be one whole number >= 0"):
            CLOSED.numpy(**FLOATS, w_0=[1, 1], t=count)

    def test_counts_are_shared_by_the_batch(self):
        with pytest.raises(InputError, match=r"t = \[1, 2\] must be one whole number for the whole batch"):
            CLOSED.numpy(**FLOATS, w_0=[1, 1], t=[1, 2])

    @pytest.mark.parametrize(
        ("grams", "where"),
        [
            ((np.zeros((2, 2)), np.zeros((2, 2))), "zero"),
            (([[1, 2], [2, 4]], [[3, 6], [6, 12]]), "a common kernel"),
            ((np.outer([1 / 3, 0.7], [1 / 3, 0.7]), 0.37 * np.outer([1 / 3, 0.7], [1 / 3, 0.7])), "up to rounding"),
            (([EYE, np.zeros((2, 2))], [EYE, np.zeros((2, 2))]), "one of a batch"),
        ],
        ids=lambda x: x if isinstance(x, str) else "",
    )
    def test_singular_geometries_name_the_remedy(self, grams, where):
        with pytest.raises(SingularError, match=rf"is singular for at least one geometry.*{SINGULAR_EQUILIBRIUM}\.e"):
            RESIDUAL.numpy(**FLOATS | {"S_W": grams[0], "S_U": grams[1]})

    def test_tiny_and_huge_geometries_are_not_singular(self):
        for scale in (1e-150, 1e150):
            found = RESIDUAL.numpy(
                **FLOATS | {"S_W": scale * EYE, "S_U": scale * EYE, "eta_W": 0.3 / scale, "eta_U": 0.3 / scale}
            )
            assert np.allclose(found, 0.7 * 0.3 / (0.6 - 0.09))

    def test_a_symmetric_gram_up_to_rounding_is_accepted(self):
        rng = np.random.default_rng(0)
        X = rng.standard_normal((50, 2))
        gram = X.T @ X / 50
        gram[0, 1] *= 1 + 1e-14
        RESIDUAL.numpy(**FLOATS | {"S_W": gram})

    @pytest.mark.parametrize("side", [2, 40, 70, 130])
    @pytest.mark.parametrize("lead", [(), (3,), (1200,)])
    def test_one_asymmetric_pair_of_entries_is_found(self, side, lead):
        """Whether entries are compared, or first a combination of all of them is looked at."""
        lead = lead if side < 40 else tuple(min(n, 3) for n in lead)
        rng = np.random.default_rng(side)
        for _ in range(8):
            gram = np.broadcast_to(np.eye(side), (*lead, side, side)).copy()
            i, j = rng.choice(side, 2, replace=False)
            gram[..., i, j] = gram[..., j, i] = 0.25
            RESIDUAL.numpy(**of_side(side) | {"S_W": gram})
            gram[(*(2 for _ in lead), i, j)] += 1e-9
            with pytest.raises(InputError, match=r"S_W is not symmetric \(asymmetry 1e-09\)"):
                RESIDUAL.numpy(**of_side(side) | {"S_W": gram})

    @pytest.mark.parametrize("batch", [2, 2000])
    def test_each_matrix_is_judged_by_its_own_size(self, batch):
        gram = np.broadcast_to(np.eye(2), (batch, 2, 2)).copy()
        gram[0] *= 1e15
        gram[1, 0, 1] = 0.5
        with pytest.raises(InputError, match=r"S_W is not symmetric \(asymmetry 0\.5\)"):
            RESIDUAL.numpy(**FLOATS | {"S_W": gram})

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("side", [2, 70])
    def test_a_symmetric_entry_that_is_not_finite_is_found(self, bad, side):
        gram = np.eye(side)
        gram[0, 1] = gram[1, 0] = bad
        with pytest.raises(InputError, match="S_W has a non-finite entry"):
            RESIDUAL.numpy(**FLOATS | {"S_W": gram})

    @pytest.mark.skipif(np.finfo(np.longdouble).bits == 64, reason="no wider float here")
    def test_a_wider_float_that_becomes_infinite_is_refused_without_a_warning(self):
        with pytest.raises(InputError, match="S_W has a non-finite entry"):
            RESIDUAL.numpy(**FLOATS | {"S_W": np.diag(np.full(2, np.finfo(np.longdouble).max))})

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("where", [(0, 0), (6, 6), (1, 5)])
    def test_an_entry_of_a_large_batch_that_is_not_finite_is_found(self, bad, where):
        gram = np.broadcast_to(np.eye(7), (200, 7, 7)).copy()
        RESIDUAL.numpy(**of_side(7) | {"S_W": gram})
        gram[150][where] = gram[150][where[::-1]] = bad
        with pytest.raises(InputError, match="S_W has a non-finite entry"):
            RESIDUAL.numpy(**of_side(7) | {"S_W": gram})

    @given(st.integers(1, 9), st.integers(0, 1000), st.integers(-306, 300), st.booleans())
    def test_every_symmetric_matrix_of_a_large_batch_is_accepted(self, side, seed, exponent, gram):
        """Of any size and sign; those that the combination cannot settle are compared entry by entry."""
        X = np.random.default_rng(seed).standard_normal((4500 // side**2 + 1, side, side))
        value = (X.mT @ X if gram else X + X.mT) * 10.0**exponent
        value[0] = 0
        assert array_instance("f", ("S_W",), (), {"S_W": value}, check=True).values["S_W"] is value

    @given(st.integers(2, 12), st.integers(0, 1000), st.integers(-20, 0))
    def test_asymmetric_matrices_of_a_large_batch_are_refused(self, side, seed, exponent):
        """Planted: a matrix that is not symmetric at all, down to a millionth of its size, among good ones."""
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((5000 // side**2 + 1, side, side))
        gram = X.mT @ X
        gram[rng.integers(len(gram))] += 2.0**exponent * np.triu(rng.standard_normal((side, side)), 1)
        with pytest.raises(InputError, match="S_W is not symmetric"):
            RESIDUAL.numpy(**of_side(side) | {"S_W": gram})

    @pytest.mark.parametrize("side", [70, 128, 512])
    def test_one_pair_of_entries_has_the_same_tolerance_in_large_matrices(self, side):
        """Relative to the largest entry, whatever the side: 2**-40."""
        gram = np.eye(side)
        gram[3, 1] = 2.0**-41
        RESIDUAL.numpy(**of_side(side) | {"S_W": gram})
        gram[3, 1] = 2.0**-39
        with pytest.raises(InputError, match="S_W is not symmetric"):
            RESIDUAL.numpy(**of_side(side) | {"S_W": gram})

    @pytest.mark.parametrize("batch", [1, 2000])
    @pytest.mark.parametrize(("above", "below"), [(1e300, 0), (1.7e308, -1.7e308)])
    def test_an_asymmetric_matrix_whose_trace_or_asymmetry_overflows_is_refused(self, batch, above, below):
        gram = np.broadcast_to(np.eye(3) * 1.7e308, (batch, 3, 3)).copy()
        gram[0, 0, 1], gram[0, 1, 0] = above, below
        with pytest.raises(InputError, match="S_W is not symmetric"):
            RESIDUAL.numpy(**of_side(3) | {"S_W": gram})

    def test_the_smallest_numbers_do_not_raise_where_underflow_does(self):
        gram = np.broadcast_to(np.eye(3) * 5e-324, (2000, 3, 3))
        with np.errstate(all="raise"):
            assert array_instance("f", ("S_W",), (), {"S_W": gram}, check=True).values["S_W"] is gram

    @pytest.mark.parametrize("side", [2, 70])
    def test_finite_entries_whose_sum_overflows_are_finite(self, side):
        limit = formulas[f"{GAP_IS_SHARED}.small-step"]
        huge = np.full(side * 100, 1.7e308)
        assert np.array_equal(limit.numpy(w_star=0 * huge, u_star=huge), huge)

    def test_an_integer_beyond_floats_is_refused(self):
        with pytest.raises(InputError, match="eta_W has an entry beyond the range of float64"):
            RESIDUAL.numpy(**FLOATS | {"eta_W": 10**400})

    def test_layouts_of_memory_do_not_matter(self):
        expected = RESIDUAL.numpy(**FLOATS)
        gram = np.array(FLOATS["S_W"], dtype=float)
        for same in (gram.astype(">f8"), np.asfortranarray(gram), np.kron(gram, np.ones((2, 2)))[::2, ::2]):
            assert np.array_equal(RESIDUAL.numpy(**FLOATS | {"S_W": same}), expected)

    def test_integers_and_fractions_are_numbers(self):
        assert np.allclose(RESIDUAL.numpy(**EXACT), RESIDUAL.numpy(**FLOATS))


class TestUnchecked:
    """``check=False``: entries are taken as they are; names and shapes are not."""

    @pytest.mark.parametrize("case", [k for k in BAD_FLOATS if k not in VALUES])
    def test_names_and_shapes_are_checked_all_the_same(self, case):
        change, message = BAD_FLOATS[case]
        with pytest.raises(InputError, match=message):
            RESIDUAL.numpy(check=False, **FLOATS | change)

    @pytest.mark.parametrize("case", VALUES)
    def test_values_are_not(self, case):
        with np.errstate(invalid="ignore"):
            RESIDUAL.numpy(check=False, **FLOATS | BAD_FLOATS[case][0])

    @given(st.integers(1, 9), st.integers(1, 600), st.integers(0, 1000))
    def test_good_inputs_give_the_same(self, side, batch, seed):
        X = np.random.default_rng(seed).standard_normal((2, batch, side + 2, side))
        S_W, S_U = X.mT @ X / (side + 2)
        given_ = of_side(side) | {"S_W": S_W, "S_U": S_U, "eta_W": 0.1}
        found, checked = RESIDUAL.numpy(check=False, **given_), RESIDUAL.numpy(**given_)
        # One right-hand side instead of two: another order of operations, each within n eps times the condition.
        P, Q = 0.1 * S_W, 0.2 * S_U
        condition = np.linalg.cond(P + Q - P @ Q)[:, None]
        size = np.linalg.norm(checked, axis=-1, keepdims=True)
        assert (np.abs(found - checked) <= 32 * side * np.finfo(float).eps * condition * size).all()

    def test_a_common_kernel_passes_unseen(self):
        """What the test of the matrices is for: without it, a direction in which nobody moves gets some value."""
        root = np.random.default_rng(1).standard_normal((6, 5))
        gram = root @ root.T
        given_ = of_side(6) | {"S_W": gram, "S_U": gram}
        assert np.isfinite(RESIDUAL.numpy(check=False, **given_)).all()
        with pytest.raises(SingularError):
            RESIDUAL.numpy(**given_)

    def test_a_zero_pivot_is_an_error_in_any_case(self):
        with pytest.raises(SingularError, match="is singular for at least one geometry"):
            RESIDUAL.numpy(check=False, **FLOATS | {"S_W": 0 * EYE, "S_U": 0 * EYE})


class TestExact:
    @pytest.mark.parametrize("name", BAD_EXACT)
    def test_refused(self, name):
        bad, message = BAD_EXACT[name]
        with pytest.raises(InputError, match=message) as caught:
            RESIDUAL.exact(**EXACT | bad)
        assert f"{BIASED_EQUILIBRIUM}.e" in str(caught.value)

    def test_missing_names_are_listed(self):
        with pytest.raises(InputError, match="missing S_U"):
            RESIDUAL.exact(S_W=[[1]])

    def test_a_singular_geometry_names_what_was_assumed_and_the_remedy(self):
        with pytest.raises(
            SingularError, match=rf"the formula assumes: .*\$M\$ is invertible\. Use .*{SINGULAR_EQUILIBRIUM}"
        ):
            RESIDUAL.exact(**EXACT | {"S_W": [[0, 0], [0, 0]], "S_U": [[0, 0], [0, 0]]})

    @pytest.mark.parametrize("count", [Fraction(3, 2), -1])
    def test_counts_are_whole(self, count):
        with pytest.raises(InputError, match="must be one whole number >= 0"):
            CLOSED.exact(**EXACT, w_0=[1, 1], t=count)

    @given(small, small)
    def test_every_kind_of_rational_is_the_same(self, x, y):
        as_ints = {"u_star": [x, y]}
        as_sympy = {"u_star": Matrix([Rational(x.numerator, x.denominator), Rational(y.numerator, y.denominator)])}
        as_columns = {"u_star": [[x], [y]]}
        found = [RESIDUAL.exact(**EXACT | u) for u in (as_ints, as_sympy, as_columns)]
        assert found[0] == found[1] == found[2]

    def test_integers_of_numpy_are_exact(self):
        assert RESIDUAL.exact(**EXACT | {"S_W": np.array(EXACT["S_W"])}) == RESIDUAL.exact(**EXACT)


class TestRatio:
    """The ratio of the steps may be left out: both steps stand in for it, or it is one."""

    limit = formulas[f"{SMALL_STEP}.e0"]
    given = {k: FLOATS[k] for k in ("S_W", "S_U", "w_star", "u_star")}

    def test_steps_stand_in(self):
        steps = {"eta_W": Fraction(3, 10), "eta_U": Fraction(1, 5)}
        assert self.limit.exact(**self.given, **steps) == self.limit.exact(**self.given, rho=Fraction(2, 3))
        assert np.allclose(
            self.limit.numpy(**self.given, eta_W=[0.3, 0.6], eta_U=0.2)[0], self.limit.numpy(**self.given, rho=2 / 3)
        )

    def test_a_common_step(self):
        assert self.limit.exact(**self.given) == self.limit.exact(**self.given, rho=1)
        assert np.allclose(self.limit.numpy(**self.given), self.limit.numpy(**self.given, rho=1))

    @pytest.mark.parametrize("evaluate", ["exact", "numpy"])
    def test_steps_that_stand_in_are_validated(self, evaluate):
        with pytest.raises(InputError, match="eta_W = 0 must be positive"):
            getattr(self.limit, evaluate)(**self.given, eta_W=0, eta_U=1)

    def test_a_float_step_is_blamed_by_its_own_name(self):
        with pytest.raises(InputError, match=r"eta_U = 0.5 is a float"):
            self.limit.exact(**self.given, eta_W=1, eta_U=0.5)


class TestDimensions:
    step = formulas[f"{POPULATION_OPTIMUM}.step"]

    def test_must_be_given_where_nothing_tells_them(self):
        with pytest.raises(InputError, match=r"missing the dimension n; pass n=\.\.\."):
            self.step.exact(d=2)

    @pytest.mark.parametrize("bad", [0, -1, 2.5, "3", True, None, [1]])
    @pytest.mark.parametrize("evaluate", ["exact", "numpy"])
    def test_are_positive_whole_numbers(self, evaluate, bad):
        with pytest.raises(InputError, match=r"n = .* must be a positive whole number"):
            getattr(self.step, evaluate)(n=bad, d=2)

    @pytest.mark.parametrize("bad", [0, -1, 1.5, "2", True, None])
    def test_of_explicit(self, bad):
        with pytest.raises(InputError, match=r"dimension = .* must be a positive whole number"):
            RESIDUAL.explicit(bad)

    def test_explicit_writes_dimensions_as_numbers(self):
        assert self.step.explicit(1, n=2) == Rational(1, 2)

    @pytest.mark.parametrize("evaluate", ["exact", "numpy"])
    def test_the_order_of_a_term_is_at_least_one(self, evaluate):
        """Order 0 of the general term is not the limit: the product of k - 1 factors would be an inverse."""
        given = {k: FLOATS[k] for k in ("S_W", "S_U", "w_star", "u_star")}
        with pytest.raises(InputError, match=r"order = .* must be a positive whole number"):
            getattr(formulas[f"{SMALL_STEP}.ek"], evaluate)(**given, rho=1, order=0)

    def test_orders_one_and_two_are_the_named_terms(self):
        given = {k: FLOATS[k] for k in ("S_W", "S_U", "w_star", "u_star")} | {"rho": Fraction(2, 3)}
        for who in "ef":
            for order in (1, 2):
                general = formulas[f"{SMALL_STEP}.{who}k"].exact(**given, order=Integer(order))
                assert general == formulas[f"{SMALL_STEP}.{who}{order}"].exact(**given)
