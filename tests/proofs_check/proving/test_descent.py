"""What certificates of the gradient attack take over: each fact is an instance of itself, or is refused."""

from __future__ import annotations

import dataclasses

import pytest

from proofs_check.certificates.checker import Context
from proofs_check.certificates.stored import certificate
from proofs_check.ledger.catalogue import specs
from proofs_check.proving.coverage import coverage
from proofs_check.proving.facts import CommutingProduct, LeastEigenvalue, Scope, SingularValue
from proofs_check.proving.limits import Descends, Descent
from proofs_check.proving.translation import Translation, Untranslatable
from theory import formulas
from theory.derivation.assumptions import below
from theory.families.gradient_attack import delta_y, reach
from theory.language.nodes import SingularValue as theory_value
from theory.language.predicates import Iff, Settles, TendsTo
from theory.language.symbols import HALF, M, gamma

SPECS = {name: spec for name, (_, spec) in specs.items()}
STORED = {one["name"]: one for one in certificate("gradient-attack")["statements"]}
STEP, LIMIT, SHRINK = (formulas[f"gradient-attack.{part}"] for part in ("step", "limit", "shrink"))
K, LOW = "T_labels T_labels'", "sigma_min_T_labels_T_labels"


def shown_with(fact):
    """Coverage of the shrinking with another fact of this kind in its place."""
    spec = SPECS[SHRINK.id]
    changed = SPECS | {SHRINK.id: dataclasses.replace(spec, facts=(fact,))}
    return coverage(SHRINK, changed, STORED, formulas)


def test_the_facts_that_are_used_apply():
    assert coverage(SHRINK, SPECS, STORED, formulas).shown
    assert len(coverage(SHRINK, SPECS, STORED, formulas).facts) == 3


@pytest.mark.parametrize(
    ("first", "second", "by"),
    [
        (
            f"2 - gamma {LOW} - gamma {K}",
            f"gamma {K} - gamma {LOW}",
            ("gradient-attack.shrink/lower",),
        ),  # the first is not shown
        (f"2 - gamma {LOW} - gamma {K}", f"gamma {LOW} - gamma {K}", ("gradient-attack.shrink/upper",)),  # another sign
    ],
)
def test_a_product_of_what_may_be_negative_is_refused(first, second, by):
    assert not shown_with(CommutingProduct(first, second, by)).shown


def test_a_product_of_what_does_not_commute_is_refused():
    context = Context({"X": "d <- d", "Y": "d <- d"}, [], ["X", "Y"])
    scope = Scope(SHRINK, Translation(), context, lambda text: True, lambda name: None)
    assert "do not commute" in str(CommutingProduct("X", "Y").fails(scope))
    assert CommutingProduct("X", "1 - X").fails(scope) is None
    bare = Context({"X": "d <- d"}, [], [])
    assert "not symmetric" in str(CommutingProduct("X", "X").fails(dataclasses.replace(scope, context=bare)))
    known = dataclasses.replace(scope, known=lambda text: text == "X >= 0")
    assert "1 - X" in str(CommutingProduct("X", "1 - X").fails(known))


@pytest.mark.parametrize("fact", [LeastEigenvalue("T_labels", "gamma"), LeastEigenvalue("slope", LOW)])
def test_another_number_or_matrix_is_no_least_eigenvalue(fact):
    spec = SPECS["gradient-attack.shrink/lower"]
    changed = SPECS | {spec.name: dataclasses.replace(spec, facts=(fact,))}
    assert not coverage(SHRINK, changed, STORED, formulas).shown


def test_the_least_singular_value_of_a_wide_matrix_bounds_nothing_from_below():
    """One example in two dimensions: X' X has the eigenvalue 0, whatever the singular value is."""
    t = Translation()
    t.polynomial(theory_value(reach, -1))
    scope = Scope(SHRINK, t, t.context(), lambda text: True, lambda name: None)
    assert "more columns than rows" in str(SingularValue("T_labels", "sigma_min_T_labels", largest=False).fails(scope))
    t.polynomial(theory_value(M, -1))
    scope = dataclasses.replace(scope, context=t.context())
    assert SingularValue("M", "sigma_min_M", largest=False).fails(scope) is None
    assert SingularValue("M", "sigma_min_M").fails(scope) is not None


def test_descent_wants_a_bound_on_the_same_matrix():
    assert [goal.name for goal in Descent().goals(LIMIT, Translation())] == ["positive", "rests", "nearest"]
    for other in (below(HALF * gamma * reach.T * reach, 2), below(gamma * reach.T * reach, 2, strict=False)):
        with pytest.raises(Untranslatable, match="below 2"):
            Descent().goals(dataclasses.replace(LIMIT, assumptions=(other,)), Translation())
    with pytest.raises(Untranslatable, match="below 2"):
        Descent().goals(dataclasses.replace(LIMIT, assumptions=()), Translation())
    with pytest.raises(Untranslatable, match="no limit"):
        Descent().goals(STEP, Translation())


def test_a_wrong_limit_is_another_goal():
    x, image, start, limit = LIMIT.says.args
    wrong = dataclasses.replace(LIMIT, says=TendsTo(x, image, start, 2 * limit))
    assert not coverage(wrong, SPECS, STORED, {**formulas, LIMIT.id: wrong}).shown
    crooked = dataclasses.replace(LIMIT, says=TendsTo(x, image + delta_y, start, limit))
    with pytest.raises(Untranslatable):
        Descent().goals(crooked, Translation())


def test_the_criterion_is_that_of_the_matrix_in_it():
    descent, bound = STEP.says.args
    assert [goal.name for goal in Descends().goals(STEP, Translation())] == ["pushed"]
    wider = Iff(descent, bound.lhs < 2 * bound.rhs)
    quicker = Iff(Settles(2 * descent.args[0], descent.args[1]), bound)
    for wrong in (wider, quicker, bound):
        with pytest.raises(Untranslatable):
            Descends().goals(dataclasses.replace(STEP, says=wrong), Translation())
