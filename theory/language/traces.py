"""Numbers made of matrices: traces and inner products in one normal form, for all dimensions at once.

A trace is linear and does not change when its word is rotated or transposed; where a word is only one wide it falls
into factors, and those that are numbers come out. So every expression becomes a sum of words whose coefficients are
polynomials in traces, and two expressions with the same sum are equal in every dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import prod
from typing import Any

from sympy import Expr, MatMul, S, Trace, expand

from theory.language import words
from theory.language.nodes import Inner
from theory.language.words import Word, Words

__all__ = ["form", "mapped", "number", "vanishes"]


def _parts(word: Word) -> Iterator[Word]:
    """Cut a word where it is one wide."""
    start = 0
    for i in range(1, len(word)):
        if word[i].shape[0] == 1:
            yield word[start:i]
            start = i
    yield word[start:]


def _turned(word: Word) -> Iterator[Word]:
    """Every rotation of a word and of its transpose."""
    for way in (word, words.transposed(word)):
        yield from (way[i:] + way[:i] for i in range(len(way)))


@lru_cache(maxsize=4096)
def _name(letter: Any) -> str:
    return str(letter)


def _names(word: Word) -> tuple[str, ...]:
    return tuple(map(_name, word))


def _product(word: Word) -> Any:
    return MatMul(*word) if len(word) > 1 else word[0]


def _trace(word: Word, size: Any) -> Any:
    """The trace of a word of this size, by the least of its rotations; a product where it is one wide."""
    while len(word) > 1 and words.inverse_pair(word[-1], word[0]):
        word = word[1:-1]
    if not word:
        return size
    cut = next((i for i, letter in enumerate(word) if letter.shape[0] == 1), None)
    parts = [word] if cut is None else _parts(word[cut:] + word[:cut])
    return prod((Trace(_product(min(_turned(part), key=_names))) for part in parts), start=S.One)


def number(expr: Any) -> Expr:
    """Write the traces and inner products of a number in normal form."""
    if isinstance(expr, Inner):
        return number(Trace(expr.args[0].T * expr.args[1]))
    if isinstance(expr, Trace):
        return sum((c * _trace(word, expr.arg.shape[0]) for word, c in form(expr.arg).items()), start=S.Zero)
    if not expr.has(Trace, Inner) or not isinstance(expr, Expr):
        return expr
    return expr.func(*map(number, expr.args))


def form(expr: Any) -> Words:
    """Expand a matrix expression into words without numbers in them; coefficients are in normal form."""
    collected: list[Words] = []
    for word, c in words.words(expr).items():
        rest: Word = ()
        c = number(c)
        for part in _parts(word) if word else ():
            if part[0].shape[0] == 1 == part[-1].shape[1]:
                c *= _trace(part, 1)
            else:
                rest += part
        collected.append({rest: c})
    return words.summed(collected)


def vanishes(expr: Any) -> bool:
    """Whether a matrix expression or a number is zero in every dimension, whatever its letters are."""
    if getattr(expr, "is_MatrixExpr", False):
        return words.vanishes(expr) or not form(expr)
    return words.is_zero(expand(number(expr)))


def mapped(expr: Any, change: Callable[[Any], Any]) -> Any:
    """Apply `change` to the matrix in every trace of a number."""
    if isinstance(expr, Inner):
        expr = Trace(expr.args[0].T * expr.args[1])
    if isinstance(expr, Trace):
        return Trace(change(expr.arg))
    if not isinstance(expr, Expr) or not expr.has(Trace, Inner):
        return expr
    return expr.func(*(mapped(arg, change) for arg in expr.args))
