"""Rounded transcripts: decimals are found, regions hold the truth, nobody is accused, and what is there is seen."""

from __future__ import annotations

import contextlib
import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import Interaction, LSAAgent, OptionError, Prompt, TranscriptError, identify, predict_pair
from numerics.identification.noise import GaussianNoise
from numerics.identification.regression import regress
from numerics.identification.rounding import _left_by, find_rounding, systematic, unrepeated
from tests.numerics.identification.rounded_transcripts import WAYS, Rounded, rounded, significant
from tests.numerics.identification.synthetic_agents import gradient_agent

#: Noise in units of the last decimal, from none to far above.
LOUD = (0.0, 0.0, 0.03, 0.3, 1.0, 4.0, 50.0)


def drawn(rng: np.random.Generator, k: int) -> Rounded:
    d = int(rng.integers(1, 5))
    return rounded(
        rng, WAYS[k % 4], d=d, decimals=int(rng.integers(2, 7)), loud=LOUD[k % 7], rows=int(rng.integers(4 * d + 3, 60))
    )


@pytest.fixture(scope="module")
def identified():
    """Three hundred agents; few transcripts have too few rows left."""
    rng, found = np.random.default_rng(60), []
    for k in range(300):
        s = drawn(rng, k)
        with contextlib.suppress(TranscriptError):
            found.append((s, identify(s.inputs, s.outputs, known_prompt=s.agent.prompt)))
    assert len(found) > 285
    return found


def share(values) -> float:
    return float(np.mean(list(values)))


@pytest.mark.slow
@pytest.mark.many(0)
def test_regions_hold_the_truth(identified):
    def target(s, f):
        return f.test_target(s.agent.target) > 0.05 if f.excited == f.d else True

    def entry(s, f):
        low, high = f.target_intervals()[0]
        return low <= s.agent.target[0] <= high

    def entry_of_geometry(s, f):
        if math.isinf(f.noise.offset):
            return True
        reach = (f.noise.scalar_quantile(0.95) - f.noise.offset) * f.geometry_error + f.geometry_rounding
        return abs(f.geometry - s.geometry)[0, -1] <= reach[0, -1]

    found = {
        "target": share(target(s, f) for s, f in identified),
        "P": share(f.test_geometry(s.geometry) > 0.05 for s, f in identified),
        "entry of the target": share(entry(s, f) for s, f in identified),
        "entry of P": share(entry_of_geometry(s, f) for s, f in identified),
        "step size": share(
            f.known_prompt.interval()[0] <= s.agent.step_size <= f.known_prompt.interval()[1] for s, f in identified
        ),
    }
    assert all(value >= 0.93 for value in found.values()), found
    # Not by saying nothing.
    assert share(np.isfinite(f.target_intervals()).all() for s, f in identified if s.agent.d < 3) > 0.8


@pytest.mark.slow
@pytest.mark.many(0)
def test_false_accusations_are_rare(identified):
    for name in ("linearity", "memory"):
        p_values = [p for _, f in identified if (p := getattr(f, name).p_value) is not None]
        assert len(p_values) > 200
        assert share(p < 0.01 for p in p_values) <= 0.02
    assert share(f.known_prompt.p_value < 0.01 for _, f in identified) <= 0.02


@pytest.mark.slow
@pytest.mark.many(0)
def test_the_checks_above_can_fail(identified):
    """Taken at their word, the same numbers accuse, and regions miss the truth."""
    quiet = [s for s, _ in identified if s.loud < 0.3 and s.agent.d < 3][:40]
    trusted = [identify(s.inputs, s.outputs + 1e-12 * s.inputs, decimals=17) for s in quiet]
    assert share(f.test_target(s.agent.target) > 0.05 for s, f in zip(quiet, trusted, strict=True)) < 0.8
    assert share((f.linearity.p_value or 1) < 0.01 for f in trusted) > 0.1


