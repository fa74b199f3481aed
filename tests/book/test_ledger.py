"""The book prints a theorem only with good verdicts, and a claim as false only when it is refuted."""

import json
import sys
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    sys.modules.pop("ledger", None)
    import ledger

    yield ledger
    sys.modules.pop("ledger", None)


def report(*words, verdict="EXACT"):
    evidence = [{"verdict": word, "summary": "", "ratio": None} for word in words]
    return {"theorems": [{"id": "planted", "verdict": verdict, "evidence": evidence}]}


def test_good_theorem_has_its_verdicts_strongest_first(module):
    row = module.Ledger(report("SAMPLED", "EXACT", "DERIVED", "EXACT")).theorem("planted")
    assert module.verdicts(row) == ["DERIVED", "EXACT", "SAMPLED"]


@pytest.mark.parametrize(
    "bad",
    [
        report("EXACT", "UNKNOWN", verdict="UNKNOWN"),
        report("EXACT", "REFUTED", verdict="REFUTED"),
        report("EXACT", "REFUTED"),
        report(),
        report("CERTAIN", verdict="CERTAIN"),
    ],
)
def test_theorem_that_falls_short_is_refused(module, bad):
    with pytest.raises(module.LedgerError, match="cannot be printed"):
        module.Ledger(bad).theorem("planted")


def test_unknown_theorem_is_refused_with_the_known_ones(module):
    with pytest.raises(module.LedgerError, match=r"no theorem 'plantd'; it has planted"):
        module.Ledger(report("EXACT")).theorem("plantd")


def test_claim_must_be_refuted(module):
    ledger = module.Ledger(
        {"theorems": [], "claims": [{"id": "a", "verdict": "REFUTED"}, {"id": "b", "verdict": "UNKNOWN"}]}
    )
    assert ledger.claim("a")["id"] == "a"
    with pytest.raises(module.LedgerError, match="cannot be printed as false"):
        ledger.claim("b")


def test_missing_file_says_what_to_do(module, tmp_path):
    with pytest.raises(module.LedgerError, match=r"python book/build\.py"):
        module.Ledger.read(tmp_path / "ledger.json")


def test_file_is_read(module, tmp_path):
    path = tmp_path / "ledger.json"
    path.write_text(json.dumps(report("EXACT")), encoding="utf-8")
    assert module.Ledger.read(path).theorem("planted")["verdict"] == "EXACT"
