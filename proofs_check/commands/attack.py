"""Plan an attack on a victim whose prompt is known: what the attacker would write into its prompt, and what it costs.

The victim U is honest: one example a row, the last column (or --label) the label. The attacker W wants to come to rest
at --goal. It keeps its examples (--inputs; those of the victim by default) and rewrites their labels, or chooses one
example of its own. The plan is predicted by the formulas and confirmed by simulating both agents.
A goal that starts with a minus sign is written --goal=-1,0.
"""

from __future__ import annotations

import argparse
import csv
from decimal import ROUND_DOWN, Context
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from numerics import Attack, LSAAgent, Prompt
from proofs_check.commands import options as convert
from proofs_check.commands.output import console_for_output, new_table, spinner, write_json
from proofs_check.commands.plots.attack import draw
from proofs_check.commands.plots.figure import save_figure
from proofs_check.commands.reading import add_reading, print_read, reading_of
from proofs_check.errors import InputError
from proofs_check.inputs.prompts import PromptTable, read_inputs, read_prompt, standard_scores, standardized
from proofs_check.ledger.report import versions
from proofs_check.predictions.attack import (
    KINDS,
    AttackForecast,
    AttackOutcome,
    Outcome,
    compare,
    forecast,
    nothing_to_gain,
    plan,
    play,
)
from proofs_check.predictions.pair import agent_of
from proofs_check.terminal.exits import Exit
from proofs_check.terminal.words import counted

__all__ = ["add_options", "run_attack"]

