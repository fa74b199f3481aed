"""The adversary: attacks from real prompts to real prompts, measured on runs of the real pair."""

from __future__ import annotations

import doctest
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from numerics import (
    Attack,
    DTypeError,
    ExactnessError,
    Interaction,
    LSAAgent,
    LSALayer,
    NonFiniteError,
    NotAffineError,
    NothingToAttackError,
    NumericsError,
    OptionError,
    Prompt,
    ShapeError,
    StepSizeError,
    blind_attack,
    gradient_attack,
    label_attack,
    one_example_attack,
    probe,
    prompt_attack,
)
from numerics.attacks import gradient as first_order, labels as adversary
from numerics.attacks.problem import LabelProblem
from tests.cases import cases
from tests.numerics.common import rounded_copy
from tests.numerics.random_prompts import random_prompts, random_step_sizes
from tests.strategies import agents, vectors

F = Fraction


def drawn_agent(rng: np.random.Generator, n: int, d: int, **options: object) -> LSAAgent:
    prompt = random_prompts(rng, (), n, d, **options)
    return LSAAgent(prompt, random_step_sizes(rng, prompt))


def simple_victim(d: int = 2, *, exact: bool = False) -> LSAAgent:
    unit = np.eye(d, dtype=np.int64)
    target = np.arange(1, d + 1)
    if exact:
        return LSAAgent(Prompt.from_target(unit.astype(object), target.astype(object)), F(1, 2))
    return LSAAgent(Prompt.from_target(unit.astype(float), target.astype(float)), 0.5)


def squared(vector: np.ndarray) -> object:
    return (vector * vector).sum()


def full_row_rank(X: np.ndarray) -> bool:
    """Whether some prompt with these inputs can make any move: the rows span the space."""
    return bool(np.linalg.matrix_rank(X) == X.shape[1])


# ---- label attacks -------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.many
def test_over_random_geometries_feasible_attacks_win_and_infeasible_ones_are_refused() -> None:
    seed, feasible, refused = 20260, 0, 0
    rng = np.random.default_rng(seed)
    tried = cases(100, 400)
    for k in range(tried):
        d = int(rng.integers(1, 6))
        victim = drawn_agent(rng, d + int(rng.integers(0, 4)), d)
        n = d + int(rng.integers(0, 4)) if k % 2 else int(rng.integers(1, d + 1))
        attacker, goal, start = drawn_agent(rng, n, d), rng.standard_normal(d), rng.standard_normal(d)
        where = f"seed {seed}, geometry {k}"
        attack = label_attack(victim, attacker.prompt.X, goal, step_size=attacker.step_size)
        gap = np.linalg.norm(victim.target - goal)
        assert attack.verify(victim), where
        assert attack.feasible == full_row_rank(attacker.prompt.X), where
        run = Interaction(attack.agent, victim).simulate(start, 10**8, keep="last")
        measured = np.linalg.norm(run.w_last - goal)
        np.testing.assert_allclose(run.u_last - victim.target, attack.victim_bias, atol=1e-6 * gap, err_msg=where)
        if attack.feasible:
            feasible += 1
            assert attack.reachable_error == 0, where
            assert max(measured, attack.error) <= 1e-8 * gap, where
            # B probed from the victim's own moves; its bias is what B leaves of the gap, with the sign of w - u.
            move = probe(victim)
            expected = move.matrix @ (goal - victim.target)
            np.testing.assert_allclose(attack.victim_bias, expected, atol=1e-6 * gap, err_msg=where)
        else:
            refused += 1
            assert attack.reachable_error > 1e-8 * gap, where
            assert measured == pytest.approx(attack.reachable_error, rel=1e-6), where
            scale = 2 * (1 + np.linalg.norm(attack.prompt.y))
            labels = scale * rng.standard_normal((100, n)) + (attack.prompt.y if k % 4 else 0)
            others = Prompt(np.broadcast_to(attack.prompt.X, (100, n, d)), labels)
            pairs = Interaction(LSAAgent(others, attack.step_size), victim)
            reached = pairs.equilibrium(start).w if k % 20 == 0 else _rest(pairs)
            errors = np.linalg.norm(reached - goal, axis=-1)
            assert errors.shape == (100,), where
            assert np.all(errors >= attack.reachable_error * (1 - 1e-9)), where
    assert feasible >= tried / 2
    assert refused >= tried / 5


def _rest(pair: Interaction) -> np.ndarray:
    """The equilibrium by one plain solve (full-rank pairs), for speed."""
    turn = pair.turn_map
    return np.linalg.solve(turn.displacement, -turn.offset[..., None])[..., 0]


def _error(pair: Interaction, goal: np.ndarray) -> float:
    return float(np.linalg.norm(_rest(pair) - goal))


