"""Matrix operations that SymPy has no expression for, each with its exact meaning.

A node knows three things: how it prints, its exact value (``_dense``, over the rationals or a polynomial ring)
and its floating-point value (``_array``). Values are computed from the definition of the node.
"""

from __future__ import annotations

from typing import Any

from sympy import QQ, Basic, Expr, MatrixExpr, Poly, Symbol, oo, sqrt, sympify
from sympy.logic.boolalg import Boolean

__all__ = [
    "Assertion",
    "Contracts",
    "EntrySum",
    "Inner",
    "MaxRowSum",
    "NonnegativeForPositive",
    "Norm",
    "PositiveSemidefinite",
    "PseudoInverse",
    "SingularValue",
    "SpectralRadius",
    "SpectrumWithin",
    "Vanishes",
]


class PseudoInverse(MatrixExpr):  # type: ignore[misc]
    """Moore-Penrose inverse of a matrix expression."""

    def __new__(cls, arg: MatrixExpr) -> Any:  # noqa: D102
        return Basic.__new__(cls, sympify(arg))

    arg = property(lambda self: self.args[0])
    shape = property(lambda self: (self.arg.shape[1], self.arg.shape[0]))

    def _eval_transpose(self) -> Any:
        return PseudoInverse(self.arg.T.doit(deep=False))

    def doit(self, **hints: Any) -> Any:
        """Return the node itself: it has no simpler form."""
        return self

    def _latex(self, printer: Any) -> str:
        body = printer.parenthesize(self.arg, 1000, strict=True)
        return rf"{body}^{{+}}"

    def _sympystr(self, printer: Any) -> str:
        return f"PseudoInverse({printer._print(self.arg)})"

    def _dense(self, evaluate: Any) -> Any:
        return evaluate(self.arg).pinv()

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        value = evaluate(self.arg)
        # Singular values below max(m, n) * eps * sigma_max count as zero, as in numpy.linalg.matrix_rank.
        return numpy.linalg.pinv(value, rcond=max(value.shape[-2:]) * numpy.finfo(value.dtype).eps)


class _ScalarNode(Expr):  # type: ignore[misc]
    is_commutative = True
    is_real = True

    def __new__(cls, *args: Any) -> Any:
        return Basic.__new__(cls, *map(sympify, args))

    def doit(self, **hints: Any) -> Any:
        """Return the node itself: it has no simpler form."""
        return self


class Inner(_ScalarNode):
    """Inner product of two vector expressions."""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        left, right = (printer._print(a) for a in self.args)
        power = "" if exp is None else f"^{{{exp}}}"
        if left == right:
            body = rf"\left\lVert {left} \right\rVert^{{2}}"
            return body if exp is None else rf"\left({body}\right){power}"
        return rf"\left\langle {left}, {right} \right\rangle{power}"

    def _dense(self, evaluate: Any) -> Any:
        return evaluate(self.args[0]).transpose() @ evaluate(self.args[1])

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        return (evaluate(self.args[0]) * evaluate(self.args[1])).sum(axis=(-2, -1))


class Norm(_ScalarNode):
    """Euclidean norm of a vector expression."""

    is_nonnegative = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\left\lVert {printer._print(self.args[0])} \right\rVert"
        return body if exp is None else rf"{body}^{{{exp}}}"

    def _algebraic(self, evaluate: Any) -> Any:
        x = evaluate(self.args[0])
        return sqrt((x.transpose() @ x).to_sympy()[0, 0])

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        return numpy.linalg.norm(evaluate(self.args[0]), axis=(-2, -1))


class SpectralRadius(_ScalarNode):
    """Largest modulus of the eigenvalues of a square matrix expression."""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\operatorname{{spr}}\left({printer._print(self.args[0])}\right)"
        return body if exp is None else rf"{body}^{{{exp}}}"

    def _algebraic(self, evaluate: Any) -> Any:
        return max((abs(z) for z in evaluate(self.args[0]).eigenvalues()), default=sympify(0))

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        return numpy.abs(numpy.linalg.eigvals(evaluate(self.args[0]))).max(axis=-1)


