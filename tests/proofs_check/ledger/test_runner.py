"""A ledger that hides a failure: broken checks, missing evidence, processes or seeds that change the result."""

import doctest
import json
import re
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from time import perf_counter
from types import SimpleNamespace

import pytest

import proofs_check
from numerics import LSAAgent
from proofs_check import Theorem, Verdict, claims, run, run_claims, theorems
from proofs_check.errors import CheckError
from proofs_check.evidence.comparison import Relation
from proofs_check.evidence.finding import Finding
from proofs_check.evidence.kinds import Case, Exact
from proofs_check.evidence.theorem import Claim, ClaimResult, Conclusion, Result, Stated
from proofs_check.ledger import runner
from proofs_check.ledger.report import as_json, passed
from proofs_check.rocq.library import is_proved
from tests.families.test_convergence import BOX_NOT_NECESSARY
from tests.families.test_dynamics import CLOSED_FORM, ERROR_RECURSION, FROZEN_KERNEL
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_one_agent import LSA_STEP
from theory import formulas
from theory.derivation.assumptions import invertible
from theory.derivation.lines import equation
from theory.families.dynamics import e_inf
from theory.language.symbols import A, M

SOME = [theorems[name] for name in (ERROR_RECURSION, FROZEN_KERNEL, BOX_NOT_NECESSARY)]
HALVES = {
    "S_W": [[1]], "S_U": [[1]], "eta_W": Fraction(1, 2), "eta_U": Fraction(1, 2), "w_star": [0], "u_star": [1],
}  # fmt: skip
SETTINGS = {"seed": 0, "geometries": 8, "exact": False}


def stripped(results):
    rows = [result.as_json() for result in results]
    for row in rows:
        row.pop("seconds")
        for finding in row["evidence"]:
            finding.pop("seconds")
    return rows


def planted(check):
    return Theorem("planted", (Exact(check),))


@pytest.mark.slow
def test_result_does_not_depend_on_the_number_of_processes():
    one = run(SOME, geometries=8, seed=3)
    two = run(SOME, geometries=8, seed=3, processes=2)
    assert stripped(one) == stripped(two)


def test_several_processes_check_theorems_of_the_ledger_only():
    with pytest.raises(ValueError, match="not of the ledger"):
        run([planted(lambda rng, formulas: Case({}, []))], processes=2)


class Recorded:
    """Evidence that keeps what it was asked, asks for formulas twice, and finds what it is told."""

    name = "recorded"

    def __init__(self, *asks, exact=True, verdict=Verdict.EXACT, **found):
        self.asks, self.exact, self.tasks = asks, exact, []
        self.finding = Finding("recorded", verdict, "recorded", **found)

    def collect(self, task):
        self.tasks.append(task)
        for id_ in self.asks * 2:
            task.formulas[id_]
        return self.finding


def test_what_is_run_when_nothing_is_said():
    """One theorem instead of several: 200 geometries, seed 0, floats, the catalogue."""
    exact, floats = Recorded(), Recorded(exact=False)
    run(Theorem("planted", (exact, floats)))
    for evidence in (exact, floats):
        [task] = evidence.tasks
        assert (task.theorem, task.geometries, task.seed) == ("planted", 200, 0)
        assert list(task.formulas) == list(formulas)
        assert len(task.formulas) == len(formulas)
    assert run([], geometries=0, seed=0, processes=1) == []


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ("x", {}, "theorems: 'x' is no Theorem"),
        (3, {}, "theorems: 3 is no Theorem"),
        ([], {"geometries": True}, "geometries: must be a whole number of at least 0, got True"),
        ([], {"seed": 1.0}, "seed: must be a whole number of at least 0, got 1.0"),
        ([], {"processes": "2"}, "processes: must be a whole number of at least 1, got '2'"),
    ],
)
def test_wrong_kinds(given, options, message):
    with pytest.raises(CheckError, match=message):
        run(given, **options)