@given(st.data())
@pytest.mark.slow
def test_exact_attacks_hold_the_goal_in_a_turn_of_the_real_layers(data: st.DataObject) -> None:
    victim = data.draw(agents().filter(lambda a: np.any(a.prompt.X != 0)))
    attacker = data.draw(agents(d=victim.d))
    goal = data.draw(vectors(d=victim.d))
    attack = label_attack(victim, attacker.prompt.X, goal, step_size=attacker.step_size)
    assert attack.prompt.exact
    assert attack.verify(victim)
    certificate = attack.certificate
    assert certificate is not None
    pair = Interaction(attack.agent, victim)
    if attack.feasible:
        assert attack.error == attack.reachable_error == 0
        assert np.all(attack.agent.update(victim.update(goal)) == goal)
        assert np.all(pair.equilibrium(goal).w == goal)
        assert np.all(attack.victim_bias == victim.update(goal) - victim.target)
    else:
        assert squared(pair.equilibrium(goal).w - goal) == certificate.squared_bound > 0
        # No label vector does better, whatever the start; the equilibria of other labels, in rationals.
        labels = data.draw(vectors(d=attack.prompt.n))
        other = Interaction(LSAAgent(Prompt(attack.prompt.X, labels), attacker.step_size), victim)
        start = data.draw(vectors(d=victim.d))
        assert squared(other.equilibrium(start).w - goal) >= certificate.squared_bound


@given(st.data())
@pytest.mark.slow
def test_the_label_change_has_no_part_that_changes_nothing(data: st.DataObject) -> None:
    victim = data.draw(agents(d=2).filter(lambda a: np.any(a.prompt.X != 0)))
    attacker = data.draw(agents(d=2, max_n=3))
    attack = label_attack(victim, attacker.prompt.X, data.draw(vectors(d=2)), step_size=attacker.step_size)
    assume(attack.feasible)
    # Labels orthogonal to every feature change nothing; adding them only costs more.
    X = attack.prompt.X
    moment = attack.label_change @ X
    projection = X.astype(float) @ (np.linalg.pinv((X.T @ X).astype(float)) @ moment.astype(float))
    np.testing.assert_allclose(attack.label_change.astype(float), projection, atol=1e-8 * (1 + attack.cost))
    assert attack.cost == pytest.approx(np.linalg.norm(attack.label_change.astype(float)))


@given(st.data())
@pytest.mark.slow
def test_floating_point_attacks_on_victims_of_all_ranks(data: st.DataObject) -> None:
    victim = data.draw(agents(exact=False).filter(lambda a: np.any(a.prompt.X != 0)))
    attacker = data.draw(agents(exact=False, d=victim.d))
    goal = data.draw(vectors(d=victim.d, exact=False))
    pair = Interaction(attacker, victim)
    assume(pair.converges())
    attack = label_attack(victim, attacker.prompt.X, goal, step_size=attacker.step_size)
    assert attack.verify(victim)
    assert attack.error == pytest.approx(attack.reachable_error, abs=1e-7)
    exact = label_attack(
        exact_agent(victim), rationals_of(attacker.prompt.X), rationals_of(goal), step_size=F(float(attacker.step_size))
    )
    assert attack.reachable_error == pytest.approx(exact.reachable_error, abs=1e-7)


def rationals_of(array: np.ndarray) -> np.ndarray:
    flat = np.empty(array.size, dtype=object)
    flat[:] = [F(float(x)).limit_denominator(10**6) for x in array.flat]
    return flat.reshape(array.shape)


def exact_agent(agent: LSAAgent) -> LSAAgent:
    prompt = Prompt(rationals_of(agent.prompt.X), rationals_of(agent.prompt.y))
    return LSAAgent(prompt, F(float(agent.step_size)))


def test_a_victim_blind_to_the_gap_is_beaten_for_free() -> None:
    X = np.array([[F(1), F(0)]], dtype=object)
    victim = LSAAgent(Prompt(X, np.array([F(1)], dtype=object)), F(1, 2))
    goal = np.array([F(1), F(5)], dtype=object)
    attack = label_attack(victim, np.array([[F(0), F(1)]], dtype=object), goal, step_size=F(1))
    assert attack.feasible
    assert attack.cost == 0
    assert np.all(attack.victim_bias == np.array([F(0), F(5)]))
    assert victim.prompt.loss(goal) == 0


@pytest.mark.parametrize("exact", [True, False])
def test_no_gap_is_no_error(exact: bool) -> None:
    victim = simple_victim(exact=exact)
    X = np.eye(2, dtype=np.int64).astype(object if exact else float)
    step = F(1, 2) if exact else 0.5
    found = [
        label_attack(victim, X, victim.target, step_size=step),
        one_example_attack(victim, victim.target, step_size=step),
    ]
    if not exact:
        found += [
            label_attack(victim, X, victim.target, step_size=step, budget=("l2", 0.0)),
            gradient_attack(victim, Prompt.from_target(X, victim.target), victim.target, step_size=step),
            prompt_attack(victim, X, victim.target, step_size=step),
        ]
    for attack in found:
        assert attack.feasible
        assert attack.cost == attack.reachable_error == 0
        assert attack.error <= 1e-12
        np.testing.assert_allclose(attack.victim_bias.astype(float), 0, atol=1e-12)


