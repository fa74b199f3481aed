"""Which formula says where two agents rest, and what it is given."""

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, Prompt
from proofs_check.predictions.rest import at_rest, formula_inputs, residuals, theorem_for
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM, SINGULAR_EQUILIBRIUM


def agent(rows, target, step):
    return LSAAgent(Prompt.from_target(np.array(rows, dtype=float), target), step)


U = agent([[0, 1, 0], [1, 1, 0]], [0, 1, 0], 0.3)
SPANNING = agent([[1, 0, 1], [0, 0, 1], [0, 2, 0]], [1, 0, 0.5], 0.2)
FLAT = agent([[1, 0, 0], [2, 1, 0]], [1, 0, 0], 0.4)


@pytest.mark.parametrize(("w", "theorem"), [(SPANNING, BIASED_EQUILIBRIUM), (FLAT, SINGULAR_EQUILIBRIUM)])
def test_the_examples_of_both_together_choose_the_theorem(w, theorem):
    name, e, f = at_rest(w, U)
    rest = Interaction(w, U).equilibrium(np.zeros(3))
    assert name == theorem
    np.testing.assert_allclose(w.target + e, rest.w, atol=1e-12)
    np.testing.assert_allclose(U.target + f, rest.u, atol=1e-12)


def test_the_singular_formula_agrees_where_both_hold():
    inputs = formula_inputs(SPANNING, U, np.zeros(3))
    for a, b in zip(*(residuals(theorem_for(unique=unique), inputs) for unique in (True, False)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_other_targets_and_no_start():
    goal = np.array([0.0, 0.0, 7.0])
    assert "w_0" not in formula_inputs(FLAT, U)
    assert formula_inputs(FLAT, U, w_star=goal)["w_star"] is goal
    assert formula_inputs(FLAT, U, u_star=goal)["u_star"] is goal
    np.testing.assert_array_equal(formula_inputs(FLAT, U, w_star=goal)["u_star"], U.target)
