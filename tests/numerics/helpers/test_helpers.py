"""Helpers: they are LSA agents, and they bring the main agent to its target as fast as they promise."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from numerics import (
    BlindHelper,
    DampingWarning,
    DimensionMismatchError,
    DivergenceError,
    DTypeError,
    EmptyPromptError,
    ExactnessError,
    FixedHelper,
    Interaction,
    LSAAgent,
    NewtonHelper,
    NonFiniteError,
    NotAffineError,
    OptionError,
    Prompt,
    RankError,
    ScaleError,
    ShapeError,
    StepSizeError,
    WhiteBoxError,
    exact,
)
from numerics.helpers.relabelling import RelabellingAgent
from tests.numerics.common import Saying
from tests.numerics.random_prompts import random_prompts
from tests.strategies import agents, prompts, rationals, vectors

F = Fraction
EPS = 2.0**-52
seeds = st.integers(0, 2**32 - 1)
conditions = st.floats(0, 8).map(lambda k: 10.0**k)
inner_dampings = st.integers(1, 15).map(lambda k: F(k, 8))


def gradient(main: LSAAgent, w: np.ndarray) -> np.ndarray:
    """S_W (w - w*) for every row of w: zero exactly when w - w* is zero on range(S_W)."""
    p = main.prompt
    return (w @ p.X.T - p.y) @ p.X / p.n


@st.composite
def spanning(draw: st.DrawFn, main: LSAAgent, *, more: bool | None = None) -> np.ndarray:
    """Exact examples whose rows span the main agent's, or more."""
    extra = draw(vectors(d=main.d, batch=(1,)))
    mixing = np.eye(main.prompt.n, dtype=int).astype(object) * draw(st.sampled_from([F(1), F(-2), F(1, 3)]))
    own = mixing @ main.prompt.X
    X = np.concatenate([own, extra]) if draw(st.booleans()) or more else own
    assume(bool(np.any(X != 0)))
    return X


def exact_helper_examples(d: int) -> st.SearchStrategy[np.ndarray]:
    return prompts(d=d).map(lambda p: p.X).filter(lambda X: bool(np.any(X != 0)))


def check_newton_ends_in_one_turn(main: LSAAgent, helper: Any, w0: np.ndarray) -> None:
    run = Interaction(main, helper).simulate(w0, 2)
    assert np.all(gradient(main, run.u) == 0)
    assert np.all(gradient(main, run.w[1:]) == 0)


def krylov_degree(main: LSAAgent, w0: np.ndarray) -> int:
    """Degree m of the minimal polynomial of the main agent's displacement with respect to the first one."""
    rows = [main.update(w0) - w0]
    for _ in range(main.d):
        rows.append(main.affine_map().displacement @ rows[-1])
    return int(exact.rank(np.stack(rows)))


def check_blind_terminates(main: LSAAgent, helper: Any, w0: np.ndarray) -> None:
    """After m + 1 turns the helper knows: its answer u_{m+1} and everything after it is free of error."""
    m = krylov_degree(main, w0)
    run = Interaction(main, helper).simulate(w0, m + 4)
    assert np.all(gradient(main, run.u[m + 1 :]) == 0)
    assert np.all(gradient(main, run.w[m + 2 :]) == 0)


# A helper is an LSA agent and nothing else.


@given(agents(), inner_dampings, st.booleans(), st.data())
@pytest.mark.slow
def test_every_move_is_the_answer_of_an_lsa_agent_with_rewritten_labels(
    main: LSAAgent, damping: F, blind: bool, data: st.DataObject
) -> None:
    X, step = data.draw(exact_helper_examples(main.d)), data.draw(rationals(denominator=5).filter(lambda q: q > 0))
    helper: Any = BlindHelper(X, step_size=step) if blind else NewtonHelper(main, X, step_size=step, damping=damping)
    w = data.draw(vectors(d=main.d))
    assert helper.prompt is None
    for _ in range(3):
        u = helper.update(w)
        assert np.all(helper.prompt.X == X)
        assert np.all(LSAAgent(helper.prompt, step).update(w) == u)
        # Labels of an objective, and a move in the span of the examples.
        assert np.all(X @ helper.prompt.target == helper.prompt.y)
        assert np.all((u - w) @ exact.nullspace(X) == 0)
        w = main.update(u)
    helper.reset()
    assert helper.prompt is None