def test_a_victim_with_any_affine_layer_can_be_attacked() -> None:
    layer = LSALayer.from_blocks([[-0.4, 0.1], [0.0, -0.3]], [[1.0, 0.2], [0.0, 1.0]])
    victim = LSAAgent.with_layer(Prompt.from_target(np.eye(2), [1.0, 2.0]), layer)
    attack = label_attack(victim, np.eye(2), [0.0, 0.0], step_size=0.5)
    assert attack.feasible
    run = Interaction(attack.agent, victim).simulate(None, 2000)
    np.testing.assert_allclose(run.w_last, 0, atol=1e-9)


# ---- budgets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["l2", "box"])
@pytest.mark.slow
@pytest.mark.many(2)
def test_budgeted_attacks_are_optimal_within_their_budget(kind: str) -> None:
    rng = np.random.default_rng(7)
    for k in range(60):
        d, n = int(rng.integers(1, 5)), int(rng.integers(1, 7))
        victim, attacker, goal = drawn_agent(rng, d + 1, d), drawn_agent(rng, n, d), rng.standard_normal(d)
        free = label_attack(victim, attacker.prompt.X, goal, step_size=attacker.step_size)
        largest = free.cost if kind == "l2" else abs(free.label_change).max()
        radius = float(rng.uniform(0.05, 0.95)) * largest
        attack = label_attack(victim, attacker.prompt.X, goal, step_size=attacker.step_size, budget=(kind, radius))
        size = attack.cost if kind == "l2" else abs(attack.label_change).max()
        assert size <= radius * (1 + 1e-12), k
        assert attack.verify(victim), k
        assert attack.error == pytest.approx(attack.reachable_error, rel=1e-5, abs=1e-8), k
        assert attack.error >= free.error - 1e-9, k
        for _ in range(20):
            s = rng.uniform(-radius, radius, n)
            s = s if kind == "box" else s * min(1, radius / np.linalg.norm(s))
            labels = attack.prompt.y - attack.label_change + s
            other = Interaction(LSAAgent(Prompt(attack.prompt.X, labels), attack.step_size), victim)
            assert _error(other, goal) >= attack.reachable_error * (1 - 1e-9), k
        roomy = label_attack(victim, attacker.prompt.X, goal, step_size=attacker.step_size, budget=(kind, 2 * largest))
        assert np.all(roomy.label_change == free.label_change)


def test_a_box_may_hold_other_labels_that_reach_the_goal() -> None:
    # Three copies of one direction: the least-norm change is uneven, an even one fits into a smaller box.
    victim = LSAAgent(Prompt([[1.0]], [3.0]), 0.5)
    X = np.array([[2.0], [1.0], [1.0]])
    free = label_attack(victim, X, [0.0], step_size=0.2)
    radius = 0.9 * abs(free.label_change).max()
    boxed = label_attack(victim, X, [0.0], step_size=0.2, budget=("box", radius))
    assert boxed.feasible
    assert boxed.error <= 1e-12
    assert boxed.cost > free.cost


def test_a_binding_budget_is_refused_in_exact_mode_and_a_loose_one_is_not() -> None:
    victim = simple_victim(exact=True)
    X, goal = np.eye(2, dtype=np.int64).astype(object), np.array([0, 0], dtype=object)
    for kind in ("l2", "box"):
        with pytest.raises(ExactnessError, match="binds"):
            label_attack(victim, X, goal, step_size=F(1, 2), budget=(kind, F(1, 10)))
        assert label_attack(victim, X, goal, step_size=F(1, 2), budget=(kind, F(9))).error == 0


# ---- one example ---------------------------------------------------------------------------------------------


@given(st.data())
@pytest.mark.slow
def test_one_example_wins_exactly_against_victims_of_all_ranks(data: st.DataObject) -> None:
    victim = data.draw(agents().filter(lambda a: np.any(a.prompt.X != 0)))
    goal = data.draw(vectors(d=victim.d))
    step = data.draw(st.sampled_from([F(1), F(3, 7), F(100)]))
    attack = one_example_attack(victim, goal, step_size=step)
    assert attack.prompt.n == 1
    assert attack.feasible
    assert attack.error == 0
    assert attack.verify(victim)
    assert np.all(attack.agent.update(victim.update(goal)) == goal)
    pair = Interaction(attack.agent, victim)
    assert pair.converges()
    # The real length only needs a correction of the label where it is irrational.
    x = attack.prompt.X[0]
    assert float(step * (x @ x)) == pytest.approx(1, abs=1e-5)
    assert attack.cost <= 1e-5 * (1 + np.linalg.norm(victim.update(goal).astype(float))) / math.sqrt(step)


