"""Moves at random and noisy answers: covariances by hand, against all outcomes enumerated, and against drawn runs."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numerics import ExactnessError, Interaction, LSAAgent, NoEquilibriumError, OptionError, Prompt, ShapeError
from numerics.identification.pair_sample import discrete_lyapunov
from tests.numerics.common import Saying, fractions
from tests.numerics.interaction.test_listening import shares
from tests.numerics.interaction.test_many import companies, floats, scalar

F = Fraction
FEWER = settings(max_examples=25)


def outer(x: np.ndarray) -> np.ndarray:
    return x[:, None] * x[None, :]


class TestRandomOrder:
    def test_two_on_a_line_by_hand(self) -> None:
        """With p = 1/2 and targets 0 and 1 the mean rests at 1/2, and c = c/4 + 1/16."""
        both = Interaction(scalar(F(1, 2), 0), scalar(F(1, 2), 1), order="random")
        assert both.equilibrium().states[:, 0].tolist() == [F(1, 4), F(3, 4)]
        assert both.covariance().tolist() == [[F(1, 12)]]

    @given(companies(most=3), st.data())
    @FEWER
    def test_every_outcome_enumerated(self, company: tuple[LSAAgent, ...], data: st.DataObject) -> None:
        """From the mean at rest with that covariance a move leaves both as they are, over all that may be drawn."""
        chances = data.draw(shares(len(company)))
        company_ = Interaction(*company, order="random", weights=chances)
        if not company_.converges():
            return
        rest = company_.equilibrium()
        mean = chances @ rest.states
        try:
            spread = company_.covariance()
        except NoEquilibriumError:
            return
        moved = [agent.update(mean) for agent in company]
        turns = [agent.affine_map().matrix for agent in company]
        assert np.all(sum(p * m for p, m in zip(chances, moved, strict=True)) == mean)
        again = sum(p * (T @ spread @ T.T + outer(m - mean)) for p, T, m in zip(chances, turns, moved, strict=True))
        assert np.all(again == spread)
        assert np.all(spread == spread.T)
        # Nothing scatters exactly if no agent that may move pushes.
        pushed = any(p != 0 and np.any(m != mean) for p, m in zip(chances, moved, strict=True))
        assert np.any(spread != 0) == pushed

    def test_what_settles_in_the_mean_may_scatter_for_ever(self) -> None:
        """Factors -7/5 and -1/5: -4/5 on average, and 1 in mean square."""
        both = Interaction(scalar(F(12, 5), 0), scalar(F(6, 5), 1), order="random")
        assert both.converges()
        with pytest.raises(NoEquilibriumError, match="do not settle in mean square"):
            both.covariance()

    def test_what_nobody_sees_does_not_scatter(self) -> None:
        blind = [LSAAgent(Prompt(fractions([[1, 0]]), fractions([target])), F(1, 2)) for target in (0, 1)]
        assert Interaction(*blind, order="random").covariance().tolist() == [[F(1, 12), 0], [0, 0]]

    @given(companies(most=3), st.integers(0, 99))
    @FEWER
    def test_layers_and_maps_draw_alike(self, company: tuple[LSAAgent, ...], seed: int) -> None:
        at_random = Interaction(*company, order="random")
        runs = [at_random.simulate(None, 4, method=how, seed=seed) for how in ("affine", "attention")]
        assert np.all(runs[0].w == runs[1].w)
        for before, after in zip(runs[0].w[:-1], runs[0].w[1:], strict=True):
            assert any(np.all(agent.update(before) == after) for agent in company)


class TestNoise:
    def test_a_pair_on_a_line_by_hand(self) -> None:
        """``(xi^2 + a^2 zeta^2)/(1 - a^2 b^2)``, and after U's move ``b^2`` of it and zeta^2."""
        noise = [fractions([[F(1, 3)]]), fractions([[F(1, 5)]])]
        pair = Interaction(scalar(F(1, 2), 0), scalar(F(2, 3), 1), noise=noise)
        a, b = F(1, 2), F(1, 3)
        expected = (F(1, 3) + a**2 * F(1, 5)) / (1 - a**2 * b**2)
        assert pair.covariance().tolist() == [[expected]]
        assert pair.covariance(1).tolist() == [[b**2 * expected + F(1, 5)]]
        quiet = Interaction(*pair.agents)
        assert np.all(pair.equilibrium().states == quiet.equilibrium().states)
        assert pair.rate() == quiet.rate()

    def test_it_is_what_identify_uses(self) -> None:
        rng = np.random.default_rng(0)
        w, u = floats(rng, 2)
        roots = rng.normal(size=(2, 2, 2))
        noise = roots @ roots.swapaxes(-1, -2)
        A, B = w.affine_map().matrix, u.affine_map().matrix
        expected = discrete_lyapunov(A @ B, A @ noise[1] @ A.T + noise[0])
        np.testing.assert_allclose(Interaction(w, u, noise=noise).covariance(), expected, rtol=1e-10)

    def test_without_noise_a_cycle_does_not_scatter(self) -> None:
        quiet = Interaction(scalar(F(1, 2), 0), scalar(F(1, 2), 1), noise=[None, None])
        assert quiet.covariance().tolist() == [[0]]

    def test_three_agents_enumerated(self) -> None:
        noise = [fractions([[F(i + 1)]]) for i in range(3)]
        cycle = Interaction(*(scalar(F(1, i + 2), i) for i in range(3)), noise=noise)
        found = [cycle.covariance(i)[0, 0] for i in range(3)]
        for i, left in enumerate((F(1, 2), F(2, 3), F(3, 4))):
            assert found[i] == left**2 * found[i - 1] + i + 1


