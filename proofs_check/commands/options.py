"""The options of the ledger, and converters for options: step sizes, column names, vectors, label budgets."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from proofs_check.inputs.decimals import decimal_of, is_whole

if TYPE_CHECKING:
    from numerics.validation import Array

__all__ = [
    "EXACT_GEOMETRIES",
    "GEOMETRIES",
    "add_columns",
    "add_decimals",
    "add_ledger_options",
    "budget",
    "duration",
    "exact_step_size",
    "names",
    "nonnegative",
    "step_size",
    "vector",
    "whole_number",
]

GEOMETRIES, EXACT_GEOMETRIES = 200, 1000

#: Characters of a whole number; a seed may be long.
_LONGEST = 1000
_NOT_FINITE = ("inf", "infinity", "nan")


def whole_number(least: int) -> Callable[[str], int]:
    """Return a converter for argparse that accepts whole numbers not below `least`."""

    def convert(text: str) -> int:
        if not is_whole(text.strip()) or len(text) > _LONGEST:
            raise argparse.ArgumentTypeError(f"{text[:_LONGEST]!r} is not a whole number")
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}, got {value}")
        return value

    return convert


def _number(text: str) -> float:
    """Read a number as files have it, so that ``1_0`` is none and ``1e-400`` no zero; or one that is not finite."""
    if text.strip().lower().lstrip("+-") in _NOT_FINITE:
        return float(text)
    try:
        return float(decimal_of(text.strip()))
    except ValueError as error:
        what, *_ = re.split("[:;]", str(error))  # the remedies are those of files
        raise argparse.ArgumentTypeError(f"{text!r} {what}") from None


def step_size(text: str) -> float:
    """Read a positive finite number."""
    value = _number(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"a step size must be positive and finite, got {text}")
    return value


def exact_step_size(text: str) -> Fraction:
    """Read a positive finite number as the decimal that it is: a double may lie on the other side of an edge."""
    step_size(text)
    return Fraction(text)


def duration(text: str) -> float:
    """Read a positive finite number of seconds."""
    value = _number(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, got {text}")
    return value


def nonnegative(text: str) -> float:
    """Read a finite number that is not negative."""
    value = _number(text)
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"must be finite and at least 0, got {text}")
    return value


def names(text: str) -> list[str]:
    """Read names separated by commas."""
    found = [name.strip() for name in text.split(",")]
    if not all(found):
        raise argparse.ArgumentTypeError(f"{text!r} contains an empty column name")
    return found


def vector(text: str) -> Array:
    """Read finite numbers separated by commas."""
    import numpy as np

    values = np.array([_number(entry.strip()) for entry in text.split(",")])
    if not np.isfinite(values).all():
        raise argparse.ArgumentTypeError(f"{text!r} contains a number that is not finite")
    return values


def budget(text: str) -> tuple[Literal["l2", "box"], float]:
    """Read a limit on the change of labels: a number bounds its Euclidean norm, ``box:`` and a number every entry."""
    kind, _, radius = text.rpartition(":")
    if kind not in ("", "l2", "box"):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a budget; give R or l2:R (Euclidean norm) or box:R (each label)"
        )
    return ("box" if kind == "box" else "l2"), nonnegative(radius)


def add_columns(parser: argparse.ArgumentParser, whose: str) -> None:
    """Add the options that name the columns of one prompt file."""
    parser.add_argument("--label", metavar="COLUMN", help=f"label column of {whose} (default: the last)")
    parser.add_argument("--features", type=names, metavar="A,B,..", help="feature columns (default: the others)")


def add_decimals(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how a transcript was rounded."""
    parser.add_argument(
        "--decimals",
        type=whole_number(0),
        metavar="N",
        help="decimals to which numbers are rounded (default: found)",
    )


def add_ledger_options(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="also write the report, with all evidence, to FILE; - is standard output, and the tables then go to "
        "standard error",
    )
    parser.add_argument(
        "--processes", type=whole_number(1), default=2, metavar="N", help="worker processes (default 2)"
    )
    parser.add_argument(
        "--ledger",
        metavar="DIR",
        help="check your own conjectures instead: the files that proofs-check conjecture has written to DIR",
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
