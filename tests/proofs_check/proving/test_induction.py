"""Induction: what a start and a step show holds at every turn, and what holds at no turn, or at some, has no proof."""

from __future__ import annotations

import pytest
from sympy import MatrixSymbol

from proofs_check.conjectures.conjecture import conjectured
from proofs_check.conjectures.proof import drifted, proved, ways
from proofs_check.conjectures.settings import setting
from proofs_check.conjectures.settling import Settlement
from proofs_check.evidence.verdict import Verdict
from proofs_check.proving.induction import inductions
from theory.language.reader import reading
from theory.language.symbols import t


def about(claim, given=(), of="closed-form"):
    return conjectured(claim, given, setting=of)


TRUE = [
    ("r_t = A^t r_0", (), "blind-helper.krylov"),
    ("se_k = e_order_0 + eta_W e_order_1", ("H^-1 K = 0",), "small-step.e-remainder"),
]
FALSE = [
    ("r_t = A^t r_0 + r_0", (), "blind-helper.krylov"),  # no start
    ("r_t = r_0", (), "blind-helper.krylov"),  # no step
    ("r_t = A^(t + 1) r_0", (), "blind-helper.krylov"),
    ("se_k = e_order_0 + eta_W e_order_1", (), "small-step.e-remainder"),
]


@pytest.mark.parametrize(("claim", "given", "of"), TRUE)
def test_what_holds_at_every_turn_is_proved(claim, given, of):
    made = about(claim, given, of)
    found = proved(made, seconds=20)
    assert found.certificate is not None, found.missing
    assert {s["name"].split("/")[1].split()[0] for s in found.statements} == {"start", "step"}
    assert not drifted(made, found.certificate)
    assert "by induction" in str(Settlement(made, Verdict.PROVED, proof=found))
    short = {**found.certificate, "statements": [s for s in found.statements if "step" in s["name"]]}
    assert drifted(made, short)


@pytest.mark.parametrize(("claim", "given", "of"), FALSE)
def test_what_does_not_is_not(claim, given, of):
    assert proved(about(claim, given, of), seconds=1).certificate is None


def test_a_hypothesis_about_a_turn_is_none_about_the_next():
    assert len(ways(about("r_t = A^t r_0", (), "blind-helper.krylov").formula)) > 1
    for given in ("r_t = r_0", "t >= 1", "A^t = 0"):
        assert len(ways(about("r_t = A^t r_0", (given,), "blind-helper.krylov").formula)) == 1


def test_no_iterate_no_induction():
    assert not list(inductions(about("M e_inf = A Q Delta", of="pair").formula))


def test_a_step_has_letters_of_its_own():
    formula = about("r_t = A^t r_0", (), "blind-helper.krylov").formula
    start, step = next(inductions(formula))
    assert t in formula.says.free_symbols
    assert t not in start.says.free_symbols
    names = setting("blind-helper.krylov").names
    (later,) = {x for x in step.says.free_symbols if isinstance(x, MatrixSymbol)} - formula.says.free_symbols
    assert later.name not in names
    assert step.says.args[1] == reading("x = A^(t + 1) r_0", {**names, "x": later}).says
