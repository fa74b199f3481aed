"""What checking a derivation may conclude: vacuous, unreached or partly singular checks are not successes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Eq, Identity, Inverse, MatMul, MatrixSymbol, Ne, ZeroMatrix

from tests.families.planting import gathered
from tests.families.test_consensus import CONSENSUS
from tests.families.test_convergence import CONVERGENCE_IFF
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_misalignment import LINEAR_IN_GAP
from theory import formulas
from theory.derivation import verification
from theory.derivation.assumptions import below, invertible, psd, relation
from theory.derivation.formula import conclude
from theory.derivation.lines import Derivation, Step, equation
from theory.derivation.verification import Verification, verify
from theory.language.nodes import Norm, PositiveSemidefinite
from theory.language.symbols import S_U, S_W, Delta, M, P, d, eta_W, p, q, w_star
from theory.values.drawing import Geometry, draw, full_rank

IMPOSSIBLE = relation(Ne(S_W, S_W, evaluate=False), "impossible")
RESIDUAL = formulas[f"{BIASED_EQUILIBRIUM}.e"]
TRUE = Step(equation(Identity(d), Identity(d)), "true", "algebra")


def verified(lines, assumptions=()):
    """Checked with one seed on the few primitives that these lines need."""
    return verify("x", lines, assumptions, ["S_W", "w_star", "p"], {}, range(1))


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
        step, other = (Step(equation(P, P), reason, "algebra") for reason in ("why", "what"))
        assert not Verification("f", 1, 5, 5, None, "", (step,))
        assert "'why' was never checked" in str(Verification("f", 1, 5, 5, None, "", (step,)))
        assert "'why' was never checked" in str(Verification("f", 2, 5, 5, None, "", (step, other)))


class TestHypotheses:
    @pytest.mark.parametrize(("id_", "kind"), gathered("RELIED_ON"))
    @pytest.mark.many(4)
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

    @pytest.mark.parametrize("before", [0, 1, 3])
    @pytest.mark.parametrize("open_", [0, 2])
    def test_the_line_that_divides_by_what_is_singular_is_named(self, before, open_):
        """Not one before it that holds, nor one that free symbols leave open."""
        lines = [Step(TRUE.equation, f"fine {k}", "algebra") for k in range(before)]
        lines += [Step(p < k, "open", "inference") for k in range(open_)]
        lines += [
            Step(equation(MatMul(Inverse(S_W), S_W), Identity(d)), reason, "algebra") for reason in ("first", "next")
        ]
        verdict = verified(lines)
        assert verdict.failed == lines[before + open_]
        assert verdict.where.startswith("free instance, {'d': 2")

    def test_a_definition_that_divides_is_named_though_its_equation_is_open(self):
        at = Derivation()
        line = at.define(MatrixSymbol("scaled", d, 1), Norm(w_star) * Inverse(S_W) * w_star, "divide")
        verdict = verified([Step(p < 1, "open", "inference"), *at.steps])
        assert verdict.failed.equation == line
        assert verdict.where.startswith("free instance, {'d': 2")

    def test_a_hypothesis_about_what_has_no_value_does_not_hold(self):
        """Such an instance shows nothing; what is defined after a wrong line gets its value all the same."""
        at, x = Derivation(), MatrixSymbol("reciprocal", d, d)
        at.define(x, Inverse(S_W), "divide")
        assert verified(at.steps, (relation(equation(x, x)),))
        assert not verified(at.steps)
        wrong = Step(equation(S_W, 2 * S_W), "planted", "algebra")
        assert verified([wrong, *at.steps], (relation(equation(x, x)),)).failed == wrong
        nothing = Step(equation(x, x), "no value", "definition")
        assert verified([wrong, nothing]).failed == wrong

    def test_steps_are_checked_inside_and_outside_the_box(self):
        """Instances inside the box alone would let the first through, those outside alone the second."""
        one = Identity(d)
        inside = PositiveSemidefinite(2 * one - eta_W * S_W)
        assert one_line(inside, (psd(S_W),)).verify().failed is not None
        assert one_line(inside, (psd(S_W), below(eta_W * S_W, 2))).verify()


class TestInstances:
    """At which sizes, ranks, counts and seeds a derivation is checked."""

    GEOMETRIES = {
        1: [(1, 1, 1), (1, 0, 1), (1, 0, 0), (0, 0, 0)],
        2: [(2, 2, 2), (2, 1, 2), (2, 1, 1), (2, 0, 2), (2, 0, 0), (1, 1, 0)],
        3: [(3, 3, 3), (3, 2, 3), (3, 2, 2), (3, 0, 3), (3, 0, 0), (2, 2, 1)],
    }  # fmt: skip

    @pytest.fixture
    def drawn(self, monkeypatch):
        """What was asked for."""
        asked = []

        def noted(names, **how):
            asked.append((tuple(names), how))
            return draw(names, **how)

        monkeypatch.setattr(verification, "draw", noted)
        return asked

    @staticmethod
    def free(drawn):
        found = [how for _, how in drawn if how["seed"] is None]
        assert all(how["sizes"].items() >= {"n": how["sizes"]["d"], "k": 1}.items() for how in found)
        return found

    def test_every_size_has_every_rank(self, drawn):
        verdict = verify("x", [TRUE], (), ["S_W", "S_U", "w_star"], {}, range(3, 5))
        assert [(how["sizes"]["d"], how["geometry"]) for how in self.free(drawn)] == [
            (1, Geometry(1, 1, 1)), (2, Geometry(2, 1, 1)), (2, Geometry(2, 2, 2)),
        ]  # fmt: skip
        assert [(how["sizes"], how["geometry"], how["seed"]) for _, how in drawn[3:]] == [
            (sizes, Geometry(*ranks), seed)
            for sizes in ({"d": 1, "n": 2, "k": 1}, {"d": 2, "n": 1, "k": 2}, {"d": 3, "n": 4, "k": 2})
            for seed in (3, 4)
            for ranks in self.GEOMETRIES[sizes["d"]]
        ]
        assert verdict == Verification("x", 1, 3, 2 * (4 + 6 + 6), None, "", ())

    def test_what_failed_is_counted_up_to_there(self, drawn):
        """Free symbols leave an order relation open; the second rational matrix is zero."""
        line = Step(S_W[0, 0] > 0, "planted", "inference")
        verdict = verify("x", [TRUE, line], (psd(S_W),), ["S_W"], {}, range(1))
        where = "rational instance, {'d': 1, 'n': 2, 'k': 1}, Geometry(span=1, rank_W=0, rank_U=1), seed 0"
        assert verdict == Verification("x", 2, 3, 1, line, where, ())
        assert len(drawn) == 5

    def test_counts_take_every_listed_value(self, drawn):
        """Beyond one dimension free symbols take the first step of an induction, and rationals take turns."""
        verify("x", [TRUE], (), ["S_W"], {"t": (0, 1, 2)}, range(5))
        sizes = [how["sizes"] for how in self.free(drawn)]
        assert [(one["d"], one["t"]) for one in sizes] == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 0), (2, 1), (2, 1)]
        assert {(how["seed"], how["sizes"]["t"]) for _, how in drawn if how["seed"] is not None} == {
            (0, 0), (1, 1), (2, 2), (3, 0), (4, 1),
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("counts", "beyond"),
        [({"s": (0, 0, 1), "t": (0, 1, 1)}, [(0, 0), (0, 1)]), ({"s": (2, 1, 3), "t": (0, 1, 1)}, [(2, 0)])],
    )
    def test_several_counts_are_small_together(self, drawn, counts, beyond):
        verify("x", [TRUE], (), ["p"], counts, range(0))
        sizes = [how["sizes"] for how in self.free(drawn)]
        assert [(one["s"], one["t"]) for one in sizes if one["d"] == 1] == [*zip(*counts.values(), strict=True)]
        assert [(one["s"], one["t"]) for one in sizes if one["d"] == 2] == [pair for pair in beyond for _ in (1, 2)]

    def test_matrices_have_either_sign_unless_a_hypothesis_says_otherwise(self, drawn):
        verify("x", [TRUE], (invertible(S_W), psd(S_U)), ["S_W", "S_U", "w_star", "p"], {}, range(1))
        assert {names for names, _ in drawn} == {("S_W", "S_U", "w_star", "p")}
        assert all(how["signed"] == ["S_W"] for _, how in drawn)

    def test_the_first_hypothesis_that_has_instances_draws_them(self, drawn):
        first, second, third = (full_rank("S_W") for _ in range(3))
        held = relation(TRUE.equation, "held")
        for assumptions, chosen in (
            ((held, replace(held, arrange=first), replace(held, arrange=second)), first),
            ((held,), third),
        ):
            drawn.clear()
            verify("x", [TRUE], assumptions, ["S_W"], {}, range(1), third)
            assert all(how["arrange"] is chosen for _, how in drawn)


@pytest.mark.parametrize("id_", gathered("BY_ALGEBRA"))
def test_nothing_is_inferred(id_):
    lines = formulas[id_].derivation
    assert {line.kind for line in lines} <= {"algebra", "definition", "hypothesis", "cited"}
    assert lines[-1].kind != "cited"
