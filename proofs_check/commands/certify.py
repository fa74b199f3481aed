"""Find the cofactors of every statement anew and write the certificates.

What is found is replayed by the checker. Needed only after the theory has changed; it takes about a minute.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from proofs_check.certificates.checker import Refused, check, load
from proofs_check.certificates.models import Model, models, nothing_satisfies, written
from proofs_check.certificates.stored import MODELS, write
from proofs_check.errors import InputError
from proofs_check.ledger.catalogue import specs, theorems
from proofs_check.proving.statement import NotFound, statement
from proofs_check.refuting.models import model
from proofs_check.refuting.refute import refute
from theory import formulas

__all__ = ["add_options", "certify"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``proofs-check certify``."""
    parser.add_argument("theorems", nargs="*", metavar="THEOREM", help="ids; all that have a specification by default")
    parser.set_defaults(run=certify)


def certify(options: argparse.Namespace) -> int:
    """Search, write and replay; return 0, or 1 if a certificate that was written is refused."""
    specified = {id_: theorem.certificate for id_, theorem in theorems.items() if theorem.certificate}
    for id_ in options.theorems:
        if id_ not in specified:
            near = ", ".join(get_close_matches(id_, specified, n=3, cutoff=0.3) or specified)
            raise InputError(f"THEOREM: nothing is specified for {id_!r}; did you mean {near}?")
    good, known = True, {name: spec for name, (_, spec) in specs.items()}
    for id_ in options.theorems or specified:
        start = time.perf_counter()
        try:
            statements = [statement(formulas[spec.formula], spec, known, formulas) for spec in specified[id_]]
            result = check(load(write(id_, statements)))
            empty = _modelled(statements)
        except NotFound as error:
            good = False
            print(f"{id_}: {error}\n  {_settled(error)}", flush=True)
            continue
        except Refused as error:
            good = False
            print(f"{id_}: the specification cannot be read: {error}", flush=True)
            continue
        good &= bool(result) and not empty
        if empty:
            print(f"{id_}: nothing was found that satisfies what is given in {', '.join(empty)}", flush=True)
        words = f"{result.cofactors} terms" if result else result.refusal
        print(f"{id_}: {words}, found in {time.perf_counter() - start:.1f} s", flush=True)
    return 0 if good else 1


def _modelled(statements: Sequence[Mapping[str, Any]]) -> list[str]:
    """Store a model of every statement; returns the names of those that none was found for.

    A stored one that still fits stays, unless fewer letters are zero in the one that is found.
    """
    found = {statement["name"]: _better(statement, model(statement)) for statement in statements}
    known = {name: one for name, one in models().items() if name in specs and name not in found}
    MODELS.write_text(written(known | {name: one for name, one in found.items() if one}), encoding="utf-8")
    models.cache_clear()
    return [name for name, one in found.items() if one is None]


def _better(statement: Mapping[str, Any], found: Model | None) -> Model | None:
    before = models().get(statement["name"])
    if before is None or nothing_satisfies(statement, before) is not None:
        return found
    return before if found is None or len(before["zero"]) <= len(found["zero"]) else found


def _settled(error: NotFound) -> str:
    """Say whether a small counterexample explains why no cofactors were found."""
    if error.statement is None:
        return "nothing was searched"
    found = refute(error.statement)
    if found.counterexample is None:
        return f"neither cofactors nor a counterexample: the claim held at {found.satisfied} small instances"
    values = "; ".join(f"{name} = {value}" for name, value in found.counterexample.values.items())
    return f"a counterexample was found: {values}"