@given(st.data())
@pytest.mark.slow
def test_one_honest_example_wins_in_floating_point(data: st.DataObject) -> None:
    victim = rounded_copy(data.draw(agents().filter(lambda a: np.any(a.prompt.X != 0))))
    goal = data.draw(vectors(d=victim.d, exact=False))
    attack = one_example_attack(victim, goal, step_size=1.7)
    assert attack.cost <= 1e-12
    assert attack.error <= 1e-7
    assert attack.verify(victim)
    pair = Interaction(attack.agent, victim)
    assume(pair.rate() < 0.999)
    np.testing.assert_allclose(pair.simulate(goal, 10**5, keep="last").w_last, goal, atol=1e-6)


# ---- first-order attacks on the labels ------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["descent", "conjugate"])
@pytest.mark.slow
@pytest.mark.many(2)
def test_first_order_attacks_never_exceed_their_proven_bound_and_arrive(method: Any) -> None:
    rng, arrived = np.random.default_rng(3), 0
    for k in range(80):
        d, n = int(rng.integers(1, 5)), int(rng.integers(1, 7))
        victim, attacker, goal = drawn_agent(rng, d + 2, d), drawn_agent(rng, n, d), rng.standard_normal(d)
        attack = gradient_attack(
            victim, attacker.prompt, goal, step_size=attacker.step_size, method=method, iterations=1500
        )
        history = attack.history
        assert history is not None
        assert history.bound is not None
        assert history.rate is not None
        assert np.all(history.error <= history.bound), f"geometry {k}"
        assert len(history.error) <= 1501
        assert np.all(history.error >= attack.reachable_error * (1 - 1e-9))
        assert attack.verify(victim)
        assert history.error[-1] == pytest.approx(attack.error, rel=1e-6, abs=1e-9)
        # The first entry is the error of the given prompt.
        assert history.error[0] == pytest.approx(_error(Interaction(attacker, victim), goal), rel=1e-6)
        assert attack.feasible == full_row_rank(attacker.prompt.X)
        if len(history.error) < 1501:
            arrived += 1
            assert attack.error == pytest.approx(attack.reachable_error, abs=1e-9 * history.error[0] + 1e-12)
            direct = label_attack(victim, attacker.prompt.X, goal, step_size=attacker.step_size)
            assert direct.reachable_error == pytest.approx(attack.reachable_error, rel=1e-6)
    assert arrived >= 50


def test_the_bound_is_not_slack() -> None:
    """The worst direction shrinks at the proven rate, so that a smaller rate would be wrong."""
    victim = LSAAgent(Prompt.from_target(np.eye(2), [0.0, 1.0]), 0.5)
    X = np.diag([1.0, 0.5])
    start = Prompt.from_target(X, [0.0, 0.0])
    attack = gradient_attack(victim, start, [0.0, 0.0], step_size=0.5, method="descent", iterations=40)
    history = attack.history
    assert history is not None
    assert history.bound is not None
    assert history.rate is not None
    assert history.rate > 0.4
    np.testing.assert_allclose(history.error, history.bound, rtol=1e-9, atol=1e-12)
    planted = history.error[0] * (0.999 * history.rate) ** np.arange(len(history.error))
    assert np.any(history.error > planted)


def drawn_with_condition(rng: np.random.Generator, n: int, d: int, condition: float) -> LSAAgent:
    prompt = random_prompts(rng, (), n, d, condition=condition)
    return LSAAgent(prompt, float(rng.uniform(0.2, 1.8)) / np.linalg.eigvalsh(prompt.gram)[-1])


@pytest.mark.parametrize("condition", [1.0, 30.0, 1e3, 1e6])
def test_conjugate_gradients_reach_the_goal_to_rounding_in_as_many_steps_as_the_rank(condition: float) -> None:
    rng, seen = np.random.default_rng(11), 0
    for k in range(12):
        d = int(rng.integers(2, 9))
        n = d + int(rng.integers(-2, 4)) if k % 2 else d + 2
        victim = drawn_with_condition(rng, d + 2, d, 3.0)
        attacker, goal = drawn_with_condition(rng, max(n, 1), d, condition), rng.standard_normal(d)
        attack = gradient_attack(victim, attacker.prompt, goal, step_size=attacker.step_size)
        history, rank = attack.history, int(attacker.prompt.rank)
        assert history is not None
        assert history.bound is not None
        assert history.method == "conjugate"
        assert np.all(history.error <= history.bound), k
        # What the equilibrium's measurement rounds, through the condition of the labels.
        rounding = 1e-13 * condition * (1 + history.error[0])
        assert attack.error <= attack.reachable_error + 1e-6 * history.error[0] * (not attack.feasible) + rounding, k
        assert len(history.error) - 1 <= rank * (1 if condition <= 1e3 else 4), k
        if attack.feasible:
            seen += 1
            assert history.error[min(rank, len(history.error) - 1)] <= rounding, "without a restart"
    assert seen >= 6