@given(agents(), st.data())
@pytest.mark.slow
def test_the_step_size_of_the_helper_changes_nothing(main: LSAAgent, data: st.DataObject) -> None:
    X, w0 = data.draw(exact_helper_examples(main.d)), data.draw(vectors(d=main.d))
    for make in (lambda s: NewtonHelper(main, X, step_size=s), lambda s: BlindHelper(X, step_size=s)):
        runs = [Interaction(main, make(step)).simulate(w0, 4) for step in (F(1, 9), F(70))]
        assert np.all(runs[0].w == runs[1].w)


# The white-box helper.


@given(agents(), st.data())
def test_newton_ends_in_one_turn_exactly(main: LSAAgent, data: st.DataObject) -> None:
    X, w0 = data.draw(spanning(main)), data.draw(vectors(d=main.d))
    check_newton_ends_in_one_turn(main, NewtonHelper(main, X, step_size=F(1, 2)), w0)


@given(agents(), inner_dampings, st.data())
@pytest.mark.slow
def test_damped_newton_multiplies_the_error_left_by_the_main_agent(
    main: LSAAgent, damping: F, data: st.DataObject
) -> None:
    """The error is (1 - damping) times (that of the main agent alone), on range(S_W), turn by turn and exactly."""
    X, w0 = data.draw(spanning(main)), data.draw(vectors(d=main.d))
    run = Interaction(main, NewtonHelper(main, X, step_size=F(2), damping=damping)).simulate(w0, 3)
    alone = np.stack([main.update(w) for w in run.w[:-1]])
    assert np.all(gradient(main, run.w[1:]) == (1 - damping) * gradient(main, alone))


@given(agents(), inner_dampings, st.data())
def test_a_rank_limited_newton_helper_removes_what_it_spans(main: LSAAgent, damping: F, data: st.DataObject) -> None:
    """For every helper example x: x (u - w) = -damping x (part of w - w* in range S_W)."""
    X, w = data.draw(exact_helper_examples(main.d)), data.draw(vectors(d=main.d))
    u = NewtonHelper(main, X, step_size=F(1), damping=damping).update(w)
    projector = exact.pinv(main.prompt.X) @ main.prompt.X
    assert np.all(X @ (u - w + damping * projector @ (w - main.target)) == 0)
    assert np.all((u - w) @ exact.nullspace(X) == 0)


@given(agents(), st.data())
@pytest.mark.slow
def test_an_estimate_of_the_gram_matrix(main: LSAAgent, data: st.DataObject) -> None:
    """The true Gram is no estimate at all; c times it is damping 1 / c; any other meets its definition."""
    assume(bool(np.any(main.prompt.X != 0)))
    X, w = data.draw(spanning(main, more=True)), data.draw(vectors(d=main.d))
    plain = NewtonHelper(main, X, step_size=F(1))
    assert np.all(NewtonHelper(main, X, step_size=F(1), gram=main.prompt.gram).update(w) == plain.update(w))
    scaled = NewtonHelper(main, X, step_size=F(1), gram=F(3) * main.prompt.gram)
    assert np.all(scaled.update(w) == NewtonHelper(main, X, step_size=F(1), damping=F(1, 3)).update(w))
    unit = np.eye(main.d, dtype=int).astype(object)
    estimate = data.draw(vectors(d=main.d, batch=(main.d,))) + 10 * unit
    moved = NewtonHelper(main, unit, step_size=F(1), gram=estimate).update(w) - w
    assert np.all(estimate @ moved == -gradient(main, w))


