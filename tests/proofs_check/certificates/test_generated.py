"""Thousands of random certificates: whatever the checker accepts holds at matrices that satisfy what is given."""

from __future__ import annotations

import os
import random

import pytest

from proofs_check.certificates import checker
from proofs_check.certificates.checker import Context, check
from tests.cases import cases
from tests.proofs_check.certificates.generated import Tally, accepted, campaign, refuted

#: ``GENERATED=5000 SEED=1 pytest tests/proofs_check/certificates/test_generated.py`` makes more, and others.
COUNT, SEED = int(os.environ.get("GENERATED", cases(100, 300))), int(os.environ.get("SEED", "0"))


@pytest.mark.many
@pytest.mark.slow
def test_no_accepted_certificate_is_false():
    tally = campaign(COUNT, SEED)
    assert not tally.false, tally.false[0]
    assert tally.statements >= COUNT
    # What is made is worth something: most hypotheses can be satisfied, with and without dimensions.
    assert tally.evaluated > 0.6 * tally.statements
    assert tally.models > 2 * tally.statements
    assert 0.2 * tally.models < tally.without_dimension < 0.9 * tally.models
    assert tally.changed > 0.2 * tally.statements
    assert min(tally.kinds[kind] for kind in ("equations", "kernels", "sums")) > 0.1 * tally.statements


def false_one(limit, seed=0):
    """The first accepted statement that is false, and how many were accepted before; None if there is none."""
    rng, tally, count = random.Random(seed), Tally(), 0
    while count < limit:
        for statement in accepted(rng):
            count += 1
            false = refuted(statement, rng, tally)
            if false is not None:
                return statement, false
    return None


# Each of these is said by one condition of the checker. Without it, a false certificate is accepted.
GUARDS = (
    "a term has another type than its line",
    "no term of the sum is strictly positive",
    "a term of a sum is not positive",
    "a product is ill-typed",
    "the terms of a sum have different types",
)
# These are met more rarely, and are looked for where many are made.
RARE = (
    "a square of another type",
    "no square is the line's",
    "1 is added to a map between two spaces",
)


@pytest.mark.parametrize("guard", GUARDS if COUNT < 2000 else (*GUARDS, *RARE))
@pytest.mark.slow
@pytest.mark.many(3)
def test_a_checker_without_one_of_its_guards_is_found_out(guard, monkeypatch):
    need = checker.need
    monkeypatch.setattr(checker, "need", lambda condition, message: need(condition or message == guard, message))
    found = false_one(4000)
    assert found is not None
    monkeypatch.undo()
    refusal = check({"theorem": "t", "statements": [found[0]]}).refusal
    assert refusal is not None
    assert guard in refusal


def test_a_checker_that_forgets_what_has_cancelled_is_found_out(monkeypatch):
    read, relation = Context.read, checker.relation

    def what_is_left(self, text):
        p, _ = read(self, text)
        return p, self.type(p)

    def careless(context, text, *signs):
        fact = relation(context, text, *signs)
        return fact._replace(type=context.type(fact.gap) or ())

    monkeypatch.setattr(Context, "read", what_is_left)
    monkeypatch.setattr(checker, "relation", careless)
    found = false_one(1000)
    assert found is not None
    monkeypatch.undo()
    assert not check({"theorem": "t", "statements": [found[0]]})
