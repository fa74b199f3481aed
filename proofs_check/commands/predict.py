"""Predict where two agents end, or any number, from files of examples, and compare with their simulation.

Each file holds one prompt: one example a row, the last column (or --label) the label. The command prints what it
read, which hypotheses of the theorems hold for the pair and what they then claim of it, the predicted equilibrium with
both residuals, the rate and who reaches its target, then simulates the agents. With --agent they may be any number,
each answering the one before it and the first the last.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from proofs_check.commands.company.predict import named_file, named_number, named_step, run_company
from proofs_check.commands.options import exact_step_size, names, whole_number
from proofs_check.commands.output import console_for_output, new_table, plain_numbers, spinner, write_json
from proofs_check.commands.plots.predict import save
from proofs_check.commands.reading import add_reading, print_read, read_two
from proofs_check.errors import InputError
from proofs_check.ledger.report import versions
from proofs_check.predictions.check import ConclusionCheck, TheoremCheck
from proofs_check.predictions.pair import EXPLAINED, WHO_WINS, Prediction, explain, predict
from proofs_check.predictions.simulation import Comparison, Simulation, compare, rows_at_rest, simulate
from proofs_check.terminal.exits import Exit
from theory import MeasuredHypothesis

__all__ = ["add_options", "run_predict"]

#: Orders of magnitude between the sizes of columns from which --standardize is advised.
FAR_APART = 5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``predict``."""
    parser.add_argument("--w", metavar="W.csv", help="examples of agent W, who moves second")
    parser.add_argument("--u", metavar="U.csv", help="examples of agent U, who moves first")
    parser.add_argument(
        "--agent",
        action="append",
        default=[],
        type=named_file,
        metavar="NAME=FILE",
        help="instead: examples of an agent of any number; the second of them moves first, and the first last",
    )
    parser.add_argument(
        "--order",
        choices=("cycle", "simultaneous", "mediator", "random"),
        default="cycle",
        help="agents take turns (default), all move at once, all answer a mediator, who averages their answers, or it "
        "is drawn who moves",
    )
    parser.add_argument(
        "--noise",
        action="append",
        default=[],
        type=named_step,
        metavar="NAME=X",
        help="variance of what disturbs an agent's answers, with --order random",
    )
    parser.add_argument(
        "--seed", type=whole_number(0), default=0, metavar="K", help="seed of what is drawn (default 0)"
    )
    parser.add_argument(
        "--weight",
        action="append",
        default=[],
        type=named_step,
        metavar="NAME=X",
        help="how much an agent's answer counts for the mediator, or how likely it moves; of sum 1 (default: equal)",
    )
    parser.add_argument(
        "--many-steps",
        dest="many",
        action="append",
        default=[],
        type=named_number,
        metavar="NAME=K",
        help="how many steps an agent takes a turn (default 1)",
    )
    parser.add_argument(
        "--eta",
        action="append",
        default=[],
        type=named_step,
        metavar="NAME=X",
        help="step size of an --agent (default 1/lambda_max)",
    )
    parser.add_argument("--eta-w", type=exact_step_size, metavar="X", help="step size of W (default 1/lambda_max)")
    parser.add_argument("--eta-u", type=exact_step_size, metavar="X", help="step size of U (default 1/lambda_max)")
    parser.add_argument(
        "--label", type=names, metavar="COLUMN[,COLUMN]", help="label column, or W's and U's (default: the last)"
    )
    parser.add_argument("--features", type=names, metavar="A,B,..", help="feature columns (default: the others)")
    parser.add_argument(
        "--standardize", action="store_true", help="shift and scale every column of each file to mean 0, variance 1"
    )
    parser.add_argument("--turns", type=whole_number(1), metavar="N", help="turns to simulate")
    parser.add_argument("--json", metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--plot", metavar="FILE", help="draw both agents' errors against the turn (png, svg, pdf)")
    add_reading(parser)
    parser.set_defaults(run=run_predict)


def run_predict(options: argparse.Namespace) -> int:
    """Read, predict, simulate, print; return the exit code."""
    if options.agent or options.order != "cycle" or options.eta or options.many or options.weight or options.noise:
        return run_company(options)
    if options.w is None or options.u is None:
        raise InputError("predict: name two files, --w W.csv and --u U.csv, or more with --agent NAME=FILE")
    w, u = read_two(options, options.w, options.u)
    console = console_for_output()
    print_read(console, *(table.described for table in (u, w)))
    with spinner("predicting") as then:
        prediction, pair = predict(w, u, eta_w=options.eta_w, eta_u=options.eta_u)
        then("measuring hypotheses")
        checks = explain(prediction, pair)
    _print_agents(console, prediction)
    if checks:
        _print_hypotheses(console, checks)
    else:
        console.print(f"Hypotheses are measured where the examples span {EXPLAINED} directions at most; here not.")
    if not prediction.converges:
        console.print(_why_not(prediction))
        if options.json:
            write_json(options.json, _as_json(prediction, None, checks))
        return Exit.UNDECIDED
    with spinner("simulating"):
        simulation = simulate(prediction, pair, options.turns)
    comparison = compare(prediction, simulation)
    _print_comparison(console, prediction, simulation)
    _print_verdict(console, prediction, simulation, comparison)
    if options.json:
        write_json(options.json, _as_json(prediction, (simulation, comparison), checks))
    if options.plot:
        save(prediction, simulation, options.plot)
        console.print(f"Plot written to {options.plot}")
    return CODES[comparison.verdict]


def _why_not(prediction: Prediction) -> str:
    """Say why there is nothing to compare, and what to do."""
    scales = _scales(prediction)
    if prediction.converges is None:
        return (
            "Whether the pair converges is undecidable at this precision: rounding could overturn it, and the prompts "
            f"are too large for exact rationals. {scales or 'Leave out features that nearly repeat others.'}"
        )
    outside = [name for name, agent in (("W", prediction.w), ("U", prediction.u)) if not agent.inside_box]
    remedy = " and ".join(f"--eta-{name.lower()}" for name in outside)
    return (
        f"The pair does not converge: its rate is {prediction.rate_text}, the factor by which a turn multiplies "
        f"distances in the long run. Reduce {remedy}: both below 2/lambda_max is enough."
    )


def _scales(prediction: Prediction) -> str:
    """Advise to standardize where columns differ very much in size; else nothing."""
    sizes = prediction.natural[prediction.natural > 0]
    orders = float(np.log10(sizes.max() / sizes.min())) if sizes.size else 0.0
    if orders < FAR_APART:
        return ""
    return f"The columns differ in size by a factor of 10^{orders:.0f}; --standardize puts them on one scale."


def _print_agents(console: Console, prediction: Prediction) -> None:
    headings = ("", "file", "label", "examples", "rank", "eigenvalues", "step size", "box")
    title = "Agents: prompts, eigenvalues of their Gram matrices, steps"
    table = new_table(*headings, title=title, left=range(8))
    for name, agent in (("U", prediction.u), ("W", prediction.w)):
        prompt = agent.table
        step = f"{agent.step_size:.4g}" + (" (default)" if agent.default_step else "")
        table.add_row(
            name,
            Path(prompt.path).name,
            prompt.label,
            str(len(prompt.y)),
            f"{agent.rank} of {prompt.X.shape[1]}",
            f"{agent.smallest:.3g} to {agent.largest:.3g}",
            step,
            "inside" if agent.inside_box else "outside",
        )
    console.print(table)
    console.print(f"Features: {', '.join(prediction.w.table.features)}. Gap |u* - w*| = {prediction.gap:.6g}.")
    several = [name for name, agent in (("U", prediction.u), ("W", prediction.w)) if agent.rank < len(agent.target)]
    if several:
        console.print(
            f"Many weights fit {' and '.join(several)} equally well: the target is the one nearest to zero, and a bias "
            f"is the distance from it."
        )
    if prediction.w.default_step or prediction.u.default_step:
        console.print("A default step size is 1/lambda_max of the agent's own Gram matrix.")


def _print_hypotheses(console: Console, checks: Sequence[TheoremCheck]) -> None:
    """Print which hypotheses hold for the pair, and what that comes to for each conclusion."""
    table = new_table(
        "hypothesis", "measured", "margin", "slack", "for", title="Which hypotheses hold for the pair", left=(0, 1, 4)
    )
    said: dict[str, tuple[MeasuredHypothesis, list[str]]] = {}
    for check in checks:
        for row in check.hypotheses.rows:
            _, names = said.setdefault(row.assumption.plain, (row, []))
            whose = check.hypotheses.needed_by(row)
            names.append(check.id if whose == "all" else f"{check.id} ({whose})")
    for plain, (row, names) in said.items():
        found = row.measurement
        margin = "" if np.isnan(found.margin) else f"{found.margin:.2g}"
        slack = f"{found.slack:.0e}" if found.slack else "exact" if found.note == "exactly" else ""
        table.add_row(plain, found.word, margin, slack, "; ".join(names))
    console.print(table)
    claims = new_table("theorem", "says", "of this pair", title="Who reaches its target, and why", left=(0, 1, 2))
    for check in checks:
        if check.id in WHO_WINS:
            for found_ in check.conclusions:
                claims.add_row(found_.id, found_.says, _outcome(found_))
    console.print(claims)


def _outcome(found: ConclusionCheck) -> str:
    """Say what became of a conclusion, and what it came to."""
    if found.word != "agrees":
        return found.note if found.word == "not simulated" else ": ".join(filter(None, (found.word, found.note)))
    _, predicted, _, difference, _ = found.cells
    if found.note.startswith("both sides"):
        return f"agents agree: {found.note}"
    if found.exact:
        said = "agents agree exactly"
    elif found.difference == 0.0:
        said = "agents agree in every digit of a double"
    else:
        said = f"agents agree to {difference}" if difference else f"agents agree: {predicted}"
    return f"{said}; {found.note}" if found.note else said


def _check_json(check: TheoremCheck) -> dict[str, Any]:
    return {
        "id": check.id,
        "hypotheses": [
            {
                "says": row.assumption.plain,
                "measured": row.word,
                "margin": plain_numbers(row.measurement.margin),
                "slack": plain_numbers(row.measurement.slack),
                "note": row.measurement.note,
                "conclusions": list(row.conclusions),
            }
            for row in check.hypotheses.rows
        ],
        "conclusions": [
            {"id": found.id, "says": found.says, "outcome": found.word, "note": found.note}
            | {
                name: value if value is None or isinstance(value, str) else plain_numbers(value)
                for name, value in (("predicted", found.predicted), ("simulated", found.simulated))
            }
            for found in check.conclusions
        ],
    }


def _print_comparison(console: Console, prediction: Prediction, simulation: Simulation) -> None:
    table = new_table("", "predicted", "simulated", "difference", title=f"Equilibrium, by {prediction.formula}")
    *weights, residual_w, residual_u = rows_at_rest(prediction, simulation)
    said = [f"{agent}'s weight of {name}" for agent, name, _, _ in weights] + ["W's residual", "U's residual"]
    for what, (_, _, a, b) in zip(said, [*weights, residual_w, residual_u], strict=True):
        table.add_row(what, f"{a:.8g}", f"{b:.8g}", f"{abs(a - b):.1e}")
    arrived = "not followed" if simulation.arrived is None else _number(simulation.arrived)
    table.add_row("turns to 1e-6", f"about {_number(prediction.turns or 0)}", arrived, "")
    console.print(table)
    console.print(f"Rate {prediction.rate_text} a turn. Prediction: {prediction.winner()}.")


def _number(turns: int) -> str:
    return str(turns) if turns < 10**12 else f"{turns:.3g}"


#: How a simulation was made, and what a comparison comes to.
_METHODS = {
    "attention": "each move through its attention layer",
    "affine": "by the map of one turn",
    "enclosure": "by the exact map of one turn, squared in ball arithmetic (doubles do not follow this pair)",
}
_SAID = {
    "confirms": "The simulation confirms the prediction.",
    "does not confirm": "The simulation does not confirm the prediction.",
    "too few turns": "Too few turns to tell: the pair has not arrived yet. Give more --turns.",
    "undecidable": "Undecidable at this precision: rounding of the examples could explain the difference.",
}
CODES = {
    "confirms": Exit.HOLDS,
    "does not confirm": Exit.FALLS_SHORT,
    "too few turns": Exit.UNDECIDED,
    "undecidable": Exit.UNDECIDED,
}


def _print_verdict(console: Console, prediction: Prediction, simulation: Simulation, comparison: Comparison) -> None:
    turns = "1 turn" if simulation.turns == 1 else f"{_number(simulation.turns)} turns"
    how = _METHODS[simulation.method]
    console.print(f"Simulated {turns} from zero, {how}: the two sides differ by {comparison.off:.1e}.")
    if simulation.method != "attention" and (advice := _scales(prediction)):
        console.print(advice)
    console.print(_SAID[comparison.verdict])


def _as_json(
    prediction: Prediction, simulated: tuple[Simulation, Comparison] | None, checks: Sequence[TheoremCheck]
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "versions": versions(),
        "features": list(prediction.w.table.features),
        "w": prediction.w.as_json(),
        "u": prediction.u.as_json(),
        "gap": prediction.gap,
        "rate": plain_numbers(prediction.rate),
        "shortfall": plain_numbers(prediction.shortfall),
        "exact": prediction.exact,
        "converges": prediction.converges,
        "who": prediction.winner(),
        "theorems": [_check_json(check) for check in checks],
    }
    if prediction.e is not None and prediction.f is not None and simulated is not None:
        simulation, comparison = simulated
        data["predicted"] = {
            "formula": prediction.formula,
            "e": prediction.e.tolist(),
            "f": prediction.f.tolist(),
            "residual_w": float(np.linalg.norm(prediction.e)),
            "residual_u": float(np.linalg.norm(prediction.f)),
            "turns": prediction.turns,
        }
        data["simulated"] = {
            "turns": simulation.turns,
            "method": simulation.method,
            "w": simulation.w.tolist(),
            "u": simulation.u.tolist(),
            "residual_w": simulation.residual_w,
            "residual_u": simulation.residual_u,
            "arrived": simulation.arrived,
        }
        data["verdict"] = comparison.verdict
    return data
