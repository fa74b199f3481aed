"""Identification of one agent: coverage of its regions, exactness without noise, what is undetermined, bad input."""

from __future__ import annotations

import doctest
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import (
    DimensionMismatchError,
    DTypeError,
    EffectiveAgent,
    ExactnessError,
    Interaction,
    LSAAgent,
    NonFiniteError,
    OptionError,
    Prompt,
    RankError,
    ScaleError,
    ShapeError,
    StepSizeError,
    TranscriptError,
    identify,
)
from numerics.identification.checks import ModelCheck, noise_of
from numerics.identification.fixed_points import FixedPoints
from numerics.identification.noise import GaussianNoise, wilks_tail
from numerics.identification.regression import regress
from tests.numerics.identification.synthetic_agents import gradient_agent, synthetic
from tests.strategies import agents

AGENTS = 1000


@pytest.fixture(scope="module")
def identified():
    """A thousand synthetic agents of dimension 1 to 4, half of each noise model, and what was found of each."""
    rng = np.random.default_rng(20)
    made = [synthetic(rng, int(rng.integers(1, 5)), ("general", "isotropic")[k % 2]) for k in range(AGENTS)]
    return [(s, identify(s.inputs, s.outputs, noise=s.noise, known_prompt=s.agent.prompt)) for s in made]


def share(values) -> float:
    return float(np.mean(list(values)))


@pytest.mark.slow
def test_regions_hold_the_truth_in_95_of_100(identified):
    """The acceptance bar of the project: 93 to 97 % of 1,000 synthetic agents."""
    found = {
        "target": share(f.test_target(s.agent.target) > 0.05 for s, f in identified),
        "P": share(f.test_geometry(s.geometry) > 0.05 for s, f in identified),
        "an entry of P": share(
            abs(f.geometry - s.geometry)[0, -1] <= f.noise.scalar_quantile(0.95) * f.geometry_error[0, -1]
            for s, f in identified
        ),
        "an eigenvalue": share(
            abs(f.eigenvalues[0] - np.linalg.eigvalsh(s.geometry)[-1])
            <= f.noise.scalar_quantile(0.95) * f.eigenvalue_errors[0]
            for s, f in identified
        ),
        "answer to a state": share(
            f.tail_of_answer(np.ones(f.d), s.agent.update(np.ones(f.d))) > 0.05 for s, f in identified
        ),
        "entry of the target": share(
            f.target_intervals()[0, 0] <= s.agent.target[0] <= f.target_intervals()[0, 1] for s, f in identified
        ),
        "step size": share(
            f.known_prompt.interval()[0] <= s.agent.step_size <= f.known_prompt.interval()[1] for s, f in identified
        ),
        "minimiser": share(f.known_prompt.target_p_value > 0.05 for _, f in identified),
    }
    assert all(0.93 <= value <= 0.97 for value in found.values()), found


@pytest.mark.slow
def test_the_coverage_check_can_fail(identified):
    """Regions that ignore that the noise is estimated, and regions of something else, do not pass the same bar."""
    from scipy.special import chdtri

    known = share(f.fixed_points.squared(s.agent.target) <= chdtri(f.d, 0.05) for s, f in identified)
    assert known < 0.93
    other = share(f.test_geometry(s.geometry.T + 0.01 * np.eye(f.d)) > 0.05 for s, f in identified)
    assert other < 0.8
    off = share(f.test_target(s.agent.target + 0.1) > 0.05 for s, f in identified)
    assert off < 0.8


@pytest.mark.slow
def test_joint_intervals_hold_together(identified):
    bounded = [(s.agent.target, f.target_intervals(joint=True)) for s, f in identified if f.fixed_points.unique]
    assert len(bounded) > 600
    assert share(((low <= t) & (t <= high)).all() for t, (low, high) in ((t, i.T) for t, i in bounded)) >= 0.93


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_promised(identified):
    """The model holds here, so each test fails by chance alone, in 5 of 100 cases."""
    for test in ("linearity", "memory"):
        outcomes = [check.passes() for _, f in identified if (check := getattr(f, test)).p_value is not None]
        assert len(outcomes) > 600
        assert 0.93 <= share(outcomes) <= 0.97, test
    assert 0.93 <= share(f.known_prompt.p_value > 0.05 for s, f in identified if s.noise == "isotropic") <= 0.97
    # An upper bound of the p-value: rarer.
    assert share(f.known_prompt.p_value > 0.05 for s, f in identified if s.noise == "general") >= 0.94