def test_a_catalogue_of_ones_own_is_checked_in_one_process():
    evidence = Recorded()
    [result] = run([Theorem(ERROR_RECURSION, (evidence,))], formulas={"x": formulas[LSA_STEP]})
    assert list(evidence.tasks[0].formulas) == ["x"]
    assert result.hypotheses == (f"unknown: KeyError: '{ERROR_RECURSION}.e'",)


def test_what_other_processes_find_comes_back(monkeypatch):
    """No more processes than theorems, and none for one."""
    asked = []

    @contextmanager
    def here(count):
        asked.append(count)
        yield SimpleNamespace(map=lambda check, ids, chunksize: map(check, ids))

    def found(theorem, geometries, seed, exact, formulas=None):
        finding = Finding("x", Verdict.EXACT, f"{geometries} {seed} {exact}")
        return Result(theorem, (finding,), ("h",), 0.5, Stated(theorem.id, (), ()))

    monkeypatch.setattr(runner, "worker_processes", here)
    monkeypatch.setattr(runner, "run_one", found)
    seen = []
    results = run(SOME, geometries=3, seed=4, exact=True, processes=8, on_result=seen.append)
    assert results == seen == [found(theorem, 3, 4, True) for theorem in SOME]
    assert asked == [3]
    run(SOME, processes=2)
    run(SOME[:1], processes=2)
    run(SOME)
    assert asked == [3, 2]


def test_result_depends_on_the_seed():
    def draw(rng, formulas):
        x = int(rng.integers(0, 10**6))
        return Case({"x": x}, [Relation("x = -1", x, -1)])

    shown = [run([planted(draw)], seed=seed)[0].findings[0].counterexample.values["x"] for seed in (0, 1, 0)]
    assert shown[0] == shown[2] != shown[1]


def test_exact_leaves_out_floats():
    [result] = run([theorems[ERROR_RECURSION]], geometries=4, exact=True)
    assert [finding.evidence for finding in result.findings] == ["derivation", "exact", "certificate", "formal proof"]
    assert result.ratio is None


def test_a_check_that_breaks_down_is_unknown_and_reported():
    def broken(rng, formulas):
        raise ZeroDivisionError("division by zero")

    [result] = run([planted(broken)])
    assert result.verdict is Verdict.UNKNOWN
    assert result.findings[0].notes == ("ZeroDivisionError: division by zero",)


def test_no_evidence_is_unknown():
    started = perf_counter()
    [result] = run([Theorem("planted", ())])
    assert 0 <= result.seconds <= perf_counter() - started
    assert result.verdict is Verdict.UNKNOWN
    assert result.summary == "nothing was run"


@pytest.mark.slow
def test_the_example_of_the_package_runs():
    assert doctest.testmod(proofs_check).attempted
    assert doctest.testmod(proofs_check).failed == 0


