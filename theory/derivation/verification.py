"""Checking a derivation line by line, exactly, on free symbols at small dimensions and on random rationals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from theory.derivation.assumptions import Assumption, holds
from theory.derivation.lines import Step, check
from theory.errors import SingularError, TheoryError
from theory.language.nodes import PositiveSemidefinite
from theory.language.symbols import PRIMITIVES
from theory.values.drawing import Arrange, Geometry, draw
from theory.values.instance import Instance

__all__ = ["Verification", "verify"]


@dataclass(frozen=True)
class Verification:
    """What checking a derivation showed.

    Attributes
    ----------
    formula : str
        Id.
    steps : int
        Number of lines.
    free, rational : int
        Number of instances (free symbols; random rationals) that satisfied the hypotheses and were checked.
    failed : Step or None
        The first wrong line, with `where` describing the instance.
    unchecked : tuple of Step
        Lines that no instance reached.
    """

    formula: str
    steps: int
    free: int
    rational: int
    failed: Step | None
    where: str
    unchecked: tuple[Step, ...]

    def __bool__(self) -> bool:
        return self.failed is None and not self.unchecked and self.rational > 0

    def __str__(self) -> str:
        if self.failed is not None:
            return f"{self.formula}: wrong line '{self.failed.reason}': {self.failed.equation} ({self.where})"
        if self.unchecked:
            return f"{self.formula}: line '{self.unchecked[0].reason}' was never checked"
        return f"{self.formula}: {self.steps} lines, {self.free} free and {self.rational} rational instances"


# Dimensions at which free symbols are checked; random rationals also go higher.
FREE_SIZES = ({"d": 1, "n": 1, "k": 1}, {"d": 2, "n": 2, "k": 1})
RATIONAL_SIZES = ({"d": 1, "n": 2, "k": 1}, {"d": 2, "n": 1, "k": 2}, {"d": 3, "n": 4, "k": 2})


def _geometries(d: int) -> list[Geometry]:
    shapes = [Geometry(d, d, d), Geometry(d, d - 1, d), Geometry(d, d - 1, d - 1), Geometry(d, 0, d), Geometry(d, 0, 0)]
    return list(dict.fromkeys([*shapes, Geometry(d - 1, d - 1, max(d - 2, 0))]))


def _check_one(
    steps: Sequence[Step], assumptions: tuple[Assumption, ...], at: Instance, reached: Counter[int]
) -> Step | bool | None:
    """Return the first wrong line, None when all hold, False when the instance is outside the hypotheses.

    A line that inverts a singular matrix although the hypotheses hold is wrong as well: a hypothesis is missing.
    """
    outcome: list[int] = []
    wrong: Step | None = None
    try:
        for result in check(steps, at):
            if not result.holds:
                wrong = result.step
                break
            outcome.append(result.index)
    except SingularError:
        start = outcome[-1] + 1 if outcome else 0
        wrong = next(s for s in steps[start:] if s.kind == "definition" or at.decidable(s.equation))
    if not _within_hypotheses(steps, assumptions, at):
        return False
    if wrong is None:
        reached.update(outcome)
    return wrong


def _within_hypotheses(steps: Sequence[Step], assumptions: tuple[Assumption, ...], at: Instance) -> bool:
    """Decide the listed hypotheses, after giving a value to every abbreviation that has one.

    A line that is assumed is none of them: where it fails although they hold, a hypothesis is missing.
    """
    for step in steps:
        if step.kind == "definition":
            with suppress(TheoryError):
                step.compute(at)
    try:
        return holds(assumptions, at)
    except TheoryError:
        return False


def verify(
    name: str,
    steps: Sequence[Step],
    assumptions: tuple[Assumption, ...],
    inputs: Sequence[str],
    counts: Mapping[str, Sequence[int]],
    seeds: range,
    both: Arrange | None = None,
) -> Verification:
    """Check every line on free instances (d = 1, 2) and on random rational instances of all ranks.

    `counts` lists values for symbols that stand for whole numbers, smallest expressions first. A symmetric matrix
    is drawn positive semidefinite where an assumption says that it is, of either sign otherwise. `both` draws instances
    on both sides of an equivalence, unless an assumption has instances of its own.
    """
    arrange: Any = next((a.arrange for a in assumptions if a.arrange is not None), both)
    positive = {a.says.arg for a in assumptions if isinstance(a.says, PositiveSemidefinite)}
    signed = [x for x in inputs if PRIMITIVES[x].kind == "gram" and PRIMITIVES[x].symbol not in positive]
    reached: Counter[int] = Counter()
    done = {"free": 0, "rational": 0}
    plan: list[tuple[str, dict[str, int], Geometry, int | None]] = []
    grid = [dict(zip(counts, values, strict=True)) for values in zip(*counts.values(), strict=True)] or [{}]
    for dims in FREE_SIZES:
        d = dims["d"]
        # Counts are steps of an induction: beyond one dimension its first step is enough, and the next is costly.
        for chosen in grid if d == 1 else ([one for one in grid if sum(one.values()) <= 1] or grid[:1]):
            plan += [("free", dims | chosen, Geometry(d, rank, rank), None) for rank in {d, 1}]
    for dims in RATIONAL_SIZES:
        for seed in seeds:
            plan += [("rational", dims | grid[seed % len(grid)], g, seed) for g in _geometries(dims["d"])]
    for kind, dims, geometry, chosen_seed in plan:
        at = draw(inputs, sizes=dims, geometry=geometry, seed=chosen_seed, arrange=arrange, signed=signed)
        outcome = _check_one(steps, assumptions, at, reached)
        if outcome is None:
            done[kind] += 1
        elif outcome is not False:
            where = f"{kind} instance, {dims}, {geometry}, seed {chosen_seed}"
            return Verification(name, len(steps), done["free"], done["rational"], outcome, where, ())  # type: ignore[arg-type]
    unchecked = tuple(s for i, s in enumerate(steps) if not reached[i])
    return Verification(name, len(steps), done["free"], done["rational"], None, "", unchecked)
