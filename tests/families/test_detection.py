"""What two or more states give away, against answers known by hand and agents moved one turn at a time."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given, strategies as st
from sympy import Matrix, Rational

from tests.families.pairs import pairs, pick
from tests.families.planting import Falsehood, FalseStatement, flipped
from theory import formulas

HALF = Fraction(1, 2)


class TestDetection:
    def test_two_states_give_a_scalar_agent_away(self):
        given_ = {"S_W": [[1]], "eta_W": HALF, "w_star": [3], "U_seen": [[0, 2]]}
        assert formulas["detection.geometry"].exact(**given_) == Matrix([HALF])
        assert formulas["detection.target"].exact(**given_) == Matrix([3])

    @given(pairs(), st.data())
    def test_a_singular_geometry_is_recovered_too(self, g, data):
        d = len(g["w_star"])
        states = Matrix([[Rational(i**j) for i in range(d + 1)] for j in range(1, d + 1)])
        given_ = pick(g, "S_W", "eta_W", "w_star") | {"U_seen": states}
        assert formulas["detection.geometry"].exact(**given_) == g["eta_W"] * g["S_W"]
        assume(g["S_W"].det() != 0)
        assert formulas["detection.target"].exact(**given_) == g["w_star"]


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("detection", "detection.geometry", "flipped sign", flipped),
    ("detection", "detection.target", "doubled", lambda e: 2 * e),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("detection.geometry", "sign", "P_seen = -P", ()),
    ("detection.target", "coefficient", "target_seen = 2 w_star", ()),
]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("detection.target", "invertible"),
]
