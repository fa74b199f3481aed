"""Evidence that is too kind: derivations with gaps, samples that compare nothing, constructions that fail unseen."""

import numpy as np
import pytest

from proofs_check.evidence import kinds
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
    assert TASK.generator("other", 0).integers(0, 2**60) != draws[0]
    assert Task("other", formulas, 20, 0).generator("exact", 0).integers(0, 2**60) != draws[0]


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


def told(counted, drawn):
    """Cases of which so many can fail."""
    return lambda formulas: [Case({}, [Relation("1 = 1", 1, 1)] if i < counted else []) for i in range(drawn)]


@pytest.mark.parametrize(
    ("counted", "drawn", "word"),
    [
        (0, 1, Verdict.UNKNOWN),
        (1, 1, Verdict.EXACT),
        (1, 5, Verdict.EXACT),
        (1, 6, Verdict.UNKNOWN),
        (2, 10, Verdict.EXACT),
        (19, 100, Verdict.UNKNOWN),
        (20, 100, Verdict.EXACT),
    ],
)
def test_a_fifth_of_the_cases_must_tell(counted, drawn, word):
    finding = Constructed(told(counted, drawn), f"{drawn} cases").collect(TASK)
    assert (finding.verdict, finding.drawn, finding.counted) == (word, drawn, counted)
    said = f"{drawn} cases" if counted == drawn else f"{counted} of {drawn} cases"
    assert finding.summary == f"constructed: {said}"


def test_a_refutation_says_how_many_were_counted_before():
    def cases(formulas):
        yield Case({}, [Relation("1 = 1", 1, 1)])
        yield Case({}, [])
        yield Case({"x": 3}, [Relation("1 = 1", 1, 1), Relation("2 = 3", 2, 3), Relation("4 = 5", 4, 5)])

    finding = Constructed(cases, "3 cases").collect(TASK)
    assert (finding.verdict, finding.drawn, finding.counted) == (Verdict.REFUTED, 3, 1)
    assert finding.counterexample.as_json() == {
        "label": "2 = 3",
        "values": {"x": "3", "left": "2", "right": "3"},
    }


def samples(left, bound, scale=1.0, calls=None):
    """One comparison with 0, of these values in every sample, whatever the dimension."""

    def check(rng, count, d, formulas):
        if calls is not None:
            calls.append((count, d))
        values = [np.resize(np.asarray(value, dtype=float), count) for value in (left, bound, scale)]
        yield Close("x", values[0], np.zeros(count), values[1], values[2])

    return check


def test_samples_are_divided_among_the_dimensions():
    calls = []
    assert Floats(samples(0.0, 1e-9, calls=calls)).collect(Task("x", formulas, 10, 0)).drawn == 10
    assert calls == [(3, 1), (3, 2), (2, 3), (2, 5)]
    calls.clear()
    Floats(samples(0.0, 1e-9, calls=calls)).collect(Task("x", formulas, 2, 0))
    assert calls == [(1, 1), (1, 2)]


ONE = (1,)


@pytest.mark.parametrize(
    ("error", "bound", "word"),
    [
        (1e-9, 1e-9, Verdict.SAMPLED),  # an error may be its bound
        (np.nextafter(1e-9, 1), 1e-9, Verdict.REFUTED),
        (0.0, 1e-3, Verdict.SAMPLED),  # a bound may be a thousandth
        (0.0, np.nextafter(1e-3, 1), Verdict.UNKNOWN),
        (0.0, 0.0, Verdict.SAMPLED),
        (5e-324, 0.0, Verdict.REFUTED),
        (1.0, np.inf, Verdict.UNKNOWN),  # nothing was known
        (np.nan, np.inf, Verdict.UNKNOWN),
    ],
)
def test_both_sides_of_a_bound(error, bound, word):
    assert Floats(samples(error, bound), ONE).collect(TASK).verdict is word


def test_what_is_small_is_against_the_quantity():
    assert Floats(samples(0.0, 1.0, 1000.0), ONE).collect(TASK).verdict is Verdict.SAMPLED
    assert Floats(samples(0.0, 1.0, 999.0), ONE).collect(TASK).verdict is Verdict.UNKNOWN
    assert Floats(samples(0.0, 1.0, 2.0), ONE, vacuous=0.5).collect(TASK).verdict is Verdict.SAMPLED


@pytest.mark.parametrize(
    ("telling", "drawn", "word"), [(1, 5, Verdict.SAMPLED), (1, 6, Verdict.UNKNOWN), (2, 10, Verdict.SAMPLED)]
)
def test_a_fifth_of_the_samples_must_tell(telling, drawn, word):
    bounds = [1e-9] * telling + [1.0] * (drawn - telling)
    finding = Floats(samples(0.0, bounds), ONE).collect(Task("x", formulas, drawn, 0))
    assert (finding.verdict, finding.drawn, finding.counted) == (word, drawn, telling)
    assert finding.summary == f"floats: {telling} of {drawn} samples"


