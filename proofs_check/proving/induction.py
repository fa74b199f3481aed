"""Induction on a number of turns: a claim about what has been moved t times, at the first t and from each to the next.

What an iterate is says how it begins and how it is moved, so that both are claims about products of letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import MatPow, MatrixSymbol, preorder_traversal, sympify

from theory.derivation.described import Iterate
from theory.derivation.formula import Formula
from theory.derivation.lines import Step, equation
from theory.language import words
from theory.language.predicates import All, Commute, Implies
from theory.language.symbols import PRIMITIVES

__all__ = ["inductions"]


@dataclass(frozen=True)
class _Repeated:
    """What a conclusion says of turns.

    Attributes
    ----------
    count : Symbol
        The number of turns.
    moved : dict of symbol to (Iterate, int)
        What is moved so often, and how often beyond that.
    depend : tuple of symbol
        What is moved, and what is defined by means of it, or of the number.
    """

    count: Any
    moved: Mapping[Any, tuple[Iterate, int]]
    depend: tuple[Any, ...]

    @property
    def least(self) -> int:
        """The first number of turns."""
        return PRIMITIVES[self.count.name].least if self.count.name in PRIMITIVES else 0


def inductions(formula: Formula) -> Iterator[tuple[Formula, Formula]]:
    """Yield pairs of formulas, the start of an induction and its step, that together show a conclusion for every t.

    The first pair is about the conclusion itself. The others say beside it that a matrix commutes with a power, as it
    does where it commutes with the base.

    Parameters
    ----------
    formula : Formula
        Whose conclusion speaks of iterates; there are no pairs for any other.
    """
    turns = _turns(formula)
    if turns is not None:
        for says in (formula.says, *(All(formula.says, also) for also in _commuting(formula))):
            yield _start(formula, says, turns), _step(formula, says, turns)


def _turns(formula: Formula) -> _Repeated | None:
    """What is said of turns; None if it is nothing, or something that a start and a step are not enough for."""
    definitions = [step for step in formula.derivation if step.kind == "definition"]
    iterates = {step.symbol: step.described for step in definitions if isinstance(step.described, Iterate)}
    counts = {x for how in iterates.values() for x in how.count.free_symbols}
    if len(counts) != 1 or formula.says is None:
        return None
    count = counts.pop()
    depend = dict.fromkeys(iterates)
    for step in definitions:
        if (step.equation.free_symbols | step.made_of) & {count, *depend}:
            depend[step.symbol] = None
    moved = {x: (how, how.count - count) for x, how in iterates.items()}
    turns = _Repeated(
        count, {x: (how, int(more)) for x, (how, more) in moved.items() if more.is_Integer}, tuple(depend)
    )
    given = {x for assumption in formula.assumptions for x in assumption.free_symbols}
    inside = {x for how in iterates.values() for x in how.symbols - how.count.free_symbols}
    plain = all(s.symbol in iterates or _plain(s) for s in definitions if s.symbol in depend)
    regular = len(turns.moved) == len(iterates) and all(turns.least + more >= 0 for _, more in turns.moved.values())
    return turns if plain and regular and not (given | inside) & {count, *depend} else None


def _plain(step: Step) -> bool:
    """Whether a definition is one by an expression, and not by an equation or in words."""
    return step.described is None and not hasattr(step.value, "symbol")


def _commuting(formula: Formula) -> Iterator[Any]:
    """That a matrix of the conclusion commutes with a power in it."""
    powers = [x for x in preorder_traversal(formula.says) if isinstance(x, MatPow) and not x.exp.is_Integer]
    matrices = sorted((x for x in formula.says.free_symbols if isinstance(x, MatrixSymbol)), key=str)
    for power in dict.fromkeys(powers):
        yield from (Commute(x, power) for x in matrices if x.shape == power.shape and x != power.base)


def _start(formula: Formula, says: Any, turns: _Repeated) -> Formula:
    """The claim about the first number of turns."""
    values, first = {}, {turns.count: sympify(turns.least)}
    for x, (how, more) in turns.moved.items():
        state = how.start
        for number in range(turns.least + more):
            state = _image(how, state, number)
        values[x] = words.substitute(how.result, {how.state: state})
    steps = [_redefined(s, values, first) if s.symbol in turns.depend else s for s in _definitions(formula)]
    return _claiming(formula, "start", words.substitute(says, first), steps)


def _step(formula: Formula, says: Any, turns: _Repeated) -> Formula:
    """The claim about one turn more, from the claim."""
    taken = {x.name for step in formula.derivation for x in (step.symbol, *step.made_of)}
    later = {x: _renamed(x, f"{x.name}_later", taken) for x in turns.depend}
    lowest = min(more for _, more in turns.moved.values())
    states: dict[Iterate, Any] = {}
    now, after = dict[Any, Any](), dict[Any, Any]()
    for x, (how, more) in turns.moved.items():
        same = replace(how, count=turns.count, result=how.state)
        state = states.setdefault(same, _renamed(how.state, f"{how.state.name}_now", taken))
        for number in range(lowest, more):
            state = _image(how, state, turns.count + number)
        now[x] = words.substitute(how.result, {how.state: state})
        after[later[x]] = words.substitute(how.result, {how.state: _image(how, state, turns.count + more)})
    rules = {turns.count: turns.count + 1} | later
    steps = []
    for step in _definitions(formula):
        steps.append(_redefined(step, now, {}) if step.symbol in now else step)
        if step.symbol in turns.depend:
            steps.append(_redefined(step, after, rules))
    return _claiming(formula, "step", Implies(says, words.substitute(says, rules)), steps)


def _definitions(formula: Formula) -> list[Step]:
    return [step for step in formula.derivation if step.kind == "definition"]


def _claiming(formula: Formula, part: str, says: Any, steps: Sequence[Step]) -> Formula:
    return replace(formula, id=f"{formula.id}/{part}", says=says, compact=says, derivation=tuple(steps))


def _image(how: Iterate, state: Any, number: Any) -> Any:
    """The state after one move, which is made after so many."""
    rules = {how.state: state} | ({} if how.turn is None else {how.turn: sympify(number)})
    for symbol, expr in how.moves:
        rules[symbol] = words.substitute(expr, rules)
    return words.substitute(how.image, rules)


def _redefined(step: Step, values: Mapping[Any, Any], rules: Mapping[Any, Any]) -> Step:
    """A definition with other symbols in it, or by a value of its own."""
    symbol = rules.get(step.symbol, step.symbol)
    value = values[symbol] if symbol in values else words.substitute(step.equation.rhs, rules)
    return replace(step, equation=equation(symbol, value), value=None)


def _renamed(x: Any, name: str, taken: set[str]) -> Any:
    """The same kind of symbol under a name that nothing else has."""
    while name in taken:
        name += "_"
    taken.add(name)
    return x.func(name, *x.args[1:]) if isinstance(x, MatrixSymbol) else x.func(name, **x.assumptions0)
