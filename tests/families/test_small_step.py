"""Terms, remainder and bound of small steps, against series known by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sympy import Matrix, Rational

from proofs_check.evidence.instances import satisfied
from tests.families.planting import Falsehood, FalseStatement, flipped, without
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM, GAP_IS_SHARED
from theory import formulas
from theory.language.predicates import Invertible
from theory.language.symbols import S_U, S_W, eta_W

# Ids that other tests take from here.
SMALL_STEP = "small-step"


class TestSmallSteps:
    G = {"S_W": [[2, 1], [1, 1]], "S_U": [[1, 0], [0, 3]], "w_star": [0, 0], "u_star": [1, -1], "rho": Fraction(2, 3)}

    def residual(self, who, step):
        given_ = {k: v for k, v in self.G.items() if k != "rho"}
        return formulas[f"{BIASED_EQUILIBRIUM}.{who}"].exact(**given_, eta_W=step, eta_U=step * self.G["rho"])

    def test_common_step_by_hand(self):
        """Scalar, common step: e = (1 - eta a) b/(a + b - eta a b); its series in eta."""
        given_ = {"S_W": [[2]], "S_U": [[3]], "w_star": [0], "u_star": [1], "rho": 1}
        assert formulas["small-step.e0"].exact(**given_)[0] == Rational(3, 5)
        assert formulas["small-step.e1"].exact(**given_)[0] == Rational(-12, 25)
        assert formulas["small-step.f0"].exact(**given_)[0] == Rational(-2, 5)
        assert formulas["small-step.f1"].exact(**given_)[0] == Rational(18, 25)
        assert formulas[f"{GAP_IS_SHARED}.small-step"].exact(w_star=[0], u_star=[1])[0] == 1

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
        formula = formulas[f"small-step.{who}-bound"]
        assert satisfied(formula, self.G | {"eta_W": step, "order": order})
        assert not satisfied(formula, self.G | {"eta_W": 40 * step, "order": order})
        assert formulas[f"small-step.{who}-remainder"].exact(**self.G, eta_W=step, order=order) == left
        bound = formulas[f"small-step.{who}-bound"].exact(**self.G, eta_W=step, order=order)
        assert float(left.norm()) <= float(bound) * (1 + 1e-12)

    @pytest.mark.parametrize("who", ["e", "f"])
    @pytest.mark.parametrize("step", [Fraction(1, 10), Fraction(1, 1000)])
    def test_the_residual_is_as_near_to_its_limit_as_the_step_is_small(self, who, step):
        away = self.residual(who, step) - formulas[f"small-step.{who}0"].exact(**self.G)
        bound = formulas[f"small-step.{who}-limit"].exact(**self.G, eta_W=step)
        assert 0 < float(away.norm()) <= float(bound) <= 2 * step

    def test_the_gap_is_missed_by_as_little(self):
        step = Fraction(1, 100)
        missed = self.residual("e", step) - self.residual("f", step) - Matrix([1, -1])
        bound = formulas[f"{GAP_IS_SHARED}.rate"].exact(**self.G, eta_W=step)
        assert 0 < float(missed.norm()) <= float(bound) <= 3 * step

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
    ("small-step", "small-step.e-limit", "dropped a factor", lambda e: e / 10**6),
    ("small-step", "small-step.f-limit", "dropped a factor", lambda e: e / 10**6),
    ("small-step", "small-step.e-regular", "another matrix", lambda e: Invertible(S_W)),
    ("small-step", "small-step.M", "another matrix", lambda e: Invertible(S_U)),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("small-step.e1", "sign", "e_order_1 = H_inv K H_inv S_W Delta", ()),
    ("small-step.e2", "power", "e_order_2 = -H_inv K H_inv S_W Delta", ()),
    ("small-step.e-regular/right", "missing factor", "eta_W R_e there = 1", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["small-step"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("small-step.e1", "Invertible"),
]

# How often the compiled program does what costs most.
OPERATIONS = [
    ("small-step.ek", "solve", 1),  # stacked
    ("small-step.e1", "solve", 2),  # one after the other
]

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["small-step.e2"]

# Formulas whose rounding bound must cover their value in floats.
ROUNDED = ["small-step.e2", "small-step.e-remainder"]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("small-step.e-regular", "transpose R_e", "a transpose has the transposed inverse"),
    ("small-step.f-regular", "transpose R_f", "a transpose has the transposed inverse"),
    ("small-step.M", "transpose M", "a transpose has the transposed inverse"),
]
