"""Values of what a derivation defines that can be said in words as well: an expression, iterates, a slope.

A definition by one of these says what its symbol is; what the derivation claims of the symbol is then shown, not meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from theory.values.dense import Dense
from theory.values.instance import Instance

__all__ = ["Described", "Iterate", "Slope", "Written"]


@dataclass(frozen=True)
class Written:
    """The value of an expression.

    Attributes
    ----------
    expr : expression
        What is meant by the symbol.
    """

    expr: Any

    def __call__(self, at: Instance) -> Dense:
        """Evaluate it."""
        return at(self.expr)

    @property
    def symbols(self) -> set[Any]:
        """What the value depends on."""
        return set(self.expr.free_symbols)


@dataclass(frozen=True)
class Iterate:
    """What is read off a state that has been moved a number of times.

    Attributes
    ----------
    state : MatrixSymbol
        Stands for the state in `moves`, `image` and `result`.
    start : expression
        The first state.
    image : expression
        The next state.
    count : expression
        How often it is moved.
    result : expression
        What is asked for, of the state that is reached.
    moves : tuple of (symbol, expression)
        What happens on the way to the next state, in order; `image` may speak of these symbols.
    turn : Symbol, optional
        Stands in `image` for the number of moves made before.
    """

    state: Any
    start: Any
    image: Any
    count: Any
    result: Any
    moves: tuple[tuple[Any, Any], ...] = ()
    turn: Any = None

    def __call__(self, at: Instance) -> Dense:
        """Move, and read off the result."""
        state = at(self.start)
        for number in range(at.integer(self.count)):
            here = at.with_value(self.state, state)
            if self.turn is not None:
                here = here.with_count(self.turn, number)
            for symbol, expr in self.moves:
                here.values[symbol] = here(expr)
            state = here(self.image)
        return at.with_value(self.state, state)(self.result)

    @property
    def symbols(self) -> set[Any]:
        """What the value depends on."""
        bound = {self.state, self.turn, *(symbol for symbol, _ in self.moves)}
        inside = {x for expr in (self.image, self.result, *(e for _, e in self.moves)) for x in expr.free_symbols}
        return (inside - bound) | set(self.start.free_symbols) | set(self.count.free_symbols)


@dataclass(frozen=True)
class Slope:
    """The derivative of a polynomial map of degree at most four, by differences, which are exact for it.

    Attributes
    ----------
    of : expression
        The image of a vector.
    along : MatrixSymbol
        The vector.
    point : expression
        Where the derivative is taken.
    """

    of: Any
    along: Any
    point: Any

    def __call__(self, at: Instance) -> Dense:
        """Take central differences of steps one and two in every direction."""
        point = at(self.point)
        columns = []
        for e in Dense.eye(point.shape[0], at.domain).columns():
            one, two = (_apart(self._images(at, point, e.scale(Dense.number(i, at.domain)))) for i in (1, 2))
            columns.append(one.scale(Dense.number(8, at.domain)) - two)
        return Dense.hstack(columns).over(at.domain.convert(12))

    def _images(self, at: Instance, point: Dense, step: Dense) -> Iterator[Dense]:
        for there in (point + step, point - step):
            yield at.with_value(self.along, there)(self.of)

    @property
    def symbols(self) -> set[Any]:
        """What the value depends on."""
        return set(self.of.free_symbols) | set(self.point.free_symbols)


def _apart(ends: Iterator[Dense]) -> Dense:
    ahead, behind = ends
    return ahead - behind


Described: TypeAlias = Written | Iterate | Slope
