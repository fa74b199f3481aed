"""Every hypothesis is needed, wrong counterexamples are caught, and what was removed is not needed."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from sympy import Eq, Ne, Symbol

from proofs_check import theorems
from proofs_check.evidence.instances import instance_of
from proofs_check.evidence.theorem import Needed
from proofs_check.ledger import necessity
from proofs_check.ledger.necessity import (
    NecessityRow,
    as_json,
    necessity_rows,
    passed,
    removed_rows,
    run_necessity,
    still_assumed,
)
from tests.families.planting import gathered
from tests.families.test_asymmetry import VICTIM_BIAS
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_one_agent import LSA_STEP
from tests.families.test_population import POPULATION_OPTIMUM
from tests.families.test_trained_optimum import FREE_LAYER_OPTIMUM
from tests.proofs_check.ledger.hypotheses import STORED, inputs_within, judges
from theory import formulas
from theory.derivation.assumptions import psd, relation
from theory.derivation.lines import check
from theory.errors import TheoryError
from theory.language.nodes import PositiveSemidefinite
from theory.language.predicates import All, Iff, Invertible, Loewner
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


class TestStored:
    """What is stored for one hypothesis: victim-bias has one formula with one hypothesis."""

    def judged(self, *cases):
        [row] = run_necessity(theorems=[VICTIM_BIAS], needed={VICTIM_BIAS: cases})
        return row

    @pytest.fixture
    def stored(self):
        [case] = theorems[VICTIM_BIAS].needed
        return case

    def test_a_right_one_suffices(self, stored):
        wrong = replace(stored, inputs={})
        assert self.judged(wrong).verdict == "open"
        assert self.judged(wrong, stored).verdict == self.judged(stored, wrong).verdict == "needed"

    def test_one_for_another_part_or_hypothesis_is_none(self, stored):
        for other in (replace(stored, parts=("x",)), replace(stored, hypothesis="x")):
            assert self.judged(other).note == "no counterexample is stored"

    def test_what_agents_say_follows_what_the_derivation_says(self, stored):
        told = self.judged(replace(stored, judges=(lambda *_: None, lambda *_: "said")))
        assert told.refutes == (*self.judged(replace(stored, judges=())).refutes, "said")
        assert told.counterexample == f"{told.instance}: {told.refutes[0]}"

    @pytest.mark.parametrize("error", [KeyError, ValueError])
    def test_agents_that_cannot_decide(self, stored, error):
        def judge(formula, inputs):
            raise error("no")

        row = self.judged(replace(stored, judges=(judge,)))
        assert (row.verdict, row.refutes) == ("open", ())
        said = f"{error.__name__}: {error('no')}"
        assert row.counterexample == row.note == f"the agents cannot decide the statement there: {said}"


ROW = NecessityRow("t", "t.a", "h", "needed", "x = 1", ("r", "s"))


class TestShownFalse:
    """What is false at an instance within no hypotheses: what the formula says, its lines, its equation, in turn."""

    @pytest.fixture
    def formula(self):
        return formulas[f"{BIASED_EQUILIBRIUM}.e"]

    @pytest.fixture
    def at(self, formula):
        return instance_of(formula, LINE | {"S_W": [[HALF]], "S_U": [[HALF]]})

    def test_of_a_true_formula_nothing(self, formula, at):
        assert necessity._false_conclusion(formula, at) is None

    def test_what_is_said_comes_first(self, formula, at):
        told = [
            necessity._false_conclusion(replace(formula, says=says, compact=2 * formula.compact), at)
            for says in (Eq(1, 2, evaluate=False), None)
        ]
        assert told[0] == "1 = 2 is false: 1 against 2"
        assert told[1] != told[0]
        assert "is false: " in told[1]

    @pytest.mark.parametrize(
        "changed",
        [
            {"sign": r"\le"},
            {"lhs": None},
            {"lhs": None, "sign": r"\le"},
            {"compact": Eq(1, 2, evaluate=False)},
        ],
    )
    def test_only_an_equation_is_one(self, formula, at, changed):
        other = replace(formula, says=None, derivation=(), compact=2 * formula.compact)
        assert necessity._false_conclusion(other, at) is not None
        assert necessity._false_conclusion(replace(other, **changed), at) is None

    def test_a_hypothesis_of_what_does_not_exist_does_not_hold(self, at):
        assert necessity._holds(psd(S_W), at)
        assert not necessity._holds(psd(Sigma), at)


class TestShown:
    def test_a_conclusion_up_to_sixty_characters(self):
        def undefined(side):
            raise TheoryError("undefined")

        a, b, half = Symbol("a" * 28), Symbol("b" * 29), np.array([[HALF]], dtype=object)
        at, nowhere = SimpleNamespace(algebraic=lambda side: half), SimpleNamespace(algebraic=undefined)
        text = f"{a} = {b}"
        assert len(text) == 60
        assert necessity._described(Eq(a, b), at) == f"{text} is false: 1/2 against 1/2"
        assert necessity._described(Eq(a, b), nowhere) == f"{text} is false"
        assert necessity._described(Eq(a, Symbol(f"{b}b")), at) == "a conclusion (=) is false: 1/2 against 1/2"
        assert necessity._described(Ne(a, Symbol("c")), at) == f"{a} != c is false"
        assert necessity._described(Invertible(M), at) == "M is invertible is false"

    def test_numbers_stand_without_brackets_and_steps_of_one_not_at_all(self):
        inputs = {"S_W": [[2]], "eta_W": 1, "eta_U": HALF, "p": 1, "w_star": [0, 1], "X": [[1], [2]]}
        assert necessity._shown(inputs) == "S_W = 2, eta_U = 1/2, p = 1, w_star = [0, 1], X = [[1], [2]]"
        assert necessity._shown({"eta_W": HALF, "eta_U": 1}) == "eta_W = 1/2"

    def test_ids_are_joined_by_theorem(self):
        assert necessity._short([LSA_STEP, f"{LSA_STEP}.gradient", f"{BIASED_EQUILIBRIUM}.e"]) == (
            f"{LSA_STEP}, {BIASED_EQUILIBRIUM} (e)"
        )
        assert necessity._short([LSA_STEP, VICTIM_BIAS]) == f"{LSA_STEP} (itself), {VICTIM_BIAS}"

    def test_rows_and_report(self):
        row, open_ = ROW, replace(ROW, verdict="open", refutes=(), note="why")
        assert (row.counterexample, open_.counterexample) == ("x = 1: r", "why")
        assert passed([])
        assert passed([row])
        assert not passed([row, open_])
        assert not passed([row], ["drift"])
        report = as_json([row, open_], ["drift"])
        assert report["hypotheses"] == [row.as_json(), open_.as_json()]
        assert row.as_json()["refutes"] == ["r", "s"]
        assert (report["passed"], report["still assumed"]) == (False, ["drift"])
        assert as_json([row])["passed"] is True
        removed = [(necessity._short(x["formulas"]), x["hypothesis"], x["why"]) for x in report["removed"]]
        assert removed == removed_rows()
        assert necessity_rows([row]) == [("t.a", "h", "needed", "x = 1: r")]
        assert removed_rows([]) == []
        assert still_assumed(theorems=[]) == []


def needs_a_plane(formula):
    """Whether it speaks of two directions, or is empty along one line."""
    return any("orthogonal" in a.name for a in formula.assumptions) or "one-example" in formula.id


@pytest.mark.parametrize("id_", ASSUMING)
@pytest.mark.many(5)
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
        assert {hypothesis for _, hypothesis, _ in removed_rows()} == {str(a) for _, a in REMOVED}

    def test_assuming_it_again_is_noticed(self):
        formula = formulas[f"{BIASED_EQUILIBRIUM}.e"]
        again = dict(formulas) | {formula.id: replace(formula, assumptions=(*formula.assumptions, psd(S_W)))}
        assert still_assumed(again) == [rf"{formula.id} still assumes $S_W \succeq 0$"]
        assert not passed([], still_assumed(again))
        assert still_assumed(again, [VICTIM_BIAS]) == []

    @pytest.mark.parametrize("id_", sorted(id_ for id_, hypothesis in REMOVED if hypothesis == psd(S_W)))
    @pytest.mark.many(5)
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
    @pytest.mark.slow
    @pytest.mark.many(3)
    def test_covariances_of_either_sign(self, id_):
        negative = relation(Iff(PositiveSemidefinite(Sigma), Eq(0, 1, evaluate=False)), "negative")
        assert replace(formulas[id_], assumptions=(negative,)).verify().rational > 0
        assert replace(formulas[id_], assumptions=(negative,)).verify().failed is None


@pytest.mark.parametrize("id_", [i for i in formulas if any(s.kind == "hypothesis" for s in formulas[i].derivation)])
@pytest.mark.many(4)
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
