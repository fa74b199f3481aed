"""What is measured, as data: the records behind the tables and the JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

__all__ = ["TASKS", "Comparison", "FormulaTiming", "Growth", "Layer", "Processes", "Results", "load"]

SCHEMA = 1
#: How the two values of ``keep`` are called.
TASKS = {"last": "final", "all": "trajectory"}


@dataclass(frozen=True)
class Comparison:
    """One way on one workload.

    Attributes
    ----------
    seconds : float or None
        Median of all rounds, scaled up to all geometries; None when it is not installed.
    geometries_timed : int
        How many geometries were run.
    samples : list of float
        Seconds of each round, not scaled.
    engine : str or None
        What computed it, for ours.
    over_ours : float or None
        How many times as long as ours takes by itself ("auto", fresh memory).
    worst_error, error_bound : float or None
        Largest distance from the loop, and what rounding explains.
    nominal_gflops, needed_gflops : float or None
        GFLOP/s, counting the alternating recursion, and counting what this way does.
    written_gb_s : float or None
        Bytes of the trajectory a second, in GB/s.
    """

    d: int
    n: int
    geometries: int
    turns: int
    task: str
    way: str
    installed: bool
    geometries_timed: int = 0
    seconds: float | None = None
    samples: list[float] = field(default_factory=list)
    engine: str | None = None
    over_ours: float | None = None
    worst_error: float | None = None
    error_bound: float | None = None
    nominal_gflops: float | None = None
    needed_gflops: float | None = None
    written_gb_s: float | None = None


@dataclass(frozen=True)
class Growth:
    """Median seconds of ours at one size, by itself and from the agents' data; `varied` names what changes."""

    varied: str
    d: int
    n: int
    geometries: int
    turns: int
    final: float
    trajectory: float
    from_agents: float


@dataclass(frozen=True)
class Layer:
    """Median seconds of one move of a batch, by four associations of the same products, and of forming S."""

    d: int
    n: int
    geometries: int
    full_attention: float
    last_column: float
    two_products: float
    gram: float
    forming_gram: float


@dataclass(frozen=True)
class Processes:
    """Seconds of fresh processes, medians: imports, and the way to a first compiled result with a warm cache on disk.

    Attributes
    ----------
    import_numpy, import_numerics, import_names : float
        NumPy; ``import numerics`` after it; and the names that a simulation needs, from NumPy on.
    import_ratio : float
        Median of the ratios, round by round, of the last of these to the first.
    first_result : float or None
        From the start of the program, imports included, to the first compiled result; None without Numba.
    first_run : float or None
        Of the first run alone, imports excluded.
    engine : str or None
        What computed it.
    """

    rounds: int
    import_numpy: float
    import_numerics: float
    import_names: float
    import_ratio: float
    first_result: float | None
    first_run: float | None
    engine: str | None


@dataclass(frozen=True)
class FormulaTiming:
    """Median seconds of one formula, ours and by hand, and medians of ratios.

    Attributes
    ----------
    id : str
        The formula.
    d, geometries : int
        Dimension, and how many geometries one call evaluates.
    kind : str
        ``numpy``, ``exact`` or ``exact solve``.
    ours, by_hand : float
        Seconds.
    ratio : float
        How many times the time by hand ours takes.
    unchecked : float or None
        How many times that time ours takes without checks.
    other : float or None
        Seconds of lambdify, for what it can evaluate.
    note : str
        What is to be known of `other`, or of what is written by hand.
    """

    id: str
    d: int
    geometries: int
    kind: str
    ours: float
    by_hand: float
    ratio: float
    unchecked: float | None
    other: float | None
    note: str


@dataclass
class Results:
    """Everything that one command measured; parts that were not asked for are empty."""

    environment: dict[str, str]
    repeats: int
    limits: dict[str, float | None] = field(default_factory=dict)
    comparison: list[Comparison] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)
    layer: list[Layer] = field(default_factory=list)
    processes: Processes | None = None
    formulas: list[FormulaTiming] = field(default_factory=list)

    def dump(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(
            json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, allow_nan=False) + "\n", encoding="utf-8"
        )


def load(path: Path) -> Results:
    """Read what :meth:`Results.dump` wrote.

    Raises
    ------
    SystemExit
        When the file is missing, is not JSON, or is of another schema.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise SystemExit(
            f"{path} cannot be read ({error}); make it with python -m tests.benchmarks --json {path}"
        ) from error
    schema = data.pop("schema", None) if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise SystemExit(
            f"{path} has schema {schema!r}, expected {SCHEMA}; make it anew with python -m tests.benchmarks"
        )
    data["comparison"] = [Comparison(**record) for record in data["comparison"]]
    data["growth"] = [Growth(**record) for record in data["growth"]]
    data["layer"] = [Layer(**record) for record in data["layer"]]
    data["processes"] = Processes(**data["processes"]) if data["processes"] else None
    data["formulas"] = [FormulaTiming(**record) for record in data["formulas"]]
    return Results(**data)
