"""Two alternating agents: order of moves, fast paths, exactness, divergence, foreign agents, bad input."""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import (
    AffineMap,
    DimensionMismatchError,
    DivergenceError,
    DivergenceWarning,
    DTypeError,
    ExactnessError,
    Interaction,
    LSAAgent,
    LSALayer,
    NoEquilibriumError,
    NonFiniteError,
    NotAffineError,
    NumericsError,
    OptionError,
    Prompt,
    ScaleError,
    ShapeError,
)
from tests.numerics.common import Saying, exact_copy, run_bound, scalar_pair
from tests.numerics.random_prompts import random_prompts, random_step_sizes
from tests.strategies import pairs, vectors

F = Fraction


@given(pairs(), st.integers(0, 4), st.data())
def test_u_moves_first_through_the_real_layer(pair: Interaction, turns: int, data: st.DataObject) -> None:
    w = data.draw(vectors(d=pair.d))
    run = pair.simulate(w, turns, method="attention")
    assert run.w.shape == (turns + 1, pair.d)
    assert run.u.shape == (turns, pair.d)
    assert np.all(run.w[0] == w)
    for t in range(turns):
        assert np.all(run.u[t] == pair.agent_u.update(run.w[t]))
        assert np.all(run.w[t + 1] == pair.agent_w.update(run.u[t]))


@given(pairs(), st.integers(1, 6), st.data())
@pytest.mark.slow
def test_every_fast_path_equals_the_layer_exactly(pair: Interaction, turns: int, data: st.DataObject) -> None:
    w0 = data.draw(vectors(d=pair.d))
    real = pair.simulate(w0, turns, method="attention")
    for method in ("auto", "affine", "attention"):
        run = pair.simulate(w0, turns, method=method)
        assert np.all(run.w == real.w)
        assert np.all(run.u == real.u)
        last = pair.simulate(w0, turns, method=method, keep="last")
        assert last.w.shape == last.u.shape == (1, pair.d)
        assert np.all(last.w_last == real.w_last)
        assert np.all(last.u_last == real.u_last)


@given(pairs(exact=False, scaled=True), st.sampled_from([1, 2, 7, 40]), st.data())
@pytest.mark.slow
def test_float_runs_stay_within_the_rounding_bound_of_exact_ones(
    pair: Interaction, turns: int, data: st.DataObject
) -> None:
    exact_pair = Interaction(exact_copy(pair.agent_w), exact_copy(pair.agent_u))
    w0 = data.draw(vectors(d=pair.d, exact=False))
    truth = exact_pair.simulate([F(x) for x in w0], turns, keep="last")
    for method in ("affine", "attention"):
        run = pair.simulate(w0, turns, method=method)
        bound = run_bound(pair, run.w, run.u)
        assert np.linalg.norm(run.w_last - truth.w_last.astype(float)) <= bound
        assert np.linalg.norm(run.u_last - truth.u_last.astype(float)) <= bound
        last = pair.simulate(w0, turns, method=method, keep="last")
        assert np.linalg.norm(last.w_last - truth.w_last.astype(float)) <= bound


@given(pairs(max_d=2, max_n=3), st.data())
def test_role_swap_shifts_by_half_a_turn(pair: Interaction, data: st.DataObject) -> None:
    w0 = data.draw(vectors(d=pair.d))
    run = pair.simulate(w0, 4)
    swapped = Interaction(pair.agent_u, pair.agent_w).simulate(run.u[0], 3)
    assert np.all(swapped.w == run.u)
    assert np.all(swapped.u == run.w[1:4])


def test_negative_control_a_swapped_order_of_moves_is_noticed() -> None:
    pair = scalar_pair(F(1, 2), F(1, 3))
    run = pair.simulate([F(0)], 1)
    assert (run.u_last[0], run.w_last[0]) == (1, 1)
    swapped = Interaction(pair.agent_u, pair.agent_w).simulate([F(0)], 1)
    assert (swapped.u_last[0], swapped.w_last[0]) == (F(1, 2), F(4, 3))


def test_negative_control_a_wrong_layer_is_noticed_by_the_fast_path() -> None:
    pair = scalar_pair(0.5, 0.25)
    wrong = LSAAgent.with_layer(pair.agent_w.prompt, LSALayer.from_blocks([[0.5]], [[1.0]]))
    mutant = Interaction(wrong, pair.agent_u)
    with pytest.warns(DivergenceWarning):
        affine, real = (mutant.simulate([0.0], 3, method=m) for m in ("affine", "attention"))
    assert affine.w_last != pair.simulate([0.0], 3).w_last
    assert affine.w_last == real.w_last


