"""Which word a certificate earns for a conclusion: every goal shown, from nothing but what the statement gives.

What a stored statement may start from is generated (:func:`proofs_check.proving.statement.prepared`). What is left to
decide here: that what it takes over from other statements is justified by its own hypotheses, that standard facts are
instances, and that what it inverts is invertible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import StrictGreaterThan, StrictLessThan, Unequality, expand

from proofs_check.certificates.checker import Context, Refused
from proofs_check.proving.facts import Induction, Scope, StandardFact
from proofs_check.proving.goals import Goal, goals
from proofs_check.proving.proof import Proof
from proofs_check.proving.specification import Spec
from proofs_check.proving.statement import NotFound, Specs, Use, drift, prepared
from proofs_check.proving.translation import Translation, Untranslatable
from theory.derivation.formula import Formula
from theory.language import words
from theory.language.nodes import Inner, Norm
from theory.language.predicates import Invertible, Loewner

__all__ = ["Coverage", "Started", "coverage"]

Stored = Mapping[str, Mapping[str, Any]]
Formulas = Mapping[str, Formula]
Started = dict[str, tuple[Proof, Goal]]


@dataclass(frozen=True)
class Coverage:
    """What certificates show of one conclusion.

    Attributes
    ----------
    shown : bool
        Whether every goal is shown.
    facts : tuple of str
        The standard facts that it is reduced to; none for a proof in full.
    missing : str
        Why it is not shown.
    """

    shown: bool
    facts: tuple[str, ...] = ()
    missing: str = ""


def coverage(
    formula: Formula, specs: Specs, stored: Stored, formulas: Formulas, started: Started | None = None
) -> Coverage:
    """Decide whether the stored statements show a conclusion.

    Parameters
    ----------
    formula : Formula
        The conclusion.
    specs : mapping of str to Spec
        All specifications, by the names of their statements.
    stored : mapping of str to statement
        All statements that the checker accepts, by name.
    formulas : mapping of str to Formula
        The catalogue.
    started : dict, optional
        What was prepared for other conclusions by the same specifications; it is added to.
    """
    justify = _Justification(specs, stored, formulas, {} if started is None else started)
    facts: list[str] = []
    try:
        facts, wanted = _claims(formula, specs)
        for goal in wanted:
            facts += justify.goal(formula, goal)
    except (NotFound, Refused, Untranslatable) as error:
        return Coverage(False, missing=str(error))
    return Coverage(True, tuple(dict.fromkeys(facts)))


def _claims(formula: Formula, specs: Specs) -> tuple[list[str], tuple[Goal, ...]]:
    """What a conclusion comes to, and the standard fact that reduces it to that, if one does."""
    reductions = (s.reduction for s in specs.values() if s.formula == formula.id and s.reduction is not None)
    reduction = next(reductions, None)
    if reduction is None:
        return [], goals(formula, Translation())
    return [reduction.sentence], reduction.goals(formula, Translation())


@dataclass(frozen=True)
class _Justification:
    specs: Specs
    stored: Stored
    formulas: Formulas
    started: Started

    def goal(self, formula: Formula, goal: Goal) -> list[str]:
        """Return the standard facts that a goal rests on; raises where it is not shown."""
        name = f"{formula.id}/{goal.name}" if goal.name else formula.id
        spec = self.specs.get(name)
        if spec is None or spec.part:
            raise NotFound(f"no certificate states {name}")
        scope = _Given(*self._start(spec), formula)
        return self._rests(spec, scope, (name,), ())

    def _start(self, spec: Spec) -> tuple[Proof, Goal]:
        if spec.name not in self.started:
            self.started[spec.name] = prepared(self.formulas[spec.formula], spec, self.specs, self.formulas)
        return self.started[spec.name]

    def _rests(self, spec: Spec, scope: _Given, path: tuple[str, ...], open_: Sequence[str]) -> list[str]:
        """The facts below a statement; what it starts from must be known in `scope`, or be left `open_`."""
        if spec.name not in self.stored:
            raise NotFound(f"no certificate holds {spec.name}")
        held = self.stored[spec.name]
        note = drift(spec, held, *self._start(spec))
        if note is not None:
            raise NotFound(f"{spec.name}: {note}")
        proof, _ = self._start(spec)
        scope = scope.widened(proof)
        facts: list[str] = []
        for name, text in (*held.get("given", {}).items(), *held.get("positive", {}).items()):
            origin = proof.origin[name]
            if isinstance(origin, Use):
                if origin.name not in self.specs or not scope.same(text, self._start(self.specs[origin.name])[1].claim):
                    raise NotFound(f"{path[0]}: {origin.name} does not state {text}")
                facts += self._used(origin.name, scope, path)
            elif isinstance(origin, StandardFact):
                facts += [origin.sentence, *self._applied(origin, scope, path)]
            elif origin in ("hypothesis", "premise") and not scope.knows(text) and text not in open_:
                raise NotFound(f"{path[0]}: {spec.name} starts from {text}, which is not given")
        said = " ".join([*held.get("given", {}).values(), held["proof"][-1]["states"]])
        spoken_of = {*re.findall(r"\w+", said)}
        for letter in {*held.get("letters", {}), *held.get("scalars", ())}:
            inverted = proof.translation.inverted.get(letter)
            if inverted is not None and letter in spoken_of:
                facts += self._inverted(inverted, letter, spec, scope, path)
        return facts

    def _used(self, name: str, scope: _Given, path: tuple[str, ...], open_: Sequence[str] = ()) -> list[str]:
        if name in path:
            raise NotFound(f"{name} rests on itself")
        if name not in self.specs:
            raise NotFound(f"no statement is called {name}")
        return self._rests(self.specs[name], scope, (*path, name), open_)

    def _applied(self, fact: StandardFact, scope: _Given, path: tuple[str, ...]) -> list[str]:
        """Check that a standard fact is an instance; returns what the statements rest on that it looks at."""
        facts: list[str] = []

        def shown(name: str) -> tuple[str, tuple[str, ...]] | None:
            if name not in self.specs:
                return None
            proof, goal = self._start(self.specs[name])
            premises = tuple(text for x, text in proof.given.items() if proof.origin[x] == "premise")
            open_ = premises if isinstance(fact, Induction) else ()
            facts.extend(self._used(name, scope, path, open_))
            held = self.stored[name].get("given", {}).values()
            return goal.claim, tuple(text for text in premises if text in held and not scope.knows(text))

        reason = fact.fails(Scope(scope.formula, scope.translation, scope.context(fact), scope.knows, shown))
        if reason is not None:
            raise NotFound(f"{path[0]}: '{fact.sentence}' does not apply: {reason}")
        return facts

    def _inverted(self, expr: Any, letter: str, spec: Spec, scope: _Given, path: tuple[str, ...]) -> list[str]:
        """What is inverted must be invertible: by a hypothesis, by its sign, or by another conclusion."""
        if scope.inverts(expr):
            return []
        for name in (*spec.uses, *self.specs[path[0]].uses):
            used = self.specs[name]
            says = self.formulas[used.formula].says
            if used.part == "" and isinstance(says, Invertible) and says.arg in (expr, expr.T):
                facts, wanted = _claims(self.formulas[used.formula], self.specs)
                for goal in wanted:
                    name = f"{used.formula}/{goal.name}" if goal.name else used.formula
                    facts += self._used(name, scope, path)
                return facts
            claim = self._start(used)[1].claim
            if scope.signs(claim, letter.removesuffix("_inv")):
                return self._used(name, scope, path)
        raise NotFound(f"{path[0]}: {spec.name} divides by {expr}, of which nothing says that it is invertible")


class _Given:
    """What is known where a goal is shown: its hypotheses and premises, and definitions of all that is met."""

    def __init__(self, proof: Proof, goal: Goal, formula: Formula) -> None:
        self.formula, self.translation = formula, proof.translation
        self._proofs = [proof]
        kinds = ("hypothesis", "premise", "definition", "axiom")
        texts = (*proof.given.items(), *proof.positive.items())
        self._texts = [text for name, text in texts if proof.origin[name] in kinds]

    def widened(self, proof: Proof) -> _Given:
        """Return the same with the letters and definitions of another statement; its hypotheses are not taken over."""
        if proof is self._proofs[0]:
            return self
        new = object.__new__(_Given)
        new.formula, new.translation, new._proofs = self.formula, self.translation, [*self._proofs, proof]
        more = [text for name, text in proof.given.items() if proof.origin[name] in ("definition", "axiom")]
        new._texts = [*self._texts, *more]
        return new

    def context(self, fact: StandardFact | None = None) -> Context:
        """All letters that are met."""
        letters: dict[str, str] = dict(fact.letters) if fact is not None else {}
        scalars, symmetric = set[str](), set[str]()
        for proof in reversed(self._proofs):
            letters |= proof.translation.letters
            scalars |= {*proof.translation.scalars}
            symmetric |= {*proof.translation.symmetric}
        return Context({x: e for x, e in letters.items() if x not in scalars}, [*scalars], [*symmetric])

    def knows(self, text: str) -> bool:
        """Whether a relation is given, term by term."""
        if text in self._texts:
            return True
        scope = Scope(self.formula, self.translation, self.context(), self.knows, lambda name: None)
        equality = ">" not in text
        try:
            gap = scope.gap(text)
        except Refused:
            return False
        if not gap:
            return equality or ">=" in text
        for known in self._texts:
            if (">" not in known) == equality and (">=" in text or ">=" not in known):
                other = scope.gap(known)
                if other == gap or (equality and scope.same(other, gap)):
                    return True
        return False

    def same(self, first: str, second: str) -> bool:
        """Whether two relations say the same, term by term."""
        scope = Scope(self.formula, self.translation, self.context(), self.knows, lambda name: None)
        return first == second or (">" not in first + second and scope.same(scope.gap(first), scope.gap(second)))

    def signs(self, claim: str, number: str) -> bool:
        """Whether a claim says that a number is above zero, or below."""
        scope = Scope(self.formula, self.translation, self.context(), self.knows, lambda name: None)
        if ">" not in claim or ">=" in claim:
            return False
        gap = scope.gap(claim)
        wanted = scope.gap(f"{number} = 0")
        definition = next((t for t in self._texts if t.startswith(f"{number} = ")), None)
        forms = [wanted] if definition is None else [wanted, scope.gap(definition.partition("=")[2] + " = 0")]
        return any(gap in (form, {w: -c for w, c in form.items()}) for form in forms)

    def inverts(self, expr: Any) -> bool:
        """Whether a hypothesis, or what it is, says that an expression is invertible."""
        if not getattr(expr, "is_MatrixExpr", False):
            return bool(expr.is_nonzero) or any(_apart(a.says, expr) for a in self.formula.assumptions)
        for assumption in self.formula.assumptions:
            says = assumption.says
            if isinstance(says, Invertible) and says.arg in (expr, expr.T):
                return True
            if isinstance(says, Loewner) and says.strict and words.equal(says.gap, expr):
                return True
        return False


def _apart(says: Any, expr: Any) -> bool:
    """Whether a hypothesis keeps a number from zero."""
    if not isinstance(says, Unequality | StrictLessThan | StrictGreaterThan):
        return False
    gap = says.lhs - says.rhs
    if getattr(gap, "is_MatrixExpr", False):
        # The length of a vector is zero only if the vector is.
        return isinstance(expr, Norm | Inner) and all(words.equal(gap, vector) for vector in expr.args)
    return 0 in (expand(gap - expr), expand(gap + expr))
