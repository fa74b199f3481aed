"""Turns that helpers save, against answers known by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from sympy import Matrix, Rational, StrictGreaterThan, StrictLessThan

from proofs_check.evidence.instances import instance_of
from tests.families.planting import Falsehood, plus_one
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from theory import SingularError, formulas
from theory.language.predicates import Iff

# Ids that other tests take from here.
HELPER_COMPARISON = "helper-comparison"
HALF = Fraction(1, 2)


EXACTLY = [
    ("alone", {"cond": 2, "eps": Fraction(1, 4), "t": 2}),
    ("alone", {"cond": 3, "eps": Fraction(4, 9), "t": 2}),
    ("aligned", {"cond": 2, "eps": Fraction(1, 16), "t": 2}),
    ("newton", {"cond": Fraction(3, 2), "alpha": Fraction(5, 2), "eps": Fraction(1, 8), "t": 3}),
]


@pytest.mark.parametrize(("part", "inputs"), EXACTLY)
def test_the_accuracy_that_is_reached_exactly(part, inputs):
    """There both sides of the equivalence are equations between logarithms, and hold."""
    formula = formulas[f"helper-comparison.{part}"]
    at = instance_of(formula, inputs)
    assert at.holds(formula.says)
    assert all(map(at.holds, formula.says.args))


@pytest.mark.parametrize("part", ["alone", "aligned", "newton"])
def test_instances_tell_at_least_from_more(part):
    formula = formulas[f"helper-comparison.{part}"]
    small, long = formula.says.args
    for wrong in (
        Iff(StrictLessThan(small.lhs, small.rhs, evaluate=False), long),
        Iff(small, StrictGreaterThan(long.lhs, long.rhs, evaluate=False)),
    ):
        assert replace(formula, says=wrong).verify(seeds=range(6)).failed is not None


class TestComparison:
    GIVEN = {"cond": 10, "eps": Fraction(1, 10**6)}

    @pytest.mark.parametrize(
        ("who", "factor", "turns"), [("alone", 0.9, 132), ("aligned", 0.81, 66), ("newton", 0.45, 18)]
    )
    def test_condition_10_accuracy_one_in_a_million(self, who, factor, turns):
        given_ = self.GIVEN | ({"alpha": HALF} if who == "newton" else {})
        found = float(formulas[f"helper-comparison.{who}"].exact(**given_))
        assert math.isclose(found, math.log(1e-6) / math.log(factor))
        assert math.ceil(found) == turns
        assert factor**turns <= 1e-6 < factor ** (turns - 1)
        floats = {k: float(v) for k, v in given_.items()}
        assert math.isclose(float(formulas[f"helper-comparison.{who}"].numpy(**floats)), found)

    def test_plateau(self):
        assert formulas["helper-comparison.plateau"].exact(cond=10) == Rational(9, 19)
        given_ = {
            "S_W": [[1, 0], [0, 10]],
            "S_U": [[1, 0], [0, 10]],
            "eta_W": Fraction(1, 10),
            "eta_U": Fraction(1, 10),
        }
        e = formulas[f"{BIASED_EQUILIBRIUM}.e"].exact(**given_, w_star=[0, 0], u_star=[1, 1])
        assert e == Matrix([Rational(9, 19), 0])

    def test_a_condition_number_of_a_billion_changes_nothing_for_newton(self):
        found = float(formulas["helper-comparison.newton"].exact(cond=10**9, eps=Fraction(1, 2**10), alpha=HALF))
        assert abs(found - 10) < 1e-7

    @pytest.mark.parametrize(("who", "more"), [("alone", {"cond": 1}), ("newton", {"cond": 10, "alpha": 1})])
    def test_one_turn_has_no_logarithm(self, who, more):
        given_ = self.GIVEN | more
        with pytest.raises(SingularError, match="logarithm"):
            formulas[f"helper-comparison.{who}"].exact(**given_)
        with pytest.raises(SingularError, match="logarithm"):
            formulas[f"helper-comparison.{who}"].numpy(**{k: float(v) for k, v in given_.items()})


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("helper-comparison", "helper-comparison.alone", "doubled", lambda e: 2 * e),
    ("helper-comparison", "helper-comparison.aligned", "doubled", lambda e: 2 * e),
    ("helper-comparison", "helper-comparison.newton", "doubled", lambda e: 2 * e),
    ("helper-comparison", "helper-comparison.plateau", "shifted by 1", plus_one),
    ("helper-comparison", "helper-comparison.half", "doubled", lambda e: 2 * e),
    ("helper-comparison", "helper-comparison.halved", "no less than alone", lambda e: 2 * e),
    ("helper-comparison", "helper-comparison.bounded", "reversed", lambda e: e.func(e.rhs, e.lhs)),
]

# Formulas of which no line is inferred: all is algebra, definition, hypothesis or cited.
BY_ALGEBRA = [
    "helper-comparison.halved",
    "helper-comparison.plateau",
    "helper-comparison.half",
]
