"""Pairs of identified agents: coverage of the predicted equilibrium and of what a run shows."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.linalg import solve_discrete_lyapunov

from numerics import (
    DimensionMismatchError,
    DTypeError,
    Interaction,
    LSAAgent,
    NoEquilibriumError,
    OptionError,
    Prompt,
    ShapeError,
    TranscriptError,
    identify,
    predict_pair,
)
from numerics.agents.affine import AffineMap
from numerics.identification.pair import PairPrediction, _nearest_fixed_point, _rounding
from numerics.identification.pair_sample import PairSample, average_covariance, discrete_lyapunov, draw_pairs, root
from tests.numerics.identification.synthetic_agents import gradient_agent, synthetic
from tests.strategies import pairs

AGENTS = 1000


@pytest.fixture(scope="module")
def predicted():
    """A thousand synthetic pairs of dimension 1 to 4 and their predictions from separate transcripts."""
    rng, found = np.random.default_rng(30), []
    for k in range(AGENTS):
        d, noise = int(rng.integers(1, 5)), ("general", "isotropic")[k % 2]
        made = [synthetic(rng, d, noise, loudest=-0.5) for _ in range(2)]
        known = [identify(s.inputs, s.outputs, noise=noise) for s in made]
        pair = Interaction(*(s.agent for s in made))
        found.append((made, pair, pair.equilibrium(), predict_pair(*known, draws=500, seed=k)))
    return found


def share(values) -> float:
    return float(np.mean(list(values)))


def inside(limits, value) -> bool:
    return bool(limits[0] <= value <= limits[1])


@pytest.mark.slow
@pytest.mark.many(0)
def test_regions_and_intervals_hold_the_truth_in_95_of_100(predicted):
    """The acceptance bar of the project, for pairs."""
    found = {
        "(w, u)": share(p.test(e.w, e.u) > 0.05 for _, _, e, p in predicted),
        "entry of w": share(inside(p.intervals()[0][0], e.w[0]) for _, _, e, p in predicted),
        "entry of u": share(inside(p.intervals()[1][-1], e.u[-1]) for _, _, e, p in predicted),
        "rate": share(inside(p.rate_interval(), pair.rate()) for _, pair, _, p in predicted),
    }
    assert all(0.93 <= value <= 0.97 for value in found.values()), found
    determined = share(p.determined for _, _, _, p in predicted)
    assert determined > 0.9, "most of these intervals are bounded, so that the numbers above say something"


@pytest.mark.slow
@pytest.mark.many(0)
def test_the_coverage_check_can_fail(predicted):
    """The pair with its agents exchanged, or the equilibrium a little off, does not pass the bar."""
    assert share(p.test(e.u, e.w) > 0.05 for _, _, e, p in predicted) < 0.8
    assert share(p.test(e.w + 0.05, e.u) > 0.05 for _, _, e, p in predicted) < 0.85
    swapped = [predict_pair(p.agent_u, p.agent_w, draws=100) for _, _, _, p in predicted[:200]]
    assert share(s.test(e.w, e.u) > 0.05 for s, (_, _, e, _) in zip(swapped, predicted, strict=False)) < 0.8


@pytest.mark.slow
@pytest.mark.many(0)
def test_what_a_run_shows_lies_in_the_prediction_intervals(predicted):
    """One late state, and the average of ten, in noisy runs of the true pairs."""
    rng, late, averaged = np.random.default_rng(31), [], []
    for made, pair, e, p in predicted:
        if pair.rate() > 0.9 or not p.determined or len(late) >= 250:
            continue
        agent_w, agent_u = made
        w, states = e.w, []
        for _ in range(10 + math.ceil(4 / (1 - pair.rate()))):
            u = agent_u.answer(rng, w)
            w = agent_w.answer(rng, u)
            states.append((w, u))
        last = np.array(states[-10:])
        late.append(inside(p.observed()[0][0], last[-1, 0, 0]))
        averaged.append(inside(p.observed(10)[1][0], last[:, 1, 0].mean()))
    assert len(late) == 250
    # Three standard deviations of 250 outcomes.
    for outcomes in (late, averaged):
        assert abs(share(outcomes) - 0.95) <= 3 * math.sqrt(0.95 * 0.05 / len(outcomes))


@given(pairs(exact=False, max_d=3), st.integers(0, 2**32 - 1))
@pytest.mark.slow
def test_without_noise_the_equilibrium_is_found(pair, seed):
    """Common kernels included, along which the start matters."""
    rng, d = np.random.default_rng(seed), pair.d
    known = []
    for agent in (pair.agent_w, pair.agent_u):
        inputs = 3 * rng.standard_normal((d + 6, d))
        known.append(identify(inputs, agent.update(inputs)))
    start = rng.standard_normal(d)
    truth = pair.equilibrium(start)
    values = np.linalg.svd(pair.turn_map.displacement, compute_uv=False)
    moving = values[: d - truth.kernel_dim]
    if moving.size and moving[-1] < 1e-6:  # this little motion is lost in rounding
        return
    found = predict_pair(*known, start)
    size = 1 + np.linalg.norm(truth.w) + np.linalg.norm(truth.u)
    steep = 1 + max(np.linalg.norm(m.affine_map().displacement) for m in known)
    reach = 1e-11 * size * steep**2 / min(1.0, *moving, *(k.regression.spreads[-1] for k in known))
    np.testing.assert_allclose(found.w, truth.w, atol=reach)
    np.testing.assert_allclose(found.u, truth.u, atol=10 * reach)
    assert found.rate == pytest.approx(float(truth.rate), abs=1e-6 * steep**2)
    assert found.noise_free
    assert found.determined
    assert (found.intervals()[0][:, 0] == found.w).all()
    assert found.test(found.w, found.u) > 0.05
    assert found.test(found.w, found.u + 1e-3 * size) < 1e-6


def test_one_agent_without_noise():
    rng = np.random.default_rng(32)
    agents = [gradient_agent(rng, 2, n=5) for _ in range(2)]
    X, noise = rng.standard_normal((30, 2)), 0.05 * rng.standard_normal((30, 2))
    truth = Interaction(*agents).equilibrium()
    for spoil in ((0, 1), (1, 0)):
        found = predict_pair(*(identify(X, a.update(X) + k * noise) for a, k in zip(agents, spoil, strict=True)))
        assert found.test(truth.w, truth.u) > 0.01
        assert found.test(truth.w, truth.u + 1e-5) < 1e-6 or found.test(truth.w + 1e-5, truth.u) < 1e-6
        assert (np.ptp(found.intervals()[0], axis=1) > 0).all()


def test_a_pair_that_noise_leaves_open():
    """A common kernel with noise: no equilibrium is determined, whatever was fitted."""
    rng, X = np.random.default_rng(33), np.random.default_rng(34).standard_normal((40, 2))
    prompts = [Prompt.from_target([[1.0, 1.0], [2.0, 2.0]], target) for target in ([1.0, 0.0], [0.0, 2.0])]
    known = [identify(X, LSAAgent(p, 0.2).update(X) + 0.01 * rng.standard_normal(X.shape)) for p in prompts]
    found = predict_pair(*known)
    assert not found.determined
    assert all(np.isinf(limits).all() for limits in (*found.intervals(), *found.observed()))
    assert found.test(found.w, found.u) > 0.99


def test_a_pair_that_may_diverge():
    rng, X = np.random.default_rng(35), np.random.default_rng(36).standard_normal((40, 1))
    known = [identify(X, a * X + 0.02 * rng.standard_normal(X.shape)) for a in (-1.0, 1.2)]
    found = predict_pair(*known)
    assert found.converges < 0.01
    assert found.rate > 1
    assert np.isinf(found.observed()[0]).all()
    assert np.isfinite(found.intervals()[0]).all()
    with pytest.raises(NoEquilibriumError, match="does not converge"):
        _ = found.fluctuation


def test_a_pair_without_noise_that_drifts():
    X = np.random.default_rng(37).standard_normal((8, 1))
    with pytest.raises(NoEquilibriumError, match="pushed every turn"):
        predict_pair(identify(X, X + 1), identify(X, X))


def test_an_unexcited_agent_is_refused():
    rng = np.random.default_rng(38)
    X = rng.standard_normal((20, 2))
    flat = X * [1, 0]
    known = [identify(x, 0.5 * x + 0.1 * rng.standard_normal(x.shape)) for x in (X, flat)]
    with pytest.raises(TranscriptError, match="b was excited along 1 of 2"):
        predict_pair(*known)
    with pytest.raises(TranscriptError, match="a was excited along 1 of 2"):
        predict_pair(*known[::-1])


def stable(rng, d, largest=0.9):
    """Two linear parts whose turn has a spectral radius below `largest`."""
    A, B = rng.standard_normal((2, d, d))
    return A, B * (largest * rng.random() / max(abs(np.linalg.eigvals(A @ B))))


def noise_covariances(rng, d):
    roots = rng.standard_normal((2, d, d))
    return roots @ roots.swapaxes(-1, -2)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_the_lyapunov_equation(seed, d):
    rng = np.random.default_rng(seed)
    A, B = stable(rng, d, 0.999)
    Q = noise_covariances(rng, d)[0]
    C = discrete_lyapunov(A @ B, Q)
    np.testing.assert_allclose(C, solve_discrete_lyapunov(A @ B, Q), rtol=1e-6, atol=1e-8 * np.abs(C).max())
    np.testing.assert_allclose(root(C) @ root(C).T, C, atol=1e-12 * np.abs(C).max())
    both = discrete_lyapunov(np.stack([A @ B, 0 * A]), np.stack([Q, Q]))
    np.testing.assert_allclose(both, [C, Q], rtol=1e-9, atol=1e-12 * np.abs(C).max())


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 12))
def test_the_average_of_states_by_summing_all_their_covariances(seed, d, turns):
    rng = np.random.default_rng(seed)
    A, B = stable(rng, d)
    own, other = noise_covariances(rng, d)
    F = A @ B
    C = solve_discrete_lyapunov(F, A @ other @ A.T + own)
    total = sum(
        np.linalg.matrix_power(F, s - t) @ C if s >= t else C @ np.linalg.matrix_power(F, t - s).T
        for s in range(turns)
        for t in range(turns)
    )
    found = average_covariance(A, B, own, other, turns)
    np.testing.assert_allclose(found, total / turns**2, rtol=1e-7, atol=1e-9 * np.abs(C).max())


def test_fluctuations_are_those_of_a_long_run():
    rng, d = np.random.default_rng(39), 2
    made = [synthetic(rng, d, "general", loudest=-1) for _ in range(2)]
    pair = Interaction(*(s.agent for s in made))
    assert pair.rate() < 0.9
    exact = [identify(s.inputs, s.agent.update(s.inputs)) for s in made]
    made[1].root = 0.1 * made[1].root  # U's own noise is not W's
    many = 4 * rng.standard_normal((4000, d))
    known = [identify(many, s.answer(rng, many)) for s in made]
    assert all(np.ptp(f) == 0 for f in predict_pair(*exact).fluctuation)
    w, states = np.zeros((2000, d)), []
    for _ in range(math.ceil(20 / (1 - pair.rate()))):
        u = made[1].answer(rng, w)
        w = made[0].answer(rng, u)
    states = [np.cov(x.T) for x in (w, u)]
    found = predict_pair(*known)
    for seen, said, limits in zip(states, found.fluctuation, found.observed(), strict=True):
        np.testing.assert_allclose(said, seen, atol=0.15 * np.trace(seen))
        # With so many rows the equilibrium is known, and what a state shows is the fluctuation.
        np.testing.assert_allclose(np.ptp(limits, axis=1), 2 * 1.96 * np.sqrt(np.diagonal(seen)), rtol=0.15)


@pytest.mark.parametrize("noise", ["general", "isotropic"])
@pytest.mark.slow
def test_draws_give_the_classical_intervals(noise):
    """Few rows: the drawn mean answer has Student's t in every combination of its entries, and the estimated noise."""
    rng = np.random.default_rng(44)
    X = rng.standard_normal((9, 4))
    found = identify(X, 0.5 * X + rng.standard_normal((9, 4)) @ rng.standard_normal((4, 4)), noise=noise)
    sample = draw_pairs(found, found, 40_000, 0, None)
    l, r = np.array([1.0, -2.0, 0.5, 1.0]), found.regression
    answers = (sample.A @ r.mean_state + sample.g) @ l
    centre = found.update(r.mean_state) @ l
    error = math.sqrt(l @ found.noise.covariance @ l / found.rows)
    for level in (0.5, 0.95):
        limit = found.noise.scalar_quantile(level) * error
        assert share(abs(answers - centre) <= limit) == pytest.approx(level, abs=0.01)
    drawn = sample.root_w @ sample.root_w.swapaxes(-1, -2)
    # Inverse Wishart or inverse chi-squared: the harmonic mean of the drawn variances is the estimate.
    assert 1 / np.mean(1 / (l @ drawn @ l)) == pytest.approx(l @ found.noise.covariance @ l, rel=0.03)


