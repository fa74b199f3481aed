"""How the theory is written: LaTeX with the field's names, and plain text for a terminal; sums start with a plus."""

from __future__ import annotations

import re
from typing import Any

from sympy import Inverse, MatMul, Rational, Symbol, powsimp
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from theory.language.nodes import Inner, MaxRowSum, Norm, PositiveSemidefinite, PseudoInverse, SingularValue, Vanishes
from theory.language.symbols import latex_names

__all__ = ["plain", "tex"]


#: The star of a target's name, as long as a star is a product.
STAR = "\N{ASTERISK OPERATOR}"


class _Printer(LatexPrinter):  # type: ignore[misc]
    def _signed(self, term: Any) -> tuple[bool, str]:
        """Whether a term carries a minus sign, and how the rest of it prints."""
        body = self._print(term)
        return (True, body[1:].lstrip()) if body.startswith("-") else (False, body)

    def _sum(self, terms: Any) -> str:
        return self._chained(sorted(terms, key=lambda term: self._signed(term)[0]))

    def _print_MatAdd(self, expr: Any) -> str:
        return self._sum(expr.args)

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        # Powers descend, as a person writes them; only the front is not left to a minus sign.
        terms = self._as_ordered_terms(expr, order=order)
        first = next((i for i, term in enumerate(terms) if not self._signed(term)[0]), 0)
        return self._chained([terms[first], *terms[:first], *terms[first + 1 :]])

    def _chained(self, terms: Any) -> str:
        (negative, head), *rest = map(self._signed, terms)
        return (f"- {head}" if negative else head) + "".join(f" {'-' if minus else '+'} {x}" for minus, x in rest)

    def _print_Vanishes(self, expr: Vanishes) -> str:
        return f"{self._signed(expr.arg)[1]} = 0"

    def _print_MatMul(self, expr: Any) -> str:
        coefficient, factors = expr.as_coeff_matrices()
        body = " ".join(map(self._matrix_factor, factors))
        sign = "- " if not coefficient.is_Add and coefficient.could_extract_minus_sign() else ""
        size = powsimp(-coefficient if sign else coefficient)
        if size == 1:
            return sign + body
        front = rf"\tfrac{{{size.p}}}{{{size.q}}}" if isinstance(size, Rational) and size.q != 1 else self._print(size)
        if getattr(size, "is_Add", False):
            front = rf"\left({front}\right)"
        return f"{sign}{front} {body}"

    def _matrix_factor(self, factor: Any) -> str:
        body = self._print(factor)
        return rf"\left({body}\right)" if factor.is_MatAdd or isinstance(factor, MatMul) else body

    def _print_Transpose(self, expr: Any) -> str:
        body = self._print(expr.arg)
        simple = expr.arg.is_symbol and "^" not in body
        return rf"{body}^{{\mathsf T}}" if simple else rf"\left({body}\right)^{{\mathsf T}}"

    def _print_Inverse(self, expr: Any) -> str:
        body = self._print(expr.arg)
        if expr.arg.is_Transpose and expr.arg.arg.is_symbol:
            return rf"{self._print(expr.arg.arg)}^{{-\mathsf T}}"
        simple = expr.arg.is_symbol and "^" not in body
        return rf"{body}^{{-1}}" if simple else rf"\left({body}\right)^{{-1}}"

    def _print_Identity(self, expr: Any) -> str:
        return "1" if expr.shape[0] == 1 else "I"

    def _print_ZeroMatrix(self, expr: Any) -> str:
        return "0"

    def _print_OneMatrix(self, expr: Any) -> str:
        rows, columns = expr.shape
        if 1 in (rows, columns):
            return r"\mathbf 1^{\mathsf T}" if rows == 1 else r"\mathbf 1"
        return r"\mathbf 1 \mathbf 1^{\mathsf T}"


def tex(expr: Any) -> str:
    """Return the LaTeX of an expression or relation, without delimiters."""
    return str(_Printer({"symbol_names": latex_names()}).doprint(expr))


