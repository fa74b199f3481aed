"""Predicates in words: what a hypothesis or a conclusion says, with its formulas in LaTeX or in plain text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import S, oo

from theory.language.nodes import Contracts, SpectrumWithin
from theory.language.predicates import (
    All,
    Commute,
    Iff,
    Implies,
    Invertible,
    Minimises,
    NonDecreasing,
    Projector,
    RangeWithin,
    Settles,
    Solvable,
    TendsTo,
    Unique,
)
from theory.language.printing import plain, tex

__all__ = ["joined", "phrase", "spoken", "written"]


def written(predicate: Any) -> str:
    """Words with LaTeX between dollars."""
    return phrase(predicate, lambda expr: f"${tex(expr)}$")


def spoken(predicate: Any) -> str:
    """Words and formulas in plain text, for a terminal."""
    return phrase(predicate, plain)


def joined(parts: Sequence[str]) -> str:
    """Join phrases: ``a``, ``a and b``, ``a, b and c``."""
    *front, last = parts
    return f"{', '.join(front)} and {last}" if front else last


def phrase(predicate: Any, show: Callable[[Any], str]) -> str:
    """Say a predicate, its expressions written by `show`."""
    match predicate:
        case All():
            return joined([phrase(part, show) for part in predicate.args])
        case Invertible():
            return f"{show(predicate.arg)} is invertible"
        case Commute():
            return f"{show(predicate.args[0])} and {show(predicate.args[1])} commute"
        case Projector():
            return f"{show(predicate.arg)} is an orthogonal projector"
        case RangeWithin(args=(inner, outer)) if inner.shape[1] == 1:
            return f"{show(inner)} lies in the range of {show(outer)}"
        case RangeWithin(args=(inner, outer)):
            return f"the range of {show(inner)} lies within that of {show(outer)}"
        case Contracts():
            return f"the spectral radius of {show(predicate.arg)} is below 1"
        case SpectrumWithin(args=(matrix, low, _)) if low == -oo:
            return f"all eigenvalues of {show(matrix)} are real"
        case SpectrumWithin(args=(matrix, low, high)):
            return f"all eigenvalues of {show(matrix)} are real and lie between {show(low)} and {show(high)}"
        case Iff(args=(first, second)):
            return f"{phrase(first, show)} if and only if {phrase(second, show)}"
        case Implies(args=(premise, conclusion)):
            return f"if {phrase(premise, show)}, then {phrase(conclusion, show)}"
        case Unique(args=(x, equation)):
            return f"exactly one {show(x)} satisfies {show(equation)}"
        case Solvable(args=(x, equation)):
            return f"some {show(x)} satisfies {show(equation)}"
        case TendsTo(args=(x, image, start, limit)):
            begin = f"every {show(start)}" if predicate.everywhere else show(start)
            return f"iterating {show(x)} -> {show(image)} from {begin} leads to {show(limit)}".replace(
                "$ -> $", r" \mapsto "
            )
        case Settles(args=(matrix, push)):
            first, second = (f"({show(x)})" if x.is_Add or x.is_MatAdd else show(x) for x in (matrix, push))
            said = f"x -> {first} x + {second} c"
            if "$" not in said:
                return f"{said} converges from every x, for every c"
            image = said.replace("$", "").replace("->", r"\mapsto")
            return f"${image}$ converges from every $x$, for every $c$"
        case Minimises(args=(x, objective, point, constraint)):
            under = "" if constraint == S.true else f" with {show(constraint)}"
            return f"among all {show(x)}{under}, {show(objective)} is least at {show(x)} = {show(point)}".replace(
                "$ = $", " = "
            )
        case NonDecreasing(args=(value, x)):
            return f"{show(value)} never falls as {show(x)} grows from 0"
        case _:
            return show(predicate)
