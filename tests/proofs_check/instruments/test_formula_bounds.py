"""The bound of a formula must cover its evaluation in floats, judged against its exact value on the same floats."""

from fractions import Fraction

import numpy as np
import pytest

from proofs_check.instruments.formula_bounds import formula_bound
from proofs_check.instruments.geometries import dyadic_pair
from proofs_check.instruments.rationals import exactly
from theory import formulas

as_fractions = np.vectorize(Fraction, otypes=[object])
NAMES = [
    "error-recursion.e",
    "closed-form.f",
    "biased-equilibrium.e",
    "biased-equilibrium.f-coupling",
    "small-step.e2",
    "small-step.e-remainder",
    "linear-in-gap.G",
    "consensus.value",
    "frozen-kernel.projector",
    "singular-equilibrium.f",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_formula_bound_covers_its_rounding(name, seed):
    rng = np.random.default_rng(seed)
    pair = dyadic_pair(rng, 1, 3)
    inputs = {key: value[0] for key, value in pair.arguments().items()}
    inputs |= {"w_t": inputs["w_0"], "u_t": inputs["w_0"], "w_inf": inputs["w_0"], "t": 7, "order": 2, "rho": 1.5}
    formula = formulas[name]
    exact = exactly(formula, {k: v if isinstance(v, int) else _fractions(v) for k, v in inputs.items()})
    computed = formula.numpy(**inputs)
    gap = as_fractions(np.asarray(computed)) - exact
    distance = float(np.sqrt(float(np.sum(gap * gap))))
    bound = formula_bound(formula, inputs, {"d": 3})
    assert distance <= float(np.max(bound.error))
    assert float(np.max(bound.error)) < 1e-2 * float(np.max(bound.norm))


def _fractions(value):
    return Fraction(value) if np.ndim(value) == 0 else as_fractions(value)


def test_expression_without_a_bound_is_refused():
    with pytest.raises(TypeError, match="no rounding bound is known"):
        formula_bound(formulas["alternating-projections.rate"], {}, {"d": 1})
