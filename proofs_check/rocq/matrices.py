"""Certificates as theorems about real matrices, in the notation of Mathematical Components.

A statement is written from the certificate, for matrices over any ordered field R. `real_matrices.v` has chosen zero,
sums, products and fractions so that Rocq, by computing, finds the theorem about operators to say the same; only
inequalities, and powers of numbers, have lemmas between the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from proofs_check.certificates.expressions import Letter, Node, Number, Product, SignedSum, letters
from proofs_check.rocq.induction import OPERATORS, Binder, Turns, every_turn, first_turn
from proofs_check.rocq.named import KnownRelation, NamedStatement
from proofs_check.rocq.terms import Ends, Notation, filled, joined

__all__ = ["OPENING", "about_matrices", "about_matrices_at_every_turn"]

OPENING = """From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat ssralg ssrnum zmodp matrix.
Require Import real_matrices.

Local Open Scope ring_scope."""

TURNS = Turns(
    "0%N",
    "t.+1",
    {
        "A_B_to_the_t": "(iter t (mulmx (A *m B)) 1%:M)",
        "B_A_to_the_t": "(iter t (mulmx (B *m A)) 1%:M)",
        "A_to_the_t": "(iter t (mulmx A) 1%:M)",
        "one_minus_alpha_to_the_t": "((1 - alpha) ^+ t)",
    },
)

ATOM, TIMES, SCALED, PLUS = 0, 40, 41, 50
NOTHING = Number(Fraction(0))


def _joined(sign: str, terms: Iterable[Notation], level: int) -> Notation:
    listed = list(terms)
    return listed[0] if len(listed) == 1 else Notation(joined(sign, listed, level), level)


def _added(terms: list[tuple[int, Notation]]) -> Notation:
    (sign, first), *rest = terms
    text = first.within(PLUS) if sign > 0 else f"- {first.within(ATOM)}"
    for sign, term in rest:
        text += f" {'-' if sign < 0 else '+'} {term.within(PLUS - 1)}"
    return Notation(text, PLUS if rest or first.level == PLUS or terms[0][0] < 0 else first.level)


def _whole(value: int) -> str:
    return str(value) if value in (0, 1) else f"{value}%:R"


class _Matrices:
    """Writes one statement about operators as one about matrices."""

    def __init__(self, statement: dict[str, Any]) -> None:
        self.of = NamedStatement(statement)
        self.operators = self.of.binders()
        self.names = self.of.write.names
        self.field = self.of.names.new("R")
        self.sizes = {space: "1" if space == "1" else name for space, name in self.of.spaces.items()}

    def number(self, node: Node) -> Notation:
        match node:
            case Number(value):
                if value.denominator == 1:
                    return Notation(_whole(value.numerator), ATOM)
                return Notation(f"{_whole(value.numerator)} / {_whole(value.denominator)}", TIMES)
            case Letter(name, _):
                return Notation(self.names[name], ATOM)
            case Product(factors):
                return _joined("*", map(self.number, factors), TIMES)
            case SignedSum(terms):
                return _added([(sign, self.number(term)) for sign, term in terms])

    def matrix(self, node: Node, ends: tuple[str, ...]) -> Notation:
        kind = self.of.write.ends(node)
        match node:
            case SignedSum(terms):
                return _added([(sign, self.matrix(term, ends)) for sign, term in terms])
            case Letter(name, primed) if kind is not None:
                turned = primed and name not in self.of.context.symmetric
                return Notation(f"{self.names[name]}^T" if turned else self.names[name], ATOM)
        if node == NOTHING:
            return Notation("0", ATOM)
        factors = node.factors if isinstance(node, Product) else (node,)
        numbers = tuple(factor for factor in factors if self.of.write.ends(factor) is None)
        typed = [(factor, kind) for factor in factors if (kind := self.of.write.ends(factor)) is not None]
        maps = [self.matrix(factor, kind) for factor, kind in typed] or [Notation("1%:M", ATOM)]
        body = _joined("*m", maps, TIMES)
        if not numbers or numbers == (Number(Fraction(1)),):
            return body
        scale = _joined("*", map(self.number, numbers), TIMES)
        return Notation(f"{scale.within(TIMES - 1)} *: {body.within(TIMES - 1)}", SCALED)

    def write(self, node: Node, ends: Ends) -> Notation:
        return self.number(node) if ends is None else self.matrix(node, ends)

    def say(self, fact: KnownRelation) -> str:
        left, right = (self.write(side, fact.ends) for side in (fact.left, fact.right))
        # Without a letter nothing else tells what is spoken of.
        kind = self.field if fact.ends is None else self.kind(fact.ends)
        typed = "" if letters(fact.left) | letters(fact.right) else kind
        told = f" :> {typed}" if typed else ""
        if fact.relation == "=":
            return f"{left.text} = {right.text}{told}"
        if fact.ends is None:
            return f"{right.text} {'<' if fact.relation == '>' else '<='} {left.text}{told}"
        difference = left if fact.right == NOTHING else _added([(1, left), (-1, right)])
        return f"psd ({difference.text} : {typed})" if typed else f"psd {difference.within(ATOM)}"

    def converted(self, fact: KnownRelation, proof: str, direction: str) -> str:
        """Return the proof of a fact about operators (`to`) or about matrices (`of`), from one of the other."""
        if fact.relation == "=" or (fact.ends is not None and fact.right != NOTHING):
            return proof
        kind = "psd" if fact.ends is not None else "gt" if fact.relation == ">" else "ge"
        return f"({kind}_{direction}_sub {proof})"

    def kind(self, ends: tuple[str, ...]) -> str:
        rows, columns = (self.sizes[space] for space in ends)
        if rows == columns:
            return f"'M[{self.field}]_{rows}"
        if "1" in (rows, columns):
            return f"'cV[{self.field}]_{rows}" if columns == "1" else f"'rV[{self.field}]_{columns}"
        return f"'M[{self.field}]_({rows}, {columns})"

    def variables(self) -> list[Binder]:
        """Return the sizes, matrices and numbers, each group with its type."""
        sizes = [size for size in self.sizes.values() if size != "1"]
        groups: list[Binder] = [(sizes, "nat")] if sizes else []
        groups += [(names, self.kind(ends)) for ends, names in self.of.letters().items()]
        numbers = [self.names[name] for name in self.of.write.numbers]
        return groups + ([(numbers, self.field)] if numbers else [])

    def hypotheses(self) -> list[Binder]:
        symmetric = [([h], f"{self.names[x]}^T = {self.names[x]}") for x, h in self.of.symmetric.items()]
        facts = [*self.of.equations.values(), *self.of.orders.values()]
        return symmetric + [([fact.proof], self.say(fact)) for fact in facts]

    def theorem(self, name: str, binders: list[Binder], claim: str, proof: list[str]) -> str:
        """Write a theorem: those of the binders whose type is a proposition are its hypotheses."""
        variables = [binder for binder in binders if not self._is_proposition(binder)]
        given = [binder for binder in binders if self._is_proposition(binder)]
        bound = [([self.field], "realFieldType"), *variables]
        opened = [filled(f"({' '.join(names)} : {kind})", 4) for names, kind in bound]
        said = [filled(f"{self._bracketed(kind)} ->", 2) for _, kind in given]
        names = [x for xs, _ in given for x in xs]
        taken = [f"move=> {' '.join(names)}."] if names else []
        body = [filled(line, 2) for line in [*taken, *proof]]
        stated = [*opened[:-1], f"{opened[-1]} :", *said, filled(f"{claim}.", 2)]
        return "\n".join([f"Theorem {name}", *stated, "Proof.", *body, "Qed.", ""])

    @staticmethod
    def _is_proposition(binder: Binder) -> bool:
        return re.search(r" (=|<|<=) |^psd ", binder[1]) is not None

    @staticmethod
    def _bracketed(kind: str) -> str:
        return f"({kind})" if kind.startswith("forall ") else kind

    def applied(self, binders: list[Binder]) -> str:
        """Return what the theorem about operators is applied to."""
        facts = {fact.proof: fact for fact in (*self.of.equations.values(), *self.of.orders.values())}
        sizes = {self.of.spaces[space]: "1%N" for space in self.of.spaces if space == "1"}
        said = [x for names, _ in binders for x in names]
        return " ".join(self.converted(facts[x], x, "to") if x in facts else sizes.get(x, x) for x in said)


def about_matrices(statement: dict[str, Any], name: str, module: str) -> str:
    """Write a statement about matrices, with its proof.

    Parameters
    ----------
    statement : dict
        As in a certificate that `proofs_check.certificates.checker.check` accepts.
    name : str
        Identifier of the theorem about operators, and of this one.
    module : str
        The file in which the former is.

    Raises
    ------
    ValueError
        If the statement is malformed, or of a kind that is not exported.
    """
    m = _Matrices(statement)
    claim = m.of.relation(statement["proof"][-1]["states"])
    proof = f"(@{module}.{name} (real_matrices {m.field}) {m.applied(m.operators)})"
    binders = [*m.variables(), *m.hypotheses()]
    return m.theorem(name, binders, m.say(claim), [f"exact: {m.converted(claim, proof, 'of')}."])


def about_matrices_at_every_turn(statement: dict[str, Any], names: list[str], module: str) -> str:
    """Write the theorems about the first and about every turn that a step gives, as `about_matrices` does the step.

    Parameters
    ----------
    statement : dict
        One that `proofs_check.rocq.statement.start_of` has a first turn for.
    names : list of str
        Identifiers of the two theorems.
    module : str
        The file that has them for operators.
    """
    first, name = names
    m = _Matrices(statement)
    every = every_turn(statement, [*m.variables(), *m.hypotheses()], lambda text: m.say(m.of.relation(text)), TURNS)
    binders = [(xs, _plain(kind)) for xs, kind in every.binders]
    operators = every_turn(statement, m.operators, lambda text: m.of.say(m.of.relation(text)), OPERATORS)
    proof = f"exact: (@{module}.{name} (real_matrices {m.field}) {m.applied(operators.binders)} t)."
    power = ["rewrite -rpower_exp."] if "^+ t" in every.claim else []
    body = m.theorem(name, binders, _plain(every.claim), ["move=> t.", *power, proof])
    return "\n".join([about_matrices(first_turn(statement)[0], first, module), body])


def _plain(text: str) -> str:
    """Leave out the brackets that Mathematical Components would not print."""
    for power in TURNS.powers.values():
        text = text.replace(f"{power} ", f"{power[1:-1]} ")
    return re.sub(r"\((\w+ t(?:\.\+1)?)\)(?!\^)", r"\1", text)
