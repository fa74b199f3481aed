"""What certificates say, as it is written: for the export to Rocq, and evaluated at rational matrices.

A reading of its own, with no polynomial in it: only the tokens are shared with the checker. Matrices are object arrays
of Fractions; a number acts on every space.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from string import ascii_letters, digits
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from proofs_check.certificates.checker import TOKEN
from proofs_check.errors import CheckError, InputError

__all__ = [
    "Letter",
    "Node",
    "Number",
    "Product",
    "SignedSum",
    "StatedRelation",
    "Unfit",
    "Value",
    "degree",
    "eye",
    "factors",
    "letters",
    "on",
    "parse",
    "relation",
    "value",
]

Value: TypeAlias = Any  # a Fraction, or a two-dimensional object array of Fractions


class Unfit(CheckError):
    """The shapes of some matrices do not fit together."""


class Number(NamedTuple):
    """A rational constant."""

    number: Fraction


class Letter(NamedTuple):
    """A letter, transposed or not."""

    name: str
    turned: bool


class Product(NamedTuple):
    """Factors from left to right."""

    factors: tuple[Node, ...]


class SignedSum(NamedTuple):
    """Terms with their signs."""

    terms: tuple[tuple[int, Node], ...]


Node: TypeAlias = Number | Letter | Product | SignedSum


@dataclass(frozen=True, eq=False)
class StatedRelation:
    """``left sign right``, with the sign ``=``, ``>=`` or ``>``."""

    left: Node
    sign: str
    right: Node
    text: str

    @cached_property
    def letters(self) -> frozenset[str]:
        """The letters that occur."""
        return letters(self.left) | letters(self.right)

    def degree(self, unknown: Collection[str]) -> int:
        """Highest number of unknown letters in one product."""
        return max(degree(self.left, unknown), degree(self.right, unknown))

    @cached_property
    def degrees(self) -> dict[str, int]:
        """Of each letter alone."""
        return {x: self.degree({x}) for x in self.letters}

    def gap(self, values: Mapping[str, Value]) -> Value:
        """``left - right``."""
        return _added(value(self.left, values), -1 * value(self.right, values))


def relation(text: str) -> StatedRelation:
    """Read an equation or an inequality.

    Raises
    ------
    InputError
        If the text is not one relation between two expressions.
    """
    parts = re.split("(>=|=|>)", text)
    if len(parts) != 3:
        raise InputError(f"{text!r}: expected two expressions with one of =, >=, > between them")
    return StatedRelation(parse(parts[0]), parts[1], parse(parts[2]), text)


def parse(text: str) -> Node:
    """Read an expression in letters, fractions, ``+``, ``-``, brackets and products without a sign."""
    tokens = TOKEN.findall(text)
    node = _sum(tokens, text)
    if tokens:
        raise InputError(f"{text!r}: cannot read on at {tokens[0]!r}")
    return node


def _sum(tokens: list[str], text: str) -> Node:
    terms = [(1 if not tokens or tokens[0] != "-" else int(tokens.pop(0) + "1"), _product(tokens, text))]
    while tokens and tokens[0] in "+-":
        sign = int(tokens.pop(0) + "1")
        terms.append((sign, _product(tokens, text)))
    return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else SignedSum(tuple(terms))


def _product(tokens: list[str], text: str) -> Node:
    found: list[Node] = []
    while tokens and tokens[0] not in "+-)":
        token = tokens.pop(0)
        if token == "(":
            found.append(_sum(tokens, text))
            if not tokens or tokens.pop(0) != ")":
                raise InputError(f"{text!r}: a bracket is not closed")
        elif token[0] in digits:
            found.append(Number(Fraction(token)))
        elif token[0] in ascii_letters + "_":
            found.append(Letter(token.rstrip("'"), token.endswith("'")))
        else:
            raise InputError(f"{text!r}: {token!r} is no letter and no number")
    if not found:
        raise InputError(f"{text!r}: a term is missing")
    return found[0] if len(found) == 1 else Product(tuple(found))


def letters(node: Node) -> frozenset[str]:
    """Return the letters that occur."""
    match node:
        case Letter(name, _):
            return frozenset({name})
        case Product(parts):
            return frozenset().union(*map(letters, parts))
        case SignedSum(terms):
            return frozenset().union(*(letters(term) for _, term in terms))
        case _:
            return frozenset()


def degree(node: Node, unknown: Collection[str]) -> int:
    """Highest number of unknown letters in one product; what cancels is counted all the same."""
    match node:
        case Letter(name, _):
            return int(name in unknown)
        case Product(parts):
            return sum(degree(part, unknown) for part in parts)
        case SignedSum(terms):
            return max(degree(term, unknown) for _, term in terms)
        case _:
            return 0


def factors(node: Node) -> tuple[Node, ...]:
    """Return the factors of a product, brackets around products removed."""
    return tuple(x for part in node.factors for x in factors(part)) if isinstance(node, Product) else (node,)


def value(node: Node, values: Mapping[str, Value]) -> Value:
    """Evaluate an expression exactly."""
    match node:
        case Number(number):
            return number
        case Letter(name, turned):
            found = values[name]
            return found.T if turned and isinstance(found, np.ndarray) else found
        case Product(parts):
            product: Value = Fraction(1)
            for part in parts:
                product = _multiplied(product, value(part, values))
            return product
        case SignedSum(terms):
            total: Value = Fraction(0)
            for sign, term in terms:
                total = _added(total, sign * value(term, values))
            return total


def eye(size: int) -> Value:
    """Return the identity matrix."""
    return np.array([[Fraction(int(i == j)) for j in range(size)] for i in range(size)], dtype=object)


def on(number: Fraction, shape: tuple[int, int]) -> Value:
    """Return a number as a map of the given shape."""
    if shape[0] != shape[1] and number:
        raise Unfit(f"the number {number} is no map of shape {shape}")
    return number * eye(shape[0]) if number else np.full(shape, Fraction(0), dtype=object)


def _multiplied(x: Value, y: Value) -> Value:
    if isinstance(x, Fraction) or isinstance(y, Fraction):
        return x * y
    if x.shape[1] != y.shape[0]:
        raise Unfit(f"shapes {x.shape} and {y.shape} do not multiply")
    return x @ y


def _added(x: Value, y: Value) -> Value:
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x + y
    x = on(x, y.shape) if isinstance(x, Fraction) else x
    y = on(y, x.shape) if isinstance(y, Fraction) else y
    if x.shape != y.shape:
        raise Unfit(f"shapes {x.shape} and {y.shape} do not add")
    return x + y
