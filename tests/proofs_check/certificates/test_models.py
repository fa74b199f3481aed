"""No certified statement is empty: stored matrices satisfy what it starts from, and no letter is zero but by need."""

from copy import deepcopy
from fractions import Fraction

import numpy as np
import pytest

from proofs_check.certificates.expressions import relation
from proofs_check.certificates.models import models, nothing_satisfies
from proofs_check.certificates.stored import certificate, stored
from proofs_check.proving.statement import attempt
from proofs_check.refuting.instances import holds
from proofs_check.refuting.models import model

STATEMENTS = {s["name"]: s for theorem in stored() for s in certificate(theorem)["statements"]}
SQUARE = {
    "name": "a square",
    "letters": {"P": "d <- d", "X": "x <- d"},
    "symmetric": ["P"],
    "given": {"P": "P = X' X"},
    "positive": {"P >= 0": "P >= 0"},
    "proof": [{"states": "P = X' X", "because": [["1", "1", "P", "1"]]}],
}
FOUND = {"sizes": {"d": 2, "x": 1}, "values": {"P": [["1", "2"], ["2", "4"]], "X": [["1", "2"]]}, "zero": []}


def test_every_statement_has_a_model_and_no_other():
    assert set(models()) == set(STATEMENTS)


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.many(4)
def test_its_model_satisfies_it(name):
    assert nothing_satisfies(STATEMENTS[name], models().get(name)) is None


@pytest.mark.parametrize("name", [name for name in STATEMENTS if models().get(name, {}).get("zero")])
@pytest.mark.slow
@pytest.mark.many(10)
def test_a_letter_is_zero_only_where_that_follows_or_every_model_has_it_zero(name):
    given = {part: value for part, value in STATEMENTS[name].items() if part != "proof"}
    zero = models()[name]["zero"]
    open_ = {x for x in zero if attempt({**given, "claim": f"{x} = 0"}, seconds=0) is None}
    if open_:
        other = model(STATEMENTS[name], draws=400, seed=1)
        assert other is None or open_ <= set(other["zero"])


def planted(part, key, value):
    found = deepcopy(FOUND)
    found[part] = {**found[part], key: value} if isinstance(found[part], dict) else value
    return found


def test_a_model_is_accepted():
    assert nothing_satisfies(SQUARE, FOUND) is None


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (None, "no model"),
        (planted("values", "X", [["1", "3"]]), "does not hold"),
        (planted("values", "X", [["1", "2"], ["0", "0"]]), "shape"),
        (planted("values", "P", [["1", "2"], ["0", "4"]]), "not symmetric"),
        (planted("zero", "", ["X"]), "which the model does not say"),
        ({**FOUND, "values": {"X": [["0", "0"]], "P": [["0", "0"], ["0", "0"]]}}, "zero are P, X"),
        ({**FOUND, "values": {"X": [["1", "2"]]}}, "P has no value"),
    ],
)
def test_a_wrong_model_is_refused(found, complaint):
    assert complaint in nothing_satisfies(SQUARE, found)


def test_contradictory_hypotheses_have_none():
    nothing = {**SQUARE, "given": {"P": "P = X' X", "too": "P P = 0", "and": "P P = 1"}}
    assert model(nothing, draws=200) is None


@pytest.mark.parametrize(
    ("rows", "semidefinite", "definite"),
    [
        ([["1", "2"], ["2", "5"]], True, True),
        ([["1", "2"], ["2", "4"]], True, False),
        ([["0", "0"], ["0", "3"]], True, False),
        ([["0", "0"], ["0", "0"]], True, False),
        ([["1", "2"], ["2", "3"]], False, False),
        ([["0", "1"], ["1", "0"]], False, False),
    ],
)
def test_an_order_relation_between_matrices_is_decided_as_the_refuter_does(rows, semidefinite, definite):
    """Above zero is positive definite: a direction that is lost is none in which it is above."""
    values = {"P": np.array([[Fraction(x) for x in row] for row in rows])}
    found = {"sizes": {"d": 2}, "values": {"P": rows}, "zero": [] if np.any(values["P"]) else ["P"]}
    for sign, wanted in ((">=", semidefinite), (">", definite)):
        ordered = {"name": "order", "letters": {"P": "d <- d"}, "positive": {"P": f"P {sign} 0"}}
        said = nothing_satisfies(ordered | {"proof": [{"states": "P = P"}]}, found)
        assert said == (None if wanted else f"P {sign} 0 does not hold")
        assert holds(relation(f"P {sign} 0"), values) is wanted


def test_a_negative_matrix_is_no_model_of_an_order_relation():
    negative = {**SQUARE, "given": {}, "letters": {"P": "d <- d"}, "proof": [{"states": "P = P", "because": []}]}
    values = {"sizes": {"d": 2}, "values": {"P": [["1", "2"], ["2", "1"]]}, "zero": []}
    assert "does not hold" in nothing_satisfies(negative, values)
