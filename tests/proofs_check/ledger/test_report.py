"""A report that says another word than was found, or hides what fell short."""

import io
import json

import pytest
from rich.console import Console

from proofs_check.evidence.finding import Counterexample, Finding
from proofs_check.evidence.theorem import Claim, ClaimResult, Conclusion, Result, Stated, Theorem
from proofs_check.evidence.verdict import Verdict
from proofs_check.ledger.report import as_json, passed, print_report
from tests.families.test_one_agent import LSA_STEP
from theory.derivation.lines import equation
from theory.language.symbols import p, q

SETTINGS = {"seed": 3, "geometries": 1}
#: Longer than a line: numbers of a counterexample are not cut.
LONG = "1" * 120


def concludes(id_, says):
    return Conclusion(id_, says, "Sec. 1", 0, ())


GOOD = Result(
    Theorem("first", (), section="1 one"),
    (
        Finding("exact", Verdict.EXACT, "exact", conclusions={"first.a": Verdict.EXACT, "first.b": Verdict.EXACT}),
        Finding("floats", Verdict.SAMPLED, "floats", error=1.5, bound=10, conclusions={"first.b": Verdict.SAMPLED}),
        Finding("certificate", Verdict.PROVED, "certificate", conclusions={"first.a": Verdict.PROVED}, seconds=0.0123),
    ),
    (),
    0.26,
    Stated("", ("p > 0",), (((), (concludes("first.a", "A = 1."),)), (("q > 0",), (concludes("first.b", "B = 2."),)))),
)
IDLE = Result(
    Theorem("second", (), section="1 one"), (), (), 0.0, Stated("", (), ((("r > 0",), (concludes("s", "C = 3."),)),))
)
WRONG = Result(
    Theorem("third", (), section="2 two"),
    (Finding("exact", Verdict.REFUTED, "drawn", counterexample=Counterexample("1 = 2", {"x": LONG}), notes=("odd",)),),
    (),
    12.0,
)


def _claim(id_, says, shows, corrected_by):
    return Claim(id_, "the book", list, shows, corrected_by, says=says, of=LSA_STEP, inputs={})


FALSE = ClaimResult(_claim("x", equation(p, 1), "p = 2", "first"), Verdict.REFUTED, [("x", "1")], formal="recorded")
STOPPED = ClaimResult(_claim("y", equation(q, 2), "q = 1", "second"), Verdict.UNKNOWN, [], "stopped")


def printed(results, claims=()):
    console = Console(file=io.StringIO(), width=100)
    print_report(console, results, claims, SETTINGS, 1.26)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_all_that_is_printed():
    assert (
        printed([GOOD, IDLE, WRONG], [FALSE, STOPPED])
        == f"""\
Theorems

  theorem, and the word of each conclusion   verdict   what was run         err/bound      s
 ────────────────────────────────────────────────────────────────────────────────────────────
  first                                      EXACT     exact                  1.5e-01    0.3
  If p > 0:                                            floats
  PROVED A = 1.                                        certificate, 12 ms
  If moreover q > 0:
  EXACT B = 2.
  second                                     UNKNOWN   nothing was run                   0.0
  If r > 0:
  UNKNOWN C = 3.

  third                                      REFUTED   drawn                            12.0

UNKNOWN second
  no evidence was run
REFUTED third
  exact: odd
  fails: 1 = 2
    x = {LONG}
Claims that need another hypothesis

  claim    verdict       exact counterexample   true instead
 ────────────────────────────────────────────────────────────
  p = 1.   REFUTED       p = 2                  first
           in Rocq too
  q = 2.   UNKNOWN       q = 1                  second
                         stopped

3 theorems, each by its weakest conclusion: 1 EXACT, 1 REFUTED, 1 UNKNOWN. Conclusions: 1 PROVED, 1
EXACT, 1 UNKNOWN. 2 claims need another hypothesis. Seed 3, 1 geometry, 1.3 s."""
    )


def test_what_holds_is_printed_without_shortcomings_and_claims():
    text = printed([GOOD], [FALSE])
    assert "evidence" not in text
    assert "1 theorem, each by its weakest conclusion: 1 EXACT. Conclusions: 1 PROVED, 1 EXACT." in text
    assert "1 claim needs another hypothesis." in " ".join(text.split())
    assert "Claims" not in printed([GOOD])


def test_one_that_falls_short_fails():
    assert passed([GOOD], [FALSE])
    assert not passed([GOOD, IDLE], [])
    assert not passed([WRONG], [])
    assert not passed([GOOD], [FALSE, STOPPED])


@pytest.mark.parametrize("results", [[GOOD], [GOOD, IDLE]])
def test_everything_is_plain_data(results):
    report = json.loads(json.dumps(as_json(results, [FALSE], SETTINGS), allow_nan=False))
    assert report["passed"] is (len(results) == 1)
    assert report["settings"] == SETTINGS
    assert [row["id"] for row in report["theorems"]] == ["first", "second"][: len(results)]
    assert [row["verdict"] for row in report["theorems"][0]["conclusions"]] == ["PROVED", "EXACT"]
    assert [row["corrected_by"] for row in report["claims"]] == ["first"]
    assert {"python", "numpy", "sympy", "scipy", "python-flint"} <= set(report["versions"])
