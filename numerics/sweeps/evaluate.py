"""From grid points to numbers: draw, simulate, predict, judge, observe; a granule at a time.

Whatever fails is reported with the point at which it failed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any, Literal

import numpy as np

from numerics.errors import DivergenceError, SweepError
from numerics.sweeps.agents import given_players, make_players
from numerics.sweeps.geometry import draw
from numerics.sweeps.outcome import Outcome, linear
from numerics.sweeps.points import Points
from numerics.sweeps.settings import Settings, settings
from numerics.sweeps.variables import BUILT_IN, Observable, Variable
from numerics.validation import Array

__all__ = ["SweepPlan", "evaluate"]


@dataclass(frozen=True)
class SweepPlan:
    """How every point is evaluated.

    Attributes
    ----------
    turns : int
    tolerance : float
    engine : {"numpy", "auto", "numba"}
        Of the simulation.
    draws : {"independent", "common"}
    pair, parameters : callable or None
        The user's functions.
    observables : tuple of Observable
    """

    turns: int
    tolerance: float
    engine: Literal["numpy", "auto", "numba"]
    draws: str
    pair: Callable[[Points], object] | None
    parameters: Callable[[Mapping[str, Array]], Mapping[str, object]] | None
    observables: tuple[Observable, ...]

    @property
    def variables(self) -> dict[str, Variable]:
        """Everything that is stored, by name."""
        return BUILT_IN | {name: v for one in self.observables for name, v in one.variables.items()}

    def as_plain(self) -> dict[str, Any]:
        """Return the plan as plain data; functions by name and a digest of their code."""
        return {
            "turns": self.turns,
            "tolerance": self.tolerance,
            "engine": self.engine,
            "draws": self.draws,
            "pair": _function(self.pair),
            "parameters": _function(self.parameters),
            "observables": [_function(one.function) for one in self.observables],
            "variables": {
                name: {"dtype": v.dtype, "shape": list(v.shape), **v.attributes()} for name, v in self.variables.items()
            },
        }


def evaluate(plan: SweepPlan, points: Points) -> dict[str, Array]:
    """Return every variable of the plan at m points, (m, ...).

    Raises
    ------
    SweepError
        Names the point, and what happened there.
    """
    try:
        return _evaluate(plan, points)
    except Exception as error:
        for i in range(len(points)) if len(points) > 1 else ():
            try:
                _evaluate(plan, points.subset(slice(i, i + 1)))
            except Exception as at_point:
                raise SweepError(_reason(f"the point {points.describe(i)}", at_point)) from at_point
        span = f"the point {points.describe(0)}"
        if len(points) > 1:
            span = f"one of {len(points)} points from {points.describe(0)} to {points.describe(len(points) - 1)}"
        raise SweepError(_reason(span, error)) from error


def _reason(where: str, error: Exception) -> str:
    return (
        f"the sweep stopped at {where}: {type(error).__name__}: {error}. Finished chunks are kept; mend the cause, or "
        f"leave the point out of a new grid"
    )


def _evaluate(plan: SweepPlan, points: Points) -> dict[str, Array]:
    if plan.pair is not None:
        return _run(plan, points, None)
    found = settings(points, plan.parameters)
    groups = list(found.groups())
    if len(groups) == 1:
        return _run(plan, points, found)
    result = {name: np.empty((len(points), *v.shape), v.dtype) for name, v in plan.variables.items()}
    for group in groups:
        for name, values in _run(plan, points.subset(group), found.subset(group)).items():
            result[name][group] = values
    return result


def _run(plan: SweepPlan, points: Points, found: Settings | None) -> dict[str, Array]:
    try:
        outcome = _outcome(plan, points, found, simulated=True)
    except DivergenceError:
        if len(points) == 1:
            outcome = _outcome(plan, points, found, simulated=False)
        else:
            # One run of a batch left double precision: halves, until it is alone.
            middle = len(points) // 2
            halves = (np.arange(middle), np.arange(middle, len(points)))
            parts = [_run(plan, points.subset(h), None if found is None else found.subset(h)) for h in halves]
            return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    result = {
        "residual_w": outcome.residual(outcome.w, outcome.w_star),
        "residual_u": outcome.residual(outcome.u, outcome.u_star),
        "rate": np.full(len(points), np.nan) if outcome.linear is None else outcome.linear.rate,
        "prediction_error": outcome.prediction_error,
        "verdict": outcome.verdict.astype(BUILT_IN["verdict"].dtype),
    }
    for observable in plan.observables:
        result |= observable(outcome)
    return result


def _outcome(plan: SweepPlan, points: Points, found: Settings | None, *, simulated: bool) -> Outcome:
    geometry = None
    if found is None:
        assert plan.pair is not None
        players = given_players(plan.pair(points), len(points))
    else:
        geometry = draw(points, found)
        players = make_players(geometry, found)
    d = players.pair.d
    start = players.start[:, :d]
    if simulated:
        run = players.pair.simulate(start, plan.turns, keep="last", engine=plan.engine)
        w, u = run.w_last, run.u_last
    else:
        w = u = np.full(start.shape, np.nan)
    return Outcome(
        points=points,
        pair=players.pair,
        geometry=geometry,
        settings=found,
        turns=plan.turns,
        tolerance=plan.tolerance,
        w=w,
        u=u,
        w_star=players.w_star,
        u_star=players.u_star,
        linear=None if players.maps is None else linear(players.maps, players.start, d, players.size),
    )


def _function(function: Any) -> str | None:
    """Name a function so that a changed one is noticed; what it calls or closes over is not seen."""
    if function is None:
        return None
    code = getattr(function, "__code__", None)
    name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__qualname__)}"
    return name if code is None else f"{name}#{hashlib.blake2b(_code(code), digest_size=8).hexdigest()}"


def _code(code: CodeType) -> bytes:
    # The order of a set of constants changes from process to process.
    plain = [sorted(map(repr, c)) if isinstance(c, frozenset) else c for c in code.co_consts]
    inner = [_code(c) if isinstance(c, CodeType) else repr(c).encode() for c in plain]
    return b"|".join([code.co_code, repr(code.co_names).encode(), *inner])
