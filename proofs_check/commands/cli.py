"""The command line.

::

    proofs-check [--theorem ID]... [--geometries N] [--seed K] [--exact] [--json FILE] [--processes N]
    proofs-check --necessity [--theorem ID]... [--json FILE]
    proofs-check --export-rocq DIR [--compile] [--theorem ID]...
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

from numerics import NumericsError
from proofs_check.commands import (
    attack as attack_command,
    audit as audit_command,
    certify as certify_command,
    chat as chat_command,
    help as help_command,
    identify as identify_command,
    ledger as ledger_command,
    predict as predict_command,
    sweep as sweep_command,
)
from proofs_check.errors import InputError

__all__ = ["build_parser", "main"]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog="proofs-check",
        description="Check every theorem of the two-agent theory: symbolic derivation against simulated agents.",
    )
    ledger_command.add_options(parser)
    commands = parser.add_subparsers(
        title="other commands", metavar="{predict,attack,audit,identify,help,chat,sweep,certify}", dest="command"
    )
    for name, module, what in (
        (
            "predict",
            predict_command,
            "predict where two agents with given prompts end, and compare with their simulation",
        ),
        ("attack", attack_command, "plan an attack on a victim whose prompt is known, and simulate it"),
        ("audit", audit_command, "judge the other agent by a transcript"),
        ("identify", identify_command, "identify a black-box agent by a transcript; predict a pair of them"),
        ("help", help_command, "compare the turns that a main agent needs alone and with each kind of helper"),
        ("chat", chat_command, "run the experiment with two language models, predicted against observed"),
        ("sweep", sweep_command, "simulate and predict pairs over a grid of parameters, of any size"),
        (
            "certify",
            certify_command,
            "find the certificates of the theorems anew (needed after the theory has changed)",
        ),
    ):
        module.add_options(
            commands.add_parser(
                name,
                help=what,
                formatter_class=argparse.RawDescriptionHelpFormatter,
                description=module.__doc__,
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
