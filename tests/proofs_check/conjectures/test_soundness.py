"""Planted falsehoods: what is false has no proof, even where no instance is looked at; what is true is not refuted."""

from __future__ import annotations

from itertools import islice

import pytest

from proofs_check import InputError, Verdict, conjecture
from proofs_check.conjectures.conjecture import conjectured
from proofs_check.conjectures.deciding import searched
from proofs_check.conjectures.drawing import Drawing, decided
from proofs_check.conjectures.proof import proved

OWN = ("x, y, z: vector d", "C, D, E: matrix d", "S, T: symmetric d", "a, b, c: number", "m: count")


def read(claim, given=(), let=OWN):
    return conjectured(claim, given, let=let, setting="none")


#: What an existence is said by holds where it is said: in one premise, for one goal.
LEAKS = [
    "if S D = 0, then D = 0 and if S > 0, then S D = S D",
    "if C D = 0, then D = 0 and if C is invertible and T = 0, then T D = 0",
    "if a x = 0, then x = 0 and if a != 0 and T = 0, then T x = 0",
    "if C D = 0, then D = 0 and if C is invertible and C D = 0, then D = 0",
]
#: Squares say nothing of signs.
SIGNS = [("|a| <= b", "a^2 <= b^2"), ("|a| < b", "a^2 < b^2"), ("a^2 >= b^2", "|a| >= b"), ("a >= b", "a^2 >= b^2")]
#: A name that looks like what a letter of a certificate is called.
NAMESAKES = [
    ("c_inv = 1/c", "c, c_inv: number"),
    ("1/c = c_inv", "c, c_inv: number"),
    ("c_sqrt E = sqrt(c) E", "c, c_sqrt: number"),
    ("c_to_the_m E = c^m E", "c, c_to_the_m: number"),
    ("2 <p, q_r> = 2 <p_q, r>", "p, q_r, p_q, r: vector d"),
    ("|P x| y = |P_x| y", "P: matrix d", "P_x: vector d"),
    ("norm_x = |x|", "norm_x: number"),
    ("C^-1 = C_inv", "C_inv: matrix d"),
    ("C^m = C_to_the_m", "C_to_the_m: matrix d"),
    ("(C + D)^-1 x = 1/C_plus_D x", "C_plus_D: number"),
    ("(C D)^m x = C_D^m x", "C_D: number"),
    ("(a + b)^m = a_plus_b^m", "a_plus_b: number"),
    ("a^(m q) = a^m_q", "q, m_q: count"),
    ("|x_sqrt| = sqrt(|x|)", "x_sqrt: vector d"),
    ("n2_1 x + n2_2 y = [[x], [y]]", "x, y: vector 1", "n2_1, n2_2: matrix 2 1"),
]
#: What is said to exist is said of a letter that nobody has.
EXISTING = [
    ("C is invertible", ("there = I",), ("C, there: matrix d",)),
    (
        "exactly one x satisfies L x + M there = 0",
        ("R L = I", "U L + U M = I"),
        ("there: vector d", "L, M: matrix n d", "R, U: matrix d n"),
    ),
    (
        "exactly one x satisfies L x = L y",
        ("L other = L y + u", "u' u = 1"),
        ("other: vector d", "L: matrix n d", "u: vector n"),
    ),
    # Nor is its value written with a number that is made of it.
    ("some x satisfies x = <x, y> z + z", (), ()),
    ("some x satisfies x = <C x, y> z + z", (), ()),
    ("exactly one x satisfies x = <x, y> z + z", ("y' z = 1",), ()),
]


@pytest.mark.parametrize(
    ("claim", "given", "let"),
    [
        *((claim, (), ()) for claim in LEAKS),
        *((claim, (given,), ()) for claim, given in SIGNS),
        *((claim, (), let) for claim, *let in NAMESAKES),
        *EXISTING,
    ],
)
def test_what_is_false_has_no_proof(claim, given, let):
    made = read(claim, given, (*OWN, *let))
    assert searched(made, seconds=20).counterexample is not None
    assert proved(made, seconds=3).certificate is None


