"""Judge the other agent by a transcript: its geometry, the target it acts on, and a verdict with its reason.

A row of the transcript is one turn: the own move u_t (d numbers), then the answer w_(t+1) (d numbers), with or without
a header. --prompt holds the own examples, --eta the own step size (default 1/lambda_max).
An attacker with a fixed declared target makes exactly the transcript of an honest agent with that target. So without
--goal, the goal that the other agent claims to have, an agent that rests away from its declared target is undecidable.
Numbers that were rounded need --noise, about half a unit of their last digit.
A goal that starts with a minus sign is written --goal=-1,0.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from rich.console import Console

from numerics import Detection, LSAAgent, TranscriptError, detect
from numerics.validation import Array
from proofs_check.commands import options as convert
from proofs_check.commands.output import console_for_output, new_table, plain_numbers, write_json
from proofs_check.commands.reading import add_reading, print_read, reading_of
from proofs_check.errors import InputError
from proofs_check.inputs.prompts import read_prompt
from proofs_check.inputs.transcripts import matched, read_transcript
from proofs_check.ledger.report import versions
from proofs_check.predictions.pair import agent_of

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
        help="noise or rounding of the numbers (standard deviation)",
    )
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
        # An own move made from a rounded answer differs from the recorded one by as much: together below 2 noises.
        u = _own_moves(u, w, own, options.noise)
        found = detect((u, w), own.prompt, own.step_size, declared_goal=options.goal, noise=2 * options.noise)
    except TranscriptError as error:
        raise InputError(f"{options.transcript}: {error}") from None
    _print(console, found, table.features, len(u), claimed=options.goal)
    if options.json:
        write_json(options.json, {"read": described} | _as_json(found, len(u)))
    return EXIT_CODES[found.verdict]


def _own_moves(u: Array, w: Array, own: LSAAgent, noise: float) -> Array:
    """Make the own moves again from noisy answers, if the recorded ones agree with them up to noise."""
    if noise == 0 or len(u) < 2:
        return u
    again = np.asarray(own.update(w[:-1]))
    slack = 10 * noise * (1 + float(np.abs(own.step_size * own.prompt.gram).sum()))
    return np.vstack([u[:1], again]) if float(np.abs(again - u[1:]).max()) <= slack else u


def _print(console: Console, found: Detection, features: tuple[str, ...], turns: int, *, claimed: Array | None) -> None:
    headings = ["weight", "target it acts on", "rests at", *(["claimed goal"] if claimed is not None else [])]
    table = new_table(*headings, title=f"The other agent, from {turns} turns")
    for i, name in enumerate(features):
        row = [f"{found.target[i]:.8g}", f"{found.rest[i]:.8g}"]
        table.add_row(name, *row, *([f"{claimed[i]:.8g}"] if claimed is not None else []))
    console.print(table)
    sure = np.isfinite(found.target_uncertainty)
    console.print(
        f"Target: {'within ' + format(found.target_uncertainty, '.1e') if sure else 'known in part only'}. "
        f"The states varied along {found.excited} of {len(features)} directions."
    )
    console.print(f"Its geometry, step size times Gram matrix, within {found.geometry_uncertainty:.1e} where excited:")
    geometry = new_table("", *features)
    for name, row in zip(features, found.geometry, strict=True):
        geometry.add_row(name, *(f"{entry:.6g}" for entry in row))
    console.print(geometry)
    where = "its claimed goal" if claimed is not None else "where it rests"
    moved = float(np.linalg.norm(found.move_at_goal))
    console.print(f"From {where} it would move by {moved:.6g}, within {found.move_uncertainty:.1e}.")
    console.print(f"Verdict: {found.verdict}, {found.reason}: {_said(found)}.", highlight=False)


def _said(found: Detection) -> str:
    return found.message.replace("pass declared_goal", "give the goal that it claims with --goal")


def _as_json(found: Detection, turns: int) -> dict[str, Any]:
    return {
        "versions": versions(),
        "turns": turns,
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
