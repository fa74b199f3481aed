"""The command ``python -m tests.conjectures``: its claims are what it says they are, and it notices what is wrong."""

from __future__ import annotations

import json

import pytest

from proofs_check.conjectures.conjecture import conjectured
from proofs_check.conjectures.deciding import searched
from tests.conjectures import __main__ as command, cases
from tests.conjectures.cases import Case, asked
from tests.conjectures.known import KINDS, THEORIES, known
from tests.conjectures.mutated import algebraic, mutated
from theory import formulas

TRUE = Case("t", "kind", "C D - C D = 0", let=("C, D: matrix d",), true=True)
FALSE = Case("f", "kind", "C D = D C", let=("C, D: matrix d",), true=False)


@pytest.mark.parametrize("case", list(known(60, seed=1)), ids=lambda case: f"{case.name}: {case.kind}")
@pytest.mark.many(6)
def test_claims_of_known_truth_are_what_they_are_said_to_be(case):
    """The package's own instances find the false ones false, and none of the true ones."""
    made = conjectured(case.claim, case.given, let=case.let, setting=case.setting)
    found = searched(made, seconds=1 if case.true else 20, draws=100 if case.true else 20000)
    assert found.satisfied
    assert (found.counterexample is None) is case.true


def test_every_kind_and_theory_has_claims():
    kinds = {case.kind for case in known(400)}
    assert {kind.partition(", ")[0] for kind in kinds} == set(KINDS)
    assert {kind.partition(", ")[2] for kind in kinds} == set(THEORIES)


def test_mutants_are_claims_of_their_theorem():
    found = list(mutated(30))
    assert len(found) == 30
    assert {case.setting for case in found} <= set(algebraic()) <= set(formulas)
    assert len({case.setting for case in found}) > 20
    assert [case.name for case in mutated(5)] == [case.name for case in found[:5]]


def test_what_a_mutant_presumes_it_need_not_assume():
    found = [case for case in mutated(1000) if case.name.endswith(": without H invertible")]
    assert any(case.true for case in found)


@pytest.mark.parametrize(("case", "verdict"), [(TRUE, "PROVED"), (FALSE, "REFUTED")])
def test_a_case_is_asked(case, verdict):
    row = asked(case, seconds=10)
    assert (row["verdict"], row["wrong"], row["certified"]) == (verdict, False, case.true)


@pytest.mark.parametrize(("case", "true"), [(TRUE, False), (FALSE, True)])
def test_a_wrong_decision_is_noticed(case, true):
    """Planted: the answers are exchanged."""
    assert asked(Case(**{**vars(case), "true": true}), seconds=10)["wrong"]


def test_a_proof_of_what_instances_refute_is_wrong(monkeypatch):
    """Planted: a search for proofs that finds one of everything."""

    class Anything:
        certificate = {}

    monkeypatch.setattr(cases, "proved", lambda *_, **__: Anything)
    assert asked(Case(**{**vars(FALSE), "true": None}), seconds=10)["wrong"]


def row(true, verdict, **more):
    return {"name": "n", "kind": "k", "claim": "c", "given": [], "true": true, "verdict": verdict, "certified": False,
            "wrong": False} | more  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "good"),
    [
        ([], False),
        ([row(True, "UNKNOWN"), row(False, "REFUTED")], True),
        ([row(True, "PROVED"), row(False, "REFUTED"), row(True, "REFUTED", wrong=True)], False),
        ([row(False, "REFUTED")] * 18 + [row(False, "UNKNOWN")] * 2, False),
        ([row(None, "REFUTED")] * 19 + [row(None, "UNKNOWN"), row(None, "PROVED", certified=True)], True),
    ],
)
def test_what_is_good_enough(rows, good):
    assert command.good(rows) is good
    assert f"of {sum(bool(row['true']) for row in rows)} true" in command.table(rows)


def test_what_was_asked_is_not_asked_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(command.SOURCES, "known", lambda count, seed: iter([TRUE, FALSE][:count]))
    arguments = ["known", "--count", "2", "--seconds", "5", "--results", str(tmp_path / "x" / "results.jsonl")]
    assert command.main(arguments) == 0
    assert len([json.loads(line) for line in (tmp_path / "x" / "results.jsonl").read_text().splitlines()]) == 2
    monkeypatch.setattr(command, "asked", None)
    assert command.main(arguments) == 0
    assert "of 1 false: 1 REFUTED" in capsys.readouterr().out
