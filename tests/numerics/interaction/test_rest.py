"""Equilibrium, rate and convergence: against the real layer itself, in exact rationals first."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from numerics import Interaction, LSAAgent, LSALayer, NoEquilibriumError, NumericsError, Prompt, ShapeError
from tests.numerics.common import Saying, U, rounded_copy, scalar_pair
from tests.numerics.random_prompts import rational_prompt_with_singular_values
from tests.strategies import agents, pairs, rationals, vectors

F = Fraction


def frozen_projector(pair: Interaction) -> np.ndarray:
    """Projector on the common kernel of the two Gram matrices."""
    stacked = np.concatenate([a.prompt.gram.astype(float) for a in (pair.agent_w, pair.agent_u)])
    _, values, right = np.linalg.svd(stacked)
    kernel = right[values <= 1e-9 * max(values[0], 1)]
    return kernel.T @ kernel


@given(pairs(), st.data())
def test_the_real_layer_leaves_the_equilibrium_alone(pair: Interaction, data: st.DataObject) -> None:
    w0 = data.draw(vectors(d=pair.d))
    eq = pair.equilibrium(w0)
    assert np.all(pair.agent_u.update(eq.w) == eq.u)
    assert np.all(pair.agent_w.update(eq.u) == eq.w)
    assert np.all(eq.residual_w == eq.w - pair.agent_w.target)
    assert np.all(eq.residual_u == eq.u - pair.agent_u.target)
    assert eq.exists
    assert eq.converges
    assert eq.unique == (eq.kernel_dim == 0)


@given(pairs(common_kernel=True), st.data())
@pytest.mark.slow
def test_the_component_of_the_start_on_the_common_kernel_stays(pair: Interaction, data: st.DataObject) -> None:
    w0 = data.draw(vectors(d=pair.d))
    eq, zero = pair.equilibrium(w0), pair.equilibrium()
    assert eq.kernel_dim >= 1
    assert not eq.unique
    difference = (eq.w - zero.w).astype(float)
    # The equilibria differ by the frozen part of w0 and nothing else; small rationals: 1e-9 is generous.
    kept = frozen_projector(pair)
    np.testing.assert_allclose(difference, kept @ w0.astype(float), atol=1e-9)
    # Every run keeps it, exactly: displacements are orthogonal to it.
    run = pair.simulate(w0, 3)
    moved = (run.w_last - w0).astype(float)
    np.testing.assert_allclose(kept @ moved, 0, atol=1e-9)


@given(pairs(max_d=2), st.data())
def test_long_float_runs_arrive_at_the_exact_equilibrium(pair: Interaction, data: st.DataObject) -> None:
    w0 = data.draw(vectors(d=pair.d))
    eq = pair.equilibrium(w0)
    assume(pair.rate() < 0.98)
    floats = Interaction(rounded_copy(pair.agent_w), rounded_copy(pair.agent_u))
    last = floats.simulate(w0.astype(float), 3000, keep="last").w_last
    # For d <= 2 and |AB| <= 1, |(AB)^t| <= rate^t (1 + t / rate), negligible here. What is left is u
    # times 1 / (1 - rate) <= 50 and the condition number of the small rationals.
    size = 1 + sum(np.linalg.norm(x.astype(float)) for x in (w0, eq.w))
    assert np.linalg.norm(last - eq.w.astype(float)) <= 1e-9 * size


@given(pairs(), st.data())
@pytest.mark.slow
def test_float_equilibrium_within_the_condition_bound(pair: Interaction, data: st.DataObject) -> None:
    """Backward error of D and c at most 20 size eps; solving multiplies it by scale / sigma_min(D)."""
    w0 = data.draw(vectors(d=pair.d))
    truth = pair.equilibrium(w0)
    maps = [a.affine_map() for a in (pair.agent_w, pair.agent_u)]
    D = maps[0].after(maps[1]).displacement.astype(float)
    values = np.linalg.svd(D)[1]
    rank = pair.d - int(truth.kernel_dim)
    smallest = values[rank - 1] if rank else 1.0
    norms = [np.linalg.norm(m.displacement.astype(float)) for m in maps]
    scale = sum(norms) + np.prod(norms)
    assume(smallest > 1e-8 * scale or rank == 0)
    offsets = sum(np.linalg.norm(m.offset.astype(float)) for m in maps) * (1 + scale)
    labels = sum(
        float(a.step_size) * np.linalg.norm(a.prompt.X.astype(float)) * np.linalg.norm(a.prompt.y.astype(float))
        for a in (pair.agent_w, pair.agent_u)
    )
    sizes = scale * (np.linalg.norm(w0.astype(float)) + np.linalg.norm(truth.w.astype(float)))
    bound = 20 * 8 * U * (sizes + offsets + labels) / smallest * (1 + scale / smallest)
    eq = Interaction(rounded_copy(pair.agent_w), rounded_copy(pair.agent_u)).equilibrium(w0.astype(float))
    assert eq.kernel_dim == truth.kernel_dim
    assert np.linalg.norm(eq.w - truth.w.astype(float)) <= bound


def test_residuals_from_another_representative_of_the_target() -> None:
    w = LSAAgent(Prompt.from_target([[1.0, 0.0]], [1.0, 5.0]), 0.5)
    u = LSAAgent(Prompt.from_target([[0.0, 1.0]], [2.0, 3.0]), 0.5)
    pair = Interaction(w, u)
    eq = pair.equilibrium()
    np.testing.assert_allclose(eq.w, [1.0, 3.0], atol=16 * U)
    np.testing.assert_allclose(eq.residual_w, [0.0, 3.0], atol=16 * U)
    other = pair.equilibrium(w_star=[1.0, 5.0], u_star=[2.0, 3.0])
    np.testing.assert_allclose(other.residual_w, [0.0, -2.0], atol=16 * U)
    np.testing.assert_allclose(other.residual_u, [-1.0, 0.0], atol=16 * U)
    with pytest.raises(ShapeError, match="w_star"):
        pair.equilibrium(w_star=[1.0])


def test_batched_equilibria_of_different_ranks() -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(4, 3, 3))
    X[1, :, 2] = 0  # one frozen direction
    X[2] = 0  # nothing moves
    y = rng.normal(size=(4, 3))
    pair = Interaction(LSAAgent(Prompt(X, y), 0.1), LSAAgent(Prompt(X, -y), 0.2))
    w0 = rng.normal(size=3)
    eq = pair.equilibrium(w0)
    assert eq.kernel_dim.tolist() == [0, 1, 3, 0]
    assert eq.unique.tolist() == [True, False, False, True]
    assert eq.w[2].tolist() == w0.tolist()
    assert eq.rate[2] == 0.0
    assert eq.w[1, 2] == pytest.approx(w0[2], abs=1e-12)
    for g in range(4):
        one = Interaction(LSAAgent(Prompt(X[g], y[g]), 0.1), LSAAgent(Prompt(X[g], -y[g]), 0.2)).equilibrium(w0)
        np.testing.assert_allclose(eq.w[g], one.w, rtol=1e-9, atol=1e-9)


def test_noisy_labels_never_hide_an_equilibrium() -> None:
    """Labels a billion times larger than their moment: what cancels must not look like a drift."""
    rng = np.random.default_rng(8)
    v = rng.normal(size=5)
    noise = rng.normal(size=5)
    y = 1e9 * (noise - v * (v @ noise) / (v @ v)) + v
    X = np.outer(v, rng.normal(size=3))
    step = 0.5 / np.linalg.eigvalsh(X.T @ X / 5)[-1]
    pair = Interaction(LSAAgent(Prompt(X, y), step), LSAAgent(Prompt(X, 2 * y), step))
    eq = pair.equilibrium([0.3, -0.1, 0.2])
    assert eq.exists
    assert eq.converges
    assert eq.kernel_dim == 2


# --- no equilibrium, or none that is reached ---


def test_a_drifting_pair_has_no_equilibrium() -> None:
    for two in (2.0, F(2)):
        pair = scalar_pair(two, two)
        with pytest.raises(NoEquilibriumError, match=r"1 of 1 pairs have no equilibrium"):
            pair.equilibrium()
        eq = pair.equilibrium(allow_missing=True)
        assert not eq.exists
        assert np.isnan(float(eq.w[0]))
        assert not eq.converges


def test_rate_one_stands_still_when_the_targets_agree() -> None:
    """Why convergence means "for every gap": p = q = 2 has rate 1, yet without a gap no run ever moves on."""
    for two in (2.0, F(2)):
        pair = scalar_pair(two, two, u_star=1)
        eq = pair.equilibrium([F(7)] if isinstance(two, F) else [7.0])
        assert eq.exists
        assert not eq.unique
        assert eq.w[0] == 7
        assert eq.rate == pytest.approx(1.0)
        assert not eq.converges


def test_the_fixed_point_of_a_divergent_pair_is_marked() -> None:
    eq = scalar_pair(F(3), F(3)).equilibrium()
    assert eq.unique
    assert not eq.converges
    assert eq.rate == pytest.approx(4.0)


def test_residual_of_an_agent_without_a_target() -> None:
    class Fixed(Saying):
        def affine_map(self) -> object:
            from numerics import AffineMap

            return AffineMap(np.array([[-1.0]]), np.array([4.0]))

    pair = Interaction(LSAAgent(Prompt([[1.0]], [0.0]), 0.5), Fixed(1, [4.0]))
    assert pair.equilibrium().w == pytest.approx(2.0)
    with pytest.raises(NumericsError, match="agent_u has no target; pass u_star="):
        _ = pair.equilibrium().residual_u
    assert pair.equilibrium(u_star=[4.0]).residual_u == pytest.approx(0.0)


def test_a_biased_layer_is_biased_alone() -> None:
    """With K13 = 2 I the agent's own fixed point is half its target."""
    prompt = Prompt([[1.0]], [1.0])
    agent = LSAAgent.with_layer(prompt, LSALayer.from_blocks([[-0.25]], [[2.0]]))
    assert Interaction(agent, agent).equilibrium().residual_w == pytest.approx(-0.5)


