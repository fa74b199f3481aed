"""Looking for a proof: every claim that a conjecture comes to gets cofactors, which the checker replays."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import (
    Abs,
    Add,
    Equality,
    GreaterThan,
    Identity,
    Inverse,
    LessThan,
    MatrixSymbol,
    Mul,
    StrictGreaterThan,
    StrictLessThan,
    Symbol,
    Trace,
    Unequality,
    ZeroMatrix,
    expand,
)

from proofs_check.certificates.checker import Refused, check
from proofs_check.conjectures.conjecture import Conjecture
from proofs_check.conjectures.settings import said
from proofs_check.proving.goals import Goal, goals
from proofs_check.proving.induction import inductions
from proofs_check.proving.plan import planned, recovered
from proofs_check.proving.specification import Spec
from proofs_check.proving.squares import NoSolver
from proofs_check.proving.statement import NotFound, drift, prepared, statement
from proofs_check.proving.translation import Translation, Untranslatable
from theory import Formula, formulas
from theory.derivation.assumptions import Assumption
from theory.derivation.lines import Step
from theory.language import words
from theory.language.nodes import Inner, Norm
from theory.language.predicates import All, Implies, Invertible, Loewner
from theory.language.prose import spoken

__all__ = ["Proved", "drifted", "presumed", "proved"]


@dataclass(frozen=True)
class Proved:
    """What a search for a proof has found.

    Attributes
    ----------
    certificate : dict or None
        All claims with their cofactors, as the checker accepted them; None unless every claim is shown.
    claims : tuple of str
        What had to be shown.
    missing : str
        What could not be shown, or why it cannot be written as relations between products.
    """

    certificate: dict[str, Any] | None = None
    claims: tuple[str, ...] = ()
    missing: str = ""

    @property
    def statements(self) -> tuple[dict[str, Any], ...]:
        """The statements of the certificate."""
        return () if self.certificate is None else tuple(self.certificate["statements"])

    @property
    def used(self) -> frozenset[str]:
        """The hypotheses that the proof uses, by their texts in the certificate."""
        return frozenset(name for s in self.statements for part in ("given", "positive") for name in s.get(part, {}))


def proved(
    conjecture: Conjecture,
    *,
    seconds: float = 60,
    on_claim: Callable[[str], object] | None = None,
) -> Proved:
    """Look for a proof.

    Parameters
    ----------
    conjecture : Conjecture
        What is claimed.
    seconds : float
        Time limit; what is being tried when it is over is finished.
    on_claim : callable, optional
        Called with each claim before it is tried.
    """
    end = time.monotonic() + seconds
    every = ways(conjecture.formula)
    answer = Proved()
    for i, parts in enumerate(every):
        left = end - time.monotonic()
        if i and left <= 0:
            break
        # What is only about one turn needs no induction.
        share = left / (len(every) - i) if i or len(every) == 1 else left / 3
        tried = _proved(conjecture.name, parts, time.monotonic() + share, on_claim)
        if tried.certificate is not None:
            return tried
        answer = answer if i else tried
    return answer


def ways(formula: Formula) -> list[tuple[Formula, ...]]:
    """Return what may be shown in place of a formula: it itself, or its start and its step, by induction."""
    whole = presumed(formula)
    return [(whole,), *inductions(whole)]


def _proved(name: str, parts: Sequence[Formula], end: float, on_claim: Callable[[str], object] | None) -> Proved:
    """Show what several formulas come to."""
    found: list[dict[str, Any]] = []
    try:
        wanted = [(formula, goal) for formula in parts for goal in goals(formula, Translation())]
    except (Untranslatable, Refused) as error:
        return Proved(missing=str(error))
    texts = tuple(goal.claim for _, goal in wanted)
    for formula, goal in wanted:
        if on_claim is not None:
            on_claim(goal.claim)
        if time.monotonic() > end:
            return Proved(claims=texts, missing="the time is used up")
        shown, why = _shown(formula, goal, end)
        if shown is None:
            return Proved(claims=texts, missing=why)
        found.append(shown)
    certificate = {"theorem": name, "statements": found}
    answer = check(certificate)
    if not answer:  # pragma: no cover - every statement was replayed when it was found
        return Proved(claims=texts, missing=str(answer.refusal))
    return Proved(certificate, texts)


def drifted(conjecture: Conjecture, certificate: Mapping[str, Any]) -> str:
    """Say where a certificate states something else than a conjecture claims; nothing if nowhere."""
    notes = [_drifted(parts, certificate) for parts in ways(conjecture.formula)]
    return "" if "" in notes else notes[0]


def _drifted(parts: Sequence[Formula], certificate: Mapping[str, Any]) -> str:
    try:
        wanted = [(formula, goal) for formula in parts for goal in goals(formula, Translation())]
    except (Untranslatable, Refused) as error:
        return str(error)
    stated = {statement["name"]: statement for statement in certificate["statements"]}
    specs = {spec.name: spec for spec in (Spec(formula.id, goal=goal.name) for formula, goal in wanted)}
    if stated.keys() != specs.keys() or len(stated) != len(certificate["statements"]):
        return f"it has the statements {sorted(stated)}, and the claim comes to {sorted(specs)}"
    for formula, goal in wanted:
        name = Spec(formula.id, goal=goal.name).name
        known, _ = prepared(formula, specs[name], specs, {formula.id: formula}, undecided=True)
        spec = recovered(goal, specs[name], stated[name], known)
        try:
            proof, goal = prepared(formula, spec, specs, {formula.id: formula})
        except NotFound as missing:
            return str(missing)
        if stated[name].get("prose"):
            return f"{name} rests on what is argued in prose"
        note = drift(spec, stated[name], proof, goal)
        if note is not None:
            return f"{name}: {note}"
    return ""


def _shown(formula: Formula, goal: Goal, end: float) -> tuple[dict[str, Any] | None, str]:
    """A statement with its proof, or why there is none."""
    specs = planned(formula, goal, max(end - time.monotonic(), 0.1) / 6)
    why = f"no value is known for {goal.chosen}, which is claimed to exist"
    while time.monotonic() < end:
        try:
            spec = next(specs)
            left = max(end - time.monotonic(), 0.1) / (2 if goal.chosen else 1)
            return statement(formula, spec, {spec.name: spec}, {formula.id: formula}, seconds=left), ""
        except StopIteration:
            break
        except (NotFound, Untranslatable, Refused):
            why = f"no proof was found of {goal.claim}"
        except NoSolver as missing:
            why = f"no proof was found of {goal.claim} ({missing})"
    return None, why


def presumed(formula: Formula) -> Formula:
    """Return a formula with what its definitions presume as hypotheses: of an only solution, a regular matrix.

    Positive numbers, such as steps and what is strictly above something else, have reciprocals.
    """
    spoken_of = set(formula.says.free_symbols).union(*(s.equation.free_symbols for s in formula.derivation))
    positive = sorted((x for x in spoken_of if isinstance(x, Symbol) and x.is_positive and not x.is_integer), key=str)
    strict = [a.says for a in formula.assumptions if isinstance(a.says, StrictLessThan | StrictGreaterThan)]
    apart = [says.gts - says.lts for says in strict if not says.atoms(Abs)]
    more = [Assumption(Unequality(x, 0, evaluate=False), f"{spoken(x)} is positive") for x in (*positive, *apart)]
    maps = [(a, _between_maps(a.says)) for a in formula.assumptions]
    more += [Assumption(says, f"{a.name}, as maps") for a, says in maps if says != a.says]
    for step in formula.derivation:
        symbol = step.symbol
        if step.described is None and isinstance(symbol, MatrixSymbol) and symbol in step.equation.rhs.free_symbols:
            try:
                matrix, _ = words.collect_right(step.equation.lhs - step.equation.rhs, symbol)
            except ValueError:
                continue
            known = {a.says.arg for a in formula.assumptions if isinstance(a.says, Invertible)}
            known |= {x.arg for says in said(formula) for x in says.atoms(Inverse)}
            if not any(_same(matrix, other, formula) for other in known):
                more.append(Assumption(Invertible(matrix), f"exactly one {spoken(symbol)} is at rest"))
    says = _between_maps(formula.says)
    steps = tuple(step if _granted(formula, step) else _meant(step) for step in formula.derivation)
    return replace(formula, assumptions=(*formula.assumptions, *more), derivation=steps, says=says, compact=says)


def _granted(formula: Formula, step: Step) -> bool:
    """Whether what a line says of its symbol is its definition, or a result whose hypotheses are all assumed here."""
    if step.described is None:
        return True
    assumed = {a.says for a in formula.assumptions}
    assumed |= {Invertible(x.arg) for one in said(formula) for x in one.atoms(Inverse)}
    return all(a.says in assumed for id_ in step.cites for a in formulas[id_].assumptions)


def _meant(step: Step) -> Step:
    """A definition without what is said of its symbol elsewhere."""
    return replace(step, equation=Equality(step.symbol, step.symbol, evaluate=False), cites=())


def _between_maps(says: Any) -> Any:
    """An order relation between inner products as one between maps of the numbers, where squares can show it."""
    if isinstance(says, All):
        return All(*map(_between_maps, says.args))
    if isinstance(says, Implies):
        return Implies(says.args[0], _between_maps(says.args[1]))
    if not isinstance(says, LessThan | GreaterThan) or not says.atoms(Inner, Trace):
        return says
    sides = [_map(side) for side in (says.lts, says.gts)]
    return says if None in sides else Loewner(*sides)


def _map(expr: Any) -> Any:
    """A sum of multiples of inner products, and of numbers, as a map; None of anything else."""
    total: Any = ZeroMatrix(1, 1)
    for term in Add.make_args(expand(expr)):
        if isinstance(term, Trace) and term.arg.shape == (1, 1):
            total += term.arg / 2 + term.arg.T.doit(deep=False) / 2
            continue
        inner = [x for x in Mul.make_args(term) if isinstance(x, Inner)]
        rest = Mul(*(x for x in Mul.make_args(term) if not isinstance(x, Inner)))
        if len(inner) > 1 or rest.atoms(Inner, Norm, Trace):
            return None
        if inner:
            # A number is its own transpose; written so, it is symmetric word by word.
            left, right = inner[0].args
            total += rest / 2 * (left.T * right) + rest / 2 * (right.T * left)
        else:
            total += rest * Identity(1)
    return total


def _same(matrix: Any, other: Any, formula: Formula) -> bool:
    """Whether two matrices are the same, or opposite, once definitions are unfolded."""
    table: dict[Any, Any] = {}
    for step in formula.derivation:
        if step.described is None and step.symbol == step.equation.lhs:
            table[step.symbol] = words.substitute(step.equation.rhs, table)
    one, two = (words.substitute(x, table) for x in (matrix, other))
    return one.shape == two.shape and (words.equal(one, two) or words.equal(one, -two))
