"""Settle a statement: find its certificate, or small rational matrices that refute it, or say that neither was found.

::

    python -m proofs_check.refuting.refute STATEMENT.json

The file holds a statement as a certificate does, with ``claim`` in place of ``proof``.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np

from proofs_check.certificates.checker import Context, Refused, sides
from proofs_check.certificates.expressions import StatedRelation, Unfit, Value, relation
from proofs_check.errors import InputError
from proofs_check.proving.squares import NoSolver
from proofs_check.proving.statement import Line, attempt
from proofs_check.refuting.instances import Sampler, fails, holds
from proofs_check.terminal.words import counted

__all__ = ["Refutation", "Settled", "main", "refute", "settle", "verified"]

PARTS = {"name", "letters", "scalars", "symmetric", "given", "positive", "claim"}
FEW = 60
Found = Literal["certificate", "counterexample", "neither"]


@dataclass(frozen=True)
class Refutation:
    """Matrices that satisfy every hypothesis and not the claim.

    Attributes
    ----------
    sizes : dict of str to int
        The dimension of every space.
    values : dict of str to (str or list of list of str)
        Fractions: a number, or the rows of a matrix.
    why : str
        How the claim fails there.
    """

    sizes: dict[str, int]
    values: dict[str, Any]
    why: str

    def __str__(self) -> str:
        return ", ".join(f"{x} = {_one_line(v)}" for x, v in self.values.items()) + f": {self.why}"


@dataclass(frozen=True)
class Settled:
    """What became of a statement.

    Attributes
    ----------
    found : str
        ``certificate``, ``counterexample`` or ``neither``.
    certificate : dict or None
        The statement with its proof, as the checker accepted it.
    counterexample : Refutation or None
    drawn, satisfied : int
        How many instances were drawn, and at how many of them the hypotheses held; the claim held at those, except
        at the counterexample.
    """

    found: Found
    certificate: dict[str, Any] | None = None
    counterexample: Refutation | None = None
    drawn: int = 0
    satisfied: int = 0

    def __str__(self) -> str:
        if self.certificate is not None:
            found = sum(len(line.get("because", [])) for line in self.certificate["proof"])
            return f"certificate: {counted(found, 'cofactor')}"
        if self.counterexample is not None:
            return f"counterexample: {self.counterexample}"
        where = (
            f"the claim held at all {counted(self.satisfied, 'instance')}"
            if self.satisfied
            else "no instance was found"
        )
        return f"neither: no cofactors were found, and {where} ({self.drawn} drawn)"


def settle(
    statement: Mapping[str, Any],
    *,
    lines: Sequence[Line] = (),
    draws: int = 3000,
    wanted: int = 300,
    seed: int = 0,
    seconds: float = 20,
) -> Settled:
    """Look for a certificate and for a counterexample.

    A few instances come first, since a claim that fails at one needs no search for cofactors; then the search; then
    all the other instances.

    Parameters
    ----------
    statement : mapping
        A statement as in a certificate, with ``claim`` in place of ``proof``.
    lines : sequence of str, Root or Sum
        Lines to show first, as in :class:`proofs_check.proving.specification.Spec`. What is not
        found without them may be found with them: the sum of an order relation, or equations that it needs.
    draws, wanted : int
        At most so many instances are drawn, and at most so many that satisfy the hypotheses are tried.
    seed : int
        Of the draws.
    seconds : float
        As for :func:`proofs_check.proving.statement.attempt`.

    Returns
    -------
    Settled

    Raises
    ------
    InputError
        If the statement cannot be read: an undeclared letter, an ill-typed product, a missing part. If neither is found
        where a solver that is not installed might have found a certificate.
    """
    _readable(statement)
    early = refute(statement, draws=min(draws, FEW), wanted=wanted, seed=seed)
    if early.found == "counterexample":
        return early
    missing: NoSolver | None = None
    try:
        proved = attempt(statement, lines, seconds=seconds)
    except NoSolver as error:
        proved, missing = None, error
    if proved is not None:
        return Settled("certificate", certificate=proved)
    settled = refute(statement, draws=draws, wanted=wanted, seed=seed)
    if missing is not None and settled.found == "neither":
        raise missing
    return settled


def refute(statement: Mapping[str, Any], *, draws: int = 3000, wanted: int = 300, seed: int = 0) -> Settled:
    """Look for a counterexample only; parameters as for `settle`."""
    _readable(statement)
    rng, sampler, claim = random.Random(seed), Sampler(statement), relation(statement["claim"])
    satisfied, number = 0, -1
    for number in range(draws):
        drawn = sampler.draw(rng, _dimension(number / draws, satisfied / wanted))
        if drawn is None:
            continue
        sizes, values = drawn
        satisfied += 1
        why = fails(claim, values)
        if why is not None:
            found = Refutation(sizes, {x: _texts(values[x]) for x in sorted(values)}, why)
            if verified(statement, found):
                return Settled("counterexample", counterexample=found, drawn=number + 1, satisfied=satisfied)
        if satisfied >= wanted:
            break
    return Settled("neither", drawn=number + 1, satisfied=satisfied)


def verified(statement: Mapping[str, Any], found: Refutation) -> bool:
    """Read the matrices of a counterexample anew and decide everything again.

    Returns
    -------
    bool
        Whether every declared letter has a matrix of the right shape, the declared ones are symmetric, every
        hypothesis holds exactly, and the claim does not.
    """
    sampler = Sampler(statement)
    values: dict[str, Value] = {}
    for x in sampler.scalars:
        values[x] = Fraction(found.values[x])
    for x in sampler.ends:
        m = np.array([[Fraction(entry) for entry in row] for row in found.values[x]], dtype=object)
        if m.shape != sampler.shape(x, found.sizes) or (x in sampler.symmetric and (m != m.T).any()):
            return False
        values[x] = m
    try:
        return all(holds(fact, values) for fact in sampler.hypotheses) and not holds(_claim(statement), values)
    except Unfit:
        return False


def _dimension(drawn: float, satisfied: float) -> int:
    """Small first: one dimension refutes what is wrong with numbers, two what takes matrices to commute."""
    progress = max(drawn, satisfied)
    return 1 if progress < 0.05 else 2 if progress < 0.5 else 3


def _claim(statement: Mapping[str, Any]) -> StatedRelation:
    return relation(statement["claim"])


def _readable(statement: Mapping[str, Any]) -> None:
    """Let the checker read every part: it knows the types."""
    name = statement.get("name", "the statement")
    if strange := set(statement) - PARTS:
        raise InputError(f"{name}: unknown parts {', '.join(sorted(strange))}; known are {', '.join(sorted(PARTS))}")
    if "claim" not in statement:
        raise InputError(f"{name}: the part 'claim' is missing: add what is to be shown, such as \"A B = B A\"")
    if both := set(statement.get("given", {})) & set(statement.get("positive", {})):
        raise InputError(f"{name}: two hypotheses are called {', '.join(sorted(both))}; rename one")
    context = Context(statement.get("letters", {}), statement.get("scalars", []), statement.get("symmetric", []))
    texts: list[tuple[str, tuple[str, ...]]] = [(text, ("=",)) for text in statement.get("given", {}).values()]
    texts += [(text, (">=", ">")) for text in statement.get("positive", {}).values()]
    texts += [(statement["claim"], ("=", ">=", ">"))]
    for text, signs in texts:
        try:
            sides(context, text, *signs)
        except Refused as refusal:
            raise InputError(f"{name}: {text!r}: {refusal}") from None


def _texts(x: Value) -> Any:
    return str(x) if isinstance(x, Fraction) else [[str(entry) for entry in row] for row in x]


def _one_line(x: Any) -> str:
    if isinstance(x, str):
        return x
    rows = [list(column) for column in zip(*x, strict=True)] if all(len(row) == 1 for row in x) else x
    texts = [", ".join(row) for row in rows]
    return texts[0] if len(rows) == len(rows[0]) == 1 else "(" + "; ".join(texts) + ")"


def main(arguments: Sequence[str]) -> int:
    """Settle the statement in a file; exit 0 with a certificate, 1 with a counterexample, 2 with neither."""
    if len(arguments) != 1:
        print("usage: python -m proofs_check.refuting.refute STATEMENT.json", file=sys.stderr)
        return 3
    try:
        settled = settle(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 3
    print(settled)
    if settled.certificate is not None:
        print(json.dumps(settled.certificate, indent=1, ensure_ascii=False))
    return ("certificate", "counterexample", "neither").index(settled.found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