@given(seeds, conditions, conditions, st.integers(1, 6), st.sampled_from([0.3, 1.0, 1.9]))
def test_newton_in_floating_point_up_to_condition_1e8(seed: int, cond: float, own: float, d: int, share: float) -> None:
    """The condition is that of the examples X_W; that of the Gram matrix is its square.

    The least-squares solution has a rounding error of about eps cond(X_W) and the lifted labels one of eps cond(X_U),
    each times |w_0| + |w*| and a modest power of the size; hence the bound. With own <= cond it implies the promise
    1e-10 cond |e_0| for starts at a distance comparable to |w*|.
    """
    rng = np.random.default_rng(seed)
    prompt = random_prompts(rng, (), d + 2, d, condition=cond if d > 1 else None)
    X = random_prompts(rng, (), d + 1, d, condition=own if d > 1 else None).X
    main = LSAAgent(prompt, share / np.linalg.eigvalsh(prompt.gram)[-1])
    w0 = rng.standard_normal(d)
    run = Interaction(main, NewtonHelper(main, X, step_size=0.7)).simulate(w0, 2)
    error = np.linalg.norm(run.error_w(), axis=-1)
    size = np.linalg.norm(w0) + np.linalg.norm(main.target)
    assert error[1:].max() <= 50 * (d + 2) ** 2 * EPS * (cond + own) * size
    if own <= cond:
        assert error[1] <= 1e-10 * cond * max(error[0], 0.1 * size)


@pytest.mark.parametrize("condition", [1.0, 1e2, 1e4, 1e6, 1e8])
def test_the_promise_for_gram_matrices_of_each_condition(condition: float) -> None:
    rng = np.random.default_rng(5)
    prompt = random_prompts(rng, 200, 8, 6, condition=np.sqrt(condition))
    main = LSAAgent(prompt, 1 / np.linalg.eigvalsh(prompt.gram)[..., -1])
    X = random_prompts(rng, 200, 7, 6, condition=np.sqrt(condition)).X
    run = Interaction(main, NewtonHelper(main, X, step_size=1.0)).simulate(rng.standard_normal((200, 6)), 1)
    error = np.linalg.norm(run.error_w(), axis=-1)
    assert (error[:, 1] <= 1e-10 * condition * error[:, 0]).all()


@pytest.mark.parametrize("damping", [0.25, 0.5, 1.5])
@pytest.mark.parametrize("condition", [1.0, 1e2, 1e4, 1e8])
def test_the_measured_rate_does_not_depend_on_the_condition(damping: float, condition: float) -> None:
    """The rate is |1 - damping| times the main agent's own, which is 1 within 1e-3 for a step of 1e-3 / lambda_max."""
    rng = np.random.default_rng(6)
    prompt = random_prompts(rng, 20, 8, 5, condition=np.sqrt(condition))
    main = LSAAgent(prompt, 1e-3 / np.linalg.eigvalsh(prompt.gram)[..., -1])
    helper = NewtonHelper(main, random_prompts(rng, (), 6, 5).X, step_size=1.0, damping=damping)
    error = np.linalg.norm(Interaction(main, helper).simulate(rng.standard_normal((20, 5)), 12).error_w(), axis=-1)
    rate = (error[:, 12] / error[:, 2]) ** (1 / 10)
    np.testing.assert_allclose(rate, abs(1 - damping), rtol=0.01)


def test_the_plateau_of_a_fixed_helper_is_removed() -> None:
    rng = np.random.default_rng(7)
    prompt = random_prompts(rng, (), 8, 4, condition=100.0)
    main = LSAAgent(prompt, 1 / np.linalg.eigvalsh(prompt.gram)[-1])
    X = random_prompts(rng, (), 6, 4, condition=2.0).X
    fixed = FixedHelper(X, main.target + 1.0, step_size=0.3)
    helpers: list[Any] = [fixed, NewtonHelper(main, X, step_size=0.3, damping=0.5), BlindHelper(X, step_size=0.3)]
    left = [np.linalg.norm(Interaction(main, h).simulate(None, 60).error_w()[-1]) for h in helpers]
    assert left[0] > 0.1
    assert max(left[1:]) < 1e-9


# The blind helper.


@given(agents(max_n=3), st.data())
@pytest.mark.slow
def test_blind_terminates_exactly(main: LSAAgent, data: st.DataObject) -> None:
    X, w0 = data.draw(spanning(main)), data.draw(vectors(d=main.d))
    check_blind_terminates(main, BlindHelper(X, step_size=F(1, 2)), w0)


@given(agents(region="outside", max_n=3), st.data())
@pytest.mark.slow
def test_blind_rescues_a_main_agent_that_diverges_alone(main: LSAAgent, data: st.DataObject) -> None:
    X, w0 = data.draw(spanning(main)), data.draw(vectors(d=main.d))
    check_blind_terminates(main, BlindHelper(X, step_size=F(1, 2)), w0)


