"""The conclusions of the theorems as propositions of Rocq about matrices over any ordered field.

Each is written from its statement in `theory`, and from nothing else: its letters with their kinds, what the derivation
defines, the hypotheses, and what then holds. A symmetric letter is any symmetric matrix: where it is to be positive
semidefinite, the statement says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sympy import Inverse

from proofs_check.rocq.terms import comment, filled, rocq_name
from proofs_check.rocq.wording import LANGUAGE, RELATION, Inexpressible, Wording
from theory.derivation.formula import Formula
from theory.language.predicates import Invertible
from theory.language.symbols import PRIMITIVES, Primitive, SymmetricSymbol

__all__ = ["LANGUAGE", "Inexpressible", "Kind", "definition", "identifier", "proposition", "statements"]

HEAD = """\
From mathcomp Require Import all_ssreflect all_algebra.
Require Import language.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.
"""


Kind = Literal["statement", "claim"]


def identifier(id_: str, kind: Kind = "statement") -> str:
    """Return the name of the proposition of a conclusion, or of a claim."""
    return f"{rocq_name(id_)}_{kind}"


def statements(formulas: Iterable[Formula], kind: Kind = "statement") -> tuple[str, dict[str, str]]:
    """Write a file of Rocq that states conclusions, or claims.

    Parameters
    ----------
    formulas : iterable of Formula
        What is stated.
    kind : str
        How the propositions are called.

    Returns
    -------
    (str, dict of str to str)
        The file; and for each conclusion that it leaves out, what there is no word for.
    """
    parts, left_out = [HEAD], {}
    for formula in formulas:
        try:
            said = definition(formula, kind)
        except Inexpressible as error:
            left_out[formula.id] = str(error)
        else:
            parts.append("\n".join([comment(f"{formula.id}: {formula.plain}."), said]))
    return "\n\n".join(parts) + "\n", left_out


def definition(formula: Formula, kind: Kind = "statement") -> str:
    """Write the proposition of a conclusion, or of a claim, under its name.

    Raises
    ------
    Inexpressible
        If there is no word for a part of it.
    """
    lines = [filled(line.strip(), 2) for line in f"{proposition(formula)}.".splitlines()]
    return "\n".join([f"Definition {identifier(formula.id, kind)} : Prop :=", *lines])


def proposition(formula: Formula) -> str:
    """Write what a conclusion says, for all matrices of all sizes.

    Raises
    ------
    Inexpressible
        If there is no word for a part of it.
    """
    definitions = {step.symbol: step for step in formula.derivation if step.kind == "definition"}
    write = Wording(definitions)
    given = _presumed([a.says for a in formula.assumptions])
    claims = [*given, formula.says]
    spoken = _from_the_ground(map(write.spoken, claims), definitions)
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
            lines += write.defined(x)
    for claim, end in zip(claims, [" ->"] * len(given) + [""], strict=True):
        text = write.says(claim, RELATION if end else RELATION + 1)
        lines += [*write.characterised(), text + end]
    letters = "".join(f" ({' '.join(names)} : {kind})" for kind, names in kinds.items())
    field, said = write.field()
    return "\n  ".join([f"forall (R : {field}){letters},", *filter(None, [said]), *lines])


def _presumed(given: Sequence[Any]) -> list[Any]:
    """Hypotheses; before one that speaks of an inverse, that there is one. In MathComp every matrix has an inverse."""
    inverses = ([Invertible(x.arg) for x in sorted(says.atoms(Inverse), key=str)] for says in given)
    return list(dict.fromkeys(x for says, presumed in zip(given, inverses, strict=True) for x in (*presumed, says)))


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


def _from_the_ground(spoken: Iterable[Iterable[Any]], definitions: Mapping[Any, Any]) -> list[Any]:
    """What is spoken of, with sizes and what it is made of: each symbol after those that define it."""
    done: dict[Any, None] = {}

    def place(wanted: Iterable[Any]) -> None:
        for x in sorted(wanted, key=str):
            if x not in done:
                for size in getattr(x, "shape", ()):
                    place(size.free_symbols)
                if x in definitions:
                    place(definitions[x].made_of)
                done[x] = None

    for symbols in spoken:
        place(symbols)
    return list(done)
