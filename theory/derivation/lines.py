"""Derivations: chains of equations in which every line is computed from, or checked against, earlier lines.

Each operation of :class:`Derivation` produces its equation by non-commutative algebra valid in all dimensions, or
refuses. Independently, :func:`check` evaluates every line exactly on instances of the model, so that a wrong
line is found where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from sympy import (
    Dummy,
    Eq,
    Equality,
    GreaterThan,
    Identity,
    Inverse,
    LessThan,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Trace,
    ZeroMatrix,
    factor as factored,
    sympify,
)

from theory.derivation.described import Described
from theory.derivation.moments import paired
from theory.errors import DerivationError, IrrationalError
from theory.language import blocks, traces, words
from theory.language.nodes import Contracts, PositiveSemidefinite, PseudoInverse
from theory.language.predicates import Loewner, Projector, RangeWithin
from theory.language.printing import tex
from theory.values.dense import Dense
from theory.values.instance import Instance

__all__ = ["Derivation", "Step", "StepCheck", "check", "equation"]

Square = tuple[Any, Any, Any]
Kind = Literal["definition", "hypothesis", "cited", "algebra", "inference", "criterion"]


def equation(lhs: Any, rhs: Any) -> Equality:
    """Return the equation ``lhs = rhs`` without evaluating it."""
    return Eq(lhs, rhs, evaluate=False)


@dataclass(frozen=True)
class Step:
    """One line of a derivation.

    Attributes
    ----------
    equation : Equality or other relation
        What the line says.
    reason : str
        Why it holds.
    kind : str
        ``definition`` (introduces its left-hand side), ``hypothesis`` (an assumption), ``cited`` (an earlier
        result), ``algebra`` (follows in all dimensions by computation), ``inference`` (follows by the argument
        in `reason`; checked on instances only), ``criterion`` (a condition that decides the theorem's
        conclusion either way: it is decided on instances, not asserted).
    uses : tuple of int
        Positions of the lines it follows from.
    cites : tuple of str
        Ids of the formulas, derived elsewhere, that it takes over.
    """

    equation: Any
    reason: str
    kind: Kind
    uses: tuple[int, ...] = ()
    value: Callable[[Instance], Dense] | None = field(default=None, compare=False, repr=False)
    cites: tuple[str, ...] = ()

    @property
    def symbol(self) -> Any:
        """What a definition introduces."""
        return getattr(self.value, "symbol", self.equation.lhs)

    @property
    def described(self) -> Described | None:
        """What a definition means by its symbol, where that is not what the line says."""
        value = getattr(self.value, "compute", None)
        return value if isinstance(value, Described) else None

    @property
    def made_of(self) -> frozenset[Any]:
        """The symbols of which a definition makes its own."""
        if self.described is not None:
            return frozenset(self.described.symbols)
        return frozenset(self.equation.rhs.free_symbols - {self.symbol})

    @cached_property
    def _sources(self) -> frozenset[Any] | None:
        if isinstance(self.value, _Named):
            return self.value.sources
        return frozenset(self.equation.rhs.free_symbols)

    def compute(self, at: Instance) -> None:
        """Give the symbol of a definition its value on an instance."""
        if self.value is None:
            raise DerivationError(f"the definition of {self.symbol} has no value")
        try:
            at.compute(self.symbol, self.value, self._sources)
        except IrrationalError:
            at.written[self.symbol] = self.equation.rhs

    def latex(self) -> str:
        """LaTeX of the line, without delimiters."""
        return tex(self.equation)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"


@dataclass(frozen=True)
class StepCheck:
    """Outcome of checking one line on one instance."""

    index: int
    step: Step
    holds: bool


class Derivation:
    """A growing chain of :class:`Step`; `branch` copies it so that several results share a beginning."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def branch(self) -> Derivation:
        """Return a copy that can grow on its own."""
        copy = Derivation()
        copy.steps = list(self.steps)
        return copy

    def extend(self, other: Derivation) -> None:
        """Append all lines of another chain."""
        offset = len(self.steps)
        self.steps += [replace(s, uses=tuple(u + offset for u in s.uses)) for s in other.steps]

    def _add(
        self,
        eq: Any,
        reason: str,
        kind: Kind,
        sources: tuple[Any, ...] = (),
        value: Any = None,
        cites: tuple[str, ...] = (),
    ) -> Any:
        index = {id(s.equation): i for i, s in enumerate(self.steps)}
        same = {s.equation: i for i, s in enumerate(self.steps)}
        uses = []
        for source in sources:
            i = index.get(id(source), same.get(source))
            if i is None:
                raise DerivationError(f"'{reason}' uses an equation that is not in the derivation: {source}")
            uses.append(i)
        if eq not in same:
            self.steps.append(Step(eq, reason, kind, tuple(uses), value, cites))
        return eq

    # Lines that bring something in -----------------------------------------------------------------

    # What a line takes over from other formulas is named by their ids in `cites`.

    def define(self, symbol: Any, value: Any, reason: str, *, cites: tuple[str, ...] = ()) -> Equality:
        """Introduce `symbol` as an abbreviation of `value`."""
        eq = equation(symbol, value)  # in which a plain number is one of SymPy's
        return self._add(eq, reason, "definition", value=lambda at: at(eq.rhs), cites=cites)

    def define_solution(
        self, symbol: MatrixSymbol, eq: Equality, reason: str, *, cites: tuple[str, ...] = ()
    ) -> Equality:
        """Introduce `symbol` as the unique solution of an affine equation."""
        return self._introduce(eq, reason, _solution(symbol, eq), cites)

    def define_value(
        self,
        symbol: Any,
        eq: Equality,
        reason: str,
        value: Callable[[Instance], Dense],
        *,
        cites: tuple[str, ...] = (),
    ) -> Equality:
        """Introduce `symbol` by a computation on instances; `eq`, which it satisfies, is derived elsewhere."""
        return self._introduce(eq, reason, _Named(symbol, value, claimed=eq.lhs != eq.rhs), cites)

    def _introduce(self, eq: Equality, reason: str, value: _Named, cites: tuple[str, ...]) -> Equality:
        if any(step.equation == eq for step in self.steps):
            raise DerivationError(f"'{reason}': {eq} is a line already and cannot define {value.symbol} as well")
        return self._add(eq, reason, "definition", value=value, cites=cites)

    def assume(self, relation: Any, reason: str) -> Any:
        """Add a hypothesis."""
        return self._add(relation, reason, "hypothesis")

    def cite(self, eq: Any, *cites: str, reason: str) -> Any:
        """Add a result derived elsewhere: the formulas with the given ids."""
        return self._add(eq, reason, "cited", cites=cites)

    def spell(self, predicate: RangeWithin, *, reason: str) -> Equality:
        """State the equation that a hypothesis comes to: the projector on a range keeps what lies within."""
        inner = predicate.args[0]
        return self._add(equation(predicate.equation + inner, inner), reason, "algebra", (predicate,))

    def penrose(self, matrix: MatrixExpr, number: int, *, reason: str = "") -> Equality:
        """State one of the four equations of Moore and Penrose, which say what the pseudo-inverse is."""
        plus = PseudoInverse(matrix)
        turned, plus_turned = matrix.T.doit(deep=False), plus.T.doit(deep=False)
        sides = {
            1: (matrix * plus * matrix, matrix),
            2: (plus * matrix * plus, plus),
            3: (matrix * plus, plus_turned * turned),
            4: (plus * matrix, turned * plus_turned),
        }
        return self._add(equation(*sides[number]), reason or f"Moore and Penrose, equation {number}", "algebra")

    # Lines that follow by algebra, for all dimensions ----------------------------------------------

    def substitute(self, eq: Equality, *rules: Equality, reason: str) -> Equality:
        """Replace in `eq` each rule's left-hand side (a product of letters) by its right-hand side; expand.

        `eq` may be an order relation between numbers as well.
        """
        lhs, rhs = eq.lhs, eq.rhs
        for rule in rules:
            lhs, rhs = _replace(lhs, rule), _replace(rhs, rule)
        return self._add(eq.func(lhs, rhs, evaluate=False), reason, "algebra", (eq, *rules))

    def substitute_right(self, eq: Equality, *rules: Equality, reason: str) -> Equality:
        """Like `substitute`, in the right-hand side only."""
        rhs = eq.rhs
        for rule in rules:
            rhs = _replace(rhs, rule)
        return self._add(equation(eq.lhs, rhs), reason, "algebra", (eq, *rules))

    def restate(
        self, eq: Equality, lhs: MatrixExpr, rhs: MatrixExpr, *rules: Equality, factor: Any = 1, reason: str
    ) -> Equality:
        """Write `eq` as ``lhs = rhs``, `factor` taken out.

        Accepted only if both differences agree up to sign, after `rules` are applied in turn.
        """
        if not sympify(factor).is_nonzero:
            raise DerivationError(f"'{reason}': the factor {factor} may be zero and cannot be taken out")
        old, new = words.difference(eq.lhs, eq.rhs), _times(factor, words.difference(lhs, rhs))
        for rule in rules:
            old, new = _replace(old, rule), _replace(new, rule)
        same = getattr(old, "shape", None) == getattr(new, "shape", None)
        if not same or not any(traces.vanishes(words.difference(old, _times(sign, new))) for sign in (1, -1)):
            raise DerivationError(
                f"'{reason}': {lhs} = {rhs} does not follow from {eq.lhs} = {eq.rhs}; "
                f"they differ by {_expanded(old - new)}"
            )
        return self._add(equation(lhs, rhs), reason, "algebra", (eq, *rules))

    def identity(self, lhs: Any, rhs: Any, *rules: Equality, reason: str) -> Equality:
        """State ``lhs = rhs``; accepted only if both have the same expansion, modulo `rules` applied in turn.

        Both are matrices or both are numbers; traces and inner products are compared in normal form.
        """
        self._must_vanish(words.difference(lhs, rhs), rules, reason)
        return self._add(equation(lhs, rhs), reason, "algebra", rules)

    def _must_vanish(self, gap: Any, rules: Sequence[Equality], reason: str) -> None:
        for rule in rules:
            gap = _replace(gap, rule)
        if not traces.vanishes(gap):
            raise DerivationError(f"'{reason}': the two sides differ by {_expanded(gap)}")

    def linear(
        self, lhs: MatrixExpr, rhs: MatrixExpr, *terms: tuple[Any, Equality, Any], reason: str, rules: Any = ()
    ) -> Equality:
        """State ``lhs = rhs`` as a combination of equations, each given as ``(left factor, equation, right factor)``.

        Accepted only if the difference of the sides is the sum of the differences of the sides of the equations,
        between their factors, modulo `rules` applied in turn.
        """
        # Products are formed unevaluated: SymPy would cancel an inverse before it has been multiplied out.
        parts = [lhs, -rhs]
        for left, eq, right in terms:
            parts += [MatMul(-1, left, eq.lhs, right), MatMul(left, eq.rhs, right)]
        gap = words.expanded(MatAdd(*parts))
        self._must_vanish(gap, rules, reason)
        return self._add(equation(lhs, rhs), reason, "algebra", (*(eq for _, eq, _ in terms), *rules))

    def combine(self, eq: Equality, other: Equality, sign: int, *, reason: str) -> Equality:
        """Add (`sign` = 1) or subtract (-1) two equations side by side."""
        lhs, rhs = (words.expanded(a + sign * b) for a, b in ((eq.lhs, other.lhs), (eq.rhs, other.rhs)))
        return self._add(equation(lhs, rhs), reason, "algebra", (eq, other))

    def multiply(self, factor: MatrixExpr, eq: Equality, *, reason: str) -> Equality:
        """Multiply both sides by `factor` from the left; inverses cancel."""
        lhs, rhs = (words.expanded(MatMul(factor, side)) for side in (eq.lhs, eq.rhs))
        return self._add(equation(lhs, rhs), reason, "algebra", (eq,))

    def inverse(self, matrix: MatrixExpr, *given: Any, right: bool = False, reason: str) -> Equality:
        """State that the inverse of `matrix`, which exists by `given`, cancels it from the left, or the `right`."""
        factors = (matrix, Inverse(matrix)) if right else (Inverse(matrix), matrix)
        return self._add(equation(MatMul(*factors), Identity(matrix.shape[0])), reason, "algebra", given)

    def idempotent(self, projector: Projector, *, reason: str) -> Equality:
        """State the equation that a hypothesis brings: a projector is its own square."""
        matrix = projector.arg
        return self._add(equation(matrix * matrix, matrix), reason, "algebra", (projector,))

    def solve(self, eq: Equality, symbol: MatrixSymbol, name: Equality | None = None, *, reason: str) -> Equality:
        """Solve an affine equation for `symbol`: collect its coefficient C, call it by `name`, apply the inverse.

        `name` is a definition ``C' = polynomial`` whose right-hand side must expand to the coefficient.
        """
        try:
            coefficient, rest = words.collect_right(eq.lhs - eq.rhs, symbol)
        except ValueError as error:
            raise DerivationError(f"'{reason}': {error}") from None
        if words.vanishes(coefficient):
            raise DerivationError(f"'{reason}': {eq.lhs} = {eq.rhs} does not contain {symbol}")
        rest = words.expanded(-rest)
        letter = coefficient
        sources: tuple[Any, ...] = (eq,)
        if name is not None:
            if words.equal(coefficient, -name.rhs):
                coefficient, rest = -coefficient, words.expanded(-rest)
            if not words.equal(coefficient, name.rhs):
                raise DerivationError(f"'{reason}': the coefficient of {symbol} is {coefficient}, not {name.rhs}")
            letter, sources = name.lhs, (eq, name)
        collected = self._add(
            equation(MatMul(letter, symbol), rest), f"collect the terms in {symbol}", "algebra", sources
        )
        return self._add(
            equation(symbol, words.expanded(MatMul(Inverse(letter), rest))), reason, "algebra", (collected,)
        )

    def transpose(self, eq: Equality, *, reason: str) -> Equality:
        """Transpose both sides."""
        return self._add(equation(words.expanded(eq.lhs.T), words.expanded(eq.rhs.T)), reason, "algebra", (eq,))

    def multiply_blocks(self, expr: MatrixExpr, *definitions: Equality, reason: str) -> Equality:
        """Multiply out `expr`, whose symbols are defined as block matrices, block by block."""
        result = blocks.multiply_out(expr, {eq.lhs: eq.rhs for eq in definitions})
        return self._add(equation(expr, result), reason, "algebra", definitions)

    def only_block(self, eq: Equality, *, reason: str) -> Equality:
        """Write a block matrix of one block, on the right-hand side, as that block."""
        blocks_of = eq.rhs.blocks
        if blocks_of.shape != (1, 1):
            raise DerivationError(f"'{reason}': {eq.rhs} has more than one block")
        return self._add(equation(eq.lhs, blocks_of[0, 0]), reason, "algebra", (eq,))

    def expect(self, value: Any, theorem: Any, *, reason: str) -> Equality:
        """Compute a mean over random matrices, pairing by pairing (`theorem`: that this is what a mean is)."""
        return self._add(equation(value, paired(value)), reason, "algebra", (theorem,))

    # Order, by squares ---------------------------------------------------------------------------
    #
    # A square is ``(c, F, M)`` and stands for c F M F^T: c is a number that cannot be negative and M the identity
    # or a matrix that an earlier line calls positive semidefinite.

    def semidefinite(self, matrix: MatrixExpr, squares: Sequence[Square], *given: Any, reason: str) -> Any:
        """State that `matrix` is positive semidefinite; accepted only if it is the sum of `squares`.

        `given` are the lines that are used: equations (rules, applied in turn), matrices that are positive
        semidefinite and numbers that are at least 0.
        """
        gap = _without(matrix, squares, given, reason)
        self._must_vanish(gap, [line for line in given if isinstance(line, Equality)], reason)
        return self._add(PositiveSemidefinite(matrix), reason, "algebra", given)

    def nonnegative(
        self, value: Any, squares: Sequence[Square], *given: Any, rest: Sequence[Any] = (), reason: str
    ) -> Any:
        """State ``value >= 0``; accepted only if it is the sum of the traces of `squares` and of `rest`.

        `rest` are numbers that cannot be negative; `given` as in `semidefinite`. An order relation as `value` stands
        for the difference of its sides.
        """
        relation = value if isinstance(value, GreaterThan | LessThan) else GreaterThan(value, 0, evaluate=False)
        gap = relation.gts - relation.lts
        for number in rest:
            _check_square(number, None, given, reason)
            gap -= number
        for c, factor, middle in squares:
            _check_square(c, middle, given, reason)
            gap -= c * Trace(factor * middle * factor.T)
        self._must_vanish(gap, [line for line in given if isinstance(line, Equality)], reason)
        return self._add(relation, reason, "algebra", given)

    def definite(self, eq: Equality, squares: Sequence[Square], *given: Any, chosen: int, reason: str) -> Equality:
        """From ``sum of F M F^T = 0`` state that ``M F^T = 0`` for the `chosen` square.

        A sum of positive semidefinite matrices vanishes only if all do, and F M F^T only if M F^T does.
        """
        gap = _without(words.difference(eq.lhs, eq.rhs), squares, given, reason)
        self._must_vanish(gap, [line for line in given if isinstance(line, Equality)], reason)
        c, factor, middle = squares[chosen]
        if not sympify(c).is_positive:
            raise DerivationError(f"'{reason}': the factor {c} may be zero")
        product = words.expanded(middle * factor.T)
        return self._add(equation(product, ZeroMatrix(*product.shape)), reason, "algebra", (eq, *given))

    def contracts(self, turn: MatrixExpr, loses: Any, inverse: Equality, *rules: Equality, reason: str) -> Any:
        """State that the spectral radius of `turn` is below 1, because T shortens every vector that is not zero.

        `loses` says that I - T^T T is positive semidefinite, `inverse` that it has a left inverse. An eigenvector v
        of T, also a complex one, then has |t|^2 |v|^2 = |Tv|^2 < |v|^2 for its eigenvalue t.
        """
        left = Identity(turn.shape[1]) - turn.T * turn
        self._must_vanish(words.difference(loses.arg, left), rules, reason)
        if not isinstance(inverse.lhs, MatMul) or not words.equal(inverse.rhs, Identity(turn.shape[1])):
            raise DerivationError(f"'{reason}': {inverse} names no left inverse")
        self._must_vanish(words.difference(inverse.lhs.args[-1], left), rules, reason)
        return self._add(Contracts(turn), reason, "algebra", (loses, inverse, *rules))

    def infer(self, relation: Any, *sources: Any, reason: str) -> Any:
        """Add a line that follows by the argument in `reason`; it is checked on instances only."""
        return self._add(relation, reason, "inference", sources)

    def decide(self, relation: Any, *sources: Any, reason: str) -> Any:
        """Add a condition that holds exactly when the theorem's conclusion does, by the argument in `reason`."""
        return self._add(relation, reason, "criterion", sources)


