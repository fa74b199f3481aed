"""The shipped certificates: each states what the theory states, replays, and says what it leaves to words."""

import copy
import dataclasses
from functools import cache

import pytest

from proofs_check import Verdict, run, theorems
from proofs_check.certificates.checker import Refused, check, replay
from proofs_check.certificates.stored import certificate, stored
from proofs_check.evidence import certified
from proofs_check.evidence.certified import Certificate, dependencies, uncertified
from proofs_check.proving.coverage import coverage
from proofs_check.proving.facts import StandardFact
from proofs_check.proving.specification import Spec, Sum
from proofs_check.proving.statement import NotFound, drift, prepared, statement
from tests.families.planting import Tampered, change, gathered
from tests.families.test_asymmetry import VICTIM_BIAS
from tests.families.test_dynamics import FROZEN_KERNEL
from theory import formulas, statements

SPECS = {id_: theorem.certificate for id_, theorem in theorems.items() if theorem.certificate}
STATEMENTS = [(theorem, spec) for theorem, specs in SPECS.items() for spec in specs]
NAMES = [spec.name for _, spec in STATEMENTS]
ALL = {spec.name: spec for _, spec in STATEMENTS}
STORED = {one["name"]: one for theorem in stored() for one in certificate(theorem)["statements"]}


def found(theorem):
    return {one["name"]: one for one in certificate(theorem)["statements"]}


def test_every_specification_is_stored_and_nothing_else():
    assert set(stored()) == set(SPECS) <= set(theorems)
    assert len(set(NAMES)) == len(NAMES)
    for theorem, specs in SPECS.items():
        assert list(found(theorem)) == [spec.name for spec in specs]


@pytest.mark.parametrize("theorem", SPECS)
@pytest.mark.many(4)
def test_certificates_replay(theorem):
    assert check(certificate(theorem)), check(certificate(theorem)).refusal


@pytest.mark.parametrize(("theorem", "spec"), STATEMENTS, ids=NAMES)
@pytest.mark.many(4)
def test_a_statement_is_the_one_that_the_theory_makes(theorem, spec):
    assert drift(spec, found(theorem)[spec.name], *prepared(formulas[spec.formula], spec, ALL, formulas)) is None


@pytest.mark.parametrize(
    ("theorem", "spec"), [pytest.param(*one, id=one[1].name) for one in STATEMENTS if not one[1].reduction]
)
@pytest.mark.many(4)
def test_a_claim_is_not_merely_one_of_its_hypotheses(theorem, spec):
    """What a standard fact gives, such as an induction, may be the claim: the conclusion is then REDUCED to it.

    So may a goal of a reduction: what it is reduced to can be a hypothesis, and is all that is asked of it.
    """
    one = found(theorem)[spec.name]
    proof, _ = prepared(formulas[spec.formula], spec, ALL, formulas)
    texts = {**one.get("given", {}), **one.get("positive", {})}
    own = {text for name, text in texts.items() if proof.origin[name] in ("hypothesis", "premise")}
    assert one["proof"][-1]["states"] not in own


@pytest.mark.parametrize(("theorem", "spec"), STATEMENTS, ids=NAMES)
@pytest.mark.many(4)
def test_the_standard_facts_that_are_used_are_said(theorem, spec):
    one = found(theorem)[spec.name]
    proof, _ = prepared(formulas[spec.formula], spec, ALL, formulas)
    taken = [proof.origin[name] for name in (*one.get("given", {}), *one.get("positive", {}))]
    facts = [fact.sentence for fact in taken if isinstance(fact, StandardFact)]
    assert sorted(set(facts)) == sorted(one.get("prose", []))


@cache
def word(id_):
    return coverage(formulas[id_], ALL, STORED, formulas)


@pytest.mark.slow
@pytest.mark.many(0)
def test_enough_theorems_are_proved_whole():
    whole = {id_ for id_ in SPECS if all(word(f.id).shown for f in statements[id_].conclusions)}
    assert whole >= set(gathered("PROVED_WHOLE"))
    assert len(whole) >= 25


