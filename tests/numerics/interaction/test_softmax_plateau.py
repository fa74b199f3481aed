"""Plateaus of softmax agents: known by hand, against long runs, and undecidable where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numerics import DimensionMismatchError, DTypeError, Interaction, Prompt, ShapeError, SoftmaxAgent, softmax_plateau


def centred(seed: int, eta: float, beta: float, d: int = 2, n: int = 6) -> SoftmaxAgent:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return SoftmaxAgent(Prompt(X - X.mean(axis=0), rng.normal(size=n)), eta, beta)


def logistic(label: float, eta: float = 0.5, beta: float = 1.0) -> SoftmaxAgent:
    """Examples 1 and -1 with labels +-label: the update is w - eta tanh(beta (w - label))."""
    return SoftmaxAgent(Prompt([[1.0], [-1.0]], [label, -label]), eta, beta)


def test_agents_of_one_mind_rest_at_their_target() -> None:
    found = softmax_plateau(logistic(0.25), logistic(0.25))
    assert found.enclosed
    assert found.attracts is True
    assert found.w == pytest.approx([0.25], abs=1e-16)
    assert "runs nearby end there" in str(found)


def test_opposite_agents_meet_half_way() -> None:
    """Targets 1 and -1, the same step: u = -w, and w = u - tanh(u - 1)/2, so 2 w = tanh(w + 1)/2."""
    found = softmax_plateau(logistic(1.0), logistic(-1.0))
    assert found.enclosed
    assert found.radius_w is not None
    assert found.radius_w.max() < 1e-15
    assert found.u == pytest.approx(-found.w, rel=1e-15)
    assert 2 * found.w == pytest.approx(np.tanh(found.w + 1) / 2, rel=1e-14)


@given(st.integers(0, 10**6), st.floats(0.05, 4.0))
@settings(max_examples=20)
def test_a_long_run_ends_in_the_ball(seed: int, beta: float) -> None:
    w, u = centred(seed, 0.2 / beta, beta), centred(seed + 1, 0.3 / beta, beta)
    found = softmax_plateau(w, u)
    assert found.enclosed
    if found.attracts:
        assert found.rate < 1
        run = Interaction(w, u).simulate(found.w + 1e-3, int(40 / (1 - found.rate)))
        assert run.w_last == pytest.approx(found.w, abs=1e-9)
        assert u.update(found.w) == pytest.approx(found.u, abs=1e-13)


@given(st.integers(0, 10**6))
@settings(max_examples=10)
def test_a_ball_holds_what_more_digits_find(seed: int) -> None:
    """The bits are enough: the next precision finds a plateau within the radii of the first."""
    from numerics.interaction.softmax_plateau import _doubles, _enclosed

    w, u = centred(seed, 0.2, 1.0), centred(seed + 1, 0.3, 1.0)
    found = softmax_plateau(w, u)
    again = _enclosed(w, u, found.w + 1e-9, 512)
    assert again is not None
    finer, _ = _doubles(again[0])
    assert found.radius_w is not None
    assert (abs(finer - found.w) <= found.radius_w + 2.0**-53 * abs(found.w)).all()


def test_long_steps_leave_the_plateau() -> None:
    """At the target a turn multiplies an error by (1 - eta beta)^2 = 9."""
    found = softmax_plateau(logistic(0.25, eta=4.0), logistic(0.25, eta=4.0), [0.25])
    assert found.enclosed
    assert found.attracts is False
    assert found.rate == pytest.approx(9)
    assert "leave" in str(found)


def test_on_the_edge_it_is_open() -> None:
    """W's factor is 1 - eta beta = -1, and U, whose one input is 0, never moves: neither is shown."""
    still = SoftmaxAgent(Prompt([[0.0]], [0.0]), 1.0, 1.0)
    found = softmax_plateau(logistic(0.25, eta=2.0), still, [0.25])
    assert found.enclosed
    assert found.attracts is None
    assert "open" in str(found)


def test_agents_that_drift_have_none() -> None:
    """One example each: the weight that it is given is 1 whatever the error, and w falls by eta x for ever."""
    agent = SoftmaxAgent(Prompt([[1.0]], [2.0]), 0.5, 1.0)
    found = softmax_plateau(agent, agent, turns=10)
    assert not found.enclosed
    assert found.attracts is None
    assert "undecidable" in str(found)


def test_a_direction_that_nobody_sees_is_undecidable() -> None:
    agent = SoftmaxAgent(Prompt([[1.0, 0.0], [-1.0, 0.0]], [1.0, -1.0]), 0.5, 1.0)
    assert not softmax_plateau(agent, agent).enclosed


def test_a_false_plateau_is_not_enclosed() -> None:
    """The map is read anew in balls: a start that is far from every plateau is led to one, or refused."""
    from numerics.interaction.softmax_plateau import _doubles, _enclosed

    w, u = logistic(1.0), logistic(-1.0)
    true = softmax_plateau(w, u).w
    for start in (true + 0.1, true + 3.0, true - 50.0):
        found = _enclosed(w, u, start, 128)
        assert found is None or _doubles(found[0])[0] == pytest.approx(true, rel=1e-15)


@pytest.mark.parametrize(
    ("agents", "w0", "error", "said"),
    [
        ((logistic(0.0), Prompt([[1.0]], [1.0])), None, DTypeError, "SoftmaxAgent"),
        ((logistic(0.0), centred(1, 0.1, 1.0)), None, DimensionMismatchError, "must agree"),
        ((logistic(0.0), logistic(0.0, beta=np.ones(2))), None, ShapeError, "single pair"),  # type: ignore[arg-type]
        ((logistic(0.0), logistic(0.0)), [[0.0]], ShapeError, "w0 has shape"),
    ],
)
def test_what_is_refused_says_what_to_do(agents: tuple, w0: object, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        softmax_plateau(*agents, w0)
