"""No statement is a little wrong: every single mutant is refuted, or at least proved by nothing.

A statement is changed in one place (:mod:`tests.families.statement_mutants`). Each kind of evidence then stands alone:
instances of the hypotheses must refute the mutant, and no certificate may pass for it. The mutants that are true all
the same are listed, with the reason, in the tests of their family. All mutants of all statements take some minutes:
``MUTANTS=all pytest tests/families/test_statements.py`` runs them; otherwise a few of each statement are tried.
"""

from __future__ import annotations

import os
import random
from fnmatch import fnmatchcase
from functools import cache

import pytest

from proofs_check.certificates.stored import certificate, stored
from proofs_check.evidence.theorem import Theorem
from proofs_check.ledger.catalogue import specs, theorems
from proofs_check.ledger.necessity import run_necessity
from proofs_check.proving.coverage import coverage
from tests.families.planting import Tampered, gathered
from tests.families.statement_mutants import statement_mutants
from theory import formulas, statements
from theory.errors import TheoryError

ALL = os.environ.get("MUTANTS") == "all"
#: How many mutants of a statement are tried in an ordinary run.
FEW = 4
#: Most that is false falls at the first seeds. What is true passes them all, and few are drawn.
MANY_SEEDS, FEW_SEEDS = range(6), range(2)
CONCLUSIONS = [id_ for id_ in formulas if id_ not in gathered("NOTATION")]
TRUE = gathered("TRUE_MUTANTS")
SPECS = {name: spec for name, (_, spec) in specs.items()}
STORED = {s["name"]: s for theorem in stored() for s in certificate(theorem)["statements"]}
CERTIFIED = [id_ for id_ in CONCLUSIONS if any(spec.formula == id_ and not spec.part for spec in SPECS.values())]


@cache
def mutants(id_):
    return list(statement_mutants(formulas[id_]))


def chosen(id_):
    """The mutants of a statement that are not listed as true: all, or a few that do not change from run to run."""
    patterns = [pattern for of, pattern, _ in TRUE if of == id_]
    found = [
        (name, mutant) for name, mutant in mutants(id_) if not any(fnmatchcase(name, pattern) for pattern in patterns)
    ]
    if not ALL and len(found) > FEW:
        found = random.Random(id_).sample(found, FEW)
    return found


def refuted(mutant, seeds=MANY_SEEDS) -> bool:
    """Whether some instance refutes it, or it is no statement at all there."""
    try:
        return mutant.verify(seeds=seeds).failed is not None
    except TheoryError:
        return True


@pytest.mark.parametrize("id_", CONCLUSIONS)
@pytest.mark.usefixtures("instances")
@pytest.mark.many(8)
def test_instances_alone_refute_a_mutant_unless_it_is_listed_as_true(id_):
    """What is listed is refuted by none, so that the list excuses nothing that is false."""
    listed = [pattern for of, pattern, _ in TRUE if of == id_]
    true = [(name, m) for name, m in mutants(id_) if any(fnmatchcase(name, pattern) for pattern in listed)]
    assert [name for name, mutant in chosen(id_) if not name.startswith("without ") and not refuted(mutant)] == []
    seeds = MANY_SEEDS if ALL else FEW_SEEDS
    assert [name for name, mutant in true if not name.startswith("without ") and refuted(mutant, seeds)] == []


@pytest.mark.parametrize("id_", CERTIFIED)
@pytest.mark.many(5)
def test_no_certificate_passes_for_a_mutant(id_):
    passing = [name for name, mutant in chosen(id_) if coverage(mutant, SPECS, STORED, Tampered(id_, mutant)).shown]
    assert passing == []


@pytest.mark.parametrize("theorem", theorems)
def test_no_hypothesis_can_be_dropped(theorem):
    """That is what the table of needed hypotheses shows, one exact counterexample each."""
    rows = run_necessity(theorems=[theorem])
    assert [row.hypothesis for row in rows if row.verdict != "needed"] == []
    assert isinstance(theorems[theorem], Theorem)


@pytest.mark.parametrize(("id_", "pattern", "why"), TRUE, ids=[f"{id_}: {pattern}" for id_, pattern, _ in TRUE])
@pytest.mark.many(4)
def test_what_is_listed_as_true_is_a_mutant_and_has_a_reason(id_, pattern, why):
    assert any(fnmatchcase(name, pattern) for name, _ in mutants(id_))
    assert id_ in CONCLUSIONS
    assert why


def test_what_is_no_conclusion_is_a_mere_notation():
    concluding = {formula.id for statement in statements.values() for formula in statement.conclusions}
    assert set(CONCLUSIONS) == concluding


@pytest.mark.slow
def test_every_statement_has_mutants():
    assert [id_ for id_ in CONCLUSIONS if not mutants(id_)] == []