def test_the_worst_sample_is_shown_among_those_that_count():
    left, bound = [1e-10, 4e-10, 0.9, 3e-10], [1e-10, 2e-9, 1.0, 1e-9]
    finding = Floats(samples(left[1:], bound[1:]), ONE).collect(Task("x", formulas, 3, 0))
    assert (finding.error, finding.bound) == (3e-10, 1e-9)
    assert finding.summary == "floats: 2 of 3 samples"
    finding = Floats(samples(left, bound), ONE).collect(Task("x", formulas, 4, 0))
    assert finding.ratio == 1.0


def test_without_a_bound_above_zero_nothing_is_worst():
    finding = Floats(samples(0.0, 0.0), ONE).collect(TASK)
    assert (finding.error, finding.bound, finding.summary) == (0.0, 0.0, "floats: 20 samples")


def test_the_worst_of_all_comparisons_is_shown_whatever_comes_last():
    def check(rng, count, d, formulas):
        for error, bound in ((0.0, 1e-9), (3e-10, 1e-9), (0.0, 0.0)):
            yield Close("x", np.full(count, error), np.zeros(count), np.full(count, bound), np.ones(count))

    finding = Floats(check).collect(TASK)
    assert (finding.error, finding.bound) == (3e-10, 1e-9)


def test_every_comparison_of_a_sample_must_tell():
    def check(rng, count, d, formulas):
        for bound in (1e-9, 1.0):
            yield Close("x", np.zeros(count), np.zeros(count), np.full(count, bound), np.ones(count))

    nothing = Floats(lambda *_: []).collect(TASK)
    assert Floats(check).collect(TASK).counted == nothing.counted == 0
    assert nothing.verdict is Verdict.UNKNOWN


def test_only_floats_are_not_exact():
    assert [kind.exact for kind in (Exact, Constructed, Derivation, Floats)] == [True, True, True, False]


def test_the_first_sample_that_fails_is_shown_with_its_batch():
    finding = Floats(samples([0.0, 2.0, 3.0], [1e-9, 1.0, 1.0]), (2,)).collect(Task("x", formulas, 3, 0))
    assert (finding.drawn, finding.counted, finding.error, finding.bound) == (3, 0, 2.0, 1.0)
    assert finding.summary == "floats: refuted by a sample at d=2"


@pytest.mark.parametrize(
    ("geometries", "share", "drawn"),
    [(100, 0.5, 50), (101, 0.5, 51), (8, 0.5, 5), (10, 0.5, 5), (12, 0.5, 6), (4, 0.5, 4), (9, 0, 0), (0, 1.0, 0)],
)
def test_a_share_of_the_geometries_is_drawn(geometries, share, drawn):
    assert kinds._count(geometries, share) == drawn


class Replayed:
    """A formula with a report of its derivation."""

    def __init__(self, steps, free, rational, inferences=0, complete=True):
        self.steps, self.free, self.rational, self.inferences, self.complete = (
            steps,
            free,
            rational,
            inferences,
            complete,
        )
        self.failed, self.seeds = None, None

    def verify(self, seeds):
        self.seeds = list(seeds)
        return self

    def __bool__(self):
        return self.complete

    def __str__(self):
        return "line 3 was never reached"


def replay(**given):
    return Derivation(tuple(given)).collect(Task("x", given, 1, 0))


def test_derivations_are_counted_together():
    given = {"a": Replayed(3, 2, 5), "b": Replayed(4, 1, 7)}
    finding = replay(**given)
    assert given["a"].seeds == [0, 1]
    assert finding.verdict is Verdict.DERIVED
    assert (finding.drawn, finding.counted, finding.summary) == (7, 7, "derivation: 7 lines")
    assert finding.notes == ("3 instances with free symbols, 12 with random rationals",)


def test_lines_in_words_are_not_counted():
    finding = replay(a=Replayed(3, 1, 1, 1), b=Replayed(4, 1, 1))
    assert (finding.verdict, finding.drawn, finding.counted) == (Verdict.EXACT, 7, 6)
    assert finding.summary == "derivation: 7 lines, 1 in words"
    assert finding.conclusions == {"a": Verdict.EXACT, "b": Verdict.DERIVED}


def test_without_free_symbols_it_was_decided_on_rationals():
    assert replay(a=Replayed(3, 0, 4)).conclusions == {"a": Verdict.EXACT}


def test_a_line_that_was_never_reached_leaves_it_unknown():
    finding = replay(a=Replayed(3, 1, 1), b=Replayed(4, 1, 1, complete=False))
    assert (finding.verdict, finding.drawn, finding.counted) == (Verdict.UNKNOWN, 7, 0)
    assert finding.notes == ("line 3 was never reached",)
    assert replay(a=Replayed(0, 1, 1)).verdict is Verdict.UNKNOWN
