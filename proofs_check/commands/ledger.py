"""``proofs-check``: run the ledger and print it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from proofs_check.commands.options import EXACT_GEOMETRIES, GEOMETRIES
from proofs_check.commands.output import console_for_output, progress, spinner, write_json
from proofs_check.errors import InputError
from proofs_check.evidence.theorem import Claim, Theorem
from proofs_check.ledger.report import as_json, passed, print_report
from proofs_check.ledger.runner import run, run_claims
from proofs_check.terminal.exits import Exit
from proofs_check.terminal.parsing import refused
from theory import formulas, statements

__all__ = ["run_ledger"]


def run_ledger(options: argparse.Namespace) -> int:
    """Run, print, write; return the exit code."""
    from proofs_check.ledger.catalogue import claims, theorems

    if options.ledger:
        return _run_own(options)
    chosen = _selected(theorems, options.theorem)
    _refuse_without_effect(options)
    if options.export_rocq:
        return _run_export(options, theorems)
    if options.necessity:
        return _run_necessity(options)
    disputed = _claims_for(list(claims.values()), chosen, everything=options.theorem is None)
    geometries = options.geometries or (EXACT_GEOMETRIES if options.exact else GEOMETRIES)
    settings = {"seed": options.seed, "geometries": geometries, "exact": options.exact}
    start = time.perf_counter()
    with progress(len(chosen), "checking", 28) as advance:
        results = run(
            chosen,
            geometries=geometries,
            seed=options.seed,
            exact=options.exact,
            processes=options.processes,
            on_result=lambda result: advance(result.theorem.id),
        )
    with spinner("recomputing counterexamples"):
        refuted = run_claims(disputed)
    print_report(console_for_output(), results, refuted, settings, time.perf_counter() - start)
    if options.json:
        write_json(options.json, as_json(results, refuted, settings))
    return Exit.HOLDS if passed(results, refuted) else Exit.FALLS_SHORT


def _run_own(options: argparse.Namespace) -> int:
    from proofs_check.commands.conjecture import run_collection

    drawn = ("--theorem", "--geometries", "--exact", "--processes", "--seed", "--json")
    refused(options, "proofs-check", "--ledger", ("--necessity", "--export-rocq", "--compile", *drawn))
    return Exit.HOLDS if run_collection(console_for_output(), Path(options.ledger)) else Exit.FALLS_SHORT


def _refuse_without_effect(options: argparse.Namespace) -> None:
    drawn = ("--geometries", "--seed", "--exact", "--processes")
    if options.compile and not options.export_rocq:
        raise InputError("--compile: say with --export-rocq DIR where the files are to be written")
    if options.export_rocq:
        refused(options, "proofs-check", "--export-rocq", ("--necessity", "--json", "--csv", *drawn))
    if options.necessity:
        refused(options, "proofs-check", "--necessity", drawn)


def _run_export(options: argparse.Namespace, theorems: Mapping[str, Theorem]) -> int:
    from proofs_check.commands.rocq import export_rocq
    from proofs_check.ledger.readings import false_readings

    words = {id_: theorem.statement for id_, theorem in theorems.items()}
    conclusions = [formula for id_ in options.theorem or theorems for formula in statements[id_].conclusions]
    good = export_rocq(
        console_for_output(),
        Path(options.export_rocq),
        words,
        conclusions=conclusions,
        claims=list(false_readings(formulas)),
        ids=options.theorem,
        compiling=options.compile,
    )
    return Exit.HOLDS if good else Exit.FALLS_SHORT


def _run_necessity(options: argparse.Namespace) -> int:
    from proofs_check.commands.necessity import check_necessity

    good, report = check_necessity(console_for_output(), options.theorem)
    if options.json:
        write_json(options.json, report)
    return Exit.HOLDS if good else Exit.FALLS_SHORT


def _selected(theorems: Mapping[str, Theorem], ids: list[str] | None) -> list[Theorem]:
    if ids is None:
        return list(theorems.values())
    for id_ in ids:
        if id_ not in theorems:
            near = get_close_matches(id_, theorems, n=3, cutoff=0.3) or list(theorems)
            raise InputError(f"--theorem: there is no theorem {id_!r}; did you mean {', '.join(near)}?")
    wanted = list(dict.fromkeys(ids))
    for id_ in wanted:  # a row rests on the rows that it takes over
        wanted += [other for other in theorems[id_].states(formulas).cites if other not in wanted]
    return [theorem for id_, theorem in theorems.items() if id_ in wanted]


def _claims_for(claims: list[Claim], chosen: list[Theorem], *, everything: bool) -> list[Claim]:
    ids = {theorem.id for theorem in chosen}
    return [claim for claim in claims if everything or claim.corrected_by in ids]
