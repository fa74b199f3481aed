"""The outcome of a chat experiment: observed plateaus against the predictions, in numbers."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from numerics import TranscriptError
from numerics.chat.experiment import ChatPlan, PairRun, Probes
from numerics.chat.plateau import plateau
from numerics.chat.session import Session
from numerics.chat.transcript import Transcript
from proofs_check.commands.output import new_table
from proofs_check.predictions.chat import METHODS, Found
from proofs_check.terminal.words import counted

__all__ = [
    "PlateauRow",
    "agreement",
    "print_agents",
    "print_notes",
    "print_requests",
    "print_rows",
    "print_start",
    "requests_of",
    "rows_of",
    "write_alone",
    "write_moves",
    "write_rows",
]

#: Relative differences below this are no disagreement of agents without noise.
ROUNDING = 1e-9


@dataclass(frozen=True)
class PlateauRow:
    """One agent at one angle.

    Attributes
    ----------
    angle : float
        Degrees.
    agent : {"W", "U"}
    runs : int
        Runs that were finished.
    observed : float or None
        Distance of the mean state of the tails from the agent's target; None without a finished run.
    interval : [float, float] or None
        Of 95 %; None with a single run.
    typical : float or None
        Mean distance of the single states, which noise enlarges.
    mean : list of float or None
        The mean state.
    predicted : mapping
        By method: ``distance``, ``interval``, ``why`` (each None or empty where it does not apply) and ``agrees``,
        whether the difference is within both intervals together.
    """

    angle: float
    agent: str
    runs: int
    observed: float | None
    interval: list[float] | None
    typical: float | None
    mean: list[float] | None
    predicted: dict[str, dict[str, Any]]


def rows_of(plan: ChatPlan, runs: Sequence[PairRun], predicted: list[list[dict[str, Any]]]) -> list[PlateauRow]:
    """Measure every plateau and compare it with every prediction that was made for it.

    Parameters
    ----------
    plan : ChatPlan
        What was asked.
    runs : sequence of PairRun
        What happened; runs that stopped early are left out.
    predicted : list of list of dict
        As `forecasts` made them.
    """
    rows = []
    for c, angle in enumerate(plan.angles):
        finished = [run for run in runs if run.condition == c and run.stopped is None]
        for agent, prompt in (("W", plan.prompt_w), ("U", plan.prompts_u[c])):
            tails = [(run.w if agent == "W" else run.u)[-plan.tail :] for run in finished]
            try:
                found = plateau(tails, prompt.target)
            except TranscriptError:
                entries = {forecast["method"]: _entry(forecast, agent, None, None) for forecast in predicted[c]}
                rows.append(PlateauRow(angle, agent, 0, None, None, None, None, entries))
                continue
            ends = found.interval()
            interval = list(ends) if math.isfinite(ends[1]) else None
            entries = {f["method"]: _entry(f, agent, found.distance, interval) for f in predicted[c]}
            row = PlateauRow(
                angle,
                agent,
                len(finished),
                found.distance,
                interval,
                found.typical_distance,
                found.mean.tolist(),
                entries,
            )
            rows.append(row)
    return rows


def _entry(forecast: dict[str, Any], agent: str, observed: float | None, seen: list[float] | None) -> dict[str, Any]:
    name = agent.lower()
    distance, interval = forecast[f"distance_{name}"], forecast[f"interval_{name}"]
    agrees = None
    if observed is not None and seen is not None and distance is not None and interval is not None:
        # The ends that face each other.
        towards = 1 if distance > observed else 0
        reach = math.hypot(seen[towards] - observed, interval[1 - towards] - distance)
        agrees = abs(observed - distance) <= reach + ROUNDING * (observed + distance)
    return {"distance": distance, "interval": interval, "agrees": agrees, "why": forecast["why"]}


def agreement(rows: Sequence[PlateauRow]) -> dict[str, list[int]]:
    """Count, for each method, the plateaus that agree with their prediction, and those that can be compared."""
    counts: dict[str, list[int]] = {}
    for method in METHODS:
        verdicts = [row.predicted[method]["agrees"] for row in rows if row.predicted[method]["agrees"] is not None]
        counts[method] = [sum(verdicts), len(verdicts)]
    return counts


def write_rows(path: Path, rows: Sequence[PlateauRow]) -> None:
    """Write the comparison as CSV: one agent at one angle a line."""
    unknown: list[Any] = [None, None]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        names = [f"{method} {part}" for method in METHODS for part in ("predicted", "low", "high", "agrees")]
        writer.writerow(["angle", "agent", "runs", "observed", "low", "high", "typical distance", *names])
        for row in rows:
            cells: list[Any] = [row.angle, row.agent, row.runs, row.observed, *(row.interval or unknown), row.typical]
            for method in METHODS:
                entry = row.predicted[method]
                cells += [entry["distance"], *(entry["interval"] or unknown), entry["agrees"]]
            writer.writerow(["" if cell is None else cell for cell in cells])


def write_alone(path: Path, probes: Probes) -> None:
    """Write what an agent was asked alone as JSONL, as ``proofs-check identify`` reads it."""
    with path.open("w", encoding="utf-8") as file:
        for before, after in zip(probes.inputs, probes.outputs, strict=True):
            file.write(json.dumps({"input": before.tolist(), "output": after.tolist()}) + "\n")


def write_moves(
    path: Path, plan: ChatPlan, probes: tuple[Probes, list[Probes]], runs: Sequence[PairRun], agent: str
) -> None:
    """Write the moves of one agent as CSV: what it was shown, what it answered."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        shown, said = ([f"{kind}{i}" for i in range(1, plan.d + 1)] for kind in ("in", "out"))
        writer.writerow(["phase", "angle", "repeat", "turn", *shown, *said])
        asked = [(plan.angles[0], probes[0])] if agent == "W" else zip(plan.angles, probes[1], strict=True)
        for angle, probe in asked:
            for i, (before, after) in enumerate(zip(probe.inputs, probe.outputs, strict=True)):
                writer.writerow(["probe", angle, 0, i, *before.tolist(), *after.tolist()])
        for run in runs:
            pairs = zip(run.w, run.u, strict=False) if agent == "U" else zip(run.u, run.w[1:], strict=False)
            for turn, (before, after) in enumerate(pairs):
                angle = plan.angles[run.condition]
                writer.writerow(["pair", angle, run.repeat, turn, *before.tolist(), *after.tolist()])


