"""Agents with any step matrix, and where turns of two of them rest."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, Prompt
from proofs_check.instruments.at_rest import Turn, acting, pair, rest, settles, solutions
from proofs_check.instruments.rationals import ints

LINE = {"S_W": [[1]], "S_U": [[1]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [1]}


class TestAgents:
    def test_a_layer_with_any_step_matrix(self):
        matrix, target, w = ints([-2, 1], [3, Fraction(1, 2)]), ints(1, -1), ints(4, 7)
        assert (acting(matrix, target).update(w) == w - matrix @ (w - target)).all()

    def test_it_is_the_gradient_step_of_a_prompt(self):
        X, target, w = ints([1, 2], [0, 1], [3, -1]), ints(2, 5), ints(-1, 1)
        agent = LSAAgent(Prompt.from_target(X, target), np.array(Fraction(1, 3), dtype=object))
        assert (agent.update(w) == acting(agent.prompt.gram / 3, target).update(w)).all()

    def test_a_pair_moves_as_an_interaction_does(self):
        both = pair({**LINE, "S_W": [[Fraction(1, 2)]], "S_U": [[Fraction(3, 2)]]})
        run = Interaction(both.w, both.u).simulate(ints(5), 2, method="attention")
        assert (run.w[2] == both.turn.update(both.turn.update(ints(5)))).all()
        assert (run.u[1] == both.turn_of_u.update(run.u[0])).all()

    @pytest.mark.parametrize(("p", "q", "gap", "states"), [(2, 2, 1, 0), (2, 2, 0, 2), (1, 2, 1, 1), (0, 0, 1, 2)])
    def test_states_of_rest(self, p, q, gap, states):
        assert rest(pair({**LINE, "S_W": [[p]], "S_U": [[q]], "u_star": [gap]}).turn).states == states

    def test_solutions(self):
        matrix = ints([1, 1], [2, 2])
        point, kernel = solutions(matrix, ints(1, 2))
        assert (matrix @ point == ints(1, 2)).all()
        assert kernel.shape == (2, 1)
        assert solutions(matrix, ints(1, 1))[0] is None

    def test_settling(self):
        half = Fraction(1, 2)
        assert settles(Turn(1, lambda w: w * half + 1), ints(0)) == 2
        assert settles(Turn(1, lambda w: w), ints(3)) == 3
        assert "multiplies its displacement" in settles(Turn(1, lambda w: 1 - w), ints(0))
        with pytest.raises(ValueError, match="no common ratio"):
            settles(Turn(2, lambda w: w * ints(half, Fraction(1, 3))), ints(1, 1))
