"""Run the two-agent experiment with language models: predict the plateaus of a pair, run it, compare.

Two agents are models behind a server that speaks the OpenAI-compatible chat protocol. Each is asked alone first; from
its answers the plateaus are predicted, and the predictions are written down, before the pair is run for every angle
between the targets and every repeat. OUT receives the transcript, the numbers and a figure.

The command can be stopped and killed at any time: the same command goes on where it was. No request whose answer was
recorded is made again. The server's key is read from the environment, never from the command line, and is not written.
"""

from __future__ import annotations

import argparse
import contextlib
from dataclasses import asdict, dataclass
from typing import Any

from rich.progress import TimeRemainingColumn

from numerics.chat.experiment import ChatExperiment, ChatPlan, PairRun, Probes
from numerics.chat.session import Session
from numerics.chat.transcript import Place, Transcript
from numerics.errors import ChatError
from numerics.identification.effective_agent import EffectiveAgent
from proofs_check.commands import chat_options
from proofs_check.commands.chat_report import (
    agreement,
    print_agents,
    print_notes,
    print_requests,
    print_rows,
    print_start,
    requests_of,
    rows_of,
    write_alone,
    write_moves,
    write_rows,
)
from proofs_check.commands.output import console_for_output, folder_for_output, plain_numbers, progress, write_json
from proofs_check.commands.plots.chat import draw
from proofs_check.errors import InputError
from proofs_check.ledger.report import versions
from proofs_check.predictions.chat import Found, forecasts, known_agents
from proofs_check.terminal.exits import Exit
from proofs_check.terminal.parsing import refused

__all__ = ["add_options", "run_chat"]


@dataclass(frozen=True)
class _ChatOutcome:
    """What happened: answers of the agents alone, what follows from them, and the runs."""

    probes: tuple[Probes, list[Probes]]
    agents: Found
    predicted: list[list[dict[str, Any]]]
    runs: list[PairRun]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``chat``."""
    chat_options.declare(parser)
    parser.set_defaults(run=run_chat)


def run_chat(options: argparse.Namespace) -> int:
    """Ask, predict, run, compare, print and write; return the exit code."""
    if options.no_key:
        refused(options, "proofs-check chat", "--no-key", ("--key-variable", "--key-variable-u"))
    if options.w is not None and options.u is not None:
        refused(options, "proofs-check chat", "--w and --u", ("--examples",))
    plan = chat_options.plan_of(options)
    out = folder_for_output(options.out)
    settings = chat_options.settings_of(options, plan)
    console = console_for_output()
    with contextlib.ExitStack() as stack:
        w, u = chat_options.endpoints_of(options, stack)
        transcript = stack.enter_context(Transcript(out / "transcript.jsonl", settings))
        session = Session(
            transcript,
            token_limit=options.token_limit,
            tries=options.tries,
            first_wait=options.first_wait,
            longest_wait=max(options.first_wait, options.longest_wait),
        )
        experiment = ChatExperiment(plan, w, u, session, attempts=options.attempts, output_tokens=options.output_tokens)
        print_start(console, plan, transcript)
        try:
            outcome = _carried_out(plan, experiment, transcript)
        except ChatError as stop:
            console.print(f"Stopped: {stop}.", soft_wrap=True)
            print_requests(console, session)
            console.print("The same command goes on from here.")
            return Exit.UNDECIDED
        rows = rows_of(plan, outcome.runs, outcome.predicted)
        print_agents(console, plan, outcome.agents)
        print_rows(console, rows)
        given_up = print_notes(console, plan, rows, outcome.runs, outcome.predicted)
        print_requests(console, session)
        report = {
            "versions": versions(),
            "settings": settings,
            "targets": {"w": plan.prompt_w.target.tolist(), "u": [p.target.tolist() for p in plan.prompts_u]},
            "agents": {
                "w": _agent_json(outcome.agents[0]),
                "u": [_agent_json(agent) for agent in outcome.agents[1]],
            },
            "predictions": outcome.predicted,
            "plateaus": [asdict(row) for row in rows],
            "agreement": agreement(rows),
            "given_up": [_run_json(plan, run) for run in outcome.runs if run.stopped is not None],
            "requests": requests_of(session),
        }
    try:
        write_json(str(out / "results.json"), report)
        write_rows(out / "results.csv", rows)
        write_alone(out / "alone_W.jsonl", outcome.probes[0])
        for angle, asked in zip(plan.angles, outcome.probes[1], strict=True):
            write_alone(out / f"alone_U_{angle:g}.jsonl", asked)
        for name in "WU":
            write_moves(out / f"moves_{name}.csv", plan, outcome.probes, outcome.runs, name)
        draw(rows, f"W: {options.model}, U: {options.model_u or options.model}").savefig(out / "plateaus.png", dpi=150)
    except ImportError:
        console.print("No figure: it needs matplotlib; install biased-equilibrium[plot] and run the command again.")
    except OSError as error:
        raise InputError(f"--out: cannot write into {out} ({error.strerror})") from None
    console.print(f"Written to {out}: {', '.join(sorted(path.name for path in out.iterdir()))}.")
    return Exit.FALLS_SHORT if given_up else Exit.HOLDS


def _carried_out(plan: ChatPlan, experiment: ChatExperiment, transcript: Transcript) -> _ChatOutcome:
    with progress(plan.probe_moves + plan.pair_moves, "asking", 24, TimeRemainingColumn()) as advance:

        def on_move(place: Place) -> None:
            advance(str(place))

        probes = experiment.probe(on_move)
        agents = known_agents(plan, probes)
        # What was written down before the pair was run stays, whatever a later version would say.
        predicted = transcript.note("predictions", forecasts(plan, agents))
        return _ChatOutcome(probes, agents, predicted, experiment.play(on_move))


def _run_json(plan: ChatPlan, run: PairRun) -> dict[str, Any]:
    return {"angle": plan.angles[run.condition], "repeat": run.repeat, "turns": len(run.u), "why": run.stopped}


def _agent_json(agent: EffectiveAgent | str) -> dict[str, Any]:
    if isinstance(agent, str):
        return {"why_not_identified": agent}
    fit = agent.known_prompt
    assert fit is not None
    return {
        "rows": agent.rows,
        "geometry": agent.geometry.tolist(),
        "geometry_error": plain_numbers(agent.geometry_error),
        "target": agent.target.tolist(),
        "target_intervals": plain_numbers(agent.target_intervals()),
        "noise_covariance": agent.noise.covariance.tolist(),
        "effective_step": fit.step_size,
        "effective_step_interval": plain_numbers(fit.interval()),
        "gradient_steps_p_value": fit.p_value,
        "linearity_p_value": agent.linearity.p_value,
        "memory_p_value": agent.memory.p_value,
    }
