"""Predicates measured on floats: each holds, fails, or is undecidable at this precision.

A measurement is a margin and a slack. The margin says how far the numbers are from the threshold, free of scale, and is
positive on the side where the predicate holds. The slack is what rounding of the inputs and of the evaluation can
explain. A margin beyond the slack decides.

Within the slack the numbers as given decide where they can, since floats are rationals: an equality that is exactly
true of them holds, and so does an order relation that is attained exactly. An equality that is off, by however little,
never holds: it is undecidable up to the slack and fails beyond. That a matrix is invertible, that a number is below
another, that a spectral radius is below 1 are open conditions, which rounding takes away at the threshold: they are
undecidable there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial
from itertools import combinations, product
from math import isnan, nan
from typing import Any, Literal

from sympy import (
    QQ,
    Equality,
    GreaterThan,
    Inverse,
    LessThan,
    MatPow,
    S,
    StrictGreaterThan,
    StrictLessThan,
    Unequality,
    oo,
)

from theory.errors import InputError, SingularError, TheoryError
from theory.language import words
from theory.language.nodes import (
    Contracts,
    NonnegativeForPositive,
    PositiveSemidefinite,
    PseudoInverse,
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
from theory.language.symbols import PRIMITIVES
from theory.values.dense import Dense
from theory.values.inputs import array_instance, exact_instance, names_given
from theory.values.instance import Instance
from theory.values.rounded import EPS, Rounded, RoundedInstance, frobenius, largest, moved_eigenvalues

__all__ = ["Measure", "Measurement", "Word", "measuring", "rational_instance", "speaks_of", "weakest"]

Word = Literal["holds", "fails", "undecidable"]

#: Up to these dimensions the numbers as given decide: polynomial equations, and all else.
EXACT_POLYNOMIAL, EXACT = 48, 8
#: How far, relatively, a number may be off that is known to double precision only.
ROUNDED = Fraction(1, 2**50)


@dataclass(frozen=True)
class Measurement:
    """What floats say about a predicate.

    Attributes
    ----------
    word : {"holds", "fails", "undecidable"}
    margin : float
        Distance from the threshold, free of scale; negative on the side where the predicate fails. Of an equality,
        how far it is off, relative to its terms, with a minus sign. NaN where nothing could be computed.
    slack : float
        How much of the margin rounding can explain.
    note : str
        What decided, where it is not the margin.
    """

    word: Word
    margin: float
    slack: float
    note: str = ""

    def __bool__(self) -> bool:
        return self.word == "holds"

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        return f"{self.word}: margin {self.margin:.3g}, slack {self.slack:.1g}{note}"


def speaks_of(predicate: Any) -> set[Any]:
    """Return the symbols whose values a predicate depends on: those that it binds are not among them."""
    if isinstance(predicate, All | Iff | Implies):
        return set().union(*map(speaks_of, predicate.args))
    free = set(predicate.free_symbols)
    if isinstance(predicate, Unique | Solvable | TendsTo | Minimises):
        return free - {predicate.args[0]}
    return free - {predicate.args[1]} if isinstance(predicate, NonDecreasing) else free


def weakest(words_: Iterable[Word]) -> Word:
    """Fails if one fails, else undecidable if one is, else holds."""
    found = set(words_)
    return next((word for word in ORDER if word in found), "holds")


#: From the weakest.
ORDER: tuple[Word, ...] = ("fails", "undecidable", "holds")


def _open(margin: float, slack: float, note: str = "") -> Measurement:
    """Measure a condition that small changes do not take away: at the threshold nothing is decided."""
    if not (margin > slack or margin < -slack):
        return Measurement("undecidable", margin, slack, note)
    return Measurement("holds" if margin > slack else "fails", margin, slack)


@dataclass
class Measure:
    """Measures predicates on one set of inputs.

    Attributes
    ----------
    at : RoundedInstance
        The inputs, and the definitions of what abbreviates them.
    grams : collection of str
        Names of matrices that are Gram matrices by construction, hence positive semidefinite.
    rationals : Instance or None
        The inputs exactly, where they are known so: they decide whatever has a rational value.
    nearby : sequence of Instance
        The same with the last digits of some inputs changed: what these decide otherwise is undecidable.
    """

    at: RoundedInstance
    grams: Collection[str] = ()
    rationals: Instance | None = None
    nearby: Sequence[Instance] = ()

    def __call__(self, predicate: Any) -> Measurement:
        """Measure a predicate.

        Raises
        ------
        InputError
            A symbol that the predicate speaks of has no value.
        """
        missing = self.missing(predicate)
        if missing:
            raise InputError(f"nothing is known of {', '.join(missing)}; pass {missing[0]}=...")
        if self.rationals is not None and (decided := _decided(predicate, self.at, self.rationals)) is not None:
            if any(self._turns(predicate, decided, other) for other in self.nearby):
                return Measurement("undecidable", nan, 0.0, "the last digit of a rounded input decides")
            return Measurement("holds" if decided else "fails", nan, 0.0, "exactly")
        try:
            return self._measured(predicate)
        except SingularError as error:
            return Measurement("undecidable", float("nan"), float("inf"), str(error))

    def _turns(self, predicate: Any, decided: bool, other: Instance) -> bool:
        """Whether something changes between the inputs and others nearby: the answer, or the side of a determinant."""
        if _decided(predicate, self.at, other) != decided:
            return True
        if not isinstance(predicate, Invertible) or self.rationals is None:
            return False
        here, there = (exact(predicate.arg).to_sympy().det() for exact in (self.rationals, other))
        return bool((here > 0) != (there > 0))

    def with_margin(self, predicate: Any) -> Measurement:
        """Measure a predicate; one that exact inputs decide has the margin of the floats, where that has its side."""
        found = self(predicate)
        if self.rationals is None or not isnan(found.margin):
            return found
        floats = Measure(self.at, self.grams)(predicate)
        agrees = floats.margin >= 0 if found else floats.margin <= 0
        return replace(found, margin=floats.margin) if agrees else found

    def missing(self, predicate: Any) -> list[str]:
        """Names of what a predicate speaks of and nothing is known of."""
        return sorted({str(x) for symbol in speaks_of(predicate) for x in self.at.missing(symbol)})

    def _measured(self, predicate: Any) -> Measurement:
        if predicate in (S.true, S.false):
            return Measurement("holds" if predicate == S.true else "fails", float("inf"), 0.0, "whatever the numbers")
        for kind, measured in self._kinds.items():
            if isinstance(predicate, kind):
                return measured(predicate)
        raise TheoryError(f"no measurement is known for {predicate}")

    @cached_property
    def _kinds(self) -> Mapping[Any, Callable[[Any], Measurement]]:
        return {
            Equality: self._equality,
            Unequality: self._unequality,
            (LessThan, StrictLessThan, GreaterThan, StrictGreaterThan): self._order,
            Vanishes: lambda p: self._zero(p, self.at.best(p.arg)),
            Commute: self._commute,
            Projector: self._projector,
            RangeWithin: lambda p: self._zero(p, self.at.best(p.equation), self.at(p.args[0]).size),
            PositiveSemidefinite: lambda p: self._positive(p, p.arg, self.at.best(p.arg).size, strict=False),
            Loewner: self._loewner,
            Invertible: lambda p: self._invertible(p, p.arg),
            Contracts: self._contracts,
            SpectrumWithin: self._spectrum,
            NonnegativeForPositive: self._cubic,
            NonDecreasing: self._non_decreasing,
            Unique: self._unique,
            Solvable: self._solvable,
            TendsTo: self._tends_to,
            Settles: self._settles,
            Minimises: self._minimises,
            All: lambda p: _all([self(part) for part in p.args]),
            Iff: self._iff,
            Implies: self._implies,
        }

    # The numbers as given -----------------------------------------------------------------------

    @cached_property
    def exact(self) -> Instance:
        """The inputs as rationals, with what is defined from them."""
        values: dict[Any, Dense] = {}
        for symbol in self._symbols:
            given = self.at(symbol)
            rows = [[given.value]] if given.is_number else given.value.tolist()
            value = Dense.from_rows([[QQ(*Fraction(x).as_integer_ratio()) for x in row] for row in rows], QQ)
            if not given.is_number and PRIMITIVES[symbol.name].kind == "gram":
                value = (value + value.transpose()).scale(Dense.number(QQ(1, 2), QQ))
            values[symbol] = value
        return Instance(QQ, self.at.sizes, values)

    @cached_property
    def _symbols(self) -> list[Any]:
        return [item.symbol for name, item in PRIMITIVES.items() if name in self.at.given]

    def exactly(self, predicate: Any) -> bool | None:
        """Decide a predicate on the numbers as given; None where that takes too long, or has no rational value."""
        plain = self.at.unfolded(predicate)
        if plain in (S.true, S.false):
            return bool(plain == S.true)
        inverts = plain.has(Inverse, PseudoInverse) or any(not x.exp.is_nonnegative for x in plain.atoms(MatPow))
        equation = isinstance(plain, Equality | Unequality | Vanishes | Commute | Projector)
        limit = EXACT_POLYNOMIAL if equation and not inverts else EXACT
        sides = [self.at.sizes[name] for name in ("d", "n", "k") if name in self.at.sizes]
        if max(sides, default=1) > limit or any(self.at.size_of(x.exp) > limit for x in plain.atoms(MatPow)):
            return None
        # Where rounding alone makes up a rank, the numbers as given have another pseudo-inverse than the one meant.
        for node in plain.atoms(PseudoInverse):
            if self.exact(node.arg).rank() != self.at.rank(node.arg):
                return None
        try:
            return bool(self.exact.holds(plain))
        except TheoryError:
            return None

    # Equalities ---------------------------------------------------------------------------------

    def _zero(self, predicate: Any, gap: Rounded, size: float | None = None) -> Measurement:
        """Measure that something is zero, relative to its size."""
        size = gap.size if size is None else size
        off = frobenius(gap.value)
        if not off and not gap.radius:
            return Measurement("holds", 0.0, 0.0)
        margin, slack = -off / size if size else -off, gap.radius / size if size else gap.radius
        if -margin > slack:
            return Measurement("fails", margin, slack)
        if self.exactly(predicate):
            return Measurement("holds", 0.0, slack, "exactly, of the numbers as given")
        return Measurement("undecidable", margin, slack)

    def _equality(self, predicate: Any) -> Measurement:
        left, right = self.at.best(predicate.lhs), self.at.best(predicate.rhs)
        gap = left - right
        if getattr(predicate.lhs, "is_MatrixExpr", False):
            joined = self.at.best(predicate.lhs - predicate.rhs)
            gap = joined if joined.radius < gap.radius else gap
        return self._zero(predicate, gap, left.size + right.size)

    def _unequality(self, predicate: Any) -> Measurement:
        same = self._equality(Equality(predicate.lhs, predicate.rhs, evaluate=False))
        word: Word = {"holds": "fails", "fails": "holds"}.get(same.word, same.word)  # type: ignore[assignment]
        return Measurement(word, abs(same.margin), same.slack, same.note)

    def _commute(self, predicate: Any) -> Measurement:
        left, right = map(self.at.best, predicate.args)
        return self._zero(predicate, left @ right - right @ left)

    def _projector(self, predicate: Any) -> Measurement:
        value = self.at.best(predicate.arg)
        turned = Rounded(value.value.T, value.radius, value.size)
        square, skew = value @ value - value, value - turned
        size = value.size + value.size**2
        worse = max((square, skew), key=lambda gap: frobenius(gap.value) - gap.radius)
        return self._zero(predicate, worse, size)

    def _solvable(self, predicate: Any) -> Measurement:
        matrix, right = self._affine(*predicate.args)
        import numpy as np

        left, values, _ = np.linalg.svd(matrix.value)
        noise = matrix.radius + max(matrix.value.shape) * EPS * frobenius(matrix.value)
        rank = int((values > noise).sum())
        if rank == matrix.value.shape[0]:
            return Measurement("holds", float(values[-1] / values[0]), noise / float(values[0]))
        outside = left[:, rank:].T @ right.value
        # The complement of the range turns by at most the noise over the least singular value that counts.
        turned = noise / float(values[rank - 1]) if rank else 0.0
        radius = right.radius + turned * frobenius(right.value)
        return self._zero(predicate, Rounded(outside, radius, max(right.size, frobenius(right.value))))

    # Order --------------------------------------------------------------------------------------

    def _order(self, predicate: Any) -> Measurement:
        strict = isinstance(predicate, StrictLessThan | StrictGreaterThan)
        lesser, greater = self.at(predicate.lts), self.at(predicate.gts)
        gap = greater - lesser
        size = (lesser.size + greater.size) or 1.0
        found = _open(gap.number / size, gap.radius / size)
        attained = Equality(predicate.lts, predicate.gts, evaluate=False)
        if found.word == "undecidable" and not strict and self.exactly(attained):
            return replace(found, word="holds", note="attained exactly by the numbers as given")
        return found

    def _loewner(self, predicate: Any) -> Measurement:
        lesser, greater, _ = predicate.args
        size = self.at(lesser).size + self.at(greater).size
        return self._positive(predicate, predicate.gap, size, strict=predicate.strict)

    def _positive(self, predicate: Any, expr: Any, size: float, *, strict: bool) -> Measurement:
        import numpy as np

        gap = self.at.best(expr)
        turned = Rounded(gap.value.T, gap.radius, gap.size)
        skew = gap - turned
        size = size or 1.0
        if frobenius(skew.value) > skew.radius + 2.0**-40 * largest(gap.value):
            return Measurement("fails", -frobenius(skew.value) / size, skew.radius / size, "not symmetric")
        values = np.linalg.eigvalsh((gap.value + gap.value.T) / 2)
        slack = (gap.radius + len(values) * EPS * frobenius(gap.value)) / size
        found = _open(float(values[0]) / size, slack)
        if found.word != "undecidable" or strict:
            return found
        if self._is_gram(expr):
            return replace(found, word="holds", note="a Gram matrix by construction")
        # Attained exactly: what rounding can make zero is zero, and the rest is clear of it.
        clear = int((values / size > slack).sum())
        if len(values) <= EXACT and self.exactly(predicate) and self.exact(self.at.unfolded(expr)).rank() == clear:
            return replace(found, word="holds", note="attained exactly by the numbers as given")
        return found

    def _is_gram(self, expr: Any) -> bool:
        """Whether an expression is a sum of Gram matrices with coefficients that are not negative."""
        terms = words.words(self.at.unfolded(expr))
        alone = (len(word) == 1 and word[0] in self._named_grams for word in terms)
        return all(alone) and all(bool(c.is_nonnegative) for c in terms.values())

    @property
    def _named_grams(self) -> set[Any]:
        return {PRIMITIVES[name].symbol for name in self.grams}

    # Regularity and spectra ---------------------------------------------------------------------

    def _invertible(self, predicate: Any, expr: Any) -> Measurement:
        return self._regular(_square(self.at.best(expr)), lambda: self.exactly(Invertible(expr)))

    def _regular(self, matrix: Rounded, exactly: Callable[[], bool | None]) -> Measurement:
        import numpy as np

        values = np.linalg.svd(matrix.value, compute_uv=False)
        if not values.size:
            return Measurement("holds", 1.0, 0.0)
        # Each row in its own scale, as far as rounding goes: a number may be zero up to rounding of its terms.
        if not values[0]:
            rounds = matrix.radius > 0 and exactly() is not False
            return Measurement("undecidable" if rounds else "fails", 0.0, 0.0, "zero")
        slack = (matrix.radius + len(values) * EPS * frobenius(matrix.value)) / float(values[0])
        margin = float(values[-1] / values[0])
        if margin > slack:
            return Measurement("holds", margin, slack)
        note = "exactly singular, as given" if exactly() is False else ""
        return Measurement("undecidable", margin, slack, note)

    def _contracts(self, predicate: Any) -> Measurement:
        return self._below_one(_square(self.at.best(predicate.arg)))

    def _below_one(self, matrix: Rounded) -> Measurement:
        import numpy as np

        roots, slack = moved_eigenvalues(matrix)
        return _open(1.0 - float(np.abs(roots).max(initial=0.0)), slack)

    def _spectrum(self, predicate: Any) -> Measurement:
        import numpy as np

        expr, low, high = predicate.args
        matrix = _square(self.at.best(expr))
        roots, slack = moved_eigenvalues(matrix)
        size = max(largest(matrix.value), *(abs(float(x)) for x in (low, high) if abs(x) != oo), 1e-300)
        margins = [-float(np.abs(roots.imag).max(initial=0.0))]
        margins += [float(roots.real.min() - float(low))] * (low != -oo) + [float(float(high) - roots.real.max())] * (
            high != oo
        )
        margin = min(margins)
        if margin < -slack:
            return Measurement("fails", margin / size, slack / size)
        # A simple real eigenvalue of a real matrix stays real until it meets another.
        apart = np.abs(roots[:, None] - roots[None, :])[~np.eye(len(roots), dtype=bool)].min(initial=np.inf)
        edge = min([apart / 2, *margins[1:]])
        if not margins[0] and edge > slack:
            return Measurement("holds", float(min(edge / size, 1.0)), slack / size)
        if self.exactly(predicate):
            return Measurement("holds", margin / size, slack / size, "exactly, of the numbers as given")
        return Measurement("undecidable", margin / size, slack / size)

    # Polynomials on x > 0 -----------------------------------------------------------------------

    def _cubic(self, predicate: Any) -> Measurement:
        return self._non_negative(predicate, [self.at(c) for c in predicate.args])

    def _non_negative(self, predicate: Any, coefficients: list[Rounded]) -> Measurement:
        """Measure that a polynomial is non-negative on x > 0; coefficients ascend."""
        import numpy as np

        c = np.array([x.number for x in coefficients])
        radii = np.array([x.radius for x in coefficients])
        if not c.any():
            return (
                self._zero(predicate, Rounded(c[:, None], float(radii.sum()), 0.0)) if radii.any() else _open(1.0, 0.0)
            )
        ends = [float(np.sign(c[np.flatnonzero(c)[i]])) for i in (0, -1)]
        slope = np.polynomial.polynomial.polyder(c)
        roots = np.polynomial.polynomial.polyroots(np.trim_zeros(slope, "b")) if slope.any() else np.zeros(0)
        points = roots.real[(roots.real > 0) & (np.abs(roots.imag) <= 1e-6 * np.abs(roots))]
        points = np.concatenate([points, np.logspace(-12, 12, 481)])
        powers = points[:, None] ** np.arange(len(c))
        scale = (np.abs(c) * powers).sum(axis=1)
        ratios = (c * powers).sum(axis=1) / scale
        least = int(np.argmin(ratios))
        slack = float((radii * powers[least]).sum() / scale[least]) + 2 * len(c) * EPS
        found = _open(float(min([ratios[least], *ends])), slack)
        if found.word == "undecidable" and self.exactly(predicate):
            return replace(found, word="holds", note="exactly, of the numbers as given")
        return found

    def _non_decreasing(self, predicate: Any) -> Measurement:
        from sympy import Poly, Symbol, cancel, diff, fraction

        value, x = predicate.args
        free = Symbol("x", positive=True)
        known = {s: self._rational(s) for s in self.at.unfolded(value).free_symbols - {x}}
        slope = cancel(diff(self.at.unfolded(value).subs(known).subs(x, free), free))
        over, under = fraction(slope)
        product = Poly(over * under, free).all_coeffs()[::-1]
        # Coefficients of a derived polynomial: rounding of what it is made of, once for each operation.
        return self._non_negative(
            predicate, [Rounded(float(c), 64 * EPS * abs(float(c)), abs(float(c))) for c in product]
        )

    def _rational(self, symbol: Any) -> Any:
        return QQ.to_sympy(QQ(*Fraction(self.at(symbol).number).as_integer_ratio()))

    # Rest, limits, minima -----------------------------------------------------------------------

    def _affine(self, x: Any, equation: Any) -> tuple[Rounded, Rounded]:
        """Matrix and right-hand side of an affine equation in a vector."""
        gap = self.at.unfolded(equation.lhs) - self.at.unfolded(equation.rhs)
        try:
            matrix, rest = words.collect_right(gap, x)
            return self.at(matrix), -self.at(rest)
        except ValueError:
            return self._probed(x, gap)

    def _map(self, x: Any, image: Any) -> tuple[Rounded, Rounded]:
        """Matrix and constant part of an affine map of a vector."""
        plain = self.at.unfolded(image)
        try:
            matrix, rest = words.collect_right(plain, x)
            return self.at(matrix), self.at(rest)
        except ValueError:
            matrix_, offset = self._probed(x, plain)
            return matrix_, -offset

    def _probed(self, x: Any, expr: Any) -> tuple[Rounded, Rounded]:
        import numpy as np

        size = self.at.size_of(x.shape[0])
        zero = np.zeros((size, 1))
        offset = self.at.with_value(x, Rounded(zero, 0.0, 1.0))(expr)
        images = [self.at.with_value(x, Rounded(c[:, None], 0.0, 1.0))(expr) for c in np.eye(size)]
        value = np.hstack([image.value - offset.value for image in images])
        radius = float(sum((image.radius + offset.radius) ** 2 for image in images)) ** 0.5
        return Rounded(value, radius, max(image.size for image in images)), -offset

    def _unique(self, predicate: Any) -> Measurement:
        matrix, _ = self._affine(*predicate.args)
        return self._regular(matrix, lambda: self.exactly(predicate))

    def _tends_to(self, predicate: Any) -> Measurement:
        import numpy as np

        x, image, start, limit = predicate.args
        if x.shape[1] != 1:  # of matrices it is decided exactly, or not at all
            decided = self.exactly(predicate)
            word: Word = "undecidable" if decided is None else "holds" if decided else "fails"
            return Measurement(word, float("nan"), 0.0, "" if decided is None else "exactly, of the numbers as given")
        matrix, offset = self._map(x, image)
        rest, away = self.at(limit), self.at(start) - self.at(limit)
        still = matrix @ rest + offset - rest
        stays = frobenius(still.value) <= still.radius
        if not stays:
            size = still.size or 1.0
            return Measurement("fails", -frobenius(still.value) / size, still.radius / size, "the limit moves")
        whole = self._below_one(matrix)
        if whole and self.exactly(predicate) is not False:
            return whole
        roots, vectors = np.linalg.eig(matrix.value)
        _, slack = moved_eigenvalues(matrix)
        weights = np.linalg.lstsq(vectors, away.value.astype(complex), rcond=None)[0][:, 0]
        condition = float(np.linalg.cond(vectors))
        noise = condition * (away.radius + EPS * len(roots) * frobenius(away.value))
        lasting = (np.abs(weights) > noise) & (np.abs(roots) > 1 + slack)
        if lasting.any():
            return Measurement("fails", float(1 - np.abs(roots[lasting]).max()), slack)
        if self.exactly(predicate):
            dying = np.abs(roots[np.abs(roots) < 1 - slack])
            return Measurement("holds", float(1 - dying.max(initial=0.0)), slack, "exactly, of the numbers as given")
        return replace(whole, word="undecidable")

    def _settles(self, predicate: Any) -> Measurement:
        import numpy as np

        matrix = _square(self.at.best(predicate.args[0]))
        moved = matrix - Rounded(np.eye(matrix.value.shape[0]), 0.0, 1.0)
        whole = self._below_one(matrix)
        if whole:
            return whole
        roots, slack = moved_eigenvalues(matrix)
        sizes = np.abs(roots)
        if float(sizes.max(initial=0.0)) > 1 + slack:
            return Measurement("fails", float(1 - sizes.max()), slack)
        frozen = np.abs(roots - 1) <= slack + moved.radius
        margin = float(1 - sizes[~frozen].max(initial=0.0))
        if self.exactly(predicate):
            return Measurement("holds", margin, slack, "exactly, of the numbers as given")
        return Measurement("undecidable", margin, slack)

    def _minimises(self, predicate: Any) -> Measurement:
        import numpy as np

        x, objective, point, constraint = predicate.args
        best = self.at(point)
        here = self.at.with_value(x, best)
        size = best.value.shape[0]
        directions = np.eye(size)
        if constraint != S.true:
            meets = Measure(here, self.grams)(constraint)
            if meets.word == "fails":
                return replace(meets, note="the point breaks the constraint")
            matrix, _ = self._affine(x, constraint)
            _, values, right = np.linalg.svd(matrix.value)
            kept = int((values > matrix.radius + size * EPS * frobenius(matrix.value)).sum())
            directions = right[kept:].T
        if not directions.size:
            return Measurement("holds", 1.0, 0.0, "no other point meets the constraint")
        reach = frobenius(best.value) or 1.0
        steps = [reach * column[:, None] for column in directions.T]

        def value(step: Any) -> Rounded:
            there = self.at.with_value(x, Rounded(best.value + step, best.radius, best.size + reach))
            return there(objective)

        least = value(np.zeros_like(best.value))
        ups, downs = [value(step) for step in steps], [value(-step) for step in steps]
        scale = max(v.size for v in (least, *ups, *downs)) or 1.0
        noise = max(v.radius for v in (least, *ups, *downs)) / scale
        # A polynomial of degree two: slopes and curvatures are differences of values.
        slope = max(abs(up.number - down.number) for up, down in zip(ups, downs, strict=True)) / scale
        curvature = np.diag([up.number + down.number - 2 * least.number for up, down in zip(ups, downs, strict=True)])
        for i, j in combinations(range(len(steps)), 2):
            both = value(steps[i] + steps[j]).number - ups[i].number - ups[j].number + least.number
            curvature[i, j] = curvature[j, i] = both
        lowest = float(np.linalg.eigvalsh(curvature)[0]) / scale
        slack = 4 * len(steps) * noise
        margin = lowest if slope <= slack else -slope
        if margin < -slack:
            return Measurement("fails", margin, slack)
        if self.exactly(predicate):
            return Measurement("holds", margin, slack, "exactly, of the numbers as given")
        return Measurement("undecidable", -slope, slack)

    # Connectives --------------------------------------------------------------------------------

    def _iff(self, predicate: Any) -> Measurement:
        first, second = map(self, predicate.args)
        near = min((first, second), key=lambda m: abs(m.margin) - m.slack)
        if "undecidable" in (first.word, second.word):
            undecided = first if first.word == "undecidable" else second
            return Measurement("undecidable", abs(undecided.margin), undecided.slack, undecided.note)
        same = first.word == second.word
        return Measurement("holds" if same else "fails", abs(near.margin) * (1 if same else -1), near.slack)

    def _implies(self, predicate: Any) -> Measurement:
        premise, conclusion = map(self, predicate.args)
        if premise.word == "fails":
            return Measurement("holds", abs(premise.margin), premise.slack, "its premise fails")
        if conclusion.word == "holds" or premise.word == "holds":
            return conclusion
        return Measurement("undecidable", premise.margin, premise.slack, premise.note)


def _decided(predicate: Any, at: RoundedInstance, exact: Instance) -> bool | None:
    """Decide a predicate on exact inputs; None without a rational value."""
    for said in (predicate, at.unfolded(predicate)):
        if said in (S.true, S.false):
            return bool(said == S.true)
        with suppress(TheoryError):
            return bool(exact.holds(said))
    return None


def _square(value: Rounded) -> Rounded:
    """A number as the matrix of a map of numbers."""
    import numpy as np

    return Rounded(np.array([[value.number]]), value.radius, value.size) if value.is_number else value


def _all(parts: list[Measurement]) -> Measurement:
    """The part that decides: one that fails, or is undecidable, or is nearest to its threshold."""
    return min(parts, key=lambda m: (ORDER.index(m.word), m.margin))


def measuring(
    what: str,
    needed: tuple[str, ...],
    sizes_needed: tuple[str, ...],
    given: Mapping[str, Any],
    definitions: Mapping[Any, Any],
    *,
    grams: Collection[str] = (),
    errors: Mapping[str, float] | None = None,
    rationals: Mapping[str, Any] | None = None,
    rounded: Collection[str] = (),
) -> Measure:
    """Read inputs by name, one geometry, and return what measures predicates on them.

    Parameters
    ----------
    what : str
        Whose inputs they are, for messages.
    needed, sizes_needed : tuple of str
        Names that must be there.
    given : mapping
        Arrays by name, without batch axes.
    definitions : mapping
        Symbol to expression in inputs and other defined symbols.
    grams : collection of str
        Names of Gram matrices that were made of examples.
    errors : mapping of str to float, optional
        Relative rounding of single inputs.
    rationals : mapping, optional
        The same inputs as exact rationals.
    rounded : collection of str, optional
        Names of numbers among them that are known to double precision only.

    Raises
    ------
    InputError
        Unknown, missing, mis-shaped or non-finite input; a batch; a name in `grams` that is no Gram matrix.
    """
    import numpy as np

    of_kind = [name for name, item in PRIMITIVES.items() if item.kind == "gram"]
    made = names_given(what, "grams", grams, of_kind, "Gram matrix")
    arrays = array_instance(what, needed, sizes_needed, given, check=True)
    values: dict[str, Any] = {}
    for name, value in arrays.values.items():
        kind = PRIMITIVES[name].kind
        axes = 0 if kind in ("step", "scalar", "count") else 2
        if np.ndim(value) != axes:
            raise InputError(
                f"{what}: {name} has shape {np.shape(given[name])}; hypotheses take one geometry at a time"
            )
        values[name] = value if axes else (int(value) if kind == "count" else float(value))
    at = RoundedInstance(arrays.sizes, values, definitions, errors)
    if rationals is None:
        return Measure(at, made)
    near = [name for name in rounded if name in rationals]
    choices = product(*([-1, 1] for _ in near)) if near else ()
    shifts = [{name: 1 + k * ROUNDED for name, k in zip(near, choice, strict=True)} for choice in choices]
    others = [dict(rationals) | {name: rationals[name] * by for name, by in shift.items()} for shift in shifts]
    exact, *nearby = (rational_instance(what, given_, definitions) for given_ in (rationals, *others))
    return Measure(at, made, exact, nearby)


def rational_instance(what: str, given: Mapping[str, Any], definitions: Mapping[Any, Any]) -> Instance:
    """Return exact inputs by name, one geometry, as an instance that computes what is defined from them when asked."""
    instance = exact_instance(what, tuple(name for name in PRIMITIVES if name in given), (), given)
    for symbol, expr in definitions.items():
        if symbol not in instance.values:
            instance.computed[symbol] = partial(Instance.__call__, expr=expr), None
    return instance
