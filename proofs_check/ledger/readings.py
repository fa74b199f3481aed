"""What is false as it stands, said by predicates: claims, and theorems without a hypothesis that they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from proofs_check.evidence.kinds import Formulas
from proofs_check.ledger.catalogue import claims, theorems
from theory import Formula

__all__ = ["false_readings"]


def false_readings(formulas: Formulas) -> Iterator[Formula]:
    """Yield false claims, and conclusions from which a hypothesis is dropped that they need, as conclusions would be.

    Parameters
    ----------
    formulas : mapping of str to Formula
        Where the conclusions are taken from.

    Yields
    ------
    Formula
        A claim under its id; a conclusion under its id, "without" and the name of the hypothesis.
    """
    for claim in claims.values():
        yield claim.formula(formulas)
    rows = ((theorem, row) for theorem in theorems.values() for row in theorem.needed)
    needed = dict.fromkeys((theorem.formula(part), row.hypothesis) for theorem, row in rows for part in row.parts)
    for id_, hypothesis in needed:
        formula = formulas[id_]
        if formula.says is not None:  # else a notation
            others = tuple(a for a in formula.assumptions if a.name != hypothesis)
            yield replace(formula, id=f"{id_} without {hypothesis}", assumptions=others)