@pytest.mark.parametrize(("p", "q", "freedom"), [(3, 4, 3), (4, 4, 4), (5, 9, 6), (6, 3, 20)])
def test_wilks_against_products_of_betas(p, q, freedom):
    rng = np.random.default_rng(p * q)
    x = -sum(np.log(rng.beta((freedom - i) / 2, q / 2, size=100_000)) for i in range(p))
    for tail in (0.9, 0.5, 0.05, 0.01):
        exact = wilks_tail(float(np.quantile(x, 1 - tail)), p, q, freedom)
        assert abs(exact - tail) <= 4 * math.sqrt(tail * (1 - tail) / 100_000)


@given(st.integers(1, 9), st.integers(0, 30), st.floats(1e-3, 20), st.booleans())
def test_wilks_is_an_f_distribution_in_two_dimensions(q, more, x, swapped):
    from scipy.special import fdtrc

    freedom = 2 + more
    expected = fdtrc(2 * q, 2 * (freedom - 1), math.expm1(x / 2) * (freedom - 1) / q)
    # The same law with the roles of dimension and hypothesis exchanged.
    found = wilks_tail(x, q, 2, freedom + q - 2) if swapped else wilks_tail(x, 2, q, freedom)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_one_row_is_hotelling():
    rng = np.random.default_rng(3)
    residuals, row = rng.standard_normal((7, 3)), rng.standard_normal((1, 3))
    noise = GaussianNoise("general", residuals.T @ residuals, 7.0)
    squared = float(row[0] @ np.linalg.solve(noise.covariance, row[0]))
    assert noise.p_value(row) == pytest.approx(noise.tail_of_row(squared), rel=1e-9)
    assert noise.tail_of_row(noise.row_quantile(0.95)) == pytest.approx(0.05, rel=1e-9)


@given(agents(exact=False, max_d=4, max_n=6), st.integers(0, 2**32 - 1))
def test_without_noise_the_agent_is_found(agent, seed):
    """Any geometry: P to rounding, the determined part of the target, the number of directions that it moves."""
    rng, d = np.random.default_rng(seed), agent.d
    inputs = rng.standard_normal((d + 3, d))
    found = identify(inputs, agent.update(inputs))
    assert found.noise_free
    P = agent.step_size * agent.prompt.gram
    spread = found.regression.spreads[-1]
    reach = 1e-13 * (1 + np.linalg.norm(P)) * (1 + np.linalg.norm(agent.target)) * d * (d + 3) / min(spread, 1) ** 2
    np.testing.assert_allclose(found.geometry, P, atol=10 * reach)
    assert found.test_geometry(P) > 0.05
    assert found.test_target(agent.target) > 0.05
    smallest = np.linalg.eigvalsh(P)[d - agent.prompt.rank] if agent.prompt.rank else math.inf
    if smallest > 1e3 * found.regression.rounding / spread:
        assert found.fixed_points.determined.sum() == agent.prompt.rank
        np.testing.assert_allclose(found.target, agent.target, atol=100 * reach * (1 + 1 / smallest))
        for combination, low, high in found.fixed_points.known_combinations(10.0):
            slack = 100 * reach * (1 + 1 / smallest)
            assert low - slack <= combination @ agent.target <= high + slack


