"""What a compiled program does, spelled: what is applied to what, which sums are formed, and what costs nothing."""

from __future__ import annotations

import pytest
from sympy import (
    QQ,
    Eq,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
    exp,
    pi,
    sqrt,
)

from tests.theory.drawn import SYMMETRIC as S, X, Y, Z, d
from theory import TheoryError
from theory.language.nodes import Inner, PseudoInverse
from theory.language.symbols import size
from theory.values.compiler import compiled
from theory.values.dense import Dense
from theory.values.instance import Instance
from theory.values.program import run
from theory.values.rationals import rational_value

n, k = size("n"), size("k")
A, B, C = MatrixSymbol("A", n, d), MatrixSymbol("B", d, k), MatrixSymbol("C", k, n)
u, v, w = MatrixSymbol("u", n, 1), MatrixSymbol("v", d, 1), MatrixSymbol("w", d, 1)
a, b, t = Symbol("a"), Symbol("b"), Symbol("t", integer=True)
one = Identity(d)


def nothing(x):
    """What vanishes, but not for SymPy."""
    return MatAdd(x, -x, evaluate=False)


def plain(*factors):
    return MatMul(*factors, evaluate=False)


def _same(data):
    return lambda x: x


def _solve(data):
    def solve(turned, *columns):
        found = [rf"({turned} \ {x})" for x in columns]
        return found if len(found) > 1 else found[0]

    return solve


# A product is (X Y), a sum (+X -Y), a solve (M \ X), where M is the transpose that a solve takes.
SPELLED = {
    "symbol": lambda symbol: lambda given: symbol.name.removeprefix("word_"),
    "integer": lambda number: lambda given: str(number),
    "number": lambda number: lambda given: str(number),
    "whole": _same,
    "result": _same,
    "lift": _same,
    "copy": lambda data: lambda x: f"copy of {x}",
    "matmul": lambda data: lambda x, y: f"({x} {y})",
    "scale": lambda data: lambda factor, x: f"{factor}*{x}",
    "combine": lambda data: (
        lambda *parts: "(" + " ".join("+-"[sign < 0] + x for sign, x in zip(data[0], parts, strict=True)) + ")"
    ),
    "eye": lambda data: lambda side: f"1[{side}]",
    "full": lambda entry: lambda rows, columns: f"{entry}[{rows}, {columns}]",
    "transpose": lambda data: lambda x: f"{x}'",
    "solve": _solve,
    "pick": lambda i: lambda parts: parts[i],
    "power": lambda data: lambda x, exponent: f"{x}^{exponent}",
    "powers": lambda data: lambda x, exponent, column: f"({x}^{exponent} {column})",
    "trace": lambda data: lambda x: f"tr {x}",
    "entry": lambda data: lambda x, i, j: f"{x}[{i}, {j}]",
    "node": lambda expr: lambda *parts: f"{type(expr).__name__}({', '.join(parts)})",
    "compare": lambda sign: lambda x, y: f"{x} {sign} {y}",
    "add": lambda data: lambda *parts: f"({' + '.join(parts)})",
    "mul": lambda data: lambda *parts: "*".join(parts),
    "raised": lambda data: lambda x: f"{x}^{data[0]}",
    "raised_by": lambda data: lambda x, y: f"{x}^{y}",
    "call": lambda expr: lambda x: f"{type(expr).__name__}({x})",
}


def spelled(expr):
    program = compiled(expr)
    return run(program.bind(SPELLED), program.slots, None)


