"""Random orders and noise, against answers known by hand and what was known of a cycle, a mediator and scalars."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, strategies as st
from sympy import Matrix, Rational, eye

from tests.families.pairs import column, pairs
from tests.families.planting import Falsehood, FalseStatement, flipped
from tests.families.test_composite_agents import MEDIATOR, mediated
from tests.theory.drawn import small
from theory import formulas

HALF = Fraction(1, 2)
chances = st.fractions(0, 1, max_denominator=4)


def two(p, q, share, gap=1, **more):
    """Two agents on a line, W's target at 0."""
    found = {"S_W": [[p]], "S_U": [[q]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [gap], "chance": share}
    return found | more


class TestRandomOrder:
    def test_halves_by_hand(self):
        """The mean rests at 1/2, and 1/12 = (1/12)/4 + 1/16."""
        given_ = two(HALF, HALF, HALF, m_inf=[HALF], C_inf=[[Fraction(1, 12)]])
        assert formulas["random-order.rest"].exact(**given_)[0] == HALF
        assert formulas["random-order.settles"].exact(**given_)
        assert formulas["random-order.quiet"].exact(**given_)
        assert not formulas["random-order.settles"].exact(**given_ | {"C_inf": [[Fraction(1, 11)]]})

    @given(pairs(), chances, st.data())
    def test_the_mean_is_a_mediators(self, g, share, data):
        """Shares that are probabilities; so the mean at rest is that of small steps, weighed."""
        P, Q = g["eta_W"] * g["S_W"], g["eta_U"] * g["S_U"]
        z = column(data.draw(st.lists(small, min_size=P.shape[0], max_size=P.shape[0])))
        share = Rational(share.numerator, share.denominator)
        pair = {name: value for name, value in g.items() if name != "w_0"} | {"chance": share, "w_t": z}
        given_ = mediated([(P, g["w_star"]), (Q, g["u_star"])], [share, 1 - share]) | {"z_t": z}
        assert formulas["random-order.mean"].exact(**pair) == formulas[f"{MEDIATOR}.step"].exact(**given_)
        assume((share * P + (1 - share) * Q).det() != 0)
        assert formulas["random-order.rest"].exact(**pair) == formulas[f"{MEDIATOR}.state"].exact(**given_)

    @given(pairs(), chances, st.data())
    def test_moments_over_all_outcomes(self, g, share, data):
        """Two states that are as likely, each moved by either agent: four outcomes."""
        P, Q = g["eta_W"] * g["S_W"], g["eta_U"] * g["S_U"]
        d, share = P.shape[0], Rational(share.numerator, share.denominator)
        w, x = (column(data.draw(st.lists(small, min_size=d, max_size=d))) for _ in range(2))
        outcomes = [
            (p / 2, s - T * (s - goal))
            for s in (w + x, w - x)
            for p, T, goal in ((share, P, g["w_star"]), (1 - share, Q, g["u_star"]))
        ]
        mean = sum((p * s for p, s in outcomes), 0 * w)
        spread = sum((p * (s - mean) * (s - mean).T for p, s in outcomes), 0 * w * w.T)
        pair = {name: value for name, value in g.items() if name != "w_0"} | {"chance": share, "w_t": w}
        pair |= {"D_runs": Matrix.hstack(x, -x), "k": 2}
        assert formulas["random-order.mean"].exact(**pair) == mean
        assert formulas["random-order.covariance"].exact(**pair) == spread

    @pytest.mark.parametrize(
        ("p", "q", "inside"), [(1, 1, True), (HALF, Fraction(3, 2), True), (2, 1, True), (0, 0, False)]
    )
    def test_mean_square(self, p, q, inside):
        """On the edge of the box one agent may be, if the other shortens."""
        assert formulas["random-order.box"].exact(**two(p, q, HALF)) is inside


class TestNoise:
    def test_on_a_line_by_hand(self):
        """``(xi + a^2 zeta)/(1 - a^2 b^2)`` with a = 1/2, b = 1/3, and twice the noise for twice of it."""
        settled = (Fraction(1) + HALF**2 * 2) / (1 - Fraction(1, 36))
        noise = {
            "Z_W": [[1]],
            "Z_U": [[2]],
            "E_W": [[1]],
            "E_U": [[2]],
            "C_inf": [[settled]],
            "C_more": [[2 * settled]],
        }
        given_ = two(HALF, Fraction(2, 3), 0) | noise
        assert formulas["noisy-moves.settles"].exact(**given_)
        assert formulas["noisy-moves.monotone"].exact(**given_)
        assert not formulas["noisy-moves.settles"].exact(**given_ | {"C_inf": [[2]]})

    @given(pairs(), st.data())
    def test_moments_over_all_outcomes(self, g, data):
        """A state and both noises with either sign: eight outcomes."""
        P, Q = g["eta_W"] * g["S_W"], g["eta_U"] * g["S_U"]
        d = P.shape[0]
        A, B = eye(d) - P, eye(d) - Q
        w, x, y, z = (column(data.draw(st.lists(small, min_size=d, max_size=d))) for _ in range(4))
        signs = [(i, j, k) for i in (1, -1) for j in (1, -1) for k in (1, -1)]
        columns = [Matrix.hstack(*(s[i] * v for s in signs)) for i, v in enumerate((x, y, z))]
        given_ = {name: value for name, value in g.items() if name != "w_0"} | {"w_t": w, "k": 8, "d": d}
        given_ |= dict(zip(("D_runs", "N_U", "N_W"), columns, strict=True))
        assert not any(formulas["noisy-moves.mean"].exact(**given_))
        expected = A * B * x * x.T * B * A + A * y * y.T * A + z * z.T
        assert formulas["noisy-moves.covariance"].exact(**given_) == expected
        away = w - g["w_star"]
        assert formulas["noisy-moves.mean-square"].exact(**given_) == away.dot(away) + x.dot(x)


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("random-order", "random-order.mean", "flipped sign", flipped),
    ("random-order", "random-order.rest", "flipped sign", flipped),
    ("random-order", "random-order.covariance", "doubled", lambda e: 2 * e),
    ("noisy-moves", "noisy-moves.covariance", "doubled", lambda e: 2 * e),
    ("noisy-moves", "noisy-moves.mean-square", "doubled", lambda e: 2 * e),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("random-order.mean", "sign", "m_next = w_t + P_mean w_t - b_mean", ()),
    ("random-order.rest", "sign", "m_rest = -P_mean_inv b_mean", ()),
]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [("noisy-moves.settles", "Contracts"), ("random-order.settles", "Loewner")]

# Deviations without a mean, and moments that are left as they are, are of a kind that free symbols are not.
RATIONAL_ONLY = [
    *(f"random-order.{part}" for part in ("covariance", "settles", "quiet")),
    *(f"noisy-moves.{part}" for part in ("mean", "covariance", "mean-square", "settles", "monotone")),
]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
SYMMETRIC = "second moments are symmetric"
TRUE_MUTANTS = [
    ("random-order.settles", "transpose C_inf", SYMMETRIC),
    ("random-order.quiet", "transpose C_inf", SYMMETRIC),
    ("noisy-moves.covariance", "transpose C_now", SYMMETRIC),
    ("noisy-moves.covariance", "transpose Z_?_seen", SYMMETRIC),
    ("noisy-moves.settles", "transpose C_inf", SYMMETRIC),
    ("noisy-moves.monotone", "transpose C_inf", SYMMETRIC),
    ("noisy-moves.monotone", "transpose C_more", SYMMETRIC),
    ("noisy-moves.mean-square", "swap targets everywhere", "distances from any point are meant"),
]