@pytest.mark.parametrize("d", [1, 2, 4])
def test_equal_eigenvalues_end_after_two_turns_and_dependent_displacements_are_safe(d: int) -> None:
    unit = np.eye(d, dtype=int).astype(object) * F(1)
    target = np.arange(1, d + 1).astype(object)
    main = LSAAgent(Prompt.from_target(unit, target), F(d, 3))
    run = Interaction(main, BlindHelper(unit, step_size=F(1), memory=d + 5)).simulate(None, 12)
    assert run.u[2:].tolist() == [target.tolist()] * 10
    assert run.w[3:].tolist() == [target.tolist()] * 10
    rounded = LSAAgent(Prompt.from_target(np.eye(d), target.astype(float)), d / 3)
    run = Interaction(rounded, BlindHelper(np.eye(d), step_size=1.0, memory=d + 5)).simulate(None, 12)
    np.testing.assert_allclose(run.w[3:], np.broadcast_to(target.astype(float), (10, d)), rtol=1e-14)


def test_no_blind_helper_can_finish_one_turn_earlier() -> None:
    """Two main agents with m = 1 that give the same transcript after m turns and have different targets."""
    one = np.array([[F(1)]], dtype=object)
    mains = [LSAAgent(Prompt(one, [F(2)]), F(1, 2)), LSAAgent(Prompt(one, [F(4)]), F(1, 4))]
    runs = [Interaction(main, BlindHelper(one, step_size=F(1))).simulate([0], 3) for main in mains]
    assert all(krylov_degree(main, np.array([F(0)], dtype=object)) == 1 for main in mains)
    # The same w_0, u_0, w_1, hence the same u_1, which cannot be both targets.
    assert runs[0].w[:2].tolist() == runs[1].w[:2].tolist()
    assert runs[0].u[:2].tolist() == runs[1].u[:2].tolist()
    assert [run.w[3].tolist() for run in runs] == [[2], [4]]


@given(agents(max_n=3), st.booleans(), st.data())
@pytest.mark.slow
def test_a_rank_limited_blind_helper_moves_in_its_span_only(main: LSAAgent, partial: bool, data: st.DataObject) -> None:
    X, w0 = data.draw(exact_helper_examples(main.d)), data.draw(vectors(d=main.d))
    run = Interaction(main, BlindHelper(X, step_size=F(1), partial=partial)).simulate(w0, main.d + 3)
    assert np.all((run.u - run.w[:-1]) @ exact.nullspace(X) == 0)


@pytest.mark.parametrize("rational", [True, False])
def test_a_partial_blind_helper_waits_and_then_does_as_the_white_box_one(rational: bool) -> None:
    """Its example is no eigenvector: what it should undo and what it can undo differ."""
    rows = np.array([[F(1), F(0)], [F(0), F(1, 2)]], dtype=object)
    target, X, step = np.array([F(1), F(3)], dtype=object), np.array([[F(1), F(3)]], dtype=object), F(1)
    if not rational:
        rows, target, X, step = (np.asarray(a, dtype=float) for a in (rows, target, X, step))
    main = LSAAgent(Prompt.from_target(rows, target), step)
    run = Interaction(main, BlindHelper(X, step_size=step, partial=True)).simulate(None, 30)
    cautious = Interaction(main, BlindHelper(X, step_size=step)).simulate(None, 30)
    newton = NewtonHelper(main, X, step_size=step)
    white = np.stack([newton.update(w) for w in run.w[:-1]])
    assert np.all(run.u[:2] == run.w[:2])
    if rational:
        assert np.all(run.u[3:7] == white[3:7])
    np.testing.assert_allclose(run.u[3:].astype(float), white[3:].astype(float), atol=1e-12)
    assert np.all(cautious.u == cautious.w[:-1])
    limit = np.linalg.norm(run.error_w().astype(float), axis=-1)
    assert limit[-1] < limit[2] * 1e-3


