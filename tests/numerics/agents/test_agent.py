"""Agents: the update is the real layer's, and the affine fast paths equal it exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import (
    Agent,
    DimensionMismatchError,
    DivergenceError,
    DTypeError,
    ExactnessError,
    LSAAgent,
    LSALayer,
    NonFiniteError,
    Prompt,
    ScaleError,
    ShapeError,
    StepSizeError,
    probe,
    tokens,
)
from tests.strategies import agents, prompts, vectors

F = Fraction


def same_map(a: object, b: object) -> bool:
    return bool(np.all(a.displacement == b.displacement) and np.all(a.offset == b.offset))


@given(agents(), st.data())
def test_update_is_the_iterate_block_of_the_full_layer(agent: LSAAgent, data: st.DataObject) -> None:
    w = data.draw(vectors(d=agent.d))
    d = agent.d
    out = agent.layer.apply(tokens(agent.prompt, w[None]), agent.prompt.n)[:, -1]
    assert agent.update(w).tolist() == out[d + 1 : 2 * d + 1].tolist()
    assert agent.next_token(w).tolist() == out.tolist()
    # The block structure leaks nothing outside the iterate block.
    assert out[: d + 1].tolist() == [0] * (d + 1)
    assert out[2 * d + 1] == 1


@given(agents(), st.data())
def test_update_descends_the_loss_by_finite_differences(agent: LSAAgent, data: st.DataObject) -> None:
    """The step against the loss itself: a central difference of a quadratic is its derivative, exactly."""
    w = data.draw(vectors(d=agent.d))
    moved = agent.update(w) - w
    for i in range(agent.d):
        e = np.array([F(int(i == j)) for j in range(agent.d)], dtype=object)
        slope = (agent.prompt.loss(w + e) - agent.prompt.loss(w - e)) / 2
        assert moved[i] == -agent.step_size * slope


@given(agents())
def test_affine_map_equals_the_probed_layer_exactly(agent: LSAAgent) -> None:
    probed = probe(agent, exact=True)
    assert same_map(agent.affine_map(), probed)
    assert same_map(LSAAgent.with_layer(agent.prompt, agent.layer).affine_map(), probed)


@given(prompts(max_d=2, max_n=3), st.data())
def test_affine_map_of_any_layer_that_is_affine(prompt: Prompt, data: st.DataObject) -> None:
    d = prompt.d
    V, K = (data.draw(vectors(d=2 * d + 2, batch=(2 * d + 2,))) for _ in range(2))
    if data.draw(st.booleans()):
        K[d + 1 :, d + 1 :] = 0
    else:
        V[d + 1 : 2 * d + 1, d + 1 :] = 0
    agent = LSAAgent.with_layer(prompt, LSALayer(V, K))
    affine = agent.affine_map()
    assert affine is not None
    assert same_map(affine, probe(agent, exact=True))
    w = data.draw(vectors(d=d))
    assert np.all(affine(w) == agent.update(w))


def test_layers_that_attend_to_iterates_have_no_affine_map() -> None:
    agent = LSAAgent.with_layer(Prompt([[1.0]], [1.0]), LSALayer(np.ones((4, 4)), np.ones((4, 4))))
    assert agent.affine_map() is None
    values = [float(agent.update([x])[0]) for x in (-1.0, 0.0, 1.0)]
    assert values[0] + values[2] != 2 * values[1]


@given(agents(), st.data())
def test_history_is_inert(agent: LSAAgent, data: st.DataObject) -> None:
    w = data.draw(vectors(d=agent.d))
    history = data.draw(vectors(d=agent.d, batch=(data.draw(st.integers(1, 3)),)))
    assert np.all(agent.update(w, history) == agent.update(w))


@given(prompts(noisy_labels=True), st.data())
def test_label_noise_changes_nothing_but_the_target(prompt: Prompt, data: st.DataObject) -> None:
    clean = Prompt.from_target(prompt.X, prompt.target)
    w = data.draw(vectors(d=prompt.d))
    assert np.all(LSAAgent(prompt, F(1, 2)).update(w) == LSAAgent(clean, F(1, 2)).update(w))


def test_negative_control_a_flipped_sign_is_noticed() -> None:
    prompt = Prompt(np.array([[F(1), F(2)]], dtype=object), [F(1)])
    good = LSAAgent(prompt, F(1, 2))
    mutants = [
        LSALayer(-good.layer.V, good.layer.K),
        LSALayer(good.layer.V, -good.layer.K),
        LSALayer(good.layer.V.T, good.layer.K.T),
        LSALayer.from_blocks(good.layer.V[3:5, :2], good.layer.K[:2, 3:5], 1),
        LSALayer.gradient_step(2, F(1, 3)),
    ]
    for layer in mutants:
        mutant = LSAAgent.with_layer(prompt, layer)
        assert not same_map(mutant.affine_map(), good.affine_map())
        assert same_map(mutant.affine_map(), probe(mutant, exact=True))


def test_batches_of_prompts_steps_and_weights_broadcast() -> None:
    rng = np.random.default_rng(2)
    prompt = Prompt(rng.normal(size=(4, 5, 3)), rng.normal(size=(4, 5)))
    steps = rng.uniform(0.1, 0.3, size=(2, 1))
    agent = LSAAgent(prompt, steps)
    assert agent.batch_shape == (2, 4)
    w = rng.normal(size=(6, 1, 1, 3))
    out = agent.update(w)
    assert out.shape == (6, 2, 4, 3)
    one = LSAAgent(Prompt(prompt.X[2], prompt.y[2]), steps[1, 0]).update(w[5, 0, 0])
    np.testing.assert_allclose(out[5, 1, 2], one, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(agent.affine_map()(w), out, rtol=1e-12, atol=1e-12)


def test_agents_satisfy_the_protocol() -> None:
    agent = LSAAgent(Prompt([[1.0]], [1.0]), 0.5)
    assert isinstance(agent, Agent)
    assert not isinstance(object(), Agent)
    assert repr(agent) == "LSAAgent(Prompt(n=1, d=1, batch_shape=(), float64), step_size=0.5)"


def test_all_zero_prompt_never_moves() -> None:
    agent = LSAAgent(Prompt(np.zeros((2, 3)), np.zeros(2)), 10.0)
    assert agent.update([1.0, 2.0, 3.0]).tolist() == [1.0, 2.0, 3.0]


PROMPT = Prompt(np.ones((3, 2, 2)), np.ones(2))
EXACT = Prompt(np.array([[F(1)]], dtype=object), [1])


@pytest.mark.parametrize(
    ("prompt", "step", "error", "message"),
    [
        (PROMPT, 0.0, StepSizeError, "step_size must be > 0, got 0.0"),
        (PROMPT, -1, StepSizeError, "step_size must be > 0, got -1.0"),
        (PROMPT, np.nan, StepSizeError, "step_size must be finite and > 0, got nan"),
        (PROMPT, np.inf, StepSizeError, "step_size must be finite and > 0, got inf"),
        (PROMPT, [0.1, 0.0, 0.2], StepSizeError, "got 0.0"),
        (PROMPT, [0.1, 0.2], ShapeError, r"do not broadcast: step_size \(2,\), prompt \(3,\)"),
        (PROMPT, "fast", DTypeError, "step_size has dtype <U4"),
        (PROMPT, 1j, DTypeError, "step_size has dtype complex128"),
        (PROMPT, True, DTypeError, "step_size has dtype bool"),
        (PROMPT, F(1, 2), ExactnessError, r"exact rational but the prompt is in floating point; pass float"),
        (EXACT, 0.5, ExactnessError, "step_size has dtype float64 but the computation is exact"),
        (EXACT, F(0), StepSizeError, "step_size must be > 0, got 0"),
    ],
)
def test_bad_steps_have_their_own_message(prompt: Prompt, step: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        LSAAgent(prompt, step)


def test_bad_layers_and_weights_have_their_own_message() -> None:
    agent = LSAAgent(PROMPT, 0.1)
    with pytest.raises(DimensionMismatchError, match="prompt has d = 2, layer has d = 1"):
        LSAAgent.with_layer(PROMPT, LSALayer.gradient_step(1, 1.0))
    with pytest.raises(ExactnessError, match="prompt is floating point but layer is not"):
        LSAAgent.with_layer(PROMPT, LSALayer.gradient_step(2, F(1)))
    with pytest.raises(ShapeError, match=r"w has shape \(3,\); expected \(\.\.\., d\) with d = 2"):
        agent.update([1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match=r"w \(2,\), agent \(3,\)"):
        agent.update(np.ones((2, 2)))
    with pytest.raises(NonFiniteError, match="w has 1 non-finite"):
        agent.update([1.0, np.nan])
    with pytest.raises(ShapeError, match=r"history has shape \(2,\)"):
        agent.update([1.0, 2.0], [1.0, 2.0])


def test_overflow_is_never_silent() -> None:
    agent = LSAAgent(Prompt([[1e100]], [1.0]), 1e150)
    with pytest.raises(DivergenceError, match=r"largest entry 1e\+10.*leaves the range of double precision"):
        agent.update([1e10])
    with pytest.raises(ScaleError, match="overflows; reduce the step size"):
        agent.affine_map()
