"""The command line.

::

    proofs-check [--theorem ID]... [--geometries N] [--seed K] [--exact] [--json FILE] [--processes N]
    proofs-check predict --w W.csv --u U.csv [options]

Exit codes of the ledger: 0 when every theorem holds and every counterexample refutes its claim; 1 otherwise;
2 for a usage error. Those of ``predict`` are listed by ``proofs-check predict --help``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from numerics import NumericsError
from proofs_check import ledger_command, predict_command
from proofs_check.errors import InputError

__all__ = ["build_parser", "main"]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog="proofs-check",
        description="Check every theorem of the two-agent theory: symbolic derivation against simulated agents.",
    )
    ledger_command.add_options(parser)
    commands = parser.add_subparsers(title="other commands", metavar="{predict}", dest="command")
    predict_command.add_options(
        commands.add_parser(
            "predict",
            help="predict where two agents with given prompts end, and compare with their simulation",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            description=predict_command.__doc__,
        )
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; usage errors leave by `SystemExit` with code 2."""
    parser = build_parser()
    options = parser.parse_args(argv)
    try:
        code: int = options.run(options)
    except (InputError, NumericsError) as error:
        print(f"proofs-check: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough, as in "proofs-check | head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code
