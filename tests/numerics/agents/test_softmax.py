"""Softmax agents: the layer on its token matrix, against sums written out by hand and in many digits."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numerics import (
    DivergenceError,
    DTypeError,
    ExactnessError,
    Interaction,
    LSALayer,
    NonFiniteError,
    NumericsError,
    OptionError,
    Prompt,
    ShapeError,
    SoftmaxAgent,
    StepSizeError,
    tokens,
)
from numerics.agents.softmax import SoftmaxLayer

#: Two examples on a line: the softmax of two logits is a logistic function.
LINE = Prompt([[1.0], [-1.0]], [0.5, 0.0])
ONE, STEP = Prompt([[1.0]], [0.0]), LSALayer.gradient_step(1, 1.0)


def drawn(seed: int, *batch: int, n: int = 5, d: int = 2) -> Prompt:
    rng = np.random.default_rng(seed)
    return Prompt(rng.normal(size=(*batch, n, d)), rng.normal(size=(*batch, n)))


def by_hand(prompt: Prompt, eta: float, beta: float, w: np.ndarray) -> np.ndarray:
    """The update, in sums over examples with the exponentials of Python's own floats."""
    logits = [beta * (math.fsum(x * w) - y) for x, y in zip(prompt.X, prompt.y, strict=True)]
    shares = [math.exp(logit - max(logits)) for logit in logits]
    mean = [math.fsum(a * x for a, x in zip(shares, column, strict=True)) for column in prompt.X.T]
    return np.asarray(w - eta * np.array(mean) / math.fsum(shares))


def test_two_examples_by_hand() -> None:
    """The logits differ by beta (2 w - 1/2): at w = 1, with beta = 2, by 3."""
    share = 1 / (1 + math.exp(-3))
    agent = SoftmaxAgent(LINE, 0.5, 2.0)
    assert agent.attention([1.0]) == pytest.approx([share, 1 - share], rel=1e-15)
    assert agent.update([1.0]) == pytest.approx([1 - 0.5 * (2 * share - 1)], rel=1e-15)
    assert agent.update([0.25]) == pytest.approx([0.25], abs=1e-16), "where both errors are the same nothing moves"


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 4), st.floats(1e-3, 1e3), st.floats(1e-3, 10.0))
@settings(max_examples=60)
def test_it_is_the_sum_over_examples(seed: int, n: int, d: int, beta: float, eta: float) -> None:
    prompt = drawn(seed, n=n, d=d)
    w = np.random.default_rng(seed + 1).normal(size=d)
    agent = SoftmaxAgent(prompt, eta, beta)
    size = abs(w).max() + eta * abs(prompt.X).max()
    # An error of a logit is one of its exponential: each is summed of d products, and scaled.
    logit = beta * (np.linalg.norm(prompt.X, axis=1).max() * np.linalg.norm(w) + abs(prompt.y).max())
    bound = 4 * 2.0**-53 * (2 * d + 4) * (1 + logit) * size * n
    assert abs(agent.update(w) - by_hand(prompt, eta, beta, w)).max() <= bound


@given(st.integers(0, 10**6), st.floats(0.01, 50.0))
@settings(max_examples=40)
def test_the_update_is_the_last_column_of_the_layer(seed: int, beta: float) -> None:
    prompt, w = drawn(seed, 3), np.random.default_rng(seed + 1).normal(size=(3, 2))
    agent = SoftmaxAgent(prompt, [0.1, 0.2, 0.3], beta)
    Z = tokens(prompt, w[:, None, :])
    whole = agent.layer.apply(Z, prompt.n)
    assert np.array_equal(whole[..., :3, :], Z[..., :3, :]), "examples stay as they are"
    assert agent.update(w) == pytest.approx(whole[..., 3:5, -1], rel=1e-12, abs=1e-13)
    weights = agent.layer.attention(Z, prompt.n)[..., -1]
    assert agent.attention(w) == pytest.approx(weights, rel=1e-12)
    assert weights.sum(axis=-1) == pytest.approx(1, rel=1e-14)
    for i in range(3):
        one = SoftmaxAgent(Prompt(prompt.X[i], prompt.y[i]), [0.1, 0.2, 0.3][i], beta)
        assert agent.update(w)[i] == pytest.approx(one.update(w[i]), rel=1e-14, abs=1e-15)


