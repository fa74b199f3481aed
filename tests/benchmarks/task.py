"""One way to run a workload, ready to be timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal, Protocol

from numerics.validation import Array
from tests.benchmarks.workload import Keep, Workload

__all__ = ["Kind", "Maker", "Row", "Task"]

#: Ours; ours from X and y; the two moves in turn; or the map of one turn, formed inside the time, then applied.
Kind = Literal["ours", "from agents", "alternating", "affine"]


@dataclass(frozen=True)
class Task:
    """A run of fixed length.

    Attributes
    ----------
    run : callable
        Returns the result once it is ready; this is what is timed.
    states : callable
        Turns a result into the kept states of w, (geometries, kept, d).
    geometries : int
        How many of the workload's geometries are run: the first ones.
    engine : callable, optional
        Tells from a result of ours what computed it.
    """

    run: Callable[[], Any]
    states: Callable[[Any], Array]
    geometries: int
    engine: Callable[[Any], str] | None = None


class Maker(Protocol):
    """Makes the task of a workload: inputs are put in the form that suits it best, outside the time."""

    def __call__(self, work: Workload, turns: int, keep: Keep) -> Task:
        """Return the task."""
        ...


@dataclass(frozen=True)
class Row:
    """One way to run the recursion.

    Attributes
    ----------
    name : str
    make : Maker
    kind : {"ours", "from agents", "alternating", "affine"}
    needs : str, optional
        The module that must be installed.
    into : bool
        Writes into memory that is ready beforehand: timed for trajectories only.
    """

    name: str
    make: Maker
    kind: Kind
    needs: str | None = None
    into: bool = False

    @property
    def installed(self) -> bool:
        """Whether the module that it needs is there."""
        return self.needs is None or find_spec(self.needs) is not None
