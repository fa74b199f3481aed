"""False theorems get a counterexample and no certificate, true ones a certificate, and the rest neither."""

from __future__ import annotations

import dataclasses
import functools
import json
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from proofs_check import theorems
from proofs_check.certificates.checker import check
from proofs_check.certificates.expressions import Unfit, relation
from proofs_check.errors import InputError
from proofs_check.proving import statement as certify
from proofs_check.proving.specification import Sum
from proofs_check.proving.statement import attempt
from proofs_check.refuting.instances import Sampler, direction, fails, gram_factor, holds
from proofs_check.refuting.refute import main, refute, settle, verified
from tests.families.planting import gathered
from tests.families.test_dynamics import FROZEN_KERNEL
from tests.proofs_check.certificates import models
from tests.proofs_check.certificates.oracle import Map
from theory import formulas

CERTIFIED = [theorem for theorem in theorems.values() if theorem.certificate]
BY_NAME = {spec.name: spec for theorem in CERTIFIED for spec in theorem.certificate}


@functools.cache
def prepared(name):
    proof, goal = certify.prepared(formulas[BY_NAME[name].formula], BY_NAME[name], BY_NAME, formulas)
    return proof, goal.claim


def theorem(name):
    """A shipped statement with all the hypotheses of its theorem, not only those that its proof needs."""
    proof, claim = prepared(name)
    t = proof.translation
    positive = dict(proof.positive)
    positive |= {f"step {x}": f"{x} > 0" for x in t.scalars if x in ("eta", "eta_W", "eta_U", "rho")}
    positive |= {f"Gram {x}": f"{x} >= 0" for x in ("S_W", "S_U") if x in t.symmetric}
    return {
        "name": name,
        "letters": dict(t.letters),
        "scalars": list(t.scalars),
        "symmetric": list(t.symmetric),
        "given": dict(proof.given),
        "positive": positive,
        "claim": claim,
    }


def without(statement, *hypotheses):
    """Drop hypotheses, by name or text; each must be there."""
    changed = statement | {part: dict(statement[part]) for part in ("given", "positive")}
    for hypothesis in hypotheses:
        part, name = next(
            (part, name)
            for part in ("given", "positive")
            for name, text in statement[part].items()
            if hypothesis in (name, text)
        )
        del changed[part][name]
    return changed


FALSE = gathered("FALSE_STATEMENTS")


@pytest.mark.parametrize(("name", "wrong", "claim", "dropped"), FALSE, ids=[f"{x[0]}: {x[1]}" for x in FALSE])
@pytest.mark.many(5)
def test_a_false_theorem_gets_a_counterexample_and_no_certificate(name, wrong, claim, dropped):
    statement = without(theorem(name), *dropped)
    statement["claim"] = claim or statement["claim"]
    assert attempt(statement, seconds=1) is None
    settled = settle(statement)
    assert settled.found == "counterexample", str(settled)
    assert settled.certificate is None
    assert_refuted(statement, settled.counterexample)


def assert_refuted(statement, found):
    """Decide everything with code that `proofs_check` does not contain: the evaluator of the checker's tests."""
    assert verified(statement, found)
    values = {x: as_map(v) for x, v in found.values.items()}
    assert set(values) == {*statement["letters"], *statement["scalars"]}
    for x, ends in statement["letters"].items():
        assert values[x].shape == tuple(found.sizes[space.strip()] for space in ends.split("<-"))
    for text in (*statement["given"].values(), *statement["positive"].values()):
        assert models.holds(text, values), text
    assert all((values[x] - values[x].T).is_zero for x in statement["symmetric"])
    assert not models.holds(statement["claim"], values)


def as_map(value):
    if isinstance(value, str):
        return Map(Fraction(value), None)
    rows = [[Fraction(x) for x in row] for row in value]
    return Map(rows, (len(rows), len(rows[0])))


def test_there_are_false_theorems_enough():
    kinds = [wrong for _, wrong, _, _ in FALSE]
    assert len(FALSE) >= 40
    assert len({name.split(".")[0].split("/")[0] for name, *_ in FALSE}) >= 25
    assert all(kinds.count(kind) >= 4 for kind in ("sign", "order", "missing factor", "hypothesis"))


# What is true --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", gathered("TRUE_STATEMENTS"))
@pytest.mark.slow
@pytest.mark.many(4)
def test_a_true_theorem_gets_a_certificate(name):
    settled = settle(theorem(name), lines=BY_NAME[name].lines)
    assert settled.found == "certificate", str(settled)
    assert settled.counterexample is None
    assert settled.certificate["proof"][-1]["states"] == theorem(name)["claim"]
    assert check({"theorem": "t", "statements": [settled.certificate]})
    assert str(settled).startswith("certificate: ")