def test_it_attends_to_examples_only() -> None:
    """Earlier iterates before the last are not seen: the same layer, a longer token matrix."""
    prompt, w = drawn(1), np.array([0.3, -0.2])
    agent = SoftmaxAgent(prompt, 0.5, 2.0)
    Z = tokens(prompt, np.stack([[7.0, 8.0], w]))
    assert agent.layer.apply(Z, prompt.n)[3:5, -1] == pytest.approx(agent.update(w), rel=1e-14)


@given(st.integers(0, 10**6), st.floats(0.1, 20.0))
@settings(max_examples=30)
def test_the_derivative_is_that_of_the_update(seed: int, beta: float) -> None:
    agent = SoftmaxAgent(drawn(seed), 0.5, beta)
    w, h = np.random.default_rng(seed + 1).normal(size=2), 1e-6 / (1 + beta)
    columns = [(agent.update(w + h * unit) - agent.update(w - h * unit)) / (2 * h) for unit in np.eye(2)]
    assert np.stack(columns, axis=-1) == pytest.approx(agent.jacobian(w), abs=1e-4 * (1 + beta))


@pytest.mark.parametrize("beta", [1e3, 1e100, 1e300])
def test_large_logits_select_one_example(beta: float) -> None:
    """The largest is taken off before the exponential: nothing overflows where the logits do not."""
    agent = SoftmaxAgent(LINE, 0.5, beta)
    assert agent.update([1.0]) == pytest.approx([0.5])
    assert agent.update([-1.0]) == pytest.approx([-0.5])


def test_near_zero_temperature_it_is_a_small_linear_step() -> None:
    """With inputs and labels of mean 0 the first order in beta is the gradient step of size eta beta."""
    X = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, -2.0]])
    prompt, w, beta = Prompt(X, [1.0, 1.0, -2.0]), np.array([0.3, 0.4]), 1e-6
    moved = SoftmaxAgent(prompt, 1.0, beta).update(w) - w
    assert moved / beta == pytest.approx(prompt.moment - prompt.gram @ w, abs=1e-4)


def test_a_pair_takes_turns_through_its_layers() -> None:
    w, u = SoftmaxAgent(drawn(1, 3), 0.1, 1.0), SoftmaxAgent(drawn(2), 0.2, [0.5, 1.0, 2.0])
    run = Interaction(w, u).simulate(np.zeros(2), 4)
    state = np.zeros((3, 2))
    for turn in range(4):
        state = w.update(u.update(state))
        assert np.array_equal(run.w[:, turn + 1], state)
    assert run.method == "attention"


@pytest.mark.parametrize("beta", [0.0, -1.0, math.inf, math.nan, [1.0, -2.0]])
def test_temperatures_must_be_positive_and_finite(beta: object) -> None:
    with pytest.raises(OptionError, match="beta must be finite and > 0"):
        SoftmaxAgent(LINE, 0.5, beta)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: SoftmaxAgent(Prompt([[Fraction(1)]], [Fraction(1)]), 1, 1.0), ExactnessError, "make it from floats"),
        (lambda: SoftmaxAgent(LINE, 0.5, Fraction(1)), ExactnessError, "float"),
        (lambda: SoftmaxAgent(LINE, 0.0, 1.0), StepSizeError, "> 0"),
        (lambda: SoftmaxAgent("prompt", 0.5, 1.0), DTypeError, "Prompt"),
        (lambda: SoftmaxAgent(Prompt([[1.0]], [math.nan]), 0.5, 1.0), NonFiniteError, "y has 1 non-finite"),
        (lambda: SoftmaxAgent(drawn(1, 3), 0.5, [1.0, 2.0]), ShapeError, "broadcast"),
        (lambda: SoftmaxAgent(LINE, 0.5, 1.0).update([1.0, 2.0]), ShapeError, "w has shape"),
        (lambda: SoftmaxAgent(LINE, 0.5, 1e300).update([1e300]), DivergenceError, "reduce beta"),
        (
            lambda: SoftmaxAgent(Prompt([[1.0]], [0.0]), 1e308, 1.0).update([-1.7e308]),
            DivergenceError,
            "reduce the step size",
        ),
        (lambda: SoftmaxLayer(LSALayer.gradient_step(1, Fraction(1)), 1.0), ExactnessError, "floats"),
        (
            lambda: SoftmaxLayer(LSALayer.gradient_step(1, 1.0), 1e300).apply([[1e9], [0.0], [1e9], [1.0]], 1),
            DivergenceError,
            "beta",
        ),
    ],
)
def test_what_is_refused_says_what_to_do(make: object, error: type[NumericsError], said: str) -> None:
    with pytest.raises(error, match=said):
        make()  # type: ignore[operator]
