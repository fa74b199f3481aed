"""A hypothesis: which predicate a helper makes, what it is called, and what counts as given where it is left open."""

from __future__ import annotations

from dataclasses import replace

from sympy import Identity, Ne, S

from theory.derivation.assumptions import Assumption, arranged, below, commute, holds, invertible, psd, relation
from theory.derivation.lines import equation
from theory.language.nodes import PositiveSemidefinite
from theory.language.predicates import Commute, Invertible, Loewner
from theory.language.symbols import S_U, S_W, P, d, p, q
from theory.values.drawing import Geometry, draw, full_rank

SIZES = {"d": 2, "n": 2, "k": 1}
RATIONAL = draw(["S_W", "p", "q"], sizes=SIZES, geometry=Geometry(2, 1, 1), seed=0)
FREE = draw(["S_W", "p", "q"], sizes=SIZES, geometry=Geometry(2, 2, 2), seed=None)


def test_each_is_its_predicate_under_its_name():
    one = Identity(d)
    assert invertible(S_W) == Assumption(Invertible(S_W), "S_W invertible")
    assert invertible(S_W - P, "the map") == Assumption(Invertible(S_W - P), "the map invertible")
    assert psd(S_W) == Assumption(PositiveSemidefinite(S_W), "S_W psd")
    assert below(S_W, 2) == Assumption(Loewner(S_W, 2 * one, True), "S_W below 2")
    assert below(S_W, 1, strict=False) == Assumption(Loewner(S_W, 1 * one, False), "S_W at most 1")
    assert commute(S_W, S_U) == Assumption(Commute(S_W, S_U), "S_W and S_U commute")
    assert relation(p < q, "p is smaller") == Assumption(p < q, "p is smaller")
    assert relation(p < q).name == relation(p < q).plain == "p < q"


def test_it_is_told_by_what_it_says_and_its_name():
    """How instances are drawn is no part of it."""
    arrange = full_rank("S_W")
    drawn = arranged(p < q, "ordered", arrange)
    assert drawn.arrange is below(S_W, 2, arrange=arrange).arrange is commute(S_W, S_U, arrange).arrange is arrange
    assert drawn == replace(drawn, arrange=None)
    assert hash(drawn) == hash(replace(drawn, arrange=None))
    assert drawn not in (replace(drawn, says=p <= q), replace(drawn, name="other"))
    assert repr(drawn) == "Assumption(says=p < q, name='ordered')"
    assert str(drawn) == drawn.text
    assert drawn.free_symbols == {p, q}


def test_what_free_symbols_leave_open_counts_as_given():
    smaller, not_smaller = relation(p < q), relation(p >= q)
    assert smaller.holds(FREE)
    assert not_smaller.holds(FREE)
    assert smaller.holds(RATIONAL) != not_smaller.holds(RATIONAL)
    # What a ring of polynomials decides is decided there too.
    for at, full in ((FREE, True), (RATIONAL, False)):
        assert invertible(S_W).holds(at) == full
        assert relation(Ne(S_W, S_W, evaluate=False)).holds(at) is False
        assert relation(equation(S_W, S_W)).holds(at)
        assert relation(S.true, "nothing").holds(at)


def test_all_have_to_hold():
    true, false = relation(equation(p, p)), relation(equation(p, p + 1))
    assert holds((), RATIONAL)
    assert holds((true, true), RATIONAL)
    for some in ((true, false), (false, true), (false,)):
        assert not holds(some, RATIONAL)
