"""What checking a derivation may conclude: vacuous, unreached or partly singular checks are not successes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Eq, Identity, Inverse, MatrixSymbol, Ne, ZeroMatrix

from tests.families.planting import gathered
from tests.families.test_consensus import CONSENSUS
from tests.families.test_convergence import CONVERGENCE_IFF
from tests.families.test_dynamics import CLOSED_FORM
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_misalignment import LINEAR_IN_GAP
from theory import formulas
from theory.derivation.assumptions import below, invertible, psd, relation
from theory.derivation.formula import conclude
from theory.derivation.lines import Derivation, Step, equation
from theory.derivation.verification import Verification, verify
from theory.language.nodes import PositiveSemidefinite
from theory.language.symbols import S_U, S_W, Delta, M, P, d, eta_W, p, q

IMPOSSIBLE = relation(Ne(S_W, S_W, evaluate=False), "impossible")
RESIDUAL = formulas[f"{BIASED_EQUILIBRIUM}.e"]


def one_line(eq, assumptions=()):
    at = Derivation()
    line = at.infer(eq, reason="planted")
    return conclude(at, "planted", "t", line, assumptions=assumptions)


class TestVacuity:
    @pytest.mark.parametrize(
        "id_", [f"{BIASED_EQUILIBRIUM}.e", CONVERGENCE_IFF, f"{LINEAR_IN_GAP}.upper", f"{CONSENSUS}.parallel-sum"]
    )
    def test_no_instance_within_the_hypotheses(self, id_):
        formula = formulas[id_]
        verdict = replace(formula, assumptions=(*formula.assumptions, IMPOSSIBLE)).verify()
        assert not verdict
        assert verdict.rational == verdict.free == 0
        assert verdict.failed is None
        assert "never checked" in str(verdict)

    def test_a_false_line_under_impossible_hypotheses_proves_nothing(self):
        verdict = one_line(equation(S_W, 2 * S_W), (IMPOSSIBLE,)).verify()
        assert not verdict
        assert verdict.failed is None

    def test_no_seed(self):
        assert not RESIDUAL.verify(seeds=range(0))

    def test_only_free_instances_are_not_enough(self):
        assert not Verification("f", 1, 5, 0, None, "", ())
        assert Verification("f", 1, 0, 1, None, "", ())

    def test_an_unreached_line(self):
        step = Step(equation(P, P), "why", "algebra")
        assert not Verification("f", 1, 5, 5, None, "", (step,))
        assert "'why' was never checked" in str(Verification("f", 1, 5, 5, None, "", (step,)))


class TestHypotheses:
    @pytest.mark.parametrize(("id_", "kind"), gathered("RELIED_ON"))
    def test_a_missing_hypothesis_is_noticed(self, id_, kind):
        formula = formulas[id_]
        fewer = tuple(a for a in formula.assumptions if type(a.says).__name__ != kind)
        assert len(fewer) < len(formula.assumptions)
        verdict = replace(formula, assumptions=fewer).verify()
        assert not verdict
        assert verdict.failed is not None

    def test_a_wrong_line_before_the_hypotheses_can_be_spoken_of(self):
        """M is defined later than the planted line; the hypothesis about M must still be decided."""
        i = next(i for i, s in enumerate(RESIDUAL.derivation) if s.kind == "algebra")
        assert not any(s.equation.lhs == M for s in RESIDUAL.derivation[:i] if s.kind == "definition")
        planted = replace(RESIDUAL.derivation[i], equation=equation(Delta, 2 * Delta))
        lines = (*RESIDUAL.derivation[:i], planted, *RESIDUAL.derivation[i + 1 :])
        assert replace(RESIDUAL, derivation=lines).verify().failed == planted

    def test_the_report_names_line_and_instance(self):
        formula = one_line(Eq(p, q, evaluate=False))
        verdict = formula.verify()
        assert verdict.failed == formula.derivation[0]
        assert "wrong line 'planted'" in str(verdict)
        assert "free instance, {'d': 1" in verdict.where

    def test_a_claim_false_only_for_singular_geometries(self):
        """Ranks are drawn low enough to refute what holds for full rank only."""
        verdict = one_line(Ne(S_W, ZeroMatrix(d, d), evaluate=False), (psd(S_W),)).verify()
        assert verdict.failed is not None
        wrong = one_line(PositiveSemidefinite(S_W - S_U), (psd(S_W), psd(S_U))).verify()
        assert wrong.failed is not None

    def test_a_claim_false_only_outside_the_hypotheses(self):
        assert one_line(Ne(S_W, ZeroMatrix(d, d), evaluate=False), (invertible(S_W),)).verify()

    def test_order_relations_need_rationals(self):
        verdict = one_line(p < q + 1, (relation(p < q, "p below q"),)).verify()
        assert verdict
        assert verdict.rational > 0

    def test_a_needless_inverse_is_noticed(self):
        at = Derivation()
        x = MatrixSymbol("needless", d, d)
        line = at.define(x, Inverse(S_W) * S_U, "divide by what may be singular")
        assert not conclude(at, "planted", "t", line, assumptions=(psd(S_W),)).verify()

    def test_steps_are_checked_inside_and_outside_the_box(self):
        """Instances inside the box alone would let the first through, those outside alone the second."""
        one = Identity(d)
        inside = PositiveSemidefinite(2 * one - eta_W * S_W)
        assert one_line(inside, (psd(S_W),)).verify().failed is not None
        assert one_line(inside, (psd(S_W), below(eta_W * S_W, 2))).verify()


def test_counts_take_every_listed_value():
    formula = formulas[f"{CLOSED_FORM}.e"]
    assert len(formula.counts["t"]) >= 3
    inputs = [*formula.inputs]
    verdict = verify("x", formula.derivation, formula.assumptions, inputs, {"t": (0,)}, range(2))
    assert verdict


@pytest.mark.parametrize("id_", gathered("BY_ALGEBRA"))
def test_nothing_is_inferred(id_):
    lines = formulas[id_].derivation
    assert {line.kind for line in lines} <= {"algebra", "definition", "hypothesis", "cited"}
    assert lines[-1].kind != "cited"
