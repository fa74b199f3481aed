"""Compare the company that a main agent may have: turns to 1e-6 of its first error, predicted and simulated.

Each file holds one prompt: one example a row, the last column (or --label) the label. The main agent W keeps its
prompt. The helper U keeps its examples and, unless it is fixed, writes new labels every turn: it needs W's prompt for a
Newton step (white box), or only sees the transcript (blind). Errors are measured where W's examples see them.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from proofs_check.commands import options as convert
from proofs_check.commands.options import whole_number
from proofs_check.commands.output import console_for_output, new_table, progress, write_json
from proofs_check.commands.plots.figure import save_figure
from proofs_check.commands.plots.helpers import draw
from proofs_check.commands.reading import add_reading, print_read, read_two
from proofs_check.errors import InputError
from proofs_check.ledger.report import versions
from proofs_check.predictions.helpers import CompanyRow, compare_helpers
from proofs_check.predictions.pair import AgentSummary, agent_of
from proofs_check.terminal.exits import Exit
from proofs_check.terminal.words import counted

__all__ = ["add_options", "run_helpers"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``helpers``."""
    parser.add_argument("--main", required=True, metavar="W.csv", help="examples of the main agent W, who moves second")
    parser.add_argument("--helper", required=True, metavar="U.csv", help="examples of the helper U, who moves first")
    parser.add_argument(
        "--eta-w", type=convert.exact_step_size, metavar="X", help="step size of W (default 1/lambda_max)"
    )
    parser.add_argument(
        "--eta-u", type=convert.exact_step_size, metavar="X", help="step size of U (default 1/lambda_max)"
    )
    parser.add_argument(
        "--damping", type=convert.step_size, default=1.0, metavar="A", help="of the Newton helper, in (0, 2); default 1"
    )
    parser.add_argument("--label", type=convert.names, metavar="COLUMN[,COLUMN]", help="label column, or W's and U's")
    parser.add_argument(
        "--features", type=convert.names, metavar="A,B,..", help="feature columns (default: the others)"
    )
    parser.add_argument(
        "--standardize", action="store_true", help="shift and scale every column of each file to mean 0, variance 1"
    )
    parser.add_argument(
        "--turns", type=whole_number(1), default=100_000, metavar="N", help="turns to follow at most (default 100000)"
    )
    parser.add_argument("--json", metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--plot", metavar="FILE", help="draw the turns in each company (png, svg, pdf)")
    add_reading(parser)
    parser.set_defaults(run=run_helpers)


def run_helpers(options: argparse.Namespace) -> int:
    """Read, predict, simulate, print; return the exit code."""
    if not options.damping < 2:
        raise InputError(f"--damping: must be in (0, 2), where a Newton helper converges; got {options.damping:g}")
    w, u = read_two(options, options.main, options.helper)
    console = console_for_output()
    print_read(console, *(table.described for table in (w, u)))
    (main, agent_w), (helper, agent_u) = agent_of(w, options.eta_w), agent_of(u, options.eta_u)
    exact = None if main.exact is None or helper.exact is None else (main.exact, helper.exact)
    _print_agents(console, main, helper)
    with progress(5, "turns are followed", 26) as done:
        rows = compare_helpers(agent_w, agent_u, damping=options.damping, turns=options.turns, exact=exact, doing=done)
    _print_rows(console, rows)
    verdicts = {row.verdict for row in rows}
    outcome = next(word for word in ("differs", "unknown", "agrees") if word in verdicts)
    console.print(_SAID[outcome])
    if options.plot:
        save_figure(draw(rows), options.plot)
        console.print(f"Plot written to {options.plot}")
    if options.json:
        data = {
            "versions": versions(),
            "read": [table.described for table in (w, u)],
            "rows": [asdict(row) for row in rows],
            "confirmed": outcome == "agrees",
        }
        write_json(options.json, data)
    return CODES[outcome]


_SAID = {
    "agrees": "The simulations confirm the predictions.",
    "differs": "The simulations do not confirm the predictions.",
    "unknown": "Undecided: of a row marked UNKNOWN nothing was shown; rounding could explain what was seen. "
    "Columns of one scale (--standardize) or fewer features help.",
}
CODES = {"agrees": Exit.HOLDS, "differs": Exit.FALLS_SHORT, "unknown": Exit.UNDECIDED}
#: The word for a row.
_WORDS = {"agrees": "agrees", "differs": "DIFFERS", "unknown": "UNKNOWN", "no claim": ""}


def _print_agents(console: Console, main: AgentSummary, helper: AgentSummary) -> None:
    for name, agent in (("Main agent W", main), ("Helper U", helper)):
        console.print(
            f"{name}: {Path(agent.table.path).name}, {counted(len(agent.table.y), 'example')} of rank {agent.rank} of "
            f"{agent.table.X.shape[1]}, eigenvalues {agent.smallest:.3g} to {agent.largest:.3g}, "
            f"step {agent.step_size:.4g}.",
            highlight=False,
        )


def _print_rows(console: Console, rows: list[CompanyRow]) -> None:
    headings = ("company", "predicted", "simulated", "", "theorem")
    table = new_table(*headings, title="Turns to 1e-6 of the first error", left=(0, 3, 4))
    for row in rows:
        found = _counted(row, row.simulated, row.left_simulated)
        table.add_row(row.name, _predicted(row), found, _WORDS[row.verdict], row.theorem)
    console.print(table)
    exact = [row.name for row in rows if row.exact]
    if exact:
        console.print(f"Followed in exact rationals: {', '.join(exact)}.")


def _predicted(row: CompanyRow) -> str:
    if row.at_most:
        return "no bound" if row.predicted is None else f"at most {row.predicted}"
    return _counted(row, row.predicted, row.left_predicted)


def _counted(row: CompanyRow, turns: int | None, left: float | None) -> str:
    if turns is not None:
        return str(turns)
    return f"never; keeps {left:.6g}" if row.rests else f"{left:.3g} after {row.followed}"
