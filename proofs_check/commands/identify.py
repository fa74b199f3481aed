"""Identify a black-box agent by a transcript: its effective step matrix P, its target, its noise, with uncertainty.

The agent is taken to answer  input - P (input - target) + noise. A row of the transcript is one exchange: the d weights
that it was given, then the d weights that it answered (CSV, with or without a header; or JSONL with the lists "input"
and "output"), in the order of time. Choose the inputs beforehand, spread around where the agent will be used: 2d + 1
rows at least, ten times that for a good picture.

  --prompt OWN.csv    the agent is known to have these examples: which step size fits, and does it make gradient steps
  --with OTHER        the transcript of a second agent, which moves first: where the two rest when they take turns
  --run RUN.csv       with --with: what the two did, rows u_t, w_(t+1); compared with the prediction

Numbers with few decimals were rounded: intervals and tests allow for half a unit of the last one, and rows that repeat
others count once. --decimals says how many there are where the numbers do not show it (17: none was rounded).
Intervals hold with 95 % each. A test counts as failed when chance alone does as badly in less than 1 of 100 cases.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from numerics import EffectiveAgent, NumericsError, Prompt, identify
from numerics.identification.fixed_points import NEAR
from proofs_check.commands import options as convert
from proofs_check.commands.identify_pair import (
    RISK,
    Outcome,
    clean,
    directions,
    interval,
    read_run,
    report_pair,
    said_p,
    vector_text,
)
from proofs_check.commands.output import console_for_output, new_table, plain_numbers, write_json
from proofs_check.commands.plots.figure import save_figure
from proofs_check.commands.plots.identify import draw
from proofs_check.commands.reading import add_reading, print_read, reading_of
from proofs_check.errors import InputError
from proofs_check.inputs.prompts import read_prompt
from proofs_check.inputs.transcripts import TranscriptTable, check_order, matched, read_transcript
from proofs_check.ledger.report import versions
from proofs_check.terminal.words import counted

__all__ = ["add_options", "run_identify"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``identify``."""
    parser.add_argument("transcript", metavar="TRANSCRIPT", help="what the agent was given and what it answered")
    parser.add_argument("--prompt", metavar="OWN.csv", help="examples that the agent is known to have")
    parser.add_argument("--with", dest="other", metavar="OTHER", help="transcript of an agent that moves first")
    parser.add_argument("--run", dest="pair_run", metavar="RUN.csv", help="what the pair did: rows u_t, w_(t+1)")
    parser.add_argument("--start", type=convert.vector, metavar="A,B,..", help="start of the pair (default zeros)")
    parser.add_argument(
        "--noise",
        choices=("general", "isotropic", "none"),
        default="general",
        help="noise of an answer: any covariance (default), equal and independent in all weights, or none",
    )
    convert.add_decimals(parser)
    convert.add_columns(parser, "the prompt")
    parser.add_argument("--json", metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--plot", metavar="FILE", help="draw the targets with their intervals (png, svg, pdf)")
    add_reading(parser)
    parser.set_defaults(run=run_identify)


def run_identify(options: argparse.Namespace) -> int:
    """Read, identify, predict, print; return the exit code."""
    if options.other is None and (options.pair_run is not None or options.start is not None):
        raise InputError("--run and --start concern a pair: give the transcript of the other agent with --with")
    reading = reading_of(options)
    table = read_transcript(options.transcript, reading)
    prompt, described = None, [table.described]
    if options.prompt:
        read = matched(read_prompt(options.prompt, options.label, options.features, reading), table)
        prompt = Prompt(read.X, read.y)
        described.append(read.described)
    other_table = _read_other(options, table) if options.other is not None else None
    run = read_run(options, table) if options.pair_run else None
    described += [read.described for read in (other_table, run) if read]
    console, outcome = console_for_output(), Outcome()
    print_read(console, *described)
    agent = _identified(table, options, prompt)
    _print_agent(console, outcome, table, agent)
    agents = {"W": agent}
    data: dict[str, Any] = {"versions": versions(), "read": described, "agent": _agent_json(table, agent)}
    if other_table:
        other = _identified(other_table, options, None)
        _print_agent(console, outcome, other_table, other)
        agents["U"] = other
        data["other"] = _agent_json(other_table, other)
        data["pair"] = report_pair(console, outcome, table, (agent, other), run, options)
    for text in outcome.failed:
        console.print(f"Failed: {text}.", highlight=False, markup=False)
    for text in outcome.open:
        console.print(f"Not determined: {text}.", highlight=False, markup=False)
    if options.plot:
        save_figure(draw(table.names, agents), options.plot)
        console.print(f"Plot written to {options.plot}")
    if options.json:
        write_json(options.json, data | {"failed": outcome.failed, "not_determined": outcome.open})
    return outcome.code


def _read_other(options: argparse.Namespace, table: TranscriptTable) -> TranscriptTable:
    other = read_transcript(options.other, reading_of(options))
    if other.d != table.d:
        raise InputError(f"{other.path}: has {other.d} weights, but {table.path} has {table.d}")
    check_order(table, other)
    return other


def _identified(table: TranscriptTable, options: argparse.Namespace, prompt: Prompt | None) -> EffectiveAgent:
    given = {"noise": options.noise, "decimals": options.decimals}
    try:
        return identify(table.inputs, table.outputs, known_prompt=prompt, **given)
    except NumericsError as error:
        text = str(error)
        for word in ("isotropic", "none"):
            text = text.replace(f'noise="{word}"', f"--noise {word}")
        raise InputError(f"{table.path}: {text}") from None


def _print_agent(console: Console, outcome: Outcome, table: TranscriptTable, agent: EffectiveAgent) -> None:
    name = Path(table.path).name
    fit = agent.known_prompt
    headings = ["weight", "target", "95 % interval", *(["the prompt's target"] if fit else [])]
    grid = new_table(*headings, title=f"{name}: {counted(agent.rows + agent.repeated, 'exchange')}")
    for i, limits in enumerate(agent.target_intervals()):
        row = [table.names[i], f"{agent.target[i]:.6g}", interval(limits)]
        grid.add_row(*row, *([f"{clean(fit.prompt.target)[i]:.6g}"] if fit else []))
    if agent.rounding.any:
        console.print(str(agent.rounding))
    if agent.repeated:
        rows = "row that repeats" if agent.repeated == 1 else "rows that repeat"
        console.print(f"Left out: {agent.repeated} {rows} another.")
    console.print(grid)
    points = agent.fixed_points
    if agent.excited < agent.d:
        outcome.open.append(
            f"{name}: the inputs do not vary along {agent.d - agent.excited} of {agent.d} directions, "
            f"{directions(agent.unexcited)}; P and the target are unknown there"
        )
    elif points.drifts:
        outcome.open.append(
            f"{name}: the agent moves along a direction in which nothing noticeably stops it; it has no target within "
            f"{NEAR:.0f} spreads of its inputs"
        )
    elif not points.unique:
        outcome.open.append(
            f"{name}: the target along {points.loose.shape[1]} of {agent.d} directions, {directions(points.loose)}, "
            f"in which the agent does not move noticeably"
        )
        for combination, low, high in points.known_combinations(agent.noise.scalar_quantile(0.95) ** 2):
            console.print(
                f"Known of the target: its component along ({vector_text(combination)}) is {interval((low, high))}."
            )
    _print_geometry(console, table, agent)
    if agent.noise_free:
        console.print(f"Noise: none beyond rounding ({agent.noise.level:.1e}); the estimates are exact up to rounding.")
    elif math.isinf(agent.noise.freedom):
        console.print("Noise: none that rounding does not hide.")
    else:
        console.print(
            f"Noise{' and rounding' * agent.rounding.any}: {agent.noise.level:.4g} in each weight, as root mean square "
            f"({agent.noise.scalar_freedom:.0f} degrees of freedom)."
        )
    _print_check(console, outcome, name, "Affine", agent.linearity, "its answers are not affine in the inputs")
    _print_check(
        console, outcome, name, "Forgets", agent.memory, "it remembers, or its noise does: the row before matters"
    )
    if fit:
        console.print(f"Step size on the prompt: {fit.step_size:.6g}, {interval(fit.interval())}.")
        console.print(f"Gradient steps on the prompt: {said_p(fit.p_value)}.")
        console.print(f"Stays at the prompt's minimiser: {said_p(fit.target_p_value)}.")
        if fit.p_value < RISK:
            outcome.failed.append(f"{name}: its answers are not gradient steps on the prompt, of any size")


def _print_geometry(console: Console, table: TranscriptTable, agent: EffectiveAgent) -> None:
    values, errors = agent.eigenvalues, agent.eigenvalue_errors + agent.eigenvalue_rounding
    listed = ", ".join(_eigenvalue(complex(value), float(error)) for value, error in zip(values, errors, strict=True))
    console.print(f"P (step size times Gram matrix, for a gradient step): eigenvalues {listed or 'unknown'}.")
    grid = new_table("", *table.names)
    errors = agent.geometry_error + agent.geometry_rounding
    for name, row, spread in zip(table.names, agent.geometry, errors, strict=True):
        grid.add_row(name, *(_estimate(p, e) for p, e in zip(row, spread, strict=True)))
    console.print(grid)


def _estimate(value: float, error: float) -> str:
    return f"{value:.4g} ± {error:.1g}" if math.isfinite(error) else "unknown"


def _eigenvalue(value: complex, error: float) -> str:
    number = f"{value.real:.4g}" if abs(value.imag) < 1e-12 else f"{value.real:.4g}{value.imag:+.4g}i"
    return f"{number} ± {error:.1g}" if math.isfinite(error) else "unknown"


def _print_check(console: Console, outcome: Outcome, name: str, what: str, check: Any, failure: str) -> None:
    if check.p_value is None:
        console.print(f"{what}: not tested ({check.added}).")
        return
    console.print(f"{what}: {said_p(check.p_value)} ({check.added}).")
    if not check.passes(RISK):
        outcome.failed.append(f"{name}: {failure}")


def _agent_json(table: TranscriptTable, agent: EffectiveAgent) -> dict[str, Any]:
    fit = agent.known_prompt
    data: dict[str, Any] = {
        "file": table.path,
        "weights": list(table.names),
        "rows": agent.rows + agent.repeated,
        "repeated": agent.repeated,
        "decimals": agent.rounding.decimals,
        "units": {"inputs": agent.rounding.inputs.tolist(), "answers": agent.rounding.answers.tolist()},
        "skipped": table.skipped,
        "P": agent.geometry.tolist(),
        "P_errors": plain_numbers(agent.geometry_error + agent.geometry_rounding),
        "eigenvalues": [[float(v.real), float(v.imag)] for v in np.asarray(agent.eigenvalues, dtype=complex)],
        "eigenvalue_errors": plain_numbers(agent.eigenvalue_errors + agent.eigenvalue_rounding),
        "target": agent.target.tolist(),
        "target_intervals": plain_numbers(agent.target_intervals()),
        "target_joint_intervals": plain_numbers(agent.target_intervals(joint=True)),
        "target_covariance": agent.target_covariance.tolist(),
        "target_determined": agent.fixed_points.unique,
        "unexcited": agent.unexcited.T.tolist(),
        "noise_model": agent.noise.model,
        "noise_covariance": agent.noise.covariance.tolist(),
        "degrees_of_freedom": plain_numbers(agent.noise.freedom),
        "linearity_p": agent.linearity.p_value,
        "memory_p": agent.memory.p_value,
    }
    if fit:
        data["prompt"] = {
            "step_size": fit.step_size,
            "interval": plain_numbers(fit.interval()),
            "p": fit.p_value,
            "target_p": fit.target_p_value,
        }
    return data
