"""Find the cofactors of every statement anew and write the certificates.

What is found is replayed by the checker. Needed only after the theory has changed; it takes about a minute.
"""

from __future__ import annotations

import argparse
import time
from difflib import get_close_matches

from proofs_check.certificates.checker import check, load
from proofs_check.certificates.stored import write
from proofs_check.errors import InputError
from proofs_check.ledger.catalogue import theorems
from proofs_check.proving.statement import NotFound, statement
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
    good = True
    for id_ in options.theorems or specified:
        start = time.perf_counter()
        try:
            statements = [statement(formulas[spec.formula], spec) for spec in specified[id_]]
            result = check(load(write(id_, statements)))
        except NotFound as error:
            good = False
            print(f"{id_}: {error}\n  {_settled(error)}", flush=True)
            continue
        good &= bool(result)
        words = f"{result.cofactors} terms" if result else result.refusal
        print(f"{id_}: {words}, found in {time.perf_counter() - start:.1f} s", flush=True)
    return 0 if good else 1


def _settled(error: NotFound) -> str:
    """Say whether a small counterexample explains why no cofactors were found."""
    if error.statement is None:
        return "nothing was searched"
    found = refute(error.statement)
    if found.counterexample is None:
        return f"neither cofactors nor a counterexample: the claim held at {found.satisfied} small instances"
    values = "; ".join(f"{name} = {value}" for name, value in found.counterexample.values.items())
    return f"a counterexample was found: {values}"
