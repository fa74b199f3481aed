"""A conjecture on disk: one file that says it all, and beside it what shows it.

============================  =========================================================================================
file                          what it holds
============================  =========================================================================================
``conjecture.toml``           what is claimed and assumed, the verdict, and a counterexample in fractions
``certificate.json``          the proof, as the checker replays it
``*.v``                       the proof for Rocq: about operators, and about real matrices
``w.csv``, ``u.csv``          a counterexample as two prompts, for ``proofs-check predict``
``theorem.tex``               the statement as a theorem environment
``cell.py``                   the same in Python
============================  =========================================================================================
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from sympy import QQ, Integer

from proofs_check.certificates.checker import Refused, check, load
from proofs_check.certificates.stored import put
from proofs_check.conjectures.conjecture import Conjecture, conjectured
from proofs_check.conjectures.deciding import met
from proofs_check.conjectures.drawing import Sample, decided
from proofs_check.conjectures.prompts import AGENTS, prompts, run_line
from proofs_check.conjectures.proof import Proved, drifted
from proofs_check.conjectures.settling import NOTHING, Settlement
from proofs_check.conjectures.told import as_data
from proofs_check.errors import InputError
from proofs_check.evidence.verdict import Verdict
from proofs_check.rocq.export import export
from proofs_check.rocq.kernel import compile_all, need_mathcomp
from theory import Statement
from theory.values.dense import Dense

__all__ = ["FILE", "kernel", "opened", "replayed", "written"]

FILE, CERTIFICATE = "conjecture.toml", "certificate.json"
VERDICTS = tuple(map(str, (Verdict.PROVED, Verdict.REFUTED, Verdict.UNKNOWN)))
_KNOWN = {"name", "setting", "let", "given", "claim", "verdict", "sizes", "values"}


def written(outcome: Settlement, folder: Path) -> list[Path]:
    """Write what became of a conjecture; each file is whole or not there.

    Returns
    -------
    list of Path
        The files, in the order of the table above.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    texts: dict[str, str] = {}
    certificate = outcome.proof.certificate
    if certificate is not None:
        texts[CERTIFICATE] = json.dumps(certificate, indent=1, ensure_ascii=False) + "\n"
    if outcome.counterexample is not None:
        texts |= {f"{agent}.csv": text for agent, text in (prompts(outcome.counterexample) or {}).items()}
    texts["theorem.tex"] = Statement(outcome.conjecture.name, (outcome.conjecture.formula,)).latex() + "\n"
    texts["cell.py"] = _cell(outcome)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in {FILE, CERTIFICATE, *(f"{agent}.csv" for agent in AGENTS)} - texts.keys():
            (folder / name).unlink(missing_ok=True)  # what another conjecture has left there
        for name, text in texts.items():
            put(folder / name, text)
        paths = [folder / name for name in texts]
        if certificate is not None:
            paths += export([certificate], folder, {outcome.conjecture.name: outcome.conjecture.claim})
        # Last, so that it speaks of nothing that is not there.
        put(folder / FILE, _toml(outcome))
    except OSError as error:
        raise InputError(f"--out: cannot write to {folder} ({error.strerror})") from None
    return [folder / FILE, *paths]


def kernel(folder: Path) -> str:
    """Have Rocq compile the files of a proof; return what it says of them.

    Raises
    ------
    InputError
        If `coqc` or Mathematical Components are not installed.
    """
    need_mathcomp()
    done = compile_all(sorted(folder.glob("*.v")))
    wrong = [one for one in done if not one.ok]
    if wrong:
        return f"Rocq refuses {wrong[0].file}: {wrong[0].message}"
    return f"Rocq {done[0].version} accepts the proof: {sum(x.closed for x in done)} theorems, no axiom"


