"""Standard facts about limits and growth: each brings a conclusion down to claims that certificates can state.

The claims are generated from the conclusion's predicate, so that no text stands between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from sympy import (
    Abs,
    Add,
    Equality,
    GreaterThan,
    Identity,
    Integer,
    MatMul,
    MatrixSymbol,
    Poly,
    StrictLessThan,
    ZeroMatrix,
    cancel,
    diff,
    expand,
    factor,
    fraction,
)

from proofs_check.certificates.checker import Polynomial
from proofs_check.proving.goals import THERE, Goal
from proofs_check.proving.spectra import MODE, brackets, projector_goal
from proofs_check.proving.translation import Translation, Untranslatable, expanded_text, text_of
from theory.derivation.formula import Formula
from theory.derivation.lines import equation
from theory.language import words
from theory.language.nodes import (
    Contracts,
    NonnegativeForPositive,
    PseudoInverse,
    SingularValue,
)
from theory.language.predicates import All, Iff, Implies, Loewner, NonDecreasing, Settles, TendsTo

__all__ = [
    "Descends",
    "Descent",
    "DiesOut",
    "Ends",
    "PowersTend",
    "PowersVanish",
    "Settling",
    "SignOfSlope",
]

#: Any vector; and a fact that two kinds of iteration stand on.
ANY, VANISH = "any", "the powers of a matrix tend to zero where its spectral radius is below 1"


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
        return (
            Goal("positive", f"{text_of(t, matrix)} >= 0"),
            Goal("rests", t.relation(equation(words.substitute(image, {x: limit}), limit))),
            Goal(
                "nearest",
                t.relation(equation(limit - start, bare * there)),
                chosen=THERE,
                letters=((THERE, t.ends(x.shape)),),
            ),
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
        claim = t.relation(equation(push, bare * there))
        return (Goal("pushed", claim, chosen=THERE, letters=((THERE, t.ends(push.shape)),)),)


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
    sentence: ClassVar[str] = VANISH

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
        through = f"({self.through})" if self.through else c
        return (
            _fixed(t, image, x, limit),
            Goal("start", f"{turn} {gap} = {through} ({self.onto}) {gap}"),
            Goal("later", f"{turn} {through} = {through} {c}"),
            *(Goal("beside", t.relation(part)) for part in beside),
        )


def _fixed(t: Translation, image: Any, x: Any, limit: Any) -> Goal:
    """The limit is left unchanged."""
    return Goal("fixed", f"{text_of(t, words.substitute(image, {x: limit}))} = {text_of(t, limit)}")


def _linear_part(t: Translation, image: Any, x: Any) -> Polynomial:
    """What an affine expression multiplies a vector by."""
    (letter,) = next(iter(t.polynomial(x)))
    linear: Polynomial = {}
    for word, c in t.polynomial(image).items():
        if letter in word[:-1] or f"{letter}'" in word:
            raise Untranslatable(f"the iteration is not affine in {letter}")
        if word[-1:] == (letter,):
            linear[word[:-1]] = c
    return linear


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
        matrix, pushed = brackets(t, turn), brackets(t, push)
        space = "1" if self.projector is None else t.space(turn.shape[0])
        given = (f"{MODE}' {matrix} = {MODE}'", f"{MODE}' {pushed} = 0")
        letters = ((MODE, f"{space} <- 1"),)
        if self.projector is None:
            return (Goal("driven", f"{MODE} = 0", given, letters=letters),)
        name = text_of(t, self.projector)
        return (
            projector_goal(t, self.projector),
            Goal("stays", f"{matrix} {name} = {name}"),
            Goal("split off", f"{name} {matrix} = {name}"),
            Goal("unpushed", f"{name} {pushed} = 0"),
            Goal("driven", f"{MODE} = {name} {MODE}", given, letters=letters),
        )


def _same_modulus(criterion: Any, factor: Any) -> bool:
    return bool(criterion.rhs == 1 and isinstance(criterion.lhs, Abs) and expand(criterion.lhs.args[0] - factor) == 0)


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
        letters = ((MODE, t.ends(x.shape)),)
        return (
            _fixed(t, image, x, limit),
            Goal("start", f"({part}) ({text_of(t, start)} - ({text_of(t, limit)})) = 0"),
            Goal("invariant", f"({part}) {matrix} = {matrix} ({part})"),
            Goal("order", f"{kept} >= 0"),
            Goal("equality", f"({part}) {MODE} = {MODE}", (f"({kept}) {MODE} = 0",), letters=letters),
        )


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
    sentence: ClassVar[str] = VANISH

    def goals(self, formula: Formula, t: Translation) -> tuple[Goal, ...]:
        """Where it starts, and what a turn does there."""
        says = formula.says
        if not isinstance(says, TendsTo):
            raise Untranslatable(f"{type(says).__name__} is no limit")
        if not any(isinstance(a.says, Contracts) and words.equal(a.says.arg, self.by) for a in formula.assumptions):
            raise Untranslatable("no hypothesis says of this matrix that its spectral radius is below 1")
        x, image, start, limit = says.args
        there, any_ = (MatrixSymbol(name, self.part.shape[1], 1) for name in (THERE, ANY))
        begins = text_of(t, limit + self.part * there)
        moved = words.substitute(image, {x: limit + self.part * any_})
        turn = f"{text_of(t, moved)} = {text_of(t, limit + self.part * self.by * any_)}"
        return (
            Goal("start", f"{text_of(t, start)} = {begins}", chosen=THERE, letters=((THERE, t.ends(there.shape)),)),
            Goal("turn", turn, letters=((ANY, t.ends(any_.shape)),)),
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
        return (Goal("map", claim, letters=((ANY, t.ends(x.shape)),)),)


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
