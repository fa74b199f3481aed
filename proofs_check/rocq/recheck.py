"""A second look at what was compiled: ``python -m proofs_check.rocq.recheck DIR``.

`coqchk` reads the compiled files themselves, and the libraries that they rest on, and types everything again: it does
not trust that whoever wrote the files was `coqc`. Nothing may be assumed in any of them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from proofs_check.errors import InputError

__all__ = ["main", "recheck"]

#: What coqchk lists. Each list must be empty,
LISTS = ("type-in-type", r"unsafe \(co\)fixpoints", "positivity is assumed")
#: and that of axioms hold the machine's numbers at most: Rocq's library declares them, its kernel computes with them,
#: and that no theorem rests on them is what ``Print Assumptions`` has said.
PRIMITIVE = ("Coq.Numbers.Cyclic.Int63.PrimInt63.", "Coq.Floats.PrimFloat.")


def recheck(directory: Path, *, libraries: bool = True) -> tuple[bool, str]:
    """Have `coqchk` check every compiled file of a directory.

    Parameters
    ----------
    directory : Path
        Where ``proofs-check --export-rocq DIR --compile`` has left its files.
    libraries : bool
        Check the libraries below them too, which takes most of the time. Without that nothing is accepted, for what
        they assume is not known; but what it says of the files themselves can be read.

    Returns
    -------
    (bool, str)
        Whether it accepts all of them, nothing being assumed; and what it says.

    Raises
    ------
    InputError
        If a file was not compiled, or there is none.
    """
    names = sorted(path.stem for path in directory.glob("*.v"))
    missing = [name for name in names if not (directory / f"{name}.vo").exists()]
    if missing or not names:
        raise InputError(f"{directory}: not compiled: {', '.join(missing) or 'there is no file'}")
    chosen = names if libraries else [x for name in names for x in ("-norec", name)]
    run = subprocess.run(
        ["coqchk", "-silent", "-o", *chosen], cwd=directory, capture_output=True, text=True, check=False
    )
    said = run.stdout + run.stderr
    nothing = all(re.search(rf"{what}: <none>$", said, re.MULTILINE) for what in LISTS) and _no_axiom(said)
    return libraries and run.returncode == 0 and nothing, said.strip()


def _no_axiom(said: str) -> bool:
    """Whether the list of axioms is there, and holds nothing but the machine's numbers."""
    listed = re.search(r"^\* Axioms:(?: <none>\n|\n((?: {4}\S+\n)+))", said, re.MULTILINE)
    return listed is not None and all(name.startswith(PRIMITIVE) for name in (listed[1] or "").split())


def main(arguments: Sequence[str]) -> int:
    """Recheck a directory and say what came of it."""
    (directory,) = map(Path, arguments)
    good, said = recheck(directory)
    print(said, "\n\nrechecked:", "nothing is assumed" if good else "NOT ACCEPTED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
