"""From text to predicates: names get their symbols, products their types, and what is said its exact meaning.

A number stands for that multiple of the identity where a square matrix is expected. ``<=`` between symmetric matrices
is the Loewner order; ``|x|`` is the Euclidean length of a vector, or the modulus of a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import add, mul
from typing import Any

from sympy import (
    Abs,
    BlockMatrix,
    Eq,
    Equality,
    GreaterThan,
    Identity,
    ImmutableMatrix,
    Integer,
    Inverse,
    LessThan,
    MatMul,
    MatPow,
    MatrixSymbol,
    Poly,
    Rational,
    S,
    StrictGreaterThan,
    StrictLessThan,
    Trace,
    Transpose,
    Unequality,
    ZeroMatrix,
    log,
    oo,
    preorder_traversal,
    sqrt,
)

from theory.errors import TextError
from theory.language import words
from theory.language.degrees import degree
from theory.language.grammar import Phrase, near, parse, parse_expression
from theory.language.nodes import (
    Contracts,
    EntrySum,
    Inner,
    MaxRowSum,
    NonnegativeForPositive,
    Norm,
    PositiveSemidefinite,
    PseudoInverse,
    SingularValue,
    SpectralRadius,
    SpectrumWithin,
)
from theory.language.predicates import (
    All,
    Commute,
    Iff,
    Implies,
    Invertible,
    Loewner,
    Minimises,
    NonDecreasing,
    Projector,
    RangeWithin,
    Settles,
    Solvable,
    TendsTo,
    Unique,
)
from theory.language.printing import plain
from theory.language.symbols import PRIMITIVES, tau

__all__ = ["Reading", "read", "read_expression", "reading", "reading_of_expression"]


def read(text: str, names: Mapping[str, Any]) -> Any:
    """Read a statement.

    Parameters
    ----------
    text : str
        As `theory.language.prose.spoken` prints it, or in signs; the grammar is in `theory.language.grammar`.
    names : mapping of str to symbol
        What names stand for.

    Returns
    -------
    relation or predicate

    Raises
    ------
    TextError
        What cannot be read, what has no meaning, or what does not fit together: the message points at it.
    """
    return reading(text, names).says


def read_expression(text: str, names: Mapping[str, Any]) -> Any:
    """Read one expression, as the right-hand side of a definition; parameters and errors as for `read`."""
    return reading_of_expression(text, names).says


@dataclass(frozen=True)
class Reading:
    """What was read, and what it presumes: that each inverse, quotient, root and logarithm in it exists.

    SymPy cancels ``C C^-1``, so that the second does not show in the first; nor do the letters, `ranging`, that stand
    for any positive number.
    """

    says: Any
    presumes: tuple[Any, ...]
    ranging: tuple[Any, ...] = ()


def reading(text: str, names: Mapping[str, Any]) -> Reading:
    """Read a statement and what it presumes; parameters and errors as for `read`."""
    reader = _Reader(text, names)
    says = reader.statement(parse(text, names))
    bound = {x.args[x.binds] for x in preorder_traversal(says) if getattr(x, "binds", None) is not None}
    # Of a letter that stands for any value nothing is presumed.
    presumes = tuple(p for p in dict.fromkeys(reader.presumed) if not p.free_symbols & (bound | {*reader.ranging}))
    return Reading(says, presumes, tuple(reader.ranging))


def reading_of_expression(text: str, names: Mapping[str, Any]) -> Reading:
    """Read one expression and what it presumes; parameters and errors as for `read`."""
    reader = _Reader(text, names)
    expr = reader.value(parse_expression(text, names)).expr
    return Reading(expr, tuple(dict.fromkeys(reader.presumed)))


@dataclass(frozen=True)
class Value:
    """An expression with its shape: None for a number, ``any`` for a multiple of the identity of whichever size."""

    expr: Any
    shape: Any

    @property
    def is_matrix(self) -> bool:
        """Whether it has rows and columns of its own."""
        return isinstance(self.shape, tuple)


ANY = "any"
ORDERED = {"<=": LessThan, ">=": GreaterThan, "<": StrictLessThan, ">": StrictGreaterThan}


class _Reader:
    def __init__(self, text: str, names: Mapping[str, Any]) -> None:
        self.text, self.names = text, dict(names)
        self.presumed: list[Any] = []
        self.ranging: list[Any] = []

    def fail(self, node: Phrase, why: str) -> TextError:
        return TextError(self.text, node.start, node.end, why)

    # Statements -----------------------------------------------------------------------------------

    def statement(self, node: Phrase) -> Any:
        match node.kind:
            case "all":
                return All(*map(self.statement, node.parts))
            case "iff":
                return Iff(*map(self.statement, node.parts))
            case "implies":
                return Implies(*map(self.statement, node.parts))
            case "relation":
                return self._relation(node)
            case "invertible":
                return Invertible(self._square(node.parts[0]))
            case "symmetric":
                matrix = self._square(node.parts[0])
                return _equation(matrix.T.doit(deep=False), matrix)
            case "projector":
                return Projector(self._square(node.parts[0]))
            case "commute":
                left, right = map(self._square, node.parts)
                self._same(node, left.shape, right.shape)
                return Commute(left, right)
            case "range":
                inner, outer = map(self._matrix, node.parts)
                if inner.shape[0] != outer.shape[0]:
                    raise self.fail(node, f"vectors of {inner.shape[0]} entries are no part of {outer.shape[0]}")
                return RangeWithin(inner, outer)
            case "contracts":
                return Contracts(self._square(node.parts[0]))
            case "spectrum":
                matrix, *ends = node.parts
                low, high = map(self._number, ends) if ends else (-oo, oo)
                return SpectrumWithin(self._square(matrix), low, high)
            case "unique" | "solvable":
                x = self._vector(node.parts[0])
                return (Unique if node.kind == "unique" else Solvable)(x, self._affine(node.parts[1], x))
            case "tends":
                return self._tends(node)
            case "settles":
                return self._settles(node)
            case "least":
                return self._minimises(node)
            case "grows":
                return NonDecreasing(self._number(node.parts[0]), self._number(node.parts[1]))
            case "for all":
                return self._for_positive(node)
        raise self.fail(node, "this is an expression, and says nothing")

    def _relation(self, node: Phrase) -> Any:
        left, right = map(self.value, node.parts)
        sign = node.word
        if (left.is_matrix and left.shape != (1, 1)) or (right.is_matrix and right.shape != (1, 1)):
            return self._between_matrices(node, sign, left, right)
        alone = sign == "=" and any(x.shape != (1, 1) and x.expr == 0 for x in (left, right))
        if left.shape == right.shape == (1, 1) or (alone and left.is_matrix != right.is_matrix):
            return self._between_matrices(node, sign, left, right)
        one, other = self.as_number(node.parts[0], left), self.as_number(node.parts[1], right)
        if isinstance(one, SpectralRadius) and sign == "<" and other == 1:
            return Contracts(one.args[0])
        if sign == "=":
            return _equation(one, other)
        if sign == "!=":
            return Unequality(one, other, evaluate=False)
        return ORDERED[sign](one, other, evaluate=False)

    def _between_matrices(self, node: Phrase, sign: str, left: Value, right: Value) -> Any:
        shape = left.shape if left.is_matrix else right.shape
        one, other = (self._fitted(part, x, shape) for part, x in zip(node.parts, (left, right), strict=True))
        if sign == "=":
            return _equation(one, other)
        if sign == "!=":
            return Unequality(one, other, evaluate=False)
        if shape[0] != shape[1]:
            raise self.fail(node, f"{sign} is between numbers or symmetric matrices, and these are {_shape(shape)}")
        if sign in (">=", ">"):
            one, other = other, one
        if sign in ("<=", ">=") and one == ZeroMatrix(*shape):
            return PositiveSemidefinite(other)
        return Loewner(one, other, sign in ("<", ">"))

    def _affine(self, node: Phrase, x: Any) -> Any:
        """Read an equation that is affine in a vector."""
        relation = self.statement(node)
        if not isinstance(relation, Equality):
            raise self.fail(node, f"what is said of {plain(x)} here is an equation")
        for side in relation.args:
            self._at_most(node, side, x, 1)
        return relation

    def _at_most(self, node: Phrase, expr: Any, x: Any, most: int) -> None:
        if degree(expr, x) > most:
            what = ("free of", "affine in", "of degree two in")[most]
            raise self.fail(node, f"this is not {what} {plain(x)}")

    def _tends(self, node: Phrase) -> Any:
        x, image, start, limit = node.parts
        if x.word not in self.names:
            self.names[x.word] = MatrixSymbol(x.word, *self._some_shape(limit, start, image))
        symbol = self._symbol(x)
        shape = getattr(symbol, "shape", (0, 1))
        symbol = symbol if shape[0] == shape[1] else self._vector(x)
        values = [self._fitted(part, self.value(part), symbol.shape) for part in (image, start, limit)]
        if bool(node.word) != (values[1] == symbol):
            raise self.fail(start, f"a start is one vector, or 'every {x.word}'")
        for part, value, most in zip((image, limit), (values[0], values[2]), (1, 0), strict=True):
            self._at_most(part, value, symbol, most)
        return TendsTo(symbol, *values)

    def _some_shape(self, *nodes: Phrase) -> Any:
        for node in nodes:
            try:
                value = self.value(node)
            except TextError:
                continue
            if value.is_matrix:
                return value.shape
        raise self.fail(nodes[0], "how large the vectors are does not show: declare the one that moves")

    def _settles(self, node: Phrase) -> Any:
        x, image, c = node.parts
        sizes = sorted({n for s in self.names.values() for n in getattr(s, "shape", ()) if n != 1}, key=str)
        trouble: TextError | None = None
        # The vectors are as large as what they meet; those of one size are tried first.
        pairs = sorted(product([*sizes, Integer(1)], repeat=2), key=lambda pair: pair[0] != pair[1])
        for size, other in pairs:
            moved = {x.word: MatrixSymbol(x.word, size, 1), c.word: MatrixSymbol(c.word, other, 1)}
            inner = _Reader(self.text, self.names | moved)
            try:
                value = inner._fitted(image, inner.value(image), (size, 1))
                matrix, rest = words.collect_right(value, inner.names[x.word])
                push, rest = words.collect_right(rest, inner.names[c.word])
            except TextError as error:
                trouble = trouble or error
                continue
            except ValueError as error:
                trouble = self.fail(image, str(error))
                continue
            if not words.vanishes(rest):
                raise self.fail(image, f"a part depends neither on {x.word} nor on {c.word}")
            return Settles(_bare(matrix), _bare(push))
        raise trouble or self.fail(image, "no map of a vector")

    def _minimises(self, node: Phrase) -> Any:
        x, objective, point, *under = node.parts
        symbol = self._vector(x)
        value = self.value(objective)
        if value.is_matrix and value.shape != (1, 1):
            raise self.fail(objective, f"what is least is a number, and this is {_shape(value.shape)}")
        where = self._fitted(point, self.value(point), symbol.shape)
        self._at_most(objective, value.expr, symbol, 2)
        self._at_most(point, where, symbol, 0)
        return Minimises(symbol, value.expr, where, self._affine(under[0], symbol) if under else S.true)

    def _for_positive(self, node: Phrase) -> Any:
        relation, x = node.parts
        symbol = self._number(x)
        if symbol != tau and not getattr(symbol, "is_positive", False):
            raise self.fail(x, f"{x.word} is not declared positive")
        lower = relation.word in ("<=", "<")
        left, right = (self._number(part) for part in relation.parts)
        if relation.word not in (">=", "<="):
            raise self.fail(relation, "what holds for all positive numbers is said with >= or <=")
        self.ranging.append(symbol)
        try:
            coefficients = Poly((right - left) if lower else (left - right), symbol).all_coeffs()[::-1]
        except Exception:
            raise self.fail(relation, f"this is no polynomial in {x.word}") from None
        return NonnegativeForPositive(*coefficients, *[S.Zero] * (4 - len(coefficients)))

    # Kinds of expressions -------------------------------------------------------------------------

    def _matrix(self, node: Phrase) -> Any:
        value = self.value(node)
        if not value.is_matrix:
            raise self.fail(node, "a matrix is needed here, and this is a number, or I of unknown size")
        return value.expr

    def _square(self, node: Phrase) -> Any:
        value = self.value(node)
        if value.shape is None:
            return value.expr * Identity(1) if not value.expr.is_number else self._matrix(node)
        matrix = self._matrix(node)
        if matrix.shape[0] != matrix.shape[1]:
            raise self.fail(node, f"a square matrix is needed here, and this is {_shape(matrix.shape)}")
        return matrix

    def _vector(self, node: Phrase) -> Any:
        symbol = self._symbol(node)
        if getattr(symbol, "shape", (0, 0))[1] != 1:
            raise self.fail(node, f"{node.word} is no vector")
        return symbol

    def _number(self, node: Phrase) -> Any:
        return self.as_number(node, self.value(node))

    def as_number(self, node: Phrase, value: Value) -> Any:
        """A number, or a matrix with one row and one column as one."""
        if value.shape is None or value.shape == ANY:
            return value.expr
        if value.shape != (1, 1):
            raise self.fail(node, f"a number is needed here, and this is {_shape(value.shape)}")
        return _entry(value.expr)

    def _fitted(self, node: Phrase, value: Value, shape: Any) -> Any:
        """A value as a matrix of this shape: numbers are multiples of the identity."""
        if value.is_matrix:
            self._same(node, value.shape, shape)
            return value.expr
        if value.expr == 0:
            return ZeroMatrix(*shape)
        if shape[0] != shape[1]:
            raise self.fail(node, f"a multiple of the identity is square, and what it meets is {_shape(shape)}")
        return value.expr * Identity(shape[0]) if value.expr != 1 else Identity(shape[0])

    def _same(self, node: Phrase, one: Any, other: Any) -> None:
        if one != other:
            raise self.fail(node, f"this is {_shape(one)}, and what it meets is {_shape(other)}")

    def _symbol(self, node: Phrase) -> Any:
        if node.word not in self.names:
            raise self.fail(node, f"{node.word} is not known{near(node.word, self.names)}; declare it, or correct it")
        return self.names[node.word]

    # Expressions ----------------------------------------------------------------------------------

    def value(self, node: Phrase) -> Value:
        """Read an expression."""
        parts = node.parts
        match node.kind:
            case "number":
                return Value(Rational(node.word), None)
            case "name" if node.word == "I" and "I" not in self.names:
                return Value(S.One, ANY)
            case "name":
                symbol = self._symbol(node)
                return Value(symbol, getattr(symbol, "shape", None) or None)
            case "brackets":
                return self.value(parts[0])
            case "minus":
                inner = self.value(parts[0])
                return Value(-inner.expr, inner.shape)
            case "sum":
                return self._sum(node)
            case "product":
                return self._product(node)
            case "reciprocal":
                number = self._number(parts[0])
                return Value(1 / self._not_zero(node, number), None)
            case "transpose":
                inner = self.value(parts[0])
                return Value(inner.expr.T, inner.shape[::-1]) if inner.is_matrix else inner
            case "power":
                return self._power(node)
            case "pinv":
                inner = self.value(parts[0])
                if not inner.is_matrix:
                    raise self.fail(node, "a pseudo-inverse is that of a matrix")
                return Value(PseudoInverse(inner.expr), inner.shape[::-1])
            case "inv":
                return Value(Inverse(matrix := self._regular(parts[0], self._square(parts[0]))), matrix.shape)
            case "norm":
                inner = self.value(parts[0])
                if not inner.is_matrix:
                    return Value(Abs(inner.expr), None)
                if inner.shape[1] != 1 and inner.shape[0] != 1:
                    raise self.fail(node, "a length is that of a vector; of a matrix take sigma_max(...)")
                column = inner.expr if inner.shape[1] == 1 else inner.expr.T
                return Value(Abs(_entry(inner.expr)) if inner.shape == (1, 1) else Norm(column), None)
            case "row sum":
                return Value(MaxRowSum(self._matrix(parts[0])), None)
            case "inner":
                left, right = map(self._matrix, parts)
                if left.shape[1] != 1 or left.shape != right.shape:
                    shapes = " and ".join(_shape(x.shape) for x in (left, right))
                    raise self.fail(node, f"<x, y> is of two vectors of one size, and these are {shapes}")
                return Value(Inner(left, right), None)
            case "blocks":
                return self._blocks(node)
            case "tr" | "Trace":
                return Value(Trace(self._square(parts[0])), None)
            case "spr":
                return Value(SpectralRadius(self._square(parts[0])), None)
            case "sigma_max" | "sigma_min":
                return Value(SingularValue(self._matrix(parts[0]), 1 if node.kind == "sigma_max" else -1), None)
            case "EntrySum":
                return Value(EntrySum(self._matrix(parts[0])), None)
            case "sqrt":
                return Value(sqrt(self._signed(node, self._number(parts[0]), GreaterThan)), None)
            case "log":
                return Value(log(self._signed(node, self._number(parts[0]), StrictGreaterThan)), None)
        raise self.fail(node, "this says something, and is no expression")

    def _sum(self, node: Phrase) -> Value:
        values = [self.value(part) for part in node.parts]
        shapes = [x.shape for x in values if x.is_matrix]
        if not shapes:
            shape = ANY if any(x.shape == ANY for x in values) else None
            return Value(reduce(add, (x.expr for x in values)), shape)
        if shapes[0] == (1, 1) and not all(x.shape == (1, 1) for x in values):
            return Value(reduce(add, map(self.as_number, node.parts, values)), None)
        terms = [self._fitted(part, x, shapes[0]) for part, x in zip(node.parts, values, strict=True)]
        return Value(reduce(add, terms), shapes[0])

    def _product(self, node: Phrase) -> Value:
        number: Any = S.One
        whole: Value | None = None
        identity = False
        for part in node.parts:
            x = self.value(part)
            if not x.is_matrix:
                identity |= x.shape == ANY
                number = number * x.expr
            elif whole is None:
                whole = x
            elif whole.shape[1] == x.shape[0]:
                whole = Value(whole.expr * x.expr, (whole.shape[0], x.shape[1]))
            elif whole.shape == (1, 1):
                number, whole = number * _entry(whole.expr), x
            elif x.shape == (1, 1):
                number = number * _entry(x.expr)
            else:
                before = self.text[node.start : part.start].strip()
                raise self.fail(part, f"this is {_shape(x.shape)}, and {before} before it is {_shape(whole.shape)}")
        if whole is None:
            return Value(number, ANY if identity else None)
        return Value(whole.expr if number == 1 else number * whole.expr, whole.shape)

    def _power(self, node: Phrase) -> Value:
        base = self.value(node.parts[0])
        exponent = self._number(node.parts[1])
        if base.shape == (1, 1):
            base = Value(_entry(base.expr), None)
        if not base.is_matrix:
            if isinstance(base.expr, Norm) and exponent == 2:
                return Value(Inner(*base.expr.args * 2), None)
            if not exponent.is_integer:
                self._signed(node, base.expr, GreaterThan)
            if _may_be_negative(exponent):
                self._not_zero(node, base.expr)
            return Value(base.expr**exponent, base.shape)
        if base.shape[0] != base.shape[1]:
            raise self.fail(node, f"a power is that of a square matrix, and this is {_shape(base.shape)}")
        if _may_be_negative(exponent):
            self._regular(node, base.expr)
        if exponent == -1:
            return Value(Inverse(base.expr), base.shape)
        if exponent.is_integer is not True:
            raise self.fail(node.parts[1], "the exponent of a matrix is a whole number, or a count such as t")
        return Value(MatPow(base.expr, exponent), base.shape)

    def _not_zero(self, node: Phrase, number: Any) -> Any:
        if number == 0:
            raise self.fail(node, "this divides by 0")
        if number.is_nonzero is not True:
            self.presumed.append(Unequality(number, 0, evaluate=False))
        return number

    def _regular(self, node: Phrase, matrix: Any) -> Any:
        if isinstance(matrix, ZeroMatrix):
            raise self.fail(node, "this inverts 0")
        if not isinstance(matrix, Identity):
            self.presumed.append(Invertible(matrix))
        return matrix

    def _signed(self, node: Phrase, number: Any, sign: Any) -> Any:
        """A number of which a root or a logarithm is taken."""
        relation = sign(number, 0)
        if relation == False:  # noqa: E712 - of SymPy
            raise self.fail(node, f"a real number is meant, and {plain(number)} has none")
        if relation != True:  # noqa: E712
            self.presumed.append(sign(number, 0, evaluate=False))
        return number

    def _blocks(self, node: Phrase) -> Value:
        rows = [[self.value(part) for part in row.parts] for row in node.parts]
        heights = [next((x.shape[0] for x in row if x.is_matrix), None) for row in rows]
        widths = [next((x.shape[1] for x in column if x.is_matrix), None) for column in zip(*rows, strict=True)]
        for i in range(min(len(heights), len(widths))):  # a number on the diagonal is square
            heights[i], widths[i] = heights[i] or widths[i], widths[i] or heights[i]
        if all(x is None for x in (*heights, *widths)):
            return Value(ImmutableMatrix([[x.expr for x in row] for row in rows]), (len(rows), len(rows[0])))
        sizes = [x or Integer(1) for x in heights], [x or Integer(1) for x in widths]
        filled = [
            [self._fitted(part, x, (r, c)) for part, x, c in zip(line.parts, row, sizes[1], strict=True)]
            for line, row, r in zip(node.parts, rows, sizes[0], strict=True)
        ]
        return Value(BlockMatrix(filled), (reduce(add, sizes[0]), reduce(add, sizes[1])))


def _may_be_negative(exponent: Any) -> bool:
    """Whether an exponent may be below 0, for all that is known of the count in it."""
    number, count = exponent.as_coeff_Add()
    least = PRIMITIVES[str(count)].least if str(count) in PRIMITIVES else 0
    return not (exponent.is_nonnegative or (count.is_nonnegative and number + least >= 0))


def _equation(left: Any, right: Any) -> Any:
    return Eq(left, right, evaluate=False)


def _bare(expr: Any) -> Any:
    """A multiple of the identity of the numbers as a number."""
    return _entry(expr) if expr.shape == (1, 1) and not expr.atoms(MatrixSymbol) else expr


def _entry(expr: Any) -> Any:
    """The number that a matrix with one row and one column is."""
    coefficient, factors = expr.as_coeff_matrices() if isinstance(expr, MatMul) else (S.One, [expr])
    if len(factors) == 1 and isinstance(factors[0], Identity):
        return coefficient
    if len(factors) > 1:
        first, *rest = factors
        left = first.arg if isinstance(first, Transpose) else first.T
        right = reduce(mul, rest)
        if left.shape == right.shape and left.shape[1] == 1:
            return coefficient * Inner(left, right)
    return Trace(expr)


def _shape(shape: Any) -> str:
    """Say how large a matrix is."""
    rows, columns = shape
    return f"a vector of {rows}" if columns == 1 else f"{rows} by {columns}"
