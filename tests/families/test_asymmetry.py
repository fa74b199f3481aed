"""Success of one agent alone, against answers known by hand and agents moved one turn at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from sympy import Identity, Matrix, Rational, eye, zeros

from proofs_check.families.asymmetry import _one_sided_pair
from tests.families.pairs import GEOMETRY, PAIR, moves, pairs, pick
from tests.families.planting import Falsehood, FalseStatement, WrongCounterexample, flipped
from tests.families.test_dynamics import FROZEN_KERNEL
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM, SINGULAR_EQUILIBRIUM
from theory import SingularError, formulas
from theory.language.nodes import Vanishes
from theory.language.symbols import S_U, S_W, A, B, Delta, Q, d

# Ids that other tests take from here.
VICTIM_BIAS = "victim-bias"
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
BLIND = {"S_W": [[HALF, 0], [0, THIRD]], "S_U": [[1, 0], [0, 0]], "eta_W": 1, "eta_U": HALF}


class TestOneSided:
    @given(pairs(inside=True))
    @pytest.mark.slow
    def test_the_push_decides_where_the_moves_settle(self, g):
        d = g["S_W"].shape[0]
        moving = eye(d) - formulas[f"{FROZEN_KERNEL}.projector"].exact(**pick(g, *GEOMETRY))
        for who in "ef":
            residual = moving * formulas[f"{SINGULAR_EQUILIBRIUM}.{who}"].exact(**g)
            assert formulas[f"one-sided-iff.{who}"].exact(**pick(g, *PAIR)) is residual.is_zero_matrix

    def test_two_prompts_blind_to_the_gap(self):
        """Both pushes vanish; the frozen part of the start stays all the same."""
        given_ = {"S_W": [[1, 0], [0, 0]], "S_U": [[1, 0], [0, 0]], "eta_W": HALF, "eta_U": HALF}
        targets = {"w_star": [0, 0], "u_star": [0, 1]}
        for who in "ef":
            assert formulas[f"one-sided-iff.{who}"].exact(**given_, **targets) is True
        assert formulas[f"{SINGULAR_EQUILIBRIUM}.e"].exact(**given_, **targets, w_0=[0, 7]) == Matrix([0, 7])


class TestBlindVictim:
    def test_by_hand(self):
        """The gap (0, 1) is in the kernel of the victim's prompt alone: W wins, the victim misses by the gap."""
        targets = {"w_star": [3, 5], "u_star": [3, 6]}
        assert formulas["kernel-condition"].exact(**pick(BLIND, "S_U"), **targets) is True
        assert formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**BLIND, **targets) == zeros(2, 1)
        assert formulas[f"{BIASED_EQUILIBRIUM}.f"].exact(**BLIND, **targets) == Matrix([0, -1])
        rest = {"w_inf": [3, 5]}
        assert formulas["kernel-condition.victim-loss"].exact(**pick(BLIND, "S_U", "eta_U"), **targets, **rest) == 0
        assert formulas["kernel-condition.pull"].exact(**BLIND, w_star=[3, 5], **rest) == zeros(2, 1)

    def test_a_victim_that_sees_the_gap(self):
        """Seeing (1, 0) it pulls by half of it, and its loss away from its target is half the squared distance."""
        targets = {"w_star": [0, 0], "u_star": [1, 0]}
        assert formulas["kernel-condition"].exact(**pick(BLIND, "S_U"), **targets) is False
        e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**BLIND, **targets)
        assert e == Matrix([THIRD, 0])
        assert formulas["kernel-condition.pull"].exact(**BLIND, w_star=[0, 0], w_inf=e) == Matrix([HALF, 0])
        loss = formulas["kernel-condition.victim-loss"].exact(
            **pick(BLIND, "S_U", "eta_U"), w_star=[0, 0], u_star=[1, 0], w_inf=e
        )
        assert loss == Rational(1, 18)

    @given(pairs())
    def test_it_alone_wins_where_the_gap_is_in_one_kernel(self, g):
        """A and M invertible: W alone succeeds iff U's Gram annihilates the gap and W's does not; B may be singular."""
        a = eye(g["S_W"].shape[0]) - g["eta_W"] * g["S_W"]
        if a.det() == 0:
            return
        gap = g["u_star"] - g["w_star"]
        blind = eye(len(gap)) - g["S_U"].pinv() * g["S_U"]
        for target in (g["u_star"], g["w_star"] + blind * gap):
            given_ = pick(g, *PAIR) | {"u_star": target}
            try:
                e, f = (formulas[f"{BIASED_EQUILIBRIUM}.{x}"].exact(**given_) for x in "ef")
            except SingularError:
                return
            here = target - g["w_star"]
            assert e.is_zero_matrix is (g["S_U"] * here).is_zero_matrix
            alone = e.is_zero_matrix and not f.is_zero_matrix
            assert alone is ((g["S_U"] * here).is_zero_matrix and any(g["S_W"] * here))
            asked = pick(given_, "S_U", "w_star", "u_star")
            assert formulas["kernel-condition"].exact(**asked) is e.is_zero_matrix

    @pytest.mark.parametrize("letter", ["A", "M"])
    def test_what_it_needs(self, letter):
        assert any(f"${letter}$ is invertible" in str(a) for a in formulas["kernel-condition"].assumptions)
        assert not any("$B$" in str(a) for a in formulas["kernel-condition"].assumptions)