def test_a_rank_limited_blind_helper_in_floating_point() -> None:
    """It spans one of the main agent's two directions: better than nothing, and the rest converges by itself."""
    main = LSAAgent(Prompt.from_target(np.diag([1.0, 0.1]), [1.0, 1.0]), 2.0)
    weak, strong = ([[0.0, 1.0]], [[1.0, 0.0]])
    alone = np.linalg.norm(Interaction(main, BlindHelper(strong, step_size=1.0)).simulate(None, 9).error_w()[-1])
    helped = np.linalg.norm(Interaction(main, BlindHelper(weak, step_size=1.0)).simulate(None, 9).error_w()[-1])
    assert alone > 0.5
    assert helped < 1e-10
    # Both examples together in a batch: each pair as by itself.
    run = Interaction(main, BlindHelper([weak, strong], step_size=1.0)).simulate(None, 9)
    np.testing.assert_allclose(np.linalg.norm(run.error_w()[:, -1], axis=-1), [helped, alone], atol=1e-12)


@given(seeds, st.floats(0, 3).map(lambda k: 10.0**k), st.integers(1, 10), st.sampled_from([0.5, 1.0, 1.9]))
def test_blind_reaches_1e_8_in_d_plus_3_turns(seed: int, cond: float, d: int, share: float) -> None:
    """The condition is that of the Gram matrix."""
    rng = np.random.default_rng(seed)
    prompt = random_prompts(rng, 10, d + 2, d, condition=np.sqrt(cond) if d > 1 else None)
    main = LSAAgent(prompt, share / np.linalg.eigvalsh(prompt.gram)[..., -1])
    helper = BlindHelper(random_prompts(rng, (), d + 1, d, condition=2.0 if d > 1 else None).X, step_size=1.0)
    error = np.linalg.norm(Interaction(main, helper).simulate(None, d + 3).error_w(), axis=-1)
    assert (error[:, -1] <= 1e-8 * error[:, 0]).all()


@given(seeds, conditions, st.integers(1, 8), st.sampled_from([0.1, 0.6, 1.0, 1.5, 1.9]), st.booleans(), st.data())
@pytest.mark.slow
def test_blind_never_ends_worse_than_the_main_agent_alone(
    seed: int, cond: float, d: int, share: float, uneven: bool, data: st.DataObject
) -> None:
    """At every turn for steps up to 1 / lambda_max, from turn d + 2 on for steps up to twice as long.

    The condition is that of the Gram matrix. The errors compared are those of two different computations: 1e-5 covers
    unresolved directions, in which both stand still, 1e-12 (|w_0| + |w*|) the rounding of each.
    """
    rng = np.random.default_rng(seed)
    prompt = random_prompts(rng, 20, d + 2, d, condition=np.sqrt(cond) if d > 1 else None)
    main = LSAAgent(prompt, share / np.linalg.eigvalsh(prompt.gram)[..., -1])
    offset = rng.standard_normal((20, d))
    if uneven:
        _, vectors_ = np.linalg.eigh(prompt.gram)
        offset = (vectors_ @ (offset * 10.0 ** rng.uniform(-4, 0, (20, d)))[..., None])[..., 0]
    w0, turns = main.target + offset, 30
    helper = BlindHelper(np.eye(d)[: data.draw(st.integers(1, d))], step_size=0.5)
    error = np.linalg.norm(Interaction(main, helper).simulate(w0, turns).error_w(), axis=-1)
    alone, w = [], w0
    for _ in range(turns + 1):
        alone.append(np.linalg.norm(w - main.target, axis=-1))
        w = main.update(w)
    allowed = (1 + 1e-5) * np.stack(alone, axis=-1)
    allowed += 1e-12 * (np.linalg.norm(w0, axis=-1) + np.linalg.norm(main.target, axis=-1))[:, None]
    first = 0 if share <= 1 else d + 2
    assert (error[:, first:] <= allowed[:, first:]).all()


def test_a_blind_helper_starts_every_run_fresh() -> None:
    rng = np.random.default_rng(8)
    main = LSAAgent(random_prompts(rng, (), 5, 3), 0.1)
    pair = Interaction(main, BlindHelper(np.eye(3), step_size=1.0))
    first = pair.simulate(None, 6)
    pair.simulate(np.ones((4, 3)), 6)
    assert np.array_equal(pair.simulate(None, 6).w, first.w)
    assert np.array_equal(pair.simulate(None, 6, keep="last").w_last, first.w_last)


