"""Section 8 against answers known by hand and against moving the agents one turn at a time."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st
from sympy import Matrix, Rational, diag, eye, ones, zeros

from tests.families.pairs import moves, pairs, pick
from theory import SingularError, formulas

HALF = Fraction(1, 2)
HELPED = ("S_W", "S_U", "eta_W", "eta_U", "w_star")


def helped(g, alpha):
    """W's error after one turn in which the helper sets the objective that the formula names."""
    chosen = formulas["newton-helper.objective"].exact(
        **pick(g, "S_W", "S_U", "eta_U", "w_star"), alpha=alpha, w_t=g["w_0"]
    )
    return moves(g | {"u_star": chosen}, 1)[0][1] - g["w_star"]


def spanning(g):
    """The same pair with a helper that spans W's prompt."""
    return g | {"S_U": g["S_W"] + g["S_U"]}


class TestNewtonHelper:
    @given(pairs())
    def test_a_full_step_ends_in_one_turn_on_the_range(self, g):
        g = spanning(g)
        e = helped(g, 1)
        assert g["S_W"] * e == zeros(len(e), 1)
        for part in ("e", "one-turn"):
            formula = formulas[f"newton-helper.{part}"]
            found = formula.exact(**pick(g, "S_W", "eta_W", "w_star"), alpha=1, w_t=g["w_0"])
            assert found == (e if part == "e" else zeros(len(e), 1))

    @given(pairs(), st.builds(Fraction, st.integers(-4, 12), st.just(4)), st.integers(0, 3))
    def test_any_damping_for_any_number_of_turns(self, g, alpha, t):
        g, alpha = spanning(g), Rational(alpha.numerator, alpha.denominator)
        state = g["w_0"]
        for _ in range(t):
            state = helped(g | {"w_0": state}, alpha) + g["w_star"]
        found = formulas["plateau-removed.e"].exact(**pick(g, "S_W", "eta_W", "w_star", "w_0"), alpha=alpha, t=t)
        assert found == state - g["w_star"]

    @pytest.mark.parametrize(("alpha", "rate"), [(HALF, HALF), (0, 1), (2, 1), (3, 2), (1, 0)])
    def test_rate_at_the_edge_of_the_box(self, alpha, rate):
        """P = diag(2, 1/2, 0): A has norm 1 on the range, so that only the damping counts."""
        found = formulas["plateau-removed.rate"].exact(S_W=diag(4, 1, 0), eta_W=HALF, alpha=alpha)
        assert found == rate
        assert not any(a.kind == "below" for a in formulas["plateau-removed.rate"].assumptions)


