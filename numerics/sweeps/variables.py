"""The variables of a sweep: what is stored for every point, with units, meanings and codes.

A variable of codes carries ``flag_values`` and ``flag_meanings`` as the CF conventions have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.errors import OptionError
from numerics.sweeps.grid import PARAMETERS, Grid
from numerics.sweeps.outcome import VERDICTS
from numerics.validation import Array

if TYPE_CHECKING:
    from numerics.sweeps.outcome import Outcome

__all__ = ["BUILT_IN", "Observable", "Variable", "observables_of"]


@dataclass(frozen=True)
class Variable:
    """What is known about a variable before anything is computed.

    Attributes
    ----------
    long_name, units : str
    flags : tuple of str
        Meanings of the codes 0, 1, ...; empty for a quantity.
    shape : tuple of int
        Of the value at one point.
    """

    long_name: str
    units: str = "1"
    flags: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()

    @property
    def dtype(self) -> str:
        """Storage type: float64, or int8 for codes."""
        return "int8" if self.flags else "float64"

    @property
    def missing(self) -> float | int:
        """Stands for points that have not been computed."""
        return -1 if self.flags else float("nan")

    def attributes(self) -> dict[str, Any]:
        """Return the attributes that are stored with the data."""
        found: dict[str, Any] = {"long_name": self.long_name, "units": self.units}
        if self.flags:
            found |= {"flag_values": list(range(len(self.flags))), "flag_meanings": " ".join(self.flags)}
        return found


@dataclass(frozen=True)
class Observable:
    """A user's function of what happened, giving one or several variables.

    Attributes
    ----------
    function : callable
        Takes an :class:`~numerics.sweeps.outcome.Outcome` of m points; returns an array (m, ...), or a mapping of names
        to arrays when there are several variables.
    variables : mapping of str to Variable
        By name; of the one variable, or of all that the function returns.
    """

    function: Callable[[Outcome], Any]
    variables: Mapping[str, Variable] = field(default_factory=dict)

    def __call__(self, outcome: Outcome) -> dict[str, Array]:
        """Evaluate and check shapes; `TypeError` or `ValueError` for what does not fit the variables."""
        found = self.function(outcome)
        if not isinstance(found, Mapping):
            found = dict.fromkeys(self.variables, found) if len(self.variables) == 1 else {}
        if found.keys() != self.variables.keys():
            raise ValueError(f"the observable gave {sorted(found)}; expected {sorted(self.variables)}")
        arrays = {}
        for name, value in found.items():
            variable, array = self.variables[name], np.asarray(value)
            if array.shape != (len(outcome), *variable.shape) or array.dtype.kind not in "biuf":
                raise ValueError(
                    f"the observable {name} has shape {array.shape} and dtype {array.dtype}; expected real numbers of "
                    f"shape {(len(outcome), *variable.shape)}"
                )
            arrays[name] = array.astype(variable.dtype)
        return arrays


BUILT_IN: dict[str, Variable] = {
    "residual_w": Variable("distance of W from its target after its last move"),
    "residual_u": Variable("distance of U from its target after its last move"),
    "rate": Variable("spectral radius of one turn off the frozen directions"),
    "prediction_error": Variable("distance of both last states from the equilibrium of linear algebra"),
    "verdict": Variable("what becomes of the pair", flags=VERDICTS),
}


def observables_of(given: object, grid: Grid) -> tuple[Observable, ...]:
    """Return observables from a mapping of names to functions, or from a sequence of observables.

    Raises
    ------
    OptionError
        For anything else, and for names that are taken.
    """
    if given is None:
        return ()
    if isinstance(given, Mapping):
        given = [Observable(f, {name: Variable(name)}) if callable(f) else f for name, f in given.items()]
    if not isinstance(given, list | tuple) or not all(isinstance(one, Observable) and one.variables for one in given):
        raise OptionError("observables must map names to functions of an outcome, or be a sequence of Observable")
    taken = set(BUILT_IN) | set(PARAMETERS) | set(grid.axes) | set(grid.fixed)
    for one in given:
        for name in one.variables:
            if name in taken or not name.isidentifier():
                raise OptionError(f"observables has the name {name!r}, which is taken or not a name; choose another")
            taken.add(name)
    return tuple(given)
