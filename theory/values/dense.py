"""Exact dense matrices: over the rationals, or over a polynomial ring with free symbols.

A matrix is a numerator over a polynomial ring and one common denominator, so inverses come from adjugate and
determinant, pseudo-inverses from the characteristic polynomial (Decell), and nothing is ever cancelled. Equality
is decided exactly: a numerator is zero or it is not. Over the rationals FLINT computes, where SymPy's rationals are
FLINT's.

Source of the pseudo-inverse formula: H. P. Decell, SIAM Review 7 (1965) 526.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flint import fmpq, fmpq_mat
from sympy import QQ, ImmutableMatrix, Mul, Poly, Symbol, factor_list, sympify
from sympy.polys.matrices import DomainMatrix

from theory.errors import SingularError

__all__ = ["Dense"]

_RATIONAL: Any = type(DomainMatrix.eye(1, QQ).to_dense().rep)
_FLINT = QQ.dtype is fmpq


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
        if _FLINT and domain.is_QQ:
            return cls.from_entries([x for row in rows for x in row], shape)
        return cls(DomainMatrix([list(r) for r in rows], shape, domain).to_dense())

    @classmethod
    def from_entries(cls, entries: list[Any], shape: tuple[int, int]) -> Dense:
        """Build from rationals, row after row."""
        if _FLINT:
            return _Rational(fmpq_mat(*shape, entries))
        return cls(DomainMatrix.from_rep(_RATIONAL.from_list_flat(entries, shape, QQ)))

    @classmethod
    def from_rep(cls, rep: Any) -> Dense:
        """Take over SymPy's own representation of a rational matrix."""
        return _Rational(rep.rep) if _FLINT else cls(DomainMatrix.from_rep(rep))

    @property
    def rep(self) -> Any:
        """SymPy's own representation of a rational matrix."""
        return self.num.rep

    @classmethod
    def eye(cls, size: int, domain: Any) -> Dense:
        """Return the identity."""
        zero, one = domain.zero, domain.one
        return cls.from_rows([[one if i == j else zero for j in range(size)] for i in range(size)], domain)

    @classmethod
    def full(cls, shape: tuple[int, int], value: Any, domain: Any) -> Dense:
        """Return a matrix whose entries all equal `value`."""
        return cls.from_rows([[domain.convert(value)] * shape[1] for _ in range(shape[0])], domain)

    @classmethod
    def number(cls, value: Any, domain: Any) -> Dense:
        """Return a 1 x 1 matrix."""
        return cls.from_rows([[domain.convert(value)]], domain)

    @classmethod
    def generic(cls, size: int, domain: Any) -> Dense:
        """Return a column of different numbers, where a polynomial is hardly what a basis says of it by chance."""
        return cls.from_rows([[3 * i + 5] for i in range(size)], domain)

    @classmethod
    def hstack(cls, columns: Sequence[Dense]) -> Dense:
        """Join matrices of equal height side by side."""
        den = _lcm([c.den for c in columns])
        parts = [c._raised(den).to_list() if den else c.rows() for c in columns]
        joined = cls.from_rows([[x for p in rows for x in p] for rows in zip(*parts, strict=True)], columns[0].domain)
        return joined.divided(den)

    def rows(self) -> list[list[Any]]:
        """The entries of the numerator."""
        return self.num.to_list()  # type: ignore[no-any-return]

    def divided(self, den: dict[Any, int]) -> Dense:
        """Divide by more factors."""
        return Dense(self.num, _times(self.den, den)) if den else self

    def _raised(self, den: dict[Any, int]) -> DomainMatrix:
        """Numerator over a larger denominator."""
        num = self.num
        for factor, power in den.items():
            for _ in range(power - self.den.get(factor, 0)):
                num = num * factor
        return num

    def _times_all(self, den: dict[Any, int]) -> Dense:
        """The numerator times these factors."""
        return Dense(self._raised(_times(self.den, den)), self.den)

    @property
    def _numerator(self) -> Dense:
        return Dense(self.num)

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
            Dense.from_rows([[self[i, j]] for i in range(rows)], self.domain).divided(self.den) for j in range(width)
        ]

    @property
    def is_symmetric(self) -> bool:
        """Whether a rational matrix equals its transpose."""
        return bool(self.num == self.num.transpose())

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
        return Dense(adjugate)._times_all(self.den).divided({det: 1})

    def pinv(self) -> Dense:
        """Return the Moore-Penrose inverse (real entries)."""
        if self.shape[0] == self.shape[1]:
            try:
                return self.inverse()
            except SingularError:
                pass
        numerator = self._numerator
        turned = numerator.transpose()
        gram = numerator @ turned
        coefficients = gram.charpoly()
        rank = max((i for i, c in enumerate(coefficients) if c), default=0)
        if rank == 0:
            return Dense.full((self.shape[1], self.shape[0]), 0, self.domain)
        unit = Dense.eye(gram.shape[0], self.domain)
        power = unit
        for c in coefficients[1:rank]:
            power = gram @ power + unit.scale(Dense.number(c, self.domain))
        return (-(turned @ power))._times_all(self.den).divided({coefficients[rank]: 1})

    def rank(self) -> int:
        """Exact rank."""
        gram = self._numerator @ self._numerator.transpose()
        return max((i for i, c in enumerate(gram.charpoly()) if c), default=0)

    def trace(self) -> Dense:
        """Return the trace as a 1 x 1 matrix."""
        total = sum((self[i, i] for i in range(self.shape[0])), self.domain.zero)
        return Dense.number(total, self.domain).divided(self.den)

    def entry(self, i: int, j: int) -> Dense:
        """Return one entry as a 1 x 1 matrix."""
        return Dense.number(self[i, j], self.domain).divided(self.den)

    def over(self, den: Any) -> Dense:
        """Divide by a domain element."""
        return self if den == self.domain.one else self.divided({den: 1})

    def charpoly(self) -> list[Any]:
        """Characteristic polynomial of the numerator, highest degree first."""
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
        return ImmutableMatrix(*self.shape, [self.domain.to_sympy(e) / den for row in self.rows() for e in row])

    @classmethod
    def from_sympy(cls, value: Any, domain: Any) -> Dense:
        """Convert a scalar expression into a 1 x 1 matrix over `domain`."""
        numerator, denominator = sympify(value).as_numer_denom()
        return cls.from_rows([[domain.from_sympy(numerator)]], domain).over(domain.from_sympy(denominator))


