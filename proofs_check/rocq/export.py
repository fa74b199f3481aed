"""Certificates as files of Rocq: one self-contained file a theorem, compiled by Rocq's kernel.

A file opens with the laws of operators (`operators.v`) and a proof, from these laws, that a replay of cofactors is
sound. Each statement of the certificate follows as a theorem about all spaces, proved by its cofactors; the kernel
repeats the computation. ``Print Assumptions`` shows that nothing else was used.

A law is an assumption that ``Print Assumptions`` does not list. So the laws, and the proof that matrices obey them
(`rational_matrices.v`), are part of what is recorded, and only a run that has compiled that proof too is recorded.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from proofs_check.certificates.stored import RECORD
from proofs_check.errors import InputError
from proofs_check.rocq.induction import POWERS
from proofs_check.rocq.propositions import LANGUAGE, statements
from proofs_check.rocq.statement import induction, theorem
from proofs_check.rocq.terms import LAWS, RESERVED, comment, rocq_name
from theory import Formula

__all__ = [
    "RECORD",
    "Compiled",
    "compile_all",
    "compile_file",
    "digest",
    "export",
    "export_model",
    "export_statements",
    "kernel_checked",
    "laws",
    "recorded",
    "source",
    "store",
    "typed",
]

HERE = Path(__file__).parent
CLOSED = "Closed under the global context"
MODEL = "rational_matrices.v"
STATEMENTS = "statements.v"
#: All theorems of a file: asked once what they rest on, Rocq goes through its library once.
TOGETHER = "every_theorem"

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


def source(certificate: Mapping[str, Any], words: str = "") -> str:
    """Write a certificate as a file of Rocq.

    Parameters
    ----------
    certificate : mapping
        One that `proofs_check.certificates.checker.check` accepts.
    words : str
        The theorem in words, for the opening comment.

    Raises
    ------
    ValueError
        If a statement is malformed, or of a kind that is not exported.
    """
    taken = {*RESERVED, TOGETHER}

    def new_name(text: str) -> str:
        name = rocq_name(text)
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    parts, names = [], []
    for statement in certificate["statements"]:
        name, text = theorem(statement, new_name)
        names.append(name)
        notes = [f"Argued in prose, not proved here: {line}" for line in statement.get("prose", [])]
        parts.append("\n".join([comment(f"{statement['name']}."), *map(comment, notes), text]))
        turns, text = induction(statement, name, new_name)
        if turns:
            names += turns
            parts.append("\n".join([comment(f"{statement['name']}: by induction, for every turn."), text]))
    title = f"The theorem '{certificate['theorem']}'" + (f": {words}" if words else ".")
    reading = (
        "An operator X : hom b a maps the space a to the space b; X * Y is 'first Y, then X', X^* the adjoint, "
        "k • X a multiple, X >= 0 positive semidefinite. A vector is a map from the space of numbers. The theorems "
        "are the last part of this file. That rational matrices of every size obey the laws is proved in "
        "rational_matrices.v."
    )
    head = [comment(title), comment(reading), "", LAWS, "(** * The theorems *)", "", "Local Open Scope operator_scope."]
    together = f"Definition {TOGETHER} := ({', '.join(names)})."
    together = textwrap.fill(together, 118, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    if any("rpower" in part for part in parts):
        head.append(POWERS)
    section = ["Section Theorems.", "Context {O : Operators}.", "", *parts, together, "End Theorems."]
    return "\n".join([*head, *section, "", f"Print Assumptions {TOGETHER}.", ""])


def export(certificates: Iterable[Mapping[str, Any]], directory: Path, words: Mapping[str, str]) -> list[Path]:
    """Write one file for each certificate.

    Parameters
    ----------
    certificates : iterable of mapping
        Such as `proofs_check.certificates.checker.check` accepts.
    directory : Path
        Made if it does not exist.
    words : mapping of str to str
        Theorem id to the theorem in words.

    Raises
    ------
    InputError
        If the directory cannot be written, or two theorems would have one file.
    """
    paths: list[Path] = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for certificate in certificates:
            id_ = str(certificate["theorem"])
            path = directory / f"{rocq_name(id_)}.v"
            if path in paths or path.name == MODEL:
                raise InputError(
                    f"--export-rocq: the file {path.name} of {id_} is another's as well; rename the theorem"
                )
            path.write_text(source(certificate, words.get(id_, "")), encoding="utf-8")
            paths.append(path)
    except OSError as error:
        raise InputError(f"--export-rocq: cannot write to {directory} ({error.strerror})") from None
    return paths


def export_model(directory: Path) -> Path:
    """Write the proof that rational matrices of every size obey the laws, so that every theorem speaks of them."""
    path = directory / MODEL
    path.write_text(f"{LAWS}\n{(HERE / MODEL).read_text(encoding='utf-8')}", encoding="utf-8")
    return path


def export_statements(directory: Path, formulas: Iterable[Formula]) -> tuple[int, dict[str, str]]:
    """Write what conclusions say, as propositions about matrices over any ordered field, with the words they use.

    Returns
    -------
    (int, dict of str to str)
        How many are stated; and for each that is not, what there is no word for.

    Raises
    ------
    InputError
        If the directory cannot be written.
    """
    chosen = list(formulas)
    text, left_out = statements(chosen)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / LANGUAGE.name).write_text(LANGUAGE.read_text(encoding="utf-8"), encoding="utf-8")
        (directory / STATEMENTS).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--export-rocq: cannot write to {directory} ({error.strerror})") from None
    return len(chosen) - len(left_out), left_out


def typed(directory: Path) -> tuple[bool | None, str]:
    """Have Rocq type the statements of a directory.

    Returns
    -------
    (bool or None, str)
        Whether they are well-typed, None without Mathematical Components; and what Rocq complains of.
    """
    for name in (LANGUAGE.name, STATEMENTS):
        # What it warns of is MathComp's own.
        command = ["coqc", "-q", "-w", "none", name]
        run = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
        said = run.stderr.strip()
        if run.returncode:
            missing = name == LANGUAGE.name and "mathcomp" in said
            return None if missing else False, said
    return True, ""


def digest(text: str) -> str:
    """Return the SHA-256 of what Rocq reads of a file: comments and white space count for nothing."""
    return hashlib.sha256(" ".join(_without_comments(text).split()).encode()).hexdigest()


def laws() -> dict[str, str]:
    """Return the SHA-256 of the laws and of the proof that matrices obey them, to the letter."""
    texts = {"operators.v": LAWS, MODEL: (HERE / MODEL).read_text(encoding="utf-8")}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


def version() -> str | None:
    """Return the version of the `coqc` on the path, or None if there is none."""
    if shutil.which("coqc") is None:
        return None
    answer = subprocess.run(["coqc", "--print-version"], capture_output=True, text=True, check=True)
    return answer.stdout.split()[0]


def compile_file(path: Path, seconds: float = 300) -> Compiled:
    """Compile a file and read its ``Print Assumptions``; what was compiled is kept beside it.

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
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / path.name
        copy.write_bytes(path.read_bytes())
        command = ["coqc", "-q", copy.name]
        try:
            run = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=seconds)
        except subprocess.TimeoutExpired:
            return Compiled(path.name, False, 0, 0, found, f"not compiled within {seconds:g} s")
        if run.returncode == 0:
            shutil.copy(copy.with_suffix(".vo"), compiled)
    text = _without_comments(path.read_text(encoding="utf-8"))
    asked = re.findall(r"^Print Assumptions ([\w.]+)\.$", text, re.MULTILINE)
    every = run.stdout.splitlines().count(CLOSED) == len(asked) > 0
    if asked == [TOGETHER]:
        named = re.search(rf"^Definition {TOGETHER} := \(([\w\s,]*)\)\.$", text, re.MULTILINE)
        asked = re.findall(r"\w+", named[1]) if named else []
    stated = re.findall(r"^(?:Theorem|Lemma|Corollary) (\w+)", text.partition("Section Theorems.")[2], re.MULTILINE)
    forbidden = re.search(r"\b(?:Axiom|Parameter|Admitted|admit|Conjecture)\b", text)
    ok = run.returncode == 0 and every and set(stated) <= set(asked) != set() and forbidden is None
    closed = len(asked) if every else 0
    return Compiled(path.name, ok, len(asked), closed, found, (run.stderr or run.stdout).strip())


