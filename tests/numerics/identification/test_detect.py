"""Detection: what a transcript alone decides, and what it cannot."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import (
    Detection,
    ExactnessError,
    Interaction,
    LSAAgent,
    NonFiniteError,
    OptionError,
    Prompt,
    ShapeError,
    TranscriptError,
    blind_attack,
    detect,
    label_attack,
    one_example_attack,
)
from numerics.identification.detect import _judge, _rest, _telling
from numerics.identification.transcript_fit import Fit, fit_answers
from tests.cases import cases
from tests.numerics.random_prompts import random_prompts, random_step_sizes
from tests.strategies import agents, vectors

F = Fraction


def drawn_agent(rng: np.random.Generator, n: int, d: int) -> LSAAgent:
    prompt = random_prompts(rng, (), n, d)
    return LSAAgent(prompt, random_step_sizes(rng, prompt))


def noisy_run(
    rng: np.random.Generator, w: LSAAgent, u: LSAAgent, start: np.ndarray, turns: int, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    moves, answers, state = [], [], start
    for _ in range(turns):
        moves.append(u.update(state))
        state = w.update(moves[-1]) + noise * rng.standard_normal(len(start))
        answers.append(state)
    return np.array(moves), np.array(answers)


def judged(w: object, u: LSAAgent, start: np.ndarray, turns: int, **options: object) -> Detection:
    return detect(Interaction(w, u).simulate(start, turns), u.prompt, u.step_size, **options)


@pytest.mark.slow
@pytest.mark.many
def test_verdicts_over_random_pairs() -> None:
    """No honest agent is ever called shifted; attackers are found whenever their goal is known."""
    rng = np.random.default_rng(11)
    verdicts: dict[str, Counter[str]] = {key: Counter() for key in ("honest", "attack", "plateau", "blind", "inputs")}
    tried = cases(40, 120)
    for k in range(tried):
        d = int(rng.integers(1, 5))
        victim, honest = drawn_agent(rng, d + 2, d), drawn_agent(rng, d + 1, d)
        start, goal, turns = rng.standard_normal(d), rng.standard_normal(d), int(rng.integers(d + 3, 60))
        found = judged(honest, victim, start, turns, declared_goal=honest.target)
        assert found.verdict != "shifted", k
        verdicts["honest"][found.verdict] += 1
        truth = honest.step_size * honest.prompt.gram
        assert found.excited < d or np.linalg.norm(found.geometry - truth, 2) <= found.geometry_uncertainty, k
        # What is certainly not in the kernel of the geometry: there the declared target is found.
        values, basis = np.linalg.eigh(found.geometry)
        seen = basis[:, values > 2 * found.geometry_uncertainty].T
        assert np.linalg.norm(seen @ (found.target - honest.target)) <= 2 * found.target_uncertainty + 1e-12, k
        attack = label_attack(victim, honest.prompt.X, goal, step_size=honest.step_size)
        verdicts["attack"][judged(attack.agent, victim, start, turns, declared_goal=goal).verdict] += 1
        alone = judged(attack.agent, victim, start, turns)
        assert alone.verdict == "undecidable", k
        verdicts["plateau"][alone.reason] += 1
        if alone.reason == "no declared goal" and np.linalg.cond(truth) < 100:
            np.testing.assert_allclose(alone.rest, goal, atol=1e-3)
        blind = blind_attack(
            honest.prompt,
            goal,
            step_size=0.9 / np.linalg.eigvalsh(honest.prompt.gram)[-1],
            gain=float(rng.uniform(0.2, 1.5)),
        )
        found = judged(blind, victim, start, turns, declared_goal=goal)
        verdicts["blind"][found.reason] += 1
        inputs = one_example_attack(victim, goal, step_size=1.0)
        found = judged(inputs.agent, victim, start, turns)
        assert found.verdict != "shifted", k
        verdicts["inputs"][found.reason] += 1
    assert verdicts["honest"]["honest"] >= 0.91 * tried
    assert verdicts["attack"]["shifted"] == tried
    assert verdicts["plateau"]["no declared goal"] >= 0.91 * tried
    assert verdicts["blind"]["no fixed prompt"] == tried
    # An attacker that wins by its choice of inputs writes true labels: there is nothing to find in them.
    assert verdicts["inputs"]["rests at its target"] >= 0.91 * tried


@pytest.mark.slow
@pytest.mark.many
def test_with_noise_honest_agents_are_not_accused_and_attackers_are_found() -> None:
    rng, found, honest_calls = np.random.default_rng(12), 0, 0
    tried = cases(40, 120)
    for k in range(tried):
        d = int(rng.integers(1, 4))
        victim, honest = drawn_agent(rng, d + 2, d), drawn_agent(rng, d + 2, d)
        start, goal, noise = 3 * rng.standard_normal(d), rng.standard_normal(d), 10 ** rng.uniform(-8, -3)
        options = {"noise": noise}
        run = noisy_run(rng, honest, victim, start, 40, noise)
        verdict = detect(run, victim.prompt, victim.step_size, declared_goal=honest.target, **options).verdict
        assert verdict != "shifted", k
        assert detect(run, victim.prompt, victim.step_size, **options).reason != "no fixed prompt", k
        honest_calls += verdict == "honest"
        attack = label_attack(victim, honest.prompt.X, goal, step_size=honest.step_size)
        run = noisy_run(rng, attack.agent, victim, start, 40, noise)
        found += detect(run, victim.prompt, victim.step_size, declared_goal=goal, **options).verdict == "shifted"
    assert found >= 0.75 * tried
    assert honest_calls >= tried / 3


def errors_and_bounds(rng: np.random.Generator, k: int) -> dict[str, tuple[float, float]]:
    """Judge a random pair of any ranks, few turns or a settled run, with noise or rounding; what is stated of it."""
    d, noise, decimals = int(rng.integers(1, 5)), (0.0, 10 ** rng.uniform(-9, -2))[k % 2], int(rng.integers(2, 9))
    own, other = (drawn_agent(rng, int(rng.integers(1, d + 2)), d) for _ in range(2))
    way, turns = ("full", "fed", "after")[k % 3], int(rng.integers(2, (6, 80)[k % 4 > 0]))
    state, moves, answers = 10 ** rng.uniform(-1, 1) * rng.standard_normal(d), [], []
    for _ in range(turns):
        moves.append(own.update(state).round(decimals) if way == "fed" else own.update(state))
        state = other.update(moves[-1]) + noise * rng.standard_normal(d)
        state = state.round(decimals) if way == "fed" else state
        answers.append(state)
    u, w = np.array(moves), np.array(answers)
    u, w = (u.round(decimals), w.round(decimals)) if way == "after" else (u, w)
    P, goal = other.step_size * other.prompt.gram, other.target
    claimed = detect((u, w), own.prompt, own.step_size, declared_goal=goal, noise=noise)
    alone = detect((u, w), own.prompt, own.step_size, noise=noise)
    assert claimed.verdict != "shifted"
    assert "no fixed prompt" not in (claimed.reason, alone.reason)
    excited = np.linalg.svd(u - u.mean(axis=0))[2][: claimed.excited]
    declared = u.mean(axis=0) + np.linalg.pinv(P, rcond=1e-10) @ P @ (goal - u.mean(axis=0))
    turn = np.eye(d) - (np.eye(d) - P) @ (np.eye(d) - own.step_size * own.prompt.gram)
    stated = {
        "geometry": (np.linalg.norm((claimed.geometry - P) @ excited.T, 2), claimed.geometry_uncertainty),
        "target": (np.linalg.norm(claimed.target - declared), claimed.target_uncertainty),
        "move at goal": (np.linalg.norm(claimed.move_at_goal - (other.update(goal) - goal)), claimed.move_uncertainty),
    }
    if np.linalg.cond(turn) < 1e12:
        rest = np.linalg.solve(turn, other.update(own.update(np.zeros(d))))
        stated["move at rest"] = np.linalg.norm(alone.move_at_goal - other.update(rest) + rest), alone.move_uncertainty
    else:
        assert np.isinf(alone.move_uncertainty)
    return {name: (float(error), bound) for name, (error, bound) in stated.items() if np.isfinite(bound)}


@pytest.mark.slow
@pytest.mark.many
def test_every_stated_bound_is_true() -> None:
    rng, counted, close = np.random.default_rng(14), Counter(), Counter()
    tried = cases(80, 240)
    for k in range(tried):
        for name, (error, bound) in errors_and_bounds(rng, k).items():
            assert error <= bound, (k, name)
            counted[name] += 1
            close[name] += error > bound / 300
    # Bounds are stated, and a much smaller one would be found out.
    assert min(counted.values()) > tried / 5
    assert min(close.values()) > tried / 100
    assert len(counted) == len(close) == 4


def test_what_was_not_seen_has_no_bound() -> None:
    """A kernel, an unexcited direction, a pair that may rest anywhere: no number is stated."""
    rng = np.random.default_rng(15)
    victim, flat = drawn_agent(rng, 4, 2), LSAAgent(Prompt([[1.0, 1.0]], [2.0]), 0.3)
    found = judged(flat, victim, np.array([2.0, -1.0]), 20, declared_goal=flat.target)
    assert np.isfinite([found.geometry_uncertainty, found.move_uncertainty]).all()
    assert np.isinf(found.target_uncertainty)
    assert found.verdict == "honest"
    found = judged(flat, LSAAgent(Prompt([[1.0, 1.0]], [0.0]), 0.2), np.array([2.0, -1.0]), 20)
    assert found.excited == 1
    assert np.isinf([found.target_uncertainty, found.move_uncertainty]).all()
    still = np.tile(victim.target, (5, 1))
    found = detect((still, still), victim.prompt, victim.step_size)
    assert found.excited == 0
    assert np.isinf([found.geometry_uncertainty, found.target_uncertainty, found.move_uncertainty]).all()


@pytest.mark.parametrize("decimals", [3, 4, 6])
@pytest.mark.slow
@pytest.mark.many(3)
def test_rounded_transcripts(decimals: int) -> None:
    rng, verdicts = np.random.default_rng(16), Counter()
    for k in range(40):
        d = 1 + k % 2
        victim, honest = drawn_agent(rng, d + 3, d), drawn_agent(rng, d + 3, d)
        goal, start = rng.standard_normal(d), 5 * rng.standard_normal(d)
        attack = label_attack(victim, honest.prompt.X, goal, step_size=honest.step_size).agent
        for name, agent, claim in (("honest", honest, honest.target), ("attack", attack, goal)):
            u, w = noisy_run(rng, agent, victim, start, 20, 0.0)
            pair = u.round(decimals), w.round(decimals)
            found = detect(pair, victim.prompt, victim.step_size, declared_goal=claim)
            assert found.rounding.decimals == decimals
            verdicts[name, found.verdict] += 1
            with pytest.raises(TranscriptError, match="the decimals if the numbers are rounded"):
                detect(pair, victim.prompt, victim.step_size, decimals=17)
            same = detect(pair, victim.prompt, victim.step_size, declared_goal=claim, decimals=decimals)
            assert same.move_uncertainty <= 1.01 * found.move_uncertainty
    assert verdicts["honest", "shifted"] == verdicts["attack", "honest"] == 0
    assert verdicts["attack", "shifted"] > 10
    assert verdicts["honest", "honest"] > (0, 5, 20)[[3, 4, 6].index(decimals)]


@pytest.mark.slow
def test_an_attacker_whose_shift_is_small_beside_the_first_moves_is_not_called_honest() -> None:
    """A far start makes 1 % of the largest move more than the shift that the attacker needs."""
    rng, hidden = np.random.default_rng(17), 0
    for k in range(80):
        d = 1 + k % 2
        victim, honest = drawn_agent(rng, d + 3, d), drawn_agent(rng, d + 3, d)
        goal = victim.target + 0.2 * rng.standard_normal(d)
        attack = label_attack(victim, honest.prompt.X, goal, step_size=honest.step_size).agent
        u, w = (x.round(2) for x in noisy_run(rng, attack, victim, 100 * rng.standard_normal(d), 20, 0.0))
        found = detect((u, w), victim.prompt, victim.step_size, declared_goal=goal)
        assert found.verdict != "honest", k
        largest = np.linalg.norm(w - u, axis=1).max()
        unseen = np.linalg.norm(found.move_at_goal) <= found.move_uncertainty <= 0.01 * largest
        hidden += unseen and found.reason == "too uncertain"
    assert hidden > 5


@given(st.data())
@pytest.mark.slow
def test_an_attacker_and_its_honest_twin_write_the_same_transcript(data: st.DataObject) -> None:
    """Hence no rule can tell them apart without knowing the goal: the limit of any detection, exactly."""
    victim = data.draw(agents().filter(lambda a: np.any(a.prompt.X != 0)))
    attacker = data.draw(agents(d=victim.d))
    attack = label_attack(victim, attacker.prompt.X, data.draw(vectors(d=victim.d)), step_size=attacker.step_size)
    twin = LSAAgent(Prompt.from_target(attack.prompt.X, attack.prompt.target), attack.step_size)
    start = data.draw(vectors(d=victim.d))
    runs = [Interaction(agent, victim).simulate(start, 4) for agent in (attack.agent, twin)]
    assert np.all(runs[0].w == runs[1].w)
    assert np.all(runs[0].u == runs[1].u)


@given(st.data())
@pytest.mark.slow
def test_in_rationals_every_verdict_is_exact(data: st.DataObject) -> None:
    victim = data.draw(agents())
    other = data.draw(agents(d=victim.d, max_n=3))
    run = Interaction(other, victim).simulate(data.draw(vectors(d=victim.d)), victim.d + 3)
    found = detect(run, victim.prompt, victim.step_size, declared_goal=other.target)
    assert found.verdict == "honest" or found.reason == "unexcited directions"
    assert np.all(found.move_at_goal == 0) or found.verdict == "undecidable"
    if found.excited == victim.d:
        assert np.all(found.geometry == other.step_size * other.prompt.gram)
        assert np.all(other.prompt.gram @ (found.target - other.target) == 0)
    # A goal that the labels do not have as a minimiser is never called honest.
    claimed = data.draw(vectors(d=victim.d))
    verdict = detect(run, victim.prompt, victim.step_size, declared_goal=claimed).verdict
    if np.any(other.prompt.gram @ (claimed - other.target) != 0):
        assert verdict != "honest"
    else:
        assert verdict != "shifted"


def test_two_interactions_unmask_a_white_box_attacker_but_not_an_honest_agent() -> None:
    rng = np.random.default_rng(13)
    for _ in range(10):
        first, second, honest = (drawn_agent(rng, 5, 3) for _ in range(3))
        goal, start = rng.standard_normal(3), rng.standard_normal(3)
        earlier = judged(honest, first, start, 60)
        if earlier.target_uncertainty < 1e-9:
            assert judged(honest, second, start, 60, declared_goal=earlier.target).verdict == "honest"
        attackers = [label_attack(v, honest.prompt.X, goal, step_size=honest.step_size).agent for v in (first, second)]
        earlier = judged(attackers[0], first, start, 60)
        assert judged(attackers[1], second, start, 60, declared_goal=earlier.target).verdict == "shifted"


def test_reasons_for_undecidable() -> None:
    victim = LSAAgent(Prompt.from_target(np.eye(3), [1.0, 0.0, 0.0]), 0.9)
    other = LSAAgent(Prompt.from_target(np.diag([1.0, 0.7, 0.4]), [0.0, 0.0, 2.0]), 0.5)
    assert judged(other, victim, np.zeros(3), 3).reason == "too few turns"
    # Nothing pushes along the second axis from this start.
    found = judged(other, victim, np.zeros(3), 30, declared_goal=[0.0, 5.0, 2.0])
    assert (found.verdict, found.reason) == ("undecidable", "unexcited directions")
    assert found.excited == 2
    # Along an axis that is excited, a false claim shows all the same.
    assert judged(other, victim, np.zeros(3), 30, declared_goal=[1.0, 5.0, 2.0]).verdict == "shifted"
    run = noisy_run(np.random.default_rng(1), other, victim, np.ones(3), 30, 1.0)
    found = detect(run, victim.prompt, 0.9, declared_goal=other.target, noise=1.0)
    assert found.reason in ("unexcited directions", "too uncertain")
    assert "pass declared_goal" in judged(other, victim, np.ones(3), 30).message


def test_moves_that_no_fixed_prompt_makes_are_noticed() -> None:
    rng = np.random.default_rng(2)
    victim = drawn_agent(rng, 5, 3)

    class Odd:
        d = 3

        def __init__(self, P: np.ndarray, bend: float) -> None:
            self.P, self.bend = P, bend

        def update(self, w: np.ndarray) -> np.ndarray:
            return w - self.P @ w + self.bend * w**2

    fine = 0.3 * np.eye(3)
    skew = fine + np.array([[0, 0.2, 0], [-0.2, 0, 0], [0, 0, 0]])
    indefinite = np.diag([0.3, 0.4, -0.2])
    for odd, reason in (
        (Odd(fine, 0.0), "no declared goal"),
        (Odd(skew, 0.0), "no fixed prompt"),
        (Odd(indefinite, 0.0), "no fixed prompt"),
        (Odd(fine, 0.01), "no fixed prompt"),
    ):
        assert judged(odd, victim, rng.standard_normal(3), 12).reason == reason


def test_a_planted_sign_in_the_fit_would_show() -> None:
    """The fit is of w - u = b - P u: with the moves turned round the geometry is negative, and is refused."""
    rng = np.random.default_rng(3)
    u = rng.standard_normal((9, 3))
    agent = drawn_agent(rng, 6, 3)
    moves = agent.update(u) - u
    assert fit_answers(u, moves, 0.0).symmetric_psd
    assert not fit_answers(u, -moves, 0.0).symmetric_psd


def test_wrong_transcripts_have_their_own_messages() -> None:
    rng = np.random.default_rng(4)
    victim, other = drawn_agent(rng, 4, 2), drawn_agent(rng, 4, 2)
    pair = Interaction(other, victim)
    run = pair.simulate(rng.standard_normal(2), 8)
    prompt, step = victim.prompt, victim.step_size
    for turns in (0, 1):
        with pytest.raises(TranscriptError, match=f"too few turns: {turns}"):
            detect(pair.simulate(None, turns), prompt, step)
    with pytest.raises(TranscriptError, match='keep="all"'):
        detect(pair.simulate(None, 8, keep="last"), prompt, step)
    u, w = run.u, run.w[1:]
    assert detect((u, w), prompt, step).reason == detect(run, prompt, step).reason
    broken = np.array(w)
    broken[2, 1] = np.nan
    with pytest.raises(NonFiniteError, match="w has 1 non-finite"):
        detect((u, broken), prompt, step)
    with pytest.raises(ShapeError, match="u has shape"):
        detect((u, run.w), prompt, step)
    with pytest.raises(TranscriptError, match="not those of own_prompt"):
        detect((w, u), prompt, step)
    with pytest.raises(TranscriptError, match="not those of own_prompt"):
        detect(run, other.prompt, step)
    with pytest.raises(TranscriptError, match="expected a Run"):
        detect(u, prompt, step)
    with pytest.raises(ShapeError, match="declared_goal"):
        detect(run, prompt, step, declared_goal=[1.0])
    with pytest.raises(NonFiniteError, match="declared_goal"):
        detect(run, prompt, step, declared_goal=[1.0, np.inf])
    with pytest.raises(ExactnessError, match="declared_goal"):
        detect(run, prompt, step, declared_goal=np.array([F(1), F(2)], dtype=object))
    with pytest.raises(ExactnessError):
        detect((u.astype(np.float64), np.array([[F(1)] * 2] * 8, dtype=object)), prompt, step)
    for noise in (-1.0, np.nan, "much"):
        with pytest.raises(OptionError, match="noise"):
            detect(run, prompt, step, noise=noise)
    with pytest.raises(ShapeError, match="one transcript"):
        detect(run, Prompt(np.ones((4, 2, 2)), np.zeros((4, 2))), step)


def fit_of(**more: object) -> SimpleNamespace:
    standard = {"freedom": 1, "affine": True, "symmetric_psd": True, "complete": True, "exact": False}
    return SimpleNamespace(**(standard | {"projector": np.diag([1.0, 0.0])} | more))


@pytest.mark.parametrize(
    ("fit", "known", "uncertainty", "enough", "claimed", "verdict"),
    [
        ({"freedom": 0, "affine": False}, True, 9.0, 9.0, True, "undecidable: too few turns"),
        ({"affine": False}, True, 9.0, 9.0, True, "undecidable: no fixed prompt"),
        ({"symmetric_psd": False}, True, 9.0, 9.0, True, "undecidable: no fixed prompt"),
        ({}, True, 5.0, 5.0, True, "honest: acts on its goal"),
        ({}, True, 5.0, 5.0, False, "honest: rests at its target"),
        ({}, True, 5.0, 4.99, True, "undecidable: too uncertain"),
        ({}, True, 4.99, 9.0, True, "shifted: acts on another target"),
        ({}, True, 4.99, 9.0, False, "undecidable: no declared goal"),
        # Of what is not known only the first weight counts.
        ({}, False, 3.0, 9.0, True, "undecidable: too uncertain"),
        ({"complete": False}, False, 3.0, 9.0, True, "undecidable: unexcited directions"),
        ({}, False, 2.99, 9.0, True, "shifted: acts on another target"),
        ({"complete": False}, True, 5.0, 5.0, True, "honest: acts on its goal"),
    ],
)
def test_a_move_of_five_is_judged_by_what_is_known(
    fit: dict[str, object], known: bool, uncertainty: float, enough: float, claimed: bool, verdict: str
) -> None:
    found = _judge(fit_of(**fit), np.array([3.0, 4.0]), uncertainty, known, enough=enough, claimed=claimed)  # type: ignore[arg-type]
    assert ": ".join(found) == verdict


@pytest.mark.parametrize(
    ("largest", "uncertainty", "telling"),
    [(1000.0, 0.1, 0.49 * (1.5 - 0.2)), (100.0, 0.1, 0.49 * 1.3), (50.0, 0.1, 0.5), (1000.0, 0.7495, 1e-3)],
)
def test_an_uncertainty_that_tells_an_attacker_by_hand(largest: float, uncertainty: float, telling: float) -> None:
    """Half of the way to (1, 0): the push at (5, 0) is (2, 0), of which (1 - 1/4) 2 shows, uncertain by 2 of P."""
    own = LSAAgent(Prompt.from_target(np.eye(2), [1.0, 0.0]), 1.0)
    goal = np.array([5.0, 0.0])
    fit = fit_of(geometry=np.diag([0.25, 0.5]), geometry_uncertainty=uncertainty)
    assert _telling(fit, own, goal, largest) == pytest.approx(telling, rel=1e-12)  # type: ignore[arg-type]


def test_where_a_pair_rests_and_how_far_that_is_sure_by_hand() -> None:
    """U goes to 3 w / 4 + 1 / 4, W half of the way to 3: ``w = 3 w / 8 + 13 / 8`` at 2.6, from 2.2."""
    own = LSAAgent(Prompt([[1.0]], [1.0]), 0.25)
    parts = {"mean_u": np.zeros(1), "mean_move": np.array([1.5]), "geometry": np.array([[0.5]])}
    parts |= {"projector": np.eye(1), "directions": np.eye(1), "spreads": np.array([2.0]), "error": 0.01}
    fit = Fit(**parts, excited=1, turns=4, freedom=2, affine=True, symmetric_psd=True)  # type: ignore[arg-type]
    rest, added, settled = _rest(fit, own, np.array([40.0]))
    assert rest == pytest.approx([2.6], rel=1e-14)
    move = 0.01 * np.sqrt(1 / 4 + (2.2 / 2) ** 2)
    # The turn is known as well as P passes on 3/4, and what is left of it acts through P.
    assert added == pytest.approx((0.5 + 0.005) * move / (5 / 8 - 3 / 4 * 0.005), rel=1e-9)
    assert settled
    loose = replace(fit, error=5 / 8 / (3 / 4) * 2)
    assert _rest(loose, own, np.array([40.0]))[1:] == (np.inf, False)


def test_the_error_of_the_state_at_rest_in_two_weights() -> None:
    own, _ = own_moves(np.ones((2, 2)))
    parts = {"mean_u": np.ones(2), "mean_move": np.array([1.5, 1.0]), "geometry": np.array([[0.5, 0.1], [0.1, 0.2]])}
    parts |= {"projector": np.eye(2), "directions": np.eye(2), "spreads": np.array([9.0, 2.0]), "error": 0.01}
    fit = Fit(**parts, excited=2, turns=4, freedom=1, affine=True, symmetric_psd=True)  # type: ignore[arg-type]
    rest, added, settled = _rest(fit, own, np.zeros(2))
    at = own.update(rest)
    move, uncertainty, _ = fit.move(at)
    np.testing.assert_allclose(at + move, rest, rtol=1e-12)
    M = own.update(np.eye(2))  # its target is zero
    turned = M - np.eye(2) - fit.geometry @ M
    P, size = np.linalg.eigvalsh(fit.geometry)[-1], np.linalg.eigvalsh(M)[-1]
    assert added == pytest.approx((P + 0.005) * uncertainty * fit.largest_inverse(turned, size), rel=1e-9)
    assert settled


def test_honest_is_said_up_to_one_hundredth_of_the_largest_move() -> None:
    victim, said = LSAAgent(Prompt([[1.0]], [1.0]), 0.3), Counter()
    u, w = noisy_run(np.random.default_rng(18), victim, victim, np.array([40.0]), 12, 0.0)
    largest = np.linalg.norm(w - u, axis=1).max()
    for noise in 10 ** np.linspace(-4, 0, 25):
        found = detect((u, w), victim.prompt, 0.3, noise=float(noise))
        close = found.move_uncertainty / (0.01 * largest)
        assert found.verdict == ("honest" if close <= 1 else "undecidable")
        said[found.verdict] += 0.5 < close < 2
        fit = fit_answers(u, w - u, float(noise), found.rounding)
        rest, spread, settled = _rest(fit, victim, w[-1])
        _, uncertainty, known = fit.move(rest)
        stated = uncertainty + spread if known and settled else np.inf
        assert found.move_uncertainty == pytest.approx(stated, rel=1e-12)
    assert min(said["honest"], said["undecidable"]) >= 1


def own_moves(answers: np.ndarray, step: float = 1.0) -> tuple[LSAAgent, np.ndarray]:
    """An agent that multiplies by ((1/2, -1/4), (-1/4, 1/2)) at step 1, and its moves after these answers."""
    own = LSAAgent(Prompt(np.linalg.cholesky([[1.0, 0.5], [0.5, 1.0]]).T, np.zeros(2)), step)
    return own, np.concatenate([answers[-1:], own.update(answers[:-1])])


@pytest.mark.parametrize(("part", "passes"), [(0.99, True), (1.01, False)])
@pytest.mark.parametrize(("first", "size"), [(1.0, 10.0), (200.0, 200.0)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_moves_are_ones_own_up_to_a_billionth_of_the_largest_number(
    part: float, passes: bool, first: float, size: float, sign: int
) -> None:
    w = np.random.default_rng(19).uniform(-3, 3, (9, 2))
    w[4, 1] = -10.0
    own, u = own_moves(w)
    u[0] = -first
    u[3, 1] += sign * part * 1e-9 * size
    with contextlib.nullcontext() if passes else pytest.raises(TranscriptError, match="not those of own_prompt"):
        assert detect((u, w), own.prompt, own.step_size).rounding.decimals is None


@pytest.mark.parametrize(("part", "passes"), [(0.99, True), (1.01, False)])
def test_rounded_moves_are_ones_own_up_to_half_a_unit_of_each_number(part: float, passes: bool) -> None:
    """Half a unit of the move, and (1/2 + 1/4) of one of the answer before, and a hundredth more."""
    w = np.random.default_rng(20).uniform(-3, 3, (9, 2)).round(2)
    own, u = own_moves(w)
    u[3, 1] += part * 1.01 * 0.005 * (1 + 3 / 4)
    with contextlib.nullcontext() if passes else pytest.raises(TranscriptError, match="the decimals if"):
        assert detect((u, w), own.prompt, own.step_size, decimals=2).rounding.decimals == 2


def test_moves_and_answers_have_their_own_decimals() -> None:
    w = np.random.default_rng(21).uniform(-3, 3, (30, 2))
    own, u = own_moves(w, 1 / np.pi)
    for moves, answers, most in ((3, 2, 3), (2, 3, 3), (None, 3, 3), (3, None, 3), (None, None, None)):
        pair = u if moves is None else u.round(moves), w if answers is None else w.round(answers)
        if answers is not None and moves is None:  # the moves are those after the rounded answers
            pair = own_moves(pair[1], 1 / np.pi)[1], pair[1]
        found = detect(pair, own.prompt, own.step_size).rounding
        units = [[0.0 if n is None else 10.0**-n] * 2 for n in (moves, answers)]
        assert (found.decimals, found.inputs.tolist(), found.answers.tolist()) == (most, *units)
    # A run has all its bits, however few decimals they make, unless it is said that they were rounded.
    halving = LSAAgent(Prompt(np.eye(1), [0.0]), 0.5)
    run = Interaction(halving, halving).simulate([64.0], 3)
    assert detect(run, halving.prompt, 0.5).rounding.decimals is None
    assert detect(run, halving.prompt, 0.5, decimals=1).rounding.decimals == 1
    assert detect((run.u, run.w[1:]), halving.prompt, 0.5).rounding.decimals is not None


def test_transcripts_of_another_form_are_refused() -> None:
    own, u = own_moves(np.random.default_rng(22).uniform(-3, 3, (9, 2)))
    for pair in ((u[:, 0], u[:, 0]), (u[None], u[None]), (np.ones((9, 3)), np.ones((9, 3))), (u, u[:-1])):
        with pytest.raises(ShapeError, match="expected \\(turns, d\\) for both, with d = 2"):
            detect(pair, own.prompt, own.step_size)
    for other in ([u, u], (u,), (u, u, u)):
        with pytest.raises(TranscriptError, match="expected a Run or a pair"):
            detect(other, own.prompt, own.step_size)  # type: ignore[arg-type]
    exact = LSAAgent(Prompt(np.array([[F(1)]], dtype=object), np.array([F(1)], dtype=object)), F(1, 2))
    run = Interaction(exact, exact).simulate(np.array([F(3)], dtype=object), 4)
    with pytest.raises(OptionError, match="0 in exact mode"):
        detect(run, exact.prompt, F(1, 2), noise=0.1)
    found = detect(run, exact.prompt, F(1, 2), noise=0)
    assert found.verdict == "honest"
    two = Interaction(exact, exact).simulate(np.array([F(3)], dtype=object), 2)
    assert detect(two, exact.prompt, F(1, 2)).reason == "too few turns"
    for array in (found.geometry, found.target, found.rest, found.move_at_goal):
        assert not array.flags.writeable