def test_the_ledger_has_a_word_for_each_conclusion_and_the_weakest_for_all():
    chosen = [theorems[name] for name in (VICTIM_BIAS, FROZEN_KERNEL)]
    only = [dataclasses.replace(t, evidence=tuple(e for e in t.evidence if isinstance(e, Certificate))) for t in chosen]
    for result in run(only, geometries=1):
        for id_, found_word in result.words.items():
            shown = Verdict.REDUCED if word(id_).facts else Verdict.PROVED
            assert found_word is (shown if word(id_).shown else Verdict.UNKNOWN)
        assert result.verdict is min(result.words.values(), key=lambda word: word.strength)


def test_a_certificate_that_the_checker_refuses_shows_nothing(monkeypatch):
    """Its statements say what they said, but of one proof a term is missing."""
    asked = theorems[VICTIM_BIAS], formulas
    assert not uncertified(*asked)
    refused = copy.deepcopy(certificate(VICTIM_BIAS))
    refused["statements"][-1]["proof"][-1]["because"].pop()
    monkeypatch.setattr(certified, "certificate", {VICTIM_BIAS: refused}.get)
    assert list(uncertified(*asked)) == [f.id for f in statements[VICTIM_BIAS].conclusions]


SPECIFIED = {spec.formula for _, spec in STATEMENTS}
#: Changes of what a conclusion says; a result beside it is for the derivation and the evidence to refute.
COVERED = [
    row
    for row in gathered("FALSEHOODS")
    if row[1] in SPECIFIED and change(row[1], row[3]).says != formulas[row[1]].says
]


@pytest.mark.parametrize(("theorem", "formula", "what", "tamper"), COVERED, ids=[f"{f}: {w}" for _, f, w, _ in COVERED])
@pytest.mark.many(4)
def test_a_certificate_is_not_taken_for_a_changed_theorem(theorem, formula, what, tamper):
    tampered = Tampered(formula, change(formula, tamper))
    assert not coverage(tampered[formula], ALL, STORED, tampered).shown


def test_enough_changes_are_of_conclusions():
    assert len(COVERED) >= 40


def test_dependencies_end():
    order = list(dependencies(theorems.values()))
    for _, spec in STATEMENTS:
        assert all(order.index(source) < order.index(spec.name) for source in spec.uses)


def test_a_false_claim_is_not_certified():
    def attempted(spec):
        return statement(formulas[spec.formula], spec, ALL, formulas)

    with pytest.raises(NotFound, match="does not follow"):
        attempted(Spec(VICTIM_BIAS, claim="f_inf = B Delta", part="wrong sign"))
    with pytest.raises(NotFound, match="is generated"):
        attempted(Spec(VICTIM_BIAS, claim="f_inf = B Delta"))
    with pytest.raises(NotFound, match="has the goals"):
        attempted(Spec(VICTIM_BIAS, "only if"))
    false = Sum("-1 >= 0", (("1", (), "B"),))
    with pytest.raises(NotFound, match="no cofactors"):
        attempted(Spec(VICTIM_BIAS, claim="-1 >= 0", part="false", lines=(false,)))


def test_a_found_statement_replays():
    found_now = statement(formulas[VICTIM_BIAS], Spec(VICTIM_BIAS), ALL, formulas)
    assert replay(found_now) > 0
    found_now["proof"][-1]["states"] = "f_inf = B Delta"
    with pytest.raises(Refused):
        replay(found_now)


def test_the_command_says_why_nothing_was_found(monkeypatch, capsys):
    from proofs_check.commands.cli import main

    wrong = (Spec(VICTIM_BIAS, claim="f_inf = B Delta", part="wrong sign"),)
    monkeypatch.setitem(theorems, VICTIM_BIAS, dataclasses.replace(theorems[VICTIM_BIAS], certificate=wrong))
    assert main(["certify", VICTIM_BIAS]) == 1
    assert "a counterexample was found" in capsys.readouterr().out
    assert main(["certify", f"{VICTIM_BIAS}-"]) == 2
