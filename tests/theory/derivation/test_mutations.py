"""Every line of every derivation, made false, is found exactly where it stands.

The derivation as it stands must pass. Then a line is changed in several ways (:mod:`tests.theory.derivation.mutants`),
and the rest of the derivation stays: checking must name that very line. The few changes that leave a line
true are listed with the reason in the test of their family.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from tests.families.planting import gathered, of_theorem
from tests.theory.derivation.mutants import mutants
from theory import formulas
from theory.language.symbols import PRIMITIVES, d, k, n

CHECKED = {"algebra", "inference", "cited"}

# One seed inside the box and one anywhere; most falsehoods fall at the first instance, with free symbols.
SEEDS = range(2)

# Changes that provably leave a line true.
HARMLESS = gathered("HARMLESS")
# These make any equation false, whatever the geometry: no line may survive them.
ALWAYS_FALSE = ("right: shift",)


def harmless(id_: str, mutation: str, lhs: str) -> bool:
    if mutation in ALWAYS_FALSE:
        return False
    return any(
        of_theorem(id_) == name and mutation.startswith(start) and sides in ([], [lhs])
        for name, start, *sides in HARMLESS
    )


PRIMITIVE = {item.symbol for item in PRIMITIVES.values()} | {d, k, n}
GROUPS: dict[str, list[str]] = defaultdict(list)
for _id in formulas:
    GROUPS[of_theorem(_id)].append(_id)


def passes(formula):
    verdict = formula.verify(seeds=SEEDS)
    assert verdict, str(verdict)
    assert verdict.failed is None
    assert verdict.unchecked == ()
    assert verdict.rational > 0
    assert verdict.free > 0 or formula.id in gathered("RATIONAL_ONLY")
    assert str(verdict.rational) in str(verdict)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.many(5)
def test_the_true_derivation_passes_and_every_planted_falsehood_is_found_where_it_stands(group, instances):
    seen = set()
    survivors = []
    for id_ in GROUPS[group]:
        formula = formulas[id_]
        lines = formula.derivation
        instances.clear()
        passes(formula)
        for i, step in enumerate(lines):
            if step.kind not in CHECKED:
                continue
            before = tuple(s.equation for s in lines[:i])
            known = PRIMITIVE.union(step.equation.free_symbols, *(eq.free_symbols for eq in before))
            found = 0
            for mutation, wrong in mutants(step.equation):
                if wrong.free_symbols - known:
                    continue  # it speaks of an abbreviation that this derivation has not introduced
                key = (before, wrong, tuple(a.text for a in formula.assumptions))
                if key in seen:
                    found += 1
                    continue
                seen.add(key)
                planted = replace(step, equation=wrong)
                verdict = replace(formula, derivation=(*lines[:i], planted, *lines[i + 1 :])).verify(seeds=SEEDS)
                if verdict.failed is None:
                    if not harmless(id_, mutation, str(getattr(step.equation, "lhs", ""))):
                        survivors.append(f"{id_}, line {i}, {mutation}: {wrong}")
                    continue
                assert not verdict
                assert verdict.failed == planted, f"{id_}: line {i} ({mutation}) was blamed on {verdict.failed}"
                assert verdict.failed.equation == wrong
                found += 1
            assert found, f"{id_}: no falsehood planted in line {i} was found: {step.equation}"
    assert not survivors, "\n".join(survivors)


def test_every_harmless_change_is_one_of_a_theorem():
    assert {name for name, *_ in HARMLESS} <= set(GROUPS)
