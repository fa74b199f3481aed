"""Targets that move: against turns made one by one, and what was known of targets that rest."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, strategies as st
from sympy import Rational, zeros

from tests.families.pairs import column, pairs
from tests.families.planting import Falsehood, FalseStatement, flipped
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_many_agents import moved
from tests.theory.drawn import small
from theory import formulas

HALF = Fraction(1, 2)


def chased(g, error, t=0, drift=None, apart=None):
    """W's error a turn later, the gap having grown t times, from where its target will be."""
    d = error.shape[0]
    P, Q = g["eta_W"] * g["S_W"], g["eta_U"] * g["S_U"]
    u_star = g["u_star"] + (zeros(d, 1) if apart is None else t * apart)
    after = moved([(Q, u_star), (P, g["w_star"])], g["w_star"] + error)
    return after - g["w_star"] - (zeros(d, 1) if drift is None else drift)


def regular(g):
    P, Q = g["eta_W"] * g["S_W"], g["eta_U"] * g["S_U"]
    assume((P + Q - P * Q).det() != 0)
    return {name: value for name, value in g.items() if name != "w_0"}


def test_halves_by_hand():
    """``e = (e + 1/2)/2 - 1`` plus 1/4: the bias 1/3 less a lag of 4/3."""
    given_ = {"S_W": [[HALF]], "S_U": [[HALF]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [1], "drift": [1]}
    assert formulas["drifting-targets.rest"].exact(**given_)[0] == Rational(1, 3) - Rational(4, 3)


@given(pairs(), st.data())
def test_a_turn_leaves_the_lag(g, data):
    d = g["w_0"].shape[0]
    drift = column(data.draw(st.lists(small, min_size=d, max_size=d)))
    pair = regular(g) | {"drift": drift}
    lag = formulas["drifting-targets.rest"].exact(**pair)
    assert chased(g, lag, drift=drift) == lag


@given(pairs())
def test_of_targets_that_rest_it_is_the_biased_equilibrium(g):
    pair = regular(g) | {"drift": zeros(g["w_0"].shape[0], 1)}
    assert formulas["drifting-targets.rest"].exact(**pair) == formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**pair)


@given(pairs(), st.integers(0, 5), st.data())
def test_the_error_grows_with_the_gap(g, t, data):
    """By the bias of what the gap grows by, every turn."""
    d = g["w_0"].shape[0]
    apart = column(data.draw(st.lists(small, min_size=d, max_size=d)))
    pair = regular(g) | {"drift_apart": apart}
    lines = [formulas["drifting-targets.apart"].exact(**pair, t=k) for k in (t, t + 1)]
    assert chased(g, lines[0], t + 1, apart=apart) == lines[1]
    grown = {"w_star": zeros(d, 1), "u_star": apart}
    assert lines[1] - lines[0] == formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**pair | grown)


@pytest.mark.parametrize(("p", "leads"), [(HALF, True), (3, False)])
def test_it_settles_where_the_pair_does(p, leads):
    left = (1 - Fraction(p)) ** 2
    given_ = {"S_W": [[p]], "S_U": [[p]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [0], "drift": [1]}
    assert formulas["drifting-targets.settles"].exact(**given_, e_lag=[-1 / (1 - left)]) is leads


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("drifting-targets", "drifting-targets.rest", "flipped sign", flipped),
    ("drifting-targets", "drifting-targets.apart", "flipped sign", flipped),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("drifting-targets.rest", "sign", "e_lag = M_inv (A Q Delta + drift)", ()),
]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [("drifting-targets.settles", "Contracts")]
