import pytest

from proofs_check import run, theorems
from proofs_check.evidence.kinds import Derivation
from theory import formulas

IDS = [
    "lsa-step",
    "inert-history",
    "label-noise",
    "general-blocks",
    "population-optimum",
    "trained-step-is-stable",
    "error-recursion",
    "role-swap",
    "closed-form",
    "frozen-kernel",
    "biased-equilibrium",
    "singular-equilibrium",
    "small-step",
    "gap-is-shared",
    "consensus",
    "neither-wins",
    "residual-can-exceed-gap",
    "linear-in-gap",
    "monotone-in-angle",
    "not-always-monotone",
    "convergence-iff",
    "step-size-box",
    "box-not-necessary",
    "real-spectrum",
    "alternating-projections",
]


def test_every_theorem_of_the_first_five_sections_is_in_the_ledger():
    assert set(IDS) <= set(theorems)


@pytest.mark.parametrize("theorem", theorems.values(), ids=list(theorems))
def test_theorem_is_complete(theorem):
    assert theorem.formulas
    assert all(name in formulas for name in theorem.formulas)
    assert all(name.split(".")[0] == theorem.id for name in theorem.formulas)
    derivations = [evidence for evidence in theorem.evidence if isinstance(evidence, Derivation)]
    assert [evidence.formulas for evidence in derivations] == [theorem.formulas]
    assert len(theorem.evidence) > len(derivations), "a derivation alone is not compared with any simulation"
    names = [evidence.name for evidence in theorem.evidence]
    assert len(set(names)) == len(names), "equal names would share their random numbers"


def test_every_formula_belongs_to_a_theorem():
    sections = set(IDS)
    covered = {name for theorem in theorems.values() if theorem.id in sections for name in theorem.formulas}
    assert {name for name in formulas if name.split(".")[0] in sections} == covered


@pytest.mark.parametrize("theorem", theorems.values(), ids=list(theorems))
def test_theorem_holds(theorem):
    [result] = run([theorem], geometries=24, seed=1)
    assert result.verdict.holds, [(f.summary, f.notes, str(f.counterexample)) for f in result.findings]
