"""Sweeps: two agents simulated over a labelled grid of any size, as an ``xarray.Dataset``.

Every point draws its own geometry from its own labels, runs it, and is compared with what linear algebra predicts. The
work is done in chunks, in parallel, and written as it goes; a sweep that was killed goes on where it was. Results do
not depend, in any bit, on chunks, workers, schedulers or interruptions.

Needs the extra ``sweep``: xarray, dask, distributed, Zarr and threadpoolctl are imported when a sweep is made.

>>> from numerics.sweeps.sweep import sweep
>>> ds = sweep({"angle": [0.0, 90.0, 180.0], "step": [0.5, 1.0], "d": 2, "n": 6}, turns=2000)
>>> ds["verdict"].dims
('angle', 'step')
>>> bool((ds["prediction_error"] < 1e-9).all())
True
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from numerics.environment import computing_versions, git_state, needs_extra, now, versions
from numerics.errors import OptionError, SweepStoreError
from numerics.sweeps.evaluate import SweepPlan
from numerics.sweeps.grid import Grid
from numerics.sweeps.points import Points
from numerics.sweeps.settings import check_grid
from numerics.sweeps.store import Cutting, Lock, Store, add_history, create, different, history, stored_attributes
from numerics.sweeps.variables import Observable, observables_of
from numerics.sweeps.workers import progress_bar, run_chunks, worker_count
from numerics.validation import Array, choice, count

if TYPE_CHECKING:
    import xarray

__all__ = ["open_sweep", "sweep"]

#: Largest number of points of a sweep that is returned in memory.
_IN_MEMORY = 2**24


def sweep(
    grid: Mapping[str, object],
    *,
    turns: int = 200,
    store: str | Path | None = None,
    tolerance: float = 1e-6,
    draws: Literal["independent", "common"] = "independent",
    engine: Literal["numpy", "auto", "numba"] = "numpy",
    pair: Callable[[Points], object] | None = None,
    parameters: Callable[[Mapping[str, Array]], Mapping[str, object]] | None = None,
    observables: Mapping[str, Callable[..., Any] | Observable] | Sequence[Observable] | None = None,
    scheduler: Any = "threads",
    workers: int | None = None,
    chunk: int | None = None,
    progress: bool = False,
) -> xarray.Dataset:
    """Simulate two agents at every point of a grid.

    Parameters
    ----------
    grid : mapping of str to array_like
        Label to distinct numbers, which make an axis, or to one number for all points. Labels: ``angle`` between the
        targets in degrees; ``step``, ``step_w``, ``step_u``: step size times the largest eigenvalue of the own Gram
        matrix; ``d``; ``n`` or ``n_over_d``; ``rank``; ``kernel_dim`` of the common kernel; ``condition``; ``seed``
        for replicates; ``damping``: U is a Newton helper; ``gain``: W is a blind attacker. Your own labels need `pair`
        or `parameters`. Defaults: see :mod:`numerics.sweeps.settings`.
    turns : int
        Length of every run, >= 1; runs start at zero.
    store : path, optional
        Zarr store to write, or to go on with. Without it the sweep is returned in memory.
    tolerance : float
        A run has settled when it has kept at most this share of its distance from the equilibrium, in (0, 1).
    draws : {"independent", "common"}
        Whether each point draws its own random numbers, or points with the same ``seed`` share them.
    engine : {"numpy", "auto", "numba"}
        What simulates.
    pair : callable, optional
        Makes the pair: takes :class:`~numerics.sweeps.points.Points`, m of them, and returns an
        :class:`~numerics.interaction.interaction.Interaction`, or (W, U), of batch shape (m,).
    parameters : callable, optional
        Maps coordinates, label to (m,) array, to standard parameters, each a number or (m,).
    observables : mapping or sequence, optional
        Further variables: names to functions of an :class:`~numerics.sweeps.outcome.Outcome` that return (m,) arrays,
        or :class:`~numerics.sweeps.variables.Observable` for units, codes, other shapes and several variables.
    scheduler : {"threads", "processes"} or dask.distributed.Client
        A client's workers must see the store at the same path. Threads start at once; processes take seconds, then
        are half as fast again for small d, and need a script to have the usual ``if __name__ == "__main__":``.
    workers : int, optional
        Threads or processes, at most the number of cores, which is the default.
    chunk : int, optional
        Points of a chunk, roughly. A store that exists keeps its own.
    progress : bool
        Show a progress bar on standard error, on a terminal only.

    Returns
    -------
    xarray.Dataset
        Dimensions are the axes of the grid. ``residual_w``, ``residual_u`` (from the drawn targets; infinite for a run
        that left double precision), ``rate``, ``prediction_error``, ``verdict`` (codes, see its ``flag_meanings``)
        and the observables. With `store` the data stay there and are read when they are used. Attributes tell
        configuration, versions, commit and times.

    Raises
    ------
    MissingExtraError
        Without the extra ``sweep``.
    OptionError, ShapeError, DTypeError, NonFiniteError
        For an argument that is out of bounds.
    SweepError
        When a point fails; it is named, and finished chunks are kept.
    SweepStoreError
        For a store of another configuration, or in use.

    Notes
    -----
    Every worker computes in one thread. Functions are compared by name and code on resuming, not by what they call.
    """
    _require_extra()
    checked = Grid.of(grid, own_labels=pair is not None or parameters is not None)
    plan = SweepPlan(
        turns=count("turns", turns, minimum=1),
        tolerance=_tolerance(tolerance),
        engine=choice("engine", engine, ("numpy", "auto", "numba")),  # type: ignore[arg-type]
        draws=choice("draws", draws, ("independent", "common")),
        pair=pair,
        parameters=parameters,
        observables=observables_of(observables, checked),
    )
    if pair is None and parameters is None:
        check_grid(checked)
    number = worker_count(scheduler, workers)
    size = None if chunk is None else count("chunk", chunk, minimum=1)
    if store is not None:
        path = _path(store)
        _carry_out(plan, checked, path, size, scheduler, number, progress)
        return open_sweep(path)
    if checked.size > _IN_MEMORY:
        raise OptionError(f"grid has {checked.size} points, too many to return in memory (2**24); pass store=")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.zarr"
        _carry_out(plan, checked, path, size, scheduler, number, progress)
        with open_sweep(path) as lazy:
            return lazy.load()


def open_sweep(store: str | Path) -> xarray.Dataset:
    """Open the store of a sweep, finished or not, without reading it; what is not computed yet is NaN or -1.

    Raises
    ------
    MissingExtraError, SweepStoreError
    """
    _require_extra()
    import xarray

    path = _path(store)
    if not path.exists():
        raise SweepStoreError(f"{path} does not exist; give the path that was passed to sweep() as store")
    attributes = stored_attributes(path)
    names: list[str] = list(json.loads(attributes["config"])["plan"]["variables"])
    found: xarray.Dataset = xarray.open_zarr(str(path), chunks={}, consolidated=False)[names]
    return found.assign_attrs(history=history(path))


def _carry_out(
    plan: SweepPlan, grid: Grid, path: Path, chunk: int | None, scheduler: Any, workers: int, progress: bool
) -> None:
    config = {"grid": grid.as_plain(), "plan": plan.as_plain(), "versions": computing_versions(plan.engine)}
    with Lock(path):
        if new := not path.exists():
            cutting = Cutting.of(grid.shape, _values_of(grid), chunk)
            create(path, grid, cutting, plan.variables, _attributes(plan, config, cutting))
        attributes = stored_attributes(path)
        if text := different(json.loads(attributes["config"]), json.loads(json.dumps(config))):
            raise SweepStoreError(
                f"store: {path} was begun with {text}; go on with the same configuration, or write to another store"
            )
        add_history(path, "begun" if new else "resumed")
        store = Store(path, Cutting(grid.shape, tuple(attributes["granule"]), tuple(attributes["chunk"])))
        with progress_bar(grid.size, progress) as on_points:
            run_chunks(plan, grid, store, scheduler=scheduler, workers=workers, on_points=on_points)


def _attributes(plan: SweepPlan, config: Mapping[str, Any], cutting: Cutting) -> dict[str, Any]:
    return {
        "title": "Two alternating agents over a grid of parameters",
        "source": "biased-equilibrium, numerics.sweep",
        "created": now(),
        "engine": plan.engine,
        "turns": plan.turns,
        "seed": json.dumps(config["grid"]["axes"].get("seed", config["grid"]["fixed"].get("seed", 0))),
        "versions": json.dumps(versions(plan.engine)),
        "git": json.dumps(git_state()),
        "config": json.dumps(config),
        "granule": list(cutting.granule),
        "chunk": list(cutting.chunk),
    }


def _values_of(grid: Grid) -> int:
    """Return how many numbers the evaluation of one point may hold, at the largest dimensions of the grid."""
    largest = {label: float(a.max()) for label, a in grid.axes.items()} | grid.fixed
    d = largest.get("d", 8)
    n = largest.get("n", largest.get("n_over_d", 2) * d)
    return int(4 * d * (n + 5 * d))


def _path(store: object) -> Path:
    if not isinstance(store, str | PathLike):
        raise OptionError(f"store is of type {type(store).__name__}; pass the path of a folder")
    return Path(store)


def _tolerance(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1:
        raise OptionError(f"tolerance must be a number in (0, 1), got {value!r}; the default is 1e-6")
    return float(value)


def _require_extra() -> None:
    with needs_extra("sweep", "sweeps need"):
        import dask  # noqa: F401
        import distributed  # noqa: F401
        import threadpoolctl  # noqa: F401
        import xarray  # noqa: F401
        import zarr  # noqa: F401