#: What is left of the start when the tail begins should not exceed this fraction.
FORGOTTEN = 0.02


def print_start(console: Console, plan: ChatPlan, transcript: Transcript) -> None:
    """Say how much will be asked, and how much of it is known already."""
    console.print(
        f"{counted(plan.probe_moves, 'question')} to the agents alone, then {counted(plan.pair_moves, 'move')} of the "
        f"pair: {counted(len(plan.angles), 'angle')}, {counted(plan.repeats, 'repeat')}, "
        f"{counted(plan.turns, 'turn')}, of which the last {plan.tail} {'counts' if plan.tail == 1 else 'count'}.",
    )
    known = len(transcript.outcomes())
    if known or transcript.unanswered:
        console.print(
            f"Going on from {counted(known, 'recorded exchange')}; "
            f"{transcript.unanswered} sent without a recorded outcome.",
        )


def _shown(value: float | None, interval: list[float] | None) -> str:
    if value is None:
        return ""
    if interval is None or interval[1] - interval[0] < 1e-4:
        return f"{value:.4f}"
    return f"{value:.4f} ± {max(interval[1] - value, value - interval[0]):.4f}"


def print_agents(console: Console, plan: ChatPlan, agents: Found) -> None:
    """Say what each agent is, from its answers alone."""
    headings = ("agent", "angle", "effective step", "gradient steps?", "affine?", "memoryless?")
    table = new_table(*headings, title="The agents alone")
    named = [("W", "all", agents[0])]
    named += [("U", f"{angle:g}", agent) for angle, agent in zip(plan.angles, agents[1], strict=True)]
    for name, angle, agent in named:
        if isinstance(agent, str):
            table.add_row(name, angle, "unknown")
            continue
        fit = agent.known_prompt
        assert fit is not None
        low, high = fit.interval()
        table.add_row(
            name,
            angle,
            _shown(fit.step_size, [low, high]),
            f"p = {fit.p_value:.2g}",
            *(f"p = {c.p_value:.2g}" if c.p_value is not None else "" for c in (agent.linearity, agent.memory)),
        )
    console.print(table)
    for why in dict.fromkeys(agent for _, _, agent in named if isinstance(agent, str)):
        console.print(f"Unknown: {why}.")


