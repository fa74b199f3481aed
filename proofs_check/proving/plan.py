"""How a claim may be shown, where nobody has said how: values for what is claimed to exist, letters for numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import count
from typing import Any

from proofs_check.certificates.checker import Context, relation, sides
from proofs_check.certificates.expressions import letters, parse
from proofs_check.proving.completion import solutions
from proofs_check.proving.goals import Goal
from proofs_check.proving.proof import Proof
from proofs_check.proving.search import Word, parted
from proofs_check.proving.specification import Spec
from proofs_check.proving.statement import prepared
from proofs_check.proving.translation import expanded_text, text_of
from theory import Formula
from theory.language.nodes import PseudoInverse
from theory.language.predicates import Invertible

__all__ = ["planned", "recovered"]


def planned(formula: Formula, goal: Goal, seconds: float) -> Iterator[Spec]:
    """Yield specifications: with values for what is claimed to exist, if it is, and with letters for numbers.

    Parameters
    ----------
    formula : Formula
        Whose conclusion is to be shown.
    goal : Goal
        One of those of its conclusion.
    seconds : float
        How long values may be searched for.
    """
    spec = Spec(formula.id, goal=goal.name)
    proof, _ = prepared(formula, spec, {spec.name: spec}, {formula.id: formula}, undecided=True)
    if not goal.chosen:
        yield replace(spec, numbers=_numbers(proof, goal))
        return
    for value in dict.fromkeys(_values(proof, goal, seconds)):
        yield replace(spec, value=value)
    if isinstance(formula.says, Invertible):
        # Every matrix has a pseudo-inverse; where no vector but 0 is sent to 0, it is the inverse.
        yield replace(spec, value=text_of(proof.translation.copy(), PseudoInverse(formula.says.arg)))


def _values(proof: Proof, goal: Goal, seconds: float) -> Iterator[str]:
    """What the facts and the claim itself determine, or restrict: then pseudo-inverses and inverses may solve it."""
    context = proof.context()
    facts = proof.facts | {"claim": sides(context, goal.claim, "=", ">=", ">")[0]}
    plain = {name: proof.unfolded(p) for name, p in facts.items() if name not in proof.defined}
    kept = {name: p or facts[name] for name, p in plain.items()}  # an inverse unfolds to nothing
    listed = [x for name, p in kept.items() for x in proof.turned(context, name, p)]
    barred = proof.translation.made_of({goal.chosen, *goal.barred, *goal.hidden}) - {goal.chosen}
    pseudo = []
    for name, p in proof.facts.items():
        letter = name.removesuffix(" 1")
        if letter != name and letter in context.ends:  # T Y T = T
            pseudo.append((letter, proof.unfolded({word: -c for word, c in p.items() if letter not in word})))
    for outer, rest in solutions(context, goal.chosen, listed, barred=barred, seconds=seconds):
        if set(outer) == {()}:
            yield expanded_text({word: Fraction(c) / outer[()] for word, c in rest.items()})
            return
        for inverse, of in pseudo:
            for number in {parted(word, frozenset(context.scalars))[0] for word in of}:
                if context.times({number: 1}, outer) == of:
                    yield expanded_text(context.times({(*number, inverse): 1}, rest))


def _numbers(proof: Proof, goal: Goal) -> dict[str, str]:
    """Letters for numbers that a claim has both ways round, as a factor, or as the difference of its sides."""
    context = proof.context()
    fact = relation(context, goal.claim, "=", ">=", ">")
    used = {*context.ends, *context.scalars}
    names = (name for i in count(1) if (name := f"number_{i}") not in used)
    whole = fact.sign == "=" and fact.type == ("1", "1") and context.adjoint(fact.gap) != fact.gap
    difference = {next(names): expanded_text(fact.gap)} if whole else {}
    # A number by itself needs no letter: a relation between numbers is one between maps of the space 1.
    several = [found for word in proof.unfolded(fact.gap) if (found := [*_factors(context, word)])]
    factors = {x for found in several if fact.type != ("1", "1") or len(found) > 1 for x in found}
    turned = {factor: next(iter(context.adjoint({factor: 1}))) for factor in factors}
    return difference | {next(names): " ".join(x) for x in sorted(factors) if x < turned[x] and turned[x] in factors}


def _factors(context: Context, word: Word) -> Iterator[Word]:
    """The shortest factors that lead from the space 1 to itself."""
    _, maps = parted(word, frozenset(context.scalars))
    begun = None
    for i, letter in enumerate(maps):
        ends = context.type({(letter,): 1}) or ("", "")
        if ends[0] == "1":
            begun = i
        if ends[1] == "1" and begun is not None:
            yield maps[begun : i + 1]
            begun = None


def recovered(goal: Goal, spec: Spec, stored: Mapping[str, Any], known: Proof) -> Spec:
    """Return the specification of a stored statement: what it chose and named, as far as that is its to choose.

    Parameters
    ----------
    goal : Goal
        What the statement shows.
    spec : Spec
        Without choices.
    stored : mapping
        As in a certificate.
    known : Proof
        What is given without choices.
    """
    given = stored.get("given", {})
    if goal.chosen:
        left, _, value = given.get(goal.chosen, "").partition(" = ")
        return replace(spec, value=value if left == goal.chosen else "")
    numbers = {}
    taken = {*known.translation.letters, *known.translation.scalars}
    for name, said in given.items():
        value, _, letter = said.partition(" = ")
        if name == letter and name not in taken and name in stored.get("scalars", []):
            # Only what leads from the space 1 to itself is a number.
            inside = letters(parse(value)) <= {*known.translation.letters, *known.translation.scalars}
            if inside and known.context().read(value)[1] == ("1", "1"):
                numbers[name] = value
    return replace(spec, numbers=numbers)
