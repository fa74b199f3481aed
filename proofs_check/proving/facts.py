"""Standard facts that a certificate may take over: a closed list, each with the check that it is an instance.

A conclusion that rests on one is REDUCED, not PROVED. A fact gives relations; whether it may is decided from the
hypotheses of the theorem and from statements that are themselves shown, by a `Scope`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar, Protocol, runtime_checkable

from sympy import Integer, Mul, StrictLessThan

from proofs_check.certificates.checker import Context, Polynomial, add, sides
from proofs_check.proving.translation import Translation, text_of
from theory.derivation.formula import Formula
from theory.language.nodes import Contracts, SingularValue as Largest

__all__ = [
    "CommutingProduct",
    "CommutingRoot",
    "Induction",
    "Invariant",
    "LeastEigenvalue",
    "NumericalRange",
    "PowersCommute",
    "Regular",
    "Scope",
    "SingularValue",
    "Square",
    "StandardFact",
]


@dataclass(frozen=True)
class Scope:
    """What a fact may look at.

    Attributes
    ----------
    formula : Formula
    translation : Translation
    context : Context
        All letters of the statement.
    known : callable
        Whether a relation, as text, is a hypothesis, a definition or otherwise justified.
    shown : callable
        ``shown(name)``: the claim and the premises of another statement that is justified here, else None.
    """

    formula: Formula
    translation: Translation
    context: Context
    known: Callable[[str], bool]
    shown: Callable[[str], tuple[str, tuple[str, ...]] | None]

    def gap(self, text: str) -> Polynomial:
        """Left side minus right side of a relation."""
        return sides(self.context, text, "=", ">=", ">")[0]

    def same(self, first: Polynomial, second: Polynomial) -> bool:
        """Whether two equations are one, up to sign and transposition."""
        minus = {word: -c for word, c in second.items()}
        turned = self.context.adjoint(second)
        return first in (second, minus, turned, {word: -c for word, c in turned.items()})


@runtime_checkable
class StandardFact(Protocol):
    """A standard fact, applied."""

    @property
    def sentence(self) -> str:
        """The fact itself, one sentence for all theorems."""

    @property
    def gives(self) -> tuple[str, ...]:
        """The relations that it brings."""

    @property
    def letters(self) -> Mapping[str, str]:
        """Letters that it introduces, with their spaces."""

    def fails(self, scope: Scope) -> str | None:
        """Why it does not apply, or None."""


@dataclass(frozen=True)
class Square:
    """``of = root' root``, where `of` is positive semidefinite, or a positive multiple of what is.

    That it is may also be shown by the statement `by`.
    """

    of: str
    root: str
    space: str = "x"
    on: str = "d"
    by: str = ""
    sentence: ClassVar[str] = "a positive semidefinite matrix is a square X' X"

    @property
    def gives(self) -> tuple[str, ...]:
        """The equation."""
        of = self.of if self.of.isidentifier() else f"({self.of})"
        return (f"{of} = {self.root}' {self.root}",)

    @property
    def letters(self) -> Mapping[str, str]:
        """The root, onto a space of its own."""
        return {self.root: f"{self.space} <- {self.on}"}

    def fails(self, scope: Scope) -> str | None:
        """It must be given or shown to be positive semidefinite, or be defined as such a multiple."""
        if self.by:
            shown = scope.shown(self.by)
            if shown is not None and ">=" in shown[0] and scope.gap(shown[0]) == scope.gap(f"{self.of} >= 0"):
                return None
            return f"{self.by} does not show that {self.of} is positive semidefinite"
        if scope.known(f"{self.of} >= 0"):
            return None
        for letter in scope.translation.letters:
            for number in scope.translation.scalars:
                multiple = f"{self.of} = {number} {letter}"
                if scope.known(f"{letter} >= 0") and scope.known(f"{number} >= 0") and scope.known(multiple):
                    return None
        return f"nothing given says that {self.of} is positive semidefinite"


@dataclass(frozen=True)
class Regular:
    """``1 - T`` has the inverse `letter`, where the spectral radius of T is below 1."""

    of: str
    letter: str
    space: str = "d"
    sentence: ClassVar[str] = "1 - T is invertible where the spectral radius of T is below 1"

    @property
    def gives(self) -> tuple[str, ...]:
        """Both equations of an inverse."""
        return (f"(1 - {self.of}) {self.letter} = 1", f"{self.letter} (1 - {self.of}) = 1")

    @property
    def letters(self) -> Mapping[str, str]:
        """The inverse."""
        return {self.letter: f"{self.space} <- {self.space}"}

    def fails(self, scope: Scope) -> str | None:
        """A hypothesis must say that this matrix contracts."""
        gap = scope.gap(f"{self.of} = 0")
        for assumption in scope.formula.assumptions:
            matrix = _contracting(assumption.says)
            if matrix is not None and scope.gap(f"{text_of(scope.translation, matrix)} = 0") == gap:
                return None
        return f"no hypothesis bounds the spectral radius of {self.of}"


def _contracting(says: Any) -> Any:
    """The matrix whose spectral radius a hypothesis puts below 1, itself or by its largest singular value."""
    if isinstance(says, Contracts):
        return says.arg
    if isinstance(says, StrictLessThan) and says.rhs == 1:
        values = [x for x in Mul.make_args(says.lhs) if isinstance(x, Largest)]
        factor = says.lhs / values[0] if len(values) == 1 else Integer(0)
        if factor.is_positive and values[0].args[1] == 1:
            return factor * values[0].args[0]
    return None


@dataclass(frozen=True)
class PowersCommute:
    """``of power = power of``, because `of` commutes with the base of the power: shown by the statement `by`."""

    of: str
    power: str
    by: str
    sentence: ClassVar[str] = "what commutes with a matrix commutes with its powers"
    letters: ClassVar[Mapping[str, str]] = {}

    @property
    def gives(self) -> tuple[str, ...]:
        """The equation."""
        return (f"{self.of} {self.power} = {self.power} {self.of}",)

    def fails(self, scope: Scope) -> str | None:
        """The statement must say so of the base."""
        base, shown = _base(scope, self.power), scope.shown(self.by)
        if base is None or shown is None:
            return f"{self.by} is not shown, or {self.power} is no power"
        fact = scope.gap(f"{self.of} ({base}) = ({base}) {self.of}")
        return None if scope.same(scope.gap(shown[0]), fact) else f"{self.by} does not say it of {base}"


@dataclass(frozen=True)
class Invariant:
    """``part last = part first``: what no turn changes, by the statement `by`, the limit of the turns keeps."""

    part: str
    now: str
    later: str
    first: str
    last: str
    by: str
    sentence: ClassVar[str] = "what no turn changes, the limit of the turns keeps"
    letters: ClassVar[Mapping[str, str]] = {}

    @property
    def gives(self) -> tuple[str, ...]:
        """The equation."""
        return (f"{self.part} {self.last} = {self.part} {self.first}",)

    def fails(self, scope: Scope) -> str | None:
        """The statement must say that one turn keeps the part."""
        shown = scope.shown(self.by)
        if shown is None:
            return f"{self.by} is not shown"
        kept = scope.gap(f"{self.part} {self.later} = {self.part} {self.now}")
        return None if scope.same(scope.gap(shown[0]), kept) else f"{self.by} does not say that a turn keeps it"


@dataclass(frozen=True)
class SingularValue:
    """A number above (or below) every stretch: ``letter^2 - of' of >= 0`` for the largest singular value."""

    of: str
    letter: str
    largest: bool = True
    turned: str = ""
    sentence: ClassVar[str] = "the squared singular values of X are the eigenvalues of X' X, which lie between them"
    letters: ClassVar[Mapping[str, str]] = {}

    @property
    def _turned(self) -> str:
        return self.turned or f"{self.of}'"

    @property
    def gives(self) -> tuple[str, ...]:
        """The order relation."""
        square, whole = f"{self.letter} {self.letter}", f"{self._turned} {self.of}"
        return (f"{square} - {whole} >= 0" if self.largest else f"{whole} - {square} >= 0",)

    def fails(self, scope: Scope) -> str | None:
        """The letter must stand for that singular value in the theory."""
        wanted = scope.translation.singular.get(self.letter)
        mine = (scope.gap(f"{self.of} = 0"), 1 if self.largest else -1)
        turned = scope.context.adjoint(scope.context.parse(self.of))
        if wanted is None or (scope.gap(f"{wanted[0]} = 0"), wanted[1]) != mine:
            return f"{self.letter} is not that singular value of {self.of}"
        ends = scope.context.type(scope.context.parse(self.of))
        if not self.largest and (ends is None or ends[0] != ends[1]):
            return f"where {self.of} has more columns than rows, {self._turned} {self.of} has the eigenvalue 0 as well"
        return None if scope.context.parse(self._turned) == turned else "that is no transpose"


