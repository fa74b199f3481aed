"""Means over random matrices: their value by pairing the random factors of every word, for all dimensions.

The mean of a product of jointly normal numbers of mean zero is the sum, over all ways to pair them, of the products of
the covariances of the pairs. Two factors of a matrix with independent normal rows that are paired join what stands at
their row sides directly and what stands at their column sides through the covariance: a word becomes another word,
times the traces of what closes.

On an instance a mean is computed entry by entry instead: :mod:`theory.values.means`.

Source: L. Isserlis, Biometrika 12 (1918) 134.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product
from math import prod
from typing import Any

from sympy import Add, Basic, Expr, Identity, MatMul, MatrixExpr, Mul, S, Trace, Transpose, expand

from theory.errors import DerivationError
from theory.language import traces, words
from theory.language.words import Word, Words
from theory.values.dense import Dense
from theory.values.instance import Instance
from theory.values.means import Moments, entrywise_mean

__all__ = ["Gaussian", "Law", "mean", "paired"]


class Law(Basic):  # type: ignore[misc]
    """A random matrix of mean zero: entries (i, j) and (k, l) have covariance ``rows[i, k] * columns[j, l]``.

    Nothing more is known of it, so that no mean of three factors or more can be taken.
    """

    def __new__(cls, letter: Any, rows: Any, columns: Any) -> Any:
        """Say the law of `letter`."""
        return Basic.__new__(cls, letter, rows, columns)

    called = ""
    letter = property(lambda self: self.args[0])
    rows = property(lambda self: self.args[1])
    columns = property(lambda self: self.args[2])
    most = 2

    def _latex(self, printer: Any) -> str:
        covariance = self._covariance(printer, r"\otimes")
        return rf"{printer._print(self.letter)} \sim {self.called}({covariance})"

    def _plain(self, printer: Any) -> str:
        called = self.called.removeprefix(r"\mathcal ")
        return f"{printer._print(self.letter)} ~ {called}({self._covariance(printer, 'x')})"

    def _covariance(self, printer: Any, times: str) -> str:
        sides = [printer._print(side) for side in (self.rows, self.columns) if side != Identity(1)]
        return f"0, {f' {times} '.join(sides)}"


class Gaussian(Law):
    """A random matrix with jointly normal entries: all its moments follow from the covariances."""

    called = r"\mathcal N"
    most = 10**6


class _Mean:
    """The mean of an expression over independent random matrices."""

    def __new__(cls, expr: Any, *laws: Law) -> Any:
        return Basic.__new__(cls, expr, *laws)

    args: tuple[Any, ...]
    expr = property(lambda self: self.args[0])
    laws = property(lambda self: self.args[1:])

    @property
    def free_symbols(self) -> set[Any]:
        """What the value depends on: the random letters are bound."""
        bound = {law.letter for law in self.laws}
        return set[Any]().union(*(arg.free_symbols for arg in self.args)) - bound

    def doit(self, **hints: Any) -> Any:
        """Return the node itself."""
        return self

    def _latex(self, printer: Any) -> str:
        laws = r",\, ".join(map(printer._print, self.laws))
        return rf"\mathbb E_{{{laws}}}\left[{printer._print(self.expr)}\right]"

    def _plain(self, printer: Any) -> str:
        return f"E[{printer._print(self.expr)}; {', '.join(map(printer._print, self.laws))}]"

    def _sympystr(self, printer: Any) -> str:
        return f"E[{printer._print(self.expr)}]"

    def _dense(self, evaluate: Instance) -> Dense:
        return entrywise_mean(
            self.expr, [Moments(law.letter, law.rows, law.columns, law.most) for law in self.laws], evaluate
        )


class _MatrixMean(_Mean, MatrixExpr):  # type: ignore[misc]
    shape = property(lambda self: self.args[0].shape)

    def _eval_transpose(self) -> Any:
        return mean(self.expr.T, *self.laws)


class _NumberMean(_Mean, Expr):  # type: ignore[misc]
    is_commutative = True
    is_real = True


def mean(expr: Any, *laws: Law) -> Any:
    """Return the mean of a matrix or a number over independent random matrices with these laws."""
    if getattr(expr, "is_MatrixExpr", False):
        return _MatrixMean(words.expanded(expr), *laws)
    return _NumberMean(expr, *laws)


# Pairing, word by word ----------------------------------------------------------------------------

Port = tuple[int, int]  # a factor, and its left (0) or right (1) side
START, END = (-1, 0), (-1, 1)


@dataclass(frozen=True)
class _Factor:
    """A random letter in a product: its law, and whether it stands there transposed."""

    law: Law
    turned: bool

    def side(self, column: bool) -> int:
        """The side, left (0) or right (1), at which the letter has its columns or its rows."""
        return int(column != self.turned)

    def join(self, side: int) -> tuple[bool, Any]:
        """Whether the letter has its columns at this side, and the covariance through which they are joined."""
        column = bool(side) != self.turned
        return column, self.law.columns if column else self.law.rows


class _Product:
    """A word times traces of words, cut at the random letters into segments that lead from side to side."""

    def __init__(self, opened: Word, closed: Sequence[Word], laws: Mapping[Any, Law]) -> None:
        self.factors: list[_Factor] = []
        self.segments: dict[Port, tuple[Word, Port]] = {}
        ports, pieces = self._cut(opened, laws)
        for piece, start, end in zip(pieces, [START, *ports], [*ports, END], strict=True):
            self._segment((start[0], 1) if start is not START else START, piece, end)
        for word in closed:
            ports, (first, *pieces) = self._cut(word, laws)
            pieces[-1] += first
            for piece, start, end in zip(pieces, ports, [*ports[1:], ports[0]], strict=True):
                self._segment((start[0], 1), piece, end)

    def _cut(self, word: Word, laws: Mapping[Any, Law]) -> tuple[list[Port], list[Word]]:
        """The left sides of the random letters of a word, and what stands before, between and after them."""
        ports: list[Port] = []
        pieces: list[Word] = [()]
        for letter in word:
            turned = isinstance(letter, Transpose)
            law = laws.get(letter.arg if turned else letter)
            if law is not None:
                ports.append((len(self.factors), 0))
                self.factors.append(_Factor(law, turned))
                pieces.append(())
            elif letter.free_symbols & set(laws):
                raise DerivationError(f"the mean of {letter} is not known: it is no product")
            else:
                pieces[-1] += (letter,)
        return ports, pieces

    def _segment(self, start: Port, piece: Word, end: Port) -> None:
        self.segments[start] = piece, end
        self.segments[end] = words.transposed(piece), start

    def pairings(self) -> Iterator[dict[int, int]]:
        """All ways to pair the factors of each random letter, as partner of each factor."""
        alike: dict[Law, list[int]] = {}
        for i, factor in enumerate(self.factors):
            alike.setdefault(factor.law, []).append(i)
        for law, places in alike.items():
            if len(places) > law.most:
                raise DerivationError(f"only means of {law.most} factors {law.letter} are known, not of {len(places)}")
        for choice in product(*map(_in_pairs, alike.values())):
            pairs = list(chain.from_iterable(choice))
            yield dict(pairs) | {b: a for a, b in pairs}

    def joined(self, mate: Mapping[int, int]) -> tuple[Word, list[Word]]:
        """What a pairing makes of the product: a word, and the words of the traces that close."""
        seen: set[Port] = set()
        opened = self._walk(START, mate, seen)
        return opened, [self._walk(port, mate, seen) for port in self.segments if port not in seen]

    def _walk(self, port: Port, mate: Mapping[int, int], seen: set[Port]) -> Word:
        """Collect the letters from a side on, through the joints, to the end or back."""
        word: Word = ()
        while port not in seen:
            piece, end = self.segments[port]
            seen |= {port, end}
            word += piece
            if end == END:
                break
            column, covariance = self.factors[end[0]].join(end[1])
            word += (covariance,)
            port = mate[end[0]], self.factors[mate[end[0]]].side(column)
        return word


def _in_pairs(places: Sequence[int]) -> list[list[tuple[int, int]]]:
    """All ways to put things into pairs: none for an odd number."""
    if not places:
        return [[]]
    first, *others = places
    return [
        [(first, other), *rest] for i, other in enumerate(others) for rest in _in_pairs([*others[:i], *others[i + 1 :]])
    ]


@lru_cache(maxsize=256)
def paired(node: Any) -> Any:
    """Return the value of a mean: the sum over all pairings, each with its word and its traces.

    Raises
    ------
    DerivationError
        If the expression is no polynomial in a random matrix, or more moments are needed than its law gives.
    """
    laws = {law.letter: law for law in node.laws}
    matrix = getattr(node, "is_MatrixExpr", False)
    total: list[Words] = []
    for word, c in (traces.form(node.expr) if matrix else {(): traces.number(node.expr)}).items():
        for term in Add.make_args(expand(c)):
            fixed, closed = _closed(term, laws)
            factors = _Product(word, closed, laws)
            for mate in factors.pairings():
                opened, loops = factors.joined(mate)
                value = fixed * prod((Trace(MatMul(*loop)) for loop in loops), start=S.One)
                total.append({(): value} if not opened else words.words(value * MatMul(*opened)))
    value = words.summed(total)
    if matrix:
        return words.from_words(traces.form(words.from_words(value, node.shape)), node.shape)
    return traces.number(value.get((), S.Zero))


def _closed(term: Any, laws: Mapping[Any, Law]) -> tuple[Any, list[Word]]:
    """Split a product of numbers into a fixed one and the words of its random traces."""
    fixed, closed = S.One, []
    for factor in Mul.make_args(term):
        base, power = factor.as_base_exp()
        if not factor.free_symbols & set(laws):
            fixed *= factor
        elif isinstance(base, Trace) and power.is_Integer and power > 0:
            closed += list(words.words(base.arg)) * int(power)
        else:
            raise DerivationError(f"the mean of {factor} is not known: it is no polynomial")
    return fixed, closed
