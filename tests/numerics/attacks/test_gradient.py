"""First-order attacks by hand: every error and bound of a descent, when it stops, and how long steps on inputs are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numerics import Attack, DTypeError, ExactnessError, LSAAgent, OptionError, Prompt, gradient_attack, prompt_attack
from numerics.attacks import gradient as first_order
from numerics.validation import EPS
from tests.numerics.common import exact_copy


def at_once(d: int) -> LSAAgent:
    """A victim that goes to zero at once: then ``w_inf = step X^T y / n``."""
    return LSAAgent(Prompt.from_target(np.eye(d), np.zeros(d)), float(d))


def descent(b: float, **options: Any) -> Attack:
    """Of the first error (0, b, -3) the second entry shrinks by 3/4 a step: sigma is 1 and 1/2, the third is fixed."""
    start = Prompt(np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.zeros(2))
    return gradient_attack(at_once(3), start, [0.0, -b, 3.0], step_size=1.0, method="descent", **options)


@pytest.mark.parametrize("b", [2.0, 0.5])
@pytest.mark.parametrize("iterations", [0, 1, 5])
def test_errors_and_bounds_of_a_descent(b: float, iterations: int) -> None:
    attack = descent(b, iterations=iterations)
    history, k = attack.history, np.arange(iterations + 1)
    assert history is not None
    assert history.bound is not None
    expected = np.sqrt(9 + b**2 * 0.5625**k)
    np.testing.assert_allclose(history.error, expected, rtol=1e-12)
    np.testing.assert_allclose(history.bound, expected, rtol=1e-11)
    assert (history.error < history.bound).all()
    assert history.rate == pytest.approx(0.75)
    assert (history.step, history.method) == (1.0, "descent")
    np.testing.assert_allclose(attack.label_change, [0, -2 * b * (1 - 0.75**iterations)], rtol=1e-12, atol=1e-300)
    assert attack.error == pytest.approx(expected[-1])
    assert attack.reachable_error == pytest.approx(3)
    assert not attack.feasible


def test_a_descent_stops_once_it_is_proven_to_be_near() -> None:
    # |gradient| = (3/4)^k of 1, against 0.05 of 1/2 and of the first error, sqrt(13).
    history = descent(2.0, tolerance=0.05, iterations=10**15).history
    assert history is not None
    assert 0.75**9 <= 0.05 * math.sqrt(13) / 2 < 0.75**8
    assert len(history.error) == 10
    tied = descent(0.0, tolerance=0.0, iterations=10**15).history
    assert tied is not None
    assert len(tied.error) == 1


@pytest.mark.parametrize("method", ["descent", "conjugate"])
def test_the_rounding_of_a_measured_error_is_in_its_bound(method: Any) -> None:
    # Moves: the attacker's -3/4 and C = (0.09, 0.12), the victim's -1/2 from 8 to 5; the inverse of the turn is -8/7.
    victim = LSAAgent(Prompt(np.array([[1.0]]), np.array([2.0])), 0.5)
    prompt = Prompt(np.array([[3.0], [4.0]]), np.array([1.0, 2.0]))
    attack = gradient_attack(victim, prompt, [8.0], step_size=0.06, method=method)
    history = attack.history
    assert history is not None
    assert history.bound is not None
    assert history.rate is not None
    assert (history.step is None) == (method == "conjugate")
    np.testing.assert_allclose(history.error, [8 / 7 * 6.42, 0], atol=1e-13)
    np.testing.assert_allclose(attack.label_change, 42.8 * np.array([0.6, 0.8]))
    turn = (3 / 4 + 1 / 2 + 3 / 8) * 8 + 0.03 * 5 * math.sqrt(5) + (1 + 3 / 4) * 1
    measured = 5 + 8 + 0.15 * (math.sqrt(5) + 42.8)
    shrunk = history.rate * history.error[0] * (2 if method == "conjugate" else 1)
    assert history.bound[1] - shrunk == pytest.approx(8 / 7 * 40 * EPS * (turn + measured), rel=1e-3, abs=0)


@pytest.mark.parametrize("method", ["descent", "conjugate"])
def test_labels_of_small_inputs_reach_as_far(method: Any) -> None:
    prompt = Prompt(1e-9 * np.eye(2), np.zeros(2))
    attack = gradient_attack(at_once(2), prompt, [3.0, 4.0], step_size=2.0, method=method, iterations=9)
    np.testing.assert_allclose(attack.label_change, [3e9, 4e9])
    assert attack.error <= 1e-14
    assert attack.history is not None
    assert attack.history.rate == pytest.approx(0, abs=1e-12)


def test_a_response_of_rank_one_has_no_condition() -> None:
    # Its other singular values are rounding errors.
    prompt = Prompt(np.outer([1.0, 2.0, 3.0], [0.1, 0.7, 0.3]), np.zeros(3))
    goal = [1.0, 2.0, 4.0]
    attack = gradient_attack(at_once(3), prompt, goal, step_size=1.0, method="descent", iterations=9)
    assert attack.history is not None
    assert attack.history.rate == pytest.approx(0, abs=1e-12)
    assert attack.history.error[1] == pytest.approx(attack.reachable_error)


def test_labels_that_change_nothing_are_left_as_they_are() -> None:
    attack = gradient_attack(at_once(2), Prompt(np.zeros((3, 2)), np.ones(3)), [3.0, 4.0], step_size=2.0)
    assert attack.label_change.tolist() == [0, 0, 0]
    assert attack.history is not None
    np.testing.assert_allclose(attack.history.error, [5])


def test_conjugate_gradients_stop_where_rounding_lets_them_come_no_nearer() -> None:
    prompt = Prompt(np.array([[0.3, 0.1], [0.2, 0.7]]), np.ones(2))
    attack = gradient_attack(at_once(2), prompt, [1 / 3, 1 / 7], step_size=1.0, tolerance=0.0, iterations=10**15)
    assert attack.history is not None
    assert len(attack.history.error) < 30
    assert attack.error < 1e-14


def test_what_is_no_start_in_floats_is_refused() -> None:
    victim, goal = at_once(2), [1.0, 2.0]
    exact = exact_copy(victim)
    with pytest.raises(DTypeError, match="expected the attacker's Prompt"):
        gradient_attack(victim, np.eye(2), goal, step_size=1.0)  # type: ignore[arg-type]
    with pytest.raises(ExactnessError, match="prompt is exact"):
        gradient_attack(victim, exact.prompt, goal, step_size=1.0)
    with pytest.raises(ExactnessError, match="gradient_attack iterates in floating point"):
        gradient_attack(exact, exact.prompt, exact.target, step_size=1)
    with pytest.raises(ExactnessError, match="prompt_attack iterates in floating point"):
        prompt_attack(exact, exact.prompt.X, exact.target, step_size=1)
    for iterations in (-1, 0.5):
        with pytest.raises(OptionError, match="iterations"):
            gradient_attack(victim, victim.prompt, goal, step_size=1.0, iterations=iterations)  # type: ignore[arg-type]
        with pytest.raises(OptionError, match="iterations"):
            prompt_attack(victim, np.eye(2), goal, step_size=1.0, iterations=iterations)  # type: ignore[arg-type]


# ---- optimising the inputs -----------------------------------------------------------------------------------


def test_the_gradient_with_respect_to_inputs_by_hand() -> None:
    # The victim goes half way to zero; of P = x.x / 2 the equilibrium is 2 P goal / (1 + P).
    victim = LSAAgent(Prompt(np.array([[1.0]]), np.zeros(1)), 0.5)
    X, goal = np.array([[0.5], [0.5]]), np.array([3.0])
    error, gradient = first_order._inputs_gradient(victim.affine_map(), X, goal, np.array(1.0))
    assert error == pytest.approx(1.8)
    np.testing.assert_allclose(gradient, np.full((2, 1), -1.8 * 3.84 * 0.5))


def test_inputs_are_found_downhill() -> None:
    # w_inf = x^2 goal: x = 1 is honest and brings the goal.
    attack = prompt_attack(at_once(1), [[0.5]], [3.0], step_size=1.0)
    np.testing.assert_allclose(attack.prompt.X, [[1.0]])
    np.testing.assert_allclose(attack.prompt.y, [3.0])
    assert attack.feasible
    assert attack.empirical
    assert attack.label_change.tolist() == [0]
    assert attack.cost == pytest.approx(0.5)
    assert attack.history is not None
    assert attack.error == pytest.approx(attack.reachable_error, abs=1e-14)
    assert attack.history.error[-1] == attack.reachable_error <= 3e-10
    assert attack.history.error[0] == pytest.approx(2.25)


def searched(
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[float], float],
    gradient: float,
    settles: Callable[..., bool] = lambda *_: True,
    **options: Any,
) -> Attack:
    """Search for a scalar input from 1, of given errors and one gradient; the goal is 2 off the victim's target."""
    monkeypatch.setattr(
        first_order, "_inputs_gradient", lambda _victim, X, *_: (error(X.item()), np.array([[gradient]]))
    )
    monkeypatch.setattr(first_order, "_settles", settles)
    victim = LSAAgent(Prompt(np.array([[1.0]]), np.array([1.0])), 1.0)
    return prompt_attack(victim, [[1.0]], [3.0], step_size=0.01, **options)