def test_batches_are_treated_as_each_by_itself() -> None:
    rng = np.random.default_rng(9)
    prompt, X = random_prompts(rng, (2, 3), 5, 3), random_prompts(rng, 3, 4, 3).X.copy()
    X[1, 1:] = 0
    main, w0 = LSAAgent(prompt, 0.2), rng.standard_normal(3)
    for make in (lambda m, a: NewtonHelper(m, a, step_size=0.3, damping=0.5), lambda m, a: BlindHelper(a, step_size=1)):
        run = Interaction(main, make(main, X)).simulate(w0, 5)
        for i, j in np.ndindex(2, 3):
            one = LSAAgent(Prompt(prompt.X[i, j], prompt.y[i, j]), 0.2)
            single = Interaction(one, make(one, X[j])).simulate(w0, 5)
            np.testing.assert_allclose(run.w[i, j], single.w, rtol=1e-7, atol=1e-9)
    damped = NewtonHelper(main, X[0], step_size=0.3, damping=[0.5, 1.0, 1.5])
    assert damped.batch_shape == (2, 3)
    assert damped.damping.tolist() == [0.5, 1.0, 1.5]


def test_a_blind_helper_knows_each_pair_of_a_batch_to_its_own_scale() -> None:
    """Labels of 2^s make states of 2^s, to the bit; what rounding hides of one is not hidden of another."""
    prompt, X = random_prompts(np.random.default_rng(9), (), 5, 3), random_prompts(np.random.default_rng(8), (), 4, 3).X
    scales = 2.0 ** np.array([0, -100, 100])[:, None]
    main = LSAAgent(Prompt(prompt.X, scales * prompt.y), 0.2)
    run = Interaction(main, BlindHelper(X, step_size=1)).simulate(None, 6)
    assert np.linalg.norm(run.w[0, -1] - prompt.target) < 1e-8
    assert np.array_equal(run.w, scales[..., None] * run.w[0])


@pytest.mark.parametrize("scale", [2.0**-200, 1.0, 2.0**200])
def test_scales_of_the_examples_change_nothing(scale: float) -> None:
    rng = np.random.default_rng(10)
    prompt, X = random_prompts(rng, (), 5, 3, scale=scale), random_prompts(rng, (), 4, 3, scale=1 / scale).X
    main = LSAAgent(prompt, 1 / np.linalg.eigvalsh(prompt.gram)[-1])
    for helper in (NewtonHelper(main, X, step_size=scale**2), BlindHelper(X, step_size=scale**2)):
        run = Interaction(main, helper).simulate(None, 6)
        assert np.linalg.norm(run.error_w()[-1]) < 1e-9


@pytest.mark.slow
def test_a_target_of_zero_is_reached_without_underflow() -> None:
    main = LSAAgent(Prompt.from_target(np.eye(2), [0.0, 0.0]), 0.3)
    helpers: list[Any] = [NewtonHelper(main, np.eye(2), step_size=0.3, damping=0.9), BlindHelper(UNIT, step_size=0.3)]
    for helper in helpers:
        run = Interaction(main, helper).simulate([1.0, 2.0], 2000)
        assert abs(run.w_last).max() < 1e-15


def test_a_diverging_run_is_reported_with_its_turn() -> None:
    with pytest.warns(DampingWarning, match="diverges"):
        helper = NewtonHelper(MAIN, UNIT, step_size=0.5, damping=-9.0)
    with pytest.raises(DivergenceError, match=r"leaves the range of double precision at turn \d+") as caught:
        Interaction(MAIN, helper).simulate(None, 10_000)
    assert caught.value.turn > 100


def test_step_sizes_that_no_label_makes_up_for() -> None:
    with pytest.raises(ScaleError, match="pseudo-inverse of X overflows"):
        BlindHelper(UNIT, step_size=1e-310)
    with pytest.raises(ScaleError, match="reaches 1e\\+20: a move through the layer has no correct digit"):
        BlindHelper(UNIT, step_size=[1.0, 1e20])


# The fixed helper.


