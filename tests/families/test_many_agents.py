"""Any number of agents, against answers known by hand, section 11's products and the old statements for two."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, strategies as st
from sympy import Matrix, Rational, eye, zeros

from tests.families.pairs import column, pairs, steps
from tests.families.planting import Falsehood, FalseStatement, flipped, swapped
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.theory.drawn import grams, small
from theory import SingularError, formulas
from theory.language.predicates import Iff

HALF = Fraction(1, 2)


def ring(number, d):
    """Whom each of so many agents answers in a cycle: the one before it, and the first the last."""
    answers = zeros(number * d, number * d)
    for i in range(number):
        answers[i * d : i * d + d, (i - 1) % number * d : (i - 1) % number * d + d] = eye(d)
    return answers


def together(agents):
    """The inputs of formulas that speak of all agents, each a step matrix and a target."""
    d = agents[0][0].shape[0]
    grams = zeros(len(agents) * d, len(agents) * d)
    for i, (P, _) in enumerate(agents):
        grams[i * d : i * d + d, i * d : i * d + d] = P
    targets = Matrix.vstack(*(target for _, target in agents))
    return {"eta": 1, "S_all": grams, "theta": targets, "Omega": ring(len(agents), d)}


def moved(agents, w):
    """The weights after a move of each in order, by the gradient steps themselves."""
    for P, target in agents:
        w = w - P * (w - target)
    return w


def as_one(agents, d):
    """What moves after one another are together."""
    c = moved(agents, zeros(d, 1))
    columns = [moved(agents, eye(d)[:, i]) - c for i in range(d)]
    return {"T_others": Matrix.hstack(*columns), "c_others": c}


@st.composite
def companies(draw, least=2, most=5):
    """Step matrices of any rank, zero included, and targets; some agents are the same."""
    d = draw(st.integers(1, 2))
    found = []
    for _ in range(draw(st.integers(least, most))):
        if found and draw(st.integers(0, 4)) == 0:
            found.append(draw(st.sampled_from(found)))
            continue
        step = Fraction(draw(steps))
        gram = Matrix(draw(grams(d)).to_sympy()) * Rational(step.numerator, step.denominator)
        found.append((gram, column(draw(st.lists(small, min_size=d, max_size=d)))))
    return found


def scalar(p, target):
    return Matrix([[p]]), Matrix([target])


class TestCycle:
    def test_three_on_a_line_by_hand(self):
        """With p = 1/2 each is in the middle between its target and the one before: x = (1, 4, 2)/7."""
        agents = [scalar(Rational(1, 2), target) for target in (0, 1, 0)]
        assert list(formulas["cycle-equilibrium.states"].exact(**together(agents))) == [
            Rational(1, 7),
            Rational(4, 7),
            Rational(2, 7),
        ]

    @given(companies())
    @pytest.mark.slow
    def test_each_move_leads_to_where_the_next_begins(self, agents):
        d, given_ = agents[0][0].shape[0], together(agents)
        turn = as_one(agents, d)["T_others"]
        if (eye(d) - turn).det() == 0:
            with pytest.raises(SingularError):
                formulas["cycle-equilibrium.states"].exact(**given_)
            return
        states = formulas["cycle-equilibrium.states"].exact(**given_)
        parts = [states[i * d : i * d + d, :] for i in range(len(agents))]
        for i, agent in enumerate(agents):
            assert moved([agent], parts[i - 1]) == parts[i]
        assert formulas["cycle-equilibrium.residual"].exact(**given_) == states - given_["theta"]
        assert formulas["cycle-equilibrium.unique"].exact(**given_)

    @given(companies())
    @pytest.mark.slow
    def test_the_products_of_section_11(self, agents):
        """``(I - T)^-1 sum_i A_N ... A_(i+1) P_i (theta_i - theta_N)``, with T = A_N ... A_1."""
        d, (P, target) = agents[0][0].shape[0], agents[-1]
        left, push = eye(d), zeros(d, 1)
        for p, goal in reversed(agents):
            push += left * p * (goal - target)
            left = left * (eye(d) - p)
        assume((eye(d) - left).det() != 0)
        given_ = {"S_W": P, "eta_W": 1, "w_star": target} | as_one(agents[:-1], d)
        assert formulas["cycle-equilibrium.bias"].exact(**given_) == (eye(d) - left).inv() * push

    @given(companies(least=3))
    def test_each_of_the_others_adds_its_push(self, agents):
        """Until none is left the push on a target is the sum of section 11, one term at a time."""
        d, (_, target) = agents[0][0].shape[0], agents[-1]
        *before, (Q, u_star) = agents[:-1]
        given_ = {"S_U": Q, "eta_U": 1, "u_star": u_star, "w_star": target} | as_one(before, d)
        assert formulas["cycle-equilibrium.push"].exact(**given_) == moved(agents[:-1], target) - target

    @given(pairs())
    def test_of_two_it_is_the_biased_equilibrium(self, g):
        P, Q = g["eta_W"] * g["S_W"], g["eta_U"] * g["S_U"]
        d = P.shape[0]
        both = [(P, g["w_star"]), (Q, g["u_star"])]
        assume((P + Q - P * Q).det() != 0)
        pair = {name: value for name, value in g.items() if name != "w_0"}
        e, f = (formulas[f"{BIASED_EQUILIBRIUM}.{who}"].exact(**pair) for who in "ef")
        assert formulas["cycle-equilibrium.residual"].exact(**together(both)) == Matrix.vstack(e, f)
        given_ = {"S_W": P, "eta_W": 1, "w_star": g["w_star"]} | as_one(both[1:], d)
        assert formulas["cycle-equilibrium.bias"].exact(**given_) == e

    def test_an_agent_that_nobody_hears_of_may_rest_on_its_target(self):
        """Pushed by as much to either side by agents that disagree with it: what two agents cannot do."""
        agents = [scalar(Rational(1, 2), target) for target in (0, 1, -Rational(1, 2))]
        residual = formulas["cycle-equilibrium.residual"].exact(**together(agents))
        assert residual[0] == 0
        assert residual[1] != 0 != residual[2]


class TestContraction:
    @given(companies(), st.data())
    @pytest.mark.slow
    def test_agent_by_agent_no_length_grows_in_the_box(self, agents, data):
        d = agents[0][0].shape[0]
        inside = [(P / (P.trace() or 1) * Rational(3, 2), target) for P, target in agents]
        v = column(data.draw(st.lists(small, min_size=d, max_size=d)))
        T = eye(d)
        for P, _ in inside:
            given_ = {"S_W": P, "eta_W": 1, "T_others": T}
            assert formulas["cycle-contracts.step"].exact(**given_)
            assert formulas["cycle-contracts.equality"].exact(**given_, v=v)
            T = (eye(d) - P) * T
        kept = (T * v).dot(T * v) == v.dot(v)
        assert kept is all(not any(P * v) for P, _ in inside)

    def test_on_the_edge_a_length_stays_although_it_is_seen(self):
        given_ = {"S_W": [[2]], "eta_W": 1, "T_others": [[1]]}
        assert formulas["cycle-contracts.step"].exact(**given_)
        assert not formulas["cycle-contracts.equality"].exact(**given_, v=[1])


class TestOrder:
    AMONG = {"S_W": [[HALF]], "S_U": [[HALF]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [1]}

    def test_agents_that_commute_may_not_change_places(self):
        given_ = self.AMONG | {"T_others": [[HALF]], "c_others": [0], "w_inf": [Fraction(1, 7)]}
        assert formulas["order-of-moves.difference"].exact(**given_)[0] == Rational(1, 7)
        assert formulas["order-of-moves.same"].exact(**given_)

    def test_agents_that_do_not_commute_may(self):
        """Where both are led past a point that the other's pull does not turn."""
        P, Q = Matrix([[1, 0], [0, 0]]) / 2, Matrix([[1, 1], [1, 1]]) / 4
        target = Matrix([1, 2])
        given_ = {"S_W": P, "S_U": Q, "eta_W": 1, "eta_U": 1, "w_star": target, "u_star": target}
        given_ |= {"T_others": eye(2), "c_others": zeros(2, 1), "w_inf": target}
        assert P * Q != Q * P
        assert not any(formulas["order-of-moves.difference"].exact(**given_))

    @given(companies(least=2, most=4))
    @pytest.mark.slow
    def test_neighbours_change_places_among_any_number(self, agents):
        (Q, u_star), (P, w_star), *others = agents
        d = P.shape[0]
        ends = []
        for order in (agents, [agents[1], agents[0], *others]):
            round_ = as_one(order, d)
            taken = eye(d) - round_["T_others"]
            assume(taken.det() != 0)
            ends.append(taken.inv() * round_["c_others"])
        given_ = {"S_W": P, "S_U": Q, "eta_W": 1, "eta_U": 1, "w_star": w_star, "u_star": u_star, "w_inf": ends[0]}
        given_ |= as_one(others, d)
        assert formulas["order-of-moves.difference"].exact(**given_) == ends[1] - ends[0]