def test_distances_and_seeds():
    rng = np.random.default_rng(40)
    agents = [gradient_agent(rng, 2, n=5) for _ in range(2)]
    X = rng.standard_normal((40, 2))
    known = [identify(X, a.update(X) + 0.01 * rng.standard_normal(X.shape)) for a in agents]
    truth, found = Interaction(*agents).equilibrium(), predict_pair(*known)
    limits = found.distance_intervals(agents[0].target, agents[1].target, 0.999)
    assert inside(limits[0], np.linalg.norm(truth.residual_w))
    assert inside(limits[1], np.linalg.norm(truth.residual_u))
    again, other = predict_pair(*known), predict_pair(*known, seed=1)
    assert (again.intervals()[0] == found.intervals()[0]).all()
    assert (other.intervals()[0] != found.intervals()[0]).any()
    width = np.ptp(found.intervals()[0], axis=1)
    np.testing.assert_allclose(np.ptp(other.intervals()[0], axis=1), width, rtol=0.2)
    assert (np.ptp(found.intervals(0.5)[0], axis=1) < width).all()
    assert (np.ptp(found.observed()[0], axis=1) > np.ptp(found.observed(50)[0], axis=1)).all()
    assert (np.ptp(found.observed(10**6)[0], axis=1) < 1.1 * width).all()


