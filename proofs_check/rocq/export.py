"""Certificates as files of Rocq: a theorem about operators, and the same theorem about real matrices.

`operators.v` has the laws of operators and a proof, from these laws, that a replay of cofactors is sound. On it rests
one file for each certificate: its statements as theorems about all spaces, proved by their cofactors; the kernel
repeats the computation. `real_matrices.v` proves that matrices over any ordered field obey the laws. A second file for
each certificate says its theorems of such matrices, in the notation of Mathematical Components.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from proofs_check.errors import InputError
from proofs_check.rocq.matrices import OPENING, about_matrices, about_matrices_at_every_turn
from proofs_check.rocq.statement import induction, start_of, theorem
from proofs_check.rocq.terms import LAWS, RESERVED, comment, filled, rocq_name

__all__ = [
    "LIBRARIES",
    "TOGETHER",
    "export",
    "files_of",
    "matrices_source",
    "question",
    "source",
    "together",
    "written",
]

HERE = Path(__file__).parent
#: What the exported files rest on: the laws with the replay, and the proof that matrices obey them.
LIBRARIES = {"operators.v": LAWS} | {
    name: (HERE / name).read_text(encoding="utf-8") for name in ("forms.v", "real_matrices.v")
}
#: All theorems of a file: asked once what they rest on, Rocq goes through its library once.
TOGETHER = "every_theorem"

OPERATORS = """From Coq Require Import QArith List.
Require Import operators.

Import ListNotations.
Local Open Scope operator_scope."""


def source(certificate: Mapping[str, Any], words: str = "") -> str:
    """Write a certificate as a file of Rocq, about operators between any spaces.

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
    new_name = _fresh_names()
    parts, names = [], []
    for statement in certificate["statements"]:
        name, text = theorem(statement, new_name)
        names.append(name)
        parts.append("\n".join([*_notes(statement), text]))
        turns, text = induction(statement, name, new_name)
        if turns:
            names += turns
            parts.append("\n".join([comment(f"{statement['name']}: by induction, for every turn."), text]))
    reading = (
        "An operator X : hom b a maps the space a to the space b; X * Y is 'first Y, then X', X^* the adjoint, "
        "k • X a multiple, X >= 0 positive semidefinite. A vector is a map from the space of numbers. The laws are "
        f"those of operators.v. The same theorems about real matrices are in {files_of(certificate)[1]}."
    )
    section = ["Section Theorems.", "Context {O : Operators}.", "", *parts, together(names), "End Theorems."]
    return "\n".join([_title(certificate, words), comment(reading), "", OPERATORS, "", *section, *question()])


def matrices_source(certificate: Mapping[str, Any], words: str = "") -> str:
    """Write the theorems of a certificate about real matrices, as a file that rests on that of `source`.

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
    new_name = _fresh_names()
    module = rocq_name(str(certificate["theorem"]))
    parts, names = [], []
    for statement in certificate["statements"]:
        name = new_name(statement["name"])
        names.append(name)
        parts.append("\n".join([*_notes(statement), about_matrices(statement, name, module)]))
        first = start_of(statement)
        if first is not None:
            turns = [new_name(str(first["name"])), new_name(f"{name}_every_turn")]
            names += turns
            text = about_matrices_at_every_turn(statement, turns, module)
            parts.append("\n".join([comment(f"{statement['name']}: by induction, for every turn."), text]))
    reading = "For matrices over every ordered field R, of all sizes, 0 among them; psd is defined in forms.v."
    head = [_title(certificate, words), comment(reading), "", OPENING, f"Require {module}.", ""]
    return "\n".join([*head, *parts, together(names), *question()])


def files_of(certificate: Mapping[str, Any]) -> tuple[str, str]:
    """Return the names of the files that `source` and `matrices_source` are for."""
    module = rocq_name(str(certificate["theorem"]))
    return f"{module}.v", f"{module}_matrices.v"


def _fresh_names() -> Callable[[str], str]:
    taken = {*RESERVED, TOGETHER}

    def new_name(text: str) -> str:
        name = rocq_name(text)
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    return new_name


def _title(certificate: Mapping[str, Any], words: str) -> str:
    return comment(f"The theorem '{certificate['theorem']}'" + (f": {words}" if words else "."))


def _notes(statement: Mapping[str, Any]) -> list[str]:
    notes = [f"Argued in prose, not proved here: {line}" for line in statement.get("prose", [])]
    return [comment(f"{statement['name']}."), *map(comment, notes)]


def together(names: Sequence[str]) -> str:
    """Name all theorems of a file at once."""
    return filled(f"Definition {TOGETHER} := ({', '.join(names)}).")


def question() -> list[str]:
    """Ask what all of them rest on: the last lines of a file."""
    return ["", f"Print Assumptions {TOGETHER}.", ""]


def export(certificates: Iterable[Mapping[str, Any]], directory: Path, words: Mapping[str, str]) -> list[Path]:
    """Write what certificates say of operators and of matrices, a file each, and what these rest on.

    Parameters
    ----------
    certificates : iterable of mapping
        Such as `proofs_check.certificates.checker.check` accepts.
    directory : Path
        Made if it does not exist.
    words : mapping of str to str
        Theorem id to the theorem in words.

    Returns
    -------
    list of Path
        The two files of `LIBRARIES`; then two files for each certificate, in their order.

    Raises
    ------
    InputError
        If the directory cannot be written, or two theorems would have one file.
    """
    texts: dict[str, str] = dict(LIBRARIES)
    for certificate in certificates:
        id_ = str(certificate["theorem"])
        said = words.get(id_, "")
        both = source(certificate, said), matrices_source(certificate, said)
        files = dict(zip(files_of(certificate), both, strict=True))
        for name in files.keys() & texts.keys():
            raise InputError(f"--export-rocq: the file {name} of {id_} is another's as well; rename the theorem")
        texts |= files
    return written(directory, texts)


def written(directory: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write files by their names; return their paths.

    Raises
    ------
    InputError
        If the directory cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--export-rocq: cannot write to {directory} ({error.strerror})") from None
    return [directory / name for name in texts]