def within_errors(states: np.ndarray, mean: np.ndarray, covariance: np.ndarray, errors: float = 4.0) -> None:
    """Mean and covariance of independent states are what is predicted, within standard errors of what was drawn."""
    number = len(states)
    assert np.all(abs(states.mean(axis=0) - mean) <= errors * states.std(axis=0) / number**0.5)
    away = states - mean
    for i, j in product(range(len(mean)), repeat=2):
        products = away[:, i] * away[:, j]
        assert abs(products.mean() - covariance[i, j]) <= errors * products.std() / number**0.5


def drawn(company: Interaction, runs: int, turns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rest = company.equilibrium()
    mean = rest.w if company.order == "cycle" else np.full(len(company.agents), 1 / len(company.agents)) @ rest.states
    states = company.simulate(mean, turns, keep="last", runs=runs, seed=7).w_last
    return states, mean, company.covariance()


@pytest.mark.parametrize("kind", ["random", "noisy"])
@pytest.mark.parametrize("runs", [4_000, 100_000])
@pytest.mark.many(2)
@pytest.mark.slow
def test_drawn_runs_scatter_as_predicted(kind: str, runs: int) -> None:
    """Of 10^5 runs (4 10^3 as a rule), each of some 10 to 60 moves, within four standard errors."""
    rng = np.random.default_rng(3)
    agents = floats(rng, 3)
    roots = rng.normal(size=(3, 2, 2)) / 2
    options = {"order": "random"} if kind == "random" else {"noise": roots @ roots.swapaxes(-1, -2)}
    company = Interaction(*agents, **options)
    turns = int(np.ceil(np.log(1e-3) / np.log(company.rate())))
    within_errors(*drawn(company, runs, turns))


def test_a_wrong_covariance_is_noticed() -> None:
    company = Interaction(*floats(np.random.default_rng(3), 3), order="random")
    states, mean, covariance = drawn(company, 4_000, 30)
    with pytest.raises(AssertionError):
        within_errors(states, mean, 1.3 * covariance)

    @pytest.mark.parametrize("order", ["random", "cycle"])
    def test_who_remembers_is_told_that_a_run_starts(self, order: str) -> None:
        class Counting(Saying):
            def reset(self) -> None:
                self.answer = np.zeros(1)

            def update(self, w: object) -> np.ndarray:
                self.answer = self.answer + 1
                return self.answer

        noise = None if order == "random" else [[[1.0]], None, None]
        company = Interaction(scalar(0.5, 1.0), scalar(0.5, 1.0), Counting(1, np.zeros(1)), order=order, noise=noise)
        first, again = (company.simulate(None, 20, method="attention").w for _ in range(2))
        assert np.array_equal(first, again)


class TestRefused:
    PAIR = (scalar(0.5, 0.0), scalar(0.5, 1.0))

    @pytest.mark.parametrize(
        ("options", "error", "said"),
        [
            ({"order": "random", "weights": [0.5, 0.6]}, OptionError, "weights must sum to 1"),
            (
                {"noise": [[[-1.0]], None]},
                OptionError,
                "noise of agent 1 is not positive semidefinite: .*-1.0",
            ),
            ({"noise": [None, [[1.0, 2.0], [3.0, 1.0]]]}, ShapeError, r"noise of agent 2 has shape \(2, 2\)"),
            ({"noise": [None]}, OptionError, "noise needs one covariance for each of 2 agents"),
            ({"noise": [None, None], "order": "mediator"}, OptionError, 'noise is for order="cycle" and "random"'),
        ],
    )
    def test_each_with_its_message(self, options: dict[str, object], error: type[Exception], said: str) -> None:
        with pytest.raises(error, match=said):
            Interaction(*self.PAIR, **options)

    def test_noise_is_symmetric(self) -> None:
        with pytest.raises(OptionError, match="noise of agent 1 is not symmetric"):
            Interaction(*floats(np.random.default_rng(0), 2), noise=[[[1.0, 2.0], [0.0, 5.0]], None])

    def test_exact_noise(self) -> None:
        exact = scalar(F(1, 2), 0), scalar(F(1, 2), 1)
        with pytest.raises(ExactnessError, match="noise of agent 1"):
            Interaction(*exact, noise=[[[0.5]], None])
        with pytest.raises(OptionError, match="not positive semidefinite"):
            Interaction(*exact, noise=[fractions([[-1]]), None])
        with pytest.raises(OptionError, match="noise is drawn in floating point"):
            Interaction(*exact, noise=[fractions([[1]]), None]).simulate(None, 1)

    def test_no_other_agent_has_a_covariance(self) -> None:
        with pytest.raises(OptionError, match="agent 1 has no covariance of its own"):
            Interaction(*self.PAIR, order="random").covariance(1)

    def test_options_of_cycles(self) -> None:
        with pytest.raises(OptionError, match="engine='numba' is for cycles without noise"):
            Interaction(*self.PAIR, order="random").simulate(None, 1, engine="numba")
