"""Exact dense matrices: over the rationals, or over a polynomial ring with free symbols.

A matrix is a numerator over a polynomial ring and one common denominator, so inverses come from adjugate and
determinant, pseudo-inverses from the characteristic polynomial (Decell), and nothing is ever cancelled. Equality
is decided exactly: a numerator is zero or it is not.

Source of the pseudo-inverse formula: H. P. Decell, SIAM Review 7 (1965) 526.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import QQ, ImmutableMatrix, Mul, Poly, Symbol, factor_list, sympify
from sympy.polys.matrices import DomainMatrix

from theory.errors import SingularError

__all__ = ["Dense"]

_RATIONAL: Any = type(DomainMatrix.eye(1, QQ).to_dense().rep)


def _lcm(dens: Sequence[dict[Any, int]]) -> dict[Any, int]:
    out: dict[Any, int] = {}
    for den in dens:
        for factor, power in den.items():
            out[factor] = max(power, out.get(factor, 0))
    return out


def _times(left: dict[Any, int], right: dict[Any, int]) -> dict[Any, int]:
    out = dict(left)
    for factor, power in right.items():
        out[factor] = out.get(factor, 0) + power
    return out


class Dense:
    """An exact matrix ``num / den`` over a SymPy domain.

    Parameters
    ----------
    num : DomainMatrix
        Numerator.
    den : dict
        Common denominator as factor to power: kept factored, so that sums of fractions with the same
        determinants in their denominators do not grow. Over the rationals it is divided out at once.
    """

    __slots__ = ("den", "num")

    def __init__(self, num: DomainMatrix, den: dict[Any, int] | None = None) -> None:
        den = den or {}
        if den and num.domain.is_QQ:
            total = num.domain.one
            for factor, power in den.items():
                total *= factor**power
            num, den = num * (num.domain.one / total), {}
        self.num, self.den = num, den

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[Any]], domain: Any) -> Dense:
        """Build from rows of domain elements."""
        shape = (len(rows), len(rows[0]) if rows else 0)
        return cls(DomainMatrix([list(r) for r in rows], shape, domain).to_dense())

    @classmethod
    def from_entries(cls, entries: list[Any], shape: tuple[int, int]) -> Dense:
        """Build from rationals, row after row."""
        # The representation itself (FLINT's, or lists) takes the entries as they are, without a detour over rows.
        return cls(DomainMatrix.from_rep(_RATIONAL.from_list_flat(entries, shape, QQ)))

    @classmethod
    def eye(cls, size: int, domain: Any) -> Dense:
        """Return the identity."""
        return cls(DomainMatrix.eye(size, domain).to_dense())

    @classmethod
    def full(cls, shape: tuple[int, int], value: Any, domain: Any) -> Dense:
        """Return a matrix whose entries all equal `value`."""
        return cls.from_rows([[domain.convert(value)] * shape[1] for _ in range(shape[0])], domain)

    @classmethod
    def number(cls, value: Any, domain: Any) -> Dense:
        """Return a 1 x 1 matrix."""
        return cls.from_rows([[domain.convert(value)]], domain)

    @classmethod
    def hstack(cls, columns: Sequence[Dense]) -> Dense:
        """Join matrices of equal height side by side."""
        den = _lcm([c.den for c in columns])
        parts = [c._raised(den).to_list() for c in columns]
        joined = cls.from_rows([[x for p in rows for x in p] for rows in zip(*parts, strict=True)], columns[0].domain)
        return Dense(joined.num, den)

    def _raised(self, den: dict[Any, int]) -> DomainMatrix:
        """Numerator over a larger denominator."""
        num = self.num
        for factor, power in den.items():
            for _ in range(power - self.den.get(factor, 0)):
                num = num * factor
        return num

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.num.shape  # type: ignore[no-any-return]

    @property
    def domain(self) -> Any:
        """The ring of numerator and denominator."""
        return self.num.domain

    def __add__(self, other: Dense) -> Dense:
        den = _lcm([self.den, other.den])
        return Dense(self._raised(den) + other._raised(den), den)

    def __neg__(self) -> Dense:
        return Dense(-self.num, self.den)

    def __sub__(self, other: Dense) -> Dense:
        return self + (-other)

    def __matmul__(self, other: Dense) -> Dense:
        return Dense(self.num * other.num, _times(self.den, other.den))

    def scale(self, factor: Dense) -> Dense:
        """Return the product with a 1 x 1 matrix."""
        return Dense(self.num * factor[0, 0], _times(self.den, factor.den))

    def __getitem__(self, key: tuple[int, int]) -> Any:
        """Numerator of one entry."""
        return self.num.rep.getitem(*key)

    def transpose(self) -> Dense:
        """Return the transpose."""
        return Dense(self.num.transpose(), self.den)

    def columns(self) -> list[Dense]:
        """Return the columns, one by one."""
        rows, width = self.shape
        return [
            Dense(Dense.from_rows([[self[i, j]] for i in range(rows)], self.domain).num, self.den) for j in range(width)
        ]

    @property
    def is_symmetric(self) -> bool:
        """Whether a rational matrix equals its transpose."""
        return bool(self.num.rep == self.num.rep.transpose())

    @property
    def is_zero(self) -> bool:
        """Whether every entry is exactly zero."""
        return bool(self.num.is_zero_matrix)

    def inverse(self) -> Dense:
        """Return the inverse; `SingularError` if the determinant is zero."""
        if self.is_zero:  # SymPy's adjugate fails on a zero matrix over a polynomial ring
            raise SingularError("a matrix that must be invertible is zero")
        if self.shape == (1, 1):
            adjugate, det = DomainMatrix.eye(1, self.domain).to_dense(), self[0, 0]
        else:
            adjugate, det = self.num.adj_det()
        if not det:
            raise SingularError("a matrix that must be invertible has determinant 0")
        return Dense(Dense(adjugate)._raised(self.den), {det: 1})

    def pinv(self) -> Dense:
        """Return the Moore-Penrose inverse (real entries)."""
        if self.shape[0] == self.shape[1]:
            try:
                return self.inverse()
            except SingularError:
                pass
        a, at = self.num, self.num.transpose()
        gram = a * at
        coefficients = gram.charpoly()
        rank = max((i for i, c in enumerate(coefficients) if c), default=0)
        if rank == 0:
            return Dense(DomainMatrix.zeros((self.shape[1], self.shape[0]), self.domain).to_dense())
        power = DomainMatrix.eye(gram.shape[0], self.domain).to_dense()
        for c in coefficients[1:rank]:
            power = gram * power + DomainMatrix.eye(gram.shape[0], self.domain).to_dense() * c
        return Dense(-Dense(at * power)._raised(self.den), {coefficients[rank]: 1})

    def rank(self) -> int:
        """Exact rank."""
        gram = self.num * self.num.transpose()
        return max((i for i, c in enumerate(gram.charpoly()) if c), default=0)

    def trace(self) -> Dense:
        """Return the trace as a 1 x 1 matrix."""
        total = sum((self[i, i] for i in range(self.shape[0])), self.domain.zero)
        return Dense(Dense.number(total, self.domain).num, self.den)

    def over(self, den: Any) -> Dense:
        """Divide by a domain element."""
        return self if den == self.domain.one else Dense(self.num, _times(self.den, {den: 1}))

    def charpoly(self) -> list[Any]:
        """Characteristic polynomial, highest degree first; rationals only."""
        return list(self.num.charpoly())

    def is_psd(self) -> bool:
        """Whether a symmetric rational matrix is positive semidefinite, exactly.

        All eigenvalues are non-negative iff the coefficients of the characteristic polynomial alternate in sign.
        """
        if not (self - self.transpose()).is_zero:
            return False
        return all((-1) ** i * c >= 0 for i, c in enumerate(self.charpoly()))

    def eigenvalues(self, *, symmetric: bool = False) -> list[Any]:
        """Exact eigenvalues with multiplicity, as algebraic numbers; rationals only."""
        x = Symbol("x")
        values: list[Any] = []
        poly = Poly([QQ.to_sympy(c) for c in self.charpoly()], x, domain=QQ)
        for factor, multiplicity in factor_list(poly)[1]:
            f = Poly(factor, x)
            roots = f.real_roots() if symmetric else f.all_roots()
            values += list(roots) * multiplicity
        return values

    def is_schur_stable(self) -> bool:
        """Whether all eigenvalues have modulus below 1, exactly: the Schur-Cohn recursion; rationals only."""
        c = self.charpoly()
        while len(c) > 1:
            if abs(c[-1]) >= abs(c[0]):
                return False
            c = [c[0] * x - c[-1] * y for x, y in zip(c, reversed(c), strict=True)][:-1]
        return True

    def count_real_eigenvalues(self, low: Any = None, high: Any = None) -> int:
        """Return the number of real eigenvalues in a closed interval, with multiplicity; rationals only."""
        poly = Poly([QQ.to_sympy(c) for c in self.charpoly()], Symbol("x"), domain=QQ)
        return int(sum(f.count_roots(low, high) * multiplicity for f, multiplicity in poly.sqf_list()[1]))

    def to_sympy(self) -> ImmutableMatrix:
        """Return a SymPy matrix; fractions are left uncancelled."""
        den = Mul(*(self.domain.to_sympy(factor) ** power for factor, power in self.den.items()))
        return ImmutableMatrix(*self.shape, [self.domain.to_sympy(e) / den for row in self.num.to_list() for e in row])

    @classmethod
    def from_sympy(cls, value: Any, domain: Any) -> Dense:
        """Convert a scalar expression into a 1 x 1 matrix over `domain`."""
        numerator, denominator = sympify(value).as_numer_denom()
        return cls.from_rows([[domain.from_sympy(numerator)]], domain).over(domain.from_sympy(denominator))