# --- convergence ---


@given(
    rationals(bound=12, denominator=4).filter(lambda q: q > 0),
    rationals(bound=12, denominator=4).filter(lambda q: q > 0),
)
def test_exact_scalar_region(p: Fraction, q: Fraction) -> None:
    factor = abs((1 - p) * (1 - q))
    pair = scalar_pair(p, q)
    assert pair.converges() == (factor < 1)
    assert pair.rate() == pytest.approx(float(factor), abs=1e-12)
    floats = scalar_pair(float(p), float(q))
    assert floats.rate() == pytest.approx(float(factor), rel=1e-12, abs=1e-12)
    if factor != 1:
        assert floats.converges() == (factor < 1)


@given(pairs())
@pytest.mark.slow
def test_inside_the_box_converges(pair: Interaction) -> None:
    assert pair.converges()
    assert pair.rate() <= 1 + 1e-12


@given(pairs(exact=False, scaled=True))
def test_inside_the_box_never_expands_at_any_scale(pair: Interaction) -> None:
    # The norm of a turn is at most 1; its eigenvalues are computed within a modest multiple of eps, defective
    # ones within the square root.
    assert pair.rate() <= 1 + 1e-6
    assert pair.equilibrium().exists


@given(pairs(region="outside"))
@pytest.mark.slow
def test_exact_convergence_agrees_with_the_eigenvalues_outside_the_box(pair: Interaction) -> None:
    rate = float(pair.rate())
    assume(abs(rate - 1) > 1e-4)
    assert pair.converges() == (rate < 1)


