"""The attack without the victim's prompt, against answers known by hand and joint maps moved turn by turn."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import Abs, Matrix, Rational, diag, eye

from proofs_check.evidence.instances import instance_of
from tests.families.pairs import PAIR, column, moves, pairs, pick
from tests.families.planting import Falsehood, FalseStatement, WrongCounterexample, flipped, without
from tests.proofs_check.ledger.hypotheses import judges
from tests.theory.drawn import small
from theory import formulas
from theory.families.blind_attack import C, z_t
from theory.language.predicates import Loewner
from theory.language.symbols import I, b, gamma

HALF = Fraction(1, 2)
shares = st.builds(Fraction, st.integers(1, 8), st.just(8))


def exact(x: Fraction) -> Rational:
    return Rational(x.numerator, x.denominator)


def turn(p, b, gain):
    """The joint map along one direction, by moving: declared target z, error e, victim's factor b."""
    return Matrix([[(1 - p) * b, p], [-gain * (1 - p) * b, 1 - gain * p]])


class TestBlindAttack:
    def test_by_hand(self):
        """With p = 1/2 and gain 1."""
        given_ = {"p": HALF, "gamma": 1}
        assert formulas["blind-attack.weight"].exact(**given_) == HALF
        assert formulas["blind-attack.corner"].exact(**given_) == Fraction(5, 8)
        assert formulas["blind-attack.determinant"].exact(**given_) == Fraction(1, 16)

    @given(pairs(inside=True), st.lists(small, min_size=3, max_size=3))
    def test_the_joint_map_is_the_moves(self, g, shift):
        d = len(g["w_0"])
        g = g | {"S_W": g["S_W"] + eye(d)}
        s = column(shift[:d])
        u = moves(g, 1)[0][0]
        e = u - g["eta_W"] * g["S_W"] * (u - g["w_star"] - s) - g["w_star"]
        assert formulas["blind-attack.e"].exact(**pick(g, *PAIR), w_t=g["w_0"], s=s) == e
        p = g["eta_W"] * g["S_W"]
        limit = -p.inv() * (eye(d) - p) * g["eta_U"] * g["S_U"] * (g["u_star"] - g["w_star"])
        z = formulas["blind-attack.z"].exact(**pick(g, *PAIR), w_t=g["w_0"], s=s, gamma=Rational(3, 2))
        assert z == s - Rational(3, 2) * e - limit

    @given(st.lists(shares, min_size=2, max_size=2), st.integers(1, 31), st.data())
    def test_the_lyapunov_function_never_grows(self, eigenvalues, gain, data):
        """Any victim of norm at most one: here a rational rotation, a reflection, or a shrunken one."""
        gamma = Rational(gain, 16)
        b = data.draw(st.sampled_from([Matrix([[3, -4], [4, 3]]) / 5, diag(1, -1), eye(2), diag(1, 0), -eye(2)]))
        p = diag(*map(exact, eigenvalues))
        weight = diag(*(formulas["blind-attack.weight"].exact(p=exact(x), gamma=gamma) for x in eigenvalues))
        e, z = (column(data.draw(st.lists(small, min_size=2, max_size=2))) for _ in range(2))
        values = []
        for _ in range(3):
            values.append(e.dot(e) + (z.T * weight * z)[0])
            e = (eye(2) - p) * b * e + p * z
            z = z - gamma * e
        assert values[0] >= values[1] >= values[2]
        # Two turns in a row without loss: there was nothing to lose.
        assert values[0] > values[2] or values[0] == 0

    @given(pairs(inside=True), st.integers(1, 31), st.lists(small, min_size=3, max_size=3))
    def test_all_directions_at_once(self, g, gain, shift):
        """Where P <= I and |B| <= 1 the joint map contracts, and the function loses what the formula says."""
        d = len(g["w_0"])
        gram = g["S_W"] + eye(d)
        g = g | {"S_W": gram, "eta_W": 1 / Rational(gram.trace())}
        given_ = pick(g, *PAIR) | {"w_t": g["w_0"], "s": column(shift[:d]), "gamma": Rational(gain, 16)}
        assert formulas["blind-attack.settles"].exact(**pick(given_, "S_W", "S_U", "eta_W", "eta_U", "gamma")) is True
        at = instance_of(formulas["blind-attack.lyapunov"], given_)
        assert all(map(at.holds, (formulas[f"blind-attack.{x}"].says for x in ("loss", "lyapunov"))))
        p = given_["eta_W"] * gram
        e, goal = formulas["blind-attack.e"].exact(**pick(given_, *PAIR, "w_t", "s")), given_["w_star"]
        weight = p * ((eye(d) + (1 - given_["gamma"]) * p) * given_["gamma"]).inv()
        z = at(z_t).to_sympy()
        after = formulas["blind-attack.z"].exact(**given_)
        before = (given_["w_t"] - goal).dot(given_["w_t"] - goal) + (z.T * weight * z)[0]
        assert e.dot(e) + (after.T * weight * after)[0] <= before

    @pytest.mark.parametrize("b", [-1.0, 1.0])
    @pytest.mark.parametrize("p", [0.05, 1.0])
    def test_it_wins_at_the_edge_of_its_hypotheses(self, p, b):
        step = np.array(turn(p, b, 1.99), dtype=float)
        assert abs(np.linalg.eigvals(step)).max() < 1

    @pytest.mark.parametrize(("gain", "verdict"), [(Fraction(199, 100), True), (2, False), (3, False), (HALF, True)])
    def test_gains(self, gain, verdict):
        assert formulas["blind-attack.gain-bound"].exact(gamma=gain) is verdict
        assert bool(max(abs(x) for x in turn(1, HALF, gain).eigenvals()) < 1) is verdict

    @given(st.integers(1, 15), st.integers(-8, 8))
    def test_steps(self, p, b):
        """Inside the box the criterion is the spectral radius."""
        p, b = Rational(p, 8), Rational(b, 8)
        radius = max(abs(complex(x)) for x in turn(p, b, 1).eigenvals(multiple=True))
        assume(abs(radius - 1) > 1e-12)
        assert formulas["blind-attack.step-bound"].exact(p=p, b=b) is (radius < 1)

    def test_a_step_inside_the_box_that_fails(self):
        assert formulas["blind-attack.step-bound"].exact(p=Fraction(3, 2), b=Fraction(9, 10)) is False
        # Outside the box the criterion says nothing: here it holds, and the map has the eigenvalues +-sqrt(-2).
        assert formulas["blind-attack.step-bound"].exact(p=3, b=-1) is True
        assert turn(3, -1, 1).det() == 2
        texts = [str(a) for a in formulas["blind-attack.step-bound"].assumptions]
        assert "$p < 2$" in texts
        assert any(r"\left|{b}\right| \leq 1" in text for text in texts)


