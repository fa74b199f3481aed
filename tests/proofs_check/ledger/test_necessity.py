"""Every hypothesis is needed, wrong counterexamples are caught, and what was removed is not needed."""

from dataclasses import replace
from fractions import Fraction

import pytest
from sympy import Eq

from proofs_check import theorems
from proofs_check.evidence.instances import instance_of
from proofs_check.evidence.theorem import Needed
from proofs_check.ledger import necessity
from proofs_check.ledger.necessity import necessity_rows, passed, removed_rows, run_necessity, still_assumed
from tests.families.planting import gathered
from tests.families.test_asymmetry import VICTIM_BIAS
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_population import POPULATION_OPTIMUM
from tests.families.test_trained_optimum import FREE_LAYER_OPTIMUM
from tests.proofs_check.ledger.hypotheses import STORED, inputs_within, judges
from theory import formulas
from theory.derivation.assumptions import psd, relation
from theory.derivation.lines import check
from theory.errors import TheoryError
from theory.language.nodes import PositiveSemidefinite
from theory.language.predicates import All, Iff, Loewner
from theory.language.symbols import S_U, S_W, I, M, Sigma, p

LINE = {"S_W": [[1]], "S_U": [[1]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [1]}
HALF = Fraction(1, 2)
REMOVED = {
    (t.formula(part), a) for t in theorems.values() for x in t.unneeded for a in x.hypotheses for part in x.parts
}
ASSUMING = [id_ for id_ in formulas if formulas[id_].assumptions]


@pytest.fixture(scope="module")
def rows():
    return run_necessity()


@pytest.mark.slow
def test_every_hypothesis_of_every_formula_is_needed(rows):
    assert [row for row in rows if row.verdict != "needed"] == []
    assert len(rows) == sum(len(formulas[id_].assumptions) for id_ in formulas)
    assert all(row.instance and row.refutes for row in rows)
    assert passed(rows)


def test_every_stored_counterexample_fits_one_hypothesis_of_each_of_its_formulas():
    for theorem, case, id_ in STORED:
        names = [a.name for a in formulas[id_].assumptions]
        assert names.count(case.hypothesis) == 1, (theorem, case.hypothesis, names)


def one(formula, hypothesis, inputs):
    """Judge one planted counterexample, with no other stored."""
    theorem, _, part = formula.partition(".")
    planted = Needed((part,), hypothesis, inputs, judges(formula))
    found = run_necessity(theorems=[theorem], needed={theorem: [planted]})
    (text,) = (str(a) for a in formulas[formula].assumptions if a.name == hypothesis)
    return found, next(row for row in found if (row.formula, row.hypothesis) == (formula, text))


class TestPlanted:
    def test_a_right_one_is_accepted(self):
        _, row = one(f"{BIASED_EQUILIBRIUM}.e", "M invertible", LINE | {"S_W": [[2]], "S_U": [[2]]})
        assert row.verdict == "needed"
        assert "no state of rest" in row.counterexample

    @pytest.mark.parametrize(("formula", "hypothesis", "inputs", "note"), gathered("WRONG_COUNTEREXAMPLES"))
    def test_a_wrong_one_is_caught(self, formula, hypothesis, inputs, note):
        given = {name: value for name, value in (LINE | inputs).items() if value is not None}
        found, row = one(formula, hypothesis, given)
        assert row.verdict == "open"
        assert note in row.note
        assert not passed(found)

    def test_none_is_stored(self):
        found = run_necessity(theorems=[VICTIM_BIAS], needed={})
        assert [(row.verdict, row.note) for row in found] == [("open", "no counterexample is stored")]

    @pytest.mark.parametrize(("number", "verdict"), [(0, "needed"), (1, "open")])
    def test_one_that_speaks_of_the_dropped_inverse_may_be_undefined_and_not_false(self, number, verdict):
        formula = formulas[f"{BIASED_EQUILIBRIUM}.e"]
        more = relation(All(Eq(0, number, evaluate=False), Loewner(0 * I, M.I * M.I.T)), "an inverse is positive")
        tampered = dict(formulas) | {formula.id: replace(formula, assumptions=(*formula.assumptions, more))}
        found = run_necessity(theorems=[BIASED_EQUILIBRIUM], formulas=tampered)
        row = next(row for row in found if (row.formula, row.hypothesis) == (formula.id, str(formula.assumptions[0])))
        assert row.verdict == verdict
        assert ("also violates" in row.note) == (verdict == "open")

    def test_a_hypothesis_that_was_added_needlessly(self):
        """A theorem with a hypothesis too many does not pass, whatever is stored for the others."""
        extra = relation(p > 0, "p positive")
        tampered = dict(formulas) | {
            VICTIM_BIAS: replace(formulas[VICTIM_BIAS], assumptions=(*formulas[VICTIM_BIAS].assumptions, extra))
        }
        found = run_necessity(theorems=[VICTIM_BIAS], formulas=tampered)
        assert [row.verdict for row in found] == ["open", "open"]  # the stored instance has no p: it is not positive
        assert not passed(found)


def needs_a_plane(formula):
    """Whether it speaks of two directions, or is empty along one line."""
    return any("orthogonal" in a.name for a in formula.assumptions) or "one-example" in formula.id


@pytest.mark.parametrize("id_", ASSUMING)
def test_nothing_is_refuted_within_the_hypotheses(id_):
    """Neither the conclusions nor the agents refute a statement where all of its hypotheses hold."""
    formula, tried = formulas[id_], 0
    for seed in range(8):
        try:
            given = inputs_within(formula, seed, dimension=2 if needs_a_plane(formula) or "monotone" in id_ else 1)
        except TheoryError:
            continue
        if given is None:
            continue
        tried += 1
        assert necessity._false_conclusion(formula, instance_of(formula, given)) is None
        assert [judge(formula, given) for judge in judges(id_)] == [None] * len(judges(id_)), given
    assert tried >= 1


class TestRemoved:
    def test_what_is_not_needed_is_not_assumed(self):
        assert still_assumed() == []

    def test_assuming_it_again_is_noticed(self):
        formula = formulas[f"{BIASED_EQUILIBRIUM}.e"]
        again = dict(formulas) | {formula.id: replace(formula, assumptions=(*formula.assumptions, psd(S_W)))}
        assert still_assumed(again) == [rf"{formula.id} still assumes $S_W \succeq 0$"]
        assert not passed([], still_assumed(again))

    @pytest.mark.parametrize("id_", sorted(id_ for id_, hypothesis in REMOVED if hypothesis == psd(S_W)))
    def test_all_lines_hold_where_a_matrix_is_not_a_gram_matrix(self, id_):
        """Except for projectors, whose hypotheses imply that it is one."""
        formula, seen = formulas[id_], 0
        for seed in range(40):
            if seen and seed >= 12:
                break
            given = inputs_within(formula, seed, dimension=1 + seed % 2)
            if given is None:
                continue
            at = instance_of(formula, given)
            if all(psd(s).holds(at) for s in (S_W, S_U) if s in at.values):
                continue
            seen += 1
            assert all(line.holds for line in check(formula.derivation, at))
        assert (seen > 0) == (not id_.startswith("alternating"))

    @pytest.mark.parametrize(
        "id_", [f"{POPULATION_OPTIMUM}.second-moment", f"{POPULATION_OPTIMUM}.loss", f"{FREE_LAYER_OPTIMUM}.excess"]
    )
    def test_covariances_of_either_sign(self, id_):
        negative = relation(Iff(PositiveSemidefinite(Sigma), Eq(0, 1, evaluate=False)), "negative")
        assert replace(formulas[id_], assumptions=(negative,)).verify().rational > 0
        assert replace(formulas[id_], assumptions=(negative,)).verify().failed is None


@pytest.mark.parametrize("id_", [i for i in formulas if any(s.kind == "hypothesis" for s in formulas[i].derivation)])
def test_lines_marked_as_hypotheses_follow_from_the_assumptions(id_):
    """No derivation assumes more than the formula says."""
    formula, seen = formulas[id_], 0
    for seed in range(4):
        for dimension in (1, 2):
            given = inputs_within(formula, seed, dimension)
            if given is None:
                continue
            at = instance_of(formula, given)
            list(check(formula.derivation, at))
            seen += 1
            assert all(at.holds(s.equation) for s in formula.derivation if s.kind == "hypothesis")
    assert seen


def test_rows_for_the_book(rows):
    shown = necessity_rows(rows)
    assert len(shown) == len(rows)
    assert all(len(row) == 4 and all(row) for row in shown)
    assert all(len(row) == 3 and all(row) for row in removed_rows())
