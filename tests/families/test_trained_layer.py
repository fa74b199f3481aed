"""The layer with all its weights, against the layer multiplied out by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sympy import Matrix, Rational, zeros

from tests.families.planting import Falsehood, flipped
from theory import formulas
from theory.language.symbols import K23, K43

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
    @pytest.mark.slow
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


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("trained-layer", "trained-layer.update", "a term lost", lambda e: e.func(*e.args[:-1])),
    ("trained-layer", "trained-layer.linear", "another row of K", lambda e: e.xreplace({K23: K43})),
    ("trained-layer", "trained-layer.offset", "flipped sign", flipped),
    ("trained-layer", "trained-layer.leakage", "flipped sign", flipped),
    ("trained-layer", "trained-layer.slope", "flipped sign", flipped),
    ("trained-layer", "trained-layer.slope-bound", "a thousandth of the bound", lambda e: e / 1000),
    ("trained-layer", "trained-layer.curvature", "a thousandth of the bound", lambda e: e / 1000),
]

# Of these the comparison in floats refutes every change.
COMPARED = ["trained-layer.update"]

# Formulas of which no line is inferred: all is algebra, definition, hypothesis or cited.
BY_ALGEBRA = ["trained-layer.update", "trained-layer.linear", "trained-layer.offset", "trained-layer.leakage"]

# Formulas that only name something: they say nothing by themselves.
NOTATION = ["trained-layer.linear", "trained-layer.offset"]

# Statements changed in one place that are true all the same: formula, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    *(
        (f"trained-layer.{part}", "transpose K33", "only the symmetric part of K33 enters")
        for part in ("update", "leakage", "slope")
    ),
    *(
        (f"trained-layer.{part}", "transpose K33", "the sum of the moduli of all entries is that of the transpose")
        for part in ("slope-bound", "curvature")
    ),
]