#: Labels shown at most.
SHOWN = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``attack``."""
    parser.add_argument("--victim", required=True, metavar="U.csv", help="examples of the victim U, who moves first")
    parser.add_argument(
        "--goal", required=True, type=convert.vector, metavar="A,B,..", help="where the attacker W wants to end"
    )
    parser.add_argument(
        "--inputs", metavar="X.csv", help="the attacker's examples; a label column is ignored (default: the victim's)"
    )
    parser.add_argument(
        "--kind",
        choices=KINDS,
        default="label",
        help="least change of labels (default), one example, or conjugate gradients on the labels",
    )
    parser.add_argument(
        "--budget",
        type=convert.budget,
        metavar="R|box:R",
        help="largest norm of the change of labels, or of every single change",
    )
    parser.add_argument(
        "--eta-u", type=convert.step_size, metavar="X", help="step of the victim (default 1/lambda_max)"
    )
    parser.add_argument(
        "--eta-w",
        type=convert.step_size,
        metavar="X",
        help="step of W (default 1/lambda_max; 1 for one example)",
    )
    convert.add_columns(parser, "the victim")
    parser.add_argument("--standardize", action="store_true", help="shift and scale the columns of each file first")
    parser.add_argument("--write", metavar="FILE", help="write the attacker's prompt to FILE, as CSV")
    parser.add_argument("--json", metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--plot", metavar="FILE", help="draw the labels, honest and written (png, svg, pdf)")
    add_reading(parser)
    parser.set_defaults(run=run_attack)


def run_attack(options: argparse.Namespace) -> int:
    """Read, plan, predict, simulate, print; return the exit code."""
    reading = reading_of(options)
    table = read_prompt(options.victim, options.label, options.features, reading)
    described, console = [table.described], console_for_output()
    print_read(console, table.described)
    if options.standardize:
        table = standardized(table)
    summary, victim = agent_of(table, options.eta_u)
    if options.inputs is not None and options.kind == "one-example":
        raise InputError("--inputs: a one-example attack chooses its own example; leave --inputs out")
    X = table.X
    if options.inputs is not None:
        X, said = read_inputs(options.inputs, table, reading)
        described.append(said)
        print_read(console, said)
        X = standard_scores(options.inputs, table.features, X) if options.standardize else X
    step = options.eta_w
    if step is None and options.kind != "one-example":
        step = float(np.asarray(LSAAgent(Prompt(X, np.zeros(len(X)))).step_size))
    with spinner("planning") as then:
        attack = plan(options.kind, victim, X, options.goal, 1.0 if step is None else step, options.budget)
        then("predicting")
        expected = forecast(victim, attack)
        then("simulating")
        found = play(victim, attack)
    console.print(
        f"Victim U: {Path(table.path).name}, {counted(len(table.y), 'example')} of rank {summary.rank} of "
        f"{table.X.shape[1]}, step {summary.step_size:.4g}. The goal is {expected.gap:.6g} from its target."
    )
    _print_prompt(console, attack, table.features)
    outcome = _print_outcome(console, attack, expected, found, victim)
    if options.write:
        _write_prompt(options.write, attack.prompt, table)
        console.print(f"Prompt written to {options.write}")
    if options.plot:
        save_figure(draw(attack), options.plot)
        console.print(f"Plot written to {options.plot}")
    if options.json:
        numbers = _as_json(options.kind, attack, expected, found, victim, outcome == "agrees")
        write_json(options.json, {"read": described} | numbers)
    if outcome == "differs":
        return Exit.FALLS_SHORT
    return Exit.HOLDS if attack.feasible and outcome == "agrees" else Exit.UNDECIDED


def _print_prompt(console: Console, attack: Attack, features: tuple[str, ...]) -> None:
    prompt = attack.prompt
    headings = ("example", *(features if prompt.n == 1 else ()), "honest label", "label written", "change")
    table = new_table(*headings, title="What the attacker writes into its prompt", left=())
    for i in range(min(prompt.n, SHOWN)):
        y, change = float(prompt.y[i]), float(attack.label_change[i])
        example = [f"{x:.6g}" for x in prompt.X[i]] if prompt.n == 1 else []
        table.add_row(str(i + 1), *example, f"{y - change:.6g}", f"{y:.6g}", f"{change:+.4g}")
    console.print(table)
    if prompt.n > SHOWN:
        console.print(f"... and {prompt.n - SHOWN} more; --write FILE writes all of them.")
    declared = ", ".join(f"{x:.6g}" for x in prompt.target)
    console.print(
        f"Declared target: {declared}. Cost, the norm of the change of labels: {attack.cost:.6g}. "
        f"Step {float(attack.step_size):.4g}.",
    )
    if attack.history is not None:
        steps, rate = counted(len(attack.history.error) - 1, "iteration"), attack.history.rate
        console.print(f"Conjugate gradients on the labels: {steps}, at most the rate {rate:.6g}.")


def _print_outcome(
    console: Console, attack: Attack, expected: AttackForecast, found: AttackOutcome, victim: LSAAgent
) -> Outcome:
    table = new_table("", "formula", "planned", "simulated", title="At rest")

    def shown(value: float | None) -> str:
        return "" if value is None else f"{value:.7g}"

    bias = float(np.linalg.norm(found.bias))
    planned_bias = float(np.linalg.norm(attack.victim_bias))
    succeeds = float(np.linalg.norm(expected.victim)) if attack.feasible else None
    table.add_row(
        "attacker's distance from its goal", shown(expected.reachable), shown(attack.error), shown(found.error)
    )
    table.add_row("victim's distance from its target", shown(succeeds), shown(planned_bias), shown(bias))
    table.add_row("the same beside an honest agent", shown(expected.honest), "", "")
    table.add_row("victim's loss on its own examples", "", "", shown(found.loss))
    table.add_row("  before, at its target", "", "", shown(float(victim.prompt.loss(victim.target))))
    console.print(table)
    outcome = compare(attack, expected, found)
    if nothing_to_gain(attack, expected):
        console.print("The goal is the victim's own target: there is nothing to gain.")
    if outcome == "unknown":
        why = "rounding hides distances of this size" if found.settled else "the pair has not settled"
        console.print(f"Undecided: {why}. Simulated {counted(found.turns, 'turn')} from the goal.")
        return outcome
    verdict = "succeeds" if attack.feasible else "cannot succeed"
    console.print(f"The attack {verdict}. Simulated {counted(found.turns, 'turn')} from the goal.")
    proof = attack.certificate
    if not attack.feasible and proof is not None and proof.separator is not None:
        vector = ", ".join(f"{x:.6g}" for x in proof.separator)
        holds = attack.verify(victim)
        limit = "within the budget" if attack.budget else "of any size"
        console.print(
            f"Certificate z = ({vector}): labels {limit} change the turn along z too little, so that every equilibrium "
            f"stays at least {_at_least(attack.reachable_error)} from the goal; checked through the layers: "
            f"{'it holds' if holds else 'it does NOT hold'}.",
        )
        outcome = outcome if holds else "differs"
    console.print(f"The simulation {'confirms' if outcome == 'agrees' else 'does not confirm'} the plan.")
    return outcome


def _at_least(bound: float) -> str:
    """Write a lower bound in eight digits, rounded down: rounded up it would be false."""
    return f"{Context(prec=8, rounding=ROUND_DOWN).create_decimal_from_float(bound):g}"


def _write_prompt(path: str, prompt: Prompt, table: PromptTable) -> None:
    header = [*table.features, table.label] if table.named else [*(f"x{i}" for i in range(1, prompt.d + 1)), "y"]
    try:
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(np.column_stack([prompt.X, prompt.y]).tolist())
    except OSError as error:
        raise InputError(f"--write: cannot write {path} ({error.strerror})") from None


def _as_json(
    kind: str, attack: Attack, expected: AttackForecast, found: AttackOutcome, victim: LSAAgent, agrees: bool
) -> dict[str, Any]:
    proof = attack.certificate
    return {
        "versions": versions(),
        "kind": kind,
        "goal": attack.goal.tolist(),
        "feasible": attack.feasible,
        "X": attack.prompt.X.tolist(),
        "y": attack.prompt.y.tolist(),
        "label_change": attack.label_change.tolist(),
        "declared": attack.prompt.target.tolist(),
        "step_size": float(attack.step_size),
        "cost": attack.cost,
        "reachable_error": attack.reachable_error,
        "separator": None if proof is None or proof.separator is None else proof.separator.tolist(),
        "victim_target": victim.target.tolist(),
        "formula": {
            "reachable_error": expected.reachable,
            "victim_bias": expected.victim.tolist() if attack.feasible else None,
            "honest_victim_distance": expected.honest,
        },
        "simulated": {
            "turns": found.turns,
            "w": found.w.tolist(),
            "u": found.u.tolist(),
            "error": found.error,
            "victim_bias": found.bias.tolist(),
            "victim_loss": found.loss,
        },
        "confirmed": agrees,
    }
