"""A second opinion on certificates: every identity evaluated at random matrices, one size a space.

Entries are whole numbers modulo a prime, or Fractions where a model of the hypotheses over Q is wanted.

It shares no code with the checker: expressions are turned into Python expressions, and a product of maps that do not
fit together fails because the shapes of the matrices do not. What the checker accepts must hold here.
"""

from __future__ import annotations

import functools
import json
import random
import re
from collections.abc import Callable
from fractions import Fraction
from types import CodeType
from typing import Any

__all__ = ["PRIME", "Map", "Unfit", "agrees", "evaluate", "random_values", "same"]

PRIME = 2**31 - 1


class Unfit(Exception):
    """Shapes do not fit, or a relation or name is not what it must be."""


def _reduced(x: Any) -> Any:
    return x if type(x) is Fraction else x % PRIME


def number(value: Fraction | int | str) -> int:
    """A rational number modulo the prime."""
    value = Fraction(value)
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME


class Map:
    """A matrix; a plain number (shape None) acts on every space."""

    def __init__(self, entries: Any, shape: tuple[int, int] | None) -> None:
        self.entries, self.shape = entries, shape

    def on(self, shape: tuple[int, int]) -> Map:
        if self.shape == shape:
            return self
        if self.shape is not None or shape[0] != shape[1]:
            raise Unfit(f"{self.shape} is not {shape}")
        return Map([[self.entries * (i == j) for j in range(shape[1])] for i in range(shape[0])], shape)

    def __add__(self, other: Map) -> Map:
        shape = self.shape or other.shape
        if shape is None:
            return Map(_reduced(self.entries + other.entries), None)
        # A number added to a map between two spaces may be zero; then there is nothing to add.
        if None in (self.shape, other.shape):
            plain = self if self.shape is None else other
            if plain.entries == 0:
                return other if plain is self else self
        a, b = self.on(shape).entries, other.on(shape).entries
        return Map([[_reduced(x + y) for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)], shape)

    def __neg__(self) -> Map:
        return Map(_reduced(-self.entries), None) if self.shape is None else self * Map(-1, None)

    def __pos__(self) -> Map:
        return self

    def __sub__(self, other: Map) -> Map:
        return self + -other

    def __mul__(self, other: Map) -> Map:
        if self.shape is None and other.shape is None:
            return Map(_reduced(self.entries * other.entries), None)
        if self.shape is None or other.shape is None:
            k, m = (self, other) if self.shape is None else (other, self)
            return Map([[_reduced(k.entries * x) for x in row] for row in m.entries], m.shape)
        if self.shape[1] != other.shape[0]:
            raise Unfit(f"{self.shape} times {other.shape}")
        columns = other.T.entries
        rows = [[_reduced(sum(x * y for x, y in zip(r, c, strict=True))) for c in columns] for r in self.entries]
        return Map(rows, (self.shape[0], other.shape[1]))

    @property
    def T(self) -> Map:
        if self.shape is None:
            return self
        rows, columns = self.shape
        return Map([[self.entries[i][j] for i in range(rows)] for j in range(columns)], self.shape[::-1])

    @property
    def is_zero(self) -> bool:
        return self.entries == 0 if self.shape is None else not any(any(row) for row in self.entries)


def evaluate(text: str, values: dict[str, Map], number: Callable[[str], Any] = number) -> Map:
    """Evaluate an expression; `number` reads its numbers."""
    try:
        return eval(_code(text, tuple(values)), {"Map": Map, "number": number, "values": values})
    except (SyntaxError, TypeError, AttributeError) as error:
        raise Unfit(f"{text!r}: {error}") from None


@functools.lru_cache(maxsize=1 << 14)
def _code(text: str, names: tuple[str, ...]) -> CodeType:
    pieces: list[str] = []
    for token in re.findall(r"\d+/\d+|\d+|[A-Za-z_]\w*'?|[-+()]|\S", text):
        if token[0].isdigit():
            piece = f"Map(number({token!r}), None)"
        elif token in "+-()":
            piece = token
        elif token.removesuffix("'") in names:
            name = token.removesuffix("'")
            piece = f"values[{name!r}]" + (".T" if token != name else "")
        else:
            raise Unfit(f"{token!r} in {text!r}")
        if pieces and pieces[-1] not in ("+", "-", "(") and piece not in ("+", "-", ")"):
            pieces.append("*")
        pieces.append(piece)
    return compile(" ".join(pieces), text, "eval")


