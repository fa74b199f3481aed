"""Derivations: chains of equations in which every line is computed from, or checked against, earlier lines.

Each operation of :class:`Derivation` produces its equation by non-commutative algebra valid in all dimensions, or
refuses. Independently, :func:`check` evaluates every line exactly on instances of the model, so that a wrong
line is found where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sympy import Eq, Equality, Inverse, MatMul, MatrixExpr, MatrixSymbol, sympify

from theory.errors import DerivationError
from theory.language import blocks, words
from theory.language.printing import tex
from theory.values.dense import Dense
from theory.values.instance import Instance

__all__ = ["Derivation", "Step", "StepCheck", "check", "equation"]

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
    """

    equation: Any
    reason: str
    kind: Kind
    uses: tuple[int, ...] = ()
    value: Callable[[Instance], Dense] | None = field(default=None, compare=False, repr=False)

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

    def _add(self, eq: Any, reason: str, kind: Kind, sources: tuple[Any, ...] = (), value: Any = None) -> Any:
        index = {id(s.equation): i for i, s in enumerate(self.steps)}
        same = {s.equation: i for i, s in enumerate(self.steps)}
        uses = []
        for source in sources:
            i = index.get(id(source), same.get(source))
            if i is None:
                raise DerivationError(f"'{reason}' uses an equation that is not in the derivation: {source}")
            uses.append(i)
        if eq not in same:
            self.steps.append(Step(eq, reason, kind, tuple(uses), value))
        return eq

    # Lines that bring something in -----------------------------------------------------------------

    def define(self, symbol: Any, value: Any, reason: str) -> Equality:
        """Introduce `symbol` as an abbreviation of `value`."""
        return self._add(equation(symbol, value), reason, "definition", value=lambda at: at(value))

    def define_solution(self, symbol: MatrixSymbol, eq: Equality, reason: str) -> Equality:
        """Introduce `symbol` as the unique solution of an affine equation."""
        return self._introduce(symbol, eq, reason, lambda at: at.solve_fixed(symbol, eq))

    def define_value(self, symbol: Any, eq: Equality, reason: str, value: Callable[[Instance], Dense]) -> Equality:
        """Introduce `symbol` by a computation on instances; `eq` is an equation that it satisfies."""
        return self._introduce(symbol, eq, reason, value)

    def _introduce(self, symbol: Any, eq: Equality, reason: str, value: Callable[[Instance], Dense]) -> Equality:
        self._add(eq, reason, "definition", value=value)
        self.steps[-1] = Step(eq, reason, "definition", (), _Named(symbol, value))
        return eq

    def assume(self, relation: Any, reason: str) -> Any:
        """Add a hypothesis."""
        return self._add(relation, reason, "hypothesis")

    def cite(self, eq: Any, reason: str) -> Any:
        """Add a result proved elsewhere (named in `reason`)."""
        return self._add(eq, reason, "cited")

    # Lines that follow by algebra, for all dimensions ----------------------------------------------

    def substitute(self, eq: Equality, *rules: Equality, reason: str) -> Equality:
        """Replace in `eq` each rule's left-hand side (a product of letters) by its right-hand side; expand."""
        lhs, rhs = eq.lhs, eq.rhs
        for rule in rules:
            lhs, rhs = _replace(lhs, rule), _replace(rhs, rule)
        return self._add(equation(lhs, rhs), reason, "algebra", (eq, *rules))

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
        old, new = eq.lhs - eq.rhs, factor * (lhs - rhs)
        for rule in rules:
            old, new = _replace(old, rule), _replace(new, rule)
        if not (words.equal(old, new) or words.equal(old, -new)):
            raise DerivationError(
                f"'{reason}': {lhs} = {rhs} does not follow from {eq.lhs} = {eq.rhs}; "
                f"they differ by {words.expanded(old - new)}"
            )
        return self._add(equation(lhs, rhs), reason, "algebra", (eq, *rules))

    def identity(self, lhs: MatrixExpr, rhs: MatrixExpr, *rules: Equality, reason: str) -> Equality:
        """State ``lhs = rhs``; accepted only if both have the same expansion, modulo `rules` applied in turn."""
        gap = lhs - rhs
        for rule in rules:
            gap = _replace(gap, rule)
        if not words.vanishes(gap):
            raise DerivationError(f"'{reason}': the two sides differ by {words.expanded(gap)}")
        return self._add(equation(lhs, rhs), reason, "algebra", rules)

    def combine(self, eq: Equality, other: Equality, sign: int, *, reason: str) -> Equality:
        """Add (`sign` = 1) or subtract (-1) two equations side by side."""
        lhs, rhs = (words.expanded(a + sign * b) for a, b in ((eq.lhs, other.lhs), (eq.rhs, other.rhs)))
        return self._add(equation(lhs, rhs), reason, "algebra", (eq, other))

    def multiply(self, factor: MatrixExpr, eq: Equality, *, reason: str) -> Equality:
        """Multiply both sides by `factor` from the left; inverses cancel."""
        lhs, rhs = (words.expanded(MatMul(factor, side)) for side in (eq.lhs, eq.rhs))
        return self._add(equation(lhs, rhs), reason, "algebra", (eq,))

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

    def __call__(self, at: Instance) -> Dense:
        return self.compute(at)


def _replace(side: Any, rule: Equality) -> Any:
    if not getattr(side, "is_MatrixExpr", False):
        return side.xreplace({rule.lhs: rule.rhs})
    if isinstance(rule.lhs, MatrixSymbol) or not getattr(rule.lhs, "is_MatrixExpr", False):
        return words.expanded(words.substitute(side, {rule.lhs: rule.rhs}))
    replaced = words.replace(side, rule.lhs, rule.rhs)
    # A word may appear anew where its neighbours were shortened; shorter words cannot do so for ever.
    shortens = all(len(word) < len(left) for left in words.words(rule.lhs) for word in words.words(rule.rhs))
    while shortens and replaced != side:
        side, replaced = replaced, words.replace(replaced, rule.lhs, rule.rhs)
    return replaced


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
            value = step.value
            symbol = value.symbol if isinstance(value, _Named) else step.equation.lhs
            if value is None:
                raise DerivationError(f"step {index} defines {symbol} without a value")
            if symbol not in at.values:
                at.values[symbol] = value(at)
        elif not at.decidable(step.equation):
            continue
        yield StepCheck(index, step, at.holds(step.equation) or step.kind == "criterion")
