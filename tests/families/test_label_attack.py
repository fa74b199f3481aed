"""Attacks by labels, against answers known by hand and agents moved one turn at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sympy import Matrix, eye, zeros

from proofs_check.instruments.agents import drawn
from tests.families.pairs import PAIR, column, moves, pairs, pick
from tests.families.planting import Falsehood, FalseStatement, flipped, swapped
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM, SINGULAR_EQUILIBRIUM
from tests.theory.drawn import small
from theory import SingularError, formulas
from theory.language.symbols import Delta, P, Q, s

HALF = Fraction(1, 2)


class TestLabels:
    def test_scalar(self):
        """The shift is -(1 - p) q/p times the gap: with p = 1/2, q = 1/3 and a gap of 6 it is -2."""
        given_ = {"S_W": [[1]], "S_U": [[1]], "eta_W": HALF, "eta_U": Fraction(1, 3), "w_star": [1], "u_star": [7]}
        assert formulas["label-attack.shift"].exact(**given_) == Matrix([-2])
        assert formulas["label-attack.e"].exact(**given_, s=[-2]) == zeros(1, 1)
        assert formulas["label-attack.e"].exact(**given_, s=[0]) == formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**given_)
        # Declaring the victim's own target makes both rest there.
        assert formulas["label-attack.e"].exact(**given_, s=[6]) == Matrix([6])
        victim = formulas["label-attack.victim"].exact(**pick(given_, "S_U", "eta_U", "w_star", "u_star"), w_inf=[1])
        assert victim == Matrix([-4])

    @given(pairs())
    @pytest.mark.slow
    def test_a_feasible_shift_keeps_w_at_its_goal_and_is_the_shortest(self, g):
        feasible = formulas["label-attack.feasible"].exact(**pick(g, *PAIR))
        pull = g["eta_U"] * g["S_U"] * (g["u_star"] - g["w_star"])
        assert feasible is (g["S_W"].row_join(pull).rank() == g["S_W"].rank())
        s = formulas["label-attack.shift"].exact(**pick(g, *PAIR))
        told = g | {"w_0": g["w_star"]}
        u = moves(told, 1)[0][0]
        landed = u - g["eta_W"] * g["S_W"] * (u - g["w_star"] - s)
        assert (landed == g["w_star"]) is feasible
        kernel = eye(len(s)) - g["S_W"].pinv() * g["S_W"]
        assert kernel * s == zeros(len(s), 1)

    def test_idle_agents_win_nothing(self):
        """Without prompts the shift of zero keeps W at its goal, but does not bring it there."""
        idle = {"S_W": [[0]], "S_U": [[0]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [1]}
        assert formulas["label-attack.shift"].exact(**idle) == zeros(1, 1)
        assert formulas[f"{SINGULAR_EQUILIBRIUM}.e"].exact(**idle, w_0=[5]) == Matrix([5])
        with pytest.raises(SingularError):
            formulas["label-attack.e"].exact(**idle, s=[0])
        assert [a.name for a in formulas["label-attack.shift"].assumptions] == ["Q Delta in the range of P"]

    def test_what_no_label_reaches(self):
        """P = diag(1/2, 0), Q = I/2: the second part of the gap (5, 3) is out of reach, the first is not."""
        given_ = {
            "S_W": [[1, 0], [0, 0]], "S_U": [[1, 0], [0, 1]], "eta_W": HALF, "eta_U": HALF,
            "w_star": [0, 0], "u_star": [5, 3],
        }  # fmt: skip
        assert formulas["label-attack.feasible"].exact(**given_) is False
        assert formulas["impossibility.witness"].exact(**given_) == Matrix([0, 3])
        assert formulas["impossibility.error"].exact(**given_) == 3
        assert formulas["label-attack.e"].exact(**given_, s=[Fraction(-5, 2), 9]) == Matrix([0, 3])

    @given(pairs(), st.data())
    @pytest.mark.slow
    def test_the_witness_bounds_every_shift_and_some_shift_reaches_it(self, g, data):
        try:
            witness = formulas["impossibility.witness"].exact(**pick(g, *PAIR))
        except SingularError:
            return
        d = len(witness)
        attack = formulas["label-attack.e"]
        s = column(data.draw(st.lists(small, min_size=d, max_size=d)))
        e = attack.exact(**pick(g, *PAIR), s=s)
        assert witness.dot(e) == witness.dot(witness)
        start = attack.exact(**pick(g, *PAIR), s=zeros(d, 1))
        columns = [attack.exact(**pick(g, *PAIR), s=eye(d)[:, i]) - start for i in range(d)]
        reach = Matrix.hstack(*columns)
        assert attack.exact(**pick(g, *PAIR), s=-reach.pinv() * start) == witness
        feasible = formulas["label-attack.feasible"].exact(**pick(g, *PAIR))
        assert witness.is_zero_matrix is feasible


@pytest.mark.slow
def test_feasible_and_infeasible_attacks_are_drawn():
    rng = np.random.default_rng(0)
    pairs = [pair for _ in range(80) if (pair := drawn(rng)) is not None]
    answers = [bool(formulas["label-attack.feasible"].exact(**pair.arguments())) for pair in pairs]
    assert 5 < sum(answers) < len(answers) - 5


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("label-attack", "label-attack.e", "flipped shift", lambda e: e.xreplace({s: -s})),
    ("label-attack", "label-attack.e", "swapped A and B", swapped),
    ("label-attack", "label-attack.shift", "flipped sign", flipped),
    ("label-attack", "label-attack.feasible", "always", lambda e: e.func(P * e.args[0], e.args[1])),
    ("label-attack", "label-attack.feasible", "only without a pull", lambda e: e.func(Q * Delta, e.args[1])),
    ("label-attack", "label-attack.recursion", "swapped A and B", swapped),
    ("label-attack", "label-attack.victim", "swapped A and B", swapped),
    ("impossibility", "impossibility.error", "halved bound", lambda e: e / 2),
    ("impossibility", "impossibility.witness", "doubled", lambda e: 2 * e),
    ("impossibility", "impossibility.shift", "flipped sign", flipped),
    ("impossibility", "impossibility.positive", "always", lambda e: e.func(P * e.args[0], e.args[1])),
]

# Of these the comparison in floats refutes every change.
COMPARED = ["label-attack.e"]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("label-attack.e", "missing factor", "e_inf = M_inv s + M_inv A Q Delta", ()),
    ("label-attack.shift", "hypothesis", None, ("P P_pinv Q Delta = Q Delta",)),
    ("label-attack.shift/least", "order", "s_best' s_best >= s' s", ()),
    ("label-attack.victim/2", "hypothesis", None, ("e_inf = 0",)),
    ("impossibility.error/1", "direction", "witness' witness - e_inf' e_inf >= 0", ()),
    ("impossibility.positive/only if", "hypothesis", None, ("witness = 0",)),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["label-attack", "impossibility"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("label-attack.e", "Invertible"),
    ("label-attack.shift", "RangeWithin"),
    ("impossibility.error", "Invertible"),
]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, reason.
TRUE_MUTANTS = [
    ("label-attack.victim", "without M invertible", "it holds in any state of rest; M says that there is one"),
]

# How often the compiled program does what costs most.
OPERATIONS = [
    ("label-attack.e", "solve", 1),  # two vectors under one inverse
]

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["label-attack.e"]
