"""The attack by gradient steps on labels, against answers known by hand and differences of settled errors."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from sympy import Matrix, Rational, eye, zeros

from proofs_check.evidence.instances import instance_of
from tests.families.planting import Falsehood, FalseStatement, WrongCounterexample, flipped, transposed
from theory import SingularError, formulas
from theory.families.dynamics import e_inf
from theory.families.gradient_attack import delta_y, reach
from theory.language.nodes import Norm
from theory.language.predicates import Iff, TendsTo

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
        """One example in two dimensions: the error it does not reach stays, and the rate says so."""
        given_ = {"X_W": [[1, 0]], "eta_W": HALF, "S_U": [[1, 0], [0, 1]], "eta_U": HALF}
        assert formulas["gradient-attack.rate"].exact(**given_) == 1
        assert formulas["gradient-attack.shrink"].exact(**given_, gamma=1) == 1
        e = [0, 1]
        assert formulas["gradient-attack.gradient"].exact(**given_, w_star=[0, 0], w_inf=e) == zeros(1, 1)

    def test_the_limit_is_the_nearest_of_the_best_labels(self):
        """Two equal examples: only the sum of their labels counts, and both take half of what is missing."""
        formula = formulas["gradient-attack.limit"]
        inputs = {"X_W": [[1], [1]], "y_W": [1, 0], "S_U": [[0]], "w_star": [2], "u_star": [0], "n": 2, "gamma": 1}
        at = instance_of(formula, inputs | {"eta_W": HALF, "eta_U": 1})
        assert list(at(formula.says.args[3]).to_sympy()) == [Rational(3, 2), Rational(3, 2)]
        assert at.holds(formula.says)

    def test_one_step_by_hand(self):
        """Idle victim: the error follows the labels by 1/2 and by 1, so 4/3 - with eigenvalues 1/4, 1 - keeps 2/3."""
        given_ = {"X_W": [[2, 0], [0, 1]], "eta_W": HALF, "S_U": [[0, 0], [0, 0]], "eta_U": 1}
        assert formulas["gradient-attack.shrink"].exact(**given_, gamma=Fraction(4, 3)) == Rational(2, 3)


class TestConclusions:
    """What is said is decided from its definition, whatever the bound says."""

    @staticmethod
    def at(gain, **more):
        inputs = {"X_W": [[1]], "y_W": [0], "eta_W": HALF, "S_U": [[1]], "eta_U": HALF, "w_star": [0], "u_star": [1]}
        return instance_of(formulas["gradient-attack.step"], {**inputs, "n": 1, "gamma": gain, **more})

    def test_the_descent_settles_below_the_bound_and_nowhere_else(self):
        descent, bound = formulas["gradient-attack.step"].says.args
        # The labels move the error by 2/3, so that the bound is 9/2.
        for gain, settles in ((4, True), (Fraction(9, 2), False), (5, False)):
            at = self.at(gain)
            assert at.holds(descent) is settles
            assert at.holds(bound) is settles

    @pytest.mark.parametrize("factor", [HALF, 2])
    def test_another_bound_is_noticed(self, factor):
        formula = formulas["gradient-attack.step"]
        descent, bound = formula.says.args
        assert not dataclasses.replace(formula, says=Iff(descent, bound.lhs < factor * bound.rhs)).verify()

    def test_another_limit_is_noticed(self):
        formula = formulas["gradient-attack.limit"]
        x, image, start, limit = formula.says.args
        assert not dataclasses.replace(formula, says=TendsTo(x, image, start, 2 * limit)).verify()

    @pytest.mark.slow
    def test_a_quicker_descent_is_noticed(self):
        for name in ("shrink", "rate"):
            formula = formulas[f"gradient-attack.{name}"]
            quicker = formula.says.xreplace({Norm(e_inf): HALF * Norm(e_inf)})
            assert not dataclasses.replace(formula, says=quicker).verify()


class TestSteps:
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
    ("gradient-attack", "gradient-attack.labels", "the other way", lambda e: e - 2 * reach * delta_y),
    ("gradient-attack", "gradient-attack.gradient", "flipped sign", flipped),
    ("gradient-attack", "gradient-attack.gradient", "transposed product", transposed),
    ("gradient-attack", "gradient-attack.step", "doubled bound", lambda e: 2 * e),
    ("gradient-attack", "gradient-attack.limit", "half the way", lambda e: TendsTo(*e.args[:3], e.args[3] / 2)),
    ("gradient-attack", "gradient-attack.shrink", "squared", lambda e: e**2),
    ("gradient-attack", "gradient-attack.rate", "squared", lambda e: e**2),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("gradient-attack.labels", "sign", "e_inf_changed = e_inf - T_labels delta_y", ()),
    (
        "gradient-attack.gradient",
        "another inverse",
        "1/2 e_inf_changed' e_inf_changed - 1/2 e_inf' e_inf "
        "= 1/2 delta_y' T_labels' T_labels delta_y + eta_W n_inv e_inf' M_inv' X_W' delta_y",
        (),
    ),
    ("gradient-attack.step/pushed", "no range", "gamma T_labels' = T_labels'", ()),
    (
        "gradient-attack.limit/rests",
        "half the way",
        "gamma T_labels' (e_inf - 1/2 T_labels T_labels_pinv e_inf) = 0",
        (),
    ),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["gradient-attack"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    *((f"gradient-attack.{part}", "Invertible") for part in ("labels", "gradient", "step", "rate")),
    ("gradient-attack.limit", "Loewner"),
    ("gradient-attack.shrink", "LessThan"),
]

# Nothing of these is inferred.
BY_ALGEBRA = ["gradient-attack.labels", "gradient-attack.gradient"]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("gradient-attack.step", "without M invertible", "it holds of any matrix T; that T exists needs the inverse"),
    ("gradient-attack.step", "without X_W non-zero", "where T is zero there is no bound to compare with"),
    ("gradient-attack.rate", "without M invertible", "it holds of any matrix T; that T exists needs the inverse"),
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