def test_at_condition_30_descent_misses_the_goal_and_conjugate_gradients_do_not() -> None:
    rng = np.random.default_rng(12)
    victim, attacker = drawn_with_condition(rng, 6, 4, 2.0), drawn_with_condition(rng, 6, 4, 30.0)
    found = {
        method: gradient_attack(victim, attacker.prompt, np.ones(4), step_size=attacker.step_size, method=method)
        for method in ("conjugate", "descent")
    }
    gap = np.linalg.norm(np.ones(4) - victim.target)
    assert found["conjugate"].error <= 1e-12 * gap
    assert found["descent"].error > 1e-4 * gap
    assert found["descent"].history.rate > found["conjugate"].history.rate
    assert len(found["descent"].history.error) == 2001


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_the_bound_of_conjugate_gradients_is_attained(steps: int) -> None:
    """At the extrema of Chebyshev's polynomial, with the weights for which it is also the best in least squares."""
    d, condition = steps + 1, 400.0
    nodes = (1 + 1 / condition) / 2 + (1 - 1 / condition) / 2 * np.cos(np.pi * np.arange(d) / steps)
    gaps = np.array([np.prod([abs(x - other) for other in nodes if other != x]) for x in nodes])
    e0 = np.sqrt(1 / (nodes * gaps))
    # A victim that goes to its target at once, zero: then w_inf = X^T y / n.
    victim = LSAAgent(Prompt.from_target(math.sqrt(d) * np.eye(d), np.zeros(d)), 1.0)
    X = np.diag(np.sqrt(nodes))
    start = Prompt(X, d * e0 / np.sqrt(nodes))
    attack = gradient_attack(victim, start, np.zeros(d), step_size=1.0)
    history = attack.history
    assert history is not None
    assert history.bound is not None
    assert history.rate == pytest.approx((math.sqrt(condition) - 1) / (math.sqrt(condition) + 1))
    np.testing.assert_allclose(history.error[0], np.linalg.norm(e0), rtol=1e-12)
    assert history.error[steps] == pytest.approx(history.bound[steps], rel=1e-6)
    assert history.bound[steps] <= 2 * history.rate**steps * history.error[0] * (1 + 1e-9)
    assert history.error[d] <= 1e-11 * history.error[0], "one step more is the last"
    planted = 0.99 * history.rate
    assert history.error[steps] > 2 * planted**steps / (1 + planted ** (2 * steps)) * history.error[0]


@given(st.data())
@pytest.mark.slow
def test_the_label_gradient_is_that_of_the_real_equilibrium(data: st.DataObject) -> None:
    victim = data.draw(agents().filter(lambda a: np.any(a.prompt.X != 0)))
    attacker = data.draw(agents(d=victim.d))
    goal = data.draw(vectors(d=victim.d))
    problem = LabelProblem(victim, attacker.prompt, goal, attacker.step_size)
    zero = np.full(attacker.prompt.n, F(0), dtype=object)
    direction = data.draw(vectors(d=attacker.prompt.n))
    gradient = problem.gradient(problem.error(zero))

    def half_square(labels: np.ndarray) -> Fraction:
        agent = LSAAgent(Prompt(attacker.prompt.X, labels), attacker.step_size)
        return squared(Interaction(agent, victim).equilibrium(goal).w - goal) / 2

    # J is quadratic, so that a central difference is exact.
    y = attacker.prompt.y
    slope = (half_square(y + direction) - half_square(y - direction)) / 2
    assert slope == gradient @ direction
    if slope != 0:
        assert slope != -(gradient @ direction)


# ---- optimising the inputs -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_honest_inputs_found_by_gradients_win() -> None:
    rng, won = np.random.default_rng(5), 0
    for _ in range(8):
        d, n = int(rng.integers(1, 4)), int(rng.integers(2, 5))
        victim, attacker, goal = drawn_agent(rng, d + 2, d), drawn_agent(rng, n, d), rng.standard_normal(d)
        attack = prompt_attack(victim, attacker.prompt.X, goal, step_size=attacker.step_size, iterations=300)
        assert attack.empirical
        assert attack.certificate is None
        assert not attack.verify(victim)
        assert attack.history is not None
        assert attack.history.bound is None
        assert np.all(np.diff(attack.history.error) < 0)
        assert attack.error == pytest.approx(attack.reachable_error, rel=1e-5, abs=1e-9)
        np.testing.assert_allclose(attack.prompt.y, attack.prompt.X @ goal)
        assert Interaction(attack.agent, victim).converges()
        won += attack.feasible
    assert won >= 4


