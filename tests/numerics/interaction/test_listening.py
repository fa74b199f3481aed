"""A mediator, and agents that listen: against averages of answers made one by one, in exact rationals first."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numerics import (
    DimensionMismatchError,
    ExactnessError,
    Interaction,
    LSAAgent,
    NonFiniteError,
    OptionError,
    Prompt,
    ShapeError,
)
from tests.numerics.common import fractions, rounded_copy
from tests.numerics.interaction.test_many import companies, scalar
from tests.strategies import vectors

F = Fraction
FEWER = settings(max_examples=30)


@st.composite
def shares(draw: st.DrawFn, *shape: int) -> np.ndarray:
    """Rationals of sum 1 along the last axis, some of them 0."""
    count = int(np.prod(shape))
    raw = np.reshape([F(x) for x in draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))], shape)
    raw[..., 0] += np.where(raw.sum(axis=-1) == 0, 1, 0)
    return np.asarray(raw / raw.sum(axis=-1, keepdims=True))


class TestMediator:
    def test_two_on_a_line_by_hand(self) -> None:
        """Pulls of 1/2 to 0 and of 1/4 to 1, counted 1 : 2, cancel at 1/2."""
        both = Interaction(
            scalar(F(1, 2), 0), scalar(F(1, 4), 1), order="mediator", weights=fractions([F(1, 3), F(2, 3)])
        )
        found = both.equilibrium()
        assert both.heard(found.states)[:, 0].tolist() == [F(1, 2), F(1, 2)]
        assert found.states[:, 0].tolist() == [F(1, 4), F(5, 8)]
        assert found.rate == pytest.approx(2 / 3)

    @given(companies(), st.data())
    @FEWER
    @pytest.mark.filterwarnings("ignore::numerics.DivergenceWarning")
    def test_a_turn_averages_all_answers(self, company: tuple[LSAAgent, ...], data: st.DataObject) -> None:
        weights = data.draw(shares(len(company)))
        mediated = Interaction(*company, order="mediator", weights=weights)
        z = w0 = data.draw(vectors(d=mediated.d))
        for method in ("affine", "attention"):
            run, z = mediated.simulate(w0, 2, method=method), w0
            for turn in range(2):
                answers = np.stack([agent.update(z) for agent in company])
                assert np.all(run.states[turn] == answers)
                z = weights @ answers
            assert np.all(mediated.heard(run.states[-1]) == z)

    @given(companies(), st.data())
    @FEWER
    def test_at_rest_the_average_stays(self, company: tuple[LSAAgent, ...], data: st.DataObject) -> None:
        weights = data.draw(shares(len(company)))
        mediated = Interaction(*company, order="mediator", weights=weights)
        found = mediated.equilibrium(data.draw(vectors(d=mediated.d)))  # there always is one
        z = mediated.heard(found.states)[0]
        assert np.all(weights @ np.stack([agent.update(z) for agent in company]) == z)
        if mediated.converges() and mediated.rate() < 0.9:
            run = Interaction(*map(rounded_copy, company), order="mediator", weights=weights.astype(float))
            last = run.simulate(np.zeros(mediated.d), 400).states[-1]
            exact = mediated.equilibrium().states.astype(float)
            np.testing.assert_allclose(last, exact, atol=1e-9 * (1 + abs(exact).max()))

    def test_equal_shares_are_the_default(self) -> None:
        company = [scalar(F(1, 2), target) for target in (0, 1, 5)]
        found = [
            Interaction(*company, order="mediator", weights=w).equilibrium().w for w in (None, fractions([F(1, 3)] * 3))
        ]
        assert np.all(found[0] == found[1])

    def test_what_nobody_sees_stays(self) -> None:
        blind = [LSAAgent(Prompt(fractions([[1, 0]]), fractions([target])), F(1, 2)) for target in (0, 1, 2)]
        mediated = Interaction(*blind, order="mediator")
        assert mediated.converges()
        assert mediated.equilibrium(fractions([0, 7])).states[:, 1].tolist() == [7, 7, 7]


class TestListening:
    @given(companies(most=4), st.data())
    @FEWER
    @pytest.mark.filterwarnings("ignore::numerics.DivergenceWarning")
    def test_each_moves_from_what_it_hears(self, company: tuple[LSAAgent, ...], data: st.DataObject) -> None:
        number = len(company)
        weights = data.draw(shares(number, number))
        talk = Interaction(*company, order="listening", weights=weights)
        w0 = np.stack([data.draw(vectors(d=talk.d)) for _ in company])
        run = talk.simulate(w0, 1, method="attention")
        assert np.all(run.states[0] == [a.update(row @ w0) for a, row in zip(company, weights, strict=True)])
        assert np.all(talk.simulate(w0, 1, method="affine").states == run.states)

    def test_the_one_before_heard_is_at_once(self) -> None:
        company = [scalar(F(1, 2), target) for target in (0, 1, 5)]
        ring = np.roll(np.eye(3, dtype=int), 1, axis=0)
        one, other = Interaction(*company, order="listening", weights=ring), Interaction(*company, order="simultaneous")
        assert np.all(one.equilibrium().states == other.equilibrium().states)
        assert one.rate() == other.rate()


class TestManySteps:
    @given(companies(least=2, most=2), st.integers(1, 7), st.data())
    @FEWER
    def test_it_moves_again_and_again(self, pair: tuple[LSAAgent, ...], steps: int, data: st.DataObject) -> None:
        many, w = pair[0].many_steps(steps), data.draw(vectors(d=pair[0].d))
        expected = w
        for _ in range(steps):
            expected = pair[0].update(expected)
        assert np.all(many.update(w) == expected)
        assert np.all(many.affine_map()(w) == expected)
        found = Interaction(many, pair[1]).equilibrium(w, allow_missing=True)
        if found.exists:
            assert np.all(found.residual_w == many.update(found.u) - pair[0].target)

    def test_stubborn_agents_win_on_their_own_move(self) -> None:
        pair = Interaction(scalar(0.5, 0.0).many_steps(200), scalar(0.3, 1.0).many_steps(200))
        found = pair.equilibrium()
        assert found.w == pytest.approx(0, abs=1e-12)
        assert found.u == pytest.approx(1, abs=1e-12)

    @pytest.mark.parametrize("steps", [0, -1, 1.5, True, "two"])
    def test_a_number_of_steps_is_whole(self, steps: object) -> None:
        with pytest.raises(OptionError, match="steps must be an integer >= 1"):
            scalar(0.5, 0.0).many_steps(steps)


class TestRefused:
    PAIR = (scalar(0.5, 0.0), scalar(0.5, 1.0))

    @pytest.mark.parametrize(
        ("options", "error", "said"),
        [
            ({"order": "mediator", "weights": [0.5, 0.6]}, OptionError, "weights must sum to 1, got 1.1"),
            ({"order": "mediator", "weights": [1.5, -0.5]}, OptionError, "weights must be >= 0, got -0.5"),
            ({"order": "mediator", "weights": [1.0]}, ShapeError, r"weights have shape \(1,\); expected \(2,\)"),
            ({"order": "mediator", "weights": [float("nan"), 1]}, NonFiniteError, "weights has 1 non-finite"),
            ({"order": "listening"}, OptionError, r"needs weights of shape \(2, 2\)"),
            ({"order": "listening", "weights": [[1, 0], [0.5, 0.4]]}, OptionError, "must sum to 1, got 0.9"),
            ({"order": "simultaneous", "weights": [0.5, 0.5]}, OptionError, 'weights are for order="mediator"'),
            ({"order": "cycle", "weights": [0.5, 0.5]}, OptionError, 'weights are for order="mediator"'),
            ({"order": "by turns"}, OptionError, "order must be one of 'cycle'"),
        ],
    )
    def test_each_with_its_message(self, options: dict[str, object], error: type[Exception], said: str) -> None:
        with pytest.raises(error, match=said):
            Interaction(*self.PAIR, **options)

    def test_exact_agents_need_exact_weights(self) -> None:
        with pytest.raises(ExactnessError, match="weights has dtype float64"):
            Interaction(scalar(F(1, 2), 0), scalar(F(1, 2), 1), order="mediator", weights=[0.5, 0.5])

    def test_one_agent_is_no_company(self) -> None:
        with pytest.raises(OptionError, match="at least two agents, got 1"):
            Interaction(self.PAIR[0], order="mediator")

    def test_dimensions_agree(self) -> None:
        other = LSAAgent(Prompt(np.eye(2), np.ones(2)))
        with pytest.raises(DimensionMismatchError, match="agent_w has d = 1, agent_u has d = 2"):
            Interaction(self.PAIR[0], other, order="mediator")
