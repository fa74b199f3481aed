"""The command line.

::

    proofs-check [--theorem ID]... [--geometries N] [--seed K] [--exact] [--json FILE] [--processes N]
    proofs-check --necessity [--theorem ID]... [--json FILE]
    proofs-check --export-rocq DIR [--compile] [--theorem ID]...
    proofs-check theorem ID [--latex]
    proofs-check predict --w W.csv --u U.csv [options]
    proofs-check attack --victim U.csv --goal A,B,.. [options]
    proofs-check audit TRANSCRIPT.csv --prompt OWN.csv [options]
    proofs-check identify TRANSCRIPT [--with OTHER] [options]
    proofs-check helpers --main W.csv --helper U.csv [options]
    proofs-check chat --base-url URL --model NAME --out DIR [options]
    proofs-check sweep CONFIG.toml --out DIR [options]
    proofs-check certify [THEOREM]...

    proofs-check help [COMMAND]

The exit codes of each command are listed at the end of its ``--help``, from the table in `proofs_check.terminal.exits`.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import Any

from proofs_check.commands.options import add_ledger_options
from proofs_check.terminal.endings import DEBUG, ended
from proofs_check.terminal.exits import LEDGER
from proofs_check.terminal.parsing import CommandParser, given, refused

__all__ = ["COMMANDS", "build_parser", "main"]

PROG = "proofs-check"

#: The commands beside the ledger: the name, which is also that of its module, and what it does.
COMMANDS = {
    "theorem": "print a theorem: hypotheses, conclusions, sources; as LaTeX",
    "conjecture": "settle a claim of your own: proved, refuted, or what is missing",
    "predict": "predict where two agents with given prompts end, and compare with their simulation",
    "attack": "plan an attack on a victim whose prompt is known, and simulate it",
    "audit": "judge the other agent by a transcript",
    "identify": "identify a black-box agent by a transcript; predict a pair of them",
    "helpers": "compare the turns that a main agent needs alone and with each kind of helper",
    "chat": "run the experiment with two language models, predicted against observed",
    "sweep": "simulate and predict pairs over a grid of parameters, of any size",
    "certify": "find the certificates of the theorems anew (needed after the theory has changed)",
}

#: They print no tables.
_WITHOUT_TABLES = ("theorem", "certify")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command; nothing of SymPy, NumPy or any command is loaded for it."""
    parser = CommandParser(
        command=LEDGER,
        prog=PROG,
        description="Check every theorem of the two-agent theory: symbolic derivation against simulated agents.",
    )
    add_ledger_options(parser)
    _add_shared(parser, tables=True)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the versions of this package and of Python")
    parser.set_defaults(run=_run_ledger)
    commands = parser.add_subparsers(
        title="other commands", metavar=f"{{{','.join(COMMANDS)}}}", dest="command", parser_class=CommandParser
    )
    for name, what in COMMANDS.items():
        commands.add_parser(name, help=what, command=name, load=partial(_load, name))
    return parser


def _load(name: str, parser: argparse.ArgumentParser) -> None:
    module = import_module(f"proofs_check.commands.{name}")
    parser.description = module.__doc__
    module.add_options(parser)
    _add_shared(parser, tables=name not in _WITHOUT_TABLES)


def _add_shared(parser: argparse.ArgumentParser, *, tables: bool) -> None:
    if tables:
        parser.add_argument(
            "--csv",
            metavar="DIR",
            help="also write every table that is printed to the folder DIR, one CSV file each; with - to standard "
            "output, one after the other",
        )
    parser.add_argument("--debug", action="store_true", help=f"show where an internal error arose, as {DEBUG}=1 does")


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(f"{parser.prog} {version('biased-equilibrium')}, Python {platform.python_version()}")
        parser.exit()


def _run_ledger(options: argparse.Namespace) -> int:
    from proofs_check.commands.ledger import run_ledger

    return run_ledger(options)


def _run(arguments: Sequence[str]) -> int:
    options = build_parser().parse_args(arguments)
    if options.command is not None:
        refused(options, PROG, f"{options.command}; options of a command follow its name", sorted(given(options, PROG)))
    from proofs_check.errors import InputError
    from proofs_check.terminal.page import STANDARD_OUTPUT, opened_page

    json, csv = getattr(options, "json", None), getattr(options, "csv", None)
    if json == csv == STANDARD_OUTPUT:
        raise InputError("--json - and --csv -: standard output holds one of them; give a name for the other")
    with opened_page(stderr=STANDARD_OUTPUT in (json, csv)) as page:
        run: Callable[[argparse.Namespace], int] = options.run
        code = run(options)
        if csv is not None:
            page.write_tables(csv)
    return code


def _asked(arguments: Sequence[str]) -> list[str]:
    """``help`` is what people type to get help; it was the name of `helpers`, too, and options still make it that."""
    if list(arguments[:1]) != ["help"]:
        return list(arguments)
    rest = list(arguments[1:])
    if rest and rest[0].startswith("-"):
        return ["helpers", *rest]
    return [*rest[:1], "--help"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; usage errors leave by `SystemExit` with code 2."""
    arguments = _asked(sys.argv[1:] if argv is None else argv)
    command = next((word for word in arguments if word in COMMANDS), LEDGER)
    debug = "--debug" in arguments or bool(os.environ.get(DEBUG))
    return ended(partial(_run, arguments), command, debug=debug)