class _Plain(StrPrinter):  # type: ignore[misc]
    """The same in plain text: ``M^-1 A Q Delta``."""

    printmethod = "_plain"

    def _print_Symbol(self, expr: Any) -> str:
        name = str(expr.name).removesuffix("_random")
        return name.removesuffix("_star") + STAR if name.endswith("_star") else name

    _print_MatrixSymbol = _print_SymmetricSymbol = _print_Symbol

    def _in_brackets(self, expr: Any, *, power: bool = False) -> str:
        body = str(self._print(expr))
        sum_ = getattr(expr, "is_Add", False) or getattr(expr, "is_MatAdd", False)
        return f"({body})" if sum_ or (power and (" " in body or body.startswith("-"))) else body

    def _exponent(self, expr: Any) -> str:
        body = str(self._print(expr))
        return body if re.fullmatch(r"-?\w+", body) else f"({body})"

    def _base(self, expr: Any) -> str:
        """What is raised to a power: a power of a power means two things without brackets."""
        body = self._in_brackets(expr, power=True)
        return f"({body})" if re.search(r"\^[\w-]", body) and not body.startswith("(") else body

    def _print_MatAdd(self, expr: Any) -> str:
        parts = sorted((str(self._print(x)) for x in expr.args), key=lambda part: part.startswith("-"))
        return " + ".join(parts).replace("+ -", "- ")

    def _print_MatMul(self, expr: Any) -> str:
        coefficient, factors = expr.as_coeff_matrices()
        negative = not coefficient.is_Add and coefficient.could_extract_minus_sign()
        size = powsimp(-coefficient if negative else coefficient)
        front = [] if size == 1 else [self._in_brackets(size)]
        return ("-" if negative else "") + " ".join([*front, *map(self._in_brackets, factors)])

    def _print_Mul(self, expr: Any) -> str:
        return str(super()._print_Mul(expr)).replace("*", " ")

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        square = isinstance(expr.base, Inner) and expr.base.args[0] == expr.base.args[1]
        if square and expr.exp not in (-1, Rational(1, 2), -Rational(1, 2)):
            return f"({self._print(expr.base)})^{self._exponent(expr.exp)}"
        return str(super()._print_Pow(expr, rational)).replace("**", "^")

    def _print_MatPow(self, expr: Any) -> str:
        if isinstance(expr.base, Inverse) and expr.exp.is_Integer:
            return f"{self._base(expr.base.arg)}^-{expr.exp}"
        return f"{self._base(expr.base)}^{self._exponent(expr.exp)}"

    def _print_Inverse(self, expr: Any) -> str:
        return f"{self._base(expr.arg)}^-1"

    def _print_PseudoInverse(self, expr: PseudoInverse) -> str:
        return f"{self._base(expr.arg)}^+"

    def _print_Transpose(self, expr: Any) -> str:
        return f"{self._in_brackets(expr.arg, power=True)}'"

    def _print_Identity(self, expr: Any) -> str:
        return "1" if expr.shape[0] == 1 else "I"

    def _print_ZeroMatrix(self, expr: Any) -> str:
        return "0"

    def _print_OneMatrix(self, expr: Any) -> str:
        if 1 not in expr.shape:
            return "1 1'"
        return "1'" if expr.shape[0] == 1 else "1"

    def _print_Inner(self, expr: Any) -> str:
        left, right = map(self._print, expr.args)
        return f"|{left}|^2" if left == right else f"<{left}, {right}>"

    def _print_Norm(self, expr: Norm) -> str:
        return f"|{self._print(expr.args[0])}|"

    _print_Abs = _print_Norm

    def _print_MaxRowSum(self, expr: MaxRowSum) -> str:
        return f"|{self._print(expr.args[0])}|_inf"

    def _print_SpectralRadius(self, expr: Any) -> str:
        return f"spr({self._print(expr.args[0])})"

    def _print_SingularValue(self, expr: SingularValue) -> str:
        return f"sigma_{'max' if expr.args[1] == 1 else 'min'}({self._print(expr.args[0])})"

    def _print_PositiveSemidefinite(self, expr: PositiveSemidefinite) -> str:
        return f"{self._print(expr.arg)} >= 0"

    def _print_Loewner(self, expr: Any) -> str:
        lesser, greater = map(self._print, expr.args[:2])
        sign = "<" if expr.strict else "<="
        return f"{greater} {sign.replace('<', '>')} 0" if lesser == "0" else f"{lesser} {sign} {greater}"

    def _print_Vanishes(self, expr: Vanishes) -> str:
        return f"{str(self._print(expr.arg)).removeprefix('-')} = 0"

    def _print_Contracts(self, expr: Any) -> str:
        return f"spr({self._print(expr.arg)}) < 1"

    def _print_NonnegativeForPositive(self, expr: Any) -> str:
        x = Symbol("tau")
        terms = [self._print(c * x**i) for i, c in reversed([*enumerate(expr.args)]) if c != 0]
        return f"{' + '.join(terms).replace('+ -', '- ')} >= 0 for all tau > 0"

    def _print_MatrixBase(self, expr: Any) -> str:
        rows = (", ".join(map(self._print, row)) for row in expr.tolist())
        return "[" + ", ".join(f"[{row}]" for row in rows) + "]"

    def _print_BlockMatrix(self, expr: Any) -> str:
        return str(self._print_MatrixBase(expr.blocks))

    def _print_Relational(self, expr: Any) -> str:
        sign = {"==": "="}.get(expr.rel_op, expr.rel_op)
        return f"{self._print(expr.lhs)} {sign} {self._print(expr.rhs)}"


def plain(expr: Any) -> str:
    """Return an expression or relation in plain text."""
    return str(_Plain().doprint(expr)).replace(STAR, "*")
