"""The plan of a chat experiment, its runs against the attention agents', and the measured plateau."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from numerics import Interaction, LSAAgent, NumericsError
from numerics.chat.experiment import ChatPlan, inputs_of_gram
from numerics.chat.plateau import plateau, quantile
from numerics.errors import OptionError, ShapeError, TranscriptError
from tests.chat_runner import PLAN, carry_out
from tests.chat_server import ChatServer

X = np.array([[1.0, 0.0], [0.5, 1.0], [1.0, 1.0]])


def plan(**more: Any) -> ChatPlan:
    return ChatPlan(**{"X_w": X, "X_u": X[:2], "angles": (0.0, 60.0, 180.0), **more})


@given(
    hnp.arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-3, 3)),
    st.integers(0, 3),
    st.integers(0, 5),
)
def test_inputs_have_the_gram_matrix_that_was_asked_for(root: np.ndarray, more: int, seed: int) -> None:
    gram = root.T @ root
    d = len(gram)
    made = inputs_of_gram(gram, d + more, seed=seed)
    assert made.shape == (d + more, d)
    # QR, eigenvectors and the products each lose a few d eps of the norm.
    np.testing.assert_allclose(
        made.T @ made / (d + more), gram, rtol=0, atol=200 * 2.0**-53 * (1e-300 + abs(gram).sum())
    )
    assert (inputs_of_gram(gram, d + more, seed=seed) == made).all()


def test_bad_grams() -> None:
    with pytest.raises(OptionError, match=r"positive semidefinite; its least eigenvalue is -1"):
        inputs_of_gram([[1.0, 0.0], [0.0, -1.0]], 4)
    with pytest.raises(OptionError, match="symmetric"):
        inputs_of_gram([[1.0, 0.5], [0.0, 1.0]], 4)
    with pytest.raises(OptionError, match="n must be an integer >= 2"):
        inputs_of_gram(np.eye(2), 1)
    with pytest.raises(ShapeError, match="expected"):
        inputs_of_gram([1.0, 2.0], 4)


@given(st.floats(0, 180), st.floats(0.5, 10), st.integers(2, 4), st.integers(0, 2**31))
def test_targets_meet_at_the_angle(angle: float, radius: float, d: int, seed: int) -> None:
    drawn = np.random.default_rng(seed)
    made = [inputs_of_gram(np.diag(drawn.uniform(0.5, 2, d)), 6, seed=s) for s in (1, 2)]
    found = ChatPlan(X_w=made[0], X_u=made[1], angles=(angle,), radius=radius, decimals=6)
    w, u = found.prompt_w.target, found.prompts_u[0].target
    expected = radius * np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle)), *[0.0] * (d - 2)])
    # Labels are off by half a unit of the sixth decimal each; the Gram's least singular value is about 0.7.
    np.testing.assert_allclose(w, [radius, *[0.0] * (d - 1)], rtol=0, atol=3e-6)
    np.testing.assert_allclose(u, expected, rtol=0, atol=3e-6)


def test_random_numbers_depend_on_the_place_only() -> None:
    one, two = plan(), plan(angles=(0.0, 60.0), turns=99, repeats=1)
    assert (one.start(1, 2) == two.start(1, 2)).all()
    assert (one.points("W", 0) == two.points("W", 0)).all()
    assert (one.points("U", 1) == two.points("U", 1)).all()
    drawn = [one.start(c, r) for c in range(3) for r in range(4)] + list(one.points("W", 0)) + list(one.points("U", 0))
    assert len({tuple(point) for point in drawn}) == len(drawn)
    assert (plan(seed=1).start(0, 0) != one.start(0, 0)).any()
    for point in drawn:
        assert (np.round(point, 4) == point).all()


def test_settings_name_everything() -> None:
    settings = plan().settings()
    assert set(settings) == set(ChatPlan.__dataclass_fields__)
    assert settings["X_u"] == X[:2].tolist()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"X_u": np.ones((2, 3))}, "must agree"),
        ({"X_w": np.ones((2, 1)), "X_u": np.ones((2, 1))}, "an angle needs d >= 2"),
        ({"X_w": np.ones(2)}, "one example a row"),
        ({"angles": ()}, "must lie in"),
        ({"angles": (200.0,)}, "must lie in"),
        ({"angles": (math.nan,)}, "must lie in"),
        ({"angles": (1.0, 1.0)}, "angles must differ"),
        ({"radius": 0.0}, "radius must be finite and > 0"),
        ({"turns": 5, "tail": 6}, "tail must not exceed turns"),
        ({"turns": 0}, "turns must be an integer >= 1"),
        ({"repeats": 0}, "repeats must be an integer >= 1"),
        ({"probes": -1}, "probes must be an integer >= 0"),
        ({"seed": 1.5}, "seed must be an integer >= 0"),
    ],
)
def test_bad_plans(more: dict[str, Any], message: str) -> None:
    with pytest.raises(NumericsError, match=message):
        plan(**more)


def test_a_perfect_model_plays_as_the_attention_agents(tmp_path: Path) -> None:
    with ChatServer() as server:
        runs = carry_out(server.url, tmp_path)
        assert len(server.received) == PLAN.probe_moves + PLAN.pair_moves == 6 + 32
    assert [(run.condition, run.repeat) for run in runs] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    for run in runs:
        w, u = LSAAgent(PLAN.prompt_w, 0.5), LSAAgent(PLAN.prompts_u[run.condition], 0.4)
        ideal = Interaction(w, u).simulate(PLAN.start(run.condition, run.repeat), PLAN.turns)
        np.testing.assert_allclose(run.w, ideal.w, rtol=0, atol=1e-13)
        np.testing.assert_allclose(run.u, ideal.u, rtol=0, atol=1e-13)
        assert run.stopped is None


def test_a_run_without_usable_answers_is_given_up_and_the_others_go_on(tmp_path: Path) -> None:
    def fault(number: int, key: str, body: dict[str, Any]) -> str | None:
        return "refusal" if "pair-c1-r0-t2-W" in key or "probe-c0-r0-t1-U" in key else None

    with ChatServer(fault=fault) as server:
        runs = carry_out(server.url, tmp_path, attempts=2)
        assert [(len(run.w), len(run.u), run.stopped is None) for run in runs] == [
            (5, 4, True),
            (3, 3, False),
            (5, 4, True),
            (5, 4, True),
        ]
        assert "no usable answer in 2 attempts: the model refused" in str(runs[1].stopped)
        server.fault = lambda number, key, body: None
        runs = carry_out(server.url, tmp_path, attempts=3)
        assert all(run.stopped is None for run in runs), "more attempts go on where it was given up"


def test_the_plateau_of_known_tails() -> None:
    tails = [[[1.0, 2.0], [3.0, 2.0]], [[5.0, 2.0], [7.0, 2.0]]]
    found = plateau(tails, [0.0, 2.0])
    assert found.mean.tolist() == [4.0, 2.0]
    assert (found.runs, found.distance, found.typical_distance) == (2, 4.0, 4.0)
    # The means 2 and 6 have variance 8; that of their mean is 4.
    assert found.covariance.tolist() == [[4.0, 0.0], [0.0, 0.0]]
    assert found.error == pytest.approx(2.0)
    assert found.interval() == (0.0, pytest.approx(4.0 + 12.706204736432095 * 2.0))
    single = plateau(tails[:1], [0.0, 2.0])
    assert math.isnan(single.error)
    assert single.interval() == (0.0, math.inf)
    quiet = plateau([[[1.0, 2.0]]] * 3, [0.0, 2.0])
    assert quiet.interval() == (1.0, 1.0)
    assert plateau([[[0.0, 2.0]]] * 3, [0.0, 2.0]).interval() == (0.0, 0.0)


@pytest.mark.parametrize(
    ("d", "runs", "distance"), [(2, 3, 0.0), (2, 4, 0.0), (5, 4, 0.0), (2, 4, 0.02), (2, 4, 1.0), (3, 10, 1.0)]
)
@pytest.mark.slow
@pytest.mark.many(3)
def test_intervals_of_the_plateau_cover(d: int, runs: int, distance: float) -> None:
    """3,000 experiments: a 95 % interval must cover in at least 93.5 % (3.7 standard deviations below 95 %)."""
    rng = np.random.default_rng([d, runs])
    centre, spread = np.zeros(d), 0.02 * np.diag(np.linspace(0.2, 1, d))
    centre[0] = distance
    covered = 0
    for tails in centre + rng.standard_normal((3000, runs, 1, d)) @ spread:
        low, high = plateau(tails, np.zeros(d)).interval()
        covered += low <= distance <= high
    assert covered >= 0.935 * 3000


def test_bad_tails() -> None:
    with pytest.raises(TranscriptError, match="no run has reached its tail"):
        plateau([], [0.0])
    with pytest.raises(TranscriptError, match="no run has reached its tail"):
        plateau([np.zeros((0, 2))], [0.0, 0.0])
    with pytest.raises(ShapeError, match="all the same"):
        plateau([np.zeros((3, 2)), np.zeros((2, 2))], [0.0, 0.0])
    with pytest.raises(ShapeError, match="expected"):
        plateau([np.zeros((3, 2))], [0.0])


def test_quantiles() -> None:
    assert quantile(10) == pytest.approx(2.2281388519649385)
    assert quantile(math.inf) == pytest.approx(1.959963984540054)
    assert quantile(0) == math.inf