@pytest.mark.parametrize("given", ["S ≥ 0", "S >= 0 ", "0\n<= S'", "S\t>= S'/2"])
def test_a_hypothesis_may_be_written_as_one_likes(given):
    """In a certificate it has another name then."""
    assert proved(read("<x, S x> >= 0", (given,)), seconds=10).certificate is not None


def test_a_hypothesis_between_products_is_one_between_maps():
    assert proved(read("S x = 0", ("<x, S x> <= 0", "S >= 0")), seconds=10).certificate is not None
    assert proved(read("S x = 0", ("<x, S x> >= 0", "S >= 0")), seconds=3).certificate is None


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        ("if S > 0 and S D = 0, then D = 0", ()),
        ("if C is invertible and C D = 0, then D = 0 and if C D = 0 and C is invertible, then D = 0", ()),
        ("|a| <= b", ("a^2 <= b^2", "b >= 0")),
        ("a^2 >= 1", ("|a| >= 1",)),
        ("|a| >= b", ("a^2 >= b^2",)),
        ("|a| < 1 iff a^2 < 1", ()),
    ],
)
def test_what_is_true_beside_them_has_one(claim, given):
    assert proved(read(claim, given), seconds=10).certificate is not None


# Where a hypothesis stands -------------------------------------------------------------------------

#: A claim, what is given, and the hypothesis that it needs.
NEEDED = [
    ("D = 0", ("C D = 0",), "C is invertible"),
    ("D = 0", ("S D = 0",), "S > 0"),
    ("x = 0", ("a x = 0",), "a != 0"),
    ("<x, S x> >= 0", (), "S >= 0"),
    ("S x = 0", ("<x, S x> = 0",), "S >= 0"),
    ("|C x| <= |x|", (), "C' C <= I"),
    ("C D x = D C x", (), "C and D commute"),
    ("C C x = C x", (), "C is an orthogonal projector"),
    ("C C^+ y = y", (), "y lies in the range of C"),
    ("a + b <= 2", ("b <= 1",), "a <= 1"),
    ("a^2 <= 1", (), "|a| <= 1"),
    ("T >= 0", ("T >= S",), "S >= 0"),
    ("x = y", (), "x - y = 0"),
    ("some z satisfies C z = y", (), "C is invertible"),
    ("exactly one z satisfies C z = y", (), "C is invertible"),
    ("a >= 0", ("a b = c^2",), "b > 0"),
    ("E is symmetric", ("E = C' D C",), "D is symmetric"),
]
#: Places from which nothing follows for the claim: what is claimed, and assumed, with the hypothesis there.
PLACES = {
    "nowhere": lambda claim, needed: (claim, ()),
    "before another claim": lambda claim, needed: (f"{claim} and if {needed}, then E = E", ()),
    "before one under a premise": lambda claim, needed: (f"if E = E, then {claim} and if {needed}, then E = E", ()),
    "behind the claim": lambda claim, needed: (f"if {claim}, then {needed}", ()),
    "beside the claim": lambda claim, needed: (f"{claim} iff {needed}", ()),
    "behind a premise": lambda claim, needed: (claim, (f"if E = 0, then {needed}",)),
    "beside a premise": lambda claim, needed: (claim, (f"{needed} iff E = 0",)),
    "before a premise": lambda claim, needed: (claim, (f"if {needed}, then E = E",)),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("claim", "given", "needed"), NEEDED)
@pytest.mark.many(12)
def test_a_hypothesis_is_known_where_it_stands(claim, given, needed, place):
    """It shows the claim where it is assumed; elsewhere what has a counterexample has no proof."""
    claimed, assumed = PLACES[place](claim, needed)
    moved = read(claimed, (*given, *assumed))
    assert proved(moved, seconds=2).certificate is None or searched(moved, seconds=4).counterexample is None


