"""What is shown: one table of the comparison with the limits above it, and a small one for everything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tests.benchmarks.records import Comparison, Growth, Layer, Processes, Results

__all__ = ["comparison_table", "everything"]

LIMITS = {
    "fma_gflops": ("multiply-and-add, all threads", "GFLOP/s"),
    "dgemm_gflops": ("product of matrices, side 2048", "GFLOP/s"),
    "store_warm_one": ("stores, warm memory, one thread", "GB/s"),
    "store_fresh_one": ("stores, fresh memory, one thread", "GB/s"),
    "store_warm_all": ("stores, warm memory, all threads", "GB/s"),
    "store_fresh_all": ("stores, fresh memory, all threads", "GB/s"),
}
NOTES = """\
Seconds are medians; "/ ours" sets them beside "ours, auto" with fresh memory. GFLOP/s count the alternating
recursion, 4 d^2 a turn; GB/s count the trajectory's bytes. Everyone computes in float64 and was found equal to the
loop, within rounding errors, before it was timed.
"out=": the result is written into memory that is ready. "on AB": the map of a turn is formed inside the time, then
applied. "from agents": Gram matrices, moments and agents are made from X and y inside the time; for all other rows
they, or P and Q, are ready. Trajectories: ours geometry by geometry, batched peers turn by turn, as suits them best.
*: timed on the first geometries, as many as the number says, and scaled up. Compilation is outside the time."""


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    digits = 3 if seconds < 1e-3 else 2 if seconds < 1e-2 else 1 if seconds < 1e-1 else 0
    return f"{seconds * 1e3:,.{digits}f} ms"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def _table(title: str, headings: Iterable[str], *, left: int = 1) -> Table:
    table = Table(title=title, title_justify="left")
    for position, heading in enumerate(headings):
        table.add_column(heading, justify="left" if position < left else "right", no_wrap=True)
    return table


def _cells(record: Comparison | None) -> list[str]:
    """Time, ratio, rates of one row and task."""
    if record is None:
        return ["", "", "", ""]
    if not record.installed:
        return ["not installed", "", "", ""]
    star = "" if record.geometries_timed == record.geometries else f" *{record.geometries_timed}"
    return [
        _time(record.seconds) + star,
        _number(record.over_ours),
        _number(record.nominal_gflops),
        _number(record.written_gb_s),
    ]


def comparison_table(records: Sequence[Comparison], limits: dict[str, float | None], repeats: int) -> Table:
    """Make the table of the comparison; the limits of the machine head it."""
    headings = ("", "engine", "final", "/ ours", "GFLOP/s", "trajectory", "/ ours", "GFLOP/s", "GB/s")
    table = _table(f"Two alternating agents, medians of {repeats} interleaved rounds", headings, left=2)
    for key, (name, unit) in LIMITS.items():
        if key in limits:
            known = limits[key]
            rate = "not installed" if known is None else _number(known)
            place = ["", "", "", rate, "", "", rate] if unit == "GFLOP/s" else [""] * 7 + [rate]
            table.add_row(name, *place)
    for (d, geometries, turns), block in groupby(records, key=lambda r: (r.d, r.geometries, r.turns)):
        table.add_section()
        table.add_row(Text(f"d = {d}, {geometries:,} geometries, {turns:,} turns", style="bold"))
        found: dict[str, dict[str, Comparison]] = {}
        for record in block:
            found.setdefault(record.way, {})[record.task] = record
        order = {way: place for place, way in enumerate(found)}
        # Rows into memory that is ready follow the row of the same name.
        for way in sorted(found, key=lambda name: order.get(name.removesuffix(", out="), order[name])):
            tasks = found[way]
            engine = next((r.engine for r in tasks.values() if r.engine), None)
            final, trajectory = _cells(tasks.get("final")), _cells(tasks.get("trajectory"))
            table.add_row(way, engine or "", *final[:3], *trajectory)
    return table


def _growth(records: Sequence[Growth]) -> Iterable[Table]:
    for varied, block in groupby(records, key=lambda r: r.varied):
        table = _table(
            f"Ours, cost against {varied}",
            ("d", "n", "geometries", "turns", "final", "trajectory", "final, from agents"),
            left=0,
        )
        for r in block:
            sizes = (f"{value:,}" for value in (r.d, r.n, r.geometries, r.turns))
            table.add_row(*sizes, _time(r.final), _time(r.trajectory), _time(r.from_agents))
        yield table


def _layer(records: Sequence[Layer]) -> Table:
    table = _table(
        "One move of a batch",
        ("d", "n", "geometries", "full attention", "last column", "X^T(X w - y)", "S w - b", "forming S"),
        left=0,
    )
    for r in records:
        ways = (r.full_attention, r.last_column, r.two_products, r.gram, r.forming_gram)
        table.add_row(str(r.d), str(r.n), str(r.geometries), *(_time(seconds) for seconds in ways))
    return table


def _processes(record: Processes) -> Table:
    table = _table(f"Fresh processes, medians of {record.rounds} interleaved rounds", ("", "seconds"))
    table.add_row("import numpy", _time(record.import_numpy))
    table.add_row("import numerics, NumPy being loaded", _time(record.import_numerics))
    table.add_row("from numerics import Interaction, LSAAgent, Prompt", _time(record.import_names))
    table.add_row("ratio of that to import numpy", f"{record.import_ratio:.2f}")
    missing = "not installed" if record.first_run is None else None
    table.add_row("start of the process to the first compiled result", missing or _time(record.first_result))
    table.add_row("first compiled run alone, code cached on disk", missing or _time(record.first_run))
    return table


def everything(results: Results) -> RenderableType:
    """Lay out all that was measured."""
    parts: list[RenderableType] = [Text("\n".join(f"{key}: {value}" for key, value in results.environment.items()))]
    if results.comparison or results.limits:
        parts += [comparison_table(results.comparison, results.limits, results.repeats), Text(NOTES)]
    parts += _growth(results.growth)
    if results.layer:
        parts.append(_layer(results.layer))
    if results.processes:
        parts.append(_processes(results.processes))
    return Group(*parts)