MATRICES = [
    # A result shares no memory with an input.
    (X, "copy of X"),
    (Transpose(X), "copy of X'"),
    (MatPow(X, 2), "copy of X^2"),
    # Signs cost nothing beside another term, and what is taken away comes last.
    (X + Y, "(+X +Y)"),
    (-X, "(-X)"),
    (-X + Y, "(+Y -X)"),
    (-X - Y, "(-X -Y)"),
    (2 * X, "2*X"),
    (-a * X, "(-a*X)"),
    (a * X - b * Y, "(+a*X -b*Y)"),
    (ZeroMatrix(n, d), "0[n, d]"),
    (nothing(A), "0[n, d]"),
    (OneMatrix(n, k) + A * B, "(+(A B) +1[n, k])"),
    (OneMatrix(d + 1, 2 * d), "1[(1 + d), 2*d]"),
    (Identity(n), "1[n]"),
    (2 * one, "2*1[d]"),
    (Trace(X) * v, "tr X*v"),
    # From the side of the vector; a row from its own.
    (A * B, "(A B)"),
    (A * X * v, "(A (X v))"),
    (A * X * Y, "(A (X Y))"),
    (v.T * X * w, "(v' (X w))"),
    (v.T * X * B, "((v' X) B)"),
    (v.T * Inverse(X) * Y, r"(v' (X' \ Y))"),
    (u * v.T * B, "(u (v' B))"),
    (A * X * v * w.T * B, "((A (X v)) (w' B))"),
    (2 * u * (v.T * w), "2*(u (v' w))"),
    (v.T * X + w.T * X, "(+(v' X) +(w' X))"),
    # A multiple of the identity is not formed, unless it stands in a longer sum.
    ((one - X) * Y, "(+Y -(X Y))"),
    (X * (one - Y), "(+X -(X Y))"),
    (Z * (2 * one - 3 * Y), "(+2*Z -(Z 3*Y))"),
    (plain(3, 2 * one - X, Y), "(+6*Y -3*(X Y))"),
    ((one + X + Y) * Z, "((+1[d] +X +Y) Z)"),
    (Z * (one + X + Y), "(Z (+1[d] +X +Y))"),
    ((X + Y) * Z, "((+X +Y) Z)"),
    (X * (Y + Z), "(X (+Y +Z))"),
    ((one - X) * Y + X * Y, "copy of Y"),
    # A sum is applied to a vector term by term.
    ((X + Y) * v, "(+(X v) +(Y v))"),
    ((2 * one - X) * v, "(+2*v -(X v))"),
    ((one - 2 * X * Y) * v, "(+v -2*(X (Y v)))"),
    ((X - Y) * (v - w), "(+(X (+v -w)) -(Y (+v -w)))"),
    # Vectors under one matrix or inverse are added first.
    (X * v + X * w, "(X (+v +w))"),
    (X * v + X * Y * v + X * Y * w, "(X (+v +(Y (+v +w))))"),
    (X * Y * v + Y * v, "(+(Y v) +(X (Y v)))"),
    (Inverse(X) * v - 2 * Inverse(X) * Y * w, r"(X' \ (+v -2*(Y w)))"),
    (MatAdd(plain(plain(X, Y), v), X * w, evaluate=False), "(X (+(Y v) +w))"),
    (MatAdd(v, v, evaluate=False), "2*v"),
    (v - X * v, "(+v -(X v))"),
    # An inverse is a solve.
    (Inverse(X), r"(X' \ 1[d])"),
    (Inverse(X) * Y, r"(X' \ Y)"),
    (Inverse(X) * (v - w), r"(X' \ (+v -w))"),
    (-Inverse(X) * v, r"(-(X' \ v))"),
    (Inverse(X) * Inverse(Y) * v, r"(X' \ (Y' \ v))"),
    (Inverse(a * S + one) * v, r"((+a*S +1[d]) \ v)"),
    (Inverse(S) * Y, r"(S \ Y)"),
    # Powers: of numbers one by one on a vector.
    (MatPow(X, 3) * v, "(X (X (X v)))"),
    (MatPow(X, -2) * v, r"(X' \ (X' \ v))"),
    (MatMul(MatPow(X, -1), v), r"(X' \ v)"),
    (plain(MatPow(X, 1, evaluate=False), v), "(X v)"),
    (MatPow(X, -2), r"copy of (X' \ 1[d])^2"),
    (MatPow(X, 3) * Y, "(X^3 Y)"),
    (MatPow(X, t), "copy of X^t"),
    (MatPow(X, t) * Y, "(X^t Y)"),
    (-MatPow(X, t) * v, "(-(X^t v))"),
    # A transpose is one of each letter, where it is not of a product.
    (Transpose(2 * S - one), "(+2*S -1[d])"),
    (Transpose(X + S), "(+X' +S)"),
    (Transpose(X.T + Y), "(+Y' +X)"),
    (Transpose(MatMul(X, Y)) * v, "(Y' (X' v))"),
    # A factor stays outside, or with what it stands at.
    (a * X * Y, "a*(X Y)"),
    (plain(X, plain(a, S), Y), "(X (a*S Y))"),
    (plain(X, plain(a, S), v), "(X a*(S v))"),
    # What is formed in any case is applied instead of its factors.
    (X * Y + Z * X * Y, "(+(X Y) +(Z (X Y)))"),
    (Trace(X * Y) * X * Y * v, "tr (X Y)*((X Y) v)"),
    (Trace(X * Y) * v + X * Y * v, "(+tr (X Y)*v +((X Y) v))"),
    (Trace(X * Y) * Z * X * Y * Z * v, "tr (X Y)*(Z ((X Y) (Z v)))"),
    (plain(Trace(X * Y), X, plain(Y, v)), "tr (X Y)*((X Y) v)"),
    (Trace(X * Y) * v.T * X * Y * Z, "tr (X Y)*(((v' X) Y) Z)"),
    (Trace((X + Y) * Z) * (X + Y) * v, "tr ((+X +Y) Z)*((+X +Y) v)"),
    (Inverse(X + Y) * X * Y * v, r"((+X +Y)' \ (X (Y v)))"),
    (Inverse(one - X) * Y + (one - X) * Z, r"(+((+1[d] -X) Z) +((+1[d] -X)' \ Y))"),
    # Nothing has the shape that is left out.
    (MatAdd(A * v, -A * v, evaluate=False), "(A 0[d, 1])"),
    (plain(nothing(u), w.T), "(0[n, 1] w')"),
    (plain(nothing(A), v, w.T), "(0[n, 1] w')"),
    (plain(u, nothing(w.T)), "(u 0[1, d])"),
    (plain(A, nothing(B)), "(A 0[d, k])"),
    (plain(plain(2, X, B), nothing(C)), "2*(X (B 0[k, n]))"),
    (PseudoInverse(A), "PseudoInverse(A)"),
    (PseudoInverse(A) * u, "(PseudoInverse(A) u)"),
]
NUMBERS = [
    (Trace(X * Y), "tr (X Y)"),
    (v[0, 0], "v[0, 0]"),
    (Inner(X * v, w), "Inner((X v), w)"),
    (a + 2, "(2 + a)"),
    (a * b, "a*b"),
    (a**-2, "a^-2"),
    (a * Trace(X) - b / 3, "(-1/3*b + a*tr X)"),
]
OTHERS = [
    (a**b, "a^b"),
    (sqrt(a), "a^1/2"),
    (exp(a), "exp(a)"),
    (pi * a, "pi*a"),
    (a * Trace(X) >= b, "a*tr X >= b"),
]