@pytest.mark.slow
@pytest.mark.many(0)
def test_residuals(predicted):
    """Distances from estimated targets, where they are well above the noise; infinite without a target."""
    outcomes = []
    for _, _, e, p in predicted:
        limits = p.residual_intervals()[0]
        if np.isfinite(limits).all() and limits[0] > 0.3 * limits[1]:
            outcomes.append(inside(limits, np.linalg.norm(e.residual_w)))
            assert inside(limits, p.residuals[0])
    assert len(outcomes) > 400
    assert abs(share(outcomes) - 0.95) <= 3 * math.sqrt(0.95 * 0.05 / len(outcomes))


def test_without_a_target_there_is_no_residual():
    X = np.random.default_rng(42).standard_normal((40, 2))
    noise = 0.05 * np.random.default_rng(43).standard_normal(X.shape)
    known = [identify(X, X * slope + noise) for slope in ([0.5, 1.0], [0.5, 0.5])]
    w, u = predict_pair(*known).residual_intervals()
    assert np.isinf(w).all()
    assert np.isfinite(u).all()


def test_bad_input():
    X = np.random.default_rng(41).standard_normal((8, 2))
    agent, other = identify(X, 0.5 * X), identify(X[:, :1], 0.5 * X[:, :1])
    for arguments, options, error, message in (
        ((agent, LSAAgent(Prompt(np.eye(2), [1.0, 1.0]), 0.1)), {}, DTypeError, "b is a LSAAgent"),
        ((agent, other), {}, DimensionMismatchError, "b has d = 1"),
        ((agent, agent, [1.0]), {}, ShapeError, "w0 has shape"),
        ((agent, agent), {"draws": 10}, OptionError, "draws must be"),
        ((agent, agent), {"seed": -1}, OptionError, "seed must be"),
    ):
        with pytest.raises(error, match=message):
            predict_pair(*arguments, **options)
    found = predict_pair(agent, agent)
    with pytest.raises(ShapeError, match="u has shape"):
        found.test([0.0, 0.0], [0.0])
    with pytest.raises(OptionError, match="turns must be"):
        found.observed(0)
    with pytest.raises(OptionError, match="level must be"):
        found.intervals(2.0)


