"""What the book prints of the formal library is what Rocq reads."""

import sys
from pathlib import Path

import pytest

from proofs_check import theorems
from proofs_check.ledger.readings import false_readings
from proofs_check.rocq.library import is_proved, library
from proofs_check.rocq.propositions import statements as stated
from theory import formulas, statements

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"
CONCLUSIONS = [formula for statement in statements.values() for formula in statement.conclusions]


@pytest.fixture
def formal(monkeypatch):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    names = ("ledger", "results", "formal")
    for name in names:
        sys.modules.pop(name, None)
    import formal

    yield formal
    for name in names:
        sys.modules.pop(name, None)


def texts(nodes):
    return [node.astext() for node in nodes if node.tagname == "literal_block"]


@pytest.mark.parametrize("kind", ["statement", "claim"])
def test_propositions_and_proofs_are_those_that_are_compiled(formal, kind):
    """To the letter, but for what follows a proof."""
    chosen = CONCLUSIONS if kind == "statement" else list(false_readings(formulas))
    chosen = [formula for formula in chosen if is_proved(formula.id, kind)]
    assert chosen
    text, _ = stated(chosen, kind)
    whole = "\n".join(library().values())
    for formula in chosen:
        said, proof = texts(formal.folded("", formula, kind))
        assert f"{said}\n" in text
        assert f"{proof}\n" in whole
        assert proof.startswith("Theorem ")
        assert proof.endswith("Qed.")
        assert proof.count("Qed.") == 1


def test_every_conclusion_has_its_place(formal):
    directive = object.__new__(formal.FormalDirective)
    nodes = directive.run()
    page = "\n".join(node.astext() for node in nodes)
    for id_ in theorems:
        assert f'id="formal-{id_}"' in page
    for formula in CONCLUSIONS:
        assert f"<code>{formula.id}</code>" in page
    missing = [formula for formula in CONCLUSIONS if not is_proved(formula.id)]
    assert page.count(">no formal proof<") == len(missing)
    assert page.count("no word for") == len(missing)


def test_the_table_of_files(formal):
    (table,) = object.__new__(formal.LibraryDirective).run()
    for name in library():
        assert f"<code>{name}</code>" in table.astext()
    assert "<td></td>" not in table.astext()
