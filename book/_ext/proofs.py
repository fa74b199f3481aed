"""Directives about certificates; what they print is computed when the book is built.

- ``{replay} theorem statement``: a line of a certificate (option ``line``, 1 by default), multiplied out term by term.
- ``{line} theorem statement``: the same line as one formula.
- ``{certificates}``: the table of all certificates.
- ``{prose}``: the standard facts that conclusions are reduced to.
- ``{uncertified}``: the theorems without a certificate, and why.
- ``{necessity}``: each hypothesis with the counterexample that drops it, then those that were found not to be needed.

What is not so ends the build with an error: see :mod:`certificates`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from time import perf_counter
from typing import Any, ClassVar

import certificates
import replayed
from docutils import nodes
from docutils.parsers.rst import directives
from results import LEDGER_PAGE, BookDirective, display, pretty

__all__ = ["setup"]

Cell = Sequence[nodes.Node]


def inline(text: str) -> list[nodes.Node]:
    """Text with formulas between dollars and code between backquotes."""
    out: list[nodes.Node] = []
    for part in re.split(r"(\$[^$]*\$|`[^`]*`)", text):
        match part[:1]:
            case "$":
                out.append(nodes.math(part[1:-1], part[1:-1]))
            case "`":
                out.append(nodes.literal(part[1:-1], part[1:-1]))
            case _:
                out += [nodes.Text(part)] if part else []
    return out


def formulas(words: Iterable[str]) -> list[nodes.Node]:
    """Words of a sum, each a formula of its own, so that a long sum wraps."""
    signed = list(words)
    # After the first word a sign is between two terms, and spaced like that.
    signed = [word.removeprefix("+") if i == 0 else f"{{}}{word}" for i, word in enumerate(signed)]
    spaced = [[nodes.math(word, word), nodes.Text(" ")] for word in signed]
    return [node for pair in spaced for node in pair] or [nodes.math("0", "0")]


def listed(texts: Iterable[str]) -> list[nodes.Node]:
    """Texts under one another in a cell."""
    return [nodes.paragraph("", "", *inline(text)) for text in texts]


def code(texts: Iterable[str]) -> list[nodes.Node]:
    return listed(f"`{text}`" for text in texts)


def checked(theorem: str) -> list[nodes.Node]:
    """The name of a theorem, linked to its row in the ledger."""
    name = nodes.literal(theorem, theorem)
    return [nodes.reference("", "", name, refuri=f"{LEDGER_PAGE}#check-{theorem}", internal=True)]


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]], kind: str) -> nodes.table:
    def row(cells: Sequence[Cell]) -> nodes.row:
        entries = []
        for cell in cells:
            block = bool(cell) and isinstance(cell[0], nodes.paragraph)
            entries.append(nodes.entry("", *(cell if block else [nodes.paragraph("", "", *cell)])))
        return nodes.row("", *entries)

    columns = [nodes.colspec(colwidth=1) for _ in head]
    top = nodes.thead("", row([[nodes.Text(title)] for title in head]))
    body = nodes.tbody("", *map(row, rows))
    group = nodes.tgroup("", *columns, top, body, cols=len(head))
    return nodes.table("", group, classes=["certificates", kind])


@cache
def replayed_rows() -> tuple[list[certificates.Row], float]:
    """Replay all certificates, once for all tables of a build; returns the rows and the seconds it took."""
    from proofs_check.ledger.catalogue import theorems

    start = perf_counter()
    return certificates.rows(theorems), perf_counter() - start


class CertificateDirective(BookDirective):
    """What these directives share: errors of what they print end the build."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        try:
            return self.content_nodes()
        except certificates.CertificateError as error:
            raise self.stop(error) from None

    def content_nodes(self) -> list[nodes.Node]:
        raise NotImplementedError

    @property
    def theorems(self) -> dict[str, Any]:
        from proofs_check.ledger.catalogue import theorems

        return theorems


class LineDirective(CertificateDirective):
    required_arguments = 2
    final_argument_whitespace = True
    option_spec: ClassVar = {"line": directives.positive_int}

    def line(self) -> replayed.Line:
        return replayed.line(*self.arguments, self.options.get("line", 1))

    def content_nodes(self) -> list[nodes.Node]:
        shown = self.line()
        goal = " ".join(shown.goal).removeprefix("+")
        parts = [term.term for term in (*shown.sums, *shown.terms)]
        rows = [f"{goal} &= {parts[0].removeprefix('+')}", *(f"&\\quad {part}" for part in parts[1:])]
        out: list[nodes.Node] = [display(r"\\ ".join(rows))]
        if shown.facts:
            named = [
                f"$f_{{{i}}} = {' '.join(words).removeprefix('+')}$" for i, words in enumerate(shown.facts.values(), 1)
            ]
            where = [nodes.Text("with "), *inline(", ".join(named)), nodes.Text(".")]
            out.append(nodes.paragraph("", "", *where, classes=["result-facts"]))
        return out