def tail(value: float):
    """An agent of which one thing is asked: how likely an answer is; what it was asked is kept."""
    asked = []
    agent = SimpleNamespace(noise_free=False, noise=SimpleNamespace(offset=0.0), asked=asked, bias=np.zeros(2))
    agent.tail_of_answer = lambda state, answer: asked.append((state.tolist(), answer.tolist())) or value
    return agent


def prediction(agent_w, agent_u, *, rate=0.5, **drawn) -> PairPrediction:
    """A prediction with the sample that is given."""
    found = PairPrediction(agent_w, agent_u, np.array([1.0, 2.0]), np.array([3.0, 4.0]), rate, 5, 7)
    standard = dict.fromkeys(("A", "B", "g", "h", "root_w", "root_u", "w", "u", "rates"), np.zeros(0)) | {
        "flipped": 0.0
    }
    found.__dict__["_sample"] = PairSample(**(standard | drawn))
    return found


def test_two_hypotheses_are_joined_by_fishers_method() -> None:
    w, u = tail(0.1), tail(0.2)
    assert prediction(w, u).test([5.0, 6.0], [7.0, 8.0]) == pytest.approx(0.02 * (1 - math.log(0.02)), rel=1e-12)
    # U answers w by u, and W answers u by w.
    assert u.asked == [([5, 6], [7, 8])]
    assert w.asked == [([7, 8], [5, 6])]
    assert prediction(tail(0.0), tail(0.5)).test([0, 0], [0, 0]) == 0
    assert prediction(tail(1.0), tail(1.0)).test([0, 0], [0, 0]) == 1


