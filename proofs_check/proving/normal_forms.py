"""Equations completed to rules: what is equal by them gets one normal form, as far as time allows.

Every rule is a combination of multiples of the equations, which it remembers: what reduces to zero has cofactors. A
rule more or less decides what is found and never what is true, so completion may stop anywhere.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import count, pairwise
from time import monotonic
from typing import NamedTuple

from proofs_check.certificates.checker import Context, Polynomial, Type, add
from proofs_check.proving.search import Cofactor, Rewriting, Rule, Terms, Word, parted

__all__ = ["Ideal"]


class Vanished(NamedTuple):
    """A polynomial that vanishes, with lead coefficient 1, and the terms that it is made of."""

    polynomial: Polynomial
    terms: Terms
    lead: Word


class Ideal:
    """What follows from equations by multiplying and adding.

    Parameters
    ----------
    context : Context
        The letters.
    facts : mapping of str to Polynomial
        The equations, by name; their adjoints follow.
    unfold : sequence of str
        Letters that are eliminated first, each by a fact that defines it through later ones and others.
    small : collection of str
        Letters that words are preferably written in.
    degree, most, until
        Bounds of the completion: length of a word, number of rules, time.
    """

    def __init__(
        self,
        context: Context,
        facts: Mapping[str, Polynomial],
        *,
        unfold: Sequence[str] = (),
        small: frozenset[str] = frozenset(),
        degree: int = 8,
        most: int = 150,
        until: float = float("inf"),
    ) -> None:
        self.context, self.scalars = context, frozenset(context.scalars)
        self._unfold, self._small = list(unfold), small
        self._keys: dict[Word, tuple[object, ...]] = {}
        self.rules: dict[str, Vanished] = {}
        self.rewrite = Rewriting(context, ())
        self._normal: dict[Word, Polynomial] = {}
        self._ends: dict[str, Type] = {}
        self._complete(facts, degree, most, until)

    def normal(self, p: Polynomial) -> Polynomial:
        """Return the normal form."""
        total: Polynomial = {}
        for word, c in p.items():
            if word not in self._normal:
                self._normal[word] = self.rewrite({word: 1})[0]
            add(total, self._normal[word], c)
        return total

    def cofactors(self, p: Polynomial) -> list[Cofactor] | None:
        """Write a polynomial as multiples of the facts; None unless its normal form is zero."""
        rest, terms = self._reduced(p, {})
        return None if rest else [Cofactor(c, *key) for key, c in terms.items()]

    def key(self, word: Word) -> tuple[object, ...]:
        """Words are compared by letters to eliminate, then by numbers of maps and of scalars, then by letters."""
        found = self._keys.get(word)
        if found is None:
            scalars, letters = parted(word, self.scalars)
            bare = Counter(x.rstrip("'") for x in word)
            # A relation of maps must not be read as one of its numbers, hence maps count first.
            ranks = [*map(self._rank, letters), *sorted(map(self._rank, scalars))]
            found = (tuple(bare[x] for x in self._unfold), len(letters), len(scalars), *ranks)
            self._keys[word] = found
        return found

    def _rank(self, letter: str) -> tuple[bool, bool, str]:
        return letter.rstrip("'") not in self._small, letter.endswith("'"), letter

    def _reduced(self, p: Polynomial, terms: Terms) -> tuple[Polynomial, Terms]:
        """Reduce, and take the terms of the rules along."""
        rest, taken = self.rewrite(p)
        total = dict(terms)
        for (left, name, right), c in taken.items():
            self._count(total, self.rules[name].terms, c, left, right)
        return rest, total

    def _count(self, total: Terms, terms: Terms, weight: Fraction, left: Word = (), right: Word = ()) -> None:
        """Add ``weight * left * terms * right``."""
        for (a, name, b), c in terms.items():
            scalars, front = parted(left + a, self.scalars)
            more, back = parted(b + right, self.scalars)
            key = ((*sorted(scalars + more), *front), name, back)
            total[key] = total.get(key, Fraction(0)) + weight * c
            if not total[key]:
                del total[key]

    def _complete(self, facts: Mapping[str, Polynomial], degree: int, most: int, until: float) -> None:
        number = count()
        queue: list[tuple[tuple[object, ...], int, Polynomial, Terms]] = []

        def push(p: Polynomial, terms: Terms) -> None:
            if p:
                heapq.heappush(queue, (max(map(self.key, p)), next(number), p, terms))

        for fact, p in facts.items():
            push(p, {((), fact, ()): Fraction(1)})
            adjoint = self.context.adjoint(p)
            if adjoint not in (p, {word: -c for word, c in p.items()}):
                push(adjoint, {((), fact + "'", ()): Fraction(1)})
        while queue and len(self.rules) < most and monotonic() < until:
            _, _, p, terms = heapq.heappop(queue)
            maps = self._has_maps(p)
            rest, taken = self._reduced(p, {})
            # Of maps that cancelled, numbers are left on one space only; and 1 = 0 says nothing that is worth knowing.
            if not rest or set(rest) == {()} or maps != self._has_maps(rest):
                continue
            lead = max(rest, key=self.key)
            weight = 1 / Fraction(rest[lead])
            whole: Terms = {}
            self._count(whole, terms, weight)
            self._count(whole, taken, -weight)
            # Whole numbers, as nearly all are, add up several times faster.
            monic: Polynomial = {}
            for word, c in rest.items():
                monic[word] = ratio.numerator if (ratio := c * weight).denominator == 1 else ratio
            rule = Vanished(monic, whole, lead)
            for name in [name for name, other in self.rules.items() if self._within(lead, other.lead)]:
                old = self.rules.pop(name)
                push(old.polynomial, old.terms)
            name = f"rule {next(number)}"
            self.rules[name] = rule
            for other in list(self.rules.values()):
                for first, second in ((rule, other), (other, rule))[: 1 if other is rule else 2]:
                    for one, two in self._overlaps(first.lead, second.lead, degree):
                        difference = self.rewrite.between(one[0], first.polynomial, one[1])
                        add(difference, self.rewrite.between(two[0], second.polynomial, two[1]), -1)
                        both: Terms = {}
                        self._count(both, first.terms, Fraction(1), *one)
                        self._count(both, second.terms, Fraction(-1), *two)
                        push(difference, both)
            rules = [Rule(name, known.polynomial, known.lead) for name, known in self.rules.items()]
            self.rewrite = Rewriting(self.context, rules)

    def _has_maps(self, p: Polynomial) -> bool:
        return any(x not in self.scalars for word in p for x in word)

    def fits(self, word: Word) -> bool:
        """Whether the maps of a word fit together."""
        ends = [self.ends(x) for x in word]
        return all(a[1] == b[0] for a, b in pairwise(filter(None, ends)))

    def ends(self, letter: str) -> Type:
        """Target and source of a letter; () of a number."""
        if letter not in self._ends:
            self._ends[letter] = self.context.type({(letter,): 1}) or ()
        return self._ends[letter]

    def _within(self, lead: Word, word: Word) -> bool:
        scalars, letters = parted(lead, self.scalars)
        more, others = parted(word, self.scalars)
        width = len(letters)
        return not Counter(scalars) - Counter(more) and any(
            others[i : i + width] == letters for i in range(len(others) - width + 1)
        )

    def _overlaps(self, one: Word, two: Word, degree: int) -> Iterator[tuple[tuple[Word, Word], tuple[Word, Word]]]:
        """Yield what to multiply two leads by to get one word, where that is more than their product."""
        (s, a), (t, b) = parted(one, self.scalars), parted(two, self.scalars)
        common = Counter(s) & Counter(t)
        extra, other = tuple((Counter(t) - Counter(s)).elements()), tuple((Counter(s) - Counter(t)).elements())
        if len(a) + len(b) + len(s) + len(extra) > 2 * degree:
            return
        for width in range(1, min(len(a), len(b)) + 1):
            if a[-width:] == b[:width] and (one != two or width < len(a)) and len(a) + len(b) - width <= degree:
                yield (extra, b[width:]), (other + a[:-width], ())
        if a and b:
            for i in range(1, len(b) - len(a)):
                if b[i : i + len(a)] == a:
                    yield (extra + b[:i], b[i + len(a) :]), (other, ())
        elif common and one != two:
            yield (extra, () if a else b), (other, () if b else a)
        if a and b and common and self.fits(a + b) and len(a) + len(b) <= degree:
            # Numbers are shared by maps that stand side by side.
            yield (extra, b), (other + a, ())
