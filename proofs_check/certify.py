"""Certificates from derivations: every line of a derivation that follows by algebra is given its cofactors.

The definitions and hypotheses of a formula's derivation become what is given; its other equations become lines, each
found by :mod:`proofs_check.search` from earlier ones. What only an argument in words supports is given as well, but
only where a :class:`Spec` says so, and is listed under ``prose``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sympy import Inverse

from proofs_check.certificate import Context, Polynomial, Refused, add, replay, sides
from proofs_check.search import Cofactor, Fact, Rule, cofactors
from proofs_check.specification import Root, Spec, Sum
from proofs_check.translation import Translation, Untranslatable
from theory.derivation import Step, equation
from theory.formula import Formula, is_claim

__all__ = ["NotFound", "drift", "statement"]


class NotFound(Exception):
    """No combination of what is given yields a line that is needed."""


@dataclass
class _Proof:
    """A statement in the making."""

    translation: Translation
    given: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Polynomial] = field(default_factory=dict)
    defined: dict[str, str] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    prose: dict[str, str] = field(default_factory=dict)
    order: dict[str, Polynomial] = field(default_factory=dict)
    positive: dict[str, str] = field(default_factory=dict)

    def context(self) -> Context:
        return self.translation.context()

    def give(self, name: str, text: str, *, defines: str = "") -> None:
        gap, _ = sides(self.context(), text, "=")
        if not gap:
            return
        self.given[name], self.facts[name] = text, gap
        if defines:
            self.defined[name] = defines

    def show(self, text: str, sources: Sequence[str] = ()) -> str | None:
        """Add a line if cofactors are found; returns its name."""
        gap, _ = sides(self.context(), text, "=")
        for name, known in self.facts.items():
            if known == gap:
                return name
        found = self._found(gap, sources)
        return None if found is None else self._add({"states": text, "because": found}, gap)

    def show_root(self, root: Root) -> str | None:
        """Add the line that the first of some squares is zero."""
        context = self.context()
        goal: Polynomial = {}
        for square in root.squares:
            p = context.parse(square)
            add(goal, context.times(context.adjoint(p), p))
        found = self._found(goal, ())
        line = {"states": f"{root.squares[0]} = 0", "squares": list(root.squares), "because": found}
        return None if found is None else self._add(line, context.parse(root.squares[0]))

    def show_sum(self, line: Sum) -> str | None:
        """Add an order relation."""
        context = self.context()
        gap = sides(context, line.states, ">=", ">")[0]
        goal = dict(gap)
        for weight, names, text in line.terms:
            root = context.parse(text)
            product = context.times(context.adjoint(root), *(self.order[name] for name in names), root)
            add(goal, product, -Fraction(weight))
        found = self._found(goal, ())
        if found is None:
            return None
        terms = [[weight, list(names), text] for weight, names, text in line.terms]
        name = self._add({"states": line.states, "sum": terms, "because": found}, None, line.name)
        self.order[name] = gap
        return name

    def _add(self, line: dict[str, Any], gap: Polynomial | None, name: str = "") -> str:
        name = name or f"shown {len(self.lines) + 1}"
        self.lines.append({"name": name} | line)
        if gap is not None:
            self.facts[name] = gap
        return name

    def _found(self, goal: Polynomial, sources: Sequence[str]) -> list[Cofactor] | None:
        context = self.context()
        near = {name: self.facts[name] for name in (*sources, *self.translation.axioms) if name in self.facts}
        attempts: list[tuple[dict[str, Polynomial], bool, bool, int]] = [({}, True, False, 0)]
        if sources:
            attempts += [(near, False, False, 300), (near, True, False, 600), (near, True, True, 600)]
        else:
            attempts += [(self.facts, False, True, 400), (near, True, False, 1000)]
            attempts += [(self.facts, True, False, 1000), (self.facts, True, True, 1500)]
        for facts, unfold, turned, limit in attempts:
            rules = self._rules(context, turned=turned or not facts) if unfold else []
            ruled = {rule.name for rule in rules}
            listed = [fact for name, p in facts.items() for fact in self._fact(context, name, p, turned=turned)]
            found = cofactors(context, goal, [f for f in listed if f.name not in ruled], rules, limit=limit)
            if found is not None:
                return found
        return None

    def _rules(self, context: Context, *, turned: bool) -> list[Rule]:
        """Definitions unfold, latest first; inverses cancel, inclusions are orthonormal."""
        rules = []
        letters = set(self.defined.values())
        for name in self.translation.axioms:
            p = self.facts.get(name, {})
            leads = [word for word in p if len(word) == max(map(len, p))]
            if letters & {x.rstrip("'") for word in p for x in word}:
                continue  # its letters unfold, so that it has to be found as a fact
            if len(leads) == 1 and all(len(word) < len(leads[0]) for word in p if word != leads[0]):
                rules.append(Rule(name, p, leads[0]))
                flipped = context.adjoint(p)
                if turned and flipped not in (p, {w: -c for w, c in p.items()}):
                    rules.append(Rule(name + "'", flipped, next(iter(context.adjoint({leads[0]: Fraction(1)})))))
        for name in reversed(self.defined):
            letter = (self.defined[name],)
            rules.append(Rule(name, self.facts[name], letter))
            other = next(iter(context.adjoint({letter: Fraction(1)})))
            if turned and other != letter:
                rules.append(Rule(name + "'", context.adjoint(self.facts[name]), other))
        return rules

    def _fact(self, context: Context, name: str, p: Polynomial, *, turned: bool) -> list[Fact]:
        out = [Fact(name, p)]
        adjoint = context.adjoint(p)
        if turned and adjoint not in (p, {word: -c for word, c in p.items()}):
            out.append(Fact(name + "'", adjoint))
        return out


def _defined_letter(translation: Translation, step: Step) -> str:
    """The letter that a definition introduces, if it has the form ``letter = others``."""
    lhs = translation.polynomial(step.equation.lhs)
    word = next(iter(lhs)) if len(lhs) == 1 else ()
    inside = {x.rstrip("'") for w in translation.polynomial(step.equation.rhs) for x in w}
    return word[0] if len(word) == 1 and word[0] not in inside else ""


def _prepared(formula: Formula, spec: Spec) -> tuple[_Proof, dict[int, str], dict[int, str], str]:
    """What is given, the lines of the derivation, which of them are given under which name, and the claim."""
    proof = _Proof(Translation())
    t = proof.translation
    texts = _texts(t, formula)
    conclusion = _conclusion(t, formula)
    claim = spec.claim or conclusion or ""
    if not spec.part and claim not in (conclusion, *texts.values()):
        raise NotFound(f"{spec.name}: {claim!r} is neither the formula nor a line of its derivation")
    for assumption in formula.assumptions:
        if assumption.kind == "invertible":
            with contextlib.suppress(Untranslatable):
                t.polynomial(Inverse(assumption.args[0]))
    t.letters |= spec.letters
    t.symmetric += spec.symmetric
    t.scalars += [x for x in spec.scalars if x not in t.scalars]
    for name, text in (*t.axioms.items(), *spec.when.items()):
        proof.give(name, text)
    for name, text in spec.positive.items():
        proof.positive[name], proof.order[name] = text, sides(proof.context(), text, ">=", ">")[0]
    return proof, texts, _give_lines(proof, formula, texts, spec), claim


def drift(formula: Formula, spec: Spec, stored: Mapping[str, Any]) -> str | None:
    """Say where a stored statement differs from what the formula and its specification state; None if nowhere."""
    try:
        proof, _, _, claim = _prepared(formula, spec)
    except (NotFound, Refused, Untranslatable) as error:
        return str(error)
    t, states = proof.translation, stored["proof"][-1]["states"]
    if stored["name"] != spec.name or states != claim:
        return f"it states {states}, the theory states {claim}"
    for what, mine, theirs in (
        ("hypothesis", stored.get("given", {}), proof.given),
        ("order relation", stored.get("positive", {}), proof.positive),
        ("letter", stored.get("letters", {}), t.letters),
    ):
        for name, text in mine.items():
            if theirs.get(name) != text:
                return f"its {what} {name}, {text}, is not the theory's ({theirs.get(name, 'absent')})"
    strange = {*stored.get("scalars", [])} - {*t.scalars} | {*stored.get("symmetric", [])} - {*t.symmetric}
    strange |= {*stored.get("prose", [])} - {*proof.prose.values(), *spec.prose}
    if strange:
        return f"it declares {', '.join(sorted(strange))}, which the theory does not"
    return None


def statement(formula: Formula, spec: Spec) -> dict[str, Any]:
    """Write and prove one statement.

    Returns
    -------
    dict
        As in a certificate file.

    Raises
    ------
    NotFound
        If the claim does not follow from what is given, or is not the theorem's.
    """
    proof, texts, names, claim = _prepared(formula, spec)
    for line in spec.lines:
        if _show(proof, line) is None:
            raise NotFound(f"{spec.name}: no cofactors for {line}")
    last = spec.lines[-1] if spec.lines else None
    if isinstance(last, Root | Sum):
        stated = last.states if isinstance(last, Sum) else f"{last.squares[0]} = 0"
        if stated == claim:
            return _tidied(spec, proof, proof.lines[-1]["name"], claim)
    final = proof.show(claim)
    if final is None and spec.hints:
        for i, text in texts.items():
            if i not in names and "=" in text and ">" not in text:
                shown = proof.show(text, [names[u] for u in formula.derivation[i].uses if u in names])
                if shown:
                    names[i] = shown
        final = proof.show(claim, list(names.values()))
    if final is None:
        raise NotFound(f"{spec.name}: {claim} does not follow from {list(proof.given.values())}")
    return _tidied(spec, proof, final, claim)


def _show(proof: _Proof, line: str | Root | Sum) -> str | None:
    if isinstance(line, Root):
        return proof.show_root(line)
    return proof.show_sum(line) if isinstance(line, Sum) else proof.show(line)


def _texts(t: Translation, formula: Formula) -> dict[int, str]:
    """The lines of a derivation that certificates can express, by position."""
    out = {}
    for i, step in enumerate(formula.derivation):
        with contextlib.suppress(Untranslatable):
            out[i] = t.relation(step.equation)
    return out


def _conclusion(t: Translation, formula: Formula) -> str | None:
    try:
        if formula.lhs is not None and formula.sign == "=" and not is_claim(formula.compact):
            return t.relation(equation(formula.lhs, formula.compact))
        return t.relation(formula.compact)
    except Untranslatable:
        return None


def _give_lines(proof: _Proof, formula: Formula, texts: Mapping[int, str], spec: Spec) -> dict[int, str]:
    """Definitions and hypotheses of the derivation are given, and what the specification argues or takes over."""
    t, names = proof.translation, dict[int, str]()
    for text, source in spec.uses.items():
        proof.give(source, text)
    for i, text in texts.items():
        step = formula.derivation[i]
        if ">" in text or text in spec.uses:
            continue
        if text in spec.argued:
            name, letter = f"argued {i}", ""
            proof.prose[name] = spec.argued[text]
        elif step.kind in ("definition", "hypothesis"):
            letter = _defined_letter(t, step) if step.kind == "definition" else ""
            name = letter or f"hypothesis {i}"
            if step.kind == "definition" and not letter:
                name = "equation for " + next(iter(t.polynomial(step.equation.lhs)))[-1].rstrip("'")
        else:
            continue
        proof.give(name, text, defines=letter)
        names[i] = name
    return names


def _tidied(spec: Spec, proof: _Proof, final: str, claim: str) -> dict[str, Any]:
    """Keep what the claim needs, in order, and number the lines anew."""
    lines = {line["name"]: line for line in proof.lines}
    if final not in lines:
        because = [Cofactor(Fraction(1), (), final, ())]
        lines[final := "claim"] = {"name": "claim", "states": claim, "because": because}
    if not {"squares", "sum"} & set(lines[final]):
        lines[final] = lines[final] | {"states": claim}  # the same polynomial, as the theorem writes it
    wanted, stack = set[str](), [final]
    while stack:
        name = stack.pop()
        if name not in wanted:
            wanted.add(name)
            stack += [c.fact.removesuffix("'") for c in lines[name]["because"]] if name in lines else []
            stack += [x for _, names, _ in lines[name].get("sum", []) for x in names] if name in lines else []
    kept = [name for name in lines if name in wanted]
    number = {name: f"line {i}" for i, name in enumerate(kept, 1)}
    shown = []
    for name in kept:
        line = {key: value for key, value in lines[name].items() if key != "name"}
        if "sum" in line:
            line["sum"] = [[weight, [number.get(x, x) for x in names], g] for weight, names, g in line["sum"]]
        terms = []
        for c in line["because"]:
            bare = c.fact.removesuffix("'")
            terms.append(Cofactor(c.weight, c.left, number.get(bare, bare) + c.fact[len(bare) :], c.right).as_json())
        shown.append(line | {"because": terms})
    t = proof.translation
    whole: dict[str, Any] = {
        "name": spec.name,
        "letters": dict(t.letters),
        "scalars": list(t.scalars),
        "symmetric": list(t.symmetric),
        "given": {name: text for name, text in proof.given.items() if name in wanted},
        "positive": {name: text for name, text in proof.positive.items() if name in wanted},
        "proof": shown,
        "prose": [text for name, text in proof.prose.items() if name in wanted] + list(spec.prose),
    }
    return _declared(whole)


def _declared(whole: dict[str, Any]) -> dict[str, Any]:
    """Declare only the letters that occur, and only the symmetry that is used."""
    idle: set[str] = set()
    try:
        replay(whole)
    except Refused as refusal:
        idle = set(str(refusal).removeprefix("not needed: ").split(", "))
    whole["letters"] = {x: ends for x, ends in whole["letters"].items() if x not in idle}
    whole["scalars"] = [x for x in whole["scalars"] if x not in idle]
    whole["symmetric"] = [x for x in whole["symmetric"] if f"{x} is symmetric" not in idle and x not in idle]
    replay(whole)
    return {key: value for key, value in whole.items() if value}