def test_a_geometry_of_low_rank_with_noise():
    rng = np.random.default_rng(4)
    agent = LSAAgent(Prompt.from_target(rng.standard_normal((2, 3)), [1.0, 2.0, 3.0]), 0.4)
    inputs = 2 * rng.standard_normal((60, 3))
    found = identify(inputs, agent.update(inputs) + 0.01 * rng.standard_normal((60, 3)))
    points = found.fixed_points
    assert (points.determined == [True, True, False]).all()
    assert not points.unique
    assert not points.drifts
    assert np.isinf(found.target_intervals()).all()
    kernel = np.linalg.svd(agent.prompt.X)[2][-1]
    assert abs(points.loose[:, 0] @ kernel) > 0.99
    np.testing.assert_allclose(found.target, agent.target, atol=0.1)
    known = points.known_combinations(found.noise.row_quantile(0.99))
    assert len(known) == 2
    for combination, low, high in known:
        assert low <= combination @ agent.target <= high
        assert high - low < 0.2
    # Every minimiser of the prompt is a fixed point, in the region like the others.
    assert found.test_target(agent.target + 2 * kernel) > 0.001


def test_the_interval_of_what_is_known_of_a_target_ends_on_the_region():
    """One direction of two is determined, and the target of least norm lies far off the inputs along the other."""
    rng = np.random.default_rng(27)
    agent = LSAAgent(Prompt([[1.0, 0.5]], [2.0]), 0.6)
    inputs = rng.standard_normal((40, 2)) + np.array([-20.0, 40.0])
    points = identify(inputs, agent.update(inputs) + 0.1 * rng.standard_normal((40, 2))).fixed_points
    ((combination, low, high),) = points.known_combinations(6.0)
    # Within the slice of the region that holds the other combination: conjugate in the metric of the inputs.
    (n,) = points.loose.T
    along = np.cov(inputs.T) @ [-n[1], n[0]]
    for end in (low, high):
        w = points.estimate + (end - combination @ points.estimate) / (combination @ along) * along
        assert points.squared(w) == pytest.approx(6.0, rel=1e-6)


def fixed_points(inputs, outputs) -> FixedPoints:
    """What `identify` finds of the target of a noisy agent whose answers were not rounded, and nothing else."""
    fit, nothing = regress(inputs, outputs - inputs), np.zeros(inputs.shape[1])
    return FixedPoints(fit, noise_of(fit, "general", nothing, nothing))


def test_the_target_is_that_of_the_fit():
    rng, agent = np.random.default_rng(28), gradient_agent(np.random.default_rng(29), 2, n=4)
    outputs = agent.update(X) + 0.01 * rng.standard_normal(X.shape)
    found, points = identify(X, outputs), fixed_points(X, outputs)
    assert (found.target == points.estimate).all()
    assert (found.target_covariance == points.covariance).all()
    assert (found.fixed_points.determined == points.determined).all()


@pytest.mark.slow
def test_rank_is_not_overstated():
    """Agents that move one direction of six: more is reported in at most about 5 of 100 cases."""
    rng, more = np.random.default_rng(5), []
    for _ in range(300):
        agent = gradient_agent(rng, 6, n=1)
        inputs = rng.standard_normal((30, 6))
        found = fixed_points(inputs, agent.update(inputs) + 0.01 * rng.standard_normal((30, 6)))
        more.append(found.determined.sum() > 1)
        assert found.determined[0]
    assert share(more) <= 0.09


def test_directions_without_excitation_are_reported():
    rng, agent = np.random.default_rng(6), gradient_agent(np.random.default_rng(7), 3, n=5)
    inputs = rng.standard_normal((20, 3))
    inputs[:, 2] = 1 + inputs[:, 0]
    found = identify(inputs, agent.update(inputs) + 0.01 * rng.standard_normal((20, 3)))
    assert (found.excited, found.d) == (2, 3)
    expected = np.array([1, 0, -1]) / math.sqrt(2)
    assert abs(found.unexcited[:, 0] @ expected) == pytest.approx(1)
    P = agent.step_size * agent.prompt.gram
    np.testing.assert_allclose(found.geometry @ expected, 0, atol=1e-12)
    seen = np.array([0.0, 1.0, 0.0])
    np.testing.assert_allclose(found.geometry @ seen, P @ seen, atol=0.02)
    assert found.test_geometry(P) > 0.001
    assert np.isfinite(found.geometry_error[:, 1]).all()
    assert np.isinf(found.geometry_error[:, [0, 2]]).all()
    assert np.isinf(found.target_intervals()).all()
    assert found.fixed_points.known_combinations(4.0) == []
    assert found.test_target(found.target) > 0  # among the states that the inputs span, this can be tested
    with pytest.raises(TranscriptError, match=r"2 of 3 directions.*probe it along the other"):
        found.test_target(agent.target + expected)
    for ask in (found.affine_map, lambda: found.update(np.zeros(3))):
        with pytest.raises(TranscriptError, match="vary along 2 of 3 directions"):
            ask()