@pytest.mark.parametrize(("claim", "given", "needed"), NEEDED)
@pytest.mark.many(4)
def test_where_it_is_assumed_it_shows_the_claim(claim, given, needed):
    assert proved(read(claim, (*given, needed)), seconds=10).certificate is not None


# Letters that stand for any value ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        ("y = z", ("some x satisfies x = y", "some x satisfies x = z")),
        ("x = y", ("some x satisfies x = y",)),
        ("among all x, x' x is least at x = y", ("x = y",)),
        ("exactly one x satisfies C x = C x", ("x = y",)),
        ("some x satisfies C x = y and D x = z", ()),
        ("if some x satisfies x = y, then some x satisfies C x = y", ()),
        ("1 - tau >= 0 for all tau > 0", ("tau <= 1",)),
    ],
)
def test_a_letter_has_one_meaning(claim, given):
    with pytest.raises(InputError, match="stands for any value in one place"):
        read(claim, given, (*OWN, "tau: positive"))


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        ("v = C y", ("some x satisfies x = y",)),
        ("if some x satisfies x = y, then v = C y", ()),
        ("among all x, x' x is least at x = v", ("C' C <= I",)),
        ("iterating x -> D x from y leads to v", ()),
        ("exactly one x satisfies C x = C y + C z", ("v = C y", "z' C' C z = 1")),
        ("exactly one u satisfies C u = C y + C z and v = C u", ("z' C' C z = 1",)),
        ("p >= 0 for all b > 0", ("b <= 1",)),
    ],
)
def test_nor_is_it_spoken_of_through_a_definition(claim, given):
    own = ("x, y, z: vector d", "C, D: matrix d", "b: positive", "v = C x", "u = y", "p = 1 - b")
    with pytest.raises(InputError, match="stands for any value in one place"):
        read(claim, given, own)


def test_beside_what_exists_for_a_value_something_may_hold_for_any():
    """As in the theorem on what no attack reaches: `v` is made of the letter, and nothing is assumed of it."""
    found = proved(read("|v|^2 >= 0 and some x satisfies v = y", (), (*OWN, "v = 2 x")), seconds=10)
    assert found.certificate is not None


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("exactly one x satisfies x x' x - x = y", "not affine in x"),
        ("some x satisfies x' x = a", "not affine in x"),
        ("exactly one x satisfies C is invertible", "is an equation"),
        ("iterating x -> x x' x from y leads to 0", "not affine in x"),
        ("iterating x -> C x from y leads to x", "not free of x"),
        ("among all x, (y' x)^4 + (y' x)^3 is least at x = 0", "not of degree two in x"),
        ("among all x with x' x = 1, x' S x is least at x = y", "not affine in x"),
        ("among all x with S >= 0, x' x is least at x = 0", "is an equation"),
    ],
)
def test_what_is_said_of_affine_maps_is_asked_of_them_only(claim, message):
    with pytest.raises(InputError, match=message):
        read(claim)


@pytest.mark.parametrize(
    ("claim", "let"),
    [
        ("among all x, L is least at x = 0", "L = (y' x)^4 + (y' x)^3 + (y' x)^2"),
        ("iterating x -> v from y leads to 0", "v = x x' x"),
        ("exactly one x satisfies v = y", "v = x x' x - x"),
    ],
)
def test_nor_is_it_decided_where_a_definition_hides_it(claim, let):
    made = read(claim, (), (*OWN, let))
    answers = {
        decided(made, case) for case in islice(Drawing(made).cases(), 60) if case is not None and "d" in case.sizes
    }
    assert "undecided" in answers
    assert searched(made, seconds=3, draws=60).satisfied < 60