@pytest.mark.parametrize("chosen", [CERTIFIED[i::6] for i in range(6)])
@pytest.mark.slow
@pytest.mark.many(6)
def test_no_shipped_statement_is_refuted(chosen):
    for spec in (spec for one in chosen for spec in one.certificate):
        settled = refute(theorem(spec.name), draws=5, seed=1)
        assert settled.found == "neither", f"{spec.name}: {settled}"


# What neither shows --------------------------------------------------------------------------------

ONE_SIDED = {
    "name": "one-sided inverses",
    "letters": {"X": "d <- d", "Y": "d <- d"},
    "given": {"from the right": "X Y = 1"},
    "claim": "Y X = 1",
}
COMMUTATOR = {
    "name": "commutator",
    "letters": {"X": "d <- d", "Y": "d <- d"},
    "given": {"canonical": "X Y - Y X = 1"},
    "claim": "X = 0",
}


@pytest.mark.slow
def test_true_by_counting_dimensions_and_not_by_algebra():
    settled = settle(ONE_SIDED, seconds=1)
    assert settled.found == "neither"
    assert settled.certificate is None
    assert settled.counterexample is None
    assert settled.satisfied >= 100
    assert f"the claim held at all {settled.satisfied} instances" in str(settled)


def test_between_two_spaces_the_same_words_are_false():
    settled = settle(ONE_SIDED | {"letters": {"X": "d <- n", "Y": "n <- d"}})
    assert settled.found == "counterexample"
    assert settled.counterexample.sizes["d"] < settled.counterexample.sizes["n"]


def test_hypotheses_without_an_instance_are_said_to_have_none():
    settled = settle(COMMUTATOR, draws=200)
    assert (settled.found, settled.satisfied, settled.drawn) == ("neither", 0, 200)
    assert "no instance was found (200 drawn)" in str(settled)


def test_an_order_relation_is_certified_by_squares_that_are_given_or_found():
    statement = {
        "letters": {"X": "n <- d"},
        "symmetric": [],
        "claim": "X' X + 1 >= 0",
    }
    assert settle(statement, draws=100, seconds=0).found == "neither"
    assert settle(statement, draws=100).found == "certificate"
    line = Sum("X' X + 1 >= 0", (("1", (), "X"), ("1", (), "1")))
    assert settle(statement, lines=(line,)).found == "certificate"
    wrong = Sum("X' X - 1 >= 0", (("1", (), "X"),))
    assert settle(statement | {"claim": "X' X - 1 >= 0"}, lines=(wrong,)).found == "counterexample"


@pytest.mark.slow
def test_lines_may_be_needed():
    statement = theorem(f"{FROZEN_KERNEL}.projector/if 1")
    lines = BY_NAME[f"{FROZEN_KERNEL}.projector/if 1"].lines
    assert attempt(statement, seconds=1) is None
    assert attempt(statement, lines)["proof"][-1]["states"] == "P v = 0"
    assert attempt(statement, ("P = 0", *lines), seconds=1) is None


# Counterexamples are checked -----------------------------------------------------------------------

COMMUTE = {
    "letters": {"X": "d <- d", "Y": "d <- d"},
    "scalars": ["c"],
    "symmetric": ["X"],
    "given": {"c": "c c = 1"},
    "positive": {"X": "X >= 0"},
    "claim": "X Y = Y X",
}


def test_a_tampered_counterexample_is_refused():
    found = settle(COMMUTE).counterexample
    assert verified(COMMUTE, found)
    assert_refuted(COMMUTE, found)

    def changed(**values):
        return dataclasses.replace(found, values=found.values | values)

    unit, zero = [["1", "0"], ["0", "1"]], [["0", "0"], ["0", "0"]]
    assert not verified(COMMUTE, changed(c="2"))  # a hypothesis
    assert not verified(COMMUTE, changed(X=unit))  # the claim holds
    assert not verified(COMMUTE, changed(X=[["1", "1"], ["0", "1"]], Y=[["1", "0"], ["1", "1"]]))  # not symmetric
    plain = {**COMMUTE, "positive": {}}
    assert verified(plain, found)
    assert not verified(plain, changed(X=[["1", "1"], ["0", "1"]], Y=[["1", "0"], ["1", "1"]]))  # that alone
    assert not verified(COMMUTE, changed(X=[["-1", "0"], ["0", "1"]], Y=[["1", "1"], ["0", "1"]]))  # not positive
    assert not verified(COMMUTE, changed(X=[["1"]], Y=[["1"]]))  # another shape
    assert not verified(COMMUTE, changed(Y=zero))


