"""A result states all of its hypotheses, and explains no symbol by itself, nor those that the chapters introduce."""

import re
import sys
from html import escape
from pathlib import Path

import pytest

from proofs_check import theorems
from proofs_check.evidence.theorem import Result, Stated
from proofs_check.ledger.catalogue import claims
from theory import formulas, statements

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"


@pytest.fixture
def results(monkeypatch):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    for name in ("ledger", "results"):
        sys.modules.pop(name, None)
    import results

    yield results
    for name in ("ledger", "results"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("definition", ["S_W^{+} = S_W^{+}", r"P = \eta_W S_W", r"\Delta = u^{*} - w^{*}"])
def test_needless_definitions(results, definition):
    assert results.explains_nothing(definition)


@pytest.mark.parametrize("definition", [r"M = P + Q - P Q", r"T = M^{-1} P"])
def test_needed_definitions(results, definition):
    assert not results.explains_nothing(definition)


@pytest.mark.parametrize("id_", statements)
def test_no_conclusion_is_printed_without_its_hypotheses(results, id_):
    """In the table of the ledger, hypotheses that only some conclusions need stand before these."""
    row = Result(theorems[id_], (), (), 0.0, Stated.of(statements[id_])).as_json()
    shared, above, items = "", "", iter(row["conclusions"])
    for line in results.LedgerDirective.conclusions(row).split("<br>"):
        if line.startswith("If "):
            shared, above = (
                (shared if line.startswith("If moreover") else line if row["plain hypotheses"] else ""),
                line,
            )
            continue
        item = next(items)
        assert escape(results.pretty(item["says"])) in line
        for assumption in formulas[item["id"]].assumptions:
            assert escape(results.pretty(assumption.plain)) in shared + above
    assert next(items, None) is None


def test_every_claim_has_its_entry():
    text = (EXTENSIONS.parent / "corrections.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"```{claim} (\S+)", text)) == sorted(claims)
    assert sorted(re.findall(r'recompute\("(\S+)"\)', text)) == sorted(claims)
