"""Print one theorem: what is given, what then holds, what it goes back to, what its symbols mean."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from textwrap import TextWrapper
from typing import Any

from proofs_check.errors import InputError
from proofs_check.terminal.exits import Exit
from theory import Statement, statements
from theory.derivation.notation import explained
from theory.language.printing import plain

__all__ = ["add_options", "print_theorem"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``proofs-check theorem``."""
    parser.add_argument("theorem", nargs="?", metavar="ID", help="a theorem, or one of its conclusions")
    parser.add_argument("--latex", action="store_true", help="a theorem environment for amsmath and amsthm")
    parser.add_argument("--list", action="store_true", help="the ids of all theorems, with their titles")
    parser.set_defaults(run=print_theorem)


def print_theorem(options: argparse.Namespace) -> int:
    """Print; return 0."""
    if options.list:
        if options.theorem or options.latex:
            raise InputError("--list shows all theorems; leave out the rest")
        widest = max(map(len, statements))
        for id_ in statements:
            first, then = f"{id_:<{widest}}  ", " " * (widest + 2)
            print("\n".join(_items([statements[id_].title], _width(), first, then)))
        return Exit.HOLDS
    if not options.theorem:
        raise InputError("ID: name a theorem; proofs-check theorem --list shows all")
    theorem, _, part = options.theorem.partition(".")
    statement = statements[theorem]
    if part and options.theorem not in [formula.id for formula in statement.then]:
        known = ", ".join(formula.id for formula in statement.then)
        raise InputError(f"{theorem} has no conclusion {options.theorem!r}; it has {known}")
    if part and options.latex:
        raise InputError(f"--latex prints whole theorems: leave out the conclusion, as in theorem {theorem} --latex")
    print(statement.latex() if options.latex else "\n".join(_lines(statement, part, _width())))
    return Exit.HOLDS


def _width() -> int:
    from proofs_check.commands.output import console_for_output

    return console_for_output().width


def _lines(statement: Statement, part: str, width: int) -> Iterable[str]:
    yield from _items([f"{statement.id}: {statement.title}"], width, first="", then="  ")
    if statement.given:
        yield "\nGiven"
        yield from _items([a.plain for a in statement.given], width)
    for more, found in statement.grouped():
        shown = [formula for formula in found if not part or formula.part == part]
        if not shown:
            continue
        if more:
            yield "\nIf moreover" if statement.given else "\nGiven"
            yield from _items([a.plain for a in more], width)
        yield "\nThen"
        for formula in shown:
            yield from _items([formula.plain], width)
            for says in _explained(statement.local(formula)):
                yield from _items([f"where {says}"], width, first="      ", then="        ")
            yield from _items([f"{formula.id}; {formula.source}"], width, first="      ", then="      ")
    if statement.notation:
        yield "\nWhere"
        yield from _items(_explained((*statement.notation, *statement.signs)), width)


def _explained(notation: Iterable[tuple[Any, Any]]) -> Iterable[str]:
    yield from filter(None, (explained(symbol, meaning, plain) for symbol, meaning in notation))


def _items(texts: Iterable[str], width: int, first: str = "  ", then: str = "    ") -> Iterable[str]:
    wrapper = TextWrapper(
        width, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )
    for text in texts:
        yield from wrapper.wrap(text)