@given(st.integers(0, 2**32 - 1), st.integers(0, 8), st.integers(1, 4), st.floats(-1, 3), st.booleans())
def test_decimals_are_found(seed, decimals, d, size, fixed):
    """The unit is never taken to be smaller than it is, and with enough numbers it is what it is."""
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((40, d))
    outputs = 10**size * rng.standard_normal((40, d))
    outputs = outputs.round(decimals) if fixed else significant(outputs, decimals + 1)
    found = find_rounding(inputs, outputs)
    powers = np.floor(np.log10(np.maximum(abs(outputs).max(axis=0), 1e-300)))
    units = np.full(d, 10.0**-decimals) if fixed else 10.0 ** (powers - decimals)
    varied = np.array([len(np.unique(column)) > 8 for column in outputs.T])
    np.testing.assert_allclose(found.answers[varied], units[varied], rtol=1e-9)
    assert found.any == outputs.any()
    assert not found.inputs.any()
    assert (find_rounding(outputs, outputs).inputs == found.answers).all()
    few = find_rounding(inputs[:3], outputs[:3])
    least = (
        units if fixed else 10.0 ** (np.floor(np.log10(np.maximum(abs(outputs[:3]).max(axis=0), 1e-300))) - decimals)
    )
    assert (few.answers[abs(outputs[:3]).max(axis=0) > 0] >= 0.99 * least[abs(outputs[:3]).max(axis=0) > 0]).all()


def test_what_counts_as_rounded():
    rng = np.random.default_rng(61)
    full, short = rng.standard_normal((2, 20, 2))
    short = short.round(3)
    assert not find_rounding(full, full).any
    assert not find_rounding(short, full).any
    assert not find_rounding(short, full).inputs.any()
    # Multiples of a unit, off by the last bit.
    assert find_rounding(full, 0.001 * rng.integers(-5000, 5000, (20, 2))).decimals == 3
    assert find_rounding(full, short).inputs.tolist() == [0, 0]
    assert find_rounding(short.round(1), short).inputs.tolist() == [0, 0]
    assert find_rounding(short, short).inputs.tolist() == [1e-3, 1e-3]
    # A column that hardly varies says nothing of its own.
    beside = np.column_stack([short[:, 0], np.full(20, 0.5)])
    assert find_rounding(full, beside).answers.tolist() == [1e-3, 1e-3]
    assert find_rounding(full, np.column_stack([full[:, 0], np.zeros(20)])).answers.tolist() == [0, 0]
    assert find_rounding(full, np.column_stack([short[:, 0], short[:, 1].round(1)])).answers.tolist() == [1e-3, 1e-1]
    assert not find_rounding(full, np.zeros((20, 2))).any
    single = find_rounding(full, full.astype(np.float32).astype(np.float64))
    assert (single.answers > abs(full).max(axis=0) * 2.0**-25).all()
    assert (single.answers <= abs(full).max(axis=0) * 2.0**-22).all()
    # Products of short numbers, computed: what floating point may err by is no rounding.
    assert not find_rounding(short, (0.12345678901 * short).round(14)).any
    assert find_rounding(short, (0.123456789 * short).round(12)).any
    given_ = find_rounding(full, short, 2)
    assert (given_.decimals, given_.answers.tolist(), given_.inputs.tolist()) == (2, [0.01, 0.01], [0.01, 0.01])
    assert not find_rounding(short, short, 17).any
    for wrong in (-1, 1.5, True, "3"):
        with pytest.raises(OptionError, match="decimals must be an integer >= 0"):
            find_rounding(full, short, wrong)


def test_what_is_said_of_rounding():
    short = np.random.default_rng(62).standard_normal((20, 2)).round(3)
    assert str(find_rounding(short, short)) == (
        "Numbers have 3 decimals: each is taken to be within 0.0005 of what the agent said."
    )
    mixed = np.column_stack([short[:, 0], short[:, 1].round(1)])
    assert "are rounded: each is taken to be within 0.0005 or 0.05" in str(find_rounding(short, mixed))
    full = np.column_stack([short[:, 0], np.pi * short[:, 1:]])
    assert str(find_rounding(full, full)).startswith("Numbers of weight 1 have 3 decimals: ")
    assert str(find_rounding(full, full)).endswith(" Those of the others have full precision.")
    assert str(find_rounding(short, short + math.pi)) == "Numbers have full precision."