@dataclass(frozen=True)
class _Named:
    symbol: Any
    compute: Callable[[Instance], Dense]
    claimed: bool = False
    sources: frozenset[Any] | None = None

    def __call__(self, at: Instance) -> Dense:
        return self.compute(at)


def _solution(symbol: Any, eq: Equality) -> _Named:
    return _Named(symbol, lambda at: at.solve_fixed(symbol, eq), sources=frozenset(eq.free_symbols - {symbol}))


def _times(factor: Any, side: Any) -> Any:
    return MatMul(factor, side) if getattr(side, "is_MatrixExpr", False) else factor * side


def _replace(side: Any, rule: Equality) -> Any:
    is_letter = isinstance(rule.lhs, MatrixSymbol) or not getattr(rule.lhs, "is_MatrixExpr", False)
    if not getattr(side, "is_MatrixExpr", False):
        side = sympify(side).xreplace({rule.lhs: rule.rhs})
        return side if is_letter else traces.mapped(side, lambda matrix: _replace(matrix, rule))
    if is_letter:
        return words.expanded(words.substitute(side, {rule.lhs: rule.rhs}))
    replaced = words.replace(side, rule.lhs, rule.rhs)
    # A word may appear anew where its neighbours were shortened; shorter words cannot do so for ever.
    shortens = all(len(word) < len(left) for left in words.words(rule.lhs) for word in words.words(rule.rhs))
    while shortens and replaced != side:
        side, replaced = replaced, words.replace(replaced, rule.lhs, rule.rhs)
    return replaced