def test_batches_broadcast_and_agree_with_single_pairs() -> None:
    rng = np.random.default_rng(4)
    pw, pu = random_prompts(rng, (3,), 5, 2), random_prompts(rng, (2, 1), 2, 2)
    sw, su = random_step_sizes(rng, pw), random_step_sizes(rng, pu)
    pair = Interaction(LSAAgent(pw, sw), LSAAgent(pu, su))
    assert pair.batch_shape == (2, 3)
    w0 = rng.normal(size=(4, 1, 1, 2))
    run = pair.simulate(w0, 9)
    real = pair.simulate(w0, 9, method="attention")
    assert run.w.shape == (4, 2, 3, 10, 2)
    assert run.u.shape == (4, 2, 3, 9, 2)
    assert run.diverged.shape == (4, 2, 3)
    assert pair.rate().shape == pair.converges().shape == (2, 3)
    np.testing.assert_allclose(run.w, real.w, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(run.u, real.u, rtol=1e-12, atol=1e-12)
    one = Interaction(LSAAgent(Prompt(pw.X[2], pw.y[2]), sw[2]), LSAAgent(Prompt(pu.X[1, 0], pu.y[1, 0]), su[1, 0]))
    np.testing.assert_allclose(run.w[3, 1, 2], one.simulate(w0[3, 0, 0], 9).w, rtol=1e-12, atol=1e-12)
    assert pair.rate()[1, 2] == pytest.approx(one.rate(), rel=1e-12)


def test_one_pair_from_many_starts() -> None:
    pair = scalar_pair(0.5, 0.25)
    starts = np.linspace(-1, 1, 5)[:, None]
    run = pair.simulate(starts, 3)
    assert run.w.shape == (5, 4, 1)
    assert run.w[4].tolist() == pair.simulate([1.0], 3).w.tolist()
    assert pair.simulate(starts, 3, keep="last").w_last.tolist() == run.w_last.tolist()


def test_errors_are_measured_from_any_target() -> None:
    run = scalar_pair(F(1, 2), F(1, 3)).simulate([F(0)], 2)
    assert np.all(run.error_w() == run.w - 1)
    assert np.all(run.error_u() == run.u - 3)
    assert np.all(run.error_w([F(5)]) == run.w - 5)
    assert run.rate == pytest.approx(1 / 3)
    with pytest.raises(ShapeError, match=r"u_star has shape \(2,\)"):
        run.error_u([F(1), F(2)])


def test_a_pair_by_hand() -> None:
    """P = 1/2 towards 1, Q = 1/3 towards 3: w = 3/2, u = 2, a turn's rate 1/3."""
    for pair in (scalar_pair(0.5, 1 / 3), scalar_pair(F(1, 2), F(1, 3))):
        eq = pair.equilibrium()
        assert (pair.rate(), pair.shortfall()) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
        assert (eq.rate, eq.converges, eq.unique, eq.kernel_dim) == (pytest.approx(1 / 3), True, True, 0)
        found = [x[0] for x in (eq.w, eq.u, eq.w_star, eq.u_star, eq.residual_w, eq.residual_u)]
        assert [float(x) for x in found] == pytest.approx([1.5, 2, 1, 3, 0.5, -1])
        start = [F(0)] if pair.exact else [0.0]
        other = pair.equilibrium(w_star=start, u_star=start)
        assert (other.residual_w, other.residual_u) == (eq.w, eq.u)
        for array in (eq.w, eq.u):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


@pytest.mark.parametrize("exact", [False, True])
def test_only_what_drifts_has_no_equilibrium(exact: bool) -> None:
    """P = Q = 2 drifts, beside one that settles at 7/5."""
    kind = (lambda x: np.array([F(q) for q in x], dtype=object)) if exact else np.array
    prompts = (Prompt(kind([1])[None], kind([y])) for y in (1, 3))
    w, u = (LSAAgent(prompt, kind(steps)) for prompt, steps in zip(prompts, ([0.5, 2], [0.25, 2]), strict=True))
    pair = Interaction(w, u)
    with pytest.raises(NoEquilibriumError, match=r"1 of 2 pairs have no equilibrium, the first at index \(1,\)"):
        pair.equilibrium()
    eq = pair.equilibrium(allow_missing=True)
    assert (eq.exists.tolist(), eq.unique.tolist(), eq.kernel_dim.tolist()) == ([True, False], [True, False], [0, 1])
    assert float(eq.w[0, 0]) == pytest.approx(1.4)
    assert np.isnan([float(x[1, 0]) for x in (eq.w, eq.u)]).all()


@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.parametrize("method", ["affine", "attention"])
def test_a_run_in_memory_of_the_caller(keep: str, method: str) -> None:
    """The states are written there, what is shown of them is read-only, and what they answer is asked in time."""
    pair = scalar_pair([0.5, 0.25], 0.5)
    plain = pair.simulate([7.0], 3, keep=keep, method=method)
    out = np.empty(plain.w.shape)
    run = pair.simulate([7.0], 3, keep=keep, method=method, out=out)
    assert np.shares_memory(run.w, out)
    assert run.w.tolist() == out.tolist() == plain.w.tolist()
    assert run.u.tolist() == plain.u.tolist()
    assert out.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        run.w[0] = 0
    for turns in (2, 4):
        if keep == "all":
            with pytest.raises(ShapeError, match=r"out has shape \(2, 4, 1\); this run writes"):
                pair.simulate([7.0], turns, keep=keep, method=method, out=out)


@pytest.mark.parametrize("where", [slice(None), 0, -1])
def test_answers_to_states_that_were_written_over_are_refused(where: int | slice) -> None:
    pair, out = scalar_pair(0.5, 0.5), np.empty((4, 1))
    run = pair.simulate([7.0], 3, method="affine", out=out)
    out[where] = 0
    with pytest.raises(OptionError, match="has been written over"):
        _ = run.u
    assert pair.simulate([7.0], 3, method="affine").u.shape == (3, 1)


def test_through_the_examples_is_the_same_run() -> None:
    pair = scalar_pair(0.5, 0.25)
    run = pair.simulate([7.0], 5, engine="factored")
    assert run.statistics.engine == "factored"
    assert run.method == "affine"
    assert run.w == pytest.approx(pair.simulate([7.0], 5, method="attention").w)


@pytest.mark.parametrize(("of_w", "of_u"), [(1, 2), (2, 1), (2, 2)])
def test_maps_of_another_dimension_are_refused(of_w: int, of_u: int) -> None:
    with pytest.raises(DimensionMismatchError, match=f"pair has d = 1, affine_map_w has d = {of_w}, .* {of_u}"):
        _ = Interaction(Moving(-1, 0, of_w), Moving(-1, 0, of_u)).maps


def test_no_turns() -> None:
    pair = scalar_pair(0.5, 0.5)
    for keep in ("all", "last"):
        for method in ("affine", "attention"):
            run = pair.simulate([7.0], 0, keep=keep, method=method)
            assert run.w.tolist() == [[7.0]]
            assert run.u.shape == (0, 1)
            with pytest.raises(OptionError, match="turns = 0 has no move of U"):
                _ = run.u_last
    assert pair.simulate(None, 0).w.tolist() == [[0.0]]


def test_runs_are_read_only() -> None:
    run = scalar_pair(0.5, 0.5).simulate([7.0], 2)
    for array in (run.w, run.u):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


# --- divergence ---


def test_convergent_outside_the_box_is_not_reported() -> None:
    pair = scalar_pair(2.5, 0.9)
    assert pair.converges()
    assert pair.rate() == pytest.approx(0.15)
    run = pair.simulate([100.0], 60)
    assert not run.diverged
    # The scalar fixed point, from u = w - .9 (w - 3) and w = u - 2.5 (u - 1).
    assert run.w_last[0] == pytest.approx((2.5 - 1.5 * 2.7) / 1.15)


@pytest.mark.parametrize("method", ["affine", "attention"])
@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.parametrize(("p", "q", "rate"), [(2.1, 2.0, 1.1), (2.0, 2.0, 1.0), (4.0, 0.5, 1.5)])
def test_divergent_pairs_warn_with_their_rate(p: float, q: float, rate: float, keep: str, method: str) -> None:
    pair = scalar_pair(p, q)
    with pytest.warns(DivergenceWarning, match=rf"1 of 1 pairs do not converge.*radius of one turn {rate:.6g}\."):
        run = pair.simulate([0.0], 50, keep=keep, method=method)
    assert run.diverged
    assert np.isfinite(run.w).all()
    assert run.rate == pytest.approx(rate)


def test_only_the_divergent_pairs_of_a_batch_are_flagged() -> None:
    prompt = Prompt(np.ones((1, 1)), np.ones(1))
    pair = Interaction(LSAAgent(prompt, [0.5, 3.0, 1.5]), LSAAgent(Prompt([[1.0]], [3.0]), [0.5, 3.0, 0.1]))
    assert pair.converges().tolist() == [True, False, True]
    with pytest.warns(DivergenceWarning, match=r"1 of 3 pairs.*the first at index \(1,\).*radius of one turn 4\."):
        run = pair.simulate([0.0], 20)
    assert run.diverged.tolist() == [False, True, False]


def test_a_single_turn_tells_nothing_of_divergence() -> None:
    pair = scalar_pair(3.0, 3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not pair.simulate([0.0], 1).diverged
        assert not pair.simulate([0.0], 0).diverged
    with pytest.warns(DivergenceWarning, match="1 of 1 pairs"):
        assert pair.simulate([0.0], 2).diverged


def test_what_stands_still_has_not_diverged() -> None:
    """Of three starts of one expanding pair, the one at its fixed point 5 never moves."""
    with pytest.warns(DivergenceWarning, match="2 of 3 pairs"):
        run = scalar_pair(3.0, 3.0).simulate([[0.0], [5.0], [1.0]], 2)
    assert run.diverged.tolist() == [True, False, True]


def test_exact_divergence_is_reported_too() -> None:
    with pytest.warns(DivergenceWarning, match=r"radius of one turn 4\."):
        run = scalar_pair(F(3), F(3)).simulate([F(0)], 10)
    assert run.diverged


@pytest.mark.parametrize("method", ["affine", "attention"])
@pytest.mark.parametrize("keep", ["all", "last"])
def test_overflow_raises_with_turn_and_rate(keep: str, method: str) -> None:
    with pytest.raises(DivergenceError, match=r"at turn 511; the spectral radius of one turn is 4; take") as caught:
        scalar_pair(2.0, 5.0).simulate([0.0], 3000, keep=keep, method=method)
    assert caught.value.turn == 511
    assert caught.value.rate == pytest.approx(4.0)


def test_overflow_names_the_pair_of_a_batch() -> None:
    pair = Interaction(LSAAgent(Prompt([[1.0]], [1.0]), [0.5, 9.0]), LSAAgent(Prompt([[1.0]], [3.0]), 1.5))
    with pytest.raises(DivergenceError, match=r"of the pair at index \(1,\)"):
        pair.simulate([0.0], 3000)


def test_a_swing_of_constant_size_is_reported() -> None:
    """P = 2 against a U that does not see the direction: the run swings for ever."""
    w = LSAAgent(Prompt([[1.0]], [1.0]), 2.0)
    u = LSAAgent(Prompt([[0.0]], [0.0]), 1.0)
    with pytest.warns(DivergenceWarning, match=r"radius of one turn 1\."):
        run = Interaction(w, u).simulate([0.0], 11)
    assert run.w_last[0] == 2.0


def test_slow_convergence_is_not_reported() -> None:
    pair = scalar_pair(1e-9, 1e-12)
    assert pair.converges()
    assert not pair.simulate([0.0], 5).diverged


class Moving(Saying):
    """An agent that offers a map."""

    def __init__(self, displacement: float, offset: float, d: int = 1) -> None:
        super().__init__(1, [0.0])
        self.map = AffineMap(displacement * np.eye(d), np.full(d, offset))

    def affine_map(self) -> AffineMap:
        return self.map


@pytest.mark.parametrize(
    ("w", "u", "fine"),
    [
        ((-1.0, 1e308), (-1.0, 1e308), False),  # b + c
        ((-1.0, 1e308), (-1e-9, 1e298), True),
        ((-1e10, 1.0), (-1e-9, 1e300), False),  # d p c
        ((-0.9e10, 1e308), (-1e-9, 1e298), False),  # all three together
        ((-1e-9, 1e308), (-1e10, 1.0), True),
    ],
)
def test_a_map_that_overflows_is_refused(w: tuple[float, float], u: tuple[float, float], fine: bool) -> None:
    """Entries p, offsets b and c: the map of one turn adds up ``b + c + d p c``."""
    pair = Interaction(Moving(*w), Moving(*u))
    if fine:
        assert np.isfinite(pair.turn_map.largest).all()
        return
    for question in (pair.rate, pair.converges, pair.equilibrium, lambda: pair.simulate([0.0], 1)):
        with pytest.raises(ScaleError, match="the map of one turn overflows; rescale the labels"):
            question()


@pytest.mark.parametrize(("p", "q", "fine"), [(2.0**30, 2.0**22, True), (2.0**30, 2.0**22 + 2.0**-20, False)])
def test_a_map_without_correct_digits_is_refused(p: float, q: float, fine: bool) -> None:
    """Up to a product of ``2^52``."""
    pair = scalar_pair(p, q)
    if fine:
        assert pair.rate() == pytest.approx(2.0**52)
    else:
        with pytest.raises(ScaleError, match=r"reaches 1\.07e\+09 for W and 4\.19e\+06 for U: .*no correct digit"):
            pair.rate()


def test_u_alone_can_overflow() -> None:
    """W jumps to its target whatever U says, even where U's answer is not representable."""
    run = scalar_pair(1.0, 1e15).simulate([1e300], 1)
    assert run.w_last[0] == pytest.approx(1.0)
    with pytest.raises(DivergenceError, match="at turn 1"):
        _ = run.u


# --- agents from elsewhere ---


def test_what_agents_offer_is_found_and_what_they_do_not_is_none() -> None:
    w = LSAAgent(Prompt(np.ones((3, 2)), np.ones(3)), 0.5)
    both, one = Interaction(w, w), Interaction(w, Saying(2, [1.0, 2.0]))
    assert both.maps is not None
    assert np.array_equal(both.maps[0].offset, w.affine_map().offset)
    assert np.array_equal(both.targets, [w.target, w.target])
    assert one.maps is None
    assert one.targets[1] is None
    assert Interaction(Saying(2, [1.0, 2.0]), w).maps is None
    assert (both.size, one.size) == (3, 3)
    assert Interaction(*[Saying(2, [1.0, 2.0])] * 2).size == 2


class Counting:
    """A stateful agent: halves what it gets, plus the number of times it was asked."""

    d = 1

    def __init__(self) -> None:
        self.asked = 0

    def reset(self) -> None:
        self.asked = 0

    def update(self, w: np.ndarray) -> np.ndarray:
        self.asked += 1
        return w / 2 + self.asked


def test_foreign_agents_are_asked_every_turn_and_reset_every_run() -> None:
    counting = Counting()
    pair = Interaction(LSAAgent(Prompt([[1.0]], [0.0]), 0.5), counting)
    for _ in range(2):
        run = pair.simulate([0.0], 2)
        assert run.method == "attention"
        assert run.u[:, 0].tolist() == [1.0, 2.25]
    for question in (pair.rate, pair.converges, pair.equilibrium):
        with pytest.raises(NotAffineError, match="affine map of one turn needs agents with a fixed affine update"):
            question()
    with pytest.raises(NotAffineError):
        pair.simulate([0.0], 2, method="affine")
    with pytest.raises(NumericsError, match="agent_u has no target; pass u_star="):
        run.error_u()
    assert run.error_u([1.0])[0, 0] == 0.0


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ([np.nan], NonFiniteError, r"agent_u.update\(w\) has 1 non-finite.*at turn 1"),
        ([1.0, 2.0], ShapeError, r"agent_u.update\(w\) has shape \(2,\); expected \(\.\.\., d\) with d = 1"),
        (["x"], DTypeError, r"agent_u.update\(w\) has dtype <U1"),
        (
            np.ones((3, 1)),
            ShapeError,
            r"agent_u.update\(w\) has batch shape \(3,\), larger than the run's \(\)",
        ),
    ],
)
def test_bad_answers_are_refused(answer: object, error: type[Exception], message: str) -> None:
    pair = Interaction(LSAAgent(Prompt([[1.0]], [0.0]), 0.5), Saying(1, answer))
    with pytest.raises(error, match=message):
        pair.simulate([0.0], 2)


