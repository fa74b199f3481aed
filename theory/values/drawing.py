"""Instances of the model: random rationals or free symbols for the primitives, in chosen dimensions.

Gram matrices are drawn as Gram matrices (``F G G^T F^T``), of any rank, with or without a common kernel; where the
hypotheses do not ask for a Gram matrix, as symmetric matrices of either sign (``F G D G^T F^T``, D of signs).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import QQ, Symbol

from theory.language.symbols import PRIMITIVES, Primitive
from theory.values.dense import Dense
from theory.values.instance import Instance
from theory.values.polynomials import Polynomials

__all__ = ["Arrange", "Drawer", "Geometry", "draw", "full_rank"]


@dataclass(frozen=True)
class Geometry:
    """Ranks of a pair of Gram matrices inside a space of dimension d.

    Attributes
    ----------
    span : int
        Dimension of the space that the two Grams live in; ``d - span`` is the least dimension of the
        common kernel.
    rank_W, rank_U : int
        Ranks of the two Grams (of a lone Gram: ``rank_W``), at most `span`.
    """

    span: int
    rank_W: int
    rank_U: int


class Drawer:
    """Supplies entries: random rationals, or free symbols collected into a polynomial ring."""

    def __init__(self, seed: int | None, gens: list[Symbol] | None, sizes: Mapping[str, int]) -> None:
        self.sizes = sizes
        self.random = random.Random(seed) if seed is not None else None
        self.names: list[str] = []
        self.domain: Any = Polynomials(gens) if gens else QQ
        self.gens = {g.name: x for g, x in zip(gens, self.domain.gens, strict=True)} if gens else {}

    def entry(self, name: str) -> Any:
        """Return any number, or a free symbol."""
        if self.random is not None:
            return QQ(self.random.randint(-4, 4), self.random.randint(1, 3))
        self.names.append(name)
        return self.gens.get(name, self.domain.one)

    def pick(self, *choices: Any) -> Dense:
        """Return one of some numbers: where hypotheses have edges, those, and numbers on both sides of them."""
        chosen = QQ(1) if self.random is None else self.random.choice(choices)
        return Dense.number(self.domain.convert(QQ(chosen)), self.domain)

    def positive(self, name: str) -> Any:
        """Return a positive number, or a free symbol."""
        if self.random is not None:
            return QQ(self.random.randint(1, 7), self.random.randint(1, 8))
        return self.entry(name)

    def matrix(self, name: str, rows: int, columns: int) -> Dense:
        """Return a matrix of such entries."""
        if not rows or not columns:
            return Dense.full((rows, columns), 0, self.domain)
        return Dense.from_rows(
            [
                [self.entry(f"{name}_{i + 1}" if columns == 1 else f"{name}_{i + 1}{j + 1}") for j in range(columns)]
                for i in range(rows)
            ],
            self.domain,
        )

    def gram(self, name: str, rank: int, frame: Dense | None, d: int, *, signed: bool = False) -> Dense:
        """``F G G^T F^T`` of the given rank; a full-rank free Gram is a free symmetric matrix.

        A `signed` random one is ``F G D G^T F^T`` with random signs D.
        """
        span = d if frame is None else frame.shape[1]
        if rank == 0 or span == 0:
            return Dense.full((d, d), 0, self.domain)
        if self.random is None and rank == span:
            lower = {(i, j): self.entry(f"{name}_{j + 1}{i + 1}") for i in range(span) for j in range(i + 1)}
            inner = Dense.from_rows(
                [[lower[max(i, j), min(i, j)] for j in range(span)] for i in range(span)], self.domain
            )
        else:
            factor = self.matrix(name, span, rank)
            signs = [self.random.choice((1, 1, -1)) if signed and self.random else 1 for _ in range(rank)]
            inner = factor @ Dense.from_rows(
                [[sign * factor[i, j] for i in range(span)] for j, sign in enumerate(signs)], self.domain
            )
        return inner if frame is None else frame @ inner @ frame.transpose()


#: What overwrites drawn values so that a special hypothesis holds (commuting Grams, projectors, ...).
Arrange = Callable[[Drawer, dict[str, Dense]], None]


def full_rank(*names: str) -> Arrange:
    """Give random symmetric matrices of these names the identity more: Grams then have full rank."""

    def arrange(drawer: Drawer, values: dict[str, Dense]) -> None:
        if drawer.random is not None:
            for name in names:
                values[name] = values[name] + Dense.eye(values[name].shape[0], drawer.domain)

    return arrange


def _value(
    drawer: Drawer,
    name: str,
    item: Primitive,
    sizes: Mapping[str, int],
    geometry: Geometry,
    frame: Dense | None,
    signed: bool,
) -> Dense:
    d = sizes["d"]
    match item.kind:
        case "gram":
            rank = geometry.rank_U if name.endswith("_U") else geometry.rank_W
            return drawer.gram(name, rank, frame, d, signed=signed)
        case "matrix" | "block":
            return drawer.matrix(name, d, d)
        case "vector":
            return drawer.matrix(name, d, 1)
        case "inputs":
            return drawer.matrix(name, sizes["n"], d)
        case "labels":
            return drawer.matrix(name, sizes["n"], 1)
        case "history":
            return drawer.matrix(name, d, sizes["k"])
        case "weights":
            return drawer.matrix(name, sizes["k"], 1)
        case "step":
            return Dense.number(drawer.positive(name), drawer.domain)
        case "count":
            return Dense.number(sizes.get(name, 3), drawer.domain)
    return Dense.number(drawer.entry(name), drawer.domain)


def _into_box(values: dict[str, Dense]) -> None:
    """Shrink steps so that the trace of ``eta * S``, hence a Gram's largest eigenvalue, lies in (0, 2)."""
    for agent in "WU":
        gram, step = values.get(f"S_{agent}"), values.get(f"eta_{agent}")
        if gram is not None and step is not None and gram.trace()[0, 0] > 0:
            share = step[0, 0] / (step[0, 0] + 1)
            values[f"eta_{agent}"] = Dense.number(2 * share, QQ) @ gram.trace().inverse()


