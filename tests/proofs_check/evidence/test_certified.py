"""The shipped certificates: each states what the theory states, replays, and says what it leaves to words."""

import dataclasses

import pytest

from proofs_check import Verdict, run, theorems
from proofs_check.certificates.checker import Refused, check, replay
from proofs_check.certificates.stored import certificate, stored
from proofs_check.evidence.certified import Certificate, dependencies
from proofs_check.proving.specification import Spec, Sum
from proofs_check.proving.statement import NotFound, drift, statement
from tests.families.planting import Tampered, change, gathered
from tests.families.test_asymmetry import VICTIM_BIAS
from tests.families.test_convergence import REAL_SPECTRUM
from tests.families.test_dynamics import ROLE_SWAP
from tests.families.test_population import TRAINED_STEP_IS_STABLE
from theory import formulas

SPECS = {id_: theorem.certificate for id_, theorem in theorems.items() if theorem.certificate}
STATEMENTS = [(theorem, spec) for theorem, specs in SPECS.items() for spec in specs]
NAMES = [spec.name for _, spec in STATEMENTS]


def found(theorem):
    return {one["name"]: one for one in certificate(theorem)["statements"]}


def test_every_specification_is_stored_and_nothing_else():
    assert set(stored()) == set(SPECS) <= set(theorems)
    assert len(set(NAMES)) == len(NAMES)
    for theorem, specs in SPECS.items():
        assert list(found(theorem)) == [spec.name for spec in specs]


@pytest.mark.parametrize("theorem", SPECS)
def test_certificates_replay(theorem):
    assert check(certificate(theorem)), check(certificate(theorem)).refusal


@pytest.mark.parametrize(("theorem", "spec"), STATEMENTS, ids=NAMES)
def test_a_statement_is_the_one_that_the_theory_makes(theorem, spec):
    assert drift(formulas[spec.formula], spec, found(theorem)[spec.name]) is None


@pytest.mark.parametrize(("theorem", "spec"), STATEMENTS, ids=NAMES)
def test_a_claim_is_not_merely_one_of_its_hypotheses(theorem, spec):
    one = found(theorem)[spec.name]
    assert one["proof"][-1]["states"] not in {*one.get("given", {}).values(), *one.get("positive", {}).values()}


@pytest.mark.parametrize(("theorem", "spec"), STATEMENTS, ids=NAMES)
def test_what_is_argued_in_words_is_said(theorem, spec):
    one = found(theorem)[spec.name]
    taken = [name for name in one.get("given", {}) if name.startswith("argued")]
    assert len(taken) <= len(one.get("prose", []))
    assert all(text in {*spec.argued.values(), *spec.prose} for text in one.get("prose", []))


def test_enough_theorems_are_proved_whole():
    whole = {theorem for theorem in SPECS if not theorems[theorem].uncertified()}
    assert whole >= set(gathered("PROVED_WHOLE"))
    assert len(whole) >= 25


def test_the_ledger_says_proved_for_whole_theorems_only():
    chosen = [theorems[name] for name in (VICTIM_BIAS, ROLE_SWAP, TRAINED_STEP_IS_STABLE)]
    only = [dataclasses.replace(t, evidence=tuple(e for e in t.evidence if isinstance(e, Certificate))) for t in chosen]
    assert [result.verdict for result in run(only, geometries=1)] == [Verdict.PROVED, Verdict.PROVED, Verdict.EXACT]
    assert all(theorem.formula(part) in formulas for theorem in theorems.values() for part in theorem.words)


SPECIFIED = {spec.formula for _, spec in STATEMENTS}
COVERED = [row for row in gathered("FALSEHOODS") if row[1] in SPECIFIED]


@pytest.mark.parametrize(("theorem", "formula", "what", "tamper"), COVERED, ids=[f"{f}: {w}" for _, f, w, _ in COVERED])
def test_a_certificate_is_not_taken_for_a_changed_theorem(theorem, formula, what, tamper):
    tampered = Tampered(formula, change(formula, tamper))
    changed = [spec for spec in SPECS[theorem] if spec.formula == formula]
    notes = [drift(tampered[formula], spec, found(theorem)[spec.name]) for spec in changed]
    concluding = [note for spec, note in zip(changed, notes, strict=True) if not spec.claim]
    assert all(concluding), "a certificate of the true formula passes for the false one"


def test_dependencies_end_and_take_over_what_was_shown():
    order = list(dependencies(theorems.values()))
    whole = {name: one for theorem in SPECS for name, one in found(theorem).items()}
    for _, spec in STATEMENTS:
        for text, source in spec.uses.items():
            assert order.index(source) < order.index(spec.name)
            assert whole[source]["proof"][-1]["states"] == text
            shared = set(whole[source]["given"]) & set(whole[spec.name].get("given", {}))
            assert all(whole[source]["given"][name] == whole[spec.name]["given"][name] for name in shared)


def test_a_false_claim_is_not_certified():
    with pytest.raises(NotFound, match="does not follow"):
        statement(formulas[VICTIM_BIAS], Spec(VICTIM_BIAS, "f_inf = B Delta", "wrong sign"))
    with pytest.raises(NotFound, match="neither the formula nor a line"):
        statement(formulas[VICTIM_BIAS], Spec(VICTIM_BIAS, "f_inf = B Delta"))
    false = Sum("R B R - 1 >= 0", (("1", ("B >= 0",), "R"),))
    positive = {"B >= 0": "B >= 0"}
    spec = Spec(f"{REAL_SPECTRUM}.interval", "R B R - 1 >= 0", "false", positive=positive, lines=(false,))
    with pytest.raises(NotFound, match="no cofactors"):
        statement(formulas[f"{REAL_SPECTRUM}.interval"], spec)


def test_a_found_statement_replays():
    found_now = statement(formulas[VICTIM_BIAS], Spec(VICTIM_BIAS))
    assert replay(found_now) > 0
    found_now["proof"][-1]["states"] = "f_inf = B Delta"
    with pytest.raises(Refused):
        replay(found_now)


def test_the_command_says_why_nothing_was_found(monkeypatch, capsys):
    from proofs_check.commands.cli import main

    wrong = (Spec(VICTIM_BIAS, "f_inf = B Delta", "wrong sign"),)
    monkeypatch.setitem(theorems, VICTIM_BIAS, dataclasses.replace(theorems[VICTIM_BIAS], certificate=wrong))
    assert main(["certify", VICTIM_BIAS]) == 1
    assert "a counterexample was found" in capsys.readouterr().out
    assert main(["certify", f"{VICTIM_BIAS}-"]) == 2
