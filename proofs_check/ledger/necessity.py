"""Necessity: each hypothesis of each formula is dropped in turn, and an exact counterexample shown.

A hypothesis counts as *needed* only if on the stored instance, decided at run time in exact rationals, (1) all other
hypotheses hold (but for one that speaks of an inverse which the dropped one provides), (2) this one does not, and (3)
the formula's statement fails. The statement fails where a conclusion of the derivation is false, evaluated from the
model by `theory`, or where simulated agents or exact linear algebra refute what the statement says in words
(`Needed.judges` of the theorem). That a formula is merely undefined there does not count: the agents must show what the
claim is false or empty of.

==========  =======================================================================================================
word        meaning
==========  =======================================================================================================
needed      a stored instance satisfies (1), (2) and (3)
open        no stored instance does
==========  =======================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sympy import Inverse
from sympy.core.relational import Relational

from proofs_check.evidence.comparison import exact_array, show
from proofs_check.evidence.instances import instance_of
from proofs_check.evidence.kinds import Formulas
from proofs_check.evidence.theorem import Needed
from proofs_check.ledger.catalogue import theorems as ledger
from proofs_check.ledger.report import versions
from theory import Assumption, Formula, TheoryError, formulas as catalogue
from theory.derivation.formula import is_claim
from theory.derivation.lines import equation
from theory.language.predicates import Invertible
from theory.language.prose import spoken
from theory.values.instance import Instance

__all__ = ["NecessityRow", "as_json", "necessity_rows", "passed", "removed_rows", "run_necessity", "still_assumed"]

NEEDED, OPEN = "needed", "open"
LONGEST = 60  # characters of a conclusion that is shown as it is; a longer one is named by its kind
_SIGNS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True)
class NecessityRow:
    """What became of one hypothesis of one formula.

    Attributes
    ----------
    theorem, formula : str
        Ids.
    hypothesis : str
        Its text, with LaTeX between dollars.
    verdict : str
        ``needed`` or ``open``.
    instance : str
        The counterexample, all numbers exact.
    refutes : tuple of str
        How the statement fails there, one entry for each independent way of seeing it.
    note : str
        Why the verdict is ``open``.
    """

    theorem: str
    formula: str
    hypothesis: str
    verdict: str
    instance: str = ""
    refutes: tuple[str, ...] = ()
    note: str = ""

    @property
    def counterexample(self) -> str:
        """The instance and what is wrong there, in one line."""
        return f"{self.instance}: {self.refutes[0]}" if self.refutes else self.note

    def as_json(self) -> dict[str, Any]:
        """Plain data for the JSON report."""
        return {
            "theorem": self.theorem,
            "formula": self.formula,
            "hypothesis": self.hypothesis,
            "verdict": self.verdict,
            "instance": self.instance,
            "refutes": list(self.refutes),
            "note": self.note,
        }


def run_necessity(
    *,
    theorems: Sequence[str] | None = None,
    formulas: Formulas = catalogue,
    needed: Mapping[str, Sequence[Needed]] | None = None,
) -> list[NecessityRow]:
    """Drop every hypothesis in turn.

    Parameters
    ----------
    theorems : sequence of str, optional
        Ids to check; all by default.
    formulas : mapping of str to Formula
        The catalogue to check.
    needed : mapping of str to sequence of Needed, optional
        The counterexamples by theorem; those of the ledger by default.

    Returns
    -------
    list of NecessityRow
        One for each pair of a formula and one of its assumptions, in the order of the theory.
    """
    cases = {id_: theorem.needed for id_, theorem in ledger.items()} if needed is None else needed
    rows = []
    for id_ in formulas:
        theorem, _, part = id_.partition(".")
        if theorems is not None and theorem not in theorems:
            continue
        formula = formulas[id_]
        for assumption in formula.assumptions:
            fitting = [c for c in cases.get(theorem, ()) if part in c.parts and c.hypothesis == assumption.name]
            rows.append(_row(theorem, formula, assumption, fitting))
    return rows


def _row(theorem: str, formula: Formula, dropped: Assumption, cases: Sequence[Needed]) -> NecessityRow:
    note = "no counterexample is stored" if not cases else ""
    for case in cases:
        note, refutes = _judged(formula, dropped, case)
        if not note:
            shown = _shown(case.inputs)
            return NecessityRow(theorem, formula.id, str(dropped), NEEDED, shown, refutes)
    return NecessityRow(theorem, formula.id, str(dropped), OPEN, note=note)


def _judged(formula: Formula, dropped: Assumption, case: Needed) -> tuple[str, tuple[str, ...]]:
    """Return why the instance does not show the hypothesis to be needed, or how the statement fails there."""
    try:
        at = instance_of(formula, case.inputs)
    except TheoryError as error:
        return f"the stored instance is not one: {error}", ()
    for other in formula.assumptions:
        if other is not dropped and _violated(other, dropped, at):
            return f"the stored instance also violates {other}", ()
    if _holds(dropped, at):
        return "the stored instance satisfies the hypothesis", ()
    try:
        said = [judge(formula, case.inputs) for judge in case.judges]
    except (KeyError, ValueError) as error:
        return f"the agents cannot decide the statement there: {type(error).__name__}: {error}", ()
    refutes = tuple(found for found in (_false_conclusion(formula, at), *said) if found)
    return ("" if refutes else "nothing refutes the statement on the stored instance", refutes)


def _violated(assumption: Assumption, dropped: Assumption, at: Instance) -> bool:
    """Whether a hypothesis fails; not where it speaks of nothing: of an inverse that the dropped one provides."""
    try:
        return not assumption.holds(at)
    except TheoryError:
        says = dropped.says
        return not (isinstance(says, Invertible) and assumption.says.has(Inverse(says.arg)))


def _holds(assumption: Assumption, at: Instance) -> bool:
    try:
        return bool(assumption.holds(at))
    except TheoryError:  # it speaks of something that does not exist there
        return False


def _false_conclusion(formula: Formula, at: Instance) -> str | None:
    """The first conclusion that is false, evaluated from the model; undefined ones are left to the agents.

    What the formula says comes first; then lines of its derivation that no other line uses.
    """
    used = {i for step in formula.derivation for i in step.uses}
    conclusions = [] if formula.says is None else [formula.says]
    conclusions += [
        step.equation
        for i, step in enumerate(formula.derivation)
        if i not in used and step.kind in ("algebra", "inference")
    ]
    if formula.lhs is not None and formula.sign == "=" and not is_claim(formula.compact):
        conclusions.append(equation(formula.lhs, formula.compact))
    for line in conclusions:
        with suppress(TheoryError):  # it speaks of something that does not exist there
            if not at.holds(line):
                return _described(line, at)
    return None


def _described(line: Any, at: Instance) -> str:
    """Say which conclusion is false, with the values of what it speaks of."""
    sides: tuple[Any, ...]
    if isinstance(line, Relational):
        text, kind, sides = f"{line.lhs} {_SIGNS[line.rel_op]} {line.rhs}", _SIGNS[line.rel_op], (line.lhs, line.rhs)
    else:
        text, kind, sides = spoken(line), type(line).__name__, ()
    named = f"{text if len(text) <= LONGEST else f'a conclusion ({kind})'} is false"
    try:
        values = [] if kind == "!=" else [_number(at.algebraic(side)) for side in sides]
    except TheoryError:  # a predicate may speak of any vector
        values = []
    return f"{named}: {' against '.join(values)}" if values else named


def _number(value: Any) -> str:
    return str(_unboxed(value.tolist() if hasattr(value, "tolist") else value))


def _unboxed(value: Any) -> Any:
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value


def _shown(inputs: Mapping[str, Any]) -> str:
    """Write an instance; a step size that is not mentioned is 1."""
    unit = [name for name in ("eta_W", "eta_U") if inputs.get(name) == 1]
    return ", ".join(
        f"{name} = {show(_unboxed(exact_array(value).tolist()))}" for name, value in inputs.items() if name not in unit
    )


def passed(rows: Sequence[NecessityRow], drift: Sequence[str] = ()) -> bool:
    """Whether every hypothesis is needed; `drift` is what `still_assumed` returned."""
    return all(row.verdict == NEEDED for row in rows) and not drift


def still_assumed(formulas: Formulas = catalogue, theorems: Sequence[str] | None = None) -> list[str]:
    """Return where a hypothesis that was found not to be needed is assumed all the same."""
    return [
        f"{id_} still assumes {hypothesis}"
        for id_, hypothesis, _ in _removed(theorems)
        if hypothesis in {str(a) for a in formulas[id_].assumptions}
    ]


def necessity_rows(rows: Iterable[NecessityRow] | None = None) -> list[tuple[str, str, str, str]]:
    """Return the table as plain text: (formula, hypothesis, verdict, counterexample), one row a hypothesis."""
    chosen = run_necessity() if rows is None else rows
    return [(row.formula, row.hypothesis, row.verdict, row.counterexample) for row in chosen]


def removed_rows(theorems: Sequence[str] | None = None) -> list[tuple[str, str, str]]:
    """Return the hypotheses found not to be needed, and removed: (formulas, hypothesis, why)."""
    return [(_short(ids), hypothesis, why) for (hypothesis, why), ids in _joined(theorems).items()]


def _removed(theorems: Sequence[str] | None = None) -> Iterator[tuple[str, str, str]]:
    """Formula, hypothesis and reason, for each hypothesis that was removed from a formula."""
    for id_, theorem in ledger.items():
        if theorems is None or id_ in theorems:
            for item in theorem.unneeded:
                for hypothesis in item.hypotheses:
                    yield from ((theorem.formula(part), str(hypothesis), item.why) for part in item.parts)


def _joined(theorems: Sequence[str] | None = None) -> dict[tuple[str, str], list[str]]:
    """The formulas from which a hypothesis was removed for the same reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for id_, hypothesis, why in _removed(theorems):
        found.setdefault((hypothesis, why), []).append(id_)
    return found


def _short(ids: Sequence[str]) -> str:
    """Write ids by theorem: its name alone for all of its parts, else the parts in brackets."""
    named: dict[str, list[str]] = {}
    for id_ in ids:
        named.setdefault(id_.split(".")[0], []).append(id_)
    out = []
    for theorem, found in named.items():
        whole = {id_ for id_ in catalogue if id_.split(".")[0] == theorem} == set(found)
        listed = ", ".join(id_.removeprefix(theorem).lstrip(".") or "itself" for id_ in found)
        out.append(theorem if whole else f"{theorem} ({listed})")
    return ", ".join(out)


def as_json(rows: Sequence[NecessityRow], drift: Sequence[str] = ()) -> dict[str, Any]:
    """Everything that was found, as plain data; `drift` is what `still_assumed` returned."""
    return {
        "versions": versions(),
        "passed": passed(rows, drift),
        "hypotheses": [row.as_json() for row in rows],
        "removed": [
            {"formulas": ids, "hypothesis": hypothesis, "why": why} for (hypothesis, why), ids in _joined().items()
        ],
        "still assumed": list(drift),
    }
