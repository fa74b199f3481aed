"""Small rational matrices that satisfy given hypotheses.

Hypotheses are solved, not hit by luck: a letter that the others determine is computed (definitions in turn, inverses
and fixed points by exact linear systems, Moore-Penrose inverses and factors ``X' X`` as such, inclusions as blocks of
the identity), and only the rest is drawn. Whatever is drawn or computed, every hypothesis is checked exactly.

Also: exact linear systems for the entries of several unknown matrices at once, and exact positivity of symmetric
rational matrices (where a quadratic form is negative, and factors ``X' X``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np

from numerics.errors import NumericsError
from numerics.exact import nullspace, pinv, rref
from proofs_check.certificates.expressions import (
    Letter,
    Number,
    StatedRelation,
    Unfit,
    Value,
    eye,
    factors,
    letters,
    on,
    relation,
    value,
)

__all__ = ["Sampler", "direction", "fails", "gram_factor", "holds"]


def direction(m: Value, *, strictly: bool = False) -> Value | None:
    """Return a column x with ``x' m x < 0``; with `strictly` one with ``x' m x <= 0``, not zero. None if there is none.

    Parameters
    ----------
    m : (k, k) array of Fractions
        Symmetric.
    strictly : bool
        Whether a direction without sign counts.
    """
    size = m.shape[0]
    basis = eye(size)  # its columns stay independent, and m-orthogonal to the pivots taken
    for i in range(size):
        form = basis.T @ m @ basis
        for j in range(i, size):
            if form[j, j] < 0 or (strictly and form[j, j] == 0):
                return basis[:, [j]]
        for j in range(i, size):
            for k in range(j + 1, size):
                if form[j, j] == 0 and form[j, k] != 0:
                    # (x_k + c x_j) has the value form_kk + 2 c form_jk, as negative as one likes.
                    return basis[:, [k]] - (form[k, k] + 1) / (2 * form[j, k]) * basis[:, [j]]
        pivot = next((j for j in range(i, size) if form[j, j] > 0), None)
        if pivot is None:
            return None
        basis[:, [i, pivot]] = basis[:, [pivot, i]]
        form = basis.T @ m @ basis
        for j in range(i + 1, size):
            basis[:, j] = basis[:, j] - form[i, j] / form[i, i] * basis[:, i]
    return None


def gram_factor(m: Value, rows: int, rng: random.Random) -> Value | None:
    """Return a rational X with `rows` rows and ``X' X = m``; None if none is found.

    Only factors whose pivots are squares of rational numbers are looked for (and the row of ones, for counts).
    """
    size = m.shape[0]
    if size == 1 and m.item() == rows:
        return np.full((rows, 1), Fraction(1), dtype=object)
    rest, found = m.copy(), []
    for _ in range(size):
        pivot = next((j for j in range(size) if rest[j, j] != 0), None)
        if pivot is None:
            break
        root = _root(rest[pivot, pivot])
        if root is None:
            return None
        row = rest[[pivot], :] / root
        found.append(row)
        rest = rest - row.T @ row
    if (rest != 0).any() or len(found) > rows:
        return None
    found += [np.full((1, size), Fraction(0), dtype=object)] * (rows - len(found))
    rng.shuffle(found)
    return np.concatenate([rng.choice((1, -1)) * row for row in found], axis=0)


def _root(x: Fraction) -> Fraction | None:
    """Return the rational square root of a number that has one."""
    if x < 0:
        return None
    root = Fraction(isqrt(x.numerator), isqrt(x.denominator))
    return root if root * root == x else None


def solve_affine(
    shapes: Mapping[str, tuple[int, int] | None],
    facts: Sequence[StatedRelation],
    values: Mapping[str, Value],
    free: Callable[[], Fraction],
) -> dict[str, Value] | None:
    """Solve equations that are affine in the unknown letters.

    Parameters
    ----------
    shapes : mapping
        Rows and columns of every unknown letter; None for a number.
    facts : sequence of StatedRelation
        Equations in known and unknown letters, at most one unknown in a product.
    values : mapping
        The known letters.
    free : callable
        Gives the value of an entry that the equations leave free.

    Returns
    -------
    dict or None
        None if the equations have no solution.
    """
    count = {x: 1 if shape is None else shape[0] * shape[1] for x, shape in shapes.items()}
    total = sum(count.values())

    def assembled(entries: Sequence[Fraction]) -> dict[str, Value]:
        out: dict[str, Value] = {}
        start = 0
        for x, shape in shapes.items():
            part = list(entries[start : start + count[x]])
            out[x] = part[0] if shape is None else np.array(part, dtype=object).reshape(shape)
            start += count[x]
        return out

    def residual(entries: Sequence[Fraction]) -> list[Value]:
        known = dict(values) | assembled(entries)
        return [fact.gap(known) for fact in facts]

    zero = [Fraction(0)] * total
    columns = [residual(zero)]
    columns += [residual([*zero[:i], Fraction(1), *zero[i + 1 :]]) for i in range(total)]
    # A residual may be a plain number where its letters vanish.
    flat = []
    for parts in zip(*columns, strict=True):
        shape = next((part.shape for part in parts if isinstance(part, np.ndarray)), None)
        flat.append([[p] if shape is None else (on(p, shape) if isinstance(p, Fraction) else p).ravel() for p in parts])
    rows = np.array([[x for part in column for x in part] for column in zip(*flat, strict=True)], dtype=object)
    constant = rows[0]
    matrix = np.array([row - constant for row in rows[1:]], dtype=object).T
    reduced, pivots = rref(np.concatenate([matrix, -constant[:, None]], axis=1))
    if total in pivots:
        return None
    solution = np.full(total, Fraction(0), dtype=object)
    for i, j in enumerate(pivots):
        solution[j] = reduced[i, total]
    for column in nullspace(matrix).T:
        solution = solution + free() * column
    return assembled(list(solution))


Values = dict[str, Value]
SIZES = tuple(Fraction(x) for x in ("1", "1/2", "2", "1/3", "3/2", "1", "1/2", "3", "1/4"))
SIGNED = tuple(Fraction(x) for x in ("-1", "0", "-1/2", "-2"))
ENTRIES = tuple(Fraction(x) for x in ("0", "0", "0", "1", "1", "-1", "1/2", "2", "-2"))


class Rejected(Exception):
    """What was drawn does not satisfy the hypotheses."""


def holds(fact: StatedRelation, values: Mapping[str, Value]) -> bool:
    """Decide a relation exactly; ``>`` between operators means positive definite."""
    return fails(fact, values) is None


def fails(fact: StatedRelation, values: Mapping[str, Value]) -> str | None:
    """Say how a relation fails, or None if it holds.

    Raises
    ------
    Unfit
        If the shapes do not fit.
    """
    gap = fact.gap(values)
    if fact.sign == "=":
        different = gap != 0 if isinstance(gap, Fraction) else bool((gap != 0).any())
        return f"the sides differ by {_written(gap)}" if different else None
    if isinstance(gap, Fraction):
        wrong = gap < 0 or (gap == 0 and fact.sign == ">")
        return f"the difference is {gap}" if wrong else None
    if gap.shape[0] != gap.shape[1] or bool((gap != gap.T).any()):
        return f"the difference {_written(gap)} is not symmetric"
    down = direction(gap, strictly=fact.sign == ">")
    if down is None:
        return None
    return f"along {_written(down)} the difference has the value {_written(down.T @ gap @ down)}"


def _written(x: Value) -> str:
    """Write a matrix by rows, a vector and a number plainly."""
    if isinstance(x, Fraction):
        return str(x)
    rows = [f"({', '.join(map(str, row))})" for row in (x.T if x.shape[1] == 1 else x)]
    if x.size == 1:
        return str(x[0, 0])
    return rows[0] if len(rows) == 1 else f"({', '.join(rows)})"


class Sampler:
    """Draws instances of the hypotheses of one statement.

    Parameters
    ----------
    statement : mapping
        With ``letters``, ``scalars``, ``symmetric``, ``given`` and ``positive`` as in a certificate.
    """

    def __init__(self, statement: Mapping[str, Any]) -> None:
        self.ends = {x: tuple(map(str.strip, e.split("<-"))) for x, e in statement.get("letters", {}).items()}
        self.scalars = list(statement.get("scalars", []))
        self.symmetric = set(statement.get("symmetric", []))
        self.hypotheses = [
            relation(text) for part in ("given", "positive") for text in statement.get(part, {}).values()
        ]
        self._facts = self.hypotheses + [relation(f"{x} = {x}'") for x in statement.get("symmetric", [])]
        self._defined = {fact: _defines(fact) for fact in self._facts}
        self._pinv = {fact: found for fact in self._facts if (found := _pseudo_inverse(fact))}
        self._factored = {fact: square for fact in self._facts if (square := _square(fact))}
        self._positive = {
            f.left.name
            for f in self.hypotheses
            if f.sign != "=" and isinstance(f.left, Letter) and f.right == Number(Fraction(0))
        }
        self._inclusions = _inclusions(self._facts, self.ends)

    def shape(self, letter: str, sizes: Mapping[str, int]) -> tuple[int, int]:
        """Rows and columns of an operator."""
        target, source = self.ends[letter]
        return sizes[target], sizes[source]

    def sizes(self, rng: random.Random, largest: int) -> dict[str, int]:
        """Draw a dimension for every space; ``1`` is the numbers, and a sum of spaces is as large as its parts."""
        spaces = list(dict.fromkeys(space for ends in self.ends.values() for space in ends))
        # Most theorems speak of one space; the others may be smaller, or larger by one.
        sizes = {space: largest if i == 0 else rng.randint(1, largest + 1) for i, space in enumerate(spaces)}
        sizes |= {space: int(space) for space in {"1", *spaces} if space.isdigit()}
        for whole, parts in self._inclusions.items():
            sizes[whole] = sum(sizes[self.ends[x][1]] for x in parts)
        return sizes

    def draw(self, rng: random.Random, largest: int, *, plain: bool = False) -> tuple[dict[str, int], Values] | None:
        """Draw once; None if the hypotheses do not hold for what was drawn.

        A `plain` instance has numbers 1, diagonal operators with small whole entries, and vectors that are zero.
        """
        sizes = self.sizes(rng, largest)
        try:
            return sizes, self._values(rng, sizes, plain)
        except (Rejected, Unfit, NumericsError, ZeroDivisionError):
            return None

    def _values(self, rng: random.Random, sizes: Mapping[str, int], plain: bool) -> Values:
        values: Values = {x: Fraction(sizes[x]) for x in self.scalars if x in sizes}
        for whole, parts in self._inclusions.items():
            start, unit = 0, eye(sizes[whole])
            for x in parts:
                width = sizes[self.ends[x][1]]
                values[x], start = unit[:, start : start + width], start + width
        waiting, names = list(self._facts), [*self.scalars, *self.ends]
        mood = _Mood(rng, plain)
        while True:
            for fact in [f for f in waiting if f.letters <= values.keys()]:
                if not holds(fact, values):
                    raise Rejected
                waiting.remove(fact)
            unknown = [x for x in names if x not in values]
            if not unknown:
                return values
            if not self._determined(waiting, values, sizes, mood):
                self._guess(unknown, waiting, values, sizes, mood)

    # What follows ---------------------------------------------------------------------------------

    def _determined(self, waiting: list[StatedRelation], values: Values, sizes: Mapping[str, int], mood: _Mood) -> bool:
        """Compute one letter that the known ones determine, if there is one."""
        missing = {fact: fact.letters - values.keys() for fact in waiting}
        single: dict[str, list[StatedRelation]] = {}
        for fact, names in missing.items():
            if len(names) == 1:
                single.setdefault(next(iter(names)), []).append(fact)
        if mood.moore_penrose:
            for fact, (x, of) in self._pinv.items():
                if x not in values and not (fact.letters - values.keys() - {x}):
                    values[x] = pinv(self._fitted(value(of, values), x, sizes, turned=True))
                    return True
        for x, facts in single.items():
            for fact in facts:
                for name, body in self._defined[fact]:
                    if name == x and x not in body.letters:
                        values[x] = self._fitted(value(body.left, values), x, sizes)
                        return True
        for x, facts in single.items():
            affine = [fact for fact in facts if fact.sign == "=" and fact.degrees.get(x) == 1]
            if any(fact.letters != {x} for fact in affine):  # symmetry alone determines nothing
                self._solve([x], affine, values, sizes, mood)
                return True
        for fact, (x, turned, of) in self._factored.items():
            if fact in missing and missing[fact] == {x}:
                rows, columns = self.shape(x, sizes)
                side, known = columns if turned else rows, value(of, values)
                known = on(known, (side, side)) if isinstance(known, Fraction) else known
                found = gram_factor(known, rows if turned else columns, mood.rng)
                if found is None:
                    raise Rejected
                values[x] = found if turned else found.T
                return True
        return False

    def _fitted(self, found: Value, letter: str, sizes: Mapping[str, int], *, turned: bool = False) -> Value:
        if letter in self.scalars:
            return found if isinstance(found, Fraction) else found[0, 0]
        rows, columns = self.shape(letter, sizes)
        shape = (columns, rows) if turned else (rows, columns)
        return on(found, shape) if isinstance(found, Fraction) else found

    def _solve(
        self, names: list[str], facts: list[StatedRelation], values: Values, sizes: Mapping[str, int], mood: _Mood
    ) -> None:
        shapes = {x: None if x in self.scalars else self.shape(x, sizes) for x in names}
        found = solve_affine(shapes, facts, values, mood.entry)
        if found is None:
            raise Rejected
        values |= found

    # What is free ---------------------------------------------------------------------------------

    def _guess(
        self, unknown: list[str], waiting: list[StatedRelation], values: Values, sizes: Mapping[str, int], mood: _Mood
    ) -> None:
        equations = [fact for fact in waiting if fact.sign == "="]
        vectors = all(x in self.ends and "1" in self.ends[x] for x in unknown)
        if mood.jointly and vectors and equations and all(fact.degree(unknown) <= 1 for fact in equations):
            self._solve(unknown, equations, values, sizes, mood)
            return
        x = min(unknown, key=lambda name: (self._rank(name, equations, values, mood), mood.order(name)))
        alike = self._alike(x, values) if mood.coincident and mood.rng.random() < 0.5 else []
        if alike:
            values[x] = mood.rng.choice((1, 1, -1)) * values[mood.rng.choice(alike)]
        elif x in self.scalars:
            values[x] = mood.scalar(positive=x in self._positive)
        else:
            values[x] = self._matrix(x, sizes, mood)

    def _alike(self, name: str, values: Values) -> list[str]:
        """Known letters whose value this one may have as well: what is false may be so only where two are equal."""
        if name in self.scalars:
            return [x for x in values if x in self.scalars]
        known = [x for x in values if self.ends.get(x) == self.ends[name]]
        return [x for x in known if x in self.symmetric or name not in self.symmetric]

    def _rank(self, name: str, equations: list[StatedRelation], values: Values, mood: _Mood) -> int:
        """What to draw first: letters that occur in squares, then numbers, then operators, then vectors."""
        inverse = any(name == x for x, _ in self._pinv.values()) or _is_inverse(name)
        if inverse or (not mood.shuffled and any(n == name for f in equations for n, _ in self._defined[f])):
            return 5
        if any(fact.degrees.get(name, 0) > 1 for fact in equations):
            return 0
        if name in self.scalars:
            return 1
        if mood.shuffled:
            return 2
        return 4 if "1" in self.ends[name] else 2 if name in self.symmetric else 3

    def _matrix(self, name: str, sizes: Mapping[str, int], mood: _Mood) -> Value:
        rows, columns = self.shape(name, sizes)
        if mood.plain:
            vector = "1" in self.ends[name]
            return np.full((rows, columns), Fraction(0), dtype=object) if vector else mood.diagonal(rows, columns)
        endomorphism = self.ends[name][0] == self.ends[name][1]
        if name in self.symmetric or (mood.symmetric and endomorphism):
            m = mood.diagonal(rows, rows) if mood.rng.random() < 0.2 else mood.full(mood.rng.randint(1, rows), rows)
            if name in self._positive or mood.rng.random() < 0.8:
                return mood.scale * (m.T @ m)
            return mood.scale * mood.mirrored(rows)
        if mood.rng.random() < 0.2:
            return mood.diagonal(rows, columns)
        return (mood.scale if endomorphism else Fraction(1)) * mood.full(rows, columns)


class _Mood:
    """How one instance is drawn: which shortcuts are taken, how large the matrices are."""

    def __init__(self, rng: random.Random, plain: bool = False) -> None:
        self.rng, self.plain = rng, plain
        self.moore_penrose = rng.random() < 0.8
        self.jointly = rng.random() < 0.5
        self.shuffled = rng.random() < 0.15
        self.symmetric = rng.random() < 0.5
        self.coincident = rng.random() < 0.15
        self.scale = rng.choice([Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)])
        self._order: dict[str, float] = {}

    def order(self, name: str) -> float:
        return self._order.setdefault(name, self.rng.random())

    def entry(self) -> Fraction:
        return Fraction(0) if self.plain else self.rng.choice(ENTRIES)

    def scalar(self, *, positive: bool) -> Fraction:
        if self.plain:
            return Fraction(1)
        if self.rng.random() < 0.85:
            return self.rng.choice(SIZES)
        return Fraction(0) if positive else self.rng.choice(SIGNED)

    def full(self, rows: int, columns: int) -> Value:
        entries = [[self.rng.choice(ENTRIES) for _ in range(columns)] for _ in range(rows)]
        return np.array(entries, dtype=object).reshape(rows, columns)

    def mirrored(self, size: int) -> Value:
        m = self.full(size, size)
        return m + m.T

    def diagonal(self, rows: int, columns: int) -> Value:
        m = np.full((rows, columns), Fraction(0), dtype=object)
        for i in range(min(rows, columns)):
            m[i, i] = Fraction(self.rng.choice((1, 1, 1, 2, -1, 0, 0)))
        return m


def _is_inverse(name: str) -> bool:
    return name.endswith(("_inv", "_pinv"))


def _defines(fact: StatedRelation) -> list[tuple[str, StatedRelation]]:
    """The letters that stand alone on one side, each with the other side."""
    symmetry = isinstance(fact.left, Letter) and isinstance(fact.right, Letter) and len(fact.letters) == 1
    if fact.sign != "=" or symmetry:
        return []
    found = []
    for side, other in ((fact.left, fact.right), (fact.right, fact.left)):
        if isinstance(side, Letter) and not side.turned:
            found.append((side.name, StatedRelation(other, "=", Number(Fraction(0)), fact.text)))
    return found


def _pseudo_inverse(fact: StatedRelation) -> tuple[str, Any] | None:
    """Read ``E X E = E`` as: X is a generalised inverse of E."""
    word, of = factors(fact.left), factors(fact.right)
    n = len(of)
    if fact.sign != "=" or len(word) != 2 * n + 1 or word[:n] != of or word[n + 1 :] != of:
        return None
    x = word[n]
    if not isinstance(x, Letter) or x.turned or x.name in _letters(of):
        return None
    return x.name, fact.right


def _letters(nodes: tuple[Any, ...]) -> frozenset[str]:
    return frozenset().union(*map(letters, nodes))


def _square(fact: StatedRelation) -> tuple[str, bool, Any] | None:
    """Read ``X' X = E`` or ``X X' = E`` as (X, whether the transpose comes first, E)."""
    for side, other in ((fact.left, fact.right), (fact.right, fact.left)):
        word = factors(side)
        if fact.sign == "=" and len(word) == 2 and all(isinstance(x, Letter) for x in word):
            a, b = word
            if a.name == b.name and a.turned != b.turned and a.name not in _letters((other,)):  # type: ignore[union-attr]
                return a.name, a.turned, other  # type: ignore[union-attr]
    return None


def _inclusions(facts: list[StatedRelation], ends: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Isometric inclusions that are orthogonal to each other, by the space they lead to."""
    groups: dict[str, dict[str, None]] = {}
    for a, b, c in _pairs(facts):
        if a in ends and b in ends and c == (a == b):
            groups.setdefault(ends[a][0], {}).update({a: None, b: None})
    return {whole: list(parts) for whole, parts in groups.items() if len(parts) > 1}


def _pairs(facts: list[StatedRelation]) -> Iterator[tuple[str, str, Fraction]]:
    """Yield (a, b, c) for every hypothesis ``a' b = c``."""
    for fact in facts:
        word = factors(fact.left)
        if fact.sign == "=" and len(word) == 2 and isinstance(fact.right, Number):
            a, b = word
            if isinstance(a, Letter) and isinstance(b, Letter) and a.turned and not b.turned:
                yield a.name, b.name, fact.right.number
