"""Whatever the checker accepts, Rocq compiles: two readings of the same certificates, two proofs that they hold."""

from __future__ import annotations

import json
import os
import random
import shutil

import pytest

from proofs_check.certificates import checker
from proofs_check.rocq.export import source
from proofs_check.rocq.terms import RESERVED
from tests.proofs_check.certificates.generated import accepted
from tests.proofs_check.certificates.test_guards import CARRIED, CONFUSED

COUNT, SEED = int(os.environ.get("GENERATED", "100")), int(os.environ.get("SEED", "0"))
BATCH = 50
needs_rocq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed; CI installs it")


def sample(count, seed):
    """Accepted statements, with names of their own."""
    rng, found = random.Random(seed), []
    while len(found) < count:
        found += accepted(rng)
    return [statement | {"name": f"generated/{i}"} for i, statement in enumerate(found[:count])]


@pytest.fixture
def compiled(compiled):
    """Has Rocq compile statements."""
    return lambda directory, statements: compiled(directory, {"theorem": "generated", "statements": statements})


@needs_rocq
@pytest.mark.parametrize("batch", range(-(-COUNT // BATCH)))
@pytest.mark.slow
@pytest.mark.many(0)
def test_what_is_accepted_compiles(compiled, batch, tmp_path):
    statements = sample(COUNT, SEED)[batch * BATCH : (batch + 1) * BATCH]
    assert statements
    done = compiled(tmp_path, statements)
    assert done.ok, done.message
    assert done.theorems == done.closed == len(statements)


@pytest.mark.slow
def test_what_is_accepted_is_exported():
    for statement in sample(300, SEED + 1):
        assert f"Theorem {statement['name'].replace('/', '_')}\n" in source({"theorem": "t", "statements": [statement]})


@needs_rocq
@pytest.mark.slow
def test_what_keeps_its_type_compiles(compiled, tmp_path):
    statements = [{"name": f"carried/{i}", **statement} for i, statement in enumerate(CARRIED.values())]
    done = compiled(tmp_path, statements)
    assert done.ok, done.message
    assert done.closed == len(CARRIED)


@needs_rocq
@pytest.mark.parametrize("what", [what for what in CONFUSED if "nothing" not in what])
@pytest.mark.slow
@pytest.mark.many(5)
def test_what_loses_its_type_does_not(compiled, what, tmp_path):
    """Rocq is told that the checker has accepted it."""
    statement = {"name": "confused", **CONFUSED[what]}
    assert not checker.check({"theorem": "t", "statements": [statement]})
    try:
        done = compiled(tmp_path, [statement])
    except (ValueError, KeyError):
        return  # has no counterpart
    assert not done.ok


@needs_rocq
@pytest.mark.slow
@pytest.mark.many(0)
def test_every_reserved_name_may_be_a_letter(compiled, tmp_path):
    """And none of them, in any place where the certificate chooses the name, is taken for what Rocq means by it."""
    names = sorted(x for x in RESERVED if x.isidentifier() and x.isascii())
    assert len(names) > 100
    statements = []
    for chunk in (names[i : i + 12] for i in range(0, len(names), 12)):
        first = chunk[0]
        line = {"name": f"{first}_", "states": f"{' + '.join(chunk)} = {len(chunk)}"}
        line["because"] = [["1", "1", name, "1"] for name in chunk]
        letters = dict.fromkeys(chunk, f"{first} <- {first}")
        given = {name: f"{name} = 1" for name in chunk}
        statements.append({"name": first, "letters": letters, "given": given, "proof": [line]})
    answer = checker.check({"theorem": "t", "statements": statements})
    assert answer, answer.refusal
    done = compiled(tmp_path, statements)
    assert done.ok, done.message
    assert done.closed == len(statements)


@needs_rocq
@pytest.mark.slow
def test_numbers_without_a_letter_compile(compiled, tmp_path):
    claims = ("-2 = 0 - 2", "0 = -0", "- 1 = -(1)", "1/3 = 2/6", "-1/2 = 0 - 1/2")
    proofs = [{"name": f"numbers/{i}", "proof": [{"states": x, "because": []}]} for i, x in enumerate(claims)]
    proofs.append({"name": "order", "proof": [{"states": "0 > -2", "sum": [["2", [], "1"]]}]})
    proofs.append({"name": "order", "proof": [{"states": "-1 >= - 2", "sum": [["1", [], "1"]]}]})
    on = {"letters": {"X": "d <- d"}}
    proofs.append({"name": "on", **on, "proof": [{"states": "-2 + X = X - 2", "because": []}]})
    assert checker.check({"theorem": "t", "statements": proofs})
    done = compiled(tmp_path, proofs)
    assert done.ok, done.message


STEP = {
    "name": "powers/step",
    "letters": {"A": "d <- d", "A_to_the_t": "d <- d", "x_t": "d <- 1", "x_next": "d <- 1", "x_0": "d <- 1"},
    "given": {"turn": "x_next = A x_t", "now": "x_t = A_to_the_t x_0"},
    "proof": [{"states": "x_next = A A_to_the_t x_0", "because": [["1", "1", "turn", "1"], ["1", "A", "now", "1"]]}],
}


def step(old="", new="", **parts):
    changed = STEP | parts
    return json.loads(json.dumps(changed).replace(old, new)) if old else changed


# Proved, and no step of an induction whose powers are known, or not as it is written.
NO_STEPS = {
    "no power": step("A_to_the_t", "A_other_to_the_t"),
    "the first turn does not hold": step("A_to_the_t x_0", "A_to_the_t x_0 + x_0")
    | {
        "proof": [
            {
                "states": "x_next = A A_to_the_t x_0 + x_0",
                "because": [["1", "1", "turn", "1"], ["1", "A", "now", "1"], ["1", "1", "fixed", "1"]],
            }
        ],
        "given": {"turn": "x_next = A x_t", "now": "x_t = A_to_the_t x_0 + x_0", "fixed": "A x_0 = x_0"},
    },
    "written otherwise": step("x_next = A A_to", "x_next = A 1 A_to"),
    "turned round": step("x_t = A_to_the_t x_0", "x_t = 2 A_to_the_t x_0")
    | {
        "proof": [
            {"states": "x_next = 2 A A_to_the_t x_0", "because": [["1", "1", "turn", "1"], ["1", "A", "now", "1"]]}
        ]
    },
    "another factor": {
        **step("A x_t", "C A x_t"),
        "letters": STEP["letters"] | {"C": "d <- d"},
        "proof": [
            {"states": "x_next = C A A_to_the_t x_0", "because": [["1", "1", "turn", "1"], ["1", "C A", "now", "1"]]}
        ],
    },
    "a name that is taken": step("d <-", "t <-")
    | {"letters": {"A": "t <- t", "A_to_the_t": "t <- t", "x_t": "t <- S", "x_next": "t <- S", "x_0": "t <- S"}},
    "another type": step(
        letters={"A": "d <- d", "A_to_the_t": "d <- e", "x_t": "d <- 1", "x_next": "d <- 1", "x_0": "e <- 1"}
    ),
}


def test_only_a_step_becomes_a_theorem_about_every_turn():
    assert "every_turn" in source({"theorem": "t", "statements": [STEP]})
    for what, statement in NO_STEPS.items():
        answer = checker.check({"theorem": "t", "statements": [statement]})
        assert answer, f"{what}: {answer.refusal}"
        assert "every_turn" not in source({"theorem": "t", "statements": [statement]}), what


@needs_rocq
@pytest.mark.slow
def test_what_looks_like_a_step_compiles(compiled, tmp_path):
    done = compiled(tmp_path, [STEP, *NO_STEPS.values()])
    assert done.ok, done.message
    assert done.closed == len(NO_STEPS) + 3