def test_a_step_is_taken_if_the_square_falls_by_half_of_what_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    # 2.5 squared less the slope, 2 squared, is 1.5 squared; at half the rate 2 squared and a quarter.
    for factor, errors, cost in ((1.0, [2.5, 1.5], 2.0), (1 + 1e-9, [2.5, 2.0], 1.0)):
        table = {1.0: 2.5, -1.0: 1.5 * factor, 0.0: 2.0}
        attack = searched(monkeypatch, table.__getitem__, 2.0, iterations=1)
        assert attack.history is not None
        assert attack.history.error.tolist() == errors
        assert attack.cost == cost


def test_steps_that_are_taken_grow_fourfold(monkeypatch: pytest.MonkeyPatch) -> None:
    attack = searched(monkeypatch, lambda x: x, 2.0**-10, iterations=3)
    assert attack.cost == (1 + 4 + 16) * 2.0**-10
    assert not attack.feasible
    assert attack.reachable_error == 1 - attack.cost
    assert searched(monkeypatch, lambda x: x, 2.0**-10, iterations=0).cost == 0


def test_a_search_of_inputs_takes_two_thousand_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    # Rates 1, then 4, 2 and 1 again and again, of which the last is taken.
    errors = iter([100, 99.99, *(100 - k / 100 if last else math.inf for k in range(2, 2002) for last in (0, 0, 1))])
    attack = searched(monkeypatch, lambda _: next(errors), 1e-3)
    assert attack.history is not None
    assert len(attack.history.error) == 2001
    assert attack.cost == pytest.approx(2)


def test_a_search_of_inputs_ends_where_the_error_is_small_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    # From 10 by 0.75 to a quarter of the gap, 2.
    table = {1.0: 10.0, 0.75: 0.75, -0.25: 0.5}
    attack = searched(monkeypatch, table.__getitem__, 0.25, tolerance=0.25, iterations=10**15)
    assert attack.history is not None
    assert attack.history.error.tolist() == [10, 0.75, 0.5]
    assert attack.feasible
    assert attack.reachable_error == 0.5
    assert attack.cost == 1.25


@pytest.mark.parametrize(("square", "tried"), [(1.0, 46), (1.2, 47), (0.9, 46)])
def test_a_search_ends_where_steps_promise_less_than_rounding(
    monkeypatch: pytest.MonkeyPatch, square: float, tried: int
) -> None:
    # Of the error 4 the square rounds by 64 eps = 2^-46.
    seen = []

    def settles(_victim: object, X: np.ndarray, *_: object) -> bool:
        seen.append(X)
        return False

    attack = searched(monkeypatch, lambda _: 4.0, math.sqrt(square), settles, iterations=10**15)
    assert len(seen) == tried
    assert attack.cost == 0
    assert attack.history is not None
    assert attack.history.error.tolist() == [4]
