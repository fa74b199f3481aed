"""Rows whose word is stronger than their weakest conclusion, and claims that are refuted by nothing."""

from dataclasses import replace
from fractions import Fraction

import pytest
from sympy import Ne

from proofs_check import claims
from proofs_check.evidence.finding import Finding
from proofs_check.evidence.kinds import Case
from proofs_check.evidence.theorem import Claim, ClaimResult, Conclusion, Result, Stated, Theorem
from proofs_check.evidence.verdict import Verdict
from tests.families.test_convergence import BOX_NOT_NECESSARY
from tests.families.test_dynamics import ERROR_RECURSION
from theory import formulas
from theory.derivation.assumptions import Assumption
from theory.language.symbols import p, q

# What a theorem is of ------------------------------------------------------------------------------


def test_the_formulas_of_a_theorem_are_those_of_its_id():
    assert Theorem(ERROR_RECURSION, ()).formulas == (f"{ERROR_RECURSION}.e", f"{ERROR_RECURSION}.f")
    assert set(Theorem(BOX_NOT_NECESSARY, ()).formulas) > {BOX_NOT_NECESSARY}
    assert Theorem("e", ()).formulas == ()


def test_the_id_of_a_part():
    assert Theorem("t", ()).formula("x") == "t.x"
    assert Theorem("t", ()).formula("") == "t"


def test_hypotheses_are_listed_once():
    theorem = Theorem(ERROR_RECURSION, ())
    found = theorem.hypotheses(formulas)
    assert len(set(found)) == len(found)
    assert set(found) == {str(a) for name in theorem.formulas for a in formulas[name].assumptions}


# What a claim says, and whether it is refuted -------------------------------------------------------

UNEQUAL = Assumption(Ne(p, q), "p is not q")
BELOW = Assumption(p < 1, "p below 1")
NOT_ONE = Ne(p, 1)


def claim(**more):
    given = {"says": NOT_ONE, "of": BOX_NOT_NECESSARY, "inputs": {"p": Fraction(1), "q": Fraction(2)}}
    return Claim(id="c", source="here", counterexample=lambda: Case({}, []), shows="p = 1", **given | more)


def test_a_claim_says_what_it_assumes():
    alone, given = claim().statement, claim(given=(UNEQUAL,)).statement
    assert not alone.startswith("If ")
    assert given == f"If {UNEQUAL.plain}: {alone}"


@pytest.mark.parametrize("given", [(UNEQUAL,), (UNEQUAL, UNEQUAL), (UNEQUAL, BELOW), (BELOW, UNEQUAL)])
def test_a_counterexample_satisfies_all_that_is_assumed(given):
    """Under p < 1 p = 1 is no counterexample, wherever among the hypotheses that stands."""
    said = claim(given=given).stands(formulas)
    assert (said is None) == (BELOW not in given)
    assert said is None or said.endswith(f"does not hold there: {BELOW.plain}")


def test_a_claim_may_borrow_what_it_says_and_assumes():
    own = formulas[BOX_NOT_NECESSARY]
    borrowed = claim(says=lambda formula: formula.assumptions[0].says, given=BOX_NOT_NECESSARY)
    assert own.assumptions[0].plain in borrowed.statement
    assert borrowed.statement.startswith("If ")
    assert borrowed.stands(formulas) == "the claim holds there"


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ((1, 2), None),
        ((2, 1), "the claim holds there"),
        ((1, 1), f"what the claim assumes does not hold there: {UNEQUAL.plain}"),
        ((2, 2), f"what the claim assumes does not hold there: {UNEQUAL.plain}"),
    ],
)
def test_a_counterexample_refutes_where_the_claim_fails_and_all_that_is_given_holds(at, why):
    inputs = {"p": Fraction(at[0]), "q": Fraction(at[1])}
    assert claim(given=(UNEQUAL,), inputs=inputs).stands(formulas) == why


def test_no_claim_of_the_ledger_is_true_elsewhere_by_accident():
    """Another instance, where the claim of the paper happens to hold, does not refute it."""
    both = next(each for each in claims.values() if each.of == BOX_NOT_NECESSARY)
    half = {"p": Fraction(1, 2), "q": Fraction(1, 2)}
    assert both.stands(formulas) is None
    assert replace(both, inputs=half).stands(formulas) == "the claim holds there"


# The words of a row ---------------------------------------------------------------------------------


def found(word, seconds=None, **more):
    return Finding("e", word, f"e: {word.lower()}", seconds=seconds, **more)