@given(st.integers(0, 2**32 - 1), agents(d=2, max_n=2))
def test_on_the_edge_convergence_is_up_to_the_other_agent(seed: int, other: LSAAgent) -> None:
    """lambda_max(eta S) = 2 exactly: W swings on one axis; the pair settles iff U moves that axis."""
    rng = np.random.default_rng(seed)
    prompt = rational_prompt_with_singular_values(rng, 2, 2, [2, 1])
    edge = LSAAgent(prompt, F(1))
    # S has eigenvalues 2 and 1/2; its top eigenvector spans the kernel of S - 2 I.
    top = (prompt.gram - F(1, 2) * np.array([[F(1), F(0)], [F(0), F(1)]], dtype=object)) @ np.array([F(1), F(7)])
    assume(np.any(top != 0))
    moves = bool(np.any(other.prompt.gram @ top != 0))
    for pair in (Interaction(edge, other), Interaction(other, edge)):
        assert pair.converges() == moves
        floats = Interaction(rounded_copy(pair.agent_w), rounded_copy(pair.agent_u))
        if not moves:
            assert not floats.converges()
            assert floats.rate() == pytest.approx(1.0, abs=1e-12)


def test_rate_ignores_the_frozen_directions() -> None:
    w = LSAAgent(Prompt([[1.0, 0.0, 0.0]], [1.0]), 0.5)
    u = LSAAgent(Prompt([[1.0, 1.0, 0.0]], [1.0]), 0.25)
    pair = Interaction(w, u)
    A, B = np.diag([0.5, 1.0]), np.eye(2) - 0.25 * np.ones((2, 2))
    assert pair.rate() == pytest.approx(max(abs(np.linalg.eigvals(A @ B))))
    assert pair.equilibrium().kernel_dim == 1


def test_orthogonal_projectors_converge_at_the_squared_cosine() -> None:
    """Kernels at angle theta: the rate is cos^2 theta."""
    theta = 0.7
    w = LSAAgent(Prompt([[1.0, 0.0]], [0.0]), 1.0)
    u = LSAAgent(Prompt([[np.cos(theta), np.sin(theta)]], [0.0]), 1.0)
    assert Interaction(w, u).rate() == pytest.approx(np.cos(theta) ** 2, rel=1e-12)


def test_negative_control_rate_of_a_wrong_step_is_noticed() -> None:
    assert scalar_pair(0.5, 0.25).rate() != pytest.approx(scalar_pair(0.5, 0.26).rate())
    assert scalar_pair(0.5, 0.25).equilibrium().w != pytest.approx(scalar_pair(0.25, 0.5).equilibrium().w)
