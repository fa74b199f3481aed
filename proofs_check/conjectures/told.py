"""What is told of a conjecture and of what became of it: lines for a terminal, data for a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import Symbol
from sympy.core.relational import Relational

from proofs_check.conjectures.conjecture import Conjecture
from proofs_check.conjectures.drawing import Sample, least
from proofs_check.conjectures.settling import Settlement
from proofs_check.evidence.verdict import Verdict
from proofs_check.terminal.words import counted
from theory.errors import TheoryError
from theory.language.predicates import Loewner
from theory.language.printing import plain
from theory.language.symbols import SymmetricSymbol

__all__ = ["as_data", "read_as", "told", "values_told"]


def read_as(conjecture: Conjecture) -> Iterator[str]:
    """Say how a conjecture was understood."""
    yield f"claim: {conjecture.claim}"
    yield from (f"given: {text}" for text in conjecture.given)
    yield from (f"where: {text}" for text in conjecture.where)
    yield from (f"any:   {text}" for text in _kinds(conjecture))
    yield from (f"presumes: {text}" for text in conjecture.presumes)
    if conjecture.takes_over:
        yield f"definitions as derived in: {', '.join(conjecture.takes_over)}"


def _kinds(conjecture: Conjecture) -> Iterator[str]:
    kinds: dict[str, list[str]] = {}
    for x in conjecture.free:
        kinds.setdefault(_kind(x), []).append(plain(x))
    yield from (f"{', '.join(names)}: {kind}" for kind, names in kinds.items())


def _kind(x: Any) -> str:
    if isinstance(x, Symbol):
        return f"whole number, at least {least(x)}" if x.is_integer else "number > 0" if x.is_positive else "number"
    rows, columns = x.shape
    if columns == 1:
        return f"vector of {rows}"
    return f"symmetric matrix, {rows} by {rows}" if isinstance(x, SymmetricSymbol) else f"matrix, {rows} by {columns}"


def told(outcome: Settlement) -> Iterator[str]:
    """Say what became of a conjecture."""
    search = outcome.search
    tried = f"{counted(search.satisfied, 'instance')} of the hypotheses, {search.drawn} drawn"
    match outcome.verdict:
        case Verdict.PROVED:
            proof = [line for statement in outcome.proof.statements for line in statement["proof"]]
            terms = sum(len(line["because"]) + len(line.get("sum", [])) for line in proof)
            yield f"PROVED for every dimension: {counted(len(proof), 'line')}, {counted(terms, 'term')}, replayed"
            if any("/step" in statement["name"] for statement in outcome.proof.statements):
                yield "by induction on the number of turns: at the first, and from each to the next"
            yield f"it held at {tried}"
        case Verdict.REFUTED:
            yield f"REFUTED by an exact counterexample ({tried})"
        case _:
            yield f"UNKNOWN: no proof, and no counterexample at {tried}"
            if outcome.proof.missing:
                yield f"  {outcome.proof.missing}"
    if outcome.counterexample is not None:
        yield "counterexample:"
        yield from (f"  {text}" for text in values_told(outcome.conjecture, outcome.counterexample))
    elif search.model is not None:
        yield "an instance of the hypotheses:"
        yield from (f"  {text}" for text in values_told(outcome.conjecture, search.model))
    if outcome.verdict is Verdict.UNKNOWN and search.spare is not None and search.nearest is not None:
        yield f"the least to spare is {search.spare:.2g} of what is compared, at"
        yield from (f"  {text}" for text in values_told(outcome.conjecture, search.nearest))
    yield from (f"the proof does not need: {text}" for text in outcome.idle)
    for one in outcome.missing:
        how = "it is PROVED" if one.provable else f"no counterexample at {counted(one.instances, 'instance')}, no proof"
        yield f"if also {one.says}: {how}"
    yield from outcome.notes


def values_told(conjecture: Conjecture, case: Sample) -> Iterator[str]:
    """Write a case, and both sides of what is claimed there."""
    if case.sizes:
        yield ", ".join(f"{name} = {size}" for name, size in sorted(case.sizes.items()))
    yield from (f"{plain(x)} = {_written(case.values[x].to_sympy())}" for x in conjecture.free if x in case.values)
    says = conjecture.formula.says
    sides = says.args[:2] if isinstance(says, Relational | Loewner) else ()
    try:
        at = case.instance(conjecture)
        for side in sides:
            if side.free_symbols:
                value = at.algebraic(side)
                yield f"there {plain(side)} = {_written(value)}"
    except (TheoryError, TypeError, ValueError, NotImplementedError):
        return


def _written(value: Any) -> str:
    if not getattr(value, "is_Matrix", False):
        return str(value)
    rows = value.tolist()
    if len(rows) == len(rows[0]) == 1:
        return str(rows[0][0])
    if len(rows[0]) == 1:
        return f"({', '.join(str(row[0]) for row in rows)})"
    return "[" + ", ".join(f"[{', '.join(map(str, row))}]" for row in rows) + "]"


def as_data(outcome: Settlement) -> dict[str, Any]:
    """Plain data: what was read, and what became of it."""
    conjecture, search = outcome.conjecture, outcome.search
    return {
        "name": conjecture.name,
        "setting": conjecture.setting.name,
        "let": list(conjecture.setting.own),
        "given": list(conjecture.given),
        "claim": conjecture.claim,
        "where": list(conjecture.where),
        "presumes": list(conjecture.presumes),
        "verdict": str(outcome.verdict),
        "drawn": search.drawn,
        "satisfied": search.satisfied,
        "undecided": search.undecided,
        "counterexample": None if outcome.counterexample is None else case_data(outcome.counterexample),
        "model": None if search.model is None else case_data(search.model),
        "spare": search.spare,
        "idle": list(outcome.idle),
        "missing": [{"says": x.says, "provable": x.provable, "instances": x.instances} for x in outcome.missing],
        "unproved": outcome.proof.missing,
        "notes": list(outcome.notes),
        "seconds": round(outcome.seconds, 2),
    }


def case_data(case: Sample) -> dict[str, Any]:
    """A case as plain data: sizes, and fractions as texts."""
    values = {x.name: [[str(y) for y in row] for row in value.to_sympy().tolist()] for x, value in case.values.items()}
    return {"sizes": dict(case.sizes), "values": values}