class _Rational(Dense):
    """A rational matrix, with FLINT's arithmetic and no denominator."""

    __slots__ = ()
    den: ClassVar[dict[Any, int]] = {}  # type: ignore[misc]
    domain = QQ

    def __init__(self, num: fmpq_mat) -> None:
        self.num = num

    @property
    def rep(self) -> Any:
        return _RATIONAL._new(self.num, self.shape, QQ)

    @property
    def shape(self) -> tuple[int, int]:
        return self.num.nrows(), self.num.ncols()

    @property
    def _numerator(self) -> Dense:
        return self

    def rows(self) -> list[list[Any]]:
        return self.num.tolist()  # type: ignore[no-any-return]

    def divided(self, den: dict[Any, int]) -> Dense:
        total = QQ.one
        for factor, power in den.items():
            total *= factor**power
        return self if total == 1 else _Rational(self.num / total)

    def _times_all(self, den: dict[Any, int]) -> Dense:
        return self

    def __add__(self, other: Dense) -> Dense:
        return _Rational(self.num + other.num)

    def __sub__(self, other: Dense) -> Dense:
        return _Rational(self.num - other.num)

    def __neg__(self) -> Dense:
        return _Rational(-self.num)

    def __matmul__(self, other: Dense) -> Dense:
        return _Rational(self.num * other.num)

    def scale(self, factor: Dense) -> Dense:
        return _Rational(self.num * factor.num[0, 0])

    def __getitem__(self, key: tuple[int, int]) -> Any:
        return self.num[key]

    def transpose(self) -> Dense:
        return _Rational(self.num.transpose())

    @property
    def is_zero(self) -> bool:
        return not self.num

    def inverse(self) -> Dense:
        try:
            return _Rational(self.num.inv())
        except ZeroDivisionError:
            raise SingularError("a matrix that must be invertible has determinant 0") from None

    def rank(self) -> int:
        return int(self.num.rank())

    def charpoly(self) -> list[Any]:
        return self.num.charpoly().coeffs()[::-1]  # type: ignore[no-any-return]
