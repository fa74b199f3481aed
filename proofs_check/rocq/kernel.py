"""What Rocq's kernel says of exported files, and the record of what it has accepted.

A law is an assumption that ``Print Assumptions`` does not list. So the laws, and the proof that matrices obey them, are
part of what is recorded, to the letter; and only a run that has compiled everything is recorded.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from proofs_check.certificates.stored import RECORD
from proofs_check.errors import InputError
from proofs_check.rocq.export import LIBRARIES, TOGETHER, files_of, matrices_source, source
from proofs_check.rocq.propositions import FILES

__all__ = [
    "RECORD",
    "Compiled",
    "compile_all",
    "compile_file",
    "digest",
    "kernel_checked",
    "laws",
    "need_mathcomp",
    "recorded",
    "store",
    "typed",
]

CLOSED = "Closed under the global context"
MATHCOMP = "From mathcomp Require matrix.\n"
LIBRARY_NAMES = {Path(name).stem for name in LIBRARIES}

KernelChecked = Literal["yes", "no", "not run"]


@dataclass(frozen=True)
class Compiled:
    """What Rocq said of one file: `closed` of its `theorems` rest on no axiom; `ok` if that is all of them."""

    file: str
    ok: bool
    theorems: int
    closed: int
    version: str
    message: str


def digest(text: str) -> str:
    """Return the SHA-256 of what Rocq reads of a file: comments and white space count for nothing."""
    return hashlib.sha256(" ".join(_without_comments(text).split()).encode()).hexdigest()


def laws() -> dict[str, str]:
    """Return the SHA-256 of the laws and of the proof that matrices obey them, to the letter."""
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in LIBRARIES.items()}


def version() -> str | None:
    """Return the version of the `coqc` on the path, or None if there is none."""
    program = shutil.which("coqc")
    return None if program is None else _version_of(program)


@cache
def _version_of(program: str) -> str:
    answer = subprocess.run([program, "--print-version"], capture_output=True, text=True, check=True)
    return answer.stdout.split()[0]


def need_mathcomp() -> None:
    """Ask for `coqc` and for Mathematical Components.

    Raises
    ------
    InputError
        If one of them is not installed.
    """
    if version() is None:
        raise InputError(
            "--compile: coqc is not on the path; install Rocq and Mathematical Components (Debian: apt-get install "
            "coq libcoq-mathcomp-algebra)"
        )
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "asks.v").write_text(MATHCOMP, encoding="utf-8")
        run = subprocess.run(["coqc", "-q", "asks.v"], cwd=place, capture_output=True, text=True, check=False)
    if run.returncode:
        raise InputError(
            "--compile: coqc does not find Mathematical Components, which the theorems about matrices are stated in "
            "(Debian: apt-get install libcoq-mathcomp-algebra)"
        )


def compile_file(path: Path, seconds: float = 300) -> Compiled:
    """Compile a file and read its ``Print Assumptions``; what was compiled is kept beside it.

    What the file requires is looked for beside it, compiled.

    Raises
    ------
    InputError
        If `coqc` is not on the path.
    """
    found = version()
    if found is None:
        raise InputError("--compile: coqc is not on the path; install Rocq (Debian: apt-get install coq)")
    compiled = path.with_suffix(".vo")
    compiled.unlink(missing_ok=True)
    text = _without_comments(path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / path.name
        copy.write_bytes(path.read_bytes())
        for needed in path.parent.glob("*.vo"):
            if needed.stem in _required(text) | LIBRARY_NAMES:
                shutil.copy(needed, place)
        command = ["coqc", "-q", "-w", "none", copy.name]
        try:
            run = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=seconds)
        except subprocess.TimeoutExpired:
            return Compiled(path.name, False, 0, 0, found, f"not compiled within {seconds:g} s")
        if run.returncode == 0:
            shutil.copy(copy.with_suffix(".vo"), compiled)
    asked = re.findall(r"^Print Assumptions ([\w.]+)\.$", text, re.MULTILINE)
    every = run.stdout.splitlines().count(CLOSED) == len(asked) > 0
    stated: set[str] = set()
    if path.name not in LIBRARIES:
        named = re.search(rf"^Definition {TOGETHER} := \(([\w\s,]*)\)\.$", text, re.MULTILINE)
        asked = re.findall(r"\w+", named[1]) if named and asked == [TOGETHER] else asked
        stated = set(re.findall(r"^(?:Theorem|Lemma|Corollary) (\w+)", text, re.MULTILINE))
    forbidden = re.search(r"\b(?:Axiom|Parameter|Admitted|admit|Conjecture)\b", text)
    ok = run.returncode == 0 and every and stated <= set(asked) != set() and forbidden is None
    closed = len(asked) if every else 0
    return Compiled(path.name, ok, len(asked), closed, found, (run.stderr or run.stdout).strip())


def _required(text: str) -> set[str]:
    return set(re.findall(r"^Require (?:Import )?(\w+)\.$", text, re.MULTILINE))


def _without_comments(text: str) -> str:
    return re.sub(r"\(\*.*?\*\)", "", text, flags=re.DOTALL)


def _stages(paths: list[Path]) -> list[list[Path]]:
    """Split into stages, in each of which files rest only on those of the stages before."""
    required = {path: _required(_without_comments(path.read_text(encoding="utf-8"))) for path in paths}
    left, stages = list(paths), []
    while left:
        names = {path.stem for path in left}
        stages.append([path for path in left if not required[path] & names] or left)
        left = [path for path in left if path not in stages[-1]]
    return stages


def compile_all(
    paths: Iterable[Path], jobs: int = 2, on_compiled: Callable[[Compiled], object] | None = None
) -> list[Compiled]:
    """Compile files, `jobs` at a time, each after those that it rests on; nothing compiled before is used.

    `on_compiled` is called after each. What is returned is in the order of the files.
    """
    files = list(paths)
    for path in files:
        path.with_suffix(".vo").unlink(missing_ok=True)
    done: dict[str, Compiled] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for stage in _stages(files):
                for one in pool.map(compile_file, stage):
                    done[one.file] = one
                    if on_compiled is not None:
                        on_compiled(one)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done[path.name] for path in files]


def typed(directory: Path) -> tuple[bool, str]:
    """Have Rocq type the statements that a directory holds; return whether they are well-typed, and its complaint."""
    for name in FILES:
        command = ["coqc", "-q", "-w", "none", name]
        run = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
        if run.returncode:
            return False, run.stderr.strip()
    return True, ""


def recorded(record: Path = RECORD) -> dict[str, Any]:
    """Return the record: the digests of ``laws``, and what was compiled of each of the ``theorems``."""
    found = dict(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else {}
    return {"laws": {}, "theorems": {}} | found


def store(certificates: Mapping[str, Mapping[str, Any]], outcomes: Iterable[Compiled], record: Path = RECORD) -> None:
    """Record the digests of all texts that were compiled without an axiom, and of the laws that they rest on.

    Parameters
    ----------
    certificates : mapping of str to mapping
        All that there are, by their theorems. An entry that still holds is kept as it is, any other is forgotten.
    outcomes : iterable of Compiled
        What Rocq said of all files that `proofs_check.rocq.export.export` writes of them.
    record : Path
        The file.

    Raises
    ------
    ValueError
        If not everything was compiled: then nothing is written.
    """
    said = {done.file: done for done in outcomes}
    files = {id_: files_of(certificate) for id_, certificate in certificates.items()}
    wanted = {*LIBRARIES, *(name for names in files.values() for name in names)}
    refused = sorted(name for name in wanted if name not in said or not said[name].ok)
    if refused or not files:
        raise ValueError(f"only a run that has compiled everything is recorded; not compiled: {', '.join(refused)}")
    known, entries = recorded(record)["theorems"], {}
    for id_, certificate in sorted(certificates.items()):
        done = said[files[id_][0]]
        new = _digests(certificate) | {"theorems": done.theorems, "rocq": done.version}
        old = known.get(id_, {})
        entries[id_] = old if _same(old, new) else new
    written = {"laws": laws(), "theorems": entries}
    record.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def kernel_checked(certificate: Mapping[str, Any], record: Path = RECORD) -> tuple[KernelChecked, str]:
    """Say whether a kernel has accepted exactly the texts that this certificate exports now.

    Returns
    -------
    (str, str)
        ``yes``, ``no`` (a record exists, of other texts or of other laws) or ``not run``; and how that is known.
    """
    known = recorded(record)
    entry = known["theorems"].get(certificate["theorem"])
    if entry is None:
        return "not run", "no kernel's answer is recorded"
    if known["laws"] != laws():
        return "no", "the laws, or the proof that matrices obey them, are not those that were compiled"
    if not _same(entry, _digests(certificate)):
        return "no", "the exported text is not the one that was compiled"
    return "yes", f"compiled by Rocq {entry['rocq']} (recorded)"


def _digests(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """Return the digests of what a certificate says of operators, and of matrices."""
    return {"operators": digest(source(certificate)), "matrices": digest(matrices_source(certificate))}


def _same(entry: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(entry.get(kind) == other[kind] for kind in ("operators", "matrices"))