@given(agents(), st.data())
@pytest.mark.slow
def test_a_fixed_helper_is_the_lsa_agent_of_its_objective(agent: LSAAgent, data: st.DataObject) -> None:
    assume(bool(np.any(agent.prompt.X != 0)))
    objective, w = data.draw(vectors(d=agent.d)), data.draw(vectors(d=agent.d))
    fixed = FixedHelper(agent.prompt.X, objective, step_size=agent.step_size)
    fixed.reset()
    plain = LSAAgent(Prompt.from_target(agent.prompt.X, objective), agent.step_size)
    assert np.all(fixed.update(w) == plain.update(w))


# Negative controls.


@pytest.mark.parametrize("check", [check_newton_ends_in_one_turn, check_blind_terminates])
def test_negative_control_a_planted_sign_error_is_caught(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.array([[F(1), F(0)], [F(1), F(2)]], dtype=object)
    main = LSAAgent(Prompt.from_target(rows, np.array([F(1), F(2)], dtype=object)), F(1, 4))
    newton = check is check_newton_ends_in_one_turn
    helper: Any = NewtonHelper(main, rows, step_size=F(1)) if newton else BlindHelper(rows, step_size=F(1))
    w0 = np.array([F(0), F(0)], dtype=object)
    check(main, helper, w0)
    move = RelabellingAgent._move
    monkeypatch.setattr(RelabellingAgent, "_move", lambda self, w, v: move(self, w, -v))
    with pytest.raises(AssertionError):
        check(main, helper, w0)


# Errors and warnings.

MAIN = LSAAgent(Prompt([[1.0, 0.0], [0.0, 2.0]], [1.0, 1.0]), 0.3)
EXACT_MAIN = LSAAgent(Prompt(np.array([[F(1), F(0)]], dtype=object), [1]), F(1, 3))
UNIT = np.eye(2)


@pytest.mark.parametrize(
    ("damping", "fate"),
    [
        (0.0, "damping = 0.0 is outside .* stands still and the main agent is left to its own steps"),
        (2.0, r"by 1 - damping = -1\.0: it stalls at its length"),
        (-0.5, r"moves away from the target: .*by 1 - damping = 1\.5; the run diverges unless"),
        (3.0, r"overshoots: .*by 1 - damping = -2\.0; the run diverges unless"),
        ([0.5, 2.5], r"damping = 2\.5 is outside"),
    ],
)
def test_damping_outside_the_interval_warns_and_says_what_will_happen(damping: object, fate: str) -> None:
    with pytest.warns(DampingWarning, match=fate):
        NewtonHelper(MAIN, UNIT, step_size=0.5, damping=damping)


@pytest.mark.parametrize(("damping", "factor"), [(F(0), F(1)), (F(2), F(-1)), (F(-1), F(2)), (F(3), F(-2))])
def test_what_the_warning_says_does_happen(damping: F, factor: F) -> None:
    w0 = np.array([F(5), F(1)], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DampingWarning)
        helper = NewtonHelper(EXACT_MAIN, UNIT.astype(int), step_size=1, damping=damping)
    u = helper.update(w0)
    assert np.all(gradient(EXACT_MAIN, u) == factor * gradient(EXACT_MAIN, w0))


def test_the_warning_points_at_the_caller() -> None:
    with pytest.warns(DampingWarning) as caught:
        NewtonHelper(MAIN, UNIT, step_size=0.5, damping=2.5)
    assert caught[0].filename == __file__


def test_damping_inside_the_interval_does_not_warn() -> None:
    for damping in (1e-12, 1.0, 2 - 1e-12):
        NewtonHelper(MAIN, UNIT, step_size=0.5, damping=damping)
    assert NewtonHelper(EXACT_MAIN, UNIT.astype(int), step_size=1).damping == 1


@pytest.mark.parametrize("make", [lambda X, **k: NewtonHelper(MAIN, X, **k), BlindHelper])
@pytest.mark.parametrize(
    ("X", "step", "error", "message"),
    [
        (np.zeros((3, 2)), 0.5, RankError, "X has rank 0: whatever its labels, it never moves"),
        (np.stack([UNIT, 0 * UNIT]), 0.5, RankError, r"X has rank 0 at index \(1,\)"),
        (UNIT, 0.0, StepSizeError, "step_size must be > 0"),
        (UNIT, np.inf, StepSizeError, "step_size must be finite"),
        (UNIT[0], 0.5, ShapeError, r"X has shape \(2,\)"),
        (np.empty((0, 2)), 0.5, EmptyPromptError, r"X has shape \(0, 2\)"),
        (np.full((2, 2), np.nan), 0.5, NonFiniteError, "X has 4 non-finite"),
        (UNIT * 1j, 0.5, DTypeError, "X has dtype complex128"),
    ],
)
def test_bad_examples_and_steps(make: Any, X: object, step: float, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(X, step_size=step)


def test_a_main_agent_without_a_prompt_or_of_another_dimension() -> None:
    with pytest.raises(WhiteBoxError, match=r"main is a Saying without a \.prompt .* use BlindHelper"):
        NewtonHelper(Saying(2, [0.0, 0.0]), UNIT, step_size=0.5)
    with pytest.raises(WhiteBoxError, match="main is a BlindHelper"):
        NewtonHelper(BlindHelper(UNIT, step_size=0.5), UNIT, step_size=0.5)
    with pytest.raises(DimensionMismatchError, match="main has d = 2, X has d = 3"):
        NewtonHelper(MAIN, np.eye(3), step_size=0.5)
    with pytest.raises(DimensionMismatchError, match="agent_w has d = 2, agent_u has d = 3"):
        Interaction(MAIN, BlindHelper(np.eye(3), step_size=0.5))


def test_exact_and_floating_point_do_not_mix() -> None:
    with pytest.raises(ExactnessError, match="X has dtype float64 but the computation is exact"):
        NewtonHelper(EXACT_MAIN, UNIT, step_size=F(1))
    with pytest.raises(ExactnessError, match="X holds exact rationals"):
        NewtonHelper(MAIN, UNIT.astype(int).astype(object), step_size=1)
    with pytest.raises(ExactnessError, match="damping has dtype float64"):
        NewtonHelper(EXACT_MAIN, UNIT.astype(int), step_size=1, damping=0.5)
    with pytest.raises(ExactnessError, match="one agent is exact"):
        Interaction(EXACT_MAIN, BlindHelper(UNIT, step_size=1.0))


def test_bad_estimates_dampings_memories_and_weights() -> None:
    with pytest.raises(ShapeError, match=r"gram has shape \(3, 3\); expected \(\.\.\., d, d\) with d = 2"):
        NewtonHelper(MAIN, UNIT, step_size=0.5, gram=np.eye(3))
    with pytest.raises(ShapeError, match="empty batch of estimates"):
        NewtonHelper(MAIN, UNIT, step_size=0.5, gram=np.empty((0, 2, 2)))
    with pytest.raises(RankError, match="gram has rank 0: it gives no Newton step"):
        NewtonHelper(MAIN, UNIT, step_size=0.5, gram=np.zeros((2, 2)))
    with pytest.raises(NonFiniteError, match="damping has 1 non-finite"):
        NewtonHelper(MAIN, UNIT, step_size=0.5, damping=np.nan)
    with pytest.raises(ShapeError, match=r"X \(3,\), damping \(2,\)"):
        NewtonHelper(MAIN, np.ones((3, 1, 2)), step_size=0.5, damping=[0.5, 0.6])
    with pytest.raises(OptionError, match="memory must be an integer >= 2, got 1"):
        BlindHelper(UNIT, step_size=0.5, memory=1)
    helper = BlindHelper(UNIT, step_size=0.5)
    with pytest.raises(NonFiniteError, match="w has 1 non-finite"):
        helper.update([np.inf, 0.0])
    with pytest.raises(ShapeError, match=r"w has shape \(3,\)"):
        helper.update(np.ones(3))
    helper.update([0.0, 0.0])
    with pytest.raises(ShapeError, match=r"call reset\(\) before another run"):
        helper.update(np.ones((4, 2)))
    with pytest.raises(NotAffineError):
        Interaction(MAIN, helper).equilibrium()


def test_descriptions() -> None:
    helper = BlindHelper(UNIT, step_size=0.5)
    assert repr(helper) == "BlindHelper(Prompt(n=2, d=2, batch_shape=(), float64))"
    assert (helper.d, helper.memory, helper.exact, helper.batch_shape) == (2, 3, False, ())
