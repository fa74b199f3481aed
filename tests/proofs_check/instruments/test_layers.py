"""The predicted rest of two layers with all their weights, and the bound of its shift."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, LSALayer, Prompt
from proofs_check.instruments.layers import FullAgent, ideal_plateau, predict_plateau
from proofs_check.instruments.rationals import ints
from theory import formulas


class TestPrediction:
    def test_gradient_steps_have_no_shift(self) -> None:
        layer = LSALayer.gradient_step(2, 0.5)
        prompts = [Prompt.from_target(np.eye(2), [1.0, 0.0]), Prompt.from_target(np.eye(2), [0.0, 1.0])]
        ideal, full = predict_plateau(*(FullAgent(p, layer, formulas) for p in prompts))
        expected = Interaction(*(LSAAgent(p, 0.5) for p in prompts)).equilibrium()
        np.testing.assert_allclose(ideal.w, expected.w, atol=1e-15)
        np.testing.assert_allclose(full.u, expected.u, atol=1e-15)
        assert ideal.bound < 1e-15
        assert ideal.rate == pytest.approx(0.75**2, rel=1e-12)

    def test_too_much_leakage_gives_no_bound(self) -> None:
        V, K = LSALayer.gradient_step(1, 0.5).V.copy(), LSALayer.gradient_step(1, 0.5).K.copy()
        V[2, 2], K[3, 3] = 0.6, 1.0
        prompt = Prompt.from_target([[1.0]], [1.0])
        agent = FullAgent(prompt, LSALayer(V, K), formulas)
        ideal, full = predict_plateau(agent, agent)
        assert ideal.bound == ideal.rate == np.inf
        # One move is 11/10 w + 1/2, at rest at -5 though no run gets there; the full weights know.
        assert full.w == pytest.approx(-5)
        assert full.rate > 1
        assert full.bound < 1e-12

    def test_bound_is_attained_in_one_dimension(self) -> None:
        """Leakage adds a constant: w/2 + 1/2 becomes w/2 + 1/2 + 1/8, and the turn rests an exact 1/4 further."""
        layer = LSALayer(
            ints([0, 0, 0, 0], [0, 0, 0, 0], [Fraction(-1, 2), 0, 0, Fraction(1, 8)], [0, 0, 0, 0]), _key()
        )
        prompt = Prompt(ints([1]), ints(1))
        found = ideal_plateau(*[FullAgent(prompt, layer, formulas)] * 2)
        assert found.w == 1
        assert found.bound == Fraction(1, 4)


def _key():
    return ints([0, 0, 1, 0], [0, 0, 0, -1], [0, 0, 0, 0], [0, 0, 0, 1])
