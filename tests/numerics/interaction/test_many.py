"""More than two agents, in a cycle and all at once: against moves made one by one, in exact rationals first."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numerics import (
    DimensionMismatchError,
    DivergenceError,
    DivergenceWarning,
    DTypeError,
    ExactnessError,
    Interaction,
    LSAAgent,
    NoEquilibriumError,
    NotAffineError,
    NumericsError,
    OptionError,
    Prompt,
    ShapeError,
    TranscriptError,
    detect,
)
from numerics.agents.relay import Relay
from tests.numerics.common import Saying, exact_copy, fractions, rounded_copy
from tests.strategies import agents, vectors

F = Fraction


@st.composite
def companies(draw: st.DrawFn, least: int = 2, most: int = 5) -> tuple[LSAAgent, ...]:
    """Exact agents of one dimension, of every rank; some of them the same."""
    d = draw(st.integers(1, 2))
    found: list[LSAAgent] = []
    for _ in range(draw(st.integers(least, most))):
        same = found and draw(st.integers(0, 4)) == 0
        found.append(draw(st.sampled_from(found)) if same else draw(agents(d=d)))
    return tuple(found)


def scalar(p: object, target: object) -> LSAAgent:
    """An agent on a line; exact for Fractions."""
    kind = fractions if isinstance(p, Fraction) else np.asarray
    return LSAAgent(Prompt(kind([[1.0]]), kind([target])), p)


def floats(rng: np.random.Generator, number: int, *batch: int, d: int = 2) -> list[LSAAgent]:
    return [LSAAgent(Prompt(rng.normal(size=(*batch, 4, d)), rng.normal(size=(*batch, 4)))) for _ in range(number)]


#: Examples of what takes the eigenvalues of all agents together.
FEWER = settings(max_examples=40)


class TestCycle:
    def test_three_on_a_line_by_hand(self) -> None:
        """Each rests in the middle between its target and the one before: (1, 4, 2)/7."""
        found = Interaction(*(scalar(F(1, 2), target) for target in (0, 1, 0))).equilibrium()
        assert found.states[:, 0].tolist() == [F(1, 7), F(4, 7), F(2, 7)]
        assert found.residuals[:, 0].tolist() == [F(1, 7), F(-3, 7), F(2, 7)]
        assert (found.w[0], found.u[0], found.between[0][0]) == (F(1, 7), F(2, 7), F(4, 7))
        assert found.rate == pytest.approx(1 / 8)

    @given(companies(), st.data())
    @pytest.mark.filterwarnings("ignore::numerics.DivergenceWarning")
    def test_a_turn_is_a_move_of_each_the_first_last(self, company: tuple[LSAAgent, ...], data: st.DataObject) -> None:
        cycle = Interaction(*company)
        w = w0 = data.draw(vectors(d=cycle.d))
        for method in ("affine", "attention"):
            run, w = cycle.simulate(w0, 2, method=method), w0
            for turn in range(2):
                *expected, w = [w := agent.update(w) for agent in (*company[1:], company[0])]
                assert np.all(run.states[turn] == [w, *expected])
            assert np.all(run.w_last == w)
            assert np.all(run.u_last == run.states[-1, -1])
            last = cycle.simulate(w0, 2, method=method, keep="last")
            assert np.all(last.w_last == run.w_last)
            assert np.all(last.u_last == run.u_last)

    @given(companies(), st.data())
    def test_every_layer_leaves_the_equilibrium_alone(self, company: tuple[LSAAgent, ...], data: st.DataObject) -> None:
        found = Interaction(*company).equilibrium(data.draw(vectors(d=company[0].d)), allow_missing=True)
        if found.exists:
            for before, agent, own in zip(np.roll(found.states, 1, axis=0), company, found.states, strict=True):
                assert np.all(agent.update(before) == own)
            assert np.all(found.residuals == found.states - np.stack([agent.target for agent in company]))

    @given(companies(least=3), st.data())
    @FEWER
    @pytest.mark.filterwarnings("ignore::numerics.DivergenceWarning")
    def test_the_others_as_one_agent_make_a_pair(self, company: tuple[LSAAgent, ...], data: st.DataObject) -> None:
        w0 = data.draw(vectors(d=company[0].d))
        cycle, pair = Interaction(*company), Interaction(company[0], Relay(*company[1:]))
        assert np.all(cycle.simulate(w0, 3).w == pair.simulate(w0, 3, method="attention").w)
        one, other = (x.equilibrium(w0, allow_missing=True) for x in (cycle, pair))
        assert one.exists == other.exists
        if one.exists:
            assert np.all(one.w == other.w)

    @given(companies(), st.data())
    @FEWER
    def test_where_runs_settle_is_where_floats_arrive(self, company: tuple[LSAAgent, ...], data: st.DataObject) -> None:
        cycle = Interaction(*company)
        if not cycle.converges() or cycle.rate() > 0.9:
            return
        w0 = data.draw(vectors(d=cycle.d))
        found = cycle.equilibrium(w0)
        run = Interaction(*map(rounded_copy, company)).simulate(w0.astype(float), 400)
        size = 1 + abs(found.states.astype(float)).max() + abs(w0.astype(float)).max()
        np.testing.assert_allclose(run.states[-1], found.states.astype(float), atol=1e-9 * size)

    def test_what_nobody_sees_stays(self) -> None:
        blind = [LSAAgent(Prompt(fractions([[1, 0]]), fractions([target])), F(1, 2)) for target in (0, 1, 2)]
        found = Interaction(*blind).equilibrium(fractions([5, 7]))
        assert found.kernel_dim == 1
        assert found.converges
        assert found.states[:, 1].tolist() == [7, 7, 7]

    def test_a_drift_has_no_equilibrium(self) -> None:
        cycle = Interaction(scalar(F(2), 0), scalar(F(2), 1), scalar(F(2), 0), scalar(F(2), 0))
        with pytest.raises(NoEquilibriumError):
            cycle.equilibrium()
        assert not cycle.converges()

    def test_batches_are_decided_as_alone(self) -> None:
        rng = np.random.default_rng(3)
        batch = floats(rng, 4, 6)
        whole, run = Interaction(*batch).equilibrium(), Interaction(*batch).simulate(None, 4)
        assert whole.states.shape == (6, 4, 2)
        assert run.states.shape == (6, 4, 4, 2)
        for i in range(6):
            alone = Interaction(*(LSAAgent(Prompt(a.prompt.X[i], a.prompt.y[i]), a.step_size[i]) for a in batch))
            np.testing.assert_allclose(whole.states[i], alone.equilibrium().states, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(run.states[i], alone.simulate(None, 4).states, rtol=1e-9, atol=1e-12)
            assert whole.rate[i] == pytest.approx(float(alone.rate()))

    def test_the_rate_is_that_of_exact_copies(self) -> None:
        company = floats(np.random.default_rng(4), 5)
        exact = Interaction(*map(exact_copy, company))
        assert Interaction(*company).rate() == pytest.approx(float(exact.rate()), rel=1e-9)
        assert Interaction(*company).shortfall() == pytest.approx(float(exact.shortfall()), rel=1e-9)

    def test_engines_agree(self) -> None:
        pytest.importorskip("numba")
        cycle = Interaction(*floats(np.random.default_rng(5), 3, 7))
        runs = [cycle.simulate(None, 50, engine=engine) for engine in ("numpy", "numba")]
        np.testing.assert_allclose(runs[0].states, runs[1].states, rtol=1e-12, atol=1e-14)
        with pytest.raises(OptionError, match="two LSAAgents"):
            cycle.simulate(None, 5, engine="factored")

    def test_agents_without_an_affine_map_are_asked(self) -> None:
        class Half:
            d = 1

            def update(self, w: np.ndarray) -> np.ndarray:
                return np.asarray(w / 2)

        cycle = Interaction(scalar(0.5, 1.0), Half(), Half())
        run = cycle.simulate(np.array([4.0]), 2)
        assert run.states[0, :, 0].tolist() == [1.0, 2.0, 1.0]
        with pytest.raises(NotAffineError):
            cycle.equilibrium()


class TestAtOnce:
    def test_two_exchange_what_neither_sees(self) -> None:
        blind = [LSAAgent(Prompt(fractions([[1, 0]]), fractions([target])), F(1, 2)) for target in (0, 1)]
        both = Interaction(*blind, order="simultaneous")
        run = both.simulate(fractions([[0, 0], [0, 1]]), 3)
        assert run.w[:, 1].tolist() == [0, 1, 0, 1]
        assert run.u[:, 1].tolist() == [0, 1, 0]
        assert not both.converges()
        assert both.rate() == 1
        assert Interaction(*blind).converges()

    @given(companies(), st.data())
    @pytest.mark.filterwarnings("ignore::numerics.DivergenceWarning")
    def test_a_turn_moves_each_from_what_the_one_before_answered(
        self, company: tuple[LSAAgent, ...], data: st.DataObject
    ) -> None:
        at_once = Interaction(*company, order="simultaneous")
        start = np.stack([data.draw(vectors(d=at_once.d)) for _ in company])
        run, state = at_once.simulate(start, 3, method="attention"), start
        for turn in range(3):
            state = np.stack([agent.update(state[i - 1]) for i, agent in enumerate(company)])
            assert np.all(run.states[turn] == state)
        assert np.all(at_once.simulate(start, 3).states == run.states)
        assert np.all(at_once.simulate(start, 3, keep="last").w_last == state[0])

    @given(companies())
    @FEWER
    def test_all_at_once_rest_where_a_cycle_does_and_take_as_many_turns_more_as_they_are(
        self, company: tuple[LSAAgent, ...]
    ) -> None:
        cycle, at_once = Interaction(*company), Interaction(*company, order="simultaneous")
        one, other = (x.equilibrium(allow_missing=True) for x in (cycle, at_once))
        assert one.exists == other.exists
        if one.exists and one.unique:
            assert np.all(one.states == other.states)
            assert float(other.rate) ** len(company) == pytest.approx(float(one.rate), rel=1e-9, abs=1e-12)
            assert one.converges == other.converges
        if one.kernel_dim and one.converges:
            assert not other.converges

    def test_floats_arrive_there_too(self) -> None:
        company = floats(np.random.default_rng(6), 3, 5)
        at_once = Interaction(*company, order="simultaneous")
        found = at_once.equilibrium()
        run = at_once.simulate(None, 600)
        assert found.converges.all()
        np.testing.assert_allclose(run.states[:, -1], found.states, atol=1e-12)
        exact = Interaction(*(exact_copy(LSAAgent(Prompt(a.prompt.X[0], a.prompt.y[0]))) for a in company))
        np.testing.assert_allclose(found.states[0], exact.equilibrium().states.astype(float), rtol=1e-9)

    def test_a_run_that_leaves_the_range_of_doubles_says_so(self) -> None:
        wild = Interaction(scalar(9.0, 0.0), scalar(9.0, 1.0), scalar(9.0, 2.0), order="simultaneous")
        with pytest.warns(DivergenceWarning, match="start alike"):
            wild.simulate(None, 30)
        with pytest.raises(DivergenceError, match="turn"):
            wild.simulate(None, 2000)

    def test_nothing_else_is_misread_as_turns(self) -> None:
        both = Interaction(scalar(0.5, 0.0), scalar(0.5, 1.0), order="simultaneous")
        run = both.simulate(None, 4)
        with pytest.raises(TranscriptError, match="order='simultaneous'"):
            detect(run, both.agent_u.prompt, 0.5)


class TestGiven:
    def test_a_copy_does_the_same(self) -> None:
        company = floats(np.random.default_rng(7), 3)
        for order in ("cycle", "simultaneous"):
            first = Interaction(*company, order=order)
            for made in (copy.copy(first), copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
                assert type(made) is type(first)
                assert (made.order, len(made.agents)) == (order, 3)
                assert np.array_equal(made.equilibrium().states, first.equilibrium().states)
                run = first.simulate(None, 3)
                assert np.array_equal(pickle.loads(pickle.dumps(run)).states, run.states)

    def test_a_pair_is_given_as_before(self) -> None:
        w, u = scalar(F(1, 2), 0), scalar(F(1, 3), 1)
        for pair in (Interaction(w, u), Interaction(agent_w=w, agent_u=u), Interaction(w, agent_u=u)):
            assert (pair.agent_w, pair.agent_u, pair.agents) == (w, u, (w, u))
            assert pair.order == "cycle"
        assert np.array_equal(
            Interaction(w, u).simulate(None, 3).states[:, 0], Interaction(w, u).simulate(None, 3).w[1:]
        )

    @pytest.mark.parametrize("number", [0, 1])
    def test_fewer_than_two(self, number: int) -> None:
        with pytest.raises(OptionError, match=f"at least two agents, got {number}: pass Interaction"):
            Interaction(*[scalar(0.5, 1.0)] * number)

    def test_bad_companies(self) -> None:
        one, two = scalar(0.5, 1.0), LSAAgent(Prompt(np.eye(2), np.ones(2)))
        with pytest.raises(DimensionMismatchError, match="agent_1 has d = 1, agent_2 has d = 1, agent_3 has d = 2"):
            Interaction(one, one, two)
        with pytest.raises(ExactnessError, match="exact"):
            Interaction(one, one, scalar(F(1, 2), 1))
        with pytest.raises(DTypeError, match="agent_2 is a str"):
            Interaction(one, "two", one)  # type: ignore[arg-type]
        with pytest.raises(ShapeError, match="agent_3"):
            Interaction(*floats(np.random.default_rng(0), 2, 3), *floats(np.random.default_rng(0), 1, 4))
        with pytest.raises(OptionError, match="'listening', 'random', got 'by turns'"):
            Interaction(one, one, order="by turns")

    def test_what_is_for_a_pair_is_refused(self) -> None:
        cycle = Interaction(*(scalar(0.5, t) for t in (0.0, 1.0, 2.0)))
        for name in ("agent_w", "agent_u"):
            with pytest.raises(OptionError, match=r"there are 3.*use \.agents"):
                getattr(cycle, name)

    def test_bad_runs(self) -> None:
        at_once = Interaction(*(scalar(0.5, t) for t in (0.0, 1.0, 2.0)), order="simultaneous")
        with pytest.raises(ShapeError, match=r"N = 3 and d = 1, or \(d,\)"):
            at_once.simulate(np.zeros((2, 1)), 1)
        for option in ({"engine": "numba"}, {"out": np.zeros((4, 1))}):
            with pytest.raises(OptionError, match='order="cycle"'):
                at_once.simulate(None, 3, **option)  # type: ignore[arg-type]
        with pytest.raises(OptionError, match="only the last"):
            _ = Interaction(*at_once.agents).simulate(None, 3, keep="last").states
        with pytest.raises(NumericsError, match="no target is known of agent 2"):
            _ = Interaction(at_once.agents[0], Relay(*at_once.agents[1:])).equilibrium().residuals

    def test_an_agent_that_remembers_is_not_asked_twice(self) -> None:
        class Counting(Saying):
            def reset(self) -> None:
                self.answer = np.zeros(1)

        run = Interaction(scalar(0.5, 1.0), scalar(0.5, 1.0), Counting(1, np.zeros(1))).simulate(None, 2)
        with pytest.raises(OptionError, match="remembers"):
            _ = run.states
