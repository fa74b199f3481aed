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
from tests.numerics.common import fractions, gamma, whole
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
    key = [[sum(K[a, b] * Z[b, j] for b in rows) for j in columns] for a in rows]
    score = [[sum(Z[a, i] * key[a][j] for a in rows) / n for j in columns] for i in columns]
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


@pytest.mark.parametrize(
    ("of_X", "of_y", "of_w", "of_V", "of_K", "exact"),
    [
        ((3, 1), (2,), (3, 2), (), (2,), False),
        ((), (3, 1), (2,), (3, 1), (), False),
        ((2,), (), (), (2, 1), (1, 2), False),
        ((2, 1), (), (2,), (), (2,), True),
    ],
)
def test_every_layer_of_a_batch_is_what_it_is_alone(
    of_X: tuple[int, ...],
    of_y: tuple[int, ...],
    of_w: tuple[int, ...],
    of_V: tuple[int, ...],
    of_K: tuple[int, ...],
    exact: bool,
) -> None:
    """Small whole numbers and n = 4, so that floats are exact, too; n, d, k and the batches all differ."""
    rng = np.random.default_rng(1)
    drawn = whole(rng, (*of_X, 4, 2), (*of_y, 4), (*of_w, 3, 2), (*of_V, 6, 6), (*of_K, 6, 6))
    X, y, w, V, K = map(fractions if exact else np.asarray, drawn)
    layer, Z = LSALayer(V, K), tokens(Prompt(X, y), w)
    assert (layer.d, layer.batch_shape) == (2, np.broadcast_shapes(of_V, of_K))
    assert not exact or all(type(q) is F for q in Z.flat)
    out, last = layer.apply(Z, 4), layer.last_column(Z, 4)
    batch = out.shape[:-2]
    assert (out.shape, last.tolist()) == ((*batch, 6, 7), out[..., -1].tolist())
    parts = [np.broadcast_to(a, batch + a.shape[len(shape) :]) for a, shape in ((X, of_X), (y, of_y), (w, of_w))]
    VK = [np.broadcast_to(a, (*batch, 6, 6)) for a in (V, K)]
    for g in np.ndindex(batch):
        x, labels, iterates = (a[g] for a in parts)
        alone = np.concatenate([np.vstack([x.T, labels, 0 * x.T, 0 * labels]), np.zeros((6, 3))], axis=1)
        alone[3:, 4:] = np.vstack([iterates.T, np.ones(3)])
        v, k = (a[g] for a in VK)
        assert np.array_equal(np.broadcast_to(Z, (*batch, 6, 7))[g], alone)
        assert np.array_equal(out[g], alone + v @ alone @ (alone.T @ k @ alone) / 4)


def test_blocks_of_a_batch_by_hand() -> None:
    V31, K13 = np.arange(12.0).reshape(3, 1, 2, 2), -np.arange(16.0).reshape(1, 4, 2, 2)
    layer = LSALayer.from_blocks(V31, K13, [[7.0], [8.0], [9.0]])
    assert (layer.V.shape, layer.K.shape, layer.d) == ((3, 1, 6, 6), (3, 4, 6, 6), 2)
    for g, h in np.ndindex(3, 4):
        V, K = np.zeros((2, 6, 6))
        V[3:5, :2], K[:2, 3:5], K[2, 5] = V31[g, 0], K13[0, h], 7 + g
        assert (layer.V[g, 0].tolist(), layer.K[g, h].tolist()) == (V.tolist(), K.tolist())
    steps = LSALayer.gradient_step(1, [[0.5], [0.25]])
    assert steps.V[:, 0, 2, 0].tolist() == [-0.5, -0.25]
    assert (steps.V.shape, steps.K[0, 2], steps.K[1, 3]) == ((2, 1, 4, 4), 1, -1)


