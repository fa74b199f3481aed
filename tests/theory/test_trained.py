"""Section 9 against the layer multiplied out by hand, answers known by hand, and pairs moved one turn at a time."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sympy import Matrix, Rational, eye, zeros

from tests.theory.pairs import pairs, pick
from theory import SingularError, formulas
from theory.families.trained_pair import J_W
from theory.language.nodes import EntrySum, MaxRowSum
from theory.language.symbols import w_star

small = st.builds(Fraction, st.integers(-6, 6), st.integers(1, 3))
SHAPES = {"V31": "dd", "V32": "d", "V33": "dd", "V34": "d"} | {
    "K13": "dd",
    "K14": "d",
    "K23": "d",
    "K24": "",
    "K33": "dd",
    "K34": "d",
    "K43": "d",
    "K44": "",
}


def array(entries) -> np.ndarray:
    out = np.empty(np.shape(entries), dtype=object)
    for index in np.ndindex(out.shape):
        out[index] = Fraction(np.asarray(entries, dtype=object)[index])
    return out


def rational(value) -> object:
    value = np.asarray(value, dtype=object)
    if value.ndim == 0:
        return Rational(value[()].numerator, value[()].denominator)
    return Matrix(value.tolist()).applyfunc(lambda x: Rational(x.numerator, x.denominator))


@st.composite
def layers(draw):
    """A prompt, an iterate and all blocks of a layer that matter."""
    n, d = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    sizes = {"n": n, "d": d}
    shapes = {"X": "nd", "y": "n", "w": "d"} | SHAPES
    found = {}
    for name, axes in shapes.items():
        shape = tuple(sizes[a] for a in axes)
        count = int(np.prod(shape, dtype=int))
        found[name] = array(draw(st.lists(small, min_size=count, max_size=count))).reshape(shape)
    return found


def answer(g, w=None) -> np.ndarray:
    """The layer on the token matrix, literally, with idle entries that are not zero."""
    w = g["w"] if w is None else w
    n, d = g["X"].shape
    V, K = (array(np.full((2 * d + 2, 2 * d + 2), 7)) for _ in "VK")
    rows = {"1": slice(0, d), "2": d, "3": slice(d + 1, 2 * d + 1), "4": 2 * d + 1}
    for name in SHAPES:
        (V if name[0] == "V" else K)[rows[name[1]], rows[name[2]]] = g[name]
    Z = array(np.zeros((2 * d + 2, n + 1), dtype=int))
    Z[:d, :n], Z[d, :n], Z[d + 1 : -1, n], Z[-1, n] = g["X"].T, g["y"], w, 1
    return (Z + V @ Z @ (Z.T @ K @ Z) / Fraction(n))[d + 1 : -1, -1]


def inputs(g, **more):
    return {name: rational(value) for name, value in g.items()} | more


class TestLayer:
    @given(layers())
    def test_update_is_the_layer_multiplied_out(self, g):
        assert formulas["trained-layer.update"].exact(**inputs(g)) == rational(answer(g))

    @given(layers())
    def test_leakage_is_what_the_other_blocks_add(self, g):
        own = {name: value if name in ("V31", "K13", "K24", "X", "y", "w") else 0 * value for name, value in g.items()}
        found = formulas["trained-layer.leakage"].exact(**inputs(g))
        assert found == rational(answer(g) - answer(own))
        assert formulas["trained-layer.leakage"].exact(**inputs(own)) == zeros(len(found), 1)

    @given(layers(), st.lists(small, min_size=2, max_size=2))
    def test_bounds_hold_between_any_two_iterates(self, g, shift):
        d = len(g["w"])
        h = array(shift[:d])
        there = g["w"] + h
        size = lambda v: max(map(abs, v))  # noqa: E731
        radius = max(size(g["w"]), size(there)) + Fraction(1, 100)
        own = {name: value if name in ("V31", "K13", "K24", "X", "y", "w") else 0 * value for name, value in g.items()}
        leaked = [answer(g, x) - answer(own, x) for x in (g["w"], there)]
        steepest = formulas["trained-layer.slope-bound"].exact(**inputs(g), r=rational(radius))
        assert rational(size(leaked[1] - leaked[0])) <= steepest * rational(size(h))
        slope = formulas["trained-layer.slope"]
        change = slope.exact(**inputs(g | {"w": there})) - slope.exact(**inputs(g))
        bend = formulas["trained-layer.curvature"].exact(**inputs(g), n=len(g["y"]), r=rational(radius))
        assert max(sum(map(abs, change.row(i))) for i in range(d)) <= bend * rational(size(h))

    def test_bounds_are_attained(self):
        """With d = n = 1 and positive numbers nothing is lost in the estimates at the edge of the ball."""
        one = {
            name: array(np.ones([1] * len(axes))) for name, axes in ({"X": "nd", "y": "n", "w": "d"} | SHAPES).items()
        }
        # F - 1 - V31 S K13 = 1 + 2 + 3, quadratic part 2 * (2 + 1), cubic part 3
        assert formulas["trained-layer.slope-bound"].exact(**inputs(one), r=1) == 6 + 6 + 3
        assert formulas["trained-layer.slope"].exact(**inputs(one))[0] == 1 + 1 + 15
        assert formulas["trained-layer.curvature"].exact(**inputs(one), n=1, r=1) == 6 + 6

    @given(layers())
    def test_floats_follow(self, g):
        floats = {name: value.astype(float) for name, value in g.items()}
        found = formulas["trained-layer.update"].numpy(**floats)
        assert np.allclose(found, answer(g).astype(float), rtol=1e-9, atol=1e-6)


class TestOptimum:
    @pytest.mark.parametrize(("n", "d"), [(1, 1), (4, 1), (3, 2), (12, 5)])
    def test_isotropic_loss_by_hand(self, n, d):
        """By hand: d (1 - n/(n + d + 1))."""
        expected = Rational(d * (d + 1), n + d + 1)
        assert formulas["free-layer-optimum.least"].exact(Sigma=eye(d), n=n, d=d) == expected
        assert formulas["free-layer-optimum.forgetful"].exact(Sigma=eye(d), n=n, d=d, kappa=3) == 3 * expected

    def test_nothing_is_lost_at_the_optimum_only(self):
        sigma, n = Matrix([[2, 1], [1, 3]]), 2
        best = -formulas["population-optimum.V31"].exact(Sigma=sigma, n=n)
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


class TestPlateau:
    @given(pairs())
    def test_gradient_steps_give_the_biased_equilibrium(self, g):
        d = g["S_W"].shape[0]
        unit = eye(d)
        blocks = {f"K13_{role}": unit for role in "WU"} | {f"V31_{role}": -g[f"eta_{role}"] * unit for role in "WU"}
        arguments = pick(g, "S_W", "S_U", "w_star", "u_star")
        try:
            expected = formulas["biased-equilibrium.e"].exact(**arguments, **pick(g, "eta_W", "eta_U"))
        except SingularError:
            with pytest.raises(SingularError):
                formulas["trained-plateau.w"].exact(**arguments, **blocks)
            return
        assert formulas["trained-plateau.w"].exact(**arguments, **blocks) == expected + g["w_star"]
        bias = formulas["biased-equilibrium.f"].exact(**arguments, **pick(g, "eta_W", "eta_U"))
        assert formulas["trained-plateau.u"].exact(**arguments, **blocks) == bias + g["u_star"]

    def test_by_hand(self):
        """W: w/2 + 1/2, U: u/2 + 1, bent keys: one turn is w/4 + 1, at rest at 4/3."""
        given_ = {"S_W": [[1]], "S_U": [[1]], "V31_W": [[Rational(-1, 4)]], "V31_U": [[Rational(-1, 8)]]}
        given_ |= {"K13_W": [[2]], "K13_U": [[4]]}
        assert formulas["trained-plateau.w"].exact(**given_, w_star=[2], u_star=[8]) == Matrix([Rational(4, 3)])
        assert formulas["trained-plateau.u"].exact(**given_, w_star=[2], u_star=[8]) == Matrix([Rational(5, 3)])

    @given(st.integers(1, 9), st.integers(-9, 9), st.integers(-9, 9))
    def test_the_shift_is_attained_in_one_dimension(self, slope, leak, push):
        """From w -> a w + g to w -> (a + l) w + g + p: the true shift, if l and 1 - a have one sign."""
        a, extra, p = Rational(slope, 20), Rational(leak, 40), Rational(push, 7)
        w0 = 1 / (1 - a)
        residual = extra * w0 + p
        moved = (1 + p) / (1 - a - extra) - w0
        found = formulas["trained-plateau.shift"].exact(J_W=[[a]], J_U=[[1]], residual=[residual], lam=abs(extra))
        assert abs(moved) <= found
        if leak >= 0:
            assert abs(moved) == found

    def test_slope_by_hand(self):
        given_ = {"J_W": [[1, -2], [0, 1]], "J_U": [[2, 0], [1, 1]], "lam_W": 5, "lam_U": 7}
        assert formulas["trained-plateau.slope"].exact(**given_) == 3 * 7 + 5 * 2 + 35


class TestNorms:
    def test_values(self):
        at = formulas["trained-plateau.slope"]
        assert at.numpy(J_W=[[1.0, -2.0], [0.5, 0.0]], J_U=np.eye(2), lam_W=0.0, lam_U=1.0) == 3.0
        batch = np.stack([np.eye(2), -3 * np.eye(2)])
        assert at.numpy(J_W=batch, J_U=np.eye(2), lam_W=0.0, lam_U=1.0).tolist() == [1.0, 3.0]

    def test_latex(self):
        from sympy import latex

        assert latex(MaxRowSum(w_star)).endswith(r"\right\rVert_\infty")
        assert latex(EntrySum(J_W) ** 2).endswith("_1^{2}")
