"""Proofs in the making: hypotheses, and lines that are added as their cofactors are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from proofs_check.certificates.checker import Context, Polynomial, Refused, add, relation, replay, sides
from proofs_check.proving.completion import complete
from proofs_check.proving.facts import StandardFact
from proofs_check.proving.search import Cofactor, Rule, Vanishing, cofactors
from proofs_check.proving.specification import From, Root, Spec, Sum
from proofs_check.proving.translation import Translation

__all__ = ["Proof", "tidied"]


@dataclass
class Proof:
    """A statement in the making: what is given, and the lines that are shown so far.

    Attributes
    ----------
    translation : Translation
        The letters.
    given, positive : dict of str to str
        Hypotheses by name, as a certificate writes them.
    facts, order : dict of str to Polynomial
        What is known to be zero, and to be positive: hypotheses and lines.
    defined : dict of str to str
        Names of definitions, and the letter that each defines.
    lines : list of dict
        As in a certificate, with `Cofactor` objects.
    origin : dict of str to object
        Where what is given comes from, by name: ``"definition"``, ``"axiom"``, ``"hypothesis"``, ``"premise"``, a
        `Use` of another statement or a `StandardFact`.
    seconds : float
        How long a line may take by completion if nothing else finds it.
    """

    translation: Translation
    given: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Polynomial] = field(default_factory=dict)
    defined: dict[str, str] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    origin: dict[str, Any] = field(default_factory=dict)
    order: dict[str, Polynomial] = field(default_factory=dict)
    positive: dict[str, str] = field(default_factory=dict)
    seconds: float = 0

    def context(self) -> Context:
        """Return the checker's view of the letters."""
        return self.translation.context()

    def give(self, name: str, text: str, *, origin: Any = "hypothesis", defines: str = "") -> None:
        """Add a hypothesis, an equation or an order relation, unless it says nothing; `defines` is what it defines."""
        gap, sign = sides(self.context(), text, "=", ">=", ">")
        if not gap:
            return
        self.origin[name] = origin
        if sign != "=":
            self.positive[name], self.order[name] = text, gap
            return
        self.given[name], self.facts[name] = text, gap
        if defines:
            self.defined[name] = defines

    def show(self, text: str, sources: Sequence[str] = (), name: str = "") -> str | None:
        """Add a line if cofactors are found; returns its name."""
        gap, _ = sides(self.context(), text, "=")
        for other, known in self.facts.items():
            if known == gap and not name:
                return other
        found = self._found(gap, sources)
        return None if found is None else self._add({"states": text, "because": found}, gap, name)

    def show_root(self, root: Root, because: list[Cofactor] | None = None, states: str = "") -> str | None:
        """Add the line that the first of some squares is zero; its cofactors are searched for unless they are known."""
        context = self.context()
        goal: Polynomial = {}
        for square in root.squares:
            p = context.parse(square)
            add(goal, context.times(context.adjoint(p), p))
        found = self._found(goal, root.sources) if because is None else because
        line = {"states": states or root.states, "squares": list(root.squares), "because": found}
        return None if found is None else self._add(line, context.parse(root.squares[0]), root.name)

    def show_sum(self, line: Sum, because: list[Cofactor] | None = None) -> str | None:
        """Add an order relation; its cofactors are searched for unless they are known."""
        context = self.context()
        gap = sides(context, line.states, ">=", ">")[0]
        goal = dict(gap)
        for weight, names, text in line.terms:
            root = context.parse(text)
            product = context.times(context.adjoint(root), *(self.order[name] for name in names), root)
            add(goal, product, -Fraction(weight))
        found = self._found(goal, ()) if because is None else because
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

    def show_line(self, line: str | From | Root | Sum) -> str | None:
        """Add a line of any kind."""
        if isinstance(line, From):
            return self.show(line.states, line.sources, line.name)
        if isinstance(line, Root):
            return self.show_root(line)
        return self.show_sum(line) if isinstance(line, Sum) else self.show(line)

    def stated(self, claim: str) -> dict[str, Any]:
        """Return the statement without a proof: ``claim`` stands in its place."""
        t = self.translation
        return {
            "letters": dict(t.letters),
            "scalars": list(t.scalars),
            "symmetric": list(t.symmetric),
            "given": dict(self.given),
            "positive": dict(self.positive),
            "claim": claim,
        }

    def _found(self, goal: Polynomial, sources: Sequence[str]) -> list[Cofactor] | None:
        context = self.context()
        near = {name: self.facts[name] for name in (*sources, *self.translation.axioms) if name in self.facts}
        attempts: list[tuple[dict[str, Polynomial], bool, bool, int]] = [({}, True, False, 0)]
        if sources:
            attempts += [(near, False, False, 300), (near, True, False, 600), (near, True, True, 600)]
        else:
            attempts += [(self.facts, False, True, 400), (self.facts, False, False, 600), (near, True, False, 1000)]
            attempts += [(self.facts, True, False, 1000), (self.facts, True, True, 1500)]
        for facts, unfold, turned, limit in attempts:
            rules = self._rules(context, turned=turned or not facts) if unfold else []
            ruled = {rule.name for rule in rules}
            listed = [fact for name, p in facts.items() for fact in self._fact(context, name, p, turned=turned)]
            found = cofactors(context, goal, [f for f in listed if f.name not in ruled], rules, limit=limit)
            if found is not None:
                return found
        if not self.seconds:
            return None
        typed = [name for name, p in self.facts.items() if self._typed(context, name, p)]
        listed = [fact for name in typed for fact in self._fact(context, name, self.facts[name], turned=True)]
        return complete(context, goal, listed, seconds=self.seconds)

    def _typed(self, context: Context, name: str, p: Polynomial) -> bool:
        """Whether a polynomial tells what it is about: of ``A + 1 = A`` only a number is left, about maps."""
        texts = self.given | {line["name"]: line["states"] for line in self.lines}
        return bool(relation(context, texts[name], "=").type) == bool(context.type(p))

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

    def _fact(self, context: Context, name: str, p: Polynomial, *, turned: bool) -> list[Vanishing]:
        out = [Vanishing(name, p)]
        adjoint = context.adjoint(p)
        if turned and adjoint not in (p, {word: -c for word, c in p.items()}):
            out.append(Vanishing(name + "'", adjoint))
        return out


def tidied(spec: Spec, proof: Proof, final: str, claim: str) -> dict[str, Any]:
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
    t, taken = proof.translation, [proof.origin[name] for name in proof.origin if name in wanted]
    whole: dict[str, Any] = {
        "name": spec.name,
        "letters": dict(t.letters),
        "scalars": list(t.scalars),
        "symmetric": list(t.symmetric),
        "given": {name: text for name, text in proof.given.items() if name in wanted},
        "positive": {name: text for name, text in proof.positive.items() if name in wanted},
        "proof": shown,
        "prose": list(dict.fromkeys(fact.sentence for fact in taken if isinstance(fact, StandardFact))),
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