class SingularValue(_ScalarNode):
    """Extreme singular value of a matrix expression: ``SingularValue(G, 1)`` largest, ``(G, -1)`` smallest."""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        which = "max" if self.args[1] == 1 else "min"
        body = rf"\sigma_{{\{which}}}\left({printer._print(self.args[0])}\right)"
        return body if exp is None else rf"{body}^{{{exp}}}"

    def _algebraic(self, evaluate: Any) -> Any:
        g = evaluate(self.args[0])
        smaller = g @ g.transpose() if g.shape[0] < g.shape[1] else g.transpose() @ g
        squares = smaller.eigenvalues(symmetric=True)
        return sqrt(max(squares) if self.args[1] == 1 else min(squares))

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        values = numpy.linalg.svd(evaluate(self.args[0]), compute_uv=False)
        return values[..., 0] if self.args[1] == 1 else values[..., -1]


class MaxRowSum(_ScalarNode):
    """Largest sum of moduli along a row: the largest modulus of a vector, and the operator norm that belongs to it."""

    is_nonnegative = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\left\lVert {printer._print(self.args[0])} \right\rVert_\infty"
        return body if exp is None else rf"{body}^{{{exp}}}"

    def _algebraic(self, evaluate: Any) -> Any:
        return max(sum(map(abs, row)) for row in evaluate(self.args[0]).to_sympy().tolist())

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        return numpy.abs(evaluate(self.args[0])).sum(axis=-1).max(axis=-1)


class EntrySum(_ScalarNode):
    """Sum of the moduli of all entries: what a row or a bilinear form does at most to vectors of largest modulus 1."""

    is_nonnegative = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\left\lvert {printer._print(self.args[0])} \right\rvert_1"
        return body if exp is None else rf"{body}^{{{exp}}}"

    def _algebraic(self, evaluate: Any) -> Any:
        return sum(map(abs, evaluate(self.args[0]).to_sympy()))

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        return numpy.abs(evaluate(self.args[0])).sum(axis=(-2, -1))


class Assertion(Boolean):  # type: ignore[misc]
    """A property of matrix or scalar expressions that is decided exactly on rational instances."""

    #: Whether it is decided on instances with free symbols as well.
    free = False
    #: Position of the argument that is bound, a letter that stands for any value, if there is one.
    binds: int | None = None

    @property
    def free_symbols(self) -> set[Any]:
        """The symbols that it speaks of; a bound one is none of them."""
        found = {x for arg in self.args for x in arg.free_symbols}
        return found if self.binds is None else found - self.args[self.binds].free_symbols

    def __new__(cls, *args: Any) -> Any:  # noqa: D102
        return Basic.__new__(cls, *map(sympify, args))

    arg = property(lambda self: self.args[0])

    @property
    def beside(self) -> tuple[Any, ...]:
        """The arguments in which a bound letter has no part, such as the point at which something is least."""
        return ()


class PositiveSemidefinite(Assertion):
    """A symmetric matrix expression has no negative eigenvalue."""

    def _latex(self, printer: Any) -> str:
        return rf"{printer._print(self.arg)} \succeq 0"

    def _holds(self, evaluate: Any) -> bool:
        return bool(evaluate(self.arg).is_psd())

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        value = evaluate(self.arg)
        lowest = numpy.linalg.eigvalsh((value + value.swapaxes(-1, -2)) / 2)[..., 0]
        scale = numpy.abs(value).max(axis=(-2, -1))
        # Backward error of a symmetric eigensolver: eigenvalues move by O(d eps) times the norm.
        return lowest >= -8 * value.shape[-1] * numpy.finfo(value.dtype).eps * scale


class Vanishes(Assertion):
    """A vector expression is zero; in floating point, up to rounding of a vector of the given size."""

    free = True

    def _latex(self, printer: Any) -> str:
        return rf"{printer._print(self.arg)} = 0"

    def _holds(self, evaluate: Any) -> bool:
        return bool(evaluate(self.arg).is_zero)

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        value = evaluate(self.arg)
        # A product of a few d x d matrices of norm at most 2 with a vector errs by less than 2**10 d eps its size.
        slack = 2.0**10 * value.shape[-2] * numpy.finfo(value.dtype).eps
        return numpy.linalg.norm(value, axis=(-2, -1)) <= slack * evaluate(self.args[1])


