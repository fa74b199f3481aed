"""What a statement of a certificate says, with names for Rocq: the same for operators and for matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proofs_check.certificates.checker import Context
from proofs_check.certificates.expressions import Node, relation
from proofs_check.rocq.induction import Binder
from proofs_check.rocq.terms import Ends, Names, Writer

__all__ = ["KnownRelation", "NamedStatement"]


@dataclass(frozen=True)
class KnownRelation:
    """A relation that is known: the proof's name, what it relates, and its type."""

    proof: str
    left: Node
    right: Node
    relation: str
    ends: Ends


class NamedStatement:
    """A statement whose spaces, letters and hypotheses have names in Rocq.

    Parameters
    ----------
    statement : dict
        As in a certificate that `proofs_check.certificates.checker.check` accepts.

    Raises
    ------
    ValueError
        If the statement is malformed.
    """

    def __init__(self, statement: dict[str, Any]) -> None:
        self.statement = statement
        symmetric = list(dict.fromkeys(statement.get("symmetric", [])))
        self.context = Context(statement.get("letters", {}), list(statement.get("scalars", [])), symmetric)
        self.names = Names()
        letters = {name: self.names.new(name) for name in (*self.context.ends, *sorted(self.context.scalars))}
        datums = {name: self.names.new(f"x_{name}") for name in letters}
        self.write = Writer(self.context, letters, datums)
        words = {"1": "numbers"}
        self.spaces = {space: self.names.new(words.get(space, space)) for space in self.write.spaces}
        self.equations: dict[str, KnownRelation] = {}
        self.orders: dict[str, KnownRelation] = {}

    def relation(self, text: str, proof: str = "") -> KnownRelation:
        """Read a relation, whose proof is to have a name."""
        read = relation(text)
        ends = self.write.ends(read.left) or self.write.ends(read.right)
        return KnownRelation(proof, read.left, read.right, read.sign, ends)

    def say(self, fact: KnownRelation) -> str:
        """Write a relation in the notation of `operators.v`."""
        left, right = (self.write.write(side, fact.ends).text for side in (fact.left, fact.right))
        if fact.ends is None:
            return f"({left} {fact.relation} {right})%real"
        # Strictly positive operators serve as positive ones only: the theorem needs, and says, no more.
        return f"{left} {fact.relation.replace('>=', '>').replace('>', '>=')} {right}"

    def binders(self) -> list[Binder]:
        """Return spaces, letters, numbers and hypotheses, each group with its type."""
        groups: list[Binder] = [([*self.spaces.values()], "space")] if self.spaces else []
        groups += [(xs, f"hom {self.spaces[t]} {self.spaces[s]}") for (t, s), xs in self.letters().items()]
        if self.context.scalars:
            groups.append(([self.write.names[name] for name in self.write.numbers], "real"))
        self.symmetric = {name: self.names.new(f"symmetric_{name}") for name in sorted(self.context.symmetric)}
        groups += [([h], f"{self.write.names[x]}^* = {self.write.names[x]}") for x, h in self.symmetric.items()]
        return groups + [([fact.proof], self.say(fact)) for fact in self.given()]

    def letters(self) -> dict[tuple[str, ...], list[str]]:
        """Return the identifiers of the operators, by their spaces."""
        kinds: dict[tuple[str, ...], list[str]] = {}
        for name, ends in self.context.ends.items():
            kinds.setdefault(ends, []).append(self.write.names[name])
        return kinds

    def given(self) -> list[KnownRelation]:
        """Name the hypotheses, equations first."""
        for part, facts in (("given", self.equations), ("positive", self.orders)):
            for name, text in self.statement.get(part, {}).items():
                facts[name] = self.relation(text, self.names.new(f"H_{name}"))
        return [*self.equations.values(), *self.orders.values()]
