"""Exact instances at which the hypotheses of a conjecture hold: small first, and on the edges of what is assumed.

Two sources take turns. One solves the hypotheses as relations between matrices
(:class:`proofs_check.refuting.instances.Sampler`), the other draws Gram matrices of every rank, with and without a
common kernel, as the theory's own checks do. A third takes what they have found, and makes one symbol huge or tiny.
Whatever is drawn, every hypothesis is decided exactly.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from sympy import QQ, MatrixSymbol, Symbol

from proofs_check.certificates.checker import Refused
from proofs_check.certificates.expressions import Value
from proofs_check.conjectures.conjecture import Conjecture, premises
from proofs_check.conjectures.settings import said
from proofs_check.proving.goals import hypothesis
from proofs_check.proving.translation import Translation, Untranslatable
from proofs_check.refuting.instances import Sampler
from theory.errors import SingularError, TheoryError
from theory.language.symbols import PRIMITIVES, SymmetricSymbol
from theory.values.dense import Dense
from theory.values.drawing import Geometry, draw
from theory.values.instance import Instance

__all__ = ["Answer", "Drawing", "Sample", "decided", "least"]

#: Factors by which one symbol is made huge or tiny, or turned round.
SCALES = (QQ(1000), QQ(1, 1000), QQ(10), QQ(1, 10), QQ(-1), QQ(2), QQ(1, 2))


@dataclass(frozen=True)
class Sample:
    """Values of the free symbols, all rational.

    Attributes
    ----------
    sizes : dict of str to int
        Dimensions and counts.
    values : dict of symbol to Dense
    """

    sizes: dict[str, int]
    values: dict[Any, Dense] = field(hash=False)

    def instance(self, conjecture: Conjecture) -> Instance:
        """Return the instance: these values, and all that is defined by them; `TheoryError` where that fails."""
        at = Instance(QQ, dict(self.sizes), dict(self.values))
        for step in conjecture.formula.derivation:
            step.compute(at)
        return at


Answer = Literal["holds", "fails", "outside", "undecided"]


def decided(conjecture: Conjecture, case: Sample) -> Answer:
    """Decide the claim exactly at a case.

    Returns
    -------
    str
        ``holds`` or ``fails`` where the hypotheses hold; ``outside`` where they do not, or where something that is
        presumed to exist does not; ``undecided`` where there is no exact decision.
    """
    formula = conjecture.formula
    counts = {x.name: least(x) for x in conjecture.free if isinstance(x, Symbol) and x.is_integer}
    if not all(_admissible(x, value) for x, value in case.values.items()):
        return "outside"
    if not all(size >= counts.get(name, 1) for name, size in case.sizes.items()):
        return "outside"
    try:
        at = case.instance(conjecture)
        if not all(at.holds(says) for says in (*conjecture.presumed, *(a.says for a in formula.assumptions))):
            return "outside"
        return "holds" if at.holds(formula.says) else "fails"
    except (SingularError, ZeroDivisionError):
        return "outside"
    except (TheoryError, NotImplementedError, TypeError):
        return "undecided"


def _admissible(x: Any, value: Dense) -> bool:
    """Whether a symbol may have this value: steps are positive, symmetric matrices are."""
    if isinstance(x, SymmetricSymbol):
        return bool((value - value.transpose()).is_zero)
    return not (isinstance(x, Symbol) and x.is_positive) or value[0, 0] > 0


def least(count: Symbol) -> int:
    """The least whole number that a count may be."""
    return PRIMITIVES[count.name].least if count.name in PRIMITIVES else 0


class Drawing:
    """Draws cases of one conjecture.

    Parameters
    ----------
    conjecture : Conjecture
    seed : int
    """

    def __init__(self, conjecture: Conjecture, seed: int = 0) -> None:
        self.conjecture = conjecture
        self.random = random.Random(seed)
        self.free = conjecture.free
        self.counts = [x for x in self.free if isinstance(x, Symbol) and x.is_integer]
        self.drawn = [x for x in self.free if x not in self.counts]
        self.known = all(x.name in PRIMITIVES and PRIMITIVES[x.name].symbol == x for x in self.free)
        # Where a premise never holds an implication always does: instances of the premises are drawn as well.
        self.samplers = [self._sampler(), *map(self._sampler, premises(conjecture.formula.says))]
        self.found: list[Sample] = []

    def _sampler(self, *also: Any) -> tuple[dict[Any, str], Sampler]:
        """The free symbols as letters; all hypotheses, and a premise, that are relations between them, to be solved."""
        t = Translation()
        formula = self.conjecture.formula
        given: dict[str, str] = {}
        positive: dict[str, str] = {}
        letters: dict[Any, str] = {}
        for x in self.drawn:
            letters[x] = next(iter(t.polynomial(x)))[0]
            if x.is_positive is True:
                positive[f"{letters[x]} is positive"] = f"{letters[x]} > 0"
        assumed = [*(a.says for a in formula.assumptions), *also]
        named = set().union(*(says.free_symbols for says in assumed))
        for step in self.conjecture.setting.needed(named):
            with contextlib.suppress(Untranslatable, Refused):
                given[f"{step.symbol} is defined"] = t.relation(step.equation)
        for i, says in enumerate(assumed):
            with contextlib.suppress(Untranslatable, Refused):
                for j, text in enumerate(hypothesis(t, says)):
                    (positive if ">" in text else given)[f"hypothesis {i}, {j}"] = text
        given |= t.axioms
        statement = {
            "letters": t.letters,
            "scalars": t.scalars,
            "symmetric": t.symmetric,
            "given": given,
            "positive": positive,
        }
        return letters, Sampler(statement)

    def cases(self) -> Iterator[Sample | None]:
        """Yield cases without end, or None where a draw failed; dimensions grow from 1."""
        number = 0
        while True:
            largest = 1 if number < 30 else self.random.choice((1, 2, 2) if number < 400 else (1, 1, 2, 2, 3, 4))
            kind = number % 4
            number += 1
            if kind == 3 and self.found and self.drawn:
                yield self._scaled(self.random.choice(self.found))
            elif kind == 2 and self.known:
                yield self._geometry(largest)
            else:
                yield self._solved(largest)

    def keep(self, case: Sample) -> None:
        """Remember a case at which the hypotheses hold."""
        if len(self.found) < 200:
            self.found.append(case)

    def _solved(self, largest: int) -> Sample | None:
        first, *others = self.samplers
        letters, sampler = self.random.choice(others) if others and self.random.random() < 0.5 else first
        drawn = sampler.draw(self.random, largest, plain=self.random.random() < 0.05)
        if drawn is None:
            return None
        sizes, values = drawn
        sizes = {space: size for space, size in sizes.items() if not space.isdigit()} | self._counted()
        table = {x: _dense(values[letters[x]]) for x in self.drawn}
        return Sample(self._all_sizes(sizes, largest), table)

    def _geometry(self, largest: int) -> Sample:
        span = self.random.randint(1, largest)
        geometry = Geometry(span, self.random.randint(0, span), self.random.randint(0, span))
        if self.random.random() < 0.6:
            geometry = Geometry(largest, largest, largest)
        sizes = self._all_sizes(self._counted(), largest)
        signed = [x.name for x in self.free if isinstance(x, SymmetricSymbol)] if self.random.random() < 0.2 else []
        names = [x.name for x in self.free]
        at = draw(
            names,
            sizes=dict.fromkeys("dnk", largest) | sizes,
            geometry=geometry,
            seed=self.random.randrange(10**6),
            signed=signed,
        )
        return Sample(sizes, {x: at.values[x] for x in self.drawn})

    def _scaled(self, case: Sample) -> Sample:
        x = self.random.choice(self.drawn)
        return Sample(case.sizes, case.values | {x: case.values[x].scale(_number(self.random.choice(SCALES)))})

    def _counted(self) -> dict[str, int]:
        return {x.name: max(least(x), self.random.randint(0, 4)) for x in self.counts}

    def _all_sizes(self, sizes: Mapping[str, int], largest: int) -> dict[str, int]:
        """The sizes of all spaces that the claim speaks of; those that no symbol has are drawn."""
        names = {
            str(x)
            for says in said(self.conjecture.formula)
            for symbol in says.atoms(MatrixSymbol, Symbol)
            for n in getattr(symbol, "shape", (symbol,))
            for x in getattr(n, "free_symbols", ())
            if x.is_integer and x.is_positive
        }
        found = dict(sizes)
        for name in sorted(names - sizes.keys()):
            found[name] = largest if name == "d" else self.random.randint(1, largest + 1)
        return found


def _number(x: Any) -> Dense:
    return Dense.number(x, QQ)


def _dense(value: Value) -> Dense:
    if isinstance(value, Fraction):
        return _number(QQ(value.numerator, value.denominator))
    rows = np.asarray(value)
    return Dense.from_rows([[QQ(x.numerator, x.denominator) for x in map(Fraction, row)] for row in rows], QQ)
