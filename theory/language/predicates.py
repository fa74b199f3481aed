"""What a theorem may say: predicates that hypotheses and conclusions are made of, each with its exact meaning.

The vocabulary is closed: equations and order relations of SymPy, the predicates of :mod:`theory.language.nodes`, and
those below. Each knows how it prints and decides itself on a rational instance (``_holds``), from its definition and
not from the criterion that a theorem gives for it: a limit is decided from the map that is iterated, a minimum from the
objective.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

from sympy import Integer, MatrixSymbol, S
from sympy.printing.precedence import PRECEDENCE

from theory.errors import SingularError, TheoryError
from theory.language import words
from theory.language.nodes import Assertion, PseudoInverse

__all__ = [
    "All",
    "Commute",
    "Iff",
    "Implies",
    "Invertible",
    "Loewner",
    "Minimises",
    "NonDecreasing",
    "Projector",
    "RangeWithin",
    "Settles",
    "Solvable",
    "TendsTo",
    "Unique",
]

#: A polynomial is followed for so many turns; its numbers get longer with every one.
MOST_TURNS = 12


class Invertible(Assertion):
    """A square matrix expression has an inverse."""

    free = True

    def _latex(self, printer: Any) -> str:
        return rf"\det {printer.parenthesize(self.arg, 1000)} \ne 0"

    def _holds(self, evaluate: Any) -> bool:
        try:
            evaluate(self.arg).inverse()
        except SingularError:
            return False
        return True

    def _array(self, evaluate: Any, numpy: Any) -> Any:
        values = numpy.linalg.svd(evaluate(self.arg), compute_uv=False)
        # Below this ratio rounding of the entries alone can make it singular.
        return values[..., -1] > values.shape[-1] * numpy.finfo(values.dtype).eps * values[..., 0]


class Loewner(Assertion):
    """``Loewner(X, Y, strict)``: ``Y - X`` is positive semidefinite; strictly: and invertible."""

    def __new__(cls, lesser: Any, greater: Any, strict: bool = False) -> Any:  # noqa: D102
        return Assertion.__new__(cls, lesser, greater, S.true if strict else S.false)

    strict = property(lambda self: self.args[2] == S.true)
    gap = property(lambda self: self.args[1] - self.args[0])

    def _latex(self, printer: Any) -> str:
        sign = r"\prec" if self.strict else r"\preceq"
        lesser, greater = (printer._print(x) for x in self.args[:2])
        return rf"{greater} {sign.replace('prec', 'succ')} 0" if lesser == "0" else f"{lesser} {sign} {greater}"

    def _holds(self, evaluate: Any) -> bool:
        gap = evaluate(self.args[1]) - evaluate(self.args[0])
        return bool(gap.is_psd()) and (not self.strict or gap.rank() == gap.shape[0])


class Commute(Assertion):
    """Two square matrix expressions commute."""

    free = True

    def _latex(self, printer: Any) -> str:
        left, right = (printer._print(x) for x in self.args)
        return f"{left} {right} = {right} {left}"

    def _holds(self, evaluate: Any) -> bool:
        left, right = map(evaluate, self.args)
        return bool((left @ right - right @ left).is_zero)


class Projector(Assertion):
    """A matrix expression is an orthogonal projector: symmetric and its own square."""

    free = True

    def _latex(self, printer: Any) -> str:
        body = printer._print(self.arg)
        return rf"{body}^{{2}} = {body} = {body}^{{\mathsf T}}"

    def _holds(self, evaluate: Any) -> bool:
        value = evaluate(self.arg)
        return bool((value @ value - value).is_zero and (value - value.transpose()).is_zero)


class RangeWithin(Assertion):
    """``RangeWithin(X, Y)``: every column of X is a combination of the columns of Y."""

    free = True

    def _latex(self, printer: Any) -> str:
        inner, outer = self.args
        body = printer._print(inner)
        if inner.shape[1] == 1:
            return rf"{body} \in \operatorname{{range}}\left({printer._print(outer)}\right)"
        whole = rf"\operatorname{{range}}\left({printer._print(outer)}\right)"
        return rf"\operatorname{{range}}\left({body}\right) \subseteq {whole}"

    @property
    def equation(self) -> Any:
        """The same as an equation: the projector on the outer range leaves the inner matrix alone."""
        return _outside(*self.args)

    def _holds(self, evaluate: Any) -> bool:
        return bool(evaluate(self.equation).is_zero)


@cache
def _outside(inner: Any, outer: Any) -> Any:
    return outer * PseudoInverse(outer) * inner - inner


class All(Assertion):
    """Several predicates hold."""

    def _latex(self, printer: Any) -> str:
        return r" \text{ and } ".join(printer._print(x) for x in self.args)

    def _holds(self, evaluate: Any) -> bool:
        return all(map(evaluate.holds, self.args))


class Iff(Assertion):
    """Two predicates hold together or fail together."""

    def _latex(self, printer: Any) -> str:
        return r" \iff ".join(printer._print(x) for x in self.args)

    def _holds(self, evaluate: Any) -> bool:
        first, second = map(evaluate.holds, self.args)
        return bool(first == second)


class Implies(Assertion):
    """Where the first predicate holds the second does."""

    def _latex(self, printer: Any) -> str:
        return r" \implies ".join(printer._print(x) for x in self.args)

    def _holds(self, evaluate: Any) -> bool:
        premise, conclusion = self.args
        return not evaluate.holds(premise) or bool(evaluate.holds(conclusion))


class Unique(Assertion):
    """``Unique(x, equation)``: exactly one vector x satisfies an affine equation."""

    binds = 0

    def _latex(self, printer: Any) -> str:
        return rf"\exists!\, {printer._print(self.args[0])}\colon {printer._print(self.args[1])}"

    def _holds(self, evaluate: Any) -> bool:
        matrix, offset = _affine(evaluate, *self.args)
        return bool(matrix.rank() == matrix.shape[1] and (matrix @ matrix.pinv() @ offset - offset).is_zero)


class Solvable(Assertion):
    """``Solvable(x, equation)``: some vector x satisfies an affine equation."""

    binds = 0

    def _latex(self, printer: Any) -> str:
        return rf"\exists\, {printer._print(self.args[0])}\colon {printer._print(self.args[1])}"

    def _holds(self, evaluate: Any) -> bool:
        matrix, offset = _affine(evaluate, *self.args)
        return bool((matrix @ matrix.pinv() @ offset - offset).is_zero)


class TendsTo(Assertion):
    """``TendsTo(x, image, start, limit)``: iterating a map from the start leads to the limit.

    With x itself as the start it does so from everywhere. The map is affine, of vectors or of matrices, or a polynomial
    of one number.
    """

    everywhere = property(lambda self: self.args[0] == self.args[2])
    beside = property(lambda self: self.args[3:] if self.everywhere else self.args[2:])

    binds = 0

    def _latex(self, printer: Any) -> str:
        x, image, start, limit = (printer._print(a) for a in self.args)
        every = r"every " if self.everywhere else ""
        return rf"{x} \mapsto {image} \text{{ from {every}}} {start} \text{{ tends to }} {limit}"

    def _holds(self, evaluate: Any) -> bool:
        x, image, start, limit = self.args
        degree = max((sum(letter.has(x) for letter in word) for word in words.words(image)), default=0)
        if degree > 1:
            return self._on_a_line(evaluate, degree)
        matrix, offset = _affine_map(evaluate, x, image)
        rest = _stacked(evaluate(limit))
        every = matrix.eye(matrix.shape[0], matrix.domain).columns
        away = every() if self.everywhere else [_stacked(evaluate(start)) - rest]
        return bool((matrix @ rest + offset - rest).is_zero) and all(_dies_out(matrix, column) for column in away)

    def _on_a_line(self, evaluate: Any, degree: int) -> bool:
        """Decide it of a polynomial of one number: by its distance from the limit, in which the polynomial is written.

        Within a distance where all terms together shorten it, it dies out; from one where the leading term outweighs
        the others and lengthens it, it grows for ever.
        """
        from sympy import Poly, Symbol, interpolate

        x, image, start, limit = self.args
        rest = evaluate(limit)
        if rest.shape != (1, 1):
            raise TheoryError("no exact decision is known of where a polynomial map of vectors leads")

        def distance(away: Any) -> Any:
            place = rest + rest.number(rest.domain.convert(away), rest.domain)
            return (evaluate.with_value(x, place)(image) - rest).to_sympy()[0, 0]

        h = Symbol("h")
        moved = Poly(interpolate([(i, distance(i)) for i in range(degree + 1)], h), h)
        constant, *terms = reversed(moved.all_coeffs())
        if constant or (self.everywhere and len(terms) > 1):
            return False
        away = Integer(1) if self.everywhere else (evaluate(start) - rest).to_sympy()[0, 0]
        for _ in range(MOST_TURNS):
            sizes = [abs(c * away**i) for i, c in enumerate(terms)]
            if away == 0 or sum(sizes) < 1:
                return True
            if 2 * sizes[-1] - sum(sizes) > 1 or (len(sizes) == 1 and sizes[0] >= 1):
                return False
            away = moved.eval(away)
        raise TheoryError(f"{MOST_TURNS} turns do not show where this leads")


class Settles(Assertion):
    """``Settles(T, G)``: ``x -> T x + G c`` converges from every start, for every vector c."""

    def _latex(self, printer: Any) -> str:
        matrix, push = (printer.parenthesize(x, PRECEDENCE["Mul"]) for x in self.args)
        return rf"x \mapsto {matrix} x + {push} c \text{{ converges for all }} x, c"

    def _holds(self, evaluate: Any) -> bool:
        matrix, push = map(evaluate, self.args)
        one = matrix.eye(matrix.shape[0], matrix.domain)
        moved = matrix - one
        # Every start: what T - 1 moves dies out under T, and nothing moved rests. Every push: it must be moved away.
        reach = moved @ moved.pinv()
        return bool(
            moved.rank() == (moved @ moved).rank()
            and (reach @ push - push).is_zero
            and all(_dies_out(matrix, column) for column in moved.columns())
        )


class Minimises(Assertion):
    """``Minimises(x, objective, point, constraint)``: no x that meets the affine constraint has a smaller objective.

    The objective is a polynomial of degree two in x; the constraint is an equation, or true.
    """

    binds = 0
    beside = property(lambda self: self.args[2:3])

    def __new__(cls, x: Any, objective: Any, point: Any, constraint: Any = S.true) -> Any:  # noqa: D102
        return Assertion.__new__(cls, x, objective, point, constraint)

    def _latex(self, printer: Any) -> str:
        x, objective, point, constraint = (printer._print(a) for a in self.args)
        under = "" if self.args[3] == S.true else rf",\; {constraint}"
        return rf"{point} \in \operatorname{{argmin}}_{{{x}{under}}} {objective}"

    def _holds(self, evaluate: Any) -> bool:
        x, objective, point, constraint = self.args
        best = evaluate(point)
        size, domain = best.shape[0], best.domain
        directions = best.eye(size, domain)
        if constraint != S.true:
            if not evaluate.with_value(x, best).holds(constraint):
                return False
            matrix, _ = _affine(evaluate, x, constraint)
            directions = directions - matrix.pinv() @ matrix
        least = evaluate.with_value(x, best)(objective)
        columns = directions.columns()

        def rise(step: Any) -> Any:
            return (evaluate.with_value(x, best + step)(objective) - least)[0, 0]

        # A polynomial of degree two: its slope and its curvature are read off differences.
        rises = [(rise(c), rise(-c)) for c in columns]
        curvature = [[domain.zero] * size for _ in range(size)]
        for i, (up, down) in enumerate(rises):
            curvature[i][i] = up + down
        for i, j in combinations(range(size), 2):
            curvature[i][j] = curvature[j][i] = rise(columns[i] + columns[j]) - rises[i][0] - rises[j][0]
        slopes = type(best).from_rows([[up - down for up, down in rises]], domain)
        bent, step = type(best).from_rows(curvature, domain), type(best).generic(size, domain)
        foreseen = (slopes @ step + step.transpose() @ bent @ step)[0, 0]
        if 2 * rise(type(best).hstack(columns) @ step) != foreseen:
            raise TheoryError("a minimum is decided of objectives of degree two, and this is none")
        return bool(slopes.is_zero and bent.is_psd())


class NonDecreasing(Assertion):
    """``NonDecreasing(value, x)``: a rational function of x does not fall anywhere on ``x > 0``."""

    binds = 1

    def _latex(self, printer: Any) -> str:
        return rf"{printer._print(self.args[0])} \text{{ non-decreasing in }} {printer._print(self.args[1])}"

    def _holds(self, evaluate: Any) -> bool:
        from sympy import QQ, Poly, Symbol, fraction, together

        value, x = self.args
        free = Symbol("x", positive=True)
        here, elsewhere = (evaluate.with_value(x, evaluate(Integer(i))) for i in (1, 2))

        def written(part: Any) -> Any:
            if part.has(x):
                return free if part == x else part.func(*map(written, part.args))
            known = here(part)
            if not (elsewhere(part) - known).is_zero:
                raise TheoryError(f"{part} depends on {x} by its definition, which is not followed")
            return known.to_sympy()[0, 0]

        over, under = (Poly(part, free, domain=QQ) for part in fraction(together(written(value))))
        # The sign of the slope, times the square of the denominator.
        product = over.diff() * under - over * under.diff()
        if product.is_zero:
            return True
        odd = (f for f, multiplicity in product.sqf_list()[1] if multiplicity % 2)
        changes = any(int(f.count_roots(0, None)) > int(f.eval(0) == 0) for f in odd)
        return not changes and bool(product.LC() > 0)


def _affine(evaluate: Any, x: MatrixSymbol, equation: Any) -> tuple[Any, Any]:
    """Matrix and constant part of the gap between the two sides of an affine equation in x."""

    def gap(value: Any) -> Any:
        trial = evaluate.with_value(x, value)
        return trial(equation.lhs) - trial(equation.rhs)

    matrix, offset = evaluate.affine_parts(gap, evaluate.integer(x.shape[0]))
    return matrix, -offset


def _affine_map(evaluate: Any, x: MatrixSymbol, image: Any) -> tuple[Any, Any]:
    rows, columns = map(evaluate.integer, x.shape)

    def moved(value: Any) -> Any:
        parts = [[value.entry(i + rows * j, 0) for i in range(rows)] for j in range(columns)]
        matrix = value.hstack([value.hstack(column).transpose() for column in parts])
        return _stacked(evaluate.with_value(x, matrix)(image))

    return tuple(evaluate.affine_parts(moved, rows * columns))


def _stacked(matrix: Any) -> Any:
    """The columns of a matrix, one below the other."""
    return matrix.hstack([column.transpose() for column in matrix.columns()]).transpose()


def _dies_out(matrix: Any, vector: Any) -> bool:
    """Whether the powers of a matrix carry a vector to zero: the spectral radius on what it spans is below 1."""
    if vector.is_zero:
        return True
    images = [vector]
    while True:
        spanned = vector.hstack(images)
        image = matrix @ images[-1]
        weights = spanned.pinv() @ image
        if (spanned @ weights - image).is_zero:
            break
        images.append(image)
    # In the basis of the images the matrix is their companion.
    size = len(images)
    companion = vector.hstack([*vector.eye(size, vector.domain).columns()[1:], weights])
    return bool(companion.is_schur_stable())
