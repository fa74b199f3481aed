"""Random pairs that never reach a rank, a kernel or a side of the box."""

from fractions import Fraction

import numpy as np
import pytest

from numerics import Prompt
from proofs_check.instruments.geometries import dyadic_pair, exact_pair

PAIRS = [exact_pair(np.random.default_rng(seed)) for seed in range(300)]


def ranks(pair):
    return int(pair.agent_w.prompt.rank), int(pair.agent_u.prompt.rank)


def test_pairs_are_rational():
    assert all(isinstance(x, Fraction) for pair in PAIRS for x in pair.X_W.ravel())


def test_all_ranks_occur_in_three_dimensions():
    found = {ranks(pair) for pair in PAIRS if pair.d == 3}
    assert {rank for rank, _ in found} == {rank for _, rank in found} == {0, 1, 2, 3}


def test_fewer_examples_than_dimensions_occur():
    assert any(len(pair.X_W) < pair.d for pair in PAIRS)


def test_common_kernels_occur():
    both = (np.concatenate([pair.X_W, pair.X_U]) for pair in PAIRS if min(ranks(pair)) > 0)
    assert any(Prompt(X, X[:, 0]).rank < X.shape[1] for X in both)


@pytest.mark.slow
def test_steps_inside_and_outside_the_box_occur():
    assert {bool(pair.interaction.converges()) for pair in PAIRS} == {True, False}


@pytest.mark.parametrize("seed", range(20))
def test_inside_means_inside(seed):
    pair = exact_pair(np.random.default_rng(seed), inside=True)
    for agent, step in ((pair.agent_w, pair.eta_W), (pair.agent_u, pair.eta_U)):
        assert float(step) * np.linalg.eigvalsh(agent.prompt.gram.astype(float))[-1] < 2


def test_same_seed_same_pair():
    one, other = (exact_pair(np.random.default_rng(7)) for _ in range(2))
    assert (one.X_W == other.X_W).all()
    assert one.eta_U == other.eta_U


def test_exchange_of_roles_is_an_involution():
    pair = PAIRS[0]
    assert pair.swapped().X_W is pair.X_U
    assert pair.swapped().swapped() == pair


def test_dyadic_data_carry_no_rounding():
    pair = dyadic_pair(np.random.default_rng(0), 3, 4)
    exact = np.vectorize(Fraction, otypes=[object])(pair.X_W)
    gram = exact.swapaxes(-1, -2) @ exact / exact.shape[-2]
    assert (np.vectorize(Fraction, otypes=[object])(pair.arguments()["S_W"]) == gram).all()
    labels = (exact @ np.vectorize(Fraction, otypes=[object])(pair.w_star)[..., None])[..., 0]
    assert (np.vectorize(Fraction, otypes=[object])(pair.y_W) == labels).all()