@dataclass(frozen=True)
class LeastEigenvalue:
    """``root root' - letter >= 0``, where the letter stands for the smallest singular value of ``root root'``."""

    root: str
    letter: str
    sentence: ClassVar[str] = "a positive semidefinite matrix is at least its smallest singular value"
    letters: ClassVar[Mapping[str, str]] = {}

    @property
    def gives(self) -> tuple[str, ...]:
        """The order relation."""
        return (f"{self.root} {self.root}' - {self.letter} >= 0",)

    def fails(self, scope: Scope) -> str | None:
        """The letter must stand for that singular value in the theory; the matrix is a square as it is written."""
        wanted = scope.translation.singular.get(self.letter)
        square = scope.gap(f"{self.root} {self.root}' = 0")
        if not re.fullmatch(r"\w+", self.root) or wanted is None:
            return f"{self.letter} is no singular value, or {self.root} no letter"
        return None if (scope.gap(f"{wanted[0]} = 0"), wanted[1]) == (square, -1) else "that is another singular value"


@dataclass(frozen=True)
class CommutingProduct:
    """``first second >= 0``: both commute and are known not to be negative, or shown so by the statements `by`."""

    first: str
    second: str
    by: tuple[str, ...] = ()
    sentence: ClassVar[str] = "the product of commuting positive semidefinite matrices is positive semidefinite"
    letters: ClassVar[Mapping[str, str]] = {}

    @property
    def gives(self) -> tuple[str, ...]:
        """The order relation."""
        return (f"({self.first}) ({self.second}) >= 0",)

    def fails(self, scope: Scope) -> str | None:
        """As polynomials in the letters they must be symmetric and commute; each must be known not to be negative."""
        context = scope.context
        one, two = context.parse(self.first), context.parse(self.second)
        if context.times(one, two) != context.times(two, one):
            return f"{self.first} and {self.second} do not commute as they are written"
        for text, polynomial in ((self.first, one), (self.second, two)):
            if context.adjoint(polynomial) != polynomial:
                return f"{text} is not symmetric as it is written"
            shown = [found[0] for found in map(scope.shown, self.by) if found is not None]
            claims = [scope.gap(claim) for claim in shown if ">" in claim]
            if not scope.known(f"{text} >= 0") and polynomial not in claims:
                return f"nothing says that {text} is not negative"
        return None


