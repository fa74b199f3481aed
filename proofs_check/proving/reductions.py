"""Standard facts about limits and spectra: each brings a conclusion down to claims that certificates can state.

The claims are generated from the conclusion's predicate, so that no text stands between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

from sympy import (
    Abs,
    Add,
    BlockMatrix,
    Equality,
    GreaterThan,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatPow,
    MatrixBase,
    MatrixSymbol,
    Poly,
    Pow,
    StrictLessThan,
    ZeroMatrix,
    cancel,
    diff,
    expand,
    factor,
    fraction,
    oo,
    sympify,
)

from proofs_check.certificates.checker import Polynomial
from proofs_check.proving.goals import THERE, Goal, goals
from proofs_check.proving.translation import Translation, Untranslatable, expanded_text, text_of
from theory.derivation.formula import Formula
from theory.derivation.lines import equation
from theory.language import words
from theory.language.nodes import (
    Contracts,
    NonnegativeForPositive,
    PositiveSemidefinite,
    PseudoInverse,
    SingularValue,
    SpectralRadius,
    SpectrumWithin,
)
from theory.language.predicates import All, Iff, Implies, Invertible, Loewner, NonDecreasing, Settles, TendsTo

__all__ = [
    "Alternating",
    "AlternatingPowers",
    "ByInverse",
    "Definite",
    "Descends",
    "Descent",
    "DiesOut",
    "Ends",
    "Jury",
    "Lyapunov",
    "PowersTend",
    "PowersVanish",
    "Settling",
    "Shortening",
    "Shrinks",
    "SignOfSlope",
    "SquareTimes",
]


@dataclass(frozen=True)
class Descent:
    """A limit of ``x -> x - (K x + k)``, where a hypothesis says that K is below 2."""

    sentence: ClassVar[str] = (
        "steps x -> x - (K x + k), K symmetric with 0 <= K < 2, lead to the solution of K x = -k from which the start "
        "differs by something in the range of K"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """K is not negative, the limit rests, and the way to it lies in the range of K."""
        says = formula.says
        if not isinstance(says, TendsTo):
            raise Untranslatable("the conclusion is no limit")
        x, image, start, limit = says.args
        matrix, rest = words.collect_right(x - image, x)
        if x in rest.free_symbols or not words.equal(matrix, matrix.T):
            raise Untranslatable(f"{image} is no step along a symmetric matrix")
        if not any(_below_two(assumption.says, matrix) for assumption in formula.assumptions):
            raise Untranslatable(f"no hypothesis says that {matrix} is below 2")
        factor, bare = _scaled(matrix)
        if not factor.is_nonzero:
            raise Untranslatable(f"{factor} may be zero")
        there = MatrixSymbol(THERE, *x.shape)
        space = f"{t.space(x.shape[0])} <- {t.space(x.shape[1])}"
        return (
            Goal("positive", f"{text_of(t, matrix)} >= 0"),
            Goal("rests", t.relation(equation(words.substitute(image, {x: limit}), limit))),
            Goal("nearest", t.relation(equation(limit - start, bare * there)), chosen=THERE, letters=((THERE, space),)),
        )


@dataclass(frozen=True)
class Descends:
    """Whether ``x -> (1 - g X' X) x + G c`` settles: it does if and only if g is small for the singular values of X."""

    sentence: ClassVar[str] = (
        "x -> (1 - g X' X) x + G c, with the range of G in that of X' X and g > 0, converges from every x for every c "
        "exactly if g is below 2 over the largest squared singular value of X"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """The range of G lies in that of X' X."""
        says = formula.says
        if not (isinstance(says, Iff) and isinstance(says.args[0], Settles)):
            raise Untranslatable("the conclusion is no criterion for convergence")
        (matrix, push), bound = says.args[0].args, says.args[1]
        factor, bare = _scaled(words.expanded(Identity(matrix.shape[0]) - matrix))
        roots = [x.args[0] for x in bound.atoms(SingularValue) if x.args[1] == 1]
        if not (factor.is_positive and len(roots) == 1 and words.equal(bare, roots[0].T * roots[0])):
            raise Untranslatable(f"{matrix} is not 1 less a positive multiple of a square in the bound")
        if bound != StrictLessThan(factor, 2 / SingularValue(roots[0], 1) ** 2, evaluate=False):
            raise Untranslatable(f"{bound} is another bound")
        t.polynomial(PseudoInverse(roots[0]))  # with which a certificate can say what is pushed
        there = MatrixSymbol(THERE, *push.shape)
        space = f"{t.space(push.shape[0])} <- {t.space(push.shape[1])}"
        claim = t.relation(equation(push, bare * there))
        return (Goal("pushed", claim, chosen=THERE, letters=((THERE, space),)),)


def _below_two(says: Any, matrix: Any) -> bool:
    one = Identity(matrix.shape[0])
    return isinstance(says, Loewner) and says.strict and words.equal(says.gap, 2 * one - matrix)


def _scaled(matrix: Any) -> tuple[Any, Any]:
    """A number and a matrix, whose range is that of the product."""
    if not isinstance(matrix, MatMul):
        return Integer(1), matrix
    factor, factors = matrix.as_coeff_matrices()
    return factor, MatMul(*factors)


@dataclass(frozen=True)
class PowersVanish:
    """An affine iteration ``x -> T x + c`` leads to the limit, because the powers of a contracting matrix C vanish.

    The limit is a fixed point, so that the distance d to it is multiplied by T. With ``T d = F Y d`` and ``T F = F C``
    it is ``F C^(t - 1) Y d`` after t turns.

    Attributes
    ----------
    through, onto : str
        F and Y, as a certificate writes them; by default C and 1.
    """

    through: str = ""
    onto: str = "1"
    sentence: ClassVar[str] = "the powers of a matrix tend to zero where its spectral radius is below 1"

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """Return that the limit is a fixed point, both relations, and the equations that are said beside the limit."""
        parts = formula.says.args if isinstance(formula.says, All) else (formula.says,)
        limits = [part for part in parts if isinstance(part, TendsTo)]
        beside = [part for part in parts if isinstance(part, Equality)]
        if len(limits) != 1 or len(limits) + len(beside) < len(parts):
            raise Untranslatable(f"{type(formula.says).__name__} is no limit of an iteration")
        found = (a.says.arg for a in formula.assumptions if isinstance(a.says, Contracts))
        contracting = next(found, None)
        if contracting is None:
            raise Untranslatable("no hypothesis bounds a spectral radius")
        x, image, start, limit = limits[0].args
        c, turn = f"({text_of(t, contracting)})", f"({expanded_text(_linear_part(t, image, x))})"
        gap = f"({text_of(t, start)} - ({text_of(t, limit)}))"
        there = text_of(t, words.substitute(image, {x: limit}))
        through = f"({self.through})" if self.through else c
        return (
            Goal("fixed", f"{there} = {text_of(t, limit)}"),
            Goal("start", f"{turn} {gap} = {through} ({self.onto}) {gap}"),
            Goal("later", f"{turn} {through} = {through} {c}"),
            *(Goal("beside", t.relation(part)) for part in beside),
        )


def _linear_part(t: Translation, image: Any, x: Any) -> Polynomial:
    """What an affine expression multiplies a vector by."""
    (letter,) = next(iter(t.polynomial(x)))
    linear: dict[tuple[str, ...], Fraction] = {}
    for word, c in t.polynomial(image).items():
        if letter in word[:-1] or f"{letter}'" in word:
            raise Untranslatable(f"the iteration is not affine in {letter}")
        if word[-1:] == (letter,):
            linear[word[:-1]] = c
    return linear


#: A vector that only the goals of a reduction have, and the root of a positive semidefinite matrix.
MODE, ROOT = "mode", "root"


def _brackets(t: Translation, expr: Any) -> str:
    body = text_of(t, expr)
    return body if body.isidentifier() else f"({body})"


def _projector(t: Translation, projector: Any) -> Goal:
    """What is called a projector is one; it must be a letter that is symmetric by itself."""
    name = text_of(t, projector)
    if name not in t.symmetric:
        raise Untranslatable(f"{name} is no symmetric letter")
    return Goal("projector", f"{name} {name} = {name}")


@dataclass(frozen=True)
class Settling:
    """``x -> T x + G c`` converges for all x and c iff T contracts off the range of `projector`, of 0 without one.

    An eigenvalue of T off that range is one of T (1 - projector). If none has modulus 1 or more, the powers tend to the
    projector and the pushes sum up. An eigenvalue other than 1 of modulus 1 or more moves some x for ever; for the
    eigenvalue 1 some left eigenvector z is off the range, and z' G c adds up where it is not zero.
    """

    projector: Any = None
    sentence: ClassVar[str] = (
        "where T acts as 1 on the range of a projector and splits it off, no push leads into it and every other left "
        "eigenvector of T for the eigenvalue 1 is pushed, x -> T x + G c converges for all x and c if and only if the "
        "spectral radius of T off that range is below 1"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """T acts as 1 on the range and splits it off, no push leads into it, and only there nothing is pushed."""
        match formula.says:
            case Iff(args=(Settles(args=(turn, push)), criterion)):
                pass
            case _:
                raise Untranslatable("the conclusion is no criterion for convergence")
        if self.projector is None:
            if not (isinstance(criterion, StrictLessThan) and _same_modulus(criterion, turn)):
                raise Untranslatable("the criterion is not that the modulus of the factor is below 1")
        elif not (
            isinstance(criterion, Contracts)
            and words.equal(criterion.arg, turn * (Identity(self.projector.shape[0]) - self.projector))
        ):
            raise Untranslatable("the criterion is not that the turn contracts off the range of the projector")
        matrix, pushed = _brackets(t, turn), _brackets(t, push)
        space = "1" if self.projector is None else t.space(turn.shape[0])
        given = (f"{MODE}' {matrix} = {MODE}'", f"{MODE}' {pushed} = 0")
        letters = ((MODE, f"{space} <- 1"),)
        if self.projector is None:
            return (Goal("driven", f"{MODE} = 0", given, letters=letters),)
        name = text_of(t, self.projector)
        return (
            _projector(t, self.projector),
            Goal("stays", f"{matrix} {name} = {name}"),
            Goal("split off", f"{name} {matrix} = {name}"),
            Goal("unpushed", f"{name} {pushed} = 0"),
            Goal("driven", f"{MODE} = {name} {MODE}", given, letters=letters),
        )


def _same_modulus(criterion: Any, factor: Any) -> bool:
    return bool(criterion.rhs == 1 and isinstance(criterion.lhs, Abs) and expand(criterion.lhs.args[0] - factor) == 0)


@dataclass(frozen=True)
class Shortening:
    """``T (1 - projector)`` contracts: T lengthens nothing, and only the range of the projector keeps its length.

    For an eigenvector v of modulus 1 or more, also a complex one, |T (1 - projector) v| >= |v| >= |(1 - projector) v|;
    so (1 - projector) v keeps its length, lies in the range of the projector, and vanishes.
    """

    turn: Any
    projector: Any
    sentence: ClassVar[str] = (
        "where T lengthens no vector, and shortens all but those in the range of an orthogonal projector Pi, the "
        "spectral radius of T (1 - Pi) is below 1"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """T lengthens nothing, and what keeps its length lies in the range of the projector."""
        one = Identity(self.turn.shape[0])
        says = formula.says
        if not (isinstance(says, Contracts) and words.equal(says.arg, self.turn * (one - self.projector))):
            raise Untranslatable("the conclusion is not that the turn contracts off the range of the projector")
        loss, name = text_of(t, one - self.turn.T * self.turn), text_of(t, self.projector)
        letters = ((MODE, f"{t.space(self.turn.shape[1])} <- 1"),)
        return (
            _projector(t, self.projector),
            Goal("order", f"{loss} >= 0"),
            Goal("equality", f"{MODE} = {name} {MODE}", (f"({loss}) {MODE} = 0",), letters=letters),
        )


@dataclass(frozen=True)
class SquareTimes:
    """The eigenvalues of A B, or of B A, are real and within bounds, for a positive semidefinite A and a symmetric B.

    A is X' X; X' X B and X B X' have the same eigenvalues off zero, and the latter is symmetric.
    """

    square: Any
    other: Any
    sentence: ClassVar[str] = (
        "a positive semidefinite matrix is a square X' X; apart from zeros X' X B and B X' X have the eigenvalues of "
        "X B X'; those of a symmetric matrix are real, and lie between what bounds it in order"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """With A as a square, which a hypothesis allows: the product, and that X B X' lies between the bounds."""
        says, square, other = formula.says, self.square, self.other
        if not isinstance(says, SpectrumWithin):
            raise Untranslatable("the conclusion does not say where a spectrum lies")
        ahead, behind = (words.equal(says.arg, product) for product in (square * other, other * square))
        if not (ahead or behind):
            raise Untranslatable("the matrix is not the product of these two")
        if not words.equal(other, other.T):
            raise Untranslatable("the second factor is not symmetric")
        low, high = says.args[1:]
        if not low <= 0 <= high:
            raise Untranslatable("the bounds must leave room for zero")
        if not any(isinstance(a.says, PositiveSemidefinite) and a.says.arg == square for a in formula.assumptions):
            raise Untranslatable("no hypothesis says that the first factor is positive semidefinite")
        matrix, inner = text_of(t, square), f"{ROOT} {_brackets(t, other)} {ROOT}'"
        given, letters = (f"{matrix} = {ROOT}' {ROOT}",), ((ROOT, f"root <- {t.space(square.shape[0])}"),)
        factors = (f"{ROOT}' {ROOT}", _brackets(t, other))
        product = " ".join(factors if ahead else reversed(factors))
        found = [Goal("product", f"{text_of(t, says.arg)} = {product}", given, letters=letters)]
        if low != -oo:
            claim = f"{inner} >= 0" if low == 0 else f"{inner} - {text_of(t, low)} >= 0"
            found.append(Goal("above", claim, given, letters=letters))
        if high != oo:
            found.append(Goal("below", f"{text_of(t, high)} - {inner} >= 0", given, letters=letters))
        return tuple(found)


@dataclass(frozen=True)
class Alternating:
    """``spr(T) = sigma_max(X)^2``, where T is a product F G and G F is X' X."""

    first: Any
    second: Any
    sentence: ClassVar[str] = (
        "apart from zeros F G and G F have the same eigenvalues; the largest eigenvalue of X' X is the square of the "
        "largest singular value of X"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """T is the product, and the exchanged product is the square."""
        match formula.says:
            case Equality(args=(SpectralRadius(args=(turn,)), Pow(args=(SingularValue(args=(matrix, which)), power)))):
                pass
            case _:
                raise Untranslatable("the conclusion does not equate a spectral radius and a squared singular value")
        if which != 1 or power != 2:
            raise Untranslatable("it must be the largest singular value, squared")
        return (
            Goal("product", t.relation(equation(turn, self.first * self.second))),
            Goal("exchanged", t.relation(equation(self.second * self.first, matrix.T * matrix))),
        )


@dataclass(frozen=True)
class AlternatingPowers:
    """``sigma_max(T^(t + 1) D) = sigma_max(X)^(2 t + 1)``, where D = 1 - projector splits T.

    With R = T D: if R R' = X' X and R R = X' X R, then R^(t + 1) = (X' X)^t R; its product with its own transpose is
    (X' X)^(2 t + 1).
    """

    turn: Any
    projector: Any
    sentence: ClassVar[str] = (
        "where a projector D commutes with T, T D (T D)' = X' X and (T D)^2 = X' X T D, the product of T^(t + 1) D "
        "with its transpose is (X' X)^(2 t + 1); the largest singular value of X' X to a power is that power of its own"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """T is split, and its moving part squares to X' X in both ways."""
        off = Identity(self.turn.shape[0]) - self.projector
        match formula.says:
            case Equality(
                args=(
                    SingularValue(args=(left, Integer(p=1))),
                    Pow(args=(SingularValue(args=(matrix, Integer(p=1))), power)),
                )
            ):
                turns = (power + 1) / 2
            case _:
                raise Untranslatable("the conclusion does not equate a largest singular value and a power of another")
        if left != MatPow(self.turn, turns) * off or not (turns - 1).is_nonnegative:
            raise Untranslatable("it is not about a power of the turn, off the range of the projector")
        moving, square = self.turn * off, matrix.T * matrix
        return (
            _projector(t, self.projector),
            Goal("split", t.relation(equation(self.projector * self.turn, self.turn * self.projector))),
            Goal("square", t.relation(equation(moving * moving.T, square))),
            Goal("step", t.relation(equation(moving * moving, square * moving))),
        )


@dataclass(frozen=True)
class Ends:
    """An affine iteration ``x -> T x + c`` leads to the limit, because T shortens every vector that `part` annuls.

    The limit is a fixed point, `part` annuls the distance to it, and stays so: it commutes with T. What T does not
    shorten is its own `part`, so that among the vectors that `part` annuls there is only 0.

    Attributes
    ----------
    part : MatrixExpr
    """

    part: Any
    sentence: ClassVar[str] = (
        "where T lengthens no vector and shortens all but 0 of a subspace that it leads into itself, its powers tend "
        "to zero there"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """Return what is said of the limit, of the part, and of the lengths."""
        if not isinstance(formula.says, TendsTo):
            raise Untranslatable(f"{type(formula.says).__name__} is no limit of an iteration")
        x, image, start, limit = formula.says.args
        turn, context, part = _linear_part(t, image, x), t.context(), text_of(t, self.part)
        loss = {word: -c for word, c in context.times(context.adjoint(turn), turn).items()}
        loss[()] = loss.get((), Fraction(0)) + 1
        kept = expanded_text({word: c for word, c in loss.items() if c})
        matrix = f"({expanded_text(turn)})"
        letters = ((MODE, f"{t.space(x.shape[0])} <- 1"),)
        return (
            Goal("fixed", f"{text_of(t, words.substitute(image, {x: limit}))} = {text_of(t, limit)}"),
            Goal("start", f"({part}) ({text_of(t, start)} - ({text_of(t, limit)})) = 0"),
            Goal("invariant", f"({part}) {matrix} = {matrix} ({part})"),
            Goal("order", f"{kept} >= 0"),
            Goal("equality", f"({part}) {MODE} = {MODE}", (f"({kept}) {MODE} = 0",), letters=letters),
        )


@dataclass(frozen=True)
class SignOfSlope:
    """A rational function never falls; or does so iff a cubic is non-negative, or only if its last coefficient is."""

    sentence: ClassVar[str] = (
        "a differentiable function never falls on an interval if and only if its derivative is nowhere negative there; "
        "a polynomial has the sign of its leading coefficient where the argument is large"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """Return that the derivative is not negative, or is a positive multiple of the cubic."""
        match formula.says:
            case NonDecreasing(args=(value, x)):
                return (Goal("slope", f"{text_of(t, factor(diff(value, x)))} >= 0"),)
            case Iff(args=(NonDecreasing(args=(value, x)), NonnegativeForPositive(args=coefficients))):
                slope, cubic = diff(value, x), Add(*(c * x**i for i, c in enumerate(coefficients)))
                front = cancel(slope / cubic)
                if not front.is_positive:
                    raise Untranslatable(f"the derivative is no positive multiple of the cubic, but {front} times it")
                return (Goal("slope", f"{text_of(t, slope)} = {text_of(t, factor(front) * cubic)}"),)
            case Implies(args=(NonDecreasing(args=(value, x)), GreaterThan(lhs=leading, rhs=bound))) if bound == 0:
                slope = diff(value, x)
                over, under = fraction(cancel(slope))
                if not (under.is_positive and cancel(Poly(over, x).LC() / leading).is_positive):
                    raise Untranslatable(f"the derivative has not the sign of {leading} where {x} is large")
                return (Goal("slope", f"{text_of(t, slope)} = {text_of(t, over / factor(under))}"),)
        raise Untranslatable("the conclusion is not that a function never falls")


#: Any vector.
ANY = "any"


@dataclass(frozen=True)
class DiesOut:
    """An affine map leads to a limit: the way there lies in the range of `part`, on which it acts as `by`.

    Attributes
    ----------
    part : MatrixExpr
        F: the start is the limit and F times a vector.
    by : MatrixExpr
        K, of which a hypothesis says that its spectral radius is below 1: a turn takes F x to F K x.
    """

    part: Any
    by: Any
    sentence: ClassVar[str] = "the powers of a matrix tend to zero where its spectral radius is below 1"

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """Where it starts, and what a turn does there."""
        says = formula.says
        if not isinstance(says, TendsTo):
            raise Untranslatable(f"{type(says).__name__} is no limit")
        if not any(isinstance(a.says, Contracts) and words.equal(a.says.arg, self.by) for a in formula.assumptions):
            raise Untranslatable("no hypothesis says of this matrix that its spectral radius is below 1")
        x, image, start, limit = says.args
        there, any_ = (MatrixSymbol(name, self.part.shape[1], 1) for name in (THERE, ANY))
        space = t.space(self.part.shape[1])
        begins = text_of(t, limit + self.part * there)
        moved = words.substitute(image, {x: limit + self.part * any_})
        turn = f"{text_of(t, moved)} = {text_of(t, limit + self.part * self.by * any_)}"
        return (
            Goal("start", f"{text_of(t, start)} = {begins}", chosen=THERE, letters=((THERE, f"{space} <- 1"),)),
            Goal("turn", turn, letters=((ANY, f"{space} <- 1"),)),
        )


@dataclass(frozen=True)
class Definite:
    """A symmetric matrix is invertible, because it is at least a positive multiple of 1."""

    bound: Any
    sentence: ClassVar[str] = "a matrix that is at least a positive multiple of 1 is invertible"

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """The multiple is positive, and the matrix is at least that."""
        says = formula.says
        if not isinstance(says, Invertible):
            raise Untranslatable(f"{type(says).__name__} speaks of no inverse")
        bound = text_of(t, sympify(self.bound))
        return (
            Goal("positive", f"{bound} > 0"),
            Goal("above", f"{text_of(t, says.arg)} - ({bound}) >= 0"),
        )


@dataclass(frozen=True)
class Jury:
    """A two by two matrix of numbers contracts if and only if a condition on its entries holds."""

    sentence: ClassVar[str] = (
        "a real two by two matrix has spectral radius below 1 if and only if |trace| < 1 + determinant < 2"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """The condition gives the three inequalities, and they give the condition."""
        says = formula.says
        if not isinstance(says, Iff) or not isinstance(says.args[0], Contracts):
            raise Untranslatable(f"{type(says).__name__} says of no matrix when it contracts")
        matrix, condition = says.args[0].arg, says.args[1]
        if not isinstance(matrix, MatrixBase) or matrix.shape != (2, 2) or not isinstance(condition, StrictLessThan):
            raise Untranslatable("it is no two by two matrix of numbers, or the condition is no inequality")
        trace, determinant = matrix.trace(), matrix.det()
        jury = [f"{text_of(t, x)} > 0" for x in (1 - trace + determinant, 1 + trace + determinant, 1 - determinant)]
        lesser, greater = condition.args
        ends = (greater - lesser.args[0], greater + lesser.args[0]) if isinstance(lesser, Abs) else (greater - lesser,)
        asked = [f"{text_of(t, x)} > 0" for x in ends]
        return tuple(
            Goal(f"{name} {i}", claim, tuple(given))
            for name, given, claims in (("if", asked, jury), ("only if", jury, asked))
            for i, claim in enumerate(claims, 1)
        )


@dataclass(frozen=True)
class Lyapunov:
    """A matrix of blocks contracts, because of a positive semidefinite form with these blocks on its diagonal."""

    form: tuple[Any, ...]
    sentence: ClassVar[str] = (
        "a matrix that never raises a positive semidefinite form, and within two steps lowers it at every vector that "
        "is not zero, has spectral radius below 1"
    )

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """No block is negative, nothing raises the form, and what keeps it for two steps is zero, block by block."""
        says = formula.says
        if not isinstance(says, Contracts) or not isinstance(says.arg, BlockMatrix):
            raise Untranslatable(f"{type(says).__name__} speaks of no matrix of blocks")
        blocks, size = says.arg.blocks, len(self.form)
        if blocks.shape != (size, size) or any(not x.is_square for x in blocks):
            raise Untranslatable("the form has other blocks")
        parts = range(1, size + 1)
        at = {
            when: [MatrixSymbol(f"{when}_{i}", blocks[i - 1, i - 1].shape[0], 1) for i in parts]
            for when in ("now", "next", "last")
        }
        spaces = {when: tuple((x.name, f"{t.space(x.shape[0])} <- 1") for x in symbols) for when, symbols in at.items()}

        def moves(before: str, after: str) -> tuple[str, ...]:
            return tuple(
                f"{at[after][i]} = {text_of(t, MatAdd(*(blocks[i, j] * x for j, x in enumerate(at[before]))))}"
                for i in range(size)
            )

        def gap(before: str, after: str) -> str:
            value = {x: MatAdd(*(v.T * f * v for v, f in zip(at[x], self.form, strict=True))) for x in (before, after)}
            return text_of(t, value[before] - value[after])

        first, second = (moves(*pair) for pair in pairwise(at))
        kept = [f"{gap(*pair)} = 0" for pair in pairwise(at)]
        definite = tuple(
            Goal(f"form {i}", f"{text_of(t, block)} >= 0")
            for i, block in enumerate(self.form, 1)
            if not isinstance(block, Identity)
        )
        loses = Goal("loses", f"{gap('now', 'next')} >= 0", first, letters=(*spaces["now"], *spaces["next"]))
        zero = [f"{x} = 0" for x in at["now"]]
        everywhere = tuple(letter for letters in spaces.values() for letter in letters)
        strict = tuple(
            # What is already known to be zero may be used for the next block.
            Goal(f"strict {i}", claim, (*first, *second, *kept, *zero[: i - 1]), letters=everywhere)
            for i, claim in enumerate(zero, 1)
        )
        return (*definite, loses, *strict)


@dataclass(frozen=True)
class ByInverse:
    """What follows from a spectral radius below 1, because then 1 - T has an inverse, here called `letter`."""

    letter: str
    sentence: ClassVar[str] = "1 - T is invertible where the spectral radius of T is below 1"

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """The claims of the conclusion, from both equations of the inverse."""
        says = formula.says
        if not isinstance(says, Implies) or not isinstance(says.args[0], Contracts):
            raise Untranslatable(f"{type(says).__name__} supposes no spectral radius")
        matrix = says.args[0].arg
        turn, space = text_of(t, matrix), t.space(matrix.shape[0])
        given = (f"(1 - {turn}) {self.letter} = 1", f"{self.letter} (1 - {turn}) = 1")
        there = ((self.letter, f"{space} <- {space}"),)
        return tuple(
            replace(goal, given=(*given, *goal.given), letters=(*goal.letters, *there))
            for goal in goals(replace(formula, says=says.args[1]), t)
        )


@dataclass(frozen=True)
class PowersTend:
    """From everywhere a linear map leads to zero if and only if its matrix, in the criterion, contracts."""

    sentence: ClassVar[str] = "the powers of a matrix tend to zero if and only if its spectral radius is below 1"

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """The matrix of the map is that of the criterion."""
        says = formula.says
        if not isinstance(says, Iff) or not isinstance(says.args[1], Contracts):
            raise Untranslatable(f"{type(says).__name__} says of no matrix when it contracts")
        limit, matrix = says.args[0], says.args[1].arg
        if not isinstance(limit, TendsTo) or not limit.everywhere or not isinstance(limit.args[3], ZeroMatrix):
            raise Untranslatable("it is not from everywhere that the map leads to zero")
        x, image = limit.args[:2]
        any_ = MatrixSymbol(ANY, *x.shape)
        claim = f"{text_of(t, words.substitute(image, {x: any_}))} = {text_of(t, matrix * any_)}"
        return (Goal("map", claim, letters=((ANY, f"{t.space(x.shape[0])} <- 1"),)),)


@dataclass(frozen=True)
class Shrinks:
    """A matrix contracts, because it shortens every vector by a factor of modulus below 1."""

    factor: Any
    sentence: ClassVar[str] = "the spectral radius of a matrix is at most its norm"

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """The factor is below 1, and no vector is shortened by less."""
        says = formula.says
        if not isinstance(says, Contracts):
            raise Untranslatable(f"{type(says).__name__} speaks of no spectral radius")
        matrix = t.polynomial(says.arg)
        context = t.context()
        square = t.polynomial(self.factor**2)
        loses = {word: -c for word, c in context.times(context.adjoint(matrix), matrix).items()}
        for word, c in square.items():
            loses[word] = loses.get(word, Fraction(0)) + c
        left = {word: -c for word, c in square.items()}
        left[()] = left.get((), Fraction(0)) + 1
        return (
            Goal("below", f"{expanded_text({w: c for w, c in left.items() if c})} > 0"),
            Goal("bound", f"{expanded_text({w: c for w, c in loses.items() if c})} >= 0"),
        )
