"""What the operations of a program do on rational matrices, and exact evaluation of a formula with them.

Matrices are SymPy's dense rational representations: FLINT's ``fmpq_mat`` when SymPy computes with python-flint (see
``SYMPY_GROUND_TYPES``; by itself it does unless gmpy2 is installed), else lists of Python's or gmpy2's
rationals. Rationals are unique, so both give the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial, reduce
from typing import Any

from sympy import QQ, MatrixSymbol
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from theory.errors import IrrationalError, SingularError, TheoryError
from theory.language.nodes import Inner, PseudoInverse
from theory.values.compiler import compiled
from theory.values.dense import Dense
from theory.values.instance import Instance
from theory.values.program import Bound, Program, run

__all__ = ["KERNELS", "rational_value"]


def rational_value(expr: Any, at: Instance) -> Any:
    """Evaluate an expression on rational values: solves, and products from the side of the vector.

    Returns
    -------
    ImmutableMatrix or Rational
        Exact.

    Raises
    ------
    IrrationalError
        The expression has an operation that leaves the rationals (a norm, a spectrum, a root).
    SingularError
        A matrix or number that is inverted is singular.
    """
    program = compiled(expr)
    bound = _bound(program)
    if bound is None:
        raise IrrationalError(expr)
    value = run(bound, program.slots, at)
    if getattr(expr, "is_MatrixExpr", False):
        return DomainMatrix.from_rep(value).to_Matrix().as_immutable()
    return QQ.to_sympy(QQ.convert(value))


@lru_cache(maxsize=1024)
def _bound(program: Program) -> Bound | None:
    try:
        return program.bind(KERNELS)
    except KeyError:
        return None


def _always(function: Callable[..., Any]) -> Callable[[Any], Callable[..., Any]]:
    return lambda data: function


def _symbol(symbol: Any) -> Callable[[Instance], Any]:
    if isinstance(symbol, MatrixSymbol):
        return lambda at: at.values[symbol].rep
    return lambda at: at.values[symbol][0, 0] if symbol in at.values else QQ(at.sizes[symbol.name])


def _number(number: Any) -> Callable[[Instance], Any]:
    if not number.is_Rational:
        raise KeyError(number)
    value = QQ(int(number.p), int(number.q))
    return lambda at: value


def _whole(name: Any, value: Any) -> int:
    if value.denominator != 1:
        raise TheoryError(f"{name} = {value} must be a whole number")
    return int(value.numerator)


def _combination(data: tuple[tuple[int, ...], int | None]) -> Callable[..., Any]:
    signs, _ = data

    def combination(first: Any, *rest: Any) -> Any:
        value = first if signs[0] > 0 else first.neg()
        for sign, x in zip(signs[1:], rest, strict=True):
            value = value.add(x) if sign > 0 else value.sub(x)
        return value

    return combination


def _solve(transposed: Any, *columns: Any) -> Any:
    matrix = transposed.transpose()
    try:
        solutions = [matrix.lu_solve(column) for column in columns]
    except DMNonInvertibleMatrixError:
        raise SingularError("a matrix that must be invertible has determinant 0") from None
    return solutions[0] if len(columns) == 1 else solutions


def _eye(size: int) -> Any:
    return Dense.eye(size, QQ).rep


def _full(value: int) -> Callable[[int, int], Any]:
    return lambda rows, columns: Dense.full((rows, columns), value, QQ).rep


def _power(base: Any, exponent: int) -> Any:
    """Power by repeated squaring."""
    result = _eye(base.shape[0])
    for bit in bin(exponent)[2:]:
        result = result.matmul(result)
        if bit == "1":
            result = result.matmul(base)
    return result


def _powers(base: Any, exponent: int, column: Any) -> Any:
    for _ in range(exponent):
        column = base.matmul(column)
    return column


def _node(expr: Any) -> Callable[..., Any]:
    match expr:
        case Inner():
            return lambda x, y: x.transpose().matmul(y).getitem(0, 0)
        case PseudoInverse():
            return lambda x: Dense.from_rep(x).pinv().rep
    raise KeyError(expr)


def _raised(data: tuple[int, Any]) -> Callable[[Any], Any]:
    exponent, name = data

    def raised(base: Any) -> Any:
        if exponent < 0 and not base:
            raise SingularError(f"{name} is zero, and the formula divides by it")
        return base**exponent

    return raised


KERNELS: Mapping[str, Callable[[Any], Callable[..., Any]]] = {
    "symbol": _symbol,
    "integer": lambda data: lambda at: data,
    "number": _number,
    "whole": lambda name: partial(_whole, name),
    "result": _always(lambda value: value),
    "copy": _always(lambda value: value),
    "lift": _always(lambda value: value),
    "matmul": _always(lambda x, y: x.matmul(y)),
    "combine": _combination,
    "scale": _always(lambda factor, x: x.mul(factor)),
    "eye": _always(_eye),
    "full": _full,
    "transpose": _always(lambda x: x.transpose()),
    "solve": _always(_solve),
    "pick": lambda i: lambda parts: parts[i],
    "power": _always(_power),
    "powers": _always(_powers),
    "trace": _always(lambda x: sum((x.getitem(i, i) for i in range(x.shape[0])), QQ.zero)),
    "entry": _always(lambda x, i, j: x.getitem(i, j)),
    "node": _node,
    "add": _always(lambda *terms: sum(terms[1:], terms[0])),
    "mul": _always(lambda *factors: reduce(lambda x, y: x * y, factors)),
    "raised": _raised,
}