class TestDeadbeat:
    def test_by_hand(self):
        """P projects on the pull (3, 4): nothing is left of it, although the victim pulls."""
        given_ = {
            "S_W": [[9, 12], [12, 16]], "eta_W": Fraction(1, 25), "S_U": [[1, 0], [0, 1]], "eta_U": HALF,
            "w_star": [0, 0], "u_star": [6, 8],
        }  # fmt: skip
        assert formulas["deadbeat.push"].exact(**given_) == zeros(2, 1)
        assert formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**given_) == zeros(2, 1)
        assert formulas[f"{BIASED_EQUILIBRIUM}.f"].exact(**given_) == Matrix([-3, -4])
        assert formulas["victim-bias"].exact(**given_) == Matrix([-3, -4])
        assert formulas["deadbeat.push"].exact(**given_ | {"eta_W": Fraction(1, 50)}) == Matrix([Rational(3, 2), 2])

    @given(pairs())
    def test_the_victim_moves_away_from_a_winner(self, g):
        """With any geometries, common kernels included: from W's target the victim lands at -B times the gap."""
        u = moves(g | {"w_0": g["w_star"]}, 1)[0][0]
        assert formulas["victim-bias"].exact(**pick(g, "S_U", "eta_U", "w_star", "u_star")) == u - g["u_star"]

    def test_it_asks_for_nothing_but_the_success(self):
        assert [str(a) for a in formulas["victim-bias"].assumptions] == [r"$w_\infty = w^{*}$"]

    def test_a_singular_turn_needs_more(self):
        """P = Q = diag(1, 0): all of the pull is undone, and W rests off its target, where the start left it."""
        axis = {"S_W": [[1, 0], [0, 0]], "S_U": [[1, 0], [0, 0]], "eta_W": 1, "eta_U": 1}
        targets = {"w_star": [0, 0], "u_star": [1, 1]}
        assert formulas["deadbeat"].exact(**axis, **targets) is True
        assert formulas[f"{SINGULAR_EQUILIBRIUM}.e"].exact(**axis, **targets, w_0=[7, 3]) == Matrix([0, 3])
        with pytest.raises(SingularError):
            formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**axis, **targets)
        # Off the common kernel the criterion is that of one-sided-iff.
        assert formulas["one-sided-iff.e"].exact(**axis, **targets) is True

    @given(pairs())
    @pytest.mark.slow
    def test_the_push_decides_where_there_is_one_state_of_rest(self, g):
        given_ = pick(g, *PAIR)
        try:
            e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**given_)
        except SingularError:
            return
        assert formulas["deadbeat"].exact(**given_) is e.is_zero_matrix


