"""Looking for a counterexample, and making it simple."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sympy import QQ, GreaterThan, LessThan, StrictGreaterThan, StrictLessThan

from proofs_check.conjectures.conjecture import Conjecture
from proofs_check.conjectures.drawing import Drawing, Sample, decided
from proofs_check.conjectures.prompts import AGENTS
from theory.errors import TheoryError
from theory.language.nodes import PositiveSemidefinite
from theory.language.predicates import Loewner
from theory.language.symbols import SymmetricSymbol
from theory.values.dense import Dense

__all__ = ["Tried", "margin", "met", "searched", "simplified"]


@dataclass(frozen=True)
class Tried:
    """What came of drawing instances.

    Attributes
    ----------
    drawn, satisfied, undecided : int
        How many draws; at how many the hypotheses held, so that the claim was decided; how many had no decision.
    counterexample : Sample or None
        A case at which all hypotheses hold and the claim does not.
    model : Sample or None
        A case at which the hypotheses hold: of those with fewest symbols that vanish, the first.
    nearest : Sample or None
        Where the claim holds with the least to spare, if it compares sizes.
    spare : float or None
        How much that is, relative to what is compared.
    """

    drawn: int = 0
    satisfied: int = 0
    undecided: int = 0
    counterexample: Sample | None = None
    model: Sample | None = None
    nearest: Sample | None = None
    spare: float | None = None


def searched(
    conjecture: Conjecture,
    *,
    seconds: float,
    draws: int = 4000,
    seed: int = 0,
    known: tuple[Sample, ...] = (),
    wanted: Callable[[Sample], bool] = lambda case: True,
    on_draw: Callable[[Tried], object] | None = None,
) -> Tried:
    """Draw instances until one refutes the claim, or time or draws are used up.

    Parameters
    ----------
    conjecture : Conjecture
        What is claimed.
    seconds : float
        Time limit.
    draws : int
        At most so many draws.
    seed : int
        Of the draws.
    known : tuple of Sample
        Cases to try first.
    wanted : callable
        Whether a counterexample is of the kind that is looked for.
    on_draw : callable, optional
        Called with what is known so far, after each draw.
    """
    start, drawing = time.monotonic(), Drawing(conjecture, seed)
    found = Tried()

    def all_cases() -> Iterator[Sample | None]:
        yield from known
        yield from drawing.cases()

    for number, case in enumerate(all_cases(), 1):
        answer = "outside" if case is None else decided(conjecture, case)
        found = replace(found, drawn=number, undecided=found.undecided + (answer == "undecided"))
        if case is not None and answer in ("holds", "fails"):
            drawing.keep(case)
            found = replace(found, satisfied=found.satisfied + 1, model=_telling(found.model, case))
            if answer == "fails" and wanted(case):
                return replace(found, counterexample=case)
            found = _nearer(found, conjecture, case)
        if on_draw is not None:
            on_draw(found)
        if number >= draws or time.monotonic() - start > seconds:
            return found
    return found


def _telling(old: Sample | None, new: Sample) -> Sample:
    """The instance in which fewer symbols vanish."""
    if old is None:
        return new
    one, other = (sum(bool(value.is_zero) for value in case.values.values()) for case in (old, new))
    return new if other < one else old


def _nearer(found: Tried, conjecture: Conjecture, case: Sample) -> Tried:
    if found.satisfied > 300:
        return found
    spare = margin(conjecture, case)
    if spare is None or (found.spare is not None and spare >= found.spare):
        return found
    return replace(found, nearest=case, spare=spare)


def margin(conjecture: Conjecture, case: Sample) -> float | None:
    """By how much an order relation holds, relative to what it compares; None of other claims. In floating point."""
    says = conjecture.formula.says
    try:
        at = case.instance(conjecture)
        match says:
            case LessThan() | StrictLessThan() | GreaterThan() | StrictGreaterThan():
                low, high = (float(at.algebraic(x)) for x in (says.lts, says.gts))
                size = abs(low) + abs(high)
                return (high - low) / size if size else None
            case PositiveSemidefinite() | Loewner():
                gap = at(says.arg) if isinstance(says, PositiveSemidefinite) else at(says.args[1]) - at(says.args[0])
                values = [float(x) for x in gap.eigenvalues(symmetric=True)]
                size = max(map(abs, values), default=0.0)
                return min(values) / size if size else None
    except (TheoryError, TypeError, ValueError, ZeroDivisionError, NotImplementedError):
        return None
    return None


def met(conjecture: Conjecture, *, seconds: float = 5, seed: int = 0) -> bool:
    """Whether an instance of the hypotheses is met within some time: a contradiction has none."""
    end = time.monotonic() + seconds
    for case in Drawing(conjecture, seed).cases():
        if case is not None and decided(conjecture, case) in ("holds", "fails"):
            return True
        if time.monotonic() > end:
            break
    return False


# Simple counterexamples ----------------------------------------------------------------------------


def simplified(
    conjecture: Conjecture, case: Sample, *, seconds: float = 4, wanted: Callable[[Sample], bool] = lambda case: True
) -> Sample:
    """Return a counterexample with fewer dimensions and simpler numbers, as far as time allows, of the wanted kind."""
    starts = [case, _unit_steps(case)]
    ends = [_descended(conjecture, start, seconds / 2, wanted) for start in starts]
    return min((x for x in ends if decided(conjecture, x) == "fails" and wanted(x)), key=_cost, default=case)


def _unit_steps(case: Sample) -> Sample:
    """The same agents in units in which their steps are 1."""
    values = dict(case.values)
    for gram, _, step in AGENTS.values():
        if gram in values and step in values:
            values[gram], values[step] = values[gram].scale(values[step]), Dense.number(QQ(1), QQ)
    return Sample(case.sizes, values)


def _descended(conjecture: Conjecture, case: Sample, seconds: float, wanted: Callable[[Sample], bool]) -> Sample:
    """Take the first simpler counterexample, again and again."""
    end = time.monotonic() + seconds
    best, changed = case, True
    while changed and time.monotonic() < end:
        changed = False
        for simpler in _simpler(best):
            if time.monotonic() > end:
                break
            if _cost(simpler) < _cost(best) and decided(conjecture, simpler) == "fails" and wanted(simpler):
                best, changed = simpler, True
                break
    return best


def _simpler(case: Sample) -> Iterator[Sample]:
    for name, size in case.sizes.items():
        if size > 1:
            yield from (_without(case, name, i) for i in range(size))
        for other in range(min(size, 2) if name in _counts(case) else 0):
            yield replace(case, sizes=case.sizes | {name: other})
    for x, value in case.values.items():
        rows, columns = value.shape
        mirrored = isinstance(x, SymmetricSymbol)
        yield _with(case, x, Dense.full(value.shape, 0, QQ))
        if rows == columns:
            yield _with(case, x, Dense.eye(rows, QQ))
        entries = [(i, j) for i in range(rows) for j in range(columns) if not mirrored or i <= j]
        entries.sort(key=lambda place: -_digits(value[place]))
        for i, j in entries:
            for number in _simpler_numbers(value[i, j]):
                table = value.rows()
                table[i][j] = number
                if mirrored:
                    table[j][i] = number
                yield _with(case, x, Dense.from_rows(table, QQ))


def _counts(case: Sample) -> set[str]:
    """Sizes that no symbol has as its own: counts such as t."""
    shapes = {str(n) for x in case.values for n in getattr(x, "shape", ())}
    return {name for name in case.sizes if name not in shapes and name not in ("d", "n", "k")}


def _without(case: Sample, name: str, i: int) -> Sample:
    """Drop the i-th coordinate of a space."""
    values = {}
    for x, value in case.values.items():
        table = value.rows()
        rows, columns = (str(n) for n in getattr(x, "shape", ("", "")))
        if rows == name:
            del table[i]
        if columns == name:
            for row in table:
                del row[i]
        values[x] = Dense.from_rows(table, QQ)
    return Sample(case.sizes | {name: case.sizes[name] - 1}, values)


def _with(case: Sample, x: Any, value: Dense) -> Sample:
    return Sample(case.sizes, case.values | {x: value})


def _simpler_numbers(x: Any) -> Iterator[Any]:
    number = QQ(x)
    seen = [QQ(0), QQ(1), QQ(-1), QQ(1, 2), QQ(2), QQ(-1, 2), QQ(-2), QQ(3), QQ(3, 2), QQ(1, 4), QQ(3, 4)]
    seen += [QQ(round(number * k), k) for k in (1, 2, 3, 4, 5, 8, 10)]
    yield from (other for other in dict.fromkeys(seen) if _digits(other) < _digits(number))


def _digits(x: Any) -> float:
    """How hard a number is to read: whole numbers first, then halves and decimals, then other fractions."""
    number = QQ(x)
    if number == 0:
        return 0
    below = int(number.denominator)
    rest = below
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    written = len(str(abs(int(number.numerator)))) + abs(int(number.numerator)) / 1000
    below_written = 0.0 if below == 1 else len(str(below)) + below / 1000
    return float(written + (number < 0) / 2 + below_written + 3 * (rest > 1))


def _cost(case: Sample) -> float:
    entries = sum(_digits(x) for value in case.values.values() for row in value.rows() for x in row)
    return entries + 20 * sum(case.sizes.values())
