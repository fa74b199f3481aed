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
    NotAffineError,
    Prompt,
    ScaleError,
    ShapeError,
    StepSizeError,
    probe,
    tokens,
)
from numerics.agents.agent import fixed_map
from tests.numerics.common import fractions, whole
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
    affine = agent.affine_map()
    np.testing.assert_allclose(affine(w), out, rtol=1e-12, atol=1e-12)
    assert affine.offset_scale == pytest.approx(steps * prompt.moment_scale)


@pytest.mark.parametrize(
    ("of_X", "of_y", "of_V", "of_K", "exact"),
    [
        ((), (), (), (), True),
        ((3, 1), (2,), (), (2,), False),
        ((), (3, 1), (2,), (4, 1, 1), False),
        ((2,), (), (3, 1), (), False),
        ((2, 2), (), (2, 1), (2,), True),
    ],
)
def test_an_affine_layer_of_a_batch_moves_as_each_alone(
    of_X: tuple[int, ...], of_y: tuple[int, ...], of_V: tuple[int, ...], of_K: tuple[int, ...], exact: bool
) -> None:
    """In whole numbers, n = 4: the closed form is what the layer answers, and its scale the product of the norms."""
    rng = np.random.default_rng(3)
    X, y, V, K = whole(rng, (*of_X, 4, 2), (*of_y, 4), (*of_V, 6, 6), (*of_K, 6, 6))
    K[..., 3:, 3:] = 0
    kind = fractions if exact else np.asarray
    agent = LSAAgent.with_layer(Prompt(kind(X), kind(y)), LSALayer(kind(V), kind(K)))
    batch = np.broadcast_shapes(of_X, of_y, of_V, of_K)
    affine, probed = agent.affine_map(), probe(agent, exact=exact)
    assert affine.batch_shape == agent.batch_shape == batch
    assert same_map(affine, probed)
    if exact:
        assert affine.offset_scale is None
        return
    examples = np.square(X).sum(axis=(-2, -1)) + np.square(y).sum(axis=-1)
    values, keys = np.square(V[..., 3:5, :3]).sum(axis=(-2, -1)), np.square(K[..., :3, 3:]).sum(axis=(-2, -1))
    assert affine.offset_scale == pytest.approx(np.sqrt(values * keys) * examples / 4)


def test_a_batch_of_histories_is_read_as_each_alone() -> None:
    """By a layer that attends to it; k, d and the batches all differ."""
    rng = np.random.default_rng(4)
    prompt = Prompt(np.ones((4, 3)), np.ones((5, 1, 4)))
    agent = LSAAgent.with_layer(prompt, LSALayer(*rng.integers(-2, 3, size=(2, 8, 8))))
    for of_w, of_past in (((2,), (5, 1)), ((5, 1), (2,)), ((), (5, 2)), ((7, 5, 2), ())):
        w, past = (rng.integers(-2, 3, size=shape) for shape in ((*of_w, 3), (*of_past, 2, 3)))
        out = agent.next_token(w, past)
        assert out.shape == (*np.broadcast_shapes(of_w, of_past, (5, 1)), 8)
        weights, earlier = np.broadcast_to(w, (*out.shape[:-1], 3)), np.broadcast_to(past, (*out.shape[:-1], 2, 3))
        for g in np.ndindex(out.shape[:-1]):
            assert np.array_equal(out[g], agent.next_token(weights[g], earlier[g])[0, 0])
        assert np.array_equal(agent.update(w, past), out[..., 4:7])
        assert not np.array_equal(out, agent.next_token(w))


def test_a_step_by_default_is_the_longest_that_is_safe() -> None:
    """The reciprocal of ``lambda_max``, of the trace for rationals, and 1 where all is zero; for each geometry."""
    X = np.zeros((3, 1, 2, 2))
    X[0, 0], X[1, 0] = [[3.0, 0.0], [0.0, 4.0]], [[0.0, 1.0], [2.0, 0.0]]
    agent, exact = LSAAgent(Prompt(X, np.ones(2))), LSAAgent(Prompt(fractions(X), [1, 1]))
    assert agent.step_size == pytest.approx(np.array([[1 / 8], [1 / 2], [1]]))
    assert exact.step_size.tolist() == [[F(2, 25)], [F(2, 5)], [1]]
    assert LSAAgent(Prompt(fractions(X[:, 0]), [1, 1])).step_size.tolist() == [F(2, 25), F(2, 5), 1]
    assert all(type(step) is F for step in exact.step_size.flat)
    assert (LSAAgent(EXACT, F(1, 4)).step_size, LSAAgent(PROMPT, 0.25).step_size) == (F(1, 4), 0.25)
    with pytest.raises(ValueError, match="read-only"):
        agent.step_size[0] = 1


def test_attacks_ask_for_a_fixed_map() -> None:
    prompt = Prompt([[1.0]], [1.0])
    assert fixed_map("agent", LSAAgent(prompt, 0.5)).displacement == -0.5
    attending = LSAAgent.with_layer(prompt, LSALayer(np.ones((4, 4)), np.ones((4, 4))))
    with pytest.raises(NotAffineError, match="agent has a layer that is not affine"):
        fixed_map("agent", attending)


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
    with pytest.raises(ShapeError, match=r"history has shape \(1, 3\)"):
        agent.update([1.0, 2.0], [[1.0, 2.0, 3.0]])
    with pytest.raises(ShapeError, match=r"w \(3,\), history \(2,\)"):
        agent.update(np.ones((3, 2)), np.ones((2, 1, 2)))


def test_overflow_is_never_silent() -> None:
    agent = LSAAgent(Prompt([[1e100]], [1.0]), 1e150)
    with pytest.raises(DivergenceError, match=r"largest entry 1e\+10.*leaves the range of double precision"):
        agent.update([1e10])
    with pytest.raises(ScaleError, match="overflows; reduce the step size"):
        agent.affine_map()