class Contracts(Assertion):
    """The spectral radius of a square matrix expression is below 1."""

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{spr}}\left({printer._print(self.arg)}\right) < 1"

    def _holds(self, evaluate: Any) -> bool:
        return bool(evaluate(self.arg).is_schur_stable())

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        return numpy.abs(numpy.linalg.eigvals(evaluate(self.arg))).max(axis=-1) < 1


class SpectrumWithin(Assertion):
    """All eigenvalues of a square matrix expression are real and lie in ``[low, high]``."""

    def _latex(self, printer: Any) -> str:
        _, low, high = self.args
        where = r"\mathbb R" if low == -oo else rf"\left[{printer._print(low)}, {printer._print(high)}\right]"
        return rf"\operatorname{{spec}}\left({printer._print(self.arg)}\right) \subset {where}"

    def _holds(self, evaluate: Any) -> bool:
        value = evaluate(self.arg)
        low, high = (None if abs(x) == oo else evaluate(x).to_sympy()[0, 0] for x in self.args[1:])
        return bool(value.count_real_eigenvalues(low, high) == value.shape[0])

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        value = evaluate(self.arg)
        roots = numpy.linalg.eigvals(value)
        # A defective eigenvalue of order d moves by the d-th root of the rounding.
        slack = numpy.finfo(value.dtype).eps ** (1 / value.shape[-1]) * (1 + numpy.abs(value).max(axis=(-2, -1)))
        inside = (roots.real >= float(self.args[1]) - slack[..., None]) & (
            roots.real <= float(self.args[2]) + slack[..., None]
        )
        return (inside & (numpy.abs(roots.imag) <= slack[..., None])).all(axis=-1)


class NonnegativeForPositive(Assertion):
    """A cubic ``c0 + c1 tau + c2 tau^2 + c3 tau^3`` is non-negative for every tau > 0."""

    def _latex(self, printer: Any) -> str:
        x = Symbol("tau")
        cubic = printer._chained([c * x**i for i, c in reversed([*enumerate(self.args)]) if c != 0])
        return rf"{cubic} \ge 0 \;\; \forall \tau > 0"

    def _holds(self, evaluate: Any) -> bool:
        x = Symbol("x")
        poly = Poly([evaluate(c).to_sympy()[0, 0] for c in reversed(self.args)], x, domain=QQ)
        if poly.is_zero:
            return True
        # A sign change on (0, oo) is a positive root of odd multiplicity.
        odd = (f for f, multiplicity in poly.sqf_list()[1] if multiplicity % 2)
        changes = any(int(f.count_roots(0, None)) > int(f.eval(0) == 0) for f in odd)
        return not changes and bool(poly.LC() > 0)

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        c0, c1, c2, c3 = numpy.broadcast_arrays(*(evaluate(c) for c in self.args))
        scale = numpy.abs(c0) + numpy.abs(c1) + numpy.abs(c2) + numpy.abs(c3)
        slack = 16 * numpy.finfo(float).eps * scale
        # The minimum over x > 0 is at 0, at infinity or at a critical point.
        root = numpy.sqrt(numpy.maximum(c2**2 - 3 * c1 * c3, 0))
        with numpy.errstate(divide="ignore", invalid="ignore"):
            candidates = [(-c2 + root) / (3 * c3), (-c2 - root) / (3 * c3), -c1 / (2 * c2)]
        good = (c0 >= -slack) & (c3 >= -slack)
        good &= (c3 > slack) | (c2 > slack) | ((c2 >= -slack) & (c1 >= -slack))
        for point in candidates:
            x = numpy.where(numpy.isfinite(point) & (point > 0), point, 0.0)
            value = c0 + x * (c1 + x * (c2 + x * c3))
            good &= value >= -16 * numpy.finfo(float).eps * (
                numpy.abs(c0) + x * (numpy.abs(c1) + x * (numpy.abs(c2) + x * numpy.abs(c3)))
            )
        return good
