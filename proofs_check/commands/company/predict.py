"""``predict`` for any number of agents, in any order of moves."""

from __future__ import annotations

import argparse
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from numerics.interaction.chance import AtRandom
from proofs_check.commands.options import exact_step_size
from proofs_check.commands.output import console_for_output, new_table, plain_numbers, spinner, write_json
from proofs_check.commands.plots.company import save, save_cloud
from proofs_check.commands.reading import print_read, read_all
from proofs_check.errors import InputError
from proofs_check.ledger.report import versions
from proofs_check.predictions.company import CompanyPrediction, CompanyRun, predict_company, simulate_company
from proofs_check.predictions.scatter import as_json, scatter
from proofs_check.terminal.exits import Exit

__all__ = ["named_file", "named_number", "named_step", "run_company"]

#: How they move, and whom they answer.
HOW = {
    "cycle": "one after another",
    "simultaneous": "all at once",
    "mediator": "through a mediator",
    "random": "of whom is drawn",
}
_RING = "each answers the one before it, the first the last"
WHOM = {
    "cycle": _RING,
    "simultaneous": _RING,
    "mediator": "all answer the average of their answers",
    "random": "one of them, which is drawn, moves at a time",
}
CODES = {
    "confirms": Exit.HOLDS,
    "does not confirm": Exit.FALLS_SHORT,
    "too few turns": Exit.UNDECIDED,
}
SAID = {
    "confirms": "The simulation confirms the prediction.",
    "does not confirm": "The simulation does not confirm the prediction.",
    "too few turns": "Too few turns to tell: the agents have not arrived yet. Give more --turns.",
}


def named_file(text: str) -> tuple[str, str]:
    """Read ``NAME=FILE``."""
    name, sign, path = text.partition("=")
    if not (name.strip() and sign and path):
        raise argparse.ArgumentTypeError(f"{text!r} names no agent and its file; write NAME=FILE, as in A=first.csv")
    return name.strip(), path


def named_step(text: str) -> tuple[str, Fraction]:
    """Read ``NAME=X``."""
    name, sign, size = text.partition("=")
    if not (name.strip() and sign and size):
        raise argparse.ArgumentTypeError(f"{text!r} names no agent and its step; write NAME=X, as in A=0.5")
    return name.strip(), exact_step_size(size)


def named_number(text: str) -> tuple[str, int]:
    """Read ``NAME=K``."""
    name, sign, number = text.partition("=")
    if not (name.strip() and sign and re.fullmatch(r"0*[1-9]\d*", number)):
        raise argparse.ArgumentTypeError(f"{text!r} is no agent and a number of steps; write NAME=K, as in A=3")
    return name.strip(), int(number)


def run_company(options: argparse.Namespace) -> int:
    """Read, predict, simulate, print; return the exit code."""
    files, steps = _given(options)
    tables = read_all(options, files)
    console = console_for_output()
    print_read(console, *(table.described for table in tables.values()))
    with spinner("predicting"):
        weights, many = _once("--weight", options.weight), _once("--many-steps", options.many)
        noise = {name: float(x) for name, x in _once("--noise", options.noise).items()}
        prediction, company = predict_company(tables, steps, options.order, weights=weights, many=many, noise=noise)
    _print_agents(console, prediction)
    if prediction.states is None:
        console.print(_why_not(prediction))
        if options.json:
            write_json(options.json, _as_json(prediction, None))
        return Exit.UNDECIDED
    if isinstance(company, AtRandom):
        return _scattered(console, options, prediction, company, noise)
    with spinner("simulating"):
        run = simulate_company(prediction, company, options.turns)
    _print_comparison(console, prediction, run)
    if options.json:
        write_json(options.json, _as_json(prediction, run))
    if options.plot:
        save(prediction, run, options.plot)
        console.print(f"Plot written to {options.plot}")
    return CODES[run.verdict]


def _scattered(
    console: Console,
    options: argparse.Namespace,
    prediction: CompanyPrediction,
    company: AtRandom,
    noise: dict[str, float],
) -> int:
    """Compare mean and covariance with drawn runs; return the exit code."""
    with spinner("drawing runs"):
        found = scatter(prediction, company, noise, options.turns, seed=options.seed)
    table = new_table("", "predicted", "drawn", "standard error", title=f"States at random, by {prediction.formula}")
    features = prediction.agents[0].table.features
    rows = [(f"mean of {a}", found.mean[i], found.seen_mean[i], found.errors[0][i]) for i, a in enumerate(features)]
    for i, a in enumerate(features):
        for j, b in list(enumerate(features))[i:]:
            name = f"variance of {a}" if i == j else f"covariance of {a} and {b}"
            rows.append((name, found.covariance[i, j], found.seen_covariance[i, j], found.errors[1][i, j]))
    for name, predicted, drawn, error in rows:
        table.add_row(name, f"{predicted:.6g}", f"{drawn:.6g}", f"{error:.1e}")
    console.print(table)
    console.print(f"The mean's rate is {prediction.rate:.6g} a move, {HOW[prediction.order]}.")
    console.print(
        f"Drawn {found.runs} runs of {found.moves} moves each (--seed {options.seed}), from the mean at rest."
    )
    console.print(SAID[found.verdict].replace("simulation confirms", "drawn runs confirm"))
    if options.json:
        write_json(options.json, _as_json(prediction, None) | as_json(found) | {"verdict": found.verdict})
    if options.plot:
        save_cloud(found, features, options.plot)
        console.print(f"Plot written to {options.plot}")
    return CODES[found.verdict]