def test_the_gradient_with_respect_to_inputs_agrees_with_differences() -> None:
    rng = np.random.default_rng(6)
    victim, attacker, goal = drawn_agent(rng, 5, 3), drawn_agent(rng, 4, 3), rng.standard_normal(3)
    X, step, direction = attacker.prompt.X, attacker.step_size, rng.standard_normal((4, 3))
    _, gradient = first_order._inputs_gradient(victim.affine_map(), X, goal, step)

    def half_square(moved: np.ndarray) -> float:
        return _error(Interaction(LSAAgent(Prompt.from_target(moved, goal), step), victim), goal) ** 2 / 2

    slope = (half_square(X + 1e-6 * direction) - half_square(X - 1e-6 * direction)) / 2e-6
    assert slope == pytest.approx((gradient * direction).sum(), rel=1e-6)
    assert slope != pytest.approx(-(gradient * direction).sum(), rel=1e-2)


# ---- the blind attacker --------------------------------------------------------------------------------------


def at_most_one(rng: np.random.Generator, n: int, d: int) -> LSAAgent:
    prompt = random_prompts(rng, (), n, d, condition=float(rng.uniform(1, 3)))
    return LSAAgent(prompt, float(rng.uniform(0.2, 1)) / np.linalg.eigvalsh(prompt.gram)[-1])


@pytest.mark.slow
def test_the_blind_attacker_wins_against_every_victim() -> None:
    rng = np.random.default_rng(8)
    for k in range(14):
        d = int(rng.integers(1, 4))
        attacker, goal = at_most_one(rng, d + 1, d), rng.standard_normal(d)
        # Victims of any rank, up to the edge of the box.
        victim = drawn_agent(rng, int(rng.integers(1, d + 3)), d)
        gain = float(rng.uniform(0.1, 1.9))
        agent = blind_attack(attacker.prompt, goal, step_size=attacker.step_size, gain=gain)
        run = Interaction(agent, victim).simulate(rng.standard_normal(d), 200)
        assert run.method == "attention"
        error = np.linalg.norm(run.error_w(), axis=-1)
        assert error[-1] <= 1e-6 * error.max(), f"pair {k}, gain {gain}"
        # Runs start afresh.
        again = Interaction(agent, victim).simulate(run.w[0], 5)
        assert np.all(again.w == run.w[:6])


def scalar_blind_run(p: Fraction, q: Fraction, gain: Fraction, turns: int, *, declared: int = 0) -> np.ndarray:
    """Errors of a scalar attacker with goal 0 against a victim with target 1."""
    one, zero = np.array([[F(1)]], dtype=object), np.array([F(0)], dtype=object)
    victim = LSAAgent(Prompt(one, np.array([F(1)], dtype=object)), q)
    first = np.array([F(declared)], dtype=object)
    agent = blind_attack(Prompt(one, zero), zero, step_size=p, gain=gain, declared=first, allow_unproven=True)
    return abs(Interaction(agent, victim).simulate(None, turns).w[:, 0].astype(float))


@pytest.mark.slow
def test_the_gain_bound_of_the_blind_attack_is_sharp() -> None:
    # p = 1, whatever the victim: below 2 it arrives, at 2 it swings for ever, beyond it runs away.
    assert scalar_blind_run(F(1), F(1, 4), F(7, 4), 100, declared=1)[-1] < 1e-9
    np.testing.assert_array_equal(scalar_blind_run(F(1), F(1, 4), F(2), 100, declared=1)[1:], 1)
    assert scalar_blind_run(F(1), F(1, 4), F(9, 4), 60, declared=1)[-1] > 1e5
    # At p = 1 the goal itself, declared first, is right at once, whatever the gain.
    np.testing.assert_array_equal(scalar_blind_run(F(1), F(1, 4), F(9, 4), 60)[1:], 0)
    # p < 1 from the goal as declared target, against a victim on the edge of its box (B = -1).
    assert scalar_blind_run(F(1, 2), F(2), F(7, 4), 300)[-1] < 1e-9
    assert scalar_blind_run(F(1, 2), F(2), F(2), 300)[-1] > 0.1
    assert scalar_blind_run(F(1, 2), F(2), F(9, 4), 300)[-1] > 1e5


def test_the_step_bound_of_the_blind_attack_is_sharp() -> None:
    # Gain 1: p = 1 arrives against any victim, p between 1 and 2 does not.
    assert scalar_blind_run(F(1), F(15, 8), F(1), 100, declared=1)[-1] < 1e-9
    assert scalar_blind_run(F(15, 8), F(1, 4), F(1), 60)[-1] > 1e5


def test_a_planted_sign_makes_the_blind_attacker_fail() -> None:
    rng = np.random.default_rng(9)
    attacker, victim, goal = at_most_one(rng, 3, 2), drawn_agent(rng, 3, 2), rng.standard_normal(2)
    agent = blind_attack(attacker.prompt, goal, step_size=attacker.step_size, gain=0.5)
    agent._gain = -agent._gain
    run = Interaction(agent, victim).simulate(goal, 100)
    assert np.linalg.norm(run.w_last - goal) > np.linalg.norm(run.w[1] - goal)


