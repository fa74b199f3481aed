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
    proofs-check help --main W.csv --helper U.csv [options]
    proofs-check chat --base-url URL --model NAME --out DIR [options]
    proofs-check sweep CONFIG.toml --out DIR [options]
    proofs-check certify [THEOREM]...

Exit codes of the ledger: 0 when every theorem holds and every counterexample refutes its claim (with --necessity:
every hypothesis is shown to be needed); 1 otherwise; 2 for a usage error. Those of the other commands are listed by
their ``--help``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from proofs_check.commands.options import add_ledger_options

__all__ = ["COMMANDS", "build_parser", "main"]

#: The commands beside the ledger: the name, which is also that of its module, and what it does.
COMMANDS = {
    "theorem": "print a theorem: hypotheses, conclusions, sources; as LaTeX",
    "predict": "predict where two agents with given prompts end, and compare with their simulation",
    "attack": "plan an attack on a victim whose prompt is known, and simulate it",
    "audit": "judge the other agent by a transcript",
    "identify": "identify a black-box agent by a transcript; predict a pair of them",
    "help": "compare the turns that a main agent needs alone and with each kind of helper",
    "chat": "run the experiment with two language models, predicted against observed",
    "sweep": "simulate and predict pairs over a grid of parameters, of any size",
    "certify": "find the certificates of the theorems anew (needed after the theory has changed)",
}


class _Command(argparse.ArgumentParser):
    """The parser of one command: it loads the command's module, and has its options, once it has something to parse."""

    def __init__(self, *, command: str, **settings: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)
        self._command: str | None = command

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._command is not None:
            module = import_module(f"proofs_check.commands.{self._command}")
            self._command = None
            self.description = module.__doc__
            module.add_options(self)
        return super().parse_known_args(args, namespace)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command; nothing of SymPy, NumPy or any command is loaded for it."""
    parser = argparse.ArgumentParser(
        prog="proofs-check",
        description="Check every theorem of the two-agent theory: symbolic derivation against simulated agents.",
    )
    add_ledger_options(parser)
    parser.set_defaults(run=_run_ledger)
    commands = parser.add_subparsers(
        title="other commands", metavar=f"{{{','.join(COMMANDS)}}}", dest="command", parser_class=_Command
    )
    for name, what in COMMANDS.items():
        commands.add_parser(name, help=what, command=name)
    return parser


def _run_ledger(options: argparse.Namespace) -> int:
    from proofs_check.commands.ledger import run_ledger

    return run_ledger(options)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; usage errors leave by `SystemExit` with code 2."""
    parser = build_parser()
    options = parser.parse_args(argv)
    try:
        code: int = options.run(options)
    except BrokenPipeError:  # the reader has seen enough, as in "proofs-check | head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except _families() as error:
        print(f"proofs-check: error: {error}", file=sys.stderr)
        return 2
    return code


def _families() -> tuple[type[Exception], ...]:
    """The errors that a package raises on purpose; asked for only when something was raised."""
    from numerics.errors import NumericsError
    from proofs_check.errors import CheckError
    from theory.errors import TheoryError

    return CheckError, TheoryError, NumericsError
