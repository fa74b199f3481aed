"""The conclusions of the theorems as propositions of Rocq about matrices over any ordered field.

Each is written from its statement in `theory`, and from nothing else: its letters with their kinds, what the derivation
defines, the hypotheses, and what then holds. A symmetric letter is any symmetric matrix: where it is to be positive
semidefinite, the statement says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from proofs_check.errors import InputError
from proofs_check.rocq.terms import comment, rocq_name
from proofs_check.rocq.wording import LANGUAGE, RELATION, Inexpressible, Wording
from theory.derivation.formula import Formula
from theory.language.symbols import PRIMITIVES, Primitive, SymmetricSymbol

__all__ = ["FILES", "Inexpressible", "export_statements", "identifier", "proposition", "statements"]

#: The words of the statements, and the statements.
FILES = (LANGUAGE.name, "statements.v")
HEAD = """\
From mathcomp Require Import all_ssreflect all_algebra.
Require Import language.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.
"""


def identifier(id_: str) -> str:
    """Return the name of the proposition of a conclusion."""
    return f"{rocq_name(id_)}_statement"


def statements(formulas: Iterable[Formula]) -> tuple[str, dict[str, str]]:
    """Write a file of Rocq that states conclusions.

    Parameters
    ----------
    formulas : iterable of Formula
        Conclusions.

    Returns
    -------
    (str, dict of str to str)
        The file; and for each conclusion that it leaves out, what there is no word for.
    """
    parts, left_out = [HEAD], {}
    for formula in formulas:
        try:
            said = proposition(formula)
        except Inexpressible as error:
            left_out[formula.id] = str(error)
        else:
            title = comment(f"{formula.id}: {formula.plain}.")
            parts.append(f"{title}\nDefinition {identifier(formula.id)} : Prop :=\n  {said}.")
    return "\n\n".join(parts) + "\n", left_out


def export_statements(directory: Path, formulas: Iterable[Formula]) -> tuple[int, dict[str, str]]:
    """Write what conclusions say, and the words that they use, as two files of Rocq.

    Returns
    -------
    (int, dict of str to str)
        How many are stated; and for each that is not, what there is no word for.

    Raises
    ------
    InputError
        If the directory cannot be written.
    """
    chosen = list(formulas)
    text, left_out = statements(chosen)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, written in zip(FILES, (LANGUAGE.read_text(encoding="utf-8"), text), strict=True):
            (directory / name).write_text(written, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--export-rocq: cannot write to {directory} ({error.strerror})") from None
    return len(chosen) - len(left_out), left_out


def proposition(formula: Formula) -> str:
    """Write what a conclusion says, for all matrices of all sizes.

    Raises
    ------
    Inexpressible
        If there is no word for a part of it.
    """
    write = Wording()
    definitions = {step.symbol: step for step in formula.derivation if step.kind == "definition"}
    spoken = _from_the_ground([*(a.says for a in formula.assumptions), formula.says], definitions)
    inputs = [x for x in spoken if x not in definitions]
    primitives = {item.symbol: item for item in PRIMITIVES.values()}
    if strange := [x for x in inputs if x not in primitives and not x.is_integer]:
        raise Inexpressible(f"what {strange[0]} is")
    kinds: dict[str, list[str]] = {}
    for x in sorted(inputs, key=lambda x: not x.is_integer):
        kinds.setdefault(write.kind(x), []).append(write.name(x))
    lines = list(filter(None, (_said_of(x, primitives.get(x), write) for x in inputs)))
    for x in spoken:
        if x in definitions:
            lines += _defined(x, definitions[x], write)
    for claim, end in (*((a.says, " ->") for a in formula.assumptions), (formula.says, "")):
        text = write.says(claim, RELATION if end else RELATION + 1)
        lines += [*write.characterised(), text + end]
    letters = "".join(f" ({' '.join(names)} : {kind})" for kind, names in kinds.items())
    return "\n  ".join([f"forall (R : {'rcfType' if write.rooted else 'realFieldType'}){letters},", *lines])


def _said_of(x: Any, item: Primitive | None, write: Wording) -> str:
    """What the kind of an input says of it."""
    name = write.name(x)
    if isinstance(x, SymmetricSymbol):
        return f"{name}^T = {name} ->"
    if item is not None and item.kind == "step":
        return f"0 < {name} ->"
    if item is None or item.kind == "count":
        # Sizes are those of a theorem that speaks of something: no space of no dimension, no prompt without examples.
        least = 1 if item is None else item.least
        return f"(0 < {name})%N ->" if least == 1 else f"({least} <= {name})%N ->" if least else ""
    return ""


def _defined(x: Any, step: Any, write: Wording) -> Iterator[str]:
    left, right = step.equation.lhs, step.equation.rhs
    if left == right:
        raise Inexpressible(f"{x}, {step.reason}")
    if left != x or x in right.free_symbols:
        yield f"forall {write.name(x)} : {write.kind(x)}, {write.says(step.equation)} ->"
    else:
        text = write.term(right)
        yield from write.characterised()
        yield f"let {write.name(x)} := {text} in"


def _from_the_ground(spoken: Iterable[Any], definitions: dict[Any, Any]) -> list[Any]:
    """What is spoken of, with sizes and what it is made of: each symbol after those that define it."""
    done: dict[Any, None] = {}

    def place(expr: Any, waiting: frozenset[Any]) -> None:
        for x in sorted(expr.free_symbols - waiting, key=str):
            if x not in done:
                for size in getattr(x, "shape", ()):
                    place(size, waiting)
                if x in definitions:
                    place(definitions[x].equation.rhs, waiting | {x})
                done[x] = None

    for expr in spoken:
        place(expr, frozenset())
    return list(done)
