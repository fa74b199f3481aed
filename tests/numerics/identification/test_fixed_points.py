"""Targets of agents written down by hand: a region, a rank or a drift that is a little too large or too small."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import TranscriptError
from numerics.identification.fixed_points import FixedPoints
from numerics.identification.noise import GaussianNoise
from numerics.identification.regression import Regression

#: Quantiles of chi-squared at 0.95 for 1, 2 and 4 degrees of freedom.
ONE, TWO, FOUR = 3.841459, 5.991465, 9.487729
OPEN = [-math.inf, math.inf]


def fixed(state, move, spreads, slopes, *, rows=4, directions=None, scatter=None) -> FixedPoints:
    """The fit ``move + diag(slopes / spreads) (w - state)``, from so many rows, with known noise."""
    d, k = len(state), len(spreads)
    explained = np.zeros((k, d))
    explained[range(k), range(k)] = slopes
    directions = np.eye(d)[:, :k] if directions is None else np.asarray(directions)
    nothing = np.zeros((rows, d))
    state, move, spreads = (np.array(x, dtype=float) for x in (state, move, spreads))
    fit = Regression(state, move, np.eye(rows)[:, :k], spreads, directions, explained, nothing, 0.0, rows - 1 - k)
    return FixedPoints(fit, GaussianNoise("none", np.eye(d) if scatter is None else scatter, math.inf, None, rows))


def test_the_region_of_one_number_by_hand() -> None:
    """``(1 - x)^2 <= c (1 + x^2) / 4`` for x = w - 3: at c = 1 the ends of 3 x^2 - 8 x + 3 = 0; from c = 4 on all."""
    points = fixed([3.0], [1.0], [2.0], [-2.0])
    assert points.estimate == pytest.approx([4], rel=1e-15)
    assert points.covariance == pytest.approx(np.array([[0.5]]), rel=1e-15)
    assert points.squared([5.0]) == pytest.approx(1 / (1 / 4 + 1), rel=1e-15)
    assert points.squared([4.0]) == pytest.approx(0, abs=1e-30)
    assert points.p_value([5.0]) == pytest.approx(math.erfc(math.sqrt(0.4)), rel=1e-12)
    ends = 3 + (4 + np.array([-1, 1]) * math.sqrt(7)) / 3
    np.testing.assert_allclose(points.intervals(1.0), [ends], rtol=1e-14)
    ((combination, *found),) = points.known_combinations(1.0)
    np.testing.assert_allclose(sorted(found * combination), ends, rtol=1e-14)
    assert np.isfinite(points.intervals(3.99)).all()
    assert points.intervals(4.0).tolist() == points.intervals(4.01).tolist() == [OPEN]
    assert points.intervals(0.0) == pytest.approx(np.array([[4, 4]]), rel=1e-15)
    # The same in other units.
    loud = fixed([3.0], [3.0], [2.0], [-6.0], scatter=np.array([[9.0]]))
    assert loud.squared([5.0]) == pytest.approx(0.8, rel=1e-15)
    np.testing.assert_allclose(loud.intervals(1.0), [ends], rtol=1e-14)


@pytest.mark.parametrize(
    ("slopes", "determined"),
    [
        ([math.sqrt(ONE) - 0.01], [False]),
        ([math.sqrt(ONE) + 0.01], [True]),
        ([2.6, 0.1], [False, False]),  # alone it would be: 2.6^2 > TWO, but it was chosen by its size
        ([math.sqrt(FOUR) - 0.01, 0.1], [False, False]),
        ([math.sqrt(FOUR), 0.1], [True, False]),
        ([2.4, 2.4], [False, False]),  # together they are
        ([9.0, math.sqrt(TWO) - 0.01], [True, False]),
        ([9.0, math.sqrt(TWO) + 0.01], [True, True]),
        ([9.0, 3.0], [True, True]),
    ],
)
def test_what_is_determined(slopes: list[float], determined: list[bool]) -> None:
    d = len(slopes)
    points = fixed([0.0] * d, [0.0] * d, [2.0, 1.0][:d], slopes)
    assert points.determined.tolist() == determined
    assert points.complete
    assert points.unique == all(determined)
    for limits, known in zip(points.intervals(0.1), determined, strict=True):
        assert np.isfinite(limits).all() if known else limits.tolist() == OPEN
    assert len(points.known_combinations(0.1)) == sum(determined)
    assert points.loose.shape == (d, d - sum(determined))


def test_what_is_no_more_than_the_quantile_is_not_determined(monkeypatch: pytest.MonkeyPatch) -> None:
    def determined(quantile: float, p_value: float) -> bool:
        monkeypatch.setattr(GaussianNoise, "row_quantile", lambda noise, level: quantile)
        monkeypatch.setattr(GaussianNoise, "p_value", lambda noise, rows: p_value)
        return bool(fixed([0.0], [0.0], [1.0], [2.0]).determined[0])

    assert determined(3.99, 0.049)
    assert not determined(4.0, 0.049)
    assert not determined(3.99, 1 - 0.95)
    monkeypatch.setattr(GaussianNoise, "p_value", lambda noise, rows: 0.01 if len(rows) == 1 else 0.5)
    assert fixed([0.0] * 2, [0.0] * 2, [1.0] * 2, [9.0] * 2).determined.tolist() == [False, False]
    monkeypatch.setattr(GaussianNoise, "row_quantile", lambda noise, level: 4 / 101)
    assert not fixed([0.0], [1.0], [1.0], [0.0]).drifts
    assert fixed([0.0], [1.001], [1.0], [0.0]).drifts


def test_the_target_of_least_norm_and_its_covariance() -> None:
    """The first weight goes to 1 + 1/2; of the second nothing is known, and it is held at 0, where q is -1 and -3/2."""
    points = fixed([1.0, 3.0], [2.0, 0.1], [1.0, 4.0], [-4.0, -0.4], rows=4)
    assert points.determined.tolist() == [True, False]
    assert points.estimate == pytest.approx([1.5, 0], abs=1e-15)
    assert abs(points.loose) == pytest.approx(np.array([[0], [1]]), abs=1e-15)
    leverage = (1 + 1 + 2.25) / 4
    assert points.covariance == pytest.approx(np.diag([leverage / 16, 0]), rel=1e-14)
    assert points.squared(points.estimate) == pytest.approx(0.4**2 / leverage, rel=1e-12)
    low, high = points.intervals(1.0)
    # Of the second equation 0.4 is left: ``(2 q + 2)^2 + 0.4^2 <= (1 + q^2 + 9 / 4) / 4`` for w = 1 - q / 2.
    ends = np.roots([4 - 1 / 4, 8, 4 + 0.16 - 13 / 16])
    np.testing.assert_allclose(low, np.sort(1 - ends / 2), rtol=1e-12)
    assert high.tolist() == OPEN
    # Where combinations are not at right angles, too, the estimate has no part along what is not known.
    skew = fixed([5.0, 3.0], [2.0, 0.1], [1.0, 4.0], [40.0, 0.5], scatter=np.array([[2.0, 1.0], [1.0, 1.0]]))
    assert skew.determined.tolist() == [True, False]
    assert skew.loose.T @ skew.estimate == pytest.approx(0, abs=1e-12)
    # A push of 2 that nothing stops is in no such slice.
    assert fixed([1.0, 3.0], [2.0, 2.0], [1.0, 4.0], [-4.0, -0.4]).intervals(1.0).tolist() == [OPEN, OPEN]


@pytest.mark.parametrize(("turn", "known"), [(0.0, True), (1e-9, True), (1.1e-9, False)])
def test_a_weight_is_known_without_a_part_in_what_is_not(turn: float, known: bool) -> None:
    points = fixed([0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [9.0, 0.0], directions=[[1.0, -turn], [turn, 1.0]])
    assert np.isfinite(points.intervals(1.0)[0]).all() == known
    assert np.isinf(points.intervals(1.0)[1]).all()


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("more", "drifts"), [(-0.01, False), (0.01, True)])
def test_a_drift_is_a_move_beyond_what_p_stops_within_ten_spreads(sign: int, more: float, drifts: bool) -> None:
    """From 101 rows a slope of 1/10 stops 1, and noise explains ``sqrt(chi^2 (1 + 10^2) / 101)``."""
    one = fixed([0.0], [sign * (1 + math.sqrt(ONE) + more)], [1.0], [0.1 * math.sqrt(101)], rows=101)
    assert one.drifts == drifts
    # Besides one that is determined, and stopped far away.
    two = fixed([0.0] * 2, [100.0, sign * (1 + math.sqrt(TWO) + more)], [1, 1], [990.0, 0.1 * math.sqrt(101)], rows=101)
    assert two.determined.tolist() == [True, False]
    assert two.drifts == drifts


def test_no_drift_where_all_is_determined_or_something_is_unexcited() -> None:
    assert not fixed([0.0], [1e4], [1.0], [3.0]).drifts
    assert not fixed([0.0, 0.0], [1e4, 1e4], [1.0], [0.1]).drifts


def test_what_lies_off_the_inputs_is_refused() -> None:
    """Up to 1e-9 of the way from the mean and of the mean itself, which are 1000 and 5."""
    for state, along, reach in (([3.0, 4.0], 0.0, 5e-9), ([0.0, 0.0], 1000.0, 1e-6)):
        points = fixed(state, [1.0, 0.0], [2.0], [-2.0])
        assert not points.complete
        assert not points.unique
        assert points.known_combinations(0.1) == []
        assert points.intervals(0.1).tolist() == [OPEN, OPEN]
        on, off = (np.add(state, [along, part * reach]) for part in (0.99, 1.01))
        assert points.squared(on) == pytest.approx((1 - along) ** 2 / (1 / 4 + along**2 / 4), rel=1e-9)
        with pytest.raises(TranscriptError, match="1 of 2 directions"):
            points.squared(off)
    assert points.squared([0.0, 0.0]) == pytest.approx(4, rel=1e-15)


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.floats(0.1, 20.0))
def test_ends_of_intervals_are_planes_that_touch_the_region(seed: int, d: int, critical: float) -> None:
    """The region is a quadric ``(w, 1) M (w, 1) <= 0``; a plane touches it where its dual, by M^-1, is zero."""
    rng = np.random.default_rng(seed)
    turn, scatter = np.linalg.qr(rng.standard_normal((d, d)))[0], rng.standard_normal((d, d))
    state, move, spreads = rng.standard_normal(d), rng.standard_normal(d), rng.uniform(1, 3, d)
    slopes = rng.uniform(4, 12, d)
    points = fixed(state, move, spreads, slopes, rows=9, directions=turn, scatter=scatter @ scatter.T + np.eye(d))
    slope = np.diag(slopes / spreads) @ turn.T
    moves = points.noise.whiten(np.column_stack([slope, move - slope @ state]).T).T
    scaled = turn.T / spreads[:, None] @ np.column_stack([np.eye(d), -state])
    leverage = scaled.T @ scaled
    leverage[d, d] += 1 / 9
    dual = np.linalg.inv(moves.T @ moves - critical * leverage)
    if not points.unique:
        return
    bounded = critical < np.linalg.svd(moves[:, :d] @ turn * spreads, compute_uv=False)[-1] ** 2
    known = [(np.eye(d)[i], *ends) for i, ends in enumerate(points.intervals(critical))]
    known += points.known_combinations(critical)
    assert len(known) == 2 * d
    # What is known one by one: the noise of no combination tells anything of another.
    parts = moves[:, :d] @ np.linalg.inv([combination for combination, *_ in known[d:]])
    squares = parts.T @ parts
    np.testing.assert_allclose(squares, np.diag(np.diagonal(squares)), atol=1e-9 * squares.max())
    w = rng.standard_normal(d + 1)
    w[d] = 1
    assert points.squared(w[:d]) == pytest.approx(float(np.sum((moves @ w) ** 2) / (w @ leverage @ w)), rel=1e-9)
    for combination, low, high in known:
        assert (np.isfinite([low, high]) == bounded).all()
        if bounded:  # at (l, -x) the dual is a quadratic in x, and its roots are the ends
            a, b, c = dual[d, d], -2 * combination @ dual[:d, d], combination @ dual[:d, :d] @ combination
            np.testing.assert_allclose([low, high], np.sort(np.roots([a, b, c])), rtol=1e-6, atol=1e-8)
