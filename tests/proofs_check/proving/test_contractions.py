"""Maps that stretch little: what they leave of a vector, that nothing is its own image, and what is not so."""

from __future__ import annotations

import pytest

from proofs_check.certificates.checker import replay
from proofs_check.certificates.expressions import letters, parse
from proofs_check.conjectures.conjecture import conjectured
from proofs_check.conjectures.deciding import searched
from proofs_check.conjectures.proof import drifted, presumed, proved
from proofs_check.proving.contractions import at_rest, show_image
from proofs_check.proving.proof import tidied
from proofs_check.proving.specification import Spec
from proofs_check.proving.statement import prepared

OWN = ("x, y: vector d", "C, D: matrix d", "S: symmetric d", "a: positive", "b: number")
TRUE = [
    ("<x, C x> <= sigma_max(C) <x, x>", ()),
    ("x' C C' x >= sigma_min(C C') x' x", ()),
    ("I - C is invertible", ("sigma_max(C) < 1",)),
    ("D - a D C is invertible", ("a sigma_max(C) < 1", "D is invertible")),
    ("|x| <= |y|/(1 - sigma_max(C))", ("sigma_max(C) < 1", "x = C x + y")),
]
FALSE = [
    ("<x, C x> <= sigma_min(C) <x, x>", ()),
    ("<x, C x> >= sigma_min(C) <x, x>", ()),
    ("<x, S x> >= sigma_min(S) <x, x>", ()),
    ("I - C is invertible", ("sigma_max(C) <= 1",)),
    ("I - b C is invertible", ("b sigma_max(C) < 1",)),
    ("D - D C is invertible", ("sigma_max(C) < 1",)),
    ("|x| <= |y|", ("sigma_max(C) < 1", "x = C x + y")),
]


def read(claim, given):
    return conjectured(claim, given, let=OWN, setting="none")


@pytest.mark.parametrize(("claim", "given"), TRUE)
def test_what_stretches_little(claim, given):
    made = read(claim, given)
    found = proved(made, seconds=20)
    assert found.certificate is not None, found.missing
    for statement in found.statements:
        replay(statement)
    assert not drifted(made, found.certificate)


@pytest.mark.parametrize(("claim", "given"), FALSE)
def test_what_does_not_follow(claim, given):
    made = read(claim, given)
    assert searched(made, seconds=10).counterexample is not None
    assert proved(made, seconds=1).certificate is None


def test_what_is_at_rest_is_solved_for():
    formula = presumed(conjectured("e_inf = 0").formula)
    spec = Spec(formula.id)
    proof, _ = prepared(formula, spec, {spec.name: spec}, {formula.id: formula})
    assert at_rest(proof) == ["w_inf", "e_inf"]
    show_image(proof, {(): 1}, "e_inf")
    (line,) = proof.lines
    left, _, value = line["states"].partition(" = ")
    assert left == "e_inf"
    assert not {"w_inf", "e_inf"} & letters(parse(value))
    replay(tidied(spec, proof, line["name"], line["states"]))