class TestRankLimitedHelper:
    def test_orthogonal_coordinates(self):
        """W sees two coordinates, the helper one of them: it removes that one, W works on its own at the other."""
        given_ = {"S_W": diag(1, 2, 0), "S_U": diag(0, 3, 5), "eta_W": Rational(1, 4), "eta_U": Rational(1, 7)}
        given_ |= {"w_star": zeros(3, 1), "w_0": Matrix([8, 8, 8])}
        e = formulas["rank-limited.e"].exact(**pick(given_, *HELPED), alpha=1, w_t=given_["w_0"])
        assert e == Matrix([6, 0, 8]) == helped(given_, 1)
        reduced = formulas["rank-limited.reduced"].exact(**pick(given_, *HELPED), alpha=1, w_t=given_["w_0"])
        assert reduced == Matrix([6, 0, 0])

    @given(pairs(), st.builds(Fraction, st.integers(-4, 12), st.just(4)))
    def test_any_geometry(self, g, alpha):
        alpha = Rational(alpha.numerator, alpha.denominator)
        e = helped(g, alpha)
        assert formulas["rank-limited.e"].exact(**pick(g, *HELPED), alpha=alpha, w_t=g["w_0"]) == e
        on_range = g["S_W"].pinv() * g["S_W"]
        assert formulas["rank-limited.reduced"].exact(**pick(g, *HELPED), alpha=alpha, w_t=g["w_0"]) == on_range * e

    def test_from_one_start_help_can_hurt(self):
        """Alone W is done after one move; the helper turns its error into the slow direction."""
        given_ = {"S_W": diag(10, 1), "S_U": ones(2, 2), "eta_W": Rational(1, 10), "eta_U": 1}
        e = formulas["rank-limited.e"].exact(**given_, w_star=[0, 0], w_t=[1, 0], alpha=1)
        assert e == Matrix([0, Rational(-9, 20)])
        alone = formulas["rank-limited.e"].exact(**given_, w_star=[0, 0], w_t=[1, 0], alpha=0)
        assert alone == zeros(2, 1)
        assert "can hurt" in formulas["rank-limited.reduced"].statement


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
        assert any("alpha \\geq 0" in str(a) for a in formulas["inexact-helper.energy"].assumptions)

    def test_the_loss_falls_strictly_though_the_estimate_is_at_its_bound(self):
        """2 S_hat = alpha S_W reflects the error; W's own move, inside the box, shrinks it."""
        drop = formulas["inexact-helper.energy"].exact(S_W=[[2]], eta_W=HALF, S_hat=[[1]], alpha=1)
        assert drop == Matrix([2])
        drop = formulas["inexact-helper.energy"].exact(S_W=[[2]], eta_W=1, S_hat=[[1]], alpha=1)
        assert drop == zeros(1, 1)


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
        # m + 1 moves are dependent; weights that average them to zero add up to something.
        (kernel,) = Matrix.hstack(*shifts).nullspace()
        c = kernel / sum(kernel)
        average = Matrix.hstack(*states) * c
        seen = {"U_seen": Matrix.hstack(*states), "c": c}
        assert formulas["blind-helper.residual"].exact(**pick(g, "S_W", "eta_W", "w_star"), **seen) == zeros(d, 1)
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
    def test_the_average_of_the_moves_is_the_move_from_the_average(self, g, weights):
        c = Matrix([*weights, 1 - sum(weights)])
        states = Matrix.hstack(g["w_0"], g["u_star"], g["w_star"] + g["w_0"])
        found = formulas["blind-helper.residual"].exact(**pick(g, "S_W", "eta_W", "w_star"), U_seen=states, c=c)
        assert found == g["eta_W"] * g["S_W"] * (states * c - g["w_star"])


class TestComparison:
    GIVEN = {"cond": 10, "eps": Fraction(1, 10**6)}

    @pytest.mark.parametrize(
        ("who", "factor", "turns"), [("alone", 0.9, 132), ("aligned", 0.81, 66), ("newton", 0.45, 18)]
    )
    def test_condition_10_accuracy_one_in_a_million(self, who, factor, turns):
        given_ = self.GIVEN | ({"alpha": HALF} if who == "newton" else {})
        found = float(formulas[f"helper-comparison.{who}"].exact(**given_))
        assert math.isclose(found, math.log(1e-6) / math.log(factor))
        assert math.ceil(found) == turns
        assert factor**turns <= 1e-6 < factor ** (turns - 1)
        floats = {k: float(v) for k, v in given_.items()}
        assert math.isclose(float(formulas[f"helper-comparison.{who}"].numpy(**floats)), found)

    def test_plateau(self):
        assert formulas["helper-comparison.plateau"].exact(cond=10) == Rational(9, 19)
        given_ = {
            "S_W": [[1, 0], [0, 10]],
            "S_U": [[1, 0], [0, 10]],
            "eta_W": Fraction(1, 10),
            "eta_U": Fraction(1, 10),
        }
        e = formulas["biased-equilibrium.e"].exact(**given_, w_star=[0, 0], u_star=[1, 1])
        assert e == Matrix([Rational(9, 19), 0])

    def test_a_condition_number_of_a_billion_changes_nothing_for_newton(self):
        found = float(formulas["helper-comparison.newton"].exact(cond=10**9, eps=Fraction(1, 2**10), alpha=HALF))
        assert abs(found - 10) < 1e-7

    @pytest.mark.parametrize(("who", "more"), [("alone", {"cond": 1}), ("newton", {"cond": 10, "alpha": 1})])
    def test_one_turn_has_no_logarithm(self, who, more):
        given_ = self.GIVEN | more
        with pytest.raises(SingularError, match="logarithm"):
            formulas[f"helper-comparison.{who}"].exact(**given_)
        with pytest.raises(SingularError, match="logarithm"):
            formulas[f"helper-comparison.{who}"].numpy(**{k: float(v) for k, v in given_.items()})
