"""Helpers that estimate or only listen, against answers known by hand and agents moved one turn at a time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st
from sympy import Identity, Inverse, Matrix, Rational, diag, eye, ones, zeros

from tests.families.pairs import pairs, pick
from tests.families.planting import Falsehood, FalseStatement, flipped
from theory import formulas
from theory.language.symbols import A, S_hat, d, w_star

# Ids that other tests take from here.
BLIND_HELPER = "blind-helper"
HALF = Fraction(1, 2)


class TestInexactHelper:
    GIVEN = {"S_W": [[1]], "S_U": [[5]], "eta_W": HALF, "eta_U": 1}

    @pytest.mark.parametrize(
        ("estimate", "alpha", "factor"),
        [
            (3, Fraction(3, 2), Fraction(1, 4)),
            (1, 1, 0),
            (1, 0, HALF),
            (Fraction(1, 3), 1, -1),
            (-1, 1, 1),
            (-2, 1, Fraction(3, 4)),
        ],
    )
    def test_scalar(self, estimate, alpha, factor):
        """The factor is (1 - p)(1 - alpha S/S_hat), p = 1/2; an estimate of the wrong sign can do."""
        given_ = pick(self.GIVEN, "S_W", "eta_W") | {"S_hat": [[estimate]], "alpha": alpha}
        e = formulas["inexact-helper.e"].exact(**given_, w_star=[2], w_t=[3])
        assert e == Matrix([factor])
        assert formulas["inexact-helper.converges"].exact(**given_) is (abs(factor) < 1)
        assert formulas["inexact-helper.energy"].exact(**given_) == Matrix([1 - Fraction(factor) ** 2])

    def test_a_singular_geometry_never_converges(self):
        given_ = {"S_W": diag(1, 0), "eta_W": HALF, "S_hat": eye(2), "alpha": 1}
        assert formulas["inexact-helper.converges"].exact(**given_) is False

    def test_a_negative_damping_is_excluded(self):
        """Alpha S_W <= 2 S_hat holds, and yet the loss grows."""
        drop = formulas["inexact-helper.energy"].exact(S_W=[[1]], eta_W=HALF, S_hat=[[1]], alpha=-2)
        assert drop == Matrix([Rational(-5, 4)])
        assert "alpha >= 0" in [a.plain for a in formulas["inexact-helper.energy"].assumptions]

    def test_the_loss_falls_strictly_though_the_estimate_is_at_its_bound(self):
        """2 S_hat = alpha S_W reflects the error; W's own move, inside the box, shrinks it."""
        drop = formulas["inexact-helper.energy"].exact(S_W=[[2]], eta_W=HALF, S_hat=[[1]], alpha=1)
        assert drop == Matrix([2])
        drop = formulas["inexact-helper.energy"].exact(S_W=[[2]], eta_W=1, S_hat=[[1]], alpha=1)
        assert drop == zeros(1, 1)

    def test_where_nothing_is_lost_there_was_nothing_to_see(self):
        given_ = {"S_W": diag(1, 0), "S_U": eye(2), "eta_W": HALF, "eta_U": 1, "S_hat": eye(2), "alpha": 1}
        given_ |= {"w_star": [0, 0]}
        for w in ([0, 3], [2, 1]):
            assert formulas["inexact-helper.strict"].exact(**given_, w_t=w) is True
        # At the edge, P = 2I, a loss that is not zero stays what it is.
        edge = given_ | {"S_W": diag(4, 0), "alpha": 0}
        assert formulas["inexact-helper.strict"].exact(**edge, w_t=[2, 1]) is False

    def test_an_unseen_direction_needs_an_invertible_geometry(self):
        given_ = {"eta_W": HALF, "S_hat": eye(2), "alpha": 1}
        assert formulas["inexact-helper.sees"].exact(S_W=diag(1, 0), **given_) is True
        assert formulas["inexact-helper.converges"].exact(S_W=diag(1, 0), **given_) is False
        assert formulas["inexact-helper.converges"].exact(S_W=diag(1, Rational(1, 2)), **given_) is True


def listened(g, answers):
    """States handed over by a silent helper, and W's moves from them."""
    states, shifts = [], []
    state = g["w_0"]
    for _ in range(answers):
        after = state - g["eta_W"] * g["S_W"] * (state - g["w_star"])
        states.append(state)
        shifts.append(after - state)
        state = after
    return states, shifts