class TestAtOnce:
    @given(pairs(), st.data())
    def test_two_rounds_are_a_turn_for_each(self, g, data):
        d = g["w_0"].shape[0]
        w, u = g["w_0"], column(data.draw(st.lists(small, min_size=d, max_size=d)))
        P, Q = g["eta_W"] * g["S_W"], g["eta_U"] * g["S_U"]
        for start, agents, who, goal in (
            (w, [(Q, g["u_star"]), (P, g["w_star"])], "w", "w_star"),
            (u, [(P, g["w_star"]), (Q, g["u_star"])], "u", "u_star"),
        ):
            given_ = {name: value for name, value in g.items() if name != "w_0"} | {f"{who}_t": start}
            assert formulas[f"simultaneous.{who}"].exact(**given_) == moved(agents, start) - g[goal]

    def test_what_neither_sees_goes_to_and_fro(self):
        blind = {"S_W": [[1, 0], [0, 0]], "S_U": [[2, 0], [0, 0]], "eta_W": 1, "eta_U": HALF}
        assert list(formulas["simultaneous.kernel"].exact(**blind, u_t=[3, 4], w_star=[0, 0])) == [0, 4]

    def test_a_cycle_and_agents_at_once_need_not_be_two(self):
        agents = [scalar(Rational(1, 2), target) for target in (0, 1, 0)]
        given_ = together(agents)
        rest = formulas["cycle-equilibrium.states"].exact(**given_)
        assert formulas["simultaneous.settles"].exact(**given_, x_inf=rest)
        assert not formulas["simultaneous.settles"].exact(**given_, x_inf=rest + Matrix([1, 0, 0]))


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("cycle-equilibrium", "cycle-equilibrium.states", "flipped sign", flipped),
    ("cycle-equilibrium", "cycle-equilibrium.residual", "doubled", lambda e: 2 * e),
    ("cycle-equilibrium", "cycle-equilibrium.bias", "flipped sign", flipped),
    ("cycle-equilibrium", "cycle-equilibrium.push", "flipped sign", flipped),
    ("cycle-contracts", "cycle-contracts.equality", "the others alone", lambda e: Iff(e.args[0], e.args[1].args[0])),
    ("order-of-moves", "order-of-moves.difference", "flipped sign", flipped),
    ("simultaneous", "simultaneous.w", "A for B", swapped),
    ("simultaneous", "simultaneous.u", "A for B", swapped),
    ("simultaneous", "simultaneous.kernel", "flipped sign", flipped),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("cycle-equilibrium.states", "sign", "x_inf = -M_all_inv P_all theta", ()),
    ("cycle-equilibrium.residual", "coefficient", "r_inf = 2 M_all_inv A_all Delta_all", ()),
    ("cycle-equilibrium.push", "sign", "u_after - w_star = B (T_others w_star + c_others - w_star) - Q Delta", ()),
    ("cycle-contracts.step", "one less", "1/2 - T_others' A A T_others >= 0", ()),
    ("order-of-moves.difference", "sign", "w_inf - w_swap = M_swap_inv T_others P Q (u_star - w_star)", ()),
    ("simultaneous.w", "order", "w_second_round - w_star = B A (w_t - w_star) + A Q Delta", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["order-of-moves"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("cycle-contracts.step", "Loewner"),
    ("cycle-equilibrium.settles", "Contracts"),
]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("cycle-equilibrium.unique", "transpose Omega", "A and Omega, or Omega and A: what they leave is invertible alike"),
    ("cycle-contracts.step", "transpose T_others", "a matrix and its transpose lengthen alike"),
    ("cycle-contracts.equality", "transpose T_others", "a matrix and its transpose lengthen alike"),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name, left-hand side): why.
HARMLESS = {
    ("simultaneous", "right: swap P and Q", "(P + Q)*PseudoInverse(P + Q)*(P + Q)"): "a sum has no order",
    ("simultaneous", "right: ", "Pi*w_next_round"): "the common kernel annihilates every term with P or Q",
    ("simultaneous", "right: ", "Pi*u_next_round"): "the common kernel annihilates every term with P or Q",
}