@pytest.mark.slow
def test_the_condition_on_the_step_decides_for_negative_steps_as_well():
    judge, formula = judges("blind-attack.step-bound")[0], formulas["blind-attack.step-bound"]
    tried = [judge(formula, {"p": Fraction(a, 3), "b": Fraction(b, 4)}) for a in range(-9, 1) for b in range(-4, 5)]
    assert tried == [None] * 90


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("blind-attack", "blind-attack.e", "flipped sign", flipped),
    ("blind-attack", "blind-attack.z", "dropped gamma", without(gamma)),
    ("blind-attack", "blind-attack.weight", "doubled", lambda e: 2 * e),
    ("blind-attack", "blind-attack.corner", "flipped sign", flipped),
    ("blind-attack", "blind-attack.determinant", "doubled", lambda e: 2 * e),
    ("blind-attack", "blind-attack.regular", "less", lambda e: e.xreplace({C: C - I})),
    ("blind-attack", "blind-attack.loss", "flipped sign", flipped),
    ("blind-attack", "blind-attack.lyapunov", "it never falls", lambda e: Loewner(e.args[1], e.args[0])),
    ("blind-attack", "blind-attack.settles", "doubled gain", lambda e: e.xreplace({gamma: 2 * gamma})),
    ("blind-attack", "blind-attack.gain-bound", "wider", lambda e: Abs(1 - gamma) < 2),
    ("blind-attack", "blind-attack.step-bound", "victim mirrored", lambda e: e.xreplace({b: -b})),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("blind-attack.e", "sign", "e_next = A v_t - P z_t", ()),
    ("blind-attack.corner/2", "hypothesis", None, ("2 - gamma > 0",)),
    ("blind-attack.weight/denominator", "hypothesis", None, ("2 - gamma > 0",)),
    ("blind-attack.z", "missing factor", "z_next = z_t - A v_t - gamma P z_t", ()),
]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("blind-attack.e", "Invertible"),
    ("blind-attack.determinant", "LessThan"),
    ("blind-attack.weight", "StrictGreaterThan"),
    ("blind-attack.lyapunov", "Loewner"),
    ("blind-attack.settles", "Invertible"),
    ("blind-attack.settles", "Loewner"),
    ("blind-attack.step-bound", "LessThan"),
]

# Statements changed in one place that are true all the same: formula, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("blind-attack.corner", "part 1: strictly", "p and what the gain leaves are positive"),
    ("blind-attack.corner", "not strictly: p positive", "at p = 0 nothing is lost, and nothing gained"),
    ("blind-attack.determinant", "not strictly: p positive", "at p = 0 nothing is lost, and nothing gained"),
    ("blind-attack.loss", "order of I - P C**(-1) in *", "C is a function of P"),
    ("blind-attack.lyapunov", "transpose R", "R is a function of P, hence symmetric"),
    ("blind-attack.settles", "B by A", "A^2 <= I: a victim with W's own matrix is such a victim"),
    ("blind-attack.settles", "swap A and B everywhere", "the characteristic polynomial is that of the transpose"),
    ("blind-attack.settles", "order of A B in A*B", "no exception among 200,000 random pairs; a proof is not known"),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["blind-attack"]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # The hypothesis fails and the statement holds all the same.
    ("blind-attack.weight", "p at most 1", {"p": 2, "gamma": 1}, "nothing refutes the statement"),
]
