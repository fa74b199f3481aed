"""Exact predictions for data in floats, rounded once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from numerics import exact
from proofs_check.instruments.geometries import singular_dyadic_pair
from proofs_check.instruments.rationals import exact_eye, in_rationals, ints, rounded, rounded_once
from tests.families.test_equilibrium import SINGULAR_EQUILIBRIUM
from theory import formulas


def test_floats_are_rationals():
    assert in_rationals(np.array([0.1]))[0] == Fraction(0.1) != Fraction(1, 10)


def test_rounding_once():
    third = rounded_once(ints([Fraction(1, 3), Fraction(1, 4)]))
    off = abs(Fraction(float(third.value[0, 0])) - Fraction(1, 3))
    assert 0 < off <= Fraction(float(third.error)) < Fraction(1, 2**53)
    assert third.norm >= np.sqrt(1 / 9 + 1 / 16)


def test_each_entry_is_the_float_next_to_the_exact_value():
    """Where evaluation in floats loses most: nearly parallel examples."""
    gram = np.array([[1.0, 1.0], [1.0, 1.0 + 2.0**-30]])
    inputs = {
        "S_W": gram[None],
        "S_U": gram[None, ::-1, ::-1],
        "eta_W": np.array([0.7]),
        "eta_U": np.array([0.9]),
        "w_star": np.array([[0.0, 0.0]]),
        "u_star": np.array([[1.0, 3.0]]),
        "w_0": np.array([[1.0, 0.1]]),
    }
    P, Q = (in_rationals(inputs[f"eta_{who}"]) * in_rationals(inputs[f"S_{who}"][0]) for who in "WU")
    A, gap = exact_eye(2) - P, in_rationals(inputs["u_star"][0])
    expected = exact.solve(P + Q - P @ Q, (A @ Q @ gap)[:, None])[:, 0]
    formula = formulas[f"{SINGULAR_EQUILIBRIUM}.e"]
    assert rounded(formula, inputs)[0].tolist() == [float(x) for x in expected]
    assert formula.numpy(**inputs)[0].tolist() != [float(x) for x in expected]


def test_samples_are_kept_apart():
    pair, _ = singular_dyadic_pair(np.random.default_rng(0), 5, 2, 3)
    inputs = pair.arguments()
    formula = formulas[f"{SINGULAR_EQUILIBRIUM}.e"]
    alone = [rounded(formula, {name: value[i : i + 1] for name, value in inputs.items()})[0] for i in range(5)]
    assert (rounded(formula, inputs) == np.stack(alone)).all()
    np.testing.assert_allclose(rounded(formula, inputs), formula.numpy(**inputs), rtol=1e-6, atol=1e-8)
