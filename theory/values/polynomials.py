"""Polynomials over the rationals with FLINT's arithmetic, as a domain for SymPy's matrices.

SymPy's own polynomials are dictionaries of Python; on instances with free symbols most of the time would be theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from flint import fmpq, fmpq_mpoly_ctx
from sympy import QQ, Symbol
from sympy.polys.domains.domain import Domain
from sympy.polys.polyerrors import CoercionFailed

__all__ = ["Polynomial", "Polynomials", "Powers", "adjoin"]

Powers = tuple[int, ...]


def _flint(other: Any) -> Any:
    """What FLINT adds and multiplies; None for anything else, such as a matrix."""
    return other.of if isinstance(other, Polynomial) else other if isinstance(other, int | fmpq) else None


class Polynomial:
    """A polynomial; immutable, and hashable as FLINT's are not."""

    __slots__ = ("_hash", "of")

    def __init__(self, of: Any) -> None:
        self.of = of
        self._hash: int | None = None

    def __add__(self, other: Any) -> Any:
        term = _flint(other)
        return NotImplemented if term is None else Polynomial(self.of + term)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        term = _flint(other)
        return NotImplemented if term is None else Polynomial(self.of - term)

    def __neg__(self) -> Polynomial:
        return Polynomial(-self.of)

    def __mul__(self, other: Any) -> Any:
        factor = _flint(other)
        return NotImplemented if factor is None else Polynomial(self.of * factor)

    __rmul__ = __mul__

    def __pow__(self, power: int) -> Polynomial:
        return Polynomial(self.of**power)

    def __bool__(self) -> bool:
        return bool(self.of)

    def __eq__(self, other: object) -> bool:
        return bool(self.of == _flint(other))

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(str(self.of))
        return self._hash

    def __lt__(self, other: Polynomial) -> bool:
        """Some order: SymPy sorts the factors of a characteristic polynomial."""
        return str(self.of) < str(other.of)

    def __repr__(self) -> str:
        return str(self.of)

    def terms(self) -> Iterator[tuple[Powers, Any]]:
        """Powers of the symbols, and the rational coefficient."""
        return iter(self.of.to_dict().items())


class Polynomials(Domain):  # type: ignore[misc]
    """The polynomials in some symbols."""

    dtype = tp = Polynomial
    is_Ring = is_Poly = is_Composite = True
    is_Exact = True

    def __init__(self, symbols: Sequence[Symbol]) -> None:
        self.symbols = tuple(symbols)
        self._context = fmpq_mpoly_ctx.get(tuple(map(str, self.symbols)), "lex")
        self.zero, self.one = self.new({}), self.new({(0,) * len(self.symbols): 1})
        self.gens = tuple(map(Polynomial, self._context.gens()))

    @cached_property
    def _theirs(self) -> Any:
        """The same polynomials as SymPy has them, for conversions."""
        return QQ[self.symbols]

    def new(self, terms: Mapping[Powers, Any]) -> Polynomial:
        """Make a polynomial from its coefficients by powers."""
        return Polynomial(self._context.from_dict(dict(terms)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomials) and self.symbols == other.symbols

    def __hash__(self) -> int:
        return hash(self.symbols)

    def __str__(self) -> str:
        return f"QQ[{','.join(map(str, self.symbols))}]"

    __repr__ = __str__

    def __contains__(self, element: object) -> bool:
        return isinstance(element, Polynomial | int | fmpq)

    def convert(self, element: Any, base: Any = None) -> Polynomial:
        """Take a rational number, or an expression, into the domain."""
        if isinstance(element, Polynomial):
            return element
        if isinstance(element, int | fmpq):
            return Polynomial(self.one.of * element)
        return self.from_sympy(element)

    def from_sympy(self, expr: Any) -> Polynomial:
        """Convert an expression."""
        if getattr(expr, "is_Rational", False):
            return Polynomial(self.one.of * QQ.from_sympy(expr))
        try:
            return self.new(dict(self._theirs.from_sympy(expr)))
        except (CoercionFailed, ValueError) as error:
            raise CoercionFailed(f"{expr} is no polynomial in {self}") from error

    def to_sympy(self, element: Polynomial) -> Any:
        """Convert to an expression."""
        return self._theirs.to_sympy(self._theirs.ring.from_dict(dict(element.terms())))


def adjoin(domain: Any, symbols: Sequence[Symbol]) -> Polynomials:
    """The polynomials over a domain, the rationals or polynomials themselves, in further symbols."""
    return Polynomials((*getattr(domain, "symbols", ()), *symbols))