def row(*findings, limits=None, names="xy"):
    conclusions = tuple(Conclusion(f"t.{name}", f"{name} = 0", "here", 2, ("c",)) for name in names)
    stated = Stated("all of it", ("d > 0",), ((("n > 0",), conclusions),))
    return Result(Theorem("t", (), section="1 start"), findings, ("d > 0",), 1.23456789, stated, limits or {})


X, Y = "t.x", "t.y"
PROVED, DERIVED, EXACT, SAMPLED, REFUTED, UNKNOWN = (
    Verdict[name] for name in ("PROVED", "DERIVED", "EXACT", "SAMPLED", "REFUTED", "UNKNOWN")
)


@pytest.mark.parametrize(
    ("findings", "limits", "words", "verdict"),
    [
        ([], {}, (UNKNOWN, UNKNOWN), UNKNOWN),
        ([found(EXACT)], {}, (UNKNOWN, UNKNOWN), UNKNOWN),
        ([found(EXACT, conclusions={X: EXACT})], {}, (EXACT, UNKNOWN), UNKNOWN),
        ([found(PROVED, conclusions={X: PROVED, Y: EXACT})], {}, (PROVED, EXACT), EXACT),
        ([found(EXACT, conclusions={X: EXACT}), found(DERIVED, conclusions={X: DERIVED, Y: SAMPLED})], {},
         (DERIVED, SAMPLED), SAMPLED),
        ([found(PROVED, conclusions={X: PROVED, Y: PROVED}), found(UNKNOWN)], {}, (UNKNOWN, UNKNOWN), UNKNOWN),
        ([found(PROVED, conclusions={X: PROVED, Y: PROVED}), found(REFUTED)], {}, (REFUTED, REFUTED), REFUTED),
        ([found(PROVED, conclusions={X: PROVED, Y: PROVED})], {X: EXACT}, (EXACT, PROVED), EXACT),
        ([found(EXACT, conclusions={X: EXACT, Y: EXACT})], {X: PROVED}, (EXACT, EXACT), EXACT),
        ([found(PROVED, conclusions={X: PROVED, Y: PROVED})], {Y: REFUTED}, (PROVED, REFUTED), REFUTED),
    ],
)  # fmt: skip
def test_the_words_of_the_conclusions_and_of_the_whole(findings, limits, words, verdict):
    result = row(*findings, limits=limits)
    assert result.words == dict(zip((X, Y), words, strict=True))
    assert result.verdict is verdict


def test_a_refutation_counts_though_nothing_is_concluded():
    assert row(found(REFUTED), names="").verdict is REFUTED
    assert row(found(EXACT), names="").verdict is UNKNOWN


def test_a_row_shows_the_worst_ratio_and_all_that_was_run():
    assert row().ratio is None
    assert row().summary == "nothing was run"
    both = row(found(SAMPLED, error=1.0, bound=4.0), found(EXACT), found(SAMPLED, error=1.0, bound=2.0))
    assert both.ratio == 0.5
    assert both.summary == "e: sampled; e: exact; e: sampled"


def test_a_row_as_plain_data():
    written = row(found(EXACT, conclusions={X: EXACT, Y: EXACT}), limits={Y: SAMPLED}).as_json()
    assert written.pop("evidence") == [found(EXACT, conclusions={X: EXACT, Y: EXACT}).as_json()]
    shared = {"further hypotheses": ["n > 0"], "source": "here", "inferences": 2, "takes over": ["c"]}
    assert written == {
        "id": "t",
        "section": "1 start",
        "statement": "all of it",
        "formulas": [],
        "hypotheses": ["d > 0"],
        "plain hypotheses": ["d > 0"],
        "conclusions": [
            {"id": X, "says": "x = 0", "verdict": "EXACT"} | shared,
            {"id": Y, "says": "y = 0", "verdict": "SAMPLED"} | shared,
        ],
        "verdict": "SAMPLED",
        "ratio": None,
        "seconds": 1.235,
    }


def test_a_claim_as_plain_data():
    made = claim(corrected_by="t")
    assert ClaimResult(made, REFUTED, [("p", "1")], "a note", "in Rocq").as_json() == {
        "id": "c",
        "claim": made.statement,
        "source": "here",
        "verdict": "REFUTED",
        "counterexample": "p = 1",
        "values": {"p": "1"},
        "corrected_by": "t",
        "note": "a note",
        "formal": "in Rocq",
    }
