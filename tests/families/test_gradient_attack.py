"""The attack by gradient steps on labels, against answers known by hand and differences of settled errors."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sympy import Matrix, Rational, eye, zeros

from tests.families.planting import Falsehood, WrongCounterexample, flipped, transposed
from theory import SingularError, formulas

HALF = Fraction(1, 2)


class TestGradient:
    def test_scalar(self):
        """With p = q = 1/2 and x = 2: a label moves the error by a third."""
        given_ = {"X_W": [[2]], "eta_W": Fraction(1, 8), "S_U": [[1]], "eta_U": HALF}
        assert formulas["gradient-attack.gradient"].exact(**given_, w_star=[1], w_inf=[4]) == Matrix([1])
        assert formulas["gradient-attack.step"].exact(**given_) == 18
        assert formulas["gradient-attack.rate"].exact(**given_) == 0

    def test_two_labels(self):
        """Idle victim: the error follows the labels by 1/2 and by 1."""
        given_ = {"X_W": [[2, 0], [0, 1]], "eta_W": HALF, "S_U": [[0, 0], [0, 0]], "eta_U": 1}
        assert formulas["gradient-attack.step"].exact(**given_) == 2
        assert formulas["gradient-attack.rate"].exact(**given_) == Rational(3, 4)

    def test_a_short_prompt_has_no_rate(self):
        """One example in two dimensions: the error it does not reach stays, whatever the singular values say."""
        given_ = {"X_W": [[1, 0]], "eta_W": HALF, "S_U": [[1, 0], [0, 1]], "eta_U": HALF}
        assert formulas["gradient-attack.rate"].exact(**given_) == 0
        texts = [str(a) for a in formulas["gradient-attack.rate"].assumptions]
        assert "$S_W$ is invertible" in texts
        e = [0, 1]
        assert formulas["gradient-attack.gradient"].exact(**given_, w_star=[0, 0], w_inf=e) == zeros(1, 1)

    def test_no_inputs_no_step(self):
        given_ = {"X_W": [[0]], "eta_W": 1, "S_U": [[1]], "eta_U": HALF}
        with pytest.raises(SingularError):
            formulas["gradient-attack.step"].exact(**given_)
        with pytest.raises(SingularError):
            formulas["gradient-attack.step"].numpy(**{k: np.array(v, float) for k, v in given_.items()})

    def test_the_gradient_is_that_of_the_settled_error(self):
        """J is quadratic in the labels: central differences over fixed points of the moves are its derivatives."""
        inputs, s_u, u_star, w_star = (
            Matrix([[1, 2], [0, 1]]),
            Matrix([[1, 1], [1, 3]]),
            Matrix([1, -2]),
            Matrix([2, 1]),
        )
        eta_w, eta_u, n = Rational(1, 3), Rational(1, 5), 2
        s_w = inputs.T * inputs / n

        def settled(y: Matrix) -> Matrix:
            turn = (eye(2) - eta_w * s_w) * (eye(2) - eta_u * s_u)
            start = (eye(2) - eta_w * s_w) * eta_u * s_u * u_star + eta_w * inputs.T * y / n
            return (eye(2) - turn).LUsolve(start)

        y = Matrix([3, -1])
        cost = lambda labels: (settled(labels) - w_star).dot(settled(labels) - w_star) / 2  # noqa: E731
        slope = [(cost(y + unit) - cost(y - unit)) / 2 for unit in (Matrix([1, 0]), Matrix([0, 1]))]
        found = formulas["gradient-attack.gradient"].exact(
            X_W=inputs, S_U=s_u, eta_W=eta_w, eta_U=eta_u, w_star=w_star, w_inf=settled(y)
        )
        assert list(found) == slope


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("gradient-attack", "gradient-attack.gradient", "flipped sign", flipped),
    ("gradient-attack", "gradient-attack.gradient", "transposed product", transposed),
    ("gradient-attack", "gradient-attack.step", "doubled bound", lambda e: 2 * e),
    ("gradient-attack", "gradient-attack.rate", "squared", lambda e: e**2),
]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("gradient-attack.rate", "arranged"),
    ("gradient-attack.rate", "invertible"),
]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # Two hypotheses fail.
    (
        "gradient-attack.step",
        "X_W non-zero",
        {"S_W": None, "X_W": [[0]], "y_W": [0], "S_U": [[0]]},
        "also violates",
    ),
]