@pytest.mark.parametrize("given", [(), ("0 <= P <= I",), ("the range of S_U lies within that of S_W",)])
def test_a_result_is_taken_over_with_its_hypotheses_only(given):
    """What the helper's turn does to W's error is known where its examples show all that W's do."""
    claim, needed = "e_next = A (I - alpha Pi_W) e_t", "the range of S_W lies within that of S_U"
    made = conjectured(claim, given, setting="plateau-removed.e")
    assert proved(made, seconds=3).certificate is None
    assert searched(made, seconds=20).counterexample is not None
    assert proved(conjectured(claim, [needed], setting="plateau-removed.e"), seconds=10).certificate is not None


# What is presumed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "presumes"),
    [
        ("C C^-1 D = D", ("C is invertible",)),
        ("C^-1 - C^-1 = 0", ("C is invertible",)),
        ("a/a = 1", ("a != 0",)),
        ("a^0 b^-1 b = 1", ("b != 0",)),
        ("sqrt(a) sqrt(b) = sqrt(a b)", ("a >= 0", "a b >= 0", "b >= 0")),
        ("K D = D", ("C is invertible",)),
        ("(X' X)^-1 X' X = I", ("X' X is invertible",)),
        ("C^-m C^m = I", ("C is invertible",)),
        ("C^m C^2 = C^(m + 2)", ()),
    ],
)
def test_what_cancels_is_presumed_nevertheless(claim, presumes):
    """Instances are those where it exists, whatever SymPy has made of it."""
    made = read(claim, (), (*OWN, "K = C C^-1", "X: matrix n d"))
    assert made.presumes == presumes
    found = searched(made, seconds=4)
    assert found.counterexample is None
    assert found.satisfied
    assert found.undecided == 0


def test_of_a_presumption_at_odds_with_the_hypotheses_nothing_is_proved():
    outcome = conjecture("C C^-1 D = D", ["C = 0"], let=OWN, setting="none", seconds=4, suggest=False)
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.search.satisfied == 0


# Sizes ---------------------------------------------------------------------------------------------


def test_a_size_that_is_a_number_is_kept():
    """True of two rows and columns (Hall), false of three."""
    claim = "(C D - D C)^2 E = E (C D - D C)^2"
    found = searched(read(claim, (), ["C, D, E: matrix 2"]), seconds=4)
    assert found.counterexample is None
    assert {value.shape for value in found.model.values.values()} == {(2, 2)}
    assert searched(read(claim, (), ["C, D, E: matrix 3"]), seconds=20).counterexample is not None


@pytest.mark.parametrize(
    ("claim", "holds"), [("2 = 2", True), ("1 = 2", False), ("eta_W > 0", True), ("eta_W > 1", False)]
)
def test_a_claim_about_numbers_alone(claim, holds):
    """It has no dimension to draw."""
    outcome = conjecture(claim, seconds=5, suggest=False)
    assert outcome.verdict is (Verdict.PROVED if holds else Verdict.REFUTED)
    assert str(outcome)


MATRICES = ["A, B: matrix d", "x: vector d", "sigma_max_A: symmetric d"]


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        # Both numbers would be called alike, and what bounds one would bound the other.
        ("sigma_max(A B)^2 |x|^2 >= |A' B x|^2", ["sigma_max(A B) >= 1", "sigma_max(A' B) >= 1"]),
        ("sigma_max(A' B)^2 |x|^2 >= |A B x|^2", ["sigma_max(A B) >= 1", "sigma_max(A' B) >= 1"]),
        # A matrix with the name that a number would have.
        ("sigma_max_A sigma_max_A >= A' A", ["sigma_max(A) >= 1"]),
        ("sigma_max_A sigma_max_A - A' A >= 0", []),
    ],
)
def test_what_bounds_a_singular_value_bounds_no_other(claim, given):
    assert proved(conjectured(claim, given, let=MATRICES, setting="none"), seconds=3).certificate is None


def test_what_a_singular_value_bounds():
    case = conjectured("sigma_max(A B)^2 |x|^2 >= |A B x|^2", let=MATRICES, setting="none")
    assert proved(case, seconds=20).certificate is not None