def test_inputs_that_do_not_vary():
    rng = np.random.default_rng(8)
    found = identify(np.ones((9, 2)), 3 + 0.1 * rng.standard_normal((9, 2)))
    assert found.excited == 0
    assert found.unexcited.shape == (2, 2)
    assert found.linearity.p_value is None
    assert found.memory.passes(0.001)  # the answers can still show that noise carries over
    assert np.isinf(found.geometry_error).all()
    assert found.noise.level == pytest.approx(0.1, rel=0.5)


def test_an_agent_that_drifts_has_no_target():
    rng = np.random.default_rng(9)
    inputs = rng.standard_normal((40, 2))
    found = identify(inputs, inputs * [0.5, 1.0] + [0.0, 0.3] + 0.01 * rng.standard_normal((40, 2)))
    assert found.fixed_points.drifts
    assert np.isinf(found.target_intervals()).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_other_coordinates_and_another_order_say_the_same(seed, d):
    """Every p-value is the same in any affine coordinates, and but for memory in any order of the rows."""
    rng = np.random.default_rng(seed)
    s = synthetic(rng, d, "general", loudest=-1)
    one = identify(s.inputs, s.outputs)
    turn, shift = np.linalg.qr(rng.standard_normal((d, d)))[0] * rng.uniform(0.5, 2, d), rng.standard_normal(d)
    two = identify(s.inputs @ turn.T + shift, s.outputs @ turn.T + shift)
    w = s.agent.target
    same = {"rel": 1e-5, "abs": 1e-9}
    assert two.test_target(turn @ w + shift) == pytest.approx(one.test_target(w), **same)
    assert two.test_geometry(turn @ s.geometry @ np.linalg.inv(turn)) == pytest.approx(
        one.test_geometry(s.geometry), **same
    )
    assert (one.memory.p_value is None) == (two.memory.p_value is None)
    if one.memory.p_value is not None:
        assert two.memory.p_value == pytest.approx(one.memory.p_value, **same)
    order = rng.permutation(len(s.inputs))
    three = identify(s.inputs[order], s.outputs[order])
    np.testing.assert_allclose(three.geometry, one.geometry, rtol=1e-7, atol=1e-9)
    assert three.test_target(w) == pytest.approx(one.test_target(w), **same)


def test_a_saturating_agent_is_not_affine():
    rng = np.random.default_rng(10)
    inputs = rng.standard_normal((60, 2))
    bent = identify(inputs, np.tanh(inputs) + 0.02 * rng.standard_normal((60, 2)))
    assert bent.linearity.p_value < 1e-6
    assert not bent.linearity.passes()
    curved = identify(inputs, 0.5 * inputs + 0.1 * inputs[:, ::-1] ** 2 + 0.02 * rng.standard_normal((60, 2)))
    assert curved.linearity.p_value < 1e-6
    # Without noise the curvature is all there is in the residuals.
    assert identify(inputs, 0.5 * inputs + 0.1 * inputs[:, ::-1] ** 2).linearity.p_value < 1e-12


def test_an_agent_with_momentum_remembers():
    rng, agent = np.random.default_rng(11), gradient_agent(np.random.default_rng(12), 2, n=4)
    inputs = rng.standard_normal((60, 2))
    outputs = agent.update(inputs) + 0.02 * rng.standard_normal((60, 2))
    assert identify(inputs, outputs).memory.passes(0.001)
    outputs[1:] += 0.1 * (inputs[1:] - inputs[:-1])
    assert identify(inputs, outputs).memory.p_value < 1e-6
    # Noise that carries over leaves no trace of the inputs, but it does of the answers.
    outputs, carried = agent.update(inputs), np.zeros(2)
    for row in outputs:
        carried = 0.7 * carried + 0.02 * rng.standard_normal(2)
        row += carried
    assert identify(inputs, outputs).memory.p_value < 1e-3


