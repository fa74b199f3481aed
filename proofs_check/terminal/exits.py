"""The exit codes of all commands, in one table: 1 and 3 are verdicts, and no accident looks like a verdict."""

from __future__ import annotations

import shutil
from enum import IntEnum
from textwrap import TextWrapper

__all__ = ["EXITS", "LEDGER", "Exit", "described"]


class Exit(IntEnum):
    """How a command ended.

    From 64 on they follow the conventions of the system: 70 and 74 are those of ``sysexits.h``, and a shell reports
    128 plus its number for a signal (2 is the interrupt, 13 the closed pipe).
    """

    HOLDS = 0
    FALLS_SHORT = 1
    INPUT = 2
    UNDECIDED = 3
    INTERNAL = 70
    UNWRITTEN = 74
    INTERRUPTED = 130
    CLOSED = 141


#: The name of the command without a name.
LEDGER = ""

_GOES_ON = "interrupted; the same command goes on from there"

#: What the codes of each command say; a command that does not list 1 or 3 does not return it.
EXITS: dict[str, dict[Exit, str]] = {
    LEDGER: {
        Exit.HOLDS: "every theorem holds and every counterexample refutes its claim; with --necessity, every "
        "hypothesis is shown to be needed; with --compile, every file rests on no axiom",
        Exit.FALLS_SHORT: "something falls short of that",
    },
    "theorem": {Exit.HOLDS: "printed"},
    "conjecture": {
        Exit.HOLDS: "proved",
        Exit.FALLS_SHORT: "refuted; or what the file says of it does not hold",
        Exit.UNDECIDED: "neither a proof nor a counterexample was found",
    },
    "predict": {
        Exit.HOLDS: "the simulation confirms the prediction",
        Exit.FALLS_SHORT: "the simulation does not confirm it",
        Exit.UNDECIDED: "undecided: the pair does not converge, so that it has no equilibrium to compare with; "
        "rounding hides the answer; or --turns is too small to tell",
    },
    "attack": {
        Exit.HOLDS: "the attack succeeds, and the simulation confirms it",
        Exit.FALLS_SHORT: "the simulation does not confirm the plan",
        Exit.UNDECIDED: "no attack to confirm: no labels (within the budget) reach the goal; the least error is "
        "printed, and proved by a certificate; or undecided: rounding hides it, or the pair has not settled",
    },
    "audit": {
        Exit.HOLDS: "honest: it acts on the goal that it claims, or rests where its declared loss is least",
        Exit.FALLS_SHORT: "shifted: it acts on labels that its claimed goal does not minimise",
        Exit.UNDECIDED: "undecidable; the reason is printed",
    },
    "identify": {
        Exit.HOLDS: "everything asked for is determined, and no test failed",
        Exit.FALLS_SHORT: "a test failed: the agent is not affine, remembers, or does not make gradient steps on the "
        "given prompt; or the run contradicts the prediction",
        Exit.UNDECIDED: "something is not determined: directions without excitation, a target or a pair that noise "
        "leaves open, a pair that does not converge, a run too short to compare",
    },
    "helpers": {
        Exit.HOLDS: "the simulations confirm the predictions",
        Exit.FALLS_SHORT: "a simulation does not",
        Exit.UNDECIDED: "undecided: rounding could explain what differs, or a bound was not seen to hold",
    },
    "chat": {
        Exit.HOLDS: "the experiment is complete",
        Exit.FALLS_SHORT: "it is complete, but some runs were given up for want of a usable answer",
        Exit.UNDECIDED: "it stopped (server, token limit); the same command goes on",
        Exit.INTERRUPTED: _GOES_ON,
    },
    "sweep": {
        Exit.HOLDS: "the sweep is complete",
        Exit.FALLS_SHORT: "it is complete, but at some point formula and simulation differ by more than the bound "
        "allows",
        Exit.INTERRUPTED: _GOES_ON,
    },
    "certify": {
        Exit.HOLDS: "every certificate was found, written and replayed",
        Exit.FALLS_SHORT: "none was found for some theorem, or what was found is refused",
    },
}

_SHARED = {
    Exit.INPUT: "a file or an option cannot be used; the message says which, and what to do",
    Exit.INTERNAL: "internal error: a defect of this program, worth a report",
    Exit.UNWRITTEN: "the output cannot be written, as on a full disk",
    Exit.INTERRUPTED: "interrupted",
    Exit.CLOSED: "the reader of the output has gone, as in '| head'",
}


def described(command: str) -> str:
    """Return the exit codes of a command as the end of its help."""
    said = dict(sorted((_SHARED | EXITS[command]).items()))
    columns = min(100, shutil.get_terminal_size().columns - 2)
    wrapper = TextWrapper(max(columns, 20), subsequent_indent=" " * 7)
    return "\n".join(["exit codes:", *(wrapper.fill(f"  {int(code):<4} {text}") for code, text in said.items())])
