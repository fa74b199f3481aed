"""Helpers with the exact geometry, against answers known by hand and agents moved one turn at a time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st
from sympy import Identity, Matrix, Rational, diag, eye, ones, zeros

from tests.families.pairs import moves, pairs, pick
from tests.families.planting import Falsehood, FalseStatement, flipped
from theory import formulas
from theory.families.newton_helper import Pi_U, Pi_W, wish
from theory.language.predicates import Loewner
from theory.language.symbols import A, d

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
        assert not any(isinstance(a.says, Loewner) for a in formulas["plateau-removed.rate"].assumptions)

    def test_a_damping_inside_does_not_make_up_for_a_step_far_outside(self):
        """P = 5 and alpha = 19/10: errors 1, 18/5, 324/25."""
        given_ = {"S_W": [[5]], "eta_W": 1, "w_star": [0], "w_0": [1], "alpha": Fraction(19, 10)}
        errors = [formulas["plateau-removed.e"].exact(**given_, t=t)[0] for t in range(3)]
        assert errors == [1, Rational(18, 5), Rational(324, 25)]
        more = given_ | {"S_U": [[1]], "eta_U": 1}
        assert formulas["plateau-removed.box"].exact(**pick(given_, "S_W", "eta_W", "alpha")) is False
        assert formulas["plateau-removed.limit"].exact(**more) is False
        assert formulas["plateau-removed.limit"].exact(**more | {"eta_W": Rational(2, 5)}) is True

    @given(pairs(inside=True), st.builds(Fraction, st.integers(1, 15), st.just(8)))
    @pytest.mark.slow
    def test_in_the_box_it_shrinks_by_the_damping_alone(self, g, alpha):
        g, alpha = spanning(g), Rational(alpha.numerator, alpha.denominator)
        on_range = g["S_W"].pinv() * g["S_W"]
        before, after = (on_range * e for e in (g["w_0"] - g["w_star"], helped(g, alpha)))
        assert after.dot(after) <= (1 - alpha) ** 2 * before.dot(before)


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
    @pytest.mark.slow
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

    @given(pairs(), st.builds(Fraction, st.integers(0, 16), st.just(8)))
    def test_the_own_move_shortens_what_the_prompt_sees(self, g, alpha):
        alpha = Rational(alpha.numerator, alpha.denominator)
        chosen = formulas["newton-helper.objective"].exact(
            **pick(g, "S_W", "S_U", "eta_U", "w_star"), alpha=alpha, w_t=g["w_0"]
        )
        u = g["w_0"] - g["eta_U"] * g["S_U"] * (g["w_0"] - chosen)
        on_range = g["S_W"].pinv() * g["S_W"]
        before, after = (on_range * (x - g["w_star"]) for x in (g["w_0"], u))
        assert after.dot(after) <= before.dot(before)

    def test_the_own_move_may_lengthen_the_rest(self):
        """x_W = (1, 0), x_U = (1, 1): the squared error (1, -1) goes from 2 to 5/2; a damping of 3 lengthens all."""
        given_ = {"S_W": diag(1, 0), "S_U": ones(2, 2), "eta_U": 1, "w_star": zeros(2, 1), "w_t": Matrix([1, -1])}
        chosen = formulas["newton-helper.objective"].exact(**given_, alpha=1)
        u = given_["w_t"] - given_["S_U"] * (given_["w_t"] - chosen)
        assert u.dot(u) == Rational(5, 2)
        assert formulas["rank-limited.own-move"].exact(**given_, alpha=1) is True
        assert formulas["rank-limited.own-move"].exact(**given_ | {"S_U": eye(2)}, alpha=3) is False


def halved(bound):
    """The same bound with half of its right-hand side."""
    return bound.func(bound.lhs, bound.rhs / 2)


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("newton-helper", "newton-helper.objective", "flipped wish", lambda e: e.xreplace({wish: -wish})),
    ("newton-helper", "newton-helper.e", "own step forgotten", lambda e: e.xreplace({A: Identity(d)})),
    ("newton-helper", "newton-helper.one-turn", "flipped sign", flipped),
    ("newton-helper", "newton-helper.full-step", "without its premise", lambda e: e.args[1]),
    ("plateau-removed", "plateau-removed.e", "flipped sign", flipped),
    ("plateau-removed", "plateau-removed.rate", "halved", lambda e: e / 2),
    ("plateau-removed", "plateau-removed.gentle", "halved", lambda e: e / 2),
    ("plateau-removed", "plateau-removed.box", "own step forgotten", lambda e: e.xreplace({A: Identity(d)})),
    ("plateau-removed", "plateau-removed.limit", "where it started", lambda e: e.func(*e.args[:3], e.args[2])),
    ("rank-limited", "rank-limited.e", "swapped projectors", lambda e: e.xreplace({Pi_U: Pi_W, Pi_W: Pi_U})),
    ("rank-limited", "rank-limited.reduced", "flipped sign", flipped),
    ("rank-limited", "rank-limited.between", "twice as much", lambda e: e.xreplace({Pi_U: 2 * Pi_U})),
    ("rank-limited", "rank-limited.own-move", "halved", halved),
    ("rank-limited", "rank-limited.worst-case", "halved", halved),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("newton-helper.e", "sign", "e_next = A (1 + alpha Pi_W) e_t", ()),
    ("newton-helper.e", "hypothesis", "e_next = A (1 - alpha Pi_W) e_t", ("S_U S_U_pinv S_W = S_W",)),
    ("rank-limited.e", "order", "e_next = A (1 - alpha Pi_W Pi_U) e_t", ()),
    ("newton-helper.objective", "hypothesis", None, ("S_U S_U_pinv S_W = S_W",)),
    ("rank-limited.reduced", "missing factor", "Pi_W e_next = A (1 - alpha Pi_W) Pi_W e_t", ()),
]

# Statements changed in one place that are true all the same: formula, pattern of the mutant's name, why.
COMMUTES = "A, and so its powers, commute with the projector on the range of S_W"
TRUE_MUTANTS = [
    ("newton-helper.e", "right: order of factors", COMMUTES),
    ("newton-helper.one-turn", "right: order of factors", COMMUTES),
    ("plateau-removed.e", "order of A[*][*]t Pi_W in *", COMMUTES),
    ("plateau-removed.rate", "order of A Pi_W in *", COMMUTES),
    ("plateau-removed.box", "order of A Pi_W in *", COMMUTES),
    ("plateau-removed.limit", "order of Pi_U Pi_W in *", "both products are the smaller projector"),
    ("plateau-removed.limit", "order of A (-alpha)*Pi_U*Pi_W + I in *", COMMUTES),
    ("rank-limited.reduced", "order of Pi_U Pi_W in *", "what follows is the projector again"),
    ("rank-limited.worst-case", "order of A Pi_W in *", COMMUTES),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["newton-helper", "plateau-removed", "rank-limited"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("newton-helper.e", "RangeWithin"),
    ("newton-helper.objective", "RangeWithin"),
    ("plateau-removed.rate", "RangeWithin"),
    ("plateau-removed.gentle", "Loewner"),
    ("plateau-removed.gentle", "PositiveSemidefinite"),
    ("plateau-removed.limit", "Contracts"),
    ("rank-limited.own-move", "LessThan"),
    ("rank-limited.own-move", "GreaterThan"),
    ("rank-limited.worst-case", "LessThan"),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("newton-helper", "right: order of factors"): "A commutes with the projector on the range of S_W",
    ("plateau-removed", "right: order of factors"): "A commutes with the projector on the range of S_W",
    ("rank-limited", "right: order of factors", "Pi_W*A"): "the line says that they commute",
    ("rank-limited", "right: order of factors", "Pi_W"): "S_W and its pseudo-inverse commute",
    ("rank-limited", "right: order of factors", "S_W*S_plus*S_W*S_plus"): "S_W and its pseudo-inverse commute",
    (
        "rank-limited",
        "right: order of factors",
        "S_W*PseudoInverse(S_W)*S_W*PseudoInverse(S_W)",
    ): "S_W and its pseudo-inverse commute",
}