def test_too_few_rows_for_a_test_are_said():
    rng = np.random.default_rng(13)
    inputs = rng.standard_normal((7, 3))
    found = identify(inputs, 0.5 * inputs + 0.1 * rng.standard_normal((7, 3)))
    for check in (found.linearity, found.memory):
        assert check.p_value is None
        assert check.passes() is None
        assert "needs at least" in check.added
    needed = int(found.memory.added.split()[3])
    inputs = rng.standard_normal((needed, 3))
    assert identify(inputs, 0.5 * inputs + 0.1 * rng.standard_normal((needed, 3))).memory.p_value is not None
    needed = int(found.linearity.added.split()[3])
    inputs = rng.standard_normal((needed, 3))
    assert identify(inputs, 0.5 * inputs + 0.1 * rng.standard_normal((needed, 3))).linearity.p_value is not None


@pytest.mark.parametrize("noise", ["general", "isotropic"])
def test_known_prompt_tells_descent_from_other_ways_to_the_same_target(noise):
    rng = np.random.default_rng(14)
    X = rng.standard_normal((8, 3)) * [1.0, 2.0, 0.5]
    prompt, inputs = Prompt(X, rng.standard_normal(8)), rng.standard_normal((50, 3))
    spoil = 0.02 * rng.standard_normal((50, 3))
    agent = LSAAgent(prompt, 0.2)
    descent = identify(inputs, agent.update(inputs) + spoil, known_prompt=prompt, noise=noise).known_prompt
    assert descent.p_value > 0.001
    assert descent.target_p_value > 0.001
    assert abs(descent.step_size - 0.2) < 4 * descent.standard_error
    assert descent.agent().step_size == descent.step_size
    newton = inputs + 0.4 * (prompt.target - inputs) + spoil
    other = identify(inputs, newton, known_prompt=(X, prompt.y), noise=noise).known_prompt
    assert other.p_value < 1e-6
    assert other.target_p_value > 0.001
    elsewhere = Prompt.from_target(X, prompt.target + 1)
    wrong = identify(inputs, agent.update(inputs) + spoil, known_prompt=elsewhere, noise=noise).known_prompt
    assert max(wrong.p_value, wrong.target_p_value) < 1e-6
    ascent = identify(inputs, 2 * inputs - agent.update(inputs) + spoil, known_prompt=prompt, noise=noise)
    with pytest.raises(StepSizeError):
        ascent.known_prompt.agent()


def test_known_prompt_without_noise_and_with_few_examples():
    rng = np.random.default_rng(15)
    prompt = Prompt(rng.standard_normal((2, 3)), [1.0, -1.0])
    inputs = rng.standard_normal((9, 3))
    fit = identify(inputs, LSAAgent(prompt, 0.3).update(inputs), known_prompt=prompt).known_prompt
    assert fit.step_size == pytest.approx(0.3, rel=1e-12)
    assert fit.p_value > 0.5
    assert fit.target_p_value > 0.5
    low, high = fit.interval()
    assert low <= 0.3 <= high
    assert high - low < 1e-11
    off_plane = inputs * [1, 1, 0]
    found = identify(off_plane, LSAAgent(prompt, 0.3).update(off_plane), known_prompt=prompt)
    assert found.known_prompt.step_size == pytest.approx(0.3, rel=1e-12)
    # A minimiser that the inputs span is tested, where the one of least norm lies off them.
    seen = Prompt([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]], [1.0, -1.0])
    beside = np.column_stack([inputs[:, :2], np.full(9, 5.0)])
    found = identify(beside, LSAAgent(seen, 0.3).update(beside), known_prompt=seen)
    assert found.known_prompt.target_p_value > 0.5
    with pytest.raises(TranscriptError):
        found.test_target(seen.target)
    with pytest.raises(RankError, match="gradient vanishes"):
        identify(np.tile(prompt.target, (9, 1)), np.tile(prompt.target, (9, 1)), known_prompt=prompt)


