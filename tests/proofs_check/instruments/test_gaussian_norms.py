"""Bounds on Gaussian matrices, against laws known in closed form and against samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from proofs_check.evidence.comparison import Close
from proofs_check.evidence.kinds import Task
from proofs_check.evidence.verdict import Verdict
from proofs_check.instruments.gaussian_norms import Probable, degrees_of_freedom, deviation, mean_largest
from theory import formulas

SHAPES = [(1, 1), (1, 5), (5, 1), (2, 2), (3, 7), (40, 40), (64, 16)]


def largest(n: int, d: int, count: int, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_normal((count, n, d))
    return np.linalg.svd(drawn, compute_uv=False)[:, 0]


@pytest.mark.parametrize("size", [1, 2, 9, 400])
def test_the_length_of_a_gaussian_vector(size):
    """Its mean is known: sqrt(2) Gamma((k+1)/2) / Gamma(k/2)."""
    mean = math.sqrt(2) * math.exp(math.lgamma((size + 1) / 2) - math.lgamma(size / 2))
    for shape in ((1, size), (size, 1)):
        low, high = mean_largest(*shape)
        assert size / math.sqrt(size + 1) * (1 - 1e-12) <= low <= mean <= high


@pytest.mark.parametrize("shape", SHAPES)
def test_the_bidiagonal_form_has_the_length_of_the_matrix(shape):
    """The mean of the sum of all squares is n d before and after the reflections."""
    diagonal, beside = degrees_of_freedom(*shape)
    assert diagonal.sum() + beside.sum() == shape[0] * shape[1]


@pytest.mark.parametrize("shape", [(2, 2), (3, 7), (7, 3)])
def test_the_bidiagonal_form_has_the_law_of_the_matrix(shape):
    """The fourth moment of the singular values, sum of s^4, is n d (n + d + 1) in the mean."""
    diagonal, beside = (k.astype(int).tolist() for k in degrees_of_freedom(*shape))
    # tr (B^T B)^2 for independent entries: E chi_k^2 = k, E chi_k^4 = k (k + 2).
    total = sum(k * (k + 2) for k in (*diagonal, *beside))
    total += 2 * sum(diagonal[i] * beside[i] + beside[i] * diagonal[i + 1] for i in range(len(beside)))
    assert total == shape[0] * shape[1] * (shape[0] + shape[1] + 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_bounds_enclose_the_mean_and_not_idly(shape):
    count = 2000
    low, high = mean_largest(*shape)
    strays = deviation(1e-9, count)
    assert low - strays <= largest(*shape, count).mean() <= high + strays
    assert high - low < 1.7 * min(shape) ** (-1 / 6)


@pytest.mark.parametrize("shape", [(40, 40), (64, 16)])
def test_a_bound_in_the_place_of_the_other_is_refuted(shape):
    """The samples tell the mean that well."""
    low, high = mean_largest(*shape)
    strays = deviation(1e-9, 2000)
    assert low + strays < largest(*shape, 2000).mean() < high - strays


def test_deviations_are_as_rare_as_stated():
    """At a chance of one half, no more than half of the samples stray from an enclosure of the mean."""
    low, high = mean_largest(10, 10)
    strays = deviation(0.5)
    outside = [(x < low - strays) | (x > high + strays) for x in largest(10, 10, 500)]
    assert np.mean(outside) < 0.5
    assert deviation(1e-10, 16) == pytest.approx(deviation(1e-10) / 4)
    assert math.exp(-(deviation(1e-10) ** 2) / 2) == pytest.approx(1e-10 / 2)


@pytest.mark.slow
def test_both_bounds_tend_to_the_edge():
    for ratio in (0.25, 1.0, 2.0):
        gaps = []
        for d in (64, 256, 1024):
            n = round(d / ratio)
            low, high = mean_largest(n, d)
            assert high / math.sqrt(n) == pytest.approx(1 + math.sqrt(ratio))
            gaps.append((high - low) / math.sqrt(n))
        assert gaps[1] < 0.5 * gaps[0]
        assert gaps[2] < 0.5 * gaps[1]


@pytest.mark.parametrize(("error", "verdict"), [(0.9, Verdict.SAMPLED), (1.1, Verdict.REFUTED)])
def test_a_finding_says_how_sure_it_is(error, verdict):
    def check(rng, count, d, formulas):
        full = np.ones(count)
        yield Close("x", full * error, full * 0, full, full * 10)

    evidence = Probable(check, dimensions=(1,), vacuous=0.2, chance=1e-6, source="a theorem")
    finding = evidence.collect(Task("some-theorem", formulas, 20, 0))
    assert finding.verdict is verdict
    if verdict is Verdict.SAMPLED:
        assert finding.summary == "floats: 20 samples, bounds hold with probability at least 1 - 2e-05 (a theorem)"
    else:
        assert finding.notes == ("by chance with probability at most 2e-05",)


def test_nothing_is_said_of_nothing():
    finding = Probable(lambda *_: [], dimensions=(1,), chance=1e-6).collect(Task("x", formulas, 3, 0))
    assert finding.verdict is Verdict.UNKNOWN
    assert "probability" not in finding.summary
