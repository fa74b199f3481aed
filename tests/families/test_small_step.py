"""Terms, remainder and bound of small steps, against series known by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sympy import Rational

from tests.families.planting import Falsehood, FalseStatement, flipped, without
from theory import formulas
from theory.language.symbols import S_U, S_W, eta_W


class TestSmallSteps:
    G = {"S_W": [[2, 1], [1, 1]], "S_U": [[1, 0], [0, 3]], "w_star": [0, 0], "u_star": [1, -1], "rho": Fraction(2, 3)}

    def residual(self, who, step):
        given_ = {k: v for k, v in self.G.items() if k != "rho"}
        return formulas[f"biased-equilibrium.{who}"].exact(**given_, eta_W=step, eta_U=step * self.G["rho"])

    def test_common_step_by_hand(self):
        """Scalar, common step: e = (1 - eta a) b/(a + b - eta a b); its series in eta."""
        given_ = {"S_W": [[2]], "S_U": [[3]], "w_star": [0], "u_star": [1], "rho": 1}
        assert formulas["small-step.e0"].exact(**given_)[0] == Rational(3, 5)
        assert formulas["small-step.e1"].exact(**given_)[0] == Rational(-12, 25)
        assert formulas["small-step.f0"].exact(**given_)[0] == Rational(-2, 5)
        assert formulas["small-step.f1"].exact(**given_)[0] == Rational(18, 25)
        assert formulas["gap-is-shared.small-step"].exact(w_star=[0], u_star=[1])[0] == 1

    @pytest.mark.parametrize("who", ["e", "f"])
    @pytest.mark.parametrize("order", [1, 2, 4])
    def test_terms_remainder_and_bound(self, who, order):
        step = Fraction(1, 20)
        total = formulas[f"small-step.{who}0"].exact(**self.G)
        for i in range(1, order + 1):
            total += Rational(step.numerator, step.denominator) ** i * formulas[f"small-step.{who}k"].exact(
                **self.G, order=i
            )
        left = self.residual(who, step) - total
        assert formulas[f"small-step.{who}-remainder"].exact(**self.G, eta_W=step, order=order) == left
        bound = formulas[f"small-step.{who}-bound"].exact(**self.G, eta_W=step, order=order)
        assert float(left.norm()) <= float(bound) * (1 + 1e-12)

    @pytest.mark.parametrize("who", ["e", "f"])
    def test_what_is_left_has_the_next_order(self, who):
        limits, first = (formulas[f"small-step.{who}{i}"].exact(**self.G) for i in "01")
        sizes = []
        for step in (Fraction(1, 100), Fraction(1, 200)):
            s = Rational(step.numerator, step.denominator)
            sizes.append(float((self.residual(who, step) - limits - s * first).norm()))
        assert abs(sizes[0] / sizes[1] - 4) < 0.2


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("small-step", "small-step.e1", "flipped sign", flipped),
    ("small-step", "small-step.ek", "transposed product", lambda e: e.xreplace({S_W: S_U, S_U: S_W})),
    ("small-step", "small-step.f-remainder", "dropped eta", without(eta_W)),
    ("small-step", "small-step.e-bound", "dropped a factor", lambda e: e / 10**6),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("small-step.e1", "sign", "e_order_1 = H_inv K H_inv S_W Delta", ()),
    ("small-step.e2", "power", "e_order_2 = -H_inv K H_inv S_W Delta", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["small-step"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("small-step.e1", "invertible"),
]

# How often the compiled program does what costs most.
OPERATIONS = [
    ("small-step.ek", "solve", 1),  # stacked
    ("small-step.e1", "solve", 2),  # one after the other
]
