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
from math import lcm
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
        return value(SignedSum(((1, self.left), (-1, self.right))), values)


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
    whole, over = _evaluated(node, values)
    if not isinstance(whole, np.ndarray):
        return Fraction(whole, over)
    return np.array([Fraction(x, over) for x in whole.flat], dtype=object).reshape(whole.shape)


def _evaluated(node: Node, values: Mapping[str, Value]) -> tuple[Any, int]:
    """Evaluate to integers over one common denominator: Fractions would be reduced after every step."""
    match node:
        case Number(number):
            return number.numerator, number.denominator
        case Letter(name, turned):
            found = values[name]
            if not isinstance(found, np.ndarray):
                return found.numerator, found.denominator
            over = lcm(*(x.denominator for x in found.flat))
            entries = [x.numerator * (over // x.denominator) for x in found.flat]
            whole = np.array(entries, dtype=object).reshape(found.shape)
            return whole.T if turned else whole, over
        case Product(parts):
            product: Any = 1
            bottom = 1
            for part in parts:
                whole, over = _evaluated(part, values)
                product, bottom = _multiplied(product, whole), bottom * over
            return product, bottom
        case SignedSum(terms):
            total: Any = 0
            bottom = 1
            for sign, term in terms:
                whole, over = _evaluated(term, values)
                common = lcm(bottom, over)
                total, bottom = _added(total * (common // bottom), whole * (sign * common // over)), common
            return total, bottom


def eye(size: int) -> Value:
    """Return the identity matrix."""
    entries = [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]
    return np.array(entries, dtype=object).reshape(size, size)


def on(number: Any, shape: tuple[int, int]) -> Value:
    """Return a number as a map of the given shape."""
    if shape[0] != shape[1] and number:
        raise Unfit(f"the number {number} is no map of shape {shape}")
    out = np.full(shape, 0 * number, dtype=object)
    for i in range(shape[0] if number else 0):
        out[i, i] = number
    return out


def _multiplied(x: Any, y: Any) -> Any:
    if not isinstance(x, np.ndarray) or not isinstance(y, np.ndarray):
        return x * y
    if x.shape[1] != y.shape[0]:
        raise Unfit(f"shapes {x.shape} and {y.shape} do not multiply")
    return x @ y


def _added(x: Any, y: Any) -> Any:
    if not isinstance(x, np.ndarray) and not isinstance(y, np.ndarray):
        return x + y
    x = x if isinstance(x, np.ndarray) else on(x, y.shape)
    y = y if isinstance(y, np.ndarray) else on(y, x.shape)
    if x.shape != y.shape:
        raise Unfit(f"shapes {x.shape} and {y.shape} do not add")
    return x + y