@dataclass(frozen=True)
class Induction:
    """A relation for every t: at the start by the statement `base`, from t to t + 1 by the statement `step`.

    `moves` names for each letter that depends on t what it is at the start and a turn later; powers follow their bases.
    """

    relation: str
    base: str
    step: str
    moves: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    sentence: ClassVar[str] = "induction on the number of turns"
    letters: ClassVar[Mapping[str, str]] = {}

    @property
    def gives(self) -> tuple[str, ...]:
        """The relation."""
        return (self.relation,)

    def fails(self, scope: Scope) -> str | None:
        """Both statements must be about the relation itself, the step with the relation as its premise."""
        base, step = scope.shown(self.base), scope.shown(self.step)
        if base is None or step is None:
            return f"{self.base if base is None else self.step} is not shown"
        gap = scope.gap(self.relation)
        at_start, later = (self._moved(scope, gap, i) for i in (0, 1))
        if not scope.same(scope.gap(base[0]), at_start):
            return f"{self.base} is not the relation at the start"
        if not scope.same(scope.gap(step[0]), later):
            return f"{self.step} is not the relation a turn later"
        if not any(scope.same(scope.gap(text), gap) for text in step[1]):
            return f"{self.step} does not start from the relation"
        return None

    def _moved(self, scope: Scope, gap: Polynomial, end: int) -> Polynomial:
        context, total = scope.context, Polynomial()
        for word, c in gap.items():
            factors: list[Polynomial] = [{(): c}]
            for letter in word:
                base = _base(scope, letter)
                if base is not None:
                    power: Polynomial = {(letter,): Fraction(1)}
                    factors += [context.parse(base), power] if end else []
                else:
                    bare = letter.rstrip("'")
                    name = self.moves[bare][end] + letter[len(bare) :] if bare in self.moves else letter
                    factors.append(context.parse(name))
            add(total, context.times(*factors))
        return total


def _base(scope: Scope, power: str) -> str | None:
    """The base of a letter that stands for a symbolic power."""
    return scope.translation.powers.get(power)


@dataclass(frozen=True)
class NumericalRange:
    """No form exceeds the largest singular value: ``2 letter - of - of' >= 0``."""

    of: str
    letter: str
    turned: str = ""
    sentence: ClassVar[str] = "x' X x is at most s x' x, where s is the largest singular value of X"
    letters: ClassVar[Mapping[str, str]] = {}

    @property
    def gives(self) -> tuple[str, ...]:
        """The order relation."""
        return (f"2 {self.letter} - {self.of} - {self.turned or self.of + chr(39)} >= 0",)

    def fails(self, scope: Scope) -> str | None:
        """The letter must stand for that singular value in the theory."""
        return SingularValue(self.of, self.letter, turned=self.turned).fails(scope)


@dataclass(frozen=True)
class CommutingRoot:
    """``of = root' root``, where `root` commutes with `with_`: `of` is positive semidefinite and commutes with it."""

    of: str
    root: str
    with_: str
    space: str = "d"
    sentence: ClassVar[str] = (
        "a positive semidefinite matrix is the square of a symmetric one that commutes with all that it commutes with"
    )

    @property
    def gives(self) -> tuple[str, ...]:
        """The square, and what commutes."""
        return (
            f"{self.of} = {self.root}' {self.root}",
            f"{self.root} {self.with_} = {self.with_} {self.root}",
            f"{self.root}' = {self.root}",
        )

    @property
    def letters(self) -> Mapping[str, str]:
        """The root, on the same space."""
        return {self.root: f"{self.space} <- {self.space}"}

    def fails(self, scope: Scope) -> str | None:
        """A hypothesis must say that both commute, and `of` must be positive semidefinite."""
        if not scope.known(f"{self.of} {self.with_} = {self.with_} {self.of}"):
            return f"nothing given says that {self.of} and {self.with_} commute"
        return Square(self.of, self.root).fails(scope)