@given(st.floats(0.0, 1.5))
def test_what_noise_leaves_of_rounding(deviation):
    """The mean error over Gaussian noise, by summing over all multiples of the unit, at every place within one."""
    from scipy.special import ndtr

    places, multiples = np.linspace(-0.5, 0.5, 101), np.arange(-20, 21)
    upper = (multiples[:, None] + 0.5 - places) / max(deviation, 1e-9)
    lower = (multiples[:, None] - 0.5 - places) / max(deviation, 1e-9)
    largest = abs(multiples @ (ndtr(upper) - ndtr(lower)) - places).max()
    (bound,) = _left_by(np.array([1.0]), np.array([deviation]))
    assert largest <= bound + 1e-12
    assert bound <= max(1.1 * largest, 1e-12) or deviation < 0.35
    assert bound <= 0.5


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from(["general", "isotropic"]))
def test_rounding_never_adds_more_than_is_allowed_for(seed, d, model):
    """Errors at the corners of the box: no test says less than it would of the noise alone."""
    rng = np.random.default_rng(seed)
    m, q, bias = 12, 4, rng.uniform(0.1, 2, d)
    residuals = rng.standard_normal((m, d))
    scatter = residuals.T @ residuals + 0.1 * np.eye(d)
    noise = GaussianNoise(model, scatter, 9.0, bias, m)
    bare = GaussianNoise(model, scatter, 9.0)
    corners = [np.linalg.norm(noise.whiten(bias * np.array(signs))) for signs in product((-1, 1), repeat=d)]
    assert noise.offset == pytest.approx(math.sqrt(m) * max(corners))
    weights = np.linalg.qr(rng.standard_normal((m, q)))[0]
    errors = bias * rng.choice([-1, 1], (m, d))
    rows = weights.T @ rng.standard_normal((m, d))
    assert noise.p_value(rows + weights.T @ errors) >= bare.p_value(rows) - 1e-9
    row, moved = rows[0], (rows + weights.T @ errors)[0]
    before, after = (float(np.sum(noise.whiten(x) ** 2)) for x in (row, moved))
    assert noise.tail_of_row(after) >= bare.tail_of_row(before) - 1e-12
    assert noise.tail_of_row(noise.row_quantile(0.95)) == pytest.approx(0.05)
    assert noise.scalar_quantile(0.9) == pytest.approx(bare.scalar_quantile(0.9) + noise.offset)
    wide = GaussianNoise("general", np.eye(12), 20.0, np.ones(12), 4)
    assert wide.offset >= 2 * np.linalg.norm(wide.whiten(np.ones(12)))


def test_noise_far_above_the_unit_leaves_everything_as_it_is():
    rng = np.random.default_rng(63)
    for d in (1, 2, 4):
        agent, inputs = gradient_agent(rng, d), 2 * rng.standard_normal((40, d))
        outputs = agent.update(inputs) + 0.1 * rng.standard_normal((40, d))
        full, short = identify(inputs, outputs), identify(inputs.round(4), outputs.round(4))
        assert short.rounding.decimals == 4
        assert short.repeated == 0
        assert short.noise.offset < 0.01
        for ask in (
            lambda f, a=agent: f.test_target(a.target),
            lambda f, a=agent: f.test_geometry(a.step_size * a.prompt.gram),
            lambda f: f.linearity.p_value,
            lambda f: f.memory.p_value,
        ):
            assert ask(short) == pytest.approx(ask(full), abs=0.02)
        np.testing.assert_allclose(short.geometry_error, full.geometry_error, rtol=0.01)
        assert short.geometry_rounding.max() < 0.05 * full.geometry_error.max()
        assert not full.geometry_rounding.any()
        assert not full.eigenvalue_rounding.any()


def test_repeated_probes_of_a_noisy_agent_are_no_repeats():
    """Few different answers, but noise explains why rows agree: all of them count."""
    rng = np.random.default_rng(64)
    inputs = np.repeat([[0.0], [1.0], [2.0]], 20, axis=0)
    found = identify(inputs, (0.5 * inputs + 0.3 * rng.standard_normal((60, 1))).round(1))
    assert len(unrepeated(inputs, found.regression.residuals)) < 60
    assert (found.rows, found.repeated) == (60, 0)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("loud", [0.0, 0.3, 20.0])
