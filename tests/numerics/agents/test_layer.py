"""The layer: the token matrix and the products, against sums written out entry by entry."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import (
    DimensionMismatchError,
    ExactnessError,
    LSALayer,
    NonFiniteError,
    OptionError,
    Prompt,
    ShapeError,
    tokens,
)
from tests.numerics.common import gamma
from tests.strategies import prompts, rationals, vectors

F = Fraction


@st.composite
def layers_and_tokens(draw: st.DrawFn, *, exact: bool = True) -> tuple[LSALayer, Prompt, np.ndarray]:
    """Any V and K, all blocks full, on the token matrix of a prompt with one to three iterates."""
    prompt = draw(prompts(exact=exact, max_d=2, max_n=3))
    size = 2 * prompt.d + 2
    V, K = (draw(vectors(d=size, exact=exact, batch=(size,))) for _ in range(2))
    iterates = draw(vectors(d=prompt.d, exact=exact, batch=(draw(st.integers(1, 3)),)))
    return LSALayer(V, K), prompt, tokens(prompt, iterates)


def by_hand(layer: LSALayer, Z: np.ndarray, n: int) -> list[list[Fraction]]:
    """Z + V Z (Z^T K Z) / n by scalar sums."""
    rows, columns = range(Z.shape[0]), range(Z.shape[1])
    V, K = layer.V, layer.K
    score = [[sum(Z[a, i] * K[a, b] * Z[b, j] for a in rows for b in rows) / n for j in columns] for i in columns]
    value = [[sum(V[a, b] * Z[b, i] for b in rows) for i in columns] for a in rows]
    return [[Z[a, j] + sum(value[a][i] * score[i][j] for i in columns) for j in columns] for a in rows]


@given(layers_and_tokens())
def test_layer_is_its_definition(case: tuple[LSALayer, Prompt, np.ndarray]) -> None:
    layer, prompt, Z = case
    assert layer.apply(Z, prompt.n).tolist() == by_hand(layer, Z, prompt.n)


@given(layers_and_tokens())
def test_last_column_equals_the_full_layer_exactly(case: tuple[LSALayer, Prompt, np.ndarray]) -> None:
    layer, prompt, Z = case
    assert np.all(layer.last_column(Z, prompt.n) == layer.apply(Z, prompt.n)[:, -1])


@given(layers_and_tokens(exact=False))
def test_last_column_equals_the_full_layer_in_floats(case: tuple[LSALayer, Prompt, np.ndarray]) -> None:
    layer, prompt, Z = case
    aV, aK, aZ = abs(layer.V), abs(layer.K), abs(Z)
    size, columns = Z.shape
    # A product of k terms has error gamma_k times that of moduli; two associations differ by twice that.
    total = aZ + aV @ aZ @ (aZ.T @ aK @ aZ) / prompt.n
    bound = 2 * gamma(3 * size + columns + 3) * total[:, -1]
    assert np.all(abs(layer.last_column(Z, prompt.n) - layer.apply(Z, prompt.n)[:, -1]) <= bound)


@given(prompts(), st.integers(1, 3), st.data())
def test_token_matrix_layout(prompt: Prompt, count: int, data: st.DataObject) -> None:
    iterates = data.draw(vectors(d=prompt.d, batch=(count,)))
    Z = tokens(prompt, iterates)
    n, d = prompt.n, prompt.d
    for i in range(n):
        assert Z[:, i].tolist() == [*prompt.X[i], prompt.y[i], *[0] * d, 0]
    for k in range(count):
        assert Z[:, n + k].tolist() == [*[0] * d, 0, *iterates[k], 1]


@given(st.integers(1, 3), rationals(bound=5).filter(lambda q: q > 0))
def test_gradient_step_blocks(d: int, step: Fraction) -> None:
    layer = LSALayer.gradient_step(d, step)
    size = 2 * d + 2
    V = [[F(0)] * size for _ in range(size)]
    K = [[F(0)] * size for _ in range(size)]
    for i in range(d):
        V[d + 1 + i][i] = -step
        K[i][d + 1 + i] = F(1)
    K[d][2 * d + 1] = F(-1)
    assert layer.V.tolist() == V
    assert layer.K.tolist() == K
    assert layer.d == d
    assert layer.exact


def test_layers_are_batched() -> None:
    rng = np.random.default_rng(1)
    prompt = Prompt(rng.normal(size=(5, 1, 4, 2)), rng.normal(size=(5, 1, 4)))
    layer = LSALayer.gradient_step(2, [0.1, 0.2, 0.3])
    Z = tokens(prompt, rng.normal(size=(1, 2)))
    out = layer.apply(Z, 4)
    assert out.shape == (5, 3, 6, 5)
    single = LSALayer.gradient_step(2, 0.2).apply(Z[3, 0], 4)
    np.testing.assert_allclose(out[3, 1], single, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(layer.last_column(Z, 4), out[..., -1], rtol=1e-12, atol=1e-12)


def test_normalisation_is_by_examples_not_by_columns() -> None:
    prompt = Prompt([[1.0], [1.0]], [1.0, 1.0])
    layer = LSALayer.gradient_step(1, 1.0)
    out = layer.last_column(tokens(prompt, [[0.0], [0.0], [0.0]]), 2)
    assert out.tolist() == [0.0, 0.0, 1.0, 1.0]


def test_layers_are_immutable() -> None:
    layer = LSALayer.gradient_step(1, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        layer.V[0, 0] = 1.0
    with pytest.raises(AttributeError):
        layer.V = np.eye(4)
    assert repr(layer) == "LSALayer(d=1, batch_shape=(), float64)"


@pytest.mark.parametrize(
    ("V", "K", "error", "message"),
    [
        (np.eye(5), np.eye(5), ShapeError, r"V has shape \(5, 5\); expected \(\.\.\., 2 d \+ 2, 2 d \+ 2\)"),
        (np.eye(2), np.eye(2), ShapeError, r"V has shape \(2, 2\)"),
        (np.ones(4), np.eye(4), ShapeError, r"V has shape \(4,\)"),
        (np.eye(4), np.ones((4, 6)), ShapeError, r"K has shape \(4, 6\)"),
        (np.eye(4), np.eye(6), DimensionMismatchError, "V has d = 1, K has d = 2"),
        (np.full((4, 4), np.nan), np.eye(4), NonFiniteError, "V has 16 non-finite"),
        (np.eye(4), np.eye(4).astype(int).astype(object), ExactnessError, "V has dtype float64"),
    ],
)
def test_bad_matrices_have_their_own_message(V: object, K: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        LSALayer(V, K)


def test_bad_blocks_tokens_and_counts() -> None:
    layer = LSALayer.gradient_step(1, 1.0)
    prompt = Prompt([[1.0]], [1.0])
    with pytest.raises(ShapeError, match=r"V31 has shape \(2,\)"):
        LSALayer.from_blocks([1.0, 2.0], np.eye(2))
    with pytest.raises(DimensionMismatchError, match="V31 has d = 1, K13 has d = 2"):
        LSALayer.from_blocks(np.eye(1), np.eye(2))
    with pytest.raises(OptionError, match=r"d must be an integer >= 1, got 0"):
        LSALayer.gradient_step(0, 1.0)
    with pytest.raises(ShapeError, match=r"Z has shape \(6, 3\); expected \(\.\.\., 4, m\)"):
        layer.apply(np.ones((6, 3)), 2)
    with pytest.raises(ShapeError, match="m >= n = 9"):
        layer.last_column(np.ones((4, 3)), 9)
    with pytest.raises(OptionError, match=r"n must be an integer >= 1, got 1\.5"):
        layer.apply(np.ones((4, 3)), 1.5)
    with pytest.raises(ShapeError, match=r"iterates has shape \(1,\)"):
        tokens(prompt, [1.0])
    with pytest.raises(ShapeError, match=r"iterates has shape \(1, 3\)"):
        tokens(prompt, [[1.0, 2.0, 3.0]])


@given(layers_and_tokens())
def test_negative_control_a_transposed_key_is_noticed(case: tuple[LSALayer, Prompt, np.ndarray]) -> None:
    layer, prompt, Z = case
    mutant = LSALayer(layer.V, layer.K.swapaxes(-1, -2))
    truth = by_hand(layer, Z, prompt.n)
    # The mutant is right only if it acts the same on these tokens.
    same = np.all(layer.V @ Z @ (Z.T @ (layer.K - layer.K.T) @ Z) == 0)
    assert (mutant.apply(Z, prompt.n).tolist() == truth) == bool(same)
