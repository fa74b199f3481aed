"""Falsehoods near a true line: each mutator turns an equation or a claim into variants that should be false."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import Add, Eq, Identity, Integer, MatAdd, MatMul, OneMatrix, Rational, ZeroMatrix, oo
from sympy.core.relational import Equality, GreaterThan, LessThan, StrictGreaterThan, StrictLessThan, Unequality

from theory.language.nodes import (
    Assertion,
    Contracts,
    NonnegativeForPositive,
    PositiveSemidefinite,
    SpectrumWithin,
    Vanishes,
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
from theory.language.symbols import S_U, S_W, A, B, P, Q, eta, eta_U, eta_W, rho, u_star, w_star

SWAPS = {"A and B": (A, B), "P and Q": (P, Q), "S_W and S_U": (S_W, S_U), "targets": (w_star, u_star)}
DROPPED = (eta, eta_W, eta_U, rho)
REVERSED = {
    LessThan: GreaterThan,
    GreaterThan: LessThan,
    StrictLessThan: StrictGreaterThan,
    StrictGreaterThan: StrictLessThan,
}


def _is_matrix(side: Any) -> bool:
    return bool(getattr(side, "is_MatrixExpr", False))


def shifted(side: Any) -> Any:
    """`side` plus the identity (square matrices), ones (others) or one: never the same."""
    if not _is_matrix(side):
        return side + 1
    rows, columns = side.shape
    return side + (Identity(rows) if rows == columns else OneMatrix(rows, columns))


def _sides(side: Any) -> Iterator[tuple[str, Any]]:
    """Variants of one side of an equation."""
    yield "shift", shifted(side)
    yield "sign", -side
    if isinstance(side, Add | MatAdd):
        for i, term in enumerate(side.args):
            others = [-t if j == i else t for j, t in enumerate(side.args)]
            yield f"sign of term {i}", side.func(*others)
            rest = [t for j, t in enumerate(side.args) if j != i]
            yield f"drop term {i}", side.func(*rest) if len(rest) > 1 else rest[0]
            if isinstance(term, MatMul):
                coefficient, factors = term.as_coeff_matrices()
                if len(factors) > 1 and _square(factors):
                    turned = coefficient * MatMul(*reversed(factors))
                    yield f"order in term {i}", side.func(*(turned if j == i else t for j, t in enumerate(side.args)))
    if isinstance(side, MatMul):
        coefficient, factors = side.as_coeff_matrices()
        square = [f for f in factors if f.shape[0] == f.shape[1]]
        if len(square) > 1:
            rest = [f for f in factors if f.shape[0] != f.shape[1]]
            if factors == square + rest:
                yield "order of factors", coefficient * MatMul(*reversed(square), *rest)
    for name, (x, y) in SWAPS.items():
        if {x, y} & side.free_symbols:
            yield f"swap {name}", side.xreplace({x: y, y: x})
    for step in DROPPED:
        if step in side.free_symbols:
            yield f"drop {step}", side.xreplace({step: Integer(2)})


def _square(factors: list[Any]) -> bool:
    return all(f.shape[0] == f.shape[1] for f in factors)


def mutants(line: Any) -> Iterator[tuple[str, Any]]:
    """Variants of a line, each with the name of the mutation."""
    if isinstance(line, Equality):
        for name, rhs in _sides(line.rhs):
            if rhs != line.rhs:
                yield f"right: {name}", Eq(line.lhs, rhs, evaluate=False)
    elif isinstance(line, Unequality):
        yield "equal instead", Eq(line.lhs, line.rhs, evaluate=False)
    elif type(line) in REVERSED:
        yield "reversed", REVERSED[type(line)](line.lhs, line.rhs, evaluate=False)
        small, large = (line.lhs, line.rhs) if isinstance(line, LessThan | StrictLessThan) else (line.rhs, line.lhs)
        yield "tightened", LessThan(small + 1, large * Rational(1, 1000), evaluate=False)
    elif isinstance(line, PositiveSemidefinite):
        yield "sign", PositiveSemidefinite(-line.arg)
        yield "shift", PositiveSemidefinite(line.arg - Identity(line.arg.shape[0]))
    elif isinstance(line, Contracts):
        yield "shift", Contracts(line.arg + 2 * Identity(line.arg.shape[0]))
        yield "scale", Contracts(3 * line.arg)
    elif isinstance(line, SpectrumWithin):
        yield "interval", SpectrumWithin(line.arg, 0, Rational(1, 2))
        yield "shift", SpectrumWithin(line.arg - Identity(line.arg.shape[0]), 0, oo)
    elif isinstance(line, Assertion):
        yield from _asserted(line)
    else:
        raise TypeError(f"no mutation is known for {line}")


def _asserted(line: Any) -> Iterator[tuple[str, Any]]:
    """Variants of a predicate, each false wherever there is a dimension."""
    match line:
        case Vanishes(args=(x, *rest)):
            yield "shift", Vanishes(shifted(x), *rest)
        case Invertible():
            yield "zero", Invertible(ZeroMatrix(*line.arg.shape))
        case Unique(args=(x, _)):
            yield "any solves it", Unique(x, Eq(x, x, evaluate=False))
            yield "none solves it", Unique(x, Eq(x, shifted(x), evaluate=False))
        case Solvable(args=(x, _)):
            yield "none solves it", Solvable(x, Eq(x, shifted(x), evaluate=False))
        case Loewner(args=(_, greater, strict)):
            yield "shift", Loewner(greater + Identity(greater.shape[0]), greater, bool(strict))
        case Projector():
            yield "twice", Projector(2 * Identity(line.arg.shape[0]) - 0 * line.arg)
        case TendsTo(args=(x, image, start, limit)):
            yield "limit: shift", TendsTo(x, image, start, shifted(limit))
        case Minimises(args=(x, objective, point, constraint)):
            yield "point: shift", Minimises(x, objective, shifted(point), constraint)
            yield "objective: sign", Minimises(x, -objective, point, constraint)
        case NonnegativeForPositive():
            yield "falls below", NonnegativeForPositive(line.args[0] - 1000, *line.args[1:])
            yield "falls in the end", NonnegativeForPositive(*line.args[:-1], line.args[-1] - 1000)
        case NonDecreasing(args=(value, x)):
            yield "falls", NonDecreasing(value - 1000 * x, x)
        case Settles(args=(matrix, push)):
            three = 3 * Identity(matrix.shape[0]) if hasattr(matrix, "shape") else Integer(3)
            yield "scale", Settles(three, push)
        case Commute() | RangeWithin():
            x, y = line.args
            yield from (
                (f"swap {n}", line.xreplace({a: b, b: a})) for n, (a, b) in SWAPS.items() if a in line.free_symbols
            )
            if isinstance(line, RangeWithin):
                yield "nothing to lie within", RangeWithin(x, ZeroMatrix(*y.shape))
        case All():
            for i, part in enumerate(line.args):
                yield from (
                    (f"part {i}: {name}", All(*line.args[:i], changed, *line.args[i + 1 :]))
                    for name, changed in mutants(part)
                )
        case Iff(args=(first, second)):
            yield "never", Iff(Iff(first, second), Eq(Integer(0), Integer(1), evaluate=False))
            yield from ((f"second: {name}", Iff(first, changed)) for name, changed in mutants(second))
        case Implies(args=(premise, conclusion)):
            yield from ((f"then: {name}", Implies(premise, changed)) for name, changed in mutants(conclusion))
        case _:
            raise TypeError(f"no mutation is known for {line}")