def test_general_layers_run_both_ways() -> None:
    prompt = Prompt([[1.0, 2.0], [0.0, 1.0]], [1.0, -1.0])
    layer = LSALayer.from_blocks([[-0.1, 0.05], [0.0, -0.2]], [[1.0, 0.3], [0.0, 0.7]])
    pair = Interaction(LSAAgent.with_layer(prompt, layer), LSAAgent(Prompt([[1.0, 0.0]], [2.0]), 0.5))
    a, b = (pair.simulate([0.0, 1.0], 20, method=m) for m in ("affine", "attention"))
    np.testing.assert_allclose(a.w, b.w, rtol=1e-13, atol=1e-13)
    assert pair.converges()


def test_a_layer_that_drifts_does_not_converge() -> None:
    """K13 = 0: the agent adds a constant for ever, though no eigenvalue leaves 1."""
    prompt = Prompt([[1.0]], [1.0])
    drift = LSAAgent.with_layer(prompt, LSALayer.from_blocks([[-1.0]], [[0.0]]))
    still = LSAAgent(Prompt([[0.0]], [0.0]), 1.0)
    pair = Interaction(drift, still)
    assert pair.rate() == 0.0
    assert not pair.converges()


# --- bad input ---


def test_bad_pairs_have_their_own_message() -> None:
    one = LSAAgent(Prompt([[1.0]], [1.0]), 0.5)
    two = LSAAgent(Prompt([[1.0, 2.0]], [1.0]), 0.5)
    with pytest.raises(DimensionMismatchError, match="agent_w has d = 1, agent_u has d = 2; they must agree"):
        Interaction(one, two)
    with pytest.raises(ShapeError, match=r"agent_w \(2,\), agent_u \(3,\)"):
        Interaction(LSAAgent(one.prompt, [0.1] * 2), LSAAgent(one.prompt, [0.1] * 3))
    with pytest.raises(ExactnessError, match="one agent is exact and the other in floating point"):
        Interaction(one, scalar_pair(F(1), F(1)).agent_u)
    with pytest.raises(DTypeError, match=r"agent_u is a Prompt; an agent needs \.d and \.update"):
        Interaction(one, one.prompt)


