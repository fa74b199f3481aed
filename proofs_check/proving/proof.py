"""Proofs in the making: hypotheses, and lines that are added as their cofactors are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any

from proofs_check.certificates.checker import Context, Polynomial, Refused, add, relation, replay, sides
from proofs_check.proving.completion import complete
from proofs_check.proving.facts import StandardFact
from proofs_check.proving.search import Cofactor, Rewriting, Rule, Vanishing, cofactors, unfolded
from proofs_check.proving.specification import From, Kernel, Root, Spec, Sum
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

    def levels(self, text: str) -> list[Proof]:
        """Return copies that know only what is near a claim, then more and more of it, in the end this proof itself.

        Near are its letters and those of premises, then those by which these are defined, with inverses. Lines that a
        copy shows are lines of this proof.
        """
        words = dict(sides(self.context(), text, "=", ">=", ">")[0])
        for name, origin in self.origin.items():
            words |= self.facts.get(name, self.order.get(name, {})) if origin == "premise" else {}
        inside = {_bare(x) for word in words for x in word}
        made = {letter: _letters(self.facts[name]) for name, letter in self.defined.items()}
        axioms = [_letters(self.facts[name]) for name in self.translation.axioms if name in self.facts]
        out: list[Proof] = []
        while True:
            for several in (*axioms, *axioms):  # inverses of inverses
                inside |= several if len(several - inside) == 1 else set()
            facts = {name: p for name, p in self.facts.items() if _letters(p) <= inside}
            if len(facts) == len(self.facts):
                return [*out, self]
            order = {name: p for name, p in self.order.items() if _letters(p) <= inside}
            if not out or len(facts) > len(out[-1].facts):
                defined = {name: letter for name, letter in self.defined.items() if name in facts}
                out.append(replace(self, facts=facts, order=order, defined=defined))
            more = set().union(*(made[x] for x in inside & made.keys())) - inside
            if not more:
                return [*out, self]
            inside |= more

    def show(self, text: str, sources: Sequence[str] = (), name: str = "") -> str | None:
        """Add a line if cofactors are found; returns its name."""
        gap, _ = sides(self.context(), text, "=")
        for other, known in self.facts.items():
            if known == gap and not name:
                return other
        found = self._found(gap, sources)
        return None if found is None else self._add({"states": text, "because": found}, gap, name)

    def show_root(self, root: Root) -> str | None:
        """Add the line that the first of some squares is zero, as their sum is."""
        first, *others = root.squares
        line = Kernel(root.states, first, terms=tuple(("1", (), text) for text in others), name=root.name)
        return self.show_kernel(line, sources=root.sources)

    def show_sum(self, line: Sum, because: list[Cofactor] | None = None) -> str | None:
        """Add an order relation; its cofactors are searched for unless they are known."""
        gap = sides(self.context(), line.states, ">=", ">")[0]
        because = self._found(self.less(gap, line.terms), ()) if because is None else because
        if because is None:
            return None
        name = self._add({"states": line.states, "sum": _listed(line.terms), "because": because}, None, line.name)
        self.order[name] = gap
        return name

    def show_kernel(
        self, line: Kernel, because: list[Cofactor] | None = None, *, sources: Sequence[str] = ()
    ) -> str | None:
        """Add the line that a positive map vanishes where its form does; cofactors are searched for unless known."""
        context, names = self.context(), [line.order] if line.order else []
        root = context.parse(line.root)
        image = context.times(*(self.order[name] for name in names), root)
        form = context.times(context.adjoint(root), image)
        goal = self.less({word: -c for word, c in form.items()}, line.terms)
        because = self._found(goal, sources) if because is None else because
        if because is None:
            return None
        sums = {"sum": _listed(line.terms)} if line.terms else {}
        made = {"states": line.states, "kernel": [names, line.root]} | sums | {"because": because}
        return self._add(made, image, line.name)

    def less(self, gap: Polynomial, terms: Sequence[tuple[str, tuple[str, ...], str]]) -> Polynomial:
        """Return what is left of a gap when terms of a sum are taken away."""
        context, goal = self.context(), dict(gap)
        for weight, names, text in terms:
            root = context.parse(text)
            product = context.times(context.adjoint(root), *(self.order[name] for name in names), root)
            add(goal, product, -Fraction(weight))
        return goal

    def _add(self, line: dict[str, Any], gap: Polynomial | None, name: str = "") -> str:
        name = name or f"shown {len(self.lines) + 1}"
        self.lines.append({"name": name} | line)
        if gap is not None:
            self.facts[name] = gap
        return name

    def show_line(self, line: str | From | Kernel | Root | Sum) -> str | None:
        """Add a line of any kind."""
        if isinstance(line, From):
            return self.show(line.states, line.sources, line.name)
        if isinstance(line, Root):
            return self.show_root(line)
        if isinstance(line, Kernel):
            return self.show_kernel(line)
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
            listed = [fact for name, p in facts.items() for fact in self.turned(context, name, p, turned=turned)]
            found = cofactors(context, goal, [f for f in listed if f.name not in ruled], rules, limit=limit)
            if found is not None:
                return found
        if not self.seconds:
            return None
        typed = [name for name, p in self.facts.items() if self._typed(context, name, p)]
        listed = [fact for name in typed for fact in self.turned(context, name, self.facts[name], turned=True)]
        # Letters that are defined distract from those that they stand for; sometimes they say it shortly.
        rules = [rule for rule in self._rules(context, turned=True) if rule.name.removesuffix("'") in self.defined]
        ruled = {rule.name for rule in rules}
        rest = [fact for fact in listed if fact.name not in ruled]
        search = partial(complete, context, seconds=self.seconds / (2 if rules else 1))
        found = unfolded(context, goal, rest, rules, search)
        return search(goal, listed) if found is None and rules else found

    def _typed(self, context: Context, name: str, p: Polynomial) -> bool:
        """Whether a polynomial tells what it is about: of ``A + 1 = A`` only a number is left, about maps."""
        texts = self.given | {line["name"]: line["states"] for line in self.lines}
        return bool(relation(context, texts[name], "=").type) == bool(context.type(p))

    def unfolded(self, p: Polynomial) -> Polynomial:
        """Return a polynomial with all definitions unfolded."""
        context = self.context()
        return Rewriting(context, self._rules(context, turned=True))(p)[0]

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

    def turned(self, context: Context, name: str, p: Polynomial, *, turned: bool = True) -> list[Vanishing]:
        """Return a fact, and its adjoint if that says it differently."""
        out = [Vanishing(name, p)]
        adjoint = context.adjoint(p)
        if turned and adjoint not in (p, {word: -c for word, c in p.items()}):
            out.append(Vanishing(name + "'", adjoint))
        return out


def _bare(letter: str) -> str:
    return letter.removesuffix("'")


def _letters(p: Polynomial) -> set[str]:
    return {_bare(x) for word in p for x in word}


def _listed(terms: Sequence[tuple[str, tuple[str, ...], str]]) -> list[list[Any]]:
    """Terms of a sum, as a certificate writes them."""
    return [[weight, list(names), text] for weight, names, text in terms]


def tidied(spec: Spec, proof: Proof, final: str, claim: str) -> dict[str, Any]:
    """Keep what the claim needs, in order, and number the lines anew."""
    lines = {line["name"]: line for line in proof.lines}
    if final not in lines:
        because = [Cofactor(Fraction(1), (), final, ())]
        lines[final := "claim"] = {"name": "claim", "states": claim, "because": because}
    if not {"sum", "kernel"} & set(lines[final]):
        lines[final] = lines[final] | {"states": claim}  # the same polynomial, as the theorem writes it
    wanted, stack = set[str](), [final]
    while stack:
        name = stack.pop()
        if name not in wanted:
            wanted.add(name)
            stack += [c.fact.removesuffix("'") for c in lines[name]["because"]] if name in lines else []
            stack += [x for _, names, _ in lines[name].get("sum", []) for x in names] if name in lines else []
            stack += lines[name].get("kernel", [[]])[0] if name in lines else []
    kept = [name for name in lines if name in wanted]
    number = {name: f"line {i}" for i, name in enumerate(kept, 1)}
    shown = []
    for name in kept:
        line = {key: value for key, value in lines[name].items() if key != "name"}
        if "sum" in line:
            line["sum"] = [[weight, [number.get(x, x) for x in names], g] for weight, names, g in line["sum"]]
        if "kernel" in line:
            line["kernel"] = [[number.get(x, x) for x in line["kernel"][0]], line["kernel"][1]]
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
