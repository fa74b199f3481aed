"""How the residual depends on the gap, against answers known by hand and sampled angles."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import GreaterThan, Matrix, Rational, cos, eye, pi, sin, tan, zeros

from tests.families.pairs import GEOMETRY, PAIR, column, pairs, pick, steps
from tests.families.planting import Falsehood, FalseStatement, WrongCounterexample, flipped, plus_one
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from theory import SingularError, formulas
from theory.language.nodes import NonnegativeForPositive

# Ids that other tests take from here.
LINEAR_IN_GAP = "linear-in-gap"
MONOTONE_IN_ANGLE = "monotone-in-angle"


class TestMisalignment:
    def test_half_of_the_residual_at_a_right_angle_is_gone(self):
        late = formulas["not-always-monotone.falls"].exact(w_hat=[1, 0]) ** 2
        assert late == formulas["not-always-monotone"].exact(tau=1) / 2
        assert formulas["not-always-monotone"].exact(tau=3) <= late < formulas["not-always-monotone"].exact(tau=2)

    def test_the_cubic_is_written_in_the_variable_of_the_angle(self):
        assert "angle_b tau^3" in formulas["monotone-in-angle.criterion"].plain
        assert "3 angle_b tau" in formulas["monotone-in-angle.criterion"].plain

    def test_not_always_monotone(self):
        f = formulas["not-always-monotone"]
        assert f.exact(tau=1) == Rational(50, 81)
        assert abs(float(f.numpy(tau=1e9)) - 4 / 81) < 1e-12
        s_w, s_u = (
            Matrix([[Rational(1, 2), 0], [0, Rational(1, 8)]]),
            Matrix([[Rational(1, 8), 0], [0, Rational(1, 2)]]),
        )
        given_ = {"S_W": s_w, "S_U": s_u, "eta_W": 1, "eta_U": 1, "w_star": [1, 0]}
        for u_star, expected in (([0, 1], Rational(50, 81)), ([-1, 0], Rational(4, 81))):
            e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**given_, u_star=u_star)
            assert e.dot(e) == expected
        geometry = {k: given_[k] for k in GEOMETRY}
        assert formulas["monotone-in-angle.criterion"].exact(**geometry, w_hat=[1, 0], v=[0, 1]) is False

    @given(pairs(inside=True))
    @pytest.mark.slow
    def test_the_criterion_is_what_sampled_angles_show(self, g):
        d = g["S_W"].shape[0]
        assume(d > 1)
        try:
            response = np.array(formulas["linear-in-gap.G"].exact(**pick(g, *GEOMETRY)).tolist(), dtype=float)
        except SingularError:
            return
        w_hat, v = [1] + [0] * (d - 1), [0, 1] + [0] * (d - 2)
        angles = np.linspace(0, np.pi, 721)
        gap = (np.cos(angles) - 1)[:, None] * np.eye(d)[0] + np.sin(angles)[:, None] * np.eye(d)[1]
        sizes = ((gap @ response.T) ** 2).sum(axis=1)
        fall = np.diff(sizes).min() / max(sizes.max(), 1e-300)
        verdict = formulas["monotone-in-angle.criterion"].exact(**pick(g, *GEOMETRY), w_hat=w_hat, v=v)
        if fall < -1e-9:
            assert verdict is False
        elif verdict is False:
            # A fall between samples is shallow.
            assert fall < 1e-4

    @pytest.mark.parametrize(
        ("s_u", "verdict"),
        [
            ([[0, 0], [0, 0]], True),  # U idle: a = b = c = 0, the residual is zero throughout
            ([[1, 0], [0, 1]], True),
            ([[0, 0], [0, 1]], False),  # a = 0 < c: opposite targets leave no residual
            ([[1, 0], [0, 0]], True),  # c = 0
        ],
    )
    def test_degenerate_responses(self, s_u, verdict):
        given_ = {"S_W": eye(2), "S_U": s_u, "eta_W": Fraction(1, 2), "eta_U": Fraction(1, 2)}
        assert formulas["monotone-in-angle.criterion"].exact(**given_, w_hat=[1, 0], v=[0, 1]) is verdict

    @given(pairs(), st.sampled_from([Fraction(1, 3), 1, Fraction(5, 2)]))
    @pytest.mark.slow
    def test_squared_error_at_an_angle(self, g, tau):
        d = len(g["w_star"])
        assume(d > 1)
        t = Rational(tau.numerator, tau.denominator) if isinstance(tau, Fraction) else Rational(tau)
        cosine, sine = (1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)
        goal_w, goal_u = zeros(d, 1), zeros(d, 1)
        goal_w[0], goal_u[0], goal_u[1] = 3, 3 * cosine, 3 * sine
        try:
            e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**pick(g, *GEOMETRY), w_star=goal_w, u_star=goal_u)
        except SingularError:
            return
        axes = {"w_hat": [1] + [0] * (d - 1), "v": [0, 1] + [0] * (d - 2)}
        found = formulas["monotone-in-angle.squared-error"].exact(**pick(g, *GEOMETRY), **axes, r=3, tau=t)
        assert found == e.dot(e)

    @pytest.mark.parametrize(("p", "q"), [(Rational(1, 2), Rational(1, 3)), (Rational(3, 2), Rational(1, 2))])
    def test_isotropic_by_hand(self, p, q):
        """|e| = 2 |g| r sin(theta/2); beyond p = 1 the response g is negative, the residual is not."""
        theta = 2 * pi / 3
        g = (1 - p) * q / (p + q - p * q)
        found = formulas["monotone-in-angle.isotropic"].exact(p=p, q=q, r=2, tau=3)
        assert found == 4 * g**2 * 4 * Rational(9, 10)
        numeric = formulas["monotone-in-angle.isotropic"].numpy(
            p=float(p), q=float(q), r=2.0, tau=float(tan(theta / 2))
        )
        assert np.isclose(numeric, float((2 * abs(g) * 2 * sin(theta / 2)) ** 2))
        e = formulas[f"{BIASED_EQUILIBRIUM}.e"].numpy(
            S_W=float(p) * np.eye(2), S_U=float(q) * np.eye(2), eta_W=1, eta_U=1,
            w_star=[2, 0], u_star=[float(2 * cos(theta)), float(2 * sin(theta))],
        )  # fmt: skip
        assert np.isclose(e @ e, numeric)
        slope = formulas["monotone-in-angle.isotropic-slope"].exact(p=p, q=q, r=2, tau=3)
        assert slope == 8 * g**2 * 4 * 3 / Rational(100)

    @given(st.builds(Fraction, st.integers(-30, 30), st.integers(1, 3)), steps, steps)
    def test_the_family_leaves_m_times_the_gap(self, m, eta_W, eta_U):
        q = Matrix([Rational(m.numerator, m.denominator), 1])
        s_u = q * q.T / q.dot(q)
        e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(
            S_W=[[1, 0], [0, 0]], S_U=s_u, eta_W=eta_W, eta_U=eta_U, w_star=[0, 0], u_star=[1, 0]
        )
        assert e == Matrix([0, Rational(m.numerator, m.denominator)])
        assert formulas["residual-can-exceed-gap.family"].exact(m=m) == e[1]

    @given(pairs(), st.data())
    @pytest.mark.slow
    def test_commuting_geometries_bound_the_residual_of_a_cautious_w(self, g, data):
        """Diagonal geometries, P at most one, Q anything."""
        d = len(g["w_star"])
        share = st.builds(Fraction, st.integers(0, 8), st.just(8))
        wide = st.builds(Fraction, st.integers(0, 64), st.just(8))
        diagonal = lambda s: Matrix.diag(*column(data.draw(st.lists(s, min_size=d, max_size=d))))  # noqa: E731
        given_ = {"S_W": diagonal(share), "S_U": diagonal(wide), "eta_W": 1, "eta_U": 1} | pick(g, "w_star", "u_star")
        try:
            e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**given_)
        except SingularError:
            return
        gap = g["u_star"] - g["w_star"]
        assert e.dot(e) <= gap.dot(gap)

    def test_a_bold_w_breaks_that_bound(self):
        e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(
            S_W=[[1]], S_U=[[1]], eta_W=Fraction(19, 10), eta_U=Fraction(19, 10), w_star=[0], u_star=[1]
        )
        assert abs(e[0]) == 9

    @given(pairs())
    @pytest.mark.slow
    def test_singular_values_bound_the_residual(self, g):
        try:
            e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**pick(g, *PAIR))
        except SingularError:
            return
        size = float(e.norm())
        low, high = (float(formulas[f"linear-in-gap.{x}"].exact(**pick(g, *PAIR))) for x in ("lower", "upper"))
        assert low * (1 - 1e-9) <= size + 1e-12
        assert size <= high * (1 + 1e-9) + 1e-12


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("residual-can-exceed-gap", "residual-can-exceed-gap.commuting", "a sixteenth of the bound", lambda e: e / 16),
    ("residual-can-exceed-gap", "residual-can-exceed-gap.commuting-u", "a sixteenth of the bound", lambda e: e / 16),
    ("residual-can-exceed-gap", "residual-can-exceed-gap.family", "shifted by 1", plus_one),
    ("linear-in-gap", "linear-in-gap.e", "flipped sign", flipped),
    ("linear-in-gap", "linear-in-gap.G", "flipped sign", flipped),
    ("linear-in-gap", "linear-in-gap.upper", "halved bound", lambda e: e / 2),
    ("linear-in-gap", "linear-in-gap.lower", "raised bound", lambda e: 2 * e),
    ("monotone-in-angle", "monotone-in-angle.squared-error", "shifted by 1", plus_one),
    ("monotone-in-angle", "monotone-in-angle.isotropic", "shifted by 1", plus_one),
    (
        "monotone-in-angle",
        "monotone-in-angle.criterion",
        "flipped sign",
        lambda e: NonnegativeForPositive(e.args[0], -e.args[1], e.args[2], -e.args[3]),
    ),
    ("monotone-in-angle", "monotone-in-angle.necessary", "flipped sign", lambda e: GreaterThan(-e.lhs, 0)),
    (
        "monotone-in-angle",
        "monotone-in-angle.sufficient",
        "flipped sign",
        lambda e: NonnegativeForPositive(e.args[0], -e.args[1], e.args[2], -e.args[3]),
    ),
    ("monotone-in-angle", "monotone-in-angle.isotropic-slope", "doubled", lambda e: 2 * e),
    ("not-always-monotone", "not-always-monotone", "shifted by 1", plus_one),
    ("not-always-monotone", "not-always-monotone.right-angle", "doubled", lambda e: 2 * e),
    ("not-always-monotone", "not-always-monotone.falls", "halved bound", lambda e: e / 2),
]

# Of these the comparison in floats refutes every change.
COMPARED = ["linear-in-gap.e"]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("linear-in-gap.upper", "direction", "e_inf' e_inf - sigma_max_G sigma_max_G Delta' Delta >= 0", ()),
    ("monotone-in-angle.sufficient", "hypothesis", None, ("2 angle_a >= angle_c",)),
    ("monotone-in-angle.isotropic", "coefficient", "e_inf' e_inf = 8 g g one_plus_tau_tau_inv r r tau tau", ()),
    ("not-always-monotone.falls", "coefficient", "20/81 w_star' w_star - e_inf' e_inf >= 0", ()),
    ("residual-can-exceed-gap.commuting", "order", "e_inf' e_inf >= Delta' Delta", ()),
    ("residual-can-exceed-gap.family", "sign", "e_inf = -m v", ()),
]

# What says nothing but what a letter stands for.
NOTATION = ["linear-in-gap.G"]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, reason.
TRUE_MUTANTS = [
    ("linear-in-gap.lower", "transpose G", "a matrix has the singular values of its transpose"),
    ("linear-in-gap.upper", "transpose G", "a matrix has the singular values of its transpose"),
    (
        "not-always-monotone.falls",
        "swap targets everywhere",
        "the gap changes its sign; both targets have length 1",
    ),
    ("not-always-monotone.falls", "strictly", "from tau = 3 on, where it is 58/225, it is less"),
    ("monotone-in-angle.criterion", "without M invertible", "it holds of any G; M says that there is one"),
    ("monotone-in-angle.necessary", "without M invertible", "it holds of any G; M says that there is one"),
    ("monotone-in-angle.isotropic-slope", "without p + q - p q non-zero", "it holds of any g, which this provides"),
]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("linear-in-gap.G", "Invertible"),
    ("residual-can-exceed-gap.commuting", "Commute"),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("residual-can-exceed-gap", "right: order of factors"): "the geometries commute",
    ("monotone-in-angle", "right: order of factors"): "isotropic geometries commute",
    ("not-always-monotone", "right: order of factors"): "both agents stretch the same two axes",
    ("residual-can-exceed-gap", "right: sign of term 0", "w_inf"): "W's gradient vanishes where the family rests",
    ("residual-can-exceed-gap", "right: drop term 0", "w_inf"): "W's gradient vanishes where the family rests",
}

# How often the compiled program does what costs most.
OPERATIONS = [
    ("linear-in-gap.G", "matmul", 1),  # P Q serves M and A Q
    ("linear-in-gap.G", "transpose", 1),  # of M, which holds that P Q
]

# Formulas whose rounding bound must cover their value in floats.
ROUNDED = ["linear-in-gap.G"]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # The hypothesis fails and the statement holds all the same.
    (
        "residual-can-exceed-gap.commuting",
        "A psd",
        {"S_W": [[Fraction(3, 2)]], "S_U": [[Fraction(3, 2)]], "w_0": [0]},
        "nothing refutes the statement",
    ),
]

# Formulas of which no line is inferred: all is algebra, definition, hypothesis or cited.
BY_ALGEBRA = [
    "linear-in-gap.e",
    "linear-in-gap.G",
    "linear-in-gap.lower",
    "linear-in-gap.upper",
]