@pytest.mark.parametrize(
    ("w0", "turns", "options", "error", "message"),
    [
        ([1.0, 2.0], 1, {}, ShapeError, r"w0 has shape \(2,\); expected \(\.\.\., d\) with d = 1"),
        (1.0, 1, {}, ShapeError, r"w0 has shape \(\)"),
        ([[1.0]] * 3, 1, {}, ShapeError, r"w0 \(3,\), pair \(2,\)"),
        ([np.nan], 1, {}, NonFiniteError, "w0 has 1 non-finite"),
        ([1j], 1, {}, DTypeError, "w0 has dtype complex128"),
        (["0"], 1, {}, DTypeError, "w0 has dtype <U1"),
        ([F(1)], 1, {}, ExactnessError, "w0 holds exact rationals but the computation is in floating point"),
        ([0.0], -1, {}, OptionError, "turns must be an integer >= 0, got -1"),
        ([0.0], 2.5, {}, OptionError, r"turns must be an integer >= 0, got 2\.5"),
        ([0.0], True, {}, OptionError, "turns must be an integer >= 0, got True"),
        ([0.0], "3", {}, OptionError, "turns must be an integer >= 0, got '3'"),
        ([0.0], 1, {"keep": "some"}, OptionError, "keep must be one of 'all', 'last', got 'some'"),
        ([0.0], 1, {"method": "magic"}, OptionError, "method must be one of 'auto', 'affine', 'attention'"),
    ],
)
def test_bad_runs_have_their_own_message(
    w0: object, turns: object, options: dict[str, str], error: type[Exception], message: str
) -> None:
    pair = Interaction(LSAAgent(Prompt([[1.0]], [1.0]), [0.1, 0.2]), LSAAgent(Prompt([[1.0]], [1.0]), 0.5))
    with pytest.raises(error, match=message):
        pair.simulate(w0, turns, **options)


def test_exact_pairs_refuse_floats() -> None:
    with pytest.raises(ExactnessError, match="w0 has dtype float64 but the computation is exact"):
        scalar_pair(F(1), F(1)).simulate([0.5], 1)
    assert scalar_pair(F(1), F(1)).simulate([2], 1).w_last[0] == 1


def test_all_zero_prompts_never_move() -> None:
    zero = LSAAgent(Prompt(np.zeros((2, 2)), np.zeros(2)), 1.0)
    pair = Interaction(zero, zero)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = pair.simulate([1.0, 2.0], 5)
    assert run.w_last.tolist() == [1.0, 2.0]
    assert pair.converges()
    assert pair.rate() == 0.0
