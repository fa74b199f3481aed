"""The search for cofactors: what it returns adds up, what is a combination is found, what is none is not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings, strategies as st

from proofs_check.certificates.checker import Context, add
from proofs_check.proving.search import Cofactor, Rewriting, Rule, Vanishing, cofactors

D, V = "d <- d", "d <- 1"
PLAIN = Context({"X": D, "Y": D, "Z": D}, ["c"], ["Z"])
WEIGHTS = st.fractions(min_value=-3, max_value=3, max_denominator=4).filter(bool)
WORDS = st.lists(st.sampled_from(["X", "Y"]), max_size=1).map(tuple)
PAIRS = st.lists(st.sampled_from(["X", "Y"]), min_size=2, max_size=2).map(tuple)
HOMOGENEOUS = st.dictionaries(PAIRS, WEIGHTS, min_size=1, max_size=3)


def total(context, terms, facts):
    """Multiply out, as the checker does."""
    value = {}
    for term in terms:
        product = context.times({term.left: Fraction(1)}, facts[term.fact], {term.right: Fraction(1)})
        add(value, product, term.weight)
    return value


def poly(context, text):
    return context.parse(text)


@given(
    facts=st.lists(HOMOGENEOUS, min_size=1, max_size=2),
    terms=st.lists(st.tuples(WEIGHTS, WORDS, st.integers(0, 1), WORDS), min_size=1, max_size=4),
)
@pytest.mark.slow
def test_what_is_a_combination_is_found_and_adds_up(facts, terms):
    named = {f"f{i}": fact for i, fact in enumerate(facts)}
    chosen = [Cofactor(c, a, f"f{i % len(facts)}", b) for c, a, i, b in terms]
    goal = total(PLAIN, chosen, named)
    found = cofactors(PLAIN, goal, [Vanishing(name, p) for name, p in named.items()])
    assert found is not None
    assert total(PLAIN, found, named) == goal


@given(fact=HOMOGENEOUS, goal=HOMOGENEOUS)
@pytest.mark.slow
def test_whatever_is_returned_adds_up(fact, goal):
    found = cofactors(PLAIN, goal, [Vanishing("f", fact)])
    multiple = {goal.get(word, 0) / c for word, c in fact.items()} if goal.keys() == fact.keys() else set()
    assert (found is not None) == (len(multiple) == 1)
    if found is not None:
        assert total(PLAIN, found, {"f": fact}) == goal


@settings(max_examples=50)
@given(p=st.dictionaries(st.lists(st.sampled_from("XYZc"), max_size=4).map(tuple), WEIGHTS, max_size=4))
def test_rewriting_keeps_the_books(p):
    goal = {}
    for word, c in p.items():
        add(goal, PLAIN.times(*({(x,): Fraction(1)} for x in word)), c)
    facts = {"X": poly(PLAIN, "2 X - c Y - 2"), "YZ": poly(PLAIN, "Y Z - 1")}
    rules = [Rule("X", facts["X"], ("X",)), Rule("YZ", facts["YZ"], ("Y", "Z"))]
    normal, terms = Rewriting(PLAIN, rules)(goal)
    assert not any("X" in word for word in normal)
    assert not any(word[i : i + 2] == ("Y", "Z") for word in normal for i in range(len(word)))
    add(normal, total(PLAIN, [Cofactor(c, a, name, b) for (a, name, b), c in terms.items()], facts))
    assert normal == goal


MODEL = Context({"P": D, "Q": D, "A": D, "B": D, "e": V, "e_next": V, "u": V, "Delta": V}, [], ["P"])
GIVEN = {
    "A": "A - 1 + P",
    "B": "B - 1 + Q",
    "u": "u - e + Q (e - Delta)",
    "e_next": "e_next - u + P u",
}


def turn(claim, *, rules):
    facts = {name: poly(MODEL, text) for name, text in GIVEN.items()}
    order = [Rule(name, facts[name], (name,)) for name in ("e_next", "u", "A", "B")] if rules else []
    rest = [] if rules else [Vanishing(name, p) for name, p in facts.items()]
    found = cofactors(MODEL, poly(MODEL, claim), rest, order)
    if found is not None:
        assert total(MODEL, found, facts) == poly(MODEL, claim)
    return found


@pytest.mark.parametrize("rules", [True, False])
def test_one_turn(rules):
    assert turn("e_next - A B e - A Q Delta", rules=rules)
    for wrong in ("e_next - B A e - A Q Delta", "e_next - A B e + A Q Delta", "e_next - A B e - Q Delta", "e_next"):
        assert turn(wrong, rules=rules) is None


def test_cofactors_need_facts_that_rules_changed():
    context = Context({"M": D, "M_inv": D, "P": D, "x": V, "b": V}, [], [])
    facts = {
        "M": poly(context, "M - 1 + P"),
        "left": poly(context, "M_inv M - 1"),
        "rest": poly(context, "x - P x - b"),
    }
    goal = poly(context, "x - M_inv b")
    found = cofactors(
        context, goal, [Vanishing(x, facts[x]) for x in ("left", "rest")], [Rule("M", facts["M"], ("M",))]
    )
    assert found is not None
    assert {term.fact for term in found} == {"M", "left", "rest"}
    assert total(context, found, facts) == goal
    # The inverse from the other side does not help.
    other = Vanishing("right", poly(context, "M M_inv - 1"))
    assert cofactors(context, goal, [other, Vanishing("rest", facts["rest"])], [Rule("M", facts["M"], ("M",))]) is None


def test_rules_act_across_a_fact_and_its_multiplier():
    context = Context(dict.fromkeys("UWYZ", D), [], [])
    facts = {"cancel": poly(context, "Y Z - 1"), "f": poly(context, "W Y - U")}
    goal = poly(context, "W - U Z")
    found = cofactors(context, goal, [Vanishing("f", facts["f"])], [Rule("cancel", facts["cancel"], ("Y", "Z"))])
    assert found is not None
    assert total(context, found, facts) == goal


def test_only_well_typed_multiples_are_tried():
    context = Context({"F": "n <- d", "G": "d <- n", "v": V}, [], [])
    fact = poly(context, "F G - 1")
    found = cofactors(context, poly(context, "G F G F v - G F v"), [Vanishing("f", fact)])
    assert found is not None
    for term in found:
        product = context.times({term.left: Fraction(1)}, fact, {term.right: Fraction(1)})
        assert context.type(product) == ("d", "1")


def test_numbers_commute_and_may_be_divided_by():
    context = Context({"S": D, "v": V}, ["eta", "eta_inv"], [])
    facts = {"inverse": poly(context, "eta eta_inv - 1"), "moved": poly(context, "eta S v")}
    goal = poly(context, "S v")
    found = cofactors(context, goal, [Vanishing(x, p) for x, p in facts.items()])
    assert found is not None
    assert total(context, found, facts) == goal
    assert cofactors(context, goal, [Vanishing("moved", facts["moved"])]) is None


def test_limits_are_kept_and_nothing_needs_no_cofactors():
    facts = [Vanishing("f", poly(PLAIN, "X Y - Y X")), Vanishing("g", poly(PLAIN, "Y X - X X"))]
    goal = poly(PLAIN, "X Y - X X")
    assert cofactors(PLAIN, goal, facts, limit=1) is None
    assert len(cofactors(PLAIN, goal, facts, limit=10)) == 2
    assert cofactors(PLAIN, {}, facts) == []


def test_terms_are_written_as_in_a_certificate():
    assert Cofactor(Fraction(-1, 2), (), "f", ("X", "Y'")).as_json() == ["-1/2", "1", "f", "X Y'"]


def test_an_inverse_is_inserted_only_where_it_fits():
    """On a space where 1 = 2 everything vanishes, and nothing on another one."""
    context = Context({"X": "a <- c", "Y": "c <- a", "W": "a <- a", "Z": "b <- b"}, [], [])
    facts = [Vanishing("once", poly(context, "X Y - 1")), Vanishing("twice", poly(context, "X Y - 2"))]
    assert cofactors(context, poly(context, "W"), facts) is not None
    assert cofactors(context, poly(context, "Z"), facts) is None