@pytest.mark.parametrize(("exact", "holds"), [(1.0, True), (1.1e-9, True), (1e-9, False), (0.0, False)])
def test_an_equation_without_noise_holds_or_does_not(exact: float, holds: bool) -> None:
    sure, noisy, other = tail(exact), tail(0.3), tail(1.0)
    sure.noise_free = other.noise_free = True
    for pair, p_value in (((sure, noisy), 0.3), ((noisy, sure), 0.3), ((sure, other), 1.0), ((other, sure), 1.0)):
        assert prediction(*pair).test([0, 0], [0, 0]) == p_value * holds


@pytest.mark.parametrize(
    ("offsets", "flipped", "determined"),
    [
        ((0.0, 0.0), 0.025, True),
        ((0.0, 0.0), 0.0251, False),
        ((0.0, 1e-9), 0.0125, True),
        ((1e-9, 0.0), 0.0126, False),
    ],
)
def test_one_draw_in_forty_may_have_another_sign_in_each_part_of_the_sample(offsets, flipped, determined) -> None:
    pair = tail(0), tail(0)
    for agent, offset in zip(pair, offsets, strict=True):
        agent.noise.offset = offset
    values = np.arange(1.0, 1011.0)
    found = prediction(*pair, flipped=flipped, w=np.stack([values, -values], axis=1), u=values[:, None], rates=values)
    assert found.determined == determined
    # With rounding an interval holds for both halves of the sample: half of the risk is for each.
    cut = 26 if max(offsets) > 0 else 51
    assert found.rate_interval(0.9).tolist() == [cut, 1011 - cut]
    w = [[cut, 1011 - cut], [cut - 1011, -cut]] if determined else [[-math.inf, math.inf]] * 2
    assert found.intervals(0.9)[0].tolist() == w


def test_the_share_of_draws_that_converge() -> None:
    pair = tail(0), tail(0)
    assert prediction(*pair, rates=np.array([0.5, 1.0, 2.0, 0.9])).converges == 0.5
    for agent in pair:
        agent.noise_free = True
    found = [prediction(*pair, rate=rate, flipped=1.0, rates=np.full(4, 0.1)) for rate in (0.99, 1.0)]
    assert [p.converges for p in found] == [1.0, 0.0]
    assert all(p.determined for p in found)
    assert found[0].rate_interval().tolist() == [0.99, 0.99]


