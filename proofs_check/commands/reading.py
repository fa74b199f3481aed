"""How files are read, as options of a command, and what was read, as it is printed before anything is computed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from proofs_check.errors import InputError
from proofs_check.inputs.tables import Reading

if TYPE_CHECKING:
    from rich.console import Console

    from proofs_check.inputs.prompts import PromptTable

__all__ = ["add_reading", "print_read", "read_all", "read_two", "reading_of"]


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how files are read, where the rules leave that open."""
    group = parser.add_argument_group("how files are read")
    group.add_argument(
        "--delimiter", type=_delimiter, metavar="C", help="what separates cells: comma, semicolon, tab, blank, or C"
    )
    group.add_argument("--decimal", choices=(".", ","), help="what separates decimals (default: the point)")
    group.add_argument(
        "--header", action=argparse.BooleanOptionalAction, help="whether the first row names the columns"
    )
    group.add_argument("--index", choices=("keep", "drop"), help="whether the first column is data")
    group.add_argument("--sheet", metavar="NAME", help="sheet of a workbook")


def _delimiter(text: str) -> str:
    words = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "blank": " ", "space": " "}
    separator = words.get(text, text)
    if len(separator) != 1 or separator.isalnum() or separator in '"#.+-_\r\n':
        raise argparse.ArgumentTypeError(
            f"{text!r} separates no cells; give comma, semicolon, tab, blank, or one character such as |"
        )
    return separator


def reading_of(options: argparse.Namespace) -> Reading:
    """Return what the user said of the files."""
    return Reading(options.delimiter, options.decimal, options.header, options.index, options.sheet)


def read_two(options: argparse.Namespace, w: str, u: str) -> tuple[PromptTable, PromptTable]:
    """Read the prompts of W and U, with the same features, as the options of a command say."""
    from proofs_check.inputs.prompts import read_pair

    return read_pair(
        w, u, options.label, options.features, standardize=options.standardize, reading=reading_of(options)
    )


def read_all(options: argparse.Namespace, files: Mapping[str, str]) -> dict[str, PromptTable]:
    """Read the prompts of any number of agents, by their names, with the features of the first.

    Raises
    ------
    InputError
        As for `read_two`; labels that are neither one nor one for each agent.
    """
    from proofs_check.inputs.prompts import aligned, read_prompt, standardized

    labels = options.label or [None]
    if len(labels) not in (1, len(files)):
        raise InputError(f"--label takes one column, or one for each of {len(files)} agents; got {len(labels)}")
    labels = labels * len(files) if len(labels) == 1 else labels
    tables: dict[str, PromptTable] = {}
    for (name, path), label in zip(files.items(), labels, strict=True):
        table = read_prompt(path, label, options.features, reading_of(options))
        tables[name] = aligned(next(iter(tables.values()), table), table)
    return {name: standardized(table) for name, table in tables.items()} if options.standardize else tables


def print_read(console: Console, *described: str) -> None:
    """Print what was read of each file; names stand as they are."""
    for line in described:
        console.print(line)