class TestBlindHelper:
    @pytest.mark.parametrize(
        ("gram", "m"),
        [(diag(2), 1), (diag(2, 1), 2), (diag(2, 2), 1), (diag(2, 0), 1), (diag(3, 2, 1), 3), (diag(3, 0, 1), 2)],
    )
    def test_m_plus_1_answers_and_then_nothing_is_left(self, gram, m):
        d = gram.shape[0]
        g = {"S_W": gram, "eta_W": Rational(1, 4), "w_star": ones(d, 1), "w_0": Matrix([0, 3, -1][:d])}
        states, shifts = listened(g, m + 1)
        assert Matrix.hstack(*shifts[:m]).rank() == m
        for t, shift in enumerate(shifts):
            assert formulas["blind-helper.krylov"].exact(**g, t=t) == shift
            assert formulas["blind-helper.silent"].exact(**pick(g, "S_W", "eta_W", "w_star"), w_t=states[t]) == (
                shift - g["eta_W"] * gram * shift
            )
        # m + 1 moves are dependent; weights that average them to zero add up to something.
        (kernel,) = Matrix.hstack(*shifts).nullspace()
        c = kernel / sum(kernel)
        average = Matrix.hstack(*states) * c
        seen = {"U_seen": Matrix.hstack(*states), "c": c}
        assert formulas["blind-helper.residual"].exact(**pick(g, "S_W", "eta_W", "w_star"), **seen) == zeros(d, 1)
        assert formulas["blind-helper.rest"].exact(**pick(g, "S_W", "eta_W", "w_star"), **seen) is True
        # Turn m + 2: the helper hands the average over, and W stays there. No earlier turn ended without error.
        last = average - g["eta_W"] * gram * (average - g["w_star"])
        assert gram * (last - g["w_star"]) == zeros(d, 1)
        after_listening = states[-1] + shifts[-1]
        assert any(gram * (after_listening - g["w_star"]))

    def test_by_hand(self):
        """With p = 1/2, target 2 and start 0: moves 1 and 1/2, weights -1 and 2, average 2."""
        states, shifts = listened(
            {"S_W": eye(1), "eta_W": Rational(1, 2), "w_star": Matrix([2]), "w_0": zeros(1, 1)}, 2
        )
        assert [x[0] for x in shifts] == [1, Rational(1, 2)]
        assert -states[0] + 2 * states[1] == Matrix([2])

    def test_m_answers_leave_two_agents_apart(self):
        """M = 1: p = 1/2 with target 2 and p = 1/4 with target 4 give the same first answer."""
        answers = {
            listened({"S_W": eye(1), "eta_W": p, "w_star": Matrix([goal]), "w_0": zeros(1, 1)}, 1)[1][0][0]
            for p, goal in ((Rational(1, 2), 2), (Rational(1, 4), 4))
        }
        assert answers == {1}

    @given(pairs(), st.lists(st.integers(-5, 5), min_size=2, max_size=2))
    @pytest.mark.slow
    def test_the_average_of_the_moves_is_the_move_from_the_average(self, g, weights):
        c = Matrix([*weights, 1 - sum(weights)])
        states = Matrix.hstack(g["w_0"], g["u_star"], g["w_star"] + g["w_0"])
        found = formulas["blind-helper.residual"].exact(**pick(g, "S_W", "eta_W", "w_star"), U_seen=states, c=c)
        assert found == g["eta_W"] * g["S_W"] * (states * c - g["w_star"])


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("inexact-helper", "inexact-helper.e", "not inverted", lambda e: e.xreplace({Inverse(S_hat): S_hat})),
    ("inexact-helper", "inexact-helper.converges", "own step forgotten", lambda e: e.xreplace({A: Identity(d)})),
    ("inexact-helper", "inexact-helper.energy", "flipped sign", flipped),
    ("inexact-helper", "inexact-helper.sees", "without its premise", lambda e: e.args[1]),
    ("inexact-helper", "inexact-helper.strict", "without its premise", lambda e: e.args[1]),
    ("blind-helper", "blind-helper.residual", "flipped sign", flipped),
    ("blind-helper", "blind-helper.rest", "target mirrored", lambda e: e.xreplace({w_star: -w_star})),
    ("blind-helper", "blind-helper.silent", "W stands still", lambda e: e.xreplace({A: Identity(d)})),
    ("blind-helper", "blind-helper.krylov", "W stands still", lambda e: e.xreplace({A: Identity(d)})),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("inexact-helper.e", "order", "e_next = A (1 - alpha S_W S_hat_inv) e_t", ()),
    ("inexact-helper.energy/order", "hypothesis", None, ("2 S_hat - alpha S_W >= 0",)),
    ("blind-helper.silent", "sign", "r_next = -A r_t", ()),
    ("blind-helper.residual", "hypothesis", None, ("ones_k c = 1",)),
]

# Statements changed in one place that are true all the same: formula, pattern of the mutant's name, why.
SPECTRUM = "products of two matrices in either order have one spectrum"
TRUE_MUTANTS = [
    ("inexact-helper.converges", "S_W by S_U", "both sides speak of the same other matrix"),
    ("inexact-helper.converges", "order of S_hat[*][*](-1) S_W in *", "both sides speak of the same other matrix"),
    ("inexact-helper.converges", "order of A (-alpha)[*]S_hat*", SPECTRUM),
    ("inexact-helper.sees", "order of S_hat[*][*](-1) S_W in *", "what S_W does not see is a left eigenvector then"),
    ("inexact-helper.sees", "order of A (-alpha)[*]S_hat*", SPECTRUM),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["inexact-helper", "blind-helper"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("inexact-helper.e", "Invertible"),
    ("inexact-helper.energy", "Loewner"),
    ("blind-helper.rest", "Vanishes"),
]

# The average of free iterates is no state at which W stays.
RATIONAL_ONLY = ["blind-helper.rest"]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("blind-helper", "right: order of factors", "r_next"): "powers of A commute",
    ("blind-helper", "right: sign", "R_seen*c"): "where the moves average to zero both sides are zero",
    ("blind-helper", "right: sign", "P*(U_seen*c - w_star)"): "where the moves average to zero both sides are zero",
}

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["inexact-helper.energy/order"]