def _toml(outcome: Settlement) -> str:
    data = as_data(outcome)
    lines = [f"{key} = {_value(data[key])}" for key in ("name", "setting", "let", "given", "claim", "verdict")]
    case = data["counterexample"]
    if case is not None:
        lines += ["", "# The counterexample, in fractions: matrices by rows.", "[sizes]"]
        lines += [f"{name} = {size}" for name, size in case["sizes"].items()]
        lines += ["", "[values]", *(f"{_value(name)} = {_value(rows)}" for name, rows in case["values"].items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Plain data as TOML writes it: texts and lists are those of JSON."""
    return json.dumps(value, ensure_ascii=False)


def _cell(outcome: Settlement) -> str:
    conjecture = outcome.conjecture
    lines = ["from proofs_check import conjecture", "", "conjecture(", f"    {conjecture.claim!r},"]
    if conjecture.given:
        lines += ["    given=[", *(f"        {text!r}," for text in conjecture.given), "    ],"]
    if conjecture.setting.own:
        lines.append(f"    let={list(conjecture.setting.own)!r},")
    lines += [f"    setting={conjecture.setting.name!r},", ")"]
    ran = outcome.counterexample is not None and prompts(outcome.counterexample) is not None
    if outcome.counterexample is not None and ran:
        lines += ["", f"# As two prompts: {run_line(outcome.counterexample)}"]
    return "\n".join(lines) + "\n"


# Reading back --------------------------------------------------------------------------------------


def opened(path: Path) -> tuple[Conjecture, Mapping[str, Any]]:
    """Read the file of a conjecture: what is claimed, and all that stands there.

    Raises
    ------
    InputError
        If it cannot be read, or a part is missing, unknown or of another kind.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is no TOML: {error}") from None
    if strange := sorted(set(data) - _KNOWN):
        raise InputError(f"{path}: {', '.join(strange)} is not known; known are {', '.join(sorted(_KNOWN))}")
    for name in ("let", "given"):
        part = data.get(name, [])
        if not isinstance(part, list) or not all(isinstance(x, str) for x in part):
            raise InputError(f"{path}: {name} is a list of texts, such as {name} = ['P Q = Q P']")
    for name in ("claim", "name", "setting", "verdict"):
        if not isinstance(data.get(name, ""), str):
            raise InputError(f"{path}: {name} is a text")
    if data.get("verdict", "UNKNOWN") not in VERDICTS:
        raise InputError(f"{path}: verdict is {', '.join(VERDICTS)} or left out, and not {data['verdict']}")
    if not data.get("claim"):
        raise InputError(f"{path}: claim is missing: add what is claimed, such as claim = 'e_inf = 0'")
    parts = {key: data[key] for key in ("let", "setting", "name") if key in data}
    try:
        return conjectured(data["claim"], data.get("given", ()), **parts), data
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def replayed(path: Path) -> Settlement | None:
    """Check what a folder says without searching again: the proof is replayed, the counterexample decided anew.

    Returns
    -------
    Settlement or None
        None if there is neither a proof nor a counterexample; UNKNOWN, with a note, if what is there does not hold.
    """
    conjecture, data = opened(path)
    outcome = Settlement(conjecture)
    beside = path.with_name(CERTIFICATE)
    if data.get("verdict") == Verdict.PROVED and beside.exists():
        try:
            certificate = load(beside)
        except (ValueError, TypeError, OSError, Refused) as error:
            return replace(outcome, notes=(f"{beside.name} is no certificate: {error}",))
        answer = check(certificate)
        why = answer.refusal or drifted(conjecture, certificate)
        if why:
            return replace(outcome, notes=(f"{beside.name} is no proof of this claim: {why}",))
        if not met(conjecture):
            return replace(outcome, notes=(NOTHING,))
        return replace(outcome, verdict=Verdict.PROVED, proof=Proved(certificate))
    if data.get("verdict") == Verdict.REFUTED and "values" in data:
        case = _case(conjecture, data, path)
        if decided(conjecture, case) != "fails":
            return replace(outcome, notes=("the counterexample does not refute the claim",))
        return replace(outcome, verdict=Verdict.REFUTED, counterexample=case)
    return None


def _case(conjecture: Conjecture, data: Mapping[str, Any], path: Path) -> Sample:
    named = {x.name: x for x in conjecture.free}
    try:
        values = {
            named[name]: Dense.from_rows([[QQ(str(Fraction(x))) for x in row] for row in rows], QQ)
            for name, rows in data["values"].items()
        }
        sizes = {str(name): int(size) for name, size in data["sizes"].items()}
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, ZeroDivisionError) as error:
        raise InputError(f"{path}: the counterexample cannot be read: {error!r}") from None
    for x, value in values.items():
        if value.shape != (wanted := _shape(x, sizes)):
            given, meant = (" by ".join(map(str, shape)) for shape in (value.shape, wanted))
            raise InputError(f"{path}: the counterexample's {x.name} is {given}, and by its sizes {meant}")
    if missing := sorted(x.name for x in conjecture.free if x not in values and x.name not in sizes):
        raise InputError(f"{path}: the counterexample has no value of {', '.join(missing)}")
    return Sample(sizes, values)


def _shape(x: Any, sizes: Mapping[str, int]) -> tuple[Any, ...]:
    """Rows and columns of a symbol; a number has one of each."""
    shape = getattr(x, "shape", (Integer(1), Integer(1)))
    named = {n: sizes[str(n)] for part in shape for n in part.free_symbols if str(n) in sizes}
    return tuple(part.subs(named) for part in shape)
