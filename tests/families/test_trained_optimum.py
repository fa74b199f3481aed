"""The checks of statements on trained agents catch values that are claimed wrongly, and accept the right ones."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from proofs_check.families import trained_optimum, trained_pair
from proofs_check.families.trained_pair import drifting
from theory import formulas

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
PLATEAU = {"S_W": [[2, 1], [1, 1]], "S_U": [[1, 0], [0, 3]], "w_star": [1, 2], "u_star": [-1, 5]}
PLATEAU |= {"V31_W": [[-HALF, 0], [1, -HALF]], "V31_U": [[-1, TENTH], [0, -HALF]]}
PLATEAU |= {"K13_W": [[1, 1], [0, 2]], "K13_U": [[HALF, 0], [1, 1]]}
NEAR = {"J_W": [[HALF, 0], [TENTH, HALF]], "J_U": [[HALF, TENTH], [0, -HALF]], "residual": [1, -2], "lam": TENTH}
SPREAD = {"Sigma": [[2, 1], [1, 3]], "n": 2, "d": 2, "kappa": HALF}
CASES = [
    (trained_pair.bent_layers_rest_once, "trained-plateau.w", PLATEAU),
    (trained_pair.bent_layers_rest_once, "trained-plateau.u", PLATEAU),
    (trained_pair.leaking_pair_rests_nearby, "trained-plateau.shift", NEAR),
    (trained_optimum.answers_have_a_least_loss, "free-layer-optimum.least", SPREAD),
    (trained_optimum.forgetting_gains, "free-layer-optimum.forgetful", SPREAD),
]


def scaled(id_, factor):
    """A formula that claims a multiple of what is derived."""
    right = formulas[id_]
    return SimpleNamespace(
        id=id_,
        inputs=right.inputs,
        dimensions=right.dimensions,
        expr=right.expr,
        exact=lambda **inputs: right.exact(**inputs) * factor,
    )


@pytest.mark.parametrize(("judge", "id_", "inputs"), CASES)
def test_what_is_derived_is_accepted_and_half_of_it_is_not(judge, id_, inputs):
    assert judge(formulas[id_], inputs) is None
    assert "claimed" in judge(scaled(id_, HALF), inputs)


def test_an_excess_is_measured_from_a_stationary_point():
    """Along two directions the loss is straight; only a slope that nothing changes leaves no stationary point."""
    judge, excess = trained_optimum.answers_have_a_least_loss, formulas["free-layer-optimum.excess"]
    assert judge(excess, SPREAD) is None
    assert judge(excess, SPREAD | {"Sigma": [[2, 0], [0, 0]]}) is None
    assert "no stationary point" in judge(excess, {"Sigma": [[1, 0], [0, -3]], "n": 1})
    assert "all examples are zero" in judge(excess, {"Sigma": [[0, 0], [0, 0]], "n": 1})


def test_the_stored_numbers_are_those_of_two_leaking_agents():
    """The slopes of the ideal moves, what leaks of a turn's slope, and the move that the leaking pair repeats."""
    shown = drifting().inputs
    slope = 1 - shown["eta"] * shown["x"][0, 0] ** 2
    leak = shown["leak"]
    given = {"J_W": [[slope]], "J_U": [[slope]], "lam_W": leak, "lam_U": leak}
    lam = formulas["trained-plateau.slope"].exact(**given)
    assert (slope, lam) == (Fraction(99, 100), Fraction(199, 10000))
    near = {
        "J_W": [[slope]],
        "J_U": [[slope]],
        "residual": [shown["w"][1] - shown["w"][0]],
        "lam": Fraction(199, 10000),
    }
    assert "no state of rest" in trained_pair.leaking_pair_rests_nearby(formulas["trained-plateau.shift"], near)
    assert trained_pair.leaking_pair_rests_nearby(formulas["trained-plateau.shift"], near | {"lam": leak}) is None


def test_nothing_has_a_negative_lipschitz_constant():
    assert trained_pair.leaking_pair_rests_nearby(formulas["trained-plateau.shift"], NEAR | {"lam": -TENTH}) is None
