"""Search for cofactors: writes a polynomial as a combination of multiples of given ones.

First everything is rewritten by rules that end (definitions unfold, inverses cancel), with the cofactors of every
replacement kept. What is left is decided by one sparse linear system over the rationals, whose columns are the
multiples ``a f b`` that share a word with what is on the table. Nothing here is trusted: the checker replays it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import TypeVar

from sympy import QQ
from sympy.polys.matrices import DomainMatrix

from proofs_check.certificates.checker import Context, Polynomial, Type, add

__all__ = ["Cofactor", "Rewriting", "Rule", "Vanishing", "Word", "cofactors", "solved", "unfolded"]

Word = tuple[str, ...]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Cofactor:
    """One term ``weight * left * fact * right`` of a combination."""

    weight: Fraction
    left: Word
    fact: str
    right: Word

    def as_json(self) -> list[str]:
        """The term as a certificate writes it."""
        return [str(self.weight), " ".join(self.left) or "1", self.fact, " ".join(self.right) or "1"]


@dataclass(frozen=True)
class Vanishing:
    """A polynomial that is zero, and the words by which it is found.

    Attributes
    ----------
    name : str
        As in the certificate; ``'`` at the end for the adjoint.
    polynomial : dict
    """

    name: str
    polynomial: Polynomial


@dataclass(frozen=True)
class Rule:
    """A fact read from left to right: `lead` is replaced by the rest of `polynomial`, in which it occurs once."""

    name: str
    polynomial: Polynomial
    lead: Word


Terms = dict[tuple[Word, str, Word], Fraction]


class Rewriting:
    """Rules to rewrite by, the first that fits; found by the letter that their lead begins with."""

    def __init__(self, context: Context, rules: Sequence[Rule]) -> None:
        self.context, self.scalars = context, frozenset(context.scalars)
        self.anywhere: list[tuple[int, Rule]] = []
        self.at: dict[str, list[tuple[int, Rule]]] = {}
        self.hits: dict[Word, tuple[Rule, tuple[Word, Word, Word]] | None] = {}
        for numbered in enumerate(rules):
            _, pattern = parted(numbered[1].lead, self.scalars)
            (self.at.setdefault(pattern[0], []) if pattern else self.anywhere).append(numbered)

    def __call__(self, p: Polynomial, *, limit: int = 20000) -> tuple[Polynomial, Terms]:
        """Rewrite until no rule applies; returns what is left and the terms that were taken away."""
        rest, normal = dict(p), Polynomial()
        terms: Terms = {}
        while rest:
            word, c = rest.popitem()
            hit = self.hits[word] if word in self.hits else self.hits.setdefault(word, self._first(word))
            if hit is None or len(terms) > limit:
                add(normal, {word: c})
                continue
            rule, (scalars, left, right) = hit
            weight = Fraction(c) / rule.polynomial[rule.lead]
            key = (scalars + left, rule.name, right)
            terms[key] = terms.get(key, Fraction(0)) + weight
            product = self.between(key[0], rule.polynomial, right)
            product.pop(word, None)
            # Whole numbers, as nearly all are, add up several times faster.
            add(rest, product, -weight.numerator if weight.denominator == 1 else -weight)
        return normal, terms

    def between(self, left: Word, polynomial: Polynomial, right: Word) -> Polynomial:
        """Multiply by a word from either side: different words stay different, so that nothing is added up."""
        product: Polynomial = {}
        for word, c in polynomial.items():
            scalars, letters = parted(left + word + right, self.scalars)
            product[*sorted(scalars), *letters] = c
        return product

    def _first(self, word: Word) -> tuple[Rule, tuple[Word, Word, Word]] | None:
        _, letters = parted(word, self.scalars)
        near = [rule for letter in set(letters) for rule in self.at.get(letter, ())] + self.anywhere
        for _, rule in sorted(near, key=itemgetter(0)):
            for split in splits(self.scalars, word, rule.lead):
                return rule, split
        return None


def splits(known: frozenset[str], word: Word, lead: Word) -> Iterator[tuple[Word, Word, Word]]:
    """Yield the (scalars, left, right) with which a lead occurs inside a word."""
    scalars, letters = parted(word, known)
    wanted, pattern = parted(lead, known)
    if pattern and pattern[0] not in letters:
        return
    rest = list(scalars)
    for x in wanted:
        if x not in rest:
            return
        rest.remove(x)
    width = len(pattern)
    if not width:
        for i in range(len(letters) + 1) if not lead else (len(letters),):
            yield tuple(rest), letters[:i], letters[i:]
        return
    for i in range(len(letters) - width + 1):
        if letters[i : i + width] == pattern:
            yield tuple(rest), letters[:i], letters[i + width :]


@lru_cache(maxsize=1 << 16)
def parted(word: Word, scalars: frozenset[str]) -> tuple[Word, Word]:
    """The numbers of a word, and its operators."""
    return tuple(x for x in word if x in scalars), tuple(x for x in word if x not in scalars)


def cofactors(
    context: Context,
    goal: Polynomial,
    facts: Sequence[Vanishing],
    rules: Sequence[Rule] = (),
    *,
    rounds: int = 12,
    limit: int = 4000,
) -> list[Cofactor] | None:
    """Write `goal` as a sum of multiples of `facts` and `rules`.

    Parameters
    ----------
    context : Context
        The letters and their spaces.
    goal : dict
        The polynomial that should follow.
    facts : sequence of Vanishing
        Polynomials that are zero.
    rules : sequence of Rule
        Facts by which everything is rewritten first; the rewriting must end.
    rounds : int
        How many times new words may bring new candidates.
    limit : int
        At most so many candidates.

    Returns
    -------
    list of Cofactor or None
        None if no combination of the candidates gives the goal.
    """
    rewrite = Rewriting(context, rules)
    left_over, total = rewrite(goal)
    if left_over:
        plain = {fact.name: rewrite(fact.polynomial) for fact in facts}
        small = [Vanishing(f.name, plain[f.name][0]) for f in facts]
        table = _candidates(context, left_over, [f for f in small if f.polynomial], rewrite, rounds, limit)
        solution = solved(left_over, {key: polynomial for key, (polynomial, _) in table.items()})
        if solution is None:
            return None
        for key, weight in solution.items():
            left, name, right = key
            _count(context, total, {((), name, ()): Fraction(1)}, weight, left, right)
            _count(context, total, plain[name][1], -weight, left, right)
            _count(context, total, table[key][1], weight, (), ())
    return [Cofactor(weight, *key) for key, weight in total.items() if weight]


def unfolded(
    context: Context,
    goal: Polynomial,
    facts: Sequence[Vanishing],
    rules: Sequence[Rule],
    found: Callable[[Polynomial, Sequence[Vanishing]], Sequence[Cofactor] | None],
) -> list[Cofactor] | None:
    """Rewrite a goal and facts by rules, and write as cofactors of all what is `found` for the rest."""
    rewrite = Rewriting(context, rules)
    left_over, total = rewrite(goal)
    plain = {fact.name: rewrite(fact.polynomial) for fact in facts}
    rest = [Vanishing(name, polynomial) for name, (polynomial, _) in plain.items() if polynomial]
    terms = found(left_over, rest) if left_over else []
    for term in terms or ():
        _count(context, total, {((), term.fact, ()): Fraction(1)}, term.weight, term.left, term.right)
        _count(context, total, plain[term.fact][1], -term.weight, term.left, term.right)
    return None if terms is None else [Cofactor(weight, *key) for key, weight in total.items() if weight]


def _count(context: Context, total: Terms, terms: Terms, weight: Fraction, left: Word, right: Word) -> None:
    """Add ``weight * left * terms * right`` to a collection of terms."""
    for (a, name, b), c in terms.items():
        front = next(iter(context.times({left: Fraction(1)}, {a: Fraction(1)})))
        back = next(iter(context.times({b: Fraction(1)}, {right: Fraction(1)})))
        key = (front, name, back)
        total[key] = total.get(key, Fraction(0)) + c * weight


def _candidates(
    context: Context, goal: Polynomial, facts: Sequence[Vanishing], rewrite: Rewriting, rounds: int, limit: int
) -> dict[tuple[Word, str, Word], tuple[Polynomial, Terms]]:
    """Multiples of reduced facts, reduced again; with the terms to be added for that."""
    table: dict[tuple[Word, str, Word], tuple[Polynomial, Terms]] = {}
    seen: set[Word] = set()
    new = set(goal)

    @cache
    def ends(letter: str) -> Type:
        return context.type({(letter,): 1})

    leads = []
    for fact in facts:
        # A multiple denotes a map if one of its words with a map in it does.
        typed = next((word for word in fact.polynomial if any(map(ends, word))), ())
        leads += [(fact, lead, frozenset(lead), typed) for lead in fact.polynomial]
    for number in range(rounds):
        seen |= new
        found: set[Word] = set()
        # 1 occurs everywhere: only inverses may be inserted, and only into the goal itself.
        tried = [one for one in leads if one[1] or (number == 0 and len(one[0].polynomial) == 2)]
        for word in sorted(new):
            letters = frozenset(word)
            for fact, lead, needed, typed in tried:
                if not needed <= letters:
                    continue
                for scalars, left, right in splits(rewrite.scalars, word, lead):
                    key = (scalars + left, fact.name, right)
                    if key in table:
                        continue
                    if len(table) >= limit:
                        return table
                    if _fits(ends, left + typed + right):
                        normal, taken = rewrite(rewrite.between(key[0], fact.polynomial, right))
                        table[key] = normal, {k: -c for k, c in taken.items()}
                        found |= set(normal)
        new = found - seen
        if not new:
            break
    return table


def _fits(ends: Callable[[str], Type], word: Word) -> bool:
    """Whether the maps of a word fit together."""
    maps = filter(None, map(ends, word))
    return all(a[1] == b[0] for a, b in pairwise(maps))


def solved(goal: Polynomial, table: Mapping[Key, Polynomial]) -> dict[Key, Fraction] | None:
    """Write `goal` as a combination of the polynomials of a table, of the first that do; None if there is none."""
    keys = list(table)
    rows: dict[Word, int] = {}
    entries: dict[int, dict[int, object]] = {}
    for j, column in enumerate((*table.values(), goal)):
        for word, c in column.items():
            entries.setdefault(rows.setdefault(word, len(rows)), {})[j] = QQ(c.numerator, c.denominator)
    if not keys or not set(goal) <= {word for column in table.values() for word in column}:
        return None
    # The matrix is sparse, and its entries are short: plain elimination keeps them so.
    echelon, pivots = DomainMatrix(entries, (len(rows), len(keys) + 1), QQ).rref(method="GJ")
    if len(keys) in pivots:
        return None
    solution = echelon.to_sdm()
    out: dict[Key, Fraction] = {}
    for i, j in enumerate(pivots):
        value = solution.get(i, {}).get(len(keys))
        if value:
            out[keys[j]] = Fraction(int(value.numerator), int(value.denominator))
    return out
