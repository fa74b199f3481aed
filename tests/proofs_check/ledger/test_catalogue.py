"""A theorem that does not hold, is incomplete, or gets a word that none of its evidence says."""

import pytest

from proofs_check import run, theorems
from proofs_check.evidence.kinds import Derivation
from tests.families.planting import gathered
from theory import Formula, formulas
from theory.derivation.verification import Verification


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
    assert {name for theorem in theorems.values() for name in theorem.formulas} == set(formulas)


@pytest.mark.parametrize("id_", theorems)
def test_all_formulas_are_in_the_row(id_):
    assert set(theorems[id_].formulas) == {name for name in formulas if name.split(".")[0] == id_}


@pytest.fixture
def derived(monkeypatch):
    """Derivations are checked on these very instances in tests/theory/derivation/test_mutations.py: not again here."""

    def verify(self, *, seeds):
        free = int(self.id not in gathered("RATIONAL_ONLY"))
        return Verification(self.id, len(self.derivation), free, len(seeds), None, "", ())

    monkeypatch.setattr(Formula, "verify", verify)


@pytest.mark.parametrize("theorem", theorems.values(), ids=list(theorems))
@pytest.mark.usefixtures("derived")
@pytest.mark.many(9)
def test_theorem_holds_and_every_word_comes_from_evidence_that_says_so(theorem):
    """A row shows no word that no finding has for that very conclusion, and the row's is the weakest of them."""
    [result] = run([theorem], geometries=24, seed=1)
    assert result.verdict.holds, [(f.summary, f.notes, str(f.counterexample)) for f in result.findings]
    for conclusion, word in result.words.items():
        assert word in {finding.conclusions.get(conclusion) for finding in result.findings}
    assert result.verdict.strength == min(word.strength for word in result.words.values())
