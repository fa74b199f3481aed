"""Standard facts about spectra: each brings a conclusion down to claims that certificates can state.

The claims are generated from the conclusion's predicate, so that no text stands between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

from sympy import (
    Abs,
    BlockMatrix,
    Equality,
    Identity,
    Integer,
    MatAdd,
    MatPow,
    MatrixBase,
    MatrixSymbol,
    Pow,
    StrictLessThan,
    oo,
    sympify,
)

from proofs_check.proving.goals import Goal, goals
from proofs_check.proving.translation import Translation, Untranslatable, expanded_text, text_of
from theory.derivation.formula import Formula
from theory.derivation.lines import equation
from theory.language import words
from theory.language.nodes import (
    Contracts,
    PositiveSemidefinite,
    SingularValue,
    SpectralRadius,
    SpectrumWithin,
)
from theory.language.predicates import Iff, Implies, Invertible

__all__ = [
    "Alternating",
    "AlternatingPowers",
    "ByInverse",
    "Definite",
    "Jury",
    "Lyapunov",
    "Shortening",
    "Shrinks",
    "SquareTimes",
]

#: A vector that only the goals of a reduction have, and the root of a positive semidefinite matrix.
MODE, ROOT = "mode", "root"


def brackets(t: Translation, expr: Any) -> str:
    body = text_of(t, expr)
    return body if body.isidentifier() else f"({body})"


def projector_goal(t: Translation, projector: Any) -> Goal:
    """What is called a projector is one; it must be a letter that is symmetric by itself."""
    name = text_of(t, projector)
    if name not in t.symmetric:
        raise Untranslatable(f"{name} is no symmetric letter")
    return Goal("projector", f"{name} {name} = {name}")


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
        letters = ((MODE, t.ends((self.turn.shape[1], 1))),)
        return (
            projector_goal(t, self.projector),
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
        matrix, inner = text_of(t, square), f"{ROOT} {brackets(t, other)} {ROOT}'"
        given, letters = (f"{matrix} = {ROOT}' {ROOT}",), ((ROOT, f"root <- {t.space(square.shape[0])}"),)
        factors = (f"{ROOT}' {ROOT}", brackets(t, other))
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
            projector_goal(t, self.projector),
            Goal("split", t.relation(equation(self.projector * self.turn, self.turn * self.projector))),
            Goal("square", t.relation(equation(moving * moving.T, square))),
            Goal("step", t.relation(equation(moving * moving, square * moving))),
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
        spaces = {when: tuple((x.name, t.ends(x.shape)) for x in symbols) for when, symbols in at.items()}

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