def test_coordinates_without_noise_beside_noisy_ones():
    """A coordinate that is answered without noise neither divides by zero nor spoils the others."""
    rng, agent = np.random.default_rng(16), gradient_agent(np.random.default_rng(17), 3, n=6)
    inputs = rng.standard_normal((40, 3))
    outputs = agent.update(inputs)
    outputs[:, 0] += 0.1 * rng.standard_normal(40)
    found = identify(inputs, outputs)
    assert not found.noise_free
    assert found.test_geometry(agent.step_size * agent.prompt.gram) > 0.05
    assert found.test_target(agent.target) > 0.05
    assert found.test_target(agent.target + np.array([0, 1e-6, 0])) < 1e-6


@pytest.mark.parametrize("scale", [1e-140, 1e140])
def test_scales(scale):
    rng, agent = np.random.default_rng(18), gradient_agent(np.random.default_rng(19), 2, n=4)
    inputs = rng.standard_normal((30, 2))
    outputs = agent.update(inputs) + 0.1 * rng.standard_normal((30, 2))
    one, other = identify(inputs, outputs), identify(scale * inputs, scale * outputs)
    np.testing.assert_allclose(other.geometry, one.geometry, rtol=1e-9)
    np.testing.assert_allclose(other.target, scale * one.target, rtol=1e-9)
    assert other.linearity.p_value == pytest.approx(one.linearity.p_value, rel=1e-6)


def test_fewest_rows():
    rng, agent = np.random.default_rng(21), gradient_agent(np.random.default_rng(22), 2, n=4)
    inputs = rng.standard_normal((5, 2))
    clean, noisy = agent.update(inputs), agent.update(inputs) + 0.1 * rng.standard_normal((5, 2))
    assert identify(inputs, noisy).noise.freedom == 2
    assert identify(inputs[:4], noisy[:4], noise="isotropic").noise.freedom == 1
    interpolated = identify(inputs[:3], clean[:3], noise="none")
    np.testing.assert_allclose(interpolated.target, agent.target, rtol=1e-6)
    assert interpolated.linearity.p_value is None
    for rows, model, least in ((4, "general", "at least 5, or 4 with"), (3, "isotropic", "at least 4, or noise=")):
        with pytest.raises(TranscriptError, match=f"too few rows.*{least}"):
            identify(inputs[:rows], noisy[:rows], noise=model)
    with pytest.raises(TranscriptError, match="too few rows: 1"):
        identify(inputs[:1], noisy[:1])
    with pytest.raises(TranscriptError, match="differ from any affine map"):
        identify(inputs, noisy, noise="none")


def test_without_noise_rows_that_are_left_over_are_the_test():
    inputs = np.random.default_rng(45).standard_normal((4, 2))
    found = identify(inputs, 0.5 * inputs)
    assert found.linearity == found.memory == ModelCheck(1.0, "fits to rounding", 0)
    found = identify(inputs[:3], 0.5 * inputs[:3], noise="none")
    assert found.linearity == found.memory == ModelCheck(None, "no row is left to test it", 0)


def test_answers_known_to_be_exact_are_exact_in_columns_that_are_short_and_in_others():
    inputs = np.column_stack([np.arange(12.0), np.random.default_rng(46).standard_normal(12)])
    found = identify(inputs, inputs * [2.0, 0.5], noise="none")
    assert found.noise_free
    assert found.rounding.answers.tolist() == found.rounding.inputs.tolist() == [0, 0]
    # Rows that repeat are then no trouble, and without that word they are left out.
    twice = np.tile(np.column_stack([np.arange(12.0), np.arange(12.0) ** 2]), (2, 1))
    assert identify(twice, 2 * twice, noise="none").repeated == 0
    assert identify(twice, 2 * twice).repeated == 12


X = np.random.default_rng(23).standard_normal((9, 2))