def test_the_same_seed_finds_the_same():
    assert settle(COMMUTE) == settle(COMMUTE)
    assert settle(COMMUTE, seed=1).found == "counterexample"


def test_it_is_told_in_one_line():
    text = str(settle(COMMUTE))
    assert text.startswith("counterexample: X = (")
    assert "the sides differ by" in text
    assert "Fraction" not in text
    order = {"letters": {"X": "d <- d", "v": "d <- 1"}, "symmetric": ["X"], "claim": "X >= 0"}
    assert "the difference has the value -" in str(settle(order))
    lopsided = {"letters": {"N": "d <- d"}, "given": {"N": "N N = 0"}, "claim": "1 + N >= 0"}
    assert "is not symmetric" in str(settle(lopsided))


def test_strict_and_weak_order_of_numbers():
    statement = {"scalars": ["x"], "positive": {"x": "x >= 0"}, "claim": "x > 0"}
    found = settle(statement).counterexample
    assert found.values == {"x": "0"}
    assert settle(statement | {"positive": {"x": "x > 0"}}, draws=200).counterexample is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"claim": "X Z = 0"}, "'Z' is not declared"),
        ({"claim": "X Y"}, "is not a relation"),
        ({"claim": "v X = 0"}, "ill-typed"),
        ({"proof": []}, "unknown parts proof"),
        ({"given": {"X": "X = 1"}}, "two hypotheses are called X; rename one"),
        ({"claim": "(X = 0"}, "a bracket is not closed"),
    ],
)
def test_what_cannot_be_read_is_named(change, message):
    statement = COMMUTE | {"letters": {**COMMUTE["letters"], "v": "d <- 1"}} | change
    with pytest.raises(InputError, match=message):
        settle(statement)
    with pytest.raises(InputError, match="'claim' is missing"):
        settle({x: v for x, v in COMMUTE.items() if x != "claim"})


def test_the_program_settles_a_file(tmp_path, capsys):
    path = tmp_path / "statement.json"
    for statement, code, word in (
        (COMMUTE, 1, "counterexample: "),
        ({"letters": {"X": "d <- d", "Y": "d <- d"}, "given": {"X": "X Y = 1"}, "claim": "Y X = 1"}, 2, "neither: "),
        ({"letters": {"X": "d <- d"}, "given": {"X": "X X = X"}, "claim": "X X X = X"}, 0, "certificate: 2 cofactors"),
    ):
        path.write_text(json.dumps(statement), encoding="utf-8")
        assert main([str(path)]) == code
        assert capsys.readouterr().out.startswith(word)
    path.write_text("{", encoding="utf-8")
    assert main([str(path)]) == 3
    assert main([]) == 3
    assert "usage" in capsys.readouterr().err


# The parts -----------------------------------------------------------------------------------------

SMALL = st.fractions(min_value=-3, max_value=3, max_denominator=3)


def matrices(rows, columns):
    row = st.lists(SMALL, min_size=columns, max_size=columns)
    return st.lists(row, min_size=rows, max_size=rows).map(lambda m: np.array(m, dtype=object).reshape(rows, columns))


@given(st.integers(1, 4).flatmap(lambda n: matrices(n, n)), st.integers(-2, 2))
def test_a_direction_is_found_exactly_where_an_eigenvalue_is_negative(m, shift):
    symmetric = m.T @ m - (3 + shift) * np.eye(len(m), dtype=int)
    lowest = np.linalg.eigvalsh(symmetric.astype(float))[0]
    down, flat = direction(symmetric), direction(symmetric, strictly=True)
    if down is not None:
        assert (down.T @ symmetric @ down)[0, 0] < 0
    if flat is not None:
        assert (flat != 0).any()
        assert (flat.T @ symmetric @ flat)[0, 0] <= 0
    if abs(lowest) > 1e-9:
        assert (down is not None) == (flat is not None) == (lowest < 0)


def test_a_direction_is_found_where_the_diagonal_vanishes():
    m = np.array([[0, 1], [1, 5]], dtype=object) * Fraction(1)
    down = direction(m)
    assert (down.T @ m @ down)[0, 0] < 0
    assert direction(m * 0) is None
    assert direction(m * 0, strictly=True) is not None


