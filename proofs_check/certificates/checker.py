"""The trusted checker of certificates: standard library only, and short enough to be read in one go.

Every line of a proof is an identity of non-commutative polynomials: a replay multiplies and adds, nothing else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

__all__ = ["TOKEN", "Answer", "Context", "Polynomial", "Refused", "add", "check", "load", "need", "replay", "sides"]

# What a statement says: letters stand for linear maps between real spaces of any finite dimensions, or for real
# numbers; whenever they satisfy what is given, the last line of the proof holds. Why a replay shows that:
#
# An expression is stored as a polynomial in letters that do not commute, words with rational coefficients. To put maps
# in place of letters turns sums and products of words into sums and compositions of maps, by the laws of a ring alone:
# associative, distributive, and numbers commute with everything. Maps obey these in every dimension. So polynomials
# that are equal word by word are equal maps, and what cancels among words cancels among maps. The converse is not used:
# a line that is refused may still be true.
Polynomial = dict[tuple[str, ...], Fraction]
TOKEN = re.compile(r"\d+(?:/\d+)?|[A-Za-z_]\w*'?|[-+()]|\S")
# A part that is not listed here would look as if it had been checked.
PARTS = {"name", "letters", "scalars", "symmetric", "given", "positive", "proof", "prose"}
LINE = {"name", "states", "because", "sum", "squares"}


class Refused(Exception):
    """A certificate does not prove what it states."""


@dataclass(frozen=True)
class Answer:
    """Truthy exactly when every statement is proved; `cofactors` counts the terms multiplied out."""

    refusal: str | None
    cofactors: int = 0

    def __bool__(self) -> bool:
        return self.refusal is None


def need(condition: Any, message: str) -> None:
    """Refuse unless `condition` is true."""
    if not condition:
        raise Refused(message)


def add(total: Polynomial, term: Polynomial, factor: Fraction = Fraction(1)) -> None:
    """Add a multiple of a polynomial to `total`, in place."""
    for word, c in term.items():
        total[word] = total.get(word, Fraction(0)) + factor * c
        if not total[word]:
            del total[word]


class Context:
    """The letters of a statement: operators with their spaces, and real numbers, which commute with everything."""

    def __init__(self, letters: dict[str, str], scalars: list[str], symmetric: list[str]) -> None:
        self.ends = {name: tuple(map(str.strip, ends.split("<-"))) for name, ends in letters.items()}
        self.scalars, self.symmetric, self.seen = set(scalars), set(symmetric), set[str]()
        # The space "1" of the numbers is a space like any other: a vector is a map from it. `seen` holds what was used.
        need(all(len(e) == 2 and all(e) for e in self.ends.values()), "a letter needs 'target <- source'")
        need(len(self.scalars) == len(scalars) and not self.scalars & set(self.ends), "a name is declared twice")
        need(all(len(set(self.ends[x])) == 1 for x in symmetric), "a map between two spaces is not symmetric")

    def adjoint(self, p: Polynomial) -> Polynomial:
        """Transpose: words reversed, letters flipped."""
        # (A B)' = B' A' and A'' = A; real numbers stay as they are. Only for letters declared symmetric is X' = X.
        return {self._in_order(tuple(map(self._flip, reversed(word)))): c for word, c in p.items()}

    def _flip(self, letter: str) -> str:
        self.seen |= {f"{letter} is symmetric"} if letter in self.symmetric else set()
        return letter if letter in self.scalars or letter in self.symmetric else (letter + "'").removesuffix("''")

    def _in_order(self, word: tuple[str, ...]) -> tuple[str, ...]:
        # One spelling for words that differ by where their numbers stand; maps keep their order.
        return (*sorted(x for x in word if x in self.scalars), *(x for x in word if x not in self.scalars))

    def times(self, *factors: Polynomial) -> Polynomial:
        """Multiply; numbers move to the front of a word."""
        product: Polynomial = {(): Fraction(1)}
        for factor in factors:
            longer: Polynomial = {}
            for left, c in product.items():
                add(longer, {self._in_order(left + right): k for right, k in factor.items()}, c)
            product = longer
        return product

    def type(self, p: Polynomial) -> tuple[str, ...] | None:
        """Target and source of all words; None if only numbers occur, which act on every space."""
        # Only typed expressions denote maps; an ill-typed word denotes nothing, and nothing can be concluded from it. A
        # word of numbers alone is () here: it stands for that multiple of 1, on whichever space the others act.
        found: set[tuple[str, ...]] = set()
        for word in p:
            maps = [self.ends[x.rstrip("'")][:: -1 if x.endswith("'") else 1] for x in word if x not in self.scalars]
            need(all(a[1] == b[0] for a, b in pairwise(maps)), f"{' '.join(word)} is ill-typed")
            found.add((maps[0][0], maps[-1][1]) if maps else ())
        kind = max(found, default=()) or None
        need(len(found - {()}) <= 1, "the terms of a sum have different types")
        # A multiple of 1 leads from a space to itself, so it cannot be added to a map between two spaces.
        need(kind is None or () not in found or kind[0] == kind[1], "1 is added to a map between two spaces")
        return kind

    def parse(self, text: str) -> Polynomial:
        """Expand an expression in letters, fractions, ``+``, ``-``, brackets and products without a sign."""
        value = self._sum(tokens := TOKEN.findall(text))
        need(not tokens, f"cannot read {text!r}")
        return value

    def _sum(self, tokens: list[str]) -> Polynomial:
        total, every = Polynomial(), Polynomial()
        tokens[:0] = [] if tokens[:1] == ["-"] else ["+"]
        while tokens and tokens[0] in "+-":
            sign = Fraction(tokens.pop(0) + "1")
            every |= (term := self._product(tokens))
            add(total, term, sign)
        self.type(every)  # before terms cancel
        return total

    def _product(self, tokens: list[str]) -> Polynomial:
        value: Polynomial = {(): Fraction(1)}
        need(tokens and tokens[0] not in "+-)", "a term is missing")
        while tokens and tokens[0] not in "+-)":
            name = (token := tokens.pop(0)).rstrip("'")
            if token == "(":
                factor = self._sum(tokens)
                need(tokens and tokens.pop(0) == ")", "a bracket is not closed")
            elif token[0].isdigit():
                factor = {(): Fraction(token)} if Fraction(token) else {}
            else:
                need(name in self.ends or token in self.scalars, f"{token!r} is not declared")
                need(token == name or name not in self.symmetric, f"{name} is symmetric and takes no '")
                factor = {(token,): Fraction(1)}
                self.seen.add(name)
            value = self.times(value, factor)
        return value


def sides(context: Context, text: str, *relations: str) -> tuple[Polynomial, str]:
    """Read ``left R right`` as the polynomial ``left - right`` and the relation."""
    parts = re.split("(>=|=|>)", text)
    need(len(parts) == 3 and parts[1] in relations, f"{text!r} is not a relation with {' or '.join(relations)}")
    gap, right = context.parse(parts[0]), context.parse(parts[2])
    # Both sides must have one type, before what stands on both of them cancels.
    context.type(gap | right)
    add(gap, right, Fraction(-1))
    return gap, parts[1]


def replay(statement: dict[str, Any]) -> int:
    """Check one statement; returns the number of terms multiplied out."""
    need(set(statement) <= PARTS and all(set(line) <= LINE for line in statement["proof"]), "unknown parts")
    c = Context(statement.get("letters", {}), statement.get("scalars", []), statement.get("symmetric", []))
    # What is known: `zero` holds polynomials that vanish, `order` polynomials N with N >= 0 or N > 0. That a map N is
    # >= 0 means that it is symmetric and <x, N x> >= 0 for all x. Every line that is shown joins one of the two.
    zero = {name: sides(c, text, "=")[0] for name, text in statement.get("given", {}).items()}
    order = {name: sides(c, text, ">=", ">") for name, text in statement.get("positive", {}).items()}
    used, count = set[str](), 0
    need(statement["proof"] and not zero.keys() & order.keys(), "no proof, or two facts of one name")
    need(all(c.adjoint(gap) == gap for gap, _ in order.values()), "only a symmetric expression can be positive")
    for number, line in enumerate(statement["proof"], 1):
        # A line holds if its left side minus its right side is what its terms add up to. `goal` starts as what is to be
        # accounted for, each term is subtracted, and nothing may be left.
        gap, relation = sides(c, line["states"], *((">=", ">") if "sum" in line else ("=",)))
        goal, kind, strict = dict(gap), c.type(gap), False
        # Squares: if r1' r1 + r2' r2 + ... vanishes then so does each root, and the line is one of them. For every x,
        # <x, (r1' r1 + ...) x> = |r1 x|^2 + |r2 x|^2 + ... = 0, and over the reals no square is negative; with complex
        # numbers 1 + i^2 = 0 would show that 1 vanishes. Here `goal` is the sum, which the terms must account for.
        if "squares" in line:
            roots, goal = [c.parse(text) for text in line["squares"]], {}
            need("sum" not in line and gap in roots and all(roots), "the line is not among its squares")
            for root in roots:
                add(goal, c.times(c.adjoint(root), root))
            kind = c.type(goal)
            # In dimension 0 every map vanishes, even 7 times 1: squares of maps do not show that a number vanishes.
            need(kind is None or c.type(gap), "a number may be non-zero on a space without dimensions")
        # Sums: weight g' N g with weight > 0 is not negative, because <x, g' N g x> = <g x, N (g x)> >= 0. N is 1 or a
        # product of known facts: numbers that are not negative, and at most one map, since a product of two positive
        # maps need not be symmetric. So a gap that is a sum of such terms, up to what vanishes, is not negative.
        for weight, names, text in line.get("sum", []):
            root, factors = c.parse(text), [order[name][0] for name in names]
            need(Fraction(weight) > 0 and root, "a term of a sum is not positive")
            need(sum(c.type(f) is not None for f in factors) <= 1, "a product of two operators need not be positive")
            # Each term must be a map of the line's type, or a number, which stands for that multiple of 1. A line about
            # numbers (kind None) takes no map: in dimension 0 that would say nothing about them.
            need(c.type(term := c.times(c.adjoint(root), *factors, root)) in (kind, None), "a square of another type")
            add(goal, term, -Fraction(weight))
            # Strictly positive: a constant other than 0, squared, times numbers that are all > 0. What is > 0 is shown
            # for numbers only.
            strict |= set(root) == {()} and kind is None and all(order[name][1] == ">" for name in names)
            used |= set(names)
        need(relation != ">" or strict, "no term of the sum is strictly positive")
        # Cofactors: if f vanishes then so does a f b, whatever a and b are, and so does f', which is called by the
        # fact's name with a prime. Words a and b suffice, since a sum is several terms.
        terms = line.get("because", [])
        need(len({(left, name, right) for _, left, name, right in terms}) == len(terms), "a cofactor is listed twice")
        for weight, left, name, right in terms:
            fact = zero[name] if name in zero else c.adjoint(zero[name.removesuffix("'")])
            a, b = c.parse(left), c.parse(right)
            need(Fraction(weight) and fact and len(a) == len(b) == 1, "a cofactor is one product of letters")
            need(c.type(term := c.times(a, fact, b)) in (kind, None), "a term has another type than its line")
            add(goal, term, -Fraction(weight))
            used.add(name.removesuffix("'"))
        # Equal as polynomials, hence equal as maps: the step that all others lead to.
        need(not goal, f"line {number} of {statement['name']}: the terms do not add up to the line")
        count += len(terms) + len(line.get("sum", []))
        # The line may be used from here on, under a name that means nothing else.
        name = line.get("name", f"line {number}")
        need(name not in {*zero, *order}, f"two facts are called {name}")
        zero, order = (zero | {name: gap}, order) if relation == "=" else (zero, order | {name: (gap, relation)})
    # More hypotheses make a weaker theorem, not a wrong one; but no statement shall ask for more than its proof needs.
    # So whatever is declared, given or shown must have been used, except the last line, which is the claim.
    declared = {*c.ends, *c.scalars, *(f"{x} is symmetric" for x in c.symmetric)}
    idle = ({*zero, *order} - used - {name}) | (declared - c.seen)
    need(not idle, f"not needed: {', '.join(sorted(idle))}")
    return count


def load(path: str | Path) -> dict[str, Any]:
    """Read a certificate file."""
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))


def check(certificate: dict[str, Any]) -> Answer:
    """Replay all statements of a certificate; the result is truthy exactly if each is proved."""
    # There is one way to a true answer, through every check. Whatever goes wrong before, such as a missing part, a
    # weight that is no fraction or a name that nothing has, is an exception, and any exception is a refusal.
    try:
        need(set(certificate) == {"theorem", "statements"} and certificate["statements"], "not a certificate")
        return Answer(None, sum(replay(statement) for statement in certificate["statements"]))
    except Exception as error:
        return Answer(f"{type(error).__name__}: {error}")
