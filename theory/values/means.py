"""Means over random matrices on an instance: entry by entry, from the moments of the entries.

The random matrices get unknown entries, the expression becomes a polynomial in them, and every monomial is replaced by
its moment. No word and no trace is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from sympy import Number, Symbol

from theory.errors import TheoryError
from theory.values.dense import Dense
from theory.values.instance import Instance
from theory.values.polynomials import Polynomial, Powers, adjoin

__all__ = ["Moments", "entrywise_mean"]

Entry = tuple[int, int, int]  # which random matrix, row, column


class Moments(NamedTuple):
    """What is known of a random matrix: mean zero, the covariances of its rows and columns, how far moments go."""

    letter: Any
    rows: Any
    columns: Any
    most: int


def entrywise_mean(expr: Any, laws: Sequence[Moments], at: Instance) -> Dense:
    """Return the mean of an expression over independent random matrices; fixed letters have their values in `at`.

    Raises
    ------
    TheoryError
        If the expression is no polynomial in the random matrices, or needs more moments than are known.
    """
    shapes = [tuple(map(at.integer, law.letter.shape)) for law in laws]
    entries = [(m, i, j) for m, shape in enumerate(shapes) for i, j in product(*map(range, shape))]
    domain = adjoin(at.domain, [Symbol(f"random_{m}_{i}_{j}") for m, i, j in entries])
    fixed = len(domain.gens) - len(entries)
    unknown = dict(zip(entries, domain.gens[fixed:], strict=True))
    inside = Instance(domain, at.sizes)
    for m, law in enumerate(laws):
        rows, columns = map(range, shapes[m])
        inside.values[law.letter] = Dense.from_rows([[unknown[m, i, j] for j in columns] for i in rows], domain)
    for part in _fixed(expr, {law.letter for law in laws}):
        inside.values[part] = _lifted(at(part), domain)
    value, moment, den = inside(expr), _moment(laws, at), dict[Any, int]()
    for factor, k in value.den.items():
        parts = _collected(factor, at.domain, fixed)
        if any(map(any, parts)):
            raise TheoryError(f"{expr} is no polynomial in the random matrices")
        den |= dict.fromkeys(parts.values(), k)
    means = [
        [
            sum(
                (c * moment(tuple(_repeated(entries, powers))) for powers, c in parts.items()),
                start=at.domain.zero,
            )
            for parts in (_collected(value[i, j], at.domain, fixed) for j in range(value.shape[1]))
        ]
        for i in range(value.shape[0])
    ]
    return Dense.from_rows(means, at.domain).divided(den)


def _collected(polynomial: Polynomial, domain: Any, fixed: int) -> dict[Powers, Any]:
    """Coefficients, over the fixed symbols, by the powers of the others."""
    parts: dict[Powers, dict[Powers, Any]] = {}
    for powers, c in polynomial.terms():
        parts.setdefault(powers[fixed:], {})[powers[:fixed]] = c
    if domain.is_QQ:
        return {powers: terms[()] for powers, terms in parts.items()}
    return {powers: domain.new(terms) for powers, terms in parts.items()}


def _fixed(expr: Any, letters: set[Any]) -> Iterator[Any]:
    """The letters of an expression that are not random, and its largest parts that hold no random letter."""
    yield from expr.free_symbols - letters
    stack = [expr]
    while stack:
        part = stack.pop()
        if part in letters or isinstance(part, Number):
            continue
        if part.free_symbols & letters:
            stack += part.args
        else:
            yield part


def _lifted(value: Dense, domain: Any) -> Dense:
    """The same matrix over the ring with unknowns."""
    more = len(domain.gens) - len(getattr(value.domain, "symbols", ()))

    def new(element: Any) -> Any:
        if value.domain.is_QQ:
            return domain.convert(element)
        return domain.new({(*powers, *(0,) * more): c for powers, c in element.terms()})

    rows = [[new(value[i, j]) for j in range(value.shape[1])] for i in range(value.shape[0])]
    return Dense.from_rows(rows, domain).divided({new(factor): power for factor, power in value.den.items()})


def _repeated(entries: Sequence[Entry], powers: Sequence[int]) -> Iterator[Entry]:
    return (entry for entry, power in zip(entries, powers, strict=True) for _ in range(power))


def _moment(laws: Sequence[Moments], at: Instance) -> Callable[[tuple[Entry, ...]], Any]:
    """The mean of a product of entries: the first is paired with each of the others."""
    covariances = []
    for law in laws:
        rows, columns = at(law.rows), at(law.columns)
        if rows.den or columns.den:
            raise TheoryError(f"the covariance of {law.letter} has a denominator")
        covariances.append((rows.rows(), columns.rows()))

    @cache
    def moment(product_: tuple[Entry, ...]) -> Any:
        if not product_:
            return at.domain.one
        (m, i, j), *others = product_
        if sum(entry[0] == m for entry in product_) > laws[m].most:
            raise TheoryError(f"only means of {laws[m].most} factors {laws[m].letter} are known")
        rows, columns = covariances[m]
        total = at.domain.zero
        for k, (other, p, q) in enumerate(others):
            if other == m and rows[i][p] and columns[j][q]:
                total += rows[i][p] * columns[j][q] * moment((*others[:k], *others[k + 1 :]))
        return total

    return moment