class ReplayDirective(LineDirective):
    def content_nodes(self) -> list[nodes.Node]:
        shown = self.line()
        spaces = [
            [inline(f"`{ends}`"), inline(", ".join(f"${x}$" for x in letters))]
            for ends, letters in [*shown.spaces.items(), *([("number", shown.numbers)] if shown.numbers else [])]
        ]
        facts = [
            [inline(f"$f_{{{i}}}$"), inline(f"`{name}`"), formulas(words)]
            for i, (name, words) in enumerate(shown.facts.items(), 1)
        ]
        terms = [
            [[nodes.Text(f"{i}")], inline(f"${term.term}$"), formulas(term.expanded), formulas(term.rest)]
            for i, term in enumerate((*shown.sums, *shown.terms), 1)
        ]
        begun = inline(f"$-{shown.form}$") if shown.form else [nodes.Text("the claim")]
        start = [[], [], begun, formulas(shown.goal)]
        return [
            display(shown.states),
            table(("target <- source", "letters"), spaces, "replay"),
            table(("", "name in the file", "is zero"), facts, "replay"),
            table(("", "term", "multiplied out", "what is left"), [start, *terms], "replay"),
        ]


class CertificatesDirective(CertificateDirective):
    def content_nodes(self) -> list[nodes.Node]:
        rows, seconds = replayed_rows()
        checked_by_kernel = sum(row.kernel == "yes" for row in rows)
        summary = (
            f"{len(rows)} of {len(self.theorems)} theorems have a certificate, "
            f"{sum(not row.missing for row in rows)} of them for all of it: "
            f"{sum(row.statements for row in rows)} statements, {sum(row.lines for row in rows)} lines, "
            f"{sum(row.terms for row in rows)} terms. All were replayed for this page, in {seconds:.1f} s. "
            f"Rocq's kernel has accepted {checked_by_kernel} of {len(rows)}."
        )
        body = [
            [
                checked(row.theorem),
                *([nodes.Text(f"{count}")] for count in (row.statements, row.terms)),
                code(row.rests_on),
                [nodes.Text(f"{len(row.prose) or '–'}")],
                [nodes.Text("a part" if row.missing else "all")],
                [nodes.Text(row.kernel)],
            ]
            for row in rows
        ]
        head = ("theorem", "statements", "terms", "takes as given", "in words", "covers", "kernel")
        return [nodes.paragraph("", summary), table(head, body, "numbers")]


class ProseDirective(CertificateDirective):
    def content_nodes(self) -> list[nodes.Node]:
        rows, _ = replayed_rows()
        body = [
            [
                checked(row.theorem),
                listed(map(pretty, row.prose)),
                listed(f"`{name}`" + ("" if row.kernel == "yes" else " (not compiled)") for name in row.inductions),
            ]
            for row in rows
            if row.prose
        ]
        return [table(("theorem", "standard facts", "induction by Rocq"), body, "prose")]


class UncertifiedDirective(CertificateDirective):
    def content_nodes(self) -> list[nodes.Node]:
        found = certificates.gaps(self.theorems)
        body = [
            [checked(gap.theorem), listed(gap.parts) or [nodes.Text("all of it")], inline(gap.why)] for gap in found
        ]
        return [table(("theorem", "conclusions without one", "why"), body, "prose")]


class NecessityDirective(CertificateDirective):
    def content_nodes(self) -> list[nodes.Node]:
        from proofs_check.ledger.necessity import necessity_rows, removed_rows, still_assumed

        if drift := still_assumed():
            raise certificates.CertificateError("; ".join(drift))
        rows = necessity_rows()
        joined = certificates.necessary(rows)
        body = []
        for theorem, parts, hypothesis, shown in joined:
            of = [nodes.paragraph("", "", *checked(theorem)), *listed([", ".join(parts)] if any(parts) else [])]
            body.append([of, inline(hypothesis), [nodes.Text(pretty(shown))]])
        removed = [
            [listed(text for _, text, _ in same), [nodes.Text(of)], [nodes.Text(pretty(why))]]
            for (of, why), same in groupby(sorted(removed_rows(), key=lambda row: row[::2]), key=lambda row: row[::2])
        ]
        count = f"{len(rows)} hypotheses of formulas, each needed. Parts that fail alike share a row."
        end = "These hypotheses were found not to be needed, and are no longer assumed."
        return [
            nodes.paragraph("", count),
            table(("theorem", "hypothesis", "without it"), body, "necessity"),
            *([nodes.paragraph("", end), table(("hypothesis", "of", "because"), removed, "prose")] if removed else []),
        ]


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.setup_extension("results")
    app.add_directive("replay", ReplayDirective)
    app.add_directive("line", LineDirective)
    app.add_directive("certificates", CertificatesDirective)
    app.add_directive("prose", ProseDirective)
    app.add_directive("uncertified", UncertifiedDirective)
    app.add_directive("necessity", NecessityDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
