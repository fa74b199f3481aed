"""Exact evaluation of expressions: an instance gives every symbol a value, rational or free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from operator import add, matmul
from typing import Any

from sympy import (
    Abs,
    Add,
    BlockMatrix,
    Derivative,
    Equality,
    Expr,
    GreaterThan,
    Identity,
    Integer,
    Inverse,
    LessThan,
    MatAdd,
    MatMul,
    MatPow,
    MatrixBase,
    MatrixSymbol,
    Mul,
    Number,
    OneMatrix,
    Pow,
    Rational,
    StrictGreaterThan,
    StrictLessThan,
    Symbol,
    Trace,
    Transpose,
    Unequality,
    ZeroMatrix,
    log,
    sympify,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from theory.errors import IrrationalError, SingularError, TheoryError
from theory.language import words
from theory.language.nodes import EntrySum, Inner, MaxRowSum, Norm, SingularValue, SpectralRadius, Vanishes
from theory.values.dense import Dense

__all__ = ["Instance"]

# What has no value in a polynomial ring.
IRRATIONAL = (SingularValue, SpectralRadius, Norm, MaxRowSum, EntrySum, log, Abs)


@dataclass
class Instance:
    """Values for symbols over one SymPy domain, and exact evaluation on them.

    Attributes
    ----------
    domain : Domain
        The rationals or a polynomial ring over them.
    sizes : dict
        Symbolic dimension name to integer.
    values : dict
        Symbol to :class:`~theory.values.dense.Dense` (scalars are 1 x 1).
    computed : dict
        How the symbols were computed that a derivation defines, in order: by what, and from which symbols (None: from
        any). Where one of these gets another value, they are computed anew when they are asked for.
    written : dict
        Symbols that a derivation defines and that have no rational value, by what they stand for.
    """

    domain: Any
    sizes: dict[str, int]
    values: dict[Any, Dense] = field(default_factory=dict)
    computed: dict[Any, tuple[Callable[[Instance], Dense], frozenset[Any] | None]] = field(default_factory=dict)
    written: dict[Any, Any] = field(default_factory=dict)
    _memo: dict[Any, Dense] = field(default_factory=dict)
    _decided: dict[Any, bool] = field(default_factory=dict)

    def __call__(self, expr: Any) -> Dense:
        """Evaluate a matrix or rational scalar expression exactly."""
        known = self.values.get(expr)
        if known is None:
            known = self._memo.get(expr)
        if known is None:
            known = self._memo[expr] = self._evaluate(expr)
        return known

    def compute(self, symbol: Any, value: Callable[[Instance], Dense], sources: frozenset[Any] | None) -> None:
        """Give a symbol that has no value the one that is computed from these symbols."""
        if symbol not in self.values:
            self.values[symbol] = value(self)
            self.computed[symbol] = value, sources

    def with_value(self, symbol: Any, value: Dense) -> Instance:
        """Return a copy with this value of a symbol, without what was computed from another."""
        stale = {symbol}
        for name, (_, sources) in self.computed.items():
            if sources is None or sources & stale:
                stale.add(name)
        kept = {name: known for name, known in self.values.items() if name not in stale}
        again = {name: how for name, how in self.computed.items() if name != symbol}
        return Instance(self.domain, self.sizes, kept | {symbol: value}, again, self.written)

    def with_count(self, symbol: Any, number: int) -> Instance:
        """Return a copy with this value of a count, in which nothing else is computed anew."""
        kept = {name: known for name, known in self.values.items() if name != symbol}
        return Instance(self.domain, self.sizes | {symbol.name: number}, kept, self.computed, self.written)

    def integer(self, expr: Any) -> int:
        """Evaluate an expression in dimensions and counts to an integer."""
        if expr.is_Integer:
            return int(expr)
        if expr.is_Symbol and expr.name in self.sizes and expr not in self.values:
            return self.sizes[expr.name]
        known = {s: self.domain.to_sympy(self.values[s][0, 0]) for s in expr.free_symbols if s in self.values}
        value = expr.subs(known).subs({s: self.sizes[s.name] for s in expr.free_symbols if s.name in self.sizes})
        if not value.is_Integer:
            raise TheoryError(f"{expr} has no integer value here: give {sorted(map(str, value.free_symbols))}")
        return int(value)

    def _evaluate(self, expr: Any) -> Dense:
        domain = self.domain
        match expr:
            case Identity():
                return Dense.eye(self.integer(expr.shape[0]), domain)
            case ZeroMatrix() | OneMatrix():
                shape = (self.integer(expr.shape[0]), self.integer(expr.shape[1]))
                return Dense.full(shape, 1 if isinstance(expr, OneMatrix) else 0, domain)
            case MatAdd():
                return _folded(add, [self(a) for a in expr.args])
            case MatMul():
                coefficient, factors = expr.as_coeff_matrices()
                product = _folded_right(matmul, [self(f) for f in factors])
                return product if coefficient == 1 else product.scale(self(coefficient))
            case MatrixBase():
                rows = [list(map(self, expr.row(i))) for i in range(expr.rows)]
                return Dense.hstack([Dense.hstack(row).transpose() for row in rows]).transpose()
            case Inverse():
                return self(expr.arg).inverse()
            case MatPow():
                base, exponent = self(expr.base), self.integer(expr.exp)
                if exponent < 0:
                    base, exponent = base.inverse(), -exponent
                return _folded(matmul, [Dense.eye(base.shape[0], domain)] + [base] * exponent)
            case Transpose():
                return self(expr.arg).transpose()
            case BlockMatrix():
                rows = [[self(b) for b in expr.blocks[i, :]] for i in range(expr.blocks.shape[0])]
                stacked = [Dense.hstack(row).transpose() for row in rows]
                return Dense.hstack(stacked).transpose()
            case MatrixElement():
                return self(expr.parent).entry(self.integer(expr.i), self.integer(expr.j))
            case Trace():
                return self(expr.arg).trace()
            case Number():
                return Dense.from_sympy(expr, domain)
            case Symbol() if expr.name in self.sizes:
                return Dense.from_sympy(sympify(self.sizes[expr.name]), domain)
            case Add():
                return _folded(add, [self(a) for a in expr.args])
            case Mul():
                return _folded(lambda done, factor: done.scale(factor), [self(a) for a in expr.args])
            case Pow() if isinstance(expr.base, Norm) and expr.exp.is_even:
                return self(Inner(*expr.base.args * 2) ** (expr.exp / 2))
            case Pow() if expr.exp.is_integer:
                base, exponent = self(expr.base), self.integer(expr.exp)
                if exponent < 0:
                    base, exponent = base.inverse(), -exponent
                return _folded(matmul, [Dense.eye(1, domain)] + [base] * exponent)
            case Derivative():
                return self(expr.doit())
            case _ if hasattr(expr, "_dense"):
                return expr._dense(self)  # type: ignore[no-any-return]
            case Symbol() | MatrixSymbol() if expr in self.written:
                raise IrrationalError(expr)
            case Symbol() | MatrixSymbol() if expr in self.computed:
                return self.computed[expr][0](self)
            case Symbol() | MatrixSymbol():
                raise TheoryError(f"the symbol {expr} has no value in this instance: define it first")
        raise IrrationalError(expr)

    def algebraic(self, expr: Any) -> Any:
        """Evaluate exactly in SymPy numbers, rational or algebraic; a matrix may carry an irrational scalar factor."""
        if hasattr(expr, "_algebraic"):
            return expr._algebraic(self)
        matrix = getattr(expr, "is_MatrixExpr", False)
        try:
            value = self(expr).to_sympy()
            return value if matrix else value[0, 0]
        except IrrationalError:
            if not expr.args:
                raise
        if matrix:
            factor, rest = _split_scalar(expr)
            return self.algebraic(rest) * self.algebraic(factor)
        args = [self.algebraic(a) if isinstance(a, Expr) else a for a in expr.args]
        if isinstance(expr, Pow) and args[0] == 0 and args[1].is_negative:
            raise SingularError(f"{expr.base} is zero, and the formula divides by it")
        if isinstance(expr, log) and not args[0].is_positive:
            raise SingularError(f"{expr.args[0]} = {args[0]} is not positive, and the formula takes its logarithm")
        return expr.func(*args)

    def written_out(self, expr: Any) -> Any:
        """Return an expression with every matrix in it written out entry by entry."""
        if getattr(expr, "is_MatrixExpr", False):
            try:
                return self(expr).to_sympy()
            except IrrationalError:
                factor, rest = _split_scalar(expr)
                return self.written_out(rest) * self.written_out(factor)
        if not expr.args or not expr.atoms(MatrixSymbol):
            return expr.xreplace({x: Integer(self.sizes[x.name]) for x in expr.free_symbols if x.name in self.sizes})
        try:
            return self(expr).to_sympy()[0, 0]
        except IrrationalError:
            return expr.func(*map(self.written_out, expr.args))

    def decidable(self, relation: Any) -> bool:
        """Whether a relation has a truth value here: on free symbols only rational equations do."""
        if self.domain.is_QQ:
            return True
        rational = isinstance(relation, Equality | Unequality) or getattr(relation, "free", False)
        # The size that a vanishing vector is compared with matters in floating point only.
        said = relation.arg if isinstance(relation, Vanishes) else relation
        return rational and not said.has(*IRRATIONAL)

    def holds(self, relation: Any) -> bool:
        """Decide a relation exactly. Order relations need a rational instance."""
        known = self._decided.get(relation)
        if known is None:
            known = self._decided[relation] = self._decide(relation)
        return known

    def _decide(self, relation: Any) -> bool:
        if isinstance(relation, Equality):
            if relation.lhs.is_Matrix or getattr(relation.lhs, "is_MatrixExpr", False):
                return self._equal(relation.lhs, relation.rhs)
            try:
                return (self(relation.lhs) - self(relation.rhs)).is_zero
            except IrrationalError:
                return _is_zero(sympify(self.algebraic(relation.lhs) - self.algebraic(relation.rhs)))
        if isinstance(relation, Unequality):
            return not self._decide(Equality(*relation.args, evaluate=False))
        if hasattr(relation, "_holds"):
            return bool(relation._holds(self))
        if isinstance(relation, StrictLessThan | LessThan | StrictGreaterThan | GreaterThan):
            decided = self._bounded(relation)
            if decided is not None:
                return decided
            return _ordered(relation, self.algebraic(relation.lhs), self.algebraic(relation.rhs))
        raise TheoryError(f"no exact decision is known for {relation}")

    def _bounded(self, relation: Any) -> bool | None:
        """Whether a multiple of a largest singular value stays below a number, without roots; None of other relations.

        It does where the square of the number less that of the multiple is positive semidefinite.
        """
        factors = Mul.make_args(relation.lhs)
        found = [x for x in factors if isinstance(x, SingularValue) and x.args[1] == 1]
        strict = isinstance(relation, StrictLessThan)
        if not self.domain.is_QQ or len(found) != 1 or not (strict or isinstance(relation, LessThan)):
            return None
        try:
            scale, bound = (self(x)[0, 0] for x in (Mul(*(x for x in factors if x is not found[0])), relation.rhs))
        except IrrationalError:
            return None
        if scale < 0 or bound < 0:
            return None
        value = self(found[0].args[0])
        gram, unit = value.transpose() @ value, Dense.eye(value.shape[1], self.domain)
        gap = unit.scale(Dense.number(bound**2, self.domain)) - gram.scale(Dense.number(scale**2, self.domain))
        return gap.is_psd() and (not strict or gap.rank() == gap.shape[0])

    def _equal(self, left: Any, right: Any) -> bool:
        """Whether two matrices are equal; what is irrational is written out, and may cancel."""
        try:
            return (self(left) - self(right)).is_zero
        except IrrationalError:
            left, right = (side.xreplace(self.written) for side in (left, right))
        try:
            return self(words.expanded(left - right)).is_zero
        except IrrationalError:
            return all(map(_is_zero, self.algebraic(left) - self.algebraic(right)))

    def solve_fixed(self, symbol: MatrixSymbol, equation: Equality) -> Dense:
        """Return the value of a vector symbol at which an affine equation holds; it must be unique."""

        def gap(value: Dense) -> Dense:
            trial = self.with_value(symbol, value)
            return trial(equation.lhs) - trial(equation.rhs)

        matrix, offset = self.affine_parts(gap, self.integer(symbol.shape[0]))
        return -(matrix.inverse() @ offset)

    def affine_parts(self, function: Callable[[Dense], Dense], size: int) -> tuple[Dense, Dense]:
        """Matrix and constant part of an affine function of vectors, probed on a basis and at one more vector."""
        offset = function(Dense.full((size, 1), 0, self.domain))
        matrix = Dense.hstack([function(x) - offset for x in Dense.eye(size, self.domain).columns()])
        other = Dense.generic(size, self.domain)
        if not (matrix @ other + offset - function(other)).is_zero:
            raise TheoryError("what is said of affine functions is asked of one that is not affine")
        return matrix, offset


def _is_zero(number: Any) -> bool:
    """Whether an algebraic number is zero: SymPy simplifies only what products and digits leave open."""
    number = number.expand()
    if number.is_number and (digits := number.evalf(30)).is_comparable and abs(digits) > Rational(1, 10**20):
        return False
    return bool(number == 0 or number.equals(0))


def _ordered(relation: Any, left: Any, right: Any) -> bool:
    """Decide an order relation between two numbers; equal ones may be written differently."""
    found = relation.func(left, right)
    if found in (True, False):
        return bool(found)
    if _is_zero(left - right):
        return isinstance(relation, LessThan | GreaterThan)
    return bool(relation.func((left - right).evalf(50), 0))


def _split_scalar(expr: Any) -> tuple[Any, Any]:
    """Scalar factor of a product of matrices, and the product without it."""
    factor, rest = expr.as_coeff_matrices() if isinstance(expr, MatMul) else (Integer(1), [])
    if factor == 1:
        raise IrrationalError(expr)
    return factor, MatMul(*rest)


def _folded(operation: Callable[[Dense, Dense], Dense], items: list[Dense]) -> Dense:
    return reduce(operation, items)


def _folded_right(operation: Callable[[Dense, Dense], Dense], items: list[Dense]) -> Dense:
    return reduce(lambda done, item: operation(item, done), reversed(items))
