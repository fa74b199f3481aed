import numpy as np
import pytest

from proofs_check.evidence.comparison import Close, Relation
from proofs_check.evidence.kinds import Case, Constructed, Derivation, Exact, Floats, Task
from proofs_check.evidence.verdict import Verdict
from tests.families.test_dynamics import ERROR_RECURSION, FROZEN_KERNEL
from theory import formulas

TASK = Task("some-theorem", formulas, 20, 0)


def holds(rng, formulas):
    return Case({"x": 1}, [Relation("1 = 1", 1, 1)])


def vacuous(rng, formulas):
    return Case({"x": 1}, [])


def fails_sometimes(rng, formulas):
    x = int(rng.integers(0, 5))
    return Case({"x": x}, [Relation("x < 4", x, 4, "<")])


def close(error, bound, scale=1.0):
    def check(rng, count, d, formulas):
        full = np.full(count, 1.0)
        yield Close("x", full * error, full * 0, full * bound, full * scale, {"data": full})

    return check


def test_exact_evidence_holds():
    finding = Exact(holds).collect(TASK)
    assert finding.verdict is Verdict.EXACT
    assert (finding.drawn, finding.counted) == (20, 20)
    assert finding.summary == "exact: 20 geometries"


def test_exact_failure_is_shown_with_its_numbers():
    finding = Exact(fails_sometimes).collect(TASK)
    assert finding.verdict is Verdict.REFUTED
    assert finding.counterexample.values == {"x": "4", "left": "4", "right": "4"}


@pytest.mark.parametrize(
    "evidence", [Exact(vacuous), Constructed(lambda formulas: [], "nothing"), Exact(holds, share=0)]
)
def test_nothing_that_could_fail_is_unknown(evidence):
    assert evidence.collect(TASK).verdict is Verdict.UNKNOWN


def test_too_few_telling_cases_are_unknown():
    def rarely(rng, formulas):
        return holds(rng, formulas) if rng.random() < 0.05 else vacuous(rng, formulas)

    finding = Exact(rarely).collect(Task("x", formulas, 100, 0))
    assert finding.verdict is Verdict.UNKNOWN
    assert "at least 20%" in finding.notes[0]


@pytest.mark.parametrize("evidence", [Exact(holds), Floats(close(0.0, 1e-9))])
def test_no_samples_are_unknown(evidence):
    assert evidence.collect(Task("x", formulas, 0, 0)).verdict is Verdict.UNKNOWN


def test_floats_within_the_bound():
    finding = Floats(close(1e-10, 1e-9)).collect(TASK)
    assert finding.verdict is Verdict.SAMPLED
    assert finding.ratio == pytest.approx(0.1)


def test_floats_beyond_the_bound():
    finding = Floats(close(2e-9, 1e-9)).collect(TASK)
    assert finding.verdict is Verdict.REFUTED
    assert finding.counterexample.values["data"] == "1.0"


def test_not_a_number_is_a_failure():
    finding = Floats(close(np.nan, 1e-9)).collect(TASK)
    assert finding.verdict is Verdict.REFUTED
    assert finding.as_json()["error"] == "nan"


def test_costly_checks_still_draw_a_few():
    assert Exact(holds, share=0.01).collect(TASK).drawn == 5
    assert Exact(holds, share=0.01).collect(Task("x", formulas, 3, 0)).drawn == 3


@pytest.mark.parametrize("bound", [1e-2, np.inf])
def test_a_bound_that_excludes_nothing_is_vacuous(bound):
    assert Floats(close(1e-10, bound)).collect(TASK).verdict is Verdict.UNKNOWN


def test_the_random_numbers_of_a_case_depend_on_its_place_only():
    draws = [TASK.generator("exact", i).integers(0, 2**60) for i in (0, 1, 0)]
    assert draws[0] == draws[2] != draws[1]
    assert TASK.generator("other").integers(0, 2**60) != draws[0]
    assert Task("other", formulas, 20, 0).generator("exact").integers(0, 2**60) != draws[0]


def test_derivation_counts_lines_and_instances():
    finding = Derivation((f"{ERROR_RECURSION}.e",)).collect(TASK)
    assert finding.verdict is Verdict.DERIVED
    assert finding.conclusions == {f"{ERROR_RECURSION}.e": Verdict.DERIVED}
    assert "free symbols" in finding.notes[0]
    assert "in words" not in finding.summary


def test_a_line_in_words_is_not_called_derived():
    """One inference above a conclusion is enough; the other conclusion keeps its word."""
    said = f"{FROZEN_KERNEL}.projector"
    finding = Derivation((f"{ERROR_RECURSION}.e", said)).collect(TASK)
    assert formulas[said].inferences > 0
    assert finding.verdict is Verdict.EXACT
    assert finding.conclusions == {f"{ERROR_RECURSION}.e": Verdict.DERIVED, said: Verdict.EXACT}
    assert f"{formulas[said].inferences} in words" in finding.summary


def test_no_derivation_is_unknown():
    assert Derivation(()).collect(TASK).verdict is Verdict.UNKNOWN
