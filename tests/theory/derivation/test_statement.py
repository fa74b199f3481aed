"""A theorem is one value: what is read is made from its predicates, and nothing beside them."""

from __future__ import annotations

import re

import pytest

from tests.families.test_dynamics import ERROR_RECURSION, FROZEN_KERNEL
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from theory import UnknownFormulaError, formulas, statements
from theory.derivation.formula import Formula
from theory.derivation.lines import equation
from theory.derivation.sources import CLAIMS, SOURCES
from theory.derivation.statement import Statement
from theory.language.predicates import Commute, Projector
from theory.language.prose import spoken, written
from theory.language.symbols import M


@pytest.mark.parametrize("id_", statements)
class TestEveryStatement:
    def test_it_is_made_of_its_formulas(self, id_):
        stated = statements[id_]
        assert [f.id for f in stated.then] == [name for name in formulas if name.partition(".")[0] == id_]
        assert stated.conclusions
        assert set(stated.conclusions) <= set(stated.then)
        assert all(f.says is not None for f in stated.conclusions)

    def test_every_hypothesis_and_conclusion_is_read_once(self, id_):
        stated = statements[id_]
        for text, needs, says in (
            (stated.plain, lambda a: a.plain, lambda f: f.plain),
            (stated.sentence, lambda a: a.text, lambda f: f.statement),
        ):
            for formula in stated.conclusions:
                assert says(formula) in text
                assert all(needs(a) in text for a in formula.assumptions)
            shared = " and ".join(needs(a) for a in stated.given[-1:])
            assert text.startswith("If " if stated.given else text[:1])
            assert shared in text

    def test_the_shared_hypotheses_are_those_of_all(self, id_):
        stated = statements[id_]
        for formula in stated.conclusions:
            assert set(stated.given) <= set(formula.assumptions)
            assert {*stated.given, *stated.moreover(formula)} == set(formula.assumptions)
        shared = set.intersection(*(set(f.assumptions) for f in stated.conclusions))
        assert set(stated.given) == shared

    def test_the_environment_is_complete(self, id_):
        text = statements[id_].latex()
        assert text.count("$") % 2 == 0
        for kind in ("theorem", "itemize"):
            assert text.count(rf"\begin{{{kind}}}") == text.count(rf"\end{{{kind}}}") >= 1
        assert rf"\label{{thm:{id_}}}" in text
        assert all(f.statement in text for f in statements[id_].conclusions)

    def test_it_goes_back_to_something(self, id_):
        assert set(statements[id_].sources) <= set(SOURCES)

    def test_it_takes_over_what_exists(self, id_):
        stated = statements[id_]
        assert id_ not in stated.cites
        assert set(stated.cites) <= set(statements)
        assert all(cited in formulas for f in stated.then for cited in f.cites)


def wrong_citations(chosen: dict[str, Formula]) -> list[str]:
    """Lines that name another theorem in words and not as what they take over."""
    theorems = sorted(statements, key=len, reverse=True)
    names = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in theorems))
    return [
        f"{id_}: {step.reason}"
        for id_, formula in chosen.items()
        for step in formula.derivation
        for name in names.findall(step.reason)
        if name not in ("consensus",) and name not in {cited.partition(".")[0] for cited in step.cites}
        if name != id_.partition(".")[0]
    ]


def test_what_a_line_takes_over_is_named_by_id():
    assert wrong_citations(dict(formulas)) == []


def equivalent(says) -> set:
    """A hypothesis, and the equation that it is."""
    match says:
        case Commute(args=(left, right)):
            return {says, equation(left * right, right * left)}
        case Projector():
            return {says, equation(says.arg**2, says.arg)}
    return {says}


def test_every_hypothesis_of_a_derivation_is_listed():
    """A line that is assumed is one of the hypotheses that the reader sees."""
    missing = [
        (id_, str(step.equation))
        for id_, formula in formulas.items()
        for step in formula.derivation
        if step.kind == "hypothesis"
        and not any(step.equation in equivalent(assumption.says) for assumption in formula.assumptions)
    ]
    assert missing == []


def test_what_goes_back_to_the_paper_stands_in_its_table():
    """Each claim has its theorems, and a formula names a text of the paper only where that text makes a claim of it."""
    paper = {source for source in SOURCES if "2511.08710" in source}
    named = {(claim.source, id_) for claim in CLAIMS for id_ in claim.statements}
    assert {id_ for _, id_ in named} <= set(statements)
    found = {(f.source, id_) for id_, stated in statements.items() for f in stated.then if f.source in paper}
    assert found - named == set()
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)


def test_rests_on_the_layer():
    """Every two-agent theorem takes the move from the attention layer, as a statement."""
    assert {"lsa-step", "label-noise"} <= set(statements[ERROR_RECURSION].cites)
    assert {"lsa-step", "label-noise"} <= set(statements[BIASED_EQUILIBRIUM].cites)


def test_a_changed_conclusion_changes_what_is_read():
    from dataclasses import replace

    formula = formulas[f"{BIASED_EQUILIBRIUM}.e"]
    planted = equation(formula.lhs, M * formula.lhs)
    stated = Statement(BIASED_EQUILIBRIUM, (replace(formula, says=planted),))
    assert spoken(planted) in stated.plain
    assert written(planted) in stated.sentence
    assert written(planted) in stated.latex()
    assert formula.plain not in stated.plain


def test_further_hypotheses_stand_before_what_needs_them():
    one, two = formulas[f"{BIASED_EQUILIBRIUM}.e"], formulas[f"{FROZEN_KERNEL}.e"]
    stated = Statement("joined", (one, two))
    assert stated.given == ()
    assert stated.plain == f"If M is invertible: {one.plain}. If S_W >= 0 and S_U >= 0: {two.plain}."


def test_an_unknown_theorem_is_an_error():
    with pytest.raises(UnknownFormulaError, match="list\\(statements\\)"):
        statements["biased"]
    assert BIASED_EQUILIBRIUM in statements
    assert len(statements) == len(list(statements))
