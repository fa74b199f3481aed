"""A result does not explain symbols by themselves, nor those that the chapters introduce."""

import sys
from pathlib import Path

import pytest

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