@pytest.mark.parametrize(
    ("inputs", "outputs", "options", "error", "message"),
    [
        (X, X[:, :1], {}, ShapeError, "one exchange a row"),
        (X[0], X[0], {}, ShapeError, "one exchange a row"),
        (X[:, :0], X[:, :0], {}, ShapeError, "one exchange a row"),
        (X[:0], X[:0], {}, TranscriptError, "too few rows: 0; for inputs that vary along 2 directions the fit takes 3"),
        (X[:1], X[:1], {"noise": "none"}, TranscriptError, "too few rows: 1; for inputs that vary along 2"),
        (X, X * np.nan, {}, NonFiniteError, "outputs has 18 non-finite"),
        (np.array([[Fraction(1)]] * 4, dtype=object), X[:4, :1], {}, ExactnessError, "inputs holds exact"),
        ([["a", "b"]], X, {}, DTypeError, "inputs"),
        (1e200 * X, X, {}, ScaleError, "inputs"),
        (X, X, {"noise": "loud"}, OptionError, "noise must be one of"),
        (X, X, {"known_prompt": 3}, DTypeError, "known_prompt"),
        (X, X, {"known_prompt": Prompt(np.eye(3), np.ones(3))}, DimensionMismatchError, "known_prompt has d = 3"),
        (X, X, {"known_prompt": Prompt(np.ones((2, 3, 2)), np.ones(3))}, ShapeError, "batch shape"),
        (X, X, {"known_prompt": Prompt(np.array([[1, 2]], dtype=object), [1])}, ExactnessError, "known_prompt"),
    ],
)
def test_bad_input(inputs, outputs, options, error, message):
    with pytest.raises(error, match=message):
        identify(inputs, outputs, **options)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, "high", True, math.nan])
def test_bad_level(level):
    with pytest.raises(OptionError, match="level must be"):
        identify(X, 0.5 * X).target_intervals(level)


def test_bad_questions():
    found = identify(X, 0.5 * X)
    with pytest.raises(ShapeError, match="geometry has shape"):
        found.test_geometry(np.eye(3))
    with pytest.raises(ShapeError, match="w has shape"):
        found.test_target(np.ones(3))


def test_an_identified_agent_is_an_agent():
    rng = np.random.default_rng(24)
    agents_ = [gradient_agent(rng, 2, n=5) for _ in range(2)]
    found = [identify(X, agent.update(X)) for agent in agents_]
    assert all(isinstance(agent, EffectiveAgent) for agent in found)
    pair, truth = Interaction(*found), Interaction(*agents_)
    np.testing.assert_allclose(pair.equilibrium().w, truth.equilibrium().w, rtol=1e-9)
    np.testing.assert_allclose(pair.simulate(None, 7).w, truth.simulate(None, 7).w, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(pair.equilibrium().residual_w, truth.equilibrium().residual_w, rtol=1e-8)
    covariance = found[0].geometry_covariance
    assert covariance.shape == (2, 2, 2, 2)
    diagonal = np.einsum("ijij->ij", covariance)
    np.testing.assert_allclose(np.sqrt(diagonal), found[0].geometry_error)


@pytest.mark.slow
def test_covariance_of_the_target_is_that_of_repetitions():
    """The spread of the estimates over repeated noise is the stated covariance, to first order in small noise."""
    rng, agent = np.random.default_rng(25), gradient_agent(np.random.default_rng(26), 2, n=5)
    inputs, clean = X, agent.update(X)
    found = [fixed_points(inputs, clean + 1e-4 * rng.standard_normal(X.shape)) for _ in range(800)]
    spread = np.cov(np.array([f.estimate for f in found]).T)
    stated = np.mean([f.covariance for f in found], axis=0)
    np.testing.assert_allclose(stated, spread, rtol=0.15, atol=0.1 * np.trace(spread))


def test_examples_run():
    import sys

    assert doctest.testmod(sys.modules["numerics.identification.identify"]).attempted
    assert doctest.testmod(sys.modules["numerics.identification.identify"]).failed == 0