def test_blind_attack_in_rationals_is_the_same_as_in_floats() -> None:
    one = np.array([[F(1), F(1)], [F(0), F(1)]], dtype=object)
    goal = np.array([F(1), F(2)], dtype=object)
    exact = blind_attack(Prompt.from_target(one, goal), goal, step_size=F(1, 2), gain=F(1, 2))
    victim = simple_victim(exact=True)
    run = Interaction(exact, victim).simulate(None, 6)
    floating = blind_attack(
        Prompt.from_target(one.astype(float), goal.astype(float)), [1.0, 2.0], step_size=0.5, gain=0.5
    )
    other = Interaction(floating, rounded_copy(victim)).simulate(None, 6)
    np.testing.assert_allclose(run.w.astype(float), other.w, atol=1e-12)
    assert exact.exact
    assert np.all(exact.target == goal)
    assert not np.all(exact.declared == goal)
    exact.reset()
    assert np.all(exact.declared == goal)
    with pytest.raises(ShapeError, match="one run"):
        floating.update(np.zeros((3, 2)))


# ---- errors --------------------------------------------------------------------------------------------------


def calls(victim: LSAAgent, goal: object, *, step_size: object = 0.5) -> dict[str, object]:
    X = np.eye(2)
    return {
        "label": lambda: label_attack(victim, X, goal, step_size=step_size),
        "one": lambda: one_example_attack(victim, goal, step_size=step_size),
        "gradient": lambda: gradient_attack(victim, Prompt(X, [0.0, 0.0]), goal, step_size=step_size),
        "prompt": lambda: prompt_attack(victim, X, goal, step_size=step_size),
    }


@pytest.mark.parametrize("name", ["label", "one", "gradient", "prompt"])
def test_every_white_box_attack_checks_its_arguments(name: str) -> None:
    victim = simple_victim()
    with pytest.raises(ShapeError, match=r"goal has shape \(3,\)"):
        calls(victim, np.zeros(3))[name]()
    with pytest.raises(NonFiniteError, match="goal"):
        calls(victim, [0.0, np.nan])[name]()
    with pytest.raises(NothingToAttackError, match="never moves"):
        calls(LSAAgent(Prompt(np.zeros((2, 2)), [1.0, 2.0]), 0.5), [0.0, 0.0])[name]()
    for step in (0.0, -1.0, math.inf):
        with pytest.raises(StepSizeError, match="step_size"):
            calls(victim, [0.0, 0.0], step_size=step)[name]()
    with pytest.raises(NumericsError, match="step_size"):
        calls(victim, [0.0, 0.0], step_size=[0.5, 0.5])[name]()
    with pytest.raises(ExactnessError):
        calls(victim, np.array([F(1), F(0)], dtype=object))[name]()
    with pytest.raises(ExactnessError):
        calls(simple_victim(exact=True), [0.5, 0.5])[name]()
    with pytest.raises(ShapeError, match="one victim at a time"):
        calls(LSAAgent(Prompt(np.ones((4, 2, 2)), np.zeros((4, 2))), 0.5), [0.0, 0.0])[name]()
    with pytest.raises(DTypeError, match="LSAAgent"):
        calls("a victim", [0.0, 0.0])[name]()
    # Neither the attacker's inputs nor those of the victim may be taken in steps that do not settle.
    wild = LSAAgent(Prompt.from_target(3 * np.eye(2), [1.0, 2.0]), 7.0)
    with pytest.raises(StepSizeError, match="settle"):
        calls(wild, [0.0, 0.0])[name]()
    if name != "one":
        with pytest.raises(StepSizeError, match="settle"):
            calls(victim, [0.0, 0.0], step_size=50.0)[name]()


def test_other_wrong_arguments_have_their_own_messages() -> None:
    victim, X, goal = simple_victim(), np.eye(2), [0.0, 0.0]
    with pytest.raises(ShapeError, match="X has shape"):
        label_attack(victim, np.eye(3), goal, step_size=0.5)
    with pytest.raises(ExactnessError):
        label_attack(victim, X.astype(np.int64).astype(object), goal, step_size=0.5)
    for budget in (("l2", -1.0), ("box", -0.1), ("l1", 1.0), 3.0, ("l2", 1.0, 2.0), ("l2", [1.0, 2.0])):
        with pytest.raises(OptionError, match="budget"):
            label_attack(victim, X, goal, step_size=0.5, budget=budget)
    with pytest.raises(NonFiniteError, match="budget radius"):
        label_attack(victim, X, goal, step_size=0.5, budget=("l2", math.nan))
    honest = Prompt.from_target(X, goal)
    with pytest.raises(OptionError, match="iterations"):
        gradient_attack(victim, honest, goal, step_size=0.5, iterations=-1)
    with pytest.raises(OptionError, match="tolerance"):
        gradient_attack(victim, honest, goal, step_size=0.5, tolerance=-1.0)
    with pytest.raises(DTypeError, match="Prompt"):
        gradient_attack(victim, X, goal, step_size=0.5)
    exact = simple_victim(exact=True)
    with pytest.raises(ExactnessError, match="label_attack"):
        gradient_attack(exact, exact.prompt, exact.target, step_size=F(1, 2))
    bent = np.zeros((6, 6))
    bent[3:5, 3:5] = np.eye(2)
    with pytest.raises(NotAffineError, match="victim"):
        label_attack(LSAAgent.with_layer(honest, LSALayer(bent, np.eye(6))), X, goal, step_size=0.5)