def test_what_is_far_above_the_unit_is_still_found(way, loud):
    rng = np.random.default_rng(65)
    for d in (1, 2):
        s = rounded(rng, way, d=d, decimals=4, loud=loud, rows=50)
        found = identify(s.inputs, s.outputs)
        assert found.test_target(s.agent.target + 20) < 0.01
        assert found.test_geometry(s.geometry + 0.5 * np.eye(d)) < 0.01
        bent = s.outputs + 0.1 * (s.inputs - s.inputs.mean(axis=0)) ** 3
        if way in WAYS[2:]:
            assert identify(s.inputs, bent.round(4)).linearity.p_value < 1e-3
            late = s.outputs.copy()
            late[1:] += 0.1 * s.inputs[:-1]
            assert identify(s.inputs, late.round(4)).memory.p_value < 1e-3


def test_settled_runs():
    """Rows that repeat are left out; what the others cannot support is not tested, and why is said."""
    rng = np.random.default_rng(66)
    s = rounded(rng, WAYS[0], d=2, decimals=3, loud=0.0, rows=200)
    found = identify(s.inputs, s.outputs)
    assert found.rows + found.repeated == 200
    assert found.rows == len(unrepeated(s.inputs, s.outputs)) < 60
    few = unrepeated(s.inputs, s.outputs)[:6]
    rows = np.concatenate([few, np.repeat(few[-1:], 30)])
    found = identify(s.inputs[rows], s.outputs[rows])
    assert (found.rows, found.repeated) == (6, 30)
    for check in (found.linearity, found.memory):
        assert check.p_value is None
        assert check.added.startswith("rows repeat, 6 differ; needs at least")
    rows = np.concatenate([few[:4], np.repeat(few[-1:], 30)])
    with pytest.raises(TranscriptError, match=r'5 besides 29 that repeat them leave|noise="none"'):
        identify(s.inputs[rows[:4]].repeat(9, axis=0), s.outputs[rows[:4]].repeat(9, axis=0))


def test_an_agent_known_to_answer_without_noise():
    rng = np.random.default_rng(67)
    s = rounded(rng, WAYS[2], d=2, decimals=3, loud=0.0, rows=4)
    found = identify(s.inputs, s.outputs, noise="none")
    assert not found.noise_free
    assert found.test_target(s.agent.target) > 0.05
    assert found.test_geometry(s.geometry) > 0.05
    assert found.test_geometry(s.geometry + np.eye(2)) < 1e-6
    with pytest.raises(TranscriptError, match="differ from any affine map"):
        identify(s.inputs, s.outputs + 0.1 * np.eye(4)[:, :2], noise="none")
    whole = np.arange(12.0).reshape(6, 2) ** [1.0, 2.0]
    exact = identify(whole, 2 * whole, noise="none")
    assert exact.noise_free
    assert exact.bias.tolist() == [0, 0]
    # Without that word whole numbers may have been rounded.
    assert not identify(whole, 2 * whole).noise_free


def test_exact_answers_that_happen_to_be_short():
    """Few rows are enough, as without rounding, and what is known is known to half a unit."""
    inputs = np.random.default_rng(72).standard_normal((4, 2)).round(2)
    outputs = (0.75 * inputs + [0.5, 0.25]).round(4)
    found = identify(inputs, outputs)
    assert found.rounding.decimals == 4
    assert not found.noise_free
    assert found.test_geometry(0.25 * np.eye(2)) > 0.5
    assert found.test_target([2.0, 1.0]) > 0.5
    assert 1e-6 < found.geometry_rounding.max() < 1e-3


def test_a_slow_agent_is_not_taken_for_one_that_stands_still():
    """Every rounded answer is the input itself: affine to the last bit, and still only known to half a unit."""
    inputs = np.linspace(-0.2, 0.2, 41)[:, None].round(2)
    outputs = (inputs - 0.02 * (inputs - 0.05)).round(2)
    assert (outputs == inputs).all()
    found = identify(inputs, outputs)
    assert not found.noise_free
    assert found.test_geometry([[0.02]]) > 0.05
    assert found.test_target([0.05]) > 0.05
    assert found.test_geometry([[0.5]]) < 0.01


