"""Bounds between softmax agents and the linear pair, against plateaus that are enclosed."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, Prompt, SoftmaxAgent, softmax_plateau
from proofs_check.predictions.softmax_bound import softmax_bound
from tests.cases import cases


def drawn(rng: np.random.Generator, level: float, mirrored: bool) -> list[SoftmaxAgent]:
    """A pair whose errors at the linear plateau, times beta, are `level` apart."""
    d, prompts = int(rng.integers(1, 4)), []
    for _ in "WU":
        X = rng.normal(size=(int(rng.integers(d + 1, 9)), d))
        y = X @ rng.normal(size=d) + 0.3 * rng.normal(size=len(X))
        both = (np.concatenate([X, -X]), np.concatenate([y, -y])) if mirrored else (X - X.mean(axis=0), y - y.mean())
        prompts.append(Prompt(*both))
    steps = [rng.uniform(0.2, 1.5) / np.linalg.eigvalsh(p.gram)[-1] for p in prompts]
    rest = Interaction(*map(LSAAgent, prompts, steps)).equilibrium()
    errors = [p.X @ at - p.y for p, at in zip(prompts, (rest.u, rest.w), strict=True)]
    betas = [level / np.ptp(r) for r in errors]
    return [SoftmaxAgent(p, s / b, b) for p, s, b in zip(prompts, steps, betas, strict=True)]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.many
def test_bounds_hold_and_are_near(mirrored: bool) -> None:
    rng, ratios = np.random.default_rng(5), []
    for _ in range(cases(100, 1000)):
        w, u = drawn(rng, float(rng.choice([0.1, 0.25, 0.5])), mirrored)
        bound = softmax_bound(w, u)
        assert bound is not None
        found = softmax_plateau(w, u, bound.w, turns=100)
        assert found.radius_w is not None
        assert found.radius_u is not None
        away = [np.linalg.norm(found.w - bound.w), np.linalg.norm(found.u - bound.u)]
        slack = [1e-14 + np.linalg.norm(r) for r in (found.radius_w, found.radius_u)]
        for each in (bound.plain, bound.sharp):
            assert each is None or all(a <= b + s for a, b, s in zip(away, each, slack, strict=True))
        ratios.append(np.inf if bound.sharp is None else bound.sharp[0] / away[0])
    assert np.median(ratios) < 5
