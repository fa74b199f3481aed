"""Completion: what it returns adds up, what follows is found, what does not follow is not, and it ends in time."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from proofs_check.certificates.checker import Context, Refused, add, replay, sides
from proofs_check.proving.completion import complete, solutions
from proofs_check.proving.search import Cofactor, Vanishing
from proofs_check.proving.specification import Root
from proofs_check.proving.statement import attempt
from tests.proofs_check.proving.identities import IDENTITIES, penrose, turned

D = "d <- d"
PLAIN = Context({"X": D, "Y": D, "Z": D}, ["c"], ["Z"])
SPACES = Context({"F": "n <- d", "G": "d <- n", "H": D, "v": "d <- 1"}, [], [])
WEIGHTS = st.fractions(min_value=-3, max_value=3, max_denominator=4).filter(bool)


def facts_of(context, equations):
    """Equations and their adjoints."""
    facts = {}
    for name, text in equations.items():
        facts[name] = sides(context, text, "=")[0]
        facts[name + "'"] = context.adjoint(facts[name])
    return facts


def total(context, terms, facts):
    """Multiply out, as the checker does."""
    value = {}
    for term in terms:
        add(value, context.times({term.left: Fraction(1)}, facts[term.fact], {term.right: Fraction(1)}), term.weight)
    return value


def found(context, goal, facts, *, seconds=1, degree=10):
    """Complete, and let nothing pass that does not add up."""
    terms = complete(
        context, goal, [Vanishing(name, p) for name, p in facts.items() if p], seconds=seconds, degree=degree
    )
    if terms is not None:
        assert total(context, terms, facts) == goal
    return terms


def decided(letters, equations, claim, *, scalars=(), symmetric=(), **limits):
    """Whether a claim is found to follow from equations."""
    context = Context(letters, list(scalars), list(symmetric))
    return found(context, sides(context, claim, "=")[0], facts_of(context, equations), **limits) is not None


# Combinations of what is given ---------------------------------------------------------------------


def polynomials(context, letters, length):
    words = st.lists(st.sampled_from(letters), max_size=length).map(
        lambda word: next(iter(context.times({tuple(word): 1})))
    )
    return st.dictionaries(words, WEIGHTS, min_size=1, max_size=3)


@given(
    facts=st.lists(polynomials(PLAIN, ["X", "Y'", "Z"], 3), min_size=1, max_size=3),
    terms=st.lists(
        st.tuples(WEIGHTS, st.lists(st.sampled_from("XY"), max_size=2).map(tuple), st.integers(0, 2), st.booleans()),
        min_size=1,
        max_size=4,
    ),
)
@pytest.mark.slow
def test_a_combination_is_found_and_adds_up(facts, terms):
    named = {f"f{i}": p for i, p in enumerate(facts)}
    named |= {f"{name}'": PLAIN.adjoint(p) for name, p in named.items()}
    chosen = [
        Cofactor(c, word if left else (), f"f{i % len(facts)}" + "'" * left, () if left else word)
        for c, word, i, left in terms
    ]
    # What is not found in so short a time is not found; that it adds up is looked at anyway.
    terms = found(PLAIN, total(PLAIN, chosen, named), named, seconds=0.3)
    assert terms is not None or len(facts) > 1


@given(
    facts=st.lists(polynomials(PLAIN, ["X", "Z", "c"], 3), min_size=1, max_size=2),
    goal=polynomials(PLAIN, ["X", "Z", "c"], 3),
)
@pytest.mark.slow
def test_whatever_is_returned_adds_up(facts, goal):
    found(PLAIN, goal, {f"f{i}": p for i, p in enumerate(facts)}, seconds=0.3)


@given(
    word=st.lists(st.sampled_from("XYZ"), min_size=1, max_size=6).map(tuple),
    other=st.lists(st.sampled_from("XYZ"), min_size=1, max_size=6).map(tuple),
)
def test_words_are_equal_where_letters_commute_exactly_if_they_have_the_same_letters(word, other):
    facts = facts_of(PLAIN, {"XY": "X Y = Y X", "XZ": "X Z = Z X", "YZ": "Y Z = Z Y"})
    goal = {word: Fraction(1)}
    add(goal, {other: 1}, -1)
    assert (found(PLAIN, goal, facts) is not None) == (sorted(word) == sorted(other))


@given(word=st.lists(st.sampled_from(["X", "Y"]), min_size=1, max_size=12))
def test_words_of_a_finite_group_are_equal_exactly_if_permutations_are(word):
    """The permutations of three things: two reflections, whose product has order three."""
    facts = facts_of(PLAIN, {"X": "X X = 1", "Y": "Y Y = 1", "XY": "X Y X Y X Y = 1"})
    order = [0, 1, 2]
    for x in word:
        i = "XY".index(x)
        order[i], order[i + 1] = order[i + 1], order[i]
    goal = {tuple(word): Fraction(1), (): Fraction(-1)}
    assert (found(PLAIN, goal, facts, degree=20) is not None) == (order == [0, 1, 2])


def test_nothing_needs_no_cofactors():
    assert found(PLAIN, {}, facts_of(PLAIN, {"f": "X Y = 1"})) == []
    assert found(PLAIN, {}, {}) == []
    assert found(PLAIN, {("X",): Fraction(1)}, {}) is None


def test_what_has_to_be_derived_first_is_found():
    letters = dict.fromkeys("XYZ", D)
    assert decided(letters, {"one": "X Y X = X", "two": "Y X = 1"}, "Y X Y X = 1")
    # A left inverse and a right inverse are one.
    assert decided(letters, {"left": "X Y = 1", "right": "Y Z = 1"}, "X = Z")
    assert not decided(letters, {"left": "X Y = 1"}, "Y X = 1")
    # Where X, Y and X + Y are their own squares.
    squares = {w: f"({w}) ({w}) = {w}" for w in ("X", "Y", "X + Y")}
    assert decided(letters, squares, "X Y = 0 - Y X")


def test_fractions_are_exact():
    found_ = found(
        PLAIN, PLAIN.parse("X - 22/7 Y"), {"f": PLAIN.parse("3 X - 5 Z"), "g": PLAIN.parse("1/3 Z - 22/35 Y")}
    )
    assert {(term.fact, term.weight) for term in found_} == {("f", Fraction(1, 3)), ("g", Fraction(5))}


# Adjoints, spaces, numbers -------------------------------------------------------------------------


def test_adjoints_are_facts_of_their_own():
    pair = {"A": "m <- n", "X": "n <- m", "Y": "n <- m"}
    both = penrose("A", "X") | penrose("A", "Y")
    assert decided(pair, both, "X = Y")
    for name in both:
        assert not decided(pair, {k: v for k, v in both.items() if k != name}, "X = Y", seconds=0.3)


def test_a_symmetric_letter_is_its_own_adjoint():
    letters = {"S": D, "X": D}
    assert decided(letters, {"f": "S X = 1"}, "X' S = 1", symmetric=["S"])
    assert decided(letters, {"f": "S X = 1", "g": "X S = 1"}, "X' = X", symmetric=["S"])
    assert not decided(letters, {"f": "S X = 1", "g": "X S = 1"}, "X' = X")


def test_only_products_that_fit_are_made():
    facts = facts_of(SPACES, {"f": "F G = 1", "g": "H H = H + 1"})
    terms = found(SPACES, SPACES.parse("G F G F v - G F v + H H G F v - H G F v - G F v"), facts)
    for term in terms:
        ends = SPACES.type(SPACES.times({term.left: 1}, facts[term.fact], {term.right: 1}))
        assert ends == ("d", "1")


def test_where_one_is_two_everything_vanishes_and_nowhere_else():
    letters = {"X": "a <- c", "Y": "c <- a", "W": "a <- a", "V": "b <- a", "Z": "b <- b"}
    twice = {"once": "X Y = 1", "twice": "X Y = 2"}
    assert decided(letters, twice, "W = 0")
    assert decided(letters, twice, "V W = 0")
    assert decided(letters, twice, "Z V = 0")
    assert not decided(letters, twice, "Z = 0")
    assert not decided(letters, twice, "V V' = 1")


def test_numbers_commute_and_may_be_divided_by():
    letters = {"S": D, "T": D, "v": "d <- 1"}
    numbers = {"scalars": ["eta", "mu", "r"]}
    half = {"inverse": "eta r = 1"}
    assert decided(letters, half | {"moved": "eta S v = T v"}, "S v = r T v", **numbers)
    assert decided(letters, half | {"moved": "mu eta S v = 0"}, "mu S v = 0", **numbers)
    assert decided(letters, half | {"moved": "mu eta S v = 0"}, "T S mu v = 0", **numbers)
    assert not decided(letters, half | {"moved": "mu eta S v = 0"}, "S v = 0", **numbers)
    assert not decided(letters, {"moved": "eta S v = 0"}, "S v = 0", **numbers)


def test_numbers_alone_are_a_commutative_ring():
    numbers = {"scalars": ["a", "b", "c"]}
    sums = {"one": "a + b + c = 0", "two": "a b + b c + c a = 0"}
    assert decided({}, sums, "a a a = a b c", **numbers)
    assert not decided({}, sums, "a b c = 0", **numbers)
    # A map says nothing about numbers.
    assert not decided({"X": D}, {"f": "a X = 0", "g": "X = 1"}, "a = 0", **numbers)


# Limits --------------------------------------------------------------------------------------------

#: The braid relations with a square: completions of this do not end soon.
BRAIDS = {"XY": "X Y X = Y X Y", "YZ": "Y Z Y = Z Y Z", "XZ": "X Z Y X = Y Y X Z", "sum": "X X = Y Z + 2 Z X + 1"}


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_the_time_is_kept(seconds):
    start = time.monotonic()
    assert not decided(dict.fromkeys("XYZ", D), BRAIDS, "X Y = Z", seconds=seconds, degree=200)
    assert time.monotonic() - start < seconds + 2


def test_the_degree_is_kept():
    """What two rules say of a word of four letters is not looked at below that."""
    letters, equations = dict.fromkeys("XYZ", D), {"one": "X X Y = Z", "two": "Y X Y = Z Z"}
    assert decided(letters, equations, "Z X Y = X X Z Z", degree=5)
    assert not decided(letters, equations, "Z X Y = X X Z Z", degree=2)


def test_it_is_tried_last_and_only_if_there_is_time():
    given = {"letters": {"A": "m <- n", "X": "n <- m", "Y": "n <- m"}, "given": penrose("A", "X") | penrose("A", "Y")}
    assert attempt(given | {"claim": "X = Y"}, seconds=0) is None
    assert attempt(given | {"claim": "A X A Y A = A"}, seconds=0) == attempt(given | {"claim": "A X A Y A = A"})
    assert replay(attempt(given | {"claim": "X = Y"})) > 1


def test_a_fact_that_has_lost_its_maps_is_left_out():
    """Of ``X + 1 = X`` only a number is left, which is zero where X acts and nowhere else."""
    given = {"letters": {"X": D, "Y": "e <- e"}, "given": {"odd": "X + 1 = X"}}
    assert attempt(given | {"claim": "Y = 0"}) is None


# What is published ---------------------------------------------------------------------------------


def proved(identity, seconds=300):
    lines = tuple(Root((text,)) for text in identity.squares)
    return attempt({"name": identity.id, **identity.statement}, lines, seconds=seconds)


@pytest.mark.parametrize("identity", IDENTITIES, ids=[x.id for x in IDENTITIES])
@pytest.mark.slow
@pytest.mark.many(6)
def test_a_published_identity_is_proved(identity):
    certificate = proved(identity)
    assert certificate is not None
    assert certificate["proof"][-1]["states"] == identity.statement["claim"]
    assert replay(certificate) <= 20_000


@pytest.mark.parametrize("name", ["penrose-unique", "cline", "sherman-morrison"])
@pytest.mark.parametrize("part", range(4))
def test_a_certificate_that_is_tampered_with_is_refused(name, part):
    certificate = proved(next(x for x in IDENTITIES if x.id == name))
    because = certificate["proof"][-1]["because"]
    changed = [[*because[0]], *because[1:]]
    changed[0][part] = ("7", f"{because[0][1]} A", because[-1][2], f"A {because[0][3]}")[part]
    assert changed != because
    certificate["proof"][-1]["because"] = changed
    with pytest.raises(Refused):
        replay(certificate)
    certificate["proof"][-1]["because"] = because[1:]
    with pytest.raises(Refused):
        replay(certificate)


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("penrose-gram", "Z = X X' X X'"),
        ("star-order", "Z = X - Y"),
        ("drazin-unique-2", "X A = 1"),
        ("penrose-involution", "A X = 1"),
        ("greville", "Z A = Y"),
        ("hua", "A - D = B A B"),
        ("resolvents-commute", "R = S"),
    ],
)
@pytest.mark.slow
def test_what_does_not_follow_is_not_found(name, claim):
    statement = next(x for x in IDENTITIES if x.id == name).statement
    assert attempt({**statement, "claim": claim}, seconds=1) is None


def test_adjoints_are_written_as_the_checker_reads_them():
    for text in ("A X", "B' A - C", "A + B' C D - E"):
        context = Context(dict.fromkeys("ABCDEX", D), [], [])
        assert context.parse(turned(text)) == context.adjoint(context.parse(text))


# What is determined ------------------------------------------------------------------------------


SOLVED = {
    "an inverse of a product": (["X W = 1", "W X = 1", "Y V = 1", "V Y = 1", "X Y there = 1"], {("V", "W"): 1}),
    "a fraction": (["3 there = 2 X + Y"], {("X",): Fraction(2, 3), ("Y",): Fraction(1, 3)}),
    "a large one": (["1000003 there + 999983 X = 0"], {("X",): Fraction(-999983, 1000003)}),
    "a fixed point": (["there = X there + Y", "(1 - X) V = 1", "V (1 - X) = 1"], {("V", "Y"): 1}),
    "nothing": (["there = 0"], {}),
}


def equations_for(context, equations, **limits):
    facts = facts_of(context, dict(zip("abcde", equations, strict=False)))
    return list(solutions(context, "there", [Vanishing(name, p) for name, p in facts.items()], **limits))


@pytest.mark.parametrize("what", SOLVED)
def test_what_equations_determine_is_found(what):
    equations, value = SOLVED[what]
    context = Context(dict.fromkeys(("X", "Y", "V", "W", "there"), D), [], [])
    outer, rest = equations_for(context, equations, seconds=5)[-1]
    assert set(outer) == {()}
    assert {word: c / outer[()] for word, c in rest.items()} == value


def test_what_is_barred_is_avoided():
    context = Context(dict.fromkeys(("X", "Y", "there"), D), [], [])
    equations = ["there = Y", "Y = X X"]
    assert equations_for(context, equations, barred=frozenset({"Y"}), seconds=5)[-1] == ({(): 1}, {("X", "X"): 1})
    assert not equations_for(context, equations, barred=frozenset({"Y", "X"}), seconds=1)


def test_what_is_restricted_is_said():
    context = Context(dict.fromkeys(("X", "Y", "there"), D), [], [])
    assert equations_for(context, ["X there = Y"], seconds=1) == [({("X",): 1}, {("Y",): 1})]
