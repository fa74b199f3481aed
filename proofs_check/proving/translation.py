"""From SymPy to certificates: equations between matrix expressions become equations between products of letters.

A letter is a symbol, the inverse or pseudo-inverse of an expression, or a symbolic power; each brings the equations
that define it (``M M_inv = 1``, the four equations of Moore and Penrose, ...). A block matrix becomes a sum over its
blocks, each between the inclusions of its rows and columns. Positive numbers and dimensions are scalars.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from itertools import count
from typing import Any

from sympy import (
    Abs,
    Add,
    BlockMatrix,
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
    MatrixExpr,
    MatrixSymbol,
    Mul,
    OneMatrix,
    Pow,
    Rational,
    Symbol,
    Transpose,
    ZeroMatrix,
    expand,
    sqrt,
)

from proofs_check.certificates.checker import Context, Polynomial, add
from proofs_check.errors import CheckError
from theory.language.nodes import Inner, Norm, PositiveSemidefinite, PseudoInverse, SingularValue, Vanishes
from theory.language.symbols import PRIMITIVES, SymmetricSymbol

__all__ = ["Translation", "Untranslatable", "expanded_text", "identifier", "text_of"]

ONE: Polynomial = {(): Fraction(1)}


class Untranslatable(CheckError):
    """An expression has no counterpart among products of letters, such as a norm or a trace."""


def identifier(text: str) -> str:
    """Return a name that certificates accept."""
    spelled = text.replace("+", " plus ").replace("-", " minus ")
    return re.sub(r"^(?=\d)", "n", re.sub(r"^1_", "one_", re.sub(r"\W+", "_", spelled).strip("_")))


class Translation:
    """The letters met so far, and the equations that they bring.

    Attributes
    ----------
    letters : dict of str to str
        ``"target <- source"`` of every operator.
    scalars, symmetric : list of str
    axioms : dict of str to str
        Equations that define inverses, pseudo-inverses, powers, inclusions and inner products.
    inverted : dict of str to expression
        What each letter that stands for an inverse, or a reciprocal, inverts.
    conditional : dict of str to tuple of str
        The axioms of letters for inverses that exist only where a premise holds.
    powers : dict of str to str
        The base of each letter that stands for a symbolic power.
    numbers : dict of expression to str
        The letters of numbers.
    singular : dict of str to (str, int)
        The matrix of each letter that stands for its largest (1) or smallest (-1) singular value.
    nonnegative : list of expression
        Numbers that are not negative because a hypothesis says so.
    """

    def __init__(self) -> None:
        self.letters: dict[str, str] = {}
        self.scalars: list[str] = []
        self.symmetric: list[str] = []
        self.axioms: dict[str, str] = {}
        self.inverted: dict[str, Any] = {}
        self.conditional: dict[str, tuple[str, ...]] = {}
        self.powers: dict[str, str] = {}
        self.singular: dict[str, tuple[str, int]] = {}
        self.nonnegative: list[Any] = []
        self.numbers: dict[Any, str] = {}
        self._names: dict[Any, str] = {}
        self._spaces: dict[Any, str] = {}
        self._context: Context | None = None
        self._size = (0, 0, 0)

    def copy(self) -> Translation:
        """Return a copy that can meet further letters on its own."""
        twin = Translation()
        twin.letters, twin.axioms = dict(self.letters), dict(self.axioms)
        twin.scalars, twin.symmetric = list(self.scalars), list(self.symmetric)
        twin.numbers, twin.nonnegative = dict(self.numbers), list(self.nonnegative)
        twin.conditional = dict(self.conditional)
        twin.inverted, twin.powers, twin.singular = dict(self.inverted), dict(self.powers), dict(self.singular)
        twin._names, twin._spaces = dict(self._names), dict(self._spaces)
        return twin

    def context(self) -> Context:
        """Return the checker's view of the letters so far."""
        size = (len(self.letters), len(self.scalars), len(self.symmetric))
        if self._context is None or size != self._size:
            self._context, self._size = Context(self.letters, self.scalars, self.symmetric), size
        return self._context

    # Operators ------------------------------------------------------------------------------------

    def polynomial(self, expr: Any) -> Polynomial:
        """Expand a matrix or scalar expression into words."""
        if not getattr(expr, "is_MatrixExpr", False):
            return self._scalar(expr)
        match expr:
            case ZeroMatrix():
                return {}
            case Identity():
                return dict(ONE)
            case MatAdd():
                return self._sum(map(self.polynomial, expr.args))
            case MatMul():
                return self._product(map(self.polynomial, expr.args))
            case Transpose():
                inner = self.polynomial(expr.arg)
                return self.context().adjoint(inner)
            case BlockMatrix():
                return self._blocks(expr)
            case OneMatrix() if expr.shape == (1, 1):
                return dict(ONE)
            case OneMatrix() if expr.shape[0] != 1:
                column = self.context().adjoint(self.polynomial(OneMatrix(1, expr.shape[0])))
                return self._product([column, self.polynomial(OneMatrix(1, expr.shape[1]))])
            case Inverse() if isinstance(expr.arg, Transpose):
                return self.context().adjoint(self.polynomial(Inverse(expr.arg.arg)))
            case Inverse():
                return {(self._letter(expr),): Fraction(1)}
            case PseudoInverse() if (number := expr.arg.as_coeff_mmul()[0]) != 1 and number.is_nonzero:
                inner = PseudoInverse((expr.arg / number).doit())
                return self._product([self._scalar(1 / number), self.polynomial(inner)])
            case MatPow() if isinstance(expr.exp, Integer):
                base = expr.base if expr.exp >= 0 else Inverse(expr.base)
                return self._product([self.polynomial(base)] * abs(int(expr.exp)))
            case MatPow():
                return self._power(expr)
            case _:
                return {(self._letter(expr),): Fraction(1)}

    def _sum(self, parts: Iterable[Polynomial]) -> Polynomial:
        total: Polynomial = {}
        for part in parts:
            add(total, part)
        return total

    def _product(self, factors: Iterable[Polynomial]) -> Polynomial:
        listed = list(factors)
        return self.context().times(*listed)

    def _declare(self, expr: Any, name: str, shape: tuple[Any, Any], *, symmetric: bool = False) -> str:
        taken = {*self.letters, *self.scalars}
        if name in taken and isinstance(expr, MatrixSymbol):
            raise Untranslatable(f"two letters are called {name}")
        # Names leave out what is no letter: (A')^+ would be called as A^+ is.
        name = next(x for i in count(1) if (x := name if i == 1 else f"{name}_{i}") not in taken)
        self._names[expr] = name
        self.letters[name] = self.ends(shape)
        if symmetric:
            self.symmetric.append(name)
        return name

    def space(self, size: Any) -> str:
        """Return the name of the space of a dimension, which no other has."""
        if size not in self._spaces:
            known = {"2*d + 2": "token", "k + n + 1": "prompt", "n + 1": "bare_prompt"}
            name = known.get(str(size), str(size))
            if name in self._spaces.values():
                raise Untranslatable(f"two spaces are called {name}")
            self._spaces[size] = name
        return self._spaces[size]

    def ends(self, shape: tuple[Any, Any]) -> str:
        """``"target <- source"`` of an operator of this shape."""
        return f"{self.space(shape[0])} <- {self.space(shape[1])}"

    def _letter(self, expr: MatrixExpr) -> str:
        if expr in self._names:
            return self._names[expr]
        match expr:
            case MatrixSymbol():
                return self._declare(
                    expr, identifier(expr.name), expr.shape, symmetric=isinstance(expr, SymmetricSymbol)
                )
            case OneMatrix():
                count = self._atom(expr.shape[1])
                name = self._declare(expr, f"ones_{count}", expr.shape)
                self.axioms[name] = f"{name} {name}' = {count}"
                return name
            case PseudoInverse():
                return self._pseudo_inverse(expr)
            case Inverse():
                arg = text_of(self, expr.arg)
                name = self._declare(expr, f"{identifier(arg)}_inv", expr.shape)
                self.inverted[name] = expr.arg
                arg = arg if re.fullmatch(r"\w+", arg) else f"({arg})"
                self.axioms[f"{name} from the right"] = f"{arg} {name} = 1"
                self.axioms[f"{name} from the left"] = f"{name} {arg} = 1"
                return name
            case _:
                raise Untranslatable(f"{type(expr).__name__} is no product of letters")

    def _pseudo_inverse(self, expr: PseudoInverse) -> str:
        inner = text_of(self, expr.arg)
        arg = inner if re.fullmatch(r"\w+", inner) else f"({inner})"
        turned = text_of(self, expr.arg.T.doit(deep=False))
        turned = turned if re.fullmatch(r"\w+'?", turned) else f"({turned})"
        name = self._declare(expr, f"{identifier(inner)}_pinv", expr.shape)
        self.axioms |= {
            f"{name} 1": f"{arg} {name} {arg} = {arg}",
            f"{name} 2": f"{name} {arg} {name} = {name}",
            f"{name} 3": f"{arg} {name} = {name}' {turned}",
            f"{name} 4": f"{name} {arg} = {turned} {name}'",
        }
        return name

    def _power(self, expr: MatPow) -> Polynomial:
        base, exponent = expr.base, expr.exp
        symbol, extra = _split(exponent)
        lowest = MatPow(base, symbol)
        power = self.polynomial(base)
        if lowest not in self._names:
            inner = text_of(self, base)
            name = self._declare(lowest, f"{identifier(inner)}_to_the_{identifier(str(symbol))}", base.shape)
            self.powers[name] = inner
            self.axioms[f"{name} commutes"] = f"({inner}) {name} = {name} ({inner})"
        return self._product([*[power] * extra, {(self._names[lowest],): Fraction(1)}])

    def _blocks(self, expr: BlockMatrix) -> Polynomial:
        rows = self._inclusions(expr.rowblocksizes, expr.shape[0])
        columns = self._inclusions(expr.colblocksizes, expr.shape[1])
        total: Polynomial = {}
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                block = self.polynomial(expr.blocks[i, j])
                add(total, self._product([row, block, self.context().adjoint(column)]))
        return total

    def _inclusions(self, sizes: tuple[Any, ...], whole: Any) -> list[Polynomial]:
        """Return the isometric inclusions of the parts of a space; a space of one part is itself."""
        if len(sizes) == 1:
            return [dict(ONE)]
        parts = [(tuple(sizes), i) for i in range(1, len(sizes) + 1)]
        if parts[0] not in self._names:
            space = identifier(self.space(whole))
            names = [
                self._declare(part, f"{space}_{part[1]}", (whole, n)) for part, n in zip(parts, sizes, strict=True)
            ]
            for left in names:
                for right in names:
                    self.axioms[f"{left} and {right}"] = f"{left}' {right} = {int(left == right)}"
        return [{(self._names[part],): Fraction(1)} for part in parts]

    def made_of(self, letters: Iterable[str]) -> frozenset[str]:
        """Return some letters, and those that stand for what has one of them in it, such as an inner product."""
        found = frozenset(letters)
        listed = [(what, name) for what, name in self._names.items() if not isinstance(what, tuple)]
        inside = {name: {self._names.get(x) for x in what.free_symbols} for what, name in listed}
        return found.union(name for name, names in inside.items() if names & found)

    # Scalars --------------------------------------------------------------------------------------

    def _scalar(self, expr: Any) -> Polynomial:
        total: Polynomial = {}
        for term in Add.make_args(expand(expr)):
            word: list[str] = []
            coefficient = Fraction(1)
            for factor in Mul.make_args(term):
                if isinstance(factor, Rational):
                    coefficient *= Fraction(int(factor.p), int(factor.q))
                else:
                    word += self._number(factor)
            add(total, {tuple(sorted(word)): coefficient})
        return total

    def _number(self, factor: Expr) -> list[str]:
        base, exponent = factor.as_base_exp() if isinstance(factor, Pow) else (factor, Integer(1))
        if isinstance(exponent, Integer):
            name = self._atom(base)
            return [name if exponent > 0 else self._reciprocal(base)] * abs(int(exponent))
        if abs(exponent) == Rational(1, 2):
            root, square = sqrt(base), self._atom(base)
            if root not in self._names:
                name = self._counted(root, f"{square}_sqrt")
                self.axioms[name] = f"{name} {name} = {square}"
            return [self._names[root] if exponent > 0 else self._reciprocal(root)]
        symbol, extra = _split(exponent)
        power, written = Pow(base, symbol, evaluate=False), text_of(self, base)
        if power not in self._names:
            name = self._counted(power, f"{identifier(written)}_to_the_{identifier(str(symbol))}")
            self.powers[name] = written
        return [self._names[power], *[self._atom(base)] * extra]

    def _counted(self, number: Any, name: str) -> str:
        """Let a number have a name that nothing else has; what a letter stands for is not read off its name."""
        if name in self.letters or name in self.scalars:
            raise Untranslatable(f"two letters are called {name}")
        self.scalars.append(name)
        self._names[number] = name
        return name

    def _reciprocal(self, number: Any) -> str:
        """The reciprocal of a number that has a letter."""
        inverse = 1 / number
        if inverse not in self._names:
            name = self._counted(inverse, f"{self._names[number]}_inv")
            self.inverted[name] = number
            self.axioms[name] = f"{self._names[number]} {name} = 1"
        return self._names[inverse]

    def _atom(self, base: Any) -> str:
        if base in self._names:
            return self._names[base]
        name: str
        if isinstance(base, Inner):
            name = identifier(f"inner {base.args[0]} {base.args[1]}")
        elif isinstance(base, Norm):
            name = identifier(f"norm {base.args[0]}")
        elif isinstance(base, SingularValue):
            matrix = text_of(self, base.args[0])
            name = identifier(f"sigma {'max' if base.args[1] == 1 else 'min'} {matrix}")
        elif isinstance(base, Symbol):
            name = identifier(base.name)
        elif isinstance(base, Add):
            value = text_of(self, base)
            name = identifier(value)
        else:
            raise Untranslatable(f"{type(base).__name__} is not a polynomial")
        if name in self.letters:
            name = f"{name}_number"
        self.numbers[base] = self._counted(base, name)
        # What is known of a number is known of the letter that it has got, and not of another with that name.
        if isinstance(base, SingularValue):
            self.singular[name] = (matrix, int(base.args[1]))
        if isinstance(base, Add):
            self.axioms[name] = f"{name} = {value}"
        if isinstance(base, Inner):
            self.axioms[name] = f"{self._product_text(base)} = {name}"
        if isinstance(base, Norm):
            self.axioms[name] = f"{self._product_text(Inner(*base.args * 2))} = {name} {name}"
        return name

    # Equations ------------------------------------------------------------------------------------

    def relation(self, line: Any) -> str:
        """Write a line of a derivation as a certificate does.

        Equations stay equations; a vector or matrix that vanishes is one; positive semidefinite matrices and
        comparisons of numbers and of norms become order relations.
        """
        match line:
            case Equality(lhs=Inner() as product):
                # A number that a product of letters is: as a line between maps, which can follow from others.
                return f"{self._product_text(product)} = {text_of(self, line.rhs)}"
            case Equality():
                return f"{text_of(self, line.lhs)} = {text_of(self, line.rhs)}"
            case Vanishes():
                return f"{text_of(self, line.args[0])} = 0"
            case PositiveSemidefinite():
                return f"{text_of(self, line.args[0])} >= 0"
            case GreaterThan() | LessThan():
                larger, smaller = (line.lhs, line.rhs) if isinstance(line, GreaterThan) else (line.rhs, line.lhs)
                squares = [self._squared(side) for side in (larger, smaller)]
                if None not in squares:
                    return " >= ".join(map(str, squares))
                return f"{text_of(self, larger)} >= {text_of(self, smaller)}"
            case _:
                raise Untranslatable(f"{type(line).__name__} is no relation between polynomials")

    def _product_text(self, product: Inner) -> str:
        return text_of(self, product.args[0].T.doit(deep=False) * product.args[1])

    def _squared(self, side: Any) -> str | None:
        """The square of a norm, or of a non-negative multiple of one; None for anything else."""
        factors = Mul.make_args(side)
        norms = [x for x in factors if isinstance(x, Norm)]
        sizes = [x for x in factors if not isinstance(x, Norm)]
        if len(norms) != 1 or not all(map(self._is_nonnegative, sizes)):
            return None
        inner, number = norms[0].args[0], dict(ONE)
        for x in sizes:
            once = self._scalar(x.args[0] if isinstance(x, Abs) else x)
            number = self.context().times(number, once, once)
        body = inner.T * inner
        if number == ONE:
            return text_of(self, body)
        if len(number) == 1:
            return f"{expanded_text(number)} {text_of(self, body)}"
        return expanded_text(self.context().times(number, self.polynomial(body)))

    def _is_nonnegative(self, x: Any) -> bool:
        base = x.base if isinstance(x, Pow) and x.exp.is_integer else x
        if base.is_nonnegative or isinstance(base, Abs | SingularValue):
            return True
        return any(expand(base - known) == 0 for known in self.nonnegative)


