"""``proofs-check --export-rocq DIR``: write the certificates as files of Rocq, and compile them if asked to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from proofs_check.certificates.checker import Refused, check, load
from proofs_check.certificates.stored import CERTIFICATES, MODELS
from proofs_check.commands.output import progress, spinner
from proofs_check.errors import InputError
from proofs_check.rocq.export import LIBRARIES, export
from proofs_check.rocq.kernel import Compiled, compile_all, need_mathcomp
from proofs_check.rocq.library import ANSWERS, STATEMENTS, export_library
from proofs_check.rocq.record import RECORD, store
from proofs_check.terminal.words import counted
from theory import Formula

__all__ = ["certificates", "export_rocq"]


def certificates(ids: Sequence[str] | None = None, directory: Path = CERTIFICATES) -> dict[str, dict[str, Any]]:
    """Load the certificates of the given theorems (all of them by default), checked.

    Raises
    ------
    InputError
        If a theorem has no certificate, or a certificate is refused.
    """
    found = sorted(directory.glob("*.json"))
    paths = {path.stem: path for path in found if path.name not in (RECORD.name, MODELS.name)}
    for id_ in ids or ():
        if id_ not in paths:
            raise InputError(f"--theorem: {id_} has no certificate; there are {', '.join(paths) or 'none'}")
    loaded = {id_: _accepted(path) for id_, path in paths.items() if ids is None or id_ in ids}
    for id_, certificate in loaded.items():
        if certificate["theorem"] != id_:
            raise InputError(
                f"{paths[id_].name}: proves {certificate['theorem']!r}, and is named after another theorem"
            )
    return loaded


def _accepted(path: Path) -> dict[str, Any]:
    try:
        certificate = load(path)
        refusal = check(certificate).refusal
    except (Refused, ValueError) as error:
        refusal = str(error)
    if refusal is not None:
        raise InputError(f"{path.name}: refused by the checker ({refusal}); nothing is exported")
    return certificate


def export_rocq(
    console: Console,
    directory: Path,
    words: Mapping[str, str],
    *,
    conclusions: Sequence[Formula] = (),
    claims: Sequence[Formula] = (),
    ids: Sequence[str] | None = None,
    compiling: bool = False,
    source: Path = CERTIFICATES,
) -> bool:
    """Export, and with `compiling` compile, certificates, what theorems say, and the proofs of the library.

    Parameters
    ----------
    console : Console
        For the report.
    directory : Path
        Where the files of Rocq are written.
    words : mapping of str to str
        Theorem id to its statement in words.
    conclusions : sequence of Formula
        What is stated, as propositions about matrices.
    claims : sequence of Formula
        What is false; stated where the library refutes it.
    ids : sequence of str, optional
        Theorems; by default all, and then the proofs of the statements are exported as well.
    compiling : bool
        Compile every file and check its ``Print Assumptions``. If these are all theorems and all files are accepted,
        that is recorded in ``kernel.json`` beside the certificates.
    source : Path
        Where the certificates are.

    Returns
    -------
    bool
        Whether all files that were compiled, at least one of them, rest on no axiom; True if none was to be compiled.

    Raises
    ------
    InputError
        If a certificate is refused, or what compiling takes is not installed.
    """
    if compiling:
        need_mathcomp()
    with spinner("checking certificates"):
        chosen = certificates(ids, source)
        paths = export(chosen.values(), directory, words)
        if conclusions:
            more, left_out = export_library(directory, conclusions, claims, proofs=ids is None)
            paths += [path for path in more if path not in paths]
    console.print(f"{counted(len(paths), 'file')} written to {directory}", soft_wrap=True)
    if conclusions:
        missing = f"; no words for {len(left_out)}" if left_out else ""
        stated = counted(len(conclusions) - len(left_out), "conclusion")
        console.print(f"{stated} stated in {directory / STATEMENTS}{missing}", soft_wrap=True)
    if not compiling:
        return True
    start = time.perf_counter()
    with progress(len(paths), "compiling", 28) as advance:
        outcomes = compile_all(paths, on_compiled=lambda done: advance(done.file))
    for done in outcomes:
        if not done.ok:
            console.print(f"{done.file}: {_complaint(done)}", soft_wrap=True)
    good = sum(done.ok for done in outcomes)
    closed = sum(done.closed for done in outcomes if done.file not in {*LIBRARIES, ANSWERS})
    proved = sum(done.closed for done in outcomes if done.file == ANSWERS)
    version = outcomes[0].version if outcomes else "?"
    console.print(
        f"{good} of {counted(len(outcomes), 'file')} compiled by Rocq {version}, {counted(closed, 'theorem')} of "
        f"certificates and {counted(proved, 'proof')} of the library closed under the global context "
        f"({time.perf_counter() - start:.0f} s)",
        soft_wrap=True,
    )
    whole = good == len(outcomes) > 0
    if whole and ids is None:
        store(chosen, outcomes, source / RECORD.name, conclusions, claims)
    else:
        reason = "not all files were compiled" if ids is None else "these are not all theorems"
        console.print(f"nothing is recorded: {reason}", soft_wrap=True)
    return whole


def _complaint(done: Compiled) -> str:
    theorems = f"{counted(done.theorems, 'theorem')} {'is' if done.theorems == 1 else 'are'}"
    return f"{done.closed} of {theorems} closed under the global context\n{done.message}"