@pytest.mark.parametrize("entry", [F(1), -1.0])
def test_which_entries_make_an_update_affine(entry: object) -> None:
    """A single entry of K matters in its lower right quarter, one of V in the right half of the third block row."""
    exact = isinstance(entry, F)
    for i, j in np.ndindex(6, 6):
        V, K, inside = (np.zeros((6, 6), dtype=object if exact else float) for _ in range(3))
        inside[4, 3] = V[i, j] = K[i, j] = entry
        assert LSALayer(V, inside).affine_in_iterate == (i not in (3, 4) or j < 3)
        assert LSALayer(inside, K).affine_in_iterate == (i < 3 or j < 3)


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
        (1.0, np.eye(4), ShapeError, r"V has shape \(\)"),
        (np.ones((0, 4, 4)), np.eye(4), ShapeError, r"V has shape \(0, 4, 4\)"),
        (np.ones((4, 6, 4)), np.eye(4), ShapeError, r"V has shape \(4, 6, 4\)"),
        (np.ones((2, 4, 4)), np.ones((3, 4, 4)), ShapeError, r"V \(2,\), K \(3,\)"),
        (np.eye(4), np.ones((4, 6)), ShapeError, r"K has shape \(4, 6\)"),
        (np.eye(4), np.eye(6), DimensionMismatchError, "V has d = 1, K has d = 2"),
        (np.full((4, 4), np.nan), np.eye(4), NonFiniteError, "V has 16 non-finite"),
        (np.eye(4), np.eye(4).astype(int).astype(object), ExactnessError, "V has dtype float64"),
    ],
)
def test_bad_matrices_have_their_own_message(V: object, K: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        LSALayer(V, K)


def test_bad_blocks_and_counts() -> None:
    with pytest.raises(ShapeError, match=r"V31 has shape \(2,\)"):
        LSALayer.from_blocks([1.0, 2.0], np.eye(2))
    with pytest.raises(ShapeError, match=r"V31 has shape \(2, 3\)"):
        LSALayer.from_blocks(np.ones((2, 3)), np.eye(2))
    with pytest.raises(ShapeError, match=r"K13 has shape \(0, 0\)"):
        LSALayer.from_blocks(np.eye(2), np.ones((0, 0)))
    with pytest.raises(DimensionMismatchError, match="V31 has d = 1, K13 has d = 2"):
        LSALayer.from_blocks(np.eye(1), np.eye(2))
    with pytest.raises(ShapeError, match=r"K13 \(2,\), K24 \(3,\)"):
        LSALayer.from_blocks(np.eye(1), np.ones((2, 1, 1)), [1.0, 2.0, 3.0])
    with pytest.raises(OptionError, match=r"d must be an integer >= 1, got 0"):
        LSALayer.gradient_step(0, 1.0)


@pytest.mark.parametrize(
    ("shape", "n", "error", "message"),
    [
        ((6, 3), 2, ShapeError, r"Z has shape \(6, 3\); expected \(\.\.\., 4, m\)"),
        ((4,), 2, ShapeError, r"Z has shape \(4,\)"),
        ((4, 3), 9, ShapeError, "m >= n = 9"),
        ((4, 3), 4, ShapeError, "m >= n = 4"),
        ((3, 4, 3), 4, ShapeError, "m >= n = 4"),
        ((2, 4, 3), 3, ShapeError, r"Z \(2,\), layer \(3,\)"),
        ((4, 3), 1.5, OptionError, r"n must be an integer >= 1, got 1\.5"),
        ((4, 3), 0, OptionError, "n must be an integer >= 1, got 0"),
        ((4, 3), 3, None, ""),
        ((4, 3), 1, None, ""),
    ],
)
def test_bad_token_matrices(shape: tuple[int, ...], n: object, error: type[Exception] | None, message: str) -> None:
    layer = LSALayer.gradient_step(1, [1.0, 2.0, 3.0])
    for call, expected in ((layer.apply, (3, 4, 3)), (layer.last_column, (3, 4))):
        if error is None:
            assert call(np.ones(shape), n).shape == expected
        else:
            with pytest.raises(error, match=message):
                call(np.ones(shape), n)


@pytest.mark.parametrize(
    ("iterates", "message"),
    [
        ([1.0], r"iterates has shape \(1,\)"),
        ([[1.0, 2.0, 3.0]], r"iterates has shape \(1, 3\)"),
        (np.ones((0, 1)), r"iterates has shape \(0, 1\)"),
        (np.ones((3, 2, 1)), r"iterates \(3,\), prompt \(2,\)"),
    ],
)
def test_bad_iterates(iterates: object, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        tokens(Prompt(np.ones((2, 1, 1)), [1.0]), iterates)


@given(layers_and_tokens())
@pytest.mark.slow
def test_negative_control_a_transposed_key_is_noticed(case: tuple[LSALayer, Prompt, np.ndarray]) -> None:
    layer, prompt, Z = case
    mutant = LSALayer(layer.V, layer.K.swapaxes(-1, -2))
    truth = by_hand(layer, Z, prompt.n)
    # The mutant is right only if it acts the same on these tokens.
    same = np.all(layer.V @ Z @ (Z.T @ (layer.K - layer.K.T) @ Z) == 0)
    assert (mutant.apply(Z, prompt.n).tolist() == truth) == bool(same)