def test_inputs_within_their_rounding_leave_everything_open():
    inputs, outputs = (np.tile(x, 8)[:, None] for x in ([0.11, 0.11, 0.12, 0.12], [0.05, 0.06, 0.05, 0.06]))
    found = identify(inputs, outputs, noise="isotropic")
    assert math.isinf(found.noise.offset)
    assert found.test_target([40.0]) == found.test_geometry([[-3.0]]) == 1.0
    assert np.isinf(found.target_intervals()).all()
    assert np.isinf(found.geometry_rounding).all()
    assert np.isinf(found.eigenvalue_rounding).all()
    assert found.linearity.p_value is None
    assert not found.fixed_points.drifts
    assert not predict_pair(found, found, draws=200).determined


def test_nothing_but_zeros():
    found = identify(np.zeros((9, 2)), np.zeros((9, 2)))
    assert found.noise_free
    assert found.test_target([0.0, 0.0]) > 0.05


def test_an_input_that_never_varies_is_no_rounding_error():
    rng = np.random.default_rng(69)
    inputs = np.column_stack([rng.standard_normal(30), np.full(30, 0.5)]).round(3)
    outputs = (0.5 * inputs + [0.1, 0.2]).round(3)
    fit = regress(inputs, outputs - inputs)
    assert fit.directions.shape == (2, 1)
    assert np.isfinite(systematic(find_rounding(inputs, outputs), fit, inputs, outputs)).all()


def test_prompts_and_rounding():
    rng = np.random.default_rng(70)
    prompt = Prompt(rng.standard_normal((8, 2)), rng.standard_normal(8))
    other = Prompt(rng.standard_normal((8, 2)), rng.standard_normal(8))
    inputs = 2 * rng.standard_normal((30, 2))
    outputs = LSAAgent(prompt, 0.2).update(inputs).round(3)
    fit = identify(inputs, outputs, known_prompt=prompt).known_prompt
    assert fit.rounding > 0
    assert fit.p_value > 0.5
    assert fit.target_p_value > 0.5
    wrong = identify(inputs, outputs, known_prompt=other).known_prompt
    assert max(wrong.p_value, wrong.target_p_value) < 1e-6


def test_a_pair_of_slow_agents_that_seem_to_stand_still():
    """The rounded answers are the inputs: the estimated turn is the identity, and nothing is determined."""
    inputs = np.linspace(-0.2, 0.2, 41)[:, None].round(2)
    found = identify(inputs, (inputs - 0.02 * (inputs - 0.05)).round(2))
    pair = predict_pair(found, found, draws=200)
    assert not pair.determined
    assert np.isinf(pair.intervals()[0]).all()
    assert pair.test([0.05], [0.05]) > 0.05


@pytest.mark.slow
def test_pairs_of_rounded_transcripts():
    """The equilibrium, and what a run of rounded numbers shows, lie where the rounded transcripts say."""
    rng, found = np.random.default_rng(71), []
    for k in range(60):
        d, decimals = int(rng.integers(1, 4)), int(rng.integers(2, 5))
        agents = [gradient_agent(rng, d) for _ in range(2)]
        known, loud = [], (0.0, 0.5)[k % 2] * 10.0**-decimals
        for agent in agents:
            inputs = (2 * rng.standard_normal((30, d))).round(decimals)
            known.append(identify(inputs, (agent.update(inputs) + loud * rng.standard_normal((30, d))).round(decimals)))
        pair = Interaction(*agents)
        truth, guess = pair.equilibrium(), predict_pair(*known, draws=300, seed=k)
        low, high = guess.rate_interval()
        outcomes = [guess.test(truth.w, truth.u) > 0.05, low <= pair.rate() <= high]
        outcomes += [low <= at <= high for at, (low, high) in zip(truth.w, guess.intervals()[0], strict=True)]
        if pair.rate() < 0.9 and guess.determined:
            w = truth.w
            for _ in range(math.ceil(8 / (1 - pair.rate()))):
                w = agents[0].update(agents[1].update(w).round(decimals)).round(decimals)
            outcomes += [low <= at <= high for at, (low, high) in zip(w, guess.observed()[0], strict=True)]
        assert not guess.noise_free
        found.append(outcomes)
        if k == 0:
            off = truth.w + 100 * 10.0**-decimals
            assert guess.test(off, truth.u) < 0.05
    assert share(x for outcomes in found for x in outcomes) >= 0.95
