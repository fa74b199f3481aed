"""The public strategies: they give what they promise, and refuse the impossible at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.errors import InvalidArgument

from numerics import Interaction, LSAAgent, Prompt
from tests import strategies as s


@pytest.mark.parametrize("region", s.REGIONS)
@pytest.mark.parametrize("exact", [True, False])
def test_agents_are_in_their_region(region: s.Region, exact: bool) -> None:
    @given(s.agents(exact=exact, region=region))
    def check(agent: LSAAgent) -> None:
        assert agent.exact is exact
        top = float(agent.step_size) * np.linalg.eigvalsh(agent.prompt.gram.astype(float))[-1]
        # Small rationals: eigenvalues within 1e-12 of the truth.
        if region == "inside":
            assert top < 2
        elif region == "edge":
            assert top == pytest.approx(2, abs=1e-12)
        else:
            assert top > 2

    check()


@given(s.pairs(common_kernel=True))
@pytest.mark.slow
def test_common_kernels_are_common(pair: Interaction) -> None:
    assert pair.equilibrium().kernel_dim >= 1


@given(s.prompts(exact=False, scaled=True))
def test_float_prompts_are_valid_at_every_scale(prompt: Prompt) -> None:
    assert prompt.X.dtype == np.float64
    assert np.isfinite(prompt.gram).all()


@pytest.mark.parametrize(
    "wanted",
    [
        lambda p: p.n < p.d,
        lambda p: p.rank == 0,
        lambda p: p.rank == 3,
        lambda p: 0 < p.rank < min(p.n, p.d),
        lambda p: p.n > 1 and bool(np.all(p.X[0] == p.X[-1])) and p.rank > 0,
        lambda p: bool(np.any(p.X @ p.target != p.y)),
    ],
)
def test_unlikely_prompts_are_found(wanted: object) -> None:
    # No shrinking: that one exists is all that is asked.
    find(s.prompts(), wanted, settings=settings(max_examples=2000, phases=[Phase.generate]))


@pytest.mark.parametrize(
    "request_",
    [
        lambda: s.prompts(n=0),
        lambda: s.prompts(max_d=0),
        lambda: s.prompts(n=2, d=2, rank=3),
        lambda: s.prompts(rank=1),
        lambda: s.prompts(kernel=[[1]]),
        lambda: s.prompts(d=2, kernel=[[1]]),
        lambda: s.prompts(exact=True, scaled=True),
        lambda: s.prompts(n=2, d=2, rank=2, kernel=[[1], [0]]),
        lambda: s.agents(region="beyond"),
        lambda: s.pairs(region="beyond"),
        lambda: s.pairs(d=1, common_kernel=True),
        lambda: s.vectors(d=0),
        lambda: s.rationals(denominator=0),
        lambda: s.step_sizes(Prompt([[0.0]], [0.0]), region="outside"),
        lambda: s.step_sizes(Prompt(np.ones((2, 1, 1)), np.ones((2, 1)))),
    ],
)
def test_impossible_requests_raise_when_made(request_: object) -> None:
    with pytest.raises(InvalidArgument):
        request_()
