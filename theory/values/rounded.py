"""Values in floating point with what rounding can explain: each expression with a radius in which its value lies.

Every input counts as rounded: a matrix to ``max(rows, columns) eps`` of its norm, as one that was computed from that
many products is; a vector or a number to ``eps``. Every operation adds its own rounding. Radii bound Frobenius norms,
to first order, and the size of an expression is that of the terms that it is made of, before they cancel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import (
    Abs,
    Add,
    BlockMatrix,
    Derivative,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Mul,
    OneMatrix,
    Pow,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
    log,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from theory.errors import SingularError, TheoryError
from theory.language import words
from theory.language.nodes import EntrySum, Inner, MaxRowSum, Norm, PseudoInverse, SingularValue, SpectralRadius
from theory.language.printing import plain

__all__ = ["EPS", "Rounded", "RoundedInstance", "frobenius", "largest", "moved_eigenvalues", "unfolded"]

#: The distance from 1 to the next double.
EPS = 2.0**-52
#: Beyond this side a matrix is not decomposed to bound it.
_WIDE = 48
#: Beyond so many terms a definition is not multiplied out.
_FEW = 24


@dataclass(frozen=True)
class Rounded:
    """A number or a matrix (vectors are columns), and what is known of it.

    Attributes
    ----------
    value : float or ndarray of shape (rows, columns)
    radius : float
        Rounding moves the value by no more than this, in Frobenius norm.
    size : float
        A bound on the norm of the terms that were added up to it.
    """

    value: Any
    radius: float
    size: float

    @property
    def is_number(self) -> bool:
        """Whether it is a number and not a matrix."""
        return isinstance(self.value, float)

    @cached_property
    def bound(self) -> float:
        """A bound on the largest singular value: this itself, or for many entries that by rows and columns."""
        import numpy as np

        if self.is_number or max(self.value.shape) <= _WIDE or 1 in self.value.shape:
            return largest(self.value)
        sums = np.abs(self.value)
        return min(frobenius(self.value), float(sums.sum(axis=0).max() ** 0.5 * sums.sum(axis=1).max() ** 0.5))

    @property
    def number(self) -> float:
        """The number, also of a matrix with one entry."""
        return self.value if isinstance(self.value, float) else float(self.value[0, 0])

    def __add__(self, other: Rounded) -> Rounded:
        own = EPS * (frobenius(self.value) + frobenius(other.value))
        return Rounded(self.value + other.value, self.radius + other.radius + own, self.size + other.size)

    def __neg__(self) -> Rounded:
        return Rounded(-self.value, self.radius, self.size)

    def __sub__(self, other: Rounded) -> Rounded:
        return self + (-other)

    def __matmul__(self, other: Rounded) -> Rounded:
        inner = self.value.shape[1]
        norms = frobenius(self.value) * frobenius(other.value)
        a, b = self.bound, other.bound
        radius = a * other.radius + self.radius * b + self.radius * other.radius + inner * EPS * norms
        return Rounded(self.value @ other.value, radius, self.size * other.size)

    def times(self, other: Rounded) -> Rounded:
        """Return the product with a number."""
        value = other.number * self.value
        radius = abs(other.number) * self.radius + other.radius * (frobenius(self.value) + self.radius)
        return Rounded(value, radius + EPS * frobenius(value), self.size * other.size)


def unfolded(expr: Any, definitions: Mapping[Any, Any]) -> Any:
    """Replace defined symbols by what they stand for, and what that stands for."""
    while known := {s: definitions[s] for s in expr.free_symbols if s in definitions}:
        expr = words.substitute(expr, known)
    return expr


def frobenius(value: Any) -> float:
    """Frobenius norm; entries may be as large or as small as numbers go."""
    import numpy as np

    if isinstance(value, float):
        return abs(value)
    most = float(np.abs(value).max(initial=0.0))
    return most * float(np.linalg.norm(value / most)) if most > 0 else 0.0


def largest(value: Any) -> float:
    """Largest singular value."""
    import numpy as np

    if isinstance(value, float):
        return abs(value)
    return frobenius(value) if 1 in value.shape or not value.size else float(np.linalg.norm(value, 2))


def moved_eigenvalues(matrix: Rounded) -> tuple[Any, float]:
    """Return the eigenvalues of a square matrix, and how far rounding moves them.

    The smaller of two bounds: Bauer and Fike's, the condition of the eigenvectors times the change, and Elsner's,
    ``(2 |T|)^(1 - 1/d) |E|^(1/d)``, which defective matrices obey too.
    """
    import numpy as np

    value = matrix.value
    d = value.shape[0]
    if not d:
        return np.zeros(0), 0.0
    roots, vectors = np.linalg.eig(value)
    change = matrix.radius + d * EPS * frobenius(value)
    with np.errstate(all="ignore"):
        condition = float(np.linalg.cond(vectors))
    bauer_fike = change * condition if np.isfinite(condition) else np.inf
    elsner = (2 * largest(value) + change) ** (1 - 1 / d) * change ** (1 / d)
    return roots, float(min(bauer_fike, elsner))


class RoundedInstance:
    """Values of symbols, definitions of others, and evaluation of expressions with radii.

    Parameters
    ----------
    sizes : mapping of str to int
        Symbolic dimensions.
    values : mapping of str to ndarray or float
        By the symbol's name; vectors are columns.
    definitions : mapping
        Symbol to expression, for symbols that have no value.
    errors : mapping of str to float, optional
        Relative rounding of single inputs, where it is larger than that of a number.
    """

    def __init__(
        self,
        sizes: Mapping[str, int],
        values: Mapping[str, Any],
        definitions: Mapping[Any, Any],
        errors: Mapping[str, float] | None = None,
    ) -> None:
        self.sizes = dict(sizes)
        self.definitions = {s: value for s, value in definitions.items() if s.name not in values}
        #: What is known by name.
        self.given = dict(values)
        self._errors = dict(errors or {})
        self._memo: dict[Any, Rounded] = {}

    def with_value(self, symbol: Any, value: Rounded) -> RoundedInstance:
        """Return a copy with this value of a symbol."""
        return RoundedInstance(self.sizes, self.given | {symbol.name: value}, self.definitions, self._errors)

    def missing(self, expr: Any) -> set[Any]:
        """Return the symbols of an expression that have neither value nor definition."""
        found: set[Any] = set()
        for symbol in expr.free_symbols:
            if symbol.name in self.given or symbol.name in self.sizes:
                continue
            found |= self.missing(self.definitions[symbol]) if symbol in self.definitions else {symbol}
        return found

    def unfolded(self, expr: Any) -> Any:
        """Replace defined symbols by what they stand for."""
        return unfolded(expr, self.definitions)

    def __call__(self, expr: Any) -> Rounded:
        """Evaluate an expression.

        Raises
        ------
        SingularError
            It inverts what rounding can make singular.
        TheoryError
            A symbol has no value, or an operation has no floating-point value.
        """
        if expr not in self._memo:
            self._memo[expr] = self._evaluate(expr)
        return self._memo[expr]

    def best(self, expr: Any) -> Rounded:
        """Evaluate a matrix as it is written and multiplied out; return the one with the smaller radius.

        ``I - (I - P)(I - Q)`` loses what ``P + Q - P Q`` keeps.
        """
        written = self(expr)
        if written.is_number or not getattr(expr, "is_MatrixExpr", False):
            return written
        out = words.words(self.unfolded(expr))
        if len(out) > _FEW:
            return written
        other = self(words.from_words(out, expr.shape))
        return other if other.radius < written.radius else written

    def rank(self, expr: Any) -> int:
        """How many singular values of a matrix are beyond rounding."""
        import numpy as np

        value = self(expr)
        return int((np.linalg.svd(value.value, compute_uv=False) > _noise(value)).sum())

    def size_of(self, expr: Any) -> int:
        """Return a symbolic dimension or a count as a number."""
        known = {s: self._whole(s) for s in expr.free_symbols}
        return int(expr.subs(known))

    def _whole(self, symbol: Any) -> int:
        if symbol.name in self.sizes:
            return self.sizes[symbol.name]
        value = self(symbol).number
        if value != int(value):
            raise TheoryError(f"{symbol} = {value} must be a whole number")
        return int(value)

    def _input(self, symbol: Any) -> Rounded:
        given = self.given[symbol.name]
        if isinstance(given, Rounded):
            return given
        if isinstance(given, float | int):
            value = float(given)
            exact = isinstance(given, int)
            return Rounded(value, 0.0 if exact else self._errors.get(symbol.name, EPS) * abs(value), abs(value))
        wide = 1 if 1 in given.shape else max(given.shape)
        return Rounded(given, self._errors.get(symbol.name, wide * EPS) * frobenius(given), largest(given))

    def _evaluate(self, expr: Any) -> Rounded:
        import numpy as np

        match expr:
            case Symbol() | MatrixSymbol() if expr.name in self.given:
                return self._input(expr)
            case Symbol() if expr.name in self.sizes:
                return _number(self.sizes[expr.name])
            case Symbol() | MatrixSymbol() if expr in self.definitions:
                return self.best(self.definitions[expr])
            case Symbol() | MatrixSymbol():
                raise TheoryError(f"the symbol {expr} has no value")
            case Identity():
                return Rounded(np.eye(self.size_of(expr.shape[0])), 0.0, 1.0)
            case ZeroMatrix() | OneMatrix():
                full = np.full([self.size_of(side) for side in expr.shape], float(isinstance(expr, OneMatrix)))
                return Rounded(full, 0.0, largest(full))
            case MatAdd() | Add():
                return _folded(Rounded.__add__, [self(term) for term in expr.args])
            case MatMul():
                return self._product(expr)
            case Inverse():
                return _inverse(self(expr.arg), expr.arg)
            case MatPow():
                return self._power(expr)
            case Transpose():
                inner = self(expr.arg)
                return Rounded(inner.value.T, inner.radius, inner.size)
            case PseudoInverse():
                return _pseudo_inverse(self(expr.arg))
            case BlockMatrix():
                parts = [[self(block) for block in expr.blocks[i, :]] for i in range(expr.blocks.shape[0])]
                flat = [part for row in parts for part in row]
                value = np.block([[part.value for part in row] for row in parts])
                return Rounded(value, sum(x.radius for x in flat), sum(x.size for x in flat))
            case MatrixElement():
                parent = self(expr.parent)
                entry = float(parent.value[self.size_of(expr.i), self.size_of(expr.j)])
                return Rounded(entry, parent.radius, parent.size)
            case Trace():
                inner = self(expr.arg)
                side = inner.value.shape[0]
                own = side * EPS * float(np.abs(np.diag(inner.value)).sum())
                return Rounded(float(np.trace(inner.value)), side**0.5 * inner.radius + own, side * inner.size)
            case Derivative():
                return self(expr.doit())
            case _ if getattr(expr, "is_number", False):
                return _number(expr)
            case Mul():
                return _folded(Rounded.times, [self(factor) for factor in expr.args])
            case Pow():
                return _raised(self(expr.base), self(expr.exp), expr.base)
        return self._function(expr)

    def _function(self, expr: Any) -> Rounded:
        import numpy as np

        match expr:
            case Abs():
                inner = self(expr.args[0])
                return Rounded(abs(inner.number), inner.radius, inner.size)
            case log():
                inner = self(expr.args[0])
                if inner.number <= inner.radius:
                    raise SingularError(f"{expr.args[0]} is not positive beyond rounding; its logarithm is asked for")
                value = float(np.log(inner.number))
                return Rounded(value, inner.radius / (inner.number - inner.radius) + EPS * abs(value), abs(value))
            case Inner():
                left, right = map(self, expr.args)
                turned = Rounded(left.value.T, left.radius, left.size)
                product = turned @ right
                return Rounded(product.number, product.radius, product.size)
            case Norm():
                inner = self(expr.args[0])
                return Rounded(frobenius(inner.value), inner.radius * (1 + EPS), inner.size)
            case SingularValue():
                inner = self(expr.args[0])
                found = np.linalg.svd(inner.value, compute_uv=False)
                own = max(inner.value.shape) * EPS * frobenius(inner.value)
                return Rounded(float(found[0] if expr.args[1] == 1 else found[-1]), inner.radius + own, inner.size)
            case SpectralRadius():
                roots, slack = moved_eigenvalues(self(expr.args[0]))
                most = float(np.abs(roots).max(initial=0.0))
                return Rounded(most, slack, max(most, self(expr.args[0]).size))
            case MaxRowSum() | EntrySum():
                inner = self(expr.args[0])
                sums = np.abs(inner.value).sum(axis=-1)
                total = sums.max(initial=0.0) if isinstance(expr, MaxRowSum) else sums.sum()
                root = float(inner.value.shape[1] if isinstance(expr, MaxRowSum) else inner.value.size) ** 0.5
                return Rounded(float(total), root * (inner.radius + EPS * frobenius(inner.value)), root * inner.size)
        raise TheoryError(f"no floating-point value is known for {expr}")

    def _product(self, expr: Any) -> Rounded:
        coefficient, factors = expr.as_coeff_matrices()
        parts = [self(factor) for factor in factors]
        if parts[-1].value.shape[1] == 1:  # from the side of the vector
            body = parts.pop()
            while parts:
                body = parts.pop() @ body
        else:
            body = _folded(Rounded.__matmul__, parts)
        return body if coefficient == 1 else body.times(self(coefficient))

    def _power(self, expr: Any) -> Rounded:
        import numpy as np

        base, exponent = self(expr.base), self.size_of(expr.exp)
        if exponent < 0:
            base, exponent = _inverse(base, expr.base), -exponent
        result = Rounded(np.eye(base.value.shape[0]), 0.0, 1.0)
        for bit in bin(exponent)[2:]:
            result = result @ result
            if bit == "1":
                result = result @ base
        return result


def _folded(operation: Callable[[Rounded, Rounded], Rounded], parts: list[Rounded]) -> Rounded:
    first, *rest = parts
    for part in rest:
        first = operation(first, part)
    return first


def _number(number: Any) -> Rounded:
    value = float(number)
    exact = number == int(value) if abs(value) < 2**53 else False
    dyadic = getattr(number, "is_Rational", False) and number.q & (number.q - 1) == 0
    return Rounded(value, 0.0 if exact or dyadic else EPS * abs(value), abs(value))


def _inverse(inner: Rounded, name: Any) -> Rounded:
    import numpy as np

    change = inner.radius + inner.value.shape[0] * EPS * frobenius(inner.value)
    try:
        value = np.linalg.inv(inner.value)
    except np.linalg.LinAlgError:
        raise SingularError(f"{plain(name)} is inverted, and is singular") from None
    norm = largest(value)
    near = norm * change
    if not near < 1:
        raise SingularError(f"{plain(name)} is inverted, and rounding can make it singular")
    return Rounded(value, near / (1 - near) * norm * inner.value.shape[0] ** 0.5, norm)


def _noise(matrix: Rounded) -> float:
    """How far rounding, that of the decomposition too, moves a singular value."""
    return float(matrix.radius + max(matrix.value.shape) * EPS * frobenius(matrix.value))


def _pseudo_inverse(inner: Rounded) -> Rounded:
    """Of the nearest matrix whose singular values are zero where rounding can make them so."""
    import numpy as np

    left, values, right = np.linalg.svd(inner.value, full_matrices=False)
    change = _noise(inner)
    kept = values > change
    if not kept.any():
        return Rounded(np.zeros(inner.value.T.shape), 0.0, 0.0)
    least = float(values[kept].min())
    value = (right[kept].T / values[kept]) @ left[:, kept].T
    near = change / least
    # Wedin: among matrices of one rank it moves by at most twice the product of both norms and the change.
    radius = 2 * near / (1 - near) / least * float(kept.sum()) ** 0.5
    return Rounded(value, radius, 1 / least)


def _raised(base: Rounded, exponent: Rounded, name: Any) -> Rounded:
    power, number = exponent.number, base.number
    if number == 0 and power < 0:
        raise SingularError(f"{plain(name)} is zero, and is divided by")
    if number < 0 and power != int(power):
        raise TheoryError(f"{name} = {number:.3g} is negative, and has no real power {power:.3g}")
    value = float(number**power)
    share = base.radius / abs(number) if number else float("inf")
    if share < 1:
        radius = abs(value) * (math.expm1(-abs(power) * math.log1p(-share)) + EPS * (1 + abs(power)))
    elif power > 0:
        radius = (abs(number) + base.radius) ** power
    else:
        raise SingularError(f"{plain(name)} is divided by, and rounding can make it zero")
    return Rounded(value, float(radius), float(base.size**power) if power > 0 else abs(value))
