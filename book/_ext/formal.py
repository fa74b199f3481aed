"""Directives about the formal library; what they print is the text that Rocq reads.

- ``{formal}``: theorem by theorem, each conclusion with its proposition and the proof of it, folded.
- ``{refuted}``: false claims with their refutations, folded.
- ``{library}``: the files, what each is about, and how long each is.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from results import LEDGER_PAGE, BookDirective, pretty, raw, words_html

from proofs_check.rocq.library import library, proof
from proofs_check.rocq.propositions import Inexpressible, Kind, definition, proposition

__all__ = ["setup"]


def code(text: str) -> nodes.literal_block:
    return nodes.literal_block(text, text, language="coq")


def folded(summary: str, formula: Any, kind: Kind) -> list[nodes.Node]:
    """A proposition and its proof under their sentence."""
    module, text = proof(formula.id, kind)
    return [
        raw(f'<details class="derivation"><summary>{summary}</summary>'),
        code(definition(formula, kind)),
        nodes.paragraph("", f"Proof, in {module}.v:"),
        code(text),
        raw("</details>"),
    ]


class FormalDirective(BookDirective):
    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        from theory import statements

        out: list[nodes.Node] = []
        for id_, statement in statements.items():
            out.append(raw(f'<p id="formal-{id_}"><a href="{LEDGER_PAGE}#check-{id_}"><code>{id_}</code></a></p>'))
            for formula in statement.conclusions:
                said = f"<code>{escape(formula.id)}</code> {escape(pretty(formula.plain))}"
                if proof(formula.id) is None:
                    out.append(raw(f"<p>{said} {words_html(['no formal proof'])}: {escape(self.why(formula))}</p>"))
                else:
                    out += folded(said, formula, "statement")
        return out

    @staticmethod
    def why(formula: Any) -> str:
        try:
            proposition(formula)
        except Inexpressible as missing:
            return f"no word for {missing}"
        return "stated, not proved"


class RefutedDirective(BookDirective):
    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        from proofs_check.ledger.readings import false_readings
        from theory import formulas

        out: list[nodes.Node] = []
        for reading in false_readings(formulas):
            if proof(reading.id, "claim") is not None:
                out += folded(f"<code>{escape(reading.id)}</code>", reading, "claim")
        return out


class LibraryDirective(BookDirective):
    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        rows = []
        for name, text in library().items():
            about = re.match(r"\(\*\* \* ([^\n]*?)(?: \*\))?\n", text)
            count = len(re.findall(r"^(?:Theorem|Lemma|Corollary) ", text, re.MULTILINE))
            cells = (f"<code>{name}</code>", escape(about[1] if about else ""), text.count("\n"), count)
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        head = "".join(f"<th>{title}</th>" for title in ("file", "about", "lines", "proofs"))
        body = "".join(rows)
        return [raw(f'<table class="table certificates"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')]


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("formal", FormalDirective)
    app.add_directive("refuted", RefutedDirective)
    app.add_directive("library", LibraryDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
