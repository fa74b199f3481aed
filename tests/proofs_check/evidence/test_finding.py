"""Findings that say more than was found: words, notes, counterexamples, which conclusion owes what to what."""

import json
import math

import pytest

from proofs_check.evidence.finding import Counterexample, Finding, plain
from proofs_check.evidence.verdict import Verdict

inf, nan = math.inf, math.nan


def found(**more):
    return Finding("floats", Verdict.SAMPLED, "floats: 2 samples", **more)


@pytest.mark.parametrize(
    ("error", "bound", "ratio"),
    [
        (None, None, None),
        (None, 1.0, None),
        (1.0, None, None),
        (0.0, 0.0, 0.0),
        (1.0, 0.0, inf),
        (-1.0, 0.0, inf),
        (0.0, 2.0, 0.0),
        (3.0, 2.0, 1.5),
        (1.0, -1.0, -1.0),
    ],
)
def test_the_ratio_is_the_error_in_units_of_its_bound(error, bound, ratio):
    assert found(error=error, bound=bound).ratio == ratio


@pytest.mark.parametrize(("number", "written"), [(None, None), (0.5, 0.5), (inf, "inf"), (-inf, "-inf"), (nan, "nan")])
def test_what_json_has_no_number_for_is_written_as_text(number, written):
    assert plain(number) == written


def test_a_finding_that_says_no_more_has_drawn_nothing():
    assert found().as_json() == {
        "evidence": "floats",
        "verdict": "SAMPLED",
        "summary": "floats: 2 samples",
        "drawn": 0,
        "counted": 0,
        "error": None,
        "bound": None,
        "ratio": None,
        "counterexample": None,
        "notes": [],
        "conclusions": {},
        "seconds": None,
    }


def test_all_of_a_finding_is_written():
    shown = Counterexample("x < 1", {"x": "4/3", "bound": "1"})
    written = found(
        drawn=3, counted=2, error=inf, bound=0.0, counterexample=shown, notes=("a",), seconds=1.23456789,
        conclusions={"t.x": Verdict.PROVED},
    ).as_json()  # fmt: skip
    assert json.loads(json.dumps(written)) == {
        "evidence": "floats",
        "verdict": "SAMPLED",
        "summary": "floats: 2 samples",
        "drawn": 3,
        "counted": 2,
        "error": "inf",
        "bound": 0.0,
        "ratio": "inf",
        "counterexample": {"label": "x < 1", "values": {"x": "4/3", "bound": "1"}},
        "notes": ["a"],
        "conclusions": {"t.x": "PROVED"},
        "seconds": 1.2346,
    }
    assert str(shown) == "fails: x < 1\n    x = 4/3\n    bound = 1"
