"""The real attention layer in any array namespace, turn by turn: the products of :mod:`numerics.agents.layer`.

Tokens and matrices are laid out as there: blocks of heights d, 1, d, 1; examples ``(x; y; 0; 0)`` first, the iterate
``(0; 0; w; 1)`` last. Only functions of the array API standard (2023.12), nothing written in place.
"""

from __future__ import annotations

from typing import Any

from numerics.arrays.turns import finite, first_overflow
from numerics.errors import Overflow
from numerics.validation import broadcast_batches

__all__ = ["ArrayLayer", "take_turns"]


class ArrayLayer:
    """An agent's prompt as tokens, with the value and key-query matrices of its gradient-step layer.

    Parameters
    ----------
    xp : namespace
        That of the arrays.
    X, y, step : (..., n, d), (..., n) and (...) array
        Examples, labels and step size, batch axes broadcast.

    Attributes
    ----------
    examples : (..., 2 d + 2, n) array
        The example tokens.
    V, K : (..., 2 d + 2, 2 d + 2) array
        Value and key-query matrix.
    """

    def __init__(self, xp: Any, X: Any, y: Any, step: Any) -> None:
        self._xp, self.n = xp, X.shape[-2]
        d = X.shape[-1]
        self.d = d
        batch = broadcast_batches(X=X.shape[:-2], y=y.shape[:-1])
        blocks = (xp.matrix_transpose(X), y[..., None, :])
        top = xp.concat([_spread(xp, a, batch) for a in blocks], axis=-2)
        self.examples = xp.concat([top, xp.zeros_like(top)], axis=-2)
        # Made from an array that is there, the constants are where it is, whatever kind of device that be.
        ones = xp.broadcast_to(xp.ones_like(X[(*(0,) * (X.ndim - 1), ...)]), (d, d))
        unit, column, self._one = xp.tril(xp.triu(ones)), xp.zeros_like(ones[:, :1]), ones[:1, :1]
        row, corner = xp.matrix_transpose(column), xp.zeros_like(self._one)
        self._zeros = xp.concat([column, corner], axis=-2)
        # Each matrix differs from zero in one quarter of d + 1 rows and columns.
        value = _blocks(xp, [[unit, column], [row, corner]])
        key = _blocks(xp, [[unit, column], [row, -self._one]])
        none = xp.zeros_like(value)
        self.K = _blocks(xp, [[none, key], [none, none]])
        self.V = -step[..., None, None] * _blocks(xp, [[none, none], [value, none]])

    def update(self, w: Any) -> Any:
        """Return the next iterate (..., 1, d): the iterate block of the last column of ``Z + V Z (Z^T K Z) / n``."""
        xp, d = self._xp, self.d
        batch = broadcast_batches(w=w.shape[:-2], agent=self.examples.shape[:-2])
        parts = (self._zeros, xp.matrix_transpose(w), self._one)
        last = xp.concat([_spread(xp, part, batch) for part in parts], axis=-2)
        Z = xp.concat([_spread(xp, self.examples, batch), last], axis=-1)
        scores = xp.matrix_transpose(Z) @ (self.K @ last) / self.n
        column = last + self.V @ (Z @ scores)
        return xp.matrix_transpose(column[..., d + 1 : 2 * d + 1, :])


def _spread(xp: Any, array: Any, batch: tuple[int, ...]) -> Any:
    return xp.broadcast_to(array, (*batch, *array.shape[-2:]))


def _blocks(xp: Any, rows: list[list[Any]]) -> Any:
    return xp.concat([xp.concat(row, axis=-1) for row in rows], axis=-2)


def take_turns(
    xp: Any, second: ArrayLayer, first: ArrayLayer, start: Any, turns: int, *, keep_all: bool, careful: bool
) -> tuple[Any, Any]:
    """Let W (`second`) and U (`first`) alternate, U first.

    Parameters
    ----------
    xp : namespace
        That of the arrays.
    second, first : ArrayLayer
        The agents W and U.
    start : (..., 1, d) array
        Starts, already broadcast to the full batch shape.
    turns : int
        Number of turns, >= 1.
    keep_all : bool
        Keep every state rather than the last.
    careful : bool
        Test every answer, reading a truth value each.

    Returns
    -------
    w, u : array
        (..., turns + 1, d) and (..., turns, d), or (..., 1, d) each.

    Raises
    ------
    Overflow
        Only when careful: an answer is not finite.
    """
    states, following = [start], start
    between: list[Any] = []
    for t in range(turns):
        answer = first.update(following)
        following = second.update(answer)
        if careful and not bool(finite(xp, answer, following)):
            raise Overflow(first_overflow(xp, xp.concat([answer, following], axis=-2)).geometry, t + 1)
        if not keep_all:
            states, between = [], []
        states.append(following)
        between.append(answer)
    return xp.concat(states, axis=-2), xp.concat(between, axis=-2)