def test_blind_attack_checks_its_arguments() -> None:
    prompt, goal = Prompt.from_target(np.eye(2), [0.0, 0.0]), [1.0, 2.0]
    for gain in (0.0, -1.0, 2.0, 3.0, [0.5, 0.5]):
        with pytest.raises(OptionError, match="gain"):
            blind_attack(prompt, goal, step_size=0.5, gain=gain)
    with pytest.raises(NonFiniteError, match="gain"):
        blind_attack(prompt, goal, step_size=0.5, gain=math.nan)
    with pytest.raises(StepSizeError, match="exceeds 1"):
        blind_attack(prompt, goal, step_size=2.5, gain=1.0)
    with pytest.raises(StepSizeError, match="must be > 0"):
        blind_attack(prompt, goal, step_size=0.0, gain=1.0)
    with pytest.raises(OptionError, match="rank 1 < d = 2"):
        blind_attack(Prompt(np.ones((3, 2)), np.zeros(3)), goal, step_size=0.1, gain=1.0)
    with pytest.raises(ShapeError, match="declared"):
        blind_attack(prompt, goal, step_size=0.5, gain=1.0, declared=[1.0])
    with pytest.raises(ShapeError, match="goal"):
        blind_attack(prompt, [1.0], step_size=0.5, gain=1.0)
    with pytest.raises(ShapeError, match="batch"):
        blind_attack(Prompt(np.ones((4, 2, 2)), np.zeros((4, 2))), goal, step_size=0.5, gain=1.0)
    with pytest.raises(ExactnessError):
        blind_attack(prompt, goal, step_size=0.5, gain=F(1, 2))
    unit = np.eye(2, dtype=np.int64).astype(object)
    exact = Prompt.from_target(unit, np.array([F(0), F(0)]))
    blind_attack(exact, np.array([F(1), F(2)]), step_size=F(2), gain=F(1))
    with pytest.raises(StepSizeError, match="exceeds 1"):
        blind_attack(exact, np.array([F(1), F(2)]), step_size=F(201, 100), gain=F(1))


# ---- negative controls ---------------------------------------------------------------------------------------


def with_labels(attack: Attack, labels: np.ndarray) -> LSAAgent:
    return LSAAgent(Prompt(attack.prompt.X, labels), attack.step_size)


def test_a_flipped_label_change_does_not_win() -> None:
    victim = simple_victim(exact=True)
    attack = label_attack(
        victim, np.eye(2, dtype=np.int64).astype(object), np.array([0, 0], dtype=object), step_size=F(1, 2)
    )
    assert attack.cost > 0
    wrong = with_labels(attack, attack.prompt.y - 2 * attack.label_change)
    assert np.any(wrong.update(victim.update(attack.goal)) != attack.goal)


@pytest.mark.parametrize("exact", [True, False])
def test_a_wrong_certificate_is_not_verified(exact: bool) -> None:
    from dataclasses import replace

    victim = simple_victim(exact=exact)
    kind, step = (object, F(1, 2)) if exact else (float, 0.5)
    goal = np.array([0, 0]).astype(kind)
    good = label_attack(victim, np.eye(2, dtype=np.int64).astype(kind), goal, step_size=step)
    assert good.certificate is not None
    assert good.certificate.labels is not None
    flipped = replace(good.certificate, labels=good.prompt.y - 2 * good.label_change)
    assert good.verify(victim)
    assert not replace(good, certificate=flipped).verify(victim)
    assert not replace(good, certificate=None).verify(victim)

    bad = label_attack(victim, np.array([[1, 1]]).astype(kind), goal, step_size=step)
    proof = bad.certificate
    assert proof is not None
    assert proof.separator is not None
    assert bad.verify(victim)
    turned = proof.separator * np.array([1, -1]).astype(kind)
    empty = replace(proof, separator=None)
    for wrong in (replace(proof, separator=turned), replace(proof, squared_bound=2 * proof.squared_bound), empty):
        assert not replace(bad, certificate=wrong).verify(victim)


@settings(max_examples=5)
@given(st.integers(0, 100))
def test_against_another_victim_the_attack_misses(seed: int) -> None:
    rng = np.random.default_rng(seed)
    victim, other, attacker = (drawn_agent(rng, 4, 3) for _ in range(3))
    goal = rng.standard_normal(3)
    attack = label_attack(victim, attacker.prompt.X, goal, step_size=attacker.step_size)
    assert attack.verify(victim)
    assert not attack.verify(other)


def test_the_example_in_the_docstring_runs() -> None:
    assert doctest.testmod(adversary).failed == 0