def print_rows(console: Console, rows: Sequence[PlateauRow]) -> None:
    """Set the observed plateaus against the predictions."""
    title = "Plateaus: distance from the own target"
    table = new_table("angle", "agent", "observed", *METHODS, title=title, left=())
    for row in rows:
        cells = []
        for method in METHODS:
            entry = row.predicted[method]
            mark = " *" if entry["agrees"] is False else ""
            cells.append(_shown(entry["distance"], entry["interval"]) + mark)
        table.add_row(f"{row.angle:g}", row.agent, _shown(row.observed, row.interval), *cells)
    console.print(table)
    console.print("± is half an interval of 95 %; * marks a prediction that differs by more than both together.")
    for name, (agree, total) in agreement(rows).items():
        if total:
            console.print(f"{name.capitalize()}: {agree} of {counted(total, 'plateau')} agree.")


def print_notes(
    console: Console,
    plan: ChatPlan,
    rows: Sequence[PlateauRow],
    runs: Sequence[PairRun],
    predicted: list[list[dict[str, Any]]],
) -> int:
    """Say what limits the comparison, and return how many runs were given up."""
    for why in dict.fromkeys(f"{m}: {row.predicted[m]['why']}" for row in rows for m in METHODS):
        if not why.endswith(": "):
            console.print(f"No prediction, {why}.")
    rates = [forecast["rate"] for forecasts_ in predicted for forecast in forecasts_ if forecast["rate"] is not None]
    left = max(rates, default=0.0) ** (plan.turns - plan.tail)
    if left > FORGOTTEN:
        console.print(
            f"When the tails begin, up to {left:.2g} of the start is left: the plateaus are not settled; take more "
            f"--turns.",
        )
    stopped = [run.stopped for run in runs if run.stopped is not None]
    if stopped:
        console.print(f"{len(stopped)} of {counted(len(runs), 'run')} were given up; the first: {stopped[0]}.")
    return len(stopped)


def requests_of(session: Session) -> dict[str, int]:
    """Count the exchanges of a transcript."""
    outcomes = session.transcript.outcomes()
    kinds = Counter(record["outcome"] for record in outcomes)
    return {
        "answers": kinds["answer"],
        "unusable_answers": sum("unusable" in record for record in outcomes),
        "errors": kinds["error"],
        "lost": kinds["lost"],
        "unreachable": kinds["unreachable"],
        "without_recorded_outcome": len(session.transcript.without_outcome()),
        "tokens": session.tokens,
    }


def print_requests(console: Console, session: Session) -> None:
    """Say what was sent, what came back, and what it cost."""
    found = requests_of(session)
    console.print(
        f"{counted(found['answers'], 'answer')} ({found['unusable_answers']} of them unusable), "
        f"{counted(found['errors'], 'error')}, {counted(found['lost'] + found['unreachable'], 'broken connection')}, "
        f"{counted(found['without_recorded_outcome'], 'request')} whose outcome an interruption took; "
        f"{counted(found['tokens'], 'token')} counted. {counted(session.sent, 'request')} in this run.",
    )
