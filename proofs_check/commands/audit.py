"""Judge the other agent by a transcript: its geometry, the target it acts on, and a verdict with its reason.

A row of the transcript is one turn: the own move u_t (d numbers), then the answer w_(t+1) (d numbers), with or without
a header. --prompt holds the own examples, --eta the own step size (default 1/lambda_max).
An attacker with a fixed declared target makes exactly the transcript of an honest agent with that target. So without
--goal, the goal that the other agent claims to have, an agent that rests away from its declared target is undecidable.
Numbers with few decimals were rounded: half a unit of the last one is allowed for. --decimals says how many there are
where the numbers do not show it (17: none was rounded). --noise is for agents whose answers are random.
A bound is printed only where it holds whatever was not observed.
A goal that starts with a minus sign is written --goal=-1,0.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np
from rich.console import Console

from numerics import Detection, TranscriptError, detect
from numerics.validation import Array
from proofs_check.commands import options as convert
from proofs_check.commands.output import console_for_output, new_table, plain_numbers, write_json
from proofs_check.commands.reading import add_reading, print_read, reading_of
from proofs_check.errors import InputError
from proofs_check.inputs.prompts import read_prompt
from proofs_check.inputs.transcripts import matched, read_transcript
from proofs_check.ledger.report import versions
from proofs_check.predictions.pair import agent_of
from proofs_check.terminal.words import counted

__all__ = ["add_options", "run_audit"]

EXIT_CODES = {"honest": 0, "shifted": 1, "undecidable": 3}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``audit``."""
    parser.add_argument("transcript", metavar="TRANSCRIPT.csv", help="rows u_t, w_(t+1): the own move and the answer")
    parser.add_argument(
        "--prompt", required=True, metavar="OWN.csv", help="the own examples; the last column is the label"
    )
    parser.add_argument("--eta", type=convert.step_size, metavar="X", help="the own step size (default 1/lambda_max)")
    parser.add_argument("--goal", type=convert.vector, metavar="A,B,..", help="the goal that the other agent claims")
    parser.add_argument(
        "--noise",
        type=convert.nonnegative,
        default=0.0,
        metavar="S",
        help="noise in the answers of the other agent (standard deviation)",
    )
    convert.add_decimals(parser)
    convert.add_columns(parser, "the own prompt")
    parser.add_argument("--json", metavar="FILE", help="also write the numbers to FILE")
    add_reading(parser)
    parser.set_defaults(run=run_audit)


def run_audit(options: argparse.Namespace) -> int:
    """Read, judge, print; return the exit code."""
    reading = reading_of(options)
    transcript = read_transcript(options.transcript, reading)
    table = matched(read_prompt(options.prompt, options.label, options.features, reading), transcript)
    console, described = console_for_output(), [transcript.described, table.described]
    print_read(console, *described)
    _, own = agent_of(table, options.eta)
    u, w = transcript.inputs, transcript.outputs
    if options.goal is not None and options.goal.shape != (own.d,):
        raise InputError(f"--goal has {len(options.goal)} entries, but the own prompt has {own.d} features")
    try:
        found = detect(
            (u, w),
            own.prompt,
            own.step_size,
            declared_goal=options.goal,
            noise=options.noise,
            decimals=options.decimals,
        )
    except TranscriptError as error:
        raise InputError(f"{options.transcript}: {error}") from None
    _print(console, found, table.features, len(u), claimed=options.goal)
    if options.json:
        write_json(options.json, {"read": described} | _as_json(found, len(u)))
    return EXIT_CODES[found.verdict]


def _print(console: Console, found: Detection, features: tuple[str, ...], turns: int, *, claimed: Array | None) -> None:
    headings = ["weight", "target it acts on", "rests at", *(["claimed goal"] if claimed is not None else [])]
    table = new_table(*headings, title=f"The other agent, from {counted(turns, 'turn')}")
    for i, name in enumerate(features):
        row = [f"{found.target[i]:.8g}", f"{found.rest[i]:.8g}"]
        table.add_row(name, *row, *([f"{claimed[i]:.8g}"] if claimed is not None else []))
    if found.rounding.any:
        console.print(str(found.rounding))
    console.print(table)
    console.print(
        f"Target: {_within(found.target_uncertainty, found.target, 8)}. "
        f"The states varied along {found.excited} of {len(features)} directions."
    )
    if found.excited:
        where = "" if found.excited == len(features) else " where excited"
        bound = _within(found.geometry_uncertainty, found.geometry, 6)
        console.print(f"Its geometry, step size times Gram matrix, {bound}{where}:")
    else:
        console.print("Its geometry, step size times Gram matrix, is unknown.")
    geometry = new_table("", *features)
    for name, row in zip(features, found.geometry, strict=True):
        geometry.add_row(name, *(f"{entry:.6g}" for entry in row))
    if found.excited:
        console.print(geometry)
    where = "its claimed goal" if claimed is not None else "where it rests"
    moved = float(np.linalg.norm(found.move_at_goal))
    console.print(f"From {where} it would move by {moved:.6g}, {_within(found.move_uncertainty, moved, 6)}.")
    console.print(f"Verdict: {found.verdict}, {found.reason}: {_said(found)}.", highlight=False)


def _within(bound: float, values: Array | float, digits: int) -> str:
    """Write a bound on the error of values as they are printed, in so many digits; none where there is none."""
    printed = np.array([float(f"{value:.{digits}g}") for value in np.ravel(values)])
    bound += float(np.linalg.norm(printed - np.ravel(values)))
    # 5 % more, so that two digits do not round it down.
    return f"within {1.05 * bound:.1e}" if math.isfinite(bound) else "known in part only"


def _said(found: Detection) -> str:
    return found.message.replace("pass declared_goal", "give the goal that it claims with --goal")


def _as_json(found: Detection, turns: int) -> dict[str, Any]:
    return {
        "versions": versions(),
        "turns": turns,
        "decimals": found.rounding.decimals,
        "units": {"own": found.rounding.inputs.tolist(), "answers": found.rounding.answers.tolist()},
        "verdict": found.verdict,
        "reason": found.reason,
        "message": _said(found),
        "geometry": found.geometry.tolist(),
        "geometry_uncertainty": plain_numbers(found.geometry_uncertainty),
        "target": found.target.tolist(),
        "target_uncertainty": plain_numbers(found.target_uncertainty),
        "rest": found.rest.tolist(),
        "excited": int(found.excited),
        "move_at_goal": found.move_at_goal.tolist(),
        "move_uncertainty": plain_numbers(found.move_uncertainty),
    }
