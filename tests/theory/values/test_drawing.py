"""Instances are what they claim: Gram matrices of the asked ranks, steps in the box, hypotheses decided exactly."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from sympy import QQ, Eq, Identity, Trace

from tests.theory.drawn import grams, matrices, symmetric
from theory import IrrationalError, TheoryError, formulas
from theory.derivation.assumptions import Assumption, arranged, below, commute, holds, invertible, psd, relation
from theory.language.symbols import PRIMITIVES, S_U, S_W, M, P, Q, d, eta_U, eta_W, p, q, t, w_star
from theory.values.drawing import Geometry, draw
from theory.values.instance import Instance

NAMES = ["S_W", "S_U", "eta_W", "eta_U", "w_star"]
seeds = st.integers(0, 1000)


@st.composite
def geometries(draw):
    side = draw(st.integers(1, 3))
    span = draw(st.integers(0, side))
    return side, Geometry(span, draw(st.integers(0, span)), draw(st.integers(0, span)))


class TestDraw:
    @given(geometries(), seeds)
    def test_grams_are_grams_of_the_asked_rank(self, shape, seed):
        side, geometry = shape
        at = draw(NAMES, sizes={"d": side}, geometry=geometry, seed=seed)
        for symbol, rank in ((S_W, geometry.rank_W), (S_U, geometry.rank_U)):
            assert at(symbol).is_psd()
            assert at(symbol).rank() <= rank
        assert at(S_W + S_U).rank() <= geometry.span

    @given(geometries(), seeds.map(lambda s: 2 * s))
    def test_even_seeds_are_inside_the_box(self, shape, seed):
        side, geometry = shape
        at = draw(NAMES, sizes={"d": side}, geometry=geometry, seed=seed)
        assert below(eta_W * S_W, 2).holds(at)
        assert below(eta_U * S_U, 2).holds(at)

    def test_some_odd_seed_is_outside(self):
        drawn = [draw(NAMES, sizes={"d": 2}, geometry=Geometry(2, 2, 2), seed=s) for s in range(1, 20, 2)]
        assert not all(below(eta_W * S_W, 2).holds(at) for at in drawn)

    @given(seeds)
    def test_a_seed_gives_one_instance(self, seed):
        one, two = (draw(NAMES, sizes={"d": 2}, geometry=Geometry(2, 1, 2), seed=seed) for _ in range(2))
        assert all((one(PRIMITIVES[n].symbol) - two(PRIMITIVES[n].symbol)).is_zero for n in NAMES)

    def test_free_grams_are_free_symmetric_matrices(self):
        at = draw(NAMES, sizes={"d": 2}, geometry=Geometry(2, 2, 2), seed=None)
        value = at(S_W).to_sympy()
        assert value == value.T
        assert {s.name for s in value.free_symbols} == {"S_W_11", "S_W_12", "S_W_22"}

    def test_free_grams_of_lower_rank(self):
        at = draw(NAMES, sizes={"d": 2}, geometry=Geometry(2, 1, 1), seed=None)
        assert at(S_W).rank() == 1


class TestInstance:
    def test_an_unknown_symbol_is_named(self):
        with pytest.raises(TheoryError, match="S_W has no value"):
            Instance(QQ, {"d": 1})(S_W)

    def test_what_is_irrational_is_said_to_be(self):
        from sympy import exp

        with pytest.raises(IrrationalError, match="has no exact rational evaluation"):
            Instance(QQ, {"d": 1})(exp(1))

    def test_a_count_without_value(self):
        with pytest.raises(TheoryError, match="has no integer value"):
            Instance(QQ, {"d": 1}).integer(t + 1)

    @given(matrices(2, 2), matrices(2, 2))
    def test_another_value_forgets_what_followed(self, one, two):
        at = Instance(QQ, {"d": 2}, {S_W: one})
        at(S_W * S_W)
        there = at.with_value(S_W, two)
        assert (there(S_W * S_W) - two @ two).is_zero
        assert (at(Trace(S_W) * Identity(d)) - at(Identity(d)).scale(one.trace())).is_zero

    @given(matrices(2, 2), matrices(2, 2))
    def test_another_value_forgets_what_followed_from_what_followed(self, one, two):
        """P is S_W squared and Q is P; M is Q by a definition that does not say from what it is computed."""
        at = Instance(QQ, {"d": 2}, {S_W: one, S_U: one})
        at.compute(P, lambda at: at(S_W * S_W), frozenset({S_W}))
        at.compute(Q, lambda at: at(P), frozenset({P}))
        at.compute(M, lambda at: at(Q), None)
        there = at.with_value(S_W, two)
        assert all((there(x) - two @ two).is_zero for x in (P, Q, M))
        assert all((at.with_value(S_U, two)(x) - one @ one).is_zero for x in (P, Q, M))
        assert (at.with_value(P, two)(Q) - two).is_zero


class TestAssumptions:
    def at(self, **values) -> Instance:
        symbols = {"S_W": S_W, "S_U": S_U}
        return Instance(QQ, {"d": 2}, {symbols[k]: v for k, v in values.items()})

    @given(symmetric(2))
    def test_semidefinite_and_invertible(self, value):
        at = self.at(S_W=value)
        assert psd(S_W).holds(at) == value.is_psd()
        assert invertible(S_W).holds(at) == (value.rank() == 2)

    @given(grams(2))
    def test_below_is_strict(self, value):
        at = self.at(S_W=value)
        gap = at(Identity(d) - S_W)
        assert below(S_W, 1).holds(at) == (gap.is_psd() and gap.rank() == 2)

    @given(symmetric(2), symmetric(2))
    def test_commute(self, one, two):
        at = self.at(S_W=one, S_U=two)
        assert commute(S_W, S_U).holds(at) == (one @ two - two @ one).is_zero
        assert commute(S_W, S_W * S_W).holds(at)

    def test_relations_and_all_of_them(self):
        at = Instance(QQ, {"d": 1}, {p: at_number(1), q: at_number(2)})
        assert relation(p < q, "p below q").holds(at)
        assert not relation(q < p, "q below p").holds(at)
        assert not arranged(Eq(p, q, evaluate=False), "p equals q", lambda drawer, values: None).holds(at)
        assert holds((), at)
        assert not holds((relation(p < q, "p below q"), relation(q < p, "q below p")), at)

    def test_equality_ignores_how_it_is_drawn(self):
        one, two = (Assumption(p < q, "name", arrange) for arrange in (None, lambda drawer, values: None))
        assert one == two
        assert str(one) == "$p < q$"
        assert one.plain == "p < q"


def at_number(value: int):
    from theory.values.dense import Dense

    return Dense.from_rows([[QQ(value)]], QQ)


def test_every_primitive_can_be_drawn():
    assert formulas  # by now every family has declared its own
    at = draw(list(PRIMITIVES), sizes={"d": 2, "n": 2, "k": 1}, geometry=Geometry(2, 2, 2), seed=1)
    assert all(item.symbol in at.values for item in PRIMITIVES.values())
    assert at(w_star).shape == (2, 1)
