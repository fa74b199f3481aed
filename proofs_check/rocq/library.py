"""The formal library: proofs, written by hand, of what the theorems say.

A statement is written from `theory` (see `proofs_check.rocq.propositions`), its proof stands in the folder ``theory``,
and begins ``Theorem foo : foo_statement.`` So does what is false as it stands: ``Theorem foo_refuted : ~ foo_claim.`` A
last file, written here, gives every proof the type of its statement, and asks what all of them rest on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from proofs_check.rocq.export import question, together, written
from proofs_check.rocq.propositions import LANGUAGE, Kind, identifier, statements
from proofs_check.rocq.terms import comment, filled
from theory.derivation.formula import Formula

__all__ = ["ANSWERS", "CLAIMS", "FORMAL", "STATEMENTS", "export_library", "is_proved", "library", "proof", "required"]

FORMAL = Path(__file__).parent / "theory"
#: What is stated, what is claimed, and the file that gives every proof the type of its statement.
STATEMENTS, CLAIMS, ANSWERS = "statements.v", "claims.v", "every_statement.v"
_PROOFS: dict[Kind, re.Pattern[str]] = {
    "statement": re.compile(r"^Theorem (\w+) :\s+\1_statement\.$", re.MULTILINE),
    "claim": re.compile(r"^Theorem (\w+)_refuted :\s+~ \1_claim\.$", re.MULTILINE),
}


@cache
def library() -> dict[str, str]:
    """Return the texts of the library by their file names: the words of the statements, and the proofs."""
    return {path.name: path.read_text(encoding="utf-8") for path in (LANGUAGE, *sorted(FORMAL.glob("*.v")))}


@cache
def _proofs(kind: Kind) -> dict[str, str]:
    """What is proved, or refuted, by the name of its proposition, with the module that does.

    Raises
    ------
    ValueError
        If something is proved twice.
    """
    found: dict[str, str] = {}
    for name, text in library().items():
        for proposition in (f"{stem}_{kind}" for stem in _PROOFS[kind].findall(text)):
            if proposition in found:
                raise ValueError(f"{proposition} is settled in {found[proposition]} and in {name}")
            found[proposition] = Path(name).stem
    return found


def is_proved(id_: str, kind: Kind = "statement") -> bool:
    """Whether the library has a proof of a conclusion, or refutes a claim; whether it is one, Rocq says."""
    return identifier(id_, kind) in _proofs(kind)


def proof(id_: str, kind: Kind = "statement") -> tuple[str, str] | None:
    """Return the module that settles a conclusion or a claim, and the text of the proof; None if there is none."""
    module = _proofs(kind).get(identifier(id_, kind))
    if module is None:
        return None
    stem = identifier(id_, kind).removesuffix(f"_{kind}")
    text = library()[f"{module}.v"]
    start = re.search(rf"^Theorem {stem}(?:_refuted)? :\s", text, re.MULTILINE)
    return None if start is None else (module, text[start.start() : text.index("Qed.", start.end()) + 4])


@cache
def required(text: str) -> frozenset[str]:
    """Return the modules that a file of Rocq requires, of those that are no part of a library."""
    lines = re.findall(r"^Require (?:Import |Export )?([\w\s]+)\.$", text, re.MULTILINE)
    return frozenset(name for line in lines for name in line.split())


def export_library(
    directory: Path, formulas: Iterable[Formula], claims: Iterable[Formula] = (), *, proofs: bool = True
) -> tuple[list[Path], dict[str, str]]:
    """Write what conclusions say, the words that they use, and the proofs.

    Parameters
    ----------
    directory : Path
        Made if it does not exist.
    formulas, claims : iterable of Formula
        Conclusions, and what is false; all that the proofs settle must be among them.
    proofs : bool
        Write the proofs as well.

    Returns
    -------
    (list of Path, dict of str to str)
        The files; and for each conclusion that is not stated, what there is no word for.

    Raises
    ------
    InputError
        If the directory cannot be written.
    """
    text, left_out = statements(formulas)
    files = {STATEMENTS: text, LANGUAGE.name: library()[LANGUAGE.name]}
    if proofs:
        claimed, _ = statements((claim for claim in claims if is_proved(claim.id, "claim")), "claim")
        files |= library() | {CLAIMS: claimed, ANSWERS: _answers(text + claimed)}
    return written(directory, files), left_out


def _answers(stated: str) -> str:
    """Write a file that gives each proof the type of its statement, and asks what they rest on."""
    names, lines = list[str](), list[str]()
    for proposition in re.findall(r"^Definition (\w+) : Prop :=$", stated, re.MULTILINE):
        stem, _, kind = proposition.rpartition("_")
        module = _proofs(kind).get(proposition)
        if module is not None:
            name, sign = (stem, "") if kind == "statement" else (f"{stem}_refuted", "~ ")
            names.append(name)
            lines.append(filled(f"Definition {name} : {sign}{proposition} := @{module}.{name}."))
    if missing := {x for kind in _PROOFS for x in _proofs(kind)} - set(re.findall(r"\w+", stated)):
        raise ValueError(f"the library settles what is not stated: {', '.join(sorted(missing))}")
    modules = " ".join(sorted({*_proofs("statement").values(), *_proofs("claim").values()}))
    head = [
        comment("Each proof has the type of its statement: of what the theory says, and of nothing else."),
        f"Require Import {Path(STATEMENTS).stem} {Path(CLAIMS).stem}.",
        filled(f"Require {modules}."),
    ]
    return "\n".join([*head, "", *lines, "", together(names), *question()])
