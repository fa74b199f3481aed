"""What ``proofs-check chat`` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from numerics.chat_agent import Session, Transcript
from numerics.chat_experiment import ChatPlan, PairRun
from proofs_check.chat_prediction import METHODS, Found
from proofs_check.chat_report import Row, agreement

__all__ = ["print_agents", "print_notes", "print_requests", "print_rows", "print_start", "requests_of"]

#: What is left of the start when the tail begins should not exceed this fraction.
FORGOTTEN = 0.02


def print_start(console: Console, plan: ChatPlan, transcript: Transcript) -> None:
    """Say how much will be asked, and how much of it is known already."""
    console.print(
        f"{plan.probe_moves} questions to the agents alone, then {plan.pair_moves} moves of the pair: "
        f"{len(plan.angles)} angles, {plan.repeats} repeats, {plan.turns} turns, the last {plan.tail} count.",
        highlight=False,
    )
    known = len(transcript.outcomes())
    if known or transcript.unanswered:
        console.print(
            f"Going on from {known} recorded exchanges; {transcript.unanswered} sent without a recorded outcome.",
            highlight=False,
        )


def _shown(value: float | None, interval: list[float] | None) -> str:
    if value is None:
        return ""
    if interval is None or interval[1] - interval[0] < 1e-4:
        return f"{value:.4f}"
    return f"{value:.4f} ± {max(interval[1] - value, value - interval[0]):.4f}"


def print_agents(console: Console, plan: ChatPlan, agents: Found) -> None:
    """Say what each agent is, from its answers alone."""
    table = Table(title="The agents alone", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("agent", "angle", "effective step", "gradient steps?", "affine?", "memoryless?"):
        table.add_column(heading, justify="left" if heading == "agent" else "right")
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
        console.print(f"Unknown: {escape(why)}.", highlight=False)


def print_rows(console: Console, rows: Sequence[Row]) -> None:
    """Set the observed plateaus against the predictions."""
    table = Table(title="Plateaus: distance from the own target", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("angle", "agent", "observed", *METHODS):
        table.add_column(heading, justify="right")
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
            console.print(f"{name.capitalize()}: {agree} of {total} plateaus agree.", highlight=False)


def print_notes(
    console: Console,
    plan: ChatPlan,
    rows: Sequence[Row],
    runs: Sequence[PairRun],
    predicted: list[list[dict[str, Any]]],
) -> int:
    """Say what limits the comparison, and return how many runs were given up."""
    for why in dict.fromkeys(f"{m}: {row.predicted[m]['why']}" for row in rows for m in METHODS):
        if not why.endswith(": "):
            console.print(f"No prediction, {escape(why)}.", highlight=False)
    rates = [forecast["rate"] for forecasts_ in predicted for forecast in forecasts_ if forecast["rate"] is not None]
    left = max(rates, default=0.0) ** (plan.turns - plan.tail)
    if left > FORGOTTEN:
        console.print(
            f"When the tails begin, up to {left:.2g} of the start is left: the plateaus are not settled; take more "
            f"--turns.",
            highlight=False,
        )
    stopped = [run.stopped for run in runs if run.stopped is not None]
    if stopped:
        console.print(f"{len(stopped)} of {len(runs)} runs were given up; the first: {escape(stopped[0])}.")
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
    counted = requests_of(session)
    console.print(
        f"{counted['answers']} answers ({counted['unusable_answers']} of them unusable), {counted['errors']} errors, "
        f"{counted['lost'] + counted['unreachable']} broken connections, "
        f"{counted['without_recorded_outcome']} requests whose outcome an interruption took; "
        f"{counted['tokens']} tokens counted. {session.sent} requests in this run.",
        highlight=False,
    )
