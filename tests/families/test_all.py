"""The ledger's own machinery must refute planted falsehoods, and must not bless what was not checked."""

import dataclasses
from fractions import Fraction
from functools import cache

import pytest
from sympy import Eq, Equality

from proofs_check import Verdict, run, theorems
from proofs_check.evidence.kinds import Constructed, Derivation, Exact, Floats
from tests.families.planting import Tampered, change, gathered, of_theorem, scaled
from tests.families.test_consensus import CONSENSUS
from tests.families.test_dynamics import ERROR_RECURSION, ROLE_SWAP
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_misalignment import LINEAR_IN_GAP
from tests.families.test_one_agent import LSA_STEP
from tests.families.test_small_step import SMALL_STEP
from theory import formulas

FALSEHOODS = gathered("FALSEHOODS")
IDS = [f"{formula}: {what}" for _, formula, what, _ in FALSEHOODS]
#: Most falsehoods show at once; what a few geometries do not show, many must.
FEW, MANY = 4, 80


def only(theorem, *kinds):
    """Return the theorem with its evidence of some kinds only."""
    return dataclasses.replace(theorem, evidence=tuple(e for e in theorem.evidence if isinstance(e, kinds)))


@cache
def finding(theorem, name):
    """What a piece of evidence finds of the true theorem: the ledger notes for which formulas it speaks."""
    pieces = tuple(e for e in theorems[theorem].evidence if e.name == name)
    [result] = run([dataclasses.replace(theorems[theorem], evidence=pieces)], geometries=FEW)
    [found] = result.findings
    return found


def may_tell(theorem, name, id_):
    """Whether a falsehood in a formula can show in a piece of evidence."""
    found = finding(theorem, name)
    return not found.verdict.holds or id_ in found.conclusions


def run_until_refuted(theorem, tampered):
    pieces = tuple(e for e in theorem.evidence if may_tell(theorem.id, e.name, tampered.id))
    asking = dataclasses.replace(theorem, evidence=pieces or theorem.evidence)
    for geometries in (FEW, MANY):
        [result] = run([asking], geometries=geometries, formulas=tampered)
        if result.verdict is Verdict.REFUTED:
            break
    return result


def test_every_theorem_has_a_planted_falsehood():
    """No other list of theorems is kept in the tests."""
    assert {theorem for theorem, *_ in FALSEHOODS} == set(theorems)


def test_every_falsehood_is_planted_in_its_theorem():
    assert [row for row in FALSEHOODS if of_theorem(row[1]) != row[0]] == []


@pytest.mark.parametrize(("theorem", "formula", "what", "tamper"), FALSEHOODS, ids=IDS)
@pytest.mark.many(10)
def test_simulated_agents_refute_a_planted_falsehood(theorem, formula, what, tamper):
    tampered = Tampered(formula, change(formula, tamper))
    result = run_until_refuted(only(theorems[theorem], Exact, Constructed), tampered)
    assert result.verdict is Verdict.REFUTED, [finding.notes for finding in result.findings]
    shown = next(f.counterexample for f in result.findings if f.counterexample is not None)
    assert {"left", "right"} < set(shown.values), "both sides and the geometry must be shown"


COMPARED = set(gathered("COMPARED"))
IN_FLOATS = [row for row in FALSEHOODS if row[1] in COMPARED]


@pytest.mark.parametrize(
    ("theorem", "formula", "what", "tamper"), IN_FLOATS, ids=[f"{f}: {w}" for _, f, w, _ in IN_FLOATS]
)
@pytest.mark.many(4)
def test_floats_refute_it_too(theorem, formula, what, tamper):
    tampered = Tampered(formula, change(formula, tamper))
    result = run_until_refuted(only(theorems[theorem], Floats), tampered)
    assert result.verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", [f"{BIASED_EQUILIBRIUM}.e", LSA_STEP, f"{CONSENSUS}.value", f"{SMALL_STEP}.e1"])
def test_a_wrong_line_refutes_the_derivation(name):
    formula = formulas[name]
    lines = list(formula.derivation)
    equations = (i for i, line in enumerate(lines) if isinstance(line.equation, Equality))
    index = max(i for i in equations if lines[i].kind in ("algebra", "inference"))
    wrong = Eq(lines[index].equation.lhs, -lines[index].equation.rhs, evaluate=False)
    lines[index] = dataclasses.replace(lines[index], equation=wrong)
    tampered = Tampered(name, dataclasses.replace(formula, derivation=tuple(lines)))
    theorem = only(theorems[name.split(".")[0]], Derivation)
    [result] = run([theorem], geometries=1, formulas=tampered)
    assert result.verdict is Verdict.REFUTED
    assert result.findings[0].counterexample.values["formula"] == name


@pytest.mark.parametrize("name", [f"{BIASED_EQUILIBRIUM}.e", f"{ERROR_RECURSION}.f", f"{LINEAR_IN_GAP}.e"])
def test_a_result_that_is_not_the_last_line_refutes_the_derivation(name):
    tampered = Tampered(name, change(name, lambda expr: -expr))
    [result] = run([only(theorems[name.split(".")[0]], Derivation)], geometries=1, formulas=tampered)
    assert result.verdict is Verdict.REFUTED


@pytest.mark.parametrize(("judge", "id_", "inputs"), gathered("JUDGED"))
def test_what_is_derived_is_accepted_and_half_of_it_is_not(judge, id_, inputs):
    assert judge(formulas[id_], inputs) is None
    assert "claimed" in judge(scaled(id_, Fraction(1, 2)), inputs)


DRAWN = [t for t in theorems.values() if any(isinstance(e, Exact | Floats) for e in t.evidence)]


@pytest.mark.parametrize("theorem", DRAWN, ids=[t.id for t in DRAWN])
def test_without_samples_nothing_is_known(theorem):
    [result] = run([only(theorem, Exact, Floats)], geometries=0)
    assert result.verdict is Verdict.UNKNOWN


def test_one_piece_without_samples_is_not_hidden_by_a_derivation():
    [result] = run([theorems[ROLE_SWAP]], geometries=0)
    assert result.findings[0].verdict is Verdict.DERIVED
    assert result.verdict is Verdict.UNKNOWN