def _without_comments(text: str) -> str:
    return re.sub(r"\(\*.*?\*\)", "", text, flags=re.DOTALL)


def compile_all(
    paths: Iterable[Path], jobs: int = 2, on_compiled: Callable[[Compiled], object] | None = None
) -> list[Compiled]:
    """Compile files, `jobs` at a time; `on_compiled` is called after each, in their order."""
    done = []
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for one in pool.map(compile_file, paths):
                done.append(one)
                if on_compiled is not None:
                    on_compiled(one)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return done


def recorded(record: Path = RECORD) -> dict[str, Any]:
    """Return the record: the digests of ``laws``, and what was compiled of each of the ``theorems``."""
    found = dict(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else {}
    return {"laws": {}, "theorems": {}} | found


def store(outcomes: Mapping[str, tuple[str, Compiled]], model: Compiled, record: Path = RECORD) -> None:
    """Record the digest of every text that was compiled without an axiom, and of the laws that they rest on.

    Parameters
    ----------
    outcomes : mapping of str to (str, Compiled)
        Theorem id to the exported text and what Rocq said, for all theorems that have a certificate. An entry that
        still holds is kept as it is, any other is forgotten.
    model : Compiled
        What Rocq said of the proof that matrices obey the laws.
    record : Path
        The file.

    Raises
    ------
    ValueError
        If not everything was compiled: then nothing is written.
    """
    refused = [done.file for done in (model, *(done for _, done in outcomes.values())) if not done.ok]
    if refused or model.file != MODEL or not outcomes:
        raise ValueError(f"only a run that has compiled everything is recorded; not compiled: {', '.join(refused)}")
    known, entries = recorded(record)["theorems"], {}
    for id_, (text, done) in sorted(outcomes.items()):
        new = {"sha256": digest(text), "theorems": done.theorems, "rocq": done.version}
        entries[id_] = known[id_] if known.get(id_, {}).get("sha256") == new["sha256"] else new
    written = {"laws": laws(), "theorems": entries}
    record.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def kernel_checked(certificate: Mapping[str, Any], record: Path = RECORD) -> tuple[KernelChecked, str]:
    """Say whether a kernel has accepted exactly the text that this certificate exports now.

    Returns
    -------
    (str, str)
        ``yes``, ``no`` (a record exists, of another text or of other laws) or ``not run``; and how that is known.
    """
    known = recorded(record)
    entry = known["theorems"].get(certificate["theorem"])
    if entry is None:
        return "not run", "no kernel's answer is recorded"
    if known["laws"] != laws():
        return "no", "the laws, or the proof that matrices obey them, are not those that were compiled"
    if entry["sha256"] != digest(source(certificate)):
        return "no", "the exported text is not the one that was compiled"
    return "yes", f"compiled by Rocq {entry['rocq']} (recorded)"
