"""Settle a claim of your own about two agents, or about matrices: proved, refuted, or what is missing.

The claim is written as the theorems are printed: "|e_inf| <= |Delta|", "e_inf = 0 iff Q Delta = 0", "M is invertible".
Products stand side by side, ' transposes, ^-1 inverts, ^+ is the pseudo-inverse, |x| a length, <x, y> an inner product;
spr, sigma_max, sigma_min and tr are functions. A file that was written with --out is checked again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proofs_check.commands.options import duration, whole_number
from proofs_check.commands.output import console_for_output, folder_for_output, new_table, spinner, write_json
from proofs_check.conjectures.conjecture import Conjecture, conjectured
from proofs_check.conjectures.folder import FILE, kernel, opened, replayed, written
from proofs_check.conjectures.prompts import prompts, run_line
from proofs_check.conjectures.settings import SETTINGS, setting
from proofs_check.conjectures.settling import Settlement, settled
from proofs_check.conjectures.told import as_data, read_as, told
from proofs_check.errors import InputError
from proofs_check.evidence.verdict import Verdict
from proofs_check.terminal.exits import Exit
from theory.language.printing import plain
from theory.language.symbols import PRIMITIVES

__all__ = ["add_options", "conjecture", "run_collection"]

CODES = {Verdict.PROVED: Exit.HOLDS, Verdict.REFUTED: Exit.FALLS_SHORT}


def conjecture(
    claim: Any,
    given: Sequence[Any] = (),
    *,
    let: Sequence[str] = (),
    setting: str = "pair",
    name: str = "conjecture",
    seconds: float = 60,
    seed: int = 0,
    suggest: bool = True,
) -> Settlement:
    """Settle a claim of one's own.

    Parameters
    ----------
    claim : str or predicate
        What is claimed: text as theorems are printed, a relation of SymPy over the symbols of
        `theory.language.symbols`, or a predicate of `theory.language.predicates`.
    given : sequence of str or predicate
        What is assumed.
    let : sequence of str
        Own symbols: ``"C: symmetric d"``, ``"x, y: vector d"``, ``"c: number"``, or definitions ``"K = A B - B A"``.
    setting : str
        Which symbols are predefined: ``pair``, ``attack``, ``helper``, ``none``, or the id of a theorem.
    name : str
        What to call it.
    seconds : float
        Time limit; what is being tried when it is over is finished.
    seed : int
        Of the instances that are drawn.
    suggest : bool
        Whether to look for a missing hypothesis where there is no proof.

    Returns
    -------
    Settlement
        With ``verdict``, ``counterexample``, ``proof`` and ``missing``.

    Raises
    ------
    InputError
        What cannot be read or has no meaning; the message points at the character.

    Examples
    --------
    >>> from proofs_check import conjecture
    >>> str(conjecture("M e_inf = A Q Delta").verdict)
    'PROVED'
    >>> str(conjecture("P Q = Q P", suggest=False).verdict)
    'REFUTED'
    """
    if not seconds > 0:
        raise InputError(f"seconds = {seconds}: give a positive time limit")
    read = conjectured(claim, given, let=let, setting=setting, name=name)
    return settled(read, seconds=seconds, seed=seed, suggest=suggest)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``proofs-check conjecture``."""
    parser.add_argument("claim", nargs="?", metavar="CLAIM", help="what is claimed, or a file conjecture.toml")
    parser.add_argument("--given", action="extend", nargs="+", default=[], metavar="TEXT", help="hypotheses")
    parser.add_argument(
        "--let",
        action="extend",
        nargs="+",
        default=[],
        metavar="TEXT",
        help="own symbols: 'C: symmetric d', 'x, y: vector d', 'X: matrix n d', 'c: number' (or positive, count), or "
        "definitions 'K = A B - B A'",
    )
    parser.add_argument(
        "--setting",
        default="pair",
        metavar="NAME",
        help=f"predefined symbols: {', '.join(SETTINGS)}, or the id of a theorem (default pair)",
    )
    parser.add_argument("--symbols", action="store_true", help="list the symbols of the setting, and stop")
    parser.add_argument("--seconds", type=duration, default=60, metavar="S", help="time limit (default 60)")
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="K", help="of the instances (default 0)")
    parser.add_argument("--name", default="conjecture", help="what to call it (default conjecture)")
    parser.add_argument("--again", action="store_true", help="settle a file anew, rather than check what it says")
    parser.add_argument("--out", metavar="DIR", help="write statement, proof or counterexample to the folder DIR")
    parser.add_argument("--compile", action="store_true", help="with --out: have Rocq check the proof")
    parser.add_argument("--json", metavar="FILE", help="also write the outcome to FILE; - is standard output")
    parser.set_defaults(run=run_conjecture)


