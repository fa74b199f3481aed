"""What two or more states give away, against answers known by hand and agents moved one turn at a time."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import assume, given, strategies as st
from sympy import Inverse, Matrix, Rational

from tests.families.pairs import pairs, pick
from tests.families.planting import Falsehood, FalseStatement, flipped
from theory import SingularError, formulas
from theory.language.predicates import Iff, Implies, RangeWithin
from theory.language.symbols import I

HALF = Fraction(1, 2)


class TestDetection:
    def test_two_states_give_a_scalar_agent_away(self):
        given_ = {"S_W": [[1]], "eta_W": HALF, "w_star": [3], "U_seen": [[0, 2]]}
        assert formulas["detection.geometry"].exact(**given_) == Matrix([HALF])
        assert formulas["detection.target"].exact(**given_) == Matrix([3])

    @given(pairs(), st.data())
    @pytest.mark.slow
    def test_a_singular_geometry_is_recovered_too(self, g, data):
        d = len(g["w_star"])
        states = Matrix([[Rational(i**j) for i in range(d + 1)] for j in range(1, d + 1)])
        given_ = pick(g, "S_W", "eta_W", "w_star") | {"U_seen": states}
        assert formulas["detection.geometry"].exact(**given_) == g["eta_W"] * g["S_W"]
        assume(g["S_W"].det() != 0)
        assert formulas["detection.target"].exact(**given_) == g["w_star"]

    def test_states_that_miss_a_direction_show_the_geometry_along_the_others(self):
        given_ = {"S_W": [[1, 0], [0, 2]], "eta_W": HALF, "w_star": [3, 1], "U_seen": [[0, 2, 1], [0, 0, 0]]}
        assert formulas["detection.geometry"].exact(**given_) == Matrix([[HALF, 0], [0, 0]])
        with pytest.raises(SingularError):
            formulas["detection.target"].exact(**given_)
        blind = given_ | {"S_W": [[1, 0], [0, 0]]}
        assert formulas["detection.geometry"].exact(**blind) == Matrix([[HALF, 0], [0, 0]])

    def test_the_target_is_computed_from_the_transcript(self):
        """The inverse is that of what is regressed, not of a geometry that the victim does not know."""
        inverses = {x.arg for x in formulas["detection.target"].compact.atoms(Inverse)}
        assert [x.name for x in inverses] == ["P_seen"]

    def test_any_geometry_needs_only_what_it_sees_to_be_spanned(self):
        formula = formulas["detection.geometry"]
        assert formula.assumptions == ()
        sufficient = RangeWithin(I, formula.says.args[1].args[1])
        assert not dataclasses.replace(formula, says=Iff(formula.says.args[0], sufficient)).verify()
        assert dataclasses.replace(formula, says=Implies(sufficient, formula.says.args[0])).verify()


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("detection", "detection.geometry", "flipped sign", flipped),
    ("detection", "detection.target", "doubled", lambda e: 2 * e),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("detection.geometry/if", "sign", "P_seen = -P", ()),
    ("detection.geometry/if", "any states", None, ("premise",)),
    ("detection.geometry/only if", "all directions", "U_seen centre U_seen_centre_pinv = 1", ()),
    ("detection.target/1", "half", "P_seen = 1/2 P", ()),
    ("detection.target/2", "coefficient", "target_seen = 2 w_star", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["detection"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("detection.target", "Invertible"),
]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("detection.geometry", "transpose P_seen", "P is symmetric"),
    ("detection.geometry", "transpose centre", "subtracting a mean is symmetric"),
    ("detection.target", "transpose P_seen", "P is symmetric"),
]
