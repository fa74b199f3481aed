"""Mediators and agents of many steps, against answers by hand, section 11's sums and the old statements for two."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, strategies as st
from sympy import Matrix, Rational, diag, eye, zeros

from tests.families.pairs import column, pairs
from tests.families.planting import Falsehood, FalseStatement, flipped
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_many_agents import as_one, companies, moved, scalar, together
from tests.families.test_small_step import SMALL_STEP
from tests.theory.drawn import small
from theory import SingularError, formulas

HALF = Fraction(1, 2)
MEDIATOR = "mediator"


def mediated(agents, shares):
    """The inputs of a mediator's formulas."""
    d = agents[0][0].shape[0]
    given_ = together(agents) | {"J_all": Matrix.vstack(*[eye(d)] * len(agents))}
    given_["Lambda"] = diag(*(share * eye(d) for share in shares))
    return given_ | {"S_mean": given_["Lambda"] * given_["S_all"]}


def steps(agent, number, **more):
    """The inputs of an agent of many steps."""
    P, target = agent
    return {"S_W": P, "eta_W": 1, "w_star": target, "t": number} | more


class TestMediator:
    @given(companies(), st.data())
    def test_the_sums_of_section_11(self, agents, data):
        """``(sum_i w_i P_i)^-1 sum_i w_i P_i theta_i``, and a step towards it."""
        d, number = agents[0][0].shape[0], len(agents)
        parts = data.draw(st.lists(st.integers(0, 4), min_size=number, max_size=number).filter(any))
        shares = [Rational(part, sum(parts)) for part in parts]
        z = column(data.draw(st.lists(small, min_size=d, max_size=d)))
        pull, push = zeros(d, d), zeros(d, 1)
        for share, (P, target) in zip(shares, agents, strict=True):
            pull, push = pull + share * P, push + share * P * target
        given_ = mediated(agents, shares) | {"z_t": z, "z_0": z}
        assert formulas["mediator.step"].exact(**given_) == z - pull * z + push
        if pull.det() == 0:
            with pytest.raises(SingularError):
                formulas["mediator.state"].exact(**given_)
            return
        rest = formulas["mediator.state"].exact(**given_)
        assert rest == pull.inv() * push
        average = sum((s * moved([a], rest) for s, a in zip(shares, agents, strict=True)), zeros(d, 1))
        assert average == rest
        assert formulas["mediator.least"].exact(**given_) == rest

    @given(pairs())
    def test_of_two_it_is_what_small_steps_approach(self, g):
        """No error of a finite step: the limit of the residual, whatever the steps."""
        P, Q = g["eta_W"] * g["S_W"], g["eta_U"] * g["S_U"]
        assume((P + Q).det() != 0)
        both = [(P, g["w_star"]), (Q, g["u_star"])]
        rest = formulas["mediator.state"].exact(**mediated(both, [Rational(1, 2)] * 2))
        pair = {name: value for name, value in g.items() if name != "w_0"} | {"rho": g["eta_U"] / g["eta_W"]}
        assert formulas[f"{SMALL_STEP}.e0"].exact(**pair) == rest - g["w_star"]

    def test_it_keeps_what_nobody_sees(self):
        blind = Matrix([[1, 0], [0, 0]])
        given_ = mediated([(blind / 2, Matrix([2, 0]))] * 2, [Rational(1, 2)] * 2) | {"z_0": [0, 7]}
        assert formulas["mediator.settles"].exact(**given_)

    @pytest.mark.parametrize(("p", "leads"), [(Rational(3, 2), True), (2, False), (3, False)])
    def test_it_settles_below_two(self, p, leads):
        given_ = mediated([scalar(p, 0)] * 2, [Rational(1, 2)] * 2) | {"z_0": [1]}
        assert formulas["mediator.settles"].exact(**given_) is leads


