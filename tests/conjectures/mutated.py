"""The ledger's algebraic conclusions changed in one place, as texts in the setting of their theorem."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from proofs_check.conjectures.conjecture import conjectured
from proofs_check.errors import InputError
from proofs_check.proving.goals import goals
from proofs_check.proving.translation import Translation, Untranslatable
from tests.conjectures.cases import Case
from tests.families.planting import gathered
from tests.families.statement_mutants import statement_mutants
from theory import Formula, formulas
from theory.language.prose import spoken

__all__ = ["algebraic", "mutated"]


def algebraic() -> list[str]:
    """The conclusions that come to relations between products of letters."""
    notation = set(gathered("NOTATION"))
    return [id_ for id_ in formulas if id_ not in notation and _has_goals(formulas[id_])]


def _has_goals(formula: Formula) -> bool:
    try:
        return bool(goals(formula, Translation()))
    except Untranslatable:
        return False


def mutated(count: int, seed: int = 0) -> Iterator[Case]:
    """Yield mutants in an order that depends on the seed alone, each statement's turn coming equally often."""
    rng = random.Random(seed)
    listed = gathered("TRUE_MUTANTS")
    waiting = {id_: list(statement_mutants(formulas[id_])) for id_ in algebraic()}
    for mutants in waiting.values():
        rng.shuffle(mutants)
    while count and any(waiting.values()):
        for id_ in rng.sample(sorted(waiting), len(waiting)):
            if not waiting[id_] or not count:
                continue
            name, mutant = waiting[id_].pop()
            true = any(of == id_ and fnmatchcase(name, pattern) for of, pattern, _ in listed) or None
            given = tuple(spoken(a.says) for a in mutant.assumptions)
            case = Case(f"{id_}: {name}", "mutant", spoken(mutant.says), given, (), id_, true)
            dropped = {spoken(a.says) for a in formulas[id_].assumptions} - {*given}
            presumes = _presumes(case)
            if presumes is None:
                continue
            count -= 1
            # What is inverted is presumed to be invertible, with or without a hypothesis that says so.
            yield replace(case, true=True) if name.startswith("without ") and dropped <= presumes else case


def _presumes(case: Case) -> set[str] | None:
    """What a mutant presumes; None of one that speaks of what is unknown where it is stated, or cannot be written."""
    try:
        return set(conjectured(case.claim, case.given, setting=case.setting).presumes)
    except InputError:
        return None