def random_values(statement: dict[str, Any], rng: random.Random, *, small: bool = False) -> dict[str, Map]:
    """Random matrices for the letters of a statement.

    Every space has a size of its own, at least 3, so that what does not fit is seen; or, if `small`, any from 0 to 3.
    """
    spaces = sorted({s.strip() for ends in statement.get("letters", {}).values() for s in ends.split("<-")})
    sizes = rng.choices(range(4), k=len(spaces)) if small else rng.sample(range(3, 3 + len(spaces)), len(spaces))
    size = dict(zip(spaces, sizes, strict=True))
    values = {name: Map(rng.randrange(1, PRIME), None) for name in statement.get("scalars", [])}
    for name, ends in statement.get("letters", {}).items():
        rows, columns = (size[s.strip()] for s in ends.split("<-"))
        m = Map([[rng.randrange(PRIME) for _ in range(columns)] for _ in range(rows)], (rows, columns))
        values[name] = m + m.T if name in statement.get("symmetric", []) else m
    return values


@functools.lru_cache(maxsize=4)
def _values(declarations: str, seed: int) -> dict[str, Map]:
    return random_values(json.loads(declarations), random.Random(seed))


@functools.lru_cache(maxsize=4096)
def _value(text: str, declarations: str) -> Map | None:
    try:
        return evaluate(text, _values(declarations, 0))
    except Unfit:
        return None


def same(a: str, b: str, statement: dict[str, Any]) -> bool:
    """Whether two expressions have the same value at random matrices; False if one of them has none."""
    declarations = json.dumps({part: statement.get(part, []) for part in ("letters", "scalars", "symmetric")})
    if declarations.startswith('{"letters": []'):
        declarations = declarations.replace("[]", "{}", 1)
    x, y = _value(a, declarations), _value(b, declarations)
    try:
        return x is not None and y is not None and (x - y).is_zero
    except Unfit:
        return False


def _gap(text: str, values: dict[str, Map]) -> tuple[Map, str]:
    left, relation, right = re.split("(>=|=|>)", text)
    return evaluate(left, values) - evaluate(right, values), relation


def agrees(statement: dict[str, Any], seed: int = 0) -> bool:
    """Whether every line's identity holds at random matrices, and order lines have the form that makes them true."""
    try:
        rng = random.Random(seed)
        for small in (False, True, True):
            _replay(statement, random_values(statement, rng, small=small))
    except (Unfit, KeyError, ValueError, TypeError, AttributeError):
        return False
    return True


def _replay(statement: dict[str, Any], values: dict[str, Map]) -> None:
    zero = {name: _gap(text, values)[0] for name, text in statement.get("given", {}).items()}
    order = {name: _gap(text, values) for name, text in statement.get("positive", {}).items()}
    for gap, _ in order.values():
        if gap.shape is not None and not (gap - gap.T).is_zero:
            raise Unfit("not symmetric")
    for count, line in enumerate(statement["proof"], 1):
        gap, relation = _gap(line["states"], values)
        rest = gap
        if "kernel" in line:
            names, text = line["kernel"]
            root, known = evaluate(text, values), [order[name][0] for name in names]
            image = known[0] * root if known else root
            # A number among maps stands for that multiple of 1.
            image = image if image.shape or gap.shape is None else image.on(gap.shape)
            ill = relation != "=" or len(known) > 1 or None in [gap.shape, *(x.shape for x in known)]
            if ill or not (image - gap).is_zero:
                raise Unfit("not what the kernel is about")
            rest = -(root.T * image)
        strict = False
        for weight, names, text in line.get("sum", []):
            root, term = evaluate(text, values), Map(number(weight), None)
            factors = [order[name] for name in names]
            if Fraction(weight) <= 0 or sum(f.shape is not None for f, _ in factors) > 1:
                raise Unfit("not positive")
            for factor, _ in factors:
                term = term * factor
            rest = rest - root.T * term * root
            constant = re.fullmatch(r"[\d/ ()+-]+", text) is not None and not root.is_zero
            strict |= constant and gap.shape is None and all(r == ">" for _, r in factors)
        if relation == ">" and not strict:
            raise Unfit("not strict")
        for weight, left, name, right in line.get("because", []):
            fact = zero[name] if name in zero else zero[name.removesuffix("'")].T
            rest = rest - Map(number(weight), None) * evaluate(left, values) * fact * evaluate(right, values)
        if not rest.is_zero or (gap.shape is None and rest.shape is not None):
            raise Unfit(f"line {count}")
        name = line.get("name", f"line {count}")
        if relation == "=":
            zero[name] = gap
        else:
            order[name] = (gap, relation)
