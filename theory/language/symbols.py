"""The common alphabet: every symbol that families share, with its shape, meaning and way of printing.

A symbol that one family alone uses is declared there, by the same functions. Dimensions are symbolic (``d`` weights,
``n`` examples, ``k`` earlier iterates), so that one expression speaks of all dimensions at once. *Primitives* are what
a user supplies, by name, to evaluate a formula; *abbreviations* (``P``, ``A``, ``M``, ``Delta``, ...) stand for
expressions in primitives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sympy import Expr, Identity, MatrixExpr, MatrixSymbol, Rational, Symbol

__all__ = [
    "HALF",
    "K13",
    "K14",
    "K23",
    "K24",
    "K33",
    "K34",
    "K43",
    "K44",
    "PRIMITIVES",
    "S_U",
    "S_V",
    "S_W",
    "V31",
    "V32",
    "V33",
    "V34",
    "A",
    "B",
    "Delta",
    "H",
    "I",
    "M",
    "N",
    "P",
    "Pi",
    "Primitive",
    "Q",
    "S_hat",
    "Sigma",
    "SymmetricSymbol",
    "U_seen",
    "W_h",
    "X",
    "Y",
    "alpha",
    "b",
    "d",
    "eta",
    "eta_U",
    "eta_V",
    "eta_W",
    "gamma",
    "h",
    "k",
    "kappa",
    "latex_names",
    "n",
    "named",
    "order",
    "p",
    "primitive",
    "q",
    "r",
    "rho",
    "s",
    "size",
    "t",
    "tau",
    "u_inf",
    "u_star",
    "u_t",
    "v",
    "v_0",
    "v_inf",
    "v_star",
    "vector",
    "w",
    "w_0",
    "w_hat",
    "w_inf",
    "w_star",
    "w_t",
    "x_more",
    "y",
]

Kind = Literal["gram", "matrix", "vector", "step", "scalar", "count", "inputs", "labels", "block", "history", "weights"]


class SymmetricSymbol(MatrixSymbol):  # type: ignore[misc]
    """A matrix symbol that equals its own transpose."""

    def _eval_transpose(self) -> SymmetricSymbol:
        return self


@dataclass(frozen=True)
class Primitive:
    """What a user may supply by name.

    Attributes
    ----------
    symbol : Expr or MatrixExpr
        The SymPy symbol.
    kind : str
        Decides shape, admissible values and how instances are drawn.
    meaning : str
        One line, with the unit ("dimensionless" unless said).
    least : int
        The smallest admissible value of a count.
    """

    symbol: Expr | MatrixExpr
    kind: Kind
    meaning: str
    least: int = 0


_LATEX: dict[Any, str] = {}


def named(symbol: Any, latex: str) -> Any:
    """Register how `symbol` is printed, and return it."""
    _LATEX[symbol] = latex
    return symbol


def latex_names() -> dict[Any, str]:
    """Printing names of all symbols, for :func:`sympy.latex`."""
    return _LATEX


def size(name: str) -> Symbol:
    """Return a symbolic dimension: a positive integer."""
    return Symbol(name, integer=True, positive=True)


d = size("d")
n = size("n")
k = size("k")

#: Primitives by name, in the order in which instances are drawn; those of a family come in when it is imported.
PRIMITIVES: dict[str, Primitive] = {}


def primitive(name: str, kind: Kind, latex: str, meaning: str, *, least: int = 0) -> Any:
    """Create the symbol of a primitive, register it and return it."""
    symbol: Any
    match kind:
        case "gram":
            symbol = SymmetricSymbol(name, d, d)
        case "matrix" | "block":
            symbol = MatrixSymbol(name, d, d)
        case "vector":
            symbol = MatrixSymbol(name, d, 1)
        case "inputs":
            symbol = MatrixSymbol(name, n, d)
        case "labels":
            symbol = MatrixSymbol(name, n, 1)
        case "history":
            symbol = MatrixSymbol(name, d, k)
        case "weights":
            symbol = MatrixSymbol(name, k, 1)
        case "step":
            symbol = Symbol(name, positive=True)
        case "count":
            symbol = Symbol(name, integer=True, nonnegative=True)
        case _:
            symbol = Symbol(name, real=True)
    PRIMITIVES[name] = Primitive(named(symbol, latex), kind, meaning, least)
    return symbol


# One agent
X = primitive("X", "inputs", "X", "inputs of a prompt, one example a row")
y = primitive("y", "labels", "y", "labels of a prompt")
w = primitive("w", "vector", "w", "iterate that an agent receives")
eta = primitive("eta", "step", r"\eta", "step size; inverse unit of a Gram matrix")
W_h = primitive("W_h", "history", r"W_{\mathrm{h}}", "earlier iterates, one a column")
h = primitive("h", "vector", "h", "any displacement of the iterate")
V31 = primitive("V31", "block", "V_{31}", "block of the value matrix: moment to iterate")
K13 = primitive("K13", "block", "K_{13}", "block of the key matrix: input against iterate")
# The other blocks of a full layer; rows of K are given as columns
V32 = primitive("V32", "vector", "V_{32}", "block of the value matrix: label power to iterate")
V33 = primitive("V33", "block", "V_{33}", "block of the value matrix: iterate to iterate")
V34 = primitive("V34", "vector", "V_{34}", "block of the value matrix: the constant 1 of a token to iterate")
K14 = primitive("K14", "vector", "K_{14}", "block of the key matrix: input against the constant 1")
K23 = primitive("K23", "vector", "k_{23}", "block K23 of the key matrix, label against iterate, as a column")
K24 = primitive("K24", "scalar", "K_{24}", "entry of the key matrix: label against the constant 1")
K33 = primitive("K33", "block", "K_{33}", "block of the key matrix: iterate against iterate")
K34 = primitive("K34", "vector", "K_{34}", "block of the key matrix: iterate against the constant 1")
K43 = primitive("K43", "vector", "k_{43}", "block K43 of the key matrix, the constant 1 against iterate, as a column")
K44 = primitive("K44", "scalar", "K_{44}", "entry of the key matrix: the constant 1 against itself")
# A population of prompts
Sigma = primitive("Sigma", "gram", r"\Sigma", "covariance of the Gaussian examples")
Y = primitive("Y", "matrix", "Y", "any fixed matrix")
kappa = primitive("kappa", "step", r"\kappa", "variance of the iterate over that of the target")
r = primitive("r", "step", "r", "limit of d/n, or a radius")
# Two agents
S_W = primitive("S_W", "gram", "S_W", "Gram matrix of W's prompt")
S_U = primitive("S_U", "gram", "S_U", "Gram matrix of U's prompt")
eta_W = primitive("eta_W", "step", r"\eta_W", "step size of W; inverse unit of S_W")
eta_U = primitive("eta_U", "step", r"\eta_U", "step size of U; inverse unit of S_U")
rho = primitive("rho", "step", r"\rho", "ratio eta_U/eta_W of the step sizes")
w_star = primitive("w_star", "vector", r"w^{*}", "target of W")
u_star = primitive("u_star", "vector", r"u^{*}", "target of U")
w_0 = primitive("w_0", "vector", "w_0", "start of the interaction")
w_t = primitive("w_t", "vector", "w_t", "iterate before turn t")
u_t = primitive("u_t", "vector", "u_t", "U's iterate of turn t")
t = primitive("t", "count", "t", "number of turns")
order = primitive("order", "count", "k", "order of a term of the small-step series, at least 1", least=1)
w_inf = primitive("w_inf", "vector", r"w_\infty", "state of W at rest")
u_inf = primitive("u_inf", "vector", r"u_\infty", "state of U at rest")
# Misalignment
w_hat = primitive("w_hat", "vector", r"\hat w", "unit direction of w*")
v = primitive("v", "vector", "v", "unit direction of rotation, orthogonal to w_hat")
tau = primitive("tau", "step", r"\tau", "tan(theta/2)")
# The adversary
s = primitive("s", "vector", "s", "shift of W's declared target away from its goal")
b = primitive("b", "scalar", "b", "scalar victim's factor 1 - q, of modulus at most 1")
gamma = primitive("gamma", "step", r"\gamma", "gain of the integral action, or step of a gradient method")
# The helper
alpha = primitive("alpha", "scalar", r"\alpha", "damping of the helper's Newton step; 1 is a full step")
S_hat = primitive("S_hat", "gram", r"\hat S", "the helper's estimate of W's Gram matrix")
U_seen = primitive("U_seen", "history", r"U", "iterates that the helper handed over, one a column")
# Another agent, V, in W's place: what two situations have in common, and what tells them apart
S_V = primitive("S_V", "gram", "S_V", "Gram matrix of another agent's prompt")
eta_V = primitive("eta_V", "step", r"\eta_V", "step size of that agent; inverse unit of S_V")
v_star = primitive("v_star", "vector", r"v^{*}", "target of that agent")
v_0 = primitive("v_0", "vector", "v_0", "start of its interaction")
v_inf = primitive("v_inf", "vector", r"v_\infty", "its state at rest")
x_more = primitive("x_more", "vector", "x", "inputs of one more example, over the root of the number of examples")
# Scalar geometries
p = primitive("p", "scalar", "p", "scalar eta_W S_W")
q = primitive("q", "scalar", "q", "scalar eta_U S_U")

I = Identity(d)
HALF = Rational(1, 2)

# Abbreviations: every derivation defines those that it uses
P = named(SymmetricSymbol("P", d, d), "P")
Q = named(SymmetricSymbol("Q", d, d), "Q")
A = named(SymmetricSymbol("A", d, d), "A")
B = named(SymmetricSymbol("B", d, d), "B")
M = named(MatrixSymbol("M", d, d), "M")
N = named(MatrixSymbol("N", d, d), "N")
H = named(SymmetricSymbol("H", d, d), "H")
Delta = named(MatrixSymbol("Delta", d, 1), r"\Delta")
Pi = named(SymmetricSymbol("Pi", d, d), r"\Pi_{\mathcal K}")


def vector(name: str, latex: str) -> MatrixSymbol:
    """Return a column vector symbol of dimension d, printed as `latex`."""
    return named(MatrixSymbol(name, d, 1), latex)