@pytest.mark.parametrize(("expr", "expected"), MATRICES + NUMBERS + OTHERS, ids=str)
def test_it_is_spelled(expr, expected):
    assert spelled(expr) == expected


def values():
    """Of rectangular letters too, invertible where they are inverted."""
    rows = {
        X: [[2, 1], [0, 3]],
        Y: [[1, 4], [1, 1]],
        Z: [[1, 2], [2, 4]],
        S: [[2, 1], [1, 4]],
        A: [[1, 0], [2, 1], [-1, 3]],
        B: [[1, 0, 2, 1], [3, 1, 0, -1]],
        C: [[1, 2, 0], [0, 1, 1], [1, 1, 1], [2, 0, 1]],
        u: [[1], [2], [-1]],
        v: [[1], [-2]],
        w: [[3], [1]],
        a: [[3]],
        b: [[2]],
        t: [[3]],
    }
    found = {x: Dense.from_rows([[QQ(entry) for entry in row] for row in value], QQ) for x, value in rows.items()}
    return Instance(QQ, {"d": 2, "n": 3, "k": 4}, found)


@pytest.mark.parametrize(("expr", "expected"), MATRICES + NUMBERS, ids=str)
def test_it_has_the_value_of_the_tree(expr, expected):
    at = values()
    found = at(expr).to_sympy()
    assert rational_value(expr, at) == (found if (expr, expected) in MATRICES else found[0, 0])


@pytest.mark.parametrize(
    ("expr", "why"),
    [
        (Eq(a, b), "evaluate its two sides"),
        (OneMatrix(d / 2, d), "one whole number"),
        (X * MatrixSymbol("D", d, d).adjoint(), "no value on arrays"),
    ],
    ids=str,
)
def test_what_has_no_program_is_refused(expr, why):
    with pytest.raises(TheoryError, match=why):
        compiled(expr)
