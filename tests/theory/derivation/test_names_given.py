"""Names that a formula or a theorem does not know, or that are given twice, are refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import NumericsError, Prompt
from proofs_check import CheckError, run, theorems
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from theory import InputError, formulas, statements

FORMULA, STATEMENT = formulas[f"{BIASED_EQUILIBRIUM}.e"], statements[BIASED_EQUILIBRIUM]
ARRAYS = {"S_W": np.eye(2), "S_U": np.eye(2), "eta_W": 0.5, "eta_U": 0.5, "w_star": [1.0, 0.0], "u_star": [0.0, 1.0]}


def test_a_formula_refuses_names_that_it_cannot_know() -> None:
    for evaluate in (FORMULA.numpy, FORMULA.exact):
        with pytest.raises(InputError, match="unknown input 'steps'; it needs"):
            evaluate(**ARRAYS, steps=0.5)
    with pytest.raises(InputError, match="d = 3, but the arrays have d = 2"):
        FORMULA.numpy(**ARRAYS, d=3)


@pytest.mark.parametrize("sizes", [{"m": 3}, {"d": 3}, {"rank": 1}])
def test_explicit_refuses_unknown_and_repeated_sizes(sizes: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"unknown size '{next(iter(sizes))}'; d is the dimension"):
        FORMULA.explicit(2, **sizes)
    with pytest.raises(InputError, match=r"n = 1.5 must be a positive whole number"):
        FORMULA.explicit(2, n=1.5)
    assert FORMULA.explicit(2, n=3) == FORMULA.explicit(2)


@pytest.mark.parametrize(
    "more", [{"grams": ["S"]}, {"errors": {"S": 1e-3}}, {"absent": ["w_infinity"]}, {"S": np.eye(2)}]
)
def test_a_measurement_refuses_unknown_names(more: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"unknown input 'S'|names '(S|w_infinity)', which is no"):
        STATEMENT.measure(**ARRAYS, **more)


def test_a_check_refuses_what_is_unknown_or_said_twice() -> None:
    w, u = (Prompt(np.random.default_rng(k).normal(size=(4, 2)), np.ones(4)) for k in range(2))
    check = theorems[BIASED_EQUILIBRIUM].check
    for more, message in (
        ({"eta": 0.1, "eta_W": 0.2}, "eta is the step of both prompts, and eta_W is given too; give one"),
        ({"eta": 0.1, "S_W": np.eye(2)}, "S_W is given twice"),
        ({"eta": 0.1, "step": 2}, "unknown input 'step'"),
        ({"eta": 0.1, "grams": ["S"]}, "grams names 'S'"),
    ):
        with pytest.raises((CheckError, InputError), match=message):
            check(w=w, u=u, **more)


WRONG = [None, "S_W", 7, 1.5, object(), {1: 2}, [1], np.ones((3, 2)), np.ma.array([1.0], mask=[True]), lambda x: x]


def test_arguments_of_a_wrong_kind_end_in_errors_of_the_packages() -> None:
    w, u = (Prompt(np.random.default_rng(k).normal(size=(4, 2)), np.ones(4)) for k in range(2))
    exact = {"S_W": [[1]], "S_U": [[1]], "eta_W": 1, "eta_U": 1, "w_star": [1], "u_star": [0]}
    calls = [
        (FORMULA.numpy, ARRAYS),
        (FORMULA.exact, exact),
        (FORMULA.explicit, {"dimension": 1}),
        (FORMULA.verify, {"seeds": range(0)}),
        (STATEMENT.measure, {"grams": (), "errors": {}, "absent": (), "S_W": np.eye(2)}),
        (theorems[BIASED_EQUILIBRIUM].check, {"w": w, "u": u, "eta": 0.1, "grams": ()}),
        (run, {"theorems": [], "geometries": 0, "seed": 0, "processes": 1}),
    ]
    for function, arguments in calls:
        for argument in arguments:
            for wrong in WRONG:
                if argument == "dimension" and wrong is WRONG[2]:  # right, and long
                    continue
                try:
                    function(**{**arguments, argument: wrong})
                except (CheckError, InputError, NumericsError) as error:
                    assert str(error).strip(), (argument, wrong)  # noqa: PT017
                except ValueError as error:
                    assert "must be at least" in str(error), (argument, wrong)  # noqa: PT017
