"""What ``proofs-check identify --with`` says about a pair: where it will rest, and whether a run agrees.

Also the words of ``identify``: intervals, p-values, directions, and the exit code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import Any

import numpy as np
from rich.console import Console

from numerics import EffectiveAgent, NumericsError, PairPrediction, predict_pair
from numerics.identification.rounding import find_rounding
from numerics.validation import Array
from proofs_check.commands.output import new_table, plain_numbers
from proofs_check.commands.reading import reading_of
from proofs_check.errors import InputError
from proofs_check.inputs.transcripts import TranscriptTable, check_order, read_transcript

__all__ = ["RISK", "Outcome", "clean", "directions", "interval", "read_run", "report_pair", "said_p", "vector_text"]

#: A test fails below this p-value.
RISK = 0.01


@dataclass
class Outcome:
    """What decides the exit code of ``identify``.

    Attributes
    ----------
    failed, open : list of str
        What contradicts the model or the prediction; what is not determined.
    """

    failed: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """Exit code: 1, 3 or 0."""
        return 1 if self.failed else 3 if self.open else 0


def interval(limits: Any) -> str:
    """Write an interval, its ends rounded outwards to a hundredth of its width; one that is unbounded is unknown."""
    low, high = (float(x) for x in limits)
    if math.isinf(low) or math.isinf(high):
        return "unknown"
    size, width = max(abs(low), abs(high)), high - low
    digits = 12 if size >= 1e10 * width else max(5, 2 + math.ceil(math.log10(size / width)))
    ends = (
        Context(prec=digits, rounding=rounding).create_decimal_from_float(end)
        for end, rounding in ((low, ROUND_FLOOR), (high, ROUND_CEILING))
    )
    return " to ".join(f"{float(end):.{digits}g}" for end in ends)


def said_p(value: float | None) -> str:
    """Write what a p-value says."""
    if value is None:
        return "not tested"
    word = "no" if value < RISK else "nothing against it"
    return f"{word}, p {'< 1e-6' if value < 1e-6 else f'= {value:.2g}'}"


def clean(vector: Array) -> Array:
    """Return the vector without entries that are rounding errors."""
    return np.where(abs(vector) <= 1e-13 * abs(vector).max(), 0.0, vector)


def vector_text(vector: Array) -> str:
    """Write a vector in three digits."""
    return ", ".join(f"{0.0 if abs(x) < 5e-7 else x:.3g}" for x in vector)


def directions(basis: Array) -> str:
    """Write the columns of a basis."""
    return "; ".join(f"({vector_text(column)})" for column in basis.T)


#: What may be left of the distance to the equilibrium before the compared part of a run.
SETTLED = 0.02


def report_pair(
    console: Console,
    outcome: Outcome,
    table: TranscriptTable,
    agents: tuple[EffectiveAgent, EffectiveAgent],
    run: TranscriptTable | None,
    options: Any,
) -> dict[str, Any]:
    """Predict the pair, print that, compare with the run if there is one; return the numbers.

    Parameters
    ----------
    console : Console
        Where to print.
    outcome : Outcome
        Takes what fails and what is not determined.
    table : TranscriptTable
        That of W, for the names of the weights.
    agents : pair of EffectiveAgent
        W and U.
    run : TranscriptTable or None
        What the two did.
    options : Namespace
        With `start` and `decimals`.
    """
    if options.start is not None and options.start.shape != (table.d,):
        raise InputError(f"--start has {len(options.start)} entries, but the agents have {table.d} weights")
    try:
        pair = predict_pair(*agents, options.start)
    except NumericsError as error:
        outcome.open.append(f"the pair: {error}")
        return {"determined": False, "why": str(error)}
    observed = (run.outputs, run.inputs) if run else None
    late = len(observed[0]) // 2 if observed else 1
    converging = pair.rate < 1
    shown = pair.observed(late) if converging else None
    last = (f"average of {late}", "observed") if observed else ("one state shows",)
    grid = new_table("", "rests at", "95 % interval", *last, title="The pair, predicted")
    means = [rows[-late:].mean(axis=0) for rows in observed] if observed else None
    for k, (agent, at, limits) in enumerate(zip("WU", (pair.w, pair.u), pair.intervals(), strict=True)):
        for i, weight in enumerate(table.names):
            row = [f"{agent}'s weight {weight}", f"{at[i]:.6g}", interval(limits[i])]
            row.append(interval(shown[k][i]) if shown else "")
            grid.add_row(*row, *([f"{means[k][i]:.6g}"] if means else []))
    console.print(grid)
    low, high = pair.rate_interval()
    console.print(
        f"Rate {pair.rate:.4g} a turn, {interval((low, high))}.\n"
        f"The pair converges in {pair.converges:.1%} of what the transcripts leave possible."
    )
    if not converging:
        outcome.open.append("the pair: as estimated it does not converge, so there is no plateau")
    elif not pair.determined:
        outcome.open.append("the pair: noise leaves open where it rests; probe with more rows or a wider spread")
    data = _pair_json(pair, late, shown)
    if pair.agent_w.fixed_points.unique and pair.agent_u.fixed_points.unique:
        data["residuals"], ranges = list(pair.residuals), pair.residual_intervals()
        data["residual_intervals"] = plain_numbers(ranges)
        said = [f"{agent} {at:.4g}, {interval(i)}" for agent, at, i in zip("WU", pair.residuals, ranges, strict=True)]
        console.print(f"Distance from its own target: {'; '.join(said)}.")
    if observed and means and converging:
        data["observed"] = [mean.tolist() for mean in means]
        unit = max(float(find_rounding(rows, rows, options.decimals).answers.max()) for rows in observed)
        _compare(console, outcome, pair, late, means, [rows[0] for rows in observed], unit)
    return data


def _compare(
    console: Console,
    outcome: Outcome,
    pair: PairPrediction,
    late: int,
    means: list[Array],
    first: list[Array],
    written: float,
) -> None:
    kept = _kept(pair, late)
    if kept > SETTLED:
        outcome.open.append(
            f"the run: {late} turns before its second half are too few for a pair of rate {pair.rate:.4g}"
        )
        return
    if not pair.determined:
        outcome.open.append("the run: any average lies where the transcripts allow it, so that it confirms nothing")
        return
    # All 2 d averages together, each at its share of the risk; what the start may have left, and the last decimal.
    limits = pair.observed(late, 1 - RISK / (2 * pair.d))
    left = kept * max(float(np.linalg.norm(x - at)) for x, at in zip(first, (pair.w, pair.u), strict=True))
    left += written / 2
    left += 1e-9 * (1 + float(abs(pair.w).max() + abs(pair.u).max()))
    inside = [(low[:, 0] - left <= mean) & (mean <= low[:, 1] + left) for low, mean in zip(limits, means, strict=True)]
    outside = 2 * pair.d - int(np.sum(inside))
    if outside:
        outcome.failed.append(f"the run: {outside} of {2 * pair.d} averages are not where they were predicted")
    else:
        console.print(f"The run confirms the prediction: all {2 * pair.d} averages are where they were predicted.")


def _kept(pair: PairPrediction, turns: int) -> float:
    """The largest share of a distance that so many turns leave: at first it may be far above that of the rate."""
    A, B = (agent.affine_map().matrix for agent in (pair.agent_w, pair.agent_u))
    return max(float(np.linalg.norm(np.linalg.matrix_power(turn, turns), 2)) for turn in (A @ B, B @ A))


def read_run(options: Any, table: TranscriptTable) -> TranscriptTable:
    """Read what a pair did, and check that it can be that of agents like this one."""
    path, d = options.pair_run, table.d
    run = read_transcript(path, reading_of(options))
    if run.d != d:
        raise InputError(f"{path}: has {2 * run.d} columns; a run of agents with {d} weights has {2 * d}: u_t, w_(t+1)")
    if len(run.inputs) < 2:
        raise InputError(f"{path}: has one turn; its second half is compared, so it needs at least two")
    check_order(table, run)
    return run


def _pair_json(pair: PairPrediction, late: int, shown: tuple[Array, Array] | None) -> dict[str, Any]:
    intervals = pair.intervals()
    return {
        "w": pair.w.tolist(),
        "u": pair.u.tolist(),
        "w_intervals": plain_numbers(intervals[0]),
        "u_intervals": plain_numbers(intervals[1]),
        "averaged": late,
        "w_shows": plain_numbers(shown[0]) if shown else None,
        "u_shows": plain_numbers(shown[1]) if shown else None,
        "rate": pair.rate,
        "rate_interval": plain_numbers(pair.rate_interval()),
        "converges": pair.converges,
        "determined": pair.determined,
    }
