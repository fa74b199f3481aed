"""Which further hypothesis makes a claim provable, or stops the counterexamples."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sympy import Identity, MatrixSymbol

from proofs_check.conjectures.conjecture import Conjecture
from proofs_check.conjectures.deciding import searched
from proofs_check.conjectures.drawing import Sample
from proofs_check.conjectures.proof import proved
from proofs_check.conjectures.settings import said
from theory.derivation.assumptions import Assumption
from theory.language.nodes import PositiveSemidefinite
from theory.language.predicates import All, Commute, Invertible, Loewner
from theory.language.prose import spoken
from theory.language.symbols import SymmetricSymbol

__all__ = ["Missing", "added", "candidates"]

#: So many instances without a counterexample say something.
ENOUGH = 40


@dataclass(frozen=True)
class Missing:
    """A further hypothesis.

    Attributes
    ----------
    says : str
        The hypothesis.
    provable : bool
        Whether a proof was found with it.
    instances : int
        At how many instances of all hypotheses the claim held; it failed at none.
    """

    says: str
    provable: bool
    instances: int


def candidates(conjecture: Conjecture) -> Iterator[Assumption]:
    """Yield hypotheses that theorems about such matrices often have, the mild ones first."""
    formula = conjecture.formula
    matrices = sorted(
        {x for says in said(formula) for x in says.atoms(MatrixSymbol) if x.shape[0] == x.shape[1] and x.shape[0] != 1},
        key=str,
    )
    symmetric = [x for x in matrices if isinstance(x, SymmetricSymbol)]
    stated = {spoken(a.says) for a in formula.assumptions}

    def kinds() -> Iterator[Any]:
        free = [x for x in symmetric if x in conjecture.free]
        yield from map(PositiveSemidefinite, free)
        if len(free) > 1:
            yield All(*map(PositiveSemidefinite, free))
        yield from map(Invertible, matrices)
        defined = [x for x in symmetric if x not in free] or free
        for bound, strict in ((2, True), (1, False)):
            below = [Loewner(x, bound * Identity(x.shape[0]), strict) for x in defined]
            above = [PositiveSemidefinite(x) for x in defined]
            yield from (All(*pair) for pair in zip(above, below, strict=True))
            yield from (
                All(*above, *(b for b in below if b.args[0] in pair))
                for pair in combinations(defined, 2)
                if pair[0].name + pair[1].name in ("PQ", "AB")
            )
        # Of what is defined by each other only one pair is needed: P and Q commute where A and B do.
        by = {step.symbol: step.made_of & set(matrices) for step in formula.derivation}
        pairs = [(x, y) for x, y in combinations(matrices, 2) if x.shape == y.shape]
        yield from (Commute(x, y) for x, y in pairs if not by.get(x) and not by.get(y))
        yield from (Commute(x, y) for x, y in pairs if by.get(x) or by.get(y))

    for says in kinds():
        if spoken(says) not in stated:
            stated.add(spoken(says))
            yield Assumption(says, spoken(says))


def added(
    conjecture: Conjecture,
    *,
    known: tuple[Sample, ...] = (),
    seconds: float = 20,
    seed: int = 0,
    on_step: Callable[[str], object] = lambda text: None,
) -> list[Missing]:
    """Try one further hypothesis at a time.

    Parameters
    ----------
    conjecture : Conjecture
        What is claimed.
    known : tuple of Sample
        Counterexamples that a hypothesis has to exclude.
    seconds : float
        Time limit.
    seed : int
        Of the instances.
    on_step : callable
        Called with each hypothesis that is looked at.

    Returns
    -------
    list of Missing
        Those with which a proof was found first, then those at which no counterexample was.
    """
    end = time.monotonic() + seconds
    found: list[Missing] = []
    for assumption in candidates(conjecture):
        left = end - time.monotonic()
        if left <= 0:
            break
        stronger = conjecture.given_also(assumption)
        tried = searched(stronger, seconds=min(1.5, left), draws=800, seed=seed, known=known)
        if tried.counterexample is not None or tried.satisfied < ENOUGH:
            continue
        on_step(f"  with {assumption.plain}: no counterexample at {tried.satisfied} instances; a proof?")
        shown = proved(stronger, seconds=min(6, max(end - time.monotonic(), 0.1))).certificate is not None
        found.append(Missing(assumption.plain, shown, tried.satisfied))
    return sorted(found, key=lambda one: not one.provable)
