"""Directives of the book: what a chapter says about a result is read from ``theory`` and from the ledger.

- ``{result} theorem``: a box with the statement of the theorem, made from its predicates: what is given,
  each conclusion after its word, the notation; the badge 'checked by', and the derivations, folded.
  Options: ``kind`` (theorem, proposition, lemma, corollary), ``title``, and ``show``, the parts to print
  when not all of them.
- ``{formula} id``: one formula alone.
- ``{claim} id``: a statement that is false as it stands, its counterexample, and the theorem that holds
  instead.
- ``{paper}``: what the source paper claims, in which text, and the theorems here that are about it.
- ``{ledger}``: the tables that badges and claims link to.

An unknown id, or a verdict that falls short, ends the build with an error. The ledger is the file that
the configuration value ``ledger_file`` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from ledger import Ledger, LedgerError, verdicts, words
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from proofs_check.evidence.formal import Formal

__all__ = ["setup"]

LEDGER_FILE = Path(__file__).resolve().parent.parent / "_build" / "ledger.json"
LEDGER_PAGE, FORMAL_PAGE = "ledger.html", "formal.html"
DEFINED_IN_PROSE = ("P", "Q", "A", "B", "S", "b", r"\Delta", "e_t", "f_t")  # the chapters introduce these
NAMES = {
    "e_inf": "e∞",
    "f_inf": "f∞",
    "w_inf": "w∞",
    "u_inf": "u∞",
    "lambda_max": "λmax",
    "sigma_min": "σmin",
    "sigma_max": "σmax",
    "Delta": "Δ",
    "Sigma": "Σ",
    "theta": "θ",
    "eta": "η",
    "rho": "ρ",
}
SIGNS = {
    "<->": "↔",
    "->": "→",
    "<=": "≤",
    ">=": "≥",
    "!=": "≠",
    "^-1": "⁻¹",
    "^2": "²",
    "^3": "³",
    "^t": "ᵗ",
    "^+": "⁺",
}

read_ledger = cache(Ledger.read)


def pretty(text: str) -> str:
    """Write the plain-text names of the ledger as symbols."""
    names, signs = ("|".join(map(re.escape, table)) for table in (NAMES, SIGNS))
    return re.sub(f"(?<![A-Za-z])(?:{names})|{signs}", lambda match: (NAMES | SIGNS)[match[0]], text)


def raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def plain(latex: str) -> str:
    """Write the identity matrix as the prose does."""
    return latex.replace(r"\mathbb{I}", "I")


def explains_nothing(definition: str) -> bool:
    """Whether a definition repeats itself (the symbol for a pseudo-inverse does) or is in the chapters' prose."""
    symbol, _, value = definition.partition(" = ")
    return symbol == value or symbol in DEFINED_IN_PROSE


def definitions(notation: Iterable[tuple[Any, Any]]) -> str:
    """What of a notation needs an explanation: abbreviations, and what equations or moves define."""
    from theory.derivation.notation import explained
    from theory.language.printing import tex

    found = []
    for x, what in notation:
        if not isinstance(what, str):
            part = explained(x, what, lambda expr: f"${plain(tex(expr))}$", ", ")
            found += [part] if part and not explains_nothing(part.strip("$")) else []
    return ", ".join(found)


def display(latex: str) -> nodes.math_block:
    return nodes.math_block(latex, latex, nowrap=False, number=None)


def conclusion(formula: Any, word: str) -> list[str]:
    """One conclusion as a list item: its word, then a formula on a line of its own, or a sentence."""
    badge = f"[{word}]{{.verdict .{word.lower()}}}" if word else ""
    if formula.statement.startswith("$") and formula.statement.endswith("$") and formula.statement.count("$") == 2:
        return [f"- {badge}", "", "  ```{math}", f"  {plain(formula.statement[1:-1])}", "  ```"]
    return [f"- {badge} {plain(formula.statement)}."]


def words_html(words: list[str]) -> str:
    return " ".join(f'<span class="verdict {word.lower()}">{word}</span>' for word in words)