def _split(exponent: Expr) -> tuple[Expr, int]:
    """Write an exponent as its least admissible value plus a number: ``order + 1`` is ``(order - 1) + 2``."""
    number, symbol = exponent.as_coeff_Add()
    least = PRIMITIVES[str(symbol)].least if str(symbol) in PRIMITIVES else 0
    if not number.is_Integer or number + least < 0:
        raise Untranslatable(f"the exponent {exponent} may be negative")
    return symbol - least, int(number) + least


def text_of(translation: Translation, expr: Any) -> str:
    """Write an expression as a certificate does: as it stands where that can be read, expanded otherwise."""
    expansion = translation.polynomial(expr)
    if getattr(expr, "is_MatrixExpr", False):
        written = _written(translation, expr)
        if written is not None and translation.context().parse(written) == expansion:
            return written
    return expanded_text(expansion)


def _written(translation: Translation, expr: Any) -> str | None:
    match expr:
        case MatAdd():
            parts = [_written(translation, term) for term in expr.args]
            if any(part is None for part in parts):
                return None
            parts.sort(key=lambda part: str(part).startswith("-"))
            return " + ".join(map(str, parts)).replace("+ -", "- ")
        case MatMul():
            coefficient, factors = expr.as_coeff_matrices()
            number = translation.polynomial(coefficient)
            if len(number) != 1:
                return None
            inner: list[str] = []
            for factor in factors:
                part = _written(translation, factor)
                if part is None:
                    return None
                inner.append(f"({part})" if isinstance(factor, MatAdd) or part.startswith("-") else part)
            (word, c) = next(iter(number.items()))
            front = [*([str(abs(c))] if abs(c) != 1 else []), *word, *(part for part in inner if part != "1")]
            return ("-" if c < 0 else "") + (" ".join(front) or "1")
        case Identity():
            return "1"
        case BlockMatrix():
            return None
        case _:
            words = translation.polynomial(expr)
            return expanded_text(words) if len(words) == 1 else None


def expanded_text(p: Polynomial) -> str:
    """Write a polynomial word by word: added terms first, short ones before long ones."""
    out = ""
    for word, c in sorted(p.items(), key=lambda item: (item[1] < 0, len(item[0]), item[0])):
        size = [] if abs(c) == 1 and word else [str(abs(c))]
        sign = (" - " if c < 0 else " + ") if out else ("-" if c < 0 else "")
        out += sign + " ".join([*size, *word])
    return out or "0"