def draw(
    names: Sequence[str],
    *,
    sizes: Mapping[str, int],
    geometry: Geometry,
    seed: int | None,
    arrange: Arrange | None = None,
    signed: Collection[str] = (),
) -> Instance:
    """Draw an instance.

    Parameters
    ----------
    names : list of str
        Primitives that need a value.
    sizes : mapping
        Integers for ``d``, ``n``, ``k`` (and counts such as ``t``).
    geometry : Geometry
        Ranks of the Grams.
    seed : int or None
        Seed of the random rationals; None gives free symbols.
    arrange : callable, optional
        Overwrites values so that a special hypothesis holds.
    signed : collection of str
        Gram primitives to be drawn as symmetric matrices of either sign; free symbols are so anyway.
    """

    def fill(drawer: Drawer) -> dict[str, Dense]:
        d = sizes["d"]
        frame = None if geometry.span == d else drawer.matrix("F", d, geometry.span)
        values = {
            name: _value(drawer, name, PRIMITIVES[name], sizes, geometry, frame, name in signed) for name in names
        }
        if seed is not None and seed % 2 == 0:
            _into_box(values)
        if arrange is not None:
            arrange(drawer, values)
        return values

    # Numbers alone do not depend on the geometry: they are drawn anew for each.
    numbers = all(PRIMITIVES[name].kind in ("scalar", "step") for name in names)
    shape = sizes["d"] + 4 * geometry.span + 16 * geometry.rank_W + 64 * geometry.rank_U
    mixed = seed + 100 * shape if seed is not None and numbers else seed
    drawer = Drawer(mixed, None, sizes)
    values = fill(drawer)
    if seed is None and drawer.names:
        gens = [Symbol(name) for name in dict.fromkeys(drawer.names)]
        drawer = Drawer(None, gens, sizes)
        values = fill(drawer)
    table: dict[Any, Dense] = {PRIMITIVES[name].symbol: value for name, value in values.items()}
    return Instance(drawer.domain, dict(sizes), table)