@pytest.mark.slow
def test_hypotheses_come_from_the_formulas():
    [result] = run([theorems[BIASED_EQUILIBRIUM]], geometries=1)
    assert "$M$ is invertible" in result.hypotheses


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"geometries": -1}, "geometries: must be at least 0"),
        ({"seed": -1}, "seed: must be at least 0"),
        ({"processes": 0}, "processes: must be at least 1"),
        ({"processes": 2, "formulas": formulas}, "needs processes=1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        run(SOME, **options)


@pytest.mark.slow
def test_progress_is_reported():
    seen = []
    run(SOME, geometries=1, on_result=lambda result: seen.append(result.theorem.id))
    assert seen == [theorem.id for theorem in SOME]


def claimed(counterexample):
    """That at most one state rests, with another counterexample."""
    return replace(claims["always-an-equilibrium"], id="x", counterexample=counterexample, corrected_by=LSA_STEP)


@pytest.mark.parametrize("claim", claims.values(), ids=list(claims))
def test_every_counterexample_refutes_its_claim(claim):
    [result] = run_claims([claim])
    assert result.verdict is Verdict.REFUTED
    assert result.note == ""
    assert result.values
    assert claim.corrected_by in theorems


def test_a_claim_that_is_refuted_formally_says_so(monkeypatch):
    formal = {id_ for id_, claim in claims.items() if is_proved(claim.formula(formulas).id, "claim")}
    results = run_claims(claims.values())
    assert {result.claim.id for result in results if result.formal} == formal
    assert all(re.match(r"refuted in Rocq 8\S+ with", result.formal) for result in results if result.formal)
    changed = claims[min(formal)]
    monkeypatch.setattr("proofs_check.rocq.record.proposition", lambda formula: f"~ {formula.id}")
    [result] = run_claims([changed])
    assert (result.verdict, result.note) == (
        Verdict.UNKNOWN,
        "formally: the claim is not the one that was refuted",
    )


def test_a_counterexample_that_does_not_refute_is_unknown():
    claim = claimed(lambda: Case({"x": 1}, [Relation("1 = 2", 1, 2)]))
    [result] = run_claims([claim])
    assert result.verdict is Verdict.UNKNOWN
    assert "does not refute" in result.note
    assert result.values == [("x", "1")]


def test_a_counterexample_that_says_nothing_is_unknown():
    claim = claimed(lambda: Case({}, []))
    [result] = run_claims([claim])
    assert (result.verdict, result.note) == (Verdict.UNKNOWN, "the counterexample states no relation")


def test_a_counterexample_that_breaks_down_is_unknown():
    claim = claimed(lambda: LSAAgent(None, None))
    [result] = run_claims([claim])
    assert (result.verdict, result.values) == (Verdict.UNKNOWN, [])
    assert "Error: " in result.note
    plain = claimed(lambda: Case({"x": 1}, [Relation("1 = 1", 1, 1)]))
    assert run_claims([plain])[0] == ClaimResult(plain, Verdict.REFUTED, [("x", "1")])


@pytest.mark.slow
def test_report_is_plain_data():
    results = run(SOME, geometries=8)
    report = json.loads(json.dumps(as_json(results, run_claims(claims.values()), SETTINGS), allow_nan=False))
    assert report["passed"] is True
    assert report["settings"] == SETTINGS
    assert {"python", "numpy", "sympy", "scipy"} <= set(report["versions"])
    assert report["theorems"][0]["evidence"][0]["evidence"] == "derivation"


def test_one_theorem_that_falls_short_fails_the_run():
    good = run(SOME[:1], geometries=8)
    assert passed(good, [])
    assert not passed([*good, *run([Theorem("planted", ())])], [])
    assert not passed(good, run_claims([claimed(lambda: Case({}, []))]))


def test_evidence_speaks_for_the_formulas_that_it_compares():
    def compared(rng, formulas):
        formulas[f"{ERROR_RECURSION}.e"]
        return Case({}, [Relation("1 = 1", 1, 1)])

    [result] = run([Theorem(ERROR_RECURSION, (Exact(compared),))], geometries=5)
    assert result.findings[0].conclusions == {f"{ERROR_RECURSION}.e": Verdict.EXACT}
    assert result.words == {f"{ERROR_RECURSION}.e": Verdict.EXACT, f"{ERROR_RECURSION}.f": Verdict.UNKNOWN}
    assert result.verdict is Verdict.UNKNOWN


def test_evidence_speaks_for_what_it_asked_only_where_it_holds_and_names_nothing_itself():
    named = Recorded(LSA_STEP, conclusions={f"{LSA_STEP}.gradient": Verdict.PROVED})
    silent = Recorded(LSA_STEP, verdict=Verdict.UNKNOWN)
    [result] = run([Theorem("planted", (Recorded(LSA_STEP), named, silent))])
    assert [finding.conclusions for finding in result.findings] == [
        {LSA_STEP: Verdict.EXACT}, {f"{LSA_STEP}.gradient": Verdict.PROVED}, {}
    ]  # fmt: skip


def made(id_, word, *cites):
    finding = Finding("x", word, "x", conclusions={id_: word})
    stated = Stated("", (), (((), (Conclusion(id_, "", "", 0, cites),)),))
    return Result(Theorem(id_, ()), (finding,), (), 0.0, stated)


def test_limits_are_those_of_the_whole_chain():
    """What was not run limits nothing."""
    results = runner._limited(
        [
            made("a", Verdict.PROVED, "b"),
            made("b", Verdict.PROVED, "c", "elsewhere"),
            made("c", Verdict.PROVED, "d"),
            made("d", Verdict.DERIVED, "e"),
            made("e", Verdict.SAMPLED),
            made("f", Verdict.PROVED, "g"),
            made("g", Verdict.EXACT, "elsewhere"),
        ]
    )
    assert [result.limits for result in results] == [
        *({id_: Verdict.SAMPLED} for id_ in "abcd"), {}, {"f": Verdict.EXACT}, {}
    ]  # fmt: skip
    assert [str(result.verdict) for result in results] == [*["SAMPLED"] * 5, "EXACT", "EXACT"]


def test_one_check_that_shows_nothing_leaves_every_conclusion_unknown():
    def nothing(rng, formulas):
        return Case({}, [])

    good = theorems[ERROR_RECURSION]
    [result] = run([replace(good, evidence=(*good.evidence, Exact(nothing, name="nothing")))], geometries=5)
    assert set(result.words.values()) == {Verdict.UNKNOWN}


@pytest.mark.slow
def test_no_conclusion_is_stronger_than_what_it_takes_over():
    cited = formulas[f"{ERROR_RECURSION}.e"].cites
    assert LSA_STEP in cited

    def compared(rng, formulas):
        formulas[LSA_STEP]
        formulas[f"{LSA_STEP}.gradient"]
        return Case({}, [Relation("1 = 1", 1, 1)])

    weak = Theorem(LSA_STEP, (Exact(compared),))
    alone = run([theorems[ERROR_RECURSION]], geometries=5)[0]
    assert set(alone.words.values()) == {Verdict.PROVED}
    both = run([weak, theorems[ERROR_RECURSION]], geometries=5)
    assert set(both[1].words.values()) == {Verdict.EXACT}
    assert both[1].limits == dict.fromkeys(both[1].words, Verdict.EXACT)


@pytest.mark.slow
def test_what_is_taken_over_is_followed_to_the_end():
    """closed-form takes over the recursion, which takes over the layer."""

    def compared(rng, formulas):
        formulas[LSA_STEP]
        return Case({}, [Relation("1 = 1", 1, 1)])

    chain = [Theorem(LSA_STEP, (Exact(compared),)), theorems[ERROR_RECURSION], theorems[CLOSED_FORM]]
    results = run(chain, geometries=5)
    assert set(results[2].words.values()) == {Verdict.EXACT}


def test_a_claim_is_decided_from_the_definitions_as_well():
    true = Claim(
        "x", "x", lambda: Case({"x": 1}, [Relation("1 = 1", 1, 1)]), "x", BIASED_EQUILIBRIUM,
        says=formulas[f"{BIASED_EQUILIBRIUM}.e"].says, of=f"{BIASED_EQUILIBRIUM}.e", inputs=HALVES,
    )  # fmt: skip
    [result] = run_claims([true])
    assert result.verdict is Verdict.UNKNOWN
    assert "the claim holds there" in result.note
    beyond = replace(true, says=equation(e_inf, 2 * e_inf), given=(invertible(A - A),))
    assert "what the claim assumes does not hold there" in run_claims([beyond])[0].note
    false = replace(true, says=equation(e_inf, 2 * e_inf), given=(invertible(M),))
    assert run_claims([false])[0].verdict is Verdict.REFUTED
    assert false.statement == "If M is invertible: e_inf = 2 e_inf."
