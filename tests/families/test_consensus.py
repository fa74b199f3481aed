"""The minimiser of the joint loss, against numerical minimisation and answers known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import Matrix, OneMatrix, Rational

from proofs_check.evidence.instances import instance_of
from tests.families.pairs import pairs, pick, steps
from tests.families.planting import Falsehood, FalseStatement, WrongCounterexample, flipped, without
from tests.theory.drawn import grams
from theory import formulas
from theory.derivation.lines import equation
from theory.families.consensus import C, C_more, E
from theory.language.predicates import Implies, Invertible, Loewner, Minimises
from theory.language.symbols import d, rho, w

# Ids that other tests take from here.
CONSENSUS = "consensus"


U = {"u_star": [8, 1]}


class TestConsensus:
    @given(pairs(), steps)
    @pytest.mark.slow
    def test_value_is_the_loss_at_a_minimiser(self, g, rho):
        ratio = Rational(rho.numerator, rho.denominator)
        h, right = g["S_W"] + ratio * g["S_U"], g["S_W"] * g["w_star"] + ratio * g["S_U"] * g["u_star"]
        best = np.linalg.lstsq(np.array(h.tolist(), float), np.array(right.tolist(), float), rcond=1e-10)[0]
        loss = 0.0
        for gram, goal, weight in ((g["S_W"], g["w_star"], 1), (g["S_U"], g["u_star"], ratio)):
            away = best - np.array(goal.tolist(), float)
            loss += float(weight) * (away.T @ np.array(gram.tolist(), float) @ away).item() / 2
        found = formulas["consensus.value"].exact(**pick(g, "S_W", "S_U", "w_star", "u_star"), rho=ratio)
        assert abs(float(found) - loss) <= 1e-6 * (1 + abs(loss))

    @given(pairs(), st.data())
    @pytest.mark.slow
    def test_grows_with_each_geometry_singular_or_not(self, g, data):
        more = Matrix(data.draw(grams(len(g["w_star"]))).to_sympy())
        value = formulas["consensus.value"]
        given_ = pick(g, "S_W", "S_U", "w_star", "u_star") | {"rho": 1}
        before = value.exact(**given_)
        for agent in ("S_W", "S_U"):
            assert value.exact(**given_ | {agent: g[agent] + more}) >= before

    def test_parallel_sum_by_hand(self):
        """Resistances 2 and 3 in parallel; nothing where one of them is zero."""
        c = formulas["consensus.parallel-sum"].exact(S_W=[[2, 0], [0, 0]], S_U=[[3, 0], [0, 5]], rho=1)
        assert c == Matrix([[Rational(6, 5), 0], [0, 0]])

    def test_increase_by_hand(self):
        """1:1 = 1/2 and 3:1 = 3/4."""
        assert formulas["consensus.increase"].exact(S_W=[[1]], S_U=[[1]], E=[[2]], rho=1) == Matrix([Rational(1, 4)])

    @given(pairs(), st.data())
    @pytest.mark.slow
    def test_increase_is_the_difference_of_parallel_sums(self, g, data):
        more = Matrix(data.draw(grams(len(g["w_star"]))).to_sympy())
        assume((g["S_W"] + g["S_U"]).det() != 0)
        parallel = formulas["consensus.parallel-sum"]
        expected = parallel.exact(S_W=g["S_W"] + more, S_U=g["S_U"], rho=1) - parallel.exact(
            **pick(g, "S_W", "S_U"), rho=1
        )
        assert formulas["consensus.increase"].exact(**pick(g, "S_W", "S_U"), E=more, rho=1) == expected

    @given(pairs(), steps, st.data())
    def test_the_parallel_sum_grows_and_nothing_else_does(self, g, rho, data):
        more = Matrix(data.draw(grams(len(g["w_star"]))).to_sympy())
        formula = formulas["consensus.monotone"]
        given_ = pick(g, "S_W", "S_U") | {"E": more, "rho": Rational(rho.numerator, rho.denominator)}
        assert formula.exact(**given_) is True
        at = instance_of(formula, given_)
        assert at.holds(Loewner(*reversed(formula.says.args[:2]))) == (at(C) - at(C_more)).is_zero

    def test_the_least_point_is_least_and_no_other_is(self):
        formula = formulas["consensus.value"]
        at = instance_of(formula, {"S_W": [[1, 0], [0, 0]], "S_U": [[3, 0], [0, 0]], "rho": 1, "w_star": [0, 5]} | U)
        least, value = formula.says.args
        assert at.holds(least)
        assert at.holds(value)
        x, objective, point, _ = least.args
        assert not at.holds(Minimises(x, objective, point + OneMatrix(d, 1)))

    def test_point_by_hand(self):
        found = formulas["consensus.point"].exact(S_W=[[1]], S_U=[[3]], w_star=[0], u_star=[8], rho=1)
        assert found == Matrix([6])


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("consensus", "consensus.point", "dropped rho", without(rho)),
    ("consensus", "consensus.parallel-sum", "dropped rho", without(rho)),
    ("consensus", "consensus.value", "doubled", lambda e: 2 * e),
    ("consensus", "consensus.increase", "flipped sign", flipped),
    ("consensus", "consensus.growth", "doubled", lambda e: 2 * e),
    ("consensus", "consensus.unique", "any loss", lambda e: Implies(equation(w, w), e.args[1])),
    ("consensus", "consensus.monotone", "direction", lambda e: Loewner(e.args[1], e.args[0])),
    ("consensus", "consensus.larger", "another matrix", lambda e: Invertible(E)),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("consensus.point", "exchanged", "w_bar = H_inv S_W u_star + rho H_inv S_U w_star", ()),
    ("consensus.value", "coefficient", "D = Delta' C Delta", ()),
    ("consensus.increase/2", "direction", "C - C_more >= 0", ()),
    ("consensus.monotone", "direction", "C - C_more >= 0", ()),
    ("consensus.parallel-sum/2", "direction", "-rho S_W H_plus S_U >= 0", ()),
    ("consensus.unique", "another point", "w = w_star", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["consensus"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("consensus.point", "Invertible"),
    ("consensus.increase", "Invertible"),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("consensus", "right: sign of term 0"): "at the minimiser the gradient vanishes",
    ("consensus", "right: drop term 0"): "at the minimiser the gradient vanishes",
    ("consensus", "right: order of factors"): "the parallel sum is symmetric",
}

# How often the compiled program does what costs most.
OPERATIONS = [
    ("consensus.point", "solve", 1),
    ("consensus.point", "transpose", 0),  # symmetric
]

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["consensus.growth"]

# Formulas whose rounding bound must cover their value in floats.
ROUNDED = ["consensus.value"]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # The hypothesis fails and the statement holds all the same.
    ("consensus.parallel-sum", "S_W psd", {"S_W": [[-2]], "rho": 1}, "nothing refutes the statement"),
    # Not an instance at all, or one that the agents cannot judge.
    ("consensus.value", "S_W psd", {"S_W": [[0, 1], [0, 0]], "rho": 1}, "not symmetric"),
]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("consensus.parallel-sum", "part 0: right: order of factors", "both sides are then one"),
    ("consensus.parallel-sum", "swap S_W and S_U everywhere", "the parallel sum is its own transpose"),
    *((f"consensus.{part}", "transpose C*", "symmetric") for part in ("value", "monotone", "increase")),
]