class BookDirective(SphinxDirective):
    """What the directives share: the ledger, the catalogue, and MyST text inside a node."""

    required_arguments = 1

    def ledger(self) -> Ledger:
        try:
            return read_ledger(Path(self.config.ledger_file))
        except LedgerError as error:
            raise self.stop(error) from None

    def formulas(self, theorem: str) -> list[Any]:
        from theory import formulas

        ids = [name for name in formulas if name == theorem or name.startswith(theorem + ".")]
        if not ids:
            raise self.stop(f"theory has no formula {theorem!r}; it has {', '.join(formulas)}")
        return [formulas[name] for name in ids]

    def stop(self, message: object) -> ExtensionError:
        return ExtensionError(f"{self.env.docname}, line {self.lineno}: {message}")

    def parse(self, text: str, node: nodes.Element | None = None) -> list[nodes.Node]:
        node = nodes.Element() if node is None else node
        self.state.nested_parse(StringList(text.splitlines(), self.env.docname), self.content_offset, node)
        return node.children


class FormulaDirective(BookDirective):
    def run(self) -> list[nodes.Node]:
        return [display(plain(self.formulas(self.arguments[0])[0].latex()))]


class ResultDirective(BookDirective):
    option_spec: ClassVar = {
        "kind": directives.unchanged,
        "title": directives.unchanged,
        "show": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        theorem = self.arguments[0]
        try:
            row = self.ledger().theorem(theorem)
        except LedgerError as error:
            raise self.stop(error) from None
        chosen = self.formulas(theorem)
        if "show" in self.options:
            wanted = [f"{theorem}.{part}" for part in self.options["show"].split()]
            chosen = [formula for name in wanted for formula in chosen if formula.id == name]
            if len(chosen) != len(wanted):
                raise self.stop(f"not all of {', '.join(wanted)} are in the catalogue of theory")
        box = self.parse(self.box(theorem, chosen, words(row)))
        box[-1] += raw(
            f'<div class="checked"><a href="{LEDGER_PAGE}#check-{theorem}">checked by '
            f"<code>{escape(theorem)}</code></a>{words_html(verdicts(row))}</div>"
        )
        return [*box, *(node for formula in chosen for node in self.derivation(formula))]

    def box(self, theorem: str, chosen: list[Any], word: dict[str, str]) -> str:
        """The statement: what is given, then each conclusion after its word, then the notation."""
        from theory import Statement
        from theory.language.prose import joined

        stated = Statement(theorem, tuple(chosen))
        title = self.options.get("title", stated.title)
        lines = [f"::::{{prf:{self.options.get('kind', 'theorem')}}} {title}", f":label: {theorem}", ""]
        if stated.given:
            lines += [f"Assume that {plain(joined([a.text for a in stated.given]))}. Then:", ""]
        for more, found in stated.grouped():
            if more:
                where = "If moreover" if stated.given else "If"
                lines += [f"{where} {plain(joined([a.text for a in more]))}:", ""]
            for formula in found:
                lines += [*conclusion(formula, word.get(formula.id, "")), ""]
                here = definitions(stated.local(formula))
                lines += [f"  where {here}.", ""] if here else []
        where = definitions(stated.notation)
        lines += ["{.result-facts}", f"*Where* {where}.", ""] if where else []
        return "\n".join([*lines, "::::"])

    def derivation(self, formula: Any) -> list[nodes.Node]:
        steps = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
        for step in formula.derivation:
            item = nodes.list_item()
            self.parse(f"{step.reason} [{step.kind}]{{.step-kind}}", item)
            item += display(plain(step.latex()))
            steps += item
        summary = f"<summary>Derivation of <code>{escape(formula.id)}</code></summary>"
        source = nodes.paragraph("", f"Source: {formula.source}.", classes=["result-facts"])
        return [raw(f'<details class="derivation">{summary}'), steps, source, raw("</details>")]


class ClaimDirective(BookDirective):
    def run(self) -> list[nodes.Node]:
        try:
            row = self.ledger().claim(self.arguments[0])
        except LedgerError as error:
            raise self.stop(error) from None
        text = (
            f"*Claim.* {pretty(row['claim'])} ({pretty(row['source'])})\n\n"
            f"*Counterexample.* {pretty(row['counterexample'])}\n\n"
            f"*What holds.* {{prf:ref}}`{row['corrected_by']}`."
        )
        badge = raw(
            f'<div class="checked"><a href="{LEDGER_PAGE}#claim-{row["id"]}">refuted by '
            f"<code>{escape(row['id'])}</code></a>{words_html([row['verdict']])}</div>"
        )
        return [*self.parse(text), badge]


class PaperDirective(BookDirective):
    """The claims of the paper; its own theorem numbers are not known here, so that their column is empty."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        from theory.derivation.sources import CLAIMS

        ledger = self.ledger()
        rows = []
        for claim in CLAIMS:
            stated = "<br>".join(
                f'<a href="{LEDGER_PAGE}#check-{id_}"><code>{id_}</code></a> {words_html([row["verdict"]])}'
                for id_ in claim.statements
                for row in [ledger.theorem(id_)]
            )
            cells = (claim.id, escape(claim.says), escape(claim.source), stated or "none: no model was reached", "")
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        titles = ("", "claim", "text", "statements here", "number in the paper")
        head = "".join(f"<th>{title}</th>" for title in titles)
        return [
            raw(f'<table class="table ledger"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>')
        ]


class LedgerDirective(BookDirective):
    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        ledger = self.ledger()
        theorems = [
            f'<tr id="check-{escape(row["id"])}"><td><code>{escape(row["id"])}</code></td>'
            f"<td>{self.conclusions(row)}</td><td>{self.evidence(row)}</td></tr>"
            for row in ledger.theorems.values()
        ]
        claims = [
            f'<tr id="claim-{escape(row["id"])}"><td><code>{escape(row["id"])}</code></td>'
            f"<td>{escape(pretty(row['claim']))}</td>"
            f"<td>{words_html([row['verdict']])} {escape(pretty(row['counterexample']))}</td></tr>"
            for row in ledger.claims.values()
        ]
        run = "Random geometries for each theorem: {geometries}; seed {seed}.".format_map(ledger.settings)
        return [nodes.paragraph("", run), self.table("theorem", theorems), self.table("false claim", claims)]

    @staticmethod
    def conclusions(row: dict[str, Any]) -> str:
        """Each conclusion after its word, with what it goes back to."""
        needs = "; ".join(row["plain hypotheses"])
        lines = [f"If {escape(pretty(needs))}:"] if needs else []
        for further, found in groupby(row["conclusions"], key=lambda item: item["further hypotheses"]):
            if further:
                where = "If moreover" if needs else "If"
                lines.append(f"{where} {escape(pretty('; '.join(further)))}:")
            for item in found:
                source = "" if item["source"] == "this project" else f" ({escape(item['source'])})"
                lines.append(f"{words_html([item['verdict']])} {escape(pretty(item['says']))}{source}")
        return "<br>".join(lines)

    @staticmethod
    def evidence(row: dict[str, Any]) -> str:
        lines = []
        for finding in row["evidence"]:
            ratio = "" if finding["ratio"] is None else f"; worst error {finding['ratio']:.1e} of its bound"
            summary = escape(finding["summary"])
            if finding["evidence"] == Formal.name:
                summary = f'<a href="{FORMAL_PAGE}#formal-{row["id"]}">{summary}</a>'
            lines.append(f"{words_html([finding['verdict']])} {summary}{ratio}")
        return "<br>".join(lines)

    @staticmethod
    def table(kind: str, rows: list[str]) -> nodes.raw:
        head = f"<thead><tr><th>{kind}</th><th>statement</th><th>evidence</th></tr></thead>"
        return raw(f'<table class="table ledger">{head}<tbody>{"".join(rows)}</tbody></table>')


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_config_value("ledger_file", str(LEDGER_FILE), "env")
    app.add_directive("result", ResultDirective)
    app.add_directive("formula", FormulaDirective)
    app.add_directive("claim", ClaimDirective)
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("paper", PaperDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
