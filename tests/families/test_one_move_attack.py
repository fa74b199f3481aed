"""Attacks by one example and mutual attacks, against answers known by hand and agents moved one turn at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from sympy import Matrix, Rational, eye, sqrt, zeros

from tests.families.pairs import GEOMETRY, moves, pairs, pick
from tests.families.planting import Falsehood, FalseStatement, flipped
from tests.families.test_convergence import CONVERGENCE_IFF
from tests.families.test_dynamics import FROZEN_KERNEL
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM, SINGULAR_EQUILIBRIUM
from theory import SingularError, formulas
from theory.language.symbols import Delta

HALF = Fraction(1, 2)


class TestOneExample:
    GIVEN = {"S_U": [[HALF, 0], [0, Fraction(1, 4)]], "eta_U": 1, "w_star": [1, 1], "u_star": [7, 17]}

    def test_by_hand(self):
        """The pull is (3, 4): with a step of 1/4 the example is 2/5 of it."""
        given_ = self.GIVEN | {"eta_W": Fraction(1, 4)}
        gram = formulas["one-example-attack.gram"].exact(**given_)
        assert gram == Matrix([[9, 12], [12, 16]]) * Rational(4, 25)
        x = formulas["one-example-attack.input"].exact(**given_)
        assert x == Matrix([Rational(6, 5), Rational(8, 5)])
        assert x * x.T == gram
        assert formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**given_, S_W=gram) == zeros(2, 1)
        assert np.allclose(formulas["one-example-attack.input"].numpy(**given_), [1.2, 1.6])

    def test_an_irrational_length_stays_exact(self):
        given_ = self.GIVEN | {"eta_W": Fraction(1, 2), "u_star": [3, 5]}
        x = formulas["one-example-attack.input"].exact(**given_)
        assert x == Matrix([1, 1])
        x = formulas["one-example-attack.input"].exact(**given_ | {"eta_W": 1})
        assert x == Matrix([1, 1]) / sqrt(2)

    @pytest.mark.parametrize("part", ["gram", "input"])
    def test_no_pull_no_example(self, part):
        still = self.GIVEN | {"eta_W": 1, "u_star": [1, 1]}
        with pytest.raises(SingularError):
            formulas[f"one-example-attack.{part}"].exact(**still)
        with pytest.raises(SingularError):
            formulas[f"one-example-attack.{part}"].numpy(**{k: np.array(v, float) for k, v in still.items()})

    @given(pairs(inside=True))
    @pytest.mark.slow
    def test_with_a_singular_victim_it_wins_off_the_common_kernel(self, g):
        pull = g["S_U"] * (g["u_star"] - g["w_star"])
        assume(any(pull))
        gram = formulas["one-example-attack.gram"].exact(**pick(g, "S_U", "eta_W", "eta_U", "w_star", "u_star"))
        given_ = g | {"S_W": gram}
        moving = eye(len(pull)) - formulas[f"{FROZEN_KERNEL}.projector"].exact(**pick(given_, *GEOMETRY))
        assert formulas[CONVERGENCE_IFF].exact(**pick(given_, *GEOMETRY)) is True
        assert moving * formulas[f"{SINGULAR_EQUILIBRIUM}.e"].exact(**given_) == zeros(len(pull), 1)


class TestMutualAttack:
    def test_two_cycle(self):
        """With p = 1/2, q = 1/4 and targets 0 and 1: W declares -1, U declares 4; each lands on its own target."""
        given_ = {"S_W": [[1]], "eta_W": HALF, "S_U": [[1]], "eta_U": Fraction(1, 4), "w_star": [0], "u_star": [1]}
        w_told = formulas["mutual-attack.w"].exact(**pick(given_, "S_W", "eta_W", "w_star", "u_star"))[0]
        u_told = formulas["mutual-attack.u"].exact(**pick(given_, "S_U", "eta_U", "w_star", "u_star"))[0]
        assert (w_told, u_told) == (-1, 4)
        told = given_ | {"S_W": Matrix([1]), "S_U": Matrix([1]), "w_star": Matrix([w_told]), "u_star": Matrix([u_told])}
        told |= {"eta_W": Rational(1, 2), "eta_U": Rational(1, 4)}
        assert moves(told | {"w_0": Matrix([0])}, 2) == [(Matrix([1]), Matrix([0]))] * 2
        # It is approached from anywhere: the distance is multiplied by 3/8 a turn.
        assert moves(told | {"w_0": Matrix([8])}, 1)[0][1] == Matrix([3])


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("one-example-attack", "one-example-attack.gram", "doubled", lambda e: 2 * e),
    ("one-example-attack", "one-example-attack.input", "doubled", lambda e: 2 * e),
    ("one-example-attack", "one-example-attack.e", "moved by the gap", lambda e: e + Delta),
    ("one-example-attack", "one-example-attack.limit", "flipped sign", flipped),
    ("mutual-attack", "mutual-attack.w", "flipped sign", flipped),
    ("mutual-attack", "mutual-attack.cycle", "doubled", lambda e: 2 * e),
    ("mutual-attack", "mutual-attack.limit", "flipped sign", flipped),
    ("mutual-attack", "mutual-attack.u", "flipped sign", flipped),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("one-example-attack.gram/3", "coefficient", "(1 - 2 eta_W S_one) Q Delta = 0", ()),
    ("one-example-attack.input", "coefficient", "x_one x_one' = 2 S_one", ()),
    ("one-example-attack.e", "target", "e_inf = Delta", ()),
    ("mutual-attack.w", "target", "w_next_turn = u_star", ()),
    ("mutual-attack.cycle/3", "sign", "w_next_turn - u_turn = Delta", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["one-example-attack", "mutual-attack"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("one-example-attack.gram", "Unequality"),
    ("one-example-attack.limit", "Loewner"),
    ("mutual-attack.w", "Invertible"),
    ("mutual-attack.limit", "Contracts"),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name, left-hand side): why.
HARMLESS = {
    ("one-example-attack", "right: sign", "M*e_inf"): "no push is left: A Q Delta = 0",
    ("one-example-attack", "right: sign", "e_inf"): "no push is left: A Q Delta = 0",
    ("one-example-attack", "right: swap P and Q", "M*e_inf"): "A P = 0, as P is a projector",
    ("one-example-attack", "right: swap P and Q", "e_inf"): "A P = 0, as P is a projector",
}

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, reason.
TRUE_MUTANTS = [
    ("one-example-attack.gram", "transpose S_one", "it is symmetric by its definition"),
    ("one-example-attack.input", "transpose S_one", "it is symmetric by its definition"),
]

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["mutual-attack.w"]