@given(st.integers(1, 3).flatmap(lambda n: matrices(n, n)), st.integers(0, 2))
def test_gram_factors_multiply_back(m, extra):
    upper = np.triu(m) * Fraction(1)
    product = upper.T @ upper
    found = gram_factor(product, len(m) + extra, random.Random(0))
    if (np.diagonal(upper) != 0).all():
        assert found is not None
    if found is not None:
        assert found.shape == (len(m) + extra, len(m))
        assert (found.T @ found == product).all()


def test_gram_factors_that_are_not_rational_or_too_thin_are_not_found():
    one = np.array([[Fraction(1)]], dtype=object)
    assert gram_factor(2 * one, 1, random.Random(0)) is None
    assert gram_factor(-one, 1, random.Random(0)) is None
    assert gram_factor(np.eye(2, dtype=int) * Fraction(1), 1, random.Random(0)) is None
    assert (gram_factor(3 * one, 3, random.Random(0)) == 1).all()


def test_shapes_that_do_not_fit_are_not_broadcast():
    values = {"v": np.array([[Fraction(1)], [Fraction(2)]], dtype=object)}
    for text in ("v v = 0", "v + 1 = 0", "v = v'"):
        with pytest.raises(Unfit):
            holds(relation(text), values)
    assert holds(relation("v' v = 5"), values)
    assert holds(relation("v - v = 0"), values)
    assert fails(relation("v' v = 4"), values) == "the sides differ by 1"


MODELS = {
    "inverse": {"letters": {"X": "d <- d", "X_inv": "d <- d"}, "given": {"1": "X X_inv = 1", "2": "X_inv X = 1"}},
    "fixed point": {
        "letters": {"X": "d <- d", "w": "d <- 1", "b": "d <- 1"},
        "given": {"rest": "w = X w + b"},
    },
    "Moore-Penrose": {
        "letters": {"X": "n <- d", "X_pinv": "d <- n"},
        "given": {
            "1": "X X_pinv X = X",
            "2": "X_pinv X X_pinv = X_pinv",
            "3": "X X_pinv = X_pinv' X'",
            "4": "X_pinv X = X' X_pinv'",
        },
    },
    "square roots": {
        "letters": {"P": "d <- d", "X": "x <- d", "Z": "x <- x"},
        "symmetric": ["P"],
        "given": {"P": "P = X' X", "room": "2 - X X' = Z' Z"},
    },
    "kernel": {
        "letters": {"S": "d <- d", "v": "d <- 1", "a": "d <- 1", "b": "d <- 1"},
        "symmetric": ["S"],
        "given": {"blind": "S v = 0", "v": "v = a - b"},
        "positive": {"S": "S >= 0"},
    },
    "inclusions": {
        "letters": {"i": "t <- d", "j": "t <- 1", "T": "t <- t"},
        "given": {"1": "i' i = 1", "2": "j' j = 1", "3": "i' j = 0", "T": "T = i i' + j j'"},
    },
    "counts": {
        "letters": {"ones": "1 <- n"},
        "scalars": ["n", "n_inv"],
        "given": {"ones": "ones ones' = n", "n_inv": "n n_inv = 1"},
    },
}


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=10)
@given(seed=st.integers(0, 2**20), largest=st.integers(1, 3))
@pytest.mark.slow
@pytest.mark.many(4)
def test_instances_are_drawn_that_satisfy_the_hypotheses(name, seed, largest):
    statement = {"scalars": [], "symmetric": [], "positive": {}, **MODELS[name]}
    sampler, rng = Sampler(statement), random.Random(seed)
    drawn = [found for _ in range(60) if (found := sampler.draw(rng, largest)) is not None]
    assert drawn, "the hypotheses are solved, not hit by luck"
    for sizes, values in drawn:
        for x in sampler.ends:
            assert values[x].shape == sampler.shape(x, sizes)
        maps = {x: as_map(_texts(v)) for x, v in values.items()}
        assert all(models.holds(text, maps) for text in [*statement["given"].values(), *statement["positive"].values()])
        assert all((maps[x] - maps[x].T).is_zero for x in statement["symmetric"])


def _texts(value):
    return str(value) if isinstance(value, Fraction) else [[str(x) for x in row] for row in value]


def test_kernels_are_met_with_vectors_that_are_not_zero():
    statement, rng = MODELS["kernel"], random.Random(0)
    drawn = [found for _ in range(100) if (found := Sampler(statement).draw(rng, 2))]
    assert sum((values["v"] != 0).any() and (values["S"] != 0).any() for _, values in drawn) >= 5
