"""The options of the ledger, which ``proofs-check`` runs when no other command is named."""

from __future__ import annotations

import argparse

from proofs_check.commands.options import whole_number

__all__ = ["EXACT_GEOMETRIES", "GEOMETRIES", "declare"]

GEOMETRIES, EXACT_GEOMETRIES = 200, 1000


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the ledger."""
    parser.add_argument("--theorem", action="append", metavar="ID", help="check this theorem only; may be repeated")
    parser.add_argument(
        "--geometries",
        type=whole_number(1),
        metavar="N",
        help=f"random geometries for each theorem (default {GEOMETRIES}; {EXACT_GEOMETRIES} with --exact)",
    )
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="K", help="random seed (default 0)")
    parser.add_argument("--exact", action="store_true", help="exact evidence only, on more geometries")
    parser.add_argument("--json", metavar="FILE", help="also write the report, with all evidence, to FILE")
    parser.add_argument(
        "--processes", type=whole_number(1), default=2, metavar="N", help="worker processes (default 2)"
    )
    parser.add_argument(
        "--necessity",
        action="store_true",
        help="drop every hypothesis in turn instead, and show the exact counterexample that it is needed",
    )
    parser.add_argument(
        "--export-rocq", metavar="DIR", help="write the certificates as files of Rocq (Coq) to DIR instead"
    )
    parser.add_argument(
        "--compile",
        action="store_true",
        help="with --export-rocq: compile the files, check that they rest on no axiom, and record it",
    )
