"""Agents that are almost linear: shifts and bounds by hand, and of real softmax layers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sympy import Matrix, Rational

from numerics import Prompt, SoftmaxAgent, softmax_plateau
from proofs_check.evidence.instances import satisfied
from tests.families.planting import Falsehood, FalseStatement, flipped
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from theory import formulas
from theory.language.predicates import Invertible
from theory.language.symbols import S_U

HALF = Fraction(1, 2)


def line(p, q, r_W, r_U, gap=0):
    """Two agents on a line with steps 1."""
    pair = {"S_W": [[p]], "S_U": [[q]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [gap]}
    return pair | {"r_W": [r_W], "r_U": [r_U]}


class TestByHand:
    def test_on_a_line(self):
        """P = q = 1/2 leave a quarter: errors 1 and 1 add up to 3/2, times 4/3; both bounds are attained."""
        given_ = line(HALF, HALF, 1, 1)
        assert formulas["softmax-plateau.shift"].exact(**given_)[0] == 2
        assert formulas["softmax-plateau.u"].exact(**given_)[0] == 2
        assert formulas["softmax-plateau.bound"].exact(**given_) == 2

    def test_targets_do_not_matter(self):
        shifts = [formulas["softmax-plateau.shift"].exact(**line(HALF, HALF, 1, 2, gap))[0] for gap in (0, 5)]
        assert shifts[0] == shifts[1] == Rational(8, 3)

    @pytest.mark.parametrize(("p", "holds"), [(1, True), (Fraction(19, 10), True), (2, False), (3, False)])
    def test_a_turn_must_shorten(self, p, holds):
        assert satisfied(formulas["softmax-plateau.bound"], line(p, p, 1, 1)) is holds

    def test_errors_may_cancel_and_the_bound_does_not_know(self):
        given_ = line(HALF, HALF, 1, -2)
        assert formulas["softmax-plateau.shift"].exact(**given_)[0] == 0
        assert formulas["softmax-plateau.bound"].exact(**given_) == Rational(8, 3)

    def test_it_is_larger_where_stretches_do_not_meet(self):
        given_ = line(HALF, HALF, 0, 0) | {"S_W": Matrix([[1, 0], [0, HALF]]), "S_U": Matrix([[HALF, 0], [0, 1]])}
        given_ |= {"w_star": [0, 0], "u_star": [0, 0], "r_W": [3, 4], "r_U": [0, 0]}
        assert formulas["softmax-plateau.shift"].exact(**given_) == Matrix([3, 4])
        assert formulas["softmax-plateau.bound"].exact(**given_) == 5


@given(st.integers(0, 10**6), st.floats(0.01, 1.0))
@settings(max_examples=15)
def test_real_softmax_layers_obey_it(seed, beta):
    """What the layers answer at their plateau, less the gradient step of size eta beta, moves them from the linear."""
    rng = np.random.default_rng(seed)
    agents, linear = [], {}
    for who in "WU":
        X = rng.normal(size=(6, 2))
        X, y = X - X.mean(axis=0), rng.normal(size=6)
        y = y - y.mean()
        prompt = Prompt(X, y)
        agents.append(SoftmaxAgent(prompt, 0.3 / beta, beta))
        linear |= {f"S_{who}": prompt.gram, f"eta_{who}": 0.3, f"{who.lower()}_star": prompt.target}
    found = softmax_plateau(*agents)
    assert found.enclosed
    errors = {}
    for who, agent, at in zip("UW", reversed(agents), (found.w, found.u), strict=True):
        step = at - 0.3 * (agent.prompt.gram @ at - agent.prompt.moment)
        errors[f"r_{who}"] = agent.update(at) - step
    rest = formulas[f"{BIASED_EQUILIBRIUM}.e"].numpy(**linear) + linear["w_star"]
    shift = formulas["softmax-plateau.shift"].numpy(**linear, **errors)
    assert found.w - rest == pytest.approx(shift, abs=1e-11)
    bound = float(formulas["softmax-plateau.bound"].numpy(**linear, **errors))
    if bound > 0:
        assert np.linalg.norm(found.w - rest) <= bound * (1 + 1e-9) + 1e-11


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("softmax-plateau", "softmax-plateau.shift", "flipped sign", flipped),
    ("softmax-plateau", "softmax-plateau.u", "flipped sign", flipped),
    ("softmax-plateau", "softmax-plateau.bound", "dropped a factor", lambda e: e / 10**6),
    ("softmax-plateau", "softmax-plateau.M", "another matrix", lambda e: Invertible(S_U)),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("softmax-plateau.shift", "sign", "w_near - w_inf = M_inv (r_W - A r_U)", ()),
    ("softmax-plateau.u", "U's own error", "u_near - u_rest = B M_inv (A r_U + r_W)", ()),
]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("softmax-plateau.shift", "Invertible"),
]

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["softmax-plateau.shift"]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("softmax-plateau.M", "transpose M", "a transpose has the transposed inverse"),
    (
        "softmax-plateau.bound",
        "order of A B in A*B",
        "BA is the transpose of AB, and stretches alike",
    ),
]