def _once(option: str, given: list[tuple[str, Any]]) -> dict[str, Any]:
    """What was given by the names of the agents, for each once."""
    names = [name for name, _ in given]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{option}: {repeated[0]} has two; give one")
    return dict(given)


def _given(options: argparse.Namespace) -> tuple[dict[str, str], dict[str, Fraction | None]]:
    """The files and the steps by the names of their agents."""
    pair = [(name, path) for name, path in (("W", options.w), ("U", options.u)) if path is not None]
    if pair and options.agent:
        raise InputError("predict: give --w and --u, or --agent NAME=FILE for each agent, and not both")
    given = options.agent or pair
    names = [name for name, _ in given]
    if len(given) < 2:
        said = f"only {names[0]}" if names else "no agent"
        raise InputError(f"predict: at least two agents are needed, and {said} has a file; add --agent NAME=FILE")
    if repeated := [name for name in names if names.count(name) > 1]:
        raise InputError(f"--agent: {repeated[0]!r} is the name of two agents; each needs its own")
    if options.agent and (options.eta_w or options.eta_u):
        raise InputError("--eta-w and --eta-u are for --w and --u; give steps of an --agent as --eta NAME=X")
    steps = dict(options.eta) | {name: x for name, x in (("W", options.eta_w), ("U", options.eta_u)) if x is not None}
    return dict(given), steps


def _why_not(prediction: CompanyPrediction) -> str:
    if prediction.converges is None:
        return "Whether the agents converge is undecidable at this precision; --standardize, or leave out features."
    outside = [name for name, agent in zip(prediction.names, prediction.agents, strict=True) if not agent.inside_box]
    remedy = f"Reduce the step of {' and '.join(outside)}: all below 2/lambda_max is enough." if outside else ""
    return f"The agents do not converge: their rate is {prediction.rate:.6g} a turn. {remedy}".rstrip()


def _print_agents(console: Console, prediction: CompanyPrediction) -> None:
    headings = ("", "file", "label", "examples", "rank", "eigenvalues", "step size", "box")
    title = f"Agents: {WHOM[prediction.order]}"
    table = new_table(*headings, title=title, left=range(8))
    for name, agent in zip(prediction.names, prediction.agents, strict=True):
        prompt = agent.table
        table.add_row(
            name,
            Path(prompt.path).name,
            prompt.label,
            str(len(prompt.y)),
            f"{agent.rank} of {prompt.X.shape[1]}",
            f"{agent.smallest:.3g} to {agent.largest:.3g}",
            f"{agent.step_size:.4g}" + (" (default)" if agent.default_step else ""),
            "inside" if agent.inside_box else "outside",
        )
    console.print(table)
    console.print(f"Features: {', '.join(prediction.agents[0].table.features)}.")


def _print_comparison(console: Console, prediction: CompanyPrediction, run: CompanyRun) -> None:
    assert prediction.states is not None
    assert prediction.residuals is not None
    table = new_table("", "predicted", "simulated", "difference", title=f"Equilibrium, by {prediction.formula}")
    features = prediction.agents[0].table.features
    for name, rest, last in zip(prediction.names, prediction.states, run.states, strict=True):
        for feature, a, b in zip(features, rest, last, strict=True):
            table.add_row(f"{name}'s weight of {feature}", f"{a:.8g}", f"{b:.8g}", f"{abs(a - b):.1e}")
    if prediction.average is not None:
        seen = np.array(prediction.weights) @ run.states
        for feature, a, b in zip(features, prediction.average, seen, strict=True):
            table.add_row(f"the mediator's weight of {feature}", f"{a:.8g}", f"{b:.8g}", f"{abs(a - b):.1e}")
    for name, left, far in zip(prediction.names, prediction.residuals, run.distances[-1], strict=True):
        size = float(np.linalg.norm(left))
        table.add_row(f"{name}'s residual", f"{size:.8g}", f"{far:.8g}", f"{abs(size - far):.1e}")
    console.print(table)
    console.print(f"Rate {prediction.rate:.6g} a turn, {HOW[prediction.order]}. Prediction: {prediction.said()}.")
    by = "each move through its attention layer" if run.method == "attention" else "by the map of one turn"
    console.print(f"Simulated {run.turns} turns from zero, {by}: the two sides differ by {run.off:.1e}.")
    console.print(SAID[run.verdict])


def _as_json(prediction: CompanyPrediction, run: CompanyRun | None) -> dict[str, Any]:
    agents = [{"name": name} | agent.as_json() for name, agent in zip(prediction.names, prediction.agents, strict=True)]
    data: dict[str, Any] = {
        "versions": versions(),
        "features": list(prediction.agents[0].table.features),
        "order": prediction.order,
        "agents": agents,
        "rate": plain_numbers(prediction.rate),
        "shortfall": plain_numbers(prediction.shortfall),
        "exact": prediction.exact,
        "converges": prediction.converges,
        "who": prediction.said(),
    }
    if run is not None and prediction.states is not None and prediction.residuals is not None:
        data["predicted"] = {
            "formula": prediction.formula,
            "states": prediction.states.tolist(),
            "residuals": prediction.residuals.tolist(),
            "turns": prediction.turns,
        }
        if prediction.average is not None:
            data["weights"], data["predicted"]["mediator"] = list(prediction.weights), prediction.average.tolist()
        data["simulated"] = {"turns": run.turns, "method": run.method, "states": run.states.tolist()}
        data["verdict"] = run.verdict
    return data
