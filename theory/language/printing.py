"""LaTeX of the theory: the field's names, sums that start with a positive term, upright transposes."""

from __future__ import annotations

from typing import Any

from sympy import MatMul, Rational, powsimp
from sympy.printing.latex import LatexPrinter

from theory.language.symbols import latex_names

__all__ = ["tex"]


class _Printer(LatexPrinter):  # type: ignore[misc]
    def _signed(self, term: Any) -> tuple[bool, str]:
        """Whether a term carries a minus sign, and how the rest of it prints."""
        body = self._print(term)
        return (True, body[1:].lstrip()) if body.startswith("-") else (False, body)

    def _sum(self, terms: Any) -> str:
        signed = sorted(map(self._signed, terms), key=lambda pair: pair[0])
        (negative, first), *rest = signed
        head = f"- {first}" if negative else first
        return head + "".join(f" {'-' if minus else '+'} {body}" for minus, body in rest)

    def _print_MatAdd(self, expr: Any) -> str:
        return self._sum(expr.args)

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        return self._sum(self._as_ordered_terms(expr, order=order))

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
        return "I"

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