@pytest.mark.parametrize("name", ["one-sided-iff.e", "one-sided-iff.f"])
def test_both_sides_of_the_one_sided_criterion_are_drawn(name):
    rng = np.random.default_rng(0)
    answers = [bool(formulas[name].exact(**_one_sided_pair(rng).arguments())) for _ in range(60)]
    assert 10 < sum(answers) < 50


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("one-sided-iff", "one-sided-iff.e", "own step forgotten", lambda e: e.xreplace({A: Identity(d)})),
    ("one-sided-iff", "one-sided-iff.f", "own step forgotten", lambda e: e.xreplace({B: Identity(d)})),
    ("one-sided-iff", "one-sided-iff.e-push", "flipped sign", flipped),
    ("one-sided-iff", "one-sided-iff.f-push", "flipped sign", flipped),
    ("kernel-condition", "kernel-condition", "the other prompt", lambda e: e.xreplace({S_U: S_W})),
    ("kernel-condition", "kernel-condition.pull", "flipped sign", flipped),
    ("kernel-condition", "kernel-condition.wins", "misses by the gap", lambda e: Delta),
    ("kernel-condition", "kernel-condition.alone", "the other prompt", lambda e: e.xreplace({S_W: S_U})),
    ("kernel-condition", "kernel-condition.victim-loss", "doubled", lambda e: 2 * e),
    ("deadbeat", "deadbeat", "only a blind victim", lambda e: Vanishes(Q * Delta, e.args[1])),
    ("deadbeat", "deadbeat.push", "nothing undone", lambda e: Q * Delta),
    ("victim-bias", "victim-bias", "flipped sign", flipped),
    ("victim-bias", "victim-bias", "own step forgotten", lambda e: e.xreplace({B: Identity(d)})),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("one-sided-iff.e/if", "missing projector", "e_inf = 0", ()),
    ("kernel-condition/only if", "hypothesis", "S_U Delta = 0", ("A_inv from the right", "A_inv from the left")),
    ("kernel-condition.alone/only if", "other vector", "Delta = w_star", ()),
    ("deadbeat/if", "without a premise", None, ("premise",)),
    ("victim-bias", "sign", "f_inf = B Delta", ()),
    ("victim-bias", "hypothesis", "f_inf = -B Delta", ("w_inf = w_star",)),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["one-sided-iff", "kernel-condition", "deadbeat", "victim-bias"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("kernel-condition.pull", "Invertible"),
]

# Formulas of which no line is inferred: all is algebra, definition, hypothesis or cited.
BY_ALGEBRA = [
    "one-sided-iff.e-push",
    "one-sided-iff.f-push",
    "kernel-condition.pull",
    "kernel-condition.victim-loss",
    "deadbeat.push",
    "victim-bias",
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("one-sided-iff", "right: swap P and Q", "(P + Q)*PseudoInverse(P + Q)*(P + Q)"): "a sum has no order",
    ("kernel-condition", "right: swap targets", "S_U*u_star"): "both sides are then one",
    ("one-sided-iff", "right: order of factors"): "M leaves the common kernel alone, from either side",
}

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("one-sided-iff.e-push", "right: order of factors", "a turn leaves the common kernel alone, from either side"),
    ("one-sided-iff.f-push", "right: order of factors", "a turn leaves the common kernel alone, from either side"),
    ("kernel-condition.pull", "without M invertible", "it holds in any state of rest; M says that there is one"),
    ("deadbeat.push", "Q by P", "an identity in A = I - P, whatever Q stands for"),
]

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["victim-bias", "kernel-condition.alone/only if"]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # The hypothesis holds.
    ("victim-bias", "W succeeds", {"w_inf": [0]}, "satisfies the hypothesis"),
    # Not an instance at all, or one that the agents cannot judge.
    ("kernel-condition", "M invertible", {"S_W": [[2]], "S_U": [[2]], "u_star": [0]}, "cannot decide"),
]