def test_distances_from_points_and_from_estimated_targets() -> None:
    """Draws at 3 k and 4 k of (0, 0) for W and at 6 k of (1, 1) for U, k = 0 .. 4, of which 0 and 4 are the ends."""
    k = np.arange(5.0)[:, None]
    states = {"w": k * [3.0, 4.0], "u": 1 + k * [6.0, 0.0]}
    w, u = tail(0), tail(0)
    found = prediction(w, u, **states)
    limits = found.distance_intervals([0, 0], [1, 1], 0.9)
    np.testing.assert_allclose(limits, [[0, 20], [0, 24]], rtol=1e-15)
    w.target, u.target = np.array([1.0, 0.0]), np.array([0.0, 0.0])
    assert found.residuals == (2.0, 5.0)
    # Targets of all draws: A = 1/2, g = 1 has 2; B = 0, h = 1 has 1.
    half, one = np.tile(np.eye(2) / 2, (5, 1, 1)), np.ones((5, 2))
    w.fixed_points, u.fixed_points = SimpleNamespace(unique=True), SimpleNamespace(unique=True)
    found = prediction(w, u, A=half, B=0 * half, g=one, h=one, **states)
    limits = found.residual_intervals(0.9)
    distances = np.sort(np.linalg.norm(states["w"] - 2, axis=1))
    np.testing.assert_allclose(limits, [[distances[0], distances[-1]], [0, 24]], rtol=1e-14)
    w.fixed_points.unique = False
    limits = found.residual_intervals(0.9)
    assert limits[0].tolist() == [-math.inf, math.inf]
    assert limits[1].tolist() == [0, 24]


def test_fluctuations_of_numbers_by_hand() -> None:
    """Slopes 1/2 and 2/5: ``C_w = (1 + 2 / 4) / (1 - 1 / 25)``, ``C_u = (2 + 4 / 25) / (1 - 1 / 25)``."""
    w, u = tail(0), tail(0)
    w.affine_map, u.affine_map = (
        (lambda: AffineMap(np.array([[-0.5]]), np.zeros(1))),
        (lambda: AffineMap(np.array([[-0.6]]), np.zeros(1))),
    )
    w.noise.covariance, u.noise.covariance = np.array([[1.0]]), np.array([[2.0]])
    found = prediction(w, u, rate=0.2).fluctuation
    np.testing.assert_allclose(np.ravel(found), [1.5 / 0.96, 2.16 / 0.96], rtol=1e-14)
    with pytest.raises(NoEquilibriumError, match="rate 1"):
        _ = prediction(w, u, rate=1.0).fluctuation
    w.noise_free = u.noise_free = True
    assert [x.tolist() for x in prediction(w, u, rate=3.0).fluctuation] == [[[0, 0], [0, 0]]] * 2


def test_a_run_of_rounded_answers_shows_what_they_repeat() -> None:
    """Slopes 1/2 and 2/5, half units 1 and 10, no noise: ``+- (1 + 10 / 2) / (1 - 1 / 5)`` and ``+- (10 + 2 / 5)``."""
    w, u, many = tail(0), tail(0), np.ones((400, 1, 1))
    w.bias, u.bias = np.array([1.0]), np.array([10.0])
    drawn = {"A": many / 2, "B": 0.4 * many, "root_w": 0 * many, "root_u": 0 * many, "rates": np.full(400, 0.2)}
    found = prediction(w, u, w=np.full((400, 1), 3.0), u=np.full((400, 1), -2.0), **drawn)
    for turns in (1, 9):
        limits = found.observed(turns)
        np.testing.assert_allclose(limits, [[[3 - 7.5, 3 + 7.5]], [[-2 - 13, -2 + 13]]], rtol=1e-12)
    # What does not converge is shown nowhere.
    found = prediction(w, u, w=np.zeros((400, 1)), u=np.zeros((400, 1)), **(drawn | {"rates": np.ones(400)}))
    assert np.isinf(found.observed()).all()


