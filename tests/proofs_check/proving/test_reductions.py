"""Standard facts about limits and spectra: what they ask for, and that nothing else passes for it."""

from __future__ import annotations

import dataclasses

import pytest
from sympy import Abs, BlockMatrix, ImmutableMatrix, Matrix, Symbol

from proofs_check.certificates.stored import certificate, stored
from proofs_check.ledger.catalogue import specs
from proofs_check.proving.coverage import coverage
from proofs_check.proving.limits import DiesOut, PowersTend
from proofs_check.proving.spectra import ByInverse, Definite, Jury, Lyapunov, Shrinks
from proofs_check.proving.translation import Translation, Untranslatable
from tests.families.planting import Tampered
from theory import formulas
from theory.families.blind_attack import R
from theory.families.newton_helper import SEEN_TURN, Pi_W
from theory.language.nodes import Contracts
from theory.language.predicates import Iff, Implies, Invertible, TendsTo
from theory.language.symbols import S_U, A, B, I, P, alpha, b, gamma, p

SPECS = {name: spec for name, (_, spec) in specs.items()}
STORED = {s["name"]: s for theorem in stored() for s in certificate(theorem)["statements"]}
REDUCED = {
    "plateau-removed.limit": DiesOut(Pi_W, SEEN_TURN),
    "plateau-removed.box": Shrinks(1 - alpha),
    "inexact-helper.converges": PowersTend(),
    "inexact-helper.sees": ByInverse("R"),
    "blind-attack.regular": Definite(1 - gamma / 2),
    "blind-attack.settles": Lyapunov((I, R)),
    "blind-attack.step-bound": Jury(),
}


def shown(formula):
    return coverage(formula, SPECS, STORED, Tampered(formula.id, formula))


@pytest.mark.parametrize("id_", REDUCED)
def test_the_conclusion_is_reduced_to_the_fact(id_):
    found = shown(formulas[id_])
    assert found.shown, found.missing
    assert REDUCED[id_].sentence in found.facts


@pytest.mark.parametrize("id_", REDUCED)
def test_it_fits_no_other_conclusion(id_):
    for other in ("error-recursion.e", *REDUCED):
        # Of two matrices that contract, both may be asked whether they shorten every vector.
        if other != id_ and (id_, other) != ("plateau-removed.box", "blind-attack.settles"):
            with pytest.raises(Untranslatable):
                REDUCED[id_].goals(formulas[other], Translation())


def changed(says):
    """Other conclusions, each false or at least not what is certified."""
    simple = {
        TendsTo: lambda s: [s.func(*s.args[:3], s.args[2]), s.func(s.args[0], 2 * s.args[1], *s.args[2:])],
        Invertible: lambda s: [Invertible(s.arg - I), Invertible(S_U)],
    }
    match says:
        case Iff(args=(first, Contracts(args=(matrix,)))):
            return [Iff(first, Contracts(matrix * A)), Iff(first, Contracts(2 * matrix))]
        case Iff(args=(first, condition)):
            mirrored, wider = condition.xreplace({b: -b}), condition.func(condition.lhs, condition.rhs + 1)
            return [Iff(first, mirrored), Iff(first, wider), Iff(first, condition.func(condition.lhs, 1))]
        case Implies(args=(premise, conclusion)):
            return [Implies(Contracts(A * A), conclusion), Implies(premise, Invertible(S_U))]
        case Contracts(args=(BlockMatrix(),)):
            faster = BlockMatrix([[A * B, P], [-2 * gamma * A * B, I - 2 * gamma * P]])
            return [Contracts(faster), Contracts(says.arg.xreplace({P: 2 * P}))]
        case Contracts():
            return [Contracts(2 * says.arg), Contracts(A)]
        case _:
            return simple[type(says)](says)


@pytest.mark.parametrize("id_", REDUCED)
def test_no_certificate_passes_for_another_conclusion(id_):
    formula = formulas[id_]
    others = changed(formula.says)
    assert others
    for says in others:
        assert not shown(dataclasses.replace(formula, says=says)).shown, says


@pytest.mark.parametrize("id_", [id_ for id_ in REDUCED if formulas[id_].assumptions])
def test_no_hypothesis_is_idle(id_):
    formula = formulas[id_]
    for i, dropped in enumerate(formula.assumptions):
        fewer = formula.assumptions[:i] + formula.assumptions[i + 1 :]
        assert not shown(dataclasses.replace(formula, assumptions=fewer)).shown, dropped.name


def test_jury_asks_for_three_inequalities_and_gets_the_condition():
    goals = {goal.name: goal for goal in Jury().goals(formulas["blind-attack.step-bound"], Translation())}
    assert [goals[f"if {i}"].claim for i in (1, 2, 3)] == ["p > 0", "2 + 2 b - p - 2 b p > 0", "1 + b p - b > 0"]
    assert goals["only if 1"].given == tuple(goals[f"if {i}"].claim for i in (1, 2, 3))


@pytest.mark.parametrize(
    "says",
    [
        Iff(Contracts(ImmutableMatrix(Matrix.eye(3))), Abs(p) < 1),
        Iff(Contracts(A), Abs(p) < 1),
        Iff(Contracts(ImmutableMatrix([[p, 0], [0, b]])), Symbol("x", real=True) >= 1),
    ],
)
def test_jury_refuses_what_is_no_pair_of_numbers(says):
    formula = dataclasses.replace(formulas["blind-attack.step-bound"], says=says)
    with pytest.raises(Untranslatable):
        Jury().goals(formula, Translation())


def test_a_form_must_have_the_blocks_of_the_matrix():
    with pytest.raises(Untranslatable, match="other blocks"):
        Lyapunov((I,)).goals(formulas["blind-attack.settles"], Translation())


def test_what_is_zero_is_shown_block_by_block():
    goals = {goal.name: goal for goal in Lyapunov((I, R)).goals(formulas["blind-attack.settles"], Translation())}
    assert set(goals) == {"form 2", "loses", "strict 1", "strict 2"}
    assert "now_1 = 0" not in goals["strict 1"].given
    assert "now_1 = 0" in goals["strict 2"].given
    assert goals["form 2"].claim == "R >= 0"


def test_the_limit_needs_the_hypothesis_that_its_matrix_contracts():
    with pytest.raises(Untranslatable, match="no hypothesis"):
        DiesOut(Pi_W, 2 * SEEN_TURN).goals(formulas["plateau-removed.limit"], Translation())
    says = formulas["inexact-helper.converges"].says
    some = TendsTo(*says.args[0].args[:2], formulas["plateau-removed.limit"].says.args[2], says.args[0].args[3])
    formula = dataclasses.replace(formulas["inexact-helper.converges"], says=Iff(some, says.args[1]))
    with pytest.raises(Untranslatable, match="everywhere"):
        PowersTend().goals(formula, Translation())