def run_conjecture(options: argparse.Namespace) -> int:
    """Settle, print, write; return the exit code."""
    console = console_for_output()
    if options.symbols:
        _print_symbols(console, options)
        return Exit.HOLDS
    if options.claim is None:
        raise InputError(
            'CLAIM: say what is claimed, such as "|e_inf| <= |Delta|"; --symbols lists what it may speak of'
        )
    if options.compile and options.out is None:
        raise InputError("--compile: give the folder of the files of Rocq with --out")
    outcome = _outcome(console, options)
    for line in told(outcome):
        console.print(line, soft_wrap=True)
    _run_hint(console, outcome)
    if options.out is not None:
        folder = folder_for_output(options.out)
        names = [path.name for path in written(outcome, folder)]
        console.print(f"written to {folder}: {', '.join(names)}", soft_wrap=True)
        if options.compile and outcome.proof.certificate is not None:
            with spinner("Rocq compiles the proof"):
                said = kernel(folder)
            console.print(said, soft_wrap=True)
            if "refuses" in said:
                return Exit.FALLS_SHORT
    if options.json is not None:
        write_json(options.json, as_data(outcome))
    return CODES.get(outcome.verdict, Exit.INTERRUPTED if outcome.interrupted else Exit.UNDECIDED)


def _outcome(console: Any, options: argparse.Namespace) -> Settlement:
    is_file = options.claim.endswith(".toml")
    if is_file:
        if options.given or options.let:
            raise InputError("--given, --let: the file says what is given and declared; edit it, or leave it out")
        read, _ = opened(Path(options.claim))
    else:
        read = conjectured(options.claim, options.given, let=options.let, setting=options.setting, name=options.name)
    for line in read_as(read):
        console.print(line, soft_wrap=True)
    if is_file and not options.again and (known := replayed(Path(options.claim))) is not None:
        return known
    return settle_aloud(read, options.seconds, options.seed)


def settle_aloud(read: Conjecture, seconds: float, seed: int) -> Settlement:
    """Settle a conjecture, each step shown on standard error while it runs."""

    def step(text: str) -> None:
        if sys.stderr.isatty():
            print(f"  {text}", file=sys.stderr)

    return settled(read, seconds=seconds, seed=seed, on_step=step)


def _run_hint(console: Any, outcome: Settlement) -> None:
    if outcome.counterexample is not None and prompts(outcome.counterexample) is not None:
        console.print(f"as two prompts (--out writes them): {run_line(outcome.counterexample)}", soft_wrap=True)


def _print_symbols(console: Any, options: argparse.Namespace) -> None:
    chosen = setting(options.setting)
    defined = {step.symbol: step for step in chosen.steps}
    table = new_table("name", "meaning", title=f"Symbols of the setting {chosen.name}", left=range(2))
    for name, symbol in sorted(chosen.names.items()):
        step = defined.get(symbol)
        if step is not None:
            meaning = plain(step.equation) if step.described is None else step.reason
        elif name in PRIMITIVES:
            meaning = PRIMITIVES[name].meaning
        else:
            continue
        table.add_row(plain(symbol), meaning)
    console.print(table)


def run_collection(console: Any, folder: Path, seconds: float = 60) -> bool:
    """Check every conjecture of a folder; print a table; return whether each is proved, or refuted as its file says.

    Raises
    ------
    InputError
        If there is none, or one cannot be read.
    """
    paths = sorted({*folder.glob("*.toml"), *folder.glob(f"*/{FILE}")})
    if not paths:
        raise InputError(
            f"--ledger: there is no conjecture in {folder}; proofs-check conjecture ... --out DIR writes one"
        )
    table = new_table("conjecture", "verdict", "claim", "given", title=f"Conjectures in {folder}", left=range(4))
    good = True
    for path in paths:
        read, data = opened(path)
        with spinner(f"checking {path.name}"):
            outcome = replayed(path) or settled(read, seconds=seconds, suggest=False)
        said = data.get("verdict")
        holds = outcome.verdict is Verdict.PROVED or (outcome.verdict is Verdict.REFUTED and said == Verdict.REFUTED)
        good = good and holds
        table.add_row(
            str(path.relative_to(folder)),
            "\n".join([str(outcome.verdict), *outcome.notes]),
            read.claim,
            "; ".join(read.given),
        )
    console.print(table)
    return good
