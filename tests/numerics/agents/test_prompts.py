"""Prompts: their geometry, and one message for each kind of bad input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from numerics import (
    DTypeError,
    EmptyPromptError,
    ExactnessError,
    NonFiniteError,
    NumericsError,
    Prompt,
    ScaleError,
    ShapeError,
)
from tests.numerics.common import U, fractions, gamma
from tests.strategies import prompts

F = Fraction
X2 = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


@given(prompts(exact=True))
def test_gram_moment_and_target_from_their_definitions(prompt: Prompt) -> None:
    n, d = prompt.n, prompt.d
    for i in range(d):
        assert prompt.moment[i] == sum(prompt.X[k, i] * prompt.y[k] for k in range(n)) / F(n)
        for j in range(d):
            assert prompt.gram[i, j] == sum(prompt.X[k, i] * prompt.X[k, j] for k in range(n)) / F(n)
    # The normal equations hold whatever the labels, and the target has no component in the kernel.
    assert np.all(prompt.gram @ prompt.target == prompt.moment)
    gradient_free = prompt.loss(prompt.target)
    for step in (F(1, 3), F(-2)):
        assert prompt.loss(prompt.target + step) >= gradient_free


@given(prompts(exact=True))
def test_float_rank_and_target_agree_with_exact_ones(prompt: Prompt) -> None:
    rounded = Prompt(prompt.X.astype(float), prompt.y.astype(float))
    assert rounded.rank == prompt.rank
    expected = prompt.target.astype(float)
    values = np.linalg.svd(rounded.X)[1]
    if rounded.rank == 0:
        assert np.all(rounded.target == 0)
        return
    # Least squares by SVD: error <= c(n, d) u (cond |x| + cond^2 |r| / |X|), Higham (2002), theorem 20.1.
    condition = values[0] / values[rounded.rank - 1]
    residual = np.linalg.norm(rounded.X @ expected - rounded.y)
    size = np.linalg.norm(expected) + np.linalg.norm(rounded.y) / values[0]
    bound = 50 * gamma(prompt.n * prompt.d) * (condition * size + condition**2 * residual / values[0])
    assert np.linalg.norm(rounded.target - expected) <= bound


def test_target_is_the_least_norm_representative() -> None:
    prompt = Prompt.from_target([[1.0, 0.0]], [3.0, 4.0])
    np.testing.assert_allclose(prompt.target, [3.0, 0.0], atol=8 * U)
    assert prompt.rank == 1
    assert prompt.loss([3.0, 4.0]) == 0.0


@given(prompts(exact=False, scaled=True, noisy_labels=False))
def test_scales_do_not_change_the_rank(prompt: Prompt) -> None:
    largest = abs(prompt.X).max()
    if largest > 0:
        assert Prompt(prompt.X / 2.0 ** int(np.log2(largest)), prompt.y).rank == prompt.rank


def test_all_zero_prompt_works() -> None:
    prompt = Prompt(np.zeros((3, 2)), np.zeros(3))
    assert prompt.rank == 0
    assert np.all(prompt.target == 0)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    ("of_X", "of_y", "of_w", "n", "d"),
    [
        ((), (), (), 2, 3),
        ((), (5, 2), (2,), 4, 3),
        ((3, 1), (2,), (4, 1, 1), 4, 2),
        ((2,), (3, 1), (), 1, 2),
        ((3, 2), (3, 2), (3, 2), 3, 1),
    ],
)
def test_every_prompt_of_a_batch_is_what_it_is_alone(
    of_X: tuple[int, ...], of_y: tuple[int, ...], of_w: tuple[int, ...], n: int, d: int, exact: bool
) -> None:
    """Against sums over the examples, in whole numbers; one geometry is zero, one of less than full rank."""
    rng = np.random.default_rng(2)
    X, y, w = (rng.integers(1, 5, size=shape).astype(float) for shape in ((*of_X, n, d), (*of_y, n), (*of_w, d)))
    if of_X:
        X[0], X[1, ..., 1:, :] = 0, X[1, ..., :1, :]
    kind = fractions if exact else np.asarray
    prompt, weights = Prompt(kind(X), kind(y)), kind(w)
    batch = np.broadcast_shapes(of_X, of_y)
    assert (prompt.n, prompt.d, prompt.batch_shape, prompt.exact) == (n, d, batch, exact)
    S, b = np.einsum("...ki,...kj->...ij", X, X) / n, np.einsum("...ki,...k->...i", X, y) / n
    losses = np.square(np.einsum("...ki,...i->...k", X, w) - y).sum(axis=-1) / (2 * n)
    scale = np.sqrt(np.square(X).sum(axis=(-2, -1)) * np.square(y).sum(axis=-1)) / n
    for found, wanted in (
        (prompt.gram, S),
        (prompt.moment, b),
        (prompt.moment_scale, scale),
        (prompt.loss(weights), losses),
        (prompt.target, np.einsum("...ij,...j->...i", np.linalg.pinv(X), y)),
        (prompt.rank, np.linalg.matrix_rank(X)),
        (Prompt.from_target(kind(X), weights).y, np.einsum("...ki,...i->...k", X, w)),
    ):
        assert np.shape(found) == wanted.shape
        np.testing.assert_allclose(np.asarray(found).astype(float), wanted, rtol=1e-12, atol=1e-12)


def test_a_prompt_by_hand() -> None:
    prompt = Prompt([[3.0, 0.0], [0.0, 4.0]], [5.0, 12.0])
    assert prompt.gram.tolist() == [[4.5, 0], [0, 8]]
    assert prompt.moment.tolist() == [7.5, 24]
    assert prompt.moment_scale == 5 * 13 / 2
    assert prompt.target == pytest.approx([5 / 3, 3], rel=4 * U)
    assert prompt.loss([1.0, 2.0]) == (4 + 16) / 4


@pytest.mark.parametrize("scale", [2.0**-300, 1.0, 2.0**300])
@pytest.mark.parametrize(("n", "part", "rank"), [(2, 0.99, 1), (2, 1.01, 2), (7, 0.99, 1), (7, 1.01, 2)])
def test_a_singular_value_counts_from_the_larger_size_times_eps_on(
    n: int, part: float, rank: int, scale: float
) -> None:
    X = np.zeros((n, 2))
    X[:2] = np.diag([1.0, part * n * 2.0**-52])
    for prompt in (Prompt(scale * X, np.ones(n)), Prompt(scale * X.T, np.ones(2))):
        assert prompt.rank == rank
        assert np.count_nonzero(prompt.target) == rank
    batch = Prompt(np.stack([X, scale * X, 2.0**-60 * X]), np.ones(n))
    assert batch.rank.tolist() == [rank] * 3
    assert np.count_nonzero(batch.target, axis=-1).tolist() == [rank] * 3


def test_integers_and_small_floats_become_float64() -> None:
    for dtype in (np.int32, np.uint8, np.float32, np.float16):
        prompt = Prompt(np.ones((2, 2), dtype=dtype), np.ones(2, dtype=dtype))
        assert prompt.X.dtype == prompt.y.dtype == np.float64


def test_exact_entries_become_python_fractions() -> None:
    X = np.array([[np.int64(3), F(1, 2)]], dtype=object)
    prompt = Prompt(X, [2])
    assert prompt.exact
    assert all(type(q) is F and type(q.numerator) is int for q in [*prompt.X.flat, *prompt.y, *prompt.gram.flat])


@pytest.mark.parametrize("kind", [np.asarray, fractions])
def test_prompts_are_immutable_copies(kind: Callable[[np.ndarray], np.ndarray]) -> None:
    X, y = kind(np.ones((2, 2))), kind(np.ones(2))
    prompt = Prompt(X, y)
    X[0, 0] = y[0] = kind(np.array(7.0))[()]
    assert prompt.X[0, 0] == prompt.y[0] == 1
    for array in (prompt.X, prompt.y, prompt.gram, prompt.moment, prompt.target):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
    with pytest.raises(FrozenInstanceError):
        prompt.X = X


def test_repr_says_what_it_is() -> None:
    assert repr(Prompt(X2, [1, 2, 3])) == "Prompt(n=3, d=2, batch_shape=(), float64)"


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (
            X2,
            [1.0, 2.0],
            ShapeError,
            r"y has shape \(2,\) but X has shape \(3, 2\).*one label for each of the 3",
        ),
        ([1.0, 2.0], [1.0, 2.0], ShapeError, r"X has shape \(2,\); expected \(\.\.\., n, d\)"),
        (X2, 1.0, ShapeError, r"y has shape \(\)"),
        ([[1.0], [2.0, 3.0]], [1.0, 2.0], ShapeError, "X is ragged"),
        (np.ones((2, 3, 2)), np.ones((4, 3)), ShapeError, r"do not broadcast: X \(2,\), y \(4,\)"),
        (
            [[1.0, np.nan], [3.0, 4.0], [5.0, 6.0]],
            [1.0, 2.0, 3.0],
            NonFiniteError,
            r"X has 1 non-finite.*\(0, 1\)",
        ),
        (
            X2,
            [1.0, np.inf, 3.0],
            NonFiniteError,
            r"y has 1 non-finite entries of 3, the first at index \(1,\)",
        ),
        (np.empty((0, 2)), [], EmptyPromptError, r"X has shape \(0, 2\).*at least one example"),
        (np.empty((2, 0)), [1.0, 2.0], EmptyPromptError, r"X has shape \(2, 0\)"),
        (np.empty((0, 2, 2)), np.empty((0, 2)), EmptyPromptError, r"X has shape \(0, 2, 2\)"),
        (np.ones((2, 2)), np.empty((0, 2)), EmptyPromptError, "empty batch"),
        (np.ones((2, 2), dtype=complex), [1.0, 2.0], DTypeError, "X has dtype complex128"),
        ([["a", "b"]], [1.0], DTypeError, "X has dtype <U1; expected real numbers"),
        ([[True, False]], [1.0], DTypeError, "X holds True of type bool; expected real numbers"),
        (np.array(["2020-01-01"], dtype="M8[D]")[None], [1.0], DTypeError, "X has dtype datetime64"),
        (np.ma.masked_array(X2, mask=True), [1.0, 2.0, 3.0], DTypeError, "X is a masked array"),
        (np.array([[1, None]], dtype=object), [1.0], DTypeError, r"X is an object array.*\(0, 1\) is None"),
        (np.array([[True]], dtype=object), [1], DTypeError, "is True of type bool"),
        (
            np.array([[F(1)]], dtype=object),
            [0.5],
            ExactnessError,
            "y has dtype float64 but the computation is exact",
        ),
        (np.array([[F(1), 0.5]], dtype=object), [1], ExactnessError, r"entry \(0, 1\) is 0.5 of type float"),
        ([[1e200]], [1.0], ScaleError, r"X has largest entry 1e\+200.*rescale"),
        ([[1.0], [1e-160]], [1.0, 1e-200], None, ""),
        ([[1e-160]], [1.0], ScaleError, r"X has largest entry 1e-160"),
        ([[1.0]], [1e200], ScaleError, r"y has largest entry 1e\+200"),
        # A geometry is as large as its largest entry: not one of a batch, of a row, of a column.
        ([[[1.0]], [[1e-160]]], [1.0], ScaleError, r"X has largest entry 1e-160"),
        ([[1.0]], [[1.0], [1e-160]], ScaleError, r"y has largest entry 1e-160"),
        ([[[[1.0, 1e-160], [1e-160, 1e-160]]] * 3] * 2, [[1.0, 1e-160]] * 3, None, ""),
    ],
)
def test_bad_input_has_its_own_message(X: object, y: object, error: type[Exception] | None, message: str) -> None:
    if error is None:
        Prompt(X, y)
        return
    with pytest.raises(error, match=message) as caught:
        Prompt(X, y)
    assert isinstance(caught.value, NumericsError)
    assert isinstance(caught.value, ValueError)


def test_from_target_and_loss_check_their_vectors() -> None:
    with pytest.raises(ShapeError, match=r"w_star has shape \(3,\); expected \(\.\.\., d\) with d = 2"):
        Prompt.from_target(X2, [1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match=r"X has shape \(2,\)"):
        Prompt.from_target([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match=r"X \(2,\), w_star \(4,\)"):
        Prompt.from_target(np.ones((2, 3, 2)), np.ones((4, 2)))
    with pytest.raises(ShapeError, match=r"w \(4,\), prompt \(2,\)"):
        Prompt(np.ones((2, 3, 2)), np.ones(3)).loss(np.ones((4, 2)))
    with pytest.raises(ExactnessError, match="w holds exact rationals"):
        Prompt(X2, [1, 2, 3]).loss(np.array([F(1), F(2)], dtype=object))