class TestManySteps:
    def test_two_steps_by_hand(self):
        """With p = 1/2 they leave a quarter."""
        assert formulas["many-steps.move"].exact(**steps(scalar(Rational(1, 2), 0), 2, w_0=[1]))[0] == Rational(1, 4)

    @given(companies(least=2, most=3), st.integers(1, 4), st.data())
    def test_it_moves_again_and_again(self, agents, number, data):
        first, *others = agents
        d = first[0].shape[0]
        w = column(data.draw(st.lists(small, min_size=d, max_size=d)))
        assert formulas["many-steps.move"].exact(**steps(first, number, w_0=w)) == moved([first] * number, w) - first[1]
        round_ = as_one([*others, *[first] * number], d)
        assume((eye(d) - round_["T_others"]).det() != 0)
        rest = (eye(d) - round_["T_others"]).inv() * round_["c_others"]
        given_ = steps(first, number, w_inf=rest, w_t=w) | as_one(others, d)
        assert formulas["many-steps.bias"].exact(**given_) == rest - first[1]

    @given(pairs(), st.integers(1, 3), st.integers(1, 3))
    def test_of_two_it_is_the_pair_of_the_other_matrices(self, g, ours, theirs):
        """A theorem about P and Q, with what many steps take away in their place."""
        d = g["w_0"].shape[0]
        P, Q = g["eta_W"] * g["S_W"], g["eta_U"] * g["S_U"]
        P_k, Q_k = eye(d) - (eye(d) - P) ** ours, eye(d) - (eye(d) - Q) ** theirs
        assume((P_k + Q_k - P_k * Q_k).det() != 0)
        pair = {"S_W": P_k, "S_U": Q_k, "eta_W": 1, "eta_U": 1, "w_star": g["w_star"], "u_star": g["u_star"]}
        e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**pair)
        given_ = steps((P, g["w_star"]), ours, w_inf=e + g["w_star"]) | as_one([(Q, g["u_star"])] * theirs, d)
        assert formulas["many-steps.bias"].exact(**given_) == e

    @pytest.mark.parametrize(("p", "inside"), [(0, True), (1, True), (Fraction(3, 2), True), (2, False), (-1, False)])
    def test_the_box_is_kept(self, p, inside):
        assert formulas["many-steps.box"].exact(**steps(scalar(p, 0), 1)) is inside
        assert formulas["many-steps.limit"].exact(**steps(scalar(p, 5), 1, w_0=[1])) is inside

    def test_without_end_it_projects(self):
        """Onto what fits the examples: the part that they do not see stays."""
        P = Matrix([[1, 1], [1, 1]]) / 4
        assert formulas["many-steps.limit"].exact(**steps((P, Matrix([1, 1])), 1, w_0=[4, 0]))


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("mediator", "mediator.step", "flipped sign", flipped),
    ("mediator", "mediator.state", "doubled", lambda e: 2 * e),
    ("many-steps", "many-steps.move", "flipped sign", flipped),
    ("many-steps", "many-steps.bias", "flipped sign", flipped),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("mediator.step", "sign", "z_next = z_t + H_all z_t - g_all", ()),
    ("mediator.step", "shares", None, ("J' Lambda J = 1",)),
    ("mediator.state", "sign", "z_inf = -H_all_inv g_all", ()),
    ("many-steps.bias", "order", "e_inf = A_steps M_steps_inv (T_others w_star + c_others - w_star)", ()),
]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("mediator.settles", "Loewner"),
    ("many-steps.limit", "Loewner"),
    ("many-steps.settles", "Contracts"),
]

# Shares of sum 1 and Gram matrices are of a kind that free symbols are not.
RATIONAL_ONLY = ["mediator.step", "mediator.rest", "mediator.state", "mediator.least", "mediator.settles"]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("mediator.least", "order of Lambda P_all*", "their product is symmetric: it is a multiple of S_mean"),
    ("many-steps.limit", "order of PseudoInverse(P) P*", "they commute"),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name, left-hand side): why.
HARMLESS = {("many-steps", "right: order of factors", "e_next"): "powers of one matrix commute"}
