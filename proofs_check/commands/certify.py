"""Find the cofactors of every statement anew and write the certificates.

What is found is replayed by the checker. Needed only after the theory has changed; it takes about a minute. In a source
tree the certificates are written to where the ledger reads them; an installed package is left as it is, and --out says
where they go.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from proofs_check.certificates.checker import Refused, check, load
from proofs_check.certificates.models import Model, models, nothing_satisfies, written
from proofs_check.certificates.stored import CERTIFICATES, MODELS, put, write
from proofs_check.commands.output import console_for_output, folder_for_output, spinner
from proofs_check.errors import InputError
from proofs_check.ledger.catalogue import specs, theorems
from proofs_check.proving.statement import NotFound, statement
from proofs_check.refuting.models import model
from proofs_check.refuting.refute import refute
from proofs_check.terminal.exits import Exit
from proofs_check.terminal.words import counted
from theory import formulas

__all__ = ["add_options", "certify"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``proofs-check certify``."""
    parser.add_argument("theorems", nargs="*", metavar="THEOREM", help="ids; all that have a specification by default")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder for the certificates, created if need be (default: that of the package, in a source tree only)",
    )
    parser.set_defaults(run=certify)


def certify(options: argparse.Namespace) -> int:
    """Search, write and replay; return 0, or 1 if a certificate that was written is refused."""
    specified = {id_: theorem.certificate for id_, theorem in theorems.items() if theorem.certificate}
    for id_ in options.theorems:
        if id_ not in specified:
            near = ", ".join(get_close_matches(id_, specified, n=3, cutoff=0.3) or specified)
            raise InputError(f"THEOREM: nothing is specified for {id_!r}; did you mean {near}?")
        if options.theorems.count(id_) > 1:
            raise InputError(f"THEOREM: {id_!r} is given twice; give it once")
    folder, console = _folder(options.out), console_for_output()
    good, known = True, {name: spec for name, (_, spec) in specs.items()}
    for id_ in options.theorems or specified:
        start = time.perf_counter()
        try:
            with spinner(f"searching: {id_}"):
                statements = [statement(formulas[spec.formula], spec, known, formulas) for spec in specified[id_]]
                result = check(load(write(id_, statements, folder)))
                empty = _modelled(statements, folder)
        except NotFound as error:
            good = False
            console.print(f"{id_}: {error}\n  {_settled(error)}")
            continue
        except Refused as error:
            good = False
            console.print(f"{id_}: the specification cannot be read: {error}")
            continue
        except OSError as error:
            raise InputError(f"--out: cannot write into {folder} ({error.strerror}); name another folder") from None
        good &= bool(result) and not empty
        if empty:
            console.print(f"{id_}: nothing was found that satisfies what is given in {', '.join(empty)}")
        words = counted(result.cofactors, "term") if result else result.refusal
        console.print(f"{id_}: {words}, found in {time.perf_counter() - start:.1f} s")
    return Exit.HOLDS if good else Exit.FALLS_SHORT


def _folder(out: str | None) -> Path:
    if out is not None:
        return folder_for_output(out)
    if not (CERTIFICATES.parents[1] / "pyproject.toml").is_file():
        raise InputError("--out: this package is installed and is left as it is; name a folder for the certificates")
    return CERTIFICATES


def _modelled(statements: Sequence[Mapping[str, Any]], folder: Path) -> list[str]:
    """Store a model of every statement; returns the names of those that none was found for.

    A stored one that still fits stays, unless fewer letters are zero in the one that is found.
    """
    path = folder / MODELS.name
    before = models() | (dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {})
    found = {one["name"]: _better(one, model(one), before.get(one["name"])) for one in statements}
    known = {name: one for name, one in before.items() if name in specs and name not in found}
    put(path, written(known | {name: one for name, one in found.items() if one}))
    models.cache_clear()
    return [name for name, one in found.items() if one is None]


def _better(statement: Mapping[str, Any], found: Model | None, before: Model | None) -> Model | None:
    if before is None or nothing_satisfies(statement, before) is not None:
        return found
    return before if found is None or len(before["zero"]) <= len(found["zero"]) else found


def _settled(error: NotFound) -> str:
    """Say whether a small counterexample explains why no cofactors were found."""
    if error.statement is None:
        return "nothing was searched"
    found = refute(error.statement)
    if found.counterexample is None:
        return f"neither cofactors nor a counterexample: the claim held at {counted(found.satisfied, 'small instance')}"
    values = "; ".join(f"{name} = {value}" for name, value in found.counterexample.values.items())
    return f"a counterexample was found: {values}"