def _expanded(side: Any) -> Any:
    if not getattr(side, "is_MatrixExpr", False):
        return factored(traces.number(side))
    return words.from_words(traces.form(side), side.shape)


def _without(matrix: MatrixExpr, squares: Sequence[Square], given: Sequence[Any], reason: str) -> MatrixExpr:
    """What is left of `matrix` without the squares, once each is known to be one."""
    for c, _, middle in squares:
        _check_square(c, middle, given, reason)
    return MatAdd(matrix, *(MatMul(-c, factor, middle, factor.T) for c, factor, middle in squares))


def _check_square(c: Any, middle: Any, given: Sequence[Any], reason: str) -> None:
    """Refuse a factor that may be negative, and a middle of which no line says that it is positive semidefinite."""
    number = sympify(c).xreplace(
        {line.lhs: Dummy(nonnegative=True) for line in given if isinstance(line, GreaterThan) and line.rhs == 0}
    )
    number = number.xreplace({trace: Dummy(real=True) for trace in number.atoms(Trace)})
    if not number.is_nonnegative:
        raise DerivationError(f"'{reason}': the factor {c} may be negative")
    known = [line.arg for line in given if isinstance(line, PositiveSemidefinite)]
    known += [line.gap for line in given if isinstance(line, Loewner)]
    if middle is not None and not isinstance(middle, Identity) and not any(words.equal(middle, x) for x in known):
        raise DerivationError(f"'{reason}': nothing says that {middle} is positive semidefinite")


def check(steps: Sequence[Step], at: Instance) -> Iterator[StepCheck]:
    """Evaluate every line of a derivation exactly on one instance.

    Definitions give their symbol a value, from the model; every other line must then hold.

    Yields
    ------
    StepCheck
        In order. Hypotheses are included: an instance at which one fails is not an instance of the theorem.
    """
    for index, step in enumerate(steps):
        if step.kind == "definition":
            step.compute(at)
        elif not at.decidable(step.equation):
            continue
        yield StepCheck(index, step, at.holds(step.equation) or step.kind == "criterion")
