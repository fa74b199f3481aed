"""Random geometries: the ranks, condition numbers, kernels and steps that were asked for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from numerics import ExactnessError, OptionError, ShapeError
from tests.numerics.random_prompts import (
    random_prompts,
    random_rational_prompts,
    random_step_sizes,
    rational_orthogonal,
    rational_prompt_with_singular_values,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(6)


@pytest.mark.parametrize(("n", "d"), [(4, 3), (2, 3), (1, 1), (3, 3)])
def test_every_rank(rng: np.random.Generator, n: int, d: int) -> None:
    for rank in range(min(n, d) + 1):
        assert np.all(random_prompts(rng, 6, n, d, rank=rank).rank == rank)
        assert np.all(random_rational_prompts(rng, n, d, rank=rank, batch=(2,)).rank == rank)
    assert np.all(random_prompts(rng, (2, 2), n, d).rank == min(n, d))
    assert random_rational_prompts(rng, n, d).rank == min(n, d)


def test_condition_and_scale(rng: np.random.Generator) -> None:
    prompt = random_prompts(rng, 5, 6, 4, condition=1e5, scale=1e-3)
    values = np.linalg.svd(prompt.X)[1]
    np.testing.assert_allclose(values[:, 0] / values[:, 3], 1e5, rtol=1e-8)
    np.testing.assert_allclose(values[:, 0], 1e-3 * np.sqrt(6), rtol=1e-12)


def test_common_kernels(rng: np.random.Generator) -> None:
    kernel = [[1, 2], [2, 4], [-1, -2]]  # one direction, given twice
    float_prompt = random_prompts(rng, 3, 5, 3, kernel=kernel)
    np.testing.assert_allclose(float_prompt.X @ kernel, 0, atol=1e-13)
    assert np.all(float_prompt.rank == 2)
    exact_prompt = random_rational_prompts(rng, 2, 3, kernel=kernel)
    assert np.all(exact_prompt.X @ np.array(kernel, dtype=object) == 0)
    assert exact_prompt.rank == 2


def test_rational_spectra_are_exact(rng: np.random.Generator) -> None:
    for d in (1, 2, 4):
        q = rational_orthogonal(rng, d, reflections=2)
        assert np.all(q.T @ q == np.eye(d, dtype=int))
    prompt = rational_prompt_with_singular_values(rng, 3, 4, [2, Fraction(1, 2)])
    assert prompt.rank == 2
    gram = 3 * prompt.gram
    identity = np.eye(4, dtype=int).astype(object)
    assert np.all(gram @ (gram - 4 * identity) @ (gram - Fraction(1, 4) * identity) == 0)


def test_steps_fall_where_asked(rng: np.random.Generator) -> None:
    prompt = random_prompts(rng, 50, 3, 4)
    exact_prompt = random_rational_prompts(rng, 3, 3, batch=(5,))
    for region, low, high in (("inside", 0, 2), ("edge", 2 - 1e-12, 2 + 1e-12), ("outside", 2, 4.1)):
        top = random_step_sizes(rng, prompt, region) * np.linalg.eigvalsh(prompt.gram)[:, -1]
        assert np.all((low < top) & (top < high))
        if region != "edge":
            steps = random_step_sizes(rng, exact_prompt, region).astype(float)
            top = steps * np.linalg.eigvalsh(exact_prompt.gram.astype(float))[:, -1]
            assert np.all(low < top)
            assert region == "outside" or np.all(top < high)
    rank_one = random_rational_prompts(rng, 1, 3)
    step = random_step_sizes(rng, rank_one, "edge")
    assert step * np.trace(rank_one.gram) == 2
    assert random_step_sizes(rng, random_rational_prompts(rng, 1, 2, rank=0)) > 0
    assert random_step_sizes(rng, random_prompts(rng, (), 1, 2, rank=0)) > 0


def test_same_seed_same_prompts() -> None:
    a, b = (random_prompts(np.random.default_rng(7), 2, 3, 2) for _ in range(2))
    assert np.array_equal(a.X, b.X)
    assert np.array_equal(a.y, b.y)


def test_impossible_requests_raise(rng: np.random.Generator) -> None:
    with pytest.raises(OptionError, match=r"rank must be <= min\(n, d - kernel dimension\) = min\(2, 3\), got 3"):
        random_prompts(rng, 1, 2, 3, rank=3)
    with pytest.raises(OptionError, match="rank must be an integer >= 0, got -1"):
        random_rational_prompts(rng, 2, 3, rank=-1)
    with pytest.raises(OptionError, match=r"condition must be finite and >= 1, got 0\.5"):
        random_prompts(rng, 1, 2, 3, condition=0.5)
    with pytest.raises(OptionError, match="scale must be finite and > 0, got 0"):
        random_prompts(rng, 1, 2, 3, scale=0)
    with pytest.raises(ShapeError, match=r"kernel has shape \(2, 1\); expected \(d, k\) with d = 3"):
        random_prompts(rng, 1, 2, 3, kernel=[[1.0], [2.0]])
    with pytest.raises(ExactnessError, match="kernel has dtype float64"):
        random_rational_prompts(rng, 2, 2, kernel=[[1.0], [2.0]])
    with pytest.raises(OptionError, match=r"at most min\(n, d\) = 1 numbers >= 0"):
        rational_prompt_with_singular_values(rng, 1, 2, [1, 2])
    with pytest.raises(OptionError, match='region="outside" needs Gram matrices that are not zero'):
        random_step_sizes(rng, random_prompts(rng, 1, 2, 2, rank=0), "outside")
    with pytest.raises(OptionError, match='region="edge" of an exact prompt needs rank 1'):
        random_step_sizes(rng, random_rational_prompts(rng, 2, 2), "edge")
    with pytest.raises(OptionError, match="region must be one of"):
        random_step_sizes(rng, random_prompts(rng, 1, 2, 2), "nowhere")
