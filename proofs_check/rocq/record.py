"""Record of what Rocq has accepted: the texts of a run that has compiled everything, by their digests.

A law is an assumption that ``Print Assumptions`` does not list. So the laws, and the proof that matrices obey them, are
part of what is recorded, to the letter; so are the words in which the theorems are stated.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

from proofs_check.certificates.stored import RECORD, certificate, stored
from proofs_check.rocq.export import LIBRARIES, files_of, matrices_source, source
from proofs_check.rocq.kernel import Compiled, without_comments
from proofs_check.rocq.library import ANSWERS, CLAIMS, STATEMENTS, is_proved, library, required
from proofs_check.rocq.propositions import Kind, proposition
from theory.derivation.formula import Formula

__all__ = ["RECORD", "digest", "kernel_checked", "laws", "proof_checked", "recorded", "store"]

Answer = Literal["yes", "no", "not run"]
#: What the library does to what it states, and to what is claimed.
SETTLED: dict[Kind, str] = {"statement": "proved", "claim": "refuted"}


@cache
def digest(text: str) -> str:
    """Return the SHA-256 of what Rocq reads of a file: comments and white space count for nothing."""
    return hashlib.sha256(" ".join(without_comments(text).split()).encode()).hexdigest()


def laws() -> dict[str, str]:
    """Return the SHA-256 of the laws and of the proof that matrices obey them, to the letter."""
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in LIBRARIES.items()}


def recorded(record: Path = RECORD) -> dict[str, Any]:
    """Return the record: digests of the ``laws``, of the ``theorems`` of certificates, of ``proofs`` and statements."""
    found = dict(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else {}
    return {"laws": {}, "theorems": {}, "proofs": {}} | found


def store(
    certificates: Mapping[str, Mapping[str, Any]],
    outcomes: Iterable[Compiled],
    record: Path = RECORD,
    conclusions: Iterable[Formula] = (),
    claims: Iterable[Formula] = (),
) -> None:
    """Record the digests of all texts that were compiled without an axiom, and of what they rest on.

    Parameters
    ----------
    certificates : mapping of str to mapping
        All that there are, by their theorems. An entry that still holds is kept as it is, any other is forgotten.
    outcomes : iterable of Compiled
        What Rocq said of all files that `proofs_check.rocq.export.export` writes of them, and of the library's.
    record : Path
        The file.
    conclusions, claims : iterable of Formula
        What the library's statements say, and what it refutes; without any, proofs are not recorded.

    Raises
    ------
    ValueError
        If not everything was compiled: then nothing is written.
    """
    said = {done.file: done for done in outcomes}
    files = {id_: files_of(certificate) for id_, certificate in certificates.items()}
    settled: dict[Kind, list[Formula]] = {
        "statement": [formula for formula in conclusions if is_proved(formula.id)],
        "claim": [claim for claim in claims if is_proved(claim.id, "claim")],
    }
    proved = any(settled.values())
    wanted = {*LIBRARIES, *(name for names in files.values() for name in names)}
    wanted |= {*library(), STATEMENTS, CLAIMS, ANSWERS} if proved else set()
    refused = sorted(name for name in wanted if name not in said or not said[name].ok)
    if refused or not files:
        raise ValueError(f"only a run that has compiled everything is recorded; not compiled: {', '.join(refused)}")
    known, entries = recorded(record), {}
    for id_, one in sorted(certificates.items()):
        done = said[files[id_][0]]
        entries[id_] = _kept(known["theorems"].get(id_, {}), _digests(one), done, theorems=done.theorems)
    written = {"laws": laws(), "theorems": entries, "proofs": {}}
    if proved:
        new: dict[str, Any] = {"library": _library()}
        new |= {kind: {x.id: digest(proposition(x)) for x in found} for kind, found in settled.items()}
        written["proofs"] = _kept(known["proofs"], new, said[ANSWERS], mathcomp=_mathcomp())
    record.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def _kept(old: Mapping[str, Any], digests: Mapping[str, Any], done: Compiled, **told: Any) -> dict[str, Any]:
    """An entry that still holds, as it is; else a new one."""
    return dict(old) if _same(old, digests) else {**digests, **told, "rocq": done.version}


def _mathcomp() -> str:
    """The version of Mathematical Components, where the packages of Debian can be asked."""
    query = shutil.which("dpkg-query")
    if query is None:
        return "unknown"
    command = [query, "--show", "--showformat", "${source:Upstream-Version}", "libcoq-mathcomp-algebra"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def kernel_checked(certificate: Mapping[str, Any], record: Path = RECORD) -> tuple[Answer, str]:
    """Say whether a kernel has accepted exactly the texts that this certificate exports now.

    Returns
    -------
    (str, str)
        ``yes``, ``no`` (a record exists, of other texts or of other laws) or ``not run``; and how that is known.
    """
    return _checked(certificate["theorem"], lambda: _digests(certificate), recorded(record))


def _checked(theorem: str, digests: Callable[[], dict[str, Any]], known: Mapping[str, Any]) -> tuple[Answer, str]:
    entry = known["theorems"].get(theorem)
    if entry is None:
        return "not run", "no kernel's answer is recorded"
    if known["laws"] != laws():
        return "no", "the laws, or the proof that matrices obey them, are not those that were compiled"
    if not _same(entry, digests()):
        return "no", "the exported text is not the one that was compiled"
    return "yes", f"compiled by Rocq {entry['rocq']} (recorded)"


def proof_checked(formula: Formula, record: Path = RECORD, kind: Kind = "statement") -> tuple[Answer, str]:
    """Say whether a kernel has accepted the library's proof of exactly what a formula says now, or its refutation.

    Returns
    -------
    (str, str)
        As `kernel_checked` does.
    """
    known = recorded(record)
    entry = known["proofs"]
    if not entry:
        return "not run", "no kernel's answer is recorded"
    if entry["library"] != _library():
        return "no", "the proofs, or the words of the statements, are not those that were compiled"
    if entry[kind].get(formula.id) != digest(proposition(formula)):
        return "no", f"the {kind} is not the one that was {SETTLED[kind]}"
    for id_ in _certificates_below():
        word, why = _checked(id_, partial(_stored_digests, id_), known)
        if word != "yes":
            return word, f"the certificate of {id_}, which the proofs use: {why}"
    versions = f"Rocq {entry['rocq']} with Mathematical Components {entry['mathcomp']}"
    return "yes", f"{SETTLED[kind]} in {versions} (recorded)"


def _library() -> dict[str, str]:
    return {name: digest(text) for name, text in library().items()}


def _certificates_below() -> list[str]:
    """The theorems whose certificates the library uses."""
    modules = set[str]().union(*(required(text) for text in library().values()))
    return [id_ for id_ in stored() if Path(files_of({"theorem": id_})[1]).stem in modules]


@cache
def _stored_digests(id_: str) -> dict[str, Any]:
    return _digests(certificate(id_))


def _digests(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """Return the digests of what a certificate says of operators, and of matrices."""
    return {"operators": digest(source(certificate)), "matrices": digest(matrices_source(certificate))}


def _same(entry: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(entry.get(kind) == found for kind, found in other.items())