def test_each_length_of_an_average_has_draws_of_its_own() -> None:
    rng = np.random.default_rng(45)
    X = rng.standard_normal((30, 1))
    known = [identify(X, 0.5 * X + rng.standard_normal(X.shape)) for _ in range(2)]
    one, other = predict_pair(*known, draws=100, seed=1), predict_pair(*known, draws=100, seed=2)
    assert one._sample.w.shape == (100, 1)
    assert (one.observed()[0] == predict_pair(*known, draws=100, seed=1).observed()[0]).all()
    assert (one.observed()[0] != other.observed()[0]).any()


@pytest.mark.parametrize(("slow", "moves"), [(1.01e-6, True), (1e-6, False)])
def test_directions_that_a_turn_moves_by_less_than_rounding_are_kept(slow: float, moves: bool) -> None:
    turn = AffineMap(np.diag([-0.5, -slow]), np.array([1.0, 0.0]))
    w, keep = _nearest_fixed_point(turn, np.array([9.0, 3.0]), 1e-6)
    np.testing.assert_allclose(w, [2, 0 if moves else 3], atol=1e-9)
    np.testing.assert_allclose(keep, np.diag([0, 0 if moves else 1]), atol=1e-12)


@pytest.mark.parametrize(("part", "drifts"), [(0.99, False), (1.01, True)])
def test_a_push_that_nothing_restores_is_a_drift_beyond_rounding(part: float, drifts: bool) -> None:
    """The start is at 3 and the other weight ends at 4, from 0: the sizes 5 and 3, and 1."""
    turn = AffineMap(np.diag([-0.5, 0.0]), np.array([2.0, part * 1e-6 * (1 + 5 + 3) * 10]))
    if not drifts:
        assert _nearest_fixed_point(turn, np.array([0.0, 3.0]), 1e-6)[0].tolist() == [4, 3]
        return
    with pytest.raises(NoEquilibriumError, match="pushed every turn"):
        _nearest_fixed_point(turn, np.array([0.0, 3.0]), 1e-6)


def test_rounding_of_a_turn_is_that_of_each_agent_passed_on_by_the_other() -> None:
    """Slopes known to 3 sqrt(16) / 2 and to 5 sqrt(9) / 1; the other agent moves by 2, and by 1/2."""
    a, b = (
        SimpleNamespace(regression=SimpleNamespace(rounding=r, spreads=np.array([7.0, s])), rows=rows)
        for r, s, rows in ((3.0, 2.0, 16), (5.0, 1.0, 9))
    )
    map_w, map_u = (AffineMap(np.diag([0.1, -x]), np.zeros(2)) for x in (0.5, 2.0))
    assert _rounding(a, b, map_w, map_u) == pytest.approx(6 * (1 + 2) + 15 * (1 + 0.5), rel=1e-15)


def test_the_rate_of_agents_without_noise_is_off_what_neither_moves() -> None:
    X = np.random.default_rng(46).standard_normal((9, 2))
    still, noise = identify(X, X * [0.5, 1.0]), 0.01 * np.random.default_rng(47).standard_normal(X.shape)
    found = predict_pair(still, still, [4.0, 3.0])
    np.testing.assert_allclose(found.w, [0, 3], atol=1e-9)
    assert found.rate == pytest.approx(0.25, rel=1e-9)
    np.testing.assert_allclose(predict_pair(still, still).w, [0, 0], atol=1e-9)
    # With noise everything moves, and the rate is near 1.
    for pair in ((still, identify(X, X * [0.5, 1.0] + noise)), (identify(X, X * [0.5, 1.0] + noise), still)):
        assert 0.9 < predict_pair(*pair).rate < 1.1
    assert predict_pair(still, still, draws=100).draws == 100
    assert predict_pair(still, still).draws == 4000
    assert predict_pair(still, still).seed == 0
    with pytest.raises(OptionError, match="draws must be"):
        predict_pair(still, still, draws=99)
    assert not found.w.flags.writeable
    assert not found.u.flags.writeable
