"""A bound on rounding that is too small, or taken at the state of the other agent."""

from fractions import Fraction

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, Prompt
from proofs_check.predictions.resolution import resolution

EPS = 2.0**-52


@pytest.mark.parametrize("kind", [float, Fraction])
def test_one_weight_by_hand(kind):
    """W answers u = 4, U answers w = 2: both moves are off by 4 eps (|label| + |state|), times the step."""
    pair = [
        LSAAgent(Prompt(np.array([[kind(1)]]), np.array([kind(label)])), kind(step))
        for label, step in ((3, 0.5), (-6, 0.25))
    ]
    found = resolution(Interaction(*pair), np.array([2.0]), np.array([4.0]))
    w = (0.5 * 4 * (3 + 4) + 0.5 * 0.25 * 4 * (6 + 2)) / 0.625
    u = 0.75 * w + 0.25 * 4 * (6 + 2)
    for bound, wanted in (
        (found.w, w),
        (found.u, u),
        (found.w_star, 4 * (3 + 3)),
        (found.u_star, 4 * (6 + 6)),
        (found.e, w + 24),
        (found.f, u + 48),
    ):
        assert bound == pytest.approx([wanted * EPS], rel=1e-12, abs=0)
